"""What a content takes of a measured line: its size at t = 0, and whether there is a line at all.

Twin: none; ``lines`` measures what is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Final

from megabar import schemas
from megabar.errors import one_of

if TYPE_CHECKING:
    import xarray as xr

COMPARISONS: Final = ("snr_per_root_scan", "amplitude_per_scan")
"""What of a line is compared with another: over the noise, or in units of the receiver's gain."""


@dataclass(frozen=True, kw_only=True)
class LineReading:
    """Size of one line, whether it was detected or not.

    Parameters
    ----------
    nucleus
        Its nucleus.
    value, std
        Size and standard error; nan if nobody measured it.
    detected
        Whether the line stands out of the noise.
    dwell
        Time between points of its record [s]; nan if not known.
    gain_known
        Whether the record says the gain of its receiver.
    """

    nucleus: str
    value: float
    std: float
    detected: bool
    dwell: float
    gain_known: bool

    @property
    def measured(self) -> bool:
        """Whether there is a number, of a line or of what noise left of it."""
        return isfinite(self.value) and isfinite(self.std)

    @property
    def relative_std(self) -> float:
        """Standard error over size."""
        return self.std / self.value


def reading_of(observables: xr.Dataset, *, side: str, by: str) -> LineReading:
    """Take the size of a line out of its observables.

    Parameters
    ----------
    observables
        From :func:`megabar.observables.lines.line`.
    side
        What to call it in an error.
    by
        One of :data:`COMPARISONS`.

    Returns
    -------
    :
        The reading.

    Raises
    ------
    SchemaError
        If these are no Observables.
    UnknownWord
        If the comparison is unknown.
    ValueError
        If the line was not measured.

    Examples
    --------
    >>> seen = schemas.observables({"snr_per_root_scan": (30.0, 0.3)}, nucleus="1H",
    ...     metal="none", method="example", provenance="{}")
    >>> reading_of(seen, side="hydrogen", by="snr_per_root_scan").value
    30.0
    """
    one_of(by, COMPARISONS, name="comparison")
    schemas.check(observables, "observables/1")
    name = "amplitude" if by == "amplitude_per_scan" else by
    if name not in observables:
        msg = f"Found no {name} in the {side} observables; measure the line with lines.line."
        raise ValueError(msg)
    attrs = observables.attrs
    detected = observables[name].attrs["quality"] == "value"
    if detected:
        value, std = float(observables[name]), float(observables[f"{name}_std"])
    else:
        estimate = name.split("_")[0]
        value = float(attrs.get(f"{estimate}_estimate", nan))
        std = float(attrs.get(f"{estimate}_estimate_std", nan))
    unit = 1.0
    if by == "amplitude_per_scan":
        unit = float(attrs.get("n_scans", nan)) * float(attrs.get("receiver_gain", 1.0))
    return LineReading(
        nucleus=str(attrs["nucleus"]),
        value=value / unit,
        std=std / unit,
        detected=detected,
        dwell=float(attrs.get("dwell", nan)),
        gain_known="receiver_gain" in attrs,
    )

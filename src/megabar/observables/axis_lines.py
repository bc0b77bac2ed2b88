r"""How far the axis of a Raman spectrometer is off, from a line whose place is known.

.. math:: \Delta = \nu_\text{read} - \nu_\text{true}

One cm-1 of the axis is 0.7 GPa on the edge of a diamond at 170 GPa. The line is a Lorentzian on a
sloping background.

Twin: ``observables.raman_edges``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting, schemas
from megabar.errors import SchemaError, Undetermined

if TYPE_CHECKING:
    import xarray as xr

_FEWEST: Final = 8
_SURE: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class AxisCorrection:
    """A line of known place, as a spectrometer shows it.

    Parameters
    ----------
    read, std
        Where it is read, and the standard error [cm-1].
    truth
        Where it is [cm-1].
    fwhm
        Full width at half maximum as read [cm-1].
    """

    read: float
    std: float
    truth: float
    fwhm: float

    @property
    def correction(self) -> float:
        """Reading minus truth [cm-1]."""
        return self.read - self.truth


def axis_correction(
    spectrum: xr.Dataset, *, truth: float, window: tuple[float, float]
) -> AxisCorrection:
    """Fit a line of known place and compare.

    Parameters
    ----------
    spectrum
        Sweep of intensity over raman_shift [cm-1], of the spectrometer in question.
    truth
        Where the line is, such as that of silicon or a neon line below this laser [cm-1].
    window
        Range that holds this line alone and some background [cm-1].

    Returns
    -------
    :
        Reading and truth; the error follows from the scatter around the fit.

    Raises
    ------
    SchemaError
        If the dataset is no spectrum over Raman shifts.
    Undetermined
        If no line stands out in the window.
    ValueError
        If the window holds too few points.

    Examples
    --------
    >>> shift = np.arange(480.0, 560.0, 1.0)
    >>> light = 3 + 100 / (1 + ((shift - 521.5) / 3) ** 2)
    >>> spectrum = schemas.sweep({"intensity": light}, coords={"raman_shift": shift}, attrs={
    ...     "cell": "A", "current": float("nan"), "source": "example", "source_sha256": "0"})
    >>> print(f"{axis_correction(spectrum, truth=520.5, window=(490, 550)).correction:.2f} cm-1")
    1.00 cm-1
    """
    if schemas.check(spectrum).attrs["schema"] != "sweep/1" or "raman_shift" not in spectrum.coords:
        msg = "Found no intensity over raman_shift; the axis of a Raman spectrum is meant."
        raise SchemaError(msg)
    shift = np.asarray(spectrum["raman_shift"].values, dtype=np.float64)
    intensity = np.asarray(spectrum["intensity"].values, dtype=np.float64)
    inside = (shift >= min(window)) & (shift <= max(window)) & np.isfinite(intensity)
    where = f"between {min(window):g} and {max(window):g} cm-1"
    if np.count_nonzero(inside) < _FEWEST:
        msg = (
            f"Found {np.count_nonzero(inside)} points {where}; a line needs {_FEWEST}. Widen the "
            "window."
        )
        raise ValueError(msg)
    shift, intensity = shift[inside], intensity[inside]
    model = fitting.combine(fitting.line_lorentzian(), background=1)
    step = float(np.median(np.abs(np.diff(shift))))
    start = {"frequency": float(shift[np.argmax(intensity)]), "fwhm": 3 * step}
    found = fitting.fit(model, shift, intensity, start=start, noise_std=None)
    read, std = found["frequency"]
    area, area_std = found["area"]
    if not (min(window) < read < max(window) and area > _SURE * area_std):
        msg = f"Found no line {where} to check the axis by. Move the window."
        raise Undetermined(msg, quality="not determined")
    return AxisCorrection(read=read, std=std, truth=truth, fwhm=found["fwhm"][0])

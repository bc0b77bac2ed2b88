"""One ramp of a resistance curve: split where the temperature turns, sorted, merged, its noise.

Twin: ``readers.ramps``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import schemas
from megabar.errors import SchemaError
from megabar.observables.robust_noise import noise_from_differences

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

FEWEST: Final = 4
"""Fewest points of a ramp, or of a stretch of it."""


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """One ramp, rising in temperature, equal temperatures merged.

    Parameters
    ----------
    temperature
        T [K], (point,).
    resistance
        R [ohm], (point,).
    merged
        Points that shared the temperature of another.
    dropped
        Points that were no numbers.
    digitised
        Whether it was taken from a picture: no noise, and a zero known to 1 % only.
    """

    temperature: NDArray[np.float64]
    resistance: NDArray[np.float64]
    merged: int
    dropped: int
    digitised: bool

    def inside(self, window: tuple[float, float]) -> NDArray[np.bool_]:
        """Say which points lie in a window [K]."""
        return (self.temperature >= min(window)) & (self.temperature <= max(window))


def ramps(sweep: xr.Dataset) -> tuple[xr.Dataset, ...]:
    """Split a sweep where its temperature turns.

    Directions are those that the reader took from the temperatures, with a dead band. A digitised
    curve has an order of drawing and no direction: it stays in one piece.

    Parameters
    ----------
    sweep
        Sweep of resistance over temperature.

    Returns
    -------
    :
        One Sweep for each stretch of one direction that has at least four points.

    Raises
    ------
    SchemaError
        If the sweep holds no resistance.

    Examples
    --------
    >>> there_and_back = schemas.sweep({"resistance": np.ones(8)}, coords={
    ...     "temperature": [4, 5, 6, 7, 7, 6, 5, 4], "direction": [1] * 4 + [-1] * 4},
    ...     attrs={"cell": "A", "current": 1e-3, "source": "example", "source_sha256": "0"})
    >>> [int(one.direction[0]) for one in ramps(there_and_back)]
    [1, -1]
    """
    schemas.check(sweep, "sweep/1")
    if "resistance" not in sweep:
        msg = "Found a sweep without resistance; Tc needs resistance over temperature."
        raise SchemaError(msg)
    direction = np.asarray(sweep["direction"].values)
    if sweep.attrs.get("source_kind") == "digitised":
        return (sweep,)
    edges = np.flatnonzero(np.diff(direction)) + 1
    stretches = np.split(np.arange(direction.size), edges)
    return tuple(sweep.isel(point=one) for one in stretches if one.size >= FEWEST)


def chosen_ramp(sweep: xr.Dataset, ramp: int | None) -> xr.Dataset:
    """Give the one ramp of a sweep that is meant.

    Parameters
    ----------
    sweep
        Sweep of resistance over temperature.
    ramp
        Index into :func:`ramps`; may be None if there is one.

    Returns
    -------
    :
        That ramp, a Sweep.

    Raises
    ------
    ValueError
        If there are several and none is chosen, or no such one.
    """
    pieces = ramps(sweep)
    if not pieces or (ramp is None and len(pieces) != 1) or not 0 <= (ramp or 0) < len(pieces):
        listed = ", ".join(f"{k}: {_words(piece)}" for k, piece in enumerate(pieces))
        msg = f"Found {len(pieces)} ramps; Tc belongs to one of them. Choose ramp=... ({listed})."
        raise ValueError(msg)
    return pieces[ramp or 0]


def _words(piece: xr.Dataset) -> str:
    first, last = (float(piece["temperature"][k]) for k in (0, -1))
    return f"{first:g} to {last:g} K"


def merged(piece: xr.Dataset) -> Ramp:
    """Sort a ramp by temperature, drop what is no number, and merge equal temperatures.

    Parameters
    ----------
    piece
        One ramp of :func:`ramps`.

    Returns
    -------
    :
        The ramp; resistances at one temperature are averaged, an offset is taken off.
    """
    raw_t = np.asarray(piece["temperature"].values, dtype=np.float64)
    raw_r = np.asarray(piece["resistance"].values, dtype=np.float64)
    if "resistance_offset" in piece:
        raw_r = raw_r - piece["resistance_offset"].values
    finite = np.isfinite(raw_t) & np.isfinite(raw_r)
    temperature, place, counts = np.unique(raw_t[finite], return_inverse=True, return_counts=True)
    return Ramp(
        temperature=temperature,
        resistance=np.bincount(place, weights=raw_r[finite]) / counts,
        merged=int(np.sum(counts - 1)),
        dropped=int(np.count_nonzero(~finite)),
        digitised=piece.attrs.get("source_kind") == "digitised",
    )


def noise(values: NDArray[np.float64]) -> float:
    r"""Estimate the noise of neighbouring points from their differences.

    .. math:: \sigma = 1.4826\, \mathrm{MAD}(y_{i+1} - y_i) / \sqrt 2

    A curved normal state is no noise, and a residual would take it for some.

    Parameters
    ----------
    values
        In the order of temperature, (point,).

    Returns
    -------
    :
        Standard deviation, in the unit of the values; 0 for fewer than three points.

    Examples
    --------
    >>> parabola = np.linspace(-1, 1, 2001) ** 2
    >>> rng = np.random.default_rng(1)
    >>> print(f"{noise(parabola + 0.1 * rng.normal(size=2001)):.2f}")
    0.10
    """
    if values.size < 3:
        return 0.0
    spread = noise_from_differences(values, order=1)
    return spread if spread > 0 else float(np.std(np.diff(values))) / sqrt(2)


def rate(piece: xr.Dataset, *, between: tuple[float, float] | None = None) -> float:
    """Compute the rate of a ramp, in the mean or where it matters.

    Parameters
    ----------
    piece
        One ramp of :func:`ramps`.
    between
        Temperatures [K] between which the rate counts; the whole ramp if absent, or if fewer than
        four points lie there.

    Returns
    -------
    :
        dT/dt [K/s], signed; nan where there is no time.
    """
    if "time" not in piece.coords or piece.sizes["point"] < 2:
        return nan
    time, temperature = (
        np.asarray(piece[name].values, dtype=np.float64) for name in ("time", "temperature")
    )
    if between is not None:
        near = (temperature >= min(between)) & (temperature <= max(between))
        if np.count_nonzero(near) >= FEWEST:
            time, temperature = time[near], temperature[near]
    lasted = time[-1] - time[0]
    return float((temperature[-1] - temperature[0]) / lasted) if lasted > 0 else nan

r"""The high-frequency edge of the Raman band of a stressed diamond anvil.

.. math:: \nu_e = \arg\min_{\nu > \nu_\text{low}} \frac{dI}{d\nu}

The band begins at the line of the unstressed part of the anvil, near 1333 cm-1, which is not the
edge. The slope is that of a local parabola (Savitzky-Golay) of a stated length; its minimum is
found by a parabola through the slopes around it, and the noise of each point goes through both.

Twin: ``matter.gauges``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import schemas
from megabar.errors import SchemaError, Undetermined
from megabar.observables.robust_noise import noise_from_differences

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_LEAST_POINTS: Final = 5  # of one filter
_SURE: Final = 5.0  # standard errors by which the steepest slope stands out


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Where a band ends.

    Parameters
    ----------
    position, std
        Edge and its standard error, noise and length of the filter together [cm-1].
    noise_std
        Part of it from the noise of the intensities [cm-1].
    filter_std
        Part of it from the choice of the filter [cm-1].
    lengths, positions
        Lengths of the filter and what each gives [cm-1].
    steepness
        Steepest slope over its standard error.
    """

    position: float
    std: float
    noise_std: float
    filter_std: float
    lengths: tuple[float, ...]
    positions: tuple[float, ...]
    steepness: float


def edge_of(
    spectrum: xr.Dataset, *, lowest: float, highest: float, lengths: Sequence[float] = (5, 7, 11)
) -> Edge:
    """Find the edge of the diamond band in a Raman spectrum.

    Parameters
    ----------
    spectrum
        Sweep of intensity over raman_shift [cm-1].
    lowest
        Where the search begins, above the line of the unstressed anvil [cm-1]; 1340 at least.
    highest
        Where it ends [cm-1].
    lengths
        Lengths of the filter [cm-1]; the middle one gives the edge, all of them its error.

    Returns
    -------
    :
        The edge.

    Raises
    ------
    SchemaError
        If the dataset is no spectrum over Raman shifts.
    Undetermined
        If no slope stands out of the noise, or the steepest one lies at an end of the range.
    ValueError
        If the range is empty, or too coarse for the filter.

    References
    ----------
    Akahama, Kawamura, J. Appl. Phys. 100, 043516 (2006), doi:10.1063/1.2335683.

    Examples
    --------
    >>> from scipy.special import erfc
    >>> shift = np.arange(1300, 1750, 0.5)
    >>> noise = np.random.default_rng(1).normal(size=shift.size)
    >>> band = 400 * erfc((shift - 1647.4) / (np.sqrt(2) * 4)) + noise
    >>> spectrum = schemas.sweep({"intensity": band}, coords={"raman_shift": shift}, attrs={
    ...     "cell": "A", "current": float("nan"), "source": "example", "source_sha256": "0"})
    >>> edge = edge_of(spectrum, lowest=1340, highest=1740)
    >>> print(f"{edge.position:.1f} cm-1")
    1647.4 cm-1
    """
    band = _band(spectrum, lowest, highest, max(lengths))
    noise = band.noise
    found = [_minimum(band, length, (lowest, highest)) for length in sorted(lengths)]
    middle = found[len(found) // 2]
    steepness = -middle.slope / (noise * middle.slope_noise) if noise > 0 else np.inf
    if not steepness > _SURE:
        msg = (
            f"Found no edge between {lowest:g} and {highest:g} cm-1: the steepest slope is "
            f"{steepness:.1f} times its error. Record the spectrum longer, or widen the range."
        )
        raise Undetermined(msg, quality="not determined")
    positions = [one.position for one in found]
    by_noise = noise * middle.position_noise
    by_filter = float(np.std(positions, ddof=1)) if len(positions) > 1 else 0.0
    return Edge(
        position=middle.position,
        std=hypot(by_noise, by_filter),
        noise_std=by_noise,
        filter_std=by_filter,
        lengths=tuple(sorted(map(float, lengths))),
        positions=tuple(positions),
        steepness=float(steepness),
    )


@dataclass(frozen=True, kw_only=True)
class _Minimum:
    """Steepest fall for one filter; noise parts are per unit of noise of one point."""

    position: float
    position_noise: float
    slope: float
    slope_noise: float


@dataclass(frozen=True, kw_only=True)
class _Band:
    """Intensities at even shifts, and how they were made of the points: (1 - f) left + f next."""

    shift: NDArray[np.float64]
    intensity: NDArray[np.float64]
    left: NDArray[np.intp]
    share: NDArray[np.float64]
    noise: float  # of one point

    def spread(self, weights: NDArray[np.float64], first: int) -> float:
        """Give the deviation of a weighted sum of even intensities, per unit of noise."""
        used = slice(first, first + weights.size)
        left, share = self.left[used], self.share[used]
        of_points = np.zeros(int(left[-1]) - int(left[0]) + 2)
        np.add.at(of_points, left - left[0], (1 - share) * weights)
        np.add.at(of_points, left - left[0] + 1, share * weights)
        return float(np.linalg.norm(of_points))


def _band(spectrum: xr.Dataset, lowest: float, highest: float, longest: float) -> _Band:
    """Bring intensities to even Raman shifts, rising, with room for the filter at both ends."""
    if schemas.check(spectrum).attrs["schema"] != "sweep/1" or "raman_shift" not in spectrum.coords:
        msg = "Found no intensity over raman_shift; an edge needs a Raman spectrum."
        raise SchemaError(msg)
    shift = np.asarray(spectrum["raman_shift"].values, dtype=np.float64)
    intensity = np.asarray(spectrum["intensity"].values, dtype=np.float64)
    good = np.isfinite(shift) & np.isfinite(intensity)
    order = np.argsort(shift[good])
    shift, intensity = shift[good][order], intensity[good][order]
    inside = (shift >= lowest - longest) & (shift <= highest + longest)
    if not lowest < highest or np.count_nonzero(inside) < 4 * _LEAST_POINTS:
        msg = (
            f"Found {np.count_nonzero(inside)} points between {lowest:g} and {highest:g} cm-1; an "
            "edge needs at least 20. Check the range and the axis."
        )
        raise ValueError(msg)
    shift, intensity = shift[inside], intensity[inside]
    step = float(np.median(np.diff(shift)))
    even = np.arange(shift[0], shift[-1], step)
    left = np.clip(np.searchsorted(shift, even, side="right") - 1, 0, shift.size - 2)
    share = (even - shift[left]) / (shift[left + 1] - shift[left])
    return _Band(
        shift=even,
        intensity=(1 - share) * intensity[left] + share * intensity[left + 1],
        left=left,
        share=share,
        noise=noise_from_differences(intensity, order=3),
    )


def _minimum(band: _Band, length: float, limits: tuple[float, float]) -> _Minimum:
    from scipy.signal import savgol_coeffs

    step = float(band.shift[1] - band.shift[0])
    half = round(length / step / 2)
    window = 2 * half + 1
    if window < _LEAST_POINTS:
        msg = (
            f"Found a point every {step:.2g} cm-1; a filter of {length:g} cm-1 holds {window}, and "
            f"needs {_LEAST_POINTS}. Give longer lengths."
        )
        raise ValueError(msg)
    kernel = savgol_coeffs(window, 2, deriv=1, delta=step, use="dot")
    slopes = np.convolve(band.intensity, kernel[::-1], mode="valid")
    centres = band.shift[half:-half]
    allowed = np.flatnonzero((centres >= limits[0]) & (centres <= limits[1]))
    place = int(allowed[np.argmin(slopes[allowed])])
    first = place - half
    if first < 0 or place + half >= slopes.size or place in (allowed[0], allowed[-1]):
        msg = (
            f"Found the steepest fall at {centres[place]:.1f} cm-1, an end of the range; it is no "
            "edge. Move the range."
        )
        raise Undetermined(msg, quality="not determined")
    near = slice(first, place + half + 1)
    vertex, weights = _vertex(centres[near] - centres[place], slopes[near], kernel)
    return _Minimum(
        position=float(centres[place]) + vertex,
        position_noise=band.spread(weights, first),
        slope=float(slopes[place]),
        slope_noise=band.spread(kernel, place),
    )


def _vertex(
    x: NDArray[np.float64], slopes: NDArray[np.float64], kernel: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Vertex of the parabola through the slopes, and how each intensity moves it."""
    solve = np.linalg.pinv(np.vander(x, 3, increasing=True))
    _, linear, square = solve @ slopes
    of_points = np.array([np.convolve(row, kernel) for row in solve])
    if not (square > 0 and abs(linear) < 2 * square * x[-1]):
        msg = "Found no turn of the slope where it is steepest. Give other lengths of the filter."
        raise Undetermined(msg, quality="not determined")
    weights = -of_points[1] / (2 * square) + linear * of_points[2] / (2 * square**2)
    return float(-linear / (2 * square)), weights

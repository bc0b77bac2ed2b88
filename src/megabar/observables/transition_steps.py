r"""The steps of a resistance curve: peaks of its derivative, their heights and widths.

.. math:: h = r(\text{minimum of } r' \text{ above}) - r(\text{minimum below})

Twin: ``superconductivity.networks``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_STEP: Final = 0.05
"""Of the normal state: what is smaller is no step."""

_SIGMAS: Final = 8.0  # of the derivative, that its largest peak stands above its noise
_SURE: Final = 5.0  # of the derivative, that a further peak stands above the valley beside it
_VALLEY: Final = 0.5  # of the lower of two peaks, at most between them
_RISE: Final = 0.5  # of the slope of a step
_SHORTEST: Final = 5
_MOST: Final = 20_000
_TWICE: Final = 1.5  # smoothing lengths below which a width is that of the smoothing


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of r.

    Parameters
    ----------
    temperature
        Where it is steepest [K].
    height
        How far r falls.
    width
        Full width of the peak of dr/dT at half its height [K].
    slope
        dr/dT at the peak [1/K].
    level
        r at the peak.
    reentrant
        Whether r rises beside it as a step does, which no sum of steps can.
    """

    temperature: float
    height: float
    width: float
    slope: float
    level: float
    reentrant: bool = False


@dataclass(frozen=True, kw_only=True)
class Steepness:
    """Smoothed r and its derivative on an even grid.

    Parameters
    ----------
    temperature, ratio, slope
        T [K], r, dr/dT [1/K], each (point,).
    length
        Smoothing length [K].
    noise
        Standard deviation of the slope [1/K].
    """

    temperature: NDArray[np.float64]
    ratio: NDArray[np.float64]
    slope: NDArray[np.float64]
    length: float
    noise: float


def steepness(
    temperature: NDArray[np.float64], ratio: NDArray[np.float64], *, noise: float
) -> Steepness:
    """Differentiate a curve by local parabolas, over no more points than its noise asks for.

    Parameters
    ----------
    temperature
        T [K], (point,), rising.
    ratio
        r, (point,).
    noise
        Standard deviation of r.

    Returns
    -------
    :
        r and dr/dT on a grid of the median spacing.
    """
    from scipy.signal import savgol_filter

    spacing = float(np.median(np.diff(temperature)))
    size = int(min(max((temperature[-1] - temperature[0]) / spacing, _SHORTEST), _MOST)) + 1
    grid, step = np.linspace(temperature[0], temperature[-1], size, retstep=True)
    even = np.interp(grid, temperature, ratio)
    length = _SHORTEST
    while True:
        slope = savgol_filter(even, length, 2, deriv=1, delta=float(step), mode="interp")
        sigma = noise / float(step) * sqrt(12 / (length * (length**2 - 1)))
        longer = 2 * int(0.75 * length) + 1
        if slope.max() >= _SIGMAS * sigma or longer > size // 3:
            break
        length = longer
    return Steepness(
        temperature=grid,
        ratio=savgol_filter(even, length, 2, mode="interp"),
        slope=slope,
        length=float(step) * length,
        noise=sigma,
    )


def steps(steep: Steepness) -> tuple[Step, ...]:
    """Find the steps of a curve.

    Parameters
    ----------
    steep
        Its derivative.

    Returns
    -------
    :
        Steps of at least 5 % of the normal state, hottest first. Peaks that share a valley deeper
        than half the lower one, beyond noise, and lie further apart than their joint width, are
        two.
    """
    peaks = _peaks(steep)
    if not peaks:
        return ()
    valleys = [
        first + int(np.argmin(steep.slope[first : second + 1]))
        for first, second in itertools.pairwise(peaks)
    ]
    borders = [0, *valleys, steep.slope.size - 1]
    found = [_step(steep, peak, borders[k], borders[k + 1]) for k, peak in enumerate(peaks)]
    return tuple(one for one in reversed(found) if one.height >= SMALLEST_STEP)


def _peaks(steep: Steepness) -> list[int]:
    from scipy.signal import find_peaks

    slope = np.concatenate([[-np.inf], steep.slope, [np.inf]])  # a sweep may end in a step
    inner = find_peaks(slope, height=_SURE * steep.noise)[0] - 1
    kept: list[int] = []
    for peak in map(int, inner):
        while kept and not _apart(steep, kept[-1], peak):
            peak = max(kept.pop(), peak, key=lambda one: steep.slope[one])
        kept.append(peak)
    return kept


def _apart(steep: Steepness, first: int, second: int) -> bool:
    lower = float(min(steep.slope[first], steep.slope[second]))
    valley = float(steep.slope[first : second + 1].min())
    sure = valley < _VALLEY * lower and lower - valley > _SURE * steep.noise
    joint = (_width(steep, first) + _width(steep, second)) / 2
    return sure and float(steep.temperature[second] - steep.temperature[first]) > joint


def _width(steep: Steepness, peak: int) -> float:
    """Full width at half height, by linear interpolation; to the end where it does not fall."""
    half, slope, t = float(steep.slope[peak]) / 2, steep.slope, steep.temperature
    below = np.flatnonzero(slope < half)
    left, right = below[below < peak], below[below > peak]
    low, high = float(t[0]), float(t[-1])
    if left.size:
        k = int(left[-1])
        low = float(np.interp(half, slope[k : k + 2], t[k : k + 2]))
    if right.size:
        k = int(right[0])
        high = float(np.interp(half, slope[[k, k - 1]], t[[k, k - 1]]))
    return high - low


def _step(steep: Steepness, peak: int, low: int, high: int) -> Step:
    return Step(
        temperature=float(steep.temperature[peak]),
        height=float(steep.ratio[high] - steep.ratio[low]),
        width=_width(steep, peak),
        slope=float(steep.slope[peak]),
        level=float(steep.ratio[peak]),
        reentrant=bool(steep.slope[low : high + 1].min() < -_RISE * steep.slope[peak]),
    )


def resolved_width(step: Step, steep: Steepness) -> float:
    """Give the width of a step if it is not that of the smoothing.

    Parameters
    ----------
    step
        The step.
    steep
        The derivative that it was found in.

    Returns
    -------
    :
        Width [K]; nan unless it exceeds one and a half smoothing lengths.
    """
    return step.width if step.width > _TWICE * steep.length else nan


def tangents(step: Step) -> tuple[float, float]:
    r"""Give where the tangent at the steepest point meets the normal state, and zero.

    .. math:: T_\mathrm{on} = T_s + (1 - r_s)/r'_s, \quad T_\mathrm{off} = T_s - r_s/r'_s

    Parameters
    ----------
    step
        The step.

    Returns
    -------
    :
        Onset and zero [K].

    Examples
    --------
    >>> tangents(Step(temperature=200.0, height=1.0, width=1.8, slope=0.5, level=0.5))
    (201.0, 199.0)
    """
    return (
        step.temperature + (1 - step.level) / step.slope,
        step.temperature - step.level / step.slope,
    )

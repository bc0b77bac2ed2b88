r"""Tracer and collective diffusivity of a trajectory, with errors that its replicas would confirm.

Every lag of a mean square displacement is made from the same jumps, so the residuals of a straight
line say nothing about its error. Here a diffusivity is the mean over time of one number per origin,

.. math:: q(t) = \frac{1}{2 d} \sum_k w_k \frac{1}{N} \sum_i |r_i(t + k) - r_i(t)|^2, \quad
    D = \langle q \rangle_t, \quad \sum_k w_k = 0, \quad \sum_k w_k t_k = 1

and its error is that of the mean of a correlated series, from overlapping batches that are at least
five times the longest lag. Correlations between atoms are inside q, so they need no model. The
weights are those of generalised least squares with a free intercept for the covariance of a free
walker; they decide how efficient the estimate is, not how honest its error.

Twin: ``observables.diffusivity``.

References
----------
Bullerjahn, von Bülow, Hummer, J. Chem. Phys. 153, 024116 (2020), doi:10.1063/5.0008312.
Meketon, Schmeiser, Proc. Winter Simulation Conf. 226 (1984), overlapping batch means.
Murch, Solid State Ionics 7, 177 (1982), doi:10.1016/0167-2738(82)90050-9, for the Haven ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from megabar.errors import Undetermined
from megabar.motion.trajectories.displacements import summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BATCH_OVER_LAG: Final = 5
"""A batch is at least so many times the longest fitted lag."""

SMALLEST_BATCHES: Final = 8
"""A run must hold so many batches, or its error cannot be told."""

_MOST_BATCHES: Final = 16
_OVERLAP_GAIN: Final = 1.5  # overlapping batches over batches side by side
_FEWEST_REPLICAS: Final = 3
_ROUNDING: Final = 1e-9  # a lag of 0.1 + 0.2 frame intervals is 0.3
_MOST_LAGS: Final = 10
_DIMENSIONS: Final = 3
_BLOCK: Final = 1 << 24  # bytes of positions in a block of origins; two are alive at a time


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number of a trajectory.

    Parameters
    ----------
    value
        The number: a diffusivity [m2/s], or a ratio [1].
    std
        Its standard error, the same unit.
    degrees_of_freedom
        How well the error itself is known; for an interval take Student's t with so many.
    """

    value: float
    std: float
    degrees_of_freedom: float

    @property
    def relative_std(self) -> float:
        """Standard error over the number."""
        return self.std / abs(self.value)


@dataclass(frozen=True, kw_only=True, eq=False)
class Diffusivity(Estimate):
    """A diffusivity [m2/s] of one window of lags, and what its error was made from.

    Parameters
    ----------
    intercept
        Where the straight line of the mean square displacement starts [m2].
    lags
        The lags that were fitted [s].
    series
        One number per origin of time, whose mean is the diffusivity [m2/s], (origin,).
    batch
        Origins in one batch.
    """

    intercept: float
    lags: tuple[float, ...]
    series: NDArray[np.float64]
    batch: int


def relative_std_of_one_walker(*, lag: float, duration: float) -> float:
    r"""Compute the relative error of the mean square displacement of one free walker.

    .. math:: \sqrt{\frac{4 t}{9 (T - t)}}

    For overlapping windows in three dimensions and lags up to a fifth of the run. A collective
    displacement has this error however many atoms it sums.

    Parameters
    ----------
    lag
        t [s].
    duration
        T [s].

    Returns
    -------
    :
        Standard error over value.

    Raises
    ------
    ValueError
        If the lag is not between 0 and a fifth of the run.

    References
    ----------
    Qian, Sheetz, Elson, Biophys. J. 60, 910 (1991), doi:10.1016/S0006-3495(91)82125-7.

    Examples
    --------
    >>> print(f"{relative_std_of_one_walker(lag=1e-12, duration=10e-12):.4f}")
    0.2222
    """
    if not 0 < lag <= 0.2 * duration * (1 + 1e-12):
        msg = f"Found a lag of {lag:g} s in a run of {duration:g} s; up to a fifth of it is valid."
        raise ValueError(msg)
    return sqrt(4 * lag / (9 * (duration - lag)))


def tracer_diffusivity_from_positions(
    *,
    positions: NDArray[np.floating[Any]],
    frame_interval: float,
    fit_from: float,
    fit_to: float,
) -> Diffusivity:
    r"""Compute the tracer diffusivity over a window of lags.

    .. math:: D = \frac{1}{6} \frac{\mathrm{d}}{\mathrm{d} t}
        \frac{1}{N} \sum_i \langle |\Delta r_i(t)|^2 \rangle

    The mean square displacement must be straight in the window, which
    :func:`~megabar.motion.trajectories.regime_from_msd` tells. Beside the positions, which may lie
    in a file that is mapped to memory, it needs 32 MiB or the frames of four longest lags.

    Parameters
    ----------
    positions
        Unwrapped, in the frame of the metal, Cartesian [m], (frame, atom, 3); the mobile atoms.
    frame_interval
        Time from one frame to the next [s].
    fit_from, fit_to
        Shortest and longest lag [s].

    Returns
    -------
    :
        The diffusivity with its error.

    Raises
    ------
    Undetermined
        If the run is shorter than 8 batches of five times the longest lag.
    ValueError
        If the window holds no two lags, or the atoms do not move.

    Examples
    --------
    >>> steps = np.random.default_rng(5).normal(size=(4000, 50, 3)) * 1e-10
    >>> found = tracer_diffusivity_from_positions(
    ...     positions=np.cumsum(steps, axis=0), frame_interval=1e-12, fit_from=1e-12, fit_to=5e-12)
    >>> bool(abs(found.value - 5e-9) < 3 * found.std)  # step variance over two intervals
    True
    """
    lags = _lags(fit_from, fit_to, frame_interval)
    origins = len(positions) - int(lags[-1])
    batch = _batch(origins, int(lags[-1]), frame_interval)
    series, intercepts = _series(positions, lags, frame_interval)
    if not series.any():
        msg = "Found atoms that do not move; no diffusivity follows. Check what was selected."
        raise ValueError(msg)
    return Diffusivity(
        value=float(series.mean()),
        std=sqrt(_variance_of_mean(series, batch)),
        degrees_of_freedom=_OVERLAP_GAIN * (origins / batch - 1),
        intercept=float(intercepts.mean()),
        lags=tuple(float(lag) * frame_interval for lag in lags),
        series=series,
        batch=batch,
    )


def slope_from_positions(
    *,
    positions: NDArray[np.floating[Any]],
    frame_interval: float,
    fit_from: float,
    fit_to: float,
) -> float:
    """Compute a tracer diffusivity alone, for runs too short to tell its error from themselves.

    The number of :func:`tracer_diffusivity_from_positions`; its error must come from elsewhere,
    such as replicas or :func:`~megabar.motion.trajectories.diffusivity_bootstrap`.

    Parameters
    ----------
    positions
        Unwrapped, in the frame of the metal, Cartesian [m], (frame, atom, 3); the mobile atoms.
    frame_interval
        Time from one frame to the next [s].
    fit_from, fit_to
        Shortest and longest lag [s].

    Returns
    -------
    :
        Slope of the mean square displacement over 6 [m2/s].

    Raises
    ------
    ValueError
        If the window holds no two lags, or the run is no longer than the longest of them.

    Examples
    --------
    >>> path = np.array([0.0, 1.0, 3.0, 4.0])[:, None, None] * np.array([1.0, 0, 0])
    >>> d = slope_from_positions(positions=path, frame_interval=1.0, fit_from=1, fit_to=2)
    >>> print(f"{d:.4f}")  # from 2.5 to 9 m2 in one interval, over 6
    1.0833
    """
    lags = _lags(fit_from, fit_to, frame_interval)
    if len(positions) <= lags[-1]:
        msg = (
            f"Found {len(positions)} frames for lags up to {lags[-1]} intervals; no window fits. "
            "Fit shorter lags."
        )
        raise ValueError(msg)
    return float(_series(positions, lags, frame_interval)[0].mean())


def collective_diffusivity_from_positions(
    *,
    positions: NDArray[np.floating[Any]],
    frame_interval: float,
    fit_from: float,
    fit_to: float,
) -> Diffusivity:
    r"""Compute the collective diffusivity over a window of lags.

    .. math:: D_\mathrm{coll} = \frac{1}{6 N} \frac{\mathrm{d}}{\mathrm{d} t}
        \Big\langle \Big| \sum_i \Delta r_i(t) \Big|^2 \Big\rangle

    One walker's worth of statistics: fit the shortest lags at which it is straight, whatever the
    length of the run.

    Parameters
    ----------
    positions
        Unwrapped, in the frame of the metal, Cartesian [m], (frame, atom, 3); the mobile atoms.
    frame_interval
        Time from one frame to the next [s].
    fit_from, fit_to
        Shortest and longest lag [s].

    Returns
    -------
    :
        The diffusivity with its error.

    Raises
    ------
    Undetermined
        If the run is shorter than 8 batches of five times the longest lag.
    ValueError
        If the window holds no two lags, or the atoms do not move.

    Examples
    --------
    >>> steps = np.random.default_rng(5).normal(size=(4000, 50, 3)) * 1e-10
    >>> found = collective_diffusivity_from_positions(
    ...     positions=np.cumsum(steps, axis=0), frame_interval=1e-12, fit_from=1e-12, fit_to=5e-12)
    >>> bool(abs(found.value - 5e-9) < 3 * found.std)  # walkers that ignore each other
    True
    """
    walker = summed(positions) / sqrt(positions.shape[1])
    return tracer_diffusivity_from_positions(
        positions=walker, frame_interval=frame_interval, fit_from=fit_from, fit_to=fit_to
    )


def haven_ratio(*, tracer: Diffusivity, collective: Diffusivity) -> Estimate:
    r"""Compute the ratio of tracer to collective diffusivity of one trajectory.

    .. math:: H = D_\mathrm{tracer} / D_\mathrm{coll}

    Both come from the same jumps, so the error is that of the mean of
    :math:`q_\mathrm{tracer}/D_\mathrm{tracer} - q_\mathrm{coll}/D_\mathrm{coll}`, which is first
    order in the relative errors.

    Parameters
    ----------
    tracer, collective
        Of the same frames; the windows of lags may differ.

    Returns
    -------
    :
        The ratio with its error.

    Raises
    ------
    ValueError
        If a diffusivity is not positive.

    Examples
    --------
    >>> steps = np.random.default_rng(5).normal(size=(4000, 50, 3)) * 1e-10
    >>> words = dict(positions=np.cumsum(steps, axis=0), frame_interval=1e-12,
    ...              fit_from=1e-12, fit_to=5e-12)
    >>> ratio = haven_ratio(tracer=tracer_diffusivity_from_positions(**words),
    ...                     collective=collective_diffusivity_from_positions(**words))
    >>> bool(abs(ratio.value - 1) < 3 * ratio.std)
    True
    """
    if not (tracer.value > 0 and collective.value > 0):
        msg = (
            f"Found diffusivities {tracer.value:g} and {collective.value:g} m2/s; a ratio needs "
            "positive ones. Fit shorter lags, or use a longer run."
        )
        raise ValueError(msg)
    origins = min(len(tracer.series), len(collective.series))
    batch = max(tracer.batch, collective.batch)
    difference = (
        tracer.series[:origins] / tracer.value - collective.series[:origins] / collective.value
    )
    ratio = tracer.value / collective.value
    return Estimate(
        value=ratio,
        std=ratio * sqrt(_variance_of_mean(difference, batch)),
        degrees_of_freedom=_OVERLAP_GAIN * (origins / batch - 1),
    )


def combined(estimates: Sequence[Estimate]) -> Estimate:
    """Combine independent replicas of equal length: their mean, and the error from their scatter.

    Parameters
    ----------
    estimates
        One of each replica, at least three.

    Returns
    -------
    :
        The mean with its error.

    Raises
    ------
    ValueError
        If there are fewer than three.

    Examples
    --------
    >>> replicas = [Estimate(value=x, std=1.0, degrees_of_freedom=9) for x in (1.0, 2.0, 3.0)]
    >>> print(f"{combined(replicas).value:.1f} +- {combined(replicas).std:.4f}")
    2.0 +- 0.5774
    """
    if len(estimates) < _FEWEST_REPLICAS:
        msg = f"Found {len(estimates)} replicas; a scatter needs {_FEWEST_REPLICAS} or more."
        raise ValueError(msg)
    values = np.array([one.value for one in estimates])
    return Estimate(
        value=float(values.mean()),
        std=float(values.std(ddof=1)) / sqrt(len(values)),
        degrees_of_freedom=len(values) - 1,
    )


def _lags(fit_from: float, fit_to: float, frame_interval: float) -> NDArray[np.int64]:
    if not frame_interval > 0:
        msg = f"Found a frame interval of {frame_interval:g} s; time must pass between frames."
        raise ValueError(msg)
    first = max(1, ceil(fit_from / frame_interval - _ROUNDING))
    last = floor(fit_to / frame_interval + _ROUNDING)
    if last <= first:
        msg = (
            f"Found a window of lags from {fit_from:g} to {fit_to:g} s with frames every "
            f"{frame_interval:g} s; a straight line needs two lags in it. Widen the window."
        )
        raise ValueError(msg)
    return np.unique(np.linspace(first, last, _MOST_LAGS).round().astype(np.int64))


def _series(
    positions: NDArray[np.floating[Any]], lags: NDArray[np.int64], frame_interval: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give slopes [m2/s] and intercepts [m2], one of each origin of time."""
    slopes, heights = line_weights(lags)
    longest, atoms = int(lags[-1]), positions.shape[1]
    origins = len(positions) - longest
    weights = np.stack([slopes / (2 * _DIMENSIONS * frame_interval), heights]) / atoms
    series, intercepts = np.empty(origins), np.empty(origins)
    rows = max(longest, _BLOCK // (8 * _DIMENSIONS * atoms))
    for start in range(0, origins, rows):
        part = slice(start, min(start + rows, origins))
        window = positions[start : part.stop + longest]
        path = np.ascontiguousarray(window, dtype=np.float64)
        series[part], intercepts[part] = _numbers_of_origins(path, lags, weights)
    return series, intercepts


def line_weights(lags: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the weights of slope and intercept that are best for a free walker.

    The covariance of two lags is the sum over all shifts of the squared overlap of their windows.

    Parameters
    ----------
    lags
        In frames, rising, (lag,).

    Returns
    -------
    :
        What to multiply a curve at these lags with for its slope per frame, and its value at lag 0.

    Examples
    --------
    >>> slope, height = line_weights(np.array([1, 2, 4]))
    >>> print(f"{slope @ [5.0, 8, 14]:.6f} {height @ [5.0, 8, 14]:.6f}")
    3.000000 2.000000
    """
    shorter = np.minimum.outer(lags, lags).astype(np.float64)
    apart = np.abs(np.subtract.outer(lags, lags))
    covariance = shorter**2 * (apart + 1) + (shorter - 1) * shorter * (2 * shorter - 1) / 3
    line = np.stack([np.ones(len(lags)), lags.astype(np.float64)], axis=1)
    whitened = np.linalg.solve(covariance, line)
    height, slope = np.linalg.solve(line.T @ whitened, whitened.T)
    return slope, height


def _batch(origins: int, longest: int, frame_interval: float) -> int:
    batch = max(BATCH_OVER_LAG * longest, origins // _MOST_BATCHES)
    if origins < SMALLEST_BATCHES * batch:
        needed = SMALLEST_BATCHES * BATCH_OVER_LAG + 1
        msg = (
            f"Found a run of {(origins + longest) * frame_interval:g} s for lags up to "
            f"{longest * frame_interval:g} s; its error cannot be told from less than {needed} "
            "times the longest lag. Fit shorter lags, run longer, or combine replicas."
        )
        raise Undetermined(msg, quality="not reached")
    return batch


def _variance_of_mean(series: NDArray[np.float64], batch: int) -> float:
    """Give the variance of the mean of a correlated series from overlapping batches."""
    count = len(series)
    sums = np.concatenate([[0.0], np.cumsum(series - series.mean())])
    means = (sums[batch:] - sums[:-batch]) / batch
    return float(batch * np.sum(means**2) / ((count - batch) * (count - batch + 1)))


@numba.njit(cache=True)
def _numbers_of_origins(
    path: NDArray[np.float64], lags: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    origins = path.shape[0] - lags[-1]
    slopes, heights = np.zeros(origins), np.zeros(origins)
    for t in range(origins):
        for k in range(len(lags)):
            later = t + lags[k]
            square = 0.0
            for i in range(path.shape[1]):
                for x in range(3):
                    square += (path[later, i, x] - path[t, i, x]) ** 2
            slopes[t] += weights[0, k] * square
            heights[t] += weights[1, k] * square
    return slopes, heights

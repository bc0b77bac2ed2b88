r"""Laws of decay and recovery, and how far the data confine their time constant.

.. math:: \chi^2(T) = \min_{A, B, \ldots} \sum_i [A_i - y(x_i; T, A, B, \ldots)]^2 / \sigma_i^2

is evaluated from far below the shortest to far above the longest delay, so that it finds the
deepest minimum without a guess, and shows on which side T is open.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting
from megabar.errors import one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODELS: Final = ("single", "stretched", "two-component")
"""Laws of decay and recovery."""

_RECOVERIES: Final[Mapping[str, Callable[[], fitting.Model]]] = {
    "single": fitting.recovery,
    "stretched": fitting.stretched_recovery,
    "two-component": fitting.two_component_recovery,
}
_DECAYS: Final[Mapping[str, Callable[[], fitting.Model]]] = {
    "single": fitting.exponential_decay,
    "stretched": fitting.stretched_decay,
    "two-component": fitting.biexponential_decay,
}
_SECOND: Final = {  # trial values of the second parameter
    "single": np.array([1.0]),
    "stretched": np.array([0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0]),
    "two-component": np.geomspace(0.01, 0.9, 12),  # fast over slow
}
_REACH: Final = 100.0  # how far beyond the delays the profile looks
_PER_DECADE: Final = {"single": 40, "stretched": 16, "two-component": 16}
_ZOOMS: Final = 12
_COLLINEAR: Final = 1e-10  # singular values below which two terms are one


def law(model: str, *, recovery: bool) -> fitting.Model:
    """Choose a law.

    Parameters
    ----------
    model
        One of :data:`MODELS`.
    recovery
        Whether the amplitude recovers, or decays.

    Returns
    -------
    :
        Model over the delay [s].

    Raises
    ------
    UnknownWord
        If the model is not in its list.

    Examples
    --------
    >>> law("single", recovery=True).parameters
    ('time_constant',)
    """
    return (_RECOVERIES if recovery else _DECAYS)[one_of(model, MODELS, name="model")]()


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Chi2 over the time constant, all else at its best.

    Parameters
    ----------
    times
        Time constant [s], of two components the slow one, rising, (trial,).
    chi2
        Smallest chi2 at each, (trial,).
    start
        Parameters of the best trial, in the order of the law.
    """

    times: NDArray[np.float64]
    chi2: NDArray[np.float64]
    start: tuple[float, ...]

    def interval(self, rise: float) -> tuple[float, float]:
        """Find where chi2 has risen on either side of its minimum; 0 or inf if it never does."""
        above = self.chi2 - self.chi2.min() - rise
        best = int(np.argmin(self.chi2))
        higher = np.flatnonzero(above >= 0)
        left, right = higher[higher < best], higher[higher > best]
        return (
            self._crossing(above, int(left[-1])) if left.size else 0.0,
            self._crossing(above, int(right[0]) - 1) if right.size else inf,
        )

    def _crossing(self, above: NDArray[np.float64], left: int) -> float:
        share = above[left] / (above[left] - above[left + 1])
        log_times = np.log(self.times[left : left + 2])
        return float(np.exp(log_times[0] + share * (log_times[1] - log_times[0])))


def profile(
    model: str,
    *,
    recovery: bool,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    std: NDArray[np.float64],
) -> Profile:
    """Evaluate chi2 over all time constants that the delays could tell, ever finer near the best.

    Parameters
    ----------
    model
        One of :data:`MODELS`.
    recovery
        Whether the amplitude recovers, or decays.
    x
        Delays [s], (step,).
    y
        Amplitudes, (step,).
    std
        Their standard errors, (step,).

    Returns
    -------
    :
        The profile.

    Examples
    --------
    >>> delays = np.linspace(0.1, 3, 30)
    >>> std = np.full(30, 0.01)
    >>> found = profile("single", recovery=False, x=delays, y=np.exp(-delays), std=std)
    >>> low, high = found.interval(3.84)
    >>> print(f"{found.start[0]:.3f} s, {low:.2f} to {high:.2f} s")
    1.000 s, 0.98 to 1.02 s
    """
    gaps = np.diff(np.unique(np.concatenate([[0.0], x])))
    shortest = float(gaps.min()) if gaps.size else 1.0
    lowest, highest = shortest / _REACH, _REACH * float(np.max(x, initial=shortest))
    times = np.geomspace(lowest, highest, int(_PER_DECADE[model] * np.log10(highest / lowest)))
    table = _chi2_table(model, recovery, times, (x, y, std))
    for _ in range(_ZOOMS):
        best = int(np.argmin(table.min(axis=1)))
        near = slice(max(best - 1, 0), best + 2)
        if np.ptp(table[near].min(axis=1)) < 1:
            break
        finer = np.geomspace(times[near][0], times[near][-1], 21)[1:-1]
        times, order = np.unique(np.concatenate([times, finer]), return_index=True)
        table = np.concatenate([table, _chi2_table(model, recovery, finer, (x, y, std))])[order]
    place, column = map(int, np.unravel_index(np.argmin(table), table.shape))
    start = _theta(model, times[place : place + 1], float(_SECOND[model][column]))[0]
    return Profile(times=times, chi2=table.min(axis=1), start=tuple(map(float, start)))


def _theta(model: str, times: NDArray[np.float64], second: float) -> NDArray[np.float64]:
    if model == "single":
        return times[:, None]
    if model == "stretched":
        return np.column_stack([times, np.full(times.size, second)])
    return np.column_stack([times * second, times])


def _chi2_table(
    model: str,
    recovery: bool,
    times: NDArray[np.float64],
    data: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Chi2 of each time constant and each trial of the second parameter, (trial, second)."""
    x, y, std = data
    basis_of = law(model, recovery=recovery).basis
    columns = [
        _linear_chi2(basis_of(x, _theta(model, times, float(second))) / std, y / std)
        for second in _SECOND[model]
    ]
    return np.column_stack(columns)


def _linear_chi2(basis: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chi2 of the best linear combination of (..., n_c, n_x), for each leading index."""
    left, size, _ = np.linalg.svd(np.swapaxes(basis, -1, -2), full_matrices=False)
    left = np.where((size > _COLLINEAR * size[..., :1])[..., None, :], left, 0.0)
    parts = np.einsum("...xc,x->...c", left, target)
    return np.asarray(np.sum((target - np.einsum("...xc,...c->...x", left, parts)) ** 2, axis=-1))

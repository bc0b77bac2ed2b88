r"""At which delays a saturation recovery says most of T1 for its time.

A scan of a recovery lasts as long as its delay, so long delays are dear. The delays that cost
least lie in three groups, and three groups cannot show that a recovery is not exponential.
:func:`spread_delays` pays a little more for an even spread.

Twin: ``observables.relaxation_times``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize

from megabar.observables.precision import recovery_bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_LONGEST: Final = 50.0  # delays over T1 that are looked at
_NEVER: Final = 50.0  # logarithm of a cost that nobody pays
_UNKNOWN: Final = 2.0  # standard errors of T1 on either side for which delays must serve
_START: Final = (0.01, 0.7, 4.0)  # groups of delays over T1
_SHARES: Final = (0.47, 0.12)  # of the steps, near the best: first group, last group


@dataclass(frozen=True, kw_only=True, eq=False)
class Delays:
    """Delays of a recovery and what they cost.

    Parameters
    ----------
    delays
        One per step, rising [s], (step,).
    bound
        Relative error of T1 over the relative error of the amplitude of one step.
    scan_time
        Of one scan of every step together [s].
    """

    delays: Array
    bound: float
    scan_time: float

    @property
    def cost(self) -> float:
        """Time for a relative error of 1 with one scan of relative error 1 [s]."""
        return self.bound**2 * self.scan_time


def delays_of(delays: Array, *, t1: float, overhead: float) -> Delays:
    """Say what given delays cost.

    Parameters
    ----------
    delays
        One per step [s], (step,).
    t1
        [s].
    overhead
        Of one scan beside its delay: comb, pulse, record [s].

    Returns
    -------
    :
        Their bound and time.
    """
    rising = np.sort(np.asarray(delays, dtype=np.float64))
    return Delays(
        delays=rising,
        bound=recovery_bound(delays=rising, t1=t1),
        scan_time=float(np.sum(rising + overhead)),
    )


def spread_delays(
    *, t1: tuple[float, float], overhead: float, shortest: float, count: int
) -> Delays:
    """Choose delays in geometric progression whose two ends cost least.

    They show whether the recovery is exponential, and cost 1.5 to 1.8 times what
    :func:`cheapest_delays` does.

    Parameters
    ----------
    t1
        What is known of it, and its standard error [s]. The delays are those that cost least on
        average over two standard errors on either side.
    overhead
        Of one scan beside its delay [s].
    shortest
        Shortest delay that can be set [s].
    count
        Steps, 4 or more: one more than there are unknowns.

    Returns
    -------
    :
        The delays, rising.

    Raises
    ------
    ValueError
        If a time is not positive or there are too few steps.

    Examples
    --------
    >>> found = spread_delays(t1=(1.0, 0.0), overhead=0.01, shortest=1e-3, count=8)
    >>> len(found.delays), bool(2 < found.delays[-1] < 6)
    (8, True)
    """
    _check(t1, overhead, shortest, count)
    low = np.log(shortest)

    def made(ends: Array) -> Array:
        first = max(ends[0], low)
        return np.exp(np.linspace(first, max(ends[1], first + 0.1), count))

    start = np.log([max(0.01 * t1[0], 1.1 * shortest), 4 * t1[0]])
    found = minimize(
        lambda ends: _price(made(ends), t1, overhead), start, method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-6},
    )  # fmt: skip
    return delays_of(made(found.x), t1=t1[0], overhead=overhead)


def cheapest_delays(
    *, t1: tuple[float, float], overhead: float, shortest: float, count: int
) -> Delays:
    """Choose the delays that cost least, wherever they lie.

    Parameters
    ----------
    t1
        What is known of it, and its standard error [s].
    overhead
        Of one scan beside its delay [s].
    shortest
        Shortest delay that can be set [s].
    count
        Steps, 4 or more, as for :func:`spread_delays`.

    Returns
    -------
    :
        The delays, rising, in three groups.

    Raises
    ------
    ValueError
        If a time is not positive or there are too few steps.

    Examples
    --------
    >>> found = cheapest_delays(t1=(1.0, 0.0), overhead=0.01, shortest=1e-3, count=6)
    >>> len(set(found.delays.round(2))) <= 3
    True
    """
    _check(t1, overhead, shortest, count)
    found = [_grouped(sizes, t1, overhead, shortest) for sizes in _sizes(count)]
    _, groups, sizes = min(found, key=lambda one: one[0])
    return delays_of(np.repeat(groups, sizes), t1=t1[0], overhead=overhead)


def _sizes(count: int) -> list[tuple[int, int, int]]:
    """Ways to part the steps into three groups, near the best one."""
    near = [round(share * count) for share in _SHARES]
    ways = [
        (first, count - first - last, last)
        for first in range(max(near[0] - 1, 1), near[0] + 2)
        for last in range(max(near[1] - 1, 1), near[1] + 2)
    ]
    return [one for one in ways if one[1] >= 1]


def _grouped(
    sizes: tuple[int, int, int], t1: tuple[float, float], overhead: float, shortest: float
) -> tuple[float, Array, tuple[int, int, int]]:
    """Cheapest places of three groups of those sizes."""
    low = np.log(shortest)

    def groups(logarithm: Array) -> Array:
        return np.exp(np.maximum(logarithm, low))

    def price(logarithm: Array) -> float:
        return _price(np.repeat(groups(logarithm), sizes), t1, overhead)

    found = minimize(price, np.log(np.array(_START) * t1[0]), method="Nelder-Mead")
    return float(found.fun), groups(found.x), sizes


def _price(delays: Array, t1: tuple[float, float], overhead: float) -> float:
    """Logarithm of the cost, mean over what T1 may be."""
    if delays.max() > _LONGEST * t1[0]:
        return _NEVER
    time = np.sum(delays + overhead)
    values = [recovery_bound(delays=delays, t1=one) for one in _possible(t1)]
    if not np.isfinite(values).all():
        return _NEVER
    return float(np.mean(np.log(np.square(values) * time)))


def _possible(t1: tuple[float, float]) -> tuple[float, ...]:
    value, std = t1
    if std == 0:
        return (value,)
    width = _UNKNOWN * std / value
    return tuple(float(value * np.exp(turn * width)) for turn in (-1.0, 0.0, 1.0))


def _check(t1: tuple[float, float], overhead: float, shortest: float, count: int) -> None:
    if not (t1[0] > 0 and t1[1] >= 0 and overhead >= 0 and shortest > 0):
        msg = (
            f"Found T1 {t1[0]:g}({t1[1]:g}) s, an overhead of {overhead:g} s and a shortest delay "
            f"of {shortest:g} s; times are positive. Check their units."
        )
        raise ValueError(msg)
    if count < 4:
        msg = (
            f"Found {count} steps; start, plateau and T1 are three unknowns, and one step more is "
            "needed to see whether the law holds. Take 4 or more."
        )
        raise ValueError(msg)

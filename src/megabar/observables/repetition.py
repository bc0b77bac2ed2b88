r"""How often to repeat a scan, and how far to turn the spins.

Time is what an experiment spends, so the best repetition brings the most signal per root of time.
For pulses that turn freely that is the Ernst angle at the shortest repetition; for 90 degrees it
is 1.26 T1, far from full recovery.

Twin: none; the steady state itself is in :mod:`megabar.observables.efficiencies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, exp, expm1, inf, log, pi, sqrt
from typing import TYPE_CHECKING, Final

from scipy.optimize import minimize_scalar

from megabar.observables.efficiencies import Factor, steady_state

if TYPE_CHECKING:
    from collections.abc import Callable

BEST_OF_90: Final = 1.2564312086261697
"""Best repetition of 90 degree pulses over T1: the root of exp(x) = 1 + 2 x."""

_LONGEST: Final = 12.0  # repetition over T1 that is looked at
_LEAST: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """How one channel repeats its scans.

    Parameters
    ----------
    time
        From scan to scan [s].
    flip_angle
        Of the first pulse [rad].
    factor
        Steady state, with the error that an error of T1 makes.
    """

    time: float
    flip_angle: float
    factor: Factor

    @property
    def efficiency(self) -> float:
        """Signal of one scan per root of its time [s**-0.5]."""
        return self.factor.value / sqrt(self.time)


def ernst_angle(*, repetition_time: float, t1: float) -> float:
    r"""Compute the flip angle of the largest signal in the steady state.

    .. math:: \cos\theta = e^{-T_R/T_1}

    Valid for one pulse per scan and transverse magnetisation that is gone before the next.

    Parameters
    ----------
    repetition_time
        :math:`T_R` [s].
    t1
        [s].

    Returns
    -------
    :
        Angle [rad].

    Raises
    ------
    ValueError
        If a time is not positive.

    References
    ----------
    Ernst, Anderson, Rev. Sci. Instrum. 37, 93 (1966), doi:10.1063/1.1719961.

    Examples
    --------
    >>> from math import degrees
    >>> print(f"{degrees(ernst_angle(repetition_time=0.5, t1=1.0)):.1f}")
    52.7
    """
    if not (repetition_time > 0 and t1 > 0):
        msg = f"Found repetition time {repetition_time:g} s and T1 {t1:g} s; both must be positive."
        raise ValueError(msg)
    return acos(exp(-repetition_time / t1))


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What is fixed about one scan before its repetition is chosen.

    Parameters
    ----------
    sequence
        ``"fid"``, ``"hahn-echo"`` or ``"solid-echo"``.
    t1
        Of the spins and its standard error [s].
    shortest
        Shortest repetition that pulses, record and duty cycle allow [s].
    flip_angle
        Of the only pulse [rad]; None for the best. Echoes begin with 90 degrees.
    echo_delay
        Between the pulses of an echo [s].
    """

    sequence: str
    t1: tuple[float, float]
    shortest: float
    flip_angle: float | None = None
    echo_delay: float | None = None

    def __post_init__(self) -> None:
        if not (self.t1[0] > 0 and self.t1[1] >= 0 and self.shortest > 0):
            msg = (
                f"Found T1 {self.t1[0]:g}({self.t1[1]:g}) s and a shortest repetition of "
                f"{self.shortest:g} s; both must be positive. Check their units."
            )
            raise ValueError(msg)

    def at(self, repetition_time: float) -> Repetition:
        """Give the steady state of one repetition.

        Parameters
        ----------
        repetition_time
            [s].

        Returns
        -------
        :
            Repetition with its factor; the angle is that of Ernst where it is free.
        """
        angle = pi / 2 if self.flip_angle is None else self.flip_angle
        if self.sequence == "fid" and self.flip_angle is None:
            angle = ernst_angle(repetition_time=repetition_time, t1=self.t1[0])
        factor = steady_state(
            repetition_time=repetition_time,
            t1=self.t1[0],
            t1_std=self.t1[1],
            flip_angle=angle,
            sequence=self.sequence,
            echo_delay=self.echo_delay,
        )
        return Repetition(time=repetition_time, flip_angle=angle, factor=factor)


def best_repetition(scan: Scan, *, cost: Callable[[Repetition], float] | None = None) -> Repetition:
    r"""Find the repetition that costs least time.

    .. math:: \min_{T_R} \; T_R / \epsilon^2(T_R)

    or any other cost, such as one that charges for the error of T1, which a long repetition
    forgives.

    Parameters
    ----------
    scan
        What is fixed.
    cost
        Of a repetition, smaller is better; infinite where it will not do. The time for a given
        precision if not stated.

    Returns
    -------
    :
        The best one; the shortest allowed where shorter were better.

    Examples
    --------
    >>> from math import degrees
    >>> one = best_repetition(Scan(sequence="fid", t1=(1.5e-3, 0.0), shortest=0.1e-3,
    ...                            flip_angle=pi / 2))
    >>> print(f"{one.time / 1.5e-3:.3f} T1, signal {one.factor.value:.3f}")
    1.256 T1, signal 0.715
    """

    def price(logarithm: float) -> float:
        one = _possible(scan, exp(logarithm))
        if one is None:
            return inf
        return one.time / one.factor.value**2 if cost is None else cost(one)

    low, high = log(scan.shortest), log(max(_LONGEST * scan.t1[0], 4 * scan.shortest))
    count = 160
    grid = [low + (high - low) * step / count for step in range(count + 1)]
    prices = [price(one) for one in grid]
    place = min(range(count + 1), key=prices.__getitem__)
    if place in {0, count} or prices[place] == inf:
        return scan.at(exp(grid[place]))
    found = minimize_scalar(
        price, bounds=(grid[place - 1], grid[place + 1]), method="bounded", options={"xatol": 1e-6}
    )
    better = float(found.x) if found.fun < prices[place] else grid[place]
    return scan.at(exp(better))


def best_of_90(x: float) -> float:
    """Give what 90 degree pulses every x T1 bring per root of time, over the best."""
    return -expm1(-x) / sqrt(x) / (-expm1(-BEST_OF_90) / sqrt(BEST_OF_90))


def _possible(scan: Scan, repetition_time: float) -> Repetition | None:
    """Steady state of a repetition, or none where it leaves no signal."""
    try:
        one = scan.at(repetition_time)
    except ValueError:
        return None
    return one if one.factor.value > _LEAST else None

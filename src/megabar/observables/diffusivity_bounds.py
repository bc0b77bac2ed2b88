r"""What T1 and T2 bound when other mechanisms relax as well: the default result.

Every bound is the smallest over the models of motion that are declared, and names it. There is no
upper bound: a slower dipolar rate always leaves room for something else, unless field or
temperature dependence isolates the dipolar part.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.relaxation import REDFIELD_LIMIT
from megabar.observables.diffusivity_answers import cm2
from megabar.observables.root_search import curve_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion

ASSUMPTIONS: Final = {
    "B1": "all of R2 may be dipolar; nothing is assumed about other mechanisms",
    "B2": "every other mechanism has R2 >= R1, as isotropic fluctuations have",
}
"""Bound -> what it supposes."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A lower bound on D.

    Parameters
    ----------
    name
        ``"B1"`` or ``"B2"``.
    diffusivity
        The smallest over the models [m2/s]; 0 if the data bound nothing.
    central
        The same without errors of the data, of the same model [m2/s]; nan if there is none.
    motion
        Name of the model with the smallest.
    by_motion
        Model and its bound [m2/s].
    sentence
        What is to be told.
    """

    name: str
    diffusivity: float
    central: float
    motion: str
    by_motion: tuple[tuple[str, float], ...]
    sentence: str

    @property
    def quality(self) -> str:
        """Quality term."""
        return "lower bound" if self.diffusivity > 0 else "no solution"


@dataclass(frozen=True, kw_only=True)
class JointFit:
    """D and one further rate, the same in R1 and R2.

    Parameters
    ----------
    motion
        Name of the model.
    diffusivity
        D [m2/s]; nan without a solution.
    interval
        Of D, from the error of R2 - R1 [m2/s].
    further_rate
        R_x [s-1] and its standard error.
    quality
        Quality term.
    sentence
        What is to be told.
    """

    motion: str
    diffusivity: float
    interval: tuple[float, float]
    further_rate: tuple[float, float]
    quality: str
    sentence: str


def diffusivity_bound_from_t2(
    times: MeasuredTimes, motions: Sequence[Motion], *, sigmas: float = 2.0
) -> Bound:
    r"""Bound D from below by T2 alone.

    .. math:: D \ge D^*: \quad R_2^\text{dip}(D^*) = R_2 + k \sigma(R_2)

    Parameters
    ----------
    times
        With T2 of a Hahn echo.
    motions
        The models that are thought possible.
    sigmas
        k.

    Returns
    -------
    :
        B1.

    Raises
    ------
    ValueError
        If T2 is missing, or no model is given.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679, for rates.
    """
    return _bound("B1", "r2", times, times.r2, motions, sigmas=sigmas)


def diffusivity_bound_from_difference(
    times: MeasuredTimes, motions: Sequence[Motion], *, sigmas: float = 2.0
) -> Bound:
    r"""Bound D from below by the difference of the two rates.

    .. math:: D \ge D^*: \quad R_2^\text{dip}(D^*) - R_1^\text{dip}(D^*)
        = R_2 - R_1 + k \sigma(R_2 - R_1)

    Stronger than T2 alone, and needs that every other mechanism has R2 >= R1.

    Parameters
    ----------
    times
        With T1 and T2, and the correlation of their errors.
    motions
        The models that are thought possible.
    sigmas
        k.

    Returns
    -------
    :
        B2.

    Raises
    ------
    ValueError
        If a time is missing, or no model is given.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679, for rates.
    """
    return _bound("B2", "difference", times, times.difference, motions, sigmas=sigmas)


def diffusivity_and_further_rate(
    times: MeasuredTimes, motion: Motion, *, sigmas: float = 2.0
) -> JointFit:
    r"""Solve for D and a further rate that adds the same to R1 and R2.

    .. math:: R_1 = R_1^\text{dip}(D) + R_x, \quad R_2 = R_2^\text{dip}(D) + R_x, \quad R_x \ge 0

    Two data, two unknowns: no test of itself. Where the dipolar R2 - R1 is hardly larger than its
    error, only a bound is left.

    Parameters
    ----------
    times
        With T1 and T2.
    motion
        The model.
    sigmas
        Half width of the interval in standard errors.

    Returns
    -------
    :
        D and R_x; a lower bound if R2 - R1 is not positive beyond its error, nothing if R_x would
        be negative beyond its error.

    Raises
    ------
    ValueError
        If a time is missing.

    References
    ----------
    Solomon, Phys. Rev. 99, 559 (1955), doi:10.1103/PhysRev.99.559, for rates that add.
    """
    difference, std = times.difference
    curve = curve_of(motion, larmor_frequency=times.larmor_frequency, rate="difference")
    ends = [curve.crossings(difference + sign * sigmas * std) for sign in (1, -1)]
    interval = (min(ends[0], default=0.0), max(ends[1], default=inf))
    if not ends[1]:
        text = (
            f"R2 - R1 = {difference:.3g} s^-1 is not above zero by {sigmas:g} standard errors: "
            f"with a further rate, D >= {cm2(interval[0])} is all."
        )
        return JointFit(
            motion=motion.name, diffusivity=interval[0], interval=interval,
            further_rate=(nan, nan), quality="lower bound" if interval[0] else "no solution",
            sentence=text,
        )  # fmt: skip
    found = curve.crossings(difference)[0]
    if not _fast_enough(motion, found):
        text = (
            f"D = {cm2(found)} would need sqrt(M2) tau_c = {float(motion.redfield(found)):.2g}, "
            f"above {REDFIELD_LIMIT}: no rates exist there, and the line tells more."
        )
        return JointFit(
            motion=motion.name, diffusivity=nan, interval=(nan, nan), further_rate=(nan, nan),
            quality="failed", sentence=text,
        )  # fmt: skip
    rate = _further_rate(times, motion, found)
    if rate[0] < -sigmas * rate[1]:
        text = (
            f"A further rate of {rate[0]:.3g}({rate[1]:.2g}) s^-1 would be negative: this motion "
            "and one rate that adds the same to R1 and R2 do not explain both."
        )
        return JointFit(
            motion=motion.name, diffusivity=nan, interval=(nan, nan), further_rate=rate,
            quality="no solution", sentence=text,
        )  # fmt: skip
    text = (
        f"D = {cm2(found)} ({cm2(interval[0])} to {cm2(interval[1])}) with a further rate of "
        f"{rate[0]:.3g}({rate[1]:.2g}) s^-1 in R1 and R2 alike; equality in both is assumed."
    )
    return JointFit(
        motion=motion.name, diffusivity=found, interval=interval, further_rate=rate,
        quality="value", sentence=text,
    )  # fmt: skip


def _bound(
    name: str,
    rate: str,
    times: MeasuredTimes,
    seen: tuple[float, float],
    motions: Sequence[Motion],
    *,
    sigmas: float,
) -> Bound:
    if not motions:
        msg = "Found no model of motion; a bound is the smallest over models. Declare at least one."
        raise ValueError(msg)
    value, std = seen
    found = {one.name: _lowest(one, times, rate, value + sigmas * std) for one in motions}
    slowest = min(motions, key=lambda one: found[one.name])
    smallest = found[slowest.name]
    central = _lowest(slowest, times, rate, value) or nan
    if not smallest > 0:
        text = (
            f"{name}: no bound. With {slowest.name} either nothing travels far, or motion so slow "
            f"that sqrt(M2) tau_c is above {REDFIELD_LIMIT} is not excluded: there the line tells "
            "more than a rate."
        )
        return Bound(
            name=name, diffusivity=0.0, central=nan, motion=slowest.name,
            by_motion=tuple(found.items()), sentence=text,
        )  # fmt: skip
    text = (
        f"{name}: D >= {cm2(smallest)} ({sigmas:g} standard errors; {cm2(central)} at the central "
        f"value), smallest over {len(motions)} declared models, of {slowest.name}. Supposes: "
        f"{ASSUMPTIONS[name]}."
    )
    return Bound(
        name=name, diffusivity=smallest, central=central, motion=slowest.name,
        by_motion=tuple(found.items()), sentence=text,
    )  # fmt: skip


def _lowest(motion: Motion, times: MeasuredTimes, rate: str, level: float) -> float:
    """Smallest D with at most this rate [m2/s]; 0 if nothing is bounded.

    Slower than the limit of Redfield the rates of the model exceed the true ones: there a crossing
    lies above the D that would give this rate, and bounds nothing.
    """
    if not motion.diffusivity > 0:
        return 0.0
    curve = curve_of(motion, larmor_frequency=times.larmor_frequency, rate=rate)
    lowest = min(curve.crossings(level), default=0.0)
    return lowest if lowest > 0 and _fast_enough(motion, lowest) else 0.0


def _fast_enough(motion: Motion, diffusivity: float) -> bool:
    return bool(motion.redfield(diffusivity) <= REDFIELD_LIMIT)


def _further_rate(times: MeasuredTimes, motion: Motion, diffusivity: float) -> tuple[float, float]:
    r"""R_x and its error: R1 less the dipolar part, which moves with R2 - R1."""
    step = 1e-4
    nearby = motion.rates(
        diffusivity * np.array([1 - step, 1.0, 1 + step]), larmor_frequency=times.larmor_frequency
    )
    apart = nearby.r2 - nearby.r1
    slope = float((nearby.r1[2] - nearby.r1[0]) / (apart[2] - apart[0]))
    (r1, std1), (_, std2) = times.r1, times.r2
    one, two = 1 + slope, -slope  # R_x = R1 - f(R2 - R1), f' the slope
    variance = (
        (one * std1) ** 2 + (two * std2) ** 2 + 2 * one * two * times.correlation * std1 * std2
    )
    return r1 - float(nearby.r1[1]), sqrt(max(variance, 0.0))

"""D together with a further rate that adds the same to R1 and R2.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.relaxation import REDFIELD_LIMIT
from megabar.observables.diffusivity_answers import cm2, with_error
from megabar.observables.root_search import curve_of

if TYPE_CHECKING:
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion


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
    if not motion.diffusivity > 0:
        return _no_fit(motion, "no solution", "No path of jumps crosses the crystal: D = 0.")
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
    if found < motion.slowest():
        text = (
            f"D = {cm2(found)} would need sqrt(M2) tau_c = {float(motion.redfield(found)):.2g}, "
            f"above {REDFIELD_LIMIT}: no rates exist there, and the line tells more."
        )
        return _no_fit(motion, "failed", text)
    rate = _further_rate(times, motion, found)
    if rate[0] < -sigmas * rate[1]:
        text = (
            f"A further rate of {with_error(*rate)} s^-1 would be negative: this motion "
            "and one rate that adds the same to R1 and R2 do not explain both."
        )
        return _no_fit(motion, "no solution", text, further_rate=rate)
    text = (
        f"D = {cm2(found)} ({cm2(interval[0])} to {cm2(interval[1])}) with a further rate of "
        f"{with_error(*rate)} s^-1 in R1 and R2 alike; equality in both is assumed."
    )
    return JointFit(
        motion=motion.name, diffusivity=found, interval=interval, further_rate=rate,
        quality="value", sentence=text,
    )  # fmt: skip


def _no_fit(
    motion: Motion,
    quality: str,
    sentence: str,
    *,
    further_rate: tuple[float, float] = (nan, nan),
) -> JointFit:
    return JointFit(
        motion=motion.name, diffusivity=nan, interval=(nan, nan), further_rate=further_rate,
        quality=quality, sentence=sentence,
    )  # fmt: skip


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

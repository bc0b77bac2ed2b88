r"""What rates and widths bound when other causes contribute as well: the default result.

Every bound is the smallest over the models of motion that are declared, and names it. There is no
upper bound: a slower dipolar rate always leaves room for something else, unless field or
temperature dependence isolates the dipolar part.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan, pi
from typing import TYPE_CHECKING, Final

from megabar.motion import narrowing
from megabar.motion.relaxation import REDFIELD_LIMIT
from megabar.observables.diffusivity_answers import cm2
from megabar.observables.measured_times import HAHN
from megabar.observables.root_search import curve_of
from megabar.schemas import UNKNOWN
from megabar.spins.moments import fwhm_from_second_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion

ASSUMPTIONS: Final = {
    "B1": "all of R2 may be dipolar; nothing is assumed about other mechanisms",
    "B2": "every other mechanism has R2 >= R1, as isotropic fluctuations have",
    "BW": "all of the width may be dipolar; nothing is assumed about other broadening",
    "BL": "the line is narrowed, as T2 or the width shows; all of R1rho may be dipolar",
}
"""Bound -> what it supposes."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A lower bound on D.

    Parameters
    ----------
    name
        One of :data:`ASSUMPTIONS`.
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

    @property
    def window(self) -> tuple[float, float]:
        """Give the smallest and the largest bound over the models [m2/s]."""
        values = [value for _, value in self.by_motion]
        return min(values), max(values)


def diffusivity_bound_from_t2(
    times: MeasuredTimes, motions: Sequence[Motion], *, sigmas: float = 2.0
) -> Bound:
    r"""Bound D from below by T2 alone.

    .. math:: D \ge D^*: \quad R_2^\text{dip}(D^*) = R_2 + k \sigma(R_2)

    Parameters
    ----------
    times
        With T2 of a Hahn echo; other sequences bound nothing.
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
    return _from_echo("B1", "r2", times, times.r2, motions, sigmas)


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
        With T1 and T2 of a Hahn echo, and the correlation of their errors.
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
    return _from_echo("B2", "difference", times, times.difference, motions, sigmas)


def diffusivity_bound_from_width(
    times: MeasuredTimes, motions: Sequence[Motion], *, sigmas: float = 2.0
) -> Bound:
    r"""Bound D from below by the width of the line.

    .. math:: D \ge D^*: \quad R_2^\text{dip}(D^*) = \pi W

    with W the width that the instrument does not explain, its error on top. Slower than the limit
    of Redfield the width of a Gaussian local field with one correlation time takes over, which
    networks of very different rates do not have: read it as an order of magnitude there. Fields
    that differ from place to place broaden as well: the true D is larger, never smaller.

    Parameters
    ----------
    times
        With the width.
    motions
        The models that are thought possible.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        BW; no bound if the line is as wide as a rigid one.

    Raises
    ------
    ValueError
        If the width is missing, or no model is given.

    References
    ----------
    Anderson, Weiss, Rev. Mod. Phys. 25, 269 (1953), doi:10.1103/RevModPhys.25.269.
    """
    larmor = times.larmor_frequency

    def lowest(motion: Motion, level: float) -> float:
        found = _slowest_below(motion, level, larmor_frequency=larmor, rate="r2")
        return found or _narrowed_to(motion, level / pi)

    return _smallest("BW", lowest, times.rate_of_width, motions, sigmas)


def diffusivity_bound_from_t1rho(
    times: MeasuredTimes, motions: Sequence[Motion], *, sigmas: float = 2.0
) -> Bound:
    r"""Bound D from below by T1rho, where T2 or the width shows that the line is narrowed.

    .. math:: D \ge D^*: \quad R_{1 \rho}^\text{dip}(D^*) = R_{1 \rho} + k \sigma(R_{1 \rho})

    Motion slower than the minimum of T1rho relaxes as little as motion faster: without another
    sign of narrowing nothing is bounded.

    Parameters
    ----------
    times
        With T1rho, and T2 of a Hahn echo or the width.
    motions
        The models that are thought possible.
    sigmas
        k.

    Returns
    -------
    :
        BL.

    Raises
    ------
    ValueError
        If T1rho is missing, or no model is given.

    References
    ----------
    Look, Lowe, J. Chem. Phys. 44, 2995 (1966), doi:10.1063/1.1727169.
    """

    def lowest(motion: Motion, level: float) -> float:
        start = slowest_narrowed(times, motion, sigmas=sigmas)
        if not start > 0:
            return 0.0
        curve = curve_of(
            motion,
            larmor_frequency=times.larmor_frequency,
            rate="r1rho",
            locking_frequency=times.locking_frequency,
        )
        return beyond(max(start, motion.slowest()), curve.above(level))

    return _smallest("BL", lowest, times.r1rho, motions, sigmas)


def slowest_narrowed(times: MeasuredTimes, motion: Motion, *, sigmas: float) -> float:
    """Give the smallest D that T2 and the width leave to a model.

    Parameters
    ----------
    times
        With T2 of a Hahn echo, the width, both or neither.
    motion
        The model.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        D [m2/s]; 0 if nothing is bounded.
    """
    found = [0.0]
    if times.t2 is not None:
        found.append(diffusivity_bound_from_t2(times, [motion], sigmas=sigmas).diffusivity)
    if times.fwhm is not None:
        found.append(diffusivity_bound_from_width(times, [motion], sigmas=sigmas).diffusivity)
    return max(found)


def beyond(start: float, excluded: Sequence[tuple[float, float]]) -> float:
    """Give the smallest D from a start on that lies in none of some intervals.

    Parameters
    ----------
    start
        D [m2/s].
    excluded
        Intervals [m2/s], rising.

    Returns
    -------
    :
        D [m2/s].

    Examples
    --------
    >>> beyond(2.0, [(1.0, 3.0), (4.0, 5.0)])
    3.0
    """
    for low, high in excluded:
        if low <= start < high:
            start = high
    return start


def _from_echo(
    name: str,
    rate: str,
    times: MeasuredTimes,
    seen: tuple[float, float],
    motions: Sequence[Motion],
    sigmas: float,
) -> Bound:
    larmor = times.larmor_frequency
    if times.t2_sequence not in (*HAHN, UNKNOWN):
        text = (
            f"{name}: no bound from the T2 of a {times.t2_sequence}, which refocuses part of the "
            "couplings: rigid hydrogen could show the same T2. Measure a Hahn echo."
        )
        return Bound(
            name=name, diffusivity=0.0, central=nan, motion="",
            by_motion=tuple((one.name, 0.0) for one in motions), sentence=text,
        )  # fmt: skip
    return _smallest(
        name,
        lambda motion, level: _slowest_below(motion, level, larmor_frequency=larmor, rate=rate),
        seen,
        motions,
        sigmas,
    )


def _smallest(
    name: str,
    lowest: Callable[[Motion, float], float],
    seen: tuple[float, float],
    motions: Sequence[Motion],
    sigmas: float,
) -> Bound:
    if not motions:
        msg = "Found no model of motion; a bound is the smallest over models. Declare at least one."
        raise ValueError(msg)
    value, std = seen
    level = value + sigmas * std
    found = {
        one.name: lowest(one, level) if level > 0 and one.diffusivity > 0 else 0.0
        for one in motions
    }
    slowest = min(motions, key=lambda one: found[one.name])
    smallest, largest = found[slowest.name], max(found.values())
    if not smallest > 0:
        text = (
            f"{name}: no bound. With {slowest.name} either nothing travels far, or motion so slow "
            f"that sqrt(M2) tau_c is above {REDFIELD_LIMIT} is not excluded: there the line tells "
            "more than a rate."
        )
        central = nan
    else:
        central = lowest(slowest, value) or nan
        at_center = "none" if isnan(central) else cm2(central)
        at_center = f"{at_center} at the central value"
        over = (
            f"smallest over {len(found)} declared models, of {slowest.name}; the most that one of "
            f"them asks for is {cm2(largest)}"
            if len(found) > 1
            else f"of the one declared model, {slowest.name}"
        )
        text = (
            f"{name}: D >= {cm2(smallest)} ({sigmas:g} standard errors; {at_center}), {over}. "
            f"Supposes: {ASSUMPTIONS[name]}."
        )
    return Bound(
        name=name, diffusivity=smallest, central=central, motion=slowest.name,
        by_motion=tuple(found.items()), sentence=text,
    )  # fmt: skip


def _slowest_below(motion: Motion, level: float, *, larmor_frequency: float, rate: str) -> float:
    """Smallest D with at most this rate [m2/s]; 0 if nothing is bounded.

    Slower than the limit of Redfield the rates of the model exceed the true ones: there a crossing
    lies above the D that would give this rate, and bounds nothing.
    """
    curve = curve_of(motion, larmor_frequency=larmor_frequency, rate=rate)
    lowest = min(curve.crossings(level), default=0.0)
    return lowest if lowest >= motion.slowest() else 0.0


def _narrowed_to(motion: Motion, width: float) -> float:
    """D at which a Gaussian local field gives this width [m2/s]; 0 if it is that of rigid spins."""
    moment = motion.second_moment
    if width >= fwhm_from_second_moment(second_moment=moment):
        return 0.0
    tau = narrowing.correlation_time_from_fwhm(fwhm=width, second_moment=moment)
    return float(motion.correlation_time(1.0)) / tau

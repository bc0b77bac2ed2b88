"""From T1, T2, T1rho, width and structure to how fast hydrogen moves, or why nobody can say.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from math import inf, log, nan
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.matter import nuclei
from megabar.observables.diffusivity import diffusivity_from_t1, diffusivity_from_t2
from megabar.observables.diffusivity_answers import REASONS
from megabar.observables.diffusivity_bounds import (
    diffusivity_bound_from_difference,
    diffusivity_bound_from_t1rho,
    diffusivity_bound_from_t2,
    diffusivity_bound_from_width,
)
from megabar.observables.diffusivity_joint import diffusivity_and_further_rate
from megabar.observables.diffusivity_literal import eq1_literal
from megabar.observables.diffusivity_locked import diffusivity_from_t1rho
from megabar.observables.dipolar_floor import dipolar_floor
from megabar.observables.extreme_narrowing import extreme_narrowing
from megabar.observables.measured_times import HAHN
from megabar.observables.mobility_answers import Mobility, MotionVerdict
from megabar.observables.mobility_budget import budget_of
from megabar.observables.mobility_claims import claim_against, excluded_by_rates, slowest_allowed
from megabar.observables.mobility_suggestions import explanations_of, suggestions_between
from megabar.observables.rigid_structure import rigid_structure
from megabar.observables.root_search import curve_of, grid_of
from megabar.schemas import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.matter.crystals import Crystal
    from megabar.observables.diffusivity_answers import Inversion
    from megabar.observables.diffusivity_bounds import Bound
    from megabar.observables.diffusivity_literal import LiteralDiffusivity
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.mobility_budget import Budget
    from megabar.observables.mobility_suggestions import Suggestion
    from megabar.observables.motion_models import Motion
    from megabar.observables.rigid_structure import RigidStructure

_FAR: Final = 100.0  # a D this far above its bound stands for all that is faster


def mobility(
    *,
    times: MeasuredTimes,
    crystal: Crystal,
    motions: Sequence[Motion],
    length_error: float,
    dead_time: float | None = None,
    claims: Sequence[float] = (),
    literal: Sequence[tuple[str, str, str]] = (),
    seed: int | None = None,
    sigmas: float = 2.0,
) -> Mobility:
    r"""Say how fast hydrogen moves, with all that has to stand beside the number.

    The number is a lower bound on D, the smallest over the models and free of assumptions about
    other mechanisms. It is a value only if T1 and T2 give one D that agrees, under every model.

    Parameters
    ----------
    times
        What was measured; any of T1, T2, T1rho and width.
    crystal
        Structure; vacancies as occupancies.
    motions
        Models thought possible, the likeliest first: bounds are the smallest over all of them.
    length_error
        Relative standard error of the lattice parameter: bounds are those of the longest one within
        errors, where couplings are weakest.
    dead_time
        Of the receiver [s]; none if not known.
    claims
        Diffusivities that somebody states [m2/s], to be held against the data.
    literal
        Choices of prefactor, magnetic and Planck constant of the closed formula of the literature,
        to stand beside; density and contact are those of the crystal, T1 that of the data.
    seed
        Of occupied sites where some are partly empty.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        The verdict.

    Raises
    ------
    ValueError
        If nothing was measured, no model is declared, two models share a name, or a literal
        formula is asked for without T1.
    UnknownWord
        If the crystal holds no hydrogen, or a literal choice is not in its list.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679. Torrey,
    Phys. Rev. 96, 690 (1954), doi:10.1103/PhysRev.96.690. Anderson, Weiss, Rev. Mod. Phys. 25, 269
    (1953), doi:10.1103/RevModPhys.25.269.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.observables.measured_times import MeasuredTimes
    >>> from megabar.observables.motion_models import isotropic_walk
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> found = mobility(
    ...     times=MeasuredTimes(
    ...         larmor_frequency=395e6, t1=(1.5e-3, 8e-5), t2=(1.5e-3, 2e-4),
    ...         t2_sequence="hahn-echo", correlation=0.0),
    ...     crystal=lah10, motions=[isotropic_walk(lah10, jump_length=1.194e-10)],
    ...     length_error=0.0)
    >>> found.quality, f"{found.diffusivity:.1e} m2/s", found.by_motion[0].from_t1.reason
    ('lower bound', '1.4e-12 m2/s', 'NOT_DIPOLAR')
    """
    _check(times, motions)
    structure = rigid_structure(crystal, length_error=length_error, dead_time=dead_time, seed=seed)
    moments = structure.moments
    floor = narrowing = None
    if times.t1 is not None:
        floor = dipolar_floor(
            times, moments, length_error=length_error, like_only=False, sigmas=sigmas
        )
        narrowing = extreme_narrowing(times, moments, sigmas=sigmas)
    broken = times.unphysical(sigmas=sigmas)
    by_motion = tuple(_under(one, times, structure, sigmas=sigmas) for one in motions)
    longest = [one.stretched(1 + sigmas * length_error) for one in motions]
    bounds = () if broken else _bounds(times, longest, sigmas=sigmas)
    reason, diffusivity, interval = _headline(times, longest, by_motion, sigmas=sigmas)
    return Mobility(
        times=times,
        sigmas=sigmas,
        structure=structure,
        floor=floor,
        narrowing=narrowing,
        by_motion=by_motion,
        bounds=bounds,
        budget=None if broken else _budget(times, motions, by_motion, length_error, sigmas),
        suggestions=() if broken else _suggestions(times, motions[0], by_motion[0], bounds, sigmas),
        claims=tuple(
            claim_against(one, times, motions, longest=longest, sigmas=sigmas)
            for one in (() if broken else claims)
        ),
        literal=tuple(_literal(one, times, structure) for one in literal),
        reason=reason,
        quality=REASONS[reason],
        diffusivity=diffusivity,
        interval=interval,
    )


def _check(times: MeasuredTimes, motions: Sequence[Motion]) -> None:
    if all(getattr(times, name) is None for name in ("t1", "t2", "t1rho", "fwhm")):
        msg = "Found no T1, T2, T1rho or width; nothing says how hydrogen moves. Give one of them."
        raise ValueError(msg)
    names = [one.name for one in motions]
    if not names:
        msg = "Found no model of motion; a bound is the smallest over models. Declare at least one."
        raise ValueError(msg)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"Found two models named {twice!r}; answers go by name. Give each its own."
        raise ValueError(msg)


def _under(
    motion: Motion, times: MeasuredTimes, structure: RigidStructure, *, sigmas: float
) -> MotionVerdict:
    """Say what the data mean under one model."""
    minima: list[tuple[float, float]] = []
    if motion.diffusivity > 0:
        curve = curve_of(motion, larmor_frequency=times.larmor_frequency, rate="r1")
        minima = [(1 / peak, at) for at, peak in curve.maxima()]
    from_t1 = times.t1 and diffusivity_from_t1(
        times, structure.moments, motion, length_error=structure.length_error, sigmas=sigmas
    )
    from_t2 = times.t2 and diffusivity_from_t2(times, motion, sigmas=sigmas)
    agreed = joint = None
    if from_t1 and from_t2:
        agreed = _agreement(from_t1, from_t2, motion, times, sigmas=sigmas)
        joint = diffusivity_and_further_rate(times, motion, sigmas=sigmas)
    return MotionVerdict(
        motion=motion.name,
        network=motion.network,
        mechanism=motion.mechanism,
        from_t1=from_t1,
        from_t2=from_t2,
        from_t1rho=times.t1rho and diffusivity_from_t1rho(times, motion, sigmas=sigmas),
        agreed=agreed,
        joint=joint,
        excluded=excluded_by_rates(times, motion, sigmas=sigmas),
        t1_minimum=minima[0] if minima else (nan, nan),
        second_minima=tuple(minima[1:]),
    )


def _bounds(times: MeasuredTimes, motions: Sequence[Motion], *, sigmas: float) -> tuple[Bound, ...]:
    routes = (
        (diffusivity_bound_from_t2, times.t2),
        (diffusivity_bound_from_difference, times.t1 and times.t2),
        (diffusivity_bound_from_width, times.fwhm),
        (diffusivity_bound_from_t1rho, times.t1rho),
    )
    return tuple(route(times, motions, sigmas=sigmas) for route, data in routes if data)


def _headline(
    times: MeasuredTimes,
    longest: Sequence[Motion],
    by_motion: Sequence[MotionVerdict],
    *,
    sigmas: float,
) -> tuple[str, float, tuple[float, float]]:
    """Give reason, the one number and the interval over all models."""
    if times.unphysical(sigmas=sigmas):
        return "UNPHYSICAL_RATIO", nan, (nan, nan)
    known = [one.agreed for one in by_motion if one.agreed is not None]
    if len(known) == len(by_motion):
        low = min(found.interval[0] for found in known)
        high = max(found.interval[1] for found in known)
        return "CONSISTENT", known[0].diffusivity, (low, high)
    low = min(slowest_allowed(times, one, sigmas=sigmas) for one in longest)
    if low > 0:
        return "BOUNDED", low, (low, inf)
    return "NOTHING_BOUNDED", nan, (0.0, inf)


def _agreement(
    one: Inversion, two: Inversion, motion: Motion, times: MeasuredTimes, *, sigmas: float
) -> Inversion | None:
    """Give the sharper of T1 and T2 where one D gives both."""
    if two.quality != "value":
        return None
    if times.t2_sequence not in (*HAHN, UNKNOWN):
        return None
    grid = grid_of(motion, larmor_frequency=times.larmor_frequency)
    low, high = np.clip(two.interval, grid[0], grid[-1])
    span = np.geomspace(float(low), float(high), 25)
    predicted = motion.rates(span, larmor_frequency=times.larmor_frequency).r1
    r1, std = times.r1
    if predicted.min() > r1 + sigmas * std or predicted.max() < r1 - sigmas * std:
        return None
    return min((one, two), key=_breadth) if one.quality == "value" else two


def _breadth(found: Inversion) -> float:
    low, high = found.interval
    return log(high / low) if 0 < low and high < inf else inf


def _budget(
    times: MeasuredTimes,
    motions: Sequence[Motion],
    by_motion: Sequence[MotionVerdict],
    length_error: float,
    sigmas: float,
) -> Budget | None:
    """Budget of the sharpest single D under the first model that has one."""
    first = by_motion[0]
    routes = (("r1", first.from_t1), ("r2", first.from_t2), ("r1rho", first.from_t1rho))
    values = [(rate, found) for rate, found in routes if found and found.quality == "value"]
    if not values:
        return None
    rate, found = min(values, key=lambda one: _breadth(one[1]))
    return budget_of(
        times,
        motions,
        rate=rate,
        near=found.diffusivity,
        length_error=length_error,
        sigmas=sigmas,
    )


def _suggestions(
    times: MeasuredTimes,
    motion: Motion,
    found: MotionVerdict,
    bounds: Sequence[Bound],
    sigmas: float,
) -> tuple[Suggestion, ...]:
    if not motion.diffusivity > 0:
        return ()
    candidates = [
        (f"{root.branch} branch, T1 wholly dipolar", root.diffusivity)
        for root in (found.from_t1.roots if found.from_t1 else ())
    ]
    if found.from_t2 and found.from_t2.quality == "value":
        candidates.append(("T2 wholly dipolar", found.from_t2.diffusivity))
    if found.joint and found.joint.quality == "value":
        candidates.append(("a further rate alike in R1 and R2", found.joint.diffusivity))
    lowest = [dict(one.by_motion)[motion.name] for one in bounds if one.name in ("B1", "B2")]
    names = ("as slow as T2 allows", "as slow as R2 - R1 allows")
    candidates += [(name, d) for name, d in zip(names, lowest, strict=False) if d > 0]
    start = slowest_allowed(times, motion, sigmas=sigmas)
    known = [d for _, d in candidates] + [start]
    candidates.append(("much faster, other mechanisms relax", _FAR * max(known)))
    explanations = explanations_of(times, motion, candidates, sigmas=sigmas)
    return suggestions_between(times, explanations)


def _literal(
    choice: tuple[str, str, str], times: MeasuredTimes, structure: RigidStructure
) -> LiteralDiffusivity:
    rate, _ = times.r1
    prefactor, magnetic, planck = choice
    return eq1_literal(
        prefactor=prefactor,
        magnetic=magnetic,
        planck=planck,
        gyromagnetic_ratio=nuclei.nucleus("1H").gyromagnetic_ratio_bare,
        number_density=structure.moments.number_density,
        length=structure.moments.nearest,
        t1=1 / rate,
    )

"""From T1 or T2 and a model of motion to D, to several D, or to a reason why there is none.

The default result of a laboratory is the bound of :mod:`megabar.observables.diffusivity_bounds`;
a value supposes that all of the rate is dipolar and that the model of motion is the right one.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.motion import relaxation
from megabar.observables.diffusivity_answers import Inversion, Root, cm2
from megabar.observables.dipolar_floor import dipolar_floor
from megabar.observables.root_search import curve_of, grid_of

if TYPE_CHECKING:
    from megabar.observables.dipolar_floor import Floor
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion
    from megabar.observables.root_search import Curve
    from megabar.spins.crystal_moments import CrystalMoments

_NEAR_MINIMUM: Final = 3.0  # a root within this factor of the D of the minimum decides nothing


def diffusivity_from_t1(
    times: MeasuredTimes,
    moments: CrystalMoments,
    motion: Motion,
    *,
    length_error: float,
    branch: str | None = None,
    like_only: bool = False,
    sigmas: float = 2.0,
) -> Inversion:
    r"""Invert T1 on both branches, after the test of the floor.

    .. math:: R_1^\text{dip}(D) = 1 / T_1, \quad
        D_\text{slow} < D(T_1^\text{min}) < D_\text{fast}

    All roots are searched on a logarithmic grid: networks with very different rates have more than
    one minimum. If T2 is there, R2/R1 chooses among the roots; none or several of them may agree.
    Closed forms are off by 28 % in D near the minimum, hence no value is given there.

    Parameters
    ----------
    times
        With T1; T2 tests the ratio and may choose the branch.
    moments
        Of the rigid structure.
    motion
        The model.
    length_error
        Relative standard error of the lattice parameter, for the floor.
    branch
        ``"slow"`` or ``"fast"``, if field or temperature dependence says so.
    like_only
        Leave out nuclei of other kinds, in the floor and in the rates.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        Roots or the reason why there are none.

    Raises
    ------
    ValueError
        If T1 is missing.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679. Torrey,
    Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.observables.measured_times import MeasuredTimes
    >>> from megabar.observables.motion_models import isotropic_walk
    >>> from megabar.spins.crystal_moments import crystal_moments
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> found = diffusivity_from_t1(
    ...     MeasuredTimes(larmor_frequency=395e6, t1=(1.5e-3, 8e-5), correlation=0.0),
    ...     crystal_moments(lah10), isotropic_walk(lah10, jump_length=1.194e-10), length_error=0.0)
    >>> found.reason, found.quality
    ('NOT_DIPOLAR', 'no solution')
    """
    if branch is not None:
        one_of(branch, ("slow", "fast"), name="branch")
    model = motion.alone() if like_only else motion
    refused = refusal(times, model, route="T1", sigmas=sigmas)
    if refused is not None:
        return refused
    floor = dipolar_floor(
        times, moments, length_error=length_error, like_only=like_only, sigmas=sigmas
    )
    if floor.below:
        return _none("T1", model, "NOT_DIPOLAR", floor.sentence(times))
    found = _all_roots(times, model, floor, sigmas=sigmas)
    if found.reason == "TWO_BRANCHES":
        found = _choose(found, times, model, branch=branch, sigmas=sigmas)
    return within_redfield(found, model)


def diffusivity_from_t2(
    times: MeasuredTimes,
    motion: Motion,
    *,
    like_only: bool = False,
    sigmas: float = 2.0,
) -> Inversion:
    r"""Invert T2, which has one branch.

    .. math:: R_2^\text{dip}(D) = 1 / T_2

    Parameters
    ----------
    times
        With T2 of a Hahn echo.
    motion
        The model.
    like_only
        Leave out nuclei of other kinds.
    sigmas
        Half width of the interval in standard errors of T2.

    Returns
    -------
    :
        One root, or the reason why there is none.

    Raises
    ------
    ValueError
        If T2 is missing.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.observables.measured_times import MeasuredTimes
    >>> from megabar.observables.motion_models import isotropic_walk
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> found = diffusivity_from_t2(
    ...     MeasuredTimes(larmor_frequency=395e6, t2=(1.5e-3, 1e-4), correlation=0.0),
    ...     isotropic_walk(lah10, jump_length=1.194e-10))
    >>> print(f"{found.diffusivity:.1e} m2/s, {found.quality}")
    1.9e-12 m2/s, value
    """
    model = motion.alone() if like_only else motion
    r2, _ = times.r2
    refused = refusal(times, model, route="T2", sigmas=sigmas)
    if refused is not None:
        return refused
    curve = curve_of(model, larmor_frequency=times.larmor_frequency, rate="r2")
    roots = roots_of(curve, times, model, center=r2, levels=levels_of(times.t2, sigmas))
    if len(roots) != 1:
        text = f"R2 = {r2:.3g} s-1 lies beyond twelve decades of motion of the model."
        return _none("T2", model, "OUTSIDE_MODEL_RANGE", text)
    found = Inversion(
        route="T2",
        motion=model.name,
        reason="ONE_BRANCH",
        roots=roots,
        interval=roots[0].interval,
        sentence=f"D = {cm2(roots[0].diffusivity)} from T2, supposing R2 wholly dipolar.",
    )
    return within_redfield(found, model)


def refusal(times: MeasuredTimes, model: Motion, *, route: str, sigmas: float) -> Inversion | None:
    """Say why nothing is inverted: data that contradict each other, or motion that goes nowhere.

    Parameters
    ----------
    times
        What was measured.
    model
        The motion.
    route
        Name of the time.
    sigmas
        How many standard errors R2 may be below R1.

    Returns
    -------
    :
        The refusal; none if there is nothing to refuse.
    """
    broken = times.unphysical(sigmas=sigmas)
    if broken:
        return _none(route, model, "UNPHYSICAL_RATIO", f"{broken} Nothing is inverted.")
    if not model.diffusivity > 0:
        text = "No path of jumps crosses the crystal: D = 0 for each group of sites."
        return _none(route, model, "NO_LONG_RANGE_MOTION", text)
    return None


def _none(route: str, model: Motion, reason: str, sentence: str) -> Inversion:
    return Inversion(route=route, motion=model.name, reason=reason, sentence=sentence)


def levels_of(time: tuple[float, float] | None, sigmas: float) -> tuple[float, float]:
    """Give the rates of the longest and of the shortest time within the errors [s-1].

    Parameters
    ----------
    time
        A time and its standard error [s].
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        Rates, smaller first; infinite if the time may be zero.
    """
    value, std = time or (nan, nan)
    shortest = value - sigmas * std
    return 1 / (value + sigmas * std), 1 / shortest if shortest > 0 else inf


def roots_of(
    curve: Curve,
    times: MeasuredTimes,
    model: Motion,
    *,
    center: float,
    levels: tuple[float, float],
) -> tuple[Root, ...]:
    """Give every D of a curve with one rate, with its interval, omega0 tau_c and branch.

    Parameters
    ----------
    curve
        Rate over D.
    times
        For the field.
    model
        The motion, for its correlation time.
    center
        Rate [s-1].
    levels
        Smallest and largest rate within errors [s-1].

    Returns
    -------
    :
        Roots, slowest first; the branch is the side of the largest rate.
    """
    fastest, _ = curve.maximum()
    return tuple(
        Root(
            diffusivity=root,
            interval=curve.around(root, lowest=levels[0], highest=levels[1]),
            reduced_time=times.angular_frequency * float(model.correlation_time(root)),
            branch="slow" if root < fastest else "fast",
        )
        for root in curve.crossings(center)
    )


def _all_roots(times: MeasuredTimes, model: Motion, floor: Floor, *, sigmas: float) -> Inversion:
    """Rows of the rule from the minimum of the model on."""
    curve = curve_of(model, larmor_frequency=times.larmor_frequency, rate="r1")
    at_minimum, largest = curve.maximum()
    lowest, highest = levels_of(times.t1, sigmas)
    r1, _ = times.r1
    if lowest > largest:
        text = (
            f"T1 = {1e3 / r1:.3g} ms is below the minimum {1e3 / largest:.3g} ms of this model, "
            f"but not below the floor {1e3 * floor.floor:.3g} ms: try other networks. Under this "
            f"one {r1 - largest:.0f} s^-1 of R1 = {r1:.0f} s^-1 has another cause. At the floor "
            f"T1 needs S6 = {floor.sum_r6_needed * 1e-60:.3g} A^-6 "
            f"(pair at {floor.pair_distance_needed * 1e10:.3f} A)."
        )
        return _none("T1", model, "BELOW_MODEL_MINIMUM", text)
    roots = roots_of(curve, times, model, center=r1, levels=(lowest, highest))
    near = [max(one.diffusivity / at_minimum, at_minimum / one.diffusivity) for one in roots]
    if highest > largest or not roots or min(near) < _NEAR_MINIMUM:
        ends = curve.crossings(lowest)
        span = (ends[0], ends[-1]) if len(ends) > 1 else (0.0, inf)
        text = (
            f"Ill-conditioned at the T1 minimum ({1e3 / largest:.3g} ms at {cm2(at_minimum)}): D "
            f"anywhere from {cm2(span[0])} to {cm2(span[1])}."
        )
        return Inversion(
            route="T1", motion=model.name, reason="ILL_CONDITIONED", roots=roots, interval=span,
            sentence=text,
        )  # fmt: skip
    listed = " or ".join(cm2(root.diffusivity) for root in roots)
    return Inversion(
        route="T1", motion=model.name, reason="TWO_BRANCHES", roots=roots,
        sentence=(
            f"T1 alone allows D = {listed}; R2/R1, field or temperature decide."
            f"{_shallow(curve, roots)}"
        ),
    )  # fmt: skip


def _shallow(curve: Curve, roots: tuple[Root, ...]) -> str:
    """Name the roots that a second, shallow minimum adds."""
    for at, rate in curve.maxima()[1:]:
        near = [one for one in roots if 1 / _NEAR_MINIMUM < one.diffusivity / at < _NEAR_MINIMUM]
        if near:
            return (
                f" {len(near)} of them lie about a second, shallow minimum ({1e3 / rate:.3g} ms at "
                f"{cm2(at)}), where T1 hardly depends on D."
            )
    return ""


def _choose(
    found: Inversion, times: MeasuredTimes, model: Motion, *, branch: str | None, sigmas: float
) -> Inversion:
    if branch is not None:
        left = [root for root in found.roots if root.branch == branch]
        how = "by the caller"
    elif times.t2 is not None:
        left = [root for root in found.roots if _ratio_agrees(root, times, model, sigmas)]
        how = "by R2/R1, supposing both rates wholly dipolar"
    else:
        return found
    if len(left) == 1:
        text = f"D = {cm2(left[0].diffusivity)} from T1, {left[0].branch} branch, chosen {how}."
        return replace(
            found, reason="BRANCH_SELECTED", roots=tuple(left), interval=left[0].interval,
            sentence=text,
        )  # fmt: skip
    why = f"{len(left)} of {len(found.roots)} branches agree with what is to choose"
    hint = "" if left else ": T1 and T2 are not both wholly dipolar under this model"
    return replace(found, sentence=f"{found.sentence} Here {why}{hint}.")


def _ratio_agrees(root: Root, times: MeasuredTimes, model: Motion, sigmas: float) -> bool:
    grid = grid_of(model, larmor_frequency=times.larmor_frequency)
    ends = np.clip([*root.interval, root.diffusivity], grid[0], grid[-1])
    ratios = model.rates(ends, larmor_frequency=times.larmor_frequency).ratio
    seen, std = times.ratio
    return bool(ratios.min() <= seen + sigmas * std and ratios.max() >= seen - sigmas * std)


def within_redfield(found: Inversion, model: Motion) -> Inversion:
    """Turn a value into a failure where rates are not meant.

    Parameters
    ----------
    found
        An inversion.
    model
        Its motion.

    Returns
    -------
    :
        The same, or the reason why it is none.
    """
    if found.quality != "value":
        return found
    angle = float(model.redfield(found.roots[0].diffusivity))
    if angle <= relaxation.REDFIELD_LIMIT:
        return found
    text = (
        f"sqrt(M2) tau_c = {angle:.2g} is above {relaxation.REDFIELD_LIMIT}: the line tells more."
    )
    return replace(found, reason="OUTSIDE_REDFIELD", sentence=text)

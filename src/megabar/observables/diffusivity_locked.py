"""From T1rho and a model of motion to D.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from megabar.observables.diffusivity import levels_of, refusal, roots_of, within_redfield
from megabar.observables.diffusivity_answers import Inversion, cm2
from megabar.observables.diffusivity_bounds import slowest_narrowed
from megabar.observables.root_search import curve_of

if TYPE_CHECKING:
    from megabar.observables.diffusivity_answers import Root
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion


def diffusivity_from_t1rho(
    times: MeasuredTimes, motion: Motion, *, like_only: bool = False, sigmas: float = 2.0
) -> Inversion:
    r"""Invert T1rho on the fast side of its minimum.

    .. math:: R_{1 \rho}^\text{dip}(D) = 1 / T_{1 \rho}

    The minimum itself, near :math:`\omega_1 \tau = 1/2`, often lies where the couplings are too
    strong for these rates. Motion slower than that relaxes as little, so the root is a value only
    if T2 or the width shows a narrowed line.

    Parameters
    ----------
    times
        With T1rho; T2 of a Hahn echo or the width decide about narrowing.
    motion
        The model.
    like_only
        Leave out nuclei of other kinds.
    sigmas
        Half width of the interval in standard errors of T1rho.

    Returns
    -------
    :
        One root, or the reason why there is none.

    Raises
    ------
    ValueError
        If T1rho is missing.

    References
    ----------
    Look, Lowe, J. Chem. Phys. 44, 2995 (1966), doi:10.1063/1.1727169.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.observables.measured_times import MeasuredTimes
    >>> from megabar.observables.motion_models import isotropic_walk
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> found = diffusivity_from_t1rho(
    ...     MeasuredTimes(
    ...         larmor_frequency=395e6, t1rho=(1.5e-3, 1e-4), locking_frequency=50e3,
    ...         fwhm=(1350.0, 50.0), correlation=0.0),
    ...     isotropic_walk(lah10, jump_length=1.194e-10))
    >>> print(f"{found.diffusivity:.1e} m2/s, {found.reason}")
    1.9e-12 m2/s, BRANCH_SELECTED
    """
    model = motion.alone() if like_only else motion
    rate, _ = times.r1rho
    refused = refusal(times, model, route="T1rho", sigmas=sigmas)
    if refused is not None:
        return refused
    nutation = times.locking_frequency or 0.0
    if times.fwhm is not None and nutation < times.fwhm[0]:
        text = (
            f"The locking field of {nutation:.3g} Hz is below the width of {times.fwhm[0]:.3g} Hz: "
            "part of the spins is not locked on resonance, and nothing is inverted."
        )
        return Inversion(route="T1rho", motion=model.name, reason="WEAK_LOCK", sentence=text)
    roots = _fast_roots(times, model, rate, sigmas=sigmas)
    if not roots:
        text = f"R1rho = {rate:.3g} s-1 is not reached by this model where rates are meant."
        return Inversion(
            route="T1rho", motion=model.name, reason="OUTSIDE_MODEL_RANGE", sentence=text
        )
    narrowed = slowest_narrowed(times, model, sigmas=sigmas)
    left = [one for one in roots if one.interval[1] >= narrowed]
    listed = " or ".join(cm2(one.diffusivity) for one in roots)
    if not narrowed > 0 or len(left) != 1:
        text = (
            f"T1rho alone allows D = {listed} or motion slower than its minimum; a narrowed line "
            "would decide."
        )
        return Inversion(
            route="T1rho", motion=model.name, reason="TWO_BRANCHES", roots=roots, sentence=text
        )
    found = Inversion(
        route="T1rho",
        motion=model.name,
        reason="BRANCH_SELECTED",
        roots=tuple(left),
        interval=left[0].interval,
        sentence=(
            f"D = {cm2(left[0].diffusivity)} from T1rho, supposing R1rho wholly dipolar; the "
            "narrowed line excludes the slow side of its minimum."
        ),
    )
    return within_redfield(found, model)


def _fast_roots(
    times: MeasuredTimes, model: Motion, rate: float, *, sigmas: float
) -> tuple[Root, ...]:
    """Roots where rates are meant."""
    curve = curve_of(
        model,
        larmor_frequency=times.larmor_frequency,
        rate="r1rho",
        locking_frequency=times.locking_frequency,
    )
    levels = levels_of(times.t1rho, sigmas)
    found = roots_of(curve, times, model, center=rate, levels=levels)
    return tuple(root for root in found if root.diffusivity >= model.slowest())

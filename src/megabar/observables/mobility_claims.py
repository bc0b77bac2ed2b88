"""Stated diffusivities held against the data: allowed or not, and what they mean for T1 and T2.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

from megabar.observables.diffusivity_answers import cm2
from megabar.observables.diffusivity_bounds import beyond, slowest_narrowed
from megabar.observables.mobility_answers import Claim
from megabar.observables.root_search import curve_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion


def excluded_by_rates(
    times: MeasuredTimes, motion: Motion, *, sigmas: float
) -> tuple[tuple[float, float], ...]:
    r"""Give the diffusivities whose dipolar rate alone exceeds a measured one.

    .. math:: R_1^\text{dip}(D) > R_1 + k \sigma(R_1), \quad
        R_{1 \rho}^\text{dip}(D) > R_{1 \rho} + k \sigma(R_{1 \rho})

    Rates of other mechanisms only add, so this needs no assumption about them.

    Parameters
    ----------
    times
        With T1, T1rho, both or neither.
    motion
        The model.
    sigmas
        k.

    Returns
    -------
    :
        Intervals [m2/s], rising, where rates are meant.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679, for rates.
    """
    if not motion.diffusivity > 0:
        return ()
    larmor, start = times.larmor_frequency, motion.slowest()
    found: list[tuple[float, float]] = []
    if times.t1 is not None:
        curve = curve_of(motion, larmor_frequency=larmor, rate="r1")
        found += curve.above(times.r1[0] + sigmas * times.r1[1])
    if times.t1rho is not None:
        curve = curve_of(
            motion,
            larmor_frequency=larmor,
            rate="r1rho",
            locking_frequency=times.locking_frequency,
        )
        found += curve.above(times.r1rho[0] + sigmas * times.r1rho[1])
    return tuple(sorted((max(low, start), high) for low, high in found if high > start))


def slowest_allowed(times: MeasuredTimes, motion: Motion, *, sigmas: float) -> float:
    """Give the smallest D that all rates and the width together leave to a model.

    Parameters
    ----------
    times
        What was measured.
    motion
        The model.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        D [m2/s]; 0 if nothing is bounded.
    """
    start = slowest_narrowed(times, motion, sigmas=sigmas)
    if not start > 0:
        return 0.0
    return beyond(start, excluded_by_rates(times, motion, sigmas=sigmas))


def claim_against(
    diffusivity: float,
    times: MeasuredTimes,
    motions: Sequence[Motion],
    *,
    longest: Sequence[Motion],
    sigmas: float,
) -> Claim:
    """Hold a stated diffusivity against the data, under every model.

    Parameters
    ----------
    diffusivity
        As stated [m2/s], of one spin.
    times
        What was measured.
    motions
        The models; those in which nothing travels far are left out.
    longest
        The same in the longest lattice within errors: they decide what is allowed.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        Whether it is allowed, and the dipolar times that it means.

    Raises
    ------
    ValueError
        If it is not positive, or in no model anything travels far.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679, for rates.
    """
    moving = [one for one in motions if one.diffusivity > 0]
    if not (diffusivity > 0 and moving):
        msg = f"Found D = {diffusivity:g} m2/s and {len(moving)} models in which hydrogen travels."
        raise ValueError(f"{msg} No rate follows. State D above zero and declare such a model.")
    rates = [one.rates(diffusivity, larmor_frequency=times.larmor_frequency) for one in moving]
    t1, t2 = (_ends([float(getattr(one, name)) for one in rates]) for name in ("t1", "t2"))
    share = (nan, nan)
    if times.t1 is not None:
        share = _ends([float(one.r1) / times.r1[0] for one in rates])
    allowed = any(
        _allows(one, diffusivity, times, sigmas) for one in longest if one.diffusivity > 0
    )
    return Claim(
        diffusivity=diffusivity, allowed=allowed, t1=t1, t2=t2, share_of_r1=share,
        sentence=_sentence(diffusivity, allowed, t1, t2, share),
    )  # fmt: skip


def _allows(motion: Motion, diffusivity: float, times: MeasuredTimes, sigmas: float) -> bool:
    if diffusivity < slowest_narrowed(times, motion, sigmas=sigmas):
        return False
    excluded = excluded_by_rates(times, motion, sigmas=sigmas)
    return not any(low <= diffusivity < high for low, high in excluded)


def _sentence(
    diffusivity: float,
    allowed: bool,
    t1: tuple[float, float],
    t2: tuple[float, float],
    share: tuple[float, float],
) -> str:
    means = (
        f"it means a dipolar T1 of {1e3 * t1[0]:.3g} to {1e3 * t1[1]:.3g} ms and T2 of "
        f"{1e3 * t2[0]:.3g} to {1e3 * t2[1]:.3g} ms over the models"
    )
    if not allowed:
        return (
            f"D = {cm2(diffusivity)} is excluded under every model: {means}, and R1, R2, R1rho or "
            "the width would exceed what was measured."
        )
    rest = ""
    if share[0] < 1:
        rest = (
            f", {share[0]:.2g} to {min(share[1], 1.0):.2g} of the R1 observed; the rest would "
            "have another cause"
        )
    return f"D = {cm2(diffusivity)} is allowed: {means}{rest}."


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))

"""Displacements of a trajectory, D from the lags whose error can be told, and its verdict."""

from __future__ import annotations

from math import nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion import trajectories
from megabar.motion.trajectories.regimes import TOLERANCE
from megabar.observables.trajectory_answers import Displacements, Part
from megabar.observables.trajectory_parts import attempt

if TYPE_CHECKING:
    from megabar.observables.trajectory_answers import Hopping
    from megabar.observables.trajectory_parts import Array, Paths

_WINDOW_OVER_RUN: Final = 1 / 41  # longest lag whose error can be told
_WINDOW_RATIO: Final = 5.0
_SHOWN: Final = 240  # lags


def displacements_of(paths: Paths, hopping: Hopping | None) -> Displacements:
    """Compute displacements and diffusivities.

    Parameters
    ----------
    paths
        Of the mobile atoms.
    hopping
        Their sites, if these are known.

    Returns
    -------
    :
        All of them.
    """
    tracer = trajectories.msd_from_positions(positions=paths.moving)
    collective = trajectories.collective_msd_from_positions(positions=paths.moving)
    longest = paths.duration * _WINDOW_OVER_RUN
    found, part = attempt(
        lambda: trajectories.tracer_diffusivity_from_positions(
            positions=paths.moving,
            frame_interval=paths.interval,
            fit_from=longest / _WINDOW_RATIO,
            fit_to=longest,
        )
    )
    regime, regime_part = attempt(lambda: _regime(tracer, paths, hopping, found))
    if found is not None:
        part = regime_part if regime is None else _judged(found, regime)
    both, collective_part = attempt(lambda: _collective(paths, longest, hopping))
    ratio = None
    if found is not None and both is not None and min(found.value, both.value) > 0:
        ratio = trajectories.haven_ratio(tracer=found, collective=both)
    shown = np.unique(np.geomspace(1, len(tracer) - 1, _SHOWN).astype(np.int64))
    return Displacements(
        lags=np.asarray(shown * paths.interval, dtype=np.float64),
        tracer=tracer[shown],
        collective=collective[shown],
        regime=regime,
        diffusivity=found,
        collective_diffusivity=both,
        haven_ratio=ratio,
        part=part,
        collective_part=collective_part,
    )


def _regime(
    msd: Array,
    paths: Paths,
    hopping: Hopping | None,
    found: trajectories.Diffusivity | None,
) -> trajectories.Regime:
    return trajectories.regime_from_msd(
        msd=msd,
        frame_interval=paths.interval,
        plateau=0.0 if hopping is None else 6 * hopping.vibration**2,
        jump_length=_jump_length(hopping, msd, paths.interval, found),
        relative_std=nan if found is None else found.relative_std,
        hops_per_atom=nan if hopping is None else hopping.statistics.hops_per_atom,
    )


def _judged(found: trajectories.Diffusivity, regime: trajectories.Regime) -> Part:
    """Hold the exponent at the fitted lags, not at any others, against 1.

    Lags long enough to be straight may be too long for their error to be told; D is then fitted at
    shorter ones, where its slope is too high by 1 - alpha.
    """
    if regime.quality == "not reached":
        return Part(quality=regime.quality, reason=regime.reason)
    first, last = found.lags[0], found.lags[-1]
    inside = (regime.lags >= first) & (regime.lags <= last)
    excess = 1 - float(np.nanmean(regime.exponent[inside])) if inside.any() else nan
    allowed = max(TOLERANCE, found.relative_std)
    where = f"from {first * 1e12:.3g} to {last * 1e12:.3g} ps the exponent is {1 - excess:.3f}"
    if abs(excess) <= allowed:
        return Part(quality="value", reason=f"{where}: 1 within {allowed:.3f}")
    if excess > 0:
        return Part(
            quality="upper bound",
            reason=f"{where}, and longer lags have no error: D is too high by about {excess:.0%}",
        )
    return Part(quality="not reached", reason=f"{where}: not diffusion, or too short a run")


def _collective(paths: Paths, longest: float, hopping: Hopping | None) -> trajectories.Diffusivity:
    """Fit the shortest lags beyond vibrations: a collective displacement is one walker."""
    shortest = 2 * paths.interval
    if hopping is not None and hopping.statistics.hops_per_atom > 0:
        rest = hopping.statistics.duration / hopping.statistics.hops_per_atom
        shortest = max(shortest, min(0.1 * rest, longest / _WINDOW_RATIO))
    return trajectories.collective_diffusivity_from_positions(
        positions=paths.moving,
        frame_interval=paths.interval,
        fit_from=shortest,
        fit_to=min(longest, _WINDOW_RATIO * shortest + 2 * paths.interval),
    )


def _jump_length(
    hopping: Hopping | None,
    msd: Array,
    interval: float,
    found: trajectories.Diffusivity | None,
) -> float:
    """Distance of the shortest hop; without sites, what the atoms travel in the fitted window."""
    if hopping is not None:
        return min(one.distance for one in hopping.statistics.classes)
    if found is None:
        return sqrt(float(msd[-1]))
    return sqrt(float(msd[round(found.lags[0] / interval)]))

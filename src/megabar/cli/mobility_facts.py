"""A mobility in JSON types, in SI: what ``megabar mobility --json`` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar.observables.diffusivity_answers import Inversion
    from megabar.observables.mobility_answers import Mobility, MotionVerdict


def facts_of(found: Mobility) -> dict[str, Any]:
    """Put a mobility into JSON types.

    Parameters
    ----------
    found
        The mobility.

    Returns
    -------
    :
        Everything that it holds, in SI.
    """
    return {
        "times": {
            **asdict(found.times),
            "sigmas": found.sigmas,
            "ratio": found.times.ratio if found.times.t1 and found.times.t2 else None,
        },
        "rigid": _rigid(found),
        "floor": found.floor and asdict(found.floor),
        "narrowing": found.narrowing
        and {**asdict(found.narrowing), "reason": found.narrowing.reason},
        "models": [_model(one) for one in found.by_motion],
        "bounds": [
            {
                **asdict(one),
                "by_motion": dict(one.by_motion),
                "quality": one.quality,
            }
            for one in found.bounds
        ],
        "budget": found.budget and {**asdict(found.budget), "total": found.budget.total},
        "suggestions": [
            {**asdict(one), "predictions": dict(one.predictions)} for one in found.suggestions
        ],
        "claims": [asdict(one) for one in found.claims],
        "literal": [asdict(one) for one in found.literal],
        "quality": found.quality,
        "reason": found.reason,
        "diffusivity": found.diffusivity,
        "interval": found.interval,
        "verdict": found.verdict,
        "messages": found.messages,
        "conventions": found.conventions,
    }


def _rigid(found: Mobility) -> dict[str, Any]:
    rigid, moments = found.structure, found.structure.moments
    return {
        "length_error": rigid.length_error,
        "number_density": moments.number_density,
        "nearest": moments.nearest,
        "sites": [asdict(one) for one in rigid.sites],
        "sum_r6": moments.sum_r6_mean,
        "second_moment_like": moments.second_moment_like,
        "second_moment_unlike": dict(moments.second_moment_unlike),
        "fwhm_gaussian": moments.fwhm_gaussian,
        "fwhm_many_spin": rigid.fwhm_many_spin,
        "half_time": rigid.half_time,
        "half_time_source": rigid.half_time_source,
        "dead_time": rigid.dead_time,
        "left_after_dead_time": rigid.left_after_dead_time,
    }


def _model(one: MotionVerdict) -> dict[str, Any]:
    return {
        "motion": one.motion,
        "network": one.network,
        "mechanism": one.mechanism,
        "from_t1": _inversion(one.from_t1),
        "from_t2": _inversion(one.from_t2),
        "from_t1rho": _inversion(one.from_t1rho),
        "joint": one.joint and asdict(one.joint),
        "excluded": one.excluded,
        "t1_minimum": {"t1": one.t1_minimum[0], "diffusivity": one.t1_minimum[1]},
        "second_minima": [{"t1": t1, "diffusivity": at} for t1, at in one.second_minima],
    }


def _inversion(found: Inversion | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {**asdict(found), "quality": found.quality, "diffusivity": found.diffusivity}

"""A trajectory in JSON types, in SI: what ``megabar trajectory --json`` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from megabar.motion.trajectories import Diffusivity, Estimate
    from megabar.observables.trajectory_answers import (
        Displacements,
        Hopping,
        HopRoute,
        TrajectoryMobility,
        WalkOfHops,
    )


def facts_of(found: TrajectoryMobility) -> dict[str, Any]:
    """Put what a trajectory says into JSON types.

    Parameters
    ----------
    found
        The analysis.

    Returns
    -------
    :
        Everything but paths, in SI.
    """
    return {
        "source": found.source,
        "frames": found.frames,
        "atoms": found.atoms,
        "frame_interval": found.frame_interval,
        "duration": found.duration,
        "cell": found.cell,
        "mobile": found.mobile,
        "framework": found.framework,
        "step_ratio": found.step_ratio,
        "larmor_frequency": found.larmor_frequency,
        "parts": {name: asdict(part) for name, part in found.parts.items()},
        **_displacements(found.displacements),
        "hopping": found.hopping and _hopping(found.hopping),
        "hop_rates": [asdict(one) for one in found.hop_rates],
        "walk": found.walk and _walk(found.walk),
        "correlation": found.correlation
        and {
            "lags": found.correlation.lags,
            "values": found.correlation.values,
            "std": found.correlation.std,
        },
        "second_moment": found.second_moment and asdict(found.second_moment),
        "rates": _rates(found),
        "route": found.route and _route(found.route),
        "messages": found.messages,
        "assumptions": found.assumptions,
    }


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "value": found.value,
        "std": found.std,
        "degrees_of_freedom": found.degrees_of_freedom,
    }


def _fitted(found: Diffusivity | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "value": found.value,
        "std": found.std,
        "degrees_of_freedom": found.degrees_of_freedom,
        "fit_from": found.lags[0],
        "fit_to": found.lags[-1],
        "intercept": found.intercept,
    }


def _displacements(found: Displacements) -> dict[str, Any]:
    regime = found.regime
    return {
        "displacements": {
            "lags": found.lags,
            "tracer": found.tracer,
            "collective": found.collective,
        },
        "regime": regime
        and {
            "quality": regime.quality,
            "reason": regime.reason,
            "fit_from": regime.fit_from,
            "fit_to": regime.fit_to,
            "lags": regime.lags,
            "exponent": regime.exponent,
        },
        "tracer": _fitted(found.diffusivity),
        "collective": _fitted(found.collective_diffusivity),
        "haven_ratio": _estimate(found.haven_ratio),
    }


def _hopping(found: Hopping) -> dict[str, Any]:
    statistics, scan, history = found.statistics, found.scan, found.history
    return {
        "sites": statistics.sites,
        "cells": found.box.cells,
        "misfit": found.box.misfit,
        "occupancies": statistics.occupancies,
        "vacancy_fraction": statistics.vacancy_fraction,
        "vibration": found.vibration,
        "core_radius": scan.radius,
        "in_core": history.in_core,
        "double_occupancy": history.double_occupancy,
        "scan": asdict(scan),
        "hops": statistics.count,
        "hops_per_atom": statistics.hops_per_atom,
        "return_fraction": statistics.return_fraction,
        "unlisted_fraction": statistics.unlisted_fraction,
        "missed": found.missed,
        "classes": [asdict(one) for one in statistics.classes],
    }


def _walk(found: WalkOfHops) -> dict[str, Any]:
    return {
        "replicas": len(found.tracer.values),
        "tracer": _estimate(found.tracer.endless),
        "collective": found.collective and _estimate(found.collective.endless),
        "corrected": _estimate(found.corrected),
        "relative_std": found.tracer.relative_std,
        "bias": found.tracer.bias,
        "deviation": found.deviation,
    }


def _rates(found: TrajectoryMobility) -> dict[str, Any] | None:
    rates = found.rates
    if rates is None:
        return None
    total, std = rates.total, rates.total_std
    return {
        "r1": total.r1,
        "r1_std": std.r1,
        "r2": total.r2,
        "r2_std": std.r2,
        "t1": 1 / total.r1,
        "t2": 1 / total.r2,
        "like": {
            "r1": rates.like.r1,
            "r1_std": rates.like.r1_std,
            "r2": rates.like.r2,
            "r2_std": rates.like.r2_std,
        },
        "unlike": {
            name: {"r1": one.r1, "r2": one.r2, "quality": rates.unlike[name].quality}
            for name, one in ((name, rates.of(name)) for name in rates.unlike)
        },
        "cut": rates.like.cut,
        "correlation_time": rates.like.correlation_time,
        "tail_accepted": rates.like.verdict.tail_accepted,
    }


def _route(found: HopRoute) -> dict[str, Any]:
    relaxation, agreement = found.relaxation, found.agreement
    return {
        "r1": relaxation.r1,
        "r1_interval": relaxation.r1_interval,
        "r2": relaxation.r2,
        "r2_interval": relaxation.r2_interval,
        "t1": 1 / relaxation.r1,
        "t2": 1 / relaxation.r2,
        "diffusivity": relaxation.diffusivity,
        "diffusivity_interval": relaxation.diffusivity_interval,
        "shares": relaxation.shares,
        "agreement": agreement
        and {
            "quality": agreement.quality,
            "reason": agreement.reason,
            "diffusivity": agreement.diffusivity,
            "diffusivity_deviation": agreement.diffusivity_deviation,
            "lags": agreement.lags,
            "correlation_deviation": agreement.correlation_deviation,
        },
    }

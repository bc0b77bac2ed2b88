"""A planned experiment in JSON types, in SI: what ``megabar plan-experiment --json`` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.cli import nature
from megabar.observables.experiment_channels import PHASE_CYCLES
from megabar.observables.experiment_plan import AmplitudePlan

if TYPE_CHECKING:
    from megabar.cli.experiment import Experiment
    from megabar.observables.experiment_channels import ChannelPlan
    from megabar.observables.experiment_plan import T1Plan
    from megabar.observables.rigid_structure import RigidStructure

CURVE: Final = (1e-2, 1e4, 25)
"""Hours of the curve of error against time: first, last, count."""


def facts_of(found: Experiment) -> dict[str, Any]:
    """Put a plan into JSON types.

    Parameters
    ----------
    found
        The plan.

    Returns
    -------
    :
        Everything that it holds, in SI; hours where the name says so.
    """
    return {
        "quantity": found.quantity,
        "error": found.plan.error,
        "field": found.resonances[0].field,
        "sample": {
            "structure": None if found.crystal is None else nature.structure_facts(found.crystal),
            "volume": found.volume,
            "atoms": {one.channel.nucleus: one.channel.atoms for one in found.channels},
        },
        "limits": [
            {
                "nucleus": one.limits[0].nucleus,
                "limits": [asdict(limit) for limit in one.limits],
                "ratios": [
                    {"route": route, "over": other, "ratio": ratio}
                    for route, other, ratio in one.ratios
                ],
                "statuses": one.statuses,
            }
            for one in found.comparisons
        ],
        "channels": [
            _channel(one, larmor.larmor_frequency)
            for one, larmor in zip(found.channels, found.resonances, strict=True)
        ],
        "plan": _amplitude(found.plan) if isinstance(found.plan, AmplitudePlan) else None,
        "t1": None if isinstance(found.plan, AmplitudePlan) else _t1(found.plan),
        "curve": [
            {"hours": hours, "error": found.plan.error_after(hours)}
            for hours in np.geomspace(*CURVE).tolist()
        ],
        "pulses": [{**asdict(one), "mean_power": found.mean_power(one)} for one in found.pulses],
        "pools": [asdict(one) for one in found.pools],
        "rigid": None if found.rigid is None else _rigid(found.rigid),
        "cautions": [asdict(one) for one in found.cautions],
    }


def _channel(one: ChannelPlan, larmor: float) -> dict[str, Any]:
    scan = one.channel.scan
    return {
        "nucleus": one.channel.nucleus,
        "larmor_frequency": larmor,
        "line": asdict(one.channel.line),
        "sequence": scan.sequence,
        "echo_delay": scan.echo_delay,
        "dead_time": scan.dead_time,
        "dwell": scan.dwell,
        "points": one.points,
        "phase_cycle": PHASE_CYCLES[scan.sequence],
        "repetition_time": one.repetition.time,
        "flip_angle": one.repetition.flip_angle,
        "limit_of_detection": one.channel.limit.value,
        "limit_route": one.channel.limit.route,
        "snr_of_one_scan": one.snr,
        "relative_std_of_one_scan": one.relative_std,
        "left_after_dead_time": one.left_after_dead_time,
        "dead_time_cost": one.dead_time_cost,
        "noise_relative_std": one.noise_relative_std,
        "factors": [
            {
                "name": factor.name,
                "value": factor.value,
                "std": factor.std,
                "source": factor.source,
            }
            for factor in one.factors
        ],
    }


def _amplitude(plan: AmplitudePlan) -> dict[str, Any]:
    return {
        "reachable": plan.reachable,
        "scans": plan.scans,
        "hours": plan.hours,
        "hours_in_all": sum(plan.hours),
        "noise_relative_std": plan.promised,
        "common_relative_std": plan.common_std,
        "common": [{"name": name, "relative_std": value} for name, value in plan.common],
    }


def _t1(plan: T1Plan) -> dict[str, Any]:
    return {
        "delays": plan.delays.delays,
        "scans_per_step": plan.scans,
        "hours": plan.hours,
        "relative_std": plan.promised,
        "cheapest_delays": plan.cheapest.delays,
        "cheapest_hours": plan.hours * plan.cheapest.cost / plan.delays.cost,
    }


def _rigid(one: RigidStructure) -> dict[str, Any]:
    return {
        "fwhm_many_spin": one.fwhm_many_spin,
        "half_time": one.half_time,
        "half_time_source": one.half_time_source,
        "dead_time": one.dead_time,
        "left_after_dead_time": one.left_after_dead_time,
    }

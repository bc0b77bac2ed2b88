"""Verb plan-experiment: from cell, field, nucleus and coil to scans and hours, or why none do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from megabar import units
from megabar.cli import (
    experiment_inputs,
    experiment_limits,
    experiment_options,
    nature,
    terminal,
)
from megabar.cli.experiment_facts import facts_of
from megabar.cli.experiment_options import QUANTITIES, Typed
from megabar.cli.experiment_words import words_of
from megabar.errors import MegabarError, MissingInput, UnusableInput, one_of
from megabar.observables import experiment_cautions
from megabar.observables.experiment_cautions import Caution, Pool
from megabar.observables.experiment_plan import AmplitudePlan, T1Plan, plan_amplitude, plan_t1
from megabar.observables.experiment_pulses import PulsePlan, pulse_plan
from megabar.observables.rigid_structure import RigidStructure, rigid_structure
from megabar.observables.sensitivity import Comparison, side_by_side
from megabar.spins.reception import Resonance, resonance
from megabar.spins.rigid_lines import RigidLine, rigid_line_many_spin

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from megabar.matter.crystals import Crystal
    from megabar.observables.experiment_channels import ChannelPlan, PlannedChannel

_COUNTS: Final = {"h-per-metal": 2, "t1": 1, "amplitude": 1}


@dataclass(frozen=True, kw_only=True, eq=False)
class Experiment:
    """Everything that one call planned.

    Parameters
    ----------
    quantity
        What is wanted.
    resonances
        Nuclei in their field.
    crystal
        Of the sample, if named.
    volume
        Of the sample [m3], if known.
    comparisons
        Limits of detection of each nucleus side by side.
    plan
        Of the amplitude or the content, or of the T1.
    pulses
        Those that were typed.
    pools
        Beside the first nucleus.
    rigid
        Hydrogen of the structure that does not move, if one was named.
    cautions
        What stands in the way.
    """

    quantity: str
    resonances: tuple[Resonance, ...]
    crystal: Crystal | None
    volume: float | None
    comparisons: tuple[Comparison, ...]
    plan: AmplitudePlan | T1Plan
    pulses: tuple[PulsePlan, ...]
    pools: tuple[Pool, ...]
    rigid: RigidStructure | None
    cautions: tuple[Caution, ...]

    @property
    def channels(self) -> tuple[ChannelPlan, ...]:
        """One for each nucleus."""
        return self.plan.channels if isinstance(self.plan, AmplitudePlan) else (self.plan.channel,)

    def mean_power(self, pulse: PulsePlan) -> float:
        """Give the mean power of a pulse as often as the plan repeats it [W]."""
        (plan,) = (one for one in self.channels if one.channel.nucleus == pulse.nucleus)
        return pulse.mean_power(repetition_time=plan.repetition.time, turned_by=plan.turned_by)


def add_plan_experiment_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``plan-experiment``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    experiment_options.add_options(parser)
    nature.add_shared_options(parser)


def plan_experiment(arguments: argparse.Namespace) -> terminal.Answer:
    """Say how many scans and hours a wanted error takes, and what stands in the way.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        The plan; exit code 11 where the error is out of reach.
    """
    nature.check_figure(arguments.figure)
    one_of(arguments.quantity, QUANTITIES, name="quantity")
    try:
        found = _experiment(arguments)
    except MegabarError:
        raise
    except ValueError as failure:  # of the physics
        raise UnusableInput(str(failure)) from failure
    facts = facts_of(found)
    facts["figure"] = None if arguments.figure is None else str(arguments.figure)
    text = tuple(words_of(found))
    if arguments.figure is not None:
        from megabar.report import experiment_figures, figures

        figure = experiment_figures.plan(found.plan, rigid=_line_of(found, arguments.seed))
        figures.write(figure, arguments.figure)
        text = (*text, terminal.Line("figure", str(arguments.figure)))
    reachable = not isinstance(found.plan, AmplitudePlan) or found.plan.reachable
    return terminal.Answer(
        verb="plan-experiment",
        facts=facts,
        text=text,
        exit_code=terminal.OK if reachable else terminal.LOW_CONFIDENCE,
    )


def _resonance(typed: Typed, nucleus: str, frequency: float) -> Resonance:
    """Put a nucleus into the field, at its natural abundance or the one that was typed."""
    natural = resonance(nucleus=nucleus, tms_frequency=frequency)
    text = typed.text("abundance", nucleus, named=True)
    if text is None:
        return natural
    share = units.parse(text, unit="1", name="--abundance")
    if not 0 < share <= 1:
        msg = (
            f"Found --abundance {share:g} of {nucleus}; it is a share of all atoms of the element, "
            f"above 0 and at most 1. Give it such as '{nucleus}=95 %'."
        )
        raise UnusableInput(msg)
    return replace(natural, abundance=share)


def _experiment(arguments: argparse.Namespace) -> Experiment:
    names = _names(arguments)
    typed = Typed(arguments, names)
    frequency = experiment_inputs.tms_frequency_of(arguments)
    resonances = {one: _resonance(typed, one, frequency) for one in names}
    crystal = experiment_inputs.crystal_of(arguments)
    atoms, volume = experiment_inputs.atoms_of(arguments, crystal=crystal, names=names)
    limits = experiment_limits.limits_of(typed, arguments, resonances)
    channels = [
        experiment_inputs.channel_of(typed, one, atoms=atoms[one], limit=limits[one][0])
        for one in names
    ]
    comparisons = tuple(side_by_side(limits[one]) for one in names)
    plan = _plan(arguments, channels)
    planned = plan.channels if isinstance(plan, AmplitudePlan) else (plan.channel,)
    pulses = tuple(_pulses(typed, arguments, channels, resonances))
    pools = tuple(
        experiment_cautions.pool_in(planned[0], name=name, t1=t1)
        for name, t1 in experiment_inputs.pools_of(arguments)
    )
    rigid = _rigid(arguments, crystal, channels)
    spreads = {
        name: experiment_inputs.shift_spread_of(typed, one) for name, one in resonances.items()
    }
    cautions = list(_cautions_of_plan(plan))
    for one in planned:
        name = one.channel.nucleus
        pulse = next((pulse for pulse in pulses if pulse.nucleus == name), None)
        cautions += experiment_cautions.cautions_of_channel(
            one, pulse=pulse, shift_spread=spreads[name]
        )
    cautions += experiment_cautions.cautions_of_pools(pools, planned[0])
    if rigid is not None:
        cautions += experiment_cautions.caution_of_rigid(
            rigid.name, left=rigid.left_after_dead_time, dead_time=rigid.dead_time
        )
    cautions += [
        Caution(status=status, sentence=sentence)
        for one in comparisons
        for status, sentence in zip(one.statuses, one.sentences, strict=False)
    ]
    return Experiment(
        quantity=arguments.quantity,
        resonances=tuple(resonances.values()),
        crystal=crystal,
        volume=volume,
        comparisons=comparisons,
        plan=plan,
        pulses=pulses,
        pools=pools,
        rigid=rigid,
        cautions=tuple(cautions),
    )


def _names(arguments: argparse.Namespace) -> list[str]:
    names = list(dict.fromkeys(arguments.nucleus))
    needed = _COUNTS[arguments.quantity]
    if len(names) == needed:
        return names
    if len(names) < needed:
        msg = (
            "Found one nucleus for a content; it is a ratio of two. Give --nucleus twice, the one "
            "that is counted first."
        )
        raise MissingInput(msg, argument="--nucleus")
    msg = (
        f"Found {len(names)} nuclei for {arguments.quantity}, which is of {needed}. Plan each "
        "alone."
    )
    raise UnusableInput(msg)


def _plan(arguments: argparse.Namespace, channels: list[PlannedChannel]) -> AmplitudePlan | T1Plan:
    error = units.parse(arguments.error, unit="1", name="--error")
    if arguments.quantity != "t1":
        return plan_amplitude(
            channels, error=error, by=arguments.by, common=experiment_inputs.common_of(arguments)
        )
    if arguments.common:
        msg = (
            "Found --common for a T1; what is common to its steps scales them alike and leaves it "
            "as it is. Leave --common out."
        )
        raise UnusableInput(msg)
    if arguments.shortest_delay is None:
        msg = (
            "Found no --shortest-delay; where a recovery starts hangs on it. Give the time from "
            "the comb to the pulse that can be set, such as --shortest-delay '20 us'."
        )
        raise MissingInput(msg, argument="--shortest-delay")
    return plan_t1(
        channels[0],
        error=error,
        steps=arguments.steps,
        shortest_delay=units.parse(arguments.shortest_delay, unit="s", name="--shortest-delay"),
        by=arguments.by,
    )


def _pulses(
    typed: Typed,
    arguments: argparse.Namespace,
    channels: list[PlannedChannel],
    resonances: dict[str, Resonance],
) -> Iterator[PulsePlan]:
    for one in channels:
        pulse = experiment_limits.pulse_of(typed, arguments, one.nucleus)
        if pulse is not None:
            calibration, shape = pulse
            yield pulse_plan(
                of=resonances[one.nucleus],
                shape=shape,
                pulse_90=calibration.pulse_90,
                power=calibration.power,
                fwhm=one.line.fwhm,
            )


def _rigid(
    arguments: argparse.Namespace, crystal: Crystal | None, channels: list[PlannedChannel]
) -> RigidStructure | None:
    protons = [one for one in channels if one.nucleus == "1H"]
    if crystal is None or not protons or "H" not in crystal.composition:
        return None
    dead_time = protons[0].scan.dead_time
    return rigid_structure(crystal, length_error=0.0, dead_time=dead_time, seed=arguments.seed)


def _line_of(found: Experiment, seed: int | None) -> RigidLine | None:
    """Rigid line for the figure; none of partly empty sites that nobody drew."""
    if found.crystal is None or found.rigid is None:
        return None
    if found.rigid.half_time_source != "many spins":
        return None
    return rigid_line_many_spin(found.crystal, partners=8, orientations=32, seed=seed)


def _cautions_of_plan(plan: AmplitudePlan | T1Plan) -> Iterator[Caution]:
    if isinstance(plan, AmplitudePlan):
        return experiment_cautions.cautions_of_amplitude(plan)
    return experiment_cautions.cautions_of_t1(plan)

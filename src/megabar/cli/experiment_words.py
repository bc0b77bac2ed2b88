"""A planned experiment for people: the answer first, then where it comes from."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from megabar.cli import nature, terminal
from megabar.observables.experiment_channels import PHASE_CYCLES
from megabar.observables.experiment_plan import AmplitudePlan
from megabar.observables.experiment_pulses import turned
from megabar.spins.pressure_cells import PUBLISHED_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from megabar.cli.experiment import Experiment
    from megabar.observables.experiment_channels import ChannelPlan
    from megabar.observables.experiment_plan import T1Plan
    from megabar.observables.sensitivity import Comparison, Limit
    from megabar.spins.pressure_cells import PublishedLimit

_NAMES: Final = {"h-per-metal": "content", "t1": "T1", "amplitude": "amplitude"}


def words_of(found: Experiment) -> Iterator[terminal.Piece]:
    """Say what was planned.

    Parameters
    ----------
    found
        The plan.

    Yields
    ------
    :
        Lines and tables.
    """
    if found.crystal is not None:
        yield from nature.structure_words(found.crystal)
    yield terminal.Line("sample", "; ".join(_sample(found)))
    yield ""
    yield terminal.Line("PLAN", _headline(found))
    yield from (terminal.Line("caution", f"{one.status}: {one.sentence}") for one in found.cautions)
    yield ""
    yield _limit_table(found.comparisons)
    yield _channel_table(found.channels)
    if isinstance(found.plan, AmplitudePlan):
        yield _share_table(found.plan)
    else:
        yield from _t1_words(found.plan)
    if found.pulses:
        yield _pulse_table(found)
    yield terminal.Line("dead time", "; ".join(_dead_time(found)))
    for pool in found.pools:
        yield terminal.Line(
            "pool", f"{pool.name}, T1 {pool.t1:.3g} s: {pool.signal:.3g} of its signal is seen"
        )


def _sample(found: Experiment) -> Iterator[str]:
    if found.volume is not None:
        yield f"{found.volume * 1e15:.3g} pl"
    for one, larmor in zip(found.channels, found.resonances, strict=True):
        yield f"{one.channel.atoms:.3g} atoms for {larmor.nucleus}"
        yield f"{larmor.nucleus} at {larmor.larmor_frequency / 1e6:.5g} MHz"
    yield f"{found.resonances[0].field:.4g} T"


def _headline(found: Experiment) -> str:
    wanted = f"{_NAMES[found.quantity]} to {100 * found.plan.error:.3g} %"
    if not isinstance(found.plan, AmplitudePlan):
        plan = found.plan
        return (
            f"{wanted}: {plan.scans:,} scans at each of {len(plan.delays.delays)} delays, "
            f"{_duration(plan.hours)}"
        )
    if not found.plan.reachable:
        return f"{wanted}: not reachable at any number of scans"
    parts = ", ".join(
        f"{count:,} scans of {one.channel.nucleus} ({_duration(hours)})"
        for count, one, hours in zip(
            found.plan.scans, found.plan.channels, found.plan.hours, strict=True
        )
    )
    together = f"; {_duration(sum(found.plan.hours))} in all" if len(found.channels) > 1 else ""
    return f"{wanted}: {parts}{together}"


def _duration(hours: float) -> str:
    if not isfinite(hours):
        return "never"
    for unit, length in (("days", 24.0), ("h", 1.0), ("min", 1 / 60)):
        if hours >= 2 * length:
            return f"{hours / length:.3g} {unit}"
    return f"{3600 * hours:.3g} s"


def _limit_table(comparisons: Sequence[Comparison]) -> terminal.Table:
    rows = []
    for one in comparisons:
        first = one.limits[0]
        for place, limit in enumerate(one.limits):
            rows.append(
                (
                    limit.nucleus,
                    limit.route,
                    _with_error(limit),
                    "planned with" if place == 0 else f"x {limit.value / first.value:.3g}",
                    "1" if place == 0 else f"{(limit.value / first.value) ** 2:.3g}",
                    limit.source,
                )
            )
    published = "; ".join(f"{one.coil} {_range(one)}" for one in PUBLISHED_LIMITS)
    return terminal.Table(
        title=f"limit of detection, atoms per root hertz; 1H published: {published}",
        columns=("nucleus", "route", "limit", "over the first", "times the hours", "from"),
        rows=tuple(rows),
    )


def _with_error(limit: Limit) -> str:
    known = f" +- {limit.relative_std:.0%}" if limit.relative_std > 0 else ""
    return f"{limit.value:.3g}{known}"


def _range(one: PublishedLimit) -> str:
    low = f"{one.lowest:.0e}"
    return low if one.highest == one.lowest else f"{low} to {one.highest:.0e}"


def _channel_table(channels: Sequence[ChannelPlan]) -> terminal.Table:
    rows = []
    for one in channels:
        scan = one.channel.scan
        rows.append(
            (
                one.channel.nucleus,
                f"{scan.sequence}, {PHASE_CYCLES[scan.sequence]} phases",
                turned(one.repetition.flip_angle),
                f"{one.repetition.time * 1e3:.4g} ms",
                f"{one.points} x {scan.dwell * 1e6:.3g} us",
                f"{one.factors[0].value:.3f}",
                f"{one.snr:.3g}",
                f"{one.relative_std:.3g}",
            )
        )
    return terminal.Table(
        title="one scan",
        columns=(
            "nucleus", "sequence", "pulse", "repeated", "record", "steady state",
            "amplitude/noise", "error of amplitude",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _share_table(plan: AmplitudePlan) -> terminal.Table:
    rows = []
    if plan.reachable:
        for one, count, hours, promised in zip(
            plan.channels, plan.scans, plan.hours, plan.promised, strict=True
        ):
            name = f"{one.channel.nucleus} noise"
            rows.append((name, f"{promised:.2%}", f"{count:,} scans", _duration(hours)))
    rows += [(name, f"{value:.2%}", "no scan lowers it", "") for name, value in plan.common]
    rows.append(("all that is common", f"{plan.common_std:.2%}", "", ""))
    return terminal.Table(
        title=f"what the error of {plan.error:.2%} is made of",
        columns=("source", "error", "scans", "time"),
        rows=tuple(rows),
    )


def _t1_words(plan: T1Plan) -> Iterator[terminal.Piece]:
    for name, delays in (("delays", plan.delays), ("cheapest", plan.cheapest)):
        listed = ", ".join(f"{value * 1e3:.3g}" for value in delays.delays)
        hours = plan.hours * delays.cost / plan.delays.cost
        why = (
            "spread out, so that the law can be tested"
            if name == "delays"
            else "if the recovery is exponential for sure"
        )
        yield terminal.Line(name, f"{listed} ms: {_duration(hours)}; {why}")


def _pulse_table(found: Experiment) -> terminal.Table:
    return terminal.Table(
        title="pulse of 90 degrees",
        columns=(
            "nucleus", "shape", "length", "power", "B1 peak", "band (95 %)", "of the line",
            "99 % of it up to", "which takes", "mean power",
        ),
        rows=tuple(
            (
                one.nucleus,
                one.shape.split(",")[0],
                f"{one.length * 1e6:.3g} us",
                f"{one.power:.3g} W",
                f"{one.peak_field * 1e3:.3g} mT",
                f"{one.band / 1e3:.3g} kHz",
                f"{one.excited:.3f}",
                f"{one.longest * 1e6:.3g} us",
                f"{one.longest_power:.2g} W",
                f"{found.mean_power(one) * 1e3:.2g} mW",
            )
            for one in found.pulses
        ),
    )  # fmt: skip


def _dead_time(found: Experiment) -> Iterator[str]:
    for one in found.channels:
        wait = f"{one.channel.scan.dead_time * 1e6:.3g} us"
        if one.channel.scan.first_point == 0:
            yield f"{one.channel.nucleus} is read from its echo on; {wait} hide nothing of it"
        else:
            yield (
                f"{one.channel.nucleus} keeps {one.left_after_dead_time:.3g} after {wait}, which "
                f"costs {one.dead_time_cost:.3g} times the time"
            )
    if found.rigid is not None:
        yield (
            f"rigid hydrogen of {found.rigid.name} keeps {found.rigid.left_after_dead_time:.2f} "
            f"({found.rigid.half_time_source})"
        )

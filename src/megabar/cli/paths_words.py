"""A trajectory for people: what was read, then part by part numbers with their verdicts."""

from __future__ import annotations

from math import isfinite, pi, sqrt
from typing import TYPE_CHECKING, Any, Final

from megabar.cli import terminal
from megabar.report.numbers import format_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from megabar.motion.trajectories import Estimate, HopClass
    from megabar.observables.trajectory_answers import (
        DirectRates,
        Hopping,
        HopRoute,
        Part,
        TrajectoryMobility,
        WalkOfHops,
    )

_CM2: Final = 1e4
_PS: Final = 1e12
_ANGSTROM: Final = 1e10
_PER_PS: Final = 1e-12
_GAUSSIAN: Final = 2.3548200450309493  # full width at half maximum over standard deviation
_NOTHING: Final = "-"


def words_of(found: TrajectoryMobility, *, structure: str | None) -> Iterator[terminal.Piece]:
    """Say what was found.

    Parameters
    ----------
    found
        The analysis.
    structure
        Name of the crystal whose sites were taken, if any.

    Yields
    ------
    :
        Lines and tables.
    """
    yield terminal.Line("trajectory", _what(found))
    yield terminal.Line("paths", _steps(found))
    yield ""
    yield _diffusivity_table(found)
    if found.hopping is not None:
        yield from _hopping_pieces(found, found.hopping, structure)
    if found.larmor_frequency.size:
        yield from _rate_pieces(found)
    yield from (
        terminal.Line(name if not place else "", f"{words}.")
        for place, (name, words) in enumerate(_open(found))
    )
    yield from (terminal.Line("note", sentence) for sentence in found.messages)
    yield terminal.Line("assumed", " ".join(found.assumptions))


def _what(found: TrajectoryMobility) -> str:
    interval = f"{found.frame_interval * 1e15:.4g} fs"
    return (
        f"{found.source}: {found.frames} frames, {interval} apart, {found.duration * _PS:.4g} ps; "
        f"{terminal.plural(found.atoms, 'atom')} of {found.mobile} move"
    )


def _steps(found: TrajectoryMobility) -> str:
    host = f"relative to {' and '.join(found.framework)}" if found.framework else "of the box"
    largest = f"largest step {found.step_ratio:.2f} of what could be mistaken"
    said = found.parts["paths"].reason
    return f"{host}; {largest}{f'; {said}' if said else ''}"


def _open(found: TrajectoryMobility) -> Iterator[tuple[str, str]]:
    for name, part in found.parts.items():
        if part.quality != "value":
            yield "open", f"{name}: {part.quality}: {part.reason.rstrip('.')}"


def _diffusivity_table(found: TrajectoryMobility) -> terminal.Table:
    moved = found.displacements
    rows: list[tuple[str, ...]] = []
    fitted = (
        ("D tracer", moved.diffusivity, found.parts["tracer"]),
        ("D collective", moved.collective_diffusivity, found.parts["collective"]),
    )
    for name, estimate, part in fitted:
        if estimate is not None:
            lags = f"lags {estimate.lags[0] * _PS:.3g} to {estimate.lags[-1] * _PS:.3g} ps"
            rows.append((name, _judged(estimate, part), part.quality, lags))
        else:
            rows.append((name, _NOTHING, part.quality, _NOTHING))
    if moved.haven_ratio is not None:
        ratio = format_value(moved.haven_ratio.value, moved.haven_ratio.std, "")
        rows.append(("Haven ratio", ratio, "", "tracer over collective"))
    if found.walk is not None:
        rows += _walk_rows(found.walk, found.parts["walk"])
    return terminal.Table(
        title="how fast: D in cm2/s",
        columns=("quantity", "value", "quality", "from"),
        rows=tuple(rows),
    )


def _judged(estimate: Estimate, part: Part) -> str:
    """Give the number with its error; what is no value keeps it behind a sign or in brackets."""
    plain = _cm2(estimate)
    if part.quality == "value":
        return plain
    return f"≤ {plain}" if part.quality == "upper bound" else f"[{plain}]"


def _cm2(estimate: Estimate) -> str:
    return format_value(_CM2 * estimate.value, _CM2 * estimate.std, "")


def _walk_rows(walk: WalkOfHops, part: Part) -> Iterator[tuple[str, ...]]:
    count = len(walk.tracer.values)
    yield (
        "D tracer, corrected",
        _cm2(walk.corrected),
        part.quality,
        f"bias and error of its lags from {count} walks on the network of hops (model)",
    )
    yield (
        "D tracer of the hops",
        _cm2(walk.tracer.endless),
        part.quality,
        f"walks at endless lags; {walk.deviation:+.1f} standard errors between the two",
    )
    if walk.collective is not None:
        yield (
            "D collective of the hops",
            f"{_CM2 * walk.collective.endless.value:.3e}",
            part.quality,
            "exact for this network",
        )


def _hopping_pieces(
    found: TrajectoryMobility, hopping: Hopping, structure: str | None
) -> Iterator[terminal.Piece]:
    statistics, scan = hopping.statistics, hopping.scan
    yield terminal.Line(
        "sites",
        f"{statistics.sites} of {structure}, {hopping.box.cells} primitive cells, "
        f"{statistics.vacancy_fraction:.2%} empty; framework {hopping.box.misfit * _ANGSTROM:.3f} "
        "A from its places; atoms per site: "
        + ", ".join(f"{kind} {share:.3f}" for kind, share in statistics.occupancies.items()),
    )
    yield terminal.Line("vibration", f"{hopping.vibration * _ANGSTROM:.3f} A rms along each axis")
    yield terminal.Line(
        "core radius",
        f"{scan.radius * _ANGSTROM:.3f} A; hops change by {scan.change:.1%} between 0.85 and 1.15 "
        f"of it; {hopping.history.in_core:.1%} of atoms and frames inside a core, "
        f"{hopping.history.double_occupancy:.2%} two on a site",
    )
    yield terminal.Line(
        "hops",
        f"{statistics.count}, {statistics.hops_per_atom:.3g} per atom; "
        f"{statistics.return_fraction:.1%} undo the one before, {statistics.unlisted_fraction:.1%} "
        f"over distances not listed, about {max(hopping.missed, 0):.1%} missed between frames",
    )
    yield terminal.Table(
        title="rates of one atom into one empty site; intervals hold 68.27 %, of counting alone",
        columns=("hop", "distance (A)", "hops", "exposure (ps)", "rate (1/ps)", "interval"),
        rows=tuple(map(_class_row, statistics.classes)),
    )
    if found.hop_rates:
        rates = (
            f"{' and '.join(dict.fromkeys(one.kinds))} over {one.distance * _ANGSTROM:.3f} A: "
            f"{format_value(_PER_PS * one.rate, _PER_PS * one.std, '')}"
            for one in found.hop_rates
            if one.rate > 0
        )
        yield terminal.Line("rates", f"in 1/ps, freed of missed hops: {'; '.join(rates)}")


def _class_row(one: HopClass) -> tuple[str, ...]:
    low, high = (_PER_PS * end for end in one.interval)
    return (
        f"{one.kinds[0]} to {one.kinds[1]}",
        f"{one.distance * _ANGSTROM:.4f}",
        str(one.count),
        f"{one.exposure * _PS:.4g}",
        f"{one.rate * _PER_PS:.4g}" if one.count else _NOTHING,
        f"{low:.4g} to {high:.4g}" if one.count else f"below {high:.3g}",
    )


def _rate_pieces(found: TrajectoryMobility) -> Iterator[terminal.Piece]:
    moment = found.second_moment
    if moment is not None:
        width = _GAUSSIAN * sqrt(moment.value) / (2 * pi)
        rest = (
            f"; atoms at rest on their sites: {moment.of_sites:.3e}"
            if isfinite(moment.of_sites)
            else ""
        )
        yield terminal.Line(
            "rigid line",
            f"second moment {format_value(moment.value, moment.std, 'rad2 s-2')} of like spins, "
            f"vibrations averaged, Gaussian width {width / 1e3:.0f} kHz{rest}; "
            f"of single frames: {moment.instantaneous:.3e}",
        )
    if found.rates is not None:
        yield _rate_table(found, found.rates)
    if found.route is not None:
        yield _route_table(found, found.route)


def _rate_table(found: TrajectoryMobility, rates: DirectRates) -> terminal.Table:
    total, std, quality = rates.total, rates.total_std, found.parts["rates"].quality
    sign, reverse = {"lower bound": ("≥ ", "≤ ")}.get(quality, ("", ""))
    rows = []
    for place, frequency in enumerate(found.larmor_frequency):
        words = [_NOTHING] * 5
        if quality in ("value", "lower bound"):
            r1, r2 = total.r1[place], total.r2[place]
            words = [
                sign + format_value(r1, std.r1[place], ""),
                sign + format_value(r2, std.r2[place], ""),
                f"{reverse}{1e3 / r1:.3g}",
                f"{reverse}{1e3 / r2:.3g}",
                ", ".join(f"{name} {rates.of(name).r1[place] / r1:.1%}" for name in rates.unlike),
            ]
        rows.append((f"{frequency / 1e6:.4g}", *words, quality))
    return terminal.Table(
        title="what NMR sees, directly from the frames: rates in 1/s, times in ms",
        columns=("1H (MHz)", "R1", "R2", "T1", "T2", "of R1 by", "quality"),
        rows=tuple(rows),
    )


def _route_table(found: TrajectoryMobility, route: HopRoute) -> terminal.Table:
    relaxation, quality = route.relaxation, found.parts["route"].quality
    rows = []
    for place, frequency in enumerate(relaxation.larmor_frequency):
        words = [_NOTHING] * 4
        if quality == "value":
            r1, r2 = relaxation.r1[place], relaxation.r2[place]
            words = [
                format_value(r1, _half(relaxation.r1_interval[:, place]), ""),
                format_value(r2, _half(relaxation.r2_interval[:, place]), ""),
                f"{1e3 / r1:.3g}",
                f"{1e3 / r2:.3g}",
            ]
        rows.append((f"{frequency / 1e6:.4g}", *words, quality))
    diffusivity = format_value(
        _CM2 * relaxation.diffusivity, _CM2 * _half(relaxation.diffusivity_interval), ""
    )
    return terminal.Table(
        title=f"by way of the hops, in an endless crystal: D = {diffusivity} cm2/s",
        columns=("1H (MHz)", "R1", "R2", "T1", "T2", "quality"),
        rows=tuple(rows),
    )


def _half(interval: Any) -> float:
    """Half the width of an interval at 68 %."""
    return float(interval[1] - interval[0]) / 2

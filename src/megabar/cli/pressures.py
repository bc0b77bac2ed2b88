"""Verb pressure: from a Raman or fluorescence spectrum of a gauge to GPa on a named scale."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from megabar.cli import choices, nature, pressures_words, terminal
from megabar.cli.pressures_readings import GAUGES, Reading, readings_of
from megabar.errors import MegabarError, MissingInput, UnusableInput
from megabar.matter import gauges
from megabar.observables.pressure_logs import judged_log

if TYPE_CHECKING:
    import argparse

    from megabar.observables.pressure_logs import LogEntry

_LOG: Final = 2  # readings that make a log


def add_pressure_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``pressure``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "files", metavar="FILE", type=Path, nargs="*", help="spectra of one gauge; several: a log"
    )
    parser.add_argument("--gauge", choices=tuple(GAUGES), help="what the spectrum is of")
    parser.add_argument(
        "--scale", metavar="NAME", help="pressure scale; --list-scales shows them, none is taken "
        "unasked",
    )  # fmt: skip
    parser.add_argument("--list-scales", action="store_true", help="show all scales and leave")
    parser.add_argument(
        "--convert", metavar=("P", "FROM", "TO"), nargs=3,
        help="a pressure in GPa from one scale to another, and leave",
    )  # fmt: skip
    parser.add_argument("--value", metavar="X", type=float, help="edge (cm-1) or line (nm) as read")
    parser.add_argument("--error", metavar="X", type=float, help="standard error of --value")
    _add_circumstances(parser)
    parser.add_argument(
        "--figure", metavar="FILE", type=Path, help=f"draw into {', '.join(nature.FIGURE_SUFFIXES)}"
    )
    choices.add_options(parser)


def _add_circumstances(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("circumstances")
    group.add_argument("--temperature", metavar="T", help="of the gauge, such as '296 K'")
    group.add_argument("--position", metavar="WORDS", default="not said", help="on the anvil")
    group.add_argument(
        "--origin", metavar="X", type=float,
        help="edge or line at zero pressure of this spectrometer; that of the scale if absent",
    )  # fmt: skip
    group.add_argument(
        "--range", metavar=("LOW", "HIGH"), type=float, nargs=2, dest="window",
        help="where the edge or the lines are looked for, in cm-1 or nm",
    )  # fmt: skip
    group.add_argument(
        "--axis-correction", metavar=("X", "ERROR"), type=float, nargs=2,
        help="reading minus truth of a known line, in cm-1 or nm",
    )  # fmt: skip
    group.add_argument(
        "--calibration", metavar="FILE", type=Path, help="spectrum of a known line, instead"
    )
    group.add_argument(
        "--calibration-line", metavar="X", type=float,
        help="where that line is, in cm-1: silicon at 520.5, or a neon line below your laser",
    )  # fmt: skip
    group.add_argument(
        "--load-change", metavar="DATE", action="append", default=[],
        help="when somebody changed the load, ISO 8601; may be repeated",
    )  # fmt: skip


def pressure(arguments: argparse.Namespace) -> terminal.Answer:
    """Say what pressure a gauge shows, on which scale, with its errors apart.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        The reading or the log; exit code 11 where a reading is doubted, failed, or lies outside
        its scale.
    """
    nature.check_figure(arguments.figure)
    if arguments.list_scales:
        return _scales()
    if arguments.convert:
        return _conversion(*arguments.convert)
    if not arguments.scale:
        raise _missing_scale(arguments.gauge)
    try:
        found, failed, axis = readings_of(arguments, choices.taken(arguments))
        log, unjudged = _log(found, arguments.load_change)
    except MegabarError:
        raise
    except ValueError as failure:  # of the physics
        raise UnusableInput(str(failure)) from failure
    doubts = {id(entry.reading): entry.doubt for entry in log}
    rows = [one.facts(doubts.get(id(one.reading), "")) for one in found]
    facts: dict[str, Any] = {
        "gauge": GAUGES[arguments.gauge].kind,
        "scale": arguments.scale,
        "axis": axis.facts,
        "readings": rows,
        "failed": failed,
        "log_judged": bool(log),
        "warnings": [*axis.warnings, *unjudged],
        "figure": None if arguments.figure is None else str(arguments.figure),
    }
    if arguments.figure is not None:
        _draw(arguments.figure, found, doubts)
    sure = not failed and not any(row["doubt"] or row["extrapolated"] for row in rows)
    return terminal.Answer(
        verb="pressure",
        facts=facts,
        text=tuple(pressures_words.words_of(facts)),
        exit_code=terminal.OK if sure else terminal.LOW_CONFIDENCE,
    )


def _missing_scale(gauge: str | None) -> MissingInput:
    wanted = [
        name
        for word, one in GAUGES.items()
        for name in one.recommended
        if gauge is None or word == gauge
    ]
    return MissingInput(
        "Found no --scale; two scales of one edge differ by 5 GPa at 170 GPa, so none is taken "
        f"unasked. Recommended: {', '.join(wanted)}; --list-scales shows all.",
        argument="--scale",
        candidates=wanted,
    )


def _log(found: list[Reading], changes: list[str]) -> tuple[tuple[LogEntry, ...], tuple[str, ...]]:
    """Judge several readings as a log, or say why that cannot be done."""
    if len(found) < _LOG:
        return (), ()
    undated = [one.name for one in found if one.reading.started_at is None]
    if undated:
        words = (
            f"No time is known of {', '.join(undated)}: nobody can tell which readings belong to "
            "one load, so none was doubted."
        )
        return (), (words,)
    import numpy as np

    try:
        dates = [np.datetime64(text) for text in changes]
    except ValueError as failure:
        msg = f"Found --load-change {', '.join(changes)}; ISO dates are needed, as 2026-01-31."
        raise UnusableInput(msg) from failure
    return judged_log([one.reading for one in found], load_changes=dates), ()


def _draw(path: Path, found: list[Reading], doubts: dict[int, str]) -> None:
    from megabar.report import figures, pressure_figures

    readings = [one.reading for one in found]
    if len(found) == 1:
        figure = pressure_figures.reading(found[0].reading, spectrum=found[0].spectrum)
    else:
        figure = pressure_figures.log(readings, [doubts.get(id(one), "") for one in readings])
    figures.write(figure, path)


def _scales() -> terminal.Answer:
    recommended = {name for one in GAUGES.values() for name in one.recommended}
    rows = [
        {
            "name": one.name,
            "kind": one.kind,
            "formula": gauges.FORMULAS[one.form],
            "coefficients": list(one.coefficients),
            "origin": one.origin,
            "unit": one.unit,
            "range": list(one.range),
            "status": one.status,
            "source": one.source,
            "note": one.note,
            "recommended": one.name in recommended,
        }
        for one in gauges.scales().values()
    ]
    return terminal.Answer(
        verb="pressure", facts={"scales": rows}, text=tuple(pressures_words.scale_words(rows))
    )


def _conversion(number: str, given: str, wanted: str) -> terminal.Answer:
    try:
        before = 1e9 * float(number)
    except ValueError as failure:
        msg = f"Found --convert {number}; a number in GPa is needed, such as 170."
        raise UnusableInput(msg) from failure
    old = gauges.scale(given)
    try:
        after = gauges.convert(pressure=before, given=given, wanted=wanted)
        observed = gauges.observed_from_pressure(scale=given, pressure=before)
    except MegabarError:
        raise
    except ValueError as failure:
        raise UnusableInput(str(failure)) from failure
    facts = {
        "pressure": before,
        "from": given,
        "to": wanted,
        "kind": old.kind,
        "observed": observed,
        "unit": old.unit,
        "converted": after,
    }
    return terminal.Answer(
        verb="pressure", facts=facts, text=tuple(pressures_words.conversion_words(facts))
    )

"""Verb tc: from resistance over temperature to critical temperatures with a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from megabar.cli import choices, nature, terminal, transitions_words
from megabar.cli.transitions_answers import (
    Measured,
    answers_of,
    facts_of,
    lags_of,
    upper_critical_fields,
)
from megabar.cli.transitions_paths import path_of
from megabar.errors import MegabarError, UnusableInput
from megabar.observables.normal_states import CHOSEN, CONSTANT, MODELS
from megabar.observables.upper_critical_fields import FORMS
from megabar.superconductivity import anchors

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_SURE: Final = "transition"


def add_tc_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``tc``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="resistance over temperature"
    )
    parser.add_argument(
        "--window", metavar=("LOW", "HIGH"), type=float, nargs=2, action="append",
        help="temperatures in K above the transition that hold the normal state, found if absent; "
        "repeated, one for each file in their order",
    )  # fmt: skip
    parser.add_argument(
        "--model", choices=(CHOSEN, *MODELS, CONSTANT), default=CHOSEN,
        help="form of the normal state; chosen: straight unless a curved form is decidedly better",
    )  # fmt: skip
    parser.add_argument(
        "--thermometer", metavar="NAME",
        help="count the temperature that is mapped as temperature_NAME; the first if absent",
    )  # fmt: skip
    parser.add_argument(
        "--offset", metavar="FILE", type=Path, nargs="+",
        help="run without the sample to take off, one for all files or for each, in their order",
    )  # fmt: skip
    parser.add_argument(
        "--ramp", metavar="N", type=int, help="only this ramp of each file, from 0; all if absent"
    )
    parser.add_argument(
        "--fields", metavar="B", nargs="+", type=float,
        help="magnetic field of each file in T, in their order, where the files do not say",
    )  # fmt: skip
    parser.add_argument(
        "--upper-critical-field", metavar="FORM", choices=tuple(FORMS), dest="form",
        help=f"fit Hc2(T) to the midpoints at several fields: {', '.join(FORMS)}",
    )  # fmt: skip
    parser.add_argument(
        "--anchors", metavar="NAME", nargs="*", choices=tuple(sorted(anchors.table())),
        help="say which grains the broadening allows; with two or more anchors of Tc, which "
        f"contents: {', '.join(sorted(anchors.table()))}",
    )  # fmt: skip
    parser.add_argument(
        "--across-phases", action="store_true",
        help="let the line of --anchors go from one structure to another, which nobody measured",
    )  # fmt: skip
    parser.add_argument(
        "--figure", metavar="FILE", type=Path, help=f"draw into {', '.join(nature.FIGURE_SUFFIXES)}"
    )
    choices.add_options(parser)


def tc(arguments: argparse.Namespace) -> terminal.Answer:
    """Say where resistance goes, ramp by ramp, and whether that is a transition.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Critical temperatures with verdicts; exit code 11 where one is no complete transition.
    """
    nature.check_figure(arguments.figure)
    for name, given in (("offset", arguments.offset), ("window", arguments.window)):
        _refuse_count(name, given, arguments.files, one_for_all=True)
    _refuse_count("fields", arguments.fields, arguments.files, one_for_all=False)
    try:
        found = answers_of(arguments, choices.taken(arguments))
        fit = upper_critical_fields(found, form=arguments.form) if arguments.form else None
        paths = [_path(one, arguments) for one in found]
    except MegabarError:
        raise
    except ValueError as failure:  # of the physics
        raise UnusableInput(str(failure)) from failure
    facts: dict[str, Any] = {
        "answers": [
            {**facts_of(one), "path": path} for one, path in zip(found, paths, strict=True)
        ],
        "lags": lags_of(found),
        "upper_critical_field": fit,
        "retracted": any(one.retracted for one in found),
        "figure": None if arguments.figure is None else str(arguments.figure),
    }
    if arguments.figure is not None:
        _draw(arguments.figure, found)
    sure = all(one.verdict == _SURE for one in found)
    return terminal.Answer(
        verb="tc",
        facts=facts,
        text=tuple(transitions_words.words_of(facts)),
        exit_code=terminal.OK if sure else terminal.LOW_CONFIDENCE,
    )


def _path(one: Measured, arguments: argparse.Namespace) -> dict[str, Any] | None:
    if arguments.anchors is None:
        return None
    return path_of(one.curve, arguments.anchors, across_phases=arguments.across_phases)


def _refuse_count(
    name: str, given: Sequence[object] | None, files: Sequence[Path], *, one_for_all: bool
) -> None:
    """Refuse what comes neither once for each file nor, where that means something, once."""
    if given is None or len(given) == len(files) or (one_for_all and len(given) == 1):
        return
    remedy = "Give one for each, in their order" + (", or one for all." if one_for_all else ".")
    msg = f"Found {len(given)} --{name} for {len(files)} files. {remedy}"
    raise UnusableInput(msg)


def _draw(path: Path, found: list[Measured]) -> None:
    from megabar.report import figures, transition_figures

    drawn = {one.name: one.curve for one in found if one.curve is not None}
    retracted = any(one.retracted for one in found)
    if not drawn:
        msg = "Found no curve with a normal state; there is nothing to draw. Leave --figure out."
        raise UnusableInput(msg)
    if len(drawn) == 1:
        figure = transition_figures.one_ramp(next(iter(drawn.values())), retracted=retracted)
    else:
        figure = transition_figures.many_ramps(drawn, retracted=retracted)
    figures.write(figure, path)

"""Verb release: from the plan of a cell to where its hydrogen goes, and what would change that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from megabar.cli import nature, terminal
from megabar.errors import MegabarError, UnusableInput

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from megabar.cli.release_runs import Run

_LEVELS: Final = ("chosen", "ODE0", "ODE1", "PDE")
_SOLVERS: Final = ("chosen", "rodas", "cvode", "scipy")
_EXCESS: Final = "excess-hydrogen"


def add_release_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``release``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument("plan", metavar="PLAN", type=Path, help="release.toml of a cell")
    parser.add_argument(
        "--vary", metavar="KEY=VALUE,...", action="append", default=[],
        help="run it again with an entry changed: 'grains.radius=2 um,5 um'; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--at", metavar="T", action="append", default=[],
        help="run it again at another temperature, such as '250 K'; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--without", metavar="LAYER", action="append", default=[],
        help="run it again without a layer or a stack; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--thickness", metavar="LAYER=D,...", action="append", default=[],
        help="run it again with another thickness: 'alumina=50 nm,1 um'; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--find", choices=(_EXCESS,), help="how much free hydrogen halts the loss, if any does"
    )
    parser.add_argument(
        "--keep", metavar="X", type=float,
        help="with --find: how much keeps this content (H per metal) to the end",
    )  # fmt: skip
    parser.add_argument(
        "--below", metavar="X", type=float, action="append", default=[],
        help="say on which day the content falls to X; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--level", choices=_LEVELS, default=_LEVELS[0],
        help="how much of the space inside grains is kept; chosen: by their numbers",
    )  # fmt: skip
    parser.add_argument("--solver", choices=_SOLVERS, default=_SOLVERS[0], help="engine")
    parser.add_argument("-o", "--out", metavar="FOLDER", type=Path, help="write tables as CSV")
    parser.add_argument(
        "--figure", metavar="FILE", type=Path, help=f"draw into {', '.join(nature.FIGURE_SUFFIXES)}"
    )


def release(arguments: argparse.Namespace) -> terminal.Answer:
    """Say where the hydrogen of a planned cell goes.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Contents and inventories, variants, excess; exit code 11 where the plan holds unknowns.
    """
    nature.check_figure(arguments.figure)
    if arguments.keep is not None and arguments.find is None:
        msg = f"Found --keep {arguments.keep:g} alone; nothing is sought. Add --find {_EXCESS}."
        raise UnusableInput(msg)
    try:
        runs, excess = _runs(arguments)
    except MegabarError:
        raise
    except ValueError as failure:  # of the physics
        raise UnusableInput(str(failure)) from failure
    from megabar.cli.release_facts import facts_of, write_tables
    from megabar.cli.release_words import words_of

    facts = facts_of(runs, arguments, excess)
    if arguments.out is not None:
        facts["written"] = write_tables(runs, arguments.out)
    if arguments.figure is not None:
        _draw(arguments.figure, runs)
    return terminal.Answer(
        verb="release",
        facts=facts,
        text=tuple(words_of(facts)),
        exit_code=terminal.LOW_CONFIDENCE if facts["unknowns"] else terminal.OK,
    )


def _runs(arguments: argparse.Namespace) -> tuple[list[Run], dict[str, Any] | None]:
    """Run the plan and its variants; the first is the plan itself."""
    from megabar.cli import release_runs

    plan = release_runs.Variant(name=release_runs.AS_PLANNED, changes={}, kind="plan")
    with terminal.progress_bar(quiet=arguments.json) as advance:
        advance("a first call compiles for 20 s", 0, 1)
        runs = [release_runs.run(arguments.plan, plan, arguments)]
        variants = release_runs.variants_of(runs[0].plan, arguments)
        for done, variant in enumerate(variants, start=1):
            advance(variant.name, done, len(variants) + 1)
            runs.append(release_runs.run(arguments.plan, variant, arguments))
        excess = None
        if arguments.find is not None:
            excess = release_runs.excess_of(arguments.plan, runs[0], arguments, advance)
    return runs, excess


def _draw(path: Path, runs: Sequence[Run]) -> None:
    from megabar.report import figures, release_figures

    base = runs[0]
    figures.write(
        release_figures.overview(
            base.release,
            profile_times=base.plan.profile_times,
            others={one.variant.name: one.release for one in runs[1:]},
        ),
        path,
    )

"""Verbs on campaigns: simulate, run, status, report, demo."""

from __future__ import annotations

import dataclasses
import tomllib
from collections import Counter
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from megabar.campaign.plan import PLAN_FILE
from megabar.campaign.runner import Campaign
from megabar.cli import terminal
from megabar.errors import Undetermined

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from megabar.campaign.answers import Progress
    from megabar.campaign.rows import Failure
    from megabar.campaign.runner import Outcome

REPORT_FOLDER: Final = "report"
_DATABASE: Final = "campaign.sqlite"
_DOUBTFUL: Final = frozenset({"lower bound", "upper bound", "not reached", "failed"})
_MOST_SHOWN: Final = 20


def is_campaign(path: Path) -> bool:
    """Tell whether a path is a plan, the folder of one, or its store.

    Parameters
    ----------
    path
        Any path.

    Returns
    -------
    :
        True if :meth:`Campaign.open` should take it.
    """
    if path.is_dir():
        return any((path / name).is_file() for name in (PLAN_FILE, _DATABASE))
    return path.suffix == ".toml" and path.is_file() and not is_simulation(path)


def is_simulation(path: Path) -> bool:
    """Tell whether a file is the plan of a simulation.

    Parameters
    ----------
    path
        Any path.

    Returns
    -------
    :
        True if ``simulate`` should take it.
    """
    if path.suffix != ".toml" or not path.is_file():
        return False
    try:
        document = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # the campaign says what is wrong with it
    return str(document.get("schema", "")).startswith("simulation/")


def describe_simulation(path: Path) -> terminal.Answer:
    """Say what the plan of a simulation is, for ``show``.

    Parameters
    ----------
    path
        What :func:`is_simulation` takes.

    Returns
    -------
    :
        Its name, its cells and the command that simulates it.
    """
    document = tomllib.loads(path.read_text())
    cells = [str(cell.get("name")) for cell in document.get("cell", ())]
    facts = {
        "path": str(path),
        "format": "simulation",
        "name": document.get("name"),
        "cells": cells,
        "seed": document.get("seed"),
    }
    text = (
        f"simulation {facts['name']}",
        f"cells      {', '.join(cells)}",
        f"next       megabar simulate {path} -o DIR",
    )
    return terminal.Answer(verb="show", facts=facts, text=text)


# --- simulate -------------------------------------------------------------------------------------


def add_simulate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``simulate``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument("plan", metavar="PLAN", type=Path, help="simulation.toml")
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, required=True, help="folder of the campaign"
    )
    parser.add_argument("--seed", type=int, help="in the place of the seed of the plan")


def simulate(arguments: argparse.Namespace) -> terminal.Answer:
    """Make the raw files of a campaign that never happened, and its truth.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Where the campaign lies.
    """
    folder = _simulated(arguments.plan, arguments.out, arguments.seed, quiet=arguments.json)
    return terminal.Answer(
        verb="simulate",
        facts={"campaign": str(folder), "plan": str(folder / PLAN_FILE)},
        text=(f"campaign   {folder}", f"next       megabar run {folder}"),
    )


def _simulated(plan: Path, out: Path, seed: int | None, *, quiet: bool) -> Path:
    from megabar.virtual.laboratory import simulate as measure

    with terminal.progress_bar(quiet=quiet) as advance:
        return measure(plan, out, seed=seed, progress=advance)


# --- run ------------------------------------------------------------------------------------------


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``run``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument("plan", metavar="PLAN", type=Path, help="campaign.toml or its folder")
    parser.add_argument(
        "--rebuild", action="store_true", help="make the database anew from archive and plan"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes; 0 works in this one")


def run(arguments: argparse.Namespace) -> terminal.Answer:
    """Analyse what is missing of a campaign.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        What was done; exit code 10 if files wait for a decision, 11 if numbers are bounds or
        something failed.
    """
    campaign = Campaign.open(arguments.plan)
    with terminal.progress_bar(quiet=arguments.json) as advance:
        outcome = campaign.run(advance, rebuild=arguments.rebuild, workers=arguments.workers)
    counts = Counter(row.quality for row in campaign.rows())
    facts = {
        "campaign": str(campaign.folder),
        "store": str(campaign.store_folder),
        "done": outcome.done,
        "skipped": outcome.skipped,
        "seconds": outcome.seconds,
        "qualities": dict(counts),
        "failures": [dataclasses.asdict(failure) for failure in outcome.failed],
        "warnings": list(outcome.warnings),
    }
    return terminal.Answer(
        verb="run",
        facts=facts,
        text=tuple(_run_words(campaign, outcome, counts)),
        exit_code=_confidence(outcome.failed, counts),
    )


def _run_words(
    campaign: Campaign, outcome: Outcome, counts: Counter[str]
) -> Iterable[str | terminal.Table]:
    yield f"warning: {' '.join(outcome.warnings)}" if outcome.warnings else "plan       complete"
    if outcome.failed:
        yield _failure_table(outcome.failed)
    done = terminal.plural(outcome.done, "file")
    yield f"done       {done} in {outcome.seconds:.1f} s, {outcome.skipped} had nothing to do"
    words = ", ".join(f"{count} {term}" for term, count in counts.items())
    yield f"numbers    {words or 'none'}"
    if outcome.failed:
        yield f"failed     {len(outcome.failed)}"
    yield f"store      {campaign.store_folder}"
    yield f"next       megabar report {campaign.folder}"


def _failure_table(failures: Sequence[Failure]) -> terminal.Table:
    more = len(failures) - _MOST_SHOWN
    title = "failures" + (f" (and {more} more: see the report)" if more > 0 else "")
    return terminal.Table(
        title=title,
        columns=("cell", "file", "reason", "remedy"),
        rows=tuple(
            (row.cell, row.source, f"{row.kind}: {row.message}", row.remedy)
            for row in failures[:_MOST_SHOWN]
        ),
    )


def _confidence(failures: Sequence[Failure], counts: Counter[str]) -> int:
    if any(failure.argument for failure in failures):
        return terminal.INPUT_MISSING
    if failures or any(counts[term] for term in _DOUBTFUL):
        return terminal.LOW_CONFIDENCE
    return terminal.OK


# --- status ---------------------------------------------------------------------------------------


def add_status_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``status``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument("store", metavar="STORE", type=Path, help="campaign or store folder")


def status(arguments: argparse.Namespace) -> terminal.Answer:
    """Say how far a campaign is: cells x channels, and each day with ``--json``.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Counts of raw files.
    """
    campaign = Campaign.open(arguments.store)
    rows = campaign.status()
    facts = {**_campaign_facts(campaign), "progress": [_line_facts(row) for row in rows]}
    return terminal.Answer(verb="status", facts=facts, text=tuple(_status_words(campaign, rows)))


def _line_facts(row: Progress) -> dict[str, Any]:
    return {**dataclasses.asdict(row), "missing": row.missing}


_COUNTED: Final = ("found", "archived", "done", "failed", "excluded", "absent", "missing")


def _status_words(campaign: Campaign, rows: Sequence[Progress]) -> Iterable[str | terminal.Table]:
    totals: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        counts = {name: getattr(row, name) for name in _COUNTED}
        totals.setdefault((row.cell, row.channel), Counter()).update(counts)
    yield terminal.Table(
        title=f"{campaign.plan.name}: raw files",
        columns=("cell", "channel", *_COUNTED),
        rows=tuple(
            (cell, channel, *(str(counts[name] or "") for name in _COUNTED))
            for (cell, channel), counts in totals.items()
        ),
    )
    missing = sum(row.missing for row in rows)
    if missing:
        count = terminal.plural(missing, "file")
        yield f"next       megabar run {campaign.folder}   ({count} to do)"
    else:
        yield f"next       megabar report {campaign.folder}"


def _campaign_facts(campaign: Campaign) -> dict[str, Any]:
    return {
        "campaign": str(campaign.folder),
        "name": campaign.plan.name,
        "plan": str(campaign.plan_path),
        "plan_sha256": campaign.plan_sha256,
        "store": str(campaign.store_folder) if campaign.store_folder.is_dir() else None,
    }


def describe(path: Path) -> terminal.Answer:
    """Say what a plan or a store is, for ``show``.

    Parameters
    ----------
    path
        What :func:`is_campaign` takes.

    Returns
    -------
    :
        Cells, channels and the questions that are open.
    """
    campaign = Campaign.open(path)
    stored = campaign.store_folder.is_dir()
    failures = campaign.failures() if stored else ()
    questions = [failure for failure in failures if failure.argument]
    facts = {
        **_campaign_facts(campaign),
        "format": "campaign",
        "metal": campaign.plan.metal,
        "cells": [dataclasses.asdict(cell) for cell in campaign.plan.cells],
        "channels": [
            {key: getattr(channel, key) for key in ("name", "measure", "nucleus", "role", "files")}
            for channel in campaign.plan.channels
        ],
        "questions": [dataclasses.asdict(question) for question in questions],
        "warnings": list(campaign.warnings()),
    }
    return terminal.Answer(verb="show", facts=facts, text=tuple(_describe_words(campaign, facts)))


def _describe_words(campaign: Campaign, facts: dict[str, Any]) -> Iterable[str | terminal.Table]:
    yield f"campaign   {facts['name']}"
    yield f"plan       {facts['plan']}"
    yield f"store      {facts['store'] or 'none yet'}"
    yield f"metal      {facts['metal']}"
    yield terminal.Table(
        title="cells",
        columns=("name", "heated at", "synthesis pressure"),
        rows=tuple(
            (
                cell.name,
                cell.heated_at.isoformat(sep=" "),
                "" if cell.synthesis_pressure is None else f"{cell.synthesis_pressure:g} GPa",
            )
            for cell in campaign.plan.cells
        ),
    )
    yield terminal.Table(
        title="channels",
        columns=("name", "measure", "nucleus", "role", "files"),
        rows=tuple(tuple(str(v or "") for v in row.values()) for row in facts["channels"]),
    )
    yield from (f"warning    {sentence}" for sentence in facts["warnings"])
    for question in facts["questions"]:
        yield f"question   {question['source']}: {question['message']}"
        yield f"           decide {question['argument']}: {', '.join(question['candidates'])}"


# --- report ---------------------------------------------------------------------------------------


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``report``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument("store", metavar="STORE", type=Path, help="campaign or store folder")
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, help="folder of the report; in the store if absent"
    )
    parser.add_argument("--no-verdict", action="store_true", help="leave the verdict out")
    parser.add_argument("--workers", type=int, metavar="N", help="processes; 0 works in this one")


def report(arguments: argparse.Namespace) -> terminal.Answer:
    """Write the report of a campaign.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Where it lies.
    """
    campaign = Campaign.open(arguments.store)
    facts = _reported(
        campaign, arguments.out, quiet=arguments.json, workers=arguments.workers,
        judged=not arguments.no_verdict,
    )  # fmt: skip
    text = (
        f"report     {facts['report']}",
        f"tables     {facts['tables']}",
        *([f"verdict    {facts['verdict']}"] if facts["verdict"] else []),
    )
    return terminal.Answer(verb="report", facts=facts, text=text)


def _reported(
    campaign: Campaign, out: Path | None, *, quiet: bool, workers: int | None, judged: bool
) -> dict[str, Any]:
    from megabar.report import document

    verdict, why = _judged(campaign, quiet=quiet, workers=workers) if judged else (None, "")
    page = document.write(
        campaign, out or campaign.store_folder / REPORT_FOLDER, verdict=verdict, no_verdict=why
    )
    return {
        "verdict": verdict["sentences"][0] if verdict else why,
        "campaign": str(campaign.folder),
        "report": str(page),
        "tables": str(page.parent / document.TABLES_FOLDER),
    }


def _judged(
    campaign: Campaign, *, quiet: bool, workers: int | None
) -> tuple[dict[str, Any] | None, str]:
    """Give the verdict for the report, or why there is none; the rest of the report needs none."""
    from megabar.campaign import verdicts

    with terminal.progress_bar(quiet=quiet) as advance:
        work = verdicts.Work(
            folder=campaign.store_folder / verdicts.FOLDER,
            scheduler="serial" if workers == 0 else "process",
            workers=workers or None,
            progress=advance,
        )
        try:
            return verdicts.of_report(campaign, work), ""
        except Undetermined as failure:
            return None, str(failure)


# --- demo -----------------------------------------------------------------------------------------


def add_demo_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``demo``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "out", metavar="DIR", type=Path, nargs="?", default=Path("demo"), help="default: demo"
    )


def demo(arguments: argparse.Namespace) -> terminal.Answer:
    """Simulate the demo campaign, analyse it, and write its report; again only what is missing.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Where the report lies.
    """
    with as_file(files("megabar.cli") / "demo.toml") as plan:
        folder = _simulated(plan, arguments.out, None, quiet=arguments.json)
    campaign = Campaign.open(folder)
    with terminal.progress_bar(quiet=arguments.json) as advance:
        outcome = campaign.run(advance)
    page = campaign.store_folder / REPORT_FOLDER / "report.html"
    fresh = outcome.done > 0 or not page.is_file()
    facts: dict[str, Any] = {"campaign": str(folder), "report": str(page)}
    if fresh:
        facts = _reported(campaign, None, quiet=arguments.json, workers=None, judged=True)
    counts = Counter(row.quality for row in campaign.rows())
    return terminal.Answer(
        verb="demo",
        facts={**facts, "done": outcome.done, "skipped": outcome.skipped, "fresh": fresh},
        text=(
            f"campaign   {folder} (raw files, plan and truth)",
            f"done       {outcome.done} files, {outcome.skipped} had nothing to do",
            f"report     {page}",
        ),
        exit_code=_confidence(outcome.failed, counts),
    )

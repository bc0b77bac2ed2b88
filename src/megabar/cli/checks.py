"""The verb check: a file, a plan, a store, or the installation itself."""

from __future__ import annotations

import re
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from megabar import provenance
from megabar.campaign import sources
from megabar.campaign.runner import Campaign
from megabar.cli import choices, files, terminal, work
from megabar.errors import MegabarError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from megabar.campaign.plan import Plan

_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)")
_ONE_MODULE: Final = ("nmrglue", "nmrglue-ng")

_WRITTEN_OUT = 5  # problems of one kind


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        nargs="?",
        help="file, plan, campaign or store; the installation if absent",
    )
    choices.add_options(parser)


def check(arguments: argparse.Namespace) -> terminal.Answer:
    """Check a file, a plan with its files, a store, or the installation.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Problems; exit code 2 if there is one, 10 if something waits for a decision.
    """
    path: Path | None = arguments.path
    if path is None:
        return _answer("installation", _versions(), list(_installation()))
    if work.is_simulation(path):
        return _simulation(path)
    if not work.is_campaign(path):
        return _file(path, arguments)
    campaign = Campaign.open(path)
    found, warnings = sources.find(campaign.plan, campaign.folder)
    problems = []
    with terminal.progress_bar(quiet=arguments.json) as advance:
        for done, source in enumerate(found):
            advance(source.name, done, len(found))
            if source.excluded is None:
                place = campaign.folder / source.name
                problems += _of_file(place, source.decisions, name=source.name)
        problems += list(_of_archive(campaign, advance))
    words = [*warnings, *_golden(campaign.plan)]
    facts = {"campaign": str(campaign.folder), "files": len(found), "warnings": words}
    return _answer("campaign", facts, problems)


def _simulation(path: Path) -> terminal.Answer:
    """Read the plan of a simulation; its mistakes are those that simulate would tell."""
    from megabar.virtual.plan import read_plan

    read_plan(path)
    return _answer("simulation", {"path": str(path), "warnings": []}, [])


def _golden(plan: Plan) -> Iterator[str]:
    """Name the cells whose shifts will stop, before a run finds it record by record."""
    cells = [cell.name for cell in plan.cells if cell.lens == "gold"]
    if cells and plan.reference.method == "copper":
        yield (
            f"The lens of {', '.join(cells)} is of gold and holds no copper: no line there gets a "
            'shift. Contents need none; for shifts use a copper lens, or method = "external".'
        )


def _file(path: Path, arguments: argparse.Namespace) -> terminal.Answer:
    problems = _of_file(path, choices.taken(arguments), name=str(path))
    return _answer("file", {"path": str(path), "warnings": []}, problems)


def _of_file(path: Path, decisions: dict[str, Any], *, name: str) -> list[dict[str, Any]]:
    """Read one file for its questions and its errors."""
    try:
        _, questions = files.read_asking(path, decisions)
    except MegabarError as error:
        return [_problem(name, type(error).__name__, str(error))]
    return [
        _problem(
            name,
            type(question).__name__,
            str(question),
            argument=question.argument,
            candidates=list(question.candidates),
        )
        for question in questions
    ]


def _of_archive(campaign: Campaign, advance: Any) -> Iterator[dict[str, Any]]:
    """Open every file of the archive; each carries a seal that any lost byte breaks."""
    if not campaign.store_folder.is_dir():
        return
    records = campaign.acquisitions()
    for done, record in enumerate(records):
        advance(record.archive.name, done, len(records))
        try:
            campaign.load(record)
        except (MegabarError, OSError) as error:
            yield _problem(record.archive.name, type(error).__name__, str(error))


def _problem(
    where: str, kind: str, message: str, *, argument: str = "", candidates: list[str] | None = None
) -> dict[str, Any]:
    return {
        "where": where,
        "kind": kind,
        "message": message,
        "argument": argument,
        "candidates": candidates or [],
    }


def _versions() -> dict[str, Any]:
    required = dict(_required())
    return {
        "version": provenance.package_version(),
        "packages": {
            name: {"needed": minimum, "found": _installed(name)}
            for name, minimum in required.items()
        },
        "warnings": [],
    }


def _required() -> Iterator[tuple[str, str]]:
    for line in metadata.requires("megabar") or ():
        matched = _REQUIREMENT.match(line)
        if matched and "extra ==" not in line:
            yield matched.group(1), matched.group(2)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _installation() -> Iterator[dict[str, Any]]:
    for name, minimum in _required():
        found = _installed(name)
        if found is None:
            remedy = f"Not installed. Install it with: pip install '{name}>={minimum}'"
            yield _problem(name, "MissingPackage", remedy)
        elif _order(found) < _order(minimum):
            remedy = f"Found {found}, {minimum} is needed: pip install '{name}>={minimum}'"
            yield _problem(name, "OldPackage", remedy)
    if all(_installed(name) for name in _ONE_MODULE):
        yield _problem(
            "nmrglue",
            "PackageClash",
            "nmrglue and nmrglue-ng are both installed and write the same module; which one runs "
            "is chance. Remove both, then: pip install 'nmrglue>=0.12'",
        )


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _answer(kind: str, facts: dict[str, Any], problems: list[dict[str, Any]]) -> terminal.Answer:
    asked = [one for one in problems if one["argument"]]
    code = terminal.OK
    if problems:
        code = terminal.BAD_INPUT if len(asked) < len(problems) else terminal.INPUT_MISSING
    text: list[str | terminal.Table] = [f"warning: {one}" for one in facts["warnings"]]
    if kind == "installation":
        text += [f"{name:<12} {one['found']}" for name, one in facts["packages"].items()]
    counts = Counter(one["kind"] for one in problems)
    text += _listed(problems, counts)
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    text.append(f"{kind}: {words or 'nothing found amiss'}.")
    return terminal.Answer(
        verb="check",
        facts={"kind": kind, **facts, "problems": problems},
        text=tuple(text),
        exit_code=code,
    )


def _listed(problems: list[dict[str, Any]], counts: Counter[str]) -> Iterator[str]:
    """Write out the first problems of each kind; a whole campaign can have the same one."""
    for kind, count in counts.items():
        alike = [one for one in problems if one["kind"] == kind]
        for one in alike[:_WRITTEN_OUT]:
            told = one["message"]
            yield told if told.startswith(one["where"]) else f"{one['where']}: {told}"
        if count > _WRITTEN_OUT:
            yield f"... and {count - _WRITTEN_OUT} more {kind} (all with --json)"

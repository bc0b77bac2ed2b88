"""Verbs on files: show, read."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.cli import choices, terminal, work
from megabar.errors import OpenQuestion, UnknownWord, one_of
from megabar.readers import registry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    import xarray as xr

WRITERS: Final = MappingProxyType(
    {
        ".nc": ("megabar.readers.archive", "write"),
        ".csdf": ("megabar.readers.csdm", "write"),
        ".csv": ("megabar.readers.tables", "write_csv"),
        ".fid": ("megabar.readers.simpson", "write"),
    }
)
"""Suffix -> module and function that write a dataset in this format."""

_LEFT_OPEN: Final = MappingProxyType({"array": "none", "nucleus": "unknown"})
_MOST_QUESTIONS: Final = 8
_WIDTH: Final = 18


def add_show_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``show``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument("path", metavar="PATH", type=Path, help="file, plan, campaign or store")
    choices.add_options(parser)


def show(arguments: argparse.Namespace) -> terminal.Answer:
    """Say what a file, a plan or a store is, and what it leaves open.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        Facts and open questions; the exit code is 0 even if questions are open.
    """
    path: Path = arguments.path
    if work.is_simulation(path):
        return work.describe_simulation(path)
    if work.is_campaign(path):
        return work.describe(path)
    decisions = choices.taken(arguments)
    dataset, questions = read_asking(path, decisions)
    name = str(decisions.get("format") or registry.recognise(path))
    facts: dict[str, Any] = {
        "path": str(path),
        "format": name,
        "description": next(f.description for f in registry.FORMATS if f.name == name),
        "dataset": None if dataset is None else facts_of(dataset),
        "questions": [question_facts(question) for question in questions],
        "warnings": [] if dataset is None else list(schemas.warnings_of(dataset)),
    }
    return terminal.Answer(verb="show", facts=facts, text=tuple(_show_words(facts)))


def read_asking(
    path: Path, decisions: Mapping[str, Any]
) -> tuple[xr.Dataset | None, list[OpenQuestion]]:
    """Read a file, and collect every question that it leaves open instead of the first alone.

    Parameters
    ----------
    path
        The file.
    decisions
        What was decided already.

    Returns
    -------
    :
        The dataset as far as it can be read with what is open left open, and the questions.

    Raises
    ------
    ReadError
        If it cannot be read for another reason.
    """
    questions: list[OpenQuestion] = []
    left_open: dict[str, Any] = {}
    while len(questions) < _MOST_QUESTIONS:
        try:
            return registry.read(path, **{**decisions, **left_open}), questions
        except OpenQuestion as question:
            questions.append(question)
            neutral = _LEFT_OPEN.get(question.argument)
            if neutral is None or question.argument in left_open:
                break
            left_open[question.argument] = neutral
    return None, questions


def question_facts(question: OpenQuestion) -> dict[str, Any]:
    """Put an open question into JSON types.

    Parameters
    ----------
    question
        What a reader raised.

    Returns
    -------
    :
        field, found, argument, candidates.
    """
    return {
        "field": question.field,
        "found": question.found,
        "argument": question.argument,
        "candidates": list(question.candidates),
    }


def facts_of(dataset: xr.Dataset) -> dict[str, Any]:
    """Say what a dataset holds, in JSON types.

    Parameters
    ----------
    dataset
        Acquisition, Spectrum or Sweep.

    Returns
    -------
    :
        Schema, sizes, ranges of the coordinates, and attributes that are short.
    """
    ranges = {}
    for name, coordinate in dataset.coords.items():
        if coordinate.ndim == 1 and coordinate.size and coordinate.dtype.kind in "fiu":
            values = np.asarray(coordinate.values, dtype=np.float64)
            ranges[str(name)] = {
                "from": float(values[0]),
                "to": float(values[-1]),
                "size": int(values.size),
                "unit": coordinate.attrs.get("units", "1"),
            }
    started = dataset.coords["started_at"].values
    return {
        "schema": dataset.attrs["schema"],
        "sizes": {str(name): int(size) for name, size in dataset.sizes.items()},
        "variables": [str(name) for name in dataset.data_vars],
        "ranges": ranges,
        "started_at": None if np.isnat(started) else str(started.astype("datetime64[s]")),
        "attributes": {
            name: value
            for name, value in dataset.attrs.items()
            if name not in {"schema", "provenance", "warnings", "source_files"}
            and not (isinstance(value, str) and len(value) > 200)
        },
    }


def _show_words(facts: Mapping[str, Any]) -> list[str]:
    lines = [_line("file", facts["path"]), _line("format", f"{facts['description']}")]
    dataset = facts["dataset"]
    if dataset is not None:
        sizes = " x ".join(f"{size} {name}" for name, size in dataset["sizes"].items())
        lines.append(_line("holds", f"{', '.join(dataset['variables'])}: {sizes}"))
        for name, one in dataset["ranges"].items():
            words = f"{one['from']:.6g} to {one['to']:.6g} {one['unit']} ({one['size']})"
            lines.append(_line(name, words))
        lines.append(_line("started at", dataset["started_at"] or schemas.UNKNOWN))
        lines += [_line(k, _short(v)) for k, v in sorted(dataset["attributes"].items())]
    lines += [_line("warning", sentence) for sentence in facts["warnings"]]
    for question in facts["questions"]:
        option = f"--{question['argument'].replace('_', '-')}"
        lines.append(_line("open question", f"{question['field']}: {question['found']}"))
        lines.append(_line("", f"decide with {option}: {_listed(question['candidates'])}"))
    return lines


def _line(name: str, words: str) -> str:
    return f"{name.replace('_', ' '):<{_WIDTH}} {words}".rstrip()


def _listed(candidates: list[str]) -> str:
    return ", ".join(candidates) or "no candidates in the file"


def _short(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return schemas.UNKNOWN if np.isnan(value) else f"{value:.10g}"
    if isinstance(value, list | np.ndarray):
        members = [str(entry) for entry in value]
        return ", ".join(members[:6]) + (f", ... ({len(members)})" if len(members) > 6 else "")
    return str(value)


def add_read_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``read``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="raw file or folder")
    parser.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        type=Path,
        required=True,
        help=f"file ({', '.join(WRITERS)}), or folder for one file each",
    )
    parser.add_argument(
        "--as",
        dest="suffix",
        default="nc",
        metavar="FORMAT",
        help="format within a folder: nc (default), csdf, csv or fid",
    )
    choices.add_options(parser)


def read(arguments: argparse.Namespace) -> terminal.Answer:
    """Read files and write them in open formats.

    Parameters
    ----------
    arguments
        Words of the command line.

    Returns
    -------
    :
        What was written, with digests.

    Raises
    ------
    OpenQuestion
        If a file leaves something open.
    UnknownWord
        If several files shall go into one.
    """
    decisions = choices.taken(arguments)
    targets = _targets(arguments.files, arguments.out, arguments.suffix)
    written = []
    with terminal.progress_bar(quiet=arguments.json) as advance:
        for done, (source, target) in enumerate(targets.items()):
            advance(source.name, done, len(targets))
            written.append(_rewrite(source, target, decisions))
        advance("", len(targets), len(targets))
    text = [f"{one['source']} -> {one['out']} ({one['dataset_schema']})" for one in written]
    text += [f"warning: {one['source']}: {w}" for one in written for w in one["warnings"]]
    return terminal.Answer(verb="read", facts={"written": written}, text=tuple(text))


def _rewrite(source: Path, target: Path, decisions: Mapping[str, Any]) -> dict[str, Any]:
    dataset = registry.read(source, **decisions)
    target.parent.mkdir(parents=True, exist_ok=True)
    module, name = WRITERS[target.suffix.lower()]
    sha256 = getattr(import_module(module), name)(dataset, target)
    return {
        "source": str(source),
        "out": str(target),
        "sha256": sha256,
        "dataset_schema": dataset.attrs["schema"],
        "warnings": list(schemas.warnings_of(dataset)),
    }


def _targets(sources: list[Path], out: Path, suffix: str) -> dict[Path, Path]:
    if out.suffix.lower() in WRITERS and not out.is_dir():
        if len(sources) > 1:
            msg = f"Found {len(sources)} files for one output {out.name}. Give a folder with -o."
            raise UnknownWord(msg)
        return {sources[0]: out}
    ending = f".{suffix.lstrip('.').lower()}"
    one_of(ending, WRITERS, name="format")
    targets = {source: out / f"{_stem(source)}{ending}" for source in sources}
    if len(set(targets.values())) < len(sources):
        msg = "Found two files of one name; they would overwrite each other. Read them apart."
        raise UnknownWord(msg)
    return targets


def _stem(source: Path) -> str:
    """Name of what was measured: a folder keeps its dots, a numbered experiment its parent."""
    place = source.resolve()
    if place.is_file():
        return f"{place.parent.name}-{place.name}" if not place.suffix else place.stem
    return f"{place.parent.name}-{place.name}" if place.name.isdecimal() else place.name

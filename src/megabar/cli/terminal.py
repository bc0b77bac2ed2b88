"""What the verbs print: exit codes, answers, tables and progress bars in the terminal."""

from __future__ import annotations

import json
import math
import shutil
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OK: Final = 0
OUR_FAULT: Final = 1
BAD_INPUT: Final = 2
INPUT_MISSING: Final = 10
LOW_CONFIDENCE: Final = 11

_WIDTH_OF_FILES: Final = 160  # columns of tables that go into a file or a pipe
_WIDTH_OF_NAMES: Final = 13
_WIDEST: Final = 120  # longer lines are not read


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of words for the terminal.

    Parameters
    ----------
    title
        One line above the table.
    columns
        Headers.
    rows
        One tuple of words per row.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Line:
    """Words with their name in front; folded at the edge of the terminal, under themselves.

    Parameters
    ----------
    name
        What the words are about; empty if that was said on the line before.
    words
        Of any length.
    """

    name: str
    words: str


Piece: TypeAlias = "str | Line | Table"
"""What a text for people is made of."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one verb found: for people, and for programs.

    Parameters
    ----------
    verb
        Name of the verb; the schema of the JSON object is ``megabar.<verb>/1``.
    facts
        What the JSON object holds.
    text
        Lines and tables for people, in order.
    exit_code
        0, or 10 or 11 with an answer that stands all the same.
    """

    verb: str
    facts: Mapping[str, Any]
    text: tuple[Piece, ...]
    exit_code: int = OK


def print_answer(answer: Answer, *, as_json: bool) -> None:
    """Print an answer to standard output.

    Parameters
    ----------
    answer
        What a verb found.
    as_json
        One JSON object instead of text.
    """
    if as_json:
        print_json({"schema": f"megabar.{answer.verb}/1", **answer.facts})
        return
    for piece in answer.text:
        if isinstance(piece, Table):
            _print_table(piece)
        elif isinstance(piece, Line):
            print(_folded(piece))
        else:
            print(piece)


def print_json(facts: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output; numbers that do not exist become null.

    Parameters
    ----------
    facts
        What the object holds.
    """
    print(json.dumps(_plain(facts), ensure_ascii=False, indent=2, allow_nan=False))


def print_error(message: str) -> None:
    """Print one line ``megabar: message`` on standard error.

    Parameters
    ----------
    message
        What was found, what it breaks, what to do.
    """
    print(f"megabar: {' '.join(message.split())}", file=sys.stderr)


def _plain(value: Any) -> Any:
    """Turn numpy scalars, tuples, mappings and numbers that do not exist into JSON types."""
    if hasattr(value, "tolist"):  # numpy, without importing it
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def _folded(line: Line) -> str:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_OF_FILES
    return textwrap.fill(
        line.words,
        width=min(max(width, 2 * _WIDTH_OF_NAMES), _WIDEST),
        initial_indent=f"{line.name:<{_WIDTH_OF_NAMES - 1}} ",
        subsequent_indent=" " * _WIDTH_OF_NAMES,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _print_table(table: Table) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as RichTable

    drawn = RichTable(title=escape(table.title), title_justify="left", box=box.SIMPLE)
    for column in table.columns:
        drawn.add_column(escape(column), overflow="fold")
    for row in table.rows:
        drawn.add_row(*(escape(word) for word in row))
    width = None if sys.stdout.isatty() else _WIDTH_OF_FILES
    Console(highlight=False, width=width).print(drawn)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on standard error while long work runs.

    Without a terminal there the bar is silent, so that log files stay readable.

    Parameters
    ----------
    quiet
        Show nothing, for ``--json``.

    Yields
    ------
    :
        A function ``(what, done, total)`` to call after each piece of work.
    """
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield advance


def _silent(_what: str, _done: int, _total: int) -> None:
    """Say nothing."""


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Give a count with its noun.

    Parameters
    ----------
    count
        How many.
    noun
        The noun for one.
    many
        The noun for many; with an ``s`` if not given.

    Returns
    -------
    :
        For example ``"3 files"``.

    Examples
    --------
    >>> plural(1, "file"), plural(2, "nucleus", "nuclei")
    ('1 file', '2 nuclei')
    """
    return f"{count} {noun if count == 1 else many or noun + 's'}"

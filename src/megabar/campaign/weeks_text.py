"""A table of weeks as it stands in a text file, and every mistake in it at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

from megabar import units
from megabar.campaign.weeks_header import CELL, columns_of, known
from megabar.errors import MegabarError, MissingInput, UnitError, UnreadableFile
from megabar.readers.plain_text import number, read_lines

if TYPE_CHECKING:
    from pathlib import Path

    from megabar.campaign.weeks_header import Column

_COMMENT: Final = ("#", "%", "//", "!")
_SEPARATORS: Final = (";", "\t", ",", " ")
_BOUND: Final = re.compile(r"\s*(?P<sign>[<>≤≥]=?)\s*(?P<number>.+)")
_COMMA: Final = re.compile(r"[-+]?\d+,\d+")
_POINT: Final = re.compile(r"[-+]?\d*\.\d+")
_EMPTY: Final = ("", "-", "–", "—", "nan", "na", "n/a")
_MOST_TOLD: Final = 3
_LOOKED_AT: Final = 20


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One field of a table, read.

    Parameters
    ----------
    value
        In the unit of :data:`megabar.campaign.weeks_header.UNITS`.
    std
        Standard error that stands in the field itself, as in ``10.5(4)``; None without one.
    bound
        ``"lower bound"`` or ``"upper bound"`` where the field is one, as ``<3``; empty if not.
    """

    value: float
    std: float | None = None
    bound: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table.

    Parameters
    ----------
    line
        Its number in the file, from 1.
    cell
        What stands in the column ``cell``; empty without one.
    readings
        Name of the column -> what was read; empty fields are absent. The error of a column stands
        under its name with ``_error``.
    """

    line: int
    cell: str
    readings: Mapping[str, Reading]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table of weeks.

    Parameters
    ----------
    file
        Its name.
    columns
        Names of the columns that were understood, from left to right.
    headers
        Name -> header as it stands in the file.
    rows
        Lines with at least one number.
    told
        One sentence for each column that was not understood.
    """

    file: str
    columns: tuple[str, ...]
    headers: Mapping[str, str]
    rows: tuple[Row, ...]
    told: tuple[str, ...]


def read_sheet(path: Path) -> Sheet:
    """Read a table of days and contents, with whatever else it holds.

    Separators ``; , tab blank``, decimal commas, comments (``#``), byte order marks and Latin-1
    are found out. Days, contents and what goes with them are described in
    ``docs/reference/verdict.md``.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        The table; nothing is judged yet.

    Raises
    ------
    UnreadableFile
        If a needed column is absent, or a field holds no number; all mistakes are told at once,
        with line and column.
    """
    lines = [
        (n, line)
        for n, line in enumerate(read_lines(path), start=1)
        if line.strip() and not line.lstrip().startswith(_COMMENT)
    ]
    if not lines:
        raise _mistake(path, "rows", "the file holds no line that is not a comment.")
    place, separator, names = _header(path, lines)
    fields = [(n, _split(line, separator)) for n, line in lines[place + 1 :]]
    columns, told = columns_of(names, file=path.name)
    comma = _decimal_comma([row for _, row in fields], columns, separator)
    mistakes: list[str] = []
    rows = tuple(_rows(fields, columns, len(names), mistakes, comma=comma))
    if mistakes:
        raise _many_mistakes(path, mistakes)
    return Sheet(
        file=path.name,
        columns=tuple(one.name for one in columns),
        headers={one.name: one.header for one in columns},
        rows=rows,
        told=told,
    )


def _mistake(path: Path, field: str, found: str) -> UnreadableFile:
    return UnreadableFile(
        file=path.name,
        field=field,
        found=found,
        remedy="A table begins with a header such as: day, h_per_metal, error, cell",
    )


def _many_mistakes(path: Path, mistakes: Sequence[str]) -> UnreadableFile:
    listed = " ".join(mistakes[:_MOST_TOLD])
    more = len(mistakes) - _MOST_TOLD
    return UnreadableFile(
        file=path.name,
        field=f"{len(mistakes)} field{'s' if len(mistakes) > 1 else ''}",
        found=listed + (f" And {more} more." if more > 0 else ""),
        remedy="Correct them, leave a field empty that was not measured, or begin a line that is "
        "no row with #.",
    )


def _split(line: str, separator: str) -> list[str]:
    if separator == " ":
        return line.split()
    try:
        row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [field.strip() for field in row]


def _header(path: Path, lines: Sequence[tuple[int, str]]) -> tuple[int, str, list[str]]:
    """Find the line that names most columns, its separator, and its fields."""
    tried = [
        (known(_split(line, separator)), -place, place, separator)
        for place, (_, line) in enumerate(lines[:_LOOKED_AT])
        for separator in _SEPARATORS
    ]
    count, _, place, separator = max(tried, key=lambda one: one[:2])
    if count == 0:
        first = lines[0][1].strip()[:60]
        found = f"no header names a column that is known; the first line is {first!r}."
        raise _mistake(path, "header", found)
    return place, separator, _split(lines[place][1], separator)


# --- the rows -------------------------------------------------------------------------------------


def _decimal_comma(
    rows: Sequence[Sequence[str]], columns: Sequence[Column], separator: str
) -> bool:
    fields = [
        row[one.index] for row in rows for one in columns
        if one.name != CELL and one.index < len(row)
    ]  # fmt: skip
    commas = any(_COMMA.match(field.lstrip("<>≤≥= ")) for field in fields)
    points = any(_POINT.match(field.lstrip("<>≤≥= ")) for field in fields)
    return commas and not points and separator != " "


def _rows(
    fields: Sequence[tuple[int, list[str]]],
    columns: Sequence[Column],
    width: int,
    mistakes: list[str],
    *,
    comma: bool,
) -> Iterator[Row]:
    for line, row in fields:
        if not any(row):
            continue
        if len(row) < width or any(row[width:]):
            mistakes.append(f"Line {line} has {len(row)} fields, the header has {width}.")
            continue
        cell = next((row[one.index] for one in columns if one.name == CELL), "")
        readings = {}
        for one in columns:
            if one.name == CELL or row[one.index].lower() in _EMPTY:
                continue
            try:
                readings[one.name] = _reading(row[one.index], one, comma=comma)
            except MegabarError:
                mistakes.append(
                    f"Line {line}, column {one.header}: found {row[one.index][:40]!r}; a number"
                    f"{'' if one.unit == '1' else f' that becomes {one.unit}'} is needed."
                )
        if readings:
            yield Row(line=line, cell=cell, readings=readings)


def _reading(text: str, column: Column, *, comma: bool) -> Reading:
    match = _BOUND.fullmatch(text)
    bound = ""
    if match:
        bound = "upper bound" if match["sign"][0] in "<≤" else "lower bound"
        text = match["number"].strip()
    value = number(text, decimal_comma=comma)
    std = None
    if value is None:
        value, std = _with_error(text.replace(",", ".") if comma else text, column)
    if not isfinite(value):
        msg = f"Found {text!r}, which is no number."
        raise UnitError(msg)
    return Reading(
        value=column.offset + column.factor * value,
        std=None if std is None else column.factor * std,
        bound=bound,
    )


def _with_error(text: str, column: Column) -> tuple[float, float | None]:
    """Read ``10.5(4)``, ``10.5 +- 0.4`` and ``5 %``."""
    if column.unit == "1" and text.rstrip().endswith("%") and "(" not in text:
        return units.parse(text, unit="1", name=column.header), None
    try:
        return units.quantity_with_error(text, unit="1", name=column.header)
    except MissingInput:
        return units.parse(text, unit="1", name=column.header), None

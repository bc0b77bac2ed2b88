"""A text table as it stands in the file: columns, headers with units, lines that were left out."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import UnreadableFile
from megabar.readers.plain_text import number, read_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COMMENT: Final = ("#", "%", "//", "!")
_DIALECTS: Final = (
    (";", True),
    (";", False),
    ("\t", False),
    ("\t", True),
    (",", False),
    (",", True),
    (" ", False),
    (" ", True),
)
_LOOKED_AT: Final = 400
_LISTED: Final = 10
_UNIT_IN_HEADER: Final = re.compile(r"^(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*$")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Parameters
    ----------
    header
        As it stands in the file, or ``"column 1"`` where there is no header.
    unit
        The unit in the header, empty if there is none.
    """

    header: str
    unit: str

    @property
    def name(self) -> str:
        """The header without its unit."""
        match = _UNIT_IN_HEADER.match(self.header)
        return match["name"] if match and self.unit else self.header


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """A table of fields.

    Parameters
    ----------
    columns
        From left to right.
    rows
        Fields of each row, as many as there are columns.
    lines
        Number of the line of each row, from 1.
    ragged
        Numbers of lines with another number of fields, and how many they have.
    decimal_comma
        Whether numbers are written with a comma.
    comments
        Lines that are no rows: headers, and what is marked as a comment.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    ragged: tuple[tuple[int, int], ...]
    decimal_comma: bool
    comments: tuple[str, ...]


def parse(path: Path) -> TextTable:
    """Read a text table, finding separator, decimal mark and header by what makes numbers.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        The table; nothing is converted yet.

    Raises
    ------
    UnreadableFile
        If no separator makes rows of at least two numbers.
    """
    lines = read_lines(path)
    filled = [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]
    candidates = [(n, line) for n, line in filled if not line.lstrip().startswith(_COMMENT)]
    separator, comma = _dialect(path, [line for _, line in candidates])
    fields = {n: _split(line, separator) for n, line in candidates}
    whole = [n for n, found in fields.items() if _whole(found, comma)]
    width = Counter(len(fields[n]) for n in whole).most_common(1)[0][0]
    first = next(n for n, found in fields.items() if _is_row(found, comma))
    below = {n: found for n, found in fields.items() if n >= first}
    rows = [n for n, found in below.items() if len(found) == width]
    ragged = [(n, len(found)) for n, found in below.items() if len(found) != width]
    others = [line for n, line in filled if n not in below]
    return TextTable(
        columns=_columns([line for n, line in filled if n < first], separator, width),
        rows=tuple(tuple(fields[n]) for n in sorted(rows)),
        lines=tuple(sorted(rows)),
        ragged=tuple(sorted(ragged)),
        decimal_comma=comma,
        comments=tuple(others),
    )


def numbers(
    table: TextTable, indices: Sequence[int]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Give the rows in which every wanted column holds a finite number.

    Parameters
    ----------
    table
        The table.
    indices
        Wanted columns, from 0.

    Returns
    -------
    :
        Numbers, (row, wanted column); and a sentence for each line that was left out.
    """
    kept = []
    problems = [(line, f"has {count} fields") for line, count in table.ragged]
    for line, row in zip(table.lines, table.rows, strict=True):
        values = [number(row[i], decimal_comma=table.decimal_comma) for i in indices]
        bad = next((i for i, v in enumerate(values) if v is None or not np.isfinite(v)), None)
        if bad is None:
            kept.append(values)
        else:
            header = table.columns[indices[bad]].header
            problems.append((line, f"has no number under {header!r}"))
    problems.sort()
    told = [f"Line {line} {problem}; it was left out." for line, problem in problems[:_LISTED]]
    if len(problems) > _LISTED:
        told.append(f"{len(problems) - _LISTED} more lines were left out.")
    array = np.array(kept, dtype=np.float64).reshape(len(kept), len(indices))
    return array, tuple(told)


def _split(line: str, separator: str) -> list[str]:
    if separator == " ":
        return line.split()
    try:
        row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []
    fields = [field.strip() for field in row]
    return fields[:-1] if len(fields) > 1 and not fields[-1] else fields


def _is_row(fields: list[str], decimal_comma: bool) -> bool:
    """Say whether more fields hold numbers in this notation than hold words."""
    held = sum(_fits(field, decimal_comma) for field in fields)
    words = sum(bool(field) and not _fits(field, decimal_comma) for field in fields)
    return held > words


def _fits(field: str, decimal_comma: bool) -> bool:
    mixed = decimal_comma and "." in field
    return not mixed and number(field, decimal_comma=decimal_comma) is not None


def _dialect(path: Path, lines: list[str]) -> tuple[str, bool]:
    """Give separator and decimal mark that make the most rows of numbers."""
    looked_at = lines[:_LOOKED_AT]

    def score(dialect: tuple[str, bool]) -> int:
        split = [_split(line, dialect[0]) for line in looked_at]
        return sum(_whole(fields, dialect[1]) for fields in split)

    best = max(_DIALECTS, key=score)
    if score(best) == 0:
        raise UnreadableFile(
            file=path.name,
            field="rows",
            found="no separator (; tab , blank) makes a row of at least two numbers.",
            remedy="Give the format with format=..., or export the table as CSV.",
        )
    return best


def _whole(fields: list[str], decimal_comma: bool) -> bool:
    filled = [field for field in fields if field]
    return len(filled) > 1 and all(_fits(field, decimal_comma) for field in filled)


def _columns(lines: list[str], separator: str, width: int) -> tuple[Column, ...]:
    """Take the last line before the numbers that has as many fields as they do."""
    for line in reversed(lines):
        plain = line.strip().lstrip("".join(_COMMENT)).strip()
        for mark in (separator, " "):
            fields = _split(plain, mark)
            if len(fields) == width and all(fields):
                return tuple(_column(field) for field in fields)
    return tuple(Column(header=f"column {n}", unit="") for n in range(1, width + 1))


def _column(header: str) -> Column:
    match = _UNIT_IN_HEADER.match(header)
    return Column(header=header, unit=match["unit"].strip() if match else "")

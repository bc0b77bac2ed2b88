"""The list files of a Bruker folder: which of them the pulse program steps through, and how far."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import units
from megabar.errors import AmbiguousArray, InconsistentHeader
from megabar.readers.questions import Table
from megabar.readers.vendor_bytes import text_of

if TYPE_CHECKING:
    from pathlib import Path

    from megabar.readers.decisions import Decisions

_ENTRY = re.compile(r"^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([smun]?)s?$")
_SECONDS = {"s": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


@dataclass(frozen=True, kw_only=True)
class _List:
    """A list file of delays or pulses.

    Parameters
    ----------
    file
        Its name in the folder.
    word
        The word by which a pulse program uses it.
    coordinate
        What its values are.
    unit
        Unit of an entry without a suffix; None where it is not agreed upon.
    """

    file: str
    word: str
    coordinate: str
    unit: str | None


_LISTS: Final = (
    _List(file="vdlist", word="vd", coordinate="delay", unit="s"),
    _List(file="vplist", word="vp", coordinate="pulse_length", unit=None),
)


def tables_in(folder: Path, decisions: Decisions) -> list[Table]:
    """Read the list files of a folder.

    Parameters
    ----------
    folder
        The experiment.
    decisions
        ``time_unit`` for entries without a unit.

    Returns
    -------
    :
        One table for each file; nan for an entry that cannot be read.

    Raises
    ------
    AmbiguousArray
        If the list that was chosen holds numbers without a unit.
    """
    tables = []
    for known in _LISTS:
        if (folder / known.file).is_file():
            unit = decisions.time_unit or known.unit
            entries = text_of(folder / known.file).split()
            values = [_seconds(entry, unit) for entry in entries]
            if None in values and decisions.array == known.file:
                raise AmbiguousArray(
                    file=folder.name,
                    field=known.file,
                    found="it holds numbers without a unit.",
                    argument="time_unit",
                    candidates=("us", "ms", "s"),
                )
            tables.append(
                Table(
                    name=known.file,
                    values=tuple(float("nan") if value is None else value for value in values),
                    coordinate=known.coordinate,
                    origin="list file",
                )
            )
    return tables


def _seconds(entry: str, unit: str | None) -> float | None:
    match = _ENTRY.match(entry)
    if match is None:
        return None
    number, suffix = match.groups()
    if suffix:
        return float(number) * _SECONDS[suffix]
    if unit is None:
        return None
    return units.parse(f"{number} {unit}", unit="s", name="list entry")


def list_in_use(folder: Path, tables: Sequence[Table]) -> str | None:
    """Name the list that the pulse program steps through, if it says so beyond doubt.

    Parameters
    ----------
    folder
        The experiment.
    tables
        Its lists.

    Returns
    -------
    :
        Name of one of them, or None.
    """
    if not (folder / "pulseprogram").is_file():
        return None
    text = text_of(folder / "pulseprogram")
    code = "\n".join(line.split(";")[0] for line in text.split("\n") if not line.startswith("#"))
    used = [known for known in _LISTS if re.search(rf"\bi?{known.word}\b", code)]
    if len(used) != 1 or re.search(rf"\b{used[0].word}\s*[*/]|[*/]\s*{used[0].word}\b", code):
        return None
    found = [table for table in tables if table.name == used[0].file]
    return found[0].name if found and np.isfinite(found[0].values).all() else None


def spread(
    file: str, table: Table | None, rows: int
) -> tuple[Table | None, list[int], tuple[str, ...]]:
    """Lay a list along the rows; a short one starts again, as it does in the spectrometer.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    table
        The list, or None.
    rows
        Number of rows.

    Returns
    -------
    :
        The list with one entry per row, the rows that repeat others (from 0), and doubts.

    Raises
    ------
    InconsistentHeader
        If the list is empty.
    """
    if table is None or len(table.values) == rows:
        return table, [], ()
    length = len(table.values)
    if length == 0:
        raise InconsistentHeader(
            file=file, field=table.name, found="it is empty.", remedy="Choose another array."
        )
    values = tuple(table.values[row % length] for row in range(rows))
    laid = replace(table, values=values)
    if length > rows:
        doubt = f"{table.name} has {length} entries for {rows} rows; the first {rows} were taken."
        return laid, [], (doubt,)
    repeated = list(range(length, rows))
    doubt = (
        f"{table.name} has {length} entries for {rows} rows: the spectrometer started again, and "
        f"rows {length + 1} to {rows} repeat the first. They are listed in repeated_steps."
    )
    return laid, repeated, (doubt,)

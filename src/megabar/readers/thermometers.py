"""From the resistance of a thermometer to its temperature: platinum of the standard, or a table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import UnreadableFile
from megabar.matter.platinum import RANGE, platinum_temperature
from megabar.readers.plain_text import number, read_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_PLATINUM: Final = re.compile(r"Pt\s?(\d{1,5})", re.IGNORECASE)
_FEWEST: Final = 2
_MISPRINTED: Final = 0.01  # of the rows of a table, at most


def is_thermometer(unit: str) -> bool:
    """Say whether the unit of a column is a thermometer such as Pt100, its numbers being ohm.

    Parameters
    ----------
    unit
        As in a column map, ``temperature = "Rv in Pt100"``.

    Returns
    -------
    :
        Whether it is.

    Examples
    --------
    >>> is_thermometer("Pt100"), is_thermometer("K")
    (True, False)
    """
    return _PLATINUM.fullmatch(unit.strip()) is not None


def temperature_of(
    path: Path, resistance: NDArray[np.float64], *, unit: str, decisions: Decisions
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Turn the resistance of a platinum thermometer into its temperature.

    Parameters
    ----------
    path
        The file, for messages and to find a table beside it.
    resistance
        [ohm], (point,).
    unit
        ``"Pt100"``, ``"Pt1000"``: the resistance at 0 degrees Celsius.
    decisions
        ``thermometer_table`` replaces the curve of IEC 60751.

    Returns
    -------
    :
        Temperature [K], (point,); and what was left out of the table.

    Raises
    ------
    UnreadableFile
        If a point lies outside the curve or the table, or the table cannot be read.
    """
    match = _PLATINUM.fullmatch(unit.strip())
    if match is None:
        msg = f"Found thermometer {unit!r}; ask is_thermometer first."
        raise ValueError(msg)
    ratio = resistance / float(match[1])
    told: tuple[str, ...] = ()
    if decisions.thermometer_table is None:
        found = platinum_temperature(ratio)
        low, high = RANGE
        name = "IEC 60751"
    else:
        table = _found(path, decisions.thermometer_table)
        known, ratios, told = read_table(table)
        found = np.interp(ratio, ratios, known, left=np.nan, right=np.nan)
        low, high = float(known[0]), float(known[-1])
        name = table.name
    if np.isnan(found).any():
        raise UnreadableFile(
            file=path.name,
            field=f"thermometer {unit}",
            found=f"{np.count_nonzero(np.isnan(found))} resistances lie outside {name}, "
            f"{low:.5g} to {high:.5g} K.",
            remedy="Give the table of the thermometer with thermometer_table=..., or check the "
            "unit of the column.",
        )
    return found, told


def _found(path: Path, table: str) -> Path:
    """Take a table as named, or beside the measurement."""
    given = Path(table)
    place = given if given.is_file() else path.parent / table
    if not place.is_file():
        raise UnreadableFile(
            file=path.name,
            field="thermometer_table",
            found=f"there is no file {table}, neither as named nor beside the measurement.",
            remedy="Check the path of the table.",
        )
    return place


def read_table(
    path: Path,
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Read the table of a thermometer: temperature in K, then R over R at 0 degrees Celsius.

    Further columns are left alone; lines may differ in their number.

    Parameters
    ----------
    path
        Text, columns separated by blanks, tabs, commas or semicolons; ``#`` begins a comment.

    Returns
    -------
    :
        Temperature [K] and ratio, each (row,), rising; and a sentence where misprinted rows, which
        do not lie between their neighbours, were left out.

    Raises
    ------
    UnreadableFile
        If fewer than two rows are found, or they do not rise together.
    """
    table = np.array(_rows(path), dtype=np.float64).reshape(-1, 2)
    rises = np.all(np.diff(table, axis=0) > 0, axis=1)
    whole = np.concatenate([[True], rises]) & np.concatenate([rises, [True]])
    kept = table[whole]
    rising = bool(np.all(np.diff(kept, axis=0) > 0))
    few = np.count_nonzero(~whole) > _MISPRINTED * len(table)
    if len(kept) < _FEWEST or few or not rising:
        raise UnreadableFile(
            file=path.name,
            field="table of a thermometer",
            found=f"{len(table)} rows of two numbers"
            + (", which do not rise together." if few or not rising else "."),
            remedy="Two columns are needed: temperature in K, and R over R at 0 degrees Celsius.",
        )
    if whole.all():
        return kept[:, 0], kept[:, 1], ()
    places = ", ".join(f"{one:g}" for one in table[~whole, 0])
    told = f"{path.name}: the rows at {places} K do not rise with their neighbours; left out."
    return kept[:, 0], kept[:, 1], (told,)


def _rows(path: Path) -> list[tuple[float, float]]:
    """Give the first two numbers of each line that begins with two."""
    found = []
    for line in read_lines(path):
        words = re.split(r"[\s,;]+", line.strip())
        first, second = ([number(word, decimal_comma=False) for word in words] + [None, None])[:2]
        if first is not None and second is not None:
            found.append((first, second))
    return found

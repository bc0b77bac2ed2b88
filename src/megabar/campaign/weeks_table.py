"""A published table of contents over days -> ``Weeks``, so that it can be judged without raw data.

Twin: :mod:`megabar.campaign.weeks`, which takes the same from the numbers of a campaign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.campaign import weeks as taken
from megabar.campaign.weeks_text import Sheet, read_sheet
from megabar.errors import UnreadableFile
from megabar.inference.weeks import WITNESSES, CellWeeks, Weeks, Witness

if TYPE_CHECKING:
    from megabar.campaign.weeks_text import Row

_FACTS: Final = ("dead_time", "bandwidth", "flip_angle", "quality_factor", "metal_frequency")
_FEWEST_OF_WITNESS: Final = 2
_OVER_METAL: Final = re.compile(r"[Hh]\s*(?:/|per)\s*(?P<metal>[A-Z][a-z]?)(?![a-z])")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a person states beside a table; None where the table, or nobody, knows.

    Parameters
    ----------
    dead_time
        Of the 1H record [us]; 0 where amplitudes were extrapolated to the pulse.
    bandwidth
        Full width of the 1H receiver [kHz].
    flip_angle
        Of the 1H pulse [degree].
    quality_factor
        Of the 1H resonator.
    metal_frequency
        Larmor frequency of the metal [MHz].
    repetition_time
        Of 1H [ms], for all points.
    """

    dead_time: float | None = None
    bandwidth: float | None = None
    flip_angle: float | None = None
    quality_factor: float | None = None
    metal_frequency: float | None = None
    repetition_time: float | None = None


def read_weeks(path: Path, *, facts: Facts, records: Sequence[str] = ()) -> taken.Taken:
    """Read a table as data for a verdict.

    Parameters
    ----------
    path
        Text file with the columns that ``docs/reference/verdict.md`` lists.
    facts
        What the table does not hold; a column of the same name wins.
    records
        Names of :data:`megabar.inference.required_records.RECORDS` that exist beside the table.

    Returns
    -------
    :
        The data of all cells that have enough of them. Without a column ``cell`` all rows are one
        cell, named after the file.

    Raises
    ------
    UnreadableFile
        If the table cannot be understood; all mistakes are told at once, with line and column.
    Undetermined
        If no cell has enough points.
    MissingInput
        If widths of the metal are given and its frequency is not.
    """
    sheet = read_sheet(path)
    rows: dict[str, list[Row]] = {}
    for row in sheet.rows:
        rows.setdefault(row.cell or path.stem, []).append(row)
    _check(sheet)
    told = list(sheet.told)
    cells = tuple(taken.kept(rows, lambda name, own: _cell(sheet, name, own, facts), told))
    stated = {name: _fact(sheet, name, getattr(facts, name)) for name in _FACTS}
    return taken.Taken(
        weeks=Weeks(cells=cells, **stated),
        told=tuple(told),
        records=tuple(records),
        metal=_metal(sheet),
    )


def _metal(sheet: Sheet) -> str:
    """Take the symbol of the metal from a header such as ``H/La``; M where it names none."""
    found = _OVER_METAL.search(sheet.headers["h_per_metal"])
    return found["metal"] if found else "M"


def _check(sheet: Sheet) -> None:
    """Find rows without a day, points without an error, and errors that are no errors."""
    mistakes = [words for row in sheet.rows for words in _mistakes(sheet, row)]
    if mistakes:
        more = f" And {len(mistakes) - 3} more." if len(mistakes) > 3 else ""
        raise UnreadableFile(
            file=sheet.file,
            field=f"{len(mistakes)} row{'s' if len(mistakes) > 1 else ''}",
            found=" ".join(mistakes[:3]) + more,
            remedy="Leave a whole point empty that was not measured; give every error or none.",
        )


def _mistakes(sheet: Sheet, row: Row) -> Iterator[str]:
    place = f"Line {row.line}"
    if "day" not in row.readings:
        yield f"{place}, column {sheet.headers['day']}: no day."
    for name, reading in row.readings.items():
        if name.endswith("_error") and not reading.value >= 0:
            header = sheet.headers[name]
            yield f"{place}, column {header}: found {reading.value:g}; an error is 0 or more."
        elif name in WITNESSES and not reading.bound and _std(row, name) is None:
            wanted = f"{sheet.headers[name].split(' (')[0]}_error"
            yield f"{place}, column {sheet.headers[name]}: no error; a column {wanted} gives it."


def _std(row: Row, name: str) -> float | None:
    """Give the error of a number: that of its column, else that in its own field."""
    stated = row.readings.get(f"{name}_error")
    return row.readings[name].std if stated is None else stated.value


def _cell(
    sheet: Sheet, name: str, rows: Sequence[Row], facts: Facts
) -> tuple[CellWeeks | None, list[str]]:
    points = [row for row in rows if "h_per_metal" in row.readings]
    early = [row for row in points if row.readings["day"].value < 0]
    sentences = []
    if early:
        count = f"{len(early)} point{'s' if len(early) > 1 else ''}"
        sentences.append(f"{name}: {count} before the heating left out.")
    points = [row for row in points if row not in early]
    used = [row for row in points if not row.readings["h_per_metal"].bound]
    told = taken.sentence_of_points(name, values=len(used), points=len(points))
    sentences += [told] if told else []
    if len(used) < taken.FEWEST_POINTS:
        return None, sentences
    independent, relative = _errors(sheet, used)
    return CellWeeks(
        cell=name,
        elapsed=_column(used, "day"),
        h_per_metal=_column(used, "h_per_metal"),
        independent_std=independent,
        relative_std=relative,
        common_relative_std=_common(sheet, name, used),
        repetition_time=_repetition_times(used, facts.repetition_time),
        witnesses=dict(_witnesses(rows)),
    ), sentences


def _column(rows: Sequence[Row], name: str) -> np.ndarray:
    return np.array([row.readings[name].value for row in rows])


def _errors(sheet: Sheet, used: Sequence[Row]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Give the additive and the relative error of each point; none at all if nobody stated any."""
    own = [_std(row, "h_per_metal") for row in used]
    share = [
        row.readings["relative_error"].value if "relative_error" in row.readings else None
        for row in used
    ]
    if all(one is None for one in own) and all(one is None for one in share):
        return None, None
    for row, one, other in zip(used, own, share, strict=True):
        if not (one or other):
            raise UnreadableFile(
                file=sheet.file,
                field=f"line {row.line}",
                found="this point has no error, or one of 0, and others have one; alone it would "
                "decide everything.",
                remedy="Give its error, or leave the point out.",
            )
    return np.array([one or 0.0 for one in own]), np.array([one or 0.0 for one in share])


def _common(sheet: Sheet, name: str, used: Sequence[Row]) -> float | None:
    return _constant(sheet, f"common_error of {name}", used, "common_error")


def _constant(sheet: Sheet, what: str, rows: Sequence[Row], name: str) -> float | None:
    found = {row.readings[name].value for row in rows if name in row.readings}
    if len(found) > 1:
        numbers = ", ".join(f"{one:g}" for one in sorted(found)[:4])
        raise UnreadableFile(
            file=sheet.file,
            field=f"column {sheet.headers[name]}",
            found=f"{what} is {numbers}; it is one number.",
            remedy="Write the same number in all rows, or in one of them.",
        )
    return found.pop() if found else None


def _fact(sheet: Sheet, name: str, stated: float | None) -> float | None:
    found = _constant(sheet, name, sheet.rows, name) if name in sheet.columns else None
    return stated if found is None else found


def _repetition_times(used: Sequence[Row], stated: float | None) -> np.ndarray | None:
    found = [row.readings.get("repetition_time") for row in used]
    values = [stated if one is None else one.value for one in found]
    known = [one for one in values if one is not None]
    return np.array(known) if len(known) == len(values) else None


def _witnesses(rows: Sequence[Row]) -> Iterator[tuple[str, Witness]]:
    for name in WITNESSES:
        found = [
            row
            for row in rows
            if name in row.readings
            and not row.readings[name].bound
            and row.readings["day"].value >= 0
        ]
        if len(found) < _FEWEST_OF_WITNESS:
            continue
        found.sort(key=lambda row: row.readings["day"].value)
        yield (
            name,
            Witness(
                name=name,
                elapsed=_column(found, "day"),
                value=_column(found, name),
                std=np.array([_std(row, name) for row in found], dtype=np.float64),
            ),
        )

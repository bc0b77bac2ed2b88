"""Quantum Design PPMS MultiVu files (.dat) of the resistivity option.

Columns are taken by their names behind ``[Data]``. The resistance column is the truth: resistivity
is resistance times a cross-section over a length that somebody typed, and its label may be wrong.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import OpenQuestion, UnreadableFile
from megabar.readers.plain_text import number, read_lines
from megabar.readers.sweeps import sweep_from
from megabar.readers.table_text import Column, TextTable
from megabar.readers.tables import series_of

if TYPE_CHECKING:
    import xarray as xr

    from megabar.readers.decisions import Decisions

_BRIDGE: Final = re.compile(r"Bridge (\d) Resistance\b")
_UNIT: Final = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")
_OPENED: Final = re.compile(
    r"FILEOPENTIME,\s*([\d.]+),\s*(\d{1,2})/(\d{1,2})/(\d{4}),\s*(\d{1,2}):(\d{2}) ?([AP]M)?"
)


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one PPMS file as a Sweep.

    Parameters
    ----------
    path
        The ``.dat`` file.
    decisions
        ``channel`` is asked for where several bridges measured; ``columns`` maps the columns of
        another option of the instrument; ``started_at`` where the date can be read in two ways.

    Returns
    -------
    :
        Dataset of schema ``sweep/1``: resistance with its standard deviation over temperature,
        direction, time since the first row and field (1 Oe is 1e-4 T in vacuum).

    Raises
    ------
    ReadError
        If there is no data section, or the bridge is open.
    """
    lines = read_lines(path)
    table = _table(path, lines)
    attrs: dict[str, Any] = {"thermometer": "system thermometer of the PPMS"}
    told: tuple[str, ...] = ()
    columns = decisions.columns
    if columns is None:
        bridge = _bridge(path, table, decisions)
        columns = _columns_of(table, bridge)
        attrs |= {"channel": f"bridge {bridge}", "current": _excitation(table, bridge, decisions)}
        attrs |= _resistivity(table, bridge)
        told = _geometry_warning(attrs)
    series, left_out = series_of(path, table, decisions, columns=columns)
    told += left_out
    moment, doubt = _started_at(lines, series, decisions)
    if "time" in series:
        if np.any(np.diff(series["time"]) <= 0):
            told += ("The time stamps do not rise all the way; the rows are in the file's order.",)
        series["time"] = series["time"] - series["time"][0]
    dataset = sweep_from(
        path, decisions, series=series, warnings=told + doubt, format_name="ppms", attrs=attrs
    )
    return dataset if moment is None else dataset.assign_coords(started_at=moment)


def _table(path: Path, lines: list[str]) -> TextTable:
    start = next((n for n, line in enumerate(lines) if line.strip() == "[Data]"), None)
    if start is None or start + 1 >= len(lines):
        raise UnreadableFile(
            file=path.name,
            field="[Data]",
            found="there is no such section with a line of headers.",
            remedy="Copy the file again from the instrument.",
        )
    headers = _fields(lines[start + 1])
    numbered = [
        (n, line) for n, line in enumerate(lines, start=1) if n > start + 2 and line.strip()
    ]
    rows = [(n, _fields(line)) for n, line in numbered]
    if not rows or len(headers) < 2:
        raise UnreadableFile(
            file=path.name,
            field="[Data]",
            found="there are no rows below the headers: nothing was measured.",
            remedy="Leave the file out.",
        )
    width = len(headers)
    return TextTable(
        columns=tuple(_column(header) for header in headers),
        rows=tuple(tuple((fields + [""] * width)[:width]) for _, fields in rows),
        lines=tuple(n for n, _ in rows),
        ragged=(),
        decimal_comma=False,
        comments=(),
    )


def _fields(line: str) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line]), [])]
    except csv.Error:
        return []


def _column(header: str) -> Column:
    match = _UNIT.match(header)
    return Column(header=header, unit=match[2] if match else "")


def _values(table: TextTable, start: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give the column whose header starts so, nan where it is empty or absent."""
    index = next((i for i, c in enumerate(table.columns) if c.header.startswith(start)), None)
    if index is None:
        return np.full(len(table.rows), np.nan)
    found = [number(row[index]) for row in table.rows]
    return np.array([np.nan if value is None else value for value in found])


def _bridge(path: Path, table: TextTable, decisions: Decisions) -> str:
    bridges = [m[1] for c in table.columns if (m := _BRIDGE.match(c.header))]
    filled: dict[str, Any] = {}
    for bridge in bridges:
        values = _values(table, f"Bridge {bridge} Resistance ")
        if np.isfinite(values).any():
            filled[bridge] = values[np.isfinite(values)]
    wanted = str(decisions.channel or "").lower().removeprefix("bridge").strip()
    if not wanted and len(filled) == 1:
        return str(next(iter(filled)))
    if wanted in filled:
        return wanted
    raise OpenQuestion(
        file=path.name,
        field="channel",
        found=f"bridge {wanted} holds no resistance."
        if wanted
        else f"{len(filled)} bridges hold a resistance.",
        argument="channel",
        candidates=[
            f"{bridge} ({values.min():.4g} to {values.max():.4g} ohm)"
            for bridge, values in filled.items()
        ],
    )


def _columns_of(table: TextTable, bridge: str) -> dict[str, str]:
    """Map the columns of one bridge; the field and the deviation only where every row has them."""
    resistance = f"Bridge {bridge} Resistance "
    measured = np.isfinite(_values(table, resistance))
    starts = {
        "temperature": "Temperature ",
        "time": "Time Stamp ",
        "field": "Magnetic Field ",
        "resistance": resistance,
        "resistance_std": f"Bridge {bridge} Std. Dev. ",
    }
    needed = {"temperature", "resistance"}
    columns = {}
    for quantity, start in starts.items():
        whole = np.isfinite(_values(table, start)[measured]).all()
        header = next((c.header for c in table.columns if c.header.startswith(start)), None)
        if quantity in needed or (header is not None and whole):
            columns[quantity] = header or start.strip()
    return columns


def _excitation(table: TextTable, bridge: str, decisions: Decisions) -> float:
    if decisions.current is not None:
        return decisions.current
    values = _values(table, f"Bridge {bridge} Excitation (uA)")
    known = values[np.isfinite(values)]
    return float(np.median(known)) * 1e-6 if known.size else float("nan")


def _resistivity(table: TextTable, bridge: str) -> dict[str, float]:
    """Give resistivity over resistance, which is what somebody typed as area over length."""
    resistance = _values(table, f"Bridge {bridge} Resistance ")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = _values(table, f"Bridge {bridge} Resistivity ") / resistance
    known = ratio[np.isfinite(ratio)]
    if not known.size:
        return {}
    return {"resistivity_over_resistance": float(np.median(known))}


def _geometry_warning(attrs: dict[str, Any]) -> tuple[str, ...]:
    ratio = attrs.get("resistivity_over_resistance", 1.0)
    if ratio == 1.0:
        return ()
    return (
        f"The resistivity column is {ratio:.6g} times the resistance, by a geometry that somebody "
        "typed; the resistance was taken.",
    )


def _started_at(
    lines: list[str], series: dict[str, Any], decisions: Decisions
) -> tuple[np.datetime64 | None, tuple[str, ...]]:
    """Give the moment of the first row, if the date can be read in one way only."""
    match = next((m for line in lines[:40] if (m := _OPENED.match(line))), None)
    if decisions.started_at is not None or match is None or "time" not in series:
        return None, ()
    first, second, year, hour, minute = (int(match[n]) for n in range(2, 7))
    if first != second and first <= 12 and second <= 12:
        return None, (
            f"The file was opened on {first}/{second}/{year}, which is two dates; the start is "
            "left unknown. Decide with started_at=...",
        )
    month, day = (first, second) if first <= 12 else (second, first)
    clock = hour % 12 + (12 if match[7] == "PM" else 0) if match[7] else hour
    try:
        opened = datetime(year, month, day, clock, minute, tzinfo=UTC).replace(tzinfo=None)
        moment = opened + timedelta(seconds=float(series["time"][0]) - float(match[1]))
    except (ValueError, OverflowError):
        return None, ("The date of the file cannot be read; the start is left unknown.",)
    return np.datetime64(moment, "ns"), ()

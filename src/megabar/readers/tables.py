"""CSV and other text tables with a stated column map; CSV out.

Which column is which is never guessed. The map names the quantity and the header, with the unit
where the header has none: ``columns={"temperature": "Temp in K", "resistance": "R in ohm"}``. A
second thermometer is kept as ``temperature_<name>``; the resistance of a platinum thermometer is
one in the unit ``Pt100``. A column mapped to ``resistance_offset`` is taken off the resistance.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas, units
from megabar.errors import OpenQuestion, UnitError, UnknownWord, UnreadableFile, did_you_mean
from megabar.readers import table_text
from megabar.readers.new_files import write_new
from megabar.readers.sweeps import is_value, sweep_from
from megabar.readers.thermometers import is_thermometer, temperature_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions
    from megabar.readers.table_text import Column, TextTable

_COORDINATES: Final = ("temperature", "time", "field", "wavelength", "raman_shift")
_SPECIFICATION: Final = re.compile(r"(?P<header>.+?)(?:\s+in\s+(?P<unit>[^\s].*))?")
_NUMBERED: Final = re.compile(r"column\s+(\d{1,4})", re.IGNORECASE)
_UNIT: Final = re.compile(r"[A-Za-z°\u00b5\u03bc]{1,12}(?:/[A-Za-z]{1,8})?")
_ALIASES: Final[Mapping[str, Mapping[str, float]]] = {
    "ohm": dict.fromkeys(("Ohm", "Ohms", "ohms", "OHM", "\u03a9", "\u2126"), 1.0)
    | dict.fromkeys(("mOhm", "m\u03a9"), 1e-3)
    | dict.fromkeys(("kOhm", "k\u03a9"), 1e3),
    "T": {"Oe": 1e-4, "kOe": 0.1, "G": 1e-4},
    "cm-1": {"cm-1": 1.0, "1/cm": 1.0, "cm^-1": 1.0},
    "m-2 s-1": dict.fromkeys(("m-2 s-1", "m-2s-1", "1/m2/s", "m^-2 s^-1"), 1.0),
    "s-1": dict.fromkeys(("s-1", "1/s", "D/s", "H/s", "s^-1"), 1.0),
    "1": {"": 1.0, "1": 1.0, "%": 0.01, "counts": 1.0, "a.u.": 1.0},
}


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """One entry of the column map, resolved."""

    quantity: str
    index: int
    unit: str


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one table as a Sweep.

    Parameters
    ----------
    path
        CSV, TSV, or columns separated by blanks; decimal commas are found out.
    decisions
        ``columns`` is asked for; ``source_kind`` for a resistance without time; ``time_unit``
        where the header has none; ``current`` [A] turns a voltage that is mapped as resistance
        into one; ``note`` for what must be printed beside the numbers.

    Returns
    -------
    :
        Dataset of schema ``sweep/1``. Lines that lack a number are left out, with a warning that
        names them.

    Raises
    ------
    ReadError
        If no table is found, or something is open.
    """
    table = table_text.parse(path)
    series, told = series_of(path, table, decisions, columns=decisions.columns)
    return sweep_from(path, decisions, series=series, warnings=told, format_name="tables")


def series_of(
    path: Path,
    table: TextTable,
    decisions: Decisions,
    *,
    columns: Mapping[str, str] | None,
) -> tuple[dict[str, NDArray[np.float64]], tuple[str, ...]]:
    """Give the mapped columns of a table in the units of datasets.

    Parameters
    ----------
    path
        The file, for messages.
    table
        The table.
    decisions
        ``time_unit`` and ``current``.
    columns
        Quantity -> ``"HEADER"``, ``"HEADER in UNIT"`` or ``"column 2 in UNIT"``.

    Returns
    -------
    :
        Quantity -> values, (point,); and a sentence for each line that was left out.

    Raises
    ------
    OpenQuestion
        If there is no map, no such column, or no unit.
    UnknownWord
        If a quantity does not exist.
    UnreadableFile
        If no row is whole.
    """
    wanted = _column_map(path, table, columns)
    raw, told = table_text.numbers(table, [entry.index for entry in wanted])
    if len(raw) == 0:
        raise UnreadableFile(
            file=path.name,
            field="columns",
            found="no row has a number in every mapped column.",
            remedy="Check the column map.",
        )
    series = {}
    for entry, values in zip(wanted, raw.T, strict=True):
        unit = entry.unit or table.columns[entry.index].unit
        if is_thermometer(unit) and schemas.unit_of(entry.quantity) == "K":
            kelvin, more = temperature_of(path, values, unit=unit, decisions=decisions)
            series[entry.quantity] = kelvin
            told = (*told, *more)
            continue
        name, converted = _converted(path, table.columns[entry.index], entry, values, decisions)
        series[name] = converted
    return series, told


def write_csv(dataset: xr.Dataset, path: Path) -> str:
    """Write a dataset as CSV: one row for each point, units in the header, every digit.

    Complex numbers become two columns, real and imaginary part; steps follow each other, with
    their number and their coordinates in columns of their own.

    Parameters
    ----------
    dataset
        Any dataset of a known schema.
    path
        New file.

    Returns
    -------
    :
        SHA-256 of the file.

    Raises
    ------
    StoreError
        If the file exists with other content.
    """
    frame = _flat_columns(schemas.check(dataset))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(frame)
    writer.writerows(zip(*frame.values(), strict=True))
    return write_new(path, stream.getvalue().encode())


# --- the column map -------------------------------------------------------------------------------


def _column_map(path: Path, table: TextTable, columns: Mapping[str, str] | None) -> list[_Wanted]:
    if columns is None:
        found = f"{len(table.columns)} columns of {len(table.rows)} rows, and no map of them."
        raise _column_question(path, table, "columns", found)
    wanted = [_resolved(path, table, quantity, str(text)) for quantity, text in columns.items()]
    if not any(is_value(entry.quantity) for entry in wanted):
        msg = (
            "Found a column map without anything measured. Map at least one of "
            f"{', '.join(schemas.SWEEP_VALUES)}."
        )
        raise UnknownWord(msg)
    return wanted


def _column_question(path: Path, table: TextTable, field: str, found: str) -> OpenQuestion:
    return OpenQuestion(
        file=path.name,
        field=field,
        found=found,
        argument="columns",
        candidates=[repr(column.header) for column in table.columns],
    )


def _resolved(path: Path, table: TextTable, quantity: str, text: str) -> _Wanted:
    """Find the column of one entry; a header that itself ends in "in UNIT" is taken whole."""
    known = (*schemas.SWEEP_VALUES, *_COORDINATES)
    if not schemas.base_of(quantity.removesuffix("_std"), known):
        msg = f"Found the quantity {quantity!r} in a column map. {did_you_mean(quantity, known)}"
        raise UnknownWord(msg)
    whole = _index(table.columns, text.strip())
    if whole is not None:
        return _Wanted(quantity=quantity, index=whole, unit="")
    match = _SPECIFICATION.fullmatch(text.strip())
    index = _index(table.columns, match["header"]) if match else None
    if match is None or index is None:
        found = f"there is no column {text[:60]!r}."
        raise _column_question(path, table, f"columns, {quantity}", found)
    return _Wanted(quantity=quantity, index=index, unit=match["unit"] or "")


def _index(columns: tuple[Column, ...], text: str) -> int | None:
    numbered = _NUMBERED.fullmatch(text)
    if numbered:
        place = int(numbered[1]) - 1
        return place if 0 <= place < len(columns) else None
    for spell in (str, str.lower):
        for names in ([c.header for c in columns], [c.name for c in columns]):
            hits = [i for i, name in enumerate(names) if spell(name) == spell(text)]
            if len(hits) == 1:
                return hits[0]
    return None


# --- numbers with units ---------------------------------------------------------------------------


def _converted(
    path: Path,
    column: Column,
    entry: _Wanted,
    values: NDArray[np.float64],
    decisions: Decisions,
) -> tuple[str, NDArray[np.float64]]:
    """Give the quantity under which a column is kept, and its values in the unit of datasets."""
    unit = entry.unit or column.unit
    target = schemas.unit_of(entry.quantity) or "1"
    if entry.quantity == "time" and not unit:
        return _time(path, column, values, decisions)
    affine = _affine(unit, target)
    if affine is not None:
        return entry.quantity, affine[0] + affine[1] * values
    volts = _affine(unit, "V") if target == "ohm" else None
    if volts is not None:
        if decisions.current is None or decisions.current == 0:
            raise OpenQuestion(
                file=path.name,
                field=column.header,
                found=f"{entry.quantity} is mapped to a voltage [{unit}].",
                argument="current",
                candidates=["the current through the sample, such as '100 uA'"],
            )
        return entry.quantity, (volts[0] + volts[1] * values) / decisions.current
    raise OpenQuestion(
        file=path.name,
        field=column.header,
        found=f"the unit {unit!r} does not convert to {target} for {entry.quantity}."
        if unit
        else f"its unit is not in the header, and {entry.quantity} needs one.",
        argument="columns",
        candidates=[f"{entry.quantity!r}: '{column.name} in UNIT'"],
    )


def _time(
    path: Path, column: Column, values: NDArray[np.float64], decisions: Decisions
) -> tuple[str, NDArray[np.float64]]:
    from megabar.readers.decisions import TIME_UNITS

    if decisions.time_unit is None:
        raise OpenQuestion(
            file=path.name,
            field=column.header,
            found="its unit is not in the file.",
            argument="time_unit",
            candidates=[
                *TIME_UNITS[:-1],
                "'unknown' keeps the numbers as file_time, and rates are per file unit",
            ],
        )
    if decisions.time_unit == schemas.UNKNOWN:
        return "file_time", values
    return "time", values * units.parse(f"1 {decisions.time_unit}", unit="s", name="time unit")


def _affine(unit: str, target: str) -> tuple[float, float] | None:
    """Give (a, b) such that a + b x turns ``unit`` into ``target``; None if there is none."""
    if unit == target and target != "1":
        return 0.0, 1.0
    aliases = _ALIASES.get(target, {})
    if unit in aliases:
        return 0.0, aliases[unit]
    if not _UNIT.fullmatch(unit) or target in {"1", "cm-1", "m-2 s-1", "s-1"}:
        return None
    try:
        zero = units.parse(f"0 {unit}", unit=target, name="unit of a column")
        one = units.parse(f"1 {unit}", unit=target, name="unit of a column")
    except UnitError:
        return None
    return zero, one - zero


# --- CSV out --------------------------------------------------------------------------------------


def _flat_columns(dataset: xr.Dataset) -> dict[str, list[Any]]:
    """Give header -> entries, all of one length."""
    dims = [str(dim) for dim in dataset.sizes]
    shape = tuple(dataset.sizes[dim] for dim in dims)
    columns: dict[str, list[Any]] = {}
    if "step" in dims:
        columns["step"] = _spread(np.arange(dataset.sizes["step"]), ("step",), dims, shape)
    for name in (*dataset.coords, *dataset.data_vars):
        variable = dataset[name]
        entries = np.asarray(variable.values)
        unit = variable.attrs.get("units")
        header = f"{name} [{unit}]" if unit else str(name)
        along = tuple(map(str, variable.dims))
        if entries.dtype.kind == "c":
            columns[f"{header} real"] = _spread(entries.real, along, dims, shape)
            columns[f"{header} imaginary"] = _spread(entries.imag, along, dims, shape)
        elif along:
            columns[header] = _spread(entries, along, dims, shape)
        elif not dims:
            columns[header] = [entries.item()]
    return columns


def _spread(
    entries: NDArray[Any], along: tuple[str, ...], dims: list[str], shape: tuple[int, ...]
) -> list[Any]:
    view = entries.reshape([n if d in along else 1 for d, n in zip(dims, shape, strict=True)])
    flat: list[Any] = np.broadcast_to(view, shape).ravel().tolist()
    return flat

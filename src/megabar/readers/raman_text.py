"""Raman and ruby spectra as text: BWTek, and Ocean Optics SpectraSuite.

A file of two columns without a header is a table: the caller says what its axis is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.errors import TruncatedData, UnreadableFile
from megabar.readers import sweeps
from megabar.readers.plain_text import moment, number, read_lines

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_SATURATED: Final = 65535.0
_BEGIN: Final = "Begin Processed Spectral Data"
_END: Final = "End Processed Spectral Data"


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one spectrum.

    Parameters
    ----------
    path
        The text file.
    decisions
        cell, started_at, note.

    Returns
    -------
    :
        Dataset of schema ``sweep/1``: intensity over wavelength [nm] and, where the file has it,
        raman_shift [cm-1]. A saturated detector gives nan, and the attribute ``saturated_points``.

    Raises
    ------
    ReadError
        If it is neither of the two formats, or ends early.
    """
    lines = read_lines(path)
    if any(_BEGIN in line for line in lines):
        columns, attrs, told = _spectrasuite(path, lines)
    else:
        columns, attrs, told = _bwtek(path, lines)
    if decisions.note is not None:
        told = (*told, f"Note: {decisions.note}.")
        attrs = {**attrs, "note": decisions.note}
    started_at = attrs.pop("date", None)
    origin = sweeps.origin(path, decisions, format_name="raman-text")
    dataset = schemas.sweep(
        {"intensity": columns.pop("intensity")},
        coords=columns,
        attrs={**origin, "current": float("nan"), "source_kind": "log", **attrs},
        started_at=decisions.started_at or started_at,
    )
    return schemas.with_warnings(dataset, *told) if told else dataset


# --- BWTek ----------------------------------------------------------------------------------------


def _bwtek(
    path: Path, lines: list[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any], tuple[str, ...]]:
    start = next((n for n, line in enumerate(lines) if line.startswith("Pixel;")), None)
    if start is None:
        raise UnreadableFile(
            file=path.name,
            field="Pixel",
            found="there is no line of headers that starts with Pixel.",
            remedy="Copy the file again, or read it with format='tables' and a column map.",
        )
    header = dict(_key_and_value(line) for line in lines[:start] if ";" in line)
    headers = [word.strip() for word in lines[start].split(";")]
    wanted = {
        "wavelength": _place(path, headers, "Wavelength"),
        "raman_shift": _place(path, headers, "Raman Shift"),
        "raw": _place(path, headers, "Raw data"),
        "intensity": _place(path, headers, "Dark Subtracted"),
    }
    rows = [[word.strip() for word in line.split(";")] for line in lines[start + 1 :] if line]
    announced = number(header.get("pixel_num", ""))
    if announced is not None and len(rows) < announced:
        raise TruncatedData(
            file=path.name,
            field="pixel_num",
            found=f"{len(rows)} rows where {announced:g} are announced.",
            remedy="Copy the file again from the instrument.",
        )
    columns, left_out = _lit(path, rows, wanted)
    told = left_out
    saturated = np.flatnonzero(columns.pop("raw") >= _SATURATED)
    columns["intensity"][saturated] = np.nan
    attrs: dict[str, Any] = {"saturated_points": saturated.tolist()}
    attrs |= _instrument(header)
    if saturated.size:
        shifts = columns["raman_shift"][saturated]
        told += (
            f"The detector was saturated at {saturated.size} points between {shifts.min():g} and "
            f"{shifts.max():g} cm-1; they are nan.",
        )
    return columns, attrs, told


def _key_and_value(line: str) -> tuple[str, str]:
    key, _, value = line.partition(";")
    return key.strip(), value.strip()


def _place(path: Path, headers: list[str], start: str) -> int:
    for place, header in enumerate(headers):
        if header.startswith(start):
            return place
    raise UnreadableFile(
        file=path.name,
        field=start,
        found="there is no such column.",
        remedy="Export the spectrum with wavelength, Raman shift, raw and dark-subtracted data.",
    )


def _lit(
    path: Path, rows: list[list[str]], wanted: Mapping[str, int]
) -> tuple[dict[str, NDArray[np.float64]], tuple[str, ...]]:
    """Give the rows that have a place on the axis; pixels outside the calibration have none."""
    kept = []
    for row in rows:
        values = [_either_mark(row[i]) if i < len(row) else None for i in wanted.values()]
        if all(value is not None for value in values):
            kept.append(values)
    if len(kept) < 2:
        raise UnreadableFile(
            file=path.name,
            field="rows",
            found=f"{len(kept)} rows have a number in every wanted column.",
            remedy="Copy the file again from the instrument.",
        )
    table = np.array(kept, dtype=np.float64)
    outside = len(rows) - len(kept)
    told = (f"{outside} pixels have no place on the axis; they were left out.",) if outside else ()
    return dict(zip(wanted, table.T.copy(), strict=True)), told


def _either_mark(field: str) -> float | None:
    """Give a number with decimal comma or point; a field with both has thousands, and is none."""
    value = number(field, decimal_comma="," in field)
    return value if value is not None and np.isfinite(value) else None


def _instrument(header: Mapping[str, str]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    laser = _either_mark(header.get("laser_wavelength", ""))
    if laser is not None:
        known["laser_wavelength"] = laser * 1e-9
    exposure = _either_mark(header.get("intigration times(ms)", ""))
    if exposure is not None:
        known["exposure"] = exposure * 1e-3
    known["date"] = moment(header.get("Date"))
    return known


# --- Ocean Optics ---------------------------------------------------------------------------------


def _spectrasuite(
    path: Path, lines: list[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, Any], tuple[str, ...]]:
    begin = next(n for n, line in enumerate(lines) if _BEGIN in line)
    end = next((n for n, line in enumerate(lines) if _END in line and n > begin), None)
    pairs = [line.split() for line in lines[begin + 1 : end]]
    values = [[_either_mark(word) for word in pair] for pair in pairs]
    good = [pair for pair in values if len(pair) == 2 and None not in pair]
    if end is None:
        raise TruncatedData(
            file=path.name,
            field=_END,
            found="there is no such line; the file ends among its data.",
            remedy="Copy the file again from the instrument.",
            partial=good,
        )
    if len(good) != len(pairs) or len(good) < 2:
        raise UnreadableFile(
            file=path.name,
            field=_BEGIN,
            found=f"{len(good)} of {len(pairs)} lines hold a wavelength and an intensity.",
            remedy="Copy the file again from the instrument.",
        )
    table = np.array(good, dtype=np.float64)
    return {"wavelength": table[:, 0].copy(), "intensity": table[:, 1].copy()}, {}, ()

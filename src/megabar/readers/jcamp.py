"""JCAMP-DX files: FIDs and processed spectra, also inside LINK files.

A LINK file is walked block by block; blocks without NPOINTS are drawings and footers. The four
statements about the axis must agree. Tables may be packed (AFFN, PAC, SQZ, DIF, DUP).

References
----------
R. S. McDonald, P. A. Wilks, Appl. Spectrosc. 42, 151 (1988), doi:10.1366/0003702884428734.
A. N. Davies, P. Lampen, Appl. Spectrosc. 47, 1093 (1993), doi:10.1366/0003702934067874.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers.bruker_header import group_delay
from megabar.readers.questions import chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from
from megabar.readers.vendor_bytes import text_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_LABEL = re.compile(r"^[ \t]*##([^=\n]*)=", re.MULTILINE)
_PLAIN = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_PACKED = r"(?P<packed>[@A-Ia-i%J-Rj-rS-Zs])(?P<digits>\d*)"
_GAP = r"(?P<gap>[\s,;]+)"
_TOKEN_OF_NUMBERS = re.compile(rf"(?P<plain>{_PLAIN}(?:[eE][-+]?\d+)?)|{_PACKED}|{_GAP}")
_TOKEN_OF_PACKED = re.compile(rf"(?P<plain>{_PLAIN})|{_PACKED}|{_GAP}")
_IS_PACKED = re.compile(r"[@%A-DF-Za-df-s]")  # without e and E, which may be exponents
_SQUEEZED: Final = {"@": 0, **{c: i for i, c in enumerate("ABCDEFGHI", 1)},
                    **{c: -i for i, c in enumerate("abcdefghi", 1)}}  # fmt: skip
_DIFFERENCE: Final = {"%": 0, **{c: i for i, c in enumerate("JKLMNOPQR", 1)},
                      **{c: -i for i, c in enumerate("jklmnopqr", 1)}}  # fmt: skip
_REPEATED: Final = {c: i for i, c in enumerate("STUVWXYZs", 1)}
_MOST_POINTS = 1 << 26
_AXIS_TOLERANCE = 1e-3
_UNITS: Final = {"SECONDS": "time", "HZ": "frequency"}


@dataclass(frozen=True, kw_only=True)
class _Axis:
    """What a block states about its abscissa.

    Parameters
    ----------
    points
        How many.
    first
        Abscissa of the first point [s] or [Hz].
    step
        From point to point, with sign.
    domain
        ``"time"`` or ``"frequency"``.
    """

    points: int
    first: float
    step: float
    domain: str


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read a JCAMP-DX file that holds one FID or one spectrum.

    Parameters
    ----------
    path
        The file.
    decisions
        What the file leaves open.

    Returns
    -------
    :
        Schema ``acquisition/1`` for a FID, ``spectrum/1`` for a processed spectrum.

    Raises
    ------
    ReadError
        Naming the file and the field.
    """
    block = _data_block(path)
    axis, parts = _table(path.name, block)
    data = parts[0] + 1j * parts[1]
    frequency = _number(block, ".OBSERVEFREQUENCY") * 1e6
    warnings: tuple[str, ...] = ()
    if axis.step < 0:
        data = data[::-1]
    delay, centre = 0.0, 0.0
    if axis.domain == "time":
        delay, warnings = group_delay(path.name, _without_dollars(block), decisions)
    else:
        lowest = min(axis.first, axis.first + (axis.points - 1) * axis.step)
        centre = -lowest / abs(axis.step)
        warnings = ("The zero of the frequency axis is the reference chosen in the file.",)
    chosen_table(file=path.name, rows=1, tables=(), decisions=decisions)
    length = abs(axis.step) * (1 if axis.domain == "time" else axis.points)
    record = Record(
        format="jcamp",
        root=path,
        files=(path.name,),
        data=data[np.newaxis],
        dwell=length if axis.domain == "time" else 1 / length,
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=path.name,
            stated=block.get(".OBSERVENUCLEUS", ""),
            frequency=frequency,
            decisions=decisions,
        ),
        n_scans=(_number(block, ".AVERAGES"),),
        domain=axis.domain,
        group_delay=delay,
        centre_point=centre,
        sense_known=axis.domain == "frequency",
        started_at=_moment(block.get("LONGDATE", "")),
        notes={"clock": "local time of the instrument"},
        warnings=warnings,
    )
    return dataset_from(record, decisions)


# --- blocks ---------------------------------------------------------------------------------------


def _data_block(path: Path) -> dict[str, str]:
    blocks = list(_blocks(text_of(path)))
    found = [block for block in blocks if "NPOINTS" in block or "NTUPLES" in block]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnreadableFile(
            file=path.name,
            field="NPOINTS",
            found=f"none of its {len(blocks)} blocks holds a table.",
            remedy="Is the file complete?",
        )
    raise UnreadableFile(
        file=path.name,
        field="BLOCKS",
        found=f"{len(found)} of its blocks hold data.",
        remedy="Split it, one file for each measurement.",
    )


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Walk the blocks; each begins with TITLE. Where a label comes twice, all values are joined."""
    block: dict[str, str] = {}
    marks = list(_LABEL.finditer(text))
    ends = [*(mark.start() for mark in marks), len(text)]
    for mark, end in zip(marks, ends[1:], strict=True):
        label = re.sub(r"[\s/_-]", "", mark.group(1)).upper()
        value = text[mark.end() : end]
        if label == "TITLE" and block:
            yield block
            block = {}
        clean = "\n".join(line.split("$$")[0] for line in value.split("\n")).strip()
        block[label] = (
            f"{block[label]}{_PAGE}{clean}" if label in _PAGED and label in block else clean
        )
    if block:
        yield block


_PAGE = "\f"
_PAGED = frozenset({"PAGE", "DATATABLE"})


def _without_dollars(block: Mapping[str, str]) -> dict[str, str]:
    return {label.lstrip("$"): value for label, value in block.items()}


def _number(block: Mapping[str, str], label: str) -> float:
    try:
        return float(block.get(label, "nan"))
    except ValueError:
        return float("nan")


def _moment(stamp: str) -> str | None:
    try:
        return datetime.strptime(stamp.split(".")[0], "%Y/%m/%d %H:%M:%S").isoformat()  # noqa: DTZ007
    except ValueError:
        return None


# --- tables ---------------------------------------------------------------------------------------


def _table(
    file: str, block: Mapping[str, str]
) -> tuple[_Axis, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    if "NTUPLES" in block:
        return _pages(file, block)
    axis = _axis(
        file,
        points=block["NPOINTS"],
        unit=block.get("XUNITS", ""),
        first=block.get("FIRSTX", ""),
        last=block.get("LASTX", ""),
        step=block.get("DELTAX", ""),
    )
    form, _, body = block.get("XYDATA", "").partition("\n")
    if form.replace(" ", "") != "(X++(Y..Y))":
        raise UnreadableFile(
            file=file,
            field="XYDATA",
            found=f"its form is {form[:40]!r}.",
            remedy="Only tables of the form (X++(Y..Y)) are read.",
        )
    real = _ordinates(file, body, axis.points) * _factor(file, block.get("YFACTOR", "1"))
    return axis, (real, np.zeros_like(real))


def _pages(
    file: str, block: Mapping[str, str]
) -> tuple[_Axis, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Read real and imaginary part of an NTUPLES block."""
    columns = {
        label: [entry.strip() for entry in block.get(label, "").split(",")]
        for label in ("SYMBOL", "VARDIM", "UNITS", "FACTOR", "FIRST", "LAST")
    }
    try:
        at = {symbol: columns["SYMBOL"].index(symbol) for symbol in "XRI"}
        axis = _axis(
            file,
            points=columns["VARDIM"][at["X"]],
            unit=columns["UNITS"][at["X"]],
            first=columns["FIRST"][at["X"]],
            last=columns["LAST"][at["X"]],
            step="",
        )
        factors = [columns["FACTOR"][at[symbol]] for symbol in "RI"]
    except (ValueError, IndexError):
        raise UnreadableFile(
            file=file,
            field="NTUPLES",
            found="SYMBOL, VAR_DIM, UNITS, FACTOR, FIRST and LAST do not describe X, R and I.",
            remedy="Only complex FIDs and spectra with pages R and I are read.",
        ) from None
    tables = block.get("DATATABLE", "").split(_PAGE)
    parts = []
    for symbol, factor in zip("RI", factors, strict=True):
        wanted = [table for table in tables if f"({symbol}..{symbol})" in table.split("\n")[0]]
        if len(wanted) != 1:
            raise UnreadableFile(
                file=file,
                field="DATA TABLE",
                found=f"{len(wanted)} pages hold {symbol}; one is needed.",
                remedy="Is the file complete?",
            )
        body = wanted[0].partition("\n")[2]
        parts.append(_ordinates(file, body, axis.points) * _factor(file, factor))
    return axis, (parts[0], parts[1])


def _factor(file: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value == 0 or not np.isfinite(value):
        raise InconsistentHeader(
            file=file,
            field="YFACTOR",
            found=f"it is {text[:40]!r}, and nothing would be left of the data.",
            remedy="The header is damaged: export the file again.",
        )
    return value


def _axis(file: str, *, points: str, unit: str, first: str, last: str, step: str) -> _Axis:
    try:
        count = int(points)
        start, end = float(first), float(last)
        delta = (end - start) / (count - 1)
        stated = float(step) if step else delta
    except (ValueError, ZeroDivisionError):
        count, start, delta, stated = 0, 0.0, 0.0, 0.0
    domain = _UNITS.get(unit.strip().upper())
    if not 1 < count <= _MOST_POINTS or delta == 0 or not np.isfinite([start, delta]).all():
        raise InconsistentHeader(
            file=file,
            field="NPOINTS, FIRSTX, LASTX",
            found="they do not describe an axis.",
            remedy="The header is damaged: export the file again.",
        )
    if abs(stated / delta - 1) > _AXIS_TOLERANCE:
        raise InconsistentHeader(
            file=file,
            field="DELTAX",
            found=f"it is {stated:g}, but (LASTX - FIRSTX)/(NPOINTS - 1) is {delta:g}.",
            remedy="The header is damaged: export the file again.",
        )
    if domain is None:
        raise UnreadableFile(
            file=file,
            field="XUNITS",
            found=f"it is {unit[:40]!r}.",
            remedy="Only SECONDS and HZ are read; export the file in one of them.",
        )
    return _Axis(points=count, first=start, step=delta, domain=domain)


def _ordinates(file: str, body: str, points: int) -> NDArray[np.float64]:
    token = _TOKEN_OF_PACKED if _IS_PACKED.search(body) else _TOKEN_OF_NUMBERS
    values: list[float] = []
    carried = False
    for line in body.split("\n"):
        if not line.strip():
            continue
        row, ends_with_difference = _unpacked(file, line, token, points)
        if carried:
            _check_carry(file, values, row)
        values += row[1:] if carried else row
        carried = ends_with_difference
        if len(values) > points + 1:
            break
    if len(values) < points:
        raise TruncatedData(
            file=file,
            field="NPOINTS",
            found=f"{points} points are stated, {len(values)} are there.",
            remedy="Copy it again; what is there is in the error's `partial`.",
            partial=np.array(values),
        )
    if len(values) > points and not (carried and len(values) == points + 1):
        raise InconsistentHeader(
            file=file,
            field="NPOINTS",
            found=f"{points} points are stated, more are there.",
            remedy="The header is damaged: export the file again.",
        )
    return np.array(values[:points], dtype=np.float64)


def _check_carry(file: str, values: Sequence[float], row: Sequence[float]) -> None:
    """Compare the first ordinate of a line with the last of the packed line before it."""
    if values and row and values[-1] != row[0]:
        raise InconsistentHeader(
            file=file,
            field="XYDATA",
            found=f"a line ends with {values[-1]:g} and the next repeats it as {row[0]:g}.",
            remedy="The table is damaged: export the file again.",
        )


def _unpacked(
    file: str, line: str, token: re.Pattern[str], points: int
) -> tuple[list[float], bool]:
    """Unpack one line of a table: its abscissa is dropped; say whether it ends in differences."""
    values: list[float] = []
    difference: float | None = None
    position, first = 0, True
    while position < len(line):
        match = token.match(line, position)
        if match is None:
            raise UnreadableFile(
                file=file,
                field="XYDATA",
                found=f"{line[position : position + 12]!r} is no number of a table.",
                remedy="The table is damaged: export the file again.",
            )
        position = match.end()
        if match["gap"]:
            continue
        if first:  # the abscissa
            first = False
            continue
        difference = _append(values, match, difference, points)
    return values, difference is not None


def _append(
    values: list[float], match: re.Match[str], difference: float | None, points: int
) -> float | None:
    """Append what one token says; give the difference that a repetition would repeat."""
    if match["plain"]:
        values.append(float(match["plain"]))
        return None
    code, digits = match["packed"], match["digits"]
    if code in _SQUEEZED:
        values.append(_signed(_SQUEEZED[code], digits))
        return None
    if not values:
        return difference
    if code in _DIFFERENCE:
        step = _signed(_DIFFERENCE[code], digits)
        values.append(values[-1] + step)
        return step
    repeats = int(min(_signed(_REPEATED[code], digits), points + 1)) - 1
    for _ in range(repeats):
        values.append(values[-1] + (difference or 0.0))
    return difference


def _signed(leading: int, digits: str) -> float:
    return float(f"{leading}{digits}")  # thousands of damaged digits give inf, which is refused

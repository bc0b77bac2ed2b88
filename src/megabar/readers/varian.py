"""Agilent/Varian VnmrJ folders (.fid): ``fid`` and ``procpar``.

``np`` counts real numbers; ``array`` names the parameters that were stepped, and their kind says
the unit of their values: delays in s, pulses in us, frequencies in Hz.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from megabar.errors import InconsistentHeader, UnreadableFile
from megabar.readers.questions import Table, chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from
from megabar.readers.vendor_bytes import complex_from_pairs, head_of, numbers_in, text_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_FILE_HEADER: Final = struct.Struct(">6i2hi")
_BLOCK_HEADER: Final = struct.Struct(">4hi4f")
_SPECTRUM, _LONG, _FLOAT = 0x2, 0x4, 0x8
_LARGEST_SCALE = 31
_MOST_TEXTS = 4096
_KINDS: Final = MappingProxyType(
    {"3": ("delay", 1.0), "6": ("pulse_length", 1e-6), "5": ("carrier_offset", 1.0)}
)
"""Kind of a parameter -> what its values are, and their unit."""


@dataclass(frozen=True, kw_only=True)
class _Parameter:
    """One entry of procpar.

    Parameters
    ----------
    kind
        Code of its kind.
    values
        Its values as text, without quotation marks.
    """

    kind: str
    values: tuple[str, ...]


class _FidHeader(NamedTuple):
    """The 32 bytes that a fid begins with, under their own names."""

    nblocks: int
    ntraces: int
    np: int
    ebytes: int
    tbytes: int
    bbytes: int
    vers_id: int
    status: int
    nbheaders: int


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read a folder with fid and procpar.

    Parameters
    ----------
    path
        The folder, or its fid.
    decisions
        What the folder leaves open, such as ``time_origin``; ``array`` if several parameters were
        stepped at once.

    Returns
    -------
    :
        Schema ``acquisition/1``.

    Raises
    ------
    ReadError
        Naming the file and the field.
    """
    folder = path.parent if path.is_file() else path
    parameters = _parameters(text_of(folder / "procpar"))
    header = _fid_header(folder / "fid")
    _check(folder.name, header, parameters)
    data, scans = _data(folder / "fid", header)
    rows = len(data)
    frequency = _number(parameters, "sfrq") * 1e6
    proton = _number(parameters, "H1reffrq") * 1e6
    stated = _word(parameters, "array")
    record = Record(
        format="varian",
        root=folder,
        files=("fid", "procpar"),
        data=data,
        dwell=1 / _width(folder.name, parameters),
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=folder.name,
            stated=_word(parameters, "tn"),
            frequency=frequency,
            proton_frequencies=[proton] if 0 < proton < float("inf") else [],
            decisions=decisions,
        ),
        n_scans=scans,
        table=chosen_table(
            file=folder.name,
            rows=rows,
            tables=_stepped(parameters, rows),
            decisions=decisions,
            stated=stated,
        ),
        started_at=_moment(_word(parameters, "time_run")),
        sense_known=False,
        notes={
            "receiver_gain": _number(parameters, "gain"),
            "pulse_program": _word(parameters, "seqfil").replace("\\", "/").rsplit("/", 1)[-1],
            "clock": "local time of the instrument",
        },
        warnings=_unfinished(parameters, scans),
    )
    return dataset_from(record, decisions)


def _parameters(text: str) -> dict[str, _Parameter]:
    """Split procpar: a line that describes a parameter, then its values, then its choices."""
    found: dict[str, _Parameter] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        words = line.split()
        if len(words) < 11 or not words[1].isdecimal():
            continue
        count, _, first = next(lines, "").strip().partition(" ")
        values = _values(count, first, lines)
        found.setdefault(words[0], _Parameter(kind=words[1], values=values))
        next(lines, "")
    return found


def _values(count: str, first: str, lines: Iterator[str]) -> tuple[str, ...]:
    """Give the values: numbers share a line, texts have one each."""
    if not first.startswith('"'):
        return tuple(first.split())
    wanted = int(count) if count.isdecimal() else 1
    texts = [first, *(next(lines, "") for _ in range(min(wanted, _MOST_TEXTS) - 1))]
    return tuple(text.strip().strip('"') for text in texts)


def _number(parameters: Mapping[str, _Parameter], name: str) -> float:
    values = parameters[name].values if name in parameters else ()
    try:
        return float(values[0]) if values else float("nan")
    except ValueError:
        return float("nan")


def _word(parameters: Mapping[str, _Parameter], name: str) -> str:
    values = parameters[name].values if name in parameters else ()
    return values[0] if values else ""


def _width(file: str, parameters: Mapping[str, _Parameter]) -> float:
    width = _number(parameters, "sw")
    if not 0 < width < float("inf"):
        raise InconsistentHeader(
            file=file,
            field="sw",
            found=f"the width is {width:g} Hz, and no time axis can be made from it.",
            remedy="procpar is damaged or incomplete: copy it again.",
        )
    return width


def _moment(stamp: str) -> str | None:
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S").isoformat()  # noqa: DTZ007
    except ValueError:
        return None


def _stepped(parameters: Mapping[str, _Parameter], rows: int) -> list[Table]:
    """Give the parameters that hold as many times or frequencies as there are rows."""
    tables = []
    for name, parameter in parameters.items():
        if parameter.kind in _KINDS and len(parameter.values) == rows > 1:
            coordinate, factor = _KINDS[parameter.kind]
            tables.append(
                Table(
                    name=name,
                    values=tuple(float(value) * factor for value in parameter.values),
                    coordinate=coordinate,
                    origin="parameter named by array",
                )
            )
    return tables


def _unfinished(parameters: Mapping[str, _Parameter], scans: tuple[float, ...]) -> tuple[str, ...]:
    wanted = _number(parameters, "nt")
    least = min(scans)
    return (f"{least:g} of {wanted:g} scans were acquired.",) if least < wanted else ()


# --- fid ------------------------------------------------------------------------------------------


def _fid_header(path: Path) -> _FidHeader:
    return _FidHeader(*_FILE_HEADER.unpack(head_of(path, length=_FILE_HEADER.size)))


def _check(file: str, header: _FidHeader, parameters: Mapping[str, _Parameter]) -> None:
    stated = _number(parameters, "np")
    if stated != header.np:
        raise InconsistentHeader(
            file=file,
            field="np",
            found=f"procpar says {stated:g} numbers a trace, fid says {header.np}.",
            remedy="The two files are not of one experiment, or damaged: copy them again.",
        )
    size = 4 if header.status & (_LONG | _FLOAT) else 2
    sizes = (size, header.np * size, header.ntraces * header.tbytes + 28 * header.nbheaders)
    if sizes != (header.ebytes, header.tbytes, header.bbytes) or min(header[:6]) < 1:
        raise InconsistentHeader(
            file=file,
            field="header of fid",
            found=f"its sizes contradict each other: {tuple(header[:6])}.",
            remedy="The file is damaged: copy it again.",
        )
    if header.status & _SPECTRUM:
        raise UnreadableFile(
            file=file,
            field="status",
            found="it holds a spectrum, not a signal.",
            remedy="Read the fid of the experiment itself.",
        )


def _data(path: Path, header: _FidHeader) -> tuple[NDArray[np.complex128], tuple[float, ...]]:
    kind = ">f4" if header.status & _FLOAT else ">i4" if header.status & _LONG else ">i2"
    content = numbers_in(
        path,
        dtype=np.uint8,
        count=header.nblocks * header.bbytes,
        offset=_FILE_HEADER.size,
        field="nblocks",
    ).reshape(header.nblocks, header.bbytes)
    start = header.nbheaders * _BLOCK_HEADER.size
    numbers = np.ascontiguousarray(content[:, start:]).view(kind)
    traces = numbers.reshape(header.nblocks * header.ntraces, header.np).astype(np.float64)
    scans: list[float] = []
    for block, head in enumerate(content[:, : _BLOCK_HEADER.size]):
        scale, _, _, _, count, *_ = _BLOCK_HEADER.unpack(head.tobytes())
        if abs(scale) > _LARGEST_SCALE:
            raise InconsistentHeader(
                file=path.parent.name,
                field=f"scale of block {block + 1}",
                found=f"the numbers would be multiplied by 2^{scale}.",
                remedy="The file is damaged: copy it again.",
            )
        traces[block * header.ntraces : (block + 1) * header.ntraces] *= 2.0**scale
        scans += [float(count) if count > 0 else float("nan")] * header.ntraces
    return complex_from_pairs(traces), tuple(scans)

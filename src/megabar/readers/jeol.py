"""JEOL Delta files (.jdf): one-dimensional signals.

The header is big endian, parameters and data follow its flag. The digital filter is described by
ORDERS and FACTORS: the first character is the number of stages, the digits that follow are the
orders of the stages, the digits of FACTORS their decimations.

Two more facts that the files prove and do not say. The second half of the data is minus the
imaginary part: only so does chloroform come out at +7.7 and not at -7.7 ppm. And ``x_freq`` is the
frequency of zero ppm; the middle of the spectrum lies ``x_offset`` ppm above it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from megabar.errors import InconsistentHeader, UnreadableFile
from megabar.matter.nuclei import TMS_FREQUENCY_OVER_FIELD
from megabar.readers.questions import chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from
from megabar.readers.vendor_bytes import head_of, numbers_in

if TYPE_CHECKING:
    import xarray as xr

    from megabar.readers.decisions import Decisions

_MAGIC = b"JEOL.NMR"
_HEADER = 1296
_ENTRY: Final = 64
_MOST_PARAMETERS = 16384
_COMPLEX, _SECOND, _ONE_DIMENSION = 3, 28, 1
_EPOCH = datetime(1990, 1, 1)  # noqa: DTZ001
_LAST_SECOND = 3471292800  # the year 2100
_LARGEST_OFFSET = 1e5  # ppm; ten per cent of the frequency
_VALUES: Final = MappingProxyType({0: "16s", 1: "i", 2: "d"})


class _Header(NamedTuple):
    """Fields of the header that are used, under their own names."""

    order: str
    data_type: int
    data_format: int
    axis_type: int
    unit: int
    points: int
    offset_start: int
    offset_stop: int
    param_start: int
    param_length: int
    data_start: int


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read a .jdf file.

    Parameters
    ----------
    path
        The file.
    decisions
        What the file leaves open, such as ``time_origin``.

    Returns
    -------
    :
        Schema ``acquisition/1``.

    Raises
    ------
    ReadError
        Naming the file and the field.
    """
    header = _header(path)
    parameters = _parameters(path, header)
    width = _positive(path.name, parameters, "x_sweep")
    base_frequency = _positive(path.name, parameters, "x_freq")
    frequency = base_frequency * (1 + 1e-6 * _offset(path.name, parameters))
    field_strength = parameters.get("field_strength")
    proton = (
        [field_strength * TMS_FREQUENCY_OVER_FIELD]
        if isinstance(field_strength, float) and field_strength > 0
        else []
    )
    chosen_table(file=path.name, rows=1, tables=(), decisions=decisions)
    record = Record(
        format="jeol",
        root=path,
        files=(path.name,),
        data=_data(path, header)[np.newaxis],
        dwell=1 / width,
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=path.name,
            stated=str(parameters.get("x_domain", "")),
            frequency=frequency,
            proton_frequencies=proton,
            decisions=decisions,
        ),
        n_scans=(_number(parameters, "total_scans"),),
        group_delay=_group_delay(path.name, parameters),
        repetition_time=_number(parameters, "repetition_time"),
        started_at=_moment(_number(parameters, "actual_start_time")),
        notes={
            "base_frequency": base_frequency,
            "receiver_gain": _number(parameters, "recvr_gain"),
            "clock": "local time of the instrument",
        },
    )
    return dataset_from(record, decisions)


def _header(path: Path) -> _Header:
    content = head_of(path, length=_HEADER, magic=_MAGIC)

    def take(layout: str, offset: int) -> int:
        return int(struct.unpack_from(f">{layout}", content, offset)[0])

    header = _Header(
        order="<" if content[8] == 1 else ">",
        data_type=content[14] >> 6,
        data_format=content[14] & 0x3F,
        axis_type=content[24],
        unit=content[33],
        points=take("I", 176),
        offset_start=take("I", 208),
        offset_stop=take("I", 240),
        param_start=take("I", 1212),
        param_length=take("I", 1216),
        data_start=take("I", 1284),
    )
    _check(path.name, header)
    return header


def _check(file: str, header: _Header) -> None:
    if (header.data_format, header.axis_type, header.unit) != (_ONE_DIMENSION, _COMPLEX, _SECOND):
        raise UnreadableFile(
            file=file,
            field="format",
            found="it is not one complex signal over time.",
            remedy="Export the FID of each experiment from Delta as 1D.",
        )
    if not header.offset_start <= header.offset_stop < header.points or header.data_type > 1:
        raise InconsistentHeader(
            file=file,
            field="data_points",
            found=f"points {header.offset_start} to {header.offset_stop} of {header.points}.",
            remedy="The header is damaged: copy the file again.",
        )


def _data(path: Path, header: _Header) -> np.ndarray[Any, np.dtype[np.complex128]]:
    kind = header.order + ("f8" if header.data_type == 0 else "f4")
    values = numbers_in(
        path, dtype=kind, count=2 * header.points, offset=header.data_start, field="data_points"
    )
    signal = values[: header.points] - 1j * values[header.points :]
    return signal[header.offset_start : header.offset_stop + 1].astype(np.complex128)


def _parameters(path: Path, header: _Header) -> dict[str, float | str]:
    """Read the parameters that hold one number or text, by their names in lower case."""
    length = max(min(header.param_length, path.stat().st_size - header.param_start), 0)
    with path.open("rb") as stream:
        stream.seek(header.param_start)
        content = stream.read(min(length, _ENTRY * _MOST_PARAMETERS))
    found: dict[str, float | str] = {}
    for start in range(16, len(content) - _ENTRY + 1, _ENTRY):
        scale, kind = struct.unpack_from(f"{header.order}4xh26xi", content, start)
        name = content[start + 36 : start + _ENTRY].decode("latin-1").strip("\x00 ").lower()
        if kind not in _VALUES:
            continue
        (value,) = struct.unpack_from(header.order + _VALUES[kind], content, start + 16)
        if isinstance(value, bytes):
            found.setdefault(name, value.decode("latin-1").strip("\x00 "))
        elif abs(scale) <= 24:  # from yocto to yotta
            found.setdefault(name, float(value) * 10.0**scale)
    return found


def _number(parameters: Mapping[str, float | str], name: str) -> float:
    value = parameters.get(name)
    return value if isinstance(value, float) and value > 0 else float("nan")


def _positive(file: str, parameters: Mapping[str, float | str], name: str) -> float:
    value = _number(parameters, name)
    if not 0 < value < float("inf"):
        raise InconsistentHeader(
            file=file,
            field=name,
            found=f"it is {parameters.get(name, 'absent')!r}; a number above 0 is needed.",
            remedy="The parameters are damaged: copy the file again.",
        )
    return value


def _offset(file: str, parameters: Mapping[str, float | str]) -> float:
    value = parameters.get("x_offset")
    if isinstance(value, float) and abs(value) < _LARGEST_OFFSET:
        return value
    raise InconsistentHeader(
        file=file,
        field="x_offset",
        found=f"it is {value!r}; a number of ppm is needed.",
        remedy="The parameters are damaged: copy the file again.",
    )


def _moment(seconds: float) -> str | None:
    if not 0 < seconds < _LAST_SECOND:
        return None
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()


def _group_delay(file: str, parameters: Mapping[str, float | str]) -> float:
    if str(parameters.get("digital_filter", "FALSE")).upper() != "TRUE":
        return 0.0
    return group_delay_from_stages(
        file=file,
        orders=str(parameters.get("orders", "")),
        factors=str(parameters.get("factors", "")),
    )


def group_delay_from_stages(*, file: str, orders: str, factors: str) -> float:
    r"""Compute the delay of a filter of several decimating stages, each of linear phase.

    .. math:: d = \frac{1}{2} \sum_i \frac{o_i - 1}{\prod_{j \ge i} m_j}

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    orders
        Number of stages, then their orders :math:`o_i`, in columns of equal width.
    factors
        Their decimations :math:`m_i`, one digit each.

    Returns
    -------
    :
        Delay [points of the final grid].

    Raises
    ------
    InconsistentHeader
        If the two texts do not describe the same number of stages.

    Examples
    --------
    >>> group_delay_from_stages(file="a.jdf", orders="2 54 73", factors="8  2")
    19.65625
    """
    order = _columns(orders[1:].rstrip(), int(orders[0]) if orders[:1].isdecimal() else 0)
    factor = [int(digit) for digit in factors if digit in "123456789"]
    if not order or len(factor) != len(order) or factors.replace(" ", "") != _joined(factor):
        raise InconsistentHeader(
            file=file,
            field="orders",
            found=f"orders {orders!r} and factors {factors!r} describe no digital filter.",
            remedy="The parameters are damaged: copy the file again.",
        )
    return sum((order[i] - 1) / prod(factor[i:]) for i in range(len(order))) / 2


def _joined(digits: list[int]) -> str:
    return "".join(map(str, digits))


def _columns(text: str, count: int) -> list[int]:
    """Cut a text into whole numbers above 0 of equal width; empty if it cannot be."""
    if count == 0 or len(text) % count:
        return []
    width = len(text) // count
    cells = [text[width * i : width * (i + 1)].strip() for i in range(count)]
    return [int(cell) for cell in cells] if all(map(str.isdecimal, cells)) else []

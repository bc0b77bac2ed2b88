"""Magritek Prospa/Kea folders: ``acqu.par`` with ``data.1d`` or ``data.csv``.

The time axis stored with the data comes from the rounded acquisition time and is off by up to a
part in a thousand; the dwell of ``acqu.par`` is exact.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from megabar.errors import InconsistentHeader, UnreadableFile
from megabar.readers.questions import chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from
from megabar.readers.vendor_bytes import complex_from_pairs, head_of, numbers_in, text_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_HEADER = struct.Struct("<12s5i")
_MAGIC = b"SORPATAD1.1V"
_COMPLEX, _AXIS_AND_COMPLEX = 501, 504


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read a folder with acqu.par and one FID.

    Parameters
    ----------
    path
        The folder, or a file in it.
    decisions
        Always needed: ``nucleus``; ``repetition_time`` and ``time_origin`` are not stated.

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
    header = _parameters(text_of(folder / "acqu.par"))
    name, data, step = _data(folder)
    dwell = _number(folder.name, header, "dwellTime") * 1e-6
    points = _number(folder.name, header, "nrPnts")
    if points != len(data):
        raise InconsistentHeader(
            file=folder.name,
            field="nrPnts",
            found=f"acqu.par says {points:g} points, {name} holds {len(data)}.",
            remedy="The files are not of one experiment: copy the folder again.",
        )
    frequency = _number(folder.name, header, "b1Freq") * 1e6
    chosen_table(file=folder.name, rows=1, tables=(), decisions=decisions)
    record = Record(
        format="prospa",
        root=folder,
        files=("acqu.par", name),
        data=data[np.newaxis],
        dwell=dwell,
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=folder.name, stated=None, frequency=frequency, decisions=decisions
        ),
        n_scans=(_number(folder.name, header, "nrScans"),),
        sense_known=False,
        notes={
            "receiver_gain": _number(folder.name, header, "rxGain"),
            "pulse_program": header.get("experiment", "unknown"),
        },
        warnings=(*_axis_doubt(step, dwell), *_filter_doubt(header)),
    )
    return dataset_from(record, decisions)


def _parameters(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.split("\n"))
    return {name.strip(): value.strip().strip('"') for name, equals, value in pairs if equals}


def _number(file: str, header: Mapping[str, str], name: str) -> float:
    text = header.get(name, "absent")
    try:
        value = float(text.removesuffix("d"))
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise InconsistentHeader(
            file=file,
            field=name,
            found=f"it is {text[:40]!r}; a number is needed.",
            remedy="acqu.par is damaged or incomplete: copy it again.",
        )
    return value


def _data(folder: Path) -> tuple[str, NDArray[np.complex128], float]:
    """Read the FID, and the step of the time axis stored with it [s]."""
    if (folder / "data.1d").is_file():
        return "data.1d", *_binary(folder / "data.1d")
    if (folder / "data.csv").is_file():
        return "data.csv", *_table(folder / "data.csv")
    raise UnreadableFile(
        file=folder.name,
        field="path",
        found="it has acqu.par, but neither data.1d nor data.csv.",
        remedy="Export the FID from Prospa as 1D or csv.",
    )


def _binary(path: Path) -> tuple[NDArray[np.complex128], float]:
    content = head_of(path, length=_HEADER.size)
    magic, kind, points, *others = _HEADER.unpack(content)
    if magic != _MAGIC or kind not in {_COMPLEX, _AXIS_AND_COMPLEX} or set(others) != {1}:
        raise UnreadableFile(
            file=path.name,
            field="header",
            found=f"kind {kind} of shape {(points, *others)} is no complex 1D signal of Prospa.",
            remedy="Only complex 1D data of version 1.1 are read.",
        )
    has_axis = kind == _AXIS_AND_COMPLEX
    count = points * (3 if has_axis else 2)
    values = numbers_in(path, dtype="<f4", count=count, offset=_HEADER.size, field="width")
    axis, pairs = (values[:points], values[points:]) if has_axis else (values[:0], values)
    return complex_from_pairs(pairs), _step(axis)


def _table(path: Path) -> tuple[NDArray[np.complex128], float]:
    try:
        rows = [[float(word) for word in line.split(",")] for line in text_of(path).split()]
        columns = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    except ValueError:
        raise UnreadableFile(
            file=path.name,
            field="columns",
            found="it does not hold three numbers in every line.",
            remedy="Copy it again, or export it again from Prospa.",
        ) from None
    return complex_from_pairs(columns[:, 1:].reshape(-1)), _step(columns[:, 0])


def _step(axis: NDArray[np.floating]) -> float:
    return float(axis[-1] - axis[0]) / (len(axis) - 1) * 1e-6 if len(axis) > 1 else float("nan")


def _axis_doubt(step: float, dwell: float) -> tuple[str, ...]:
    if np.isnan(step) or np.isclose(step, dwell, rtol=1e-6):
        return ()
    return (
        f"The time axis stored with the data steps by {step * 1e6:.6g} us, dwellTime says "
        f"{dwell * 1e6:.6g} us; dwellTime was taken.",
    )


def _filter_doubt(header: Mapping[str, str]) -> tuple[str, ...]:
    if header.get("filter") != "yes":
        return ()
    word = header.get("filterType", "unknown")
    return (f"acqu.par names an {word} filter; whether the stored signal has it is not stated.",)

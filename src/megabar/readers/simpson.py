"""SIMPSON text files (.fid, .spe), read and written; dmfit writes the same with ``X0`` and ``Sf``.

A spectrum of SIMPSON starts at -SW/2 + REF and rises by SW/NP; one of dmfit starts at X0, its
highest frequency, and falls by SW/NP. A positive shift gives a positive frequency in both.

References
----------
Bak, Rasmussen, Nielsen, J. Magn. Reson. 147, 296 (2000), doi:10.1006/jmre.2000.2179.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import schemas
from megabar.errors import SchemaError, TruncatedData, UnreadableFile
from megabar.readers.new_files import write_new
from megabar.readers.plain_text import number, read_lines
from megabar.readers.questions import chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_DOMAINS: Final = {"FID": "time", "SPE": "frequency"}


@dataclass(frozen=True, kw_only=True)
class _Header:
    """Lines KEY=VALUE between SIMP and DATA, keys in capitals."""

    file: str
    words: Mapping[str, str]

    def number(self, key: str, missing: float = math.nan) -> float:
        if key not in self.words:
            return missing
        value = number(self.words[key])
        if value is None or not math.isfinite(value):
            raise _refuse(self.file, key, f"found {self.words[key][:40]!r}, which is no number.")
        return value

    def count(self, key: str, missing: int | None = None) -> int:
        value = self.number(key, math.nan if missing is None else missing)
        if not value >= 1 or value != int(value):
            raise _refuse(self.file, key, f"found {value:g}; a whole number above 0 is needed.")
        return int(value)


def _refuse(file: str, field: str, found: str) -> UnreadableFile:
    return UnreadableFile(
        file=file, field=field, found=found, remedy="Write the file again as SIMPSON text."
    )


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one SIMPSON text file of one or many steps.

    Parameters
    ----------
    path
        The ``.fid`` or ``.spe`` file.
    decisions
        ``nucleus`` is asked for; ``array`` and ``array_as`` where there are several rows.

    Returns
    -------
    :
        Dataset of schema ``acquisition/1`` or ``spectrum/1``.

    Raises
    ------
    ReadError
        If the text is no SIMPSON file, ends early, or leaves something open.
    """
    lines = read_lines(path)
    header, first = _header(path, lines)
    domain = _DOMAINS.get(header.words.get("TYPE", "").upper())
    if domain is None:
        raise _refuse(path.name, "TYPE", "neither FID nor SPE.")
    if "FORMAT" in header.words:
        raise _refuse(path.name, "FORMAT", "the numbers are binary; only text is read.")
    width = header.number("SW")
    if not width > 0:
        raise _refuse(path.name, "SW", f"found {width:g}; a width above 0 Hz is needed.")
    points = header.count("NP")
    rows = header.count("NI", 1) * header.count("NELEM", 1)
    data = _numbers(path, lines[first:], rows, points)
    carrier = _carrier(header)
    falling = "X0" in header.words and domain == "frequency"
    table = chosen_table(file=path.name, rows=rows, tables=(), decisions=decisions)
    record = Record(
        format="simpson",
        root=path,
        files=(path.name,),
        data=data[:, ::-1] if falling else data,
        dwell=1 / width,
        carrier_frequency=carrier,
        nucleus=chosen_nucleus(file=path.name, stated=None, frequency=carrier, decisions=decisions),
        n_scans=(1.0,),
        table=table,
        domain=domain,
        centre_point=_centre(header, points, width, falling=falling),
    )
    return dataset_from(record, decisions)


def write(dataset: xr.Dataset, path: Path) -> str:
    """Write an Acquisition or a Spectrum as SIMPSON text, which ssNake and dmfit open too.

    The format has no place for a time origin: an Acquisition must start at time 0. Numbers carry
    17 digits and come back bit for bit.

    Parameters
    ----------
    dataset
        Of schema ``acquisition/1`` or ``spectrum/1``, with a uniform axis.
    path
        New file.

    Returns
    -------
    :
        SHA-256 of the file.

    Raises
    ------
    SchemaError
        If the format cannot hold the dataset.
    StoreError
        If the file exists with other content.
    """
    found = schemas.check(dataset).attrs["schema"]
    if found not in ("acquisition/1", "spectrum/1"):
        msg = f"Found a dataset of schema {found!r}; SIMPSON takes acquisition/1 and spectrum/1."
        raise SchemaError(msg)
    axis, name, kind = ("time", "signal", "FID")
    if found == "spectrum/1":
        axis, name, kind = ("frequency", "spectrum", "SPE")
    values = dataset[name].values
    rows, points = values.shape
    width = _width(np.asarray(dataset[axis].values), kind)
    header = ["SIMP", f"NP={points}", f"SW={width!r}"]
    if rows > 1:
        header.append(f"NI={rows}")
    if kind == "SPE" and points % 2:  # the first point is at -SW/2 + REF
        header.append(f"REF={width / points / 2!r}")
    carrier = float(dataset.attrs["carrier_frequency"])
    if math.isfinite(carrier):
        header.append(f"SF={carrier / 1e6!r}")
    body = [f"{complex(v).real!r} {complex(v).imag!r}" for v in values.ravel()]
    text = "\n".join([*header, f"TYPE={kind}", "DATA", *body, "END", ""])
    return write_new(path, text.encode("ascii"))


def _width(axis: NDArray[np.float64], kind: str) -> float:
    """Give the spectral width [Hz] of an axis that the format can hold, or refuse the axis."""
    if axis.size < 2:
        msg = "Found a single point; SIMPSON text needs two to state a spectral width."
        raise SchemaError(msg)
    step = float(np.ptp(axis)) / (axis.size - 1)
    first = 0.0 if kind == "FID" else -step * (axis.size // 2)
    expected = first + step * np.arange(axis.size)
    if not np.allclose(axis, expected, rtol=0, atol=1e-6 * step):
        msg = (
            f"Found an axis from {axis[0]:g} to {axis[-1]:g}; SIMPSON text holds times that start "
            "at 0 and frequencies around 0, uniform. Write CSDM, which keeps the origin."
        )
        raise SchemaError(msg)
    return 1 / step if kind == "FID" else step * axis.size


def _header(path: Path, lines: list[str]) -> tuple[_Header, int]:
    """Give the header, and the index of the line behind DATA."""
    if not lines or lines[0].strip() != "SIMP":
        raise _refuse(path.name, "first line", "it is not SIMP.")
    words: dict[str, str] = {}
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() == "DATA":
            return _Header(file=path.name, words=words), index + 1
        key, equals, value = line.partition("=")
        if equals:
            words[key.strip().upper()] = value.strip()
    raise _refuse(path.name, "DATA", "no such line; the file ends in its header.")


def _numbers(path: Path, lines: list[str], rows: int, points: int) -> NDArray[np.complex128]:
    values: list[float] = []
    for line in lines:
        if line.strip() == "END":
            break
        for field in line.split():
            value = number(field)
            if value is None:
                raise _refuse(path.name, "DATA", f"found {field[:40]!r}, which is no number.")
            values.append(value)
    if len(values) != 2 * rows * points:
        whole = np.array(values[: len(values) // 2 * 2]).view(np.complex128)
        raise TruncatedData(
            file=path.name,
            field="DATA",
            found=f"{len(values)} numbers where NP and NI demand {2 * rows * points}.",
            remedy="Write the file again.",
            partial=whole,
        )
    return np.array(values).view(np.complex128).reshape(rows, points)


def _carrier(header: _Header) -> float:
    """Give the zero of the frequency axis [Hz] from SF [MHz], which only some programs write."""
    frequency = header.number("SF")
    if frequency <= 0:
        raise _refuse(header.file, "SF", f"found {frequency:g} MHz.")
    return frequency * 1e6


def _centre(header: _Header, points: int, width: float, *, falling: bool) -> float:
    """Give the point at frequency 0, counted along rising frequency."""
    if falling:
        return points - 1 - header.number("X0") * points / width
    return points / 2 - header.number("REF", 0.0) * points / width

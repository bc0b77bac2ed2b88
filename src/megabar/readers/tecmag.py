"""Tecmag TNMR files (.tnt).

Little of the header can be believed: ``magnet_field`` is a default of the program, ``sw`` is half
of the width of complex points, the first ``ob_freq`` need not be the observed one, ``fft_flag``
is set on signals and on spectra, and the words for nuclei are leftovers. Believed are the dwell,
the numbers acquired and the channel observed; the rest is asked.
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from datetime import UTC, datetime
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from megabar import units
from megabar.errors import InconsistentHeader, UnreadableFile
from megabar.readers.questions import Table, chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from
from megabar.readers.vendor_bytes import head_of, numbers_in

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_MAGIC = b"TNT1."
_HEADER = 1024
_SETTINGS = 2048
_HEADER_START = 20
_DATA_START = _HEADER_START + _HEADER + 12
_POINT = 8
_CHANNELS = 4
_TAIL_LIMIT = 1 << 25
_ENTRY = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)([num]?s?)")
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{0,30}(?::\d)?")
_SECONDS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}
_LAST_SECOND = 4102444800  # the year 2100


class _Header(NamedTuple):
    """Fields of the TMAG block that are used, under their own names."""

    npts: tuple[int, ...]
    actual_npts: tuple[int, ...]
    acq_points: int
    scans: int
    actual_scans: int
    ob_freq: tuple[float, ...]
    obs_channel: int
    dwell: float
    last_delay: float
    receiver_gain: int
    start_time: int
    finish_time: int


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read a .tnt file.

    Parameters
    ----------
    path
        The file.
    decisions
        Always needed: ``nucleus``, and ``array`` where there are several rows (the name of a
        table of the file such as ``"de6"``). Where header and content disagree: ``domain``,
        ``channel``. Where the signal rotates backwards: ``sense=-1``.

    Returns
    -------
    :
        Schema ``acquisition/1``, or ``spectrum/1`` for a file that was stored transformed.

    Raises
    ------
    ReadError
        Naming the file and the field.
    """
    content = head_of(path, length=_DATA_START, magic=_MAGIC)
    header = _header(path.name, content)
    rows, points = _shape(path.name, header)
    values = numbers_in(
        path, dtype="<c8", count=rows * points, offset=_DATA_START, field="actual_npts"
    )
    data = values.reshape(rows, points).astype(np.complex128)
    tables, doubts = _tables(path, _DATA_START + rows * points * _POINT, decisions)
    table = chosen_table(file=path.name, rows=rows, tables=tables, decisions=decisions)
    domain, reasons = _domain(path, header, data, decisions)
    frequency = _observed(path.name, header, decisions)
    started_at, clock_doubts = _clock(header)
    record = Record(
        format="tecmag",
        root=path,
        files=(path.name,),
        data=data,
        dwell=header.dwell,
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=path.name,
            stated=None,
            frequency=frequency,
            proton_frequencies=[max(header.ob_freq) * 1e6],
            decisions=decisions,
        ),
        n_scans=(float(header.actual_scans) if header.actual_scans > 0 else float("nan"),) * rows,
        table=_fitted(path.name, table, header),
        domain=domain,
        started_at=started_at,
        centre_point=points // 2,
        sense_known=False,
        notes={
            "receiver_gain": float(header.receiver_gain),
            "last_delay": header.last_delay,
            "domain_reasons": reasons,
        },
        warnings=(*_unfinished(header), *doubts, *clock_doubts),
    )
    return dataset_from(record, decisions)


def _header(file: str, content: bytes) -> _Header:
    tag, _, length = struct.unpack_from("<4sII", content, 8)
    data_tag = content[_HEADER_START + _HEADER : _HEADER_START + _HEADER + 4]
    if (tag, length, data_tag) != (b"TMAG", _HEADER, b"DATA"):
        raise UnreadableFile(
            file=file,
            field="TMAG",
            found="the blocks of a TNMR file are not where they belong.",
            remedy="The file is damaged: copy it again.",
        )
    block = content[_HEADER_START : _HEADER_START + _HEADER]

    def take(layout: str, offset: int) -> Any:
        values = struct.unpack_from(f"<{layout}", block, offset)
        return values if len(values) > 1 else values[0]

    return _Header(
        npts=take("4i", 0),
        actual_npts=take("4i", 16),
        acq_points=take("i", 32),
        scans=take("i", 52),
        actual_scans=take("i", 56),
        ob_freq=take("4d", 84),
        obs_channel=take("h", 196),
        dwell=take("d", 272),
        last_delay=take("d", 328),
        receiver_gain=take("h", 370),
        start_time=take("I", 852),
        finish_time=take("I", 856),
    )


def _shape(file: str, header: _Header) -> tuple[int, int]:
    if min(header.actual_npts) < 1:
        raise InconsistentHeader(
            file=file,
            field="actual_npts",
            found=f"it is {header.actual_npts}; each number must be 1 or more.",
            remedy="The file is damaged, or nothing was acquired.",
        )
    return prod(header.actual_npts[1:]), header.actual_npts[0]


def _observed(file: str, header: _Header, decisions: Decisions) -> float:
    channel = header.obs_channel if decisions.channel is None else decisions.channel
    if isinstance(channel, int) and 1 <= channel <= _CHANNELS:
        frequency = header.ob_freq[channel - 1] * 1e6
        if 0 < frequency < float("inf"):
            return frequency
    listed = ", ".join(
        f"{number + 1}: {value:g} MHz" for number, value in enumerate(header.ob_freq)
    )
    raise InconsistentHeader(
        file=file,
        field="obs_channel",
        found=f"channel {channel!r} has no frequency (channels {listed}).",
        remedy="Decide with channel=...",
    )


def _clock(header: _Header) -> tuple[str | None, tuple[str, ...]]:
    start, finish = header.start_time, header.finish_time
    if not 0 < start < _LAST_SECOND:
        return None, ()
    if start > finish:
        return None, ("start_time lies behind finish_time; the start of the measurement is open.",)
    return datetime.fromtimestamp(start, tz=UTC).replace(tzinfo=None).isoformat(), ()


def _unfinished(header: _Header) -> list[str]:
    found = []
    if header.actual_scans < header.scans:
        found.append(f"{header.actual_scans} of {header.scans} scans were acquired.")
    asked = (header.acq_points, *header.npts[1:])
    short = [
        f"{there} of {wanted}"
        for there, wanted in zip(header.actual_npts, asked, strict=True)
        if there < wanted
    ]
    if short:
        found.append(f"The acquisition was not completed: {', '.join(short)} points are there.")
    return found


# --- signal or spectrum ---------------------------------------------------------------------------


def _domain(
    path: Path, header: _Header, data: NDArray[np.complex128], decisions: Decisions
) -> tuple[str, str]:
    """Decide whether the numbers are a signal or a spectrum, by content and header together."""
    flag = _fft_flag(path, _DATA_START + data.size * _POINT)
    looks_like, why = _content(data)
    longer = header.actual_npts[0] > header.acq_points > 0
    reasons = (
        f"fft_flag {flag}; {header.actual_npts[0]} points stored, {header.acq_points} acquired; "
        f"{why}"
    )
    if decisions.domain is not None:
        return decisions.domain, f"decided by the caller; {reasons}"
    says_spectrum = flag not in {0, None}
    if says_spectrum and looks_like == "spectrum":
        return "frequency", reasons
    if not says_spectrum and not longer:
        return "time", reasons
    raise InconsistentHeader(
        file=path.name,
        field="fft_flag",
        found=f"header and content disagree on whether this is a signal or a spectrum: {reasons}.",
        remedy="Decide with domain='time' or domain='frequency'.",
    )


def _fft_flag(path: Path, offset: int) -> int | None:
    with path.open("rb") as stream:
        stream.seek(offset)
        block = stream.read(12 + _SETTINGS)
    if len(block) < 12 + _SETTINGS or not block.startswith(b"TMG2"):
        return None
    return int(struct.unpack_from("<h", block, 12 + 828)[0])


def _content(data: NDArray[np.complex128]) -> tuple[str, str]:
    """Look where the energy is: a signal starts with it, a spectrum has noise at both ends."""
    energy = np.mean(np.abs(data) ** 2, axis=0)
    tenth = max(len(energy) // 10, 1)
    start, end = np.sqrt(energy[:tenth].mean()), np.sqrt(energy[-tenth:].mean())
    peak = int(energy.argmax())
    words = f"rms of the first tenth {start:.3g}, of the last {end:.3g}, largest point {peak}"
    begins = peak < tenth and start > 2 * end
    return ("signal" if begins or len(energy) == 1 else "spectrum"), words


# --- tables of delays -----------------------------------------------------------------------------


def _tables(path: Path, offset: int, decisions: Decisions) -> tuple[list[Table], tuple[str, ...]]:
    """Find the tables of times in the text behind the data; the first of each name."""
    with path.open("rb") as stream:
        stream.seek(offset)
        tail = stream.read(_TAIL_LIMIT)
    start = tail.find(b"PSEQ")
    found: dict[str, Table] = {}
    doubts: list[str] = []
    position = max(start, 0)
    while start >= 0 and (match := _NAME.search(tail, position)):
        text = _table_text(tail, match)
        position = match.end() + (4 + len(text) if text else 0)
        name = match.group().decode().partition(":")[0]
        values, joined = _times(text, decisions.time_unit)
        if len(values) > 1 and name not in found:
            found[name] = Table(
                name=name, values=values, coordinate="delay", origin="table of the sequence"
            )
            if joined:
                doubts.append(
                    f"Entries of table {name} run together ({joined!r}); they were split."
                )
    return list(found.values()), tuple(doubts)


def _table_text(tail: bytes, match: re.Match[bytes]) -> str:
    """Give the text behind a name, if both are strings with their lengths in front."""
    begin, end = match.span()
    if begin < 4 or end + 4 > len(tail):
        return ""
    (name_length,) = struct.unpack_from("<i", tail, begin - 4)
    (text_length,) = struct.unpack_from("<i", tail, end)
    if name_length != end - begin or not 0 < text_length <= len(tail) - end - 4:
        return ""
    return tail[end + 4 : end + 4 + text_length].decode("latin-1")


def _times(text: str, unit: str | None) -> tuple[tuple[float, ...], str]:
    """Read times [s]; entries without a unit count only where their unit was decided."""
    values: list[float] = []
    joined = ""
    bare = units.parse(f"1 {unit}", unit="s", name="time unit") if unit else None
    for word in text.split():
        parts = _ENTRY.findall(word)
        if "".join(number + suffix for number, suffix in parts) != word:
            return (), ""
        for number, suffix in parts:
            factor = _SECONDS[suffix.removesuffix("s")] if suffix else bare
            if factor is None:
                return (), ""
            values.append(float(number) * factor)
        joined = word if len(parts) > 1 else joined
    return tuple(values), joined


def _fitted(file: str, table: Table | None, header: _Header) -> Table | None:
    """Cut a table to the rows of an acquisition that was stopped; refuse any other misfit."""
    rows = prod(header.actual_npts[1:])
    if table is None or len(table.values) == rows:
        return table
    if len(table.values) == prod(header.npts[1:]) > rows:
        origin = f"{table.origin}; the first {rows} of {len(table.values)} entries"
        return replace(table, values=table.values[:rows], origin=origin)
    raise InconsistentHeader(
        file=file,
        field=table.name,
        found=f"it has {len(table.values)} entries for {rows} rows.",
        remedy="Choose another table, or give the values.",
    )

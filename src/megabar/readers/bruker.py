"""Bruker TopSpin and XWIN-NMR folders: fid and pseudo-2D ser, or a series of 1D folders.

Facts that the folders do not say of themselves: TD counts real words; each row of ``ser`` is
padded to a multiple of 256 words; GRPDLY = -1 means "see the table of digital filters"; DATE is
the start of the measurement in TopSpin, its end in XWIN-NMR (in a series of equal experiments it
lies behind the previous one by the time that the *own* scans take).

References
----------
Delays of the digital filters: W. M. Westler, F. Abildgaard, DMX digital filters and non-Bruker
offline processing III, National Magnetic Resonance Facility at Madison (1996).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import units
from megabar.errors import AmbiguousArray, InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers.record import (
    Record,
    Table,
    chosen_nucleus,
    chosen_table,
    dataset_from,
    nucleus_name,
)
from megabar.readers.vendor_bytes import complex_from_pairs, numbers_in, parameters_of, text_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_ROW_BYTES = 1024
_LAST_SECOND = 4102444800  # the year 2100; a later DATE is damage
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ENTRY = re.compile(r"^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([smun]?)s?$")
_SECONDS = {"s": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_COMPLEX_MODES = frozenset({"1", "3"})


@dataclass(frozen=True, kw_only=True)
class _List:
    """A list file of delays or pulses.

    Parameters
    ----------
    file
        Its name in the folder.
    word
        The word by which a pulse program uses it.
    coordinate
        What its values are.
    unit
        Unit of an entry without a suffix; None where it is not agreed upon.
    """

    file: str
    word: str
    coordinate: str
    unit: str | None


_LISTS: Final = (
    _List(file="vdlist", word="vd", coordinate="delay", unit="s"),
    _List(file="vplist", word="vp", coordinate="pulse_length", unit=None),
)

_FILTER_DECIMATIONS: Final = (
    2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
)  # fmt: skip
_FILTER_DELAYS: Final[Mapping[int, tuple[float, ...]]] = MappingProxyType(
    {
        10: (44.75, 33.5, 66.625, 709 / 12, 68.5625, 60.375, 69.53125, 2929 / 48, 70.015625,
             61.34375, 70.2578125, 11809 / 192, 70.37890625, 61.5859375, 70.439453125,
             47329 / 768, 70.4697265625, 31563 / 512, 70.48486328125, 189409 / 3072,
             70.492431640625),
        11: (46.0, 36.5, 48.0, 301 / 6, 53.25, 69.5, 72.25, 421 / 6, 72.75, 70.5, 73.0, 212 / 3,
             72.5, 214 / 3, 72.25, 215 / 3, 72.125, 431 / 6, 72.0625, 863 / 12, 72.03125),
        12: (46.0, 36.5, 48.0, 301 / 6, 53.25, 69.5, 71.625, 421 / 6, 72.125, 70.5, 72.375,
             212 / 3, 72.5, 214 / 3, 72.25, 215 / 3, 72.125, 431 / 6, 72.0625, 863 / 12, 72.03125),
        13: (2.75, 17 / 6, 2.875, 35 / 12, 2.9375, 71 / 24, 2.96875, 143 / 48, 2.984375,
             287 / 96, 2.9921875, 575 / 192),
    }
)  # fmt: skip
"""DSPFVS -> group delay [points of the final grid] for each of the decimations."""


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read an experiment folder, its fid or ser file, or a folder of numbered 1D experiments.

    Parameters
    ----------
    path
        The folder, or the file in it.
    decisions
        What the folder leaves open: ``array`` (``"vdlist"``, ``"vplist"``, or a parameter such as
        ``"P15"`` for a series of folders), ``nucleus``, ``time_origin``, ...

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
    if (folder / "acqus").is_file():
        return dataset_from(_experiment(folder, decisions), decisions)
    numbered = [child for child in folder.iterdir() if child.name.isdecimal()]
    experiments = [child for child in numbered if (child / "fid").is_file()]
    return read_series(sorted(experiments, key=lambda child: int(child.name)), decisions)


def read_series(paths: Sequence[Path], decisions: Decisions) -> xr.Dataset:
    """Read several 1D experiments as the steps of one.

    Parameters
    ----------
    paths
        Their folders, in the order of the steps.
    decisions
        ``array`` names the parameter that was stepped, such as ``"P15"``, ``"D20"``, ``"O1"``.

    Returns
    -------
    :
        Schema ``acquisition/1``, one step for each folder.

    Raises
    ------
    MissingArray
        Listing the parameters that differ between the folders, if none was chosen.
    InconsistentHeader
        If the folders differ in width, length, carrier or filter.
    """
    if not paths:
        raise UnreadableFile(
            file="series", field="path", found="no experiment is in it.", remedy="Check the path."
        )
    single = replace(decisions, array="none", n_scans=None)
    records = [_experiment(_folder_of(path), single) for path in paths]
    root = _common_parent([record.root for record in records])
    first = records[0]
    _check_alike(root.name, records, stepped=decisions.array)
    table = chosen_table(
        file=root.name,
        rows=len(records),
        tables=_stepped_parameters([record.root for record in records]),
        decisions=decisions,
    )
    names = [record.root.relative_to(root).as_posix() for record in records]
    series = replace(
        first,
        root=root,
        files=tuple(
            f"{name}/{file}"
            for name, record in zip(names, records, strict=True)
            for file in record.files
        ),
        data=np.concatenate([record.data for record in records]),
        n_scans=tuple(scans for record in records for scans in record.n_scans),
        table=table,
        notes={**first.notes, **_gains(records)},
        warnings=tuple(dict.fromkeys(w for record in records for w in record.warnings)),
    )
    return dataset_from(series, decisions)


def _folder_of(path: Path) -> Path:
    return path.parent if path.is_file() else path


def _common_parent(folders: Sequence[Path]) -> Path:
    parents = {folder.resolve().parent for folder in folders}
    if len(parents) == 1:
        return folders[0].parent
    raise UnreadableFile(
        file="series",
        field="path",
        found=f"its experiments lie in {len(parents)} folders.",
        remedy="Put the experiments of one series side by side.",
    )


def _check_alike(file: str, records: Sequence[Record], *, stepped: Any) -> None:
    first = records[0]
    for record in records[1:]:
        same = {
            "TD": record.data.shape == first.data.shape,
            "SW_h": np.isclose(record.dwell, first.dwell, rtol=1e-9),
            "group delay": record.group_delay == first.group_delay,
            "NC": str(record.notes["stored_exponent"]) == str(first.notes["stored_exponent"]),
            "NUC1": record.nucleus == first.nucleus,
            "SFO1": stepped == "O1"
            or np.isclose(record.carrier_frequency, first.carrier_frequency, rtol=1e-12),
        }
        differing = [name for name, equal in same.items() if not equal]
        if differing:
            raise InconsistentHeader(
                file=file,
                field=", ".join(differing),
                found=f"experiment {record.root.name} differs from {first.root.name}.",
                remedy="Give the list of the experiments that belong to the series.",
            )


def _gains(records: Sequence[Record]) -> dict[str, Any]:
    gains = [record.notes["receiver_gain"] for record in records]
    return {"receiver_gain": gains[0] if len(set(map(str, gains))) == 1 else gains}


def _stepped_parameters(folders: Sequence[Path]) -> list[Table]:
    headers = [parameters_of(text_of(folder / "acqus")) for folder in folders]
    tables = []
    for name, coordinate, factor in (("P", "pulse_length", 1e-6), ("D", "delay", 1.0)):
        lists = [_list_of(header.get(name, "")) for header in headers]
        length = min((len(values) for values in lists), default=0)
        for index in range(length):
            values = tuple(entry[index] * factor for entry in lists)
            if len(set(values)) > 1:
                tables.append(_parameter(f"{name}{index}", values, coordinate))
    offsets = tuple(_number(header, "O1") for header in headers)
    if len(set(map(str, offsets))) > 1:
        tables.append(_parameter("O1", offsets, "carrier_offset"))
    return tables


def _parameter(name: str, values: tuple[float, ...], coordinate: str) -> Table:
    origin = f"parameter {name} of each experiment"
    return Table(name=name, values=values, coordinate=coordinate, origin=origin)


# --- one experiment -------------------------------------------------------------------------------


def _experiment(folder: Path, decisions: Decisions) -> Record:
    header = parameters_of(text_of(folder / "acqus"))
    stored = _stored(folder, header)
    rows = len(stored.data)
    tables = _lists(folder, decisions)
    used = _list_in_use(folder, tables)
    table = chosen_table(
        file=folder.name, rows=rows, tables=tables, decisions=decisions, stated=used
    )
    table, repeated, list_doubts = _spread(folder.name, table, rows)
    delay, filter_doubts = group_delay(folder.name, header, decisions)
    started_at, saved_at, clock_doubts = _clock(header)
    scans = _number(header, "NS")
    frequency = _number(header, "SFO1") * 1e6
    read_too = [table.name] if table and (folder / table.name).is_file() else []
    return Record(
        format="bruker",
        root=folder,
        files=("acqus", *stored.files, *read_too, *(["pulseprogram"] if used else [])),
        data=stored.data,
        dwell=1 / _positive(folder.name, header, "SW_H"),
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=folder.name,
            stated=_word(header, "NUC1"),
            frequency=frequency,
            proton_frequencies=_proton_frequencies(header),
            decisions=decisions,
        ),
        n_scans=(scans if scans > 0 else float("nan"),) * rows,
        table=table,
        group_delay=delay,
        started_at=started_at,
        notes={
            "receiver_gain": _number(header, "RG"),
            "stored_exponent": _number(header, "NC"),
            "pulse_program": _pulse_program(header),
            **({"saved_at": saved_at} if saved_at else {}),
            **({"repeated_steps": repeated} if repeated else {}),
        },
        warnings=(*stored.warnings, *list_doubts, *filter_doubts, *clock_doubts),
    )


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """Numbers of an experiment.

    Parameters
    ----------
    data
        (row, point).
    files
        Names of the files that they, and their number, come from.
    warnings
        What is odd about them.
    """

    data: NDArray[np.complex128]
    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def _stored(folder: Path, header: Mapping[str, str]) -> _Stored:
    words = int(_positive(folder.name, header, "TD")) // 2 * 2
    if header.get("AQ_MOD", "3") not in _COMPLEX_MODES:
        raise UnreadableFile(
            file=folder.name,
            field="AQ_mod",
            found=f"it is {header['AQ_MOD']}: the data are not complex pairs.",
            remedy="Only quadrature detection (1 or 3) is read.",
        )
    kind = _number_type(folder.name, header)
    if (folder / "ser").is_file():
        return _ser(folder, words, kind)
    path = folder / "fid"
    if not path.is_file():
        raise UnreadableFile(
            file=folder.name,
            field="path",
            found="it has acqus, but neither fid nor ser.",
            remedy="Copy the whole folder from the instrument.",
        )
    values = numbers_in(path, dtype=kind, count=words, field="TD")
    return _Stored(data=complex_from_pairs(values[np.newaxis]), files=("fid",))


def _number_type(file: str, header: Mapping[str, str]) -> np.dtype[Any]:
    order = {"0": "<", "1": ">"}.get(header.get("BYTORDA", ""))
    kind = {"0": "i4", "2": "f8"}.get(header.get("DTYPA", "0"))
    if order is None or kind is None:
        field = "BYTORDA" if order is None else "DTYPA"
        raise InconsistentHeader(
            file=file,
            field=field,
            found=f"it is {header.get(field, 'absent')}, so the numbers cannot be interpreted.",
            remedy="The header is damaged: copy the data again.",
        )
    return np.dtype(order + kind)


def _ser(folder: Path, words: int, kind: np.dtype[Any]) -> _Stored:
    path = folder / "ser"
    size = path.stat().st_size // kind.itemsize
    block = _ROW_BYTES // kind.itemsize
    padded = -(-words // block) * block
    rows, files = _stated_rows(folder)
    if rows is None:
        rows = max(size // padded, 1)
    strides = [stride for stride in (padded, words) if rows * stride == size]
    stride = strides[0] if strides else padded
    if size >= (rows + 1) * stride:
        raise InconsistentHeader(
            file=folder.name,
            field="TD",
            found=f"{rows} rows of {words} words are stated, but ser holds {size} words.",
            remedy="Copy acqus and acqu2s again; higher dimensions are not read.",
        )
    try:
        values = numbers_in(path, dtype=kind, count=rows * stride, field="TD")
    except TruncatedData as error:
        complete = error.partial[: len(error.partial) // stride * stride]
        error.partial = complex_from_pairs(complete.reshape(-1, stride)[:, :words])
        raise
    return _Stored(
        data=complex_from_pairs(values.reshape(rows, stride)[:, :words]), files=("ser", *files)
    )


def _stated_rows(folder: Path) -> tuple[int | None, tuple[str, ...]]:
    if not (folder / "acqu2s").is_file():
        return None, ()
    header = parameters_of(text_of(folder / "acqu2s"))
    return int(_positive("acqu2s", header, "TD")), ("acqu2s",)


# --- what varies from row to row ------------------------------------------------------------------


def _lists(folder: Path, decisions: Decisions) -> list[Table]:
    tables = []
    for known in _LISTS:
        if (folder / known.file).is_file():
            unit = decisions.time_unit or known.unit
            entries = text_of(folder / known.file).split()
            values = [_seconds(entry, unit) for entry in entries]
            if None in values and decisions.array == known.file:
                raise AmbiguousArray(
                    file=folder.name,
                    field=known.file,
                    found="it holds numbers without a unit.",
                    argument="time_unit",
                    candidates=("us", "ms", "s"),
                )
            tables.append(
                Table(
                    name=known.file,
                    values=tuple(float("nan") if value is None else value for value in values),
                    coordinate=known.coordinate,
                    origin="list file",
                )
            )
    return tables


def _seconds(entry: str, unit: str | None) -> float | None:
    match = _ENTRY.match(entry)
    if match is None:
        return None
    number, suffix = match.groups()
    if suffix:
        return float(number) * _SECONDS[suffix]
    if unit is None:
        return None
    return units.parse(f"{number} {unit}", unit="s", name="list entry")


def _list_in_use(folder: Path, tables: Sequence[Table]) -> str | None:
    """Name the list that the pulse program steps through, if it says so beyond doubt."""
    if not (folder / "pulseprogram").is_file():
        return None
    text = text_of(folder / "pulseprogram")
    code = "\n".join(line.split(";")[0] for line in text.split("\n") if not line.startswith("#"))
    used = [known for known in _LISTS if re.search(rf"\bi?{known.word}\b", code)]
    if len(used) != 1 or re.search(rf"\b{used[0].word}\s*[*/]|[*/]\s*{used[0].word}\b", code):
        return None
    found = [table for table in tables if table.name == used[0].file]
    return found[0].name if found and np.isfinite(found[0].values).all() else None


def _spread(
    file: str, table: Table | None, rows: int
) -> tuple[Table | None, list[int], tuple[str, ...]]:
    """Lay a list along the rows; a short one starts again, as it does in the spectrometer."""
    if table is None or len(table.values) == rows:
        return table, [], ()
    length = len(table.values)
    if length == 0:
        raise InconsistentHeader(
            file=file, field=table.name, found="it is empty.", remedy="Choose another array."
        )
    values = tuple(table.values[row % length] for row in range(rows))
    spread = replace(table, values=values)
    if length > rows:
        doubt = f"{table.name} has {length} entries for {rows} rows; the first {rows} were taken."
        return spread, [], (doubt,)
    repeated = list(range(length, rows))
    doubt = (
        f"{table.name} has {length} entries for {rows} rows: the spectrometer started again, and "
        f"rows {length + 1} to {rows} repeat the first. They are listed in repeated_steps."
    )
    return spread, repeated, (doubt,)


# --- what the header says and what it means -------------------------------------------------------


def _list_of(entry: str) -> list[float]:
    return [float(word) for word in _NUMBER.findall(entry.partition(")")[2])]


def _number(header: Mapping[str, str], key: str) -> float:
    match = _NUMBER.fullmatch(header.get(key, ""))
    return float(match.group()) if match else float("nan")


def _positive(file: str, header: Mapping[str, str], key: str) -> float:
    value = _number(header, key)
    if not 0 < value < float("inf"):
        raise InconsistentHeader(
            file=file,
            field=key,
            found=f"it is {header.get(key, 'absent')[:40]!r}; a number above 0 is needed.",
            remedy="The header is damaged or incomplete: copy it again.",
        )
    return value


def _word(header: Mapping[str, str], key: str) -> str:
    return header.get(key, "").strip("<> ")


def _pulse_program(header: Mapping[str, str]) -> str:
    return _word(header, "PULPROG").replace("\\", "/").rsplit("/", 1)[-1] or "unknown"


def _proton_frequencies(header: Mapping[str, str]) -> list[float]:
    """Say what the other channels know about the magnet, as frequencies of 1H [Hz].

    Channels with a nucleus are witnesses; without any, the frequencies that idle channels keep.
    """
    named, idle = [], []
    for channel in range(2, 9):
        frequency = _number(header, f"BF{channel}") * 1e6
        nucleus = _word(header, f"NUC{channel}")
        if not 0 < frequency < float("inf"):
            continue
        if nucleus == "1H":
            named.append(frequency)
        elif nucleus_name(nucleus) is None:
            idle.append(frequency)
    return named or idle


def group_delay(
    file: str, header: Mapping[str, str], decisions: Decisions
) -> tuple[float, tuple[str, ...]]:
    """Find the delay of the digital filter: GRPDLY if positive, else by DSPFVS and DECIM.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    header
        Its parameters, as of :func:`megabar.readers.vendor_bytes.parameters_of`.
    decisions
        ``time_origin`` lets a filter that is not known pass.

    Returns
    -------
    :
        The delay [points of the final grid], and doubts.

    Raises
    ------
    InconsistentHeader
        If there is a filter whose delay is not known.
    """
    stated = _number(header, "GRPDLY")
    firmware = _number(header, "DSPFVS")
    decimation = _number(header, "DECIM")
    if header.get("DIGMOD") == "0" or not firmware > 0 or decimation == 1:
        return (stated, ()) if stated > 0 and header.get("DIGMOD") != "0" else (0.0, ())
    if stated > 0:
        return stated, ()
    delays = dict(zip(_FILTER_DECIMATIONS, _FILTER_DELAYS.get(int(firmware), ()), strict=False))
    if decimation in delays:
        return delays[int(decimation)], ()
    if decisions.time_origin is not None:
        return 0.0, ("The delay of the digital filter is not known; time_origin was decided.",)
    raise InconsistentHeader(
        file=file,
        field="GRPDLY",
        found=f"no delay is known for DSPFVS {firmware:g} and DECIM {decimation:g}.",
        remedy="Decide with time_origin=..., the time of the first stored point.",
    )


def _clock(header: Mapping[str, str]) -> tuple[str | None, str | None, tuple[str, ...]]:
    seconds = _number(header, "DATE")
    if not 0 < seconds < _LAST_SECOND:
        return None, None, ()
    moment = datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None).isoformat()
    if "XWIN" not in header.get("TITLE", "").upper():
        return moment, None, ()
    doubt = (
        "DATE of XWIN-NMR is the end of the measurement; its start is not stated. "
        "Decide with started_at=..."
    )
    return None, moment, (doubt,)

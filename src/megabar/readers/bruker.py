"""Bruker TopSpin and XWIN-NMR folders: fid and pseudo-2D ser, or a series of 1D folders.

Facts that the folders do not say of themselves: TD counts real words; each row of ``ser`` is
padded to a multiple of 1,024 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers import bruker_header as parameters
from megabar.readers.bruker_lists import list_in_use, spread, tables_in
from megabar.readers.questions import Table, chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from
from megabar.readers.vendor_bytes import complex_from_pairs, numbers_in, parameters_of, text_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_ROW_BYTES = 1024
_COMPLEX_MODES = frozenset({"1", "3"})


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
        lists = [parameters.numbers_of(header.get(name, "")) for header in headers]
        length = min((len(values) for values in lists), default=0)
        for index in range(length):
            values = tuple(entry[index] * factor for entry in lists)
            if len(set(values)) > 1:
                tables.append(_parameter(f"{name}{index}", values, coordinate))
    offsets = tuple(parameters.number(header, "O1") for header in headers)
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
    tables = tables_in(folder, decisions)
    used = list_in_use(folder, tables)
    table = chosen_table(
        file=folder.name, rows=rows, tables=tables, decisions=decisions, stated=used
    )
    table, repeated, list_doubts = spread(folder.name, table, rows)
    delay, filter_doubts = parameters.group_delay(folder.name, header, decisions)
    started_at, saved_at, clock_doubts = parameters.clock(header)
    scans = parameters.number(header, "NS")
    frequency = parameters.number(header, "SFO1") * 1e6
    read_too = [table.name] if table and (folder / table.name).is_file() else []
    return Record(
        format="bruker",
        root=folder,
        files=("acqus", *stored.files, *read_too, *(["pulseprogram"] if used else [])),
        data=stored.data,
        dwell=1 / parameters.positive(folder.name, header, "SW_H"),
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=folder.name,
            stated=parameters.word(header, "NUC1"),
            frequency=frequency,
            proton_frequencies=parameters.proton_frequencies(header),
            decisions=decisions,
        ),
        n_scans=(scans if scans > 0 else float("nan"),) * rows,
        table=table,
        group_delay=delay,
        started_at=started_at,
        notes={
            "receiver_gain": parameters.number(header, "RG"),
            "stored_exponent": parameters.number(header, "NC"),
            "pulse_program": parameters.pulse_program(header),
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
    words = int(parameters.positive(folder.name, header, "TD")) // 2 * 2
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
    return int(parameters.positive("acqu2s", header, "TD")), ("acqu2s",)

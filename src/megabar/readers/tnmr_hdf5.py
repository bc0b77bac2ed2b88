"""HDF5 exports of TNMR: one group for each scan of an array, named by its number.

No public export of TNMR was found when this was written; the layout that is read stands here in
full, and anything else is refused with a list of what was found:

- one signal in the root, or one in each group whose name is a whole number (``"1"``, ``"2"``, ...,
  ``"10"``: they are sorted as numbers);
- a signal is two datasets ``real`` and ``imag`` of one length, or one dataset ``data`` that is
  complex or has two columns;
- its times are a dataset ``time``, or a number ``dwell`` (dataset or attribute), in the root or the
  group; the attribute ``units`` of the dataset, or the attribute ``time_units`` beside a number,
  states the unit. If neither is there the unit is asked for;
- attributes of the root, all optional: ``nucleus``, ``observe_frequency`` [Hz], ``scans``;
- tables of delays are one-dimensional datasets in the group ``tables``, with ``units``.

Links to other files are not followed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np

from megabar import units
from megabar.errors import (
    InconsistentHeader,
    OpenQuestion,
    TruncatedData,
    UnitError,
    UnreadableFile,
)
from megabar.readers.decisions import TIME_UNITS
from megabar.readers.questions import Table, chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_LIBRARY_ERRORS: Final = (OSError, KeyError, ValueError, TypeError, RuntimeError)
_LARGEST_EXPANSION: Final = 200
_SMALL_BYTES: Final = 1 << 20


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one HDF5 export as an Acquisition.

    Parameters
    ----------
    path
        The file.
    decisions
        ``time_unit`` where the file has none; ``array`` and ``array_as`` for several groups;
        ``nucleus`` and ``n_scans`` where the file does not say.

    Returns
    -------
    :
        Dataset of schema ``acquisition/1``.

    Raises
    ------
    ReadError
        If the layout is another one, the file is damaged, or something is open.
    """
    try:
        with h5py.File(path, "r") as root:
            return dataset_from(_record(path, root, decisions), decisions)
    except _LIBRARY_ERRORS as error:
        if isinstance(error, UnitError):
            raise
        raise UnreadableFile(
            file=path.name,
            field="HDF5",
            found=f"the library cannot read it ({type(error).__name__}).",
            remedy="Copy the file again from the spectrometer.",
        ) from None


def _record(path: Path, root: h5py.File, decisions: Decisions) -> Record:
    names = _groups(root)
    places = [root if name == "." else _group(path, root, name) for name in names]
    rows = [_signal(path, place, name) for place, name in zip(places, names, strict=True)]
    if len({row.size for row in rows}) != 1:
        sizes = sorted({row.size for row in rows})
        raise _inconsistent(path, "groups", f"signals of {sizes[0]} to {sizes[-1]} points.")
    data = np.stack(rows)
    first, dwell = _clock(path, root, places[0], data.shape[1], decisions)
    for place in places[1:]:
        if not np.allclose(_clock(path, root, place, data.shape[1], decisions), (first, dwell)):
            raise _inconsistent(path, "time", "the groups have different times.")
    frequency = _number(root.attrs.get("observe_frequency"))
    stated = root.attrs.get("nucleus")
    table = chosen_table(
        file=path.name, rows=len(data), tables=_tables(path, root, decisions), decisions=decisions
    )
    return Record(
        format="tnmr-hdf5",
        root=path,
        files=(path.name,),
        data=data,
        dwell=dwell,
        carrier_frequency=frequency,
        nucleus=chosen_nucleus(
            file=path.name,
            stated=stated if isinstance(stated, str) else None,
            frequency=frequency,
            decisions=decisions,
        ),
        n_scans=(_number(root.attrs.get("scans")),),
        table=table,
        time_origin=first,
        sense_known=False,
    )


def _groups(root: h5py.File) -> list[str]:
    """Give the numbered groups in the order of their numbers, or the root itself."""
    numbered = [name for name in root if name.isdecimal() and name.isascii()]
    return sorted(numbered, key=int) or ["."]


def _member(path: Path, place: Any, name: str) -> Any:
    """Give a member that lies in this file, None if there is none."""
    link = place.get(name, getlink=True)
    if link is None:
        return None
    if isinstance(link, h5py.ExternalLink):
        raise UnreadableFile(
            file=path.name,
            field=name,
            found="it is a link to another file, which is not followed.",
            remedy="Export the data into one file.",
        )
    return place[name]


def _group(path: Path, root: h5py.File, name: str) -> Any:
    group = _member(path, root, name)
    if not isinstance(group, h5py.Group):
        raise _inconsistent(path, name, "a number names something that is no group.")
    return group


def _dataset(path: Path, place: Any, name: str) -> NDArray[Any] | None:
    """Give a dataset as an array, None if there is none; never more than its bytes can hold."""
    member = _member(path, place, name)
    if member is None:
        return None
    if not isinstance(member, h5py.Dataset) or member.is_virtual or member.external:
        raise _inconsistent(path, name, "it is no dataset of its own in this file.")
    stored = member.id.get_storage_size()
    if member.size and not stored:
        raise TruncatedData(
            file=path.name,
            field=name,
            found=f"{member.size} points are announced, and none was written.",
            remedy="Export the data again.",
        )
    if member.nbytes > max(_SMALL_BYTES, _LARGEST_EXPANSION * stored):
        found = f"{member.nbytes} bytes are announced in {stored} stored bytes."
        raise _inconsistent(path, name, found)
    if member.dtype.kind not in "fiuc":
        raise _inconsistent(path, name, f"it holds {member.dtype}, no numbers.")
    return np.asarray(member[()])


def _signal(path: Path, place: Any, name: str) -> NDArray[np.complex128]:
    real, imaginary = _dataset(path, place, "real"), _dataset(path, place, "imag")
    if real is not None and imaginary is not None:
        if real.ndim != 1 or real.shape != imaginary.shape or not real.size:
            found = f"shapes {real.shape} and {imaginary.shape} are no signal."
            raise _inconsistent(path, f"{name}/real", found)
        return np.asarray(real + 1j * imaginary, dtype=np.complex128)
    data = _dataset(path, place, "data")
    if data is not None and data.ndim == 1 and data.dtype.kind == "c" and data.size:
        return data.astype(np.complex128)
    if data is not None and data.ndim == 2 and data.shape[1] == 2 and data.dtype.kind != "c":
        return np.asarray(data[:, 0] + 1j * data[:, 1], dtype=np.complex128)
    members = ", ".join(sorted(map(str, place))[:12])
    raise UnreadableFile(
        file=path.name,
        field=name,
        found=f"neither real and imag, nor complex data of one dimension; found: {members}.",
        remedy="The layout that is read stands in the reference on formats; export it so.",
    )


def _clock(
    path: Path, root: h5py.File, place: Any, points: int, decisions: Decisions
) -> tuple[float, float]:
    """Give the time of the first point and the dwell [s]."""
    for owner in (place, root):
        times = _dataset(path, owner, "time")
        if times is not None:
            scale = _scale(path, owner["time"].attrs, "units", decisions)
            return _uniform(path, times, points, scale)
        dwell = _dataset(path, owner, "dwell")
        if dwell is not None:
            scale = _scale(path, owner["dwell"].attrs, "units", decisions)
            return 0.0, _number(dwell.item() if dwell.size == 1 else None) * scale
        if "dwell" in owner.attrs:
            scale = _scale(path, owner.attrs, "time_units", decisions)
            return 0.0, _number(owner.attrs["dwell"]) * scale
    raise InconsistentHeader(
        file=path.name,
        field="time",
        found="there is neither a dataset time nor a dwell.",
        remedy="Export the data with their times.",
    )


def _uniform(path: Path, times: NDArray[Any], points: int, scale: float) -> tuple[float, float]:
    if times.dtype.kind == "c" or times.shape != (points,) or points < 2:
        raise _inconsistent(path, "time", f"shape {times.shape} for {points} points.")
    axis = times.astype(np.float64)
    dwell = (axis[-1] - axis[0]) / (points - 1)
    steps = np.diff(axis)
    if not np.isfinite(axis).all() or dwell <= 0 or np.abs(steps - dwell).max() > 0.01 * dwell:
        raise _inconsistent(path, "time", "the times do not rise in equal steps.")
    return float(axis[0]) * scale, float(dwell) * scale


def _scale(path: Path, attrs: Mapping[str, Any], name: str, decisions: Decisions) -> float:
    """Give the seconds in one unit of a time, as stated or as decided."""
    stated = attrs.get(name)
    unit = stated.decode("ascii", "replace") if isinstance(stated, bytes) else stated
    if isinstance(unit, str) and unit.strip() in {*TIME_UNITS[:-1], "\u00b5s", "\u03bcs"}:
        return units.parse(f"1 {unit.strip()}", unit="s", name="time unit")
    if decisions.time_unit in TIME_UNITS[:-1]:
        return units.parse(f"1 {decisions.time_unit}", unit="s", name="time unit")
    raise OpenQuestion(
        file=path.name,
        field=name,
        found="the unit of the times is not in the file.",
        argument="time_unit",
        candidates=TIME_UNITS[:-1],
    )


def _tables(path: Path, root: h5py.File, decisions: Decisions) -> tuple[Table, ...]:
    place = _member(path, root, "tables")
    if not isinstance(place, h5py.Group):
        return ()
    found = []
    for name in sorted(place):
        values = _dataset(path, place, name)
        if values is None or values.ndim != 1 or values.dtype.kind == "c":
            continue
        scale = _scale(path, place[name].attrs, "units", decisions)
        seconds = tuple(float(value) * scale for value in values)
        coordinate = decisions.array_as or "delay"
        found.append(
            Table(name=name, values=seconds, coordinate=coordinate, origin="table of the file")
        )
    return tuple(found)


def _number(value: Any) -> float:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        return float(plain)
    return math.nan


def _inconsistent(path: Path, field: str, found: str) -> InconsistentHeader:
    return InconsistentHeader(
        file=path.name, field=field, found=found, remedy="Export the data again."
    )

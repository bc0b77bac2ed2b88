"""Core Scientific Dataset Model files (.csdf, .csdfe), read and written.

Dimensions are listed fastest first, the reverse of numpy. ``coordinates_offset`` is the coordinate
of point 0, except with ``complex_fft``, where it is that of point ``count // 2``. The time origin
is taken from it: whole echoes may start long before zero.

The model does not say in which sense the signal rotates; with ``sense=-1`` the signal is conjugated
(a frequency axis is mirrored about the carrier). The carrier lies at origin offset + sense x
reciprocal coordinates offset for a signal, at origin offset + coordinates offset for a spectrum.

References
----------
Srivastava, Vosegaard, Massiot, Grandinetti, PLOS ONE 15, e0225953 (2020),
doi:10.1371/journal.pone.0225953.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.errors import AmbiguousArray, OpenQuestion, SchemaError, one_of
from megabar.readers import csdm_components, csdm_model
from megabar.readers.csdm_model import KINDS, Dimension, dimension, objects, refuse, short
from megabar.readers.new_files import write_new
from megabar.readers.plain_text import moment
from megabar.readers.questions import OPEN_ON_PURPOSE, Table, chosen_nucleus, chosen_table
from megabar.readers.record import Record, dataset_from

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_ENCODINGS: Final = ("base64", "none")
_OURS: Final = "org.megabar"
_OF_ONE_FILE: Final = (
    "schema",
    "source",
    "source_sha256",
    "source_files",
    "format",
    "provenance",
)


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one CSDM file: a signal over time, or a spectrum over frequency, of one or many steps.

    Parameters
    ----------
    path
        The ``.csdf`` or ``.csdfe`` file.
    decisions
        ``nucleus`` is asked for; ``channel`` where there are several dependent variables;
        ``array="dimension 0"`` where both of two dimensions could be the steps, and ``array_as``
        for what varies along them; ``sense``.

    Returns
    -------
    :
        Dataset of schema ``acquisition/1`` or ``spectrum/1``.

    Raises
    ------
    ReadError
        If the file is damaged, points outside its folder, or leaves something open.
    """
    document = csdm_model.document(path)
    entries = objects(path, document, "dimensions")
    dimensions = [dimension(path, entry, number) for number, entry in enumerate(entries)]
    counts = [each.count for each in dimensions]
    variable = _variable(path, document, decisions)
    values, files = csdm_components.values(path, variable, counts)
    direct, step = _roles(path, dimensions, decisions)
    ours = _our_statements(document)
    record = _record(path, _rows(values, dimensions, direct), direct, decisions, ours)
    along = _step_values(path, step, decisions, ours)
    record = replace(
        record,
        root=path.parent if files else path,
        files=(path.name, *files),
        table=along,
        warnings=_warnings(document, direct),
    )
    dataset = dataset_from(record, decisions)
    return dataset.assign_attrs(_kept_attributes(ours, decisions))


def write(dataset: xr.Dataset, path: Path, *, encoding: str = "base64") -> str:
    """Write an Acquisition or a Spectrum as CSDM 1.0; complex128 comes back bit for bit.

    Parameters
    ----------
    dataset
        Of schema ``acquisition/1`` or ``spectrum/1``, with a uniform axis.
    path
        New file: ``.csdf`` holds all, ``.csdfe`` puts the numbers into a binary file beside it.
    encoding
        ``"base64"``, or ``"none"`` for numbers in the text; used in a ``.csdf`` file.

    Returns
    -------
    :
        SHA-256 of the file at ``path``.

    Raises
    ------
    SchemaError
        If the dataset is neither of the two.
    StoreError
        If the file exists with other content.
    """
    one_of(encoding, _ENCODINGS, name="encoding")
    found = schemas.check(dataset).attrs["schema"]
    if found not in ("acquisition/1", "spectrum/1"):
        msg = f"Found a dataset of schema {found!r}; CSDM takes acquisition/1 and spectrum/1."
        raise SchemaError(msg)
    axis, name = ("time", "signal") if found == "acquisition/1" else ("frequency", "spectrum")
    values = np.ascontiguousarray(dataset[name].values)
    dimensions = [_written_axis(dataset, axis)]
    if values.shape[0] != 1 or _step_names(dataset):
        dimensions.append({"type": "labeled", "label": "step", "labels": _labels(dataset)})
    document = {
        "csdm": {
            "version": "1.0",
            "dimensions": dimensions,
            "dependent_variables": [
                csdm_components.encoded(values, path, encoding=encoding, name=name)
            ],
            "application": {_OURS: _written_statements(dataset, axis)},
        }
    }
    text = json.dumps(document, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return write_new(path, text.encode())


def _variable(path: Path, document: Mapping[str, Any], decisions: Decisions) -> Mapping[str, Any]:
    variables = objects(path, document, "dependent_variables")
    if len(variables) == 1:
        return variables[0]
    channel = decisions.channel
    if channel is None or not str(channel).isdecimal() or int(channel) >= len(variables):
        raise OpenQuestion(
            file=path.name,
            field="dependent_variables",
            found=f"there are {len(variables)} of them, numbered from 0.",
            argument="channel",
            candidates=[str(number) for number in range(len(variables))],
        )
    return variables[int(channel)]


def _roles(
    path: Path, dimensions: list[Dimension], decisions: Decisions
) -> tuple[Dimension, Dimension | None]:
    """Give the dimension of the signal and that of the steps."""
    if len(dimensions) > 2:
        found = f"there are {len(dimensions)}; signals of one or many steps have 1 or 2."
        raise refuse(path, "dimensions", found, "Save one slice as a file of its own.")
    direct = [d for d in dimensions if d.kind in KINDS.values()]
    if not direct:
        found = "none is a linear time or frequency axis."
        raise refuse(path, "dimensions", found, "This is no NMR signal or spectrum.")
    if len(dimensions) == 1:
        return direct[0], None
    if len(direct) == 1:
        return direct[0], next(d for d in dimensions if d is not direct[0])
    for step, other in (dimensions, dimensions[::-1]):
        if decisions.array == step.name:
            return other, step
    raise AmbiguousArray(
        file=path.name,
        field="dimensions",
        found="both could be the steps of an array: "
        + ", ".join(f"{d.name} has {d.count} points" for d in dimensions)
        + ".",
        argument="array",
        candidates=[f"'{d.name}'" for d in dimensions],
    )


def _rows(
    values: NDArray[np.complex128], dimensions: list[Dimension], direct: Dimension
) -> NDArray[np.complex128]:
    """Give (step, point), whichever dimension is the fastest in the file."""
    table = values.reshape([d.count for d in reversed(dimensions)])
    if table.ndim == 2 and dimensions[0] is not direct:
        table = table.T
    return np.atleast_2d(table)


def _step_values(
    path: Path, step: Dimension | None, decisions: Decisions, ours: Mapping[str, Any]
) -> Table | None:
    """Give the values along the steps, as decided, as we stored them, or as the axis says."""
    if step is None or decisions.array == OPEN_ON_PURPOSE:
        return None
    if isinstance(decisions.array, tuple):
        return chosen_table(file=path.name, rows=step.count, tables=(), decisions=decisions)
    stored = ours.get("step")
    if isinstance(stored, dict):
        return _stored_steps(path, stored, step.count)
    coordinates = step.coordinates()
    if coordinates is None:
        return None
    if decisions.array_as is None:
        raise OpenQuestion(
            file=path.name,
            field=step.name,
            found=f"{step.count} steps, and the file does not say what varies along them.",
            argument="array_as",
            candidates=schemas.STEP_COORDINATES,
        )
    return Table(
        name=step.name,
        values=tuple(coordinates.tolist()),
        coordinate=decisions.array_as,
        origin="coordinates of the dimension",
    )


def _stored_steps(path: Path, stored: Mapping[str, Any], count: int) -> Table | None:
    for name, values in stored.items():
        good = name in schemas.STEP_COORDINATES and isinstance(values, list)
        if not good or len(values) != count or not all(map(_is_number, values)):
            raise refuse(path, f"{_OURS}.step", f"{short(name)} is no list of {count} numbers.")
        numbers = tuple(math.nan if value is None else float(value) for value in values)
        return Table(name=name, values=numbers, coordinate=name, origin="written by megabar")
    return None


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _our_statements(document: Mapping[str, Any]) -> Mapping[str, Any]:
    application = document.get("application")
    ours = application.get(_OURS) if isinstance(application, dict) else None
    return ours if isinstance(ours, dict) else {}


def _stored_attributes(ours: Mapping[str, Any]) -> dict[str, Any]:
    """Give the attributes that we wrote, as far as they are text, numbers, or lists of them."""
    stored = ours.get("attrs")
    kept = {}
    for name, value in stored.items() if isinstance(stored, dict) else ():
        entries = value if isinstance(value, list) else [value]
        numbers = all(map(_is_number, entries))
        if name in _OF_ONE_FILE or not (numbers or all(isinstance(e, str) for e in entries)):
            continue
        plain = [math.nan if entry is None else entry for entry in entries]
        kept[name] = plain if isinstance(value, list) else plain[0]
    return kept


def _kept_attributes(ours: Mapping[str, Any], decisions: Decisions) -> dict[str, Any]:
    decided = decisions.taken()
    return {n: v for n, v in _stored_attributes(ours).items() if n not in decided}


def _record(
    path: Path,
    rows: NDArray[np.complex128],
    direct: Dimension,
    decisions: Decisions,
    ours: Mapping[str, Any],
) -> Record:
    stored = _stored_attributes(ours)
    carrier = stored.get("carrier_frequency", _carrier(direct, decisions.sense or 1))
    nucleus = stored.get("nucleus")
    if not isinstance(nucleus, str) or decisions.nucleus is not None:
        nucleus = chosen_nucleus(
            file=path.name, stated=None, frequency=carrier, decisions=decisions
        )
    in_time = direct.kind == "time"
    scans = stored.get("n_scans", math.nan)
    return Record(
        format="csdm",
        name=path.name,
        root=path,
        files=(path.name,),
        data=rows if direct.increment > 0 else rows[:, ::-1],
        dwell=direct.increment if in_time else 1 / abs(direct.increment * direct.count),
        carrier_frequency=carrier,
        nucleus=nucleus,
        n_scans=tuple(scans) if isinstance(scans, list) else (scans,),
        domain=direct.kind,
        time_origin=direct.offset if in_time else None,
        started_at=moment(ours.get("started_at")),
        centre_point=0.0 if in_time else _centre(direct),
        sense_known=bool(ours),
    )


def _carrier(direct: Dimension, sense: int) -> float:
    if direct.kind == "time":
        return direct.reciprocal_origin + sense * direct.reciprocal_offset
    return direct.origin + (direct.offset if direct.complex_fft else 0.0)


def _centre(direct: Dimension) -> float:
    """Give the point at the carrier, counted along rising frequency."""
    if direct.complex_fft:
        centre: float = direct.count // 2
    else:
        centre = -direct.offset / direct.increment
    return centre if direct.increment > 0 else direct.count - 1 - centre


def _warnings(document: Mapping[str, Any], direct: Dimension) -> tuple[str, ...]:
    found = []
    description = str(document.get("description", "")).lower()
    other = {"time": "frequency", "frequency": "time"}[direct.kind]
    if f"{other} domain" in description and f"{direct.kind} domain" not in description:
        found.append(
            f"The description calls this a {other} domain signal; the dimension is {direct.kind}, "
            "and it was believed."
        )
    if direct.kind == "frequency" and not direct.complex_fft:
        found.append("The place of the carrier is not in the file; frequencies are as stored.")
    return tuple(found)


def _written_axis(dataset: xr.Dataset, axis: str) -> dict[str, Any]:
    """Give the linear dimension of a uniform axis, or say that it is not uniform."""
    values = np.asarray(dataset[axis].values, dtype=np.float64)
    unit = dataset[axis].attrs["units"]
    centred = axis == "frequency" and _zero_at_the_middle(values)
    increment = float(np.ptp(values)) / (values.size - 1) if values.size > 1 else 1.0
    expected = values[0] + np.arange(values.size) * increment
    if not np.allclose(values, expected, rtol=0, atol=1e-6 * abs(increment)) or increment == 0:
        msg = f"Found a {axis} axis that is not uniform; a CSDM file of ours holds uniform axes."
        raise SchemaError(msg)
    carrier = float(dataset.attrs["carrier_frequency"])
    entry: dict[str, Any] = {
        "type": "linear",
        "count": values.size,
        "increment": f"{increment!r} {unit}",
        "quantity_name": axis,
    }
    if not centred:
        entry["coordinates_offset"] = f"{float(values[0])!r} {unit}"
    if centred:
        entry["complex_fft"] = True
    if math.isfinite(carrier):
        stated = {"origin_offset": f"{carrier!r} Hz"}
        entry |= stated if axis == "frequency" else {"reciprocal": stated}
    return entry


def _zero_at_the_middle(frequency: NDArray[np.float64]) -> bool:
    return bool(frequency[frequency.size // 2] == 0)


def _step_names(dataset: xr.Dataset) -> list[str]:
    return [name for name in schemas.STEP_COORDINATES if name in dataset.coords]


def _labels(dataset: xr.Dataset) -> list[str]:
    names = _step_names(dataset)
    count = dataset.sizes["step"]
    if not names:
        return [str(number) for number in range(count)]
    unit = schemas.UNITS[names[0]]
    return [f"{float(value)!r} {unit}" for value in dataset[names[0]].values]


def _written_statements(dataset: xr.Dataset, axis: str) -> dict[str, Any]:
    """Give what the model has no field for, in JSON types; unknown numbers are null."""
    attrs = {n: _plain(v) for n, v in dataset.attrs.items() if n not in _OF_ONE_FILE}
    statement: dict[str, Any] = {"attrs": attrs, "axis": axis}
    if _step_names(dataset):
        statement["step"] = {n: _plain(dataset[n].values) for n in _step_names(dataset)}
    started_at = dataset["started_at"].values
    if not np.isnat(started_at):
        statement["started_at"] = str(started_at)
    return statement


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(entry) for entry in value]
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain

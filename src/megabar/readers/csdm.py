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
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.errors import AmbiguousArray, OpenQuestion, SchemaError, one_of
from megabar.readers import csdm_components, csdm_model, statements
from megabar.readers.csdm_model import KINDS, Dimension, dimension, objects, refuse, short
from megabar.readers.new_files import write_new

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_ENCODINGS: Final = ("base64", "none")
_OURS: Final = "org.megabar"
_NUCLEUS: Final = re.compile(r"\b(\d{1,3}[A-Z][a-z]?)\b")
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
    rows = _rows(values, dimensions, direct)
    ours = _our_statements(document)
    attrs = statements.origin(path, decisions, format_name="csdm", files=[path.name, *files])
    attrs |= _statements(path, dimensions, direct, decisions, ours)
    along = _step_values(path, step, decisions, ours)
    dataset = _dataset(rows, direct, attrs, along, decisions, ours)
    return schemas.with_warnings(dataset, *_warnings(document, direct, decisions, ours))


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
) -> dict[str, Any]:
    """Give step coordinate -> values."""
    if step is None or decisions.array == "none":
        return {}
    if isinstance(decisions.array, tuple):
        if len(decisions.array) != step.count:
            found = f"{len(decisions.array)} values were given for {step.count} steps."
            raise refuse(path, "array", found, "Give one value for each step.")
        return {_array_as(path, step, decisions): decisions.array}
    stored = ours.get("step")
    if isinstance(stored, dict):
        return _stored_steps(path, stored, step.count)
    coordinates = step.coordinates()
    return {} if coordinates is None else {_array_as(path, step, decisions): coordinates}


def _stored_steps(path: Path, stored: Mapping[str, Any], count: int) -> dict[str, Any]:
    steps = {}
    for name, values in stored.items():
        good = name in schemas.STEP_COORDINATES and isinstance(values, list)
        if not good or len(values) != count or not all(_is_number(v) for v in values):
            raise refuse(path, f"{_OURS}.step", f"found {short(name)} that is no list of steps.")
        steps[name] = [math.nan if v is None else float(v) for v in values]
    return steps


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _array_as(path: Path, step: Dimension, decisions: Decisions) -> str:
    if decisions.array_as is not None:
        return decisions.array_as
    raise OpenQuestion(
        file=path.name,
        field=step.name,
        found=f"{step.count} steps, and the file does not say what varies along them.",
        argument="array_as",
        candidates=schemas.STEP_COORDINATES,
    )


def _our_statements(document: Mapping[str, Any]) -> Mapping[str, Any]:
    application = document.get("application")
    ours = application.get(_OURS) if isinstance(application, dict) else None
    return ours if isinstance(ours, dict) else {}


def _statements(
    path: Path,
    dimensions: list[Dimension],
    direct: Dimension,
    decisions: Decisions,
    ours: Mapping[str, Any],
) -> dict[str, Any]:
    stored = ours.get("attrs")
    stated = _stored_attributes(stored) if isinstance(stored, dict) else {}
    if "nucleus" not in stated or decisions.nucleus is not None:
        words = [w for d in dimensions for text in d.labels for w in _NUCLEUS.findall(text)]
        stated["nucleus"] = statements.nucleus(
            path,
            decisions,
            field="nucleus",
            found="the model has no field for it; labels are free text.",
            candidates=[f"{word} (label)" for word in dict.fromkeys(words)],
        )
    if not isinstance(stated.get("carrier_frequency"), float):
        stated["carrier_frequency"] = _carrier(direct, decisions.sense or 1)
    if decisions.cell is None and isinstance(stated.get("cell"), str):
        decided_cell = stated["cell"]
    else:
        decided_cell = decisions.cell or schemas.UNKNOWN
    return statements.nmr(decisions, stated=stated) | {"cell": decided_cell}


def _stored_attributes(stored: Mapping[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in stored.items():
        entries = value if isinstance(value, list) else [value]
        numbers = all(_is_number(entry) for entry in entries)
        if name in _OF_ONE_FILE or not (numbers or all(isinstance(e, str) for e in entries)):
            continue
        plain = [math.nan if entry is None else entry for entry in entries]
        kept[name] = plain if isinstance(value, list) else plain[0]
    return kept


def _carrier(direct: Dimension, sense: int) -> float:
    if direct.kind == "time":
        offset = direct.reciprocal_offset
        return direct.reciprocal_origin + (0.0 if math.isnan(offset) else sense * offset)
    return direct.origin + (direct.offset if direct.complex_fft else 0.0)


def _dataset(
    rows: NDArray[np.complex128],
    direct: Dimension,
    attrs: dict[str, Any],
    along: Mapping[str, Any],
    decisions: Decisions,
    ours: Mapping[str, Any],
) -> xr.Dataset:
    started_at = decisions.started_at or _moment(ours.get("started_at"))
    axis = _axis(direct, decisions)
    if direct.kind == "time":
        signal = rows.conj() if decisions.sense == -1 else rows
        return schemas.acquisition(
            signal, time=axis, attrs=attrs, step=along, started_at=started_at
        )
    if axis[0] > axis[-1]:
        axis, rows = axis[::-1], rows[:, ::-1]
    known = {"noise_std": math.nan, "zero_fill": 0, "processing": ["transformed in the file"]}
    return schemas.spectrum(
        rows, frequency=axis, attrs=known | attrs, step=along, started_at=started_at
    )


def _axis(direct: Dimension, decisions: Decisions) -> NDArray[np.float64]:
    """Give the time, or the frequency from the carrier (which lies at the offset)."""
    steps = np.arange(direct.count, dtype=np.float64)
    if direct.kind == "time":
        offset = direct.offset if decisions.time_origin is None else decisions.time_origin
        axis = steps * direct.increment + offset
    elif direct.complex_fft:
        axis = (decisions.sense or 1) * (steps - direct.count // 2) * direct.increment
    else:
        axis = (decisions.sense or 1) * (steps * direct.increment + direct.offset)
    return np.asarray(axis, dtype=np.float64)


def _moment(text: Any) -> np.datetime64 | None:
    if not isinstance(text, str):
        return None
    try:
        return np.datetime64(text, "ns")
    except ValueError:
        return None


def _warnings(
    document: Mapping[str, Any], direct: Dimension, decisions: Decisions, ours: Mapping[str, Any]
) -> list[str]:
    found = []
    description = str(document.get("description", "")).lower()
    other = {"time": "frequency", "frequency": "time"}[direct.kind]
    if f"{other} domain" in description and f"{direct.kind} domain" not in description:
        found.append(
            f"The description calls this a {other} domain signal; the dimension is {direct.kind}, "
            "and it was believed."
        )
    if decisions.sense is None and not ours:
        found.append(
            "The file does not say in which sense the signal rotates; it was taken as stored. "
            "Check one known pair of lines, and decide with sense=-1 if it is mirrored."
        )
    if direct.kind == "frequency" and not direct.complex_fft:
        found.append("The place of the carrier is not in the file; frequencies are as stored.")
    return found


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

"""The record that every NMR reader fills, and the dataset that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar import provenance, schemas
from megabar.errors import InconsistentHeader, UnreadableFile

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions
    from megabar.readers.questions import Table


@dataclass(frozen=True, kw_only=True)
class Record:
    """One NMR measurement as it is stored, with what is known about it in SI.

    Parameters
    ----------
    format
        Name of the format.
    root
        Folder of the files; it never travels.
    files
        Names of the files that were read, relative to ``root``.
    data
        (row, point), untouched.
    dwell
        Time from point to point [s]; for a spectrum 1/width.
    carrier_frequency
        Frequency at the middle of the spectrum [Hz], nan if not known.
    nucleus
        Name, or ``"unknown"``.
    n_scans
        One per row, nan where not stated.
    table
        Values along the rows, if known.
    domain
        ``"time"`` or ``"frequency"``.
    time_origin
        Time of the first stored point, as far as the file states it [s], else None.
    group_delay
        Delay of a digital filter [points].
    sequence
        Word for the pulse sequence.
    repetition_time
        As stated [s], nan if not.
    started_at
        ISO 8601 in UTC, or None.
    centre_point
        Of a spectrum: the point at the carrier.
    name
        Name of the measurement, where it is neither that of the folder nor that of the file.
    sense_known
        Whether files of this format are known to rotate the right way round.
    notes
        Further attributes: text, numbers, lists.
    warnings
        One sentence for each thing repaired or doubted.
    """

    format: str
    root: Path
    files: tuple[str, ...]
    data: NDArray[np.complex128]
    dwell: float
    carrier_frequency: float
    nucleus: str
    n_scans: tuple[float, ...]
    table: Table | None = None
    domain: str = "time"
    time_origin: float | None = None
    group_delay: float = 0.0
    sequence: str = schemas.UNKNOWN
    repetition_time: float = float("nan")
    started_at: str | None = None
    centre_point: float = 0.0
    name: str = ""
    sense_known: bool = True
    notes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Name of the measurement, without the folder that it lies in."""
        return self.name or (self.files[0] if self.root.is_file() else self.root.name)


def dataset_from(record: Record, decisions: Decisions) -> xr.Dataset:
    """Make the dataset of a record, with what was decided in place of what was open.

    Parameters
    ----------
    record
        What the reader found.
    decisions
        What the caller decided; it wins, and it is written into the provenance.

    Returns
    -------
    :
        Schema ``acquisition/1``, or ``spectrum/1`` if the numbers are stored transformed.

    Raises
    ------
    UnreadableFile
        If a number is not finite.
    InconsistentHeader
        If dwell, carrier or scans cannot be true.
    """
    _check(record)
    signal = np.conj(record.data) if decisions.sense == -1 else record.data
    warnings = [*record.warnings, *_warnings(record, decisions)]
    step = None if record.table is None else {record.table.coordinate: record.table.values}
    started_at = decisions.started_at or record.started_at
    attrs = _attributes(record, decisions)
    if record.domain == "time":
        origin = _first(decisions.time_origin, record.time_origin, 0.0)
        with np.errstate(over="ignore"):
            points = np.arange(signal.shape[1], dtype=np.float64)
            time = origin + (points - record.group_delay) * record.dwell
        _check_axis(record, time)
        dataset = schemas.acquisition(
            signal, time=time, attrs=attrs, step=step, started_at=started_at
        )
    else:
        dataset = _spectrum(record, signal, attrs, decisions.sense, started_at)
    return schemas.with_warnings(dataset, *warnings) if warnings else dataset


def _spectrum(
    record: Record,
    signal: NDArray[np.complex128],
    attrs: dict[str, Any],
    sense: int | None,
    started_at: str | None,
) -> xr.Dataset:
    points = signal.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        width = np.divide(1.0, record.dwell)
        frequency = (np.arange(points) - record.centre_point) * width / points
    _check_axis(record, frequency)
    if sense == -1:
        signal, frequency = signal[:, ::-1], -frequency[::-1]
    stored = {"noise_std": float("nan"), "zero_fill": 1, "processing": ["transformed as stored"]}
    step = None if record.table is None else {record.table.coordinate: record.table.values}
    return schemas.spectrum(
        signal, frequency=frequency, attrs={**attrs, **stored}, step=step, started_at=started_at
    )


def _check(record: Record) -> None:
    positive = {"dwell": record.dwell, "carrier frequency": record.carrier_frequency}
    for name, value in positive.items():
        if value <= 0 or np.isinf(value) or (name == "dwell" and np.isnan(value)):
            raise InconsistentHeader(
                file=record.file,
                field=name,
                found=f"it is {value!r}, and no axis can be made from it.",
                remedy="The header is damaged: copy the data again.",
            )
    if record.data.size == 0:
        raise UnreadableFile(
            file=record.file, field="data", found="it holds no point.", remedy="Copy it again."
        )
    broken = np.count_nonzero(~np.isfinite(record.data))
    if broken:
        raise UnreadableFile(
            file=record.file,
            field="data",
            found=f"{broken} of {record.data.size} points are no finite numbers.",
            remedy="The data are damaged or in another byte order: copy them again.",
        )


def _check_axis(record: Record, axis: NDArray[np.floating[Any]]) -> None:
    """Refuse an axis whose numbers are so large or so close that its points are one."""
    if np.isfinite(axis).all() and np.all(np.diff(axis) > 0):
        return
    raise InconsistentHeader(
        file=record.file,
        field=f"{record.domain} axis",
        found=f"a dwell of {record.dwell!r} s gives points that do not rise one after the other.",
        remedy="The header is damaged: copy the data again.",
    )


def _warnings(record: Record, decisions: Decisions) -> list[str]:
    found = []
    if record.domain == "time" and decisions.time_origin is None and record.time_origin is None:
        found.append(
            "The time of the first point after the pulse is not stated; time counts from it. "
            "Decide with time_origin=..."
        )
    if decisions.sense is None and not record.sense_known:
        found.append(
            "The sense of rotation is not stated, so that the frequency axis may be reversed. "
            "Decide with sense=+1 or sense=-1."
        )
    if decisions.sense == -1:
        found.append("The signal was conjugated, because its sense of rotation was decided as -1.")
    known = np.isfinite(record.n_scans)
    if not known.all() and decisions.n_scans is None:
        found.append("The number of scans is not stated; decide with n_scans=...")
    dark = [row for row, values in enumerate(record.data) if not values.any()]
    if dark:
        listed = ", ".join(str(row) for row in dark[:8])
        found.append(
            f"{len(dark)} of {len(record.data)} rows hold nothing but zeros (from 0: {listed}); "
            "the acquisition was not completed."
        )
    return found


def _attributes(record: Record, decisions: Decisions) -> dict[str, Any]:
    digest = (
        provenance.sha256_of_file(record.root)
        if record.root.is_file()
        else provenance.sha256_of_files(record.root, record.files)
    )
    parameters = {
        "format": record.format,
        "files": list(record.files),
        "decisions": decisions.taken(),
    }
    attrs: dict[str, Any] = {
        "nucleus": record.nucleus,
        "carrier_frequency": float(record.carrier_frequency),
        "n_scans": _scans(record, decisions),
        "sequence": decisions.sequence or record.sequence,
        "repetition_time": _first(decisions.repetition_time, record.repetition_time),
        "dead_time": _first(decisions.dead_time, float("nan")),
        "cell": decisions.cell or schemas.UNKNOWN,
        "source": record.file,
        "source_sha256": digest,
        "source_files": list(record.files),
        "format": record.format,
        "provenance": provenance.record(
            step=f"readers.{record.format}.read", parameters=parameters, inputs=[digest]
        ),
        "sense": decisions.sense or 1,
        **record.notes,
    }
    if record.domain == "time":
        attrs |= _time_attributes(record, decisions)
    if record.table is not None:
        attrs |= {"array_name": record.table.name, "array_origin": record.table.origin}
    for name in ("flip_angle", "echo_delay"):
        value = getattr(decisions, name)
        if value is not None:
            attrs[name] = value
    return attrs


def _time_attributes(record: Record, decisions: Decisions) -> dict[str, Any]:
    origin = "stated in the file" if record.time_origin is not None else "not stated"
    attrs: dict[str, Any] = {
        "time_origin": "decided by the caller" if decisions.time_origin is not None else origin
    }
    if record.group_delay:
        attrs |= {
            "group_delay": float(record.group_delay),
            "group_delay_removed": "by the time axis, which starts at minus the delay; in the "
            "spectrum that is the phase exp(+2 pi i k d/N), exactly",
            "transient_points": int(np.ceil(2 * record.group_delay)),
        }
    return attrs


def _scans(record: Record, decisions: Decisions) -> float | list[float]:
    rows = len(record.data)
    counts = record.n_scans
    if decisions.n_scans is not None:
        decided = decisions.n_scans
        counts = decided if isinstance(decided, tuple) else (decided,)
    if len(set(map(str, counts))) == 1:
        return float(counts[0])
    if len(counts) != rows:
        raise InconsistentHeader(
            file=record.file,
            field="n_scans",
            found=f"{len(counts)} numbers of scans for {rows} rows.",
            remedy="Give one number, or one per row.",
        )
    return [float(count) for count in counts]


def _first(*values: float | None) -> float:
    return next(float(value) for value in values if value is not None)

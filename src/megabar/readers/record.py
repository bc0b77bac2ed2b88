"""The record that every NMR reader fills, the questions it may ask, the dataset it becomes.

Three guesses ruin everything that follows: the table of delays, the nucleus, the unit of time. A
reader offers candidates with reasons; the caller chooses; the choice is written down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar import provenance, schemas
from megabar.errors import (
    AmbiguousArray,
    AmbiguousNucleus,
    InconsistentHeader,
    MissingArray,
    UnreadableFile,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

OPEN_ON_PURPOSE = "none"
_NUCLEUS = re.compile(
    r"(?P<mass>\d{1,3})(?P<symbol>[A-Z][a-z]?)|(?P<before>[A-Z][a-z]*)(?P<after>\d{1,3})"
)
_SYMBOLS = MappingProxyType(
    {
        "hydrogen": "H",
        "deuterium": "H",
        "lithium": "Li",
        "boron": "B",
        "carbon": "C",
        "nitrogen": "N",
        "oxygen": "O",
        "fluorine": "F",
        "sodium": "Na",
        "aluminum": "Al",
        "silicon": "Si",
        "phosphorus": "P",
        "copper": "Cu",
        "yttrium": "Y",
        "cadmium": "Cd",
        "lanthanum": "La",
    }
)
_STRONGEST_MAGNET = 45.5  # T, static; a nucleus that needs more was not observed


@dataclass(frozen=True, kw_only=True)
class Table:
    """Values that could belong to the steps of an experiment.

    Parameters
    ----------
    name
        Its name in the file.
    values
        Its entries [s] or [Hz].
    coordinate
        What they are, one of :data:`megabar.schemas.STEP_COORDINATES`.
    origin
        How they were found, in words.
    """

    name: str
    values: tuple[float, ...]
    coordinate: str
    origin: str

    def described(self) -> str:
        """Give name, length and first entries, for a list of candidates.

        Returns
        -------
        :
            For example ``"de6 (5 values: 0.01, 0.09, 0.17, ...)"``.
        """
        first = ", ".join(f"{value:g}" for value in self.values[:3])
        more = ", ..." if len(self.values) > 3 else ""
        return f"{self.name} ({len(self.values)} values: {first}{more})"


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
    sense_known: bool = True
    notes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Name of the measurement, without the folder that it lies in."""
        return self.files[0] if self.root.is_file() else self.root.name


# --- questions ------------------------------------------------------------------------------------


def chosen_table(
    *,
    file: str,
    rows: int,
    tables: Sequence[Table],
    decisions: Decisions,
    stated: str | None = None,
) -> Table | None:
    """Find the values along the rows of an experiment, or ask.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    rows
        Number of rows.
    tables
        Candidates of the file.
    decisions
        ``array`` and ``array_as``.
    stated
        Name of the table that the file itself names as the one in use.

    Returns
    -------
    :
        The table; None for a single row, or where the steps stay open on purpose.

    Raises
    ------
    AmbiguousArray
        If there are candidates and nobody chose, or the one chosen does not exist.
    MissingArray
        If there are none.
    InconsistentHeader
        If values given do not fit the number of rows.
    """
    wanted = decisions.array
    if wanted == OPEN_ON_PURPOSE or (wanted is None and rows == 1):
        return None
    if isinstance(wanted, tuple):
        return _given_table(file=file, rows=rows, values=wanted, decisions=decisions)
    named = {table.name: table for table in tables}
    name = wanted if wanted is not None else stated
    if name is None or name not in named:
        raise _array_question(file=file, rows=rows, tables=tables, wanted=wanted)
    table = named[name]
    coordinate = decisions.array_as or table.coordinate
    origin = table.origin if wanted is None else f"{table.origin}; chosen by the caller"
    return Table(name=table.name, values=table.values, coordinate=coordinate, origin=origin)


def _given_table(*, file: str, rows: int, values: tuple[float, ...], decisions: Decisions) -> Table:
    if len(values) != rows:
        raise InconsistentHeader(
            file=file,
            field="array",
            found=f"{len(values)} values were given for {rows} rows.",
            remedy="Give one value per row.",
        )
    if decisions.array_as is None:
        raise MissingArray(
            file=file,
            field="array",
            found="values were given, but not what they are.",
            argument="array_as",
            candidates=schemas.STEP_COORDINATES,
        )
    return Table(
        name="given", values=values, coordinate=decisions.array_as, origin="given by the caller"
    )


def _array_question(
    *, file: str, rows: int, tables: Sequence[Table], wanted: str | None
) -> MissingArray | AmbiguousArray:
    asked = f"the table {wanted!r} is not there; " if wanted else ""
    fitting = [table for table in tables if len(table.values) == rows]
    others = [table for table in tables if len(table.values) != rows]
    words: dict[str, Any] = {
        "file": file,
        "field": "array",
        "argument": "array",
        "candidates": [
            *(table.described() for table in (*fitting, *others)),
            "the values themselves",
            f"{OPEN_ON_PURPOSE!r} to leave it open",
        ],
    }
    if not tables:
        found = f"{asked}{rows} rows, and no table of values for them."
        return MissingArray(found=found, **words)
    found = f"{asked}{rows} rows; {len(fitting)} tables have that length, none is stated as used."
    return AmbiguousArray(found=found, **words)


def nucleus_name(word: str) -> str | None:
    """Read the name of a nucleus as the instruments write it.

    Parameters
    ----------
    word
        ``"1H"``, ``"H1"``, ``"^1H"``, ``"Carbon13"``, ``"<off>"``, ...

    Returns
    -------
    :
        Mass number and symbol, or None if no nucleus is named.

    Examples
    --------
    >>> [nucleus_name(word) for word in ("139La", "C13", "^1H", "Fluorine19", "<NONE>")]
    ['139La', '13C', '1H', '19F', None]
    """
    plain = word.strip("<>^ ")
    if plain.lower() == "proton":
        return "1H"
    match = _NUCLEUS.fullmatch(plain)
    if match is None:
        return None
    mass, symbol = match["mass"] or match["after"], match["symbol"] or match["before"]
    return f"{mass}{_SYMBOLS.get(symbol.lower(), symbol)}"


def chosen_nucleus(
    *,
    file: str,
    stated: str | None,
    frequency: float,
    proton_frequencies: Sequence[float] = (),
    decisions: Decisions,
) -> str:
    """Find the nucleus that was observed, or ask.

    What the file states is believed where the proton frequency that it implies agrees within one
    per cent with one that the file states elsewhere, or where the file states none.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    stated
        Nucleus by the file, as it writes it; None if it does not say.
    frequency
        Frequency observed [Hz], nan if not known.
    proton_frequencies
        What the file says elsewhere about its magnet, as frequency of 1H [Hz].
    decisions
        ``nucleus``.

    Returns
    -------
    :
        Name such as ``"1H"``, or ``"unknown"`` where it stays open on purpose.

    Raises
    ------
    AmbiguousNucleus
        Listing what the frequency allows.
    """
    from megabar.matter import nuclei

    if decisions.nucleus is not None:
        if decisions.nucleus == schemas.UNKNOWN:
            return schemas.UNKNOWN
        return nuclei.nucleus(decisions.nucleus).name
    name = None if stated is None else nucleus_name(stated)
    doubt = _doubt_about(name, frequency, proton_frequencies)
    if doubt is None and name is not None:
        return nuclei.nucleus(name).name
    raise AmbiguousNucleus(
        file=file,
        field="nucleus",
        found=f"{doubt} Observed at {frequency / 1e6:.6g} MHz.",
        argument="nucleus",
        candidates=_nuclei_at(frequency, proton_frequencies),
    )


def _doubt_about(
    stated: str | None, frequency: float, proton_frequencies: Sequence[float]
) -> str | None:
    from megabar.matter import nuclei

    if stated is None:
        return "the file names no nucleus."
    try:
        ratio = nuclei.reference_frequency_from_xi(nucleus=stated, tms_frequency=1.0)
    except ValueError:
        return f"the file names {stated!r}, which is no nucleus known here."
    if not proton_frequencies or not np.isfinite(frequency):
        return None
    implied = frequency / ratio
    if any(abs(implied / proton - 1) < 0.01 for proton in proton_frequencies):
        return None
    listed = ", ".join(f"{proton / 1e6:g}" for proton in sorted(set(proton_frequencies)))
    return (
        f"the file names {stated}, which would need a magnet of {implied / 1e6:.5g} MHz for 1H, "
        f"while it states {listed} MHz elsewhere."
    )


def _nuclei_at(frequency: float, proton_frequencies: Sequence[float]) -> list[str]:
    from megabar.matter import nuclei

    if not np.isfinite(frequency) or frequency <= 0:
        return []
    everywhere = nuclei.candidates_at(frequency)
    proton_per_tesla = next(frequency / one.field for one in everywhere if one.nucleus == "1H")
    fields = [proton / proton_per_tesla for proton in sorted(set(proton_frequencies))]
    near = [entry for at in fields for entry in nuclei.candidates_at(frequency, at)]
    entries = near or [entry for entry in everywhere if entry.field < _STRONGEST_MAGNET]
    return list(dict.fromkeys(f"{entry.nucleus} (at {entry.field:.3g} T)" for entry in entries))


# --- the dataset ----------------------------------------------------------------------------------


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
        time = origin + (np.arange(signal.shape[1]) - record.group_delay) * record.dwell
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
    width = 1 / record.dwell
    frequency = (np.arange(points) - record.centre_point) * width / points
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

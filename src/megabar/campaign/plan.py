"""The plan of a campaign: campaign.toml as frozen dataclasses.

What a person writes is checked once, here: unknown keys, units, words of closed lists, and
statements that contradict each other. All mistakes of a file are told at once. How to write a plan
is described in ``docs/reference/plan.md``; which files a plan takes is the business of
:mod:`megabar.campaign.sources`.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)

from megabar import units
from megabar.campaign import contradictions, mistakes
from megabar.errors import PlanError, UnitError, did_you_mean, one_of
from megabar.schemas import SEQUENCES

PLAN_FILE: Final = "campaign.toml"
DECISIONS_FILE: Final = "decisions.toml"

Measure = Literal["line", "copper", "t1", "t2", "t1rho", "resistance", "archive"]
Role = Literal["hydrogen", "metal", "none"]


def _in(unit: str) -> BeforeValidator:
    def parsed(value: Any, info: ValidationInfo) -> float:
        name = info.field_name or "quantity"
        if isinstance(value, str):
            return units.parse(value, unit=unit, name=name)
        msg = f"Found {name} {value!r}, which has no unit. Write a text such as '5 {unit}'."
        raise UnitError(msg)

    return BeforeValidator(parsed)


def _text_in(unit: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": f"a number with a unit, in {unit}"})


def _sequence(word: str) -> str:
    return one_of(word, SEQUENCES, name="sequence")


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


Seconds = Annotated[float, _in("s"), _text_in("s")]
Hertz = Annotated[float, _in("Hz"), _text_in("Hz")]
Tesla = Annotated[float, _in("T"), _text_in("T")]
Kelvin = Annotated[float, _in("K"), _text_in("K")]
Ampere = Annotated[float, _in("A"), _text_in("A")]
Gigapascal = Annotated[float, _in("GPa"), _text_in("GPa")]
Radian = Annotated[float, _in("rad"), _text_in("rad")]
PartsPerMillion = Annotated[float, _in("Hz/MHz"), _text_in("Hz/MHz")]
Moment = Annotated[datetime, AfterValidator(_utc)]
Scans = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Index = Annotated[int, Field(ge=0)]
TimeUnit = Literal["ns", "us", "ms", "s", "minute", "hour", "day", "unknown"]
PulseSequence = Annotated[str, AfterValidator(_sequence), WithJsonSchema({"enum": SEQUENCES})]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=80)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_STRICT: Final = ConfigDict(extra="forbid", validate_by_name=False)


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What a person decides where a file leaves something open; ``None`` leaves it to the file.

    Parameters
    ----------
    nucleus, sequence
        Nucleus observed, and the word for the pulse sequence.
    array, array_as
        Table in the file (``"vdlist"``) or the values themselves, and what they are.
    time_origin, dead_time, repetition_time, echo_delay
        Times [s].
    flip_angle
        Flip angle of the excitation pulse [rad].
    n_scans, sense, channel, columns, domain, time_unit
        Number of scans, sense of rotation (+1 or -1), bridge or observe channel, column map of a
        table, ``"time"`` or ``"frequency"``, and the unit of a time column.
    started_at
        Start of the measurement.
    current
        Current of a resistance measurement [A].
    source_kind, note
        ``"log"`` or ``"digitised"`` for a table without time, and what every report must print
        beside these numbers.
    format
        Name of the file format, where two could read the file.
    """

    __pydantic_config__ = _STRICT

    nucleus: str | None = None
    sequence: PulseSequence | None = None
    array: str | tuple[str, ...] | None = None
    array_as: Literal["delay", "echo_time", "pulse_length", "carrier_offset"] | None = None
    time_origin: Seconds | None = None
    dead_time: Seconds | None = None
    repetition_time: Seconds | None = None
    echo_delay: Seconds | None = None
    flip_angle: Radian | None = None
    n_scans: Scans | tuple[Scans, ...] | None = None
    sense: Literal[1, -1] | None = None
    channel: int | str | None = None
    columns: Mapping[str, str] | None = None
    domain: Literal["time", "frequency"] | None = None
    time_unit: TimeUnit | None = None
    started_at: Moment | None = None
    current: Ampere | None = None
    source_kind: Literal["log", "digitised"] | None = None
    note: str | None = None
    format: str | None = None

    def decided(self) -> dict[str, Any]:
        """Give the decisions that were taken, in the names of the readers.

        Returns
        -------
        :
            Name -> value, without those left open.
        """
        taken = {f.name: getattr(self, f.name) for f in dataclasses.fields(Decisions)}
        return {name: value for name, value in taken.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One diamond anvil cell.

    Parameters
    ----------
    name
        Name of the cell, also that of its folder in the archive.
    directory
        Folder of its raw data, relative to the plan.
    heated_at
        Time of the laser heating: day zero.
    synthesis_pressure
        Pressure of the synthesis [GPa].
    """

    __pydantic_config__ = _STRICT

    name: Name
    directory: str
    heated_at: Moment
    synthesis_pressure: Gigapascal | None = None


@dataclass(frozen=True, kw_only=True)
class Channel(Decisions):
    """One kind of measurement, repeated over the days and the cells.

    Parameters
    ----------
    name
        Name of the channel.
    measure
        What is obtained from its files.
    files
        Glob below the directory of each cell.
    cells
        Names of the cells that have it; all if not given.
    role
        Side of hydrogen per metal that the line counts for.
    shape, model
        Line shape; decay or recovery law.
    window
        Band around the line [Hz from the carrier].
    until
        Points after this time are left out [s].
    drift
        How far the line may wander between steps [Hz].
    step
        Index of the step whose line is measured.
    normal_state
        Temperatures between which the resistance is that of the normal state [K].
    ramp
        Index of the ramp of a sweep that goes up and down.
    t1, t1_std, t2, t2_std
        Stated relaxation times with errors [s], used where no record measures them.
    """

    __pydantic_config__ = _STRICT

    name: Name
    measure: Measure
    files: str
    cells: tuple[str, ...] | None = None
    role: Role = "none"
    shape: Literal["lorentzian", "gaussian", "voigt"] | None = None
    model: Literal["single", "stretched", "two-component"] | None = None
    window: tuple[Hertz, Hertz] | None = None
    until: Seconds | None = None
    drift: Hertz | None = None
    step: Index | None = None
    normal_state: tuple[Kelvin, Kelvin] | None = None
    ramp: Index | None = None
    t1: Seconds | None = None
    t1_std: Seconds | None = None
    t2: Seconds | None = None
    t2_std: Seconds | None = None


@dataclass(frozen=True, kw_only=True)
class FileEntry(Decisions):
    """Decisions for a single file; they go before those of its channel.

    Parameters
    ----------
    path
        The file or folder, relative to the plan.
    exclude
        Why its numbers do not enter; it stays in the archive.
    """

    __pydantic_config__ = _STRICT

    path: str
    exclude: Annotated[str, Field(min_length=3)] | None = None


@dataclass(frozen=True, kw_only=True)
class Reference:
    """How shifts get their zero.

    Parameters
    ----------
    method
        ``"copper"``, ``"xi"``, ``"external"`` or ``"none"``.
    proton_frequency
        Frequency of the protons of TMS in this magnet [Hz].
    ambient_copper
        Record of metallic copper outside any cell.
    copper_knight_shift
        Knight shift of copper at ambient pressure [Hz/MHz].
    copper_knight_shift_change, copper_knight_shift_change_std
        K(P) - K(0) of the copper that gives the line in the cell, and its error [Hz/MHz].
    external
        Nucleus -> record of its reference compound.
    pairing
        A copper record counts for lines within this time [s]; that of the content if not given.
    """

    __pydantic_config__ = _STRICT

    method: Literal["copper", "xi", "external", "none"]
    proton_frequency: Hertz | None = None
    ambient_copper: str | None = None
    copper_knight_shift: PartsPerMillion | None = None
    copper_knight_shift_change: PartsPerMillion | None = None
    copper_knight_shift_change_std: PartsPerMillion | None = None
    external: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pairing: Seconds | None = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """How hydrogen per metal gets its scale.

    Parameters
    ----------
    calibration
        ``"precursor"``: the records before the heating have a known content.
    precursor_h_per_metal, precursor_h_per_metal_std
        That content and its error.
    pairing
        Records of one session lie within this time [s].
    """

    __pydantic_config__ = _STRICT

    calibration: Literal["precursor"]
    precursor_h_per_metal: Positive
    precursor_h_per_metal_std: NotNegative
    pairing: Seconds


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A campaign as a person wrote it down.

    Parameters
    ----------
    schema
        ``"campaign/1"``.
    name
        Title of the campaign.
    metal
        Nucleus of the metal, such as ``"139La"``; ``"none"`` where it plays no part.
    field
        Static field [T]; it checks the nucleus against the carrier.
    reference, content
        How shifts get their zero, and hydrogen per metal its scale.
    cells, channels, files
        The ``[[cell]]``, ``[[channel]]`` and ``[[file]]`` tables.
    """

    __pydantic_config__ = _STRICT

    schema: Literal["campaign/1"]
    name: Annotated[str, Field(min_length=1)]
    metal: str = "none"
    field: Tesla | None = None
    reference: Reference = dataclasses.field(default_factory=lambda: Reference(method="none"))
    content: Content | None = None
    cells: Annotated[tuple[Cell, ...], Field(alias="cell", min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(alias="channel", min_length=1)]
    files: Annotated[tuple[FileEntry, ...], Field(alias="file")] = ()

    def cell(self, name: str) -> Cell:
        """Give one cell by its name.

        Parameters
        ----------
        name
            Name of a ``[[cell]]`` table.

        Returns
        -------
        :
            The cell.

        Raises
        ------
        PlanError
            If there is no such cell.
        """
        for cell in self.cells:
            if cell.name == name:
                return cell
        msg = f"Found cell {name!r}. {did_you_mean(name, (c.name for c in self.cells))}"
        raise PlanError(msg)


@dataclass(frozen=True, kw_only=True)
class _DecisionsFile:
    __pydantic_config__ = _STRICT

    files: Annotated[tuple[FileEntry, ...], Field(alias="file")] = ()


_TABLES: Final[Mapping[str, type]] = MappingProxyType(
    {
        "cell": Cell,
        "channel": Channel,
        "file": FileEntry,
        "reference": Reference,
        "content": Content,
    }
)


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of campaign.toml, for editors that complete and check.

    Returns
    -------
    :
        JSON Schema, draft 2020-12.
    """
    return _adapter(Plan).json_schema(by_alias=True)


def load(path: Path) -> Plan:
    """Read campaign.toml, and decisions.toml beside it.

    Parameters
    ----------
    path
        The plan file.

    Returns
    -------
    :
        The plan; entries of decisions.toml come last among its ``files``.

    Raises
    ------
    PlanError
        Naming the file and each key at fault: what was found, what is expected, what to do.
    """
    document = _toml(path)
    later = path.with_name(DECISIONS_FILE)
    added: tuple[FileEntry, ...] = ()
    if later.is_file():
        added = _validated(_DecisionsFile, _toml(later), file=later.name).files
    plan: Plan = _validated(Plan, document, file=path.name)
    plan = dataclasses.replace(plan, files=(*plan.files, *added))
    problems = list(contradictions.of(plan))
    if problems:
        raise mistakes.error(path.name, problems)
    return plan


def decisions_for(plan: Plan, channel: Channel, source: str) -> tuple[dict[str, Any], str | None]:
    """Join the decisions of a channel with those for one file; the later entry wins.

    Parameters
    ----------
    plan
        The plan.
    channel
        The channel that takes the file.
    source
        The file, relative to the plan, with forward slashes.

    Returns
    -------
    :
        Decisions in the names of the readers, and why the file is excluded or None.
    """
    taken, excluded = channel.decided(), None
    for entry in plan.files:
        if entry.path.rstrip("/") == source:
            taken |= entry.decided()
            excluded = entry.exclude or excluded
    return taken, excluded


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        msg = f"{path.name}: there is no such file in {path.parent.name or '.'}. Write one first."
        raise PlanError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"{path.name}: byte {error.start} is no UTF-8. Save the file as UTF-8."
        raise PlanError(msg) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"{path.name}: this is no TOML: {error}. Texts stand in quotes, tables in brackets."
        raise PlanError(msg) from None


def _validated(kind: type, document: Mapping[str, Any], *, file: str) -> Any:
    try:
        return _adapter(kind).validate_python(document)
    except ValidationError as error:
        items = error.errors(include_url=False)
    problems = mistakes.sentences(items, document, top=kind, tables=_TABLES)
    raise mistakes.error(file, problems)

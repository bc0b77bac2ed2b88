"""The tables of a plan as frozen dataclasses: cells, channels, files, and what sets the scales.

How each key is used is described in ``docs/reference/plan.md``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from megabar.campaign.quantities import (
    STRICT,
    Ampere,
    Gigapascal,
    Hertz,
    Index,
    Kelvin,
    Moment,
    Name,
    NotNegative,
    PartsPerMillion,
    Positive,
    PulseSequence,
    Radian,
    Scans,
    Seconds,
    TimeUnit,
)

Measure = Literal["line", "copper", "t1", "t2", "t1rho", "resistance", "archive"]
Role = Literal["hydrogen", "metal", "none"]


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

    __pydantic_config__ = STRICT

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

    __pydantic_config__ = STRICT

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

    __pydantic_config__ = STRICT

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

    __pydantic_config__ = STRICT

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

    __pydantic_config__ = STRICT

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

    __pydantic_config__ = STRICT

    calibration: Literal["precursor"]
    precursor_h_per_metal: Positive
    precursor_h_per_metal_std: NotNegative
    pairing: Seconds

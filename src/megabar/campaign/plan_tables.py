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
    Fraction,
    Gigapascal,
    Hertz,
    Index,
    Kelvin,
    Moment,
    Name,
    NotNegative,
    Positive,
    PulseSequence,
    Radian,
    Scans,
    Seconds,
    Share,
    TimeUnit,
    Watt,
)

Measure = Literal[
    "line", "copper", "t1", "t2", "t1rho", "nutation", "resistance", "pressure", "archive"
]  # fmt: skip
Role = Literal["hydrogen", "metal", "none"]
Transitions = Literal["all", "central"]
StatedFactor = Literal[
    "excitation", "refocusing", "transition_fraction", "skin_depth", "filter_gain",
    "receiver_gain", "b1_inhomogeneity", "path_loss", "visible_fraction",
]  # fmt: skip


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
    source_kind, thermometer_table, note
        ``"log"`` or ``"digitised"`` for a table without time, the table of a platinum thermometer,
        and what every report must print beside these numbers.
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
    thermometer_table: str | None = None
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
    lens
        Metal of its Lenz lens, ``"copper"`` or ``"gold"``; gold gives no zero of shifts.
    """

    __pydantic_config__ = STRICT

    name: Name
    directory: str
    heated_at: Moment
    synthesis_pressure: Gigapascal | None = None
    lens: Literal["copper", "gold"] | None = None


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
        Temperatures between which the resistance is that of the normal state [K]; found in each
        ramp if not given.
    ramp
        Index of the ramp of a sweep that goes up and down.
    t1, t1_std, t2, t2_std
        Stated relaxation times with errors [s], used where no record measures them.
    pulse_length
        Length of the exciting pulse of a line [s].
    pulse_shape, truncation
        Envelope of the pulses; amplitude at the ends of a Gaussian over that of its peak.
    pulse_90, pulse_90_std
        Calibrated length of the pulse of that shape and power that turns by 90 degrees [s].
    pulse_power, pulse_power_std
        Power at the peak of the pulses, at the port of the coil [W].
    noise_temperature, noise_temperature_std
        Of coil and circuit [K].
    noise_factor, noise_factor_std
        Of the receiver, linear, 1 or more.
    broadening
        What makes the width of a line that is read in an echo.
    seen
        Transitions that a line counts; of a nutation, those that are heard.
    nutation
        Channel whose nutation records calibrate the pulses of a line.
    field_model, asymmetry
        Of a nutation: spread of the field in the sample; asymmetry of the gradient.
    gauge, scale, gauge_temperature
        Of a pressure: what its spectra are of, the scale that they are read on, and the temperature
        of the gauge [K].
    axis_correction, axis_correction_std
        Reading minus truth of a line of known place, and its error [cm-1 or nm].
    search
        Where the edge or the line is looked for [cm-1 or nm].
    position
        Where on the anvil, in words.
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
    pulse_length: Seconds | None = None
    pulse_shape: Literal["rectangular", "gaussian"] | None = None
    truncation: Fraction | None = None
    pulse_90: Seconds | None = None
    pulse_90_std: Seconds | None = None
    pulse_power: Watt | None = None
    pulse_power_std: Watt | None = None
    noise_temperature: Kelvin | None = None
    noise_temperature_std: Kelvin | None = None
    noise_factor: Positive | None = None
    noise_factor_std: NotNegative | None = None
    broadening: Literal["shifts", "couplings", "unknown"] | None = None
    seen: Transitions | None = None
    nutation: Name | None = None
    field_model: Literal["homogeneous", "gaussian"] | None = None
    asymmetry: Share | None = None
    gauge: Literal["edge", "ruby", "samarium"] | None = None
    scale: str | None = None
    gauge_temperature: Kelvin | None = None
    axis_correction: float | None = None
    axis_correction_std: NotNegative | None = None
    search: tuple[float, float] | None = None
    position: str | None = None


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
class Content:
    """How hydrogen per metal gets its scale.

    Parameters
    ----------
    calibration
        ``"precursor"``: the records before the heating have a known content. ``"nutation"``: both
        channels have calibrated pulses in the same cell. ``"exponent"``: neither; a model of the
        coil.
    pairing
        Records of one session lie within this time [s].
    by
        What of the lines is compared.
    precursor_h_per_metal, precursor_h_per_metal_std
        Content of the precursor and its error.
    cancelling
        Inputs of a nutation calibration whose error is the same in both channels.
    exponents
        Exponents of the frequency ratio to span.
    noise_ratio, noise_ratio_std
        Noise of the hydrogen channel over that of the metal channel, for exponents.
    abundances
        Nucleus -> fraction of its element, where a sample is enriched.
    """

    __pydantic_config__ = STRICT

    calibration: Literal["precursor", "nutation", "exponent"]
    pairing: Seconds
    by: Literal["snr_per_root_scan", "amplitude_per_scan"] = "snr_per_root_scan"
    precursor_h_per_metal: Positive | None = None
    precursor_h_per_metal_std: NotNegative | None = None
    cancelling: (
        tuple[Literal["power", "noise_temperature", "noise_factor", "mean_over_peak"], ...] | None
    ) = None
    exponents: Annotated[tuple[Positive, ...], Field(min_length=1)] | None = None
    noise_ratio: Positive | None = None
    noise_ratio_std: NotNegative | None = None
    abundances: Mapping[str, Fraction] | None = None


@dataclass(frozen=True, kw_only=True)
class FactorEntry:
    """An efficiency of one channel that no record measures, with its error and its source.

    Parameters
    ----------
    name
        What it is.
    channel
        The channel whose line it belongs to.
    value, std
        Part of the nuclei that the amplitude shows, and its standard error.
    source
        Where the number comes from; it stands in the report.
    """

    __pydantic_config__ = STRICT

    name: StatedFactor
    channel: Name
    value: Positive
    std: NotNegative
    source: Annotated[str, Field(min_length=3)]

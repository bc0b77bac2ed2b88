"""The tables of a plan that give shifts their zero, test it, and read a content from a shift.

How each key is used is described in ``docs/reference/plan.md``; what they must not say in
:mod:`megabar.campaign.reference_rules`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from megabar.campaign.quantities import (
    STRICT,
    Gigapascal,
    Hertz,
    Name,
    NotNegative,
    PartsPerMillion,
    Positive,
    Seconds,
)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """How shifts get their zero.

    The change of the copper Knight shift is either stated, or follows from pressure and exponent,
    or is unknown: then every shift carries a warning.

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
    copper_pressure, copper_pressure_std
        Pressure of that copper and its error [GPa].
    copper_exponent, copper_exponent_std
        Exponent n of K ~ V^n and its error.
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
    copper_pressure: Gigapascal | None = None
    copper_pressure_std: Gigapascal | None = None
    copper_exponent: float | None = None
    copper_exponent_std: NotNegative | None = None
    external: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pairing: Seconds | None = None


@dataclass(frozen=True, kw_only=True)
class CrossCheck:
    """A cell filled with a compound of known shift, to test how shifts get their zero.

    Parameters
    ----------
    name
        Name of the cell.
    nucleus
        Nucleus of the line.
    record
        Its record.
    known_shift, known_shift_std
        Shift that the compound has, and its error [Hz/MHz].
    copper
        Record of the copper line in that cell; without it the field in the cell is not corrected.
    channel
        Channel whose settings read and fit the record; the first line channel of the nucleus if
        not given.
    pressure, pressure_std
        Pressure of the copper in that cell and its error [GPa]; ambient if not given.
    """

    __pydantic_config__ = STRICT

    name: Name
    nucleus: str
    record: str
    known_shift: PartsPerMillion
    known_shift_std: PartsPerMillion
    copper: str | None = None
    channel: str | None = None
    pressure: Gigapascal | None = None
    pressure_std: Gigapascal | None = None


@dataclass(frozen=True, kw_only=True)
class Witness:
    """A calibration of somebody's own that reads a content from a shift.

    Parameters
    ----------
    nucleus
        Nucleus of the line, such as ``"139La"``.
    shift, shift_std
        Shifts of the anchors, rising or falling with the content, and their errors [Hz/MHz].
    h_per_metal, h_per_metal_std
        Contents of the anchors, rising, and their errors; exact if not given.
    between
        ``"linear"`` or ``"pchip"`` between the anchors.
    source
        Where the calibration comes from.
    """

    __pydantic_config__ = STRICT

    nucleus: str
    shift: Annotated[tuple[PartsPerMillion, ...], Field(min_length=2)]
    shift_std: tuple[PartsPerMillion, ...]
    h_per_metal: tuple[Positive, ...]
    h_per_metal_std: tuple[NotNegative, ...] | None = None
    between: Literal["linear", "pchip"] = "linear"
    source: Annotated[str, Field(min_length=3)]

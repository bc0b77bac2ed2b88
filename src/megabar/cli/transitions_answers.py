"""Critical temperatures of every ramp of every file, in JSON types."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.observables.critical_temperature import critical_temperature, transition_curve
from megabar.observables.resistance_ramps import ramps, rate
from megabar.observables.sweep_thermometers import on_thermometer, thermometers, with_offset_run
from megabar.observables.thermal_lag import thermal_lag
from megabar.observables.upper_critical_fields import upper_critical_field_of
from megabar.readers import registry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr

    from megabar.observables.critical_temperature import TransitionCurve

NAMES: Final = ("tc_onset", "tc_midpoint", "tc_foot", "tc_zero")
"""Temperatures of an answer, in their order down the transition."""

_PAIR: Final = 2  # ramps that can be compared
_LAG: Final = (
    "kind", "tc", "tc_std", "tau", "tau_std", "hysteresis", "hysteresis_std", "disagrees",
    "sentence",
)  # fmt: skip
_DIRECTIONS: Final = {1: "up", -1: "down"}
_SHAPES: Final = (
    "tangent_onset", "tangent_zero", "steepest", "steepest_height", "steepest_width",
)  # fmt: skip
_MODEL: Final = ("model_tc", "model_tc_std", "model_sharpness", "model_sharpness_std")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One ramp of one file.

    Parameters
    ----------
    file, ramp, ramps
        Which ramp, and of how many.
    piece
        The ramp itself.
    verdict, reason
        What it turned out to be.
    field
        Magnetic field [T]; nan where nobody says.
    observables
        None where the window holds no points of this ramp.
    curve
        For drawing; None where there is no normal state.
    """

    file: str
    ramp: int
    ramps: int
    piece: xr.Dataset
    verdict: str
    reason: str
    field: float
    observables: xr.Dataset | None = None
    curve: TransitionCurve | None = None

    @property
    def name(self) -> str:
        """File with the number of the ramp where there are several."""
        return self.file if self.ramps == 1 else f"{self.file} ramp {self.ramp}"

    @property
    def retracted(self) -> bool:
        """Whether its source was retracted."""
        return "retracted" in str(self.piece.attrs.get("note", "")).lower()

    @property
    def midpoint(self) -> float | None:
        """T50 [K], if there is one."""
        if self.observables is None or not isfinite(float(self.observables["tc_midpoint"])):
            return None
        return float(self.observables["tc_midpoint"])

    @property
    def direction(self) -> str:
        """In words: up, down, or not known."""
        if self.piece.attrs.get("source_kind") == "digitised":
            return "not known"
        sign = int(np.sign(np.sum(self.piece["direction"].values)))
        return _DIRECTIONS.get(sign, "not known")


def answers_of(arguments: argparse.Namespace, decisions: Mapping[str, Any]) -> list[Measured]:
    """Measure every ramp that is asked for.

    Parameters
    ----------
    arguments
        Words of the command line.
    decisions
        What a person decided about the files.

    Returns
    -------
    :
        One for each ramp, in the order of the files.

    Raises
    ------
    ValueError
        If there is no such ramp, or the window is empty in the only one.
    """
    found: list[Measured] = []
    many = len(arguments.files)
    told = zip(
        arguments.files,
        arguments.fields or [nan] * many,
        _each(arguments.offset, many),
        _each(arguments.window, many),
        strict=True,
    )
    for path, field, offset, window in told:
        sweep = _sweep(path, decisions, thermometer=arguments.thermometer, offset=offset)
        pieces = ramps(sweep)
        wanted = range(len(pieces)) if arguments.ramp is None else [arguments.ramp]
        asked = {"normal_state": tuple(window) if window else None, "model": arguments.model}
        several = len(wanted) * many > 1
        found += [
            _measured(path, sweep, number, field, asked, several=several) for number in wanted
        ]
    if not found:
        msg = "Found no ramp of four points or more in these files; Tc needs a curve."
        raise ValueError(msg)
    return found


def _each(given: Sequence[Any] | None, many: int) -> list[Any]:
    """One for each file, where one may stand for all."""
    entries = list(given or [None])
    return entries * many if len(entries) == 1 else entries


def _sweep(
    path: Path, decisions: Mapping[str, Any], *, thermometer: str | None, offset: Path | None
) -> xr.Dataset:
    """Read one file on the wanted thermometer, with the offset run beside it."""

    def one(place: Path) -> xr.Dataset:
        read = registry.read(place, **decisions)
        return read if thermometer is None else on_thermometer(read, thermometer)

    return one(path) if offset is None else with_offset_run(one(path), one(offset))


def _measured(
    path: Path,
    sweep: xr.Dataset,
    number: int,
    field: float,
    told: Mapping[str, Any],
    *,
    several: bool,
) -> Measured:
    asked: dict[str, Any] = {**told, "ramp": number}
    pieces = ramps(sweep)
    inside = 0 <= number < len(pieces)
    try:
        observed = critical_temperature(sweep, **asked)
    except ValueError as failure:
        if not (several and inside):
            raise
        judged: dict[str, Any] = {"verdict": "not covered", "reason": str(failure)}
    else:
        curve = transition_curve(sweep, **asked)
        judged = {
            "verdict": observed.attrs["verdict"],
            "reason": observed.attrs["reason"],
            "observables": observed,
            "curve": None if curve.curve is None else curve,
        }
    piece = pieces[number]
    return Measured(
        file=path.name,
        ramp=number,
        ramps=len(pieces),
        piece=piece,
        field=_field(piece) if not isfinite(field) else field,
        **judged,
    )


def _field(piece: xr.Dataset) -> float:
    """Mean field of a ramp [T]; nan where the file has none."""
    if "field" not in piece.coords:
        return nan
    values = np.abs(np.asarray(piece["field"].values, dtype=np.float64))
    return float(np.nanmean(values)) if np.isfinite(values).any() else nan


def facts_of(one: Measured) -> dict[str, Any]:
    """Put one ramp into JSON types.

    Parameters
    ----------
    one
        A ramp with its answer.

    Returns
    -------
    :
        What the JSON object holds of it; temperatures in K.
    """
    temperature = np.asarray(one.piece["temperature"].values, dtype=np.float64)
    facts: dict[str, Any] = {
        "file": one.file,
        "ramp": one.ramp,
        "ramps": one.ramps,
        "direction": one.direction,
        "rate": rate(one.piece)
        if one.observables is None
        else float(one.observables.attrs["rate"]),
        "range": [float(np.nanmin(temperature)), float(np.nanmax(temperature))],
        "field": one.field,
        "cell": one.piece.attrs.get("cell", schemas.UNKNOWN),
        "channel": one.piece.attrs.get("channel"),
        "thermometer": one.piece.attrs.get("thermometer", schemas.UNKNOWN),
        "other_thermometers": list(thermometers(one.piece)),
        "offset_taken_off": "resistance_offset" in one.piece,
        "verdict": one.verdict,
        "reason": one.reason,
        "retracted": one.retracted,
        "note": one.piece.attrs.get("note", ""),
    }
    return facts | _found_facts(one.observables)


def _found_facts(found: xr.Dataset | None) -> dict[str, Any]:
    if found is None:
        return dict.fromkeys(
            (
                "temperatures", "width", "shape", "zero_verdict", "zero_reason", "steps",
                "normal_state", "noise", "lowest_ratio", "smooth_model", "warnings",
            )
        )  # fmt: skip
    attrs = found.attrs
    errors = json.loads(attrs["errors"])
    return {
        "temperatures": {name: _temperature(found, name, errors) for name in NAMES},
        "width": {
            "value": float(found["tc_width"]),
            "std": float(found["tc_width_std"]),
            "quality": found["tc_width"].attrs.get("quality", "value"),
        },
        "shape": {name: attrs.get(name) for name in _SHAPES},
        "zero_verdict": attrs["zero_verdict"],
        "zero_reason": attrs["zero_reason"],
        "steps": json.loads(attrs["steps"]),
        "normal_state": {
            "model": attrs["normal_state_model"],
            "window": json.loads(attrs.get("normal_state_window", "null")),
            "found": bool(attrs["normal_state_found"]),
            "covered": json.loads(attrs.get("covered", "null")),
        },
        "noise": attrs.get("noise"),
        "lowest_ratio": attrs.get("lowest_ratio"),
        "smooth_model": {name.removeprefix("model_"): attrs.get(name) for name in _MODEL},
        "warnings": list(schemas.warnings_of(found)),
    }


def _temperature(
    found: xr.Dataset, name: str, errors: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    if name in found:
        value, std = float(found[name]), float(found[f"{name}_std"])
        quality = found[name].attrs.get("quality", "value")
    else:
        value, std = found.attrs[name], found.attrs[f"{name}_std"]
        quality = "value" if isfinite(value) else "not reached"
    return {"value": value, "std": std, "quality": quality, **errors.get(name, {})}


def lags_of(found: list[Measured]) -> list[dict[str, Any]]:
    """Compare the ramps of one sample: hysteresis, and how far the thermometer lags.

    Parameters
    ----------
    found
        All ramps, of one sample on one thermometer.

    Returns
    -------
    :
        One per magnetic field at which two ramps of known direction have a midpoint.
    """
    by_field: dict[float, list[Measured]] = {}
    for one in found:
        if one.direction != "not known" and one.midpoint is not None:
            by_field.setdefault(round(one.field, 2) if isfinite(one.field) else 0.0, []).append(one)
    told = []
    for field, ramped in by_field.items():
        if len(ramped) < _PAIR:
            continue
        lag = thermal_lag([one.observables for one in ramped if one.observables is not None])
        facts = {key: value for key, value in vars(lag).items() if key in _LAG}
        told.append({"field": field, "ramps": [one.name for one in ramped], **facts})
    return told


def upper_critical_fields(found: list[Measured], *, form: str) -> dict[str, Any]:
    """Fit Hc2(T) to the midpoints of all files.

    Parameters
    ----------
    found
        All ramps.
    form
        Name of :data:`megabar.observables.upper_critical_fields.FORMS`.

    Returns
    -------
    :
        The fit in JSON types; lengths in m, fields in T.

    Raises
    ------
    ValueError
        If a field is not known, or the fit is refused.
    """
    usable = [one for one in found if one.midpoint is not None]
    unknown = [one.name for one in usable if not isfinite(one.field)]
    if unknown:
        msg = f"Found no magnetic field of {', '.join(unknown)}; Hc2 needs it. Give --fields."
        raise ValueError(msg)
    fit = upper_critical_field_of(
        [one.observables for one in usable if one.observables is not None],
        fields=[one.field for one in usable],
        criterion="tc_midpoint",
        model=form,
    )
    return {"criterion": "tc_midpoint", **vars(fit)}

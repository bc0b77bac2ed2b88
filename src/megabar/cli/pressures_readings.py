"""Readings of a gauge from files or from a number that was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.cli.terminal import plural
from megabar.errors import MissingInput, Undetermined, UnusableInput
from megabar.matter import gauges
from megabar.observables.axis_lines import axis_correction
from megabar.observables.gauge_spectra import KINDS, Shown, shown
from megabar.observables.pressure import PressureReading, on_all_scales, pressure_from_gauge
from megabar.readers import registry
from megabar.units import parse

if TYPE_CHECKING:
    import argparse

    import xarray as xr

_CALIBRATION: Final = 40.0  # cm-1 on both sides of a calibration line


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """What a word of the command line means."""

    kind: str
    axis: str
    recommended: tuple[str, ...]


GAUGES: Final[Mapping[str, Gauge]] = MappingProxyType(
    {
        "edge": Gauge(
            kind=KINDS["edge"], axis="raman_shift", recommended=("eremets2023", "akahama2006")
        ),
        "ruby": Gauge(kind=KINDS["ruby"], axis="wavelength", recommended=("ruby2020",)),
        "samarium": Gauge(
            kind=KINDS["samarium"], axis="wavelength", recommended=("rashchenko2015", "datchi1997")
        ),
    }
)
"""Word of ``--gauge`` -> gauge, axis of its spectrum, and the scales to print beside each other."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """What is known of the axis of the spectrometer."""

    correction: float
    std: float
    facts: dict[str, Any]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One pressure with the file it comes from.

    Parameters
    ----------
    name
        Of the file, or ``value``.
    reading
        The pressure.
    found
        What the spectrum shows.
    spectrum
        None for a number that was typed.
    """

    name: str
    reading: PressureReading
    found: Shown
    spectrum: xr.Dataset | None = None

    def facts(self, doubt: str) -> dict[str, Any]:
        """Give everything in JSON types, with the doubt of the log."""
        one = self.reading
        recommended = next(g.recommended for g in GAUGES.values() if g.kind == one.kind)
        known = on_all_scales(one)
        return {
            "file": self.name,
            "started_at": None if one.started_at is None else str(one.started_at)[:19],
            "position": one.position,
            "read": self.found.observed,
            "read_std": self.found.std,
            "unit": gauges.KINDS[one.kind],
            "observed": one.observed,
            "observed_std": one.observed_std,
            "axis_correction": one.axis_correction,
            "temperature": one.temperature,
            "temperature_correction": one.temperature_correction,
            "scale": one.scale,
            "origin": one.origin,
            "pressure": one.pressure,
            "std": one.std,
            "coefficient_std": one.coefficient_std,
            "scale_spread": one.scale_spread,
            "total_std": one.total_std,
            "extrapolated": one.extrapolated,
            "sentence": one.sentence,
            "scales": [
                {
                    "name": name,
                    "pressure": pressure,
                    "coefficient_std": gauges.coefficient_std(scale=name, observed=one.observed),
                    "recommended": name in recommended,
                    "status": gauges.scale(name).status,
                }
                for name, pressure in known.items()
            ],
            "spectrum": self.found.details,
            "doubt": doubt,
            "warnings": list(self.found.warnings),
            "note": "" if self.spectrum is None else self.spectrum.attrs.get("note", ""),
        }


def readings_of(
    arguments: argparse.Namespace, decisions: Mapping[str, Any]
) -> tuple[list[Reading], list[dict[str, str]], Axis]:
    """Turn the command line into readings.

    Parameters
    ----------
    arguments
        Words of the command line.
    decisions
        What a person decided about the files.

    Returns
    -------
    :
        Readings; files without one, with the reason, where others have one; the axis.

    Raises
    ------
    MissingInput
        If gauge, temperature, file or error is missing.
    Undetermined
        If none of the spectra shows the gauge.
    """
    _check(arguments)
    gauge = GAUGES[arguments.gauge]
    axis = axis_of(arguments, gauge)
    shared = {
        "kind": gauge.kind,
        "scale": arguments.scale,
        "temperature": parse(arguments.temperature, unit="K", name="--temperature"),
        "axis_correction": axis.correction,
        "axis_correction_std": axis.std,
        "position": arguments.position,
        "origin": arguments.origin,
    }
    if arguments.value is not None:
        found = Shown(observed=arguments.value, std=arguments.error, details={})
        return [_reading("value", found, shared, None)], [], axis
    window = None if arguments.window is None else (arguments.window[0], arguments.window[1])
    readings, failed = [], []
    for path in arguments.files:
        spectrum = registry.read(path, **decisions)
        try:
            found = shown(spectrum, kind=gauge.kind, search=window)
            readings.append(_reading(path.name, found, shared, spectrum))
        except Undetermined as failure:
            if len(arguments.files) == 1:
                raise
            failed.append({"file": path.name, "reason": str(failure)})
    if not readings:
        msg = f"Found no {gauge.kind} in {plural(len(failed), 'spectrum', 'spectra')}: " + " ".join(
            f"{one['file']}: {one['reason']}" for one in failed
        )
        raise Undetermined(msg, quality="not determined")
    return readings, failed, axis


def _check(arguments: argparse.Namespace) -> None:
    if arguments.gauge is None:
        msg = (
            "Found no --gauge; a spectrum does not say what it is of. Give edge, ruby or samarium."
        )
        raise MissingInput(msg, argument="--gauge", candidates=tuple(GAUGES))
    if (arguments.value is None) == (not arguments.files):
        msg = "Found neither spectra nor --value, or both; a pressure needs one of the two."
        raise MissingInput(msg, argument="FILE", candidates=("FILE", "--value"))
    if arguments.value is not None and arguments.error is None:
        msg = "Found --value without --error; a pressure without the error of its reading is none."
        raise MissingInput(msg, argument="--error")
    if arguments.temperature is None:
        msg = (
            "Found no --temperature; ruby moves by 3 GPa between room temperature and 77 K. Give "
            "that of the gauge, such as '296 K'."
        )
        raise MissingInput(msg, argument="--temperature")


def axis_of(arguments: argparse.Namespace, gauge: Gauge) -> Axis:
    """Say how far the axis is off: as stated, from a line of known place, or unknown.

    Parameters
    ----------
    arguments
        Words of the command line.
    gauge
        Which gauge is read.

    Returns
    -------
    :
        The correction with where it comes from.

    Raises
    ------
    UnusableInput
        If it is given twice, or a Raman line shall check an axis of wavelengths.
    MissingInput
        If nobody says where the line of the calibration is.
    """
    if arguments.axis_correction is not None and arguments.calibration is not None:
        msg = "Found --axis-correction and --calibration; both say the same. Give one of them."
        raise UnusableInput(msg)
    if arguments.axis_correction is not None:
        correction, std = arguments.axis_correction
        return Axis(correction=correction, std=std, facts=_axis_facts("stated", correction, std))
    if arguments.calibration is None:
        unit = gauges.KINDS[gauge.kind]
        worth = "1 cm-1 is 0.7 GPa near 170 GPa" if unit == "cm-1" else "0.1 nm is 0.3 GPa"
        warning = f"Nobody checked the axis of the spectrometer: {worth}. Give --axis-correction."
        facts = _axis_facts("not checked", 0.0, 0.0)
        return Axis(correction=0.0, std=0.0, facts=facts, warnings=(warning,))
    return _calibrated(arguments, gauge)


def _calibrated(arguments: argparse.Namespace, gauge: Gauge) -> Axis:
    if gauge.axis != "raman_shift":
        msg = (
            f"Found --calibration for {gauge.kind}; a Raman line says nothing of an axis in nm. "
            "Give --axis-correction in nm."
        )
        raise UnusableInput(msg)
    truth = arguments.calibration_line
    if truth is None:
        msg = (
            "Found --calibration without --calibration-line; where the line really is decides. "
            "Give its place in cm-1, such as 520.5 for silicon."
        )
        raise MissingInput(msg, argument="--calibration-line", candidates=("520.5",))
    spectrum = registry.read(arguments.calibration)
    line = axis_correction(
        spectrum, truth=truth, window=(truth - _CALIBRATION, truth + _CALIBRATION)
    )
    facts = _axis_facts("calibration line", line.correction, line.std)
    facts |= {"file": arguments.calibration.name, "read": line.read, "truth": truth}
    return Axis(correction=line.correction, std=line.std, facts=facts)


def _axis_facts(kind: str, correction: float, std: float) -> dict[str, Any]:
    return {
        "kind": kind,
        "correction": correction,
        "std": std,
        "file": None,
        "read": None,
        "truth": None,
    }


def _reading(
    name: str, found: Shown, shared: Mapping[str, Any], spectrum: xr.Dataset | None
) -> Reading:
    moment: Any = None if spectrum is None else spectrum.coords["started_at"].values
    reading = pressure_from_gauge(
        observed=found.observed,
        observed_std=found.std,
        started_at=None if moment is None or np.isnat(moment) else moment.astype("M8[s]"),
        **shared,
    )
    return Reading(name=name, reading=reading, found=found, spectrum=spectrum)

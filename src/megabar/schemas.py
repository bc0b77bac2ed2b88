"""The objects that travel: Acquisition, Sweep, Spectrum, Observables, and the check at each border.

Arrays on an axis are an ``xarray.Dataset`` with ``attrs["schema"]``. Datasets speak the units of
the laboratory, in ``attrs["units"]`` of each variable. What a file does not say is ``nan`` for a
number, ``"unknown"`` for a word and ``NaT`` for a time; it is never a guess.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from megabar.errors import SchemaError, one_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

UNKNOWN: Final = "unknown"

QUALITIES: Final = (
    "value",
    "lower bound",
    "upper bound",
    "not determined",
    "not reached",
    "no solution",
    "failed",
)
"""How far one number can be trusted; a closed list, best first."""

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # axes
        "time": "s",
        "frequency": "Hz",
        "shift": "Hz/MHz",
        "delay": "s",
        "echo_time": "s",
        "pulse_length": "s",
        "carrier_offset": "Hz",
        "temperature": "K",
        "raman_shift": "cm-1",
        "wavelength": "nm",
        "elapsed": "day",
        # measured
        "signal": "1",
        "spectrum": "1",
        "resistance": "ohm",
        "intensity": "1",
        "field": "T",
        # observables
        "line_frequency": "Hz",
        "fwhm": "Hz",
        "area": "1",
        "amplitude": "1",
        "phase": "rad",
        "second_moment": "rad2 s-2",
        "t1": "s",
        "t2": "s",
        "t1rho": "s",
        "stretch": "1",
        "snr_per_root_scan": "1",
        "noise": "1",
        "h_per_metal": "1",
        "field_offset": "Hz/MHz",
        "diffusivity": "m2 s-1",
        "pressure": "GPa",
        "tc_onset": "K",
        "tc_midpoint": "K",
        "tc_zero": "K",
        "tc_width": "K",
        "splitting": "Hz",
        "quadrupole_coupling": "Hz",
        "asymmetry": "1",
        "anisotropy": "Hz",
        "deviation": "Hz",
        "skewness": "1",
        "scale": "1",
        "nutation_frequency": "Hz",
        "nutation_spread": "1",
        # tables
        "fraction": "1",
        "ratio": "1",
        "voltage": "V",
        "flux": "m-2 s-1",
        "release_rate": "s-1",
    }
)
"""Unit of each variable that a dataset may hold; ``"1"`` is a pure number."""

_TIMES: Final = ("time", "file_time")
SWEEP_VALUES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        "resistance": (("temperature",), ("direction",)),
        "intensity": (("wavelength", "raman_shift"),),
        "fraction": (_TIMES,),
        "h_per_metal": (_TIMES,),
        "flux": ((*_TIMES, "temperature"),),
        "release_rate": ((*_TIMES, "temperature"),),
        "pressure": ((*_TIMES, "temperature"),),
        "ratio": (("temperature",),),
        "voltage": (),
    }
)
"""What a sweep may measure, and along what: of each group one coordinate must be there."""

STEP_COORDINATES: Final = ("delay", "echo_time", "pulse_length", "carrier_offset")
"""What may vary along the step dimension of an acquisition."""

ECHO_SEQUENCES: Final = ("solid-echo", "hahn-echo", "hahn-echo-array", "cpmg")
"""Sequences whose time zero is an echo top; their last pulse lies one echo_delay before it."""

SEQUENCES: Final = (
    "fid",
    "solid-echo",
    "hahn-echo",
    "saturation-recovery",
    "inversion-recovery",
    "hahn-echo-array",
    "cpmg",
    "spin-lock",
    UNKNOWN,
)
"""Words for a pulse sequence; a closed list."""

_NMR_ATTRS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "nucleus": str,
    "carrier_frequency": float,
    "n_scans": (float, int, list, np.ndarray, np.integer),
    "sequence": str,
    "repetition_time": float,
    "dead_time": float,
    "cell": str,
    "source": str,
    "source_sha256": str,
}


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What a dataset of one kind must hold.

    Parameters
    ----------
    dims
        Names of its dimensions, in order.
    variables
        Data variable -> (dims, kind of numpy dtype).
    coords
        Coordinates that must be there.
    attrs
        Attribute -> type that must be there.
    """

    dims: tuple[str, ...]
    variables: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    coords: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)


SCHEMAS: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        "acquisition/1": Schema(
            dims=("step", "time"),
            variables={"signal": (("step", "time"), "c")},
            coords=("time", "started_at"),
            attrs=_NMR_ATTRS,
        ),
        "spectrum/1": Schema(
            dims=("step", "frequency"),
            variables={"spectrum": (("step", "frequency"), "c")},
            coords=("frequency", "started_at"),
            attrs={**_NMR_ATTRS, "noise_std": float, "zero_fill": int, "processing": list},
        ),
        "sweep/1": Schema(
            dims=("point",),
            coords=("started_at",),
            attrs={"cell": str, "current": float, "source": str, "source_sha256": str},
        ),
        "observables/1": Schema(
            dims=(),
            coords=("started_at",),
            attrs={"nucleus": str, "metal": str, "method": str, "quality": str, "provenance": str},
        ),
    }
)


def check(dataset: xr.Dataset, schema: str | None = None) -> xr.Dataset:
    """Return the dataset as it is, or say what it lacks of its schema.

    Parameters
    ----------
    dataset
        Any dataset with ``attrs["schema"]``.
    schema
        The schema that it must have; that of its own attribute if not given.

    Returns
    -------
    :
        The same dataset.

    Raises
    ------
    SchemaError
        Naming the variable, coordinate or attribute at fault.
    """
    found = dataset.attrs.get("schema", "none")
    if schema is not None and found != schema:
        msg = f"Found a dataset of schema {found!r}; {schema!r} is needed here."
        raise SchemaError(msg)
    rules = SCHEMAS[one_of(found, SCHEMAS, name="schema")]
    problems = [
        *_dimension_problems(dataset, rules),
        *_variable_problems(dataset, rules),
        *_attribute_problems(dataset, rules),
        *_unit_problems(dataset),
    ]
    if found == "sweep/1":
        problems += _sweep_problems(dataset)
    if found == "observables/1":
        problems += _observables_problems(dataset)
    if problems:
        msg = f"This is no {found}: {'; '.join(problems)}."
        raise SchemaError(msg)
    return dataset


def _dimension_problems(dataset: xr.Dataset, rules: Schema) -> list[str]:
    strangers = set(map(str, dataset.dims)) - set(rules.dims)
    missing = [c for c in rules.coords if c not in dataset.coords]
    return [
        *(f"unknown dimension {name!r}" for name in sorted(strangers)),
        *(f"no coordinate {name!r}" for name in missing),
    ]


def _variable_problems(dataset: xr.Dataset, rules: Schema) -> list[str]:
    problems = []
    for name, (dims, kind) in rules.variables.items():
        if name not in dataset.data_vars:
            problems.append(f"no variable {name!r}")
        elif dataset[name].dims != dims:
            problems.append(f"{name} has dimensions {dataset[name].dims}, not {dims}")
        elif dataset[name].dtype.kind != kind:
            problems.append(f"{name} is of type {dataset[name].dtype}, not of kind {kind!r}")
    return problems


def _attribute_problems(dataset: xr.Dataset, rules: Schema) -> list[str]:
    problems = []
    for name, kind in rules.attrs.items():
        if name not in dataset.attrs:
            problems.append(f"no attribute {name!r}")
            continue
        value = dataset.attrs[name]
        numeric = kind is float and isinstance(value, int | np.integer | np.floating)
        sequence = kind is list and isinstance(value, list | tuple | np.ndarray)
        whole = kind is int and isinstance(value, np.integer)
        if not (numeric or sequence or whole or isinstance(value, kind)):
            problems.append(f"attribute {name} is {value!r}")
    return problems


def _unit_problems(dataset: xr.Dataset) -> list[str]:
    problems = []
    for name in (*dataset.data_vars, *dataset.coords):
        wanted = unit_of(str(name))
        unit = dataset[name].attrs.get("units")
        if wanted is not None and unit != wanted:
            problems.append(f"{name} has unit {unit!r}, not {wanted!r}")
    return problems


def unit_of(name: str) -> str | None:
    """Give the unit that a variable must have.

    Parameters
    ----------
    name
        Name of a variable or coordinate; one of a thermometer of its own may carry a suffix.

    Returns
    -------
    :
        The unit, None where a name stands for itself.

    Examples
    --------
    >>> unit_of("resistance_std"), unit_of("temperature_cold_finger"), unit_of("direction")
    ('ohm', 'K', None)
    """
    plain = name.removesuffix("_std")
    suffixed = base_of(plain, (*SWEEP_VALUES, "temperature"))
    return UNITS.get(plain, UNITS.get(suffixed))


def _sweep_problems(dataset: xr.Dataset) -> list[str]:
    names = [str(name).removesuffix("_std") for name in dataset.data_vars]
    bases = {name: base_of(name, SWEEP_VALUES) for name in names}
    if not names:
        return [f"nothing measured: none of {', '.join(SWEEP_VALUES)}"]
    problems = [f"unknown measured quantity {name!r}" for name, base in bases.items() if not base]
    groups = dict.fromkeys(group for base in bases.values() for group in SWEEP_VALUES.get(base, ()))
    problems += [
        f"no coordinate {' or '.join(map(repr, group))}"
        for group in groups
        if not any(name in dataset.coords for name in group)
    ]
    return problems


def base_of(name: str, known: Iterable[str]) -> str:
    """Give the quantity that a name with a suffix stands for.

    Parameters
    ----------
    name
        Such as ``"temperature"`` or ``"temperature_cold_finger"``.
    known
        Names of quantities.

    Returns
    -------
    :
        The quantity; empty if there is none.

    Examples
    --------
    >>> base_of("temperature_cold_finger", UNITS)
    'temperature'
    """
    fitting = [word for word in known if name == word or name.startswith(f"{word}_")]
    return max(fitting, key=len, default="")


def _observables_problems(dataset: xr.Dataset) -> list[str]:
    names = [str(n) for n in dataset.data_vars if not str(n).endswith("_std")]
    problems = [f"no {n}_std" for n in names if f"{n}_std" not in dataset.data_vars]
    problems += [f"unknown observable {n!r}" for n in names if n not in UNITS]
    for name in names:
        quality = dataset[name].attrs.get("quality", dataset.attrs.get("quality"))
        if quality not in QUALITIES:
            problems.append(f"quality of {name} is {quality!r}, not one of {', '.join(QUALITIES)}")
    return problems


def _variable(name: str, dims: Sequence[str], values: ArrayLike) -> xr.Variable:
    return xr.Variable(dims, np.asarray(values), {"units": UNITS[name]})


def _moment(started_at: Any) -> xr.Variable:
    moment = np.datetime64("NaT", "ns") if started_at is None else np.datetime64(started_at, "ns")
    return xr.Variable((), moment)


def acquisition(
    signal: ArrayLike,
    *,
    time: ArrayLike,
    attrs: Mapping[str, Any],
    step: Mapping[str, ArrayLike] | None = None,
    started_at: Any = None,
) -> xr.Dataset:
    """Make an Acquisition, and check it.

    Parameters
    ----------
    signal
        Complex, (step, time), or (time,) for a single step; untouched by any processing.
    time
        Time of each point [s], (time,); zero is the pulse centre or the echo top.
    attrs
        nucleus, carrier_frequency [Hz], n_scans, sequence, repetition_time [s], dead_time [s],
        cell, source, source_sha256, and whatever else the reader knows (text, numbers, lists).
    step
        What varies along the steps: delay, echo_time, pulse_length [s] or carrier_offset [Hz].
    started_at
        Start of the measurement, anything that numpy takes as datetime64; None if not known.

    Returns
    -------
    :
        Dataset of schema ``acquisition/1``.

    Raises
    ------
    SchemaError
        If something is missing or of the wrong kind.
    """
    values = np.atleast_2d(np.asarray(signal, dtype=np.complex128))
    coords: dict[str, Any] = {
        "time": _variable("time", ("time",), np.asarray(time, dtype=np.float64)),
        "started_at": _moment(started_at),
    }
    for name, along in (step or {}).items():
        one_of(name, STEP_COORDINATES, name="step coordinate")
        coords[name] = _variable(name, ("step",), np.asarray(along, dtype=np.float64))
    return check(
        xr.Dataset(
            {"signal": _variable("signal", ("step", "time"), values)},
            coords=coords,
            attrs={"schema": "acquisition/1", **attrs},
        )
    )


def spectrum(
    values: ArrayLike,
    *,
    frequency: ArrayLike,
    attrs: Mapping[str, Any],
    step: Mapping[str, ArrayLike] | None = None,
    shift: ArrayLike | None = None,
    started_at: Any = None,
) -> xr.Dataset:
    """Make a Spectrum, and check it.

    Parameters
    ----------
    values
        Complex (complex128 or complex64), (step, frequency), or (frequency,).
    frequency
        Offset from the carrier [Hz], (frequency,), rising.
    attrs
        Those of an Acquisition, and noise_std (rms per quadrature channel of one point, same unit
        as the spectrum), zero_fill (whole number of times the length), processing (list of calls).
    step
        As in :func:`acquisition`.
    shift
        Shift axis [Hz/MHz], (frequency,), once referenced.
    started_at
        As in :func:`acquisition`.

    Returns
    -------
    :
        Dataset of schema ``spectrum/1``.

    Raises
    ------
    SchemaError
        If something is missing or of the wrong kind.
    """
    array = np.atleast_2d(np.asarray(values))
    coords: dict[str, Any] = {
        "frequency": _variable("frequency", ("frequency",), frequency),
        "started_at": _moment(started_at),
    }
    for name, along in (step or {}).items():
        one_of(name, STEP_COORDINATES, name="step coordinate")
        coords[name] = _variable(name, ("step",), np.asarray(along, dtype=np.float64))
    if shift is not None:
        coords["shift"] = _variable("shift", ("frequency",), shift)
    return check(
        xr.Dataset(
            {"spectrum": _variable("spectrum", ("step", "frequency"), array)},
            coords=coords,
            attrs={"schema": "spectrum/1", **attrs},
        )
    )


def sweep(
    values: Mapping[str, ArrayLike],
    *,
    coords: Mapping[str, ArrayLike],
    attrs: Mapping[str, Any],
    started_at: Any = None,
) -> xr.Dataset:
    """Make a Sweep, and check it.

    Parameters
    ----------
    values
        One or more of :data:`SWEEP_VALUES`, each (point,), and their ``_std`` if known.
    coords
        With resistance: ``temperature`` [K], ``direction`` (+1 warming, -1 cooling, 0 at rest or
        not known), ``time`` [s] and ``field`` [T] if known. With intensity: ``raman_shift`` [cm-1]
        or ``wavelength`` [nm]. A further thermometer is ``temperature_<name>``; ``file_time`` is a
        time in a unit that nobody knows. Further coordinates keep their own names.
    attrs
        cell, current [A], source, source_sha256, and whatever else the reader knows.
    started_at
        As in :func:`acquisition`.

    Returns
    -------
    :
        Dataset of schema ``sweep/1``.

    Raises
    ------
    SchemaError
        If something is missing or of the wrong kind.
    """

    def along_points(name: str, along: ArrayLike) -> xr.Variable:
        unit = unit_of(name)
        return xr.Variable(("point",), np.asarray(along), {"units": unit} if unit else {})

    return check(
        xr.Dataset(
            {name: along_points(name, along) for name, along in values.items()},
            coords={
                **{name: along_points(name, along) for name, along in coords.items()},
                "started_at": _moment(started_at),
            },
            attrs={"schema": "sweep/1", **attrs},
        )
    )


def observables(
    values: Mapping[str, tuple[float, float]],
    *,
    nucleus: str,
    metal: str,
    method: str,
    provenance: str,
    quality: str | Mapping[str, str] = "value",
    started_at: Any = None,
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Make Observables, and check them.

    Parameters
    ----------
    values
        Name -> (value, standard error), in the unit of :data:`UNITS`. A number that does not
        exist is (nan, nan) with a quality that says why.
    nucleus
        Nucleus observed, for example ``"1H"``; ``"none"`` for a resistance curve.
    metal
        The metal of the cell, for example ``"139La"``; ``"none"`` where it plays no part.
    method
        How the numbers were obtained, in words.
    provenance
        One JSON line, see :func:`megabar.provenance.record`.
    quality
        One term of :data:`QUALITIES` for all, or name -> term.
    started_at
        As in :func:`acquisition`.
    attrs
        Further attributes: assumptions, warnings, alternatives.

    Returns
    -------
    :
        Dataset of schema ``observables/1``; its attribute ``quality`` is the worst of its terms.

    Raises
    ------
    SchemaError
        If a name or a quality is unknown.
    """
    terms = dict.fromkeys(values, quality) if isinstance(quality, str) else dict(quality)
    for term in terms.values():
        one_of(term, QUALITIES, name="quality")
    variables = {}
    for name, (value, std) in values.items():
        one_of(name, UNITS, name="observable")
        attributes = {"units": UNITS[name], "quality": terms[name]}
        variables[name] = xr.Variable((), float(value), attributes)
        variables[f"{name}_std"] = xr.Variable((), float(std), {"units": UNITS[name]})
    worst = max(terms.values(), key=QUALITIES.index, default="failed")
    return check(
        xr.Dataset(
            variables,
            coords={"started_at": _moment(started_at)},
            attrs={
                "schema": "observables/1",
                "nucleus": nucleus,
                "metal": metal,
                "method": method,
                "quality": worst,
                "provenance": provenance,
                **(attrs or {}),
            },
        )
    )


def warnings_of(dataset: xr.Dataset) -> tuple[str, ...]:
    """Give the warnings that a dataset carries.

    Parameters
    ----------
    dataset
        Any dataset.

    Returns
    -------
    :
        One sentence each, in the order in which they arose.
    """
    return tuple(json.loads(dataset.attrs.get("warnings", "[]")))


def with_warnings(dataset: xr.Dataset, *sentences: str) -> xr.Dataset:
    """Give the dataset with further warnings; the input stays as it is.

    Parameters
    ----------
    dataset
        Any dataset.
    sentences
        One warning each; one that is there already is not repeated.

    Returns
    -------
    :
        A shallow copy whose attribute ``warnings`` is a JSON list.
    """
    known = warnings_of(dataset)
    fresh = [s for s in dict.fromkeys(sentences) if s not in known]
    return dataset.assign_attrs(warnings=json.dumps([*known, *fresh], ensure_ascii=False))


def processing_of(dataset: xr.Dataset) -> tuple[str, ...]:
    """Give the stages that a dataset went through.

    Parameters
    ----------
    dataset
        Any dataset.

    Returns
    -------
    :
        One call each, in order.
    """
    calls = dataset.attrs.get("processing", [])
    return (calls,) if isinstance(calls, str) else tuple(str(call) for call in calls)


def with_processing(dataset: xr.Dataset, *calls: str) -> xr.Dataset:
    """Give the dataset with further stages on record; the input stays as it is.

    Parameters
    ----------
    dataset
        Any dataset.
    calls
        One call each, such as ``"trim(dead_time=5e-06)"``.

    Returns
    -------
    :
        A shallow copy whose attribute ``processing`` is a list.
    """
    return dataset.assign_attrs(processing=[*processing_of(dataset), *calls])

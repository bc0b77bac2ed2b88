r"""Shift axis: by Xi, by an external standard, by copper inside the cell.

The copper of the Lenz lens feels the field of the cell. Its line over that of copper metal outside
gives the field offset, once the Knight shift that pressure takes from it is put back:

.. math:: e = \frac{\nu_\text{Cu}^\text{cell}}{\nu_\text{Cu}^\text{ambient}} - 1, \qquad
    e_B = \frac{1 + e}{1 + \Delta K / (1 + K_0)} - 1, \qquad
    \nu_\text{ref}^\text{cell} = \nu_\text{ref}^\text{ambient} (1 + e_B)

One :math:`e_B` serves all nuclei and all days of a cell, so its error is common to all their
shifts. The published recipe has no :math:`\Delta K`; at 170 GPa it may be several hundred ppm.

References
----------
Harris et al., Pure Appl. Chem. 73, 1795 (2001), doi:10.1351/pac200173111795; Zhou et al., Nat.
Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3 (copper in the cell).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from megabar import schemas, units
from megabar.errors import SchemaError, Undetermined
from megabar.matter.nuclei import nucleus as look_up
from megabar.spectra.copper_reference import (
    COPPER,
    PRESSURE_UNKNOWN,
    KnightShiftChange,
    field_offset_from_copper,
    refuse_gold,
)
from megabar.spectra.decays import strongest_line


@dataclass(frozen=True, kw_only=True)
class Standard:
    """A resonance that was measured or stated.

    Parameters
    ----------
    nucleus
        What resonates.
    frequency
        Absolute frequency [Hz].
    std
        Its standard error [Hz].
    """

    nucleus: str
    frequency: float
    std: float


Measured = Standard | xr.Dataset
Value = float | str | tuple[float | str, float | str]


def shift_from_frequency(*, frequency: Any, reference_frequency: float) -> Any:
    r"""Compute a shift.

    .. math:: \delta = (\nu - \nu_\text{ref}) / \nu_\text{ref}

    Parameters
    ----------
    frequency
        Absolute frequency [Hz], any shape.
    reference_frequency
        Frequency of zero shift [Hz].

    Returns
    -------
    :
        Shift [Hz/MHz], same shape.

    Examples
    --------
    >>> shift = shift_from_frequency(frequency=55.968e6, reference_frequency=55.8114e6)
    >>> print(f"{shift:.1f}")
    2805.9
    """
    return 1e6 * (np.asarray(frequency) - reference_frequency) / reference_frequency


def standard_from(measured: Measured) -> Standard:
    """Take the absolute frequency of a standard from what was measured.

    Parameters
    ----------
    measured
        Observables with ``line_frequency`` and the attribute ``carrier_frequency``; a Spectrum,
        whose strongest line it is; or a Standard.

    Returns
    -------
    :
        Nucleus, absolute frequency and error [Hz].

    Raises
    ------
    SchemaError
        If the dataset says no frequency.
    Undetermined
        If its line is no value, or does not stand out of the noise.
    """
    if isinstance(measured, Standard):
        return measured
    kind = schemas.check(measured).attrs["schema"]
    carrier = float(measured.attrs.get("carrier_frequency", float("nan")))
    if kind == "spectrum/1":
        offset, std = strongest_line(measured)
    elif kind == "observables/1" and "line_frequency" in measured:
        line = measured["line_frequency"]
        quality = line.attrs.get("quality", measured.attrs["quality"])
        if quality != "value":
            msg = f"Found a standard whose line frequency is {quality!r}; record it again."
            raise Undetermined(msg, quality="no solution")
        offset, std = float(line), float(measured["line_frequency_std"])
    else:
        msg = (
            f"Found a standard of schema {kind!r} without a line frequency; a Spectrum, "
            "Observables of a line, or a Standard is needed."
        )
        raise SchemaError(msg)
    if not np.isfinite(carrier):
        msg = (
            "Found a standard without carrier_frequency: an offset is no frequency. Set that "
            "attribute [Hz], or give a Standard."
        )
        raise SchemaError(msg)
    return Standard(nucleus=measured.attrs["nucleus"], frequency=carrier + offset, std=std)


def reference(
    data: xr.Dataset,
    *,
    standard: Measured,
    standard_shift: Value | None = None,
    copper_ambient: Measured | None = None,
    ambient_reference: Measured | None = None,
    knight_shift: Value | None = None,
    knight_shift_change: Value | KnightShiftChange | None = None,
) -> xr.Dataset:
    """Put a shift axis on a dataset, and say where it comes from.

    Without ``copper_ambient`` the standard is external: a resonance of the same nucleus, or of
    another one that is carried over by Xi. With it the standard is the copper inside the cell.

    Parameters
    ----------
    data
        Spectrum or Acquisition.
    standard
        External standard, or copper inside the cell: Observables, Spectrum, or Standard.
    standard_shift
        Shift of the external standard (or of ``ambient_reference``) from the reference compound
        of its nucleus [Hz/MHz]: a number, a text, or (value, standard error). 0 if it is that
        compound.
    copper_ambient
        Copper metal at ambient pressure outside the cell, in the same magnet.
    ambient_reference
        Standard outside the cell, in the field of ``copper_ambient``: of the same nucleus, or of
        another one that is carried over by Xi.
    knight_shift
        K0 of copper metal at ambient pressure [Hz/MHz]; needed with a ``knight_shift_change`` that
        does not hold it.
    knight_shift_change
        K(P) - K0 of the copper that is seen [Hz/MHz]: a value, (value, standard error), or what
        :func:`~megabar.spectra.copper_reference.knight_shift_change_from_pressure` gives. If not
        given the copper is taken to be at ambient pressure, and a warning says so.

    Returns
    -------
    :
        The dataset, a Spectrum with coordinate ``shift`` [Hz/MHz]. Attributes:
        ``reference_frequency`` [Hz], ``reference_relative_std`` [Hz/MHz] (common to whatever
        shares the standard), ``reference_compound``, ``reference_route``, and with copper
        ``field_offset``, ``field_offset_std``, ``knight_shift_change`` [Hz/MHz], with both ends
        of its error, ``knight_shift_change_low`` and ``_high``, where they were computed.

    Raises
    ------
    SchemaError
        If the data or a standard is no valid dataset.
    Undetermined
        If the standard is gold, or copper without what makes it one.
    UnknownWord
        If a nucleus is not in the table.
    ValueError
        If an argument is missing or makes no sense on this route.
    """
    if schemas.check(data).attrs["schema"] not in ("spectrum/1", "acquisition/1"):
        msg = f"Found {data.attrs['schema']!r}; a shift axis belongs to a Spectrum or Acquisition."
        raise SchemaError(msg)
    measured = standard_from(standard)
    name = data.attrs["nucleus"]
    notes: list[str] = []
    extra: dict[str, Any] = {}
    if copper_ambient is None:
        _refuse_metal(measured.nucleus, name)
        if not (ambient_reference is None and knight_shift is None and knight_shift_change is None):
            msg = (
                "Found arguments of the copper route without copper_ambient. Give it, or leave "
                "ambient_reference, knight_shift and knight_shift_change out."
            )
            raise ValueError(msg)
        frequency, relative = _carried_over(measured, standard_shift, to=name)
        route = "external standard" if measured.nucleus == name else "Xi ratio"
    else:
        if ambient_reference is None:
            msg = (
                "Found copper_ambient without ambient_reference: copper gives the field offset "
                "only. Give a standard of zero or known shift outside the cell."
            )
            raise ValueError(msg)
        ambient, relative = _carried_over(standard_from(ambient_reference), standard_shift, to=name)
        offset, offset_std, extra, notes = _field_offset(
            measured, standard_from(copper_ambient), knight_shift, knight_shift_change
        )
        frequency, relative = ambient * (1 + offset), float(np.hypot(relative, offset_std))
        route = "copper, differential"
    call = f"reference(route={route!r}, reference_frequency={frequency!r})"
    found = schemas.with_warnings(schemas.with_processing(data, call), *notes).assign_attrs(
        reference_frequency=frequency,
        reference_relative_std=1e6 * relative,
        reference_compound=look_up(name).reference,
        reference_route=route,
        **extra,
    )
    return _with_shift_axis(found, frequency)


def _with_shift_axis(data: xr.Dataset, reference_frequency: float) -> xr.Dataset:
    if data.attrs["schema"] == "acquisition/1":
        return schemas.check(data)
    carrier = float(data.attrs["carrier_frequency"])
    if not np.isfinite(carrier):
        msg = (
            "Found a Spectrum without carrier_frequency: offsets from it have no shift. Set that "
            "attribute [Hz]."
        )
        raise SchemaError(msg)
    shift = shift_from_frequency(
        frequency=carrier + data["frequency"].values, reference_frequency=reference_frequency
    )
    return schemas.check(
        data.assign_coords(shift=("frequency", shift, {"units": schemas.UNITS["shift"]}))
    )


def _carried_over(
    standard: Standard, standard_shift: Value | None, *, to: str
) -> tuple[float, float]:
    """Give the reference frequency of a nucleus [Hz] and its relative error."""
    if standard_shift is None:
        msg = (
            f"Found a {standard.nucleus} standard without standard_shift. Give its shift from "
            f"{look_up(standard.nucleus).reference} [Hz/MHz]; 0 if it is that compound."
        )
        raise ValueError(msg)
    shift, shift_std = _value(standard_shift, name="standard_shift")
    here, there = look_up(to), look_up(standard.nucleus)
    frequency = standard.frequency / (1 + shift) * (here.xi / there.xi)
    by_xi = 0.0 if here == there else np.hypot(here.xi_error / here.xi, there.xi_error / there.xi)
    relative = np.sqrt((standard.std / standard.frequency) ** 2 + shift_std**2 + by_xi**2)
    return float(frequency), float(relative)


def _field_offset(
    cell: Standard,
    ambient: Standard,
    knight_shift: Value | None,
    knight_shift_change: Value | KnightShiftChange | None,
) -> tuple[float, float, dict[str, Any], list[str]]:
    """Give the field offset and its error (fractions), attributes, and warnings."""
    refuse_gold(cell.nucleus)
    if cell.nucleus not in COPPER or ambient.nucleus != cell.nucleus:
        msg = (
            f"Found {cell.nucleus} in the cell and {ambient.nucleus} outside; the same isotope of "
            "copper metal, 63Cu or 65Cu, is needed in both."
        )
        raise ValueError(msg)
    notes = [PRESSURE_UNKNOWN] if knight_shift_change is None else []
    sides = {}
    if isinstance(knight_shift_change, KnightShiftChange):
        sides = {
            "knight_shift_change_low": knight_shift_change.low,
            "knight_shift_change_high": knight_shift_change.high,
        }
        knight_shift = knight_shift_change.knight_shift
        knight_shift_change = (knight_shift_change.value, knight_shift_change.std)
    if knight_shift_change is not None and knight_shift is None:
        msg = "Found knight_shift_change without knight_shift; the ambient value K0 is needed too."
        raise ValueError(msg)
    change, change_std = _value(knight_shift_change or 0.0, name="knight_shift_change")
    known, _ = _value(knight_shift or 0.0, name="knight_shift")
    offset = field_offset_from_copper(
        copper_cell=cell.frequency,
        copper_ambient=ambient.frequency,
        knight_shift=known,
        knight_shift_change=change,
    )
    std = float(
        np.sqrt(
            (cell.std / cell.frequency) ** 2
            + (ambient.std / ambient.frequency) ** 2
            + (change_std / (1 + known)) ** 2
        )
    )
    attrs = {
        "field_offset": 1e6 * offset,
        "field_offset_std": 1e6 * std,
        "knight_shift_change": 1e6 * change,
        "reference_covariance": "the field offset is common to all nuclei and times of the cell",
        **sides,
    }
    return offset, std, attrs, notes


def _refuse_metal(standard: str, to: str) -> None:
    refuse_gold(standard)
    if standard in COPPER and to not in COPPER:
        msg = (
            f"Found {standard} as the only standard for {to}: metallic copper has no place on the "
            "scale of shifts, so it gives a field offset only. Add copper_ambient and "
            "ambient_reference, both outside the cell in the same magnet."
        )
        raise Undetermined(msg, quality="no solution")


def _value(value: Value, *, name: str) -> tuple[float, float]:
    """Value and standard error as fractions of 1, from Hz/MHz."""
    pair = value if isinstance(value, tuple) else (value, 0.0)
    number, std = (units.quantity(part, unit="Hz/MHz", name=name) * 1e-6 for part in pair)
    if std < 0:
        msg = f"Found {name} with standard error {std:g}; it is not negative."
        raise ValueError(msg)
    return number, std

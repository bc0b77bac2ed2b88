"""Crystals of hydrides: sites, lattice, volume against pressure, vacancies.

A crystal of the table needs a lattice parameter, a volume per metal atom or, where a relation is
known, a pressure. None of the three has a default. Every number in a crystal says where it comes
from; numbers that nobody has compared with their source, and estimates, enter on request only.
"""

from __future__ import annotations

from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.matter import crystal_table
from megabar.matter.crystal_table import ANGSTROM, GIGAPASCAL, STATUSES, Origin, entry
from megabar.matter.unit_cells import (
    Crystal,
    Shell,
    Sites,
    hydrogen_sites,
    lattice_points,
    shells,
    sites_of,
    with_vacancies,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

__all__ = [
    "Crystal",
    "Origin",
    "Shell",
    "Sites",
    "crystal",
    "entry",
    "estimated_volume_per_metal",
    "hydrogen_sites",
    "lattice_points",
    "names",
    "shells",
    "sites_of",
    "with_vacancies",
]

TRUSTED: Final = frozenset({"published", "given", "secondary", "calculated"})
"""Statuses that enter a crystal without being asked for."""

ESTIMATE_RANGE: Final = (150e9, 170e9)
"""Pressures for which the estimate of volumes was made [Pa]."""


def names() -> tuple[str, ...]:
    """List the crystals of the table.

    Returns
    -------
    :
        Formulas.

    Examples
    --------
    >>> "LaH10" in names()
    True
    """
    return tuple(crystal_table.table())


def estimated_volume_per_metal(*, hydrogen_per_metal: float) -> float:
    r"""Guess the volume of a lanthanum hydride at 150 to 170 GPa.

    .. math:: V = 15.5\,\text{Å}^3 + 1.8\,\text{Å}^3 \, x

    An estimate of our own, no measurement: it meets LaH10 at 150 GPa (33.2 Å3) within 1 % because
    it was made from it.

    Parameters
    ----------
    hydrogen_per_metal
        x in LaHx.

    Returns
    -------
    :
        Volume per La [m3].

    Raises
    ------
    ValueError
        If x is negative or not finite.

    Examples
    --------
    >>> print(f"{estimated_volume_per_metal(hydrogen_per_metal=6) * 1e30:.1f} A3")
    26.3 A3
    """
    if not (isfinite(hydrogen_per_metal) and hydrogen_per_metal >= 0):
        msg = f"Found {hydrogen_per_metal:g} H per metal; a number from 0 is needed."
        raise ValueError(msg)
    return (15.5 + 1.8 * hydrogen_per_metal) * ANGSTROM**3


def crystal(
    name: str,
    *,
    lattice_parameter: float | None = None,
    volume_per_metal: float | None = None,
    pressure: float | None = None,
    parameters: Mapping[str, float] | None = None,
    accept: Collection[str] = (),
) -> Crystal:
    """Build a crystal of the table.

    Exactly one of lattice parameter, volume and pressure is needed.

    Parameters
    ----------
    name
        Its formula, ``"LaH10"``.
    lattice_parameter
        First axis of the conventional cell [m].
    volume_per_metal
        Volume over metal atoms [m3].
    pressure
        Pressure [Pa], where the table knows volumes; with ``accept={"estimate"}`` also for
        lanthanum hydrides from 150 to 170 GPa.
    parameters
        Free coordinates and ``c_over_a`` that replace those of the table.
    accept
        Statuses that may enter beside the trusted ones: ``"unverified"``, ``"estimate"``.

    Returns
    -------
    :
        The crystal, fully occupied, conventional cell.

    Raises
    ------
    UnknownWord
        If the table does not hold the crystal, a parameter or a status.
    ValueError
        If not exactly one size is given, no volume is known at that pressure, or a number of the
        table has a status that is not accepted.

    Examples
    --------
    >>> lah10 = crystal("LaH10", lattice_parameter=5.10e-10)
    >>> lah10.hydrogen_per_metal
    10.0
    >>> print(f"{crystal('LaH10', pressure=170e9).volume * 1e30:.1f} A3")
    128.7 A3
    """
    for word in accept:
        one_of(word, STATUSES, name="status")
    row = entry(name)
    free, origins = _free_parameters(row, parameters or {})
    size = {
        "lattice_parameter": lattice_parameter,
        "volume_per_metal": volume_per_metal,
        "pressure": pressure,
    }
    volume, relative_error, origin = _volume(row, size, free.get("c_over_a", 1.0), accept)
    numbers = (*origins, origin)
    _refuse_untrusted(name, numbers, {*TRUSTED, *accept})  # who names a structure accepts it
    species, kinds, positions = _sites(row, free)
    a = _axis_from_volume(row.system, volume, free.get("c_over_a", 1.0))
    return Crystal(
        name=name,
        space_group=row.space_group,
        cell=_axes(row.system, a, free.get("c_over_a", 1.0)),
        species=species,
        kinds=kinds,
        positions=positions,
        occupancies=np.ones(len(species)),
        metal=row.metal,
        origins=(row.structure, *numbers),
        lattice_parameter_std=a * relative_error / 3,
    )


def _free_parameters(
    row: crystal_table.Entry, given: Mapping[str, float]
) -> tuple[dict[str, float], tuple[Origin, ...]]:
    for key in given:
        one_of(key, row.parameters, name=f"free parameter of {row.name}")
    values = {key: given.get(key, one.value) for key, one in row.parameters.items()}
    origins = tuple(
        Origin(quantity=key, status="given", source="by the caller") if key in given else one.origin
        for key, one in row.parameters.items()
    )
    return values, origins


def _volume(
    row: crystal_table.Entry,
    size: Mapping[str, float | None],
    c_over_a: float,
    accept: Collection[str],
) -> tuple[float, float, Origin]:
    """Give the volume of the cell [m3], its relative error and where it comes from."""
    given = {key: value for key, value in size.items() if value is not None}
    if len(given) != 1:
        msg = (
            f"Found {', '.join(given) or 'neither of them'} for {row.name}; exactly one of "
            f"{', '.join(size)} is needed. {_reported(row)}"
        )
        raise ValueError(msg)
    ((key, value),) = given.items()
    if not (isfinite(value) and value > 0):
        msg = f"Found {key} {value:g}; a positive number in SI units is needed."
        raise ValueError(msg)
    if key == "pressure":
        return _volume_from_pressure(row, value, accept)
    origin = Origin(quantity=key.replace("_", " "), status="given", source="by the caller")
    if key == "lattice_parameter":
        return abs(float(np.linalg.det(_axes(row.system, value, c_over_a)))), nan, origin
    return value * row.formula_units, nan, origin


def _volume_from_pressure(
    row: crystal_table.Entry, pressure: float, accept: Collection[str]
) -> tuple[float, float, Origin]:
    if row.compression is not None:
        known = row.compression
        return known.volume(pressure), known.relative_error, known.origin
    low, high = ESTIMATE_RANGE
    if row.metal == "La" and "estimate" in accept and low <= pressure <= high:
        content = _content(row)
        volume = estimated_volume_per_metal(hydrogen_per_metal=content) * row.formula_units
        source = "15.5 angstrom3 per La and 1.8 per H, made for 150 to 170 GPa; no measurement"
        return volume, 0.03, Origin(quantity="volume", status="estimate", source=source)
    msg = (
        f"Found a pressure for {row.name}, whose volume against pressure is not known; give "
        f"lattice_parameter or volume_per_metal. {_reported(row)}"
    )
    raise ValueError(msg)


def _content(row: crystal_table.Entry) -> float:
    points = len(crystal_table.CENTRINGS[row.centring])
    hydrogen = sum(len(o.triplets) for o in row.orbits if o.species == "H") * points
    return hydrogen / row.formula_units


def _reported(row: crystal_table.Entry) -> str:
    if not row.lattices:
        return f"No lattice parameter of {row.name} is in the table."
    listed = "; ".join(
        f"{one.a / ANGSTROM:g} angstrom at {one.pressure[0] / GIGAPASCAL:g} GPa "
        f"({one.origin.status})"
        for one in row.lattices
    )
    return f"Reported: {listed}."


def _refuse_untrusted(name: str, numbers: tuple[Origin, ...], accepted: Collection[str]) -> None:
    refused = [origin for origin in numbers if origin.status not in accepted]
    if refused:
        listed = "; ".join(f"{one.quantity} ({one.status}): {one.source}" for one in refused)
        words = sorted({one.status for one in refused})
        msg = (
            f"Found numbers of {name} that are not measured or not compared with their source: "
            f"{listed}. Give them yourself, or say accept={words}."
        )
        raise ValueError(msg)


def _sites(
    row: crystal_table.Entry, free: Mapping[str, float]
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]]:
    letters = {key: value for key, value in free.items() if len(key) == 1}
    species, kinds, positions = [], [], []
    for orbit in row.orbits:
        for triplet in orbit.triplets:
            corner = np.array(crystal_table.coordinates(triplet, letters))
            for point in crystal_table.CENTRINGS[row.centring]:
                species.append(orbit.species)
                kinds.append(orbit.wyckoff)
                positions.append((corner + point) % 1)
    return tuple(species), tuple(kinds), np.array(positions)


def _axes(system: str, a: float, c_over_a: float) -> NDArray[np.float64]:
    if system == "hexagonal":
        shape = [[1, 0, 0], [-1 / 2, sqrt(3) / 2, 0], [0, 0, c_over_a]]
    else:
        shape = [[1, 0, 0], [0, 1, 0], [0, 0, c_over_a]]
    return a * np.array(shape, dtype=np.float64)


def _axis_from_volume(system: str, volume: float, c_over_a: float) -> float:
    return float((volume / np.linalg.det(_axes(system, 1.0, c_over_a))) ** (1 / 3))

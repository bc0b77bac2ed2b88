"""The table of crystals as it stands in ``crystals.toml``: sites, lattices, sources, statuses."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from math import log
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from megabar.errors import UnknownWord, did_you_mean
from megabar.matter import equations_of_state

if TYPE_CHECKING:
    from collections.abc import Mapping

ANGSTROM: Final = 1e-10
"""Length in which crystallographers write [m]."""

GIGAPASCAL: Final = 1e9
"""Pressure in which the table is written [Pa]."""

STATUSES: Final = ("published", "given", "secondary", "calculated", "unverified", "estimate")
"""How far a number can be trusted, best first; ``given`` comes from the caller."""

CENTRINGS: Final = {
    "P": ((0.0, 0.0, 0.0),),
    "I": ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5)),
    "F": ((0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0)),
}
"""Letter of the lattice -> translations of its points [fractions of the cell]."""

_TERM = re.compile(r"(?P<sign>[+-]?)(?P<number>\d+(?:/\d+)?)?(?P<letter>[a-z]?)")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where one number or statement comes from.

    Parameters
    ----------
    quantity
        What it is: ``"structure"``, ``"x"``, ``"lattice parameter"``.
    status
        One of ``STATUSES``.
    source
        Where it stands.
    """

    quantity: str
    status: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Orbit:
    """Equivalent sites of one species.

    Parameters
    ----------
    species
        Symbol of the element.
    wyckoff
        Multiplicity and letter, ``"32f"``.
    triplets
        Coordinates in the conventional cell before centring, as texts in the free parameters.
    """

    species: str
    wyckoff: str
    triplets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A coordinate or axial ratio that symmetry leaves free.

    Parameters
    ----------
    name
        ``"x"``, ``"c_over_a"``.
    value
        Its value, a pure number.
    origin
        Where it comes from.
    """

    name: str
    value: float
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """A lattice parameter that somebody reports.

    Parameters
    ----------
    a
        Length of the first axis of the conventional cell [m].
    a_std
        Its standard error [m]; nan where the source gives none.
    pressure
        Lowest and highest pressure for which it is given [Pa].
    origin
        Where it comes from.
    note
        What to know before using it.
    """

    a: float
    a_std: float
    pressure: tuple[float, float]
    origin: Origin
    note: str


@dataclass(frozen=True, kw_only=True)
class Compression:
    """Volume of the conventional cell against pressure.

    Parameters
    ----------
    form
        ``"log-linear"`` between two points, or the name of an equation of state.
    pressure
        Lowest and highest pressure for which it holds [Pa].
    numbers
        The other entries of the table: ``volumes`` [m3], or ``v0`` [m3], ``k0`` [Pa], ``k0_prime``.
    relative_error
        Standard error of the volume over the volume.
    origin
        Where it comes from.
    """

    form: str
    pressure: tuple[float, float]
    numbers: Mapping[str, Any]
    relative_error: float
    origin: Origin

    def volume(self, pressure: float) -> float:
        """Give the volume of the conventional cell [m3] at a pressure [Pa], inside the range."""
        low, high = self.pressure
        if not low <= pressure <= high:
            msg = (
                f"Found pressure {pressure / GIGAPASCAL:g} GPa; volumes are known from "
                f"{low / GIGAPASCAL:g} to {high / GIGAPASCAL:g} GPa only. Give lattice_parameter "
                "or volume_per_metal, or check the unit (Pa)."
            )
            raise ValueError(msg)
        if self.form == "log-linear":
            first, second = self.numbers["volumes"]
            share = (pressure - low) / (high - low)
            return float(first * (second / first) ** share)
        compression = equations_of_state.compression_from_pressure(
            pressure=pressure,
            bulk_modulus=self.numbers["k0"],
            bulk_modulus_derivative=self.numbers["k0_prime"],
            form=self.form,
        )
        return float(self.numbers["v0"] * compression)

    def mean_bulk_modulus(self) -> float:
        """Give -dP/d(ln V) between the two ends of the range [Pa]."""
        low, high = self.pressure
        return (high - low) / log(self.volume(low) / self.volume(high))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One crystal of the table.

    Parameters
    ----------
    name
        Its formula.
    space_group
        Hermann-Mauguin symbol, plain letters.
    number
        Number of the space group in the International Tables.
    system
        ``"cubic"``, ``"tetragonal"`` or ``"hexagonal"``.
    centring
        A letter of ``CENTRINGS``.
    formula_units
        In the conventional cell.
    metal
        Symbol of the element that is not hydrogen.
    orbits
        Its sites.
    parameters
        Free parameters, by name.
    lattices
        Reported lattice parameters.
    compression
        Volume against pressure, or None where none is known.
    structure
        Where space group and sites come from.
    note
        What to know before using it.
    """

    name: str
    space_group: str
    number: int
    system: str
    centring: str
    formula_units: int
    metal: str
    orbits: tuple[Orbit, ...]
    parameters: Mapping[str, Parameter]
    lattices: tuple[Lattice, ...]
    compression: Compression | None
    structure: Origin
    note: str


@cache
def table() -> Mapping[str, Entry]:
    """Give all crystals of the table, by name, in its order.

    Returns
    -------
    :
        Name -> entry, read-only.

    Examples
    --------
    >>> table()["LaH10"].space_group
    'Fm-3m'
    """
    text = files("megabar.matter").joinpath("crystals.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)
    return MappingProxyType({name: _entry(name, row, rows) for name, row in rows.items()})


def entry(name: str) -> Entry:
    """Look one crystal up.

    Parameters
    ----------
    name
        Its formula, ``"LaH10"``.

    Returns
    -------
    :
        What the table says.

    Raises
    ------
    UnknownWord
        If the table does not hold it.

    Examples
    --------
    >>> [orbit.wyckoff for orbit in entry("LaH10").orbits]
    ['4b', '8c', '32f']
    """
    known = table()
    if name not in known:
        msg = (
            f"Found crystal {name!r}, which is not in the table; its sites are unknown. "
            f"{did_you_mean(name, known)} Other crystals come from a structure file."
        )
        raise UnknownWord(msg)
    return known[name]


def coordinates(triplet: str, parameters: Mapping[str, float]) -> tuple[float, ...]:
    """Evaluate a coordinate triplet such as ``"x, 2x, 1/2 - z"``.

    Parameters
    ----------
    triplet
        Three sums of fractions and multiples of letters, divided by commas.
    parameters
        Letter -> value.

    Returns
    -------
    :
        Three fractions of the cell.

    Raises
    ------
    ValueError
        If the text is no such triplet, or a letter has no value.

    Examples
    --------
    >>> coordinates("1/4, 2x, 1/2 - x", {"x": 0.1})
    (0.25, 0.2, 0.4)
    """
    parts = tuple(_sum(part, parameters) for part in triplet.split(","))
    if len(parts) != 3:
        msg = f"Found coordinates {triplet!r}; three are needed, divided by commas."
        raise ValueError(msg)
    return parts


def _sum(text: str, parameters: Mapping[str, float]) -> float:
    dense = text.replace(" ", "")
    terms = [term for term in _TERM.finditer(dense) if term.group()]
    unknown = {term["letter"] for term in terms} - {"", *parameters}
    if not dense or "".join(term.group() for term in terms) != dense or unknown:
        msg = (
            f"Found coordinate {text!r}; a sum of fractions and multiples of "
            f"{', '.join(sorted(parameters)) or 'no letter'} is needed."
        )
        raise ValueError(msg)
    return sum(_term(term, parameters) for term in terms)


def _term(term: re.Match[str], parameters: Mapping[str, float]) -> float:
    size = float(Fraction(term["number"] or 1))
    letter = parameters[term["letter"]] if term["letter"] else 1.0
    return -size * letter if term["sign"] == "-" else size * letter


def _entry(name: str, row: dict[str, Any], rows: dict[str, dict[str, Any]]) -> Entry:
    model = rows[row["like"]] if "like" in row else {}
    shared = ("space_group", "number", "system", "centring", "formula_units")
    frame = {**{key: model[key] for key in shared if model}, **row}
    other = model.get("metal")
    return Entry(
        name=name,
        **{key: frame[key] for key in shared},
        metal=row["metal"],
        orbits=tuple(
            Orbit(
                species=row["metal"] if site["species"] == other else site["species"],
                wyckoff=site["wyckoff"],
                triplets=tuple(site["orbit"]),
            )
            for site in (row.get("sites") or model["sites"])
        ),
        parameters=MappingProxyType(
            {
                key: Parameter(name=key, value=one["value"], origin=_origin(key, one))
                for key, one in row.get("parameters", model.get("parameters", {})).items()
            }
        ),
        lattices=tuple(_lattice(one) for one in row.get("lattices", ())),
        compression=_compression(row["volume"]) if "volume" in row else None,
        structure=_origin("structure", row["structure"]),
        note=row.get("note", ""),
    )


def _origin(quantity: str, row: dict[str, Any]) -> Origin:
    return Origin(quantity=quantity, status=row["status"], source=row["source"])


def _lattice(row: dict[str, Any]) -> Lattice:
    low, high = row["pressure"]
    return Lattice(
        a=row["a"] * ANGSTROM,
        a_std=row.get("a_std", float("nan")) * ANGSTROM,
        pressure=(low * GIGAPASCAL, high * GIGAPASCAL),
        origin=_origin("lattice parameter", row),
        note=row.get("note", ""),
    )


def _compression(row: dict[str, Any]) -> Compression:
    low, high = row["pressures"]
    numbers: dict[str, Any] = {}
    if "volumes" in row:
        numbers["volumes"] = tuple(volume * ANGSTROM**3 for volume in row["volumes"])
    else:
        numbers["v0"] = row["v0"] * ANGSTROM**3
        numbers["k0"] = row["k0"] * GIGAPASCAL
        numbers["k0_prime"] = row["k0_prime"]
    return Compression(
        form=row["form"],
        pressure=(low * GIGAPASCAL, high * GIGAPASCAL),
        numbers=MappingProxyType(numbers),
        relative_error=row["relative_error"],
        origin=_origin("volume", row),
    )

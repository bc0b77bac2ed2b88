"""What is known of the materials around a hydride, with where it comes from, and what is not known.

A table that leaves out what nobody has measured invites a guess. Here "unknown" is an entry like
any other: it has a unit, a range that any answer must integrate over, and a note. Entries live in
``materials.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, isfinite, log10
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from megabar.constants import elementary_charge, k_boltzmann
from megabar.errors import Undetermined, UnknownWord, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final = ("constant", "arrhenius", "unknown")
"""Forms of an entry."""

STATUSES: Final = ("published", "unverified", "assumed", "unknown")
"""What stands behind an entry."""

_EV_OVER_K: Final = elementary_charge / k_boltzmann


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One property of one material.

    Parameters
    ----------
    material, quantity
        Its name, such as ``"alumina"`` and ``"diffusivity"``.
    kind
        One of :data:`KINDS`.
    unit
        SI, or eV for energies of activation.
    value
        Constant, or prefactor; None if unknown.
    activation_energy
        [eV]; None unless the kind is ``"arrhenius"``.
    prior
        Least and most value that is thought possible; None unless unknown.
    temperatures
        Where the source holds [K]; None if it does not say.
    pressures
        Where the source holds [Pa]; None if it does not say.
    status
        One of :data:`STATUSES`.
    source, note
        Where it comes from, and what to beware of.
    """

    material: str
    quantity: str
    kind: str
    unit: str
    value: float | None
    activation_energy: float | None
    prior: tuple[float, float] | None
    temperatures: tuple[float, float] | None
    pressures: tuple[float, float] | None
    status: str
    source: str
    note: str

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def at(self, *, temperature: float) -> float:
        r"""Compute the value at a temperature, :math:`A\,e^{-E/kT}` where it has a barrier.

        Parameters
        ----------
        temperature
            [K].

        Returns
        -------
        :
            In the unit of the entry.

        Raises
        ------
        Undetermined
            If nobody knows it.
        ValueError
            If the temperature is not positive.

        Examples
        --------
        >>> found = material("copper", "diffusivity").at(temperature=295.0)
        >>> print(f"{found:.1e} m2/s")
        1.6e-13 m2/s
        """
        if self.value is None:
            msg = (
                f"Found no value of {self.quantity} of {self.material}: {self.words()} "
                "State one, or let the answer run over the range."
            )
            raise Undetermined(msg, quality="no solution")
        if not (isfinite(temperature) and temperature > 0):
            msg = f"Found temperature {temperature:g} K; give it in kelvin, above 0."
            raise ValueError(msg)
        if self.activation_energy is None:
            return self.value
        return self.value * exp(-self.activation_energy * _EV_OVER_K / temperature)

    def stretched(self, *, temperature: float) -> bool:
        """Say whether a temperature [K] lies outside the source, or the source names no range."""
        if self.activation_energy is None:
            return False
        if self.temperatures is None:
            return True
        low, high = self.temperatures
        return not low <= temperature <= high

    def words(self) -> str:
        """Say what is known in a line, with its origin."""
        if self.value is None:
            low, high = self.prior or (0.0, 0.0)
            how = "log-uniform" if low > 0 else "uniform"
            known = f"unknown; between {low:.2g} and {high:.2g} {self.unit}, {how}"
        elif self.activation_energy is None:
            known = f"{self.value:.4g} {self.unit}"
        else:
            known = f"{self.value:.3g} {self.unit} exp(-{self.activation_energy:g} eV/kT)"
        origin = "" if self.source == "none" else f", {self.source}"
        note = f" {self.note}" if self.note else ""
        return f"{known} ({self.status}{origin}).{note}"


@cache
def materials() -> Mapping[str, Mapping[str, Entry]]:
    """Give the whole table.

    Returns
    -------
    :
        Material -> quantity -> entry.

    Examples
    --------
    >>> table = materials()
    >>> table["rhenium"]["diffusivity"].known
    False
    """
    text = files("megabar.hydrogen").joinpath("materials.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            name: MappingProxyType(
                {quantity: _entry(name, quantity, row) for quantity, row in rows.items()}
            )
            for name, rows in tomllib.loads(text).items()
        }
    )


def material(name: str, quantity: str) -> Entry:
    """Give one property of one material.

    Parameters
    ----------
    name
        Material, such as ``"rhenium"``.
    quantity
        Property, such as ``"diffusivity"``.

    Returns
    -------
    :
        The entry; it may be unknown.

    Raises
    ------
    UnknownWord
        If the table has no such material or property.

    Examples
    --------
    >>> print(material("LaH10", "surface-rate").words())
    unknown; between 1e-16 and 0.001 m/s, log-uniform (unknown). First order. The published loss
    would need 4e-14 m/s for grains of 1 um, if the surface limits.
    """
    table = materials()
    if name not in table:
        msg = f"Found no material {name!r} in the table. {did_you_mean(name, table)}"
        raise UnknownWord(msg)
    if quantity not in table[name]:
        msg = f"Found no {quantity!r} of {name}. {did_you_mean(quantity, table[name])}"
        raise UnknownWord(msg)
    return table[name][quantity]


def decades_open(one: Entry) -> float:
    """Count the decades over which an unknown quantity is open; 0 if it is known.

    Parameters
    ----------
    one
        Entry with a positive prior, or a known one.

    Returns
    -------
    :
        log10 of most over least; infinite where the prior includes zero or less.

    Examples
    --------
    >>> print(f"{decades_open(material('rhenium', 'diffusivity')):.0f}")
    11
    """
    if one.prior is None:
        return 0.0
    low, high = one.prior
    return log10(high / low) if low > 0 else float("inf")


def _entry(material: str, quantity: str, row: Mapping[str, Any]) -> Entry:
    pressures = _pair(row, "pressures")
    return Entry(
        material=material,
        quantity=quantity,
        kind=row["kind"],
        unit=row["unit"],
        value=row.get("prefactor", row.get("value")),
        activation_energy=row.get("activation_energy_ev"),
        prior=_pair(row, "prior"),
        temperatures=_pair(row, "temperatures"),
        pressures=None if pressures is None else (1e9 * pressures[0], 1e9 * pressures[1]),
        status=row["status"],
        source=row["source"],
        note=row.get("note", ""),
    )


def _pair(row: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    if name not in row:
        return None
    low, high = row[name]
    return float(low), float(high)

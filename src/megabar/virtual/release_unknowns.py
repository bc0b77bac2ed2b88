"""What a release plan does not know: entries with a range, and diffusivities of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.hydrogen import geometry
from megabar.hydrogen.materials import materials
from megabar.virtual.release_laws import ELECTRONVOLT, arrhenius, energy_of

if TYPE_CHECKING:
    from megabar.virtual.plan_entries import Table

UNKNOWN: Final = "unknown"
FROM_TABLE: Final = "from table"
_ANY: Final = 300.0  # K, of a value that has no law of temperature


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """An entry that nobody knows: its dotted key, unit, and the ends of its range in that unit."""

    key: str
    unit: str
    low: float
    high: float

    @property
    def middle(self) -> float:
        """Geometric middle of the range."""
        return float(np.sqrt(self.low * self.high))


@dataclass(frozen=True, kw_only=True)
class Source:
    """A diffusivity that a table gave: its dotted key; value, status and source in words."""

    key: str
    words: str


class Unknowns:
    """A whole plan, and what turned out to be unknown, or to come from a table, in reading it.

    Parameters
    ----------
    table
        The plan.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.found: list[Unknown] = []
        self.sources: list[Source] = []

    def quantity(self, table: Table, key: str, unit: str, *, dotted: str) -> float:
        """Take a quantity, or the middle of the range of an unknown one.

        Parameters
        ----------
        table
            Where it stands.
        key, unit
            The entry, and the unit of the answer.
        dotted
            Key of ``table`` in the plan.

        Returns
        -------
        :
            In ``unit``.
        """
        range_key = f"{key}_range"
        if not (table.has(key) and table.text(key) == UNKNOWN):
            table.quantities(range_key, unit, default=[])
            return table.quantity(key, unit)
        ends = table.quantities(range_key, unit)
        if len(ends) != 2 or not 0 < ends[0] < ends[1]:
            raise table.error(range_key, f"found {list(ends)}; two rising ends above 0 are needed.")
        return self._middle(Unknown(key=f"{dotted}.{key}", unit=unit, low=ends[0], high=ends[1]))

    def diffusivity(self, table: Table, *, dotted: str) -> geometry.Rate:
        """Take a diffusivity [m2/s], with its law of temperature, or that of a material.

        Parameters
        ----------
        table
            With ``diffusivity``; ``"from table"`` takes that of ``material``.
        dotted
            Key of ``table`` in the plan.

        Returns
        -------
        :
            The diffusivity.
        """
        if table.has("diffusivity") and table.text("diffusivity") == FROM_TABLE:
            return self._tabulated(table, dotted)
        for label in ("material", "quantity"):  # of a table that a change has overruled
            table.optional_text(label)
        value = self.quantity(table, "diffusivity", "m2 s-1", dotted=dotted)
        energy = energy_of(table)
        if energy is None:
            return value
        return arrhenius(rate=value, energy=energy, at=table.quantity("at", "K"))

    def _tabulated(self, table: Table, dotted: str) -> geometry.Rate:
        name = table.word("material", tuple(materials()))
        known = [one for one, entry in materials()[name].items() if entry.unit == "m2/s"]
        entry = materials()[name][table.word("quantity", known)]
        self.sources.append(Source(key=f"{dotted}.diffusivity", words=entry.words()))
        if entry.prior is not None:
            low, high = entry.prior
            key = f"{dotted}.diffusivity"
            return self._middle(Unknown(key=key, unit="m2 s-1", low=low, high=high))
        if entry.activation_energy is None or entry.value is None:
            return entry.at(temperature=_ANY)
        energy = ELECTRONVOLT * entry.activation_energy
        return geometry.Arrhenius(prefactor=entry.value, activation_energy=energy)

    def _middle(self, unknown: Unknown) -> float:
        self.found.append(unknown)
        return unknown.middle

r"""Nodes that hold hydrogen and the links between them: the one system behind every release.

A node holds the amount :math:`V_i y_i`; a link moves atoms from one node to another. What leaves
one node arrives in the other, so the sum of all amounts is constant to round-off, whatever the
laws. A grain is a chain of nodes; a cavity is a node that many chains share.

.. math:: V_i \dot y_i = -\sum_{links} \pm F(y_{from}, y_{to}, t)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from megabar.hydrogen.tables import Array, Pieces, Whole, pack

_WHOLES: Final = 9  # kind, from, to, table from, table to, equilibrium, activity, drive, groups
_REALS: Final = 8


@dataclass(kw_only=True)
class Network:
    """Nodes and links, as they are put together; ``arrays`` freezes them for compiled code."""

    volumes: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    tables: list[Pieces] = field(default_factory=list)
    energies: list[float] = field(default_factory=lambda: [0.0])
    temperature: int = -1
    wholes: list[list[int]] = field(default_factory=list)
    reals: list[list[float]] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)

    def chain(self, *, volumes: ArrayLike, start: ArrayLike) -> range:
        """Add nodes in a row; give their numbers.

        Parameters
        ----------
        volumes
            How much each holds per unit of its value (n,), greater than zero.
        start
            Values at time zero, (n,) or one for all.
        """
        sizes = np.atleast_1d(np.asarray(volumes, dtype=np.float64))
        values = np.broadcast_to(np.asarray(start, dtype=np.float64), sizes.shape)
        first = len(self.volumes)
        self.volumes.extend(sizes.tolist())
        self.start.extend(values.tolist())
        return range(first, len(self.volumes))

    def node(self, *, volume: float, start: float) -> int:
        """Add one node that many links may share, as a cavity; give its number."""
        number = self.chain(volumes=[volume], start=[start])[0]
        self.shared.append(number)
        return number

    def table(self, pieces: Pieces | None) -> int:
        """Add a function; give its number, -1 for none."""
        if pieces is None:
            return -1
        self.tables.append(pieces)
        return len(self.tables) - 1

    def group(self, energy: float) -> int:
        """Give the number of the rates that share an activation energy [J/mol]."""
        if energy not in self.energies:
            self.energies.append(energy)
        return self.energies.index(energy)

    def link(
        self,
        kind: int,
        ends: tuple[int, int],
        reals: tuple[float, ...],
        *,
        tables: tuple[int, int] = (-1, -1),
        equilibrium: tuple[int, int, int] = (-1, -1, -1),
        groups: tuple[int, int] = (0, 0),
    ) -> None:
        """Add a link.

        Parameters
        ----------
        kind
            One of the laws of ``hydrogen.links``.
        ends
            From which node to which one.
        reals
            The constants of the law, see ``links.law``.
        tables
            The potentials of the two ends.
        equilibrium
            The function of the equilibrium, of the activity of the far end, of the drive in time.
        groups
            The groups of the two rates.
        """
        both = groups[0] * 1000 + groups[1]
        self.wholes.append([kind, *ends, *tables, *equilibrium, both])
        self.reals.append([*reals, *([0.0] * (_REALS - len(reals)))])

    def arrays(self) -> Arrays:
        """Give the system as arrays, the nodes of chains first, the shared ones last."""
        count = len(self.volumes)
        shared = set(self.shared)
        order = np.array([k for k in range(count) if k not in shared] + self.shared, dtype=np.int64)
        place = np.empty(count, dtype=np.int64)
        place[order] = np.arange(count)
        wholes = np.array(self.wholes, dtype=np.int64).reshape(-1, _WHOLES)
        wholes[:, 1:3] = place[wholes[:, 1:3]]
        return Arrays(
            volumes=np.array(self.volumes, dtype=np.float64)[order],
            start=np.array(self.start, dtype=np.float64)[order],
            wholes=wholes,
            reals=np.array(self.reals, dtype=np.float64).reshape(-1, _REALS),
            tables=pack(self.tables),
            energies=np.array(self.energies, dtype=np.float64),
            temperature=self.temperature,
            chained=count - len(self.shared),
            place=place,
            changes=self.temperature >= 0 or bool(np.any(wholes[:, 7] >= 0)),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrays:
    """A network for compiled code.

    Parameters
    ----------
    volumes, start
        Volume and first value of each node (n,); chains first, then the shared nodes.
    wholes, reals
        One row for each link.
    tables
        Packed functions.
    energies
        Activation energy of each group of rates [J/mol].
    temperature
        Number of the function T(t), -1 when the rates are constant.
    chained
        How many nodes belong to chains.
    place
        Where the node of a number of ``Network`` stands now (n,).
    changes
        Whether a law depends on time.
    """

    volumes: Array
    start: Array
    wholes: Whole
    reals: Array
    tables: tuple[Array, Array, Whole]
    energies: Array
    temperature: int
    chained: int
    place: Whole
    changes: bool

    @property
    def packed(self) -> tuple[Any, ...]:
        """The system as the tuple that ``links.evaluate`` takes."""
        return (
            1.0 / self.volumes,
            self.wholes,
            self.reals,
            self.tables,
            self.energies,
            self.temperature,
        )

    def amounts(self, values: Array) -> Array:
        """Give the whole amount at each time, for values (times, n)."""
        return np.asarray(values @ self.volumes, dtype=np.float64)

    def is_tridiagonal(self) -> bool:
        """Say whether chained nodes meet only their neighbours."""
        ends = self.wholes[:, 1:3]
        inner = np.all(ends < self.chained, axis=1)
        return bool(np.all(np.abs(ends[inner, 0] - ends[inner, 1]) == 1))

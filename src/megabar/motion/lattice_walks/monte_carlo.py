"""Kinetic Monte Carlo of atoms on a network, with the occupancy that the crystal has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.motion.arguments import positive
from megabar.motion.lattice_walks import kernels
from megabar.motion.lattice_walks.pair_walks import require_equal_sites

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.motion.lattice_walks.networks import Network

    Tables = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]

MECHANISMS: Final = ("independent", "exclusion", "exchange")
"""Atoms ignore each other; jump into empty sites only; or trade places with any neighbour."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """A periodic supercell of a network.

    Parameters
    ----------
    network
        What is repeated.
    repeats
        How often along each lattice vector.
    """

    network: Network
    repeats: tuple[int, int, int]

    def __post_init__(self) -> None:
        positive(min(self.repeats), name="number of repeats", unit="1")

    def __len__(self) -> int:
        """Give the number of sites."""
        return len(self.network.sites) * int(np.prod(self.repeats))

    @property
    def cell(self) -> NDArray[np.float64]:
        """Lattice vectors as rows [m], (3, 3)."""
        repeated: NDArray[np.float64] = self.network.cell * np.array(self.repeats)[:, None]
        return repeated

    @property
    def sites(self) -> NDArray[np.float64]:
        """Positions [m], (site, 3): cell by cell, within a cell as in the network."""
        corners = np.indices(self.repeats).reshape(3, -1).T @ self.network.cell
        placed: NDArray[np.float64] = corners[:, None, :] + self.network.sites
        return placed.reshape(-1, 3)

    def tables(self) -> Tables:
        """Give neighbours (site, bond), cells they are away (site, bond, 3), relative rates.

        Sites with fewer bonds than others have some of relative rate 0, which lead to themselves.
        """
        net, count = self.network, len(self.network.sites)
        order = np.argsort(net.starts, kind="stable")
        degree = np.bincount(net.starts, minlength=count)
        column = np.arange(len(order)) - np.repeat(np.cumsum(degree) - degree, degree)
        cells = np.indices(self.repeats).reshape(3, -1).T
        size = (len(cells), count, int(degree.max()))
        neighbours = np.broadcast_to(
            np.arange(len(self)).reshape(len(cells), count, 1), size
        ).copy()
        shifts = np.zeros((*size, 3), dtype=np.int32)
        relative = np.zeros(size)
        start = net.starts[order]
        reached = cells[:, None, :] + net.images[order]
        wrapped = reached % self.repeats
        number = np.ravel_multi_index(tuple(np.moveaxis(wrapped, -1, 0)), self.repeats)
        neighbours[:, start, column] = number * count + net.ends[order]
        shifts[:, start, column] = reached // self.repeats
        relative[:, start, column] = net.rates[order] / net.rates.max()
        flat = (len(self), size[2])
        return (
            neighbours.reshape(flat).astype(np.int32),
            shifts.reshape(*flat, 3),
            relative.reshape(flat),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """Where the atoms were, sample by sample.

    Parameters
    ----------
    lattice
        On which they walked.
    interval
        Between samples [s].
    sites
        Site of each atom, (sample, atom).
    crossings
        Supercells that it is away from its first one, (sample, atom, 3).
    hops
        Jumps or trades made in all.
    """

    lattice: Lattice
    interval: float
    sites: NDArray[np.int32]
    crossings: NDArray[np.int32]
    hops: int

    def positions(self) -> NDArray[np.float64]:
        """Give unwrapped positions [m], (sample, atom, 3)."""
        crossed = self.crossings.reshape(-1, 3).astype(np.float64) @ self.lattice.cell
        crossed += self.lattice.sites[self.sites.ravel()]
        placed: NDArray[np.float64] = crossed.reshape(self.crossings.shape)
        return placed


def walk_lattice(
    *,
    lattice: Lattice,
    atoms: int,
    mechanism: str,
    interval: float,
    samples: int,
    seed: int | np.random.Generator,
) -> Walk:
    r"""Let atoms walk on a lattice by kinetic Monte Carlo, from equilibrium on.

    The state at each sample is exact: attempts are a Poisson process at the highest total rate, of
    which those that cannot happen are rejected. Atoms start at random, which is equilibrium for
    sites of equal energy. Memory: 16 bytes per atom and sample.

    Parameters
    ----------
    lattice
        Sites and bonds.
    atoms
        How many; with exclusion at least one site must stay empty.
    mechanism
        One of :data:`MECHANISMS`.
    interval
        Between samples [s].
    samples
        Number of intervals; the start is one sample more.
    seed
        Of the random numbers; a generator goes on from where it is.

    Returns
    -------
    :
        The walk.

    Raises
    ------
    UnknownWord
        If the mechanism is not one of :data:`MECHANISMS`.
    ValueError
        If the atoms do not fit, or hinder each other on sites of unequal occupancy.

    References
    ----------
    Gillespie, J. Comput. Phys. 22, 403 (1976), doi:10.1016/0021-9991(76)90041-3.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> walk = walk_lattice(
    ...     lattice=Lattice(network=cubic, repeats=(4, 4, 4)), atoms=60, mechanism="exclusion",
    ...     interval=1.0, samples=10, seed=1)
    >>> walk.positions().shape
    (11, 60, 3)
    """
    one_of(mechanism, MECHANISMS, name="mechanism")
    positive(interval, name="interval", unit="s")
    room = {"independent": atoms, "exclusion": len(lattice) - 1, "exchange": len(lattice)}
    if not 1 <= atoms <= room[mechanism]:
        msg = (
            f"Found {atoms} atoms on {len(lattice)} sites; by {mechanism} "
            f"{'1 to ' + str(room[mechanism]) if atoms > 0 else 'at least 1'} can move. "
            "Take fewer atoms, or more repeats."
        )
        raise ValueError(msg)
    if mechanism != "independent":
        require_equal_sites(lattice.network)
    generator = np.random.default_rng(seed)
    tables = lattice.tables()
    sites = np.zeros((samples + 1, atoms), dtype=np.int32)
    crossings = np.zeros((samples + 1, atoms, 3), dtype=np.int32)
    attempts = float(lattice.network.rates.max()) * interval * tables[0].shape[1]
    if mechanism == "independent":
        weights = np.tile(lattice.network.occupancies, int(np.prod(lattice.repeats)))
        sites[0] = generator.choice(len(lattice), size=atoms, p=weights / weights.sum())
        hops = kernels.walk_independently(generator, attempts * atoms, tables, sites, crossings)
    else:
        order = generator.permutation(len(lattice)).astype(np.int32)
        sites[0] = order[:atoms]
        occupant = np.full(len(lattice), -1, dtype=np.int32)
        occupant[order[:atoms]] = np.arange(atoms, dtype=np.int32)
        if mechanism == "exclusion":
            empty = order[atoms:].copy()
            hops = kernels.walk_by_vacancies(
                generator, attempts * empty.size, tables, sites, crossings, occupant, empty
            )
        else:
            hops = kernels.walk_by_exchange(
                generator, attempts * len(lattice) / 2, tables, sites, crossings, occupant
            )
    return Walk(lattice=lattice, interval=interval, sites=sites, crossings=crossings, hops=hops)

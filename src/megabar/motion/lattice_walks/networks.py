"""Networks of jumps: sites of a cell, bonds between them, rates, occupancies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from megabar.motion.arguments import positive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_BALANCE = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    r"""Sites of a periodic cell and the jumps between them.

    Every jump is listed together with its reverse, and the two balance:
    :math:`c_a W_{ab} = c_b W_{ba}`.

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).
    sites
        Cartesian positions [m], (site, 3).
    occupancies
        Mean number of atoms on each site, above 0 and at most 1, (site,).
    starts, ends
        Index of the site a jump leaves, and of the one it reaches, (jump,).
    images
        Cell in which the reached site lies, in lattice vectors, (jump, 3) whole numbers.
    rates
        Jumps per time of an atom that is free to jump [s-1], (jump,).

    Raises
    ------
    ValueError
        If shapes disagree, a number is out of range, or a jump does not balance its reverse.

    Examples
    --------
    >>> chain = Network(
    ...     cell=np.eye(3) * 2e-10, sites=np.zeros((1, 3)), occupancies=np.ones(1),
    ...     starts=np.zeros(2, dtype=int), ends=np.zeros(2, dtype=int),
    ...     images=np.array([[1, 0, 0], [-1, 0, 0]]), rates=np.full(2, 1e12))
    >>> chain.vectors[0]
    array([2.e-10, 0.e+00, 0.e+00])
    """

    cell: NDArray[np.float64]
    sites: NDArray[np.float64]
    occupancies: NDArray[np.float64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    images: NDArray[np.int64]
    rates: NDArray[np.float64]

    def __post_init__(self) -> None:
        count, jumps = len(self.sites), len(self.rates)
        shapes = {
            "cell": (3, 3),
            "sites": (count, 3),
            "occupancies": (count,),
            "starts": (jumps,),
            "ends": (jumps,),
            "images": (jumps, 3),
        }
        for name, wanted in shapes.items():
            found = np.shape(getattr(self, name))
            if found != wanted:
                msg = f"Found {name} of shape {found} where {wanted} is needed; no network follows."
                raise ValueError(f"{msg} Give one row per site or jump.")
        positive(abs(np.linalg.det(self.cell)) ** (1 / 3), name="cell edge", unit="m")
        positive(self.rates, name="jump rate", unit="s-1")
        if np.any(positive(self.occupancies, name="occupancy", unit="1") > 1):
            msg = f"Found occupancy {self.occupancies.max():g}; a site holds at most one atom."
            raise ValueError(f"{msg} Give fractions of 1.")
        self._check_balance()

    def _check_balance(self) -> None:
        flows = self.occupancies[self.starts] * self.rates
        there = np.column_stack([self.starts, self.ends, self.images])
        back = np.column_stack([self.ends, self.starts, -self.images])
        order, reverse = np.lexsort(there.T), np.lexsort(back.T)
        paired = np.array_equal(there[order], back[reverse])
        if not paired or not np.allclose(flows[order], flows[reverse], rtol=_BALANCE, atol=0):
            msg = (
                "Found jumps that do not balance their reverse; in equilibrium c_a W_ab = c_b W_ba."
                " List each jump both ways once, with rates that follow from the occupancies."
            )
            raise ValueError(msg)

    @property
    def vectors(self) -> NDArray[np.float64]:
        """Displacement of each jump [m], (jump, 3)."""
        moved: NDArray[np.float64] = (
            self.sites[self.ends] + self.images @ self.cell - self.sites[self.starts]
        )
        return moved

    @property
    def volume(self) -> float:
        """Volume of the cell [m3]."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def number_density(self) -> float:
        """Atoms per volume [m-3]."""
        return float(self.occupancies.sum()) / self.volume

    @property
    def equal_sites(self) -> bool:
        """Whether every site is as likely to be occupied as any other."""
        return bool(np.ptp(self.occupancies) <= _BALANCE)


@dataclass(frozen=True, kw_only=True)
class JumpClass:
    """All jumps between two kinds of sites over one distance.

    Parameters
    ----------
    kinds
        Kind of site that is left, and kind that is reached; the reverse is included.
    distance
        Length of the jump [m].
    rate
        Jumps per time from one site of the first kind to one of the second [s-1].
    """

    kinds: tuple[str, str]
    distance: float
    rate: float


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Neighbours of a kind of site at one distance.

    Parameters
    ----------
    kinds
        Kind of the site, and kind of its neighbours.
    distance
        To the neighbours [m].
    neighbours
        Mean number of neighbours of one site.
    """

    kinds: tuple[str, str]
    distance: float
    neighbours: float


def network_from_sites(
    *,
    cell: ArrayLike,
    sites: ArrayLike,
    kinds: Sequence[str],
    occupancies: ArrayLike,
    jumps: Sequence[JumpClass],
    tolerance: float = 0.01,
) -> Network:
    r"""Build a network from kinds of sites and the distances over which atoms jump.

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).
    sites
        Cartesian positions [m], (site, 3).
    kinds
        Kind of each site, (site,).
    occupancies
        Of each site, a fraction of 1, (site,). Rates of reverse jumps follow from them:
        :math:`W_{ba} = W_{ab} c_a / c_b`.
    jumps
        What jumps there are.
    tolerance
        How far a distance may be from the stated one, as a fraction.

    Returns
    -------
    :
        The network.

    Raises
    ------
    ValueError
        If no pair of sites has the kinds and the distance of a class; the message lists those that
        exist nearby.

    Examples
    --------
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3) * 2e-10, sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=2e-10, rate=1e12)])
    >>> len(cubic.rates)
    6
    """
    cell, sites = np.asarray(cell, dtype=np.float64), np.asarray(sites, dtype=np.float64)
    filled = np.asarray(occupancies, dtype=np.float64)
    if not len(kinds) == len(filled) == len(sites):
        msg = f"Found {len(kinds)} kinds and {len(filled)} occupancies for {len(sites)} sites."
        raise ValueError(f"{msg} Give one of each per site.")
    if not jumps:
        msg = "Found no class of jumps; without jumps nothing moves. Give at least one."
        raise ValueError(msg)
    longest = max(jump.distance for jump in jumps) * (1 + tolerance)
    start, end, image, distance = _pairs_within(cell, sites, longest)
    names = np.asarray(kinds, dtype=str)
    rate = np.zeros(len(start))
    for jump in jumps:
        near = np.abs(distance - jump.distance) <= tolerance * jump.distance
        there = near & (names[start] == jump.kinds[0]) & (names[end] == jump.kinds[1])
        back = near & (names[start] == jump.kinds[1]) & (names[end] == jump.kinds[0])
        if not there.any():
            raise ValueError(_no_such_jump(jump, cell=cell, sites=sites, kinds=kinds))
        rate[there] = jump.rate
        if jump.kinds[0] != jump.kinds[1]:
            rate[back] = jump.rate * (filled[end] / filled[start])[back]
    chosen = rate > 0
    return Network(
        cell=cell,
        sites=sites,
        occupancies=filled,
        starts=start[chosen],
        ends=end[chosen],
        images=image[chosen],
        rates=rate[chosen],
    )


def shells(
    *, cell: ArrayLike, sites: ArrayLike, kinds: Sequence[str], longest: float
) -> tuple[Shell, ...]:
    """List the distances between kinds of sites, shortest first.

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).
    sites
        Cartesian positions [m], (site, 3).
    kinds
        Kind of each site, (site,).
    longest
        Where the list ends [m].

    Returns
    -------
    :
        One entry per kind of site, kind of neighbour and distance; distances closer than a
        thousandth are one.

    Examples
    --------
    >>> found = shells(cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], longest=1.5)
    >>> [(shell.neighbours, round(shell.distance, 3)) for shell in found]
    [(6.0, 1.0), (12.0, 1.414)]
    """
    cell, sites = np.asarray(cell, dtype=np.float64), np.asarray(sites, dtype=np.float64)
    start, end, _, distance = _pairs_within(cell, sites, longest)
    names = np.asarray(kinds, dtype=str)
    found = []
    for first, second in sorted({(str(a), str(b)) for a in names for b in names}):
        here = np.sort(distance[(names[start] == first) & (names[end] == second)])
        breaks = np.flatnonzero(np.diff(here) > 1e-3 * here[1:]) + 1
        found += [
            Shell(
                kinds=(first, second),
                distance=float(group.mean()),
                neighbours=group.size / int((names == first).sum()),
            )
            for group in np.split(here, breaks)
            if group.size
        ]
    return tuple(sorted(found, key=lambda shell: (shell.distance, shell.kinds)))


def images_within(cell: NDArray[np.float64], radius: float) -> NDArray[np.int64]:
    """List the cells that may hold a point within a radius of any point of the first.

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).
    radius
        Longest distance [m].

    Returns
    -------
    :
        Whole numbers of lattice vectors, (image, 3).

    Examples
    --------
    >>> images_within(np.eye(3), 0.5).shape
    (125, 3)
    """
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    reach = np.ceil(radius / heights).astype(np.int64) + 1
    axes = [np.arange(-most, most + 1) for most in reach]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def images_around(
    cell: NDArray[np.float64], fractions: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Repeat sites of a cell as far as they are within a distance of it.

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).
    fractions
        Places within the cell, from 0 to 1, (site, 3).
    reach
        Distance from the cell [m].

    Returns
    -------
    :
        Cartesian positions [m], (image, 3), the site that each repeats, and its cell in lattice
        vectors, (image, 3).

    Examples
    --------
    >>> places, numbers, shifts = images_around(np.eye(3), np.full((1, 3), 0.5), 0.6)
    >>> len(places)
    27
    """
    margin = reach * np.linalg.norm(np.linalg.inv(cell), axis=0)
    axes = [np.arange(-most, most + 1) for most in np.ceil(margin).astype(np.int64)]
    shifts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    placed = fractions + shifts[:, None, :]
    near = ((placed >= -margin) & (placed <= 1 + margin)).all(axis=-1)
    shift, number = np.nonzero(near)
    return placed[near] @ cell, number, shifts[shift]


def _pairs_within(
    cell: NDArray[np.float64], sites: NDArray[np.float64], longest: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Give first site, second site, image and distance of all pairs up to a distance."""
    fractions = sites @ np.linalg.inv(cell)
    home = np.floor(fractions).astype(np.int64)
    places, number, shift = images_around(cell, fractions - home, longest)
    near = KDTree(places).query_ball_point((fractions - home) @ cell, longest)
    start = np.repeat(np.arange(len(sites)), [len(one) for one in near])
    found = np.concatenate([np.asarray(one, dtype=np.int64) for one in near])
    end = number[found]
    image = shift[found] + home[start] - home[end]
    distance = np.linalg.norm(sites[end] + image @ cell - sites[start], axis=1)
    other = (start != end) | image.any(axis=1)
    order = np.lexsort((*image.T[::-1], end, start))
    order = order[other[order]]
    return start[order], end[order], image[order], distance[order]


def _no_such_jump(
    jump: JumpClass, *, cell: NDArray[np.float64], sites: NDArray[np.float64], kinds: Sequence[str]
) -> str:
    known = shells(cell=cell, sites=sites, kinds=kinds, longest=1.5 * jump.distance)
    listed = ", ".join(
        f"{shell.distance:.5g} m" for shell in known if set(shell.kinds) == set(jump.kinds)
    )
    return (
        f"Found no jump {jump.kinds[0]} to {jump.kinds[1]} over {jump.distance:.5g} m; the network "
        f"would lack it. Distances between these kinds: {listed or 'none so near'}."
    )

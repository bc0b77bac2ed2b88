"""Atoms in a periodic cell: composition, vacancies, sites by element, shells of neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from megabar.errors import UnknownWord, did_you_mean, one_of
from megabar.matter.crystal_table import STATUSES, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Crystal:
    """Atoms in a periodic cell.

    Parameters
    ----------
    name
        What it is called.
    space_group
        Hermann-Mauguin symbol, plain letters; ``""`` if unknown.
    cell
        Rows are the axes of the cell [m], shape (3, 3), right-handed; may be skew.
    species
        Symbol of the element of each site, n of them.
    kinds
        Label of each site; equivalent sites share one.
    positions
        Fractions of the cell, shape (n, 3).
    occupancies
        Chance that a site is occupied, above 0 and up to 1, shape (n,).
    metal
        Symbol of the element against which hydrogen is counted.
    origins
        Where its numbers come from.
    lattice_parameter_std
        Standard error of the first axis [m]; nan if unknown.
    """

    name: str
    space_group: str
    cell: NDArray[np.float64]
    species: tuple[str, ...]
    kinds: tuple[str, ...]
    positions: NDArray[np.float64]
    occupancies: NDArray[np.float64]
    metal: str
    origins: tuple[Origin, ...]
    lattice_parameter_std: float = nan

    def __post_init__(self) -> None:
        count = len(self.species)
        for name, shape in (("cell", (3, 3)), ("positions", (count, 3)), ("occupancies", (count,))):
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape or not np.isfinite(array).all():
                msg = (
                    f"Found {name} of shape {array.shape}; finite numbers of shape {shape} are "
                    "needed. Check that every site has a species, a position and an occupancy."
                )
                raise ValueError(msg)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if len(self.kinds) != count:
            msg = f"Found {len(self.kinds)} kinds for {count} sites; each site needs one."
            raise ValueError(msg)
        if np.linalg.det(self.cell) <= 0:
            msg = "Found a cell without volume or left-handed; swap two axes or check their unit."
            raise ValueError(msg)
        if not ((self.occupancies > 0) & (self.occupancies <= 1)).all():
            msg = "Found an occupancy outside 0 to 1; leave empty sites out, merge shared ones."
            raise ValueError(msg)

    @property
    def volume(self) -> float:
        """Volume of the cell [m3]."""
        return float(np.linalg.det(self.cell))

    @property
    def coordinates(self) -> NDArray[np.float64]:
        """Positions [m], shape (n, 3)."""
        return np.asarray(self.positions @ self.cell, dtype=np.float64)

    @property
    def composition(self) -> Mapping[str, float]:
        """Symbol of an element -> atoms in the cell, vacancies taken off."""
        found: dict[str, float] = {}
        for symbol, occupancy in zip(self.species, self.occupancies, strict=True):
            found[symbol] = found.get(symbol, 0.0) + float(occupancy)
        return found

    @property
    def hydrogen_per_metal(self) -> float:
        """Hydrogen atoms per metal atom, vacancies taken off."""
        atoms = self.composition
        return atoms.get("H", 0.0) / atoms[self.metal]

    @property
    def volume_per_metal(self) -> float:
        """Volume of the cell over its metal atoms [m3]."""
        return self.volume / self.composition[self.metal]

    @property
    def status(self) -> str:
        """The least trusted status among its origins."""
        return max((origin.status for origin in self.origins), key=STATUSES.index)

    @property
    def source(self) -> str:
        """Where its numbers come from, in one line."""
        return "; ".join(f"{one.quantity}: {one.source} ({one.status})" for one in self.origins)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sites:
    """Sites of one species in one cell.

    Parameters
    ----------
    kinds
        Label of each site; equivalent sites share one.
    positions
        Cartesian [m], shape (n, 3).
    occupancies
        Chance that a site is occupied, shape (n,).
    """

    kinds: tuple[str, ...]
    positions: NDArray[np.float64]
    occupancies: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Neighbours at one distance.

    Parameters
    ----------
    distance
        From the central site [m].
    count
        Sites at that distance.
    kind
        Their label.
    """

    distance: float
    count: int
    kind: str


def with_vacancies(
    crystal: Crystal, *, species: str, fraction: float, kind: str | None = None
) -> Crystal:
    """Take atoms off at random.

    Parameters
    ----------
    crystal
        Where from.
    species
        Symbol of the element.
    fraction
        Share of the atoms that are taken off, from 0 and below 1.
    kind
        Only from sites of this label.

    Returns
    -------
    :
        The same cell with lower occupancies.

    Raises
    ------
    UnknownWord
        If the crystal has no such site.
    ValueError
        If the fraction is outside its range.

    Examples
    --------
    >>> from megabar.matter.crystals import crystal
    >>> lah3 = crystal("LaH3", lattice_parameter=4.365e-10)
    >>> print(f"{with_vacancies(lah3, species='H', fraction=0.1, kind='4b').hydrogen_per_metal:g}")
    2.9
    """
    if not 0 <= fraction < 1:
        msg = f"Found a vacancy fraction of {fraction:g}; 0 <= fraction < 1 is needed."
        raise ValueError(msg)
    labels = [(s, k) for s, k in zip(crystal.species, crystal.kinds, strict=True)]
    wanted = np.array([s == species and kind in (None, k) for s, k in labels])
    if not wanted.any():
        sought = species if kind is None else f"{species} on {kind}"
        known = {f"{s} on {k}" for s, k in labels}
        msg = f"Found no site of {sought} in {crystal.name}. {did_you_mean(sought, known)}"
        raise UnknownWord(msg)
    occupancies = np.where(wanted, crystal.occupancies * (1 - fraction), crystal.occupancies)
    share = f"{fraction:g} of {species}" + (f" on {kind}" if kind else "")
    origin = Origin(quantity="vacancies", status="given", source=share)
    return replace(crystal, occupancies=occupancies, origins=(*crystal.origins, origin))


def sites_of(crystal: Crystal, *, species: str) -> Sites:
    """Pick the sites of one element.

    Parameters
    ----------
    crystal
        Where from.
    species
        Symbol of the element.

    Returns
    -------
    :
        Its sites.

    Raises
    ------
    UnknownWord
        If the crystal does not hold the element.

    Examples
    --------
    >>> from megabar.matter.crystals import crystal
    >>> sites_of(crystal("LaH3", lattice_parameter=5.6e-10), species="La").kinds
    ('4a', '4a', '4a', '4a')
    """
    one_of(species, dict.fromkeys(crystal.species), name=f"element of {crystal.name}")
    chosen = [index for index, symbol in enumerate(crystal.species) if symbol == species]
    return Sites(
        kinds=tuple(crystal.kinds[index] for index in chosen),
        positions=crystal.coordinates[chosen],
        occupancies=crystal.occupancies[chosen],
    )


def hydrogen_sites(crystal: Crystal) -> Sites:
    """Pick the hydrogen sites.

    Parameters
    ----------
    crystal
        Where from.

    Returns
    -------
    :
        Kind, position and occupancy of each.

    Raises
    ------
    UnknownWord
        If the crystal holds no hydrogen.

    Examples
    --------
    >>> from collections import Counter
    >>> from megabar.matter.crystals import crystal
    >>> Counter(hydrogen_sites(crystal("LaH10", lattice_parameter=5.1e-10)).kinds)
    Counter({'32f': 32, '8c': 8})
    """
    return sites_of(crystal, species="H")


def shells(
    crystal: Crystal, *, around: int, species: str, cutoff: float, same: float = 1e-4
) -> tuple[Shell, ...]:
    """List the neighbours of a site, nearest first.

    Parameters
    ----------
    crystal
        Where.
    around
        Index of the central site.
    species
        Element of the neighbours.
    cutoff
        Largest distance [m].
    same
        Distances that differ by less than this fraction are one shell.

    Returns
    -------
    :
        Distance, number of sites and kind of each shell.

    Raises
    ------
    UnknownWord
        If the crystal does not hold the element.
    ValueError
        If the cutoff is not positive.

    Examples
    --------
    >>> from megabar.matter.crystals import crystal
    >>> lah10 = crystal("LaH10", lattice_parameter=5.1e-10)
    >>> nearest = shells(lah10, around=lah10.kinds.index("8c"), species="H", cutoff=1.2e-10)
    >>> [(f"{shell.distance * 1e10:.4f}", shell.count, shell.kind) for shell in nearest]
    [('1.1483', 4, '32f')]
    """
    if not (isfinite(cutoff) and cutoff > 0):
        msg = f"Found cutoff {cutoff:g} m; a positive length is needed."
        raise ValueError(msg)
    sites = sites_of(crystal, species=species)
    images = lattice_points(crystal.cell, cutoff + _spread(crystal))
    steps = sites.positions[None] + images[:, None] - crystal.coordinates[around]
    distances = np.linalg.norm(steps, axis=-1)
    near = [
        (float(distances[image, index]), sites.kinds[index])
        for image, index in np.argwhere((distances > 1e-6 * cutoff) & (distances <= cutoff))
    ]
    return _grouped(sorted(near), same)


def lattice_points(cell: ArrayLike, radius: float) -> NDArray[np.float64]:
    """List the lattice vectors of all cells that a sphere around the origin may touch.

    Parameters
    ----------
    cell
        Rows are the axes [m].
    radius
        Radius of the sphere [m].

    Returns
    -------
    :
        Vectors [m], shape (n, 3).

    Examples
    --------
    >>> lattice_points(np.eye(3), 0.5).shape
    (27, 3)
    """
    axes = np.asarray(cell, dtype=np.float64)
    heights = 1 / np.linalg.norm(np.linalg.inv(axes), axis=0)
    reach = [range(-int(np.ceil(radius / h)), int(np.ceil(radius / h)) + 1) for h in heights]
    return np.asarray(np.array(list(product(*reach)), dtype=np.float64) @ axes)


def _spread(crystal: Crystal) -> float:
    """Largest distance between two sites of the cell as listed [m]."""
    span = crystal.coordinates.max(axis=0) - crystal.coordinates.min(axis=0)
    return float(np.linalg.norm(span))


def _grouped(near: Sequence[tuple[float, str]], same: float) -> tuple[Shell, ...]:
    found: list[Shell] = []
    for distance, kind in near:
        match = next(
            (
                index
                for index, shell in enumerate(found)
                if shell.kind == kind and distance - shell.distance <= same * distance
            ),
            None,
        )
        if match is None:
            found.append(Shell(distance=distance, count=1, kind=kind))
        else:
            found[match] = replace(found[match], count=found[match].count + 1)
    return tuple(found)

"""Networks of jumps that a crystal suggests by distance alone, for bounds that name them.

Nobody knows the jumps of a new hydride. The rule: take the shells of hydrogen neighbours, shortest
first, until jumps lead everywhere; they are the *short* jumps. Then vary what is least known, how
fast the last of them is beside the others, and let longer ones in.

- all short jumps at equal rates;
- the last of them 0.1, 3 and 100 times as fast as the others; where one shell does it alone, the
  next shell takes the place of the last;
- all jumps up to 1.655 times the shortest distance at equal rates.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import UnusableInput
from megabar.matter import crystals
from megabar.motion import lattice_walks
from megabar.motion.lattice_walks import JumpClass, Network
from megabar.spins.crystal_moments import equal_sites
from megabar.spins.lattice_sums import lattice_sum_r6

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from megabar.matter.crystals import Crystal

RATIOS: Final = (0.1, 3.0, 100.0)
"""Rate of the last shell over that of the others, beside 1."""

REACH: Final = 1.655
"""Longest jump thought of, over the shortest distance between hydrogen sites."""

_FURTHEST: Final = 3.0  # where the search for jumps that lead everywhere ends, over the shortest
_SAME: Final = 1e-3  # of the lattice, by which two sites may differ and be the same
_RATE: Final = 1e12  # of a short jump [1/s]; only ratios matter


def declared_networks(crystal: Crystal) -> tuple[tuple[str, Network], ...]:
    """Declare the networks over which a bound on D is taken, the simplest first.

    Parameters
    ----------
    crystal
        Whose hydrogen sites connect; vacancies as occupancies.

    Returns
    -------
    :
        Name, such as ``"1.15 + 3 x 1.22 A"``, and network, in a primitive cell.

    Raises
    ------
    UnknownWord
        If the crystal holds no hydrogen.
    UnusableInput
        If jumps of three times the shortest distance do not lead everywhere.

    Examples
    --------
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> for name, network in declared_networks(lah10):
    ...     print(name, len(network.sites))
    1.15 + 1.22 A 10
    1.15 + 0.1 x 1.22 A 10
    1.15 + 3 x 1.22 A 10
    1.15 + 100 x 1.22 A 10
    all up to 1.90 A 10
    """
    sites = _labelled(crystal)
    shells = _shells(sites)
    short = _leading_everywhere(crystal, sites, shells)
    near, last = (short[:-1], short[-1]) if len(short) > 1 else (short, None)
    reach = REACH * shells[0].distance
    within = [one for one in shells if one.distance <= reach]
    found = [(_name(short, 1.0, None), _network(sites, short, {}))]
    if last is None and len(shells) > 1:
        last = shells[1]
    if last is not None:
        found += [
            (_name(near, ratio, last), _network(sites, [*near, last], {last.distance: ratio}))
            for ratio in RATIOS
        ]
    if len(within) > len(short):
        found.append((f"all up to {_angstrom(reach)} A", _network(sites, within, {})))
    return tuple(found)


class _Sites:
    """Hydrogen sites of a primitive cell, labelled so that equal labels mean equal sites."""

    def __init__(
        self,
        cell: NDArray[np.float64],
        positions: NDArray[np.float64],
        kinds: Sequence[str],
        occupancies: NDArray[np.float64],
    ) -> None:
        self.cell, self.positions = cell, positions
        self.kinds, self.occupancies = tuple(kinds), occupancies


def _labelled(crystal: Crystal) -> _Sites:
    hydrogen = crystals.hydrogen_sites(crystal)
    sums = lattice_sum_r6(
        cell=crystal.cell,
        positions_from=hydrogen.positions,
        positions_to=hydrogen.positions,
        occupancies=hydrogen.occupancies,
    )
    kinds = list(hydrogen.kinds)
    groups = equal_sites(kinds=hydrogen.kinds, sum_r6=sums)
    labels = [hydrogen.kinds[group[0]] for group in groups]
    for place, group in enumerate(groups):
        for index in group:  # a file may label inequivalent sites alike
            alike = labels.count(labels[place]) > 1
            kinds[index] = f"{labels[place]}.{place + 1}" if alike else labels[place]
    cell = primitive_cell(crystal)
    fractions = np.round(hydrogen.positions @ np.linalg.inv(cell), 6) % 1.0
    kept: list[int] = []
    for index, here in enumerate(fractions):
        apart = np.abs((fractions[kept] - here + 0.5) % 1.0 - 0.5)
        if not (apart < _SAME).all(axis=1).any():
            kept.append(index)
    return _Sites(
        cell, fractions[kept] @ cell, [kinds[index] for index in kept], hydrogen.occupancies[kept]
    )


def primitive_cell(crystal: Crystal) -> NDArray[np.float64]:
    """Find a smallest cell of a crystal, lattice vectors as rows [m].

    Parameters
    ----------
    crystal
        In any cell.

    Returns
    -------
    :
        Right-handed, of shortest vectors as far from flat as they can be, shape (3, 3).

    Examples
    --------
    >>> lah3 = crystals.crystal("LaH3", lattice_parameter=4e-10)
    >>> print(f"{np.linalg.det(primitive_cell(lah3)) / lah3.volume:.3f}")
    0.250
    """
    labels = np.array([f"{s} {k}" for s, k in zip(crystal.species, crystal.kinds, strict=True)])
    rarest = min(set(labels.tolist()), key=lambda word: int((labels == word).sum()))
    same = np.flatnonzero(labels == rarest)
    shifts = crystal.positions[same] - crystal.positions[same[0]]
    found = [shift for shift in shifts if _maps_onto_itself(crystal, labels, shift)]
    corners = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    vectors = (np.array(found)[:, None] + corners).reshape(-1, 3) @ crystal.cell
    lengths = np.linalg.norm(vectors, axis=1)
    order = np.argsort(lengths.round(14), kind="stable")
    vectors = vectors[order][lengths[order] > 1e-6 * lengths.max()]
    wanted = crystal.volume / len(found)
    threes = np.array(list(combinations(vectors[:30], 3)))
    volumes = np.linalg.det(threes)
    fits = np.abs(np.abs(volumes) - wanted) < _SAME * wanted
    if not fits.any():
        return crystal.cell
    threes, volumes = threes[fits], volumes[fits]
    lengths = np.linalg.norm(threes, axis=2).sum(axis=1)
    heights = 1 / np.linalg.norm(np.linalg.inv(threes), axis=1).max(axis=1)
    best = np.lexsort([-heights.round(14), lengths.round(14)])[0]  # compact, not only short
    return np.asarray(threes[best] * np.sign(volumes[best]), dtype=np.float64)


def _maps_onto_itself(
    crystal: Crystal, labels: NDArray[np.str_], shift: NDArray[np.float64]
) -> bool:
    moved = crystal.positions + shift
    apart = np.abs((moved[:, None] - crystal.positions[None] + 0.5) % 1.0 - 0.5)
    meets = (apart < _SAME).all(axis=2) & (labels[:, None] == labels[None])
    meets &= np.abs(crystal.occupancies[:, None] - crystal.occupancies[None]) < _SAME
    return bool(meets.any(axis=1).all())


def _shells(sites: _Sites) -> list[lattice_walks.Shell]:
    """Shells of hydrogen neighbours, each pair of kinds once, shortest first."""
    shortest = _shortest(sites)
    listed = lattice_walks.shells(
        cell=sites.cell, sites=sites.positions, kinds=sites.kinds, longest=_FURTHEST * shortest
    )
    return [one for one in listed if one.kinds[0] <= one.kinds[1]]


def _shortest(sites: _Sites) -> float:
    longest = float(np.linalg.norm(sites.cell, axis=1).min()) * (1 + _SAME)
    found = lattice_walks.shells(
        cell=sites.cell, sites=sites.positions, kinds=sites.kinds, longest=longest
    )
    return found[0].distance


def _leading_everywhere(
    crystal: Crystal, sites: _Sites, shells: Sequence[lattice_walks.Shell]
) -> list[lattice_walks.Shell]:
    """Fewest shells, shortest first, by which every hydrogen atom travels along all axes."""
    for count in _ends_of_equal_distance(shells):
        network = _network(sites, shells[:count], {})
        if all(part.dimensions == 3 for part in lattice_walks.components(network)):
            return list(shells[:count])
    msg = (
        f"Found no jumps up to {_angstrom(shells[-1].distance)} A by which all hydrogen of "
        f"{crystal.name} travels; no network follows. Build one from Python with "
        "lattice_walks.network_from_sites."
    )
    raise UnusableInput(msg)


def _ends_of_equal_distance(shells: Sequence[lattice_walks.Shell]) -> Iterator[int]:
    """Count shells so that none of one distance is parted from another."""
    for count, (one, two) in enumerate(pairwise(shells), start=1):
        if two.distance > one.distance * (1 + _SAME):
            yield count
    yield len(shells)


def _network(
    sites: _Sites, shells: Sequence[lattice_walks.Shell], ratios: dict[float, float]
) -> Network:
    return lattice_walks.network_from_sites(
        cell=sites.cell,
        sites=sites.positions,
        kinds=sites.kinds,
        occupancies=sites.occupancies,
        jumps=[
            JumpClass(
                kinds=one.kinds,
                distance=one.distance,
                rate=_RATE * ratios.get(one.distance, 1.0),
            )
            for one in shells
        ],
        tolerance=_SAME,
    )


def _name(
    near: Sequence[lattice_walks.Shell], ratio: float, last: lattice_walks.Shell | None
) -> str:
    parts = list(dict.fromkeys(_angstrom(one.distance) for one in near))
    if last is not None:
        parts.append(f"{ratio:g} x {_angstrom(last.distance)}")
    return f"{' + '.join(parts)} A"


def _angstrom(length: float) -> str:
    return f"{length * 1e10:.2f}"

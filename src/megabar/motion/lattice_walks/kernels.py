"""Loops over jumps and over pairs, compiled; none of them allocates.

Attempts are events of one Poisson process at the highest rate that any state has, so that the
number of attempts between two samples is all the clock there is. An attempt is accepted with the
ratio of its rate to the fastest one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int32]


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def walk_independently(
    generator: np.random.Generator,
    mean_attempts: float,
    tables: tuple[Whole, Whole, NDArray[np.float64]],
    sites: Whole,
    crossings: Whole,
) -> int:
    """Fill samples 1, 2, ... of walkers that ignore each other; return the number of hops."""
    neighbours, shifts, acceptance = tables
    bonds, atoms, hops = neighbours.shape[1], sites.shape[1], 0
    for sample in range(1, sites.shape[0]):
        sites[sample] = sites[sample - 1]
        crossings[sample] = crossings[sample - 1]
        here, crossed = sites[sample], crossings[sample]
        for _ in range(generator.poisson(mean_attempts)):
            pick = int(generator.random() * atoms * bonds)
            atom = pick // bonds
            bond = pick - atom * bonds
            site = here[atom]
            chance = acceptance[site, bond]
            if chance < 1.0 and generator.random() >= chance:
                continue
            here[atom] = neighbours[site, bond]
            for axis in range(3):
                crossed[atom, axis] += shifts[site, bond, axis]
            hops += 1
    return hops


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def walk_by_vacancies(
    generator: np.random.Generator,
    mean_attempts: float,
    tables: tuple[Whole, Whole, NDArray[np.float64]],
    sites: Whole,
    crossings: Whole,
    occupant: Whole,
    vacancies: Whole,
) -> int:
    """Fill samples 1, 2, ... of atoms that jump into empty sites only; return the hops.

    The occupant of a site is an atom, or -1; the first sample and the two lists agree on entry.
    """
    neighbours, shifts, acceptance = tables
    bonds, hops = neighbours.shape[1], 0
    choices = vacancies.size * bonds
    for sample in range(1, sites.shape[0]):
        sites[sample] = sites[sample - 1]
        crossings[sample] = crossings[sample - 1]
        here, crossed = sites[sample], crossings[sample]
        for _ in range(generator.poisson(mean_attempts)):
            pick = int(generator.random() * choices)
            which = pick // bonds
            bond = pick - which * bonds
            empty = vacancies[which]
            site = neighbours[empty, bond]
            atom = occupant[site]
            if atom < 0:
                continue
            chance = acceptance[empty, bond]
            if chance < 1.0 and generator.random() >= chance:
                continue
            occupant[empty], occupant[site] = atom, -1
            vacancies[which] = site
            here[atom] = empty
            for axis in range(3):  # the atom goes the way that the vacancy comes
                crossed[atom, axis] -= shifts[empty, bond, axis]
            hops += 1
    return hops


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def walk_by_exchange(
    generator: np.random.Generator,
    mean_attempts: float,
    tables: tuple[Whole, Whole, NDArray[np.float64]],
    sites: Whole,
    crossings: Whole,
    occupant: Whole,
) -> int:
    """Fill samples 1, 2, ... of neighbours that trade places, full or empty; return the trades."""
    neighbours, shifts, acceptance = tables
    bonds, hops = neighbours.shape[1], 0
    choices = neighbours.size
    for sample in range(1, sites.shape[0]):
        sites[sample] = sites[sample - 1]
        crossings[sample] = crossings[sample - 1]
        here, crossed = sites[sample], crossings[sample]
        for _ in range(generator.poisson(mean_attempts)):
            pick = int(generator.random() * choices)
            first = pick // bonds
            bond = pick - first * bonds
            second = neighbours[first, bond]
            chance = acceptance[first, bond]
            if chance < 1.0 and generator.random() >= chance:
                continue
            one, other = occupant[first], occupant[second]
            occupant[first], occupant[second] = other, one
            _carry(one, second, 1, shifts[first, bond], here, crossed)
            _carry(other, first, -1, shifts[first, bond], here, crossed)
            hops += 1
    return hops


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _carry(atom: int, site: int, sign: int, shift: Whole, here: Whole, crossed: Whole) -> None:
    """Put an atom on a site, if it is one and not a vacancy."""
    if atom >= 0:
        here[atom] = site
        for axis in range(3):
            crossed[atom, axis] += sign * shift[axis]


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def sum_squares(
    positions: NDArray[np.float64],
    lags: NDArray[np.int64],
    strides: NDArray[np.int64],
    tracer: NDArray[np.float64],
    collective: NDArray[np.float64],
) -> None:
    """Fill mean squared displacements of one atom, and of the sum of all over their number."""
    samples, atoms = positions.shape[0], positions.shape[1]
    for slot in range(lags.size):
        lag, origins = lags[slot], 0
        own, together = 0.0, 0.0
        for first in range(0, samples - lag, strides[slot]):
            x, y, z = 0.0, 0.0, 0.0
            for atom in range(atoms):
                dx = positions[first + lag, atom, 0] - positions[first, atom, 0]
                dy = positions[first + lag, atom, 1] - positions[first, atom, 1]
                dz = positions[first + lag, atom, 2] - positions[first, atom, 2]
                own += dx * dx + dy * dy + dz * dz
                x += dx
                y += dy
                z += dz
            together += x * x + y * y + z * z
            origins += 1
        tracer[slot] = own / (origins * atoms)
        collective[slot] = together / (origins * atoms)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def correlate_tensors(
    sites: Whole,
    tensors: NDArray[np.float32],
    lags: NDArray[np.int64],
    strides: NDArray[np.int64],
    correlation: NDArray[np.float64],
) -> None:
    """Fill the mean over atoms of the sum over partners of products of five components."""
    samples, atoms = sites.shape
    for slot in range(lags.size):
        lag, origins, total = lags[slot], 0, 0.0
        for first in range(0, samples - lag, strides[slot]):
            before, after = sites[first], sites[first + lag]
            for atom in range(atoms):
                old, new = tensors[before[atom]], tensors[after[atom]]
                for other in range(atom):
                    was, now = old[before[other]], new[after[other]]
                    total += (
                        was[0] * now[0]
                        + was[1] * now[1]
                        + was[2] * now[2]
                        + was[3] * now[3]
                        + was[4] * now[4]
                    )
            origins += 1
        correlation[slot] = 2 * total / (origins * atoms)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def lost_among_atoms(
    sites: Whole,
    tensors: NDArray[np.float32],
    near: Whole,
    lag: int,
    origins: NDArray[np.int64],
    goes: Whole,
    lost: NDArray[np.float64],
) -> None:
    """Fill S(0) less S of pairs, per atom, (origin,); only pairs of which one moved are looked at.

    Near are the sites that a site couples to, (site, neighbour), rising, -1 at the end of a row;
    goes is room to work in: where the atom of each site is a lag later.
    """
    atoms = sites.shape[1]
    for slot in range(origins.size):
        before, after = sites[origins[slot]], sites[origins[slot] + lag]
        goes[:] = -1
        for atom in range(atoms):
            goes[before[atom]] = after[atom]
        total = 0.0
        for here in range(goes.size):
            if goes[here] < 0 or goes[here] == here:
                continue
            old, new, part = tensors[here], tensors[goes[here]], 0.0
            for place in near[here]:
                if place < 0:
                    break
                there = goes[place]
                if there < 0 or (place > here and there != place):
                    continue  # empty, or a pair that the other one counts
                was, now = old[place], new[there]
                part += (
                    was[0] * (was[0] - now[0])
                    + was[1] * (was[1] - now[1])
                    + was[2] * (was[2] - now[2])
                    + was[3] * (was[3] - now[3])
                    + was[4] * (was[4] - now[4])
                )
            total += part
        lost[slot] = 2 * total / atoms


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def lost_to_fixed(
    sites: Whole,
    overlaps: NDArray[np.float64],
    lag: int,
    origins: NDArray[np.int64],
    lost: NDArray[np.float64],
) -> None:
    """Fill S(0) less S of an atom with partners that stay, from overlaps of pairs of sites."""
    atoms = sites.shape[1]
    for slot in range(origins.size):
        total = 0.0
        for atom in range(atoms):
            before, after = sites[origins[slot], atom], sites[origins[slot] + lag, atom]
            total += overlaps[before, before] - overlaps[before, after]
        lost[slot] = total / atoms


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def squares_from_origins(
    positions: NDArray[np.float64],
    lag: int,
    origins: NDArray[np.int64],
    squares: NDArray[np.float64],
) -> None:
    """Fill mean squared displacements of one atom, (origin,)."""
    atoms = positions.shape[1]
    for slot in range(origins.size):
        total = 0.0
        for atom in range(atoms):
            for axis in range(3):
                gone = (
                    positions[origins[slot] + lag, atom, axis]
                    - positions[origins[slot], atom, axis]
                )
                total += gone * gone
        squares[slot] = total / atoms

"""Atoms that hop into few vacancies of the hydrogen network of LaH10, or of a simple cube.

An independent road to trajectories whose collective diffusivity is known exactly: for N atoms on M
sites with one rate, (M - N)/(M - 1) times that of a free walker. Lengths in angstrom, times in ps.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Lattice:
    cell: NDArray[np.float64]
    sites: NDArray[np.float64]
    neighbours: NDArray[np.int64]  # (site, bond)
    vectors: NDArray[np.float64]  # (site, bond, 3)
    free_diffusivity: float  # at rate 1/ps per bond


def lanthanum_decahydride(*, a: float = 5.10, x: float = 0.378, repeats: int = 2) -> Lattice:
    """8c and 32f of Fm-3m, La on 4a; bonds of 1.13 and 1.24 angstrom, D0 = a2/30."""
    corner = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    f = [(x, x, x), (-x, -x, x), (-x, x, -x), (x, -x, -x)]
    f += [(x, x, -x), (-x, -x, -x), (x, -x, x), (-x, x, x)]
    base = np.array([(0.25, 0.25, 0.25), (0.75, 0.75, 0.75), *f])
    cell = (base[:, np.newaxis] + corner).reshape(-1, 3) % 1
    grid = np.stack(np.meshgrid(*[range(repeats)] * 3, indexing="ij"), -1).reshape(-1, 3)
    sites = (grid[:, np.newaxis] + cell).reshape(-1, 3) * a
    return _lattice(sites, repeats * a, 1.3, a**2 / 30)


def simple_cube(*, repeats: int) -> Lattice:
    grid = np.stack(np.meshgrid(*[range(repeats)] * 3, indexing="ij"), -1).reshape(-1, 3)
    return _lattice(grid.astype(float), float(repeats), 1.1, 1.0)


def _lattice(sites, edge, reach, free_diffusivity):
    apart = sites[np.newaxis] - sites[:, np.newaxis]
    apart -= edge * np.rint(apart / edge)
    near = np.linalg.norm(apart, axis=-1)
    bonded = (near < reach) & (near > 0.1)
    (count,) = set(bonded.sum(axis=1).tolist())
    neighbours = np.nonzero(bonded)[1].reshape(-1, count)
    vectors = np.take_along_axis(apart, neighbours[:, :, np.newaxis], axis=1)
    return Lattice(
        cell=edge * np.eye(3),
        sites=sites,
        neighbours=neighbours,
        vectors=vectors,
        free_diffusivity=free_diffusivity,
    )


def walk(
    lattice: Lattice, *, vacancies: int, frames: int, interval: float, seed: int
) -> NDArray[np.float64]:
    """Unwrapped positions at equal times, (frame, atom, 3); rate 1/ps per bond into a vacancy."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lattice.sites))
    positions = np.empty((frames, len(order) - vacancies, 3))
    _walk(
        lattice.sites,
        lattice.neighbours,
        lattice.vectors,
        order.astype(np.int64),
        vacancies,
        interval,
        rng,
        positions,
    )
    return positions


@numba.njit(cache=True)
def _walk(sites, neighbours, vectors, order, vacancies, interval, rng, positions):
    bonds = neighbours.shape[1]
    occupant = np.full(len(sites), -1)
    now = np.empty((len(sites) - vacancies, 3))
    for atom in range(len(now)):
        occupant[order[vacancies + atom]] = atom
        now[atom] = sites[order[vacancies + atom]]
    empty = order[:vacancies].copy()
    time = 0.0
    for frame in range(len(positions)):
        while time < frame * interval:
            # a waiting time is drawn before every attempt; those beyond the frame carry over
            chosen = rng.integers(0, vacancies)
            bond = rng.integers(0, bonds)
            site = empty[chosen]
            source = neighbours[site, bond]
            atom = occupant[source]
            if atom >= 0:
                now[atom] -= vectors[site, bond]
                occupant[site], occupant[source] = atom, -1
                empty[chosen] = source
            time += rng.exponential(1.0 / (vacancies * bonds))
        positions[frame] = now

r"""Rigid proton lines beyond the Gaussian estimate: a few spins exactly, the rest as a Gaussian.

The central proton and its nearest partners evolve exactly under the secular coupling

.. math:: H = \sum_{i<j} d_{ij} \left(3 I_{iz} I_{jz} - \vec I_i \cdot \vec I_j\right), \quad
    d_{ij} = \tfrac{1}{2} b_{ij} (1 - 3 \cos^2 \theta_{ij}) ,

one block of total :math:`I_z` after the other; the signal is
:math:`\langle I_{0+}(t) \sum_j I_{j-} \rangle`. What the cluster lacks of the second moment, from
remote protons and other nuclei, multiplies it as a Gaussian. Powder: equal weights on directions
spread evenly; inequivalent sites by their share.

Lines of rigid hydrides are flat-topped and their decays go through zero. Cutting the cluster at 8
to 11 spins moves the width by up to 10 %.

Twin: ``observables.lines``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from megabar import constants
from megabar.matter import crystals, nuclei
from megabar.spins import crystal_moments, lattice_sums
from megabar.spins.cluster_solutions import fid_lines
from megabar.spins.spin_blocks import spin_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from megabar.matter.crystals import Crystal, Sites
    from megabar.spins.spin_blocks import SpinBlocks

MOST_PARTNERS = 11
"""Blocks of twelve spins hold 924 states; more take minutes an orientation."""

_SPAN = 64.0  # half width of the frequency axis over the root of the second moment
_POINTS = 2**15


@dataclass(frozen=True, kw_only=True, eq=False)
class RigidLine:
    """Line and decay of rigid protons in a powder.

    Parameters
    ----------
    frequency
        From the centre [Hz], increasing, shape (n,).
    intensity
        Line of unit area [1/Hz], shape (n,).
    time
        From the middle of an ideal pulse [s], shape (m,).
    fid
        Decay, 1 at time zero, shape (m,).
    second_moment
        Of the line [rad2 s-2].
    fourth_moment
        Of the line [rad4 s-4].
    """

    frequency: NDArray[np.float64]
    intensity: NDArray[np.float64]
    time: NDArray[np.float64]
    fid: NDArray[np.float64]
    second_moment: float
    fourth_moment: float

    @property
    def flatness(self) -> float:
        """Fourth moment over the square of the second: 3 for a Gaussian, less if flat-topped."""
        return self.fourth_moment / self.second_moment**2

    @property
    def fwhm(self) -> float:
        """Width at half of the central intensity, outermost crossing [Hz]."""
        middle = len(self.frequency) // 2
        right = self.intensity[middle:]
        half = right[0] / 2
        last = int(np.flatnonzero(right >= half)[-1])
        share = (right[last] - half) / (right[last] - right[last + 1])
        step = self.frequency[1] - self.frequency[0]
        return float(2 * (last + share) * step)

    @property
    def half_time(self) -> float:
        """Time at which the decay first falls to one half [s]."""
        first = int(np.flatnonzero(self.fid < 0.5)[0])
        share = (self.fid[first - 1] - 0.5) / (self.fid[first - 1] - self.fid[first])
        return float(self.time[first - 1] + share * (self.time[1] - self.time[0]))

    def fid_at(self, time: float) -> float:
        """Give the decay at one time [s], for example at the end of the dead time."""
        if not 0 <= time <= self.time[-1]:
            msg = f"Found time {time:g} s; 0 to {self.time[-1]:.3g} s are computed."
            raise ValueError(msg)
        return float(np.interp(time, self.time, self.fid))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Neighbourhood:
    """One central proton with all that it couples to."""

    weight: float  # share of its like among all protons
    partners: NDArray[np.float64]  # of the candidates, nearest first [m]
    chances: NDArray[np.float64]  # occupancies of the candidates
    second_moments: NDArray[np.float64]  # of the whole crystal, one a direction [rad2 s-2]


def rigid_line_many_spin(
    crystal: Crystal, *, partners: int = 8, orientations: int = 32, seed: int | None = None
) -> RigidLine:
    """Compute line and decay of the rigid protons of a crystal, as a powder.

    Parameters
    ----------
    crystal
        Rigid; all hydrogen is 1H.
    partners
        Nearest protons that evolve exactly with the central one, 1 to 11.
    orientations
        Directions of the field, spread evenly over a hemisphere.
    seed
        Of the occupied sites; needed where hydrogen sites are partly empty, one draw a direction.

    Returns
    -------
    :
        Line, decay and moments.

    Raises
    ------
    UnknownWord
        If the crystal holds no hydrogen.
    ValueError
        If a number is outside its range, or sites are partly empty and no seed is given.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168, for the moments.

    Examples
    --------
    >>> lah3 = crystals.crystal("LaH3", lattice_parameter=4.365e-10)
    >>> line = rigid_line_many_spin(lah3, partners=3, orientations=4)
    >>> print(f"{line.fid_at(0.0):.3f}, flatter than a Gaussian: {line.flatness < 3}")
    1.000, flatter than a Gaussian: True
    """
    _check_counts(partners, orientations)
    directions = hemisphere(orientations)
    sites = crystals.hydrogen_sites(crystal)
    random = _random(sites, seed)
    surroundings = list(_neighbourhoods(crystal, sites, directions, partners))
    scale = sqrt(sum(one.weight * float(one.second_moments.mean()) for one in surroundings))
    cluster = _cluster(partners + 1)
    axis = np.linspace(-_SPAN * scale, _SPAN * scale, _POINTS, endpoint=False)
    time = np.linspace(0, pi * _POINTS / (2 * _SPAN * scale), _POINTS // 2, endpoint=False)
    fid = np.zeros(len(time))
    second = fourth = 0.0
    for one in surroundings:
        share = one.weight / orientations
        for direction, whole in zip(directions, one.second_moments, strict=True):
            steps, passed = _drawn(one, partners, random)
            couplings = _couplings(steps, direction)
            frequencies, weights = _transitions(cluster, couplings)
            m2, m4 = (float(weights @ frequencies**power) for power in (2, 4))
            rest = max(whole - _pair_moments(passed, one.chances[: len(passed)], direction), 0.0)
            line = _histogram(frequencies, weights, axis)
            fid += share * _decay(line)[: len(time)] * np.exp(-rest * time**2 / 2)
            second += share * (m2 + rest)
            fourth += share * (m4 + 6 * m2 * rest + 3 * rest**2)
    frequency, intensity = _line(time, fid)
    return RigidLine(
        frequency=frequency,
        intensity=intensity,
        time=time,
        fid=fid,
        second_moment=second,
        fourth_moment=fourth,
    )


def hemisphere(count: int) -> NDArray[np.float64]:
    """Spread directions evenly over a hemisphere, on a spiral of the golden angle.

    Couplings are even under inversion: the other half brings nothing new.

    Parameters
    ----------
    count
        Number of directions.

    Returns
    -------
    :
        Unit vectors, shape (count, 3).

    Examples
    --------
    >>> second = hemisphere(200)[:, 2] ** 2
    >>> print(f"{second.mean():.4f}")
    0.3333
    """
    z = (np.arange(count) + 0.5) / count
    angle = np.arange(count) * pi * (3 - sqrt(5))
    ring = np.sqrt(1 - z**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), z], axis=1)


def _check_counts(partners: int, orientations: int) -> None:
    if not 1 <= partners <= MOST_PARTNERS:
        msg = f"Found {partners} partners; 1 to {MOST_PARTNERS} are needed."
        raise ValueError(msg)
    if orientations < 1:
        msg = f"Found {orientations} orientations; at least one is needed."
        raise ValueError(msg)


def _random(sites: Sites, seed: int | None) -> np.random.Generator | None:
    if (sites.occupancies == 1).all():
        return None
    if seed is None:
        msg = "Found partly empty hydrogen sites; give a seed for drawing the occupied ones."
        raise ValueError(msg)
    return np.random.default_rng(seed)


def _neighbourhoods(
    crystal: Crystal, sites: Sites, directions: NDArray[np.float64], partners: int
) -> Iterator[_Neighbourhood]:
    """One central proton for each group of equal sites, with its share and its surroundings."""
    total = sites.occupancies.sum()
    sums = lattice_sums.lattice_sum_r6(
        cell=crystal.cell,
        positions_from=sites.positions,
        positions_to=sites.positions,
        occupancies=sites.occupancies,
    )
    for members in crystal_moments.equal_sites(kinds=sites.kinds, sum_r6=sums):
        centre = sites.positions[members[0]]
        steps, chances = _nearest(crystal, sites, centre, partners)
        yield _Neighbourhood(
            weight=float(sites.occupancies[list(members)].sum() / total),
            partners=steps,
            chances=chances,
            second_moments=_second_moments(crystal, centre, directions),
        )


def _nearest(
    crystal: Crystal, sites: Sites, centre: NDArray[np.float64], partners: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors to sites around a proton, nearest first, enough of them to draw partners from."""
    density = sites.occupancies.sum() / crystal.volume
    radius = (30 * (partners + 2) / density) ** (1 / 3)
    images = crystals.lattice_points(
        crystal.cell, radius + np.linalg.norm(crystal.cell.sum(axis=0))
    )
    steps = (sites.positions[None] + images[:, None] - centre).reshape(-1, 3)
    chances = np.tile(sites.occupancies, len(images))
    lengths = np.linalg.norm(steps, axis=1)
    order = np.lexsort((*steps.T.round(14), lengths.round(14)))
    order = order[(lengths[order] > 1e-6 * radius) & (lengths[order] <= radius)]
    return steps[order], chances[order]


def _second_moments(
    crystal: Crystal, centre: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Second moment of one proton from the whole crystal, along each direction [rad2 s-2]."""
    proton = nuclei.nucleus("1H")
    total = np.zeros(len(directions))
    for symbol in dict.fromkeys(crystal.species):
        sites = crystals.sites_of(crystal, species=symbol)
        sums = lattice_sums.lattice_sum_r6_along(
            cell=crystal.cell,
            positions_from=centre[None],
            positions_to=sites.positions,
            occupancies=sites.occupancies,
            directions=directions,
        )[0]
        total += sums * crystal_moments.second_moment_per_sum(proton, symbol)
    return total


def _drawn(
    one: _Neighbourhood, partners: int, random: np.random.Generator | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nearest occupied sites, and all sites up to the last of them."""
    if random is None:
        return one.partners[:partners], one.partners[:partners]
    there = np.flatnonzero(random.random(len(one.chances)) < one.chances)[:partners]
    return one.partners[there], one.partners[: there[-1] + 1]


def _couplings(steps: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coupling d of all pairs among the central proton and its partners [rad/s]."""
    spins = np.vstack([np.zeros(3), steps])
    first, second = np.array(list(combinations(range(len(spins)), 2))).T
    return _angular(spins[second] - spins[first], direction)


def _cluster(count: int) -> SpinBlocks:
    return spin_blocks(
        spins=(0.5,) * count,
        channels=("1H",) * count,
        pairs=tuple(combinations(range(count), 2)),
    )


def _transitions(
    cluster: SpinBlocks, couplings: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One half of the lines of the first spin, the other at opposite frequencies [rad/s]."""
    solution = cluster.solve(
        couplings=couplings[None], energies=[None] * len(cluster.spins), mirrored=True
    )
    lines = fid_lines(
        cluster, solution, np.ones(1),
        channel="1H", started=tuple(range(len(cluster.spins))), seen=(0,), mirrored=True,
    )  # fmt: skip
    return lines.frequencies, lines.amplitudes / lines.amplitudes.sum()


def _angular(vectors: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
    gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ direction / lengths
    constant = constants.mu_0_over_4pi * gamma**2 * constants.hbar
    return np.asarray(constant / 2 * (1 - 3 * cosines**2) / lengths**3)


def _pair_moments(
    vectors: NDArray[np.float64], chances: NDArray[np.float64], direction: NDArray[np.float64]
) -> float:
    """Second moment of the central proton from those partners: 9/4 of the sum of d squared."""
    return float(9 / 4 * chances @ _angular(vectors, direction) ** 2)


def _histogram(
    frequencies: NDArray[np.float64], weights: NDArray[np.float64], axis: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Even spectrum on the axis; each transition is shared by the two nearest points."""
    step = axis[1] - axis[0]
    line = np.zeros(len(axis))
    for sign in (-1, 1):
        place = (sign * frequencies - axis[0]) / step
        left = np.floor(place).astype(np.int64)
        share = place - left
        line += np.bincount(left, weights / 2 * (1 - share), minlength=len(axis))
        line += np.bincount(left + 1, weights / 2 * share, minlength=len(axis))
    return line


def _decay(line: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.fft.fft(np.fft.ifftshift(line)).real)


def _line(
    time: NDArray[np.float64], fid: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosine transform of the decay; the first point counts half."""
    halved = fid.copy()
    halved[0] /= 2
    dwell = time[1] - time[0]
    points = 2 * len(time)
    intensity = 2 * dwell * np.fft.fftshift(np.fft.fft(halved, points).real)
    return np.fft.fftshift(np.fft.fftfreq(points, dwell)), np.asarray(intensity)

r"""Several spins with all their interactions, and their secular Hamiltonian for every orientation.

The general road: any spins, shifts, quadrupole and dipolar couplings, as dense matrices. Lines of
one quadrupolar spin, clusters of protons and nutations have faster roads of their own, which are
held against this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from megabar.spins.hamiltonians import (
    dipolar_coupling_from_distance,
    first_order_coupling,
    second_order_levels,
)
from megabar.spins.operators import magnetic_numbers, product_operators
from megabar.spins.tensors import along_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megabar.spins.operators import SpinOperators
    from megabar.spins.orientations import Orientations


@dataclass(frozen=True, kw_only=True, eq=False)
class Quadrupole:
    """Coupling of a nucleus to the gradient of the electric field.

    Parameters
    ----------
    coupling
        :math:`C_Q = e^2 q Q/h` [Hz].
    gradient
        V over Vzz in the crystal, (3, 3); see ``tensors.gradient_tensor``.
    larmor_frequency
        Of the nucleus [Hz], for second order; none: first order only.
    """

    coupling: float
    gradient: NDArray[np.float64]
    larmor_frequency: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Spin:
    """One nucleus of a system.

    Parameters
    ----------
    channel
        Name of its kind, such as ``"1H"``; pulses reach all spins of one channel, and spins of one
        channel are like spins.
    spin
        Quantum number I.
    shift
        Tensor in the crystal, (3, 3) [Hz]; none: on resonance.
    quadrupole
        Its coupling to the gradient; none for spin 1/2 or a cubic site.
    """

    channel: str
    spin: float
    shift: NDArray[np.float64] | None = None
    quadrupole: Quadrupole | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class DipolarPair:
    """Dipolar coupling of two spins of a system.

    Parameters
    ----------
    first, second
        Places of the spins in the system.
    coupling
        d of ``hamiltonians.dipolar_coupling_from_distance`` [Hz].
    direction
        Unit vector from one to the other in the crystal, (3,).
    """

    first: int
    second: int
    coupling: float
    direction: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class SpinSystem:
    """Spins and their couplings.

    Parameters
    ----------
    spins
        The nuclei, the first runs slowest in the product space.
    pairs
        Dipolar couplings between them.

    Raises
    ------
    ValueError
        If a pair names a spin that is not there, or one spin twice.

    Examples
    --------
    >>> proton = Spin(channel="1H", spin=0.5)
    >>> pair = DipolarPair(first=0, second=1, coupling=20e3, direction=np.array([0.0, 0.0, 1.0]))
    >>> SpinSystem(spins=(proton, proton), pairs=(pair,)).size
    4
    """

    spins: tuple[Spin, ...]
    pairs: tuple[DipolarPair, ...] = ()

    def __post_init__(self) -> None:
        for pair in self.pairs:
            if pair.first == pair.second or not 0 <= min(pair.first, pair.second) <= max(
                pair.first, pair.second
            ) < len(self.spins):
                msg = (
                    f"Found a pair of spins {pair.first} and {pair.second} in a system of "
                    f"{len(self.spins)}; count from 0 and take two different ones."
                )
                raise ValueError(msg)

    @property
    def size(self) -> int:
        """States of the product space."""
        return int(np.prod([round(2 * one.spin + 1) for one in self.spins]))

    def operators(self) -> tuple[SpinOperators, ...]:
        """Operators of each spin in the product space.

        Returns
        -------
        :
            One set for each spin.
        """
        return product_operators([one.spin for one in self.spins])


def dipolar_pairs(
    positions: NDArray[np.float64], *, gyromagnetic_ratios: Sequence[float]
) -> tuple[DipolarPair, ...]:
    """Make the dipolar couplings between all spins of a cluster.

    Parameters
    ----------
    positions
        Places of the spins in the crystal [m], (spin, 3).
    gyromagnetic_ratios
        Bare ratio of each spin [rad s-1 T-1].

    Returns
    -------
    :
        All pairs.

    Raises
    ------
    ValueError
        If two spins are at one place.

    Examples
    --------
    >>> pairs = dipolar_pairs(np.array([[0, 0, 0], [0, 0, 1e-10]]),
    ...                       gyromagnetic_ratios=[2.6752218744e8] * 2)
    >>> print(f"{pairs[0].coupling:.0f} Hz")
    120120 Hz
    """
    found = []
    for first, second in combinations(range(len(positions)), 2):
        apart = np.asarray(positions[second], dtype=np.float64) - positions[first]
        distance = float(np.linalg.norm(apart))
        found.append(
            DipolarPair(
                first=first,
                second=second,
                coupling=dipolar_coupling_from_distance(
                    distance=distance,
                    gyromagnetic_ratio=gyromagnetic_ratios[first],
                    other_gyromagnetic_ratio=gyromagnetic_ratios[second],
                ),
                direction=apart / distance,
            )
        )
    return tuple(found)


def secular_hamiltonian(system: SpinSystem, orientations: Orientations) -> NDArray[np.complex128]:
    r"""Build the Hamiltonian in the rotating frame for every orientation.

    Shifts :math:`b \cdot \delta \cdot b \, I_z`; quadrupole :math:`f [3 I_z^2 - I(I + 1)]` and
    the levels of second order; dipole :math:`-d \frac{3\cos^2\theta - 1}{2}` times
    :math:`2 I_z S_z - I_x S_x - I_y S_y` for like and :math:`2 I_z S_z` for unlike spins. Second
    order has no cross terms with shift or dipole, and states are not tilted.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal.

    Returns
    -------
    :
        H/h [Hz], (orientation, state, state).

    References
    ----------
    Abragam, Principles of Nuclear Magnetism (1961), chapter IV.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> system = SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=1000.0 * np.eye(3)),))
    >>> found = secular_hamiltonian(system, single_orientation(alpha=0.0, beta=0.7))
    >>> found[0].real.round(6).tolist()
    [[500.0, 0.0], [0.0, -500.0]]
    """
    operators = system.operators()
    total = np.zeros((len(orientations), system.size, system.size), dtype=np.complex128)
    states = np.arange(system.size)
    for its, own in zip(operators, own_energies(system, orientations), strict=True):
        if own is not None:
            place = np.rint(its.spin - np.diag(its.z).real).astype(np.int64)
            total[:, states, states] += own[:, place]
    strengths = coupling_strengths(system, orientations)
    for pair, strength in zip(system.pairs, strengths.T, strict=True):
        first, second = operators[pair.first], operators[pair.second]
        coupled = 2 * first.z @ second.z
        if system.spins[pair.first].channel == system.spins[pair.second].channel:
            coupled = coupled - first.x @ second.x - first.y @ second.y
        total += strength[:, None, None] * coupled
    return total


def coupling_strengths(system: SpinSystem, orientations: Orientations) -> NDArray[np.float64]:
    r"""Compute the dipolar couplings along the field, :math:`-d (3\cos^2\theta - 1)/2`.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal.

    Returns
    -------
    :
        Strengths [Hz], (orientation, pair).
    """
    directions = np.array([pair.direction for pair in system.pairs]).reshape(-1, 3)
    constants = np.array([pair.coupling for pair in system.pairs])
    cosines = orientations.directions @ directions.T
    return np.asarray(-constants * (3 * cosines**2 - 1) / 2)


def own_energies(
    system: SpinSystem, orientations: Orientations
) -> tuple[NDArray[np.float64] | None, ...]:
    """Compute the levels of each spin without the others: shift and quadrupole.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal.

    Returns
    -------
    :
        Of each spin, energies [Hz], m = I first, (orientation, 2 I + 1); none: all zero.
    """
    return tuple(_own_energies(one, orientations) for one in system.spins)


def _own_energies(one: Spin, orientations: Orientations) -> NDArray[np.float64] | None:
    if one.quadrupole is None and (one.shift is None or not np.any(one.shift)):
        return None
    m = magnetic_numbers(one.spin)
    energies = np.zeros((len(orientations), len(m)))
    if one.shift is not None and np.any(one.shift):
        energies += along_field(one.shift, orientations.directions)[:, None] * m
    if one.quadrupole is not None:
        energies += _quadrupole_energies(one.quadrupole, one.spin, orientations)
    return energies


def _quadrupole_energies(
    quadrupole: Quadrupole, spin: float, orientations: Orientations
) -> NDArray[np.float64]:
    f = first_order_coupling(
        quadrupole_coupling=quadrupole.coupling,
        gradient=quadrupole.gradient,
        spin=spin,
        directions=orientations.directions,
    )
    energies = f[:, None] * (3 * magnetic_numbers(spin) ** 2 - spin * (spin + 1))
    if quadrupole.larmor_frequency is not None:
        energies += second_order_levels(
            quadrupole_coupling=quadrupole.coupling,
            gradient=quadrupole.gradient,
            spin=spin,
            larmor_frequency=quadrupole.larmor_frequency,
            orientations=orientations,
        )
    return np.asarray(energies)

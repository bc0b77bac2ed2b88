r"""Spins of a sample as nodes: levels between pulses, with weights.

As long as the Hamiltonian between pulses is diagonal (offset, shift, first- and second-order
quadrupole shifts), a powder with distributions of couplings and shifts is a list of levels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.spins.operators import magnetic_numbers
from megabar.spins.spin_systems import secular_hamiltonian
from megabar.spins.transition_weights import hard_pulse_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.spin_systems import SpinSystem

    Array = NDArray[np.float64]

_LEAST: Final = 65  # values of a distribution
_REACH: Final = 6.0  # standard deviations of a Gaussian that nodes cover; 2e-9 lies outside


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelNodes:
    """Levels of one spin in many surroundings.

    Parameters
    ----------
    spin
        Quantum number I.
    levels
        Energies of m = I, ..., -I over h in the rotating frame [Hz], (node, state).
    weight
        Shares, (node,).

    Raises
    ------
    ValueError
        If there are not 2I + 1 levels and one weight for each node.
    """

    spin: float
    levels: Array
    weight: Array

    def __post_init__(self) -> None:
        size = len(magnetic_numbers(self.spin))
        if self.levels.shape != (len(self.weight), size):
            msg = (
                f"Found levels of shape {self.levels.shape} for {len(self.weight)} weights; spin "
                f"{self.spin:g} needs {size} levels for each. Give (node, state)."
            )
            raise ValueError(msg)

    @property
    def frequencies(self) -> Array:
        """Offsets of the transitions, m = I <-> I - 1 first [Hz], (node, transition)."""
        return -np.diff(self.levels, axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class OffsetDistribution:
    """Offsets from the carrier with weights, of a distribution of shifts or fields.

    Parameters
    ----------
    offset
        [Hz], (value,).
    weight
        Shares that sum to one, (value,).
    """

    offset: Array
    weight: Array


def nodes_from_couplings(
    *, spin: float, coupling: ArrayLike, offset: ArrayLike, weight: ArrayLike
) -> LevelNodes:
    r"""Make nodes of first-order quadrupole couplings and offsets.

    .. math:: E_m/h = f [3 m^2 - I(I+1)] + \Delta \, m

    Parameters
    ----------
    spin
        Quantum number I.
    coupling
        f of ``hamiltonians.first_order_coupling`` or ``coupling_nodes`` [Hz], (node,).
    offset
        :math:`\Delta` [Hz], one number or (node,).
    weight
        Shares, (node,).

    Returns
    -------
    :
        The nodes.

    Raises
    ------
    ValueError
        If there is not one weight for each coupling.

    Examples
    --------
    >>> nodes = nodes_from_couplings(spin=1.0, coupling=[10.0], offset=1.0, weight=[1.0])
    >>> nodes.frequencies.tolist()
    [[31.0, -29.0]]
    """
    m = magnetic_numbers(spin)
    f, away = np.broadcast_arrays(np.atleast_1d(coupling), np.asarray(offset, dtype=np.float64))
    levels = f[:, None] * (3 * m**2 - spin * (spin + 1)) + away[:, None] * m
    return LevelNodes(spin=spin, levels=levels, weight=np.asarray(weight, dtype=np.float64))


def nodes_from_system(system: SpinSystem, orientations: Orientations) -> LevelNodes:
    """Make nodes of one spin in a powder: shift tensor and quadrupole coupling of either order.

    Parameters
    ----------
    system
        Of one spin; its quadrupole coupling is of second order if it has a Larmor frequency.
    orientations
        Directions of the field in the crystal, with weights.

    Returns
    -------
    :
        One node for each orientation.

    Raises
    ------
    ValueError
        If there are several spins.

    Examples
    --------
    >>> from megabar.spins.orientations import sphere_grid
    >>> from megabar.spins.spin_systems import Spin, SpinSystem
    >>> system = SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=1e3 * np.eye(3)),))
    >>> nodes = nodes_from_system(system, sphere_grid(34))
    >>> bool(np.allclose(nodes.frequencies, 1e3))
    True
    """
    if len(system.spins) != 1:
        msg = (
            f"Found {len(system.spins)} spins; levels that stay diagonal are those of one. Compute "
            "several with spins.clusters or spins.program_signals."
        )
        raise ValueError(msg)
    hamiltonian = secular_hamiltonian(system, orientations)
    return LevelNodes(
        spin=system.spins[0].spin,
        levels=np.diagonal(hamiltonian, axis1=1, axis2=2).real,
        weight=orientations.weight,
    )


def nodes_with_offsets(nodes: LevelNodes, offsets: OffsetDistribution) -> LevelNodes:
    """Give every node every offset of a distribution that is independent of it.

    Parameters
    ----------
    nodes
        Levels and weights.
    offsets
        What is added.

    Returns
    -------
    :
        As many nodes as there are pairs.

    Examples
    --------
    >>> alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    >>> broad = nodes_with_offsets(alone, gaussian_offsets(fwhm=8e3, count=64))
    >>> bool(abs(broad.weight @ broad.frequencies[:, 0]) < 1e-9)
    True
    """
    m = magnetic_numbers(nodes.spin)
    added = nodes.levels[:, None, :] + np.multiply.outer(offsets.offset, m)
    return replace(
        nodes,
        levels=added.reshape(-1, len(m)),
        weight=np.multiply.outer(nodes.weight, offsets.weight).ravel(),
    )


def gaussian_offsets(*, fwhm: float, count: int) -> OffsetDistribution:
    r"""Spread evenly spaced offsets over a Gaussian.

    A sum over evenly spaced offsets repeats itself after the time of one over their spacing,
    :math:`n / (5.1\,W)`; before it the error is that of the cut at six standard deviations.

    Parameters
    ----------
    fwhm
        W [Hz].
    count
        n; at least 6 W times the longest time from the first pulse.

    Returns
    -------
    :
        The distribution, about zero.

    Raises
    ------
    ValueError
        If the width or the count is not positive.

    Examples
    --------
    >>> bool(abs(gaussian_offsets(fwhm=38e3, count=64).weight.sum() - 1) < 1e-12)
    True
    """
    if not (fwhm > 0 and count > 0):
        msg = f"Found a width of {fwhm:g} Hz and {count} offsets; both must be positive."
        raise ValueError(msg)
    std = fwhm / np.sqrt(8 * np.log(2))
    edges = np.linspace(-_REACH, _REACH, count + 1)
    place = (edges[1:] + edges[:-1]) / 2
    weight = np.exp(-(place**2) / 2)
    return OffsetDistribution(offset=std * place, weight=weight / weight.sum())


def offsets_from_profile(offset: ArrayLike, intensity: ArrayLike) -> OffsetDistribution:
    """Take a distribution of offsets from a table, as a measured or a computed line.

    Parameters
    ----------
    offset
        Evenly spaced offsets [Hz], (value,).
    intensity
        Relative numbers of spins, zero or more, (value,).

    Returns
    -------
    :
        The distribution, its weights of sum one.

    Raises
    ------
    ValueError
        If the columns differ in length, or an intensity is negative, or all are zero.

    Examples
    --------
    >>> offsets_from_profile([0.0, 1e3], [1.0, 3.0]).weight.tolist()
    [0.25, 0.75]
    """
    place, high = np.asarray(offset, dtype=np.float64), np.asarray(intensity, dtype=np.float64)
    if place.shape != high.shape or (high < 0).any() or not high.sum() > 0:
        msg = (
            f"Found {place.size} offsets and {high.size} intensities, the smallest "
            f"{high.min(initial=0.0):g}; a distribution needs as many of both, none negative and "
            "not all zero."
        )
        raise ValueError(msg)
    return OffsetDistribution(offset=place, weight=high / high.sum())


def nodes_of_gaussian_shifts(*, spin: float, fwhm: float, span: float) -> LevelNodes:
    """Spread offsets over a Gaussian line.

    Parameters
    ----------
    spin
        Quantum number I.
    fwhm
        Of the line [Hz].
    span
        Longest time from the first pulse [s].

    Returns
    -------
    :
        As many nodes as that time needs.

    Examples
    --------
    >>> nodes = nodes_of_gaussian_shifts(spin=0.5, fwhm=10e3, span=100e-6)
    >>> round(float(nodes.weight @ nodes.frequencies[:, 0] ** 2) ** 0.5 * np.sqrt(8 * np.log(2)))
    10000
    """
    alone = nodes_from_couplings(spin=spin, coupling=[0.0], offset=0.0, weight=[1.0])
    return nodes_with_offsets(alone, gaussian_offsets(fwhm=fwhm, count=_count(fwhm * span)))


def nodes_of_gaussian_couplings(*, spin: float, fwhm: float, span: float) -> LevelNodes:
    """Spread couplings over a Gaussian, so that the line after a hard pulse has a second moment.

    Parameters
    ----------
    spin
        Quantum number I; like-spin pairs stand for it where it is 1/2.
    fwhm
        Of a Gaussian line of that second moment [Hz].
    span
        Longest time from the first pulse [s].

    Returns
    -------
    :
        As many nodes as that time needs.

    Examples
    --------
    >>> nodes = nodes_of_gaussian_couplings(spin=3.5, fwhm=10e3, span=100e-6)
    >>> weights = hard_pulse_weights(3.5)
    >>> squared = nodes.weight @ nodes.frequencies**2 @ weights / weights.sum()
    >>> round(float(squared) ** 0.5 * np.sqrt(8 * np.log(2)))
    10000
    """
    size = max(spin, 1.0)
    order = magnetic_numbers(size)[:-1] - 0.5
    weights = hard_pulse_weights(size)
    squared = float(weights @ order**2 / weights.sum())
    of_coupling = fwhm / (6 * np.sqrt(squared))
    outermost = 6 * order.max() * of_coupling
    values = gaussian_offsets(fwhm=of_coupling, count=_count(outermost * span))
    return nodes_from_couplings(spin=size, coupling=values.offset, offset=0.0, weight=values.weight)


def _count(turns: float) -> int:
    return _LEAST + int(np.ceil(12 * turns))

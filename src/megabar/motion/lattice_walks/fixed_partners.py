"""Couplings of walkers in a periodic cell with nuclei that stay, as a simulation has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.lattice_walks.decays import decays_from_modes
from megabar.motion.lattice_walks.dipolar_sums import nearest_image_tensors
from megabar.motion.lattice_walks.free_walkers import generator_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.motion.lattice_walks.decays import DecaySpectrum
    from megabar.motion.lattice_walks.monte_carlo import Lattice
    from megabar.motion.lattice_walks.networks import Network

    Array = NDArray[np.float64]


def overlaps_in_cell(lattice: Lattice, partners: Array) -> Array:
    r"""Compute the coupling that an atom keeps when it goes from one site to another.

    .. math:: F_{ss'} = \sum_M \tfrac16 \mathbf T_{sM} : \mathbf T_{s'M}

    over nearest images within the sphere that fits into the supercell.

    Parameters
    ----------
    lattice
        The supercell.
    partners
        Positions in the cell of the network [m], (partner, 3).

    Returns
    -------
    :
        F [m-6], (site, site).

    Examples
    --------
    >>> from megabar.motion.lattice_walks.monte_carlo import Lattice
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> box = Lattice(network=cubic, repeats=(3, 3, 3))
    >>> kept = overlaps_in_cell(box, np.array([[0.5, 0.5, 0.5]]))
    >>> print(f"{kept[0, 0]:.2f}")  # eight corners of a cube
    18.96
    """
    corners = np.indices(lattice.repeats).reshape(3, -1).T @ lattice.network.cell
    placed = (corners[:, None, :] + partners).reshape(-1, 3)
    vectors = placed - lattice.sites[:, None, :]
    tensors = nearest_image_tensors(cell=lattice.cell, vectors=vectors)
    flat = tensors.reshape(len(lattice), -1)
    kept: Array = flat @ flat.T
    return kept


def walk_past_fixed_in_cell(network: Network, *, partners: Array, repeats: int) -> DecaySpectrum:
    """Compute the correlation of a free walker with nuclei that stay, in a periodic supercell.

    Exact for the couplings that a simulation of the same cell has.

    Parameters
    ----------
    network
        Sites of equal occupancy.
    partners
        Positions in the cell of the network [m], (partner, 3).
    repeats
        Supercell, in lattice vectors along each direction.

    Returns
    -------
    :
        The correlation, as decays, and as static part the mean that a finite cell leaves.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> walk = walk_past_fixed_in_cell(cubic, partners=np.array([[0.5, 0.5, 0.5]]), repeats=3)
    >>> print(f"{walk.sum_r6:.2f}")
    18.96
    """
    cells = np.indices((repeats,) * 3).reshape(3, -1).T
    waves = cells / repeats @ (2 * np.pi * np.linalg.inv(network.cell).T)
    between = partners[None, :, :] - network.sites[:, None, :]
    vectors = between[:, :, None, :] + cells @ network.cell  # (site, partner, cell, 3)
    tensors = nearest_image_tensors(cell=network.cell * repeats, vectors=vectors)
    values, modes = np.linalg.eigh(generator_at(network, waves))
    weights = np.zeros(values.shape)
    for row, (wave, mode) in enumerate(zip(waves, modes, strict=True)):
        seen = np.einsum("apr,aprc->apc", np.exp(1j * vectors @ wave), tensors)
        inner = np.einsum("am,apc->mpc", np.conj(mode), seen)
        weights[row] = (np.abs(inner) ** 2).sum(axis=(1, 2))
    weights /= len(network.sites) * len(waves)
    return decays_from_modes(decay_rates=np.maximum(values, 0.0), weights=weights)

r"""Exact dipolar correlation of atoms that walk on a network without meeting.

The pair of walkers is two walkers of opposite wave vector: with the eigenvectors of their common
generator L(k) the correlation is a sum of decays, averaged over the zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.lattice_walks.decays import decays_from_modes
from megabar.motion.lattice_walks.dipolar_sums import MULTIPLICITIES, EwaldSum, sum_r6_of_sites
from megabar.motion.lattice_walks.free_walkers import generator_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from megabar.motion.lattice_walks.decays import DecaySpectrum
    from megabar.motion.lattice_walks.networks import Network

    Array = NDArray[np.float64]
    Waves = NDArray[np.complex128]

_CLOSURE: Final = 1e-4
_CHUNK: Final = 20_000  # wave vectors times pairs of sites at a time


@dataclass(frozen=True, kw_only=True)
class ZoneMesh:
    """Points of the integral over wave vectors, none of them zero.

    Half the zone is three pyramids with their apex at k = 0, where the integrand depends on the
    direction; Gauss-Legendre across, and in the fourth root of the height, because low frequencies
    see small k. From the default on, j at any frequency changes by at most 2e-5 when both numbers
    grow (simple cubic; 5e-6 on denser networks).

    Parameters
    ----------
    outward
        Points from the apex to the face.
    across
        Points along each side of the face; even, so that none lies on an axis.
    """

    outward: int = 28
    across: int = 12

    def points(self, cell: NDArray[np.float64]) -> tuple[Array, Array]:
        """Give wave vectors [rad/m], (k, 3), and weights that add up to 1, (k,)."""
        s, weight_s = np.polynomial.legendre.leggauss(self.outward)
        s, weight_s = (s + 1) / 2, weight_s / 2
        height, weight_height = s**4 / 2, weight_s * 2 * s**3
        side, weight_side = np.polynomial.legendre.leggauss(self.across)
        t, x, y = np.meshgrid(height, side, side, indexing="ij")
        pyramid = np.stack([t, t * x, t * y], axis=-1).reshape(-1, 3)
        weight = np.einsum("i,j,k->ijk", weight_height * height**2, weight_side, weight_side)
        fractions = np.concatenate([np.roll(pyramid, axis, axis=1) for axis in range(3)])
        waves = fractions @ (2 * np.pi * np.linalg.inv(cell).T)
        return waves, np.tile(weight.ravel() * 2, 3)


def independent_walk(network: Network, *, mesh: ZoneMesh | None = None) -> DecaySpectrum:
    r"""Compute the dipolar correlation of like spins that walk independently.

    .. math:: S(t) = \Big\langle \sum_{mn} A_{mn} e^{-(\lambda_m + \lambda_n) t}
        \Big\rangle_\text{zone}, \quad A_{mn} = \frac{1}{6 \sum_a c_a} \sum_{xy}
        | \mathbf U_m^\dagger \mathbf T_{xy} \mathbf U_n |^2

    Exact for atoms that do not hinder each other, at any occupancy; independent of it but for the
    factor of S(0). With site exclusion see :func:`~megabar.motion.lattice_walks.exchange_walk`.

    Parameters
    ----------
    network
        Any network.
    mesh
        Points of the zone; none: 28 x 12 x 12 in each of three pyramids.

    Returns
    -------
    :
        The correlation, as decays.

    Raises
    ------
    ArithmeticError
        If S(0) over the zone and the direct lattice sum differ by more than 1e-4: mesh too coarse.

    References
    ----------
    Torrey, Phys. Rev. 96, 690 (1954), doi:10.1103/PhysRev.96.690, for the method; derived in the
    documentation of the package for any network.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> walk = independent_walk(cubic)
    >>> print(f"{walk.sum_r6:.4f} {walk(0.0) * 3 / 4:.4f}")  # D = 1
    8.4019 2.2435
    """
    between = network.sites[None, :, :] - network.sites[:, None, :]
    root = np.sqrt(network.occupancies)
    scale = np.outer(root, root)

    def amounts(vectors: Waves, tensors: Waves) -> Array:
        inner = np.conj(np.swapaxes(vectors, 1, 2))[:, None] @ (tensors * scale)
        power = np.abs(inner @ vectors[:, None]) ** 2
        total: Array = np.einsum("c,kcmn->kmn", MULTIPLICITIES, power)
        return total

    rates, weights = _modes(network, between=between, mesh=mesh, pairs=True, amounts=amounts)
    direct = sum_r6_of_sites(cell=network.cell, between=between)
    total = network.occupancies @ direct @ network.occupancies / network.occupancies.sum()
    return _closed(rates, weights / (6 * network.occupancies.sum()), expected=float(total))


def walk_past_fixed(
    network: Network, *, partners: ArrayLike, mesh: ZoneMesh | None = None
) -> DecaySpectrum:
    r"""Compute the correlation of walking spins with partners that stay on their sites.

    .. math:: S(t) = \Big\langle \sum_m A_m e^{-\lambda_m t} \Big\rangle_\text{zone}, \quad
        A_m = \frac{1}{6 \sum_a c_a} \sum_{M, xy} \Big| \sum_a U^*_{am} \sqrt{c_a} T_{aM} \Big|^2

    Exact for independent walkers, and for exchange on full sites of equal energy, where one marked
    atom walks freely too.

    Parameters
    ----------
    network
        Any network.
    partners
        Their positions in the cell of the network [m], (partner, 3); each is occupied.
    mesh
        Points of the zone; none: 28 x 12 x 12 in each of three pyramids.

    Returns
    -------
    :
        The correlation, as decays.

    Raises
    ------
    ArithmeticError
        If S(0) over the zone and the direct lattice sum differ by more than 1e-4: mesh too coarse.

    References
    ----------
    Torrey, Phys. Rev. 96, 690 (1954), doi:10.1103/PhysRev.96.690, for the method.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> print(f"{walk_past_fixed(cubic, partners=[[0.5, 0.5, 0.5]]).sum_r6:.2f}")
    20.64
    """
    fixed = np.atleast_2d(np.asarray(partners, dtype=np.float64))
    between = fixed[None, :, :] - network.sites[:, None, :]
    root = np.sqrt(network.occupancies)

    def amounts(vectors: Waves, tensors: Waves) -> Array:
        inner = np.conj(np.swapaxes(vectors, 1, 2))[:, None] @ (tensors * root[:, None])
        total: Array = np.einsum("c,kcmp->km", MULTIPLICITIES, np.abs(inner) ** 2)
        return total

    rates, weights = _modes(network, between=between, mesh=mesh, pairs=False, amounts=amounts)
    direct = sum_r6_of_sites(cell=network.cell, between=between).sum(axis=1)
    total = network.occupancies @ direct / network.occupancies.sum()
    return _closed(rates, weights / (6 * network.occupancies.sum()), expected=float(total))


def _modes(
    network: Network,
    *,
    between: Array,
    mesh: ZoneMesh | None,
    pairs: bool,
    amounts: Callable[[Waves, Waves], Array],
) -> tuple[Array, Array]:
    """Give decay rates and zone weights times amounts, one row per wave vector."""
    waves, weights = (mesh or ZoneMesh()).points(network.cell)
    tensors_at = EwaldSum(cell=network.cell, between=between)
    rows = max(1, _CHUNK // between[..., 0].size)
    rates, found = [], []
    for first in range(0, len(waves), rows):
        here = waves[first : first + rows]
        values, vectors = np.linalg.eigh(generator_at(network, here))
        values = np.maximum(values, 0.0)
        rates.append(values[:, :, None] + values[:, None, :] if pairs else values)
        amount = amounts(vectors, tensors_at(here))
        found.append(amount * weights[first : first + rows].reshape(-1, *[1] * (amount.ndim - 1)))
    return np.concatenate(rates), np.concatenate(found)


def _closed(rates: Array, weights: Array, *, expected: float) -> DecaySpectrum:
    found = float(weights.sum())
    if not abs(found / expected - 1) < _CLOSURE:
        msg = (
            f"Found S(0) = {found:.6g} m-6 over the zone against {expected:.6g} of the direct sum; "
            "the correlation would be off by as much. Take a finer mesh."
        )
        raise ArithmeticError(msg)
    return decays_from_modes(decay_rates=rates, weights=weights)

"""How far a walker gets that meets no other: which sites connect, and its diffusivity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.motion.lattice_walks.networks import Network


@dataclass(frozen=True, kw_only=True, eq=False)
class Component:
    """Sites of a network that are connected by jumps.

    Parameters
    ----------
    sites
        Their indices, (member,).
    dimensions
        Number of directions in which the connection never ends: 0 for a closed group of sites, 3
        where atoms reach everywhere.
    diffusivity
        Of a walker on them that meets no other [m2/s], (3, 3).
    """

    sites: NDArray[np.int64]
    dimensions: int
    diffusivity: NDArray[np.float64]

    @property
    def reason(self) -> str:
        """``NO_LONG_RANGE_MOTION`` where atoms stay in their group of sites, else nothing."""
        return "" if self.dimensions else "NO_LONG_RANGE_MOTION"


def components(network: Network) -> tuple[Component, ...]:
    r"""Compute which sites connect, and the diffusivity of a free walker on each group.

    .. math:: D_{xy} = \frac{1}{\sum_a c_a} \Big[ \tfrac12 \sum c_a W_{ab} v_x v_y
        - \mathbf b_x^\top \mathbf L^+ \mathbf b_y \Big]

    with the drift b of each site and the pseudo-inverse of the generator, both symmetrised by the
    square roots of the occupancies. Exact for any periodic reversible network. The first term alone
    is the diffusivity at short times, jump rate times squared jump over 6; the second is zero only
    where every site is a centre of its jumps.

    Parameters
    ----------
    network
        Any network.

    Returns
    -------
    :
        The components, in the order of their first sites; sites without jumps form their own.

    References
    ----------
    De Masi, Ferrari, Goldstein, Wick, J. Stat. Phys. 55, 787 (1989), doi:10.1007/BF01041608.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3) * 2e-10, sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=2e-10, rate=1e12)])
    >>> part, = components(cubic)
    >>> part.dimensions, f"{part.diffusivity[0, 0]:.1e}"
    (3, '4.0e-08')
    """
    group, offset = _groups(network)
    found = []
    for label in np.unique(group):
        inside = group[network.starts] == label
        cycles = (
            offset[network.starts[inside]] + network.images[inside] - offset[network.ends[inside]]
        )
        dimensions = int(np.linalg.matrix_rank(cycles)) if cycles.size else 0
        members = np.flatnonzero(group == label)
        found.append(
            Component(
                sites=members,
                dimensions=dimensions,
                diffusivity=_diffusivity(network, members) if dimensions else np.zeros((3, 3)),
            )
        )
    return tuple(found)


def free_diffusivity(network: Network) -> float:
    """Compute the mean diffusivity of a free walker, a third of the trace of its tensor.

    Parameters
    ----------
    network
        Any network.

    Returns
    -------
    :
        Mean over all atoms [m2/s]; where components differ, no single atom has it: see
        :func:`components`.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3) * 2e-10, sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=2e-10, rate=1e12)])
    >>> print(f"{free_diffusivity(cubic):.1e}")
    4.0e-08
    """
    weights = network.occupancies
    parts = components(network)
    total = sum(weights[part.sites].sum() * np.trace(part.diffusivity) / 3 for part in parts)
    return float(total / weights.sum())


def short_time_diffusivity(network: Network) -> float:
    r"""Compute what a jump rate and a jump length give: jumps without memory.

    .. math:: D_\text s = \frac{1}{6 \sum_a c_a} \sum c_a W_{ab} v^2

    Never below :func:`free_diffusivity`; on a network of fast local and slow connecting jumps it is
    too large by orders of magnitude.

    Parameters
    ----------
    network
        Any network.

    Returns
    -------
    :
        Diffusivity at short times [m2/s].

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3) * 2e-10, sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=2e-10, rate=1e12)])
    >>> print(f"{short_time_diffusivity(cubic):.1e}")
    4.0e-08
    """
    flows = network.occupancies[network.starts] * network.rates
    squares = (network.vectors**2).sum(axis=1)
    return float((flows * squares).sum() / (6 * network.occupancies.sum()))


def generator_at(network: Network, wave_vectors: NDArray[np.float64]) -> NDArray[np.complex128]:
    r"""Compute the generator of one walker at wave vectors, in its Hermitian form.

    .. math:: L_{ab}(\mathbf k) = \delta_{ab} \sum_c W_{ac} - \sqrt{c_a / c_b} \sum_v
        W_{ab}(\mathbf v) e^{i \mathbf k \cdot \mathbf v}

    Parameters
    ----------
    network
        Any network.
    wave_vectors
        k [rad/m], (k, 3).

    Returns
    -------
    :
        L [s-1], (k, site, site).

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> abs(generator_at(cubic, np.array([[np.pi, 0, 0]]))).item()
    4.0
    """
    count = len(network.sites)
    weights = network.rates * np.sqrt(
        network.occupancies[network.starts] / network.occupancies[network.ends]
    )
    result = np.zeros((len(wave_vectors), count * count), dtype=np.complex128)
    phases = np.exp(1j * wave_vectors @ network.vectors.T) * weights
    cells = network.starts * count + network.ends
    for jump, cell in enumerate(cells):
        result[:, cell] -= phases[:, jump]
    leaving = np.bincount(network.starts, weights=network.rates, minlength=count)
    result[:, np.arange(count) * (count + 1)] += leaving
    return result.reshape(-1, count, count)


def _groups(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each site its group, and the cell in which a walk from the first member meets it."""
    count = len(network.sites)
    group, offset = np.full(count, -1), np.zeros((count, 3), dtype=np.int64)
    for first in range(count):
        if group[first] >= 0:
            continue
        group[first], waiting = first, [first]
        while waiting:
            here = waiting.pop()
            for jump in np.flatnonzero(network.starts == here):
                there = network.ends[jump]
                if group[there] < 0:
                    group[there] = first
                    offset[there] = offset[here] + network.images[jump]
                    waiting.append(int(there))
    return group, offset


def _diffusivity(network: Network, members: NDArray[np.int64]) -> NDArray[np.float64]:
    weight = network.occupancies
    inside = np.isin(network.starts, members)
    vector, rate = network.vectors[inside], network.rates[inside]
    start = network.starts[inside]
    drift = np.zeros((len(network.sites), 3))
    np.add.at(drift, start, np.sqrt(weight[start])[:, None] * rate[:, None] * vector)
    generator = generator_at(network, np.zeros((1, 3)))[0].real[np.ix_(members, members)]
    inverse = np.linalg.pinv(generator, rcond=1e-13, hermitian=True)
    spread = (vector * (weight[start] * rate)[:, None]).T @ vector / 2
    total = spread - drift[members].T @ inverse @ drift[members]
    tensor: NDArray[np.float64] = total / weight[members].sum()
    return tensor

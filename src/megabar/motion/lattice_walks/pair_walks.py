r"""Two atoms that get in each other's way, exactly: exchange on full sites, and one vacancy.

The state is the pair (site a, site b, cells between them) in a periodic supercell, both on the same
site left out. Its generator is symmetric; start vectors are dipolar tensors or displacements, and
the Gauss quadrature of Lanczos turns them into decays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.sparse import coo_array

from megabar.motion.lattice_walks.decays import combined, decays_from_modes
from megabar.motion.lattice_walks.dipolar_sums import nearest_image_tensors
from megabar.motion.lattice_walks.exact_walks import independent_walk

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from megabar.motion.lattice_walks.decays import DecaySpectrum
    from megabar.motion.lattice_walks.exact_walks import ZoneMesh
    from megabar.motion.lattice_walks.networks import Network

    Array = NDArray[np.float64]
    Indices = NDArray[np.int64]

_ZERO: Final = 1e-11  # of the largest rate of a Lanczos run: a mode that does not decay


def exchange_walk(
    network: Network, *, repeats: int, steps: int = 200, mesh: ZoneMesh | None = None
) -> DecaySpectrum:
    r"""Compute the dipolar correlation of like spins that trade places on full sites.

    .. math:: j = j_\text{exchange}(\text{cell}) + [ j_\text{independent}(\infty)
        - j_\text{independent}(\text{cell}) ]

    Each bond exchanges its two atoms at its rate. A pair that trades places keeps its tensor, so
    this is the same as two walkers that never share a site. With vacancies that trade as atoms do,
    it holds at any occupancy; where atoms jump into empty sites only, see
    :func:`~megabar.motion.lattice_walks.walk_lattice`.

    The correction for the size of the supercell leaves about 1e-4 of j at 12 repeats of a
    primitive cell.

    Parameters
    ----------
    network
        Sites of equal occupancy.
    repeats
        Supercell, in lattice vectors along each direction; the states number site2 x repeats3.
    steps
        Lanczos steps; 200 resolve ten decades of frequency.
    mesh
        Points of the zone of the independent walk; none: its default.

    Returns
    -------
    :
        The correlation, as decays.

    Raises
    ------
    ValueError
        If sites differ in occupancy: exchange would then need energies of pairs.

    References
    ----------
    Derived in the documentation of the package. Golub, Welsch, Math. Comput. 23, 221 (1969),
    doi:10.1090/S0025-5718-69-99647-1, for the quadrature.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> walk = exchange_walk(cubic, repeats=8, steps=60)
    >>> bool(walk(0.0) > independent_walk(cubic)(0.0))
    True
    """
    parts = [(1.0, independent_walk(network, mesh=mesh))]
    for factor, hindered in ((1.0, True), (-1.0, False)):
        cell = pair_walk_in_cell(network, repeats=repeats, exclusion=hindered, steps=steps)
        parts.append((factor, cell))
    return combined(parts)


def pair_walk_in_cell(
    network: Network, *, repeats: int, exclusion: bool, steps: int = 200
) -> DecaySpectrum:
    """Compute the dipolar correlation of two walkers in a periodic supercell.

    Exact for the couplings that a simulation of the same cell has: nearest images within the sphere
    that fits in. Atoms on all sites are counted, times the occupancy.

    Parameters
    ----------
    network
        Sites of equal occupancy.
    repeats
        Supercell, in lattice vectors along each direction.
    exclusion
        Whether the two never share a site, or walk independently.
    steps
        Lanczos steps.

    Returns
    -------
    :
        The correlation, as decays, less the mean that a finite cell leaves for ever.

    Raises
    ------
    ValueError
        If sites differ in occupancy.

    References
    ----------
    Golub, Welsch, Math. Comput. 23, 221 (1969), doi:10.1090/S0025-5718-69-99647-1.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> walk = pair_walk_in_cell(cubic, repeats=3, exclusion=True)
    >>> print(f"{walk.sum_r6:.3f}")  # 6 at 1, 12 at the root of 2
    7.500
    """
    require_equal_sites(network)
    states = _PairStates(network=network, repeats=repeats)
    starts = nearest_image_tensors(
        cell=network.cell * repeats, vectors=states.separations().reshape(-1, 3)
    )
    starts *= np.sqrt(float(network.occupancies[0]) / len(network.sites))
    apart = states.allowed()
    allowed = apart if exclusion else np.ones_like(apart)
    mean = starts[allowed].mean(axis=0)
    starts = np.where(allowed[:, None], starts - mean, 0.0)
    nodes, amounts = _lanczos(states.generator(allowed), starts, steps)
    settled = np.where(nodes > _ZERO * nodes.max(), nodes, 0.0)
    return decays_from_modes(decay_rates=settled, weights=amounts)


def one_vacancy_diffusivity(
    network: Network, *, repeats: int, steps: int = 120
) -> NDArray[np.float64]:
    r"""Compute the tracer diffusivity of atoms that a single vacancy moves, in a periodic cell.

    .. math:: D_{xy} = \Big\langle \tfrac12 \sum W v_x v_y - b_x L^+ b_y \Big\rangle

    over all states of one marked atom and the vacancy; v is the displacement of the marked atom
    when the two trade places. Exact for M sites and M - 1 atoms.

    Parameters
    ----------
    network
        Sites of equal occupancy, whatever its value.
    repeats
        Supercell, in lattice vectors along each direction.
    steps
        Lanczos steps.

    Returns
    -------
    :
        Tensor [m2/s], (3, 3).

    Raises
    ------
    ValueError
        If sites differ in occupancy.

    References
    ----------
    Compaan, Haven, Trans. Faraday Soc. 52, 786 (1956), doi:10.1039/TF9565200786.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> tensor = one_vacancy_diffusivity(cubic, repeats=8)
    >>> print(f"{tensor[0, 0] * (8**3 - 1):.3f}")  # correlation factor, D of a vacancy = 1
    0.655
    """
    require_equal_sites(network)
    states = _PairStates(network=network, repeats=repeats)
    generator, traded, moved, rate = states.vacancy_generator()
    drift = np.zeros((generator.shape[0], 3))
    np.add.at(drift, traded, rate[:, None] * moved)
    count = states.allowed().sum()
    tensor: Array = (moved * rate[:, None]).T @ moved / 2
    directions = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
    nodes, amounts = _lanczos(generator, drift @ directions.T, steps)
    alive = nodes > _ZERO * nodes.max()
    memory = np.where(alive, amounts / np.where(alive, nodes, 1.0), 0.0).sum(axis=0)
    tensor[np.diag_indices(3)] -= memory[:3]
    for slot, (i, j) in enumerate(((0, 1), (0, 2), (1, 2)), start=3):
        tensor[i, j] -= (memory[slot] - memory[i] - memory[j]) / 2
        tensor[j, i] = tensor[i, j]
    mean: Array = tensor / count
    return mean


def require_equal_sites(network: Network) -> None:
    """Refuse a network whose sites differ in occupancy, where atoms hinder each other.

    Parameters
    ----------
    network
        Any network.

    Raises
    ------
    ValueError
        If sites differ in occupancy.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> require_equal_sites(network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)]))
    """
    if not network.equal_sites:
        low, high = network.occupancies.min(), network.occupancies.max()
        msg = (
            f"Found occupancies from {low:g} to {high:g}; how atoms hinder each other would depend "
            "on energies that a network does not hold. Give all sites one occupancy, or let the "
            "atoms walk independently."
        )
        raise ValueError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class _PairStates:
    """States (a, b, cells from a to b) of two walkers, numbered in this order."""

    network: Network
    repeats: int

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        count = len(self.network.sites)
        return (count, count, self.repeats, self.repeats, self.repeats)

    def _grid(self) -> Indices:
        cells = np.indices((self.repeats,) * 3).reshape(3, -1).T
        return cells.astype(np.int64)

    def _number(self, a: Indices, b: Indices, cells: Indices) -> Indices:
        wrapped = cells % self.repeats
        index = (a, b, wrapped[..., 0], wrapped[..., 1], wrapped[..., 2])
        return np.asarray(np.ravel_multi_index(index, self.shape), dtype=np.int64)

    def separations(self) -> Array:
        """Give the vector from the first to the second atom [m], (a, b, cell, 3)."""
        sites = self.network.sites
        between = sites[None, :, None, :] - sites[:, None, None, :]
        result: Array = between + self._grid() @ self.network.cell
        return result

    def allowed(self) -> NDArray[np.bool_]:
        """Tell which states have the two on different sites, (state,)."""
        count = len(self.network.sites)
        free = np.ones(self.shape, dtype=bool)
        free[np.arange(count), np.arange(count), 0, 0, 0] = False
        return free.ravel()

    def _second_moves(self) -> tuple[Indices, Indices, Array, Indices]:
        """Jumps of the second atom past every first one: from, to, rate, jump."""
        net, grid = self.network, self._grid()
        count, jumps = len(net.sites), len(net.rates)
        first = np.arange(count)[:, None, None]
        here = self._number(first, net.starts[:, None], grid)
        there = self._number(first, net.ends[:, None], grid + net.images[:, None, :])
        size = (count, jumps, len(grid))
        rate = np.broadcast_to(net.rates[:, None], size)
        jump = np.broadcast_to(np.arange(jumps)[:, None], size)
        return here.ravel(), there.ravel(), rate.ravel(), jump.ravel()

    def _first_moves(self) -> tuple[Indices, Indices, Array]:
        """Jumps of the first atom: the cells to the second are counted from its new one."""
        net, grid = self.network, self._grid()
        count = len(net.sites)
        second = np.arange(count)[:, None, None]
        here = self._number(net.starts[:, None], second, grid)
        there = self._number(net.ends[:, None], second, grid - net.images[:, None, :])
        rate = np.broadcast_to(net.rates[:, None], (count, len(net.rates), len(grid)))
        return here.ravel(), there.ravel(), rate.ravel()

    def generator(self, allowed: NDArray[np.bool_]) -> csr_array:
        """Give the generator of two atoms that both jump, among the allowed states."""
        here, there, rate, _ = self._second_moves()
        here_first, there_first, rate_first = self._first_moves()
        here, there = np.concatenate([here, here_first]), np.concatenate([there, there_first])
        rate = np.concatenate([rate, rate_first])
        keep = allowed[here] & allowed[there]
        return _generator(here[keep], there[keep], rate[keep], size=allowed.size)

    def vacancy_generator(self) -> tuple[csr_array, Indices, Array, Array]:
        """Give the generator of a marked atom and a vacancy, and what each trade displaces.

        The vacancy jumps as the second atom would; onto the marked atom, the two trade places.
        """
        here, there, rate, jump = self._second_moves()
        free = self.allowed()
        start = free[here]
        here, there, rate, jump = here[start], there[start], rate[start], jump[start]
        trades = ~free[there]
        a, b, x, y, z = np.unravel_index(here[trades], self.shape)
        there[trades] = self._number(b, a, -np.stack([x, y, z], axis=-1))
        generator = _generator(here, there, rate, size=free.size)
        return generator, here[trades], -self.network.vectors[jump[trades]], rate[trades]


def _generator(here: Indices, there: Indices, rate: Array, *, size: int) -> csr_array:
    rows = np.concatenate([here, here])
    columns = np.concatenate([there, here])
    return coo_array((np.concatenate([-rate, rate]), (rows, columns)), shape=(size, size)).tocsr()


def _lanczos(generator: csr_array, starts: Array, steps: int) -> tuple[Array, Array]:
    """Give nodes and weights of the spectral measure of each start vector, (step, vector)."""
    scale = generator.diagonal().max()
    norms = (starts**2).sum(axis=0)
    vector = starts / np.sqrt(np.where(norms > 0, norms, 1.0))
    before = np.zeros_like(vector)
    diagonal, beside = np.zeros((steps, starts.shape[1])), np.zeros((steps, starts.shape[1]))
    for step in range(steps):
        after = generator @ vector / scale
        diagonal[step] = (after * vector).sum(axis=0)
        after -= diagonal[step] * vector + (beside[step - 1] if step else 0.0) * before
        beside[step] = np.sqrt((after**2).sum(axis=0))
        before, vector = vector, after / np.where(beside[step] > 1e-12, beside[step], 1.0)
        vector[:, beside[step] <= 1e-12] = 0.0
    nodes, weights = np.zeros_like(diagonal), np.zeros_like(diagonal)
    for column, norm in enumerate(norms):
        values, modes = eigh_tridiagonal(diagonal[:, column], beside[:-1, column])
        nodes[:, column], weights[:, column] = values * scale, norm * modes[0] ** 2
    return nodes, weights

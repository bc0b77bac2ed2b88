r"""Spins under secular couplings, solved block by block of the numbers that are conserved.

Free evolution keeps the total :math:`I_z` of every kind of spin: eight protons fall into blocks of
1, 8, 28, 56, 70, 56, 28, 8 and 1 states. Turning all spins over maps every block onto its mirror
and changes nothing if no spin is shifted: then half of the blocks is solved, and the one that is
its own mirror in two halves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import expm

from megabar.spins.operators import angular_momentum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

_WORTH_HALVING: Final = 16  # states of a block from which two halves are faster than one whole


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """Levels and states of all blocks, for a batch of Hamiltonians.

    Parameters
    ----------
    levels
        Of each block (batch, state), unit of the Hamiltonian.
    vectors
        Of each block (batch, basis state, state), real.
    """

    levels: tuple[Array, ...]
    vectors: tuple[Array, ...]


class SpinBlocks:
    """Product states of some spins, sorted by what free evolution keeps.

    What no orientation changes is prepared once; :func:`spin_blocks` remembers it.

    Parameters
    ----------
    spins
        Quantum number of each spin; the first runs slowest in the product space.
    channels
        Kind of each spin; spins of one kind exchange their states.
    pairs
        Places of the coupled spins.

    Examples
    --------
    >>> blocks = SpinBlocks(spins=[0.5] * 4, channels=["1H"] * 4, pairs=[(0, 1), (2, 3)])
    >>> [len(members) for members in blocks.members]
    [1, 4, 6, 4, 1]
    """

    def __init__(
        self, *, spins: Sequence[float], channels: Sequence[str], pairs: Sequence[tuple[int, int]]
    ) -> None:
        levels = [round(2 * spin + 1) for spin in spins]
        self.size = int(np.prod(levels))
        self.spins = np.array(spins, dtype=np.float64)
        self.channels = tuple(channels)
        self.pairs = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        self.places = np.indices(levels).reshape(len(levels), -1).T  # of each spin's own level
        self.numbers = self.spins - self.places  # m of each spin in each state
        self._strides = np.array(
            [self.size // np.prod(levels[: n + 1]) for n in range(len(levels))]
        )
        self.kinds = tuple(dict.fromkeys(channels))
        doubled = np.rint(2 * self.numbers).astype(np.int64)
        totals = np.stack(
            [doubled[:, [c == kind for c in channels]].sum(axis=1) for kind in self.kinds], axis=1
        )
        labels, block = np.unique(totals, axis=0, return_inverse=True)
        self._block_of = block.ravel()
        self.labels = [tuple(int(n) for n in label) for label in labels]
        self._number = {label: k for k, label in enumerate(self.labels)}
        self.members = [np.flatnonzero(self._block_of == k) for k in range(len(self.labels))]
        self._local = np.empty(self.size, dtype=np.int64)
        for members in self.members:
            self._local[members] = np.arange(len(members))
        self._products = [
            2 * self.numbers[members][:, self.pairs].prod(axis=2).T for members in self.members
        ]
        self._flips = self._exchanges()
        self._raising: dict[tuple[int, int, tuple[int, ...]], Array] = {}

    def mirror(self, block: int) -> int:
        """Give the number of the block with all spins turned over."""
        return self._number[tuple(-n for n in self.labels[block])]

    def neighbours(self, channel: str) -> list[tuple[int, int]]:
        """List the blocks that one quantum of a kind connects, as (lower, upper)."""
        kind = self.kinds.index(channel)
        found = []
        for k, label in enumerate(self.labels):
            raised = (*label[:kind], label[kind] + 2, *label[kind + 1 :])
            if raised in self._number:
                found.append((k, self._number[raised]))
        return found

    def raising(self, lower: int, upper: int, spins: tuple[int, ...]) -> Array:
        """Build the sum of I+ of some spins of one kind from one block to the next.

        Parameters
        ----------
        lower, upper
            Numbers of the blocks.
        spins
            Places of the spins.

        Returns
        -------
        :
            Matrix, (state of the upper block, state of the lower); shared, not to be changed.
        """
        if (lower, upper, spins) in self._raising:
            return self._raising[lower, upper, spins]
        matrix = np.zeros((len(self.members[upper]), len(self.members[lower])))
        for spin in spins:
            free = self.members[lower][self.places[self.members[lower], spin] > 0]
            raised = self._local[free - self._strides[spin]]
            matrix[raised, self._local[free]] = self._ladder(free, spin)
        self._raising[lower, upper, spins] = matrix
        return matrix

    def solve(
        self,
        *,
        couplings: Array,
        energies: Sequence[Array | None],
        mirrored: bool,
    ) -> Solution:
        r"""Diagonalise every block of a batch of Hamiltonians.

        .. math:: H = \sum_i \epsilon_i(m_i)
            + \sum_{i<j} d_{ij} \, (2 I_{iz} I_{jz} - I_{ix} I_{jx} - I_{iy} I_{jy})

        with the flips between spins of one kind only.

        Parameters
        ----------
        couplings
            d of each pair, (batch, pair), any unit of frequency.
        energies
            Of the own levels of each spin, m = I first, (batch, 2 I + 1); none: zero.
        mirrored
            Whether the energies of m and -m are the same for all spins.

        Returns
        -------
        :
            Levels and states.
        """
        levels: dict[int, Array] = {}
        vectors: dict[int, Array] = {}
        for k in range(len(self.labels)):
            twin = self.mirror(k)
            if mirrored and twin in levels:
                levels[k], vectors[k] = levels[twin], vectors[twin][:, ::-1]
                continue
            block = self.hamiltonian(k, couplings=couplings, energies=energies)
            levels[k], vectors[k] = solved(block, mirrored=mirrored and twin == k)
        return Solution(levels=tuple(levels.values()), vectors=tuple(vectors.values()))

    def hamiltonian(
        self, block: int, *, couplings: Array, energies: Sequence[Array | None]
    ) -> Array:
        """Build one block of the Hamiltonian of :meth:`solve`, (batch, state, state)."""
        members = self.members[block]
        diagonal = couplings @ self._products[block]
        for spin, own in enumerate(energies):
            if own is not None:
                diagonal += own[:, self.places[members, spin]]
        matrix = np.zeros((len(couplings), len(members), len(members)))
        everyone = np.arange(len(members))
        matrix[:, everyone, everyone] = diagonal
        rows, columns, pairs, factors = self._flips[block]
        matrix[:, rows, columns] = couplings[:, pairs] * factors
        return matrix

    def rotation(self, channel: str, angle: float) -> Array:
        """Turn all spins of a kind about y, real, in product states, (state, state)."""
        whole = np.eye(1)
        for spin, kind in zip(self.spins, self.channels, strict=True):
            its = angular_momentum(spin)
            turned = expm(-1j * angle * its.y).real if kind == channel else np.eye(len(its.z))
            whole = np.kron(whole, turned)
        return whole

    def _exchanges(self) -> list[tuple[Whole, Whole, Whole, Array]]:
        """For each block: where one spin rises while a like one falls, the pair, the element."""
        found: list[list[tuple[Whole, Whole, Whole, Array]]] = [[] for _ in self.labels]
        for pair, (i, j) in enumerate(self.pairs):
            if self.channels[i] != self.channels[j]:
                continue
            top = round(2 * self.spins[j])
            states = np.flatnonzero((self.places[:, i] > 0) & (self.places[:, j] < top))
            there = states - self._strides[i] + self._strides[j]
            element = -self._ladder(states, i) * self._ladder(there, j) / 2
            blocks = self._block_of[states]
            for k in np.unique(blocks):
                of_it = blocks == k
                one, other = self._local[there[of_it]], self._local[states[of_it]]
                number = np.full(len(one), pair)
                found[k] += [
                    (one, other, number, element[of_it]),
                    (other, one, number, element[of_it]),
                ]
        none = (np.empty(0, np.int64),) * 3 + (np.empty(0),)
        return [
            tuple(np.concatenate(part) for part in zip(none, *some, strict=True))  # type: ignore[misc]
            for some in found
        ]

    def _ladder(self, states: Whole, spin: int) -> Array:
        """Element of I+ of one spin that leads away from each state."""
        own, m = self.spins[spin], self.numbers[states, spin]
        return np.asarray(np.sqrt(own * (own + 1) - m * (m + 1)))


@lru_cache(maxsize=16)
def spin_blocks(
    *, spins: tuple[float, ...], channels: tuple[str, ...], pairs: tuple[tuple[int, int], ...]
) -> SpinBlocks:
    """Prepare the blocks of some spins, or remember them.

    Parameters
    ----------
    spins, channels, pairs
        As for :class:`SpinBlocks`.

    Returns
    -------
    :
        Shared: not to be changed.

    Examples
    --------
    >>> blocks = spin_blocks(spins=(0.5, 3.5), channels=("1H", "139La"), pairs=((0, 1),))
    >>> len(blocks.labels)
    16
    """
    return SpinBlocks(spins=spins, channels=channels, pairs=pairs)


def solved(matrices: Array, *, mirrored: bool) -> tuple[Array, Array]:
    """Diagonalise symmetric matrices.

    Parameters
    ----------
    matrices
        Batch, (..., state, state).
    mirrored
        Whether each equals itself with rows and columns read backwards: even and odd states then
        do not mix, and two halves are solved.

    Returns
    -------
    :
        Eigenvalues, not in order if mirrored, (..., state), and vectors, (..., state, eigenvalue).

    Examples
    --------
    >>> levels, vectors = solved(np.ones((1, 2, 2)), mirrored=False)
    >>> levels.round(9).tolist()
    [[0.0, 2.0]]
    """
    size = matrices.shape[-1]
    if not mirrored or size % 2 or size < _WORTH_HALVING:
        whole: tuple[Array, Array] = np.linalg.eigh(matrices)
        return whole
    half = size // 2
    same, across = matrices[..., :half, :half], matrices[..., :half, : half - 1 : -1]
    parts = [np.linalg.eigh(same + sign * across) for sign in (1, -1)]
    levels = np.concatenate([part[0] for part in parts], axis=-1)
    upper = np.concatenate([part[1] for part in parts], axis=-1) / np.sqrt(2)
    lower = upper[..., ::-1, :] * np.repeat([1.0, -1.0], half)
    return levels, np.concatenate([upper, lower], axis=-2)

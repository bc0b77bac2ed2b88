"""A few spins 1/2 under their secular dipolar coupling, solved exactly block by block."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SpinCluster:
    """Spins 1/2 in all blocks of total Iz; what no orientation changes is prepared once.

    Parameters
    ----------
    count
        Number of spins; the first is the observed one.

    Examples
    --------
    >>> frequencies, weights = SpinCluster(2).transitions(np.array([1.0]))
    >>> print(f"{abs(frequencies).max():.2f} rad/s, weights sum to {weights.sum():.2f}")
    1.50 rad/s, weights sum to 1.00
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.pairs = np.array(list(combinations(range(count), 2)))
        self.states = [
            np.array([sum(1 << spin for spin in up) for up in combinations(range(count), k)])
            for k in range(count + 1)
        ]
        self.places = [{int(state): n for n, state in enumerate(states)} for states in self.states]
        self.flips = [self._flips(k) for k in range(count + 1)]
        self.raising = [self._raising(k) for k in range(count)]

    def transitions(
        self, couplings: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""Solve :math:`H = \sum d_{ij} (3 I_{iz} I_{jz} - \vec I_i \cdot \vec I_j)`.

        Turning all spins over maps the blocks k and count - k onto each other and reverses the
        frequencies: half of the blocks is computed, the line is even.

        Parameters
        ----------
        couplings
            d of the pairs (0, 1), (0, 2) ... (1, 2) ... [rad/s].

        Returns
        -------
        :
            Frequencies [rad/s] of one half of the transitions, the other half being their
            negatives, and the weights of :math:`\langle I_{0+}(t) \sum_j I_{j-} \rangle`, which
            sum to 1; a weight may be negative.
        """
        half = (self.count + 1) // 2
        levels = [np.linalg.eigh(self._block(k, couplings)) for k in range(half + 1)]
        frequencies, weights = [], []
        for k in range(half):
            low, high = levels[k], levels[k + 1]
            first, all_of_them = self.raising[k]
            overlap = (high[1].T @ first @ low[1]) * (high[1].T @ all_of_them @ low[1])
            doubled = 1.0 if k == self.count - 1 - k else 2.0
            frequencies.append((high[0][:, None] - low[0][None, :]).ravel())
            weights.append(doubled * overlap.ravel())
        whole = np.concatenate(weights)
        return np.concatenate(frequencies), whole / whole.sum()

    def _block(self, k: int, couplings: NDArray[np.float64]) -> NDArray[np.float64]:
        """2 Iz Iz on the diagonal; -1/2 where two opposite spins change places."""
        ups = (self.states[k][:, None] >> np.arange(self.count)) & 1
        signs = 2 * ups - 1
        block = np.diag((signs[:, self.pairs[:, 0]] * signs[:, self.pairs[:, 1]]) @ couplings / 2)
        rows, columns, pairs = self.flips[k]
        block[rows, columns] -= couplings[pairs] / 2
        return block

    def _flips(self, k: int) -> tuple[NDArray[np.int64], ...]:
        found = [
            (n, self.places[k][int(state) ^ (1 << i) ^ (1 << j)], pair)
            for pair, (i, j) in enumerate(self.pairs)
            for n, state in enumerate(self.states[k])
            if (state >> i ^ state >> j) & 1
        ]
        rows, columns, pairs = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return rows, columns, pairs

    def _raising(self, k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """I+ of the central spin, and of all, from block k to block k + 1."""
        first = np.zeros((len(self.states[k + 1]), len(self.states[k])))
        total = np.zeros_like(first)
        for column, state in enumerate(self.states[k]):
            for spin in range(self.count):
                if state >> spin & 1:
                    continue
                row = self.places[k + 1][int(state) | 1 << spin]
                total[row, column] += 1
                if spin == 0:
                    first[row, column] += 1
        return first, total

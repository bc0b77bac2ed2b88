r"""What the second ideal pulse of an echo makes of the coherences before it, block by block.

The rotation of all spins by one angle is a real matrix between product states if its axis is y;
phases are factors of the coherence orders.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from megabar.spins.spin_blocks import Solution, SpinBlocks

    Array = NDArray[np.float64]
    Step = tuple[int, int]


class SecondPulse:
    """What the second pulse, of phase y, makes of the coherences before it.

    Parameters
    ----------
    blocks
        Product states by conserved numbers.
    channel
        Kind of spins that is turned.
    angle
        Flip angle [rad].
    factors
        Coherence orders before the pulse, -1 and 1, with the weight of each.
    steps
        Pairs of neighbouring blocks (lower, upper) that are wanted after the pulse.
    """

    def __init__(
        self,
        blocks: SpinBlocks,
        channel: str,
        angle: float,
        factors: Mapping[int, float],
        steps: Sequence[Step],
    ) -> None:
        self.factors = factors
        sorted_states = np.concatenate(blocks.members)
        rotation = blocks.rotation(channel, angle)[np.ix_(sorted_states, sorted_states)]
        ends = np.cumsum([0, *(len(members) for members in blocks.members)])
        self.places = [slice(*pair) for pair in pairwise(ends)]
        uppers = [np.arange(*pair) for pair in (ends[upper : upper + 2] for _, upper in steps)]
        self.right = np.ascontiguousarray(rotation[np.concatenate(uppers)].T)
        columns = np.cumsum([0, *(len(upper) for upper in uppers)])
        self.columns = dict(zip(steps, (slice(*pair) for pair in pairwise(columns)), strict=True))
        self.left = {step: rotation[self.places[step[0]]] for step in steps}

    def __call__(self, before: dict[Step, Array]) -> dict[Step, Array]:
        """Give the order -1 after the pulse.

        Parameters
        ----------
        before
            For all pairs of neighbouring blocks C and S of ``rho = -(i/2) (C + i S)`` between the
            lower and the upper, (2, orientation, lower, upper); order 1 is the adjoint.

        Returns
        -------
        :
            Real and imaginary part between product states of the wanted blocks, in units of -i/2
            and, from order 1, i/2.
        """
        _, batch = next(iter(before.values())).shape[:2]
        half = np.zeros((2, batch, *self.right.shape))
        for (lower, upper), one in before.items():
            down, up = self.places[lower], self.places[upper]
            if -1 in self.factors:
                half[:, :, down] += _times(one, self.factors[-1] * self.right[up])
            if 1 in self.factors:
                adjoint = np.swapaxes(one, -1, -2) * np.array([1.0, -1.0])[:, None, None, None]
                half[:, :, up] += _times(adjoint, self.factors[1] * self.right[down])
        return {step: left @ half[..., self.columns[step]] for step, left in self.left.items()}


def _times(stack: Array, matrix: Array) -> Array:
    """Multiply a stack of matrices by one matrix, in one product."""
    return np.asarray((stack.reshape(-1, len(matrix)) @ matrix).reshape(*stack.shape[:-1], -1))


def passes_from_phases(
    first: float, second: float, orders: Collection[int]
) -> list[tuple[complex, dict[int, float]]]:
    """Group coherence orders whose coefficients share a phase: they need one product.

    Parameters
    ----------
    first, second
        Phases of the pulses [rad].
    orders
        Of -1 and 1, those that are kept.

    Returns
    -------
    :
        For each group the coefficient and the real factors of its orders.

    Examples
    --------
    >>> [(coefficient, factors)] = passes_from_phases(0.0, np.pi / 2, {-1, 1})
    >>> coefficient, factors
    ((-1+0j), {-1: 1.0, 1: -1.0})
    """
    found: list[tuple[complex, dict[int, float]]] = []
    for order in sorted(orders):
        angle = (1 + order) * (second - np.pi / 2) - order * first
        coefficient = order * complex(np.cos(angle), np.sin(angle))
        ratio = coefficient / found[0][0] if found else 1j
        if abs(ratio.imag) < 4 * np.finfo(float).eps:
            found[0][1][order] = ratio.real
        else:
            found.append((coefficient, {order: 1.0}))
    return found


def coherences_after_delay(
    blocks: SpinBlocks, solution: Solution, start: Mapping[Step, Array], delay: float
) -> dict[Step, Array]:
    """Let coherences evolve and carry them to product states.

    Parameters
    ----------
    blocks
        Product states by conserved numbers.
    solution
        Levels and states.
    start
        I- of the spins between eigenstates of two neighbouring blocks, (orientation, lower, upper);
        of mirror images one.
    delay
        Time of evolution [s], for levels in Hz.

    Returns
    -------
    :
        Cosine and sine part for all pairs of blocks, (2, orientation, lower, upper).
    """
    found = {}
    for (lower, upper), element in start.items():
        apart = solution.levels[upper][:, None, :] - solution.levels[lower][:, :, None]
        angle = 2 * np.pi * delay * apart
        parts = np.stack([element * np.cos(angle), element * np.sin(angle)])
        across = np.swapaxes(solution.vectors[upper], 1, 2)
        found[lower, upper] = after = solution.vectors[lower] @ parts @ across
        twin = blocks.mirror(upper), blocks.mirror(lower)
        if twin not in start:
            turned = np.swapaxes(after, -1, -2)[..., ::-1, ::-1]
            found[twin] = np.stack([turned[0], -turned[1]])
    return found

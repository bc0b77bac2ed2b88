r"""Levels and lines of coupled spins, a batch of orientations at a time.

What all signals of clusters share: the solved blocks of a system along every direction of the
field, matrix elements between their states, and lines between neighbouring blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.spins.line_signals import signal_from_lines
from megabar.spins.spin_blocks import spin_blocks
from megabar.spins.spin_systems import coupling_strengths, own_energies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.spin_blocks import Solution, SpinBlocks
    from megabar.spins.spin_systems import SpinSystem

    Array = NDArray[np.float64]

_BATCH: Final = 2**19  # elements of a density matrix times orientations, so that caches suffice


@dataclass(frozen=True, eq=False)
class ClusterSolutions:
    """All blocks of a system, solved for so many orientations at a time as caches hold.

    Iteration yields solutions and the weights of their orientations.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal, with weights.
    """

    system: SpinSystem
    orientations: Orientations

    @cached_property
    def blocks(self) -> SpinBlocks:
        """Product states by conserved numbers."""
        return spin_blocks(
            spins=tuple(one.spin for one in self.system.spins),
            channels=tuple(one.channel for one in self.system.spins),
            pairs=tuple((pair.first, pair.second) for pair in self.system.pairs),
        )

    @cached_property
    def couplings(self) -> Array:
        """Dipolar couplings along the field [Hz], (orientation, pair)."""
        return coupling_strengths(self.system, self.orientations)

    @cached_property
    def energies(self) -> tuple[Array | None, ...]:
        """Levels of each spin without the others [Hz], (orientation, 2 I + 1); none: all zero."""
        return own_energies(self.system, self.orientations)

    @cached_property
    def mirrored(self) -> bool:
        """Whether turning all spins over changes nothing."""
        return all(one is None or np.array_equal(one, one[:, ::-1]) for one in self.energies)

    def __iter__(self) -> Iterator[tuple[Solution, Array]]:
        length = max(1, _BATCH // self.blocks.size**2)
        for first in range(0, len(self.orientations), length):
            some = slice(first, first + length)
            solution = self.blocks.solve(
                couplings=self.couplings[some],
                energies=self._energies(some),
                mirrored=self.mirrored,
            )
            yield solution, self.orientations.weight[some]

    def _energies(self, some: slice) -> list[Array | None]:
        return [None if one is None else one[some] for one in self.energies]

    def chosen(self, channel: str, spins: Sequence[int] | None) -> tuple[int, ...]:
        """Give the places of some spins of a channel, by default of all.

        Parameters
        ----------
        channel
            Kind of spins.
        spins
            Their places; none: all of the channel.

        Returns
        -------
        :
            In increasing order.

        Raises
        ------
        ValueError
            If the channel has no spin, or a place belongs to another channel.
        """
        there = tuple(n for n, one in enumerate(self.system.spins) if one.channel == channel)
        if not there:
            kinds = ", ".join(dict.fromkeys(one.channel for one in self.system.spins))
            msg = f"Found no spin of channel {channel!r} to observe. The system has: {kinds}."
            raise ValueError(msg)
        if spins is None:
            return there
        if not spins or not set(spins) <= set(there):
            msg = f"Found spins {tuple(spins)}; name one or more of {there}, those of {channel!r}."
            raise ValueError(msg)
        return tuple(sorted(set(spins)))


def steps(blocks: SpinBlocks, channel: str, *, mirrored: bool) -> list[tuple[int, int, int]]:
    """List neighbouring blocks (lower, upper) and how often they count.

    Parameters
    ----------
    blocks
        Of the system.
    channel
        Kind of spins of which one quantum joins the two.
    mirrored
        Whether a mirror image is counted with its twin instead of listed; its lines are at the
        opposite frequencies.

    Returns
    -------
    :
        Numbers of the blocks and 1, or 2 with a mirror image.
    """
    found = []
    for lower, upper in blocks.neighbours(channel):
        twin = blocks.mirror(upper), blocks.mirror(lower)
        if not mirrored or twin == (lower, upper):
            found.append((lower, upper, 1))
        elif (lower, upper) < twin:
            found.append((lower, upper, 2))
    return found


def overlap(
    blocks: SpinBlocks, solution: Solution, lower: int, upper: int, spins: Sequence[int]
) -> Array:
    """Compute I- of some spins between eigenstates, (orientation, lower, upper)."""
    lowering = blocks.raising(lower, upper, tuple(spins)).T
    return np.asarray(
        np.swapaxes(solution.vectors[lower], 1, 2) @ (lowering @ solution.vectors[upper])
    )


def in_eigenstates(
    solution: Solution, lower: int, upper: int, parts: Array
) -> NDArray[np.complex128]:
    """Carry a coherence from product states, (2, orientation, lower, upper), to eigenstates."""
    turned = np.swapaxes(solution.vectors[lower], 1, 2) @ parts @ solution.vectors[upper]
    return np.asarray(turned[0] + 1j * turned[1])


def scale(
    blocks: SpinBlocks, channel: str, started: tuple[int, ...], seen: tuple[int, ...]
) -> float:
    """Compute the trace of I+ of some spins times I- of others."""
    return sum(
        float((blocks.raising(*step, started) * blocks.raising(*step, seen)).sum())
        for step in blocks.neighbours(channel)
    )


class Lines:
    """Collects the lines of a batch.

    Parameters
    ----------
    solution
        Levels.
    weight
        Of each orientation.
    """

    def __init__(self, solution: Solution, weight: Array) -> None:
        self._levels, self._weight = solution.levels, weight
        self._frequencies: list[Array] = []
        self._amplitudes: list[NDArray[Any]] = []

    def add(self, lower: int, upper: int, amplitude: NDArray[Any]) -> None:
        """Take the lines between two blocks; amplitudes are (orientation, lower, upper)."""
        apart = self._levels[upper][:, None, :] - self._levels[lower][:, :, None]
        self._frequencies.append(apart.ravel())
        self._amplitudes.append((self._weight[:, None, None] * amplitude).ravel())

    @property
    def frequencies(self) -> Array:
        """Of all lines, unit of the levels."""
        return np.concatenate(self._frequencies)

    @property
    def amplitudes(self) -> NDArray[Any]:
        """Of all lines."""
        return np.concatenate(self._amplitudes)

    def signal(self, times: Array) -> NDArray[np.complex128]:
        """Sum their oscillations at times [s], levels being in Hz."""
        return signal_from_lines(
            frequencies=self.frequencies, amplitudes=self.amplitudes, times=times
        )


def fid_lines(
    blocks: SpinBlocks,
    solution: Solution,
    weight: Array,
    *,
    channel: str,
    started: tuple[int, ...],
    seen: tuple[int, ...],
    mirrored: bool,
) -> Lines:
    """Collect the lines of a free induction decay.

    Parameters
    ----------
    blocks
        Of the system.
    solution
        Its levels and states.
    weight
        Of each orientation.
    channel
        Kind of spins that is observed.
    started, seen
        Places of the spins that have transverse magnetisation at time zero, and of those that are
        detected.
    mirrored
        As in :func:`steps`: the real part of the signal is then the whole.

    Returns
    -------
    :
        Lines, whose amplitudes sum to :func:`scale`.
    """
    lines = Lines(solution, weight)
    for lower, upper, copies in steps(blocks, channel, mirrored=mirrored):
        first = overlap(blocks, solution, lower, upper, started)
        second = first if seen == started else overlap(blocks, solution, lower, upper, seen)
        lines.add(lower, upper, copies * first * second)
    return lines

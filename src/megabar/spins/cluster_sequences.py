r"""Signals of a few coupled spins after any sequence of finite or ideal pulses.

A finite pulse mixes all blocks of its channel: one real diagonalisation for every distinct
amplitude of its slices, in two halves where turning all spins over changes nothing; its phase is a
rotation about the field. Between the pulses and in the acquisition the blocks of
``spins.spin_blocks`` serve. Six protons take a millisecond an orientation, eight some 40.

Not included: relaxation, phase transients, the Bloch-Siegert shift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.spins import cluster_solutions
from megabar.spins.cluster_solutions import ClusterSolutions, Lines, in_eigenstates, overlap
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse
from megabar.spins.spin_blocks import solved

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.sequences import Element
    from megabar.spins.spin_blocks import Solution, SpinBlocks
    from megabar.spins.spin_systems import SpinSystem

    Array = NDArray[np.float64]
    Matrices = NDArray[np.complex128]

MOST_STATES: Final = 256
"""Of a sequence with finite pulses, those of eight protons."""


def signal_from_cluster_sequence(
    system: SpinSystem,
    orientations: Orientations,
    elements: Sequence[Element],
    *,
    channel: str,
    times: Array,
    detected: Sequence[int] | None = None,
) -> Matrices:
    r"""Compute the signal of one kind of spins after a pulse sequence.

    .. math:: s(t) = \mathrm{Tr}[I_+ \rho(t)] / \mathrm{Tr}[I_+ I_x], \quad \rho(0) = I_z

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal, with weights.
    elements
        What happens before the acquisition, in the order of time; pulses may be on any channel.
    channel
        Kind of spins that starts along the field and is observed.
    times
        From the end of the last element [s], (time,); evenly spaced ones are faster.
    detected
        Places of the spins that are seen; none: all of the channel.

    Returns
    -------
    :
        Weighted sum over the orientations, complex, (time,).

    Raises
    ------
    ValueError
        If a channel has no spin or the system has more than :data:`MOST_STATES` states.

    References
    ----------
    Ernst, Bodenhausen, Wokaun, Principles of Nuclear Magnetic Resonance (1987), chapter 2.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.sequences import rectangular_pulse
    >>> from megabar.spins.spin_systems import Spin, SpinSystem
    >>> pulse = rectangular_pulse(channel="1H", duration=2.5e-6, amplitude=100e3, phase=np.pi / 2)
    >>> signal = signal_from_cluster_sequence(
    ...     SpinSystem(spins=(Spin(channel="1H", spin=0.5),)),
    ...     single_orientation(alpha=0.0, beta=0.0), [pulse], channel="1H", times=np.zeros(1))
    >>> bool(np.isclose(signal[0], 1.0))
    True
    """
    if system.size > MOST_STATES:
        msg = (
            f"Found {system.size} states; with pulses of any kind {MOST_STATES} are computed. Take "
            "ideal pulses (spins.clusters) or fewer spins."
        )
        raise ValueError(msg)
    solutions = ClusterSolutions(system, orientations)
    blocks, mirrored = solutions.blocks, solutions.mirrored
    started, seen = solutions.chosen(channel, None), solutions.chosen(channel, detected)
    steps = cluster_solutions.steps(blocks, channel, mirrored=False)
    start = np.diag(blocks.numbers[:, started].sum(axis=1)).astype(np.complex128)
    total = np.zeros(len(times), dtype=np.complex128)
    for solution, weight in solutions:
        state = np.tile(start, (len(weight), 1, 1))
        evolution = _Evolution(blocks, solution, mirrored=mirrored)
        for element in elements:
            state = evolution.after(element, state)
        lines = Lines(solution, weight)
        for lower, upper, _ in steps:
            part = state[:, blocks.members[lower][:, None], blocks.members[upper]]
            there = in_eigenstates(solution, lower, upper, np.stack([part.real, part.imag]))
            lines.add(lower, upper, there * overlap(blocks, solution, lower, upper, seen))
        total += lines.signal(times)
    return 2 * total / cluster_solutions.scale(blocks, channel, started, seen)


class _Evolution:
    """Carries density matrices in product states, (orientation, state, state)."""

    def __init__(self, blocks: SpinBlocks, solution: Solution, *, mirrored: bool) -> None:
        self.blocks, self.solution, self.mirrored = blocks, solution, mirrored

    def after(self, element: Element, state: Matrices) -> Matrices:
        """Carry a density matrix through one element of a sequence."""
        if isinstance(element, OrderFilter):
            return state * self._passing(element)
        turned = self._propagator(element)
        return np.asarray(turned @ state @ np.swapaxes(turned, -1, -2).conj())

    def _propagator(self, element: Pulse | IdealPulse | Delay) -> Matrices:
        if isinstance(element, Delay):
            return self._by_blocks(
                np.exp(-2j * np.pi * element.duration * levels) for levels in self.solution.levels
            )
        m = self._total(element.channel)
        if isinstance(element, IdealPulse):
            about_y = self.blocks.rotation(element.channel, element.angle)
            return _phased(about_y, m, element.phase - np.pi / 2)
        piece = element.duration / len(element.amplitude)
        hamiltonian = self._by_blocks(self.solution.levels).real
        transverse = self._transverse(element.channel)
        amplitudes, order = np.unique(element.amplitude, return_inverse=True)
        slices = []
        for amplitude in amplitudes:
            levels, vectors = solved(hamiltonian + amplitude * transverse, mirrored=self.mirrored)
            slices.append(_rebuilt(np.exp(-2j * np.pi * piece * levels), vectors))
        whole = np.eye(self.blocks.size, dtype=np.complex128)
        for number, phase in zip(order, element.phase, strict=True):
            whole = _phased(slices[number], m, phase) @ whole
        return whole

    def _by_blocks(self, values: Iterable[NDArray[Any]]) -> Matrices:
        """Build a function of the Hamiltonian from its values at the levels of every block."""
        size = self.blocks.size
        whole = np.zeros((len(self.solution.levels[0]), size, size), dtype=np.complex128)
        for members, there, vectors in zip(
            self.blocks.members, values, self.solution.vectors, strict=True
        ):
            whole[:, members[:, None], members] = _rebuilt(there, vectors)
        return whole

    def _total(self, channel: str) -> Array:
        """Sum of m over the spins of a channel, in each product state."""
        reached = [kind == channel for kind in self.blocks.channels]
        if not any(reached):
            there = ", ".join(self.blocks.kinds)
            msg = f"Found a pulse on {channel!r}, which reaches no spin. The system has: {there}."
            raise ValueError(msg)
        return np.asarray(self.blocks.numbers[:, reached].sum(axis=1))

    def _transverse(self, channel: str) -> Array:
        """Ix of all spins of a channel, in product states."""
        blocks = self.blocks
        whole = np.zeros((blocks.size, blocks.size))
        spins = tuple(n for n, kind in enumerate(blocks.channels) if kind == channel)
        for lower, upper in blocks.neighbours(channel):
            place = np.ix_(blocks.members[upper], blocks.members[lower])
            whole[place] = blocks.raising(lower, upper, spins) / 2
        return whole + whole.T

    def _passing(self, element: OrderFilter) -> Array:
        """One where all channels have an order that passes, zero elsewhere."""
        passing = np.ones((self.blocks.size, self.blocks.size))
        for channel, orders in element.orders.items():
            m = self._total(channel)
            passing *= np.isin(np.rint(np.subtract.outer(m, m)).astype(np.int64), orders)
        return passing


def _rebuilt(values: NDArray[Any], vectors: Array) -> NDArray[Any]:
    return np.asarray((vectors * values[:, None, :]) @ np.swapaxes(vectors, 1, 2))


def _phased(propagator: NDArray[Any], m: Array, phase: float) -> Matrices:
    """Turn a pulse about the field."""
    turn = np.exp(-1j * phase * m)
    return np.asarray(turn[:, None] * propagator * turn.conj())

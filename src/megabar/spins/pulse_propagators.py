r"""Propagators of a finite pulse on one spin whose levels without pulses are known.

Whatever is diagonal between pulses (offset, shift, first- and second-order quadrupole shifts) gives
levels; the field of the pulse mixes them. Slices of one amplitude and another phase share their
eigenstates, because a phase is a turn about z.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from megabar.spins.operators import angular_momentum, magnetic_numbers
from megabar.spins.pulse_kernels import propagators
from megabar.spins.sequences import IdealPulse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.spins.sequences import Pulse

    Array = NDArray[np.float64]
    Matrices = NDArray[np.complex128]


def propagators_from_levels(*, spin: float, levels: Array, pulse: Pulse | IdealPulse) -> Matrices:
    r"""Compute the propagator of a pulse of any shape for every set of levels.

    .. math:: U = \prod_k \exp\{-i 2 \pi [E + \nu_k (I_x \cos\varphi_k + I_y \sin\varphi_k)]
        \Delta t\}

    Not included: relaxation during the pulse, phase transients, the Bloch-Siegert shift.

    Parameters
    ----------
    spin
        Quantum number I.
    levels
        Energies of m = I, ..., -I over h without the pulse [Hz], (node, state).
    pulse
        What is applied; an ideal one turns all spins alike.

    Returns
    -------
    :
        Unitary matrices, (node, state, state).

    Raises
    ------
    ValueError
        If the levels are not those of 2I + 1 states.

    Examples
    --------
    >>> from megabar.spins.sequences import rectangular_pulse
    >>> pulse = rectangular_pulse(channel="1H", duration=2e-6, amplitude=250e3, phase=0.0)
    >>> turned = propagators_from_levels(spin=0.5, levels=np.zeros((1, 2)), pulse=pulse)
    >>> (turned[0].round(12) + 0.0).tolist()  # half a turn about x
    [[0j, -1j], [-1j, 0j]]
    """
    m = magnetic_numbers(spin)
    levels = np.ascontiguousarray(levels, dtype=np.float64)
    if levels.ndim != 2 or levels.shape[1] != len(m):
        msg = (
            f"Found levels of shape {levels.shape}; spin {spin:g} needs {len(m)} for each node. "
            "Give (node, state)."
        )
        raise ValueError(msg)
    x = angular_momentum(spin).x.real
    if isinstance(pulse, IdealPulse):
        energies, states = np.linalg.eigh(x)
        real = (states * np.exp(-1j * pulse.angle * energies)) @ states.T
        one = real * _turned(pulse.phase, m)
        return np.array(np.broadcast_to(one, (len(levels), *one.shape)))
    if np.ptp(pulse.phase) == 0:
        found = _unmodulated(levels, x, pulse)
        return found * _turned(float(pulse.phase[0]), m)
    distinct, order = np.unique(pulse.amplitude, return_inverse=True)
    energies, states = _solved(levels, x, distinct)
    piece = pulse.duration / len(pulse.amplitude)
    steps = np.exp(-1j * np.outer(np.append(pulse.phase, 0.0) - np.append(0.0, pulse.phase), m))
    # the turns about z between slices; the first and the last come from and lead to phase zero
    turns = np.exp(-2j * np.pi * energies * piece)
    return np.asarray(_chain(states, turns, order.astype(np.int64), steps.conj()))


def _unmodulated(levels: Array, x: Array, pulse: Pulse) -> Matrices:
    """Multiply slices of one phase; of a shape that reads the same backwards only half of them."""
    distinct, order = np.unique(pulse.amplitude, return_inverse=True)
    energies, states = _solved(levels, x, distinct)
    slices = order.astype(np.int64)
    backwards = bool((slices == slices[::-1]).all()) and len(slices) > 1
    half = slices[: len(slices) // 2] if backwards else slices
    middle = int(slices[len(slices) // 2]) if backwards and len(slices) % 2 else -1
    piece = np.array([pulse.duration / len(slices)])
    return np.asarray(_of_nodes(energies, states, half, middle, backwards, piece))


def _solved(levels: Array, x: Array, distinct: Array) -> tuple[Array, Array]:
    """Diagonalise every distinct slice of every node, (node, slice, state)."""
    solved = np.linalg.eigh(levels[:, None, :, None] * np.eye(len(x)) + distinct[:, None, None] * x)
    return solved.eigenvalues, solved.eigenvectors


def _turned(phase: float, m: Array) -> Matrices:
    """Factors that give a matrix between states the phase of a pulse."""
    return np.asarray(np.exp(-1j * phase * np.subtract.outer(m, m)))


@numba.njit(cache=True)
def _of_nodes(
    energies: Array,
    states: Array,
    slices: NDArray[np.int64],
    middle: int,
    backwards: bool,
    piece: Array,
) -> Any:
    nodes, _, size, _ = states.shape
    found = np.empty((nodes, size, size), dtype=np.complex128)
    for node in range(nodes):
        found[node] = propagators(energies[node], states[node], slices, middle, backwards, piece)[0]
    return found


@numba.njit(cache=True)
def _chain(states: Array, turns: Matrices, order: NDArray[np.int64], steps: Matrices) -> Any:
    """Multiply the propagators of all slices, node by node."""
    nodes, _, size, _ = states.shape
    found = np.empty((nodes, size, size), dtype=np.complex128)
    work = np.empty((size, size), dtype=np.complex128)
    for node in range(nodes):
        whole = found[node]
        whole[:] = np.diag(steps[0])
        for place in range(len(order)):
            vectors = states[node, order[place]]
            _apply(vectors.T, whole, turns[node, order[place]], work)
            _apply(vectors, work, steps[place + 1], whole)
    return found


@numba.njit(cache=True)
def _apply(left: Array, right: Matrices, factors: Matrices, found: Matrices) -> None:
    """Multiply a complex matrix from the left by a real one, then its rows by factors."""
    size = len(left)
    for i in range(size):
        for j in range(size):
            found[i, j] = 0.0
        for k in range(size):
            for j in range(size):
                found[i, j] += left[i, k] * right[k, j]
        for j in range(size):
            found[i, j] *= factors[i]

r"""Evolution of the density matrix under pulses of any shape, for every orientation of a powder.

.. math:: \rho \to U \rho U^\dagger, \quad U = \exp(-i 2 \pi H t), \quad
    s(t) = \mathrm{Tr}[D \rho(t)]

Not included: relaxation during pulses, phase transients, the Bloch-Siegert shift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse
from megabar.spins.spin_systems import secular_hamiltonian

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.sequences import Element
    from megabar.spins.spin_systems import SpinSystem

    Matrices = NDArray[np.complex128]

_BLOCK: Final = 2**22  # complex numbers of one block of orientations, 64 MiB


def signal_from_sequence(
    system: SpinSystem,
    orientations: Orientations,
    elements: Sequence[Element],
    *,
    start: Matrices,
    detect: Matrices,
    times: NDArray[np.float64],
) -> Matrices:
    r"""Compute the signal after a pulse sequence.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal, with weights.
    elements
        What happens before the acquisition, in the order of time.
    start
        Density matrix at the beginning, (state, state).
    detect
        D, such as the sum of :math:`I_+` of the observed spins, (state, state).
    times
        From the end of the last element [s], (time,).

    Returns
    -------
    :
        Weighted sum over the orientations, complex, (time,).

    References
    ----------
    Ernst, Bodenhausen, Wokaun, Principles of Nuclear Magnetic Resonance (1987), chapter 2.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.sequences import IdealPulse
    >>> from megabar.spins.spin_systems import Spin, SpinSystem
    >>> system = SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=1e3 * np.eye(3)),))
    >>> its, = system.operators()
    >>> signal = signal_from_sequence(
    ...     system, single_orientation(alpha=0.0, beta=0.0),
    ...     [IdealPulse(channel="1H", angle=np.pi / 2, phase=0.0)],
    ...     start=its.z, detect=its.plus, times=np.array([0.0, 0.25e-3]))
    >>> bool(np.allclose(1j * signal / its.norm, [1, 1j]))  # a quarter turn, counterclockwise
    True
    """
    length = max(len(times), system.size) * system.size
    block = max(1, _BLOCK // length)
    total = np.zeros(len(times), dtype=np.complex128)
    for first in range(0, len(orientations), block):
        some = _part(orientations, slice(first, first + block))
        hamiltonian = secular_hamiltonian(system, some)
        state = evolve(system, hamiltonian, elements, start=start)
        total += some.weight @ observe(hamiltonian, state, detect=detect, times=times)
    return total


def evolve(
    system: SpinSystem, hamiltonian: Matrices, elements: Sequence[Element], *, start: Matrices
) -> Matrices:
    """Carry a density matrix through a pulse sequence.

    Parameters
    ----------
    system
        Whose channels the pulses name.
    hamiltonian
        H/h without pulses [Hz], (orientation, state, state).
    elements
        What happens, in the order of time.
    start
        Density matrix at the beginning, (state, state) or (orientation, state, state).

    Returns
    -------
    :
        Density matrices at the end, (orientation, state, state).
    """
    state = np.broadcast_to(start, hamiltonian.shape).astype(np.complex128)
    for element in elements:
        if isinstance(element, OrderFilter):
            state = state * _passing(system, element)
        else:
            turned = propagator_of_element(system, hamiltonian, element)
            state = turned @ state @ _adjoint(turned)
    return state


def observe(
    hamiltonian: Matrices, state: Matrices, *, detect: Matrices, times: NDArray[np.float64]
) -> Matrices:
    """Compute the signal of freely evolving density matrices.

    Parameters
    ----------
    hamiltonian
        H/h [Hz], (orientation, state, state).
    state
        Density matrices at time zero, (orientation, state, state).
    detect
        D of Tr[D rho], (state, state).
    times
        Times [s], (time,).

    Returns
    -------
    :
        Signals, (orientation, time).
    """
    levels, vectors = np.linalg.eigh(hamiltonian)
    seen = _adjoint(vectors) @ detect @ vectors
    there = _adjoint(vectors) @ state @ vectors
    turning = np.exp(-2j * np.pi * levels[:, :, None] * times)
    weights = np.swapaxes(seen, 1, 2) * there
    signal: Matrices = np.einsum("nit,nit->nt", turning, weights @ turning.conj())
    return signal


def propagator(hamiltonian: Matrices, duration: float) -> Matrices:
    r"""Compute :math:`\exp(-i 2 \pi H t)` by diagonalising H.

    Parameters
    ----------
    hamiltonian
        H/h [Hz], (..., state, state).
    duration
        t [s].

    Returns
    -------
    :
        Unitary matrices, same shape.

    Examples
    --------
    >>> propagator(np.diag([0.5, -0.5]).astype(complex), 1.0).real.round(12).tolist()
    [[-1.0, 0.0], [0.0, -1.0]]
    """
    levels, vectors = np.linalg.eigh(hamiltonian)
    turned: Matrices = (vectors * np.exp(-2j * np.pi * levels * duration)[..., None, :]) @ _adjoint(
        vectors
    )
    return turned


def propagator_of_element(
    system: SpinSystem, hamiltonian: Matrices, element: Pulse | IdealPulse | Delay
) -> Matrices:
    """Compute what one pulse or delay does.

    Parameters
    ----------
    system
        Whose channels a pulse names.
    hamiltonian
        H/h without pulses [Hz], (orientation, state, state).
    element
        The pulse or delay.

    Returns
    -------
    :
        Unitary matrices, (orientation, state, state); of an ideal pulse (state, state).

    Raises
    ------
    ValueError
        If the pulse reaches no spin.
    """
    if isinstance(element, Delay):
        return propagator(hamiltonian, element.duration)
    x, y = _transverse(system, element.channel)
    if isinstance(element, IdealPulse):
        about = np.cos(element.phase) * x + np.sin(element.phase) * y
        return propagator(about, element.angle / (2 * np.pi))
    piece = element.duration / len(element.amplitude)
    whole = np.eye(system.size, dtype=np.complex128)
    for amplitude, phase in zip(element.amplitude, element.phase, strict=True):
        pulsed = hamiltonian + amplitude * (np.cos(phase) * x + np.sin(phase) * y)
        whole = propagator(pulsed, piece) @ whole
    return whole


def _transverse(system: SpinSystem, channel: str) -> tuple[Matrices, Matrices]:
    """Ix and Iy of all spins of a channel."""
    reached = [
        its
        for one, its in zip(system.spins, system.operators(), strict=True)
        if one.channel == channel
    ]
    if not reached:
        there = ", ".join(dict.fromkeys(one.channel for one in system.spins))
        msg = f"Found a pulse on {channel!r}, which reaches no spin. The system has: {there}."
        raise ValueError(msg)
    return (
        np.sum([its.x for its in reached], axis=0),
        np.sum([its.y for its in reached], axis=0),
    )


def _passing(system: SpinSystem, element: OrderFilter) -> NDArray[Any]:
    """One where all channels have an order that passes, zero elsewhere."""
    passing = np.ones((system.size, system.size))
    for channel, orders in element.orders.items():
        total = np.zeros((system.size, system.size), dtype=np.int64)
        for one, its in zip(system.spins, system.operators(), strict=True):
            if one.channel == channel:
                m = np.diag(its.z).real
                total += np.rint(np.subtract.outer(m, m)).astype(np.int64)
        passing *= np.isin(total, orders)
    return passing


def _part(orientations: Orientations, which: slice) -> Orientations:
    return type(orientations)(
        alpha=orientations.alpha[which],
        beta=orientations.beta[which],
        weight=orientations.weight[which],
    )


def _adjoint(matrices: Matrices) -> Matrices:
    return np.swapaxes(matrices, -1, -2).conj()

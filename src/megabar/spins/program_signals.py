"""Signals of whole programs.

For any spin system by the explicit sum over the phase cycle: the slow and general road, for trains,
recoveries and locks, and the oracle of the fast ones. For two pulses on one spin by coherence
order, as :mod:`megabar.spins.echoes` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megabar.spins.echoes import echo_from_two_pulses
from megabar.spins.evolution import evolve, observe, propagator_of_element
from megabar.spins.phase_tables import pathway_weights_from_phases
from megabar.spins.programs import Cycled
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse
from megabar.spins.spin_systems import secular_hamiltonian

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.amplitude_distributions import AmplitudeDistribution
    from megabar.spins.echoes import ExcitedLines
    from megabar.spins.level_nodes import LevelNodes
    from megabar.spins.orientations import Orientations
    from megabar.spins.programs import Happening, Program
    from megabar.spins.sequences import Relaxation
    from megabar.spins.spin_systems import SpinSystem

    Matrices = NDArray[np.complex128]


def signal_from_program(
    system: SpinSystem,
    orientations: Orientations,
    program: Program,
    *,
    times: ArrayLike,
    relaxation: Relaxation,
) -> NDArray[np.complex128]:
    r"""Compute the signal of a program, all steps of its cycle.

    .. math:: s(t) = \frac{1}{N} \sum_k e^{-i \varphi_{\mathrm{rec}, k}}
        \frac{\mathrm{Tr}[I_+ \rho_k(t)]}{\mathrm{Tr}[I_x^2]}

    The observed spins start at equilibrium, the others at zero.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal, with weights.
    program
        What happens.
    times
        From the end of the last element [s], (time,).
    relaxation
        During delays and the acquisition, by the total coherence order; none during pulses.

    Returns
    -------
    :
        Signal over that of a perfect 90 degree pulse, complex, (time,).

    Raises
    ------
    ValueError
        If a pulse, or the observation, reaches no spin of the system.

    References
    ----------
    Ernst, Bodenhausen, Wokaun, Principles of Nuclear Magnetic Resonance (1987), chapter 6.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.programs import inversion_recovery
    >>> from megabar.spins.sequences import IdealPulse, Relaxation
    >>> from megabar.spins.spin_systems import Spin, SpinSystem
    >>> system = SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=np.zeros((3, 3))),))
    >>> turn, read = (IdealPulse(channel="1H", angle=a, phase=0.0) for a in (np.pi, np.pi / 2))
    >>> signal = signal_from_program(
    ...     system, single_orientation(alpha=0.0, beta=0.0),
    ...     inversion_recovery(invert=turn, read=read, delay=2.0),
    ...     times=[0.0], relaxation=Relaxation(t1=2.0, t2=1e-3))
    >>> print(f"{(1j * signal[0]).real:.6f}")  # 1 - 2/e
    0.264241
    """
    when = np.asarray(times, dtype=np.float64)
    hamiltonian = secular_hamiltonian(system, orientations)
    operators = [
        its
        for one, its in zip(system.spins, system.operators(), strict=True)
        if one.channel == program.channel
    ]
    if not operators:
        there = ", ".join(dict.fromkeys(one.channel for one in system.spins))
        msg = f"Found {program.channel!r} observed, which no spin is. The system has: {there}."
        raise ValueError(msg)
    start = np.sum([its.z for its in operators], axis=0)
    detect = np.sum([its.plus for its in operators], axis=0) / sum(its.norm for its in operators)
    walk = _Walk(system, hamiltonian, start, relaxation)
    phases = dict(zip(program.table.phases, program.table.pulse_phases, strict=True))
    total = np.zeros(hamiltonian.shape, dtype=np.complex128)
    for step, seen in enumerate(program.table.receiver_phases):
        state = np.broadcast_to(start, hamiltonian.shape)
        for element in program.elements:
            phase = phases[element.row][step] if isinstance(element, Cycled) else 0.0
            state = walk.through(element, state, phase)
        total += np.exp(-1j * seen) * state / len(program.table)
    signal = orientations.weight @ observe(hamiltonian, total, detect=detect, times=when)
    return np.asarray(signal * np.exp(-when / relaxation.t2))


def echo_from_program(
    nodes: LevelNodes,
    program: Program,
    *,
    relaxation: Relaxation,
    amplitudes: AmplitudeDistribution | None = None,
) -> ExcitedLines:
    """Compute the lines after a program of two pulses by coherence order.

    Parameters
    ----------
    nodes
        Levels of the observed spins.
    program
        Two pulses with delays and filters between them, such as a Hahn echo or a solid echo.
    relaxation
        Between the pulses and behind them.
    amplitudes
        Fields over the sample; none for the nominal one everywhere.

    Returns
    -------
    :
        Lines at the end of the second pulse, as of ``echoes.echo_from_two_pulses``.

    Raises
    ------
    ValueError
        If the program is anything else.

    Examples
    --------
    >>> from megabar.spins.level_nodes import nodes_from_couplings
    >>> from megabar.spins.programs import solid_echo
    >>> from megabar.spins.sequences import IdealPulse, Relaxation
    >>> nodes = nodes_from_couplings(spin=1.0, coupling=[5e3, 9e3], offset=0.0, weight=[0.5, 0.5])
    >>> pulse = IdealPulse(channel="2H", angle=np.pi / 2, phase=0.0)
    >>> program = solid_echo(first=pulse, second=pulse, delay=40e-6)
    >>> lines = echo_from_program(nodes, program, relaxation=Relaxation(t1=np.inf, t2=np.inf))
    >>> print(f"{abs(lines.signal([40e-6])[0]):.9f}")  # a pair refocuses completely
    1.000000000
    """
    pulses, between = _two_pulses(program)
    phases = dict(zip(program.table.phases, program.table.pulse_phases, strict=True))
    still = np.zeros(len(program.table))
    ends = program.elements[0], program.elements[-1]
    passing = pathway_weights_from_phases(
        phases=[phases[end.row] if isinstance(end, Cycled) else still for end in ends],
        receiver=program.table.receiver_phases,
        spin=nodes.spin,
    )
    orders = np.arange(len(passing)) - len(passing) // 2
    for part in between:
        if isinstance(part, OrderFilter):
            passing = passing * np.isin(orders, part.orders.get(program.channel, orders))
    return echo_from_two_pulses(
        nodes,
        pulses=pulses,
        delay=sum(part.duration for part in between if isinstance(part, Delay)),
        passing=passing,
        relaxation=relaxation,
        amplitudes=amplitudes,
    )


def _two_pulses(
    program: Program,
) -> tuple[tuple[Pulse | IdealPulse, Pulse | IdealPulse], tuple[Happening, ...]]:
    """Two pulses and what is between them, or an error."""
    ends, between = program.elements[:: len(program.elements) - 1 or 1], program.elements[1:-1]
    pulses = [
        pulse
        for pulse in (end.pulse if isinstance(end, Cycled) else end for end in ends)
        if isinstance(pulse, Pulse | IdealPulse) and pulse.channel == program.channel
    ]
    if len(pulses) != 2 or not all(isinstance(part, Delay | OrderFilter) for part in between):
        msg = (
            f"Found {program.name!r} of {len(program.elements)} elements; two pulses on "
            f"{program.channel} with delays and filters between them can be taken by coherence "
            "order. Compute others with signal_from_program."
        )
        raise ValueError(msg)
    return (pulses[0], pulses[1]), between


class _Walk:
    """Carries density matrices through elements; the propagator of each is computed once."""

    def __init__(
        self,
        system: SpinSystem,
        hamiltonian: Matrices,
        equilibrium: Matrices,
        relaxation: Relaxation,
    ) -> None:
        self._system = system
        self._hamiltonian = hamiltonian
        self._equilibrium = equilibrium
        self._relaxation = relaxation
        self._known: dict[int, Matrices] = {}
        pairs = list(zip(system.spins, system.operators(), strict=True))
        self._numbers = {
            channel: np.sum(
                [np.diag(its.z).real for one, its in pairs if one.channel == channel], axis=0
            )
            for channel in {one.channel for one in system.spins}
        }
        total = np.sum(list(self._numbers.values()), axis=0)
        self._mixed = np.rint(np.subtract.outer(total, total)) != 0

    def through(self, element: Happening, state: Matrices, phase: float) -> Matrices:
        """Give the state behind an element, a pulse turned by a phase."""
        pulse = element.pulse if isinstance(element, Cycled) else element
        if isinstance(pulse, OrderFilter):
            return evolve(self._system, self._hamiltonian, [pulse], start=state)
        if id(pulse) not in self._known:
            self._known[id(pulse)] = propagator_of_element(self._system, self._hamiltonian, pulse)
        turned = self._known[id(pulse)]
        if isinstance(pulse, Delay):
            return self._relaxed(turned @ state @ _adjoint(turned), pulse.duration)
        m = self._numbers[pulse.channel]
        turned = turned * np.exp(-1j * phase * np.subtract.outer(m, m))
        return np.asarray(turned @ state @ _adjoint(turned))

    def _relaxed(self, state: Matrices, duration: float) -> Matrices:
        rate = np.where(self._mixed, 1 / self._relaxation.t2, 1 / self._relaxation.t1)
        left = np.exp(-duration * rate)
        return np.asarray(state * left + self._equilibrium * (1 - left))


def _adjoint(matrices: Matrices) -> Matrices:
    return np.swapaxes(matrices, -1, -2).conj()

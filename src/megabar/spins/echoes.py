r"""Echoes of two pulses of any shape on one spin whose levels between pulses are known.

Every pulse is computed once, at phase zero. Behind the first one the density matrix is weighted by
coherence order with what the phase cycle makes of each,

.. math:: \rho_{ij}(\tau) \to W(m_i - m_j)\, \rho_{ij}\, e^{-i 2 \pi (E_i - E_j) \tau}
    e^{-\tau/T_2},

and the second one gives the amplitude of every transition. This equals the sum over all steps of
the cycle.

Times count from the edges of the pulses: :math:`\tau` from the end of the first to the start of the
second, t from the end of the second. Relaxation during pulses is left out.

Twin: ``observables.efficiencies``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
from scipy.optimize import minimize_scalar

from megabar.spins.line_signals import signal_from_lines
from megabar.spins.operators import angular_momentum, coherence_orders, magnetic_numbers
from megabar.spins.pulse_propagators import propagators_from_levels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.amplitude_distributions import AmplitudeDistribution
    from megabar.spins.level_nodes import LevelNodes
    from megabar.spins.sequences import IdealPulse, Pulse, Relaxation

    Array = NDArray[np.float64]
    Matrices = NDArray[np.complex128]

_LOOKED_AT: Final = 2049  # times between which the top of an echo is bracketed


@dataclass(frozen=True, kw_only=True, eq=False)
class ExcitedLines:
    r"""Lines right after the last pulse.

    Their sum is the signal over that of a perfect 90 degree pulse of the whole sample.

    Parameters
    ----------
    frequency
        Offsets [Hz], (line, transition).
    amplitude
        Complex, weight of the node included, (line, transition), the transition m = I <-> I - 1
        first.
    t2
        Decay of all of them [s]; ``inf`` for none.
    """

    frequency: Array
    amplitude: Matrices
    t2: float

    def signal(self, times: ArrayLike) -> NDArray[np.complex128]:
        """Compute the signal at times from the end of the last pulse [s], (time,)."""
        when = np.asarray(times, dtype=np.float64)
        oscillating = signal_from_lines(
            frequencies=self.frequency, amplitudes=self.amplitude, times=when
        )
        return np.asarray(oscillating * np.exp(-when / self.t2))

    def transition(self, upper: float) -> ExcitedLines:
        """Keep the one transition upper <-> upper - 1, such as 1/2 for the central one."""
        spin = self.frequency.shape[1] / 2
        place = [float(one) for one in magnetic_numbers(spin)[:-1]].index(upper)
        part = slice(place, place + 1)
        return ExcitedLines(
            frequency=self.frequency[:, part], amplitude=self.amplitude[:, part], t2=self.t2
        )


@dataclass(frozen=True, kw_only=True)
class EchoTop:
    """Where an echo is largest.

    Parameters
    ----------
    time
        From the end of the second pulse [s].
    height
        Modulus there, over the signal of a perfect 90 degree pulse.
    phase
        Of the signal there [rad].
    """

    time: float
    height: float
    phase: float


def lines_after_pulse(
    nodes: LevelNodes,
    *,
    pulse: Pulse | IdealPulse,
    t2: float,
    amplitudes: AmplitudeDistribution | None = None,
) -> ExcitedLines:
    """Compute the lines that one pulse excites from equilibrium.

    Parameters
    ----------
    nodes
        Levels of the spins.
    pulse
        Of any shape.
    t2
        Decay behind it [s]; ``inf`` for none.
    amplitudes
        Fields over the sample; none for the nominal one everywhere.

    Returns
    -------
    :
        Lines at the end of the pulse.

    Examples
    --------
    >>> from megabar.spins.level_nodes import nodes_from_couplings
    >>> from megabar.spins.sequences import IdealPulse
    >>> nodes = nodes_from_couplings(spin=3.5, coupling=[0.0], offset=0.0, weight=[1.0])
    >>> pulse = IdealPulse(channel="139La", angle=np.pi / 2, phase=0.0)
    >>> lines = lines_after_pulse(nodes, pulse=pulse, t2=np.inf)
    >>> ((1j * lines.amplitude).real * 84).round(9).tolist()
    [[7.0, 12.0, 15.0, 16.0, 15.0, 12.0, 7.0]]
    """
    m = magnetic_numbers(nodes.spin)
    parts = []
    for scale, share in _parts(amplitudes):
        turned = propagators_from_levels(
            spin=nodes.spin, levels=nodes.levels, pulse=pulse.scaled(scale)
        )
        elements = np.einsum("nik,k,nik->ni", turned[:, 1:], m, turned[:, :-1].conj())
        parts.append(share * nodes.weight[:, None] * _heard(elements, nodes.spin))
    return _joined(nodes, parts, t2)


def echo_from_two_pulses(
    nodes: LevelNodes,
    *,
    pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse],
    delay: float,
    passing: NDArray[np.complex128],
    relaxation: Relaxation,
    amplitudes: AmplitudeDistribution | None = None,
) -> ExcitedLines:
    r"""Compute the lines after two pulses and a phase cycle.

    Parameters
    ----------
    nodes
        Levels of the spins.
    pulses
        The two pulses at phase zero of the cycle.
    delay
        :math:`\tau`, from the end of the first to the start of the second [s].
    passing
        Weights of the orders -2I to 2I between the pulses, of
        ``phase_tables.pathway_weights_from_phases`` or ``passing_orders``.
    relaxation
        Between the pulses and behind them; order 0, where a cycle keeps it, returns to equilibrium
        with T1.
    amplitudes
        Fields over the sample; none for the nominal one everywhere.

    Returns
    -------
    :
        Lines at the end of the second pulse; their sum at time t is
        :meth:`ExcitedLines.signal`.

    Raises
    ------
    ValueError
        If there is not one weight for each order, or the delay is negative.

    References
    ----------
    Hahn, Phys. Rev. 80, 580 (1950), doi:10.1103/PhysRev.80.580. Solomon, Phys. Rev. 110, 61 (1958),
    doi:10.1103/PhysRev.110.61, for I > 1/2.

    Examples
    --------
    >>> from megabar.spins.level_nodes import nodes_from_couplings
    >>> from megabar.spins.phase_tables import SOLID_ECHO_8, pathway_weights_from_phases
    >>> from megabar.spins.sequences import IdealPulse, Relaxation
    >>> nodes = nodes_from_couplings(spin=1.0, coupling=[5e3, 9e3], offset=0.0, weight=[0.5, 0.5])
    >>> pulse = IdealPulse(channel="2H", angle=np.pi / 2, phase=0.0)
    >>> lines = echo_from_two_pulses(
    ...     nodes, pulses=(pulse, pulse), delay=40e-6, relaxation=Relaxation(t1=np.inf, t2=np.inf),
    ...     passing=pathway_weights_from_phases(
    ...         phases=SOLID_ECHO_8.pulse_phases, receiver=SOLID_ECHO_8.receiver_phases, spin=1.0))
    >>> print(f"{abs(lines.signal([40e-6])[0]):.9f}")  # a pair refocuses completely
    1.000000000
    """
    orders = coherence_orders([nodes.spin])
    if np.shape(passing) != (2 * len(orders) - 1,) or not delay >= 0:
        msg = (
            f"Found {np.size(passing)} weights of orders and a delay of {delay:g} s; spin "
            f"{nodes.spin:g} needs {2 * len(orders) - 1} weights, from order {-len(orders) + 1} "
            f"to {len(orders) - 1}, and a delay of zero or more."
        )
        raise ValueError(msg)
    left = np.exp(np.where(orders == 0, -delay / relaxation.t1, -delay / relaxation.t2))
    between = np.asarray(passing, dtype=np.complex128)[orders + len(orders) - 1]
    turning = np.exp(-2j * np.pi * delay * nodes.levels)
    m = magnetic_numbers(nodes.spin)
    grown = np.diag(between) * (1 - np.diag(left)) * m
    parts = []
    for scale, share in _parts(amplitudes):
        first, second = _both(nodes, pulses, scale)
        elements = _after_second(first, second, turning, between * left, m, grown)
        parts.append(share * nodes.weight[:, None] * _heard(elements, nodes.spin))
    return _joined(nodes, parts, relaxation.t2)


def echo_top(lines: ExcitedLines, *, window: tuple[float, float]) -> EchoTop:
    """Find where the echo is largest.

    The top is not at a time of the delay: pulses have lengths, and lines that do not refocus help.

    Parameters
    ----------
    lines
        After the second pulse.
    window
        First and last time from the end of the second pulse that are looked at [s].

    Returns
    -------
    :
        Time, height and phase of the largest modulus; at an end of the window it may not be a
        maximum.

    Raises
    ------
    ValueError
        If the window ends before it begins.

    Examples
    --------
    >>> lines = ExcitedLines(frequency=np.array([[1e3], [-1e3]]), t2=np.inf,
    ...                      amplitude=0.5 * np.exp(np.array([[-0.3j], [0.3j]])))
    >>> print(f"{echo_top(lines, window=(0.0, 0.1e-3)).time * 2 * np.pi * 1e3:.6f}")
    0.300000
    """
    if not 0 <= window[0] < window[1]:
        msg = f"Found a window from {window[0]:g} to {window[1]:g} s; give its start, then its end."
        raise ValueError(msg)
    times = np.linspace(*window, _LOOKED_AT)
    best = int(np.abs(lines.signal(times)).argmax())
    bounds = times[max(best - 1, 0)], times[min(best + 1, len(times) - 1)]
    found = minimize_scalar(
        lambda time: -abs(lines.signal([time])[0]), bounds=bounds, method="bounded",
        options={"xatol": 1e-6 * (bounds[1] - bounds[0])},
    )  # fmt: skip
    time = max((float(found.x), *map(float, bounds)), key=lambda one: abs(lines.signal([one])[0]))
    value = lines.signal([time])[0]
    return EchoTop(time=time, height=float(abs(value)), phase=float(np.angle(value)))


def _parts(amplitudes: AmplitudeDistribution | None) -> list[tuple[float, float]]:
    if amplitudes is None:
        return [(1.0, 1.0)]
    return list(zip(amplitudes.scale.tolist(), amplitudes.weight.tolist(), strict=True))


def _joined(nodes: LevelNodes, parts: list[Matrices], t2: float) -> ExcitedLines:
    """Add up what the parts of the sample give: their lines stand at the same frequencies."""
    return ExcitedLines(frequency=nodes.frequencies, amplitude=np.sum(parts, axis=0), t2=t2)


def _both(
    nodes: LevelNodes, pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse], scale: float
) -> tuple[Matrices, Matrices]:
    """Propagators of two pulses; if the second is the first, it is computed once."""
    first = propagators_from_levels(
        spin=nodes.spin, levels=nodes.levels, pulse=pulses[0].scaled(scale)
    )
    if pulses[1] is pulses[0]:
        return first, first
    return first, propagators_from_levels(
        spin=nodes.spin, levels=nodes.levels, pulse=pulses[1].scaled(scale)
    )


def _heard(elements: Matrices, spin: float) -> Matrices:
    """Weigh elements of rho below its diagonal as the receiver does, (node, transition)."""
    its = angular_momentum(spin)
    return np.asarray(elements * np.diag(its.plus, 1).real / its.norm)


@numba.njit(cache=True)
def _after_second(
    first: Matrices,
    second: Matrices,
    turning: Matrices,
    between: Matrices,
    m: Array,
    grown: Matrices,
) -> Any:
    """Elements of rho below its diagonal after the second pulse, (node, element)."""
    nodes, size, _ = first.shape
    found = np.zeros((nodes, size - 1), dtype=np.complex128)
    state = np.empty((size, size), dtype=np.complex128)
    carried = np.empty((size, size), dtype=np.complex128)
    for node in range(nodes):
        _product(first[node] * m, first[node], state)
        for i in range(size):
            for j in range(size):
                state[i, j] *= between[i, j] * turning[node, i] * np.conj(turning[node, j])
            state[i, i] += grown[i]
        # rho' = U state U^adj; _product conjugates its second factor: state^adj there
        _product(second[node], np.conj(state.T), carried)
        for i in range(size - 1):
            for k in range(size):
                found[node, i] += carried[i + 1, k] * np.conj(second[node, i, k])
    return found


@numba.njit(cache=True)
def _product(left: Matrices, right: Matrices, found: Matrices) -> None:
    """Multiply a matrix with the adjoint of another."""
    size = len(left)
    for i in range(size):
        for j in range(size):
            whole = 0.0j
            for k in range(size):
                whole += left[i, k] * np.conj(right[j, k])
            found[i, j] = whole

r"""The signal of one pool in one record, relative to all of its nuclei fully seen.

.. math:: s(t) = \epsilon \, \sum_k w_k\, D(q_k)\, e^{2\pi i f q_k}\, e^{-(T_0 + t)/T_2}\, C

with the lags q over which shifts dephase (t after one pulse; t, and t + 2 tau for the part that the
second pulse of a solid echo does not turn back), :math:`T_0` from the first pulse to time zero, C
the decay of rigid spins and :math:`\epsilon` what steady state and pulses leave. The coupling of
like spins goes on during a Hahn echo; a solid echo refocuses that of pairs.

Under pulses that take their time the spin engine computes pairs and distributions line by line;
many rigid spins, of which only a decay is known, keep its shape under such pulses and lose height.

Twin: ``virtual.nmr``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.observables import efficiencies
from megabar.observables.rigid_pools import Pairs, RigidDecay
from megabar.spins.echoes import ExcitedLines, echo_from_two_pulses, lines_after_pulse
from megabar.spins.level_nodes import (
    LevelNodes,
    OffsetDistribution,
    gaussian_offsets,
    nodes_from_couplings,
    nodes_with_offsets,
    offsets_from_profile,
)
from megabar.spins.operators import magnetic_numbers
from megabar.spins.phase_tables import HAHN_16, SOLID_ECHO_8, pathway_weights_from_phases
from megabar.spins.powder_decays import decay_from_pair_coupling
from megabar.spins.pulse_propagators import propagators_from_levels
from megabar.spins.sequences import IdealPulse, Pulse, Relaxation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.hydrogen_pools import Pool
    from megabar.observables.pool_readings import Reading

    Array = NDArray[np.float64]
    Signal = NDArray[np.complex128]

_LEAST: Final = 65  # offsets of a Gaussian
_QUANTILES: Final = 1025  # offsets of a Lorentzian
_PROFILE: Final = 4096  # points of the transform of a tabulated decay
_RIGHT_ANGLE: Final = 0.1  # rad by which the first pulse of an echo may differ from 90 degrees
_NOMINAL: Final = {"hahn-echo": math.pi, "solid-echo": math.pi / 2}
_DIRECTIONS: Final = 128  # of pairs in a powder, at least
_ROUNDING: Final = 1e-9
_TABLES: Final = {"hahn-echo": HAHN_16, "solid-echo": SOLID_ECHO_8}


@dataclass(frozen=True, kw_only=True, eq=False)
class Response:
    """What steady state and first pulse make of a pool.

    Parameters
    ----------
    lines
        Right after the pulse, from equilibrium.
    left
        Part of the equilibrium that each node finds before the pulse, (node,).
    left_if_shared
        The same if flip-flops share the magnetisation among all nodes between scans.
    """

    lines: ExcitedLines
    left: Array
    left_if_shared: float

    @property
    def excitation(self) -> float:
        """Sum of the sizes of all lines from equilibrium."""
        return float(np.abs(self.lines.amplitude).sum())

    @property
    def steady_state(self) -> float:
        """Mean of what is left before the pulse, over what the pulse excites."""
        sizes = np.abs(self.lines.amplitude).sum(axis=1)
        return float(sizes @ self.left / sizes.sum())

    def inside(self, bandwidth: float) -> float:
        """Part of what is recorded that lies in a band about the carrier [Hz]."""
        sizes = np.abs(self.lines.amplitude) * self.left[:, None]
        return float(sizes[np.abs(self.lines.frequency) <= bandwidth / 2].sum() / sizes.sum())


def response(pool: Pool, reading: Reading, *, field: float = 1.0) -> Response:
    r"""Compute what steady state and first pulse make of a pool.

    .. math:: \text{left}_j = \frac{1 - E}{1 - E \cos\theta_j}, \quad E = e^{-T_R/T_1}

    for each part j of the line with the angle by which one pulse turns it; echoes by the forms of
    :func:`megabar.observables.efficiencies.steady_state`, a recovery by that of a perfect comb.
    Dipolar order that pulses make is left out.

    Parameters
    ----------
    pool
        Hydrogen of one kind.
    reading
        How the record was taken.
    field
        Of the pulses, over the nominal one.

    Returns
    -------
    :
        The response.

    Raises
    ------
    ValueError
        If a time of the sequence is missing, or the first pulse of an echo is far from 90 degrees.
    """
    return _response(nodes_of(pool, reading, span=0.0, broadened=True), pool, reading, field)


def _response(nodes: LevelNodes, pool: Pool, reading: Reading, field: float) -> Response:
    pulse = reading.pulses[0].scaled(field)
    lines = lines_after_pulse(nodes, pulse=pulse, t2=math.inf)
    kept = _kept(nodes, pulse)
    return Response(
        lines=lines,
        left=_left_before(pool, reading, kept),
        left_if_shared=float(_left_before(pool, reading, nodes.weight @ kept[:, None])[0]),
    )


def _kept(nodes: LevelNodes, pulse: Pulse | IdealPulse) -> Array:
    """Longitudinal magnetisation that a pulse keeps of each node."""
    turned = propagators_from_levels(spin=nodes.spin, levels=nodes.levels, pulse=pulse)
    m = magnetic_numbers(nodes.spin)
    kept: Array = np.einsum("i,nik,k->n", m, np.abs(turned) ** 2, m) / (m @ m)
    return kept


def _left_before(pool: Pool, reading: Reading, kept: Array) -> Array:
    """Give the part of the equilibrium before a pulse that keeps so much of each node."""
    if reading.sequence == "fid":
        decay = math.exp(-reading.repetition_time / pool.t1)
        return -math.expm1(-reading.repetition_time / pool.t1) / (1 - decay * kept)
    return np.full(len(kept), _grown(pool, reading))


def _grown(pool: Pool, reading: Reading) -> float:
    """Give the same where it does not hang on what one pulse keeps."""
    if reading.sequence == "saturation-recovery":
        if reading.recovery_delay is None:
            msg = (
                f"Found {reading.name} without recovery_delay; what a recovery shows depends on "
                "it. Give the time from the comb to the pulse."
            )
            raise ValueError(msg)
        return -math.expm1(-reading.recovery_delay / pool.t1)
    angle = flip_angle(reading.pulses[0])
    if abs(angle - math.pi / 2) > _RIGHT_ANGLE:
        msg = (
            f"Found a first pulse of {math.degrees(angle):.3g} degrees in {reading.name}; the "
            "steady state of an echo is computed for 90. Calibrate the pulse."
        )
        raise ValueError(msg)
    return efficiencies.steady_state(
        repetition_time=reading.repetition_time,
        t1=pool.t1,
        t1_std=0.0,
        flip_angle=math.pi / 2,
        sequence=reading.sequence,
        echo_delay=reading.echo_delay,
    ).value


def flip_angle(pulse: Pulse | IdealPulse) -> float:
    """Compute by how much a pulse of one phase turns spins on resonance.

    Parameters
    ----------
    pulse
        The pulse.

    Returns
    -------
    :
        Angle [rad].

    Examples
    --------
    >>> from megabar.spins.sequences import rectangular_pulse
    >>> one = rectangular_pulse(channel="1H", duration=2e-6, amplitude=125e3, phase=0.0)
    >>> print(f"{math.degrees(flip_angle(one)):.0f}")
    90
    """
    if isinstance(pulse, Pulse):
        return float(2 * math.pi * pulse.duration * pulse.amplitude.mean())
    return pulse.angle


def signal(pool: Pool, reading: Reading, time: Array) -> Signal:
    """Compute the signal of a pool per nucleus, over that of a perfect pulse from equilibrium.

    Parameters
    ----------
    pool
        Hydrogen of one kind.
    reading
        How the record was taken.
    time
        From the centre of the pulse, or from the echo top [s], rising, none negative, (time,).

    Returns
    -------
    :
        Complex, (time,); real and positive for a line on resonance.

    Raises
    ------
    ValueError
        If a time of the sequence or the echo of a rigid pool is missing.

    Examples
    --------
    >>> from megabar.observables.hydrogen_pools import Pool
    >>> from megabar.observables.pool_readings import Reading, short_pulse
    >>> hydrogen = Pool(name="H2", shape="gaussian", fwhm=10e3, fwhm_std=0.0, shift=0.0,
    ...     shift_std=0.0, t1=1.0, t1_std=0.0, t2=math.inf, t2_std=0.0)
    >>> fid = Reading(name="10 ms FID", sequence="fid", repetition_time=10e-3,
    ...     pulses=(short_pulse(math.pi / 2),), relative_field_std=0.0, dead_time=5e-6,
    ...     carrier_frequency=395e6, reference_frequency=395e6, bandwidth=math.inf,
    ...     extrapolated=True)
    >>> print(f"{signal(hydrogen, fid, np.zeros(1))[0].real:.5f}")
    0.00995
    """
    if _closed(pool, reading):
        return np.asarray(_height(pool, reading) * form(pool, reading, time))
    return _by_engine(pool, reading, time)


def _closed(pool: Pool, reading: Reading) -> bool:
    """Whether the closed form holds: for short pulses, of an echo of pairs with nominal angles."""
    if isinstance(pool.rigid, RigidDecay):
        return True
    if pool.rigid is None or not reading.is_echo:
        return reading.hard
    off = flip_angle(reading.pulses[1]) - _NOMINAL[reading.sequence]
    return reading.hard and abs(off) < _ROUNDING


def _height(pool: Pool, reading: Reading) -> float:
    """Size of a signal over its form."""
    if reading.hard:
        angle = flip_angle(reading.pulses[0])
        left = _left_before(pool, reading, np.array([math.cos(angle)]))
        return abs(math.sin(angle)) * float(left[0])
    one = response(pool, reading)
    return one.excitation * one.steady_state


def form(pool: Pool, reading: Reading, time: Array) -> Signal:
    """Compute the form that short pulses give a decay or an echo, 1 at time zero of a decay.

    Parameters
    ----------
    pool, reading, time
        As in :func:`signal`.

    Returns
    -------
    :
        Complex, (time,).
    """
    offset = reading.offset_of(pool)
    parts, before = [(1.0, 0.0)], 0.0
    if reading.is_echo:
        before = 2 * (reading.echo_delay or 0.0)
        back = math.sin(flip_angle(reading.pulses[1]) / 2) ** 2
        parts = [(back, 0.0)]
        if reading.sequence == "solid-echo":
            parts.append((1 - back, before))
    total = np.zeros(len(time), dtype=np.complex128)
    for share, more in parts:
        lag = time + more
        total += share * pool.dephasing(lag) * np.exp(2j * np.pi * offset * lag)
    return total * np.exp(-(before + time) / pool.t2) * _rigid_decay(pool, reading, time)


def _rigid_decay(pool: Pool, reading: Reading, time: Array) -> Array:
    if pool.rigid is None:
        return np.ones(len(time))
    delay = reading.echo_delay or 0.0
    if isinstance(pool.rigid, RigidDecay) and reading.sequence == "solid-echo":
        return pool.rigid.solid_echo_at(time, echo_delay=delay)
    since = time + 2 * delay if reading.sequence == "hahn-echo" else time
    if isinstance(pool.rigid, RigidDecay):
        return pool.rigid.at(since)
    return decay_from_pair_coupling(time=since, splitting=pool.rigid.splitting)[0]


def _by_engine(pool: Pool, reading: Reading, time: Array) -> Signal:
    """Signal of the actual pulses, line by line, upright for a line on resonance."""
    if not reading.is_echo:
        pairs = isinstance(pool.rigid, Pairs)
        nodes = nodes_of(pool, reading, span=float(time[-1]), broadened=not pairs)
        one = _response(nodes, pool, reading, 1.0)
        lines = replace(one.lines, amplitude=one.lines.amplitude * one.left[:, None])
        middle = _length(reading.pulses[0]) / 2
        found = 1j * lines.signal(np.maximum(time - middle, 0.0)) * np.exp(-time / pool.t2)
        return np.asarray(found * pool.dephasing(time) if pairs else found)
    delay = reading.echo_delay or 0.0
    nodes = nodes_of(pool, reading, span=2 * delay + float(time[-1]), broadened=True)
    found = _echo(nodes, reading, time)
    alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    upright = _echo(alone, reading, np.zeros(1))[0]
    found *= abs(upright) / upright * _grown(pool, reading)
    return np.asarray(found * np.exp(-(2 * delay + time) / pool.t2))


def _echo(nodes: LevelNodes, reading: Reading, time: Array) -> Signal:
    """Echo of the actual pulses from equilibrium without relaxation, times from its top."""
    first, second = reading.pulses
    lengths = _length(first), _length(second)
    delay = (reading.echo_delay or 0.0) - sum(lengths) / 2
    table = _TABLES[reading.sequence]
    lines = echo_from_two_pulses(
        nodes,
        pulses=(first, second),
        delay=delay,
        passing=pathway_weights_from_phases(
            phases=table.pulse_phases, receiver=table.receiver_phases, spin=nodes.spin
        ),
        relaxation=Relaxation(t1=math.inf, t2=math.inf),
    )
    return lines.signal(time + (reading.echo_delay or 0.0) - lengths[1] / 2)


def _length(pulse: Pulse | IdealPulse) -> float:
    return pulse.duration if isinstance(pulse, Pulse) else 0.0


def nodes_of(pool: Pool, reading: Reading, *, span: float, broadened: bool) -> LevelNodes:
    """List the levels of a pool from the carrier.

    Pairs are spins 1 with a singlet that nobody sees; many rigid spins count as isochromats of
    their line.

    Parameters
    ----------
    pool
        Hydrogen of one kind.
    reading
        How the record was taken.
    span
        Longest time over which the levels turn [s].
    broadened
        Whether pairs are given the distribution of local frequencies.

    Returns
    -------
    :
        Levels and weights.
    """
    offset = reading.offset_of(pool)
    local = _local_frequencies(pool, span)
    if isinstance(pool.rigid, Pairs):
        splitting = pool.rigid.splitting
        place, weight = np.polynomial.legendre.leggauss(
            _DIRECTIONS + math.ceil(6 * splitting * span)
        )
        seen = splitting / 6 * (3 * ((place + 1) / 2) ** 2 - 1)
        pairs = nodes_from_couplings(spin=1.0, coupling=seen, offset=offset, weight=weight / 2)
        return nodes_with_offsets(pairs, local) if broadened else pairs
    alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=offset, weight=[1.0])
    return nodes_with_offsets(alone, local)


def _local_frequencies(pool: Pool, span: float) -> OffsetDistribution:
    if isinstance(pool.rigid, RigidDecay):
        return _profile(pool, pool.rigid)
    width = pool.inhomogeneous_fwhm
    if pool.shape == "gaussian":
        return gaussian_offsets(fwhm=width, count=_LEAST + math.ceil(12 * width * span))
    share = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    offsets = width / 2 * np.tan(np.pi * (share - 0.5))
    return OffsetDistribution(offset=offsets, weight=np.full(_QUANTILES, 1 / _QUANTILES))


def _profile(pool: Pool, rigid: RigidDecay) -> OffsetDistribution:
    """Line of a tabulated decay, from its cosine transform; what overshoots below zero is cut."""
    time = np.linspace(0.0, rigid.time[-1], _PROFILE)
    decay = rigid.at(time) * pool.dephasing(time) * np.hanning(2 * _PROFILE - 1)[_PROFILE - 1 :]
    line = np.fft.fftshift(np.fft.hfft(decay))
    offsets = np.fft.fftshift(np.fft.fftfreq(len(line), time[1]))
    kept = line > 1e-4 * line.max()
    low, high = np.flatnonzero(kept)[[0, -1]]
    inside = slice(low, high + 1)
    return offsets_from_profile(offsets[inside], np.maximum(line[inside], 0.0))

"""Every named efficiency against spins that are carried through the experiment it describes.

The factors are formulas, or sums over a line. Here density matrices go through pulses, delays and
phase cycles, scan after scan; fields are solved on grids and magnetic dipoles are heard by wire
loops; decays are filtered as a receiver does.
"""

import math

import numpy as np
import pytest
from scipy.linalg import solve_banded
from tests.unit.observables.signals import acquisition

from megabar.constants import mu_0
from megabar.observables import (
    echo_angles,
    efficiencies,
    instrument_factors,
    lines,
    pulse_efficiencies,
    skin_depths,
)
from megabar.spins import reception
from megabar.spins.amplitude_distributions import (
    amplitudes_from_map,
    gaussian_amplitudes,
    heard_by_reciprocity,
)
from megabar.spins.echoes import echo_from_two_pulses, lines_after_pulse
from megabar.spins.evolution import evolve, propagator, propagator_of_element
from megabar.spins.level_nodes import (
    OffsetDistribution,
    gaussian_offsets,
    nodes_from_couplings,
    nodes_with_offsets,
)
from megabar.spins.offset_profiles import time_zero_of_pulse
from megabar.spins.operators import angular_momentum, transition_raising
from megabar.spins.orientations import single_orientation
from megabar.spins.phase_tables import (
    CYCLOPS,
    HAHN_16,
    SOLID_ECHO_8,
    pathway_weights_from_phases,
)
from megabar.spins.program_signals import signal_from_program
from megabar.spins.programs import hahn_echo, solid_echo
from megabar.spins.pulse_shapes import gaussian_shape, rectangular_shape
from megabar.spins.sequences import Delay, IdealPulse, Relaxation, rectangular_pulse
from megabar.spins.spin_systems import Spin, SpinSystem

US, QUARTER = 1e-6, math.pi / 2
FOREVER = Relaxation(t1=math.inf, t2=math.inf)
PROTON = SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=np.zeros((3, 3))),))
TABLES = {"fid": CYCLOPS, "solid-echo": SOLID_ECHO_8, "hahn-echo": HAHN_16}


def short(angle=QUARTER, channel="1H"):
    return IdealPulse(channel=channel, angle=angle, phase=0.0)


# --- steady states --------------------------------------------------------------------------------

(PROTON_SPIN,) = PROTON.operators()
ACROSS = ~np.eye(2, dtype=bool)


def relaxed(hamiltonian, state, interval, relaxation):
    """Free evolution of many spins 1/2 with both relaxation times."""
    state = evolve(PROTON, hamiltonian, [Delay(duration=interval)], start=state)
    left = np.exp(-interval / np.where(ACROSS, relaxation.t2, relaxation.t1))
    return state * left + PROTON_SPIN.z * (1 - np.exp(-interval / relaxation.t1))


def repeated(
    *, sequence, angles, offsets, repetition_time, relaxation, delay=0.0, spoiled, exchanging
):
    """Signal of a whole phase cycle, at the pulse or the top of the echo, after many cycles."""
    table = TABLES[sequence]
    hamiltonian = offsets[:, None, None] * PROTON_SPIN.z
    state = np.broadcast_to(PROTON_SPIN.z, hamiltonian.shape).astype(complex)
    cycles = 2 + math.ceil(16 * relaxation.t1 / repetition_time / len(table))
    for _ in range(cycles):
        total = 0.0
        for step, seen in enumerate(table.receiver_phases):
            for place, angle in enumerate(angles):
                state = state if not place else relaxed(hamiltonian, state, delay, relaxation)
                pulse = IdealPulse(channel="1H", angle=angle, phase=table.pulse_phases[place][step])
                state = evolve(PROTON, hamiltonian, [pulse], start=state)
            top = state if sequence == "fid" else relaxed(hamiltonian, state, delay, relaxation)
            heard = np.einsum("nij,ji->n", top, PROTON_SPIN.plus).mean() / PROTON_SPIN.norm
            total += np.exp(-1j * seen) * heard / len(table)
            rest = repetition_time - (len(angles) - 1) * delay
            state = relaxed(hamiltonian, state, rest, relaxation)
            if spoiled:
                state = np.where(ACROSS, 0, state)
            if exchanging:
                state = np.where(ACROSS, state, state.mean(axis=0))
    return abs(total)


def dephased(delay, count=96):
    """Offsets whose phases cover whole turns evenly within the delay."""
    return (np.arange(count) + 0.5 - count / 2) * 5 / (count * delay)


def expected_signal(sequence, angles, *, ratio, delay):
    """Factors of a line that has dephased, for T1 = 1 s."""
    factor = efficiencies.steady_state(
        repetition_time=ratio, t1=1.0, t1_std=0, flip_angle=angles[0], sequence=sequence,
        echo_delay=delay, second_flip_angle=None if sequence == "fid" else angles[1],
    )  # fmt: skip
    if sequence == "fid":
        return factor.value
    back = echo_angles.refocusing_by_angle(
        second_flip_angle=angles[1], second_flip_angle_std=0, echo_delay=delay,
        fwhm=100 / delay, shape="gaussian", sequence=sequence, amplitude="top",
    )  # fmt: skip
    return factor.value * back.value


@pytest.mark.parametrize("ratio", [0.7, 3.0])
@pytest.mark.parametrize(
    ("sequence", "degrees"),
    [("fid", (90,)), ("fid", (60,)), ("fid", (115,)), ("solid-echo", (90, 90)),
     ("solid-echo", (65, 65)), ("solid-echo", (75, 105)), ("hahn-echo", (90, 180)),
     ("hahn-echo", (65, 130)), ("hahn-echo", (110, 90))],
)  # fmt: skip
def test_steady_state_and_echo_of_any_angles_are_those_of_repeated_scans(sequence, degrees, ratio):
    """Spins that exchange within a scan, transverse magnetisation gone before the next."""
    angles = [math.radians(one) for one in degrees]
    found = repeated(
        sequence=sequence, angles=angles, offsets=dephased(0.02), repetition_time=ratio,
        relaxation=Relaxation(t1=1.0, t2=math.inf), delay=0.02, spoiled=True, exchanging=True,
    )  # fmt: skip
    assert found == pytest.approx(
        expected_signal(sequence, angles, ratio=ratio, delay=0.02), rel=1e-6
    )


@pytest.mark.parametrize(
    ("degrees", "ratio", "lower"),
    [((90, 90), 1.0, 0.018), ((90, 90), 3.0, 0.0003), ((65, 65), 1.0, 0.10), ((65, 65), 3.0, 0.015),
     ((65, 65), 5.0, 0.002)],
)  # fmt: skip
def test_spins_that_stay_in_their_place_give_a_solid_echo_that_is_a_little_lower(
    degrees, ratio, lower
):
    angles = [math.radians(one) for one in degrees]
    found = repeated(
        sequence="solid-echo", angles=angles, offsets=dephased(0.02), repetition_time=ratio,
        relaxation=Relaxation(t1=1.0, t2=math.inf), delay=0.02, spoiled=True, exchanging=False,
    )  # fmt: skip
    closed = expected_signal("solid-echo", angles, ratio=ratio, delay=0.02)
    assert 1 - found / closed == pytest.approx(lower, rel=0.1)


@pytest.mark.parametrize(("degrees", "ratio"), [((90, 180), 1.0), ((65, 130), 3.0)])
def test_spins_that_stay_in_their_place_hardly_change_a_hahn_echo(degrees, ratio):
    angles = [math.radians(one) for one in degrees]
    found = repeated(
        sequence="hahn-echo", angles=angles, offsets=dephased(0.02), repetition_time=ratio,
        relaxation=Relaxation(t1=1.0, t2=math.inf), delay=0.02, spoiled=True, exchanging=False,
    )  # fmt: skip
    closed = expected_signal("hahn-echo", angles, ratio=ratio, delay=0.02)
    assert found == pytest.approx(closed, rel=3e-3)


@pytest.mark.parametrize(
    ("sequence", "degrees"),
    [("fid", (90,)), ("fid", (60,)), ("solid-echo", (90, 90)), ("hahn-echo", (90, 180)),
     ("solid-echo", (65, 65)), ("hahn-echo", (65, 130))],
)  # fmt: skip
@pytest.mark.parametrize(("ratio", "t2"), [(1.0, 0.5), (3.0, 1.0)])
def test_transverse_magnetisation_left_of_a_wide_line_counts_to_second_order(
    sequence, degrees, ratio, t2
):
    given = {
        "sequence": sequence, "angles": [math.radians(one) for one in degrees], "delay": 0.02,
        "offsets": dephased(ratio if sequence == "fid" else 0.02), "repetition_time": ratio,
        "relaxation": Relaxation(t1=1.0, t2=t2), "exchanging": False,
    }  # fmt: skip
    change = repeated(spoiled=False, **given) / repeated(spoiled=True, **given) - 1
    assert 1e-7 < abs(change) < 0.3 * math.exp(-2 * ratio / t2)


@pytest.mark.parametrize("angle", [60, 90])
def test_transverse_magnetisation_left_of_a_narrow_line_counts_to_first_order(angle):
    """On resonance, four steps of a cycle: no more than is left."""
    given = {
        "sequence": "fid", "angles": [math.radians(angle)], "offsets": np.zeros(1),
        "relaxation": Relaxation(t1=1.0, t2=0.5), "repetition_time": 1.5, "exchanging": False,
    }  # fmt: skip
    change = repeated(spoiled=False, **given) / repeated(spoiled=True, **given) - 1
    assert 1e-4 < abs(change) < math.exp(-1.5 / 0.5)


def lanthanum_echo(degrees, table, *, ratio, delay, exchanging):
    """Signal of I = 7/2 in a distribution of gradients, 38 kHz, after many scans, T1 = 1."""
    its = angular_momentum(3.5)
    m = np.diag(its.z).real
    order = np.rint(np.subtract.outer(m, m))
    spread = gaussian_offsets(fwhm=38e3 / (6 * math.sqrt(3)), count=97)  # M2 = 3 (6 f)^2
    free = propagator(np.multiply.outer(spread.offset, np.diag(3 * m**2 - 15.75)) + 0j, delay)
    system = SpinSystem(spins=(Spin(channel="1H", spin=3.5, shift=np.zeros((3, 3))),))
    turned = [
        [
            propagator_of_element(
                system, free, IdealPulse(channel="1H", angle=math.radians(angle), phase=phase)
            )
            for phase in phases
        ]
        for angle, phases in zip(degrees, table.pulse_phases, strict=True)
    ]
    state = np.broadcast_to(its.z, free.shape)
    for _ in range(2 + math.ceil(14 / ratio / len(table))):
        total = 0.0
        for step, seen in enumerate(table.receiver_phases):
            for pulse in (turned[0][step], turned[1][step]):
                state = free @ (pulse @ state @ pulse.conj().T) @ free.conj().swapaxes(1, 2)
            heard = np.einsum("nij,ji->n", state, its.plus) / its.norm
            total += np.exp(-1j * seen) * (spread.weight @ heard) / len(table)
            left = math.exp(-ratio)
            state = np.where(order == 0, left * state + (1 - left) * its.z, 0)
            if exchanging:
                mean = np.einsum("n,nij->ij", spread.weight, state)
                state = np.broadcast_to(mean, state.shape)
    return abs(total)


@pytest.mark.parametrize("ratio", [1.0, 3.0])
@pytest.mark.parametrize(
    ("sequence", "degrees", "exchanging", "within"),
    [("solid-echo", (90, 90), True, 1e-6), ("solid-echo", (90, 90), False, 1e-6),
     ("solid-echo", (65, 65), True, 1e-6), ("solid-echo", (65, 65), False, 0.011),
     ("hahn-echo", (90, 180), True, 1e-6), ("hahn-echo", (90, 180), False, 1e-6),
     ("hahn-echo", (65, 130), False, 0.014)],
)  # fmt: skip
def test_steady_states_hold_for_field_gradients_at_139la_too(
    sequence, degrees, exchanging, within, ratio
):
    first, second = map(math.radians, degrees)
    delay, table = 25 * US, TABLES[sequence]
    models = pulse_efficiencies.echo_by_model(
        spin=3.5, fwhm=38e3, pulses=(short(first), short(second)), delay=delay, at=delay,
        table=table,
    )  # fmt: skip
    left = efficiencies.steady_state(
        repetition_time=ratio, t1=1.0, t1_std=0, flip_angle=first, second_flip_angle=second,
        sequence=sequence, echo_delay=0.0, counts="longitudinal",
    )  # fmt: skip
    found = lanthanum_echo(degrees, table, ratio=ratio, delay=delay, exchanging=exchanging)
    assert found == pytest.approx(left.value * models.couplings, rel=within)


# --- echoes: decay, refocusing --------------------------------------------------------------------


def broad(spin, fwhm, *, shape="gaussian", count=129):
    alone = nodes_from_couplings(spin=spin, coupling=[0.0], offset=0.0, weight=[1.0])
    if shape == "gaussian":
        return nodes_with_offsets(alone, gaussian_offsets(fwhm=fwhm, count=count))
    quantile = (np.arange(count) + 0.5) / count
    places = fwhm / 2 * np.tan(np.pi * (quantile - 0.5))
    return nodes_with_offsets(
        alone, OffsetDistribution(offset=places, weight=np.full(count, 1 / count))
    )


def echo_height(nodes, table, pulses, *, delay, relaxation=FOREVER):
    passing = pathway_weights_from_phases(
        phases=table.pulse_phases, receiver=table.receiver_phases, spin=nodes.spin
    )
    found = echo_from_two_pulses(
        nodes, pulses=pulses, delay=delay, passing=passing, relaxation=relaxation
    )
    return abs(found.signal([delay])[0])


@pytest.mark.parametrize(("sequence", "second"), [("solid-echo", 90), ("hahn-echo", 180)])
@pytest.mark.parametrize("spin", [0.5, 3.5])
def test_relaxation_takes_from_an_echo_what_the_factor_says(sequence, second, spin):
    pulses = short(), short(math.radians(second))
    nodes = broad(spin, 30e3)
    heights = [
        echo_height(nodes, TABLES[sequence], pulses, delay=25 * US, relaxation=relaxation)
        for relaxation in (Relaxation(t1=1.0, t2=300 * US), FOREVER)
    ]
    found = efficiencies.echo_decay(echo_delay=25 * US, t2=300 * US, t2_std=0)
    assert found.value == pytest.approx(heights[0] / heights[1], rel=1e-6)


@pytest.mark.parametrize("second", [40, 65, 90, 130, 180])
@pytest.mark.parametrize("sequence", ["solid-echo", "hahn-echo"])
@pytest.mark.parametrize("fwhm", [8e3, 38e3])
def test_an_echo_of_any_second_angle_is_that_of_the_whole_cycle(sequence, fwhm, second):
    """Density matrices of I = 3/2 step by step through the phase cycle."""
    given = {"first": short(0.8), "second": short(math.radians(second)), "delay": 25 * US}
    program = solid_echo(**given) if sequence == "solid-echo" else hahn_echo(table=HAHN_16, **given)
    line = gaussian_offsets(fwhm=fwhm, count=33)
    total = 0.0
    for offset, weight in zip(line.offset, line.weight, strict=True):
        system = SpinSystem(spins=(Spin(channel="1H", spin=1.5, shift=offset * np.eye(3)),))
        total += weight * signal_from_program(
            system, single_orientation(alpha=0.0, beta=0.0), program,
            times=[25 * US], relaxation=FOREVER,
        )[0]  # fmt: skip
    found = echo_angles.refocusing_by_angle(
        second_flip_angle=math.radians(second), second_flip_angle_std=0, echo_delay=25 * US,
        fwhm=fwhm, shape="gaussian", sequence=sequence, amplitude="top",
    )  # fmt: skip
    assert found.value * math.sin(0.8) == pytest.approx(abs(total), rel=1e-4)


@pytest.mark.parametrize(
    ("sequence", "shape", "fwhm", "within"),
    [("solid-echo", "lorentzian", 2e3, 1e-3), ("solid-echo", "lorentzian", 12e3, 1e-3),
     ("solid-echo", "gaussian", 60e3, 1e-4), ("solid-echo", "gaussian", 3e3, 0.012),
     ("solid-echo", "gaussian", 12e3, 0.023), ("hahn-echo", "gaussian", 12e3, 1e-4),
     ("hahn-echo", "lorentzian", 12e3, 1e-3)],
)  # fmt: skip
def test_the_amplitude_that_a_perfect_form_gives_of_a_weak_second_pulse(
    sequence, shape, fwhm, within
):
    """Both pulses at 0.75 of their field; the fitted form knows nothing of it."""
    delay, table = 25 * US, TABLES[sequence]
    angles = 0.75 * QUARTER, 0.75 * (QUARTER if sequence == "solid-echo" else math.pi)
    passing = pathway_weights_from_phases(
        phases=table.pulse_phases, receiver=table.receiver_phases, spin=0.5
    )
    after = echo_from_two_pulses(
        broad(0.5, fwhm, shape=shape, count=4001), pulses=(short(angles[0]), short(angles[1])),
        delay=delay, passing=passing, relaxation=FOREVER,
    )  # fmt: skip
    time = np.arange(400) / (200 * fwhm)
    fitted = lines.line(
        acquisition(1e3 * after.signal(delay + time), time, sequence=sequence, echo_delay=delay),
        shape=shape, noise=(0.1, 0),
    )  # fmt: skip
    found = echo_angles.refocusing_by_angle(
        second_flip_angle=angles[1], second_flip_angle_std=0, echo_delay=delay, fwhm=fwhm,
        shape=shape, sequence=sequence, amplitude="fitted",
    )  # fmt: skip
    amplitude = float(fitted.amplitude) / 1e3
    assert found.value * math.sin(angles[0]) == pytest.approx(amplitude, rel=within)


@pytest.mark.slow  # the explicit sum over the table of a powder
def test_long_pulses_on_either_broadening_give_the_echo_of_the_whole_cycle():
    """Pulses of 4 us at 62.5 kHz on I = 3/2, step by step through the cycle, against the models."""
    pulse = rectangular_pulse(channel="1H", duration=4 * US, amplitude=62.5e3, phase=0.0)
    delay, at, fwhm = 20 * US, 21 * US, 20e3
    found = pulse_efficiencies.echo_by_model(
        spin=1.5, fwhm=fwhm, pulses=(pulse, pulse), delay=delay, at=at, table=SOLID_ECHO_8
    )
    its = angular_momentum(1.5)
    m = np.diag(its.z).real
    # satellites at +-6 f with weights 3, 4, 3: second moment of the line 0.6 (6 f)^2
    of_coupling = fwhm / math.sqrt(0.6) / 6
    for size, spread, operator in (
        (found.shifts, fwhm, its.z),
        (found.couplings, of_coupling, np.diag(3 * m**2 - 3.75).astype(complex)),
    ):
        line = gaussian_offsets(fwhm=spread, count=129)
        assert size == pytest.approx(
            explicit_echo(line, operator, its, pulse, delay=delay, at=at), rel=1e-4
        )


def explicit_echo(line, operator, its, pulse, *, delay, at):
    """Average over the steps of the solid echo, with every pulse at its own phase."""
    system = SpinSystem(spins=(Spin(channel="1H", spin=its.spin, shift=np.zeros((3, 3))),))
    hamiltonian = line.offset[:, None, None] * operator
    table, total = SOLID_ECHO_8, 0.0
    for step, seen in enumerate(table.receiver_phases):
        turned = [
            rectangular_pulse(
                channel="1H", duration=pulse.duration, amplitude=pulse.amplitude[0],
                phase=phases[step],
            )
            for phases in table.pulse_phases
        ]  # fmt: skip
        walk = [turned[0], Delay(duration=delay), turned[1], Delay(duration=at)]
        state = evolve(system, hamiltonian, walk, start=its.z)
        heard = np.einsum("nij,ji->n", state, its.plus) / its.norm
        total += np.exp(-1j * seen) * (line.weight @ heard) / len(table)
    return abs(total)


@pytest.mark.parametrize(("fwhm", "shifts", "couplings"), [(8e3, 0.783, None), (38e3, 0.5, 0.361)])
def test_both_readings_of_a_lanthanum_line_at_25_us(fwhm, shifts, couplings):
    found = pulse_efficiencies.refocusing_by_pulses(
        spin=3.5, fwhm=fwhm, pulses=(short(), short()), delay=25 * US, at=25 * US,
        table=SOLID_ECHO_8,
    )  # fmt: skip
    readings = dict(found.alternatives)
    assert readings["shifts"] == pytest.approx(shifts, rel=3e-3)
    if couplings is not None:
        assert readings["field gradients"] == pytest.approx(couplings, rel=3e-3)


# --- pulses, transitions, dead time ---------------------------------------------------------------


@pytest.mark.parametrize("shape", ["gaussian", "lorentzian"])
@pytest.mark.parametrize("fwhm", [1.35e3, 50e3])
def test_what_a_dead_time_leaves_is_a_computed_decay_at_its_end(shape, fwhm):
    count = 400_001 if shape == "lorentzian" else 401
    after = lines_after_pulse(
        broad(0.5, fwhm, shape=shape, count=count), pulse=short(), t2=math.inf
    )
    found = efficiencies.dead_time_loss(dead_time=5 * US, fwhm=fwhm, fwhm_std=0, shape=shape)
    assert found.value == pytest.approx(abs(after.signal([5 * US])[0]), abs=1e-4)


def turned_by_bloch(offset, pulse_90, *, steps):
    """Bloch vectors through a Gaussian cut at 1 %, small rotations about the tilted field."""
    place = (np.arange(steps) + 0.5) / steps * 2 - 1
    envelope = 0.01 ** (place**2)
    peak = 1 / (4 * pulse_90 * envelope.mean())
    vector = np.array([np.zeros_like(offset), np.zeros_like(offset), np.ones_like(offset)])
    for high in envelope:
        axis = np.array([np.full_like(offset, peak * high), np.zeros_like(offset), offset])
        size = np.linalg.norm(axis, axis=0)
        axis, turn = axis / size, 2 * np.pi * size * pulse_90 / steps
        along = (axis * vector).sum(axis=0) * axis
        aside = np.cross(axis, vector, axis=0)
        vector = along + (vector - along) * np.cos(turn) + aside * np.sin(turn)
    return np.hypot(vector[0], vector[1])


def test_a_truncated_gaussian_excites_what_bloch_vectors_say():
    """Widths of the profile: 2.704 and 1.179 over the length, 84.2 kHz at 14 us."""
    offset = np.linspace(0, 300e3, 3001)
    profile = turned_by_bloch(offset, 14 * US, steps=1500)
    half, most = (2 * np.interp(-level, -profile[:1500], offset[:1500]) for level in (0.5, 0.95))
    assert half * 14 * US == pytest.approx(2.704, rel=3e-3)
    assert most * 14 * US == pytest.approx(1.179, rel=3e-3)
    assert most == pytest.approx(84.2e3, rel=3e-3)
    shape = gaussian_shape(truncation=0.01, slices=256)
    pulse = shape.pulse(
        channel="1H", duration=14 * US, phase=0.0,
        peak=shape.peak_from_angle(angle=QUARTER, duration=14 * US),
    )  # fmt: skip
    line = gaussian_offsets(fwhm=100e3, count=201)
    found = pulse_efficiencies.excitation(line, pulse=pulse, relative_field_std=0)
    expected = line.weight @ turned_by_bloch(line.offset, 14 * US, steps=1500)
    assert found.value == pytest.approx(expected, rel=1e-5)
    assert found.value < 0.97


@pytest.mark.parametrize(("fwhm", "from_middle"), [(5e3, -0.005), (20e3, -0.030)])
def test_a_decay_counted_from_the_time_zero_of_its_pulse_shows_what_is_excited(fwhm, from_middle):
    """14 us of a Gaussian, 5 us of dead time; from the middle of the pulse too little is found."""
    shape = gaussian_shape(truncation=0.01, slices=64)
    pulse = shape.pulse(
        channel="1H", duration=14 * US, phase=0.0,
        peak=shape.peak_from_angle(angle=QUARTER, duration=14 * US),
    )  # fmt: skip
    line = gaussian_offsets(fwhm=fwhm, count=129)
    after = lines_after_pulse(broad(0.5, fwhm), pulse=pulse, t2=math.inf)
    excited = pulse_efficiencies.excitation(line, pulse=pulse, relative_field_std=0).value
    behind = np.arange(400) * (1.5 / fwhm / 400) + 5 * US

    def amplitude(zero):
        data = acquisition(1e3 * after.signal(behind), behind + zero)
        return float(lines.line(data, shape="gaussian", noise=(0.1, 0)).amplitude) / 1e3

    assert amplitude(time_zero_of_pulse(pulse)) == pytest.approx(excited, rel=4e-3)
    assert amplitude(7 * US) / excited - 1 == pytest.approx(from_middle, abs=2e-3)


@pytest.mark.parametrize("spin", [1.5, 2.5, 3.5])
@pytest.mark.parametrize("pulse", ["hard", "selective"])
def test_transitions_have_their_share_after_hard_and_selective_pulses(spin, pulse):
    """Density matrix with a first-order coupling, read in the central transition alone."""
    its = angular_momentum(spin)
    m = np.diag(its.z).real
    coupling = 1.0 if pulse == "hard" else 1e7
    hamiltonian = np.diag(coupling * (3 * m**2 - spin * (spin + 1))).astype(complex)[None]
    faster = 1.0 if pulse == "hard" else spin + 0.5
    field = 1e7 if pulse == "hard" else 100.0
    applied = rectangular_pulse(
        channel="1H", duration=1 / (4 * field * faster), amplitude=field, phase=0.0
    )
    system = SpinSystem(spins=(Spin(channel="1H", spin=spin, shift=np.zeros((3, 3))),))
    state = evolve(system, hamiltonian, [applied], start=its.z)[0]
    central = transition_raising(spin, upper=0.5)
    found = pulse_efficiencies.transition_fraction(spin=spin, seen="central", pulse=pulse)
    heard = abs(np.trace(central @ state)) / its.norm
    assert found.value == pytest.approx(heard, rel=1e-6)
    assert abs(np.trace(its.plus @ state)) / its.norm == pytest.approx(
        1.0 if pulse == "hard" else found.value, rel=1e-4
    )


def test_the_branches_of_seven_halves_are_four_and_one_of_twenty_one():
    hard = pulse_efficiencies.transition_fraction(spin=3.5, seen="central")
    soft = pulse_efficiencies.transition_fraction(spin=3.5, seen="all", pulse="selective")
    assert hard.value == pytest.approx(4 / 21, rel=1e-6)
    assert soft.value == pytest.approx(1 / 21, rel=1e-6)
    assert dict(hard.alternatives) == {
        "all transitions": 1.0,
        "selective pulse": pytest.approx(1 / 21),
    }
    assert pulse_efficiencies.transition_fraction(spin=0.5, seen="all").alternatives == ()


# --- coils, paths, receivers ----------------------------------------------------------------------


def ring(radius, pieces=2000):
    """Middles and directed pieces of a wire loop about x, (piece, 3)."""
    turn = 2 * np.pi * (np.arange(pieces) + 0.5) / pieces
    middle = radius * np.column_stack([np.zeros(pieces), np.cos(turn), np.sin(turn)])
    along = (
        radius
        * 2
        * np.pi
        / pieces
        * np.column_stack([np.zeros(pieces), -np.sin(turn), np.cos(turn)])
    )
    return middle, along


def field_per_ampere(radius, place):
    """Biot and Savart."""
    middle, along = ring(radius)
    away = place - middle
    return (
        mu_0
        / (4 * np.pi)
        * (np.cross(along, away) / np.linalg.norm(away, axis=1)[:, None] ** 3).sum(axis=0)
    )


def flux_of_dipole(radius, place, moment):
    """Vector potential of a dipole around the loop."""
    middle, along = ring(radius)
    away = middle - place
    potential = (
        mu_0 / (4 * np.pi) * (np.cross(moment, away) / np.linalg.norm(away, axis=1)[:, None] ** 3)
    )
    return (potential * along).sum()


def test_a_coil_hears_as_its_nutation_says_whatever_its_size_and_loss():
    """A precessing dipole in loops of several radii and resistances, noise of the resistance."""
    place, gamma = np.array([4e-6, 5e-6, 0.0]), 2.675e8
    expected, heard = [], []
    for radius, resistance, power in ((60e-6, 0.2, 1.0), (60e-6, 0.5, 5.0), (90e-6, 0.3, 0.8)):
        current = math.sqrt(2 * power / resistance)
        across = field_per_ampere(radius, place)[:2]  # static field along z
        nutation = gamma * current * np.linalg.norm(across) / 2 / (2 * np.pi)
        expected.append(
            instrument_factors.coil(
                nutation_frequency=nutation, nutation_frequency_std=0, power=power, power_std=0
            ).value
        )
        turn = 2 * np.pi * np.arange(8) / 8
        flux = [
            flux_of_dipole(radius, place, np.array([np.cos(one), np.sin(one), 0.0])) for one in turn
        ]
        heard.append(np.abs(np.fft.fft(flux)[1]) / 4 / math.sqrt(resistance))
    ratios = np.array(heard) / expected
    np.testing.assert_allclose(ratios / ratios[0], 1.0, rtol=1e-5)
    assert max(expected) > 1.3 * min(expected)


def test_a_detuned_coil_loses_its_angle_and_its_ear():
    """B1 down to b with the pulse kept: b sin(b 90 degrees), 0.6 at b = 0.683."""
    given = {"nutation_frequency_std": 0, "power": 5.0, "power_std": 0}
    ears, signals = [], []
    for nutation in (62.5e3, 0.683 * 62.5e3):
        angle, _ = instrument_factors.flip_angle_from_nutation(
            nutation_frequency=nutation, nutation_frequency_std=0, duration=4 * US,
            mean_over_peak=1.0, power_ratio=1.0,
        )  # fmt: skip
        pulse = rectangular_pulse(channel="1H", duration=4 * US, amplitude=nutation, phase=0.0)
        after = lines_after_pulse(broad(0.5, 1.0), pulse=pulse, t2=math.inf)
        left = efficiencies.steady_state(
            repetition_time=100.0, t1=1.0, t1_std=0, flip_angle=angle, sequence="fid"
        )
        assert left.value == pytest.approx(abs(after.signal([0.0])[0]), rel=1e-6)
        ears.append(instrument_factors.coil(nutation_frequency=nutation, **given).value)
        signals.append(ears[-1] * left.value)
    assert signals[1] / signals[0] == pytest.approx(0.6, rel=2e-3)


@pytest.mark.parametrize("channel", ["rectangle", "gaussian"])
def test_flip_angle_from_nutation_is_the_turn_of_the_pulse_itself(channel):
    shape = rectangular_shape() if channel == "rectangle" else gaussian_shape(
        truncation=0.01, slices=64
    )  # fmt: skip
    angle, _ = instrument_factors.flip_angle_from_nutation(
        nutation_frequency=40e3, nutation_frequency_std=0, duration=5 * US,
        mean_over_peak=shape.mean, power_ratio=0.5,
    )  # fmt: skip
    pulse = shape.pulse(channel="1H", duration=5 * US, peak=40e3 * math.sqrt(0.5), phase=0.0)
    state = evolve(PROTON, np.zeros((1, 2, 2), complex), [pulse], start=PROTON_SPIN.z)[0]
    turned = np.trace(state @ PROTON_SPIN.z).real / PROTON_SPIN.norm
    assert turned == pytest.approx(math.cos(angle), abs=1e-9)


def test_unequal_ways_to_and_from_a_coil_are_the_root_of_their_ratio():
    """Field per root watt at the amplifier against a signal that an attenuator weakens."""
    field_per_root_watt, to_coil, from_coil = 3.0, 2.5, 1.6
    seen = field_per_root_watt * math.sqrt(10.0 / to_coil) / math.sqrt(10.0)  # 10 W sent
    voltage = field_per_root_watt / math.sqrt(from_coil)  # noise of the port stays
    found = instrument_factors.path_loss(
        transmit_loss=to_coil, transmit_loss_std=0, receive_loss=from_coil, receive_loss_std=0
    )
    assert found.value == pytest.approx(voltage / seen, rel=1e-12)


def test_an_uneven_field_leaves_what_its_parts_give_one_by_one():
    """Field of a loop over a cavity: every part is nutated and heard by itself."""
    rng = np.random.default_rng(5)
    places = rng.uniform(-1, 1, (60, 3)) * np.array([5e-6, 20e-6, 20e-6])
    local = np.array([np.linalg.norm(field_per_ampere(45e-6, one)[:2]) for one in places])
    scale = local / local.max()
    total = perfect = 0.0
    for one in scale:
        pulse = rectangular_pulse(channel="1H", duration=4 * US, amplitude=62.5e3 * one, phase=0.0)
        state = evolve(PROTON, np.zeros((1, 2, 2), complex), [pulse], start=PROTON_SPIN.z)[0]
        total += one * np.trace(PROTON_SPIN.plus @ state) / PROTON_SPIN.norm
        perfect += one
    field = amplitudes_from_map(scale, np.ones(60))
    found = instrument_factors.b1_inhomogeneity(field, flip_angle=QUARTER, flip_angle_std=0)
    assert found.value == pytest.approx(abs(total) / perfect, rel=1e-9)
    assert found.value < 0.999
    nodes = broad(0.5, 1.0)
    pulse = rectangular_pulse(channel="1H", duration=4 * US, amplitude=62.5e3, phase=0.0)
    after = lines_after_pulse(
        nodes, pulse=pulse, t2=math.inf, amplitudes=heard_by_reciprocity(field)
    )
    assert found.value == pytest.approx(abs(after.signal([0.0])[0]), rel=1e-6)


@pytest.mark.parametrize(("ratio", "high"), [(1.0, 0.009), (3.0, 0.0025)])
def test_an_uneven_field_saturates_a_little_more_than_the_product_says(ratio, high):
    """Fields spread by 20 %, each part in its own steady state."""
    field = gaussian_amplitudes(relative_std=0.2, count=25)
    heard = heard_by_reciprocity(field)
    parts = [
        repeated(
            sequence="fid", angles=[QUARTER * one], offsets=np.zeros(1), repetition_time=ratio,
            relaxation=Relaxation(t1=1.0, t2=1e-3), spoiled=True, exchanging=False,
        ) * np.sign(math.sin(QUARTER * one))
        for one in heard.scale
    ]  # fmt: skip
    left = efficiencies.steady_state(
        repetition_time=ratio, t1=1.0, t1_std=0, flip_angle=QUARTER, sequence="fid",
        counts="longitudinal",
    )  # fmt: skip
    uneven = instrument_factors.b1_inhomogeneity(field, flip_angle=QUARTER, flip_angle_std=0)
    product = left.value * uneven.value
    assert product / (heard.weight @ parts) - 1 == pytest.approx(high, rel=0.15)


@pytest.mark.parametrize(
    ("sequence", "nominal"), [("solid-echo", (90, 90)), ("hahn-echo", (90, 180))]
)
def test_factors_multiply_to_an_experiment_with_everything_in_it(sequence, nominal):
    """A coil at 0.7 of its field, saturation, decay and an imperfect echo, at once."""
    weak, delay, ratio = 0.7, 0.02, 1.5
    relaxation = Relaxation(t1=1.0, t2=0.15)
    found = weak * repeated(
        sequence=sequence, angles=[weak * math.radians(one) for one in nominal],
        offsets=dephased(delay), repetition_time=ratio, relaxation=relaxation, delay=delay,
        spoiled=True, exchanging=True,
    )  # fmt: skip
    ears = [
        instrument_factors.coil(
            nutation_frequency=nutation, nutation_frequency_std=0, power=2.0, power_std=0
        ).value
        for nutation in (50e3, weak * 50e3)
    ]
    first, second = (weak * math.radians(one) for one in nominal)
    common = {"sequence": sequence, "echo_delay": delay}
    saturation = {"repetition_time": ratio, "t1": 1.0, "t1_std": 0, "flip_angle": first, **common}
    back = echo_angles.refocusing_by_angle(
        second_flip_angle=second, second_flip_angle_std=0, fwhm=100 / delay, shape="gaussian",
        amplitude="top", **common,
    )  # fmt: skip
    decay = efficiencies.echo_decay(echo_delay=delay, t2=0.15, t2_std=0)
    rest = ears[1] / ears[0] * back.value * decay.value
    assert rest * efficiencies.steady_state(**saturation).value == pytest.approx(found, rel=1e-6)
    along = efficiencies.steady_state(**saturation, counts="longitudinal")
    turned = pulse_efficiencies.excitation(
        gaussian_offsets(fwhm=1.0, count=9), pulse=short(first), relative_field_std=0
    )
    assert rest * along.value * turned.value == pytest.approx(found, rel=1e-6)


def test_noise_of_a_point_falls_with_the_root_of_the_dwell():
    """White noise behind an ideal filter, sampled four times less often."""
    rng = np.random.default_rng(6)
    fine = rng.normal(size=2**17) + 1j * rng.normal(size=2**17)
    spectrum = np.fft.fft(fine)
    spectrum[np.abs(np.fft.fftfreq(2**17)) > 1 / 8] = 0
    coarse = np.fft.ifft(spectrum)[::4]
    ratio = efficiencies.bandwidth(dwell=1e-6).value / efficiencies.bandwidth(dwell=0.25e-6).value
    assert fine.std() / coarse.std() == pytest.approx(ratio, rel=0.01)


@pytest.mark.parametrize(("centre", "fwhm"), [(0.0, 60e3), (180e3, 20e3), (180e3, 80e3)])
def test_a_filter_leaves_of_a_line_what_its_table_says(centre, fwhm):
    """A decay at 10 MHz through 121 taps, fitted behind the response of the filter."""
    dwell, half = 0.1 * US, 60
    taps = np.arange(-half, half + 1)
    weights = np.hamming(len(taps)) * np.sinc(500e3 * dwell * taps)
    weights /= weights.sum()
    line = gaussian_offsets(fwhm=fwhm, count=257)
    moved = OffsetDistribution(offset=line.offset + centre, weight=line.weight)
    alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    after = lines_after_pulse(nodes_with_offsets(alone, moved), pulse=short(), t2=math.inf)
    time = np.arange(1200) * dwell
    heard = np.convolve(after.signal(time), weights)[half : half + len(time)]  # its delay taken off
    behind = slice(half + 1, 1200 - half)
    table = np.linspace(-1e6, 1e6, 4001)
    gain = np.exp(-2j * np.pi * np.outer(table, taps * dwell)) @ weights
    found = instrument_factors.filter_gain(
        moved, frequency=table, gain=gain, relative_std=0, source="its taps"
    )
    fitted = lines.line(
        acquisition(1e3 * heard[behind], time[behind]), shape="gaussian", noise=(0.1, 0)
    )
    assert float(fitted.amplitude) / 1e3 == pytest.approx(found.value, rel=2e-3)
    assert centre == 0 or found.value < 0.9


def test_a_receiver_of_higher_gain_only_scales_amplitude_and_noise():
    rng = np.random.default_rng(3)
    time = np.arange(512) * 1e-6
    clean = 50 * np.exp(-np.pi * 8e3 * time)
    signal = clean + rng.normal(size=512) + 1j * rng.normal(size=512)
    low, high = (
        lines.line(acquisition(scale * signal, time), shape="lorentzian")
        for scale in (1.0, 10 ** (13 / 20))
    )
    found = instrument_factors.receiver_gain(gain=13.0, gain_std=0.1, source="stated")
    assert float(high.amplitude / low.amplitude) == pytest.approx(found.value, rel=1e-6)
    assert float(high.snr_per_root_scan) == pytest.approx(float(low.snr_per_root_scan), rel=1e-6)


# --- grains ---------------------------------------------------------------------------------------


def solved_sphere(ratio, points=4000):
    """Radial part of the vector potential by finite differences, a = 1, field 1 far away.

    a'' + 2 a'/r - 2 a/r^2 = 2 i (a/delta)^2 a; zero in the middle, and outside of the sphere a
    uniform field and a dipole: a' + 2 a = 3/2 at the surface.
    """
    step = 1 / points
    r = step * np.arange(1, points + 1)
    bands = np.zeros((3, points), dtype=complex)
    bands[1] = -2 / step**2 - 2 / r**2 - 2j * ratio**2
    bands[0, 1:] = 1 / step**2 + 1 / (r[:-1] * step)
    bands[2, :-1] = 1 / step**2 - 1 / (r[1:] * step)
    source = np.zeros(points, dtype=complex)
    # a point beyond the surface, eliminated: a(1 + h) = a(1 - h) + 2 h (3/2 - 2 a)
    beyond = 1 / step**2 + 1 / step
    bands[2, -2] += beyond
    bands[1, -1] -= 4 * step * beyond
    source[-1] = -3 * step * beyond
    potential = solve_banded((1, 1), bands, source)
    return r, potential, np.gradient(potential, r, edge_order=2)


def summed_spins(field, weight, angle):
    """Turn every spin by its own field and hear it by reciprocity."""
    total = 0.0
    for (along, aside), share in zip(field, weight, strict=True):
        turning = along + 1j * aside
        pulse = IdealPulse(channel="1H", angle=angle * abs(turning), phase=np.angle(turning))
        state = evolve(PROTON, np.zeros((1, 2, 2), complex), [pulse], start=PROTON_SPIN.z)[0]
        heard = np.trace(PROTON_SPIN.plus @ state) / PROTON_SPIN.norm
        total += share * heard * (along - 1j * aside)
    return abs(total) / (weight.sum() * math.sin(angle))


def grain(ratio, geometry, angle):
    """Factor of a grain of so many skin depths."""
    depth = reception.skin_depth(resistivity=1e-6, frequency=395e6)
    return skin_depths.skin_depth(
        radius=ratio * depth, radius_std=0, resistivity=1e-6, resistivity_std=0, frequency=395e6,
        flip_angle=angle, geometry=geometry,
    )  # fmt: skip


@pytest.mark.parametrize("angle", [0.3, QUARTER])
@pytest.mark.parametrize("ratio", [0.5, 1.5, 4.0])
def test_a_metallic_sphere_keeps_the_signal_of_its_spins_one_by_one(ratio, angle):
    r, potential, slope = solved_sphere(ratio)
    turns = 2 * np.pi * (np.arange(6) + 0.5) / 12  # half a circle: the other half repeats it
    field, weight = [], []
    for shell in range(50, 4000, 100):
        f = slope[shell] + potential[shell] / r[shell]
        g = 2 * potential[shell] / r[shell] - f
        for height in (np.arange(8) + 0.5) / 8:
            for x in math.sqrt(1 - height**2) * np.cos(turns):
                y = math.sqrt(max(1 - height**2 - x**2, 0.0))
                field.append((f + g * x * x, g * x * y))
                weight.append(r[shell] ** 2)
    expected = summed_spins(field, np.array(weight), angle)
    assert grain(ratio, "sphere", angle).value == pytest.approx(expected, abs=3e-3)


@pytest.mark.parametrize("angle", [0.3, QUARTER])
@pytest.mark.parametrize("ratio", [0.5, 1.5, 4.0])
def test_a_metallic_slab_keeps_the_signal_of_its_spins_one_by_one(ratio, angle):
    """Field by finite differences of b'' = 2 i b/delta^2, 1 on both sides."""
    points = 801
    step = 2 * ratio / (points - 1)
    bands = np.zeros((3, points), dtype=complex)
    bands[0, 2:], bands[2, :-2] = 1.0, 1.0
    bands[1] = -2 - 2j * step**2
    bands[1, [0, -1]] = 1.0
    source = np.zeros(points, dtype=complex)
    source[[0, -1]] = 1.0
    field = solve_banded((1, 1), bands, source)
    weight = np.ones(points)
    weight[[0, -1]] = 0.5
    expected = summed_spins([(one, 0.0) for one in field], weight, angle)
    assert grain(ratio, "slab", angle).value == pytest.approx(expected, abs=3e-4)


def test_grains_lose_by_the_fourth_power_of_their_size_and_deep_ones_show_their_surface():
    for geometry in skin_depths.GEOMETRIES:
        losses = [1 - grain(ratio, geometry, QUARTER).value for ratio in (0.1, 0.2)]
        assert losses[1] / losses[0] == pytest.approx(16, rel=0.02)
        deep = [grain(ratio, geometry, QUARTER).value for ratio in (20.0, 40.0)]
        assert deep[1] / deep[0] == pytest.approx(0.5, rel=0.05)


# --- what is hidden, what is fitted ---------------------------------------------------------------


def test_rigid_nuclei_are_not_in_the_amplitude_of_a_mobile_line():
    """Three tenths in a line of 250 kHz, seven in one of 5 kHz, 8 us of dead time."""
    time = 8 * US + np.arange(800) * 0.5 * US
    mobile, rigid = (
        lines_after_pulse(broad(0.5, fwhm, count=1601), pulse=short(), t2=math.inf)
        for fwhm in (5e3, 250e3)
    )
    signal = 700 * mobile.signal(time) + 300 * rigid.signal(time)
    fitted = lines.line(acquisition(signal, time), shape="gaussian", noise=(0.1, 0))
    left = efficiencies.dead_time_loss(dead_time=8 * US, fwhm=250e3, fwhm_std=0, shape="gaussian")
    found = efficiencies.visible_fraction(
        hidden=0.3, hidden_std=0.0, left=left.value, source="made so"
    )
    assert float(fitted.amplitude) / 1000 == pytest.approx(found.value, rel=1e-3)


GRID = 5 * US + np.arange(1024) * 0.5 * US


def lorentzian(amplitude, fwhm):
    return amplitude * np.exp(-np.pi * fwhm * GRID)


def test_the_largest_point_is_no_amplitude():
    """3.86(31) of noise alone, 3.9 of a true 3, 16.8 of a true 30: never use it."""
    rng = np.random.default_rng(12)
    scatter = rng.normal(size=(4000, 1024)) + 1j * rng.normal(size=(4000, 1024))
    alone = np.abs(scatter).max(axis=1)
    assert alone.mean() == pytest.approx(3.86, abs=0.05)
    assert alone.std() == pytest.approx(0.31, abs=0.02)
    for truth, largest, within in ((3.0, 3.9, 0.1), (30.0, 16.8, 0.2)):
        found = np.abs(lorentzian(truth, 38e3) + scatter).max(axis=1).mean()
        assert found == pytest.approx(largest, abs=within)


@pytest.mark.parametrize("truth", [0.0, 3.0, 30.0])
def test_the_amplitude_of_a_line_of_known_shape_has_no_bias(truth):
    rng = np.random.default_rng(13)
    known = {"frequency": 0.0, "fwhm": 38e3, "phase": 0.0}
    found = []
    for _ in range(60):
        signal = lorentzian(truth, 38e3) + rng.normal(size=1024) + 1j * rng.normal(size=1024)
        line = lines.line(
            acquisition(signal, GRID), shape="lorentzian", known=known, noise=(1.0, 0)
        )
        detected = line.attrs["detected"] == "yes"
        found.append(float(line.amplitude) if detected else line.attrs["amplitude_estimate"])
    assert np.mean(found) == pytest.approx(truth, abs=3 * 0.609 / math.sqrt(60))


@pytest.mark.parametrize(("fwhm", "bound"), [(8e3, 0.179), (38e3, 0.609)])
def test_the_error_at_known_shape_is_the_bound_of_cramer_and_rao(fwhm, bound):
    fitted = lines.line(
        acquisition(lorentzian(1e3, fwhm), GRID), shape="lorentzian", noise=(1.0, 0),
        known={"frequency": 0.0, "fwhm": fwhm},
    )  # fmt: skip
    assert float(fitted.amplitude_std) == pytest.approx(bound, rel=5e-3)

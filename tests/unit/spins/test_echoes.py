"""Echoes of two pulses: explicit sums over the cycle, closed results, published numbers."""

import numpy as np
import pytest

from megabar.spins.amplitude_distributions import gaussian_amplitudes
from megabar.spins.coupling_nodes import coupling_nodes
from megabar.spins.echoes import echo_from_two_pulses, echo_top, lines_after_pulse
from megabar.spins.evolution import evolve, observe
from megabar.spins.level_nodes import (
    LevelNodes,
    gaussian_offsets,
    nodes_from_couplings,
    nodes_with_offsets,
)
from megabar.spins.operators import angular_momentum
from megabar.spins.phase_tables import (
    HAHN_4,
    HAHN_16,
    HAHN_32,
    SOLID_ECHO_8,
    passing_orders,
    pathway_weights_from_phases,
)
from megabar.spins.pulse_responses import responses_from_coupling
from megabar.spins.sequences import Delay, IdealPulse, Pulse, Relaxation, rectangular_pulse
from megabar.spins.spin_systems import Spin, SpinSystem

US, KHZ, MHZ = 1e-6, 1e3, 1e6
LASTING = Relaxation(t1=np.inf, t2=np.inf)


def ideal(degrees):
    return IdealPulse(channel="139La", angle=np.radians(degrees), phase=0.0)


def finite(duration):
    return rectangular_pulse(channel="139La", duration=duration, amplitude=62.5e3, phase=0.0)


def weights(table, spin=3.5):
    return pathway_weights_from_phases(
        phases=table.pulse_phases, receiver=table.receiver_phases, spin=spin
    )


def echo(nodes, pulses, delay, table, relaxation=LASTING, amplitudes=None):
    return echo_from_two_pulses(
        nodes,
        pulses=pulses,
        delay=delay,
        passing=weights(table, nodes.spin),
        relaxation=relaxation,
        amplitudes=amplitudes,
    )


def powder(coupling):
    found = coupling_nodes(quadrupole_coupling=coupling, asymmetry=0.0, spin=3.5, count=1024)
    return nodes_from_couplings(spin=3.5, coupling=found.coupling, offset=0.0, weight=found.weight)


def shaped(rng):
    return Pulse(
        channel="139La",
        duration=rng.uniform(2, 6) * US,
        amplitude=rng.uniform(20, 90, 5) * KHZ,
        phase=rng.uniform(0, 6, 5),
    )


@pytest.mark.parametrize("table", [SOLID_ECHO_8, HAHN_4, HAHN_16, HAHN_32], ids=lambda t: t.name)
def test_one_propagation_equals_the_sum_over_all_steps(table):
    rng = np.random.default_rng(len(table))
    pulses = shaped(rng), shaped(rng)
    levels = rng.uniform(-100, 100, (3, 8)) * KHZ
    times = np.array([0.0, 7.3, 20.0]) * US
    its = angular_momentum(3.5)
    system = SpinSystem(spins=(Spin(channel="139La", spin=3.5, shift=np.zeros((3, 3))),))
    hamiltonian = levels[:, :, None] * np.eye(8) + 0j
    total = 0.0
    for first, second, seen in zip(*table.pulse_phases, table.receiver_phases, strict=True):
        turned = [
            Pulse(channel=p.channel, duration=p.duration, amplitude=p.amplitude, phase=p.phase + by)
            for p, by in zip(pulses, (first, second), strict=True)
        ]
        elements = [turned[0], Delay(duration=25 * US), turned[1]]
        state = evolve(system, hamiltonian, elements, start=its.z)
        signal = observe(hamiltonian, state, detect=its.plus, times=times) / its.norm
        total = total + np.exp(-1j * seen) * signal / len(table)
    for node in range(3):
        alone = LevelNodes(spin=3.5, levels=levels[node : node + 1], weight=np.ones(1))
        found = echo(alone, pulses, 25 * US, table).signal(times)
        np.testing.assert_allclose(found, total[node], atol=1e-13)


@pytest.mark.parametrize(
    ("coupling", "first", "second", "at_delay", "largest", "at"),
    [
        (0.3, ideal(90), ideal(90), 0.191323, None, None),
        (0.3, finite(4 * US), finite(4 * US), 0.209463, 0.2316, 32.75),
        (1.0, ideal(90), ideal(90), 0.1991, None, None),
        (1.0, finite(4 * US), finite(4 * US), 0.2409, 0.2895, 26.75),
        (0.3, finite(4 * US), finite(4 / 3 * US), 0.3911, 0.4003, 27.25),
    ],
)
def test_solid_echo_of_a_quadrupolar_powder(coupling, first, second, at_delay, largest, at):
    lines = echo(powder(coupling * MHZ), (first, second), 25 * US, SOLID_ECHO_8)
    digits = 1e-6 if at_delay * 1e4 % 1 else 5e-5
    assert abs(lines.signal([25 * US])[0]) == pytest.approx(at_delay, abs=digits)
    if largest:
        top = echo_top(lines, window=(0.0, 50 * US))
        assert abs(lines.signal([at * US])[0]) == pytest.approx(largest, abs=5e-5)
        assert largest <= top.height + 5e-5
        assert top.time == pytest.approx(at * US, abs=0.13 * US)  # it was looked for every 0.25 us


def dephased(spin, second, table, *, linear):
    """Every phase once around: what refocuses at all."""
    turns = np.arange(512) / 512 / (25 * US)
    nodes = nodes_from_couplings(
        spin=spin,
        coupling=np.zeros(512) if linear else turns,
        offset=turns if linear else 0.0,
        weight=np.full(512, 1 / 512),
    )
    return abs(echo(nodes, (ideal(90), ideal(second)), 25 * US, table).signal([25 * US])[0])


@pytest.mark.parametrize(
    ("spin", "linear", "solid_90", "hahn_90", "hahn_180"),
    [
        (0.5, True, 0.5, 0.5, 1.0),
        (3.5, True, 0.5, 0.5, 1.0),
        (1.0, False, 1.0, 0.5, 0.0),
        (3.5, False, 0.249, 0.125, 0.190),
    ],
)
def test_what_refocuses_of_a_fully_dephased_sample(spin, linear, solid_90, hahn_90, hahn_180):
    assert dephased(spin, 90, SOLID_ECHO_8, linear=linear) == pytest.approx(solid_90, abs=6e-4)
    assert dephased(spin, 90, HAHN_16, linear=linear) == pytest.approx(hahn_90, abs=6e-4)
    assert dephased(spin, 180, HAHN_16, linear=linear) == pytest.approx(hahn_180, abs=6e-4)


def test_thirty_degrees_refocus_most_of_seven_halves():
    found = [dephased(3.5, angle, SOLID_ECHO_8, linear=False) for angle in range(20, 95, 5)]
    assert max(found) == found[2] == pytest.approx(0.3986, abs=1e-4)
    assert found[14] == pytest.approx(0.2493, abs=1e-4)


@pytest.mark.parametrize(("fwhm", "expected"), [(8e3, 0.783), (38e3, 0.500)])
def test_linear_broadening_refocuses_half_and_what_has_not_decayed(fwhm, expected):
    alone = nodes_from_couplings(spin=3.5, coupling=[0.0], offset=0.0, weight=[1.0])
    nodes = nodes_with_offsets(alone, gaussian_offsets(fwhm=fwhm, count=64))
    found = abs(echo(nodes, (ideal(90), ideal(90)), 25 * US, SOLID_ECHO_8).signal([25 * US])[0])
    left = np.exp(-((np.pi * fwhm * 50 * US) ** 2) / (4 * np.log(2)))
    assert found == pytest.approx((1 + left) / 2, abs=1e-7)
    assert found == pytest.approx(expected, abs=5e-4)


def test_quadrupole_broadening_of_the_same_second_moment_refocuses_less():
    spread = gaussian_offsets(fwhm=38e3 / (6 * np.sqrt(3)), count=512)  # M2 = 3 (6 f)^2
    nodes = nodes_from_couplings(spin=3.5, coupling=spread.offset, offset=0.0, weight=spread.weight)
    found = abs(echo(nodes, (ideal(90), ideal(90)), 25 * US, SOLID_ECHO_8).signal([25 * US])[0])
    assert found == pytest.approx(0.361, abs=5e-4)


def quadrupole_echo(fwhm, times):
    """Two ideal pulses 24 us apart, Gaussian couplings that give the line that width."""
    spread = gaussian_offsets(fwhm=fwhm / (6 * np.sqrt(3)), count=2048)
    nodes = nodes_from_couplings(spin=3.5, coupling=spread.offset, offset=0.0, weight=spread.weight)
    return abs(echo(nodes, (ideal(90), ideal(90)), 24 * US, SOLID_ECHO_8).signal(times))


def test_a_wide_line_has_an_echo_wherever_one_rate_makes_up_for_another():
    times = np.arange(80) * US
    found = quadrupole_echo(400e3, times)
    tops = [k for k in range(1, 79) if found[k] == found[k - 1 : k + 2].max() and found[k] > 0.035]
    assert tops == [8, 12, 16, 24, 36, 48, 72]  # the delay times ratios of 1, 2 and 3
    assert found[24] == pytest.approx(0.2493, abs=1e-4)


def test_a_line_of_middling_width_has_no_top_at_the_delay():
    found = quadrupole_echo(38e3, np.arange(18, 31) * US)
    assert (np.diff(found) < 0).all()


def gaussian_pulse(duration):
    """Cut at 1 % of the peak, 90 degrees."""
    place = (np.arange(128) + 0.5) / 64 - 1
    shape = np.exp(-np.log(100) * place**2)
    return Pulse(
        channel="1H",
        duration=duration,
        amplitude=shape / shape.mean() / (4 * duration),
        phase=np.zeros(128),
    )


def refocused(half_splitting, pulses):
    """Part of a line at +nu that goes as exp(-2 pi i nu tau)."""
    nodes = nodes_from_couplings(spin=1.0, coupling=[half_splitting / 3], offset=0.0, weight=[1.0])
    turns = np.arange(8) / 8
    parts = [
        echo(nodes, pulses, (5 + turn) / half_splitting, SOLID_ECHO_8).amplitude[0, 0]
        for turn in turns
    ]
    return abs(np.mean(np.array(parts) * np.exp(2j * np.pi * turns)))


@pytest.mark.parametrize(
    ("half_splitting", "expected"),
    [(87, 0.62), (104, 0.51), (141, 0.28), (205, 0.07), (222, 0.04)],
)
def test_two_soft_pulses_return_little_of_wide_pairs(half_splitting, expected):
    soft, hard = gaussian_pulse(6 * US), ideal(90)
    nu = half_splitting * KHZ
    found = refocused(nu, (soft, soft)) / refocused(nu, (hard, hard))
    assert found == pytest.approx(expected, abs=1e-2)


def test_a_hahn_echo_does_not_refocus_a_pair():
    nodes = nodes_from_couplings(spin=1.0, coupling=[5e3], offset=0.0, weight=[1.0])
    found = echo(nodes, (ideal(90), ideal(180)), 20 * US, HAHN_16).signal([20 * US])[0]
    assert abs(found) == pytest.approx(abs(np.cos(2 * np.pi * 15e3 * 40 * US)), abs=1e-12)


def test_relaxation_takes_coherences_and_brings_populations_back():
    nodes = nodes_from_couplings(spin=3.5, coupling=[4e3], offset=300.0, weight=[1.0])
    pulses, times = (finite(4 * US), finite(6 * US)), np.array([0.0, 30 * US])
    kept = echo(nodes, pulses, 25 * US, HAHN_16).signal(times)
    lossy = echo(nodes, pulses, 25 * US, HAHN_16, Relaxation(t1=1.0, t2=70 * US)).signal(times)
    np.testing.assert_allclose(lossy, kept * np.exp(-(25 * US + times) / (70 * US)), rtol=1e-12)
    for t1, expected in [(1e-9, 1.0), (np.log(4) ** -1, 0.5)]:  # all, and 1 - 2/4 of it
        recovered = echo_from_two_pulses(
            nodes_from_couplings(spin=3.5, coupling=[0.0], offset=0.0, weight=[1.0]),
            pulses=(ideal(180), ideal(90)),
            delay=1.0,
            passing=passing_orders(3.5, {0: 1.0}),
            relaxation=Relaxation(t1=t1, t2=1e-3),
        )
        assert (1j * recovered.signal([0.0])[0]).real == pytest.approx(expected, abs=1e-12)


def test_lines_after_a_pulse_are_those_of_the_nutation_kernel():
    f = np.array([600.0, 5e3, -40e3])
    nodes = nodes_from_couplings(spin=3.5, coupling=f, offset=10e3, weight=np.ones(3))
    found = lines_after_pulse(nodes, pulse=finite(4 * US), t2=np.inf).amplitude
    expected = responses_from_coupling(
        spin=3.5, coupling=f, offset=10e3, amplitude=np.array([62.5e3]), durations=np.array([4e-6])
    )
    np.testing.assert_allclose(found, expected[:, 0], atol=1e-14)


def test_a_spread_of_fields_damps_a_nutation_as_its_fourier_transform():
    alone = nodes_from_couplings(spin=3.5, coupling=[0.0], offset=0.0, weight=[1.0])
    fields = gaussian_amplitudes(relative_std=0.076, count=65)
    found = lines_after_pulse(alone, pulse=finite(20 * US), t2=np.inf, amplitudes=fields)
    damped = np.exp(-((2 * np.pi * 62.5e3 * 20 * US * 0.076) ** 2) / 2)
    assert (1j * found.signal([0.0])[0]).real == pytest.approx(damped, abs=1e-7)
    assert damped == pytest.approx(0.838, abs=2e-3)  # what 0.175 MHz of coupling does


def test_fields_over_the_sample_weaken_an_echo():
    alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    fields = gaussian_amplitudes(relative_std=0.1, count=33)
    found = echo(alone, (finite(4 * US), finite(8 * US)), 1e-4, HAHN_16, amplitudes=fields)
    angle = np.pi / 2 * fields.scale
    expected = fields.weight @ (np.sin(angle) * np.sin(angle) ** 2)  # sin b1 sin^2(b2/2)
    assert abs(found.signal([1e-4])[0]) == pytest.approx(expected, abs=1e-12)


def test_weights_of_another_spin_are_refused():
    nodes = nodes_from_couplings(spin=3.5, coupling=[0.0], offset=0.0, weight=[1.0])
    with pytest.raises(ValueError, match="needs 15 weights"):
        echo_from_two_pulses(
            nodes,
            pulses=(ideal(90), ideal(90)),
            delay=1e-5,
            passing=weights(HAHN_16, 0.5),
            relaxation=LASTING,
        )


def test_a_window_that_ends_before_it_begins_is_refused():
    nodes = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    lines = lines_after_pulse(nodes, pulse=ideal(90), t2=np.inf)
    with pytest.raises(ValueError, match="give its start, then its end"):
        echo_top(lines, window=(1e-4, 1e-5))

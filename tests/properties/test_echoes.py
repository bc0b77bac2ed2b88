"""What holds for every pulse, spin, cycle, field and text: unitarity, linearity, turns, bounds."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.errors import UnusableInput
from megabar.spins.amplitude_distributions import AmplitudeDistribution
from megabar.spins.echoes import echo_from_two_pulses, lines_after_pulse
from megabar.spins.level_nodes import LevelNodes
from megabar.spins.operators import magnetic_numbers
from megabar.spins.phase_tables import (
    HAHN_16,
    HAHN_32,
    SOLID_ECHO_8,
    PhaseTable,
    kept_pathways,
    pathway_weights_from_phases,
)
from megabar.spins.program_texts import program_from_text
from megabar.spins.pulse_propagators import propagators_from_levels
from megabar.spins.sequences import Pulse, Relaxation

SPINS = st.sampled_from([0.5, 1.0, 1.5, 2.5, 3.5, 4.5])
SEEDS = st.integers(0, 2**32 - 1)
LASTING = Relaxation(t1=np.inf, t2=np.inf)
ONE_KIND = "any"


def some_pulse(rng, *, slices=None, modulated=True):
    count = slices or int(rng.integers(1, 9))
    return Pulse(
        channel=ONE_KIND,
        duration=rng.uniform(0.5e-6, 10e-6),
        amplitude=rng.uniform(-100e3, 100e3, count),
        phase=rng.uniform(0, 2 * np.pi, count) if modulated else np.full(count, rng.uniform(0, 6)),
    )


def some_nodes(rng, spin, count=3):
    weight = rng.uniform(0.1, 1, count)
    levels = rng.uniform(-200e3, 200e3, (count, len(magnetic_numbers(spin))))
    return LevelNodes(spin=spin, levels=levels, weight=weight / weight.sum())


def some_passing(rng, spin):
    return rng.normal(size=round(4 * spin) + 1) + 1j * rng.normal(size=round(4 * spin) + 1)


def amplitudes(nodes, pulses, passing, relaxation=LASTING):
    return echo_from_two_pulses(
        nodes, pulses=pulses, delay=17e-6, passing=passing, relaxation=relaxation
    ).amplitude


@given(spin=SPINS, seed=SEEDS, modulated=st.booleans())
@settings(deadline=None)
def test_propagators_are_unitary(spin, seed, modulated):
    rng = np.random.default_rng(seed)
    turned = propagators_from_levels(
        spin=spin,
        levels=some_nodes(rng, spin).levels,
        pulse=some_pulse(rng, modulated=modulated),
    )
    product = turned @ np.swapaxes(turned, 1, 2).conj()
    np.testing.assert_allclose(
        product, np.broadcast_to(np.eye(len(product[0])), product.shape), atol=1e-12
    )


@given(spin=SPINS, seed=SEEDS)
@settings(deadline=None)
def test_slices_of_one_phase_are_those_of_the_general_road(spin, seed):
    rng = np.random.default_rng(seed)
    levels, pulse = some_nodes(rng, spin).levels, some_pulse(rng, slices=6, modulated=False)
    mirrored = Pulse(
        channel=ONE_KIND,
        duration=pulse.duration,
        amplitude=np.concatenate([pulse.amplitude[:3], pulse.amplitude[2::-1]]),
        phase=pulse.phase,
    )
    for one in (pulse, mirrored):
        # phases that differ by full turns are the same, and go through slices one by one
        split = Pulse(
            channel=ONE_KIND,
            duration=one.duration,
            amplitude=one.amplitude,
            phase=one.phase + 2 * np.pi * np.arange(6),
        )
        found = propagators_from_levels(spin=spin, levels=levels, pulse=one)
        expected = propagators_from_levels(spin=spin, levels=levels, pulse=split)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@given(spin=SPINS, seed=SEEDS)
@settings(deadline=None)
def test_an_echo_is_linear_in_what_passes(spin, seed):
    rng = np.random.default_rng(seed)
    nodes, pulses = some_nodes(rng, spin), (some_pulse(rng), some_pulse(rng))
    one, two = some_passing(rng, spin), some_passing(rng, spin)
    both = amplitudes(nodes, pulses, 2 * one - 1j * two)
    apart = 2 * amplitudes(nodes, pulses, one) - 1j * amplitudes(nodes, pulses, two)
    np.testing.assert_allclose(both, apart, atol=1e-12)


@given(spin=SPINS, seed=SEEDS, turn=st.floats(-6, 6))
@settings(deadline=None)
def test_turning_both_pulses_and_the_receiver_changes_nothing(spin, seed, turn):
    rng = np.random.default_rng(seed)
    nodes, pulses = some_nodes(rng, spin), (some_pulse(rng), some_pulse(rng))
    turned = tuple(
        Pulse(channel=ONE_KIND, duration=p.duration, amplitude=p.amplitude, phase=p.phase + turn)
        for p in pulses
    )
    passing = some_passing(rng, spin)
    found = amplitudes(nodes, turned, passing) * np.exp(-1j * turn)
    np.testing.assert_allclose(found, amplitudes(nodes, pulses, passing), atol=1e-12)


@given(spin=SPINS, seed=SEEDS)
@settings(deadline=None)
def test_without_a_cycle_no_signal_exceeds_that_of_a_perfect_pulse(spin, seed):
    rng = np.random.default_rng(seed)
    nodes, pulses = some_nodes(rng, spin), (some_pulse(rng), some_pulse(rng))
    everything = np.ones(round(4 * spin) + 1)
    lines = echo_from_two_pulses(
        nodes, pulses=pulses, delay=17e-6, passing=everything, relaxation=LASTING
    )
    assert abs(lines.signal(np.linspace(0, 50e-6, 11))).max() < 1 + 1e-12


@given(spin=SPINS, seed=SEEDS)
@settings(deadline=None)
def test_complete_recovery_forgets_the_first_pulse(spin, seed):
    rng = np.random.default_rng(seed)
    nodes, second = some_nodes(rng, spin), some_pulse(rng)
    everything = np.ones(round(4 * spin) + 1)
    found = amplitudes(nodes, (some_pulse(rng), second), everything, Relaxation(t1=1e-9, t2=1e-9))
    alone = lines_after_pulse(nodes, pulse=second, t2=np.inf).amplitude
    np.testing.assert_allclose(found, alone, atol=1e-12)


@given(spin=SPINS, seed=SEEDS)
@settings(deadline=None)
def test_a_spread_of_fields_is_the_mean_over_its_values(spin, seed):
    rng = np.random.default_rng(seed)
    nodes, pulse = some_nodes(rng, spin), some_pulse(rng)
    fields = AmplitudeDistribution(
        scale=np.array([0.5, 1.0, 1.3]), weight=np.array([0.2, 0.5, 0.3])
    )
    found = lines_after_pulse(nodes, pulse=pulse, t2=np.inf, amplitudes=fields).amplitude
    parts = [
        share * lines_after_pulse(nodes, pulse=pulse.scaled(scale), t2=np.inf).amplitude
        for scale, share in zip(fields.scale, fields.weight, strict=True)
    ]
    np.testing.assert_allclose(found, sum(parts), atol=1e-13)


@given(
    spin=SPINS,
    table=st.sampled_from([HAHN_16, HAHN_32, SOLID_ECHO_8]),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_steps_does_not_matter(spin, table, order):
    steps = list(range(len(table)))
    order.shuffle(steps)
    shuffled = PhaseTable(
        name=table.name,
        turn=table.turn,
        phases={row: tuple(one[k] for k in steps) for row, one in table.phases.items()},
        receiver=tuple(table.receiver[k] for k in steps),
    )
    assert kept_pathways(shuffled, spin=spin) == kept_pathways(table, spin=spin)
    weights = [
        pathway_weights_from_phases(
            phases=one.pulse_phases, receiver=one.receiver_phases, spin=spin
        )
        for one in (table, shuffled)
    ]
    np.testing.assert_allclose(*weights, atol=1e-14)


WORDS = st.sampled_from(
    "name observe turn phases receiver pulse ideal delay keep repeat end fixed on = , ph1 1H 4 0 "
    "-1 us kHz deg 1e400 nan mine 999999999 # x".split()
)


@given(lines=st.lists(st.lists(WORDS, max_size=7).map(" ".join), max_size=9), whole=st.booleans())
def test_any_text_gives_a_program_or_says_what_is_wrong(lines, whole):
    head = "name mine\nobserve 1H\nturn 4\nphases ph1 = 0 1\nreceiver = 0 1\nideal ph1, 90 deg\n"
    try:
        program = program_from_text((head if whole else "") + "\n".join(lines), shapes={})
    except UnusableInput as error:
        assert re.match(r"Line \d+: |Found no pulse on ", str(error))  # noqa: PT017
    else:
        assert program.printed(spin=0.5)

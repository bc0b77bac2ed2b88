"""What signals of clusters do for every arrangement of the spins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.batteries.proton_clusters import few_orientations, protons, scattered

from megabar.spins.cluster_sequences import signal_from_cluster_sequence
from megabar.spins.clusters import (
    echo_from_cluster,
    fid_from_cluster,
    hahn_echo_from_cluster,
    solid_echo_from_cluster,
)
from megabar.spins.orientations import Orientations
from megabar.spins.sequences import Delay, IdealPulse, rectangular_pulse
from megabar.spins.tensors import shift_tensor

FEW = settings(max_examples=20, deadline=None)
SEEDS = st.integers(0, 2**31 - 1)
COUNTS = st.integers(2, 5)
TIMES = 1e-6 * np.arange(40)
WORDS = {"channel": "1H", "delay": 12e-6, "times": TIMES}


def shifts(count, seed):
    random = np.random.default_rng(seed)
    return [
        shift_tensor(
            isotropic=random.normal(scale=3e3),
            anisotropy=random.normal(scale=3e3),
            asymmetry=random.uniform(),
            rotation=Rotation.random(random_state=seed + n).as_matrix(),
        )
        for n in range(count)
    ]


def turned(orientations, rotation):
    directions = orientations.directions @ rotation.T
    return Orientations(
        alpha=np.arctan2(directions[:, 1], directions[:, 0]),
        beta=np.arccos(np.clip(directions[:, 2], -1, 1)),
        weight=orientations.weight,
    )


@FEW
@given(count=COUNTS, seed=SEEDS)
def test_turning_crystal_and_field_together_changes_nothing(count, seed):
    rotation = Rotation.random(random_state=seed).as_matrix()
    places, tensors, some = scattered(count, seed), shifts(count, seed), few_orientations(2, seed)
    before = solid_echo_from_cluster(protons(places, tensors), some, **WORDS)
    after = solid_echo_from_cluster(
        protons(places @ rotation.T, [rotation @ one @ rotation.T for one in tensors]),
        turned(some, rotation),
        **WORDS,
    )
    assert after == pytest.approx(before, abs=1e-9)


@FEW
@given(count=COUNTS, seed=SEEDS)
def test_naming_the_spins_in_another_order_changes_nothing(count, seed):
    order = np.random.default_rng(seed).permutation(count)
    places, tensors, some = scattered(count, seed), shifts(count, seed), few_orientations(2, seed)
    before = solid_echo_from_cluster(protons(places, tensors), some, **WORDS)
    again = protons(places[order], [tensors[n] for n in order])
    assert solid_echo_from_cluster(again, some, **WORDS) == pytest.approx(before, abs=1e-10)


@FEW
@given(count=COUNTS, seed=SEEDS)
def test_a_decay_backwards_in_time_is_the_conjugate(count, seed):
    system, some = protons(scattered(count, seed), shifts(count, seed)), few_orientations(2, seed)
    forwards = fid_from_cluster(system, some, channel="1H", times=TIMES)
    backwards = fid_from_cluster(system, some, channel="1H", times=-TIMES)
    assert backwards == pytest.approx(forwards.conj(), abs=1e-11)


@FEW
@given(count=COUNTS, seed=SEEDS)
def test_without_shifts_a_decay_is_real_and_starts_at_one(count, seed):
    system, some = protons(scattered(count, seed)), few_orientations(2, seed)
    fid = fid_from_cluster(system, some, channel="1H", times=TIMES)
    # no use of the mirror: a shift too small to see forbids it
    tiny = protons(scattered(count, seed), [1e-9 * np.eye(3)] * count)
    whole = fid_from_cluster(tiny, some, channel="1H", times=TIMES)
    assert whole.imag == pytest.approx(np.zeros(len(TIMES)), abs=1e-11)
    assert whole == pytest.approx(fid, abs=1e-11)
    assert fid[0] == pytest.approx(1.0, abs=1e-12)


@FEW
@given(count=COUNTS, seed=SEEDS)
def test_a_common_shift_turns_the_decay_and_is_refocused_by_the_hahn_echo(count, seed):
    places, some = scattered(count, seed), few_orientations(2, seed)
    plain, shifted = protons(places), protons(places, [5e3 * np.eye(3)] * count)
    turning = np.exp(2j * np.pi * 5e3 * TIMES)
    decay = fid_from_cluster(plain, some, channel="1H", times=TIMES)
    found = fid_from_cluster(shifted, some, channel="1H", times=TIMES)
    assert found == pytest.approx(decay * turning, abs=1e-11)
    refocused = turning * np.exp(-2j * np.pi * 5e3 * 12e-6)
    echo = hahn_echo_from_cluster(plain, some, **WORDS)
    assert hahn_echo_from_cluster(shifted, some, **WORDS) == pytest.approx(
        echo * refocused, abs=1e-11
    )


@FEW
@given(
    count=COUNTS, seed=SEEDS, angles=st.tuples(st.floats(-7, 7), st.floats(-7, 7)),
    phases=st.tuples(st.floats(-7, 7), st.floats(-7, 7)),
)  # fmt: skip
def test_no_signal_is_larger_than_that_of_a_perfect_pulse(count, seed, angles, phases):
    system, some = protons(scattered(count, seed), shifts(count, seed)), few_orientations(2, seed)
    first, second = (
        IdealPulse(channel="1H", angle=angle, phase=phase)
        for angle, phase in zip(angles, phases, strict=True)
    )
    words = {"pulses": (first, second), "delay": 12e-6, "times": TIMES}
    whole = echo_from_cluster(system, some, **words)
    assert np.abs(whole).max() < 1 + 1e-10
    parts = [echo_from_cluster(system, some, orders=(order,), **words) for order in (-1, 0, 1)]
    assert np.sum(parts, axis=0) == pytest.approx(whole, abs=1e-11)


@FEW
@given(count=COUNTS, seed=SEEDS, phase=st.floats(-7, 7))
def test_turning_all_phases_turns_the_signal(count, seed, phase):
    system, some = protons(scattered(count, seed), shifts(count, seed)), few_orientations(2, seed)

    def signal(offset):
        elements = [
            rectangular_pulse(channel="1H", duration=4e-6, amplitude=50e3, phase=0.3 + offset),
            Delay(duration=5e-6),
            rectangular_pulse(channel="1H", duration=3e-6, amplitude=90e3, phase=1.3 + offset),
        ]
        return signal_from_cluster_sequence(system, some, elements, channel="1H", times=TIMES)

    assert signal(phase) == pytest.approx(signal(0.0) * np.exp(1j * phase), abs=1e-10)


@FEW
@given(count=COUNTS, seed=SEEDS)
def test_a_pulse_and_its_opposite_leave_nothing_transverse(count, seed):
    # 360 degrees of a field that turns the other way in its second half, without couplings
    system = protons(1e3 * scattered(count, seed))
    pulses = [
        rectangular_pulse(channel="1H", duration=4e-6, amplitude=90e3, phase=phase)
        for phase in (0.4, 0.4 + np.pi)
    ]
    signal = signal_from_cluster_sequence(
        system, few_orientations(2, seed), pulses, channel="1H", times=TIMES
    )
    assert np.abs(signal).max() < 1e-6

"""Finite pulses on clusters against dense matrices of the general road."""

import numpy as np
import pytest
from tests.batteries.proton_clusters import (
    cube,
    dense_signal,
    few_orientations,
    mixed_system,
    unshifted_system,
)

from megabar.spins.cluster_sequences import signal_from_cluster_sequence
from megabar.spins.clusters import solid_echo_from_cluster
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse, rectangular_pulse

TIMES = 0.5e-6 * np.arange(40)
SOME = few_orientations(3, 11)
SHAPED = Pulse(
    channel="1H",
    duration=6e-6,
    amplitude=np.array([10e3, 80e3, 30e3, 80e3]),
    phase=np.array([0.1, 0.7, -0.4, 2.0]),
)
ON_LANTHANUM = rectangular_pulse(channel="139La", duration=3e-6, amplitude=60e3, phase=0.6)
WAIT = Delay(duration=8e-6)
QUARTER = rectangular_pulse(channel="1H", duration=2.5e-6, amplitude=100e3, phase=1.0)


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize(
    "elements",
    [
        [SHAPED],
        [QUARTER, WAIT, QUARTER],
        [QUARTER, OrderFilter(orders={"1H": (1, 0)}), WAIT, ON_LANTHANUM, SHAPED, WAIT],
        [IdealPulse(channel="1H", angle=1.0, phase=0.3), WAIT, ON_LANTHANUM],
    ],
)
def test_sequences_on_protons_and_lanthanum_agree_with_dense_matrices(elements, second_order):
    system = mixed_system(second_order=second_order)
    found = signal_from_cluster_sequence(system, SOME, elements, channel="1H", times=TIMES)
    assert found == pytest.approx(dense_signal(system, SOME, elements, "1H", TIMES), abs=1e-11)


@pytest.mark.parametrize("channel", ["1H", "139La"])
def test_unshifted_spins_of_three_kinds_agree_with_dense_matrices(channel):
    elements = [QUARTER, WAIT, ON_LANTHANUM, SHAPED]
    system = unshifted_system()
    found = signal_from_cluster_sequence(system, SOME, elements, channel=channel, times=TIMES)
    expected = dense_signal(system, SOME, elements, channel, TIMES)
    assert np.abs(found - expected).max() < 1e-11


def test_six_protons_agree_with_dense_matrices():
    elements = [QUARTER, WAIT, SHAPED]
    found = signal_from_cluster_sequence(cube(6), SOME, elements, channel="1H", times=TIMES)
    assert found == pytest.approx(dense_signal(cube(6), SOME, elements, "1H", TIMES), abs=1e-11)


def test_strong_short_pulses_approach_ideal_ones():
    def echo(length):
        first, second = (
            rectangular_pulse(channel="1H", duration=length, amplitude=0.25 / length, phase=phase)
            for phase in (0.0, np.pi / 2)
        )
        return signal_from_cluster_sequence(
            cube(4), SOME, [first, Delay(duration=20e-6), second], channel="1H", times=TIMES
        )

    ideal = solid_echo_from_cluster(cube(4), SOME, channel="1H", delay=20e-6, times=TIMES)
    far, near = (np.abs(echo(length) - ideal).max() for length in (2e-9, 1e-9))
    assert near < 2e-3
    assert near / far == pytest.approx(0.5, abs=0.01)  # first order in the length


def test_a_pulse_that_reaches_no_spin_is_refused():
    with pytest.raises(ValueError, match=r"'139La', which reaches no spin. The system has: 1H"):
        signal_from_cluster_sequence(cube(2), SOME, [ON_LANTHANUM], channel="1H", times=TIMES)


def test_too_many_states_are_refused():
    nine = type(cube(2))(spins=cube(8).spins + cube(1).spins)
    with pytest.raises(ValueError, match="512 states"):
        signal_from_cluster_sequence(nine, SOME, [QUARTER], channel="1H", times=TIMES)

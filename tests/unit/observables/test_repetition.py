"""Repetition and flip angle against their closed forms and against brute force."""

import numpy as np
import pytest

from megabar.observables.repetition import (
    BEST_OF_90,
    Scan,
    best_of_90,
    best_repetition,
    ernst_angle,
)

RIGHT = np.pi / 2


def scan(**changes):
    return Scan(**{"sequence": "fid", "t1": (1.0, 0.0), "shortest": 1e-3, **changes})


def test_right_angles_are_best_repeated_every_1_26_t1():
    assert np.exp(BEST_OF_90) == pytest.approx(1 + 2 * BEST_OF_90, rel=1e-12)
    found = best_repetition(scan(flip_angle=RIGHT))
    assert found.time == pytest.approx(BEST_OF_90, rel=1e-4)
    assert found.factor.value == pytest.approx(1 - np.exp(-BEST_OF_90), rel=1e-4)


def test_the_ernst_angle_has_the_largest_signal_of_all_angles():
    angles = np.linspace(0, RIGHT, 4001)
    decay = np.exp(-0.3)
    signal = (1 - decay) * np.sin(angles) / (1 - decay * np.cos(angles))
    assert ernst_angle(repetition_time=0.3, t1=1.0) == pytest.approx(
        angles[signal.argmax()], abs=1e-3
    )


def test_free_angles_repeat_as_fast_as_they_may_and_beat_right_angles_by_a_tenth():
    """In the limit of fast repetition the gain is sqrt(1/2) over 0.6382, 1.108."""
    fast = best_repetition(scan())
    assert fast.time == pytest.approx(1e-3)
    right = best_repetition(scan(flip_angle=RIGHT))
    assert fast.efficiency / right.efficiency == pytest.approx(np.sqrt(0.5) / 0.6382, rel=2e-3)


def test_a_record_that_is_longer_than_the_best_repetition_sets_it():
    assert best_repetition(scan(shortest=3.0, flip_angle=RIGHT)).time == pytest.approx(3.0)


def test_five_t1_cost_two_thirds_more_time_than_the_best():
    assert best_of_90(5.0) ** -2 == pytest.approx(
        (0.6382 / (1 - np.exp(-5)) * np.sqrt(5)) ** 2, rel=1e-3
    )


@pytest.mark.parametrize(("sequence", "delay"), [("hahn-echo", 0.05), ("solid-echo", 0.3)])
def test_echoes_are_best_where_brute_force_says(sequence, delay):
    found = best_repetition(
        scan(sequence=sequence, echo_delay=delay, flip_angle=RIGHT, shortest=2 * delay)
    )
    times = np.linspace(2 * delay, 6, 20001)
    left = np.exp(-(times - delay))
    signal = 1 - left if sequence == "solid-echo" else 1 - 2 * left + np.exp(-times)
    assert found.time == pytest.approx(times[(signal / np.sqrt(times)).argmax()], abs=2e-3)


def test_an_error_of_t1_that_is_charged_asks_for_patience():
    def cost(one):
        common = one.factor.relative_std
        return np.inf if common >= 0.02 else one.time / one.factor.value**2 / (4e-4 - common**2)

    times = [
        best_repetition(scan(t1=(1.0, std), flip_angle=RIGHT), cost=cost).time
        for std in (0.0, 0.02, 0.05)
    ]
    assert times[0] == pytest.approx(BEST_OF_90, rel=1e-3)
    assert times[0] < times[1] < times[2]


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="both must be positive"):
        ernst_angle(repetition_time=0.0, t1=1.0)
    with pytest.raises(ValueError, match="Check their units"):
        scan(t1=(-1.0, 0.0))

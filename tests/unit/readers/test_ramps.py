"""The direction of a ramp comes from its temperatures."""

import numpy as np
import pytest

from megabar.readers.ramps import dead_band, directions, reversal_warnings


def test_down_and_up_turns_once_at_the_coldest_point():
    temperature = np.concatenate([np.linspace(300, 4, 75), np.linspace(8, 300, 74)])
    direction, turns = directions(temperature)
    assert turns == (74,)
    assert (direction[:75] == -1).all()
    assert (direction[75:] == 1).all()


def test_a_short_triangle_turns_at_its_top():
    assert directions(np.array([4.0, 5.0, 6.0, 5.9, 5.0, 4.0]))[1] == (2,)


def test_a_flickering_thermometer_does_not_turn():
    rng = np.random.default_rng(2)
    flicker = 0.3 * rng.choice([-1, 0, 0, 0, 1], size=2000)
    direction, turns = directions(np.linspace(250, 60, 2000) + flicker)
    assert turns == ()
    assert (direction == -1).all()


def test_one_step_back_of_a_smooth_thermometer_is_a_reversal():
    smooth = np.linspace(300, 7, 110)
    smooth[100] = smooth[99] + 0.3
    direction, turns = directions(smooth)
    assert turns == (99, 100)
    assert direction[100] == 1
    assert "reverses 2 times" in reversal_warnings(smooth, turns)[0]


def test_a_smooth_ramp_has_no_dead_band_and_a_noisy_one_twelve_times_its_noise():
    assert dead_band(np.linspace(4, 300, 100) ** 1.3) == 0
    rng = np.random.default_rng(6)
    noise = rng.normal(scale=0.1, size=5000)
    # the running median of five normal numbers takes away about 0.29 of their variance
    difference_rms = dead_band(300 + noise) / 12
    assert 0.05 < difference_rms < 0.11


def test_rest_has_no_direction():
    direction, turns = directions(np.full(20, 77.0))
    assert (direction == 0).all()
    assert turns == ()


@pytest.mark.parametrize("points", [0, 1, 2, 4])
def test_short_sweeps_have_directions_too(points):
    direction, turns = directions(np.arange(points) + 10.0)
    assert direction.tolist() == ([1] * points if points > 1 else [0] * points)
    assert turns == ()


def test_a_decided_band_wins():
    steps = np.array([10.0, 11, 12, 11, 12, 13])
    assert directions(steps, band=0.5)[1] == (2, 3)
    assert directions(steps, band=1.5)[1] == ()

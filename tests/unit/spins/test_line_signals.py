"""Sums of lines against exponentials, one by one."""

import numpy as np
import pytest

from megabar.spins.line_signals import signal_from_lines

RANDOM = np.random.default_rng(7)
FREQUENCIES = RANDOM.normal(scale=3e5, size=200)  # many beyond half the sampling rate of 1 MHz
AMPLITUDES = RANDOM.normal(size=200) + 1j * RANDOM.normal(size=200)


def one_by_one(times):
    return np.exp(2j * np.pi * np.outer(times, FREQUENCIES)) @ AMPLITUDES


@pytest.mark.parametrize("count", [1, 2, 3, 15, 333, 1024])
@pytest.mark.parametrize("start", [0.0, 17.3e-6, -200e-6])
def test_evenly_spaced_times_give_the_sum_of_exponentials(count, start):
    times = start + 1e-6 * np.arange(count)
    found = signal_from_lines(frequencies=FREQUENCIES, amplitudes=AMPLITUDES, times=times)
    assert np.abs(found - one_by_one(times)).max() < 1e-13 * np.abs(AMPLITUDES).sum()


@pytest.mark.parametrize("times", [[0.0, 1e-6, 3e-6], [5e-6, 5e-6], [3e-6, 2e-6, 1e-6], []])
def test_times_in_any_order_or_spacing_give_the_sum_of_exponentials(times):
    found = signal_from_lines(frequencies=FREQUENCIES, amplitudes=AMPLITUDES, times=times)
    expected = one_by_one(np.array(times))
    assert found == pytest.approx(expected, abs=1e-13 * np.abs(AMPLITUDES).sum())


def test_times_that_are_nearly_even_are_not_taken_as_even():
    times = 1e-6 * np.arange(64)
    times[20] += 1e-9
    found = signal_from_lines(frequencies=FREQUENCIES, amplitudes=AMPLITUDES, times=times)
    assert np.abs(found - one_by_one(times)).max() < 1e-13 * np.abs(AMPLITUDES).sum()


def test_a_line_between_two_points_at_the_end_of_the_axis_wraps():
    times = 1e-6 * np.arange(64)
    for frequency in (-1e-3, 1e6 - 1e-3, 0.5e6, 0.0):
        found = signal_from_lines(frequencies=[frequency], amplitudes=[1.0], times=times)
        assert found == pytest.approx(np.exp(2j * np.pi * frequency * times), abs=1e-12)


def test_frequencies_without_amplitudes_are_refused():
    with pytest.raises(ValueError, match="2 frequencies and 1 amplitudes"):
        signal_from_lines(frequencies=[1.0, 2.0], amplitudes=[1.0], times=[0.0])

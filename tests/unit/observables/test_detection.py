"""Is there a line at all?"""

import numpy as np
import pytest
from scipy.stats import ncx2

from megabar.observables import detection


@pytest.mark.parametrize("false_alarm", [0.1, 0.01])
def test_noise_passes_for_a_line_no_more_often_than_stated(false_alarm):
    rng = np.random.default_rng(1)
    time = np.arange(256) * 1e-6
    envelopes = np.exp(-np.array([[1e3], [2e4]]) * time)
    alarms = 0
    for _ in range(400):
        signal = rng.normal(size=256) + 1j * rng.normal(size=256)
        found = detection.best_candidate(
            signal, time=time, envelopes=envelopes, noise_std=1.0, frequencies=None
        )
        alarms += found.power > detection.power_limit(false_alarm=false_alarm, trials=found.trials)
    assert alarms <= 400 * false_alarm + 3 * np.sqrt(400 * false_alarm)


def test_power_of_noise_at_one_place_is_exponential_with_mean_one():
    rng = np.random.default_rng(2)
    time = np.arange(64) * 1e-6
    powers = [
        detection.best_candidate(
            rng.normal(size=64) + 1j * rng.normal(size=64),
            time=time,
            envelopes=np.exp(-3e4 * time)[None],
            noise_std=1.0,
            frequencies=12e3,
        ).power
        for _ in range(2000)
    ]
    assert np.mean(powers) == pytest.approx(1, abs=3 / np.sqrt(2000))
    assert np.mean(np.array(powers) > 3) == pytest.approx(np.exp(-3), abs=0.015)


def test_an_amplitude_at_the_bound_would_have_shown_more_power_with_the_stated_probability():
    rng = np.random.default_rng(3)
    power = 9.0
    amplitude = detection.amplitude_bound(power=power, probability=0.95)
    shown = np.abs(amplitude + rng.normal(size=40000) + 1j * rng.normal(size=40000)) ** 2 / 2
    assert np.mean(shown > power) == pytest.approx(0.95, abs=0.004)
    assert ncx2.sf(2 * power, 2, amplitude**2) == pytest.approx(0.95, rel=1e-6)


def test_bound_grows_with_power_and_is_zero_without_any():
    bounds = [detection.amplitude_bound(power=p, probability=0.9) for p in (0.0, 1, 5, 50, 500)]
    assert bounds[0] == 0
    assert np.all(np.diff(bounds) > 0)


def test_an_empty_window_is_refused():
    with pytest.raises(ValueError, match="Widen the window"):
        detection.best_candidate(
            np.ones(16, complex),
            time=np.arange(16.0),
            envelopes=np.ones((1, 16)),
            noise_std=1.0,
            frequencies=(0.61, 0.62),
        )

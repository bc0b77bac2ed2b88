"""Noise from the tail: its value, its error, and how well it knows that signal is left."""

import numpy as np
import pytest
from scipy.special import erfc
from scipy.stats import kstest
from tests.unit.spectra.records import decay, grid, noise, record

from megabar import spectra
from megabar.errors import NotTimeDomain, Undetermined
from megabar.spectra.noise import FALSE_ALARM, noise_level_from_rows

REPEATS = 2000
TAIL = 256


def refused(rows):
    level = noise_level_from_rows(rows)
    return min(level.line_probability, level.drift_probability) < FALSE_ALARM / 2


def test_noise_is_found_with_the_error_that_it_claims():
    rows = noise((REPEATS, TAIL), std=2.5, seed=1)
    pulls = []
    for row in rows:
        level = noise_level_from_rows(row[np.newaxis])
        pulls.append((level.std - 2.5) / level.std_error)
    # mean and width of n pulls are known to 1/sqrt(n) and 1/sqrt(2n): four of each, and a third
    # of the skew of a chi distribution of 512 degrees of freedom
    assert np.mean(pulls) == pytest.approx(0, abs=4 / REPEATS**0.5 + 0.03)
    assert np.std(pulls) == pytest.approx(1, abs=4 / (2 * REPEATS) ** 0.5 + 0.02)


def test_error_of_white_noise_is_that_of_both_channels_together():
    level = noise_level_from_rows(noise((1, 4096), seed=2))
    assert level.std_error / level.std == pytest.approx(1 / (2 * 4096**0.5), rel=0.05)


def test_filtered_noise_has_fewer_independent_points():
    # a receiver that passes half the band: half the points are independent
    rows = noise((400, 1024), seed=3)
    band = np.fft.fft(rows, axis=1)
    band[:, 256:768] = 0
    filtered = np.fft.ifft(band, axis=1)
    pulls = []
    for row in filtered:
        level = noise_level_from_rows(row[np.newaxis])
        pulls.append((level.std - 0.5**0.5) / level.std_error)
    assert np.std(pulls) == pytest.approx(1, abs=4 / 800**0.5)


def test_a_filter_edge_is_no_line():
    band = np.fft.fft(noise((500, 1024), seed=4), axis=1)
    band[:, 400:624] = 0
    rows = np.fft.ifft(band, axis=1)
    alarms = sum(refused(row[np.newaxis]) for row in rows)
    assert alarms <= 1  # 0.05 expected


def test_pure_noise_is_rarely_taken_for_signal():
    rows = noise((REPEATS, TAIL), seed=5)
    alarms = sum(refused(row[np.newaxis]) for row in rows)
    assert alarms <= 2  # at most 0.2 expected


def test_probabilities_of_pure_noise_are_honest():
    rows = noise((REPEATS, TAIL), seed=6)
    drift = [noise_level_from_rows(row[np.newaxis]).drift_probability for row in rows]
    assert kstest(drift, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("n_rows", [1, 16])
def test_a_line_in_the_tail_is_noticed_before_it_spoils_the_noise(n_rows):
    # its power is 0.18 of that of the noise: the rms is 9 % too large, three of its errors
    time = grid(TAIL)
    hits = 0
    for seed in range(200):
        line = decay(time, amplitude=0.6, frequency=123e3, phase=seed)
        hits += refused(noise((n_rows, TAIL), seed=seed) + line)
    assert hits >= 190


def test_a_line_in_a_single_row_of_many_is_noticed():
    time = grid(TAIL)
    hits = 0
    for seed in range(100):
        rows = noise((32, TAIL), seed=seed)
        rows[0] += decay(time, amplitude=0.8, frequency=-321e3)
        hits += refused(rows)
    assert hits >= 95


def test_a_broad_decay_that_reaches_into_the_tail_is_noticed():
    time = grid(TAIL)
    fwhm = 1 / (np.pi * 20e-6)  # gone after a third of the tail; the rms is 13 % too large
    hits = sum(
        refused(noise((1, TAIL), seed=s) + decay(time, amplitude=2.6, frequency=50e3, fwhm=fwhm))
        for s in range(200)
    )
    assert hits >= 190


def test_noise_that_grows_is_noticed():
    rows = noise((1, 1024), seed=7) * np.linspace(1, 1.6, 1024)
    assert refused(rows)


def test_a_constant_offset_is_not_noise():
    rows = noise((50, 1024), seed=8)
    plain, offset = noise_level_from_rows(rows), noise_level_from_rows(rows + 5 - 3j)
    assert offset.std == pytest.approx(plain.std, rel=1e-9)
    assert not refused(rows + 5 - 3j)


def test_rows_of_unequal_noise_are_told_apart():
    rows = noise((10, 512), seed=9)
    assert noise_level_from_rows(rows).rows_probability > 1e-3
    rows[3] *= 1.3
    assert noise_level_from_rows(rows).rows_probability < 1e-3


def test_noise_from_tail_refuses_a_tail_with_signal_and_bounds_it():
    time = grid(2048)
    acq = record(decay(time, amplitude=3, frequency=40e3) + noise((2048,), seed=1), time=time)
    with pytest.raises(Undetermined, match="Found a line in the tail") as caught:
        spectra.noise_from_tail(acq)
    assert caught.value.quality == "upper bound"


def test_noise_from_tail_sees_only_the_tail():
    time = grid(4096)
    signal = decay(time, amplitude=1000, frequency=40e3, fwhm=38e3)
    acq = record(signal + noise((4096,), std=1.5, seed=2), time=time)
    std, error = spectra.noise_from_tail(acq)
    assert error / std == pytest.approx(1 / (2 * 1024**0.5), rel=0.1)
    assert std == pytest.approx(1.5, abs=4 * error)


def test_steps_that_agree_share_the_better_estimate():
    acq = record(noise((8, 1024), seed=3), time=grid(1024), step={"delay": np.arange(8)})
    std, error = spectra.noise_of_steps(acq)
    assert np.ptp(std) == 0
    assert error[0] == pytest.approx(std[0] / (2 * (8 * 256) ** 0.5), rel=0.1)


def test_steps_that_disagree_keep_their_own():
    rows = noise((4, 4096), seed=4) * np.array([1, 1, 1, 2])[:, np.newaxis]
    std, error = spectra.noise_of_steps(record(rows, time=grid(4096), step={"delay": np.arange(4)}))
    np.testing.assert_allclose(std, [1, 1, 1, 2], atol=4 * error.max())


def test_a_stated_noise_is_believed():
    acq = record(noise((2, 64), seed=5), time=grid(64), noise_std=7.0, noise_relative_std=0.1)
    std, error = spectra.noise_of_steps(acq)
    np.testing.assert_allclose(std, [7, 7])
    np.testing.assert_allclose(error, [0.7, 0.7])


def test_a_noise_stated_as_unknown_is_refused():
    acq = record(noise((2, 64), seed=5), time=grid(64), noise_std=float("nan"))
    with pytest.raises(Undetermined, match="unknown"):
        spectra.noise_of_steps(acq)


def test_a_tail_of_zeros_or_without_points_has_no_noise():
    signal = noise((1, 256), seed=6)
    signal[:, 100:] = 0
    with pytest.raises(Undetermined, match="zeros"):
        spectra.noise_from_tail(record(signal, time=grid(256)))
    signal[:, 200] = np.nan
    with pytest.raises(Undetermined, match="missing points"):
        spectra.noise_from_tail(record(signal, time=grid(256)))
    with pytest.raises(ValueError, match="longer tail"):
        spectra.noise_from_tail(record(noise((1, 40), seed=6), time=grid(40)))
    with pytest.raises(ValueError, match="between 0 and 1"):
        spectra.noise_from_tail(record(signal, time=grid(256)), tail=1.5)


def test_a_spectrum_has_no_tail():
    spec = spectra.transform(record(noise((1, 128), seed=7), time=grid(128)))
    with pytest.raises(NotTimeDomain, match="noise"):
        spectra.noise_from_tail(spec)


def test_the_largest_point_of_pure_noise_is_no_signal_to_noise_ratio():
    # why no function here divides a maximum by the noise: 1024 points of nothing give 3.9
    rows = noise((4000, 1024), seed=8)
    largest = np.abs(rows).max(axis=1)
    assert largest.mean() == pytest.approx(3.86, abs=0.05)
    expected = np.sqrt(2 * np.log(1024)) + 0.5772 / np.sqrt(2 * np.log(1024))
    assert largest.mean() == pytest.approx(expected, abs=0.03)
    assert erfc(3.86 / 2**0.5) < 2e-4  # a single point would hardly ever reach it

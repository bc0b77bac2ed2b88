"""Windows: their widths, their record, and the noise that is taken before them."""

import json

import numpy as np
import pytest
from tests.batteries.stages import check_stage
from tests.unit.spectra.records import decay, grid, noise, record

from megabar import schemas, spectra
from megabar.errors import UnknownWord
from megabar.spectra.apodisation import applied_window, product_of_rows, window_from_time

LONG = grid(1 << 15)


def full_width(signal):
    """Full width at half maximum of the real spectrum, by interpolation."""
    spec = spectra.transform(record(signal, time=LONG), zero_fill=4)
    real, frequency = spec["spectrum"].values[0].real, spec["frequency"].values
    above = np.flatnonzero(real > real.max() / 2)
    low, high = above[0], above[-1]

    def crossing(i, j):
        return np.interp(real.max() / 2, [real[i], real[j]], [frequency[i], frequency[j]])

    return crossing(high + 1, high) - crossing(low - 1, low)


def test_exponential_window_adds_its_width_to_a_lorentzian():
    window = window_from_time(time=LONG, window="exponential", width=3e3)
    assert full_width(decay(LONG, fwhm=2e3) * window) == pytest.approx(5e3, rel=1e-3)


def test_gaussian_window_has_the_width_that_it_is_given():
    window = window_from_time(time=LONG, window="gaussian", width=3e3)
    assert full_width(decay(LONG) * window) == pytest.approx(3e3, rel=1e-3)


def test_matched_window_has_the_best_peak_over_noise():
    signal = decay(LONG, fwhm=4e3).real
    ratios = {}
    for width in (1e3, 2e3, 4e3, 8e3, 16e3):
        window = window_from_time(time=LONG, window="exponential", width=width)
        ratios[width] = np.sum(signal * window) / np.sqrt(np.sum(window**2))
    assert max(ratios, key=ratios.get) == 4e3


@pytest.mark.parametrize(
    ("window", "width"), [("exponential", 1e5), ("gaussian", 1e5), ("cosine", None)]
)
def test_windows_are_one_at_zero_and_even(window, width):
    time = grid(41, start=-20 * 0.5e-6)
    values = window_from_time(time=time, window=window, width=width)
    assert values[20] == 1
    np.testing.assert_allclose(values, values[::-1], rtol=1e-12)
    assert np.all(np.diff(values[20:]) < 0)
    assert np.all(values > 0)


def test_cosine_reaches_zero_one_dwell_behind_the_record():
    window = window_from_time(time=grid(100), window="cosine", width=None)
    np.testing.assert_allclose(window, np.cos(np.pi / 2 * np.arange(100) / 100))


def test_apodise_keeps_the_house_rules():
    acq = record(noise((3, 256), seed=1), time=grid(256), step={"delay": [1, 2, 3]})
    check_stage(
        lambda ds: spectra.apodise(ds, window="exponential", width="2 kHz"),
        acq,
        schema="acquisition/1",
        recorded="apodise(window='exponential', width=2000.0)",
    )


def test_noise_is_taken_before_the_window_damps_it():
    acq = record(noise((50, 1024), std=2.0, seed=2), time=grid(1024))
    windowed = spectra.apodise(acq, window="exponential", width=20e3)
    std, error = spectra.noise_of_steps(windowed)
    assert std[0] == pytest.approx(2.0, abs=4 * error[0])
    with pytest.raises(ValueError, match="windowed"):
        spectra.noise_from_tail(windowed)


def test_two_windows_multiply_and_both_are_on_record():
    acq = record(np.ones(128) + 0j, time=grid(128))
    twice = acq.pipe(spectra.apodise, window="exponential", width=1e4).pipe(
        spectra.apodise, window="cosine"
    )
    np.testing.assert_allclose(twice["signal"].values[0].real, applied_window(twice), rtol=1e-14)
    assert json.loads(twice.attrs["apodisation"]) == [["exponential", 1e4], ["cosine", None]]
    assert len(schemas.processing_of(twice)) == 2


def test_no_window_changes_nothing_and_is_on_record():
    acq = record(noise((1, 64), seed=3), time=grid(64))
    same = spectra.apodise(acq, window="none")
    np.testing.assert_array_equal(same["signal"].values, acq["signal"].values)
    assert schemas.processing_of(same) == ("apodise(window='none', width=None)",)


def test_window_and_width_belong_together():
    acq = record(noise((1, 64), seed=3), time=grid(64))
    with pytest.raises(ValueError, match="needs a width"):
        spectra.apodise(acq, window="exponential")
    with pytest.raises(ValueError, match="has no width"):
        spectra.apodise(acq, window="cosine", width=1.0)
    with pytest.raises(ValueError, match="not negative"):
        spectra.apodise(acq, window="gaussian", width=-1.0)
    with pytest.raises(UnknownWord, match="Did you mean gaussian"):
        spectra.apodise(acq, window="gaus", width=1.0)


def test_real_weights_multiply_complex_rows():
    rows, weights = noise((3, 20), seed=4), np.linspace(-1, 2, 20)
    np.testing.assert_array_equal(product_of_rows(rows, weights), rows * weights)

"""The decays behind a Spectrum, and its strongest line."""

import numpy as np
import pytest
from tests.unit.spectra.records import DWELL, decay, grid, noise, record

from megabar import spectra
from megabar.errors import Undetermined
from megabar.spectra.decays import decays_behind, line_from_power, strongest_line

TIME = grid(1024)


def known(rows, *, time):
    """Record whose noise is stated."""
    return record(rows, time=time, noise_std=1.0, noise_relative_std=0.0)


def noisy(repeats, *, amplitude, fwhm, seed):
    clean = decay(TIME, amplitude=amplitude, frequency=20e3, fwhm=fwhm, phase=0.7)
    return clean + noise((repeats, TIME.size), seed=seed)


def test_decays_behind_a_spectrum_have_its_grid():
    time = grid(333, start=2e-6)
    acq = record(noise((1, 333), seed=9), time=time)
    spec = spectra.transform(acq, zero_fill=3)
    decays = decays_behind(spec)
    np.testing.assert_allclose(decays.time, time, rtol=0, atol=1e-9 * DWELL)
    back = decays.decay_of(spec["spectrum"].values[0])
    np.testing.assert_allclose(back, acq["signal"].values[0] * DWELL, atol=1e-14 * DWELL * 333)


@pytest.mark.parametrize("fwhm", [5e3, 8e3, 38e3])
def test_the_strongest_line_is_found_with_the_error_that_is_claimed(fwhm):
    pulls = []
    for row in noisy(200, amplitude=20, fwhm=fwhm, seed=10):
        line, std = strongest_line(spectra.transform(known(row, time=TIME)))
        pulls.append((line - 20e3) / std)
    assert np.mean(pulls) == pytest.approx(0, abs=4 / 200**0.5)
    assert np.std(pulls) == pytest.approx(1, abs=4 / 400**0.5)


def test_pure_noise_has_no_strongest_line():
    rows = noise((20, 1024), seed=11)
    for row in rows:
        with pytest.raises(Undetermined, match="stands out"):
            strongest_line(spectra.transform(known(row, time=TIME)))


@pytest.mark.parametrize("fwhm", [500.0, 8e3, 100e3])
def test_width_from_power_is_good_to_a_factor(fwhm):
    axis = np.linspace(-1e6, 1e6, 4096, endpoint=False)
    power = 1 / ((fwhm / 2) ** 2 + (axis + 77e3) ** 2)
    line, width = line_from_power(axis, power, noise_std=0.0)
    assert line == pytest.approx(-77e3, abs=max(fwhm, 500) / 2)
    assert 1 / 2 < width / fwhm < 2

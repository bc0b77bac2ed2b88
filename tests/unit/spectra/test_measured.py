"""Measured decays: sense of rotation, noise of an array of independent records."""

import numpy as np
import pytest
from scipy.stats import kstest
from tests.realdata import data_path

from megabar import spectra
from megabar.readers.registry import read
from megabar.spectra.noise import noise_level_from_rows


def multiplet(spec, *, low, high):
    """Number and mean place of the lines between two frequencies."""
    frequency, strength = spec["frequency"].values, np.abs(spec["spectrum"].values[0])
    inside = (frequency > low) & (frequency < high)
    frequency, strength = frequency[inside], strength[inside]
    tops = [
        k
        for k in range(2, strength.size - 2)
        if strength[k] == strength[k - 2 : k + 3].max() and strength[k] > 0.25 * strength.max()
    ]
    return len(tops), frequency[tops].mean()


def test_the_sense_of_ethanol_puts_methyl_below_methylene():
    # the file rotates backwards: as it stands methyl (quartet, 18 ppm) would lie above methylene
    # (triplet, 58 ppm)
    path = data_path("csdm-nmr/blochDecay/blochDecay_raw.csdfe")
    acq = read(path, nucleus="13C", sense=-1)
    spec = spectra.transform(acq, zero_fill=2, window="exponential", width=10.0)
    methyl = multiplet(spec, low=-2000, high=-1100)
    methylene = multiplet(spec, low=1100, high=2000)
    assert (methyl[0], methylene[0]) == (4, 3)
    assert methylene[1] - methyl[1] == pytest.approx(3006, abs=5)


def test_tails_of_independent_records_look_like_noise():
    folder = data_path("bruker-13c-cp-contact-array")
    records = sorted(path for path in (folder / "CP").iterdir() if path.name.isdigit())
    drift, line, levels = [], [], []
    for path in records:
        signal = read(path)["signal"].values
        level = noise_level_from_rows(signal[:, -round(0.25 * signal.shape[1]) :])
        drift.append(level.drift_probability)
        line.append(level.line_probability)
        levels.append((level.std, level.std_error))
    assert len(records) == 15
    assert kstest(drift, "uniform").pvalue > 0.01
    assert min(line) > 0.01
    std, error = np.array(levels)[2:].T  # two records have another number of scans
    weighted = np.average(std, weights=error**-2)
    assert np.sum(((std - weighted) / error) ** 2) < 35  # chi2 of 12, 99.95 %

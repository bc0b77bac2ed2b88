"""Vibrons that are there, that are not, and what an absence is worth."""

import numpy as np
import pytest

from megabar import schemas
from megabar.errors import SchemaError
from megabar.observables.vibrons import vibron

AXIS = np.arange(3700.0, 4500.0, 1.5)
LOOK = {"window": (3900.0, 4300.0), "fwhm": 20.0}


def spectrum(area, seed, axis="raman_shift"):
    line = area * 10 / np.pi / ((AXIS - 4150) ** 2 + 100)
    slope = 300 + 0.05 * (AXIS - 4100) - 1e-4 * (AXIS - 4100) ** 2
    noise = np.random.default_rng(seed).normal(size=AXIS.size)
    return schemas.sweep(
        {"intensity": line + slope + noise},
        coords={axis: AXIS},
        attrs={"cell": "A", "current": np.nan, "source": "test", "source_sha256": "0"},
    )


def test_noise_makes_no_vibron_more_often_than_stated():
    seen = [vibron(spectrum(0.0, seed), **LOOK, reference_area=None).seen for seed in range(400)]
    assert sum(seen) <= 3


def test_a_line_at_the_limit_is_seen_as_often_as_the_limit_says():
    limit = vibron(spectrum(0.0, 0), **LOOK, reference_area=None).area_limit
    seen = [vibron(spectrum(limit, seed), **LOOK, reference_area=None).seen for seed in range(300)]
    assert np.mean(seen) > 0.90


def test_a_clear_line_has_its_place_and_its_area():
    found = [vibron(spectrum(400.0, seed), **LOOK, reference_area=800.0) for seed in range(60)]
    assert all(one.excess_h2 == "seen" for one in found)
    assert np.mean([one.raman_shift for one in found]) == pytest.approx(4150, abs=1.5)
    assert np.mean([one.area for one in found]) == pytest.approx(400, rel=0.1)


def test_an_absent_line_says_something_only_against_a_reference():
    alone = vibron(spectrum(0.0, 1), **LOOK, reference_area=None)
    assert alone.excess_h2 == "unknown"
    assert "unknown" in alone.sentence
    against = vibron(spectrum(0.0, 1), **LOOK, reference_area=5000.0)
    assert against.excess_h2 == "below the limit"
    assert against.share == pytest.approx(against.area_limit / 5000.0)


def test_a_spectrum_over_wavelengths_is_refused():
    with pytest.raises(SchemaError, match="raman_shift"):
        vibron(spectrum(0.0, 1, axis="wavelength"), **LOOK, reference_area=None)

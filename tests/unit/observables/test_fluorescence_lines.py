"""Doublets of ruby and lines of samarium borate with known places, and a real doublet."""

import numpy as np
import pytest
from tests.realdata import data_path

from megabar import schemas
from megabar.errors import Undetermined
from megabar.observables.fluorescence_lines import ruby_lines, samarium_line
from megabar.readers.registry import read

AXIS = np.arange(690.0, 702.0, 0.06)


def spectrum(intensity, wavelength=AXIS):
    return schemas.sweep(
        {"intensity": intensity},
        coords={"wavelength": wavelength},
        attrs={"cell": "A", "current": np.nan, "source": "test", "source_sha256": "0"},
    )


def doublet(r1, *, splitting=1.4, sizes=(100.0, 60.0)):
    places = (r1, r1 - splitting)
    return sum(a / (1 + ((AXIS - at) / 0.45) ** 2) for a, at in zip(sizes, places, strict=True))


def test_the_line_of_longer_wavelength_is_r1_even_where_it_is_the_weaker():
    found = ruby_lines(spectrum(doublet(696.2, sizes=(60.0, 100.0))), window=(690, 702))
    assert (found.r1, found.r2) == pytest.approx((696.2, 694.8), abs=1e-4)
    assert found.warnings == ()


def test_errors_are_what_lines_scatter_by():
    rng = np.random.default_rng(5)
    found = [
        ruby_lines(
            spectrum(doublet(695.4) + 20 + 0.5 * AXIS + rng.normal(size=AXIS.size)),
            window=(690, 702),
        )
        for _ in range(100)
    ]
    pulls = np.array([(one.r1 - 695.4) / one.r1_std for one in found])
    assert abs(pulls.mean()) < 3 / np.sqrt(100)
    assert pulls.std() == pytest.approx(1.0, abs=0.22)
    apart = np.array([(one.splitting - 1.4) / one.splitting_std for one in found])
    assert apart.std() == pytest.approx(1.0, abs=0.22)


def test_an_unusual_splitting_is_told():
    found = ruby_lines(spectrum(doublet(697.0, splitting=2.1)), window=(690, 702))
    assert "2.10 nm apart" in found.warnings[0]


def test_noise_is_no_ruby():
    noise = np.random.default_rng(3).normal(size=AXIS.size)
    with pytest.raises(Undetermined, match="no doublet"):
        ruby_lines(spectrum(noise), window=(690, 702))


def test_samarium_line_and_its_absence():
    rng = np.random.default_rng(6)
    light = 50 / (1 + ((AXIS - 695.41) / 0.15) ** 2) + rng.normal(size=AXIS.size)
    place, std = samarium_line(spectrum(light), window=(692, 699))
    assert abs(place - 695.41) < 4 * std
    with pytest.raises(Undetermined, match="no line"):
        samarium_line(spectrum(rng.normal(size=AXIS.size)), window=(692, 699))


def test_a_real_doublet_lies_where_an_independent_fit_put_it():
    measured = read(data_path("raman-ruby/test_data2.txt"))
    found = ruby_lines(measured, window=(690, 700))
    assert found.r1 == pytest.approx(695.366, abs=0.01)
    assert found.r2 == pytest.approx(693.969, abs=0.01)
    assert 0 < found.r1_std < 0.01

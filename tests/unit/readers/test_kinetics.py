"""Curves of the AB2 alloy: normalised, without a unit of time, with metadata in their names."""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from tests.batteries.readers import check_reader
from tests.realdata import data_path, measured, shipped

from megabar import schemas
from megabar.errors import OpenQuestion
from megabar.readers.registry import read

ABSORPTION = "kinetics/JW(H)_Abs_06_10degC_18.4bar_(AE08)_[].csv"
COLD = "kinetics/JW(H)_Des_11_-5degC_2bar_(AE08)_[].csv"


@pytest.mark.parametrize("name", [ABSORPTION, COLD])
def test_shipped_curves_pass_the_battery(tmp_path, name):
    check_reader(
        shipped(name),
        tmp_path,
        format_name="kinetics",
        decisions={"time_unit": "unknown"},
        says_its_length=False,
    )


def test_the_unit_of_time_is_asked():
    with pytest.raises(OpenQuestion, match="Decide with time_unit"):
        read(shipped(ABSORPTION))


def test_a_normalised_fraction_is_flagged():
    found = read(shipped(ABSORPTION), time_unit="unknown")
    assert found.attrs["normalised_by"] == "own maximum"
    assert "says nothing about a plateau" in schemas.warnings_of(found)[0]
    assert found.fraction.values.max() == 1.0


def test_a_fraction_that_is_not_normalised_is_not_flagged(tmp_path):
    (tmp_path / "a.csv").write_text("Time,Alpha,Smoothed_Alpha\n0,0,0\n1,0.4,0.4\n2,0.6,0.5\n")
    found = read(tmp_path / "a.csv", time_unit="s")
    assert "normalised_by" not in found.attrs
    np.testing.assert_array_equal(found.time.values, [0, 1, 2])
    assert found.attrs["level_spacing"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("name", "process", "kelvin", "pascal"),
    [(ABSORPTION, "absorption", 283.15, 18.4e5), (COLD, "desorption", 268.15, 2e5)],
)
def test_the_name_says_temperature_and_pressure(name, process, kelvin, pascal):
    attrs = read(shipped(name), time_unit="unknown").attrs
    assert attrs["process"] == process
    assert attrs["stated_temperature"] == pytest.approx(kelvin)
    assert attrs["stated_pressure"] == pytest.approx(pascal)


def stretched(time, rate, exponent, dead):
    return 1 - np.exp(-((rate * np.clip(time - dead, 0, None)) ** exponent))


def test_rate_of_the_authors_and_the_price_of_a_dead_time():
    found = read(shipped(ABSORPTION), time_unit="unknown")
    time, fraction = found.file_time.values, found.fraction.values
    fixed, _ = curve_fit(lambda t, k: stretched(t, k, 0.8, 0), time, fraction, [0.07])
    assert fixed[0] == pytest.approx(0.0751, rel=0.03)
    bounds = ([1e-3, 0.3, 0], [1, 2, 5])
    free, _ = curve_fit(stretched, time, fraction, [0.07, 0.8, 0.5], bounds=bounds)
    np.testing.assert_allclose(free, [0.0798, 0.799, 0.70], rtol=0.03)


def test_all_curves_read_and_every_one_ends_at_one():
    data_path("kinetics-ab2-B")
    curves = [path for path in measured("kinetics-ab2-B/Raw Data") if path.suffix == ".csv"]
    assert len(curves) == 63
    for path in curves:
        found = read(path, time_unit="unknown")
        assert found.fraction.values.max() == 1.0
        assert 1 / 180 < found.attrs["level_spacing"] * 1.5
        assert 250 < found.attrs["stated_temperature"] < 340

"""What people type, and what they must not get away with."""

import numpy as np
import pytest
import xarray as xr

from megabar import units
from megabar.errors import MissingInput, UnitError


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("170 GPa", "GPa", 170.0),
        ("1.7 megabar", "GPa", 170.0),
        ("14 us", "s", 14e-6),
        ("395.107 MHz", "Hz", 395.107e6),
        ("679 ppm", "Hz/MHz", 679.0),
        ("679 Hz/MHz", "Hz/MHz", 679.0),
        ("1e-7 cm^2/s", "m2 s-1", 1e-11),
        ("1e-7 cm2/s", "m2 s-1", 1e-11),
        ("90 deg", "rad", np.pi / 2),
        ("-40 ms", "s", -0.04),
        ("24 hour", "s", 86400.0),
        ("25 degC", "K", 298.15),
    ],
)
def test_parse_gives_the_number_in_the_unit_asked(text, unit, expected):
    assert units.parse(text, unit=unit, name="quantity") == pytest.approx(expected, rel=1e-14)


def test_parse_gives_the_double_nearest_to_what_was_typed():
    assert units.parse("5 us", unit="s", name="dead time") == 5e-6


@pytest.mark.parametrize(
    ("text", "unit"), [("50 rad/s", "Hz"), ("50 kHz", "rad/s"), ("50 Hz", "rad"), ("1 rad", "1")]
)
def test_frequency_and_angular_frequency_never_convert_into_each_other(text, unit):
    with pytest.raises(UnitError, match="differ by 2 pi"):
        units.parse(text, unit=unit, name="width")


@pytest.mark.parametrize(
    ("text", "unit", "hint"),
    [
        ("300 k", "K", "K for kelvin"),
        ("14 uS", "s", "us for microseconds"),
        ("5 A", "m", "angstrom"),
        ("170 Gpa", "GPa", "GPa"),
        ("5 Angstrom", "m", "angstrom"),
        ("92800 gauss", "T", "1e-4 T"),
    ],
)
def test_a_unit_that_means_something_else_is_refused_with_the_one_that_is_meant(text, unit, hint):
    with pytest.raises(UnitError, match=hint):
        units.parse(text, unit=unit, name="quantity")


@pytest.mark.parametrize("text", ["5", "", "   ", "five us", "5 us us", "[1, 2] us", "1 +/- 2 us"])
def test_what_is_no_quantity_is_refused_by_name(text):
    with pytest.raises(UnitError, match="dead time"):
        units.parse(text, unit="s", name="dead time")


@pytest.mark.parametrize("value", [np.nan, np.inf, "inf us"])
def test_quantities_are_finite(value):
    with pytest.raises(UnitError, match=r"finite|no quantity"):
        units.quantity(value, unit="s", name="dead time")


def test_si_goes_by_the_unit_that_the_variable_carries():
    pressure = xr.DataArray([170.0], attrs={"units": "GPa"}, name="pressure")
    np.testing.assert_allclose(units.si(pressure), [1.7e11], rtol=1e-15)


def test_si_refuses_a_variable_without_unit():
    with pytest.raises(UnitError, match="None"):
        units.si(xr.DataArray([1.0], name="pressure"))


@pytest.mark.parametrize(
    "text",
    [
        "1.5(2) ms",
        "1.5(0.2) ms",
        "1.50(20)ms",
        "1500(200) us",
        "15(2)e-1 ms",
        "1.5 +- 0.2 ms",
        "1.5+-0.2ms",
        "1.5 +/- 0.2 ms",
        "1.5 ms \N{PLUS-MINUS SIGN} 0.2 ms",
        "1.5 ms +- 0.2",
        "1.5 ms +- 200 us",
        "0.0015 +- 2e-4 s",
    ],
)
def test_a_number_with_its_error_reads_the_same_however_it_is_written(text):
    assert units.quantity_with_error(text, unit="s", name="T1") == pytest.approx((1.5e-3, 2e-4))


def test_an_error_in_per_cent_is_one_of_the_number():
    found = units.quantity_with_error("395 MHz +- 2 %", unit="Hz", name="field")
    assert found == pytest.approx((395e6, 7.9e6))


def test_an_exact_number_says_so():
    assert units.quantity_with_error("5.10(0) angstrom", unit="angstrom", name="a") == (5.1, 0.0)


def test_a_number_without_error_is_a_question_for_the_option_that_was_typed():
    with pytest.raises(MissingInput, match=r"--t1 '1\.5 ms' without its standard error") as caught:
        units.quantity_with_error("1.5 ms", unit="s", name="--t1")
    assert caught.value.argument == "--t1"


@pytest.mark.parametrize(
    "text",
    [
        "1.5(2)",
        "1.5(2) MHz",
        "(2) ms",
        "1.5(-2) ms",
        "1.5 +- -0.2 ms",
        "1.5 +- x ms",
        "",
        "+- 1 ms",
    ],
)
def test_what_is_no_quantity_with_error_is_refused_by_name(text):
    with pytest.raises(UnitError, match="T1"):
        units.quantity_with_error(text, unit="s", name="T1")


def test_an_error_needs_a_unit_that_begins_at_zero():
    with pytest.raises(UnitError, match="begins at 0"):
        units.quantity_with_error("20(1) degC", unit="K", name="temperature")

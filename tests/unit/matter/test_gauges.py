"""Pressure scales against printed pairs of edge or line and pressure, and what they refuse."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.errors import Undetermined, UnknownWord
from megabar.matter import gauges

GPA = 1e9


@pytest.mark.parametrize(
    ("scale", "edge", "pressure"),
    [
        ("akahama2004", 1332.5, -0.256),
        ("akahama2004", 1647.4, 169.851),
        ("akahama2004", 1800.0, 277.860),
        ("akahama2006", 1500.0, 79.714),
        ("akahama2006", 1647.4, 170.020),
        ("akahama2006", 1900.0, 367.483),
        ("akahama2010", 1900.0, 401.390),
        ("eremets2023", 1500.0, 77.061),
        ("eremets2023", 1647.4, 164.847),
        ("eremets2023", 1900.0, 358.763),
        ("hilberer2026", 1647.4, 171.583),
        ("hilberer2026", 1900.0, 363.004),
    ],
)
def test_edges_of_diamond(scale, edge, pressure):
    found = gauges.pressure_from_observed(scale=scale, observed=edge)
    assert found / GPA == pytest.approx(pressure, abs=1e-3)


@pytest.mark.parametrize(
    ("scale", "line", "pressure"),
    [
        ("ruby2020", 695.366, 2.951),
        ("ruby2020", 710.0, 47.738),
        ("ruby2020", 720.0, 83.724),
        ("mao1986", 710.0, 46.506),
        ("mao1986", 720.0, 79.879),
        ("chijioke2005", 720.0, 83.442),
    ],
)
def test_lines_of_ruby_from_the_zero_of_one_spectrometer(scale, line, pressure):
    found = gauges.pressure_from_observed(scale=scale, observed=line, origin=694.28)
    assert found / GPA == pytest.approx(pressure, abs=2e-3)


@pytest.mark.parametrize(
    ("scale", "pressure"),
    [
        ("datchi1997", 35.768),
        ("datchi2007", 36.577),
        ("rashchenko2015", 37.059),
        ("rashchenko2015-power", 37.098),
    ],
)
def test_lines_of_samarium_borate_ten_nanometres_up(scale, pressure):
    line = gauges.scale(scale).origin + 10.0
    found = gauges.pressure_from_observed(scale=scale, observed=line)
    assert found / GPA == pytest.approx(pressure, abs=2e-3)


def test_both_forms_of_one_samarium_scale_agree_in_the_middle_and_part_at_both_ends():
    def apart(distance):
        rational, power = (
            gauges.pressure_from_observed(scale=name, observed=685.51 + distance)
            for name in ("rashchenko2015", "rashchenko2015-power")
        )
        return power / rational - 1

    assert max(abs(apart(d)) for d in (3.0, 5.0, 10.0, 15.0)) < 8e-3
    # at the origin the slopes are 4.20 and 2836/685.51 GPa/nm
    assert apart(1e-3) == pytest.approx(2836 / 685.51 / 4.20 - 1, abs=1e-4)
    assert abs(apart(25.0)) == pytest.approx(0.04, abs=0.01)


@pytest.mark.parametrize(("scale", "expected"), [("akahama2006", 0.6750), ("eremets2023", 0.6590)])
def test_slope_at_a_megabar_and_a_half(scale, expected):
    found = gauges.slope(scale=scale, observed=1647.4)
    assert found / GPA == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("scale", "expected"), [("akahama2006", 4.56), ("eremets2023", 1.42)])
def test_errors_of_the_coefficients(scale, expected):
    found = gauges.coefficient_std(scale=scale, observed=1647.4)
    assert found / GPA == pytest.approx(expected, abs=0.02)


def test_a_parabola_has_no_error_that_its_coefficients_could_give():
    assert math.isnan(gauges.coefficient_std(scale="akahama2010", observed=1900.0))


@pytest.mark.parametrize(
    ("scale", "edge"),
    [("akahama2006", 1647.37), ("akahama2004", 1647.63), ("eremets2023", 1655.18)],
)
def test_edges_of_a_pressure(scale, edge):
    found = gauges.observed_from_pressure(scale=scale, pressure=170 * GPA)
    assert found == pytest.approx(edge, abs=0.01)


@pytest.mark.parametrize(
    ("pressure", "given_scale", "wanted", "expected"),
    [
        (170, "akahama2006", "eremets2023", 164.83),
        (150, "akahama2006", "eremets2023", 145.32),
        (170, "eremets2023", "akahama2006", 175.3),
    ],
)
def test_printed_conversions(pressure, given_scale, wanted, expected):
    found = gauges.convert(pressure=pressure * GPA, given=given_scale, wanted=wanted)
    assert found / GPA == pytest.approx(expected, abs=0.05 if expected == 175.3 else 0.01)


@given(st.sampled_from(sorted(gauges.scales())), st.floats(0.01, 0.99))
def test_every_scale_turns_back(name, share):
    low, high = gauges.scale(name).range
    pressure = low + share * (high - low)
    observed = gauges.observed_from_pressure(scale=name, pressure=pressure)
    back = gauges.pressure_from_observed(scale=name, observed=observed)
    assert back == pytest.approx(pressure, rel=1e-9, abs=1e3)
    assert gauges.slope(scale=name, observed=observed) > 0


def test_two_scales_of_one_edge_part_by_a_fifth_at_half_a_terapascal():
    old, new = (
        gauges.pressure_from_observed(scale=name, observed=2050.0) / GPA
        for name in ("akahama2010", "eremets2023")
    )
    assert (old, new) == pytest.approx((624.5, 499.9), abs=0.1)


def test_a_parabola_is_refused_where_it_falls_or_never_held():
    with pytest.raises(Undetermined, match="parabola that falls"):
        gauges.pressure_from_observed(scale="akahama2010", observed=1400.0)
    with pytest.raises(Undetermined, match="begins"):
        gauges.pressure_from_observed(scale="akahama2010", observed=1600.0)


def test_a_foreign_zero_is_refused_unless_it_is_forced():
    told = {"scale": "akahama2006", "observed": 1647.4, "origin": 1332.5}
    with pytest.raises(ValueError, match="zero belongs to the scale"):
        gauges.pressure_from_observed(**told)
    forced = gauges.pressure_from_observed(**told, force_origin=True)
    assert forced / GPA == pytest.approx(171.274, abs=1e-3)


def test_gauges_do_not_convert_into_each_other_and_unknown_scales_are_named():
    with pytest.raises(ValueError, match="one gauge"):
        gauges.convert(pressure=50 * GPA, given="ruby2020", wanted="akahama2006")
    with pytest.raises(UnknownWord, match="akahama2006"):
        gauges.scale("akahama206")


@pytest.mark.parametrize(
    ("temperature", "source", "shift"),
    [
        (400.0, "datchi", 0.7531),
        (77.0, "datchi", -0.8852),
        (200.0, "datchi", -0.5545),
        (20.0, "datchi", -0.887),
        (77.0, "ragan", -0.963),
    ],
)
def test_ruby_moves_with_temperature(temperature, source, shift):
    found = gauges.ruby_temperature_shift(temperature=temperature, source=source)
    assert found == pytest.approx(shift, abs=2e-4 if source == "datchi" else 1e-3)


def test_a_hot_ruby_reads_four_gigapascal_too_much():
    plain = gauges.pressure_from_observed(scale="ruby2020", observed=700.0)
    shift = gauges.ruby_temperature_shift(temperature=500.0, source="datchi")
    corrected = gauges.pressure_from_observed(scale="ruby2020", observed=700.0 - shift)
    assert plain / GPA == pytest.approx(16.21, abs=0.01)
    assert corrected / GPA == pytest.approx(11.93, abs=0.01)


def test_temperatures_without_a_published_shift_are_refused():
    with pytest.raises(ValueError, match="296 to 900"):
        gauges.samarium_temperature_shift(temperature=77.0)

"""Readings of pressure: errors kept apart, scales never mixed, nothing made of nothing."""

import math

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.matter import gauges
from megabar.observables.pressure import (
    UNSTATED,
    converted,
    observables_of,
    pressure_from_gauge,
    stated_pressure,
)

GPA = 1e9


def edge(**told):
    known = {
        "kind": "diamond edge",
        "observed": 1647.4,
        "observed_std": 1.0,
        "scale": "akahama2006",
        "temperature": 296.0,
        "axis_correction": 0.0,
        "axis_correction_std": 0.0,
        "position": "centre of the culet",
    }
    return pressure_from_gauge(**{**known, **told})


@pytest.mark.parametrize(("scale", "total"), [("akahama2006", 4.61), ("eremets2023", 1.56)])
def test_printed_errors_of_reading_and_coefficients(scale, total):
    found = edge(scale=scale)
    assert math.hypot(found.std, found.coefficient_std) / GPA == pytest.approx(total, abs=0.02)


def test_the_spread_of_the_scales_is_half_their_range():
    found = edge()
    read = gauges.all_pressures(kind="diamond edge", observed=1647.4).values()
    assert found.scale_spread == pytest.approx((max(read) - min(read)) / 2)
    assert found.scale_spread > 2 * GPA


def test_a_calibration_line_moves_edge_and_error():
    corrected = edge(observed=1648.4, axis_correction=1.0, axis_correction_std=0.5)
    assert corrected.pressure == pytest.approx(edge().pressure)
    assert corrected.observed_std == pytest.approx(math.hypot(1.0, 0.5))
    silicon = (edge(observed=1648.4).pressure - edge().pressure) / GPA
    assert silicon == pytest.approx(0.67, abs=0.01)  # one wavenumber at 170 GPa


def test_a_hot_ruby_is_brought_to_room_temperature():
    hot = edge(kind="ruby", scale="ruby2020", observed=700.0, observed_std=0.01, temperature=500.0)
    assert hot.pressure / GPA == pytest.approx(11.93, abs=0.01)
    assert hot.temperature_correction > 1.0


def test_a_cold_edge_is_refused_because_its_scales_are_warm():
    with pytest.raises(ValueError, match="change pressure on cooling"):
        edge(temperature=180.0)


def test_scales_of_another_gauge_and_unknown_gauges_are_refused():
    with pytest.raises(ValueError, match="take one of that gauge"):
        edge(scale="ruby2020")
    with pytest.raises(UnknownWord, match="diamond edge"):
        edge(kind="diamond edg")


def test_conversion_goes_through_what_was_observed():
    old = stated_pressure(
        kind="diamond edge", pressure=150 * GPA, std=2 * GPA, scale="akahama2006", position="culet"
    )
    new = converted(old, to="eremets2023")
    assert new.pressure / GPA == pytest.approx(145.32, abs=0.01)
    assert converted(new, to="akahama2006").pressure == pytest.approx(150 * GPA)
    assert converted(new, to="akahama2006").std == pytest.approx(2 * GPA)


def test_a_pressure_without_scale_carries_the_spread_of_all_and_cannot_be_converted():
    bare = stated_pressure(
        kind="diamond edge", pressure=170 * GPA, std=0.0, scale=UNSTATED, position="not said"
    )
    assert bare.scale_spread / GPA == pytest.approx(5, abs=2)
    with pytest.raises(ValueError, match="without its scale"):
        converted(bare, to="eremets2023")


def test_beyond_its_range_a_scale_is_called_extrapolated():
    found = edge(observed=1850.0, observed_std=0.5)
    assert found.extrapolated
    assert "outside the range" in found.sentence
    assert not edge().extrapolated


def test_what_travels_names_the_scale_and_all_errors():
    told = observables_of(edge(), sources=("abc",))
    assert float(told.pressure) == pytest.approx(170.02, abs=0.01)
    assert told.attrs["gauge_scale"] == "akahama2006"
    assert told.attrs["gauge_scale_spread"] > 0
    assert np.isfinite(told.attrs["gauge_coefficient_std"])

"""The Knight shift of copper at pressure, against its own definition, sampling and paper."""

from math import log

import numpy as np
import pytest
from tests.unit.spectra.records import grid, noise, record

from megabar import schemas, spectra
from megabar.errors import Undetermined
from megabar.spectra.copper_reference import (
    KnightShiftChange,
    knight_shift_change_from_pressure,
    refuse_gold,
    stated_knight_shift_change,
    words_of_change,
)
from megabar.spectra.reference import Standard


def change(**given) -> KnightShiftChange:
    told = {
        "knight_shift": 2380.0,
        "pressure": 170e9,
        "pressure_std": 0.0,
        "exponent": 1.0,
        "exponent_std": 0.0,
    }
    return knight_shift_change_from_pressure(**(told | given))


def vinet(v: np.ndarray) -> np.ndarray:
    """Pressure [GPa] of copper, written here once more: 133 GPa, 5.3."""
    x = v ** (1 / 3)
    return 3 * 133 * (1 - x) / x**2 * np.exp(1.5 * 4.3 * (1 - x))


def test_at_170_gpa_a_linear_law_takes_836_ppm_from_copper():
    found = change()
    assert found.volume_ratio == pytest.approx(0.6488, rel=2e-3)
    assert found.value == pytest.approx(-836, rel=2e-3)
    assert found.std == 0


def test_copper_at_ambient_pressure_keeps_its_knight_shift_whatever_the_exponent():
    found = change(pressure=0.0, exponent=0.8, exponent_std=0.5)
    assert found.value == pytest.approx(0.0, abs=1e-9)
    assert found.std == pytest.approx(0.0, abs=1e-9)


def test_small_errors_of_pressure_and_exponent_go_through_the_slopes():
    found = change(pressure_std=0.5e9, exponent_std=0.01)
    v = np.linspace(0.64, 0.66, 20001)
    here = int(np.argmin(abs(vinet(v) - 170)))
    slope = np.gradient(v, vinet(v))[here]  # dV/dP [1/GPa]
    assert found.from_pressure == pytest.approx(2380 * abs(slope) * 0.5, rel=1e-3)
    assert found.from_exponent == pytest.approx(2380 * abs(v[here] * log(v[here])) * 0.01, rel=1e-3)
    assert found.std == pytest.approx(np.hypot(found.from_pressure, found.from_exponent), rel=1e-12)


def test_wide_errors_cover_as_much_as_drawing_the_exponent_does():
    """One standard deviation of n either way leaves 16 % of the draws outside on each side."""
    found = change(exponent=0.85, exponent_std=0.3)
    n = np.random.default_rng(3).normal(0.85, 0.3, 200_000)
    drawn = 2380 * (found.volume_ratio**n - 1)
    assert np.mean(drawn < found.low) == pytest.approx(0.1587, abs=3e-3)
    assert np.mean(drawn > found.high) == pytest.approx(0.1587, abs=3e-3)
    assert found.high - found.value > 1.1 * (found.value - found.low)  # curved: not the same
    assert found.std == pytest.approx(np.std(drawn), rel=0.03)


def test_copper_of_half_unknown_pressure_is_not_below_zero_pressure():
    found = change(pressure=85e9, pressure_std=100e9)
    assert found.high == pytest.approx(0.0, abs=1e-9)
    v = np.linspace(0.5, 1, 200001)
    lowest = 2380 * (v[np.argmin(abs(vinet(v) - 185))] - 1)
    assert found.low == pytest.approx(lowest, rel=1e-4)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pressure": -1.0}, "copper pressure -1 Pa"),
        ({"pressure_std": float("nan")}, "its error nan"),
        ({"exponent_std": -0.1}, "error of the exponent"),
    ],
)
def test_impossible_inputs_are_named(given, words):
    with pytest.raises(ValueError, match=words):
        change(**given)


def test_a_stated_change_with_a_negative_error_is_refused():
    with pytest.raises(ValueError, match="error of the Knight shift change"):
        stated_knight_shift_change(knight_shift=2380.0, change=-800.0, change_std=-1.0)


def test_the_words_name_both_sides_and_what_brings_the_error():
    (sentence,) = words_of_change(change(pressure_std=10e9, exponent_std=0.3))
    assert "-836 (+215 -189)" in sentence
    assert "0.6488" in sentence
    (unknown,) = words_of_change(None)
    assert "culet" in unknown
    assert "State its pressure" in unknown


@pytest.mark.parametrize("found", ["197Au", "gold"])
def test_gold_is_refused_with_reason_and_remedy(found):
    with pytest.raises(Undetermined, match=r"holds no copper.*1e-3.*Use a copper lens"):
        refuse_gold(found)


def test_a_change_from_pressure_enters_the_shift_axis_with_its_error():
    acq = record(noise((1, 64), seed=3), time=grid(64))
    found = spectra.reference(
        acq,
        standard=Standard(nucleus="63Cu", frequency=104.9516e6, std=0.0),
        copper_ambient=Standard(nucleus="63Cu", frequency=104.9537e6, std=0.0),
        ambient_reference=Standard(nucleus="139La", frequency=55.8114e6, std=0.0),
        standard_shift=0.0,
        knight_shift_change=change(exponent_std=0.3),
    )
    assert found.attrs["field_offset"] == pytest.approx(814.7, abs=0.2)
    assert found.attrs["reference_relative_std"] == pytest.approx(
        change(exponent_std=0.3).std / 1.00238, rel=1e-6
    )
    assert found.attrs["knight_shift_change_low"] == change(exponent_std=0.3).low
    assert found.attrs["knight_shift_change_high"] == change(exponent_std=0.3).high
    assert schemas.warnings_of(found) == ()

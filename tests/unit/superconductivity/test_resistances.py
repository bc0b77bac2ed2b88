"""Resistances of homogeneous pieces in their limits, and printed points of a transition."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import zeta

from megabar.superconductivity.resistances import (
    bloch_grueneisen,
    broadened_transition,
    temperature_at_fraction,
)

METAL = {"residual": 1.0, "coefficient": 12.0, "debye_temperature": 800.0}


@pytest.mark.parametrize("temperature", [20.0, 90.0, 250.0, 1200.0])
def test_phonon_resistance_is_its_integral(temperature):
    integral, _ = quad(
        lambda x: x**5 / (np.expm1(x) * -np.expm1(-x)), 0, 800.0 / temperature, limit=200
    )
    expected = 1.0 + 12.0 * (temperature / 800.0) ** 5 * integral
    assert bloch_grueneisen(temperature, **METAL) == pytest.approx(expected, rel=1e-9)


def test_phonon_resistance_grows_as_the_fifth_power_in_the_cold():
    cold = bloch_grueneisen([5.0, 10.0], **METAL) - 1.0
    assert cold[1] / cold[0] == pytest.approx(32.0, rel=1e-6)
    # the integral to infinity is 5! zeta(5)
    assert cold[1] == pytest.approx(12.0 * (10 / 800) ** 5 * 120 * zeta(5), rel=1e-6)


@pytest.mark.parametrize(
    ("tc", "sharpness", "expected"),
    [(250.0, 300.0, (246.666, 243.602, 239.867)), (160.0, 50.0, (152.954, 146.480, 138.586))],
)
def test_printed_points_of_a_broadened_transition(tc, sharpness, expected):
    for fraction, temperature in zip((0.9, 0.5, 0.1), expected, strict=True):
        told = {"critical_temperature": tc, "sharpness": sharpness}
        assert temperature_at_fraction(fraction, **told) == pytest.approx(temperature, abs=5e-3)
        there = temperature_at_fraction(fraction, **told)
        assert broadened_transition(there, **told) == pytest.approx(fraction, rel=1e-9)


def test_a_broadened_transition_is_one_above_and_never_rises_on_cooling():
    t = np.linspace(1.0, 200.0, 4000)
    r = broadened_transition(t, critical_temperature=160.0, sharpness=50.0)
    assert np.all(r[t >= 160.0] == 1.0)
    assert np.all(np.diff(r) >= 0)
    assert r[0] < 1e-20


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="must be positive"):
        bloch_grueneisen(-5.0, **METAL)
    with pytest.raises(ValueError, match="both must be positive"):
        broadened_transition(10.0, critical_temperature=0.0, sharpness=1.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        temperature_at_fraction(1.0, critical_temperature=10.0, sharpness=1.0)

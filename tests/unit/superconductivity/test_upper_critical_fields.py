"""Upper critical fields: printed lengths, limits, and the published curve of WHH."""

import numpy as np
import pytest
from scipy.special import digamma

from megabar.superconductivity.upper_critical_fields import (
    FLUX_QUANTUM,
    WHH_AT_ZERO,
    coherence_length,
    ginzburg_landau_field,
    whh_field,
)

HERE = {"critical_temperature": 250.0, "field_at_zero": 136.0}


@pytest.mark.parametrize(("field", "length"), [(136.0, 1.5556), (32.0, 3.2070)])
def test_printed_coherence_lengths(field, length):
    assert coherence_length(field) * 1e9 == pytest.approx(length, rel=1e-3)


def test_flux_quantum():
    assert pytest.approx(2.067833848e-15, rel=1e-9) == FLUX_QUANTUM


@pytest.mark.parametrize("curve", [ginzburg_landau_field, whh_field])
def test_fields_fall_from_their_value_at_zero_to_nothing(curve):
    t = np.linspace(0, 300, 301)
    field = curve(t, **HERE)
    assert field[0] == pytest.approx(136.0, rel=1e-6)
    assert np.all(np.diff(field) <= 1e-9)
    assert np.all(field[t >= 250] == 0)


def test_orbital_limit_from_the_slope_at_the_transition():
    step = 1e-3
    slope = -whh_field(250.0 - step, **HERE) / step
    assert 136.0 / (-slope * 250.0) == pytest.approx(WHH_AT_ZERO, rel=1e-3)
    exact = np.pi**2 / 4 * 2 * np.exp(digamma(0.5))  # psi'(1/2) = pi^2 / 2
    assert pytest.approx(exact, rel=1e-4) == WHH_AT_ZERO


@pytest.mark.parametrize("t", [0.1, 0.3, 0.6, 0.9])
def test_whh_solves_its_own_equation(t):
    reduced = whh_field(250.0 * t, **HERE) / 136.0 * 2 * np.exp(digamma(0.5))
    assert np.log(1 / t) == pytest.approx(digamma(0.5 + reduced / (2 * t)) - digamma(0.5), rel=1e-9)

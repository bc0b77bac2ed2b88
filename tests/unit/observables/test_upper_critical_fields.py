"""Hc2 from Tc at several fields, against closed forms and the published limit of WHH."""

import numpy as np
import pytest

from megabar.observables.upper_critical_fields import upper_critical_field
from megabar.superconductivity.upper_critical_fields import whh_field


def places_of_ginzburg_landau(fields, *, tc=250.0, zero=136.0):
    h = np.asarray(fields) / zero
    return tc * np.sqrt((1 - h) / (1 + h))  # the form, solved for T


def test_coherence_length_of_136_tesla_is_the_published_one():
    fields = [0.0, 3.0, 6.0, 9.0]
    found = upper_critical_field(
        temperatures=places_of_ginzburg_landau(fields),
        stds=[0.1] * 4,
        fields=fields,
        model="ginzburg-landau",
    )
    assert found.field_at_zero == pytest.approx(136.0, rel=1e-3)
    assert found.coherence_length == pytest.approx(1.5556e-9, rel=1e-3)
    assert "extrapolated by a factor 15.1" in found.sentence


def test_werthamer_extrapolates_the_slope_at_tc_by_its_limit():
    slope = -0.8  # T/K at Tc
    fields = np.array([0.0, 0.5, 1.0])
    found = upper_critical_field(
        temperatures=100.0 + fields / slope, stds=[0.01] * 3, fields=fields, model="whh"
    )
    assert found.field_at_zero == pytest.approx(0.693 * 100.0 * 0.8, rel=0.01)


def test_pulls_of_the_field_at_zero_are_of_unit_width():
    rng = np.random.default_rng(3)
    fields = np.array([0.0, 2.0, 5.0, 9.0, 14.0, 20.0])
    grid = np.linspace(99.9, 5.0, 4000)
    curve = whh_field(grid, critical_temperature=100.0, field_at_zero=40.0)
    exact = np.interp(fields, curve, grid)
    pulls = []
    for _ in range(200):
        found = upper_critical_field(
            temperatures=exact + 0.3 * rng.normal(size=6),
            stds=[0.3] * 6,
            fields=fields,
            model="whh",
        )
        pulls.append((found.field_at_zero - 40.0) / found.field_at_zero_std)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.15)
    assert np.mean(pulls) == pytest.approx(0.0, abs=0.25)


@pytest.mark.parametrize(
    ("temperatures", "fields", "model", "words"),
    [
        ([10.0, 9.0], [0.0, 1.0], "whh", "Found 2 different fields"),
        ([10.0, 9.0, 8.0], [0.0, 1.0, 1.0], "whh", "Found 2 different fields"),
        ([10.0, 11.0, 12.0], [0.0, 1.0, 2.0], "whh", "does not fall"),
        ([10.0, 9.0, 8.0], [0.0, 1.0, 2.0], "pauli", "choose one of"),
    ],
)
def test_what_says_nothing_of_a_field_is_refused(temperatures, fields, model, words):
    with pytest.raises(ValueError, match=words):
        upper_critical_field(
            temperatures=temperatures, stds=[0.1] * len(fields), fields=fields, model=model
        )

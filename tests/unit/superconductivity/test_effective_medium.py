"""Effective media against exact results: duality, limits, thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.errors import UnknownWord
from megabar.superconductivity.effective_medium import (
    conductivity_of_mixture,
    fraction_from_step,
    threshold,
)


@pytest.mark.parametrize(("dimensions", "expected"), [(3, 0.400), (2, 0.600)])
def test_printed_resistance_of_a_fifth_of_superconductor(dimensions, expected):
    s = conductivity_of_mixture([0.2, 0.8], [np.inf, 1.0], dimensions=dimensions)
    assert 1 / s == pytest.approx(expected, abs=1e-6)
    height = 1 - 1 / s
    assert fraction_from_step(height, dimensions=dimensions) == pytest.approx(0.2, abs=1e-6)


@given(st.floats(0.01, 100.0), st.floats(0.01, 100.0))
def test_a_symmetric_film_of_two_kinds_has_the_geometric_mean(one, other):
    """Exact in two dimensions (Dykhne), for an effective medium as well."""
    s = conductivity_of_mixture([0.5, 0.5], [one, other], dimensions=2)
    assert s == pytest.approx(np.sqrt(one * other), rel=1e-6)


@given(st.floats(0.05, 0.95), st.floats(0.1, 10.0), st.sampled_from([2, 3]))
def test_a_mixture_lies_between_its_parts(share, other, dimensions):
    s = conductivity_of_mixture([share, 1 - share], [1.0, other], dimensions=dimensions)
    series = 1 / (share + (1 - share) / other)
    parallel = share + (1 - share) * other
    assert series * (1 - 1e-9) <= s <= parallel * (1 + 1e-9)


def test_a_superconductor_percolates_at_one_over_the_dimensions():
    for d in (2, 3):
        below = conductivity_of_mixture(
            [1 / d - 1e-6, 1 - 1 / d + 1e-6], [np.inf, 1.0], dimensions=d
        )
        above = conductivity_of_mixture([1 / d, 1 - 1 / d], [np.inf, 1.0], dimensions=d)
        assert np.isfinite(below)
        assert above == np.inf


def test_insulators_alone_conduct_nothing():
    assert conductivity_of_mixture([0.4, 0.6], [0.0, 0.0], dimensions=3) == 0.0
    assert conductivity_of_mixture([0.2, 0.8], [1.0, 0.0], dimensions=2) == pytest.approx(
        0, abs=1e-9
    )


def test_wrong_mixtures_are_refused():
    with pytest.raises(ValueError, match="add up to 1"):
        conductivity_of_mixture([0.5, 0.6], [1.0, 2.0], dimensions=2)
    with pytest.raises(ValueError, match="2 or 3 dimensions"):
        conductivity_of_mixture([1.0], [1.0], dimensions=1)
    with pytest.raises(ValueError, match="give 0 to 1"):
        fraction_from_step(1.2, dimensions=2)
    with pytest.raises(UnknownWord, match="square lattice, bonds"):
        threshold("square latice, bonds")

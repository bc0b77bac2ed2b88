"""Fields over a sample: moments, closed damping of a nutation, reciprocity."""

import numpy as np
import pytest

from megabar.spins.amplitude_distributions import (
    AmplitudeDistribution,
    amplitudes_from_map,
    gaussian_amplitudes,
    heard_by_reciprocity,
    rectangular_amplitudes,
)


def nutation(fields, turns):
    return float(fields.weight @ np.sin(2 * np.pi * fields.scale * turns))


@pytest.mark.parametrize("turns", [0.25, 1.25, 2.25])
def test_an_even_spread_damps_a_nutation_as_a_sinc(turns):
    found = nutation(rectangular_amplitudes(spread=0.3, count=8), turns)
    assert found == pytest.approx(np.sinc(2 * turns * 0.3), abs=1e-6)


@pytest.mark.parametrize("turns", [0.25, 1.25, 2.25])
def test_a_gaussian_spread_damps_a_nutation_as_a_gaussian(turns):
    found = nutation(gaussian_amplitudes(relative_std=0.1, count=41), turns)
    assert found == pytest.approx(np.exp(-((2 * np.pi * turns * 0.1) ** 2) / 2), abs=1e-7)


def test_moments_are_those_that_were_asked_for():
    for fields, std in [
        (rectangular_amplitudes(spread=0.3, count=8), 0.3 / np.sqrt(3)),
        (gaussian_amplitudes(relative_std=0.1, count=41), 0.1),
    ]:
        assert fields.weight.sum() == pytest.approx(1, abs=1e-12)
        assert fields.mean == pytest.approx(1, abs=1e-12)
        assert fields.std == pytest.approx(std, rel=1e-6)


def test_no_spread_is_the_nominal_field():
    for fields in (
        rectangular_amplitudes(spread=0.0, count=3),
        gaussian_amplitudes(relative_std=0.0, count=3),
    ):
        assert fields.scale.tolist() == [1, 1, 1]
        assert fields.weight.sum() == pytest.approx(1)


def test_a_wide_gaussian_is_cut_at_no_field():
    fields = gaussian_amplitudes(relative_std=0.5, count=41)
    assert fields.scale.min() > 0
    assert fields.mean > 1


def test_reciprocity_weighs_by_the_field():
    found = heard_by_reciprocity(amplitudes_from_map([0.5, 1.0, 1.5], [2.0, 1.0, 1.0]))
    np.testing.assert_allclose(found.weight, np.array([1.0, 1.0, 1.5]) / 3.5)
    assert found.scale.tolist() == [0.5, 1.0, 1.5]


def test_impossible_distributions_are_refused():
    with pytest.raises(ValueError, match="2 fields and 1 weights"):
        AmplitudeDistribution(scale=np.ones(2), weight=np.ones(1))
    with pytest.raises(ValueError, match="none negative"):
        amplitudes_from_map([-0.1, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="not all weights zero"):
        amplitudes_from_map([0.0, 1.0], [0.0, 0.0])
    with pytest.raises(ValueError, match=r"relative spread of 1\.5"):
        rectangular_amplitudes(spread=1.5, count=8)
    with pytest.raises(ValueError, match="not all weights zero"):
        heard_by_reciprocity(amplitudes_from_map([0.0], [1.0]))

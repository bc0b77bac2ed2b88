import numpy as np
import pytest

from megabar.hydrogen.grain_sizes import (
    hermite_nodes,
    lognormal_sizes,
    number_median_from_volume_median,
    volume_median_from_number_median,
)


@pytest.mark.parametrize("n_nodes", [1, 2, 5, 15, 41, 160])
def test_nodes_average_polynomials_exactly(n_nodes):
    z, w = hermite_nodes(n_nodes)
    moments = {0: 1.0, 1: 0.0, 2: 1.0, 3: 0.0, 4: 3.0, 6: 15.0, 8: 105.0}
    for power, moment in moments.items():
        if power <= 2 * n_nodes - 1:
            np.testing.assert_allclose(w @ z**power, moment, rtol=1e-11, atol=1e-11)


def test_half_of_the_volume_of_counted_grains_lies_above_the_volume_median():
    spread, number_median = 0.6, 1e-6
    rng = np.random.default_rng(5)
    radii = number_median * np.exp(spread * rng.standard_normal(2_000_000))
    above = radii > volume_median_from_number_median(number_median=number_median, spread=spread)
    share = np.sum(radii[above] ** 3) / np.sum(radii**3)
    assert abs(share - 0.5) < 0.01  # the heaviest of two million grains carries 4e-4 of the volume


def test_volume_weights_of_counted_grains_are_the_lognormal_of_the_same_width():
    """Weigh the number law by R^3 on its own nodes: the mean of R agrees with the volume law."""
    spread = 0.5
    z, w = hermite_nodes(60)
    counted = np.exp(spread * z)
    mean_by_volume = (w @ counted**4) / (w @ counted**3)
    median = volume_median_from_number_median(number_median=1.0, spread=spread)
    sizes = lognormal_sizes(volume_median=median, spread=spread, n_nodes=60)
    np.testing.assert_allclose(sizes.weights @ sizes.radii, mean_by_volume, rtol=1e-12)


def test_medians_convert_there_and_back():
    there = volume_median_from_number_median(number_median=2e-6, spread=0.4)
    back = number_median_from_volume_median(volume_median=there, spread=0.4)
    np.testing.assert_allclose(back, 2e-6, rtol=1e-15)


def test_no_spread_is_one_class():
    sizes = lognormal_sizes(volume_median=1e-6, spread=0.0, n_nodes=41)
    np.testing.assert_array_equal(sizes.radii, [1e-6])
    np.testing.assert_array_equal(sizes.weights, [1.0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"volume_median": 0.0, "spread": 0.1, "n_nodes": 5}, "grains need a positive one"),
        ({"volume_median": 1e-6, "spread": -0.1, "n_nodes": 5}, "is 0 or more"),
        ({"volume_median": 1e-6, "spread": 0.1, "n_nodes": 0}, "averages over sizes take 1 to 160"),
        ({"volume_median": 1e-6, "spread": 0.1, "n_nodes": 400}, "averages over sizes take"),
    ],
)
def test_sizes_that_no_grain_has_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        lognormal_sizes(**call)


def test_nodes_cannot_be_changed_by_those_who_share_them():
    z, _ = hermite_nodes(5)
    with pytest.raises(ValueError, match="read-only"):
        z[0] = 0.0

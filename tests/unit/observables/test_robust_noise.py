"""Noise of single points among lines and slopes, against noise that was put in."""

import numpy as np
import pytest

from megabar.observables.robust_noise import noise_from_differences, robust_spread


@pytest.mark.parametrize("order", [1, 2, 3])
def test_noise_is_found_below_a_curve_and_beside_a_spike(order):
    rng = np.random.default_rng(order)
    x = np.linspace(-1, 1, 20001)
    values = 5 * x**2 + 0.2 * rng.normal(size=x.size)
    values[777] = 1e6
    assert noise_from_differences(values, order=order) == pytest.approx(0.2, rel=0.03)


def test_a_higher_order_sees_less_of_what_is_smooth():
    smooth = np.sin(np.linspace(0, 20, 2000))
    sizes = [noise_from_differences(smooth, order=order) for order in (1, 2, 3)]
    assert sizes[0] > 10 * sizes[1] > 100 * sizes[2]


def test_spread_is_that_of_normal_numbers_whatever_a_few_wild_ones_do():
    values = 3.0 + 0.5 * np.random.default_rng(4).normal(size=30000)
    values[::300] = -1e9
    assert robust_spread(values) == pytest.approx(0.5, rel=0.02)

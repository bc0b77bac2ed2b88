"""Closed forms of surfaces against roots, and their slopes against differences."""

import numpy as np
import pytest
from scipy.optimize import brentq

from megabar.hydrogen import surfaces


def _slopes(law, x, y, h=1e-6):
    dx, dy = h * max(abs(x), 1e-3), h * max(abs(y), 1e-3)
    return (
        (law(x + dx, y)[0] - law(x - dx, y)[0]) / (2 * dx),
        (law(x, y + dy)[0] - law(x, y - dy)[0]) / (2 * dy),
    )


@pytest.mark.parametrize("conductance", [0.0, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("q", [0.0, 0.3])
def test_first_order_flux_balances_half_a_cell(conductance, q):
    flux, to_content, to_q = surfaces.first_order(0.8, conductance, 2.0, q)
    at_surface = 0.8 - flux / conductance if conductance else 0.8
    assert flux == pytest.approx(2.0 * (at_surface - q), rel=1e-11)
    assert (to_content, to_q) == pytest.approx(
        _slopes(lambda c, e: surfaces.first_order(c, conductance, 2.0, e), 0.8, q), rel=1e-6
    )


@pytest.mark.parametrize("conductance", [0.0, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("q", [0.0, 0.3, 0.9])
def test_second_order_flux_balances_half_a_cell(conductance, q):
    flux, to_content, to_q = surfaces.second_order(0.8, conductance, 2.0, q)
    if conductance:
        level = brentq(lambda c: conductance * (0.8 - c) - 2 * (c * c - q), 0, 2, xtol=1e-15)
    else:
        level = 0.8
    assert flux == pytest.approx(2 * (level**2 - q), rel=1e-9)
    assert (to_content, to_q) == pytest.approx(
        _slopes(lambda c, e: surfaces.second_order(c, conductance, 2.0, e), 0.8, q), rel=1e-6
    )


def test_second_order_flux_has_all_digits_at_a_vanishing_biot_number():
    # a >> k c: J = k c^2 (1 - 2 k c/a + ...); a difference of contents would hold no digit
    flux = surfaces.second_order(0.7, 1.0, 1e-14, 0.0)[0]
    assert flux == pytest.approx(1e-14 * 0.49, rel=1e-13)


def test_second_order_flux_stops_at_an_empty_cell():
    assert surfaces.second_order(-1e-12, 1.0, 5.0, 0.0)[0] == 0.0


@pytest.mark.parametrize("right", [0.0, 0.01, 4.0])
def test_sieverts_step_has_its_jump_and_one_flux(right):
    left, a, b, constant = 3.0, 2.0, 0.5, 1.7
    flux, to_left, to_right = surfaces.sieverts_step(left, right, a, b, constant)
    assert left - flux / a == pytest.approx(constant * np.sqrt(right + flux / b), rel=1e-11)
    assert (to_left, to_right) == pytest.approx(
        _slopes(lambda x, y: surfaces.sieverts_step(x, y, a, b, constant), left, right), rel=1e-5
    )


def test_sieverts_step_between_empty_sides_is_still():
    assert surfaces.sieverts_step(0.0, 0.0, 1.0, 1.0, 2.0)[0] == 0.0


def test_subsurface_flux_is_that_of_the_content_below_the_layer():
    theta, c, a, down, up, sites = 0.4, 0.3, 0.7, 2.0, 1.1, 1.5
    flux, to_theta, to_c = surfaces.subsurface(theta, c, a, down, up, sites)
    below = c + flux / a
    assert flux == pytest.approx(down * theta * (1 - below / sites) - up * below * (1 - theta))
    assert (to_theta, to_c) == pytest.approx(
        _slopes(lambda x, y: surfaces.subsurface(x, y, a, down, up, sites), theta, c), rel=1e-6
    )


def test_desorption_slopes_are_those_of_its_flux():
    flux, to_theta, to_p = surfaces.desorption(0.3, 2.0, 5.0, 0.4)
    assert flux == pytest.approx(5.0 * 0.09 - 0.4 * 0.49 * 2.0)
    assert (to_theta, to_p) == pytest.approx(
        _slopes(lambda x, y: surfaces.desorption(x, y, 5.0, 0.4), 0.3, 2.0), rel=1e-6
    )


@pytest.mark.parametrize("power", [0.0, 0.5, 2 / 3])
def test_front_slows_with_its_area_and_stops_at_the_product(power):
    value, slope = surfaces.front(6.0, 10.0, 2.0, power)
    assert value == pytest.approx(8.0 * 0.5**power)
    assert slope == pytest.approx(power * 0.5 ** (power - 1), abs=1e-12)
    assert surfaces.front(2.0, 10.0, 2.0, power) == (0.0, 0.0)


def test_partition_is_two_resistances_in_a_row():
    flux, to_left, to_right = surfaces.partition(1.0, 0.2, 2.0, 3.0)
    assert flux == pytest.approx(0.8 / (1 / 2 + 1 / 3))
    assert to_left == -to_right == pytest.approx(1.2)


def test_constant_loss_fades_when_all_is_used_up():
    assert surfaces.until_used_up(1.0, 0.1) == (1.0, 0.0, 0.0)
    assert surfaces.until_used_up(0.05, 0.1) == pytest.approx((0.5, 10.0, 0.0))
    assert surfaces.until_used_up(-1.0, 0.1) == (0.0, 0.0, 0.0)

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from megabar.hydrogen.levels import (
    SHAPES,
    Numbers,
    choose_level,
    collapse_bound,
    first_decay_root,
    parabolic_grain,
    uniform_grain,
)
from megabar.hydrogen.rates import reacted


@cache
def resolved(shape, order, biot, floor=0.0):
    """Mean content of a grain resolved in space, by lines of finite volumes; nothing of ours."""
    nu, n = SHAPES[shape], 240
    faces = np.linspace(0, 1, n + 1) ** 0.7  # finer towards the surface
    centres = (faces[1:] + faces[:-1]) / 2
    volumes = (faces[1:] ** (nu + 1) - faces[:-1] ** (nu + 1)) / (nu + 1)
    inner = faces[1:-1] ** nu / np.diff(centres)
    half = 1 / (1 - centres[-1])

    def change(_, c):
        flux = np.zeros(n + 1)
        flux[1:-1] = inner * (c[:-1] - c[1:])
        last = max(c[-1], 0.0)
        if order == 1:
            flux[-1] = biot * half * last / (half + biot)
        else:
            given = half * last + biot * floor**2
            surface = 2 * given / (half + np.sqrt(half**2 + 4 * biot * given))
            flux[-1] = biot * (surface**2 - floor**2)
        return (flux[:-1] - flux[1:]) / volumes

    times = np.concatenate(([0.0], np.geomspace(0.01, (1 if order == 1 else 2) / biot, 160)))
    band = np.diag(np.ones(n)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    path = solve_ivp(
        change, (0, times[-1]), np.ones(n), method="BDF", t_eval=times, rtol=1e-9, atol=1e-11,
        jac_sparsity=band,
    )  # fmt: skip
    assert path.success
    return times, volumes @ path.y / volumes.sum()


def error_of(law, shape, order, biot, before=0.0):
    times, mean = resolved(shape, order, biot)
    misses = np.abs(law(shape=shape, order=order, biot=biot, fourier=times) - mean)
    return misses[times >= before].max()


@pytest.mark.parametrize(("order", "known"), [(1, 7.28e-3), (2, 7.18e-3)])
def test_error_of_a_uniform_sphere_is_the_reference_value(order, known):
    np.testing.assert_allclose(error_of(uniform_grain, "sphere", order, 0.1), known, rtol=2e-2)


def test_error_of_a_parabolic_sphere_is_the_reference_value():
    np.testing.assert_allclose(error_of(parabolic_grain, "sphere", 1, 0.1), 1.48e-4, rtol=3e-2)


def test_error_of_a_parabola_by_pairs_is_largest_before_fifty_equal_steps_see_it():
    """Steps of Fo = 0.4 find 2.08e-4, a number in circulation; the maximum is at Fo = 0.15."""
    times, mean = resolved("sphere", 2, 0.1)
    misses = np.abs(parabolic_grain(shape="sphere", order=2, biot=0.1, fourier=times) - mean)
    np.testing.assert_allclose(np.interp(0.4, times, misses), 2.08e-4, rtol=1e-2)
    np.testing.assert_allclose(misses.max(), 2.62e-4, rtol=1e-2)
    assert 0.1 < times[misses.argmax()] < 0.2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("biot", [0.01, 0.05, 0.19])
def test_errors_of_both_collapses_stay_below_their_bounds(shape, order, biot):
    discretisation = 3e-7
    for law, level in ((uniform_grain, "ODE0"), (parabolic_grain, "ODE1")):
        bound = collapse_bound(level=level, shape=shape, order=order, biot=biot)
        assert error_of(law, shape, order, biot) <= bound + discretisation


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", [1, 2])
def test_both_bounds_are_reached_where_exchange_is_slow(shape, order):
    for law, level in ((uniform_grain, "ODE0"), (parabolic_grain, "ODE1")):
        bound = collapse_bound(level=level, shape=shape, order=order, biot=0.01)
        assert error_of(law, shape, order, 0.01) > 0.93 * bound


@pytest.mark.parametrize("floor", [0.2, 0.6])
def test_bound_of_a_uniform_grain_holds_towards_an_equilibrium(floor):
    biot = 0.05
    times, mean = resolved("sphere", 2, biot, floor)
    lost = reacted("second", tau=3 * biot * times, spread=0.0, ratio=floor)
    miss = np.abs(1 - (1 - floor) * lost - mean).max() / (1 - floor)
    bound = collapse_bound(level="ODE0", shape="sphere", order=2, biot=biot * (1 + floor))
    assert 0.5 * bound < miss <= bound


@pytest.mark.parametrize(("biot", "known"), [(0.1, 0.29406856), (1.0, 2.46740110)])
def test_slowest_decay_of_a_sphere_is_the_reference_value(biot, known):
    np.testing.assert_allclose(first_decay_root(biot=biot), known, rtol=1e-7)


@pytest.mark.parametrize("biot", [1e-10, 1e-4, 0.01])
def test_slowest_decay_is_that_of_a_parabola_where_exchange_is_slow(biot):
    np.testing.assert_allclose(
        first_decay_root(biot=biot), 3 * biot / (1 + biot / 5), rtol=2e-2 * biot**2 + 1e-9
    )


def test_slowest_decay_is_that_of_a_held_surface_where_exchange_is_fast():
    np.testing.assert_allclose(first_decay_root(biot=1e9), np.pi**2, rtol=1e-8)


@pytest.mark.parametrize("biot", [0.05, 0.2, 3.0])
def test_parabola_by_recombination_solves_its_own_equation(biot):
    lag = biot / 5

    def change(_, mean):
        surface = 2 * mean / (1 + np.sqrt(1 + 4 * lag * mean))
        return -3 * biot * surface**2

    times = np.linspace(0, 20, 40)
    path = solve_ivp(change, (0, 20), [1.0], t_eval=times, rtol=1e-11, atol=1e-13)
    found = parabolic_grain(shape="sphere", order=2, biot=biot, fourier=times)
    np.testing.assert_allclose(found, path.y[0], rtol=1e-8)


def test_both_collapses_agree_where_the_surface_closes():
    for order in (1, 2):
        age = np.array([0.0, 1e9, 3e9])
        one, other = (
            law(shape="sphere", order=order, biot=4e-10, fourier=age)
            for law in (uniform_grain, parabolic_grain)
        )
        np.testing.assert_allclose(one, other, rtol=1e-8)
        np.testing.assert_array_equal(
            parabolic_grain(shape="sphere", order=order, biot=0.0, fourier=age), 1.0
        )


def chosen(**changes):
    facts = {"plateau": False, "uniform_start": True, "constant_diffusivity": True}
    numbers = {"fourier": 1.0}
    for name, value in changes.items():
        (facts if name in facts else numbers)[name] = value
    return choose_level(Numbers(**numbers), shape="sphere", **facts)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "ODE0"),
        ({"biot": 0.0099}, "ODE0"),
        ({"biot": 0.01}, "ODE1"),
        ({"biot": 1e-6, "biot_second": 0.1}, "ODE1"),
        ({"biot": 0.2}, "PDE"),
        ({"biot": 1e-9, "plateau": True}, "PDE"),
        ({"biot": 1e-9, "stefan": 0.021}, "PDE"),
        ({"biot": 1e-9, "stefan": 0.019}, "ODE0"),
        ({"biot": 1e-9, "uniform_start": False}, "PDE"),
        ({"biot": 1e-9, "constant_diffusivity": False}, "PDE"),
    ],
)
def test_level_follows_the_numbers_and_what_breaks_their_argument(changes, level):
    found = chosen(**changes)
    assert found.name == level
    assert found.status == f"LEVEL_{level}"
    assert (found.bound is None) == (level == "PDE")


def test_largest_error_of_a_parabola_by_the_rule_is_below_two_thousandths():
    assert collapse_bound(level="ODE1", shape="plate", order=1, biot=0.2) < 1e-3
    assert collapse_bound(level="ODE1", shape="plate", order=2, biot=0.2) < 2e-3


def test_reason_for_space_is_written_out():
    assert "the isotherm has a plateau" in chosen(plateau=True).words
    assert "Bi 0.5 is not small" in chosen(biot=0.5).words


@pytest.mark.parametrize("biot", [-1.0, np.nan, np.inf])
def test_biot_number_that_none_is_refused(biot):
    with pytest.raises(ValueError, match="Check signs and units"):
        collapse_bound(level="ODE0", shape="sphere", order=1, biot=biot)


def test_order_three_is_no_surface_law():
    with pytest.raises(ValueError, match="exchange has 1, recombination 2"):
        uniform_grain(shape="sphere", order=3, biot=0.1, fourier=1.0)


def test_root_needs_an_exchange():
    with pytest.raises(ValueError, match="a decay needs a positive one"):
        first_decay_root(biot=0.0)


def test_root_is_the_lowest_one():
    for biot in (0.3, 0.999999, 1.0, 1.000001, 7.0):
        beta = np.sqrt(first_decay_root(biot=biot))
        by_cotangent = brentq(lambda b, h=biot: b / np.tan(b) + h - 1, 1e-6, np.pi - 1e-9)
        np.testing.assert_allclose(beta, by_cotangent, rtol=1e-7)

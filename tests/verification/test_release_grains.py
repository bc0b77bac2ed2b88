"""Grains against series, against a spectral solution, and against a front that moves as a root."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import erf, eval_jacobi, roots_jacobi

from megabar.hydrogen.geometry import (
    Cell,
    Exchange,
    Following,
    GrainClasses,
    MovingInterface,
    Reservoir,
    one_grain,
)
from megabar.hydrogen.plateaus import plateau
from megabar.hydrogen.release import solve


def _unit_grain(order=1, rate=1.0, n_cells=200, shape="sphere", diffusivity=1.0, equilibrium=0.0):
    return one_grain(
        shape=shape,
        radius=1.0,
        start=1.0,
        diffusivity=diffusivity,
        surface=Exchange(order=order, rate=rate, equilibrium=equilibrium),
        metal_density=1.0,
        n_cells=n_cells,
    )


def _roots(function, first, count):
    """Give the root in every interval of length pi from ``first`` on."""
    edges = first + np.pi * np.arange(count + 1)
    return np.array([brentq(function, a + 1e-9, b - 1e-9, xtol=1e-14) for a, b in pairwise(edges)])


def _sphere_with_exchange(biot, fourier):
    """Mean of a sphere that loses by first-order exchange: Crank (1975), eq. 6.43."""
    b = _roots(lambda x: x * np.cos(x) + (biot - 1) * np.sin(x), 0.0, 400)
    amplitude = 6 * biot**2 / (b**2 * (b**2 + biot * (biot - 1)))
    return np.exp(-np.outer(fourier, b**2)) @ amplitude


@pytest.mark.parametrize("biot", [1.0, 10.0])
def test_sphere_with_first_order_exchange_follows_its_series(biot):
    times = np.array([0.001, 0.01, 0.1, 0.3, 1.0])
    out = solve(_unit_grain(rate=biot), times, level="PDE", rtol=1e-9, atol=1e-11)
    assert out.content == pytest.approx(_sphere_with_exchange(biot, times), abs=1e-5)
    assert out.drift < 1e-11


@pytest.mark.parametrize(
    ("biot", "times", "printed"),
    [
        (1.0, [0.001, 0.01, 0.1, 1.0], [0.997071, 0.972257, 0.771365, 0.083578]),
        (10.0, [0.01, 0.1, 0.3], [0.839065, 0.346012, 0.068102]),
    ],
)
def test_sphere_with_first_order_exchange_has_the_tabulated_means(biot, times, printed):
    out = solve(_unit_grain(rate=biot), times, level="PDE", rtol=1e-9, atol=1e-11)
    assert out.content == pytest.approx(printed, abs=1e-5)


def test_cylinder_and_plate_with_first_order_exchange_follow_their_series():
    from scipy.special import j0, j1, jn_zeros

    times, biot = np.array([0.01, 0.1, 0.5]), 2.0
    b = _roots(lambda x: x * np.sin(x) - biot * np.cos(x), 0.0, 200)
    # Crank (1975), eq. 4.53: the plate
    plate = np.exp(-np.outer(times, b**2)) @ (2 * biot**2 / (b**2 * (b**2 + biot**2 + biot)))
    out = solve(_unit_grain(rate=biot, shape="plate"), times, level="PDE", rtol=1e-9, atol=1e-11)
    assert out.content == pytest.approx(plate, abs=2e-5)
    edges = np.concatenate([[1e-9], jn_zeros(1, 200)])  # beta J1 = L J0 between zeros of J1
    b = np.array(
        [brentq(lambda x: x * j1(x) - biot * j0(x), low, high) for low, high in pairwise(edges)]
    )
    # Crank (1975), eq. 5.49: the cylinder
    cylinder = np.exp(-np.outer(times, b**2)) @ (4 * biot**2 / (b**2 * (b**2 + biot**2)))
    out = solve(_unit_grain(rate=biot, shape="cylinder"), times, level="PDE", rtol=1e-9, atol=1e-11)
    assert out.content == pytest.approx(cylinder, abs=2e-5)


@pytest.mark.parametrize("ratio", [0.5, 3.0])
def test_sphere_in_a_stirred_finite_reservoir_follows_its_series(ratio):
    # Crank (1975), eq. 6.30, for uptake; by symmetry the loss into an empty reservoir
    q = _roots(lambda x: np.sin(x) * (3 + ratio * x**2) - 3 * x * np.cos(x), 0.0, 401)
    q = q[q > 1.0]
    times = np.array([0.003, 0.03, 0.1, 0.3])
    fraction = 1 - np.exp(-np.outer(times, q**2)) @ (
        6 * ratio * (1 + ratio) / (9 + 9 * ratio + (q * ratio) ** 2)
    )
    lost = fraction * ratio / (1 + ratio)  # of all, what the reservoir holds in the end
    grains = GrainClasses(
        shape="sphere",
        radii=[1.0],
        weights=[1.0],
        start=1.0,
        diffusivity=1.0,
        surface=Exchange(
            order=1, rate=1e12, equilibrium=Following(content=lambda a: a / ratio, most=2.0)
        ),
        metal_density=None,
        n_cells=400,
    )
    cavity = Reservoir(
        free=0.0, bound=0.0, bound_release_rate=0.0, leak_conductance=0.0, leak_constant=0.0
    )
    cell = Cell(grains=(grains,), shares=(1.0,), reservoir=cavity, stacks=(), temperature=None)
    out = solve(cell, times, level="PDE", rtol=1e-9, atol=1e-11)
    assert 1 - out.content == pytest.approx(lost, abs=3e-5)
    assert out.total == pytest.approx(np.ones(4), abs=1e-12)


def recombining_sphere(times, modes=100, strength=10.0):
    """Mean of a unit sphere with -c' = k c^2 at its surface, by spectral Galerkin in r^2.

    Trial functions are Jacobi polynomials P^(0,1/2) of z = 2 r^2 - 1, orthogonal in r^2 dr.
    """
    z, w = roots_jacobi(2 * modes, 0.0, 0.5)
    n = np.arange(modes)
    p = eval_jacobi(n[:, None], 0.0, 0.5, z)
    slope = np.zeros_like(p)
    slope[1:] = 0.5 * (n[1:, None] + 1.5) * eval_jacobi(n[1:, None] - 1, 1.0, 1.5, z)
    # r^2 dr = (1/(4 sqrt 2)) (1 + z)^(1/2) dz;  d/dr = 4 r d/dz, (d/dr)^2 = 8 (1 + z) (d/dz)^2
    weight = w / (4 * np.sqrt(2))
    mass = (p**2) @ weight
    stiffness = (slope * (8 * (1 + z) * weight)) @ slope.T
    edge = eval_jacobi(n, 0.0, 0.5, 1.0)
    start = np.zeros(modes)
    start[0] = 1.0

    def rate(_, a):
        return (-stiffness @ a - strength * edge * (edge @ a) ** 2) / mass

    def jacobian(_, a):
        return (-stiffness - 2 * strength * (edge @ a) * np.outer(edge, edge)) / mass[:, None]

    out = solve_ivp(
        rate, (0, times[-1]), start, "Radau", times, jac=jacobian, rtol=1e-11, atol=1e-13
    )
    assert out.success
    return out.y[0]


def test_sphere_with_recombination_meets_a_spectral_solution_in_second_order():
    times = np.geomspace(1e-4, 0.5, 25)
    reference = recombining_sphere(times)
    assert reference[[0, 8, 16, 24]] == pytest.approx(
        [0.997386971, 0.967830814, 0.745913502, 0.121321833], abs=1e-7
    )
    errors = []
    for n_cells in (25, 50, 100, 200):
        out = solve(_unit_grain(order=2, rate=10.0, n_cells=n_cells), times, rtol=1e-8, atol=1e-10)
        errors.append(np.abs(out.content - reference).max())
    assert errors[2] < 5e-5
    assert np.log2(np.divide(errors[:-1], errors[1:])) == pytest.approx([2.0] * 3, abs=0.1)


@pytest.mark.parametrize("biot", [1.0])
def test_first_order_exchange_converges_in_second_order(biot):
    times = np.array([0.01, 0.1, 1.0])
    exact = _sphere_with_exchange(biot, times)
    errors = [
        np.abs(
            solve(
                _unit_grain(rate=biot, n_cells=n), times, level="PDE", rtol=1e-10, atol=1e-12
            ).content
            - exact
        ).max()
        for n in (25, 50, 100)
    ]
    assert np.log2(np.divide(errors[:-1], errors[1:])) == pytest.approx([2.0] * 2, abs=0.1)


def _stefan(low, start, surface):
    """Give lambda of the planar one-phase front, where the product holds hydrogen itself."""
    number = (low - surface) / (start - low)

    def miss(x):
        return np.sqrt(np.pi) * x * np.exp(x * x) * erf(x) - number

    return brentq(miss, 1e-6, 5.0, xtol=1e-14)


@pytest.mark.parametrize(
    ("low", "lam", "speed"), [(4.0, 0.2706289, 3.785518), (6.0, 0.5256698, 6.236825)]
)
def test_planar_front_moves_as_stefan_says(low, lam, speed):
    root = _stefan(low, 10.5, 3.0)
    assert root == pytest.approx(lam, rel=1e-6)
    assert 2 * (low - 3.0) / erf(root) / np.sqrt(np.pi) == pytest.approx(speed, rel=1e-6)
    # until the front is at 0.8 of the plate, the inner face is not felt
    last = (0.8 / (2 * root)) ** 2
    times = last * np.array([0.1, 0.3, 0.6, 1.0])
    errors = []
    for n_cells in (50, 200):
        cell = one_grain(
            shape="plate",
            radius=1.0,
            start=10.5,
            diffusivity=plateau(diffusivity=1.0, low=low, high=10.5, above=1.0),
            surface=Exchange(order=1, rate=1e12, equilibrium=3.0),
            metal_density=None,
            n_cells=n_cells,
        )
        out = solve(cell, times, rtol=1e-7, atol=1e-9)
        assert out.level.name == "PDE"
        assert out.drift < 1e-11
        errors.append(np.abs(10.5 - out.content - speed * np.sqrt(times)).max() / 7.5)
    assert errors[0] < 1e-3
    assert errors[1] < errors[0] / 4


def test_product_layer_approaches_the_quasi_steady_law_as_its_capacity_vanishes():
    # Ginstling and Brounshtein, with k = 2 D (x_i - x_s)/[R^2 (x_h - x_s)]
    deviations = []
    for low in (3.1, 3.05):
        cell = one_grain(
            shape="sphere",
            radius=1.0,
            start=10.5,
            diffusivity=plateau(diffusivity=1.0, low=low, high=10.5, above=1.0),
            surface=Exchange(order=1, rate=1e12, equilibrium=3.0),
            metal_density=None,
            n_cells=100,
        )
        alpha = np.array([0.2, 0.4, 0.6, 0.8])
        tau = 1 - 2 * alpha / 3 - (1 - alpha) ** (2 / 3)
        times = tau / (2 * (low - 3.0) / 7.5)
        out = solve(cell, times, rtol=1e-7, atol=1e-9)
        deviations.append(np.abs(10.5 - 7.5 * alpha - out.content).max())
    assert deviations[0] < 0.02
    assert deviations[1] < 0.01


@pytest.mark.parametrize(("shape", "power"), [("plate", 1), ("cylinder", 2), ("sphere", 3)])
def test_moving_interface_contracts_at_constant_speed(shape, power):
    cell = one_grain(
        shape=shape,
        radius=2e-6,
        start=10.5,
        diffusivity=None,
        surface=MovingInterface(speed=1e-12, shell=3.0, hindrance=0.0),  # noqa: S604
        metal_density=None,
    )
    tau = np.array([0.1, 0.25, 0.5, 0.8, 0.95])
    out = solve(cell, tau * 2e6, rtol=1e-12, atol=1e-13)
    assert out.content == pytest.approx(3.0 + 7.5 * (1 - tau) ** power, rel=1e-10)


def test_content_dependent_mobility_has_the_steady_profile_of_its_integral():
    # D = x between 0 and 1: Phi = x^2/2 is linear across a plate that is held at both ends; here
    # a closed centre empties through the surface: compare against an independent method of lines
    from megabar.hydrogen.geometry import Mobility

    cell = one_grain(
        shape="plate",
        radius=1.0,
        start=1.0,
        diffusivity=Mobility.from_chemical(contents=[0.0, 2.0], chemical=[0.5, 2.5]),
        surface=Exchange(order=1, rate=3.0, equilibrium=0.2),
        metal_density=None,
        n_cells=200,
    )
    times = np.array([0.05, 0.2, 0.6])
    out = solve(cell, times, rtol=1e-9, atol=1e-11)
    # Chebyshev collocation of x_t = ((0.5 + x) x_r)_r on [0, 1]
    n = 32
    k = np.arange(n + 1)
    r = 0.5 * (1 + np.cos(np.pi * k / n))
    c = np.where((k == 0) | (k == n), 2.0, 1.0) * (-1.0) ** k
    gaps = r[:, None] - r[None, :] + np.eye(n + 1)
    d = np.outer(c, 1 / c) / gaps
    d -= np.diag(d.sum(axis=1))

    def rate(_, x):
        flux = (0.5 + x) * (d @ x)
        flux[0], flux[-1] = -3.0 * (x[0] - 0.2), 0.0
        return d @ flux

    sol = solve_ivp(rate, (0, 0.6), np.ones(n + 1), "Radau", times, rtol=1e-10, atol=1e-12)
    from scipy.interpolate import BarycentricInterpolator

    node, weight = np.polynomial.legendre.leggauss(40)
    means = [0.5 * weight @ BarycentricInterpolator(r, row)(0.5 * (1 + node)) for row in sol.y.T]
    assert out.content == pytest.approx(means, abs=2e-5)

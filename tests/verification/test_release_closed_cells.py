"""Closed cells: a whole cell with gasket, a chamber with recombination, an adsorbed layer."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from megabar.constants import k_boltzmann
from megabar.hydrogen.geometry import (
    AdsorbedLayer,
    Cell,
    Exchange,
    Following,
    GrainClasses,
    Layer,
    Reservoir,
    Sieverts,
    Stack,
)
from megabar.hydrogen.grain_sizes import hermite_nodes
from megabar.hydrogen.release import solve


def _chamber(free):
    return Reservoir(
        free=free, bound=0.0, bound_release_rate=0.0, leak_conductance=0.0, leak_constant=0.0
    )


def whole_cell(classes=10):
    """Classes of grains, a cavity that feeds back, and a gasket; lengths in um, times in days."""
    z, w = hermite_nodes(classes)
    radii = np.exp(0.4 * z)
    weights = w * radii**3 / (w * radii**3).sum()  # by volume, from a law of numbers
    grains = GrainClasses(
        shape="sphere",
        radii=radii,
        weights=weights,
        start=10.6,
        diffusivity=1e4,
        surface=Exchange(
            order=1,
            rate=0.012,
            equilibrium=Following(content=lambda a: 3 + 2 * a / (a + 2), most=20.0),
        ),
        metal_density=None,
        n_cells=40,
        grading=1.0,
    )
    gasket = Layer(
        name="Re",
        thickness=1.0,
        diffusivity=1e-3,
        capacity=1.0,
        start=0.0,
        n_cells=60,
        grading=1.0,
    )
    stack = Stack(
        name="gasket",
        layers=(gasket,),
        area_per_metal=1.0,
        activity=lambda a: 0.5 * 0.15 * a,
        most=20.0,
        far=None,
    )
    return Cell(
        grains=(grains,),
        shares=(1.0,),
        reservoir=_chamber(0.0),
        stacks=(stack,),
        temperature=None,
    )


@pytest.mark.parametrize("solver", ["rodas", "cvode", "scipy"])
def test_whole_cell_has_the_tabulated_inventories_by_every_engine(solver):
    out = solve(whole_cell(), [30.0, 65.0], level="PDE", solver=solver)
    assert out.content[-1] == pytest.approx(5.81173, rel=1e-4)
    assert out.free[-1] == pytest.approx(4.70872, rel=1e-4)
    assert out.stacks["gasket"][-1] == pytest.approx(0.0795495, rel=1e-4)
    assert out.drift < 1e-11
    assert out.solver == solver


def test_whole_cell_needs_no_space_inside_its_grains():
    resolved = solve(whole_cell(), [30.0, 65.0], level="PDE")
    chosen = solve(whole_cell(), [30.0, 65.0])
    assert chosen.level.name == "ODE0"
    assert chosen.level.bound < 1e-5
    assert chosen.content == pytest.approx(resolved.content, rel=1e-5)
    assert chosen.free == pytest.approx(resolved.free, rel=1e-5)


def test_chamber_and_slab_exchange_pairs_of_atoms():
    # 2 H <-> H2: k_r events take two atoms each; P(2000 s) by Richardson from the FESTIM book
    volume, area, length, kelvin, start = 1e-5, 1e-2, 1e-2, 500.0, 1e5
    dissociation, recombination = 1e14, 1e-31
    atoms = 2 * start * volume / (k_boltzmann * kelvin)  # of the gas at time zero
    sites = atoms  # one "metal atom" for each atom of gas, so contents are O(1)
    density = sites / (area * length)  # metal per m3 of slab
    grains = GrainClasses(
        shape="plate",
        radii=[length],
        weights=[1.0],
        start=0.0,
        diffusivity=1e-8,
        surface=Exchange(
            order=2,
            rate=2 * recombination,
            # c_eq^2 = K_d P/K_r, P = free * start
            equilibrium=Sieverts(
                squared_per_free=dissociation / recombination * start / density**2
            ),
        ),
        metal_density=density,
        n_cells=1000,
    )
    cell = Cell(
        grains=(grains,), shares=(1.0,), reservoir=_chamber(1.0), stacks=(), temperature=None
    )
    out = solve(cell, [2000.0], level="PDE", rtol=1e-9, atol=1e-11)
    assert out.free[0] * start == pytest.approx(35647.24, rel=2e-6)
    assert out.drift < 1e-11


def _layer(*, into_bulk, into_layer, pressure, start, desorption=1e-21):
    return AdsorbedLayer(
        sites=1e19,
        start=start,
        desorption_rate=desorption,
        sticking=1e-6,
        into_bulk=into_bulk,
        into_layer=into_layer,
        bulk_sites=2.0,
        pressure=pressure,
        gas_temperature=600.0,
    )


def _plate(surface, start=0.0, n_cells=60):
    grains = GrainClasses(
        shape="plate",
        radii=[1e-6],
        weights=[1.0],
        start=start,
        diffusivity=1e-13,
        surface=surface,
        metal_density=5e28,
        n_cells=n_cells,
    )
    return Cell(grains=(grains,), shares=(1.0,), reservoir=None, stacks=(), temperature=None)


IMPINGING = 2 * 1e-6 / np.sqrt(2 * np.pi * 3.34749e-27 * k_boltzmann * 600.0)  # 1/m2/s/Pa, atoms


def test_bare_layer_fills_as_its_riccati_equation_says():
    # n dtheta/dt = A (1 - theta)^2 - B theta^2, with u = theta/(1 - theta): exact
    n, a, b = 1e19, IMPINGING * 1e2, 2 * 1e-21 * 1e38
    surface = _layer(into_bulk=0.0, into_layer=0.0, pressure=1e2, start=0.0)
    root = np.sqrt(a / b)
    high, low = root / (1 + root), root / (root - 1)  # fixed points
    times = np.array([0.2, 1.0, 3.0]) * n / np.sqrt(a * b)
    ratio = (high / low) * np.exp(-2 * np.sqrt(a * b) / n * times)
    exact = high * (1 - np.exp(-2 * np.sqrt(a * b) / n * times)) / (1 - ratio)
    out = solve(_plate(surface), times, rtol=1e-10, atol=1e-12)
    assert out.coverages[:, 0] == pytest.approx(exact, rel=1e-7)


def test_layer_and_bulk_come_to_the_equilibrium_of_their_rates():
    surface = _layer(into_bulk=1e3, into_layer=2e3, pressure=1e2, start=0.5, desorption=1e-19)
    out = solve(_plate(surface), [1e5], rtol=1e-10, atol=1e-12)
    # theta/(1-theta) = sqrt(A/B);  k_sb theta (1 - m) = k_bs m (1 - theta), m = c/n_IS
    odds = np.sqrt(IMPINGING * 1e2 / (2 * 1e-19 * 1e38))
    theta = odds / (1 + odds)
    m = 1e3 * theta / (1e3 * theta + 2e3 * (1 - theta))
    assert out.coverages[0, 0] == pytest.approx(theta, rel=1e-6)
    assert out.content[0] == pytest.approx(2.0 * m, rel=1e-6)


def test_layer_on_a_thin_bulk_follows_an_independent_integration():
    # with D so fast that the bulk is uniform: two ordinary equations, written by hand in atoms/m2
    n, sites, thick, metal = 1e19, 2.0, 1e-6, 5e28
    k_in, k_out, k_des = 1e2, 3e2, 1e-20
    a, b = IMPINGING * 1e2, 2 * k_des * n**2

    def rate(_, y):
        theta, x = y
        down = k_in * n * theta * (1 - x / sites) - k_out * n * (x / sites) * (1 - theta)
        return [(a * (1 - theta) ** 2 - b * theta**2 - down) / n, down / (thick * metal)]

    times = np.array([1.0, 10.0, 100.0])
    ref = solve_ivp(rate, (0, 100), [0.0, 0.0], "Radau", times, rtol=1e-11, atol=1e-14)
    surface = _layer(into_bulk=k_in, into_layer=k_out, pressure=1e2, start=0.0, desorption=k_des)
    grains = GrainClasses(
        shape="plate",
        radii=[thick],
        weights=[1.0],
        start=0.0,
        diffusivity=1e-3,
        surface=surface,
        metal_density=metal,
        n_cells=20,
    )
    cell = Cell(grains=(grains,), shares=(1.0,), reservoir=None, stacks=(), temperature=None)
    out = solve(cell, times, rtol=1e-10, atol=1e-13)
    assert out.coverages[:, 0] == pytest.approx(ref.y[0], rel=1e-6)
    assert out.content == pytest.approx(ref.y[1], rel=1e-6)


def test_uniform_grain_and_cavity_relax_with_the_sum_of_their_rates():
    # x_eq = a/2: dx/dt = -K (x - a/2), a = 1 - x: exponential with rate 3 K/2
    grains = GrainClasses(
        shape="sphere",
        radii=[1.0],
        weights=[1.0],
        start=1.0,
        diffusivity=1e9,
        surface=Exchange(
            order=1, rate=0.1, equilibrium=Following(content=lambda a: a / 2, most=1.0)
        ),
        metal_density=None,
    )
    cell = Cell(
        grains=(grains,), shares=(1.0,), reservoir=_chamber(0.0), stacks=(), temperature=None
    )
    times = np.array([0.5, 2.0, 6.0])
    out = solve(cell, times, rtol=1e-10, atol=1e-12)
    assert out.content == pytest.approx(1 / 3 + 2 / 3 * np.exp(-0.45 * times), abs=1e-7)

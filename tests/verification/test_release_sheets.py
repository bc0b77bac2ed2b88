"""Sheets, films and chambers against series and steady states; parameters of published cases.

The cases are those of the verification books of TMAP4 and TMAP8 (ver-1a, 1b, 1dd, 1e, 1kc); all
formulas are derived anew, because the printed ones differ from each other.
"""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf, erfc

from megabar.constants import k_boltzmann
from megabar.hydrogen import links
from megabar.hydrogen.geometry import (
    GAS_CONSTANT,
    Cell,
    GrainClasses,
    Layer,
    Reservoir,
    Stack,
    one_grain,
)
from megabar.hydrogen.integrators import integrate
from megabar.hydrogen.network import Network
from megabar.hydrogen.release import solve

INERT = GrainClasses(
    shape="plate",
    radii=[1.0],
    weights=[1.0],
    start=0.0,
    diffusivity=None,
    surface=None,
    metal_density=None,
)


def _chamber(free):
    return Reservoir(
        free=free, bound=0.0, bound_release_rate=0.0, leak_conductance=0.0, leak_constant=0.0
    )


def _cell(*, free, layers, activity, area=1.0, far=None):
    stack = Stack(
        name="wall", layers=layers, area_per_metal=area, activity=activity, most=2.0, far=far
    )
    return Cell(
        grains=(INERT,), shares=(1.0,), reservoir=_chamber(free), stacks=(stack,), temperature=None
    )


def _sheet(thickness, diffusivity, capacity=1.0, n_cells=200, grading=1.0, name="sheet"):
    return Layer(
        name=name,
        thickness=thickness,
        diffusivity=diffusivity,
        capacity=capacity,
        start=0.0,
        n_cells=n_cells,
        grading=grading,
    )


def _unit(a):
    return np.ones_like(a)


def test_chamber_that_empties_through_a_wall_follows_its_series():
    volume, area, thickness, kelvin = 5.20e-11, 2.16e-6, 3.30e-5, 2373.0
    diffusivity = 1.58e-4 * np.exp(-308000 / (GAS_CONSTANT * kelvin))
    solubility = 7.244e22 / kelvin
    ratio = solubility * kelvin * k_boltzmann * area / volume  # L', 1/m
    assert ratio * thickness == pytest.approx(1.370964, rel=1e-4)
    edges = np.pi / thickness * np.arange(400)
    roots = np.array(
        [
            brentq(
                lambda a: a * np.sin(a * thickness) - ratio * np.cos(a * thickness),
                low + 1e-6,
                high - 1e-6,
                xtol=1e-9,
            )
            for low, high in pairwise(edges)
        ]
    )
    times = np.array([5.0, 20.0, 140.0])
    decay = np.exp(-diffusivity * np.outer(times, roots**2))
    norm = thickness * (roots**2 + ratio**2) + ratio
    pressure = decay @ (2 * ratio / norm)
    outer = (
        2 * solubility * 1e6 * ratio * diffusivity
        * (decay @ (roots / (norm * np.sin(roots * thickness))))
    )  # fmt: skip
    assert 1 - pressure == pytest.approx([0.371763, 0.578034, 0.970666], rel=1e-4)
    assert outer[1] == pytest.approx(1.188541e19, rel=1e-4)
    # amounts in units of the atoms of the gas, which is the free hydrogen of the cell
    gas = 1e6 * volume / (k_boltzmann * kelvin)
    layer = _sheet(thickness, diffusivity, capacity=solubility * 1e6 / gas, n_cells=200)
    cell = _cell(free=1.0, layers=(layer,), activity=lambda a: a, area=area, far=0.0)
    out = solve(cell, times, rtol=1e-9, atol=1e-12)
    assert 1 - out.free == pytest.approx(1 - pressure, rel=1e-4)
    profile = out.sheet_profiles["wall/sheet"]
    last = profile.faces[-1] - profile.depth[-1]
    flux = diffusivity * profile.values[:, -1] / last * gas
    assert flux == pytest.approx(outer, rel=1e-4)
    assert out.drift < 1e-11


def test_half_space_at_a_held_surface_fills_as_an_error_function():
    layer = _sheet(100.0, 1.0, n_cells=800, grading=1000.0)
    cell = _cell(free=1e6, layers=(layer,), activity=_unit)
    cell = Cell(
        grains=(INERT,),
        shares=(1.0,),
        reservoir=_chamber(1e6),
        stacks=(
            Stack(
                name="wall",
                layers=(layer,),
                area_per_metal=1.0,
                activity=_unit,
                most=1e6,
                far=None,
            ),
        ),
        temperature=None,
    )
    times = np.array([10.0, 50.0])
    out = solve(cell, times, rtol=1e-9, atol=1e-12)
    profile = out.sheet_profiles["wall/sheet"]
    exact = erfc(profile.depth / (2 * np.sqrt(times[:, None])))
    assert np.abs(profile.values - exact).max() < 2e-5
    c = [np.interp(0.2, profile.depth, row) for row in profile.values]
    assert c == pytest.approx([0.964329, 0.984043], abs=2e-5)
    flux = -np.diff(profile.values, axis=1) / np.diff(profile.depth)
    inner = profile.faces[1:-1]
    exact = np.exp(-(inner**2) / (4 * times[:, None])) / np.sqrt(np.pi * times[:, None])
    assert np.abs(flux - exact).max() < 2e-5
    assert [np.interp(0.5, inner, row) for row in flux] == pytest.approx(
        [0.177301, 0.0796888], abs=2e-5
    )


def test_breakthrough_of_a_membrane_follows_its_series():
    times = np.array([0.05, 0.1, 0.4])
    m = np.arange(1, 200)
    flux = 1 + 2 * np.exp(-np.outer(times, (m * np.pi) ** 2)) @ (-1.0) ** m
    assert flux == pytest.approx([0.0340015, 0.2928997, 0.9614077], abs=1e-7)
    cell = _cell(free=2.0, layers=(_sheet(1.0, 1.0, n_cells=200),), activity=_unit, far=0.0)
    out = solve(cell, times, rtol=1e-9, atol=1e-12)
    profile = out.sheet_profiles["wall/sheet"]
    assert profile.values[:, -1] / (1 - profile.depth[-1]) == pytest.approx(flux, abs=3e-5)


def test_two_sheets_pass_the_steady_flux_of_their_resistances():
    first, second = 33e-6, 66e-6
    fast, slow = 1.274e-7, 2.622e-11
    expected = 50.7079 / (first / fast + second / slow)
    assert expected == pytest.approx(2.0142793e-5, rel=1e-7)
    layers = (
        _sheet(first, fast, capacity=50.7079, n_cells=30, name="a"),
        _sheet(second, slow, capacity=50.7079, n_cells=60, name="b"),
    )
    cell = _cell(free=2.0, layers=layers, activity=_unit, far=0.0)
    late = 60 * second**2 / (np.pi**2 * slow)
    out = solve(cell, [late], rtol=1e-12, atol=1e-14)
    profile = out.sheet_profiles["wall/b"]
    half = profile.faces[-1] - profile.depth[-1]
    assert slow * profile.values[0, -1] / half == pytest.approx(expected, rel=1e-12)
    entering = out.sheet_profiles["wall/a"]
    step = entering.depth[1] - entering.depth[0]
    flux = fast * (entering.values[0, 0] - entering.values[0, 1]) / step
    assert flux == pytest.approx(expected, rel=1e-7)


def test_contents_of_two_sheets_jump_by_the_ratio_of_their_capacities():
    layers = (
        _sheet(1.0, 1.0, capacity=1.0, n_cells=20, name="a"),
        _sheet(1.0, 0.3, capacity=4.0, n_cells=20, name="b"),
    )
    out = solve(_cell(free=1.0, layers=layers, activity=lambda a: a), [2e3])
    a, b = out.sheet_profiles["wall/a"].values[0], out.sheet_profiles["wall/b"].values[0]
    # one activity everywhere: free + 1 u + 4 u = 1
    assert np.concatenate([[out.free[0]], a, b / 4]) == pytest.approx(np.full(41, 1 / 6), rel=1e-6)


def test_two_compartments_settle_at_the_step_of_sieverts():
    kelvin, length, start = 500.0, 2.5e-4, 1e5
    diffusivity = 4.31e-6 * np.exp(-2818 / kelvin)
    net = Network()
    left, right = length / 3, 2 * length / 3
    n_left, n_right = 40, 80
    loaded = start / (GAS_CONSTANT * kelvin)
    a = net.chain(volumes=np.full(n_left, left / n_left), start=loaded)
    b = net.chain(volumes=np.full(n_right, right / n_right), start=0.0)
    for nodes, width in ((a, left / n_left), (b, right / n_right)):
        for i, j in pairwise(nodes):
            net.link(links.FLOW, (i, j), (diffusivity / width, diffusivity / width))
    half = 2 * diffusivity / (left / n_left), 2 * diffusivity / (right / n_right)
    net.link(links.SIEVERTS, (a[-1], b[0]), (1.0, *half, 10.0))
    arrays = net.arrays()
    times = np.linspace(0, 20 * length**2 / diffusivity, 20)
    for solver in ("rodas", "cvode", "scipy"):
        run = integrate(arrays, times=times, solver=solver, rtol=1e-10, atol=1e-10)
        amounts = arrays.amounts(run.values)
        assert np.abs(amounts / amounts[0] - 1).max() < 1e-11
        # C1 = 10 sqrt(C2) and C1 + 2 C2 = P1/RT
        c2 = brentq(lambda c: 10 * np.sqrt(c) + 2 * c - loaded, 0, loaded)
        assert c2 == pytest.approx(3.1512937, rel=1e-6)
        assert run.values[-1, n_left:] == pytest.approx(np.full(n_right, c2), rel=1e-6)
        assert run.values[-1, :n_left] == pytest.approx(np.full(n_left, 10 * c2**0.5), rel=1e-6)


def test_slab_that_is_loaded_in_one_half_evens_out_as_images_say():
    n_cells = 200
    start = np.where(np.arange(n_cells) < n_cells // 2, 1.0, 0.0)
    cell = one_grain(
        shape="plate",
        radius=1.0,
        start=1.0,
        diffusivity=1.0,
        surface=None,
        metal_density=None,
    )
    grains = GrainClasses(
        shape="plate",
        radii=[1.0],
        weights=[1.0],
        start=start,
        diffusivity=1.0,
        surface=None,
        metal_density=None,
        n_cells=n_cells,
        grading=1.0,
    )
    cell = Cell(grains=(grains,), shares=(1.0,), reservoir=None, stacks=(), temperature=None)
    times = np.array([0.01, 0.1, 0.5])
    out = solve(cell, times, rtol=1e-9, atol=1e-11)
    x, root = out.grain_profiles[0].depth, np.sqrt(4 * times)[:, None]
    images = sum(
        0.5 * (erf((2 * k + 0.5 - x) / root) + erf((0.5 + x - 2 * k) / root)) for k in range(-8, 9)
    )
    assert np.abs(out.grain_profiles[0].values - images).max() < 1e-4
    assert out.content == pytest.approx([0.5] * 3, rel=1e-11)

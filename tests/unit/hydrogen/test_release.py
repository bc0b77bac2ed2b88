"""The solver of a cell: what it refuses, what it keeps, and that its engines agree."""

import numpy as np
import pytest

from megabar import errors
from megabar.hydrogen import integrators
from megabar.hydrogen.assembly import assemble
from megabar.hydrogen.geometry import (
    AdsorbedLayer,
    Arrhenius,
    Cell,
    Exchange,
    Following,
    FollowingPotential,
    GrainClasses,
    History,
    Layer,
    Mobility,
    MovingInterface,
    Reservoir,
    Sieverts,
    Stack,
    one_grain,
)
from megabar.hydrogen.network import Network
from megabar.hydrogen.plateaus import plateau, potential
from megabar.hydrogen.release import solve


def _grains(**changes):
    words = {
        "shape": "sphere",
        "radii": [1e-6],
        "weights": [1.0],
        "start": 10.5,
        "diffusivity": 1e-12,
        "surface": Exchange(order=1, rate=1e-13, equilibrium=3.0),
        "metal_density": None,
        "n_cells": 20,
    }
    return GrainClasses(**(words | changes))


def _cell(grains, reservoir=None, stacks=(), temperature=None):
    return Cell(
        grains=(grains,),
        shares=(1.0,),
        reservoir=reservoir,
        stacks=stacks,
        temperature=temperature,
    )


def _chamber(**changes):
    words = {
        "free": 1.0,
        "bound": 0.0,
        "bound_release_rate": 0.0,
        "leak_conductance": 0.0,
        "leak_constant": 0.0,
    }
    return Reservoir(**(words | changes))


DAY = 86400.0


def _busy_cell(temperature):
    """Everything at once: two materials, feedback, a precursor, a leak, film and gasket."""
    follow = Following(content=lambda a: 3 + 6 * a / (a + 2), most=40.0)
    first = _grains(
        radii=[5e-7, 2e-6],
        weights=[0.4, 0.6],
        diffusivity=Arrhenius(prefactor=1e-8, activation_energy=40e3),
        surface=Exchange(
            order=1, rate=Arrhenius(prefactor=1e2, activation_energy=90e3), equilibrium=follow
        ),
    )
    second = _grains(
        shape="plate",
        diffusivity=1e-16,
        metal_density=2.8e28,
        surface=Exchange(order=2, rate=1e-42, equilibrium=Sieverts(squared_per_free=0.5)),
    )
    film = Layer(
        name="Al2O3",
        thickness=5e-7,
        diffusivity=Arrhenius(prefactor=1e-9, activation_energy=50e3),
        capacity=1e26,
        start=0.0,
        n_cells=12,
        grading=1.0,
    )
    metal = Layer(
        name="Re",
        thickness=1e-5,
        diffusivity=Arrhenius(prefactor=1e-10, activation_energy=30e3),
        capacity=1e28,
        start=0.0,
        n_cells=15,
        grading=10.0,
    )
    gasket = Stack(
        name="gasket",
        layers=(film, metal),
        area_per_metal=1e-22,
        activity=lambda a: a / (a + 1),
        most=40.0,
        far=0.0,
    )
    cavity = _chamber(bound=4.0, bound_release_rate=1e-7, leak_conductance=1e-8, leak_constant=1e-8)
    return Cell(
        grains=(first, second),
        shares=(0.7, 0.3),
        reservoir=cavity,
        stacks=(gasket,),
        temperature=temperature,
    )


WARM = History(times=[0.0, 10 * DAY, 11 * DAY], values=[290.0, 290.0, 320.0])


@pytest.mark.parametrize("temperature", [300.0, WARM])
def test_engines_agree_on_everything_at_once(temperature):
    times = np.array([1.0, 12.0, 40.0]) * DAY
    runs = [
        solve(_busy_cell(temperature), times, level="PDE", solver=s, rtol=1e-8, atol=1e-10)
        for s in integrators.SOLVERS
    ]
    for run in runs:
        parts = run.content + run.free + run.bound + run.lost + run.stacks["gasket"]
        assert parts == pytest.approx(np.full(3, 10.5 + 5.0), rel=1e-11)
        assert run.drift < 1e-11
        assert run.sheets["gasket/Al2O3"] + run.sheets["gasket/Re"] == pytest.approx(
            run.stacks["gasket"], rel=1e-12
        )
    for run in runs[1:]:
        for name in ("content", "free", "bound", "lost"):
            assert getattr(run, name) == pytest.approx(getattr(runs[0], name), rel=2e-5)


@pytest.mark.parametrize("temperature", [300.0, WARM])
def test_jacobian_is_that_of_differences(temperature):
    arrays = assemble(_busy_cell(temperature), resolved="PDE").network.arrays()
    calls = integrators.Callbacks(arrays)
    random = np.random.default_rng(5)
    y = arrays.start + 0.1 + random.uniform(0, 1, len(arrays.start))
    matrix = calls.matrix(10.5 * DAY, y).toarray()
    scale = np.abs(matrix).max(axis=1)
    for column in random.choice(len(y), 25, replace=False):
        h = 1e-5
        up, down = y.copy(), y.copy()
        up[column] += h
        down[column] -= h
        slope = (calls.rates(10.5 * DAY, up) - calls.rates(10.5 * DAY, down)) / (2 * h)
        assert np.abs(matrix[:, column] - slope).max(initial=0) <= 1e-4 * scale.max()
        assert np.all(np.abs(matrix[:, column] - slope) <= 1e-4 * scale + 1e-30)


def test_warming_speeds_a_release_by_its_arrhenius_factor():
    energy = 90e3
    rate = Arrhenius(prefactor=1e2, activation_energy=energy)
    grains = _grains(surface=Exchange(order=1, rate=rate, equilibrium=0.0))
    half = 10 * DAY
    steps = History(times=[0.0, half, half + 1e-3], values=[290.0, 290.0, 310.0])
    out = solve(_cell(grains, temperature=steps), [half, 2 * half], rtol=1e-10, atol=1e-12)
    rates = -np.diff(np.log(np.concatenate([[10.5], out.content]))) / half
    assert rates == pytest.approx([3 * rate.at(290.0) / 1e-6, 3 * rate.at(310.0) / 1e-6], rel=1e-6)
    assert out.level.name == "ODE0"


def test_imposed_pressure_moves_the_equilibrium_through_its_isotherm():
    # slow ramp of mu: the content follows the isotherm, plateau and all
    imposed = History(times=[0.0, 1e9], values=[2.0, 0.0])
    equilibrium = FollowingPotential(
        potentials=[0.0, 1.0, 2.0],
        contents=[3.0, 4.0, 10.0],
        imposed=imposed,
        activity=None,
        most=100.0,
    )
    grains = _grains(start=10.0, surface=Exchange(order=1, rate=1e-11, equilibrium=equilibrium))
    out = solve(_cell(grains, reservoir=_chamber()), [2.5e8, 7.5e8])
    assert out.content == pytest.approx([7.0, 3.5], abs=1e-3)


def test_excess_hydrogen_halts_the_loss():
    follow = Following(content=lambda a: 3 + 7.5 * a / (a + 1), most=1e3)
    grains = _grains(surface=Exchange(order=1, rate=1e-13, equilibrium=follow))
    lost = []
    for free in (0.0, 5.0, 500.0):
        out = solve(_cell(grains, reservoir=_chamber(free=free)), [300 * DAY])
        lost.append(10.5 - out.content[0])
    assert lost[0] > lost[1] > lost[2] > 0
    assert lost[2] < 0.02


def test_content_held_in_a_chamber_is_carried_by_the_gas_of_an_adsorbed_layer():
    chamber = Following(content=lambda a: 1e3 * a, most=5.0)
    layer = AdsorbedLayer(
        sites=1e19,
        start=0.0,
        desorption_rate=1e-22,
        sticking=1e-3,
        into_bulk=1e2,
        into_layer=1e2,
        bulk_sites=2.0,
        pressure=chamber,
        gas_temperature=600.0,
    )
    grains = _grains(start=0.0, surface=layer, metal_density=5e28, diffusivity=1e-12)
    out = solve(_cell(grains, reservoir=_chamber()), [10.0, 1e4])
    assert out.level.name == "PDE"
    assert 0 < out.free[-1] < out.free[0] < 1
    assert out.content[-1] > out.content[0] > 0
    assert out.drift < 1e-11


def test_moving_interface_is_hindered_by_the_reservoir():
    surface = MovingInterface(speed=1e-13, shell=3.0, hindrance=0.25)  # noqa: S604
    out = solve(_cell(_grains(diffusivity=None, surface=surface)), [1e6], rtol=1e-11, atol=1e-12)
    assert out.content[0] == pytest.approx(3 + 7.5 * (1 - 0.75 * 0.1) ** 3, rel=1e-9)


def test_tracer_diffusivity_becomes_chemical_by_the_thermodynamic_factor():
    contents, tracer, factor = [0.0, 1.0, 2.0], [1.0, 1.0, 2.0], [1.0, 3.0, 0.5]
    one = Mobility.from_tracer(contents=contents, tracer=tracer, thermodynamic_factor=factor)
    other = Mobility.from_chemical(contents=contents, chemical=[1.0, 3.0, 1.0])
    x = np.linspace(0, 2, 9)
    assert potential(one)(x) == pytest.approx(potential(other)(x))
    assert float(potential(one)(1.0)) == pytest.approx(2.0)


def test_plateau_has_no_driving_force():
    phi = potential(plateau(diffusivity=2.0, low=4.0, high=10.5, above=1.0))
    assert phi([4.0, 7.0, 10.5]) == pytest.approx([8.0, 8.0, 8.0])
    with pytest.raises(ValueError, match="plateau from 5 to 4"):
        plateau(diffusivity=1.0, low=5.0, high=4.0, above=1.0)


def test_truncated_integration_carries_what_was_reached(monkeypatch):
    monkeypatch.setattr(integrators, "_MOST_STEPS", 12)
    times = np.geomspace(1.0, 1e9, 20)
    for solver in ("rodas", "cvode"):
        with pytest.raises(errors.SolverTruncated, match="stopped at") as caught:
            solve(_cell(_grains()), times, level="PDE", solver=solver, rtol=1e-9, atol=1e-12)
        assert 0 < len(caught.value.times) < 21
        assert len(caught.value.values) == len(caught.value.times)
        assert np.all(np.isfinite(caught.value.values))
        assert caught.value.reason


def test_without_sundials_the_message_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sksundae.cvode", None)
    with pytest.raises(errors.MissingExtra, match=r"megabar\[release\]"):
        solve(_cell(_grains()), [1.0], solver="cvode")


def test_atoms_from_nowhere_are_an_error():
    from megabar.hydrogen.release import _checked_balance

    with pytest.raises(errors.BalanceLost, match=r"drifts by 1\.0e-03") as caught:
        _checked_balance(np.array([1.0, 1.001]), np.array([1.0, 1.0]))
    assert caught.value.drift[1] == pytest.approx(1e-3)


@pytest.mark.parametrize("times", [[2.0, 1.0], [-1.0, 1.0], [0.0], [1.0, 1.0]])
def test_times_that_go_nowhere_are_refused(times):
    with pytest.raises(ValueError, match="starts at 0 s"):
        solve(_cell(_grains()), times)


def test_descriptions_that_leave_something_open_are_refused():
    follow = Following(content=lambda a: a, most=1.0)
    with pytest.raises(errors.PlanError, match="without cavity"):
        solve(_cell(_grains(surface=Exchange(order=1, rate=1.0, equilibrium=follow))), [1.0])
    hot = Exchange(order=1, rate=Arrhenius(prefactor=1.0, activation_energy=5e4), equilibrium=0.0)
    with pytest.raises(errors.PlanError, match="temperature of the cell"):
        solve(_cell(_grains(surface=hot)), [1.0])
    pairs = Exchange(order=2, rate=1.0, equilibrium=0.0)
    with pytest.raises(errors.PlanError, match="metal density"):
        solve(_cell(_grains(surface=pairs)), [1.0], level="PDE")
    with pytest.raises(errors.PlanError, match="averaged away"):
        solve(_cell(_grains(start=np.linspace(9, 10, 20))), [1.0], level="ODE0")
    with pytest.raises(errors.UnknownWord, match="chosen"):
        solve(_cell(_grains()), [1.0], level="choosen")
    with pytest.raises(errors.UnknownWord, match="cvode"):
        solve(_cell(_grains()), [1.0], solver="cvodes")


def test_parts_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match=r"weights of sum 0\.9"):
        _grains(weights=[0.9])
    with pytest.raises(ValueError, match="positive radius"):
        _grains(radii=[-1.0])
    with pytest.raises(ValueError, match="order 3"):
        Exchange(order=3, rate=1.0, equilibrium=0.0)
    with pytest.raises(ValueError, match="Take order 2"):
        Exchange(order=1, rate=1.0, equilibrium=Sieverts(squared_per_free=1.0))
    with pytest.raises(ValueError, match="one share for each"):
        Cell(grains=(_grains(),), shares=(0.5,), reservoir=None, stacks=(), temperature=None)
    with pytest.raises(ValueError, match="more than 0 m"):
        one_grain(
            shape="sphere",
            radius=0.0,
            start=1.0,
            diffusivity=1.0,
            surface=None,
            metal_density=None,
        )
    stack = Stack(
        name="gasket", layers=(), area_per_metal=1.0, activity=lambda a: a, most=1.0, far=None
    )
    with pytest.raises(ValueError, match="Describe the cavity"):
        _cell(_grains(), stacks=(stack,))


def test_ring_of_nodes_is_left_to_the_sparse_engines():
    net = Network()
    nodes = net.chain(volumes=[1.0, 1.0, 1.0], start=[3.0, 0.0, 0.0])
    for i, j in ((0, 1), (1, 2), (0, 2)):
        net.link(0, (nodes[i], nodes[j]), (1.0, 1.0))
    arrays = net.arrays()
    assert integrators.chosen_solver(arrays) != "rodas"
    times = np.array([0.0, 0.5, 40.0])
    for solver in ("cvode", "scipy"):
        run = integrators.integrate(arrays, times=times, solver=solver, rtol=1e-9, atol=1e-11)
        assert run.values[1] == pytest.approx(1 + np.array([2, -1, -1]) * np.exp(-1.5), abs=1e-7)
        assert run.values[-1] == pytest.approx(np.ones(3), abs=1e-8)
    with pytest.raises(ValueError, match="no chain"):
        integrators.integrate(arrays, times=times, solver="rodas", rtol=1e-9, atol=1e-11)


def test_without_sundials_a_ring_falls_to_scipy_with_an_equal_result(monkeypatch):
    import sys

    net = Network()
    nodes = net.chain(volumes=[1.0, 2.0, 1.0], start=[3.0, 0.0, 0.0])
    for i, j in ((0, 1), (1, 2), (0, 2)):
        net.link(0, (nodes[i], nodes[j]), (1.0, 1.0))
    arrays, times = net.arrays(), np.array([0.0, 0.3, 1.0])

    def run():
        return integrators.integrate(arrays, times=times, solver="chosen", rtol=1e-9, atol=1e-11)

    with_it = run()
    monkeypatch.setitem(sys.modules, "sksundae.cvode", None)
    monkeypatch.setattr(integrators, "find_spec", lambda _: None)
    without = run()
    assert (with_it.solver, without.solver) == ("cvode", "scipy")
    assert without.values == pytest.approx(with_it.values, abs=1e-7)

"""A grain that is not resolved loses what the bound says, and no more."""

import numpy as np
import pytest
from tests.verification.test_release_grains import recombining_sphere

from megabar.hydrogen.geometry import Exchange, one_grain
from megabar.hydrogen.levels import collapse_bound, first_decay_root, parabolic_grain
from megabar.hydrogen.release import solve


def _grain(order, biot, shape="sphere", n_cells=200):
    return one_grain(
        shape=shape,
        radius=1.0,
        start=1.0,
        diffusivity=1.0,
        surface=Exchange(order=order, rate=biot, equilibrium=0.0),
        metal_density=1.0,
        n_cells=n_cells,
        grading=20.0,
    )


def _largest_error(level, order, biot, shape="sphere"):
    times = np.concatenate([np.geomspace(1e-4, 1, 60), np.linspace(1.02, order / biot, 200)])
    cell = _grain(order, biot, shape)
    resolved = solve(cell, times, level="PDE", rtol=1e-8, atol=1e-10)
    lumped = solve(cell, times, level=level, rtol=1e-8, atol=1e-10)
    return np.abs(resolved.content - lumped.content).max()


@pytest.mark.parametrize(
    ("level", "order", "expected", "tolerance"),
    [
        ("ODE0", 1, 7.28e-3, 2e-2),
        ("ODE0", 2, 7.18e-3, 2e-2),
        ("ODE1", 1, 1.48e-4, 3e-2),
    ],
)
def test_collapse_of_a_sphere_costs_the_tabulated_error(level, order, expected, tolerance):
    assert _largest_error(level, order, 0.1) == pytest.approx(expected, rel=tolerance)


def test_parabola_errs_most_while_it_builds_up_where_hydrogen_leaves_in_pairs():
    # two roads that share nothing with the solver: a spectral solution, and the closed parabola.
    # A coarse row of times misses the maximum at R^2/10 D and sees 2.08e-4 instead.
    times = np.concatenate([np.geomspace(1e-3, 1, 120), np.linspace(1.1, 20, 100)])
    parabola = parabolic_grain(shape="sphere", order=2, biot=0.1, fourier=times)
    errors = np.abs(recombining_sphere(times, modes=60, strength=0.1) - parabola)
    assert 0.05 < times[errors.argmax()] < 0.2
    assert errors.max() > 1.2 * 2.08e-4
    assert _largest_error("ODE1", 2, 0.1) == pytest.approx(errors.max(), rel=1e-2)
    assert errors.max() < collapse_bound(level="ODE1", shape="sphere", order=2, biot=0.1)


@pytest.mark.parametrize("shape", ["sphere", "cylinder", "plate"])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("level", "biot"), [("ODE0", 0.009), ("ODE1", 0.05), ("ODE1", 0.19)])
def test_collapse_stays_below_its_bound(shape, order, level, biot):
    bound = collapse_bound(level=level, shape=shape, order=order, biot=biot)
    assert _largest_error(level, order, biot, shape) < 1.02 * bound


def test_level_is_chosen_by_the_biot_number():
    for biot, level in ((0.005, "ODE0"), (0.1, "ODE1"), (1.0, "PDE")):
        out = solve(_grain(1, biot), [1.0])
        assert out.level.name == level
        assert out.level.numbers.biot == pytest.approx(biot)
        assert (out.level.bound is None) == (level == "PDE")


def test_slowest_decay_of_the_grain_is_the_root_of_its_equation():
    # late enough that one mode is left: the rate of the logarithm is its eigenvalue
    for biot, root in ((0.1, 0.29406856), (1.0, 2.46740110)):
        assert first_decay_root(biot=biot) == pytest.approx(root, rel=1e-7)
        late = 4 / root
        errors = []
        for n_cells in (100, 200):
            out = solve(
                _grain(1, biot, n_cells=n_cells), [late, 1.2 * late], level="PDE",
                rtol=1e-10, atol=1e-13,
            )  # fmt: skip
            rate = -np.diff(np.log(out.content))[0] / (0.2 * late)
            errors.append(abs(rate / root - 1))
        assert errors[1] < 2e-5
        assert errors[1] < 0.3 * errors[0]


@pytest.mark.parametrize("solver", ["rodas", "cvode", "scipy"])
def test_resolved_grain_keeps_its_digits_at_the_smallest_biot_number(solver):
    # R 1 um, D 1e-6 cm2/s, 0.12 H/La a day of 10.5 for 60 days: Bi 4e-10, Fo 5e8
    radius, diffusivity, days = 1e-6, 1e-10, 60 * 86400.0
    rate = 0.12 / 86400 / 10.5 * radius / 3
    cell = one_grain(
        shape="sphere",
        radius=radius,
        start=10.5,
        diffusivity=diffusivity,
        surface=Exchange(order=1, rate=rate, equilibrium=0.0),
        metal_density=None,
    )
    times = np.linspace(0.1, 1, 10) * days
    out = solve(cell, times, level="PDE", solver=solver, rtol=1e-7, atol=1e-9)
    biot = rate * radius / diffusivity
    assert biot == pytest.approx(4.4e-10, rel=0.01)
    exact = 10.5 * np.exp(-3 * rate / radius * times)
    assert out.content == pytest.approx(exact, rel=1e-5)
    assert out.drift < 1e-11

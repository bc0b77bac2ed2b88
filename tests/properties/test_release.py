"""Invariants of a release: amounts, direction, scale, and names that do not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.hydrogen.geometry import Cell, Exchange, Following, GrainClasses, Reservoir
from megabar.hydrogen.release import solve

SHAPES = st.sampled_from(["plate", "cylinder", "sphere"])
BIOT = st.floats(-4, 2).map(lambda power: 10.0**power)
TIMES = np.array([0.1, 0.5, 2.0])


def _cell(shape, biot, *, order=1, scale=1.0, radii=(1.0,), weights=(1.0,), reservoir=None):
    equilibrium = (
        1.0 if reservoir is None else Following(content=lambda a: 4 * a / (a + 5), most=20.0)
    )
    grains = GrainClasses(
        shape=shape,
        radii=scale * np.array(radii),
        weights=weights,
        start=10.0,
        diffusivity=scale**2,
        surface=Exchange(order=order, rate=scale * biot, equilibrium=equilibrium),
        metal_density=1.0,
        n_cells=20,
    )
    return Cell(grains=(grains,), shares=(1.0,), reservoir=reservoir, stacks=(), temperature=None)


@settings(max_examples=25, deadline=None)
@given(shape=SHAPES, biot=BIOT, order=st.sampled_from([1, 2]), leak=st.floats(0, 1))
def test_closed_books_and_one_direction(shape, biot, order, leak):
    cavity = Reservoir(
        free=0.0, bound=0.0, bound_release_rate=0.0, leak_conductance=leak, leak_constant=0.0
    )
    out = solve(_cell(shape, biot, order=order, reservoir=cavity), TIMES, level="PDE")
    assert out.content + out.free + out.lost == pytest.approx(np.full(3, 10.0), rel=1e-11)
    assert np.all(np.diff(np.concatenate([[10.0], out.content])) <= 1e-7)
    assert np.all(np.diff(out.lost) >= -1e-12)


@settings(max_examples=25, deadline=None)
@given(shape=SHAPES, biot=BIOT, scale=st.floats(-7, 3).map(lambda power: 10.0**power))
def test_size_with_the_square_of_diffusivity_changes_nothing(shape, biot, scale):
    # R -> l R, D -> l^2 D, k -> l k: the same equation
    one = solve(_cell(shape, biot), TIMES)
    other = solve(_cell(shape, biot, scale=scale), TIMES)
    assert other.level.name == one.level.name
    assert other.content == pytest.approx(one.content, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(3)), biot=BIOT)
def test_order_of_the_classes_is_irrelevant(order, biot):
    radii, weights = np.array([0.5, 1.0, 1.7]), np.array([0.2, 0.5, 0.3])
    one = solve(_cell("sphere", biot, radii=radii, weights=weights), TIMES)
    other = solve(_cell("sphere", biot, radii=radii[order], weights=weights[order]), TIMES)
    assert other.content == pytest.approx(one.content, rel=1e-6)
    assert other.class_contents == pytest.approx(one.class_contents[:, order], rel=1e-6)

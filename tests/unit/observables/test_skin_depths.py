"""Skin effect of grains: errors, readings, and what is refused."""

import math

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.observables.skin_depths import skin_depth


def grains(radius=20e-6, **more):
    given = {
        "radius_std": 0.0, "resistivity": 1e-6, "resistivity_std": 0.0, "frequency": 395e6,
        "flip_angle": math.pi / 2, "geometry": "sphere", **more,
    }  # fmt: skip
    return skin_depth(radius=radius, **given)


def test_its_error_is_the_scatter_that_radius_and_resistivity_give_it():
    rng = np.random.default_rng(4)
    scatter = [
        grains(20e-6 * (1 + 0.02 * a), resistivity=1e-6 * (1 + 0.03 * b)).value
        for a, b in rng.normal(size=(150, 2))
    ]
    found = grains(radius_std=0.02 * 20e-6, resistivity_std=0.03e-6)
    assert found.std == pytest.approx(np.std(scatter), rel=0.15)
    assert found.common


def test_the_other_form_is_another_reading():
    sphere, slab = grains(), grains(geometry="slab")
    assert sphere.alternatives == (("slab", slab.value),)
    assert slab.alternatives == (("sphere", sphere.value),)
    assert slab.value < sphere.value


def test_only_the_ratio_to_the_skin_depth_counts():
    assert grains(40e-6, frequency=395e6 / 4).value == pytest.approx(grains().value, rel=1e-12)


def test_hydrogen_loses_where_lanthanum_in_the_same_grain_does_not():
    hydrogen, lanthanum = (grains(30e-6, frequency=nu) for nu in (395e6, 55.95e6))
    assert hydrogen.value < 0.95
    assert lanthanum.value > 0.995


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: grains(geometry="cube"), UnknownWord, "geometry"),
        (lambda: grains(-1e-6), ValueError, "grains need a positive radius"),
        (lambda: grains(flip_angle=math.pi), ValueError, "below half a turn"),
        (lambda: grains(20e-3), ValueError, "surface alone"),
        (lambda: grains(resistivity=0.0), ValueError, "resistivity"),
    ],
)
def test_impossible_grains_are_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()

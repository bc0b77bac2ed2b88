"""Lenses and cavities against numbers from elsewhere."""

import math

import numpy as np
import pytest

from megabar.constants import mu_0
from megabar.spins import pressure_cells


def test_the_cavity_under_a_culet_of_100_micrometres_holds_14_5_picolitres():
    assert pressure_cells.cavity_volume(culet=100e-6) == pytest.approx(14.5e-15, rel=5e-3)


def test_a_lens_gains_what_was_computed_elsewhere():
    gain = pressure_cells.lens_gain(outer_radius=120e-6, inner_radius=50e-6, conductor_radius=1e-6)
    assert gain == pytest.approx(1.306, rel=5e-3)


def test_the_mutual_inductance_behind_the_lens_is_that_of_neumanns_integral():
    """Lens gain rebuilt with M from the double line integral."""
    outer, inner, wire = 150e-6, 50e-6, 1e-6
    angle = (np.arange(4000) + 0.5) * 2 * np.pi / 4000
    distance = np.sqrt(outer**2 + inner**2 - 2 * outer * inner * np.cos(angle))
    mutual = mu_0 / 2 * outer * inner * np.mean(np.cos(angle) / distance) * 2 * np.pi
    alone = [mu_0 * one * (math.log(8 * one / wire) - 2) for one in (outer, inner)]
    current = math.pi * (outer**2 - inner**2) / (sum(alone) - 2 * mutual)
    expected = 1 + mu_0 * current / 2 * (1 / inner - 1 / outer)
    found = pressure_cells.lens_gain(outer_radius=outer, inner_radius=inner, conductor_radius=wire)
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_smaller_lens_of_the_same_form_gains_as_much():
    gains = [
        pressure_cells.lens_gain(outer_radius=2.4 * r, inner_radius=r, conductor_radius=r / 50)
        for r in (50e-6, 5e-6)
    ]
    assert gains[0] == pytest.approx(gains[1], rel=1e-12)


def test_the_published_ladder_falls_step_by_step_and_names_its_source():
    highest = [one.highest for one in pressure_cells.PUBLISHED_LIMITS]
    assert highest == sorted(highest, reverse=True)
    assert all(one.lowest <= one.highest for one in pressure_cells.PUBLISHED_LIMITS)
    assert {one.source for one in pressure_cells.PUBLISHED_LIMITS} == {"arXiv:1803.05472"}


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="diameter of the culet 0"):
        pressure_cells.cavity_volume(culet=0.0)
    with pytest.raises(ValueError, match="Check which is which"):
        pressure_cells.lens_gain(outer_radius=1e-6, inner_radius=2e-6, conductor_radius=1e-7)

"""Sets of orientations and the mean that refines them."""

import numpy as np
import pytest

from megabar.errors import Undetermined
from megabar.spins.coupling_nodes import coupling_nodes
from megabar.spins.orientations import (
    SPHERE_SETS,
    half_turn_grid,
    octant_grid,
    powder_mean,
    product_grid,
    sphere_grid,
)

GRIDS = [
    octant_grid(5000),
    half_turn_grid(5000),
    sphere_grid(2584),
    product_grid(polar=16, azimuthal=16, octant=False),
]


@pytest.mark.parametrize("grid", GRIDS)
def test_weights_sum_to_one_and_a_traceless_tensor_averages_out(grid):
    assert grid.weight.sum() == pytest.approx(1, rel=1e-12)
    x, y, z = grid.directions.T
    for component in (3 * z**2 - 1, x**2 - y**2):
        assert abs(grid.weight @ component) < 1 / len(grid)


@pytest.mark.parametrize("count", SPHERE_SETS)
def test_the_number_that_turns_the_azimuth_shares_no_factor_with_the_size(count):
    assert np.gcd(count, SPHERE_SETS[count]) == 1


def test_product_grid_integrates_a_high_power():
    grid = product_grid(polar=8, azimuthal=12, octant=True)
    assert grid.weight @ np.cos(grid.beta) ** 14 == pytest.approx(1 / 15, rel=1e-13)


def test_powder_mean_meets_its_own_error():
    """exp(i k (3 cos^2 - 1)) has the mean G(k) of a Pake pattern: G(2.5) = -0.11074204."""

    def mean(grid):
        return grid.weight @ np.exp(2.5j * (3 * np.cos(grid.beta)[:, None] ** 2 - 1))

    found = powder_mean(mean, tolerance=1e-4)
    assert found.error <= 1e-4
    assert found.values[0].real == pytest.approx(-0.11074204, abs=3e-5)


def test_a_mean_that_does_not_stand_still_is_refused():
    with pytest.raises(Undetermined, match="still moves"):
        powder_mean(
            lambda grid: grid.weight @ np.exp(1j * 3e4 * np.cos(grid.beta)[:, None] ** 2),
            tolerance=1e-6,
            largest=987,
        )


def test_sizes_without_a_set_are_refused():
    with pytest.raises(ValueError, match="there is no such set"):
        sphere_grid(100)


def test_nodes_of_the_coupling_have_the_moments_of_the_powder():
    """<v> = 0 and <v^2> = (1 + eta^2/3)/5 for v = b.V.b/Vzz."""
    for eta in (0.0, 0.3, 1.0):
        nodes = coupling_nodes(quadrupole_coupling=2e6, asymmetry=eta, spin=3.5, count=256)
        unit = 2e6 / 84
        assert nodes.weight @ nodes.coupling == pytest.approx(0, abs=1e-4 * unit)
        assert nodes.weight @ nodes.coupling**2 == pytest.approx(
            unit**2 * (1 + eta**2 / 3) / 5, rel=1e-5
        )

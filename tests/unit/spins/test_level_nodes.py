"""Nodes: frequencies, products with offsets, distributions."""

import numpy as np
import pytest

from megabar.spins.hamiltonians import first_order_coupling, offsets_from_quadrupole_coupling
from megabar.spins.level_nodes import (
    LevelNodes,
    gaussian_offsets,
    nodes_from_couplings,
    nodes_with_offsets,
    offsets_from_profile,
)
from megabar.spins.orientations import sphere_grid
from megabar.spins.tensors import gradient_tensor


def test_frequencies_are_those_of_the_first_order_hamiltonian():
    grid = sphere_grid(34)
    site = {
        "quadrupole_coupling": 0.5e6,
        "gradient": gradient_tensor(asymmetry=0.3),
        "spin": 3.5,
    }
    f = first_order_coupling(directions=grid.directions, **site)
    nodes = nodes_from_couplings(spin=3.5, coupling=f, offset=120.0, weight=grid.weight)
    expected = offsets_from_quadrupole_coupling(
        order=1, larmor_frequency=55.8e6, orientations=grid, **site
    )
    np.testing.assert_allclose(nodes.frequencies, expected + 120.0, atol=1e-8)


def test_a_product_with_offsets_has_their_moments_and_those_of_the_nodes():
    nodes = nodes_from_couplings(
        spin=1.5, coupling=[1e3, 3e3], offset=[0.0, 50.0], weight=[0.25, 0.75]
    )
    both = nodes_with_offsets(nodes, gaussian_offsets(fwhm=2.3548200450309493e3, count=101))
    assert both.weight.sum() == pytest.approx(1)
    mean = both.weight @ both.frequencies
    np.testing.assert_allclose(mean, nodes.weight @ nodes.frequencies, atol=1e-8)
    spread = both.weight @ both.frequencies**2 - nodes.weight @ nodes.frequencies**2
    np.testing.assert_allclose(spread, 1e6, rtol=1e-6)


@pytest.mark.parametrize("time", [0.0, 10e-6, 40e-6])
def test_gaussian_offsets_decay_as_a_gaussian(time):
    line = gaussian_offsets(fwhm=38e3, count=64)
    found = line.weight @ np.exp(2j * np.pi * line.offset * time)
    expected = np.exp(-((np.pi * 38e3 * time) ** 2) / (4 * np.log(2)))
    assert found == pytest.approx(expected, abs=1e-7)


def test_impossible_nodes_and_lines_are_refused():
    with pytest.raises(ValueError, match="needs 8 levels"):
        LevelNodes(spin=3.5, levels=np.zeros((2, 4)), weight=np.ones(2))
    with pytest.raises(ValueError, match="for 1 weights"):
        nodes_from_couplings(spin=0.5, coupling=[0.0, 1.0], offset=0.0, weight=[1.0])
    with pytest.raises(ValueError, match="both must be positive"):
        gaussian_offsets(fwhm=0.0, count=64)
    with pytest.raises(ValueError, match="none negative"):
        offsets_from_profile([0.0, 1.0], [1.0, -1.0])
    with pytest.raises(ValueError, match="as many of both"):
        offsets_from_profile([0.0, 1.0], [1.0])

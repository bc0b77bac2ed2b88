"""Networks that distances suggest: primitive cells, percolation, published prefactors."""

import numpy as np
import pytest

from megabar.errors import UnusableInput
from megabar.matter import crystals
from megabar.motion import lattice_walks
from megabar.observables.declared_networks import declared_networks, primitive_cell

A2 = 1e-20
MESH = lattice_walks.ZoneMesh(outward=16, across=6)
TRUST = ("unverified", "estimate")
SIZES = {
    "LaH2": 5.66, "LaH3": 4.365, "LaH4": 3.9, "LaH6": 3.75, "LaH10": 5.10, "YH6": 3.7, "YH9": 3.4,
    "H3S": 3.089, "FeH": 3.6, "CuH": 2.9,
}  # fmt: skip


def built(name):
    return crystals.crystal(name, lattice_parameter=SIZES[name] * 1e-10, accept=TRUST)


@pytest.fixture(scope="module")
def lah10():
    return built("LaH10")


def prefactor(network, moments_density, contact):
    """P of D = P K N T1/d in extreme narrowing, R1 = (3/4) K j(0)."""
    walk = lattice_walks.independent_walk(network, mesh=MESH)
    diffusivity = lattice_walks.free_diffusivity(network)
    return 0.75 * float(walk(0.0)) * diffusivity * contact / moments_density


def test_the_networks_of_lah10_have_the_reference_prefactors(lah10):
    networks = declared_networks(lah10)
    density, contact = 40 / lah10.volume, np.sqrt(3) * 0.13 * 5.10e-10
    found = [prefactor(network, density, contact) for _, network in networks]
    assert [name for name, _ in networks] == [
        "1.15 + 1.22 A",
        "1.15 + 0.1 x 1.22 A",
        "1.15 + 3 x 1.22 A",
        "1.15 + 100 x 1.22 A",
        "all up to 1.90 A",
    ]
    assert found == pytest.approx([2.3032, 2.006, 1.810, 1.164, 3.169], rel=2e-3)


def test_equal_rates_in_lah10_have_the_reference_diffusivity(lah10):
    _, network = declared_networks(lah10)[0]
    assert lattice_walks.free_diffusivity(network) / 1e12 == pytest.approx(0.8670 * A2, rel=1e-4)


@pytest.mark.parametrize("name", sorted(SIZES))
def test_every_declared_network_leads_everywhere(name):
    for _, network in declared_networks(built(name)):
        assert {part.dimensions for part in lattice_walks.components(network)} == {3}


@pytest.mark.parametrize("name", sorted(SIZES))
def test_no_shell_can_be_taken_off_the_end_of_the_short_jumps(name):
    """The first network needs its longest jumps: without them some hydrogen stays."""
    _, network = declared_networks(built(name))[0]
    vectors = (
        network.sites[network.ends] + network.images @ network.cell - network.sites[network.starts]
    )
    lengths = np.linalg.norm(vectors, axis=1)
    kept = lengths < lengths.max() * 0.999
    if not kept.any():
        return
    shorter = lattice_walks.Network(
        cell=network.cell, sites=network.sites, occupancies=network.occupancies,
        starts=network.starts[kept], ends=network.ends[kept], images=network.images[kept],
        rates=network.rates[kept],
    )  # fmt: skip
    assert min(part.dimensions for part in lattice_walks.components(shorter)) < 3


@pytest.mark.parametrize(
    ("name", "lattice_points"),
    [("LaH10", 4), ("LaH3", 4), ("LaH6", 2), ("H3S", 2), ("LaH4", 2), ("YH9", 1)],
)
def test_a_primitive_cell_holds_one_lattice_point(name, lattice_points):
    crystal = built(name)
    cell = primitive_cell(crystal)
    assert np.linalg.det(cell) == pytest.approx(crystal.volume / lattice_points, rel=1e-6)


def test_a_supercell_declares_the_networks_of_its_crystal(lah10):
    doubled = crystals.Crystal(
        name="LaH10", space_group="", cell=lah10.cell * np.array([[2.0], [1], [1]]),
        species=lah10.species * 2, kinds=lah10.kinds * 2,
        positions=np.concatenate([lah10.positions / [2, 1, 1]] * 2)
        + np.repeat([[0, 0, 0], [0.5, 0, 0]], len(lah10.species), axis=0),
        occupancies=np.ones(2 * len(lah10.species)), metal="La", origins=(),
    )  # fmt: skip
    for (one, here), (two, there) in zip(
        declared_networks(lah10), declared_networks(doubled), strict=True
    ):
        assert one == two
        assert len(here.sites) == len(there.sites)
        ours, theirs = map(lattice_walks.free_diffusivity, (here, there))
        assert ours == pytest.approx(theirs, rel=1e-6)


def test_sites_that_a_file_labels_alike_are_told_apart(lah10):
    blind = crystals.Crystal(
        name="LaH10", space_group="", cell=lah10.cell, species=lah10.species, kinds=lah10.species,
        positions=lah10.positions, occupancies=lah10.occupancies, metal="La", origins=(),
    )  # fmt: skip
    _, network = declared_networks(blind)[1]
    assert lattice_walks.free_diffusivity(network) == pytest.approx(
        lattice_walks.free_diffusivity(declared_networks(lah10)[1][1]), rel=1e-6
    )


def test_an_empty_sublattice_lowers_the_occupancy_of_its_sites_alone():
    thin = crystals.with_vacancies(built("LaH3"), species="H", fraction=0.2, kind="4b")
    _, network = declared_networks(thin)[0]
    assert sorted(network.occupancies) == pytest.approx([0.8, 1.0, 1.0])


def test_hydrogen_in_a_layer_goes_nowhere_across_it():
    layer = crystals.Crystal(
        name="layer", space_group="", cell=np.diag([2e-10, 2e-10, 9e-10]), species=("H", "La"),
        kinds=("a", "b"), positions=[[0, 0, 0], [0.5, 0.5, 0.5]], occupancies=[1, 1], metal="La",
        origins=(),
    )  # fmt: skip
    with pytest.raises(UnusableInput, match="no jumps up to"):
        declared_networks(layer)

"""Networks: what a jump is, which sites connect, how far a free walker gets."""

import numpy as np
import pytest
from tests.batteries import jump_networks
from tests.batteries.jump_networks import A2_PER_PS, ANGSTROM, PER_PS

from megabar.motion import lattice_walks


@pytest.mark.parametrize(("rate_a", "rate_b"), [(1.0, 1.0), (1.0, 0.1), (1.0, 3.0), (1.0, 100.0)])
@pytest.mark.parametrize("x", [0.115, 0.12, 0.122])
def test_diffusivity_of_lah10_is_that_of_jumps_in_series_whatever_x(rate_a, rate_b, x):
    network = jump_networks.lah10(rate_a=rate_a * PER_PS, rate_b=rate_b * PER_PS, x=x)
    series = 5.10**2 / (10 * (2 / rate_a + 1 / rate_b))
    assert lattice_walks.free_diffusivity(network) == pytest.approx(series * A2_PER_PS, rel=1e-9)


def test_equal_rates_in_lah10_reach_the_published_number():
    network = jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS)
    assert len(network.rates) == 40
    assert lattice_walks.free_diffusivity(network) == pytest.approx(0.8670 * A2_PER_PS, rel=1e-4)


def test_short_time_diffusivity_is_that_of_every_jump_on_its_own():
    x = 0.122  # 0.378 from another origin
    network = jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS, x=x)
    own = 5.10**2 / 6 * (1.6 * 3 * (0.25 - x) ** 2 + 2.4 * 4 * x**2) * A2_PER_PS
    assert lattice_walks.short_time_diffusivity(network) == pytest.approx(own, rel=1e-9)
    assert own == pytest.approx(0.960331 * A2_PER_PS, rel=1e-5)


@pytest.mark.parametrize(("rates", "groups"), [((1.0, 0.0), 2), ((0.0, 1.0), 3)])
def test_one_kind_of_jump_alone_leads_nowhere_in_lah10(rates, groups):
    network = jump_networks.lah10(rate_a=rates[0] * PER_PS, rate_b=rates[1] * PER_PS)
    parts = lattice_walks.components(network)
    assert len(parts) == groups
    assert {part.reason for part in parts} == {"NO_LONG_RANGE_MOTION"}
    assert lattice_walks.free_diffusivity(network) == 0


def test_a_frozen_sublattice_does_not_hide_that_the_other_moves():
    mixed = lattice_walks.network_from_sites(
        cell=np.eye(3),
        sites=[[0, 0, 0], [0.5, 0.5, 0.5]],
        kinds=["A", "B"],
        occupancies=[1.0, 1.0],
        jumps=[lattice_walks.JumpClass(kinds=("A", "A"), distance=1.0, rate=1.0)],
    )
    moving, frozen = lattice_walks.components(mixed)
    assert (moving.dimensions, moving.reason) == (3, "")
    assert np.allclose(moving.diffusivity, np.eye(3))
    assert (frozen.dimensions, frozen.reason) == (0, "NO_LONG_RANGE_MOTION")


def test_jumps_in_a_plane_connect_two_dimensions_and_leave_the_third():
    layered = jump_networks.bravais(np.diag([1.0, 1.0, 5.0]), distance=1.0)
    (part,) = lattice_walks.components(layered)
    assert part.dimensions == 2
    assert np.allclose(part.diffusivity, np.diag([1.0, 1.0, 0.0]))


def test_two_rates_in_a_row_make_the_harmonic_mean():
    slow, fast, length = 1.0, 7.0, 2.0
    chain = lattice_walks.Network(
        cell=np.diag([length, 1, 1]),
        sites=np.array([[0.0, 0, 0], [0.7, 0, 0]]),
        occupancies=np.ones(2),
        starts=np.array([0, 1, 1, 0]),
        ends=np.array([1, 0, 0, 1]),
        images=np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0], [-1, 0, 0]]),
        rates=np.array([slow, slow, fast, fast]),
    )
    (part,) = lattice_walks.components(chain)
    exact = (length / 2) ** 2 * 2 / (1 / slow + 1 / fast)  # in series
    assert part.diffusivity[0, 0] == pytest.approx(exact, rel=1e-12)


def test_unequal_occupancies_set_the_reverse_rate_and_weigh_the_diffusivity():
    a, rate, filled = 4.0, 1.0, (0.2, 0.8, 0.8)
    network = jump_networks.octahedral_tetrahedral(a=a, occupancies=filled, rate=rate)
    from_t = network.rates[network.starts > 0]
    assert np.allclose(from_t, rate * 0.2 / 0.8)
    # every site is a centre of its jumps: D = (1/6) v2 sum of c W over sum of c
    flow = 2 * 8 * filled[0] * rate
    exact = flow * (3 / 16 * a**2) / 6 / sum(filled)
    assert lattice_walks.free_diffusivity(network) == pytest.approx(exact, rel=1e-12)


def test_diffusivity_of_equal_octahedral_and_tetrahedral_sites_is_a_sixth_of_a2_w():
    network = jump_networks.octahedral_tetrahedral(a=5.6, occupancies=(1.0, 1.0, 1.0), rate=2.0)
    assert lattice_walks.free_diffusivity(network) == pytest.approx(5.6**2 * 2.0 / 6, rel=1e-12)


def test_conventional_and_primitive_cell_are_one_network():
    small = jump_networks.lah10(rate_a=PER_PS, rate_b=3 * PER_PS)
    large = jump_networks.lah10(rate_a=PER_PS, rate_b=3 * PER_PS, conventional=True)
    assert len(large.rates) == 4 * len(small.rates)
    assert large.number_density == pytest.approx(small.number_density, rel=1e-12)
    assert large.number_density == pytest.approx(40 / (5.10 * ANGSTROM) ** 3, rel=1e-12)
    assert np.allclose(
        lattice_walks.components(large)[0].diffusivity,
        lattice_walks.components(small)[0].diffusivity,
        rtol=1e-9,
        atol=1e-9 * A2_PER_PS,
    )


def test_shells_of_lah10_are_those_of_its_structure():
    a = 5.10
    found = lattice_walks.shells(
        cell=jump_networks.FCC * a,
        sites=jump_networks.lah10_sites(a=a, x=0.12),
        kinds=["8c"] * 2 + ["32f"] * 8,
        longest=1.9,
    )
    table = [(shell.kinds, round(shell.distance, 4), shell.neighbours) for shell in found]
    assert table == [
        (("32f", "8c"), 1.1483, 1),
        (("8c", "32f"), 1.1483, 4),
        (("32f", "32f"), 1.2240, 3),
        (("32f", "32f"), 1.7310, 3),
        (("32f", "32f"), 1.8752, 3),
    ]


def test_a_jump_that_no_pair_of_sites_has_is_refused_with_the_distances_there_are():
    with pytest.raises(ValueError, match=r"no jump A to A over 1\.2 m.*kinds: 1 m, 1\.4142 m"):
        jump_networks.bravais(np.eye(3), distance=1.2)


def test_a_jump_without_its_reverse_is_refused():
    words = {
        "cell": np.eye(3),
        "sites": np.zeros((1, 3)),
        "occupancies": np.ones(1),
        "starts": np.zeros(2, dtype=int),
        "ends": np.zeros(2, dtype=int),
        "images": np.array([[1, 0, 0], [-1, 0, 0]]),
    }
    with pytest.raises(ValueError, match="do not balance"):
        lattice_walks.Network(**words, rates=np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="do not balance"):
        lattice_walks.Network(**words | {"images": np.eye(3, dtype=int)[:2]}, rates=np.ones(2))
    with pytest.raises(ValueError, match=r"Found images of shape \(1, 3\)"):
        lattice_walks.Network(**words | {"images": np.array([[1, 0, 0]])}, rates=np.ones(2))


def test_more_than_one_atom_per_site_is_refused():
    with pytest.raises(ValueError, match="at most one atom"):
        jump_networks.simple_cubic(occupancy=1.5)


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="Found 2 kinds and 1 occupancies for 1 sites"):
        lattice_walks.network_from_sites(
            cell=np.eye(3),
            sites=np.zeros((1, 3)),
            kinds=["A", "B"],
            occupancies=[1.0],
            jumps=[lattice_walks.JumpClass(kinds=("A", "A"), distance=1.0, rate=1.0)],
        )

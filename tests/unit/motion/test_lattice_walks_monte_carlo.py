"""Simulated walks: what they hold, what they refuse, that a seed repeats them."""

import numpy as np
import pytest
from tests.batteries import jump_networks

from megabar.errors import UnknownWord
from megabar.motion import lattice_walks


def box(repeats=(4, 3, 5), network=None):
    return lattice_walks.Lattice(network=network or jump_networks.simple_cubic(), repeats=repeats)


def walked(mechanism, atoms, **words):
    given = {"lattice": box(), "interval": 2.0, "samples": 30, "seed": 1}
    return lattice_walks.walk_lattice(mechanism=mechanism, atoms=atoms, **given | words)


@pytest.mark.parametrize(
    "network",
    [
        jump_networks.simple_cubic(),
        jump_networks.diamond(),
        jump_networks.lah10(rate_a=1.0, rate_b=3.0, a=5.1),
        jump_networks.octahedral_tetrahedral(a=1.0, occupancies=(1, 1, 1), rate=1.0),
    ],
    ids=["sc", "diamond", "LaH10", "LaH3"],
)
def test_tables_of_a_supercell_lead_along_the_jumps_of_the_network(network):
    lattice = box(repeats=(2, 3, 2), network=network)
    neighbours, shifts, relative = lattice.tables()
    sites = lattice.sites
    moved = sites[neighbours] + shifts @ lattice.cell - sites[:, None, :]
    used = relative > 0
    lengths = np.linalg.norm(moved[used], axis=-1)
    wanted = np.tile(np.linalg.norm(network.vectors, axis=1), 12)
    assert np.sort(lengths) == pytest.approx(np.sort(wanted), rel=1e-9)
    assert used.sum() == 12 * len(network.rates)
    assert np.all(neighbours[~used] == np.nonzero(~used)[0])


@pytest.mark.parametrize(
    ("mechanism", "atoms"), [("independent", 70), ("exclusion", 55), ("exchange", 60)]
)
def test_every_step_between_dense_samples_is_a_jump(mechanism, atoms):
    walk = walked(mechanism, atoms, interval=1e-4, samples=2000)
    steps = np.linalg.norm(np.diff(walk.positions(), axis=0), axis=-1)
    assert set(np.round(np.unique(steps), 9)) <= {0.0, 1.0}
    assert walk.hops > 5


@pytest.mark.parametrize(
    ("mechanism", "atoms"), [("exclusion", 55), ("exchange", 55), ("exchange", 60)]
)
def test_no_two_atoms_ever_share_a_site(mechanism, atoms):
    walk = walked(mechanism, atoms)
    assert all(len(np.unique(row)) == atoms for row in walk.sites)
    assert walk.hops > 100


def test_trades_on_full_sites_leave_the_sum_of_all_positions_where_it_was():
    walk = walked("exchange", 60)
    centre = walk.positions().sum(axis=1)
    assert np.abs(centre - centre[0]).max() < 1e-9
    assert np.abs(walk.positions() - walk.positions()[0]).max() > 1


def test_positions_are_the_sites_up_to_whole_supercells():
    walk = walked("exclusion", 50, samples=200)
    away = (walk.positions() - walk.lattice.sites[walk.sites]) / np.array([4, 3, 5])
    assert away == pytest.approx(np.round(away))
    assert np.abs(away).max() >= 1


def test_a_seed_repeats_a_walk_and_another_does_not():
    first, again, other = (walked("exclusion", 50, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first.sites, again.sites)
    assert not np.array_equal(first.sites, other.sites)


def test_faster_jumps_are_the_same_walk_in_less_time():
    fast = box(network=jump_networks.simple_cubic(rate=8.0))
    slow = walked("exclusion", 50, interval=2.0)
    assert np.array_equal(walked("exclusion", 50, lattice=fast, interval=0.25).sites, slow.sites)


def test_independent_atoms_fill_sites_by_their_occupancy_and_stay_so():
    network = jump_networks.octahedral_tetrahedral(a=1.0, occupancies=(0.2, 0.8, 0.8), rate=1.0)
    walk = walked("independent", 20_000, lattice=box(network=network), samples=1, interval=3.0)
    octahedral = (walk.sites % 3 == 0).mean(axis=1)
    assert octahedral == pytest.approx([0.2 / 1.8] * 2, abs=5 * np.sqrt(0.1 / 20_000))


def test_unequal_sites_are_refused_where_atoms_hinder_each_other():
    network = jump_networks.octahedral_tetrahedral(a=1.0, occupancies=(0.2, 0.8, 0.8), rate=1.0)
    with pytest.raises(ValueError, match="Give all sites one occupancy"):
        walked("exclusion", 20, lattice=box(network=network))


@pytest.mark.parametrize(
    ("mechanism", "atoms", "room"),
    [("exclusion", 60, "1 to 59"), ("exchange", 61, "1 to 60"), ("independent", 0, "at least 1")],
)
def test_atoms_that_do_not_fit_are_refused(mechanism, atoms, room):
    with pytest.raises(ValueError, match=f"Found {atoms} atoms on 60 sites.*{room} can move"):
        walked(mechanism, atoms)


def test_a_mechanism_that_does_not_exist_is_refused():
    with pytest.raises(UnknownWord, match="Did you mean exclusion"):
        walked("exclusions", 50)


def test_statistics_refuse_what_they_cannot_give():
    plan = lattice_walks.WalkPlan(
        lattice=box(), atoms=50, mechanism="exclusion", interval=1.0, samples=10
    )
    with pytest.raises(ValueError, match="Found 1 replicas"):
        lattice_walks.measure_walks(plan=plan, lags=[1], replicas=1, seed=1)
    with pytest.raises(ValueError, match="Found lags 1 to 11 in a walk of 10"):
        lattice_walks.measure_walks(plan=plan, lags=[1, 11], replicas=2, seed=1)
    found = lattice_walks.measure_walks(plan=plan, lags=[1, 2], replicas=2, seed=1)
    with pytest.raises(ValueError, match="Found 1 lags from 2 to 4 s"):
        found.tracer_diffusivity(shortest=2.0, longest=4.0)


def test_errors_are_the_scatter_of_replicas_over_the_root_of_their_number():
    plan = lattice_walks.WalkPlan(
        lattice=box(), atoms=50, mechanism="exclusion", interval=1.0, samples=40
    )
    found = lattice_walks.measure_walks(plan=plan, lags=[1, 5], replicas=6, seed=1)
    assert found.correlation.shape == found.tracer.shape == (6, 2)
    estimate = found.mean("tracer")
    assert estimate.std == pytest.approx(found.tracer.std(axis=0, ddof=1) / np.sqrt(6))
    assert len({*found.tracer[:, 1]}) == 6

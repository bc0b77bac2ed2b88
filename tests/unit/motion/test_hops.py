"""Sites with hysteresis and rates of hops, on Monte Carlo walks with vibrations.

LaH10 at a = 5.10 angstrom, x = 0.378 with La on 4a: 8c-32f at 1.131 and 32f-32f at 1.244 angstrom.
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import KDTree
from tests.batteries import jump_networks
from tests.batteries.jump_networks import ANGSTROM

from megabar.errors import Undetermined
from megabar.motion import lattice_walks, trajectories

KINDS = ["8c"] * 2 + ["32f"] * 8
LENGTHS = {("8c", "32f"): 1.1307 * ANGSTROM, ("32f", "32f"): 1.2444 * ANGSTROM}
JUMPS = list(LENGTHS.items())
PS = 1e-12


@cache
def lattice(rate_a=1e12, rate_b=1e12, repeats=2):
    network = jump_networks.lah10(rate_a=rate_a, rate_b=rate_b, x=0.122, conventional=True)
    return lattice_walks.Lattice(network=network, repeats=(repeats,) * 3)


def kinds(where):
    return KINDS * (len(where) // 10)


@cache
def walk(*, interval=0.05 * PS, samples=1000, atoms=312, seed=1, rate_b=1e12):
    return lattice_walks.walk_lattice(
        lattice=lattice(rate_b=rate_b), atoms=atoms, mechanism="exclusion", interval=interval,
        samples=samples, seed=seed,
    )  # fmt: skip


def vibrating(one, rms, seed=2):
    positions = one.positions()
    return positions + rms * np.random.default_rng(seed).normal(size=positions.shape)


def history(positions, radius, where=None):
    where = where or lattice()
    return trajectories.sites_from_positions(
        positions=positions, cell=where.cell, sites=where.sites, core_radius=radius
    )


def statistics(found, interval, where=None):
    where = where or lattice()
    return trajectories.hop_statistics_from_sites(
        history=found, frame_interval=interval, cell=where.cell, sites=where.sites,
        kinds=kinds(where), jumps=JUMPS,
    )  # fmt: skip


def hops_of(one):
    """Changes of site or image between samples: hops that undo each other within one are lost."""
    moved = (np.diff(one.sites, axis=0) != 0) | (np.diff(one.crossings, axis=0) != 0).any(axis=-1)
    return int(moved.sum())


def test_sites_of_a_walk_are_found_whatever_the_image():
    one = walk()
    found = history(one.positions(), 0.3 * ANGSTROM)
    np.testing.assert_array_equal(found.site, one.sites)
    np.testing.assert_array_equal(found.image, one.crossings)
    assert found.in_core == 1
    assert found.double_occupancy == 0
    assert found.occupancies().mean() == pytest.approx(312 / 320)


def test_small_vibrations_count_no_hops_and_hide_few():
    one = walk()
    true = hops_of(one)
    counts = {
        radius: statistics(
            history(vibrating(one, 0.12 * ANGSTROM), radius * ANGSTROM), one.interval
        ).count
        for radius in (0.25, 0.30, 0.35, 0.45)
    }
    assert 0.97 * true < counts[0.25] < true  # a small core misses visits of a few frames
    for radius in (0.30, 0.35, 0.45):
        assert counts[radius] == pytest.approx(true, rel=0.01)


def test_hysteresis_is_what_keeps_vibrations_out():
    """Nearest sites alone count several times too many at 0.20 angstrom, large cores some."""
    one = walk()
    true = hops_of(one)
    moving = vibrating(one, 0.20 * ANGSTROM)
    edges = np.diag(lattice().cell)
    tree = KDTree(lattice().sites % edges, boxsize=edges)
    _, nearest = tree.query(np.clip(moving % edges, 0, edges * (1 - 1e-12)))
    assert np.count_nonzero(np.diff(nearest, axis=0)) > 3 * true
    counts = {
        radius: statistics(history(moving, radius * ANGSTROM), one.interval).count
        for radius in (0.25, 0.30, 0.45, 0.56)
    }
    assert counts[0.25] < counts[0.30] < true < counts[0.45] < counts[0.56]  # no plateau is left


def test_share_in_cores_is_that_of_a_gaussian_cloud():
    found = history(vibrating(walk(), 0.12 * ANGSTROM), 0.35 * ANGSTROM)
    expected = stats.chi(3).cdf(0.35 / 0.12)
    assert found.in_core == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("rms", "flagged"), [(0.12, False), (0.24, True)])
def test_scan_finds_the_plateau_or_flags_its_absence(rms, flagged):
    one = walk(samples=400)
    scan = trajectories.core_radius_scan(
        positions=vibrating(one, rms * ANGSTROM), cell=lattice().cell, sites=lattice().sites
    )
    assert scan.flagged is flagged
    if not flagged:
        best = np.interp(scan.radius, scan.radii, scan.hops)
        assert best == pytest.approx(hops_of(one), rel=0.01)


def test_rates_are_those_of_the_walk_within_their_intervals():
    """Standard scores over independent walks and classes, W_A = 1/ps and W_B = 0.3/ps."""
    scores = []
    for seed in range(12):
        one = walk(seed=seed, rate_b=0.3e12, interval=0.01 * PS, samples=3000)
        found = statistics(history(one.positions(), 0.3 * ANGSTROM), one.interval)
        assert found.unlisted_fraction < 0.01  # two hops within one frame
        for hop in found.classes:
            true = 1e12 if "8c" in hop.kinds else 0.3e12
            low, high = hop.interval
            scores.append((hop.rate - true) / ((high - low) / 2))
    assert abs(np.mean(scores)) < 3 / np.sqrt(len(scores))
    assert np.std(scores) == pytest.approx(1, abs=3 / np.sqrt(2 * len(scores)))


def test_rates_do_not_depend_on_the_vacancies():
    """Twenty vacancies instead of eight: hops over time and atoms grow, the rate does not."""
    few, many = (
        statistics(history(one.positions(), 0.3 * ANGSTROM), one.interval)
        for one in (
            walk(interval=0.01 * PS, samples=4000, seed=5),
            walk(interval=0.01 * PS, samples=4000, seed=6, atoms=300),
        )
    )
    assert many.hops_per_atom > 2 * few.hops_per_atom
    for hop in (*few.classes, *many.classes):
        assert hop.rate == pytest.approx(1e12, rel=4 / np.sqrt(hop.count))


def test_hops_return_as_often_as_by_vacancies():
    """0.48659(9) at 8 vacancies on 320 sites; 2/Z = 1/2 without other vacancies.

    Hops undone within one frame are not seen, which is linear in the frame interval: it is taken
    out by leaving away every other frame.
    """
    one = walk(interval=0.02 * PS, samples=12_000, seed=20)
    seen, pairs = [], 0
    for every in (1, 2):
        found = statistics(history(one.positions()[::every], 0.3 * ANGSTROM), every * one.interval)
        seen.append(found.return_fraction)
        pairs = found.residence_times.size
    error = np.sqrt(0.4866 * 0.5134 / pairs)
    assert 2 * seen[0] - seen[1] == pytest.approx(0.48659, abs=4 * 2 * error)


def test_network_of_the_hops_has_the_diffusivity_of_the_walk():
    one = walk(interval=0.01 * PS, samples=12_000, seed=9)
    where = lattice()
    found = statistics(history(one.positions(), 0.3 * ANGSTROM), one.interval)
    network = trajectories.network_from_hops(
        found, cell=where.cell, sites=where.sites, kinds=kinds(where)
    )
    expected = lattice_walks.free_diffusivity(where.network)
    assert lattice_walks.free_diffusivity(network) == pytest.approx(expected, rel=0.04)


def test_skew_cells_serve_as_well():
    """The primitive cell of LaH10, three times along each vector."""
    network = jump_networks.lah10(rate_a=1e12, rate_b=1e12, x=0.122)
    skew = lattice_walks.Lattice(network=network, repeats=(3, 3, 3))
    one = lattice_walks.walk_lattice(
        lattice=skew, atoms=262, mechanism="exclusion", interval=0.05 * PS, samples=400, seed=3
    )
    found = history(one.positions(), 0.3 * ANGSTROM, skew)
    np.testing.assert_array_equal(found.site, one.sites)
    np.testing.assert_array_equal(found.image, one.crossings)
    assert statistics(found, one.interval, skew).unlisted == 0


def test_poisson_intervals():
    assert trajectories.poisson_interval(12, probability=0.6827) == pytest.approx(
        (8.585, 16.560), rel=1e-3
    )
    assert trajectories.poisson_interval(0, probability=0.6827) == pytest.approx(
        (0, 1.841), rel=1e-3
    )
    with pytest.raises(ValueError, match="count from 0"):
        trajectories.poisson_interval(-1, probability=0.5)


def test_a_missing_class_makes_the_network_incomplete():
    one = walk(interval=0.01 * PS, samples=3000, seed=11)
    where = lattice()
    found = trajectories.hop_statistics_from_sites(
        history=history(one.positions(), 0.3 * ANGSTROM), frame_interval=one.interval,
        cell=where.cell, sites=where.sites, kinds=kinds(where), jumps=JUMPS[:1],
    )  # fmt: skip
    assert found.unlisted_fraction > 0.2
    assert any("incomplete" in text for text in found.messages)
    with pytest.raises(Undetermined, match="No network follows"):
        trajectories.network_from_hops(
            found, cell=where.cell, sites=where.sites, kinds=kinds(where)
        )


def test_atoms_at_rest_have_bounds_only():
    where = lattice()
    rest = np.repeat(where.sites[None, :300], 50, axis=0)
    found = statistics(history(rest, 0.3 * ANGSTROM), PS)
    assert np.isnan(found.classes[0].rate)
    low, high = found.classes[0].interval
    assert low == 0
    assert high == pytest.approx(1.841 / found.classes[0].exposure, rel=1e-3)
    assert np.isnan(found.return_fraction)
    with pytest.raises(Undetermined, match="no hop"):
        trajectories.network_from_hops(
            found, cell=where.cell, sites=where.sites, kinds=kinds(where)
        )


def test_overlapping_cores_are_refused():
    with pytest.raises(ValueError, match="they overlap"):
        history(walk().positions()[:2], 0.6 * ANGSTROM)


def test_an_atom_has_no_site_before_its_first_core():
    where = lattice()
    between = where.sites[None, :1] + np.array([0.5, 0.0, 0.0]) * ANGSTROM
    found = history(np.concatenate([between, where.sites[None, :1]]), 0.3 * ANGSTROM)
    assert found.site[:, 0].tolist() == [-1, 0]
    assert statistics(found, PS).count == 0

"""Vacancies: couplings lost in a cell against a plain sum, exact starts, limits, refusals."""

import numpy as np
import pytest
from tests.batteries import jump_networks

from megabar.motion import lattice_walks
from megabar.motion.lattice_walks import kernels
from megabar.motion.lattice_walks.decay_fits import Anchors, decays_from_table
from megabar.motion.lattice_walks.decays import DecaySpectrum
from megabar.motion.lattice_walks.fixed_partners import overlaps_in_cell, walk_past_fixed_in_cell
from megabar.motion.lattice_walks.statistics import pair_tensors
from megabar.motion.lattice_walks.vacancy_walks import _coupled

MESH = lattice_walks.ZoneMesh(outward=14, across=8)
FLAT = np.array([[0.0, -1, -1], [0, -1, 1], [-1, 0, -1]]) / 2  # of fcc, angles 60, 60, 120


def flat_lah10():
    """LaH10 in a primitive cell whose inscribed sphere holds unequal numbers of sites."""
    usual = jump_networks.lah10(rate_a=1.0, rate_b=1.0, a=5.10)
    return lattice_walks.network_from_sites(
        cell=FLAT * 5.10,
        sites=usual.sites,
        kinds=["8c"] * 2 + ["32f"] * 8,
        occupancies=np.ones(10),
        jumps=[
            lattice_walks.JumpClass(kinds=("8c", "32f"), distance=np.sqrt(3) * 0.663, rate=1.0),
            lattice_walks.JumpClass(kinds=("32f", "32f"), distance=1.224, rate=1.0),
        ],
    )


@pytest.fixture(scope="module")
def cubic():
    return lattice_walks.vacancy_walk(
        jump_networks.simple_cubic(), vacancy_fraction=0.02, seed=5, replicas=4, repeats=6,
        mesh=MESH, partners=[[[0.5, 0.5, 0.5]]],
    )  # fmt: skip


@pytest.mark.parametrize("network", [flat_lah10(), jump_networks.face_centred()])
def test_lost_coupling_is_the_plain_sum_over_all_pairs(network):
    box = lattice_walks.Lattice(network=network, repeats=(3, 3, 3))
    atoms = len(box) - 5
    walk = lattice_walks.walk_lattice(
        lattice=box, atoms=atoms, mechanism="exclusion", interval=2.0, samples=12, seed=1
    )
    tensors = pair_tensors(box)
    lost = np.zeros(3)
    kernels.lost_among_atoms(
        walk.sites, tensors.astype(np.float32), _coupled(tensors.astype(np.float32)), 6,
        np.array([0, 3, 6]), np.zeros(len(box), dtype=np.int32), lost,
    )  # fmt: skip
    for origin, found in zip((0, 3, 6), lost, strict=True):
        before = tensors[np.ix_(walk.sites[origin], walk.sites[origin])]
        after = tensors[np.ix_(walk.sites[origin + 6], walk.sites[origin + 6])]
        assert found == pytest.approx((before * (before - after)).sum() / atoms, rel=1e-5)


def test_pair_tensors_of_a_supercell_depend_on_the_difference_of_cells_only():
    box = lattice_walks.Lattice(network=flat_lah10(), repeats=(2, 3, 2))
    tensors, sites = pair_tensors(box), box.sites
    for one in (0, 17, 55):
        away = sites - sites[one]
        corners = (np.indices((7, 7, 7)).reshape(3, -1).T - 3) @ box.cell
        r = np.linalg.norm(away[:, None] + corners, axis=-1).min(axis=1)
        radius = 0.5 / np.linalg.norm(np.linalg.inv(box.cell), axis=0).max()
        inside = (r > 1e-9) & (r < radius * (1 - 1e-8))
        assert (tensors[one] ** 2).sum(axis=-1)[inside] == pytest.approx(r[inside] ** -6)
        assert not tensors[one][~inside].any()


def test_free_walker_in_a_cell_keeps_what_a_matrix_exponential_says():
    """Past nuclei that stay: the whole generator of 27 x 3 sites, without wave vectors."""
    network = jump_networks.octahedral_tetrahedral(a=1.0, occupancies=(1, 1, 1), rate=1.0)
    fixed = np.zeros((1, 3))
    box = lattice_walks.Lattice(network=network, repeats=(3, 3, 3))
    neighbours, _, relative = box.tables()
    generator = np.zeros((len(box), len(box)))
    for site, (there, rate) in enumerate(zip(neighbours, relative, strict=True)):
        np.add.at(generator[site], there, rate)
        generator[site, site] -= rate.sum()
    values, modes = np.linalg.eigh(generator)
    kept = overlaps_in_cell(box, fixed)
    walk = walk_past_fixed_in_cell(network, partners=fixed, repeats=3)
    lags = np.array([0.0, 0.1, 0.7, 3.0])
    exact = [((modes * np.exp(values * lag)) @ modes.T * kept).sum() / len(box) for lag in lags]
    assert walk.correlation(lags) == pytest.approx(exact, rel=1e-3)  # rates are gathered


def test_correlation_starts_with_the_lattice_sum_and_the_exact_slope(cubic):
    share = 1 - cubic.vacancy_fraction
    exact = lattice_walks.exchange_walk(jump_networks.simple_cubic(), repeats=6, mesh=MESH)
    assert cubic.density.sum_r6 == pytest.approx(8.40192 * share, rel=3e-4)
    slope = float(cubic.density.weights @ cubic.density.decay_rates)
    initial = float(exact.weights @ exact.decay_rates)
    assert slope == pytest.approx(share * (1 - share) * initial, rel=3e-3)


def test_no_weight_is_below_zero_beyond_the_tail_taken_over(cubic):
    assert cubic.density.weights.min() > -1e-4 * cubic.density.sum_r6
    omega = np.geomspace(1e-4, 10, 40)
    assert np.all(np.diff(cubic.density(omega)) < 0)


def test_scaling_all_rates_scales_diffusivity_and_time(cubic):
    faster = cubic.scaled(3.0)
    assert faster.diffusivity.value == pytest.approx(3 * cubic.diffusivity.value, rel=1e-12)
    assert faster.density(0.3) == pytest.approx(cubic.density(0.1) / 3, rel=1e-12)
    assert faster.past_fixed[0](0.3) == pytest.approx(cubic.past_fixed[0](0.1) / 3, rel=1e-12)
    assert faster.correlation_factor.value == pytest.approx(cubic.correlation_factor.value)


def test_jackknife_of_the_diffusivity_is_its_standard_error(cubic):
    error = cubic.std_of(lambda like, past, diffusivity: diffusivity)
    assert error == pytest.approx(float(cubic.diffusivity.std), rel=1e-9)


def test_couplings_to_nuclei_that_stay_start_and_end_as_exact_walks_do(cubic):
    """Start: a free walker that finds a site empty once in 1/c_v tries. End: one of the same D."""
    free = lattice_walks.walk_past_fixed(
        jump_networks.simple_cubic(), partners=[[0.5, 0.5, 0.5]], mesh=MESH
    )
    found = cubic.past_fixed[0]
    assert found.sum_r6 == pytest.approx(free.sum_r6, rel=3e-4)
    slope = cubic.vacancy_fraction * float(free.weights @ free.decay_rates)
    assert float(found.weights @ found.decay_rates) == pytest.approx(slope, rel=3e-3)
    late = 4 / float(cubic.diffusivity.value)
    slowed = free.scaled(float(cubic.diffusivity.value))
    assert found.correlation(late) == pytest.approx(slowed.correlation(late), rel=0.05)


def test_decays_are_found_again_in_an_exact_table():
    truth = DecaySpectrum(
        decay_rates=np.array([3e-3, 0.2, 5.0]), weights=np.array([0.1, 1.0, 0.3]), static_part=0.0
    )
    slow = DecaySpectrum(decay_rates=np.array([3e-3]), weights=np.array([0.1]), static_part=0.0)
    lags = np.geomspace(0.01, 30, 40)
    found = decays_from_table(
        lags=lags, values=truth.correlation(lags), std=np.full(40, 1e-5),
        anchors=Anchors(start=1.4, slope=float(truth.weights @ truth.decay_rates), slow=slow),
        fastest=20.0,
    )  # fmt: skip
    omega = np.array([0.0, 0.05, 1.0, 10.0, 1e3])
    assert found(omega) == pytest.approx(truth(omega), rel=1e-2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"vacancy_fraction": 1e-4}, "Found a share of 0.0001 vacancies, 0 of 125 sites"),
        ({"vacancy_fraction": 0.9999}, "nothing moves, or nothing is there"),
        ({"replicas": 2}, "errors are their scatter"),
    ],
)
def test_what_no_cell_can_simulate_is_refused(words, message):
    arguments = {"vacancy_fraction": 0.05, "seed": 1, "repeats": 5, "replicas": 4} | words
    with pytest.raises(ValueError, match=message):
        lattice_walks.vacancy_walk(jump_networks.simple_cubic(), **arguments)


def test_jumps_that_lead_nowhere_are_refused():
    network = jump_networks.lah10(rate_a=1.0, rate_b=0.0, a=5.10)
    with pytest.raises(ValueError, match="jumps do not lead everywhere"):
        lattice_walks.vacancy_walk(network, vacancy_fraction=0.05, seed=1)

"""Exact walks against lattice sums, against each other, and against known limits."""

from functools import cache

import numpy as np
import pytest
from scipy import constants
from scipy.linalg import expm
from tests.batteries import jump_networks
from tests.batteries.jump_networks import ANGSTROM, FCC, PER_PS

from megabar.motion import lattice_walks, relaxation
from megabar.motion.lattice_walks.dipolar_sums import AXES, EwaldSum, sum_r6_of_sites
from megabar.motion.spectral_densities import LongTimeTail

PROTON = 2.6752218744e8
LANTHANUM = 3.8083318e7
FREQUENCY = 395e6
COARSE = lattice_walks.ZoneMesh(outward=14, across=8)  # j(0) of LaH10 to 2e-6
CONTACT = np.sqrt(3) * 0.13 * 5.10 * ANGSTROM


@cache
def lah10_walk(rate_b=1.0, rate_a=1.0):
    network = jump_networks.lah10(rate_a=rate_a * PER_PS, rate_b=rate_b * PER_PS)
    return network, lattice_walks.independent_walk(network, mesh=COARSE)


def at_diffusivity(network, walk, diffusivity):
    return walk.scaled(diffusivity / lattice_walks.free_diffusivity(network))


def rates_at(walk):
    return relaxation.rates_like(
        spectral_density=walk, gyromagnetic_ratio=PROTON, larmor_frequency=FREQUENCY
    )


def prefactor(network, walk, contact):
    """P in D = P K N T1 / d: R1 = (3/4) K j(0) in extreme narrowing."""
    diffusivity = lattice_walks.free_diffusivity(network)
    return 0.75 * float(walk(0.0)) * diffusivity * contact / network.number_density


# --- sums -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cell", "known"), [(np.eye(3), 8.40192), (FCC, 115.631)])
def test_sum_r6_of_cubic_lattices_is_the_published_one(cell, known):
    total = sum_r6_of_sites(cell=cell, between=np.zeros((1, 1, 3)))
    assert total[0, 0] == pytest.approx(known, rel=1e-5)


def test_sum_r6_of_lah10_by_kind_of_site():
    sites = jump_networks.lah10_sites(a=5.10, x=0.12)
    total = sum_r6_of_sites(cell=FCC * 5.10, between=sites[None] - sites[:, None]).sum(axis=1)
    assert total[:2] == pytest.approx([1.97452] * 2, rel=1e-5)
    assert total[2:] == pytest.approx([1.65423] * 8, rel=1e-5)
    assert total.mean() == pytest.approx(1.71829, rel=1e-5)


def test_dipolar_waves_average_to_the_tensor_of_each_pair_over_the_zone():
    """Their inverse transform: one pair, one cell; a skew lattice, and the site itself."""
    cell = np.array([[1.0, 0, 0], [0.2, 1.1, 0], [-0.1, 0.3, 0.9]])
    between = np.array([[[0.0, 0, 0], [0.3, 0.4, 0.2]]])
    waves, weights = lattice_walks.ZoneMesh(outward=16, across=16).points(cell)
    found = EwaldSum(cell=cell, between=between)(waves)[:, :, 0]
    pairs = [(0, (1, 0, 0)), (0, (1, -1, 0)), (0, (0, 0, 0)), (1, (0, 0, 0)), (1, (-1, 0, 1))]
    for slot, image in pairs:
        v = between[0, slot] + np.array(image) @ cell
        r = np.linalg.norm(v)
        exact = [3 * v[i] * v[j] / r**5 - (i == j) / r**3 if r else 0.0 for i, j in AXES]
        average = (weights * np.exp(-1j * waves @ v)) @ found[:, :, slot]
        assert average.real == pytest.approx(exact, abs=1e-4)  # half the zone: the real part


def test_dipolar_waves_have_no_trace():
    sites = jump_networks.lah10_sites(a=1.0, x=0.12)
    waves = np.random.default_rng(3).normal(size=(5, 3)) * 4
    found = EwaldSum(cell=FCC, between=sites[None] - sites[:, None])(waves)
    assert np.abs(found[:, :3].sum(axis=1)).max() < 1e-8 * np.abs(found).max()


# --- independent walkers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "contact", "known"),
    [
        (jump_networks.simple_cubic(), 1.0, 2.2435),
        (jump_networks.face_centred(), np.sqrt(0.5), 2.4079),
    ],
)
def test_prefactor_of_cubic_lattices(network, contact, known):
    found = prefactor(network, lattice_walks.independent_walk(network), contact)
    assert found == pytest.approx(known, rel=5e-5)


@pytest.mark.parametrize(
    ("rate_b", "known"), [(1.0, 2.3032), (0.1, 2.006), (3.0, 1.810), (100.0, 1.164)]
)
def test_prefactor_of_lah10_by_ratio_of_its_rates(rate_b, known):
    assert prefactor(*lah10_walk(rate_b), CONTACT) == pytest.approx(known, rel=5e-4)


@pytest.mark.parametrize(
    ("diffusivity", "t1", "t2"),
    [
        (1e-13, 144.3, 0.0967),
        (1e-12, 15.60, 0.8942),
        (5e-12, 6.649, 2.799),
        (1e-10, 35.44, 32.44),
        (1e-9, 307.2, 300.0),
    ],
)
def test_relaxation_times_of_lah10(diffusivity, t1, t2):
    rates = rates_at(at_diffusivity(*lah10_walk(), diffusivity))
    assert 1e3 / rates.r1 == pytest.approx(t1, rel=1e-3)
    assert 1e3 / rates.r2 == pytest.approx(t2, rel=1e-3)


def test_minimum_of_t1_lies_where_it_was_computed():
    grid = np.geomspace(3e-12, 1e-11, 61)
    t1 = [1 / rates_at(at_diffusivity(*lah10_walk(), one)).r1 for one in grid]
    lowest = int(np.argmin(t1))
    assert 1e3 * t1[lowest] == pytest.approx(6.607, rel=1e-3)
    assert grid[lowest] == pytest.approx(5.75e-12, rel=3e-2)


def test_lanthanum_adds_to_the_rates_of_lah10():
    network, walk = lah10_walk()
    metal = lattice_walks.walk_past_fixed(network, partners=[[5.10 * ANGSTROM / 2] * 3])
    like = rates_at(at_diffusivity(network, walk, 1e-11))
    unlike = relaxation.rates_unlike(
        spectral_density=at_diffusivity(network, metal, 1e-11),
        gyromagnetic_ratio=PROTON,
        gyromagnetic_ratio_partner=LANTHANUM,
        spin_partner=3.5,
        larmor_frequency=FREQUENCY,
    )
    assert 1e3 / (like.r1 + unlike.r1) == pytest.approx(7.179, rel=2e-3)
    assert 1e3 / (like.r2 + unlike.r2) == pytest.approx(4.409, rel=2e-3)


def test_slow_side_is_the_initial_slope_and_that_is_a_sum_over_jumps():
    """-S'(0): each jump of either partner changes its coupling to all others at once."""
    network, walk = lah10_walk()
    a, x = 5.10, 0.12
    sites, vectors = jump_networks.lah10_sites(a=a, x=x), network.vectors / ANGSTROM
    axis = np.arange(-7, 8)
    lattice = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3) @ (FCC * a)
    lost = 0.0
    for start, end, moved in zip(network.starts, network.ends, vectors, strict=True):
        assert end != start
        for other in sites - sites[start]:
            before, after = lattice + other, lattice + other - moved
            r, s = np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1)
            met = r > 1e-9  # the partner; where it jumps onto the other its coupling is zero
            apart = met & (s > 1e-9)
            cosine = (before[apart] * after[apart]).sum(axis=1) / (r[apart] * s[apart])
            lost += (r[met] ** -6).sum()
            lost -= ((3 * cosine**2 - 1) / 2 / (r[apart] * s[apart]) ** 3).sum()
    slope = 2 * lost / len(sites)
    assert slope == pytest.approx(10.83, rel=1e-3)
    measured = (walk.weights * walk.decay_rates).sum() * ANGSTROM**6 / PER_PS
    assert measured == pytest.approx(slope, rel=2e-4)
    slow = rates_at(at_diffusivity(network, walk, 1e-15))
    scale = 1e-15 / lattice_walks.free_diffusivity(network) * PER_PS / ANGSTROM**6
    strength = (constants.mu_0 / 4 / np.pi * PROTON**2 * constants.hbar) ** 2
    limit = 0.6 * strength * slope * scale / (2 * np.pi * FREQUENCY) ** 2
    assert slow.r1 == pytest.approx(limit, rel=1e-3)


def test_correlation_ends_in_the_tail_of_diffusion():
    network, walk = lah10_walk()
    tail = LongTimeTail(
        number_density=network.number_density,
        diffusivity=lattice_walks.free_diffusivity(network),
    )
    lags = np.array([10e-12, 100e-12])
    off = walk.correlation(lags) / tail.correlation(lags) - 1
    assert abs(off[0]) < 3e-2
    assert abs(off[1]) < 3e-3  # corrections go as one over the time


def test_square_root_law_at_low_frequency():
    """j(0) - j(w) grows as the root of w, with the coefficient that the tail alone fixes."""
    network = jump_networks.octahedral_tetrahedral(a=1.0, occupancies=(1, 1, 1), rate=1.0)
    walk = lattice_walks.independent_walk(network)
    diffusivity = lattice_walks.free_diffusivity(network)
    omega = 1e-2 * diffusivity
    drop = float(walk(0.0) - walk(omega))
    tail = LongTimeTail(number_density=network.number_density, diffusivity=diffusivity)
    # 2 A int t^-3/2 (1 - cos wt) dt = 2 A sqrt(2 pi w)
    assert drop == pytest.approx(2 * tail.amplitude * np.sqrt(2 * np.pi * omega), rel=1e-2)


@pytest.mark.parametrize(
    ("network", "least"),
    [
        (jump_networks.simple_cubic(), 3e-5),
        (jump_networks.octahedral_tetrahedral(a=1.0, occupancies=(1, 1, 1), rate=1.0), 1e-5),
    ],
)
def test_default_mesh_has_converged(network, least):
    mesh = lattice_walks.ZoneMesh(outward=40, across=18)
    walk = lattice_walks.independent_walk(network)
    finer = lattice_walks.independent_walk(network, mesh=mesh)
    omega = lattice_walks.free_diffusivity(network) * np.array([0, *np.geomspace(1e-6, 1e4, 21)])
    assert walk(omega) == pytest.approx(finer(omega), rel=least)


def test_a_mesh_that_is_too_coarse_is_refused():
    network = jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS)
    with pytest.raises(ArithmeticError, match="Take a finer mesh"):
        lattice_walks.independent_walk(network, mesh=lattice_walks.ZoneMesh(outward=2, across=2))


def test_two_sites_far_from_their_images_decay_as_the_two_site_formula():
    """Two walkers on two sites each, pairs far apart from all other pairs by 40 lengths.

    Independent walkers of one pair of sites: the coupling is there on different sites, so S(t) is
    half of r^-6 times (1 + e^{-4 W t}) / 2 for one walker per site on average.
    """
    rate, edge = 3.0, 40.0
    network = lattice_walks.network_from_sites(
        cell=np.eye(3) * edge,
        sites=[[0, 0, 0], [1, 0, 0]],
        kinds=["A", "B"],
        occupancies=[1.0, 1.0],
        jumps=[lattice_walks.JumpClass(kinds=("A", "B"), distance=1.0, rate=rate)],
    )
    walk = lattice_walks.independent_walk(network)
    lags = np.array([0.0, 0.05, 0.3, 10.0])
    assert walk.correlation(lags) == pytest.approx((1 + np.exp(-4 * rate * lags)) / 2, rel=1e-5)
    assert walk.static_part == pytest.approx(0.5, rel=1e-5)


def test_unequal_occupancies_agree_with_a_matrix_exponential_on_two_sites():
    rate, edge, filled = 2.0, 40.0, np.array([0.9, 0.3])
    network = lattice_walks.network_from_sites(
        cell=np.eye(3) * edge,
        sites=[[0, 0, 0], [1, 0, 0]],
        kinds=["A", "B"],
        occupancies=filled,
        jumps=[lattice_walks.JumpClass(kinds=("A", "B"), distance=1.0, rate=rate)],
    )
    back = rate * filled[0] / filled[1]
    one = np.array([[-rate, rate], [back, -back]])
    lag = 0.13
    step = np.kron(expm(one * lag), expm(one * lag))  # both walkers
    coupled = np.array([0.0, 1.0, 1.0, 0.0])
    weight = np.kron(filled, filled)
    exact = (weight * coupled) @ step @ coupled / filled.sum()
    walk = lattice_walks.independent_walk(network)
    assert walk.correlation(lag) == pytest.approx(exact, rel=1e-5)


def test_occupancy_is_a_factor_of_the_correlation_and_nothing_else():
    full = lattice_walks.independent_walk(jump_networks.simple_cubic())
    half = lattice_walks.independent_walk(jump_networks.simple_cubic(occupancy=0.5))
    omega = np.array([0.0, 0.3, 20.0])
    assert half(omega) == pytest.approx(full(omega) / 2, rel=1e-9)


def test_a_turned_cell_gives_the_same_correlation():
    cell = np.array([[1.0, 0, 0], [0.1, 1.0, 0], [0, 0.2, 1.0]])
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    straight = jump_networks.bravais(cell, distance=1.0, rate=2.0)
    turned = jump_networks.bravais(cell @ turn, distance=1.0, rate=2.0)
    omega = np.array([0.0, 0.3, 20.0])
    found = [lattice_walks.independent_walk(network)(omega) for network in (straight, turned)]
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_static_part_is_what_frozen_atoms_keep():
    mixed = lattice_walks.network_from_sites(
        cell=np.eye(3),
        sites=[[0, 0, 0], [0.5, 0.5, 0.5]],
        kinds=["A", "B"],
        occupancies=[1.0, 1.0],
        jumps=[lattice_walks.JumpClass(kinds=("A", "A"), distance=1.0, rate=1.0)],
    )
    walk = lattice_walks.independent_walk(mixed)
    assert walk.static_part == pytest.approx(8.40192 / 2, rel=1e-4)


# --- exchange and one vacancy ---------------------------------------------------------------------


@cache
def lah10_exchange():
    network, _ = lah10_walk()
    return network, lattice_walks.exchange_walk(network, repeats=6, steps=120, mesh=COARSE)


def test_prefactor_of_exchange_on_full_sites():
    assert prefactor(*lah10_exchange(), CONTACT) == pytest.approx(2.783, rel=5e-4)


@pytest.mark.parametrize(
    ("diffusivity", "t1", "t2"),
    [(1e-13, 195.0, 0.0800), (5e-12, 6.959, 2.465), (1e-10, 28.52, 26.41), (1e-9, 251.7, 246.8)],
)
def test_relaxation_times_of_lah10_with_exchange(diffusivity, t1, t2):
    rates = rates_at(at_diffusivity(*lah10_exchange(), diffusivity))
    assert 1e3 / rates.r1 == pytest.approx(t1, rel=1e-3)
    assert 1e3 / rates.r2 == pytest.approx(t2, rel=1e-3)


def test_exchange_and_independent_walk_begin_alike_and_end_in_the_same_tail():
    walk = lah10_exchange()[1]
    free = lah10_walk()[1]
    assert walk.sum_r6 == pytest.approx(free.sum_r6, rel=1e-9)
    late = np.array([30e-12])
    early = np.array([0.1e-12])
    assert walk.correlation(late) == pytest.approx(free.correlation(late), rel=5e-2)
    assert np.all(walk.correlation(early) > 1.1 * free.correlation(early))


def test_exchange_between_sites_of_unequal_occupancy_is_refused():
    network = jump_networks.octahedral_tetrahedral(a=5.6, occupancies=(0.5, 1, 1), rate=1.0)
    with pytest.raises(ValueError, match=r"Found occupancies from 0\.5 to 1"):
        lattice_walks.exchange_walk(network, repeats=4)


@pytest.mark.parametrize(
    ("network", "published"),
    [
        (jump_networks.simple_cubic(), 0.653109),
        (jump_networks.face_centred(), 0.781451),
        (jump_networks.diamond(), 0.5),
    ],
)
def test_correlation_factor_of_a_vacancy_is_the_published_one(network, published):
    """Compaan and Haven (1956); the error of a finite cell goes as one over its sites."""
    factors, sites = [], []
    for repeats in (12, 16):
        count = len(network.sites) * repeats**3
        tracer = np.trace(lattice_walks.one_vacancy_diffusivity(network, repeats=repeats)) / 3
        factors.append(tracer * (count - 1) / lattice_walks.free_diffusivity(network))
        sites.append(count)
    limit = (factors[1] * sites[1] - factors[0] * sites[0]) / (sites[1] - sites[0])
    assert limit == pytest.approx(published, abs=1e-5)

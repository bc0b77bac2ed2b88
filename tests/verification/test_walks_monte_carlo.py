"""Kinetic Monte Carlo against exact walks. Errors are standard errors of replicas, limits in them.

With n replicas a deviation over its error follows Student's t with n - 1 degrees of freedom; 5
errors of 8 replicas are passed by chance once in 600, and seeds are fixed.
"""

import numpy as np
import pytest
from tests.batteries import jump_networks
from tests.batteries.jump_networks import ANGSTROM, PER_PS

from megabar.motion import lattice_walks, relaxation
from megabar.motion.spectral_densities import LongTimeTail, from_correlation

PROTON = 2.6752218744e8
X = 0.122


def lattice(repeats, *, rate_b=1.0):
    """Conventional cells of LaH10 in angstrom and picoseconds."""
    network = jump_networks.lah10(rate_a=1.0, rate_b=rate_b, a=5.10, x=X, conventional=True)
    return lattice_walks.Lattice(network=network, repeats=(repeats,) * 3)


def free_squares(lags, *, rate_b=1.0):
    """Mean squared displacement of one walker that meets no other: two modes."""
    free = 5.10**2 / (10 * (2 + 1 / rate_b))
    short = 5.10**2 / 6 * (1.6 * 3 * (0.25 - X) ** 2 + 2.4 * rate_b * 4 * X**2)
    fast = 1 + 2 * rate_b
    return 6 * free * lags + 6 * (short - free) * (1 - np.exp(-fast * lags)) / fast


def within(estimate, exact, errors=5.0):
    return bool(np.all(np.abs(estimate.value - exact) <= errors * estimate.std))


def test_the_formula_of_the_free_walker_gives_its_published_numbers():
    assert free_squares(np.array([0.5, 10.0])) == pytest.approx([2.74601, 52.2067], rel=1e-5)


@pytest.mark.parametrize("rate_b", [1.0, 5.0])
def test_independent_walkers_spread_as_the_formula_says(rate_b):
    plan = lattice_walks.WalkPlan(
        lattice=lattice(1, rate_b=rate_b), atoms=40, mechanism="independent",
        interval=0.1, samples=4000,
    )  # fmt: skip
    found = lattice_walks.measure_walks(
        plan=plan, lags=[0, 1, 5, 20, 100], replicas=8, seed=11, correlate=False
    )
    exact = free_squares(found.lags, rate_b=rate_b)
    assert found.tracer[:, 0] == pytest.approx(0)
    assert within(found.mean("tracer"), exact)
    assert np.all(found.mean("tracer").std[1:] < 0.02 * exact[1:])


@pytest.mark.parametrize(("repeats", "atoms"), [(1, 36), (2, 312)])
def test_collective_displacement_is_that_of_one_walker_at_all_lags(repeats, atoms):
    """Fixed number of atoms: the factor is (M - N)/(M - 1), not one minus the occupancy."""
    sites = 40 * repeats**3
    plan = lattice_walks.WalkPlan(
        lattice=lattice(repeats), atoms=atoms, mechanism="exclusion", interval=0.5, samples=20_000
    )
    found = lattice_walks.measure_walks(
        plan=plan, lags=[1, 4, 20], replicas=8, seed=5, correlate=False, origins=200
    )
    exact = (sites - atoms) / (sites - 1) * free_squares(found.lags)
    assert within(found.mean("collective"), exact)
    assert np.all(found.mean("collective").std < 0.03 * exact)


def test_collective_diffusivity_of_a_small_cell_tells_fixed_number_from_fixed_occupancy():
    plan = lattice_walks.WalkPlan(
        lattice=lattice(1), atoms=36, mechanism="exclusion", interval=2.0, samples=100_000
    )
    found = lattice_walks.measure_walks(
        plan=plan, lags=[1, 2, 3], replicas=8, seed=7, correlate=False, origins=3000
    )
    diffusivity = found.collective_diffusivity(shortest=2.0, longest=6.0)
    assert within(diffusivity, 0.0889231)
    assert not within(diffusivity, 0.0867)
    haven = found.haven_ratio(shortest=2.0, longest=6.0)
    assert 0 < haven.value < 1
    assert haven.std < 0.05 * haven.value


def test_hops_per_atom_and_time_are_those_of_equilibrium():
    sites, atoms, time = 320, 312, 20_000.0
    walk = lattice_walks.walk_lattice(
        lattice=lattice(2), atoms=atoms, mechanism="exclusion",
        interval=time, samples=1, seed=2,
    )  # fmt: skip
    rate = 4 * (sites - atoms) / (sites - 1)
    assert rate == pytest.approx(0.1003135, rel=1e-5)
    assert walk.hops / (atoms * time) == pytest.approx(rate, abs=5 * rate / np.sqrt(walk.hops))


def test_tracer_by_many_vacancies_meets_the_published_simulation():
    """Quoted: MSD over 6 t at one lag, not the slope; it is still 1 % above the diffusivity."""
    plan = lattice_walks.WalkPlan(
        lattice=lattice(2), atoms=312, mechanism="exclusion", interval=100.0, samples=2000
    )
    found = lattice_walks.measure_walks(
        plan=plan, lags=[4, 8, 16], replicas=8, seed=3, correlate=False
    )
    ratio = found.mean("tracer").value / (6 * found.lags)
    error = found.mean("tracer").std / (6 * found.lags)
    assert abs(ratio[0] - 0.010703) < 4 * np.hypot(6e-6, error[0])
    slope = found.tracer_diffusivity(shortest=400.0, longest=1600.0)
    assert slope.value < ratio[0] - 3 * error[0]


def test_correlation_factor_at_eleven_vacancies_in_1080_sites():
    plan = lattice_walks.WalkPlan(
        lattice=lattice(3), atoms=1069, mechanism="exclusion", interval=400.0, samples=500
    )
    found = lattice_walks.measure_walks(
        plan=plan, lags=range(2, 6), replicas=4, seed=3, correlate=False
    )
    diffusivity = found.tracer_diffusivity(shortest=800.0, longest=2000.0)
    assert diffusivity.value / (11 / 1080 * 0.8670) == pytest.approx(0.4765, rel=2e-2)


@pytest.mark.parametrize(
    "network",
    [jump_networks.simple_cubic(), jump_networks.diamond()],
    ids=["simple cubic", "diamond"],
)
def test_one_vacancy_moves_atoms_as_fast_as_the_exact_pair_says(network):
    box = lattice_walks.Lattice(network=network, repeats=(4, 4, 4))
    plan = lattice_walks.WalkPlan(
        lattice=box, atoms=len(box) - 1, mechanism="exclusion", interval=40.0, samples=8000
    )
    found = lattice_walks.measure_walks(
        plan=plan, lags=[5, 10, 15], replicas=8, seed=5, correlate=False
    )
    exact = np.trace(lattice_walks.one_vacancy_diffusivity(network, repeats=4)) / 3
    diffusivity = found.tracer_diffusivity(shortest=200.0, longest=600.0)
    assert within(diffusivity, exact)
    assert diffusivity.std < 0.01 * exact


@pytest.mark.parametrize("mechanism", ["exchange", "independent"])
def test_dipolar_correlation_of_a_cell_is_the_exact_one(mechanism):
    network = jump_networks.octahedral_tetrahedral(a=1.0, occupancies=(1, 1, 1), rate=1.0)
    box = lattice_walks.Lattice(network=network, repeats=(4, 4, 4))
    plan = lattice_walks.WalkPlan(
        lattice=box, atoms=len(box), mechanism=mechanism, interval=0.02, samples=1500
    )
    found = lattice_walks.measure_walks(
        plan=plan, lags=[1, 4, 16, 32], replicas=12, seed=6, origins=25
    )
    exact = lattice_walks.pair_walk_in_cell(
        network, repeats=4, exclusion=mechanism == "exchange"
    ).correlation(found.lags)
    if mechanism == "independent":  # a partner is one of the others: N - 1 of M
        exact *= (len(box) - 1) / len(box)
    estimate = found.mean("correlation")
    assert within(estimate, exact)
    assert np.all(estimate.std[:3] < 0.02 * exact[:3])


def test_sum_of_couplings_with_vacancies_is_the_lattice_sum_times_the_chance_of_a_partner():
    box = lattice(1)
    plan = lattice_walks.WalkPlan(
        lattice=box, atoms=30, mechanism="exclusion", interval=1.0, samples=2000
    )
    found = lattice_walks.measure_walks(plan=plan, lags=[0], replicas=8, seed=4, origins=2000)
    vectors = box.sites[None] - box.sites[:, None]
    away = vectors - 5.10 * np.round(vectors / 5.10)
    r = np.linalg.norm(away, axis=-1)
    near = (r > 0.1) & (r < 5.10 / 2 * (1 - 1e-9))
    total = (r[near] ** -6).sum() / 40
    assert within(found.mean("correlation"), total * 29 / 39)


def test_simulated_correlation_gives_back_the_diffusivity_through_t1_and_t2():
    """Independent walkers of LaH10, at w0 tau well below 1: S(t) of a cell, then its tail."""
    network = jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS, conventional=True)
    box = lattice_walks.Lattice(network=network, repeats=(2, 2, 2))
    plan = lattice_walks.WalkPlan(
        lattice=box, atoms=320, mechanism="independent", interval=0.05e-12, samples=800
    )
    lags = [0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 26, 34, 44, 56]
    found = lattice_walks.measure_walks(plan=plan, lags=lags, replicas=8, seed=9, origins=40)
    diffusivity = lattice_walks.free_diffusivity(network)
    tail = LongTimeTail(number_density=network.number_density, diffusivity=diffusivity)
    beyond = network.number_density * 4 * np.pi / 3 / (5.10 * ANGSTROM) ** 3
    measured = found.mean("correlation").value + beyond  # partners outside the sphere stay, so soon
    density = from_correlation(lags=found.lags, values=measured, static_part=0.0, tail=tail)
    exact = lattice_walks.independent_walk(jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS))
    rates = [
        relaxation.rates_like(
            spectral_density=one, gyromagnetic_ratio=PROTON, larmor_frequency=395e6
        )
        for one in (density, exact)
    ]
    # extreme narrowing: R goes as 1/D, so a ratio of rates is one of diffusivities
    assert rates[0].r1 == pytest.approx(rates[1].r1, rel=5e-2)
    assert rates[0].r2 == pytest.approx(rates[1].r2, rel=5e-2)

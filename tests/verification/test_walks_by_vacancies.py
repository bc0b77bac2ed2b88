"""Vacancies in LaH10, a = 5.10 angstrom, x = 0.12: published simulations, exact limits."""

import numpy as np
import pytest
from tests.batteries import jump_networks
from tests.batteries.jump_networks import A2_PER_PS, PER_PS

from megabar.motion import lattice_walks, relaxation

PROTON = 2.6752218744e8
FREQUENCY = 395e6
MESH = lattice_walks.ZoneMesh(outward=14, across=8)
CONTACT = np.sqrt(3) * 0.13 * 5.10e-10


@pytest.fixture(scope="module")
def walk():
    """One vacancy in a hundred sites, 1,250 sites, all jumps at one rate."""
    return lattice_walks.vacancy_walk(
        jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS),
        vacancy_fraction=0.01,
        seed=2,
        replicas=5,
        mesh=MESH,
    )


def rates(density, diffusivity, at):
    return relaxation.rates_like(
        spectral_density=density.scaled(at / diffusivity), gyromagnetic_ratio=PROTON,
        larmor_frequency=FREQUENCY,
    )  # fmt: skip


def measured(walk, functional):
    """Value and jackknife error of a functional of density and diffusivity."""
    value = functional(walk.density, float(walk.diffusivity.value))
    return value, walk.std_of(lambda like, past, diffusivity: functional(like, diffusivity))


def test_prefactor_with_one_per_cent_vacancies_is_the_published_one_within_errors(walk):
    """2.605(10), of a walk in 1,080 sites whose tail was appended at its simple law.

    Ours is 2.64(1) with 32 replicas. At 30 hops S is still 6 % above the simple law.
    """
    value, error = measured(
        walk,
        lambda density, diffusivity: lattice_walks.prefactor(
            density=density, diffusivity=diffusivity, contact=CONTACT,
            number_density=walk.network.number_density,
        ),
    )  # fmt: skip
    assert error < 0.02
    assert abs(value - 2.605) < 4 * np.hypot(0.010, error)
    assert 2.3032 < value < 2.783  # independent and exchange walks


def test_shortest_t1_with_one_per_cent_vacancies_is_the_published_one(walk):
    grid = np.geomspace(4e-12, 1.2e-11, 21)
    t1, error = measured(
        walk, lambda density, d: 1e3 / max(float(rates(density, d, one).r1) for one in grid)
    )
    assert abs(t1 - 6.46) < 4 * np.hypot(0.02, error)


def test_t2_of_a_known_diffusivity_with_vacancies_is_the_published_one(walk):
    """T2 = 1.5 ms belongs to 2.13e-12 m2/s, printed to half a per cent."""
    t2, error = measured(walk, lambda density, d: 1e3 / float(rates(density, d, 2.13e-12).r2))
    assert abs(t2 - 1.5) < 4 * np.hypot(0.005 * 1.5, error)


def test_tracer_correlation_factor_lies_between_its_limit_and_the_published_one(walk):
    """0.4765(16) with 11 vacancies in 1,080 sites; 12 in 1,250 are a little fewer."""
    f = walk.correlation_factor
    assert abs(f.value - 0.4765) < 4 * np.hypot(0.0016, f.std)
    assert f.std < 0.002


def test_correlation_factor_goes_to_that_of_one_vacancy():
    network = jump_networks.simple_cubic()
    few = lattice_walks.vacancy_walk(
        network, vacancy_fraction=1 / 512, seed=1, replicas=4, repeats=8, mesh=MESH
    )
    exact = np.trace(lattice_walks.one_vacancy_diffusivity(network, repeats=8)) / 3
    assert abs(few.diffusivity.value - exact) < 4 * few.diffusivity.std
    assert few.diffusivity.std < 0.02 * exact


def test_fast_rates_see_the_first_jump_only_and_that_slope_is_exact(walk):
    """Beyond all jumps of a vacancy R1 = (3/5) K c_v |S'(0)| / w2 of exchange."""
    density = walk.density.scaled(1e-6)
    exact = lattice_walks.exchange_walk(
        jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS), repeats=5, steps=120, mesh=MESH
    )
    share = walk.vacancy_fraction * (1 - walk.vacancy_fraction)
    slope = 1e-6 * share * float(exact.weights @ exact.decay_rates)
    omega = 2 * np.pi * FREQUENCY
    assert float(density(omega)) == pytest.approx(2 * slope / omega**2, rel=5e-3)


def test_mean_squared_displacement_starts_with_free_jumps(walk):
    """At the first lag MSD = 6 c_v D_s t, less the few jumps undone already."""
    network = jump_networks.lah10(rate_a=PER_PS, rate_b=PER_PS)
    empty = walk.vacancies / (walk.sites - 1)
    free = 6 * empty * lattice_walks.short_time_diffusivity(network) * walk.lags[0]
    mean, error = walk.tracer[:, 0].mean(), walk.tracer[:, 0].std(ddof=1) / np.sqrt(5)
    assert mean == pytest.approx(free, abs=4 * error + 0.1 * free)
    assert float(walk.diffusivity.value) < 0.6 * empty * 0.9604 * A2_PER_PS


def test_first_slope_with_vacancies_is_the_published_one():
    """x = 0.378 of the other setting is 0.122 here: 312 atoms on 320 sites, 0.1963 A-6/ps."""
    network = jump_networks.lah10(rate_a=1.0, rate_b=1.0, a=5.10, x=0.122)
    exact = lattice_walks.exchange_walk(network, repeats=5, steps=120, mesh=MESH)
    jumps = float(exact.weights @ exact.decay_rates)
    assert jumps == pytest.approx(8.003, rel=1e-3)
    assert jumps * (311 * 8) / (319 * 318) == pytest.approx(0.1963, rel=1e-3)

"""Vacancies as a model of mobility: words, partners, floor, order of the rates."""

import numpy as np
import pytest

from megabar.matter import crystals
from megabar.motion import lattice_walks
from megabar.observables import dipolar_floor, motion_models
from megabar.observables.declared_networks import declared_networks
from megabar.spins.crystal_moments import crystal_moments

FREQUENCY = 395e6
MESH = lattice_walks.ZoneMesh(outward=16, across=10)


@pytest.fixture(scope="module")
def iron():
    return crystals.crystal("FeH", lattice_parameter=3.6e-10, accept=("unverified", "estimate"))


@pytest.fixture(scope="module")
def motion(iron):
    name, network = declared_networks(iron)[0]
    return motion_models.vacancy_walk(
        iron, network, name=name, vacancy_fraction=0.02, seed=1, mesh=MESH
    )


def test_the_model_says_what_it_is(iron, motion):
    assert motion.mechanism == "vacancies"
    assert motion.network == declared_networks(iron)[0][0]
    assert "2.0% vacancies" in motion.name
    assert {one.nucleus.name for one in motion.partners} == {"57Fe"}


def test_no_diffusivity_puts_t1_below_its_floor_or_r2_below_r1(iron, motion):
    floor = dipolar_floor.t1_floor(
        crystal_moments(iron), larmor_frequency=FREQUENCY, like_only=False
    )
    rates = motion.rates(np.geomspace(1e-14, 1e-8, 61), larmor_frequency=FREQUENCY)
    lowest = float(np.min(1 / rates.r1))
    assert lowest > floor  # of the full crystal; two in a hundred partners are missing
    assert lowest < 1.3 * floor
    assert np.all(rates.r2 > rates.r1)


def test_empty_sites_weaken_the_coupling_of_like_spins_alone(iron, motion):
    full = motion_models.lattice_walk(iron, declared_networks(iron)[0][1], name="", mesh=MESH)
    assert motion.density.sum_r6 == pytest.approx(0.98 * full.density.sum_r6, rel=1e-3)
    for one, other in zip(motion.partners, full.partners, strict=True):
        assert one.density.sum_r6 == pytest.approx(other.density.sum_r6, rel=1e-3)

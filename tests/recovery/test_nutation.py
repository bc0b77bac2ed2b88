"""Bounds on C_Q from nutations of known truth: how often they hold, and how far fields are off."""

import numpy as np
import pytest
from tests.batteries.nutations import simulated_curve

from megabar.observables.nutation_answers import Curve
from megabar.observables.nutation_fits import fit_nutation
from megabar.spins.pulse_shapes import gaussian_shape, rectangular_shape

LENGTHS = np.arange(1, 42) * 1e-6
STD = 0.03


def fits(coupling, *, shape, peak, count, spread=0.03):
    truth = simulated_curve(LENGTHS, coupling=coupling, peak=peak, spread=spread, shape=shape)
    for seed in range(count):
        noise = np.random.default_rng(seed).normal(size=LENGTHS.size) * STD
        yield fit_nutation(
            Curve(
                lengths=LENGTHS, amplitudes=truth + noise, std=np.full(LENGTHS.size, STD),
                spin=3.5, shape=shape, field_model="gaussian", detected="all",
                known_frequency=None,
            ),
            asymmetries=(0.3,),
        )  # fmt: skip


def assert_recovered(found, *, coupling, peak):
    """Bounds of 95 % that may hold more often near zero, and pulls of the field of width one."""
    count = len(found)
    held = sum(fit.coupling_bound >= coupling for fit in found)
    assert held >= 0.95 * count - 3 * np.sqrt(0.95 * 0.05 * count)
    pairs = np.array([fit["nutation_frequency"] for fit in found])
    pulls = (pairs[:, 0] - peak) / pairs[:, 1]
    assert abs(pulls.mean()) < 0.5
    assert 0.6 < pulls.std() < 1.4


@pytest.mark.parametrize("coupling", [0.0, 0.5e6])
def test_bounds_hold_and_fields_are_found(coupling):
    found = list(fits(coupling, shape=rectangular_shape(), peak=62.5e3, count=14))
    assert_recovered(found, coupling=coupling, peak=62.5e3)


@pytest.mark.slow
@pytest.mark.parametrize("coupling", [0.0, 0.15e6, 0.5e6, 1e6])
def test_bounds_hold_in_95_of_100_cases(coupling):
    shape = gaussian_shape(truncation=0.01, slices=16)
    peak = shape.peak_from_mean(62.5e3)
    found = list(fits(coupling, shape=shape, peak=peak, count=150))
    assert_recovered(found, coupling=coupling, peak=peak)

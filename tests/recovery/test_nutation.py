"""Bounds on C_Q from nutations of known truth: how often they hold, and how far fields are off."""

from functools import cache

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


def assert_bounds_hold(found, *, coupling):
    """Bounds of 95 %, which may hold more often near zero."""
    count = len(found)
    held = sum(fit.coupling_bound >= coupling for fit in found)
    assert held >= 0.95 * count - 3 * np.sqrt(0.95 * 0.05 * count)


def assert_fields_are_found(found, *, peak):
    """Pulls of the nutation frequency have the width one."""
    pairs = np.array([fit["nutation_frequency"] for fit in found])
    pulls = (pairs[:, 0] - peak) / pairs[:, 1]
    assert abs(pulls.mean()) < 0.5
    assert 0.6 < pulls.std() < 1.4


@pytest.mark.parametrize("coupling", [0.0, 0.5e6])
def test_bounds_hold_and_fields_are_found(coupling):
    found = list(fits(coupling, shape=rectangular_shape(), peak=62.5e3, count=14))
    assert_bounds_hold(found, coupling=coupling)
    assert_fields_are_found(found, peak=62.5e3)


@cache
def after_gaussian_pulses(coupling):
    shape = gaussian_shape(truncation=0.01, slices=16)
    peak = shape.peak_from_mean(62.5e3)
    return list(fits(coupling, shape=shape, peak=peak, count=150)), peak


@pytest.mark.slow
@pytest.mark.parametrize("coupling", [0.0, 0.15e6, 0.5e6, 1e6])
def test_bounds_hold_in_95_of_100_cases(coupling):
    found, _ = after_gaussian_pulses(coupling)
    assert_bounds_hold(found, coupling=coupling)


LOW = pytest.mark.xfail(
    reason="with a coupling that shows, the frequency under Gaussian pulses comes out 0.7 errors "
    "low, and some fits at 1 MHz have no error of it"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "coupling",
    [0.0, 0.15e6, pytest.param(0.5e6, marks=LOW), pytest.param(1e6, marks=LOW)],
)
def test_fields_under_gaussian_pulses_are_found(coupling):
    found, peak = after_gaussian_pulses(coupling)
    assert_fields_are_found(found, peak=peak)

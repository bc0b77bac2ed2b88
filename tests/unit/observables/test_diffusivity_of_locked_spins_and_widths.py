"""T1rho and width: roots, refusals and bounds."""

import numpy as np
import pytest
from tests.batteries.moving_lah10 import FREQUENCY, torrey, walk

from megabar.motion import narrowing
from megabar.motion.relaxation import REDFIELD_LIMIT
from megabar.observables import diffusivity_bounds as bounds
from megabar.observables.diffusivity_locked import diffusivity_from_t1rho
from megabar.observables.measured_times import MeasuredTimes

LOCK = 50e3
MODELS = pytest.mark.parametrize("model", [torrey, walk])


def measured(**words):
    return MeasuredTimes(**{"larmor_frequency": FREQUENCY, "correlation": 0.0} | words)


def t1rho_of(model, d, error=0.01):
    rate = float(model.r1rho(d, larmor_frequency=FREQUENCY, locking_frequency=LOCK))
    return {"t1rho": (1 / rate, error / rate), "locking_frequency": LOCK}


def narrow(model, d):
    rate = float(model.rates(d, larmor_frequency=FREQUENCY).r2)
    return {"fwhm": (rate / np.pi, 0.01 * rate / np.pi)}


@MODELS
@pytest.mark.parametrize("d", [1e-12, 1e-11, 1e-10])
def test_exact_t1rho_of_a_narrowed_line_gives_back_its_diffusivity(model, d):
    seen = measured(**t1rho_of(model(), d), **narrow(model(), d))
    found = diffusivity_from_t1rho(seen, model())
    assert found.reason == "BRANCH_SELECTED"
    assert found.diffusivity == pytest.approx(d, rel=1e-9)
    assert found.interval[0] < d < found.interval[1]


@MODELS
def test_locked_rate_goes_over_into_r2_when_motion_is_fast_against_the_lock(model):
    d = 1e-10
    locked = model().r1rho(d, larmor_frequency=FREQUENCY, locking_frequency=1e3)
    assert float(locked) == pytest.approx(
        float(model().rates(d, larmor_frequency=FREQUENCY).r2), rel=5e-3
    )


def test_without_a_narrowed_line_t1rho_does_not_choose_its_branch():
    found = diffusivity_from_t1rho(measured(**t1rho_of(walk(), 1e-11)), walk())
    assert (found.reason, found.quality) == ("TWO_BRANCHES", "no solution")
    bound = bounds.diffusivity_bound_from_t1rho(measured(**t1rho_of(walk(), 1e-11)), [walk()])
    assert bound.quality == "no solution"


def test_lock_below_the_width_is_no_lock():
    seen = measured(**t1rho_of(walk(), 1e-11), fwhm=(80e3, 1e3))
    found = diffusivity_from_t1rho(seen, walk())
    assert (found.reason, found.quality) == ("WEAK_LOCK", "failed")


def test_network_that_goes_nowhere_gives_no_diffusivity_from_t1rho():
    found = diffusivity_from_t1rho(measured(**t1rho_of(walk(), 1e-11)), walk(rate_b=0.0))
    assert found.reason == "NO_LONG_RANGE_MOTION"


@MODELS
@pytest.mark.parametrize("further", [0.0, 500.0])
def test_bounds_from_t1rho_and_width_hold_whatever_else_relaxes(model, further):
    d = 5e-12
    rate = float(model().r1rho(d, larmor_frequency=FREQUENCY, locking_frequency=LOCK)) + further
    width = (float(model().rates(d, larmor_frequency=FREQUENCY).r2) + further) / np.pi
    seen = measured(
        t1rho=(1 / rate, 0.02 / rate), locking_frequency=LOCK, fwhm=(width, 0.02 * width)
    )
    for bound in (bounds.diffusivity_bound_from_t1rho, bounds.diffusivity_bound_from_width):
        found = bound(seen, [model()])
        assert found.quality == "lower bound"
        assert found.diffusivity < d


def test_width_that_the_instrument_explains_bounds_higher():
    all_of_it, part = (
        bounds.diffusivity_bound_from_width(
            measured(fwhm=(1350.0, 20.0), instrumental_fwhm=width), [walk()]
        ).diffusivity
        for width in (None, 1000.0)
    )
    assert part > 1.3 * all_of_it


def test_width_beyond_the_limit_of_redfield_is_bounded_by_the_gaussian_local_field():
    seen = measured(fwhm=(150e3, 0.0))
    found = bounds.diffusivity_bound_from_width(seen, [walk()]).diffusivity
    assert walk().redfield(found) > REDFIELD_LIMIT
    back = narrowing.fwhm_from_second_moment(
        second_moment=walk().second_moment, correlation_time=walk().correlation_time(found)
    )
    assert float(back) == pytest.approx(150e3, rel=1e-5)


def test_line_as_wide_as_a_rigid_one_bounds_nothing():
    found = bounds.diffusivity_bound_from_width(measured(fwhm=(260e3, 1e3)), [walk()])
    assert (found.diffusivity, found.quality) == (0.0, "no solution")


@pytest.mark.parametrize("sequence", ["cpmg", "solid-echo", "spin-lock"])
def test_echoes_that_refocus_couplings_bound_nothing(sequence):
    seen = measured(t1=(20e-3, 1e-3), t2=(5e-3, 1e-4), t2_sequence=sequence)
    for bound in (bounds.diffusivity_bound_from_t2, bounds.diffusivity_bound_from_difference):
        found = bound(seen, [walk()])
        assert (found.diffusivity, found.quality) == (0.0, "no solution")
        assert "Measure a Hahn echo" in found.sentence


def test_stretched_crystal_scales_rates_and_diffusivity_exactly():
    """M2 goes as a^-6, D as a^2 at the same rates of jumps."""
    factor, d = 1.03, 5e-12
    long = walk().stretched(factor)
    one = long.rates(d, larmor_frequency=FREQUENCY)
    two = walk().rates(d / factor**2, larmor_frequency=FREQUENCY)
    assert float(one.r1) == pytest.approx(float(two.r1) / factor**6, rel=1e-9)
    assert float(one.r2) == pytest.approx(float(two.r2) / factor**6, rel=1e-9)
    assert long.second_moment == pytest.approx(walk().second_moment / factor**6, rel=1e-9)


def test_stretched_walk_is_the_walk_of_the_larger_crystal():
    """Against a walk computed anew on the crystal at a = 5.253 angstrom."""
    from tests.batteries import jump_networks
    from tests.batteries.moving_lah10 import COARSE

    from megabar.matter import crystals
    from megabar.observables import motion_models

    factor = 1.03
    large = crystals.crystal("LaH10", lattice_parameter=factor * 5.10e-10)
    network = jump_networks.lah10(rate_a=1e12, rate_b=1e12, a=factor * 5.10e-10)
    direct = motion_models.lattice_walk(large, network, name="large", mesh=COARSE)
    for d in (1e-12, 1e-10):
        one = direct.rates(d, larmor_frequency=FREQUENCY)
        two = walk().stretched(factor).rates(d, larmor_frequency=FREQUENCY)
        assert float(two.r1) == pytest.approx(float(one.r1), rel=1e-4)
        assert float(two.r2) == pytest.approx(float(one.r2), rel=1e-4)

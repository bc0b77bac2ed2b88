"""Bounds, a further rate, and when rates at zero field may be used."""

import numpy as np
import pytest
from tests.batteries.moving_lah10 import FREQUENCY, moments, times, torrey, walk

from megabar import schemas
from megabar.observables import diffusivity_bounds as bounds
from megabar.observables import diffusivity_joint
from megabar.observables.extreme_narrowing import extreme_narrowing


def seen(d, *, further=(0.0, 0.0), error=0.02, correlation=0.0):
    rates = walk().rates(d, larmor_frequency=FREQUENCY)
    t1, t2 = 1 / (float(rates.r1) + further[0]), 1 / (float(rates.r2) + further[1])
    return times(t1=(t1, error * t1), t2=(t2, error * t2), correlation=correlation)


@pytest.mark.parametrize("further", [(0.0, 0.0), (300.0, 300.0), (100.0, 400.0)])
@pytest.mark.parametrize("d", [1e-12, 1e-11, 1e-10])
def test_bounds_hold_whatever_else_relaxes(d, further):
    data = seen(d, further=further)
    one = bounds.diffusivity_bound_from_t2(data, [walk()])
    two = bounds.diffusivity_bound_from_difference(data, [walk()])
    assert one.diffusivity < d
    assert two.diffusivity < d
    assert one.quality == two.quality == "lower bound"


def test_difference_bounds_above_t2_alone_when_a_further_rate_hides_it():
    data = seen(1e-11, further=(300.0, 300.0))
    one = bounds.diffusivity_bound_from_t2(data, [walk()])
    two = bounds.diffusivity_bound_from_difference(data, [walk()])
    assert two.diffusivity > 2 * one.diffusivity


def test_more_errors_lower_a_bound_and_none_give_the_central_one():
    data = seen(1e-11)
    by_sigma = [
        bounds.diffusivity_bound_from_t2(data, [walk()], sigmas=k).diffusivity for k in (0, 1, 2)
    ]
    assert by_sigma[0] == pytest.approx(1e-11, rel=1e-9)
    assert by_sigma[0] > by_sigma[1] > by_sigma[2]
    central = bounds.diffusivity_bound_from_t2(data, [walk()]).central
    assert central == pytest.approx(1e-11, rel=1e-9)


def test_errors_that_move_together_bound_the_difference_better():
    loose, tight = (
        bounds.diffusivity_bound_from_difference(seen(1e-11, correlation=rho), [walk()])
        for rho in (0.0, 0.9)
    )
    assert tight.diffusivity > loose.diffusivity


def test_bound_is_the_smallest_over_declared_models_and_names_it():
    models = [walk(), torrey(), walk(rate_b=3.0)]
    found = bounds.diffusivity_bound_from_t2(seen(1e-11), models)
    by = dict(found.by_motion)
    assert len(by) == 3
    assert found.diffusivity == min(by.values())
    assert found.motion in found.sentence
    assert "3 declared models" in found.sentence


def test_motion_that_goes_nowhere_takes_every_bound_away():
    found = bounds.diffusivity_bound_from_t2(seen(1e-11), [walk(), walk(rate_b=0.0)])
    assert (found.diffusivity, found.quality) == (0.0, "no solution")


def test_bound_needs_models():
    with pytest.raises(ValueError, match="Declare at least one"):
        bounds.diffusivity_bound_from_t2(seen(1e-11), [])


@pytest.mark.parametrize("further", [0.0, 50.0, 500.0])
@pytest.mark.parametrize("d", [1e-12, 6e-12, 3e-11])
def test_joint_fit_finds_d_and_the_further_rate_through_the_minimum(d, further):
    found = diffusivity_joint.diffusivity_and_further_rate(
        seen(d, further=(further, further), error=1e-3), walk()
    )
    assert found.quality == "value"
    assert found.diffusivity == pytest.approx(d, rel=1e-6)
    assert found.further_rate[0] == pytest.approx(further, abs=1e-6)
    assert found.interval[0] < d < found.interval[1]


def test_error_of_the_further_rate_is_its_scatter():
    rng = np.random.default_rng(4)
    truth = seen(6e-12, further=(100.0, 100.0), error=5e-3)
    (t1, std1), (t2, std2) = truth.t1, truth.t2
    found = [
        diffusivity_joint.diffusivity_and_further_rate(
            times(t1=(rng.normal(t1, std1), std1), t2=(rng.normal(t2, std2), std2)), walk()
        ).further_rate
        for _ in range(60)
    ]
    values, stds = np.array(found).T
    assert values.std() == pytest.approx(stds.mean(), rel=0.3)  # three sigma of 60 draws


def test_equal_times_leave_a_bound_of_the_joint_fit():
    found = diffusivity_joint.diffusivity_and_further_rate(
        times(t1=(5e-3, 1e-4), t2=(5e-3, 1e-4)), walk()
    )
    assert found.quality == "lower bound"
    assert found.interval[1] == np.inf


def test_t1_longer_than_the_motion_allows_has_no_joint_solution():
    found = diffusivity_joint.diffusivity_and_further_rate(
        times(t1=(1.0, 1e-2), t2=(1.5e-3, 1e-5)), walk()
    )
    assert (found.quality, found.further_rate[0] < 0) == ("no solution", True)
    assert found.quality in schemas.QUALITIES


def test_narrowing_needs_ratio_and_time():
    fast, slow = (extreme_narrowing(seen(d), moments()) for d in (2e-9, 1e-12))
    assert (fast.reason, slow.reason) == ("NARROWING", "NARROWING_UNPROVEN")
    equal = extreme_narrowing(times(t1=(5e-3, 1e-4), t2=(5e-3, 1e-4)), moments())
    assert not equal.proven
    assert "not proven" in equal.sentence


def test_without_t2_narrowing_is_not_proven():
    found = extreme_narrowing(times(t1=(1.0, 1e-2)), moments())
    assert not found.proven
    assert np.isnan(found.ratio[0])


def test_a_rate_as_large_as_the_width_of_a_rigid_line_bounds_nothing():
    """Redfield would give any rate, however large; the true one ends at about sqrt(M2)."""
    data = times(t1=(0.1, 1e-3), t2=(3e-6, 1e-8))
    one = bounds.diffusivity_bound_from_t2(data, [walk()])
    two = bounds.diffusivity_bound_from_difference(data, [walk()])
    fit = diffusivity_joint.diffusivity_and_further_rate(data, walk())
    assert one.quality == two.quality == "no solution"
    assert "the line tells more" in one.sentence
    assert fit.quality == "failed"
    assert np.isnan(fit.diffusivity)

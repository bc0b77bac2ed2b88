"""Simulated T1 and T2 with noise, from extreme narrowing through the minimum to the slow side.

Truth is the exact walk on LaH10 at 395 MHz with its lanthanum. Intervals of two standard errors
cover 95.4 % of draws; 60 draws scatter by 2.7 %, so three sigma of the count are allowed.
"""

from collections import Counter
from functools import cache

import numpy as np
import pytest
from tests.batteries.moving_lah10 import FREQUENCY, lah10, moments, times, torrey, walk

from megabar.observables import diffusivity, diffusivity_bounds, diffusivity_joint
from megabar.observables.diffusivity_locked import diffusivity_from_t1rho
from megabar.observables.measured_times import MeasuredTimes
from megabar.observables.mobility import mobility

DRAWS = 60
VERDICTS = 20  # of the whole verdict, which costs ten times as much
ERROR = 0.03
COVERAGE = 0.9545
SPREAD = 3 * np.sqrt(COVERAGE * (1 - COVERAGE) / DRAWS)
AWAY = [1e-13, 1e-12, 6e-11, 6e-10, 5e-9]
EVERYWHERE = [*AWAY, 3e-12, 5.75e-12, 1e-11, 2e-11]


@cache
def draws(d, further=0.0, error=ERROR):
    rates = walk().rates(d, larmor_frequency=FREQUENCY)
    truth = [1 / (float(rate) + further) for rate in (rates.r1, rates.r2)]
    rng = np.random.default_rng(int(1e14 * d) + int(further))
    noisy = np.array(truth) * (1 + error * rng.standard_normal((DRAWS, 2)))
    return [times(t1=(a, error * truth[0]), t2=(b, error * truth[1])) for a, b in noisy]


def without_t2(seen):
    return times(t1=seen.t1)


def covered(found, d):
    return np.mean([low <= d <= high for low, high in found])


@pytest.mark.parametrize("d", EVERYWHERE)
def test_interval_from_t2_covers_everywhere(d):
    found = [diffusivity.diffusivity_from_t2(one, walk()) for one in draws(d)]
    assert {one.reason for one in found if one.quality == "value"} == {"ONE_BRANCH"}
    assert covered([one.interval for one in found], d) == pytest.approx(COVERAGE, abs=SPREAD)


@pytest.mark.parametrize("d", AWAY)
def test_away_from_the_minimum_t1_alone_has_two_branches_and_one_covers(d):
    found = [
        diffusivity.diffusivity_from_t1(without_t2(one), moments(), walk(), length_error=0.0)
        for one in draws(d)
    ]
    assert {one.reason for one in found} == {"TWO_BRANCHES"}
    assert all(np.isnan(one.diffusivity) for one in found)
    right = [min(one.roots, key=lambda root: abs(np.log(root.diffusivity / d))) for one in found]
    assert covered([root.interval for root in right], d) == pytest.approx(COVERAGE, abs=SPREAD)


@pytest.mark.parametrize("d", AWAY)
def test_ratio_chooses_the_branch_of_the_truth(d):
    """Where R2/R1 hardly depends on D, two standard errors reject the truth in 4.6 % of draws."""
    found = [
        diffusivity.diffusivity_from_t1(one, moments(), walk(), length_error=0.0)
        for one in draws(d)
        if not one.unphysical(sigmas=2)
    ]
    chosen = [one for one in found if one.reason == "BRANCH_SELECTED"]
    assert len(chosen) >= (COVERAGE - SPREAD) * len(found)
    assert all(1 / 1.5 < one.diffusivity / d < 1.5 for one in chosen)


@pytest.mark.parametrize("d", [3e-12, 5.75e-12, 1e-11])
def test_about_the_minimum_there_is_no_number_and_the_span_covers(d):
    found = [
        diffusivity.diffusivity_from_t1(without_t2(one), moments(), walk(), length_error=0.0)
        for one in draws(d)
    ]
    reasons = Counter(one.reason for one in found)
    assert reasons["ILL_CONDITIONED"] >= (COVERAGE - SPREAD) * DRAWS
    assert set(reasons) <= {"ILL_CONDITIONED", "BELOW_MODEL_MINIMUM", "NOT_DIPOLAR"}
    spans = [one.interval for one in found if one.reason == "ILL_CONDITIONED"]
    assert covered(spans, d) >= COVERAGE - SPREAD


@pytest.mark.parametrize("further", [0.0, 60.0, 500.0])
@pytest.mark.parametrize("d", [1e-12, 5.75e-12, 1e-11])
def test_lower_bounds_hold_at_their_rate_whatever_else_relaxes(d, further):
    """One-sided two standard errors: 97.7 %."""
    rate = 0.97725
    allowed = 3 * np.sqrt(rate * (1 - rate) / DRAWS)
    for bound in (
        diffusivity_bounds.diffusivity_bound_from_t2,
        diffusivity_bounds.diffusivity_bound_from_difference,
    ):
        held = np.mean([bound(one, [walk()]).diffusivity <= d for one in draws(d, further)])
        assert held >= rate - allowed


@pytest.mark.parametrize("d", [1e-12, 5.75e-12])
def test_joint_fit_covers_d_and_the_further_rate_on_the_minimum(d):
    data = draws(d, 100.0, 0.01)
    found = [diffusivity_joint.diffusivity_and_further_rate(one, walk()) for one in data]
    assert {one.quality for one in found} == {"value"}
    assert covered([one.interval for one in found], d) == pytest.approx(COVERAGE, abs=SPREAD)
    ends = [(x - 2 * std, x + 2 * std) for x, std in (one.further_rate for one in found)]
    assert covered(ends, 100.0) == pytest.approx(COVERAGE, abs=SPREAD)


def test_relaxation_that_is_mostly_something_else_is_never_given_a_number_from_t1():
    for one in draws(1e-11, 500.0):
        found = diffusivity.diffusivity_from_t1(one, moments(), walk(), length_error=0.0)
        assert found.reason == "NOT_DIPOLAR"


@pytest.mark.parametrize("d", [6e-11, 6e-10, 1e-12, 1e-13])
def test_closed_form_misses_the_truth_of_the_lattice_by_its_stated_six_percent(d):
    rates = walk().alone().rates(d, larmor_frequency=FREQUENCY)
    seen = times(t1=(float(rates.t1), 1e-9), t2=(float(rates.t2), 1e-9))
    branch = "slow" if d < 5.75e-12 else "fast"
    found = diffusivity.diffusivity_from_t1(
        seen, moments(), torrey(), length_error=0.0, like_only=True, branch=branch
    )
    assert found.diffusivity == pytest.approx(d, rel=0.06)


LOCK = 50e3


@cache
def locked_draws(d, further=0.0, error=ERROR):
    """T1rho and the width of a line whose instrument adds half as much again."""
    rate = float(walk().r1rho(d, larmor_frequency=FREQUENCY, locking_frequency=LOCK)) + further
    width = (float(walk().rates(d, larmor_frequency=FREQUENCY).r2) + further) / np.pi
    rng = np.random.default_rng(int(1e14 * d) + int(further) + 1)
    noisy = 1 + error * rng.standard_normal((DRAWS, 2))
    return [
        MeasuredTimes(
            larmor_frequency=FREQUENCY,
            correlation=0.0,
            t1rho=(a / rate, error / rate),
            locking_frequency=LOCK,
            fwhm=(1.5 * width * b, 1.5 * width * error),
        )
        for a, b in noisy
    ]


@pytest.mark.parametrize("d", [1e-13, 1e-12, 5.75e-12, 6e-11, 6e-10])
def test_interval_from_t1rho_covers_wherever_the_line_is_narrowed(d):
    """Narrower than the locking field, that is; elsewhere spins are not locked."""
    found = [diffusivity_from_t1rho(one, walk()) for one in locked_draws(d)]
    assert {one.reason for one in found} == {"BRANCH_SELECTED"}
    assert covered([one.interval for one in found], d) == pytest.approx(COVERAGE, abs=SPREAD)


def test_line_wider_than_the_lock_is_never_inverted():
    found = [diffusivity_from_t1rho(one, walk()) for one in locked_draws(8e-15)]
    assert {one.reason for one in found} == {"WEAK_LOCK"}


@pytest.mark.parametrize("further", [0.0, 500.0])
@pytest.mark.parametrize("d", [1e-14, 1e-12, 5.75e-12])
def test_bounds_from_width_and_t1rho_hold_at_their_rate(d, further):
    """One-sided two standard errors for T1rho: 97.7 %; the width is broadened and never fails."""
    rate = 0.97725
    data = locked_draws(d, further)[:VERDICTS]
    allowed = 3 * np.sqrt(rate * (1 - rate) / VERDICTS)
    by_width = [diffusivity_bounds.diffusivity_bound_from_width(one, [walk()]) for one in data]
    assert all(0 < one.diffusivity <= d for one in by_width)
    by_lock = [diffusivity_bounds.diffusivity_bound_from_t1rho(one, [walk()]) for one in data]
    assert np.mean([one.diffusivity <= d for one in by_lock]) >= rate - allowed


@cache
def judged(d, further=0.0):
    return [
        mobility(times=one, crystal=lah10(), motions=[walk()], length_error=0.0)
        for one in draws(d, further)[:VERDICTS]
    ]


@pytest.mark.parametrize("d", [1e-12, 5.75e-12, 6e-11])
def test_verdict_is_a_value_where_one_motion_explains_both_times_and_covers(d):
    """T1 and T2 both within two standard errors of one D: rejected in at most 9 % of draws."""
    values = [one for one in judged(d) if one.quality == "value"]
    others = {one.reason for one in judged(d) if one.quality != "value"}
    spread = SPREAD * np.sqrt(DRAWS / VERDICTS)
    assert len(values) >= (COVERAGE**2 - spread) * VERDICTS
    assert others <= {"BOUNDED", "UNPHYSICAL_RATIO"}
    assert covered([one.interval for one in values], d) >= COVERAGE - spread


def test_verdict_with_a_strong_further_rate_is_a_bound_that_holds():
    d, rate = 1e-11, 0.97725
    allowed = 3 * np.sqrt(rate * (1 - rate) / VERDICTS)
    found = judged(d, 500.0)
    assert {one.quality for one in found} == {"lower bound"}
    assert np.mean([one.diffusivity <= d for one in found]) >= rate - allowed


def test_verdict_over_models_that_hold_the_truth_covers_at_least_as_well():
    d = 6e-11
    found = [
        mobility(times=one, crystal=lah10(), motions=[torrey(), walk()], length_error=0.0)
        for one in draws(d)[:12]
    ]
    low, high = np.transpose([one.interval for one in found if one.quality != "failed"])
    assert np.mean((low <= d) & (d <= high)) >= COVERAGE - SPREAD * np.sqrt(DRAWS / 12)

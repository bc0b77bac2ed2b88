"""T1 and T2 to D: floor, roots, branches, and the reasons why there is no number."""

import numpy as np
import pytest
from tests.batteries.moving_lah10 import FREQUENCY, moments, times, torrey, walk

from megabar import errors, schemas
from megabar.observables import diffusivity
from megabar.observables.diffusivity_answers import REASONS
from megabar.observables.dipolar_floor import dipolar_floor
from megabar.observables.root_search import Curve

MODELS = pytest.mark.parametrize("model", [torrey, walk])


def from_t1(seen, model, **words):
    return diffusivity.diffusivity_from_t1(seen, moments(), model, **{"length_error": 0.0} | words)


def from_t2(seen, model, **words):
    return diffusivity.diffusivity_from_t2(seen, model, **words)


def exact(model, d, error=0.01):
    rates = model.rates(d, larmor_frequency=FREQUENCY)
    return times(t1=(float(rates.t1), error * rates.t1), t2=(float(rates.t2), error * rates.t2))


def test_every_reason_has_a_quality_of_the_closed_list():
    assert set(REASONS.values()) <= set(schemas.QUALITIES)


@MODELS
def test_rates_at_another_field_are_those_of_slower_motion(model):
    """D -> s D with omega0 -> s omega0 leaves R1 omega0 unchanged."""
    here = model().rates(1e-11, larmor_frequency=FREQUENCY)
    there = model().rates(3e-11, larmor_frequency=3 * FREQUENCY)
    assert float(there.r1 * 3) == pytest.approx(float(here.r1), rel=1e-12)


@MODELS
@pytest.mark.parametrize("d", [1e-13, 1e-12, 1e-10, 1e-9])
def test_exact_times_give_back_their_diffusivity_on_both_routes(model, d):
    seen = exact(model(), d)
    one, two = from_t1(seen, model()), from_t2(seen, model())
    assert (one.reason, two.reason) == ("BRANCH_SELECTED", "ONE_BRANCH")
    assert one.diffusivity == pytest.approx(d, rel=1e-9)
    assert two.diffusivity == pytest.approx(d, rel=1e-9)
    for found in (one, two):
        assert found.interval[0] < d < found.interval[1]


def test_branch_of_the_truth_is_the_one_chosen():
    assert from_t1(exact(walk(), 1e-12), walk()).roots[0].branch == "slow"
    assert from_t1(exact(walk(), 1e-10), walk()).roots[0].branch == "fast"


def test_caller_may_choose_the_branch_but_must_spell_it():
    seen = times(t1=(20e-3, 1e-4))
    slow, fast = (from_t1(seen, walk(), branch=one) for one in ("slow", "fast"))
    assert slow.diffusivity < fast.diffusivity
    assert slow.reason == fast.reason == "BRANCH_SELECTED"
    with pytest.raises(errors.UnknownWord, match="branch 'quick'"):
        from_t1(seen, walk(), branch="quick")


def test_ratio_that_no_branch_gives_leaves_both_and_says_so():
    found = from_t1(times(t1=(30e-3, 3e-4), t2=(8e-3, 1e-4)), walk())
    assert found.reason == "TWO_BRANCHES"
    assert np.isnan(found.diffusivity)
    assert "not both wholly dipolar" in found.sentence


def test_t1_between_floor_and_minimum_of_the_model_asks_for_other_networks():
    found = from_t1(times(t1=(6.2e-3, 1e-5)), walk())
    assert (found.reason, found.quality) == ("BELOW_MODEL_MINIMUM", "no solution")
    assert "try other networks" in found.sentence


@pytest.mark.parametrize(
    ("t1", "std"), [(6.4e-3, 3e-4), (7.0e-3, 1e-5), (9e-3, 1.5e-3)], ids=["below", "near", "spans"]
)
def test_near_the_minimum_there_is_a_span_but_no_number(t1, std):
    found = from_t1(times(t1=(t1, std)), walk())
    assert (found.reason, found.quality) == ("ILL_CONDITIONED", "no solution")
    low, high = found.interval
    assert low < 5.75e-12 < high
    ends = walk().rates(np.array([low, high]), larmor_frequency=FREQUENCY).t1
    assert ends == pytest.approx(t1 + 2 * std, rel=1e-6)


def test_network_that_does_not_percolate_gives_no_diffusivity():
    local = walk(rate_b=0.0)
    for found in (from_t1(times(t1=(20e-3, 1e-4)), local), from_t2(times(t2=(1e-3, 1e-4)), local)):
        assert (found.reason, found.quality) == ("NO_LONG_RANGE_MOTION", "no solution")


@pytest.mark.parametrize("t2", [(25e-3, 1e-4), (12e-3, 1e-4)])
def test_t2_longer_than_relaxation_allows_stops_everything(t2):
    seen = times(t1=(10e-3, 1e-4), t2=t2)
    for found in (from_t1(seen, walk()), from_t2(seen, walk())):
        assert (found.reason, found.quality) == ("UNPHYSICAL_RATIO", "failed")


def test_correlated_errors_decide_whether_t2_is_too_long():
    rates = {"t1": (10e-3, 1e-3), "t2": (10.5e-3, 1e-3)}
    assert not times(**rates, correlation=0.0).unphysical(sigmas=2)
    assert times(**rates, correlation=0.999).unphysical(sigmas=2)


def test_too_slow_for_redfield_is_a_failure_not_a_number():
    found = from_t2(exact(walk(), 1e-15), walk())
    assert (found.reason, found.quality) == ("OUTSIDE_REDFIELD", "failed")
    assert np.isnan(found.diffusivity)


def test_shorter_lattice_lowers_the_floor_by_the_sixth_power():
    seen = times(t1=(1.5e-3, 1e-5))
    words = {"like_only": False, "sigmas": 2.0}
    sharp = dipolar_floor(seen, moments(), length_error=0.0, **words)
    loose = dipolar_floor(seen, moments(), length_error=0.01, **words)
    assert loose.floor / sharp.floor == pytest.approx(0.98**6, rel=1e-12)
    with pytest.raises(ValueError, match=r"relative error of 0\.6"):
        dipolar_floor(seen, moments(), length_error=0.6, **words)


def test_floor_needed_by_the_observed_time_puts_it_on_the_floor():
    seen = times(t1=(1.5e-3, 0.0))
    floor = dipolar_floor(seen, moments(), length_error=0.0, like_only=True, sigmas=2)
    stretch = floor.sum_r6_needed / moments().sum_r6_mean
    assert floor.floor / stretch == pytest.approx(1.5e-3, rel=1e-9)


@MODELS
def test_no_model_goes_below_the_floor(model):
    floor = dipolar_floor(
        times(t1=(1.0, 0.0)), moments(), length_error=0.0, like_only=False, sigmas=2
    )
    swept = model().rates(np.geomspace(1e-15, 1e-7, 400), larmor_frequency=FREQUENCY)
    assert swept.t1.min() > floor.floor
    assert np.all(swept.r2 >= swept.r1)


def test_all_roots_of_a_rate_with_two_maxima_are_found():
    def two(d):
        return d / (1 + d**2) + 0.3 * d * 1e3 / (1 + (1e3 * d) ** 2)

    curve = Curve(diffusivities=np.geomspace(1e-7, 1e5, 289), rate_of=two)
    roots = curve.crossings(0.1)
    assert len(roots) == 4
    assert two(np.array(roots)) == pytest.approx(0.1, rel=1e-9)
    assert curve.crossings(0.0) == curve.crossings(np.inf) == []


def test_hierarchical_network_has_two_more_roots_near_its_second_minimum():
    """W_B/W_A = 100: minima of T1 at 1.3e-13 and about 1e-11 m2/s."""
    found = from_t1(times(t1=(39.2e-3, 1e-5)), walk(rate_b=100.0), like_only=True)
    assert len(found.roots) == 4
    assert [one.branch for one in found.roots] == ["slow", "fast", "fast", "fast"]


@pytest.mark.parametrize(
    "words",
    [{"t1": (-1.0, 0.1)}, {"t2": (1.0, -0.1)}, {"frequency": 0.0}, {"correlation": 2.0}],
)
def test_impossible_measurements_are_refused(words):
    with pytest.raises(ValueError, match="Found"):
        times(**words)


def test_missing_time_is_named():
    with pytest.raises(ValueError, match="Found no T1"):
        from_t1(times(t2=(1e-3, 1e-4)), walk())
    with pytest.raises(ValueError, match="Found no T2"):
        from_t2(times(t1=(1e-3, 1e-4)), walk())

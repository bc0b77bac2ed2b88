"""The composed verdict: what it holds, which number it gives, and what it refuses."""

import json

import numpy as np
import pytest
from tests.batteries.moving_lah10 import FREQUENCY, lah10, torrey, walk

from megabar import schemas
from megabar.observables.measured_times import MeasuredTimes
from megabar.observables.mobility import mobility
from megabar.observables.mobility_budget import Budget, BudgetRow, budget_of
from megabar.observables.mobility_dataset import observables_of
from megabar.observables.mobility_suggestions import (
    Explanation,
    gradient_needed,
    information,
    suggestions_between,
)

LOCK = 50e3


def measured(**words):
    hahn = {"larmor_frequency": FREQUENCY, "correlation": 0.0, "t2_sequence": "hahn-echo"}
    return MeasuredTimes(**hahn | words)


def times_of(d, model=None, *, further=0.0, error=0.02, only=("t1", "t2")):
    rates = (model or walk()).rates(d, larmor_frequency=FREQUENCY)
    found = {"t1": float(rates.r1) + further, "t2": float(rates.r2) + further}
    return measured(**{name: (1 / found[name], error / found[name]) for name in only})


def judge(times, models=None, **words):
    return mobility(
        times=times,
        crystal=lah10(),
        motions=models or [walk(), walk(rate_b=3.0)],
        **{"length_error": 0.0} | words,
    )


@pytest.mark.parametrize("d", [1e-12, 5.75e-12, 6e-11])
def test_two_times_that_one_motion_gives_are_a_value_even_at_the_minimum(d):
    found = judge(times_of(d), [walk()])
    assert (found.quality, found.reason) == ("value", "CONSISTENT")
    assert found.diffusivity == pytest.approx(d, rel=1e-6)
    assert found.interval[0] < d < found.interval[1]
    assert found.by_motion[0].agreed is not None


def test_further_rate_takes_the_value_away_and_leaves_the_bound():
    found = judge(times_of(1e-11, further=100.0), [walk()])
    assert (found.quality, found.reason) == ("lower bound", "BOUNDED")
    assert found.diffusivity < 1e-11
    joint = found.by_motion[0].joint
    assert joint.further_rate[0] == pytest.approx(100.0, rel=1e-3)


def test_one_model_that_disagrees_takes_the_value_away():
    found = judge(times_of(6e-11, error=0.01), [walk(), walk(rate_b=100.0)])
    assert found.quality == "lower bound"
    assert "under 1 of 2 models" in " ".join(found.verdict)


def test_value_over_several_models_spans_them():
    models = [walk(), torrey()]
    one, both = judge(times_of(6e-11), models[:1]), judge(times_of(6e-11), models)
    assert both.quality == "value"
    assert both.interval[0] <= one.interval[0]
    assert both.interval[1] >= one.interval[1]


def test_t1_alone_excludes_what_lies_between_its_roots_and_bounds_nothing():
    found = judge(times_of(6e-11, only=("t1",)), [walk()])
    assert (found.quality, found.reason) == ("no solution", "NOTHING_BOUNDED")
    ((low, high),) = found.by_motion[0].excluded
    assert low < 5.75e-12 < high < 6e-11
    assert found.bounds == ()
    assert "on neither side" in found.verdict[-1]


def test_t1_lifts_the_bound_of_t2_over_the_diffusivities_that_it_excludes():
    """T2 alone allows 2.6e-12; a T1 of 22 ms excludes all up to the fast side, whatever else."""
    rates = walk().rates(6e-11, larmor_frequency=FREQUENCY)
    seen = measured(t1=(float(rates.t1), 1e-4), t2=(2e-3, 1e-5))
    found = judge(seen, [walk()])
    assert found.bound("B1").diffusivity < 3e-12
    assert found.diffusivity == pytest.approx(6e-11, rel=0.05)
    assert found.diffusivity < 6e-11


def test_contradicting_data_leave_nothing_but_the_data():
    found = judge(measured(t1=(10e-3, 1e-4), t2=(25e-3, 1e-4)), claims=[1e-10])
    assert (found.quality, found.reason) == ("failed", "UNPHYSICAL_RATIO")
    assert (found.bounds, found.suggestions, found.claims, found.budget) == ((), (), (), None)
    assert np.isnan(found.diffusivity)


def test_everything_that_was_measured_has_its_answer_and_its_bound():
    d = 5e-12
    rates = walk().rates(d, larmor_frequency=FREQUENCY)
    locked = float(walk().r1rho(d, larmor_frequency=FREQUENCY, locking_frequency=LOCK))
    seen = measured(
        t1=(float(rates.t1), 1e-4),
        t2=(float(rates.t2), 1e-5),
        t1rho=(1 / locked, 1e-5),
        locking_frequency=LOCK,
        fwhm=(2 * float(rates.r2) / np.pi, 10.0),
    )
    found = judge(seen)
    assert [one.name for one in found.bounds] == ["B1", "B2", "BW", "BL"]
    assert all(one.diffusivity < d for one in found.bounds)
    for one in found.by_motion:
        assert None not in (one.from_t1, one.from_t2, one.from_t1rho, one.joint)
    assert found.narrowing is not None
    assert len(found.conventions) == 5
    assert found.diffusivity == pytest.approx(d, rel=1e-3)


@pytest.mark.parametrize("t2", [(1.5, 0.02), (60e-6, 1e-6)], ids=["narrowed", "slow"])
def test_longer_lattice_within_errors_lowers_every_bound(t2):
    """D at a given rate goes as a^-4 in extreme narrowing and far from it, steeper between."""
    sharp, loose = (judge(measured(t2=t2), [walk()], length_error=error) for error in (0.0, 0.01))
    ratio = loose.bound("B1").diffusivity / sharp.bound("B1").diffusivity
    assert ratio == pytest.approx(1.02**-4, rel=5e-3)


def test_motion_that_goes_nowhere_leaves_no_bound_and_no_suggestion():
    found = judge(measured(t2=(1.5e-3, 2e-4)), [walk(rate_b=0.0)])
    assert (found.quality, found.suggestions) == ("no solution", ())
    assert np.isnan(found.by_motion[0].t1_minimum[0])


def test_sequence_that_refocuses_couplings_gives_neither_bound_nor_value():
    seen = times_of(6e-11)
    cpmg = measured(t1=seen.t1, t2=seen.t2, t2_sequence="cpmg")
    found = judge(cpmg, [walk()])
    assert found.quality == "no solution"
    assert "no coupling was refocused" in " ".join(found.messages)


def test_unknown_sequence_is_flagged():
    seen = times_of(6e-11)
    unknown = measured(t1=seen.t1, t2=seen.t2, t2_sequence="unknown")
    assert "sequence of T2 is unknown" in " ".join(judge(unknown).messages)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"times": measured()}, "Found no T1, T2, T1rho or width"),
        ({"motions": []}, "Declare at least one"),
        ({"motions": [walk(), walk()]}, "Found two models named"),
        ({"times": measured(t2=(1e-3, 1e-4)), "literal": [("2pi/5", "mu0^2", "h")]}, "no T1"),
        ({"claims": [-1.0]}, "State D above zero"),
    ],
)
def test_questions_without_an_answer_are_refused(words, message):
    asked = {"times": times_of(1e-12), "crystal": lah10(), "motions": [walk()]}
    with pytest.raises(ValueError, match=message):
        mobility(**asked | words, length_error=0.0)


@pytest.mark.parametrize(
    ("times", "quality"),
    [
        (times_of(6e-11), "value"),
        (measured(t2=(1.5e-3, 2e-4)), "lower bound"),
        (times_of(6e-11, only=("t1",)), "no solution"),
        (measured(t1=(10e-3, 1e-4), t2=(25e-3, 1e-4)), "failed"),
    ],
)
def test_dataset_carries_the_number_with_its_quality(times, quality):
    found = judge(times, [walk()], length_error=0.001)
    dataset = observables_of(found, metal="139La", provenance=json.dumps({}))
    schemas.check(dataset, "observables/1")
    assert dataset.diffusivity.attrs["quality"] == dataset.attrs["quality"] == quality
    assert np.isfinite(dataset.diffusivity_std) == (quality == "value")
    assert dataset.attrs["reason"] == found.reason
    assert schemas.warnings_of(dataset) == found.messages
    moment = found.structure.moments.second_moment
    assert float(dataset.second_moment_std) == pytest.approx(0.006 * moment)


def test_budget_rows_are_what_the_model_says_when_one_thing_changes():
    seen = measured(t2=(1.5e-3, 2e-4))
    models = [walk(), walk(rate_b=3.0), torrey()]
    found = budget_of(seen, models, rate="r2", near=2e-12, length_error=0.01, sigmas=2)
    rows = {one.source: one for one in found.rows}
    level = float(walk().rates(found.diffusivity, larmor_frequency=FREQUENCY).r2)
    assert level == pytest.approx(1 / 1.5e-3, rel=1e-9)
    low = walk().rates(found.diffusivity * rows["error of T2"].low, larmor_frequency=FREQUENCY)
    assert float(low.r2) == pytest.approx(level + 2 * 2e-4 / 1.5e-3**2, rel=1e-9)
    longer = walk().stretched(1.02)
    shifted = found.diffusivity * rows["lattice parameter"].low
    assert float(longer.rates(shifted, larmor_frequency=FREQUENCY).r2) == pytest.approx(level)
    other = found.diffusivity * rows["network"].low
    assert float(walk(rate_b=3.0).rates(other, larmor_frequency=FREQUENCY).r2) == pytest.approx(
        level, rel=1e-9
    )
    assert rows["nuclei of other kinds"].low == pytest.approx(0.97, abs=0.01)
    assert "mechanism" not in rows
    assert rows["D of a pair"].kind == "convention"


def test_rows_of_a_budget_are_sorted_and_conventions_stand_aside():
    seen = measured(t2=(1.5e-3, 2e-4))
    found = budget_of(seen, [walk(), torrey()], rate="r2", near=2e-12, length_error=0.0, sigmas=2)
    errors = [one for one in found.rows if one.kind != "convention"]
    widths = [np.log(one.high / one.low) for one in errors]
    assert widths == sorted(widths, reverse=True)
    assert [one.kind for one in found.rows[-2:]] == ["convention", "convention"]


def test_total_of_a_budget_adds_random_factors_in_quadrature_and_choices_on_top():
    def row(kind, factor):
        return BudgetRow(source=kind, low=1 / factor, high=factor, kind=kind, detail="")

    rows = (row("random", 1.3), row("random", 1.4), row("choice", 2.0), row("convention", 9.0))
    found = Budget(quantity="D", diffusivity=1.0, motion="m", rows=rows)
    high = 2.0 * np.exp(np.hypot(np.log(1.3), np.log(1.4)))
    assert found.total == pytest.approx((1 / high, high))


def test_time_whose_error_reaches_zero_leaves_the_budget_open():
    seen = measured(t2=(1.5e-3, 2e-3))
    found = budget_of(seen, [walk()], rate="r2", near=2e-12, length_error=0.0, sigmas=2)
    assert found.total[1] == np.inf


def test_information_is_zero_between_equal_and_one_bit_between_far_predictions():
    assert information([1.0, 1.0, 1.0], error=0.1) == pytest.approx(0.0, abs=1e-6)
    assert information([0.0, 5.0], error=0.1) == pytest.approx(1.0, abs=1e-6)
    assert information([0.0, 5.0, 10.0, 15.0], error=0.1) == pytest.approx(2.0, abs=1e-6)


def test_information_agrees_with_drawn_measurements():
    """Mean of log2 p(k|x) K over draws of x from each of three explanations."""
    means, error = np.array([0.0, 0.15, 0.4]), 0.1
    rng = np.random.default_rng(5)
    drawn = means[:, None] + error * rng.standard_normal((3, 40_000))
    likelihood = np.exp(-((drawn[..., None] - means) ** 2) / (2 * error**2))
    posterior = likelihood / likelihood.sum(axis=-1, keepdims=True)
    own = np.take_along_axis(posterior, np.arange(3)[:, None, None], axis=-1)
    assert information(list(means), error=error) == pytest.approx(
        float(np.mean(np.log2(3 * own))), abs=0.01
    )


def test_suggestions_predict_what_the_model_gives_at_another_field():
    slow, fast = (
        Explanation(name=name, motion=walk(), diffusivity=d, further_r1=50.0, further_r2=80.0)
        for name, d in (("slow", 1e-12), ("fast", 3e-11))
    )
    found = suggestions_between(measured(t1=(10e-3, 5e-4)), [slow, fast])
    (quarter,) = (one for one in found if one.measurement == "T1 at 98.8 MHz")
    for (_, predicted), d in zip(quarter.predictions, (1e-12, 3e-11), strict=True):
        rate = float(walk().rates(d, larmor_frequency=FREQUENCY / 4).r1) + 50.0
        assert predicted == pytest.approx(1 / rate, rel=1e-9)
    apart = abs(np.log(quarter.predictions[0][1] / quarter.predictions[1][1])) / 0.05
    assert quarter.separation == pytest.approx(apart)
    told = [one.information for one in found]
    assert told == pytest.approx(sorted(told, reverse=True), abs=0.01)


def test_two_branches_of_t1_are_told_apart_by_t2_or_by_field():
    found = judge(times_of(6e-11, only=("t1",)), [walk()])
    assert found.suggestions[0].information > 1.5  # of three explanations
    (t2,) = (one for one in found.suggestions if one.measurement == "T2")
    labels = [label for label, _ in t2.predictions]
    assert any(label.startswith("slow branch") for label in labels)
    assert any(label.startswith("fast branch") for label in labels)


def test_explanation_that_is_left_alone_needs_no_further_measurement():
    one = Explanation(name="only", motion=walk(), diffusivity=1e-12, further_r1=0, further_r2=0)
    assert suggestions_between(times_of(1e-12), [one]) == ()


def test_gradient_that_decays_an_echo_as_t2_does_has_exponent_one():
    from megabar.motion.relaxation import gradient_exponent

    gradient = gradient_needed(diffusivity=1e-10, t2=2e-3)
    found = gradient_exponent(
        gradient=gradient, diffusivity=1e-10, delay=1e-3, gyromagnetic_ratio=2.6752218744e8
    )
    assert float(found) == pytest.approx(1.0, rel=1e-6)


def test_rigid_width_beside_a_long_t2_is_said_to_be_of_other_spins():
    found = judge(measured(t2=(1.5e-3, 1e-4), fwhm=(200e3, 1e3)), [walk()])
    assert "hardly those of the same spins" in " ".join(found.verdict)
    narrowed = judge(measured(t2=(1.5e-3, 1e-4), fwhm=(1350.0, 10.0)), [walk()])
    assert "1138 Hz (2.9 ppm) differ from place to place" in " ".join(narrowed.verdict)

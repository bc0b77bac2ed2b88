from dataclasses import replace
from math import inf

import numpy as np
import pytest
from tests.batteries.weeks_designs import design

from megabar.errors import Undetermined
from megabar.inference.comparison import compare
from megabar.inference.desorption import draw, target
from megabar.inference.forecast import forecast, weighted_quantiles
from megabar.inference.future_scores import score_future
from megabar.inference.hypotheses import hypothesis
from megabar.inference.next_measurement import Candidate, rank_measurements
from megabar.inference.predictive_checks import check_predictions
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import evaluate_unit
from megabar.inference.weeks import Weeks

PRIOR = PRIORS["lah10"]
RIVALS = [hypothesis(name) for name in ("stable", "stable+gain", "first", "layer")]


def _weeks(truth: str, seed: int, **how: float) -> tuple[dict[str, float], Weeks]:
    empty = design(**{"cells": 2, "points": 14, "days": 65.0, "std": 0.3, **how})
    return draw(hypothesis(truth), empty, PRIOR, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def first() -> tuple[dict[str, float], Weeks, list]:
    truth, weeks = _weeks("first", 6)
    return truth, weeks, [evaluate_unit(weeks, one, PRIOR, seed=1) for one in RIVALS]


def test_weighted_quantiles_of_equal_weights_are_those_of_the_sorted_draws() -> None:
    values = np.random.default_rng(1).normal(size=(101, 2))
    found = weighted_quantiles(values, np.ones(101), [0.5])
    np.testing.assert_array_equal(found[0], np.median(values, axis=0))


def test_infinite_days_are_the_upper_quantiles() -> None:
    days = np.array([[10.0], [20.0], [inf], [inf]])
    found = weighted_quantiles(days, np.ones(4), [0.25, 0.5, 0.975])
    assert found[:, 0].tolist() == [10.0, 20.0, inf]


def test_the_day_below_a_threshold_brackets_the_truth(first: tuple) -> None:
    truth, weeks, results = first
    found = forecast(weeks, results, PRIOR, days=np.linspace(0, 2000, 101), threshold=7.0)
    for one in weeks.cells:
        low, *_, high = found.reaching[one.cell].plateau
        assert low < truth["final_content"] < high
        exact = target(hypothesis("first"), weeks, PRIOR)
        curve = found.curves[one.cell]
        assert np.all(np.diff(curve.real, axis=0) >= 0)
        assert exact.hypothesis.name == curve.best


def test_a_stable_sample_does_not_reach_six() -> None:
    _, weeks = _weeks("stable", 4)
    results = [evaluate_unit(weeks, hypothesis("stable"), PRIOR, seed=1)]
    found = forecast(weeks, results, PRIOR, days=np.linspace(0, 500, 11), threshold=6.0)
    for one in found.reaching.values():
        assert one.probability == 0
        assert one.days == (inf,) * 5


def test_a_loss_foretells_the_rest_better_than_a_constant(first: tuple) -> None:
    _, weeks, results = first
    found = score_future(weeks, RIVALS, PRIOR, seed=1, results=results)
    assert found.averaged > found.constant
    assert found.hypotheses["first"] > found.hypotheses["stable"]
    assert found.late_points == 8
    assert f"{found.late_points} later points better than" in found.sentence


def test_too_few_early_points_cannot_be_scored() -> None:
    _, weeks = _weeks("first", 2, points=3)
    with pytest.raises(Undetermined, match="up to day"):
        score_future(weeks, RIVALS, PRIOR, seed=1)


def test_the_truth_describes_its_own_data_and_a_constant_does_not(first: tuple) -> None:
    _, weeks, results = first
    by_name = {one.hypothesis: one for one in results}
    right = check_predictions(
        target(hypothesis("first"), weeks, PRIOR), by_name["first"].draws, seed=1, replicas=1500
    )
    assert right.describes
    assert 0.01 < right.chi2_p < 0.99
    wrong = check_predictions(
        target(hypothesis("stable"), weeks, PRIOR), by_name["stable"].draws, seed=1, replicas=1500
    )
    assert not wrong.describes
    assert wrong.sentence.startswith("No hypothesis describes the data")


def test_an_outlier_is_the_largest_residual() -> None:
    _, weeks = _weeks("stable", 9)
    cell = weeks.cells[1]
    moved = cell.h_per_metal.copy()
    moved[5] += 2.5
    spoilt = replace(weeks, cells=(weeks.cells[0], replace(cell, h_per_metal=moved)))
    found = evaluate_unit(spoilt, hypothesis("stable"), PRIOR, seed=1)
    checked = check_predictions(
        target(hypothesis("stable"), spoilt, PRIOR), found.draws, seed=1, replicas=1000
    )
    assert (checked.largest_cell, checked.largest_day) == ("cell 1", cell.elapsed[5])
    assert checked.largest_p < 0.01


def test_warming_tells_a_surface_from_diffusion_better_than_going_on() -> None:
    _, weeks = _weeks("first", 6, points=6, days=25.0)
    pair = [hypothesis("contract"), hypothesis("layer")]
    results = [evaluate_unit(weeks, one, PRIOR, seed=1) for one in pair]
    even = [replace(one, log_evidence=0.0) for one in results]  # nothing is known of which
    days = (3.0, 7.0, 10.0, 14.0)
    ranked = rank_measurements(
        weeks, even, PRIOR, seed=1, temperature=295.0, simulations=40,
        candidates=[Candidate(name="go on", words="", days=days),
                    Candidate(name="warmer", words="", days=days, warmer=15.0)],
    )  # fmt: skip
    gains = {one.name: one.gain for one in ranked}
    assert ranked[0].name == "warmer"
    assert gains["warmer"] > gains["go on"] + 1
    assert "0.95 eV" in ranked[0].assumption


def test_nothing_is_to_be_measured_where_a_single_family_is_left() -> None:
    _, weeks = _weeks("stable", 4)
    results = [evaluate_unit(weeks, hypothesis("stable"), PRIOR, seed=1)]
    with pytest.raises(Undetermined, match="no rival"):
        rank_measurements(weeks, results, PRIOR, seed=1)


def test_a_comparison_of_real_units_recovers_the_family_and_names_what_is_missing() -> None:
    _, weeks = _weeks("first", 6)
    found = compare(weeks, RIVALS, PRIOR, seed=1, records={"nutation"})
    assert next(iter(found.families)) == "surface or interface"
    assert found.verdict == "undecided"
    assert not any("nutation of 1H" in one for one in found.missing)
    assert [one.assumption for one in found.alternatives][3:] == [
        "prior of the half time of a loss twice as wide",
        "prior of the half time of a loss half as wide",
        "prior of the drifts of artefacts twice as wide",
        "prior of the drifts of artefacts half as wide",
    ]

import json
from math import inf

import numpy as np
import pytest
from tests.batteries.unit_results import with_evidences
from tests.batteries.weeks_designs import design

from megabar.errors import SchemaError
from megabar.inference.desorption import draw, target
from megabar.inference.hypotheses import hypothesis
from megabar.inference.json_forms import (
    priors_from_json,
    priors_to_json,
    weeks_from_json,
    weeks_to_json,
)
from megabar.inference.nested_sampling import second_opinion
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import UnitResult, evaluate_unit, run_work_unit, work_unit
from megabar.inference.weeks import Weeks

PRIOR = PRIORS["lah10"]


def _weeks(truth: str = "first", seed: int = 3, **how: float) -> Weeks:
    empty = design(**{"cells": 2, "points": 8, "days": 60.0, "std": 0.35, **how})
    return draw(hypothesis(truth), empty, PRIOR, np.random.default_rng(seed))[1]


def test_a_unit_that_travels_as_text_gives_the_same_bits() -> None:
    weeks, story = _weeks(), hypothesis("first")
    here = evaluate_unit(weeks, story, PRIOR, seed=5)
    text = json.dumps(work_unit(weeks, story, PRIOR, seed=5), allow_nan=False)
    there = run_work_unit(json.loads(text))
    assert json.dumps(there) == json.dumps(here.to_json())
    assert UnitResult.from_json(json.loads(json.dumps(there, allow_nan=False))) == here


def test_another_hypothesis_draws_other_numbers_from_the_same_seed() -> None:
    weeks = _weeks()
    one, other = (
        evaluate_unit(weeks, hypothesis(name), PRIOR, seed=5) for name in ("first", "fick")
    )
    assert one.sample[0][0] != other.sample[0][0]


def test_an_impossible_unit_survives_the_journey() -> None:
    (blank,) = with_evidences({"stable": -inf})
    again = UnitResult.from_json(json.loads(json.dumps(blank.to_json(), allow_nan=False)))
    assert again.log_evidence == -inf


def test_weeks_and_priors_come_back_bit_for_bit() -> None:
    weeks = _weeks()
    again = weeks_from_json(json.loads(json.dumps(weeks_to_json(weeks))))
    for one, other in zip(weeks.cells, again.cells, strict=True):
        assert one.h_per_metal.tobytes() == other.h_per_metal.tobytes()
    assert priors_from_json(json.loads(json.dumps(priors_to_json(PRIOR)))) == dict(PRIOR)


def test_weeks_of_an_unknown_form_are_refused() -> None:
    with pytest.raises(SchemaError, match="cannot read"):
        weeks_from_json({"cells": [{"cell": "A"}]})


def test_quantiles_bracket_the_truth_of_a_well_measured_loss() -> None:
    empty = design(cells=2, points=30, days=120.0, std=0.1)
    truth, weeks = draw(hypothesis("first"), empty, PRIOR, np.random.default_rng(8))
    found = evaluate_unit(weeks, hypothesis("first"), PRIOR, seed=1)
    low, *_, high = found.quantiles["half_time"]
    assert low < truth["half_time"] < high


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first", "contract+gain"])
def test_nested_sampling_agrees_on_a_story_of_the_weeks(name: str) -> None:
    weeks = _weeks(points=10)
    problem = target(hypothesis(name), weeks, PRIOR)
    ours = evaluate_unit(weeks, hypothesis(name), PRIOR, seed=2)
    theirs = second_opinion(problem, seed=2)
    error = np.hypot(ours.log_evidence_std, theirs.log_evidence_std)
    assert ours.log_evidence == pytest.approx(theirs.log_evidence, abs=1.5 * error)

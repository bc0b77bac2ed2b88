from math import exp, inf, log

import numpy as np
import pytest
from tests.batteries.unit_results import with_evidences
from tests.batteries.weeks_designs import design

from megabar.errors import Undetermined, UnknownWord
from megabar.inference.artefacts import ARTEFACTS
from megabar.inference.comparison import (
    WEIGHTINGS,
    concluded,
    evaluated,
    in_this_process,
    member_probabilities,
)
from megabar.inference.desorption import draw
from megabar.inference.hypotheses import FAMILIES, LOSSES, Hypothesis, hypothesis
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import evaluate_unit

PRIOR = PRIORS["lah10"]

EVERY = [
    Hypothesis(mechanism=mechanism, artefact=artefact).name
    for mechanism in ("stable", *LOSSES)
    for artefact in (None, *ARTEFACTS)
]


def test_without_information_loss_has_one_half_and_every_family_of_a_side_its_equal_part() -> None:
    found = concluded(with_evidences(dict.fromkeys(EVERY, -50.0)), missing=())
    assert found.loss == pytest.approx(0.5)
    assert found.families["stable"] == pytest.approx(0.25)
    assert found.families["artefact"] == pytest.approx(0.25)
    for name in FAMILIES[2:]:
        assert found.families[name] == pytest.approx(0.125)


def test_a_family_of_many_members_is_not_favoured_for_their_number() -> None:
    few = with_evidences({"stable": -10.0, "first": -10.0})
    many = with_evidences({"stable": -10.0, **{one: -10.0 for one in EVERY if "first" in one}})
    assert concluded(few, missing=()).loss == pytest.approx(concluded(many, missing=()).loss)


def test_probabilities_follow_the_evidence_by_its_exponential() -> None:
    found = concluded(with_evidences({"stable": -12.0, "first": -10.0}), missing=())
    assert found.loss == pytest.approx(1 / (1 + exp(-2)))
    assert found.loss_std == pytest.approx(found.loss * (1 - found.loss) * 0.01 * 2**0.5)


def test_a_family_weighs_by_the_mean_evidence_of_its_members() -> None:
    found = concluded(
        with_evidences({"first": -10.0, "contract": -10.0 + log(3), "fick": -10.0}), missing=()
    )
    assert found.family_log_evidence["surface or interface"] == pytest.approx(-10 + log(2))
    assert found.families["surface or interface"] == pytest.approx(2 / 3)
    shares = {one.hypothesis: one.share for one in found.members}
    assert shares["contract"] == pytest.approx(0.75)


def test_every_weighting_adds_up_to_one_and_leaves_out_what_it_says() -> None:
    generator = np.random.default_rng(3)
    results = with_evidences({name: generator.normal(-40, 3) for name in EVERY})
    for weighting in WEIGHTINGS:
        p = member_probabilities(results, weighting=weighting)
        assert np.sum(p) == pytest.approx(1)
        combined = [one.artefact is not None and one.mechanism != "stable" for one in results]
        assert (np.sum(p[np.array(combined)]) == 0) == (weighting == "without combinations")


def test_families_alike_gives_loss_four_sixths_before_the_data() -> None:
    (alike,) = [
        one
        for one in concluded(with_evidences(dict.fromkeys(EVERY, 0.0)), missing=()).alternatives
        if one.assumption == "families alike"
    ]
    assert alike.loss == pytest.approx(4 / 6)


def test_combinations_of_mechanism_and_artefact_add_up_to_the_members() -> None:
    found = concluded(with_evidences({name: -float(len(name)) for name in EVERY}), missing=())
    assert found.combinations["first"]["t1"] == pytest.approx(
        next(one.probability for one in found.members if one.hypothesis == "first+t1")
    )
    total = sum(sum(one.values()) for one in found.combinations.values())
    assert total == pytest.approx(1)


def test_a_loss_without_its_records_is_undecided_and_lists_them_and_keeps_its_probability() -> None:
    results = with_evidences({"stable": -50.0, "stable+gain": -40.0, "first": -10.0})
    found = concluded(results, missing=("a nutation of 1H at every point",))
    assert found.verdict == "undecided"
    assert found.loss > 0.999
    assert any("a nutation of 1H at every point" in one for one in found.sentences)
    assert concluded(results, missing=()).verdict == "loss"


def test_no_loss_needs_no_records() -> None:
    results = with_evidences({"stable": -10.0, "first": -40.0})
    found = concluded(results, missing=("a nutation of 1H at every point",))
    assert found.verdict == "no loss"
    assert not found.contradicted_by


def test_a_loss_of_highest_weight_names_the_publication_that_contradicts_it() -> None:
    found = concluded(with_evidences({"stable": -12.0, "first": -10.0}), missing=())
    assert "arXiv:2507.08009" in found.contradicted_by
    assert any("arXiv:2507.08009" in one for one in found.sentences)


def test_data_that_favour_no_family_by_nine_tenths_cannot_decide() -> None:
    open_case = concluded(
        with_evidences({"first": -10.0, "layer": -11.0, "stable": -60}), missing=()
    )
    assert open_case.decided is None
    (sentence,) = [one for one in open_case.sentences if "cannot decide" in one]
    assert sentence == (
        "These data cannot decide between 'surface or interface' (73.1 %) and 'diffusive' (26.9 %)."
    )
    clear = concluded(with_evidences({"first": -10.0, "layer": -15.0, "stable": -60}), missing=())
    assert clear.decided == "surface or interface"
    assert not any("cannot decide" in one for one in clear.sentences)


def test_an_impossible_hypothesis_has_no_probability() -> None:
    found = concluded(with_evidences({"stable": -inf, "first": -10.0}), missing=())
    assert found.families["stable"] == 0


def test_data_that_every_hypothesis_excludes_say_so() -> None:
    with pytest.raises(Undetermined, match="no hypothesis that can have made"):
        concluded(with_evidences({"stable": -inf, "first": -inf}), missing=())


def test_a_weighting_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownWord, match="families alik"):
        member_probabilities(with_evidences({"stable": 0.0}), weighting="families alik")


def test_a_pair_that_lies_far_behind_keeps_its_parabola_and_no_probability_changes() -> None:
    weeks = draw(hypothesis("first"), design(cells=2, points=12, days=60.0, std=0.1), PRIOR,
                 np.random.default_rng(4))[1]  # fmt: skip
    stories = [hypothesis(one) for one in ("stable", "first", "fick", "zero+echo", "fick+gain")]
    full = [evaluate_unit(weeks, one, PRIOR, seed=2) for one in stories]
    spared = evaluated(weeks, stories, PRIOR, seed=2, evaluate=in_this_process)
    behind = [one for one in spared if one.method == "parabola at the mode"]
    assert behind
    assert len(behind) < len(stories)
    for one, other in zip(full, spared, strict=True):
        assert one == other or abs(one.log_evidence - other.log_evidence) < 2
    p, q = member_probabilities(full), member_probabilities(spared)
    assert np.max(np.abs(p - q)) < 1e-4

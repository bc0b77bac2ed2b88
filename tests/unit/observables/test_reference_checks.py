"""A known shift beside the one that was found, against arithmetic on paper."""

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.observables.reference_checks import reference_check


def check(found=(3.0, 4.0), known=(0.0, 3.0), route="copper", **more):
    return reference_check(nucleus="139La", found=found, known=known, route=route, **more)


def test_both_errors_count():
    found = check(found=(7.5, 4.0))
    assert found.difference_std == 5.0
    assert found.z == 1.5
    assert found.agrees
    assert found.excluded_beyond == pytest.approx(7.5 + 1.96 * 5)


def test_a_true_shift_is_called_wrong_in_one_case_of_twenty():
    drawn = np.random.default_rng(7).normal(0.0, 5.0, 4000)
    wrong = np.mean([not check(found=(d, 4.0)).agrees for d in drawn])
    assert wrong == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / 4000) ** 0.5)


def test_disagreement_says_what_to_look_at():
    found = check(found=(20.0, 4.0))
    assert not found.agrees
    assert "z = 4.0" in found.verdict
    assert "ambient copper" in found.verdict


def test_a_weak_check_says_how_little_it_excludes():
    found = check(found=(0.0, 300.0))
    assert found.agrees
    assert "above 588.0 are excluded" in found.verdict


def test_a_difference_without_any_error_agrees_only_if_it_is_none():
    assert check(found=(0.0, 0.0), known=(0.0, 0.0)).agrees
    assert not check(found=(1e-6, 0.0), known=(0.0, 0.0)).agrees


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("copper", "nothing about the Knight shift of copper at pressure"),
        ("copper at pressure", "Knight shift of copper at 50 GPa"),
        ("Xi", "not corrected"),
        ("external", "nothing about copper"),
    ],
)
def test_each_route_says_what_it_tests(route, words):
    assert words in check(route=route, pressure=50.0).tests


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UnknownWord, match="route"):
        check(route="gold")
    with pytest.raises(ValueError, match="none is negative"):
        check(known=(0.0, -1.0))
    with pytest.raises(ValueError, match="no pressure"):
        check(route="copper at pressure")

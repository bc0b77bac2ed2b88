"""Stated intervals of Tc hold for curves made by forms that the estimator does not use."""

import pytest
from benchmarks.critical_temperatures import (
    coverage,
    false_transitions,
    missed_transitions,
    study,
)


@pytest.fixture(scope="module")
def rows():
    return study(150, seed=11)


@pytest.mark.parametrize("name", ["tc_midpoint", "tc_onset"])
def test_intervals_of_one_standard_error_cover_two_thirds(rows, name):
    share, count = coverage(rows, name)
    assert count > 100
    assert share == pytest.approx(0.68, abs=0.12)  # three standard errors of 130 curves


def test_no_transition_is_invented_and_hardly_one_missed(rows):
    assert false_transitions(rows) == 0
    assert missed_transitions(rows) <= 2 / 130

from dataclasses import replace

import pytest

from megabar.errors import UnknownWord
from megabar.inference.artefacts import ARTEFACTS
from megabar.inference.hypotheses import (
    FAMILIES,
    LOSSES,
    Hypothesis,
    all_hypotheses,
    hypothesis,
)
from megabar.inference.weeks import CellWeeks, Weeks

CELL = CellWeeks(
    cell="A", elapsed=[0.0, 30.0], h_per_metal=[10.5, 6.4], independent_std=[0.4, 0.3],
    relative_std=[0.0, 0.0], common_relative_std=0.05,
)  # fmt: skip
WEEKS = Weeks(cells=(CELL,))


@pytest.mark.parametrize(
    ("name", "family"),
    [("stable", "stable"), ("stable+gain", "artefact"), ("first", "surface or interface"),
     ("second", "surface or interface"), ("contract", "surface or interface"),
     ("jmak", "surface or interface"), ("layer", "diffusive"), ("fick", "diffusive"),
     ("zero", "sink"), ("sqrt", "sink"), ("serial", "two-step"), ("fick+t1", "diffusive")],
)  # fmt: skip
def test_families_are_those_that_data_tell_apart(name: str, family: str) -> None:
    assert hypothesis(name).family == family


def test_every_pair_of_a_loss_and_an_artefact_competes_once() -> None:
    names = [one.name for one in all_hypotheses(WEEKS)]
    assert len(names) == len(set(names)) == (1 + len(LOSSES)) * (1 + len(ARTEFACTS))
    assert {one.family for one in all_hypotheses(WEEKS)} == set(FAMILIES)
    assert names[0] == "stable"


def test_a_line_is_not_cut_where_nothing_cuts_it() -> None:
    without = {one.artefact for one in all_hypotheses(replace(WEEKS, dead_time=0.0))}
    assert without == {None, *ARTEFACTS} - {"width"}
    narrow = all_hypotheses(replace(WEEKS, dead_time=0.0, bandwidth=100.0))
    assert "width" in {one.artefact for one in narrow}


@pytest.mark.parametrize("name", [one.name for one in all_hypotheses(WEEKS)])
def test_a_name_gives_its_hypothesis_back(name: str) -> None:
    found = hypothesis(name)
    assert found.name == name
    assert found.words


def test_unknown_parts_are_named() -> None:
    with pytest.raises(UnknownWord, match="mechanism"):
        hypothesis("third")
    with pytest.raises(UnknownWord, match="artefact"):
        hypothesis("first+rain")
    with pytest.raises(UnknownWord, match="artefact"):
        Hypothesis(mechanism="stable", artefact="")

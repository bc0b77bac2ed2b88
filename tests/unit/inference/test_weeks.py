from dataclasses import replace

import numpy as np
import pytest

from megabar.errors import MissingInput, UnknownWord
from megabar.inference.weeks import WITNESSES, CellWeeks, Weeks, Witness


def _cell(name: str = "A", **changes: object) -> CellWeeks:
    given: dict[str, object] = {
        "elapsed": [0.0, 30.0], "h_per_metal": [10.5, 6.4], "independent_std": [0.4, 0.3],
        "relative_std": [0.0, 0.0], "common_relative_std": 0.05,
    }  # fmt: skip
    return CellWeeks(cell=name, **{**given, **changes})  # type: ignore[arg-type]


def _witness(name: str, value: float = 1.0) -> Witness:
    return Witness(name=name, elapsed=[0.0], value=[value], std=[0.1])  # type: ignore[arg-type]


def test_points_are_sorted_with_all_that_belongs_to_them() -> None:
    cell = _cell(elapsed=[30.0, 0.0], repetition_time=[50.0, 10.0])
    np.testing.assert_array_equal(cell.elapsed, [0.0, 30.0])
    np.testing.assert_array_equal(cell.h_per_metal, [6.4, 10.5])
    np.testing.assert_array_equal(cell.independent_std, [0.3, 0.4])
    np.testing.assert_array_equal(cell.repetition_time, [10.0, 50.0])


def test_arrays_are_copies_that_nobody_can_change() -> None:
    given = np.array([0.0, 30.0])
    cell = _cell(elapsed=given)
    given[0] = 5.0
    assert cell.elapsed[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        cell.elapsed[0] = 1.0


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"elapsed": [-1.0, 30.0]}, "counted from the heating"),
        ({"elapsed": [0.0]}, "numbers side by side"),
        ({"h_per_metal": [np.nan, 6.0]}, "no row of finite numbers"),
        ({"independent_std": [0.0, 0.3]}, "negative or 0"),
        ({"relative_std": [-0.1, 0.0]}, "negative or 0"),
        ({"relative_std": None}, "one of independent_std and relative_std"),
        ({"common_relative_std": 5.0}, "share between 0 and 1"),
        ({"repetition_time": [0.0, 10.0]}, "it is positive"),
    ],
)
def test_impossible_cells_are_refused(changes: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        _cell(**changes)


def test_a_witness_stands_under_its_own_name() -> None:
    with pytest.raises(ValueError, match="under its own name"):
        _cell(witnesses={"shift": _witness("tc")})
    with pytest.raises(UnknownWord, match="witness"):
        _witness("colour")
    with pytest.raises(ValueError, match="it is positive"):
        _witness("t1", value=-1.0)


@pytest.mark.parametrize("name", WITNESSES)
def test_weeks_know_their_witnesses(name: str) -> None:
    weeks = Weeks(
        cells=(_cell(), _cell("B", witnesses={name: _witness(name)})), metal_frequency=55.95
    )
    assert [one for one in WITNESSES if weeks.has(one)] == [name]
    assert weeks.n_points == 4


def test_impossible_weeks_are_refused() -> None:
    with pytest.raises(ValueError, match="different names"):
        Weeks(cells=(_cell(), _cell()))
    with pytest.raises(ValueError, match="no cell"):
        Weeks(cells=())
    with pytest.raises(ValueError, match="dead_time -1"):
        Weeks(cells=(_cell(),), dead_time=-1.0)
    assert replace(Weeks(cells=(_cell(),)), dead_time=0.0).dead_time == 0.0


def test_widths_need_the_frequency_of_the_metal() -> None:
    with pytest.raises(MissingInput, match="Larmor frequency"):
        Weeks(cells=(_cell(witnesses={"width": _witness("width")}),))

"""Lines, cells, and laws of a falling content."""

import math
from itertools import pairwise

import numpy as np
import pytest

from megabar.errors import PlanError, UnknownWord
from megabar.virtual import Cell, Line
from megabar.virtual.truth import LAWS, LineTable, Release


def gaussian(**changes):
    words = {"shape": "gaussian", "fwhm": "8 kHz", "shift": "2800 ppm", "t1": "8 ms", "t2": "5 ms"}
    return Line(**{**words, **changes})


def test_a_line_takes_texts_and_numbers_alike():
    assert gaussian() == gaussian(fwhm=8000.0, shift=2800.0, t1=0.008, t2=0.005)


def test_lorentzian_widths_add():
    line = gaussian(shape="lorentzian", fwhm=1350.0, t2=1.5e-3, t1=1.5e-3)
    assert line.inhomogeneous_fwhm + 1 / (math.pi * 1.5e-3) == pytest.approx(1350.0)


def test_fwhm_of_a_gaussian_line_with_t2_is_that_of_the_numerical_voigt_profile():
    line = gaussian(fwhm=2000.0, t2=0.4e-3)
    time = np.arange(0, 20e-3, 1e-6)
    decay = line.dephasing(time) * np.exp(-time / line.t2)

    def profile(frequency):
        return np.trapezoid(decay * np.cos(2 * np.pi * frequency * time), time)

    assert profile(1000.0) / profile(0.0) == pytest.approx(0.5, abs=3e-4)


def test_dephasing_of_a_gaussian_is_one_half_after_two_ln_2_over_pi_w():
    line = gaussian(t2=math.inf)
    half = 2 * math.log(2) / (math.pi * 8000.0)
    assert line.dephasing(np.array([0.0, half, -half])) == pytest.approx([1.0, 0.5, 0.5])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": "voigt"}, "Known: gaussian, lorentzian"),
        ({"t2": "20 ms"}, "no spin can have"),
        ({"fwhm": 50.0}, "which alone makes"),
        ({"t1": -1.0}, "must be above 0"),
    ],
)
def test_an_impossible_line_is_refused_with_its_numbers(changes, message):
    with pytest.raises((PlanError, UnknownWord), match=message):
        gaussian(**changes)


def test_cell_counts_hydrogen_by_content_and_copper_by_itself():
    cell = Cell(
        "LaH3.5",
        metal_atoms=2e14,
        lines={"1H": gaussian(), "139La": gaussian(), "63Cu": gaussian()},
        field_offset="-20 ppm",
        other_nuclei={"63Cu": 5e15},
    )
    assert [cell.nuclei(n) for n in ("1H", "139La", "63Cu")] == [7e14, 2e14, 5e15]


def test_cell_without_the_nucleus_names_those_it_has():
    cell = Cell("LaH3", metal_atoms=1.0, lines={"1H": gaussian()}, field_offset=0.0)
    with pytest.raises(UnknownWord, match="Known: 1H"):
        cell.line("139La")


def test_cell_refuses_a_formula_without_content():
    with pytest.raises(PlanError, match=r"such as 'LaH10\.5'"):
        Cell("lanthanum", metal_atoms=1.0, lines={}, field_offset=0.0)


@pytest.mark.parametrize("law", LAWS)
def test_every_law_starts_at_its_start_and_never_rises_or_passes_its_floor(law):
    release = Release(law=law, start=10.5, floor=3.0, time=20.0)
    contents = [release.content(day) for day in np.linspace(0, 200, 401)]
    assert contents[0] == 10.5
    assert all(later <= earlier for earlier, later in pairwise(contents))
    assert min(contents) >= 3.0


@pytest.mark.parametrize(
    ("law", "day", "left"),
    [
        ("linear", 10.0, 0.5),
        ("linear", 20.0, 0.0),
        ("exponential", 20.0, 1 / math.e),
        ("contracting-sphere", 10.0, 0.125),
        ("sigmoid", 20.0, 0.5),
        ("stable", 70.0, 1.0),
    ],
)
def test_laws_pass_through_their_textbook_points(law, day, left):
    release = Release(law=law, start=10.0, floor=2.0, time=20.0)
    assert release.content(day) == pytest.approx(2.0 + 8.0 * left)


def test_content_before_heating_is_refused():
    with pytest.raises(ValueError, match="holds the precursor"):
        Release(law="stable", start=10.0, floor=3.0, time=1.0).content(-1.0)


def test_line_table_is_straight_between_anchors_and_constant_beyond():
    table = LineTable(
        shape="gaussian", content=(3.0, 11.0), fwhm=(30e3, 38e3), shift=(2950.0, 950.0),
        t1=(8e-3, 8e-3), t2=(3e-3, 2e-3),
    )  # fmt: skip
    assert (table.at(7.0).fwhm, table.at(7.0).shift) == (34e3, 1950.0)
    assert table.at(12.0) == table.at(11.0)


def test_line_table_with_falling_anchors_is_refused():
    with pytest.raises(PlanError, match="must rise"):
        LineTable(
            shape="gaussian", content=(5.0, 3.0), fwhm=(1e3, 1e3), shift=(0.0, 0.0),
            t1=(1.0, 1.0), t2=(1.0, 1.0),
        )  # fmt: skip

"""What a report says of falling critical temperatures: one direction, widths as widths, laws."""

from types import SimpleNamespace

import numpy as np
import pytest

from megabar.history import Number
from megabar.report import transition_histories

DAYS = np.array([0.0, 1, 3, 6, 10, 15, 21, 30, 45])


def numbers(cell, name, values, *, node="resistance", std=0.1, direction=1, rate=1 / 60, unit="K"):
    return [
        Number(
            cell=cell, channel=f"{node}{direction}", measure="resistance", node=node,
            nucleus="none", elapsed=float(day), started_at="", name=name, value=float(value),
            std=std, unit=unit, quality="value", independent_std=None, common_std=None, method="",
            provenance="", record=f"{cell}{direction}{day}", source="", source_sha256="",
            details={"direction": direction, "rate": rate},
        )
        for day, value in zip(DAYS, values, strict=True)
    ]  # fmt: skip


def noisy(clean, seed=1, std=0.1):
    return clean + std * np.random.default_rng(seed).normal(size=clean.size)


def cell(name, clean, *, pressure=168.0, index=0, **more):
    midpoint = noisy(clean)
    rows = [
        *numbers(name, "tc_midpoint", midpoint, **more),
        *numbers(name, "tc_onset", midpoint + 8, **more),
        *numbers(name, "tc_width", np.full(9, 12.0), **more),
    ]
    return SimpleNamespace(name=name, index=index, synthesis_pressure=pressure, numbers=rows)


def contents(name, time, *, pressure):
    values = noisy(4 + 6 * np.exp(-DAYS / time), std=0.1)
    rows = numbers(name, "h_per_metal", values, node="content", unit="1")
    return SimpleNamespace(name=name, index=1, synthesis_pressure=pressure, numbers=rows)


FALLING = 80 + 80 * np.exp(-DAYS / 12)


def told(page, *others):
    facts = SimpleNamespace(cells=(page, *others), metal_symbol="La")
    return list(transition_histories.sentences(facts, page))


def test_two_directions_are_never_one_series_and_the_slower_is_taken():
    page = cell("wired", FALLING)
    page.numbers += cell("wired", FALLING - 3, direction=-1, rate=-2 / 60).numbers
    found = transition_histories.of_cell(page)
    assert found.series.direction == 1
    assert found.series.value == pytest.approx(FALLING, abs=0.5)
    page.numbers = [row for row in page.numbers if row.details["direction"] < 0 or row.elapsed > 9]
    assert transition_histories.of_cell(page).series.direction == -1  # it has more points


def test_the_width_is_drawn_as_a_width_and_the_error_as_an_error():
    page = cell("wired", FALLING)
    absolute, relative = transition_histories.panels([page])
    (one,) = absolute.series
    assert one.std == pytest.approx(np.full(9, 0.1))
    assert one.readings[1] - one.readings[0] == pytest.approx(np.full(9, 12.0))
    assert "90 to 10 %" in one.readings_are
    (over,) = relative.series
    assert over.value == pytest.approx(one.value[1:] / one.value[0])
    assert over.common == pytest.approx(over.value * 0.1 / one.value[0])
    assert over.readings[0] == pytest.approx(one.readings[0][1:] / one.value[0])


def test_a_withheld_width_leaves_a_point_without_a_bar():
    page = cell("wired", FALLING)
    page.numbers = [row for row in page.numbers if row.name == "tc_midpoint"]
    (one,) = transition_histories.panels([page])[0].series
    assert np.isnan(one.readings[0]).all()


def test_an_exponential_fall_is_named_and_compared_with_the_nearest_content():
    near, far = contents("near", 12.0, pressure=165.0), contents("far", 30.0, pressure=100.0)
    law, against = told(cell("wired", FALLING), far, near)
    assert "warming at 1 K/min" in law
    assert "'exponential'" in law
    assert "of near (165 GPa)" in against
    assert "fall alike" in against
    assert "no proof" in against


def test_a_faster_fall_is_told_as_faster():
    _, against = told(cell("wired", FALLING), contents("slow", 20.0, pressure=160.0))
    assert "times as fast as the content" in against


def test_points_that_no_law_describes_are_said_to_be_so_and_compared_with_nothing():
    page = cell("wired", 160 - 40.0 * (DAYS > 12) - 30 * (DAYS > 28) + 2 * np.sin(DAYS))
    law, against = told(page, contents("other", 12.0, pressure=165.0))
    assert "None of the laws tried (" in law
    assert "describes the points" not in law.replace("describes the points within", "")
    assert "not compared" in against


@pytest.mark.parametrize(
    ("lost", "meaning"),
    [(0.0, "alike, as where the grains"), (9.0, "links break"), (-9.0, "best grains change most")],
)
def test_onset_and_zero_tell_changed_grains_from_broken_links(lost, meaning):
    page = cell("wired", FALLING)
    onset = [row.value for row in page.numbers if row.name == "tc_onset"]
    page.numbers += numbers("wired", "tc_zero", np.array(onset) - 15 - lost * DAYS / 45)
    path, *_ = told(page)
    assert path.startswith("From day 0 to day 45 the onset fell by 78")
    assert meaning in path


def test_cells_without_midpoints_say_and_draw_nothing():
    page = contents("nmr", 12.0, pressure=165.0)
    assert told(page) == []
    assert transition_histories.panels([page]) == ()


def test_without_any_time_of_a_content_the_time_stands_alone():
    _, against = told(cell("wired", FALLING))
    assert "nothing to be compared with" in against

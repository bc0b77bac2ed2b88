"""Budgets on the page and in the tables are those that the numbers keep."""

import csv
import io
import json
import math
import re

import pytest
from tests.unit.report.fake_campaign import DAYS, UNDETERMINED, FakeCampaign

from megabar.observables.content_budget import budget_of
from megabar.report import budgets, material, tables


@pytest.fixture(scope="module")
def campaign():
    return FakeCampaign(cells=2)


@pytest.fixture(scope="module")
def pages(campaign):
    return material.gather(campaign).cells


@pytest.fixture(scope="module")
def found(pages):
    return budgets.of_cell(pages[0], metal="139La")


def test_every_determined_content_has_its_day(pages, found):
    assert len(found.days) == len(DAYS)
    other = budgets.of_cell(pages[1], metal="139La")
    assert len(other.days) == len(DAYS) - 1
    lost = f"{DAYS[UNDETERMINED[1]]:.0f}"
    assert lost not in [day.day for day in other.days]


def test_a_cell_without_contents_has_no_budget(pages):
    bare = material.CellPage(**{**vars(pages[0]), "numbers": ()})
    assert budgets.of_cell(bare, metal="139La") is None


def test_sources_stand_with_their_nucleus_and_the_largest_on_top(found):
    last = found.days[-1]
    assert [line.source for line in last.lines[:2]] == ["amplitude, ¹³⁹La", "refocusing, ¹³⁹La"]
    assert "steady state of the precursor, ¹H" in [line.source for line in last.lines]
    reaches = [line.bar.reach for line in last.lines]
    assert reaches == sorted(reaches, reverse=True)


def test_bars_of_all_days_lie_on_one_ruler(found):
    for day in (found.days[0], found.days[-1]):
        amplitude = next(line for line in day.lines if line.source.startswith("amplitude"))
        ends = [found.ruler.place(end) for end in (amplitude.bar.low, amplitude.bar.high)]
        assert amplitude.start == pytest.approx(100 * ends[0])
        assert amplitude.width == pytest.approx(100 * (ends[1] - ends[0]))


def test_an_efficiency_stands_with_its_value_and_what_its_absence_would_do(found):
    decay = next(line for line in found.days[0].lines if line.source.startswith("echo decay"))
    assert decay.efficiency == "0.9757(7)"
    assert decay.left_out == "×1.01"


def test_the_table_shows_the_source_that_grows(found):
    table = dict(found.table)
    grown = [field.words for field in table["amplitude, ¹³⁹La"]]
    assert (grown[0], grown[-1]) == ("1.0", "−9.9\n+12")
    assert {field.words for field in table["content of the precursor"]} == {"1.7"}
    assert {field.words for field in table["refocusing, ¹³⁹La"]} == {"+8.3"}
    assert list(table)[-1] == budgets.ALL


def test_a_field_that_moves_the_content_more_is_darker(found):
    fields = dict(found.table)["amplitude, ¹³⁹La"]
    opacity = [int(field.tint[-2:], 16) for field in fields]
    assert opacity == sorted(opacity)
    assert opacity[0] < opacity[-1]


def test_two_sessions_of_one_day_are_told_apart(pages):
    content = [n for n in pages[0].numbers if n.node == "content"][:1]
    later = content[0].__class__(**{**vars(content[0]), "elapsed": content[0].elapsed + 0.3})
    page = material.CellPage(**{**vars(pages[0]), "numbers": (*content, later)})
    days = [day.day for day in budgets.of_cell(page, metal="139La").days]
    assert days == ["−3.0", "−2.7"]


def test_the_days_that_are_shown_first_are_those_after_the_heating(found):
    assert found.days[0].number.elapsed < 0
    assert [day.day for day in found.ends] == ["1", "70"]


def test_the_picture_has_the_first_and_the_last_day_and_is_light(found):
    svg = budgets.picture(found, quantity="H/La")
    assert len(svg) < 120_000
    assert svg == budgets.picture(found, quantity="H/La")


def test_the_table_of_budgets_holds_every_row_and_the_total(campaign):
    facts = material.gather(campaign)
    text = tables.written(facts)["budget.csv"].decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    expected = 0
    for one in campaign.rows():
        budget = budget_of(one.details)
        if budget is not None:
            expected += len(budget.rows) + 1
            mine = [row for row in rows if row["record"] == one.record]
            assert {row["source"] for row in mine} == {r.source for r in budget.rows} | {"all"}
            total = next(row for row in mine if row["source"] == "all")
            assert (float(total["low"]), float(total["high"])) == budget.total
    assert len(rows) == expected


def test_an_end_without_limit_is_an_empty_field(campaign):
    facts = material.gather(campaign)
    (first, *_), *_ = (page.numbers for page in facts.cells)
    content = next(n for n in facts.cells[0].numbers if n.node == "content")
    row = {**json.loads(content.details["budget"])[0], "high": math.inf}
    details = {**content.details, "budget": json.dumps([row])}
    bare = content.__class__(**{**vars(content), "details": details})
    page = material.CellPage(**{**vars(facts.cells[0]), "numbers": (first, bare)})
    changed = material.Material(**{**vars(facts), "cells": (page,)})
    text = tables.written(changed)["budget.csv"].decode()
    assert next(csv.DictReader(io.StringIO(text)))["high"] == ""
    assert not re.search(r"\binf\b", text)


def numbered(pages, **details):
    content = next(n for n in pages[0].numbers if n.node == "content")
    return content.__class__(**{**vars(content), "details": {**content.details, **details}})


def test_a_symmetric_interval_is_told_by_the_error_alone(pages):
    one = numbered(pages)
    assert material.interval_words(one) == ""
    assert material.interval_words(one, always=True).startswith("68 %: ")


def test_a_skewed_interval_is_written_out(pages):
    one = numbered(pages, estimate=10.0, interval_68=[9.2, 12.0], interval=[8.0, 16.5])
    assert material.interval_words(one) == "68 %: 9.2 to 12; 95 %: 8 to 16.5"


def test_an_interval_without_end_says_so(pages):
    one = numbered(pages, estimate=10.0, interval_68=[7.5, 40.0], interval=[6.0, math.inf])
    assert material.interval_words(one).endswith("95 %: above 6, no upper limit")

"""Contents that shifts tell, from rows that were made by hand and from a small campaign."""

import json
from pathlib import Path

import pytest
from tests.unit.campaign.by_hand import HEATED, make, only, record

from megabar.campaign import plan, shifts, witness
from megabar.campaign.runner import Campaign
from megabar.history import Number

XI = plan.Reference(method="xi", proton_frequency=400e6)
ZERO = 0.14125641 * 400e6  # LaCl3 at that field [Hz]
OWN = plan.Witness(
    nucleus="139La", shift=(2950.0, 900.0), shift_std=(0.0, 0.0), h_per_metal=(3.0, 10.5),
    source="by hand",
)  # fmt: skip


def lanthanum(day: float, shift: float, std: float = 5.0):
    """A line with a shift and its error [Hz/MHz]."""
    hz = ZERO * 1e-6
    return record(
        "139La", day, settings={"carrier_frequency": ZERO}, line_frequency=(shift * hz, std * hz)
    )


def told(*records, table=OWN):
    plans = make(reference=XI, witnesses=(table,))
    return list(witness.witnessed(plans, records, list(shifts.shifts(plans, records))))


def test_a_line_tells_the_content_of_its_shift_in_a_node_of_its_own():
    row = only(told(lanthanum(5, 1925.0)))
    found = row.value("h_per_metal")
    assert row.node == "139La shift"
    assert found.value == pytest.approx(6.75, abs=1e-6)
    assert found.independent_std == pytest.approx(5.0 * 7.5 / 2050, rel=1e-2)
    assert found.common_std == pytest.approx(1e6 * 1e-6 / 14.125641 * 7.5 / 2050, rel=1e-2)
    assert found.quality == "value"
    assert "by hand" in row.method


def test_the_precursor_is_another_compound_and_tells_nothing():
    assert told(lanthanum(-1, 1925.0)) == []


def test_a_shift_far_beyond_the_anchors_is_not_determined_and_says_so():
    row = only(told(lanthanum(5, 4000.0)))
    assert row.value("h_per_metal").quality == "not determined"
    assert any("nothing is extrapolated" in sentence for sentence in row.warnings)


def test_a_line_that_was_not_seen_tells_nothing_and_fails_nothing():
    unseen = record("139La", 5, line_frequency=(0.0, 1.0, "no solution"))
    assert told(unseen) == []


def test_other_anchors_give_another_row_even_with_the_same_content():
    surer = plan.Witness(
        nucleus="139La", shift=(2950.0, 900.0), shift_std=(50.0, 50.0), h_per_metal=(3.0, 10.5),
        source="by hand",
    )  # fmt: skip
    first, second = only(told(lanthanum(5, 1925.0))), only(told(lanthanum(5, 1925.0), table=surer))
    assert first.value("h_per_metal").value == second.value("h_per_metal").value
    assert first.id != second.id


def number(node: str, name: str, day: float, value: float, std: float, common: float) -> Number:
    return Number(
        cell="c", channel="", measure="line", node=node, nucleus="139La", elapsed=day,
        started_at=f"2026-02-{1 + int(day):02d}T{int(24 * (day % 1)):02d}:00:00", name=name,
        value=value, std=std, unit="", quality="value", independent_std=std, common_std=common,
        method="", provenance="{}", record=f"{node}{day}", source="", source_sha256="",
    )  # fmt: skip


def judged(content_of, *, later: float = 0.0):
    days = range(0, 20, 2)
    numbers = []
    for day in days:
        truth = 10.0 - 0.3 * day
        shift = 900 + (10.5 - truth) * 2050 / 7.5
        numbers.append(number("139La", "shift", day + later, shift, 5.0, 40.0))
        found = content_of(truth)
        numbers.append(number("content", "h_per_metal", day, found, 0.1, 0.05 * found))
    plans = make(reference=XI, witnesses=(OWN,))  # records pair within one hour
    return witness.agreements(plans, numbers)


def test_a_cell_in_which_all_is_true_tells_one_story():
    found = only(judged(lambda truth: truth))
    assert (found.cell, found.nucleus, found.points) == ("c", "139La", 10)
    assert found.agrees
    assert found.relative_agrees
    assert "tell the same story" in found.sentence


def test_hydrogen_that_only_its_line_loses_is_no_story_of_the_shift():
    found = only(judged(lambda truth: truth - 0.6 * (10.0 - truth)))
    assert not found.agrees
    assert "do not tell the same story" in found.sentence


def test_sessions_too_far_apart_are_not_compared():
    assert judged(lambda truth: truth, later=0.5) == ()


def test_a_campaign_reads_the_true_content_from_the_shift_of_a_simulated_cell(done: Path):
    """The laboratory moves the line along a straight line between 2950 and 900 ppm."""
    path = done / "campaign.toml"
    table = """
[[witness]]
nucleus = "139La"
shift = ["2950 ppm", "900 ppm"]
shift_std = ["1 ppm", "1 ppm"]
h_per_metal = [3.0, 10.5]
source = "what the laboratory was told"
"""
    path.write_text(path.read_text() + table)
    campaign = Campaign.open(done)
    outcome = campaign.run(workers=0)
    assert outcome.failed == ()
    assert outcome.done == 0  # only derived anew
    rows = [n for n in campaign.rows() if n.node == "139La shift" and n.quality == "value"]
    later = only(n for n in rows if n.elapsed > 10)
    truth = 10.5 - 7.5 * later.elapsed / 62.5
    assert later.value == pytest.approx(truth, abs=3 * later.std)
    assert later.std < 0.15
    history = campaign.history("cell-1")["139La shift"]
    assert history["h_per_metal_common_std"].notnull().any()
    (verdict,) = campaign.witnesses()
    assert verdict.agrees
    assert json.loads(later.provenance)["step"] == "campaign.witness"


def test_the_heating_itself_counts_as_after():
    assert HEATED == make().cells[0].heated_at
    assert len(told(lanthanum(0, 1925.0))) == 1

"""Transport cells of a plan: their files, what the campaign plan says of them, and the truth."""

import json

import numpy as np
import pytest
from tests.unit.virtual.conftest import TEXT

import megabar
from megabar.campaign import plan as campaign_plan
from megabar.errors import PlanError
from megabar.readers import registry
from megabar.virtual import simulate
from megabar.virtual.plan import read_plan

TRANSPORT = """
[transport.relation]
content = [4.0, 10.5]
critical_temperature = ["60 K", "250 K"]
[transport.film]
rows = 8
columns = 8
electrodes = "bar"
content_spread = 0.25
[transport.normal_state]
law = "linear"
residual = "4 ohm"
slope = "8 mohm/K"
stated_window = ["185 K", "220 K"]
[transport.instrument]
current = "0.1 mA"
voltage_noise = "100 nV"
offset_voltage = "150 nV"
thermometer_noise = "5 mK"
thermometer_lag = "0.4 min"
[transport.sweep]
lowest = "60 K"
highest = "220 K"
rates = ["-2 K/min", "1 K/min"]
points = 400
[[transport_cell]]
name = "wired-1"
heated_at = 2026-01-11T10:00:00
synthesis_pressure = "168 GPa"
days = ["0 day", "7 day", "30.5 day"]
law = "exponential"
start = 7.35
floor = 4.7
time = "14 day"
"""

SPACING = 160 / 399  # of the readings [K]: a curve of few grains is a staircase


@pytest.fixture
def wired_path(plan_path, plan_text):
    plan_path.write_text(plan_text + TRANSPORT, encoding="utf-8")
    return plan_path


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    place = tmp_path_factory.mktemp("wired")
    (place / "simulation.toml").write_text(TEXT + TRANSPORT, encoding="utf-8")
    out = simulate(place / "simulation.toml", place / "demo")
    campaign = megabar.Campaign.open(out)
    campaign.run(workers=0)
    truth = json.loads((out / "truth.json").read_text())["transport_cells"]["wired-1"]
    midpoints = [row for row in campaign.rows() if row.name == "tc_midpoint"]
    return out, truth["sessions"], midpoints


def raw_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "raw").rglob("*"))
        if path.is_file()
    }


def test_transport_cells_leave_every_record_of_nmr_bit_for_bit(plan_path, plan_text, tmp_path):
    before = raw_of(simulate(plan_path, tmp_path / "nmr"))
    plan_path.write_text(plan_text + TRANSPORT, encoding="utf-8")
    after = raw_of(simulate(plan_path, tmp_path / "both"))
    added = set(after) - set(before)
    assert {name: after[name] for name in before} == before
    assert len(added) == 3 * 2
    assert all(name.startswith("raw/wired-1/day-") for name in added)


def test_the_same_seed_gives_the_same_curves_and_another_others(wired_path, tmp_path):
    one, two, other = (
        raw_of(simulate(wired_path, tmp_path / name, seed=seed))["raw/wired-1/day-007/warming.csv"]
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert one == two != other


def test_a_log_reads_as_ohms_with_the_decisions_of_the_campaign_plan(measured):
    out, _, _ = measured
    plan = campaign_plan.load(out / "campaign.toml")
    assert [cell.name for cell in plan.cells] == ["cell-1", "wired-1"]
    channel = next(one for one in plan.channels if one.name == "resistance-warming")
    name = "raw/wired-1/day-030.5/warming.csv"
    decisions, _ = campaign_plan.decisions_for(plan, channel, name)
    sweep = registry.read(out / name, **decisions)
    assert "warnings" not in sweep.attrs
    assert np.all(sweep["direction"].values == 1)
    begun = np.datetime64("2026-02-10T22:00") + np.timedelta64(80 + 30, "m")  # cooling, and a rest
    assert abs(sweep["started_at"].values - begun) < np.timedelta64(1, "s")
    warm = sweep["temperature"].values > 200
    squares = 7 / 8
    expected = squares * (4 + 8e-3 * (sweep["temperature"].values[warm] - 0.4))  # lag 0.4 K
    found = sweep["resistance"].values[warm]
    assert found - 1.5e-3 == pytest.approx(expected, abs=6e-3)  # 1 mohm of noise


def test_midpoints_are_those_of_the_truth_once_the_lag_is_taken_away(measured):
    _, truth, midpoints = measured
    sessions = {one["folder"]: one for one in truth}
    assert len(midpoints) == 6
    for row in midpoints:
        _, _, folder, file = row.source.split("/")
        session = sessions[folder]
        moved = session["files"][file.removesuffix(".csv")]["shift_by_lag"]
        assert abs(row.value - session["t50"] - moved) < SPACING


def test_two_rates_give_the_midpoint_at_rest_without_knowing_the_lag(measured):
    _, truth, midpoints = measured
    for session in truth:
        found = {
            row.source.split("/")[3][:7]: row
            for row in midpoints
            if session["folder"] in row.source
        }
        up, down = found["warming"], found["cooling"]
        at_rest = (2 * up.value + down.value) / 3  # rates 1 and -2
        assert abs(at_rest - session["t50"]) < SPACING


def test_truth_tells_content_and_where_the_noiseless_curve_falls(measured):
    fresh, later, _ = measured[1]
    assert fresh["h_per_metal"] == 7.35
    assert later["h_per_metal"] == pytest.approx(4.7 + 2.65 * np.exp(-0.5))
    assert fresh["content"]["mean"] == pytest.approx(7.35, abs=4 * 0.25 / 8)
    assert fresh["content"]["std"] == pytest.approx(0.25, rel=4 / np.sqrt(128))
    slope = 190 / 6.5  # of the stated relation
    moved = slope * (fresh["h_per_metal"] - later["h_per_metal"])
    for name in ("t90", "t50", "t10", "t_zero"):  # one film, whose grains all lose alike
        assert fresh[name] - later[name] == pytest.approx(moved, abs=1e-9)
    assert fresh["t90"] > fresh["t50"] > fresh["t10"] >= fresh["t_zero"]


def test_a_plan_without_transport_stays_as_it_was(plan_path, tmp_path):
    text = (simulate(plan_path, tmp_path / "demo") / "campaign.toml").read_text()
    assert "cells =" not in text
    assert "transport_cells" not in (tmp_path / "demo" / "truth.json").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "wired-1"', 'name = "cell-1"', "each cell needs a name of its own"),
        ('name = "wired-1"', 'name = "../x"', "also names a folder"),
        ('days = ["0 day"', 'days = ["-1 day"', "counts from heating"),
        ('"250 K"', '"50 K"', r"transport\.relation: .*two or more that rise"),
        ('current = "0.1 mA"', 'current = "0 mA"', r"transport\.instrument: .*above 0"),
        ('lowest = "60 K"', 'lowest = "260 K"', r"transport\.sweep: .*rise from above 0"),
        ('law = "linear"\nresidual', 'law = "square"\nresidual', r"transport\.normal_state\.law"),
        ('stated_window = ["185 K", "220 K"]', 'stated_window = ["185 K"]', "two temperatures"),
        ("points = 400\n[[tr", "points = 400\ncolour = 1\n[[tr", r"sweep\.colour: is unknown"),
    ],
)
def test_what_a_transport_part_must_not_say(plan_path, plan_text, old, new, message):
    assert old in TRANSPORT
    plan_path.write_text(plan_text + TRANSPORT.replace(old, new), encoding="utf-8")
    with pytest.raises(PlanError, match=message):
        read_plan(plan_path)

"""Pressures of virtual anvils, from spectra to the history and the report of a campaign."""

import json
import re

import numpy as np
import pytest
from tests.unit.virtual.conftest import TEXT
from tests.unit.virtual.test_plan_of_transport import TRANSPORT

import megabar
from megabar.errors import PlanError
from megabar.matter import gauges
from megabar.report import document
from megabar.virtual import simulate

ANVIL = """
[transport.anvil]
true_scale = "eremets2023"
stated_scale = "eremets2023"
edge_width = 4.0
step = 0.5
axis_error = 1.0
counts = 4000
loss = "6 GPa"
time = "20 day"
"""
DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 19, 25, 30)
FALSE = 5  # number of the session whose spectrum is that of another load


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    place = tmp_path_factory.mktemp("anvils")
    days = ", ".join(f'"{day} day"' for day in DAYS)
    transport = TRANSPORT.replace('["0 day", "7 day", "30.5 day"]', f"[{days}]")
    # one short ramp: what counts here is the anvil
    transport = transport.replace('["-2 K/min", "1 K/min"]', '["1 K/min"]').replace("400", "50")
    transport = transport.replace("\n[[transport_cell]]", ANVIL + "\n[[transport_cell]]")
    (place / "simulation.toml").write_text(TEXT + transport, encoding="utf-8")
    folder = simulate(place / "simulation.toml", place / "demo")
    plan = folder / "campaign.toml"
    tables = re.split(r"(?m)^(?=\[)", plan.read_text())
    kept = [one for one in tables if "wired-1" in one and "resistance" not in one]
    kept = [one for one in kept if "warming.csv" not in one]
    assert len(kept) == 2 + len(DAYS)  # the cell, the channel of edges, and when each was recorded
    plan.write_text('schema = "campaign/1"\nname = "anvils"\nmetal = "none"\n' + "".join(kept))
    assert megabar.Campaign.open(folder).run(workers=0).failed == ()
    return folder


def truth_of(folder):
    told = json.loads((folder / "truth.json").read_text())
    return told["transport_cells"]["wired-1"]["sessions"]


def test_pressures_stand_in_the_history_within_their_errors_of_the_truth(campaign):
    history = megabar.Campaign.open(campaign).history("wired-1")["pressure"]
    truth = np.array([one["pressure"] for one in truth_of(campaign)]) / 1e9
    pulls = (history.pressure.values - truth) / history.pressure_std.values
    assert history.elapsed.values == pytest.approx(DAYS)
    assert abs(pulls.mean()) < 3 / np.sqrt(len(DAYS))
    assert np.all(np.abs(pulls) < 3)
    assert truth[0] - truth[-1] == pytest.approx(6 * (1 - np.exp(-1.5)), abs=1e-6)


def test_errors_are_those_of_a_reading_and_an_axis_known_to_half_a_step(campaign):
    history = megabar.Campaign.open(campaign).history("wired-1")["pressure"]
    slope = gauges.slope(scale="eremets2023", observed=truth_of(campaign)[0]["edge"]) / 1e9
    stds = history.pressure_std.values
    assert np.all(stds > 0.25 * slope)
    assert np.all(stds < 1.5 * slope)


def test_each_pressure_carries_its_scale_and_what_was_observed(campaign):
    rows = [row for row in megabar.Campaign.open(campaign).rows() if row.node == "pressure"]
    assert {row.details["gauge_scale"] for row in rows} == {"eremets2023"}
    edges = {round(one["edge"], 6): one for one in truth_of(campaign)}
    for row, edge in zip(sorted(rows, key=lambda one: one.elapsed), edges, strict=True):
        assert row.details["gauge_observed"] == pytest.approx(edge, abs=3 * 1.0)
        assert row.details["gauge_axis_correction"] == 1.0


def test_the_report_names_the_scale_and_shows_a_reading_that_does_not_fit(campaign, tmp_path):
    """A spectrum of another load in the place of one: shown hollow and in words, not dropped."""
    days = sorted((campaign / "raw" / "wired-1").iterdir())
    wrong = days[FALSE] / "edge.csv"
    lines = wrong.read_text().splitlines()
    shifted = [f"{float(one.split(',')[0]) - 40:.2f},{one.split(',')[1]}" for one in lines[1:]]
    beyond = [f"{float(shifted[-1].split(',')[0]) + 0.5 * k:.2f},200" for k in range(1, 80)]
    wrong.write_text("\n".join([lines[0], *shifted, *beyond]) + "\n")
    again = megabar.Campaign.open(campaign)
    again.run(workers=0)
    text = document.write(again, tmp_path).read_text()
    assert "on the scale eremets2023" in text
    assert "is in doubt" in text
    assert "probably another line was taken" in text
    assert len(again.history("wired-1")["pressure"].elapsed) == len(DAYS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('scale = "eremets2023"', 'scale = "ruby2020"'), "Scales of edge"),
        (("axis_correction_std = 0.25\n", ""), "a correction needs its error"),
        (('gauge = "edge"\n', ""), "gauge: missing"),
    ],
)
def test_a_plan_that_cannot_give_a_pressure_is_refused(campaign, tmp_path, change, message):
    text = (campaign / "campaign.toml").read_text()
    assert change[0] in text
    path = tmp_path / "campaign.toml"
    path.write_text(text.replace(*change))
    with pytest.raises(PlanError, match=message):
        megabar.Campaign.open(tmp_path)

"""The demo campaign, from raw files to histories, against what its cells were made of."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.batteries.campaigns import OBSERVED, pulls_of

import megabar
from megabar.report import document
from megabar.virtual import simulate

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "examples" / "lah10-70-days" / "simulation.toml"
SESSIONS = 4 * 13  # cells times (precursor + twelve days)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    place = tmp_path_factory.mktemp("work") / "demo" / "lah10-70-days"  # where ./run puts it
    folder = simulate(PLAN, place, seed=4)
    found = megabar.Campaign.open(folder)
    outcome = found.run()
    assert outcome.failed == ()
    return folder


@pytest.fixture(scope="module")
def pulls(campaign):
    return pulls_of([campaign])


@pytest.mark.parametrize(
    ("node", "name"), [(node, name) for node, names in OBSERVED.items() for name in names]
)
def test_errors_of_the_histories_are_neither_too_small_nor_too_large(pulls, node, name):
    found = pulls[node, name]
    n = len(found)
    assert n >= SESSIONS - 8  # the precursor has no T2 of hydrogen, and a bound is no value
    assert abs(found.mean()) < 3 / np.sqrt(n)
    assert abs(found.std() - 1) < 3 / np.sqrt(2 * n)


def test_the_first_and_last_content_of_each_cell_is_that_of_the_paper(campaign):
    found = megabar.Campaign.open(campaign)
    for cell in ("cell-1", "cell-2", "cell-3", "cell-4"):
        content = found.history(cell)["content"].h_per_metal
        assert 9 < float(content[0]) < 12.5
        assert float(content[-1]) < 6


def test_the_report_holds_a_budget_of_each_content_of_each_cell(campaign, tmp_path):
    page = document.write(megabar.Campaign.open(campaign), tmp_path)
    text = page.read_text()
    with (page.parent / "tables" / "budget.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    for cell in ("cell-1", "cell-2", "cell-3", "cell-4"):
        assert f'id="{cell}-budgets"' in text
        found = megabar.Campaign.open(campaign).history(cell)["content"]
        days = {row["elapsed [day]"] for row in rows if row["cell"] == cell}
        assert len(days) == int((found["quality"] == "value").sum())
    assert text.count('class="tornado"') == len({(one["cell"], one["started_at"]) for one in rows})
    assert {"amplitude", "echo_decay", "steady_state"} <= {row["source"] for row in rows}


def test_midpoints_of_the_cells_with_wires_are_true_within_the_spacing_of_their_readings(campaign):
    truth = json.loads((campaign / "truth.json").read_text())["transport_cells"]
    rows = [row for row in megabar.Campaign.open(campaign).rows() if row.name == "tc_midpoint"]
    assert len(rows) == 4 * 9 * 2
    spacing = (220 - 55) / 399
    misses = []
    for row in rows:
        assert row.quality == "value"
        _, cell, folder, file = row.source.split("/")
        (session,) = (one for one in truth[cell]["sessions"] if one["folder"] == folder)
        lag = session["files"][file.removesuffix(".csv")]["shift_by_lag"]
        misses.append(row.value - lag - session["t50"])
    assert np.abs(misses).max() < spacing
    assert np.sqrt(np.mean(np.square(misses))) < spacing / np.sqrt(12)


def test_critical_temperatures_fall_as_far_as_in_the_paper(campaign):
    found = megabar.Campaign.open(campaign)
    for cell in ("wired-1", "wired-2", "wired-3", "wired-4"):
        midpoint = found.history(cell)["resistance"].tc_midpoint.dropna("elapsed")
        assert 120 < float(midpoint[0]) < 165
        assert 70 < float(midpoint[-1]) < 92


def test_the_example_of_the_readme_runs_as_printed(campaign, monkeypatch, capsys):
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(campaign.parents[1])
    names: dict = {}
    exec(compile(example[1], "README.md", "exec"), names)  # noqa: S102 (our own page)
    printed = capsys.readouterr().out.splitlines()
    fwhm, fwhm_std = map(float, printed[0].split())
    t1, t1_std, quality = printed[1].split()
    assert abs(fwhm - 1350) < 4 * fwhm_std
    assert abs(float(t1) - 1.5e-3) < 4 * float(t1_std)
    assert quality == "value"
    assert np.all(names["content"].h_per_metal_std > 0)

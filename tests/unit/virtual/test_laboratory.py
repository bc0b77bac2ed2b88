"""A whole virtual campaign on disk: complete, repeatable, atomic, and what the truth says."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.realdata import REPOSITORY

from megabar.campaign import plan as campaign_plan
from megabar.errors import PlanError
from megabar.readers import registry
from megabar.virtual import simulate

EXAMPLE = REPOSITORY / "examples" / "lah10-70-days" / "simulation.toml"


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth_of(folder):
    return json.loads((folder / "truth.json").read_text())


def test_a_campaign_holds_raw_files_both_plans_and_the_truth(plan_path, tmp_path):
    done = []
    out = simulate(plan_path, tmp_path / "demo", progress=lambda *step: done.append(step))
    assert out == tmp_path / "demo"
    assert {p.name for p in out.iterdir()} == {
        "raw",
        "campaign.toml",
        "truth.json",
        "simulation.toml",
    }
    assert sorted(p.name for p in (out / "raw" / "cell-1").iterdir()) == [
        "day-000", "day-030.5", "precursor-1",
    ]  # fmt: skip
    assert done[-1] == ("cell-1 day-030.5", 11, 11)
    assert (out / "simulation.toml").read_bytes() == plan_path.read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(plan_path, tmp_path):
    first = contents(simulate(plan_path, tmp_path / "a"))
    second = contents(simulate(plan_path, tmp_path / "b"))
    other = contents(simulate(plan_path, tmp_path / "c", seed=4))
    assert first == second
    fids = [name for name in first if name.endswith("/fid")]
    assert len(fids) == 10
    assert all(first[name] != other[name] for name in fids)


def test_truth_states_what_every_cell_was_made_of(plan_path, tmp_path):
    truth = truth_of(simulate(plan_path, tmp_path / "demo"))
    assert truth["schema"] == "truth/1"
    assert truth["seed"] == 3
    cell = truth["cells"]["cell-1"]
    assert cell["heated_at"] == "2026-01-10T12:00:00"
    before, fresh, later = cell["sessions"]
    assert (before["elapsed"], fresh["elapsed"], later["elapsed"]) == (-1.0, 0.0, 30.5)
    assert before["h_per_metal"] == pytest.approx(cell["precursor_h_per_metal"], abs=1e-8)
    assert before["h_per_metal"] != 3.0
    assert fresh["h_per_metal"] == 10.5
    assert later["h_per_metal"] == pytest.approx(10.5 - 7.5 * 30.5 / 62.5)
    assert fresh["1H"] == {
        "shape": "lorentzian", "shift": 20.0, "fwhm": 1350.0, "t1": 1.5e-3, "t2": 1.5e-3,
        "nuclei": 10.5 * 2.8e14,
    }  # fmt: skip
    assert before["1H"]["t2"] is None


def test_precursor_contents_scatter_as_the_plan_says(plan_path, tmp_path):
    deviations = []
    for seed in range(40):
        truth = truth_of(simulate(plan_path, tmp_path / str(seed), seed=seed))
        deviations.append((truth["cells"]["cell-1"]["precursor_h_per_metal"] - 3.0) / 0.05)
    assert np.mean(deviations) == pytest.approx(0.0, abs=4 / np.sqrt(40))
    assert np.std(deviations) == pytest.approx(1.0, abs=4 / np.sqrt(80))


def test_copper_in_the_cell_moves_with_field_drift_and_knight_shift(plan_path, tmp_path):
    truth = truth_of(simulate(plan_path, tmp_path / "demo"))
    cell = truth["cells"]["cell-1"]

    def absolute(record):
        return record["carrier_frequency"] + record["line_frequency"]

    ambient = absolute(truth["reference"]["63Cu_ambient"])
    change = 1 + cell["knight_shift_change"] / (1e6 + 2380)
    for session in cell["sessions"]:
        drift = 1 - 0.5e-6 * (5.125 + session["elapsed"])  # days since the ambient copper
        expected = ambient * (1 - 20e-6) * drift * change
        assert absolute(session["files"]["63Cu_fid"]) == pytest.approx(expected, abs=0.02)
    assert abs(cell["knight_shift_change"] + 100) < 25


def test_every_raw_file_reads_with_the_decisions_of_the_campaign_plan(plan_path, tmp_path):
    out = simulate(plan_path, tmp_path / "demo")
    plan = campaign_plan.load(out / "campaign.toml")
    count = 0
    for channel in plan.channels:
        for folder in sorted((out / "raw" / "cell-1").glob(channel.files)):
            name = str(folder.relative_to(out))
            decisions, _ = campaign_plan.decisions_for(plan, channel, name)
            record = registry.read(folder, **decisions)
            assert record.attrs["nucleus"] == channel.nucleus
            assert "warnings" not in record.attrs
            count += 1
    assert count == 11


def test_recorded_size_at_time_zero_agrees_with_the_raw_file(plan_path, tmp_path):
    out = simulate(plan_path, tmp_path / "demo")
    fresh = truth_of(out)["cells"]["cell-1"]["sessions"][1]
    expected = fresh["files"]["1H_fid"]
    record = registry.read(out / "raw/cell-1/day-000/1H_fid", sequence="fid", time_origin="7 us")
    time_axis = record.time.values
    good = time_axis > 12e-6
    shape = np.exp((2j * np.pi * expected["line_frequency"] - np.pi * 1350.0) * time_axis[good])
    amplitude = np.vdot(shape, record.signal.values[0, good]) / np.vdot(shape, shape)
    error = expected["noise"] / np.linalg.norm(shape)
    assert abs(abs(amplitude) - expected["signal_at_zero"]) < 5 * error


def test_the_same_campaign_again_changes_nothing_even_beside_a_store(plan_path, tmp_path):
    out = simulate(plan_path, tmp_path / "demo")
    (out / "store").mkdir()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert simulate(plan_path, out) == out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_another_campaign_replaces_a_bare_one_but_never_one_with_results(plan_path, tmp_path):
    out = simulate(plan_path, tmp_path / "demo")
    assert truth_of(simulate(plan_path, out, seed=9))["seed"] == 9
    (out / "store").mkdir()
    with pytest.raises(PlanError, match="with store made from it"):
        simulate(plan_path, out, seed=10)
    assert truth_of(out)["seed"] == 9


@pytest.mark.parametrize("name", ["notes.txt", "truth.json"])
def test_a_foreign_folder_is_never_overwritten(plan_path, tmp_path, name):
    foreign = tmp_path / "precious"
    foreign.mkdir()
    (foreign / name).write_text("mine")
    with pytest.raises(PlanError, match="is no virtual campaign"):
        simulate(plan_path, foreign)
    assert contents(foreign) == {name: b"mine"}


def test_an_empty_folder_is_filled(plan_path, tmp_path):
    (tmp_path / "empty").mkdir()
    assert (simulate(plan_path, tmp_path / "empty") / "truth.json").is_file()


def test_a_failure_on_the_way_leaves_nothing(plan_path, plan_text, tmp_path):
    loud = plan_text.replace('number = "float64"', 'number = "int32"')
    plan_path.write_text(loud.replace('"1e5 Hz**0.5"', '"1e9 Hz**0.5"'), encoding="utf-8")
    with pytest.raises(PlanError, match="beyond 32-bit integers"):
        simulate(plan_path, tmp_path / "demo")
    assert [p.name for p in tmp_path.iterdir()] == ["simulation.toml"]


def test_a_killed_simulation_leaves_no_campaign_and_the_next_one_clears_up(tmp_path):
    out = tmp_path / "demo"
    code = f"from megabar.virtual import simulate; simulate({str(EXAMPLE)!r}, {str(out)!r})"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".demo.building-*/raw/cell-1/day-000/*")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.wait(timeout=60)
    assert not out.exists()
    assert list(tmp_path.glob(".demo.building-*"))
    small = tmp_path / "small.toml"
    small.write_text(small_plan(), encoding="utf-8")
    simulate(small, out)
    assert (out / "truth.json").is_file()
    assert not list(tmp_path.glob(".demo.*"))


def small_plan():
    return (Path(__file__).parent / "conftest.py").read_text().split('"""')[3]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    return simulate(EXAMPLE, tmp_path_factory.mktemp("shipped") / "demo")


def test_the_shipped_plan_stays_within_its_size(shipped):
    size = sum(path.stat().st_size for path in shipped.rglob("*") if path.is_file())
    assert size < 60e6
    truth = truth_of(shipped)
    assert len(truth["cells"]) == 4
    assert all(len(cell["sessions"]) == 13 for cell in truth["cells"].values())


def amplitude_error(shape_of, time_axis, *, snr, free_width):
    """Cramer-Rao bound of a relative amplitude when the width is free too."""
    step = 1e-4 * free_width
    slope = (shape_of(free_width + step) - shape_of(free_width - step)) / (2 * step)
    jacobian = np.column_stack([shape_of(free_width), slope])
    assert jacobian.shape[0] == time_axis.size
    return np.sqrt(np.linalg.inv(jacobian.T @ jacobian)[0, 0]) / snr


def test_the_shipped_plan_determines_both_amplitudes_to_a_few_percent(shipped):
    # what docs/reference/simulation.md promises, from the Fisher matrix alone
    before, fresh = truth_of(shipped)["cells"]["cell-1"]["sessions"][:2]

    def gauss(width, lag):
        return np.exp(-((np.pi * width * lag) ** 2) / (4 * np.log(2)))

    echo = -15e-6 + 0.5e-6 * np.arange(1024)
    eta = 0.5 * (1 + gauss(38e3, 50e-6))
    metal = amplitude_error(
        lambda w: 0.5 * (gauss(w, echo) + gauss(w, echo + 50e-6)), echo,
        snr=fresh["files"]["139La_echo"]["snr"] / eta, free_width=38e3,
    )  # fmt: skip
    decay = 8e-6 + 1e-6 * np.arange(1000)
    hydrogen = amplitude_error(
        lambda w: gauss(w, decay), decay,
        snr=before["files"]["1H_fid"]["snr"], free_width=50e3,
    )  # fmt: skip
    assert metal == pytest.approx(0.014, abs=0.0005)
    assert hydrogen == pytest.approx(0.015, abs=0.0005)

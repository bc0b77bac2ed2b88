"""A study loses nothing when a worker or its master is killed, and no scheduler changes a byte."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.batteries import units_of_work as toys

from megabar.campaign.schedulers import run_units

pytest.importorskip("distributed", reason="the extra cluster is not installed")

MASTER = """
import json, sys
from pathlib import Path
from megabar.campaign.schedulers import run_units
from tests.batteries import units_of_work as toys
if __name__ == "__main__":
    units, folder, scheduler = json.loads(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    run_units(units, toys.computed, folder=folder, scheduler=scheduler, workers=2)
"""


def test_a_worker_killed_in_mid_study_changes_no_byte(tmp_path: Path):
    units = [{"seed": seed} for seed in range(12)]
    units[5]["flag"] = str(tmp_path / "flag")
    found = tmp_path / "cluster"
    run_units(units, toys.deadly, folder=found, scheduler="local", workers=2)
    assert (tmp_path / "flag").exists()
    run_units(units, toys.deadly, folder=tmp_path / "serial", scheduler="serial")
    assert toys.files(found) == toys.files(tmp_path / "serial")


@pytest.mark.slow  # on a busy machine a finished neighbour may be lost with the worker four times
def test_a_unit_that_kills_all_its_workers_fails_alone_on_a_cluster(tmp_path: Path):
    units = [{"seed": seed} for seed in range(4)]
    done = run_units(units, toys.always_deadly, folder=tmp_path, scheduler="local", workers=1)
    assert [one.result is None for one in done] == [False, True, False, False]
    assert done[1].failure is not None
    assert "4 workers ended while they worked on it" in done[1].failure


@pytest.mark.parametrize("scheduler", ["process", pytest.param("local", marks=pytest.mark.slow)])
def test_a_master_killed_in_mid_study_loses_nothing(tmp_path: Path, scheduler: str):
    units = [{"seed": seed, "seconds": 0.3} for seed in range(16)]
    study = tmp_path / "study"
    before = files_when_killed(tmp_path, units, study, scheduler)
    told = []
    run_units(units, toys.computed, folder=study, scheduler="serial", progress=told.append)
    assert 0 < len(before) < len(units)
    assert len(told) == len(units) - len(before)
    assert {path.name: path.stat().st_mtime_ns for path in results(study)}.items() >= before.items()
    run_units(units, toys.computed, folder=tmp_path / "serial", scheduler="serial")
    assert toys.files(study) == toys.files(tmp_path / "serial")


def results(study: Path) -> list[Path]:
    return sorted(path for path in study.glob("*.json") if not path.name.startswith("."))


def files_when_killed(
    folder: Path, units: list[dict], study: Path, scheduler: str
) -> dict[str, int]:
    """Kill the master when it has four results; give what is there when its lock is free."""
    script = folder / "master.py"
    script.write_text(MASTER)
    with subprocess.Popen(
        [sys.executable, script, json.dumps(units), study, scheduler],
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    ) as master:
        deadline = time.monotonic() + 120
        while len(results(study)) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        master.send_signal(signal.SIGKILL)
    assert master.returncode == -signal.SIGKILL
    return {path.name: path.stat().st_mtime_ns for path in results(study)}


def test_a_running_cluster_gives_the_same_bytes_and_goes_on_running(tmp_path: Path):
    from distributed import Client, LocalCluster

    units = [{"seed": seed} for seed in range(6)]
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        run_units(units, toys.failing, folder=tmp_path / "cluster", scheduler=address)
        with Client(address) as client:
            assert client.submit(sum, [1, 2]).result() == 3
    run_units(units, toys.failing, folder=tmp_path / "serial", scheduler="serial")
    assert toys.files(tmp_path / "cluster") == toys.files(tmp_path / "serial")

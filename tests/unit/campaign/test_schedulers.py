import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.batteries import units_of_work as toys

from megabar.campaign import workers
from megabar.campaign.schedulers import Progress, run_units
from megabar.errors import MissingExtra, SchedulerLost, StoreError, UnknownWord, UnusableInput

UNITS = [{"seed": seed} for seed in range(6)]


@pytest.mark.parametrize("scheduler", ["serial", "process"])
def test_outcomes_come_in_the_order_of_the_units(tmp_path: Path, scheduler: str):
    units = [*reversed(UNITS), UNITS[2]]
    done = run_units(units, toys.computed, folder=tmp_path, scheduler=scheduler)
    assert [one.unit for one in done] == units
    assert [one.result for one in done] == [toys.computed(unit) for unit in units]
    assert len(toys.files(tmp_path)) == len(UNITS)


def test_processes_leave_the_files_of_one_process(tmp_path: Path):
    for scheduler in ("serial", "process"):
        run_units(UNITS, toys.failing, folder=tmp_path / scheduler, scheduler=scheduler)
    assert toys.files(tmp_path / "process") == toys.files(tmp_path / "serial")


def test_a_second_run_does_only_what_is_missing(tmp_path: Path):
    run_units(UNITS[:4], toys.computed, folder=tmp_path, scheduler="serial")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    told: list[Progress] = []
    run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial", progress=told.append)
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert before.items() <= after.items()
    assert told == [Progress(done=done, failed=0, total=6) for done in (5, 6)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: content.replace(b'"eigenvalue":1', b'"eigenvalue":2', 1),
        lambda content: content.replace(b'"seed":', b'"seed": ', 1),
        lambda content: b"\xff" + content,
        lambda content: b"null\n",
        lambda content: b'{"result": {"sum": NaN}}\n',
    ],
    ids=["half", "empty", "another number", "a space", "bytes", "null", "not finite"],
)
def test_a_damaged_result_is_done_again(tmp_path: Path, damage):
    run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial")
    whole = toys.files(tmp_path)
    path = sorted(tmp_path.glob("*.json"))[2]
    path.write_bytes(damage(path.read_bytes()))
    assert toys.files(tmp_path) != whole
    told: list[Progress] = []
    run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial", progress=told.append)
    assert toys.files(tmp_path) == whole
    assert len(told) == 1


def test_a_result_under_the_name_of_another_is_done_again(tmp_path: Path):
    run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial")
    whole = toys.files(tmp_path)
    first, second = sorted(tmp_path.glob("*.json"))[:2]
    first.write_bytes(second.read_bytes())
    run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial")
    assert toys.files(tmp_path) == whole


def test_what_a_killed_run_left_half_written_is_swept(tmp_path: Path):
    (tmp_path / ".0123.json.ab.part").write_text("half")
    run_units(UNITS[:1], toys.computed, folder=tmp_path, scheduler="serial")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("scheduler", ["serial", "process"])
def test_a_unit_that_fails_says_why_and_stops_no_other(tmp_path: Path, scheduler: str):
    done = run_units(UNITS, toys.failing, folder=tmp_path, scheduler=scheduler)
    assert [one.failure for one in done] == [
        "ValueError: Found a hole in the weeks." if one.unit["seed"] == 1 else None for one in done
    ]
    assert [one.result is None for one in done] == [one.unit["seed"] == 1 for one in done]
    (path,) = tmp_path.glob("*.failed.json")
    assert json.loads(path.read_text())["unit"] == {"seed": 1}


def test_a_unit_that_failed_is_tried_again_and_its_failure_forgotten(tmp_path: Path):
    needed, study = tmp_path / "needed", tmp_path / "study"
    units = [*UNITS, {"seed": 9, "needs": str(needed)}]
    done = run_units(units, toys.needy, folder=study, scheduler="serial")
    assert [one.failure is None for one in done] == [True] * 6 + [False]
    assert len(list(study.glob("*.failed.json"))) == 1
    needed.touch()
    done = run_units(units, toys.needy, folder=study, scheduler="serial")
    assert [one.result for one in done] == [toys.computed(unit) for unit in units]
    assert not list(study.glob("*.failed.json"))


def test_a_number_that_json_does_not_know_is_a_failure(tmp_path: Path):
    (one,) = run_units([{}], toys.infinite, folder=tmp_path, scheduler="serial")
    assert one.failure is not None
    assert one.failure.startswith("ValueError: Out of range float values")


def test_a_worker_that_dies_is_replaced_and_its_unit_done(tmp_path: Path):
    units = [*UNITS, {"seed": 9, "flag": str(tmp_path / "flag")}]
    done = run_units(units, toys.deadly, folder=tmp_path / "study", scheduler="process")
    assert (tmp_path / "flag").exists()
    assert [one.result for one in done] == [toys.computed(unit) for unit in units]


def test_a_unit_that_kills_all_its_workers_fails_alone(tmp_path: Path):
    done = run_units(UNITS, toys.always_deadly, folder=tmp_path, scheduler="process")
    assert [one.result is None for one in done] == [one.unit["seed"] == 1 for one in done]
    assert done[1].failure is not None
    assert "4 workers ended while they worked on it, the last with code -9" in done[1].failure


def test_a_worker_has_one_thread(tmp_path: Path):
    unit = {"names": sorted(workers.ONE_THREAD)}
    (one,) = run_units([unit], toys.threads, folder=tmp_path, scheduler="process")
    assert one.result == dict(workers.ONE_THREAD)


def test_two_runs_do_not_share_a_folder(tmp_path: Path):
    def second(_: Progress) -> None:
        run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial")

    with pytest.raises(StoreError, match="Another run"):
        run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial", progress=second)


def test_the_function_and_the_unit_both_name_the_file(tmp_path: Path):
    run_units(UNITS, toys.computed, folder=tmp_path, scheduler="serial")
    run_units(UNITS, toys.failing, folder=tmp_path, scheduler="serial")
    assert len(toys.files(tmp_path)) == 2 * len(UNITS)


@pytest.mark.parametrize("unit", [{"x": float("nan")}, {"x": {1, 2}}, {"x": b"1"}])
def test_a_unit_that_is_no_json_is_refused_before_work_begins(tmp_path: Path, unit):
    with pytest.raises(UnusableInput, match="no JSON object"):
        run_units([unit], toys.computed, folder=tmp_path / "study", scheduler="serial")
    assert not (tmp_path / "study").exists()


def test_a_function_that_no_worker_can_import_is_refused(tmp_path: Path):
    with pytest.raises(UnusableInput, match=r"<lambda>, which no other process can import"):
        run_units(UNITS, lambda unit: dict(unit), folder=tmp_path, scheduler="serial")


def test_an_unknown_scheduler_is_refused_with_the_known_ones(tmp_path: Path):
    with pytest.raises(UnknownWord, match="Did you mean process"):
        run_units(UNITS, toys.computed, folder=tmp_path, scheduler="proces")


def test_slurm_must_be_told_what_jobs_need(tmp_path: Path):
    with pytest.raises(UnusableInput, match="what each job needs"):
        run_units(UNITS, toys.computed, folder=tmp_path, scheduler="slurm")


@pytest.mark.parametrize("scheduler", ["local", "tcp://127.0.0.1:1"])
def test_without_dask_clusters_name_the_extra(tmp_path: Path, scheduler: str, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"pip install 'megabar\[cluster\]'"):
        run_units(UNITS, toys.computed, folder=tmp_path, scheduler=scheduler)


def test_an_address_where_nobody_answers_is_said(tmp_path: Path, monkeypatch):
    from megabar.campaign import clusters

    monkeypatch.setattr(clusters, "_PATIENCE", "1s")
    with pytest.raises(SchedulerLost, match=r"dask answers at tcp://127\.0\.0\.1:1"):
        run_units(UNITS, toys.computed, folder=tmp_path, scheduler="tcp://127.0.0.1:1")


def test_dask_is_imported_only_when_it_is_asked_for():
    script = (
        "import sys, megabar.campaign.schedulers; "
        "print(sorted({'dask', 'distributed', 'dask_jobqueue'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"

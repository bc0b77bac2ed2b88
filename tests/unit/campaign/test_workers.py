import os
import subprocess
import sys
from pathlib import Path

import pytest

from megabar.campaign import plan, workers
from megabar.campaign.sources import find
from megabar.campaign.work import Result, Task


@pytest.fixture
def tasks(raw: Path) -> list[Task]:
    read = plan.load(raw / "campaign.toml")
    archive = raw / "store" / "archive"
    archive.mkdir(parents=True)
    found, _ = find(read, raw)
    return [
        Task(folder=raw, archive=archive, source=source, field=None, known=None, before=None)
        for source in found[:4]
    ]


def test_results_come_in_the_order_of_the_tasks(tasks: list[Task]):
    done = list(workers.performed(tasks, workers=2))
    assert [task for task, _ in done] == tasks
    for task, result in done:
        assert result.acquisition is not None
        assert result.acquisition.source == task.source.name


def test_a_worker_has_one_thread_of_linear_algebra_and_we_keep_ours():
    before = dict(os.environ)
    told = workers._environment()
    assert {told[name] for name in workers._THREADS} == {"1"}
    assert dict(os.environ) == before


def test_a_worker_that_dies_costs_its_task_and_is_replaced(tasks: list[Task], monkeypatch):
    """The first word to each new worker kills it; the second worker is left in peace."""
    lives = iter([True, False])
    send = workers._send

    def deadly(stream, message):
        if next(lives, False):
            stream.write(b"\x80\x05cos\n_exit\n(I9\ntR.")  # a pickle that calls os._exit(9)
            stream.flush()
        else:
            send(stream, message)

    monkeypatch.setattr(workers, "_send", deadly)
    done = [result for _, result in workers.performed(tasks, workers=1)]
    assert done[0].failure is not None
    assert done[0].failure.kind == "WorkerDied"
    assert "ended with code 9" in done[0].failure.message
    assert all(isinstance(result, Result) and result.acquisition for result in done[1:])


def test_no_worker_is_left_when_the_results_are_no_longer_wanted(tasks: list[Task]):
    results = workers.performed(tasks, workers=2)
    next(results)
    results.close()
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    commands = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    assert not any(b"workers.serve" in command for command in commands)


SCRIPT = """
import sys
from megabar.campaign.runner import Campaign
print(Campaign.open(sys.argv[1]).run(workers=2).done)
"""


def test_a_script_without_a_main_guard_may_run_a_campaign(raw: Path, tmp_path: Path):
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script, raw], capture_output=True, text=True, check=True)
    assert done.stdout == "16\n"
    assert done.stderr == ""


def test_one_or_two_workers_suit_any_machine():
    assert workers.available() in (1, 2)

"""A run that is killed at any moment and resumed leaves the store of an undisturbed run.

The moments are drawn over the length of an undisturbed run of the same process, from the first
import to the last transaction. A campaign is resumed, and killed again, until a run gets through;
then it is compared and begun anew, until all kills are spent.
"""

import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.batteries import small_campaign

from megabar.campaign.store import Store

RUN = """
import sys
from megabar.campaign.runner import Campaign
Campaign.open(sys.argv[1]).run(workers=int(sys.argv[2]))
"""


def start(folder: Path, *, workers: int = 2) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUN, str(folder), str(workers)])


def dump(folder: Path) -> str:
    with Store.open(folder / "store", "r") as store:
        assert store.failures() == ()
        return store.dump()


def digests(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_campaign.simulate(tmp_path_factory.mktemp("raw") / "campaign")


@pytest.fixture(scope="module")
def undisturbed(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, float]:
    folder = tmp_path_factory.mktemp("undisturbed") / "campaign"
    shutil.copytree(raw, folder)
    begin = time.monotonic()
    assert start(folder).wait() == 0
    return dump(folder), time.monotonic() - begin


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_a_run_killed_at_random_moments_leaves_the_store_of_an_undisturbed_one(
    kills: int, raw: Path, undisturbed: tuple[str, float], tmp_path: Path
):
    expected, length = undisturbed
    random = np.random.default_rng(kills)
    moments = (random.uniform(0, length) for _ in itertools.count())
    killed, rounds = 0, 0
    while killed < kills:
        folder = shutil.copytree(raw, tmp_path / f"round-{rounds}")
        before = digests(folder / "raw")
        killed += kill_until_through(folder, moments, most=kills - killed)
        assert dump(folder) == expected
        assert digests(folder / "raw") == before
        assert leftovers(folder) == []
        rounds += 1


def kill_until_through(folder: Path, moments: Iterator[float], *, most: int) -> int:
    """Kill and resume until a run is through before its moment comes; after the last kill, wait.

    Runs that work in one process and runs that have workers take turns.
    """
    killed = 0
    for workers in itertools.cycle((2, 0)):
        process = start(folder, workers=workers)
        try:
            code = process.wait(next(moments) if killed < most else None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        else:
            assert code == 0
            break
    return killed


def leftovers(folder: Path) -> list[str]:
    wanted = {"campaign.sqlite", "lock"}
    return [
        path.name
        for path in (folder / "store").rglob("*")
        if path.is_file() and path.name not in wanted and path.suffix != ".nc"
    ]


WORK = """
import os, sys
from megabar.campaign import workers
worker = workers._Worker()
print(worker._started().pid, flush=True)
sys.stdin.read()
"""


def test_no_worker_outlives_a_run_that_was_killed():
    run = subprocess.Popen(
        [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdin is not None
    worker = int(run.stdout.readline())
    assert is_alive(worker)
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdin.close()
    run.stdout.close()
    deadline = time.monotonic() + 30
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"

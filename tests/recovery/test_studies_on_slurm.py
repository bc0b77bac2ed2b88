"""A study on a real SLURM, whose jobs are cancelled and killed; ``.ci/slurm`` brings one.

With a SLURM of your own: ``MEGABAR_SLURM=1 ./test tests/recovery/test_studies_on_slurm.py``.
"""

import os
import subprocess
from pathlib import Path

import pytest
from tests.batteries import units_of_work as toys

from megabar.campaign.schedulers import Progress, SlurmJobs, run_units

pytestmark = pytest.mark.skipif(
    "MEGABAR_SLURM" not in os.environ, reason="needs a SLURM: .ci/slurm runs these tests beside one"
)
ROOT = Path(__file__).resolve().parents[2]


def jobs(folder: Path) -> SlurmJobs:
    return SlurmJobs(
        memory="500MB",
        walltime="00:10:00",
        prologue=[f"export PYTHONPATH={ROOT}"],
        directives=["--mem=0"],
        logs=folder,
    )


def running_jobs() -> list[str]:
    command = ["squeue", "--noheader", "--format=%i", "--name=megabar", "--states=running"]
    return subprocess.check_output(command, text=True).split()


def test_jobs_that_are_cancelled_or_killed_change_no_byte(tmp_path: Path):
    units = [{"seed": seed, "seconds": 0.3} for seed in range(24)]
    units[3]["flag"] = str(tmp_path / "flag")
    cancelled: list[str] = []

    def cancel_one(told: Progress) -> None:
        if told.done >= 8 and not cancelled:
            cancelled.append(running_jobs()[0])
            subprocess.check_call(["scancel", cancelled[0]])  # noqa: S607

    found = tmp_path / "slurm"
    run_units(
        units,
        toys.deadly,
        folder=found,
        scheduler="slurm",
        workers=2,
        slurm=jobs(tmp_path),
        progress=cancel_one,
    )
    assert cancelled
    assert (tmp_path / "flag").exists()
    assert not set(running_jobs()) & set(cancelled)
    run_units(units, toys.deadly, folder=tmp_path / "serial", scheduler="serial")
    assert toys.files(found) == toys.files(tmp_path / "serial")


def test_jobs_end_with_the_study(tmp_path: Path):
    run_units(
        [{"seed": 1}],
        toys.computed,
        folder=tmp_path / "study",
        scheduler="slurm",
        workers=1,
        slurm=jobs(tmp_path),
    )
    left = ["squeue", "--noheader", "--format=%T", "--name=megabar"]
    states = set(subprocess.check_output(left, text=True).split())
    assert states <= {"COMPLETING", "CANCELLED"}

"""Thousands of damaged files: a clear error that names the file, or a dataset that makes sense."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.realdata import REPOSITORY

from megabar.readers.registry import FORMATS

LEAST_COPIES = 2000
SECONDS = 300


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Read all copies in a process of its own, with a limit on memory and on the time of each."""
    path = tmp_path_factory.mktemp("fuzz") / "report.jsonl"
    command = [sys.executable, "-m", "tests.properties.reader_fuzz", str(path)]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    assert done.returncode == 0, f"ended at {lines[-1:]} with {done.returncode}: {done.stderr}"
    return lines


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited on Linux")
def test_damaged_files_give_a_clear_error_or_a_dataset_that_makes_sense(report):
    problems = [line for line in report if "problem" in line]
    assert problems == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited on Linux")
def test_at_least_two_thousand_copies_over_all_formats_were_read(report):
    counted = report[-1]
    assert counted["copies"] >= LEAST_COPIES
    assert set(counted["formats"]) == {known.name for known in FORMATS}


def test_the_same_seed_makes_the_same_copies(tmp_path):
    np = pytest.importorskip("numpy")
    from tests.properties import reader_fuzz

    known = reader_fuzz.specimens(tmp_path)
    twice = [
        [
            (what, content)
            for what, _, content, _ in reader_fuzz.copies(
                known[0], known, np.random.default_rng([reader_fuzz.SEED, 0]), 40
            )
        ]
        for _ in range(2)
    ]
    assert twice[0] == twice[1]
    assert len({content for _, content in twice[0]}) > 30

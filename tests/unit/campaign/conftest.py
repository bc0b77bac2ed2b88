"""A small simulated campaign, raw and analysed, copied for each test that changes it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.batteries import small_campaign

from megabar.campaign.runner import Campaign


@pytest.fixture(scope="session")
def raw_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_campaign.simulate(tmp_path_factory.mktemp("raw") / "campaign")


@pytest.fixture(scope="session")
def done_once(raw_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Be careful: shared; tests only read it."""
    folder = tmp_path_factory.mktemp("done") / "campaign"
    shutil.copytree(raw_once, folder)
    assert Campaign.open(folder).run(workers=0).failed == ()
    return folder


@pytest.fixture
def raw(raw_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(raw_once, tmp_path / "campaign")


@pytest.fixture
def done(done_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(done_once, tmp_path / "campaign")


PLAN = """
schema = "campaign/1"
name = "two cells"
metal = "139La"

[[cell]]
name = "cell-1"
directory = "raw/cell-1"
heated_at = 2026-01-10T12:00:00

[[cell]]
name = "cell-2"
directory = "raw/cell-2"
heated_at = 2026-01-10T14:00:00+01:00
synthesis_pressure = "1.7 Mbar"

[[channel]]
name = "1H-fid"
measure = "line"
files = "*/1H_fid"
nucleus = "1H"
shape = "lorentzian"
dead_time = "12 us"
flip_angle = "90 deg"
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a plan: the small one, with words replaced and lines added."""

    def written(*changes: tuple[str, str], add: str = "") -> Path:
        text = PLAN
        for found, put in changes:
            assert text.count(found) >= 1, found
            text = text.replace(found, put, 1)
        path = tmp_path / "campaign.toml"
        path.write_text(text + add)
        return path

    return written

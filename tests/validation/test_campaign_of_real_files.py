"""A campaign of measured files: does a plan, without a line of code, give their known values?

Values and tolerances are those of independent calculations on the same files. The files belong to
four instruments and know nothing of diamond anvils; the cell is only the place where they meet.
"""

import hashlib
import shutil
from pathlib import Path

import pytest
from tests.realdata import data_path

from megabar.campaign.runner import Campaign

FILES = {
    "t1rho": "bruker-1h-t1rho-polymer/189",
    "t1.tnt": "dnplab-low-field/tnmr/T1.tnt",
    "t1-bruker": "dnplab-low-field/topspin/28",
    "ethanol.csdf": "csdm-nmr/blochDecay/blochDecay.csdf",
    "films.dat": ("rt-nb-ppms-250308/250308-ch1Nb50Al100-ch2Nb100Al20-ch3Nb100Al100_fineUp2.dat"),
}
PLAN = """
schema = "campaign/1"
name = "measured files"

[[cell]]
name = "bench"
directory = "raw"
heated_at = 2025-03-01T00:00:00

[[channel]]
name = "polymer-309"
measure = "t1rho"
files = "t1rho"
model = "single"
window = ["-330 Hz", "-290 Hz"]

[[channel]]
name = "polymer-263"
measure = "t1rho"
files = "t1rho"
model = "single"
window = ["243 Hz", "283 Hz"]

[[channel]]
name = "low-field"
measure = "t1"
files = "t1.tnt"
model = "single"
nucleus = "1H"
array = "de6"
array_as = "delay"
sense = 1
until = "2 ms"

[[channel]]
name = "interference"
measure = "t1"
files = "t1-bruker"
model = "single"
nucleus = "1H"
drift = "300 Hz"

[[channel]]
name = "quartet-1"
measure = "line"
files = "ethanol.csdf"
shape = "lorentzian"
nucleus = "13C"
sense = -1
n_scans = 1
started_at = 2025-03-08T00:00:00
window = ["-1667 Hz", "-1607 Hz"]

[[channel]]
name = "quartet-2"
measure = "line"
files = "ethanol.csdf"
shape = "lorentzian"
nucleus = "13C"
sense = -1
n_scans = 1
started_at = 2025-03-08T00:00:00
window = ["-1541 Hz", "-1481 Hz"]
"""
BRIDGE = """
[[channel]]
name = "film-{0}"
measure = "resistance"
files = "films.dat"
channel = {0}
{1}
started_at = 2025-03-08T00:00:00
"""


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "raw").mkdir()
    for name, source in FILES.items():
        place = data_path(source)
        copy = shutil.copytree if place.is_dir() else shutil.copyfile
        copy(place, folder / "raw" / name)
    stated = 'normal_state = ["9.15 K", "9.5 K"]'
    bridges = map(BRIDGE.format, (1, 2, 3), ("", stated, stated))  # of the first it is found
    (folder / "campaign.toml").write_text(PLAN + "".join(bridges))
    before = digests(folder / "raw")
    opened = Campaign.open(folder)
    outcome = opened.run(workers=0)
    assert outcome.failed == ()
    assert digests(folder / "raw") == before
    return opened


def number(campaign, channel, name):
    (found,) = (row for row in campaign.rows() if (row.channel, row.name) == (channel, name))
    return found


@pytest.mark.parametrize(
    ("channel", "name", "expected", "tolerance"),
    [
        ("polymer-309", "t1rho", 76.5e-3, 3e-3),
        ("polymer-263", "t1rho", 67.6e-3, 3e-3),
        ("low-field", "t1", 0.11, 0.015),
        ("interference", "t1", 2.35, 0.3),
        ("film-1", "tc_midpoint", 8.799, 0.006),
        ("film-2", "tc_midpoint", 8.826, 0.006),
        ("film-3", "tc_midpoint", 9.045, 0.006),
        ("film-1", "tc_width", 8.5e-3, 3e-3),
        ("film-2", "tc_width", 15e-3, 3e-3),
        ("film-3", "tc_width", 9e-3, 3e-3),
    ],
)
def test_the_plan_gives_the_known_value(campaign, channel, name, expected, tolerance):
    found = number(campaign, channel, name)
    assert found.quality == "value"
    assert found.value == pytest.approx(expected, abs=tolerance)


def test_coupling_of_ethanol_as_the_distance_of_two_channels(campaign):
    """Inner lines of the CH3 quartet, one bond C-H coupling 125.6 Hz apart."""
    low, high = (number(campaign, f"quartet-{k}", "line_frequency").value for k in (1, 2))
    assert high - low == pytest.approx(125.6, abs=1)


def test_each_bridge_has_a_record_of_its_own_in_the_history(campaign):
    resistance = campaign.history("bench")["resistance"].to_dataset()
    assert sorted(resistance["channel"].values) == ["film-1", "film-2", "film-3"]
    assert set(resistance["elapsed"].values) == {7.0}


def test_the_extra_row_of_the_polymer_is_told(campaign):
    found = number(campaign, "polymer-309", "t1rho")
    assert any("row" in sentence or "step" in sentence for sentence in found.warnings)


def test_a_second_run_has_nothing_to_do(campaign):
    outcome = campaign.run(workers=0)
    assert (outcome.done, outcome.failed) == (0, ())

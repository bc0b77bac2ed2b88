"""A simulated cell whose copper is squeezed: its shifts, their drift, and the story that they tell.

The laboratory draws fields, drifts and lines and shares no analysis code. In its truth the 139La
shift goes straight from 900 to 2950 ppm while the content falls from 10.5 by 0.12 a day.
"""

import re
import shutil
from pathlib import Path

import pytest
from tests.batteries import small_campaign

from megabar.campaign.runner import Campaign
from megabar.observables.shift_histories import drift_of, shift_history

DAYS = 'hydride = ["1 day", "6 day", "14 day", "26 day", "40 day"]'
SQUEEZED = 'knight_shift_change = "-836 ppm" '
TRUE_DRIFT = 0.12 * 2050 / 7.5  # Hz/MHz per day
WITNESS = """
[[witness]]
nucleus = "139La"
shift = ["2950 ppm", "900 ppm"]
shift_std = ["5 ppm", "5 ppm"]
h_per_metal = [3.0, 10.5]
source = "what the laboratory was told"
"""
STATED = r"copper_knight_shift_change = .*\ncopper_knight_shift_change_std = .*\n"
BY_PRESSURE = """copper_pressure = "170 GPa"
copper_pressure_std = "5 GPa"
copper_exponent = 1.0
copper_exponent_std = 0.2
"""


def measured(folder: Path, *changes: tuple[str, str]) -> Path:
    words = (('hydride = ["0 day", "30.5 day"]', DAYS), *changes)
    small_campaign.simulate(folder, changes=words)
    path = folder / "campaign.toml"
    path.write_text(path.read_text() + WITNESS)
    assert Campaign.open(folder).run(workers=0).failed == ()
    return folder


@pytest.fixture(scope="module")
def squeezed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return measured(
        tmp_path_factory.mktemp("squeezed") / "campaign",
        ('knight_shift_change = "0 ppm" ', SQUEEZED),
    )


@pytest.fixture(scope="module")
def constant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hydride keeps its hydrogen, as its shift says; the proton line loses amplitude alone."""
    return measured(
        tmp_path_factory.mktemp("constant") / "campaign",
        ('shift = ["2950 ppm", "900 ppm"]', 'shift = ["900 ppm", "900.001 ppm"]'),
    )


def told_otherwise(folder: Path, target: Path, put: str) -> Campaign:
    """The same records under a plan that says something else about the copper."""
    shutil.copytree(folder, target)
    path = target / "campaign.toml"
    text, count = re.subn(STATED, put, path.read_text())
    assert count == 1
    path.write_text(text)
    campaign = Campaign.open(target)
    outcome = campaign.run(workers=0)
    assert (outcome.failed, outcome.done) == ((), 0)
    return campaign


def shifts_of(campaign: Campaign, nucleus: str = "139La") -> list:
    return [n for n in campaign.rows() if (n.node, n.name) == (nucleus, "shift") and n.elapsed > 0]


def true_shift(elapsed: float) -> float:
    return 900 + TRUE_DRIFT * elapsed


@pytest.mark.parametrize("way", ["stated", "by pressure"])
def test_shifts_by_squeezed_copper_are_true_within_their_errors(squeezed, tmp_path, way):
    campaign = (
        Campaign.open(squeezed)
        if way == "stated"
        else told_otherwise(squeezed, tmp_path / "c", BY_PRESSURE)
    )
    for number in shifts_of(campaign):
        pull = (number.value - true_shift(number.elapsed)) / number.std
        assert abs(pull) < 3.5
        assert number.common_std > (100 if way == "by pressure" else 4)
        assert number.warnings == ()


def test_copper_taken_for_unsqueezed_moves_every_shift_by_834_ppm_and_warns(squeezed, tmp_path):
    campaign = told_otherwise(squeezed, tmp_path / "c", "")
    for number in shifts_of(campaign):
        error = number.value - true_shift(number.elapsed)
        assert error == pytest.approx(836 / 1.00238, abs=3.5 * (number.independent_std + 5))
        assert any("several hundred Hz/MHz" in sentence for sentence in number.warnings)


def test_the_drift_is_true_whatever_is_said_about_the_copper(squeezed, tmp_path):
    known = drift_of(shift_history(Campaign.open(squeezed).history("cell-1"), nucleus="139La"))
    unknown = drift_of(
        shift_history(
            told_otherwise(squeezed, tmp_path / "c", "").history("cell-1"), nucleus="139La"
        )
    )
    assert known.slope == pytest.approx(TRUE_DRIFT, abs=3.5 * known.slope_std)
    assert known.slope_std < 1.0
    assert known.probability > 1e-3  # a straight line it is
    assert unknown.slope == pytest.approx(known.slope, rel=2e-3)
    assert unknown.at_zero - known.at_zero == pytest.approx(836 / 1.00238, abs=2.0)


def test_contents_by_the_shift_are_true_and_tell_the_story_of_the_amplitudes(squeezed):
    campaign = Campaign.open(squeezed)
    rows = [n for n in campaign.rows() if n.node == "139La shift"]
    assert len(rows) == 5
    for number in rows:
        truth = 10.5 - 0.12 * number.elapsed
        assert abs(number.value - truth) < 3.5 * number.std
        assert number.std < 0.12
    (verdict,) = campaign.witnesses()
    assert verdict.agrees
    assert verdict.relative_agrees
    assert verdict.scale == pytest.approx(1.0, abs=3.5 * verdict.scale_std)
    assert verdict.relative_slope == pytest.approx(1.0, abs=3.5 * verdict.relative_slope_std)


def test_an_amplitude_that_falls_beside_a_shift_that_stands_still_is_found_out(constant):
    (verdict,) = Campaign.open(constant).witnesses()
    assert verdict.content_moves
    assert not verdict.shift_moves
    assert verdict.relative_agrees is False
    assert not verdict.agrees
    assert "content moves while the 139La shift stays within its errors" in verdict.sentence

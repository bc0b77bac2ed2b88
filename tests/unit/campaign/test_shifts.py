"""What is known about the copper, gold lenses, and cells with a compound of known shift."""

import json
import shutil
from dataclasses import replace
from math import hypot
from pathlib import Path

import pytest
from tests.unit.campaign.by_hand import (
    AMBIENT,
    CHANNELS,
    COPPER,
    HEATED,
    INSIDE,
    make,
    only,
    record,
)

from megabar.campaign import cross_checks, plan, shifts
from megabar.campaign.rows import Failure
from megabar.campaign.runner import Campaign

LINE = record("1H", 0, settings={"carrier_frequency": 400e6}, line_frequency=(44e3, 40.0))
UNKNOWN = replace(COPPER, copper_knight_shift_change=None, copper_knight_shift_change_std=None)
SQUEEZED = replace(
    UNKNOWN,
    copper_knight_shift=2380.0,
    copper_pressure=170.0,
    copper_pressure_std=0.0,
    copper_exponent=1.0,
    copper_exponent_std=0.3,
)


def cell(name="c", **more):
    return plan.Cell(name=name, directory=f"raw/{name}", heated_at=HEATED, **more)


def shift_of(reference, *records, **changes):
    return only(shifts.shifts(make(reference=reference, **changes), [*records, AMBIENT]))


# --- the Knight shift of the copper ---------------------------------------------------------------


def test_pressure_and_exponent_give_the_shift_that_the_same_change_stated_gives():
    by_pressure = shift_of(SQUEEZED, LINE, INSIDE).value("shift")
    # V/V0 = 0.6488 at 170 GPa: K falls by 2380 x 0.3512 = 835.9; n = 0.7 and 1.3: 621.9 and 1023.9
    ratio = 0.64879
    up, down = 2380 * (ratio**0.7 - ratio), 2380 * (ratio - ratio**1.3)
    stated = replace(
        UNKNOWN,
        copper_knight_shift=2380.0,
        copper_knight_shift_change=-835.9,
        copper_knight_shift_change_std=((up**2 + down**2) / 2) ** 0.5,
    )
    by_hand = shift_of(stated, LINE, INSIDE).value("shift")
    assert by_pressure.value == pytest.approx(by_hand.value, abs=0.2)
    assert by_pressure.common_std == pytest.approx(by_hand.common_std, rel=1e-3)
    assert by_pressure.independent_std == pytest.approx(by_hand.independent_std, rel=1e-3)


def test_a_row_says_both_sides_of_the_error_and_that_all_shifts_share_it():
    row = shift_of(SQUEEZED, LINE, INSIDE)
    details = json.loads(row.details)
    low, high = details["knight_shift_change_low"], details["knight_shift_change_high"]
    assert low < details["knight_shift_change"] < high
    assert high - details["knight_shift_change"] > details["knight_shift_change"] - low
    assert "common to all nuclei and times" in details["reference_covariance"]
    assert details["reference_compound"].startswith("(CH3)4Si")
    assert row.warnings == ()


def test_copper_of_unknown_pressure_warns_on_every_shift_and_offset():
    row = shift_of(UNKNOWN, LINE, INSIDE)
    assert any("several hundred Hz/MHz" in sentence for sentence in row.warnings)
    assert row.value("shift").common_std == pytest.approx(0.02, rel=1e-3)  # ambient copper alone
    offset = only(shifts.field_offsets(make(reference=UNKNOWN), [INSIDE, AMBIENT]))
    assert any("several hundred Hz/MHz" in sentence for sentence in offset.warnings)


def test_another_error_of_the_exponent_is_another_row():
    """A run derives again only what has another identity."""
    surer = replace(SQUEEZED, copper_exponent_std=0.1)
    first, second = (shift_of(told, LINE, INSIDE) for told in (SQUEEZED, surer))
    assert first.value("shift").value == second.value("shift").value
    assert first.id != second.id


def test_one_change_of_the_copper_moves_all_nuclei_by_the_same_shift():
    lanthanum = record(
        "139La", 0, settings={"carrier_frequency": 56.5e6}, line_frequency=(0.0, 1.0)
    )
    moved = []
    for line in (LINE, lanthanum):
        plain, squeezed = (
            shift_of(told, line, INSIDE).value("shift").value for told in (UNKNOWN, SQUEEZED)
        )
        moved.append(squeezed - plain)
    assert moved[0] == pytest.approx(-836, rel=3e-3)
    assert moved[0] == pytest.approx(moved[1], rel=1e-3)


# --- gold -----------------------------------------------------------------------------------------


def test_a_gold_lens_stops_the_shifts_of_its_own_cell_only():
    cells = (cell("c", lens="gold"), cell("d", lens="copper"))
    other = record(
        "1H", 0, cell="d", settings={"carrier_frequency": 400e6}, line_frequency=(44e3, 40.0)
    )
    copper = record(
        "Cu", 0.01, cell="d", settings={"carrier_frequency": 106e6}, line_frequency=(-2120.0, 1.06)
    )
    rows = list(
        shifts.shifts(make(reference=COPPER, cells=cells), [LINE, INSIDE, other, copper, AMBIENT])
    )
    stopped = only(row for row in rows if isinstance(row, Failure))
    assert stopped.cell == "c"
    assert "a gold lens holds no copper" in stopped.message
    assert "Use a copper lens, or an external standard" in stopped.message
    found = only(row for row in rows if not isinstance(row, Failure))
    assert found.value("shift").value == pytest.approx(30.0, abs=0.02)


def test_a_gold_lens_does_not_stop_shifts_that_need_no_copper():
    by_xi = plan.Reference(method="xi", proton_frequency=400e6)
    row = shift_of(by_xi, LINE, cells=(cell(lens="gold"),))
    assert row.value("shift").value == pytest.approx(110.0, rel=1e-9)


def test_a_copper_line_in_a_cell_with_a_gold_lens_is_not_believed():
    cells = (cell(lens="gold"),)
    row = only(shifts.field_offsets(make(reference=COPPER, cells=cells), [INSIDE, AMBIENT]))
    assert isinstance(row, Failure)
    assert "gold" in row.message


# --- cells with a compound of known shift ---------------------------------------------------------

CHECK = plan.CrossCheck(
    name="TMS",
    nucleus="1H",
    record="raw/TMS",
    known_shift=0.0,
    known_shift_std=0.5,
    copper="raw/Cu",
)


def filled(channel, named, frequency, offset, std):
    """A record outside any cell, with a channel of its own."""
    line = record(
        channel, 0, cell="reference", settings={"carrier_frequency": frequency},
        line_frequency=(offset, std),
    )  # fmt: skip
    return replace(line, channel=replace(CHANNELS[channel], name=named))


def checked(check, offset, *, reference=COPPER, records=()):
    line = filled("1H", "cross-check-TMS", 400e6, offset, 4.0)
    told = make(reference=reference, cross_checks=(check,))
    return only(cross_checks.cross_checks(told, [line, *records, AMBIENT]))


COPPER_OF_TMS = filled("Cu", "cross-check-TMS-copper", 106e6, -2120.0, 1.06)


def test_a_liquid_at_ambient_pressure_is_corrected_for_its_field_and_no_knight_shift():
    row = checked(CHECK, -8000.0 + 400.0, records=[COPPER_OF_TMS])
    found = row.value("shift")
    # the copper lies 20 ppm low, so the field does: TMS is expected 20 ppm = 8000 Hz low
    assert found.value == pytest.approx(1.0, abs=1e-3)
    # line 0.01, copper 0.01, ambient copper 0.02 ppm; the 50 ppm of K(P) are not in it
    assert found.std == pytest.approx(hypot(0.01, 0.01, 0.02), rel=1e-3)
    details = json.loads(row.details)
    assert details["difference"] == pytest.approx(1.0, abs=1e-3)
    assert details["agrees"] is False  # just: z is 2.0
    assert details["z"] == pytest.approx(1.0 / hypot(0.5, found.std), rel=1e-3)
    assert "nothing about the Knight shift of copper at pressure" in details["tests"]
    assert row.node == "cross-check"


def test_a_cell_at_pressure_tests_the_knight_shift_too():
    squeezed = replace(CHECK, pressure=170.0, pressure_std=0.0)
    row = checked(squeezed, 0.0, reference=SQUEEZED, records=[COPPER_OF_TMS])
    assert row.value("shift").value == pytest.approx(20.0 - 835.9 / 1.00238, abs=0.2)
    assert row.value("shift").common_std > 150
    details = json.loads(row.details)
    assert "Knight shift of copper at 170 GPa" in details["tests"]


def test_without_copper_of_its_own_the_field_in_the_cell_stays_uncorrected():
    row = checked(replace(CHECK, copper=None), -8000.0)
    assert row.value("shift").value == pytest.approx(-20.0, rel=1e-9)
    details = json.loads(row.details)
    assert details["agrees"] is False
    assert "not corrected" in details["tests"]


def test_a_cross_check_without_its_copper_record_fails_with_the_reason():
    row = checked(CHECK, 0.0)
    assert isinstance(row, Failure)
    assert "no copper record within" in row.message


def test_another_known_shift_is_another_row():
    first = checked(CHECK, 0.0, records=[COPPER_OF_TMS])
    second = checked(replace(CHECK, known_shift=5.0), 0.0, records=[COPPER_OF_TMS])
    assert first.id != second.id


def test_a_campaign_reads_its_cross_check_and_puts_it_into_a_table(done: Path):
    """A line of known truth stands in for the compound: 139La of day zero, and its copper."""
    for name in ("139La_echo", "63Cu_fid"):
        shutil.copytree(done / f"raw/cell-1/day-000/{name}", done / f"raw/reference/check-{name}")
    content = 10.5 - 7.5 * (1.1 / 24) / 62.5  # 66 minutes after the heating
    truth = 900 + (10.5 - content) * 2050 / 7.5
    path = done / "campaign.toml"
    table = f"""
[[cross_check]]
name = "hydride"
nucleus = "139La"
record = "raw/reference/check-139La_echo"
copper = "raw/reference/check-63Cu_fid"
known_shift = "{truth:.2f} ppm"
known_shift_std = "5 ppm"
"""
    path.write_text(path.read_text() + table)
    campaign = Campaign.open(done)
    assert campaign.run(workers=0).failed == ()
    (row,) = campaign.cross_checks()
    assert row.name == "hydride"
    assert row.found == pytest.approx(truth, abs=3 * hypot(row.found_std, 5.0))
    assert row.agrees
    assert row.z == pytest.approx((row.found - truth) / hypot(row.found_std, 5.0), rel=1e-3)
    assert "nothing about the Knight shift of copper at pressure" in row.tests
    assert "hydride" not in campaign.history("cell-1").children

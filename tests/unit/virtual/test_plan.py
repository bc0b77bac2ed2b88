"""A plan of a simulation that is wrong says where."""

import math

import pytest

from megabar.errors import PlanError
from megabar.virtual.plan import read_plan, session_folder


def changed(plan_path, plan_text, old, new):
    assert plan_text.count(old) >= 1
    plan_path.write_text(plan_text.replace(old, new, 1), encoding="utf-8")
    return plan_path


def test_a_plan_is_read_into_si(plan_path):
    plan = read_plan(plan_path)
    assert plan.magnet.proton_frequency == 395.107e6
    assert plan.channels[0].settings.flip_angle == pytest.approx(math.pi / 2)
    assert plan.copper.line.t2 == math.inf
    assert plan.cells[0].sessions == (("precursor", -1.0), ("hydride", 0.0), ("hydride", 30.5))
    assert [c.name for c in plan.channels_of("precursor")] == ["63Cu_fid", "1H_fid", "139La_echo"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('dwell = "1 us"', "dwell = 1e-6", r"channel\[1\].dwell: found 1e-06; a text such as"),
        ('dwell = "1 us"', 'dwel = "1 us"', r"channel\[1\].dwell: is missing"),
        ('drift = "', 'drif = "0"\ndrift = "', r"magnet.drif: is unknown. Did you mean drift"),
        ('law = "linear"', 'law = "linaer"', r"cell\[1\].law: found 'linaer'. Did you mean linear"),
        ('fwhm = ["50 kHz"]', 'fwhm = ["50 K"]', r"precursor.line.1H.fwhm: .*Hz is needed"),
        ('"4 kHz", "1.35 kHz"', '"4 kHz"', r"hydride.line.1H: Found 1 values of fwhm for 2"),
        ("n_scans = 20_000", "n_scans = 20_001", r"n_scans: found 20001; a multiple of 4"),
        ("n_scans = 20_000", "n_scans = true", r"n_scans: found True; a whole number"),
        ('session = "all"', 'session = "al"', r"session: found 'al'. Did you mean all"),
        ("points = 256", "points = 2", r"points: found 2; a whole number from 16"),
        ('precursor = ["-1 day"]', 'precursor = ["1 day"]', r"measured before day 0"),
        ('"0 day", "30.5 day"', '"0 day", "0 day"', r"two sessions on one day"),
        ('name = "cell-1"', 'name = "../1"', r"also names a folder"),
        ('before_echo = "15 us"', 'before_echo = "24 us"', r"channel\[4\]: Found an echo recorded"),
        ("[precursor.line.139La]", "[precursor.line.138La]", r"139La_echo needs a line of 139La"),
        ('metal = "139La"', 'metal = "139Lu"', r"metal: found '139Lu'. Did you mean 139La"),
        ('schema = "simulation/1"', 'schema = "simulation/2"', r"schema: found 'simulation/2'"),
        ("heated_at = 2026-01-10T12:00:00", 'heated_at = "today"', r"heated_at: found 'today'"),
        ('dwell = "1 us"', 'dwell = "inf"', r"channel\[1\].dwell: .*finite number"),
        ('t1 = "4.2 ms"', 't1 = "inf"', r"copper.t1: .*finite number"),
        ("points = 1024", "points = 9_999_999", r"channel\[2\]: Found a record that ends"),
        ("floor = 3.0", "floor = 12.0", r"cell\[1\]: Found start 10.5 and floor 12.0"),
        ("seed = 3", "seed = -1", r"seed: found -1; a whole number from 0"),
        ("[magnet]", "magnet = 3\n[magnot]", r"magnet: found 3; a table \[magnet\] is needed"),
        ("[[cell]]", "[[cell]]\n[[cell]]", r"cell\[1\].law: is missing"),
        ("[precursor]", "[precursor", r"is no TOML: .*line"),
    ],
)
def test_a_wrong_entry_is_named_with_its_remedy(plan_path, plan_text, old, new, message):
    path = changed(plan_path, plan_text, old, new)
    with pytest.raises(PlanError, match=message):
        read_plan(path)


def test_a_missing_plan_is_named(tmp_path):
    with pytest.raises(PlanError, match="Found no plan at"):
        read_plan(tmp_path / "absent.toml")


def test_session_folders_sort_by_day_and_keep_parts_of_a_day():
    folders = [session_folder("hydride", day) for day in (0.0, 2.0, 30.5, 70.0, 100.25)]
    assert folders == ["day-000", "day-002", "day-030.5", "day-070", "day-100.25"]
    assert folders == sorted(folders)

"""What a plan must not say about the zero of its shifts: each with key, finding and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from megabar.campaign import plan
from megabar.errors import PlanError

COPPER = """
[[channel]]
name = "Cu"
measure = "copper"
files = "*/Cu"
nucleus = "63Cu"
shape = "gaussian"

[reference]
method = "copper"
proton_frequency = "395.107 MHz"
ambient_copper = "raw/Cu"
pairing = "12 hour"
"""
PRESSURE = """
copper_knight_shift = "2380 ppm"
copper_pressure = "170 GPa"
copper_pressure_std = "10 GPa"
copper_exponent = 1.0
copper_exponent_std = 0.3
"""
XI = """
[reference]
method = "xi"
proton_frequency = "395.107 MHz"
"""
CHECK = """
[[cross_check]]
name = "TMS"
nucleus = "1H"
record = "raw/TMS"
known_shift = "0 ppm"
known_shift_std = "0.5 ppm"
"""
WITNESS = """
[[witness]]
nucleus = "139La"
shift = ["2950 ppm", "900 ppm"]
shift_std = ["10 ppm", "10 ppm"]
h_per_metal = [3.0, 10.5]
source = "own samples"
"""
Write = Callable[..., Path]


def test_the_copper_may_be_unknown_stated_or_follow_from_pressure(write: Write):
    assert plan.load(write(add=COPPER)).reference.copper_pressure is None
    told = plan.load(write(add=COPPER + PRESSURE)).reference
    assert (told.copper_pressure, told.copper_exponent) == (170.0, 1.0)


def test_a_whole_plan_with_all_tables_is_read(write: Write):
    check = CHECK + 'copper = "raw/TMS-Cu"\npressure = "20 GPa"\npressure_std = "1 GPa"\n'
    told = plan.load(write(add=COPPER + PRESSURE + check + WITNESS))
    assert told.cross_checks[0].pressure == 20.0
    assert told.witnesses[0].shift == (2950.0, 900.0)
    assert told.witnesses[0].between == "linear"


@pytest.mark.parametrize(
    ("add", "words"),
    [
        (COPPER + 'copper_pressure = "170 GPa"\n', "copper_exponent: missing, and copper_pressure"),
        (
            COPPER + PRESSURE + 'copper_knight_shift_change = "-836 ppm"\n',
            "stated already by copper_knight_shift_change. Keep one",
        ),
        (COPPER + 'copper_knight_shift_change = "0 ppm"\n', "copper_knight_shift: missing"),
        (
            COPPER + PRESSURE.replace("170 GPa", "-1 GPa"),
            r"copper_pressure: found -1; it is not negative",
        ),
        (CHECK, "shifts have no zero here"),
        (XI + CHECK + 'copper = "raw/Cu"\n', 'method "xi" of .reference. does not use copper'),
        (XI + CHECK + CHECK, '"TMS": 2 tables have this name'),
        (XI + CHECK.replace('"1H"', '"139La"'), 'has nucleus = "139La", so nothing says how'),
        (XI + CHECK + 'channel = "1H-fdi"\n', "Did you mean 1H-fid"),
        (XI + CHECK + 'pressure = "20 GPa"\n', "a pressure needs its error"),
        (COPPER + CHECK + 'pressure = "2 GPa"\npressure_std = "1 GPa"\n', "needs copper_exponent"),
        (XI + CHECK.replace('"0.5 ppm"', '"-0.5 ppm"'), "known_shift_std: found -0.5"),
        (WITNESS, "shifts have no zero here"),
        (XI + WITNESS.replace("139La", "139Ls"), "139Ls"),
        (XI + WITNESS + WITNESS, "2 tables read a content from 139La"),
        (XI + WITNESS.replace("[3.0, 10.5]", "[10.5, 3.0]"), "the contents do not rise"),
        (XI + WITNESS.replace("[3.0, 10.5]", "[3.0]"), "found 1 entries for 2 anchors"),
        (XI + WITNESS.replace('"900 ppm"', '"2950 ppm"'), "neither rise nor fall"),
        (XI + WITNESS.replace('["10 ppm", ', '["-1 ppm", '), "negative error"),
    ],
)
def test_what_contradicts_itself_is_named(write: Write, add: str, words: str):
    with pytest.raises(PlanError, match=words):
        plan.load(write(add=add))


def test_a_lens_is_of_copper_or_gold(write: Write):
    line = 'directory = "raw/cell-1"\n'
    assert plan.load(write((line, line + 'lens = "gold"\n'))).cells[0].lens == "gold"
    with pytest.raises(PlanError, match=r'"cell-1".lens: found .brass.'):
        plan.load(write((line, line + 'lens = "brass"\n')))

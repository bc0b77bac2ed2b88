"""The verb release: what it answers, what it is asked, and what it refuses."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from megabar.cli import main, terminal

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "release"
PAGE = ROOT / "docs" / "reference" / "command-line.md"

PLAN = """
schema = "release/1"
name = "one grain"
temperature = "300 K"
until = "50 day"
points = 26

[grains]
shape = "sphere"
radius = "1 um"
spread = 0.0
start = 10.0
metal_density = "2.8e28 m-3"
diffusivity = "1e-6 cm2/s"

[surface]
law = "first order"
loss = "0.20 day-1"
activation_energy = "0.95 eV"
at = "300 K"

[surface.equilibrium]
law = "fixed"
content = 0.0
"""
SATURATING = 'law = "saturating"\nlow = 3.0\nrise = 8.5\nhalf = 2.0'
CLOSED = PLAN.replace('law = "fixed"\ncontent = 0.0', SATURATING)
CLOSED += "\n[cavity]\nfree = 0.0\nbound = 0.0\n"
WALL = """metal_atoms = 1e14

[[stack]]
name = "gasket"
area = "1000 um2"
activity = "proportional"
unit_activity_at = 1.0
outside = "closed"

[[stack.layer]]
name = "film"
thickness = "500 nm"
diffusivity = "unknown"
diffusivity_range = ["1e-20 m2/s", "1e-18 m2/s"]
capacity = "1e26 m-3"
start = "0 m-3"

[[stack.layer]]
name = "metal"
thickness = "1 um"
diffusivity = "1e-16 m2/s"
capacity = "1e28 m-3"
start = "0 m-3"
"""


@pytest.fixture
def write_plan(tmp_path):
    """A function that writes a plan and gives its path."""

    def write(text, name="plan.toml"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main(["release", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer(capsys, *words):
    code, out, _ = outcome(capsys, *words, "--json")
    return code, json.loads(out)


def test_a_stated_loss_of_a_uniform_grain_is_an_exponential(write_plan, capsys):
    code, found = answer(capsys, write_plan(PLAN), "--below", "5")
    days = np.array(found["days"])
    assert code == terminal.OK
    assert found["level"]["name"] == "ODE0"
    assert found["content"] == pytest.approx(10 * np.exp(-0.02 * days), rel=1e-6)
    assert found["outcomes"][0]["loss_at_start"] == pytest.approx(0.2, rel=1e-12)
    assert found["outcomes"][0]["below"][0]["day"] == pytest.approx(50 * np.log(2), rel=1e-3)
    assert np.add(found["content"], found["lost"]) == pytest.approx(10.0, rel=1e-11)


def test_a_stated_loss_belongs_to_the_plan_as_written(write_plan, capsys):
    _, found = answer(capsys, write_plan(PLAN), "--vary", "grains.radius=2 um")
    first, other = found["outcomes"]
    assert other["loss_at_start"] == pytest.approx(first["loss_at_start"] / 2, rel=1e-9)


@pytest.mark.parametrize(("kelvin", "ratio"), [("250 K", 6.4e-4), ("310 K", 3.27)])
def test_another_temperature_has_the_rate_of_the_barrier(kelvin, ratio, write_plan, capsys):
    code, found = answer(capsys, write_plan(PLAN), "--at", kelvin)
    first, other = found["outcomes"]
    assert code == terminal.OK
    assert other["loss_at_start"] / first["loss_at_start"] == pytest.approx(ratio, rel=1e-2)


def test_attempts_make_the_barrier_of_a_loss(write_plan, capsys):
    """0.12 H per La and day from 1 um of LaH10.5 at 295 K and 1e13 attempts: 0.968 eV."""
    text = (
        PLAN.replace("start = 10.0", "start = 10.5").replace("0.20", "0.12").replace("300", "295")
    )
    text = text.replace('activation_energy = "0.95 eV"', 'attempt_rate = "1e13 s-1"')
    _, found = answer(capsys, write_plan(text.replace("2.8e28", "2.797e28")))
    assert found["surface"]["activation_energy"] / 96485.332 == pytest.approx(0.968, rel=2e-3)


def test_the_excess_that_halts_a_loss_halts_it(write_plan, capsys):
    """3 + 8.5 a/(a + 2) = 10 at a = 28/3."""
    path = write_plan(CLOSED)
    code, found = answer(capsys, path, "--find", "excess-hydrogen", "--keep", "8")
    assert code == terminal.OK
    assert found["excess"]["free"] == pytest.approx(28 / 3, rel=1e-9)
    assert found["excess"]["content"] == pytest.approx(10.0, abs=1e-6)
    kept = found["excess"]["kept"]["free"]
    _, with_it = answer(capsys, path, "--vary", f"cavity.free={kept},{0.99 * kept}")
    assert with_it["outcomes"][1]["content"] >= 8.0 > with_it["outcomes"][2]["content"]


@pytest.mark.parametrize(
    ("law", "reason"),
    [
        ('law = "pure hydrogen"\ncontent = 3.0', "phase rule"),
        ('law = "fixed"\ncontent = 3.0', "fixes the equilibrium"),
        ('law = "saturating"\nlow = 3.0\nrise = 5.0\nhalf = 2.0', "rest at 7.99"),
    ],
)
def test_no_excess_halts_a_loss_where_nothing_follows_it(law, reason, write_plan, capsys):
    text = re.sub(r'law = "saturating"\n(.*\n){3}', law + "\n", CLOSED)
    _, found = answer(capsys, write_plan(text), "--find", "excess-hydrogen")
    assert found["excess"]["free"] is None
    assert reason in found["excess"]["reason"]


def test_a_film_keeps_hydrogen_out_of_the_metal_behind_it(write_plan, capsys):
    path = write_plan(CLOSED + WALL)
    words = ["--without", "film", "--thickness", "film=50 nm, 5 um"]
    code, found = answer(capsys, path, *words)
    base, without, thin, thick = (one["stacks"]["gasket"] for one in found["outcomes"])
    assert code == terminal.LOW_CONFIDENCE
    assert thick < base < thin < without
    assert base == pytest.approx(sum(found["outcomes"][0]["layers"].values()), rel=1e-9)


def test_what_is_unknown_gives_a_range_that_holds_the_plan_as_it_is(write_plan, capsys):
    _, found = answer(capsys, write_plan(CLOSED + WALL))
    (unknown,) = found["unknowns"]
    assert unknown["key"] == "gasket.film.diffusivity"
    assert unknown["used"] == pytest.approx(1e-19)
    (one,) = found["outcomes"]
    assert one["walls_range"][0] < one["stacks"]["gasket"] < one["walls_range"][1]


def test_a_diffusivity_from_the_table_of_materials_names_its_source(write_plan, capsys):
    tabulated = (
        'diffusivity = "from table"\nmaterial = "alumina"\nquantity = "diffusivity-corundum"'
    )
    text = WALL.replace('diffusivity = "1e-16 m2/s"', tabulated)
    _, found = answer(capsys, write_plan(CLOSED + text))
    (source,) = found["sources"]
    assert source["key"] == "gasket.metal.diffusivity"
    assert "1.24 eV" in source["words"]


def test_what_the_table_calls_unknown_has_its_range(write_plan, capsys):
    tabulated = 'diffusivity = "from table"\nmaterial = "rhenium"\nquantity = "diffusivity"'
    text = WALL.replace('diffusivity = "1e-16 m2/s"', tabulated)
    code, found = answer(capsys, write_plan(CLOSED + text))
    assert code == terminal.LOW_CONFIDENCE
    assert [one["key"] for one in found["unknowns"]][1] == "gasket.metal.diffusivity"
    assert found["unknowns"][1]["low"] < found["unknowns"][1]["high"]


def test_recombination_rests_where_sieverts_says(write_plan, capsys):
    """x^2 = 16 a and x + a = 10 + 1: x = 8.97, from either side."""
    law = 'law = "sieverts"\nsquared_per_free = 16.0'
    text = PLAN.replace("first order", "second order").replace('law = "fixed"\ncontent = 0.0', law)
    text = text.replace("50 day", "1000 day") + "\n[cavity]\nfree = 1.0\nbound = 0.0\n"
    _, found = answer(capsys, write_plan(text))
    assert found["content"][-1] == pytest.approx((-16 + np.sqrt(256 + 64 * 11)) / 2, rel=1e-5)


def test_all_hydrogen_of_a_closed_cell_is_kept(write_plan, capsys):
    _, found = answer(capsys, write_plan(CLOSED + WALL))
    held = [found["content"], found["free"], found["bound"], *found["layers"].values()]
    assert np.sum(held, axis=0) == pytest.approx(10.0, rel=1e-11)


def test_an_interface_contracts_the_grain_to_its_shell(write_plan, capsys):
    """A sphere of 10 H per metal with a shell of 4 loses 0.3 per day at first: done on day 60."""
    text = PLAN.replace("first order", "interface").replace("0.20", "0.30")
    text = text.replace("[surface.equilibrium]", "shell = 4.0\n\n[surface.equilibrium]")
    _, found = answer(capsys, write_plan(text.replace("50 day", "80 day")))
    reacted = np.clip(np.array(found["days"]) / 60, 0, 1)
    assert found["content"] == pytest.approx(4 + 6 * (1 - reacted) ** 3, abs=1e-5)


def test_tables_and_figure_are_written(write_plan, capsys, tmp_path):
    figure = tmp_path / "cell.svg"
    path = write_plan(CLOSED.replace("points", 'profiles = ["0 day", "50 day"]\npoints') + WALL)
    words = ["-o", str(tmp_path / "out"), "--figure", str(figure), "--without", "film"]
    _, out, _ = outcome(capsys, path, *words)
    assert figure.read_text().count("<path") > 30
    with (tmp_path / "out" / "contents.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["variant"] for row in rows} == {"as planned", "without film"}
    assert float(rows[0]["content"]) == 10.0
    with (tmp_path / "out" / "profiles.csv").open(newline="") as stream:
        assert {row["day"] for row in csv.DictReader(stream)} == {"0", "50"}
    assert str(tmp_path / "out" / "contents.csv") in out


@pytest.mark.parametrize("level", ["ODE0", "ODE1", "PDE"])
def test_a_grain_whose_surface_limits_is_the_same_on_every_level(level, write_plan, capsys):
    text = PLAN.replace("1e-6 cm2/s", "1e-11 cm2/s")
    _, found = answer(capsys, write_plan(text), "--level", level)
    assert found["content"][-1] == pytest.approx(10 * np.exp(-1.0), rel=2e-3)


@pytest.mark.parametrize("name", ["surface", "excess", "gasket", "cold"])
def test_the_examples_run(name, capsys):
    code, found = answer(capsys, str(EXAMPLES / f"{name}.toml"))
    assert code == (terminal.LOW_CONFIDENCE if name == "gasket" else terminal.OK)
    assert found["drift"] < 1e-11
    assert 3.0 <= min(found["content"]) <= max(found["content"]) <= 10.51


def test_the_reference_names_every_key(write_plan, capsys):
    path = write_plan(CLOSED + WALL)
    words = ["--find", "excess-hydrogen", "--keep", "8", "--below", "9"]
    _, found = answer(capsys, path, *words)
    section = PAGE.read_text().split("### `megabar.release/1`\n", 1)[1].split("\n#")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", section))
    assert set(found) - {"schema"} == {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    for part in ("surface", "level", "classes", "excess"):
        assert set(found[part]) <= named, part
    assert set(found["outcomes"][0]) <= named
    assert set(found["level"]["numbers"]) <= named
    assert set(found["unknowns"][0]) <= named


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("radius =", "raduis ="), "plan.toml.grains.radius: is missing"),
        (('"1 um"', '"1 s"'), "converts to m is needed"),
        (('"sphere"', '"spere"'), "Did you mean sphere"),
        (("loss =", 'rate = "1 m/s"\nloss ='), "give rate or loss"),
        (("content = 0.0", "content = 12.0"), "nothing drives hydrogen out"),
        (('at = "300 K"', ""), "plan.toml.surface.at: is missing"),
        (("spread = 0.0", "spread = 0.0\nsigma = 1"), "sigma: is unknown"),
        (('until = "50 day"', 'until = "0 day"'), "more than 0 s"),
        (("points = 26", 'points = 26\nprofiles = ["60 day"]'), "outside the run"),
        (('"1e-6 cm2/s"', '"unknown"'), "diffusivity_range: is missing"),
        (("schema", "this is = no TOML\nschema"), "is no TOML"),
    ],
)
def test_a_plan_that_cannot_be_used_is_told_where(change, words, write_plan, capsys):
    code, _, err = outcome(capsys, write_plan(PLAN.replace(*change)))
    assert code == terminal.BAD_INPUT
    assert words in err


def test_another_temperature_needs_a_barrier(write_plan, capsys):
    text = PLAN.replace('activation_energy = "0.95 eV"\nat = "300 K"', "")
    code, _, err = outcome(capsys, write_plan(text), "--at", "250 K")
    assert code == terminal.INPUT_MISSING
    assert "surface.activation_energy" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--without", "fim"], "Known: gasket"),
        (["--thickness", "film"], "Write --thickness NAME=VALUE"),
        (["--vary", "grain.radius=2 um"], "Did you mean grains"),
        (["--vary", "gasket.film=2 um"], "is a table"),
        (["--keep", "8"], "Add --find excess-hydrogen"),
        (["--figure", "cell.bmp"], "no figure can be written"),
    ],
)
def test_an_option_that_means_nothing_is_refused(options, words, write_plan, capsys):
    code, _, err = outcome(capsys, write_plan(CLOSED + WALL), *options)
    assert code == terminal.BAD_INPUT
    assert words in err


def test_a_law_that_follows_free_hydrogen_needs_a_cavity(write_plan, capsys):
    code, _, err = outcome(capsys, write_plan(CLOSED.split("\n[cavity]")[0]))
    assert code == terminal.BAD_INPUT
    assert "plan.toml.cavity: is missing" in err

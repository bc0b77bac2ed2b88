"""The verb trajectory: what is asked, what is refused, what people and programs read."""

import json

import numpy as np
import pytest
from tests.batteries import simulated_frames

from megabar.cli import main, terminal


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("frames")


@pytest.fixture(scope="module")
def xdatcar(folder):
    path = folder / "XDATCAR"
    found, _ = simulated_frames.lah10(interval=5e-14, frames=200, seed=1)
    simulated_frames.write_xdatcar(path, found)
    return path


@pytest.fixture(scope="module")
def dump(folder):
    path = folder / "run.lammpstrj"
    found, _ = simulated_frames.lah10(interval=5e-14, frames=20, seed=2)
    simulated_frames.write_lammps(path, found)
    return path


@pytest.fixture(scope="module")
def told(xdatcar):
    return ["trajectory", str(xdatcar), "--frame-interval", "50 fs", "--framework", "La"]


@pytest.fixture
def facts(told, capsys):
    def given(*words):
        code, out, err = outcome(capsys, *told, *words, "--json")
        assert err == ""
        return code, json.loads(out)

    return given


def test_people_read_every_part_with_its_verdict(told, capsys):
    code, out, _ = outcome(capsys, *told, "--structure", "LaH10", "--field", "395 MHz")
    assert code == terminal.LOW_CONFIDENCE
    for said in (
        "312 atoms of H move",
        "320 of LaH10, 32 primitive cells, 2.50% empty",
        "D tracer",
        "32f to 8c",
        "not reached",
        "second moment",
        "chemical diffusivity that desorption sees",
    ):
        assert said in " ".join(out.split()), said


def test_without_a_structure_there_are_no_sites_and_they_are_not_missed(facts):
    _, found = facts("--field", "395 MHz")
    assert found["hopping"] is None
    assert found["structure"] is None
    assert "sites" not in found["parts"]
    assert found["rates"]["r1"][0] > 0
    assert found["parts"]["second moment"]["quality"] == "no solution"


def test_what_is_not_asked_for_has_no_verdict(facts):
    _, found = facts()
    assert set(found["parts"]) == {"paths", "tracer", "collective"}
    assert found["correlation"] is None


def test_the_structure_takes_its_size_from_the_box(facts):
    _, found = facts("--structure", "LaH10")
    near = min(one["distance"] for one in found["hopping"]["classes"])
    assert near == pytest.approx(np.sqrt(3) * 0.13 * 5.10e-10, rel=1e-6)
    assert found["hopping"]["misfit"] < 1e-14


def test_every_second_frame_makes_the_interval_twice_as_long(facts):
    _, found = facts("--every", "2")
    assert found["frames"] == 100
    assert found["frame_interval"] == pytest.approx(1e-13)


def test_a_store_changes_nothing(facts, folder):
    _, plain = facts("--structure", "LaH10")
    _, stored = facts("--structure", "LaH10", "--store", folder / "positions.npy")
    assert stored["hopping"]["hops"] == plain["hopping"]["hops"]
    assert stored["tracer"]["value"] == pytest.approx(plain["tracer"]["value"], rel=1e-4)


def test_the_figure_is_written(facts, folder):
    path = folder / "run.svg"
    _, found = facts("--structure", "LaH10", "--field", "395 MHz", "--figure", path)
    assert found["figure"] == str(path)
    assert path.read_text().startswith("<?xml")


def test_the_same_run_as_a_dump_gives_the_same_paths(dump, capsys):
    words = ["--frame-interval", "50 fs", "--framework", "La", "--unit-style", "metal", "--json"]
    _, out, err = outcome(capsys, "trajectory", dump, *words, "--species", "La H")
    assert err == ""
    found = json.loads(out)
    assert (found["atoms"], found["frames"]) == (312, 20)
    assert found["displacements"]["tracer"][0] == pytest.approx(6 * 0.12e-10**2, rel=0.1)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--framework", "La"], terminal.INPUT_MISSING, "--frame-interval"),
        (["--frame-interval", "50 fs"], terminal.INPUT_MISSING, "such as --framework La, or"),
        (["--frame-interval", "50 A", "--framework", "La"], terminal.BAD_INPUT, "converts to s"),
        (["--frame-interval", "0 fs", "--framework", "La"], terminal.BAD_INPUT, "time must pass"),
        (["--framework", "H"], terminal.BAD_INPUT, "cannot do both"),
        (["--framework", "Y"], terminal.BAD_INPUT, "There are: La, H"),
        (["--framework", "La", "--mobile", "D"], terminal.BAD_INPUT, "There are: La, H"),
        (["--framework", "La", "--every", "0"], terminal.BAD_INPUT, "--every 0"),
        (["--framework", "La", "--field", "9 K"], terminal.BAD_INPUT, "395 MHz"),
        (["--framework", "La", "--figure", "x.bmp"], terminal.BAD_INPUT, ".svg"),
        (["--framework", "La", "--bootstrap", "50"], terminal.INPUT_MISSING, "--structure"),
        (
            ["--framework", "La", "--structure", "LaH10", "--bootstrap", "50"],
            terminal.INPUT_MISSING,
            "--seed",
        ),
        (
            ["--framework", "La", "--structure", "LaH10", "--bootstrap", "3", "--seed", "1"],
            terminal.BAD_INPUT,
            "8 or more",
        ),
        (["--framework", "La", "--structure", "LaH11"], terminal.BAD_INPUT, "Did you mean"),
        (["--framework", "La", "--structure", "YH6"], terminal.BAD_INPUT, "no Y in XDATCAR"),
    ],
)
def test_what_is_wrong_or_missing_is_said_in_one_line(words, code, said, xdatcar, capsys):
    timed = "--frame-interval" in words or said == "--frame-interval"
    options = words if timed else [*words, "--frame-interval", "50 fs"]
    found, out, err = outcome(capsys, "trajectory", xdatcar, *options)
    assert found == code, err
    assert out == ""
    assert err.count("\n") == 1
    assert said in err, err


def test_a_dump_asks_for_its_units_and_symbols(dump, capsys):
    words = ["trajectory", dump, "--frame-interval", "50 fs", "--framework", "La"]
    code, _, err = outcome(capsys, *words, "--species", "La H")
    assert code == terminal.INPUT_MISSING
    assert "--unit-style" in err
    code, _, err = outcome(capsys, *words, "--unit-style", "metal")
    assert code == terminal.INPUT_MISSING
    assert "--species" in err


def test_a_structure_with_fewer_sites_than_atoms_stops_the_sites_alone(facts):
    _, found = facts("--structure", "LaH3")
    assert found["hopping"] is None
    assert found["parts"]["sites"]["quality"] == "no solution"
    assert "312 H on 96 sites of LaH3" in found["parts"]["sites"]["reason"]
    assert found["displacements"]["tracer"]


def test_a_file_that_is_not_there_is_named(capsys):
    code, _, err = outcome(capsys, "trajectory", "absent.xyz", "--framework", "La")
    assert code == terminal.BAD_INPUT
    assert "absent.xyz" in err

"""Verbs on nature: what rigid hydrogen couples to, against published and textbook numbers."""

import json
import re

import pytest

from megabar.cli import main, terminal

LAH10 = ["moments", "LaH10", "--lattice-parameter"]
CUBE = """cube of hydrogen with one lanthanum
1.0
4.0 0.0 0.0
0.0 4.0 0.0
0.0 0.0 4.0
La H
1 1
Direct
0.5 0.5 0.5
0.0 0.0 0.0
"""


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer(capsys, *words):
    """The JSON object of a call that must succeed."""
    code, out, err = outcome(capsys, *words, "--json")
    assert code == terminal.OK, err
    return json.loads(out)


@pytest.fixture(scope="module")
def cube(tmp_path_factory):
    path = tmp_path_factory.mktemp("structures") / "POSCAR"
    path.write_text(CUBE)
    return path


def test_lah10_at_5_10_angstrom_has_the_reference_moments(capsys):
    words = ["5.10(1) angstrom", "--field", "395 MHz", "--dead-time", "5 us"]
    found = answer(capsys, *LAH10, *words)
    assert found["schema"] == "megabar.moments/1"
    assert found["sum_r6"] * 1e-60 == pytest.approx(1.71829, rel=2e-4)
    by_kind = {site["kind"]: site["sum_r6"] * 1e-60 for site in found["sites"]}
    assert by_kind == pytest.approx({"8c": 1.97452, "32f": 1.65423}, rel=2e-4)
    assert found["nearest"] == pytest.approx(1.1483e-10, rel=1e-4)
    assert found["second_moment_like"] == pytest.approx(4.4045e11, rel=1e-3)
    assert sum(found["second_moment_unlike"].values()) == pytest.approx(1.838e9, rel=2e-3)
    assert found["fwhm_gaussian"] == pytest.approx(249.2e3, rel=1e-3)
    assert found["fwhm_many_spin"] == pytest.approx(340e3, rel=0.1)
    assert found["half_time"] == pytest.approx(1.7e-6, rel=0.05)
    assert found["t1_floor"] == pytest.approx(5.870e-3, rel=1e-3)
    assert found["relative_error"] == pytest.approx(6 * 0.01 / 5.10)


def test_the_nearest_pair_has_the_constant_of_its_distance(capsys):
    found = answer(capsys, *LAH10, "5.10 angstrom")
    assert found["pair_constant"] == pytest.approx(120.12e3 / 1.1483**3, rel=1e-3)
    assert found["pake_splitting"] == pytest.approx(1.5 * found["pair_constant"])


def test_a_field_in_tesla_is_that_of_the_proton(capsys):
    tesla = answer(capsys, *LAH10, "5.10 angstrom", "--field", "9.2773 T")
    assert tesla["field"] == pytest.approx(395.0e6, rel=1e-4)


def test_a_cube_from_a_file_has_the_sum_of_the_simple_cubic_lattice(cube, capsys):
    found = answer(capsys, "moments", str(cube))
    assert found["sum_r6"] * 4e-10**6 == pytest.approx(8.40192, rel=1e-4)
    assert found["t1_floor"] is None
    assert found["dead_time"] is None


def test_the_cell_of_a_file_is_scaled_when_a_size_is_given(cube, capsys):
    by_axis = answer(capsys, "moments", str(cube), "--lattice-parameter", "2 angstrom")
    by_volume = answer(capsys, "moments", str(cube), "--volume-per-metal", "8 angstrom^3")
    assert by_axis["sum_r6"] == pytest.approx(8.40192 / 2e-10**6, rel=1e-4)
    assert by_volume["sum_r6"] == pytest.approx(by_axis["sum_r6"])


def test_shells_count_all_neighbours_up_to_the_reach(capsys):
    found = answer(capsys, *LAH10, "5.10 angstrom", "--reach", "1.25 angstrom")
    (face,) = (site for site in found["sites"] if site["kind"] == "32f")
    counts = [(shell["kind"], shell["count"]) for shell in face["shells"]]
    assert counts == [("8c", 1), ("32f", 3)]


def test_vacancies_weaken_the_coupling_in_proportion(capsys):
    size = ["LaH3", "--lattice-parameter", "4.365 angstrom"]
    full = answer(capsys, "moments", *size)
    thin = answer(capsys, "moments", *size, "--vacancies", "0.1", "--seed", "1")
    assert thin["sum_r6"] == pytest.approx(0.9 * full["sum_r6"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["moments", "LaH01"], terminal.BAD_INPUT, "Did you mean LaH10"),
        (["moments", "there/is/none.cif"], terminal.BAD_INPUT, "no file there/is/none.cif"),
        (["moments", "LaH10"], terminal.INPUT_MISSING, "--lattice-parameter"),
        (["moments", "FeH", "--pressure", "60 GPa"], terminal.BAD_INPUT, "--accept unverified"),
        ([*LAH10, "5.10 A"], terminal.BAD_INPUT, "angstrom"),
        ([*LAH10, "-5.10 angstrom"], terminal.BAD_INPUT, "--lattice-parameter"),
        ([*LAH10, "5.1 angstrom", "--pressure", "170 GPa"], terminal.BAD_INPUT, "one of them"),
        ([*LAH10, "5.1 angstrom", "--field", "395 ms"], terminal.BAD_INPUT, "395 MHz"),
        ([*LAH10, "5.1 angstrom", "--parameter", "y=0.1"], terminal.BAD_INPUT, "x"),
        ([*LAH10, "5.1 angstrom", "--parameter", "x"], terminal.BAD_INPUT, "x=0.12"),
        ([*LAH10, "5.1 angstrom", "--vacancies", "4z=0.1"], terminal.BAD_INPUT, "4z"),
        ([*LAH10, "5.1 angstrom", "--vacancies", "0.1"], terminal.INPUT_MISSING, "--seed"),
        ([*LAH10, "5.1 angstrom", "--figure", "x.gif"], terminal.BAD_INPUT, r"\.svg"),
        ([*LAH10, "5.1 angstrom", "--figure", "no/x.svg"], terminal.BAD_INPUT, "folder"),
        ([*LAH10, "5.1 angstrom", "--dead-time", "-1 us"], terminal.BAD_INPUT, "negative"),
        (["moments", "LaH10", "--pressure", "900 GPa"], terminal.BAD_INPUT, "GPa only"),
    ],
)
def test_what_is_wrong_or_missing_is_said_in_one_line_with_the_option(words, code, said, capsys):
    found, out, err = outcome(capsys, *words)
    assert found == code, err
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(said, err), err


def test_a_missing_size_lists_what_is_reported(capsys):
    code, out, _ = outcome(capsys, "moments", "LaH10", "--json")
    facts = json.loads(out)
    assert code == facts["exit_code"] == terminal.INPUT_MISSING
    assert facts["argument"] == "--lattice-parameter"
    assert any("5.1019 angstrom at 150 GPa" in one for one in facts["candidates"])


@pytest.mark.parametrize(
    ("suffix", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_figure_is_written_in_the_format_of_its_name(suffix, begins, tmp_path, capsys):
    path = tmp_path / f"rigid.{suffix}"
    found = answer(capsys, *LAH10, "5.10 angstrom", "--dead-time", "5 us", "--figure", str(path))
    assert found["figure"] == str(path)
    assert path.read_bytes().startswith(begins)


def test_people_read_every_number_with_its_unit(capsys):
    code, out, _ = outcome(capsys, *LAH10, "5.10(1) angstrom", "--dead-time", "5 us")
    assert code == terminal.OK
    for words in ("5.100(10) angstrom", "1.1483 angstrom", "249.2 kHz", "rad2 s-2", "hidden"):
        assert words in out


@pytest.mark.parametrize(
    ("wait", "said"),
    [("0.1 us", "is seen"), ("1.5 us", "counts that share"), ("5 us", "is hidden")],
)
def test_what_dead_time_does_to_rigid_hydrogen_is_said(wait, said, capsys):
    _, out, _ = outcome(capsys, *LAH10, "5.10 angstrom", "--dead-time", wait)
    assert said in " ".join(out.split())

"""The verb plan-experiment: what is typed, what is asked for, and what is answered."""

import json
import math
import re
from pathlib import Path

import pytest

from megabar.cli import main, terminal
from megabar.readers import archive
from megabar.virtual.settings import Settings
from megabar.virtual.spectrometer import Receiver, acquire
from megabar.virtual.truth import Cell, Line

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "command-line.md"
PROTONS = [
    *("plan-experiment", "--quantity", "amplitude", "--error", "2 %", "--nucleus", "1H"),
    *("--atoms", "H=2.94e15", "--tms-frequency", "395.107 MHz", "--lod", "5.44e11"),
    *("--t1", "1.50(3) ms", "--fwhm", "1.35 kHz", "--shape", "lorentzian", "--sequence", "fid"),
    *("--dead-time", "5 us", "--dwell", "0.5 us"),
]
CONTENT = [
    *("plan-experiment", "--quantity", "h-per-metal", "--error", "4 %"),
    *("--nucleus", "1H", "--nucleus", "139La", "--atoms", "H=2.94e15", "--atoms", "La=2.80e14"),
    *("--tms-frequency", "395.107 MHz", "--lod", "1H=5.44e11", "--exponent", "2.75"),
    *("--by", "amplitude_per_scan", "--t1", "1H=1.50(3) ms", "--t1", "139La=5.0(1) ms"),
    *("--t2", "1.5(2) ms", "--fwhm", "1H=1.35 kHz", "--fwhm", "139La=38 kHz"),
    *("--shape", "1H=lorentzian", "--shape", "139La=gaussian", "--width", "known"),
    *("--sequence", "1H=fid", "--sequence", "139La=solid-echo", "--echo-delay", "25 us"),
    *("--dead-time", "5 us", "--dwell", "0.5 us"),
]
PULSE = [
    *("--pulse-90", "1H=2.5(1) us", "--power", "1H=10 W", "--pulse-shape", "1H=rectangular"),
    *("--noise-figure", "0 dB", "--temperature", "300 K"),
]


def outcome(capsys, *words):
    code = main.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def facts(capsys, *words):
    code, out, err = outcome(capsys, *words, "--json")
    assert code in {terminal.OK, terminal.LOW_CONFIDENCE}, err
    return json.loads(out)


def without(words, option):
    """Leave an option and its value out, wherever it stands."""
    places = [index for index, word in enumerate(words) if word == option]
    dropped = {place + more for place in places for more in (0, 1)}
    return [word for index, word in enumerate(words) if index not in dropped]


def test_the_worked_case_of_the_reference_is_answered(capsys):
    found = facts(capsys, *CONTENT)
    plan = found["plan"]
    assert plan["reachable"]
    noise = plan["noise_relative_std"]
    total = (noise[0] ** 2 + noise[1] ** 2 + plan["common_relative_std"] ** 2) ** 0.5
    assert total == pytest.approx(0.04, rel=1e-2)
    hydrogen, metal = found["channels"]
    full = metal["snr_of_one_scan"] / metal["factors"][0]["value"] / metal["factors"][1]["value"]
    assert full * 25e3**0.5 == pytest.approx(5.55, rel=1e-2)
    assert hydrogen["larmor_frequency"] == pytest.approx(395.107e6)
    assert metal["larmor_frequency"] == pytest.approx(55.8114e6, rel=2e-6)
    assert {one["status"] for one in found["cautions"]} == {"ECHO_UNCERTAIN", "COIL_UNCALIBRATED"}


def test_a_value_of_one_nucleus_counts_for_it_alone_and_one_without_name_for_all(capsys):
    found = facts(capsys, *CONTENT, "--dead-time", "139La=9 us")
    assert [one["dead_time"] for one in found["channels"]] == [5e-6, pytest.approx(9e-6)]


def test_a_structure_in_a_cavity_counts_the_atoms_and_holds_rigid_hydrogen_against_dead_time(
    capsys,
):
    words = [*without(PROTONS, "--atoms"), "--structure", "LaH10"]
    words += ["--lattice-parameter", "5.10(0) angstrom", "--cavity", "100 um"]
    found = facts(capsys, *words)
    volume = 3.14159265 * 1e-12 / 216
    assert found["sample"]["volume"] == pytest.approx(volume)
    assert found["sample"]["atoms"]["1H"] == pytest.approx(40 * volume / 5.10e-10**3, rel=1e-6)
    assert abs(found["rigid"]["left_after_dead_time"]) < 0.25
    assert "RIGID_H_INVISIBLE" in {one["status"] for one in found["cautions"]}


def test_limits_stand_side_by_side_and_the_one_asked_for_is_planned_with(capsys):
    words = [*PROTONS, *PULSE]
    given = facts(capsys, *words)
    routes = [one["route"] for one in given["limits"][0]["limits"]]
    assert routes == ["given", "reciprocity"]
    assert given["limits"][0]["statuses"] == ["LODT_BELOW_RECIPROCITY"]
    physical = facts(capsys, *words, "--plan-with", "reciprocity")
    assert physical["channels"][0]["limit_route"] == "reciprocity"
    ratio = physical["limits"][0]["limits"][0]["value"] / 5.44e11
    assert ratio == pytest.approx(216 * (9.0 / 9.280) ** 2, rel=1e-2)
    assert physical["plan"]["hours_in_all"] > given["plan"]["hours_in_all"]


@pytest.fixture(scope="module")
def ice(tmp_path_factory):
    """A record of 2.94e15 protons by a receiver of 8e11, in the archive format."""
    line = Line(shape="lorentzian", fwhm=2e3, shift=0.0, t1=5e-3, t2=math.inf)
    cell = Cell("LaH10.5", metal_atoms=2.8e14, lines={"1H": line}, field_offset=0.0)
    receiver = Receiver(
        reference_frequency=395.107e6, carrier_frequency=395.107e6, limit_of_detection=8e11,
        ring_down=0.0, ring_down_time=0.3e-6, phase=0.4,
    )  # fmt: skip
    settings = Settings(
        pulse_length=4e-6, flip_angle=math.pi / 2, dead_time=3e-6, dwell=0.5e-6, points=4096,
        repetition_time=8e-3,
    )  # fmt: skip
    record = acquire(
        cell, sequence="fid", nucleus="1H", n_scans=4000, seed=2, receiver=receiver,
        settings=settings,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("records") / "ice.nc"
    archive.write(record, path)
    return path


def test_a_record_of_a_known_sample_measures_the_limit(ice, capsys):
    words = [*PROTONS, "--record", str(ice), "--record-atoms", "2.94e15"]
    words += ["--record-t1", "5.0(0) ms", "--record-shape", "lorentzian"]
    found = facts(capsys, *words)
    given, data = found["limits"][0]["limits"]
    assert (given["route"], data["route"]) == ("given", "data")
    assert data["value"] == pytest.approx(8e11, rel=3 * data["relative_std"])
    planned = facts(capsys, *words, "--plan-with", "data")
    assert planned["channels"][0]["limit_of_detection"] == pytest.approx(data["value"])
    code, _, err = outcome(capsys, *words, "--tms-frequency", "200 MHz")
    assert code == terminal.BAD_INPUT
    assert "a limit holds for its nucleus and field" in err
    code, _, err = outcome(capsys, *words[:-2])
    assert code == terminal.INPUT_MISSING
    assert "--record-shape" in err


def test_the_pulse_is_held_against_the_line(capsys):
    (pulse,) = facts(capsys, *PROTONS, *PULSE)["pulses"]
    assert pulse["peak_field"] == pytest.approx(2.349e-3, rel=5e-3)
    assert pulse["excited"] > 0.999


def test_an_error_that_is_out_of_reach_has_its_own_exit_code(capsys):
    words = [*PROTONS, "--common", "scale=3 %"]
    code, out, _ = outcome(capsys, *words)
    assert code == terminal.LOW_CONFIDENCE
    assert "not reachable at any number of scans" in out
    assert "NOT_REACHABLE" in out
    found = facts(capsys, *words)
    assert found["plan"]["hours"] == [None]
    assert found["plan"]["scans"] == []


def test_t1_is_answered_with_delays(capsys):
    words = [
        *without(without(PROTONS, "--quantity"), "--error"), "--quantity", "t1", "--error", "3 %",
        "--shortest-delay", "20 us", "--steps", "6",
    ]  # fmt: skip
    found = facts(capsys, *words)
    assert found["plan"] is None
    assert len(found["t1"]["delays"]) == 6
    assert found["t1"]["cheapest_hours"] < found["t1"]["hours"]
    assert found["t1"]["relative_std"] <= 0.03
    code, out, _ = outcome(capsys, *words)
    assert code == terminal.OK
    assert "at each of 6 delays" in out


def test_pools_and_shifts_are_answered(capsys):
    words = [*PROTONS, *PULSE, "--pool", "H2=1 s", "--shifts", "-100..2000 ppm"]
    found = facts(capsys, *words)
    assert found["pools"][0]["signal"] < 0.2
    assert {"TR_SHORT_FOR_POOL", "CARRIERS"} <= {one["status"] for one in found["cautions"]}


def test_people_read_the_plan_first_and_where_it_comes_from(capsys):
    code, out, _ = outcome(capsys, *CONTENT)
    assert code == terminal.OK
    assert out.index("PLAN") < out.index("caution") < out.index("limit of detection")
    for said in ("content to 4 %", "what the error of 4.00% is made of", "no scan lowers it"):
        assert said in out


def test_the_figure_is_written(tmp_path, capsys):
    figure = tmp_path / "plan.svg"
    found = facts(capsys, *CONTENT, "--figure", str(figure))
    assert found["figure"] == str(figure)
    assert figure.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    "option", ["--t1", "--fwhm", "--shape", "--dead-time", "--dwell", "--sequence"]
)
def test_nothing_physical_has_a_default(option, capsys):
    code, out, err = outcome(capsys, *without(PROTONS, option))
    assert code == terminal.INPUT_MISSING
    assert out == ""
    assert re.search(rf"Give {option} '1H=", err)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (without(PROTONS, "--atoms"), terminal.INPUT_MISSING, "--atoms 'H=1e15'"),
        (without(PROTONS, "--tms-frequency"), terminal.INPUT_MISSING, "--field '9 T'"),
        ([*PROTONS, "--field", "9 T"], terminal.BAD_INPUT, "contradict each other"),
        (without(PROTONS, "--lod"), terminal.INPUT_MISSING, "limit of detection of 1H"),
        (without(CONTENT, "--exponent"), terminal.INPUT_MISSING, "limit of detection of 139La"),
        (without(CONTENT, "--t2"), terminal.INPUT_MISSING, "--t2 '139La="),
        (without(CONTENT, "--echo-delay"), terminal.INPUT_MISSING, "--echo-delay '139La="),
        ([*PROTONS, "--nucleus", "139La"], terminal.BAD_INPUT, "Plan each alone"),
        ([*PROTONS, "--pulse-90", "3 us"], terminal.INPUT_MISSING, "without --power"),
        (without([*PROTONS, *PULSE], "--temperature"), terminal.INPUT_MISSING, "--temperature"),
        ([*PROTONS, "--t1", "63Cu=1(0) s"], terminal.BAD_INPUT, "not planned"),
        ([*PROTONS, "--t1", "1.5 ms"], terminal.INPUT_MISSING, "without its standard error"),
        ([*PROTONS, "--noise-figure", "-1 dB", "--pulse-90", "3 us", "--power", "1 W",
          "--pulse-shape", "rectangular"], terminal.BAD_INPUT, "below 0 dB"),
        ([*PROTONS, "--points", "1.5"], terminal.BAD_INPUT, "whole number"),
        ([*PROTONS, "--factor", "0.5"], terminal.BAD_INPUT, "refocusing=0.72"),
        ([*PROTONS, "--width", "know"], terminal.BAD_INPUT, "Did you mean known"),
        ([*PROTONS, "--shape", "gausian"], terminal.BAD_INPUT, "Did you mean gaussian"),
        ([*PROTONS, "--error", "60 %"], terminal.BAD_INPUT, "not even surely there"),
        ([*PROTONS, "--quantity", "t1"], terminal.INPUT_MISSING, "--shortest-delay"),
        ([*PROTONS, "--quantity", "t1", "--common", "scale=3 %"], terminal.BAD_INPUT,
         "Leave --common out"),
        ([*PROTONS, "--quantity", "h-per-metal"], terminal.INPUT_MISSING, "ratio of two"),
        ([*PROTONS, "--quantity", "t2"], terminal.BAD_INPUT, "Known: amplitude"),
        ([*PROTONS, "--figure", "x.bmp"], terminal.BAD_INPUT, r"\.svg"),
        ([*PROTONS, "--volume", "1 pl", "--cavity", "1 um"], terminal.BAD_INPUT, "Give one"),
        ([*PROTONS, "--shifts", "900 ppm"], terminal.BAD_INPUT, "900..2950 ppm"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_missing_is_said_in_one_line_with_the_option(words, code, said, capsys):
    found, out, err = outcome(capsys, *words)
    assert found == code, err
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(said, err), err


def test_the_reference_names_every_key(capsys):
    section = PAGE.read_text().split("### `megabar.plan-experiment/1`\n", 1)[1].split("\n#")[0]
    first = set(re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE))
    top = {key for row in first for key in re.findall(r"`(\w+)`", row)}
    every = set(re.findall(r"`(\w+)`", section))
    found = facts(capsys, *CONTENT, *PULSE, "--pool", "H2=1 s")
    assert set(found) - {"schema"} == top
    for name in ("limits", "channels", "curve", "pulses", "pools", "cautions"):
        assert set(found[name][0]) <= every, name
    assert set(found["plan"]) <= every
    assert set(found["channels"][0]["factors"][0]) <= every | {"name", "value", "std", "source"}


def test_every_option_stands_in_the_reference(capsys):
    text = PAGE.read_text().split("\n## plan-experiment\n", 1)[1].split("\n## ")[0]
    with pytest.raises(SystemExit):
        main.main(["plan-experiment", "--help"])
    options = set(re.findall(r"--[a-z][a-z0-9-]*", capsys.readouterr().out))
    shared = {"--help", "--json", "--traceback", "--lattice-parameter", "--volume-per-metal",
              "--pressure", "--vacancies", "--parameter", "--metal", "--accept"}  # fmt: skip
    assert {one for one in options - shared if f"`{one}" not in text} == set()


IRON = [word.replace("139La", "57Fe").replace("La=", "Fe=") for word in CONTENT]


def test_an_enriched_nucleus_is_heard_by_its_share(capsys):
    """Natural iron holds 2.119 % of 57Fe."""
    natural = facts(capsys, *IRON)["limits"][1]["limits"][0]["value"]
    told = facts(capsys, *IRON, "--abundance", "57Fe=95 %")["limits"][1]
    assert told["nucleus"] == "57Fe"
    assert natural / told["limits"][0]["value"] == pytest.approx(0.95 / 0.02119, rel=1e-3)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("57Fe=1.2", "above 0 and at most 1"),
        ("95 %", "without a nucleus"),
        ("55Fe=1", "not planned"),
    ],
)
def test_an_abundance_names_a_planned_nucleus_and_a_share(capsys, typed, said):
    code, _, err = outcome(capsys, *IRON, "--abundance", typed)
    assert code == terminal.BAD_INPUT
    assert said in " ".join(err.split())

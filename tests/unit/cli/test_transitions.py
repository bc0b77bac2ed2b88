"""The verb tc: verdicts, temperatures of known curves, ramps, fields, and what is refused."""

import json

import numpy as np
import pytest
from tests.realdata import data_path

from megabar.cli import main, terminal

COLUMNS = ["--columns", "temperature=T (K)", "--columns", "resistance=R (ohm)"]
TIMED = [*COLUMNS, "--columns", "time=t (s)"]
CSH = [
    *("--columns", "temperature=Temp in K", "--columns", "resistance=R in ohm"),
    *("--source-kind", "digitised", "--note", "retracted"),
]


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer(capsys, *words):
    code, out, _ = outcome(capsys, *words, "--json")
    return code, json.loads(out)


def logistic(temperature, tc, width=0.5):
    return (10 + 0.05 * temperature) / (1 + np.exp(-(temperature - tc) / width))


@pytest.fixture
def write_curve(tmp_path):
    """A function that writes columns into a table."""

    def write(name, **columns):
        path = tmp_path / name
        rows = zip(*columns.values(), strict=True)
        units = {"t": "t (s)", "T": "T (K)", "R": "R (ohm)"}
        header = ",".join(units[key] for key in columns)
        path.write_text(header + "\n" + "\n".join(",".join(map(repr, map(float, r))) for r in rows))
        return str(path)

    return write


def test_a_logistic_has_its_closed_forms(write_curve, capsys, tmp_path):
    temperature = np.arange(180, 230, 0.02)
    path = write_curve("one.csv", T=temperature, R=logistic(temperature, 200))
    figure = tmp_path / "one.svg"
    words = [path, *COLUMNS, "--source-kind", "log", "--figure", str(figure)]
    code, found = answer(capsys, "tc", *words)
    (one,) = found["answers"]
    assert code == terminal.OK
    assert one["verdict"] == "transition"
    for name, expected in (("tc_onset", 201.0986), ("tc_midpoint", 200.0), ("tc_foot", 198.9014)):
        assert one["temperatures"][name]["value"] == pytest.approx(expected, abs=5e-3)
    assert one["shape"]["tangent_onset"] == pytest.approx(201.0, abs=0.01)
    assert figure.read_text().count("<path") > 30


def test_a_poor_metal_has_no_tc_and_a_low_confidence(write_curve, capsys):
    temperature = np.arange(5, 300, 0.5)
    path = write_curve("metal.csv", T=temperature, R=0.05 + (temperature / 300) ** 3)
    code, found = answer(capsys, "tc", path, *COLUMNS, "--source-kind", "log")
    (one,) = found["answers"]
    assert code == terminal.LOW_CONFIDENCE
    assert one["verdict"] in ("no transition", "not covered")
    assert one["temperatures"]["tc_midpoint"]["value"] is None


def test_two_ramps_give_zero_rate_temperature_and_time_constant(write_curve, capsys):
    """Tc 130 K, lag 0.4 min, +2 and -3 K/min: midpoints at 130.8 and 128.8 K."""
    up, down = np.arange(120, 145, 0.02), np.arange(145, 120, -0.02)
    minutes = np.concatenate([(up - 120) / 2, 12.5 + (145 - down) / 3])
    resistance = np.concatenate([logistic(up, 130.8), logistic(down, 128.8)])
    path = write_curve("both.csv", t=60 * minutes, T=np.concatenate([up, down]), R=resistance)
    _, found = answer(capsys, "tc", path, *TIMED)
    middles = [one["temperatures"]["tc_midpoint"]["value"] for one in found["answers"]]
    assert middles == pytest.approx([130.8, 128.8], abs=0.02)
    assert [one["direction"] for one in found["answers"]] == ["up", "down"]
    (lag,) = found["lags"]
    assert lag["hysteresis"] == pytest.approx(2.0, abs=0.05)
    assert lag["tc"] == pytest.approx(130.0, abs=0.05)
    assert lag["tau"] / 60 == pytest.approx(0.40, abs=0.05)


def test_one_ramp_can_be_chosen(write_curve, capsys):
    up, down = np.arange(120, 145, 0.02), np.arange(145, 120, -0.02)
    resistance = np.concatenate([logistic(up, 130.8), logistic(down, 128.8)])
    temperature = np.concatenate([up, down])
    path = write_curve("both.csv", T=temperature, R=resistance)
    words = ["tc", path, *COLUMNS, "--source-kind", "log"]
    _, found = answer(capsys, *words, "--ramp", "1")
    (one,) = found["answers"]
    assert (one["ramp"], one["direction"]) == (1, "down")
    assert found["lags"] == []
    code, _, err = outcome(capsys, *words, "--ramp", "7")
    assert code == terminal.BAD_INPUT
    assert "Found 2 ramps" in err


def test_slope_of_the_midpoints_gives_the_orbital_field_at_zero(write_curve, capsys, tmp_path):
    temperature = np.arange(60, 130, 0.02)
    fields = (0.0, 2.0, 4.0, 6.0)
    paths = [
        write_curve(f"{k}.csv", T=temperature, R=logistic(temperature, 100 - field, 0.2))
        for k, field in enumerate(fields)
    ]
    figure = tmp_path / "many.svg"
    words = ["tc", *paths, *COLUMNS, "--source-kind", "log", "--figure", str(figure)]
    words += ["--upper-critical-field", "whh", "--fields", *map(str, fields)]
    _, found = answer(capsys, *words)
    fit = found["upper_critical_field"]
    # in the dirty limit 0.693 Tc |dHc2/dT|, with a slope of -1 T/K at Tc = 100 K
    assert fit["field_at_zero"] == pytest.approx(69.3, rel=0.05)
    assert fit["tc"] == pytest.approx(100, abs=0.2)
    assert figure.exists()


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("1", (8.801, 8.799, 8.793)), ("2", (8.832, 8.826, 8.817)), ("3", (9.051, 9.045, 9.041))],
)
def test_niobium_films_have_their_reference_temperatures(channel, expected, capsys):
    path = next(data_path("rt-nb-ppms-250308").glob("*Nb100Al100_fineUp2.dat"))
    words = ["tc", str(path), "--channel", channel, "--window", "9.15", "9.5"]
    _, found = answer(capsys, *words)
    temperatures = found["answers"][0]["temperatures"]
    got = [temperatures[name]["value"] for name in ("tc_onset", "tc_midpoint", "tc_foot")]
    assert got == pytest.approx(expected, abs=0.006)


def test_retracted_data_are_labelled_in_every_output(capsys, tmp_path):
    path = str(data_path("rt-csh-vector-extracted-B/CSH-Fig1a/258_GPa.csv"))
    figure = tmp_path / "shape.svg"
    words = ["tc", path, *CSH, "--window", "277", "290", "--figure", str(figure)]
    _, out, _ = outcome(capsys, *words)
    assert out.startswith("RETRACTED")
    _, found = answer(capsys, *words)
    assert found["retracted"]
    assert found["answers"][0]["retracted"]
    middle = found["answers"][0]["temperatures"]["tc_midpoint"]["value"]
    assert middle == pytest.approx(275.81, abs=0.05)
    _, out, _ = outcome(capsys, "tc", path, path, *CSH)
    assert out.count("RETRACTED") >= 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tc"], terminal.INPUT_MISSING, "FILE"),
        (["tc", "absent.dat"], terminal.BAD_INPUT, "absent.dat"),
        (["tc", "a.dat", "--fields", "0", "1"], terminal.BAD_INPUT, "2 --fields for 1 files"),
        (["tc", "a.dat", "--model", "cubic"], terminal.BAD_INPUT, "cubic"),
        (["tc", "a.dat", "--figure", "x.bmp"], terminal.BAD_INPUT, "no figure can be written"),
    ],
)
def test_what_is_missing_or_wrong_is_said(words, code, said, capsys):
    found, _, err = outcome(capsys, *words)
    assert found == code
    assert said in err


def test_an_empty_window_is_refused(write_curve, capsys):
    temperature = np.arange(180, 230, 0.02)
    path = write_curve("one.csv", T=temperature, R=logistic(temperature, 200))
    words = ["tc", path, *COLUMNS, "--source-kind", "log", "--window", "250", "260"]
    code, _, err = outcome(capsys, *words)
    assert code == terminal.BAD_INPUT
    assert "a normal state needs at least" in err

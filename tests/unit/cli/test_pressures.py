"""The verb pressure: readings, scales beside each other, logs, and what is refused."""

import json

import numpy as np
import pytest
from scipy.special import erfc
from tests.realdata import data_path

from megabar.cli import main, terminal

VALUE = ["pressure", "--gauge", "edge", "--value", "1647.4", "--error", "1.0"]
ROOM = ["--temperature", "296 K"]
COLUMNS = ["--columns", "raman_shift=shift (cm-1)", "--columns", "intensity=intensity"]
RUBY = ["pressure", "--gauge", "ruby", "--scale", "ruby2020", "--origin", "694.28", *ROOM]


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer(capsys, *words):
    code, out, _ = outcome(capsys, *words, "--json")
    return code, json.loads(out)


@pytest.fixture
def write_edge(tmp_path):
    """A function that writes a Raman band with a known edge, below the line of the free anvil."""

    def write(name, edge, *, noise=2.0, seed=1):
        shift = np.arange(1250.0, 1800.0, 0.5)
        band = 400 * erfc((shift - edge) / (np.sqrt(2) * 4)) + 3000 / (
            1 + ((shift - 1333) / 2.5) ** 2
        )
        light = 50 + band + noise * np.random.default_rng(seed).normal(size=shift.size)
        path = tmp_path / name
        rows = "\n".join(f"{a},{b:.4f}" for a, b in zip(shift, light, strict=True))
        path.write_text(f"shift (cm-1),intensity\n{rows}\n")
        return path

    return write


@pytest.mark.parametrize(
    ("scale", "pressure", "std", "coefficients"),
    [("akahama2006", 170.02, 0.6750, 4.56), ("eremets2023", 164.847, 0.6590, 1.42)],
)
def test_a_typed_edge_has_the_published_pressure_and_errors(
    scale, pressure, std, coefficients, capsys
):
    code, found = answer(capsys, *VALUE, *ROOM, "--scale", scale)
    (row,) = found["readings"]
    assert code == terminal.OK
    assert row["pressure"] / 1e9 == pytest.approx(pressure, abs=0.01)
    assert row["std"] / 1e9 == pytest.approx(std, abs=1e-3)
    assert row["coefficient_std"] / 1e9 == pytest.approx(coefficients, abs=0.02)


def test_recommended_scales_stand_beside_each_other(capsys):
    _, found = answer(capsys, *VALUE, *ROOM, "--scale", "akahama2006")
    scales = {one["name"]: one for one in found["readings"][0]["scales"]}
    assert {name for name, one in scales.items() if one["recommended"]} == {
        "eremets2023",
        "akahama2006",
    }
    apart = scales["akahama2006"]["pressure"] - scales["eremets2023"]["pressure"]
    assert apart / 1e9 == pytest.approx(5.17, abs=0.01)


def test_a_conversion_goes_through_the_edge(capsys):
    words = ["pressure", "--convert", "170", "akahama2006", "eremets2023"]
    _, found = answer(capsys, *words)
    assert found["converted"] / 1e9 == pytest.approx(164.83, abs=0.01)
    assert found["observed"] == pytest.approx(1647.37, abs=0.01)
    assert "164.83 GPa on eremets2023" in outcome(capsys, *words)[1]


def test_all_scales_are_listed_with_status_and_source(capsys):
    code, out, _ = outcome(capsys, "pressure", "--list-scales")
    assert code == terminal.OK
    for said in ("akahama2010", "unverified", "doi:10.1063/1.2335683", "1334 cm-1", "samarium"):
        assert said in out


def test_the_edge_of_a_file_is_found_beside_the_line_of_the_free_anvil(write_edge, capsys):
    path = write_edge("band.csv", 1647.4)
    words = ["pressure", str(path), "--gauge", "edge", "--scale", "eremets2023", *ROOM, *COLUMNS]
    code, found = answer(capsys, *words)
    (row,) = found["readings"]
    assert code == terminal.OK
    assert row["read"] == pytest.approx(1647.4, abs=4 * row["read_std"])
    assert row["read_std"] < 0.3
    assert row["spectrum"]["range"][0] > 1340
    assert found["axis"]["kind"] == "not checked"
    assert "Nobody checked the axis" in found["warnings"][0]


def test_a_stated_axis_correction_is_taken_off_and_its_error_joins(capsys):
    words = [*VALUE, *ROOM, "--scale", "akahama2006", "--axis-correction", "1.0", "0.3"]
    _, found = answer(capsys, *words)
    (row,) = found["readings"]
    assert row["observed"] == pytest.approx(1646.4)
    assert row["observed_std"] == pytest.approx(np.hypot(1.0, 0.3))
    assert found["warnings"] == []


def test_silicon_as_stored_corrects_the_axis_by_one_wavenumber(write_edge, capsys):
    silicon = data_path("raman-ruby/S0N02_iRPlus532_Z100_100_28000ms.txt")
    path = write_edge("band.csv", 1648.4)
    words = ["pressure", str(path), "--gauge", "edge", "--scale", "akahama2006", *ROOM, *COLUMNS]
    _, found = answer(capsys, *words, "--calibration", str(silicon), "--calibration-line", "520.5")
    assert found["axis"]["correction"] == pytest.approx(1.0, abs=0.2)
    assert found["readings"][0]["pressure"] / 1e9 == pytest.approx(170.0, abs=0.4)


def test_the_measured_doublet_of_ruby_reads_what_its_reference_says(capsys, tmp_path):
    path = data_path("raman-ruby/test_data2.txt")
    figure = tmp_path / "ruby.svg"
    code, found = answer(capsys, *RUBY, str(path), "--figure", str(figure))
    (row,) = found["readings"]
    assert code == terminal.OK
    assert row["read"] == pytest.approx(695.366, abs=0.006)
    assert row["spectrum"]["r2"] == pytest.approx(693.969, abs=0.006)
    assert row["pressure"] / 1e9 == pytest.approx(2.951, abs=0.01)
    assert figure.read_text().count("<path") > 50


def test_own_zero_of_the_spectrometer_serves_all_scales(capsys):
    words = [*RUBY, "--value", "710", "--error", "0.01"]
    _, found = answer(capsys, *words)
    scales = {one["name"]: one["pressure"] / 1e9 for one in found["readings"][0]["scales"]}
    assert scales["ruby2020"] == pytest.approx(47.738, abs=2e-3)
    assert scales["mao1986"] == pytest.approx(46.506, abs=2e-3)


def test_the_false_peak_of_a_log_is_named_and_kept(write_edge, capsys, tmp_path):
    paths = []
    for day, edge in enumerate((1647.4, 1647.1, 1612.0, 1647.6), start=1):
        path = write_edge(f"day{day}.csv", edge, seed=day)
        out = tmp_path / f"day{day}.nc"
        words = ["read", str(path), "-o", str(out), *COLUMNS]
        main.main([*words, "--started-at", f"2026-01-0{day}"])
        paths.append(str(out))
    capsys.readouterr()
    figure = tmp_path / "log.svg"
    words = ["pressure", *paths, "--gauge", "edge", "--scale", "eremets2023", *ROOM]
    code, found = answer(capsys, *words, "--figure", str(figure))
    assert code == terminal.LOW_CONFIDENCE
    assert [bool(row["doubt"]) for row in found["readings"]] == [False, False, True, False]
    assert found["log_judged"]
    assert figure.exists()
    changes = ["--load-change", "2026-01-02T12:00", "--load-change", "2026-01-03T12:00"]
    code, found = answer(capsys, *words, *changes)
    assert code == terminal.OK
    assert not any(row["doubt"] for row in found["readings"])


def test_a_log_without_times_says_that_nothing_was_doubted(write_edge, capsys):
    paths = [str(write_edge(f"{k}.csv", 1647.4, seed=k)) for k in (1, 2)]
    words = ["pressure", *paths, "--gauge", "edge", "--scale", "eremets2023", *ROOM, *COLUMNS]
    code, found = answer(capsys, *words)
    assert code == terminal.OK
    assert not found["log_judged"]
    assert any("No time is known" in one for one in found["warnings"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([*VALUE, *ROOM], terminal.INPUT_MISSING, "Found no --scale"),
        ([*VALUE, "--scale", "akahama2006"], terminal.INPUT_MISSING, "no --temperature"),
        ([*VALUE, *ROOM, "--scale", "ruby2020"], terminal.BAD_INPUT, "for diamond edge"),
        ([*VALUE, *ROOM, "--scale", "akahama206"], terminal.BAD_INPUT, "akahama2006"),
        (["pressure", "--scale", "ruby2020"], terminal.INPUT_MISSING, "no --gauge"),
        (["pressure", "--gauge", "edge", "--scale", "ruby2020"], 10, "neither spectra nor"),
        (
            [*VALUE, "--temperature", "80 K", "--scale", "akahama2006"],
            terminal.BAD_INPUT,
            "hold at room temperature",
        ),
        (
            [*VALUE, *ROOM, "--scale", "akahama2006", "--origin", "1332.5"],
            terminal.BAD_INPUT,
            "zero belongs to the scale",
        ),
        (["pressure", "--convert", "x", "akahama2006", "eremets2023"], 2, "a number in GPa"),
        (["pressure", "--convert", "30", "ruby2020", "eremets2023"], 2, "only scales of one"),
        ([*VALUE[:5], "--scale", "akahama2006"], terminal.INPUT_MISSING, "without --error"),
        (
            [*RUBY, "--value", "695", "--error", "0.1", "--calibration", "x.txt"],
            terminal.BAD_INPUT,
            "axis in nm",
        ),
        (
            [*VALUE, *ROOM, "--scale", "akahama2006", "--calibration", "x.txt"],
            terminal.INPUT_MISSING,
            "--calibration-line",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said(words, code, said, capsys):
    found, _, err = outcome(capsys, *words)
    assert found == code
    assert said in err


def test_outside_its_scale_a_pressure_is_of_low_confidence(capsys):
    words = ["pressure", "--gauge", "edge", "--value", "1900", "--error", "1", *ROOM]
    code, found = answer(capsys, *words, "--scale", "akahama2006")
    assert code == terminal.LOW_CONFIDENCE
    assert found["readings"][0]["extrapolated"]

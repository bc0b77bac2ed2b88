"""A cuprate on two thermometers: fast ramps disagree on the far one, an equilibrium run decides.

Expected values were computed apart from this code: half-heights of output less offset run, points
of zero and not, and the table of the thermometer that lies beside the measurements.
"""

import json

import pytest
from tests.realdata import data_path

import megabar
from megabar.cli import main, terminal
from megabar.errors import SchemaError
from megabar.observables.sweep_thermometers import with_offset_run

COLUMNS = (
    "time=column 1 in s",
    "temperature=column 2 in K",
    "temperature_pt100=column 3 in Pt100",
    "resistance=column 4 in mV",
)


def folder():
    return data_path("rt-cuprate-padova") / "Data"


def answer(capsys, *words):
    code = main.main(["tc", *map(str, words), "--current", "1 A", "--json"])
    return code, json.loads(capsys.readouterr().out)


def fast_ramps(capsys, *words):
    here = folder()
    mapped = [word for one in COLUMNS for word in ("--columns", one)]
    code, found = answer(
        capsys, here / "cooling.dat", here / "heating.dat", *mapped,
        "--offset", here / "cooling_offset.dat", here / "heating_offset.dat",
        "--thermometer-table", here / "conversion.dat", "--model", "constant", *words,
    )  # fmt: skip
    assert code == terminal.OK
    return found


def midpoints(found):
    return [one["temperatures"]["tc_midpoint"]["value"] for one in found["answers"]]


def test_fast_ramps_disagree_on_the_cold_finger_and_their_rates_tell_the_lag(capsys):
    found = fast_ramps(capsys, "--window", 103, 115, "--window", 118, 129)
    assert midpoints(found) == pytest.approx([88.8, 113.1], abs=1)
    assert [one["direction"] for one in found["answers"]] == ["down", "up"]
    assert [60 * one["rate"] for one in found["answers"]] == pytest.approx([-5.36, 1.6], abs=0.2)
    (lag,) = found["lags"]
    assert lag["disagrees"]
    assert lag["hysteresis"] == pytest.approx(24, abs=2)
    assert lag["tau"] / 60 == pytest.approx(3.5, abs=0.5)
    assert lag["tc"] == pytest.approx(107.5, abs=2)
    assert "ramps differ by" in lag["sentence"]


def test_the_thermometer_near_the_sample_brings_the_fast_ramps_together(capsys):
    found = fast_ramps(
        capsys, "--window", 122.5, 128, "--window", 117, 127, "--thermometer", "pt100"
    )  # fmt: skip
    cooling, heating = midpoints(found)
    assert (cooling, heating) == pytest.approx((114, 110.5), abs=1)
    assert abs(cooling - heating) < 5
    assert {one["thermometer"] for one in found["answers"]} == {"pt100"}
    assert found["answers"][0]["other_thermometers"] == ["first"]


def test_equilibrium_run_has_its_midpoint_and_its_last_zero(capsys):
    here = folder()
    _, found = answer(
        capsys, here / "equilibrium_cooling.dat", "--columns", "temperature=Rv in Pt100",
        "--columns", "resistance=Vout in mV", "--columns", "resistance_offset=Voff in mV",
        "--thermometer-table", here / "conversion.dat", "--source-kind", "log",
        "--window", 117, 170,
    )  # fmt: skip
    (one,) = found["answers"]
    assert one["offset_taken_off"]
    temperatures = one["temperatures"]
    assert temperatures["tc_midpoint"]["value"] == pytest.approx(112.3, abs=0.5)
    assert temperatures["tc_zero"]["value"] == pytest.approx(109.2, abs=0.1)
    assert one["zero_verdict"] == "reached"


def test_zero_lies_between_the_last_zero_and_the_first_point_that_is_none():
    here = folder()
    run = megabar.read(
        here / "equilibrium_cooling.dat",
        columns={
            "temperature": "Rv in Pt100",
            "resistance": "Vout in mV",
            "resistance_offset": "Voff in mV",
        },
        thermometer_table=str(here / "conversion.dat"),
        current="1 A",
        source_kind="log",
    )
    signal = run["resistance"].values - run["resistance_offset"].values
    temperature = run["temperature"].values
    assert temperature[signal <= 0].max() == pytest.approx(109.2, abs=0.1)
    assert temperature[signal > 0].min() == pytest.approx(109.45, abs=0.1)


def test_ragged_lines_and_misprints_of_the_table_are_named():
    here = folder()
    read = megabar.read(
        here / "cooling.dat",
        columns=dict(one.split("=", 1) for one in COLUMNS),
        current="1 A",
        thermometer_table="conversion.dat",
    )
    told = " ".join(megabar.schemas.warnings_of(read))
    assert "Line 73" in told
    assert "94, 94.1 K do not rise" in told
    assert set(read["direction"].values) == {-1}


def test_the_curve_of_the_standard_is_three_kelvin_off_the_table_of_the_sensor():
    """Its wire is of another purity: below the ice point the table is that of pure platinum."""
    here = folder()
    columns = {"temperature": "Rv in Pt100", "resistance": "Vout in mV"}
    asked = {"columns": columns, "current": "1 A", "source_kind": "log"}
    standard = megabar.read(here / "equilibrium_cooling.dat", **asked)
    table = megabar.read(
        here / "equilibrium_cooling.dat", **asked, thermometer_table="conversion.dat"
    )
    apart = (table["temperature"] - standard["temperature"]).values
    assert apart.min() > 1.5
    assert apart.max() < 3.6


def test_an_offset_run_elsewhere_is_refused():
    here = folder()
    columns = dict(one.split("=", 1) for one in COLUMNS)
    run = megabar.read(here / "cooling.dat", columns=columns, current="1 A")
    cold = run.isel(point=run["temperature"].values < 70)
    warm = run.isel(point=run["temperature"].values > 200)
    with pytest.raises(SchemaError, match="holds no temperature in it"):
        with_offset_run(warm, cold)

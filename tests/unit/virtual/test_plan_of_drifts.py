"""Coils that drift, pools beside the hydride, nutations: from the plan to files and truth."""

import json
import tomllib

import numpy as np
import pytest

from megabar.campaign import plan as campaign_plan
from megabar.errors import PlanError
from megabar.readers import registry
from megabar.virtual import Cell, Line, Receiver, Settings, simulate
from megabar.virtual.drifts import STEADY
from megabar.virtual.plan import read_plan
from megabar.virtual.spectrometer import clean_record
from megabar.virtual.truth import Pool

PROTON = "[nucleus.1H]\n"
COIL = 'coil_day = ["0 day", "61 day"]\ncoil_scale = [1.0, 0.8]\n'
NOISE = 'noise_day = ["0 day"]\nnoise_scale = [1.2]\n'
CELL_TABLE = "[[cell]]\n"
POOLS = """[hydride.pool.molecular]
nucleus = "1H"
per_metal = [16.5, 9.0]
shape = "gaussian"
content = [3.0, 10.5]
fwhm = ["60 kHz", "60 kHz"]
shift = ["5 ppm", "5 ppm"]
t1 = ["1 s", "1 s"]
t2 = ["inf", "inf"]
[hydride.pool.borane]
nucleus = "1H"
per_metal = [24.0]
shape = "gaussian"
content = [10.5]
fwhm = ["50 kHz"]
shift = ["2 ppm"]
t1 = ["180 s"]
t2 = ["inf"]
"""
NUTATION = """[[channel]]
name = "1H_nutation"
session = "all"
nucleus = "1H"
sequence = "nutation"
pulse_length = "14 us"
flip_angle = "90 deg"
dead_time = "5 us"
dwell = "1 us"
points = 200
n_scans = 4_000
repetition_time = "10 ms"
steps = ["4 us", "8 us", "12 us", "16 us", "20 us", "24 us"]
"""


def before(plan_text, mark, entries):
    assert mark in plan_text
    return plan_text.replace(mark, entries + mark, 1)


def after(plan_text, mark, entries):
    assert mark in plan_text
    return plan_text.replace(mark, mark + entries, 1)


def read(tmp_path, text):
    path = tmp_path / "simulation.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def truth_of(plan_path, tmp_path, text):
    plan_path.write_text(text, encoding="utf-8")
    folder = simulate(plan_path, tmp_path / "demo")
    return folder, json.loads((folder / "truth.json").read_text())["cells"]["cell-1"]["sessions"]


def test_without_entries_nothing_drifts_and_there_are_no_pools(tmp_path, plan_text):
    plan = read(tmp_path, plan_text)
    assert all(one.coil is STEADY and one.noise is STEADY for one in plan.nuclei.values())
    assert plan.pools == {"precursor": {}, "hydride": {}}


def test_the_truth_tells_coil_and_noise_of_every_record(tmp_path, plan_path, plan_text):
    plain = truth_of(plan_path, tmp_path, plan_text)[1]
    text = after(plan_text, PROTON, COIL + NOISE)
    _, found = truth_of(plan_path, tmp_path, text)
    for session, old, b in zip(found, plain, (1.0, 1.0, 0.9), strict=True):
        record = session["files"]["1H_fid"]
        assert (record["coil_scale"], record["noise_scale"]) == (pytest.approx(b), 1.2)
        assert record["noise"] == pytest.approx(1.2 * old["files"]["1H_fid"]["noise"])
        assert "coil_scale" not in session["files"]["139La_echo"]
    last = found[-1]["files"]["1H_fid"]
    assert last["flip_angle"] == pytest.approx(0.9 * np.pi / 2)
    ratio = last["signal_at_zero"] / plain[-1]["files"]["1H_fid"]["signal_at_zero"]
    assert ratio == pytest.approx(0.9 * np.sin(0.9 * np.pi / 2), rel=1e-2)  # T1 2.2 ms, TR 10 ms


def test_pools_follow_the_content_and_stand_in_the_truth(tmp_path, plan_path, plan_text):
    _, sessions = truth_of(plan_path, tmp_path, before(plan_text, CELL_TABLE, POOLS))
    assert "pools" not in sessions[0]
    fresh, later = sessions[1]["pools"], sessions[2]["pools"]
    assert fresh["molecular"]["per_metal"] == 9.0
    assert later["molecular"]["per_metal"] == pytest.approx(9.0 + 7.5 * 30.5 / 62.5)
    assert fresh["molecular"]["nuclei"] == pytest.approx(9.0 * 2.8e14)
    assert (later["borane"]["per_metal"], later["borane"]["t1"]) == (24.0, 180.0)
    assert sessions[1]["1H"]["nuclei"] == pytest.approx(10.5 * 2.8e14)


@pytest.mark.parametrize("sequence", ["fid", "solid-echo"])
def test_a_record_is_the_sum_of_the_lines_in_the_cell(sequence):
    hydride = Line(shape="lorentzian", fwhm=1350.0, shift=20.0, t1=1.5e-3, t2=1.5e-3)
    gas = Line(shape="gaussian", fwhm=60e3, shift=5.0, t1=1.0, t2=float("inf"))
    metal_atoms = 2e14
    receiver = Receiver(
        reference_frequency=395.107e6, carrier_frequency=395.11e6, limit_of_detection=5e11,
        ring_down=0.0, ring_down_time="0.3 us", phase=0.2,
    )  # fmt: skip
    settings = Settings(
        pulse_length="6 us", flip_angle="90 deg", dead_time="5 us", dwell="1 us", points=128,
        repetition_time="10 ms", echo_delay="25 us", before_echo="10 us",
    )  # fmt: skip

    def record(content, line, pools):
        cell = Cell(
            f"LaH{content}", metal_atoms=metal_atoms, lines={"1H": line}, field_offset=0.0,
            pools=pools,
        )  # fmt: skip
        return clean_record(
            cell, sequence=sequence, nucleus="1H", receiver=receiver, settings=settings
        )[1]

    both = record(10.5, hydride, {"gas": Pool(nucleus="1H", per_metal=4.0, line=gas)})
    apart = record(10.5, hydride, {}) + record(4.0, gas, {})
    np.testing.assert_allclose(both, apart, rtol=1e-12)


def test_a_nutation_is_read_with_its_lengths(tmp_path, plan_path, plan_text):
    folder, _ = truth_of(plan_path, tmp_path, plan_text + NUTATION)
    entries = tomllib.loads((folder / "campaign.toml").read_text())["channel"]
    channel = next(one for one in entries if one["measure"] == "nutation")
    assert channel["array"] == "vplist"
    assert channel["array_as"] == "pulse_length"
    for session in ("precursor-1", "day-030.5"):
        place = folder / "raw" / "cell-1" / session / "1H_nutation"
        record = registry.read(place, sequence="fid", time_origin="7 us")
        assert record.pulse_length.values == pytest.approx(4e-6 * np.arange(1, 7))
        assert "warnings" not in record.attrs


POWER = 'stated_power = "5 W"\nstated_power_std = "0.2 W"\n'


def test_a_nutation_with_a_power_calibrates_the_lines_of_its_nucleus(
    tmp_path, plan_path, plan_text
):
    lanthanum = NUTATION.replace("1H", "139La").replace("14 us", "4 us")
    folder, _ = truth_of(plan_path, tmp_path, plan_text + NUTATION + POWER + lanthanum + POWER)
    plan = campaign_plan.load(folder / "campaign.toml")  # its rules allow all that was written
    channels = {one.name: one for one in plan.channels}
    for name in ("1H-fid-precursor", "1H-fid-hydride", "139La-echo"):
        nucleus = name.split("-")[0]
        assert channels[name].nutation == f"{nucleus}-nutation"
        assert channels[name].flip_angle is None
        assert channels[f"{nucleus}-nutation"].pulse_power == 5.0
    assert channels["139La-echo"].broadening == "shifts"
    assert channels["1H-fid-hydride"].pulse_length == pytest.approx(14e-6)
    assert channels["63Cu-fid"].nutation is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (lambda t: after(t, PROTON, COIL.replace("1.0, ", "")), "coil_scale: .*needs one scale"),
        (
            lambda t: after(t, PROTON, COIL.replace("coil_day", "day")),
            "coil_scale: .*must rise",
        ),
        (lambda t: after(t, PROTON, COIL + 'drift = "1 us"\n'), "drift: is unknown"),
        (lambda t: before(t, CELL_TABLE, POOLS.replace("16.5, ", "")), "1 numbers of nuclei"),
        (lambda t: before(t, CELL_TABLE, POOLS.replace("24.0", "-1")), "not negative"),
        (lambda t: before(t, CELL_TABLE, POOLS.replace('"1H"', '"63Cu"')), "adds to a line"),
        (lambda t: t + NUTATION.replace('["4 us"', '["0 us"'), "every length must be above 0"),
    ],
)
def test_drifts_and_pools_that_make_no_sense_are_refused(tmp_path, plan_text, text, reason):
    with pytest.raises(PlanError, match=reason):
        read(tmp_path, text(plan_text))

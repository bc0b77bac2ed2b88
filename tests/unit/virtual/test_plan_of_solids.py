"""Coupled lines and pulses that take their time: from the plan to the truth."""

import json
import math

import pytest

from megabar.errors import PlanError
from megabar.virtual import simulate
from megabar.virtual.couplings import Quadrupolar, RigidDecay, RigidPairs
from megabar.virtual.plan import read_plan

QUADRUPOLAR = """
quadrupole_coupling = ["0.3 MHz", "0.5 MHz"]
asymmetry = [0.1, 0.3]
quadrupole_coupling_fwhm = ["0 Hz", "50 kHz"]
"""
LANTHANUM_T2 = 't2 = ["3 ms", "2 ms"]\n'
GAUSSIAN = 'pulse_shape = "gaussian"\nnutation_frequency = "40 kHz"\ntruncation = 0.01\n'
DECAY = 'decay_time = ["0 us", "9 us"]\ndecay = [1.0, 0.0]\n'
PROTON_LENGTH = 'pulse_length = "14 us"\n'


def with_entries(plan_text, after, entries):
    assert after in plan_text
    return plan_text.replace(after, after + entries, 1)


def read(tmp_path, text):
    path = tmp_path / "simulation.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def test_a_quadrupolar_line_stands_between_its_anchors(tmp_path, plan_text):
    plan = read(tmp_path, with_entries(plan_text, LANTHANUM_T2, QUADRUPOLAR))
    coupling = plan.lines["hydride"]["139La"].at(6.75).coupling
    assert coupling == Quadrupolar(
        quadrupole_coupling=0.4e6, asymmetry=0.2, quadrupole_coupling_fwhm=25e3
    )
    assert plan.lines["precursor"]["139La"].at(3.0).coupling is None


def test_rigid_protons_are_pairs_or_a_table(tmp_path, plan_text):
    line = 't2 = ["inf"]\n'
    pairs = read(tmp_path, with_entries(plan_text, line, 'pair_coupling = ["30 kHz"]\n'))
    table = read(
        tmp_path,
        with_entries(plan_text, line, 'decay_time = ["0 us", "9 us"]\ndecay = [1.0, 0.0]\n'),
    )
    assert pairs.lines["precursor"]["1H"].at(3.0).coupling == RigidPairs(pair_coupling=30e3)
    assert table.lines["precursor"]["1H"].at(3.0).coupling == RigidDecay(
        time=(0.0, 9e-6), decay=(1.0, 0.0)
    )


def test_a_shaped_pulse_turns_what_its_field_says_not_what_the_operator_believes(
    tmp_path, plan_text
):
    plan = read(tmp_path, with_entries(plan_text, PROTON_LENGTH, GAUSSIAN))
    settings = next(one.settings for one in plan.channels if one.name == "1H_fid")
    assert settings.flip_angle == pytest.approx(math.pi / 2)
    root = math.sqrt(math.log(100))
    mean = math.sqrt(math.pi) * math.erf(root) / (2 * root)
    assert settings.true_flip_angle == pytest.approx(2 * math.pi * 40e3 * 14e-6 * mean, rel=1e-3)


@pytest.mark.parametrize(
    ("after", "entries", "reason"),
    [
        (LANTHANUM_T2, 'quadrupole_coupling = ["1 MHz", "1 MHz"]\n', "0 values of asymmetry"),
        (LANTHANUM_T2, QUADRUPOLAR + 'pair_coupling = ["1 kHz", "1 kHz"]\n', "more than one of"),
        (LANTHANUM_T2, QUADRUPOLAR.replace("0.3]", "1.3]"), "between 0 and 1"),
        (LANTHANUM_T2, 'pair_coupling = ["1 kHz", "0 kHz"]\n', "must be above 0"),
        (LANTHANUM_T2, 'decay_time = ["0 us"]\ndecay = [1.0]\n', "at least two"),
        (PROTON_LENGTH, 'pulse_shape = "gausian"\n', "gaussian"),
        (PROTON_LENGTH, 'pulse_shape = "rectangular"\n', "nutation_frequency: is missing"),
        (PROTON_LENGTH, 'nutation_frequency = "40 kHz"\n', "nutation_frequency: is unknown"),
        (PROTON_LENGTH, GAUSSIAN.replace("gaussian", "rectangular"), "truncation: is unknown"),
        (PROTON_LENGTH, GAUSSIAN.replace("0.01", "1.5"), "between 0 and 1"),
    ],
)
def test_couplings_and_shapes_that_make_no_sense_are_refused(
    tmp_path, plan_text, after, entries, reason
):
    with pytest.raises(PlanError, match=reason):
        read(tmp_path, with_entries(plan_text, after, entries))


def test_the_truth_states_couplings_and_true_pulses(tmp_path, plan_path, plan_text):
    text = with_entries(plan_text, LANTHANUM_T2, QUADRUPOLAR)
    plan_path.write_text(with_entries(text, PROTON_LENGTH, GAUSSIAN), encoding="utf-8")
    truth = json.loads((simulate(plan_path, tmp_path / "demo") / "truth.json").read_text())
    before, fresh, _ = truth["cells"]["cell-1"]["sessions"]
    assert fresh["139La"]["coupling"] == {
        "kind": "quadrupolar",
        "quadrupole_coupling": 0.5e6,
        "asymmetry": 0.3,
        "quadrupole_coupling_fwhm": 50e3,
    }
    assert "coupling" not in before["139La"]
    assert fresh["files"]["1H_fid"]["pulse"] == {
        "shape": "gaussian",
        "nutation_frequency": 40e3,
        "truncation": 0.01,
    }
    assert math.degrees(fresh["files"]["1H_fid"]["flip_angle"]) == pytest.approx(83.06, abs=0.1)
    assert "pulse" not in fresh["files"]["139La_echo"]


def test_a_lanthanum_echo_is_fainter_for_a_quadrupole_coupling(tmp_path, plan_path, plan_text):
    sizes = []
    for text in (plan_text, with_entries(plan_text, LANTHANUM_T2, QUADRUPOLAR)):
        plan_path.write_text(text, encoding="utf-8")
        truth = json.loads((simulate(plan_path, tmp_path / "demo") / "truth.json").read_text())
        fresh = truth["cells"]["cell-1"]["sessions"][1]
        sizes.append(fresh["files"]["139La_echo"]["signal_at_zero"])
    # fully dephased by both kinds of broadening: half of 0.249, against 0.5 without a gradient
    assert sizes[1] / sizes[0] == pytest.approx(0.249, abs=0.08)

"""Signals by the spin engine: against the pathways of short pulses, closed forms, Bloch vectors."""

import math
from dataclasses import replace

import numpy as np
import pytest

from megabar.errors import PlanError
from megabar.matter.crystals import crystal
from megabar.spins.powder_decays import pake_mean
from megabar.spins.rigid_lines import rigid_line_many_spin
from megabar.spins.sequences import IdealPulse
from megabar.virtual import Cell, Line, Receiver, Settings, finite_pulses, nmr
from megabar.virtual.couplings import Quadrupolar, RigidDecay, RigidPairs
from megabar.virtual.finite_pulses import Shaped
from megabar.virtual.spectrometer import clean_record

QUARTER = math.pi / 2
TIMES = np.linspace(2e-6, 120e-6, 60)
NARROW = Line(shape="gaussian", fwhm=8e3, shift=0.0, t1=8e-3, t2=5e-3)
LANTHANUM = {"nucleus": "139La", "larmor_frequency": 55.8e6}
PROTON = {"nucleus": "1H", "larmor_frequency": 395e6}
RECEIVER = Receiver(
    reference_frequency=395.107e6,
    carrier_frequency=395.107e6,
    limit_of_detection=1.0,
    ring_down=0.0,
    ring_down_time=1e-7,
    phase=0.0,
)


def rectangle(field):
    return Shaped(shape="rectangular", nutation_frequency=field, truncation=None)


def engine(sequence, line, *, pulses=None, delay=None, angle=QUARTER, saturation=0, **changed):
    scan = nmr.program(sequence, flip_angle=angle, delay=delay, saturation=saturation)
    given = {**PROTON, "offset": 700.0, "repetition_time": 20e-3, "time": TIMES, **changed}
    if pulses is None:
        pulses = [IdealPulse(channel="1H", angle=one, phase=0.0) for one in scan.flip_angles]
    return finite_pulses.signal(scan, pulses=pulses, line=line, **given)


def pathways(sequence, line, *, delay=None, angle=QUARTER, saturation=0):
    scan = nmr.program(sequence, flip_angle=angle, delay=delay, saturation=saturation)
    return nmr.signal(scan, line=line, offset=700.0, repetition_time=20e-3, time=TIMES)


# --- the limit of short pulses --------------------------------------------------------------------


@pytest.mark.parametrize("angle", [QUARTER, 1.2])
@pytest.mark.parametrize("shape", ["gaussian", "lorentzian"])
@pytest.mark.parametrize(
    ("sequence", "delay", "comb"),
    [("fid", None, 0), ("saturation-recovery", 1e-3, 3), ("solid-echo", 40e-6, 0),
     ("hahn-echo", 40e-6, 0)],
)  # fmt: skip
def test_ideal_pulses_on_uncoupled_spins_give_the_pathways(sequence, delay, comb, shape, angle):
    line = replace(NARROW, shape=shape)
    given = {"delay": delay, "angle": angle, "saturation": comb}
    found = engine(sequence, line, **given)
    assert np.abs(found - pathways(sequence, line, **given)).max() < 1e-13


@pytest.mark.parametrize("nucleus", ["1H", "139La"])
def test_a_spin_without_quadrupole_coupling_acts_as_a_spin_one_half(nucleus):
    free = Quadrupolar(quadrupole_coupling=0.0, asymmetry=0.0, quadrupole_coupling_fwhm=0.0)
    line = NARROW if nucleus == "1H" else replace(NARROW, coupling=free)
    found = engine("solid-echo", line, delay=40e-6, nucleus=nucleus)
    assert np.abs(found - pathways("solid-echo", NARROW, delay=40e-6)).max() < 1e-13


@pytest.mark.parametrize("sequence", ["fid", "solid-echo", "hahn-echo"])
def test_pulses_of_vanishing_length_approach_the_pathways_in_first_order(sequence):
    delay = None if sequence == "fid" else 40e-6
    errors = []
    for length in (0.4e-6, 0.2e-6):
        times = (1,) if sequence == "fid" else (1, 1 if sequence == "solid-echo" else 2)
        pulses = [
            rectangle(0.25 / length).pulse(channel="1H", duration=one * length) for one in times
        ]
        found = engine(sequence, NARROW, delay=delay, pulses=pulses)
        errors.append(np.abs(found - pathways(sequence, NARROW, delay=delay)).max())
    assert errors[0] < 0.01
    assert errors[1] < 0.55 * errors[0]


def test_a_line_that_is_neither_coupled_nor_pulsed_by_shape_keeps_the_signals_of_old_plans():
    cell = Cell("LaH10", metal_atoms=1e14, lines={"1H": NARROW}, field_offset=0.0)
    settings = Settings(
        pulse_length=14e-6, flip_angle=QUARTER, dead_time=5e-6, dwell=1e-6, points=64,
        repetition_time=20e-3,
    )  # fmt: skip
    time, rows = clean_record(
        cell, sequence="fid", nucleus="1H", receiver=RECEIVER, settings=settings
    )
    scan = nmr.program("fid", flip_angle=QUARTER)
    by_hand = nmr.signal(scan, line=NARROW, offset=0.0, repetition_time=20e-3, time=time)
    assert np.array_equal(rows[0], cell.nuclei("1H") * by_hand)


# --- finite pulses on uncoupled spins: Bloch vectors ----------------------------------------------


def bloch(vectors, offsets, shaped, duration, axis, steps=400):
    """Turn Bloch vectors, (spin, 3), about the effective field, slice by slice."""
    for step in range(steps):
        place = 2 * (step + 0.5) / steps - 1
        height = 1.0 if shaped.truncation is None else shaped.truncation ** (place**2)
        field = shaped.nutation_frequency * height
        along = np.column_stack(
            [
                np.full_like(offsets, field * math.cos(axis)),
                np.full_like(offsets, field * math.sin(axis)),
                offsets,
            ]
        )
        size = np.linalg.norm(along, axis=1, keepdims=True)
        unit, angle = along / size, 2 * np.pi * size * duration / steps
        vectors = (
            vectors * np.cos(angle)
            + np.cross(unit, vectors) * np.sin(angle)
            + unit * (unit * vectors).sum(axis=1, keepdims=True) * (1 - np.cos(angle))
        )
    return vectors


@pytest.mark.parametrize("truncation", [None, 0.01])
def test_a_pulse_that_takes_its_time_excites_a_broad_line_as_bloch_vectors_say(truncation):
    line = Line(shape="gaussian", fwhm=50e3, shift=0.0, t1=1e-3, t2=math.inf)
    shape = "rectangular" if truncation is None else "gaussian"
    shaped = Shaped(shape=shape, nutation_frequency=43.3e3, truncation=truncation)
    one = shaped.pulse(channel="1H", duration=14e-6)
    times = np.linspace(7e-6, 40e-6, 20)
    found = engine("fid", line, pulses=[one], angle=finite_pulses.flip_angle(one), offset=3e3,
                   time=times)  # fmt: skip
    spread = np.arange(-150e3, 150e3, 500.0)
    weight = np.exp(-4 * math.log(2) * (spread / 50e3) ** 2)
    start = np.tile([0.0, 0.0, 1.0], (len(spread), 1))
    turned = bloch(start, spread + 3e3, shaped, 14e-6, 0.0)
    transverse = (turned[:, 0] + 1j * turned[:, 1]) * weight / weight.sum()
    apart = times - 7e-6
    expected = 1j * np.exp(2j * np.pi * np.outer(apart, spread + 3e3)) @ transverse
    assert np.abs(found - expected).max() < 5e-4  # 64 slices against 400


def test_a_hahn_echo_of_shaped_pulses_is_that_of_bloch_vectors_stepped_through_the_cycle():
    line = Line(shape="gaussian", fwhm=20e3, shift=0.0, t1=5e-4, t2=math.inf)
    shaped = rectangle(62.5e3)
    pulses = [shaped.pulse(channel="1H", duration=4e-6), shaped.pulse(channel="1H", duration=8e-6)]
    times = np.linspace(-10e-6, 30e-6, 21)
    found = engine("hahn-echo", line, pulses=pulses, delay=30e-6, offset=2e3, time=times)
    spread = np.arange(-60e3, 60e3, 500.0)
    weight = np.exp(-4 * math.log(2) * (spread / 20e3) ** 2)
    offsets = spread + 2e3
    phases, receiver = nmr.CYCLES["hahn-echo"]
    total = np.zeros(len(times), dtype=complex)
    for first, second, seen in zip(*phases, receiver, strict=True):
        state = np.tile([0.0, 0.0, 1.0], (len(spread), 1))
        state = bloch(state, offsets, shaped, 4e-6, first * QUARTER, steps=1)
        turned = (state[:, 0] + 1j * state[:, 1]) * np.exp(2j * np.pi * offsets * 24e-6)
        state = np.column_stack([turned.real, turned.imag, state[:, 2]])
        state = bloch(state, offsets, shaped, 8e-6, second * QUARTER, steps=1)
        transverse = (state[:, 0] + 1j * state[:, 1]) * weight / weight.sum()
        after = times + 30e-6 - 4e-6
        total += np.exp(-1j * QUARTER * seen) * (
            np.exp(2j * np.pi * np.outer(after, offsets)) @ transverse
        )
    assert np.abs(found - 1j * total / 16).max() < 1e-8  # 2e-9 of a Gaussian is cut off


# --- pairs ----------------------------------------------------------------------------------------


def test_a_solid_echo_refocuses_a_rigid_pair_completely_and_a_hahn_echo_leaves_its_decay():
    line = replace(NARROW, fwhm=1e-3, t2=math.inf, t1=5e-4, coupling=RigidPairs(pair_coupling=50e3))
    times = np.linspace(0.0, 30e-6, 16)
    given = {"delay": 25e-6, "offset": 0.0, "time": times}
    solid = engine("solid-echo", line, **given)
    hahn = engine("hahn-echo", line, **given)
    assert np.abs(solid - pake_mean(np.pi * 75e3 * times)).max() < 1e-9
    assert np.abs(np.abs(hahn) - np.abs(pake_mean(np.pi * 75e3 * (times + 50e-6)))).max() < 1e-9


# --- quadrupolar lines ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("megahertz", "microseconds", "height"),
    [(0.5, 3.74, 0.9260), (1.0, 3.26, 0.7857), (2.0, 2.54, 0.5673), (20.0, 1.0, 0.1051)],
)
def test_the_best_pulse_at_a_quadrupole_coupling_gives_what_nutation_curves_say(
    megahertz, microseconds, height
):
    """First-order heights of powders at a field of 62.5 kHz and asymmetry 0.1."""
    coupling = Quadrupolar(
        quadrupole_coupling=1e6 * megahertz, asymmetry=0.1, quadrupole_coupling_fwhm=0.0
    )
    line = replace(NARROW, fwhm=1.0, t1=1e-3, t2=math.inf, coupling=coupling)
    one = rectangle(62.5e3).pulse(channel="139La", duration=1e-6 * microseconds)
    at_end = np.array([one.duration / 2])
    found = engine("fid", line, pulses=[one], angle=finite_pulses.flip_angle(one), offset=0.0,
                   time=at_end, **LANTHANUM)  # fmt: skip
    assert found[0].real == pytest.approx(height, abs=2e-3 if megahertz == 20 else 3e-4)


def test_twenty_megahertz_leave_a_solid_echo_a_tenth_or_less_of_the_cubic_one():
    pulses = [rectangle(62.5e3).pulse(channel="139La", duration=4e-6)] * 2
    given = {"pulses": pulses, "delay": 29e-6, "time": np.linspace(-10e-6, 10e-6, 41),
             "offset": 0.0, **LANTHANUM}  # fmt: skip
    strong = Quadrupolar(quadrupole_coupling=20e6, asymmetry=0.1, quadrupole_coupling_fwhm=0.0)
    cubic = engine("solid-echo", NARROW, **given)
    found = engine("solid-echo", replace(NARROW, coupling=strong), **given)
    assert np.abs(found).max() < 0.1 * np.abs(cubic).max()


def test_a_narrow_distribution_of_couplings_changes_little_and_a_wide_one_damps_the_satellites():
    def fid(width):
        coupling = Quadrupolar(
            quadrupole_coupling=0.5e6, asymmetry=0.0, quadrupole_coupling_fwhm=width
        )
        return engine("fid", replace(NARROW, coupling=coupling), offset=0.0, **LANTHANUM)

    sharp = fid(0.0)
    assert np.abs(fid(1e3) - sharp).max() < 2e-3
    assert np.abs(fid(0.2e6) - sharp).max() > 0.03


# --- rigid hydrogen behind a dead time ------------------------------------------------------------


def test_a_dead_time_of_five_microseconds_hides_rigid_hydrogen_of_a_superhydride():
    rigid = rigid_line_many_spin(crystal("LaH10", lattice_parameter=5.1e-10), partners=5,
                                 orientations=8)  # fmt: skip
    inside = rigid.time < 60e-6
    table = RigidDecay(
        time=tuple(rigid.time[inside].tolist()), decay=tuple(rigid.fid[inside].tolist())
    )
    line = replace(NARROW, fwhm=1.0, t2=math.inf, t1=1e-3, coupling=table)
    cell = Cell("LaH10", metal_atoms=0.1, lines={"1H": line}, field_offset=0.0)
    settings = Settings(
        pulse_length=4e-6, flip_angle=QUARTER, dead_time=5e-6, dwell=0.5e-6, points=64,
        repetition_time=1.0,
    )  # fmt: skip
    time, (row,) = clean_record(
        cell, sequence="fid", nucleus="1H", receiver=RECEIVER, settings=settings
    )
    seen = time >= 7e-6 - 1e-12  # half of the pulse and the dead time
    assert np.abs(row[seen]).max() < 0.05
    assert row[0].real == pytest.approx(rigid.fid_at(2e-6), abs=2e-3)


# --- what is refused ------------------------------------------------------------------------------


def test_a_table_of_a_decay_is_no_echo():
    table = RigidDecay(time=(0.0, 1e-5), decay=(1.0, 0.0))
    with pytest.raises(PlanError, match="says nothing about echoes"):
        engine("solid-echo", replace(NARROW, coupling=table), delay=40e-6)


def test_pulses_that_overlap_are_refused():
    long = rectangle(5e3).pulse(channel="1H", duration=50e-6)
    with pytest.raises(PlanError, match="Raise the echo delay"):
        engine("solid-echo", NARROW, pulses=[long, long], delay=40e-6)


def test_a_distribution_that_would_have_to_act_in_pulses_but_cannot_is_refused():
    wide = replace(NARROW, shape="lorentzian", fwhm=80e3)
    with pytest.raises(PlanError, match="act between pulses only"):
        engine("fid", wide, pulses=[rectangle(62.5e3).pulse(channel="1H", duration=4e-6)])


def test_protons_have_no_quadrupole_coupling():
    coupling = Quadrupolar(quadrupole_coupling=1e5, asymmetry=0.0, quadrupole_coupling_fwhm=0.0)
    with pytest.raises(PlanError, match="only spins from 1"):
        engine("fid", replace(NARROW, coupling=coupling))


@pytest.mark.parametrize(
    ("shape", "field", "cut", "reason"),
    [("gaussian", 1e4, None, "a Gaussian, and nothing else, a truncation"),
     ("rectangular", 1e4, 0.01, "and nothing else, a truncation"),
     ("rectangular", 0.0, None, "nutation frequency above 0"),
     ("gaussian", 1e4, 2.0, "between 0 and 1")],
)  # fmt: skip
def test_pulses_that_do_not_exist_are_refused(shape, field, cut, reason):
    with pytest.raises(PlanError, match=reason):
        Shaped(shape=shape, nutation_frequency=field, truncation=cut)


# --- fast repetition ------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0.25, 0.4])
def test_fast_repetition_saturates_by_the_angle_that_the_pulse_truly_turns(turn):
    """Ernst and Anderson, for a narrow line on resonance."""
    line = Line(shape="gaussian", fwhm=1.0, shift=0.0, t1=10e-3, t2=math.inf)
    one = rectangle(turn / 4e-6).pulse(channel="1H", duration=4e-6)
    angle = finite_pulses.flip_angle(one)
    found = engine("fid", line, pulses=[one], angle=angle, offset=0.0, repetition_time=10e-3,
                   time=np.array([2e-6]))  # fmt: skip
    left = math.exp(-1)
    expected = (1 - left) * math.sin(angle) / (1 - left * math.cos(angle))
    assert found[0].real == pytest.approx(expected, rel=1e-6)

"""What a record shows of a pool, against pathways, Bloch vectors and powders done by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from megabar import schemas, virtual
from megabar.errors import Undetermined, UnknownWord
from megabar.matter import crystals
from megabar.observables import (
    pool_answers,
    pool_contents,
    pool_readings,
    pool_separation,
    pool_visibility,
    rigid_pools,
)
from megabar.observables.calibrations import calibration_by_precursor
from megabar.observables.efficiencies import Factor
from megabar.observables.hydrogen_pools import Pool
from megabar.observables.pool_readings import Reading, short_pulse
from megabar.observables.pool_signals import response, signal
from megabar.observables.rigid_pools import Pairs, RigidDecay
from megabar.spins.moments import pair_constant, pake_splitting
from megabar.spins.orientations import octant_grid
from megabar.spins.pulse_shapes import gaussian_shape
from megabar.spins.rigid_lines import rigid_line_many_spin
from megabar.spins.sequences import rectangular_pulse
from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem
from megabar.virtual.couplings import RigidPairs
from megabar.virtual.finite_pulses import Shaped
from megabar.virtual.spectrometer import clean_record

NU = 395.107e6
NINETY, TURN = short_pulse(math.pi / 2), short_pulse(math.pi)
SHORT = {
    "fid": (NINETY,),
    "saturation-recovery": (NINETY,),
    "solid-echo": (NINETY, NINETY),
    "hahn-echo": (NINETY, TURN),
}
GAUSS = gaussian_shape(truncation=0.01, slices=32)
PEAK = GAUSS.peak_from_angle(angle=math.pi / 2, duration=14e-6)
SOFT = GAUSS.pulse(channel="1H", duration=14e-6, peak=PEAK, phase=0.0)


def pool(**values):
    known = {"fwhm_std": 0.0, "shift": 0.0, "shift_std": 0.0, "t1_std": 0.0}
    known |= {"name": "H2", "shape": "gaussian", "fwhm": 10e3, "t1": 1.0, "t2": math.inf}
    return Pool(**{**known, "t2_std": 0.0, **values})


def reading(sequence="fid", **values):
    usual = {
        "name": "10 ms FID",
        "repetition_time": 10e-3,
        "pulses": SHORT[sequence],
        "relative_field_std": 0.0,
        "dead_time": 5e-6 if sequence in ("fid", "saturation-recovery") else 0.0,
        "carrier_frequency": NU,
        "reference_frequency": NU,
        "bandwidth": math.inf,
        "extrapolated": True,
    }
    if "echo" in sequence:
        usual["echo_delay"] = 25e-6
    return Reading(sequence=sequence, **{**usual, **values})


def seen(one, how):
    return pool_visibility.visibility(one, how)


def named(visibility, name):
    return next(one.value for one in visibility.factors if one.name == name)


# --- what is published or printed -----------------------------------------------------------------


@pytest.mark.parametrize(("t1", "left"), [(1.5e-3, 0.9987), (180.0, 5.555e-5), (1.0, 9.95e-3)])
def test_steady_state_at_ten_milliseconds(t1, left):
    found = seen(pool(t1=t1), reading())
    assert found.value == pytest.approx(left, rel=1e-3)
    assert found.invisible_fraction == pytest.approx(1 - left, abs=1e-4)


def test_weight_of_a_reservoir_at_ten_milliseconds():
    """1:4 LaH3:NH3BH3 holds 27 H/La; what hides of the 16.5 beside LaH10.5, as H2 or as borane."""
    assert 3 + 4 * 6 == 27
    hydrogen, borane = pool(), pool(name="borane", t1=180.0)
    assert seen(hydrogen, reading()).shown(27 - 10.5) == pytest.approx(0.164, rel=5e-3)
    assert seen(borane, reading()).shown(24.0) == pytest.approx(0.00133, rel=5e-3)
    assert seen(hydrogen, reading()).hidden_behind(0.164) == pytest.approx(16.5, rel=5e-3)


def test_the_sentence_says_the_part_that_is_invisible():
    table = pool_visibility.visibility_table([pool(), pool(name="borane", t1=180.0)], [reading()])
    assert [words.split(" (steady")[0] for words in table.sentences()] == [
        "H2 (T1 1 s) in the 10 ms FID: 99.0 % invisible",
        "borane (T1 180 s) in the 10 ms FID: 99.994 % invisible",
    ]
    assert table.invisible_fractions.shape == (2, 1)


def test_rigid_protons_of_lah10_are_gone_after_the_dead_time():
    """Half of the decay is gone after 1.7 us; it turns over, and is gone for good after 8."""
    lah10 = crystals.crystal("LaH10", lattice_parameter=5.1e-10)
    line = rigid_line_many_spin(lah10, partners=4, orientations=8, seed=1)
    assert line.half_time == pytest.approx(1.7e-6, rel=0.05)
    stuck = pool(
        name="rigid", t1=1e-4, fwhm=1e3, rigid=rigid_pools.rigid_lattice(line, source="LaH10")
    )
    early, late = (seen(stuck, reading(dead_time=time)) for time in (5e-6, 8e-6))
    assert early.smallest.name == "dead_time"
    assert 0.7 < early.invisible_fraction < 0.9
    assert late.invisible_fraction > 0.97


def test_rigid_molecules_of_hydrogen_by_hand():
    """Horns 445 kHz apart at 0.74 angstrom; the largest point after 5 us by a sum over a powder."""
    gamma = 26.7522128e7
    constant = pair_constant(gyromagnetic_ratio=gamma, distance=0.74e-10)
    splitting = pake_splitting(pair_constant=constant)
    assert splitting == pytest.approx(444.6e3, rel=2e-3)
    rigid = pool(t1=1e-4, fwhm=100.0, rigid=Pairs(splitting=splitting, splitting_std=0.0))
    cosine = (np.arange(20_000) + 0.5) / 20_000
    time = 5e-6 + np.linspace(0, 6e-6, 601)
    powder = [np.cos(np.pi * splitting * t * (3 * cosine**2 - 1)).mean() for t in time]
    found = named(seen(rigid, reading()), "dead_time")
    assert found == pytest.approx(np.abs(powder).max(), rel=2e-3)


# --- against the virtual laboratory, which walks pathways and has its own finite pulses -----------

LINES = {
    "narrow": {"shape": "lorentzian", "fwhm": 1350.0, "shift": 20.0, "t1": 1.5e-3, "t2": 1.5e-3},
    "broad": {"shape": "gaussian", "fwhm": 60e3, "shift": 3.0, "t1": 2.0, "t2": math.inf},
    "damped": {"shape": "gaussian", "fwhm": 10e3, "shift": -15.0, "t1": 0.05, "t2": 1e-4},
}
SETTINGS = {
    "fid": {"repetition_time": 0.1},
    "solid-echo": {"repetition_time": 5.0, "echo_delay": 25e-6, "before_echo": 0.0},
    "hahn-echo": {"repetition_time": 5.0, "echo_delay": 25e-6, "before_echo": 0.0},
    "saturation-recovery": {"repetition_time": 9.0, "steps": (1e-3, 0.1, 1.0), "saturation": 3},
}


def both(line, sequence, *, pulses=None, length=0.0, shaped=None, coupling=None, rigid=None):
    """Signals of the virtual laboratory and of the analysis, at the same times."""
    settings = virtual.Settings(
        pulse_length=length, flip_angle=math.pi / 2, dead_time=0.0, dwell=0.5e-6, points=200,
        shaped=shaped, **SETTINGS[sequence],
    )  # fmt: skip
    receiver = virtual.Receiver(
        reference_frequency=NU, carrier_frequency=NU, limit_of_detection=1.0, ring_down=0.0,
        ring_down_time=1e-6, phase=0.0,
    )  # fmt: skip
    cell = virtual.Cell(
        "LaH1", metal_atoms=1.0, lines={"1H": virtual.Line(**line, coupling=coupling)},
        field_offset=0.0,
    )  # fmt: skip
    time, rows = clean_record(
        cell, sequence=sequence, nucleus="1H", receiver=receiver, settings=settings
    )
    ours = [
        signal(
            pool(**line, rigid=rigid),
            reading(
                sequence,
                repetition_time=settings.repetition_time,
                pulses=pulses or SHORT[sequence],
                recovery_delay=delay,
            ),
            time,
        )
        for delay in settings.steps or (None,)
    ]
    return rows * (-1 if sequence == "hahn-echo" else 1), np.array(ours)


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("sequence", SETTINGS)
def test_short_pulses_give_what_coherence_pathways_give(sequence, name):
    theirs, ours = both(LINES[name], sequence)
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


@pytest.mark.parametrize("coupling", [60e3, 296e3])
@pytest.mark.parametrize("sequence", SETTINGS)
def test_rigid_pairs_after_short_pulses_give_what_pathways_give(sequence, coupling):
    line = {"shape": "gaussian", "fwhm": 10e3, "shift": 5.0, "t1": 1.0, "t2": math.inf}
    theirs, ours = both(
        line, sequence, coupling=RigidPairs(pair_coupling=coupling),
        rigid=Pairs(splitting=1.5 * coupling, splitting_std=0.0),
    )  # fmt: skip
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("name", ["broad", "damped"])
@pytest.mark.parametrize("sequence", ["saturation-recovery", "solid-echo", "hahn-echo"])
def test_soft_pulses_give_what_the_virtual_spectrometer_records(sequence, name):
    shaped = Shaped(shape="gaussian", nutation_frequency=PEAK, truncation=0.01)
    second = GAUSS.pulse(channel="1H", duration=28e-6, peak=PEAK, phase=0.0)
    pulses = {"solid-echo": (SOFT, SOFT), "hahn-echo": (SOFT, second)}.get(sequence, (SOFT,))
    theirs, ours = both(LINES[name], sequence, pulses=pulses, length=14e-6, shaped=shaped)
    assert np.abs(ours - theirs).max() < 1e-3 * np.abs(theirs).max()


# --- against Bloch vectors, turned one by one -----------------------------------------------------


def turned_by(pulse, offset):
    """Rotation of a Bloch vector by a pulse of many slices."""
    whole, piece = np.eye(3), pulse.duration / len(pulse.amplitude)
    for field in pulse.amplitude:
        size = math.hypot(field, offset)
        axis, angle = np.array([field, 0.0, offset]) / size, 2 * np.pi * size * piece
        cross = np.cross(np.eye(3), axis)
        rotation = np.eye(3) - math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
        whole = rotation @ whole
    return whole


def test_soft_pulses_saturate_each_part_of_a_line_by_its_own_angle():
    """Bloch vectors that lose their transverse part between scans, until nothing changes."""
    one, how = pool(fwhm=80e3, t1=0.05), reading(pulses=(SOFT,))
    std = 80e3 / math.sqrt(8 * math.log(2))
    offsets = np.linspace(-4, 4, 161) * std
    weights = np.exp(-((offsets / std) ** 2) / 2)
    weights /= weights.sum()
    decay = math.exp(-how.repetition_time / one.t1)
    total = excited = 0.0
    for offset, weight in zip(offsets, weights, strict=True):
        rotation, z = turned_by(SOFT, offset), 1.0
        for _ in range(400):
            z = 1 - decay + decay * rotation[2, 2] * z
        total += weight * np.hypot(*rotation[:2, 2]) * z
        excited += weight * np.hypot(*rotation[:2, 2])
    found = response(one, how)
    assert found.excitation == pytest.approx(excited, rel=1e-3)
    assert found.steady_state == pytest.approx(total / excited, rel=1e-3)


def test_flip_flops_are_another_reading_of_a_saturated_line():
    """Shared magnetisation is saturated by the mean angle, so that the wings show less."""
    factor = seen(pool(fwhm=200e3, t1=1.0), reading(pulses=(SOFT,))).factors[0]
    ((words, shared),) = factor.alternatives
    assert "flip-flops" in words
    assert shared < 0.8 * factor.value
    assert seen(pool(), reading()).factors[0].alternatives == ()


def test_a_weak_pulse_far_from_the_line_excites_little():
    pulse = rectangular_pulse(channel="1H", duration=5e-6, amplitude=50e3, phase=0.0)
    on, off = (
        seen(pool(shift=shift), reading(pulses=(pulse,))).factors[1].value for shift in (0, 2000)
    )
    away = 2000e-6 * NU
    size = math.hypot(50e3, away)
    tilt, angle = math.atan2(50e3, away), 2 * np.pi * size * 5e-6
    z = math.cos(tilt) ** 2 + math.sin(tilt) ** 2 * math.cos(angle)
    assert on > 0.999
    assert off == pytest.approx(math.sqrt(1 - z**2), rel=0.02)


# --- echoes, dead time, receiver ------------------------------------------------------------------


def test_a_hahn_echo_does_not_see_rigid_pairs_that_a_solid_echo_sees():
    rigid = pool(fwhm=200.0, rigid=Pairs(splitting=445e3, splitting_std=0.0))
    hahn, solid = (
        seen(rigid, reading(name, repetition_time=20.0)) for name in ("hahn-echo", "solid-echo")
    )
    assert named(solid, "refocusing") > 0.99
    assert named(hahn, "refocusing") < 0.15


def test_pairs_as_a_cluster_echo_like_pairs():
    """Two spins solved exactly for each direction, and the closed form of a powder."""
    constant = 60e3
    spins = (Spin(channel="1H", spin=0.5),) * 2
    pair = DipolarPair(first=0, second=1, coupling=constant, direction=np.eye(3)[2])
    time = np.linspace(0, 40e-6, 81)
    cluster = rigid_pools.rigid_cluster(
        SpinSystem(spins=spins, pairs=(pair,)), octant_grid(2000), times=time,
        echo_delays=(25e-6,), source="pair",
    )  # fmt: skip
    closed = Pairs(splitting=1.5 * constant, splitting_std=0.0)
    for sequence in ("fid", "hahn-echo", "solid-echo"):
        how = reading(sequence, repetition_time=20.0, **(
            {"echo_delay": 10e-6} if sequence == "hahn-echo" else {}
        ))  # fmt: skip
        decays = [signal(pool(fwhm=100.0, rigid=one), how, time[:40]) for one in (cluster, closed)]
        assert np.abs(decays[0] - decays[1]).max() < 1e-3


def test_t2_takes_its_part_of_an_echo_once():
    found = seen(pool(t2=500e-6, t1=1e-3), reading("hahn-echo", repetition_time=1.0))
    assert found.value == pytest.approx(math.exp(-50e-6 / 500e-6), rel=1e-9)


def test_an_echo_that_was_read_off_lacks_what_the_second_pulse_did_not_turn():
    narrow = pool(fwhm=38e3, t1=1e-3)
    how = reading("solid-echo", repetition_time=1.0, extrapolated=False)
    assert named(seen(narrow, how), "refocusing") == pytest.approx(0.5, abs=1e-3)
    fitted = replace(how, extrapolated=True)
    assert named(seen(narrow, fitted), "refocusing") == pytest.approx(1.0)


@pytest.mark.parametrize(("shape", "left"), [("gaussian", 0.8005), ("lorentzian", 0.4559)])
def test_an_amplitude_that_was_read_off_lacks_what_the_dead_time_took(shape, left):
    one = pool(shape=shape, fwhm=50e3, t1=1e-4)
    assert seen(one, reading(extrapolated=False)).value == pytest.approx(left, rel=1e-3)
    assert seen(one, reading()).value == pytest.approx(1.0)


def test_nobody_extrapolates_a_line_that_is_gone():
    found = seen(pool(fwhm=250e3, t1=1e-4), reading())
    assert found.smallest.name == "dead_time"
    assert found.value < 0.05


def test_the_receiver_hides_what_lies_outside_its_band():
    """Horns of a doublet at +-222 kHz in a band of +-100 kHz: share of a powder by hand."""
    rigid = pool(fwhm=500.0, t1=1e-4, rigid=Pairs(splitting=445e3, splitting_std=0.0))
    cosine = (np.arange(100_000) + 0.5) / 100_000
    share = (np.abs(222.5e3 * (3 * cosine**2 - 1)) < 100e3).mean()
    found = named(seen(rigid, reading(bandwidth=200e3)), "filter_gain")
    assert found == pytest.approx(share, abs=0.02)


def test_the_error_of_a_relaxation_time_is_that_of_what_is_seen():
    found = seen(pool(t1=1.0, t1_std=0.2), reading())
    assert found.std / found.value == pytest.approx(0.2 * 0.995, rel=5e-3)  # v is 1 - exp(-TR/T1)


@pytest.mark.parametrize("angle", [0.3, math.pi / 2])
def test_the_repetition_time_for_a_wanted_part_shows_that_part(angle):
    wanted = 0.6 * math.sin(angle)
    time = pool_readings.repetition_time_from_visibility(
        t1=1.7, flip_angle=angle, visibility=wanted
    )
    how = reading(repetition_time=time, pulses=(short_pulse(angle),))
    assert seen(pool(t1=1.7), how).value == pytest.approx(wanted, rel=1e-9)


# --- contents -------------------------------------------------------------------------------------


def observed(nucleus, amplitude, std, quality="value"):
    there = quality == "value"
    return schemas.observables(
        {"amplitude": (amplitude, std) if there else (math.nan, math.nan)},
        nucleus=nucleus, metal="none", method="example", provenance="{}", quality=quality,
        attrs={"n_scans": 1.0, "receiver_gain": 1.0},
    )  # fmt: skip


def separated(*amplitudes, bound=math.inf):
    """A separation by hand: each pool detected with 1 %, or with a bound."""
    pools = tuple(
        pool_answers.PoolAmplitude(
            name=name, quality=quality, bound=bound, inflation=1.0,
            value=value if quality == "value" else math.nan,
            std=0.01 * value if quality == "value" else math.nan,
            estimate=value, estimate_std=0.01 * value,
        )
        for name, quality, value in amplitudes
    )  # fmt: skip
    return pool_answers.PoolAmplitudes(
        pools=pools, combinations=(), quantities={}, fitted=(), noise_per_root_scan=1.0,
        covariance=np.diag([one.estimate_std**2 for one in pools]), dwell=1e-6, chi2=1.0,
        degrees_of_freedom=1, chi2_probability=0.5, probability=0.95,
    )  # fmt: skip


SCALE = calibration_by_precursor(
    hydrogen=observed("1H", 300.0, 0.003),
    metal=observed("139La", 10.0, 0.0001),
    h_per_metal=3.0,
    h_per_metal_std=0.0,
    factors={},
    by="amplitude_per_scan",
)


def contents(found, metal=None, **factors):
    return pool_contents.pool_contents(
        found, metal or observed("139La", 10.0, 0.0001), scale=SCALE, factors=factors
    )


def test_contents_add_up_over_the_pools_that_stand_out():
    found = contents(separated(("hydride", "value", 1050.0), ("H2", "value", 200.0)))
    assert float(found.pools["hydride"]["h_per_metal"]) == pytest.approx(10.5)
    assert float(found.seen["h_per_metal"]) == pytest.approx(12.5)
    error = math.hypot(0.105, 0.02)
    assert float(found.seen["h_per_metal_std"]) == pytest.approx(error, rel=1e-2)
    assert found.most_hidden == 0


def test_a_pool_that_does_not_stand_out_may_hide_up_to_its_bound():
    found = contents(separated(("hydride", "value", 1050.0), ("H2", "upper bound", 0.0), bound=500))
    assert found.pools["H2"]["h_per_metal"].attrs["quality"] == "upper bound"
    assert 5.0 <= found.hidden["H2"] < 6.1  # 97.5 % of a content against 95 % of a bound
    assert "the records would have missed as much" in " ".join(found.sentences())


def test_without_a_metal_line_no_pool_has_a_content():
    found = contents(
        separated(("hydride", "value", 1050.0), ("H2", "upper bound", 0.0), bound=500.0),
        metal=observed("139La", math.nan, math.nan, quality="upper bound"),
    )
    assert {one["h_per_metal"].attrs["quality"] for one in found.pools.values()} == {
        "not determined"
    }
    assert found.hidden["H2"] == math.inf


def test_factors_that_amplitudes_contain_are_refused():
    twice = Factor(name="steady_state", value=0.5, std=0.0, source="example")
    with pytest.raises(ValueError, match="would count twice"):
        contents(separated(("hydride", "value", 1.0)), hydrogen=[twice])


# --- refusals -------------------------------------------------------------------------------------


def noise_alone():
    rng = np.random.default_rng(1).normal(size=(2, 256))
    return schemas.acquisition(
        rng[0] + 1j * rng[1],
        time=5e-6 + np.arange(256) * 1e-6,
        attrs={
            "nucleus": "1H", "carrier_frequency": NU, "n_scans": 4, "sequence": "fid",
            "repetition_time": 10e-3, "dead_time": 5e-6, "cell": "A", "source": "example",
            "source_sha256": "0", "receiver_gain": 1.0,
        },
    )  # fmt: skip


def test_noise_without_a_phase_gives_no_amplitude():
    data = noise_alone()
    with pytest.raises(Undetermined, match="Give phase="):
        pool_separation.separate_pools([(data, reading())], [pool()])
    found = pool_separation.separate_pools([(data, reading())], [pool()], phase=0.0)
    assert found["H2"].quality == "upper bound"


def test_two_readings_of_one_name_are_refused():
    data = noise_alone()
    with pytest.raises(ValueError, match="no two alike"):
        pool_separation.separate_pools([(data, reading())] * 2, [pool()])


def test_a_solid_echo_is_not_guessed_from_a_decay():
    time = np.linspace(0, 20e-6, 100)
    stuck = RigidDecay(time=time, decay=np.exp(-((time / 3e-6) ** 2)), source="table")
    with pytest.raises(ValueError, match=r"no solid echo of 2\.5e-05 s"):
        seen(pool(rigid=stuck), reading("solid-echo", repetition_time=1.0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fwhm": 100.0, "t2": 1e-3}, "Raise the width or T2"),
        ({"t1": 0.0}, "must be above 0"),
        ({"t2_std": 1.0}, "must be above 0"),
        ({"shift": math.nan}, "give a number"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        pool(**change)


@pytest.mark.parametrize(
    ("sequence", "change", "words"),
    [
        ("fid", {"pulses": (NINETY, NINETY)}, "a fid has 1"),
        ("hahn-echo", {"echo_delay": None}, "needs the time between"),
        ("fid", {"repetition_time": 0.0}, "all are positive"),
    ],
)
def test_a_reading_that_cannot_be_is_refused(sequence, change, words):
    with pytest.raises(ValueError, match=words):
        reading(sequence, **change)


def test_a_quantity_that_is_to_be_fitted_leaves_no_visibility():
    with pytest.raises(ValueError, match="t1 of H2 without an error"):
        seen(pool(t1_std=math.inf), reading())


def test_a_recovery_needs_its_delay():
    with pytest.raises(ValueError, match="without recovery_delay"):
        seen(pool(), reading("saturation-recovery"))


def test_an_echo_after_a_pulse_far_from_ninety_degrees_is_refused():
    how = reading("hahn-echo", pulses=(short_pulse(1.0), TURN), repetition_time=1.0)
    with pytest.raises(ValueError, match="computed for 90"):
        seen(pool(), how)


def test_an_unknown_sequence_is_named():
    with pytest.raises(UnknownWord, match="cpmg"):
        Reading(**{**vars(reading()), "sequence": "cpmg"})
    with pytest.raises(ValueError, match="at any repetition time"):
        pool_readings.repetition_time_from_visibility(t1=1.0, flip_angle=0.5, visibility=0.9)

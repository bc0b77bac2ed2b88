"""Efficiencies: against Bloch vectors, spins one by one, and printed values."""

from math import pi

import numpy as np
import pytest
from tests.unit.observables.signals import solid_echo_of_spins, spins

from megabar import errors
from megabar.observables import efficiencies


def rotated(vector, axis, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    x, y, z = vector
    if axis == "x":
        return np.array([x, y * cos - z * sin, y * sin + z * cos])
    return np.array([x * cos + z * sin, y, -x * sin + z * cos])


def steady_by_bloch(*, pulses, gaps, t1, offsets):
    """Repeat pulses on many dephased spins until the longitudinal part repeats itself."""
    z = np.ones(offsets.size)
    for _ in range(400):
        vector = np.array([np.zeros_like(z), np.zeros_like(z), z])
        start = z.mean()
        for (axis, angle), gap in zip(pulses, gaps, strict=True):
            vector = rotated(vector, axis, angle)
            turn = 2 * pi * offsets * gap
            x, y, longitudinal = vector
            vector = np.array(
                [
                    x * np.cos(turn) - y * np.sin(turn),
                    x * np.sin(turn) + y * np.cos(turn),
                    1 + (longitudinal - 1) * np.exp(-gap / t1),
                ]
            )
        z = np.full(offsets.size, vector[2].mean())  # transverse part gone before the next scan
    return start


@pytest.mark.parametrize("flip_angle", [0.5, pi / 2, 2.0])
def test_steady_state_of_a_fid_is_that_of_repeated_bloch_pulses(flip_angle):
    found = efficiencies.steady_state(
        repetition_time=1.0, t1=1.7, t1_std=0, flip_angle=flip_angle, sequence="fid"
    )
    z = steady_by_bloch(
        pulses=[("x", flip_angle)], gaps=[1.0], t1=1.7, offsets=np.linspace(-50, 50, 101)
    )
    assert found.value == pytest.approx(z * np.sin(flip_angle), rel=1e-9)


@pytest.mark.parametrize(
    ("sequence", "second"), [("hahn-echo", ("x", pi)), ("solid-echo", ("y", pi / 2))]
)
def test_steady_state_of_an_echo_is_that_of_dephased_bloch_vectors(sequence, second):
    found = efficiencies.steady_state(
        repetition_time=1.0,
        t1=0.8,
        t1_std=0,
        flip_angle=pi / 2,
        sequence=sequence,
        echo_delay=0.05,
    )
    z = steady_by_bloch(
        pulses=[("x", pi / 2), second],
        gaps=[0.05, 0.95],
        t1=0.8,
        offsets=np.arange(-400, 400) * 1.0 + 0.5,  # whole turns: dephased at the second pulse
    )
    assert found.value == pytest.approx(z, abs=2e-3)


def test_printed_steady_states_and_dead_times():
    def at(t1):
        return efficiencies.steady_state(
            repetition_time=10e-3, t1=t1, t1_std=0, flip_angle=pi / 2, sequence="fid"
        ).value

    assert at(1.5e-3) == pytest.approx(0.9987, rel=1e-3)
    assert at(180.0) == pytest.approx(5.555e-5, rel=1e-3)
    assert at(10.94e-3) / at(1.5e-3) == pytest.approx(0.6, rel=2e-3)

    def left(shape, fwhm):
        return efficiencies.dead_time_loss(dead_time=5e-6, fwhm=fwhm, fwhm_std=0, shape=shape).value

    assert left("gaussian", 50e3) == pytest.approx(0.8005, rel=1e-3)
    assert left("lorentzian", 50e3) == pytest.approx(0.4559, rel=1e-3)
    assert left("lorentzian", 1.35e3) == pytest.approx(0.9790, rel=1e-3)


def test_a_dead_time_names_what_the_other_shape_of_that_width_would_leave():
    given = {"dead_time": 5e-6, "fwhm": 50e3, "fwhm_std": 0}
    gauss = efficiencies.dead_time_loss(shape="gaussian", **given)
    lorentz = efficiencies.dead_time_loss(shape="lorentzian", **given)
    assert gauss.alternatives == (("lorentzian", lorentz.value),)
    assert lorentz.alternatives == (("gaussian", gauss.value),)


def test_a_reading_that_leaves_nothing_is_no_alternative():
    found = efficiencies.dead_time_loss(dead_time=1e-4, fwhm=1e5, fwhm_std=0, shape="lorentzian")
    assert found.value > 1e-15
    assert found.alternatives[0][1] < found.value
    longer = efficiencies.dead_time_loss(dead_time=2e-4, fwhm=1e6, fwhm_std=0, shape="lorentzian")
    assert longer.alternatives == ()


@pytest.mark.parametrize(("sequence", "ratio"), [("solid-echo", 1.0), ("hahn-echo", 2.0)])
def test_a_weaker_field_is_taken_to_weaken_both_pulses(sequence, ratio):
    given = {
        "repetition_time": 1.0,
        "t1": 0.8,
        "t1_std": 0,
        "flip_angle": 1.1,
        "sequence": sequence,
        "echo_delay": 0.02,
    }
    stated = efficiencies.steady_state(**given, second_flip_angle=1.1 * ratio)
    assert efficiencies.steady_state(**given).value == stated.value
    along = efficiencies.steady_state(**given, counts="longitudinal")
    assert along.value * np.sin(1.1) == pytest.approx(stated.value, rel=1e-12)


def test_an_error_of_the_angle_is_the_scatter_it_gives_a_steady_state():
    given = {"repetition_time": 0.5, "t1": 1.0, "t1_std": 0, "sequence": "fid"}
    rng = np.random.default_rng(2)
    scatter = np.std(
        [
            efficiencies.steady_state(flip_angle=1.3 + 0.01 * z, **given).value
            for z in rng.normal(size=4000)
        ]
    )
    found = efficiencies.steady_state(flip_angle=1.3, flip_angle_std=0.01, **given)
    assert found.std == pytest.approx(scatter, rel=0.05)


def test_a_hidden_part_is_not_in_the_amplitude_and_what_is_left_of_it_is_a_reading():
    found = efficiencies.visible_fraction(hidden=0.4, hidden_std=0.1, left=0.05, source="echo")
    assert (found.value, found.std) == (pytest.approx(0.6), 0.1)
    assert found.alternatives[0][1] == pytest.approx(0.62)


@pytest.mark.parametrize(("fwhm", "expected"), [(8e3, 0.783), (38e3, 0.500), (1e6, 0.5)])
def test_refocusing_is_the_echo_of_spins_rotated_one_by_one(fwhm, expected):
    found = efficiencies.refocusing(echo_delay=25e-6, fwhm=fwhm, shape="gaussian")
    offsets, weights = spins(shape="gaussian", fwhm=fwhm)
    top = solid_echo_of_spins(np.zeros(1), offsets, weights, echo_delay=25e-6)[0]
    assert found == pytest.approx(top.real, abs=1e-4)
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "make",
    [
        lambda value, std: efficiencies.steady_state(
            repetition_time=1.0, t1=value, t1_std=std, flip_angle=1.0, sequence="fid"
        ),
        lambda value, std: efficiencies.echo_decay(echo_delay=0.2, t2=value, t2_std=std),
        lambda value, std: efficiencies.dead_time_loss(
            dead_time=0.3, fwhm=value, fwhm_std=std, shape="gaussian"
        ),
    ],
)
def test_error_of_a_factor_is_the_scatter_that_its_input_gives_it(make):
    rng = np.random.default_rng(1)
    scatter = np.std([make(1 + 0.01 * z, 0.0).value for z in rng.normal(size=4000)])
    assert make(1.0, 0.01).std == pytest.approx(scatter, rel=0.05)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (
            lambda: efficiencies.Factor(name="eta", value=0.0, std=0.1, source="guess"),
            ValueError,
            "positive value",
        ),
        (
            lambda: efficiencies.Factor(
                name="eta", value=1.0, std=0.1, source="guess", alternatives=(("rigid", 0.0),)
            ),
            ValueError,
            "'rigid'.*every reading is positive",
        ),
        (
            lambda: efficiencies.steady_state(
                repetition_time=1, t1=-1, t1_std=0, flip_angle=1, sequence="fid"
            ),
            ValueError,
            "must be positive",
        ),
        (
            lambda: efficiencies.steady_state(
                repetition_time=1, t1=1, t1_std=0, flip_angle=pi / 2, sequence="hahn-echo"
            ),
            ValueError,
            "time between its pulses",
        ),
        (
            lambda: efficiencies.steady_state(
                repetition_time=1, t1=1, t1_std=0, flip_angle=0.0, sequence="fid"
            ),
            ValueError,
            "flip angle 0 rad; all must be positive",
        ),
        (
            lambda: efficiencies.steady_state(
                repetition_time=1, t1=1, t1_std=0, flip_angle=1, sequence="echo"
            ),
            errors.UnknownWord,
            "hahn-echo",
        ),
        (lambda: efficiencies.echo_decay(echo_delay=1, t2=0, t2_std=0), ValueError, "positive"),
        (
            lambda: efficiencies.visible_fraction(hidden=1.0, hidden_std=0, left=0, source="x"),
            ValueError,
            "no factor makes up for it",
        ),
        (
            lambda: efficiencies.steady_state(
                repetition_time=1, t1=1, t1_std=0, flip_angle=1, sequence="fid", counts="all"
            ),
            errors.UnknownWord,
            "longitudinal",
        ),
        (lambda: efficiencies.bandwidth(dwell=0.0), ValueError, "must be positive"),
    ],
)
def test_impossible_inputs_are_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()

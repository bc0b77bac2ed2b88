"""Lines: every number with its error, and no number where there is no line."""

import json

import numpy as np
import pytest
from scipy.special import wofz
from tests.unit.observables.signals import (
    acquisition,
    noise,
    precession,
    solid_echo_of_spins,
    spins,
)

from megabar import errors, schemas, spectra
from megabar.observables import lines

TIME = 5e-6 + np.arange(2048) * 1e-6


def decay(amplitude=30.0, frequency=12_345.0, fwhm=4e3, phase=0.7, time=TIME):
    return amplitude * np.exp(1j * phase + 2j * np.pi * frequency * time - np.pi * fwhm * time)


def test_line_finds_amplitude_frequency_width_and_phase_without_a_guess():
    found = lines.line(acquisition(decay(), TIME), shape="lorentzian", noise=(1e-6, 0))
    assert float(found.amplitude) == pytest.approx(30, rel=1e-6)
    assert float(found.line_frequency) == pytest.approx(12_345, abs=1e-3)
    assert float(found.fwhm) == pytest.approx(4e3, rel=1e-6)
    assert float(found.phase) == pytest.approx(0.7, abs=1e-6)


@pytest.mark.parametrize("shape", ["gaussian", "lorentzian"])
def test_amplitude_at_time_zero_is_that_of_all_spins_in_spite_of_dead_time(shape):
    offsets, weights = spins(shape=shape, fwhm=50e3)
    time = 5e-6 + np.arange(400) * 0.5e-6
    signal = 100 * precession(time, offsets, weights)
    found = lines.line(acquisition(signal, time), shape=shape, noise=(1e-2, 0))
    assert float(found.amplitude) == pytest.approx(100, rel=2e-3)
    assert float(found.fwhm) == pytest.approx(50e3, rel=2e-3)


@pytest.mark.parametrize("fwhm", [8e3, 38e3])
def test_solid_echo_amplitude_is_that_of_the_full_decay(fwhm):
    """Spins rotated one by one through both pulses; the echo itself holds 0.78 or 0.50 of them."""
    offsets, weights = spins(shape="gaussian", fwhm=fwhm)
    time = np.arange(600) * 0.5e-6
    signal = 100 * solid_echo_of_spins(time, offsets, weights, echo_delay=25e-6)
    echo = acquisition(signal, time, sequence="solid-echo", echo_delay=25e-6)
    found = lines.line(echo, shape="gaussian", noise=(1e-3, 0))
    assert float(found.amplitude) == pytest.approx(100, rel=1e-4)
    assert float(found.fwhm) == pytest.approx(fwhm, rel=1e-4)
    assert found.attrs["echo_delay"] == 25e-6
    expected = 0.783 if fwhm == 8e3 else 0.500
    assert abs(signal[0]) / 100 == pytest.approx(expected, abs=1e-3)


def test_points_within_the_dead_time_are_not_used():
    signal = decay()
    signal[:10] = 1e4
    found = lines.line(
        acquisition(signal, TIME, dead_time=TIME[10]), shape="lorentzian", noise=(1e-6, 0)
    )
    assert float(found.amplitude) == pytest.approx(30, rel=1e-6)


def test_voigt_width_is_that_of_the_convolved_line():
    signal = 1e3 * np.exp(
        -np.pi * 1500 * TIME - (np.pi * 3000 * TIME) ** 2 / (4 * np.log(2)) + 2e4j * TIME
    )
    found = lines.line(acquisition(signal, TIME), shape="voigt", noise=(1e-4, 0))
    sigma = 3000 / np.sqrt(8 * np.log(2))
    half = wofz((np.array([0.0, float(found.fwhm) / 2]) + 750j) / (sigma * np.sqrt(2))).real
    assert half[1] / half[0] == pytest.approx(0.5, abs=5e-4)
    assert found.second_moment.attrs["quality"] == "lower bound"
    assert float(found.second_moment) == pytest.approx((2 * np.pi * sigma) ** 2, rel=1e-3)


def test_second_moment_is_that_of_the_spins_for_a_gaussian_and_does_not_exist_for_a_lorentzian():
    offsets, weights = spins(shape="gaussian", fwhm=20e3)
    truth = np.sum(weights * (2 * np.pi * offsets) ** 2)
    signal = 100 * precession(TIME[:300], offsets, weights)
    data = acquisition(signal, TIME[:300])
    found = lines.line(data, shape="gaussian", noise=(1e-3, 0))
    assert float(found.second_moment) == pytest.approx(truth, rel=2e-3)
    wrong = lines.line(acquisition(decay(), TIME), shape="lorentzian", noise=(1e-3, 0))
    assert wrong.second_moment.attrs["quality"] == "no solution"
    assert np.isnan(wrong.second_moment)


@pytest.mark.parametrize("zero_fill", [1, 2])
@pytest.mark.parametrize("first", [0.0, 5e-6])
def test_spectrum_and_decay_give_the_same_line_with_the_same_error(zero_fill, first):
    rng = np.random.default_rng(4)
    time = first + np.arange(1024) * 1e-6
    data = acquisition(decay(time=time) + noise(rng, (1024,)), time)
    direct = lines.line(data, shape="lorentzian")
    spectrum = spectra.phase(spectra.transform(data, zero_fill=zero_fill), zero=0.4, first=0.0)
    through = lines.line(spectrum, shape="lorentzian")
    for name in ("amplitude", "fwhm", "line_frequency"):
        assert float(through[name]) == pytest.approx(float(direct[name]), rel=1e-6)
        std = f"{name}_std"
        assert float(through[std]) == pytest.approx(float(direct[std]), rel=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: spectra.transform(data, zero_fill=4),
        lambda data: spectra.transform(data, window="exponential", width=1e3),
        lambda data: spectra.apodise(data, window="exponential", width=1e3),
    ],
)
def test_correlated_points_are_refused_with_the_remedy(change):
    rng = np.random.default_rng(5)
    data = acquisition(decay() + noise(rng, (2048,)), TIME)
    with pytest.raises(errors.SchemaError, match=r"Hand over the Acquisition|before apodise"):
        lines.line(change(data), shape="lorentzian")


def test_a_window_keeps_another_line_out_of_the_fit():
    both = decay() + decay(amplitude=60, frequency=-150e3, fwhm=3e3)
    window = (-20e3, 40e3)
    found = lines.line(acquisition(both, TIME), shape="lorentzian", window=window, noise=(0.1, 0))
    assert float(found.line_frequency) == pytest.approx(12_345, abs=20)
    # the foot of the other line, 60/(2 pi 162 kHz), is 2.5 % of the peak, 30/(pi 4 kHz)
    assert float(found.amplitude) == pytest.approx(30, rel=0.1)


def test_components_separate_lines_that_overlap():
    both = decay() + decay(amplitude=12, frequency=14_500, fwhm=2e3)
    first, second = lines.components(
        acquisition(both, TIME),
        shape="lorentzian",
        windows=[(11e3, 13e3), (13.9e3, 16e3)],
        noise=(1e-3, 0),
    )
    assert float(first.amplitude) == pytest.approx(30, rel=1e-5)
    assert float(second.amplitude) == pytest.approx(12, rel=1e-5)
    assert float(second.line_frequency) == pytest.approx(14_500, abs=0.1)


def test_components_refuse_a_window_without_a_line():
    rng = np.random.default_rng(6)
    data = acquisition(decay() + noise(rng, (2048,)), TIME)
    with pytest.raises(errors.Undetermined, match="Leave that window out"):
        lines.components(data, shape="lorentzian", windows=[(8e3, 16e3), (-4.2e5, -4.1e5)])


def test_shift_counts_from_the_reference_and_keeps_its_common_error_apart():
    data = acquisition(decay(), TIME, reference_frequency=395.0e6, reference_relative_std=3.0)
    found = lines.line(data, shape="lorentzian", noise=(0.1, 0))
    assert float(found["shift"]) == pytest.approx((0.1e6 + 12_345) / 395.0, abs=0.01)
    assert float(found.shift_std) == pytest.approx(float(found.line_frequency_std) / 395.0)
    assert found.attrs["shift_common_std"] == 3.0


def test_noise_alone_gives_an_upper_bound_and_never_a_plausible_ratio():
    rng = np.random.default_rng(7)
    data = acquisition(noise(rng, (2048,)), TIME)
    found = lines.line(data, shape="lorentzian")
    assert found.amplitude.attrs["quality"] == "upper bound"
    assert found.fwhm.attrs["quality"] == "no solution"
    assert np.isnan(found.amplitude_std)
    assert float(found.amplitude) < found.attrs["detection_limit"]


def test_upper_bound_holds_a_faint_line_as_often_as_stated():
    rng = np.random.default_rng(8)
    truth, held, bounds = 0.5, 0, 0
    time = TIME[:512]
    for _ in range(120):
        signal = decay(amplitude=truth, fwhm=8e3, time=time) + noise(rng, (512,))
        found = lines.line(
            acquisition(signal, time),
            shape="lorentzian",
            known={"fwhm": 8e3},
            noise=(1.0, 0),
            window=(0, 40e3),
        )
        if found.amplitude.attrs["quality"] == "upper bound":
            bounds += 1
            held += float(found.amplitude) > truth
    assert bounds > 60
    assert held / bounds > 0.95 - 3 * np.sqrt(0.05 * 0.95 / bounds)


def test_amplitude_of_known_shape_is_unbiased_where_there_is_no_line():
    rng = np.random.default_rng(9)
    known = {"frequency": 0.0, "fwhm": 38e3, "phase": 0.0}
    time = 5e-6 + np.arange(1024) * 0.5e-6
    estimates, stds = [], []
    for _ in range(100):
        found = lines.line(
            acquisition(noise(rng, (1024,)), time), shape="lorentzian", known=known, noise=(1, 0)
        )
        if found.attrs["detected"] == "no":
            estimates.append(found.attrs["amplitude_estimate"])
            stds.append(found.attrs["amplitude_estimate_std"])
    assert len(estimates) >= 98
    assert np.mean(estimates) == pytest.approx(0, abs=3 * stds[0] / np.sqrt(len(estimates)))
    # Cramer-Rao bound of known shape: sum of squares of the decay
    assert stds[0] == pytest.approx(0.609, rel=5e-3)


def test_error_of_a_free_width_is_the_cramer_rao_bound():
    """38 kHz, 0.5 us dwell, dead time 5 us: 1.437 against 0.609 at known width."""
    time = 5e-6 + np.arange(1024) * 0.5e-6
    signal = decay(amplitude=1e3, frequency=0, fwhm=38e3, time=time)
    found = lines.line(acquisition(signal, time), shape="lorentzian", noise=(1, 0))
    assert float(found.amplitude_std) == pytest.approx(1.437, rel=5e-3)
    assert found.attrs["amplitude_std_known_shape"] == pytest.approx(0.609, rel=5e-3)


def test_snr_per_root_scan_is_amplitude_over_noise_over_root_of_scans():
    data = acquisition(decay(), TIME, n_scans=64)
    found = lines.line(data, shape="lorentzian", noise=(0.5, 0.01))
    assert float(found.snr_per_root_scan) == pytest.approx(30 / 0.5 / 8, rel=1e-3)
    relative = float(found.snr_per_root_scan_std / found.snr_per_root_scan)
    parts = (float(found.amplitude_std / found.amplitude), 0.02)
    assert relative == pytest.approx(np.hypot(*parts), rel=1e-6)


def test_series_follows_a_line_that_drifts_and_reports_the_step_without_one():
    rng = np.random.default_rng(10)
    rows = [decay(frequency=f) for f in (0, 900, 1800)]
    signal = np.array([*rows, np.zeros(TIME.size)]) + noise(rng, (4, TIME.size))
    found = lines.series(acquisition(signal, TIME), shape="lorentzian")
    assert [one.amplitude.attrs["quality"] for one in found] == ["value"] * 3 + ["upper bound"]
    places = [float(one.line_frequency) for one in found[:3]]
    assert places == pytest.approx([0, 900, 1800], abs=60)


def test_several_steps_ask_which():
    data = acquisition(np.array([decay(), decay()]), TIME)
    with pytest.raises(ValueError, match="choose one with step=0 to 1"):
        lines.line(data, shape="lorentzian", noise=(1, 0))
    chosen = lines.line(data, shape="lorentzian", noise=(1, 0), step=1)
    assert json.loads(chosen.attrs["provenance"])["parameters"]["step"] == 1


def test_wrong_shape_is_told_by_its_residuals():
    data = acquisition(decay(amplitude=300), TIME)
    found = lines.line(data, shape="gaussian", noise=(1, 0.01))
    assert found.attrs["chi2_probability"] < 1e-4
    assert any("another shape" in warning for warning in schemas.warnings_of(found))


def test_input_stays_as_it_was_and_the_answer_says_where_it_comes_from():
    data = acquisition(decay(), TIME)
    before = data.copy(deep=True)
    found = lines.line(data, shape="lorentzian", noise=(1, 0))
    assert data.identical(before)
    origin = json.loads(found.attrs["provenance"])
    assert origin["inputs"] == ["0" * 64]
    assert origin["parameters"]["shape"] == "lorentzian"
    assert found.attrs["assumptions"]


@pytest.mark.parametrize(
    ("words", "error", "match"),
    [
        ({"shape": "lorenzian"}, errors.UnknownWord, "Did you mean lorentzian"),
        ({"shape": "voigt", "known": {"fwhm": 1.0}}, errors.UnknownWord, "fwhm_gaussian"),
        ({"shape": "gaussian", "probability": 95}, ValueError, "below 1"),
        ({"shape": "gaussian", "noise": (0.0, 0.0)}, ValueError, "State noise"),
    ],
)
def test_impossible_questions_are_refused(words, error, match):
    with pytest.raises(error, match=match):
        lines.line(acquisition(decay(), TIME), **words)


def test_solid_echo_without_its_delay_is_refused():
    data = acquisition(decay(time=TIME), TIME, sequence="solid-echo")
    with pytest.raises(ValueError, match="factor of two"):
        lines.line(data, shape="gaussian", noise=(1, 0))


def test_too_few_points_after_the_dead_time_are_refused():
    with pytest.raises(ValueError, match="points after the dead time"):
        lines.line(acquisition(decay(), TIME, dead_time=TIME[-3]), shape="gaussian", noise=(1, 0))


def test_a_part_of_a_voigt_line_that_vanishes_is_told():
    time = np.arange(512) * 1e-6
    rng = np.random.default_rng(3)
    clean = np.exp(-((np.pi * 8e3 * time) ** 2) / (4 * np.log(2)))
    scatter = rng.normal(0, 0.02, 512) + 1j * rng.normal(0, 0.02, 512)
    told = []
    for sign in (1, -1):  # the residual Lorentzian width of one of the two is below zero
        found = lines.line(
            acquisition(clean + sign * scatter, time), shape="voigt", noise=(0.02, 0)
        )
        told.append("ended at a bound" in found.attrs.get("warnings", ""))
    assert sum(told) == 1


def test_the_foot_of_another_line_is_no_line():
    """Leakage of a strong echo passes any test of noise; a line through it has no amplitude."""
    time = -15e-6 + np.arange(1024) * 0.5e-6
    shape = np.exp(-((np.pi * 38e3 * time) ** 2) / (4 * np.log(2)))
    clean = 3e3 * shape * np.exp(2j * np.pi * 2e3 * time)
    scatter = noise(np.random.default_rng(8), time.shape, 20.0)
    echo = acquisition(clean + scatter, time, sequence="solid-echo", echo_delay=25e-6)
    found = lines.line(echo, shape="gaussian", window=(400e3, 450e3))
    number = float(found.amplitude)
    assert found.amplitude.quality != "value" or number > float(found.amplitude_std)
    frequency = float(found.line_frequency)
    assert np.isnan(frequency) or 400e3 <= frequency <= 450e3


def test_a_line_is_sought_in_its_window_and_nowhere_else():
    large = decay(amplitude=30.0, frequency=200e3, fwhm=500.0)
    small = decay(amplitude=3.0, frequency=-20e3, fwhm=500.0)
    data = acquisition(large + small, TIME)
    window = (-24e3, -16e3)
    found = lines.line(data, shape="lorentzian", window=window, noise=(0.1, 0))
    assert float(found.line_frequency) == pytest.approx(-20e3, abs=50)
    assert float(found.amplitude) == pytest.approx(3.0, rel=0.1)

"""The calibration of a content in words: every mode, every input, no more."""

import json

import pytest
from tests.unit.report.fake_campaign import number

from megabar.observables.calibrations import (
    PulseCalibration,
    calibration_by_exponent,
    calibration_by_nutation,
)
from megabar.report import scale_words


def content(scale, *, by="snr_per_root_scan", **details):
    """Make the number that a scale gives, with what the content keeps of it."""
    made = number(
        0, 1, channel="1H-fid", measure="line", node="content", name="h_per_metal", value=10.0,
        std=0.5, details={"mode": scale.mode, "inputs": json.dumps(dict(scale.inputs)), **details},
    )  # fmt: skip
    told = json.dumps({"parameters": {"by": by}})
    return made.__class__(**{**vars(made), "provenance": told})


def told(one):
    return " ".join(scale_words.sentences(one, metal="139La", quantity="H/La"))


@pytest.fixture
def nutation():
    def channel(power):
        return PulseCalibration(
            pulse_90=14e-6, pulse_90_std=0.3e-6, mean_over_peak=0.412, mean_over_peak_std=0.0,
            power=power, power_std=0.05 * power, noise_temperature=300.0,
            noise_temperature_std=10.0, noise_factor=1.2, noise_factor_std=0.02,
        )  # fmt: skip

    return calibration_by_nutation(
        nuclei=("1H", "139La"), hydrogen=channel(0.8), metal=channel(5.0),
        by="snr_per_root_scan", cancelling=["noise_temperature"],
    )  # fmt: skip


@pytest.fixture
def exponent():
    return calibration_by_exponent(
        nuclei=("1H", "139La"), exponents=(3, 2.75, 2.5), by="snr_per_root_scan",
        noise_ratio=1.0, noise_ratio_std=0.1,
    )  # fmt: skip


def test_a_nutation_names_pulses_and_powers_of_both_channels_in_their_units(nutation):
    words = told(content(nutation))
    assert "Calibration by nutation" in words
    assert "¹H: 90° pulse 14.00(30) µs" in words
    assert "power 0.80(4) W" in words
    assert "power 5.00(25) W" in words
    assert "noise temperature 300(10) K" in words


def test_what_cancels_is_said(nutation):
    assert "The error of the noise temperature is taken as the same" in told(content(nutation))


def test_what_is_not_used_is_not_told(nutation):
    inputs = dict(nutation.inputs)
    inputs["hydrogen"] = {**inputs["hydrogen"], "noise_factor": float("nan")}
    one = content(nutation, inputs=json.dumps(inputs))
    assert told(one).count("noise factor") == 1  # of the metal alone


def test_an_enriched_sample_is_told(nutation):
    inputs = {**nutation.inputs, "abundances": {"33S": 0.99}}
    assert "³³S is taken as 0.99" in told(content(nutation, inputs=json.dumps(inputs)))


def test_an_exponent_says_that_nobody_calibrated_the_coil(exponent):
    words = told(content(exponent))
    assert "nobody calibrated the coil" in words
    assert "p = 2.5, 2.75, 3" in words
    assert "ratio 1.00(10)" in words


def test_alternatives_stand_with_their_contents_their_spread_and_the_warning(exponent):
    contents = [10.0 * value / exponent.value for _, value in exponent.alternatives]
    one = content(
        exponent, estimate=10.0, alternatives=[words for words, _ in exponent.alternatives],
        alternative_contents=contents,
    )  # fmt: skip
    (words,) = scale_words.alternatives(one, quantity="H/La", day="70")
    assert f"{contents[0]:.3g} (p = 2.5:" in words
    assert "a factor of 2.7" in words  # (6.98 of the frequency ratio to the power 1/2)
    assert "never decides anything alone" in words


def test_a_measured_scale_has_no_alternatives(nutation):
    one = content(nutation, estimate=10.0, alternatives=[], alternative_contents=[])
    assert list(scale_words.alternatives(one, quantity="H/La", day="70")) == []


@pytest.mark.parametrize(
    ("by", "words"), [("snr_per_root_scan", "noise of one scan"), ("amplitude_per_scan", "units")]
)
def test_what_is_compared_is_said(exponent, by, words):
    assert words in told(content(exponent, by=by))


def test_a_content_that_does_not_say_its_mode_gets_no_sentence(exponent):
    one = content(exponent)
    bare = one.__class__(**{**vars(one), "details": {}})
    assert list(scale_words.sentences(bare, metal="139La", quantity="H/La")) == []

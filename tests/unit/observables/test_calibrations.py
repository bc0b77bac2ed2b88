"""Scales of a content in three modes: printed numbers, reciprocity worked out anew, refusals."""

import json
import math

import numpy as np
import pytest

from megabar import constants, errors, schemas
from megabar.matter.nuclei import nucleus
from megabar.observables.calibrations import (
    EXPONENTS,
    PulseCalibration,
    calibration_by_exponent,
    calibration_by_nutation,
    calibration_by_precursor,
)
from megabar.observables.efficiencies import Factor, bandwidth
from megabar.observables.hydrogen_content import hydrogen_content

PAIR = ("1H", "139La")
SNR = "snr_per_root_scan"


def channel(**told):
    known = {
        "pulse_90": 14e-6,
        "pulse_90_std": 0.0,
        "mean_over_peak": 0.412,
        "mean_over_peak_std": 0.0,
        "power": 0.8,
        "power_std": 0.0,
        "noise_temperature": 300.0,
        "noise_temperature_std": 0.0,
        "noise_factor": 1.3,
        "noise_factor_std": 0.0,
    }
    return PulseCalibration(**{**known, **told})


def by_exponent(*exponents, pair=PAIR, **told):
    return calibration_by_exponent(
        nuclei=pair, exponents=exponents, by=SNR, noise_ratio=1.0, noise_ratio_std=0.0, **told
    )


def seen(name, snr, std, **attrs):
    return schemas.observables(
        {SNR: (snr, std), "amplitude": (16 * snr, 16 * std)},
        nucleus=name,
        metal="none",
        method="made in a test",
        provenance="{}",
        attrs={"n_scans": 16.0, "dwell": 1e-6, **attrs},
    )


@pytest.mark.parametrize(("p", "factor", "ratio"), [(3, 0.05914, 177.5), (2.5, 0.15736, 66.7)])
def test_printed_scale_of_each_exponent(p, factor, ratio):
    scale = by_exponent(p)
    assert scale.value == pytest.approx(factor, rel=2e-3)
    assert 10.5 / scale.value == pytest.approx(ratio, rel=2e-3)
    assert scale.relative_std == 0.0


def test_the_exponents_of_the_coil_span_the_root_of_the_frequency_ratio():
    scale = by_exponent(*EXPONENTS)
    values = [scale.value, *(value for _, value in scale.alternatives)]
    assert max(values) / min(values) == pytest.approx((1 / nucleus("139La").xi) ** 0.5)
    # an exponent that may lie anywhere between has the error of a uniform number
    drawn = np.random.default_rng(1).uniform(2.5, 3.0, 100_000)
    logs = -drawn * math.log(1 / nucleus("139La").xi)
    assert scale.relative_std == pytest.approx(np.std(logs), rel=0.01)


def test_printed_content_of_two_calibrated_channels():
    scale = calibration_by_nutation(
        nuclei=PAIR, hydrogen=channel(), metal=channel(power=5.0), by=SNR
    )
    assert 4.0 / 0.10 * scale.value == pytest.approx(6.70, rel=2e-3)


def signal_over_noise(name, *, spins, field, length, shape, power, temperature, figure, band):
    """Curie magnetisation, induced voltage by reciprocity and thermal noise, step by step."""
    row = nucleus(name)
    larmor = 2 * math.pi * row.xi * 42.57618e6 * field
    effective = larmor / field
    moment = (
        spins * row.abundance * effective**2 * constants.hbar**2 * row.spin * (row.spin + 1) * field
    ) / (3 * constants.k_boltzmann * 300.0)
    of_field = math.pi / 2 / (effective * length * shape)  # rotating frame, at peak power
    reception = of_field / math.sqrt(power)
    return (
        larmor
        * moment
        * reception
        / math.sqrt(2 * constants.k_boltzmann * temperature * figure * band)
    )


@pytest.mark.parametrize("pair", [PAIR, ("1H", "57Fe"), ("1H", "33S"), ("2H", "105Pd")])
def test_a_nutation_scale_gives_back_the_atoms_that_made_the_voltages(pair):
    rng = np.random.default_rng(3)
    spins = {pair[0]: 3.0e15, pair[1]: 4.0e14}
    channels, signals = {}, {}
    for name in pair:
        told = {
            "pulse_90": rng.uniform(2e-6, 15e-6),
            "mean_over_peak": rng.uniform(0.4, 1.0),
            "power": rng.uniform(0.5, 9.0),
            "noise_temperature": rng.uniform(80, 300),
            "noise_factor": rng.uniform(1.1, 2.0),
        }
        channels[name] = channel(**told)
        signals[name] = signal_over_noise(
            name,
            spins=spins[name],
            field=9.28,
            length=told["pulse_90"],
            shape=told["mean_over_peak"],
            power=told["power"],
            temperature=told["noise_temperature"],
            figure=told["noise_factor"],
            band=2e6 if name == pair[0] else 1e6,
        )
    scale = calibration_by_nutation(
        nuclei=pair, hydrogen=channels[pair[0]], metal=channels[pair[1]], by=SNR
    )
    found = hydrogen_content(
        seen(pair[0], signals[pair[0]], 0.0, dwell=0.5e-6),
        seen(pair[1], signals[pair[1]], 0.0, dwell=1.0e-6),
        scale=scale,
        factors={"hydrogen": [bandwidth(dwell=0.5e-6)], "metal": [bandwidth(dwell=1e-6)]},
    )
    assert float(found.h_per_metal) == pytest.approx(7.5, rel=1e-9)


def test_printed_error_of_a_content_of_calibrated_channels():
    def one(length_std):
        return channel(
            pulse_90_std=length_std * 14e-6, power_std=0.05 * 0.8, noise_factor_std=0.02 * 1.3
        )

    scale = calibration_by_nutation(nuclei=PAIR, hydrogen=one(0.02), metal=one(0.03), by=SNR)
    noise = 1 / math.sqrt(2 * 512)
    found = hydrogen_content(
        seen("1H", 100.0, 100 * math.hypot(0.01, noise)),
        seen("139La", 20.0, 20 * math.hypot(0.06, noise)),
        scale=scale,
        factors={"metal": [Factor(name="refocusing", value=0.5, std=0.025, source="test")]},
    )
    first_order = math.hypot(
        found.attrs["independent_relative_std"], found.attrs["common_relative_std"]
    )
    assert first_order == pytest.approx(0.1044, rel=1e-3)


def test_errors_that_are_the_same_in_both_channels_drop_out_by_name_only():
    told = {"power_std": 0.08, "noise_factor_std": 0.1}
    both = {"nuclei": PAIR, "hydrogen": channel(**told), "metal": channel(**told), "by": SNR}
    whole = calibration_by_nutation(**both)
    less = calibration_by_nutation(**both, cancelling=["power"])
    assert whole.relative_std**2 - less.relative_std**2 == pytest.approx(2 * (0.5 * 0.1) ** 2)
    assert any("power" in sentence for sentence in less.assumptions)
    with pytest.raises(errors.UnknownWord, match="noise_factor"):
        calibration_by_nutation(**both, cancelling=["noise_figure"])


def test_enriched_samples_are_counted_by_their_abundance():
    natural = by_exponent(3, pair=("1H", "57Fe"))
    enriched = by_exponent(3, pair=("1H", "57Fe"), abundances={"57Fe": 0.95})
    assert enriched.value / natural.value == pytest.approx(0.95 / 0.02119)
    with pytest.raises(ValueError, match="fraction of its element"):
        by_exponent(3, pair=("1H", "57Fe"), abundances={"57Fe": 95.0})


def test_amplitudes_need_gains_and_know_no_noise():
    loud = channel(noise_temperature=math.nan, noise_factor=math.nan)
    scale = calibration_by_nutation(nuclei=PAIR, hydrogen=loud, metal=loud, by="amplitude_per_scan")
    lines = seen("1H", 10.0, 0.1), seen("139La", 1.0, 0.01)
    with pytest.raises(ValueError, match="gain of their receivers"):
        hydrogen_content(*lines, scale=scale, factors={})
    told = seen("1H", 10.0, 0.1, receiver_gain=20.0), seen("139La", 1.0, 0.01, receiver_gain=2.0)
    found = hydrogen_content(*told, scale=scale, factors={})
    assert float(found.h_per_metal) == pytest.approx(scale.value)
    with pytest.raises(ValueError, match="amplitude_per_scan"):
        calibration_by_nutation(nuclei=PAIR, hydrogen=loud, metal=loud, by=SNR)


def test_noise_of_channels_without_bandwidth_is_not_compared():
    with pytest.raises(ValueError, match="bandwidth"):
        hydrogen_content(
            seen("1H", 10, 0.1, dwell=0.5e-6), seen("139La", 1, 0.01), scale=by_exponent(3),
            factors={},
        )  # fmt: skip


@pytest.mark.parametrize("wrong", [{"pulse_90": 0.0}, {"pulse_90_std": 20e-6}, {"power": -1.0}])
def test_a_pulse_that_was_only_set_is_no_calibration(wrong):
    with pytest.raises(ValueError, match="only set, not calibrated"):
        channel(**wrong)


def test_an_exponent_warns_that_it_decides_nothing_alone_and_lists_the_others():
    found = hydrogen_content(
        seen("1H", 100, 1), seen("139La", 1, 0.01), scale=by_exponent(3, 2.75, 2.5), factors={}
    )
    assert any("decides nothing alone" in sentence for sentence in schemas.warnings_of(found))
    assert found.attrs["alternative_contents"] == pytest.approx([15.74, 5.914], rel=2e-3)
    assert json.loads(found.attrs["inputs"])["exponents"] == [2.5, 2.75, 3.0]


def test_what_line_and_precursor_share_cancels_and_nothing_else():
    def coil(value, std, shared):
        return [Factor(name="coil", value=value, std=std, source="t", common=True, shared=shared)]

    def error(shared_now, shared_before):
        scale = calibration_by_precursor(
            hydrogen=seen("1H", 29.0, 0.0),
            metal=seen("139La", 1.0, 0.0),
            h_per_metal=3.0,
            h_per_metal_std=0.0,
            factors={"hydrogen": coil(2.0, 0.10, shared_before)},
            by=SNR,
        )
        found = hydrogen_content(
            seen("1H", 100.0, 0.0),
            seen("139La", 1.0, 0.0),
            scale=scale,
            factors={"hydrogen": coil(1.0, 0.03, shared_now)},
        )
        assert float(found.h_per_metal) == pytest.approx(3 / 29 * 100 * 2)
        return found.attrs["common_relative_std"]

    assert error("attenuator", "attenuator") == pytest.approx(0.05 - 0.03)
    # Shared means: one unknown, moved once, moves both; checked by moving it
    assert abs(math.log((1 + 0.05) / (1 + 0.03))) == pytest.approx(0.02, abs=1e-3)
    assert error("attenuator", "another") == pytest.approx(math.hypot(0.05, 0.03))
    assert error("", "") == pytest.approx(math.hypot(0.05, 0.03))

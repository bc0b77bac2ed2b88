"""Contents from two stated signals: printed numbers, and voltages made by the forward model."""

import math
from dataclasses import replace

import numpy as np
import pytest

from megabar.matter import nuclei
from megabar.observables import signal_pairs, stated_scales
from megabar.observables.calibrations import PulseCalibration
from megabar.observables.efficiencies import Factor
from megabar.spins import reception

LANTHANUM = ("1H", "139La")
SNR = "snr_per_root_scan"
EQUAL = (1.0, 0.0)
TMS = 395.107e6  # Hz
BANDWIDTH = 2e6  # Hz


def part(value, std=0.0):
    return Factor(name="part of the line", value=value, std=std, source="stated")


def channel(pulse_90=14e-6, power=1.0, **errors):
    told = {"pulse_90_std": 0.0, "power_std": 0.0, "mean_over_peak_std": 0.0, **errors}
    return PulseCalibration(pulse_90=pulse_90, mean_over_peak=0.412, power=power, **told)


def by_exponent(nuclei=LANTHANUM, **more):
    return stated_scales.scales_by_exponent(nuclei, noise_ratio=EQUAL, by=SNR, **more)


def only(pair, scale, *lines):
    return signal_pairs.contents_of_pair(
        pair, scales={"it": scale}, lines=lines or [stated_scales.whole_line()]
    )


@pytest.mark.parametrize(("p", "ratio"), [("p = 3", 177.5), ("p = 2.5", 66.7)])
def test_a_content_of_10_5_needs_the_printed_ratio(p, ratio):
    pair = signal_pairs.SignalPair(nuclei=LANTHANUM, counted=(ratio, 0.0), against=(1.0, 0.0))
    (found,) = only(pair, by_exponent()[p])
    assert found.h_per_metal == pytest.approx(10.5, rel=2e-3)


def test_two_calibrated_channels_give_the_printed_content():
    scale = stated_scales.scale_by_nutation(
        LANTHANUM,
        channels=(channel(power=0.8), channel(power=5.0)),
        noise_ratio=EQUAL,
        by=SNR,
        cancelling=[],
    )
    pair = signal_pairs.SignalPair(nuclei=LANTHANUM, counted=(4.0, 0.0), against=(0.10, 0.0))
    (found,) = only(pair, scale)
    assert found.h_per_metal == pytest.approx(6.70, rel=2e-3)


def test_a_precursor_gives_the_printed_content_with_and_without_its_echo():
    told = {"content": (3.0, 0.0), "ratio": (29.0, 0.0), "by": SNR}
    pair = signal_pairs.SignalPair(nuclei=LANTHANUM, counted=(100.0, 0.0), against=(1.0, 0.0))
    plain = stated_scales.scale_by_precursor(LANTHANUM, line=None, **told)
    (found,) = only(pair, plain, part(0.5))  # the same part on both days cancels
    assert found.h_per_metal == pytest.approx(10.34, rel=2e-3)
    assert found.line == "whole line"
    echo = stated_scales.scale_by_precursor(LANTHANUM, line=part(0.783), **told)
    (found,) = only(pair, echo, part(0.500))
    assert found.h_per_metal == pytest.approx(6.61, rel=2e-3)


def test_the_printed_error_of_a_calibrated_content():
    """1 % and 6 %, noise of 512 points, t90 2 % and 3 %, P 5 %, F 2 %, eps 5 %: 10.44 %."""
    scale = stated_scales.scale_by_nutation(
        LANTHANUM,
        channels=(
            channel(pulse_90_std=0.02 * 14e-6, power_std=0.05),
            channel(pulse_90_std=0.03 * 14e-6, power_std=0.05),
        ),
        noise_ratio=(1.0, math.hypot(0.02, 0.02) / 2),
        by=SNR,
        cancelling=[],
    )
    pair = signal_pairs.SignalPair(
        nuclei=LANTHANUM, counted=(100.0, 1.0), against=(10.0, 0.6), noise_points=(512, 512)
    )
    (found,) = only(pair, scale, part(1.0, 0.05))
    assert found.std / found.h_per_metal == pytest.approx(0.1044, rel=1e-3)


def test_the_printed_interval_of_a_weak_metal_line():
    """300(5) over 10(1): 25.00 to 37.39 at z = 1.96, with nothing else in error."""
    pair = signal_pairs.SignalPair(nuclei=LANTHANUM, counted=(300.0, 5.0), against=(10.0, 1.0))
    scale = by_exponent()["p = 3"]
    (found,) = only(pair, scale)
    low, high = (end / scale.value for end in found.interval)
    assert (low, high) == pytest.approx((25.00, 37.39), rel=1e-3)


def test_a_metal_line_within_its_noise_leaves_no_upper_limit():
    pair = signal_pairs.SignalPair(nuclei=LANTHANUM, counted=(30.0, 1.0), against=(0.10, 0.06))
    (found,) = only(pair, by_exponent()["p = 3"])
    assert found.interval[1] == math.inf
    assert found.interval[0] > 0


def test_intervals_cover_as_often_as_they_say_with_every_error_drawn():
    """Signals, scale and part of the line drawn from their errors, at a metal line of 5 sigma."""
    rng = np.random.default_rng(5)
    truth, metal, u_scale, u_part = 10.0, 5.0, 0.10, 0.05
    scale = by_exponent()["p = 3"]
    term = replace(scale.terms[-1], relative_std=u_scale)
    held = 0
    for draw in rng.normal(size=(1000, 4)):
        real = scale.value * (1 + u_scale * draw[0]) * 0.5 * (1 + u_part * draw[1])
        counted, against = truth * metal / real + 3 * draw[2], metal + draw[3]
        pair = signal_pairs.SignalPair(
            nuclei=LANTHANUM, counted=(counted, 3.0), against=(max(against, 1e-6), 1.0)
        )
        (found,) = only(pair, replace(scale, terms=(term,)), part(0.5, 0.5 * u_part))
        low, high = found.interval
        held += low <= truth <= high
    assert 0.92 <= held / 1000 <= 0.98


HYDRIDES = [  # nuclei, atoms counted per atom of the other element, abundance of the isotope
    (("1H", "57Fe"), 1.0, None),  # FeH
    (("1H", "57Fe"), 1.0, 0.95),  # FeH, enriched
    (("1H", "63Cu"), 1.0, None),  # CuH
    (("1H", "65Cu"), 0.15, None),  # CuH0.15
    (("1H", "89Y"), 9.0, None),  # YH9
    (("1H", "33S"), 3.0, None),  # H3S
    (("1H", "33S"), 3.0, 0.99),  # H3S, enriched
    (("1H", "105Pd"), 0.7, None),  # PdH0.7
    (("2H", "105Pd"), 0.7, 0.95),  # PdD0.7, the metal enriched
    (("1H", "139La"), 10.5, None),
    (("139La", "1H"), 1 / 10.5, None),  # the other way round
    (("11B", "1H"), 0.5, None),
]


@pytest.mark.parametrize(("pair", "content", "abundance"), HYDRIDES)
def test_any_two_nuclei_are_counted_by_nutation(pair, content, abundance):
    """Signals of the forward model, by reciprocity; the content comes back."""
    signals, channels = signals_of(pair, content, abundance, field=None)
    scale = stated_scales.scale_by_nutation(
        pair,
        channels=channels,
        noise_ratio=(math.sqrt(300 * 1.4 / (90 * 1.1)), 0.0),
        by=SNR,
        cancelling=[],
        abundances=None if abundance is None else {pair[1]: abundance},
    )
    (found,) = only(signals, scale)
    assert found.h_per_metal == pytest.approx(content, rel=1e-9)


@pytest.mark.parametrize(("pair", "content", "abundance"), HYDRIDES)
def test_any_two_nuclei_are_counted_by_a_coil_of_one_field_per_root_watt(pair, content, abundance):
    signals, _ = signals_of(pair, content, abundance, field=1e-3)
    scales = by_exponent(pair, abundances=None if abundance is None else {pair[1]: abundance})
    noise = math.sqrt(300 * 1.4 / (90 * 1.1))
    (found,) = only(signals, scales["p = 3"])
    assert found.h_per_metal * noise == pytest.approx(content, rel=1e-9)


def signals_of(pair, content, abundance, field):
    """Signals of 1e15 metal atoms in two channels of unlike noise, by the forward model."""
    rng = np.random.default_rng(int(1000 * content))
    atoms = (1e15 * content, 1e15)
    signals, channels = [], []
    for index, name in enumerate(pair):
        found = reception.resonance(nucleus=name, tms_frequency=TMS)
        if index and abundance is not None:
            found = replace(found, abundance=abundance)
        pulse, power = rng.uniform(2e-6, 20e-6), rng.uniform(0.5, 5.0)
        channels.append(channel(pulse_90=pulse, power=power))
        per_root_watt = field or reception.field_per_root_watt(
            of=found, pulse_90=pulse, mean_over_peak=0.412, power=power
        )
        limit = reception.limit_by_reciprocity(
            of=found,
            channel=reception.Channel(
                field_per_root_watt=per_root_watt,
                sample_temperature=300.0,
                noise_temperature=(300.0, 90.0)[index],
                noise_factor=(1.4, 1.1)[index],
            ),
        )
        signal = reception.snr_of_one_scan(
            atoms=atoms[index], limit=limit, bandwidth=BANDWIDTH, efficiency=1.0
        )
        signals.append((signal, 0.0))
    return (
        signal_pairs.SignalPair(nuclei=pair, counted=signals[0], against=signals[1]),
        tuple(channels),
    )


@pytest.mark.parametrize("pair", [("1H", "57Fe"), ("1H", "105Pd"), ("33S", "139La")])
def test_counting_the_other_way_round_gives_the_inverse(pair):
    there, back = by_exponent(pair), by_exponent(pair[::-1])
    for name, scale in there.items():
        assert scale.value * back[name].value == pytest.approx(1, rel=1e-12)


def test_enriching_the_metal_changes_its_signal_and_not_the_content():
    """57Fe from 2.119 to 95 %: 44.8 times the signal of the metal."""
    natural, _ = signals_of(("1H", "57Fe"), 1.0, None, field=1e-3)
    enriched, _ = signals_of(("1H", "57Fe"), 1.0, 0.95, field=1e-3)
    assert enriched.against[0] / natural.against[0] == pytest.approx(0.95 / 0.02119)
    assert enriched.counted == natural.counted


def test_choices_that_nobody_measured_move_the_content_as_derived():
    """Exponents by (gH/gLa)^1/2 = 2.66; central transition alone by 21/4 or, selective, 21."""
    pair = signal_pairs.SignalPair(nuclei=LANTHANUM, counted=(40.0, 1.0), against=(1.0, 0.1))
    lines = stated_scales.readings_of_line("139La", fwhm=None, echo_delay=None)
    found = signal_pairs.contents_of_pair(pair, scales=by_exponent(), lines=lines)
    spread = signal_pairs.spread_of(found)
    ratio = nuclei.nucleus("1H").xi / nuclei.nucleus("139La").xi
    assert spread.by_choice["calibration"] == pytest.approx(ratio**0.5)
    assert spread.by_choice["calibration"] == pytest.approx(2.66, rel=1e-3)
    assert spread.by_choice["part of the line"] == pytest.approx(21)
    assert spread.high / spread.low == pytest.approx(ratio**0.5 * 21)
    by_line = {one.line: one.h_per_metal for one in found if one.scale == "p = 3"}
    hard = by_line["central transition alone, hard pulse"]
    assert by_line["whole line"] / hard == pytest.approx(5.25)
    with pytest.raises(ValueError, match="at least one scale"):
        signal_pairs.spread_of([])


@pytest.mark.parametrize(
    ("nucleus", "fwhm", "delay", "expected"),
    [
        ("139La", None, None, [1, 0.500, 0.249, 4 / 21, 1 / 21]),
        ("139La", 8e3, 25e-6, [1, 0.783]),
        ("139La", 38e3, 25e-6, [1, 0.500, 0.361, 4 / 21, 1 / 21]),
        ("57Fe", None, None, [1, 0.500]),
        ("2H", None, None, [1, 0.500, 1.000]),
        ("63Cu", None, None, [1, 0.500, 0.550, 2 / 5, 1 / 5]),
        ("105Pd", None, None, [1, 0.500, 0.211, 9 / 35, 3 / 35]),
    ],
)
def test_readings_of_a_line_are_those_of_its_spin(nucleus, fwhm, delay, expected):
    found = stated_scales.readings_of_line(nucleus, fwhm=fwhm, echo_delay=delay)
    assert [one.value for one in found][: len(expected)] == pytest.approx(expected, abs=3e-3)
    half_integer = nuclei.nucleus(nucleus).spin % 1 == 0.5
    assert len(found) == (2 if nucleus == "57Fe" else 5 if half_integer else 3)


def test_what_cannot_be_is_refused():
    pair = signal_pairs.SignalPair(nuclei=LANTHANUM, counted=(4.0, 0.1), against=(0.1, 0.01))
    iron = by_exponent(("1H", "57Fe"))["p = 3"]
    with pytest.raises(ValueError, match="they must agree"):
        only(pair, iron)
    with pytest.raises(ValueError, match="positive one with a finite error"):
        replace(pair, against=(0.0, 0.1))
    with pytest.raises(ValueError, match="both counts must be positive"):
        replace(pair, noise_points=(0, 512))
    with pytest.raises(ValueError, match="Give both"):
        stated_scales.readings_of_line("139La", fwhm=38e3, echo_delay=None)
    with pytest.raises(ValueError, match="both must be positive"):
        stated_scales.readings_of_line("139La", fwhm=-38e3, echo_delay=1e-6)
    with pytest.raises(ValueError, match="ratio of 0"):
        stated_scales.scale_by_precursor(
            LANTHANUM, content=(3.0, 0.1), ratio=(0.0, 0.0), line=None, by=SNR
        )
    with pytest.raises(ValueError, match="noise ratio 0"):
        stated_scales.scale_by_nutation(
            LANTHANUM, channels=(channel(), channel()), noise_ratio=(0.0, 0.0), by=SNR,
            cancelling=[],
        )  # fmt: skip

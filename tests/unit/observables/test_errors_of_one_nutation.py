"""Coil, flip angles and echoes hang on one nutation: their errors add up, not in squares."""

import math

import numpy as np
import pytest

from megabar import schemas
from megabar.observables.calibrations import (
    PulseCalibration,
    calibration_by_nutation,
    calibration_by_precursor,
)
from megabar.observables.echo_angles import refocusing_by_angle
from megabar.observables.efficiencies import Factor, combined_std, steady_state
from megabar.observables.hydrogen_content import hydrogen_content
from megabar.observables.instrument_factors import coil

QUARTER = math.pi / 2


def test_factors_that_hang_on_one_nutation_move_together():
    """A wrong field is wrong for coil, flip angle and echo alike: held against a second budget."""
    part, b = 0.02, 0.8

    def efficiency(scale):
        angle = b * QUARTER * scale
        return b * scale * math.sin(angle) * math.sin(angle / 2) ** 2  # T1 short, G(2 tau) = 0

    def factors(std):
        angle = b * QUARTER
        return [
            coil(nutation_frequency=b * 5e4, nutation_frequency_std=b * 5e4 * std, power=1.0,
                 power_std=0.0),
            steady_state(repetition_time=1.0, t1=1e-3, t1_std=0.0, flip_angle=angle,
                         flip_angle_std=angle * std, sequence="solid-echo", echo_delay=25e-6),
            refocusing_by_angle(second_flip_angle=angle, second_flip_angle_std=angle * std,
                                echo_delay=25e-6, fwhm=200e3, shape="gaussian",
                                sequence="solid-echo", amplitude="top"),
        ]  # fmt: skip

    expected = max(abs(efficiency(1 + sign * part) / efficiency(1.0) - 1) for sign in (-1, 1))
    assert expected == pytest.approx(3.14 * part, rel=0.05)
    listed = factors(part)
    found = combined_std((one.relative_std, one.moved_by) for one in listed)
    assert found == pytest.approx(expected, rel=0.03)  # first order of a curve
    apart = math.hypot(*(one.relative_std for one in listed))
    assert found > 1.4 * apart
    assert combined_std((one.relative_std, one.moved_by) for one in factors(0.0)) == 0.0


def test_a_pulse_beyond_90_degrees_makes_up_for_some_of_the_coil():
    angle = 1.2 * QUARTER
    turned = steady_state(
        repetition_time=1.0, t1=1e-3, t1_std=0.0, flip_angle=angle, flip_angle_std=0.01 * angle,
        sequence="fid",
    )  # fmt: skip
    heard = coil(nutation_frequency=6e4, nutation_frequency_std=6e2, power=1.0, power_std=0.0)
    found = combined_std((one.relative_std, one.moved_by) for one in (turned, heard))
    exact = 1.01 * math.sin(1.01 * angle) / math.sin(angle) - 1
    assert found == pytest.approx(abs(exact), rel=0.05)
    assert found < heard.relative_std


def seen(nucleus, snr):
    return schemas.observables(
        {"snr_per_root_scan": (snr, 1e-6)}, nucleus=nucleus, metal="none", method="test",
        provenance="{}", attrs={"dwell": 1e-6},
    )  # fmt: skip


def hanging(name, *moves):
    """A factor of which nothing but these moves is uncertain."""
    size = math.hypot(*moves)
    return Factor(
        name=name, value=1.0, std=size, source="test", moved_by=tuple(("field", m) for m in moves)
    )


def content(now, before):
    lines = {"hydrogen": seen("1H", 300.0), "metal": seen("139La", 3.0)}
    scale = calibration_by_precursor(
        **lines, h_per_metal=3.0, h_per_metal_std=0.0, factors=before, by="snr_per_root_scan"
    )
    return hydrogen_content(lines["hydrogen"], lines["metal"], scale=scale, factors=now)


def test_what_hangs_on_one_nutation_adds_up_on_each_side_and_each_day():
    both = [hanging("coil", 0.01), hanging("steady_state", 0.004)]
    found = content({"metal": both, "hydrogen": [hanging("coil", 0.02)]}, {"metal": both})
    assert found.attrs["independent_relative_std"] == pytest.approx(
        math.hypot(0.014, 0.02), rel=1e-6
    )
    assert found.attrs["common_relative_std"] == pytest.approx(0.014, rel=1e-6)


def test_errors_of_opposite_sign_take_each_other_away():
    listed = [hanging("coil", 0.01), hanging("steady_state", -0.006)]
    found = content({"metal": listed}, {})
    assert found.attrs["independent_relative_std"] == pytest.approx(0.004, rel=1e-6)


def test_a_scale_by_the_nutation_of_the_day_moves_with_the_pulses_of_that_day():
    """All of a content from one pair of nutations, drawn many times."""
    rng = np.random.default_rng(8)
    part, b = 0.02, 0.8
    true = {"hydrogen": 4.2e4 * b, "metal": 6.2e4 * b}

    def one(scales, std):
        channels, factors = {}, {}
        for side, field in true.items():
            measured = field * scales[side]
            channels[side] = PulseCalibration(
                pulse_90=1 / (4 * measured), pulse_90_std=std / (4 * measured),
                mean_over_peak=1.0, mean_over_peak_std=0.0, power=1.0, power_std=0.0,
            )  # fmt: skip
            angle = QUARTER * b * scales[side]
            factors[side] = [
                steady_state(
                    repetition_time=1.0, t1=1e-3, t1_std=0.0, flip_angle=angle,
                    flip_angle_std=angle * std, sequence="fid",
                )
            ]  # fmt: skip
        lines = [
            schemas.observables(
                {"amplitude": (size, 1e-9)}, nucleus=nucleus, metal="none", method="test",
                provenance="{}", attrs={"n_scans": 1.0, "receiver_gain": 1.0},
            )
            for nucleus, size in (("1H", 300.0), ("139La", 3.0))
        ]  # fmt: skip
        scale = calibration_by_nutation(nuclei=("1H", "139La"), **channels, by="amplitude_per_scan")
        return hydrogen_content(*lines, scale=scale, factors=factors)

    contents = [
        float(one({side: 1 + part * rng.normal() for side in true}, 0.0).h_per_metal)
        for _ in range(400)
    ]
    stated = one({"hydrogen": 1.0, "metal": 1.0}, part)
    scatter = np.std(contents) / np.mean(contents)
    said = float(stated.h_per_metal_std / stated.h_per_metal)
    assert said == pytest.approx(scatter, rel=4 / math.sqrt(2 * 400))

"""Efficiencies of coils, ways and receivers: arithmetic, errors, and what is refused."""

import math

import numpy as np
import pytest

from megabar.observables import instrument_factors
from megabar.spins.amplitude_distributions import (
    amplitudes_from_map,
    gaussian_amplitudes,
    heard_by_reciprocity,
)
from megabar.spins.level_nodes import OffsetDistribution, gaussian_offsets

QUARTER = math.pi / 2


def coil(nutation=62.5e3, power=5.0, **more):
    given = {"nutation_frequency_std": 0.0, "power_std": 0.0, **more}
    return instrument_factors.coil(nutation_frequency=nutation, power=power, **given)


def test_a_coil_is_as_good_at_any_power():
    assert coil(62.5e3, 5.0).value == pytest.approx(coil(125e3, 20.0).value)


def test_half_of_the_relative_error_of_the_power_counts():
    found = coil(nutation_frequency_std=0.03 * 62.5e3, power_std=0.08 * 5)
    assert found.relative_std == pytest.approx(0.05)


def test_a_flip_angle_grows_with_the_root_of_the_power_and_keeps_its_relative_error():
    given = {"duration": 4e-6, "mean_over_peak": 0.412}
    angle, std = instrument_factors.flip_angle_from_nutation(
        nutation_frequency=60e3, nutation_frequency_std=3e3, power_ratio=4.0, **given
    )
    assert angle == pytest.approx(2 * math.pi * 120e3 * 0.412 * 4e-6)
    assert std / angle == pytest.approx(0.05)


def test_losses_cancel_where_both_ways_are_the_same():
    found = instrument_factors.path_loss(
        transmit_loss=2.0, transmit_loss_std=0.08, receive_loss=2.0, receive_loss_std=0.06
    )
    assert found.value == 1.0
    assert found.relative_std == pytest.approx(0.025)


def test_twenty_decibels_are_a_factor_of_ten():
    found = instrument_factors.receiver_gain(gain=20.0, gain_std=0.0, source="stated")
    assert found.value == pytest.approx(10.0)
    assert found.std == 0.0


def test_a_phase_that_turns_over_a_line_costs_signal():
    line = OffsetDistribution(offset=np.array([-1e3, 1e3]), weight=np.array([0.5, 0.5]))
    found = instrument_factors.filter_gain(
        line, frequency=[-1e3, 1e3], gain=[np.exp(-0.5j), np.exp(0.5j)], relative_std=0.0,
        source="swept",
    )  # fmt: skip
    assert found.value == pytest.approx(math.cos(0.5))


def test_weights_of_a_line_need_not_sum_to_one_for_a_filter():
    line = OffsetDistribution(offset=np.array([0.0, 1e3]), weight=np.array([2.0, 2.0]))
    found = instrument_factors.filter_gain(
        line, frequency=[0.0, 1e3], gain=[1.0, 0.5], relative_std=0.02, source="swept"
    )
    assert (found.value, found.std) == (pytest.approx(0.75), pytest.approx(0.015))


def test_a_small_spread_of_the_field_costs_its_square():
    """Of sin about 90 degrees, with the share of the signal: 1 - (pi/2)^2 s^2/2."""
    field = gaussian_amplitudes(relative_std=0.02, count=65)
    found = instrument_factors.b1_inhomogeneity(field, flip_angle=QUARTER, flip_angle_std=0.0)
    heard = heard_by_reciprocity(field)
    second = heard.weight @ (heard.scale - 1) ** 2
    assert found.value == pytest.approx(1 - QUARTER**2 * second / 2, abs=1e-6)


def test_an_even_field_leaves_the_sine_and_its_slope():
    field = amplitudes_from_map([1.0], [1.0])
    found = instrument_factors.b1_inhomogeneity(field, flip_angle=1.0, flip_angle_std=0.01)
    assert found.value == pytest.approx(math.sin(1.0))
    assert found.std == pytest.approx(0.01 * math.cos(1.0), rel=0.02)
    assert found.moved_by == (("field", pytest.approx(found.relative_std)),)
    assert found.alternatives == (("even field", pytest.approx(math.sin(1.0))),)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: coil(nutation=0.0), "nutation frequency of 0.*must be positive"),
        (lambda: coil(power_std=-1.0), "power of 5\\(-1\\) W"),
        (
            lambda: instrument_factors.flip_angle_from_nutation(
                nutation_frequency=1e3, nutation_frequency_std=0, duration=0.0,
                mean_over_peak=1.0, power_ratio=1.0,
            ),
            "duration of 0",
        ),
        (
            lambda: instrument_factors.path_loss(
                transmit_loss=0.5, transmit_loss_std=0, receive_loss=1, receive_loss_std=0
            ),
            "1 or more. Turn a transmission over",
        ),
        (
            lambda: instrument_factors.receiver_gain(gain=3.0, gain_std=-0.1, source="x"),
            "gain of 3\\(-0.1\\) dB",
        ),
        (
            lambda: instrument_factors.filter_gain(
                gaussian_offsets(fwhm=50e3, count=33), frequency=[-1e3, 1e3], gain=[1, 1],
                relative_std=0, source="x",
            ),
            "nothing says what it does beyond",
        ),
        (
            lambda: instrument_factors.filter_gain(
                gaussian_offsets(fwhm=1.0, count=3), frequency=[1e3, -1e3], gain=[1, 1],
                relative_std=0, source="x",
            ),
            "in rising order",
        ),
        (
            lambda: instrument_factors.b1_inhomogeneity(
                amplitudes_from_map([1.0], [1.0]), flip_angle=2 * QUARTER + 0.1, flip_angle_std=0
            ),
            "b1_inhomogeneity.*positive value",
        ),
    ],
)  # fmt: skip
def test_impossible_inputs_are_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()

"""Profiles of pulses off resonance: closed results, published widths."""

import numpy as np
import pytest

from megabar.errors import Undetermined
from megabar.spins.amplitude_distributions import gaussian_amplitudes
from megabar.spins.echoes import echo_from_two_pulses
from megabar.spins.level_nodes import gaussian_offsets, nodes_from_couplings, nodes_with_offsets
from megabar.spins.offset_profiles import (
    echo_from_offset,
    excitation_from_offset,
    excitation_width,
    time_zero_of_pulse,
)
from megabar.spins.phase_tables import passing_orders
from megabar.spins.sequences import Pulse, Relaxation, rectangular_pulse

US, KHZ = 1e-6, 1e3


def rectangle(turns):
    return rectangular_pulse(channel="1H", duration=4 * US, amplitude=turns / (4 * US), phase=0.0)


def gaussian(duration, slices=256):
    """Cut at 1 % of the peak, 90 degrees."""
    shape = 0.01 ** (((2 * np.arange(slices) + 1) / slices - 1) ** 2)
    return Pulse(
        channel="1H",
        duration=duration,
        amplitude=shape / shape.mean() / (4 * duration),
        phase=np.zeros(slices),
    )


@pytest.mark.parametrize("turns", [0.05, 0.25, 0.4])
def test_a_rectangle_follows_bloch(turns):
    offset = np.linspace(-500, 500, 41) * KHZ
    field = turns / (4 * US)
    effective = np.hypot(field, offset)
    angle = 2 * np.pi * effective * 4 * US
    across, along = field / effective, offset / effective
    expected = across * along * (1 - np.cos(angle)) - 1j * across * np.sin(angle)
    found = excitation_from_offset(pulse=rectangle(turns), offset=offset)
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_a_weak_pulse_excites_its_fourier_transform():
    offset = np.linspace(-600, 600, 25) * KHZ
    found = abs(excitation_from_offset(pulse=rectangle(1e-4), offset=offset))
    expected = 2 * np.pi * 1e-4 * abs(np.sinc(offset * 4 * US))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_widths_of_a_gaussian_of_90_degrees():
    for duration in (6 * US, 14 * US):
        width = excitation_width(pulse=gaussian(duration), fraction=0.5)
        assert width * duration == pytest.approx(2.70, abs=5e-3)
        width = excitation_width(pulse=gaussian(duration), fraction=0.95)
        assert width * duration == pytest.approx(1.18, abs=5e-3)
    assert width == pytest.approx(84 * KHZ, abs=0.5 * KHZ)  # 14 us


def test_half_turns_have_no_band():
    with pytest.raises(Undetermined, match="no multiple of half a turn"):
        excitation_width(pulse=rectangle(0.5), fraction=0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        excitation_width(pulse=rectangle(0.25), fraction=1.0)


def test_the_echo_profile_gives_the_echo_of_a_broad_line():
    pulses = rectangle(0.25), rectangle(0.5)
    spread = gaussian_offsets(fwhm=60 * KHZ, count=128)
    alone = nodes_from_couplings(spin=3.5, coupling=[0.0], offset=0.0, weight=[1.0])
    fields = gaussian_amplitudes(relative_std=0.1, count=9)
    lines = echo_from_two_pulses(
        nodes_with_offsets(alone, spread),
        pulses=pulses,
        delay=30 * US,
        passing=passing_orders(3.5, {1: 1.0}),
        relaxation=Relaxation(t1=np.inf, t2=np.inf),
        amplitudes=fields,
    )
    times = np.linspace(20, 40, 11) * US
    profile = echo_from_offset(pulses=pulses, offset=spread.offset, amplitudes=fields)
    turning = np.exp(2j * np.pi * np.outer(times - 30 * US, spread.offset))
    expected = turning @ (spread.weight * profile)
    np.testing.assert_allclose(lines.signal(times), expected, atol=1e-12)


def test_two_pulses_refocus_a_narrower_band_than_one_excites():
    offset = np.array([50.0, 80.0, 100.0]) * KHZ
    one = abs(excitation_from_offset(pulse=gaussian(6 * US), offset=offset))
    two = 2 * abs(echo_from_offset(pulses=(gaussian(6 * US),) * 2, offset=offset))
    assert (two < one).all()


@pytest.mark.parametrize("turns", [0.02, 0.125, 0.25, 0.4])
def test_time_zero_of_a_rectangle_is_the_tangent_of_half_its_angle_over_the_angle(turns):
    angle = 2 * np.pi * turns
    expected = 4 * US * np.tan(angle / 2) / angle
    assert time_zero_of_pulse(rectangle(turns)) == pytest.approx(expected, rel=1e-6)


def test_a_weak_pulse_of_any_even_shape_starts_in_its_middle():
    whole = gaussian(14 * US)
    weak = whole.scaled(1e-3)
    assert time_zero_of_pulse(weak) == pytest.approx(7 * US, rel=1e-5)
    assert time_zero_of_pulse(whole) > 1.1 * 7 * US


def test_a_pulse_that_excites_nothing_has_no_time_zero():
    with pytest.raises(Undetermined, match="phase of nothing"):
        time_zero_of_pulse(rectangle(1.0))

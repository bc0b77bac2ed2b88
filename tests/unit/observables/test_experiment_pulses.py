"""Pulses for a line: bands against published ones, and the longest pulse that serves."""

import math

import numpy as np
import pytest

from megabar.errors import UnknownWord
from megabar.observables.experiment_pulses import pulse_plan, shape_of
from megabar.spins import reception
from megabar.spins.offset_profiles import excitation_width

PROTON = reception.resonance(nucleus="1H", tms_frequency=395.107e6)
GAUSSIAN = shape_of("gaussian", truncation=0.01)


def planned(*, shape=GAUSSIAN, pulse_90=14e-6, power=0.8, fwhm=1.35e3):
    return pulse_plan(of=PROTON, shape=shape, pulse_90=pulse_90, power=power, fwhm=fwhm)


def test_the_gaussian_of_one_per_cent_has_the_mean_and_the_bands_of_the_reference_table():
    assert GAUSSIAN.mean == pytest.approx(0.41198, abs=1e-4)
    assert planned().band == pytest.approx(84.2e3, rel=3e-3)
    assert planned().band * 14e-6 == pytest.approx(1.179, rel=3e-3)
    pulse = GAUSSIAN.pulse(
        channel="1H", duration=14e-6, phase=0.0,
        peak=GAUSSIAN.peak_from_angle(angle=math.pi / 2, duration=14e-6),
    )  # fmt: skip
    assert excitation_width(pulse=pulse, fraction=0.5) * 14e-6 == pytest.approx(2.704, rel=3e-3)


def test_a_rectangle_excites_a_line_as_the_bloch_equations_average():
    """Rabi's formula in closed form over a Gaussian of offsets."""
    length, fwhm = 4e-6, 120e3
    nutation = 1 / (4 * length)
    offset = np.linspace(-5, 5, 4001) * fwhm / 2.3548
    weight = np.exp(-((offset / (fwhm / 2.3548)) ** 2) / 2)
    effective = np.hypot(nutation, offset)
    angle = 2 * np.pi * effective * length
    x = nutation / effective * np.sin(angle)
    y = nutation * offset / effective**2 * (1 - np.cos(angle))
    expected = float((weight * np.hypot(x, y)).sum() / weight.sum())
    found = planned(shape=shape_of("rectangular", truncation=None), pulse_90=length, fwhm=fwhm)
    assert found.excited == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("shape", [GAUSSIAN, shape_of("rectangular", truncation=None)])
def test_the_longest_pulse_still_excites_99_per_cent_and_takes_less_power(shape):
    found = planned(shape=shape, fwhm=20e3)
    again = planned(shape=shape, pulse_90=found.longest, power=found.longest_power, fwhm=20e3)
    assert again.excited == pytest.approx(0.99, abs=2e-4)
    assert again.longest_power == pytest.approx(again.power)
    assert planned(shape=shape, pulse_90=1.1 * found.longest, fwhm=20e3).excited < 0.99
    assert found.longest_power / 0.8 == pytest.approx((14e-6 / found.longest) ** 2)


def test_field_and_length_follow_the_angle():
    found = planned()
    assert found.peak_field == pytest.approx(
        math.pi / (2 * PROTON.gyromagnetic_ratio * 14e-6 * GAUSSIAN.mean)
    )
    assert found.nutation == pytest.approx(
        PROTON.gyromagnetic_ratio * found.peak_field / (2 * math.pi)
    )
    assert found.length_for(math.pi / 6) == pytest.approx(14e-6 / 3)


def test_the_mean_power_is_the_energy_of_the_pulses_over_the_repetition():
    """Mean square of a Gaussian that is cut at one per cent, in closed form."""
    decay = math.log(100)
    square = math.sqrt(math.pi / (2 * decay)) * math.erf(math.sqrt(2 * decay)) / 2
    found = planned().mean_power(repetition_time=10e-3, turned_by=math.pi / 2)
    assert found == pytest.approx(0.8 * square * 14e-6 / 10e-3, rel=1e-3)
    assert planned().mean_power(repetition_time=10e-3, turned_by=math.pi) == pytest.approx(
        2 * found
    )


def test_a_range_wider_than_the_band_takes_several_carriers():
    found = planned()
    assert found.carriers(spread=0.5 * found.band, fwhm=1e3) == 1
    assert found.carriers(spread=3.5 * found.band, fwhm=1e3) == 4
    assert found.carriers(spread=0.0, fwhm=1e3) == 1


def test_pulses_that_leave_something_open_are_refused():
    with pytest.raises(ValueError, match="Give the truncation"):
        shape_of("gaussian", truncation=None)
    with pytest.raises(UnknownWord, match="Did you mean"):
        shape_of("gausian", truncation=0.01)
    with pytest.raises(ValueError, match="all three must be positive"):
        planned(fwhm=0.0)

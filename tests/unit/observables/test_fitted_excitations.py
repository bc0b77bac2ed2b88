"""Amplitudes that fits find behind pulses: against fits of lines, and in the limits."""

import math

import numpy as np
import pytest
from tests.unit.observables.signals import acquisition

from megabar.errors import UnknownWord
from megabar.observables import lines, pulse_efficiencies
from megabar.observables.fitted_excitations import fitted_excitation
from megabar.spins.echoes import lines_after_pulse
from megabar.spins.level_nodes import (
    OffsetDistribution,
    gaussian_offsets,
    nodes_from_couplings,
    nodes_with_offsets,
)
from megabar.spins.offset_profiles import time_zero_of_pulse
from megabar.spins.pulse_shapes import gaussian_shape
from megabar.spins.sequences import rectangular_pulse

US = 1e-6


def gaussian_pulse(angle=math.pi / 2, duration=14 * US):
    shape = gaussian_shape(truncation=0.01, slices=64)
    peak = shape.peak_from_angle(angle=angle, duration=duration)
    return shape.pulse(channel="1H", duration=duration, peak=peak, phase=0.0)


def recorded(fwhm, *, from_middle):
    return from_middle + np.arange(500) * (1.8 / fwhm / 500)


@pytest.mark.parametrize(
    ("fwhm", "centre"), [(5e3, 0.0), (20e3, 3e3), (35e3, 0.0), (50e3, 0.0), (50e3, -8e3)]
)
def test_it_is_what_the_fit_of_a_line_finds_of_that_decay(fwhm, centre):
    pulse, time = gaussian_pulse(), recorded(fwhm, from_middle=12 * US)
    line = gaussian_offsets(fwhm=fwhm, count=257)
    moved = OffsetDistribution(offset=line.offset + centre, weight=line.weight)
    alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    after = lines_after_pulse(nodes_with_offsets(alone, moved), pulse=pulse, t2=math.inf)
    data = acquisition(1e3 * after.signal(time - 7 * US), time)
    fitted = lines.line(data, shape="gaussian", noise=(0.1, 0))
    found = fitted_excitation(
        moved, pulse=pulse, time=time, pulse_end=7 * US, shape="gaussian", relative_field_std=0.0
    )
    assert found.value == pytest.approx(float(fitted.amplitude) / 1e3, rel=1e-4)


def test_of_a_narrow_line_it_is_the_excitation_wherever_times_count_from():
    line, pulse = gaussian_offsets(fwhm=200.0, count=65), gaussian_pulse(angle=1.2)
    excited = pulse_efficiencies.excitation(line, pulse=pulse, relative_field_std=0.02)
    found = fitted_excitation(
        line, pulse=pulse, time=recorded(200.0, from_middle=12 * US), pulse_end=7 * US,
        shape="gaussian", relative_field_std=0.02,
    )  # fmt: skip
    assert excited.value == pytest.approx(math.sin(1.2), rel=1e-5)
    assert found.value == pytest.approx(excited.value, rel=1e-3)
    assert found.std == pytest.approx(excited.std, rel=0.01)
    assert found.moved_by[0][1] > 0


@pytest.mark.parametrize("fwhm", [8e3, 38e3])
def test_from_the_time_zero_of_its_pulse_a_lanthanum_line_shows_what_is_excited(fwhm):
    """4 us of a rectangle; from its middle 8 kHz lose 0.4 % and 38 kHz 3.1 %."""
    pulse = rectangular_pulse(channel="139La", duration=4 * US, amplitude=62.5e3, phase=0.0)
    line = gaussian_offsets(fwhm=fwhm, count=257)
    excited = pulse_efficiencies.excitation(line, pulse=pulse, relative_field_std=0.0).value

    def found(pulse_end):
        return fitted_excitation(
            line, pulse=pulse, pulse_end=pulse_end, shape="gaussian", relative_field_std=0.0,
            time=pulse_end + 5 * US + np.arange(500) * (1.8 / fwhm / 500),
        ).value  # fmt: skip

    assert found(time_zero_of_pulse(pulse)) == pytest.approx(excited, rel=4e-3)
    assert 1 - found(2 * US) / excited == pytest.approx(0.031 if fwhm == 38e3 else 0.004, abs=1e-3)


def test_a_lorentzian_behind_a_short_pulse_is_itself():
    pulse = rectangular_pulse(channel="1H", duration=0.1 * US, amplitude=2.5e6, phase=0.0)
    place = np.linspace(-8e6, 8e6, 8001)
    weight = 1 / (1 + (2 * place / 40e3) ** 2)
    line = OffsetDistribution(offset=place, weight=weight / weight.sum())
    found = fitted_excitation(
        line, pulse=pulse, time=5 * US + np.arange(200) * 0.25 * US, pulse_end=0.05 * US,
        shape="lorentzian", relative_field_std=0.0,
    )  # fmt: skip
    assert found.value == pytest.approx(1.0, abs=5e-3)


@pytest.mark.parametrize(
    ("words", "error", "match"),
    [({"shape": "voigt"}, UnknownWord, "shape"),
     ({"pulse_end": 20 * US}, ValueError, "begins behind its pulse"),
     ({"relative_field_std": -0.1}, ValueError, "error of the field")],
)  # fmt: skip
def test_impossible_inputs_are_refused(words, error, match):
    given = {
        "pulse": gaussian_pulse(), "time": recorded(20e3, from_middle=12 * US),
        "pulse_end": 7 * US, "shape": "gaussian", "relative_field_std": 0.0, **words,
    }  # fmt: skip
    with pytest.raises(error, match=match):
        fitted_excitation(gaussian_offsets(fwhm=20e3, count=65), **given)

"""Envelopes of pulses: their means, angles and slices."""

import numpy as np
import pytest
from scipy.special import erf

from megabar.spins.pulse_shapes import (
    PulseShape,
    gaussian_shape,
    rectangular_shape,
    shape_from_table,
    sinc_shape,
)


def test_gaussian_truncated_at_one_percent_turns_0_41198_of_a_rectangle():
    """The mean of q^(x^2) from -1 to 1, in closed form."""
    width = np.sqrt(-np.log(0.01))
    closed = np.sqrt(np.pi) * erf(width) / (2 * width)
    assert closed == pytest.approx(0.41198, rel=1e-4)
    assert gaussian_shape(truncation=0.01, slices=1000).mean == pytest.approx(closed, rel=1e-6)
    peak = gaussian_shape(truncation=0.01, slices=64).peak_from_mean(62.5e3)
    assert peak == pytest.approx(151.705e3, rel=1e-5)


def test_gaussian_of_sigma_two_fifths():
    place = (np.arange(32) + 0.5) / 32 * 2 - 1
    shape = gaussian_shape(truncation=np.exp(-0.5 / 0.4**2), slices=32)
    np.testing.assert_allclose(shape.amplitude, np.exp(-0.5 * (place / 0.4) ** 2), rtol=1e-13)


@pytest.mark.parametrize(
    "shape",
    [
        rectangular_shape(),
        gaussian_shape(truncation=0.02, slices=7),
        sinc_shape(zeros=3, slices=60),
        shape_from_table(name="steps", amplitude=[1.0, -0.2, 3.0], phase=0.4),
    ],
    ids=lambda shape: shape.name,
)
def test_a_pulse_of_known_angle_turns_a_spin_by_it(shape):
    from megabar.spins.pulse_responses import responses_from_levels

    duration, angle = 7e-6, 1.1
    peak = shape.peak_from_angle(angle=angle, duration=duration)
    pulse = shape.pulse(channel="1H", duration=duration, peak=peak, phase=0.0)
    found = responses_from_levels(
        spin=0.5, levels=np.zeros((1, 2)), amplitude=pulse.amplitude, phase=pulse.phase,
        durations=np.array([duration]),
    )[0, 0, 0]  # fmt: skip
    assert found == pytest.approx(-1j * np.sin(angle) * np.exp(1j * shape.phase[0]), abs=1e-12)


def test_sinc_changes_sign_between_its_zeros():
    amplitude = sinc_shape(zeros=3, slices=300).amplitude
    places = np.flatnonzero(np.diff(np.sign(amplitude)))
    np.testing.assert_allclose((places + 1) * 2 / 300 - 1, [-2 / 3, -1 / 3, 1 / 3, 2 / 3])


def test_a_phase_that_changes_has_no_angle():
    shape = PulseShape(name="ramp", amplitude=np.ones(3), phase=np.arange(3.0))
    assert shape.modulated
    with pytest.raises(ValueError, match="phase that changes along 'ramp'"):
        shape.peak_from_angle(angle=1.0, duration=1e-6)


def test_a_shape_that_turns_nothing_has_no_peak_from_its_mean():
    shape = shape_from_table(name="there and back", amplitude=[1.0, -1.0], phase=0.0)
    with pytest.raises(ValueError, match="turns no spin"):
        shape.peak_from_mean(1e3)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: gaussian_shape(truncation=1.0, slices=8), "truncation of 1"),
        (lambda: gaussian_shape(truncation=0.1, slices=0), "0 slices"),
        (lambda: sinc_shape(zeros=0, slices=8), "0 zeros"),
        (lambda: shape_from_table(name="none", amplitude=[0.0], phase=0.0), "no amplitude"),
        (lambda: shape_from_table(name="nan", amplitude=[1.0, 2.0], phase=[0.0]), "1 phases"),
        (lambda: PulseShape(name="n", amplitude=np.array([np.nan]), phase=np.zeros(1)), "finite"),
    ],
)
def test_no_shape(make, match):
    with pytest.raises(ValueError, match=match):
        make()

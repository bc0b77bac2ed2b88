"""Bounds against closed forms, published numbers, and the fits that are to reach them."""

import numpy as np
import pytest
from tests.unit.observables.signals import acquisition, noise

from megabar import fitting
from megabar.observables import lines
from megabar.observables.precision import amplitude_bound, recovery_bound

TIME = 5e-6 + 0.5e-6 * np.arange(1024)


def bound(fwhm, *, shape="lorentzian", time=TIME, known=True, sequence="fid", delay=None):
    return amplitude_bound(
        shape=shape, fwhm=fwhm, time=time, sequence=sequence, echo_delay=delay, width_known=known
    )


def test_the_bounds_are_those_of_the_reference_table():
    assert bound(8e3) == pytest.approx(0.179, rel=5e-3)
    assert bound(38e3) == pytest.approx(0.609, rel=5e-3)
    assert bound(38e3, known=False) == pytest.approx(1.437, rel=5e-3)


@pytest.mark.parametrize("fwhm", [1e3, 8e3, 38e3])
def test_fine_sampling_leads_to_the_continuous_limits(fwhm):
    """sqrt(2 lam dt) exp(u), and sqrt(4 lam dt) exp(u) sqrt(1 + 2 u + 2 u^2) with a free width."""
    lam, dead = np.pi * fwhm, 5e-6
    dwell = 1e-3 / lam
    time = dead + dwell * (np.arange(20_000) + 0.5)
    u = lam * dead
    known = np.sqrt(2 * lam * dwell) * np.exp(u)
    free = np.sqrt(4 * lam * dwell) * np.exp(u) * np.sqrt(1 + 2 * u + 2 * u**2)
    assert bound(fwhm, time=time) == pytest.approx(known, rel=1e-4)
    assert bound(fwhm, time=time, known=False) == pytest.approx(free, rel=1e-4)


def test_a_gaussian_of_known_width_costs_the_root_of_the_sum_of_its_squares():
    decay = np.exp(-((np.pi * 30e3 * TIME) ** 2) / (4 * np.log(2)))
    assert bound(30e3, shape="gaussian") == pytest.approx(np.sum(decay**2) ** -0.5, rel=1e-9)


@pytest.mark.parametrize(
    ("sequence", "delay", "shape"),
    [("fid", None, "lorentzian"), ("fid", None, "gaussian"), ("solid-echo", 25e-6, "gaussian")],
)
def test_the_bound_is_the_error_that_a_fit_of_the_line_states(sequence, delay, shape):
    """The fit also frees phase and frequency, which costs nothing."""
    time = (0.0 if delay else 5e-6) + 0.5e-6 * np.arange(512)
    fwhm, tau = 20e3, delay or 0.0

    def decay(at):
        turn = np.pi * fwhm * np.abs(at)
        return np.exp(-turn if shape == "lorentzian" else -(turn**2) / (4 * np.log(2)))

    clean = 1e3 * (0.5 * (decay(time) + decay(time + 2 * tau)) if delay else decay(time))
    extra = {"echo_delay": delay} if delay else {}
    record = acquisition(
        clean * np.exp(0.7j) + noise(np.random.default_rng(5), time.shape, 1.0), time,
        sequence=sequence, **extra,
    )  # fmt: skip
    found = lines.line(record, shape=shape, noise=(1.0, 0.0))
    expected = bound(fwhm, shape=shape, time=time, known=False, sequence=sequence, delay=delay)
    assert float(found.amplitude_std) == pytest.approx(expected, rel=0.01)
    assert float(found.attrs["amplitude_std_known_shape"]) == pytest.approx(
        bound(fwhm, shape=shape, time=time, sequence=sequence, delay=delay), rel=0.01
    )


def test_three_delays_of_a_recovery_give_the_error_by_hand():
    """ln[(A - y1)/(A - y0)] = -t1/T1, every y with the same error."""
    delays = np.array([0.0, 0.7, 60.0])
    left = np.exp(-0.7)
    by_hand = np.sqrt((1 / left) ** 2 + 1 + (1 / left - 1) ** 2) / 0.7
    assert recovery_bound(delays=delays, t1=1.0) == pytest.approx(by_hand, rel=1e-9)


def test_the_bound_of_t1_is_the_error_that_a_fit_states():
    delays = np.geomspace(1e-3, 5, 9)
    values = 1 - np.exp(-delays / 1.0)
    fit = fitting.fit(
        fitting.recovery(), delays, values, noise_std=1e-4, start={"time_constant": 0.9}
    )
    assert 1e-4 * recovery_bound(delays=delays, t1=1.0) == pytest.approx(
        fit["time_constant"][1], rel=1e-3
    )


def test_delays_that_say_nothing_of_t1_have_no_error():
    assert recovery_bound(delays=[1.0, 2.0], t1=1.0) == np.inf
    assert recovery_bound(delays=[1.0, 1.0, 2.0, 2.0], t1=1.0) == np.inf


def test_points_that_cannot_part_amplitude_and_width_are_refused():
    with pytest.raises(ValueError, match="Take more points"):
        bound(38e3, time=np.array([5e-6]), known=False)


def test_a_point_at_time_zero_needs_no_width():
    assert bound(38e3, time=np.array([0.0]), known=False) == pytest.approx(1.0)

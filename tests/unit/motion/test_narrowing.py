"""Widths and decays between the rigid and the narrowed limit."""

from math import log, pi, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq

from megabar.motion import narrowing, relaxation

M2 = 4.4229e11  # H-H and H-La of LaH10 at a = 5.10 A
GAUSSIAN = sqrt(8 * log(2) * M2) / (2 * pi)


def width(s):
    return narrowing.fwhm_from_second_moment(second_moment=M2, correlation_time=s / sqrt(M2))


@pytest.mark.parametrize(("s", "fwhm"), [(0.01, 2117), (1.0, 162700)])
def test_the_width_between_the_limits(s, fwhm):
    assert width(s) == pytest.approx(fwhm, rel=2e-3)


def test_half_narrowing_is_where_the_constant_says():
    found = brentq(lambda s: width(s) / GAUSSIAN - 0.5, 0.3, 1.5, xtol=1e-10)
    assert found == pytest.approx(0.647, rel=1e-3)
    assert found == pytest.approx(narrowing.HALF_NARROWING, abs=1e-6)


def test_lah10_is_half_narrowed_at_a_microsecond():
    assert narrowing.HALF_NARROWING / sqrt(M2) == pytest.approx(0.97e-6, rel=5e-3)


def test_the_limits_of_the_width_are_gaussian_and_lorentzian():
    np.testing.assert_allclose(width(1e7), GAUSSIAN, rtol=1e-6)
    s = np.array([1e-6, 1e-5, 1e-3])
    np.testing.assert_allclose(width(s), sqrt(M2) * s / pi, rtol=1e-5)
    np.testing.assert_allclose(width(1e9), GAUSSIAN, rtol=1e-12)


def test_the_limits_join_what_is_computed():
    for edge in (1e-4, 1e8):
        below, above = width(edge * (1 - 1e-9)), width(edge * (1 + 1e-9))
        assert below == pytest.approx(above, rel=1e-7)


def test_the_width_rises_with_the_correlation_time():
    assert np.all(np.diff(width(np.geomspace(1e-5, 1e5, 60))) > 0)


@pytest.mark.parametrize("s", [0.003, 0.1, 0.647, 2.0, 30.0, 1e4])
def test_the_interpolation_of_the_literature_is_within_6_percent(s):
    # dw2 = 8 ln2 M2 (2/pi) arctan(alpha dw tau), alpha = pi/(8 ln2)
    k = 8 * log(2)
    literature = brentq(
        lambda w: w**2 - k * 2 / pi * np.arctan(pi / k * w * s), min(s, 1) * 1e-2, 4
    )
    assert 2 * pi * width(s) / sqrt(M2) == pytest.approx(literature, rel=0.06)


def test_the_width_is_that_of_the_line_and_of_the_transform_of_the_decay():
    tau = 0.8 / sqrt(M2)
    half = width(0.8) / 2
    line = narrowing.line_from_second_moment(
        frequency=np.array([0.0, half, -half]), second_moment=M2, correlation_time=tau
    )
    np.testing.assert_allclose(line[1:], line[0] / 2, rtol=1e-8)

    dt, n = 0.01 / sqrt(M2), 1 << 14
    fid = narrowing.fid_from_second_moment(
        time=np.arange(n) * dt, second_moment=M2, correlation_time=tau
    )
    fid[0] /= 2
    spectrum = 2 * dt * np.fft.fft(fid).real
    frequency = np.fft.fftfreq(n, dt)
    some = np.abs(frequency) < 3e5
    direct = narrowing.line_from_second_moment(
        frequency=frequency[some], second_moment=M2, correlation_time=tau
    )
    np.testing.assert_allclose(spectrum[some], direct, atol=2e-5 * line[0])


@pytest.mark.parametrize("s", [0.05, 0.5, 3.0])
def test_the_line_is_kubos_continued_fraction(s):
    """1/(z + a/(z + g + 2a/(z + 2g + ...))), the resolvent of a Gaussian Markov field."""
    gamma = sqrt(M2) / s
    frequency = width(s) * np.array([0.0, 0.3, 1.0, 3.0])
    z = 2j * pi * frequency
    tail = np.zeros(4, dtype=complex)
    for n in range(4000, 0, -1):
        tail = n * M2 / (z + n * gamma + tail)
    exact = 2 * (1 / (z + tail)).real
    line = narrowing.line_from_second_moment(
        frequency=frequency, second_moment=M2, correlation_time=s / sqrt(M2)
    )
    np.testing.assert_allclose(line, exact, atol=1e-8 * exact[0])


def test_the_decay_has_both_limits():
    t = np.array([0.0, 1e-7, 1e-6, 3e-6])
    slow = narrowing.fid_from_second_moment(time=t, second_moment=M2, correlation_time=1.0)
    np.testing.assert_allclose(slow, np.exp(-M2 * t**2 / 2), rtol=2e-5)
    late = np.array([1e-4, 1e-3])
    fast = narrowing.fid_from_second_moment(time=late, second_moment=M2, correlation_time=1e-9)
    np.testing.assert_allclose(fast, np.exp(-M2 * 1e-9 * late), rtol=1e-3)


@pytest.mark.parametrize("u", [1e-8, 1e-4, 0.00999, 0.01001, 0.1])
def test_the_exponent_loses_no_digits_at_early_times(u):
    fid = narrowing.fid_from_second_moment(time=u, second_moment=1 / u**2, correlation_time=1.0)
    series = 1 / 2 - u / 6 + u**2 / 24 - u**3 / 120 + u**4 / 720 - u**5 / 5040
    assert -log(fid) == pytest.approx(series, rel=1e-9)


def test_a_tabulated_exponential_gives_the_closed_decay():
    tau = 0.5e-6
    lags = np.linspace(0, 10e-6, 4001)
    table = narrowing.fid_from_correlation(
        second_moment=M2, lags=lags, correlation=3e60 * np.exp(-lags / tau)
    )
    closed = narrowing.fid_from_second_moment(time=lags, second_moment=M2, correlation_time=tau)
    np.testing.assert_allclose(table, closed, atol=2e-6)


def test_a_table_that_is_no_correlation_is_refused():
    with pytest.raises(ValueError, match="rising from 0"):
        narrowing.fid_from_correlation(second_moment=M2, lags=[1.0, 2.0], correlation=[1.0, 0.5])
    with pytest.raises(ValueError, match="correlation at lag 0"):
        narrowing.fid_from_correlation(second_moment=M2, lags=[0.0, 2.0], correlation=[0.0, 0.5])


@pytest.mark.parametrize("s", [1e-6, 1e-3, 0.3, 5.0, 1e3])
def test_a_width_leads_back_to_its_correlation_time(s):
    tau = s / sqrt(M2)
    found = narrowing.correlation_time_from_fwhm(fwhm=float(width(s)), second_moment=M2)
    assert found == pytest.approx(tau, rel=1e-4)


def test_a_line_as_wide_as_the_rigid_one_shows_no_motion():
    with pytest.raises(ValueError, match="rigid Gaussian line; no motion is seen"):
        narrowing.correlation_time_from_fwhm(fwhm=1.01 * GAUSSIAN, second_moment=M2)


def test_t2_of_1_5_ms_leaves_212_hz():
    assert narrowing.fwhm_from_t2(t2=1.5e-3) == pytest.approx(212.21, rel=1e-4)


def test_t2_of_a_narrowed_line_is_the_secular_part_of_r2():
    # w0 tau >> 1: the other terms of R2 have gone
    tau = 1e-7
    rates = relaxation.rates_from_correlation_time(
        correlation_time=tau, second_moment=4e11, larmor_frequency=1e12
    )
    t2 = narrowing.t2_from_second_moment(second_moment=4e11, correlation_time=tau)
    np.testing.assert_allclose(t2, rates.t2, rtol=1e-9)


def test_at_the_limit_of_redfield_theory_the_width_is_the_narrowed_one_within_2_percent():
    s = relaxation.REDFIELD_LIMIT
    assert width(s) == pytest.approx(sqrt(M2) * s / pi, rel=0.02)

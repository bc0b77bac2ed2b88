"""Decays, lines and curves against what is known of them."""

import numpy as np
import pytest
from numpy.polynomial.hermite import hermgauss
from scipy.special import wofz

from megabar import fitting
from megabar.fitting.lineshapes import faddeeva


def test_faddeeva_is_that_of_scipy_everywhere() -> None:
    radius = np.geomspace(0.01, 1e4, 400)[:, None]
    z = radius * np.exp(1j * np.linspace(1e-6, np.pi - 1e-6, 61))
    np.testing.assert_allclose(faddeeva(z)[0], wofz(z), rtol=5e-14, atol=1e-15)


def test_faddeeva_derivatives_far_out_are_those_of_forty_nodes() -> None:
    nodes, weights = hermgauss(40)
    z = np.geomspace(8.1, 1e6, 50)[:, None, None] * np.exp(1j * np.linspace(0, np.pi, 31))[:, None]
    slope = -1j / np.pi * np.sum(weights / (z - nodes) ** 2, axis=-1)
    grown = -1j / np.pi * np.sum(weights * nodes / (z - nodes) ** 2, axis=-1)
    _, got_slope, got_grown = faddeeva(z[..., 0])
    np.testing.assert_allclose(got_slope, slope, rtol=1e-12)
    np.testing.assert_allclose(got_grown[:30], grown[:30], rtol=1e-9)  # sums cancel further out


@pytest.mark.parametrize(("gauss", "lorentz"), [(6.0, 1e-9), (1e-9, 5.0), (3.0, 4.0)])
def test_voigt_decay_is_the_product_of_its_parts(gauss: float, lorentz: float) -> None:
    t = np.linspace(-0.2, 0.5, 71)
    product = fitting.fid_gaussian(phase=0.0).evaluate(t, [0.0, gauss, 1.0]) * (
        fitting.fid_lorentzian(phase=0.0).evaluate(t, [1.5, lorentz, 1.0])
    )
    voigt = fitting.fid_voigt(phase=0.0).evaluate(t, [1.5, gauss, lorentz, 1.0])
    np.testing.assert_allclose(voigt, product, rtol=1e-13)


@pytest.mark.parametrize("gauss", [1e-30, 1e-9, 1e-4])
def test_voigt_line_of_vanishing_gaussian_is_lorentzian(gauss: float) -> None:
    x = np.linspace(-20, 20, 201)
    voigt = fitting.line_voigt().evaluate(x, [1.0, gauss, 4.0, 2.0])
    lorentz = fitting.line_lorentzian().evaluate(x, [1.0, 4.0, 2.0])
    np.testing.assert_allclose(voigt, lorentz, rtol=1e-8)


def test_voigt_line_of_vanishing_lorentzian_is_gaussian() -> None:
    x = np.linspace(-6, 6, 61)
    voigt = fitting.line_voigt().evaluate(x, [1.0, 4.0, 1e-12, 2.0])
    gauss = fitting.line_gaussian().evaluate(x, [1.0, 4.0, 2.0])
    np.testing.assert_allclose(voigt, gauss, rtol=1e-9)


@pytest.mark.parametrize(
    ("decay", "line"),
    [
        (fitting.fid_lorentzian(phase=0.0), fitting.line_lorentzian()),
        (fitting.fid_gaussian(phase=0.0), fitting.line_gaussian()),
    ],
)
def test_lines_are_the_fourier_transforms_of_decays(
    decay: fitting.Model, line: fitting.Model
) -> None:
    t = np.arange(-4000, 4001) * 1e-3
    signal = decay.evaluate(t, [3.0, 5.0, 1.0])
    x = np.linspace(-10, 15, 26)
    spectrum = np.exp(-2j * np.pi * np.outer(x, t)) @ signal * 1e-3
    # sampling folds the Lorentzian back by about W/(6 nu_s^2) pi = 2.6e-6, no more
    np.testing.assert_allclose(spectrum.real, line.evaluate(x, [3.0, 5.0, 1.0]), atol=5e-6)


def test_voigt_width_agrees_with_the_formula_of_olivero_and_longbothum() -> None:
    gauss, lorentz = np.meshgrid(np.linspace(0, 10, 21), np.linspace(0.01, 10, 21))
    estimate = 0.5346 * lorentz + np.sqrt(0.2166 * lorentz**2 + gauss**2)
    width = fitting.voigt_fwhm(fwhm_gaussian=gauss, fwhm_lorentzian=lorentz)
    np.testing.assert_allclose(width, estimate, rtol=2.5e-4)  # published: 0.02 %


def test_voigt_width_refuses_a_negative_part() -> None:
    with pytest.raises(ValueError, match="width of -1"):
        fitting.voigt_fwhm(fwhm_gaussian=1.0, fwhm_lorentzian=-1.0)


@pytest.mark.parametrize(
    ("delay", "top"),
    # 1/2 [1 + g(2 tau)]; Gaussian of 8 kHz, tau 25 us: 0.783 of the FID; very broad: one half
    [(25e-6, 0.783), (2e-3, 0.5), (1e-9, 1.0)],
)
def test_solid_echo_keeps_this_part_of_a_gaussian_line(delay: float, top: float) -> None:
    echo = fitting.solid_echo(fitting.fid_gaussian(phase=0.0), echo_delay=delay)
    assert abs(echo.evaluate([0.0], [0.0, 8e3, 1.0])[0] - top) < 3e-4


def test_solid_echo_of_an_offset_is_stored_by_its_cosine() -> None:
    # cos(omega tau) exp(i omega (t + tau)) without broadening
    echo = fitting.solid_echo(fitting.fid_lorentzian(phase=0.0), echo_delay=2e-5)
    t = np.linspace(-1e-5, 1e-4, 45)
    omega = 2 * np.pi * 3e3
    expected = np.cos(omega * 2e-5) * np.exp(1j * omega * (t + 2e-5))
    np.testing.assert_allclose(echo.evaluate(t, [3e3, 0.0, 1.0]), expected, atol=1e-12)


def test_stretched_laws_with_unit_stretching_are_plain() -> None:
    x = np.linspace(0, 5, 51)
    np.testing.assert_allclose(
        fitting.stretched_decay(offset=True).evaluate(x, [2.0, 1.0, 3.0, 0.5]),
        fitting.exponential_decay(offset=True).evaluate(x, [2.0, 3.0, 0.5]),
        rtol=1e-13,
    )
    np.testing.assert_allclose(
        fitting.stretched_recovery().evaluate(x, [2.0, 1.0, 3.0, 5.0]),
        3.0 - 5.0 * np.exp(-x / 2),
        rtol=1e-12,
    )


def test_known_starts_are_special_cases_of_a_free_one() -> None:
    x = np.linspace(0, 5, 51)
    free = fitting.recovery()
    saturated = fitting.recovery(initial=0.0).evaluate(x, [2.0, 3.0])
    inverted = fitting.recovery(initial=-1.0).evaluate(x, [2.0, 3.0])
    np.testing.assert_allclose(saturated, free.evaluate(x, [2.0, 3.0, 3.0]), rtol=1e-13)
    np.testing.assert_allclose(inverted, free.evaluate(x, [2.0, 3.0, 6.0]), rtol=1e-13)
    two = fitting.two_component_recovery(initial=0.0).evaluate(x, [2.0, 2.0, 1.0, 2.0])
    np.testing.assert_allclose(two, saturated, rtol=1e-13)
    apart = fitting.two_component_recovery().evaluate(x, [2.0, 2.0, 3.0, 1.0, 2.0])
    np.testing.assert_allclose(apart, saturated, rtol=1e-13)


@pytest.mark.parametrize("time", [1e-30, 1e-12, 1e12])
@pytest.mark.parametrize("stretching", [0.05, 1.0, 20.0])
def test_stretched_law_stays_finite_at_its_bounds(time: float, stretching: float) -> None:
    x = np.array([0.0, 1e-9, 1.0, 1e9])
    basis, jacobian = fitting.stretched_decay().both(x, np.array([time, stretching]))
    assert np.all(np.isfinite(basis))
    assert np.all(np.isfinite(jacobian))
    assert basis[0, 0] == 1


def test_stretched_law_refuses_negative_abscissae() -> None:
    with pytest.raises(ValueError, match="x = -1"):
        fitting.stretched_decay().evaluate([-1.0, 1.0], [1.0, 0.5, 1.0])


def test_recovery_refuses_a_start_at_its_plateau() -> None:
    with pytest.raises(ValueError, match="nothing would recover"):
        fitting.recovery(initial=1.0)

"""Closed decays of powders: numbers, direct averages, slopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.spins.powder_decays import (
    decay_from_disordered_quadrupoles,
    decay_from_pair_coupling,
    decay_from_shift_anisotropy,
    decay_from_skewed_shifts,
    pake_mean,
    pake_slope,
)
from megabar.spins.powder_patterns import line_coefficients
from megabar.spins.transition_weights import hard_pulse_weights

TIMES = np.linspace(-2e-5, 6e-5, 41)


def difference(function, value):
    step = 1e-5 * abs(value)
    return (function(value + step) - function(value - step)) / (2 * step)


def close(found, expected, tolerance=1e-6):
    return np.abs(found - expected).max() < tolerance * np.abs(expected).max()


def test_mean_decay_of_a_pair():
    np.testing.assert_allclose(
        pake_mean([0.5, 2.5, 10]), [0.90349885, -0.11074204, -0.14315127], atol=5e-9
    )
    np.testing.assert_allclose(pake_slope([1, 5]), [-0.59776794, 0.15826183], atol=5e-9)


@given(angle=st.floats(1e-6, 60))
def test_mean_decay_of_a_pair_is_the_average_over_orientations(angle):
    nodes, weights = np.polynomial.legendre.leggauss(200)
    cosine = (nodes + 1) / 2
    phase = angle * (3 * cosine**2 - 1)
    assert float(pake_mean(angle)) == pytest.approx(weights @ np.cos(phase) / 2, abs=1e-12)
    slope = -weights @ ((3 * cosine**2 - 1) * np.sin(phase)) / 2
    assert float(pake_slope(angle)) == pytest.approx(slope, abs=1e-9)
    assert float(pake_slope(-angle)) == -float(pake_slope(angle))


def test_pattern_of_a_pair():
    """Density per kHz, d' 50, sigma 2.5 kHz, at 0, 25, 40, 50 kHz; its maximum inside d'/2."""
    count, step = 2**15, 10.0
    time = np.arange(count // 2) / (count * step)
    decay, _ = decay_from_pair_coupling(time=time, splitting=50e3)
    decay *= np.exp(-2 * (np.pi * 2.5e3 * time) ** 2)
    decay[0] /= 2
    frequency = np.arange(count) * step
    density = 2 * np.fft.fft(decay, count).real / (count * step) * 1e3
    found = density[np.rint(np.array([0, 25e3, 40e3, 50e3]) / step).astype(int)]
    np.testing.assert_allclose(found, [0.01159130, 0.01978844, 0.00358246, 0.00168956], rtol=1e-5)
    top = frequency[density[: count // 2].argmax()]
    assert top == pytest.approx(23.06e3, abs=20)


@pytest.mark.parametrize("anisotropy", [3e4, -3e4, 1.0])
def test_shift_anisotropy_is_the_average_over_orientations(anisotropy):
    nodes, weights = np.polynomial.legendre.leggauss(200)
    form = 3 * ((nodes + 1) / 2) ** 2 - 1
    direct = np.exp(1j * np.pi * anisotropy * np.outer(TIMES, form)) @ weights / 2
    found, slope = decay_from_shift_anisotropy(time=TIMES, anisotropy=anisotropy)
    np.testing.assert_allclose(found, direct, atol=1e-12)
    analytic = (1j * np.pi * TIMES[:, None] * form * np.exp(
        1j * np.pi * anisotropy * np.outer(TIMES, form)
    )) @ weights / 2  # fmt: skip
    assert close(slope, analytic)


@pytest.mark.parametrize("skewness", [0.0, 1e-4, 0.3, -1.0])
def test_skewed_shifts_have_their_moments_and_slopes(skewness):
    near = np.array([-1.0, 0.0, 1.0]) * 1e-7
    found, *_ = decay_from_skewed_shifts(time=near, deviation=2e4, skewness=skewness)
    logarithm = np.log(found)
    angular = 2 * np.pi * 1e-7
    assert (logarithm[0] + logarithm[2]).real == pytest.approx(-((2e4 * angular) ** 2), rel=1e-3)
    third = (logarithm[2] - logarithm[0]).imag / 2
    assert third == pytest.approx(-skewness * (2e4 * angular) ** 3 / 6, rel=1e-3, abs=1e-12)
    _, by_deviation, by_skewness = decay_from_skewed_shifts(
        time=TIMES, deviation=2e4, skewness=skewness
    )
    numeric = difference(
        lambda x: decay_from_skewed_shifts(time=TIMES, deviation=x, skewness=skewness)[0], 2e4
    )
    assert close(by_deviation, numeric)
    if skewness:
        numeric = difference(
            lambda x: decay_from_skewed_shifts(time=TIMES, deviation=2e4, skewness=x)[0], skewness
        )
        assert close(by_skewness, numeric, 2e-4)


def test_a_skewed_distribution_is_that_of_gamma():
    random = np.random.default_rng(7)
    shape, scale = 4 / 0.8**2, 2e4 * 0.8 / 2
    drawn = random.gamma(shape, scale, 200_000) - shape * scale
    expected = np.exp(2j * np.pi * np.outer(TIMES, drawn)).mean(axis=1)
    found, *_ = decay_from_skewed_shifts(time=TIMES, deviation=2e4, skewness=0.8)
    assert np.abs(found - expected).max() < 5 / np.sqrt(200_000)


@pytest.mark.parametrize("larmor", [None, 5e6])
def test_disordered_quadrupoles_are_random_tensors_over_a_powder(larmor):
    """Five Gaussian components in the laboratory: trace-free, rotations leave them alike."""
    random = np.random.default_rng(11)
    parts = 0.3e6 * random.normal(size=(200_000, 5))
    v = np.sqrt(2 / 3) * parts[:, 0]
    one, two = (parts[:, 1:3] ** 2).sum(axis=1) / 2, 2 * (parts[:, 3:] ** 2).sum(axis=1)
    lines = line_coefficients(quadrupole_coupling=1.0, spin=3.5, larmor_frequency=larmor)
    offsets = np.outer(v, lines.first) + np.outer(one, lines.by_one) + np.outer(two, lines.by_two)
    shares = hard_pulse_weights(3.5)
    times = np.array([0, 1e-6, 3e-6, 1e-5, 3e-5])
    expected = [(np.exp(2j * np.pi * offsets * t) @ shares).mean() for t in times]
    words = {"spin": 3.5, "larmor_frequency": larmor, "weights": shares}
    found, slope = decay_from_disordered_quadrupoles(time=times, deviation=0.3e6, **words)
    assert np.abs(found - expected).max() < 5 / np.sqrt(200_000)
    numeric = difference(
        lambda x: decay_from_disordered_quadrupoles(time=times, deviation=x, **words)[0], 0.3e6
    )
    assert close(slope, numeric)


def test_deviation_of_disordered_quadrupoles_is_that_of_the_coupling():
    """<C_Q^2 (1 + eta^2/3)> = (2/3) <V:V> = (10/3) sigma^2 from the principal values drawn."""
    random = np.random.default_rng(5)
    a, b, c, d, e = 0.3e6 * random.normal(size=(5, 100_000))
    tensor = np.zeros((100_000, 3, 3))
    tensor[:, 2, 2] = np.sqrt(2 / 3) * a
    tensor[:, 0, 0] = -tensor[:, 2, 2] / 2 + d / np.sqrt(2)
    tensor[:, 1, 1] = -tensor[:, 2, 2] / 2 - d / np.sqrt(2)
    tensor[:, 0, 1] = tensor[:, 1, 0] = e / np.sqrt(2)
    tensor[:, 0, 2] = tensor[:, 2, 0] = b / np.sqrt(2)
    tensor[:, 1, 2] = tensor[:, 2, 1] = c / np.sqrt(2)
    values = np.linalg.eigvalsh(tensor)
    order = np.argsort(np.abs(values), axis=1)
    x, y, z = np.take_along_axis(values, order, axis=1).T
    product = z**2 * (1 + ((x - y) / z) ** 2 / 3)
    assert product.mean() == pytest.approx(10 / 3 * (0.3e6) ** 2, rel=0.01)

"""The cosine integral of a table against functions whose transform is known."""

from math import pi

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.errors import UnknownWord
from megabar.motion import spectral_densities as sd

TAU = 2e-12
OMEGA = np.array([0.0, 0.1, 1.0, 3.0, 10.0]) / TAU


def lorentzian(omega):
    return 2e60 * TAU / (1 + (omega * TAU) ** 2)


def test_an_exponential_in_a_fine_table_gives_its_lorentzian():
    lags = np.linspace(0, 40 * TAU, 80_001)
    j = sd.from_correlation(
        lags=lags, values=1e60 * np.exp(-lags / TAU), static_part=0.0, tail=None
    )
    np.testing.assert_allclose(j(OMEGA), lorentzian(OMEGA), rtol=1e-6)
    assert j.sum_r6 == 1e60


def test_lags_need_not_be_even():
    lags = np.concatenate([[0.0], np.geomspace(1e-4, 40, 4000) * TAU])
    j = sd.from_correlation(
        lags=lags, values=1e60 * np.exp(-lags / TAU), static_part=0.0, tail=None
    )
    np.testing.assert_allclose(j(OMEGA), lorentzian(OMEGA), rtol=3e-5)


def test_at_zero_frequency_it_is_the_trapezoid():
    rng = np.random.default_rng(4)
    lags = np.concatenate([[0.0], np.cumsum(rng.uniform(0.1, 1, 30))]) * 1e-12
    values = 1e60 * np.concatenate([[2.0], rng.uniform(0, 1, 30)])
    j = sd.from_correlation(lags=lags, values=values, static_part=0.0, tail=None)
    np.testing.assert_allclose(j(0.0), 2 * np.trapezoid(values, lags), rtol=1e-12)


def test_straight_pieces_are_integrated_exactly():
    # a triangle: its transform is a squared sinc
    lags, values = np.array([0.0, 5e-12]), np.array([3e60, 0.0])
    omega = np.array([1e9, 1e11, 3.7e12])
    j = sd.from_correlation(lags=lags, values=values, static_part=0.0, tail=None)
    half = omega * 5e-12 / 2
    np.testing.assert_allclose(j(omega), 3e60 * 5e-12 * (np.sin(half) / half) ** 2, rtol=1e-9)


def test_a_static_part_is_taken_off_before_integrating():
    lags = np.linspace(0, 40 * TAU, 20_001)
    values = 1e60 * np.exp(-lags / TAU) + 7e59
    j = sd.from_correlation(lags=lags, values=values, static_part=7e59, tail=None)
    np.testing.assert_allclose(j(OMEGA), lorentzian(OMEGA), rtol=2e-5)
    assert j.sum_r6 == pytest.approx(1e60, rel=1e-12)


def test_a_hann_taper_loses_what_was_derived():
    z = (pi / 10) ** 2
    loss = z / (1 + z) / 2
    assert loss == pytest.approx(0.04492, abs=1e-5)
    lags = np.linspace(0, 10 * TAU, 40_001)
    j = sd.from_correlation(
        lags=lags, values=np.exp(-lags / TAU), static_part=0.0, tail=None, taper="hann"
    )
    # the cut-off at 10 tau itself takes exp(-10) = 4.5e-5, half of it through the window
    assert 1 - j(0.0) / (2 * TAU) == pytest.approx(loss, abs=1e-4)


N, D_MIN, D = 3e29, 1.15e-10, 1e-9


def free_correlation(lag):
    """S(t) of free diffusion: 8 N int k2 [j1(kd)/(kd)]2 exp(-2 D k2 t) dk, by quadrature."""

    def integrand(x):
        j1 = np.sin(x) / x**2 - np.cos(x) / x
        return j1**2 * np.exp(-2 * D * lag / D_MIN**2 * x**2)

    end = 9 * D_MIN / np.sqrt(2 * D * lag)
    return 8 * N / D_MIN**3 * quad(integrand, 1e-9, end, limit=400)[0]


def test_the_tail_is_what_free_diffusion_leaves():
    late = 2e4 * D_MIN**2 / (2 * D)
    tail = sd.LongTimeTail(number_density=N, diffusivity=D)
    assert free_correlation(late) == pytest.approx(tail.correlation(late), rel=1e-4)


def test_a_table_cut_early_and_continued_by_its_tail_has_the_density_of_the_whole():
    time = D_MIN**2 / (2 * D)
    lags = np.concatenate([np.linspace(0, 1, 200) ** 2, np.geomspace(1.02, 60, 300)]) * time
    whole = 4 * pi * N / (3 * D_MIN**3)
    values = np.array([whole, *(free_correlation(lag) for lag in lags[1:])])
    tail = sd.LongTimeTail(number_density=N, diffusivity=D)
    low, high = sd.ratio_to_tail(lags=lags, values=values, tail=tail)
    assert 0.97 < low <= high < 1.03

    omega = np.array([0.0, 1e-3, 0.03, 0.3, 1.0]) / time
    exact = sd.force_free(number_density=N, closest_approach=D_MIN, diffusivity=D)(omega)
    with_tail = sd.from_correlation(lags=lags, values=values, static_part=0.0, tail=tail)(omega)
    without = sd.from_correlation(lags=lags, values=values, static_part=0.0, tail=None)(omega)
    np.testing.assert_allclose(with_tail, exact, rtol=2e-3)
    assert without[0] < 0.95 * exact[0]


def test_the_tail_beyond_a_lag_has_the_published_numbers():
    # braces at w = 2.5e9, t = 4e-10 s; A t^-3/2 for LaH10 with 2.5 % vacancies, D = 0.01062 A2/ps
    tail = sd.LongTimeTail(number_density=0.975 * 40 / 5.1e-10**3, diffusivity=0.01062e-8)
    beyond = tail.spectral_density_beyond(4e-10, angular_frequency=2.5e9)
    assert beyond / (2 * tail.amplitude) == pytest.approx(-9247.52, rel=1e-6)
    assert tail.correlation(4e-10) == pytest.approx(4.676e-3 * 1e60, rel=1e-3)


@pytest.mark.parametrize("omega", [1e8, 2.5e9, 4e10])
def test_the_tail_beyond_a_lag_is_the_integral_of_the_tail(omega):
    tail, lag = sd.LongTimeTail(number_density=N, diffusivity=D), 4e-10
    # QUADPACK's Fourier integral, in units of the lag
    numeric = quad(lambda u: (1 + u) ** -1.5, 0, np.inf, weight="cos", wvar=omega * lag)[0]
    sine = quad(lambda u: (1 + u) ** -1.5, 0, np.inf, weight="sin", wvar=omega * lag)[0]
    whole = np.cos(omega * lag) * numeric - np.sin(omega * lag) * sine
    expected = 2 * tail.correlation(lag) * lag * whole
    found = tail.spectral_density_beyond(lag, angular_frequency=omega)
    assert found == pytest.approx(expected, rel=1e-5)


def test_at_zero_frequency_the_tail_beyond_a_lag_is_four_amplitudes_over_its_root():
    tail = sd.LongTimeTail(number_density=N, diffusivity=D)
    found = tail.spectral_density_beyond(4e-10, angular_frequency=0.0)
    assert found == pytest.approx(4 * tail.amplitude / np.sqrt(4e-10), rel=1e-12)


LAGS = np.linspace(0, 1e-11, 11)
FALLING = np.linspace(1e60, 0, 11)
GOOD = {"lags": LAGS, "values": FALLING, "static_part": 0.0, "tail": None}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lags": LAGS[1:]}, "one value for each"),
        ({"lags": LAGS + 1e-12}, "do not all rise"),
        ({"lags": LAGS[::-1]}, "do not all rise"),
        ({"values": np.full(11, np.nan)}, "not finite"),
        ({"static_part": 1e60}, "less the static part"),
        ({"static_part": -1.0}, "static part"),
    ],
)
def test_a_table_that_is_no_correlation_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        sd.from_correlation(**{**GOOD, **change})


def test_a_taper_and_a_tail_exclude_each_other():
    tail = sd.LongTimeTail(number_density=N, diffusivity=D)
    with pytest.raises(ValueError, match="sharp cut-off"):
        sd.from_correlation(**{**GOOD, "tail": tail}, taper="hann")
    with pytest.raises(UnknownWord, match="hann"):
        sd.from_correlation(**GOOD, taper="han")

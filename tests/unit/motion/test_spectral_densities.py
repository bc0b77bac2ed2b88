"""Closed forms against their limits, and against the constants that integrals fix."""

import pickle
from math import pi

import numpy as np
import pytest
from tests.batteries.spectral_densities import check_spectral_density

from megabar.motion import spectral_densities as sd

N, D_MIN, D = 2.5e29, 1.3e-10, 4e-11  # m-3, m, m2/s: of the size of a hydride
CONTINUUM = 8 * pi / 15 * N / (D_MIN * D)
TIME = D_MIN**2 / (2 * D)
LIQUID = {"number_density": N, "closest_approach": D_MIN, "diffusivity": D}
S0 = 4 * pi * N / (3 * D_MIN**3)
ANGSTROM6 = 1e60


@pytest.mark.parametrize("tau", [1e-12, 3e-9, 1e-3])
def test_one_exponential_passes_the_battery(tau):
    j = sd.bpp(sum_r6=2e60, correlation_time=tau)
    check_spectral_density(j, sum_r6=2e60, time_scale=tau, at_zero=4e60 * tau, decay_exponent=2)


def test_a_sum_of_exponentials_passes_the_battery():
    amplitudes, times = np.array([1e60, 0.0, 3e59]), np.array([1e-9, 1e-10, 2e-8])
    j = sd.exponentials(amplitudes=amplitudes, correlation_times=times)
    check_spectral_density(
        j,
        sum_r6=1.3e60,
        time_scale=2e-9,
        at_zero=2 * amplitudes @ times,
        decay_exponent=2,
    )


def test_free_diffusion_passes_the_battery():
    check_spectral_density(
        sd.force_free(**LIQUID),
        sum_r6=S0,
        time_scale=TIME,
        at_zero=CONTINUUM,
        decay_exponent=1.5,
    )


def test_the_reflecting_wall_passes_the_battery():
    check_spectral_density(
        sd.hard_sphere(**LIQUID),
        sum_r6=S0,
        time_scale=TIME,
        at_zero=16 * pi / 27 * N / (D_MIN * D),
        decay_exponent=2,
    )


@pytest.mark.parametrize("ratio", [0.3, 1.0, 1.3234, 5.0])
def test_jumps_of_exponential_type_pass_the_battery(ratio):
    check_spectral_density(
        sd.torrey_exponential(jump_length=ratio * D_MIN, **LIQUID),
        sum_r6=S0,
        time_scale=TIME * max(1, ratio**2 / 3),
        at_zero=CONTINUUM * (1 + 5 * ratio**2 / 12),
        decay_exponent=2,
    )


@pytest.mark.parametrize("ratio", [0.5, 1.3234, 5.0])
def test_jumps_of_fixed_length_pass_the_battery(ratio):
    j = sd.torrey(jump_length=ratio * D_MIN, **LIQUID)
    check_spectral_density(
        j,
        sum_r6=S0,
        time_scale=TIME * max(1, ratio**2 / 3),
        at_zero=float(j(0.0)),  # held against other roads below and in verification
        decay_exponent=2,
    )


def test_the_value_at_zero_of_both_continua_is_fixed_by_integrals():
    scale = N / (D_MIN * D)
    np.testing.assert_allclose(sd.force_free(**LIQUID)(0.0), 8 * pi / 15 * scale, rtol=1e-13)
    np.testing.assert_allclose(sd.hard_sphere(**LIQUID)(0.0), 16 * pi / 27 * scale, rtol=1e-13)


def test_at_the_frequency_of_diffusion_both_continua_have_fallen_to_half():
    omega = 1 / TIME
    wall, free = sd.hard_sphere(**LIQUID), sd.force_free(**LIQUID)
    np.testing.assert_allclose(wall(omega) / wall(0.0), 0.51230, rtol=2e-5)
    np.testing.assert_allclose(free(omega) / free(0.0), 0.48541, rtol=2e-5)


def test_the_wall_in_its_real_form_is_the_wall_in_its_complex_form():
    q = np.geomspace(1e-6, 1e6, 40)
    z = np.sqrt(1j * q)
    complex_form = ((1 + z / 4) / (1 + z + 4 * z**2 / 9 + z**3 / 9)).real
    wall = sd.hard_sphere(**LIQUID)
    np.testing.assert_allclose(wall(q / TIME) / wall(0.0), complex_form, rtol=1e-8)


def test_free_diffusion_joins_its_series_and_its_closed_form():
    step = 1e-9
    around = sd.force_free(**LIQUID)(np.array([1 - step, 1 + step]) / TIME)
    np.testing.assert_allclose(around[0], around[1], rtol=1e-8)


def test_a_jump_as_long_as_the_closest_approach_raises_the_continuum_as_calculated():
    fixed = sd.torrey(jump_length=D_MIN, **LIQUID)(0.0)
    exponential = sd.torrey_exponential(jump_length=D_MIN, **LIQUID)(0.0)
    np.testing.assert_allclose(fixed / CONTINUUM, 1.1927, rtol=5e-5)
    np.testing.assert_allclose(exponential / CONTINUUM, 17 / 12, rtol=1e-13)


@pytest.mark.parametrize("model", [sd.torrey, sd.torrey_exponential])
def test_short_jumps_become_the_continuum_and_long_jumps_one_exponential(model):
    q = np.array([0.0, 0.1, 1.0])
    short = model(jump_length=0.03 * D_MIN, **LIQUID)(q / TIME)
    np.testing.assert_allclose(short, sd.force_free(**LIQUID)(q / TIME), rtol=1e-3)

    far = 100 * D_MIN
    residence = sd.residence_time_from_diffusivity(diffusivity=D, jump_length=far)
    omega = np.array([0.0, 1.0, 10.0]) / residence
    single = sd.bpp(sum_r6=S0, correlation_time=residence / 2)
    np.testing.assert_allclose(model(jump_length=far, **LIQUID)(omega), single(omega), rtol=0.03)


def test_all_models_of_diffusion_share_one_square_root_at_low_frequency():
    # j(0) - j(w) = 2 A sqrt(2 pi w): the integral of A t^-3/2 (1 - cos wt)
    tail = sd.LongTimeTail(number_density=N, diffusivity=D)
    omega = 1e-8 / TIME
    expected = 2 * tail.amplitude * np.sqrt(2 * pi * omega)
    models = [
        sd.force_free(**LIQUID),
        sd.hard_sphere(**LIQUID),
        sd.torrey(jump_length=D_MIN, **LIQUID),
        sd.torrey_exponential(jump_length=D_MIN, **LIQUID),
    ]
    falls = [float(j(0.0) - j(omega)) for j in models]
    np.testing.assert_allclose(falls, expected, rtol=1e-3)


def test_the_matched_walk_has_the_sum_it_was_given():
    j = sd.torrey_matched(
        sum_r6=1.71829 * ANGSTROM6,
        number_density=40 / (5.1e-10) ** 3,
        jump_length=1.1943e-10,
        diffusivity=1e-11,
    )
    assert j.sum_r6 == pytest.approx(1.71829 * ANGSTROM6, rel=1e-12)


def test_the_correlation_time_is_the_weighted_mean_of_times():
    j = sd.exponentials(amplitudes=[1e60, 3e60], correlation_times=[4e-9, 8e-9])
    assert sd.correlation_time(j) == pytest.approx(7e-9, rel=1e-12)


def test_models_travel_between_processes():
    j = sd.torrey(jump_length=D_MIN, **LIQUID)
    copy = pickle.loads(pickle.dumps(j))  # noqa: S301
    np.testing.assert_array_equal(copy([1e9, 2e9]), j([1e9, 2e9]))


def test_a_jump_outside_the_range_names_the_model_to_take():
    with pytest.raises(ValueError, match=r"0\.01 closest approaches.*force_free.*bpp"):
        sd.torrey(jump_length=0.01 * D_MIN, **LIQUID)


@pytest.mark.parametrize("name", ["number_density", "closest_approach", "diffusivity"])
@pytest.mark.parametrize("model", [sd.force_free, sd.hard_sphere])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_what_is_not_positive_is_refused(model, name, value):
    with pytest.raises(ValueError, match="positive"):
        model(**{**LIQUID, name: value})


def test_amplitudes_and_times_pair_one_to_one():
    with pytest.raises(ValueError, match="pair one to one"):
        sd.exponentials(amplitudes=[1e60, 1e60], correlation_times=[1e-9])
    with pytest.raises(ValueError, match="zero or more"):
        sd.exponentials(amplitudes=[1e60, -1e60], correlation_times=[1e-9, 1e-9])

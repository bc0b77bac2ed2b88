"""What no motion can break: orders of rates, the floor of T1, scaling."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from megabar.motion import narrowing
from megabar.motion import relaxation as rx
from megabar.motion import spectral_densities as sd

PROTON = 2.6752218744e8
A6 = 1e60
exponents = st.floats(-14, -4)
modes = st.lists(st.tuples(st.floats(0, 1), exponents), min_size=1, max_size=12).filter(
    lambda found: sum(weight for weight, _ in found) > 1e-3
)
frequencies = st.floats(1e6, 1e9)
partners = st.sampled_from([3.8083318e7, 2.518148e8, -3.8e7, 4.1e7, 1.1e8])


def reversible(found):
    weights, logs = zip(*found, strict=True)
    return sd.exponentials(
        amplitudes=A6 * np.array(weights), correlation_times=10.0 ** np.array(logs)
    )


@given(modes, frequencies)
def test_transverse_relaxation_is_never_slower_than_longitudinal(found, nu):
    rates = rx.rates_like(
        spectral_density=reversible(found), gyromagnetic_ratio=PROTON, larmor_frequency=nu
    )
    assert rates.r2 >= rates.r1 * (1 - 1e-12)


@given(modes, frequencies, partners)
def test_unlike_partners_keep_that_order_down_to_a_half(found, nu, partner):
    rates = rx.rates_unlike(
        spectral_density=reversible(found),
        gyromagnetic_ratio=PROTON,
        gyromagnetic_ratio_partner=partner,
        spin_partner=3.5,
        larmor_frequency=nu,
    )
    assert rates.r2 >= rx.SMALLEST_RATIO * rates.r1 * (1 - 1e-12)


@given(modes, modes, frequencies, partners)
def test_t1_never_falls_below_its_floor(like, unlike, nu, partner):
    one, other = reversible(like), reversible(unlike)
    rates = rx.rates_like(
        spectral_density=one, gyromagnetic_ratio=PROTON, larmor_frequency=nu
    ) + rx.rates_unlike(
        spectral_density=other,
        gyromagnetic_ratio=PROTON,
        gyromagnetic_ratio_partner=partner,
        spin_partner=3.5,
        larmor_frequency=nu,
    )
    k = rx.dipolar_constant(gyromagnetic_ratio=PROTON, gyromagnetic_ratio_partner=PROTON)
    c = rx.dipolar_constant(gyromagnetic_ratio=PROTON, gyromagnetic_ratio_partner=partner)
    floor = rx.t1_floor_from_second_moments(
        second_moment_like=9 / 20 * k * one.sum_r6,
        second_moment_unlike=4 / 15 * c * 3.5 * 4.5 * other.sum_r6,
        partner_over_observed=partner / PROTON,
        larmor_frequency=nu,
    )
    assert rates.t1 >= floor * (1 - 1e-12)


models = st.sampled_from([sd.force_free, sd.hard_sphere, sd.torrey, sd.torrey_exponential])


@given(models, frequencies, st.floats(-13, -8), st.floats(0.1, 10))
def test_diffusion_k_times_faster_in_a_field_k_times_higher_relaxes_k_times_slower(
    model, nu, logarithm, factor
):
    def r1(scale):
        walk = {"jump_length": 1.2e-10} if model in (sd.torrey, sd.torrey_exponential) else {}
        j = model(
            number_density=3e29,
            closest_approach=9e-11,
            diffusivity=scale * 10.0**logarithm,
            **walk,
        )
        return rx.rates_like(
            spectral_density=j, gyromagnetic_ratio=PROTON, larmor_frequency=scale * nu
        ).r1

    np.testing.assert_allclose(factor * r1(factor), r1(1.0), rtol=1e-8)


@given(models, frequencies, st.floats(-13, -8))
def test_diffusion_obeys_the_floor_of_its_own_sum(model, nu, logarithm):
    walk = {"jump_length": 1.2e-10} if model in (sd.torrey, sd.torrey_exponential) else {}
    j = model(number_density=3e29, closest_approach=9e-11, diffusivity=10.0**logarithm, **walk)
    rates = rx.rates_like(spectral_density=j, gyromagnetic_ratio=PROTON, larmor_frequency=nu)
    needed = rx.sum_r6_from_t1_floor(t1=rates.t1, gyromagnetic_ratio=PROTON, larmor_frequency=nu)
    assert needed <= j.sum_r6
    assert rates.r2 >= rates.r1


@given(modes, st.floats(8, 12), st.floats(-1, 1))
def test_a_lock_lies_between_the_rates_of_no_and_of_endless_nutation(found, moment, logarithm):
    given_here = {
        "spectral_density": reversible(found),
        "gyromagnetic_ratio": PROTON,
        "larmor_frequency": 10.0 ** (moment - 3),
    }
    locks = 10.0 ** np.array([logarithm, logarithm + 2, logarithm + 6])
    locked = rx.r1rho_like(**given_here, locking_frequency=locks)
    assert np.all(np.diff(locked) <= 1e-12 * locked[0])
    assert locked[0] <= rx.rates_like(**given_here).r2 * (1 + 1e-12)


@given(st.floats(-4, 4), st.floats(6, 14))
def test_the_width_depends_on_moment_and_time_through_their_product_alone(logarithm, moment):
    s, root = 10.0**logarithm, 10.0 ** (moment / 2)
    width = narrowing.fwhm_from_second_moment(second_moment=root**2, correlation_time=s / root)
    unit = narrowing.fwhm_from_second_moment(second_moment=1.0, correlation_time=s)
    np.testing.assert_allclose(width / root, unit, rtol=1e-7)
    assert unit <= np.sqrt(8 * np.log(2)) / (2 * np.pi) * (1 + 1e-9)


@given(modes, st.floats(6, 12))
def test_the_floor_of_unlike_spins_diverges_as_frequencies_meet(found, moment):
    closer = [
        rx.t1_floor_from_second_moments(
            second_moment_like=10.0**moment,
            second_moment_unlike=10.0**moment,
            partner_over_observed=ratio,
            larmor_frequency=4e8,
        )
        for ratio in (0.5, 0.9, 0.99)
    ]
    assert closer[0] > closer[1] > closer[2]

"""Rates against published and derived numbers; the lattice parameter stands with each."""

from math import pi

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from megabar.motion import relaxation as rx
from megabar.motion import spectral_densities as sd

PROTON, LANTHANUM = 2.6752218744e8, 3.8083318e7  # bare, rad/(T s)
NU = 395e6
OMEGA = 2 * pi * NU
A6 = 1e60  # A^-6 in m^-6
LAH10 = {"second_moment_like": 4.4045e11, "second_moment_unlike": 1.838e9}  # a = 5.10 A
LAH3 = {"second_moment_like": 4.7356e10, "second_moment_unlike": 4.073e9}  # a = 4.365 A
RATIO = LANTHANUM / PROTON


def like(density, nu=NU):
    return rx.rates_like(spectral_density=density, gyromagnetic_ratio=PROTON, larmor_frequency=nu)


def test_the_dipolar_constant_of_protons():
    k = rx.dipolar_constant(gyromagnetic_ratio=PROTON, gyromagnetic_ratio_partner=PROTON)
    assert k == pytest.approx(5.69628e-49, rel=1e-5)


def test_a_tumbling_pair_has_the_published_rates():
    # one partner at 1.58 A, tau = 20 ps
    pair = sd.bpp(sum_r6=1.58e-10**-6, correlation_time=20e-12)
    rates = like(pair)
    assert rates.r1 == pytest.approx(1.08931, rel=1e-4)
    assert rates.r2 == pytest.approx(1.09493, rel=1e-4)
    assert like(pair, 1.0).r1 == pytest.approx(1.09842, rel=1e-4)


@pytest.mark.parametrize(
    ("model", "t1", "t2"),
    [("torrey", 7.172e-3, 4.605e-3), ("bpp", 5.935e-3, 3.797e-3)],
)
def test_closed_forms_for_lah10_of_5_10_angstrom_at_1e_11(model, t1, t2):
    total, density = 1.71829 * A6, 40 / 5.10e-10**3
    if model == "torrey":
        j = sd.torrey_matched(
            sum_r6=total, number_density=density, jump_length=1.1943e-10, diffusivity=1e-11
        )
    else:
        tau = sd.residence_time_from_diffusivity(
            diffusivity=1e-11, jump_length=np.sqrt(1.4264) * 1e-10
        )
        j = sd.bpp(sum_r6=total, correlation_time=float(tau))
    rates = like(j)
    np.testing.assert_allclose([rates.t1, rates.t2], [t1, t2], rtol=1e-2)


@pytest.mark.parametrize("tau", [1e-12, 4e-10, 1e-7])
def test_one_time_by_its_second_moment_is_the_same_as_by_its_spectral_density(tau):
    total = 1.7 * A6
    k = rx.dipolar_constant(gyromagnetic_ratio=PROTON, gyromagnetic_ratio_partner=PROTON)
    by_moment = rx.rates_from_correlation_time(
        correlation_time=tau, second_moment=9 / 20 * k * total, larmor_frequency=NU
    )
    by_density = like(sd.bpp(sum_r6=total, correlation_time=tau))
    np.testing.assert_allclose(by_moment.r1, by_density.r1, rtol=1e-12)
    np.testing.assert_allclose(by_moment.r2, by_density.r2, rtol=1e-12)


def test_fast_motion_makes_both_rates_ten_thirds_of_moment_times_tau():
    rates = rx.rates_from_correlation_time(
        correlation_time=1e-15, second_moment=4e11, larmor_frequency=NU
    )
    np.testing.assert_allclose([rates.r1, rates.r2], 10 / 3 * 4e11 * 1e-15, rtol=1e-8)


def test_r1rho_is_r2_for_a_weak_lock_and_loses_its_first_term_for_a_strong_one():
    j = sd.bpp(sum_r6=1.7 * A6, correlation_time=1e-8)
    given = {"spectral_density": j, "gyromagnetic_ratio": PROTON, "larmor_frequency": NU}
    r2 = rx.rates_like(**given).r2
    np.testing.assert_allclose(rx.r1rho_like(**given, locking_frequency=1.0), r2, rtol=1e-10)
    k = rx.dipolar_constant(gyromagnetic_ratio=PROTON, gyromagnetic_ratio_partner=PROTON)
    strong = rx.r1rho_like(**given, locking_frequency=1e13)
    np.testing.assert_allclose(strong, r2 - 9 / 40 * k * j(0.0), rtol=1e-6)


def test_r1rho_has_its_maximum_where_twice_the_nutation_meets_the_time():
    # R1rho of very slow motion is 3 j(2 w1) alone: Lorentzian, largest at 2 w1 tau = 1
    nu1, taus = 50e3, np.geomspace(1e-8, 1e-3, 2001)
    rates = [
        rx.r1rho_like(
            spectral_density=sd.bpp(sum_r6=A6, correlation_time=tau),
            gyromagnetic_ratio=PROTON,
            larmor_frequency=NU,
            locking_frequency=nu1,
        )
        for tau in taus
    ]
    best = taus[int(np.argmax(rates))]
    assert 2 * 2 * pi * nu1 * best == pytest.approx(1, rel=0.01)


def test_the_unlike_rates_in_extreme_narrowing_are_five_moments_times_tau():
    tau, total = 1e-15, 0.5 * A6
    rates = rx.rates_unlike(
        spectral_density=sd.bpp(sum_r6=total, correlation_time=tau),
        gyromagnetic_ratio=PROTON,
        gyromagnetic_ratio_partner=LANTHANUM,
        spin_partner=3.5,
        larmor_frequency=NU,
    )
    k = rx.dipolar_constant(gyromagnetic_ratio=PROTON, gyromagnetic_ratio_partner=LANTHANUM)
    moment = 4 / 15 * k * 3.5 * 4.5 * total
    np.testing.assert_allclose([rates.r1, rates.r2], 5 * moment * tau, rtol=1e-7)


def test_the_single_time_minimum_is_where_its_cubic_says():
    assert rx.REDUCED_TIME_AT_MINIMUM == pytest.approx(0.61580, abs=5e-6)
    assert rx.CEILING_LIKE == pytest.approx(0.95012, abs=5e-6)
    found = minimize_scalar(
        lambda x: -2 / 3 * (x / (1 + x**2) + 4 * x / (1 + 4 * x**2)),
        bounds=(0.1, 2),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert found.x == pytest.approx(rx.REDUCED_TIME_AT_MINIMUM, abs=1e-7)
    assert -found.fun == pytest.approx(rx.CEILING_LIKE, rel=1e-14)


def test_the_rates_at_the_minimum_meet_the_floor():
    t1, tau = rx.t1_minimum_from_second_moment(second_moment=4.4045e11, larmor_frequency=NU)
    rates = rx.rates_from_correlation_time(
        correlation_time=tau, second_moment=4.4045e11, larmor_frequency=NU
    )
    np.testing.assert_allclose(rates.t1, t1, rtol=1e-13)


def test_the_ceiling_of_lanthanum_on_hydrogen():
    assert rx.ceiling_unlike(partner_over_observed=RATIO) == pytest.approx(2.3546, abs=5e-5)
    # one time for all three terms lies a little lower, as a sharper ceiling must
    x = np.geomspace(0.1, 10, 100_001)
    single = sum(
        weight * x / (1 + (x * shift) ** 2) / 2
        for weight, shift in [(1, 1 - RATIO), (3, 1), (6, 1 + RATIO)]
    ).max()
    assert single == pytest.approx(2.3432, abs=5e-5)


@pytest.mark.parametrize(
    ("moments", "like_only", "floor", "tolerance"),
    [
        (LAH10, True, 5.931e-3, 1e-3),
        (LAH10, False, 5.870e-3, 1e-3),
        ({"second_moment_like": 3.7915e11, "second_moment_unlike": 1.582e9}, True, 6.890e-3, 1e-3),
        ({"second_moment_like": 3.7915e11, "second_moment_unlike": 1.582e9}, False, 6.82e-3, 1e-3),
        (LAH3, True, 55.16e-3, 2e-3),
        (LAH3, False, 45.47e-3, 2e-3),
    ],
)
def test_the_floor_of_hydrides(moments, like_only, floor, tolerance):
    used = {**moments, "second_moment_unlike": 0.0} if like_only else moments
    found = rx.t1_floor_from_second_moments(
        **used, partner_over_observed=RATIO, larmor_frequency=NU
    )
    assert found == pytest.approx(floor, rel=tolerance)


def test_the_floor_scales_with_the_field():
    high, low = rx.t1_floor_from_second_moments(
        **LAH10, partner_over_observed=RATIO, larmor_frequency=np.array([395e6, 100e6])
    )
    assert high / low == pytest.approx(3.95, rel=1e-12)


def test_partners_of_the_same_frequency_leave_no_floor():
    found = rx.t1_floor_from_second_moments(**LAH10, partner_over_observed=1.0, larmor_frequency=NU)
    assert found == 0


def test_a_t1_of_1_5_ms_needs_a_pair_at_0_727_angstrom():
    needed = rx.sum_r6_from_t1_floor(t1=1.5e-3, gyromagnetic_ratio=PROTON, larmor_frequency=NU)
    assert needed / A6 == pytest.approx(6.794, rel=2e-3)
    assert needed ** (-1 / 6) * 1e10 == pytest.approx(0.727, rel=2e-3)


@pytest.mark.parametrize(
    ("x", "ratio"), [(0.1, 1.0208), (0.2, 1.081), (0.5, 1.429), (1.0, 2.2692), (2.0, 4.7297)]
)
def test_the_ratio_of_rates_with_one_time(x, ratio):
    assert rx.ratio_from_reduced_time(reduced_time=x) == pytest.approx(ratio, rel=3e-4)
    rates = rx.rates_from_correlation_time(
        correlation_time=x / OMEGA, second_moment=1e11, larmor_frequency=NU
    )
    assert rx.ratio_from_reduced_time(reduced_time=x) == pytest.approx(rates.ratio, rel=1e-13)


def test_the_ratio_leads_back_to_the_reduced_time():
    x = np.geomspace(1e-3, 1e4, 30)
    back = rx.reduced_time_from_ratio(ratio=rx.ratio_from_reduced_time(reduced_time=x))
    np.testing.assert_allclose(back, x, rtol=1e-8)
    assert rx.reduced_time_from_ratio(ratio=1.0) == 0


def test_a_ratio_of_1_13_still_allows_a_quarter():
    assert rx.reduced_time_from_ratio(ratio=1.13) == pytest.approx(0.25, abs=0.01)


def test_a_ratio_below_one_has_no_correlation_time():
    with pytest.raises(ValueError, match="same spins"):
        rx.reduced_time_from_ratio(ratio=[1.2, 0.9])


@pytest.mark.parametrize("model", ["force_free", "hard_sphere", "torrey"])
def test_models_of_diffusion_obey_the_square_root_law(model):
    density, diffusivity = 40 / 5.10e-10**3, 1e-8
    given = {"number_density": density, "closest_approach": 9e-11, "diffusivity": diffusivity}
    if model == "torrey":
        given["jump_length"] = 1.2e-10
    j = getattr(sd, model)(**given)
    nu = np.array([1e3, 4e3])
    found = np.diff(like(j, nu).r1) / np.diff(np.sqrt(nu))
    slope = rx.low_field_slope_from_diffusivity(
        diffusivity=diffusivity, number_density=density, gyromagnetic_ratio=PROTON
    )
    np.testing.assert_allclose(found, slope, rtol=1e-2)
    k = rx.dipolar_constant(gyromagnetic_ratio=PROTON, gyromagnetic_ratio_partner=PROTON)
    assert -slope / (k * density * diffusivity**-1.5) == pytest.approx(1.74738, rel=1e-5)
    back = rx.diffusivity_from_low_field_slope(
        slope=slope, number_density=density, gyromagnetic_ratio=PROTON
    )
    assert back == pytest.approx(diffusivity, rel=1e-12)


def test_a_rate_that_rises_with_the_field_has_no_square_root_law():
    with pytest.raises(ValueError, match="fall of R1"):
        rx.diffusivity_from_low_field_slope(
            slope=1e-4, number_density=1e29, gyromagnetic_ratio=PROTON
        )


def test_korringa_at_20_ppm_and_room_temperature():
    rates = rx.rates_from_knight_shift(
        knight_shift=20e-6, temperature=300, gyromagnetic_ratio=PROTON
    )
    assert rates.t1 == pytest.approx(2.194, rel=1e-3)
    assert rates.r2 == rates.r1


def test_korringa_at_1_5_ms_would_take_765_ppm():
    rates = rx.rates_from_knight_shift(
        knight_shift=765e-6, temperature=300, gyromagnetic_ratio=PROTON
    )
    assert rates.t1 == pytest.approx(1.5e-3, rel=2e-3)


def test_korringa_of_copper_is_near_its_known_product():
    # T1 T = 1.27 K s and K = 0.232 %: enhancement by correlations is the ratio, 1.5 to 2.3
    copper = 7.1117890e7
    rates = rx.rates_from_knight_shift(
        knight_shift=0.00232, temperature=1.0, gyromagnetic_ratio=copper
    )
    assert 1.5 < 1.27 / rates.t1 < 2.3


def test_a_paramagnetic_ion_beside_hydrogen():
    nu = PROTON * 9.28 / (2 * pi)
    rates = rx.rates_paramagnetic(
        distance=2.1e-10,
        spin_electron=3.5,
        correlation_time=1e-11,
        gyromagnetic_ratio=PROTON,
        larmor_frequency=nu,
    )
    assert rates.r1 == pytest.approx(1.827e5, rel=1e-2)
    assert rates.r2 == pytest.approx(2.129e5, rel=1e-2)
    assert rates.ratio == pytest.approx(7 / 6, rel=5e-3)
    shared = rx.rates_shared(rates=rates, fraction_replaced=1.14e-3, neighbours_per_spin=3.2)
    assert shared.r1 == pytest.approx(667, rel=5e-3)


def test_a_fast_paramagnetic_ion_gives_equal_rates_of_20_fifteenths():
    rates = rx.rates_paramagnetic(
        distance=2e-10,
        spin_electron=0.5,
        correlation_time=1e-18,
        gyromagnetic_ratio=PROTON,
        larmor_frequency=NU,
    )
    assert rates.ratio == pytest.approx(1, rel=1e-9)


def test_the_paramagnetic_rates_are_solomons_where_electron_sums_are_the_electron():
    # for gamma_e >> gamma_I the three unlike frequencies merge into two
    electron = 1.76085963e11
    tau, total = 3e-12, 2.1e-10**-6
    merged = rx.rates_paramagnetic(
        distance=2.1e-10,
        spin_electron=3.5,
        correlation_time=tau,
        gyromagnetic_ratio=PROTON,
        larmor_frequency=NU,
    )
    exact = rx.rates_unlike(
        spectral_density=sd.bpp(sum_r6=total, correlation_time=tau),
        gyromagnetic_ratio=PROTON,
        gyromagnetic_ratio_partner=-electron,
        spin_partner=3.5,
        larmor_frequency=NU,
    )
    np.testing.assert_allclose([merged.r1, merged.r2], [exact.r1, exact.r2], rtol=3e-3)


def test_diffusion_in_a_gradient_attenuates_an_echo():
    exponent = rx.gradient_exponent(
        gradient=9.0, diffusivity=1e-10, delay=1e-3, gyromagnetic_ratio=PROTON
    )
    assert exponent == pytest.approx(0.3865, rel=1e-3)


def test_the_gradient_exponent_is_that_of_random_walkers():
    # phase variance of Brownian motion, refocused at tau: echo = exp(-variance/2)
    rng = np.random.default_rng(11)
    steps, walkers, tau = 400, 20_000, 1e-3
    dt = 2 * tau / steps
    moved = rng.normal(0, np.sqrt(2 * 1e-10 * dt), (walkers, steps)).cumsum(axis=1)
    sign = np.where(np.arange(steps) < steps / 2, -1, 1)
    phase = PROTON * 9.0 * (moved @ sign) * dt
    found = rx.gradient_exponent(
        gradient=9.0, diffusivity=1e-10, delay=tau, gyromagnetic_ratio=PROTON
    )
    scatter = np.sqrt(2 / walkers)  # of a variance
    assert phase.var() / 2 == pytest.approx(found, rel=4 * scatter + 2 / steps)


def test_the_slopes_of_t1_over_temperature_are_the_activation_energy():
    ev, energy = 1.602176634e-19, 0.2
    for temperature, sign in [(1500.0, -1), (90.0, 1)]:  # fast: T1 falls on cooling; slow: rises
        t = temperature * np.array([1 - 1e-4, 1 + 1e-4])
        tau = rx.correlation_time_from_temperature(
            temperature=t, shortest_time=1e-13, activation_energy=energy * ev
        )
        t1 = rx.rates_from_correlation_time(
            correlation_time=tau, second_moment=4e11, larmor_frequency=NU
        ).t1
        slope = np.diff(np.log(t1)) / np.diff(ev / (1.380649e-23 * t))
        np.testing.assert_allclose(slope, sign * energy, rtol=2e-3)


def test_diffusivity_and_residence_time_share_their_activation():
    t = np.array([200.0, 300.0, 500.0])
    given = {"temperature": t, "activation_energy": 3e-20}
    product = rx.diffusivity_from_temperature(
        largest_diffusivity=1e-7, **given
    ) * rx.correlation_time_from_temperature(shortest_time=1e-13, **given)
    np.testing.assert_allclose(product, 1e-20, rtol=1e-12)


def test_redfield_theory_of_lah10_ends_at_a_reduced_time_of_1100():
    tau = 1.1e3 / OMEGA
    found = rx.redfield_parameter(second_moment=4.4045e11, correlation_time=tau)
    assert found == pytest.approx(rx.REDFIELD_LIMIT, rel=0.03)


def test_rates_add_and_turn_into_times():
    one = rx.Rates(r1=np.array([1.0, 2.0]), r2=np.array([4.0, 5.0]))
    both = one + one
    np.testing.assert_array_equal(both.r1, [2, 4])
    np.testing.assert_array_equal(both.t1, [0.5, 0.25])
    np.testing.assert_array_equal(both.t2, [1 / 8, 1 / 10])
    np.testing.assert_array_equal(both.ratio, [4, 2.5])


@pytest.mark.parametrize("nu", [0.0, -1.0, np.nan])
def test_a_frequency_that_is_none_is_refused(nu):
    with pytest.raises(ValueError, match="Larmor frequency"):
        like(sd.bpp(sum_r6=A6, correlation_time=1e-9), nu)


def test_a_quadrupole_needs_a_spin_of_one():
    with pytest.raises(ValueError, match=r"Found spin 0\.5"):
        rx.rates_quadrupolar(coupling_rms=1e6, spin=0.5, correlation_time=1e-9, larmor_frequency=NU)

"""Second moments, pair constants and widths against formulas worked out by hand."""

from math import log, pi, sqrt

import numpy as np
import pytest
from scipy import constants, optimize

from megabar.spins import moments

PROTON = 2.6752218744e8  # bare, CODATA 2018 [rad s-1 T-1]
LANTHANUM = 3.8083318e7


def test_the_coupling_strength_of_protons():
    found = moments.coupling_strength(gyromagnetic_ratio=PROTON)
    assert found == pytest.approx(5.69628e-49, rel=2e-6)
    by_hand = (1e-7 * PROTON**2 * constants.hbar) ** 2
    assert found == pytest.approx(by_hand, rel=1e-8)


def test_like_spins_one_half_take_nine_twentieths():
    found = moments.second_moment_like(gyromagnetic_ratio=PROTON, spin=0.5, sum_r6=1e60)
    assert found == pytest.approx(9 / 20 * 5.69628e-49 * 1e60, rel=2e-6)


def test_like_and_unlike_spins_differ_by_nine_to_four():
    # Van Vleck: exchange of spin between like neighbours adds; the same nuclei called unlike
    for spin in (0.5, 1.0, 3.5):
        like = moments.second_moment_like(gyromagnetic_ratio=PROTON, spin=spin, sum_r6=1e60)
        unlike = moments.second_moment_unlike(
            gyromagnetic_ratio=PROTON, other_gyromagnetic_ratio=PROTON, other_spin=spin, sum_r6=1e60
        )
        assert like / unlike == pytest.approx(9 / 4, rel=1e-12)


def test_the_pair_constant_of_two_protons_one_angstrom_apart():
    constant = moments.pair_constant(gyromagnetic_ratio=PROTON, distance=1e-10)
    assert constant == pytest.approx(120.12e3, rel=1e-4)
    assert moments.pake_splitting(pair_constant=constant) == pytest.approx(180.2e3, rel=1e-3)
    at_twice = moments.pair_constant(gyromagnetic_ratio=PROTON, distance=2e-10)
    assert constant / at_twice == pytest.approx(8, rel=1e-12)


def test_the_constant_of_an_unlike_pair_follows_both_ratios():
    mixed = moments.pair_constant(
        gyromagnetic_ratio=PROTON, other_gyromagnetic_ratio=-LANTHANUM, distance=2e-10
    )
    like = moments.pair_constant(gyromagnetic_ratio=PROTON, distance=2e-10)
    assert mixed / like == pytest.approx(0.142356, rel=1e-5)


def test_second_moment_of_a_pake_powder_is_nine_twentieths_of_the_pair_constant_squared():
    # both branches at +-(3/4) b (1 - 3 u^2), u = cos(angle) even from 0 to 1
    b = 2 * pi * moments.pair_constant(gyromagnetic_ratio=PROTON, distance=1.5e-10)
    u = (np.arange(100_000) + 0.5) / 100_000
    mean = np.mean((0.75 * b * (1 - 3 * u**2)) ** 2)
    found = moments.second_moment_like(gyromagnetic_ratio=PROTON, spin=0.5, sum_r6=(1.5e-10) ** -6)
    assert found == pytest.approx(mean, rel=1e-8)


def test_the_width_is_where_the_gaussian_has_fallen_to_one_half():
    second = 4.4e11
    half = optimize.brentq(lambda w: np.exp(-(w**2) / (2 * second)) - 0.5, 0, 1e8)
    found = moments.fwhm_from_second_moment(second_moment=second)
    assert found == pytest.approx(2 * half / (2 * pi), rel=1e-9)
    assert found == pytest.approx(sqrt(8 * log(2) * second) / (2 * pi), rel=1e-12)


def test_number_density_of_lah10():
    for volume, atoms, density in (
        (132.80, 40, 3.012e29),
        (143.0, 40, 2.797e29),
        (143, 42, 2.937e29),
    ):
        found = moments.number_density(count=atoms, volume=volume * 1e-30)
        assert found == pytest.approx(density, rel=2e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: moments.number_density(count=-1, volume=1.0), "atoms"),
        (lambda: moments.number_density(count=1, volume=0.0), "volume"),
        (
            lambda: moments.second_moment_like(gyromagnetic_ratio=1.0, spin=0.4, sum_r6=1.0),
            "multiple of 1/2",
        ),
        (
            lambda: moments.second_moment_like(gyromagnetic_ratio=1.0, spin=0.5, sum_r6=-1.0),
            "lattice sum",
        ),
        (lambda: moments.fwhm_from_second_moment(second_moment=-1.0), "second moment"),
        (lambda: moments.pair_constant(gyromagnetic_ratio=1.0, distance=0.0), "distance"),
    ],
)
def test_impossible_inputs_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()

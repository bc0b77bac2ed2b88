"""Knight shifts and Korringa products against paper, published metals and sampling."""

from math import pi

import numpy as np
import pytest

from megabar import constants
from megabar.errors import UnknownWord
from megabar.matter import nuclei
from megabar.observables.knight_shift import (
    covariance_of_shifts,
    free_electron_product,
    knight_shift_from_shift,
    korringa,
)


def protons(t1=(1.5e-3, 0.0), temperature=(300.0, 0.0), knight_shift=(20.0, 0.0)):
    return korringa(nucleus="1H", t1=t1, temperature=temperature, knight_shift=knight_shift)


def test_the_korringa_constant_of_hydrogen():
    assert free_electron_product(nucleus="1H") == pytest.approx(2.633e-7, rel=1e-3)
    gamma = constants.g_electron * constants.mu_bohr / constants.hbar
    bare = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    by_hand = constants.hbar / (4 * pi * constants.k_boltzmann) * (gamma / bare) ** 2
    assert free_electron_product(nucleus="1H") == pytest.approx(by_hand, rel=1e-12)


def test_twenty_ppm_at_room_temperature_give_two_seconds_and_1_5_ms_needs_765_ppm():
    found = protons()
    assert found.t1_expected == pytest.approx(2.194, rel=1e-3)
    assert found.knight_shift_needed == pytest.approx(765, rel=1e-3)
    assert found.verdict == "electrons do not suffice"
    assert "shorter than Korringa allows" in found.sentence
    assert "765" in found.sentence


@pytest.mark.parametrize(
    ("nucleus", "shift", "product", "low", "high"),
    [
        # Carter, Bennett, Kahan, Prog. Mater. Sci. 20, 1 (1977): K [%], T1 T [s K], enhancement
        ("7Li", 260.0, 44.0, 1.5, 2.2),
        ("63Cu", 2380.0, 1.27, 1.5, 2.3),
        ("27Al", 1640.0, 1.85, 1.0, 1.6),
    ],
)
def test_simple_metals_have_more_shift_than_their_rate_needs(nucleus, shift, product, low, high):
    found = korringa(
        nucleus=nucleus, t1=(product, 0.05 * product), temperature=(1.0, 0.0),
        knight_shift=(shift, 0.02 * shift),
    )  # fmt: skip
    assert low < found.ratio < high


def test_copper_is_called_what_it_is():
    found = korringa(
        nucleus="63Cu", t1=(4.23e-3, 0.1e-3), temperature=(300.0, 1.0), knight_shift=(2380.0, 40.0)
    )
    assert found.verdict == "shift exceeds the rate"
    assert "exchange" in found.sentence


def test_the_rate_that_the_shift_demands_is_no_contradiction():
    found = protons(t1=(2.194, 0.05), knight_shift=(20.0, 1.0))
    assert found.ratio == pytest.approx(1.0, rel=1e-3)
    assert found.verdict == "electrons suffice"


def test_the_ratio_is_the_part_of_the_rate_that_electrons_explain():
    found = protons(t1=(0.5, 0.0))
    assert found.ratio == pytest.approx(0.5 / found.t1_expected, rel=1e-12)


def test_the_interval_of_the_ratio_covers_as_often_as_it_says():
    """Truth: B = 1, K = 100(20) ppm, T1 with 5 %: K^2 is bent, a symmetric error would not do."""
    random = np.random.default_rng(5)
    truth = free_electron_product(nucleus="1H") / (300 * 100e-6**2)
    inside = 0
    for _ in range(2000):
        found = protons(
            t1=(truth * (1 + 0.05 * random.standard_normal()), 0.05 * truth),
            knight_shift=(100 + 20 * random.standard_normal(), 20.0),
        )
        inside += found.interval[0] <= 1 <= found.interval[1]
    assert inside / 2000 == pytest.approx(0.95, abs=0.02)


def test_a_knight_shift_that_may_be_zero_bounds_the_ratio_from_above_only():
    found = protons(t1=(1.0, 0.0), knight_shift=(5.0, 10.0))
    assert found.interval[0] == 0
    upper = protons(t1=(1.0, 0.0), knight_shift=(5.0 + 1.96 * 10, 0.0)).ratio
    assert found.interval[1] == pytest.approx(upper, rel=1e-9)
    none = protons(knight_shift=(0.0, 10.0))
    assert none.t1_expected == float("inf")
    assert none.interval[1] == pytest.approx(protons(knight_shift=(19.6, 0.0)).ratio, rel=1e-9)


def test_the_sign_of_the_knight_shift_does_not_matter():
    assert protons(knight_shift=(-20.0, 1.0)).ratio == protons(knight_shift=(20.0, 1.0)).ratio


def test_error_of_the_product_follows_its_slopes():
    found = protons(t1=(1.5e-3, 1.5e-5), temperature=(300.0, 6.0), knight_shift=(20.0, 0.4))
    assert found.product == pytest.approx(1.5e-3 * 300 * 20e-6**2, rel=1e-12)
    relative = np.sqrt(0.01**2 + 0.02**2 + (2 * 0.02) ** 2)
    assert found.product_std / found.product == pytest.approx(relative, rel=1e-9)


def test_the_knight_shift_is_counted_from_the_chemical_shift_not_from_the_reference():
    """Frequencies, not shifts, have ratios: 3000 ppm above a line at 10 000 ppm."""
    total = (1.01 * 1.003 - 1) * 1e6
    found, std = knight_shift_from_shift(
        shift=total, shift_std=0.0, chemical_shift=10_000.0, chemical_shift_std=100.0
    )
    assert found == pytest.approx(3000.0, rel=1e-9)
    moved, _ = knight_shift_from_shift(
        shift=total, shift_std=0.0, chemical_shift=10_001.0, chemical_shift_std=0.0
    )
    assert std == pytest.approx(100 * (found - moved), rel=1e-4)


def test_errors_of_shift_and_chemical_shift_add_in_squares():
    _, std = knight_shift_from_shift(
        shift=0.0, shift_std=3.0, chemical_shift=0.0, chemical_shift_std=4.0
    )
    assert std == pytest.approx(5.0, rel=1e-12)


def test_covariance_of_two_nuclei_has_one_zero_for_both():
    """1H and 139La of one session: 3 and 4 ppm of their own, 50 ppm in common."""
    c = covariance_of_shifts(independent_std=[3.0, 4.0], common_std=[50.0, 50.0])
    np.testing.assert_allclose(c, [[9 + 2500, 2500], [2500, 16 + 2500]])
    difference = np.array([1.0, -1.0])
    assert difference @ c @ difference == pytest.approx(25.0, rel=1e-12)


def test_covariance_is_that_of_drawn_histories():
    random = np.random.default_rng(11)
    own, zero = np.array([3.0, 5.0, 4.0]), np.array([10.0, 10.1, 10.2])
    drawn = random.standard_normal((40_000, 3)) * own + random.standard_normal((40_000, 1)) * zero
    found = covariance_of_shifts(independent_std=own, common_std=zero)
    np.testing.assert_allclose(np.cov(drawn.T), found, rtol=0.03)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="T1 -1"):
        protons(t1=(-1.0, 0.1))
    with pytest.raises(ValueError, match="temperature 0"):
        protons(temperature=(0.0, 0.1))
    with pytest.raises(ValueError, match="error of -1 Hz/MHz"):
        protons(knight_shift=(1.0, -1.0))
    with pytest.raises(UnknownWord, match="139Ls"):
        free_electron_product(nucleus="139Ls")
    with pytest.raises(ValueError, match="none is negative"):
        knight_shift_from_shift(
            shift=1.0, shift_std=-1.0, chemical_shift=0.0, chemical_shift_std=0.0
        )
    with pytest.raises(ValueError, match="one own and one common"):
        covariance_of_shifts(independent_std=[1.0], common_std=[1.0, 2.0])

"""Numbers of the published LaH10 experiment and of reference computations, a = 5.10 angstrom."""

import pytest
from tests.batteries.moving_lah10 import moments, times, torrey, walk

from megabar.matter import crystals
from megabar.observables import diffusivity, diffusivity_bounds
from megabar.observables.diffusivity_audit import audit_of_lah10
from megabar.observables.diffusivity_literal import eq1_literal
from megabar.observables.dipolar_floor import dipolar_floor
from megabar.observables.extreme_narrowing import extreme_narrowing
from megabar.spins.crystal_moments import crystal_moments

PUBLISHED = {"t1": (1.5e-3, 8e-5), "t2": (1.5e-3, 2e-4)}


def test_published_t1_needs_a_pair_at_0_73_angstrom():
    floor = dipolar_floor(times(**PUBLISHED), moments(), length_error=0.0, like_only=True, sigmas=2)
    assert floor.floor == pytest.approx(5.931e-3, rel=1e-3)
    assert floor.sum_r6_needed * 1e-60 == pytest.approx(6.794, rel=2e-3)
    assert floor.pair_distance_needed * 1e10 == pytest.approx(0.727, rel=2e-3)
    assert floor.other_rate == pytest.approx(498, rel=1e-2)


@pytest.mark.parametrize("model", [torrey, walk])
def test_published_t1_has_no_dipolar_solution(model):
    found = diffusivity.diffusivity_from_t1(
        times(**PUBLISHED), moments(), model(), length_error=0.0
    )
    assert (found.reason, found.quality, found.roots) == ("NOT_DIPOLAR", "no solution", ())
    assert "at least 496 s^-1 of R1 = 667 s^-1 (74%)" in found.sentence
    assert "S6 = 6.79 A^-6 (pair at 0.727 A)" in found.sentence


def test_t1_of_10_ms_has_two_roots_on_the_independent_walk():
    found = diffusivity.diffusivity_from_t1(
        times(t1=(10e-3, 1e-4)), moments(), walk(), length_error=0.0, like_only=True
    )
    assert found.reason == "TWO_BRANCHES"
    roots = [root.diffusivity for root in found.roots]
    assert roots == pytest.approx([1.781e-12, 1.954e-11], rel=2e-2)


def test_t2_of_1_5_ms_on_the_independent_walk():
    found = diffusivity.diffusivity_from_t2(times(t2=(1.5e-3, 2e-4)), walk(), like_only=True)
    assert found.diffusivity == pytest.approx(1.924e-12, rel=2e-2)


@pytest.mark.parametrize(("d", "error"), [(5.82e-11, 0.06), (5.82e-10, 0.06), (1.94e-12, 0.06)])
def test_closed_form_stays_within_six_percent_of_the_walk_away_from_the_minimum(d, error):
    rates = walk().alone().rates(d, larmor_frequency=395e6)
    seen = times(t1=(float(rates.t1), 1e-3 * rates.t1))
    found = diffusivity.diffusivity_from_t1(
        seen, moments(), torrey(), length_error=0.0, like_only=True
    )
    nearest = min((abs(root.diffusivity / d - 1) for root in found.roots), default=1.0)
    assert nearest < error


@pytest.mark.parametrize(
    ("rate_b", "from_t2", "from_difference"),
    [(1.0, 1.40e-12, 5.37e-12), (0.1, 1.24e-12, 4.55e-12), (3.0, 1.13e-12, 4.06e-12),
     (100.0, 6.6e-13, 2.73e-12)],
)  # fmt: skip
def test_bounds_of_published_times_by_network(rate_b, from_t2, from_difference):
    """R2 + 2 sigma for T2 = 1.5(2) ms; the difference for R2 - R1 below 190 s-1."""
    model = walk(rate_b=rate_b).alone()
    one = diffusivity_bounds.diffusivity_bound_from_t2(times(t2=(1.5e-3, 2e-4)), [model])
    assert one.diffusivity == pytest.approx(from_t2, rel=1e-2)
    equal = times(t1=(1.5e-3, 0.0), t2=(1 / (1 / 1.5e-3 + 190), 0.0))
    two = diffusivity_bounds.diffusivity_bound_from_difference(equal, [model])
    assert two.diffusivity == pytest.approx(from_difference, rel=1e-2)


def test_published_times_are_not_in_extreme_narrowing():
    """omega0 tau_c = 1.13 from T1 of the hydrogen couplings."""
    found = extreme_narrowing(times(**PUBLISHED), moments())
    assert found.reason == "NARROWING_UNPROVEN"
    assert found.reduced_time == pytest.approx(1.13, rel=1e-2)


PRINTED = {"gyromagnetic_ratio": 26.752e7, "number_density": 1e29, "length": 1e-10, "t1": 1.5e-3}


@pytest.mark.parametrize(
    ("prefactor", "magnetic", "planck", "expected"),
    [
        ("3pi/10", "mu0^2", "hbar", 1.2716e-6),
        ("3pi/10", "mu0^2", "6.626e-34", 5.0201e-5),
        ("3pi/10", "(mu0/4pi)^2", "hbar", 8.0527e-9),
        ("2pi/5", "(mu0/4pi)^2", "hbar", 1.0737e-8),
    ],
)
def test_published_formula_with_each_choice_of_constants(prefactor, magnetic, planck, expected):
    found = eq1_literal(prefactor=prefactor, magnetic=magnetic, planck=planck, **PRINTED)
    assert found.diffusivity * 1e4 == pytest.approx(expected, rel=1e-3)


def test_published_formula_in_si_with_the_density_and_contact_of_the_crystal():
    found = eq1_literal(
        prefactor="2pi/5",
        magnetic="(mu0/4pi)^2",
        planck="hbar",
        gyromagnetic_ratio=2.6752218744e8,
        number_density=moments().number_density,
        length=moments().nearest,
        t1=1.5e-3,
    )
    assert found.diffusivity * 1e4 == pytest.approx(2.820e-8, rel=2e-3)


@pytest.fixture(scope="module")
def audit():
    lah3 = crystal_moments(crystals.crystal("LaH3", lattice_parameter=4.365e-10))
    return audit_of_lah10(moments(), lah3, desorption_time=50 * 86400.0)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (0, ["1.27e-06", "8.05e-09", "5.02e-05", "only with mu0^2 and hbar; not SI, 158 x"]),
        (1, ["That is h", "h given for hbar"]),
        (2, ["1.1483 A", "2.82e-08 cm2/s", "no value"]),
        (3, ["omega0 tau_c = 1.13", "NOT_DIPOLAR", "5.87 ms", "6.79 A^-6", "496 s^-1", "74%"]),
        (4, ["90 and 120 kHz", "135 and 180 kHz", "249 and 336 kHz", "strengthened"]),
        (5, ["85 and 115 kHz", "0.44 to 0.59 of the rigid"]),
        (6, ["212 Hz", "1138 Hz", "2.9 ppm"]),
        (7, ["2.19 s", "765 ppm", "Agrees"]),
        (8, ["10 ms", "450 s", "50 days", "not rate-limiting"]),
        (9, ["1e-7 cm2/s", "unchecked"]),
    ],
)
def test_audit_of_published_numbers_says(audit, row, words):
    """50 kHz over 1.35 x 85.0 kHz is 0.436."""
    for word in words:
        assert word in audit[row].sentence


def test_audit_with_a_denser_structure_is_another_audit():
    """Couplings strong enough for the printed T1 must not be called impossible."""
    small = crystal_moments(crystals.crystal("LaH10", lattice_parameter=4.0e-10))
    row = audit_of_lah10(small, small, desorption_time=1.0)[3]
    assert "NOT_DIPOLAR" not in row.verdict

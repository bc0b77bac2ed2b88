"""The verdict on the published LaH10 experiment: a = 5.10 angstrom, 395 MHz, H-H alone unless said.

T1 = 1.50(8) ms is a reading (none is printed), T2 = 1.5(2) ms, FWHM 1.35 kHz.
"""

from functools import cache

import numpy as np
import pytest
from tests.batteries.moving_lah10 import COARSE, FREQUENCY, lah10, walk

from megabar.motion import lattice_walks
from megabar.observables import motion_models
from megabar.observables.declared_networks import declared_networks
from megabar.observables.measured_times import MeasuredTimes
from megabar.observables.mobility import mobility

PUBLISHED = {
    "larmor_frequency": FREQUENCY,
    "t1": (1.5e-3, 8e-5),
    "t2": (1.5e-3, 2e-4),
    "t2_sequence": "hahn-echo",
    "fwhm": (1350.0, 0.0),
    "correlation": 0.0,
}
MESH = lattice_walks.ZoneMesh(outward=20, across=8)
RATIOS = (1.0, 0.1, 3.0, 100.0)


def alone():
    return walk().alone()


@cache
def verdict(alone=True, ratios=RATIOS):
    models = [walk(rate_b=ratio) for ratio in ratios]
    return mobility(
        times=MeasuredTimes(**PUBLISHED),
        crystal=lah10(),
        motions=[one.alone() for one in models] if alone else models,
        length_error=0.0,
        dead_time=5e-6,
        claims=[1e-10, 1e-11, 1e-14],
        literal=[("3pi/10", "mu0^2", "hbar")],
    )


def test_rigid_hydrogen_of_the_structure():
    structure = verdict().structure
    by_kind = {one.kind: one.sum_r6 * 1e-60 for one in structure.sites}
    assert by_kind == pytest.approx({"8c": 1.97452, "32f": 1.65423}, rel=2e-4)
    assert structure.moments.sum_r6_mean * 1e-60 == pytest.approx(1.71829, rel=2e-4)
    assert structure.moments.second_moment_like == pytest.approx(4.4045e11, rel=1e-3)
    assert structure.moments.fwhm_gaussian == pytest.approx(249.2e3, rel=1e-3)
    assert structure.fwhm_many_spin == pytest.approx(340e3, rel=0.05)
    assert structure.half_time == pytest.approx(1.7e-6, rel=0.05)
    assert structure.left_after_dead_time == pytest.approx(-0.09, abs=0.04)  # 9 spins, not all
    assert structure.hidden()


def test_floor_is_5_87_ms_and_leaves_three_quarters_of_the_rate_to_something_else():
    floor = verdict().floor
    assert floor.floor == pytest.approx(5.870e-3, rel=1e-3)
    assert floor.other_rate == pytest.approx(496, rel=1e-2)
    assert {one.from_t1.reason for one in verdict().by_motion} == {"NOT_DIPOLAR"}
    assert "at least 496 s^-1 of R1 = 667 s^-1 (74%)" in " ".join(verdict().verdict)


def test_first_window_comes_from_t2_alone():
    """1.40e-8 cm2/s for equal rates; 0.66e-8 over the networks with the longest T1."""
    bound = verdict().bound("B1")
    by = dict(bound.by_motion)
    assert list(by.values()) == pytest.approx([1.40e-12, 1.24e-12, 1.13e-12, 6.6e-13], rel=1e-2)
    assert bound.diffusivity == pytest.approx(6.6e-13, rel=1e-2)


def test_second_window_comes_from_the_difference_of_the_rates():
    bound = verdict().bound("B2")
    by = dict(bound.by_motion)
    assert list(by.values()) == pytest.approx([5.37e-12, 4.55e-12, 4.06e-12, 2.73e-12], rel=1e-2)
    assert "every other mechanism has R2 >= R1" in bound.sentence


def test_windows_of_exclusion_and_of_longer_jumps():
    """D from T2 and both bounds: 2.291, 1.68, 6.64 and 2.61, 1.91, 7.56 in 1e-12 m2/s."""
    networks = dict(declared_networks(lah10()))
    names = list(networks)
    full, far = (networks[name] for name in (names[0], names[-1]))
    models = [
        motion_models.exchange_walk(lah10(), full, name="A + B", mesh=MESH).alone(),
        motion_models.lattice_walk(lah10(), far, name="all below 1.9 A", mesh=COARSE).alone(),
    ]
    found = mobility(
        times=MeasuredTimes(**PUBLISHED), crystal=lah10(), motions=models, length_error=0.0
    )
    routes = [one.from_t2.diffusivity for one in found.by_motion]
    assert routes == pytest.approx([2.291e-12, 2.61e-12], rel=1e-2)
    for name, expected in (("B1", [1.68e-12, 1.91e-12]), ("B2", [6.64e-12, 7.56e-12])):
        assert list(dict(found.bound(name).by_motion).values()) == pytest.approx(expected, rel=1e-2)


def test_width_bounds_weakly():
    by = dict(verdict().bound("BW").by_motion)
    assert next(iter(by.values())) == pytest.approx(2.45e-13, rel=1e-2)


def test_lanthanum_adds_its_two_percent_to_r2_and_raises_the_bounds():
    both, hydrogen = (one.rates(1e-12, larmor_frequency=FREQUENCY) for one in (walk(), alone()))
    assert float(both.r2 / hydrogen.r2) == pytest.approx(1.021, abs=2e-3)
    for name in ("B1", "B2"):
        assert verdict(alone=False).bound(name).diffusivity > verdict().bound(name).diffusivity


def test_number_is_the_first_window_and_a_lower_bound():
    found = verdict()
    assert (found.quality, found.reason) == ("lower bound", "BOUNDED")
    assert found.diffusivity == found.bound("B1").diffusivity
    assert found.interval == (found.diffusivity, np.inf)


def test_published_diffusivity_is_allowed_with_a_dipolar_t1_of_35_ms():
    """35.44 and 32.44 ms for equal rates; the rest of R1 would have another cause."""
    found = verdict(ratios=(1.0,)).claims[0]
    assert found.allowed
    assert found.t1[0] == pytest.approx(35.44e-3, rel=5e-3)
    assert found.t2[0] == pytest.approx(32.44e-3, rel=5e-3)
    assert found.share_of_r1[0] == pytest.approx(0.0423, rel=1e-2)
    over = verdict().claims[0]
    assert over.t1[1] == pytest.approx(91e-3, rel=2e-2)
    assert over.t1[0] == pytest.approx(35.44e-3, rel=5e-3)


def test_simulated_diffusivity_is_inside_both_windows():
    """About 1e-7 cm2/s for LaH9.63 at 150 GPa and 240 K by path integrals."""
    claim = verdict().claims[1]
    assert claim.allowed
    assert claim.diffusivity > verdict().bound("B2").window[1]
    assert not verdict().claims[2].allowed


def test_words_blame_nobody_and_hide_nothing():
    text = " ".join(verdict().verdict)
    for word in (
        "the hydrogen that is seen moves, whatever the model",
        "212 Hz; the other 1138 Hz (2.9 ppm)",
        "No dipolar solution",
        "Extreme narrowing is not proven",
        "Consistent windows, both open above",
        "No upper bound",
        "D = 1e-06 cm2/s is allowed",
        "not SI: mu0 written into a formula of Gaussian units, 158 x",
    ):
        assert word in text
    flags = " ".join(verdict().messages)
    assert "second, shallow T1 minimum (38.6 ms at 9.3" in flags
    assert "hidden" not in flags
    assert "Rigid hydrogen decays within the dead time" in flags


def test_quarter_of_the_field_decides_between_what_is_left_open():
    best = verdict(alone=False).suggestions[0]
    assert best.measurement == "T1 at 98.8 MHz"
    assert best.information > 1.2
    assert best.separation > 3


@pytest.mark.parametrize(
    ("ratio", "minima"),
    [(1.0, [(6.607e-3, 5.75e-12)]), (100.0, [(7.54e-3, 1.3e-13), (38.6e-3, 9.4e-12)])],
)
def test_minima_of_t1_by_network(ratio, minima):
    (found,) = (one for one in verdict().by_motion if f"= {ratio:g}/1" in one.motion)
    both = [found.t1_minimum, *found.second_minima]
    assert len(both) == len(minima)
    for (t1, at), (t1_expected, at_expected) in zip(both, minima, strict=True):
        assert t1 == pytest.approx(t1_expected, rel=5e-3)
        assert at == pytest.approx(at_expected, rel=5e-2)

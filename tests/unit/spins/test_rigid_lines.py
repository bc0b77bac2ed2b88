"""Rigid lines: exact limits and sum rules."""

from dataclasses import replace

import numpy as np
import pytest

from megabar.matter import crystals, nuclei
from megabar.spins import moments
from megabar.spins.crystal_moments import crystal_moments
from megabar.spins.rigid_lines import hemisphere, rigid_line_many_spin

A = 1e-10


def hydrogen(cell, positions):
    """A crystal of hydrogen alone, all sites of one kind."""
    count = len(positions)
    return crystals.Crystal(
        name="H",
        space_group="",
        cell=np.asarray(cell) * A,
        species=("H",) * count,
        kinds=("H",) * count,
        positions=np.asarray(positions),
        occupancies=np.ones(count),
        metal="H",
        origins=(),
    )


@pytest.fixture(scope="module")
def lah3():
    return crystals.crystal("LaH3", lattice_parameter=4.365 * A)


@pytest.fixture(scope="module")
def line(lah3):
    return rigid_line_many_spin(lah3, partners=5, orientations=32)


def test_the_line_has_unit_area_and_is_even(line):
    step = line.frequency[1] - line.frequency[0]
    assert line.intensity.sum() * step == pytest.approx(1, rel=1e-9)
    middle = len(line.frequency) // 2
    assert line.frequency[middle] == 0
    assert np.allclose(line.intensity[middle + 1 :], line.intensity[middle - 1 : 0 : -1])


def test_second_moment_is_van_vlecks_whatever_the_cluster(lah3, line):
    whole = crystal_moments(lah3).second_moment
    assert line.second_moment == pytest.approx(whole, rel=5e-3)  # 32 directions
    small = rigid_line_many_spin(lah3, partners=2, orientations=32)
    assert small.second_moment == pytest.approx(line.second_moment, rel=1e-9)


def test_the_decay_starts_at_one_and_bends_as_the_second_moment_says(line):
    assert line.fid[0] == pytest.approx(1, rel=1e-9)
    t = line.time[1]
    bend = 2 * (1 - line.fid[1]) / t**2
    assert bend == pytest.approx(line.second_moment, rel=1e-3)


def test_the_line_is_flatter_than_a_gaussian_the_more_so_the_more_spins_are_exact(lah3, line):
    fewer = rigid_line_many_spin(lah3, partners=2, orientations=32)
    assert 2 < line.flatness < min(fewer.flatness, 3)


def test_without_exact_partners_beyond_one_far_spin_the_line_is_nearly_gaussian():
    # simple cubic: one partner carries 1/8.4 of the moment, the rest is a Gaussian
    cubic = hydrogen(2 * np.eye(3), [[0, 0, 0]])
    found = rigid_line_many_spin(cubic, partners=1, orientations=64)
    whole = crystal_moments(cubic)
    assert found.fwhm == pytest.approx(whole.fwhm_gaussian, rel=0.1)


def test_isolated_pairs_give_the_horns_of_pake():
    distance = 1.5
    far = 12.0
    pairs = hydrogen(far * np.eye(3), [[0, 0, 0], [0, 0, distance / far]])
    found = rigid_line_many_spin(pairs, partners=1, orientations=700)
    proton = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    splitting = moments.pake_splitting(
        pair_constant=moments.pair_constant(gyromagnetic_ratio=proton, distance=distance * A)
    )
    right = found.frequency > 0
    horn = found.frequency[right][np.argmax(found.intensity[right])]
    assert 2 * horn == pytest.approx(splitting, rel=0.05)
    outside = np.abs(found.frequency) > 1.1 * splitting
    step = found.frequency[1] - found.frequency[0]
    assert np.abs(found.intensity[outside]).sum() * step < 0.02


def test_all_lengths_scale_the_line_with_their_third_power(lah3):
    twice = crystals.crystal("LaH3", lattice_parameter=2 * 4.365 * A)
    small = rigid_line_many_spin(lah3, partners=4, orientations=8)
    large = rigid_line_many_spin(twice, partners=4, orientations=8)
    assert small.fwhm / large.fwhm == pytest.approx(8, rel=1e-6)
    assert large.half_time / small.half_time == pytest.approx(8, rel=1e-6)
    assert small.flatness == pytest.approx(large.flatness, rel=1e-9)


def test_the_supercell_has_the_line_of_the_cell():
    cubic = hydrogen(2 * np.eye(3), [[0, 0, 0]])
    doubled = hydrogen(np.diag([2.0, 2.0, 4.0]), [[0, 0, 0], [0, 0, 0.5]])
    first = rigid_line_many_spin(cubic, partners=6, orientations=8)
    second = rigid_line_many_spin(doubled, partners=6, orientations=8)
    assert first.fwhm == pytest.approx(second.fwhm, rel=1e-6)
    assert first.fourth_moment == pytest.approx(second.fourth_moment, rel=1e-6)


def test_vacancies_narrow_the_line_and_need_a_seed(lah3):
    half = crystals.with_vacancies(lah3, species="H", fraction=0.5)
    with pytest.raises(ValueError, match="seed"):
        rigid_line_many_spin(half, partners=4, orientations=8)
    found = rigid_line_many_spin(half, partners=3, orientations=150, seed=3)
    full = rigid_line_many_spin(lah3, partners=4, orientations=32)
    assert found.fwhm < 0.85 * full.fwhm
    assert found.second_moment == pytest.approx(crystal_moments(half).second_moment, rel=0.05)
    again = rigid_line_many_spin(half, partners=3, orientations=150, seed=3)
    assert np.array_equal(found.fid, again.fid)


def test_the_decay_is_read_inside_its_range_only(line):
    assert line.fid_at(line.half_time) == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(ValueError, match="computed"):
        line.fid_at(-1e-6)
    with pytest.raises(ValueError, match="computed"):
        line.fid_at(1.0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"partners": 0}, "partners"),
        ({"partners": 12}, "partners"),
        ({"orientations": 0}, "orientations"),
    ],
)
def test_impossible_counts_are_refused(lah3, words, message):
    with pytest.raises(ValueError, match=message):
        rigid_line_many_spin(lah3, **words)


def test_the_hemisphere_integrates_the_second_rank_harmonics():
    directions = hemisphere(500)
    assert np.allclose(np.linalg.norm(directions, axis=1), 1)
    tensor = directions.T @ directions / len(directions)
    assert np.allclose(tensor, np.eye(3) / 3, atol=2e-3)


def test_the_line_does_not_depend_on_how_sites_are_labelled(lah3, line):
    unlabelled = replace(lah3, kinds=lah3.species)
    found = rigid_line_many_spin(unlabelled, partners=5, orientations=32)
    assert found.fwhm == pytest.approx(line.fwhm, rel=1e-9)

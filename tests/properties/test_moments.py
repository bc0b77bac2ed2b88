"""What second moments must do for every crystal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from megabar.spins.lattice_sums import lattice_sum_r6, lattice_sum_r6_along, mean_over_sites

FEW = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def crystal(seed, count=3):
    """A skew cell of some angstrom with a few sites at least a tenth of the cell apart."""
    random = np.random.default_rng(seed)
    cell = (np.eye(3) + random.uniform(-0.35, 0.35, (3, 3))) * random.uniform(2, 6) * 1e-10
    grid = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])[:count]
    fractions = grid + random.uniform(-0.1, 0.1, (count, 3))
    return cell, fractions, random.uniform(0.2, 1, count)


def sums(cell, positions, occupancies, **words):
    return lattice_sum_r6(
        cell=cell,
        positions_from=positions,
        positions_to=positions,
        occupancies=occupancies,
        **words,
    )


@FEW
@given(seeds, st.floats(0.3, 4))
def test_the_sum_goes_with_the_inverse_sixth_power_of_the_lattice_parameter(seed, factor):
    cell, fractions, occupancies = crystal(seed)
    first = sums(cell, fractions @ cell, occupancies)
    scaled = sums(factor * cell, fractions @ (factor * cell), occupancies)
    assert scaled * factor**6 == pytest.approx(first, rel=1e-9)


@FEW
@given(seeds)
def test_rotating_the_crystal_changes_no_powder_sum(seed):
    cell, fractions, occupancies = crystal(seed)
    turned = cell @ Rotation.random(rng=seed).as_matrix()
    first = sums(cell, fractions @ cell, occupancies)
    assert sums(turned, fractions @ turned, occupancies) == pytest.approx(first, rel=1e-9)


@FEW
@given(seeds)
def test_rotating_crystal_and_field_together_changes_no_sum(seed):
    cell, fractions, occupancies = crystal(seed)
    rotation = Rotation.random(rng=seed).as_matrix()
    directions = np.random.default_rng(seed).normal(size=(3, 3))
    found = [
        lattice_sum_r6_along(
            cell=axes,
            positions_from=fractions @ axes,
            positions_to=fractions @ axes,
            occupancies=occupancies,
            directions=fields,
        )
        for axes, fields in ((cell, directions), (cell @ rotation, directions @ rotation))
    ]
    assert found[1] == pytest.approx(found[0], rel=1e-9)


@FEW
@given(seeds)
def test_the_mean_of_single_crystal_sums_over_directions_is_the_powder_sum(seed):
    cell, fractions, occupancies = crystal(seed)
    # Gauss-Legendre in the cosine, equal steps in the angle: exact for rank 4
    nodes, weights = np.polynomial.legendre.leggauss(3)
    angles = 2 * np.pi * np.arange(5) / 5
    ring = np.sqrt(1 - nodes**2)
    rings = zip(nodes, ring, strict=True)
    directions = np.array([[s * np.cos(a), s * np.sin(a), z] for z, s in rings for a in angles])
    along = lattice_sum_r6_along(
        cell=cell,
        positions_from=fractions @ cell,
        positions_to=fractions @ cell,
        occupancies=occupancies,
        directions=directions,
    )
    mean = along @ np.repeat(weights / 2, 5) / 5
    assert mean == pytest.approx(sums(cell, fractions @ cell, occupancies), rel=1e-9)
    assert (along > 0).all()


@FEW
@given(seeds, st.sampled_from([(2, 1, 1), (1, 3, 1), (1, 2, 2)]))
def test_a_supercell_is_the_same_crystal(seed, repeats):
    cell, fractions, occupancies = crystal(seed, count=2)
    shifts = np.array([[i, j, k] for i in range(repeats[0]) for j in range(repeats[1])
                       for k in range(repeats[2])])  # fmt: skip
    wide = np.diag(repeats) @ cell
    positions = (fractions[None] + shifts[:, None]).reshape(-1, 3) @ cell
    many = sums(wide, positions, np.tile(occupancies, len(shifts)), tolerance=1e-6)
    once = sums(cell, fractions @ cell, occupancies, tolerance=1e-6)
    assert many == pytest.approx(np.tile(once, len(shifts)), rel=2e-6)


@FEW
@given(seeds, st.floats(0.05, 1))
def test_vacancies_multiply_the_sum_by_the_occupancy_not_by_its_square(seed, occupancy):
    cell, fractions, _ = crystal(seed)
    full, part = np.ones(3), np.full(3, occupancy)
    mean_full = mean_over_sites(sums(cell, fractions @ cell, full), full)
    mean_part = mean_over_sites(sums(cell, fractions @ cell, part), part)
    assert mean_part / mean_full == pytest.approx(occupancy, rel=1e-9)


@FEW
@given(seeds)
def test_any_choice_of_axes_describes_the_same_lattice(seed):
    cell, fractions, occupancies = crystal(seed)
    random = np.random.default_rng(seed)
    shear = np.eye(3, dtype=int)
    for _ in range(4):
        i, j = random.permutation(3)[:2]
        shear[i] += random.integers(-2, 3) * shear[j]
    first = sums(cell, fractions @ cell, occupancies)
    assert sums(shear @ cell, fractions @ cell, occupancies) == pytest.approx(first, rel=1e-8)


@FEW
@given(seeds)
def test_the_sum_exceeds_its_nearest_pair_and_grows_with_every_atom(seed):
    cell, fractions, _ = crystal(seed)
    positions = fractions @ cell
    fewer = sums(cell, positions[:2], np.ones(2))
    more = sums(cell, positions, np.ones(3))
    assert (more[:2] > fewer).all()
    assert (fewer > np.linalg.norm(positions[0] - positions[1]) ** -6.0).all()

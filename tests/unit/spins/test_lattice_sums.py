"""Lattice sums against exact values and against plain sums over a sphere."""

import numpy as np
import pytest

from megabar.spins.lattice_sums import (
    lattice_sum_r6,
    lattice_sum_r6_along,
    lattice_sum_tensor,
    mean_over_sites,
)

# r^-6 sums with nearest neighbours at distance 1: Jones and Ingham (1925),
# doi:10.1098/rspa.1925.0047, more digits from later tables.
SC = 8.401923974827540
BCC = 12.253667867325000
FCC = 14.453921043744690
FCC_SITES = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
BCC_SITES = np.array([[0, 0, 0], [0.5, 0.5, 0.5]])


def sum_of(cell, sites, **words):
    return lattice_sum_r6(
        cell=cell,
        positions_from=sites,
        positions_to=sites,
        occupancies=np.ones(len(sites)),
        **words,
    )


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5, 1e-8, 1e-11])
@pytest.mark.parametrize(
    ("sites", "exact"),
    [
        (np.zeros((1, 3)), SC),
        (BCC_SITES, BCC * (4 / 3) ** 3),
        (FCC_SITES, FCC * 8),
    ],
)
def test_cubic_sums_are_exact_within_the_stated_tolerance(sites, exact, tolerance):
    assert sum_of(np.eye(3), sites, tolerance=tolerance) == pytest.approx(exact, rel=tolerance)


def test_the_closest_packed_stackings_differ_in_the_fifth_digit():
    # hcp over fcc: 14.4548972 over 14.4539210
    cell = np.array([[1, 0, 0], [-0.5, 3**0.5 / 2, 0], [0, 0, (8 / 3) ** 0.5]])
    sites = np.array([[0, 0, 0], [1 / 3, 2 / 3, 1 / 2]]) @ cell
    assert sum_of(cell, sites) == pytest.approx(14.4548972, rel=1e-7)


def test_a_skew_cell_of_the_same_lattice_gives_the_same_sum():
    primitive = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    skewed = np.array([[1, 0, 0], [4, 1, 0], [-3, 2, 1]]) @ primitive
    for cell in (primitive, skewed):
        assert sum_of(cell, np.zeros((1, 3))) == pytest.approx(8 * FCC, rel=1e-8)


def test_a_flat_cell_keeps_its_tolerance():
    # a stack of simple cubic cells, 12 high and one wide
    sites = np.array([[0, 0, z] for z in range(12)], dtype=float)
    found = sum_of(np.diag([1.0, 1.0, 12.0]), sites, tolerance=1e-6)
    assert found == pytest.approx(SC, rel=1e-6)


def test_positions_outside_the_cell_are_the_same_sites():
    shifted = FCC_SITES + np.array([[0, 0, 0], [3, -2, 0], [0, 0, -7], [1, 1, 1]])
    assert sum_of(np.eye(3), shifted) == pytest.approx(8 * FCC, rel=1e-8)


def test_partners_of_another_kind_have_no_self_term():
    # body centre against corners: 8 at sqrt(3)/2 and so on = bcc less sc
    found = lattice_sum_r6(
        cell=np.eye(3),
        positions_from=[[0.5, 0.5, 0.5]],
        positions_to=[[0, 0, 0]],
        occupancies=[1.0],
    )[0]
    assert found == pytest.approx(BCC * (4 / 3) ** 3 - SC, rel=1e-8)


def test_a_lone_pair_in_a_wide_cell_sees_its_partner_only():
    sites = np.array([[0, 0, 0], [0, 0, 1.0]])
    found = sum_of(100 * np.eye(3), sites, tolerance=1e-9)
    assert found == pytest.approx([1.0, 1.0], rel=1e-9)


@pytest.mark.parametrize("direction", [[1, 0, 0], [0, 1, 1], [1, 1, 1], [2, -1, 5]])
def test_single_crystal_sums_agree_with_a_plain_sum_over_a_sphere(direction):
    cell = np.array([[1.0, 0, 0], [-0.4, 0.9, 0], [0.1, 0.2, 1.3]])
    reach = np.arange(-30, 31)
    steps = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = steps @ cell
    squares = (vectors**2).sum(axis=1)
    radius = 20.0
    inside = (squares > 0) & (squares < radius**2)
    unit = np.array(direction) / np.linalg.norm(direction)
    cosines = (vectors[inside] @ unit) ** 2 / squares[inside]
    plain = 1.25 * ((1 - 3 * cosines) ** 2 / squares[inside] ** 3).sum()
    tail = 4 * np.pi / 3 / np.linalg.det(cell) / radius**3
    found = lattice_sum_r6_along(
        cell=cell,
        positions_from=np.zeros((1, 3)),
        positions_to=np.zeros((1, 3)),
        occupancies=[1.0],
        directions=[direction],
    )
    assert found[0, 0] == pytest.approx(plain + tail, rel=2e-6)


def test_simple_cubic_directions_follow_van_vleck():
    # 3/4 of sum (1 - 3 cos^2)^2 / r^6 = 12.3 (sum of fourth powers - 0.187), three digits given:
    # Van Vleck (1948), doi:10.1103/PhysRev.74.1168
    directions = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    found = lattice_sum_r6_along(
        cell=np.eye(3),
        positions_from=np.zeros((1, 3)),
        positions_to=np.zeros((1, 3)),
        occupancies=[1.0],
        directions=directions,
    )[0]
    fourths = (directions**4).sum(axis=1) / (directions**2).sum(axis=1) ** 2
    assert 0.6 * found == pytest.approx(12.3 * (fourths - 0.187), abs=0.1)


def test_the_tensor_is_symmetric_and_its_double_trace_is_the_sum():
    cell = np.array([[1.0, 0, 0], [-0.4, 0.9, 0], [0.1, 0.2, 1.3]])
    sites = np.array([[0, 0, 0], [0.3, 0.4, 0.2]])
    tensor = lattice_sum_tensor(
        cell=cell, positions_from=sites, positions_to=sites, occupancies=[1.0, 0.5]
    )
    assert np.allclose(tensor, tensor.transpose(0, 4, 2, 1, 3), rtol=1e-12)
    assert np.allclose(tensor, tensor.transpose(0, 2, 1, 4, 3), rtol=1e-12)
    plain = lattice_sum_r6(
        cell=cell, positions_from=sites, positions_to=sites, occupancies=[1.0, 0.5]
    )
    assert np.allclose(np.einsum("naabb->n", tensor), plain, rtol=1e-12)


def test_the_mean_over_sites_counts_occupied_ones():
    assert mean_over_sites([2.0, 8.0], [1.0, 0.5]) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": np.eye(2)}, "shapes"),
        ({"positions_from": np.zeros(3)}, "shapes"),
        ({"occupancies": [1.0, 1.0]}, "shapes"),
        ({"positions_to": [[np.nan, 0, 0]]}, "not finite"),
        ({"cell": np.zeros((3, 3))}, "without volume"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": 0.5}, "tolerance"),
    ],
)
def test_impossible_inputs_are_refused(change, message):
    words = {
        "cell": np.eye(3),
        "positions_from": np.zeros((1, 3)),
        "positions_to": np.zeros((1, 3)),
        "occupancies": [1.0],
    }
    with pytest.raises(ValueError, match=message):
        lattice_sum_r6(**{**words, **change})


def test_a_direction_without_length_is_refused():
    with pytest.raises(ValueError, match="direction"):
        lattice_sum_r6_along(
            cell=np.eye(3),
            positions_from=np.zeros((1, 3)),
            positions_to=np.zeros((1, 3)),
            occupancies=[1.0],
            directions=[[0, 0, 0]],
        )

"""Invariances of the dipolar correlation, for every walk."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.motion.trajectories import dipolar_correlation_from_positions

seeds = st.integers(0, 2**32 - 1)
PS = 1e-12


def walk_in_skew_cell(seed, *, frames=64, atoms=5):
    rng = np.random.default_rng(seed)
    cell = np.diag(rng.uniform(5, 9, 3)) + np.tril(rng.uniform(-2, 2, size=(3, 3)), -1)
    start = rng.random((1, atoms, 3)) @ cell
    steps = np.cumsum(rng.normal(scale=0.2, size=(frames, atoms, 3)), axis=0)
    return (start + steps) * 1e-10, cell * 1e-10


def correlate(path, cell, **words):
    return dipolar_correlation_from_positions(
        positions=path, cell=cell, frame_interval=PS, longest_lag=8 * PS, groups=2, **words
    ).values


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_turning_relabelling_shifting_and_wrapping_change_nothing(seed):
    path, cell = walk_in_skew_cell(seed)
    expected = correlate(path, cell)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    images = rng.integers(-3, 4, size=(1, 5, 3)) @ cell
    for other, lattice in (
        (path @ turn, cell @ turn),
        (path[:, rng.permutation(5)], cell),
        (path + 3e-10, cell),
        (path + images, cell),
        (path, np.array([[1, 0, 0], [1, 1, 0], [-1, 2, 1]]) @ cell),
    ):
        np.testing.assert_allclose(
            correlate(other, lattice), expected, rtol=2e-4, atol=1e-5 * expected[0]
        )


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_time_may_run_backwards(seed):
    path, cell = walk_in_skew_cell(seed)
    expected = correlate(path, cell)
    atol = 1e-5 * expected[0]
    np.testing.assert_allclose(correlate(path[::-1], cell), expected, rtol=1e-4, atol=atol)


@given(seeds, st.floats(0.3, 3.0))
@settings(max_examples=25, deadline=None)
def test_lengths_scale_as_the_inverse_sixth_power(seed, factor):
    path, cell = walk_in_skew_cell(seed)
    scaled = correlate(path * factor, cell * factor)
    expected = correlate(path, cell)
    atol = 1e-5 * expected[0]
    np.testing.assert_allclose(scaled * factor**6, expected, rtol=1e-4, atol=atol)


@given(seeds, st.integers(4, 20))
@settings(max_examples=20, deadline=None)
def test_mean_over_all_choices_of_vacancies_is_the_lattice_sum_times_pairs_left(seed, atoms):
    rng = np.random.default_rng(seed)
    cell = np.eye(3) * 3e-10
    grid = np.stack(np.meshgrid(*[range(3)] * 3, indexing="ij"), -1).reshape(-1, 3) * 1e-10
    full = correlate(np.broadcast_to(grid, (9, 27, 3)), cell)[0]
    # each frame another choice: the mean of S(0) over frames is the mean over choices
    chosen = np.stack([grid[rng.permutation(27)[:atoms]] for _ in range(300)])
    found = dipolar_correlation_from_positions(
        positions=chosen, cell=cell, frame_interval=PS, longest_lag=2 * PS, groups=2
    )
    scatter = [correlate(np.broadcast_to(one, (9, atoms, 3)), cell)[0] for one in chosen[:12]]
    error = max(np.std(scatter, ddof=1), 1e-3 * full) / np.sqrt(300)
    assert abs(found.sum_r6 - full * (atoms - 1) / 26) < 6 * error

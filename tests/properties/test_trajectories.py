"""Invariances of paths and mean square displacements, for every walk."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from megabar.motion.trajectories import (
    collective_msd_from_positions,
    msd_from_positions,
    tracer_diffusivity_from_positions,
    unwrap,
)

seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(2, 60), st.integers(1, 5), st.just(3))


def walk(seed, size, step=1.0):
    return np.cumsum(np.random.default_rng(seed).normal(scale=step, size=size), axis=0)


def skewed_cells(seed, frames):
    rng = np.random.default_rng(seed)
    cell = np.diag(rng.uniform(5, 9, size=3)) + np.tril(rng.uniform(-2, 2, size=(3, 3)), -1)
    return cell * rng.uniform(0.97, 1.03, size=(frames, 1, 1))


@given(seeds, sizes)
@settings(max_examples=50)
def test_unwrapping_what_was_wrapped_gives_it_back(seed, size):
    cells = skewed_cells(seed, size[0])
    steps = np.random.default_rng(seed).uniform(-0.12, 0.12, size=size)
    fractions = np.cumsum(steps, axis=0)
    wrapped = (fractions - np.floor(fractions)) @ cells
    found = unwrap(
        positions=wrapped, cells=cells, time_ordered=True, unwrapped=False, lattice="reference"
    )
    expected = (fractions - fractions[0]) @ cells.mean(axis=0)
    np.testing.assert_allclose(found.positions - found.positions[0], expected, atol=1e-9)


@given(seeds, sizes)
@settings(max_examples=50)
def test_turning_time_or_space_and_relabelling_atoms_changes_no_displacement(seed, size):
    path = walk(seed, size)
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    for function in (msd_from_positions, collective_msd_from_positions):
        expected = function(positions=path)
        atol = 1e-10 * max(1.0, expected.max())
        for other in (path[::-1], path @ turn.T, path[:, ::-1], path + 17.0):
            np.testing.assert_allclose(function(positions=other), expected, atol=atol)


@given(seeds, st.floats(0.1, 10.0), st.floats(0.1, 10.0))
@settings(max_examples=25)
def test_a_diffusivity_scales_with_length_squared_over_time(seed, length, time):
    path = walk(seed, (300, 4, 3), 1e-10)
    words = {"fit_from": 1e-12, "fit_to": 4e-12, "frame_interval": 1e-12}
    one = tracer_diffusivity_from_positions(positions=path, **words)
    scaled = {name: value * time for name, value in words.items()}
    other = tracer_diffusivity_from_positions(positions=path * length, **scaled)
    for name, power in (("value", 1), ("std", 1)):
        factor = (length**2 / time) ** power
        np.testing.assert_allclose(getattr(other, name), factor * getattr(one, name), rtol=1e-9)

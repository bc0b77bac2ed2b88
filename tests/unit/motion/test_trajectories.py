"""Paths across faces of a cell, mean square displacements, frames of reference."""

import tracemalloc

import numpy as np
import pytest

from megabar.errors import NotATrajectory, Undetermined, UnknownWord
from megabar.motion.trajectories import (
    collective_msd_from_positions,
    momentum_frame_factor,
    msd_from_positions,
    msd_tensor_from_positions,
    relative_to_framework,
    tracer_diffusivity_from_positions,
    unwrap,
    unwrapping,
)

SKEWED = np.array([[6.0, 0, 0], [2.9, 5.2, 0], [0.4, -0.3, 6.5]]) * 1e-10


def along_x(*values):
    return np.array(values, dtype=float)[:, np.newaxis, np.newaxis] * np.array([1.0, 0, 0])


def cubes(*edges):
    return np.array(edges, dtype=float)[:, np.newaxis, np.newaxis] * np.eye(3)


def wrap(positions, cells):
    fractions = positions @ np.linalg.inv(cells)
    return (fractions - np.floor(fractions)) @ cells


def followed(positions, cells, **words):
    told = {"time_ordered": True, "unwrapped": False, "lattice": "reference"}
    return unwrap(positions=positions, cells=cells, **{**told, **words})


def msd_by_definition(positions):
    count = len(positions)
    return np.array(
        [
            np.mean(np.sum((positions[k:] - positions[: count - k]) ** 2, axis=-1))
            for k in range(count)
        ]
    )


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lattice", "expected"),
    [("reference", [9.5, 10.5, 11.0]), ("instantaneous", [9.5, 11.55, 11.9])],
)
@pytest.mark.parametrize("crossings", [0, 1])  # put back into the cell or not, it is one path
def test_a_breathing_cell_does_not_add_its_breath_to_each_crossing(lattice, expected, crossings):
    cells = cubes(10, 11, 9)
    fractions = along_x(0.95, 0.05 + crossings, 0.10 + crossings)
    path = followed(fractions @ cells, cells, lattice=lattice)
    np.testing.assert_allclose(path.positions[:, 0, 0], expected, rtol=1e-9)


def test_strain_of_a_crystal_is_no_diffusion():
    cells = cubes(10, 11, 9, 10)
    fractions = np.full((4, 1, 3), [0.4, 0.9, 0.2]) + along_x(0, 3, -2, 5)
    for unwrapped, positions in (
        (False, fractions @ cells),
        (True, np.full((4, 1, 3), 0.4) @ cells),
    ):
        path = followed(positions, cells, unwrapped=unwrapped)
        np.testing.assert_allclose(path.positions - path.positions[0], 0, atol=1e-12)


@pytest.mark.parametrize("block", [1, 7, 10_000])
def test_paths_are_found_again_in_a_skewed_breathing_cell(block, monkeypatch):
    monkeypatch.setattr(unwrapping, "_BLOCK", block * 15)
    rng = np.random.default_rng(3)
    steps = rng.normal(scale=0.03, size=(200, 5, 3)).clip(-0.08, 0.08)
    fractions = np.cumsum(steps, axis=0)
    cells = SKEWED * rng.uniform(0.98, 1.02, size=(200, 1, 1))
    reference = cells.mean(axis=0)
    path = followed(wrap(fractions @ cells, cells), cells)
    np.testing.assert_allclose(
        path.positions - path.positions[0], (fractions - fractions[0]) @ reference, atol=1e-20
    )
    np.testing.assert_allclose(path.reference_cell, reference)


def test_paths_can_go_to_a_file(tmp_path):
    target = np.lib.format.open_memmap(
        tmp_path / "paths.npy", mode="w+", dtype=np.float32, shape=(3, 1, 3)
    )
    path = followed(along_x(9.5, 0.5, 1.5), cubes(10, 10, 10), out=target)
    assert path.positions is target
    np.testing.assert_allclose(target[:, 0, 0], [9.5, 10.5, 11.5])


def test_large_steps_are_warned_of_and_ambiguous_ones_refused():
    cells = cubes(10, 10)
    assert followed(along_x(0, 2.9), cells).warnings == ()
    warned = followed(along_x(0, 3.1), cells)
    assert warned.step_ratio == pytest.approx(0.62)
    assert "ambiguous" in warned.warnings[0]
    with pytest.raises(Undetermined, match=r"0\.92 of half the smallest cell height"):
        followed(along_x(0, 4.6), cells)


def test_the_ratio_counts_the_smallest_height_of_a_skewed_cell():
    cells = np.stack([SKEWED, SKEWED])
    normal = np.cross(SKEWED[1], SKEWED[2])
    height = np.linalg.det(SKEWED) / np.linalg.norm(normal)
    heights = [
        np.linalg.det(SKEWED) / np.linalg.norm(np.cross(SKEWED[i], SKEWED[j]))
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert height == pytest.approx(heights[2])
    path = followed(along_x(0, 1e-10), cells)
    assert path.step_ratio == pytest.approx(2e-10 / min(heights))


def test_frames_in_no_order_are_no_trajectory():
    with pytest.raises(NotATrajectory, match="no order of time"):
        followed(along_x(0, 1), cubes(10, 10), time_ordered=False)


def test_positions_that_are_called_unwrapped_and_are_not_are_found_out():
    cells = np.tile(10 * np.eye(3), (400, 1, 1))
    rng = np.random.default_rng(8)
    true = np.cumsum(rng.normal(scale=0.7, size=(400, 4, 3)).clip(-2, 2), axis=0)
    np.testing.assert_allclose(followed(true, cells, unwrapped=True).positions, true, atol=1e-11)
    with pytest.raises(NotATrajectory, match="whole cell and none of about half"):
        followed(wrap(true, cells), cells, unwrapped=True)


def test_wrapped_positions_without_unwrapping_end_on_a_plateau():
    """What the check above protects from: no error, and a wrong number."""
    cells = np.tile(10 * np.eye(3), (3000, 1, 1))
    rng = np.random.default_rng(8)
    true = np.cumsum(rng.normal(scale=0.7, size=(3000, 20, 3)).clip(-2, 2), axis=0)
    wrapped = wrap(true, cells)
    plateau = 3 * 10**2 / 6  # two independent uniform positions: L2/6 per axis
    assert msd_from_positions(positions=wrapped)[1000] == pytest.approx(plateau, rel=0.05)
    found = followed(wrapped, cells).positions
    assert msd_from_positions(positions=found)[1000] > 10 * plateau


@pytest.mark.parametrize(
    ("positions", "cells", "words", "error", "match"),
    [
        (np.zeros((2, 3)), cubes(1, 1), {}, ValueError, r"\(2, 3\)"),
        (np.zeros((2, 1, 3)), cubes(1), {}, ValueError, r"cells of shape \(1, 3, 3\)"),
        (np.zeros((2, 1, 3)), cubes(1, 1), {"lattice": "refrence"}, UnknownWord, "reference"),
    ],
)
def test_impossible_frames_are_refused(positions, cells, words, error, match):
    with pytest.raises(error, match=match):
        followed(positions, cells, **words)


# --- the frame of the metal -----------------------------------------------------------------------


def test_a_drift_of_everything_changes_nothing_in_the_frame_of_the_metal():
    rng = np.random.default_rng(2)
    walk = np.cumsum(rng.normal(size=(50, 4, 3)), axis=0)
    drift = np.cumsum(rng.normal(size=(50, 1, 3)), axis=0)
    words = {"species": ("La", "H", "H", "La"), "framework": ("La",)}
    still = relative_to_framework(positions=walk, **words)
    moved = relative_to_framework(positions=walk + drift, **words)
    for found in (msd_from_positions, collective_msd_from_positions):
        np.testing.assert_allclose(
            found(positions=moved.positions[:, 1:3]),
            found(positions=still.positions[:, 1:3]),
            rtol=1e-9,
        )
    assert still.frame == "framework"


def test_without_framework_atoms_it_stays_in_the_laboratory_and_says_so():
    found = relative_to_framework(positions=np.ones((2, 1, 3)), species=("H",), framework=())
    assert found.frame == "laboratory"
    assert "no framework atoms" in found.warnings[0]
    np.testing.assert_array_equal(found.drift, 0)


@pytest.mark.parametrize(("species", "framework"), [(("H", "H"), ()), (("H",), ("La",))])
def test_symbols_must_fit_the_atoms(species, framework):
    with pytest.raises(ValueError, match="one symbol per atom"):
        relative_to_framework(positions=np.ones((2, 1, 3)), species=species, framework=framework)


@pytest.mark.parametrize("block", [1, 100_000])
def test_chosen_atoms_go_to_a_file_in_the_frame_of_the_metal(tmp_path, block, monkeypatch):
    monkeypatch.setattr("megabar.motion.trajectories.framework._BLOCK", block)
    walk = np.cumsum(np.random.default_rng(2).normal(size=(50, 4, 3)), axis=0)
    target = np.lib.format.open_memmap(
        tmp_path / "hydrogen.npy", mode="w+", dtype=np.float32, shape=(50, 2, 3)
    )
    words = {"positions": walk, "species": ("La", "H", "H", "Y"), "framework": ("La", "Y")}
    found = relative_to_framework(**words, chosen=("H",), out=target)
    drift = (walk[:, [0, 3]] - walk[0, [0, 3]]).mean(axis=1, keepdims=True)
    assert found.positions is target
    np.testing.assert_allclose(target, (walk - drift)[:, 1:3], rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="strangers D"):
        relative_to_framework(**words, chosen=("D",))


def test_the_centre_of_mass_as_origin_lowers_the_collective_displacement_by_the_factor():
    rng = np.random.default_rng(6)
    masses = np.array([138.905, *[1.008] * 10])
    walk = np.cumsum(rng.normal(size=(300, 11, 3)), axis=0)
    centred = walk - (walk @ np.eye(3) * masses[:, np.newaxis]).sum(1, keepdims=True) / masses.sum()
    host = walk - walk[:, :1]
    ratio = (
        collective_msd_from_positions(positions=centred[:, 1:])[1:100]
        / collective_msd_from_positions(positions=host[:, 1:])[1:100]
    )
    np.testing.assert_allclose(ratio, 0.86926, atol=5e-6)
    factor = momentum_frame_factor(mobile_mass=10.08, framework_mass=138.905)
    assert factor == pytest.approx(0.86926, abs=5e-6)
    with pytest.raises(ValueError, match="positive"):
        momentum_frame_factor(mobile_mass=1.0, framework_mass=0.0)


# --- mean square displacements --------------------------------------------------------------------


def test_four_positions_by_hand():
    found = msd_from_positions(positions=along_x(0, 1, 3, 6))
    np.testing.assert_allclose(found, [0, 14 / 3, 17, 36], rtol=1e-12)


@pytest.mark.parametrize("frames", [2, 3, 64, 97])
def test_the_transform_agrees_with_the_definition(frames, monkeypatch):
    monkeypatch.setattr("megabar.motion.trajectories.displacements._BLOCK", 1)  # one atom a block
    walk = np.cumsum(np.random.default_rng(1).normal(size=(frames, 6, 3)), axis=0) * 1e-10
    np.testing.assert_allclose(
        msd_from_positions(positions=walk), msd_by_definition(walk), rtol=1e-10, atol=1e-32
    )
    total = walk.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        collective_msd_from_positions(positions=walk), msd_by_definition(total) / 6, rtol=1e-10
    )


@pytest.mark.parametrize("longest", [1, 5, 23, 48, 96])
@pytest.mark.parametrize("segment", [1, 30, 1000])
def test_segments_leave_no_pair_of_frames_out_and_count_none_twice(longest, segment, monkeypatch):
    module = "megabar.motion.trajectories.displacements"
    monkeypatch.setattr(f"{module}._SHORTEST_SEGMENT", segment)
    monkeypatch.setattr(f"{module}._SEGMENT_OVER_LAG", 1 if segment == 1 else 4)
    walk = np.cumsum(np.random.default_rng(7).normal(size=(97, 5, 3)), axis=0)
    found = msd_from_positions(positions=walk, longest_lag=longest)
    np.testing.assert_allclose(found, msd_by_definition(walk)[: longest + 1], rtol=1e-10)
    total = collective_msd_from_positions(positions=walk, longest_lag=longest)
    by_hand = msd_by_definition(walk.sum(axis=1, keepdims=True)) / 5
    np.testing.assert_allclose(total, by_hand[: longest + 1], rtol=1e-10)


@pytest.mark.parametrize("longest", [0, 97, 200])
def test_a_longest_lag_outside_of_the_run_is_refused(longest):
    with pytest.raises(ValueError, match=f"longest lag of {longest} frames in a run of 97"):
        msd_from_positions(positions=np.zeros((97, 1, 3)), longest_lag=longest)


@pytest.fixture(scope="module")
def long_run(tmp_path_factory):
    """Walks of 312 atoms through 40,000 frames in a file, 150 MB of float32."""
    path = tmp_path_factory.mktemp("long") / "positions.npy"
    shape = (40_000, 312, 3)
    target = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    rng = np.random.default_rng(12)
    at = np.zeros((1, 312, 3), dtype=np.float32)
    for start in range(0, len(target), 2000):
        steps = rng.standard_normal((2000, 312, 3), dtype=np.float32)
        target[start : start + 2000] = at + np.cumsum(steps, axis=0)
        at = target[start + 1999 : start + 2000]
    return target


def peak_of(function):
    """Bytes of arrays beside what was there before."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_of_a_displacement_stays_the_same_when_the_run_grows(long_run):
    def peak(frames, **words):
        return peak_of(lambda: msd_from_positions(positions=long_run[:frames], **words))

    assert peak(20_000) < 30e6  # all lags
    short, long = (peak(frames, longest_lag=1000) for frames in (10_000, 40_000))
    assert long < 15e6
    assert long < 1.02 * short


def test_memory_of_a_diffusivity_grows_by_one_number_per_origin_alone(long_run):
    def peak(frames):
        return peak_of(
            lambda: tracer_diffusivity_from_positions(
                positions=long_run[:frames], frame_interval=1e-15, fit_from=2e-14, fit_to=2e-13
            )
        )

    peak(9_000)  # compiles
    assert peak(40_000) < 60e6
    assert peak(40_000) - peak(20_000) < 60 * 20_000


def test_straight_flight_gives_the_square_of_speed_and_time():
    velocity = np.array([300.0, -200.0, 100.0])
    time = np.arange(500) * 1e-15
    flight = time[:, np.newaxis, np.newaxis] * velocity
    found = msd_tensor_from_positions(positions=flight)
    expected = np.outer(velocity, velocity) * time[:, np.newaxis, np.newaxis] ** 2
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9 * expected.max())


def test_the_trace_of_the_tensor_is_the_mean_square_and_turns_with_the_axes():
    walk = np.cumsum(np.random.default_rng(5).normal(size=(80, 3, 3)) * [1, 2, 3], axis=0)
    tensor = msd_tensor_from_positions(positions=walk)
    np.testing.assert_allclose(
        np.trace(tensor, axis1=1, axis2=2), msd_from_positions(positions=walk), rtol=1e-10
    )
    turn = np.linalg.qr(np.random.default_rng(6).normal(size=(3, 3)))[0]
    turned = msd_tensor_from_positions(positions=walk @ turn.T)
    np.testing.assert_allclose(turned, turn @ tensor @ turn.T, atol=1e-9 * tensor.max())


def test_a_vibration_reaches_six_times_its_mean_square_per_axis():
    """Ornstein-Uhlenbeck per axis: 2 d s2 (1 - exp(-t/tau))."""
    rng = np.random.default_rng(9)
    s, tau, frames = 0.12e-10, 10.0, 20_000
    memory = np.exp(-1 / tau)
    x = np.empty((frames, 20, 3))
    x[0] = rng.normal(scale=s, size=(20, 3))
    kicks = rng.normal(scale=s * np.sqrt(1 - memory**2), size=x.shape)
    for k in range(1, frames):
        x[k] = memory * x[k - 1] + kicks[k]
    lags = np.arange(60)
    expected = 6 * s**2 * (1 - np.exp(-lags / tau))
    found = msd_from_positions(positions=x + 1e-7)[:60]
    np.testing.assert_allclose(found, expected, atol=0.02 * 6 * s**2)


def test_a_large_offset_does_not_cost_the_vibration():
    small = np.random.default_rng(3).normal(size=(300, 2, 3)) * 1e-12
    far = small + 1e-7  # a thousand angstrom away
    np.testing.assert_allclose(
        msd_from_positions(positions=far),
        msd_from_positions(positions=small),
        rtol=1e-6,
        atol=1e-30,
    )


@pytest.mark.parametrize("shape", [(1, 2, 3), (5, 0, 3), (5, 3), (5, 2, 2)])
def test_too_few_frames_or_atoms_are_refused(shape):
    for function in (
        msd_from_positions,
        msd_tensor_from_positions,
        collective_msd_from_positions,
    ):
        with pytest.raises(ValueError, match="at least two frames"):
            function(positions=np.zeros(shape))

"""Ab initio frames: SI numbers, no order in time, skewed cells."""

import shutil

import numpy as np
import pytest
from tests.realdata import data_path

from megabar import constants
from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers.frames import minimum_image_distances, read_frames
from megabar.readers.registry import read

R3M = "lah10-rhombohedral-aimd/data/full/r3m"
PROTON = 2.6752218744e8  # rad s-1 T-1


@pytest.fixture
def folder(tmp_path):
    """Two frames of three atoms in a cube of 3 A, virial 3 eV along each axis."""
    place = tmp_path / "cubic"
    (place / "set.000").mkdir(parents=True)
    (place / "type.raw").write_text("0\n1\n1\n")
    arrays = {
        "coord": np.arange(18.0).reshape(2, 9) / 10,
        "box": np.tile(3 * np.eye(3).ravel(), (2, 1)),
        "virial": np.tile(3 * np.eye(3).ravel(), (2, 1)),
        "energy": np.array([-1.0, -2.0]),
    }
    for name, array in arrays.items():
        np.save(place / "set.000" / f"{name}.npy", array)
    return place


@pytest.fixture(scope="module")
def lah10():
    return read_frames(data_path(R3M), species=("La", "H"))


def pairs_of_hydrogen(frames):
    hydrogen = np.array([i for i, symbol in enumerate(frames.species) if symbol == "H"])
    first, second = np.triu_indices(len(hydrogen), 1)
    return hydrogen[first], hydrogen[second]


def distances(frames, number):
    first, second = pairs_of_hydrogen(frames)
    return minimum_image_distances(
        positions=frames.positions[number], cell=frames.cell[number], first=first, second=second
    )


def test_lengths_energies_and_pressures_are_si(folder):
    frames = read_frames(folder, species=("La", "H"))
    assert frames.species == ("La", "H", "H")
    np.testing.assert_allclose(frames.positions[0, 1], [0.3e-10, 0.4e-10, 0.5e-10])
    np.testing.assert_allclose(frames.volume, 27e-30)
    np.testing.assert_allclose(frames.energy, [-1.602176634e-19, -2 * 1.602176634e-19])
    # tr(virial)/(3V) = 3 eV / 27 A3, and 1 eV/A3 is 160.21766 GPa
    np.testing.assert_allclose(frames.pressure, 3 / 27 * 160.21766e9, rtol=1e-7)
    assert frames.time_ordered is False


def test_frames_without_virial_have_no_pressure(folder):
    (folder / "set.000" / "virial.npy").unlink()
    frames = read_frames(folder, species=("La", "H"))
    assert frames.virial is None
    assert np.isnan(frames.pressure).all()


def test_frames_are_no_measurement(folder):
    with pytest.raises(UnreadableFile, match=r"readers\.frames\.read_frames"):
        read(folder)


def test_minimum_image_of_a_skewed_cell_agrees_with_a_wide_search():
    rng = np.random.default_rng(9)
    for _ in range(20):
        cell = np.array([[1.0, 0, 0], [0.93, 0.4, 0], [0.9, 0.15, 0.35]])
        atoms = rng.uniform(size=(12, 3)) @ cell
        first, second = np.triu_indices(12, 1)
        span = np.arange(-6.0, 7)
        images = np.stack(np.meshgrid(span, span, span), axis=-1).reshape(-1, 1, 3) @ cell
        wide = np.linalg.norm(atoms[second] - atoms[first] + images, axis=-1).min(axis=0)
        found = minimum_image_distances(positions=atoms, cell=cell, first=first, second=second)
        rounded = atoms[second] - atoms[first]
        fractions = rounded @ np.linalg.inv(cell)
        rounding = np.linalg.norm((fractions - np.rint(fractions)) @ cell, axis=-1)
        assert (found <= rounding + 1e-12).all()
        assert (found >= wide - 1e-12).all()


@pytest.mark.parametrize(
    ("damage", "error", "match"),
    [
        (lambda p: (p / "type.raw").unlink(), UnreadableFile, "type.raw"),
        (lambda p: (p / "type.raw").write_text("0\n7\n1"), InconsistentHeader, "types 7"),
        (lambda p: (p / "type.raw").write_text("0\n1"), InconsistentHeader, "no rows of 6"),
        (lambda p: shutil.rmtree(p / "set.000"), UnreadableFile, "no set with a coord.npy"),
        (lambda p: (p / "set.000/box.npy").unlink(), TruncatedData, "box.npy"),
        (
            lambda p: (p / "set.000/coord.npy").write_bytes(
                (p / "set.000/coord.npy").read_bytes()[:-8]
            ),
            TruncatedData,
            "coord.npy",
        ),
        (
            lambda p: np.save(p / "set.000/coord.npy", np.array([{"a": 1}])),  # a pickle
            InconsistentHeader,
            "coord.npy",
        ),
        (
            lambda p: np.save(p / "set.000/box.npy", np.full((2, 9), np.nan)),
            InconsistentHeader,
            "not finite",
        ),
        (lambda p: np.save(p / "set.000/box.npy", np.zeros((2, 9))), InconsistentHeader, "volume"),
        (lambda p: np.save(p / "set.000/box.npy", np.ones((1, 9))), InconsistentHeader, "1 cells"),
    ],
)
def test_a_damaged_folder_is_named(folder, damage, error, match):
    damage(folder)
    with pytest.raises(error, match=f"cubic: .*{match}"):
        read_frames(folder, species=("La", "H"))


# --- real files -----------------------------------------------------------------------------------


def test_pressure_and_volume_of_lah10(lah10):
    assert len(lah10.cell) == 200
    pressure = lah10.pressure / 1e9
    assert pressure.mean() == pytest.approx(118.0, abs=0.2)
    assert pressure.min() == pytest.approx(97.8, abs=0.2)
    assert pressure.max() == pytest.approx(147.8, abs=0.2)
    assert lah10.species.count("H") == 10 * lah10.species.count("La")
    volume = lah10.volume * 1e30 / lah10.species.count("La")
    assert volume.mean() == pytest.approx(35.88, abs=0.02)


def test_shortest_distance_of_two_hydrogens_over_all_frames(lah10):
    shortest = min(distances(lah10, number).min() for number in range(len(lah10.cell)))
    assert shortest * 1e10 == pytest.approx(0.753, abs=0.002)


@pytest.mark.parametrize(
    ("number", "kilohertz"), [(0, 120.8), (50, 121.1), (100, 116.0), (150, 118.2)]
)
def test_rigid_second_moment_of_single_frames(lah10, number, kilohertz):
    hydrogens = lah10.species.count("H")
    lattice_sum = 2 * np.sum(distances(lah10, number) ** -6) / hydrogens
    factor = 9 / 20 * constants.mu_0_over_4pi**2 * PROTON**4 * constants.hbar**2
    assert np.sqrt(factor * lattice_sum) / (2 * np.pi) == pytest.approx(1e3 * kilohertz, rel=0.01)


def test_nearest_hydrogens_of_every_fourth_frame(lah10):
    nearest = []
    for number in range(0, 200, 4):
        first, second = pairs_of_hydrogen(lah10)
        apart = distances(lah10, number)
        shortest = np.full(len(lah10.species), np.inf)
        np.minimum.at(shortest, first, apart)
        np.minimum.at(shortest, second, apart)
        nearest.append(shortest[np.isfinite(shortest)] * 1e10)
    found = np.array(nearest)
    assert found.mean() == pytest.approx(1.0117, rel=2e-3)
    assert found.min() == pytest.approx(0.7532, rel=2e-3)
    assert (found < 0.85).mean() == pytest.approx(0.0459, rel=5e-2)


def test_rounding_misses_the_nearest_image_of_a_reduced_cell():
    cell = np.array([[6.0, 0, 0], [2.9, 5.2, 0], [0, 0, 6.5]])
    apart = np.array([4.2, 2.4, 1.0])
    fractions = apart @ np.linalg.inv(cell)
    rounded = np.linalg.norm((fractions - np.rint(fractions)) @ cell)
    assert rounded == pytest.approx(4.93964, abs=1e-5)
    found = minimum_image_distances(
        positions=np.array([[0.0, 0, 0], apart]),
        cell=cell,
        first=np.array([0]),
        second=np.array([1]),
    )
    assert found[0] == pytest.approx(3.16228, abs=1e-5)

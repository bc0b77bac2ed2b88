"""Trajectories as XTC, TRR, DCD and of i-PI: what they round, leave out, or drop in silence."""

import builtins

import numpy as np
import pytest
from MDAnalysis.lib.formats.libdcd import DCDFile
from MDAnalysis.lib.formats.libmdaxdr import TRRFile, XTCFile

from megabar.errors import (
    InconsistentHeader,
    MissingExtra,
    NotATrajectory,
    OpenQuestion,
    TruncatedData,
)
from megabar.readers.frames import (
    centroid_of_beads,
    format_of,
    read_trajectory,
    trajectory_blocks,
)

CELL = np.array([[6.0, 0, 0], [2.9, 5.2, 0], [0.4, -0.3, 6.5]])  # angstrom, skewed
TURNED = np.array([[5.0, 0.1, 0], [-0.2, 5.5, 0.3], [0.4, 0, 6.0]])  # axes along nothing
SPECIES = ("La2", "H10")
RNG = np.random.default_rng(11)
POSITIONS = RNG.uniform(-1, 8, size=(6, 12, 3))  # angstrom
BOHR = 0.529177210544e-10


def xtc(path, times, *, cell=CELL, precision=1000.0):
    with XTCFile(str(path), "w") as stream:
        for step, time in enumerate(times):
            positions = (POSITIONS[step] / 10).astype(np.float32)
            stream.write(positions, (cell / 10).astype(np.float32), step * 50, time, precision)
    return path


def trr(path, times, *, without=()):
    with TRRFile(str(path), "w") as stream:
        for step, time in enumerate(times):
            values = (POSITIONS[step] / 10).astype(np.float32)
            kept = None if step in without else values
            box = (CELL / 10).astype(np.float32)
            stream.write(kept, values, None, box, step * 50, time, 0.0, 12)
    return path


def dcd(path, unitcell, *, frames=6):
    with DCDFile(str(path), "w") as stream:
        stream.write_header("made here", 12, 0, 10, 0.02, 1)
        for step in range(frames):
            stream.write(POSITIONS[step].astype(np.float32), unitcell)
    return path


def ipi(
    path,
    positions,
    *,
    bead=0,
    key="positions{angstrom}",
    cell_unit="cell{angstrom}",
    cell="CELL(abcABC): 9.0 8.0 7.0 90.0 90.0 60.0",
    steps=None,
):
    lines = []
    for number, frame in enumerate(positions):
        step = steps[number] if steps else 10 * number
        lines += [str(len(frame)), f"# {cell}  Step: {step}  Bead: {bead} {key}  {cell_unit}"]
        names = ["La"] + ["H"] * (len(frame) - 1)
        rows = zip(names, frame, strict=True)
        lines += [f"{name:>8} {x:12.5e} {y:12.5e} {z:12.5e}" for name, (x, y, z) in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def evenly(interval, count=6, start=0.0):
    return [start + interval * k for k in range(count)]


# --- XTC and TRR ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [CELL, TURNED])
def test_an_xtc_gives_its_time_its_cell_as_it_lies_and_its_rounding(tmp_path, cell):
    frames = read_trajectory(xtc(tmp_path / "a.xtc", evenly(0.5), cell=cell), species=SPECIES)
    assert frames.interval() == pytest.approx(0.5e-12)
    assert frames.species == ("La",) * 2 + ("H",) * 10
    assert frames.rounding == pytest.approx(0.005e-10)
    np.testing.assert_allclose(frames.cell, np.tile(cell * 1e-10, (6, 1, 1)), atol=1e-17)
    error = np.abs(frames.positions - POSITIONS * 1e-10).max()
    assert 0.9 * frames.rounding < error < 1.001 * frames.rounding
    assert not frames.unwrapped
    assert [file.name for file in tmp_path.iterdir()] == ["a.xtc"]  # no index left beside it


def test_a_trr_is_exact_and_frames_without_positions_are_no_frames(tmp_path):
    frames = read_trajectory(
        trr(tmp_path / "a.trr", evenly(0.25), without=(1, 3, 5)), species=SPECIES
    )
    np.testing.assert_allclose(frames.positions, POSITIONS[::2] * 1e-10, rtol=1e-6, atol=1e-17)
    assert frames.interval() == pytest.approx(0.5e-12)
    assert frames.rounding is None


@pytest.mark.parametrize("write", [xtc, trr])
def test_times_on_a_logarithmic_scale_are_refused(tmp_path, write):
    path = write(tmp_path / "a", [0.0, 1.0, 2.0, 4.0, 8.0, 16.0])
    with pytest.raises(NotATrajectory, match="1e-12, 2e-12, 4e-12, 8e-12 s apart"):
        read_trajectory(path, species=SPECIES)


def test_times_far_from_zero_are_only_as_unequal_as_float32_makes_them(tmp_path):
    path = xtc(tmp_path / "a.xtc", evenly(0.02, start=5e4))
    frames = read_trajectory(path, species=SPECIES)
    assert frames.interval() == pytest.approx(0.02e-12, rel=0.05)
    exact = read_trajectory(path, species=SPECIES, frame_interval="20 fs")
    assert exact.interval() == pytest.approx(0.02e-12, rel=1e-12)


def test_an_interval_that_contradicts_the_file_is_refused(tmp_path):
    path = xtc(tmp_path / "a.xtc", evenly(0.5))
    with pytest.raises(InconsistentHeader, match="So 5e-13 s lie between frames"):
        read_trajectory(path, species=SPECIES, frame_interval="1 ps")
    assert read_trajectory(path, species=SPECIES, every=2).interval() == pytest.approx(1e-12)


def test_a_binary_file_asks_for_its_symbols_and_counts_them(tmp_path):
    path = xtc(tmp_path / "a.xtc", evenly(0.5))
    with pytest.raises(OpenQuestion, match="12 atoms and names none"):
        read_trajectory(path)
    for species in (("La2", "H9"), ("La2", "10H"), ("La", "H")):
        with pytest.raises(InconsistentHeader, match="12 atoms in the file"):
            read_trajectory(path, species=species)


def test_an_xtc_that_ends_inside_a_frame_is_named(tmp_path):
    path = xtc(tmp_path / "a.xtc", evenly(0.5))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InconsistentHeader, match=r"frame 5.*after its 5 whole frames"):
        read_trajectory(path, species=SPECIES)


def test_blocks_are_the_whole(tmp_path):
    path = xtc(tmp_path / "a.xtc", evenly(0.5))
    blocks = list(trajectory_blocks(path, frame_interval="0.5 ps", species=SPECIES))
    whole = read_trajectory(path, species=SPECIES)
    np.testing.assert_array_equal(np.concatenate([b.positions for b in blocks]), whole.positions)


# --- DCD ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [60.0, np.cos(np.pi / 3)])  # degrees or its cosine
def test_a_dcd_cell_is_lengths_and_angles_or_their_cosines(tmp_path, angle):
    right = 90.0 if angle > 1 else 0.0
    path = dcd(tmp_path / "a.dcd", [9.0, angle, 8.0, right, right, 7.0])
    frames = read_trajectory(path, species=SPECIES, frame_interval="1 fs")
    wanted = np.array([[9, 0, 0], [4, 4 * np.sqrt(3), 0], [0, 0, 7.0]]) * 1e-10
    np.testing.assert_allclose(frames.cell[0], wanted, atol=1e-19)
    np.testing.assert_allclose(frames.positions, POSITIONS * 1e-10, rtol=1e-6, atol=1e-17)


def test_the_time_of_a_dcd_has_no_unit_and_is_asked(tmp_path):
    path = dcd(tmp_path / "a.dcd", [9.0, 90, 8, 90, 90, 7])
    with pytest.raises(OpenQuestion, match="whose unit it does not say"):
        read_trajectory(path, species=SPECIES)


@pytest.mark.parametrize(
    ("unitcell", "match"),
    [([9.0, 1.5, 9, 1.5, 1.5, 9], "angles of"), ([0.0, 90, 0, 90, 90, 0], "no cell")],
)
def test_a_dcd_without_a_cell_or_with_a_matrix_is_refused(tmp_path, unitcell, match):
    with pytest.raises(InconsistentHeader, match=match):
        read_trajectory(dcd(tmp_path / "a.dcd", unitcell), species=SPECIES, frame_interval="1 fs")


def test_a_dcd_that_ends_inside_a_frame_is_refused_not_shortened(tmp_path):
    path = dcd(tmp_path / "a.dcd", [9.0, 90, 8, 90, 90, 7])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(TruncatedData, match="frame 5: 215 of 224 bytes") as caught:
        read_trajectory(path, species=SPECIES, frame_interval="1 fs")
    assert caught.value.partial == 5


def test_without_mdanalysis_the_extra_is_named(tmp_path, monkeypatch):
    path = xtc(tmp_path / "a.xtc", evenly(0.5))
    real = builtins.__import__

    def absent(name, *rest, **words):
        if name.startswith("MDAnalysis"):
            raise ImportError(name)
        return real(name, *rest, **words)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"megabar\[binary\]"):
        read_trajectory(path, species=SPECIES)


# --- i-PI -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "cell_unit", "length", "edge"),
    [
        ("positions{angstrom}", "cell{angstrom}", 1e-10, 1e-10),
        ("positions{atomic_unit}", "cell{angstrom}", BOHR, 1e-10),
        ("x_centroid{angstrom}", "cell{atomic_unit}", 1e-10, BOHR),
    ],
)
def test_positions_and_cell_of_ipi_have_units_of_their_own(tmp_path, key, cell_unit, length, edge):
    path = ipi(tmp_path / "a.xyz", POSITIONS, key=key, cell_unit=cell_unit)
    frames = read_trajectory(path, frame_interval="1 fs")
    np.testing.assert_allclose(frames.positions, POSITIONS * length, rtol=1e-5, atol=1e-15)
    wanted = np.array([[9, 0, 0], [4, 4 * np.sqrt(3), 0], [0, 0, 7.0]]) * edge
    np.testing.assert_allclose(frames.cell[0], wanted, atol=1e-19)
    assert frames.species == ("La",) + ("H",) * 11
    assert frames.steps.tolist() == [0, 10, 20, 30, 40, 50]


def test_axes_of_a_matrix_of_ipi_are_its_columns(tmp_path):
    matrix = " ".join(str(x) for x in CELL.T.ravel())
    path = ipi(tmp_path / "a.xyz", POSITIONS, cell=f"CELL(H): {matrix}")
    np.testing.assert_allclose(read_trajectory(path, frame_interval=1e-15).cell[0], CELL * 1e-10)


def test_ipi_without_units_asks_for_them(tmp_path):
    path = ipi(tmp_path / "a.xyz", POSITIONS, key="", cell_unit="")
    assert format_of(path) == "ipi"
    with pytest.raises(OpenQuestion, match=r"bohr or angstrom.*unit_style"):
        read_trajectory(path, frame_interval="1 fs")
    frames = read_trajectory(path, frame_interval="1 fs", unit_style="atomic_unit")
    np.testing.assert_allclose(frames.positions, POSITIONS * BOHR, rtol=1e-5, atol=1e-15)


def test_steps_of_ipi_on_a_logarithmic_scale_are_no_trajectory(tmp_path):
    path = ipi(tmp_path / "a.xyz", POSITIONS, steps=[0, 1, 2, 4, 8, 16])
    with pytest.raises(NotATrajectory, match="1, 2, 4, 8 steps apart"):
        read_trajectory(path, frame_interval="1 fs").interval()


@pytest.mark.parametrize(
    ("damage", "error", "match"),
    [
        (lambda t: t.replace("positions{", "forces{"), InconsistentHeader, "forces and no pos"),
        (lambda t: t.replace("Bead: 0", "Bead: 1", 1), InconsistentHeader, "bead 0 after bead 1"),
        (
            lambda t: t.replace("positions{angstrom}", "positions{parsec}"),
            InconsistentHeader,
            "par",
        ),
        (lambda t: t.replace(" La ", " H ", 1), InconsistentHeader, "frame 1: other atoms"),
        (lambda t: t.replace("60.0", "0.0"), InconsistentHeader, "without volume"),
        (lambda t: t[: t.rindex("\n", 0, -1)], TruncatedData, "frame 5: 11 of 12 rows"),
        (lambda t: t + "x\n", InconsistentHeader, "number of atoms is due"),
        (lambda t: t.replace("CELL(abcABC)", "CELL(GENH)"), InconsistentHeader, "frame 0"),
    ],
)
def test_a_damaged_file_of_ipi_is_named(tmp_path, damage, error, match):
    path = ipi(tmp_path / "a.xyz", POSITIONS)
    path.write_text(damage(path.read_text()))
    with pytest.raises(error, match=match):
        read_trajectory(path, frame_interval="1 fs")


def test_the_centroid_is_the_mean_of_beads_even_if_each_was_put_back(tmp_path):
    edges = np.array([9.0, 8.0, 7.0])
    cell = "CELL(abcABC): 9.0 8.0 7.0 90.0 90.0 90.0"
    rings = POSITIONS + RNG.normal(scale=0.2, size=(8, *POSITIONS.shape))
    beads = [
        read_trajectory(
            ipi(tmp_path / f"{b}.xyz", ring % edges, bead=b, cell=cell), frame_interval="1 fs"
        )
        for b, ring in enumerate(rings)
    ]
    found = centroid_of_beads(beads)
    apart = (found.positions * 1e10 - rings.mean(axis=0)) / edges
    np.testing.assert_allclose(apart, np.rint(apart), atol=1e-5)
    assert found.interval() == pytest.approx(1e-15)
    assert found.source.startswith("centroid of 0.xyz, 1.xyz")


def test_beads_of_two_runs_have_no_centroid(tmp_path):
    first = read_trajectory(ipi(tmp_path / "0.xyz", POSITIONS), frame_interval="1 fs")
    later = ipi(tmp_path / "1.xyz", POSITIONS, steps=[10, 20, 30, 40, 50, 60])
    with pytest.raises(ValueError, match=r"0\.xyz and 1\.xyz of different"):
        centroid_of_beads([first, read_trajectory(later, frame_interval="1 fs")])
    with pytest.raises(ValueError, match="no beads"):
        centroid_of_beads([])

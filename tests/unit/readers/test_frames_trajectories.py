"""Trajectories of three kinds of file: what each leaves open is asked, what each hides is found."""

import builtins
import tracemalloc

import numpy as np
import pytest

from megabar.errors import (
    InconsistentHeader,
    MissingExtra,
    NotATrajectory,
    OpenQuestion,
    TruncatedData,
    UnknownWord,
    UnreadableFile,
)
from megabar.readers.frames import (
    format_of,
    read_trajectory,
    stores,
    trajectory,
    trajectory_blocks,
)

CELL = np.array([[6.0, 0, 0], [2.9, 5.2, 0], [0.4, -0.3, 6.5]])  # angstrom, skewed
FRACTIONS = np.array([[[0.1, 0.2, 0.3], [0.9, 0.5, 0.98]], [[0.12, 0.2, 0.3], [0.95, 0.5, 0.03]]])
SYMBOLS = ("La", "H")


def xdatcar(frames, *, cell=CELL, scale="1.0", variable=False, comment="LaH", numbers=None):
    header = [comment, f"  {scale}", *(" ".join(f"{x:.8f}" for x in row) for row in cell)]
    header += ["La H", "1 1"]
    lines = list(header)
    for number, frame in enumerate(frames, start=1):
        if variable and number > 1:
            lines += header
        lines.append(f"Direct configuration= {numbers[number - 1] if numbers else number:5d}")
        lines += [" ".join(f"{x:.8f}" for x in row) for row in frame]
    return "\n".join(lines) + "\n"


def bounds(cell, origin=(0, 0, 0)):
    """Bounds of a restricted triclinic box as LAMMPS writes them: they enclose the tilts."""
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell
    x, y, z = origin
    return [
        f"{x + min(0, xy, xz, xy + xz)} {x + lx + max(0, xy, xz, xy + xz)} {xy}",
        f"{y + min(0, yz)} {y + ly + max(0, yz)} {xz}",
        f"{z} {z + lz} {yz}",
    ]


def dump(frames, columns, *, step=10, steps=None, box=None, head="xy xz yz pp pp pp", extra=()):
    lines = []
    for number, rows in enumerate(frames):
        lines += [*extra, "ITEM: TIMESTEP", str(steps[number] if steps else number * step)]
        lines += ["ITEM: NUMBER OF ATOMS", str(len(rows)), f"ITEM: BOX BOUNDS {head}"]
        lines += box or bounds(CELL)
        lines += [f"ITEM: ATOMS {columns}", *(" ".join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def rows(fractions, *, origin=(0.0, 0.0, 0.0)):
    cartesian = fractions @ CELL + np.array(origin)
    return [(i + 1, i + 1, *cartesian[i]) for i in range(len(fractions))]


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def read_dump(path, **words):
    told = {"frame_interval": "5 fs", "unit_style": "metal", "species": SYMBOLS}
    return read_trajectory(path, **{**told, **words})


# --- XDATCAR --------------------------------------------------------------------------------------


def test_an_xdatcar_gives_metres_and_the_interval_it_was_told(write):
    frames = read_trajectory(write("XDATCAR", xdatcar(FRACTIONS)), frame_interval="2 fs")
    np.testing.assert_allclose(frames.positions, FRACTIONS @ CELL * 1e-10, rtol=1e-7)
    np.testing.assert_allclose(frames.cell, np.stack([CELL, CELL]) * 1e-10)
    assert frames.species == SYMBOLS
    assert frames.interval() == pytest.approx(2e-15)
    assert not frames.unwrapped
    assert '"frame_interval": 2e-15' in frames.provenance


def test_an_xdatcar_without_a_time_step_asks_for_it(write):
    with pytest.raises(OpenQuestion, match=r"holds no time at all.*frame_interval"):
        read_trajectory(write("XDATCAR", xdatcar(FRACTIONS)))


@pytest.mark.parametrize("comment", ["LaH", ""])
def test_a_variable_cell_repeats_the_header_and_each_frame_has_its_own(write, comment):
    text = xdatcar(FRACTIONS[:1], comment=comment) + xdatcar(
        FRACTIONS[1:], cell=1.1 * CELL, comment=comment, numbers=[2]
    )
    frames = read_trajectory(write("XDATCAR", text), frame_interval=1e-15)
    np.testing.assert_allclose(frames.cell, np.stack([CELL, 1.1 * CELL]) * 1e-10)
    np.testing.assert_allclose(frames.positions[1], FRACTIONS[1] @ CELL * 1.1e-10, rtol=1e-7)


def test_line_two_scales_the_lattice_and_a_negative_number_is_the_volume(write):
    volume = np.linalg.det(CELL)
    for scale, factor in (("2.0", 2.0), (f"{-27 * volume:.10f}", 3.0)):
        path = write("XDATCAR", xdatcar(FRACTIONS, scale=scale))
        frames = read_trajectory(path, frame_interval=1e-15)
        np.testing.assert_allclose(frames.cell[0], factor * CELL * 1e-10, rtol=1e-9)


@pytest.mark.parametrize(
    ("damage", "error", "match"),
    [
        (lambda t: t[: t.rindex("0.95")], TruncatedData, "frame 1: 1 of 2 rows"),
        (lambda t: t.replace("La H\n", ""), InconsistentHeader, "VASP 4"),
        (lambda t: t.replace("1 1\n", "1\n"), InconsistentHeader, "2 symbols and 1 counts"),
        (lambda t: t.replace("0.98", "x.98"), InconsistentHeader, "frame 0"),
        (lambda t: t.replace("0.98", "nan"), InconsistentHeader, "frame 0"),
        (lambda t: t.replace("= ", "= q"), InconsistentHeader, "qread|configuration"),
        (lambda t: t + "La\n1.0\n", TruncatedData, "header before frame 2"),
        (lambda t: t + xdatcar(FRACTIONS).replace("1 1\n", "1 2\n"), InconsistentHeader, "other"),
        (lambda t: t.replace("6.00000000 0", "0.0 0"), InconsistentHeader, "without volume"),
    ],
)
def test_a_damaged_xdatcar_is_named(write, damage, error, match):
    path = write("XDATCAR", damage(xdatcar(FRACTIONS)))
    with pytest.raises(error, match=match):
        read_trajectory(path, frame_interval=1e-15)


def test_two_runs_in_one_file_are_no_trajectory(write):
    frames = read_trajectory(
        write("XDATCAR", xdatcar(np.tile(FRACTIONS, (2, 1, 1)), numbers=[1, 2, 1, 2])),
        frame_interval=1e-15,
    )
    with pytest.raises(NotATrajectory, match="first at frame 2"):
        frames.interval()


# --- LAMMPS ---------------------------------------------------------------------------------------


def test_every_kind_of_coordinates_gives_the_same_positions(write):
    origin = (1.0, -2.0, 0.5)
    box = bounds(CELL, origin)
    first = FRACTIONS[0]
    scaled = [(i + 1, i + 1, *first[i]) for i in range(2)]
    for columns, table, unwrapped in (
        ("id type x y z", rows(first, origin=origin), False),
        ("id type xu yu zu", rows(first, origin=origin), True),
        ("id type xs ys zs", scaled, False),
        ("id type xsu ysu zsu", scaled, True),
    ):
        frames = read_dump(write("a.dump", dump([table], columns, box=box)))
        np.testing.assert_allclose(frames.positions[0], first @ CELL * 1e-10, atol=1e-20)
        np.testing.assert_allclose(frames.cell[0], CELL * 1e-10, atol=1e-20)
        assert frames.unwrapped is unwrapped


def test_atoms_are_sorted_by_id(write):
    table = rows(FRACTIONS[0])
    frames = read_dump(write("a.dump", dump([table, table[::-1]], "id type x y z")))
    np.testing.assert_array_equal(frames.positions[0], frames.positions[1])
    assert frames.species == SYMBOLS


def test_image_flags_unwrap(write):
    table = [(*row, 2, -1, 0) for row in rows(FRACTIONS[0])]
    frames = read_dump(write("a.dump", dump([table], "id type x y z ix iy iz")))
    moved = (FRACTIONS[0] + [2, -1, 0]) @ CELL * 1e-10
    np.testing.assert_allclose(frames.positions[0], moved)
    assert frames.unwrapped


def test_a_box_of_three_free_axes_is_read(write):
    box = [f"{a} {b} {c} {origin}" for (a, b, c), origin in zip(CELL, (1.0, 2.0, 3.0), strict=True)]
    table = rows(FRACTIONS[0], origin=(1.0, 2.0, 3.0))
    text = dump([table], "id type x y z", box=box, head="abc origin pp pp pp")
    frames = read_dump(write("a.dump", text))
    np.testing.assert_allclose(frames.positions[0], FRACTIONS[0] @ CELL * 1e-10, atol=1e-20)


def test_an_orthogonal_box_is_read(write):
    text = dump([rows(FRACTIONS[0])], "id type x y z", box=["0 6"] * 3, head="pp pp pp")
    np.testing.assert_allclose(read_dump(write("a.dump", text)).cell[0], 6e-10 * np.eye(3))


def test_what_a_dump_leaves_open_is_asked(write):
    path = write("a.dump", dump([rows(FRACTIONS[0])], "id type x y z"))
    with pytest.raises(OpenQuestion, match="unit_style"):
        read_dump(path, unit_style=None)
    with pytest.raises(OpenQuestion, match="frame_interval"):
        read_dump(path, frame_interval=None)
    with pytest.raises(OpenQuestion, match="types 1, 2 without"):
        read_dump(path, species=None)
    with pytest.raises(OpenQuestion, match="types 2 without"):
        read_dump(path, species=("La",))
    with pytest.raises(UnknownWord, match="lj"):
        read_dump(path, unit_style="lj")


def test_units_of_the_file_count_and_must_not_be_contradicted(write):
    text = dump([rows(FRACTIONS[0])], "id type x y z", extra=("ITEM: UNITS", "nano"))
    path = write("a.dump", text)
    np.testing.assert_allclose(read_dump(path, unit_style=None).cell[0], CELL * 1e-9)
    with pytest.raises(InconsistentHeader, match="nano in the file, metal"):
        read_dump(path)


def test_elements_in_the_file_need_no_symbols(write):
    table = [(i, "H" if i == 2 else "La", *xyz) for i, _, *xyz in rows(FRACTIONS[0])]
    path = write("a.dump", dump([table[::-1]], "id element x y z"))
    frames = read_dump(path, species=None)
    assert frames.species == SYMBOLS
    np.testing.assert_allclose(frames.positions[0], FRACTIONS[0] @ CELL * 1e-10)


def test_unequal_intervals_are_no_trajectory_and_are_named(write):
    path = write("a.dump", dump([rows(FRACTIONS[0])] * 4, "id type x y z", steps=[1, 10, 100, 190]))
    with pytest.raises(NotATrajectory, match="9, 90 steps apart, first at frame 2"):
        read_dump(path).interval()


@pytest.mark.parametrize(
    ("damage", "error", "match"),
    [
        (lambda t: t.replace("id type x", "jd type x"), InconsistentHeader, "no column id"),
        (lambda t: t.replace("x y z\n", "x y w\n"), InconsistentHeader, "no complete coordinates"),
        (lambda t: t.replace("id type x", "id kind x"), InconsistentHeader, "nor a column type"),
        (lambda t: t.replace("pp pp pp", "pp pp ff"), InconsistentHeader, "pp pp ff"),
        (lambda t: t.replace("pp pp pp", ""), InconsistentHeader, "not stated"),
        (lambda t: "\n".join(t.split("\n")[:-2]), TruncatedData, "frame 1: 1 of 2 rows"),
        (lambda t: t + "ITEM: TIMESTEP\n30\n", TruncatedData, "frame 2: 0 of 1"),
        (lambda t: t + "ITEM: TIMESTEP\n", TruncatedData, "frame 2: 0 of 1"),
        (lambda t: t + "ITEM: TIMESTEP\n3.5\n", InconsistentHeader, "whole number"),
        (lambda t: t + "ITEM: ATOMS id\n", InconsistentHeader, "before time step"),
        (lambda t: t + "noise\n", InconsistentHeader, "noise"),
        (lambda t: t.replace("\n2 2 ", "\n1 2 "), InconsistentHeader, "two atoms with one id"),
        (
            lambda t: t[:300] + t[300:].replace("\n2 2 ", "\n3 2 "),
            InconsistentHeader,
            "other atoms",
        ),
        (lambda t: t.replace("0.0 6.5", "6.5 6.5"), InconsistentHeader, "without volume"),
    ],
)
def test_a_damaged_dump_is_named(write, damage, error, match):
    text = dump([rows(f) for f in FRACTIONS], "id type x y z", box=[*bounds(CELL)[:2], "0.0 6.5 0"])
    with pytest.raises(error, match=match):
        read_dump(write("a.dump", damage(text)))


# --- ASE ------------------------------------------------------------------------------------------


def atoms(number=0):
    ase = pytest.importorskip("ase", reason="ASE is not installed")
    return ase.Atoms(SYMBOLS, scaled_positions=FRACTIONS[number], cell=CELL, pbc=True)


@pytest.mark.parametrize("name", ["a.extxyz", "a.xyz", "a.traj", "at@2.traj"])
def test_formats_of_ase_keep_cell_and_atoms(tmp_path, name):
    images = [atoms(0), atoms(1)]
    from ase.io import write

    path = tmp_path / name
    write(str(path), images, **({} if name.endswith("traj") else {"format": "extxyz"}))
    frames = read_trajectory(path, frame_interval="10 fs", every=2)
    np.testing.assert_allclose(frames.positions[0], FRACTIONS[0] @ CELL * 1e-10, atol=1e-17)
    np.testing.assert_allclose(frames.cell[0], CELL * 1e-10, atol=1e-17)
    assert frames.species == SYMBOLS
    assert len(frames.positions) == 1
    assert frames.interval() == pytest.approx(20e-15)
    with pytest.raises(OpenQuestion, match="frame_interval"):
        read_trajectory(path)


def test_frames_without_a_cell_or_with_other_atoms_are_refused(tmp_path):
    from ase.io import write

    other = atoms()[::-1]
    write(str(tmp_path / "b.traj"), [atoms(), other])
    with pytest.raises(InconsistentHeader, match="frame 1: other atoms"):
        read_trajectory(tmp_path / "b.traj", frame_interval=1e-15)
    slab = atoms()
    slab.pbc = (True, True, False)
    write(str(tmp_path / "c.traj"), [slab])
    with pytest.raises(InconsistentHeader, match="periodic along all axes"):
        read_trajectory(tmp_path / "c.traj", frame_interval=1e-15)


VASPRUN = """<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <incar> <i type="int" name="IBRION"> 0</i> <i name="POTIM"> 0.50000000</i>
  <i type="int" name="NSW"> {nsw}</i> </incar>
 <kpoints><varray name="kpointlist"><v>0 0 0</v></varray></kpoints>
 <parameters/>
 <atominfo><atoms>2</atoms><types>2</types><array name="atoms"><set>
  <rc><c>La</c><c>1</c></rc><rc><c>H </c><c>2</c></rc></set></array></atominfo>
 <structure name="initialpos">{structure}</structure>
{calculations}</modeling>
"""


def vasprun(nsw):
    def rows_of(name, table):
        return (
            f'<varray name="{name}">{"".join(f"<v>{x} {y} {z}</v>" for x, y, z in table)}</varray>'
        )

    def structure(frame):
        basis = rows_of("basis", CELL)
        return f"<crystal>{basis}</crystal>{rows_of('positions', frame)}"

    calculation = (
        "<calculation><scstep><energy><i name='e_fr_energy'>-1</i><i name='e_wo_entrp'>-1</i>"
        "<i name='e_0_energy'>-1</i></energy></scstep><structure>{}</structure>{}"
        "<energy><i name='e_fr_energy'>-1</i></energy></calculation>"
    )
    forces = rows_of("forces", np.zeros((2, 3)))
    return VASPRUN.format(
        nsw=nsw,
        structure=structure(FRACTIONS[0]),
        calculations="\n".join(calculation.format(structure(f), forces) for f in FRACTIONS),
    )


def test_potim_is_the_interval_only_if_every_step_was_stored(write):
    pytest.importorskip("ase", reason="ASE is not installed")
    whole = write("vasprun.xml", vasprun(2))
    assert format_of(whole) == "vasprun"
    frames = read_trajectory(whole)
    assert frames.interval() == pytest.approx(0.5e-15)
    np.testing.assert_allclose(frames.positions, FRACTIONS @ CELL * 1e-10)
    with pytest.raises(InconsistentHeader, match=r"POTIM = 0\.5"):
        read_trajectory(whole, frame_interval="1 fs")
    thinned = write("thinned.xml", vasprun(20))
    with pytest.raises(OpenQuestion, match="NSW = 20, and 2 frames"):
        read_trajectory(thinned)
    assert read_trajectory(thinned, frame_interval="5 fs").interval() == pytest.approx(5e-15)


def test_without_ase_the_command_that_installs_it_is_named(write, monkeypatch):
    true_import = builtins.__import__

    def without_ase(name, *rest, **words):
        if name.partition(".")[0] == "ase":
            raise ImportError(name)
        return true_import(name, *rest, **words)

    monkeypatch.setattr(builtins, "__import__", without_ase)
    with pytest.raises(MissingExtra, match=r"pip install 'megabar\[md\]'"):
        read_trajectory(write("a.xyz", "1\n\nH 0 0 0\n"), frame_interval=1e-15)


@pytest.mark.parametrize("text", ["", "nothing that anybody knows\n", "2\n\nH 0 0\n"])
def test_a_file_that_ase_cannot_read_is_named(write, text):
    pytest.importorskip("ase", reason="ASE is not installed")
    with pytest.raises(UnreadableFile, match="strange"):
        read_trajectory(write("strange.xyz", text), frame_interval=1e-15)


# --- long files -----------------------------------------------------------------------------------


def test_folders_and_absent_files_are_named(tmp_path):
    with pytest.raises(UnreadableFile, match="read_frames"):
        read_trajectory(tmp_path)
    with pytest.raises(UnreadableFile, match="no such file"):
        read_trajectory(tmp_path / "absent")


@pytest.mark.parametrize("words", [{"every": 0}, {"frame_interval": -1e-15}])
def test_impossible_wishes_are_refused(write, words):
    with pytest.raises(ValueError, match=r"every|time must pass"):
        read_trajectory(write("XDATCAR", xdatcar(FRACTIONS)), **{"frame_interval": 1e-15, **words})


@pytest.fixture
def long_file(write, monkeypatch):
    walk = np.random.default_rng(4).uniform(size=(31, 2, 3))
    monkeypatch.setattr(trajectory, "BLOCK", 4 * 48)  # four frames
    return write("XDATCAR", xdatcar(walk)), np.round(walk, 8) @ CELL * 1e-10


def test_blocks_joined_are_the_whole_file(long_file):
    path, truth = long_file
    blocks = list(trajectory_blocks(path, frame_interval=1e-15, every=3))
    assert max(len(block.positions) for block in blocks) == 4
    np.testing.assert_allclose(np.concatenate([b.positions for b in blocks]), truth[::3], rtol=1e-7)
    assert [block.interval() for block in blocks] == pytest.approx([3e-15] * len(blocks))


def test_positions_on_disk_are_those_in_memory(long_file, tmp_path):
    path, truth = long_file
    frames = read_trajectory(path, frame_interval=1e-15, store=tmp_path / "walk.npy")
    assert isinstance(frames.positions, np.memmap)
    np.testing.assert_allclose(frames.positions, truth, rtol=1e-6, atol=1e-17)
    np.testing.assert_array_equal(frames.steps, np.arange(1, 32))
    with pytest.raises(FileExistsError, match="walk"):
        read_trajectory(path, frame_interval=1e-15, store=tmp_path / "walk.npy")


def test_a_failed_reading_leaves_no_store_behind(write, tmp_path):
    path = write("XDATCAR", xdatcar(FRACTIONS)[:-40])
    with pytest.raises(TruncatedData, match="frame 1"):
        read_trajectory(path, frame_interval=1e-15, store=tmp_path / "half.npy")
    assert not (tmp_path / "half.npy").exists()


def test_more_than_the_memory_limit_is_refused_with_the_way_out(long_file):
    path, truth = long_file
    with pytest.raises(UnreadableFile, match="store="):
        read_trajectory(path, frame_interval=1e-15, memory_limit=truth.nbytes - 1)
    read_trajectory(path, frame_interval=1e-15, memory_limit=truth.nbytes)


def test_a_store_is_written_only_while_open(tmp_path):
    with pytest.raises(ValueError, match="inside a with block"):
        stores.OnDisk(tmp_path / "a.npy").append(np.zeros((1, 1, 3)))


def test_memory_does_not_grow_with_frames_when_positions_go_to_disk(write, tmp_path, monkeypatch):
    monkeypatch.setattr(trajectory, "BLOCK", 1 << 17)
    rng = np.random.default_rng(1)
    peaks = []
    for name, count in (("short", 150), ("long", 450)):
        text = xdatcar(rng.uniform(size=(count, 2, 3))).replace("1 1\n", "200 200\n")
        body = text.split("\n")
        header, atoms_of = body[:7], body[7:-1]
        frames = [atoms_of[i : i + 3] for i in range(0, len(atoms_of), 3)]
        lines = header + [x for f in frames for x in (f[0], *(f[1:] * 200))]
        path = write(name, "\n".join(lines) + "\n")
        tracemalloc.start()
        read_trajectory(path, frame_interval=1e-15, store=tmp_path / f"{name}.npy")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    more = 300 * 400 * 3 * 8
    assert peaks[1] - peaks[0] < 0.05 * more

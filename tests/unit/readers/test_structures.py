"""Crystals from files of other people, through ASE."""

import numpy as np
import pytest

from megabar.errors import InconsistentHeader, OpenQuestion, UnreadableFile
from megabar.matter.crystals import crystal
from megabar.readers.structures import read_structure

pytest.importorskip("ase", reason="ASE is not installed")

LAH10 = """data_LaH10
_cell_length_a 5.100(2)
_cell_length_b 5.100
_cell_length_c 5.100
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
_space_group_IT_number 225
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
La1 La 0 0 0 1.0
H1 H 0.25 0.25 0.25 1.0
H2 H 0.378 0.378 0.378 {occupancy}
"""

LAH2 = """LaH2 in a skewed cell
1.0
4.0 0.0 0.0
1.0 4.0 0.0
0.5 0.5 4.0
La H
1 2
Direct
0 0 0
0.25 0.25 0.25
-0.25 0.75 0.75
"""


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def sorted_rows(crystal, *, moved=0.0):
    fractions = np.round((crystal.positions + moved) % 1, 6) % 1
    return sorted((s, *p) for s, p in zip(crystal.species, fractions.tolist(), strict=True))


def test_a_cif_gives_the_crystal_of_the_table(write):
    found = read_structure(write("LaH10.cif", LAH10.format(occupancy=1)))
    known = crystal("LaH10", lattice_parameter=5.10e-10, parameters={"x": 0.122})
    assert sorted_rows(found) == sorted_rows(known, moved=0.5)  # La on 4a there, on 4b here
    np.testing.assert_allclose(found.cell, known.cell, atol=1e-20)
    assert found.hydrogen_per_metal == 10
    assert (found.name, found.metal, found.space_group) == ("LaH10", "La", "Fm-3m")
    assert "LaH10.cif" in found.source


def test_occupancies_of_a_cif_are_kept_per_kind(write):
    found = read_structure(write("vacant.cif", LAH10.format(occupancy=0.95)))
    assert found.hydrogen_per_metal == pytest.approx(2 + 8 * 0.95)
    assert dict(zip(found.kinds, found.occupancies, strict=True)) == {
        "La1": 1.0,
        "H2": 1.0,
        "H3": 0.95,
    }


def test_a_poscar_keeps_its_skewed_cell(write):
    found = read_structure(write("POSCAR", LAH2))
    np.testing.assert_allclose(found.cell[2], np.array([0.5, 0.5, 4.0]) * 1e-10)
    np.testing.assert_allclose(found.positions[2], [0.75, 0.75, 0.75])
    assert found.kinds == ("La", "H", "H")
    assert found.volume == pytest.approx(64e-30)


def test_which_metal_is_asked_where_two_are_there(write):
    path = write("POSCAR", LAH2.replace("La H\n1 2", "La Be H\n1 1 1"))
    with pytest.raises(OpenQuestion, match=r"holds Be, H, La.*metal="):
        read_structure(path)
    assert read_structure(path, metal="La").metal == "La"
    with pytest.raises(OpenQuestion, match="Candidates: Be, La"):
        read_structure(path, metal="H")


@pytest.mark.parametrize(
    ("name", "text", "error", "match"),
    [
        ("a.xyz", "1\n\nH 0 0 0\n", InconsistentHeader, "periodic"),
        ("POSCAR", LAH2.replace("4.0 0.0 0.0", "-4.0 0.0 0.0"), InconsistentHeader, "right-handed"),
        ("a.cif", LAH10.format(occupancy=0.0), InconsistentHeader, "occupancy of 0"),
        ("a.cif", "data_nothing\n", (InconsistentHeader, UnreadableFile), "a.cif"),
        ("a.xyz", "1\n\nH 0 0 0\n1\n\nH 0 0 0\n", InconsistentHeader, "several frames"),
        ("POSCAR", "no\n", UnreadableFile, "ASE cannot read it"),
    ],
)
def test_what_is_no_crystal_is_named(write, name, text, error, match):
    with pytest.raises(error, match=match):
        read_structure(write(name, text))


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match="no such file"):
        read_structure(tmp_path / "absent.cif")

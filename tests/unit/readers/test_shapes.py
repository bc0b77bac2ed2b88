"""Shape files: what they say, and what is refused."""

import numpy as np
import pytest

from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers.shapes import read_shape
from megabar.spins.pulse_shapes import gaussian_shape

HEADER = """##TITLE= Gauss1.32
##JCAMP-DX= 5.00 Bruker JCAMP library
##DATA TYPE= Shape Data
##MINX= 1.0
##$SHAPE_TOTROT= 9.000000e+01
##NPOINTS= {count}
##XYPOINTS= (XY..XY)
{rows}
##END
"""


def bruker(folder, table, *, count=None):
    rows = "\n".join(f"{high:.6e}, {phase:.6e}" for high, phase in table)
    file = folder / "shape"
    file.write_text(HEADER.format(count=count or len(table), rows=rows), encoding="ascii")
    return file


def test_a_gaussian_of_bruker_is_our_gaussian(tmp_path):
    ours = gaussian_shape(truncation=0.01, slices=32)
    file = bruker(tmp_path, np.column_stack([100 * ours.amplitude, np.zeros(32)]))
    found = read_shape(file)
    np.testing.assert_allclose(found.amplitude, ours.amplitude, rtol=1e-6)
    assert not found.modulated


def test_a_shape_of_bruker_that_stays_below_its_power_level_keeps_its_scale(tmp_path):
    found = read_shape(bruker(tmp_path, [(25.0, 0.0), (50.0, 90.0)]))
    assert found.amplitude.tolist() == [0.25, 0.5]
    assert found.phase == pytest.approx([0, np.pi / 2])


def test_a_plain_table_is_scaled_to_its_largest_amplitude(tmp_path):
    file = tmp_path / "table.txt"
    file.write_text("% made by hand\n2.0\n-4.0\n\n1.0\n", encoding="ascii")
    found = read_shape(file)
    assert found.amplitude.tolist() == [0.5, -1.0, 0.25]
    assert found.name == "table.txt"


def test_a_shape_that_was_cut_is_refused(tmp_path):
    with pytest.raises(TruncatedData, match="2 slices of 3"):
        read_shape(bruker(tmp_path, [(10.0, 0.0), (20.0, 0.0)], count=3))


def test_a_shape_of_more_slices_than_stated_is_refused(tmp_path):
    with pytest.raises(InconsistentHeader, match="2 slices where 1"):
        read_shape(bruker(tmp_path, [(10.0, 0.0), (20.0, 0.0)], count=1))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("1.0 0.0\n0.5\n", "1 columns after rows of 2"),
        ("1.0 0.0 3.0\n", "line 1"),
        ("1.0\nnan\n", "line 2"),
        ("hello\n", "hello"),
        ("# nothing\n", "no row"),
        ("", "no row"),
        ("0.0\n0.0\n", "all amplitudes are zero"),
        ("##TITLE= a\n##NPOINTS= 3\n", "XYPOINTS"),
    ],
)
def test_what_is_no_shape_is_refused(tmp_path, text, match):
    file = tmp_path / "wrong.txt"
    file.write_text(text, encoding="ascii")
    with pytest.raises(UnreadableFile, match=match):
        read_shape(file)

"""JCAMP-DX: four ways to pack a table, blocks that are no data, an axis that must agree."""

import numpy as np
import pytest
from tests.batteries.readers import check_privacy, check_reader
from tests.realdata import data_path, shipped

from megabar import schemas
from megabar.errors import InconsistentHeader, OpenQuestion, TruncatedData, UnreadableFile
from megabar.readers.registry import read

MEASURED = "jcamp/Rutin_3080ug200uL_DMSOd6_qHNMR_400MHz_JDX.jdx"
PRINTED = [1, 2, 3, 3, 2, 1, 0, -1, -2, -3]  # McDonald and Wilks, section 5


def spectrum(tmp_path, table, *, points=10, **entries):
    labels = {
        "XUNITS": "HZ", "FIRSTX": 0, "LASTX": points - 1, "DELTAX": 1, "XFACTOR": 1, "YFACTOR": 1,
        "NPOINTS": points, ".OBSERVE FREQUENCY": 400.13, ".OBSERVE NUCLEUS": "^1H",
        **entries,
    }  # fmt: skip
    lines = [f"##{label}= {value}" for label, value in labels.items() if value is not None]
    path = tmp_path / "made.jdx"
    head = ["##TITLE= made", "##JCAMP-DX= 5.00", "##DATA TYPE= NMR SPECTRUM"]
    path.write_text("\n".join([*head, *lines, "##XYDATA= (X++(Y..Y))", table, "##END=", ""]))
    return path


def fid(tmp_path, signal, *, dwell=1e-4, extra=""):
    """Write a complex FID as NTUPLES, real part in plain numbers, imaginary part squeezed."""
    real = "\n".join(f"{i} {value:.0f}" for i, value in enumerate(signal.real))
    imaginary = "\n".join(f"{i}{squeezed(int(value))}" for i, value in enumerate(signal.imag))
    last = (len(signal) - 1) * dwell
    path = tmp_path / "fid.jdx"
    path.write_text(
        "##TITLE= made\n##JCAMP-DX= 5.00\n##DATA TYPE= NMR FID\n"
        "##.OBSERVE FREQUENCY= 400.13\n##.OBSERVE NUCLEUS= ^1H\n" + extra +
        "##NTUPLES= NMR FID\n##VAR_NAME= TIME, FID/REAL, FID/IMAG, PAGE NUMBER\n"
        "##SYMBOL= X, R, I, N\n"
        f"##VAR_DIM= {len(signal)}, {len(signal)}, {len(signal)}, 2\n"
        "##UNITS= SECONDS, ARBITRARY UNITS, ARBITRARY UNITS,\n"
        f"##FACTOR= 1, 0.5, 2, 1\n##FIRST= 0, 0, 0, 1\n##LAST= {last!r}, 0, 0, 2\n"
        f"##PAGE= N=1\n##DATA TABLE= (X++(R..R)), XYDATA\n{real}\n"
        f"##PAGE= N=2\n##DATA TABLE= (X++(I..I)), XYDATA\n{imaginary}\n"
        "##END NTUPLES= NMR FID\n##END=\n"
    )  # fmt: skip
    return path


def squeezed(value):
    """Pack one number: its first digit and its sign become one letter."""
    first, rest = str(abs(value))[0], str(abs(value))[1:]
    letter = "@ABCDEFGHI"[int(first)] if value >= 0 else "@abcdefghi"[int(first)]
    return letter + rest


def values(path):
    return read(path).spectrum.values[0].real


@pytest.mark.parametrize(
    "table",
    [
        "0 1 2 3 3 2 1 0 -1 -2 -3",
        "0+1+2+3+3+2+1+0-1-2-3",
        "0ABCCBA@abc",
        "0AJJ%jjjjjj",
        "0AJJ%jX",
        "0 1JJ%jX",
        "0 1E+00, 2e0, 3, 3, 2, 1, 0, -1, -2, -3",
        "0ABCT\n4BA@abc",
        "0AJJ%\n3Cjjj\n6@jjj",
    ],
    ids=["fixed", "packed", "squeezed", "differences", "repeated", "printed", "exponents",
         "repeated value", "lines that repeat their last"],
)  # fmt: skip
def test_the_printed_example_unpacks_the_same_from_every_form(tmp_path, table):
    assert values(spectrum(tmp_path, table)).tolist() == PRINTED


def test_e_is_a_digit_in_a_packed_table_and_an_exponent_in_a_plain_one(tmp_path):
    assert values(spectrum(tmp_path, "7604e123K\n", points=2)).tolist() == [-5123, -5121]
    assert values(spectrum(tmp_path, "0 1e2 3\n", points=2)).tolist() == [100, 3]


def test_the_factor_scales_and_the_axis_rises(tmp_path):
    path = spectrum(tmp_path, "0ABC", points=3, YFACTOR=0.25, FIRSTX=100, LASTX=-100, DELTAX=-100)
    found = read(path)
    np.testing.assert_allclose(found.frequency.values, [-100, 0, 100], atol=1e-9)
    np.testing.assert_allclose(found.spectrum.values[0].real, [0.75, 0.5, 0.25])


@pytest.mark.parametrize(
    "entries",
    [{"DELTAX": 2}, {"LASTX": 5}, {"FIRSTX": "x"}, {"NPOINTS": 1}, {"LASTX": 0}, {"LASTX": "nan"},
     {"NPOINTS": 10**12}, {"NPOINTS": -3}],
)  # fmt: skip
def test_an_axis_that_does_not_agree_is_refused(tmp_path, entries):
    with pytest.raises(InconsistentHeader, match=r"DELTAX|axis"):
        read(spectrum(tmp_path, "0ABCCBA@abc", **entries))


def test_fewer_points_than_stated_are_offered_as_they_are(tmp_path):
    with pytest.raises(TruncatedData, match="11 points are stated, 10 are there") as caught:
        read(spectrum(tmp_path, "0ABCCBA@abc", points=11))
    assert caught.value.partial.tolist() == PRINTED


def test_more_points_than_stated_are_a_contradiction(tmp_path):
    with pytest.raises(InconsistentHeader, match="9 points are stated, more are there"):
        read(spectrum(tmp_path, "0ABCCBA@abc", points=9))


def test_a_line_that_does_not_repeat_its_predecessor_is_damage(tmp_path):
    with pytest.raises(InconsistentHeader, match="ends with 3 and the next repeats it as 2"):
        read(spectrum(tmp_path, "0AJJ%\n3Bjjj\n6@jjj"))


def test_a_repetition_without_end_does_not_fill_the_memory(tmp_path):
    with pytest.raises(InconsistentHeader, match="more are there"):
        read(spectrum(tmp_path, "0AS99999999999999999"))


def test_characters_of_no_table_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="is no number of a table"):
        read(spectrum(tmp_path, "0ABC!!"))


@pytest.mark.parametrize("unit", ["PPM", "1/CM", ""])
def test_other_units_of_the_axis_are_refused(tmp_path, unit):
    with pytest.raises(UnreadableFile, match="XUNITS"):
        read(spectrum(tmp_path, "0ABCCBA@abc", XUNITS=unit))


@pytest.mark.parametrize("factor", [0, "nan", "x"])
def test_a_factor_of_nothing_is_refused(tmp_path, factor):
    with pytest.raises(InconsistentHeader, match="YFACTOR"):
        read(spectrum(tmp_path, "0ABCCBA@abc", YFACTOR=factor))


def test_a_missing_nucleus_is_asked_for(tmp_path):
    with pytest.raises(OpenQuestion, match="nucleus="):
        read(spectrum(tmp_path, "0ABCCBA@abc", **{".OBSERVE NUCLEUS": None}))


def test_two_measurements_in_one_file_are_refused(tmp_path):
    path = spectrum(tmp_path, "0ABCCBA@abc")
    path.write_text(path.read_text() * 2)
    with pytest.raises(UnreadableFile, match="2 of its blocks hold data"):
        read(path)


def test_a_file_without_a_table_is_refused(tmp_path):
    path = tmp_path / "empty.jdx"
    path.write_text("##TITLE= a\n##JCAMP-DX= 5.00\n##DATA TYPE= LINK\n##END=\n")
    with pytest.raises(UnreadableFile, match="none of its 1 blocks"):
        read(path)


# --- FIDs -----------------------------------------------------------------------------------------


def test_a_complex_fid_is_an_acquisition(tmp_path):
    signal = np.array([100 + 20j, -7 + 0j, 3 - 41j, 0 - 5j])
    found = read(fid(tmp_path, signal))
    assert found.attrs["schema"] == "acquisition/1"
    np.testing.assert_allclose(found.signal.values[0], signal.real / 2 + 2j * signal.imag)
    np.testing.assert_allclose(found.time.values, 1e-4 * np.arange(4), rtol=1e-9)


def test_the_filter_of_an_exported_bruker_fid_is_known(tmp_path):
    extra = "##$DECIM= 4\n##$DSPFVS= 10\n"
    found = read(fid(tmp_path, np.arange(1, 200) + 0j, extra=extra))
    assert found.attrs["group_delay"] == 66.625
    assert found.time.values[0] == pytest.approx(-66.625e-4)


def test_a_fid_without_its_imaginary_page_is_refused(tmp_path):
    path = fid(tmp_path, np.array([1 + 1j, 2 + 2j]))
    text = path.read_text()
    path.write_text(text[: text.index("##PAGE= N=2")] + "##END=\n")
    with pytest.raises(UnreadableFile, match="0 pages hold I"):
        read(path)


def test_a_fid_without_its_columns_is_refused(tmp_path):
    path = fid(tmp_path, np.array([1 + 1j, 2 + 2j]))
    path.write_text(path.read_text().replace("##SYMBOL= X, R, I, N", "##SYMBOL= X, R, N"))
    with pytest.raises(UnreadableFile, match="do not describe X, R and I"):
        read(path)


# --- measured -------------------------------------------------------------------------------------


def test_shipped_file_passes_the_battery(tmp_path):
    found = check_reader(shipped("jcamp-1h.jdx"), tmp_path, format_name="jcamp")
    assert found.attrs["schema"] == "spectrum/1"
    assert found.sizes == {"step": 1, "frequency": 52430}
    assert found.frequency.values[[0, -1]] == pytest.approx([-408.37047100601, 7604.45004181447])
    assert found.attrs["carrier_frequency"] == pytest.approx(399.782198378e6)


def test_the_extremes_stated_in_the_file_are_those_of_the_table():
    # MINY and MAXY stand in the header and are not used by the reader.
    spectrum = read(shipped("jcamp-1h.jdx")).spectrum.values[0].real
    assert spectrum.min() == pytest.approx(-0.00038488773861899971962, rel=1e-4)
    assert spectrum.max() == pytest.approx(0.12090309709310531616, rel=1e-6)
    assert spectrum[-1] == pytest.approx(-0.00036584879853762686253, rel=1e-3)  # FIRSTY


def test_the_axis_has_the_right_length_and_direction():
    # The chelated hydroxyl proton of rutin lies at 12.6 ppm, the solvent DMSO-d5 at 2.50 ppm.
    found = read(shipped("jcamp-1h.jdx"))
    ppm = found.frequency.values / 399.782198
    spectrum = found.spectrum.values[0].real
    solvent = ppm[np.where((ppm > 2.2) & (ppm < 2.8), spectrum, 0).argmax()]
    hydroxyl = ppm[np.where(ppm > 11.5, spectrum, 0).argmax()]
    assert hydroxyl - solvent == pytest.approx(12.6 - 2.5, abs=0.05)


def test_blocks_that_are_drawings_and_footers_are_passed_over():
    path = data_path(MEASURED)
    found = read(path)
    check_privacy(found, path)
    np.testing.assert_array_equal(
        found.spectrum.values, read(shipped("jcamp-1h.jdx")).spectrum.values
    )
    assert any("zero of the frequency axis" in sentence for sentence in schemas.warnings_of(found))

"""Raman and ruby spectra as text."""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from tests.batteries.readers import check_reader
from tests.realdata import data_path, shipped

from megabar import schemas
from megabar.errors import OpenQuestion, TruncatedData, UnreadableFile
from megabar.readers.registry import read

HEADER = (
    "File Version;BWSpec4.11_1\nDate;2021-11-02 10:40:46\noperator;somebody@lab\npixel_num;{n}\n"
    "laser_wavelength;532,07\nPixel;Wavelength;Raman Shift;Reference;Raw data #1;"
    "Dark Subtracted #1;\n"
)


@pytest.fixture
def bwtek(tmp_path):
    def write(rows, announced=None):
        path = tmp_path / "a.txt"
        body = "".join(f"{row}\n" for row in rows)
        path.write_text(HEADER.format(n=len(rows) if announced is None else announced) + body)
        return path

    return write


def lorentzian(x, height, centre, hwhm):
    return height / (1 + ((x - centre) / hwhm) ** 2)


@pytest.mark.parametrize("name", ["raman-bwtek.txt", "ruby-spectrasuite.txt"])
def test_shipped_spectra_pass_the_battery(tmp_path, name):
    check_reader(shipped(name), tmp_path, format_name="raman-text")


def test_decimal_commas_and_points_are_both_read_and_thousands_are_not(bwtek):
    rows = [
        "0;530,77;-48,35;65535,0;10,0;1,5;",
        "1;530.86;-45.28;65535.0;11.0;2.5;",
        "2;530,95;-42,22;65535,0;1.234,5;3,5;",
    ]
    found = read(bwtek(rows))
    np.testing.assert_allclose(found.raman_shift.values, [-48.35, -45.28])
    np.testing.assert_allclose(found.intensity.values, [1.5, 2.5])
    assert "1 pixels have no place" in schemas.warnings_of(found)[0]


def test_a_saturated_detector_is_nan_and_a_saturated_reference_is_not(bwtek):
    rows = [
        f"{n};{530 + n};{n * 10};65535,0;{raw},0;7,0;" for n, raw in enumerate([100, 65535, 65534])
    ]
    found = read(bwtek(rows))
    np.testing.assert_array_equal(np.isnan(found.intensity.values), [False, True, False])
    assert found.attrs["saturated_points"] == [1]
    assert "saturated at 1 points" in schemas.warnings_of(found)[0]


def test_the_saturated_laser_line_of_a_real_file_is_masked():
    found = read(data_path("raman-ruby") / "S0N02_iRPlus532_Z100_100_28000ms.txt")
    masked = found.raman_shift.values[np.isnan(found.intensity.values)]
    assert masked.size == 3
    assert np.abs(masked).max() < 4


def test_date_and_laser_are_kept_and_the_operator_is_not(bwtek):
    found = read(bwtek(["0;530;1;1;10;1;", "1;531;2;1;11;2;"]))
    assert found.started_at.values == np.datetime64("2021-11-02T10:40:46", "ns")
    assert found.attrs["laser_wavelength"] == pytest.approx(532.07e-9)
    assert "somebody" not in str(found.attrs)


def test_fewer_rows_than_announced_are_refused(bwtek):
    with pytest.raises(TruncatedData, match="2 rows where 2048 are announced"):
        read(bwtek(["0;530;1;1;10;1;", "1;531;2;1;11;2;"], announced=2048))


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("File Version;BWSpec4\nPixel;Wavelength;Dark;\n0;530;1;\n")
    with pytest.raises(UnreadableFile, match="Raman Shift: there is no such column"):
        read(path)


def test_a_spectrasuite_file_without_its_last_line_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("SpectraSuite Data File\n>>>>>Begin Processed Spectral Data<<<<<\n1 2\n2 3\n")
    with pytest.raises(TruncatedData, match="ends among its data"):
        read(path)


def test_silicon_line_of_a_real_file():
    found = read(shipped("raman-bwtek.txt"))
    shift, counts = found.raman_shift.values, found.intensity.values
    near = (shift > 490) & (shift < 550)

    def line(x, height, centre, hwhm, level, slope):
        return lorentzian(x, height, centre, hwhm) + level + slope * (x - 520)

    best, _ = curve_fit(line, shift[near], counts[near], [5e4, 520, 4, 0, 0])
    assert best[1] == pytest.approx(521.5, abs=0.3)


def test_ruby_lines_of_a_real_file():
    found = read(shipped("ruby-spectrasuite.txt"))
    wavelength, counts = found.wavelength.values, found.intensity.values
    near = (wavelength > 690) & (wavelength < 700)

    def lines(x, h1, r1, w1, h2, r2, w2, level, slope):
        return lorentzian(x, h1, r1, w1) + lorentzian(x, h2, r2, w2) + level + slope * (x - 695)

    start = [8e3, 695.4, 0.5, 5e3, 694, 0.4, 800, 0]
    best, _ = curve_fit(lines, wavelength[near], counts[near], start)
    assert best[1] == pytest.approx(695.366, abs=0.01)
    assert best[4] == pytest.approx(693.969, abs=0.01)


def test_two_columns_without_header_must_be_told_what_the_axis_is():
    path = data_path("raman-ruby") / "testDW38C_pos3.txt"
    with pytest.raises(OpenQuestion, match="'column 1', 'column 2'"):
        read(path)
    found = read(path, columns={"raman_shift": "column 1 in cm-1", "intensity": "column 2"})
    shift, counts = found.raman_shift.values, found.intensity.values
    for low, high, peak in ((1200, 1450, 1330.6), (1500, 1700, 1583.0)):
        band = (shift > low) & (shift < high)
        assert shift[band][counts[band].argmax()] == pytest.approx(peak, abs=0.05)


@pytest.mark.parametrize(
    "name",
    [
        "Ne_532nm_x100_110ms.txt",
        "PST02_iRPlus532_Z050_100_2500msx5.txt",
        "nCAL10_iR532_Probe_100_2500msx3.txt",
    ],
)
def test_every_bwtek_file_reads(name):
    found = read(data_path("raman-ruby") / name)
    assert found.sizes["point"] > 700
    assert (np.diff(found.raman_shift.values) > 0).all()

"""Prospa folders: three copies of one FID, two of them with a wrong time axis."""

import struct

import numpy as np
import pytest
from tests.batteries.readers import check_privacy, check_reader, copy_of
from tests.realdata import data_path, shipped

from megabar import schemas
from megabar.errors import AmbiguousNucleus, InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers.registry import read

MEASURED = "dnplab-low-field/prospa/10mM_TEMPO_Water/1Pulse_20200929/35"


def test_shipped_folder_passes_the_battery(tmp_path):
    found = check_reader(
        shipped("prospa-1h"),
        tmp_path,
        format_name="prospa",
        decisions={"nucleus": "1H"},
        cut="data.1d",
    )
    assert found.sizes == {"step": 1, "time": 1024}
    assert found.attrs["n_scans"] == 4


def test_the_dwell_of_the_parameters_wins_over_the_stored_axis():
    found = read(shipped("prospa-1h"), nucleus="1H")
    np.testing.assert_allclose(found.time.values, 1e-4 * np.arange(1024), rtol=1e-12)
    assert any("100.098 us" in sentence for sentence in schemas.warnings_of(found))


def test_binary_and_table_hold_the_same_signal(tmp_path):
    binary = read(shipped("prospa-1h"), nucleus="1H")
    folder = copy_of(shipped("prospa-1h"), tmp_path)
    (folder / "data.1d").unlink()
    table = read(folder, nucleus="1H")
    assert table.attrs["source_files"] == ["acqu.par", "data.csv"]
    np.testing.assert_allclose(table.signal.values, binary.signal.values, rtol=1e-5)
    np.testing.assert_array_equal(table.time.values, binary.time.values)


def test_the_nucleus_is_always_asked_for():
    with pytest.raises(AmbiguousNucleus, match=r"14\.7957 MHz.*1H \(at 0\.348 T\)"):
        read(shipped("prospa-1h"))


def test_the_repetition_time_is_left_open():
    assert np.isnan(read(shipped("prospa-1h"), nucleus="1H").attrs["repetition_time"])


def test_two_numbers_of_points_are_a_contradiction(tmp_path):
    folder = copy_of(shipped("prospa-1h"), tmp_path)
    text = (folder / "acqu.par").read_text().replace("nrPnts = 1024", "nrPnts = 512")
    (folder / "acqu.par").write_text(text)
    with pytest.raises(InconsistentHeader, match=r"acqu\.par says 512 points, data\.1d holds"):
        read(folder, nucleus="1H")


@pytest.mark.parametrize("name", ["dwellTime", "b1Freq", "nrPnts"])
def test_parameters_that_are_missing_are_named(tmp_path, name):
    folder = copy_of(shipped("prospa-1h"), tmp_path)
    lines = (folder / "acqu.par").read_text().split("\n")
    (folder / "acqu.par").write_text("\n".join(x for x in lines if not x.startswith(name)))
    with pytest.raises(InconsistentHeader, match=f"{name}: it is 'absent'"):
        read(folder, nucleus="1H")


def test_other_kinds_of_binary_data_are_refused(tmp_path):
    folder = copy_of(shipped("prospa-1h"), tmp_path)
    content = bytearray((folder / "data.1d").read_bytes())
    struct.pack_into("<i", content, 12, 500)
    (folder / "data.1d").write_bytes(content)
    with pytest.raises(UnreadableFile, match="kind 500"):
        read(folder, nucleus="1H")


def test_more_points_than_the_file_holds_allocate_nothing(tmp_path):
    folder = copy_of(shipped("prospa-1h"), tmp_path)
    content = bytearray((folder / "data.1d").read_bytes())
    struct.pack_into("<i", content, 16, 2**31 - 1)
    (folder / "data.1d").write_bytes(content)
    with pytest.raises(TruncatedData, match="the header demands 6442450941 numbers"):
        read(folder, nucleus="1H")


def test_a_damaged_table_is_refused(tmp_path):
    folder = copy_of(shipped("prospa-1h"), tmp_path)
    (folder / "data.1d").unlink()
    (folder / "data.csv").write_text("0,1,2\n100,1\n")
    with pytest.raises(UnreadableFile, match="three numbers in every line"):
        read(folder, nucleus="1H")


def test_a_folder_without_data_is_refused(tmp_path):
    folder = copy_of(shipped("prospa-1h"), tmp_path)
    (folder / "data.1d").unlink()
    (folder / "data.csv").unlink()
    with pytest.raises(UnreadableFile, match=r"neither data\.1d nor data\.csv"):
        read(folder, nucleus="1H")


def test_measured_folder_reads_with_all_its_points():
    folder = data_path(MEASURED)
    found = read(folder, nucleus="1H")
    assert found.sizes == {"step": 1, "time": 16384}
    assert found.time.values[-1] == pytest.approx(1.6383)
    check_privacy(found, folder)

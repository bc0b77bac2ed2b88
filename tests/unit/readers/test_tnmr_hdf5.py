"""HDF5 exports of TNMR in the documented layout, from files that are made here."""

import h5py
import numpy as np
import pytest
from tests.batteries.readers import check_reader

from megabar.errors import (
    AmbiguousArray,
    InconsistentHeader,
    OpenQuestion,
    ReadError,
    TruncatedData,
    UnreadableFile,
)
from megabar.readers.registry import read


def export(path, *, rows=11, points=32, units="us", compressed=False):
    """Write an export of as many groups as rows; the signal of group k is k everywhere."""
    with h5py.File(path, "w") as file:
        file.attrs["nucleus"] = "1H"
        file.attrs["observe_frequency"] = 395.1e6
        file.attrs["scans"] = 16
        for number in range(1, rows + 1):
            group = file.create_group(str(number))
            options = {"compression": "gzip"} if compressed else {}
            group.create_dataset("real", data=np.full(points, float(number)), **options)
            group.create_dataset("imag", data=np.zeros(points), **options)
            group["time"] = 5 + np.arange(points) * 0.5
            if units:
                group["time"].attrs["units"] = units
        delays = file.create_dataset("tables/de2", data=np.geomspace(1, 1e4, rows))
        delays.attrs["units"] = "ms"
    return path


def test_groups_are_sorted_by_number_not_as_text(tmp_path):
    found = read(export(tmp_path / "a.h5"), array="de2")
    np.testing.assert_array_equal(found.signal.values[:, 0].real, np.arange(1, 12))
    np.testing.assert_allclose(found.delay.values, np.geomspace(1e-3, 10, 11))
    np.testing.assert_allclose(found.time.values[:2], [5e-6, 5.5e-6])
    assert found.attrs["n_scans"] == 16.0
    assert found.attrs["carrier_frequency"] == 395.1e6


@pytest.mark.parametrize("compressed", [False, True])
def test_an_export_passes_the_battery(tmp_path, compressed):
    path = export(tmp_path / "a.h5", compressed=compressed)
    check_reader(path, tmp_path, format_name="tnmr-hdf5", decisions={"array": "de2"})


def test_times_without_unit_are_asked_about(tmp_path):
    path = export(tmp_path / "a.h5", units=None)
    with pytest.raises(OpenQuestion, match=r"unit of the times.*Decide with time_unit"):
        read(path, array="de2")
    assert read(path, array="de2", time_unit="us").time.values[0] == pytest.approx(5e-6)


def test_the_table_is_asked_about_even_if_one_fits(tmp_path):
    with pytest.raises(AmbiguousArray, match=r"de2 \(11 values"):
        read(export(tmp_path / "a.h5"))


def test_one_complex_signal_in_the_root(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = np.array([1 + 2j, 3 + 4j, 5 + 6j])
        file.attrs["dwell"], file.attrs["time_units"] = 2.0, "us"
    found = read(tmp_path / "a.h5", nucleus="1H")
    np.testing.assert_array_equal(found.signal.values, [[1 + 2j, 3 + 4j, 5 + 6j]])
    np.testing.assert_allclose(found.time.values, [0, 2e-6, 4e-6])


def test_two_columns_are_real_and_imaginary_part(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = np.array([[1.0, 2.0], [3.0, 4.0]])
        file["dwell"] = 1e-6
        file["dwell"].attrs["units"] = "s"
    found = read(tmp_path / "a.h5", nucleus="1H")
    np.testing.assert_array_equal(found.signal.values, [[1 + 2j, 3 + 4j]])


def test_another_layout_is_refused_with_what_was_found(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spectrum"] = np.zeros(4)
    with pytest.raises(UnreadableFile, match="found: spectrum"):
        read(tmp_path / "a.h5")


def test_a_link_to_another_file_is_not_followed(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["real"] = np.zeros(4)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["real"] = h5py.ExternalLink("secret.h5", "/real")
        file["imag"] = np.zeros(4)
    with pytest.raises(UnreadableFile, match="link to another file"):
        read(tmp_path / "a.h5")


def test_an_external_file_below_a_dataset_is_not_opened(tmp_path):
    (tmp_path / "secret.bin").write_bytes(b"\0" * 32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        where = [(str(tmp_path / "secret.bin"), 0, 32)]
        file.create_dataset("real", shape=(4,), dtype="f8", external=where)
        file["imag"] = np.zeros(4)
    with pytest.raises(ReadError, match=r"a\.h5: real"):
        read(tmp_path / "a.h5")


def test_points_that_were_never_written_are_no_zeros(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("real", shape=(1 << 30,), dtype="f8", chunks=(1024,))
        file["imag"] = np.zeros(4)
    with pytest.raises(TruncatedData, match="none was written"):
        read(tmp_path / "a.h5")


def test_a_few_stored_bytes_do_not_become_gigabytes(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        real = file.create_dataset("real", shape=(1 << 32,), dtype="f8", chunks=(1024,))
        real[:1024] = 1.0
        file["imag"] = np.zeros(4)
    with pytest.raises(InconsistentHeader, match="bytes are announced"):
        read(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda f: f["2"].__setitem__("extra", 1) or f["2"].move("real", "gone"), "2"),
        (lambda f: f["1/time"].__setitem__(3, 99.0), "time"),
        (lambda f: f["2/time"].__setitem__(slice(None), np.arange(32.0)), "time"),
        (lambda f: f.move("3", "three") or f.__setitem__("3", np.zeros(2)), "3"),
        (lambda f: f["1"].__delitem__("time"), "time"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, change, field):
    path = export(tmp_path / "a.h5", rows=4)
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(ReadError, match=rf"a\.h5: {field}"):
        read(path, array="de2")

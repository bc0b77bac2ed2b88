"""Varian folders: np counts reals, blocks carry a scale, array names what was stepped."""

import struct

import numpy as np
import pytest
from tests.batteries.readers import check_privacy, check_reader
from tests.realdata import data_path, shipped

from megabar import schemas
from megabar.errors import (
    AmbiguousArray,
    AmbiguousNucleus,
    InconsistentHeader,
    TruncatedData,
    UnreadableFile,
)
from megabar.readers.registry import read

MEASURED = "dnplab-low-field/vnmrj/10mM_tempol_in_water_mw_off.fid"
TEXTS, DELAY, PULSE, FREQUENCY = "2 2", "3 1", "6 1", "5 1"


def parameter(name, kind, *values):
    texts = kind == TEXTS
    words = "\n".join(f'"{v}"' for v in values) if texts else " ".join(map(str, values))
    return f"{name} {kind} 8 0 0 2 1 0 1 64\n{len(values)} {words}\n0 \n"


def write_folder(folder, signal, *, status=0x45, scale=0, kind=">i4", extra="", tn="H1", **header):
    """Write fid and procpar of one or several traces, each in its own block."""
    folder.mkdir()
    rows = np.atleast_2d(np.asarray(signal, dtype=np.complex128))
    words = rows.view(np.float64).astype(kind)
    size = words.dtype.itemsize
    trace = words.shape[1] * size
    fields = {"nblocks": len(rows), "ntraces": 1, "np": words.shape[1], "ebytes": size,
              "tbytes": trace, "bbytes": trace + 28, **header}  # fmt: skip
    blocks = [
        struct.pack(">4hi4f", scale, status, row + 1, 0, 4, 0, 0, 0, 0) + values.tobytes()
        for row, values in enumerate(words)
    ]
    head = struct.pack(">6i2hi", *fields.values(), 0, status, 1)
    (folder / "fid").write_bytes(head + b"".join(blocks))
    procpar = [
        parameter("sw", "1 1", 100000),
        parameter("np", "7 1", words.shape[1]),
        parameter("sfrq", "1 1", 400.13),
        parameter("tn", TEXTS, tn),
        parameter("nt", "7 1", 4),
        extra or parameter("array", TEXTS, ""),
    ]
    (folder / "procpar").write_text("".join(procpar))
    return folder


def replace_parameter(folder, name, old, new):
    text = (folder / "procpar").read_text()
    stated = parameter(name, "7 1", old)
    assert stated in text
    (folder / "procpar").write_text(text.replace(stated, parameter(name, "7 1", new)))


@pytest.fixture
def signal():
    rng = np.random.default_rng(7)
    return np.rint(1e5 * (rng.normal(size=(3, 32)) + 1j * rng.normal(size=(3, 32))))


def test_shipped_folder_passes_the_battery(tmp_path):
    found = check_reader(shipped("varian-1h.fid"), tmp_path, format_name="varian", cut="fid")
    assert found.sizes == {"step": 1, "time": 4096}
    assert found.attrs["nucleus"] == "1H"  # H1 at 14.18 MHz, and 14.24 MHz is stated for protons
    assert found.attrs["carrier_frequency"] == pytest.approx(14.1769502e6)
    assert found.attrs["n_scans"] == 4
    assert found.time.values[1] == pytest.approx(1e-5)
    assert found.started_at.values == np.datetime64("2020-02-19T16:47:30")


@pytest.mark.parametrize(
    ("status", "kind"), [(0x45, ">i4"), (0x49, ">f4"), (0x41, ">i2")], ids=["i4", "f4", "i2"]
)
def test_each_number_type_gives_back_the_numbers(tmp_path, signal, status, kind):
    numbers = np.rint(signal / 100)
    folder = write_folder(tmp_path / "a.fid", numbers, status=status, kind=kind)
    np.testing.assert_array_equal(read(folder, array="none").signal.values, numbers)


def test_the_scale_of_a_block_multiplies_its_numbers(tmp_path, signal):
    folder = write_folder(tmp_path / "a.fid", signal, scale=3)
    np.testing.assert_array_equal(read(folder, array="none").signal.values, 8 * signal)


def test_a_stepped_delay_is_found_by_its_name(tmp_path, signal):
    extra = parameter("array", TEXTS, "d2") + parameter("d2", DELAY, 0.01, 0.1, 1)
    found = read(write_folder(tmp_path / "a.fid", signal, extra=extra))
    np.testing.assert_allclose(found.delay.values, [0.01, 0.1, 1])


def test_stepped_pulses_are_in_microseconds_and_offsets_in_hertz(tmp_path, signal):
    extra = parameter("array", TEXTS, "pw") + parameter("pw", PULSE, 5, 10, 15)
    found = read(write_folder(tmp_path / "a.fid", signal, extra=extra))
    np.testing.assert_allclose(found.pulse_length.values, [5e-6, 1e-5, 1.5e-5])
    extra = parameter("array", TEXTS, "tof") + parameter("tof", FREQUENCY, -500, 0, 500)
    found = read(write_folder(tmp_path / "b.fid", signal, extra=extra))
    np.testing.assert_allclose(found.carrier_offset.values, [-500, 0, 500])


def test_two_parameters_stepped_together_are_asked_for(tmp_path, signal):
    extra = (
        parameter("array", TEXTS, "(d2,pw)")
        + parameter("d2", DELAY, 1, 2, 3)
        + parameter("pw", PULSE, 5, 10, 15)
    )
    folder = write_folder(tmp_path / "a.fid", signal, extra=extra)
    with pytest.raises(AmbiguousArray, match=r"d2 .*pw "):
        read(folder)
    assert read(folder, array="d2").delay.values.tolist() == [1, 2, 3]


def test_a_text_of_several_lines_does_not_shift_what_follows(tmp_path, signal):
    extra = (
        parameter("notes", TEXTS, "one", "two", "three")
        + parameter("array", TEXTS, "d2")
        + parameter("d2", DELAY, 1, 2, 3)
    )
    found = read(write_folder(tmp_path / "a.fid", signal, extra=extra))
    assert found.delay.values.tolist() == [1, 2, 3]


def test_a_nucleus_that_the_reference_contradicts_is_asked_for(tmp_path, signal):
    extra = parameter("array", TEXTS, "") + parameter("H1reffrq", "1 1", 300.0)
    folder = write_folder(tmp_path / "a.fid", signal, extra=extra)
    with pytest.raises(AmbiguousNucleus, match="names 1H, which would need a magnet of 400"):
        read(folder, array="none")


def test_two_lengths_of_one_trace_are_a_contradiction(tmp_path, signal):
    folder = write_folder(tmp_path / "a.fid", signal)
    text = (
        (folder / "procpar")
        .read_text()
        .replace("np 7 1 8 0 0 2 1 0 1 64\n1 64", "np 7 1 8 0 0 2 1 0 1 64\n1 66")
    )
    (folder / "procpar").write_text(text)
    with pytest.raises(
        InconsistentHeader, match="np: procpar says 66 numbers a trace, fid says 64"
    ):
        read(folder, array="none")


@pytest.mark.parametrize(
    "header", [{"ebytes": 8}, {"tbytes": 1}, {"bbytes": 2**30}, {"nblocks": 0}, {"ntraces": -1}]
)
def test_sizes_that_contradict_each_other_are_refused(tmp_path, signal, header):
    folder = write_folder(tmp_path / "a.fid", signal, **header)
    with pytest.raises(InconsistentHeader, match="sizes contradict"):
        read(folder, array="none")


def test_more_blocks_than_the_file_holds_allocate_nothing(tmp_path, signal):
    folder = write_folder(tmp_path / "a.fid", signal, nblocks=2**31 - 1)
    with pytest.raises(TruncatedData, match="nblocks"):
        read(folder, array="none")


def test_a_spectrum_in_the_place_of_a_signal_is_refused(tmp_path, signal):
    folder = write_folder(tmp_path / "a.fid", signal, status=0x47)
    with pytest.raises(UnreadableFile, match="spectrum"):
        read(folder, array="none")


def test_an_absurd_scale_is_refused(tmp_path, signal):
    with pytest.raises(InconsistentHeader, match=r"scale of block 1.*2\^900"):
        read(write_folder(tmp_path / "a.fid", signal, scale=900), array="none")


def test_scans_that_are_missing_are_reported(tmp_path, signal):
    folder = write_folder(tmp_path / "a.fid", signal)
    text = (
        (folder / "procpar")
        .read_text()
        .replace("nt 7 1 8 0 0 2 1 0 1 64\n1 4", "nt 7 1 8 0 0 2 1 0 1 64\n1 16")
    )
    (folder / "procpar").write_text(text)
    found = read(folder, array="none")
    assert "4 of 16 scans were acquired." in schemas.warnings_of(found)


def test_measured_folder_has_131072_complex_points():
    folder = data_path(MEASURED)
    found = read(folder)
    assert found.sizes == {"step": 1, "time": 131072}
    check_privacy(found, folder)
    cropped = read(shipped("varian-1h.fid"))
    np.testing.assert_array_equal(cropped.signal.values, found.signal.values[:, :4096])

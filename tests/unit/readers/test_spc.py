"""Spectra of GRAMS: bytes laid out here after the published format, new header of 512 bytes."""

import struct
import sys

import numpy as np
import pytest

import megabar
from megabar.cli import main, terminal
from megabar.errors import OpenQuestion, TruncatedData, UnreadableFile

pytest.importorskip("spcfile")

SHARED_UNEVEN, OWN_AXES, SEVERAL, SHORT = 0x80, 0x40, 0x04, 0x01
RAMAN_SHIFT, WAVENUMBER, NANOMETRE, MICROMETRE = 13, 1, 3, 2
DATE = 2026 << 20 | 1 << 16 | 17 << 11 | 13 << 6 | 45


def header(*, flags, points, first, last, spectra=1, unit=RAMAN_SHIFT, version=0x4B, exponent=-128):
    return struct.pack(
        "<BBBbIddIBBBBI9s9sH8f130s30sIIBBHf48sfIfB187s",
        flags, version, 9, exponent, points, first, last, spectra, unit, 4, 0, 0, DATE,
        b"", b"", 0, *[0.0] * 8, b"", b"", 0, 0, 0, 0, 0, 1.0, b"", 0.0, 0, 0.0, 0, b"",
    )  # fmt: skip


def sub(number, points=0, exponent=-128):
    return struct.pack("<BbHfffIIf4s", 0, exponent, number, float(number), 0, 0, points, 1, 0, b"")


def floats(values):
    return np.asarray(values, dtype="<f4").tobytes()


SHIFT = np.linspace(1300.0, 1800.0, 501)
EDGE = 1000 / (1 + np.exp((SHIFT - 1640) / 4)) + 5


@pytest.fixture
def write(tmp_path):
    def written(content, name="edge.spc"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return written


def even(**changes):
    told = {"flags": 0, "points": SHIFT.size, "first": SHIFT[0], "last": SHIFT[-1]} | changes
    return header(**told) + sub(0) + floats(EDGE)


def test_an_even_axis_comes_from_its_ends(write):
    found = megabar.read(write(even()))
    assert found["raman_shift"].values == pytest.approx(SHIFT)
    assert found["intensity"].values == pytest.approx(EDGE, rel=1e-6)
    assert str(found["started_at"].values)[:16] == "2026-01-17T13:45"
    assert found.attrs["format"] == "spc"


def test_an_axis_that_falls_is_turned(write):
    content = header(flags=0, points=SHIFT.size, first=SHIFT[-1], last=SHIFT[0])
    found = megabar.read(write(content + sub(0) + floats(EDGE[::-1])))
    assert found["raman_shift"].values == pytest.approx(SHIFT)
    assert found["intensity"].values == pytest.approx(EDGE, rel=1e-6)


def test_an_uneven_axis_is_read_point_by_point(write):
    uneven = SHIFT + 0.3 * np.sin(SHIFT / 40)
    head = header(flags=SHARED_UNEVEN, points=SHIFT.size, first=SHIFT[0], last=SHIFT[-1])
    found = megabar.read(write(head + floats(uneven) + sub(0) + floats(EDGE)))
    assert found["raman_shift"].values == pytest.approx(uneven, abs=1e-3)


def test_whole_numbers_have_the_scale_of_their_exponent(write):
    exponent = 11
    counts = np.round(EDGE / 2**exponent * 2**32).astype("<i4")
    found = megabar.read(
        write(
            header(flags=0, points=SHIFT.size, first=SHIFT[0], last=SHIFT[-1], exponent=exponent)
            + sub(0, exponent=exponent)
            + counts.tobytes()
        )
    )
    assert found["intensity"].values == pytest.approx(EDGE, rel=1e-4)


def test_several_spectra_are_asked_for(write):
    head = header(flags=SEVERAL, points=SHIFT.size, first=SHIFT[0], last=SHIFT[-1], spectra=2)
    path = write(head + sub(0) + floats(EDGE) + sub(1) + floats(2 * EDGE))
    with pytest.raises(OpenQuestion, match="2 spectra"):
        megabar.read(path)
    with pytest.raises(OpenQuestion, match="no number 7"):
        megabar.read(path, channel=7)
    assert megabar.read(path, channel=1)["intensity"].values == pytest.approx(2 * EDGE, rel=1e-6)


@pytest.mark.parametrize(("unit", "factor"), [(NANOMETRE, 1.0), (MICROMETRE, 1e3)])
def test_wavelengths_are_nanometres(write, unit, factor):
    found = megabar.read(write(even(first=690 / factor, last=700 / factor, unit=unit)))
    assert found["wavelength"].values[[0, -1]] == pytest.approx([690, 700])


def test_wavenumbers_may_be_shifts_and_are_asked_for(write):
    path = write(even(unit=WAVENUMBER))
    with pytest.raises(OpenQuestion, match="may be a shift"):
        megabar.read(path)
    found = megabar.read(path, columns={"raman_shift": "x"})
    assert found["raman_shift"].values == pytest.approx(SHIFT)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (even()[:300], TruncatedData, "300 bytes where the header alone has 512"),
        (even()[:-40], TruncatedData, "spectra of 501 points take"),
        (even(points=2**31), TruncatedData, "spectra of 2147483648 points"),
        (even(version=0x4D), UnreadableFile, "the format before 1996"),
        (even(first=5.0, last=5.0), UnreadableFile, "in no order"),
    ],
)
def test_damaged_and_old_files_are_refused(write, content, error, message):
    with pytest.raises(error, match=message):
        megabar.read(write(content))


def test_without_the_extra_its_name_is_said(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "spcfile", None)
    with pytest.raises(UnreadableFile, match=r"megabar\[spc\]"):
        megabar.read(write(even()))


def test_the_edge_of_such_a_file_has_a_pressure(write, capsys):
    words = ["pressure", str(write(even())), "--gauge", "edge", "--scale", "akahama2006"]
    code = main.main([*words, "--temperature", "300 K", "--axis-correction", "0", "0.5"])
    out = capsys.readouterr().out
    assert code in (terminal.OK, terminal.LOW_CONFIDENCE)
    assert "164" in out or "163" in out  # K0 x [1 + (K0' - 1) x/2] at 1640 cm-1 is 164.2 GPa

"""A file is recognised by its bytes before anything heavy is imported."""

import importlib.util
import os
import subprocess
import sys

import pytest
from tests.realdata import shipped

from megabar.errors import UnknownWord, UnreadableFile
from megabar.readers import registry


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bruker-t1rho", "bruker"),
        ("bruker-t1rho/ser", "bruker"),
        ("tecmag-t1.tnt", "tecmag"),
        ("jeol-1h.jdf", "jeol"),
        ("varian-1h.fid", "varian"),
        ("varian-1h.fid/fid", "varian"),
        ("prospa-1h", "prospa"),
        ("prospa-1h/data.1d", "prospa"),
        ("jcamp-1h.jdx", "jcamp"),
    ],
)
def test_shipped_files_are_recognised(name, expected):
    assert registry.recognise(shipped(name)) == expected


def test_a_wrong_suffix_does_not_deceive(tmp_path):
    disguised = tmp_path / "spectrum.csv"
    disguised.write_bytes(shipped("tecmag-t1.tnt").read_bytes())
    assert registry.recognise(disguised) == "tecmag"


def test_every_format_has_its_own_name_and_an_existing_module():
    names = [known.name for known in registry.FORMATS]
    assert len(set(names)) == len(names)
    for known in registry.FORMATS:
        assert importlib.util.find_spec(known.module) is not None


def test_what_nobody_recognises_is_named_with_what_was_tried(tmp_path):
    strange = tmp_path / "strange.bin"
    strange.write_bytes(b"\x00\x01\x02\x03" * 16)
    with pytest.raises(UnreadableFile, match=r"strange\.bin: format: none of .*tecmag"):
        registry.recognise(strange)


def test_an_empty_file_is_refused(tmp_path):
    empty = tmp_path / "empty.tnt"
    empty.touch()
    with pytest.raises(UnreadableFile, match="0 bytes"):
        registry.read(empty)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="none of"):
        registry.read(tmp_path)


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="does not exist"):
        registry.read(tmp_path / "nothing.tnt")


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    pipe = tmp_path / "pipe.tnt"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableFile, match="neither file nor folder"):
        registry.read(pipe)


def test_an_unknown_format_is_refused():
    with pytest.raises(UnknownWord, match="Did you mean tecmag"):
        registry.read(shipped("tecmag-t1.tnt"), format="tecmac")


def test_recognising_imports_nothing_heavy():
    code = (
        "import sys, megabar.readers.registry as r\n"
        f"print(r.recognise({str(shipped('tecmag-t1.tnt'))!r}))\n"
        "heavy = {'numpy', 'xarray', 'pint', 'nmrglue', 'h5py', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["tecmag", "[]"]


def test_reading_a_spectrometer_file_imports_no_other_reader_and_no_plots():
    code = (
        "import sys, megabar\n"
        f"megabar.read({str(shipped('tecmag-t1.tnt'))!r}, nucleus='1H', array='de6')\n"
        "heavy = {'matplotlib', 'nmrglue', 'h5py', 'h5netcdf', 'megabar.readers.bruker',"
        " 'megabar.readers.ppms'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Encodings and notations of laboratories."""

import pytest

from megabar.errors import UnreadableFile
from megabar.readers.plain_text import ends_whole, number, read_lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_umlauts_and_ohms_survive_each_encoding(tmp_path, encoding):
    text = "Widerstand (µΩ)" if encoding != "latin-1" else "Kühlung µ"
    (tmp_path / "a.txt").write_bytes(f"{text}\n1;2\n".encode(encoding))
    assert read_lines(tmp_path / "a.txt") == [text, "1;2"]


@pytest.mark.parametrize(
    ("field", "comma", "value"),
    [
        ("1.5", False, 1.5),
        ("-1.5e-3", False, -1.5e-3),
        (".5", False, 0.5),
        ("5.", False, 5.0),
        ("1,5", True, 1.5),
        ("-0,1", True, -0.1),
        ("7", True, 7.0),
        ("1,234.5", False, None),
        ("1.234,5", True, None),
        ("1,234,567", True, None),
        ("1,5", False, None),
        ("1_000", False, None),
        ("0x10", False, None),
        ("inf", False, None),
        ("", False, None),
        ("12 K", False, None),
    ],
)
def test_numbers_are_read_strictly(field, comma, value):
    assert number(field, decimal_comma=comma) == value


def test_nul_bytes_are_no_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"1,2\0\n")
    with pytest.raises(UnreadableFile, match="NUL"):
        read_lines(tmp_path / "a.txt")


def test_a_giant_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "a.csv").open("wb") as stream:
        stream.truncate(1 << 29)
    with pytest.raises(UnreadableFile, match="536870912 bytes"):
        read_lines(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("content", "whole"), [(b"1\n", True), (b"1\r", True), (b"1", False), (b"1\n2", False)]
)
def test_a_cut_line_shows(tmp_path, content, whole):
    (tmp_path / "a.txt").write_bytes(b"head\n" * 3 + content)
    assert ends_whole(tmp_path / "a.txt") is whole

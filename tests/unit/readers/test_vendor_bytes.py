"""Sizes are compared before arrays are made."""

import numpy as np
import pytest

from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers import vendor_bytes
from megabar.readers.vendor_bytes import complex_from_pairs, numbers_in, parameters_of, text_of


@pytest.fixture
def numbers(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(np.arange(10, dtype=">i4").tobytes())
    return path


def test_numbers_are_read_from_their_place(numbers):
    found = numbers_in(numbers, dtype=">i4", count=3, offset=8, field="TD")
    assert found.tolist() == [2, 3, 4]


def test_what_is_there_of_a_truncated_array_is_offered(numbers):
    with pytest.raises(TruncatedData, match="demands 20 numbers, the file holds 8") as caught:
        numbers_in(numbers, dtype=">i4", count=20, offset=8, field="TD")
    assert caught.value.partial.tolist() == list(range(2, 10))


def test_a_place_behind_the_end_holds_nothing(numbers):
    with pytest.raises(TruncatedData, match="the file holds 0"):
        numbers_in(numbers, dtype=">i4", count=1, offset=10**15, field="TD")


@pytest.mark.parametrize(("count", "offset"), [(0, 0), (-1, 0), (1, -4)])
def test_impossible_demands_are_refused(numbers, count, offset):
    with pytest.raises(InconsistentHeader, match="TD"):
        numbers_in(numbers, dtype=">i4", count=count, offset=offset, field="TD")


def test_numbers_that_are_none_are_refused(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(b"\x01\x00\x80\x7f" + np.float32(1).tobytes())  # a signalling NaN, then 1
    with pytest.raises(UnreadableFile, match="1 of 2 numbers are not finite"):
        numbers_in(path, dtype="<f4", count=2, field="TD")


def test_pairs_become_complex_along_the_last_axis():
    pairs = np.arange(8, dtype=">i4").reshape(2, 4)
    assert complex_from_pairs(pairs).tolist() == [[1j, 2 + 3j], [4 + 5j, 6 + 7j]]


def test_a_cut_of_a_larger_array_keeps_its_own_numbers():
    pairs = np.arange(12.0).reshape(2, 6)[:, :4]
    assert complex_from_pairs(pairs).tolist() == [[1j, 2 + 3j], [6 + 7j, 8 + 9j]]


def test_line_ends_of_every_system_are_the_same(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"a\r\nb\rc\n\xb5")
    assert text_of(path) == "a\nb\nc\n\u00b5"


def test_a_text_that_is_absent_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match="procpar: path"):
        text_of(tmp_path / "procpar")


def test_a_text_of_absurd_size_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(vendor_bytes, "TEXT_LIMIT", 10)
    path = tmp_path / "text"
    path.write_bytes(b"x" * 11)
    with pytest.raises(UnreadableFile, match="11 bytes"):
        text_of(path)


def test_comments_of_a_parameter_file_are_left_out():
    text = (
        "##TITLE= Parameter file\n##OWNER= somebody\n$$ 2018-04-17 somebody@somewhere\n"
        "$$ C:/data/somebody\n##$TD= 64 $$ words\n##$D= (0..3)\n0 1.5\n2 3\n##END=\n"
    )
    found = parameters_of(text)
    assert found["TD"] == "64"
    assert found["D"] == "(0..3) 0 1.5 2 3"
    assert not any("@" in value or "C:" in value for value in found.values())


@pytest.mark.parametrize("text", ["", "no labels", "##", "##=", "##A", "####==##"])
def test_a_text_that_is_no_parameter_file_gives_little_and_no_error(text):
    assert set(parameters_of(text)) <= {"", "A"}


def test_a_header_is_measured_before_it_is_read(numbers):
    assert vendor_bytes.head_of(numbers, length=4) == b"\0\0\0\0"
    with pytest.raises(TruncatedData, match="ends after 40 bytes, inside its header"):
        vendor_bytes.head_of(numbers, length=41)
    with pytest.raises(UnreadableFile, match=r"does not begin with TNT1\."):
        vendor_bytes.head_of(numbers, length=4, magic=b"TNT1.")

"""A table of weeks: separators, decimal marks, units, and every mistake with line and column."""

import codecs

import pytest

from megabar.campaign.weeks_text import read_sheet
from megabar.errors import UnreadableFile

PLAIN = "day,h_per_metal,error,cell\n0,10.5,0.4,cell-1\n5.5,9.8,0.3,cell-2\n"


def written(folder, text, *, encoding="utf-8"):
    path = folder / "weeks.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def readings(row):
    return {name: one.value for name, one in row.readings.items()}


def assert_plain(sheet):
    assert [row.cell for row in sheet.rows] == ["cell-1", "cell-2"]
    assert readings(sheet.rows[0]) == {"day": 0, "h_per_metal": 10.5, "h_per_metal_error": 0.4}
    assert readings(sheet.rows[1]) == {"day": 5.5, "h_per_metal": 9.8, "h_per_metal_error": 0.3}


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "  "),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", ",\n"),
        "# Table 1 of the paper\n\n" + PLAIN + "# read off with a ruler\n",
        "Table 1\n" + PLAIN,
        PLAIN.replace("h_per_metal", "H/La").replace("error", "std"),
        PLAIN.replace("h_per_metal", '"H / M"').replace("day", "elapsed (d)"),
        PLAIN.replace("h_per_metal,error", "H per La,H per La error"),
    ],
    ids=[
        "comma", "semicolon", "tab", "blanks", "decimal-comma", "crlf", "empty-last", "comments",
        "title", "aliases", "quoted", "long-names",
    ],
)  # fmt: skip
def test_the_same_table_is_read_from_every_notation(tmp_path, text):
    assert_plain(read_sheet(written(tmp_path, text)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_the_same_table_is_read_from_every_encoding(tmp_path, encoding):
    text = PLAIN + "# Größe nach Müller\n"
    assert_plain(read_sheet(written(tmp_path, text, encoding=encoding)))


def test_a_byte_order_mark_does_not_hide_the_first_column(tmp_path):
    assert_plain(read_sheet(written(tmp_path, codecs.BOM_UTF8 + PLAIN.encode())))


def test_units_in_the_header_are_converted(tmp_path):
    text = "elapsed (hour),H/La,T1 (s),T1 error (us),width_hz,Tc (K)\n48,10,0.0015,20,38000,230\n"
    (row,) = read_sheet(written(tmp_path, text)).rows
    assert readings(row) == pytest.approx(
        {"day": 2, "h_per_metal": 10, "t1": 1.5, "t1_error": 0.02, "width": 38, "tc": 230}
    )


def test_an_error_column_has_the_unit_of_its_quantity(tmp_path):
    text = "day,H/La,T1 (s),T1 error\n0,10,0.0015,0.0002\n"
    (row,) = read_sheet(written(tmp_path, text)).rows
    assert row.readings["t1_error"].value == pytest.approx(0.2)


def test_an_error_in_brackets_is_read_with_its_number(tmp_path):
    text = "day;H/La;cell\n0;10,5(4);a\n3;9.8 +- 0.3;a\n".replace("9.8", "9,8").replace(
        "0.3", "0,3"
    )
    rows = read_sheet(written(tmp_path, text)).rows
    assert [row.readings["h_per_metal"].value for row in rows] == pytest.approx([10.5, 9.8])
    assert [row.readings["h_per_metal"].std for row in rows] == pytest.approx([0.4, 0.3])


@pytest.mark.parametrize(
    ("field", "bound"),
    [("<3.5", "upper bound"), (">= 3.5", "lower bound"), ("≤3.5", "upper bound")],
)
def test_a_bound_is_known_as_one(tmp_path, field, bound):
    (row,) = read_sheet(written(tmp_path, f"day,H/La\n4,{field}\n")).rows
    assert (row.readings["h_per_metal"].value, row.readings["h_per_metal"].bound) == (3.5, bound)


def test_fields_that_were_not_measured_stay_empty(tmp_path):
    text = "day,H/La,error,shift (ppm)\n0,10,0.4,900\n1,9.9,0.4,\n2,9.8,0.4,-\n3,,,1000\n"
    rows = read_sheet(written(tmp_path, text)).rows
    assert ["shift" in row.readings for row in rows] == [True, False, False, True]
    assert "h_per_metal" not in rows[3].readings


def test_a_column_that_is_not_known_is_named(tmp_path):
    sheet = read_sheet(written(tmp_path, "day,H/La,shfit (ppm)\n0,10,900\n"))
    assert sheet.columns == ("day", "h_per_metal")
    assert "'shfit (ppm)' is not used. Did you mean shift?" in sheet.told[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("day,error\n0,0.4\n", r"no column is named h_per_metal; the header has 'day', 'error'"),
        ("a,b\n1,2\n", r"header: no header names a column that is known"),
        ("# nothing\n", r"no line that is not a comment"),
        ("day,H/La,T1\n0,10,1.5\n", r"column T1: its unit is not in the header\. .*T1 \(ms\)"),
        ("time,H/La\n0,10\n", r"column time: its unit is not in the header"),
        ("day,H/La,T1 (kg)\n0,10,1.5\n", r"the unit 'kg' does not convert to ms"),
        ("day,H/La,H/M\n0,10,10\n", r"'H/La' and 'H/M' both say h_per_metal"),
        ("day,H/La\n0,ten\n", r"1 field: Line 2, column H/La: found 'ten'; a number is needed"),
        ("day,H/La\n0,1e999\n", r"Line 2, column H/La: found '1e999'"),
        ("day,H/La,error\n0,10\n", r"Line 2 has 2 fields, the header has 3"),
    ],
)
def test_a_mistake_is_told_with_file_line_column_and_remedy(tmp_path, text, message):
    with pytest.raises(UnreadableFile, match=message) as caught:
        read_sheet(written(tmp_path, text))
    assert caught.value.file == "weeks.csv"
    assert caught.value.remedy


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path):
    text = "day,H/La\nx,10\n1,y\n2,10\nz,10\n5,w\n"
    with pytest.raises(UnreadableFile, match=r"4 fields: Line 2.*Line 3.*Line 5.*And 1 more"):
        read_sheet(written(tmp_path, text))

"""Resistance of thermometers to temperature: the standard, a table, and what is refused."""

import pytest

import megabar
from megabar.errors import UnreadableFile

COLUMNS = {"temperature": "R in Pt100", "resistance": "V in ohm"}
ASKED = {"columns": COLUMNS, "source_kind": "log"}


@pytest.fixture
def curve(tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text("R,V\n60.26,1.0\n100,2.0\n138.51,3.0\n")
    return path


def test_a_column_in_pt100_is_a_temperature_by_the_standard(curve):
    found = megabar.read(curve, **ASKED)
    assert found["temperature"].values == pytest.approx([173.15, 273.15, 373.15], abs=0.02)


def test_the_resistance_at_the_ice_point_is_in_the_name(curve):
    thousand = {"temperature": "R in Pt1000", "resistance": "V in ohm"}
    with pytest.raises(UnreadableFile, match="3 resistances lie outside IEC 60751"):
        megabar.read(curve, columns=thousand, source_kind="log")


def test_a_table_beside_the_measurement_wins(curve):
    (curve.parent / "sensor.dat").write_text("# T R/R0 slope\n170 0.6 1\n270 1.0 1\n380 1.4\n")
    found = megabar.read(curve, **ASKED, thermometer_table="sensor.dat")
    assert found["temperature"].values == pytest.approx([170.65, 270, 375.9025])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("170 0.6\n", "1 rows of two numbers"),
        ("170 0.6\n270 0.5\n380 1.4\n", "do not rise together"),
        ("100 0.3\n200 0.7\n", "2 resistances lie outside sensor.dat, 100 to 200 K"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(curve, text, message):
    (curve.parent / "sensor.dat").write_text(text)
    with pytest.raises(UnreadableFile, match=message):
        megabar.read(curve, **ASKED, thermometer_table="sensor.dat")


def test_a_table_that_is_not_there_is_named(curve):
    with pytest.raises(UnreadableFile, match=r"no file none\.dat"):
        megabar.read(curve, **ASKED, thermometer_table="none.dat")

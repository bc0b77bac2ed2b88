"""A published table becomes what a verdict judges: points, errors, witnesses, and what is said."""

import numpy as np
import pytest

from megabar.campaign.weeks_table import Facts, read_weeks
from megabar.errors import MissingInput, Undetermined, UnreadableFile

HEADER = "day,H/La,error,cell"
FOUR = [(0, 10.5), (10, 9.5), (20, 8.5), (40, 6.5)]


def table(cell, points=FOUR, error=0.4):
    return "".join(f"{day},{content},{error},{cell}\n" for day, content in points)


def weeks(folder, text, **facts):
    path = folder / "published.csv"
    path.write_text(text)
    return read_weeks(path, facts=Facts(**facts))


def test_points_come_with_their_day_and_error(tmp_path):
    found = weeks(tmp_path, f"{HEADER}\n{table('A')}")
    (cell,) = found.weeks.cells
    assert cell.cell == "A"
    np.testing.assert_array_equal(cell.elapsed, [0, 10, 20, 40])
    np.testing.assert_array_equal(cell.h_per_metal, [10.5, 9.5, 8.5, 6.5])
    np.testing.assert_array_equal(cell.independent_std, [0.4] * 4)
    np.testing.assert_array_equal(cell.relative_std, [0.0] * 4)
    assert cell.common_relative_std is None
    assert found.told == ()


def test_without_a_column_cell_the_file_gives_the_name(tmp_path):
    text = "day,H/La,error\n" + "".join(f"{day},{x},0.4\n" for day, x in FOUR)
    assert [one.cell for one in weeks(tmp_path, text).weeks.cells] == ["published"]


def test_a_table_without_errors_leaves_them_to_the_scatter(tmp_path):
    text = "day,H/La\n" + "".join(f"{day},{x}\n" for day, x in FOUR)
    (cell,) = weeks(tmp_path, text).weeks.cells
    assert cell.independent_std is None
    assert cell.relative_std is None


def test_relative_and_common_errors_are_kept_apart_from_those_of_a_point(tmp_path):
    text = "day,H/La,error,relative_error,common_error\n" + "".join(
        f"{day},{x},0.1,3 %,0.05\n" for day, x in FOUR
    )
    (cell,) = weeks(tmp_path, text).weeks.cells
    np.testing.assert_allclose(cell.relative_std, 0.03)
    np.testing.assert_allclose(cell.independent_std, 0.1)
    assert cell.common_relative_std == 0.05


def test_a_bound_is_left_out_and_said_so(tmp_path):
    found = weeks(tmp_path, f"{HEADER}\n{table('A')}60,<4,,A\n")
    assert found.weeks.cells[0].elapsed.max() == 40
    assert found.told == ("A: 1 of 5 points is a bound or no number; it was left out.",)


def test_a_cell_with_three_points_is_left_out_and_stops_no_other(tmp_path):
    found = weeks(tmp_path, f"{HEADER}\n{table('A', FOUR[:3])}{table('B')}")
    assert [one.cell for one in found.weeks.cells] == ["B"]
    assert found.told == ("A: 3 of 3 points are values, and 4 are needed; the cell was left out.",)


def test_points_before_the_heating_do_not_enter(tmp_path):
    found = weeks(tmp_path, f"{HEADER}\n-2,3.0,0.1,A\n{table('A')}")
    assert found.weeks.cells[0].elapsed.min() == 0
    assert found.told == ("A: 1 point before the heating left out.",)


def test_without_any_usable_cell_there_is_no_verdict(tmp_path):
    with pytest.raises(Undetermined, match=r"no cell with 4 contents.*A: 3 of 3 points"):
        weeks(tmp_path, f"{HEADER}\n{table('A', FOUR[:3])}")


def test_witnesses_stand_on_their_own_days(tmp_path):
    text = (
        "day,H/La,error,shift (ppm),shift_error,T1 (s)\n"
        "0,10.5,0.4,900,10,0.0015(1)\n10,9.5,0.4,,,\n20,8.5,0.4,1400,12,0.0030(2)\n"
        "30,,,1700,12,\n40,6.5,0.4,,,\n"
    )
    (cell,) = weeks(tmp_path, text).weeks.cells
    assert set(cell.witnesses) == {"shift", "t1"}
    np.testing.assert_array_equal(cell.witnesses["shift"].elapsed, [0, 20, 30])
    np.testing.assert_array_equal(cell.witnesses["shift"].std, [10, 12, 12])
    np.testing.assert_allclose(cell.witnesses["t1"].value, [1.5, 3.0])
    np.testing.assert_allclose(cell.witnesses["t1"].std, [0.1, 0.2])


def test_facts_come_from_columns_or_from_a_person_and_the_column_wins(tmp_path):
    rows = "".join(f"{day},{x},0.4,{'12' if day == 0 else ''},\n" for day, x in FOUR)
    text = "day,H/La,error,dead_time (us),repetition_time_ms\n" + rows
    found = weeks(tmp_path, text, dead_time=7.0, quality_factor=40.0, repetition_time=10.0).weeks
    assert (found.dead_time, found.quality_factor) == (12.0, 40.0)
    np.testing.assert_array_equal(found.cells[0].repetition_time, [10.0] * 4)


def test_widths_of_the_metal_ask_for_its_frequency(tmp_path):
    rows = "".join(f"{day},{x},0.4,38,1\n" for day, x in FOUR)
    text = "day,H/La,error,width_khz,width_error\n" + rows
    with pytest.raises(MissingInput, match="Larmor frequency") as caught:
        weeks(tmp_path, text)
    assert caught.value.argument == "metal_frequency"
    assert weeks(tmp_path, text, metal_frequency=55.95).weeks.has("width")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (",10,0.4,A\n", r"1 row: Line 6, column day: no day"),
        ("50,6,-0.4,A\n", r"Line 6, column error: found -0\.4; an error is 0 or more"),
        ("50,6,,A\n", r"line 6: this point has no error, or one of 0"),
        ("50,6,0,A\n", r"line 6: this point has no error, or one of 0"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path, rows, message):
    with pytest.raises(UnreadableFile, match=message):
        weeks(tmp_path, f"{HEADER}\n{table('A')}{rows}")


def test_a_witness_without_error_is_asked_for_it(tmp_path):
    text = "day,H/La,error,Tc (K)\n" + "".join(f"{day},{x},0.4,240\n" for day, x in FOUR)
    with pytest.raises(UnreadableFile, match=r"column Tc \(K\): no error; a column Tc_error"):
        weeks(tmp_path, text)


def test_one_fact_has_one_value(tmp_path):
    rows = "".join(f"{day},{x},0.4,{7 + day}\n" for day, x in FOUR)
    with pytest.raises(UnreadableFile, match=r"dead_time is 7, 17, 27, 47; it is one number"):
        weeks(tmp_path, "day,H/La,error,dead_time_us\n" + rows)

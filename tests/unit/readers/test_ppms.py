"""PPMS files: columns by name, one bridge, directions from the data."""

import numpy as np
import pytest
from tests.batteries.readers import check_reader
from tests.realdata import data_path

from megabar import schemas
from megabar.errors import OpenQuestion, UnreadableFile
from megabar.readers.registry import read

SET = "rt-nb-ppms-250308"
BILAYERS = "250308-ch1Nb50Al100-ch2Nb100Al20-ch3Nb100Al100"
HEADERS = (
    "Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),"
    "Bridge 1 Resistivity ({unit}),Bridge 1 Excitation (uA),Bridge 2 Resistivity (Ohm),"
    "Bridge 2 Excitation (uA),Bridge 1 Std. Dev. (Ohm),Bridge 1 Resistance (Ohms),"
    "Bridge 2 Resistance (Ohms)"
)


def told(dataset):
    return " ".join(schemas.warnings_of(dataset))


@pytest.fixture
def ppms(tmp_path):
    def write(rows, *, unit="Ohm", opened="FILEOPENTIME,1000.0,3/18/2025,12:27 AM"):
        lines = ["[Header]", opened, "BYAPP, Resistivity, 2.1, 1.0", "[Data]"]
        lines += [HEADERS.format(unit=unit), *rows]
        path = tmp_path / "run.dat"
        path.write_text("\n".join(lines) + "\n", encoding="latin-1")
        return path

    return write


def rows(temperatures, *, ratio=1.0, second=""):
    return [
        f",{1060 + 10 * n},{t},5000,{t * 2 * ratio},99.9,{second},99.9,0.01,{t * 2},{second}"
        for n, t in enumerate(temperatures)
    ]


def test_one_bridge_reads_with_units_field_and_excitation(ppms):
    found = read(ppms(rows([4, 5, 6])))
    np.testing.assert_array_equal(found.resistance.values, [8, 10, 12])
    np.testing.assert_array_equal(found.resistance_std.values, [0.01] * 3)
    np.testing.assert_allclose(found.field.values, 0.5)
    np.testing.assert_array_equal(found.time.values, [0, 10, 20])
    np.testing.assert_array_equal(found.direction.values, [1, 1, 1])
    assert found.attrs["current"] == pytest.approx(99.9e-6)
    assert found.attrs["channel"] == "bridge 1"
    assert found.attrs["source_kind"] == "log"


def test_an_unambiguous_date_gives_the_moment_of_the_first_row(ppms):
    found = read(ppms(rows([4, 5])))
    assert found.started_at.values == np.datetime64("2025-03-18T00:28:00", "ns")


def test_a_date_that_can_be_two_dates_stays_unknown(ppms):
    path = ppms(rows([4, 5]), opened="FILEOPENTIME,1000.0,3/8/2025,12:27 AM")
    found = read(path)
    assert np.isnat(found.started_at.values)
    assert "which is two dates" in told(found)
    decided = read(path, started_at="2025-03-08T00:28:00")
    assert decided.started_at.values == np.datetime64("2025-03-08T00:28:00", "ns")
    assert "two dates" not in told(decided)


@pytest.mark.parametrize(
    "opened",
    [
        "FILEOPENTIME,1000.0,2/31/2025,12:27 AM",
        "FILEOPENTIME,1e9,99/99/9999,99:99",
        "FILEOPENTIME,1000.0,0/0/0000,0:00 AM",
        "FILEOPENTIME",
        "",
    ],
)
def test_an_impossible_date_stays_unknown(ppms, opened):
    assert np.isnat(read(ppms(rows([4, 5]), opened=opened)).started_at.values)


def test_several_bridges_are_asked_about_with_their_ranges(ppms):
    path = ppms(rows([4, 5], second=77.5))
    with pytest.raises(OpenQuestion, match=r"1 \(8 to 10 ohm\), 2 \(77\.5 to 77\.5 ohm\)"):
        read(path)
    for channel in (2, "2", "Bridge 2"):
        np.testing.assert_array_equal(read(path, channel=channel).resistance.values, [77.5, 77.5])


def test_an_empty_bridge_is_refused(ppms):
    with pytest.raises(OpenQuestion, match="bridge 2 holds no resistance"):
        read(ppms(rows([4, 5])), channel=2)


def test_resistance_is_the_truth_and_the_ratio_is_told(ppms):
    found = read(ppms(rows([4, 5], ratio=1e-4), unit="Ohm-cm"))
    np.testing.assert_array_equal(found.resistance.values, [8, 10])
    assert found.attrs["resistivity_over_resistance"] == pytest.approx(1e-4)
    assert "0.0001 times the resistance" in told(found)


def test_rows_of_another_bridge_are_left_out(ppms):
    alternating = [*rows([4]), ",1070,5,5000,,,77,99.9,,,77", *rows([6])]
    found = read(ppms(alternating), channel=1)
    np.testing.assert_array_equal(found.temperature.values, [4, 6])
    assert "Line 7 has no number under 'Bridge 1 Resistance (Ohms)'" in told(found)


def test_another_option_is_read_with_a_column_map(ppms):
    path = ppms(rows([4, 5]))
    columns = {"temperature": "Temperature (K)", "resistance": "Bridge 1 Resistance (Ohms)"}
    found = read(path, columns=columns, source_kind="log")
    np.testing.assert_array_equal(found.resistance.values, [8, 10])


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("[Header]\nTITLE\n", r"\[Data\]"),
        ("[Header]\n[Data]\n", r"\[Data\]"),
        ("[Header]\n[Data]\n" + HEADERS.format(unit="Ohm") + "\n", "nothing was measured"),
    ],
)
def test_a_file_without_data_is_refused(tmp_path, content, match):
    (tmp_path / "run.dat").write_text(content)
    with pytest.raises(UnreadableFile, match=match):
        read(tmp_path / "run.dat")


def test_written_file_passes_the_battery(ppms, tmp_path):
    check_reader(ppms(rows(range(4, 40))), tmp_path, format_name="ppms", says_its_length=False)


# --- real files -----------------------------------------------------------------------------------


def test_the_cooldown_reverses_twice_near_9_and_a_half_kelvin():
    found = read(data_path(SET) / f"{BILAYERS}.dat", channel=1)
    assert "reverses 2 times: at 9.404 K" in told(found)
    assert np.flatnonzero(np.diff(found.direction.values)).tolist() == [99, 100]
    assert (found.direction.values[:100] == -1).all()


@pytest.mark.parametrize(
    ("name", "rate", "step"),
    [
        (f"{BILAYERS}_coarseUp1", 1.0, 0.5),
        (f"{BILAYERS}_fineUp1", 0.2, 0.06),
        (f"{BILAYERS}_fineUp2", 0.01, None),
        ("250308_3D_mh_photolitho_coarseUp1", 9.7, 2.0),
        ("250308_3D_mh_photolitho_fineUp1", 0.5, None),
        ("250308_3D_mh_photolitho_fineUp2", 0.1, None),
    ],
)
def test_each_warming_sweep_is_one_ramp_of_its_rate(name, rate, step):
    found = read(data_path(SET) / f"{name}.dat", channel=2)
    assert (found.direction.values == 1).all()
    temperature, time = found.temperature.values, found.time.values
    kelvin_per_minute = 60 * (temperature[-1] - temperature[0]) / time[-1]
    assert kelvin_per_minute == pytest.approx(rate, rel=0.1)
    if step is not None:
        assert np.median(np.diff(temperature)) == pytest.approx(step, rel=0.1)
    assert found.attrs["resistivity_over_resistance"] == 1.0


@pytest.mark.parametrize(("channel", "midpoint"), [(1, 8.799), (2, 8.826), (3, 9.045)])
def test_midpoints_of_the_slow_sweep(channel, midpoint):
    found = read(data_path(SET) / f"{BILAYERS}_fineUp2.dat", channel=channel)
    order = np.argsort(found.temperature.values)
    temperature, resistance = found.temperature.values[order], found.resistance.values[order]
    normal = (temperature > 9.15) & (temperature < 9.5)
    line = np.polyval(np.polyfit(temperature[normal], resistance[normal], 1), temperature)
    first = np.flatnonzero(resistance / line > 0.5)[0]
    near = slice(first - 1, first + 1)
    assert np.interp(0.5, (resistance / line)[near], temperature[near]) == pytest.approx(
        midpoint, abs=0.006
    )


def test_bridge_four_of_the_set_is_empty():
    with pytest.raises(OpenQuestion, match="bridge 4 holds no resistance"):
        read(data_path(SET) / f"{BILAYERS}.dat", channel=4)

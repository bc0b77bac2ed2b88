"""Tables with a stated column map: nothing is guessed, nothing is lost."""

import csv

import numpy as np
import pytest
from scipy.optimize import curve_fit
from tests.batteries.readers import check_reader
from tests.realdata import data_path, shipped

from megabar import schemas
from megabar.errors import OpenQuestion, StoreError, UnknownWord, UnreadableFile
from megabar.readers import tables
from megabar.readers.registry import read

RT = {"temperature": "T in K", "resistance": "R in ohm"}


@pytest.fixture
def table(tmp_path):
    def write(text, name="a.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def told(dataset):
    return " ".join(schemas.warnings_of(dataset))


# --- notation -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "T,R\n4.5,1.25\n5.5,2.25\n",
        "T;R\n4.5;1.25\n5.5;2.25\n",
        "T;R\n4,5;1,25\n5,5;2,25\n",
        "T\tR\n4.5\t1.25\n5.5\t2.25\n",
        "T\tR\n4,5\t1,25\n5,5\t2,25\n",
        "T R\n4.5 1.25\n5.5 2.25\n",
        "  T   R\n 4,5   1,25\n 5,5   2,25\n",
        "# T R\n4.5 1.25\n5.5 2.25\n",
        "# log of the cryostat\n# T, R\n4.5, 1.25\n5.5, 2.25\n",
        '"T","R"\n"4.5","1.25"\n"5.5","2.25"\n',
        '"T","R"\n"4,5","1,25"\n"5,5","2,25"\n',
        "T,R,\n4.5,1.25,\n5.5,2.25,\n",
        "T,R\r\n4.5,1.25\r\n5.5,2.25\r\n",
        "Cooldown of cell 2\n\nT,R\n4.5,1.25\n5.5,2.25\n",
    ],
)
def test_each_notation_gives_the_same_numbers(table, text):
    found = read(table(text), columns=RT, source_kind="log")
    np.testing.assert_array_equal(found.temperature.values, [4.5, 5.5])
    np.testing.assert_array_equal(found.resistance.values, [1.25, 2.25])


def test_columns_without_header_are_named_by_number(table):
    columns = {"temperature": "column 1 in K", "resistance": "column 2 in mOhm"}
    found = read(table("4.5,1.25\n5.5,2.25\n"), columns=columns, source_kind="log")
    np.testing.assert_allclose(found.resistance.values, [1.25e-3, 2.25e-3])


@pytest.mark.parametrize(
    ("header", "quantity", "expected"),
    [
        ("T (K)", "temperature", 300.0),
        ("T [mK]", "temperature", 0.3),
        ("T (degC)", "temperature", 573.15),
        ("B (Oe)", "field", 0.03),
        ("B [T]", "field", 300.0),
        ("t (min)", "time", 18000.0),
        ("t (ms)", "time", 0.3),
        ("p (kbar)", "pressure", 30.0),
        ("p (GPa)", "pressure", 300.0),
        ("R (Ω)", "resistance", 300.0),
        ("R (Ohms)", "resistance", 300.0),
        ("x (%)", "fraction", 3.0),
        ("f (m-2s-1)", "flux", 300.0),
        ("rate (D/s)", "release_rate", 300.0),
        ("U (µV)", "voltage", 3e-4),
    ],
)
def test_units_of_the_header_are_converted(table, header, quantity, expected):
    path = table(f"{header},T2 (K),t2 (s),V2 (V)\n300,1,2,3\n301,2,3,4\n")
    columns = {quantity: header, "voltage_offset": "V2"}
    columns |= {"temperature": "T2"} if quantity != "temperature" else {}
    columns |= {"time": "t2"} if quantity != "time" else {}
    found = read(path, columns=columns)
    assert found[quantity].values[0] == pytest.approx(expected)
    assert found[quantity].attrs["units"] == schemas.UNITS[quantity]


def test_the_unit_of_the_map_wins_over_the_header(table):
    path = table("T (K),R (Ohm-cm)\n4,1\n5,2\n")
    columns = {"temperature": "T", "resistance": "R in mOhm"}
    found = read(path, columns=columns, source_kind="log")
    np.testing.assert_allclose(found.resistance.values, [1e-3, 2e-3])


def test_ragged_lines_are_left_out_by_number(table):
    path = table("T,R\n4,1\n5\n6,3\n7,\n8,5,9\n9,six\n10,7\n")
    found = read(path, columns=RT, source_kind="log")
    np.testing.assert_array_equal(found.temperature.values, [4, 6, 10])
    for line in (5, 6, 7):
        assert f"Line {line} " in told(found)


def test_thousands_are_no_decimals(table):
    path = table("T;R\n1.234,5;1\n1.235,5;2\n")
    with pytest.raises(UnreadableFile, match=r"a\.csv"):
        read(path, columns=RT, source_kind="log")


def test_a_second_thermometer_is_kept(table):
    path = table("T1 (K),T2 (K),R (ohm)\n4,40,1\n5,50,2\n")
    columns = {"temperature": "T1", "temperature_cold_finger": "T2", "resistance": "R"}
    found = read(path, columns=columns, source_kind="log")
    np.testing.assert_array_equal(found.temperature_cold_finger.values, [40, 50])
    assert found.temperature_cold_finger.attrs["units"] == "K"


def test_a_voltage_becomes_a_resistance_by_the_current(table):
    path = table("T (K),U (uV)\n4,100\n5,200\n")
    columns = {"temperature": "T", "resistance": "U"}
    with pytest.raises(OpenQuestion, match="Decide with current"):
        read(path, columns=columns, source_kind="log")
    found = read(path, columns=columns, source_kind="log", current="100 uA")
    np.testing.assert_allclose(found.resistance.values, [1.0, 2.0])
    assert found.attrs["current"] == pytest.approx(1e-4)


# --- what is asked --------------------------------------------------------------------------------


def test_without_a_map_the_headers_are_listed(table):
    with pytest.raises(OpenQuestion, match=r"'T', 'R'\. Decide with columns") as caught:
        read(table("T,R\n4,1\n5,2\n"))
    assert caught.value.argument == "columns"


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"temperature": "Temp in K", "resistance": "R in ohm"}, "no column 'Temp in K'"),
        ({"temperature": "column 9 in K", "resistance": "R in ohm"}, "no column 'column 9"),
        ({"temperature": "T", "resistance": "R in ohm"}, "its unit is not in the header"),
        ({"temperature": "T in kg", "resistance": "R in ohm"}, "'kg' does not convert to K"),
        ({"temperature": "T in 9**9**9", "resistance": "R in ohm"}, "does not convert to K"),
    ],
)
def test_an_open_column_is_asked_about(table, columns, match):
    with pytest.raises(OpenQuestion, match=match.replace("*", r"\*")):
        read(table("T,R\n4,1\n5,2\n"), columns=columns, source_kind="log")


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"temperatures": "T in K", "resistance": "R in ohm"}, "Did you mean temperature"),
        ({"temperature": "T in K"}, "without anything measured"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused(table, columns, match):
    with pytest.raises(UnknownWord, match=match):
        read(table("T,R\n4,1\n5,2\n"), columns=columns)


def test_the_order_of_rows_without_time_is_asked(table):
    with pytest.raises(OpenQuestion, match="Decide with source_kind"):
        read(table("T,R\n4,1\n5,2\n"), columns=RT)


def test_with_time_the_rows_are_a_log(table):
    found = read(table("t (s),T,R\n0,4,1\n1,5,2\n"), columns={"time": "t", **RT})
    assert found.attrs["source_kind"] == "log"
    np.testing.assert_array_equal(found.direction.values, [1, 1])


def test_an_unknown_unit_of_time_is_asked_and_may_stay_unknown(table):
    path = table("t,x\n0,0\n1,0.5\n")
    columns = {"time": "t", "fraction": "x"}
    with pytest.raises(OpenQuestion, match="rates are per file unit"):
        read(path, columns=columns)
    assert read(path, columns=columns, time_unit="minute").time.values[1] == 60
    unknown = read(path, columns=columns, time_unit="unknown")
    assert "time" not in unknown.coords
    assert "units" not in unknown.file_time.attrs


def test_a_note_is_printed_beside_the_numbers(table):
    found = read(table("T,R\n4,1\n5,2\n"), columns=RT, source_kind="digitised", note="retracted")
    assert found.attrs["note"] == "retracted"
    assert "Note: retracted." in told(found)


@pytest.mark.parametrize("text", ["one\ntwo\n", "1\n2\n", "a,b\nc,d\n", "#\n", "\n\n"])
def test_what_is_no_table_is_refused(table, text):
    with pytest.raises(UnreadableFile, match="no separator"):
        read(table(text), format="tables", columns=RT)


# --- CSV out --------------------------------------------------------------------------------------


def test_csv_of_a_sweep_has_units_in_its_header_and_every_digit(table, tmp_path):
    text = "t (s),T (K),R (ohm)\n0,4.1000000000000005,1e-300\n1,5,0.1\n"
    columns = {"time": "t", "temperature": "T", "resistance": "R"}
    sweep = read(table(text), columns=columns)
    tables.write_csv(sweep, tmp_path / "out.csv")
    back = read(tmp_path / "out.csv", columns={q: q for q in columns})
    np.testing.assert_array_equal(back.temperature.values, sweep.temperature.values)
    np.testing.assert_array_equal(back.resistance.values, sweep.resistance.values)
    header = (tmp_path / "out.csv").read_text().splitlines()[0]
    assert header == "time [s],temperature [K],direction,resistance [ohm]"


def test_csv_of_an_acquisition_has_one_row_for_each_point(tmp_path):
    acq = schemas.acquisition(
        [[1 + 2j, 3 + 4j], [5 + 6j, 7 + 8j]],
        time=[0.0, 1e-6],
        step={"delay": [0.1, 0.2]},
        attrs={
            "nucleus": "1H",
            "carrier_frequency": 4e8,
            "n_scans": 1.0,
            "sequence": "fid",
            "repetition_time": 1.0,
            "dead_time": 0.0,
            "cell": "c",
            "source": "s",
            "source_sha256": "0",
        },
    )
    tables.write_csv(acq, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4
    third = {name: float(value) for name, value in rows[2].items()}
    assert third == {
        "step": 1,
        "time [s]": 0,
        "delay [s]": 0.2,
        "signal [1] real": 5,
        "signal [1] imaginary": 6,
    }


def test_csv_is_not_overwritten(table, tmp_path):
    sweep = read(table("T,R\n4,1\n5,2\n"), columns=RT, source_kind="log")
    (tmp_path / "out.csv").write_text("precious")
    with pytest.raises(StoreError, match="exists with other content"):
        tables.write_csv(sweep, tmp_path / "out.csv")


# --- real files -----------------------------------------------------------------------------------

PADOVA = {
    "time": "Ndata(s)",
    "temperature": "Tdito",
    "resistance_pt100": "Rv",
    "voltage": "Vout",
}
SHIPPED = {
    "release-0.1-dpa.csv": {"temperature": "column 1 in K", "release_rate": "column 2 in D/s"},
    "flux-clean.csv": {"temperature": "Temperature", "flux": "Flux"},
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_tables_pass_the_battery(tmp_path, name):
    check_reader(
        shipped(f"hydrogen/{name}"),
        tmp_path,
        format_name="tables",
        decisions={"columns": SHIPPED[name]},
        says_its_length=False,
    )


@pytest.mark.parametrize(("name", "line"), [("cooling", 73), ("heating", 18), ("cooling_new", 36)])
def test_padova_line_without_a_column_is_named(name, line):
    found = read(data_path("rt-cuprate-padova/Data") / f"{name}.dat", columns=PADOVA)
    assert f"Line {line} has no number under 'Tdito (K)'" in told(found)
    assert {"temperature", "resistance_pt100"} <= set(found.coords)


@pytest.mark.parametrize(
    ("name", "word", "direction"),
    [
        ("Data/cooling.dat", "Raffreddamento", -1),
        ("Data/cooling_offset.dat", "Riscaldamento", -1),
        ("Data/heating.dat", "Riscaldamento", 1),
        ("Data/heating_offset.dat", "Raffreddamento", 1),
        ("Data_arduino/heating_ard.dat", "Raffreddamento", 1),
        ("Data_arduino/heating_offset_ard.dat", "Raffreddamento", 1),
        ("Data_arduino/cooling_ard.dat", "Raffreddamento", -1),
        ("Data_arduino/cooling_offset_ard.dat", "Raffreddamento", -1),
    ],
)
def test_padova_direction_comes_from_the_data_not_from_the_comment(name, word, direction):
    path = data_path("rt-cuprate-padova") / name
    assert word in path.read_text(encoding="utf-8")
    columns = PADOVA if name.startswith("Data/") else {"temperature": "Tdito", "voltage": "Vout"}
    found = read(path, columns=columns, source_kind="log")
    assert (found.direction.values == direction).all()


def test_padova_equilibrium_on_the_thermometer_near_the_sample():
    folder = data_path("rt-cuprate-padova/Data")
    conversion = read(folder / "conversion.dat", columns={"temperature": "T", "ratio": "R/R0"})
    assert "Line 1048 has 2 fields" in told(conversion)  # three columns become two near the end
    columns = {
        "resistance_pt100": "Rv in ohm",
        "voltage": "Vout in mV",
        "voltage_offset": "Voff in mV",
    }
    run = read(folder / "equilibrium_cooling.dat", columns=columns)
    temperature = np.interp(
        run.resistance_pt100.values / 100, conversion.ratio.values, conversion.temperature.values
    )
    signal = (run.voltage - run.voltage_offset).values
    resistive = signal > 0.2e-3
    assert temperature[~resistive].max() == pytest.approx(109.2, abs=0.1)
    assert temperature[resistive].min() == pytest.approx(109.45, abs=0.1)
    normal = (temperature > 121) & (temperature < 176)
    line = np.polyval(np.polyfit(temperature[normal], signal[normal], 1), temperature)
    order = np.argsort(temperature)
    below = order[:-4]
    middle = np.interp(0.5, (signal / line)[below], temperature[below])
    assert middle == pytest.approx(112.3, abs=0.5)


CSH = {"temperature": "Temp in K", "resistance": "R in ohm"}


@pytest.mark.parametrize(
    ("name", "points", "repeated"),
    [("CSH-Fig1a/210_GPa.csv", 8200, 4151), ("CSH-Fig2b/01_T.csv", 6271, 2284)],
)
def test_a_digitised_curve_has_no_direction_and_repeated_temperatures(name, points, repeated):
    path = data_path("rt-csh-vector-extracted-B") / name
    found = read(path, columns=CSH, source_kind="digitised", note="retracted")
    assert found.sizes["point"] == points
    assert f"{repeated} of {points} temperatures repeat" in told(found)
    assert "retracted" in told(found)
    assert (found.direction.values == 0).all()


@pytest.mark.parametrize("name", ["13p5_GPa", "16_GPa", "24_GPa", "13p5_GPa_higher_res"])
def test_gese4_reads_with_and_without_header(name):
    path = data_path("rt-csh-vector-extracted-B/GeSe4-FigB4") / f"{name}.csv"
    columns = {"temperature": "column 1 in K", "resistance": "column 2 in ohm"}
    found = read(path, columns=columns, source_kind="digitised")
    assert found.sizes["point"] > 60


@pytest.mark.parametrize(
    ("name", "amount"), [("release-0-dpa.csv", 2.14e19), ("release-0.1-dpa.csv", 3.97e20)]
)
def test_deuterium_released_per_area_of_damaged_tungsten(name, amount):
    found = read(shipped(f"hydrogen/{name}"), columns=SHIPPED["release-0.1-dpa.csv"])
    ramp, area = 0.05, 12e-3 * 15e-3  # K/s, m2
    released = np.trapezoid(found.release_rate.values, found.temperature.values) / ramp / area
    assert released == pytest.approx(amount, rel=0.03)
    if name == "release-0.1-dpa.csv":
        peak = found.temperature.values[found.release_rate.values.argmax()]
        assert peak == pytest.approx(500, abs=5)


def test_flux_from_clean_tungsten_peaks_at_415_k_and_keeps_its_negative_noise():
    found = read(shipped("hydrogen/flux-clean.csv"), columns=SHIPPED["flux-clean.csv"])
    flux = found.flux.values
    assert found.temperature.values[flux.argmax()] == pytest.approx(415, abs=5)
    assert flux.max() == pytest.approx(4.59e17, rel=0.02)
    assert np.count_nonzero(flux < 0) == 18


def test_h_per_ti_rises_to_its_plateau_in_file_time():
    columns = {"time": "x", "h_per_metal": "y"}
    answers = {"columns": columns, "time_unit": "unknown", "source_kind": "digitised"}
    found = read(shipped("hydrogen/h-per-ti-550C.csv"), **answers)

    def rise(time, plateau, tau):
        return plateau * (1 - np.exp(-time / tau))

    best, covariance = curve_fit(rise, found.file_time.values, found.h_per_metal.values, [0.5, 5])
    std = np.sqrt(np.diag(covariance))
    assert abs(best[0] - 0.840) < std[0]
    assert abs(best[1] - 8.56) < std[1]
    short = read(shipped("hydrogen/h-per-ti-450C.csv"), **answers)
    best, covariance = curve_fit(rise, short.file_time.values, short.h_per_metal.values, [1, 50])
    correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert correlation > 0.98  # the plateau lies outside the data

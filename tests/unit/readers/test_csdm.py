"""CSDM: what goes out comes back, real files read as chemistry says, nothing outside the folder."""

import base64
import json

import numpy as np
import pytest
from tests.batteries.readers import check_reader
from tests.realdata import data_path, shipped

from megabar import schemas
from megabar.errors import (
    AmbiguousArray,
    AmbiguousNucleus,
    OpenQuestion,
    SchemaError,
    StoreError,
    TruncatedData,
    UnreadableFile,
)
from megabar.readers import csdm
from megabar.readers.registry import read

ETHANOL = 75.429334e6  # Hz, the carrier that gives ethanol its known shifts


def document(**changes):
    """Give a small file of two points, with some of its fields changed."""
    dimension = {"type": "linear", "count": 2, "increment": "1 us"} | changes.pop("dimension", {})
    variable = {
        "type": "internal",
        "quantity_type": "scalar",
        "numeric_type": "complex128",
        "encoding": "none",
        "components": [[1.0, 2.0, 3.0, 4.0]],
    } | changes.pop("variable", {})
    tree = {"version": "1.0", "dimensions": [dimension], "dependent_variables": [variable]}
    return {"csdm": tree | changes}


@pytest.fixture
def stored(tmp_path):
    def write(tree, name="a.csdf"):
        path = tmp_path / name
        path.write_text(json.dumps(tree))
        return path

    return write


@pytest.fixture
def recovery():
    rng = np.random.default_rng(4)
    attrs = {
        "nucleus": "139La",
        "carrier_frequency": 56.1e6,
        "n_scans": [8.0] * 7 + [16.0],
        "sequence": "saturation-recovery",
        "repetition_time": float("nan"),
        "dead_time": 5e-6,
        "cell": "cell-2",
        "source": "ser",
        "source_sha256": "0" * 64,
        "flip_angle": 1.5,
    }
    return schemas.acquisition(
        rng.normal(size=(8, 1024)) + 1j * rng.normal(size=(8, 1024)),
        time=np.arange(1024) / 3e6 - 1.1e-6,
        step={"delay": [1e-3, 2e-3, 2e-3, 0.1, 1.0, 2.0, 4.0, 8.0]},
        started_at="2026-01-10T12:00:00.123456789",
        attrs=attrs,
    )


# --- out and in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "encoding"), [("a.csdf", "base64"), ("a.csdf", "none"), ("a.csdfe", "base64")]
)
def test_complex128_comes_back_bit_for_bit(tmp_path, recovery, name, encoding):
    csdm.write(recovery, tmp_path / name, encoding=encoding)
    back = read(tmp_path / name)
    assert back.signal.values.tobytes() == recovery.signal.values.tobytes()
    np.testing.assert_array_equal(back.delay.values, recovery.delay.values)
    np.testing.assert_allclose(back.time.values, recovery.time.values, rtol=0, atol=1e-16)
    assert back.started_at.values == recovery.started_at.values
    for attribute in ("nucleus", "carrier_frequency", "n_scans", "sequence", "cell", "flip_angle"):
        assert back.attrs[attribute] == recovery.attrs[attribute]
    assert np.isnan(back.attrs["repetition_time"])


def test_a_decision_wins_over_what_we_stored(tmp_path, recovery):
    csdm.write(recovery, tmp_path / "a.csdf")
    back = read(tmp_path / "a.csdf", nucleus="1H", cell="cell-9", dead_time="7 us")
    assert (back.attrs["nucleus"], back.attrs["cell"]) == ("1H", "cell-9")
    assert back.attrs["dead_time"] == 7e-6


@pytest.mark.parametrize("points", [64, 65])
def test_a_spectrum_comes_back_on_its_axis(tmp_path, points):
    rng = np.random.default_rng(8)
    spectrum = schemas.spectrum(
        rng.normal(size=(1, points)) + 1j * rng.normal(size=(1, points)),
        frequency=(np.arange(points) - points // 2) * 250.0,
        attrs={
            "nucleus": "1H",
            "carrier_frequency": 395e6,
            "n_scans": 1.0,
            "sequence": "fid",
            "repetition_time": 1.0,
            "dead_time": 0.0,
            "cell": "c",
            "source": "s",
            "source_sha256": "0",
            "noise_std": 0.5,
            "zero_fill": 2,
            "processing": ["transform(zero_fill=2)"],
        },
    )
    csdm.write(spectrum, tmp_path / "a.csdf")
    back = read(tmp_path / "a.csdf")
    np.testing.assert_array_equal(back.spectrum.values, spectrum.spectrum.values)
    np.testing.assert_allclose(back.frequency.values, spectrum.frequency.values, atol=1e-9)
    assert back.attrs["zero_fill"] == 2
    assert back.attrs["processing"] == ["transform(zero_fill=2)"]


def test_a_sweep_is_refused(tmp_path):
    sweep = schemas.sweep(
        {"resistance": [1.0]},
        coords={"temperature": [4.0], "direction": [1]},
        attrs={"cell": "c", "current": 1e-4, "source": "s", "source_sha256": "0"},
    )
    with pytest.raises(SchemaError, match="CSDM takes acquisition/1 and spectrum/1"):
        csdm.write(sweep, tmp_path / "a.csdf")


def test_an_uneven_axis_is_refused(tmp_path, recovery):
    uneven = recovery.isel(time=[0, 1, 3, 4])
    with pytest.raises(SchemaError, match="time axis that is not uniform"):
        csdm.write(uneven, tmp_path / "a.csdf")


def test_another_file_is_not_overwritten(tmp_path, recovery):
    csdm.write(recovery, tmp_path / "a.csdf")
    with pytest.raises(StoreError, match="exists with other content"):
        csdm.write(recovery.isel(step=[0]), tmp_path / "a.csdf")


# --- real files -----------------------------------------------------------------------------------


def test_shipped_signal_passes_the_battery(tmp_path):
    folder = tmp_path / "together"
    folder.mkdir()
    for name in ("csdm-13c.csdfe", "csdm-13c_0.dat"):
        (folder / name).write_bytes(shipped(name).read_bytes())
    found = read(folder / "csdm-13c.csdfe", nucleus="13C", sense=-1)
    assert found.attrs["source_files"] == ["csdm-13c.csdfe", "csdm-13c_0.dat"]
    assert found.sizes == {"step": 1, "time": 4096}


def test_written_signal_passes_the_battery(tmp_path, recovery):
    csdm.write(recovery, tmp_path / "a.csdf")
    check_reader(tmp_path / "a.csdf", tmp_path, format_name="csdm")


def test_two_encodings_of_one_signal_are_equal_number_for_number():
    folder = data_path("csdm-nmr/blochDecay")
    text = read(folder / "blochDecay.csdf", nucleus="13C")
    raw = read(folder / "blochDecay_raw.csdfe", nucleus="13C")
    np.testing.assert_array_equal(text.signal.values, raw.signal.values)


def test_a_negative_time_origin_is_kept():
    found = read(shipped("csdm-13c.csdfe"), nucleus="13C")
    assert found.time.values[0] == pytest.approx(-0.3e-3, abs=1e-12)
    assert np.diff(found.time.values) == pytest.approx(1e-4)


def shifts_of_ethanol(dataset):
    """Give shift [ppm], number of lines and outer splitting [Hz] of the two multiplets."""
    if "signal" in dataset:
        points = dataset.sizes["time"]
        frequency = np.fft.fftshift(np.fft.fftfreq(points, 1e-4))
        power = np.abs(np.fft.fftshift(np.fft.fft(dataset.signal.values[0])))
    else:
        frequency, power = dataset.frequency.values, np.abs(dataset.spectrum.values[0])
    absolute = dataset.attrs["carrier_frequency"] + frequency
    shift = (absolute / 75.426328864e6 - 1) * 1e6
    groups = {}
    for name, side in {"low": shift < 39, "high": shift > 39}.items():
        strong = np.flatnonzero(side & (power > 0.1 * power.max()))
        lines = np.split(strong, np.flatnonzero(np.diff(absolute[strong]) > 50) + 1)
        places = [np.average(absolute[line], weights=power[line]) for line in lines]
        groups[name] = (shift[strong].mean(), len(places), (places[-1] - places[0]))
    return groups


@pytest.mark.parametrize("name", ["blochDecay/blochDecay.csdf", "NMR FFT/nmrfft_base64.csdf"])
def test_reversed_sense_puts_methyl_at_18_and_methylene_at_58_ppm(name):
    found = read(data_path("csdm-nmr") / name, nucleus="13C", sense=-1)
    groups = shifts_of_ethanol(found)
    assert groups["low"][0] == pytest.approx(18.5, abs=1.5)
    assert groups["high"][0] == pytest.approx(58.5, abs=1.5)
    # A quartet with J = 125.6 Hz is methyl, a triplet with 141.6 Hz methylene; each place is known
    # to a bin of 2.44 Hz, a difference of two to sqrt(2) bins.
    bins = 2**0.5 * 2.44
    assert groups["low"][1] == 4
    assert groups["high"][1] == 3
    assert groups["low"][2] / 3 == pytest.approx(125.6, abs=bins / 3)
    assert groups["high"][2] / 2 == pytest.approx(141.6, abs=bins / 2)
    assert found.attrs["carrier_frequency"] == pytest.approx(ETHANOL, abs=1)


def test_the_dimension_wins_over_the_description():
    found = read(data_path("csdm-nmr/NMR FFT") / "nmrfft_base64.csdf", nucleus="13C")
    assert found.attrs["schema"] == "spectrum/1"
    assert any(
        "time domain signal; the dimension is frequency" in w for w in schemas.warnings_of(found)
    )
    assert found.frequency.values[2048] == 0  # complex_fft puts the offset at count/2


def test_an_unstated_sense_is_said():
    found = read(shipped("csdm-13c.csdfe"), nucleus="13C")
    assert "sense of rotation is not stated" in " ".join(schemas.warnings_of(found))


def test_two_time_dimensions_are_asked_about_and_read_in_the_right_order():
    path = data_path("csdm-nmr/PASS") / "PASS.csdf"
    with pytest.raises(AmbiguousArray, match="dimension 0 has 16 points, dimension 1 has 2048"):
        read(path, nucleus="31P")
    found = read(path, nucleus="31P", array="dimension 0", array_as="delay")
    assert found.sizes == {"step": 16, "time": 2048}
    assert found.delay.values[1] == pytest.approx(41.6666666666e-6)
    assert found.attrs["carrier_frequency"] == 400.068e6
    # the fastest index of the file is dimension 0: energy falls along time, not along the steps
    power = np.abs(found.signal.values) ** 2
    assert power[:, :64].mean() > 20 * power[:, -64:].mean()
    assert power[0].mean() < 3 * power[-1].mean()


def test_free_text_is_no_nucleus():
    with pytest.raises(AmbiguousNucleus, match="13C"):
        read(shipped("csdm-13c.csdfe"))


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "file:../secret.dat",
        "file:./../secret.dat",
        "file:./%2e%2e/secret.dat",
        "file:///etc/passwd",
        "file:/etc/passwd",
        "file://host/secret.dat",
        "/etc/passwd",
        "http://localhost/a.dat",
        "https://localhost/a.dat",
        "ftp://localhost/a.dat",
        "data:application/octet-stream;base64,AAAA",
        "file:./link.dat",
        "file:./sub/..",
        "file:./absent.dat",
        "file:./a%00b",
        "http://[::1",
        None,
        7,
    ],
)
def test_only_files_below_the_folder_are_opened(tmp_path, stored, address):
    (tmp_path / "secret.dat").write_bytes(np.ones(2, dtype=complex).tobytes())
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "link.dat").symlink_to(tmp_path / "secret.dat")
    variable = {"type": "external", "components_url": address, "encoding": "raw"}
    path = stored(document(variable=variable), "data/a.csdfe")
    with pytest.raises(UnreadableFile, match=r"a\.csdfe: components_url") as caught:
        read(path, nucleus="1H")
    assert "passwd" not in str(caught.value)


def test_blanks_and_umlauts_of_a_name_may_be_quoted(tmp_path, stored):
    (tmp_path / "Kühlung 1.dat").write_bytes(np.array([1 + 2j, 3 + 4j]).tobytes())
    for address in ("file:./K%C3%BChlung%201.dat", "Kühlung 1.dat", "FILE:Kühlung%201.dat"):
        variable = {"type": "external", "components_url": address, "encoding": "raw"}
        found = read(stored(document(variable=variable), "a.csdfe"), nucleus="1H")
        np.testing.assert_array_equal(found.signal.values, [[1 + 2j, 3 + 4j]])


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("raw", np.array([1 + 2j, 3 + 4j]).tobytes()),
        ("base64", base64.b64encode(np.array([1 + 2j, 3 + 4j]).tobytes())),
        ("none", b"[[1.0, 2.0, 3.0, 4.0]]"),
    ],
)
def test_each_encoding_is_read_from_a_file_beside(tmp_path, stored, encoding, content):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.dat").write_bytes(content)
    variable = {"type": "external", "components_url": "file:./sub/b.dat", "encoding": encoding}
    found = read(stored(document(variable=variable), "a.csdfe"), nucleus="1H")
    np.testing.assert_array_equal(found.signal.values, [[1 + 2j, 3 + 4j]])
    assert found.attrs["source_files"] == ["a.csdfe", "sub/b.dat"]


@pytest.mark.parametrize("numeric_type", ["int8", "uint16", "int64", "float32", "float64"])
def test_real_numbers_become_complex(stored, numeric_type):
    values = np.array([1, 2], dtype=numeric_type)
    text = base64.b64encode(values.tobytes()).decode()
    variable = {"numeric_type": numeric_type, "encoding": "base64", "components": [text]}
    found = read(stored(document(variable=variable)), nucleus="1H")
    np.testing.assert_array_equal(found.signal.values, [[1 + 0j, 2 + 0j]])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dimension": {"count": 2**31}}, "components"),
        ({"dimension": {"count": 10**30}}, "components"),
        ({"dimension": {"count": 0}}, "count"),
        ({"dimension": {"count": -2}}, "count"),
        ({"dimension": {"count": True}}, "count"),
        ({"dimension": {"count": "2"}}, "count"),
        ({"dimension": {"increment": "0 s"}}, "increment"),
        ({"dimension": {"increment": "1e999 s"}}, "increment"),
        ({"dimension": {"increment": "9**9**9 s"}}, "increment"),
        ({"dimension": {"increment": 1e-6}}, "increment"),
        ({"dimension": {"increment": "1 kg"}}, "dimensions"),
        ({"dimension": {"coordinates_offset": "3 Hz"}}, "coordinates_offset"),
        ({"dimension": {"type": "spiral"}}, "dimension 0"),
        ({"variable": {"numeric_type": "complex512"}}, "numeric_type"),
        ({"variable": {"quantity_type": "vector_3"}}, "quantity_type"),
        ({"variable": {"encoding": "raw"}}, "encoding"),
        ({"variable": {"components": [[1.0, "2"]]}}, "components"),
        ({"variable": {"components": [[1.0, 2.0, 3.0]]}}, "components"),
        ({"variable": {"components": [[1.0, 2.0]]}}, "components"),
        ({"variable": {"components": []}}, "components"),
        ({"variable": {"components": [[10**400, 1, 2, 3]]}}, "components"),
        ({"variable": {"components": ["AAAA!"], "encoding": "base64"}}, "components"),
        ({"variable": {"components": ["AAAA"], "encoding": "base64"}}, "components"),
        ({"variable": {"type": "elsewhere"}}, "type"),
        ({"variable": {"sparse_sampling": {}}}, "sparse_sampling"),
        ({"dimensions": []}, "dimensions"),
        ({"dimensions": [3]}, "dimensions"),
        ({"dependent_variables": {}}, "dependent_variables"),
    ],
    ids=repr,
)
def test_an_impossible_field_is_named(stored, change, field):
    with pytest.raises((UnreadableFile, TruncatedData), match=rf"a\.csdf: [\w .]*{field}"):
        read(stored(document(**change)), nucleus="1H")


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    text = json.dumps(document(variable={"components": [[1.0, float("nan"), 1.0, 1.0]]}))
    (tmp_path / "a.csdf").write_text(text)
    with pytest.raises(UnreadableFile, match="not finite"):
        read(tmp_path / "a.csdf", nucleus="1H")


def test_deep_json_is_refused(tmp_path):
    (tmp_path / "a.csdf").write_text('{"csdm":' + "[" * 200_000)
    with pytest.raises(UnreadableFile, match="JSON"):
        read(tmp_path / "a.csdf")


def test_several_variables_are_asked_about(stored):
    tree = document()
    tree["csdm"]["dependent_variables"] *= 2
    path = stored(tree)
    with pytest.raises(OpenQuestion, match=r"Candidates: 0, 1\. Decide with channel"):
        read(path, nucleus="1H")
    assert read(path, nucleus="1H", channel=1).sizes["time"] == 2


def test_what_varies_along_listed_steps_is_asked(stored):
    tree = document(variable={"components": [[1.0, 2.0, 3.0, 4.0] * 3]})
    listed = {"type": "monotonic", "coordinates": ["1 ms", "5 ms", "0.1 s"]}
    tree["csdm"]["dimensions"].append(listed)
    path = stored(tree)
    with pytest.raises(OpenQuestion, match="what varies along them"):
        read(path, nucleus="1H")
    found = read(path, nucleus="1H", array_as="delay")
    np.testing.assert_allclose(found.delay.values, [1e-3, 5e-3, 0.1])
    assert "delay" not in read(path, nucleus="1H", array="none").coords


def test_a_falling_frequency_axis_comes_out_rising(stored):
    dimension = {"increment": "-10 Hz", "complex_fft": True, "origin_offset": "400 MHz"}
    found = read(stored(document(dimension=dimension)), nucleus="1H")
    np.testing.assert_array_equal(found.frequency.values, [0.0, 10.0])
    np.testing.assert_array_equal(found.spectrum.values, [[3 + 4j, 1 + 2j]])


def test_the_place_of_the_file_and_the_coordinates_of_its_author_do_not_travel(stored):
    tree = document(geographic_coordinate={"latitude": "40.02 deg"}, description="by a@b.c")
    found = read(stored(tree), nucleus="1H")
    assert "40.02" not in json.dumps({k: str(v) for k, v in found.attrs.items()})
    assert "a@b.c" not in json.dumps({k: str(v) for k, v in found.attrs.items()})

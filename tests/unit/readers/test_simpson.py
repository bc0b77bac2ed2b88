"""SIMPSON and dmfit text: axes as the programs document them, numbers bit for bit."""

import math

import numpy as np
import pytest
from tests.batteries.readers import check_reader

from megabar import schemas
from megabar.errors import (
    AmbiguousNucleus,
    MissingArray,
    SchemaError,
    TruncatedData,
    UnreadableFile,
)
from megabar.readers import simpson
from megabar.readers.registry import read

ATTRS = {
    "nucleus": "1H",
    "carrier_frequency": 400e6,
    "n_scans": 1.0,
    "sequence": "fid",
    "repetition_time": 1.0,
    "dead_time": 0.0,
    "cell": "c",
    "source": "s",
    "source_sha256": "0",
}


def text(path, *, header, numbers):
    body = [f"{re} {im}" for re, im in numbers]
    path.write_text("\n".join(["SIMP", *header, "DATA", *body, "END"]) + "\n")
    return path


def noise(rows, points):
    rng = np.random.default_rng(3)
    return rng.normal(size=(rows, points)) + 1j * rng.normal(size=(rows, points))


@pytest.mark.parametrize(("rows", "points"), [(1, 64), (3, 65)])
def test_a_signal_comes_back_bit_for_bit(tmp_path, rows, points):
    acq = schemas.acquisition(noise(rows, points), time=np.arange(points) / 3e6, attrs=ATTRS)
    simpson.write(acq, tmp_path / "a.fid")
    back = read(tmp_path / "a.fid", nucleus="1H", array="none")
    assert back.signal.values.tobytes() == acq.signal.values.tobytes()
    np.testing.assert_allclose(back.time.values, acq.time.values, rtol=1e-14)
    assert back.attrs["carrier_frequency"] == 400e6


@pytest.mark.parametrize("points", [64, 65])
def test_a_spectrum_comes_back_on_its_axis_for_even_and_odd_length(tmp_path, points):
    frequency = (np.arange(points) - points // 2) * 125.0
    attrs = ATTRS | {"noise_std": 1.0, "zero_fill": 1, "processing": []}
    spectrum = schemas.spectrum(noise(1, points), frequency=frequency, attrs=attrs)
    simpson.write(spectrum, tmp_path / "a.spe")
    back = read(tmp_path / "a.spe", nucleus="1H")
    np.testing.assert_array_equal(back.spectrum.values, spectrum.spectrum.values)
    np.testing.assert_allclose(back.frequency.values, frequency, atol=1e-9)


def test_written_signal_passes_the_battery(tmp_path):
    acq = schemas.acquisition(noise(1, 32), time=np.arange(32) * 1e-6, attrs=ATTRS)
    simpson.write(acq, tmp_path / "a.fid")
    check_reader(tmp_path / "a.fid", tmp_path, format_name="simpson", decisions={"nucleus": "1H"})


def test_a_simpson_spectrum_starts_at_minus_half_the_width_plus_ref(tmp_path):
    header = ["NP=4", "SW=1000", "REF=30", "TYPE=SPE"]
    found = read(
        text(tmp_path / "a.spe", header=header, numbers=[(k, 0) for k in range(4)]), nucleus="1H"
    )
    np.testing.assert_allclose(found.frequency.values, [-470, -220, 30, 280])
    np.testing.assert_array_equal(found.spectrum.values[0].real, [0, 1, 2, 3])


def test_a_dmfit_spectrum_falls_from_x0_and_comes_out_rising(tmp_path):
    header = ["Comment= Saved by dmfit", "NP=4", "X0=600", "SW=1000", "Sf=50.3292", "TYPE=SPE"]
    path = tmp_path / "a.spe"
    path.write_text("\n".join(["SIMP", *header, "DATA", " 0 0 1 0", " 2 0 3 0", "END"]))
    found = read(path, nucleus="139La")
    np.testing.assert_allclose(found.frequency.values, [-150, 100, 350, 600])
    np.testing.assert_array_equal(found.spectrum.values[0].real, [3, 2, 1, 0])
    assert found.attrs["carrier_frequency"] == pytest.approx(50.3292e6)


def test_nmrglue_reads_what_we_write(tmp_path):
    nmrglue = pytest.importorskip("nmrglue")
    acq = schemas.acquisition(noise(2, 16), time=np.arange(16) * 1e-6, attrs=ATTRS)
    simpson.write(acq, tmp_path / "a.fid")
    header, data = nmrglue.simpson.read(str(tmp_path / "a.fid"))
    np.testing.assert_allclose(data, acq.signal.values, rtol=1e-6)
    assert float(header["SW"]) == pytest.approx(1e6)


def test_reversed_sense_conjugates(tmp_path):
    path = text(tmp_path / "a.fid", header=["NP=2", "SW=10", "TYPE=FID"], numbers=[(1, 2), (3, 4)])
    np.testing.assert_array_equal(
        read(path, nucleus="1H", sense=-1).signal.values, [[1 - 2j, 3 - 4j]]
    )


def test_the_nucleus_and_the_values_of_rows_are_asked(tmp_path):
    header = ["NP=1", "NI=2", "SW=10", "TYPE=FID"]
    path = text(tmp_path / "a.fid", header=header, numbers=[(1, 2), (3, 4)])
    with pytest.raises(AmbiguousNucleus, match="nucleus"):
        read(path, array="none")
    with pytest.raises(MissingArray, match="2 rows"):
        read(path, nucleus="1H")
    assert math.isnan(read(path, nucleus="1H", array="none").attrs["carrier_frequency"])


def test_a_time_origin_has_no_place_in_the_format(tmp_path):
    echo = schemas.acquisition(noise(1, 8), time=np.arange(8) * 1e-6 - 4e-6, attrs=ATTRS)
    with pytest.raises(SchemaError, match="Write CSDM, which keeps the origin"):
        simpson.write(echo, tmp_path / "a.fid")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (["NP=2", "SW=10"], "TYPE"),
        (["NP=2", "SW=10", "TYPE=MAP"], "TYPE"),
        (["NP=2", "SW=10", "TYPE=FID", "FORMAT=BINARY"], "FORMAT"),
        (["NP=2", "SW=0", "TYPE=FID"], "SW"),
        (["NP=2", "SW=-5", "TYPE=FID"], "SW"),
        (["NP=2", "SW=1e999", "TYPE=FID"], "SW"),
        (["NP=2", "TYPE=FID"], "SW"),
        (["NP=two", "SW=10", "TYPE=FID"], "NP"),
        (["NP=1.5", "SW=10", "TYPE=FID"], "NP"),
        (["NP=0", "SW=10", "TYPE=FID"], "NP"),
        (["SW=10", "TYPE=FID"], "NP"),
        (["NP=2147483648", "SW=10", "TYPE=FID"], "DATA"),
        (["NP=2", "NI=99999999999999999999", "SW=10", "TYPE=FID"], "DATA"),
        (["NP=2", "SW=10", "SF=-3", "TYPE=FID"], "SF"),
    ],
    ids=repr,
)
def test_an_impossible_header_is_named(tmp_path, header, field):
    path = text(tmp_path / "a.fid", header=header, numbers=[(1, 2), (3, 4)])
    with pytest.raises((UnreadableFile, TruncatedData), match=rf"a\.fid: {field}"):
        read(path, nucleus="1H", array="none")


def test_a_word_among_the_numbers_is_named(tmp_path):
    header = ["NP=2", "SW=10", "TYPE=FID"]
    path = text(tmp_path / "a.fid", header=header, numbers=[(1, 2), (3, "x4")])
    with pytest.raises(UnreadableFile, match="x4"):
        read(path, nucleus="1H")


def test_a_header_without_data_is_refused(tmp_path):
    (tmp_path / "a.fid").write_text("SIMP\nNP=2\n")
    with pytest.raises(UnreadableFile, match="DATA"):
        read(tmp_path / "a.fid")

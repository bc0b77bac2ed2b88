"""JEOL Delta files: the group delay of a filter of several stages, and a header in two orders."""

import struct

import numpy as np
import pytest
from tests.batteries.readers import check_privacy, check_reader
from tests.realdata import data_path, shipped

from megabar.errors import AmbiguousNucleus, InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers.jeol import group_delay_from_stages
from megabar.readers.registry import read

CARBON = "jeol-delta/11_pm033220_400JEOL_278Kcarbon_.jdf"


def altered(tmp_path, *changes):
    content = bytearray(shipped("jeol-1h.jdf").read_bytes())
    for layout, offset, value in changes:
        struct.pack_into(layout, content, offset, value)
    path = tmp_path / "altered.jdf"
    path.write_bytes(content)
    return path


def renamed(tmp_path, old, new):
    path = tmp_path / "renamed.jdf"
    content = shipped("jeol-1h.jdf").read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new.ljust(len(old))))
    return path


def test_shipped_file_passes_the_battery(tmp_path):
    found = check_reader(shipped("jeol-1h.jdf"), tmp_path, format_name="jeol")
    assert found.sizes == {"step": 1, "time": 2048}
    assert found.attrs["nucleus"] == "1H"
    assert found.attrs["group_delay"] == 17.0
    assert found.attrs["repetition_time"] == pytest.approx(0.462144)
    assert found.started_at.values == np.datetime64("2020-10-12T17:44:37")


def test_one_stage_delays_by_half_its_length():
    # A symmetric filter of order o has its centre (o - 1)/2 input points in, (o - 1)/(2 m) output
    # points after decimation by m.
    assert group_delay_from_stages(file="a", orders="1 69", factors="2") == (69 - 1) / 2 / 2


def test_two_stages_delay_as_the_centres_of_their_impulse_responses():
    # The same filter run on an impulse: symmetric boxes of 54 and 73 points, decimations 8 and 2.
    # The centre of gravity of what comes out is the delay.
    first = np.ones(54)
    second = np.zeros(72 * 8 + 1)
    second[::8] = 1  # taps of the second stage, on the grid of the first
    response = np.convolve(first, second)
    centre = (np.arange(len(response)) * response).sum() / response.sum() / 16
    assert group_delay_from_stages(file="a", orders="2 54 73", factors="8  2") == pytest.approx(
        centre
    )


@pytest.mark.parametrize(
    ("orders", "factors"),
    [("", ""), ("2 54 73", "8"), ("3 54 73", "8 2"), ("x", "8"), ("1 69", "0"), ("1 6x", "2")],
)
def test_words_that_describe_no_filter_are_refused(orders, factors):
    with pytest.raises(InconsistentHeader, match=r"a\.jdf: orders: .*describe no digital filter"):
        group_delay_from_stages(file="a.jdf", orders=orders, factors=factors)


def test_without_a_filter_there_is_no_delay(tmp_path):
    assert read(renamed(tmp_path, b"TRUE", b"FALS")).time.values[0] == 0


def test_a_nucleus_that_the_field_contradicts_is_asked_for(tmp_path):
    path = renamed(tmp_path, b"Proton          ", b"Carbon13")
    with pytest.raises(AmbiguousNucleus, match=r"names 13C.*Candidates: 1H \(at 14\.1 T\)"):
        read(path)
    assert read(path, nucleus="1H").attrs["nucleus"] == "1H"


def test_more_points_than_the_file_holds_allocate_nothing(tmp_path):
    path = altered(tmp_path, (">I", 176, 2**32 - 1))
    with pytest.raises(TruncatedData, match="data_points: the header demands 8589934590 numbers"):
        read(path)


def test_points_outside_the_data_are_refused(tmp_path):
    with pytest.raises(InconsistentHeader, match="points 0 to 4000 of 2048"):
        read(altered(tmp_path, (">I", 240, 4000)))


def test_other_kinds_of_data_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="not one complex signal over time"):
        read(altered(tmp_path, ("B", 24, 1)))


def test_a_file_that_ends_inside_its_header_is_truncated(tmp_path):
    path = tmp_path / "short.jdf"
    path.write_bytes(shipped("jeol-1h.jdf").read_bytes()[:700])
    with pytest.raises(TruncatedData, match="inside its header"):
        read(path)


def test_parameters_beyond_the_end_are_missed_by_name(tmp_path):
    with pytest.raises(InconsistentHeader, match="x_sweep"):
        read(altered(tmp_path, (">I", 1212, 2**31)))


def test_an_offset_that_is_missing_is_named(tmp_path):
    with pytest.raises(InconsistentHeader, match="x_offset: it is None"):
        read(renamed(tmp_path, b"X_OFFSET", b"Y_OFFSET"))


def test_fluorine_file_gives_width_carrier_and_delay():
    path = data_path("jeol-delta/fluorine.jdf")
    found = read(path)
    assert 1 / (found.time.values[1] - found.time.values[0]) == pytest.approx(120192.3077, rel=1e-6)
    assert found.attrs["base_frequency"] == pytest.approx(470.3635e6, rel=1e-6)
    assert found.attrs["carrier_frequency"] == pytest.approx(470.3635e6 * (1 - 1e-4), rel=1e-6)
    assert found.attrs["group_delay"] == pytest.approx(19.66, abs=0.01)
    assert found.attrs["nucleus"] == "19F"
    assert found.attrs["n_scans"] == 16
    check_privacy(found, path)


@pytest.mark.parametrize(
    ("name", "start"),
    [("jeol-delta/fluorine.jdf", 20), ("dnplab-low-field/delta/50percCHCL3.jdf", 17)],
)
def test_the_signal_rises_where_the_filter_says(name, start):
    found = read(data_path(name))
    magnitude = np.abs(found.signal.values[0])
    rise = np.flatnonzero(magnitude > 0.5 * magnitude.max())[0]
    assert rise == pytest.approx(start, abs=1)
    assert found.time.values[rise] == pytest.approx(0, abs=1.5 * np.diff(found.time.values[:2])[0])


def test_carbon_file_reads_without_a_question():
    path = data_path(CARBON)
    found = read(path)
    assert found.attrs["nucleus"] == "13C"
    assert found.attrs["base_frequency"] == pytest.approx(100.5253e6, rel=1e-6)
    check_privacy(found, path)


def strongest_shift(found, points):
    time = found.time.values
    signal = found.signal.values[0] * np.exp(-np.maximum(time, 0) / 0.5)
    frequency = np.fft.fftfreq(points, time[1] - time[0])
    offset = frequency[np.abs(np.fft.fft(signal, points)).argmax()]
    absolute = found.attrs["carrier_frequency"] + offset
    return 1e6 * (absolute / found.attrs["base_frequency"] - 1)


def test_chloroform_lies_where_chloroform_lies():
    # 7.3 ppm in chloroform, 8.0 ppm in acetone; this is half and half. With the other sign of the
    # imaginary part it would stand at -7.7 ppm.
    found = read(data_path("dnplab-low-field/delta/50percCHCL3.jdf"))
    assert 7.26 < strongest_shift(found, 1 << 17) < 8.02


def test_deuterated_methanol_lies_where_it_lies():
    # CD3OD at 49.0 ppm, unreferenced within 2 ppm; 152 ppm with the other sign, -52 ppm if the
    # middle of the spectrum were x_freq.
    assert strongest_shift(read(data_path(CARBON)), 1 << 17) == pytest.approx(49.0, abs=2)


def test_shipped_file_is_the_beginning_of_the_measured_one():
    whole = read(data_path("dnplab-low-field/delta/50percCHCL3.jdf"))
    cropped = read(shipped("jeol-1h.jdf"))
    np.testing.assert_array_equal(cropped.signal.values, whole.signal.values[:, :2048])

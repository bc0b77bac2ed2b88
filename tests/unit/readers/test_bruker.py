"""Bruker folders: the traps of real ones, and small ones written to hold one trap each."""

import numpy as np
import pytest
from tests.batteries.readers import check_privacy, check_reader
from tests.realdata import data_path, shipped
from tests.unit.readers.bruker_folders import write_experiment

from megabar import schemas
from megabar.errors import (
    AmbiguousArray,
    AmbiguousNucleus,
    InconsistentHeader,
    MissingArray,
    TruncatedData,
    UnreadableFile,
)
from megabar.readers.registry import read

CP = "bruker-13c-cp-contact-array/CP"
T1RHO = "bruker-1h-t1rho-polymer/189"


@pytest.fixture
def rng():
    return np.random.default_rng(20260110)


def decaying(points, *, rows=None, dwell=2e-5):
    """Give a complex exponential, one row or several of falling amplitude."""
    time = np.arange(points) * dwell
    tone = np.exp((2j * np.pi * 1500 - 300) * time)
    return tone if rows is None else np.exp(-np.arange(rows))[:, None] * tone


# --- every reader ---------------------------------------------------------------------------------


def test_shipped_pseudo_2d_passes_the_battery(tmp_path):
    check_reader(shipped("bruker-t1rho"), tmp_path, format_name="bruker", cut="ser")


def test_shipped_low_field_t1_passes_the_battery(tmp_path):
    check_reader(
        shipped("bruker-t1-low-field"),
        tmp_path,
        format_name="bruker",
        decisions={"nucleus": "1H"},
        cut="ser",
    )


@pytest.mark.parametrize(
    ("number", "order"), [(2, 0), (2, 1), (0, 0), (0, 1)], ids=["f8le", "f8be", "i4le", "i4be"]
)
def test_each_number_type_and_byte_order_gives_back_the_numbers(tmp_path, rng, number, order):
    signal = np.rint(1e6 * (rng.normal(size=(3, 100)) + 1j * rng.normal(size=(3, 100))))
    folder = write_experiment(tmp_path / "1", signal, DTYPA=number, BYTORDA=order)
    found = read(folder, array=["1 ms", "2 ms", "5 ms"], array_as="delay")
    np.testing.assert_array_equal(found.signal.values, signal)


def test_float64_signals_of_small_amplitude_are_not_truncated(tmp_path):
    signal = 1e-3 * decaying(64)
    np.testing.assert_array_equal(
        read(write_experiment(tmp_path / "1", signal)).signal.values[0], signal
    )


# --- axes -----------------------------------------------------------------------------------------


def test_time_starts_at_zero_without_a_digital_filter(tmp_path):
    found = read(write_experiment(tmp_path / "1", decaying(64)))
    np.testing.assert_allclose(found.time.values, np.arange(64) / 50000, rtol=1e-12)
    assert found.attrs["time_origin"] == "not stated"
    assert any("time_origin" in sentence for sentence in schemas.warnings_of(found))
    assert "group_delay" not in found.attrs


def test_a_decided_time_origin_shifts_the_axis(tmp_path):
    found = read(write_experiment(tmp_path / "1", decaying(64)), time_origin="7 us")
    assert found.time.values[0] == pytest.approx(7e-6)
    assert not schemas.warnings_of(found)


@pytest.mark.parametrize("delay", [67.9832153320313, 3.25])
@pytest.mark.parametrize("points", [256, 255])
def test_the_group_delay_leaves_through_the_phase_exactly(tmp_path, delay, points):
    # A line on a grid frequency, delayed by a fraction of a point; in the spectrum the delay is
    # the phase exp(-2 pi i k d/N). The time axis must undo just that, for odd and even lengths.
    width = 50000
    frequency = 17 * width / points
    time = (np.arange(points) - delay) / width
    signal = np.exp(2j * np.pi * frequency * time)
    found = read(write_experiment(tmp_path / "1", signal, GRPDLY=delay, DSPFVS=20, DECIM=400))
    grid = np.fft.fftfreq(points, 1 / width)
    ramp = np.exp(-2j * np.pi * grid * found.time.values[0])
    spectrum = np.fft.fft(found.signal.values[0]) * ramp
    k = np.arange(points)
    k = np.where(k > (points - 1) // 2, k - points, k)
    by_hand = np.fft.fft(signal) * np.exp(2j * np.pi * k * delay / points)
    np.testing.assert_allclose(spectrum, by_hand, atol=1e-9 * points)
    assert spectrum[17] == pytest.approx(points, rel=1e-9)  # real and positive: no phase is left
    assert found.attrs["group_delay"] == pytest.approx(delay)
    np.testing.assert_array_equal(found.signal.values[0], signal)  # the signal itself is untouched


@pytest.mark.parametrize(
    ("firmware", "decimation", "points"),
    [(10, 2, 44.75), (10, 4, 66.625), (10, 12, 60.375), (12, 16, 71.625), (13, 2, 2.75)],
)
def test_the_delay_of_an_old_filter_comes_from_the_table(tmp_path, firmware, decimation, points):
    found = read(
        write_experiment(
            tmp_path / "1", decaying(256), GRPDLY=None, DSPFVS=firmware, DECIM=decimation
        )
    )
    assert found.attrs["group_delay"] == points
    assert found.time.values[0] == pytest.approx(-points / 50000)


def test_the_table_of_filter_delays_agrees_with_nmrglue():
    tables = pytest.importorskip("nmrglue.fileio.bruker").bruker_dsp_table
    from megabar.readers.bruker_header import _FILTER_DECIMATIONS, _FILTER_DELAYS

    for firmware, delays in _FILTER_DELAYS.items():
        ours = dict(zip(_FILTER_DECIMATIONS, delays, strict=False))
        assert ours == pytest.approx(tables[firmware])


def test_minus_one_means_the_table_and_not_one_point(tmp_path):
    found = read(write_experiment(tmp_path / "1", decaying(256), GRPDLY=-1, DSPFVS=10, DECIM=4))
    assert found.attrs["group_delay"] == 66.625


def test_an_unknown_filter_is_refused_unless_the_time_origin_is_decided(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(256), GRPDLY=-1, DSPFVS=14, DECIM=7)
    with pytest.raises(
        InconsistentHeader, match=r"1: GRPDLY: .*DSPFVS 14 and DECIM 7.*time_origin"
    ):
        read(folder)
    found = read(folder, time_origin="-1.2 ms")
    assert found.time.values[0] == pytest.approx(-1.2e-3)


def test_an_analogue_filter_has_no_delay(tmp_path):
    found = read(
        write_experiment(tmp_path / "1", decaying(64), DIGMOD=0, DSPFVS=10, DECIM=4, GRPDLY=-1)
    )
    assert found.time.values[0] == 0


def test_a_reversed_sense_conjugates_the_signal_and_says_so(tmp_path):
    signal = decaying(64)
    found = read(write_experiment(tmp_path / "1", signal), sense=-1)
    np.testing.assert_array_equal(found.signal.values[0], np.conj(signal))
    assert any("conjugated" in sentence for sentence in schemas.warnings_of(found))


# --- header ---------------------------------------------------------------------------------------


def test_what_the_header_says_arrives_in_si(tmp_path):
    found = read(write_experiment(tmp_path / "1", decaying(64)))
    assert found.attrs["carrier_frequency"] == pytest.approx(400.1304e6)
    assert found.attrs["n_scans"] == 8
    assert found.attrs["nucleus"] == "1H"
    assert found.attrs["pulse_program"] == "zg"
    assert found.started_at.values == np.datetime64("2023-11-14T22:13:20")
    assert np.isnan(found.attrs["repetition_time"])


def test_absent_entries_stay_unknown(tmp_path):
    found = read(write_experiment(tmp_path / "1", decaying(64), NS=None, RG=None, DATE=None))
    assert np.isnan(found.attrs["n_scans"])
    assert np.isnan(found.attrs["receiver_gain"])
    assert np.isnat(found.started_at.values)
    assert any("n_scans" in sentence for sentence in schemas.warnings_of(found))


def test_the_path_of_a_pulse_program_does_not_travel(tmp_path):
    found = read(write_experiment(tmp_path / "1", decaying(64), PULPROG="<C:/lists/somebody/zg>"))
    assert found.attrs["pulse_program"] == "zg"


def test_date_of_xwin_nmr_is_the_end_and_not_the_start(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64))
    text = (folder / "acqus").read_text()
    (folder / "acqus").write_text(text.replace("TOPSPIN", "XWIN-NMR\t\tVersion 3.5"))
    found = read(folder)
    assert np.isnat(found.started_at.values)
    assert found.attrs["saved_at"] == "2023-11-14T22:13:20"
    assert read(folder, started_at="2023-11-14T10:00:00").started_at.values == np.datetime64(
        "2023-11-14T10:00:00"
    )


@pytest.mark.parametrize("entry", ["SW_h", "TD", "BYTORDA"])
def test_a_header_without_what_is_needed_is_refused_by_name(tmp_path, entry):
    folder = write_experiment(tmp_path / "7", decaying(64))
    lines = (folder / "acqus").read_text().split("\n")
    kept = [line for line in lines if not line.startswith(f"##${entry}=")]
    (folder / "acqus").write_text("\n".join(kept))
    with pytest.raises(InconsistentHeader, match=rf"(?i)7: {entry}"):
        read(folder)


@pytest.mark.parametrize("entry", [{"SW_h": -50000}, {"SW_h": "nan"}, {"TD": 0}, {"SW_h": "1e999"}])
def test_impossible_numbers_are_refused(tmp_path, entry):
    with pytest.raises(InconsistentHeader, match="a number above 0 is needed"):
        read(write_experiment(tmp_path / "1", decaying(64), **entry))


def test_a_header_that_demands_more_than_the_file_holds_allocates_nothing(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64), TD=2 * 10**12)
    with pytest.raises(TruncatedData, match="demands 2000000000000 numbers, the file holds 128"):
        read(folder)


def test_sequential_detection_of_real_numbers_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="AQ_mod"):
        read(write_experiment(tmp_path / "1", decaying(64), AQ_mod=0))


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    signal = decaying(64)
    signal[5] = np.nan
    with pytest.raises(UnreadableFile, match="fid: data: 1 of 128 numbers are not finite"):
        read(write_experiment(tmp_path / "1", signal))


# --- nucleus --------------------------------------------------------------------------------------


def test_a_nucleus_that_nothing_contradicts_is_believed(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64), NUC1="<139La>", SFO1=55.81, BF1=55.8)
    assert read(folder).attrs["nucleus"] == "139La"


def test_a_nucleus_that_the_other_channel_confirms_is_believed(tmp_path):
    channels = {"NUC1": "<13C>", "SFO1": 100.668, "NUC2": "<1H>", "BF2": 400.33}
    folder = write_experiment(tmp_path / "1", decaying(64), **channels)
    assert read(folder).attrs["nucleus"] == "13C"


def test_a_nucleus_that_the_other_channel_contradicts_is_asked_for(tmp_path):
    channels = {"NUC1": "<15N>", "SFO1": 100.668, "NUC2": "<1H>", "BF2": 400.33}
    folder = write_experiment(tmp_path / "1", decaying(64), **channels)
    with pytest.raises(AmbiguousNucleus, match=r"1: nucleus: the file names 15N.*13C \(at 9\.4"):
        read(folder)
    assert read(folder, nucleus="13C").attrs["nucleus"] == "13C"


@pytest.mark.parametrize("name", ["<NONE>", "<off>", "<>", None])
def test_a_missing_nucleus_is_asked_for(tmp_path, name):
    folder = write_experiment(tmp_path / "1", decaying(64), NUC1=name)
    with pytest.raises(AmbiguousNucleus, match="nucleus=") as caught:
        read(folder)
    assert caught.value.argument == "nucleus"
    assert any(candidate.startswith("1H") for candidate in caught.value.candidates)


def test_a_nucleus_may_stay_open_on_purpose(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64), NUC1="<NONE>")
    assert read(folder, nucleus="unknown").attrs["nucleus"] == "unknown"


# --- arrays ---------------------------------------------------------------------------------------

SATURATION = "1 ze\n2 d1\n vd\n p1 ph1\n go=2 ph31\n ivd\n lo to 2 times td1\n"


def test_a_list_named_by_the_pulse_program_is_taken(tmp_path):
    lists = {"vdlist": "10m\n100m\n1s\n", "pulseprogram": SATURATION}
    found = read(write_experiment(tmp_path / "1", decaying(64, rows=3), lists=lists))
    np.testing.assert_allclose(found.delay.values, [0.01, 0.1, 1])
    assert found.attrs["array_name"] == "vdlist"
    assert found.attrs["source_files"] == ["acqus", "ser", "acqu2s", "vdlist", "pulseprogram"]


def test_suffixes_and_bare_seconds_of_a_delay_list_are_read(tmp_path):
    lists = {"vdlist": "5u\n20.5m\n1.5\n30s\n2ms\n", "pulseprogram": SATURATION}
    found = read(write_experiment(tmp_path / "1", decaying(64, rows=5), lists=lists))
    np.testing.assert_allclose(found.delay.values, [5e-6, 0.0205, 1.5, 30, 2e-3])


def test_a_list_that_no_pulse_program_names_is_asked_for(tmp_path):
    folder = write_experiment(
        tmp_path / "1", decaying(64, rows=2), lists={"vdlist": "1\n2\n", "vplist": "1u\n2u\n"}
    )
    with pytest.raises(AmbiguousArray, match="2 tables have that length") as caught:
        read(folder)
    assert [c.split(" ")[0] for c in caught.value.candidates[:2]] == ["vdlist", "vplist"]
    assert read(folder, array="vplist").pulse_length.values.tolist() == [1e-6, 2e-6]
    assert read(folder, array="vdlist").delay.values.tolist() == [1, 2]


@pytest.mark.parametrize("use", ["vd*0.5", "vd * 2", "vd/2"])
def test_a_list_that_the_pulse_program_scales_is_asked_for(tmp_path, use):
    lists = {"vdlist": "1m\n2m\n", "pulseprogram": SATURATION.replace(" vd\n", f" {use}\n")}
    folder = write_experiment(tmp_path / "1", decaying(64, rows=2), lists=lists)
    with pytest.raises(AmbiguousArray, match="vdlist"):
        read(folder)
    found = read(folder, array="vdlist", array_as="echo_time")
    np.testing.assert_allclose(found.echo_time.values, [0.001, 0.002])


def test_a_comment_is_no_use_of_a_list(tmp_path):
    lists = {"vdlist": "1\n2\n", "pulseprogram": "1 ze\n2 d1 ; not vd\n go=2\n"}
    with pytest.raises(AmbiguousArray, match="none is stated as used"):
        read(write_experiment(tmp_path / "1", decaying(64, rows=2), lists=lists))


def test_no_list_at_all_is_a_missing_array(tmp_path):
    with pytest.raises(MissingArray, match=r"2 rows, and no table.*array=") as caught:
        read(write_experiment(tmp_path / "1", decaying(64, rows=2)))
    assert "'none' to leave it open" in caught.value.candidates


def test_a_list_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64, rows=2), lists={"vdlist": "1\n2\n"})
    with pytest.raises(AmbiguousArray, match="'vclist' is not there"):
        read(folder, array="vclist")


def test_pulse_lengths_without_a_unit_are_asked_for(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64, rows=2), lists={"vplist": "5\n10\n"})
    with pytest.raises(AmbiguousArray, match="numbers without a unit") as caught:
        read(folder, array="vplist")
    assert caught.value.argument == "time_unit"
    found = read(folder, array="vplist", time_unit="us")
    np.testing.assert_allclose(found.pulse_length.values, [5e-6, 10e-6])


def test_values_given_must_fit_the_rows_and_have_a_name(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64, rows=2))
    with pytest.raises(InconsistentHeader, match="3 values were given for 2 rows"):
        read(folder, array=[1, 2, 3], array_as="delay")
    with pytest.raises(MissingArray, match="array_as"):
        read(folder, array=[1, 2])


def test_steps_may_stay_open_on_purpose(tmp_path):
    found = read(write_experiment(tmp_path / "1", decaying(64, rows=2)), array="none")
    assert "delay" not in found.coords
    assert found.sizes["step"] == 2


def test_a_short_list_starts_again_and_the_repeats_are_listed(tmp_path):
    lists = {"vdlist": "3\n1\n2\n", "pulseprogram": SATURATION}
    found = read(write_experiment(tmp_path / "1", decaying(64, rows=5), lists=lists))
    assert found.delay.values.tolist() == [3, 1, 2, 3, 1]
    assert found.attrs["repeated_steps"] == [3, 4]
    assert any("repeat the first" in sentence for sentence in schemas.warnings_of(found))


def test_a_long_list_is_cut_with_a_warning(tmp_path):
    lists = {"vdlist": "1\n2\n3\n", "pulseprogram": SATURATION}
    found = read(write_experiment(tmp_path / "1", decaying(64, rows=2), lists=lists))
    assert found.delay.values.tolist() == [1, 2]
    assert any("the first 2 were taken" in sentence for sentence in schemas.warnings_of(found))


def test_an_empty_list_is_refused(tmp_path):
    lists = {"vdlist": "\n", "pulseprogram": SATURATION}
    with pytest.raises(InconsistentHeader, match="vdlist: it is empty"):
        read(write_experiment(tmp_path / "1", decaying(64, rows=2), lists=lists))


# --- rows of ser ----------------------------------------------------------------------------------


def test_padding_words_are_cut_off(tmp_path):
    signal = decaying(100, rows=3)
    found = read(write_experiment(tmp_path / "1", signal, DTYPA=2), array="none")
    np.testing.assert_array_equal(found.signal.values, signal)


def test_rows_without_padding_are_read_too(tmp_path):
    signal = decaying(100, rows=3)
    found = read(write_experiment(tmp_path / "1", signal, padded=16), array="none")
    np.testing.assert_array_equal(found.signal.values, signal)


def test_without_acqu2s_the_rows_come_from_the_size(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(100, rows=3))
    (folder / "acqu2s").unlink()
    assert read(folder, array="none").sizes["step"] == 3


def test_a_truncated_ser_offers_its_complete_rows(tmp_path):
    signal = decaying(64, rows=4)
    folder = write_experiment(tmp_path / "1", signal)
    content = (folder / "ser").read_bytes()
    (folder / "ser").write_bytes(content[: int(2.6 * 1024)])
    with pytest.raises(TruncatedData, match="ser: TD") as caught:
        read(folder, array="none")
    np.testing.assert_array_equal(caught.value.partial, signal[:2])


def test_more_rows_than_stated_are_a_contradiction(tmp_path):
    folder = write_experiment(tmp_path / "1", decaying(64, rows=4))
    (folder / "acqu2s").write_text("##$TD= 2\n")
    with pytest.raises(InconsistentHeader, match="2 rows of 128 words are stated"):
        read(folder, array="none")


def test_rows_not_yet_acquired_are_reported(tmp_path):
    signal = decaying(64, rows=4)
    signal[2:] = 0
    found = read(write_experiment(tmp_path / "1", signal), array="none")
    assert any("2 of 4 rows hold nothing" in sentence for sentence in schemas.warnings_of(found))


# --- series of folders ----------------------------------------------------------------------------


def pulses(length):
    return "(0..3)\n" + f"0 10 {length:g} 0"


def delays(length):
    return "(0..2)\n" + f"0 1 {length:g}"


def test_folders_make_one_series_in_the_order_of_their_numbers(tmp_path):
    for number in (2, 10, 9):
        write_experiment(
            tmp_path / "array" / str(number), number * decaying(32), P=pulses(number), NS=number
        )
    found = read(tmp_path / "array", array="P2")
    np.testing.assert_allclose(found.pulse_length.values, [2e-6, 9e-6, 10e-6])
    np.testing.assert_allclose(found.signal.values[:, 0].real, [2, 9, 10])
    assert found.attrs["n_scans"] == [2, 9, 10]
    assert found.attrs["source_files"][0] == "2/acqus"
    assert found.attrs["source"] == "array"


def test_folders_may_be_given_as_a_list_in_any_order(tmp_path):
    folders = [
        write_experiment(tmp_path / str(number), number * decaying(32), D=delays(number / 10))
        for number in (3, 1)
    ]
    found = read(folders, array="D2")
    np.testing.assert_allclose(found.delay.values, [0.3, 0.1])


def test_a_series_offers_the_parameters_that_differ(tmp_path):
    for number in (1, 2):
        write_experiment(
            tmp_path / str(number), decaying(32), P=pulses(number), D=delays(3 * number), O1=5
        )
    with pytest.raises(AmbiguousArray, match="2 tables have that length") as caught:
        read(tmp_path)
    assert [c.split(" ")[0] for c in caught.value.candidates[:2]] == ["P2", "D2"]


def test_a_stepped_carrier_is_an_array_of_offsets(tmp_path):
    for number, offset in ((1, -2000), (2, 4000)):
        write_experiment(
            tmp_path / str(number), decaying(32), O1=offset, SFO1=400.13 + 1e-6 * offset
        )
    assert read(tmp_path, array="O1").carrier_offset.values.tolist() == [-2000, 4000]
    with pytest.raises(InconsistentHeader, match="SFO1"):
        read(tmp_path, array="none")


@pytest.mark.parametrize(
    ("entries", "field"),
    [({"SW_h": 25000}, "SW_h"), ({"NUC1": "<19F>"}, "NUC1"), ({"NC": 2}, "NC")],
)
def test_folders_that_differ_make_no_series(tmp_path, entries, field):
    write_experiment(tmp_path / "1", decaying(32))
    write_experiment(tmp_path / "2", decaying(32), **entries)
    with pytest.raises(InconsistentHeader, match=rf"{field}.*2 differs from 1"):
        read(tmp_path, array="none")


def test_different_lengths_make_no_series(tmp_path):
    write_experiment(tmp_path / "1", decaying(32))
    write_experiment(tmp_path / "2", decaying(33))
    with pytest.raises(InconsistentHeader, match="TD"):
        read(tmp_path, array="none")


def test_different_receiver_gains_are_kept_for_each_step(tmp_path):
    write_experiment(tmp_path / "1", decaying(32), RG=8)
    write_experiment(tmp_path / "2", decaying(32), RG=16)
    assert read(tmp_path, array="none").attrs["receiver_gain"] == [8, 16]


# --- measured -------------------------------------------------------------------------------------


def norms(dataset, points=None):
    return np.linalg.norm(dataset.signal.values[:, :points], axis=1)


def test_t1rho_norms_fall_as_published_by_the_collection():
    found = read(data_path(T1RHO))
    relative = norms(found) / norms(found)[0]
    np.testing.assert_allclose(relative[[0, 7, 15, 20]], [1, 0.696, 0.275, 0.011], atol=0.01)
    assert relative[21] == pytest.approx(1.013, abs=2e-3)  # row 22 is the list starting again
    assert found.attrs["repeated_steps"] == [21]
    assert found.pulse_length.values[[0, 20, 21]].tolist() == [9e-5, 0.4, 9e-5]
    assert found.attrs["group_delay"] == pytest.approx(67.983, abs=1e-3)
    assert 1 / np.diff(found.time.values[:2])[0] == pytest.approx(62500, rel=1e-9)
    assert found.started_at.values == np.datetime64("2018-04-17T03:49:22")


def test_t1rho_of_the_main_line_is_that_of_the_collection():
    # Real part at the line, phased once on row 1, A exp(-t/T1rho) by least squares.
    from scipy.optimize import curve_fit

    found = read(data_path(T1RHO))
    signal = found.signal.values[:21]
    time = found.time.values
    tone = np.exp(-2j * np.pi * -309 * time) * (time > 1e-3) * np.exp(-time / 0.05)
    amplitude = signal @ tone
    real = (amplitude * np.exp(-1j * np.angle(amplitude[0]))).real
    (_, decay), _ = curve_fit(
        lambda t, a, tau: a * np.exp(-t / tau),
        found.pulse_length.values[:21],
        real / real[0],
        p0=(1, 0.07),
    )
    assert decay == pytest.approx(0.0765, abs=0.003)


def test_shipped_t1rho_is_the_beginning_of_the_measured_one():
    whole = read(data_path(T1RHO))
    cropped = read(shipped("bruker-t1rho"))
    np.testing.assert_array_equal(cropped.signal.values, whole.signal.values[:, :512])
    np.testing.assert_array_equal(cropped.time.values, whole.time.values[:512])


def test_contact_times_stand_in_fifteen_folders():
    with pytest.raises(AmbiguousArray, match="P15"):  # the leftover vdlist of 94 is no candidate
        read(data_path(CP))
    found = read(data_path(CP), array="P15")
    microseconds = [100, 200, 300, 500, 800, 1100, 1400, 1700, 2000, 2500, 3000, 5000, 7000]
    np.testing.assert_allclose(found.pulse_length.values[:13], 1e-6 * np.array(microseconds))
    assert found.sizes == {"step": 15, "time": 2013}
    assert found.attrs["group_delay"] == 66.625
    assert found.attrs["nucleus"] == "13C"
    assert found.attrs["n_scans"][:3] == [8192, 8192, 4096]
    assert np.isnat(found.started_at.values)


def cp_noise_and_amplitude():
    found = read(data_path(CP), array="P15")
    scans = np.array(found.attrs["n_scans"])
    power = np.mean(np.abs(found.signal.values) ** 2, axis=1, where=np.arange(2013) >= 1500)
    early = np.mean(np.abs(found.signal.values[:, :600]) ** 2, axis=1)
    return scans, np.sqrt(power), np.sqrt(early - power) / scans


def test_noise_grows_with_the_root_of_the_scans():
    scans, noise, _ = cp_noise_and_amplitude()
    normalised = noise / np.sqrt(scans)
    np.testing.assert_allclose(normalised / normalised.mean(), 1, atol=0.05)


def test_contact_time_of_the_maximum_and_amplitudes_are_those_of_the_collection():
    _, _, amplitude = cp_noise_and_amplitude()
    relative = amplitude / amplitude.max()
    assert relative.argmax() in {6, 7, 8}  # 1.7 ms, give or take one step
    np.testing.assert_allclose(relative[[0, 3, 11, 13]], [0.55, 0.88, 0.73, 0.35], atol=0.02)


def test_carbons_of_alginate_come_out_on_their_sides():
    # Ring carbons near 70 ppm, the anomeric one 32 ppm above, the acid 102 ppm above: with
    # exp(-2 pi i f t) in the transform both must lie at higher frequency, so the sense is +1.
    found = read(data_path(CP), array="P15")
    window = np.exp(-np.maximum(found.time.values, 0) / 0.004)
    frequency = np.fft.fftfreq(4096, 1 / 40322.5806)
    strength = np.abs(np.fft.fft(found.signal.values[7] * window, 4096))
    ppm = (frequency - frequency[strength.argmax()]) / 100.663

    def largest(distance):
        return strength[np.abs(ppm - distance) < 4].max()

    assert largest(32) > 2 * largest(-32)
    assert largest(102) > 1.5 * largest(-102)


def test_cadmium_file_needs_a_nucleus_and_has_no_delay():
    folder = data_path("bruker-113cd-1d/100")
    with pytest.raises(AmbiguousNucleus, match="113Cd"):
        read(folder)
    found = read(folder, nucleus="113Cd")
    assert np.abs(found.signal.values[0]).argmax() == 0
    assert found.time.values[0] == 0
    assert found.sizes["time"] == 956
    assert found.attrs["carrier_frequency"] == pytest.approx(110.998058e6)


def test_phosphoric_acid_file_leaves_absent_entries_absent():
    found = read(data_path("bruker-1h-h3po4-no-digital-filter/4"), nucleus="1H")
    assert found.sizes["time"] == 8192
    assert np.isnan(found.attrs["n_scans"])
    assert np.isnat(found.started_at.values)
    magnitude = np.abs(found.signal.values[0])
    assert magnitude[0] / magnitude.max() == pytest.approx(0.6, abs=0.05)


@pytest.mark.parametrize("number", ["28", "304"])
def test_low_field_files_call_protons_nitrogen(number):
    folder = data_path(f"dnplab-low-field/topspin/{number}")
    with pytest.raises(AmbiguousNucleus, match="names 15N"):
        read(folder)
    found = read(folder, nucleus="1H")
    assert found.sizes == {"step": 8, "time": 7983}
    assert found.attrs["group_delay"] == 60.375
    np.testing.assert_allclose(found.delay.values[[0, 4, 7]], [0.02, 1.306, 30])


@pytest.mark.parametrize(
    ("name", "decisions"),
    [
        (T1RHO, {}),
        (CP, {"array": "P15"}),
        ("bruker-113cd-1d/100", {"nucleus": "113Cd"}),
        ("bruker-1h-h3po4-no-digital-filter/4", {"nucleus": "1H"}),
        ("dnplab-low-field/topspin/28", {"nucleus": "1H"}),
        ("dnplab-low-field/topspin/304", {"nucleus": "1H"}),
    ],
)
def test_nothing_private_leaves_the_measured_folders(name, decisions):
    folder = data_path(name)
    check_privacy(read(folder, **decisions), folder)

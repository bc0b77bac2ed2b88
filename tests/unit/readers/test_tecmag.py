"""Tecmag files: a header of which little can be believed."""

import struct

import numpy as np
import pytest
from tests.batteries.readers import check_privacy, check_reader
from tests.realdata import data_path, measured, shipped

from megabar import schemas
from megabar.errors import (
    AmbiguousArray,
    AmbiguousNucleus,
    InconsistentHeader,
    TruncatedData,
    UnreadableFile,
)
from megabar.readers.registry import read

T1 = {"nucleus": "1H", "array": "de6"}
HEADER, DATA = 20, 1056


def altered(tmp_path, **fields):
    """Copy the shipped file with other numbers in its header (name -> layout, offset, values)."""
    content = bytearray(shipped("tecmag-t1.tnt").read_bytes())
    for layout, offset, *values in fields.values():
        struct.pack_into(f"<{layout}", content, HEADER + offset, *values)
    path = tmp_path / "altered.tnt"
    path.write_bytes(content)
    return path


def fft_flagged(path, flag=1):
    content = bytearray(path.read_bytes())
    block = content.index(b"TMG2")
    struct.pack_into("<h", content, block + 12 + 828, flag)
    path.write_bytes(content)
    return path


def test_shipped_file_passes_the_battery(tmp_path):
    found = check_reader(shipped("tecmag-t1.tnt"), tmp_path, format_name="tecmag", decisions=T1)
    np.testing.assert_allclose(found.delay.values, [0.01, 0.09, 0.17, 0.25, 0.33])
    assert found.sizes == {"step": 5, "time": 1024}
    assert found.attrs["n_scans"] == 4
    assert found.started_at.values == np.datetime64("2015-01-13T19:41:08")


def test_the_width_is_one_over_the_dwell_and_not_the_header_field():
    found = read(shipped("tecmag-t1.tnt"), **T1)
    assert 1 / (found.time.values[1] - found.time.values[0]) == pytest.approx(5000)


def test_the_header_field_of_the_magnet_is_not_used():
    # 2.11 T would be 89.8 MHz for protons; the proton stands at 14.95 MHz, 0.351 T.
    found = read(shipped("tecmag-t1.tnt"), **T1)
    assert found.attrs["carrier_frequency"] == pytest.approx(14.946627e6)
    assert "field" not in found.attrs
    with pytest.raises(AmbiguousNucleus, match=r"1H \(at 0\.351 T\)"):
        read(shipped("tecmag-t1.tnt"), array="de6")


def test_a_table_of_the_right_length_is_still_asked_for():
    with pytest.raises(AmbiguousArray, match=r"de6 \(5 values: 0\.01, 0\.09, 0\.17, \.\.\.\)"):
        read(shipped("tecmag-t1.tnt"), nucleus="1H")


def test_a_table_of_another_length_is_refused(tmp_path):
    path = altered(tmp_path, npts=("8i", 0, 1024, 4, 1, 1, 1024, 4, 1, 1))
    with pytest.raises(InconsistentHeader, match="de6: it has 5 entries for 4 rows"):
        read(path, **T1)


def test_a_stopped_acquisition_keeps_the_beginning_of_its_table(tmp_path):
    path = altered(tmp_path, actual=("4i", 16, 1024, 3, 1, 1))
    found = read(path, **T1)
    np.testing.assert_allclose(found.delay.values, [0.01, 0.09, 0.17])
    assert any("3 of 5" in sentence for sentence in schemas.warnings_of(found))


def test_a_channel_without_frequency_is_refused_until_one_is_chosen(tmp_path):
    path = altered(tmp_path, channel=("h", 196, 3))
    with pytest.raises(InconsistentHeader, match=r"obs_channel.*1: 14\.9466 MHz.*channel="):
        read(path, **T1)
    assert read(path, channel=1, **T1).attrs["carrier_frequency"] == pytest.approx(14.946627e6)


def test_a_flag_against_the_content_is_a_question(tmp_path):
    path = fft_flagged(altered(tmp_path))
    with pytest.raises(InconsistentHeader, match=r"fft_flag.*disagree.*domain="):
        read(path, **T1)
    assert read(path, domain="time", **T1).attrs["schema"] == "acquisition/1"
    assert read(path, domain="frequency", **T1).attrs["schema"] == "spectrum/1"


def test_scans_that_are_missing_are_reported(tmp_path):
    path = altered(tmp_path, scans=("2i", 52, 4096, 388))
    found = read(path, **T1)
    assert found.attrs["n_scans"] == 388
    assert "388 of 4096 scans were acquired." in schemas.warnings_of(found)


def test_a_clock_that_runs_backwards_leaves_the_start_open(tmp_path):
    path = altered(tmp_path, clock=("2I", 852, 2000, 1000))
    found = read(path, **T1)
    assert np.isnat(found.started_at.values)
    assert any("finish_time" in sentence for sentence in schemas.warnings_of(found))


@pytest.mark.parametrize(
    "shape", [(0, 5, 1, 1), (-1, 5, 1, 1), (1024, 0, 1, 1)], ids=["none", "negative", "no rows"]
)
def test_shapes_that_cannot_be_are_refused(tmp_path, shape):
    with pytest.raises(InconsistentHeader, match="actual_npts"):
        read(altered(tmp_path, actual=("4i", 16, *shape)), **T1)


def test_a_shape_larger_than_the_file_allocates_nothing(tmp_path):
    huge = (2**31 - 1, 2**31 - 1, 2**31 - 1, 2**31 - 1)
    with pytest.raises(TruncatedData, match="the file holds") as caught:
        read(altered(tmp_path, actual=("4i", 16, *huge)), **T1)
    assert caught.value.partial.nbytes < 100_000


def test_a_dwell_of_nothing_is_refused(tmp_path):
    with pytest.raises(InconsistentHeader, match="dwell"):
        read(altered(tmp_path, dwell=("d", 272, 0.0)), **T1)


def test_blocks_out_of_place_are_refused(tmp_path):
    path = tmp_path / "altered.tnt"
    path.write_bytes(shipped("tecmag-t1.tnt").read_bytes().replace(b"TMAG", b"TMAX", 1))
    with pytest.raises(UnreadableFile, match="TMAG"):
        read(path, **T1)


def test_a_file_that_ends_inside_its_header_is_truncated(tmp_path):
    path = tmp_path / "short.tnt"
    path.write_bytes(shipped("tecmag-t1.tnt").read_bytes()[:500])
    with pytest.raises(TruncatedData, match="500 bytes, inside its header"):
        read(path, **T1)


# --- tables written for the purpose ---------------------------------------------------------------


def with_table(tmp_path, name, text):
    """Append one more table to the sequence, as TNMR stores them."""
    entry = struct.pack("<i", len(name)) + name + struct.pack("<i", len(text)) + text
    path = tmp_path / "tables.tnt"
    path.write_bytes(shipped("tecmag-t1.tnt").read_bytes() + entry)
    return path


def test_entries_that_run_together_are_split_with_a_warning(tmp_path):
    path = with_table(tmp_path, b"de77:2", b"7u 8u 9u10u 11u")
    found = read(path, nucleus="1H", array="de77")
    np.testing.assert_allclose(found.delay.values, [7e-6, 8e-6, 9e-6, 1e-5, 1.1e-5])
    assert any("9u10u" in sentence for sentence in schemas.warnings_of(found))


def test_two_tables_that_fit_are_both_offered(tmp_path):
    path = with_table(tmp_path, b"sl_table", b"1m\r\n2m\r\n3m\r\n4m\r\n5m")
    with pytest.raises(AmbiguousArray, match=r"2 tables have that length.*de6.*sl_table"):
        read(path, nucleus="1H")
    found = read(path, nucleus="1H", array="sl_table", array_as="pulse_length")
    np.testing.assert_allclose(found.pulse_length.values, [1e-3, 2e-3, 3e-3, 4e-3, 5e-3])


def test_numbers_without_a_unit_are_times_only_if_their_unit_is_decided(tmp_path):
    path = with_table(tmp_path, b"de78:2", b"70 75 80 85 90")
    with pytest.raises(AmbiguousArray, match="'de78' is not there"):
        read(path, nucleus="1H", array="de78")
    found = read(path, nucleus="1H", array="de78", time_unit="us")
    np.testing.assert_allclose(found.delay.values, 1e-6 * np.array([70, 75, 80, 85, 90]))


@pytest.mark.parametrize("length", [-5, 0, 2**31 - 1])
def test_a_table_with_an_impossible_length_is_no_table(tmp_path, length):
    name, text = b"de79:2", b"1m 2m 3m 4m 5m"
    entry = struct.pack("<i", len(name)) + name + struct.pack("<i", length) + text
    path = tmp_path / "tables.tnt"
    path.write_bytes(shipped("tecmag-t1.tnt").read_bytes() + entry)
    with pytest.raises(AmbiguousArray, match="'de79' is not there"):
        read(path, nucleus="1H", array="de79")


# --- measured -------------------------------------------------------------------------------------

FOLDER = "tecmag-B"


def test_low_field_t1_from_the_beginning_of_the_signal():
    # Projection of the first 2 ms on those of the longest delay; A - B exp(-t/T1) through five
    # points. A fixed bin of the spectrum gives 0.40 s, because the line wanders by 16 Hz.
    from scipy.optimize import curve_fit

    found = read(shipped("tecmag-t1.tnt"), **T1)
    early = found.signal.values[:, found.time.values < 2e-3]
    amplitude = (early @ early[-1].conj()).real
    amplitude /= amplitude[-1]
    (_, _, t1), _ = curve_fit(
        lambda t, a, b, tau: a - b * np.exp(-t / tau), found.delay.values, amplitude, (1, 2, 0.1)
    )
    assert t1 == pytest.approx(0.11, abs=0.015)


def test_deuterium_is_offered_at_46_megahertz_and_the_horns_give_its_coupling():
    path = data_path(f"{FOLDER}/SolidEcho_muti chs/Dgly_quadecho_ft.tnt")
    with pytest.raises(AmbiguousNucleus, match=r"46\.0299 MHz.*Candidates: 2H \(at 7\.0"):
        read(path)
    found = read(path, nucleus="2H")
    assert found.attrs["schema"] == "spectrum/1"
    frequency = found.frequency.values
    assert np.ptp(frequency) * 2048 / 2047 == pytest.approx(1e6)  # twice the header's 500 kHz
    magnitude = np.abs(found.spectrum.values[0])
    left = frequency[np.where(frequency < 0, magnitude, 0).argmax()]
    right = frequency[np.where(frequency > 0, magnitude, 0).argmax()]
    assert right - left == pytest.approx(118.65e3, abs=1.5e3)
    assert 4 / 3 * (right - left) == pytest.approx(158.2e3, abs=2e3)  # I = 1, eta = 0


def test_adamantane_lines_are_nine_parts_per_million_apart():
    found = read(data_path(f"{FOLDER}/CP_WHH/13C_adam_cp_ft.tnt"), nucleus="13C")
    assert "fft_flag 1; 8192 points stored, 4096 acquired" in found.attrs["domain_reasons"]
    frequency, magnitude = found.frequency.values, np.abs(found.spectrum.values[0])
    shift = frequency / (found.attrs["carrier_frequency"] / 1e6)
    near = np.abs(frequency) < 8e3  # an artefact lies near 11.8 kHz
    first = shift[np.where(near, magnitude, 0).argmax()]
    rest = near & (np.abs(shift - first) > 2)
    second = shift[np.where(rest, magnitude, 0).argmax()]
    assert abs(first - second) == pytest.approx(9.06, abs=0.1)


def test_ethanol_rotates_backwards_and_the_decision_turns_it_round():
    # Chemistry: the CH3 quartet (18 ppm) lies 3006 Hz below the CH2 triplet (58 ppm). Stored, it
    # lies above. Centres of gravity of the two groups, each a few hundred hertz wide.
    path = data_path(f"{FOLDER}/1pulse_WALTZ/13C EtOH_90.tnt")

    def transformed(**decisions):
        found = read(path, nucleus="13C", **decisions)
        signal = found.signal.values[0] * np.exp(-found.time.values / 0.1)
        frequency = np.fft.fftfreq(16384, 1e-4)
        power = np.abs(np.fft.fft(signal, 16384))
        return frequency, power

    frequency, power = transformed()
    mirrored, turned = transformed(sense=-1)
    np.testing.assert_allclose(turned[1:], power[1:][::-1], rtol=1e-9)
    for axis, strength, sign in ((frequency, power, 1), (mirrored, turned, -1)):
        quartet = multiplet(axis, strength, 125.6, 4)
        triplet = multiplet(axis, strength, 141.6, 3)
        assert quartet - triplet == pytest.approx(sign * 3006, abs=15)


def multiplet(axis, strength, coupling, lines):
    """Find the centre of a multiplet of binomial shape: the best overlap with its comb."""
    step = axis[1] - axis[0]
    weights = {3: (1, 2, 1), 4: (1, 3, 3, 1)}[lines]
    offsets = (np.arange(lines) - (lines - 1) / 2) * coupling
    comb = np.prod(
        [
            np.roll(strength, -round(offset / step)) ** (w / sum(weights))
            for offset, w in zip(offsets, weights, strict=True)
        ],
        axis=0,
    )
    return axis[comb.argmax()]


def test_spin_lock_file_has_twelve_times_under_its_third_table():
    path = data_path(f"{FOLDER}/T1r_F1/HHMBT1r_single_res.tnt")
    with pytest.raises(AmbiguousArray, match="de3"):
        read(path, nucleus="1H")
    found = read(path, nucleus="1H", array="de3", array_as="pulse_length")
    milliseconds = [0.1, 1, 2, 3, 4, 6, 8, 10, 13, 16, 19, 22]
    np.testing.assert_allclose(found.pulse_length.values, 1e-3 * np.array(milliseconds))


def test_two_tables_of_the_water_file_fit_and_none_is_taken():
    with pytest.raises(AmbiguousArray, match="2 tables have that length") as caught:
        read(data_path(f"{FOLDER}/T1r_F1/F1_slH2O_single_res.tnt"), nucleus="1H")
    assert [c.split(" ")[0] for c in caught.value.candidates[:2]] == ["sl_table", "de10"]


def test_joined_entries_of_the_toss_file_are_reported():
    found = read(data_path(f"{FOLDER}/TOSS/HMB_cptoss.tnt"), nucleus="13C")
    assert found.attrs["carrier_frequency"] == pytest.approx(75.419e6)
    assert any("9u10u" in sentence for sentence in schemas.warnings_of(found))


def test_an_acquisition_that_was_never_completed_is_one_point_with_a_warning():
    found = read(data_path(f"{FOLDER}/1puse_90calibration/H90.tnt"), nucleus="1H")
    assert found.sizes == {"step": 1, "time": 1}
    assert any("1 of 32" in sentence for sentence in schemas.warnings_of(found))


def test_half_transformed_exchange_is_a_spectrum_with_both_reasons():
    path = data_path(f"{FOLDER}/HETCOR/PEO 2d exchange.tnt")
    found = read(path, nucleus="13C", array="none")
    assert found.attrs["schema"] == "spectrum/1"
    assert found.sizes == {"step": 128, "frequency": 1024}
    assert "fft_flag 3" in found.attrs["domain_reasons"]
    assert "rms of the first tenth" in found.attrs["domain_reasons"]
    assert any("128 of 256" in sentence for sentence in schemas.warnings_of(found))


@pytest.mark.parametrize("path", measured(FOLDER), ids=lambda path: path.name)
def test_nothing_private_leaves_the_measured_files(path):
    if path.suffix == ".tnt":
        check_privacy(read(path, nucleus="1H", array="none"), path)

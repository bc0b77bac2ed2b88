"""What the virtual spectrometer records."""

import math
from dataclasses import replace

import numpy as np
import pytest

from megabar import schemas
from megabar.errors import PlanError, UnknownWord
from megabar.virtual import Cell, Line, Receiver, Settings, acquire
from megabar.virtual.spectrometer import clean_record, signal_at_zero

PROTON = Line(shape="lorentzian", fwhm=1350.0, shift=20.0, t1=1.5e-3, t2=1.5e-3)
CELL = Cell("LaH10.5", metal_atoms=2.8e14, lines={"1H": PROTON}, field_offset=-20.0)
RECEIVER = Receiver(
    reference_frequency="395.107 MHz",
    carrier_frequency="395.106 MHz",
    limit_of_detection=5.44e11,
    ring_down=1e5,
    ring_down_time="0.3 us",
    phase=0.7,
)
SETTINGS = Settings(
    pulse_length="14 us",
    flip_angle=math.pi / 2,
    dead_time="5 us",
    dwell="1 us",
    points=4096,
    repetition_time="1 s",
)
FID = {"sequence": "fid", "nucleus": "1H", "receiver": RECEIVER, "settings": SETTINGS}


def test_acquire_hands_out_an_acquisition_with_every_input_in_its_header():
    record = acquire(CELL, n_scans=10_000, seed=7, started_at="2026-01-10T12:00:00", **FID)
    assert schemas.check(record).attrs["schema"] == "acquisition/1"
    assert record.attrs["n_scans"] == 10_000
    assert record.attrs["carrier_frequency"] == 395.106e6
    assert record.attrs["dead_time"] == pytest.approx(12e-6)
    assert float(record.time[0]) == 7e-6


def test_noise_is_white_and_falls_per_channel_as_sqrt_of_scans_over_dwell():
    silent = replace(RECEIVER, limit_of_detection=1e30, ring_down=0.0)
    for n_scans in (4, 10_000):
        record = acquire(CELL, n_scans=n_scans, seed=1, **{**FID, "receiver": silent})
        noise = record.signal.values[0]
        expected = math.sqrt(n_scans / 1e-6)
        limit = 5 / math.sqrt(2 * noise.size)  # five standard errors
        assert noise.real.std() == pytest.approx(expected, rel=limit)
        assert noise.imag.std() == pytest.approx(expected, rel=limit)
        neighbours = np.vdot(noise[1:], noise[:-1]) / np.vdot(noise, noise)
        assert abs(neighbours) < 5 / math.sqrt(noise.size)


def test_one_limit_of_detection_of_nuclei_gives_one_rms_in_one_hertz():
    nuclei = CELL.nuclei("1H")
    size = signal_at_zero(CELL, **{**FID, "receiver": replace(RECEIVER, limit_of_detection=nuclei)})
    assert size == pytest.approx(1.0, rel=1e-12)


def test_line_stands_where_reference_cell_field_and_shift_put_it():
    long = replace(SETTINGS, points=256, dwell=1e-6)
    time, rows = clean_record(CELL, **{**FID, "settings": long})
    turns = np.diff(np.unwrap(np.angle(rows[0]))) / (2 * np.pi * np.diff(time))
    expected = 395.107e6 * (1 - 20e-6) * (1 + 20e-6) - 395.106e6
    assert turns == pytest.approx(np.full(255, expected), abs=1e-4)


def test_phase_of_the_record_at_time_zero_is_that_of_the_receiver():
    time, rows = clean_record(CELL, **FID)
    offset = 395.107e6 * (1 - 20e-6) * (1 + 20e-6) - 395.106e6
    at_zero = np.angle(rows[0][0] * np.exp(-2j * np.pi * offset * time[0]))
    assert at_zero == pytest.approx(0.7, abs=1e-9)


def test_ring_down_fills_the_dead_time_and_is_gone_after_it():
    silent = replace(RECEIVER, limit_of_detection=1e30, ring_down=1e9)
    short = replace(SETTINGS, points=64)
    record = acquire(CELL, n_scans=4, seed=1, **{**FID, "receiver": silent, "settings": short})
    assert abs(record.signal.values[0, 0]) == pytest.approx(4e9, rel=1e-5)
    assert abs(record.signal.values[0, 1]) == pytest.approx(4e9 * math.exp(-1 / 0.3), rel=1e-3)
    assert abs(record.signal.values[0, 20]) < 6 * math.sqrt(4 / 1e-6)


def test_ring_down_of_the_second_pulse_cancels_in_the_cycle_of_a_solid_echo():
    silent = replace(RECEIVER, limit_of_detection=1e30, ring_down=1e12, ring_down_time=1e-3)
    settings = replace(SETTINGS, points=64, echo_delay=60e-6, before_echo=20e-6)
    record = acquire(
        CELL, sequence="solid-echo", nucleus="1H", n_scans=8, seed=1,
        receiver=silent, settings=settings,
    )  # fmt: skip
    assert np.abs(record.signal.values).max() < 6 * math.sqrt(8 / 1e-6)


def test_same_seed_same_record_and_another_seed_another():
    first = acquire(CELL, n_scans=4, seed=5, **FID)
    assert first.identical(acquire(CELL, n_scans=4, seed=5, **FID))
    other = acquire(CELL, n_scans=4, seed=6, **FID)
    assert not np.array_equal(first.signal, other.signal)
    assert first.attrs["source_sha256"] != other.attrs["source_sha256"]


def test_echo_array_carries_echo_times_and_starts_before_its_top():
    settings = replace(SETTINGS, points=64, before_echo=10e-6, steps=("0.1 ms", "1 ms"))
    record = acquire(
        CELL, sequence="hahn-echo-array", nucleus="1H", n_scans=16, seed=1,
        receiver=RECEIVER, settings=settings,
    )  # fmt: skip
    assert record.echo_time.values.tolist() == [1e-4, 1e-3]
    assert float(record.time[0]) == -10e-6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_scans": 10}, "multiple of 4"),
        ({"sequence": "solid-echo", "n_scans": 8}, "without before_echo"),
        ({"sequence": "saturation-recovery"}, "needs a list of times"),
        ({"settings": replace(SETTINGS, repetition_time=4e-3)}, "Raise the repetition time"),
    ],
)
def test_a_measurement_that_cannot_be_made_is_refused(changes, message):
    with pytest.raises(PlanError, match=message):
        acquire(CELL, **{**FID, "n_scans": 4, "seed": 1, **changes})


def test_an_unknown_sequence_is_refused_with_the_nearest_word():
    with pytest.raises(UnknownWord, match="Did you mean solid-echo"):
        acquire(CELL, n_scans=4, seed=1, **{**FID, "sequence": "solid-ecko"})


def test_an_echo_recorded_while_the_receiver_is_dead_is_refused():
    settings = replace(SETTINGS, echo_delay=25e-6, before_echo=20e-6)
    with pytest.raises(PlanError, match=r"the receiver is dead for 1\.2e-05 s"):
        settings.origin("solid-echo")


def test_settings_without_points_and_receivers_without_sensitivity_are_refused():
    with pytest.raises(PlanError, match="needs time and points"):
        replace(SETTINGS, points=1)
    with pytest.raises(PlanError, match="must be above 0"):
        replace(RECEIVER, limit_of_detection=0.0)

"""Folders that a Bruker reader takes, with nmrglue and our own reader as judges."""

import math
from dataclasses import replace

import nmrglue
import numpy as np
import pytest

from megabar.errors import PlanError
from megabar.readers import registry
from megabar.virtual import Cell, Line, Receiver, Settings, acquire
from megabar.virtual.bruker_files import Header, write_folder

CELL = Cell(
    "LaH10.5",
    metal_atoms=2.8e14,
    lines={"1H": Line(shape="lorentzian", fwhm=1350.0, shift=20.0, t1=1.5e-3, t2=1.5e-3)},
    field_offset=-20.0,
)
RECEIVER = Receiver(
    reference_frequency=395.107e6,
    carrier_frequency=395.106408e6,
    limit_of_detection=5.44e11,
    ring_down=1e5,
    ring_down_time=0.3e-6,
    phase=0.7,
)
SETTINGS = Settings(
    pulse_length=14e-6,
    flip_angle=math.pi / 2,
    dead_time=5e-6,
    dwell=2e-6,
    points=300,  # 600 words fill no whole number of blocks, so that rows are padded
    repetition_time=25e-3,
    steps=(1e-4, 1e-3, 1.2345678e-2),
    saturation=5,
)
HEADER = Header(basic_frequency=395.107e6, dwell=2e-6, pulse_length=14e-6, saturation=5)


def record(sequence, **changes):
    return acquire(
        CELL, sequence=sequence, nucleus="1H", n_scans=2_000, seed=4, receiver=RECEIVER,
        settings=replace(SETTINGS, **changes), started_at="2026-01-10T12:00:00",
    )  # fmt: skip


@pytest.mark.parametrize("sequence", ["fid", "saturation-recovery"])
def test_nmrglue_reads_the_very_numbers_that_were_written(tmp_path, sequence):
    made = record(sequence)
    write_folder(made, tmp_path / "1", header=HEADER, number="float64")
    parameters, data = nmrglue.bruker.read(str(tmp_path / "1"))
    rows = np.atleast_2d(data)[:, : made.sizes["time"]]
    assert np.array_equal(rows, made.signal.values)
    assert parameters["acqus"]["TD"] == 600
    assert parameters["acqus"]["DTYPA"] == 2
    assert parameters["acqus"]["NUC1"] == "1H"
    assert parameters["acqus"]["NS"] == 2000


def test_megabar_reads_back_the_record_with_its_header_and_steps(tmp_path):
    made = record("saturation-recovery")
    write_folder(made, tmp_path / "1", header=HEADER, number="float64")
    read = registry.read(
        tmp_path / "1", array="vdlist", array_as="delay", sequence="saturation-recovery",
        time_origin="7 us", dead_time="12 us", repetition_time="25 ms",
    )  # fmt: skip
    assert np.array_equal(read.signal.values, made.signal.values)
    np.testing.assert_allclose(read.time, made.time, rtol=0, atol=1e-12)
    np.testing.assert_allclose(read.delay, made.delay, rtol=1e-9)
    assert read.started_at.values == made.started_at.values
    for name in ("nucleus", "n_scans", "repetition_time", "dead_time", "receiver_gain"):
        assert read.attrs[name] == pytest.approx(made.attrs[name]), name
    assert read.attrs["carrier_frequency"] == pytest.approx(395.106408e6, abs=1e-3)


@pytest.mark.parametrize(("number", "blocks"), [("float64", 5), ("int32", 3)])
def test_every_row_begins_on_a_boundary_of_1024_bytes(tmp_path, number, blocks):
    # 600 words are 4,800 bytes of float64 or 2,400 of int32
    write_folder(record("saturation-recovery"), tmp_path / "1", header=HEADER, number=number)
    assert (tmp_path / "1" / "ser").stat().st_size == 3 * blocks * 1024


def test_integers_round_far_below_the_noise(tmp_path):
    made = record("fid")
    write_folder(made, tmp_path / "1", header=HEADER, number="int32")
    _, data = nmrglue.bruker.read(str(tmp_path / "1"))
    error = data[: made.sizes["time"]] - made.signal.values[0]
    noise = math.sqrt(2_000 / 2e-6)
    assert np.abs(error.real).max() <= 0.5 + 1e-6
    assert np.abs(error.imag).max() <= 0.5 + 1e-6
    assert noise > 1e4


def test_a_signal_beyond_32_bit_integers_is_refused(tmp_path):
    made = record("fid")
    loud = made.assign(signal=made.signal * 1e6)
    with pytest.raises(PlanError, match="beyond 32-bit integers"):
        write_folder(loud, tmp_path / "1", header=HEADER, number="int32")


def test_pulse_program_states_the_phase_cycle(tmp_path):
    made = acquire(
        CELL, sequence="solid-echo", nucleus="1H", n_scans=8, seed=4, receiver=RECEIVER,
        settings=replace(SETTINGS, echo_delay=25e-6, before_echo=10e-6),
    )  # fmt: skip
    write_folder(made, tmp_path / "1", header=HEADER, number="float64")
    text = (tmp_path / "1" / "pulseprogram").read_text()
    assert "ph1=0 2 1 3 0 2 1 3\n" in text
    assert "ph2=1 1 2 2 3 3 0 0\n" in text
    assert "ph31=0 2 1 3 0 2 1 3\n" in text

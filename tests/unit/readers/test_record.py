"""The record of a measurement, and the dataset that it becomes."""

import json

import numpy as np
import pytest

from megabar import schemas
from megabar.errors import InconsistentHeader, UnreadableFile
from megabar.readers.decisions import decide
from megabar.readers.questions import Table
from megabar.readers.record import Record, dataset_from


@pytest.fixture
def record(tmp_path):
    """Give a function that makes a record of two rows, with what is asked changed."""
    path = tmp_path / "made.bin"
    path.write_bytes(b"12345678")

    def make(**changes):
        known = {
            "format": "made",
            "root": path,
            "files": (path.name,),
            "data": np.array([[1 + 1j, 2, 3], [4, 5, 6 - 2j]]),
            "dwell": 1e-6,
            "carrier_frequency": 395e6,
            "nucleus": "1H",
            "n_scans": (8.0, 8.0),
        }
        return Record(**{**known, **changes})

    return make


def test_a_record_becomes_an_acquisition_that_passes_the_schema(record):
    found = dataset_from(record(), decide())
    schemas.check(found, "acquisition/1")
    assert found.attrs["n_scans"] == 8
    assert found.attrs["cell"] == "unknown"
    assert np.isnan(found.attrs["dead_time"])


def test_decisions_win_and_are_written_down(record):
    answers = decide(
        dead_time="5 us", repetition_time="1 s", echo_delay="20 us", flip_angle="90 deg",
        cell="cell-1", sequence="solid-echo", started_at="2026-01-10T12:00:00", n_scans=1000,
    )  # fmt: skip
    found = dataset_from(record(started_at="2020-01-01T00:00:00"), answers)
    assert found.attrs["dead_time"] == pytest.approx(5e-6)
    assert found.attrs["repetition_time"] == 1
    assert found.attrs["echo_delay"] == pytest.approx(2e-5)
    assert found.attrs["cell"] == "cell-1"
    assert found.attrs["sequence"] == "solid-echo"
    assert found.attrs["n_scans"] == 1000
    assert found.started_at.values == np.datetime64("2026-01-10T12:00:00")
    written = json.loads(found.attrs["provenance"])["parameters"]["decisions"]
    assert written["repetition_time"] == 1
    assert written["cell"] == "cell-1"


def test_one_number_of_scans_per_row_is_kept(record):
    found = dataset_from(record(n_scans=(8.0, 16.0)), decide())
    assert found.attrs["n_scans"] == [8, 16]
    with pytest.raises(InconsistentHeader, match="3 numbers of scans for 2 rows"):
        dataset_from(record(), decide(n_scans=[1, 2, 3]))


def test_the_steps_carry_their_values_and_their_origin(record):
    table = Table(name="vdlist", values=(0.5, 1.5), coordinate="delay", origin="list file")
    found = dataset_from(record(table=table), decide())
    assert found.delay.values.tolist() == [0.5, 1.5]
    assert (found.attrs["array_name"], found.attrs["array_origin"]) == ("vdlist", "list file")


def test_a_stored_spectrum_has_its_carrier_at_the_stated_point(record):
    found = dataset_from(record(domain="frequency", centre_point=1), decide())
    schemas.check(found, "spectrum/1")
    np.testing.assert_allclose(found.frequency.values, [-1e6 / 3, 0, 1e6 / 3])
    assert np.isnan(found.attrs["noise_std"])


def test_a_reversed_spectrum_is_the_spectrum_of_the_reversed_signal(record):
    # conj(s(t)) <-> conj(S(-f)): turning a signal and turning its spectrum must agree.
    rng = np.random.default_rng(3)
    signal = rng.normal(size=9) + 1j * rng.normal(size=9)
    shifted = np.fft.fftshift(np.fft.fft(signal))
    stored = record(
        domain="frequency", centre_point=4, data=shifted[np.newaxis], n_scans=(1.0,), dwell=1e-3
    )
    turned = dataset_from(stored, decide(sense=-1))
    expected = np.fft.fftshift(np.fft.fft(np.conj(signal)))
    np.testing.assert_allclose(turned.spectrum.values[0], expected, atol=1e-12)
    np.testing.assert_allclose(
        turned.frequency.values, np.fft.fftshift(np.fft.fftfreq(9, 1e-3)), atol=1e-9
    )


def test_a_sense_that_nobody_knows_is_a_warning_until_it_is_decided(record):
    doubtful = record(sense_known=False)
    assert any("reversed" in s for s in schemas.warnings_of(dataset_from(doubtful, decide())))
    decided = dataset_from(doubtful, decide(sense=1))
    assert not any("reversed" in s for s in schemas.warnings_of(decided))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"dwell": 0.0}, InconsistentHeader, "dwell"),
        ({"dwell": float("nan")}, InconsistentHeader, "dwell"),
        ({"dwell": float("inf")}, InconsistentHeader, "dwell"),
        ({"carrier_frequency": -1.0}, InconsistentHeader, "carrier frequency"),
        ({"data": np.empty((1, 0), dtype=complex)}, UnreadableFile, "no point"),
        ({"data": np.array([[1, np.inf]])}, UnreadableFile, "1 of 2 points"),
    ],
)
def test_what_cannot_be_is_refused(record, changes, error, words):
    with pytest.raises(error, match=words):
        dataset_from(record(**changes), decide())


def test_an_unknown_carrier_stays_unknown(record):
    found = dataset_from(record(carrier_frequency=float("nan")), decide())
    assert np.isnan(found.attrs["carrier_frequency"])

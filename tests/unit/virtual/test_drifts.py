"""A coil that loses its tuning, a receiver that grows noisy, and nutations."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.virtual import test_spectrometer as usual
from tests.unit.virtual.test_spectrometer import CELL, PROTON

from megabar.errors import PlanError
from megabar.virtual import acquire
from megabar.virtual.drifts import Drift, detuned_coil
from megabar.virtual.finite_pulses import Shaped
from megabar.virtual.spectrometer import clean_record, signal_at_zero

RECEIVER = replace(usual.RECEIVER, carrier_frequency="395.107 MHz", ring_down=0.0)
SETTINGS = replace(usual.SETTINGS, points=512)
LENGTHS = tuple(1e-6 * n for n in (2, 7, 14, 21, 28, 42))


def size(*, coil_scale, sequence="fid", **changes):
    return signal_at_zero(
        CELL,
        sequence=sequence,
        nucleus="1H",
        receiver=replace(RECEIVER, coil_scale=coil_scale),
        settings=replace(SETTINGS, **changes),
    )


@pytest.mark.parametrize("b", [1.0, 0.8, 0.68, 1.3])
def test_a_detuned_coil_turns_less_and_hears_less(b):
    assert size(coil_scale=b) / size(coil_scale=1.0) == pytest.approx(
        b * math.sin(b * math.pi / 2), rel=1e-9
    )


def test_of_spins_that_hardly_recover_a_detuned_coil_leaves_more_than_of_fresh_ones():
    # Ernst and Anderson, doi:10.1063/1.1761586, at TR = T1
    b, left = 0.6, math.exp(-1)
    theta = b * math.pi / 2
    expected = b * math.sin(theta) / (1 - left * math.cos(theta))
    ratio = size(coil_scale=b, repetition_time=1.5e-3) / size(
        coil_scale=1.0, repetition_time=1.5e-3
    )
    assert ratio == pytest.approx(expected, rel=1e-9)


def test_a_shaped_pulse_loses_field_with_the_coil():
    shaped = Shaped(shape="rectangular", nutation_frequency=17.857e3, truncation=None)
    line = replace(PROTON, shape="gaussian", fwhm=300.0, t2=math.inf)
    cell = replace(CELL, lines={"1H": line}, field_offset=0.0)
    both = [
        clean_record(
            cell,
            sequence="fid",
            nucleus="1H",
            receiver=replace(RECEIVER, coil_scale=b, carrier_frequency=395.107e6 * (1 + 20e-6)),
            settings=replace(SETTINGS, shaped=shaped),
        )[1][0]
        for b in (1.0, 0.7)
    ]
    ratio = abs(both[1][0]) / abs(both[0][0])
    assert ratio == pytest.approx(0.7 * math.sin(0.7 * math.pi / 2), rel=2e-4)


def test_a_coil_without_field_leaves_noise_alone():
    deaf = replace(RECEIVER, coil_scale=0.0)
    arguments = {"sequence": "fid", "nucleus": "1H", "receiver": deaf, "settings": SETTINGS}
    _, rows = clean_record(CELL, **arguments)
    assert not rows.any()
    assert signal_at_zero(CELL, **arguments) == 0
    record = acquire(CELL, n_scans=100, seed=1, **arguments)
    rms = math.sqrt(100 / 1e-6)
    assert record.signal.values.real.std() == pytest.approx(rms, rel=5 / math.sqrt(2 * 512))


def test_noise_grows_and_the_signal_does_not():
    quiet, loud = (
        acquire(
            CELL, sequence="fid", nucleus="1H", n_scans=100, seed=1, settings=SETTINGS,
            receiver=replace(RECEIVER, noise_scale=scale),
        ).signal.values[0]
        for scale in (1.0, 1.5)
    )  # fmt: skip
    _, clean = clean_record(
        CELL, sequence="fid", nucleus="1H", receiver=RECEIVER, settings=SETTINGS
    )
    np.testing.assert_allclose(loud - 100 * clean[0], 1.5 * (quiet - 100 * clean[0]), atol=1e-3)


def nutation_rows(*, coil_scale=1.0, **changes):
    settings = replace(SETTINGS, steps=LENGTHS, **changes)
    return acquire(
        CELL, sequence="nutation", nucleus="1H", n_scans=40_000, seed=3,
        receiver=replace(RECEIVER, coil_scale=coil_scale, limit_of_detection=1e8),
        settings=settings,
    )  # fmt: skip


@pytest.mark.parametrize("b", [1.0, 0.8])
def test_a_nutation_follows_the_sine_of_the_angle_that_the_coil_makes(b):
    record = nutation_rows(coil_scale=b)
    assert record.pulse_length.values == pytest.approx(LENGTHS)
    assert record.attrs["sequence"] == "fid"
    rows = record.signal.values
    found = (rows @ rows[2].conj()).real / np.vdot(rows[2], rows[2]).real
    angles = b * np.pi / 2 * np.array(LENGTHS) / 14e-6
    np.testing.assert_allclose(found, np.sin(angles) / np.sin(angles[2]), atol=1e-6)


def test_long_pulses_of_a_nutation_meet_what_the_last_scan_left():
    rows = nutation_rows(repetition_time=2.25e-3).signal.values  # 1.5 T1
    angles = np.pi / 2 * np.array(LENGTHS) / 14e-6
    left = math.exp(-1.5)
    expected = (1 - left) * np.sin(angles) / (1 - left * np.cos(angles))
    found = (rows @ rows[2].conj()).real / np.vdot(rows[2], rows[2]).real
    np.testing.assert_allclose(found, expected / expected[2], atol=1e-6)


def test_shaped_pulses_of_a_nutation_end_where_the_record_begins():
    """Seen from the end of each pulse, which is that of a fid with a pulse of that length."""
    shaped = Shaped(shape="rectangular", nutation_frequency=17.857e3, truncation=None)
    line = replace(PROTON, shape="gaussian", fwhm=5e3, t2=math.inf)
    cell = replace(CELL, lines={"1H": line})
    common = {"nucleus": "1H", "receiver": RECEIVER}
    _, rows = clean_record(
        cell,
        sequence="nutation",
        settings=replace(SETTINGS, shaped=shaped, steps=LENGTHS),
        **common,
    )
    for row, length in zip(rows, LENGTHS, strict=True):
        alone = replace(SETTINGS, shaped=shaped, pulse_length=length)
        _, (fid,) = clean_record(cell, sequence="fid", settings=alone, **common)
        np.testing.assert_allclose(row, fid, rtol=1e-9, atol=1e-6 * np.abs(rows).max())


def test_a_nutation_needs_lengths():
    with pytest.raises(PlanError, match="without steps"):
        SETTINGS.check("nutation")
    with pytest.raises(PlanError, match="every length must be above 0"):
        replace(SETTINGS, steps=(0.0, 1e-6)).check("nutation")


@pytest.mark.parametrize(
    ("day", "scale", "reason"),
    [((), (), "must rise"), ((3.0, 1.0), (1.0, 1.0), "must rise"), ((1.0,), (), "needs one scale"),
     ((1.0,), (-0.1,), "not negative")],
)  # fmt: skip
def test_a_drift_that_makes_no_sense_is_refused(day, scale, reason):
    with pytest.raises(PlanError, match=reason):
        Drift(day=day, scale=scale)


@pytest.mark.parametrize(("coil", "noise"), [(-0.1, 1.0), (1.0, 0.0)])
def test_a_receiver_refuses_scales_that_make_no_sense(coil, noise):
    with pytest.raises(PlanError, match="the first is not negative"):
        replace(RECEIVER, coil_scale=coil, noise_scale=noise)


def test_detuning_of_half_a_bandwidth_takes_half_the_power():
    for sign in (-1, 1):
        kept = detuned_coil(quality_factor=50, detuning=sign / 100)
        assert kept**2 == pytest.approx(0.5, rel=1e-12)
    with pytest.raises(ValueError, match="quality factor of 0"):
        detuned_coil(quality_factor=0.0, detuning=0.1)

"""Trim and transform: axes, normalisation, time zero, noise, blocks."""

import json
import tracemalloc

import numpy as np
import pytest
from tests.batteries.stages import check_stage
from tests.unit.spectra.records import DWELL, decay, grid, noise, record

from megabar import schemas, spectra
from megabar.errors import NotTimeDomain, SchemaError, Undetermined, UnitError, UnknownWord
from megabar.spectra.transform import (
    dwell_from_time,
    first_point_weight,
    frequency_axis,
    transform_rows,
    transform_weights,
)


def spectrum_of(signal, *, time, **options):
    spec = spectra.transform(record(signal, time=time), **options)
    return spec["frequency"].values, spec["spectrum"].values


@pytest.mark.parametrize("n_points", [64, 65, 2, 3])
@pytest.mark.parametrize("zero_fill", [1, 2, 3])
def test_frequency_axis_is_that_of_the_discrete_transform(n_points, zero_fill):
    n_out = n_points * zero_fill
    axis = frequency_axis(n_points=n_out, dwell=DWELL)
    np.testing.assert_allclose(axis, np.fft.fftshift(np.fft.fftfreq(n_out, DWELL)), rtol=1e-14)
    assert np.all(np.diff(axis) > 0)
    assert axis[n_out // 2] == 0


@pytest.mark.parametrize("n_points", [64, 65], ids=["even", "odd"])
@pytest.mark.parametrize("zero_fill", [1, 2, 3])
def test_transform_keeps_every_tone_at_its_frequency(n_points, zero_fill):
    time = grid(n_points)
    axis = frequency_axis(n_points=n_points, dwell=DWELL)
    rows = np.exp(2j * np.pi * axis[:, np.newaxis] * time)  # each bin of the unfilled grid
    frequency, values = spectrum_of(rows, time=time, zero_fill=zero_fill)
    strongest = frequency[np.argmax(np.abs(values), axis=1)]
    np.testing.assert_allclose(strongest, axis, atol=1e-6 / DWELL)


@pytest.mark.parametrize("n_points", [16, 17])
@pytest.mark.parametrize("start", [0.0, -3.0, 5.25, 0.25])
def test_transform_is_the_sum_that_it_promises(n_points, start):
    time = grid(n_points, start=start * DWELL)
    signal = noise((2, n_points), seed=1)
    frequency, values = spectrum_of(signal, time=time, zero_fill=2)
    weights = np.full(n_points, DWELL)
    if 0 <= start < 1:
        weights[0] *= 0.5 + start
    kernel = np.exp(-2j * np.pi * time[:, np.newaxis] * frequency)
    np.testing.assert_allclose(values, (signal * weights) @ kernel, atol=1e-12 * DWELL)


def test_spectrum_of_a_lorentzian_decay_is_the_analytic_one():
    time = grid(16384)
    fwhm, centre = 8e3, 30e3
    frequency, values = spectrum_of(
        decay(time, amplitude=3, frequency=centre, fwhm=fwhm), time=time
    )
    analytic = 3 / (np.pi * fwhm + 2j * np.pi * (frequency - centre))
    inner = np.abs(frequency) < 0.05 / DWELL  # the sum repeats each 1/dwell: leave the edges out
    error = np.abs(values - analytic)[0, inner].max() / np.abs(analytic).max()
    # Euler-Maclaurin: what is left after halving the first point is dwell^2/12 |s'(0)|
    farthest = 2 * np.pi * (0.05 / DWELL + centre)
    left = DWELL**2 / 12 * np.pi * fwhm * np.hypot(farthest, np.pi * fwhm)
    assert error == pytest.approx(left, rel=0.05)


@pytest.mark.parametrize("zero_fill", [1, 2, 4])
@pytest.mark.parametrize("n_points", [512, 513])
def test_twice_the_real_area_is_the_signal_at_time_zero(n_points, zero_fill):
    time = grid(n_points)
    signal = decay(time, amplitude=7, frequency=12.3e3, fwhm=20e3)
    frequency, values = spectrum_of(signal, time=time, zero_fill=zero_fill)
    area = 2 * values.real.sum() * (frequency[1] - frequency[0])
    assert area == pytest.approx(7, rel=1e-12)


def test_a_first_point_that_is_not_halved_would_double_the_area():
    time = grid(512)
    signal = decay(time, amplitude=7, fwhm=20e3)[np.newaxis]
    values = transform_rows(signal, weights=np.full(512, DWELL))
    assert 2 * values.real.sum() / (512 * DWELL) == pytest.approx(14, rel=1e-12)


@pytest.mark.parametrize("start", [0.0, 0.25, 0.5, 0.9])
def test_a_start_within_the_first_dwell_leaves_no_pedestal(start):
    time = grid(4096, start=start * DWELL)
    frequency, values = spectrum_of(decay(time, fwhm=10e3), time=time)
    far = np.abs(np.abs(frequency) - 60e3) < 5e3
    analytic = (1 / (np.pi * 10e3 + 2j * np.pi * frequency[far])).real
    # a weight of 1 would leave (1/2 - start) dwell
    assert np.abs(values.real[0, far] - analytic).max() < 0.03 * DWELL


def test_a_late_start_does_not_twist_the_phase():
    time = grid(2048, start=5e-6)
    frequency, values = spectrum_of(decay(time, frequency=100e3, fwhm=1e3), time=time)
    peak = int(np.argmax(np.abs(values[0])))
    assert frequency[peak] == pytest.approx(100e3, abs=600)
    on_line = np.abs(frequency - 100e3) < 300
    assert np.abs(np.angle(values[0, on_line].sum())) < 0.02


def test_a_whole_echo_has_a_real_spectrum():
    time = grid(801, start=-400 * DWELL)
    _, values = spectrum_of(decay(time, frequency=55e3, fwhm=20e3), time=time)
    assert np.abs(values.imag).max() < 1e-12 * np.abs(values.real).max()


@pytest.mark.parametrize("block", [1, 3, 7, 100])
def test_blocks_do_not_change_a_bit(block, monkeypatch):
    rows = noise((7, 60), seed=2)
    whole = transform_rows(rows, weights=np.ones(60), zero_fill=2)
    monkeypatch.setitem(transform_rows.__globals__, "_BLOCK_BYTES", block * 120 * 16)
    np.testing.assert_array_equal(transform_rows(rows, weights=np.ones(60), zero_fill=2), whole)


def test_transform_needs_hardly_more_memory_than_its_result():
    rows = np.ones((2000, 1024), dtype=np.complex128)
    tracemalloc.start()
    try:
        result = transform_rows(rows, weights=np.ones(1024), zero_fill=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < result.nbytes + 4e6


def test_rows_need_not_be_contiguous():
    rows = noise((4, 100), seed=3)
    np.testing.assert_array_equal(
        transform_rows(rows[::2, ::2], weights=np.ones(50)),
        transform_rows(rows[::2, ::2].copy(), weights=np.ones(50)),
    )


def test_single_precision_is_for_the_eye():
    signal = decay(grid(4096), fwhm=10e3) + noise((3, 4096), std=0.1, seed=4)
    _, double = spectrum_of(signal, time=grid(4096))
    _, single = spectrum_of(signal, time=grid(4096), precision="single")
    assert single.dtype == np.complex64
    assert np.abs(single - double).max() < 1e-6 * np.abs(double).max()


@pytest.mark.parametrize("window", ["none", "exponential", "gaussian", "cosine"])
@pytest.mark.parametrize("start", [0.0, 5e-6, -50e-6])
def test_noise_std_is_that_of_the_points_of_the_spectrum(window, start):
    width = 5e3 if window in ("exponential", "gaussian") else None
    time = grid(1024, start=start)
    acq = record(noise((400, 1024), std=3.0, seed=5), time=time, step={"delay": np.arange(400)})
    spec = spectra.transform(acq, window=window, width=width, zero_fill=2)
    measured = np.sqrt(np.mean(np.abs(spec["spectrum"].values) ** 2) / 2)
    # 400 x 1024 points at most, correlated by the window: a few per mille
    assert spec.attrs["noise_std"] == pytest.approx(measured, rel=1e-2)
    both = np.array([spec["spectrum"].values.real.std(), spec["spectrum"].values.imag.std()])
    np.testing.assert_allclose(both, spec.attrs["noise_std"], rtol=2e-2)


def test_noise_of_steps_with_different_scans_is_kept_apart():
    scans = np.array([1.0, 4.0, 16.0])
    rows = noise((3, 8192), seed=6) * np.sqrt(scans)[:, np.newaxis]
    acq = record(rows, time=grid(8192), step={"delay": [1, 2, 3]}, n_scans=scans.tolist())
    spec = spectra.transform(acq)
    each = np.array(spec.attrs["noise_std_per_step"])
    measured = np.sqrt(np.mean(np.abs(spec["spectrum"].values) ** 2, axis=1) / 2)
    np.testing.assert_allclose(each, measured, rtol=0.03)
    assert spec.attrs["noise_std"] == pytest.approx(np.sqrt(np.mean(each**2)), rel=1e-12)


def test_an_unknown_noise_is_nan_and_said():
    time = grid(256)
    acq = record(decay(time, amplitude=9, frequency=99e3) + noise((256,), seed=7), time=time)
    spec = spectra.transform(acq)
    assert np.isnan(spec.attrs["noise_std"])
    assert any("noise is not known" in sentence for sentence in schemas.warnings_of(spec))


def test_one_call_gives_what_three_stages_give():
    time = grid(600, start=2e-6)
    acq = record(decay(time, fwhm=9e3) + noise((5, 600), std=0.01, seed=8), time=time)
    staged = (
        acq.pipe(spectra.apodise, window="gaussian", width="9 kHz")
        .pipe(spectra.transform, zero_fill=2)
        .pipe(spectra.phase, zero="30 deg", first="1 us")
    )
    once = spectra.transform(
        acq, zero_fill=2, window="gaussian", width=9e3, zero="30 deg", first=1e-6
    )
    scale = np.abs(once["spectrum"].values).max()
    np.testing.assert_allclose(
        staged["spectrum"].values, once["spectrum"].values, rtol=0, atol=1e-13 * scale
    )
    assert once.attrs["noise_std"] == pytest.approx(staged.attrs["noise_std"], rel=1e-12)
    assert schemas.processing_of(once) == schemas.processing_of(staged)
    for name in ("apodisation", "time_origin", "zero_fill"):
        assert once.attrs[name] == staged.attrs[name]


def test_transform_keeps_the_house_rules():
    acq = record(noise((4, 128), seed=9), time=grid(128), step={"delay": [1, 2, 3, 4]})
    spec = check_stage(
        lambda ds: spectra.transform(ds, zero_fill=2),
        acq,
        schema="spectrum/1",
        recorded="transform(zero_fill=2",
    )
    assert spec.sizes == {"step": 4, "frequency": 256}
    assert json.loads(spec.attrs["apodisation"]) == []


def test_transform_refuses_a_spectrum():
    spec = spectra.transform(record(noise((1, 64), seed=1), time=grid(64)))
    with pytest.raises(NotTimeDomain, match="before transform"):
        spectra.transform(spec)
    with pytest.raises(NotTimeDomain, match="trim"):
        spectra.trim(spec, dead_time=0.0)


@pytest.mark.parametrize("zero_fill", [0, -1, 1.5])
def test_zero_fill_is_a_whole_number(zero_fill):
    with pytest.raises(ValueError, match="whole number"):
        spectrum_of(noise((64,), seed=1), time=grid(64), zero_fill=zero_fill)


def test_precision_is_one_of_a_list():
    with pytest.raises(UnknownWord, match="Did you mean double"):
        spectrum_of(noise((64,), seed=1), time=grid(64), precision="doubled")


def test_uneven_times_are_refused():
    time = grid(64)
    time[10] += 0.1 * DWELL
    with pytest.raises(ValueError, match="not evenly spaced"):
        spectrum_of(noise((64,), seed=1), time=time)
    with pytest.raises(ValueError, match="not evenly spaced"):
        dwell_from_time(time=np.array([2.0, 1.0, 0.0]))
    with pytest.raises(ValueError, match="at least two"):
        dwell_from_time(time=np.array([2.0]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_missing_point_names_its_step(bad):
    signal = noise((3, 64), seed=1)
    signal[1, 20] = bad
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(Undetermined, match="first step 1"),
    ):
        spectrum_of(signal, time=grid(64))


@pytest.mark.parametrize(
    ("start", "weight"), [(-1.0, 1.0), (0.0, 0.5), (0.25, 0.75), (1.0, 1.0), (10.0, 1.0)]
)
def test_the_first_point_counts_by_its_distance_from_zero(start, weight):
    assert first_point_weight(first_time=start * DWELL, dwell=DWELL) == pytest.approx(weight)
    weights = transform_weights(time=grid(4, start=start * DWELL))
    np.testing.assert_allclose(weights / DWELL, [weight, 1, 1, 1], rtol=1e-9)


def test_trim_drops_what_lies_within_the_dead_time():
    acq = record(noise((2, 64), seed=1), time=grid(64))
    trimmed = check_stage(
        lambda ds: spectra.trim(ds, dead_time="5 us"),
        acq,
        schema="acquisition/1",
        recorded="trim(dead_time=5e-06)",
    )
    assert trimmed["time"].values[0] == pytest.approx(5e-6)  # 10 dwells: the point is kept
    assert trimmed.sizes["time"] == 54
    assert trimmed.attrs["dead_time"] == 5e-6


def test_dead_time_of_an_echo_counts_from_its_last_pulse():
    time = grid(100, start=-20e-6)
    acq = record(noise((1, 100), seed=1), time=time, sequence="solid-echo", echo_delay=20e-6)
    assert spectra.trim(acq, dead_time=5e-6)["time"].values[0] == pytest.approx(-15e-6)
    assert spectra.trim(acq, dead_time=30e-6)["time"].values[0] == pytest.approx(10e-6)


def test_dead_time_of_an_echo_array_counts_from_the_shortest_echo():
    acq = record(
        noise((2, 100), seed=1),
        time=grid(100, start=-10e-6),
        sequence="hahn-echo-array",
        step={"echo_time": [16e-6, 40e-6]},
    )
    assert spectra.trim(acq, dead_time=5e-6)["time"].values[0] == pytest.approx(-3e-6)


def test_an_echo_without_echo_delay_cannot_be_trimmed():
    acq = record(noise((1, 64), seed=1), time=grid(64), sequence="hahn-echo")
    with pytest.raises(Undetermined, match="echo_delay"):
        spectra.trim(acq, dead_time=5e-6)


def test_trim_refuses_a_dead_time_that_leaves_nothing_or_is_no_time():
    acq = record(noise((1, 64), seed=1), time=grid(64))
    with pytest.raises(ValueError, match="nothing would be left"):
        spectra.trim(acq, dead_time="5 ms")
    with pytest.raises(ValueError, match="not negative"):
        spectra.trim(acq, dead_time=-1e-6)
    with pytest.raises(UnitError, match="dead time"):
        spectra.trim(acq, dead_time="5 uS")


def test_a_broken_acquisition_is_refused():
    acq = record(noise((1, 64), seed=1), time=grid(64)).drop_vars("signal")
    with pytest.raises(SchemaError, match="signal"):
        spectra.transform(acq)

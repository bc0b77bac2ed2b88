"""Phase by hand and in closed form: signs, round trips, errors that cover."""

import numpy as np
import pytest
from tests.batteries.stages import check_stage
from tests.unit.spectra.records import DWELL, decay, grid, noise, record

from megabar import schemas, spectra
from megabar.errors import Undetermined, UnknownWord
from megabar.spectra.phase import phase_from_projections

T2 = 8e-6
FWHM = 1 / (np.pi * T2)
TIME = grid(1024)


def noisy(repeats, *, amplitude=10.0, frequency=20e3, fwhm=FWHM, phase=0.7, seed=1, time=TIME):
    clean = decay(time, amplitude=amplitude, frequency=frequency, fwhm=fwhm, phase=phase)
    return clean + noise((repeats, time.size), seed=seed)


def known(rows, **options):
    """Record whose noise is stated."""
    return record(rows, noise_std=1.0, noise_relative_std=0.0, **options)


def phases_of(rows, *, time=TIME, **options):
    """One phase per row, and the claimed errors."""
    acq = known(rows, time=time, step={"delay": np.arange(len(rows))})
    spec = spectra.transform(acq).pipe(spectra.autophase, rows="each", **options)
    return np.array(spec.attrs["phase"]), np.array(spec.attrs["phase_std"])


def test_phase_multiplies_by_what_it_says():
    spec = spectra.transform(record(noise((2, 64), seed=1), time=grid(64)))
    turned = spectra.phase(spec, zero=0.3, first=2e-6)
    expected = np.exp(1j * (0.3 + 2 * np.pi * 2e-6 * spec["frequency"].values))
    np.testing.assert_allclose(
        turned["spectrum"].values / spec["spectrum"].values, np.tile(expected, (2, 1)), rtol=1e-12
    )


def test_phase_is_undone_by_its_opposite():
    spec = spectra.transform(record(noise((2, 65), seed=1), time=grid(65)))
    back = spec.pipe(spectra.phase, zero=1.1, first=3e-6).pipe(
        spectra.phase, zero=-1.1, first=-3e-6
    )
    np.testing.assert_allclose(
        back["spectrum"].values, spec["spectrum"].values, atol=1e-15 * 64 * DWELL
    )
    assert back.attrs["time_origin"] == pytest.approx(spec.attrs["time_origin"], abs=1e-18)
    assert len(schemas.processing_of(back)) == 3


def test_phase_of_first_order_moves_time_zero():
    time = grid(512, start=4e-6)
    late = spectra.transform(record(decay(time, frequency=50e3, fwhm=3e3), time=time))
    moved = spectra.phase(late, zero=0.0, first=4e-6)
    again = spectra.transform(record(decay(time, frequency=50e3, fwhm=3e3), time=time - 4e-6))
    # the same but for the weight of the first point
    half = DWELL / 2 * decay(time, frequency=50e3, fwhm=3e3)[0]
    np.testing.assert_allclose(
        moved["spectrum"].values - half, again["spectrum"].values, atol=1e-12 * DWELL * 512
    )
    assert moved.attrs["time_origin"] == pytest.approx(0, abs=1e-18)


def test_phase_keeps_the_house_rules():
    spec = spectra.transform(record(noise((2, 64), seed=1), time=grid(64), step={"delay": [1, 2]}))
    turned = check_stage(
        lambda ds: spectra.phase(ds, zero="90 deg", first=0.0),
        spec,
        schema="spectrum/1",
        recorded="phase(zero=1.57079632679",
    )
    assert turned.attrs["noise_std"] == spec.attrs["noise_std"]


def test_phase_keeps_single_precision():
    spec = spectra.transform(record(noise((2, 64), seed=1), time=grid(64)), precision="single")
    assert spectra.phase(spec, zero=0.1, first=1e-6)["spectrum"].dtype == np.complex64


def test_autophase_keeps_the_house_rules():
    acq = record(noisy(3), time=TIME, step={"delay": [1, 2, 3]})
    check_stage(
        spectra.autophase,
        spectra.transform(acq, zero_fill=2),
        schema="spectrum/1",
        recorded="autophase(method='matched', rows='together'",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"method": "first point"}, 0.100),
        ({"frequency": 20e3, "fwhm": FWHM}, 0.0343),
    ],
    ids=["first point", "matched"],
)
def test_phase_scatters_as_the_closed_form_says(options, expected):
    found, claimed = phases_of(noisy(2000), **options)
    assert found.mean() == pytest.approx(0.7, abs=4 * expected / 2000**0.5)
    assert found.std() == pytest.approx(expected, rel=4 / 4000**0.5)
    assert np.median(claimed) == pytest.approx(expected, rel=3e-2)


@pytest.mark.parametrize("zero_fill", [1, 2])
@pytest.mark.parametrize("window", [None, FWHM])
@pytest.mark.parametrize("start", [0.0, 3e-6, 0.2e-6], ids=["zero", "late", "in first dwell"])
def test_pulls_of_the_phase_have_unit_width(start, window, zero_fill):
    time = grid(512, start=start)
    rows = noisy(400, time=time, seed=2)
    chosen = {} if window is None else {"window": "exponential", "width": window}
    acq = record(rows, time=time, step={"delay": np.arange(400)})
    spec = spectra.transform(acq, zero_fill=zero_fill, **chosen).pipe(
        spectra.autophase, rows="each", frequency=20e3, fwhm=FWHM
    )
    pulls = (np.array(spec.attrs["phase"]) - 0.7) / np.array(spec.attrs["phase_std"])
    assert pulls.mean() == pytest.approx(0, abs=4 / 20)
    assert pulls.std() == pytest.approx(1, abs=4 / 800**0.5)


def test_a_frequency_that_is_sought_costs_the_error_that_is_claimed():
    found, claimed = [], []
    for row in noisy(300, amplitude=20, seed=3):
        spec = spectra.transform(known(row, time=TIME)).pipe(spectra.autophase)
        found.append(spec.attrs["phase"])
        claimed.append(spec.attrs["phase_std"])
    pulls = (np.array(found) - 0.7) / np.array(claimed)
    assert pulls.mean() == pytest.approx(0, abs=4 / 300**0.5)
    assert pulls.std() == pytest.approx(1, abs=4 / 600**0.5)


def test_a_series_is_phased_once_and_better():
    acq = record(noisy(100, amplitude=3), time=TIME, step={"delay": np.arange(100)})
    spec = spectra.transform(acq).pipe(spectra.autophase, frequency=20e3, fwhm=FWHM)
    single = 1 / 3 / np.sqrt(np.sum(np.exp(-2 * TIME / T2)))
    assert spec.attrs["phase_std"] == pytest.approx(single / 10, rel=0.1)
    assert spec.attrs["phase"] == pytest.approx(0.7, abs=4 * spec.attrs["phase_std"])


def test_a_series_has_real_lines_after_autophase():
    acq = record(noisy(20, amplitude=300), time=TIME, step={"delay": np.arange(20)})
    spec = spectra.transform(acq, zero_fill=2).pipe(spectra.autophase)
    frequency = spec["frequency"].values
    on_line = np.abs(frequency - 20e3) < FWHM
    mean = spec["spectrum"].values[:, on_line].mean()
    assert abs(np.angle(mean)) < 0.02


@pytest.mark.parametrize("sign", [1, -1])
def test_an_inversion_recovery_keeps_its_signs(sign):
    delays = np.geomspace(1e-3, 10, 12)
    amplitudes = sign * 30 * (1 - 2 * np.exp(-delays / 2.0))  # more negative rows than positive
    rows = amplitudes[:, np.newaxis] * decay(TIME, frequency=20e3, fwhm=FWHM, phase=0.7)
    acq = record(
        rows + noise(rows.shape, seed=4),
        time=TIME,
        step={"delay": delays},
        sequence="inversion-recovery",
    )
    spec = spectra.transform(acq).pipe(spectra.autophase)
    peak = int(np.argmin(np.abs(spec["frequency"].values - 20e3)))
    real = spec["spectrum"].values[:, peak].real
    assert real[-1] > 0
    assert real[0] < 0
    expected = 0.7 + (0 if sign > 0 else np.pi)
    off = np.angle(np.exp(1j * (spec.attrs["phase"] - expected)))
    assert abs(off) < 4 * spec.attrs["phase_std"]


def test_signed_pulls_have_unit_width_where_rows_are_faint():
    rng = np.random.default_rng(5)
    amplitudes = np.tile([1.5, -1.0, 0.5, -2.0] * 10, (3000, 1))
    z = amplitudes * np.exp(0.4j) + rng.normal(size=(3000, 40)) + 1j * rng.normal(size=(3000, 40))
    pulls = []
    for row in z:
        phi, std = phase_from_projections(row, std=1.0, rows="signed")
        off = (phi[0] - 0.4 + np.pi / 2) % np.pi - np.pi / 2
        pulls.append(off / std[0])
    assert np.mean(pulls) == pytest.approx(0, abs=4 / 3000**0.5)
    assert np.std(pulls) == pytest.approx(1, abs=0.08)  # the strength itself is noisy


def test_a_whole_echo_gives_the_phase_at_its_top():
    time = grid(401, start=-200 * DWELL)
    rows = noisy(400, time=time, seed=6)
    found, claimed = phases_of(rows, time=time, frequency=20e3, fwhm=FWHM)
    pulls = (found - 0.7) / claimed
    assert pulls.mean() == pytest.approx(0, abs=4 / 20)
    assert pulls.std() == pytest.approx(1, abs=4 / 800**0.5)


def test_a_phase_of_first_order_is_found_as_a_time():
    two = decay(TIME, amplitude=50, frequency=-200e3, fwhm=4e3) + decay(
        TIME, amplitude=50, frequency=250e3, fwhm=4e3
    )
    acq = record(two + noise((1, 1024), std=0.5, seed=7), time=TIME)
    twisted = spectra.transform(acq).pipe(spectra.phase, zero=0.5, first=-1.3e-6)
    spec = spectra.autophase(twisted, first_within="3 us")
    calls = schemas.processing_of(spec)
    found = float(calls[-2].split("first=")[1].rstrip(")"))
    assert found == pytest.approx(1.3e-6, abs=0.05e-6)
    assert any("first order" in sentence for sentence in schemas.warnings_of(spec))


def test_first_order_stays_out_unless_asked_for():
    spec = spectra.transform(record(noisy(1), time=TIME)).pipe(spectra.autophase)
    assert not [call for call in schemas.processing_of(spec) if "first=" in call]


def test_a_signal_that_is_too_faint_has_no_phase():
    spec = spectra.transform(record(noise((1, 1024), seed=8), time=TIME))
    with pytest.raises(Undetermined, match="too faint"):
        spectra.autophase(spec, frequency=20e3, fwhm=FWHM)
    with pytest.raises(Undetermined, match="too faint"):
        spectra.autophase(spec)


def test_the_first_point_of_a_late_record_is_refused():
    time = grid(256, start=5e-6)
    spec = spectra.transform(record(noisy(1, time=time), time=time))
    with pytest.raises(ValueError, match="matched"):
        spectra.autophase(spec, method="first point")


@pytest.mark.parametrize("origin", [None, "stated in the file"])
def test_a_foreign_spectrum_is_phased_by_hand_only(origin):
    spec = spectra.transform(record(noisy(1), time=TIME))
    del spec.attrs["time_origin"]
    if origin is not None:
        spec.attrs["time_origin"] = origin
    with pytest.raises(ValueError, match="time_origin"):
        spectra.autophase(spec)
    turned = spectra.phase(spec, zero=0.1, first=1e-6)
    assert turned.attrs.get("time_origin") == origin


def test_words_are_checked():
    spec = spectra.transform(record(noisy(1), time=TIME))
    with pytest.raises(UnknownWord, match="method"):
        spectra.autophase(spec, method="acme")
    with pytest.raises(UnknownWord, match="rows"):
        spectra.autophase(spec, rows="all")

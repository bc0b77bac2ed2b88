"""Echo tops, halves, trains."""

import numpy as np
import pytest
from tests.batteries.stages import check_stage
from tests.unit.spectra.records import DWELL, grid, noise, record

from megabar import spectra
from megabar.errors import NotTimeDomain, Undetermined
from megabar.spectra.echoes import echo_top_from_rows

TOP = 61.37e-6
TIME = grid(256)


def echo(time, *, top=TOP, width=12e-6, frequency=40e3, phase=0.4, t2=np.inf, shape="gaussian"):
    u = time - top
    rise = np.exp(-((u / width) ** 2)) if shape == "gaussian" else np.exp(-np.abs(u) / width)
    return rise * np.exp(2j * np.pi * frequency * u + 1j * phase) * np.exp(-time / t2)


@pytest.mark.parametrize("shape", ["gaussian", "lorentzian"])
@pytest.mark.parametrize("frequency", [0.0, 40e3, -300e3])
def test_the_top_is_the_centre_of_symmetry_wherever_the_line_is(frequency, shape):
    top, error = echo_top_from_rows(
        echo(TIME, frequency=frequency, shape=shape)[np.newaxis], dwell=DWELL, noise_std=0.0
    )
    # a cusp between two points is known to a few per cent of a dwell only
    assert top == pytest.approx(TOP, abs=(0.002 if shape == "gaussian" else 0.05) * DWELL)
    assert error == 0


def test_relaxation_moves_the_top_only_by_its_slope():
    # |C| = exp(-2 u^2 / w^2) exp(-2 u / T2) has its maximum at -w^2 / (2 T2)
    top, _ = echo_top_from_rows(echo(TIME, t2=400e-6)[np.newaxis], dwell=DWELL, noise_std=0.0)
    assert top - TOP == pytest.approx(-((12e-6) ** 2) / (2 * 400e-6), rel=0.05)


@pytest.mark.parametrize("std", [0.02, 0.1, 0.25])
def test_pulls_of_the_top_have_unit_width(std):
    pulls = []
    for seed in range(400):
        rows = echo(TIME)[np.newaxis] + noise((1, 256), std=std, seed=seed)
        top, error = echo_top_from_rows(rows, dwell=DWELL, noise_std=std)
        pulls.append((top - TOP) / error)
    assert np.mean(pulls) == pytest.approx(0, abs=4 / 20)
    assert np.std(pulls) == pytest.approx(1, abs=4 / 800**0.5)


def test_the_error_is_that_of_the_best_estimator():
    _, error = echo_top_from_rows(echo(TIME, frequency=0)[np.newaxis], dwell=DWELL, noise_std=0.01)
    slope = np.gradient(np.abs(echo(grid(25600, dwell=DWELL / 100))), DWELL / 100)
    bound = 0.01 / np.sqrt(np.sum(slope**2) / 100)
    assert error == pytest.approx(bound, rel=0.05)


def test_rows_of_either_sign_share_a_top():
    signs = np.array([1, -1, 1, -0.5, 0.2])[:, np.newaxis]
    pulls = []
    for seed in range(200):
        rows = signs * echo(TIME) + noise((5, 256), std=0.2, seed=seed)
        top, error = echo_top_from_rows(rows, dwell=DWELL, noise_std=0.2)
        pulls.append((top - TOP) / error)
    assert np.std(pulls) == pytest.approx(1, abs=4 / 400**0.5)


def test_pure_noise_has_no_top():
    found = 0
    for seed in range(300):
        try:
            echo_top_from_rows(noise((1, 256), seed=seed), dwell=DWELL, noise_std=1.0)
        except Undetermined:
            continue
        found += 1
    assert found == 0


@pytest.mark.parametrize(("start", "side"), [(55e-6, "rise"), (-60e-6, "fall")])
def test_an_echo_that_is_cut_off_is_refused(start, side):
    rows = echo(grid(256, start=start))[np.newaxis]
    with pytest.raises(Undetermined, match=rf"{side} is cut off|edge of the record"):
        echo_top_from_rows(rows, dwell=DWELL, noise_std=0.0)


def test_a_decay_without_a_rise_is_no_echo():
    rows = np.exp(-TIME / 20e-6)[np.newaxis] + 0j
    with pytest.raises(Undetermined, match=r"cut off|edge of the record"):
        echo_top_from_rows(rows, dwell=DWELL, noise_std=0.0)


def test_echo_top_looks_where_it_is_told_to():
    signal = echo(TIME) + 20 * np.exp(-TIME / 2e-6)  # ring-down of the last pulse
    acq = record(signal + noise((2, 256), std=0.05, seed=1), time=TIME, step={"delay": [1, 2]})
    top, error = spectra.echo_top(acq, within=("25 us", "100 us"))
    assert top == pytest.approx(TOP, abs=4 * error)
    with pytest.raises(ValueError, match="within"):
        spectra.echo_top(acq, within=(1.0, 2.0))


def test_a_centred_echo_gives_a_real_line():
    acq = record(echo(TIME, frequency=0.0, phase=0.0), time=TIME)
    spec = acq.pipe(spectra.centre_echo, top=TOP).pipe(spectra.transform)
    values = spec["spectrum"].values
    assert np.abs(values.imag).max() < 1e-6 * np.abs(values.real).max()


def test_half_and_whole_echo_agree_on_the_area():
    acq = record(echo(TIME, frequency=0.0, phase=0.0, width=30e-6, top=60e-6), time=TIME)
    centred = spectra.centre_echo(acq, top=60e-6)
    areas = []
    for one, factor in ((centred, 1), (spectra.half_echo(centred), 2)):
        spec = spectra.transform(one)
        spacing = np.diff(spec["frequency"].values)[0]
        areas.append(factor * spec["spectrum"].values.real.sum() * spacing)
    assert areas[0] == pytest.approx(1, rel=1e-9)
    assert areas[1] == pytest.approx(1, rel=1e-9)


def test_half_echo_starts_at_the_top_or_just_behind_it():
    acq = record(echo(TIME), time=TIME).pipe(spectra.centre_echo, top=TOP)
    half = spectra.half_echo(acq)
    assert 0 <= half["time"].values[0] < DWELL
    on_grid = record(echo(TIME), time=TIME).pipe(spectra.centre_echo, top=30 * DWELL)
    assert spectra.half_echo(on_grid)["time"].values[0] == pytest.approx(0, abs=1e-12)
    assert spectra.half_echo(on_grid).sizes["time"] == 226


def test_echo_stages_keep_the_house_rules():
    acq = record(noise((2, 256), seed=1), time=TIME, step={"echo_time": [4e-5, 8e-5]})
    centred = check_stage(
        lambda ds: spectra.centre_echo(ds, top="60 us"),
        acq,
        schema="acquisition/1",
        recorded="centre_echo(top=6e-05)",
    )
    check_stage(spectra.half_echo, centred, schema="acquisition/1", recorded="half_echo()")
    check_stage(spectra.coadd_train, centred, schema="acquisition/1", recorded="coadd_train(")


def test_an_echo_outside_the_record_is_refused():
    acq = record(noise((1, 256), seed=1), time=TIME)
    with pytest.raises(ValueError, match="outside the record"):
        spectra.centre_echo(acq, top="1 ms")
    with pytest.raises(ValueError, match="before the echo top"):
        spectra.half_echo(acq.assign_coords(time=acq["time"] - 1e-3))
    with pytest.raises(NotTimeDomain, match="echo_top"):
        spectra.echo_top(spectra.transform(acq))


SPACING = 100e-6
T2 = 300e-6
N_ECHOES = 8


def train(*, seed, std=0.1):
    """One record: tops at 50, 150, ... us, of a Gaussian echo and T2."""
    time = grid(1700)
    tops = 50e-6 + SPACING * np.arange(N_ECHOES)
    signal = sum(
        np.exp(-k * SPACING / T2) * echo(time, top=top, frequency=0, phase=0)
        for k, top in enumerate(tops)
    )
    return record(
        signal + noise((1, 1700), std=std, seed=seed), time=time, sequence="cpmg", echo_delay=5e-5
    )


def split(acq):
    return spectra.split_train(
        acq, echo_times=SPACING * (1 + np.arange(N_ECHOES)), first_top="50 us"
    )


def test_a_train_becomes_one_step_per_echo():
    steps = split(train(seed=1, std=1e-3))
    assert steps.sizes == {"step": N_ECHOES, "time": 200}
    np.testing.assert_allclose(steps["echo_time"].values, SPACING * (1 + np.arange(N_ECHOES)))
    at_top = steps["signal"].sel(time=0, method="nearest").values.real
    np.testing.assert_allclose(at_top, np.exp(-np.arange(N_ECHOES) * SPACING / T2), atol=0.01)
    assert steps["started_at"].values == train(seed=1)["started_at"].values


def test_noise_of_a_train_is_kept_although_its_echoes_have_no_tail():
    steps = split(train(seed=2))
    std, error = spectra.noise_of_steps(steps)
    np.testing.assert_allclose(std, 0.1, atol=4 * error[0])


def test_coadded_echoes_have_the_sum_and_the_noise_that_they_state():
    weights = np.exp(-np.arange(N_ECHOES) * SPACING / T2)
    sums = []
    for seed in range(200):
        one = spectra.coadd_train(split(train(seed=seed)), weights=weights.tolist())
        sums.append(one["signal"].sel(time=0, method="nearest").values[0])
    expected = 0.1 * np.sqrt(np.sum(weights**2))
    assert np.mean(sums).real == pytest.approx(np.sum(weights**2), abs=4 * expected / 200**0.5)
    assert np.std(np.real(sums)) == pytest.approx(expected, rel=4 / 400**0.5)
    assert one.attrs["noise_std"] == pytest.approx(expected, rel=0.1)
    assert one.sizes["step"] == 1
    assert "echo_time" not in one.coords


def test_weights_by_amplitude_give_the_best_ratio():
    steps = split(train(seed=3))
    decays = np.exp(-np.arange(N_ECHOES) * SPACING / T2)
    ratios = []
    for weights in (np.ones(N_ECHOES), decays, decays**2):
        one = spectra.coadd_train(steps, weights=weights.tolist())
        ratios.append(float(weights @ decays) / one.attrs["noise_std"])
    assert np.argmax(ratios) == 1


def test_a_train_that_does_not_fit_is_refused():
    acq = train(seed=4)
    with pytest.raises(ValueError, match="one step"):
        spectra.split_train(acq, echo_times=[1e-4], first_top=5e-5)
    with pytest.raises(ValueError, match="rising"):
        spectra.split_train(acq, echo_times=[2e-4, 1e-4], first_top=5e-5)
    with pytest.raises(ValueError, match="leave the record"):
        spectra.split_train(acq, echo_times=[1e-4, 2e-3], first_top=5e-5)
    with pytest.raises(ValueError, match="one finite number"):
        spectra.coadd_train(acq, weights=[1.0, 2.0])

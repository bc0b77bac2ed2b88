"""T1, T2 and T1rho: signs, bounds, drift, and errors that say what they are."""

import json

import numpy as np
import pytest
from tests.unit.observables.signals import acquisition, noise

from megabar import errors, schemas, spectra
from megabar.observables import relaxation_times
from megabar.observables.relaxation_laws import profile

TIME = 5e-6 + np.arange(512) * 1e-6
DELAYS = np.geomspace(1e-4, 1e-1, 14)


def array(amplitudes, *, std=1.0, seed=1, sequence="saturation-recovery", step=None, offsets=0.0):
    """Decays of one line, 3 kHz wide at 12 kHz and turned by 0.7 rad, with these amplitudes."""
    rng = np.random.default_rng(seed)
    turn = np.exp(2j * np.pi * np.atleast_1d(offsets)[:, None] * TIME)
    rows = np.asarray(amplitudes)[:, None] * np.exp(0.7j + (2j * np.pi * 12e3 - np.pi * 3e3) * TIME)
    signal = rows * turn + noise(rng, (len(amplitudes), TIME.size), std)
    return acquisition(signal, TIME, sequence=sequence, step=step or {"delay": DELAYS})


WAYS = [{"shape": "lorentzian"}, {"shape": "gaussian"}, {"window": (0.0, 25e3)}, {}]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("depth", [1.0, 1.9])
def test_t1_does_not_depend_on_how_amplitudes_are_weighed(how, depth):
    data = array(1000 * (1 - depth * np.exp(-DELAYS / 8e-3)), std=1e-3)
    found = relaxation_times.t1(data, **how, noise=(1e-3, 0))
    assert float(found.t1) == pytest.approx(8e-3, rel=1e-4)


def test_inversion_recovery_keeps_its_sign_whatever_the_phase():
    data = array(100 * (1 - 2 * np.exp(-DELAYS / 8e-3)))
    found = relaxation_times.t1(data, shape="lorentzian")
    curve = np.array(found.attrs["curve_y"])
    assert curve[0] < 0 < curve[-1]
    assert np.all(np.diff(np.array(found.attrs["curve_fit"])) > 0)


def test_amplitudes_are_per_scan():
    amplitudes = 100 * (1 - np.exp(-DELAYS / 8e-3))
    n_scans = np.where(np.arange(14) < 7, 16.0, 4.0)
    rng = np.random.default_rng(3)
    rows = (amplitudes * n_scans)[:, None] * np.exp(-np.pi * 3e3 * TIME)
    signal = rows + noise(rng, (14, TIME.size), 0.01)
    data = acquisition(
        signal, TIME, sequence="saturation-recovery", step={"delay": DELAYS}, n_scans=list(n_scans)
    )
    found = relaxation_times.t1(data, shape="lorentzian")
    assert float(found.t1) == pytest.approx(8e-3, rel=1e-3)


def test_stretched_recovery_gives_time_and_exponent():
    data = array(1e4 * (1 - np.exp(-((DELAYS / 8e-3) ** 0.6))))
    found = relaxation_times.t1(data, model="stretched", shape="lorentzian")
    assert float(found.t1) == pytest.approx(8e-3, rel=0.01)
    assert float(found.stretch) == pytest.approx(0.6, abs=0.01)
    times = np.linspace(0, 1, 200_001)  # the mean time is the area under the decay
    area = np.trapezoid(np.exp(-((times / 8e-3) ** 0.6)), times)
    assert found.attrs["mean_time"] == pytest.approx(area, rel=0.02)
    single = relaxation_times.t1(data, shape="lorentzian")
    assert single.attrs["chi2_probability"] < 1e-3
    assert single.attrs["stretched_gains_by_chance"] < 1e-3
    assert any("residuals" in warning for warning in schemas.warnings_of(single))


def test_a_single_recovery_gains_nothing_by_stretching():
    chances = [
        relaxation_times.t1(
            array(100 * (1 - np.exp(-DELAYS / 8e-3)), seed=seed), shape="lorentzian"
        ).attrs["stretched_gains_by_chance"]
        for seed in range(12)
    ]
    assert np.sum(np.array(chances) < 0.05) <= 3
    assert np.median(chances) > 0.1


def test_two_components_are_told_apart_and_the_larger_is_reported():
    delays = np.geomspace(1e-4, 1, 24)
    amplitudes = 1e4 * (1 - 0.3 * np.exp(-delays / 1e-3) - 0.7 * np.exp(-delays / 0.1))
    data = array(amplitudes, step={"delay": delays})
    found = relaxation_times.t1(data, model="two-component", shape="lorentzian")
    assert float(found.t1) == pytest.approx(0.1, rel=0.02)
    fast, slow = json.loads(found.attrs["components"])
    assert fast["time"][0] == pytest.approx(1e-3, rel=0.05)
    assert slow["weight"][0] / fast["weight"][0] == pytest.approx(7 / 3, rel=0.05)


def test_t2_of_a_hahn_array_and_of_a_train_counts_from_the_first_pulse():
    echo_times = np.linspace(50e-6, 2e-3, 16)
    for sequence in ("hahn-echo-array", "cpmg"):
        data = array(
            1e3 * np.exp(-echo_times / 5e-4), sequence=sequence, step={"echo_time": echo_times}
        )
        found = relaxation_times.t2(data, shape="lorentzian")
        assert abs(float(found.t2) - 5e-4) < 4 * float(found.t2_std)
        assert float(found.t2_std) < 1e-5


@pytest.mark.parametrize("axis", ["pulse_length", "delay"])
def test_t1rho_takes_the_length_of_the_lock(axis):
    lengths = np.linspace(1e-4, 2e-2, 12)
    data = array(1e3 * np.exp(-lengths / 5e-3), sequence="spin-lock", step={axis: lengths})
    found = relaxation_times.t1rho(data, shape="lorentzian")
    assert abs(float(found.t1rho) - 5e-3) < 4 * float(found.t1rho_std)
    assert found.attrs["curve_axis"] == axis


def test_delays_far_too_short_give_a_lower_bound():
    echo_times = np.linspace(1e-5, 1e-4, 8)
    data = array(1e2 * np.exp(-echo_times / 1.0), step={"echo_time": echo_times})
    found = relaxation_times.t2(data, shape="lorentzian")
    assert found.t2.attrs["quality"] == "lower bound"
    assert np.isnan(found.t2_std)
    assert 1e-4 < float(found.t2) < 1.0
    assert found.attrs["interval"][1] == np.inf


def test_lower_bound_of_a_long_time_holds_as_often_as_stated():
    echo_times = np.linspace(1e-5, 1e-4, 8)
    kept = []
    for seed in range(120):
        data = array(10 * np.exp(-echo_times / 1e-2), step={"echo_time": echo_times}, seed=seed)
        found = relaxation_times.t2(data, noise=(1.0, 0.0))
        if found.t2.attrs["quality"] == "lower bound":
            kept.append(float(found.t2) < 1e-2)
    assert len(kept) > 100
    assert np.mean(kept) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / len(kept))


def test_signal_that_is_gone_after_the_first_echo_gives_an_upper_bound():
    echo_times = np.linspace(1e-3, 1e-2, 8)
    data = array([30, *np.zeros(7)], step={"echo_time": echo_times})
    found = relaxation_times.t2(data, shape="lorentzian")
    assert found.t2.attrs["quality"] == "upper bound"
    assert float(found.t2) < 1e-3


def test_amplitudes_that_do_not_change_give_no_t1():
    found = relaxation_times.t1(array(np.full(14, 50.0)), shape="lorentzian")
    assert found.t1.attrs["quality"] == "no solution"


def test_noise_alone_has_no_relaxation_time():
    with pytest.raises(errors.Undetermined, match="no line in any step"):
        relaxation_times.t1(array(np.zeros(14)), shape="lorentzian")


def test_repeated_steps_are_left_out():
    amplitudes = 1e3 * (1 - np.exp(-DELAYS / 8e-3))
    amplitudes[-1] = 0.0  # a row measured again at another delay than its place says
    data = array(amplitudes).assign_attrs(repeated_steps=[13])
    found = relaxation_times.t1(data, shape="lorentzian")
    assert abs(float(found.t1) - 8e-3) < 4 * float(found.t1_std)
    assert found.attrs["points"] == 13


def test_a_drifting_line_is_flagged_and_followed():
    """The line wanders by three widths; weights that stay in place lose it."""
    truth = 500 * (1 - 2 * np.exp(-DELAYS / 8e-3))
    data = array(truth, offsets=np.linspace(0, 9e3, 14))
    fixed = relaxation_times.t1(data, shape="lorentzian")
    assert any("wanders" in warning for warning in schemas.warnings_of(fixed))
    followed = relaxation_times.t1(data, shape="lorentzian", drift=12e3)
    assert not any("wanders" in warning for warning in schemas.warnings_of(followed))
    assert float(followed.t1) == pytest.approx(8e-3, rel=0.03)
    assert abs(float(fixed.t1) - 8e-3) > 5 * abs(float(followed.t1) - 8e-3)


def test_scatter_beyond_noise_becomes_the_error_and_is_said():
    rng = np.random.default_rng(4)
    unsteady = 1 + 0.05 * rng.normal(size=14)
    data = array(1e4 * (1 - np.exp(-DELAYS / 8e-3)) * unsteady)
    found = relaxation_times.t1(data, shape="lorentzian")
    assert found.attrs["scale_factor"] > 10
    assert 0.02 < float(found.t1_std / found.t1) < 0.5
    assert any("error is that of the scatter" in text for text in schemas.warnings_of(found))


def test_t1_and_t2_come_together_and_an_impossible_pair_is_told():
    echo_times = np.linspace(1e-3, 6e-2, 16)
    recovery = array(1e3 * (1 - np.exp(-DELAYS / 8e-3)))
    echoes = array(1e3 * np.exp(-echo_times / 5e-3), step={"echo_time": echo_times})
    found = relaxation_times.t1_and_t2(recovery, echoes, shape="lorentzian")
    assert abs(float(found.t1) - 8e-3) < 4 * float(found.t1_std)
    assert abs(float(found.t2) - 5e-3) < 4 * float(found.t2_std)
    assert not any("twice" in text for text in schemas.warnings_of(found))
    slow = array(1e3 * np.exp(-echo_times / 40e-3), step={"echo_time": echo_times})
    impossible = relaxation_times.t1_and_t2(recovery, slow, shape="lorentzian")
    assert any("above twice T1" in text for text in schemas.warnings_of(impossible))


def test_transformed_data_are_refused():
    data = spectra.transform(array(100 * (1 - np.exp(-DELAYS / 8e-3))))
    with pytest.raises(errors.NotTimeDomain, match="Hand over the Acquisition"):
        relaxation_times.t1(data)


def test_steps_without_delays_are_refused_with_the_remedy():
    data = array(100 * (1 - np.exp(-DELAYS / 8e-3)))
    with pytest.raises(errors.SchemaError, match=r"array_as"):
        relaxation_times.t2(data)


def test_unknown_model_is_refused():
    with pytest.raises(errors.UnknownWord, match="two-component"):
        relaxation_times.t1(array(np.ones(14)), model="double")


def test_curve_for_the_report_has_one_point_for_each_step():
    found = relaxation_times.t1(array(100 * (1 - np.exp(-DELAYS / 8e-3))), shape="lorentzian")
    assert found.attrs["curve_x"] == DELAYS.tolist()
    lengths = {len(found.attrs[f"curve_{name}"]) for name in ("x", "y", "y_std", "fit")}
    assert lengths == {14}
    residuals = np.subtract(found.attrs["curve_y"], found.attrs["curve_fit"])
    chi2 = np.sum((residuals / np.array(found.attrs["curve_y_std"])) ** 2)
    assert chi2 == pytest.approx(found.attrs["chi2"], rel=1e-3)


def test_profile_finds_the_deepest_of_several_minima():
    """Fast and slow signal, one exponential: brute force over a fine grid is the judge."""
    x = np.geomspace(1e-3, 10, 30)
    y = 0.5 * np.exp(-x / 0.01) + 0.5 * np.exp(-x / 2)
    std = np.full(30, 0.01)
    found = profile("single", recovery=False, x=x, y=y, std=std)
    grid = np.geomspace(1e-4, 100, 20001)
    basis = np.exp(-x / grid[:, None])
    amplitude = (basis @ y) / np.sum(basis**2, axis=1)
    chi2 = np.sum(((y - amplitude[:, None] * basis) / 0.01) ** 2, axis=1)
    assert found.start[0] == pytest.approx(grid[np.argmin(chi2)], rel=1e-2)
    assert found.chi2.min() == pytest.approx(chi2.min(), rel=1e-3)

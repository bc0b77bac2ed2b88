"""Tc of curves whose crossings are known in closed form, and verdicts in the place of numbers."""

import json

import numpy as np
import pytest
from scipy.special import expit, ive

from megabar import errors, schemas
from megabar.observables import critical_temperature, ramps


def sweep(temperature, resistance, *, direction=1, **attrs):
    temperature = np.asarray(temperature, dtype=float)
    return schemas.sweep(
        {"resistance": resistance},
        coords={
            "temperature": temperature,
            "direction": np.broadcast_to(np.asarray(direction, dtype=np.int8), temperature.shape),
        },
        attrs={"cell": "A", "current": 1e-3, "source": "test", "source_sha256": "0", **attrs},
    )


def logistic(temperature, middle=200.0, width=0.5):
    return expit((temperature - middle) / width)


T = np.arange(180, 230, 0.02)
WINDOW = (210, 230)


@pytest.mark.parametrize("slope", [0.05, 0.5])
def test_crossings_of_a_logistic_step_stand_at_their_closed_forms(slope):
    found = critical_temperature(sweep(T, (10 + slope * T) * logistic(T)), normal_state=WINDOW)
    ln9 = 0.5 * np.log(9)
    assert float(found.tc_onset) == pytest.approx(200 + ln9, abs=0.005)
    assert float(found.tc_midpoint) == pytest.approx(200, abs=0.005)
    assert found.attrs["tc_foot"] == pytest.approx(200 - ln9, abs=0.005)
    assert float(found.tc_width) == pytest.approx(2 * ln9, abs=0.01)
    assert found.attrs["verdict"] == "transition"


@pytest.mark.parametrize(
    ("tc", "f", "expected"),
    [(250, 300, (246.666, 243.602, 239.867)), (160, 50, (152.954, 146.480, 138.586))],
)
def test_crossings_of_the_fluctuation_form_stand_at_printed_values(tc, f, expected):
    """R = R_N / I0[F (1 - T/Tc)^(3/2)]^2 below Tc."""
    t = np.arange(tc - 60, tc + 40, 0.02)
    argument = f * np.clip(1 - t / tc, 0, None) ** 1.5
    step = (1 / (ive(0, argument) * np.exp(np.minimum(argument, 300)))) ** 2
    found = critical_temperature(sweep(t, (5 + 0.02 * t) * step), normal_state=(tc + 5, tc + 40))
    got = (float(found.tc_onset), float(found.tc_midpoint), found.attrs["tc_foot"])
    assert got == pytest.approx(expected, abs=0.005)


def test_noise_leaves_the_midpoint_and_its_error_covers_the_scatter():
    rng = np.random.default_rng(1)
    normal = 10 + 0.05 * T
    middles, stds = [], []
    for _ in range(60):
        noisy = normal * (logistic(T) + 0.01 * rng.normal(size=T.size))
        found = critical_temperature(sweep(T, noisy), normal_state=WINDOW)
        assert found.tc_midpoint.attrs["quality"] == "value"
        middles.append(float(found.tc_midpoint))
        stds.append(float(found.tc_midpoint_std))
    assert np.mean(middles) == pytest.approx(200, abs=3 * np.std(middles) / np.sqrt(60))
    # one crossing of noisy points is known to noise over slope; the mean of several is better
    assert np.std(middles) == pytest.approx(np.mean(stds), rel=0.25)
    assert np.mean(stds) < 0.01 / 0.5


@pytest.mark.parametrize("slope", [0.05, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_one_per_cent_of_noise_leaves_one_unambiguous_midpoint(slope, seed):
    """One draw each, sigma = 0.01 R_N: T50 of 200 K within 0.05 K, by whatever window is found."""
    normal = 10 + slope * T
    noise = 0.01 * normal * np.random.default_rng(seed).normal(size=T.size)
    found = critical_temperature(sweep(T, normal * logistic(T) + noise))
    assert found.attrs["verdict"] == "transition"
    assert float(found.tc_midpoint) == pytest.approx(200, abs=0.05)
    assert found.tc_midpoint.attrs.get("quality", "value") == "value"


def test_coarse_steps_through_a_sharp_transition_are_the_error():
    t = np.arange(180, 230, 0.5) + 0.1
    found = critical_temperature(sweep(t, 10 * logistic(t, width=0.01)), normal_state=WINDOW)
    assert float(found.tc_midpoint_std) == pytest.approx(0.5 / np.sqrt(12), rel=0.01)


def test_repeated_temperatures_are_merged_and_counted():
    twice = np.repeat(T, 2)
    found = critical_temperature(sweep(twice, 10 * logistic(twice)), normal_state=WINDOW)
    assert float(found.tc_midpoint) == pytest.approx(200, abs=0.005)
    assert found.attrs["merged_points"] == T.size


@pytest.mark.parametrize(
    "resistance",
    [
        1 + 0.01 * np.arange(5, 300.0),
        0.05 + (np.arange(5, 300.0) / 300) ** 3,
        np.sqrt(np.arange(5, 300.0)),
    ],
)
def test_a_smooth_fall_is_no_transition(resistance):
    rng = np.random.default_rng(2)
    noisy = resistance * (1 + 1e-3 * rng.normal(size=resistance.size))
    found = critical_temperature(sweep(np.arange(5, 300.0), noisy), normal_state=(200, 300))
    assert found.attrs["verdict"] == "no transition"
    assert found.tc_midpoint.attrs["quality"] == "no solution"
    assert "between" in found.attrs["reason"]


def test_a_curve_that_ends_in_the_step_is_incomplete_and_withholds_zero_and_foot():
    cut = T[logistic(T) > 0.3]
    found = critical_temperature(sweep(cut, 10 * logistic(cut)), normal_state=WINDOW)
    assert found.attrs["verdict"] == "incomplete"
    assert found.tc_midpoint.attrs["quality"] == "value"
    assert found.tc_zero.attrs["quality"] == "not reached"
    assert found.tc_width.attrs["quality"] == "not reached"
    assert np.isnan(found.attrs["tc_foot"])


def test_a_residual_above_the_threshold_is_zero_not_reached():
    found = critical_temperature(sweep(T, 10 * (0.02 + 0.98 * logistic(T))), normal_state=WINDOW)
    assert found.tc_zero.attrs["quality"] == "not reached"
    assert found.attrs["zero_verdict"] == "not reached"
    assert found.attrs["lowest_ratio"] == pytest.approx(0.020, abs=0.001)


def test_the_same_residual_in_a_digitised_curve_is_not_decidable():
    curve = sweep(T, 10 * (0.02 + 0.98 * logistic(T)), source_kind="digitised")
    found = critical_temperature(curve, normal_state=WINDOW)
    assert found.attrs["zero_verdict"] == "not decidable"


def test_zero_stands_where_the_last_resistance_ends():
    found = critical_temperature(sweep(T, 10 * logistic(T)), normal_state=WINDOW)
    # r = 0.01 at 200 - 0.5 ln 99
    assert float(found.tc_zero) == pytest.approx(200 - 0.5 * np.log(99), abs=0.02)


def test_a_plateau_far_above_zero_is_partial():
    found = critical_temperature(sweep(T, 10 * (0.4 + 0.6 * logistic(T))), normal_state=WINDOW)
    assert found.attrs["verdict"] == "partial"
    assert found.tc_width.attrs["quality"] == "not reached"


def test_searches_that_disagree_are_ambiguous_and_give_no_midpoint():
    bump = 0.4 * np.exp(-(((T - 195) / 0.5) ** 2))
    found = critical_temperature(sweep(T, 10 * (logistic(T) + 2 * bump)), normal_state=WINDOW)
    assert found.attrs["verdict"] == "ambiguous"
    assert found.tc_midpoint.attrs["quality"] == "no solution"


def test_a_window_within_the_transition_is_refused():
    found = critical_temperature(sweep(T, 10 * logistic(T)), normal_state=(199, 202))
    assert found.attrs["verdict"] == "not covered"
    assert "within it r changes" in found.attrs["reason"]


def test_an_empty_window_says_what_is_covered():
    with pytest.raises(ValueError, match="The ramp covers 180 to 229"):
        critical_temperature(sweep(T, 10 * logistic(T)), normal_state=(300, 310))


def test_ramps_are_split_and_never_merged():
    up, down = logistic(T, middle=200.8), logistic(T, middle=199.2)
    both = sweep(
        np.concatenate([T, T[::-1]]),
        10 * np.concatenate([up, down[::-1]]),
        direction=np.repeat([1, -1], T.size),
    )
    assert [int(one.direction[0]) for one in ramps(both)] == [1, -1]
    with pytest.raises(ValueError, match="Found 2 ramps"):
        critical_temperature(both, normal_state=WINDOW)
    found = [critical_temperature(both, normal_state=WINDOW, ramp=k) for k in (0, 1)]
    assert [float(one.tc_midpoint) for one in found] == pytest.approx([200.8, 199.2], abs=0.01)
    assert [one.attrs["direction"] for one in found] == [1, -1]


def test_a_sweep_without_resistance_is_refused():
    raman = schemas.sweep(
        {"intensity": np.ones(4)},
        coords={"raman_shift": np.arange(4.0)},
        attrs={"cell": "A", "current": 0.0, "source": "test", "source_sha256": "0"},
    )
    with pytest.raises(errors.SchemaError, match="without resistance"):
        critical_temperature(raman, normal_state=WINDOW)


# --- what else a curve says -----------------------------


@pytest.mark.parametrize("slope", [0.05, 0.5])
def test_tangents_and_width_of_a_logistic_step_stand_at_their_closed_forms(slope):
    found = critical_temperature(sweep(T, (10 + slope * T) * logistic(T)))
    assert found.attrs["tangent_onset"] == pytest.approx(201.0, abs=0.005)
    assert found.attrs["tangent_zero"] == pytest.approx(199.0, abs=0.005)
    assert found.attrs["steepest"] == pytest.approx(200.0, abs=0.02)
    assert found.attrs["steepest_height"] == pytest.approx(0.5, abs=0.005)  # 1 / 4 w
    assert found.attrs["steepest_width"] == pytest.approx(3.52549 * 0.5, abs=0.03)


def test_a_width_that_the_smoothing_makes_is_withheld():
    t = np.arange(180, 230, 0.5) + 0.1
    found = critical_temperature(sweep(t, 10 * logistic(t, width=0.01)), normal_state=WINDOW)
    assert np.isnan(found.attrs["steepest_width"])


def test_a_found_window_gives_what_a_given_one_gives():
    found = critical_temperature(sweep(T, (10 + 0.05 * T) * logistic(T)))
    assert float(found.tc_onset) == pytest.approx(200 + 0.5 * np.log(9), abs=0.005)
    assert found.attrs["normal_state_found"] == 1
    low, _ = json.loads(found.attrs["normal_state_window"])
    assert low > 200 + 3 * 3.52549 * 0.5 - 0.5  # three widths of dr/dT above the steepest point


def test_two_steps_are_listed_and_have_no_single_width():
    t = np.arange(60, 230, 0.02)
    step = 0.4 * logistic(t, middle=160, width=0.5) + 0.6 * logistic(t, middle=90, width=0.3)
    found = critical_temperature(sweep(t, 10 * step))
    assert found.attrs["verdict"] == "more than one step"
    got = (float(found.tc_onset), float(found.tc_midpoint), found.attrs["tc_foot"])
    assert got == pytest.approx((160.549, 90.483, 89.517), abs=0.01)
    steps = json.loads(found.attrs["steps"])
    assert [one["height"] for one in steps] == pytest.approx([0.40, 0.60], abs=0.02)
    assert [one["temperature"] for one in steps] == pytest.approx([160, 90], abs=0.05)
    assert np.isnan(found.tc_width)


@pytest.mark.parametrize(("tc", "f"), [(250, 300), (160, 50)])
def test_the_smooth_form_is_found_above_the_onset_and_kept_apart(tc, f):
    t = np.arange(tc - 60, tc + 40, 0.05)
    argument = f * np.clip(1 - t / tc, 0, None) ** 1.5
    r = np.exp(-2 * argument) / ive(0, argument) ** 2
    found = critical_temperature(sweep(t, (5 + 0.02 * t) * r), normal_state=(tc + 5, tc + 40))
    assert found.attrs["model_tc"] == pytest.approx(tc, abs=0.01)
    assert found.attrs["model_sharpness"] == pytest.approx(f, rel=0.01)
    assert found.attrs["model_tc"] > float(found.tc_onset) > float(found.tc_midpoint)


def test_a_curved_normal_state_is_chosen_by_evidence_and_a_straight_one_kept():
    rng = np.random.default_rng(4)
    noise = 1e-3 * rng.normal(size=T.size)
    x = (T - 180) / 50
    for shape, model in ((10 + 2 * x, "linear"), (10 + 2 * x + 4 * x**2, "quadratic")):
        found = critical_temperature(
            sweep(T, shape * logistic(T) * (1 + noise)), normal_state=WINDOW
        )
        assert found.attrs["normal_state_model"] in {model, "bloch-grueneisen"} - (
            {"bloch-grueneisen"} if model == "linear" else set()
        )


def test_errors_are_kept_apart_by_where_they_come_from():
    rng = np.random.default_rng(5)
    curved = (10 + 2 * ((T - 180) / 50) ** 2) * logistic(T, width=2.0)
    found = critical_temperature(
        sweep(T, curved + 0.01 * rng.normal(size=T.size)), normal_state=WINDOW, model="linear"
    )
    parts = json.loads(found.attrs["errors"])
    assert set(parts) == {"tc_onset", "tc_midpoint", "tc_foot", "tc_zero"}
    assert parts["tc_onset"]["window_std"] > 3 * parts["tc_midpoint"]["window_std"]


def test_the_error_of_the_criterion_is_half_the_way_to_the_tangent():
    found = critical_temperature(sweep(T, 10 * logistic(T, width=1.0)), normal_state=(215, 230))
    onset = json.loads(found.attrs["errors"])["tc_onset"]["criterion_std"]
    assert onset == pytest.approx((np.log(9) - 2) / 2, abs=0.005)  # T0 + w ln 9 and T0 + 2 w


def test_a_ramp_that_ends_in_the_step_from_below_has_no_normal_state():
    cut = T[logistic(T) < 0.8]
    found = critical_temperature(sweep(cut, 10 * logistic(cut)))
    assert found.attrs["verdict"] in ("not covered", "no transition")
    assert np.isnan(found.tc_midpoint)


def test_a_retracted_source_is_labelled():
    found = critical_temperature(sweep(T, 10 * logistic(T), note="Retracted: Nature 586, 373"))
    assert found.attrs["retracted"] == 1
    assert any("RETRACTED" in one for one in schemas.warnings_of(found))
    plain = critical_temperature(sweep(T, 10 * logistic(T)))
    assert plain.attrs["retracted"] == 0


def test_an_unknown_normal_state_is_refused():
    with pytest.raises(ValueError, match="choose one of linear"):
        critical_temperature(sweep(T, 10 * logistic(T)), normal_state=WINDOW, model="cubic")

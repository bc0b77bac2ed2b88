"""Series, straight lines, traces and curves."""

import math

import numpy as np
import pytest
from tests.unit.report.fake_campaign import DAYS, FakeCampaign

from megabar.report import series


def a_series(value, std, *, elapsed=None, common=None, quality=None):
    value = np.asarray(value, dtype=np.float64)
    return series.Series(
        cell="cell-1",
        index=0,
        elapsed=np.arange(value.size, dtype=np.float64) if elapsed is None else np.array(elapsed),
        value=value,
        std=np.broadcast_to(np.asarray(std, dtype=np.float64), value.shape),
        common=common,
        quality=quality or ("value",) * value.size,
    )


def test_a_line_through_exact_points_is_found_exactly():
    line = series.straight_line(a_series([10.0, 9.5, 9.0, 8.5], 0.1))
    assert line.slope == pytest.approx(-0.5, abs=1e-12)
    assert line.at_zero == pytest.approx(10.0, abs=1e-12)
    assert line.chi2 == pytest.approx(0.0, abs=1e-18)


def test_the_error_of_a_slope_is_that_of_the_textbook():
    time, std = np.array([0.0, 10.0, 20.0, 30.0]), 0.3
    line = series.straight_line(a_series([3.0, 2.0, 2.0, 1.0], std, elapsed=time))
    assert line.slope_std == pytest.approx(std / math.sqrt(np.sum((time - time.mean()) ** 2)))


def test_slope_and_error_agree_with_numpy_for_unequal_errors():
    rng = np.random.default_rng(5)
    time, std = np.linspace(0, 70, 12), rng.uniform(0.1, 0.6, 12)
    value = 10 - 0.1 * time + rng.normal(0, std)
    line = series.straight_line(a_series(value, std, elapsed=time))
    expected, covariance = np.polyfit(time, value, 1, w=1 / std, cov="unscaled")
    assert line.slope == pytest.approx(expected[0], rel=1e-10)
    assert line.slope_independent_std == pytest.approx(math.sqrt(covariance[0, 0]), rel=1e-10)


def test_slopes_scatter_by_their_error():
    rng = np.random.default_rng(11)
    time = np.linspace(0, 70, 9)
    pulls = []
    for _ in range(2000):
        line = series.straight_line(
            a_series(10 - 0.1 * time + rng.normal(0, 0.4, 9), 0.4, elapsed=time)
        )
        pulls.append((line.slope + 0.1) / line.slope_std)
    assert abs(np.mean(pulls)) < 4 / math.sqrt(2000)
    assert abs(np.std(pulls) - 1) < 4 / math.sqrt(4000)


def test_an_error_of_scale_scales_the_slope():
    value = np.array([10.0, 9.0, 8.0, 7.0])
    alone = series.straight_line(a_series(value, 1e-6))
    shared = series.straight_line(a_series(value, 1e-6, common=0.05 * value))
    assert alone.slope_std < 1e-5
    assert shared.slope_std == pytest.approx(0.05 * 1.0, rel=1e-6)


def test_points_before_heating_bounds_and_failures_do_not_pull_the_line():
    clean = series.straight_line(a_series([9.0, 8.0, 7.0], 0.1, elapsed=[1.0, 2.0, 3.0]))
    mixed = series.straight_line(
        a_series(
            [3.0, 9.0, 1.0, 8.0, 7.0, np.nan],
            0.1,
            elapsed=[-3.0, 1.0, 1.5, 2.0, 3.0, 4.0],
            quality=("value", "value", "upper bound", "value", "value", "failed"),
        )
    )
    assert (mixed.slope, mixed.chi2) == (clean.slope, clean.chi2)


def test_two_points_make_no_line_because_nothing_would_check_it():
    assert series.straight_line(a_series([2.0, 1.0], 0.1)) is None
    assert series.straight_line(a_series([1.0, 1.0, 1.0], 0.1, elapsed=[2.0, 2.0, 2.0])) is None


def test_a_bent_history_is_not_called_straight():
    time = np.linspace(0, 70, 12)
    straight = series.straight_line(a_series(10 - 0.1 * time, 0.2, elapsed=time))
    bent = series.straight_line(a_series(10 * np.exp(-time / 20), 0.2, elapsed=time))
    assert straight.straight
    assert not bent.straight


def test_history_gives_points_in_the_unit_in_which_they_are_shown():
    campaign = FakeCampaign(cells=1)
    found = series.series_from_history(campaign.history("cell-1"), node="1H", name="t1", index=0)
    expected = [n.value * 1e3 for n in campaign.rows() if (n.node, n.name) == ("1H", "t1")]
    assert found.value.tolist() == pytest.approx(expected, rel=1e-12)
    assert found.elapsed.tolist() == DAYS.tolist()


def test_content_carries_independent_and_shared_errors_apart():
    campaign = FakeCampaign(cells=1)
    found = series.series_from_history(
        campaign.history("cell-1"), node="content", name="h_per_metal", index=0
    )
    rows = [n for n in campaign.rows() if n.node == "content"]
    assert found.std.tolist() == pytest.approx([n.independent_std for n in rows], rel=1e-12)
    assert found.common.tolist() == pytest.approx([n.common_std for n in rows], rel=1e-12)


def test_a_failure_stays_in_the_series_as_a_failure():
    found = series.series_from_history(
        FakeCampaign(cells=2).history("cell-2"), node="139La", name="t1", index=1
    )
    assert found.quality[4] == "failed"
    assert np.isnan(found.value[4])
    assert found.where("failed").sum() == 1


@pytest.mark.parametrize(("node", "name"), [("13C", "t1"), ("1H", "diffusivity")])
def test_what_nobody_measured_is_no_series(node, name):
    history = FakeCampaign(cells=1).history("cell-1")
    assert series.series_from_history(history, node=node, name=name, index=0) is None


def test_a_curve_is_ordered_and_scaled_by_its_model():
    details = {
        "curve_x": [2.0, 1.0, 4.0],
        "curve_y": [6.0, 4.1, 7.9],
        "curve_y_std": [0.2, 0.2, 0.2],
        "curve_fit": [6.0, 4.0, 8.0],
    }
    curve = series.curve_from_details(details, elapsed=3.0)
    assert curve.time.tolist() == [1.0, 2.0, 4.0]
    assert curve.model.tolist() == [0.5, 0.75, 1.0]
    assert curve.points.tolist() == pytest.approx([4.1 / 8, 0.75, 7.9 / 8])
    assert curve.std.tolist() == pytest.approx([0.025] * 3)


def test_the_model_between_points_stays_close_to_the_law_and_never_overshoots():
    time = np.geomspace(1e-4, 1e-2, 10)
    model = 1 - np.exp(-time / 1.5e-3)
    details = {"curve_x": time, "curve_y": model, "curve_y_std": 0.01, "curve_fit": model}
    curve = series.curve_from_details(details, elapsed=0.0)
    law = (1 - np.exp(-curve.fine_time / 1.5e-3)) / model.max()
    assert np.max(np.abs(curve.fine_model - law)) < 0.01
    assert np.all(np.diff(curve.fine_model) >= 0)


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"curve_x": [], "curve_y": [], "curve_y_std": [], "curve_fit": []},
        {"curve_x": [1.0], "curve_y": [1.0], "curve_y_std": [1.0], "curve_fit": [0.0]},
        {"curve_x": [1.0], "curve_y": [1.0], "curve_y_std": [1.0], "curve_fit": [math.nan]},
    ],
)
def test_without_points_or_scale_there_is_no_curve(details):
    assert series.curve_from_details(details, elapsed=0.0) is None


def test_a_trace_cut_to_fewer_points_keeps_its_area_and_its_stretch():
    axis = np.linspace(-100.0, 100.0, 20_001)
    trace = series.Trace(
        elapsed=1.0, axis=axis, height=np.exp(-(axis**2) / 200), position=0.0, width=23.5,
        referenced=True,
    )  # fmt: skip
    cut = trace.within(-50.0, 50.0, most=500)
    assert cut.axis.size <= 500
    assert cut.axis[0] >= -50
    assert cut.axis[-1] <= 50
    assert np.trapezoid(cut.height, cut.axis) == pytest.approx(math.sqrt(200 * math.pi), rel=1e-3)


@pytest.mark.parametrize("count", [1, 4, 5, 6, 100])
def test_the_chosen_members_hold_the_first_and_the_last(count):
    chosen = series.spread(count, 5)
    assert len(chosen) == min(count, 5)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert chosen == sorted(set(chosen))

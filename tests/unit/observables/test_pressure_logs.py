"""Logs with a false peak, a change of load, and too few readings to tell."""

import numpy as np
import pytest

from megabar.observables.pressure import pressure_from_gauge
from megabar.observables.pressure_logs import judged_log

START = np.datetime64("2026-01-10T12:00")


def ruby(day, line, **told):
    known = {
        "kind": "ruby",
        "observed": line,
        "observed_std": 0.01,
        "scale": "ruby2020",
        "temperature": 296.0,
        "axis_correction": 0.0,
        "axis_correction_std": 0.0,
        "position": "culet",
        "started_at": START + np.timedelta64(int(24 * day), "h"),
    }
    return pressure_from_gauge(**{**known, **told})


def doubtful(log):
    return [place for place, entry in enumerate(log) if entry.doubt]


def test_a_false_peak_is_named_and_kept():
    readings = [ruby(day, 712.0 + 0.01 * day) for day in range(6)] + [ruby(6, 710.6)]
    log = judged_log(readings, load_changes=[])
    assert len(log) == len(readings)
    assert doubtful(log) == [6]
    assert "another line" in log[6].doubt


def test_a_logged_change_of_load_explains_a_jump():
    readings = [ruby(day, 705.0) for day in range(3)] + [ruby(day, 712.0) for day in range(3, 6)]
    change = START + np.timedelta64(60, "h")
    assert doubtful(judged_log(readings, load_changes=[change])) == []
    assert doubtful(judged_log(readings, load_changes=[])) == [0, 1, 2, 3, 4, 5]


def test_scatter_and_a_slow_drift_are_no_outliers():
    rng = np.random.default_rng(8)
    for _ in range(50):
        readings = [ruby(day, 712.0 - 0.004 * day + 0.01 * rng.normal()) for day in range(20)]
        assert doubtful(judged_log(readings, load_changes=[])) == []


def test_of_two_readings_alone_nobody_can_tell_which_is_wrong():
    log = judged_log([ruby(1, 713.5), ruby(0, 712.0)], load_changes=[])
    assert doubtful(log) == [0, 1]
    assert "nobody can tell" in log[0].doubt
    assert log[0].reading.observed == pytest.approx(712.0)  # by time


def test_mixed_scales_and_missing_times_are_refused():
    with pytest.raises(ValueError, match="step of its own"):
        judged_log([ruby(0, 712.0), ruby(1, 712.0, scale="mao1986")], load_changes=[])
    with pytest.raises(ValueError, match="without its time"):
        judged_log([ruby(0, 712.0, started_at=None)], load_changes=[])

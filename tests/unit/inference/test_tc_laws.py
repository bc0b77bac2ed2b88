"""Laws of a falling Tc: the right one is found where it can be, and doubt is told where not."""

import numpy as np
import pytest

from megabar.errors import Undetermined
from megabar.inference.tc_laws import compare, time_scales
from megabar.observables.tc_series import TcSeries

DAYS = np.linspace(0.0, 60.0, 16)


def series(value, std=1.0, elapsed=DAYS):
    return TcSeries(
        cell="A",
        elapsed=elapsed,
        value=value,
        std=np.full(elapsed.size, std),
        criterion="midpoint",
        direction=1,
    )


def noise(seed, size=DAYS.size):
    return np.random.default_rng(seed).normal(size=size)


def law(found, name):
    return next(one for one in found.laws if one.name == name)


def test_time_and_plateau_have_errors_that_fit_their_scatter():
    pulls = []
    for seed in range(40):
        found = law(compare(series(80 + 80 * np.exp(-DAYS / 12) + noise(seed))), "exponential")
        assert found.identified
        truth = {"time_constant": 12.0, "amplitude": 80.0, "offset": 80.0}
        pulls.append([(found.values[n][0] - truth[n]) / found.values[n][1] for n in truth])
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 3.5 / np.sqrt(40))
    assert np.std(pulls, axis=0) == pytest.approx(np.ones(3), abs=0.3)


def test_a_constant_is_not_called_a_decay():
    best = [compare(series(150 + noise(seed))).laws[0].name for seed in range(20)]
    assert best.count("constant") >= 14
    assert all("do not exclude" in compare(series(150 + noise(s))).sentence for s in range(3))


def test_a_decay_that_is_clear_leaves_the_constant_far_behind():
    found = compare(series(80 + 80 * np.exp(-DAYS / 12) + noise(1)))
    assert found.laws[-1].name == "constant"
    assert found.laws[-1].aicc - found.laws[0].aicc > 1000
    assert found.laws[-1].left_out > 100 > found.laws[0].left_out


def test_what_the_others_say_of_a_point_is_what_a_fit_without_it_says():
    value = 150 + noise(7)
    found = law(compare(series(value)), "constant")
    apart = [value[k] - np.delete(value, k).mean() for k in range(value.size)]
    assert found.left_out == pytest.approx(np.mean(np.square(apart)))


def test_a_logged_event_is_told_from_a_decay():
    value = np.where(DAYS > 25, 120.0, 150.0) + noise(2)
    found = compare(series(value), jump_at=25.0)
    assert found.laws[0].name == "jump"
    size, std = found.laws[0].values["jump"]
    assert abs(size + 30) < 4 * std


def test_a_curve_that_ends_early_gives_slope_and_ratio_and_no_plateau():
    early = series(80 + 80 * np.exp(-DAYS / 60) + noise(3))
    found = law(compare(early), "exponential")
    assert not found.identified
    assert "initial slope" in found.sentence
    assert "ratio at the last day" in found.sentence


def test_few_points_carry_no_stretched_law():
    few = np.linspace(0, 40, 6)
    names = [
        one.name
        for one in compare(series(80 + 80 * np.exp(-few / 10) + noise(4, 6), elapsed=few)).laws
    ]
    assert "stretched" not in names
    assert "constant" in names


def test_pressure_that_fell_explains_a_temperature_that_fell():
    pressure = 140e9 - 8e9 * np.random.default_rng(5).random(DAYS.size)
    value = 200 + 2.9e-9 * (pressure - pressure[0]) + 0.5 * noise(6)
    found = compare(series(value, std=0.5), pressure=pressure)
    assert found.laws[0].name == "pressure"
    slope, std = found.laws[0].values["slope"]
    assert abs(slope - 2.9e-9) < 4 * std


def test_too_few_points_and_lonely_covariates_are_refused():
    two = np.array([0.0, 1.0])
    with pytest.raises(Undetermined, match="three are the least"):
        compare(series(np.array([100.0, 90.0]), elapsed=two))
    with pytest.raises(ValueError, match="one for each"):
        compare(series(150 + noise(1)), pressure=np.array([1e9]))


def test_time_scales_agree_or_not_with_their_errors():
    assert "fall alike" in time_scales((10.0, 1.0), (11.0, 1.0)).sentence
    slower = time_scales((30.0, 2.0), (10.0, 1.0))
    assert "3 times as slowly as" in slower.sentence
    assert slower.low > 1
    with pytest.raises(Undetermined, match="nothing to compare"):
        time_scales((10.0, np.inf), (11.0, 1.0))

"""Drifts of shifts: what the common zero does to them, and what chance does."""

import numpy as np
import pytest
import xarray as xr

from megabar.errors import Undetermined
from megabar.history import Number, assemble
from megabar.observables.shift_histories import (
    ShiftHistory,
    chance,
    compare_drifts,
    drift_of,
    shift_history,
)

DAYS = np.array([0.0, 3.0, 8.0, 15.0, 30.0])
OWN = np.array([2.0, 3.0, 2.5, 4.0, 2.0])


def history(shift, *, cell="c", own=OWN, zero=50.0, days=DAYS):
    return ShiftHistory(
        cell=cell, nucleus="139La", elapsed=days, shift=np.asarray(shift, dtype=float),
        independent_std=own, common_std=np.full(days.size, zero),
    )  # fmt: skip


def test_the_zero_moves_a_history_and_no_drift():
    straight = 900 + 30 * DAYS
    first, second = drift_of(history(straight)), drift_of(history(straight + 836))
    assert second.slope == pytest.approx(first.slope, rel=1e-9)
    assert second.at_zero - first.at_zero == pytest.approx(836, rel=1e-9)
    assert first.slope_std == drift_of(history(straight, zero=5000.0)).slope_std


def test_the_drift_is_that_of_least_squares_with_the_whole_covariance():
    """Leaving the common part out of the weights is no approximation."""
    shift = 900 + 30 * DAYS + np.array([1.0, -2.0, 3.0, -1.0, 0.5])
    told = history(shift)
    design = np.column_stack([np.ones_like(DAYS), DAYS])
    inverse = np.linalg.inv(told.covariance)
    covariance = np.linalg.inv(design.T @ inverse @ design)
    parameters = covariance @ design.T @ inverse @ shift
    found = drift_of(told)
    assert found.slope == pytest.approx(parameters[1], rel=1e-7)
    assert found.slope_std == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-6)
    total = np.hypot(found.at_zero_independent_std, found.at_zero_common_std)
    assert total == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-6)


def test_pulls_of_the_drift_have_mean_zero_and_width_one():
    random = np.random.default_rng(2)
    pulls, lines = [], []
    for _ in range(1500):
        noise = random.standard_normal(DAYS.size) * OWN + 50 * random.standard_normal()
        found = drift_of(history(900 + 3 * DAYS + noise))
        pulls.append((found.slope - 3) / found.slope_std)
        lines.append(found.probability)
    assert np.mean(pulls) == pytest.approx(0.0, abs=3 / np.sqrt(1500))
    assert np.std(pulls) == pytest.approx(1.0, abs=3 / np.sqrt(3000))
    assert np.mean(np.array(lines) < 0.05) == pytest.approx(0.05, abs=0.018)


def test_a_constant_shift_is_said_not_to_move():
    found = drift_of(history(900 + np.array([1.0, -1.0, 2.0, -2.0, 0.0])))
    assert "does not move beyond its errors" in found.sentence


def test_a_curved_history_is_said_to_be_no_line():
    found = drift_of(history(900 + 2000 * (1 - np.exp(-DAYS / 10))))
    assert found.probability < 1e-6
    assert "no straight line describes it" in found.sentence


def test_two_days_have_a_drift_and_no_test_of_a_line():
    found = drift_of(history([900.0, 960.0], days=DAYS[:2], own=OWN[:2]))
    assert found.slope == pytest.approx(20.0)
    assert found.slope_std == pytest.approx(np.hypot(2, 3) / 3)
    assert np.isnan(found.probability)


def test_one_day_has_no_drift():
    with pytest.raises(Undetermined, match="fewer than two days"):
        drift_of(history([900.0], days=DAYS[:1], own=OWN[:1]))


def test_cells_that_drift_alike_and_cells_that_do_not():
    alike = compare_drifts([history(900 + 30 * DAYS), history(100 + 30.05 * DAYS, cell="d")])
    assert alike.alike
    assert alike.slope == pytest.approx(30.025, rel=1e-6)
    unlike = compare_drifts([history(900 + 30 * DAYS), history(900 + 33 * DAYS, cell="d")])
    assert not unlike.alike
    assert "c +30" in unlike.sentence
    assert "d +33" in unlike.sentence


def test_cells_are_compared_for_one_nucleus():
    with pytest.raises(ValueError, match="two or more of one nucleus"):
        compare_drifts([history(900 + 30 * DAYS)])


def test_chance_is_the_tail_of_chi_squared():
    drawn = np.random.default_rng(1).standard_normal((200_000, 3))
    assert chance(6.0, 3) == pytest.approx(np.mean((drawn**2).sum(1) > 6), abs=3e-3)


def test_a_history_without_errors_of_its_own_is_refused():
    with pytest.raises(ValueError, match="without an error of their own"):
        history(DAYS, own=np.zeros(5))
    with pytest.raises(ValueError, match="one entry for each day"):
        history(DAYS[:3])


def number(day: float, shift: float, *, quality: str = "value") -> Number:
    return Number(
        cell="c", channel="La", measure="line", node="139La", nucleus="139La", elapsed=day,
        started_at=f"2026-01-{10 + int(day):02d}T12:00:00", name="shift", value=shift, std=50.0,
        unit="Hz/MHz", quality=quality, independent_std=2.0, common_std=49.96, method="",
        provenance="{}", record=f"r{day}", source="", source_sha256="",
    )  # fmt: skip


def tree(*numbers: Number) -> xr.DataTree:
    return assemble(
        numbers, cell="c", metal="139La", heated_at="2026-01-10T12:00:00",
        synthesis_pressure=None, precursor_h_per_metal=None,
    )  # fmt: skip


def test_the_history_of_a_campaign_gives_its_shifts_after_the_heating():
    found = shift_history(
        tree(number(-1, 2800.0), number(0, 900.0), number(5, 1000.0),
             number(6, 0.0, quality="no solution")),
        nucleus="139La",
    )  # fmt: skip
    np.testing.assert_array_equal(found.shift, [900.0, 1000.0])
    np.testing.assert_array_equal(found.independent_std, [2.0, 2.0])
    with pytest.raises(Undetermined, match="no shifts of 1H"):
        shift_history(tree(number(0, 900.0)), nucleus="1H")

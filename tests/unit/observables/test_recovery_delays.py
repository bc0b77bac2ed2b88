"""Delays of a recovery: cheaper than any that chance finds, and spread where the law is tested."""

import numpy as np
import pytest

from megabar.observables.recovery_delays import cheapest_delays, delays_of, spread_delays

CHOICE = {"t1": (1.0, 0.0), "overhead": 0.01, "shortest": 1e-3}


def test_the_cheapest_delays_lie_in_three_groups_and_chance_finds_none_cheaper():
    best = cheapest_delays(**CHOICE, count=8)
    assert len(set(best.delays.round(6))) == 3
    rng = np.random.default_rng(3)
    chance = [
        delays_of(np.exp(rng.uniform(np.log(1e-3), np.log(8), 8)), t1=1.0, overhead=0.01).cost
        for _ in range(4000)
    ]
    assert best.cost < min(chance)


def test_moving_any_delay_of_the_cheapest_makes_them_dearer():
    best = cheapest_delays(**CHOICE, count=8)
    for place in range(8):
        for factor in (0.9, 1.1):
            moved = best.delays.copy()
            moved[place] = max(moved[place] * factor, 1e-3)
            if moved[place] != best.delays[place]:
                cost = delays_of(moved, t1=1.0, overhead=0.01).cost
                assert cost > best.cost * (1 - 1e-6)


@pytest.mark.parametrize("count", [6, 8, 12])
def test_a_spread_costs_up_to_twice_the_cheapest_and_has_no_equal_delays(count):
    spread = spread_delays(**CHOICE, count=count)
    steps = np.diff(np.log(spread.delays))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)
    assert 1 < spread.cost / cheapest_delays(**CHOICE, count=count).cost < 2


def test_the_ends_of_a_spread_are_the_best_ends():
    spread = spread_delays(**CHOICE, count=8)
    for last in (0.8, 1.25):
        other = np.geomspace(spread.delays[0], spread.delays[-1] * last, 8)
        assert delays_of(other, t1=1.0, overhead=0.01).cost > spread.cost


def test_delays_scale_with_t1():
    one = spread_delays(**CHOICE, count=8)
    two = spread_delays(t1=(1e-3, 0.0), overhead=1e-5, shortest=1e-6, count=8)
    np.testing.assert_allclose(two.delays, 1e-3 * one.delays, rtol=1e-2)


def test_an_uncertain_t1_asks_for_delays_that_serve_all_it_may_be():
    """Cost at the ends of what T1 may be, against delays made for its middle."""
    sure = spread_delays(**CHOICE, count=8)
    wide = spread_delays(t1=(1.0, 0.4), overhead=0.01, shortest=1e-3, count=8)

    def worst(found):
        return max(
            delays_of(found.delays, t1=t1, overhead=0.01).cost for t1 in np.exp([-0.8, 0.0, 0.8])
        )

    assert worst(wide) < worst(sure)


def test_too_few_steps_and_times_below_zero_are_refused():
    with pytest.raises(ValueError, match="Take 4 or more"):
        spread_delays(**CHOICE, count=3)
    with pytest.raises(ValueError, match="times are positive"):
        cheapest_delays(t1=(0.0, 0.0), overhead=0.0, shortest=1e-3, count=8)

"""Scans and hours: the division of time, what no scan lowers, and a published feasibility."""

import math
from dataclasses import replace

import numpy as np
import pytest

from megabar.observables.efficiencies import Factor
from megabar.observables.experiment_channels import (
    PHASE_CYCLES,
    PlannedChannel,
    PlannedLine,
    PlannedScan,
    record_length,
)
from megabar.observables.experiment_plan import plan_amplitude, plan_t1
from megabar.observables.repetition import BEST_OF_90
from megabar.observables.sensitivity import Limit

BY = "amplitude_per_scan"


def channel(nucleus="1H", *, atoms=2.94e15, limit=5.44e11, factors=(), **changes):
    line = {"shape": "lorentzian", "fwhm": 8e3, "width_known": True, "t1": (20e-3, 0.0)}
    scan = {"sequence": "fid", "dead_time": 5e-6, "dwell": 0.5e-6, "flip_angle": math.pi / 2}
    line |= {name: value for name, value in changes.items() if name in {*line, "t2"}}
    scan |= {name: value for name, value in changes.items() if name not in line}
    return PlannedChannel(
        nucleus=nucleus,
        atoms=atoms,
        limit=Limit(nucleus=nucleus, route="given", value=limit, relative_std=0.0, source="test"),
        line=PlannedLine(**line),
        scan=PlannedScan(**scan),
        factors=tuple(factors),
    )


def metal(**changes):
    return channel("139La", atoms=2.8e14, limit=5.64e12, **changes)


def spoiled(std):
    return [Factor(name="coil", value=1.0, std=std, source="test")]


def test_ten_picolitres_of_hydride_give_the_published_feasibility():
    """382 for 1H after 1e4 scans, 5.55 for 139La after 25e3, fully recovered, before the echo."""
    patient = {"t1": (1e-6, 0.0)}  # recovers between scans whatever the plan repeats
    hydrogen, lanthanum = (
        plan_amplitude([one], error=0.1, by=BY).channels[0]
        for one in (channel(**patient), metal(**patient))
    )
    assert hydrogen.snr * math.sqrt(1e4) == pytest.approx(382, rel=1e-2)
    assert lanthanum.snr * math.sqrt(25e3) == pytest.approx(5.55, rel=1e-2)


def test_the_echo_of_a_lorentzian_of_38_khz_is_known_to_12_per_cent_then():
    plan = plan_amplitude(
        [
            metal(
                sequence="solid-echo", echo_delay=25e-6, fwhm=38e3, t1=(1e-6, 0.0), t2=(1.0, 0.0)
            )
        ],
        error=0.1, by=BY,
    ).channels[0]  # fmt: skip
    assert plan.relative_std / math.sqrt(25e3) == pytest.approx(0.12, rel=0.04)


def test_right_angles_repeat_every_1_26_t1_if_t1_is_known():
    plan = plan_amplitude([channel()], error=0.01, by=BY)
    assert plan.channels[0].repetition.time == pytest.approx(BEST_OF_90 * 20e-3, rel=1e-3)


def test_the_scans_keep_the_promise_and_end_with_a_whole_phase_cycle():
    for error in (0.2, 0.05, 0.01):
        plan = plan_amplitude([channel()], error=error, by=BY)
        assert plan.promised[0] <= error
        assert plan.scans[0] % PHASE_CYCLES["fid"] == 0
    before = plan.scans[0] - PHASE_CYCLES["fid"]
    assert plan.channels[0].relative_std / math.sqrt(before) > 0.01


def test_hours_grow_with_the_inverse_square_of_the_error_and_of_the_atoms():
    hours = [
        sum(plan_amplitude([channel(atoms=atoms)], error=error, by=BY).hours)
        for atoms, error in ((1e13, 0.02), (1e13, 0.01), (2e13, 0.01))
    ]
    assert hours[1] / hours[0] == pytest.approx(4, rel=1e-3)
    assert hours[2] / hours[0] == pytest.approx(1, rel=1e-3)


def test_no_other_division_of_the_time_does_better():
    """Both channels at once, every share of the time tried."""
    plan = plan_amplitude([channel(), metal(fwhm=38e3, t1=(5e-3, 0.0))], error=0.03, by=BY)
    first, second = plan.channels
    total = 3600 * sum(plan.hours)
    shares = np.linspace(1e-3, 0.999, 20_001)
    errors = np.sqrt(first.cost / (shares * total) + second.cost / ((1 - shares) * total))
    found = plan.hours[0] / sum(plan.hours)
    assert found == pytest.approx(shares[errors.argmin()], abs=0.01)
    assert errors.min() == pytest.approx(0.03, rel=1e-2)
    assert plan.error_after(sum(plan.hours)) == pytest.approx(0.03, rel=1e-2)


def test_what_is_common_is_taken_off_the_wanted_error_first():
    alone = plan_amplitude([channel(atoms=1e13)], error=0.05, by=BY)
    beside = plan_amplitude([channel(atoms=1e13)], error=0.05, by=BY, common=[("scale", 0.03)])
    assert beside.common_std == pytest.approx(0.03)
    assert sum(beside.hours) / sum(alone.hours) == pytest.approx(25 / 16, rel=1e-3)
    factors = plan_amplitude([channel(atoms=1e13, factors=spoiled(0.03))], error=0.05, by=BY)
    assert sum(factors.hours) == pytest.approx(sum(beside.hours), rel=1e-3)


def test_an_error_below_what_is_common_is_out_of_reach_and_says_so():
    plan = plan_amplitude(
        [channel(factors=spoiled(0.03)), metal()], error=0.05, by=BY, common=[("scale", 0.04)]
    )
    assert plan.common_std == pytest.approx(0.05)
    assert not plan.reachable
    assert plan.scans == ()
    assert plan.hours == (math.inf, math.inf)
    assert plan.error_after(1e9) == pytest.approx(0.05, rel=1e-3)


def test_an_error_of_t1_lengthens_the_repetition_until_it_pays():
    times = [
        plan_amplitude([channel(atoms=1e13, t1=(20e-3, std))], error=0.03, by=BY)
        for std in (0.0, 0.8e-3, 2e-3)
    ]
    repeated = [one.channels[0].repetition.time for one in times]
    assert repeated[0] < repeated[1] < repeated[2]
    assert all(one.reachable for one in times)


def test_a_repetition_with_an_uncertain_t1_beats_all_others():
    """Hours of the plan against a scan over repetitions with the same errors charged."""
    plan = plan_amplitude([channel(atoms=1e13, t1=(20e-3, 2e-3))], error=0.05, by=BY)
    snr = plan.channels[0].snr / plan.channels[0].factors[0].value
    ratio = np.linspace(0.3, 10, 4000)
    signal = 1 - np.exp(-ratio)
    common = ratio * np.exp(-ratio) / signal * 0.1
    left = 0.05**2 - common**2
    noise = (plan.channels[0].bound / (snr * signal)) ** 2
    hours = np.where(left > 0, noise * ratio * 20e-3 / np.maximum(left, 1e-12), np.inf) / 3600
    assert sum(plan.hours) == pytest.approx(hours.min(), rel=1e-3)


def test_the_noise_level_of_the_records_is_part_of_a_signal_over_noise():
    plan = plan_amplitude([channel(points=1024)], error=0.05, by="snr_per_root_scan")
    terms = dict(plan.common)
    assert terms["1H noise level"] == pytest.approx(1 / (2 * math.sqrt(256)))
    blocks = plan_amplitude([channel(points=1024, blocks=16)], error=0.05, by="snr_per_root_scan")
    assert dict(blocks.common)["1H noise level"] == pytest.approx(1 / (2 * math.sqrt(4096)))
    assert plan_amplitude([channel(points=1024)], error=0.05, by=BY).common == ()
    assert blocks.scans[0] % (4 * 16) == 0


def test_records_are_as_long_as_precision_asks_and_longer_for_their_noise():
    short = record_length(channel(), error=0.05, by=BY)
    decays = 0.75 * short * 0.5e-6 * math.pi * 8e3  # exp(-2 x) of the squares lies behind them
    assert 1.9 < decays < 2.6  # 1 % of the error, 2 % of the sum of squares: x = ln(50)/2 = 1.96
    longer = record_length(channel(), error=0.05, by="snr_per_root_scan")
    assert 1 / (2 * math.sqrt(0.25 * longer)) == pytest.approx(0.2 * 0.05, rel=1e-2)
    assert longer * 0.5e-6 < 20e-3
    dear = record_length(channel(t1=(1e-3, 0.0)), error=0.02, by="snr_per_root_scan")
    assert 1 / (2 * math.sqrt(0.25 * dear)) == pytest.approx(0.5 * 0.02, rel=1e-2)
    assert record_length(channel(points=777), error=0.05, by=BY) == 777


def test_a_record_that_ends_the_decay_is_within_a_per_cent_of_an_endless_one():
    plan = plan_amplitude([channel()], error=0.05, by=BY).channels[0]
    endless = plan_amplitude([channel(points=20_000)], error=0.05, by=BY).channels[0]
    assert plan.bound == pytest.approx(endless.bound, rel=0.01)


def test_dead_time_costs_what_is_left_squared_if_the_width_is_known():
    plan = plan_amplitude([channel(fwhm=20e3, dead_time=10e-6)], error=0.05, by=BY).channels[0]
    left = math.exp(-math.pi * 20e3 * 10e-6)
    assert plan.left_after_dead_time == pytest.approx(left)
    assert plan.dead_time_cost == pytest.approx(left**-2, rel=0.02)


def test_an_echo_hides_nothing_and_loses_what_t2_takes():
    plan = plan_amplitude(
        [channel(sequence="hahn-echo", echo_delay=30e-6, t2=(0.3e-3, 0.03e-3))], error=0.05, by=BY
    )
    one = plan.channels[0]
    assert one.dead_time_cost == pytest.approx(1)
    names = {factor.name: factor for factor in one.factors}
    assert names["echo_decay"].value == pytest.approx(math.exp(-0.2))
    assert dict(plan.common)["1H echo_decay"] == pytest.approx(0.2 * 0.1)


def test_t1_takes_the_time_of_its_delays_and_promises_its_error():
    plan = plan_t1(channel(), error=0.02, steps=8, shortest_delay=50e-6, by=BY)
    assert plan.promised <= 0.02
    assert plan.scans % 4 == 0
    record = plan.channel.points * 0.5e-6 + 5e-6
    per_scan = plan.delays.delays.sum() + 8 * record
    assert 3600 * plan.hours == pytest.approx(plan.scans * per_scan)
    assert plan.error_after(plan.hours) == pytest.approx(plan.promised)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: plan_amplitude([channel()], error=0.5, by=BY), "not even surely there"),
        (lambda: plan_amplitude([channel()], error=0.0, by=BY), "above 0"),
        (lambda: channel(sequence="solid-echo"), "Give it"),
        (lambda: channel(fwhm=0.0), "fwhm 0"),
        (lambda: channel(atoms=-1.0), "atoms for 1H"),
        (lambda: replace(channel(), nucleus="2H"), "limit_of_other_nucleus"),
    ],
)
def test_what_cannot_be_planned_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()

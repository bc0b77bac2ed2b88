"""Trajectories of known truth, analysed blind: D, rates, vibration, second moment, R1 and R2.

Truth of the walk on 312 of 320 sites at 1 hop per picosecond: D from independent simulations of
nanoseconds; R1 and R2 of this cell from its couplings over nanoseconds, and of a large one.
"""

from dataclasses import replace

import numpy as np
import pytest
from tests.batteries import simulated_frames

from megabar.observables.trajectory_mobility import trajectory_mobility

PER_PS = 1e12
D = 1.059e-10  # m2/s
R1_OF_BOX, R2_OF_BOX = 28.0, 30.0  # s-1 at 395 MHz, like spins, tail appended
R1_ENDLESS, R2_ENDLESS = 30.3, 32.5
R1_LANTHANUM = 0.6


def analysed(frames, **words):
    options = {"crystal": simulated_frames.crystal(), "larmor_frequency": (), **words}
    return trajectory_mobility(frames, mobile="H", framework=("La",), **options)


@pytest.fixture(scope="module")
def short():
    """100 ps: ten hops of an atom."""
    frames, truth = simulated_frames.lah10(interval=0.05e-12, frames=2000, seed=21)
    return analysed(frames, replicas=16, seed=5), truth


@pytest.fixture(scope="module")
def sparse():
    """2 ns with so few frames that a quarter of the hops are missed."""
    frames, truth = simulated_frames.lah10(interval=0.5e-12, frames=4000, seed=22)
    return analysed(frames, larmor_frequency=(395e6,)), truth


def test_vibration_is_recovered(short):
    found, truth = short
    assert found.hopping.vibration == pytest.approx(truth.vibration, rel=5e-3)


def test_hops_that_frames_miss_are_told_and_given_back(short):
    found, truth = short
    seen = found.hopping.statistics.count
    assert seen < 0.97 * truth.hops
    assert 1 - seen / truth.hops == pytest.approx(found.hopping.missed, abs=0.015)
    assert any("fewer hops" in sentence for sentence in found.messages)
    for one in found.hop_rates[:2]:
        assert abs(one.rate - PER_PS) < 3 * one.std
        assert one.std < 0.05 * PER_PS


def test_jumps_that_do_not_exist_have_no_rate(short):
    for one in short[0].hop_rates[2:]:
        assert one.rate < 3 * one.std
        assert one.rate < 0.005 * PER_PS


def test_a_biased_diffusivity_is_no_value_and_its_correction_holds(short):
    found, _ = short
    fitted, corrected = found.displacements.diffusivity, found.walk.corrected
    assert found.parts["tracer"].quality != "value"
    assert fitted.value - D > 5 * fitted.std
    assert abs(corrected.value - D) < 3 * corrected.std
    assert corrected.std < 0.08 * D


def test_trajectory_and_walk_of_its_hops_agree(short):
    found, _ = short
    assert found.parts["walk"].quality == "value"
    assert abs(found.walk.deviation) < 2


def test_the_haven_ratio_is_that_of_vacancies(short):
    ratio = short[0].displacements.haven_ratio
    truth = D / 2.17429e-10  # D_coll = (M - N)/(M - 1) D0
    assert abs(ratio.value - truth) < 3 * ratio.std + 0.2  # short lags raise D_tracer by a third


def test_lags_whose_exponent_is_not_1_bound_the_diffusivity_from_above(sparse):
    found, _ = sparse
    part = found.parts["tracer"]
    assert part.quality == "upper bound"
    assert "too high by about" in part.reason
    assert found.displacements.diffusivity.value > D


def test_rates_of_relaxation_are_those_of_the_box(sparse):
    found, _ = sparse
    like = found.rates.like
    assert found.parts["rates"].quality in ("value", "lower bound")  # the tail may just be refused
    assert abs(like.r1[0] - R1_OF_BOX) < 3 * like.r1_std[0] + 0.02 * R1_OF_BOX
    assert abs(like.r2[0] - R2_OF_BOX) < 3 * like.r2_std[0] + 0.02 * R2_OF_BOX
    assert found.rates.of("139La").r1[0] == pytest.approx(R1_LANTHANUM, rel=0.15)
    assert np.all(found.rates.total_std.r1 >= like.r1_std)


def test_the_second_moment_is_that_of_the_sites_and_not_of_single_frames(sparse):
    moment = sparse[0].second_moment
    assert abs(moment.value - moment.of_sites) < 3 * moment.std
    assert moment.std < 0.02 * moment.value
    assert moment.instantaneous > 1.2 * moment.of_sites


def test_atoms_that_never_hop_have_a_second_moment_and_nothing_else():
    frames, _ = simulated_frames.lah10(
        interval=0.05e-12, frames=300, rate_a=1e3, rate_b=1e3, seed=3
    )
    found = analysed(frames, larmor_frequency=(395e6,), seed=1)
    assert found.hopping.statistics.count == 0
    assert found.parts["tracer"].quality == "not reached"
    assert found.parts["rates"].quality == "not reached"
    assert found.parts["network"].quality == "not reached"
    assert found.second_moment.value == pytest.approx(found.second_moment.of_sites, rel=0.01)


def test_a_box_that_drifts_changes_nothing():
    frames, _ = simulated_frames.lah10(interval=0.05e-12, frames=200, seed=4)
    drift = np.cumsum(np.full((200, 1, 3), [0.03e-10, -0.01e-10, 0.02e-10]), axis=0)
    cell = frames.cell[0]
    moved = (frames.positions + drift) @ np.linalg.inv(cell) % 1.0 @ cell
    still, drifting = analysed(frames), analysed(replace(frames, positions=moved))
    np.testing.assert_allclose(
        drifting.displacements.collective, still.displacements.collective, rtol=1e-6, atol=1e-25
    )
    assert drifting.hopping.statistics.count == still.hopping.statistics.count


@pytest.mark.slow
def test_hops_of_100_ps_give_rates_of_relaxation_that_need_nanoseconds():
    frames, _ = simulated_frames.lah10(interval=0.05e-12, frames=2000, seed=23)
    found = analysed(frames, larmor_frequency=(395e6,), seed=1)
    assert found.parts["rates"].quality == "not reached"
    assert found.parts["route"].quality == "value", found.parts["route"].reason
    relaxation = found.route.relaxation
    for value, interval, truth in (
        (relaxation.r1, relaxation.r1_interval, R1_ENDLESS + R1_LANTHANUM),
        (relaxation.r2, relaxation.r2_interval, R2_ENDLESS + R1_LANTHANUM),
    ):
        error = (interval[1, 0] - interval[0, 0]) / 2
        assert abs(value[0] - truth) < 3 * error + 0.01 * truth

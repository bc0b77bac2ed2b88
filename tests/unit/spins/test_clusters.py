"""Decays and echoes of clusters: frozen numbers, the dense road, coherence orders, refusals."""

import numpy as np
import pytest
from tests.batteries.proton_clusters import (
    A,
    cube,
    dense_signal,
    few_orientations,
    mixed_system,
    protons,
    unshifted_system,
)

from megabar.spins.clusters import (
    echo_from_cluster,
    fid_from_cluster,
    hahn_echo_from_cluster,
    solid_echo_from_cluster,
)
from megabar.spins.orientations import sphere_grid
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter
from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem

TAU = 20e-6
TIMES = 0.5e-6 * np.arange(512)
POWDER = sphere_grid(144)


def ideal(angle, phase, channel="1H"):
    return IdealPulse(channel=channel, angle=angle, phase=phase)


@pytest.mark.parametrize(
    ("count", "highest", "at"),
    [(2, 1.0, 20.0), (3, 0.8377, 17.5), (4, 0.7096, 16.5), (6, 0.6149, 17.5)],
)
def test_solid_echoes_of_the_distorted_cube(count, highest, at):
    echo = np.abs(
        solid_echo_from_cluster(cube(count), POWDER, channel="1H", delay=TAU, times=TIMES)
    )
    assert echo.max() == pytest.approx(highest, abs=1e-4)
    assert TIMES[np.argmax(echo)] == pytest.approx(at * 1e-6, abs=1e-9)


def test_solid_echo_of_four_protons_at_four_times():
    times = np.array([0, 10, 20, 40]) * 1e-6
    echo = solid_echo_from_cluster(cube(4), POWDER, channel="1H", delay=TAU, times=times)
    assert np.abs(echo) == pytest.approx([0.22931, 0.60635, 0.67975, 0.12846], abs=2e-5)


def test_solid_echo_of_six_protons_at_four_times():
    times = np.array([0, 10, 20, 40]) * 1e-6
    echo = 1j * solid_echo_from_cluster(cube(6), POWDER, channel="1H", delay=TAU, times=times)
    assert echo == pytest.approx([0.02629, 0.44028, 0.59540, -0.03322], abs=2e-5)


def test_hahn_echo_of_four_protons_only_decays():
    times = np.array([0, 20]) * 1e-6
    echo = hahn_echo_from_cluster(cube(4), POWDER, channel="1H", delay=TAU, times=times)
    assert np.abs(echo) == pytest.approx([0.22931, 0.04672], abs=2e-5)


def test_couplings_of_the_distorted_cube():
    first, second, third = cube(3).pairs
    found = [first.coupling, second.coupling, third.coupling]
    assert found == pytest.approx([16663.8, 12892.6, 4794.8], rel=1e-4)
    (apart,) = protons(A * np.array([[0, 0, 0], [0, 0, 1.0]])).pairs
    assert apart.coupling == pytest.approx(120.12e3, rel=1e-4)


@pytest.mark.parametrize("count", [2, 4, 6])
def test_norm_of_protons_is_the_trace_of_ix_squared(count):
    transverse = sum(its.x for its in cube(count).operators())
    assert np.trace(transverse @ transverse).real == pytest.approx(count * 2 ** (count - 2))


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize("channel", ["1H", "139La"])
def test_decay_with_lanthanum_and_shifts_agrees_with_dense_matrices(channel, second_order):
    system, some = mixed_system(second_order=second_order), few_orientations(3, 1)
    found = fid_from_cluster(system, some, channel=channel, times=TIMES[:80])
    expected = dense_signal(
        system, some, [ideal(np.pi / 2, np.pi / 2, channel)], channel, TIMES[:80]
    )
    assert found == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(
    ("system", "channel"),
    [
        (mixed_system(second_order=True), "1H"),
        (mixed_system(second_order=False), "139La"),
        (unshifted_system(), "1H"),
        (unshifted_system(), "139La"),
        (cube(5), "1H"),
    ],
)
@pytest.mark.parametrize("phases", [(0.0, np.pi / 2), (0.3, -1.1)])
def test_echo_of_any_angles_and_phases_agrees_with_dense_matrices(system, channel, phases):
    some = few_orientations(3, 2)
    first, second = ideal(1.2, phases[0], channel), ideal(2.1, phases[1], channel)
    found = echo_from_cluster(system, some, pulses=(first, second), delay=7e-6, times=TIMES[:60])
    expected = dense_signal(
        system, some, [first, Delay(duration=7e-6), second], channel, TIMES[:60]
    )
    assert found == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("orders", [(1,), (-1,), (0,), (-1, 1), (0, 1)])
@pytest.mark.parametrize("system", [mixed_system(second_order=False), cube(4)])
def test_kept_orders_agree_with_a_filter_between_the_pulses(system, orders):
    some = few_orientations(2, 3)
    pulses = ideal(1.0, 0.4), ideal(2.0, 1.3)
    found = echo_from_cluster(
        system, some, pulses=pulses, delay=9e-6, times=TIMES[:40], orders=orders
    )
    kept = OrderFilter(orders={"1H": orders})
    elements = [pulses[0], kept, Delay(duration=9e-6), pulses[1]]
    assert found == pytest.approx(dense_signal(system, some, elements, "1H", TIMES[:40]), abs=1e-11)


def test_one_detected_spin_agrees_with_dense_matrices():
    some = few_orientations(3, 4)
    pulses = ideal(1.0, 0.0), ideal(np.pi / 2, np.pi / 2)
    found = echo_from_cluster(
        cube(4), some, pulses=pulses, delay=TAU, times=TIMES[:40], detected=(2,)
    )
    elements = [pulses[0], Delay(duration=TAU), pulses[1]]
    expected = dense_signal(cube(4), some, elements, "1H", TIMES[:40], detected=[2])
    assert found == pytest.approx(expected, abs=1e-11)


def test_decays_of_single_spins_add_up_to_that_of_all():
    some = few_orientations(2, 5)
    words = {"channel": "1H", "times": TIMES[:60]}
    whole = fid_from_cluster(cube(5), some, **words)
    single = [fid_from_cluster(cube(5), some, detected=(n,), **words) for n in range(5)]
    assert np.mean(single, axis=0) == pytest.approx(whole, abs=1e-12)


def test_orientations_in_batches_and_one_by_one_give_the_same_mean():
    grid = sphere_grid(34)
    words = {"channel": "1H", "delay": TAU, "times": TIMES[:50]}
    whole = solid_echo_from_cluster(cube(7), grid, **words)
    parts = [
        grid.weight[n]
        * solid_echo_from_cluster(
            cube(7),
            type(grid)(alpha=grid.alpha[n : n + 1], beta=grid.beta[n : n + 1], weight=np.ones(1)),
            **words,
        )
        for n in range(len(grid))
    ]
    assert np.sum(parts, axis=0) == pytest.approx(whole, abs=1e-12)


def test_hahn_echo_refocuses_a_static_neighbour_of_another_kind():
    lanthanum = Spin(channel="139La", spin=3.5)
    pair = DipolarPair(first=0, second=1, coupling=2e3, direction=np.array([0.0, 0.6, 0.8]))
    system = SpinSystem(spins=(Spin(channel="1H", spin=0.5), lanthanum), pairs=(pair,))
    words = {"channel": "1H", "delay": 150e-6, "times": np.array([0.0, 150e-6])}
    at_once, at_tau = hahn_echo_from_cluster(system, few_orientations(5, 6), **words)
    assert at_tau == pytest.approx(-1j, abs=1e-12)
    assert abs(at_once) < 0.9


def test_an_unknown_channel_is_named_with_those_that_are_there():
    with pytest.raises(ValueError, match=r"'2H' to observe. The system has: 1H"):
        fid_from_cluster(cube(2), POWDER, channel="2H", times=TIMES)


def test_spins_of_another_channel_cannot_be_detected():
    system = mixed_system(second_order=False)
    with pytest.raises(ValueError, match="those of '1H'"):
        fid_from_cluster(system, POWDER, channel="1H", times=TIMES, detected=(3,))


def test_a_signal_without_a_scale_is_refused():
    with pytest.raises(ValueError, match="both excited and detected"):
        fid_from_cluster(cube(2), POWDER, channel="1H", times=TIMES, excited=(0,), detected=(1,))


def test_pulses_on_two_channels_are_refused():
    system = mixed_system(second_order=False)
    pulses = ideal(1.0, 0.0), ideal(1.0, 0.0, "139La")
    with pytest.raises(ValueError, match="both on the observed channel"):
        echo_from_cluster(system, POWDER, pulses=pulses, delay=TAU, times=TIMES)


def test_echoes_of_too_many_spins_point_to_the_approximation():
    with pytest.raises(ValueError, match="larger_clusters"):
        solid_echo_from_cluster(
            protons(A * np.arange(33).reshape(11, 3)), POWDER, channel="1H", delay=TAU, times=TIMES
        )

"""What phase cycles let through: by computation, for every spin."""

from itertools import product

import numpy as np
import pytest

from megabar.spins.phase_tables import (
    CPMG_8,
    CYCLOPS,
    HAHN_4,
    HAHN_16,
    HAHN_32,
    RECOVERY_16,
    SOLID_ECHO_8,
    SPIN_LOCK_8,
    PhaseTable,
    artefact_weights,
    kept_pathways,
    passing_orders,
    pathway_weights_from_phases,
)

TABLES = [CPMG_8, CYCLOPS, HAHN_4, HAHN_16, HAHN_32, RECOVERY_16, SOLID_ECHO_8, SPIN_LOCK_8]


def between(table, spin):
    return [first for first, _ in kept_pathways(table, spin=spin)]


def test_sixteen_steps_of_a_hahn_echo_leak_higher_orders_of_seven_halves():
    assert between(HAHN_16, 3.5) == [-7, -3, 1, 5]
    assert between(HAHN_4, 3.5) == [-7, -3, 1, 5]


def test_thirty_two_steps_leave_the_highest_order_alone():
    assert between(HAHN_32, 3.5) == [-7, 1]
    assert between(HAHN_32, 2.5) == [1]


@pytest.mark.parametrize("table", [HAHN_4, HAHN_16, HAHN_32])
def test_every_hahn_echo_is_selective_for_spin_half(table):
    assert between(table, 0.5) == [1]


def test_the_solid_echo_keeps_every_odd_order():
    assert between(SOLID_ECHO_8, 3.5) == list(range(-7, 8, 2))


def test_recovery_reads_populations_and_fourfold_coherence():
    assert between(RECOVERY_16, 3.5) == [-4, 0, 4]
    assert between(RECOVERY_16, 1.5) == [0]


def test_the_steps_of_the_solid_echo_are_those_that_are_published():
    assert SOLID_ECHO_8.phases["ph1"] == (0, 2, 1, 3, 0, 2, 1, 3)
    assert SOLID_ECHO_8.phases["ph2"] == (1, 1, 2, 2, 3, 3, 0, 0)
    assert HAHN_16.phases["ph1"] == (0, 1, 2, 3) * 4
    assert HAHN_16.receiver == (0, 3, 2, 1, 2, 1, 0, 3) * 2


@pytest.mark.parametrize("table", [HAHN_4, HAHN_16, HAHN_32])
def test_hahn_echoes_cancel_ring_downs_and_offsets(table):
    assert max(abs(one) for one in artefact_weights(table).values()) < 1e-15


def test_the_solid_echo_leaves_the_ring_down_of_its_first_pulse():
    left = {name: abs(one) for name, one in artefact_weights(SOLID_ECHO_8).items()}
    assert left == pytest.approx(
        {"ring-down of ph1": 1, "ring-down of ph2": 0, "offset of the receiver": 0}, abs=1e-15
    )


def test_a_weight_is_the_mean_of_its_phase_factors():
    rng = np.random.default_rng(4)
    phases, receiver = rng.uniform(0, 7, (3, 5)), rng.uniform(0, 7, 5)
    found = pathway_weights_from_phases(phases=phases, receiver=receiver, spin=1.0)
    for first, second in product(range(-2, 3), repeat=2):
        steps = np.array([first, second - first, -1 - second])
        expected = np.exp(-1j * (steps @ phases + receiver)).mean()
        assert found[first + 2, second + 2] == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_turning_all_phases_together_changes_nothing(table):
    def weights(turn):
        return pathway_weights_from_phases(
            phases=table.pulse_phases + turn, receiver=table.receiver_phases + turn, spin=2.5
        )

    np.testing.assert_allclose(weights(0.7), weights(0.0), atol=1e-14)


def test_a_filter_gives_named_orders_their_weight():
    weights = passing_orders(1.5, {1: 1.0, -1: 1j})
    assert weights.tolist() == [0, 0, 1j, 0, 1, 0, 0]
    with pytest.raises(ValueError, match="orders from -3 to 3 only"):
        passing_orders(1.5, {4: 1.0})


def test_a_table_prints_degrees():
    assert str(HAHN_4).splitlines() == [
        "4-step Hahn echo, 4 steps, phases in degrees",
        "ph1         0   0   0   0",
        "ph2         0  90 180 270",
        "receiver    0 180   0 180",
    ]


def test_rows_of_different_length_are_refused():
    with pytest.raises(ValueError, match="Found 3 phases in row 'ph1'"):
        PhaseTable(name="mine", turn=4, phases={"ph1": (0, 1, 2)}, receiver=(0, 1))
    with pytest.raises(ValueError, match="0 rows"):
        PhaseTable(name="mine", turn=4, phases={}, receiver=(0, 1))


def test_phases_without_receiver_are_refused():
    with pytest.raises(ValueError, match="one of the receiver"):
        pathway_weights_from_phases(phases=np.zeros((2, 3)), receiver=np.zeros(2), spin=0.5)
    with pytest.raises(ValueError, match="share a row"):
        pathway_weights_from_phases(phases=np.zeros((9, 4)), receiver=np.zeros(4), spin=3.5)

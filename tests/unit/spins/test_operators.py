"""Operators of one and of several spins."""

import numpy as np
import pytest

from megabar.spins.operators import (
    angular_momentum,
    coherence_orders,
    magnetic_numbers,
    product_operators,
    transition_raising,
)

SPINS = np.arange(1, 10) / 2


@pytest.mark.parametrize("spin", SPINS)
def test_components_obey_the_commutator_and_the_total_spin(spin):
    its = angular_momentum(spin)
    np.testing.assert_allclose(its.x @ its.y - its.y @ its.x, 1j * its.z, atol=1e-13)
    squared = its.x @ its.x + its.y @ its.y + its.z @ its.z
    np.testing.assert_allclose(squared, spin * (spin + 1) * np.eye(len(its.z)), atol=1e-13)


@pytest.mark.parametrize("spin", SPINS)
def test_norm_is_that_of_the_closed_form(spin):
    assert angular_momentum(spin).norm == pytest.approx(
        spin * (spin + 1) * (2 * spin + 1) / 3, rel=1e-12
    )


@pytest.mark.parametrize(("count", "expected"), [(2, 2), (4, 16), (6, 96)])
def test_norm_of_all_protons_of_a_cluster(count, expected):
    whole = np.sum([one.x for one in product_operators([0.5] * count)], axis=0)
    assert np.trace(whole @ whole).real == pytest.approx(expected, rel=1e-12)


def test_weights_of_the_transitions_of_spin_seven_halves():
    plus = angular_momentum(3.5).plus
    weights = np.abs(np.diag(plus, 1)) ** 2
    assert np.rint(weights).tolist() == [7, 12, 15, 16, 15, 12, 7]
    np.testing.assert_allclose(weights, np.rint(weights), rtol=1e-14)


def test_single_transitions_add_up_to_the_whole():
    parts = [transition_raising(3.5, upper=m) for m in magnetic_numbers(3.5)[:-1]]
    np.testing.assert_allclose(np.sum(parts, axis=0), angular_momentum(3.5).plus)


def test_rotation_about_z_multiplies_coherences_by_their_order():
    first, second = product_operators([0.5, 1.5])
    orders = coherence_orders([0.5, 1.5])
    matrix = np.random.default_rng(1).normal(size=orders.shape)
    turn = np.diag(np.exp(-1j * 0.3 * np.diag(first.z + second.z)))
    np.testing.assert_allclose(
        turn @ matrix @ turn.conj().T, np.exp(-1j * 0.3 * orders) * matrix, atol=1e-14
    )


@pytest.mark.parametrize("spin", [0.0, 0.3, 5.0, -0.5])
def test_spins_that_do_not_exist_are_refused(spin):
    with pytest.raises(ValueError, match="no operators exist"):
        angular_momentum(spin)


def test_a_transition_that_the_spin_lacks_is_refused():
    with pytest.raises(ValueError, match=r"Give one of 1\.5, 0\.5, -0\.5"):
        transition_raising(1.5, upper=2.5)


def test_an_empty_system_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        product_operators([])

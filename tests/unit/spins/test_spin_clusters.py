"""Block solution of few spins against the whole Hamiltonian, written out."""

from itertools import combinations

import numpy as np
import pytest

from megabar.spins.spin_clusters import SpinCluster

IZ = np.diag([0.5, -0.5])
UP = np.array([[0.0, 1.0], [0.0, 0.0]])


def operator(single, spin, count):
    whole = np.eye(1)
    for place in range(count):
        whole = np.kron(whole, single if place == spin else np.eye(2))
    return whole


def signal_of_the_whole(couplings, count, times):
    """Trace of I0+(t) and the sum of Ij-, in the full space of 2^count states."""
    z = [operator(IZ, spin, count) for spin in range(count)]
    plus = [operator(UP, spin, count) for spin in range(count)]
    hamiltonian = np.zeros((2**count, 2**count))
    for d, (i, j) in zip(couplings, combinations(range(count), 2), strict=True):
        flip = plus[i] @ plus[j].T
        hamiltonian += d * (2 * z[i] @ z[j] - (flip + flip.T) / 2)
    levels, states = np.linalg.eigh(hamiltonian)
    first = states.T @ plus[0] @ states
    total = states.T @ sum(plus) @ states
    frequencies = levels[:, None] - levels[None, :]
    weights = first * total
    return np.array([(weights * np.cos(frequencies * t)).sum() for t in times]) / weights.sum()


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_blocks_give_the_signal_of_the_whole_hamiltonian(count):
    random = np.random.default_rng(count)
    couplings = random.normal(size=count * (count - 1) // 2)
    times = np.linspace(0, 6, 13)
    frequencies, weights = SpinCluster(count).transitions(couplings)
    found = [(weights * np.cos(frequencies * t)).sum() for t in times]
    assert found == pytest.approx(signal_of_the_whole(couplings, count, times), abs=1e-11)


@pytest.mark.parametrize("count", [2, 5, 8])
def test_second_moment_is_nine_quarters_of_the_couplings_of_the_first_spin(count):
    random = np.random.default_rng(10 + count)
    couplings = random.normal(size=count * (count - 1) // 2)
    frequencies, weights = SpinCluster(count).transitions(couplings)
    own = couplings[: count - 1]  # the pairs (0, j) come first
    assert weights @ frequencies**2 == pytest.approx(9 / 4 * (own**2).sum(), rel=1e-10)


def test_a_pair_has_one_frequency_of_three_halves_of_its_coupling():
    frequencies, weights = SpinCluster(2).transitions(np.array([2.0]))
    seen = np.abs(frequencies[weights > 1e-12])
    assert seen == pytest.approx(np.full(len(seen), 3.0), rel=1e-12)


def test_spins_that_all_couple_alike_only_through_the_first_ignore_the_others():
    # a third spin without couplings changes nothing
    frequencies, weights = SpinCluster(3).transitions(np.array([2.0, 0.0, 0.0]))
    for t in (0.1, 0.7):
        assert (weights * np.cos(frequencies * t)).sum() == pytest.approx(np.cos(3.0 * t))

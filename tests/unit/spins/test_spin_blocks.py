"""Blocks of conserved numbers against the whole Hamiltonian, written out."""

from itertools import combinations

import numpy as np
import pytest

from megabar.spins.cluster_solutions import fid_lines
from megabar.spins.operators import product_operators
from megabar.spins.spin_blocks import SpinBlocks, solved

KINDS = {"1H": 0.5, "23Na": 1.5, "139La": 3.5}


def blocks_of(channels):
    pairs = list(combinations(range(len(channels)), 2))
    return SpinBlocks(spins=[KINDS[c] for c in channels], channels=channels, pairs=pairs)


def whole_hamiltonian(channels, couplings, energies):
    operators = product_operators([KINDS[c] for c in channels])
    total = np.zeros_like(operators[0].z)
    for d, (i, j) in zip(couplings, combinations(range(len(channels)), 2), strict=True):
        one, other = operators[i], operators[j]
        total += 2 * d * one.z @ other.z
        if channels[i] == channels[j]:
            total -= d * (one.x @ other.x + one.y @ other.y)
    for its, own in zip(operators, energies, strict=True):
        if own is not None:
            total += np.diag(own[np.rint(its.spin - np.diag(its.z).real).astype(int)])
    return total.real


def lines_of_first_proton(couplings, count):
    """Half of the lines of <I0+(t) sum Ij->; the other half is at the opposite frequencies."""
    blocks = blocks_of(["1H"] * count)
    solution = blocks.solve(couplings=couplings[None], energies=[None] * count, mirrored=True)
    lines = fid_lines(
        blocks,
        solution,
        np.ones(1),
        channel="1H",
        started=tuple(range(count)),
        seen=(0,),
        mirrored=True,
    )
    return lines.frequencies, lines.amplitudes / lines.amplitudes.sum()


@pytest.mark.parametrize(
    "channels",
    [["1H"] * 5, ["1H", "139La"], ["1H", "139La", "1H"], ["23Na", "1H", "23Na"], ["139La"] * 2],
)
def test_blocks_are_those_of_the_whole_hamiltonian_and_nothing_joins_them(channels):
    random = np.random.default_rng(len(channels))
    couplings = random.normal(size=len(channels) * (len(channels) - 1) // 2)
    energies = [random.normal(size=round(2 * KINDS[c] + 1)) for c in channels]
    whole = whole_hamiltonian(channels, couplings, energies)
    blocks = blocks_of(channels)
    rebuilt = np.zeros_like(whole)
    for k, members in enumerate(blocks.members):
        rebuilt[np.ix_(members, members)] = blocks.hamiltonian(
            k, couplings=couplings[None], energies=[one[None] for one in energies]
        )[0]
    assert rebuilt == pytest.approx(whole, abs=1e-13)


def test_blocks_of_eight_protons_have_binomial_sizes():
    sizes = [len(members) for members in blocks_of(["1H"] * 8).members]
    assert sizes == [1, 8, 28, 56, 70, 56, 28, 8, 1]


@pytest.mark.parametrize("count", [2, 3, 6, 8])
def test_mirrored_solution_solves_every_block(count):
    random = np.random.default_rng(count)
    couplings = random.normal(size=(3, count * (count - 1) // 2))
    blocks = blocks_of(["1H"] * count)
    energies = [None] * count
    solution = blocks.solve(couplings=couplings, energies=energies, mirrored=True)
    for k, members in enumerate(blocks.members):
        block = blocks.hamiltonian(k, couplings=couplings, energies=energies)
        levels, vectors = solution.levels[k], solution.vectors[k]
        assert block @ vectors == pytest.approx(vectors * levels[:, None, :], abs=1e-12)
        unit = np.broadcast_to(np.eye(len(members)), block.shape)
        assert np.swapaxes(vectors, 1, 2) @ vectors == pytest.approx(unit, abs=1e-13)


def test_halves_of_a_mirrored_matrix_have_the_levels_of_the_whole():
    random = np.random.default_rng(4)
    matrix = random.normal(size=(2, 40, 40))
    matrix += np.swapaxes(matrix, 1, 2)
    matrix += matrix[:, ::-1, ::-1]
    levels, _ = solved(matrix, mirrored=True)
    assert np.sort(levels, axis=1) == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-11)


@pytest.mark.parametrize("channels", [["1H"] * 3, ["1H", "139La", "1H"]])
def test_raising_sums_the_ladders_of_the_chosen_spins(channels):
    operators = product_operators([KINDS[c] for c in channels])
    blocks = blocks_of(channels)
    whole = np.zeros((blocks.size, blocks.size))
    for lower, upper in blocks.neighbours("1H"):
        place = np.ix_(blocks.members[upper], blocks.members[lower])
        whole[place] = blocks.raising(lower, upper, (0, 2))
    assert whole == pytest.approx((operators[0].plus + operators[2].plus).real, abs=1e-14)


@pytest.mark.parametrize("angle", [0.3, np.pi / 2, np.pi])
def test_rotation_carries_z_into_the_plane_and_leaves_other_kinds(angle):
    channels = ["1H", "139La", "1H"]
    proton, lanthanum, other = product_operators([KINDS[c] for c in channels])
    turn = blocks_of(channels).rotation("1H", angle)
    z, x = (proton.z + other.z).real, (proton.x + other.x).real
    assert turn @ z @ turn.T == pytest.approx(np.cos(angle) * z + np.sin(angle) * x, abs=1e-13)
    assert turn @ lanthanum.z.real @ turn.T == pytest.approx(lanthanum.z.real, abs=1e-13)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_lines_of_the_first_spin_give_the_signal_of_the_whole_hamiltonian(count):
    random = np.random.default_rng(count)
    couplings = random.normal(size=count * (count - 1) // 2)
    times = np.linspace(0, 6, 13)
    frequencies, weights = lines_of_first_proton(couplings, count)
    found = [(weights * np.cos(frequencies * t)).sum() for t in times]
    levels, states = np.linalg.eigh(whole_hamiltonian(["1H"] * count, couplings, [None] * count))
    plus = [one.plus.real for one in product_operators([0.5] * count)]
    products = (states.T @ plus[0] @ states) * (states.T @ sum(plus) @ states)
    apart = levels[:, None] - levels[None, :]
    expected = [(products * np.cos(apart * t)).sum() for t in times] / products.sum()
    assert found == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("count", [2, 5, 8])
def test_second_moment_is_nine_quarters_of_the_couplings_of_the_first_spin(count):
    random = np.random.default_rng(10 + count)
    couplings = random.normal(size=count * (count - 1) // 2)
    frequencies, weights = lines_of_first_proton(couplings, count)
    own = couplings[: count - 1]  # the pairs (0, j) come first
    assert weights @ frequencies**2 == pytest.approx(9 / 4 * (own**2).sum(), rel=1e-10)


def test_a_third_spin_without_couplings_leaves_the_doublet_of_a_pair():
    frequencies, weights = lines_of_first_proton(np.array([2.0, 0.0, 0.0]), 3)
    for t in (0.1, 0.7):
        assert (weights * np.cos(frequencies * t)).sum() == pytest.approx(np.cos(3.0 * t))

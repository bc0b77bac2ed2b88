"""Do the gates of dynamics let pass what density functional theory says of LaH10?

The question: limits such as "no hydrogens below 0.8 angstrom" look sane and refuse the truth.
Frames of R-3m LaH10 at 33 to 38 cubic angstrom per formula unit have a mean nearest distance of
1.01, a smallest of 0.753 angstrom, and one hydrogen in twenty with a neighbour below 0.85. They are
shuffled, so nothing is said here of growth and lifetimes.
"""

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from tests.realdata import data_path

from megabar.readers.frames import read_frames
from megabar.virtual.dynamics import Limits, gates

R3M = "lah10-rhombohedral-aimd/data/full/r3m"


@pytest.fixture(scope="module")
def nearest():
    """Distance of each hydrogen to its nearest [m], (frame, hydrogen)."""
    frames = read_frames(data_path(R3M), species=("La", "H"))
    hydrogen = [i for i, symbol in enumerate(frames.species) if symbol == "H"]
    found = np.full((50, len(hydrogen)), np.inf)
    for row, number in enumerate(range(0, 200, 4)):
        positions = frames.positions[number, hydrogen] * 1e10
        atoms = Atoms("H" * len(hydrogen), positions, cell=frames.cell[number] * 1e10, pbc=True)
        first, distance = neighbor_list("id", atoms, 2.0)
        np.minimum.at(found[row], first, distance * 1e-10)
    return found


def test_frames_of_density_functional_theory_pass(nearest):
    limits = Limits(nearest_hydrogen=1.01e-10)
    paired = (nearest < limits.pair_distance).mean(axis=1)
    passed = [
        gates.closest_gate(float(nearest.min()), limits),
        gates.nearest_gate(nearest.mean(axis=1), limits),
    ]
    assert [gate.status for gate in passed] == ["passed", "passed"]
    assert paired.mean() == pytest.approx(0.0459, rel=5e-2)


def test_limits_that_look_sane_would_refuse_them(nearest):
    closest = gates.closest_gate(float(nearest.min()), Limits(closest_hydrogen=0.8e-10))
    assert closest.status == "failed"
    peak = Limits(nearest_hydrogen=1.15e-10)  # "a first peak at 1.1 to 1.2 angstrom"
    assert gates.nearest_gate(nearest.mean(axis=1), peak).status == "failed"

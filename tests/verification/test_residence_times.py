"""Times between two hops of an atom: exponential only where atoms do not wait for vacancies.

So a spread beyond exponential accuses no network: a vacancy that comes by moves an atom twice.
"""

import numpy as np
import pytest
from tests.batteries import jump_networks

from megabar.motion import lattice_walks, trajectories
from megabar.motion.trajectories.sites import SiteHistory

PS = 1e-12


def residence_times(mechanism, *, atoms, interval, samples):
    network = jump_networks.lah10(rate_a=1 / PS, rate_b=1 / PS, x=0.122, conventional=True)
    box = lattice_walks.Lattice(network=network, repeats=(2, 2, 2))
    walk = lattice_walks.walk_lattice(
        lattice=box, atoms=atoms, mechanism=mechanism, interval=interval, samples=samples, seed=1
    )
    history = SiteHistory(
        site=walk.sites, image=walk.crossings, sites=len(box), core_radius=0.0, in_core=1.0,
        double_occupancy=0.0,
    )  # fmt: skip
    return trajectories.hop_statistics_from_sites(
        history=history, frame_interval=interval, cell=box.cell, sites=box.sites,
        kinds=(["8c"] * 2 + ["32f"] * 8) * 32,
        jumps=[(("8c", "32f"), 1.1307e-10), (("32f", "32f"), 1.2444e-10)],
    ).residence_times  # fmt: skip


def test_residence_times_of_walkers_that_ignore_each_other_are_exponential():
    """Four bonds at 1/ps; long walks, for the last residence of each atom is cut off."""
    times = residence_times("independent", atoms=40, interval=0.002 * PS, samples=40_000)
    error = 4 / np.sqrt(times.size)
    assert times.mean() / PS == pytest.approx(0.25, rel=error + 0.02)
    assert times.std() / times.mean() == pytest.approx(1, abs=error + 0.02)
    assert np.median(times) / times.mean() == pytest.approx(np.log(2), abs=error + 0.02)


def test_residence_times_by_vacancies_are_not():
    """The mean is that of equilibrium, but half of them are over in less than half their share."""
    times = residence_times("exclusion", atoms=312, interval=0.02 * PS, samples=30_000)
    assert times.mean() / PS == pytest.approx(1 / 0.1003135, rel=0.05)
    assert times.std() / times.mean() > 1.4
    assert np.median(times) / times.mean() < 0.5 * np.log(2)

"""From vibrating positions over sites, hops and rates to a diffusivity whose error is a model's.

Trajectories come from a walker of the tests' own; the collective diffusivity is known exactly.
"""

from functools import cache

import numpy as np
import pytest
from tests.batteries import vacancy_walks

from megabar.motion import lattice_walks, trajectories

ANGSTROM, PS = 1e-10, 1e-12
VACANCIES, FRAMES, INTERVAL, VIBRATION = 8, 1001, 0.02, 0.12
EXACT = 0.0217429e-8  # (M - N)/(M - 1) a2/30, M = 320, N = 312, 1/ps, a = 5.10 angstrom
JUMPS = [(("8c", "32f"), 1.1307 * ANGSTROM), (("32f", "32f"), 1.2444 * ANGSTROM)]
KINDS = (["8c"] * 8 + ["32f"] * 32) * 8


@cache
def found(count=16):
    """Statistics of hops and estimate of each trajectory."""
    where = vacancy_walks.lanthanum_decahydride()
    cell, sites = where.cell * ANGSTROM, where.sites * ANGSTROM
    results = []
    for seed in range(count):
        path = ANGSTROM * vacancy_walks.walk(
            where, vacancies=VACANCIES, frames=FRAMES, interval=INTERVAL, seed=seed
        )
        rng = np.random.default_rng(1000 + seed)
        path += VIBRATION * ANGSTROM * rng.normal(size=path.shape)
        history = trajectories.sites_from_positions(
            positions=path, cell=cell, sites=sites, core_radius=0.35 * ANGSTROM
        )
        seen = trajectories.hop_statistics_from_sites(
            history=history, frame_interval=INTERVAL * PS, cell=cell, sites=sites, kinds=KINDS,
            jumps=JUMPS,
        )  # fmt: skip
        network = trajectories.network_from_hops(seen, cell=cell, sites=sites, kinds=KINDS)
        walks = trajectories.diffusivity_bootstrap(
            lattice=lattice_walks.Lattice(network=network, repeats=(1, 1, 1)),
            atoms=path.shape[1], frame_interval=INTERVAL * PS, frames=FRAMES, fit_from=1 * PS,
            fit_to=3 * PS, vibration=VIBRATION * ANGSTROM, kind="collective", replicas=16,
            seed=seed,
        )  # fmt: skip
        results.append((seen, walks, walks.estimate(path)))
    return results


def test_rates_are_recovered_from_vibrating_positions():
    """Two in a hundred hops undo each other between frames of 0.02 ps, at a rate of 1/ps."""
    counted = sum(one.count for seen, _, _ in found() for one in seen.classes)
    exposed = sum(one.exposure for seen, _, _ in found() for one in seen.classes)
    error = 1 / np.sqrt(counted)
    assert counted / exposed * PS == pytest.approx(1 - INTERVAL, abs=INTERVAL + 3 * error)
    assert all(seen.unlisted_fraction < 0.01 for seen, _, _ in found())


def test_errors_of_the_model_cover_the_exact_diffusivity():
    values = np.array([estimate.value for _, _, estimate in found()])
    claimed = np.array([walks.relative_std for _, walks, _ in found()])
    pulls = (values / EXACT - 1) / claimed
    assert abs(pulls.mean()) < 3 / np.sqrt(len(pulls))
    assert np.std(pulls) == pytest.approx(1, abs=3 / np.sqrt(2 * len(pulls)))
    assert all(estimate.origin == "model" for _, _, estimate in found())


def test_trajectories_do_what_their_hops_say():
    deviations = np.array([estimate.deviation for _, _, estimate in found()])
    assert np.sqrt(np.mean(deviations**2)) == pytest.approx(1, abs=3 / np.sqrt(32))

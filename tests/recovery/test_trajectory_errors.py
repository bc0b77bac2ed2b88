"""Claimed errors of diffusivities against the scatter of replicas: hops into few vacancies."""

from functools import cache

import numpy as np
import pytest
from tests.batteries.vacancy_walks import lanthanum_decahydride, walk

from megabar.motion.trajectories import (
    collective_diffusivity_from_positions,
    haven_ratio,
    tracer_diffusivity_from_positions,
)

VACANCIES = 8
RUNS = {  # frames, interval [ps], longest fitted lag [ps], replicas
    "200 ps": (401, 0.5, 4.5, 400),
    "1000 ps": (2001, 0.5, 24.0, 160),
}
EXACT = 0.0217429e-8  # (M - N)/(M - 1) a2/30 with M = 320, N = 312, rate 1/ps


@cache
def replicas(run):
    """Values, claimed errors and degrees of freedom, (replica, 3) for each quantity."""
    frames, interval, longest, count = RUNS[run]
    lattice = lanthanum_decahydride()
    found = {"tracer": [], "collective": [], "haven": []}
    for seed in range(count):
        path = walk(lattice, vacancies=VACANCIES, frames=frames, interval=interval, seed=seed)
        words = {
            "positions": path * 1e-10,
            "frame_interval": interval * 1e-12,
            "fit_from": 1e-12,
            "fit_to": longest * 1e-12,
        }
        tracer = tracer_diffusivity_from_positions(**words)
        collective = collective_diffusivity_from_positions(**words)
        ratio = haven_ratio(tracer=tracer, collective=collective)
        for name, one in (("tracer", tracer), ("collective", collective), ("haven", ratio)):
            found[name].append((one.value, one.std, one.degrees_of_freedom))
    return {name: np.array(rows).T for name, rows in found.items()}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("quantity", ["tracer", "collective", "haven"])
def test_the_claimed_error_is_the_scatter_of_replicas_within_a_fifth(run, quantity):
    values, claimed, _ = replicas(run)[quantity]
    scatter = values.std(ddof=1)
    assert np.sqrt(np.mean(claimed**2)) / scatter == pytest.approx(1, abs=0.2)
    pulls = (values - values.mean()) / claimed
    assert np.mean(np.abs(pulls) < 1) >= 0.60
    assert np.sqrt(np.mean(pulls**2)) <= 1.3


@pytest.mark.parametrize("run", RUNS)
def test_replicas_scatter_about_the_exact_collective_diffusivity(run):
    values, _, _ = replicas(run)["collective"]
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert values.mean() == pytest.approx(EXACT, abs=3 * error)


@pytest.mark.parametrize("run", RUNS)
def test_the_error_is_as_uncertain_as_its_degrees_of_freedom_say(run):
    _, claimed, degrees = replicas(run)["tracer"]
    variance = claimed**2
    assert variance.std() / variance.mean() == pytest.approx(np.sqrt(2 / degrees[0]), rel=0.25)


def test_the_residuals_of_a_straight_line_would_claim_far_too_little():
    """Why no error of a line fit is ever printed."""
    frames, interval, longest, _ = RUNS["200 ps"]
    from megabar.motion.trajectories import msd_from_positions

    lags = np.arange(2, int(longest / interval) + 1)
    claimed = []
    for seed in range(20):
        path = walk(
            lanthanum_decahydride(),
            vacancies=VACANCIES,
            frames=frames,
            interval=interval,
            seed=seed,
        )
        msd = msd_from_positions(positions=path)[lags]
        covariance = np.polyfit(lags * interval, msd, 1, cov=True)[1]
        claimed.append(np.sqrt(covariance[0, 0]) / 6 * 1e-8)
    scatter = replicas("200 ps")["tracer"][0].std(ddof=1)
    assert np.sqrt(np.mean(np.square(claimed))) < 0.6 * scatter

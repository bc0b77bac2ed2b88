"""Claimed errors of diffusivities against the scatter of replicas: hops into few vacancies."""

from functools import cache

import numpy as np
import pytest
from tests.batteries.vacancy_walks import lanthanum_decahydride, walk

from megabar.motion.trajectories import (
    collective_diffusivity_from_positions,
    haven_ratio,
    msd_from_positions,
    relative_to_framework,
    tracer_diffusivity_from_positions,
    unwrap,
)
from megabar.readers.frames import read_trajectory

VACANCIES = 8
RUNS = {  # frames, interval [ps], longest fitted lag [ps], replicas
    "200 ps": (401, 0.5, 4.5, 200),
    "1000 ps": (2001, 0.5, 24.0, 160),
}
EITHER = ["200 ps", pytest.param("1000 ps", marks=pytest.mark.slow)]
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


@pytest.mark.parametrize("run", EITHER)
@pytest.mark.parametrize("quantity", ["tracer", "collective", "haven"])
def test_the_claimed_error_is_the_scatter_of_replicas_within_a_fifth(run, quantity):
    values, claimed, _ = replicas(run)[quantity]
    scatter = values.std(ddof=1)
    assert np.sqrt(np.mean(claimed**2)) / scatter == pytest.approx(1, abs=0.2)
    pulls = (values - values.mean()) / claimed
    assert np.mean(np.abs(pulls) < 1) >= 0.60
    assert np.sqrt(np.mean(pulls**2)) <= 1.3


@pytest.mark.parametrize("run", EITHER)
def test_replicas_scatter_about_the_exact_collective_diffusivity(run):
    values, _, _ = replicas(run)["collective"]
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert values.mean() == pytest.approx(EXACT, abs=3 * error)


@pytest.mark.parametrize("run", EITHER)
def test_the_error_is_as_uncertain_as_its_degrees_of_freedom_say(run):
    _, claimed, degrees = replicas(run)["tracer"]
    variance = claimed**2
    assert variance.std() / variance.mean() == pytest.approx(np.sqrt(2 / degrees[0]), rel=0.25)


def test_the_residuals_of_a_straight_line_would_claim_far_too_little():
    """Why no error of a line fit is ever printed."""
    frames, interval, longest, _ = RUNS["200 ps"]
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


def test_a_file_of_wrapped_drifting_breathing_frames_gives_the_diffusivity_of_its_walk(tmp_path):
    lattice = lanthanum_decahydride()
    path = walk(lattice, vacancies=VACANCIES, frames=401, interval=0.5, seed=3)
    rng = np.random.default_rng(3)
    edge = lattice.cell[0, 0]
    drift = np.cumsum(rng.normal(scale=0.05, size=(401, 1, 3)), axis=0)
    metal = np.zeros((401, 1, 3))
    fractions = (np.concatenate([metal, path], axis=1) + drift) / edge
    edges = edge * rng.uniform(0.98, 1.02, size=401)
    lines = []
    for number, (frame, length) in enumerate(zip(fractions, edges, strict=True), start=1):
        cell = "\n".join(" ".join(f"{x:.10f}" for x in row) for row in length * np.eye(3))
        lines.append(f"walk\n1.0\n{cell}\nLa H\n1 {path.shape[1]}\nDirect configuration= {number}")
        lines += [" ".join(f"{x % 1:.10f}" for x in row) for row in frame]
    file = tmp_path / "XDATCAR"
    file.write_text("\n".join(lines) + "\n")

    frames = read_trajectory(file, frame_interval="0.5 ps")
    paths = unwrap(
        positions=frames.positions,
        cells=frames.cell,
        time_ordered=frames.time_ordered,
        unwrapped=frames.unwrapped,
        lattice="reference",
    )
    relative = relative_to_framework(
        positions=paths.positions, species=frames.species, framework=("La",)
    )
    window = {"frame_interval": frames.interval(), "fit_from": 1e-12, "fit_to": 4.5e-12}
    found = tracer_diffusivity_from_positions(positions=relative.positions[:, 1:], **window)
    truth = tracer_diffusivity_from_positions(positions=path * 1e-10, **window)
    scale = (edges.mean() / edge) ** 2  # displacements are measured in the mean cell
    assert found.value == pytest.approx(truth.value * scale, rel=1e-6)
    assert found.std == pytest.approx(truth.std * scale, rel=1e-6)

"""Errors and biases of diffusivities from walks on the network of the hops, against exact numbers.

Trajectories are made by a walker of the tests' own, one or a few vacancies on LaH10.
"""

from functools import cache

import numpy as np
import pytest
from tests.batteries import jump_networks, vacancy_walks

from megabar.errors import Undetermined, UnknownWord
from megabar.motion import lattice_walks, trajectories
from megabar.motion.trajectories import slope_from_positions, tracer_diffusivity_from_positions

PS = 1e-12
RUN = {"frame_interval": 0.5 * PS, "frames": 101, "vibration": 0.0}  # 50 ps
WINDOWS = {
    "tracer": {"fit_from": 2.5 * PS, "fit_to": 15 * PS},
    "collective": {"fit_from": 1 * PS, "fit_to": 5 * PS},
}


def lattice(repeats, *, rate_a=1e12, rate_b=1e12):
    network = jump_networks.lah10(rate_a=rate_a, rate_b=rate_b, x=0.122, conventional=True)
    return lattice_walks.Lattice(network=network, repeats=(repeats,) * 3)


@cache
def bootstrap(kind, *, repeats=1, vacancies=1, replicas=200):
    box = lattice(repeats)
    return trajectories.diffusivity_bootstrap(
        lattice=box, atoms=len(box) - vacancies, kind=kind, replicas=replicas, seed=4,
        **RUN, **WINDOWS[kind],
    )  # fmt: skip


@cache
def paths(repeats=1, vacancies=1, count=150):
    box = vacancy_walks.lanthanum_decahydride(repeats=repeats)
    return [
        1e-10 * vacancy_walks.walk(box, vacancies=vacancies, frames=101, interval=0.5, seed=seed)
        for seed in range(count)
    ]


@pytest.mark.parametrize("ratio", [1.0, 0.1, 30.0])
def test_tracer_of_endless_time_is_that_of_one_vacancy_exactly(ratio):
    """Thirty times faster 32f-32f hops keep atoms in their cubes for very long."""
    box = lattice(1, rate_b=ratio * 1e12)
    found = trajectories.diffusivity_bootstrap(
        lattice=box, atoms=39, kind="tracer", seed=1, replicas=8, **RUN, **WINDOWS["tracer"]
    ).endless
    exact = np.trace(lattice_walks.one_vacancy_diffusivity(box.network, repeats=1)) / 3
    assert found.std < 0.02 * exact
    assert found.value == pytest.approx(exact, abs=4 * found.std)


def test_collective_of_endless_time_is_that_of_a_fixed_number_of_atoms():
    found = bootstrap("collective", repeats=2, vacancies=8)
    assert found.endless.value == pytest.approx(0.0217429e-8, rel=1e-5)
    assert found.endless.std == 0
    assert abs(found.bias) < 4 * found.bias_std  # straight from the first lag on


def test_window_of_a_short_run_reads_a_tracer_too_high():
    """The mean square displacement bends down: lags of 2.5 to 15 ps are too steep by more than
    their chord, and by less than their beginning. By a plain line, published: 8 % too high."""
    found = bootstrap("tracer", repeats=2, vacancies=8)
    plan = lattice_walks.WalkPlan(
        lattice=lattice(2), atoms=312, mechanism="exclusion", interval=0.5 * PS, samples=4000
    )
    squares = lattice_walks.measure_walks(
        plan=plan, lags=[5, 8, 30], replicas=8, seed=3, correlate=False
    )
    first, _, last = squares.lags
    chord = squares.tracer_diffusivity(shortest=first, longest=last).value
    start = squares.tracer_diffusivity(shortest=first, longest=squares.lags[1]).value
    mean = found.values.mean()
    assert chord - 3 * found.bias_std < mean < start + 3 * found.bias_std
    assert found.bias > 5 * found.bias_std
    assert found.endless.value < 0.010703e-8 + 3 * found.endless.std  # MSD/6t at 400 ps


@pytest.mark.parametrize("kind", WINDOWS)
def test_scatter_is_that_of_an_independent_walker(kind):
    found = bootstrap(kind, repeats=2, vacancies=8)
    other = [found.estimate(path).uncorrected for path in paths(2, 8)]
    spread = np.std(other, ddof=1)
    assert found.std == pytest.approx(spread, rel=3 * np.sqrt(1 / 300 + 1 / 400))
    apart = np.mean(other) - found.values.mean()
    assert abs(apart) < 4 * np.hypot(spread / np.sqrt(150), found.std / np.sqrt(200))


@pytest.mark.parametrize("kind", WINDOWS)
def test_claimed_errors_cover_the_exact_diffusivity(kind):
    """One vacancy on 40 sites, where both diffusivities are exact."""
    box = lattice(1)
    exact = (
        np.trace(lattice_walks.one_vacancy_diffusivity(box.network, repeats=1)) / 3
        if kind == "tracer"
        else lattice_walks.free_diffusivity(box.network) / 39
    )
    found = [bootstrap(kind).estimate(path) for path in paths()]
    values = np.array([one.value for one in found])
    assert {one.origin for one in found} == {"model"}
    assert values.mean() == pytest.approx(
        exact, abs=4 * np.hypot(values.std() / np.sqrt(len(values)), bootstrap(kind).bias_std)
    )
    scatter = values.std(ddof=1)
    claimed = exact * bootstrap(kind).relative_std
    assert claimed == pytest.approx(scatter, rel=0.2)


def test_a_trajectory_of_other_rates_is_told_from_the_walks():
    box = vacancy_walks.lanthanum_decahydride(repeats=2)
    faster = 1e-10 * vacancy_walks.walk(box, vacancies=8, frames=101, interval=0.75, seed=1)
    found = bootstrap("tracer", repeats=2, vacancies=8)
    assert found.estimate(faster).deviation > 4
    assert abs(found.estimate(paths(2, 8)[0]).deviation) < 4


def test_vibrations_add_scatter_at_short_lags():
    box = lattice(2)
    scatter = [
        trajectories.diffusivity_bootstrap(
            lattice=box, atoms=312, frame_interval=0.5 * PS, frames=101, vibration=rms,
            fit_from=0.5 * PS, fit_to=1 * PS, kind="collective", replicas=100, seed=2,
        ).std
        for rms in (0.0, 0.3e-10)
    ]  # fmt: skip
    assert scatter[1] > 1.3 * scatter[0]


def test_the_slope_alone_is_the_value_with_an_error():
    path = 1e-10 * vacancy_walks.walk(
        vacancy_walks.lanthanum_decahydride(), vacancies=8, frames=401, interval=0.5, seed=1
    )
    words = {"positions": path, "frame_interval": 0.5 * PS, "fit_from": PS, "fit_to": 4 * PS}
    assert slope_from_positions(**words) == tracer_diffusivity_from_positions(**words).value
    words["positions"] = path[:8]
    with pytest.raises(ValueError, match="8 frames for lags up to 8 intervals"):
        slope_from_positions(**words)


def test_what_cannot_be_repeated_is_refused():
    words = {**RUN, **WINDOWS["tracer"], "lattice": lattice(1), "atoms": 39, "seed": 1}
    with pytest.raises(UnknownWord, match="kind"):
        trajectories.diffusivity_bootstrap(kind="chemical", **words)
    with pytest.raises(ValueError, match="2 replicas"):
        trajectories.diffusivity_bootstrap(kind="tracer", replicas=2, **words)
    with pytest.raises(ValueError, match="errors are not those of this trajectory"):
        bootstrap("tracer").estimate(paths()[0][:50])
    closed = lattice_walks.network_from_sites(
        cell=5.1e-10 * np.eye(3), sites=lattice(1).sites, kinds=(["8c"] * 2 + ["32f"] * 8) * 4,
        occupancies=np.full(40, 0.9),
        jumps=[lattice_walks.JumpClass(kinds=("8c", "32f"), distance=1.1307e-10, rate=1e12)],
    )  # fmt: skip
    words["lattice"] = lattice_walks.Lattice(network=closed, repeats=(1, 1, 1))
    with pytest.raises(Undetermined, match="0 of three directions") as caught:
        trajectories.diffusivity_bootstrap(kind="tracer", **words)
    assert caught.value.quality == "not reached"

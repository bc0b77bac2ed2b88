"""Diffusivities of walks that are known exactly, and what is refused."""

import numpy as np
import pytest
from tests.batteries.vacancy_walks import lanthanum_decahydride, simple_cube, walk

from megabar.errors import Undetermined
from megabar.motion.trajectories import (
    Estimate,
    collective_diffusivity_from_positions,
    combined,
    haven_ratio,
    msd_from_positions,
    relative_std_of_one_walker,
    tracer_diffusivity_from_positions,
)
from megabar.motion.trajectories import diffusivities as module

WINDOW = {"frame_interval": 1e-12, "fit_from": 1e-12, "fit_to": 5e-12}


def brownian(seed, *, frames=2000, atoms=20, step=1e-10):
    steps = np.random.default_rng(seed).normal(scale=step, size=(frames, atoms, 3))
    return np.cumsum(steps, axis=0)


def test_one_free_walker_has_the_scatter_of_its_formula():
    assert relative_std_of_one_walker(lag=1.0, duration=10.0) == pytest.approx(0.2222, abs=1e-4)
    found = [
        msd_from_positions(positions=brownian(s, frames=401, atoms=1))[40] for s in range(3000)
    ]
    scatter = np.std(found) / np.mean(found)
    assert scatter == pytest.approx(0.2222, rel=0.05)  # 1.3 % from the count, 0.9 % from T = 10 t
    for lag in (0.0, 3.0):
        with pytest.raises(ValueError, match="up to a fifth"):
            relative_std_of_one_walker(lag=lag, duration=10.0)


def test_weights_give_a_line_its_slope_and_height():
    lags = np.array([1, 2, 3, 5, 8, 13])
    slopes, heights = module.line_weights(lags)
    line = 0.7 + 0.3 * lags
    assert slopes @ line == pytest.approx(0.3, rel=1e-10)
    assert heights @ line == pytest.approx(0.7, rel=1e-10)


def test_the_covariance_behind_the_weights_is_that_of_overlapping_windows():
    """A slope over few lags of a free walker scatters no more than end points or least squares."""
    lags = np.arange(1, 11)
    paths = [brownian(seed, frames=1000, atoms=1) for seed in range(400)]
    curves = np.array([msd_from_positions(positions=path)[lags] for path in paths])
    ours = np.std(curves @ module.line_weights(lags)[0])
    ends = np.std(curves[:, -1] - curves[:, 0]) / 9
    fitted = np.std(np.polyfit(lags, curves.T, 1)[0])
    assert ours < fitted < 1.05 * ends
    assert ours < 0.75 * fitted


def test_a_constant_under_the_line_is_the_intercept_and_not_diffusion():
    rng = np.random.default_rng(4)
    shaken = brownian(1, frames=8000) + rng.normal(scale=5e-10, size=(8000, 20, 3))
    found = tracer_diffusivity_from_positions(positions=shaken, **WINDOW)
    assert found.value == pytest.approx(5e-9, abs=3 * found.std)
    assert found.intercept == pytest.approx(6 * 25e-20, rel=0.02)


def test_batches_know_the_error_of_a_correlated_mean():
    """An autoregressive series: the variance of its mean is (1 + a)/(1 - a) that of white noise."""
    rng = np.random.default_rng(7)
    a, count = 0.8, 4000
    noise = rng.normal(size=(400, count))
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0] / np.sqrt(1 - a**2)
    for k in range(1, count):
        series[:, k] = a * series[:, k - 1] + noise[:, k]
    truth = 1 / (1 - a) ** 2 / count
    found = [module._variance_of_mean(row, 250) for row in series]
    assert np.mean(found) == pytest.approx(truth, rel=0.06)
    claimed = np.sqrt(2 / (module._OVERLAP_GAIN * (count / 250 - 1)))
    assert np.std(found) / np.mean(found) == pytest.approx(claimed, rel=0.15)


def test_the_collective_diffusivity_of_exclusion_is_that_of_the_fixed_number_of_atoms():
    """(M - N)/(M - 1) D0: at 40 sites the textbook 1 - c would be 2.6 % low."""
    lattice = lanthanum_decahydride(repeats=1)
    assert lattice.neighbours.shape == (40, 4)
    found = combined(
        [
            collective_diffusivity_from_positions(
                positions=walk(lattice, vacancies=4, frames=8000, interval=0.4, seed=seed) * 1e-10,
                frame_interval=0.4e-12,
                fit_from=1.6e-12,  # the two bonds of a site even out as exp(-3 t/ps)
                fit_to=4.0e-12,
            )
            for seed in range(60)
        ]
    )
    assert found.relative_std < 0.008
    assert found.value == pytest.approx(0.0889231e-8, abs=3 * found.std)
    assert abs(found.value - 0.0867e-8) > 1.5 * found.std


def test_a_lone_vacancy_correlates_the_tracer_of_a_simple_cube():
    """f = 0.65311 for a lone vacancy in an infinite crystal, and D = f c_v a2 W."""
    sites = 6**3
    found = combined(
        [
            tracer_diffusivity_from_positions(
                positions=walk(
                    simple_cube(repeats=6), vacancies=1, frames=6000, interval=5.0, seed=s
                )
                * 1e-10,
                frame_interval=5e-12,
                fit_from=40e-12,
                fit_to=140e-12,
            )
            for s in range(24)
        ]
    )
    expected = 0.65311 / (sites - 1)
    assert found.relative_std < 0.01
    assert found.value == pytest.approx(expected * 1e-8, rel=0.03)  # finite box and lags


def test_atoms_that_ignore_each_other_have_a_haven_ratio_of_one():
    path = brownian(11, frames=20_000)
    ratio = haven_ratio(
        tracer=tracer_diffusivity_from_positions(positions=path, **WINDOW),
        collective=collective_diffusivity_from_positions(positions=path, **WINDOW),
    )
    assert ratio.relative_std < 0.05
    assert ratio.value == pytest.approx(1, abs=3 * ratio.std)


def test_windows_of_a_haven_ratio_may_differ():
    path = brownian(12, frames=4000)
    tracer = tracer_diffusivity_from_positions(positions=path, **{**WINDOW, "fit_to": 20e-12})
    collective = collective_diffusivity_from_positions(positions=path, **WINDOW)
    ratio = haven_ratio(tracer=tracer, collective=collective)
    assert ratio.value == tracer.value / collective.value
    assert ratio.relative_std == pytest.approx(collective.relative_std, rel=0.5)


def test_atoms_in_step_have_a_haven_ratio_of_one_over_their_number():
    path = np.repeat(brownian(13, atoms=1), 8, axis=1)
    tracer = tracer_diffusivity_from_positions(positions=path, **WINDOW)
    collective = collective_diffusivity_from_positions(positions=path, **WINDOW)
    ratio = haven_ratio(tracer=tracer, collective=collective)
    assert ratio.value == pytest.approx(1 / 8, rel=1e-9)
    assert ratio.std < 1e-9  # numerator and denominator are one number
    assert tracer.relative_std == pytest.approx(collective.relative_std)


def test_a_run_too_short_for_an_honest_error_is_refused():
    words = {**WINDOW, "fit_to": 50e-12}
    with pytest.raises(Undetermined, match="less than 41 times the longest lag") as refused:
        tracer_diffusivity_from_positions(positions=brownian(1), **words)
    assert refused.value.quality == "not reached"
    found = tracer_diffusivity_from_positions(positions=brownian(1, frames=2050), **words)
    assert found.degrees_of_freedom == pytest.approx(10.5)


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ({"fit_to": 1.4e-12}, "needs two lags"),
        ({"fit_from": 6e-12}, "needs two lags"),
        ({"frame_interval": 0.0}, "time must pass"),
    ],
)
def test_impossible_windows_are_refused(words, match):
    with pytest.raises(ValueError, match=match):
        tracer_diffusivity_from_positions(positions=brownian(1), **{**WINDOW, **words})


def test_the_window_takes_lags_that_rounding_would_lose():
    words = {"frame_interval": 0.1e-12, "fit_from": 0.3e-12, "fit_to": (0.1 + 0.2 + 0.4) * 1e-12}
    found = tracer_diffusivity_from_positions(positions=brownian(1), **words)
    np.testing.assert_allclose(found.lags, np.arange(3, 8) * 1e-13)


def test_what_does_not_move_has_no_diffusivity():
    with pytest.raises(ValueError, match="do not move"):
        tracer_diffusivity_from_positions(positions=np.zeros((500, 2, 3)), **WINDOW)
    still = Estimate(value=0.0, std=1.0, degrees_of_freedom=8.0)
    with pytest.raises(ValueError, match="positive ones"):
        haven_ratio(tracer=still, collective=still)


def test_two_replicas_have_no_scatter_to_speak_of():
    with pytest.raises(ValueError, match="3 or more"):
        combined([Estimate(value=1.0, std=0.1, degrees_of_freedom=8.0)] * 2)

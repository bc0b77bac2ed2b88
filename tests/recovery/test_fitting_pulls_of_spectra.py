"""Dependent points make errors too small, by as much as derived; and what an amplitude can know."""

from dataclasses import replace

import numpy as np
import pytest
from tests.batteries.fitters import check_pulls

from megabar import fitting

DWELL = 1e-6
TIMES = DWELL * np.arange(1024)
WIDTH = 4e3
TRUTH = {"frequency": 0.0, "fwhm": WIDTH, "amplitude": 40.0}
WINDOW = np.exp(-np.pi * WIDTH * TIMES)


def spectra(
    zero_fill: int, *, n: int, seed: int, window: np.ndarray | None = None
) -> tuple[fitting.Model, np.ndarray, np.ndarray]:
    """Return model, frequencies within 60 kHz, and n noisy real spectra there."""
    model = fitting.transformed(
        fitting.fid_lorentzian(phase=0.0), TIMES, zero_fill=zero_fill, window=window
    )
    grid = fitting.frequency_grid(TIMES, zero_fill=zero_fill)
    near = grid[np.abs(grid) < 6e4]
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n, 1024)) + 1j * rng.normal(size=(n, 1024))
    noise[:, 0] /= 2
    if window is not None:
        noise = noise * window
    transform = np.exp(-2j * np.pi * np.outer(TIMES, near)) * DWELL
    clean = model.evaluate(near, list(TRUTH.values()))
    return model, near, clean + (noise @ transform).real


def scatter_over_claim(
    zero_fill: int, *, window: np.ndarray | None = None, n: int = 400
) -> np.ndarray:
    """Fit as if points were independent; return scatter over claimed error of fwhm, amplitude."""
    model, near, data = spectra(zero_fill, n=n, seed=21, window=window)
    careless = replace(model, noise_correlated="")
    level = DWELL * np.linalg.norm(np.ones(1024) if window is None else window)
    fits = fitting.fit_series(careless, near, data, noise_std=level, start=[0.0, WIDTH])
    values = np.array([result.values for result in fits])
    claims = np.array([result.std for result in fits])
    return (values.std(axis=0) / claims.mean(axis=0))[1:]


@pytest.mark.parametrize("zero_fill", [1, 2])
def test_errors_are_honest_up_to_zero_fill_two(zero_fill: int) -> None:
    assert scatter_over_claim(zero_fill) == pytest.approx([1.0, 1.0], abs=3 / np.sqrt(2 * 400))


@pytest.mark.parametrize("zero_fill", [4, 8])
def test_errors_are_too_small_by_the_root_of_half_the_zero_fill(zero_fill: int) -> None:
    factor = np.sqrt(zero_fill / 2)
    seen = scatter_over_claim(zero_fill)
    assert seen == pytest.approx([factor, factor], rel=4 / np.sqrt(2 * 400))


@pytest.mark.parametrize("zero_fill", [1, 2])
def test_errors_under_a_window_are_too_small_by_what_the_covariance_derives(
    zero_fill: int,
) -> None:
    # scatter I J C J' I of an estimator that takes C for a multiple of 1; the line is then twice
    # as wide and textbook formulas for a Lorentzian line give J
    near = fitting.frequency_grid(TIMES, zero_fill=zero_fill)
    near = near[np.abs(near) < 6e4]
    half = WIDTH
    inverse = 1 / (near**2 + half**2)
    slopes = np.stack([half * inverse, (near**2 - half**2) * inverse**2])  # area, half width
    phases = np.exp(-2j * np.pi * np.outer(near, TIMES)) * WINDOW
    phases[:, 0] /= 2
    covariance = (phases @ phases.conj().T).real
    inner = np.linalg.inv(slopes @ slopes.T)
    scatter = np.diag(inner @ slopes @ covariance @ slopes.T @ inner)
    area, width = np.sqrt(scatter / (covariance[0, 0] * np.diag(inner)))
    assert area > 3
    seen = scatter_over_claim(zero_fill, window=WINDOW)
    assert seen == pytest.approx([width, area], rel=4 / np.sqrt(2 * 400))


@pytest.mark.parametrize(("zero_fill", "window"), [(4, None), (1, WINDOW), (4, WINDOW)])
def test_errors_are_honest_again_with_the_covariance(
    zero_fill: int, window: np.ndarray | None
) -> None:
    model, near, data = spectra(zero_fill, n=300, seed=22, window=window)
    covariance = fitting.spectral_noise_covariance(TIMES, near, noise_std=1.0, window=window)
    check_pulls(
        model,
        TRUTH,
        near,
        data,
        seed=22,
        scales={"frequency": WIDTH},
        noise_std=None,
        noise_covariance=covariance,
    )


SHORT = 5e-6 + 0.5e-6 * np.arange(1024)


@pytest.mark.parametrize(("fwhm", "bound"), [(8e3, 0.179), (38e3, 0.609)])
def test_amplitude_of_known_shape_reaches_the_bound_of_cramer_and_rao(
    fwhm: float, bound: float
) -> None:
    model = fitting.fid_lorentzian(phase=0.0)
    result = fitting.fit(
        model,
        SHORT,
        model.evaluate(SHORT, [0.0, fwhm, 30.0]),
        noise_std=1.0,
        start={},
        fixed={"frequency": 0.0, "fwhm": fwhm},
    )
    assert result["amplitude"][1] == pytest.approx(bound, rel=5e-3)


@pytest.mark.parametrize("phase", [None, 0.0])
def test_amplitude_of_free_width_pays_for_it_but_not_for_frequency_and_phase(
    phase: float | None,
) -> None:
    model = fitting.fid_lorentzian(phase=phase)
    truth = [0.0, 38e3, 30.0] if phase is not None else [0.0, 38e3, 30.0, 0.0]
    result = fitting.fit(
        model, SHORT, model.evaluate(SHORT, truth), noise_std=1.0, start=[10.0, 38e3]
    )
    name = "amplitude" if phase is not None else "amplitude_real"
    assert result[name][1] == pytest.approx(1.437, rel=5e-3)


def test_background_of_a_record_costs_amplitude_what_its_normal_matrix_says() -> None:
    model = fitting.combine(fitting.fid_lorentzian(phase=0.0), background=0)
    truth = [0.0, 38e3, 30.0, 0.0]
    result = fitting.fit(
        model, SHORT, model.evaluate(SHORT, truth), noise_std=1.0, start=[10.0, 38e3]
    )
    decay = np.exp(-np.pi * 38e3 * SHORT)
    design = np.stack([decay, -np.pi * SHORT * 30.0 * decay, np.ones_like(SHORT)])
    expected = np.sqrt(np.linalg.inv(design @ design.T)[0, 0])
    assert result["amplitude"][1] == pytest.approx(expected, rel=1e-4)
    assert expected > 1.437


def test_amplitude_near_the_noise_is_not_biased_if_shape_and_phase_are_known() -> None:
    model = fitting.fid_lorentzian(phase=0.0)
    rng = np.random.default_rng(23)
    fixed = {"frequency": 0.0, "fwhm": 38e3}
    for truth in (0.0, 3.0):
        clean = model.evaluate(SHORT, [0.0, 38e3, truth])
        data = clean + rng.normal(size=(500, 1024)) + 1j * rng.normal(size=(500, 1024))
        fits = fitting.fit_series(model, SHORT, data, noise_std=1.0, start={}, fixed=fixed)
        found = np.array([result["amplitude"][0] for result in fits])
        assert abs(found.mean() - truth) < 3 * 0.609 / np.sqrt(500)
        assert found.std() == pytest.approx(0.609, rel=3 / np.sqrt(2 * 500))

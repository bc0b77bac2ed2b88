"""Exact spectra: against the sum that defines them, and the traps of their noise."""

import numpy as np
import pytest

from megabar import fitting
from megabar.errors import Undetermined

DWELL = 1e-6
VALUES = [1.2e4, 8e3, 5e3, 20.0, 10.0]


def dft(times: np.ndarray, signal: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    return DWELL * np.exp(-2j * np.pi * np.outer(frequencies, times)) @ signal


@pytest.mark.parametrize("points", [64, 65])
@pytest.mark.parametrize("first", [-20.0, 3.0, 7.5])
@pytest.mark.parametrize("zero_fill", [1, 2, 3])
def test_spectrum_is_the_sum_that_defines_it(points: int, first: float, zero_fill: int) -> None:
    times = DWELL * (first + np.arange(points))
    grid = fitting.frequency_grid(times, zero_fill=zero_fill)
    assert np.all(np.diff(grid) > 0)
    model = fitting.transformed(fitting.fid_voigt(), times, zero_fill=zero_fill, part="complex")
    signal = fitting.fid_voigt().evaluate(times, VALUES)
    expected = dft(times, signal, grid)
    np.testing.assert_allclose(model.evaluate(grid, VALUES), expected, atol=1e-10 * DWELL * 640)
    some = grid[5:20:3]
    np.testing.assert_allclose(
        model.evaluate(some, VALUES), expected[5:20:3], atol=1e-10 * DWELL * 640
    )


def test_twice_the_real_part_integrates_to_the_first_point() -> None:
    times = DWELL * np.arange(128)
    grid = fitting.frequency_grid(times, zero_fill=2)
    model = fitting.transformed(fitting.fid_voigt(phase=0.0), times, zero_fill=2)
    spectrum = model.evaluate(grid, [1.2e4, 8e3, 5e3, 7.0])
    assert 2 * np.sum(spectrum) * (grid[1] - grid[0]) == pytest.approx(7.0, rel=1e-12)


def test_wide_spectrum_of_a_full_record_is_the_line_of_the_textbook() -> None:
    times = 1e-7 * np.arange(8192)
    grid = fitting.frequency_grid(times)
    near = grid[np.abs(grid) < 1e5]
    model = fitting.transformed(fitting.fid_lorentzian(phase=0.0), times)
    line = fitting.line_lorentzian().evaluate(near, [0.0, 2e4, 0.5])
    got = model.evaluate(near, [0.0, 2e4, 1.0])
    np.testing.assert_allclose(got, line, atol=1e-3 * line.max())


def test_real_part_keeps_both_components_of_a_complex_amplitude() -> None:
    times = DWELL * (3 + np.arange(64))
    grid = fitting.frequency_grid(times)
    whole = fitting.transformed(fitting.fid_voigt(), times, part="complex")
    real = fitting.transformed(fitting.fid_voigt(), times, part="real")
    assert real.names == whole.names
    np.testing.assert_allclose(
        real.evaluate(grid, VALUES), whole.evaluate(grid, VALUES).real, atol=1e-15
    )


def test_fit_of_the_whole_spectrum_is_the_fit_of_its_record() -> None:
    rng = np.random.default_rng(8)
    times = DWELL * (3 + np.arange(200))
    decay = fitting.fid_lorentzian()
    clean = decay.evaluate(times, [1.2e4, 9e3, 20.0, 10.0])
    record = clean + rng.normal(size=200) + 1j * rng.normal(size=200)
    in_time = fitting.fit(decay, times, record, noise_std=1.0, start=[1e4, 8e3])
    grid = fitting.frequency_grid(times)
    in_frequency = fitting.fit(
        fitting.transformed(decay, times, part="complex"),
        grid,
        dft(times, record, grid),
        noise_std=DWELL * np.sqrt(200),  # Parseval
        start=[1e4, 8e3],
    )
    np.testing.assert_allclose(in_frequency.values, in_time.values, rtol=1e-6)
    np.testing.assert_allclose(in_frequency.std, in_time.std, rtol=1e-6)
    assert in_frequency.chi2 == pytest.approx(in_time.chi2)


def test_apodised_and_filled_spectrum_with_its_covariance_is_the_fit_of_the_record() -> None:
    rng = np.random.default_rng(9)
    times = DWELL * (3 + np.arange(60))
    window = np.exp(-times / 4e-5)
    decay = fitting.fid_lorentzian()
    clean = decay.evaluate(times, [1.2e4, 1.5e4, 20.0, 10.0])
    record = clean + rng.normal(size=60) + 1j * rng.normal(size=60)
    in_time = fitting.fit(decay, times, record, noise_std=1.0, start=[1e4, 1e4])
    grid = fitting.frequency_grid(times, zero_fill=4)
    in_frequency = fitting.fit(
        fitting.transformed(decay, times, zero_fill=4, window=window, part="complex"),
        grid,
        dft(times, window * record, grid),
        noise_std=None,
        noise_covariance=fitting.spectral_noise_covariance(
            times, grid, noise_std=1.0, window=window, part="complex"
        ),
        start=[1e4, 1e4],
    )
    np.testing.assert_allclose(in_frequency.values, in_time.values, rtol=1e-5)
    np.testing.assert_allclose(in_frequency.std, in_time.std, rtol=1e-5)
    assert in_frequency.degrees_of_freedom == in_time.degrees_of_freedom


@pytest.mark.parametrize("part", ["real", "complex"])
def test_covariance_is_that_of_transformed_noise(part: str) -> None:
    rng = np.random.default_rng(10)
    times = DWELL * (3 + np.arange(16))
    window = np.linspace(1, 0.2, 16)
    grid = fitting.frequency_grid(times, zero_fill=2)[::3]
    noise = rng.normal(size=(40_000, 16)) + 1j * rng.normal(size=(40_000, 16))
    spectra = dft(times, (window * noise).T, grid) / DWELL
    if part == "real":
        seen = spectra.real @ spectra.real.T / 40_000
    else:
        seen = spectra @ spectra.conj().T / 40_000 / 2
    expected = fitting.spectral_noise_covariance(
        times, grid, noise_std=1.0 / DWELL, window=window, part=part
    )
    variance = np.sum(window**2)
    assert np.abs(seen - expected).max() < 5 * variance * np.sqrt(2 / 40_000)


FID = 5e-6 + DWELL * np.arange(512)
ECHO = DWELL * np.arange(-256, 256)


@pytest.mark.parametrize(
    ("times", "zero_fill", "part", "words"),
    [
        (FID, 1, "real", ""),
        (FID, 2, "real", ""),
        (FID, 4, "real", "errors too small by about 1.4"),
        (FID, 8, "real", "errors too small by about 2.0"),
        (FID, 1, "complex", ""),
        (FID, 2, "complex", "errors too small by about 1.4"),
        (ECHO, 1, "real", ""),
        (ECHO, 2, "real", "errors too small by about 1.4"),
        (ECHO, 1, "complex", ""),
    ],
)
def test_model_knows_which_spectra_have_independent_points(
    times: np.ndarray, zero_fill: int, part: str, words: str
) -> None:
    model = fitting.transformed(fitting.fid_gaussian(), times, zero_fill=zero_fill, part=part)
    assert words in model.noise_correlated
    assert bool(words) == bool(model.noise_correlated)


@pytest.mark.parametrize("zero_fill", [1, 2, 4])
def test_model_knows_that_a_window_correlates_noise_at_any_zero_fill(zero_fill: int) -> None:
    model = fitting.transformed(
        fitting.fid_gaussian(), FID, zero_fill=zero_fill, window=np.exp(-FID / 1e-4)
    )
    assert model.noise_correlated == "noise correlated by a window"


def test_fit_refuses_dependent_points_without_their_covariance() -> None:
    model = fitting.combine(
        fitting.transformed(fitting.fid_lorentzian(phase=0.0), FID, zero_fill=4), background=0
    )
    grid = fitting.frequency_grid(FID, zero_fill=4)
    with pytest.raises(Undetermined, match="zero fill 4"):
        fitting.fit(model, grid, np.ones(grid.size), noise_std=1.0, start=[0.0, 1e4])


def test_spectrum_refuses_frequencies_off_its_grid() -> None:
    model = fitting.transformed(fitting.fid_lorentzian(phase=0.0), FID)
    with pytest.raises(ValueError, match="frequency_grid"):
        model.evaluate([123.4], [0.0, 1e4, 1.0])


def test_spectrum_refuses_unequal_times() -> None:
    with pytest.raises(ValueError, match="not equally spaced"):
        fitting.transformed(fitting.fid_lorentzian(), [0.0, 1.0, 3.0])


def test_spectrum_refuses_an_unknown_part() -> None:
    with pytest.raises(ValueError, match="'real' or 'complex'"):
        fitting.transformed(fitting.fid_lorentzian(), FID, part="imaginary")

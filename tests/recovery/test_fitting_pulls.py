"""Every model through every fitter: pulls have mean 0 and width 1 from starts 20 % off."""

import numpy as np
import pytest
from tests.batteries.fitters import (
    check_fitter,
    check_fitters_agree,
    check_pulls,
    check_shared_fitter,
)

from megabar import fitting

TIMES = 5e-6 + 1e-6 * np.arange(160)
ECHO = 1e-6 * np.arange(-20, 140)
AXIS = np.linspace(-40.0, 40.0, 161)
DELAYS = np.geomspace(0.02, 30.0, 64)
DWELL = 1e-6
GRID_1 = fitting.frequency_grid(TIMES)
GRID_2 = fitting.frequency_grid(TIMES, zero_fill=2)
SPECTRAL = DWELL * np.sqrt(TIMES.size)  # noise of a spectral point for unit noise of the record

AMPLITUDE = {"amplitude_real": 40.0, "amplitude_imag": -25.0}
DECAY = {"frequency": 4e3, "fwhm": 1e4} | AMPLITUDE
VOIGT = {"frequency": 4e3, "fwhm_gaussian": 1.2e4, "fwhm_lorentzian": 8e3} | AMPLITUDE
LINE = {"frequency": 3.0, "fwhm": 8.0, "area": 100.0}
TWO_TIMES = {"time_constant_fast": 0.4, "time_constant_slow": 5.0}
BY_WIDTH = {"frequency": 1e4}

CASES = {
    "lorentzian decay": (fitting.fid_lorentzian(), DECAY, TIMES, 1.0, BY_WIDTH),
    "gaussian decay": (fitting.fid_gaussian(), DECAY, TIMES, 1.0, BY_WIDTH),
    "voigt decay": (
        fitting.fid_voigt(),
        VOIGT | {"amplitude_real": 200.0},
        TIMES,
        1.0,
        BY_WIDTH,
    ),
    "decay of known phase": (
        fitting.fid_lorentzian(phase=0.5),
        {"frequency": 4e3, "fwhm": 1e4, "amplitude": 40.0},
        TIMES,
        1.0,
        BY_WIDTH,
    ),
    "solid echo": (
        fitting.solid_echo(fitting.fid_gaussian(), echo_delay=2.5e-5),
        DECAY,
        ECHO,
        1.0,
        BY_WIDTH,
    ),
    "two decays and an offset": (
        fitting.combine(
            fitting.fid_lorentzian(), fitting.fid_gaussian(), labels=["a", "b"], background=0
        ),
        {
            "frequency_a": 4e3,
            "fwhm_a": 1e4,
            "frequency_b": -3e4,
            "fwhm_b": 1.5e4,
            "amplitude_a_real": 60.0,
            "amplitude_a_imag": 10.0,
            "amplitude_b_real": -50.0,
            "amplitude_b_imag": 40.0,
            "background_0_real": 0.5,
            "background_0_imag": -0.2,
        },
        TIMES,
        1.0,
        {"frequency_a": 1e4, "frequency_b": 1e4},
    ),
    "real spectrum": (
        fitting.transformed(fitting.fid_lorentzian(phase=0.0), TIMES),
        {"frequency": 4e3, "fwhm": 1e4, "amplitude": 40.0},
        GRID_1,
        SPECTRAL,
        BY_WIDTH,
    ),
    "complex spectrum": (
        fitting.transformed(fitting.fid_gaussian(), TIMES, part="complex"),
        DECAY,
        GRID_1,
        SPECTRAL,
        BY_WIDTH,
    ),
    "lorentzian line": (fitting.line_lorentzian(), LINE, AXIS, 0.2, {}),
    "gaussian line": (fitting.line_gaussian(), LINE, AXIS, 0.2, {}),
    "voigt line": (
        fitting.line_voigt(),
        {"frequency": 3.0, "fwhm_gaussian": 7.0, "fwhm_lorentzian": 5.0, "area": 100.0},
        AXIS,
        0.04,
        {},
    ),
    "line and background": (
        fitting.combine(fitting.line_gaussian(), background=2),
        LINE | {"background_0": 1.0, "background_1": 0.3, "background_2": -0.4},
        AXIS,
        0.2,
        {},
    ),
    "exponential decay": (
        fitting.exponential_decay(),
        {"time_constant": 2.0, "amplitude": 10.0},
        DELAYS,
        0.2,
        {},
    ),
    "exponential decay and offset": (
        fitting.exponential_decay(offset=True),
        {"time_constant": 2.0, "amplitude": 10.0, "offset": 1.0},
        DELAYS,
        0.2,
        {},
    ),
    "stretched decay": (
        fitting.stretched_decay(),
        {"time_constant": 2.0, "stretching": 0.7, "amplitude": 10.0},
        DELAYS,
        0.1,
        {},
    ),
    "biexponential decay": (
        fitting.biexponential_decay(),
        TWO_TIMES | {"amplitude_fast": 10.0, "amplitude_slow": 10.0},
        DELAYS,
        0.05,
        {},
    ),
    "recovery": (
        fitting.recovery(),
        {"time_constant": 2.0, "plateau": 10.0, "depth": 18.0},
        DELAYS,
        0.2,
        {},
    ),
    "saturation recovery": (
        fitting.recovery(initial=0.0),
        {"time_constant": 2.0, "plateau": 10.0},
        DELAYS,
        0.2,
        {},
    ),
    "stretched recovery": (
        fitting.stretched_recovery(),
        {"time_constant": 2.0, "stretching": 0.8, "plateau": 10.0, "depth": 10.0},
        DELAYS,
        0.1,
        {},
    ),
    "two-component recovery": (
        fitting.two_component_recovery(),
        TWO_TIMES | {"plateau": 20.0, "depth_fast": 9.0, "depth_slow": 10.0},
        DELAYS,
        0.05,
        {},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_series_of_fits_has_honest_errors(name: str) -> None:
    model, truth, x, noise, scales = CASES[name]
    check_fitter(model, truth, x, noise, n=600, seed=11, scales=scales)


@pytest.mark.parametrize("name", CASES)
def test_single_fits_are_those_of_a_series_from_other_starts(name: str) -> None:
    # so that what 600 rows of a series say of errors holds for single fits
    model, truth, x, noise, scales = CASES[name]
    check_fitters_agree(model, truth, x, noise, n=20, seed=12, scales=scales)


@pytest.mark.parametrize("name", ["lorentzian decay", "voigt line", "recovery"])
def test_single_fits_have_honest_errors(name: str) -> None:
    model, truth, x, noise, scales = CASES[name]
    check_fitter(model, truth, x, noise, n=300, seed=13, scales=scales, fitter="single")


def test_fits_with_some_unknowns_held_have_honest_errors() -> None:
    model, truth, x, noise, scales = CASES["two-component recovery"]
    fixed = {"time_constant_slow": 5.0, "plateau": 20.0}
    pulls = check_fitter(model, truth, x, noise, n=600, seed=13, scales=scales, fixed=fixed)
    assert pulls.shape[1] == 3


def test_fits_of_unequal_noise_have_honest_errors() -> None:
    model, truth, x, _, _ = CASES["recovery"]
    noise = np.linspace(0.1, 0.5, x.size)
    check_fitter(model, truth, x, noise, n=600, seed=14)


@pytest.mark.parametrize("zero_fill", [1, 2])
def test_fits_of_a_window_of_the_axis_have_honest_errors(zero_fill: int) -> None:
    grid = {1: GRID_1, 2: GRID_2}[zero_fill]
    near = grid[np.abs(grid - 4e3) < 8e4]
    model = fitting.transformed(fitting.fid_lorentzian(), TIMES, zero_fill=zero_fill)
    clean = model.evaluate(near, [DECAY[name] for name in model.names])
    rng = np.random.default_rng(15)
    shape = (600, TIMES.size)
    noise = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    spectra = (noise @ np.exp(-2j * np.pi * np.outer(TIMES, near))).real * DWELL

    check_pulls(model, DECAY, near, clean + spectra, seed=15, scales=BY_WIDTH, noise_std=SPECTRAL)


@pytest.mark.parametrize(
    ("case", "shared", "along"),
    [
        ("lorentzian decay", ["fwhm"], {"amplitude_real": [60.0, 40.0, 20.0, 10.0]}),
        ("line and background", ["frequency", "fwhm"], {"area": [100.0, 50.0, 150.0]}),
        ("stretched decay", ["stretching"], {"time_constant": [1.0, 2.0, 4.0]}),
    ],
)
def test_fits_with_shared_parameters_have_honest_errors_alone_and_summed(
    case: str, shared: list[str], along: dict[str, list[float]]
) -> None:
    model, truth, x, noise, scales = CASES[case]
    check_shared_fitter(
        model, truth | along, x, noise, shared=shared, n=150, seed=16, scales=scales
    )

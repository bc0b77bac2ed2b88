"""Line shapes: start at one, agree with direct sums, slopes are those of differences."""

import numpy as np
import pytest
from tests.batteries.powder_lines import lines_of

from megabar.spins import lineshapes
from megabar.spins.transition_weights import hard_pulse_weights, tabulated_responses

LARMOR = 55.79628195e6
DWELL = 0.5e-6
TIMES = 12e-6 + DWELL * np.arange(400)
LA = {"spin": 3.5, "larmor_frequency": LARMOR}
GRID = np.linspace(0, 1e-3, 4000)
SHAPES = {
    "pairs": (lineshapes.pairs(), [3e3, 50e3, 5e3]),
    "axial": (lineshapes.axial_shifts(), [-2e3, -30e3, 4e3]),
    "skewed": (lineshapes.skewed_shifts(), [0.0, 2e4, 0.7, 3e3]),
    "disordered": (
        lineshapes.disordered_quadrupoles(**LA, weights=hard_pulse_weights(3.5)),
        [1e3, 0.2e6, 4e3],
    ),
    "quadrupoles": (
        lineshapes.quadrupoles(**LA, weights=hard_pulse_weights(3.5), directions=3000),
        [1e3, 0.5e6, 0.3, 8e3],
    ),
    "wide": (
        lineshapes.quadrupoles(**LA, weights=hard_pulse_weights(3.5), directions=3000),
        [1e3, 9e6, 0.6, 60e3],
    ),
    "pulsed": (
        lineshapes.quadrupoles(
            **LA,
            weights=tabulated_responses(
                spin=3.5, largest_coupling=2e6, amplitude=np.array([62.5e3]), duration=4e-6
            ),
            directions=3000,
        ),
        [1e3, 0.5e6, 0.3, 8e3],
    ),
    "tabulated": (
        lineshapes.tabulated(name="t", time=GRID, decay=np.sinc(2e4 * GRID)),
        [1e3, 1.3, 2e3],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_slopes_are_those_of_differences(name):
    shape, values = SHAPES[name]
    _, slopes = shape.decay(TIMES, values)
    for n, parameter in enumerate(shape.parameters):
        step = np.zeros(len(values))
        step[n] = 1e-4 * (abs(values[n]) or 1e3)
        ahead, behind = (shape.decay(TIMES, values + sign * step)[0] for sign in (1, -1))
        numeric = (ahead - behind) / (2 * step[n])
        error = np.abs(slopes[n] - numeric).max()
        assert error < 5e-4 * np.abs(numeric).max(), parameter


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "pulsed"])
def test_a_shape_starts_at_one(name):
    shape, values = SHAPES[name]
    assert shape.decay(DWELL * np.arange(50), values)[0][0] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("coupling", "eta"), [(0.5e6, 0.3), (9e6, 0.6)])
def test_quadrupoles_are_the_sum_over_orientations_also_where_lines_fold(coupling, eta):
    """Sampled at 2 MHz, the satellites of 9 MHz reach 2 MHz; the first point is at 12 us."""
    shape = lineshapes.quadrupoles(**LA, weights=hard_pulse_weights(3.5), directions=3000)
    found, _ = shape.decay(TIMES, [0.0, coupling, eta, 0.0])
    lines = lines_of(coupling, eta, 3000)
    for n in (0, 7, 60, 200):
        expected = sum(share * np.exp(2j * np.pi * line * TIMES[n]).mean() for share, line in lines)
        near = TIMES[n] / (8 * len(TIMES) * DWELL)
        assert abs(found[n] - expected) <= 2.1 * (near / (1 - near)) ** 4 + 1e-9


def test_a_tabulated_decay_is_zero_beyond_its_end():
    shape = lineshapes.tabulated(name="short", time=GRID[:20], decay=np.exp(-GRID[:20] * 1e4))
    decay, _ = shape.decay([0.0, 1.0], [0.0, 1.0, 0.0])
    assert decay.tolist() == [1.0, 0.0]


def test_mistakes_are_named():
    shape, values = SHAPES["quadrupoles"]
    with pytest.raises(ValueError, match="constant dwell"):
        shape.decay(TIMES**2, values)
    with pytest.raises(ValueError, match="it has 4: frequency, quadrupole_coupling"):
        shape.decay(TIMES, values[:3])
    with pytest.raises(ValueError, match="two or more"):
        shape.decay(TIMES[:1], values)
    with pytest.raises(ValueError, match="from its start"):
        lineshapes.tabulated(name="late", time=GRID[1:], decay=GRID[1:])


def test_a_decay_ends_where_its_broadening_has_ended_it():
    """No powder is computed beyond 1e-11, and what is left agrees with the sum over directions."""
    shape = lineshapes.quadrupoles(**LA, weights=hard_pulse_weights(3.5), directions=3000)
    time = DWELL * np.arange(4096)
    fwhm = 8e3
    decay, slopes = shape.decay(time, [0.0, 0.5e6, 0.3, fwhm])
    assert not decay[1000:].any()
    assert not slopes[:, 1000:].any()
    for n in (0, 50, 200, 400):
        direct = sum(
            share * np.exp(2j * np.pi * line * time[n]).mean()
            for share, line in lines_of(0.5e6, 0.3, 3000)
        )
        expected = direct * np.exp(-((np.pi * fwhm * time[n]) ** 2) / (4 * np.log(2)))
        assert abs(decay[n] - expected) < 1e-6

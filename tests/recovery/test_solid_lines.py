"""Fits of lines of static solids recover what was simulated, with errors that mean what they say.

139La at 55.796 MHz unless said; all noise is white.
"""

import numpy as np
import pytest
from tests.batteries.fitters import check_fitter

from megabar import schemas
from megabar.errors import FitFailed
from megabar.observables import rival_lines, solid_lines
from megabar.spins import lineshapes
from megabar.spins.transition_weights import hard_pulse_weights, tabulated_responses

LARMOR = 55.79628195e6
HARD = hard_pulse_weights(3.5)
LA = {"spin": 3.5, "larmor_frequency": LARMOR}


@pytest.fixture(scope="module")
def pulse():
    """4 us at 62.5 kHz: 90 degrees for a spin without quadrupole coupling, far from it with one."""
    return tabulated_responses(
        spin=3.5, largest_coupling=1.5e6, amplitude=np.array([62.5e3]), duration=4e-6
    )


def amplitudes(size, degrees):
    return {
        "amplitude_real": size * np.cos(np.radians(degrees)),
        "amplitude_imag": size * np.sin(np.radians(degrees)),
    }


def test_pulls_of_quadrupoles_after_a_finite_pulse(pulse):
    shape = lineshapes.quadrupoles(**LA, weights=pulse, directions=2000)
    check_fitter(
        solid_lines.model_of(shape),
        {"frequency": 1e3, "quadrupole_coupling": 0.5e6, "asymmetry": 0.4, "fwhm": 8e3}
        | amplitudes(200.0, 25.0),
        10e-6 + 1e-6 * np.arange(512),
        1.0,
        n=120,
        seed=1,
        scales={"frequency": 2e3, "quadrupole_coupling": 0.2e6},
    )


def test_pulls_of_pairs():
    check_fitter(
        solid_lines.model_of(lineshapes.pairs()),
        {"frequency": 1e3, "splitting": 50e3, "fwhm": 5e3} | amplitudes(200.0, -40.0),
        5e-6 + 1e-6 * np.arange(512),
        1.0,
        n=1000,
        seed=2,
        scales={"frequency": 5e3},
    )


def test_pulls_of_disordered_quadrupoles():
    check_fitter(
        solid_lines.model_of(lineshapes.disordered_quadrupoles(**LA, weights=HARD)),
        {"frequency": -2e3, "deviation": 0.2e6, "fwhm": 5e3} | amplitudes(100.0, 70.0),
        2e-6 + 1e-6 * np.arange(512),
        1.0,
        n=150,
        seed=3,
        scales={"frequency": 5e3},
    )


CENTRAL = np.array([0, 0, 0, 1.0, 0, 0, 0])
BROAD = lineshapes.quadrupoles(**LA, weights=CENTRAL, directions=800)
SHIFTS = lineshapes.skewed_shifts()
RANGES = {
    "frequency": (-10e3, 10e3),
    "quadrupole_coupling": (6e6, 12e6),
    "fwhm": (3e3, 12e3),
    "deviation": (4e3, 16e3),
    "skewness": (-1.0, 1.0),
}
LATE = 5e-6 + 4e-6 * np.arange(128)


def drawn(shape, rng):
    return {
        name: rng.uniform(*RANGES.get(name, (0.0, 1.0)))
        for name in shape.parameters
        if (shape, name) != (SHIFTS, "fwhm")
    }


def recorded(shape, truth, size, rng):
    values = [truth.get(name, 0.0) for name in shape.parameters]
    decay = size * np.exp(0.7j) * shape.decay(LATE, values)[0]
    signal = decay + rng.normal(size=len(LATE)) + 1j * rng.normal(size=len(LATE))
    attrs = {
        "nucleus": "139La", "carrier_frequency": LARMOR, "n_scans": 4096, "sequence": "fid",
        "repetition_time": 1.0, "dead_time": 5e-6, "cell": "A", "source": "simulated",
        "source_sha256": "0",
    }  # fmt: skip
    return schemas.acquisition(signal[None], time=LATE, attrs=attrs)


def best(data, shape, rng, *, starts, fixed):
    """The best of fits from starts all over the ranges, as a user must who knows no better."""
    found = []
    for _ in range(starts):
        start = {name: value for name, value in drawn(shape, rng).items() if name not in fixed}
        try:
            found.append(
                solid_lines.solid_line(
                    data, shape=shape, start=start, fixed=fixed, noise=(1.0, 0.01),
                    bounds={name: RANGES[name] for name in start if name in RANGES},
                )
            )  # fmt: skip
        except FitFailed:
            continue
    return min(found, key=lambda one: one.fit.chi2)


def probability_of_quadrupoles(truth, size, seed):
    """What the evidence says of a line that was drawn from quadrupoles or from shifts."""
    rng = np.random.default_rng(seed)
    data = recorded(truth, drawn(truth, rng), size, rng)
    one = best(data, BROAD, rng, starts=5, fixed={})
    other = best(data, SHIFTS, rng, starts=4, fixed={"fwhm": 0.0})
    return rival_lines.rivals([one, other], ranges=RANGES)[0].probability


def test_evidence_finds_the_shape_that_was_there():
    """Central lines with S/N of 60: each of them is told from its rival."""
    for k in range(8):
        truth = BROAD if k % 2 == 0 else SHIFTS
        of_quadrupoles = probability_of_quadrupoles(truth, 60.0, [6, k])
        assert (of_quadrupoles if truth is BROAD else 1 - of_quadrupoles) > 0.5


@pytest.mark.slow
def test_probabilities_of_rivals_come_true_as_often_as_they_say():
    """S/N 8, where a quarter of the lines cannot be told apart: counts and surprise as expected."""
    truth = np.arange(60) % 2 == 0
    said = np.array(
        [
            probability_of_quadrupoles(BROAD if of_quadrupoles else SHIFTS, 8.0, [7, k])
            for k, of_quadrupoles in enumerate(truth)
        ]
    )
    variance = said * (1 - said)
    assert abs(truth.sum() - said.sum()) < 3 * np.sqrt(variance.sum())
    yes, no = np.log(said), np.log1p(-said)
    surprise = np.where(truth, yes, no).sum()
    expected = (said * yes + (1 - said) * no).sum()
    assert abs(surprise - expected) < 3 * np.sqrt((variance * (yes - no) ** 2).sum())

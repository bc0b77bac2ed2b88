"""Satellites are found where they are, and excluded where they are not, as often as stated."""

import numpy as np
import pytest
from tests.batteries.fitters import assert_standard_normal

from megabar import schemas
from megabar.observables.satellites import CentralLine, satellites
from megabar.spins.lineshapes import quadrupoles
from megabar.spins.transition_weights import hard_pulse_weights

LARMOR = 55.79628195e6
HARD = hard_pulse_weights(3.5)
CENTRAL = np.where(np.arange(7) == 3, HARD, 0.0)
TIME = 8e-6 + 1e-6 * np.arange(512)
LINE = CentralLine(
    spin=3.5, larmor_frequency=LARMOR, weights=HARD, frequency=1e3, fwhm=5e3, asymmetry=0.2
)


def acquired(weights, size, seed, coupling=0.4e6):
    shape = quadrupoles(spin=3.5, larmor_frequency=LARMOR, weights=weights, directions=1500)
    decay = size * np.exp(0.6j) * shape.decay(TIME, [1e3, coupling, 0.2, 5e3])[0]
    rng = np.random.default_rng(seed)
    signal = decay + rng.normal(size=len(TIME)) + 1j * rng.normal(size=len(TIME))
    return schemas.acquisition(signal[None], time=TIME, attrs={
        "nucleus": "139La", "carrier_frequency": LARMOR, "n_scans": 4096, "sequence": "fid",
        "repetition_time": 1.0, "dead_time": 8e-6, "cell": "A", "source": "simulated",
        "source_sha256": "0"})  # fmt: skip


def table(data, couplings=(0.4e6,)):
    return satellites(data, central=LINE, couplings=couplings, directions=1500, noise=(1.0, 0.01))


def test_satellites_that_are_there_have_the_share_one():
    found = [table(acquired(HARD, 100.0, [1, k])) for k in range(200)]
    pulls = np.array([(one.share - 1) / one.std for one in found])
    assert_standard_normal(pulls, names=["share"])


def test_satellites_that_are_not_there_are_excluded_as_often_as_stated():
    """At the S/N needed for 95 %, the records exclude, and exclude wrongly, as often as stated."""
    size = 100.0
    needed = table(acquired(CENTRAL, size, 0)).needed_signal_to_noise(0.95)[0]
    weak = size * needed / (size * HARD[3])
    found = [table(acquired(CENTRAL, weak, [2, k])) for k in range(300)]
    missed = np.mean([not one.excluded(0.95)[0] for one in found])
    assert missed == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 300))
    wrongly = [table(acquired(HARD, weak, [3, k])).excluded(0.95)[0] for k in range(300)]
    assert np.mean(wrongly) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 300))


def test_only_the_coupling_that_is_there_remains():
    couplings = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.8, 1.6]) * 1e6
    found = table(acquired(HARD, 200.0, 5), couplings)
    assert not found.excluded(0.95)[3]
    assert found.excluded(0.95)[:3].all()
    assert np.all(np.diff(found.std_in_full[2:]) > 0)  # wide satellites end within the dead time
    assert found.detectable(0.95)[3]


def test_a_line_without_satellites_cannot_be_searched():
    with pytest.raises(ValueError, match="half-integer"):
        satellites(
            acquired(HARD, 1.0, 0), couplings=[1e6], directions=100, noise=(1.0, 0.1),
            central=CentralLine(spin=3.0, larmor_frequency=None, weights=np.ones(6), frequency=0.0,
                                fwhm=1e3, asymmetry=0.0),
        )  # fmt: skip
    with pytest.raises(ValueError, match="none of satellites"):
        satellites(
            acquired(HARD, 1.0, 0), couplings=[1e6], directions=100, noise=(1.0, 0.1),
            central=CentralLine(spin=3.5, larmor_frequency=None, weights=CENTRAL, frequency=0.0,
                                fwhm=1e3, asymmetry=0.0),
        )  # fmt: skip


def test_small_errors_of_place_and_width_do_not_make_satellites():
    """The central line is stated 150 Hz beside its place and 300 Hz too wide."""
    off = CentralLine(
        spin=3.5, larmor_frequency=LARMOR, weights=HARD, frequency=1150.0, fwhm=5.3e3, asymmetry=0.2
    )
    found = [
        satellites(acquired(CENTRAL, 100.0, [8, k]), central=off, couplings=[0.2e6],
                   directions=1500, noise=(1.0, 0.01))
        for k in range(60)
    ]  # fmt: skip
    mean = np.mean([one.share / one.std for one in found])
    assert abs(mean) < 1.5

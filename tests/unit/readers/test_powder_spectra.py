"""Computed patterns go out as CSDM and come back."""

import numpy as np
import pytest

from megabar.readers import csdm
from megabar.readers.powder_spectra import spectrum_of_pattern
from megabar.readers.registry import read
from megabar.spins.pattern_spectra import broadened
from megabar.spins.powder_patterns import Axis, pattern_from_quadrupole_coupling
from megabar.spins.transition_weights import hard_pulse_weights

PATTERN = pattern_from_quadrupole_coupling(
    quadrupole_coupling=0.5e6, asymmetry=0.3, spin=3.5, larmor_frequency=55.8e6,
    weights=hard_pulse_weights(3.5), axis=Axis(first=-200e3, step=100.0, count=4000),
    directions=12_000, fold=False,
)  # fmt: skip


def test_a_pattern_comes_back_from_csdm_bit_for_bit(tmp_path):
    made = spectrum_of_pattern(
        PATTERN, nucleus="139La", carrier_frequency=55.8e6, fwhm=2e3, description="computed"
    )
    csdm.write(made, tmp_path / "pattern.csdf")
    back = read(tmp_path / "pattern.csdf")
    np.testing.assert_array_equal(back.spectrum.values, made.spectrum.values)
    np.testing.assert_allclose(back.frequency.values, PATTERN.axis.frequency, atol=1e-6)
    assert back.attrs["nucleus"] == "139La"


def test_broadening_adds_its_second_moment_and_takes_out_that_of_the_bins():
    """sigma^2 = W^2/8 ln 2; the spreading added step^2/3."""
    x = PATTERN.axis.frequency
    before = PATTERN.density @ x**2 - PATTERN.axis.step**2 / 3
    after = broadened(PATTERN, fwhm=2e3) @ x**2 * PATTERN.axis.step
    assert after - before == pytest.approx(2e3**2 / (8 * np.log(2)), rel=1e-4)


def test_bins_too_wide_for_the_width_are_named():
    with pytest.raises(ValueError, match="finer bins"):
        broadened(PATTERN, fwhm=100.0)

"""Computed powder patterns as spectra, to be stored and handed on like measured ones."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

from megabar import schemas
from megabar.spins.pattern_spectra import broadened

if TYPE_CHECKING:
    import xarray as xr

    from megabar.spins.powder_patterns import Pattern


def spectrum_of_pattern(
    pattern: Pattern, *, nucleus: str, carrier_frequency: float, fwhm: float, description: str
) -> xr.Dataset:
    """Make a Spectrum of a pattern, which ``readers.csdm.write`` takes.

    Parameters
    ----------
    pattern
        Of ``spins.powder_patterns``.
    nucleus
        Isotope, ``"139La"``.
    carrier_frequency
        To which the axis is an offset [Hz].
    fwhm
        Gaussian full width [Hz].
    description
        What was computed: coupling, asymmetry, weights.

    Returns
    -------
    :
        Dataset of schema ``spectrum/1``, without noise.

    Raises
    ------
    ValueError
        If the width is below four bins.

    Examples
    --------
    >>> from megabar.spins.powder_patterns import Axis, pattern_from_quadrupole_coupling
    >>> from megabar.spins.transition_weights import hard_pulse_weights
    >>> pattern = pattern_from_quadrupole_coupling(
    ...     quadrupole_coupling=0.5e6, asymmetry=0.3, spin=3.5, larmor_frequency=55.8e6,
    ...     weights=hard_pulse_weights(3.5), axis=Axis(first=-200e3, step=100.0, count=4000),
    ...     directions=2000, fold=False)
    >>> found = spectrum_of_pattern(pattern, nucleus="139La", carrier_frequency=55.8e6, fwhm=2e3,
    ...                             description="C_Q 0.5 MHz, eta 0.3, short pulse")
    >>> print(f"{found.spectrum.real.sum().item() * 100.0:.4f}")
    1.0000
    """
    attrs = {
        "nucleus": nucleus,
        "carrier_frequency": carrier_frequency,
        "n_scans": nan,
        "sequence": "computed",
        "repetition_time": nan,
        "dead_time": 0.0,
        "cell": "none",
        "source": description,
        "source_sha256": "",
        "noise_std": 0.0,
        "zero_fill": 1,
        "processing": [f"spins.pattern_spectra.broadened(fwhm={fwhm:g})"],
    }
    density = np.asarray(broadened(pattern, fwhm=fwhm), dtype=np.complex128)
    return schemas.spectrum(density, frequency=pattern.axis.frequency, attrs=attrs)

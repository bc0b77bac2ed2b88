"""Spectra of powder patterns, broadened."""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.fft import fft, fftfreq, ifft

from megabar.spins.powder_patterns import spread_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.spins.powder_patterns import Pattern


def broadened(pattern: Pattern, *, fwhm: float) -> NDArray[Any]:
    r"""Broaden a pattern by a Gaussian, and take out its spreading over bins.

    .. math:: e^{-(\pi W t)^2 / 4 \ln 2} / \mathrm{sinc}^4(t \Delta)

    multiplies its transform. What is broadened beyond an end of the axis comes in at the other.

    Parameters
    ----------
    pattern
        Of ``powder_patterns``.
    fwhm
        Full width W [Hz], four bins or more, so that nothing rings.

    Returns
    -------
    :
        Density [per Hz], complex if the pattern is, (bin,).

    Raises
    ------
    ValueError
        If the width is below four bins.

    Examples
    --------
    >>> from megabar.spins.powder_patterns import Axis, Pattern
    >>> axis = Axis(first=-50.0, step=1.0, count=101)
    >>> line = Pattern(axis=axis, density=np.where(axis.frequency == 0, 1.0, 0.0), lost=0.0)
    >>> print(f"{broadened(line, fwhm=10.0).sum():.6f}")
    1.000000
    """
    axis = pattern.axis
    if fwhm < 4 * axis.step:
        msg = f"Found a width of {fwhm:g} Hz on bins of {axis.step:g} Hz. Take finer bins."
        raise ValueError(msg)
    time = fftfreq(axis.count, axis.step)
    window = np.exp(-((pi * fwhm * time) ** 2) / (4 * log(2)))
    found = ifft(fft(pattern.density) * window / spread_factor(time=time, step=axis.step))
    density = found if np.iscomplexobj(pattern.density) else found.real
    return np.asarray(density / axis.step)

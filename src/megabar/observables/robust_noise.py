r"""Noise of single points, whatever strong lines or slopes lie among them.

Twin: none; this is the statistics of noise.
"""

from __future__ import annotations

from math import comb, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TO_STD: Final = 1.482602218505602  # of a normal number, over its median absolute deviation


def robust_spread(values: NDArray[np.float64]) -> float:
    """Estimate a standard deviation that a few wild points do not move.

    Parameters
    ----------
    values
        Any numbers, (point,).

    Returns
    -------
    :
        1.4826 times the median distance from the median, in the unit of the values.

    Examples
    --------
    >>> print(f"{robust_spread(np.array([1.0, 2.0, 3.0, 4.0, 1e9])):.4f}")
    1.4826
    """
    return float(_TO_STD * np.median(np.abs(values - np.median(values))))


def noise_from_differences(values: NDArray[np.float64], *, order: int) -> float:
    r"""Estimate the noise of neighbouring points from their differences.

    .. math:: \sigma = \frac{1.4826\, \mathrm{MAD}(\Delta^n y)}{\sqrt{\binom{2n}{n}}}

    What is smooth drops out, the more of it the higher the order. A residual of a fit would take a
    misfit for noise.

    Parameters
    ----------
    values
        In their order, (point,), more than ``order`` of them.
    order
        n, how often differences are taken.

    Returns
    -------
    :
        Standard deviation, in the unit of the values.

    Examples
    --------
    >>> parabola = np.linspace(-1, 1, 2001) ** 2
    >>> noisy = parabola + 0.1 * np.random.default_rng(1).normal(size=2001)
    >>> print(f"{noise_from_differences(noisy, order=1):.2f}")
    0.10
    """
    return robust_spread(np.diff(values, n=order)) / sqrt(comb(2 * order, order))

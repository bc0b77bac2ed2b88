"""Priors as compiled scalars: what a standard normal number becomes.

Every parameter of the inference is a standard normal number to those who search, draw and integrate
it. A prior is the increasing function that makes a physical value of it.
"""

from __future__ import annotations

from math import erfc, exp, log, pi, sqrt
from typing import TYPE_CHECKING, Final

import numba

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LINEAR: Final = 0
"""value = first + second n, n normal, perhaps cut off below."""

EXPONENTIAL: Final = 1
"""value = exp(first + second n)."""

FLAT: Final = 2
"""value = first + second u, u uniform in 0 to 1."""

FLAT_EXPONENT: Final = 3
"""value = exp(first + second u)."""


@numba.njit(cache=True, error_model="numpy")
def survival(z: float) -> float:
    """Probability that a standard normal number exceeds `z`."""
    return 0.5 * erfc(z / sqrt(2.0))


@numba.njit(cache=True, error_model="numpy")
def exceeded_with(probability: float) -> float:
    """Give the z that a standard normal number exceeds with this probability.

    A rational start of 4.5e-4 (Abramowitz, Stegun 26.2.23) and three steps of Halley.
    """
    small = min(probability, 1.0 - probability)
    if small <= 0.0:
        return 40.0 if probability < 0.5 else -40.0
    t = sqrt(-2.0 * log(small))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    )
    for _ in range(3):
        density = exp(-0.5 * z * z) / sqrt(2.0 * pi)
        miss = (survival(z) - small) / density
        z += miss / (1.0 - 0.5 * z * miss)
    return z if probability < 0.5 else -z


@numba.njit(cache=True, error_model="numpy")
def value(z: float, kind: int, first: float, second: float, kept: float) -> float:
    """Give the value of one parameter; `kept` is the share of the normal law above the cut."""
    if kind >= FLAT:
        number = survival(-z)
    elif kept < 1.0:
        number = exceeded_with(kept * survival(z))
    else:
        number = z
    found = first + second * number
    return exp(found) if kind in (EXPONENTIAL, FLAT_EXPONENT) else found


@numba.njit(cache=True, error_model="numpy")
def fill_values(z: Array, kind: int, first: float, second: float, kept: float, out: Array) -> None:
    """Write the values of one parameter for many draws."""
    for n in range(z.size):
        out[n] = value(z[n], kind, first, second, kept)

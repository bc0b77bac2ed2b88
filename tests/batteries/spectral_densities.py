"""What every spectral density of reversible motion must pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def check_spectral_density(
    density: Callable[[Array], Array],
    *,
    sum_r6: float,
    time_scale: float,
    at_zero: float,
    decay_exponent: float,
    tolerance: float = 1e-5,
) -> None:
    """Even, positive, falling, no faster than a Lorentzian, of the right area and limits.

    `density` gives j at angular frequencies of any shape; `time_scale` is any time near the
    correlation time, `at_zero` the known j(0), and j falls as frequency to minus `decay_exponent`.
    A sum of Lorentzians of positive weight falls with frequency while frequency squared times it
    rises.
    """
    omega = np.geomspace(1e-8, 1e8, 6401) / time_scale
    j = density(omega)
    assert j.shape == omega.shape
    assert np.all(j > 0)
    np.testing.assert_array_equal(density(-omega), j)
    np.testing.assert_allclose(density(omega[:8].reshape(2, 4)), j[:8].reshape(2, 4), rtol=1e-12)

    rounding = 1e-9
    assert np.all(np.diff(j) <= rounding * j[:-1])
    assert np.all(np.diff(omega**2 * j) >= -rounding * (omega**2 * j)[:-1])

    zero = float(density(np.zeros(())))
    np.testing.assert_allclose(zero, at_zero, rtol=tolerance)
    np.testing.assert_allclose(j[0], zero, rtol=1e-3)
    slope = np.log(j[-1] / j[-401]) / np.log(omega[-1] / omega[-401])
    np.testing.assert_allclose(slope, -decay_exponent, atol=2e-3)

    step = np.log(omega[1] / omega[0])
    weights = np.full(omega.size, step)
    weights[[0, -1]] /= 2  # trapezoid in the logarithm, both ends closed analytically
    area = weights @ (omega * j) + j[0] * omega[0] + j[-1] * omega[-1] / (decay_exponent - 1)
    np.testing.assert_allclose(area / np.pi, sum_r6, rtol=max(tolerance, 1e-4))

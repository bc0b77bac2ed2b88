"""What a spectral density is, and the correlation function behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class SpectralDensity(Protocol):
    r"""Power of the fluctuating dipole coupling of one spin at a frequency.

    .. math:: S(t) = \left\langle \sum_j \tfrac16 \mathbf T_j(0) : \mathbf T_j(t) \right\rangle,
        \quad T_{ab} = \frac{3 x_a x_b / r^2 - \delta_{ab}}{r^3}, \quad
        j(\omega) = 2 \int_0^\infty S(t) \cos \omega t \, \mathrm dt

    The sum runs over the partners of one spin, so that :math:`S(0) = \sum_j r_j^{-6}`. No
    gyromagnetic ratio, no spin and no frequency of a magnet enters. In Abragam's functions of a
    powder the correlations are :math:`G_0 = \tfrac45 S, G_1 = \tfrac{2}{15} S, G_2 = \tfrac{8}{15}
    S`.
    """

    @property
    def sum_r6(self) -> float:
        """S(0), the sum over partners of the inverse sixth power of distance [m-6]."""

    def __call__(self, angular_frequency: ArrayLike) -> Array:
        """Give j [m-6 s] at angular frequencies [rad/s] of any shape and sign."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A spectral density with its name.

    Parameters
    ----------
    name
        Name of the model, for tables and messages.
    sum_r6
        S(0) [m-6].
    shape
        j [m-6 s] of the magnitude of the angular frequency [rad/s], an array (n,).
    """

    name: str
    sum_r6: float
    shape: Callable[[Array], Array]

    def __call__(self, angular_frequency: ArrayLike) -> Array:
        """Give j [m-6 s] at angular frequencies [rad/s] of any shape and sign."""
        magnitude = np.abs(np.asarray(angular_frequency, dtype=np.float64))
        return self.shape(np.atleast_1d(magnitude).ravel()).reshape(magnitude.shape)


def correlation_time(spectral_density: SpectralDensity) -> float:
    r"""Compute the correlation time, the area under the normalised correlation function.

    .. math:: \tau_\text c = \frac{j(0)}{2 S(0)} = \int_0^\infty \frac{S(t)}{S(0)} \mathrm dt

    Parameters
    ----------
    spectral_density
        Any model.

    Returns
    -------
    :
        Correlation time [s].

    Examples
    --------
    >>> from megabar.motion.spectral_densities import bpp
    >>> tau = correlation_time(bpp(sum_r6=1e60, correlation_time=2e-9))
    >>> print(f"{tau:.1e} s")
    2.0e-09 s
    """
    return float(spectral_density(0.0)) / (2 * spectral_density.sum_r6)

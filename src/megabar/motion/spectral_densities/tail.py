"""What diffusion in three dimensions leaves of a correlation at long times."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.arguments import positive

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from megabar.motion.spectral_densities.model import Array


@dataclass(frozen=True, kw_only=True)
class LongTimeTail:
    r"""The tail of every correlation of spins that diffuse in three dimensions.

    .. math:: S(t) \to A t^{-3/2}, \quad A = \frac{2 \sqrt \pi}{9} \frac{N}{(2 D)^{3/2}}

    It holds for times much longer than d2/D, and needs neither a structure nor a mechanism. A
    cell of a simulation has it only up to the time of diffusion across the cell.

    Parameters
    ----------
    number_density
        Spins per volume, N [m-3].
    diffusivity
        Self-diffusivity D of one spin, its tracer diffusivity [m2/s].

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), ch. VIII; derived in the
    documentation of the package.

    Examples
    --------
    >>> tail = LongTimeTail(number_density=3e29, diffusivity=1e-9)
    >>> print(f"{tail.correlation(4e-9) / tail.correlation(1e-9):.3f}")
    0.125
    """

    number_density: float
    diffusivity: float

    def __post_init__(self) -> None:
        positive(self.number_density, name="number density", unit="m-3")
        positive(self.diffusivity, name="diffusivity", unit="m2/s")

    @property
    def amplitude(self) -> float:
        """A [m-6 s3/2]."""
        return 2 * sqrt(pi) / 9 * self.number_density / sqrt(2 * self.diffusivity) ** 3

    def correlation(self, lag: ArrayLike) -> Array:
        """Give S [m-6] at lags [s] above zero, any shape."""
        value: Array = self.amplitude * positive(lag, name="lag", unit="s") ** -1.5
        return value

    def spectral_density_beyond(self, lag: float, *, angular_frequency: ArrayLike) -> Array:
        r"""Compute what the tail beyond a lag adds to j.

        .. math:: 2 A \int_{t_\text c}^\infty t^{-3/2} \cos \omega t \, \mathrm dt = 2 A \left\{
            \frac{2 \cos \omega t_\text c}{\sqrt{t_\text c}} - 2 \sqrt{2 \pi \omega} \left[ \frac12
            - \mathrm S \left( \sqrt{2 \omega t_\text c / \pi} \right) \right] \right\}

        S is the Fresnel sine integral of :math:`\sin(\pi u^2 / 2)`.

        Parameters
        ----------
        lag
            Where the tail takes over, t_c [s].
        angular_frequency
            [rad/s], any shape and sign.

        Returns
        -------
        :
            Part of j [m-6 s], shape of the frequencies; negative at some of them.

        Raises
        ------
        ValueError
            If the lag is not positive.
        """
        from scipy.special import fresnel

        positive(lag, name="lag", unit="s")
        omega = np.abs(np.asarray(angular_frequency, dtype=np.float64))
        sine, _ = fresnel(np.sqrt(2 * omega * lag / pi))
        braces = 2 * np.cos(omega * lag) / sqrt(lag) - 2 * np.sqrt(2 * pi * omega) * (0.5 - sine)
        part: Array = 2 * self.amplitude * braces
        return part

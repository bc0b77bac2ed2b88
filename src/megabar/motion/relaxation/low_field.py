"""How T1 depends on the field while motion is fast: a law that needs no structure."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.relaxation.dipolar import dipolar_constant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

COEFFICIENT: Final = (sqrt(2) + 8) / 30 * pi**1.5
"""Of the square-root law in frequency [Hz], 1.74738."""


def low_field_slope_from_diffusivity(
    *, diffusivity: ArrayLike, number_density: ArrayLike, gyromagnetic_ratio: float
) -> NDArray[np.float64]:
    r"""Compute how fast R1 of like spins 1/2 falls with the root of the frequency.

    .. math:: R_1(\nu_0) = R_1(0) - c K N D^{-3/2} \sqrt{\nu_0}, \quad
        c = \frac{\sqrt 2 + 8}{30} \pi^{3/2}

    It follows from the long-time tail of diffusion in three dimensions alone, for
    :math:`\omega_0 \tau_\text c \ll 1`.

    Parameters
    ----------
    diffusivity
        Self-diffusivity D of one spin [m2/s], any shape.
    number_density
        Like spins per volume, N [m-3]; broadcasts.
    gyromagnetic_ratio
        Of the bare nucleus [rad s-1 T-1].

    Returns
    -------
    :
        dR1/d sqrt(nu0) [s-1/2], negative.

    Raises
    ------
    ValueError
        If diffusivity or density is not positive.

    References
    ----------
    Kruk, Meier, Rössler, Phys. Rev. E 85, 020201 (2012), doi:10.1103/PhysRevE.85.020201.

    Examples
    --------
    >>> slope = low_field_slope_from_diffusivity(
    ...     diffusivity=1e-10, number_density=3.015e29, gyromagnetic_ratio=2.6752218744e8)
    >>> print(f"{slope * 395e6**0.5:.3f} s^-1")
    -5.964 s^-1
    """
    strength = _strength(number_density, gyromagnetic_ratio)
    moved = positive(diffusivity, name="diffusivity", unit="m2/s")
    return np.asarray(-strength * moved**-1.5, dtype=np.float64)


def diffusivity_from_low_field_slope(
    *, slope: ArrayLike, number_density: ArrayLike, gyromagnetic_ratio: float
) -> NDArray[np.float64]:
    r"""Compute the diffusivity from T1 at two fields or more.

    .. math:: D = \left( \frac{c K N}{-\mathrm d R_1 / \mathrm d \sqrt{\nu_0}} \right)^{2/3}

    Parameters
    ----------
    slope
        dR1/d sqrt(nu0) [s-1/2], negative, any shape.
    number_density
        Like spins per volume, N [m-3]; broadcasts.
    gyromagnetic_ratio
        Of the bare nucleus [rad s-1 T-1].

    Returns
    -------
    :
        Self-diffusivity of one spin [m2/s].

    Raises
    ------
    ValueError
        If R1 does not fall with the field, or the density is not positive.

    References
    ----------
    Kruk, Meier, Rössler, Phys. Rev. E 85, 020201 (2012), doi:10.1103/PhysRevE.85.020201.

    Examples
    --------
    >>> found = diffusivity_from_low_field_slope(
    ...     slope=-3.0e-4, number_density=3.015e29, gyromagnetic_ratio=2.6752218744e8)
    >>> print(f"{found:.3e} m2/s")
    1.000e-10 m2/s
    """
    fall = positive(-np.asarray(slope, dtype=np.float64), name="fall of R1", unit="s-1/2")
    return np.asarray((_strength(number_density, gyromagnetic_ratio) / fall) ** (2 / 3))


def _strength(number_density: ArrayLike, gyromagnetic_ratio: float) -> NDArray[np.float64]:
    density = positive(number_density, name="number density", unit="m-3")
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio, gyromagnetic_ratio_partner=gyromagnetic_ratio
    )
    return np.asarray(COEFFICIENT * k * density, dtype=np.float64)

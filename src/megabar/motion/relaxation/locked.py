"""R1rho: relaxation of spins locked along a nutating field, on resonance."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.relaxation.dipolar import (
    Density,
    densities_at,
    dipolar_constant,
    rates_unlike,
    unlike_constant,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def r1rho_like(
    *,
    spectral_density: Density,
    gyromagnetic_ratio: float,
    larmor_frequency: ArrayLike,
    locking_frequency: ArrayLike,
) -> NDArray[np.float64]:
    r"""Compute R1rho of like spins 1/2, locked on resonance.

    .. math:: R_{1\rho} = \tfrac{3}{40} K \left[ 3 j(2 \omega_1) + 5 j(\omega_0)
        + 2 j(2 \omega_0) \right]

    The locking field must exceed the width of the line; its minimum lies near
    :math:`\omega_1 \tau = 1/2`, at motion orders of magnitude slower than that of T1.

    Parameters
    ----------
    spectral_density
        j [m-6 s] over angular frequency [rad/s], the sum over the like partners of one spin.
    gyromagnetic_ratio
        Of the bare nucleus [rad s-1 T-1].
    larmor_frequency
        nu0 [Hz], not angular; any shape.
    locking_frequency
        Nutation frequency nu1 of the locking field [Hz], not angular; broadcasts.

    Returns
    -------
    :
        R1rho [s-1].

    Raises
    ------
    ValueError
        If a frequency is not positive.

    References
    ----------
    Look, Lowe, J. Chem. Phys. 44, 2995 (1966), doi:10.1063/1.1727169.

    Examples
    --------
    >>> from megabar.motion.spectral_densities import bpp
    >>> rate = r1rho_like(
    ...     spectral_density=bpp(sum_r6=1.58e-10**-6, correlation_time=1e-6),
    ...     gyromagnetic_ratio=2.6752218744e8, larmor_frequency=395e6, locking_frequency=50e3)
    >>> print(f"{rate:.3g}")
    1.18e+04
    """
    locking = 2 * pi * positive(locking_frequency, name="locking frequency", unit="Hz")
    j_one, j_two = densities_at(spectral_density, larmor_frequency, (1, 2))
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio, gyromagnetic_ratio_partner=gyromagnetic_ratio
    )
    rate = 3 / 40 * k * (3 * spectral_density(2 * locking) + 5 * j_one + 2 * j_two)
    return np.asarray(rate, dtype=np.float64)


def r1rho_unlike(
    *,
    spectral_density: Density,
    gyromagnetic_ratio: float,
    gyromagnetic_ratio_partner: float,
    spin_partner: float,
    larmor_frequency: ArrayLike,
    locking_frequency: ArrayLike,
) -> NDArray[np.float64]:
    r"""Compute R1rho that partners of another kind give to spins locked on resonance.

    .. math:: R_{1\rho} = R_2 + \tfrac{4}{30} C \left[ j(\omega_1) - j(0) \right]

    Only the spins observed are locked: the coupling that commutes with the static field is turned
    once per nutation, not twice as among like spins.

    Parameters
    ----------
    spectral_density
        j [m-6 s] over angular frequency [rad/s], the sum over the unlike partners of one spin.
    gyromagnetic_ratio
        Of the bare nucleus observed [rad s-1 T-1].
    gyromagnetic_ratio_partner
        Of the bare partner [rad s-1 T-1], with its sign.
    spin_partner
        Its spin quantum number X.
    larmor_frequency
        nu0 of the spins observed [Hz], not angular; any shape.
    locking_frequency
        Nutation frequency nu1 of the locking field [Hz], not angular; broadcasts.

    Returns
    -------
    :
        R1rho [s-1].

    Raises
    ------
    ValueError
        If a frequency or the spin is not positive.

    References
    ----------
    Solomon, Phys. Rev. 99, 559 (1955), doi:10.1103/PhysRev.99.559; Look, Lowe, J. Chem. Phys. 44,
    2995 (1966), doi:10.1063/1.1727169.

    Examples
    --------
    >>> from megabar.motion.spectral_densities import bpp
    >>> rate = r1rho_unlike(
    ...     spectral_density=bpp(sum_r6=2.1e-10**-6, correlation_time=1e-12),
    ...     gyromagnetic_ratio=2.6752218744e8, gyromagnetic_ratio_partner=3.8083318e7,
    ...     spin_partner=3.5, larmor_frequency=395e6, locking_frequency=50e3)
    >>> print(f"{rate:.5f}")
    0.00283
    """
    locking = 2 * pi * positive(locking_frequency, name="locking frequency", unit="Hz")
    rates = rates_unlike(
        spectral_density=spectral_density,
        gyromagnetic_ratio=gyromagnetic_ratio,
        gyromagnetic_ratio_partner=gyromagnetic_ratio_partner,
        spin_partner=spin_partner,
        larmor_frequency=larmor_frequency,
    )
    c = unlike_constant(
        gyromagnetic_ratio=gyromagnetic_ratio,
        gyromagnetic_ratio_partner=gyromagnetic_ratio_partner,
        spin_partner=spin_partner,
    )
    change = spectral_density(locking) - spectral_density(np.zeros_like(locking))
    return np.asarray(rates.r2 + 4 / 30 * c * change, dtype=np.float64)

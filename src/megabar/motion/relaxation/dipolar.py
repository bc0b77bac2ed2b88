r"""R1, R2 and R1rho of dipole couplings that fluctuate, at full frequency.

A powder, or cubic surroundings, is meant throughout: rates are averages over all directions of the
field, and T1 is the initial recovery. All of it is perturbation theory (Redfield), good while
:math:`\sqrt{M_2} \tau < 0.3`; beyond, see ``motion.narrowing``.

Twin: ``observables.relaxation_times``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from megabar.constants import hbar, mu_0_over_4pi
from megabar.motion.arguments import not_negative, positive
from megabar.motion.relaxation.rates import Rates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Density = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""j [m-6 s] of angular frequencies [rad/s]; every spectral density of this package is one."""

REDFIELD_LIMIT: Final = 0.3
"""Largest sqrt(M2) tau for which rates from spectral densities are meant."""


def dipolar_constant(*, gyromagnetic_ratio: float, gyromagnetic_ratio_partner: float) -> float:
    r"""Compute the strength of a dipole coupling, squared.

    .. math:: K = \left( \frac{\mu_0}{4 \pi} \right)^2 \gamma_I^2 \gamma_X^2 \hbar^2

    SI: a formula in Gaussian units has no :math:`(\mu_0 / 4 \pi)^2`.

    Parameters
    ----------
    gyromagnetic_ratio
        Of the bare nucleus that is observed [rad s-1 T-1]: a dipole field knows no reference
        compound.
    gyromagnetic_ratio_partner
        Of the bare partner [rad s-1 T-1]; the same number for like spins.

    Returns
    -------
    :
        K [m6 s-2]; over r6 it is the square of an angular frequency.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), ch. IV.

    Examples
    --------
    >>> gamma = 2.6752218744e8
    >>> k = dipolar_constant(gyromagnetic_ratio=gamma, gyromagnetic_ratio_partner=gamma)
    >>> print(f"{k:.5e}")
    5.69628e-49
    """
    return float((mu_0_over_4pi * gyromagnetic_ratio * gyromagnetic_ratio_partner * hbar) ** 2)


def rates_like(
    *, spectral_density: Density, gyromagnetic_ratio: float, larmor_frequency: ArrayLike
) -> Rates:
    r"""Compute R1 and R2 of like spins 1/2.

    .. math:: R_1 &= \tfrac{3}{20} K \left[ j(\omega_0) + 4 j(2 \omega_0) \right] \\
        R_2 &= \tfrac{3}{40} K \left[ 3 j(0) + 5 j(\omega_0) + 2 j(2 \omega_0) \right]

    Extreme narrowing: :math:`R_1 = R_2 = \tfrac34 K j(0) = \tfrac{10}{3} M_2 \tau_\text c`. R2 is
    the real part of the inverse of the transverse response; a small dynamic shift is left out.

    Parameters
    ----------
    spectral_density
        j [m-6 s] over angular frequency [rad/s], the sum over the like partners of one spin.
    gyromagnetic_ratio
        Of the bare nucleus [rad s-1 T-1].
    larmor_frequency
        nu0 [Hz], not angular; any shape.

    Returns
    -------
    :
        R1 and R2 [s-1], shape of the frequency.

    Raises
    ------
    ValueError
        If the Larmor frequency is not positive.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679. Abragam,
    The Principles of Nuclear Magnetism, Oxford (1961), ch. VIII.

    Examples
    --------
    >>> from megabar.motion.spectral_densities import bpp
    >>> rates = rates_like(
    ...     spectral_density=bpp(sum_r6=1.58e-10**-6, correlation_time=20e-12),
    ...     gyromagnetic_ratio=2.6752218744e8, larmor_frequency=395e6)
    >>> print(f"{rates.r1:.4f} {rates.r2:.4f}")
    1.0893 1.0949
    """
    j_zero, j_one, j_two = _densities(spectral_density, larmor_frequency, (0, 1, 2))
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio, gyromagnetic_ratio_partner=gyromagnetic_ratio
    )
    return Rates(
        r1=3 / 20 * k * (j_one + 4 * j_two), r2=3 / 40 * k * (3 * j_zero + 5 * j_one + 2 * j_two)
    )


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
    j_one, j_two = _densities(spectral_density, larmor_frequency, (1, 2))
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio, gyromagnetic_ratio_partner=gyromagnetic_ratio
    )
    rate = 3 / 40 * k * (3 * spectral_density(2 * locking) + 5 * j_one + 2 * j_two)
    return np.asarray(rate, dtype=np.float64)


def rates_unlike(
    *,
    spectral_density: Density,
    gyromagnetic_ratio: float,
    gyromagnetic_ratio_partner: float,
    spin_partner: float,
    larmor_frequency: ArrayLike,
) -> Rates:
    r"""Compute R1 and R2 that partners of another kind give to the spins observed.

    .. math:: R_1 &= \tfrac{1}{15} C \left[ j(\omega_I - \omega_X) + 3 j(\omega_I)
        + 6 j(\omega_I + \omega_X) \right] \\
        R_2 &= \tfrac{1}{30} C \left[ 4 j(0) + j(\omega_I - \omega_X) + 3 j(\omega_I)
        + 6 j(\omega_X) + 6 j(\omega_I + \omega_X) \right]

    with :math:`C = K X (X + 1)` and :math:`\omega_X = \omega_I \gamma_X / \gamma_I`. The partners
    are at equilibrium, so that R1 is the initial rate after a pulse on the spins observed alone.
    Where only those move, j decays with one spin's motion, more slowly than that of like spins.

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

    Returns
    -------
    :
        R1 and R2 [s-1], shape of the frequency.

    Raises
    ------
    ValueError
        If the Larmor frequency or the spin is not positive.

    References
    ----------
    Solomon, Phys. Rev. 99, 559 (1955), doi:10.1103/PhysRev.99.559.

    Examples
    --------
    >>> from megabar.motion.spectral_densities import bpp
    >>> rates = rates_unlike(
    ...     spectral_density=bpp(sum_r6=2.1e-10**-6, correlation_time=1e-12),
    ...     gyromagnetic_ratio=2.6752218744e8, gyromagnetic_ratio_partner=3.8083318e7,
    ...     spin_partner=3.5, larmor_frequency=395e6)
    >>> print(f"{rates.r1:.5f} {rates.ratio:.4f}")
    0.00283 1.0000
    """
    c = _unlike_constant(gyromagnetic_ratio, gyromagnetic_ratio_partner, spin_partner)
    g = gyromagnetic_ratio_partner / gyromagnetic_ratio
    j_zero, j_minus, j_one, j_partner, j_plus = _densities(
        spectral_density, larmor_frequency, (0, 1 - g, 1, g, 1 + g)
    )
    shared = j_minus + 3 * j_one + 6 * j_plus
    return Rates(r1=c / 15 * shared, r2=c / 30 * (4 * j_zero + shared + 6 * j_partner))


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
    c = _unlike_constant(gyromagnetic_ratio, gyromagnetic_ratio_partner, spin_partner)
    change = spectral_density(locking) - spectral_density(np.zeros_like(locking))
    return np.asarray(rates.r2 + 4 / 30 * c * change, dtype=np.float64)


def rates_from_correlation_time(
    *, correlation_time: ArrayLike, second_moment: ArrayLike, larmor_frequency: ArrayLike
) -> Rates:
    r"""Compute R1 and R2 of like spins 1/2 whose coupling forgets with one time.

    .. math:: R_1 &= \tfrac23 M_2 \left[ L(\omega_0) + 4 L(2 \omega_0) \right] \\
        R_2 &= \tfrac13 M_2 \left[ 3 \tau + 5 L(\omega_0) + 2 L(2 \omega_0) \right], \quad
        L(\omega) = \frac{\tau}{1 + \omega^2 \tau^2}

    Parameters
    ----------
    correlation_time
        tau [s], any shape.
    second_moment
        Second moment M2 of like spins in the rigid powder [rad2 s-2]; broadcasts.
    larmor_frequency
        nu0 [Hz], not angular; broadcasts.

    Returns
    -------
    :
        R1 and R2 [s-1].

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> rates = rates_from_correlation_time(
    ...     correlation_time=1e-12, second_moment=1e10, larmor_frequency=400e6)
    >>> print(f"{rates.t1:.2f} s")
    30.00 s
    """
    tau = positive(correlation_time, name="correlation time", unit="s")
    moment = positive(second_moment, name="second moment", unit="rad2 s-2")
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    one, two = (tau / (1 + (n * omega * tau) ** 2) for n in (1, 2))
    return Rates(
        r1=np.asarray(2 / 3 * moment * (one + 4 * two), dtype=np.float64),
        r2=np.asarray(moment / 3 * (3 * tau + 5 * one + 2 * two), dtype=np.float64),
    )


def redfield_parameter(
    *, second_moment: ArrayLike, correlation_time: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute how far the spins turn within one correlation time.

    .. math:: \sqrt{M_2} \tau_\text c

    Below :data:`REDFIELD_LIMIT` rates are meant; above, the line is no longer narrowed enough.

    Parameters
    ----------
    second_moment
        Rigid second moment of all partners [rad2 s-2].
    correlation_time
        tau_c [s].

    Returns
    -------
    :
        Angle [rad].

    Raises
    ------
    ValueError
        If the time is not positive, or the moment negative.

    References
    ----------
    Redfield, IBM J. Res. Dev. 1, 19 (1957), doi:10.1147/rd.11.0019.

    Examples
    --------
    >>> print(f"{redfield_parameter(second_moment=4.4e11, correlation_time=1e-9):.1e}")
    6.6e-04
    """
    moment = not_negative(second_moment, name="second moment", unit="rad2 s-2")
    tau = positive(correlation_time, name="correlation time", unit="s")
    return np.asarray(np.sqrt(moment) * tau, dtype=np.float64)


def _unlike_constant(
    gyromagnetic_ratio: float, gyromagnetic_ratio_partner: float, spin_partner: float
) -> float:
    positive(spin_partner, name="spin of the partner", unit="1")
    return (
        spin_partner
        * (spin_partner + 1)
        * dipolar_constant(
            gyromagnetic_ratio=gyromagnetic_ratio,
            gyromagnetic_ratio_partner=gyromagnetic_ratio_partner,
        )
    )


def _densities(
    spectral_density: Density, larmor_frequency: ArrayLike, multiples: tuple[float, ...]
) -> NDArray[np.float64]:
    """Evaluate j at multiples of the Larmor frequency, all in one call."""
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    return spectral_density(np.multiply.outer(np.asarray(multiples, dtype=np.float64), omega))

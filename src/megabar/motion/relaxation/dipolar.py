r"""R1 and R2 of dipole couplings that fluctuate, at full frequency.

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

    .. math:: \begin{split} R_1 &= \tfrac{3}{20} K \left[ j(\omega_0) + 4 j(2 \omega_0) \right] \\
        R_2 &= \tfrac{3}{40} K \left[ 3 j(0) + 5 j(\omega_0) + 2 j(2 \omega_0) \right]
        \end{split}

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
    j_zero, j_one, j_two = densities_at(spectral_density, larmor_frequency, (0, 1, 2))
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio, gyromagnetic_ratio_partner=gyromagnetic_ratio
    )
    return Rates(
        r1=3 / 20 * k * (j_one + 4 * j_two), r2=3 / 40 * k * (3 * j_zero + 5 * j_one + 2 * j_two)
    )


def rates_unlike(
    *,
    spectral_density: Density,
    gyromagnetic_ratio: float,
    gyromagnetic_ratio_partner: float,
    spin_partner: float,
    larmor_frequency: ArrayLike,
) -> Rates:
    r"""Compute R1 and R2 that partners of another kind give to the spins observed.

    .. math:: \begin{split} R_1 &= \tfrac{1}{15} C \left[ j(\omega_I - \omega_X) + 3 j(\omega_I)
        + 6 j(\omega_I + \omega_X) \right] \\
        R_2 &= \tfrac{1}{30} C \left[ 4 j(0) + j(\omega_I - \omega_X) + 3 j(\omega_I)
        + 6 j(\omega_X) + 6 j(\omega_I + \omega_X) \right]
        \end{split}

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
    c = unlike_constant(
        gyromagnetic_ratio=gyromagnetic_ratio,
        gyromagnetic_ratio_partner=gyromagnetic_ratio_partner,
        spin_partner=spin_partner,
    )
    g = gyromagnetic_ratio_partner / gyromagnetic_ratio
    j_zero, j_minus, j_one, j_partner, j_plus = densities_at(
        spectral_density, larmor_frequency, (0, 1 - g, 1, g, 1 + g)
    )
    shared = j_minus + 3 * j_one + 6 * j_plus
    return Rates(r1=c / 15 * shared, r2=c / 30 * (4 * j_zero + shared + 6 * j_partner))


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


def unlike_constant(
    *, gyromagnetic_ratio: float, gyromagnetic_ratio_partner: float, spin_partner: float
) -> float:
    r"""Compute the strength of the coupling to a partner of another kind, squared.

    .. math:: C = K X (X + 1)

    Parameters
    ----------
    gyromagnetic_ratio
        Of the bare nucleus observed [rad s-1 T-1].
    gyromagnetic_ratio_partner
        Of the bare partner [rad s-1 T-1].
    spin_partner
        Its spin quantum number X.

    Returns
    -------
    :
        C [m6 s-2].

    Raises
    ------
    ValueError
        If the spin is not positive.

    Examples
    --------
    >>> c = unlike_constant(
    ...     gyromagnetic_ratio=2.6752218744e8, gyromagnetic_ratio_partner=3.8083318e7,
    ...     spin_partner=3.5)
    >>> print(f"{c:.3e}")
    1.818e-49
    """
    positive(spin_partner, name="spin of the partner", unit="1")
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio,
        gyromagnetic_ratio_partner=gyromagnetic_ratio_partner,
    )
    return k * spin_partner * (spin_partner + 1)


def densities_at(
    spectral_density: Density, larmor_frequency: ArrayLike, multiples: tuple[float, ...]
) -> NDArray[np.float64]:
    """Evaluate j at multiples of the Larmor frequency, all in one call.

    Parameters
    ----------
    spectral_density
        j [m-6 s] over angular frequency [rad/s].
    larmor_frequency
        nu0 [Hz], not angular; any shape.
    multiples
        Of omega0.

    Returns
    -------
    :
        j, (multiple, ...).

    Raises
    ------
    ValueError
        If the Larmor frequency is not positive.
    """
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    return spectral_density(np.multiply.outer(np.asarray(multiples, dtype=np.float64), omega))

"""Relaxation that is not the dipole coupling of nuclei: metal, impurities, gradients, quadrupoles.

All of it adds to the dipolar rates; none of it says how fast hydrogen moves, except diffusion in a
gradient.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.constants import g_electron, hbar, k_boltzmann, mu_bohr
from megabar.motion.arguments import not_negative, positive
from megabar.motion.relaxation.dipolar import dipolar_constant
from megabar.motion.relaxation.rates import Rates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

GYROMAGNETIC_RATIO_ELECTRON: Final = g_electron * mu_bohr / hbar
"""Magnitude for a free electron [rad s-1 T-1]."""


def rates_from_knight_shift(
    *, knight_shift: ArrayLike, temperature: ArrayLike, gyromagnetic_ratio: float
) -> Rates:
    r"""Compute the relaxation by conduction electrons, without correlations between them.

    .. math:: \frac{1}{T_1} = \frac{1}{T_2} = \frac{4 \pi k_\text B T K_\text s^2}{\hbar}
        \left( \frac{\gamma_\text n}{\gamma_\text e} \right)^2

    K_s is the spin part of the shift alone. Parts of a shift cancel, rates add: a small total shift
    does not prove a small rate.

    Parameters
    ----------
    knight_shift
        Spin part of the Knight shift, a fraction (20 ppm is 20e-6), any sign.
    temperature
        T [K].
    gyromagnetic_ratio
        Of the nucleus [rad s-1 T-1].

    Returns
    -------
    :
        R1 and R2 [s-1].

    Raises
    ------
    ValueError
        If a temperature is not positive.

    References
    ----------
    Korringa, Physica 16, 601 (1950), doi:10.1016/0031-8914(50)90105-4.

    Examples
    --------
    >>> rates = rates_from_knight_shift(
    ...     knight_shift=20e-6, temperature=300, gyromagnetic_ratio=2.6752218744e8)
    >>> print(f"{rates.t1:.3f} s")
    2.194 s
    """
    kelvin = positive(temperature, name="temperature", unit="K")
    shift = np.asarray(knight_shift, dtype=np.float64)
    electron = (gyromagnetic_ratio / GYROMAGNETIC_RATIO_ELECTRON) ** 2
    rate = np.asarray(4 * pi * k_boltzmann * kelvin * shift**2 / hbar * electron, dtype=np.float64)
    return Rates(r1=rate, r2=rate)


def rates_paramagnetic(
    *,
    distance: ArrayLike,
    spin_electron: float,
    correlation_time: ArrayLike,
    gyromagnetic_ratio: float,
    larmor_frequency: ArrayLike,
) -> Rates:
    r"""Compute the relaxation of a nucleus beside a paramagnetic ion.

    .. math:: \begin{split} R_1 &= \tfrac{2}{15} C [3 L(\omega_I) + 7 L(\omega_e)] \\
        R_2 &= \tfrac{1}{15} C [4 \tau + 3 L(\omega_I) + 13 L(\omega_e)], \quad
        C = \frac{K S (S + 1)}{r^6}, \; L(\omega) = \frac{\tau}{1 + \omega^2 \tau^2}
        \end{split}

    with :math:`1/\tau = 1/\tau_\text{residence} + 1/T_{1e}` and a free-electron g factor. The
    contact coupling is left out. An order of magnitude: T1e of an ion in a metal is rarely known.

    Parameters
    ----------
    distance
        From nucleus to ion, r [m].
    spin_electron
        S of the ion; 7/2 for Gd3+.
    correlation_time
        tau [s].
    gyromagnetic_ratio
        Of the bare nucleus [rad s-1 T-1].
    larmor_frequency
        Of the nucleus, nu0 [Hz], not angular.

    Returns
    -------
    :
        R1 and R2 [s-1] while the nucleus sits there.

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Solomon, Phys. Rev. 99, 559 (1955), doi:10.1103/PhysRev.99.559. Bloembergen, J. Chem. Phys. 27,
    572 (1957), doi:10.1063/1.1743771.

    Examples
    --------
    >>> rates = rates_paramagnetic(
    ...     distance=2.1e-10, spin_electron=3.5, correlation_time=1e-11,
    ...     gyromagnetic_ratio=2.6752218744e8, larmor_frequency=395.1e6)
    >>> print(f"{rates.r1:.2e} {rates.r2:.2e}")
    1.83e+05 2.13e+05
    """
    r = positive(distance, name="distance", unit="m")
    tau = positive(correlation_time, name="correlation time", unit="s")
    spin = positive(spin_electron, name="spin of the ion", unit="1")
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio,
        gyromagnetic_ratio_partner=GYROMAGNETIC_RATIO_ELECTRON,
    )
    c = k * spin * (spin + 1) / r**6
    electron = omega * GYROMAGNETIC_RATIO_ELECTRON / abs(gyromagnetic_ratio)
    slow, fast = (tau / (1 + (frequency * tau) ** 2) for frequency in (omega, electron))
    return Rates(
        r1=np.asarray(2 / 15 * c * (3 * slow + 7 * fast), dtype=np.float64),
        r2=np.asarray(c / 15 * (4 * tau + 3 * slow + 13 * fast), dtype=np.float64),
    )


def rates_shared(
    *, rates: Rates, fraction_replaced: ArrayLike, neighbours_per_spin: float
) -> Rates:
    r"""Compute the relaxation of all hydrogen that visits the neighbours of rare ions.

    .. math:: R = x \frac{n_\text{adjacent}}{n_\text H} R_\text{adjacent}

    For hops much faster than the rate beside an ion, so that every spin averages over all sites.

    Parameters
    ----------
    rates
        Beside one ion.
    fraction_replaced
        Of the metal atoms that are such ions, x.
    neighbours_per_spin
        Hydrogen sites adjacent to one metal site, over hydrogens per metal: 32/10 in LaH10.

    Returns
    -------
    :
        R1 and R2 [s-1] of all hydrogen.

    Raises
    ------
    ValueError
        If the fraction is negative, or the number of neighbours not positive.

    References
    ----------
    Solomon, Phys. Rev. 99, 559 (1955), doi:10.1103/PhysRev.99.559, averaged over sites.

    Examples
    --------
    >>> beside = Rates(r1=np.array(1.83e5), r2=np.array(2.13e5))
    >>> shared = rates_shared(rates=beside, fraction_replaced=1e-3, neighbours_per_spin=3.2)
    >>> print(f"{shared.r1:.0f}")
    586
    """
    fraction = not_negative(fraction_replaced, name="fraction replaced", unit="1")
    share = fraction * positive(neighbours_per_spin, name="neighbours per spin", unit="1")
    return Rates(r1=np.asarray(share * rates.r1), r2=np.asarray(share * rates.r2))


def gradient_exponent(
    *,
    gradient: ArrayLike,
    diffusivity: ArrayLike,
    delay: ArrayLike,
    gyromagnetic_ratio: float,
) -> NDArray[np.float64]:
    r"""Compute how far free diffusion in a field gradient has attenuated a Hahn echo.

    .. math:: A = A_0 \exp \left( -\tfrac23 \gamma^2 G^2 D \tau^3 \right)

    for an echo at 2 tau. Grain boundaries restrict the diffusion where
    :math:`\sqrt{2 D \tau}` reaches the size of a grain; the exponent is then an upper limit.

    Parameters
    ----------
    gradient
        G [T/m].
    diffusivity
        Self-diffusivity D of one spin [m2/s].
    delay
        From excitation to refocusing pulse, tau [s]: half the echo time.
    gyromagnetic_ratio
        Of the nucleus [rad s-1 T-1].

    Returns
    -------
    :
        Exponent, positive.

    Raises
    ------
    ValueError
        If a diffusivity or delay is negative.

    References
    ----------
    Carr, Purcell, Phys. Rev. 94, 630 (1954), doi:10.1103/PhysRev.94.630.

    Examples
    --------
    >>> exponent = gradient_exponent(
    ...     gradient=9.0, diffusivity=1e-10, delay=1e-3, gyromagnetic_ratio=2.6752218744e8)
    >>> print(f"{exponent:.4f}")
    0.3865
    """
    moved = not_negative(diffusivity, name="diffusivity", unit="m2/s")
    time = not_negative(delay, name="delay", unit="s")
    slope = gyromagnetic_ratio * np.asarray(gradient, dtype=np.float64)
    return np.asarray(2 / 3 * slope**2 * moved * time**3, dtype=np.float64)


def rates_quadrupolar(
    *,
    coupling_rms: ArrayLike,
    spin: float,
    correlation_time: ArrayLike,
    larmor_frequency: ArrayLike,
) -> Rates:
    r"""Compute the initial rates of a quadrupolar nucleus whose field gradient fluctuates.

    .. math:: \begin{split} R_1 &= \tfrac{3 \pi^2}{10} \frac{2 I + 3}{I^2 (2 I - 1)}
        \langle C_Q^2 (1 + \eta^2 / 3) \rangle
        \left[ \tfrac15 L(\omega_0) + \tfrac45 L(2 \omega_0) \right] \\
        R_2 &= \text{the same with } \tfrac{3}{10} \tau + \tfrac12 L(\omega_0)
        + \tfrac15 L(2 \omega_0)
        \end{split}

    Initial slopes for all 2I + 1 levels excited alike; above I = 1 both decays are single
    exponentials in extreme narrowing only. The mean square coupling is an input: the gradient at
    139La needs charges and their screening, which positions do not give. With every site occupied,
    hops of hydrogen leave the charges as they were, and this rate is zero.

    Parameters
    ----------
    coupling_rms
        Root mean square of the fluctuating coupling C_Q sqrt(1 + eta2/3) [Hz], C_Q = e2qQ/h.
    spin
        Spin quantum number I, 1 or more.
    correlation_time
        Of the field gradient, tau [s].
    larmor_frequency
        nu0 of this nucleus [Hz], not angular.

    Returns
    -------
    :
        Initial R1 and R2 [s-1].

    Raises
    ------
    ValueError
        If the spin is below 1, or an argument is not positive.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), ch. VIII.

    Examples
    --------
    >>> rates = rates_quadrupolar(
    ...     coupling_rms=1e6, spin=3.5, correlation_time=1e-11, larmor_frequency=55.9e6)
    >>> print(f"{rates.r1:.2f} {rates.ratio:.4f}")
    4.03 1.0000
    """
    if not spin >= 1:
        msg = f"Found spin {spin:g}; a quadrupole moment needs 1 or more. Take a dipolar rate."
        raise ValueError(msg)
    coupling = positive(coupling_rms, name="quadrupole coupling", unit="Hz")
    tau = positive(correlation_time, name="correlation time", unit="s")
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    strength = 3 * pi**2 / 10 * (2 * spin + 3) / (spin**2 * (2 * spin - 1)) * coupling**2
    one, two = (tau / (1 + (n * omega * tau) ** 2) for n in (1, 2))
    return Rates(
        r1=np.asarray(strength * (one + 4 * two) / 5, dtype=np.float64),
        r2=np.asarray(strength * (3 * tau + 5 * one + 2 * two) / 10, dtype=np.float64),
    )

r"""The shortest T1 that dipole couplings can give, whatever the motion.

Reversible motion has :math:`S(t) = \sum_m A_m e^{-t / \tau_m}` with :math:`A_m \ge 0`. Each term
obeys the maximum of its own single-exponential rate, hence so does the sum, and only the rigid
second moments and the field remain. Exceptions: coherent tunnelling with a line at the Larmor
frequency or twice that, mechanisms that are not dipolar, and couplings too strong for Redfield
theory. T1 is the initial recovery of a powder, and the second moment that of the spins observed:
hydrogen closer than assumed lowers the floor.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import not_negative, positive
from megabar.motion.relaxation.dipolar import dipolar_constant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

REDUCED_TIME_AT_MINIMUM: Final = 0.6157951469617563
"""omega0 tau at the T1 minimum of like spins with one time: u = x2 solves
32 u3 + 20 u2 + u - 5 = 0."""

CEILING_LIKE: Final = 0.9501171460576676
"""C0, the largest R1 omega0 / M2 of like spins, reached at that reduced time."""


def ceiling_unlike(*, partner_over_observed: float) -> float:
    r"""Compute the largest R1 omega0 / M2 that partners of another kind can give.

    .. math:: C_X = \frac14 \left[ \frac{1}{|1 - g|} + 3 + \frac{6}{|1 + g|} \right], \quad
        g = \gamma_X / \gamma_I

    Each of the three terms at its own maximum, :math:`L(\omega) \le 1 / (2 \omega)`. With one
    correlation time for all three the ceiling is a little lower (139La on 1H: 2.3432 instead of
    2.3546); this one is closed and safe.

    Parameters
    ----------
    partner_over_observed
        Gyromagnetic ratio of the partner over that of the spin observed, g, with its sign.

    Returns
    -------
    :
        C_X; infinite for g = 1 or -1.

    References
    ----------
    From Solomon, Phys. Rev. 99, 559 (1955), doi:10.1103/PhysRev.99.559, term by term.

    Examples
    --------
    >>> print(f"{ceiling_unlike(partner_over_observed=3.8083318 / 26.752218744):.4f}")
    2.3546
    """
    g = partner_over_observed
    if abs(g) == 1:
        return float("inf")
    return (1 / abs(1 - g) + 3 + 6 / abs(1 + g)) / 4


def t1_floor_from_second_moments(
    *,
    second_moment_like: ArrayLike,
    second_moment_unlike: ArrayLike,
    partner_over_observed: float,
    larmor_frequency: ArrayLike,
) -> NDArray[np.float64]:
    r"""Compute the shortest dipolar T1, for any diffusivity, jump network and mechanism.

    .. math:: T_1 \ge \frac{\omega_0}{C_0 M_2^\text{like} + C_X M_2^\text{unlike}}

    With T1 observed below, at least :math:`R_1 - 1 / T_1^\text{floor}` of the rate is not dipolar.

    Parameters
    ----------
    second_moment_like
        Rigid powder second moment of like spins 1/2, the largest that the data allow [rad2 s-2].
    second_moment_unlike
        That of the partners of another kind [rad2 s-2]; 0 leaves them out.
    partner_over_observed
        Gyromagnetic ratio of the partner over that of the spin observed.
    larmor_frequency
        nu0 [Hz], not angular.

    Returns
    -------
    :
        Floor [s].

    Raises
    ------
    ValueError
        If the frequency or the like moment is not positive, or the unlike one negative.

    References
    ----------
    Derived in the documentation, from Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948),
    doi:10.1103/PhysRev.73.679, and Solomon, Phys. Rev. 99, 559 (1955),
    doi:10.1103/PhysRev.99.559.

    Examples
    --------
    >>> floor = t1_floor_from_second_moments(
    ...     second_moment_like=4.4045e11, second_moment_unlike=1.838e9,
    ...     partner_over_observed=0.142356, larmor_frequency=395e6)
    >>> print(f"{1e3 * floor:.3f} ms")
    5.870 ms
    """
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    like = positive(second_moment_like, name="second moment of like spins", unit="rad2 s-2")
    unlike = not_negative(
        second_moment_unlike, name="second moment of unlike spins", unit="rad2 s-2"
    )
    steepest = CEILING_LIKE * like
    if np.any(unlike > 0):
        steepest = steepest + ceiling_unlike(partner_over_observed=partner_over_observed) * unlike
    return np.asarray(omega / steepest, dtype=np.float64)


def t1_minimum_from_second_moment(
    *, second_moment: ArrayLike, larmor_frequency: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Compute the T1 minimum of like spins with one correlation time, and that time.

    .. math:: T_1^\text{min} = \frac{\omega_0}{C_0 M_2}, \quad \omega_0 \tau = 0.615795

    No motion goes below; lattice walks stay 10 to 30 % above.

    Parameters
    ----------
    second_moment
        Rigid powder second moment of like spins 1/2 [rad2 s-2].
    larmor_frequency
        nu0 [Hz], not angular.

    Returns
    -------
    :
        T1 [s] and tau [s] at the minimum.

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> t1, tau = t1_minimum_from_second_moment(second_moment=4.4045e11, larmor_frequency=395e6)
    >>> print(f"{1e3 * t1:.3f} ms at {1e9 * tau:.3f} ns")
    5.931 ms at 0.248 ns
    """
    t1 = t1_floor_from_second_moments(
        second_moment_like=second_moment,
        second_moment_unlike=0.0,
        partner_over_observed=0.0,
        larmor_frequency=larmor_frequency,
    )
    tau = REDUCED_TIME_AT_MINIMUM / (2 * pi * np.asarray(larmor_frequency, dtype=np.float64))
    return t1, np.broadcast_to(tau, t1.shape)


def sum_r6_from_t1_floor(
    *, t1: ArrayLike, gyromagnetic_ratio: float, larmor_frequency: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute how strongly coupled like spins 1/2 would have to be for a T1 at the floor.

    .. math:: S(0) = \frac{\omega_0}{C_0 T_1 \tfrac{9}{20} K}

    Its inverse sixth root is the distance of the one partner that would do.

    Parameters
    ----------
    t1
        Observed T1 [s].
    gyromagnetic_ratio
        Of the bare nucleus [rad s-1 T-1].
    larmor_frequency
        nu0 [Hz], not angular.

    Returns
    -------
    :
        Smallest sum over partners of r^-6 that allows this T1 [m-6].

    Raises
    ------
    ValueError
        If a time or frequency is not positive.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168, for the second moment.

    Examples
    --------
    >>> needed = sum_r6_from_t1_floor(
    ...     t1=1.5e-3, gyromagnetic_ratio=2.6752218744e8, larmor_frequency=395e6)
    >>> print(f"{needed * 1e-60:.3f} A^-6, {1e10 * needed ** (-1 / 6):.3f} A")
    6.794 A^-6, 0.727 A
    """
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    time = positive(t1, name="T1", unit="s")
    k = dipolar_constant(
        gyromagnetic_ratio=gyromagnetic_ratio, gyromagnetic_ratio_partner=gyromagnetic_ratio
    )
    return np.asarray(omega / (CEILING_LIKE * time * 9 / 20 * k), dtype=np.float64)

"""Second moments of rigid nuclei: from lattice sums to coupling, line width and pair splitting.

Lattice sums come from ``spins.lattice_sums``; all of it for a crystal from
``spins.crystal_moments``; the line beyond the Gaussian estimate from ``spins.rigid_lines``. Bare
gyromagnetic ratios are meant throughout: the field that one nucleus makes at another is not
shielded as the applied field is.

Twin: ``observables.lines``.
"""

from __future__ import annotations

from math import isfinite, log, pi, sqrt
from typing import Final

from megabar import constants
from megabar.spins.lattice_sums import (
    lattice_sum_r6,
    lattice_sum_r6_along,
    lattice_sum_tensor,
    mean_over_sites,
)

__all__ = [
    "MANY_SPIN_WIDTH",
    "coupling_strength",
    "fwhm_from_second_moment",
    "lattice_sum_r6",
    "lattice_sum_r6_along",
    "lattice_sum_tensor",
    "mean_over_sites",
    "number_density",
    "pair_constant",
    "pake_splitting",
    "second_moment_like",
    "second_moment_unlike",
]

MANY_SPIN_WIDTH: Final = 1.35
"""Width of the rigid line of hydrides over that of a Gaussian of its second moment, to 0.05."""


def number_density(*, count: float, volume: float) -> float:
    """Compute atoms per volume.

    Parameters
    ----------
    count
        Atoms in the cell; vacancies make it a fraction.
    volume
        Volume of the cell [m3].

    Returns
    -------
    :
        Number density [m-3].

    Raises
    ------
    ValueError
        If the count is negative or the volume not positive.

    Examples
    --------
    >>> print(f"{number_density(count=40, volume=132.80e-30):.3e} per m3")
    3.012e+29 per m3
    """
    if not (isfinite(count) and count >= 0):
        msg = f"Found {count:g} atoms in the cell; a number from 0 is needed."
        raise ValueError(msg)
    return count / _positive(volume, name="volume", unit="m3")


def coupling_strength(
    *, gyromagnetic_ratio: float, other_gyromagnetic_ratio: float | None = None
) -> float:
    r"""Compute the square of the dipolar coupling at unit distance.

    .. math:: K = (\mu_0 / 4 \pi)^2 \, \gamma_I^2 \gamma_X^2 \, \hbar^2

    Parameters
    ----------
    gyromagnetic_ratio
        Of the observed nucleus [rad s-1 T-1].
    other_gyromagnetic_ratio
        Of its partner [rad s-1 T-1]; None for a partner of the same kind.

    Returns
    -------
    :
        Square of the coupling [m6 s-2].

    Examples
    --------
    >>> print(f"{coupling_strength(gyromagnetic_ratio=2.6752218744e8):.5e}")
    5.69628e-49
    """
    other = gyromagnetic_ratio if other_gyromagnetic_ratio is None else other_gyromagnetic_ratio
    single = constants.mu_0_over_4pi * gyromagnetic_ratio * other * constants.hbar
    return single * single


def second_moment_like(*, gyromagnetic_ratio: float, spin: float, sum_r6: float) -> float:
    r"""Compute the second moment of a powder from nuclei of the observed kind.

    .. math:: M_2 = \tfrac{3}{5} K \, I (I + 1) \, S_6

    Spin 1/2: 9/20 K S6. With ``sum_r6`` from ``lattice_sum_r6_along`` it is that of a single
    crystal. Secular coupling, rigid nuclei, no exchange of spin energy with other levels.

    Parameters
    ----------
    gyromagnetic_ratio
        Of the nucleus [rad s-1 T-1].
    spin
        Its spin quantum number I.
    sum_r6
        Sum of inverse sixth powers [m-6]; the mean over occupied sites.

    Returns
    -------
    :
        Second moment [rad2 s-2].

    Raises
    ------
    ValueError
        If the spin is no multiple of 1/2 or the sum negative.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168.

    Examples
    --------
    >>> m2 = second_moment_like(gyromagnetic_ratio=2.6752218744e8, spin=0.5, sum_r6=1.71829e60)
    >>> print(f"{m2:.4e} rad2 s-2")
    4.4045e+11 rad2 s-2
    """
    strength = coupling_strength(gyromagnetic_ratio=gyromagnetic_ratio)
    return 3 / 5 * strength * _spin_squared(spin) * _sum(sum_r6)


def second_moment_unlike(
    *,
    gyromagnetic_ratio: float,
    other_gyromagnetic_ratio: float,
    other_spin: float,
    sum_r6: float,
) -> float:
    r"""Compute the second moment of a powder from nuclei of another kind.

    .. math:: M_2 = \tfrac{4}{15} K_{IX} \, X (X + 1) \, S_{6,IX}

    With ``sum_r6`` from ``lattice_sum_r6_along`` it is that of a single crystal.

    Parameters
    ----------
    gyromagnetic_ratio
        Of the observed nucleus [rad s-1 T-1].
    other_gyromagnetic_ratio
        Of its partners [rad s-1 T-1].
    other_spin
        Spin quantum number X of the partners.
    sum_r6
        Sum of inverse sixth powers to the partners [m-6], abundance not included.

    Returns
    -------
    :
        Second moment [rad2 s-2].

    Raises
    ------
    ValueError
        If the spin is no multiple of 1/2 or the sum negative.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168.

    Examples
    --------
    >>> m2 = second_moment_unlike(
    ...     gyromagnetic_ratio=2.6752218744e8, other_gyromagnetic_ratio=3.8083318e7,
    ...     other_spin=3.5, sum_r6=0.25e60)
    >>> print(f"{m2:.2e} rad2 s-2")
    1.21e+10 rad2 s-2
    """
    strength = coupling_strength(
        gyromagnetic_ratio=gyromagnetic_ratio, other_gyromagnetic_ratio=other_gyromagnetic_ratio
    )
    return 4 / 15 * strength * _spin_squared(other_spin) * _sum(sum_r6)


def fwhm_from_second_moment(*, second_moment: float) -> float:
    r"""Compute the width of the Gaussian with a given second moment.

    .. math:: \Delta\nu = \frac{\sqrt{8 \ln 2 \, M_2}}{2 \pi}

    An estimate: lines of rigid hydrides are flat-topped and about 1.35 times as wide.

    Parameters
    ----------
    second_moment
        [rad2 s-2], from 0.

    Returns
    -------
    :
        Full width at half maximum [Hz].

    Raises
    ------
    ValueError
        If the second moment is negative or not finite.

    Examples
    --------
    >>> print(f"{fwhm_from_second_moment(second_moment=4.4229e11) / 1e3:.1f} kHz")
    249.2 kHz
    """
    if not (isfinite(second_moment) and second_moment >= 0):
        msg = f"Found a second moment of {second_moment:g} rad2 s-2; a number from 0 is needed."
        raise ValueError(msg)
    return sqrt(8 * log(2) * second_moment) / (2 * pi)


def pair_constant(
    *,
    gyromagnetic_ratio: float,
    distance: float,
    other_gyromagnetic_ratio: float | None = None,
) -> float:
    r"""Compute the dipolar constant of a pair as a frequency.

    .. math:: \frac{b}{2 \pi} = \frac{\mu_0}{4 \pi} \frac{|\gamma_I \gamma_X| \hbar}{2 \pi r^3}

    No width of any line: the horns of a like pair stand 1.5 times, its edges 3 times as far apart.

    Parameters
    ----------
    gyromagnetic_ratio
        Of the observed nucleus [rad s-1 T-1].
    distance
        Between the two [m].
    other_gyromagnetic_ratio
        Of its partner [rad s-1 T-1]; None for a partner of the same kind.

    Returns
    -------
    :
        Dipolar constant [Hz].

    Raises
    ------
    ValueError
        If the distance is not positive.

    Examples
    --------
    >>> b = pair_constant(gyromagnetic_ratio=2.6752218744e8, distance=1e-10)
    >>> print(f"{b / 1e3:.2f} kHz")
    120.12 kHz
    """
    strength = coupling_strength(
        gyromagnetic_ratio=gyromagnetic_ratio, other_gyromagnetic_ratio=other_gyromagnetic_ratio
    )
    return sqrt(strength) / (2 * pi * _positive(distance, name="distance", unit="m") ** 3)


def pake_splitting(*, pair_constant: float) -> float:
    r"""Compute the distance between the two horns of a powder of like pairs of spin 1/2.

    .. math:: \Delta\nu = \tfrac{3}{2} \, b / 2 \pi

    Parameters
    ----------
    pair_constant
        Dipolar constant [Hz].

    Returns
    -------
    :
        Splitting of the horns [Hz]; the edges are twice as far apart.

    References
    ----------
    Pake, J. Chem. Phys. 16, 327 (1948), doi:10.1063/1.1746878.

    Examples
    --------
    >>> pake_splitting(pair_constant=100e3)
    150000.0
    """
    return 1.5 * pair_constant


def _spin_squared(spin: float) -> float:
    if not (isfinite(spin) and spin > 0 and 2 * spin == int(2 * spin)):
        msg = f"Found spin {spin:g}; a positive multiple of 1/2 is needed."
        raise ValueError(msg)
    return spin * (spin + 1)


def _sum(sum_r6: float) -> float:
    if not (isfinite(sum_r6) and sum_r6 >= 0):
        msg = f"Found a lattice sum of {sum_r6:g} m-6; a number from 0 is needed."
        raise ValueError(msg)
    return sum_r6


def _positive(value: float, *, name: str, unit: str) -> float:
    if not (isfinite(value) and value > 0):
        msg = f"Found {name} {value:g} {unit}; a positive number is needed. Check its unit."
        raise ValueError(msg)
    return value

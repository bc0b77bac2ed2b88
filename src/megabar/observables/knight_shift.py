r"""Knight shifts: out of a shift, against the relaxation, and over the weeks.

All shifts of a cell share the error of the field at the sample; differences between days do not
have it. So the covariance of a shift history has two parts, kept apart here:

.. math:: C_{ij} = \sigma_{\text{own},i}^2 \delta_{ij} + \sigma_{\text{zero},i}
    \sigma_{\text{zero},j}

Twin: ``motion.relaxation``, which computes the rate from the Knight shift.

References
----------
Korringa, Physica 16, 601 (1950), doi:10.1016/0031-8914(50)90105-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, hypot, isfinite, log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.matter import nuclei
from megabar.motion import relaxation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LIMIT: Final = 1.96
"""Standard errors of a two-sided interval of 95 %."""

_PPM: Final = 1e-6


def covariance_of_shifts(
    *, independent_std: ArrayLike, common_std: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute the covariance of shifts that share the zero of their axis.

    .. math:: C = \operatorname{diag}(\sigma_\text{own}^2) + \sigma_\text{zero}
        \sigma_\text{zero}^\mathsf{T}

    The shifts may be of several nuclei of one cell: the field offset is common to all of them.

    Parameters
    ----------
    independent_std
        Error of each session alone: line, and copper of that day (n,) [Hz/MHz].
    common_std
        Error of the zero that all share (n,) [Hz/MHz].

    Returns
    -------
    :
        Covariance (n, n) [(Hz/MHz)^2].

    Raises
    ------
    ValueError
        If the two do not have the same length, or an error is negative.

    Examples
    --------
    >>> c = covariance_of_shifts(independent_std=[3.0, 4.0], common_std=[50.0, 50.0])
    >>> difference = np.array([1.0, -1.0])
    >>> print(f"{np.sqrt(c[0, 0]):.1f}, difference {np.sqrt(difference @ c @ difference):.1f}")
    50.1, difference 5.0
    """
    own = np.asarray(independent_std, dtype=np.float64)
    shared = np.asarray(common_std, dtype=np.float64)
    if own.ndim != 1 or own.shape != shared.shape or np.any(own < 0) or np.any(shared < 0):
        msg = (
            f"Found errors of shapes {own.shape} and {shared.shape}; one own and one common error "
            "is needed for each shift, none negative."
        )
        raise ValueError(msg)
    return np.diag(own**2) + np.outer(shared, shared)


def knight_shift_from_shift(
    *,
    shift: float,
    shift_std: float,
    chemical_shift: float,
    chemical_shift_std: float,
) -> tuple[float, float]:
    r"""Take the Knight shift out of a shift.

    .. math:: K = \frac{\delta - \delta_\text{chem}}{1 + \delta_\text{chem}}

    The chemical (orbital) part is that of the same nucleus in an insulator of the same bonding, and
    rarely known; its error is the error of K more often than that of the line.

    Parameters
    ----------
    shift
        Measured shift [Hz/MHz].
    shift_std
        Its total error, that of the zero included [Hz/MHz].
    chemical_shift, chemical_shift_std
        Chemical or orbital part and its error, from the same reference compound [Hz/MHz].

    Returns
    -------
    :
        K and its standard error [Hz/MHz].

    Raises
    ------
    ValueError
        If an error is negative.

    Examples
    --------
    >>> k, std = knight_shift_from_shift(
    ...     shift=2950.0, shift_std=3.0, chemical_shift=500.0, chemical_shift_std=200.0)
    >>> print(f"{k:.0f}({std:.0f}) ppm")
    2449(200) ppm
    """
    if not (shift_std >= 0 and chemical_shift_std >= 0):
        msg = f"Found errors {shift_std:g} and {chemical_shift_std:g} Hz/MHz; none is negative."
        raise ValueError(msg)
    below = 1 + chemical_shift * _PPM
    value = (shift - chemical_shift) / below
    slope = (1 + shift * _PPM) / below**2
    return value, hypot(shift_std / below, chemical_shift_std * slope)


@dataclass(frozen=True, kw_only=True)
class Korringa:
    r"""A relaxation time beside what conduction electrons of that Knight shift would give.

    Parameters
    ----------
    product, product_std
        T1 T K^2 [s K] and its first-order error.
    free_electron
        The same of electrons without correlations [s K].
    ratio
        Product over that: the part of the rate that such electrons explain.
    interval
        95 % interval of the ratio; its lower end is 0 where K may be 0.
    t1_expected
        T1 that K demands [s]; inf for K = 0.
    knight_shift_needed
        \|K\| that T1 would demand [Hz/MHz].
    verdict
        ``"electrons suffice"``, ``"electrons do not suffice"`` or ``"shift exceeds the rate"``.
    sentence
        The verdict with its numbers.
    """

    product: float
    product_std: float
    free_electron: float
    ratio: float
    interval: tuple[float, float]
    t1_expected: float
    knight_shift_needed: float
    verdict: str
    sentence: str


def free_electron_product(*, nucleus: str) -> float:
    r"""Compute the Korringa product of electrons without correlations.

    .. math:: T_1 T K^2 = \frac{\hbar}{4 \pi k_\text B} \left( \frac{\gamma_\text e}
        {\gamma_\text n} \right)^2

    Here the moment of the bare nucleus belongs: it turns in the hyperfine field, and the shielding
    is in K.

    Parameters
    ----------
    nucleus
        Such as ``"1H"``.

    Returns
    -------
    :
        The product [s K].

    Raises
    ------
    UnknownWord
        If the table does not hold the nucleus.

    References
    ----------
    Korringa, Physica 16, 601 (1950), doi:10.1016/0031-8914(50)90105-4.

    Examples
    --------
    >>> print(f"{free_electron_product(nucleus='1H'):.3e} s K")
    2.633e-07 s K
    """
    gamma = nuclei.nucleus(nucleus).gyromagnetic_ratio_bare
    rates = relaxation.rates_from_knight_shift(
        knight_shift=1.0, temperature=1.0, gyromagnetic_ratio=gamma
    )
    return float(rates.t1)


def korringa(
    *,
    nucleus: str,
    t1: tuple[float, float],
    temperature: tuple[float, float],
    knight_shift: tuple[float, float],
) -> Korringa:
    r"""Compare T1 with what conduction electrons of a Knight shift would give.

    .. math:: \frac{T_1 T K^2}{(\hbar / 4 \pi k_\text B)(\gamma_\text e / \gamma_\text n)^2} = B

    B = 1 without correlations. Exchange raises it, by up to about 2 in simple metals; antiferro-
    magnetic correlations and rates that do not show in K lower it. Where B lies below 1 beyond its
    error, something else relaxes, or K holds parts that cancel: parts of a shift cancel, rates add.

    Parameters
    ----------
    nucleus
        Such as ``"1H"``.
    t1, temperature
        Value and standard error [s], [K].
    knight_shift
        Spin part K, any sign, and its standard error [Hz/MHz].

    Returns
    -------
    :
        Product, ratio, interval and verdict.

    Raises
    ------
    UnknownWord
        If the table does not hold the nucleus.
    ValueError
        If T1 or the temperature is not positive, or an error is negative.

    References
    ----------
    Korringa, Physica 16, 601 (1950), doi:10.1016/0031-8914(50)90105-4.

    Examples
    --------
    >>> found = korringa(nucleus="1H", t1=(1.5e-3, 0.05e-3), temperature=(300.0, 2.0),
    ...                  knight_shift=(20.0, 5.0))
    >>> found.verdict, f"{found.knight_shift_needed:.0f} ppm", f"{found.t1_expected:.2f} s"
    ('electrons do not suffice', '765 ppm', '2.19 s')
    """
    for name, (value, std) in (("T1", t1), ("temperature", temperature)):
        if not (isfinite(value) and value > 0 and std >= 0):
            msg = f"Found {name} {value:g}({std:g}); a positive value with an error is needed."
            raise ValueError(msg)
    k, k_std = abs(knight_shift[0]), knight_shift[1]
    if not k_std >= 0:
        msg = f"Found an error of {k_std:g} Hz/MHz of the Knight shift; it is not negative."
        raise ValueError(msg)
    free = free_electron_product(nucleus=nucleus)
    scale = t1[0] * temperature[0] * _PPM**2
    ratio = scale * k**2 / free
    rest = hypot(t1[1] / t1[0], temperature[1] / temperature[0])
    interval = _interval(scale / free, k, k_std, rest)
    needed = sqrt(free / scale)
    verdict = _verdict(interval)
    return Korringa(
        product=scale * k**2,
        product_std=scale * hypot(2 * k * k_std, k**2 * rest),
        free_electron=free,
        ratio=ratio,
        interval=interval,
        t1_expected=t1[0] / ratio if ratio > 0 else float("inf"),
        knight_shift_needed=needed,
        verdict=verdict,
        sentence=_sentence(verdict, t1=t1[0], kelvin=temperature[0], k=k, needed=needed)
        + f" The ratio is {ratio:.2g} (95 %: {interval[0]:.2g} to {interval[1]:.2g}).",
    )


def _interval(scale: float, k: float, k_std: float, rest: float) -> tuple[float, float]:
    """Give both ends of the ratio: K^2 bends, so each has a distance of its own."""
    low, high = max(k - LIMIT * k_std, 0.0), k + LIMIT * k_std
    ends = []
    for end, sign in ((low, -1), (high, 1)):
        if k == 0 or end == 0:
            ends.append(scale * end**2 * exp(sign * LIMIT * rest))
        else:
            ends.append(scale * k**2 * exp(sign * hypot(2 * log(end / k), LIMIT * rest)))
    return ends[0], ends[1]


def _verdict(interval: tuple[float, float]) -> str:
    if interval[1] < 1:
        return "electrons do not suffice"
    return "shift exceeds the rate" if interval[0] > 1 else "electrons suffice"


def _sentence(verdict: str, *, t1: float, kelvin: float, k: float, needed: float) -> str:
    measured = f"T1 = {1e3 * t1:.3g} ms at {kelvin:.0f} K"
    if verdict == "electrons do not suffice":
        return (
            f"{measured} is shorter than Korringa allows for {k:.3g} Hz/MHz: it would need "
            f"{needed:.3g} Hz/MHz. Not conduction electrons alone, unless parts of the shift "
            "cancel."
        )
    if verdict == "shift exceeds the rate":
        return (
            f"{measured} needs no more than {needed:.3g} Hz/MHz, and {k:.3g} Hz/MHz is there: "
            "exchange between the electrons, or a chemical part left in the shift."
        )
    return (
        f"{measured} and {k:.3g} Hz/MHz are compatible with conduction electrons (they would need "
        f"{needed:.3g} Hz/MHz)."
    )

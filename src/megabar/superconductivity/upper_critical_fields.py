r"""Field that destroys superconductivity against temperature: Ginzburg-Landau, and WHH.

Twin: ``observables.upper_critical_fields``.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.constants import elementary_charge, h

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FLUX_QUANTUM: Final = h / (2 * elementary_charge)
"""Flux quantum [Wb]."""

WHH_AT_ZERO: Final = 0.6927
"""Upper critical field at T = 0 over -Tc dHc2/dT at Tc, orbital limit of a dirty superconductor."""


def coherence_length(upper_critical_field: float) -> float:
    r"""Compute the coherence length.

    .. math:: \xi = \sqrt{\Phi_0 / 2 \pi H_{c2}}

    Parameters
    ----------
    upper_critical_field
        :math:`\mu_0 H_{c2}(0)` [T].

    Returns
    -------
    :
        :math:`\xi` [m].

    Raises
    ------
    ValueError
        If the field is not positive.

    References
    ----------
    Tinkham, Introduction to Superconductivity, 2nd edition (Dover, 2004), chapter 4.

    Examples
    --------
    >>> print(f"{coherence_length(136.0) * 1e9:.4f} nm")
    1.5556 nm
    """
    if not upper_critical_field > 0:
        msg = f"Found an upper critical field of {upper_critical_field:g} T; it must be positive."
        raise ValueError(msg)
    return sqrt(FLUX_QUANTUM / (2 * pi * upper_critical_field))


def ginzburg_landau_field(
    temperature: ArrayLike, *, critical_temperature: float, field_at_zero: float
) -> NDArray[np.float64]:
    r"""Compute the upper critical field of the Ginzburg-Landau form.

    .. math:: H_{c2}(T) = H_{c2}(0) \frac{1 - t^2}{1 + t^2}, \quad t = T / T_c

    Parameters
    ----------
    temperature
        T [K], any shape.
    critical_temperature
        :math:`T_c` without a field [K].
    field_at_zero
        :math:`\mu_0 H_{c2}(0)` [T].

    Returns
    -------
    :
        Field [T], same shape; 0 above :math:`T_c`.

    References
    ----------
    Woollam, Somoano, O'Connor, Phys. Rev. Lett. 32, 712 (1974), doi:10.1103/PhysRevLett.32.712.

    Examples
    --------
    >>> print(ginzburg_landau_field([0.0, 250.0], critical_temperature=250.0, field_at_zero=136.0))
    [136.   0.]
    """
    t = np.asarray(temperature, dtype=np.float64) / critical_temperature
    return np.asarray(field_at_zero * np.maximum((1 - t**2) / (1 + t**2), 0.0))


def whh_field(
    temperature: ArrayLike, *, critical_temperature: float, field_at_zero: float
) -> NDArray[np.float64]:
    r"""Compute the upper critical field of Werthamer, Helfand and Hohenberg, orbital limit.

    .. math:: \ln \frac{1}{t} = \psi\!\left(\tfrac12 + \frac{\bar h}{2 t}\right)
        - \psi\!\left(\tfrac12\right), \quad
        \frac{H_{c2}}{H_{c2}(0)} = \frac{\bar h(t)}{\bar h(0)}, \quad \bar h(0) = e^{\psi(1/2)} 2

    Valid for a dirty superconductor of weak coupling without spin paramagnetism or spin-orbit
    scattering; then :math:`H_{c2}(0) = -0.693\, T_c\, dH_{c2}/dT` at :math:`T_c`.

    Parameters
    ----------
    temperature
        T [K], any shape.
    critical_temperature
        :math:`T_c` without a field [K].
    field_at_zero
        :math:`\mu_0 H_{c2}(0)` [T].

    Returns
    -------
    :
        Field [T], same shape; 0 above :math:`T_c`.

    References
    ----------
    Werthamer, Helfand, Hohenberg, Phys. Rev. 147, 295 (1966), doi:10.1103/PhysRev.147.295.

    Examples
    --------
    >>> near = whh_field([249.9, 250.0], critical_temperature=250.0, field_at_zero=1.0)
    >>> print(f"{1 / (near[0] / 0.1 * 250):.3f}")
    0.693
    """
    from scipy.special import digamma

    t = np.asarray(temperature, dtype=np.float64) / critical_temperature
    at_zero = 2 * np.exp(digamma(0.5))
    low, high = np.zeros(t.shape), np.full(t.shape, at_zero)
    safe = np.maximum(t, 1e-9)
    for _ in range(60):  # bisection: the right side rises with the field
        middle = 0.5 * (low + high)
        too_high = digamma(0.5 + middle / (2 * safe)) - digamma(0.5) > -np.log(safe)
        low, high = np.where(too_high, low, middle), np.where(too_high, middle, high)
    return np.asarray(np.where(t < 1, field_at_zero * 0.5 * (low + high) / at_zero, 0.0))

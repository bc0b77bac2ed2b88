r"""Resistance of one homogeneous piece: normal state, and the transition broadened by fluctuations.

Twin: ``observables.critical_temperature``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SMALL = 1e-6  # Theta/T below which the integral is its first term
_NODES = 48


def bloch_grueneisen(
    temperature: ArrayLike, *, residual: float, coefficient: float, debye_temperature: float
) -> NDArray[np.float64]:
    r"""Compute the resistance of a metal by scattering on phonons.

    .. math:: R = R_0 + C \left(\frac{T}{\Theta}\right)^5
        \int_0^{\Theta/T} \frac{x^5}{(e^x - 1)(1 - e^{-x})}\, dx

    It is linear, :math:`R_0 + C T / 4 \Theta`, far above the Debye temperature, and grows as the
    fifth power far below it.

    Parameters
    ----------
    temperature
        T [K], any shape, above 0.
    residual
        :math:`R_0` [ohm].
    coefficient
        C [ohm].
    debye_temperature
        :math:`\Theta` [K].

    Returns
    -------
    :
        Resistance [ohm], same shape.

    Raises
    ------
    ValueError
        If a temperature is not positive.

    References
    ----------
    Ziman, Electrons and Phonons (Oxford University Press, 1960), chapter 9.

    Examples
    --------
    >>> hot = bloch_grueneisen([4000.0, 8000.0], residual=1.0, coefficient=8.0,
    ...                        debye_temperature=1000.0)
    >>> print(f"{(hot[1] - hot[0]) / 4000 * 1000:.3f}")  # C / 4 (1 + Theta^2 / 18 T1 T2)
    2.003
    """
    t = np.asarray(temperature, dtype=np.float64)
    if debye_temperature <= 0 or np.any(t <= 0):
        msg = (
            f"Found a Debye temperature of {debye_temperature:g} K and temperatures from "
            f"{np.min(t):g} K; all must be positive."
        )
        raise ValueError(msg)
    nodes, weights = _legendre()
    top = np.minimum(debye_temperature / t, 60.0)[..., None]  # the rest of the integral is nothing
    x = 0.5 * top * (nodes + 1)
    inside = np.where(x > _SMALL, x**5 / (np.expm1(x) * -np.expm1(-x)), x**3)
    integral = 0.5 * top[..., 0] * (inside @ weights)
    return np.asarray(residual + coefficient * (t / debye_temperature) ** 5 * integral)


@cache
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights


def broadened_transition(
    temperature: ArrayLike, *, critical_temperature: float, sharpness: float
) -> NDArray[np.float64]:
    r"""Compute resistance over normal state below a transition broadened by moving flux.

    .. math:: r = I_0\!\left[F \left(1 - \frac{T}{T_c}\right)^{3/2}\right]^{-2}
        \text{ below } T_c, \quad 1 \text{ above}

    :math:`T_c` of this form lies above the temperature at which r falls to 90 %.

    Parameters
    ----------
    temperature
        T [K], any shape.
    critical_temperature
        :math:`T_c` [K].
    sharpness
        F.

    Returns
    -------
    :
        r, same shape.

    Raises
    ------
    ValueError
        If one of the two parameters is not positive.

    References
    ----------
    Tinkham, Phys. Rev. Lett. 61, 1658 (1988), doi:10.1103/PhysRevLett.61.1658; for hydrides
    Talantsev, Stolze, Supercond. Sci. Technol. 34, 064001 (2021), doi:10.1088/1361-6668/abf23c.

    Examples
    --------
    >>> r = broadened_transition([243.602, 251.0], critical_temperature=250.0, sharpness=300.0)
    >>> print(f"{r[0]:.3f} {r[1]:.0f}")
    0.500 1
    """
    from scipy.special import i0e

    if not (critical_temperature > 0 and sharpness > 0):
        msg = f"Found Tc {critical_temperature:g} K and F {sharpness:g}; both must be positive."
        raise ValueError(msg)
    t = np.asarray(temperature, dtype=np.float64)
    argument = sharpness * np.maximum(1 - t / critical_temperature, 0.0) ** 1.5
    return np.asarray(np.exp(-2 * argument) / i0e(argument) ** 2)


def temperature_at_fraction(
    fraction: float, *, critical_temperature: float, sharpness: float
) -> float:
    r"""Compute where a transition of :func:`broadened_transition` has fallen to a fraction.

    .. math:: T_f = T_c \left[1 - (x_f / F)^{2/3}\right], \quad I_0(x_f)^{-2} = f

    Parameters
    ----------
    fraction
        f, between 0 and 1.
    critical_temperature
        :math:`T_c` [K].
    sharpness
        F.

    Returns
    -------
    :
        :math:`T_f` [K].

    Raises
    ------
    ValueError
        If the fraction is not between 0 and 1.

    References
    ----------
    Tinkham, Phys. Rev. Lett. 61, 1658 (1988), doi:10.1103/PhysRevLett.61.1658.

    Examples
    --------
    >>> found = temperature_at_fraction(0.9, critical_temperature=250.0, sharpness=300.0)
    >>> print(f"{found:.3f} K")
    246.666 K
    """
    from scipy.optimize import brentq
    from scipy.special import i0e

    if not 0 < fraction < 1:
        msg = f"Found a fraction of {fraction:g}; it lies between 0 and 1."
        raise ValueError(msg)

    def too_high(x: float) -> Any:
        return np.exp(-2 * x) / i0e(x) ** 2 - fraction

    place = float(brentq(too_high, 0.0, 50.0 - np.log(fraction), xtol=1e-13))
    return float(critical_temperature * (1 - (place / sharpness) ** (2 / 3)))

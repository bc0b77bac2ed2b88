r"""Platinum resistance thermometers of IEC 60751.

.. math:: W(t) = 1 + A t + B t^2 + C (t - 100) t^3 \quad (C = 0 \text{ above } 0\ ^\circ\mathrm{C})

with t in degrees Celsius and W the resistance over that at 0 degrees. The wire of the standard has
W(100) = 1.3851; purer platinum of W(100) = 1.3925 is 3 K off at 100 K. A laboratory table of the
thermometer itself comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ICE_POINT: Final = 273.15
"""0 degrees Celsius [K]."""

RANGE: Final = (73.15, 1123.15)
"""Temperatures of the standard [K]."""

_A: Final = 3.9083e-3
_B: Final = -5.775e-7
_C: Final = -4.183e-12


def resistance_ratio(temperature: ArrayLike) -> NDArray[np.float64]:
    """Give the resistance of a platinum wire over that at 0 degrees Celsius.

    Parameters
    ----------
    temperature
        [K], any shape.

    Returns
    -------
    :
        W, a pure number, of that shape.

    References
    ----------
    IEC 60751:2022, Industrial platinum resistance thermometers.

    Examples
    --------
    >>> print(resistance_ratio([173.15, 273.15, 373.15]).round(4))  # tables: 60.26, 100, 138.51
    [0.6026 1.     1.3851]
    """
    t = np.asarray(temperature, dtype=np.float64) - ICE_POINT
    cold = np.where(t < 0, _C * (t - 100) * t**3, 0.0)
    return np.asarray(1 + _A * t + _B * t**2 + cold, dtype=np.float64)


def platinum_temperature(ratio: ArrayLike) -> NDArray[np.float64]:
    """Give the temperature of a platinum wire; the inverse of :func:`resistance_ratio`.

    Parameters
    ----------
    ratio
        W, resistance over that at 0 degrees Celsius, any shape.

    Returns
    -------
    :
        Temperature [K], of that shape; nan outside :data:`RANGE`.

    References
    ----------
    IEC 60751:2022, Industrial platinum resistance thermometers.

    Examples
    --------
    >>> print(platinum_temperature([0.6026, 1.3851, 0.1]).round(2))
    [173.16 373.16    nan]
    """
    w = np.asarray(ratio, dtype=np.float64)
    t = (w - 1) / _A
    for _ in range(6):  # Newton; the slope changes by a tenth over the range
        slope = _A + 2 * _B * t + np.where(t < 0, _C * (4 * t**3 - 300 * t**2), 0.0)
        t = t - (resistance_ratio(t + ICE_POINT) - w) / slope
    temperature = t + ICE_POINT
    tolerance = 1e-6
    inside = (temperature >= RANGE[0] - tolerance) & (temperature <= RANGE[1] + tolerance)
    return np.where(inside, temperature, np.nan)

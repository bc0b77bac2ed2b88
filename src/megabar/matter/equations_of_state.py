"""Equations of state: volume against pressure, both ways.

The form is part of the equation: with the same bulk modulus and derivative, Vinet and
Birch-Murnaghan differ by 7 % in pressure at a compression to 65 %.
"""

from __future__ import annotations

from math import exp, isfinite
from typing import TYPE_CHECKING

from megabar.errors import one_of

if TYPE_CHECKING:
    from collections.abc import Callable

SMALLEST_COMPRESSION = 0.3
"""Volumes of metals are searched down to this fraction of the one at zero pressure."""


def _vinet(v: float, k0: float, k0_prime: float) -> float:
    x = v ** (1 / 3)
    return float(3 * k0 * (1 - x) / x**2 * exp(1.5 * (k0_prime - 1) * (1 - x)))


def _birch_murnaghan(v: float, k0: float, k0_prime: float) -> float:
    stiffening = 1 + 0.75 * (k0_prime - 4) * (v ** (-2 / 3) - 1)
    return float(1.5 * k0 * (v ** (-7 / 3) - v ** (-5 / 3)) * stiffening)


_FORMS: dict[str, Callable[[float, float, float], float]] = {
    "vinet": _vinet,
    "birch-murnaghan": _birch_murnaghan,
}


def pressure_from_compression(
    *, compression: float, bulk_modulus: float, bulk_modulus_derivative: float, form: str
) -> float:
    r"""Compute the pressure at a compression v = V/V0.

    .. math:: P_\text{Vinet} = 3 K_0 \frac{1 - X}{X^2} e^{\frac{3}{2} (K_0' - 1)(1 - X)},
        \quad X = v^{1/3}

    .. math:: P_\text{BM} = \tfrac{3}{2} K_0 (v^{-7/3} - v^{-5/3})
        \left[1 + \tfrac{3}{4} (K_0' - 4)(v^{-2/3} - 1)\right]

    Parameters
    ----------
    compression
        V/V0, a fraction of 1.
    bulk_modulus
        K0 [Pa], at zero pressure.
    bulk_modulus_derivative
        K0', its derivative with pressure.
    form
        ``"vinet"`` or ``"birch-murnaghan"`` (third order).

    Returns
    -------
    :
        Pressure [Pa].

    Raises
    ------
    UnknownWord
        If the form is unknown.
    ValueError
        If compression or bulk modulus is not positive.

    References
    ----------
    Vinet et al., J. Phys. Condens. Matter 1, 1941 (1989), doi:10.1088/0953-8984/1/11/002;
    Birch, Phys. Rev. 71, 809 (1947), doi:10.1103/PhysRev.71.809.

    Examples
    --------
    >>> pressure = pressure_from_compression(
    ...     compression=0.8, bulk_modulus=160e9, bulk_modulus_derivative=4.0, form="vinet")
    >>> print(f"{pressure / 1e9:.2f} GPa")
    55.13 GPa
    """
    one_of(form, _FORMS, name="form of an equation of state")
    for name, value in (("compression", compression), ("bulk modulus", bulk_modulus)):
        if not (isfinite(value) and value > 0):
            msg = f"Found {name} {value:g}; a positive number is needed. Check its unit."
            raise ValueError(msg)
    return _FORMS[form](compression, bulk_modulus, bulk_modulus_derivative)


def compression_from_pressure(
    *,
    pressure: float,
    bulk_modulus: float,
    bulk_modulus_derivative: float,
    form: str,
    smallest: float = SMALLEST_COMPRESSION,
) -> float:
    """Compute V/V0 at a pressure, the inverse of :func:`pressure_from_compression`.

    Parameters
    ----------
    pressure
        Pressure [Pa], from 0.
    bulk_modulus
        K0 [Pa], at zero pressure.
    bulk_modulus_derivative
        K0', its derivative with pressure.
    form
        ``"vinet"`` or ``"birch-murnaghan"`` (third order).
    smallest
        V/V0 down to which is searched; molecular solids need less than metals.

    Returns
    -------
    :
        V/V0, a fraction of 1.

    Raises
    ------
    UnknownWord
        If the form is unknown.
    ValueError
        If the pressure is negative, or so high that V/V0 would be below the smallest.

    References
    ----------
    Vinet et al., J. Phys. Condens. Matter 1, 1941 (1989), doi:10.1088/0953-8984/1/11/002.

    Examples
    --------
    >>> v = compression_from_pressure(
    ...     pressure=170e9, bulk_modulus=133e9, bulk_modulus_derivative=5.3, form="vinet")
    >>> print(f"{v:.4f}")
    0.6488
    """
    from scipy.optimize import brentq

    def excess(v: float) -> float:
        found = pressure_from_compression(
            compression=v,
            bulk_modulus=bulk_modulus,
            bulk_modulus_derivative=bulk_modulus_derivative,
            form=form,
        )
        return found - pressure

    highest = excess(smallest) + pressure
    if not 0 <= pressure <= highest:
        msg = (
            f"Found pressure {pressure / 1e9:g} GPa; this equation of state is inverted from 0 to "
            f"{highest / 1e9:.0f} GPa. Check its unit (Pa)."
        )
        raise ValueError(msg)
    return float(brentq(excess, smallest, 1.0, xtol=1e-15, rtol=1e-14))

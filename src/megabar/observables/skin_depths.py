r"""Metallic grains: what the skin effect leaves of their signal.

The field of the pulse falls off inside a grain and its phase turns. By reciprocity the signal falls
and turns once more on its way out. A spin at r turns by :math:`\theta |b_+|` about the direction
of :math:`b_+ = b_x + i b_y` and is heard by :math:`b_- = b_x - i b_y`,

.. math:: \epsilon = \frac{1}{\sin\theta}
    \Big| \Big\langle \sin(\theta |b_+|) \frac{b_+}{|b_+|} \, b_- \Big\rangle \Big|,

with b the complex field over that of the pulse without the grain, the static field along z.

Twin: ``spins.evolution``.
"""

from __future__ import annotations

from math import degrees, hypot, pi, sin, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import spherical_jn

from megabar.errors import one_of
from megabar.observables.factors import Factor
from megabar.observables.measured_words import measured
from megabar.spins import reception

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Fields = NDArray[Any]

GEOMETRIES: Final = ("sphere", "slab")
"""Forms of a grain whose field is known in closed form."""

_STEPS: Final = 24  # fewest points of the quadrature along a radius
_ANGLES: Final = 12
_DEEPEST: Final = 100.0  # skin depths in a grain of which there is more than a surface
_STEP: Final = 1e-4  # relative change of an input for its slope


def skin_depth(
    *,
    radius: float,
    radius_std: float,
    resistivity: float,
    resistivity_std: float,
    frequency: float,
    flip_angle: float,
    geometry: str,
) -> Factor:
    r"""Compute what the skin effect leaves of the signal of metallic grains.

    .. math:: \text{slab: } b_x = \frac{\cosh \kappa x}{\cosh \kappa a}, \quad
        \text{sphere: } b = f \hat x + g (\hat x \cdot \hat r) \hat r, \quad
        f = \tfrac32 \frac{j_0(kr) - j_1(kr)/kr}{j_0(ka)}, \quad
        g = \tfrac32 \frac{j_2(kr)}{j_0(ka)}

    with the depth :math:`\delta` of :func:`megabar.spins.reception.skin_depth`,
    :math:`\kappa = (1 + i)/\delta`, :math:`k = (1 - i)/\delta`; the modulus of the mean is the
    factor. For small grains it is :math:`1 - O[(a/\delta)^4]`. Valid for grains of one size, far
    enough from each other, insulated, nonmagnetic, much smaller than the wavelength; a slab has the
    field of the pulse in its plane on both sides. The angle is that of spins without the effect: a
    pulse that was optimised on the grains themselves is longer.

    Parameters
    ----------
    radius
        a of a sphere, half the thickness of a slab [m].
    radius_std
        Its standard error [m].
    resistivity
        :math:`\rho` at the temperature and pressure of the sample [ohm m].
    resistivity_std
        Its standard error [ohm m].
    frequency
        :math:`\nu` [Hz].
    flip_angle
        :math:`\theta`, of spins outside of the grains [rad].
    geometry
        One of :data:`GEOMETRIES`.

    Returns
    -------
    :
        Factor ``skin_depth``, its error common to a series; the other form is its alternative.

    Raises
    ------
    UnknownWord
        If the geometry is not known.
    ValueError
        If a number is not positive, or a grain is thicker than 100 skin depths.

    References
    ----------
    Landau, Lifshitz, Electrodynamics of Continuous Media (1984), section 59. Hoult, Concepts Magn.
    Reson. 12, 173 (2000), doi:10.1002/1099-0534(2000)12:4<173::AID-CMR1>3.0.CO;2-Q.

    Examples
    --------
    >>> given = {"radius_std": 0.0, "resistivity": 1e-6, "resistivity_std": 0.0,
    ...          "frequency": 395e6, "flip_angle": pi / 2, "geometry": "sphere"}
    >>> for radius in (5e-6, 50e-6):  # the depth is 25 um
    ...     print(f"{skin_depth(radius=radius, **given).value:.3f}")
    1.000
    0.676
    """
    one_of(geometry, GEOMETRIES, name="geometry")
    if not (radius > 0 and radius_std >= 0 and resistivity_std >= 0 and 0 < flip_angle < pi):
        msg = (
            f"Found a radius of {radius:g}({radius_std:g}) m, a resistivity known to "
            f"{resistivity_std:g} ohm m and a flip angle of {flip_angle:g} rad; grains need a "
            "positive radius, errors that are not negative, and an angle below half a turn."
        )
        raise ValueError(msg)
    ratio = radius / reception.skin_depth(resistivity=resistivity, frequency=frequency)
    if ratio > _DEEPEST:
        msg = (
            f"Found grains of {ratio:.3g} skin depths; their signal comes from the surface alone, "
            "where no grain is a sphere or slab. Check the units of radius and resistivity."
        )
        raise ValueError(msg)

    def part(ratio: float, form: str) -> float:
        return _left(ratio, angle=flip_angle, geometry=form)

    ends = [part(ratio * (1 + sign * _STEP), geometry) for sign in (-1, 1)]
    slope = abs(ends[1] - ends[0]) / (2 * _STEP)  # for a relative change of a over delta
    return Factor(
        name="skin_depth",
        value=part(ratio, geometry),
        std=slope * hypot(radius_std / radius, resistivity_std / resistivity / 2),
        source=(
            f"{geometry} of {measured(radius, radius_std, 'm')}, {ratio:.3g} skin depths at "
            f"{measured(frequency, 0, 'Hz')} and "
            f"{measured(resistivity, resistivity_std, 'ohm m')}, "
            f"{degrees(flip_angle):.3g} degrees"
        ),
        common=True,
        alternatives=tuple((one, part(ratio, one)) for one in GEOMETRIES if one != geometry),
    )


def _left(ratio: float, *, angle: float, geometry: str) -> float:
    """Quadrature of the signal over a grain of so many skin depths."""
    field, weight = (_slab if geometry == "slab" else _sphere)(ratio)
    turning, hearing = field[0] + 1j * field[1], field[0] - 1j * field[1]
    size = np.abs(turning)
    signal = angle * np.sinc(angle * size / pi) * turning * hearing  # sin(angle |b|)/|b|
    return float(abs(weight @ signal) / sin(angle))


def _slab(ratio: float) -> tuple[Fields, NDArray[np.float64]]:
    """Fields bx, by over half a slab, and weights of sum one."""
    place, weight = _nodes(ratio)
    decay = (1 + 1j) * ratio
    # cosh over cosh without overflow
    along = np.exp(-decay * (1 - place)) * (1 + np.exp(-2 * decay * place))
    along /= 1 + np.exp(-2 * decay)
    return np.array([along, np.zeros_like(along)]), weight


def _sphere(ratio: float) -> tuple[Fields, NDArray[np.float64]]:
    """Fields bx, by over a sphere, and weights of sum one."""
    place, weight = _nodes(ratio)
    k = (1 - 1j) * ratio
    f, g = _radial(k * place, k)
    height, share = np.polynomial.legendre.leggauss(_ANGLES)
    turn = 2 * pi * (np.arange(_ANGLES) + 0.5) / _ANGLES
    across = np.sqrt(1 - height**2)
    x, y = np.multiply.outer(across, np.cos(turn)), np.multiply.outer(across, np.sin(turn))
    along = f[:, None, None] + np.multiply.outer(g, x * x)
    aside = np.multiply.outer(g, x * y)
    shell = weight * 3 * place**2
    whole = np.multiply.outer(shell, np.multiply.outer(share / 2, np.full(_ANGLES, 1 / _ANGLES)))
    return np.array([along.ravel(), aside.ravel()]), whole.ravel()


def _radial(at: Fields, edge: complex) -> tuple[Any, Any]:
    """Parts of the field of a sphere along that of the pulse and along the radius."""
    whole = 1.5 / spherical_jn(0, edge)
    return (
        whole * (spherical_jn(0, at) - spherical_jn(1, at) / at),
        whole * spherical_jn(2, at),
    )


def _nodes(ratio: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights from the centre to the surface, enough for each skin depth."""
    place, weight = np.polynomial.legendre.leggauss(_STEPS + int(4 * sqrt(ratio) + 2 * ratio))
    return (place + 1) / 2, weight / 2

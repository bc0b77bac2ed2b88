r"""Spins that jump at random and without direction, before and after which all is uniform.

.. math:: j(\omega) = \frac{16 N}{d^3} \int_0^\infty j_1(x)^2
    \frac{\Lambda}{\Lambda^2 + \omega^2} \mathrm dx, \quad
    \Lambda = \frac{2}{\tau_\text d} \varphi(x l / d), \quad \tau_\text d = \frac{l^2}{6 D}

with :math:`\varphi` one minus the characteristic function of a jump: :math:`1 - \sin u / u` for a
fixed length, :math:`u^2 / (6 + u^2)` for an exponential-type one. The factor 2 is that both spins
of a pair jump; tau_d is the mean residence time of ONE spin.
"""

from __future__ import annotations

from functools import lru_cache, partial
from math import pi
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.spectral_densities.continuum import pair_integral, sum_r6_outside
from megabar.motion.spectral_densities.model import Model

if TYPE_CHECKING:
    from megabar.motion.spectral_densities.model import Array

_SHORTEST: Final = 0.03  # jump over closest approach, below which the continuum is meant
_LONGEST: Final = 100.0
_REACH: Final = 200.0  # of the quadrature in x, over max(1, d/l); the remainder is below 1e-7
_FIRST: Final = 1e-10  # end of the first panel: it holds 1e-10 of the integral
_ORDER: Final = 10  # Gauss-Legendre points per panel
_BLOCK: Final = 256  # frequencies at a time, so that memory stays below some tens of MB


def torrey(
    *, number_density: float, closest_approach: float, jump_length: float, diffusivity: float
) -> Model:
    r"""Compute the spectral density of an isotropic walk with jumps of fixed length.

    .. math:: j(\omega) = \frac{8 N \tau_\text d}{d^3} \int_0^\infty j_1(x)^2
        \frac{\varphi}{\varphi^2 + y^2} \mathrm dx, \quad
        \varphi = 1 - \frac{\sin (x l / d)}{x l / d}, \; y = \frac{\omega \tau_\text d}{2}

    Gauss-Legendre quadrature, graded towards x = 0, with the tail beyond its reach added
    analytically; relative error below 1e-6.

    Limits: the continuum (force free) for l << d; a single exponential of time tau_d/2 for l >> d;
    :math:`j(0) = 1.1927` times the continuum at l = d.

    Parameters
    ----------
    number_density
        Spins per volume, N [m-3].
    closest_approach
        Distance of closest approach of two spins, d [m]: a diameter.
    jump_length
        Length l of every jump [m], 0.03 d to 100 d.
    diffusivity
        Self-diffusivity D of one spin [m2/s].

    Returns
    -------
    :
        j [m-6 s] over the angular frequency [rad/s].

    Raises
    ------
    ValueError
        If an argument is not positive, or the jump length is outside 0.03 d to 100 d.

    References
    ----------
    Torrey, Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962.

    Examples
    --------
    >>> density = torrey(
    ...     number_density=1e29, closest_approach=2e-10, jump_length=2e-10, diffusivity=1e-9)
    >>> continuum = 8 * pi / 15 * 1e29 / (2e-10 * 1e-9)
    >>> print(f"{density(0.0) / continuum:.4f}")
    1.1927
    """
    ratio = _ratio(jump_length=jump_length, closest_approach=closest_approach)
    return _walk(
        "isotropic walk, fixed jump (Torrey)",
        partial(_fixed_jump, ratio=ratio),
        number_density=number_density,
        closest_approach=closest_approach,
        diffusivity=diffusivity,
    )


def torrey_exponential(
    *, number_density: float, closest_approach: float, jump_length: float, diffusivity: float
) -> Model:
    r"""Compute the spectral density of an isotropic walk with jumps of exponential-type length.

    .. math:: \frac{\Lambda}{2} = \frac{D k^2}{1 + D \tau_\text d k^2}, \quad
        j(\omega) = \frac{8 N}{d D} \operatorname{Re} \left\{ \frac{\pi}{6 c}
        \frac{\alpha^2}{6} + \frac{F(i q / c)}{c^2} \right\}

    with :math:`\alpha = l / d, \; q = \omega d^2 / (2 D), \; c = 1 + i q \alpha^2 / 6` and F the
    integral of the force-free model. Closed form, exact to rounding.

    Limits: :math:`j(0) = (8 \pi / 15) (N / d D) (1 + 5 l^2 / 12 d^2)`; the continuum for l << d.

    Parameters
    ----------
    number_density
        Spins per volume, N [m-3].
    closest_approach
        Distance of closest approach of two spins, d [m]: a diameter.
    jump_length
        Root mean square length l of a jump [m], 0.03 d to 100 d.
    diffusivity
        Self-diffusivity D of one spin [m2/s].

    Returns
    -------
    :
        j [m-6 s] over the angular frequency [rad/s].

    Raises
    ------
    ValueError
        If an argument is not positive, or the jump length is outside 0.03 d to 100 d.

    References
    ----------
    Torrey, Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962. In neutron scattering the same
    kernel is that of Singwi, Sjölander, Phys. Rev. 119, 863 (1960), doi:10.1103/PhysRev.119.863.

    Examples
    --------
    >>> density = torrey_exponential(
    ...     number_density=1e29, closest_approach=2e-10, jump_length=2e-10, diffusivity=1e-9)
    >>> continuum = 8 * pi / 15 * 1e29 / (2e-10 * 1e-9)
    >>> print(f"{density(0.0) / continuum:.5f}")
    1.41667
    """
    ratio = _ratio(jump_length=jump_length, closest_approach=closest_approach)
    return _walk(
        "isotropic walk, exponential-type jump",
        partial(_exponential_jump, ratio=ratio),
        number_density=number_density,
        closest_approach=closest_approach,
        diffusivity=diffusivity,
    )


def torrey_matched(
    *, sum_r6: float, number_density: float, jump_length: float, diffusivity: float
) -> Model:
    r"""Compute the spectral density of Torrey's walk that has the S(0) of a crystal.

    .. math:: \frac{4 \pi N}{3 d^3} = S(0)

    The best of the closed forms for a crystal: it follows the walk of independent spins on the
    LaH10 lattice within 5 to 6 % in D away from the T1 minimum, and within 30 % at it. The length d
    is fitted and means no distance; never report it as one.

    Parameters
    ----------
    sum_r6
        Sum over partners of the inverse sixth power of distance, S(0) [m-6].
    number_density
        Spins per volume, N [m-3].
    jump_length
        Root mean square length of a jump, l [m].
    diffusivity
        Self-diffusivity D of one spin [m2/s].

    Returns
    -------
    :
        j [m-6 s] over the angular frequency [rad/s].

    Raises
    ------
    ValueError
        If an argument is not positive, or the jump length is outside 0.03 to 100 fitted lengths.

    References
    ----------
    Torrey, Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962.

    Examples
    --------
    >>> density = torrey_matched(
    ...     sum_r6=1.718e60, number_density=3.015e29, jump_length=1.194e-10, diffusivity=1e-11)
    >>> print(f"{density.sum_r6:.3e}")
    1.718e+60
    """
    positive(sum_r6, name="sum of r^-6", unit="m-6")
    positive(number_density, name="number density", unit="m-3")
    fitted = float((4 * pi * number_density / (3 * sum_r6)) ** (1 / 3))
    return torrey(
        number_density=number_density,
        closest_approach=fitted,
        jump_length=jump_length,
        diffusivity=diffusivity,
    )


def _ratio(*, jump_length: float, closest_approach: float) -> float:
    positive(jump_length, name="jump length", unit="m")
    positive(closest_approach, name="distance of closest approach", unit="m")
    ratio = float(jump_length / closest_approach)
    if not _SHORTEST <= ratio <= _LONGEST:
        msg = (
            f"Found a jump length of {ratio:.3g} closest approaches; walks are computed from "
            f"{_SHORTEST:g} to {_LONGEST:g}. Take force_free for shorter jumps, bpp for longer."
        )
        raise ValueError(msg)
    return ratio


def _walk(
    name: str,
    reduced: partial[Array],
    *,
    number_density: float,
    closest_approach: float,
    diffusivity: float,
) -> Model:
    positive(number_density, name="number density", unit="m-3")
    positive(diffusivity, name="diffusivity", unit="m2/s")
    shape = partial(
        _scaled,
        reduced=reduced,
        scale=8 * number_density / (closest_approach * diffusivity),
        time=closest_approach**2 / (2 * diffusivity),
    )
    return Model(
        name=name,
        sum_r6=sum_r6_outside(number_density=number_density, closest_approach=closest_approach),
        shape=shape,
    )


def _scaled(frequency: Array, *, reduced: partial[Array], scale: float, time: float) -> Array:
    density: Array = scale * reduced(frequency * time)
    return density


def _exponential_jump(q: Array, *, ratio: float) -> Array:
    part = ratio**2 / 6
    c = np.asarray(1 + 1j * q * part, dtype=np.complex128)
    density: Array = (part * pi / (6 * c) + pair_integral(1j * q / c) / c**2).real
    return density


def _fixed_jump(q: Array, *, ratio: float) -> Array:
    """Quadrature of phi/(phi2 + y2) less its asymptote 1/(1 + y2), whose integral is pi/6."""
    weights, phi = _nodes(ratio)
    y_squared = (q * ratio**2 / 6) ** 2
    integral = np.empty_like(q)
    for start in range(0, q.size, _BLOCK):
        here = y_squared[start : start + _BLOCK, None]
        excess = (1 - phi) * (phi - here) / ((phi**2 + here) * (1 + here))
        integral[start : start + _BLOCK] = excess @ weights
    density: Array = ratio**2 / 6 * (integral + pi / 6 / (1 + y_squared))
    return density


@lru_cache(maxsize=16)
def _nodes(ratio: float) -> tuple[Array, Array]:
    """Weights times j_1 squared, and phi, at the points of the quadrature."""
    panel = pi / 2 / max(1.0, ratio)  # resolves both j_1 and the sine
    reach = _REACH * max(1.0, 1 / ratio)
    near = np.geomspace(_FIRST, panel, 1 + int(np.ceil(np.log2(panel / _FIRST))))
    far = np.linspace(panel, reach, 1 + int(np.ceil((reach - panel) / panel)))
    edges = np.concatenate([[0.0], near, far[1:]])
    points, weights = np.polynomial.legendre.leggauss(_ORDER)
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half * (1 + points)).ravel()
    return (half * weights).ravel() * _bessel_1(x) ** 2, _one_less_sinc(x * ratio)


def _bessel_1(x: Array) -> Array:
    """Spherical Bessel function of order 1."""
    squared = x * x
    series = x / 3 * (1 - squared / 10 * (1 - squared / 28 * (1 - squared / 54)))
    return np.where(x < 0.1, series, np.sin(x) / squared - np.cos(x) / x).astype(np.float64)


def _one_less_sinc(x: Array) -> Array:
    """1 - sin(x)/x without cancellation."""
    squared = x * x
    series = squared / 6 * (1 - squared / 20 * (1 - squared / 42 * (1 - squared / 72)))
    return np.where(x < 0.1, series, 1 - np.sin(x) / x).astype(np.float64)

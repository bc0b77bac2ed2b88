r"""Spins that diffuse in a continuum outside a distance of closest approach.

Both models begin from a uniform density beyond d, so that :math:`S(0) = 4 \pi N / (3 d^3)`. They
differ in what happens at d: nothing (force free), or a wall that reflects (hard sphere). The
relative diffusivity of a pair is 2D throughout.
"""

from __future__ import annotations

from functools import partial
from math import factorial, pi
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.spectral_densities.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.motion.spectral_densities.model import Array

_TERMS: Final = 30  # of the series in s, for |s| < 1: 2^30/30! is below 1e-23
_WALL_TOP: Final = (1, 5 / 8, 1 / 8)  # powers of y = sqrt(omega d2 / D)
_WALL_BOTTOM: Final = (1, 1, 1 / 2, 1 / 6, 4 / 81, 1 / 81, 1 / 648)


def force_free(*, number_density: float, closest_approach: float, diffusivity: float) -> Model:
    r"""Compute the spectral density of free diffusion, uniform beyond the closest approach.

    .. math:: j(\omega) = \frac{8 N}{d D} \int_0^\infty \frac{x^2 j_1(x)^2}{x^4 + q^2} \mathrm dx
        = \frac{8 N}{d D} \operatorname{Re} \left\{ \frac{\pi}{2 s^2} \left[ \frac13
        - I_{3/2}(s) K_{3/2}(s) \right] \right\}, \quad
        q = \frac{\omega d^2}{2 D}, \; s^2 = i q

    Exact to rounding (closed form; a series for small s). The spins pass through the sphere d as
    if it were not there: meant for jumps much shorter than d. On a lattice it misses about half of
    the true S(0).

    Limits: :math:`j(0) = (8 \pi / 15) N / (d D)`; :math:`j \sim \omega^{-3/2}` at high frequency;
    :math:`j(0) - j(\omega) \sim \sqrt \omega` at low frequency.

    Parameters
    ----------
    number_density
        Spins per volume, N [m-3].
    closest_approach
        Distance of closest approach of two spins, d [m]: a diameter.
    diffusivity
        Self-diffusivity D of one spin [m2/s].

    Returns
    -------
    :
        j [m-6 s] over the angular frequency [rad/s].

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Torrey, Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962. Abragam, The Principles of
    Nuclear Magnetism, Oxford (1961), ch. VIII.

    Examples
    --------
    >>> density = force_free(number_density=1e29, closest_approach=2e-10, diffusivity=1e-9)
    >>> print(f"{density(0.0) * 2e-10 * 1e-9 / 1e29 * 15 / 8 / 3.141592653589793:.6f}")
    1.000000
    """
    _check(number_density, closest_approach, diffusivity)
    shape = partial(
        _force_free,
        scale=8 * number_density / (closest_approach * diffusivity),
        time=closest_approach**2 / (2 * diffusivity),
    )
    return Model(
        name="continuum, force free",
        sum_r6=sum_r6_outside(number_density=number_density, closest_approach=closest_approach),
        shape=shape,
    )


def hard_sphere(*, number_density: float, closest_approach: float, diffusivity: float) -> Model:
    r"""Compute the spectral density of diffusion with a reflecting wall at the closest approach.

    .. math:: j(\omega) = \frac{16 \pi}{27} \frac{N}{d D} \operatorname{Re}
        \frac{1 + z/4}{1 + z + 4 z^2 / 9 + z^3 / 9}, \quad
        z = \sqrt{\frac{i \omega d^2}{2 D}}

    evaluated in its real form, a ratio of polynomials in :math:`y = d \sqrt{\omega / D}`.

    Exact for hard spheres without correlations between them, as in a liquid.

    Limits: :math:`j(0) = (16 \pi / 27) N / (d D)`, 10/9 of the force-free value;
    :math:`j \sim \omega^{-2}` at high frequency, as the wall lets no pair through;
    :math:`j(0) - j(\omega) \sim \sqrt \omega` at low frequency, equal to the force-free one.

    Parameters
    ----------
    number_density
        Spins per volume, N [m-3].
    closest_approach
        Distance of closest approach of two spins, d [m]: a diameter.
    diffusivity
        Self-diffusivity D of one spin [m2/s].

    Returns
    -------
    :
        j [m-6 s] over the angular frequency [rad/s].

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Ayant, Belorizky, Alizon, Gallice, J. Phys. (Paris) 36, 991 (1975),
    doi:10.1051/jphys:019750036010099100. Hwang, Freed, J. Chem. Phys. 63, 4017 (1975),
    doi:10.1063/1.431841.

    Examples
    --------
    >>> density = hard_sphere(number_density=1e29, closest_approach=2e-10, diffusivity=1e-9)
    >>> print(f"{density(2 * 1e-9 / 2e-10**2) / density(0.0):.4f}")
    0.5123
    """
    _check(number_density, closest_approach, diffusivity)
    shape = partial(
        _hard_sphere,
        scale=16 * pi / 27 * number_density / (closest_approach * diffusivity),
        time=closest_approach**2 / (2 * diffusivity),
    )
    return Model(
        name="hard spheres (ADHF)",
        sum_r6=sum_r6_outside(number_density=number_density, closest_approach=closest_approach),
        shape=shape,
    )


def sum_r6_outside(*, number_density: float, closest_approach: float) -> float:
    r"""Compute the sum of r^-6 over spins spread evenly beyond a distance.

    .. math:: S(0) = \int_d^\infty \frac{4 \pi r^2 N}{r^6} \mathrm dr = \frac{4 \pi N}{3 d^3}

    Parameters
    ----------
    number_density
        Spins per volume, N [m-3].
    closest_approach
        Where the density begins, d [m].

    Returns
    -------
    :
        Sum over partners [m-6].

    Examples
    --------
    >>> print(f"{sum_r6_outside(number_density=3e29, closest_approach=1e-10):.3e}")
    1.257e+60
    """
    return 4 * pi * number_density / (3 * closest_approach**3)


def pair_integral(s_squared: NDArray[np.complex128]) -> NDArray[np.complex128]:
    r"""Compute the integral of the structure of a hole in a continuum over a diffusive pole.

    .. math:: F(s^2) = \int_0^\infty \frac{j_1(x)^2}{x^2 + s^2} \mathrm dx
        = \frac{\pi}{2 s^2} \left[ \frac13 - I_{3/2}(s) K_{3/2}(s) \right]

    Parameters
    ----------
    s_squared
        Any complex numbers off the negative real axis, (n,); zero is allowed.

    Returns
    -------
    :
        F, (n,); F(0) = pi/15.

    References
    ----------
    Gradshteyn, Ryzhik, Table of Integrals, Series, and Products, 6.541.1.

    Examples
    --------
    >>> print(f"{pair_integral(np.array([0j]))[0].real * 15 / pi:.6f}")
    1.000000
    """
    s = np.sqrt(s_squared)
    small = np.abs(s) < 1
    result = np.empty_like(s)
    result[small] = pi / 2 * np.polynomial.polynomial.polyval(s[small], _series())
    far, far_squared = s[~small], s_squared[~small]
    product = (1 - 1 / far_squared + np.exp(-2 * far) * (1 + 1 / far) ** 2) / (2 * far)
    result[~small] = pi / (2 * far_squared) * (1 / 3 - product)
    return result


def _series() -> NDArray[np.float64]:
    """Coefficients of [1/3 - I K]/s2 in powers of s, from those of exp(-2s)."""
    a = [(-2.0) ** n / factorial(n) for n in range(_TERMS + 6)]
    return np.array([-(a[m + 3] + 2 * a[m + 4] + a[m + 5]) / 2 for m in range(_TERMS)])


def _force_free(frequency: Array, *, scale: float, time: float) -> Array:
    density: Array = (
        scale * pair_integral(np.asarray(1j * frequency * time, dtype=np.complex128)).real
    )
    return density


def _hard_sphere(frequency: Array, *, scale: float, time: float) -> Array:
    y = np.sqrt(2 * frequency * time)  # real form of the ratio: nothing cancels at high frequency
    top = np.polynomial.polynomial.polyval(y, _WALL_TOP)
    density: Array = scale * top / np.polynomial.polynomial.polyval(y, _WALL_BOTTOM)
    return density


def _check(number_density: float, closest_approach: float, diffusivity: float) -> None:
    positive(number_density, name="number density", unit="m-3")
    positive(closest_approach, name="distance of closest approach", unit="m")
    positive(diffusivity, name="diffusivity", unit="m2/s")

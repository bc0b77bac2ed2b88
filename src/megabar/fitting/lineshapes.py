"""Absorption lines of unit area in the frequency domain, with analytic Jacobians.

Exact for a spectrum that starts at time zero and is much wider than its lines; for spectra of
late, short or apodised records take `discrete_spectra`. Widths are full widths at half maximum.
Twin of `decays`.
"""

import numpy as np
from numpy.polynomial.hermite import hermgauss
from numpy.typing import ArrayLike

from megabar.fitting.models import Array, Kernel, Model, from_kernel

NARROWEST = 1e-30  # lower bound of widths and times: above zero, where the shapes are defined
_FAR = 8.0  # abs(z) beyond which ten nodes give the Faddeeva function to rounding
_HALF_HERMITE = tuple(half[5:] for half in hermgauss(10))  # nodes come in pairs of either sign
_GAUSSIAN = 4 * np.log(2)  # exp(-_GAUSSIAN (x / fwhm)^2)


def line_lorentzian() -> Model:
    r"""Describe a Lorentzian line by its area.

    .. math:: y(\nu) = \frac{A}{\pi} \frac{W/2}{(\nu - \nu_0)^2 + (W/2)^2}

    Returns
    -------
    :
        Parameters ``frequency`` and ``fwhm`` [Hz], amplitude ``area`` [unit of y times Hz].

    Examples
    --------
    >>> import numpy as np
    >>> y = line_lorentzian().evaluate([0.0, 1.0], [0.0, 2.0, np.pi])
    >>> print(f"{y[0]:.3f} {y[1]:.3f}")
    1.000 0.500
    """
    return _line("lorentzian line", _lorentzian, ("fwhm",))


def line_gaussian() -> Model:
    r"""Describe a Gaussian line by its area.

    .. math:: y(\nu) = \frac{2A}{W} \sqrt{\frac{\ln 2}{\pi}} \, e^{-4 \ln 2 (\nu - \nu_0)^2 / W^2}

    Returns
    -------
    :
        Parameters ``frequency`` and ``fwhm`` [Hz], amplitude ``area`` [unit of y times Hz].

    Examples
    --------
    >>> y = line_gaussian().evaluate([0.0, 1.0], [0.0, 2.0, 1.0])
    >>> print(f"{y[1] / y[0]:.3f}")
    0.500
    """
    return _line("gaussian line", _gaussian, ("fwhm",))


def line_voigt() -> Model:
    r"""Describe a Voigt line, a Lorentzian convolved with a Gaussian, by its area.

    .. math:: y(\nu) = \frac{A}{\sigma \sqrt{2 \pi}} \, \mathrm{Re} \, w(z), \quad
        z = \frac{\nu - \nu_0 + i W_L / 2}{\sigma \sqrt 2}, \quad
        \sigma = \frac{W_G}{2 \sqrt{2 \ln 2}}

    w is the Faddeeva function; its derivative -2 z w + 2i/sqrt(pi) costs nothing more.

    Returns
    -------
    :
        Parameters ``frequency``, ``fwhm_gaussian``, ``fwhm_lorentzian`` [Hz], amplitude ``area``.

    Examples
    --------
    >>> line_voigt().names
    ('frequency', 'fwhm_gaussian', 'fwhm_lorentzian', 'area')
    """
    return _line("voigt line", _voigt, ("fwhm_gaussian", "fwhm_lorentzian"))


def voigt_fwhm(*, fwhm_gaussian: ArrayLike, fwhm_lorentzian: ArrayLike) -> Array:
    r"""Compute the full width of a Voigt line from those of its two parts.

    Solves :math:`y(W/2) = y(0)/2` by Newton's method, from the estimate of Olivero and Longbothum,
    which is good to 0.02 %.

    Parameters
    ----------
    fwhm_gaussian, fwhm_lorentzian
        Widths [Hz], any shapes that broadcast, not negative; not both zero.

    Returns
    -------
    :
        Full width at half maximum [Hz].

    Raises
    ------
    ValueError
        If a width is negative.

    References
    ----------
    Olivero, Longbothum, J. Quant. Spectrosc. Radiat. Transf. 17, 233 (1977),
    doi:10.1016/0022-4073(77)90161-3.

    Examples
    --------
    >>> print(f"{voigt_fwhm(fwhm_gaussian=0.0, fwhm_lorentzian=3.0):.6f}")
    3.000000
    >>> print(f"{voigt_fwhm(fwhm_gaussian=4.0, fwhm_lorentzian=0.0):.6f}")
    4.000000
    """
    gauss, lorentz = np.broadcast_arrays(
        np.asarray(fwhm_gaussian, dtype=np.float64), np.asarray(fwhm_lorentzian, dtype=np.float64)
    )
    if np.any(gauss < 0) or np.any(lorentz < 0):
        msg = f"Found a width of {min(gauss.min(), lorentz.min()):g}; widths are not negative."
        raise ValueError(msg)
    scale = np.maximum(gauss, NARROWEST) / np.sqrt(_GAUSSIAN)
    height = faddeeva(np.asarray(0.5j * lorentz / scale))[0].real / 2
    half = (0.5346 * lorentz + np.sqrt(0.2166 * lorentz**2 + gauss**2)) / 2
    for _ in range(4):
        w, slope, _ = faddeeva(np.asarray((half + 0.5j * lorentz) / scale))
        half = half - scale * (w.real - height) / slope.real
    width: Array = 2 * half
    return width


def _line(name: str, kernel: Kernel, widths: tuple[str, ...]) -> Model:
    return from_kernel(
        kernel,
        name=name,
        parameters=("frequency", *widths),
        amplitudes=("area",),
        lower=(-np.inf, *(NARROWEST,) * len(widths)),
    )


def _lorentzian(x: Array, theta: Array) -> tuple[Array, Array]:
    offset, half = x - theta[..., :1], theta[..., 1:2] / 2
    inverse = offset * offset
    inverse += half**2
    np.reciprocal(inverse, out=inverse)
    shape = half / np.pi * inverse
    slopes = np.empty((*theta.shape, 1, x.size))
    inverse *= shape
    np.multiply(2 * offset, inverse, out=slopes[..., 0, 0, :])
    np.multiply(0.5 / half, shape, out=slopes[..., 1, 0, :])
    inverse *= half
    slopes[..., 1, 0, :] -= inverse
    return shape[..., None, :], slopes


def _gaussian(x: Array, theta: Array) -> tuple[Array, Array]:
    fwhm = theta[..., 1:2]
    scaled = (x - theta[..., :1]) / fwhm
    shape = np.sqrt(_GAUSSIAN / np.pi) / fwhm * np.exp(-_GAUSSIAN * scaled**2)
    slopes = np.empty((*theta.shape, 1, x.size))
    slopes[..., 0, 0, :] = 2 * _GAUSSIAN / fwhm * scaled * shape
    slopes[..., 1, 0, :] = (2 * _GAUSSIAN * scaled**2 - 1) / fwhm * shape
    return shape[..., None, :], slopes


def _voigt(x: Array, theta: Array) -> tuple[Array, Array]:
    scale = theta[..., 1:2] / np.sqrt(_GAUSSIAN)  # sigma sqrt(2)
    z = ((x - theta[..., :1]) + 0.5j * theta[..., 2:3]) / scale
    w, slope, grown = faddeeva(z)
    height = 1 / (scale * np.sqrt(np.pi))
    slopes = np.empty((*theta.shape, 1, x.size))
    np.multiply(-height / scale, slope.real, out=slopes[..., 0, 0, :])
    np.multiply(-height / theta[..., 1:2], grown.real, out=slopes[..., 1, 0, :])
    np.multiply(-0.5 * height / scale, slope.imag, out=slopes[..., 2, 0, :])
    return (height * w.real)[..., None, :], slopes


def faddeeva(z: Array) -> tuple[Array, Array, Array]:
    r"""Compute the Faddeeva function :math:`w(z) = e^{-z^2} \mathrm{erfc}(-iz)`, w' and (zw)'.

    Beyond abs(z) = 8 by Gauss-Hermite quadrature of its Hilbert integral with ten nodes: absolute
    error below 1e-15, no cancellation in the derivatives, and many times faster than the general
    routine, which serves the rest with :math:`w' = 2i/\sqrt\pi - 2zw`.

    Parameters
    ----------
    z
        Argument in the upper half plane, any shape.

    Returns
    -------
    :
        w, its derivative, and the derivative of z w, each of the shape of z.

    References
    ----------
    Gautschi, SIAM J. Numer. Anal. 7, 187 (1970), doi:10.1137/0707012.

    Examples
    --------
    >>> [complex(part) for part in faddeeva(np.array(0j))]
    [(1+0j), 1.1283791670955126j, (1+0j)]
    """
    from scipy.special import wofz

    far = z.real**2 + z.imag**2 > _FAR**2
    w, slope, grown = (np.empty(z.shape, dtype=np.complex128) for _ in range(3))
    close = z[~far]
    w[~far] = value = wofz(close)
    slope[~far] = derivative = 2j / np.sqrt(np.pi) - 2 * close * value
    grown[~far] = value + close * derivative
    distant = z[far]
    square = distant * distant
    value, second = np.zeros_like(square), np.zeros_like(square)
    for node, weight in zip(*_HALF_HERMITE, strict=True):
        inverse = 1 / (square - node**2)
        value += weight * inverse
        inverse *= inverse
        second += (2 * node**2 * weight) * inverse
    w[far] = 2j / np.pi * distant * value
    slope[far] = -2j / np.pi * (value + second)
    grown[far] = -2j / np.pi * distant * second
    return w, slope, grown

r"""Decays of static powders in closed form: pairs, axial shifts, disordered quadrupoles.

All are one at time zero, are about the carrier, and come with the derivative by their coupling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from megabar.spins.powder_patterns import line_coefficients

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_SMALL: Final = 1e-3  # angles below which series replace quotients


def pake_mean(angle: ArrayLike) -> Array:
    r"""Average the decay of a pair of spins 1/2 over all orientations.

    .. math:: G(k) = \int_0^1 \cos[k (3 u^2 - 1)] \, \mathrm{d}u
        = \frac{\cos k \, C(z) + \sin k \, S(z)}{z}, \quad z = \sqrt{6 k / \pi}

    with the Fresnel integrals C and S.

    Parameters
    ----------
    angle
        k [rad], any shape.

    Returns
    -------
    :
        G, same shape; even in k.

    References
    ----------
    Pake, J. Chem. Phys. 16, 327 (1948), doi:10.1063/1.1746878, for the pattern.

    Examples
    --------
    >>> print(f"{float(pake_mean(2.5)):.8f}")
    -0.11074204
    """
    k = np.abs(np.asarray(angle, dtype=np.float64))
    safe = np.maximum(k, _SMALL)
    z = np.sqrt(6 * safe / np.pi)
    sine_part, cosine_part = special.fresnel(z)
    closed = (np.cos(safe) * cosine_part + np.sin(safe) * sine_part) / z
    return np.asarray(np.where(k < _SMALL, 1 - 0.4 * k**2 + 2 / 35 * k**4, closed))


def pake_slope(angle: ArrayLike) -> Array:
    r"""Differentiate the mean decay of a pair.

    .. math:: \frac{\mathrm{d} G}{\mathrm{d} k} = \frac{\cos k \, S(z) - \sin k \, C(z)}{z}
        + \frac{\cos 2 k - G(k)}{2 k}

    Parameters
    ----------
    angle
        k [rad], any shape.

    Returns
    -------
    :
        dG/dk, same shape; odd in k.

    References
    ----------
    Pake, J. Chem. Phys. 16, 327 (1948), doi:10.1063/1.1746878, for the pattern.

    Examples
    --------
    >>> print(f"{float(pake_slope(5.0)):.8f}")
    0.15826183
    """
    given = np.asarray(angle, dtype=np.float64)
    k = np.abs(given)
    safe = np.maximum(k, _SMALL)
    z = np.sqrt(6 * safe / np.pi)
    sine_part, cosine_part = special.fresnel(z)
    closed = (np.cos(safe) * sine_part - np.sin(safe) * cosine_part) / z
    closed = closed + (np.cos(2 * safe) - pake_mean(safe)) / (2 * safe)
    return np.asarray(np.sign(given) * np.where(k < _SMALL, -0.8 * k + 8 / 35 * k**3, closed))


def decay_from_pair_coupling(*, time: ArrayLike, splitting: float) -> tuple[Array, Array]:
    r"""Compute the decay of pairs in a powder, lines at :math:`\pm (d'/2)(3 u^2 - 1)`.

    .. math:: s(t) = G(\pi d' t)

    Like spins have :math:`d' = 3 d/2` (horns 3d/2 apart), unlike ones :math:`d' = d`, with d of
    ``hamiltonians.dipolar_coupling_from_distance``.

    Parameters
    ----------
    time
        t [s], any shape, of either sign.
    splitting
        :math:`d'`, between the horns [Hz].

    Returns
    -------
    :
        Decay and its derivative with respect to the splitting [s], shape of ``time``.

    References
    ----------
    Pake, J. Chem. Phys. 16, 327 (1948), doi:10.1063/1.1746878.

    Examples
    --------
    >>> decay, slope = decay_from_pair_coupling(time=[0.0, 1e-5], splitting=50e3)
    >>> cosine = (np.arange(1000) + 0.5) / 1000
    >>> bool(abs(decay[1] - np.cos(np.pi * 0.5 * (3 * cosine**2 - 1)).mean()) < 1e-6)
    True
    """
    t = np.asarray(time, dtype=np.float64)
    k = np.pi * splitting * t
    return pake_mean(k), np.pi * t * pake_slope(k)


def decay_from_shift_anisotropy(
    *, time: ArrayLike, anisotropy: float
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    r"""Compute the decay of a powder with an axial shift tensor, about its isotropic shift.

    .. math:: s(t) = \int_0^1 e^{i k (3 u^2 - 1)} \, \mathrm{d}u
        = e^{-i k} \, \frac{C(z) + i S(z)}{z}, \quad k = \pi \Delta t

    Parameters
    ----------
    time
        t [s], any shape, of either sign.
    anisotropy
        :math:`\Delta = \delta_{zz} - \delta_{iso}` [Hz], of either sign.

    Returns
    -------
    :
        Decay and its derivative with respect to the anisotropy [s], shape of ``time``.

    References
    ----------
    Bloembergen, Rowland, Phys. Rev. 97, 1679 (1955), doi:10.1103/PhysRev.97.1679.

    Examples
    --------
    >>> decay, slope = decay_from_shift_anisotropy(time=[0.0, 1e-5], anisotropy=20e3)
    >>> cosine = (np.arange(1000) + 0.5) / 1000
    >>> bool(abs(decay[1] - np.exp(1j * np.pi * 0.2 * (3 * cosine**2 - 1)).mean()) < 1e-6)
    True
    """
    t = np.asarray(time, dtype=np.float64)
    k = np.pi * anisotropy * t
    size, sign = np.maximum(np.abs(k), _SMALL), np.where(k < 0, -1.0, 1.0)
    z = np.sqrt(6 * size / np.pi)
    sine_part, cosine_part = special.fresnel(z)
    mean = np.exp(-1j * size) * (cosine_part + 1j * sine_part) / z
    # d/dk: i <(3u^2 - 1) e^{ik(3u^2-1)}>, and 6 i k <u^2 e^...> = e^{2ik} - <e^...> by parts
    slope = -1j * mean + (np.exp(2j * size) - mean) / (2 * size)
    small = np.abs(k) < _SMALL
    a = np.abs(k)
    mean = np.where(small, 1 - 0.4 * a**2 - 1j * 8 / 105 * a**3, mean)
    slope = np.where(small, -0.8 * a - 1j * 8 / 35 * a**2, slope)
    mean, slope = np.where(sign < 0, mean.conj(), mean), np.where(sign < 0, slope.conj(), slope)
    return np.asarray(mean), np.asarray(np.pi * t * sign * slope)


def decay_from_skewed_shifts(
    *, time: ArrayLike, deviation: float, skewness: float
) -> tuple[NDArray[np.complex128], NDArray[np.complex128], NDArray[np.complex128]]:
    r"""Compute the decay of a distribution of shifts that may be lopsided, about its mean.

    .. math:: \ln s(t) = -\frac{4}{\gamma^2} \left[ \ln(1 - i x) + i x \right], \quad
        x = \pi \sigma \gamma t

    a gamma distribution of standard deviation :math:`\sigma` and skewness :math:`\gamma`; Gaussian
    for :math:`\gamma = 0`.

    Parameters
    ----------
    time
        t [s], any shape, of either sign.
    deviation
        :math:`\sigma` [Hz].
    skewness
        :math:`\gamma`; positive with a tail to high frequency.

    Returns
    -------
    :
        Decay and its derivatives with respect to deviation [s] and skewness, shape of ``time``.

    Examples
    --------
    >>> decay, *_ = decay_from_skewed_shifts(time=[1e-5], deviation=1e4, skewness=0.0)
    >>> print(f"{decay[0].real:.6f}")  # exp(-2 (pi sigma t)^2)
    0.820869
    """
    t = np.asarray(time, dtype=np.float64)
    y = np.pi * deviation * t
    if abs(skewness) < _SMALL:  # series of the logarithm: i x^2/2 terms
        decay = np.exp(-2 * y**2 - 4j / 3 * y**3 * skewness + 0j)
        by_deviation = np.pi * t * (-4 * y - 4j * y**2 * skewness) * decay
        by_skewness = (-4j / 3 * y**3 + 2 * skewness * y**4) * decay
        return np.asarray(decay), np.asarray(by_deviation), np.asarray(by_skewness)
    x = y * skewness
    logarithm = np.log(1 - 1j * x) + 1j * x
    decay = np.exp(-4 / skewness**2 * logarithm)
    steep = x / (1 - 1j * x)  # derivative of the logarithm part with x
    by_deviation = -4 / skewness * np.pi * t * steep * decay
    by_skewness = (8 / skewness**3 * logarithm - 4 / skewness**2 * y * steep) * decay
    return decay, by_deviation, by_skewness


def decay_from_disordered_quadrupoles(
    *,
    time: ArrayLike,
    deviation: float,
    spin: float,
    larmor_frequency: float | None,
    weights: Array,
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    r"""Compute the decay where all five components of the gradient are random and alike.

    In the laboratory they are five independent Gaussians, so no orientation is left to average:

    .. math:: s(t) = \sum_m w_m \frac{\exp[-\tfrac{4}{3} (\pi a_m \sigma t)^2]}
        {(1 - 2 \pi i b_m \sigma^2 t)(1 - 8 \pi i c_m \sigma^2 t)}

    with the coefficients a, b, c of ``powder_patterns.line_coefficients`` per C_Q (b, c per its
    square).

    Parameters
    ----------
    time
        t [s], any shape, of either sign.
    deviation
        :math:`\sigma` of each component of the gradient, times eQ/h [Hz]; the root mean square of
        :math:`C_Q \sqrt{1 + \eta^2/3}` is :math:`\sigma \sqrt{10/3}`.
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` [Hz]; none: first order only.
    weights
        Of the transitions, m = I first, (transition,).

    Returns
    -------
    :
        Decay and its derivative with respect to the deviation [s], shape of ``time``.

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment.

    References
    ----------
    Czjzek et al., Phys. Rev. B 23, 2513 (1981), doi:10.1103/PhysRevB.23.2513. Le Caër, Brand, J.
    Phys.: Condens. Matter 10, 10715 (1998), doi:10.1088/0953-8984/10/47/020.

    Examples
    --------
    >>> from megabar.spins.transition_weights import hard_pulse_weights
    >>> decay, _ = decay_from_disordered_quadrupoles(
    ...     time=[0.0, 1.0], deviation=0.2e6, spin=3.5, larmor_frequency=None,
    ...     weights=hard_pulse_weights(3.5))
    >>> decay.real.round(6).tolist()  # to first order the central line stays: 16/84
    [1.0, 0.190476]
    """
    t = np.asarray(time, dtype=np.float64)[..., None]
    lines = line_coefficients(quadrupole_coupling=1.0, spin=spin, larmor_frequency=larmor_frequency)
    swing = 4 / 3 * (np.pi * lines.first * t) ** 2
    one, two = 2j * np.pi * lines.by_one * t, 8j * np.pi * lines.by_two * t
    square = deviation**2
    terms = weights * np.exp(-swing * square) / ((1 - one * square) * (1 - two * square))
    steep = -swing + one / (1 - one * square) + two / (1 - two * square)
    return terms.sum(axis=-1), 2 * deviation * (terms * steep).sum(axis=-1)

"""Correlations that forget exponentially, with one time or with many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.arguments import not_negative, positive
from megabar.motion.spectral_densities.model import Model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.motion.spectral_densities.model import Array


def bpp(*, sum_r6: float, correlation_time: float) -> Model:
    r"""Compute the spectral density of one exponential: Bloembergen, Purcell and Pound.

    .. math:: j(\omega) = S(0) \frac{2 \tau}{1 + \omega^2 \tau^2}

    Exact for isotropic reorientation at one rate. For hops it is used with tau the mean residence
    time of ONE spin; a walk has a long tail that this model lacks, and agrees in T2 within 20 to
    30 %.

    Limits: :math:`j(0) = 2 S(0) \tau`; :math:`j \to 2 S(0) / (\omega^2 \tau)`.

    Parameters
    ----------
    sum_r6
        Sum over partners of the inverse sixth power of distance, S(0) [m-6].
    correlation_time
        tau [s].

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
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> density = bpp(sum_r6=1.7e60, correlation_time=1e-9)
    >>> print(f"{density(0.0):.2e} {density(1e9):.2e}")
    3.40e+51 1.70e+51
    """
    positive(sum_r6, name="sum of r^-6", unit="m-6")
    positive(correlation_time, name="correlation time", unit="s")
    shape = partial(
        _lorentzians,
        amplitudes=np.array([sum_r6], dtype=np.float64),
        times=np.array([correlation_time], dtype=np.float64),
    )
    return Model(name="single exponential (BPP)", sum_r6=float(sum_r6), shape=shape)


def exponentials(*, amplitudes: ArrayLike, correlation_times: ArrayLike) -> Model:
    r"""Compute the spectral density of a sum of exponentials.

    .. math:: S(t) = \sum_m A_m e^{-t / \tau_m}, \quad
        j(\omega) = \sum_m A_m \frac{2 \tau_m}{1 + \omega^2 \tau_m^2}, \quad A_m \ge 0

    Every reversible hopping or diffusion is of this form; so is every distribution of times.

    Parameters
    ----------
    amplitudes
        A_m [m-6], (mode,), zero or more; their sum is S(0).
    correlation_times
        tau_m [s], (mode,).

    Returns
    -------
    :
        j [m-6 s] over the angular frequency [rad/s].

    Raises
    ------
    ValueError
        If an amplitude is negative, all are zero, a time is not positive, or their numbers differ.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> density = exponentials(amplitudes=[1e60, 2e60], correlation_times=[1e-9, 1e-10])
    >>> print(f"{density(0.0):.1e}")
    2.4e+51
    """
    weights = np.atleast_1d(not_negative(amplitudes, name="amplitude", unit="m-6"))
    times = np.atleast_1d(positive(correlation_times, name="correlation time", unit="s"))
    if weights.shape != times.shape or weights.ndim != 1:
        msg = (
            f"Found {weights.shape} amplitudes and {times.shape} correlation times; they pair one "
            "to one. Hand in two lists of the same length."
        )
        raise ValueError(msg)
    total = positive(weights.sum(), name="sum of amplitudes", unit="m-6")
    shape = partial(_lorentzians, amplitudes=weights, times=times)
    return Model(name=f"{times.size} exponentials", sum_r6=float(total), shape=shape)


def residence_time_from_diffusivity(
    *, diffusivity: ArrayLike, jump_length: float
) -> NDArray[np.float64]:
    r"""Compute the mean residence time of one spin that hops without memory.

    .. math:: \tau_\text d = \frac{l^2}{6 D}

    Sites must be equivalent; where they are not, D is smaller than hop rate times l2/6.

    Parameters
    ----------
    diffusivity
        Self-diffusivity D of one spin [m2/s], any shape.
    jump_length
        Root mean square length of a jump, l [m].

    Returns
    -------
    :
        Residence time [s], shape of the diffusivity.

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Torrey, Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962.

    Examples
    --------
    >>> tau = residence_time_from_diffusivity(diffusivity=1e-11, jump_length=1.2e-10)
    >>> print(f"{tau:.2e} s")
    2.40e-10 s
    """
    length = positive(jump_length, name="jump length", unit="m")
    moved = positive(diffusivity, name="diffusivity", unit="m2/s")
    return np.asarray(length**2 / (6 * moved), dtype=np.float64)


def _lorentzians(frequency: Array, *, amplitudes: Array, times: Array) -> Array:
    phase = frequency[:, None] * times
    density: Array = (2 * amplitudes * times / (1 + phase**2)).sum(axis=1)
    return density

"""Rates of like spins with one correlation time, and what their ratio says."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.relaxation.rates import SMALLEST_RATIO_ISOTROPIC, Rates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def rates_from_correlation_time(
    *, correlation_time: ArrayLike, second_moment: ArrayLike, larmor_frequency: ArrayLike
) -> Rates:
    r"""Compute R1 and R2 of like spins 1/2 whose coupling forgets with one time.

    .. math:: \begin{split} R_1 &= \tfrac23 M_2 \left[ L(\omega_0) + 4 L(2 \omega_0) \right] \\
        R_2 &= \tfrac13 M_2 \left[ 3 \tau + 5 L(\omega_0) + 2 L(2 \omega_0) \right], \quad
        L(\omega) = \frac{\tau}{1 + \omega^2 \tau^2}
        \end{split}

    Parameters
    ----------
    correlation_time
        tau [s], any shape.
    second_moment
        Second moment M2 of like spins in the rigid powder [rad2 s-2]; broadcasts.
    larmor_frequency
        nu0 [Hz], not angular; broadcasts.

    Returns
    -------
    :
        R1 and R2 [s-1].

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> rates = rates_from_correlation_time(
    ...     correlation_time=1e-12, second_moment=1e10, larmor_frequency=400e6)
    >>> print(f"{rates.t1:.2f} s")
    30.00 s
    """
    tau = positive(correlation_time, name="correlation time", unit="s")
    moment = positive(second_moment, name="second moment", unit="rad2 s-2")
    omega = 2 * pi * positive(larmor_frequency, name="Larmor frequency", unit="Hz")
    one, two = (tau / (1 + (n * omega * tau) ** 2) for n in (1, 2))
    return Rates(
        r1=np.asarray(2 / 3 * moment * (one + 4 * two), dtype=np.float64),
        r2=np.asarray(moment / 3 * (3 * tau + 5 * one + 2 * two), dtype=np.float64),
    )


def ratio_from_reduced_time(*, reduced_time: ArrayLike) -> NDArray[np.float64]:
    r"""Compute R2/R1 of like spins with one correlation time.

    .. math:: \frac{R_2}{R_1} = \frac{10 + 37 u + 12 u^2}{10 + 16 u}, \quad
        u = (\omega_0 \tau)^2

    Parameters
    ----------
    reduced_time
        omega0 tau, any shape.

    Returns
    -------
    :
        R2/R1, from 1 upwards.

    Raises
    ------
    ValueError
        If a reduced time is not positive.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> print(f"{ratio_from_reduced_time(reduced_time=1.0):.4f}")
    2.2692
    """
    u = positive(reduced_time, name="omega0 tau", unit="1") ** 2
    return np.asarray((10 + 37 * u + 12 * u**2) / (10 + 16 * u), dtype=np.float64)


def reduced_time_from_ratio(*, ratio: ArrayLike) -> NDArray[np.float64]:
    r"""Compute which one correlation time would give a ratio R2/R1.

    .. math:: 12 u^2 + (37 - 16 R) u - 10 (R - 1) = 0, \quad u = (\omega_0 \tau)^2

    A walk on a lattice reaches T1 = T2 much later than one exponential: a ratio near 1 says little
    about tau. Read the result as an upper limit of :math:`\omega_0 \tau` that the model allows.

    Parameters
    ----------
    ratio
        R = R2/R1, 1 or more, any shape.

    Returns
    -------
    :
        omega0 tau; 0 at R = 1.

    Raises
    ------
    ValueError
        If a ratio is below 1, which no isotropic fluctuation gives.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> print(f"{reduced_time_from_ratio(ratio=59 / 26):.4f}")
    1.0000
    """
    r = positive(ratio, name="R2/R1", unit="1")
    if np.any(r < SMALLEST_RATIO_ISOTROPIC):
        msg = (
            f"Found R2/R1 = {np.min(r):.4g}; isotropic fluctuations give 1 or more, so no "
            "correlation time fits. Check that T1 and T2 belong to the same spins."
        )
        raise ValueError(msg)
    b, excess = 37 - 16 * r, 10 * (r - 1)
    root = np.sqrt(b**2 + 48 * excess)
    # the form that does not cancel, for either sign of b
    u = np.where(b > 0, 2 * excess / (b + root), (root - b) / 24)
    return np.asarray(np.sqrt(u), dtype=np.float64)

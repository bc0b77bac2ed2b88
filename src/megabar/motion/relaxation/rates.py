"""Two rates of one spin, how they add, and what they may be to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import positive

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SMALLEST_RATIO: Final = 0.5
"""R2 >= R1/2 for every mechanism; below, one of the two was measured wrongly."""

SMALLEST_RATIO_ISOTROPIC: Final = 1.0
"""R2 >= R1 for isotropic fluctuations: dipolar in a powder, Korringa, paramagnetic."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Longitudinal and transverse rate, of one mechanism or of several.

    Rates of independent mechanisms add: ``hydrogen + lanthanum``.

    Parameters
    ----------
    r1
        1/T1 [s-1], any shape.
    r2
        1/T2 [s-1], shape of ``r1``.

    Examples
    --------
    >>> both = Rates(r1=np.array(2.0), r2=np.array(3.0)) + Rates(r1=np.array(0.5), r2=np.array(1.0))
    >>> print(both.r1, both.t2)
    2.5 0.25
    """

    r1: NDArray[np.float64]
    r2: NDArray[np.float64]

    def __add__(self, other: Rates) -> Rates:
        return Rates(r1=self.r1 + other.r1, r2=self.r2 + other.r2)

    @property
    def t1(self) -> NDArray[np.float64]:
        """T1 [s]."""
        return np.asarray(1 / self.r1, dtype=np.float64)

    @property
    def t2(self) -> NDArray[np.float64]:
        """T2 [s]."""
        return np.asarray(1 / self.r2, dtype=np.float64)

    @property
    def ratio(self) -> NDArray[np.float64]:
        """R2/R1."""
        return np.asarray(self.r2 / self.r1, dtype=np.float64)


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

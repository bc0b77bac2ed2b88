r"""Mixtures of superconducting and normal grains: effective medium, percolation, lower bounds.

A resistive transition proves one connected path, and no volume. Below the threshold a step of
height h needs a fraction h/d of perfect conductor at least as an effective medium; above it the
fraction is only known to exceed the threshold.

Twin: ``observables.critical_temperature``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

THRESHOLDS: Final[Mapping[str, float]] = {
    "square lattice, bonds": 0.5,
    "square lattice, sites": 0.592746,
    "triangular lattice, sites": 0.5,
    "simple cubic lattice, bonds": 0.248812,
    "simple cubic lattice, sites": 0.311608,
    "overlapping spheres": 0.289573,
}
"""Fraction at which a cluster first spans a large sample.

Stauffer, Aharony, Introduction to Percolation Theory (Taylor and Francis, 1994); spheres: Lorenz,
Ziff, J. Chem. Phys. 114, 3659 (2001), doi:10.1063/1.1338506.
"""


def conductivity_of_mixture(
    fractions: Sequence[float], conductivities: Sequence[float], *, dimensions: int
) -> float:
    r"""Compute the conductivity of a symmetric mixture (Bruggeman).

    .. math:: \sum_i f_i \frac{\sigma_i - s}{\sigma_i + (d - 1)\, s} = 0

    Parameters
    ----------
    fractions
        :math:`f_i`, adding up to 1.
    conductivities
        :math:`\sigma_i` [S/m], or sheet conductivities; ``inf`` for a superconductor.
    dimensions
        d: 2 for a film thinner than its grains, 3 for a powder.

    Returns
    -------
    :
        s, in the same unit; ``inf`` from the threshold 1/d of perfect conductor on.

    Raises
    ------
    ValueError
        If fractions do not add up, or numbers or dimensions make no sense.

    References
    ----------
    Bruggeman, Ann. Phys. 416, 636 (1935), doi:10.1002/andp.19354160705; Kirkpatrick, Rev. Mod.
    Phys. 45, 574 (1973), doi:10.1103/RevModPhys.45.574.

    Examples
    --------
    >>> for d in (2, 3):
    ...     s = conductivity_of_mixture([0.2, 0.8], [float("inf"), 1.0], dimensions=d)
    ...     print(f"{1 / s:.3f}")  # 1 - d f
    0.600
    0.400
    """
    from scipy.optimize import brentq

    f = np.asarray(fractions, dtype=np.float64)
    sigma = np.asarray(conductivities, dtype=np.float64)
    if dimensions not in (2, 3) or f.shape != sigma.shape or np.any(f < 0) or np.any(sigma < 0):
        msg = (
            f"Found fractions {list(f)}, conductivities {list(sigma)}, {dimensions} dimensions; "
            "one conductivity of 0 or more is needed for each fraction, in 2 or 3 dimensions."
        )
        raise ValueError(msg)
    if abs(f.sum() - 1) > 1e-9:
        msg = f"Found fractions that add up to {f.sum():g}; they must add up to 1."
        raise ValueError(msg)
    perfect = np.isinf(sigma)
    if f[perfect].sum() * dimensions >= 1:
        return float("inf")
    finite, parts = sigma[~perfect], f[~perfect]
    if finite.max(initial=0.0) == 0:
        return 0.0

    def balance(s: float) -> float:
        own = np.sum(parts * (finite - s) / (finite + (dimensions - 1) * s))
        return float(own + f[perfect].sum())

    top = float(finite.max()) / (1 - dimensions * f[perfect].sum())
    if balance(1e-12 * top) <= 0:
        return 0.0
    return float(brentq(balance, 1e-12 * top, top * (1 + 1e-9), xtol=1e-14 * top))


def fraction_from_step(height: ArrayLike, *, dimensions: int) -> NDArray[np.float64]:
    r"""Compute the fraction of superconductor that a step in the resistance means at least.

    .. math:: f = h / d

    Inverse of :func:`conductivity_of_mixture` for perfect conductor in a normal matrix. It is an
    effective medium's answer: electrodes and shapes of grains move it either way.

    Parameters
    ----------
    height
        h, drop of resistance over normal state, 0 to 1, any shape.
    dimensions
        d, 2 or 3.

    Returns
    -------
    :
        Fraction, same shape; at full height only that it is 1/d or more.

    Raises
    ------
    ValueError
        If a height is no fraction, or the dimensions are neither 2 nor 3.

    References
    ----------
    Kirkpatrick, Rev. Mod. Phys. 45, 574 (1973), doi:10.1103/RevModPhys.45.574.

    Examples
    --------
    >>> print(fraction_from_step([0.3, 0.6], dimensions=3))
    [0.1 0.2]
    """
    h = np.asarray(height, dtype=np.float64)
    if dimensions not in (2, 3) or np.any(h < 0) or np.any(h > 1):
        msg = f"Found heights up to {np.max(h):g} in {dimensions} dimensions; give 0 to 1, 2 or 3."
        raise ValueError(msg)
    return np.asarray(h / dimensions)


def threshold(lattice: str) -> float:
    """Look up the fraction at which a cluster first spans a large sample.

    Parameters
    ----------
    lattice
        A key of :data:`THRESHOLDS`.

    Returns
    -------
    :
        The fraction.

    Raises
    ------
    UnknownWord
        If there is no such lattice.

    Examples
    --------
    >>> threshold("square lattice, bonds")
    0.5
    """
    return THRESHOLDS[one_of(lattice, THRESHOLDS, name="lattice")]

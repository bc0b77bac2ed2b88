r"""Orientations of a powder: sets with weights, and a mean that states its own error.

An orientation is the direction of the field in the crystal,
:math:`(\sin\beta \cos\alpha, \sin\beta \sin\alpha, \cos\beta)`.

References
----------
Cheng, Suzukawa, Wolfsberg, J. Chem. Phys. 59, 3992 (1973), doi:10.1063/1.1680590. Edén, Levitt,
J. Magn. Reson. 132, 220 (1998), doi:10.1006/jmre.1998.1427, for the choice of sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SPHERE_SETS: Final = {
    34: 13, 55: 21, 89: 34, 144: 55, 233: 89, 377: 144, 610: 233, 987: 377, 1597: 610,
    2584: 987, 4181: 1597, 6765: 2584, 10946: 4181, 17711: 6765, 28657: 10946, 46368: 17711,
}  # fmt: skip
"""Sizes of the sets of :func:`sphere_grid` and the number that turns their azimuth."""

_GOLDEN: Final = (np.sqrt(5.0) - 1) / 2
_PANEL: Final = 8  # Gauss-Legendre points in one panel of the cosine


@dataclass(frozen=True, kw_only=True, eq=False)
class Orientations:
    """Directions of the field in the crystal, with weights that sum to one.

    Parameters
    ----------
    alpha, beta
        Azimuth and polar angle [rad], (orientation,).
    weight
        Shares, (orientation,).
    """

    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit vectors of the field in the crystal, (orientation, 3)."""
        sine = np.sin(self.beta)
        return np.stack(
            [sine * np.cos(self.alpha), sine * np.sin(self.alpha), np.cos(self.beta)], axis=1
        )


def single_orientation(*, alpha: float, beta: float) -> Orientations:
    """Take one direction of the field, for a single crystal.

    Parameters
    ----------
    alpha, beta
        Azimuth and polar angle of the field in the crystal [rad].

    Returns
    -------
    :
        One orientation of weight one.

    Examples
    --------
    >>> len(single_orientation(alpha=0.3, beta=0.9))
    1
    """
    return Orientations(alpha=np.array([alpha]), beta=np.array([beta]), weight=np.ones(1))


def octant_grid(count: int) -> Orientations:
    r"""Spread directions over one octant by the golden ratio, all with equal weight.

    .. math:: u_j = (j + 1/2)/n, \quad \alpha_j = (\pi/2)\, \mathrm{frac}(0.618\ldots j)

    For tensors that share their axes, with the axes along those of the crystal: then one octant
    stands for the sphere.

    Parameters
    ----------
    count
        Number of directions.

    Returns
    -------
    :
        The set.

    Raises
    ------
    ValueError
        If the count is not positive.

    Examples
    --------
    >>> grid = octant_grid(1000)
    >>> bool(abs((grid.weight * (3 * np.cos(grid.beta) ** 2 - 1)).sum()) < 1e-6)
    True
    """
    if count < 1:
        msg = f"Found {count} directions; a powder needs at least one."
        raise ValueError(msg)
    place = np.arange(count)
    return Orientations(
        alpha=np.pi / 2 * (place * _GOLDEN % 1.0),
        beta=np.arccos((place + 0.5) / count),
        weight=np.full(count, 1 / count),
    )


def half_turn_grid(count: int) -> Orientations:
    r"""Spread directions over a quarter of the sphere, without a seam for one tensor.

    .. math:: u_j = (j + 1/2)/n, \quad \alpha_j = \pi \, \mathrm{frac}[0.618\ldots (j + 1/2)]

    The lines of one tensor along the axes of the crystal repeat after half a turn and are even in
    u; so continued, the set is a lattice, and its error falls fast once all steps are resolved:
    at some (spread of the lines over their width)^2 directions, and as :math:`1/n^2` then.

    Parameters
    ----------
    count
        Number of directions.

    Returns
    -------
    :
        The set, with equal weights.

    Raises
    ------
    ValueError
        If the count is not positive.

    Examples
    --------
    >>> grid = half_turn_grid(1000)
    >>> bool(abs((grid.weight * (3 * np.cos(grid.beta) ** 2 - 1)).sum()) < 1e-6)
    True
    """
    if count < 1:
        msg = f"Found {count} directions; a powder needs at least one."
        raise ValueError(msg)
    place = np.arange(count) + 0.5
    return Orientations(
        alpha=np.pi * (place * _GOLDEN % 1.0),
        beta=np.arccos(place / count),
        weight=np.full(count, 1 / count),
    )


def sphere_grid(count: int) -> Orientations:
    r"""Spread directions over the sphere by a pair of Fibonacci numbers, all with equal weight.

    .. math:: \alpha_j = 2 \pi \, \mathrm{frac}(j k/n), \quad \cos\beta_j = 1 - (2 j + 1)/n

    Parameters
    ----------
    count
        One of :data:`SPHERE_SETS`.

    Returns
    -------
    :
        The set of Cheng, Suzukawa and Wolfsberg.

    Raises
    ------
    ValueError
        If no set has this size.

    References
    ----------
    Cheng, Suzukawa, Wolfsberg, J. Chem. Phys. 59, 3992 (1973), doi:10.1063/1.1680590.

    Examples
    --------
    >>> grid = sphere_grid(233)
    >>> f"{np.degrees(grid.alpha[10]):.4f}, {np.degrees(grid.beta[10]):.4f}"
    '295.1073, 24.5124'
    """
    if count not in SPHERE_SETS:
        msg = f"Found {count} directions; there is no such set. Take one of "
        raise ValueError(f"{msg}{', '.join(map(str, SPHERE_SETS))}.")
    place = np.arange(count)
    return Orientations(
        alpha=2 * np.pi * (place * SPHERE_SETS[count] % count) / count,
        beta=np.arccos(1 - (2 * place + 1) / count),
        weight=np.full(count, 1 / count),
    )


def product_grid(*, polar: int, azimuthal: int, octant: bool) -> Orientations:
    """Take Gauss-Legendre points in the cosine and midpoints in the azimuth, for references.

    Parameters
    ----------
    polar
        Points in the cosine, a multiple of 8.
    azimuthal
        Points in the azimuth.
    octant
        One octant for tensors along the axes of the crystal; the whole sphere otherwise.

    Returns
    -------
    :
        The set, with unequal weights.

    Raises
    ------
    ValueError
        If the points in the cosine are no multiple of 8.

    Examples
    --------
    >>> grid = product_grid(polar=8, azimuthal=8, octant=True)
    >>> bool(abs((grid.weight * np.cos(grid.beta) ** 4).sum() - 1 / 5) < 1e-14)
    True
    """
    if polar < _PANEL or polar % _PANEL:
        msg = f"Found {polar} points in the cosine; panels hold {_PANEL}. Give a multiple of it."
        raise ValueError(msg)
    nodes, weights = np.polynomial.legendre.leggauss(_PANEL)
    low, high = (0.0, 1.0) if octant else (-1.0, 1.0)
    edges = np.linspace(low, high, polar // _PANEL + 1)
    width = edges[1] - edges[0]
    cosine = (edges[:-1, None] + (nodes + 1) / 2 * width).ravel()
    share = np.tile(weights / 2 * width / (high - low), polar // _PANEL)
    azimuth = (np.arange(azimuthal) + 0.5) / azimuthal * (np.pi / 2 if octant else 2 * np.pi)
    return Orientations(
        alpha=np.tile(azimuth, polar),
        beta=np.repeat(np.arccos(cosine), azimuthal),
        weight=np.repeat(share, azimuthal) / azimuthal,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class PowderMean:
    """A mean over a powder and how far it can be trusted.

    Parameters
    ----------
    values
        The mean, any shape.
    error
        Largest difference to the next smaller set, over the largest value.
    count
        Directions of the set.
    """

    values: NDArray[Any]
    error: float
    count: int


def powder_mean(
    function: Callable[[Orientations], NDArray[Any]],
    *,
    tolerance: float,
    largest: int = 46368,
) -> PowderMean:
    """Average over the sphere, refining the set until the mean stands still.

    Parameters
    ----------
    function
        Gives for a set the weighted mean over it, any shape.
    tolerance
        Largest difference between two sets over the largest value of the mean.
    largest
        Size of the last set that is tried.

    Returns
    -------
    :
        The mean over the last set and its difference to the one before.

    Raises
    ------
    Undetermined
        If the mean still moves at the largest set.

    Examples
    --------
    >>> found = powder_mean(lambda grid: grid.weight @ np.cos(grid.beta)[:, None] ** 4,
    ...                     tolerance=1e-3)
    >>> bool(abs(found.values[0] - 1 / 5) < 1e-3)
    True
    """
    sizes = [size for size in list(SPHERE_SETS)[2::2] if size <= largest]
    before, error = None, np.inf
    for size in sizes:
        values = np.asarray(function(sphere_grid(size)))
        if before is not None:
            scale = np.abs(values).max()
            error = float(np.abs(values - before).max() / scale) if scale else 0.0
            if error <= tolerance:
                return PowderMean(values=values, error=error, count=size)
        before = values
    msg = (
        f"Found a powder mean that still moves by {error:.2g} of its maximum at {sizes[-1]} "
        f"directions, above {tolerance:g}. Allow more of them, damp the signal, or ask for less."
    )
    raise Undetermined(msg, quality="not reached")

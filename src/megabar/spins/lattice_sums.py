r"""Lattice sums of the dipolar coupling in any cell, with the rest of the crystal added.

A sum cut off sharply at R wanders like :math:`R^{-5}`. Here each term carries a smooth window
:math:`w(r) = Q(5, \alpha^2 r^2)` (the regularised incomplete gamma function), and what the window
leaves out is integrated with the mean density,

.. math:: \int \frac{1 - w(r)}{r^6}\,4 \pi r^2 \, dr
    = \frac{4 \pi}{3} \alpha^3 \, \frac{\Gamma(7/2)}{\Gamma(5)} .

The part left out is smooth everywhere, also in its dependence on direction, so the error of
taking the mean density falls as :math:`e^{-G^2 / 4 \alpha^2}`, with G the shortest reciprocal
lattice vector. A tolerance of 1e-8 costs some ten cells in each direction.
"""

from __future__ import annotations

from itertools import permutations
from math import gamma, log, pi, sqrt
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_TAIL = 4 * pi / 3 * gamma(3.5) / gamma(5)
_MARGIN = 5.0  # in the exponent, for the powers of r and G in front of the two Gaussians
_COMPONENTS = tuple(
    (i, j, k, m) for i in range(3) for j in range(i, 3) for k in range(j, 3) for m in range(k, 3)
)


def lattice_sum_r6(
    *,
    cell: ArrayLike,
    positions_from: ArrayLike,
    positions_to: ArrayLike,
    occupancies: ArrayLike,
    tolerance: float = 1e-8,
) -> NDArray[np.float64]:
    r"""Sum the inverse sixth power of all distances from each site.

    .. math:: S_{6,i} = \sum_j c_j \, r_{ij}^{-6}

    over all sites j of the infinite crystal other than i itself, each with its occupancy c: the
    mean over random vacancies. Mean over occupied sites i: :func:`mean_over_sites`.

    Parameters
    ----------
    cell
        Rows are the axes of the cell [m], shape (3, 3); may be skew.
    positions_from
        Central sites, Cartesian [m], shape (n, 3).
    positions_to
        Sites of the partners in one cell, Cartesian [m], shape (m, 3).
    occupancies
        Chance that a partner is there, shape (m,).
    tolerance
        Largest error over the sum.

    Returns
    -------
    :
        Sum of each central site [m-6], shape (n,).

    Raises
    ------
    ValueError
        If shapes do not fit, the cell has no volume, or the tolerance is outside 1e-12 to 0.1.

    References
    ----------
    Exact sums of cubic lattices: Jones and Ingham, Proc. R. Soc. A 107, 636 (1925),
    doi:10.1098/rspa.1925.0047.

    Examples
    --------
    >>> here = np.zeros((1, 3))
    >>> total = lattice_sum_r6(
    ...     cell=np.eye(3), positions_from=here, positions_to=here, occupancies=[1.0])
    >>> print(f"{total[0]:.6f}")
    8.401924
    """
    tensors = lattice_sum_tensor(
        cell=cell,
        positions_from=positions_from,
        positions_to=positions_to,
        occupancies=occupancies,
        tolerance=tolerance,
    )
    return np.asarray(np.einsum("niijj->n", tensors), dtype=np.float64)


def lattice_sum_r6_along(
    *,
    cell: ArrayLike,
    positions_from: ArrayLike,
    positions_to: ArrayLike,
    occupancies: ArrayLike,
    directions: ArrayLike,
    tolerance: float = 1e-8,
) -> NDArray[np.float64]:
    r"""Sum the dipolar coupling of a single crystal in the measure of :func:`lattice_sum_r6`.

    .. math:: S_{6,i}(\hat n) = \tfrac{5}{4} \sum_j c_j
        \frac{(1 - 3 \cos^2 \theta_{ij})^2}{r_{ij}^6}

    with the angle between the field and the vector from i to j. Its mean over all directions is
    the powder sum, so the same formulas turn both into second moments.

    Parameters
    ----------
    cell
        Rows are the axes of the cell [m], shape (3, 3); may be skew.
    positions_from
        Central sites, Cartesian [m], shape (n, 3).
    positions_to
        Sites of the partners in one cell, Cartesian [m], shape (m, 3).
    occupancies
        Chance that a partner is there, shape (m,).
    directions
        Directions of the field in the frame of the cell, any length, shape (d, 3).
    tolerance
        Largest error over the sum.

    Returns
    -------
    :
        Sum of each site and direction [m-6], shape (n, d).

    Raises
    ------
    ValueError
        As :func:`lattice_sum_r6`, or if a direction has no length.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168.

    Examples
    --------
    >>> here = np.zeros((1, 3))
    >>> sums = lattice_sum_r6_along(
    ...     cell=np.eye(3), positions_from=here, positions_to=here, occupancies=[1.0],
    ...     directions=[[1, 0, 0], [1, 1, 1]])
    >>> print(f"{sums[0, 0] / sums[0, 1]:.2f}")
    5.81
    """
    units = unit_vectors(directions)
    tensors = lattice_sum_tensor(
        cell=cell,
        positions_from=positions_from,
        positions_to=positions_to,
        occupancies=occupancies,
        tolerance=tolerance,
    )
    plain = np.einsum("niijj->n", tensors)
    squares = np.einsum("nijkk,di,dj->nd", tensors, units, units)
    fourths = np.einsum("nijkl,di,dj,dk,dl->nd", tensors, units, units, units, units)
    return np.asarray(1.25 * (plain[:, None] - 6 * squares + 9 * fourths))


def lattice_sum_tensor(
    *,
    cell: ArrayLike,
    positions_from: ArrayLike,
    positions_to: ArrayLike,
    occupancies: ArrayLike,
    tolerance: float = 1e-8,
) -> NDArray[np.float64]:
    r"""Sum the fourth-rank tensor from which every second moment of the crystal follows.

    .. math:: T_{i,abcd} = \sum_j c_j \frac{x_a x_b x_c x_d}{r_{ij}^{10}}

    Parameters
    ----------
    cell
        Rows are the axes of the cell [m], shape (3, 3); may be skew.
    positions_from
        Central sites, Cartesian [m], shape (n, 3).
    positions_to
        Sites of the partners in one cell, Cartesian [m], shape (m, 3).
    occupancies
        Chance that a partner is there, shape (m,).
    tolerance
        Largest error over the sum of inverse sixth powers.

    Returns
    -------
    :
        Tensor of each central site [m-6], shape (n, 3, 3, 3, 3); its double trace is the sum of
        inverse sixth powers.

    Raises
    ------
    ValueError
        As :func:`lattice_sum_r6`.

    Examples
    --------
    >>> here = np.zeros((1, 3))
    >>> tensor = lattice_sum_tensor(
    ...     cell=np.eye(3), positions_from=here, positions_to=here, occupancies=[1.0])[0]
    >>> bool(np.isclose(tensor[0, 0, 0, 0], tensor[2, 2, 2, 2]))
    True
    """
    axes, centres, partners, weights = _checked(cell, positions_from, positions_to, occupancies)
    if not 1e-12 <= tolerance <= 0.1:
        msg = f"Found tolerance {tolerance:g}; a number from 1e-12 to 0.1 is needed."
        raise ValueError(msg)
    scale = abs(np.linalg.det(axes)) ** (1 / 3)
    axes, centres, partners = axes / scale, centres / scale, partners / scale
    needed = log(1 / tolerance) + _MARGIN
    alpha = _shortest_reciprocal(axes) / (2 * sqrt(needed))
    images = _images(axes, sqrt(needed) / alpha)
    inside = (_into_cell(centres, axes), _into_cell(partners, axes))
    sums = _windowed_sums(*inside, weights, images, alpha, needed)
    density = weights.sum()  # the scaled cell has unit volume
    return np.asarray(_as_tensors(sums, density * _TAIL * alpha**3) / scale**6)


def mean_over_sites(values: ArrayLike, occupancies: ArrayLike) -> float:
    r"""Average over the occupied sites.

    .. math:: \bar v = \sum_i c_i v_i / \sum_i c_i

    Parameters
    ----------
    values
        One value a site, shape (n,).
    occupancies
        Chance that the site is occupied, shape (n,).

    Returns
    -------
    :
        The mean, in the unit of the values.

    Examples
    --------
    >>> mean_over_sites([1.0, 4.0], [1.0, 0.5])
    2.0
    """
    return float(np.average(np.asarray(values, dtype=np.float64), weights=np.asarray(occupancies)))


def unit_vectors(directions: ArrayLike) -> NDArray[np.float64]:
    """Bring directions to length one.

    Parameters
    ----------
    directions
        Any lengths, shape (d, 3).

    Returns
    -------
    :
        Unit vectors, shape (d, 3).

    Raises
    ------
    ValueError
        If a direction has no length.

    Examples
    --------
    >>> unit_vectors([[0, 3, 4]])
    array([[0. , 0.6, 0.8]])
    """
    vectors = np.atleast_2d(np.asarray(directions, dtype=np.float64))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if vectors.shape[1:] != (3,) or not (np.isfinite(lengths) & (lengths > 0)).all():
        msg = (
            "Found a direction without length or of other than three numbers; (x, y, z) is needed."
        )
        raise ValueError(msg)
    return np.asarray(vectors / lengths)


def _checked(
    cell: ArrayLike, positions_from: ArrayLike, positions_to: ArrayLike, occupancies: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    axes = np.asarray(cell, dtype=np.float64)
    centres = np.asarray(positions_from, dtype=np.float64)
    partners = np.asarray(positions_to, dtype=np.float64)
    weights = np.asarray(occupancies, dtype=np.float64)
    shapes = (axes.shape, centres.shape[1:], partners.shape[1:], weights.shape)
    if shapes != ((3, 3), (3,), (3,), (len(partners),)):
        msg = (
            f"Found shapes {axes.shape}, {centres.shape}, {partners.shape}, {weights.shape} of "
            "cell, both positions and occupancies; (3, 3), (n, 3), (m, 3), (m,) are needed."
        )
        raise ValueError(msg)
    if not all(np.isfinite(array).all() for array in (axes, centres, partners, weights)):
        msg = "Found numbers that are not finite among cell, positions and occupancies."
        raise ValueError(msg)
    if np.linalg.det(axes) == 0:
        msg = "Found a cell without volume; three independent axes are needed."
        raise ValueError(msg)
    return axes, centres, partners, weights


def _shortest_reciprocal(axes: NDArray[np.float64]) -> float:
    """Shortest vector of the reciprocal lattice, searched in a reduced basis."""
    basis = _reduced(np.asarray(2 * pi * np.linalg.inv(axes).T, dtype=np.float64))
    steps = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    lengths = np.linalg.norm(steps[np.any(steps != 0, axis=1)] @ basis, axis=1)
    return float(lengths.min())


def _reduced(basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shorten a basis by subtracting whole vectors of each other until nothing gets shorter."""
    vectors = basis.copy()
    shortened = True
    while shortened:
        shortened = False
        for i in range(3):
            for j in range(3):
                if i == j:
                    continue
                step = np.rint(vectors[i] @ vectors[j] / (vectors[j] @ vectors[j]))
                trial = vectors[i] - step * vectors[j]
                if trial @ trial < vectors[i] @ vectors[i] * (1 - 1e-9):
                    vectors[i] = trial
                    shortened = True
    return vectors


def _into_cell(positions: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    fractions = positions @ np.linalg.inv(axes)
    return np.asarray((fractions - np.floor(fractions)) @ axes)


def _images(axes: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Lattice vectors of all cells that may hold a partner within the radius of a site."""
    reduced = _reduced(axes)
    heights = 1 / np.linalg.norm(np.linalg.inv(reduced), axis=0)
    far = radius + np.linalg.norm(np.abs(axes).sum(axis=0))
    reach = [np.arange(-np.ceil(far / h), np.ceil(far / h) + 1) for h in heights]
    steps = np.stack(np.meshgrid(*reach, indexing="ij"), axis=-1).reshape(-1, 3)
    points = steps @ reduced
    return np.ascontiguousarray(points[np.linalg.norm(points, axis=1) <= far])


@numba.njit(cache=True)
def _windowed_sums(
    centres: NDArray[np.float64],
    partners: NDArray[np.float64],
    weights: NDArray[np.float64],
    images: NDArray[np.float64],
    alpha: float,
    needed: float,
) -> NDArray[np.float64]:
    """Sum w(r) x_a x_b x_c x_d / r^10 over all partners, 15 components a site."""
    total = np.zeros((len(centres), 15))
    for i in range(len(centres)):
        for j in range(len(partners)):
            x0 = partners[j, 0] - centres[i, 0]
            y0 = partners[j, 1] - centres[i, 1]
            z0 = partners[j, 2] - centres[i, 2]
            for n in range(len(images)):
                x, y, z = x0 + images[n, 0], y0 + images[n, 1], z0 + images[n, 2]
                square = x * x + y * y + z * z
                q = alpha * alpha * square
                if square < 1e-16 or q > needed:
                    continue
                window = np.exp(-q) * (1 + q * (1 + q / 2 * (1 + q / 3 * (1 + q / 4))))
                size = weights[j] * window / square**5
                xx, yy, zz = x * x, y * y, z * z
                terms = (
                    xx * xx, xx * x * y, xx * x * z, xx * yy, xx * y * z, xx * zz,
                    x * y * yy, x * yy * z, x * y * zz, x * z * zz,
                    yy * yy, yy * y * z, yy * zz, y * z * zz, zz * zz,
                )  # fmt: skip
                for c in range(15):
                    total[i, c] += size * terms[c]
    return total


def _as_tensors(sums: NDArray[np.float64], tail: float) -> NDArray[np.float64]:
    """Spread 15 components over the symmetric tensor and add the isotropic rest."""
    tensors = np.empty((len(sums), 3, 3, 3, 3))
    for column, indices in enumerate(_COMPONENTS):
        for order in set(permutations(indices)):
            tensors[:, order[0], order[1], order[2], order[3]] = sums[:, column]
    delta = np.eye(3)
    for pairing in ("ab,cd->abcd", "ac,bd->abcd", "ad,bc->abcd"):
        tensors += tail / 15 * np.einsum(pairing, delta, delta)
    return tensors

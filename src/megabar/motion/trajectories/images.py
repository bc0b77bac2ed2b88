"""Nearest images in cells of any shape."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_SIGNS: Final = np.array([n for n in product((-1, 0, 1), repeat=3) if any(n)])
_RIGHT: Final = 1e-9  # cosine of a right angle
_SHORTER: Final = 1 - 1e-12


def reduced_cell(cell: Array) -> Array:
    """Give the shortest vectors that span the lattice of a cell (Minkowski).

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).

    Returns
    -------
    :
        Lattice vectors as rows, shortest first [m], (3, 3).

    Raises
    ------
    ValueError
        If the vectors span no volume.

    References
    ----------
    Nguyen, Stehle, ACM Trans. Algorithms 5, 46 (2009), doi:10.1145/1597036.1597050.

    Examples
    --------
    >>> reduced_cell(np.array([[1.0, 0, 0], [0, 1, 0], [7, 3, 1]])).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    rows = np.array(cell, dtype=np.float64)
    longest = np.abs(rows).max(initial=0.0)
    if rows.shape != (3, 3) or not abs(np.linalg.det(rows)) > 1e-9 * longest**3:
        msg = f"Found a cell {rows.tolist()}, which spans no volume. Hand in three vectors as rows."
        raise ValueError(msg)
    while True:
        rows = rows[np.argsort((rows**2).sum(axis=1), kind="stable")]
        shorter = _one_step(rows)
        if shorter is None:
            return rows
        rows = shorter


def _one_step(rows: Array) -> Array | None:
    """Replace a vector by a shorter one that spans the same lattice, if there is one."""
    for last in (2, 1):
        for steps in _SIGNS[_SIGNS[:, last] == 1]:
            if np.any(steps[last + 1 :]):
                continue
            other = steps @ rows
            if other @ other < rows[last] @ rows[last] * _SHORTER:
                changed = rows.copy()
                changed[last] = other
                return changed
    return None


def neighbouring_vectors(cell: Array) -> Array:
    """Give the lattice vectors that may lead from a rounded vector to a nearer image.

    Parameters
    ----------
    cell
        A reduced cell, rows [m], (3, 3).

    Returns
    -------
    :
        Vectors [m], (26, 3); (0, 3) where all angles are right, so that rounding is enough.

    Examples
    --------
    >>> neighbouring_vectors(np.eye(3)).shape, neighbouring_vectors(np.eye(3) + 0.1).shape
    ((0, 3), (26, 3))
    """
    lengths = np.linalg.norm(cell, axis=1)
    cosines = (cell @ cell.T) / np.outer(lengths, lengths)
    if np.abs(cosines - np.eye(3)).max() < _RIGHT:
        return np.zeros((0, 3))
    return np.asarray(_SIGNS @ cell, dtype=np.float64)


def nearest_images(*, vectors: Array, cell: Array) -> Array:
    """Compute the shortest of all periodic images of vectors.

    Parameters
    ----------
    vectors
        Any images [m], (..., 3).
    cell
        Lattice vectors as rows [m], (3, 3), of any shape.

    Returns
    -------
    :
        Shortest images [m], (..., 3).

    Raises
    ------
    ValueError
        If the cell spans no volume.

    Examples
    --------
    >>> skew = np.array([[6.0, 0, 0], [2.9, 5.2, 0], [0, 0, 6.5]])
    >>> nearest_images(vectors=np.array([4.2, 2.4, 1.0]), cell=skew).round(6).tolist()
    [-1.8, 2.4, 1.0]
    """
    rows = reduced_cell(cell)
    fractions = np.asarray(vectors, dtype=np.float64) @ np.linalg.inv(rows)
    rounded: Array = (fractions - np.rint(fractions)) @ rows
    nearest = rounded
    for step in neighbouring_vectors(rows):
        other = rounded + step
        nearer = (other**2).sum(axis=-1) < (nearest**2).sum(axis=-1) * _SHORTER
        nearest = np.where(nearer[..., np.newaxis], other, nearest)
    return nearest

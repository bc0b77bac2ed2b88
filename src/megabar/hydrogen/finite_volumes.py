r"""Cells of a plate, a cylinder or a sphere, and what flows between their centres.

.. math:: V_i \dot c_i = F_{i-1} - F_i, \quad F_i = G_i (c_i - c_{i+1}), \quad
    G_i = \frac{D r_i^\nu}{\rho_{i+1} - \rho_i}, \quad
    V_i = \frac{r_{i+1}^{\nu+1} - r_i^{\nu+1}}{\nu + 1}

A value is the mean of its cell, which stands for the content at its centre of volume
:math:`\rho_i`: there the mean is right to second order even where cells differ in width, and the
errors are a half to a quarter of those with the point half way between the faces. A mean over the
grain is the sum of V c over the sum of V, never a quadrature of points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import one_of
from megabar.hydrogen.levels import SHAPES

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Cells of a body of size one, from its centre (or near face) to its surface.

    Parameters
    ----------
    shape
        Name of the shape.
    faces
        (n + 1,), from 0 to 1.
    centres
        Centres of volume of the cells (n,).
    shares
        Volume of each cell over that of the body (n,).
    spacing
        Area of the inner faces over the distance of the centres, times volume factors: multiply
        by D/R^2 to have a conductance per volume of the body (n - 1,).
    """

    shape: str
    faces: Array
    centres: Array
    shares: Array
    spacing: Array

    @property
    def last_half(self) -> float:
        """Distance from the last centre to the surface, over the size of the body."""
        return float(1.0 - self.centres[-1])

    @property
    def area(self) -> float:
        """Surface over volume of the body, times its size: nu + 1."""
        return float(SHAPES[self.shape] + 1)


@lru_cache(maxsize=64)
def grid(*, shape: str, n_cells: int, grading: float) -> Grid:
    """Divide a body of size one into cells whose widths form a geometric row.

    Parameters
    ----------
    shape
        ``"plate"``, ``"cylinder"`` or ``"sphere"``.
    n_cells
        Number of cells.
    grading
        Width of the first cell over that of the last one; 1 is uniform.

    Returns
    -------
    :
        The cells.

    Raises
    ------
    UnknownWord
        If the shape is unknown.
    ValueError
        If there is no cell, or the grading is not positive.

    Examples
    --------
    >>> print(grid(shape="sphere", n_cells=2, grading=1.0).shares)
    [0.125 0.875]
    """
    one_of(shape, SHAPES, name="shape of a grain")
    if n_cells < 1 or not grading > 0:
        msg = (
            f"Found {n_cells} cells with grading {grading:g}; a grid needs at least one cell and "
            "a positive grading. Take 100 and 50."
        )
        raise ValueError(msg)
    power = SHAPES[shape] + 1
    ratio = 1.0 if n_cells == 1 else grading ** (-1.0 / (n_cells - 1))
    faces = np.concatenate([[0.0], np.cumsum(ratio ** np.arange(n_cells))])
    faces /= faces[-1]
    shares = np.diff(faces**power)
    centres = power / (power + 1) * np.diff(faces ** (power + 1)) / shares
    spacing = power * faces[1:-1] ** (power - 1) / np.diff(centres)
    for array in (faces, centres, shares, spacing):
        array.setflags(write=False)
    return Grid(shape=shape, faces=faces, centres=centres, shares=shares, spacing=spacing)


def cell_means(*, values: ArrayLike, shares: ArrayLike) -> Array:
    r"""Average cell values over a body, :math:`\sum V c/\sum V`.

    Parameters
    ----------
    values
        (..., n).
    shares
        Volumes in any unit (n,).

    Returns
    -------
    :
        Means (...,).

    Examples
    --------
    >>> print(cell_means(values=[1.0, 3.0], shares=[1.0, 1.0]))
    2.0
    """
    weights = np.asarray(shares, dtype=np.float64)
    return np.asarray(np.asarray(values) @ weights / weights.sum(), dtype=np.float64)

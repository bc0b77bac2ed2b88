"""A bicubic spline over an even grid, with its slopes, at many places at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class EvenSpline:
    """Bicubic spline from zero on, on evenly spaced rows and columns.

    Parameters
    ----------
    row_step, column_step
        Spacing of the grid.
    corners
        Value, slope along the rows, slope along the columns and cross slope in units of the
        spacing, (row, column, 4).
    """

    row_step: float
    column_step: float
    corners: Array

    def __call__(self, row: Array, column: Array) -> tuple[Array, Array, Array]:
        """Give value, slope by the row and slope by the column; beyond the grid its edge.

        Parameters
        ----------
        row, column
            Places, of one shape.

        Returns
        -------
        :
            Three arrays of that shape.
        """
        rows, columns = (np.ascontiguousarray(one, dtype=np.float64) for one in (row, column))
        found = _interpolated(
            self.corners, rows.ravel() / self.row_step, columns.ravel() / self.column_step
        )
        value, by_row, by_column = (one.reshape(rows.shape) for one in found)
        return value, by_row / self.row_step, by_column / self.column_step


def even_spline(values: Array, *, row_step: float, column_step: float) -> EvenSpline:
    """Lay a spline through a table.

    Parameters
    ----------
    values
        At evenly spaced rows and columns from zero on, 4 or more of both, (row, column).
    row_step, column_step
        Spacing.

    Returns
    -------
    :
        The spline, without knots at the last but one row and column of each side.

    Examples
    --------
    >>> grid = np.arange(6.0)
    >>> spline = even_spline(np.outer(grid**3, grid), row_step=1.0, column_step=1.0)
    >>> [float(one[0].round(9)) for one in spline(np.array([1.5]), np.array([2.5]))]
    [8.4375, 16.875, 3.375]
    """
    from scipy.interpolate import RectBivariateSpline

    rows, columns = (np.arange(size, dtype=np.float64) for size in values.shape)
    laid = RectBivariateSpline(rows, columns, values)
    parts = [laid(rows, columns, dx=dx, dy=dy) for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1))]
    return EvenSpline(
        row_step=row_step,
        column_step=column_step,
        corners=np.ascontiguousarray(np.stack(parts, axis=-1)),
    )


@numba.njit(cache=True)
def _interpolated(corners: Array, rows: Array, columns: Array) -> Any:
    count = len(rows)
    value, by_row, by_column = np.empty(count), np.empty(count), np.empty(count)
    across, along = np.empty((2, 4)), np.empty((2, 4))
    for k in range(count):
        i, inside = _cell(rows[k], corners.shape[0], across)
        j, within = _cell(columns[k], corners.shape[1], along)
        total, slope, steep = 0.0, 0.0, 0.0
        for a in range(2):
            for b in range(2):
                corner = corners[i + a, j + b]
                flat = along[0, b] * corner[0] + along[0, 2 + b] * corner[2]
                bent = along[0, b] * corner[1] + along[0, 2 + b] * corner[3]
                flat_slope = along[1, b] * corner[0] + along[1, 2 + b] * corner[2]
                bent_slope = along[1, b] * corner[1] + along[1, 2 + b] * corner[3]
                total += across[0, a] * flat + across[0, 2 + a] * bent
                slope += across[1, a] * flat + across[1, 2 + a] * bent
                steep += across[0, a] * flat_slope + across[0, 2 + a] * bent_slope
        value[k], by_row[k], by_column[k] = total, inside * slope, within * steep
    return value, by_row, by_column


@numba.njit(cache=True)
def _cell(place: float, size: int, found: Array) -> tuple[int, float]:
    """Find the cell, and Hermite polynomials and their slopes there; 0.0 if outside."""
    inside = 1.0 if 0 <= place <= size - 1 else 0.0
    place = min(max(place, 0.0), size - 1.0)
    first = min(int(place), size - 2)
    x = place - first
    found[0, 0], found[0, 1] = (1 + 2 * x) * (1 - x) ** 2, x * x * (3 - 2 * x)
    found[0, 2], found[0, 3] = x * (1 - x) ** 2, x * x * (x - 1)
    found[1, 0], found[1, 1] = 6 * x * (x - 1), 6 * x * (1 - x)
    found[1, 2], found[1, 3] = (1 - x) * (1 - 3 * x), x * (3 * x - 2)
    return first, inside

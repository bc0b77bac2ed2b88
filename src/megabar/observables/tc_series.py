r"""A series of critical temperatures over the days, and what normalising it does to its errors.

.. math:: y_i = \frac{T_i}{T_0}, \quad
    \operatorname{cov}(y_i, y_j) = \delta_{ij} \left(\frac{\sigma_i}{T_0}\right)^2
    + y_i y_j \left(\frac{\sigma_0}{T_0}\right)^2

The error of the first point is shared by all others; left out, every curve looks more certain than
its first point was. Fits take the series as it is and normalise only for drawing. All points of a
series are of one criterion and one direction of the ramp; a change of either is a break.

Twin: ``superconductivity.anchors``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class TcSeries:
    """Critical temperatures of one cell.

    Parameters
    ----------
    cell
        Its name.
    elapsed
        Days since day zero, rising, (n,).
    value
        Critical temperatures [K], (n,).
    std
        Their standard errors, no widths of transitions [K], (n,).
    criterion
        ``"onset"``, ``"midpoint"``, ...: one for all.
    direction
        +1 warming, -1 cooling, 0 not known: one for all.
    """

    cell: str
    elapsed: NDArray[np.float64]
    value: NDArray[np.float64]
    std: NDArray[np.float64]
    criterion: str
    direction: int

    def __post_init__(self) -> None:
        shapes = {self.elapsed.shape, self.value.shape, self.std.shape}
        if len(shapes) != 1 or self.elapsed.ndim != 1 or self.elapsed.size == 0:
            msg = f"Found {sorted(shapes)} of elapsed, value and std; one row of each is needed."
            raise ValueError(msg)
        if np.any(np.diff(self.elapsed) < 0) or np.any(self.std <= 0) or np.any(self.value <= 0):
            msg = (
                f"Found a series of {self.cell} with falling times, or temperatures or errors that "
                "are not positive. Sort it, and give the standard error of each point."
            )
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Normalised:
    """A series over its first point.

    Parameters
    ----------
    elapsed
        Days, (n,); the first point itself is left out.
    value, std
        :math:`T_i / T_0` and total standard error, (n,).
    covariance
        (n, n).
    """

    elapsed: NDArray[np.float64]
    value: NDArray[np.float64]
    std: NDArray[np.float64]
    covariance: NDArray[np.float64]


def normalised(series: TcSeries) -> Normalised:
    """Divide a series by its first point, with the errors that all then share.

    Parameters
    ----------
    series
        At least two points.

    Returns
    -------
    :
        The others over the first.

    Raises
    ------
    ValueError
        If there is only one point.

    Examples
    --------
    >>> found = normalised(TcSeries(cell="A", elapsed=np.array([0.0, 10.0]),
    ...     value=np.array([160.0, 85.0]), std=np.array([6.0, 4.0]), criterion="midpoint",
    ...     direction=1))
    >>> print(f"{found.value[0]:.4f}({found.std[0]:.4f})")
    0.5312(0.0320)
    """
    if series.value.size < 2:
        msg = f"Found one point of {series.cell}; a series over its first point needs two."
        raise ValueError(msg)
    first, first_std = float(series.value[0]), float(series.std[0])
    value = series.value[1:] / first
    own = np.diag((series.std[1:] / first) ** 2)
    covariance = own + np.outer(value, value) * (first_std / first) ** 2
    return Normalised(
        elapsed=series.elapsed[1:],
        value=value,
        std=np.sqrt(np.diag(covariance)),
        covariance=covariance,
    )

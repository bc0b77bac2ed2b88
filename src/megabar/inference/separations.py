r"""How far two laws are apart on given days, before any noise is drawn.

.. math:: \Delta^2_{ij} = \min_{\theta_j} \sum_n \frac{(f_i - f_j(\theta_j))^2}{\sigma_n^2}

The expected logarithm of the odds is about half of it, so that less than 4 cannot decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

_STARTS: Final = (0.25, 0.5, 0.75)  # of every interval


def separation(
    truth: ArrayLike,
    rival: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    std: ArrayLike,
    bounds: Sequence[tuple[float, float]],
) -> float:
    r"""Fit a rival to noise-free data of a truth, and give what is left in units of the noise.

    Parameters
    ----------
    truth
        Data without noise, (n,).
    rival
        Parameters (k,) -> data (n,).
    std
        Standard error of each point, (n,) or a number.
    bounds
        Least and most of each parameter, finite; positive ones are searched by their logarithms.

    Returns
    -------
    :
        :math:`\Delta^2`.

    Examples
    --------
    >>> day = np.linspace(0, 60, 7)
    >>> line = separation(10 - day / 10, lambda p: p[0] + 0 * day, std=1.0, bounds=[(1, 20)])
    >>> print(f"{line:.2f}")  # the sum of squares about the mean
    28.00
    """
    from itertools import product

    from scipy.optimize import least_squares

    data, errors = np.asarray(truth, dtype=np.float64), np.asarray(std, dtype=np.float64)
    low, high = np.array(bounds, dtype=np.float64).T
    logs = low > 0
    low, high = (np.where(logs, np.log(np.where(logs, one, 1.0)), one) for one in (low, high))

    def left(at: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.where(logs, np.exp(np.where(logs, at, 0.0)), at)
        return (data - rival(values)) / errors

    found = [
        least_squares(left, low + np.array(share) * (high - low), bounds=(low, high)).cost
        for share in product(_STARTS, repeat=low.size)
    ]
    return 2 * float(min(found))

r"""Curves of loss averaged over grain sizes, tabulated: one look-up in the place of 41 grains.

A curve that feels sizes depends on two numbers, :math:`\ln\tau` and the spread :math:`\sigma` of
:math:`\ln R`; the average is even in :math:`\sigma`. Cubic interpolation in both leaves less than
1e-4 of the loss (1e-5 where no product layer closes), and an evaluation takes nanoseconds.

Twin: ``hydrogen.rates``.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp
from typing import TYPE_CHECKING, Final

import numba
import numpy as np

from megabar.hydrogen import rate_kernels
from megabar.hydrogen.grain_sizes import hermite_nodes
from megabar.hydrogen.rates import MECHANISMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LOWEST: Final = -24.0
"""ln tau below which nothing is lost (3e-6 by a square root)."""

STEP: Final = 0.03
SIZE_STEP: Final = 0.05

LARGEST_SPREAD: Final = 1.25
"""Spread of ln R up to which there is a table."""

_TIMES: Final = 1001
_SIZES: Final = 28  # from -1 to 26 steps
_NODES: Final = 41


@numba.njit(cache=True, error_model="numpy")
def _fill(
    code: int, shape: float, exponent: float, nodes: Array, weights: Array, table: Array
) -> None:
    for row in range(table.shape[0]):
        spread = abs(row - 1) * SIZE_STEP
        speeds = np.exp(exponent * spread * nodes)
        for n in range(table.shape[1]):
            tau = exp(LOWEST + STEP * n)
            table[row, n] = rate_kernels.averaged(code, tau, shape, 0.0, spread, speeds, weights)


@lru_cache(maxsize=8)
def loss_table(name: str) -> Array:
    """Tabulate the averaged loss of a mechanism against spread and ln tau.

    Parameters
    ----------
    name
        ``"first"``, ``"contract"`` or ``"layer"`` or ``"fick"``; of spheres.

    Returns
    -------
    :
        Fraction lost, (spread, ln tau), read-only.

    Examples
    --------
    >>> print(f"{lost(loss_table('first'), float(np.log(0.5)), 0.4):.6f}")
    0.404539
    """
    mechanism = MECHANISMS[name]
    nodes, weights = hermite_nodes(_NODES)
    table = np.empty((_SIZES, _TIMES))
    _fill(mechanism.code, 2.0, float(mechanism.size_exponent), nodes, weights, table)
    table.setflags(write=False)
    return table


@numba.njit(cache=True, error_model="numpy")
def lost(table: Array, log_tau: float, spread: float) -> float:
    """Read the fraction lost: cubic Lagrange interpolation in both directions."""
    place = (log_tau - LOWEST) / STEP
    if not place >= 1.0:
        return 0.0
    last = table.shape[1] - 3
    place = min(place, last + 1.0)
    n = min(int(place), last)
    f = place - n
    g = spread / SIZE_STEP + 1.0
    row = min(int(g), table.shape[0] - 3)
    g -= row
    a, b, c, d = _weights(f)
    weights, total = _weights(g), 0.0
    for k in range(4):
        r = row - 1 + k
        total += weights[k] * (
            a * table[r, n - 1] + b * table[r, n] + c * table[r, n + 1] + d * table[r, n + 2]
        )
    return total


@numba.njit(inline="always", cache=True, error_model="numpy")
def _weights(f: float) -> tuple[float, float, float, float]:
    return (
        -f * (f - 1.0) * (f - 2.0) / 6.0,
        (f + 1.0) * (f - 1.0) * (f - 2.0) / 2.0,
        -(f + 1.0) * f * (f - 2.0) / 2.0,
        (f + 1.0) * f * (f - 1.0) / 6.0,
    )

r"""Rodas4 for networks: one compiled loop, chains by tridiagonal elimination, cavities by a border.

A Rosenbrock method needs one Jacobian and one factorisation a step and no iteration; it is stiffly
stable (L-stable), of order four, with an error estimate of order three. The matrix
:math:`I/(h\gamma) - J` of chains that share a few nodes is a tridiagonal with a border; both parts
are eliminated in a time proportional to the number of nodes. A sum of amounts that the laws keep
is kept to round-off, because the Jacobian is exact and the elimination subtracts nothing.

References
----------
Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed., section IV.7, RODAS,
doi:10.1007/978-3-642-05221-7. Grassmann, Taksar and Heyman, Oper. Res. 33, 1107 (1985),
doi:10.1287/opre.33.5.1107.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numba
import numpy as np

from megabar.hydrogen.network import rates, slopes
from megabar.hydrogen.tables import Array, Whole

_GAMMA = 0.25
_A = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [1.544, 0.0, 0.0, 0.0, 0.0],
        [0.9466785280815826, 0.2557011698983284, 0.0, 0.0, 0.0],
        [3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 0.0],
        [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0],
    ]
)
_C = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [-5.6688, 0.0, 0.0, 0.0, 0.0],
        [-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0],
        [-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0],
        [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160, 0.0],
        [
            8.083246795921522,
            -7.981132988064893,
            -31.52159432874371,
            16.31930543123136,
            -6.058818238834054,
        ],
    ]
)
_TIMES = np.array([0.0, 0.386, 0.21, 0.63, 1.0, 1.0])
_SLOPES = np.array([0.25, -0.1043, 0.1035, -0.03620000000000023, 0.0, 0.0])

ARRIVED = 0
TOO_MANY_STEPS = 1
STEP_VANISHED = 2

WORDS = {
    ARRIVED: "arrived",
    TOO_MANY_STEPS: "too many steps",
    STEP_VANISHED: "the step became smaller than the time can show",
}
"""How an integration ended, in words."""


@numba.njit(cache=True)
def _assemble(
    flows: Array,
    wholes: Whole,
    inverse: Array,
    shift: float,
    matrix: tuple[Array, Array, Array, Array],
) -> None:
    """Fill V [1/(h gamma) - J] without its diagonal, and the sums of its columns.

    ``bands`` holds what stands above and below the diagonal and room for the pivots (3, n);
    ``border`` the columns and the rows of the shared nodes (2, m, n); ``corner`` is (m, m).
    """
    bands, border, corner, sums = matrix
    bands[:] = 0.0
    border[:] = 0.0
    corner[:] = 0.0
    for i in range(len(sums)):
        sums[i] = shift / inverse[i]
    for e in range(len(wholes)):
        i, j = wholes[e, 1], wholes[e, 2]
        _enter(bands, border, corner, i, j, flows[e, 1])
        _enter(bands, border, corner, j, i, -flows[e, 0])


@numba.njit(cache=True)
def _enter(bands: Array, border: Array, corner: Array, row: int, column: int, entry: float) -> None:
    """Add one entry off the diagonal where it is kept."""
    chained = bands.shape[1]
    if row < chained and column < chained:
        bands[1 + row - column, column] += entry
    elif row < chained:
        border[0, column - chained, row] += entry
    elif column < chained:
        border[1, row - chained, column] += entry
    else:
        corner[row - chained, column - chained] += entry


@numba.njit(cache=True)
def _factorise(matrix: tuple[Array, Array, Array, Array]) -> None:
    """Eliminate in place, with every pivot from the sum of its column.

    What leaves a node arrives in another, so a column sums up to V/(h gamma), also after
    elimination. A pivot is then a sum of terms of one sign (Grassmann, Taksar, Heyman) and keeps
    its digits where h D/dx^2 is 1e12; the difference of the usual elimination would lose atoms.
    """
    bands, border, corner, sums = matrix
    n, m = bands.shape[1], corner.shape[0]
    for j in range(n):
        if j > 0:
            up = bands[0, j] * bands[1, j - 1]
            sums[j] -= sums[j - 1] * up
            for k in range(m):
                border[0, k, j] -= bands[2, j - 1] * border[0, k, j - 1]
                border[1, k, j] -= border[1, k, j - 1] * bands[0, j]
        pivot = sums[j] - bands[2, j]
        for k in range(m):
            pivot -= border[1, k, j]
        bands[1, j] = 1.0 / pivot
        bands[2, j] *= bands[1, j]
        for k in range(m):
            border[1, k, j] *= bands[1, j]
        for k in range(m):
            sums[n + k] -= sums[j] * bands[1, j] * border[0, k, j]
            for row in range(m):
                corner[row, k] -= border[1, row, j] * border[0, k, j]
    _factorise_corner(corner, sums[n:])


@numba.njit(cache=True)
def _factorise_corner(corner: Array, sums: Array) -> None:
    m = len(sums)
    for c in range(m):
        pivot = sums[c]
        for row in range(c + 1, m):
            pivot -= corner[row, c]
        corner[c, c] = 1.0 / pivot
        for row in range(c + 1, m):
            corner[row, c] *= corner[c, c]
        for k in range(c + 1, m):
            sums[k] -= sums[c] * corner[c, c] * corner[c, k]
            for row in range(c + 1, m):
                corner[row, k] -= corner[row, c] * corner[c, k]


@numba.njit(cache=True)
def _solve_corner(corner: Array, x: Array) -> None:
    m = len(x)
    for c in range(m):
        for row in range(c + 1, m):
            x[row] -= corner[row, c] * x[c]
    for c in range(m - 1, -1, -1):
        for k in range(c + 1, m):
            x[c] -= corner[c, k] * x[k]
        x[c] *= corner[c, c]


@numba.njit(cache=True)
def _solve(matrix: tuple[Array, Array, Array, Array], x: Array) -> None:
    """Solve in place."""
    bands, border, corner, _ = matrix
    n, m = bands.shape[1], corner.shape[0]
    for i in range(1, n):
        x[i] -= bands[2, i - 1] * x[i - 1]
    for k in range(m):
        for i in range(n):
            x[n + k] -= border[1, k, i] * x[i]
    _solve_corner(corner, x[n:])
    for k in range(m):
        for i in range(n):
            x[i] -= border[0, k, i] * x[n + k]
    if n > 0:
        x[n - 1] *= bands[1, n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = (x[i] - bands[0, i + 1] * x[i + 1]) * bands[1, i]


@numba.njit(cache=True)
def _add_stages(out: Array, k: Array, weights: Array, stages: int, scale: float) -> None:
    for j in range(stages):
        weight = scale * weights[j]
        for i in range(len(out)):
            out[i] += weight * k[j, i]


@numba.njit(cache=True)
def _stages(
    t: float,
    step: float,
    y: Array,
    y_new: Array,
    k: Array,
    dy: Array,
    later: Array,
    matrix: tuple[Array, Array, Array, Array],
    packed: tuple[Any, ...],
) -> None:
    """Fill the six increments ``k`` and the new values; ``dy`` begins as the slope at ``t``."""
    inverse, wholes, reals, breaks, coefficients, starts, energies, clock = packed
    count = len(y)
    for stage in range(6):
        if stage > 0:
            y_new[:] = y
            _add_stages(y_new, k, _A[stage], stage, 1.0)
            at = t + _TIMES[stage] * step
            rates(
                at, y_new, dy, inverse, wholes, reals, breaks, coefficients, starts, energies, clock
            )
        row = k[stage]
        for i in range(count):
            row[i] = dy[i] + step * _SLOPES[stage] * later[i]
        _add_stages(row, k, _C[stage], stage, 1.0 / step)
        for i in range(count):
            row[i] /= inverse[i]
        _solve(matrix, row)
    for i in range(count):
        y_new[i] += k[5, i]


@numba.njit(cache=True)
def _error(y: Array, y_new: Array, difference: Array, rtol: float, atol: float) -> float:
    """Give the root mean square of the error over what is allowed; huge if it is no number."""
    total = 0.0
    for i in range(len(y)):
        scale = atol + rtol * max(abs(y[i]), abs(y_new[i]))
        total += (difference[i] / scale) ** 2
    error = sqrt(total / len(y))
    return error if np.isfinite(error) else 1e6


@numba.njit(cache=True)
def _time_slope(
    t: float, step: float, y: Array, f0: Array, later: Array, packed: tuple[Any, ...]
) -> None:
    """Fill ``later`` with the partial derivative of the rates to time."""
    inverse, wholes, reals, breaks, coefficients, starts, energies, clock = packed
    nudge = 1e-7 * step
    rates(
        t + nudge, y, later, inverse, wholes, reals, breaks, coefficients, starts, energies, clock
    )
    for i in range(len(y)):
        later[i] = (later[i] - f0[i]) / nudge


@numba.njit(cache=True)
def integrate(
    times: Array,
    start: Array,
    chained: int,
    changes: bool,
    rtol: float,
    atol: float,
    most: int,
    packed: tuple[Any, ...],
) -> tuple[Array, int, float, Whole]:
    """Integrate from ``times[0]`` through all times.

    Parameters
    ----------
    times
        Rising (k,); the first belongs to ``start``.
    start
        Values (n,).
    chained, changes
        How many nodes are chained; whether a law depends on time.
    rtol, atol
        Tolerances of one step.
    most
        Largest number of steps.
    packed
        ``Arrays.packed``.

    Returns
    -------
    :
        Values (k, n), NaN where not reached; how it ended; last time reached; steps accepted,
        steps rejected (2,).
    """
    inverse, wholes, reals, breaks, coefficients, starts, energies, clock = packed
    count, m = len(start), len(start) - chained
    values = np.full((len(times), count), np.nan)
    values[0] = start
    y, y_new, dy = start.copy(), np.empty(count), np.empty(count)
    later, f0, k = np.zeros(count), np.empty(count), np.zeros((6, count))
    flows, bands = np.empty((len(wholes), 2)), np.empty((3, chained))
    border, corner, sums = np.empty((2, m, chained)), np.empty((m, m)), np.empty(count)
    matrix = (bands, border, corner, sums)
    tally = np.zeros(2, dtype=np.int64)
    t = times[0]
    rates(t, y, f0, inverse, wholes, reals, breaks, coefficients, starts, energies, clock)
    h = _first_step(y, f0, rtol, atol, times[1] - t)
    target, ended = 1, TOO_MANY_STEPS
    longest = 6.0
    while tally[0] + tally[1] < most:
        hits = t + h * 1.0001 >= times[target]
        step = times[target] - t if hits else h
        slopes(t, y, flows, wholes, reals, breaks, coefficients, starts, energies, clock)
        _assemble(flows, wholes, inverse, 1.0 / (step * _GAMMA), matrix)
        _factorise(matrix)
        if changes:
            _time_slope(t, step, y, f0, later, packed)
        dy[:] = f0
        _stages(t, step, y, y_new, k, dy, later, matrix, packed)
        error = _error(y, y_new, k[5], rtol, atol)
        factor = min(longest, max(0.2, 0.9 * max(error, 1e-10) ** -0.25))
        if error > 1.0:
            tally[1] += 1
            longest, h = 1.0, step * factor
            if h < 1e-14 * abs(t) + 1e-300:
                ended = STEP_VANISHED
                break
            continue
        tally[0] += 1
        longest = 6.0
        t = times[target] if hits else t + step
        y[:] = y_new
        # a step cut short by a wanted time says little about the next one
        h = max(h, step * factor) if hits else step * factor
        if hits:
            values[target] = y
            target += 1
        if target == len(times):
            ended = ARRIVED
            break
        rates(t, y, f0, inverse, wholes, reals, breaks, coefficients, starts, energies, clock)
    return values, ended, t, tally


@numba.njit(cache=True)
def _first_step(y: Array, f: Array, rtol: float, atol: float, longest: float) -> float:
    """Choose a step in which no value moves by more than its tolerance."""
    speed = 0.0
    for i in range(len(y)):
        speed = max(speed, abs(f[i]) / (atol + rtol * abs(y[i])))
    if speed <= 0.0:
        return longest
    return min(longest, 1.0 / speed)

r"""Rodas4 for networks: one compiled loop, chains by tridiagonal elimination, cavities by a border.

A Rosenbrock method needs one Jacobian and one factorisation a step and no iteration; it is stiffly
stable (L-stable), of order four, with an error estimate of order three. The matrix
:math:`I/(h\gamma) - J` of chains that share a few nodes is a tridiagonal with a border; both parts
are eliminated in a time proportional to the number of nodes. A sum of amounts that the laws keep
is kept to round-off, because the Jacobian is exact and the elimination subtracts nothing.

Arrays are made outside of compiled code and copied in loops: an assignment to a slice would
compile its error messages too, for seconds.

References
----------
Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed., section IV.7, RODAS,
doi:10.1007/978-3-642-05221-7. Grassmann, Taksar and Heyman, Oper. Res. 33, 1107 (1985),
doi:10.1287/opre.33.5.1107.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

import numba
import numpy as np

from megabar.hydrogen.compilation import inner_kernel
from megabar.hydrogen.links import evaluate
from megabar.hydrogen.network import Arrays
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


@inner_kernel
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
    n, m = bands.shape[1], corner.shape[0]
    for i in range(n):
        bands[0, i] = bands[1, i] = bands[2, i] = 0.0
        for k in range(m):
            border[0, k, i] = border[1, k, i] = 0.0
    for k in range(m):
        for row in range(m):
            corner[row, k] = 0.0
    for i in range(len(sums)):
        sums[i] = shift / inverse[i]
    for e in range(len(wholes)):
        i, j = wholes[e, 1], wholes[e, 2]
        _enter(bands, border, corner, i, j, flows[e, 1])
        _enter(bands, border, corner, j, i, -flows[e, 0])


@inner_kernel
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


@inner_kernel
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


@inner_kernel
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


@inner_kernel
def _solve_corner(corner: Array, x: Array) -> None:
    m = len(x)
    for c in range(m):
        for row in range(c + 1, m):
            x[row] -= corner[row, c] * x[c]
    for c in range(m - 1, -1, -1):
        for k in range(c + 1, m):
            x[c] -= corner[c, k] * x[k]
        x[c] *= corner[c, c]


@inner_kernel
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


@inner_kernel
def _add_stages(out: Array, k: Array, weights: Array, stages: int, scale: float) -> None:
    for j in range(stages):
        weight = scale * weights[j]
        for i in range(len(out)):
            out[i] += weight * k[j, i]


@inner_kernel
def _copy(values: Array, into: Array) -> None:
    for i in range(len(values)):
        into[i] = values[i]


@inner_kernel
def _divide_difference(after: Array, before: Array, span: float, into: Array) -> None:
    for i in range(len(into)):
        into[i] = (after[i] - before[i]) / span


@inner_kernel
def _stages(
    t: float,
    step: float,
    changes: bool,
    vectors: Array,
    k: Array,
    scratch: Array,
    matrix: tuple[Array, Array, Array, Array],
    packed: tuple[Any, ...],
) -> None:
    """Fill the six increments ``k`` and the new values in ``vectors[1]``."""
    y, y_new, f0, dy, later = vectors[0], vectors[1], vectors[2], vectors[3], vectors[4]
    inverse, count = packed[0], len(y)
    # call -1 gives the partial derivative of the rates to time
    for stage in range(-1 if changes else 0, 6):
        at, nudge = t + _TIMES[max(stage, 0)] * step, 1e-7 * step
        _copy(y, y_new)
        if stage < 0:
            at = t + nudge
        else:
            _add_stages(y_new, k, _A[stage], stage, 1.0)
        if stage == 0:
            _copy(f0, dy)
        else:
            evaluate(at, y_new, dy, scratch, packed)
        if stage < 0:
            _divide_difference(dy, f0, nudge, later)
            continue
        row = k[stage]
        for i in range(count):
            row[i] = dy[i] + step * _SLOPES[stage] * later[i]
        _add_stages(row, k, _C[stage], stage, 1.0 / step)
        for i in range(count):
            row[i] /= inverse[i]
        _solve(matrix, row)
    for i in range(count):
        y_new[i] += k[5, i]


@inner_kernel
def _error(y: Array, y_new: Array, difference: Array, rtol: float, atol: float) -> float:
    """Give the root mean square of the error over what is allowed; huge if it is no number."""
    total = 0.0
    for i in range(len(y)):
        scale = atol + rtol * max(abs(y[i]), abs(y_new[i]))
        total += (difference[i] / scale) ** 2
    error = sqrt(total / len(y))
    return error if isfinite(error) else 1e6


@inner_kernel
def _first_step(y: Array, f: Array, rtol: float, atol: float, longest: float) -> float:
    """Choose a step in which no value moves by more than its tolerance."""
    speed = 0.0
    for i in range(len(y)):
        speed = max(speed, abs(f[i]) / (atol + rtol * abs(y[i])))
    if speed <= 0.0:
        return longest
    return min(longest, 1.0 / speed)


@numba.njit(cache=True, error_model="numpy")
def _march(
    times: Array,
    values: Array,
    changes: bool,
    tolerances: tuple[float, float],
    most: int,
    work: tuple[Array, Array, Array, Array],
    matrix: tuple[Array, Array, Array, Array],
    packed: tuple[Any, ...],
) -> tuple[int, float, int]:
    """Fill ``values`` from their first row on; give how it ended, the last time, the steps."""
    rtol, atol = tolerances
    vectors, k, slopes, scratch = work
    y, y_new, f0 = vectors[0], vectors[1], vectors[2]
    _copy(values[0], y)
    t, h, longest = times[0], 0.0, 6.0
    target, accepted, fresh = 1, 0, True
    for _ in range(most):
        if fresh:
            evaluate(t, y, f0, slopes, packed)
            fresh = False
        if h == 0.0:
            h = _first_step(y, f0, rtol, atol, times[1] - t)
        hits = t + h * 1.0001 >= times[target]
        step = times[target] - t if hits else h
        _assemble(slopes, packed[1], packed[0], 1.0 / (step * _GAMMA), matrix)
        _factorise(matrix)
        _stages(t, step, changes, vectors, k, scratch, matrix, packed)
        error = _error(y, y_new, k[5], rtol, atol)
        factor = min(longest, max(0.2, 0.9 * max(error, 1e-10) ** -0.25))
        if error > 1.0:
            longest, h = 1.0, step * factor
            if h < 1e-14 * abs(t) + 1e-300:
                return STEP_VANISHED, t, accepted
            continue
        accepted += 1
        longest, fresh = 6.0, True
        t = times[target] if hits else t + step
        _copy(y_new, y)
        # a step cut short by a wanted time says little about the next one
        h = max(h, step * factor) if hits else step * factor
        if hits:
            _copy(y, values[target])
            target += 1
            if target == len(times):
                return ARRIVED, t, accepted
    return TOO_MANY_STEPS, t, accepted


def integrate(
    arrays: Arrays, *, times: Array, rtol: float, atol: float, most: int
) -> tuple[Array, int, float, int]:
    """Integrate a network of chains from ``times[0]`` through all times.

    Parameters
    ----------
    arrays
        The network; its start belongs to the first time.
    times
        Rising (k,).
    rtol, atol
        Tolerances of one step.
    most
        Largest number of steps, accepted or rejected.

    Returns
    -------
    :
        Values (k, n), NaN where not reached; how it ended; last time reached; steps accepted.
    """
    count, n = len(arrays.start), arrays.chained
    m, links = count - n, len(arrays.wholes)
    values = np.full((len(times), count), np.nan)
    values[0] = arrays.start
    work = np.zeros((5, count)), np.zeros((6, count)), np.empty((links, 2)), np.empty((links, 2))
    matrix = np.empty((3, n)), np.empty((2, m, n)), np.empty((m, m)), np.empty(count)
    ended, last, steps = _march(
        np.ascontiguousarray(times, dtype=np.float64),
        values,
        arrays.changes,
        (rtol, atol),
        most,
        work,
        matrix,
        arrays.packed,
    )
    return values, int(ended), float(last), int(steps)

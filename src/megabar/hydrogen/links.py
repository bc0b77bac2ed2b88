"""Laws of the links between nodes: what flows from one to the other, and its slopes.

Which law a link has is a number in its row (:data:`FLOW` ...); its constants stand in a row of
reals; functions of content, of the far end or of time are packed tables (``hydrogen.tables``).
"""

from __future__ import annotations

from math import exp
from typing import Any, Final, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from megabar.hydrogen import surfaces
from megabar.hydrogen.compilation import inner_kernel
from megabar.hydrogen.tables import Array, Whole, value_and_slope

Tables: TypeAlias = tuple[Array, Array, Whole]

FLOW: Final = 0
SURFACE: Final = 1
SIEVERTS: Final = 2
SUBSURFACE: Final = 3
DESORPTION: Final = 4
FRONT: Final = 5
CONSTANT: Final = 6
PARTITION: Final = 7

_GAS_CONSTANT: Final = 8.31446261815324


@inner_kernel
def _argument(
    row: NDArray[np.int64],
    tables: Tables,
    far: float,
    t: float,
) -> tuple[float, float]:
    """Give what the reservoir says to a surface (drive of the time + activity), and its slope."""
    s, slope = 0.0, 0.0
    if row[6] >= 0:
        s, slope = value_and_slope(tables, row[6], far)
    elif row[7] < 0:
        s, slope = far, 1.0
    if row[7] >= 0:
        s += value_and_slope(tables, row[7], t)[0]
    return s, slope


@inner_kernel
def _at_equilibrium(
    row: NDArray[np.int64],
    tables: Tables,
    far: float,
    t: float,
    power: float,
) -> tuple[float, float]:
    """Give the equilibrium term of a surface and its slope to the value of the far end."""
    if row[5] < 0:
        return 0.0, 0.0
    s, slope = _argument(row, tables, far, t)
    q, dq = value_and_slope(tables, row[5], s)
    if power == 2.0:
        return q * q, 2.0 * q * dq * slope
    return q, dq * slope


@inner_kernel
def _through_potential(
    row: NDArray[np.int64],
    tables: Tables,
    content: float,
    conductance: float,
    rate: float,
    order: float,
    q: float,
) -> tuple[float, float, float]:
    """Give the flux of a surface behind half a cell of changing diffusivity (Newton, bracketed)."""
    top, slope_in = value_and_slope(tables, row[3], content)
    level = q if order == 1.0 else np.sqrt(max(q, 0.0))
    low, high = min(content, level), max(content, level)
    x, slope, d_out = content, slope_in, 0.0
    for _ in range(80):
        inside, slope = value_and_slope(tables, row[3], x)
        out, d_out = surfaces.exchange(x, rate, q, order)
        residual = conductance * (top - inside) - out
        if residual > 0.0:
            low = x
        else:
            high = x
        fall = conductance * slope + d_out
        new = x + residual / fall if fall > 0.0 else low - 1.0
        if not (low <= new <= high):
            new = 0.5 * (low + high)
        moved = abs(new - x)
        x = new
        if moved <= 1e-15 * abs(x):
            break
    flux, d_out = surfaces.exchange(x, rate, q, order)
    slope = value_and_slope(tables, row[3], x)[1]
    whole = conductance * slope + d_out
    if whole <= 0.0:
        return flux, 0.0, 0.0
    return flux, conductance * slope_in * d_out / whole, -rate * conductance * slope / whole


@inner_kernel
def law(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    tables: Tables,
    energies: Array,
    temperature: float,
    near: float,
    far: float,
    t: float,
) -> tuple[float, float, float]:
    """Give the flow [amount/time] of a link and its slopes to the values of its two ends.

    The constants: FLOW (A, B): A phi(near) - B phi(far). SURFACE (area, conductance, rate, order,
    power of the equilibrium). SIEVERTS (area, conductance near, conductance far, K). SUBSURFACE
    (area, conductance, into bulk, into layer, sites). DESORPTION (area, leaving, sticking).
    FRONT (area, speed, core, shell, power). CONSTANT (rate, amount below which it fades).
    PARTITION (factor, conductance near, conductance far), values are activities.
    """
    first, second = 1.0, 1.0
    if temperature > 0.0:
        first = exp(-energies[row[8] // 1000] / (_GAS_CONSTANT * temperature))
        second = exp(-energies[row[8] % 1000] / (_GAS_CONSTANT * temperature))
    kind = row[0]
    if kind == FLOW:
        return _flow(row, p, tables, first, near, far)
    if kind == SURFACE:
        return _surface(row, p, tables, first, second, near, far, t)
    if kind == SIEVERTS:
        flux, to_near, to_far = surfaces.sieverts_step(near, far, first * p[1], second * p[2], p[3])
    elif kind == SUBSURFACE:
        flux, to_near, to_far = surfaces.subsurface(
            near, far, first * p[1], second * p[2], second * p[3], p[4]
        )
    elif kind == PARTITION:
        flux, to_near, to_far = surfaces.partition(near, far, first * p[1], second * p[2])
    elif kind == CONSTANT:
        flux, to_near, to_far = surfaces.until_used_up(near, p[1])
    else:
        return _with_reservoir(row, p, tables, first, second, near, far, t)
    return p[0] * flux, p[0] * to_near, p[0] * to_far


@inner_kernel
def _flow(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    tables: Tables,
    scale: float,
    near: float,
    far: float,
) -> tuple[float, float, float]:
    u, du, v, dv = near, 1.0, far, 1.0
    if row[3] >= 0:
        u, du = value_and_slope(tables, row[3], near)
    if row[4] >= 0:
        v, dv = value_and_slope(tables, row[4], far)
    return scale * (p[0] * u - p[1] * v), scale * p[0] * du, -scale * p[1] * dv


@inner_kernel
def _surface(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    tables: Tables,
    first: float,
    second: float,
    near: float,
    far: float,
    t: float,
) -> tuple[float, float, float]:
    q, dq = _at_equilibrium(row, tables, far, t, p[4])
    a, k = first * p[1], second * p[2]
    if row[3] >= 0 and a > 0.0:
        flux, to_near, to_q = _through_potential(row, tables, near, a, k, p[3], q)
    elif p[3] == 1.0:
        flux, to_near, to_q = surfaces.first_order(near, a, k, q)
    else:
        flux, to_near, to_q = surfaces.second_order(near, a, k, q)
    return p[0] * flux, p[0] * to_near, p[0] * to_q * dq


@inner_kernel
def _with_reservoir(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    tables: Tables,
    first: float,
    second: float,
    near: float,
    far: float,
    t: float,
) -> tuple[float, float, float]:
    """Give the flow of a desorbing layer or of a moving interface."""
    if row[0] == DESORPTION:
        pressure, slope = _argument(row, tables, far, t)
        flux, to_near, to_far = surfaces.desorption(near, pressure, first * p[1], second * p[2])
        return p[0] * flux, p[0] * to_near, p[0] * to_far * slope
    q, dq = _at_equilibrium(row, tables, far, t, 1.0)
    flux, to_near = surfaces.front(near, p[2], p[3], p[4])
    whole = second * p[0] * p[1]
    return whole * flux * (1.0 - q), whole * to_near * (1.0 - q), -whole * flux * dq


@numba.njit(cache=True, error_model="numpy")
def evaluate(t: float, y: Array, out: Array, slopes: Array, packed: tuple[Any, ...]) -> None:
    """Fill ``out`` with dy/dt (n,) and ``slopes`` (links, 2) with those of every flow to its ends.

    ``packed`` is ``Arrays.packed``. Both come from one pass, because a flow and its slopes share
    all that is dear: looking up functions and eliminating surface values.
    """
    inverse, wholes, reals, tables, energies, clock = packed
    for i in range(len(y)):
        out[i] = 0.0
    kelvin = 0.0
    if clock >= 0:
        kelvin = value_and_slope(tables, clock, t)[0]
    for e in range(len(wholes)):
        i, j = wholes[e, 1], wholes[e, 2]
        if wholes[e, 0] == FLOW and wholes[e, 3] < 0 and wholes[e, 4] < 0 and clock < 0:
            to_near, to_far = reals[e, 0], -reals[e, 1]
            flow = to_near * y[i] + to_far * y[j]
        else:
            flow, to_near, to_far = law(
                wholes[e], reals[e], tables, energies, kelvin, y[i], y[j], t
            )
        slopes[e, 0], slopes[e, 1] = to_near, to_far
        out[i] -= flow
        out[j] += flow
    for i in range(len(y)):
        out[i] *= inverse[i]

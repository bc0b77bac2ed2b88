"""Compiled loops of the verdict: what witnesses should be, and their likelihood."""

from __future__ import annotations

from math import exp, inf, log, nan
from typing import TYPE_CHECKING, Final

import numba

from megabar.inference import artefacts
from megabar.inference.loss_kernels import (
    DRIVE,
    DRIVE_CELL,
    END,
    INITIAL,
    ONE,
    SHARE,
    SHIFT_SLOPE,
    SIZE,
    TC_SLOPE,
    Numbers,
    course,
    of_median,
    optional,
)  # fmt: skip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

# Witnesses, by what they are compared with.
SHIFT: Final = 0
WIDTH: Final = 1
T1: Final = 2
H_WIDTH: Final = 3
TOTAL: Final = 4
H2: Final = 5
TC: Final = 6
METAL_T2: Final = 7

_FWHM: Final = 2.0 * (2.0 * log(2.0)) ** 0.5
_SWITCH: Final = 0.1  # of the difference of the shares of hydride and product
_H: Final = 0.02


@numba.njit(cache=True, error_model="numpy")
def _drifting(v: Array, slots: Whole, cell: int, days: float) -> float:
    """Logarithm of a T1 or width whose drift is the artefact."""
    initial: float = v[slots[ONE] + cell]
    return log(initial) + _driven(v, slots, cell, days)


@numba.njit(cache=True, error_model="numpy")
def _driven(v: Array, slots: Whole, cell: int, days: float) -> float:
    """Change that drives an artefact, since day 0."""
    drive: float = v[slots[DRIVE]]
    if slots[DRIVE_CELL] >= 0:
        drive += v[slots[DRIVE_CELL] + cell]
    return drive * days / artefacts.DAYS_OF_DRIFT


@numba.njit(cache=True, error_model="numpy")
def log_t2_change(echo: float, drift: float) -> float:
    """Change of ln T2 with an echo factor exp(-2 tau/T2) whose logit has moved by `drift`.

    ln eta is -2 tau/T2 now and on day 0, so that tau falls out of the ratio.
    """
    return log(log(echo) / (log(echo) - log(echo + (1.0 - echo) * exp(-drift))))


@numba.njit(cache=True, error_model="numpy")
def _centre(slope: float, gone: float, whole: float, two_lines: int) -> float:
    """Shift of the metal's line [ppm] against that of day 0.

    Grains that stay uniform move their line with their content. Where hydride and product stand
    side by side there are two lines, and who fits a single one follows the stronger: its centre
    stays, and goes over to the product about the day when half has reacted.
    """
    if two_lines:
        return -slope * whole / (1.0 + exp(-(2.0 * gone / whole - 1.0) / _SWITCH))
    return -slope * gone


@numba.njit(cache=True, error_model="numpy")
def spread_fwhm(steepness: float, log_spread: float, whole: float) -> float:
    """FWHM of a spread of ln k; `steepness` is d alpha/d ln tau, `whole` the way of the line."""
    return float(_FWHM * abs(log_spread * steepness * whole))


@numba.njit(cache=True, error_model="numpy")
def _steepness(code: int, log_tau: float, shape: float, share: float, table: Array) -> float:
    """Slope of the loss of the median grain against ln tau."""
    later = of_median(code, log_tau + _H, shape, share, table)
    return (later - of_median(code, log_tau - _H, shape, share, table)) / (2.0 * _H)


@numba.njit(cache=True, error_model="numpy")
def _fill_widths(v: Array, numbers: Numbers, begin: int, end: int, out: Array) -> None:
    """Write the squared widths [kHz^2] that a spread of grains adds to the metal's line."""
    slots, cells, points, log_days = (
        numbers.slots, numbers.w_cell, numbers.w_point, numbers.log_days,
    )  # fmt: skip
    out[begin:end] = 0.0
    if numbers.two_lines or slots[SIZE] < 0:
        return
    code, table, cell = numbers.mechanism, numbers.table, -1
    unit = v[slots[SHIFT_SLOPE]] * numbers.metal_frequency * 1e-3
    log_spread = v[slots[SIZE]] * numbers.size_exponent
    whole, shape, share, start = 0.0, 0.0, 0.0, 0.0
    for n in range(begin, end):
        if cells[n] != cell:
            cell = cells[n]
            shape, share, _, start = course(v, slots, code, numbers.log_half, cell)
            whole = unit * (v[slots[INITIAL] + cell] - v[slots[END]])
        at = log_days[points[n]]
        if at > -inf:
            out[n] = (
                spread_fwhm(_steepness(code, at + start, shape, share, table), log_spread, whole)
                ** 2
            )


@numba.njit(cache=True, error_model="numpy")
def _predicted(
    code: int, gone: float, whole: float, of_hydrogen: float, content: float, factor: float,
    flags: tuple[int, int],
) -> float:  # fmt: skip
    """Give what a witness of the content should be; `flags` are two_lines and sink."""
    if code == TOTAL:
        return content * of_hydrogen + (0.0 if flags[1] else gone)
    if code == H2:
        return 0.0 if flags[1] else factor * gone
    if code == TC:
        return -factor * gone
    return _centre(factor, gone, whole, flags[0])


@numba.njit(cache=True, error_model="numpy")
def _fill_by_content(
    v: Array, numbers: Numbers, code: int, block: int, x: Array, of_hydrogen: Array, out: Array
) -> None:
    slots, cells, points = numbers.slots, numbers.w_cell, numbers.w_point
    slot = slots[SHIFT_SLOPE] if code == SHIFT else slots[SHARE] if code == H2 else slots[TC_SLOPE]
    factor, end = optional(v, slot, 0.0), optional(v, slots[END], nan)
    flags = (numbers.two_lines, numbers.sink)
    for n in range(numbers.block_starts[block], numbers.block_starts[block + 1]):
        place, initial = points[n], v[slots[INITIAL] + cells[n]]
        out[n] = _predicted(
            code, initial - x[place], initial - end, of_hydrogen[place], x[place], factor, flags
        )


@numba.njit(cache=True, error_model="numpy")
def fill_predictions(v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, out: Array) -> None:
    """Write what all witnesses should be, apart from their own levels and drifts."""
    for block in range(numbers.blocks.size):
        code = numbers.blocks[block]
        begin, end = numbers.block_starts[block], numbers.block_starts[block + 1]
        if code == WIDTH:
            _fill_widths(v, numbers, begin, end, out)
        elif code in (T1, H_WIDTH, METAL_T2):
            for n in range(begin, end):
                days, cell = numbers.days[numbers.w_point[n]], numbers.w_cell[n]
                if code == METAL_T2:
                    drift = _driven(v, numbers.slots, cell, days)
                    out[n] = log_t2_change(v[numbers.slots[ONE] + cell], drift)
                else:
                    out[n] = _drifting(v, numbers.slots, cell, days)
        else:
            _fill_by_content(v, numbers, code, block, x, of_hydrogen, out)


@numba.njit(cache=True, error_model="numpy")
def _along(rows: Array, at: int, miss: Array, begin: int, end: int) -> float:
    total = 0.0
    for n in range(begin, end):
        total += rows[at + n - begin] * miss[n]
    return total


@numba.njit(cache=True, error_model="numpy")
def witness_likelihood(
    v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, miss: Array
) -> float:
    """Likelihood of all witnesses, their levels and drifts integrated; without the constant."""
    fill_predictions(v, numbers, x, of_hydrogen, miss)
    values, inverse, rows = numbers.w_value, numbers.w_inverse, numbers.rows
    total = 0.0
    for n in range(miss.size):
        miss[n] = (values[n] - miss[n]) * inverse[n]
        total -= 0.5 * miss[n] * miss[n]
    for block in range(numbers.blocks.size):
        begin, end = numbers.block_starts[block], numbers.block_starts[block + 1]
        for k in range(numbers.ranks[block]):
            at = numbers.row_starts[block] + k * (end - begin)
            total += 0.5 * _along(rows, at, miss, begin, end) ** 2
    return total

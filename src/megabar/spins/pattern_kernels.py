"""Loops that add the lines of a quadrupolar powder to bins.

Bins have a margin, one below and two above the axis, so that the four bins of a line always exist;
``powder_patterns`` brings the margin in from the other end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MARGIN: Final = 3
"""Bins beside the axis."""

_BLOCK: Final = 256

NEAR_ZERO: Final = 1e5
"""Couplings [Hz] below which the table of responses is densest."""


@numba.njit(inline="always", cache=True)
def _tensor_numbers(squared: float, twice: float, asymmetry: float) -> tuple[float, float, float]:
    """Give v, |V1|^2 and |V2|^2 of one direction."""
    sine = 1 - squared
    v = (3 * squared - 1 + asymmetry * sine * twice) / 2
    along = (1 - asymmetry) ** 2 * (1 + twice) + (1 + asymmetry) ** 2 * (1 - twice)
    one = sine * along / 8 + squared - v * v
    return v, one, 3 + asymmetry**2 - 3 * v * v - 4 * one


@numba.njit(inline="always", cache=True)
def _tensor_slopes(
    squared: float, twice: float, asymmetry: float, v: float
) -> tuple[float, float, float]:
    """Give their derivatives with respect to the asymmetry."""
    sine = 1 - squared
    slope = sine * twice / 2
    one = sine * (asymmetry - twice) / 2 - 2 * v * slope
    return slope, one, 2 * asymmetry - 6 * v * slope - 4 * one


@numba.njit(inline="always", cache=True)
def _bin_of(place: float, fold: bool, count: int) -> int:
    """Give the second of the four bins of a line, which is the first one with a margin; or -1."""
    low = int(np.floor(place))
    if 1 <= low < count - 2:
        return low
    return low % count if fold else -1


@numba.njit(inline="always", cache=True)
def _shares(x: float) -> tuple[float, float, float, float]:
    """Give the shares of four bins at -1, 0, 1, 2 of a line at x: a cubic B-spline."""
    left = 1 - x
    square, cube = x * x, x * x * x
    return (
        left * left * left / 6,
        (3 * cube - 6 * square + 4) / 6,
        (3 * (square - cube + x) + 1) / 6,
        cube / 6,
    )


@numba.njit(cache=True, error_model="numpy")
def collect(
    squared: Array,
    azimuth: Array,
    asymmetry: float,
    first: Array,
    by_one: Array,
    by_two: Array,
    weights: Array,
    start: float,
    per_step: float,
    fold: bool,
    powers: Array,
) -> float:
    """Add every line to its bin as powers 0 to 3 of its place in it; give the weight outside.

    Four numbers side by side are added at once, where the four bins of a spline are not;
    :func:`splines` makes bins of them in the end. Directions are taken block by block: places are
    computed in a loop without branches.
    """
    lost, count, lines = 0.0, len(powers) - MARGIN, len(first)
    place = np.empty((lines, _BLOCK))
    for begin in range(0, len(squared), _BLOCK):
        size = min(_BLOCK, len(squared) - begin)
        for n in range(size):
            v, one, two = _tensor_numbers(squared[begin + n], azimuth[begin + n], asymmetry)
            for k in range(lines):
                line = first[k] * v + by_one[k] * one + by_two[k] * two
                place[k, n] = (line - start) * per_step
        for k in range(lines):
            lost += _add_powers(place[k, :size], weights[k], fold, count, powers)
    return lost


@numba.njit(cache=True, error_model="numpy")
def _add_powers(place: Array, weight: float, fold: bool, count: int, powers: Array) -> float:
    lost, last = 0.0, float(count - 2)
    for at in place:
        if 1.0 <= at < last:
            low = int(at)
            x = at - low
        elif fold:
            down = np.floor(at)
            x = at - down
            low = int(down) % count
        else:
            lost += weight
            continue
        power = weight * x
        powers[low, 0] += weight
        powers[low, 1] += power
        power *= x
        powers[low, 2] += power
        powers[low, 3] += power * x
    return lost


@numba.njit(cache=True)
def splines(powers: Array, bins: Array) -> None:
    """Spread what :func:`collect` has added over the four bins of cubic B-splines."""
    for low in range(len(powers) - MARGIN):
        zero, one, two, three = powers[low]
        bins[low] += (zero - 3 * one + 3 * two - three) / 6
        bins[low + 1] += (4 * zero - 6 * two + 3 * three) / 6
        bins[low + 2] += (zero + 3 * one + 3 * two - 3 * three) / 6
        bins[low + 3] += three / 6


@numba.njit(cache=True)
def collect_moving(
    squared: Array,
    azimuth: Array,
    asymmetry: float,
    first: Array,
    by_one: Array,
    by_two: Array,
    coupling: float,
    weights: Array,
    start: float,
    per_step: float,
    fold: bool,
    bins: Array,
) -> float:
    """Add every line, and its slopes with C_Q and eta, to its bins."""
    lost, count = 0.0, bins.shape[1] - MARGIN
    for n in range(len(squared)):
        v, one, two = _tensor_numbers(squared[n], azimuth[n], asymmetry)
        v_slope, one_slope, two_slope = _tensor_slopes(squared[n], azimuth[n], asymmetry, v)
        for k in range(len(first)):
            second = by_one[k] * one + by_two[k] * two
            line = first[k] * v + second
            place = (line - start) * per_step
            low = _bin_of(place, fold, count)
            if low < 0:
                lost += weights[k]
                continue
            moved = (line + second) / coupling
            turned = first[k] * v_slope + by_one[k] * one_slope + by_two[k] * two_slope
            for offset, share in enumerate(_shares(place - np.floor(place))):
                which = low + offset
                bins[0, which] += weights[k] * share
                bins[1, which] += weights[k] * share * moved
                bins[2, which] += weights[k] * share * turned
    return lost


@numba.njit(cache=True)
def collect_responses(
    squared: Array,
    azimuth: Array,
    asymmetry: float,
    first: Array,
    by_one: Array,
    by_two: Array,
    coupling: float,
    unit: float,
    table_start: float,
    table_per_step: float,
    table: NDArray[np.complex128],
    start: float,
    per_step: float,
    fold: bool,
    bins: NDArray[np.complex128],
) -> complex:
    """Add every line with what the pulse makes of it, and all slopes, to its bins."""
    lost, count = 0.0j, bins.shape[1] - MARGIN
    nodes = len(table)
    for n in range(len(squared)):
        v, one, two = _tensor_numbers(squared[n], azimuth[n], asymmetry)
        v_slope, one_slope, two_slope = _tensor_slopes(squared[n], azimuth[n], asymmetry, v)
        f = unit * v / NEAR_ZERO
        place = (np.arcsinh(f) - table_start) * table_per_step
        node = min(max(int(np.floor(place)), 1), nodes - 3)
        x = place - node
        steep = table_per_step / (np.sqrt(1 + f * f) * NEAR_ZERO)  # of the place with f
        for k in range(len(first)):
            second = by_one[k] * one + by_two[k] * two
            line = first[k] * v + second
            a, b, c, d = table[node - 1, k], table[node, k], table[node + 1, k], table[node + 2, k]
            # cubic through four nodes at -1, 0, 1, 2
            cubic = (d - 3 * c + 3 * b - a) / 6
            square = (a - 2 * b + c) / 2
            linear = c - b - square - cubic
            weight = b + x * (linear + x * (square + x * cubic))
            slope = (linear + x * (2 * square + 3 * x * cubic)) * steep
            where = (line - start) * per_step
            low = _bin_of(where, fold, count)
            if low < 0:
                lost += weight
                continue
            moved = weight * (line + second) / coupling
            turned = weight * (first[k] * v_slope + by_one[k] * one_slope + by_two[k] * two_slope)
            grown = slope * unit * v / coupling
            swung = slope * unit * v_slope
            for offset, share in enumerate(_shares(where - np.floor(where))):
                which = low + offset
                bins[0, which] += weight * share
                bins[1, which] += moved * share
                bins[2, which] += turned * share
                bins[3, which] += grown * share
                bins[4, which] += swung * share
    return lost

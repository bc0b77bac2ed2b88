r"""Functions given as pieces of cubics: potentials, isotherms, histories.

One form holds them all: on the segment that begins at :math:`x_k` the value is
:math:`a_k + b_k u + c_k u^2 + d_k u^3` with :math:`u = x - x_k`. A plateau is a segment of slope
zero, a history of pressure is piecewise linear, an integrated diffusivity piecewise quadratic.
Outside of its breaks a function goes on as the straight line that leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pieces:
    """A function of one variable in pieces of cubics.

    Parameters
    ----------
    breaks
        Ends of the segments (n + 1,), rising.
    coefficients
        Of the powers 0, 1, 2, 3 of the distance from the beginning of each segment (n, 4).
    """

    breaks: Array
    coefficients: Array

    def __call__(self, x: ArrayLike) -> Array:
        """Give the value at each ``x``."""
        packed = pack([self])
        points = np.asarray(x, dtype=np.float64)
        values = [value_and_slope(packed, 0, point)[0] for point in points.ravel()]
        return np.array(values, dtype=np.float64).reshape(points.shape)


def linear_pieces(*, x: ArrayLike, values: ArrayLike) -> Pieces:
    """Join points by straight lines.

    Parameters
    ----------
    x
        Places (n,), rising; n at least 2.
    values
        Values there (n,).

    Returns
    -------
    :
        The function.

    Raises
    ------
    ValueError
        If the places do not rise, or are fewer than two.

    Examples
    --------
    >>> float(linear_pieces(x=[0.0, 2.0], values=[1.0, 5.0])(0.5))
    2.0
    """
    places, heights = _rising(x), np.asarray(values, dtype=np.float64)
    coefficients = np.zeros((len(places) - 1, 4))
    coefficients[:, 0] = heights[:-1]
    coefficients[:, 1] = np.diff(heights) / np.diff(places)
    return Pieces(breaks=places, coefficients=coefficients)


def integrated_steps(*, x: ArrayLike, left: ArrayLike, right: ArrayLike) -> Pieces:
    r"""Integrate a function that is linear on each segment and may jump between segments.

    .. math:: \Phi(x) = \int_{x_0}^{x} D(x') \mathrm{d}x'

    Parameters
    ----------
    x
        Ends of the segments (n + 1,), rising.
    left, right
        The integrand at the beginning and at the end of each segment (n,).

    Returns
    -------
    :
        The integral, zero at ``x[0]``, exact.

    Raises
    ------
    ValueError
        If the places do not rise, or are fewer than two.

    Examples
    --------
    >>> float(integrated_steps(x=[0.0, 1.0, 2.0], left=[1.0, 3.0], right=[1.0, 5.0])(2.0))
    5.0
    """
    places = _rising(x)
    first, last = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    width = np.diff(places)
    coefficients = np.zeros((len(width), 4))
    coefficients[1:, 0] = np.cumsum(0.5 * (first + last) * width)[:-1]
    coefficients[:, 1] = first
    coefficients[:, 2] = 0.5 * (last - first) / width
    return Pieces(breaks=places, coefficients=coefficients)


def cubic_pieces(*, function: Callable[[Array], ArrayLike], x: ArrayLike) -> Pieces:
    """Tabulate a smooth function by a cubic spline through its values.

    Parameters
    ----------
    function
        Takes places (n,), gives values (n,).
    x
        Places (n,), rising; n at least 4.

    Returns
    -------
    :
        The function in pieces.

    Raises
    ------
    ValueError
        If the places do not rise.

    Examples
    --------
    >>> import numpy as np
    >>> f = cubic_pieces(function=np.exp, x=np.linspace(0, 1, 101))
    >>> bool(abs(float(f(0.505)) - np.exp(0.505)) < 1e-10)
    True
    """
    from scipy.interpolate import CubicSpline

    places = _rising(x)
    spline = CubicSpline(places, np.asarray(function(places), dtype=np.float64))
    return Pieces(breaks=places, coefficients=np.ascontiguousarray(spline.c[::-1].T))


def _rising(x: ArrayLike) -> Array:
    places = np.array(x, dtype=np.float64)
    if places.ndim != 1 or len(places) < 2 or not np.all(np.diff(places) > 0):
        msg = (
            f"Found places {places!r}; a function in pieces needs two or more that rise. Sort them."
        )
        raise ValueError(msg)
    return places


def pack(functions: Sequence[Pieces]) -> tuple[Array, Array, Whole]:
    """Put many functions into three arrays for compiled code.

    Parameters
    ----------
    functions
        The functions; their number in the sequence is their name in ``value_and_slope``.

    Returns
    -------
    :
        Breaks of all (N,); coefficients (N, 4), the last row of each function unused; where each
        function begins and the last one ends (n + 1,).
    """
    if not functions:
        return np.zeros(1), np.zeros((1, 4)), np.zeros(1, dtype=np.int64)
    lengths = [len(function.breaks) for function in functions]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    breaks, coefficients = np.zeros(starts[-1]), np.zeros((starts[-1], 4))
    for start, function in zip(starts, functions, strict=False):
        stop = start + len(function.breaks)
        breaks[start:stop] = function.breaks
        coefficients[start : stop - 1] = function.coefficients
    return breaks, coefficients, starts


@numba.njit(cache=True, error_model="numpy")
def value_and_slope(
    packed: tuple[Array, Array, Whole], which: int, x: float
) -> tuple[float, float]:
    """Give a packed function and its derivative at one place; outside, the straight line on."""
    breaks, coefficients, starts = packed
    low, high = starts[which], starts[which + 1] - 1
    if x < breaks[low]:
        slope = coefficients[low, 1]
        return coefficients[low, 0] + slope * (x - breaks[low]), slope
    first, last = low, high
    while last - first > 1:
        middle = (first + last) // 2
        if x < breaks[middle]:
            last = middle
        else:
            first = middle
    a, b = coefficients[first, 0], coefficients[first, 1]
    c, d = coefficients[first, 2], coefficients[first, 3]
    beyond = max(x - breaks[high], 0.0)
    u = x - breaks[first] - beyond
    slope = b + u * (2.0 * c + 3.0 * u * d)
    return a + u * (b + u * (c + u * d)) + slope * beyond, slope

r"""Signals of many sharp lines: the sum of their oscillations at given times.

.. math:: s(t) = \sum_j a_j \, e^{2 \pi i \nu_j t}

Evenly spaced times need no exponential for each line and time: every line is spread over a few
points of a frequency axis as a Gaussian, one Fourier transform gives all times, and a division
takes the Gaussian out again. The relative error is below 1e-12.

References
----------
Greengard, Lee, SIAM Review 46, 443 (2004), doi:10.1137/S003614450343200X.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_REACH: Final = 14  # points of the axis on each side of a line
_EVEN: Final = 1e-9  # of the spacing, by which evenly spaced times may be off


def signal_from_lines(
    *, frequencies: ArrayLike, amplitudes: ArrayLike, times: ArrayLike
) -> NDArray[np.complex128]:
    r"""Sum the oscillations of lines.

    .. math:: s(t) = \sum_j a_j \, e^{2 \pi i \nu_j t}

    Lines beyond half of the sampling rate fold, as they do in a receiver.

    Parameters
    ----------
    frequencies
        :math:`\nu_j` [Hz], any shape.
    amplitudes
        :math:`a_j`, real or complex, same shape.
    times
        t [s], (time,); evenly spaced ones are faster.

    Returns
    -------
    :
        Signal, (time,), unit of the amplitudes.

    Raises
    ------
    ValueError
        If frequencies and amplitudes differ in number.

    References
    ----------
    Greengard, Lee, SIAM Review 46, 443 (2004), doi:10.1137/S003614450343200X.

    Examples
    --------
    >>> found = signal_from_lines(
    ...     frequencies=[1e3, -1e3], amplitudes=[0.5, 0.5], times=[0.0, 0.25e-3, 0.5e-3])
    >>> (found.real.round(9) + 0.0).tolist()
    [1.0, 0.0, -1.0]
    """
    lines = np.ascontiguousarray(frequencies, dtype=np.float64).ravel()
    heights = np.ascontiguousarray(amplitudes, dtype=np.complex128).ravel()
    when = np.ascontiguousarray(times, dtype=np.float64)
    if len(lines) != len(heights):
        msg = (
            f"Found {len(lines)} frequencies and {len(heights)} amplitudes of lines; "
            "give one amplitude for each frequency."
        )
        raise ValueError(msg)
    if len(when) < 2 or not _evenly_spaced(when):
        signal = np.empty(len(when), dtype=np.complex128)
        _add_one_by_one(lines, heights, when, signal)
        return signal
    dwell = (when[-1] - when[0]) / (len(when) - 1)
    middle = len(when) // 2
    axis = np.zeros(2 ** int(np.ceil(np.log2(2 * max(len(when), _REACH)))), dtype=np.complex128)
    width = np.pi * (1 - 0.5 * len(when) / len(axis)) / _REACH
    _spread(lines, heights, dwell, when[0] + middle * dwell, width, axis)
    order = np.arange(len(when)) - middle
    spread = np.sqrt(width / np.pi) * np.exp(order**2 * (np.pi / len(axis)) ** 2 / width)
    return np.asarray(np.fft.ifft(axis, norm="forward")[order] * spread, dtype=np.complex128)


def _evenly_spaced(times: Array) -> bool:
    even = np.linspace(times[0], times[-1], len(times))
    return bool(np.abs(times - even).max() * (len(times) - 1) <= _EVEN * abs(times[-1] - times[0]))


@numba.njit(cache=True)
def _add_one_by_one(
    frequencies: Array,
    amplitudes: NDArray[np.complex128],
    times: Array,
    signal: NDArray[np.complex128],
) -> None:
    for k in range(len(times)):
        whole = 0.0j
        for j in range(len(frequencies)):
            angle = 2 * np.pi * frequencies[j] * times[k]
            whole += amplitudes[j] * complex(np.cos(angle), np.sin(angle))
        signal[k] = whole


@numba.njit(cache=True)
def _spread(
    frequencies: Array,
    amplitudes: NDArray[np.complex128],
    dwell: float,
    middle: float,
    width: float,
    axis: NDArray[np.complex128],
) -> None:
    """Add every line as exp(-width u^2), u counted in points, turned to the middle of the times."""
    points = len(axis)
    # the axis continues on both sides, as two parts, so that the inner loop runs without folding
    real, imaginary = np.zeros(points + 2 * _REACH), np.zeros(points + 2 * _REACH)
    fixed = np.exp(-width * np.arange(-_REACH + 1, _REACH + 1) ** 2)
    powers = np.empty(2 * _REACH)
    for j in range(len(frequencies)):
        angle = 2 * np.pi * frequencies[j] * middle
        turns = frequencies[j] * dwell
        place = (turns - np.floor(turns)) * points
        first = int(place)
        off = place - first
        height = amplitudes[j] * np.exp(-width * off * off)
        cosine, sine = np.cos(angle), np.sin(angle)
        high = height.real * cosine - height.imag * sine
        across = height.real * sine + height.imag * cosine
        step = np.exp(2 * width * off)
        back = 1.0 / step
        up, down = step, 1.0
        for n in range(_REACH):
            powers[_REACH + n] = up
            powers[_REACH - 1 - n] = down
            up *= step
            down *= back
        for n in range(2 * _REACH):
            share = fixed[n] * powers[n]
            real[first + 1 + n] += high * share
            imaginary[first + 1 + n] += across * share
    for n in range(points + 2 * _REACH):
        axis[(n - _REACH) % points] += complex(real[n], imaginary[n])

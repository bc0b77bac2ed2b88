"""The direction of a temperature ramp, from the temperatures themselves.

Comments that name the direction are sometimes wrong. A thermometer flickers: a turn counts when
the temperature has gone back by more than a dead band.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RELATIVE_BAND: Final = 1e-3
_WINDOW: Final = 5
_NOISY_FRACTION: Final = 0.05
_NOISY_POINTS: Final = 12  # a turn of a smooth ramp makes up to four
_NOISE_FACTOR: Final = 12.0


def dead_band(temperature: NDArray[np.float64]) -> float:
    """Estimate how far a flickering thermometer goes back without the temperature having turned.

    A ramp, smooth or in steps, equals its running median of five points; what does not is noise.
    Where more than one point in twenty differs, and not just a few around a turn, the band is
    twelve times the rms difference.

    Parameters
    ----------
    temperature
        In the order of the measurement [K], (point,).

    Returns
    -------
    :
        The band [K], zero for a thermometer without flicker.
    """
    if temperature.size < _WINDOW:
        return 0.0
    windows = sliding_window_view(temperature, _WINDOW)
    half = _WINDOW // 2
    difference = temperature[half:-half] - np.median(windows, axis=-1)
    noisy = max(_NOISY_POINTS, _NOISY_FRACTION * temperature.size)
    if np.count_nonzero(difference) < noisy:
        return 0.0
    return _NOISE_FACTOR * float(np.sqrt(np.mean(difference**2)))


def directions(
    temperature: NDArray[np.float64], *, band: float | None = None
) -> tuple[NDArray[np.int8], tuple[int, ...]]:
    """Give the direction of each point, and the points at which the ramp turns.

    Parameters
    ----------
    temperature
        In the order of the measurement [K], (point,).
    band
        Dead band [K]; :func:`dead_band` if not given. A thousandth of the temperature is the least.

    Returns
    -------
    :
        +1 warming, -1 cooling, 0 at rest, (point,); indices of the last point before each turn.

    Examples
    --------
    >>> ramp, turns = directions(np.array([4.0, 5.0, 6.0, 5.9, 5.0, 4.0]))
    >>> ramp.tolist(), turns
    ([1, 1, 1, -1, -1, -1], (2,))
    """
    noise = dead_band(temperature) if band is None else band
    direction = np.zeros(temperature.size, dtype=np.int8)
    turns = []
    start, low, high, sense = 0, 0, 0, 0
    for point, value in enumerate(temperature):
        low = point if value < temperature[low] else low
        high = point if value > temperature[high] else high
        least = max(noise, _RELATIVE_BAND * abs(float(value)))
        back = sense >= 0 and temperature[high] - value > least
        forth = sense <= 0 and value - temperature[low] > least
        if not (back or forth):
            continue
        extreme = high if back else low
        if sense:
            direction[start : extreme + 1] = sense
            turns.append(extreme)
            start = extreme + 1
        sense = -1 if back else 1
        low = high = point
    direction[start:] = sense
    return direction, tuple(turns)


def reversal_warnings(temperature: NDArray[np.float64], turns: tuple[int, ...]) -> tuple[str, ...]:
    """Say where a sweep turns, if it does.

    Parameters
    ----------
    temperature
        In the order of the measurement [K], (point,).
    turns
        As given by :func:`directions`.

    Returns
    -------
    :
        One sentence, or none.
    """
    if not turns:
        return ()
    places = ", ".join(f"{temperature[turn]:.4g} K (point {turn})" for turn in turns[:6])
    more = f" and {len(turns) - 6} more" if len(turns) > 6 else ""
    return (f"The temperature reverses {len(turns)} times: at {places}{more}.",)

"""Find the window of a normal state: above the hottest step, as wide as one form fits it.

Twin: ``superconductivity.resistances``.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.observables.normal_states import CHOSEN, fitted
from megabar.observables.resistance_ramps import FEWEST, noise
from megabar.observables.transition_steps import steepness, steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.resistance_ramps import Ramp
    from megabar.observables.transition_steps import Steepness, Step

_WIDTHS: Final = 3.0  # of the steepest point above it, at least
_CLOSER: Final = 1.5  # widths, where the ramp ends early
_FEWEST_POINTS: Final = 10
_RELATIVE: Final = 0.05  # of the temperature of the step: narrowest window if the data allow
_GROWTH: Final = 1.5
_WHITE: Final = 0.3  # correlation of neighbouring residuals
_TOP: Final = 0.3  # of the range, where there is no step to stand above
_STEEP: Final = 1.0  # T dr/dT of a fall without a step: a power law of T below 1
_OUTSTANDING: Final = 0.4  # of the largest slope, what the top of the ramp has without a step
_TALL: Final = 0.25  # of the tallest step
_SHARES: Final = (1.0, 0.5, 0.25)
_COARSE: Final = 1000


def found_window(ramp: Ramp, *, model: str = CHOSEN) -> tuple[float, float] | None:
    """Find the window of the normal state of a ramp.

    Parameters
    ----------
    ramp
        The ramp.
    model
        Form that is to fit in it.

    Returns
    -------
    :
        Lowest and highest temperature [K]; None if the ramp ends before a normal state is seen.
    """
    t = ramp.temperature
    if t.size < 2 * FEWEST:
        return None
    seen = visible_steps(ramp)
    if not seen:
        low = min(t[-1] - _TOP * (t[-1] - t[0]), t[max(t.size - _FEWEST_POINTS, 0)])
        return float(low), float(t[-1])
    for widths, step in product((_WIDTHS, _CLOSER), _passable(seen)):
        start = step.temperature + widths * _whole_width(step)
        if np.count_nonzero(t >= start) >= _FEWEST_POINTS:
            return _grown(ramp, start, model, _RELATIVE * step.temperature)
    return None


def _whole_width(step: Step) -> float:
    """Give the width of a step; where its derivative has a narrow peak on a broad foot, of both."""
    return max(step.width, step.height / step.slope)


def _passable(seen: tuple[Step, ...]) -> tuple[Step, ...]:
    """Give the hottest tall step, and low ones above it: a hump may leave no room above itself."""
    tallest = max(one.height for one in seen)
    first = next(k for k, one in enumerate(seen) if one.height >= _TALL * tallest)
    return seen[: first + 1]


def visible_steps(ramp: Ramp) -> tuple[Step, ...]:
    """Find the steps of a ramp, before its normal state is known.

    Parameters
    ----------
    ramp
        The ramp.

    Returns
    -------
    :
        Steps, hottest first, in units of the largest resistance of the ramp, or of its
        lower half or quarter: a pure metal loses most of its resistance above its transition.
    """
    for share in _SHARES:
        below = ramp.temperature <= share * ramp.temperature[-1]
        if np.count_nonzero(below) < _FEWEST_POINTS * 2:
            break
        if found := _steps_of(ramp.temperature[below], ramp.resistance[below]):
            return found
    return ()


def _steps_of(
    temperature: NDArray[np.float64], resistance: NDArray[np.float64]
) -> tuple[Step, ...]:
    t, r = _coarse(temperature, resistance)
    scale = float(np.percentile(np.abs(r), 95))
    steep = steepness(t, r / scale, noise=noise(r / scale))
    usual = float(np.median(steep.slope[2 * steep.slope.size // 3 :]))
    if usual > _OUTSTANDING * float(steep.slope.max()):
        return ()
    every = steps(_less(steep, usual))
    return tuple(one for one in every if one.temperature * one.slope > _STEEP)


def _less(steep: Steepness, usual: float) -> Steepness:
    """Take the slope that the top of the curve has from all of it, so that a step has ends."""
    return replace(
        steep,
        slope=steep.slope - usual,
        ratio=steep.ratio - usual * (steep.temperature - steep.temperature[0]),
    )


def _coarse(
    temperature: NDArray[np.float64], resistance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average neighbouring points of a long ramp, never across more than a thousandth of it."""
    share = max(temperature.size // _COARSE, 1)
    whole = temperature.size // share * share
    first, second = (
        one[:whole].reshape(-1, share).mean(axis=1) for one in (temperature, resistance)
    )
    return first, second


def _grown(ramp: Ramp, start: float, model: str, narrowest: float) -> tuple[float, float]:
    """Widen a window upwards while neighbouring residuals stay uncorrelated."""
    t = ramp.temperature
    form = "quadratic" if model == CHOSEN else model
    first = int(np.searchsorted(t, start))
    end = max(t[min(first + _FEWEST_POINTS, t.size) - 1], min(start + narrowest, t[-1]))
    best, width = (float(t[first]), float(end)), float(end - t[first])
    while best[1] < t[-1]:
        width *= _GROWTH
        window = (best[0], min(best[0] + width, float(t[-1])))
        state = fitted(ramp, window=window, model=form)
        count = int(np.count_nonzero(ramp.inside(window)))
        if state.correlation > max(_WHITE, 2 / sqrt(count)):
            break
        best = window
    return best

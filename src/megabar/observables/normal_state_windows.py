"""Find the window of a normal state: above the hottest step, as wide as one form fits it.

Twin: ``superconductivity.resistances``.
"""

from __future__ import annotations

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
    hottest = _hottest(ramp)
    if hottest is None:
        low = min(t[-1] - _TOP * (t[-1] - t[0]), t[max(t.size - _FEWEST_POINTS, 0)])
        return float(low), float(t[-1])
    for widths in (_WIDTHS, _CLOSER):
        start = hottest.temperature + widths * hottest.width
        if np.count_nonzero(t >= start) >= _FEWEST_POINTS:
            return _grown(ramp, start, model, _RELATIVE * hottest.temperature)
    return None


def _hottest(ramp: Ramp) -> Step | None:
    """Give the hottest step of R over its largest smooth value, if there is one."""
    t, r = _coarse(ramp)
    scale = float(np.percentile(np.abs(r), 95))
    steep = steepness(t, r / scale, noise=noise(r / scale))
    known = [one for one in steps(_excess(steep)) if one.temperature * one.slope > _STEEP]
    return known[0] if known else None


def _excess(steep: Steepness) -> Steepness:
    """Take the slope that most of the curve has from all of it, so that a step has ends."""
    from dataclasses import replace

    usual = float(np.median(steep.slope[2 * steep.slope.size // 3 :]))
    if usual > 0.2 * float(steep.slope.max()):
        return steep
    return replace(
        steep,
        slope=steep.slope - usual,
        ratio=steep.ratio - usual * (steep.temperature - steep.temperature[0]),
    )


def _coarse(ramp: Ramp) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average neighbouring points of a long ramp, never across more than a thousandth of it."""
    share = max(ramp.temperature.size // _COARSE, 1)
    whole = ramp.temperature.size // share * share
    parts = (
        one[:whole].reshape(-1, share).mean(axis=1) for one in (ramp.temperature, ramp.resistance)
    )
    temperature, resistance = parts
    return temperature, resistance


def _grown(ramp: Ramp, start: float, model: str, narrowest: float) -> tuple[float, float]:
    """Widen a window upwards while neighbouring residuals stay uncorrelated."""
    t = ramp.temperature
    first = int(np.searchsorted(t, start))
    end = max(t[min(first + _FEWEST_POINTS, t.size) - 1], min(start + narrowest, t[-1]))
    best, width = (float(t[first]), float(end)), float(end - t[first])
    while best[1] < t[-1]:
        width *= _GROWTH
        window = (best[0], min(best[0] + width, float(t[-1])))
        state = fitted(ramp, window=window, model=model)
        count = int(np.count_nonzero(ramp.inside(window)))
        if state.correlation > max(_WHITE, 2 / sqrt(count)):
            break
        best = window
    return best

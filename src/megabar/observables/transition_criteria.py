r"""Where resistance over normal state crosses a level, where its tangents end, how steep it is.

.. math:: r(T) = R(T) / R_N(T), \quad r(T_f) = f

Each crossing is searched from the normal state down and from zero up; where the two disagree by
more than noise and spacing allow, there is no number.

Twin: ``superconductivity.resistances``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.observables.resistance_ramps import FEWEST, noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.normal_states import NormalState
    from megabar.observables.resistance_ramps import Ramp

LEVELS: Final = {"tc_onset": 0.9, "tc_midpoint": 0.5, "tc_foot": 0.1}
"""Fraction of the normal state of each criterion."""

_SIGMAS: Final = 5.0
_CROWDING: Final = (0.1, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_GAIN: Final = (
    0.816,
    0.808,
    0.776,
    0.665,
    0.574,
    0.487,
    0.373,
    0.261,
)  # simulated; sqrt(2/3) first
_AROUND: Final = (3, 8)  # fewest and most rises on either side that show how rough a curve is
_FORMS: Final = {0: 3, 9: 5}  # unknowns of the polynomial of that many rises or more
_SMOOTH: Final = 5.0  # a step of few points looks rough if it is smooth; by this much, simulated
_WHOLE: Final = 0.5  # of the normal state, that a jump may hide anywhere in its interval
_MOST_JUMPS: Final = 60.0  # beyond which a curve is a slope, whose bend alone can hide something
_UNRESOLVED: Final = 4  # power with which a jump hides where it happens, less near the corners
_SURE: Final = 3.0  # times what noise makes of the scatter of rises, by chance


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A ramp over its normal state, where that can be trusted.

    Parameters
    ----------
    temperature
        T [K], (point,), rising.
    ratio
        r, (point,).
    state
        The normal state.
    noise
        Standard deviation of r in the normal state.
    low_noise
        Standard deviation of r below the transition.
    """

    temperature: NDArray[np.float64]
    ratio: NDArray[np.float64]
    state: NormalState
    noise: float
    low_noise: float

    def noise_at(self, level: float) -> float:
        """Give the noise of r where r is at a level: between that of both states."""
        return self.low_noise + (self.noise - self.low_noise) * level


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """Where r crosses a level: one temperature, or none if the two searches disagree.

    Parameters
    ----------
    value
        Temperature [K]; nan if not crossed, or ambiguous.
    noise_std
        Its error from noise and spacing [K].
    low, high
        Crossings found from below and from above [K].
    """

    value: float = nan
    noise_std: float = nan
    low: float = nan
    high: float = nan

    @property
    def ambiguous(self) -> bool:
        """Whether the two searches disagree."""
        return isfinite(self.low) and not isfinite(self.value)


def curve_over(ramp: Ramp, state: NormalState) -> Curve:
    """Divide a ramp by its normal state.

    Parameters
    ----------
    ramp
        The ramp.
    state
        Its normal state.

    Returns
    -------
    :
        The curve, from where the extrapolation is trusted up to the end of the window.
    """
    trusted = state.trusted(ramp.temperature)
    temperature = ramp.temperature[trusted]
    ratio = ramp.resistance[trusted] / state.at(temperature)
    level = state.noise / abs(float(state.at(state.window[0])))
    below = ratio[: _last_below(ratio, LEVELS["tc_foot"])]
    low = noise(below) if below.size >= 2 * FEWEST else level
    return Curve(
        temperature=temperature, ratio=ratio, state=state, noise=level, low_noise=min(low, level)
    )


def _last_below(ratio: NDArray[np.float64], level: float) -> int:
    """Count the points up to the first that is not below a level."""
    above = np.flatnonzero(ratio >= level)
    return int(above[0]) if above.size else ratio.size


def crossing(curve: Curve, level: float) -> Crossing:
    r"""Find where a curve crosses a level.

    .. math:: \sigma^2 = \left(\frac{k \sigma_r}{r'}\right)^2
        + \left(\frac{f \sigma_N}{R_N r'}\right)^2 + \sigma_\Delta^2

    :math:`\sigma_N` is the error of the fitted normal state, :math:`\sigma_\Delta` that of the
    interpolation: a jump between two points may be anywhere between them.

    Parameters
    ----------
    curve
        The curve.
    level
        f.

    Returns
    -------
    :
        The mean of all crossings between the first from above and the first from below.
    """
    r, t = curve.ratio, curve.temperature
    below = np.flatnonzero(r < level)
    above = np.flatnonzero(r >= level)
    if below.size == 0 or below[-1] == r.size - 1 or above.size == 0 or above[0] == 0:
        return Crossing()
    lefts = np.flatnonzero((r[:-1] < level) != (r[1:] < level))
    share = (level - r[lefts]) / (r[lefts + 1] - r[lefts])
    places = t[lefts] + share * (t[lefts + 1] - t[lefts])
    spacing = float(np.max(t[lefts + 1] - t[lefts]))
    low, high = float(places.min()), float(places.max())
    slope = slope_at(curve, level)
    sigma = curve.noise_at(level)
    scatter = sigma / slope if slope > 0 else inf
    if lefts.size > 1 and high - low >= max(2 * spacing, _SIGMAS * scatter):
        return Crossing(low=low, high=high)
    middle = float(places.mean())
    base = level * float(curve.state.std_at(middle) / curve.state.at(middle))
    if lefts.size == 1 and (flat := _plateau(curve, level, hypot(sigma, base))) > 2 * scatter:
        scatter = flat
    hidden = _hidden(t, r, (int(lefts[0]), float(share[0])), noise=sigma)
    parts = (
        scatter * _gain(scatter / spacing),
        base / slope if slope > 0 else inf,
        spacing * hidden if lefts.size == 1 else 0.0,
    )
    return Crossing(value=middle, noise_std=hypot(*parts), low=low, high=high)


def _plateau(curve: Curve, level: float, sigma: float) -> float:
    """Give half the way between a standard error above the level and one below [K]."""
    high, low = (
        _mean_crossing(curve.temperature, curve.ratio, level + side * sigma) for side in (1, -1)
    )
    return (high - low) / 2 if isfinite(high) and isfinite(low) else 0.0


def _gain(crowding: float) -> float:
    """Give the error of the mean of all crossings over that of one noisy point.

    ``crowding`` is noise over slope in units of the spacing: how many points could cross.
    """
    beyond = sqrt(max(crowding / _CROWDING[-1], 1.0))
    return float(np.interp(crowding, _CROWDING, _GAIN)) / beyond


def _hidden(
    temperature: NDArray[np.float64],
    ratio: NDArray[np.float64],
    place: tuple[int, float],
    *,
    noise: float,
) -> float:
    r"""Give the error of interpolation in units of the spacing, from how rough the curve is there.

    Between two points the curve rises by J in some number n of jumps that nobody sees; n follows
    from how much neighbouring rises scatter about a polynomial, beyond noise, and from how far J
    stands out of them.

    .. math:: \sigma^2 = \frac1n \left[\left(1 - \frac1n\right) s (1 - s)
        + \frac1n \left(\frac{1}{12} + (s - \tfrac12)^2\right)\right]
        + \left(\frac{s (1 - s)}{2} \frac{\Delta^2 r}{J}\right)^2

    One jump may be anywhere in the interval; many make a slope, whose bend is the last term.
    """
    left, share = place
    within = np.count_nonzero((ratio > LEVELS["tc_foot"]) & (ratio < LEVELS["tc_onset"]))
    around = int(np.clip(within // 4, *_AROUND))
    first = max(left - around, 0)
    near = slice(first, left + around + 2)
    middle, rises = left - first, np.diff(ratio[near])
    spacing = np.diff(temperature[near]) / np.diff(temperature[near])[middle]
    jump = abs(float(rises[middle]))
    beside = (rises / spacing)[[max(middle - 1, 0), min(middle + 1, rises.size - 1)]]
    bend = max(abs(float(beside[1] - beside[0])) / 2 - 2 * noise, 0.0)
    jumps = 1.0
    if rises.size > _unknowns(rises.size) + 1:
        excess = _roughness(rises, spacing, middle) - _SURE * 2 * noise**2
        if rises.size < max(_FORMS) and jump < _WHOLE:
            excess /= _SMOOTH
        jumps = max(jump**2 / max(excess, 1e-12 * jump**2), 1.0)
    one, many = 1 / 12 + (share - 0.5) ** 2, share * (1 - share)
    if jumps > _MOST_JUMPS:
        level = float(ratio[left] + share * (ratio[left + 1] - ratio[left]))
        room = 4 * level * (1 - level)
        return float(sqrt(one) * min(1.0, jump / room) ** (_UNRESOLVED * room))
    variance = ((1 - 1 / jumps) * many + one / jumps) / jumps
    return sqrt(variance + (many / 2 * bend / jump) ** 2)


def _unknowns(rises: int) -> int:
    return max(unknowns for least, unknowns in _FORMS.items() if rises >= least)


def _roughness(rises: NDArray[np.float64], spacing: NDArray[np.float64], middle: int) -> float:
    """Give the variance of rises about a smooth form, or half that of the middle alone."""
    ends = np.cumsum(spacing)
    places = (ends - spacing / 2) / ends[-1] - 0.5
    basis = np.vander(places, unknowns := _unknowns(rises.size)) * spacing[:, None]
    hat = basis @ np.linalg.pinv(basis)
    left = rises - hat @ rises
    alone = max(float(left[middle]) / (1 - float(hat[middle, middle])), 0.0)
    return max(float(left @ left) / (rises.size - unknowns), alone**2 / 2)


def slope_at(curve: Curve, level: float) -> float:
    """Measure the slope of r where it crosses a level, over as little as noise allows.

    Parameters
    ----------
    curve
        The curve.
    level
        Where r is there.

    Returns
    -------
    :
        dr/dT [1/K]; 0 if the curve does not cross.
    """
    r, t = curve.ratio, curve.temperature
    sigma = curve.noise_at(level)
    room = min(level, 1 - level)
    reach = min(max(0.4 * room, 3 * sigma), 0.8 * room)
    ends = [_mean_crossing(t, r, level + side * reach) for side in (-1, 1)]
    if not (isfinite(ends[0]) and isfinite(ends[1])):
        centre = _mean_crossing(t, r, level)
        outer = ends[1] if isfinite(ends[1]) else ends[0]
        ends, reach = [min(centre, outer), max(centre, outer)], reach / 2
    width = ends[1] - ends[0]
    return 2 * reach / width if width > 0 else 0.0


def _mean_crossing(t: NDArray[np.float64], r: NDArray[np.float64], level: float) -> float:
    lefts = np.flatnonzero((r[:-1] < level) != (r[1:] < level))
    if lefts.size == 0:
        return nan
    share = (level - r[lefts]) / (r[lefts + 1] - r[lefts])
    return float(np.mean(t[lefts] + share * (t[lefts + 1] - t[lefts])))

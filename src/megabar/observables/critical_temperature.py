r"""Critical temperatures from resistance: 90 %, 50 % and 10 % of a local normal state, and zero.

.. math:: r(T) = \frac{R(T)}{a + b T}, \quad r(T_f) = f

with a and b fitted in a window just above the transition. Tc is not one number: the midpoint is
the headline, the width belongs to the sample and is no standard error, and a curve that merely
falls, or ends in the step, gets a verdict in the place of a number. Ramps are never merged.

Twin: ``superconductivity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import hypot, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import provenance, schemas
from megabar.errors import SchemaError
from megabar.observables.line_numbers import Numbers

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

VERDICTS: Final = (
    "transition",
    "partial",
    "incomplete",
    "ambiguous",
    "no transition",
    "not covered",
)
"""What a curve may turn out to be."""

_FRACTIONS: Final = {"onset": 0.9, "midpoint": 0.5, "foot": 0.1}
_LOWEST_NORMAL: Final = 0.2  # of its value at the window; below, an extrapolated line is no state
_SMALLEST_STEP: Final = 0.05  # of the normal state
_SIGMAS: Final = 5.0
_STEEPEST_SMOOTH: Final = 1.0  # T dr/dT of a fall without a step: a power law of T below 1
_STILL_FALLING: Final = 0.05  # T dr/dT at the lowest points above which the step goes on
_END: Final = 1.05  # of the lowest temperature: the stretch that shows whether the fall goes on
_LARGEST_CHANGE: Final = 0.3  # of r within the window
_LOWEST_IN_WINDOW: Final = 0.95
_ZERO: Final = 0.01  # of the normal state
_MAD: Final = 1.482602218505602  # median absolute deviation to standard deviation
_FEWEST: Final = 4


def ramps(sweep: xr.Dataset) -> tuple[xr.Dataset, ...]:
    """Split a sweep where its temperature turns.

    Directions are those that the reader took from the temperatures, with a dead band. A digitised
    curve has an order of drawing and no direction: it stays in one piece.

    Parameters
    ----------
    sweep
        Sweep of resistance over temperature.

    Returns
    -------
    :
        One Sweep for each stretch of one direction that has at least four points.

    Raises
    ------
    SchemaError
        If the sweep holds no resistance.

    Examples
    --------
    >>> there_and_back = schemas.sweep({"resistance": np.ones(8)}, coords={
    ...     "temperature": [4, 5, 6, 7, 7, 6, 5, 4], "direction": [1] * 4 + [-1] * 4},
    ...     attrs={"cell": "A", "current": 1e-3, "source": "example", "source_sha256": "0"})
    >>> [int(one.direction[0]) for one in ramps(there_and_back)]
    [1, -1]
    """
    schemas.check(sweep, "sweep/1")
    if "resistance" not in sweep:
        msg = "Found a sweep without resistance; Tc needs resistance over temperature."
        raise SchemaError(msg)
    direction = np.asarray(sweep["direction"].values)
    if sweep.attrs.get("source_kind") == "digitised":
        return (sweep,)
    edges = np.flatnonzero(np.diff(direction)) + 1
    stretches = np.split(np.arange(direction.size), edges)
    return tuple(sweep.isel(point=one) for one in stretches if one.size >= _FEWEST)


def critical_temperature(
    sweep: xr.Dataset, *, normal_state: tuple[float, float], ramp: int | None = None
) -> xr.Dataset:
    """Measure the critical temperatures of one ramp.

    Valid where the normal state is a straight line from the window down through the transition.
    The window is refused if it lies in the transition. Each crossing is searched from above and
    from below; where the two disagree by more than noise and spacing allow, there is no number.

    Parameters
    ----------
    sweep
        Sweep of resistance [ohm] over temperature [K].
    normal_state
        Lowest and highest temperature [K] of the window above the transition.
    ramp
        Index into :func:`ramps`, needed if there are several.

    Returns
    -------
    :
        Observables tc_onset (90 %), tc_midpoint (50 %), tc_zero, tc_width (90 % to 10 %) [K].
        Attribute ``verdict`` is one of :data:`VERDICTS`, ``reason`` says why; ``tc_foot`` is the
        10 % temperature. Errors hold noise and spacing; ``window_spread`` is how far the midpoint
        moves with the upper and the lower half of the window.

    Raises
    ------
    ValueError
        If there are several ramps and none is chosen, or the window is empty.
    SchemaError
        If the sweep holds no resistance.

    Examples
    --------
    >>> temperature = np.arange(180, 230, 0.02)
    >>> step = (10 + 0.05 * temperature) / (1 + np.exp(-(temperature - 200) / 0.5))
    >>> curve = schemas.sweep({"resistance": step}, coords={
    ...     "temperature": temperature, "direction": np.ones(step.size, int)},
    ...     attrs={"cell": "A", "current": 1e-3, "source": "example", "source_sha256": "0"})
    >>> found = critical_temperature(curve, normal_state=(210, 230))
    >>> print(f"{found.tc_onset:.2f} {found.tc_midpoint:.2f} {found.attrs['tc_foot']:.2f} K")
    201.10 200.00 198.90 K
    """
    pieces = ramps(sweep)
    if ramp is None and len(pieces) != 1:
        listed = ", ".join(f"{k}: {_words(piece)}" for k, piece in enumerate(pieces))
        msg = f"Found {len(pieces)} ramps; Tc belongs to one of them. Choose ramp=... ({listed})."
        raise ValueError(msg)
    piece = pieces[ramp or 0]
    merged = _merged(piece)
    curve = _curve(merged, normal_state)
    asked = {"normal_state": tuple(normal_state), "ramp": ramp or 0}
    return _observables(piece, merged, curve, _answer(merged, curve), asked)


def _words(piece: xr.Dataset) -> str:
    first, last = (float(piece["temperature"][k]) for k in (0, -1))
    return f"{first:g} to {last:g} K"


@dataclass(frozen=True, kw_only=True)
class _Ramp:
    """One ramp, rising in temperature, equal temperatures merged."""

    temperature: NDArray[np.float64]
    resistance: NDArray[np.float64]
    merged: int
    dropped: int
    digitised: bool


@dataclass(frozen=True, kw_only=True)
class _Curve:
    """A ramp over its normal state a + b T, where that can be trusted.

    ``refused`` says why the window holds no normal state, or is empty.
    """

    temperature: NDArray[np.float64]
    ratio: NDArray[np.float64]
    normal: tuple[float, float]
    noise: float
    refused: str

    def normal_at(self, temperature: float) -> float:
        return self.normal[0] + self.normal[1] * temperature


@dataclass(frozen=True, kw_only=True)
class _Crossing:
    """Where r crosses a level: one temperature, or none if the two searches disagree."""

    value: float
    std: float
    low: float
    high: float

    @property
    def ambiguous(self) -> bool:
        return isfinite(self.low) and not isfinite(self.value)


_UNCROSSED: Final = _Crossing(value=nan, std=nan, low=nan, high=nan)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """A verdict with its reason, the crossings by name, and the temperature of zero."""

    verdict: str
    reason: str
    crossings: Mapping[str, _Crossing] = field(default_factory=dict)
    zero: tuple[float, float, str] = (nan, nan, "not reached")


def _merged(piece: xr.Dataset) -> _Ramp:
    raw_t = np.asarray(piece["temperature"].values, dtype=np.float64)
    raw_r = np.asarray(piece["resistance"].values, dtype=np.float64)
    finite = np.isfinite(raw_t) & np.isfinite(raw_r)
    temperature, place, counts = np.unique(raw_t[finite], return_inverse=True, return_counts=True)
    return _Ramp(
        temperature=temperature,
        resistance=np.bincount(place, weights=raw_r[finite]) / counts,
        merged=int(np.sum(counts - 1)),
        dropped=int(np.count_nonzero(~finite)),
        digitised=piece.attrs.get("source_kind") == "digitised",
    )


def _curve(ramp: _Ramp, window: tuple[float, float]) -> _Curve:
    temperature, resistance = ramp.temperature, ramp.resistance
    inside = (temperature >= min(window)) & (temperature <= max(window))
    if np.count_nonzero(inside) < _FEWEST:
        msg = (
            f"Found {np.count_nonzero(inside)} points between {min(window):g} and "
            f"{max(window):g} K; a normal state needs at least {_FEWEST}. The ramp covers "
            f"{temperature[0]:g} to {temperature[-1]:g} K."
        )
        raise ValueError(msg)
    slope, offset = map(float, np.polyfit(temperature[inside], resistance[inside], 1))
    normal = offset + slope * temperature
    floor = _LOWEST_NORMAL * (offset + slope * min(window))
    falls = np.flatnonzero((normal <= floor) & (temperature < min(window)))
    lowest = int(falls[-1]) + 1 if falls.size else 0
    trusted = slice(lowest, int(np.count_nonzero(temperature <= max(window))))
    ratio = resistance[trusted] / normal[trusted]
    in_window = resistance[inside] / normal[inside]
    return _Curve(
        temperature=temperature[trusted],
        ratio=ratio,
        normal=(offset, slope),
        noise=_noise(in_window),
        refused=_why_refused(in_window),
    )


def _noise(ratio: NDArray[np.float64]) -> float:
    """Give the noise of r from successive differences: a curved normal state is no noise."""
    steps = np.diff(ratio)
    return float(_MAD * np.median(np.abs(steps - np.median(steps))) / sqrt(2))


def _why_refused(ratio: NDArray[np.float64]) -> str:
    lowest = float(np.median(ratio[: max(3, ratio.size // 20)]))
    if float(np.ptp(ratio)) <= _LARGEST_CHANGE and lowest >= _LOWEST_IN_WINDOW:
        return ""
    return (
        f"the window lies in the transition: within it r changes by {np.ptp(ratio):.2f} and "
        f"begins at {lowest:.2f}"
    )


def _answer(ramp: _Ramp, curve: _Curve) -> _Answer:
    if curve.refused:
        return _Answer(verdict="not covered", reason=curve.refused)
    drop = 1 - float(curve.ratio.min())
    covered = f"between {curve.temperature[0]:.4g} and {curve.temperature[-1]:.4g} K"
    smallest = max(_SMALLEST_STEP, _SIGMAS * curve.noise)
    if drop < smallest:
        reason = f"no step above {100 * smallest:.0f} % of the normal state {covered}"
        return _Answer(verdict="no transition", reason=reason)
    if _steepest(curve, smallest) < _STEEPEST_SMOOTH:
        reason = f"the resistance falls by {100 * drop:.0f} % {covered}, but without a step"
        return _Answer(verdict="no transition", reason=reason)
    crossings = {name: _crossing(curve, level) for name, level in _FRACTIONS.items()}
    zero = _zero(ramp, curve, crossings)
    verdict, reason = _verdict(curve, crossings, zero)
    return _Answer(verdict=verdict, reason=reason, crossings=crossings, zero=zero)


def _steepest(curve: _Curve, smallest: float) -> float:
    """Give the largest T dr/dT over stretches in which r falls by a whole step."""
    r, t = curve.ratio, curve.temperature
    steepest, length = 0.0, 1
    while length < r.size:
        fall = r[length:] - r[:-length]
        slopes = (t[length:] + t[:-length]) / 2 * fall / (t[length:] - t[:-length])
        steepest = max(steepest, float(np.max(slopes, where=fall > smallest, initial=0.0)))
        length *= 2
    return steepest


def _crossing(curve: _Curve, level: float) -> _Crossing:
    r, t = curve.ratio, curve.temperature
    below = np.flatnonzero(r < level)
    above = np.flatnonzero(r >= level)
    if below.size == 0 or below[-1] == r.size - 1 or above.size == 0 or above[0] == 0:
        return _UNCROSSED
    lefts = np.flatnonzero((r[:-1] < level) != (r[1:] < level))
    share = (level - r[lefts]) / (r[lefts + 1] - r[lefts])
    places = t[lefts] + share * (t[lefts + 1] - t[lefts])
    spacing = float(np.max(t[lefts + 1] - t[lefts]))
    near = slice(max(int(lefts[0]) - 1, 0), int(lefts[-1]) + 3)
    slope = abs(float(np.polyfit(t[near], r[near], 1)[0]))
    noise = curve.noise / slope if slope > 0 else np.inf
    low, high = float(places.min()), float(places.max())
    if high - low >= max(2 * spacing, _SIGMAS * noise):
        return _Crossing(value=nan, std=nan, low=low, high=high)
    return _Crossing(
        value=float(places.mean()), std=hypot(noise, spacing / sqrt(12)), low=low, high=high
    )


def _zero(
    ramp: _Ramp, curve: _Curve, crossings: Mapping[str, _Crossing]
) -> tuple[float, float, str]:
    """Give the highest temperature below which all resistance is below the threshold."""
    middle, foot = crossings["midpoint"], crossings["foot"]
    if not isfinite(middle.value) or not isfinite(foot.value):
        return nan, nan, "not reached"
    t = ramp.temperature
    normal = curve.normal_at(middle.value)
    low_state = ramp.resistance[t < foot.value] / normal
    noise = _noise(low_state) if low_state.size >= _FEWEST else curve.noise
    threshold = max(3 * noise, _ZERO)
    finite = np.flatnonzero(np.abs(ramp.resistance / normal) >= threshold)
    first = int(finite[0])
    if first < _FEWEST - 1:
        return nan, nan, "not decidable" if ramp.digitised else "not reached"
    return float(t[first - 1]), float(t[first] - t[first - 1]) / sqrt(12), "reached"


def _verdict(
    curve: _Curve, crossings: Mapping[str, _Crossing], zero: tuple[float, float, str]
) -> tuple[str, str]:
    doubtful = [name for name, one in crossings.items() if one.ambiguous]
    if doubtful:
        spans = ", ".join(f"{crossings[n].low:.4g} to {crossings[n].high:.4g} K" for n in doubtful)
        return "ambiguous", f"searches from above and below disagree: {spans}"
    lowest = float(np.median(curve.ratio[:3]))
    near_end = curve.temperature <= _END * curve.temperature[0]
    n_end = max(_FEWEST, int(np.count_nonzero(near_end)))
    end_slope = np.polyfit(curve.temperature[:n_end], curve.ratio[:n_end], 1)[0]
    falling = float(end_slope * curve.temperature[0]) > _STILL_FALLING
    end = f"the curve ends at {curve.temperature[0]:.4g} K with r = {lowest:.3f}"
    if zero[2] != "reached" and falling and lowest > _ZERO:
        return "incomplete", f"{end}, still falling"
    if not isfinite(crossings["foot"].value):
        return "partial", f"{end}, on a plateau"
    return "transition", f"r falls from 1 to {float(curve.ratio.min()):.3f}"


def _window_spread(ramp: _Ramp, window: tuple[float, float]) -> float:
    """Half the range of the midpoint with the lower half, the whole, and the upper half."""
    low, high = min(window), max(window)
    halves = ((low, (low + high) / 2), (low, high), ((low + high) / 2, high))
    found = [
        _crossing(_curve(ramp, half), _FRACTIONS["midpoint"]).value
        for half in halves
        if np.count_nonzero((ramp.temperature >= half[0]) & (ramp.temperature <= half[1]))
        >= _FEWEST
    ]
    return float(np.ptp(found)) / 2


def _observables(
    piece: xr.Dataset, ramp: _Ramp, curve: _Curve, answer: _Answer, asked: Mapping[str, Any]
) -> xr.Dataset:
    numbers = Numbers()
    for name in ("onset", "midpoint"):
        one = answer.crossings.get(name, _UNCROSSED)
        numbers = numbers.add(f"tc_{name}", one.value, one.std, _quality(one, answer))
    onset, foot = (answer.crossings.get(name, _UNCROSSED) for name in ("onset", "foot"))
    narrow = _UNCROSSED if onset.ambiguous or foot.ambiguous else foot
    width = (onset.value - foot.value, hypot(onset.std, foot.std))
    numbers = numbers.add("tc_width", *width, _quality(narrow, answer))
    value, std, zero = answer.zero
    reached = "value" if zero == "reached" else _quality(_UNCROSSED, answer)
    numbers = numbers.add("tc_zero", value, std, reached)
    spread = nan if answer.verdict == "not covered" else _window_spread(ramp, asked["normal_state"])
    found = schemas.observables(
        numbers.values,
        nucleus="none",
        metal="none",
        method="resistance over a straight local normal state; 90, 50 and 10 % by interpolation",
        provenance=provenance.record(
            step="observables.critical_temperature",
            parameters=asked,
            inputs=[piece.attrs["source_sha256"]],
        ),
        quality=numbers.quality,
        started_at=piece["started_at"].values,
        attrs={
            "verdict": answer.verdict,
            "reason": answer.reason,
            "zero_verdict": zero,
            "tc_foot": foot.value,
            "tc_foot_std": foot.std,
            "window_spread": spread,
            "normal_state_offset": curve.normal[0],
            "normal_state_slope": curve.normal[1],
            "noise": curve.noise,
            "lowest_ratio": float(curve.ratio.min()),
            "direction": int(np.sign(np.sum(piece["direction"].values))),
            "rate": _rate(piece),
            "merged_points": ramp.merged,
            "dropped_points": ramp.dropped,
            "assumptions": [
                "the normal state is a straight line from the window down",
                "the thermometer shows the temperature of the sample: no correction for lag",
            ],
            **{
                name: piece.attrs[name]
                for name in ("thermometer", "channel", "source_kind")
                if name in piece.attrs
            },
        },
    )
    return schemas.with_warnings(found, *schemas.warnings_of(piece))


def _quality(one: _Crossing, answer: _Answer) -> str:
    if isfinite(one.value):
        return "value"
    decided = answer.verdict not in ("no transition", "not covered") and not one.ambiguous
    return "not reached" if decided else "no solution"


def _rate(piece: xr.Dataset) -> float:
    """Mean rate [K/s], nan where there is no time."""
    if "time" not in piece.coords or piece.sizes["point"] < 2:
        return nan
    time, temperature = (piece[name].values[[0, -1]] for name in ("time", "temperature"))
    return float(np.diff(temperature)[0] / np.diff(time)[0]) if np.diff(time)[0] > 0 else nan

r"""Critical temperatures from resistance: 90 %, 50 % and 10 % of a local normal state, and zero.

.. math:: r(T) = \frac{R(T)}{R_N(T)}, \quad r(T_f) = f

with the normal state fitted in a window just above the transition. Tc is not one number: the
midpoint is the headline, the width belongs to the sample and is no standard error, and a curve
that merely falls, or ends in the step, gets a verdict in the place of a number. Ramps are never
merged.

Twin: ``superconductivity``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import hypot, inf, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import provenance, schemas
from megabar.observables.line_numbers import Numbers
from megabar.observables.normal_state_windows import found_window, visible_steps
from megabar.observables.normal_states import CHOSEN, fitted, neighbours, why_refused
from megabar.observables.resistance_ramps import FEWEST, Ramp, chosen_ramp, merged, rate
from megabar.observables.transition_criteria import (
    LEVELS,
    Crossing,
    Curve,
    crossing,
    curve_over,
    slope_at,
)
from megabar.observables.transition_models import SmoothTransition, smooth_transition
from megabar.observables.transition_steps import (
    SMALLEST_STEP,
    Steepness,
    Step,
    resolved_width,
    steepness,
    steps,
    tangents,
)
from megabar.observables.zero_resistance import Zero, zero

if TYPE_CHECKING:
    import xarray as xr

    from megabar.observables.normal_states import NormalState

VERDICTS: Final = (
    "transition",
    "partial",
    "incomplete",
    "more than one step",
    "ambiguous",
    "no transition",
    "not covered",
)
"""What a curve may turn out to be."""

_SIGMAS: Final = 5.0
_STEEPEST_SMOOTH: Final = 1.0  # T dr/dT of a fall without a step: a power law of T below 1
_STILL_FALLING: Final = 0.05  # T dr/dT at the lowest points above which the step goes on
_END: Final = 1.05  # of the lowest temperature: the stretch that shows whether the fall goes on
_GONE: Final = 0.01  # of the normal state
_RETRACTED: Final = "retracted"


@dataclass(frozen=True, kw_only=True)
class TransitionCurve:
    """One ramp with its normal state and all that was found in it.

    Parameters
    ----------
    verdict, reason
        One of :data:`VERDICTS`, and why.
    ramp
        The ramp, sorted and merged.
    curve
        r(T) over the normal state; None where there is none.
    crossings
        ``tc_onset``, ``tc_midpoint``, ``tc_foot`` by name.
    steps
        Hottest first.
    steep
        Smoothed r and its derivative.
    zero
        Whether resistance is gone.
    smooth
        The fitted smooth form.
    window_found
        Whether the window was found, not given.
    """

    verdict: str
    reason: str
    ramp: Ramp
    curve: Curve | None = None
    crossings: Mapping[str, Crossing] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    steep: Steepness | None = None
    zero: Zero = field(default_factory=Zero)
    smooth: SmoothTransition = field(default_factory=SmoothTransition)
    window_found: bool = False


def critical_temperature(
    sweep: xr.Dataset,
    *,
    normal_state: tuple[float, float] | None = None,
    ramp: int | None = None,
    model: str = CHOSEN,
) -> xr.Dataset:
    """Measure the critical temperatures of one ramp.

    Valid where the normal state keeps its form from the window down through the transition. A
    window in the transition is refused. Each crossing is searched from above and from below;
    where the two disagree by more than noise and spacing allow, there is no number.

    Parameters
    ----------
    sweep
        Sweep of resistance [ohm] over temperature [K].
    normal_state
        Lowest and highest temperature [K] of the window above the transition; found if not given.
    ramp
        Index into :func:`megabar.observables.ramps`, needed if there are several.
    model
        One of :data:`megabar.observables.normal_states.MODELS`, or ``"chosen"``: the straight line
        unless a curved form is decidedly better; or ``"constant"``.

    Returns
    -------
    :
        Observables tc_onset (90 %), tc_midpoint (50 %), tc_zero, tc_width (90 % to 10 %) [K].
        Attribute ``verdict`` is one of :data:`VERDICTS`, ``reason`` says why; ``tc_foot`` is the
        10 % temperature. Errors hold noise, spacing and the choice of the normal state;
        ``errors`` keeps these apart, and beside them how far another criterion stands.

    Raises
    ------
    ValueError
        If there are several ramps and none is chosen, the given window is empty, or the model is
        unknown.
    SchemaError
        If the sweep holds no resistance.

    Examples
    --------
    >>> temperature = np.arange(180, 230, 0.02)
    >>> step = (10 + 0.05 * temperature) / (1 + np.exp(-(temperature - 200) / 0.5))
    >>> curve = schemas.sweep({"resistance": step}, coords={
    ...     "temperature": temperature, "direction": np.ones(step.size, int)},
    ...     attrs={"cell": "A", "current": 1e-3, "source": "example", "source_sha256": "0"})
    >>> found = critical_temperature(curve)
    >>> print(f"{found.tc_onset:.2f} {found.tc_midpoint:.2f} {found.attrs['tc_foot']:.2f} K")
    201.10 200.00 198.90 K
    """
    piece = chosen_ramp(sweep, ramp)
    asked = {
        "normal_state": tuple(normal_state) if normal_state else None,
        "ramp": ramp or 0,
        "model": model,
    }
    return _observables(piece, _judged(merged(piece), normal_state, model), asked)


def transition_curve(
    sweep: xr.Dataset,
    *,
    normal_state: tuple[float, float] | None = None,
    ramp: int | None = None,
    model: str = CHOSEN,
) -> TransitionCurve:
    """Give what :func:`critical_temperature` found in the curve itself, for drawing.

    Parameters
    ----------
    sweep, normal_state, ramp, model
        As there.

    Returns
    -------
    :
        The ramp, its normal state, r(T), steps and crossings.
    """
    return _judged(merged(chosen_ramp(sweep, ramp)), normal_state, model)


def _judged(ramp: Ramp, window: tuple[float, float] | None, model: str) -> TransitionCurve:
    used = window or found_window(ramp, model=model)
    if used is None:
        reason = f"the ramp ends at {ramp.temperature[-1]:.4g} K, before a normal state is seen"
        return TransitionCurve(verdict="not covered", reason=reason, ramp=ramp)
    state = fitted(ramp, window=used, model=model)
    curve = curve_over(ramp, state)
    told: dict[str, Any] = {"ramp": ramp, "curve": curve, "window_found": window is None}
    if window is None and not visible_steps(ramp):
        reason = f"no step above {100 * SMALLEST_STEP:.0f} % of the resistance {_covered(ramp)}"
        return TransitionCurve(verdict="no transition", reason=reason, **told)
    if refused := why_refused(ramp, state):
        return TransitionCurve(verdict="not covered", reason=refused, **told)
    steep = steepness(curve.temperature, curve.ratio, noise=curve.noise)
    flat = _why_none(curve, steep)
    if not flat and model == CHOSEN and state.model != "linear":
        flat = _why_none_over_a_line(ramp, used)
    if flat:
        return TransitionCurve(verdict="no transition", reason=flat, steep=steep, **told)
    crossings = {name: crossing(curve, level) for name, level in LEVELS.items()}
    at_zero = _zero(ramp, curve, crossings)
    found = steps(steep)
    verdict, reason = _verdict(curve, crossings, found, at_zero)
    smooth = SmoothTransition()
    if verdict == "transition":
        ends = (crossings[name].value for name in ("tc_onset", "tc_foot"))
        onset, foot = ends
        smooth = smooth_transition(curve, onset=onset, foot=foot)
    return TransitionCurve(
        verdict=verdict,
        reason=reason,
        crossings=crossings,
        steps=found,
        steep=steep,
        zero=at_zero,
        smooth=smooth,
        **told,
    )


def _why_none(curve: Curve, steep: Steepness) -> str:
    """Say why a curve shows no transition; empty if it shows one."""
    drop = 1 - float(steep.ratio.min())
    covered = _covered(curve)
    smallest = max(SMALLEST_STEP, _SIGMAS * curve.noise)
    if drop < smallest:
        return f"no step above {100 * smallest:.0f} % of the normal state {covered}"
    if _steepest(curve, smallest) < _STEEPEST_SMOOTH:
        return f"the resistance falls by {100 * drop:.0f} % {covered}, but without a step"
    return ""


def _covered(curve: Curve | Ramp) -> str:
    return f"between {curve.temperature[0]:.4g} and {curve.temperature[-1]:.4g} K"


def _why_none_over_a_line(ramp: Ramp, window: tuple[float, float]) -> str:
    """Say why a step of a curve over its curved normal state is one of the extrapolation alone."""
    straight = curve_over(ramp, fitted(ramp, window=window, model="linear"))
    steep = steepness(straight.temperature, straight.ratio, noise=straight.noise)
    flat = _why_none(straight, steep)
    return f"{flat} over a straight normal state, and a curved one alone is no proof" * bool(flat)


def _steepest(curve: Curve, smallest: float) -> float:
    """Give the largest T dr/dT over stretches in which r falls by a whole step."""
    r, t = curve.ratio, curve.temperature
    steepest, length = 0.0, 1
    while length < r.size:
        fall = r[length:] - r[:-length]
        slopes = (t[length:] + t[:-length]) / 2 * fall / (t[length:] - t[:-length])
        steepest = max(steepest, float(np.max(slopes, where=fall > smallest, initial=0.0)))
        length *= 2
    return steepest


def _zero(ramp: Ramp, curve: Curve, crossings: Mapping[str, Crossing]) -> Zero:
    middle, foot = crossings["tc_midpoint"].value, crossings["tc_foot"].value
    if not (isfinite(middle) and isfinite(foot)):
        return Zero(reason="the curve does not cross 10 % of the normal state")
    return zero(ramp, normal=float(curve.state.at(middle)), foot=foot, level=curve.noise)


def _verdict(
    curve: Curve, crossings: Mapping[str, Crossing], found: tuple[Step, ...], at_zero: Zero
) -> tuple[str, str]:
    lowest = float(np.median(curve.ratio[:3]))
    end = f"the curve ends at {curve.temperature[0]:.4g} K with r = {lowest:.3f}"
    if (
        at_zero.verdict != "reached"
        and _GONE < lowest < 1 - SMALLEST_STEP
        and _still_falling(curve)
    ):
        return "incomplete", f"{end}, still falling"
    if len(found) > 1 and not any(one.reentrant for one in found):
        places = ", ".join(f"{100 * one.height:.0f} % at {one.temperature:.4g} K" for one in found)
        return "more than one step", f"r falls in {len(found)} steps: {places}"
    doubtful = [one for one in crossings.values() if one.ambiguous]
    if doubtful:
        spans = ", ".join(f"{one.low:.4g} to {one.high:.4g} K" for one in doubtful)
        return "ambiguous", f"searches from above and below disagree: {spans}"
    if not isfinite(crossings["tc_foot"].value):
        return "partial", f"{end}, on a plateau"
    return "transition", f"r falls from 1 to {float(curve.ratio.min()):.3f}"


def _still_falling(curve: Curve) -> bool:
    """Whether r falls at the end of the curve, by more than the error of its slope."""
    near = curve.temperature <= _END * curve.temperature[0]
    count = max(FEWEST, int(np.count_nonzero(near)))
    t, r = curve.temperature[:count], curve.ratio[:count]
    slope, offset = np.polyfit(t, r, 1)
    left = float(np.std(r - slope * t - offset))
    error = left / (float(np.std(t)) * sqrt(count)) if t[-1] > t[0] else inf
    return bool(slope * t[0] > _STILL_FALLING and slope > 3 * error)


def _window_stds(one: TransitionCurve, curve: Curve) -> dict[str, tuple[float, float]]:
    """Half the range of each crossing over other windows and forms; the part beyond their noise.

    Shorter windows and curved forms scatter by noise alone: that is in the noise already. What
    goes beyond is a bound, whose standard error is smaller by the root of three.
    """
    found: dict[str, list[float]] = {name: [] for name in LEVELS}
    scatter = dict.fromkeys(LEVELS, 0.0)
    for state in _other_states(one.ramp, curve.state):
        other = curve_over(one.ramp, state)
        for name, level in LEVELS.items():
            value = crossing(other, level).value
            found[name].append(value)
            if isfinite(value) and (slope := slope_at(curve, level)) > 0:
                std = float(state.std_at(value) / state.at(value))
                scatter[name] = max(scatter[name], level * std / slope)
    halves = {name: _half_range(values) for name, values in found.items()}
    return {
        name: (half, sqrt(max(half**2 - scatter[name] ** 2, 0.0) / 3) if isfinite(half) else nan)
        for name, half in halves.items()
    }


def _half_range(values: list[float]) -> float:
    finite = [one for one in values if isfinite(one)]
    return float(np.ptp(finite)) / 2 if finite else nan


def _other_states(ramp: Ramp, state: NormalState) -> list[NormalState]:
    return [
        fitted(ramp, window=window, model=model)
        for window, model in neighbours(state)
        if np.count_nonzero(ramp.inside(window)) >= FEWEST
    ]


def _criterion_stds(one: TransitionCurve) -> dict[str, float]:
    """Half the distance to another criterion for the same: tangents, the steepest point."""
    if not one.steps:
        return {}
    values = {name: found.value for name, found in one.crossings.items()}
    onset, off = tangents(one.steps[0])[0], tangents(one.steps[-1])[1]
    middles = (
        values["tc_midpoint"],
        (values["tc_onset"] + values["tc_foot"]) / 2,
        one.steps[0].temperature,
    )
    return {
        "tc_onset": abs(values["tc_onset"] - onset) / 2,
        "tc_midpoint": _half_range(list(middles)),
        "tc_foot": abs(values["tc_foot"] - off) / 2,
        "tc_zero": one.zero.criterion_std,
    }


def _errors(one: TransitionCurve) -> dict[str, dict[str, float]]:
    """Keep the errors of each number apart by where they come from."""
    windows = _window_stds(one, one.curve) if one.curve and one.crossings else {}
    windows["tc_zero"] = (0.0, 0.0)
    criteria = _criterion_stds(one)
    noises = {name: found.noise_std for name, found in one.crossings.items()}
    noises["tc_zero"] = one.zero.noise_std
    return {
        name: {
            "noise_std": value,
            "window_std": windows[name][0],
            "window_beyond_noise_std": windows[name][1],
            "criterion_std": criteria.get(name, nan),
        }
        for name, value in noises.items()
    }


def _total(errors: Mapping[str, float]) -> float:
    return hypot(errors["noise_std"], errors["window_beyond_noise_std"])


def _observables(piece: xr.Dataset, one: TransitionCurve, asked: Mapping[str, Any]) -> xr.Dataset:
    errors = _errors(one)
    stds = {name: _total(parts) for name, parts in errors.items()}
    found = schemas.observables(
        (numbers := _numbers(one, stds)).values,
        nucleus="none",
        metal="none",
        method="resistance over a local normal state; 90, 50 and 10 % by interpolation",
        provenance=provenance.record(
            step="observables.critical_temperature",
            parameters=dict(asked),
            inputs=[piece.attrs["source_sha256"]],
        ),
        quality=numbers.quality,
        started_at=piece["started_at"].values,
        attrs={
            "verdict": one.verdict,
            "reason": one.reason,
            "zero_verdict": one.zero.verdict,
            "zero_reason": one.zero.reason,
            "tc_foot": one.crossings.get("tc_foot", Crossing()).value,
            "tc_foot_std": stds.get("tc_foot", nan),
            "errors": json.dumps(_plain(errors)),
            "window_spread": errors.get("tc_midpoint", {}).get("window_std", nan),
            "direction": int(np.sign(np.sum(piece["direction"].values))),
            "rate": rate(piece, between=_near(one)),
            "merged_points": one.ramp.merged,
            "dropped_points": one.ramp.dropped,
            "assumptions": [
                "the normal state keeps its form from the window down",
                "the thermometer shows the temperature of the sample: no correction for lag",
            ],
            **_shape_attrs(one),
            **_state_attrs(one),
            **_origin_attrs(piece),
        },
    )
    return schemas.with_warnings(found, *schemas.warnings_of(piece), *_retraction(piece))


def _near(one: TransitionCurve) -> tuple[float, float] | None:
    """Temperatures at which the rate of a ramp counts: its transition, and a width around it."""
    ends = [one.crossings.get(name, Crossing()).value for name in ("tc_foot", "tc_onset")]
    if not (isfinite(ends[0]) and isfinite(ends[1])):
        return None
    return 2 * ends[0] - ends[1], 2 * ends[1] - ends[0]


def _numbers(one: TransitionCurve, stds: Mapping[str, float]) -> Numbers:
    numbers = Numbers()
    for name in ("tc_onset", "tc_midpoint"):
        place = one.crossings.get(name, Crossing())
        numbers = numbers.add(name, place.value, stds.get(name, nan), _quality(place, one))
    onset, foot = (one.crossings.get(name, Crossing()) for name in ("tc_onset", "tc_foot"))
    width, kind = (nan, nan), _quality(onset if onset.ambiguous else foot, one)
    if one.verdict == "more than one step":
        kind = "no solution"
    elif kind == "value":
        width = (onset.value - foot.value, hypot(stds["tc_onset"], stds["tc_foot"]))
    numbers = numbers.add("tc_width", *width, kind)
    reached = "value" if one.zero.verdict == "reached" else _quality(Crossing(), one)
    return numbers.add("tc_zero", one.zero.temperature, stds.get("tc_zero", nan), reached)


def _quality(place: Crossing, one: TransitionCurve) -> str:
    if isfinite(place.value):
        return "value"
    decided = one.verdict not in ("no transition", "not covered") and not place.ambiguous
    return "not reached" if decided else "no solution"


def _plain(errors: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    """JSON knows no nan."""
    return {
        name: {part: value if isfinite(value) else None for part, value in parts.items()}
        for name, parts in errors.items()
    }


def _shape_attrs(one: TransitionCurve) -> dict[str, Any]:
    told: dict[str, Any] = {
        "steps": json.dumps(
            [
                {"temperature": s.temperature, "height": s.height, "width": s.width}
                for s in one.steps
            ]
        ),
        "model_tc": one.smooth.tc,
        "model_tc_std": one.smooth.tc_std,
        "model_sharpness": one.smooth.sharpness,
        "model_sharpness_std": one.smooth.sharpness_std,
        "model_misfit": one.smooth.misfit,
    }
    shape = dict.fromkeys(
        ("tangent_onset", "tangent_zero", "steepest", "steepest_height", "steepest_width"), nan
    )
    if one.steps and one.steep:
        main = max(one.steps, key=lambda step: step.slope)
        shape = {
            "tangent_onset": tangents(one.steps[0])[0],
            "tangent_zero": tangents(one.steps[-1])[1],
            "steepest": main.temperature,
            "steepest_height": main.slope,
            "steepest_width": resolved_width(main, one.steep),
        }
    return told | shape


def _state_attrs(one: TransitionCurve) -> dict[str, Any]:
    if one.curve is None:
        return {"normal_state_model": "none", "normal_state_found": 0}
    state, curve = one.curve.state, one.curve
    return {
        "normal_state_model": state.model,
        "normal_state_window": json.dumps(list(state.window)),
        "normal_state_found": int(one.window_found),
        "normal_state_correlation": state.correlation,
        "covered": json.dumps([float(curve.temperature[0]), float(curve.temperature[-1])]),
        "noise": curve.noise,
        "lowest_ratio": float(curve.ratio.min()),
    }


def _origin_attrs(piece: xr.Dataset) -> dict[str, Any]:
    names = ("thermometer", "channel", "source_kind", "note")
    return {
        "retracted": int(_RETRACTED in str(piece.attrs.get("note", "")).lower()),
        **{name: piece.attrs[name] for name in names if name in piece.attrs},
    }


def _retraction(piece: xr.Dataset) -> tuple[str, ...]:
    if _RETRACTED not in str(piece.attrs.get("note", "")).lower():
        return ()
    return (
        "These data come from a RETRACTED source: the curve is a shape, no evidence of "
        "superconductivity.",
    )

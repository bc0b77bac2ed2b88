"""Figures of resistance: a ramp with its normal state and its crossings; many ramps together."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.report import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megabar.observables.critical_temperature import TransitionCurve
    from megabar.observables.transition_criteria import Curve

_BLUE, _RED, _GREEN = figures.CELL_COLOURS[:3]
_GREY: Final = "#777777"
_SHADE: Final = "#dddddd"
_LEVELS: Final = {"tc_onset": (0.9, "T₉₀"), "tc_midpoint": (0.5, "T₅₀"), "tc_foot": (0.1, "T₁₀")}
_ROOM: Final = 2.2  # widths of the transition on both sides
_LEAST: Final = 0.004  # of the temperature: half the shortest axis of the near view
_LONGEST: Final = 34  # letters of a name
_WARNING: Final = "RETRACTED SOURCE: a shape, no evidence of superconductivity"


def one_ramp(found: TransitionCurve, *, retracted: bool) -> Any:
    """Draw one ramp: R(T) with its normal state, r(T) near the transition, and its derivative.

    Parameters
    ----------
    found
        The ramp with what was found in it; it has a normal state.
    retracted
        Whether its source was retracted, which stands across the figure.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        figure, axes = figures.sheet(
            2, 2, height=4.1, widths=(1.15, 1), left=0.09, right=0.985, bottom=0.11, top=0.89,
            wspace=0.24, hspace=0.14,
        )  # fmt: skip
        grid = axes[0, 0].get_gridspec()
        for ax in axes[:, 0]:
            ax.remove()
        _draw_whole(figure.add_subplot(grid[:, 0]), found)
        upper, lower = axes[:, 1]
        lower.sharex(upper)
        upper.tick_params(labelbottom=False)
        _draw_near(upper, found)
        _draw_slope(lower, found)
        figure.align_ylabels([upper, lower])
        _warn(figure, retracted=retracted)
    return figure


def _warn(figure: Any, *, retracted: bool) -> None:
    if retracted:
        figure.text(0.985, 0.985, _WARNING, color=_RED, ha="right", va="top", weight="bold")


def _over_normal(found: TransitionCurve) -> Curve:
    if found.curve is None:
        msg = f"Found a ramp without a normal state ({found.reason}); r(T) needs one. Leave it out."
        raise ValueError(msg)
    return found.curve


def _draw_whole(ax: Any, found: TransitionCurve) -> None:
    ramp, curve = found.ramp, _over_normal(found)
    ax.plot(ramp.temperature, ramp.resistance, ".", color=_BLUE, ms=2.5)
    low, high = curve.state.window
    known = np.linspace(curve.temperature[0], max(high, float(curve.temperature[-1])), 200)
    normal = curve.state.at(known)
    ax.plot(known, normal, color=_GREY, lw=1.0, ls=(0, (4, 2)))
    ax.axvspan(low, high, color=_SHADE, lw=0, zorder=0)
    ax.text(
        (low + high) / 2, 0.45, "window of the normal state", rotation=90, color=_GREY,
        ha="center", va="center", transform=ax.get_xaxis_transform(),
    )  # fmt: skip
    for name, (level, _) in _LEVELS.items():
        crossing = found.crossings.get(name)
        if crossing is not None and isfinite(crossing.value):
            height = level * float(curve.state.at(crossing.value))
            ax.plot([crossing.value], [height], "o", color=_RED, mec="white", mew=0.5, zorder=4)
    ax.set_ylim(min(0.0, 1.05 * float(ramp.resistance.min())), 1.08 * float(ramp.resistance.max()))
    ax.set_title(f"{found.verdict}; normal state {curve.state.model}")
    ax.set_xlabel("temperature (K)")
    ax.set_ylabel("resistance (Ω)")


def _near(found: TransitionCurve) -> tuple[float, float]:
    """Give the temperatures of the near view [K]: all crossings and steps, with room."""
    curve = _over_normal(found)
    first, last = (float(curve.temperature[k]) for k in (0, -1))
    places = [one.value for one in found.crossings.values() if isfinite(one.value)]
    for one in found.steps:
        width = one.width if isfinite(one.width) else 0.0
        places += [one.temperature - width, one.temperature + width]
    if not places:
        return first, last
    middle, half = (max(places) + min(places)) / 2, (max(places) - min(places)) / 2
    half = max(_ROOM * half, _LEAST * middle)
    return max(middle - half, first - 0.1 * half), min(middle + half, last)


def _draw_near(ax: Any, found: TransitionCurve) -> None:
    curve = _over_normal(found)
    low, high = _near(found)
    shown = (curve.temperature >= low) & (curve.temperature <= high)
    ax.axhline(0, color="#333333", lw=0.7)
    ax.axhline(1, color=_GREY, lw=0.9, ls=(0, (4, 2)))
    ax.plot(curve.temperature[shown], curve.ratio[shown], ".-", color=_BLUE, ms=3, lw=0.6, zorder=2)
    for name, (level, word) in _LEVELS.items():
        ax.axhline(level, color=_GREY, lw=0.5, ls=":")
        crossing = found.crossings.get(name)
        if crossing is None or not isfinite(crossing.value):
            continue
        std = crossing.noise_std if isfinite(crossing.noise_std) else 0.0
        ax.errorbar(
            [crossing.value], [level], xerr=[std], fmt="o", color=_RED, mec="white", mew=0.5,
            elinewidth=1.0, zorder=4,
        )  # fmt: skip
        ax.annotate(
            f"{word} {crossing.value:.{_decimals(high - low)}f} K", (crossing.value, level),
            color=_RED, xytext=(7, -2), textcoords="offset points", va="top",
        )  # fmt: skip
    if isfinite(found.zero.temperature) and low < found.zero.temperature < high:
        ax.axvline(found.zero.temperature, color=_GREEN, lw=0.9, ls=(0, (4, 2)))
        ax.annotate(
            "zero", (found.zero.temperature, 0.97), xycoords=ax.get_xaxis_transform(),
            color=_GREEN, ha="right", va="top", xytext=(-3, 0), textcoords="offset points",
        )  # fmt: skip
    ax.set_xlim(low, high)
    ax.set_ylim(min(-0.06, float(curve.ratio[shown].min()) - 0.05), 1.15)
    ax.set_title("over the normal state")
    ax.set_ylabel(r"$r = R\,/\,R_\mathrm{N}$")


def _decimals(span: float) -> int:
    """Digits after the point that an axis of this length can show."""
    return int(np.clip(2 - np.floor(np.log10(span)), 0, 4)) if span > 0 else 2


def _draw_slope(ax: Any, found: TransitionCurve) -> None:
    ax.axhline(0, color="#333333", lw=0.7)
    ax.set_xlabel("temperature (K)")
    ax.set_ylabel("dr/dT (1/K)")
    if found.steep is None:
        return
    low, high = ax.get_xlim()
    shown = (found.steep.temperature >= low) & (found.steep.temperature <= high)
    ax.plot(found.steep.temperature[shown], found.steep.slope[shown], color=_BLUE, lw=1.0)
    for one in found.steps:
        ax.plot([one.temperature], [one.slope], "v", color=_RED, mec="white", mew=0.5, ms=5)
        ax.annotate(
            f"{100 * one.height:.0f} %", (one.temperature, one.slope), color=_RED,
            xytext=(6, -2), textcoords="offset points", va="top",
        )  # fmt: skip


def many_ramps(found: Mapping[str, TransitionCurve], *, retracted: bool) -> Any:
    """Draw r(T) of many ramps, and beside it their crossings with what the width is.

    Parameters
    ----------
    found
        Name of the ramp -> ramp with a normal state.
    retracted
        Whether one of the sources was retracted.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        height = max(2.9, 1.0 + 0.38 * len(found))
        figure, axes = figures.sheet(
            1, 2, height=height, widths=(1.1, 1), left=0.075, right=0.985, bottom=0.45 / height,
            top=1 - 0.42 / height, wspace=0.1,
        )  # fmt: skip
        ax, right = axes[0]
        for row, (name, one) in enumerate(found.items()):
            colour = figures.CELL_COLOURS[row % len(figures.CELL_COLOURS)]
            curve = _over_normal(one)
            ax.plot(curve.temperature, curve.ratio, ".-", color=colour, ms=2, lw=0.6)
            _draw_bar(right, row, name, one, colour)
        stepped = [one for one in found.values() if one.steps] or list(found.values())
        ends = [_near(one) for one in stepped]
        ax.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
        ax.set_ylim(-0.08, 1.2)
        ax.axhline(0, color="#333333", lw=0.7)
        ax.set_title("over the normal state of each")
        ax.set_xlabel("temperature (K)")
        ax.set_ylabel(r"$r = R\,/\,R_\mathrm{N}$")
        right.set_ylim(len(found) - 0.3, -0.8)
        right.set_yticks([])
        right.spines["left"].set_visible(False)
        right.margins(x=0.25)
        right.set_title("midpoint, error, and width of the sample")
        right.set_xlabel("temperature (K)")
        _warn(figure, retracted=retracted)
    return figure


def _draw_bar(ax: Any, row: int, name: str, one: TransitionCurve, colour: str) -> None:
    places = {key: one.crossings[key] for key in _LEVELS if key in one.crossings}
    known = {key: place.value for key, place in places.items() if isfinite(place.value)}
    if {"tc_onset", "tc_foot"} <= set(known):
        ax.plot([known["tc_foot"], known["tc_onset"]], [row, row], color=colour, lw=5, alpha=0.25)
    words = _shortened(name) + ("" if one.verdict == "transition" else f": {one.verdict}")
    ax.annotate(
        words, (0.0, row), xycoords=ax.get_yaxis_transform(), color=colour, xytext=(2, 4),
        textcoords="offset points", va="bottom",
    )  # fmt: skip
    if "tc_midpoint" in known:
        ax.errorbar(
            [known["tc_midpoint"]], [row], xerr=[places["tc_midpoint"].noise_std], fmt="o",
            color=colour, mec="white", mew=0.4, elinewidth=1.0,
        )  # fmt: skip


def _shortened(name: str) -> str:
    """Keep the end of a long name, which tells files of one series apart."""
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"

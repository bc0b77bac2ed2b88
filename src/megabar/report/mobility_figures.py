"""Figures of mobility: the rigid line behind the dead time, T1 and T2 against D, error budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.report import figures, tornado
from megabar.report.numbers import format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.mobility_answers import Mobility
    from megabar.observables.mobility_budget import Budget
    from megabar.observables.motion_models import Motion
    from megabar.spins.rigid_lines import RigidLine

_BLUE, _RED, _GREEN = figures.CELL_COLOURS[:3]
_GREY: Final = "#777777"
_SHADE: Final = "#dddddd"
_PAPER: Final = {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.6}
_SEEN: Final = 1.6  # half width of the frequency axis over the width of the line
_CM2: Final = 1e4  # cm2 in a m2
_GRID: Final = 400
_ROOM: Final = 12.0  # factor on D beyond what is found
_MARGIN: Final = 40.0  # factor on times beyond what is found
_DECAY: Final = 9.0  # length of the time axis over the half time


def rigid_hydrogen(line: RigidLine, *, dead_time: float | None) -> Any:
    """Draw the rigid line beside the Gaussian of its second moment, and its decay.

    Parameters
    ----------
    line
        Of many protons.
    dead_time
        Of the receiver [s]; what it hides is shaded.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        figure, axes = figures.sheet(
            1, 2, height=2.7, left=0.085, right=0.985, bottom=0.17, top=0.88, wspace=0.22
        )
        _draw_line(axes[0, 0], line)
        _draw_decay(axes[0, 1], line, dead_time)
    return figure


def _draw_line(ax: Any, line: RigidLine) -> None:
    scale = 1 / line.intensity.max()
    sigma = np.sqrt(line.second_moment) / (2 * np.pi)
    gaussian = np.exp(-(line.frequency**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    ax.set_title("line of rigid hydrogen, powder")
    ax.plot(line.frequency / 1e3, scale * line.intensity, color=_BLUE)
    ax.plot(line.frequency / 1e3, scale * gaussian, color=_GREY, ls=(0, (4, 2)), lw=1)
    centre = scale * line.intensity[len(line.frequency) // 2]
    half = line.fwhm / 2e3
    ax.annotate(
        "", xy=(-half, centre / 2), xytext=(half, centre / 2),
        arrowprops={"arrowstyle": "<->", "color": _BLUE, "lw": 0.9, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    ax.text(0, centre / 2 + 0.03, f"{2 * half:.0f} kHz", color=_BLUE, ha="center", va="bottom")
    edge = _SEEN * line.fwhm / 1e3
    ax.text(0.99, 0.96, "many protons", color=_BLUE, ha="right", va="top", transform=ax.transAxes)
    ax.text(
        0.99, 0.87, "Gaussian of the same\nsecond moment", color=_GREY, ha="right", va="top",
        transform=ax.transAxes,
    )  # fmt: skip
    ax.set_xlim(edge, -edge)  # spectroscopists read from right to left
    ax.set_ylim(-0.02, max(1.0, float(scale * gaussian.max())) * 1.06)
    ax.set_xlabel("offset (kHz)")
    ax.set_ylabel("intensity / largest of the line")


def _draw_decay(ax: Any, line: RigidLine, dead_time: float | None) -> None:
    longest = max(_DECAY * line.half_time, 1.4 * (dead_time or 0.0))
    shown = line.time <= longest
    time = line.time[shown] * 1e6
    ax.set_title("its decay after a pulse")
    if dead_time is not None:
        ax.axvspan(0, dead_time * 1e6, color=_SHADE, lw=0, zorder=0)
        ax.text(dead_time * 1e6, 0.99, " after the\n dead time", color=_GREY, ha="left", va="top")
    ax.axhline(0, color="#333333", lw=0.7)
    ax.plot(time, line.fid[shown], color=_BLUE)
    gaussian = np.exp(-line.second_moment * line.time[shown] ** 2 / 2)
    ax.plot(time, gaussian, color=_GREY, ls=(0, (4, 2)), lw=1)
    ax.plot([line.half_time * 1e6], [0.5], "o", color=_RED, zorder=4)
    ax.annotate(
        f"one half at {line.half_time * 1e6:.2g} µs", (line.half_time * 1e6, 0.5), color=_RED,
        xytext=(7, 3), textcoords="offset points",
    )  # fmt: skip
    ax.set_xlim(0, longest * 1e6)
    ax.set_ylim(min(-0.22, float(line.fid[shown].min()) - 0.06), 1.04)
    ax.set_xlabel("time (µs)")
    ax.set_ylabel("signal")


def verdict(found: Mobility, motions: Sequence[Motion]) -> Any:
    """Draw T1 and T2 against D with what was measured, and what D hangs on.

    Curves are those of the first model; a band spans all models. Diffusivities below the bound are
    shaded.

    Parameters
    ----------
    found
        The mobility.
    motions
        The models it was found with, in the same order.

    Returns
    -------
    :
        The figure.
    """
    moving = [one for one in motions if one.diffusivity > 0]
    with figures.house_style():
        if found.budget is None:
            figure, axes = figures.sheet(
                1, 1, height=3.5, left=0.09, right=0.985, bottom=0.135, top=0.91
            )
            _draw_times(axes[0, 0], found, moving)
            return figure
        figure, axes = figures.sheet(
            1, 2, height=3.5, widths=(1.75, 1), left=0.095, right=0.985, bottom=0.135, top=0.91,
            wspace=0.12,
        )  # fmt: skip
        _draw_times(axes[0, 0], found, moving)
        _draw_tornado(axes[0, 1], found.budget)
    return figure


def _draw_times(ax: Any, found: Mobility, motions: Sequence[Motion]) -> None:
    grid = np.geomspace(*_span(found, motions), _GRID)
    times, field = found.times, found.times.larmor_frequency
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(_CM2 * grid[0], _CM2 * grid[-1])
    ax.set_ylim(*_height(found))
    drawn = [("T₁", _BLUE, times.t1, "r1"), ("T₂", _RED, times.t2, "r2")]
    if times.t1rho is not None:
        drawn.append(("T₁ρ", _GREEN, times.t1rho, "r1rho"))
    for name, colour, measured, rate in drawn:
        curves = [1e3 / _rates(one, grid, times, rate) for one in motions]
        _draw_model(ax, grid, np.array(curves), name, colour)
        if measured is not None:
            _draw_measured(ax, measured, found.sigmas, name, colour)
    _draw_roots(ax, found)
    _draw_limits(ax, found, grid)
    ax.set_title(f"dipolar T₁ and T₂ of {found.structure.name} at {field / 1e6:.4g} MHz")
    ax.set_xlabel("diffusivity D (cm² s⁻¹)")
    ax.set_ylabel("time (ms)")
    figures.plain_logarithmic(ax)


def _rates(motion: Motion, grid: Any, times: MeasuredTimes, rate: str) -> Any:
    if rate == "r1rho" and times.locking_frequency is not None:
        return motion.r1rho(
            grid,
            larmor_frequency=times.larmor_frequency,
            locking_frequency=times.locking_frequency,
        )
    return getattr(motion.rates(grid, larmor_frequency=times.larmor_frequency), rate)


def _span(found: Mobility, motions: Sequence[Motion]) -> tuple[float, float]:
    """Diffusivities worth showing [m2/s]: all that is found or claimed, with room on both sides."""
    known = [one.diffusivity for one in found.bounds] + [one.diffusivity for one in found.claims]
    for one in found.by_motion:
        known.append(one.t1_minimum[1])
        for inversion in (one.from_t1, one.from_t2, one.from_t1rho):
            known += [root.diffusivity for root in (inversion.roots if inversion else ())]
    usable = [value for value in known if np.isfinite(value) and value > 0]
    low, high = min(usable) / _ROOM, max(usable) * _ROOM
    return max(low, min(one.slowest() for one in motions)), high


def _height(found: Mobility) -> tuple[float, float]:
    """Give the times worth showing [ms]: what was measured, the floor and the minima of T1."""
    times = found.times
    known = [one[0] for one in (times.t1, times.t2, times.t1rho) if one is not None]
    known += [one.t1_minimum[0] for one in found.by_motion if np.isfinite(one.t1_minimum[0])]
    if found.floor is not None:
        known.append(found.floor.floor)
    return 1e3 * min(known) / _MARGIN, 1e3 * max(known) * _MARGIN


def _draw_model(ax: Any, grid: Any, curves: Any, name: str, colour: str) -> None:
    ax.fill_between(
        _CM2 * grid, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.16, lw=0
    )
    ax.plot(_CM2 * grid, curves[0], color=colour, lw=1.4)
    low, high = ax.get_ylim()
    inside = np.flatnonzero((curves[0] > 1.5 * low) & (curves[0] < high / 3))
    place = inside[min(len(grid) // 12, len(inside) - 1)] if inside.size else 0
    below = name == "T₂"
    ax.annotate(
        name, (_CM2 * grid[place], curves[0][place]), color=colour, xytext=(0, -3 if below else 3),
        textcoords="offset points", ha="right" if name == "T₁ρ" else "left",
        va="top" if below else "bottom",
    )  # fmt: skip


def _draw_measured(
    ax: Any, measured: tuple[float, float], sigmas: float, name: str, colour: str
) -> None:
    value, std = 1e3 * measured[0], 1e3 * measured[1]
    ax.axhspan(value - sigmas * std, value + sigmas * std, color=colour, alpha=0.13, lw=0, zorder=0)
    ax.axhline(value, color=colour, lw=0.8, ls=(0, (5, 2)))
    below = name == "T₂"
    ax.annotate(
        f"{name} = {format_value(value, std, 'ms')}", (1, value), color=colour,
        xycoords=ax.get_yaxis_transform(), xytext=(-4, -4 if below else 4),
        textcoords="offset points", ha="right", va="top" if below else "bottom", bbox=_PAPER,
    )  # fmt: skip


def _draw_roots(ax: Any, found: Mobility) -> None:
    first = found.by_motion[0]
    routes = (
        (first.from_t1, found.times.t1, _BLUE),
        (first.from_t2, found.times.t2, _RED),
        (first.from_t1rho, found.times.t1rho, _GREEN),
    )
    for inversion, measured, colour in routes:
        if inversion is None or measured is None:
            continue
        for root in inversion.roots:
            ax.plot([_CM2 * root.diffusivity], [1e3 * measured[0]], "o", color=colour, zorder=5,
                    mec="white", mew=0.6, ms=5.5)  # fmt: skip


def _draw_limits(ax: Any, found: Mobility, grid: Any) -> None:
    """Shade what all models exclude, and mark floor, bounds and claims."""
    excluded = np.all(
        [
            np.any(
                [(low < grid) & (grid < high) for low, high in one.excluded] or [grid < 0], axis=0
            )
            for one in found.by_motion
        ],
        axis=0,
    )
    if found.quality == "lower bound":
        excluded |= grid < found.diffusivity
    ax.fill_between(
        _CM2 * grid, 0, 1, where=excluded, transform=ax.get_xaxis_transform(), color=_SHADE, lw=0,
        zorder=-1, alpha=0.7,
    )  # fmt: skip
    top = ax.get_xaxis_transform()
    bounds = [one for one in found.bounds if one.name != "BW" and one.diffusivity > 0]
    for place, bound in enumerate(sorted(bounds, key=lambda one: one.diffusivity)):
        ax.axvline(_CM2 * bound.diffusivity, color="#333333", lw=0.8)
        ax.text(
            _CM2 * bound.diffusivity, 0.985 - 0.06 * max(place - 1, 0), f" {bound.name} ",
            transform=top, va="top", ha="left" if place else "right", color="#333333",
        )  # fmt: skip
    for claim in found.claims:
        ax.axvline(_CM2 * claim.diffusivity, color=_GREY, lw=0.9, ls=(0, (2, 2)))
        ax.text(
            _CM2 * claim.diffusivity, 0.985, "claimed ", transform=top, va="top", ha="right",
            color=_GREY,
        )  # fmt: skip
    if found.floor is not None:
        ax.axhline(1e3 * found.floor.floor, color=_BLUE, lw=0.9, ls=":")
        ax.text(
            0.01, 1e3 * found.floor.floor, "floor of T₁", color=_BLUE, va="top", ha="left",
            transform=ax.get_yaxis_transform(),
        )  # fmt: skip


def _draw_tornado(ax: Any, budget: Budget) -> None:
    low, high = budget.total
    bars = [
        tornado.Bar(label=one.source, low=one.low, high=one.high, kind=one.kind)
        for one in budget.rows
    ]
    bars.append(tornado.Bar(label="all but conventions", low=low, high=high, kind="total"))
    tornado.draw(ax, bars, quantity="D", title=f"{budget.quantity} hangs on")

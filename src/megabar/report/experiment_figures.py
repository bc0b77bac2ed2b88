"""Figures of a planned experiment: error against hours, repetition, and what dead time hides."""

from __future__ import annotations

from dataclasses import replace
from math import log, pi, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.observables.experiment_plan import AmplitudePlan
from megabar.observables.repetition import Scan
from megabar.report import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megabar.observables.experiment_channels import ChannelPlan
    from megabar.observables.experiment_plan import T1Plan
    from megabar.spins.rigid_lines import RigidLine

_COLOURS: Final = figures.CELL_COLOURS
_GREY: Final = "#777777"
_SHADE: Final = "#dddddd"
_DECADES: Final = 2.0  # of hours on either side of the plan
_REPETITIONS: Final = (0.05, 8.0)  # over T1
_HALVES: Final = 4.0  # dead times, or half times, that are drawn


def plan(found: AmplitudePlan | T1Plan, *, rigid: RigidLine | None) -> Any:
    """Draw a plan.

    Parameters
    ----------
    found
        Of an amplitude, a content or a T1.
    rigid
        Hydrogen that does not move, if known.

    Returns
    -------
    :
        The figure.
    """
    channels = found.channels if isinstance(found, AmplitudePlan) else (found.channel,)
    with figures.house_style():
        figure, axes = figures.sheet(
            1, 3, height=2.75, left=0.08, right=0.985, bottom=0.17, top=0.88, wspace=0.36
        )
        _draw_error(axes[0, 0], found)
        if isinstance(found, AmplitudePlan):
            _draw_repetition(axes[0, 1], channels)
        else:
            _draw_recovery(axes[0, 1], found)
        _draw_dead_time(axes[0, 2], channels, rigid)
    return figure


def _draw_error(ax: Any, found: AmplitudePlan | T1Plan) -> None:
    total = _hours_of(found)
    hours = np.geomspace(total / 10**_DECADES, total * 10**_DECADES, 200)
    whole = 100 * np.array([found.error_after(one) for one in hours])
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(hours[0], hours[-1])
    ax.axhline(100 * found.error, color=_GREY, lw=0.9, ls=(0, (4, 2)))
    reached = not isinstance(found, AmplitudePlan) or found.reachable
    ax.text(
        hours[-1], 100 * found.error, "wanted ", color=_GREY, ha="right",
        va="bottom" if reached else "top",
    )  # fmt: skip
    if isinstance(found, AmplitudePlan):
        _draw_parts(ax, found, hours)
    ax.plot(hours, whole, color="#333333", lw=1.6)
    if reached:
        ax.plot([total], [100 * found.error], "o", color="#333333", zorder=5)
    ax.set_title("error against time")
    ax.set_xlabel("hours, all channels")
    ax.set_ylabel("relative error (%)")
    figures.plain_logarithmic(ax)


def _hours_of(found: AmplitudePlan | T1Plan) -> float:
    if not isinstance(found, AmplitudePlan):
        return found.hours
    if found.reachable:
        return sum(found.hours)
    roots = sum(sqrt(one.cost) for one in found.channels)
    return (roots / found.error) ** 2 / 3600  # where noise alone would reach it


def _draw_parts(ax: Any, found: AmplitudePlan, hours: NDArray[np.float64]) -> None:
    roots = [sqrt(one.cost) for one in found.channels]
    if len(roots) > 1:
        for place, (one, root) in enumerate(zip(found.channels, roots, strict=True)):
            share = root / sum(roots)
            noise = 100 * root / np.sqrt(3600 * share * hours)
            ax.plot(hours, noise, color=_COLOURS[place], lw=1.0)
            upper = root == max(roots)
            at = 14 if upper else 150
            spot = hours[at], noise[at]
            ax.annotate(
                f"{one.channel.nucleus} noise", spot, color=_COLOURS[place],
                xytext=(3, 1) if upper else (-3, -1), textcoords="offset points",
                ha="left" if upper else "right", va="bottom" if upper else "top",
            )  # fmt: skip
    if found.common_std > 0:
        ax.axhline(100 * found.common_std, color=_COLOURS[2], lw=1.0)
        ax.text(
            hours[0], 100 * found.common_std, " common", color=_COLOURS[2], ha="left", va="bottom"
        )


def _draw_repetition(ax: Any, channels: Sequence[ChannelPlan]) -> None:
    ratios = np.geomspace(*_REPETITIONS, 160)
    ax.set_xscale("log")
    for place, one in enumerate(channels):
        t1 = one.channel.line.t1[0]
        scan = Scan(
            sequence=one.channel.scan.sequence,
            t1=one.channel.line.t1,
            shortest=1e-9,
            flip_angle=one.channel.scan.flip_angle,
            echo_delay=one.channel.scan.delay or None,
        )
        curve = np.array([_efficiency(scan, ratio * t1) for ratio in ratios])
        best = np.nanmax(curve)
        ax.plot(ratios, curve / best, color=_COLOURS[place])
        if scan.sequence == "fid" and scan.flip_angle is None:
            right = replace(scan, flip_angle=pi / 2)
            fixed = [_efficiency(right, ratio * t1) / best for ratio in ratios]
            ax.plot(ratios, fixed, color=_COLOURS[place], lw=0.9, ls=(0, (3, 2)))
        here = one.repetition.efficiency / best
        ax.plot([one.repetition.time / t1], [here], "o", color=_COLOURS[place], zorder=4)
        ax.text(
            0.03, 0.97 - 0.085 * place, one.channel.nucleus, color=_COLOURS[place], va="top",
            transform=ax.transAxes,
        )  # fmt: skip
    ax.set_xlim(*_REPETITIONS)
    ax.set_ylim(0, 1.12)
    ax.set_title("signal per root of time")
    ax.set_xlabel("repetition / T₁")
    ax.set_ylabel("over the best")
    figures.plain_logarithmic(ax, vertical=False)


def _efficiency(scan: Scan, time: float) -> float:
    try:
        return max(scan.at(time).efficiency, 0.0)
    except ValueError:  # the echo does not fit
        return float("nan")


def _draw_recovery(ax: Any, found: T1Plan) -> None:
    t1 = found.channel.channel.line.t1[0]
    time = np.geomspace(found.delays.delays[0], 8 * t1, 200)
    std = found.channel.relative_std / sqrt(found.scans)
    ax.set_xscale("log")
    ax.plot(1e3 * time, 1 - np.exp(-time / t1), color=_GREY, lw=1.0)
    for place, (name, delays) in enumerate(
        (("spread", found.delays), ("cheapest", found.cheapest))
    ):
        height = 1 - np.exp(-delays.delays / t1)
        if place == 0:
            ax.errorbar(
                1e3 * delays.delays, height, yerr=std, fmt="o", color=_COLOURS[0], capsize=2,
                label=name,
            )  # fmt: skip
        else:
            ax.plot(
                1e3 * delays.delays, height, "D", mfc="none", color=_COLOURS[1], ms=7, label=name
            )
    ax.legend(loc="upper left")
    ax.set_ylim(-0.1, 1.2)
    ax.set_title("delays of the recovery")
    ax.set_xlabel("delay (ms)")
    ax.set_ylabel("signal / plateau")
    figures.plain_logarithmic(ax, vertical=False)


def _draw_dead_time(ax: Any, channels: Sequence[ChannelPlan], rigid: RigidLine | None) -> None:
    ends = [_HALVES * one.channel.scan.dead_time for one in channels]
    ends += [2 * one.channel.line.decay_time for one in channels]
    longest = sorted(ends)[len(ends) // 2]
    time = np.linspace(0.0, longest, 300)
    for place, one in enumerate(channels):
        dead = one.channel.scan.dead_time
        ax.axvspan(0, 1e6 * dead, color=_SHADE, lw=0, zorder=0, alpha=0.6)
        decay = _envelope(one, time)
        echo = one.channel.scan.first_point == 0
        ax.plot(1e6 * time, decay, color=_COLOURS[place], ls=(0, (1, 1.5)) if echo else "-")
        if not echo:
            ax.plot([1e6 * dead], [one.left_after_dead_time], "o", color=_COLOURS[place], zorder=4)
        level = len(time) // 2
        ax.annotate(
            f"{one.channel.nucleus},\nif no echo" if echo else one.channel.nucleus,
            (1e6 * time[level], decay[level]), color=_COLOURS[place],
            xytext=(4, 1), textcoords="offset points",
        )  # fmt: skip
    if rigid is not None:
        colour = _COLOURS[2]
        ax.axhline(0, color="#333333", lw=0.7)
        shown = rigid.time <= longest
        ax.plot(1e6 * rigid.time[shown], rigid.fid[shown], color=colour, ls=(0, (4, 2)), lw=1)
        ax.annotate(
            "rigid H", (1e6 * rigid.half_time, 0.5), color=colour, xytext=(4, 3),
            textcoords="offset points",
        )  # fmt: skip
    ax.set_xlim(0, 1e6 * longest)
    ax.set_ylim(0 if rigid is None else min(-0.22, float(rigid.fid.min()) - 0.04), 1.05)
    ax.set_title("hidden by the dead time")
    ax.set_xlabel("time from the pulse (µs)")
    ax.set_ylabel("decay")


def _envelope(one: ChannelPlan, time: NDArray[np.float64]) -> NDArray[np.float64]:
    turn = pi * one.channel.line.fwhm * time
    if one.channel.line.shape == "lorentzian":
        return np.exp(-turn)
    return np.exp(-(turn**2) / (4 * log(2)))

"""Figures of a trajectory: displacements, hops and core radius, S(t), T1 and T2 over field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.report import figures
from megabar.report.numbers import format_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from megabar.observables.trajectory_answers import TrajectoryMobility

_BLUE, _RED, _GREEN = figures.CELL_COLOURS[:3]
_GREY: Final = "#777777"
_SHADE: Final = "#dddddd"
_PAPER: Final = {"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 0.8}
_PS: Final = 1e12
_A2: Final = 1e20
_A6: Final = 1e-60
_CM2: Final = 1e4
_BAND: Final = 0.15  # of the core radius, to either side
_EDGE: Final = 1.6  # factor of field beyond those asked for
_ROW: Final = 2.6  # inches
_MEANT: Final = ("value", "lower bound")


def overview(found: TrajectoryMobility) -> Any:
    """Draw all that was found: two panels a row.

    Parameters
    ----------
    found
        The analysis.

    Returns
    -------
    :
        The figure.
    """
    panels: list[Callable[[Any, TrajectoryMobility], None]] = [_draw_displacements]
    if found.hopping is not None:
        panels.append(_draw_scan)
    if found.correlation is not None:
        panels.append(_draw_correlation)
    if found.rates is not None and found.parts["rates"].quality in _MEANT:
        panels.append(_draw_direct_times)
    elif found.route is not None and found.parts["route"].quality == "value":
        panels.append(_draw_times_by_hops)
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    height = _ROW * rows
    with figures.house_style():
        figure, axes = figures.sheet(
            rows, columns, height=height, left=0.1, right=0.93, bottom=0.45 / height,
            top=1 - 0.28 / height, wspace=0.42, hspace=0.42,
        )  # fmt: skip
        for ax, draw in zip(axes.ravel(), panels, strict=False):
            draw(ax, found)
        for ax in axes.ravel()[len(panels) :]:
            ax.set_visible(False)
    return figure


def _draw_displacements(ax: Any, found: TrajectoryMobility) -> None:
    moved = found.displacements
    ax.set_title("displacements, and lags from which D comes")
    ax.set_xscale("log")
    ax.set_yscale("log")
    lags = _PS * moved.lags
    shown = slice(None, int(np.searchsorted(moved.lags, found.duration / 3)) + 1)
    ax.plot(lags[shown], _A2 * moved.tracer[shown], color=_BLUE)
    ax.plot(lags[shown], _A2 * moved.collective[shown], color=_RED)
    for place, (estimate, curve, name, colour) in enumerate(
        (
            (moved.diffusivity, moved.tracer, "one atom", _BLUE),
            (moved.collective_diffusivity, moved.collective, "all", _RED),
        )
    ):
        if estimate is None:
            continue
        window = (moved.lags >= estimate.lags[0]) & (moved.lags <= estimate.lags[-1])
        ax.plot(
            lags[window], _A2 * curve[window], color=colour, lw=6, alpha=0.35,
            solid_capstyle="butt",
        )  # fmt: skip
        value = format_value(_CM2 * estimate.value, _CM2 * estimate.std, "")
        _told(ax, place, f"{name}: D = {value} cm²/s", colour)
    _draw_exponent(ax, found)
    low, high = ax.get_ylim()
    ax.set_ylim(low, high * (high / low) ** 0.45)  # room for the words
    ax.set_xlabel("lag (ps)")
    ax.set_ylabel("mean square displacement (Å²)")


def _told(ax: Any, line: int, words: str, colour: str) -> None:
    ax.text(
        0.02, 0.97 - 0.085 * line, words, transform=ax.transAxes, color=colour, ha="left", va="top"
    )


def _draw_exponent(ax: Any, found: TrajectoryMobility) -> None:
    regime, fitted = found.displacements.regime, found.displacements.diffusivity
    if regime is None or fitted is None:
        return
    inside = (regime.lags >= fitted.lags[0]) & (regime.lags <= fitted.lags[-1])
    if inside.any():
        exponent = float(np.nanmean(regime.exponent[inside]))
        _told(ax, 2, f"exponent {exponent:.3f}: {found.parts['tracer'].quality}", _BLUE)


def _draw_scan(ax: Any, found: TrajectoryMobility) -> None:
    if found.hopping is None:
        return
    scan = found.hopping.scan
    radii = 1e10 * scan.radii
    chosen = 1e10 * scan.radius
    ax.set_title("hops against core radius")
    ax.axvspan((1 - _BAND) * chosen, (1 + _BAND) * chosen, color=_SHADE, lw=0, zorder=0)
    ax.axvline(chosen, color="#333333", lw=0.8)
    ax.plot(radii, scan.hops, "o-", color=_BLUE, ms=3)
    ax.text(
        chosen, 0.03, f"{scan.change:.1%} ", transform=ax.get_xaxis_transform(), ha="right",
        va="bottom", color="#333333", bbox=_PAPER,
    )  # fmt: skip
    ax.set_ylim(0, 1.08 * scan.hops.max())
    ax.set_ylabel("hops seen", color=_BLUE)
    ax.set_xlabel("core radius (Å)")
    inside_ax = ax.twinx()
    inside_ax.plot(radii, scan.in_core, color=_GREY, ls=(0, (4, 2)))
    inside_ax.set_ylim(0, 1.08)
    inside_ax.grid(visible=False)
    inside_ax.spines["right"].set_visible(True)
    inside_ax.set_ylabel("inside a core", color=_GREY)


def _draw_correlation(ax: Any, found: TrajectoryMobility) -> None:
    correlation = found.correlation
    if correlation is None:
        return
    lags, values, std = correlation.lags[1:], correlation.values[1:], correlation.std[1:]
    ax.set_title("correlation of dipole couplings")
    ax.set_xscale("log")
    ax.set_yscale("log")
    seen = values > 0
    low, high = _A6 * (values - std), _A6 * (values + std)
    ax.fill_between(_PS * lags, low, high, where=seen, color=_BLUE, alpha=0.18, lw=0)
    ax.plot(_PS * lags[seen], _A6 * values[seen], color=_BLUE)
    at_once = _A6 * correlation.sum_r6
    ax.plot([_PS * lags[0]], [at_once], "s", color=_GREY, ms=4)
    ax.annotate(
        "lag 0", (_PS * lags[0], at_once), xytext=(5, 0), textcoords="offset points", color=_GREY,
        va="center",
    )  # fmt: skip
    if found.rates is not None:
        ax.axvline(_PS * found.rates.like.cut, color="#333333", lw=0.8)
        ax.text(
            _PS * found.rates.like.cut, 0.98, "cut-off ", ha="right", va="top", color="#333333",
            transform=ax.get_xaxis_transform(), bbox=_PAPER,
        )  # fmt: skip
        _draw_tail(ax, found, lags)
    least = max(float(values[seen].min()), 1e-3 * float(values[0]))
    ax.set_ylim(0.6 * _A6 * least, 1.6 * at_once)
    figures.plain_logarithmic(ax)
    ax.set_xlabel("lag (ps)")
    ax.set_ylabel("S (Å⁻⁶)")


def _draw_tail(ax: Any, found: TrajectoryMobility, lags: Any) -> None:
    if found.rates is None or found.rates.tail is None:
        return
    late = lags[lags > 0.2 * found.rates.like.cut]
    used = "appended" if found.rates.like.verdict.tail_accepted else "not appended"
    ax.plot(
        _PS * late, _A6 * found.rates.tail.correlation(late), color=_RED, ls=(0, (4, 2)), lw=1.2
    )
    ax.text(
        0.03, 0.05, f"tail of diffusion, {used}", color=_RED, transform=ax.transAxes, bbox=_PAPER
    )


def _draw_direct_times(ax: Any, found: TrajectoryMobility) -> None:
    if found.rates is None:
        return
    quality = found.parts["rates"].quality
    ax.set_title("what NMR sees" if quality == "value" else "what NMR sees at most")
    total, error = found.rates.total, found.rates.total_std
    _draw_times(ax, found.larmor_frequency, (total.r1, error.r1), (total.r2, error.r2))


def _draw_times_by_hops(ax: Any, found: TrajectoryMobility) -> None:
    if found.route is None:
        return
    ax.set_title("what NMR sees, by way of the hops")
    relaxation = found.route.relaxation
    errors = ((ends[1] - ends[0]) / 2 for ends in (relaxation.r1_interval, relaxation.r2_interval))
    pairs = zip((relaxation.r1, relaxation.r2), errors, strict=True)
    _draw_times(ax, relaxation.larmor_frequency, *pairs)


def _draw_times(ax: Any, fields: Any, first: tuple[Any, Any], second: tuple[Any, Any]) -> None:
    """Draw T1 and T2 from rates and their errors."""
    order = np.argsort(fields)
    field = fields[order] / 1e6
    for name, (rate, std), colour, marker in (
        ("T₁", first, _BLUE, "o"),
        ("T₂", second, _RED, "s"),
    ):
        time = 1e3 / rate[order]
        ax.errorbar(
            field, time, yerr=time * std[order] / rate[order], color=colour, fmt=f"{marker}-",
            lw=0.8, label=name,
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_xlim(field[0] / _EDGE, field[-1] * _EDGE)
    figures.plain_logarithmic(ax, vertical=False)
    ax.legend(loc="upper left")
    ax.set_xlabel("frequency of ¹H (MHz)")
    ax.set_ylabel("time (ms)")

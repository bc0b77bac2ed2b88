"""The figures of a report: spectra, relaxation curves, histories; drawn without any global state."""

from __future__ import annotations

import io
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from megabar.report.series import Curve, Series, StraightLine, Trace

CELL_COLOURS: Final = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#5b3a86", "#555555",
)  # fmt: skip
"""One colour per cell, told apart by every common kind of colour vision (after Okabe and Ito)."""

_MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X", "h")
_DAYS: Final = LinearSegmentedColormap.from_list(
    "days", ["#10305c", "#1f7a8c", "#7fb069", "#c9a227"]
)
_WIDTH: Final = 7.2  # inches, the text width of a page
_STYLE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 8.5,
        "axes.titlesize": 8.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 8.5,
        "axes.linewidth": 0.7,
        "axes.edgecolor": "#333333",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#e4e4e4",
        "grid.linewidth": 0.6,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "xtick.direction": "out",
        "ytick.direction": "out",
        "legend.fontsize": 8,
        "legend.frameon": False,
        "lines.linewidth": 1.1,
        "lines.markersize": 4.2,
        "svg.fonttype": "path",
        "svg.hashsalt": "megabar",
        "axes.formatter.useoffset": False,
        "axes.unicode_minus": True,
    }
)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes of a history.

    Parameters
    ----------
    title
        What is drawn.
    label
        Label of the vertical axis, with its unit.
    series
        One per cell.
    lines
        Straight line of each series, where one was drawn.
    """

    title: str
    label: str
    series: tuple[Series, ...]
    lines: tuple[StraightLine | None, ...] = ()


def history(panels: Sequence[Panel]) -> Figure:
    """Draw observables against days since heating, two panels a row.

    Points carry their independent error; a band is the error that all points share; a bound is
    an arrow away from it; a number that failed is a cross at the foot of its panel.

    Parameters
    ----------
    panels
        At least one.

    Returns
    -------
    :
        The figure.
    """
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    with mpl.rc_context(dict(_STYLE)):
        figure = Figure(figsize=(_WIDTH, 0.62 + 2.15 * rows))
        height = figure.get_figheight()
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        figure.subplots_adjust(
            left=0.085,
            right=0.985,
            bottom=0.45 / height,
            top=1 - 0.5 / height,
            wspace=0.24,
            hspace=0.42,
        )
        for panel, ax in zip(panels, axes, strict=False):
            _draw_panel(ax, panel)
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        _cell_legend(figure, [one for panel in panels for one in panel.series])
    return figure


def _draw_panel(ax: Axes, panel: Panel) -> None:
    ax.set_title(panel.title)
    ax.set_xlabel("days since heating")
    ax.set_ylabel(panel.label)
    if _spans_decades(panel.series):
        ax.set_yscale("log")
    for one in panel.series:
        _draw_series(ax, one)
    for one, line in zip(panel.series, panel.lines, strict=False):
        if line is not None:
            days = np.array([line.first, line.last])
            colour = _colour(one.index)
            ax.plot(days, line.at_zero + line.slope * days, color=colour, lw=0.8, alpha=0.7)
    if ax.get_yscale() == "linear":
        ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    if any((one.elapsed < 0).any() for one in panel.series):
        ax.axvline(0, color="#999999", lw=0.8, ls=(0, (4, 3)), zorder=0.5)


def _draw_series(ax: Axes, one: Series) -> None:
    colour, marker = _colour(one.index), _MARKERS[one.index % len(_MARKERS)]
    known = one.where("value") & np.isfinite(one.value)
    days, value = one.elapsed[known], one.value[known]
    std = np.where(np.isfinite(one.std[known]), one.std[known], 0.0)
    if one.common is not None and known.any():
        common = one.common[known]
        ax.fill_between(
            days, value - common, value + common, color=colour, alpha=0.13, lw=0, zorder=1
        )
    ax.errorbar(
        days, value, yerr=std, fmt=marker, color=colour, mec="white", mew=0.4, elinewidth=0.9,
        capsize=0, zorder=3,
    )  # fmt: skip
    for term, length in (("lower bound", 13), ("upper bound", -13)):
        for day, bound in zip(
            one.elapsed[one.where(term)], one.value[one.where(term)], strict=True
        ):
            _draw_bound(ax, day, bound, length, colour)
    lost = one.elapsed[one.where("failed", "not reached", "no solution")]
    foot = ax.get_xaxis_transform()
    ax.plot(lost, np.full(lost.shape, 0.03), "x", color=colour, ms=5, mew=1.3, transform=foot)


def _draw_bound(ax: Axes, day: float, bound: float, length: float, colour: str) -> None:
    ax.annotate(
        "", xy=(day, bound), xytext=(0, length), textcoords="offset points",
        arrowprops={"arrowstyle": "<|-", "color": colour, "lw": 1.0, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=True,
    )  # fmt: skip
    ax.plot([day], [bound], "_", color=colour, ms=8, mew=1.3)


def _spans_decades(series: Sequence[Series]) -> bool:
    values = np.concatenate([one.value[np.isfinite(one.value)] for one in series] or [np.empty(0)])
    return bool(values.size and values.min() > 0 and values.max() > 20 * values.min())


def _cell_legend(figure: Figure, series: Sequence[Series]) -> None:
    cells = sorted({(one.index, one.cell) for one in series})
    handles = [
        mpl.lines.Line2D(
            [], [], color=_colour(i), marker=_MARKERS[i % len(_MARKERS)], ls="", label=name
        )
        for i, name in cells
    ]
    figure.legend(handles=handles, loc="upper right", ncols=min(len(cells), 6), handletextpad=0.2,
                  columnspacing=1.2, borderaxespad=0.2)  # fmt: skip


def waterfall(traces: Mapping[str, Sequence[Trace]], *, label: str) -> Figure:
    """Draw spectra above each other in the order of the days, one panel per nucleus.

    Each spectrum is drawn over its own largest value. The bar below it is position and full width
    of the fitted line.

    Parameters
    ----------
    traces
        Nucleus -> spectra, rising in days.
    label
        Label of the horizontal axis, with its unit.

    Returns
    -------
    :
        The figure.
    """
    most = max(len(rows) for rows in traces.values())
    with mpl.rc_context(dict(_STYLE)):
        figure = Figure(figsize=(_WIDTH, 1.3 + 0.34 * max(most, 5)))
        height = figure.get_figheight()
        axes = figure.subplots(1, len(traces), squeeze=False).ravel()
        figure.subplots_adjust(
            left=0.085, right=0.985, bottom=0.48 / height, top=1 - 0.32 / height, wspace=0.2
        )
        for (nucleus, rows), ax in zip(traces.items(), axes, strict=True):
            ax.set_title(nucleus_words(nucleus))
            _draw_waterfall(ax, rows)
            ax.set_xlabel(label)
        axes[0].set_ylabel("days since heating")
    return figure


def _draw_waterfall(ax: Axes, rows: Sequence[Trace]) -> None:
    colours = _day_colours([row.elapsed for row in rows])
    for level, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        order = np.argsort(row.axis)
        ax.plot(row.axis[order], level + 0.95 * row.height[order], color=colour, lw=0.8,
                zorder=3 + len(rows) - level)  # fmt: skip
        if np.isfinite(row.position):
            ax.plot([row.position - row.width / 2, row.position + row.width / 2], [level - 0.09] * 2,
                    color=colour, lw=1.6, solid_capstyle="butt")  # fmt: skip
            ax.plot([row.position], [level - 0.09], "|", color=colour, ms=5, mew=1.2)
    ax.set_yticks(range(len(rows)), [f"{row.elapsed:.0f}" for row in rows])
    ax.set_ylim(-0.5, len(rows) + 0.45)
    if rows:
        left = min(float(row.axis.min()) for row in rows)
        right = max(float(row.axis.max()) for row in rows)
        ax.set_xlim(right, left)  # spectroscopists read from right to left
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(5))


def curves(panels: Mapping[str, Sequence[Curve]], *, labels: Mapping[str, str]) -> Figure:
    """Draw relaxation curves with their fits, and below each the residuals over their error.

    Parameters
    ----------
    panels
        Title -> curves, rising in days.
    labels
        Title -> label of the horizontal axis without unit.

    Returns
    -------
    :
        The figure.
    """
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    with mpl.rc_context(dict(_STYLE)):
        figure = Figure(figsize=(_WIDTH, 0.2 + 3.1 * rows))
        height = figure.get_figheight()
        outer = figure.add_gridspec(
            rows, columns, left=0.085, right=0.985, bottom=0.45 / height, top=1 - 0.3 / height,
            wspace=0.22, hspace=0.36,
        )  # fmt: skip
        for place, (title, members) in zip(outer, panels.items(), strict=False):
            inner = place.subgridspec(2, 1, height_ratios=(3.2, 1), hspace=0.08)
            above = figure.add_subplot(inner[0])
            below = figure.add_subplot(inner[1], sharex=above)
            above.set_title(title)
            _draw_curves(above, below, members)
            below.set_xlabel(f"{labels[title]} (s)")
    return figure


def _draw_curves(above: Axes, below: Axes, members: Sequence[Curve]) -> None:
    colours = _day_colours([curve.elapsed for curve in members])
    for curve, colour in zip(members, colours, strict=True):
        drawn = curve.time > 0
        time = curve.time[drawn]
        above.errorbar(time, curve.points[drawn], yerr=curve.std[drawn], fmt="o", ms=3, mew=0,
                       color=colour, elinewidth=0.7, label=f"day {curve.elapsed:.0f}: {curve.words}")  # fmt: skip
        above.plot(time, curve.model[drawn], color=colour, lw=1)
        residuals = (curve.points - curve.model)[drawn] / curve.std[drawn]
        below.plot(time, residuals, "o", ms=2.6, mew=0, color=colour)
    above.set_xscale("log")
    above.set_ylabel("signal / largest of fit")
    above.tick_params(labelbottom=False)
    above.legend(loc="best", handletextpad=0.1, labelspacing=0.25)
    below.axhspan(-1, 1, color="#eeeeee", lw=0, zorder=0)
    reach = max(3.5, *(abs(float(y)) for line in below.lines for y in line.get_ydata()))
    below.set_ylim(-1.1 * reach, 1.1 * reach)
    below.set_ylabel("residual / σ")
    below.yaxis.set_major_locator(MaxNLocator(3, symmetric=True))


def _colour(index: int) -> str:
    return CELL_COLOURS[index % len(CELL_COLOURS)]


def _day_colours(elapsed: Sequence[float]) -> list[Any]:
    """Dark for the first day, light for the last; grey before heating."""
    last = max([*elapsed, 1.0])
    return ["#8c8c8c" if day < 0 else _DAYS(day / last) for day in elapsed]


def nucleus_words(nucleus: str) -> str:
    """Write a nucleus with its mass number raised.

    Parameters
    ----------
    nucleus
        For example ``"139La"``.

    Returns
    -------
    :
        For example ``"¹³⁹La"``.

    Examples
    --------
    >>> nucleus_words("139La")
    '¹³⁹La'
    """
    raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    mass = nucleus[: len(nucleus) - len(nucleus.lstrip("0123456789"))]
    return mass.translate(raised) + nucleus[len(mass) :]


def svg_bytes(figure: Figure) -> bytes:
    """Write a figure as SVG, the same bytes for the same figure.

    Parameters
    ----------
    figure
        The figure.

    Returns
    -------
    :
        The file.
    """
    return _written(figure, FigureCanvasSVG(figure).print_svg, metadata={"Date": None})


def png_bytes(figure: Figure, *, dpi: int = 150) -> bytes:
    """Write a figure as PNG.

    Parameters
    ----------
    figure
        The figure.
    dpi
        Points per inch.

    Returns
    -------
    :
        The file.
    """
    figure.set_dpi(dpi)
    return _written(figure, FigureCanvasAgg(figure).print_png)


def _written(figure: Figure, write: Callable[..., Any], **words: Any) -> bytes:
    buffer = io.BytesIO()
    with mpl.rc_context(dict(_STYLE)):
        write(buffer, **words)
    figure.clear()
    return buffer.getvalue()

"""The figures of a report: spectra, relaxation curves, histories; no global state of pyplot."""

from __future__ import annotations

import io
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform
    from numpy.typing import NDArray

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
_INK: Final = "#333333"
_ABREAST: Final = 6  # words of a legend beside each other
_NO_NUMBER: Final = ("not determined", "not reached", "no solution", "failed")
_STYLE: Final[Any] = MappingProxyType(
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
        "axes.titley": 1.02,  # a stated place spares matplotlib from measuring all labels
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
    witnesses
        The same observable found another way, drawn hollow.
    """

    title: str
    label: str
    series: tuple[Series, ...]
    lines: tuple[StraightLine | None, ...] = ()
    witnesses: tuple[Series, ...] = ()


def history(panels: Sequence[Panel], *, witness: str = "") -> Figure:
    """Draw observables against days since heating, two panels a row.

    Points carry their independent error; a band is the error that all points share; a bound is
    an arrow away from it; a number that failed is a cross at the foot of its panel. Cells are
    set apart sideways by a hair on paper, so that none hides another.

    Parameters
    ----------
    panels
        At least one.
    witness
        What the hollow points come from, for the legend.

    Returns
    -------
    :
        The figure.
    """
    rows, columns = _layout(len(panels))
    titled = any(panel.title for panel in panels)
    row_height = 2.15 if columns > 1 else 2.9
    with house_style():
        handles = _legend_of_history(panels, witness)
        lines = -(-len(handles) // _ABREAST)
        top = 0.08 + (0.22 if titled else 0.0) + (0.08 + 0.18 * lines if lines else 0.0)
        figure = Figure(figsize=(_WIDTH, top + row_height * rows))
        height = figure.get_figheight()
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        figure.subplots_adjust(
            left=0.09, right=0.985, bottom=0.45 / height, top=1 - top / height,
            wspace=0.2 + 0.06 * columns, hspace=0.44,
        )  # fmt: skip
        for panel, ax in zip(panels, axes, strict=False):
            _draw_panel(ax, panel)
        for ax in axes[len(panels) :]:
            ax.set_visible(False)
        if handles:
            figure.legend(
                handles=handles, loc="upper right", ncols=min(len(handles), _ABREAST),
                handletextpad=0.2, columnspacing=1.2, borderaxespad=0.2,
            )  # fmt: skip
    return figure


def _layout(count: int) -> tuple[int, int]:
    """Rows and columns without holes where that is possible: 1, 2 or 3 abreast."""
    columns = count if count <= 3 else 2
    return -(-count // columns), columns


def _draw_panel(ax: Axes, panel: Panel) -> None:
    ax.set_title(panel.title)
    ax.set_xlabel("days since heating")
    ax.set_ylabel(panel.label)
    middle = (len(panel.series) - 1) / 2
    for place, one in enumerate(panel.series):
        _draw_series(ax, one, aside=2.4 * (place - middle))
    for place, one in enumerate(panel.witnesses):
        _draw_series(ax, one, aside=2.4 * (place - middle) + 3.2, hollow=True)
    for one, line in zip(panel.series, panel.lines, strict=False):
        if line is not None:
            days = np.array([line.first, line.last])
            dashes = "-" if line.straight else (0, (5, 3))
            height = line.at_zero + line.slope * days
            ax.plot(days, height, color=_colour(one), lw=0.8, ls=dashes, alpha=0.7)
    if _spans_much(panel.series):
        _set_logarithmic(ax)
    else:
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    if any((one.elapsed < 0).any() for one in panel.series):
        ax.axvline(0, color="#999999", lw=0.8, ls=(0, (4, 3)), zorder=0.5)


def _draw_series(ax: Axes, one: Series, *, aside: float, hollow: bool = False) -> None:
    colour, marker = _colour(one), _MARKERS[one.index % len(_MARKERS)]
    known = one.where("value") & np.isfinite(one.value)
    moved = ScaledTranslation(aside / 72, 0, ax.figure.dpi_scale_trans)
    std = np.where(np.isfinite(one.std[known]), one.std[known], 0.0)
    ax.errorbar(
        one.elapsed[known], one.value[known], yerr=std, fmt=marker, color=colour,
        mfc="white" if hollow else colour, mec=colour if hollow else "white",
        mew=0.9 if hollow else 0.4, elinewidth=0.9, zorder=3, transform=ax.transData + moved,
    )  # fmt: skip
    _make_room(ax, one.elapsed[known], one.value[known], std)
    if one.readings is not None:
        low, high = (end[known] for end in one.readings)
        ax.vlines(
            one.elapsed[known], low, high, color=colour, lw=3.5, alpha=0.25, zorder=1.5,
            transform=ax.transData + moved,
        )  # fmt: skip
        _make_room(ax, one.elapsed[known], (low + high) / 2, (high - low) / 2)
    if one.common is not None and not hollow:
        for part in (known & (one.elapsed < 0), known & (one.elapsed >= 0)):
            _draw_band(ax, one.elapsed[part], one.value[part], one.common[part], colour)
    for term, length in (("lower bound", 13), ("upper bound", -13)):
        chosen = one.where(term)
        for day, bound in zip(one.elapsed[chosen], one.value[chosen], strict=True):
            _draw_bound(ax, day, bound, length, colour, ax.transData + moved)
        _make_room(ax, one.elapsed[chosen], one.value[chosen], np.zeros(np.count_nonzero(chosen)))
    lost = one.elapsed[one.where(*_NO_NUMBER)] if not hollow else np.empty(0)
    foot = ax.get_xaxis_transform() + moved
    ax.plot(lost, np.full(lost.shape, 0.03), "x", color=colour, ms=5, mew=1.3, transform=foot)


def _make_room(ax: Axes, days: NDArray[Any], value: NDArray[Any], std: NDArray[Any]) -> None:
    """Widen the limits for artists that are set aside, which axes do not count themselves."""
    ends = np.concatenate([value - std, value + std])
    ax.update_datalim(np.column_stack([np.tile(days, 2), ends]))
    ax.autoscale_view()


def _draw_band(
    ax: Axes, days: NDArray[Any], value: NDArray[Any], common: NDArray[Any], colour: str
) -> None:
    if days.size == 1:
        ax.plot(
            [days[0]] * 2, [value[0] - common[0], value[0] + common[0]], color=colour, alpha=0.2,
            lw=6, solid_capstyle="butt", zorder=1,
        )  # fmt: skip
        return
    ax.fill_between(days, value - common, value + common, color=colour, alpha=0.13, lw=0, zorder=1)


def _draw_bound(
    ax: Axes, day: float, bound: float, length: float, colour: str, place: Transform
) -> None:
    ax.annotate(
        "", xy=(day, bound), xycoords=place, xytext=(0, length), textcoords="offset points",
        arrowprops={"arrowstyle": "<|-", "color": colour, "lw": 1.0, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=True,
    )  # fmt: skip
    ax.plot([day], [bound], "_", color=colour, ms=8, mew=1.3, transform=place)


def _spans_much(series: Sequence[Series]) -> bool:
    values = np.concatenate([one.value[np.isfinite(one.value)] for one in series] or [np.empty(0)])
    return bool(values.size and values.min() > 0 and values.max() > 5 * values.min())


def _set_logarithmic(ax: Axes) -> None:
    """Logarithmic, with numbers that are read at a glance: 0.1, 0.2, 0.5, 1, 2, 5, 10."""
    ax.set_yscale("log")
    plain_logarithmic(ax)


def _legend_of_history(panels: Sequence[Panel], witness: str) -> list[Line2D]:
    """Name the cells where there are several, and the marks that need a word."""
    members = [one for panel in panels for one in panel.series]
    cells = sorted({(one.index, one.cell) for one in members})
    handles = [
        Line2D([], [], color=CELL_COLOURS[i % len(CELL_COLOURS)], ls="", label=name,
               marker=_MARKERS[i % len(_MARKERS)])
        for i, name in cells if len(cells) > 1
    ]  # fmt: skip
    lost = sorted({term for one in members for term in one.quality if term in _NO_NUMBER})
    marks = [("x", ", ".join(lost), _INK)] if lost else []
    if any(panel.witnesses for panel in panels):
        marks.append(("o", witness, "white"))
    pale = dict.fromkeys(one.readings_are for one in members if one.readings)
    marks += [("|", words, _INK) for words in pale]
    return handles + [
        Line2D(
            [],
            [],
            color=_INK,
            ls="",
            marker=marker,
            mfc=face,
            label=words,
            mew=3.5 if marker == "|" else 1.1,
            alpha=0.35 if marker == "|" else 1.0,
        )
        for marker, words, face in marks
    ]


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
    with house_style():
        figure = Figure(figsize=(_WIDTH, 1.3 + 0.34 * max(most, 5)))
        height = figure.get_figheight()
        axes = figure.subplots(1, len(traces), squeeze=False).ravel()
        figure.subplots_adjust(
            left=0.085, right=0.965, bottom=0.48 / height, top=1 - 0.32 / height, wspace=0.2
        )
        for (nucleus, rows), ax in zip(traces.items(), axes, strict=True):
            ax.set_title(nucleus_words(nucleus))
            _draw_waterfall(ax, rows)
            ax.set_xlabel(label)
        axes[0].set_ylabel("days since heating")
    return figure


def _draw_waterfall(ax: Axes, rows: Sequence[Trace]) -> None:
    colours = day_colours([row.elapsed for row in rows])
    for level, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        order = np.argsort(row.axis)
        ax.plot(row.axis[order], level + 0.95 * row.height[order], color=colour, lw=0.8,
                zorder=3 + len(rows) - level)  # fmt: skip
        edges = [row.position - row.width / 2, row.position + row.width / 2]
        ax.plot(edges, [level - 0.09] * 2, color=colour, lw=1.6, solid_capstyle="butt")
        ax.plot([row.position], [level - 0.09], "|", color=colour, ms=5, mew=1.2)
    ax.set_yticks(range(len(rows)), [f"{row.elapsed:.0f}".replace("-", "−") for row in rows])
    foot = min(-0.25, float(np.min(rows[0].height, initial=0.0)) - 0.1)
    ax.set_ylim(foot, len(rows) + 0.1)
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
    rows, columns = _layout(len(panels))
    days = sorted({round(curve.elapsed) for members in panels.values() for curve in members})
    colours = dict(zip(days, day_colours(days), strict=True))
    with house_style():
        figure = Figure(figsize=(_WIDTH, 0.35 + 2.9 * rows))
        height = figure.get_figheight()
        outer = figure.add_gridspec(
            rows, columns, left=0.085, right=0.985, bottom=0.45 / height, top=1 - 0.52 / height,
            wspace=0.18 + 0.05 * columns, hspace=0.36,
        )  # fmt: skip
        for place, (title, members) in enumerate(panels.items()):
            inner = outer[divmod(place, columns)].subgridspec(
                2, 1, height_ratios=(3.2, 1), hspace=0.08
            )
            above = figure.add_subplot(inner[0])
            below = figure.add_subplot(inner[1], sharex=above)
            above.set_title(title)
            unit = _draw_curves(above, below, members, colours)
            below.set_xlabel(f"{labels[title]} ({unit})")
        _day_legend(figure, colours)
    return figure


def _draw_curves(
    above: Axes, below: Axes, members: Sequence[Curve], colours: Mapping[int, Any]
) -> str:
    """Draw the curves of one panel, and give the unit of the time axis."""
    unit, factor = _unit_of_time(max(float(curve.time.max()) for curve in members))
    reach = 3.5
    for curve in members:
        drawn, colour = curve.time > 0, colours[round(curve.elapsed)]
        time = curve.time[drawn] * factor
        above.errorbar(time, curve.points[drawn], yerr=curve.std[drawn], fmt="o", ms=3, mew=0,
                       color=colour, elinewidth=0.7)  # fmt: skip
        above.plot(curve.fine_time * factor, curve.fine_model, color=colour, lw=1)
        residuals = (curve.points - curve.model)[drawn] / curve.std[drawn]
        below.plot(time, residuals, "o", ms=2.6, mew=0, color=colour)
        reach = max(reach, float(np.max(np.abs(residuals), initial=0.0)))
    above.set_xscale("log")
    above.xaxis.set_major_formatter(FuncFormatter(lambda number, _place: f"{number:g}"))
    above.xaxis.set_minor_locator(NullLocator())
    above.set_ylabel("signal / largest of fit")
    above.tick_params(labelbottom=False)
    below.axhspan(-1, 1, color="#eeeeee", lw=0, zorder=0)
    below.set_ylim(-1.1 * reach, 1.1 * reach)
    below.set_ylabel("residual / σ")
    below.yaxis.set_major_locator(MaxNLocator(3, symmetric=True))
    return unit


def _unit_of_time(longest: float) -> tuple[str, float]:
    if longest < 1e-3:
        return "µs", 1e6
    return ("ms", 1e3) if longest < 1 else ("s", 1.0)


def _day_legend(figure: Figure, colours: Mapping[int, Any]) -> None:
    handles = [
        Line2D([], [], color=colour, marker="o", ms=3, label=f"day {day}".replace("-", "−"))
        for day, colour in colours.items()
    ]
    figure.legend(
        handles=handles, loc="upper right", ncols=min(len(handles), 8), handletextpad=0.4,
        columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip


def house_style() -> AbstractContextManager[None]:
    """Give the style of the house for the length of a ``with`` block."""
    return mpl.rc_context(_STYLE)


def sheet(
    rows: int,
    columns: int,
    *,
    height: float,
    widths: Sequence[float] | None = None,
    **margins: float,
) -> tuple[Figure, Any]:
    """Begin a figure of the width of a page, inside :func:`house_style`.

    Parameters
    ----------
    rows, columns
        Pairs of axes.
    height
        Of the whole [inches].
    widths
        Of the columns, over each other; equal if not given.
    **margins
        As ``subplots_adjust`` takes them.

    Returns
    -------
    :
        The figure and its axes, an array of shape (rows, columns).
    """
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.subplots(rows, columns, squeeze=False, width_ratios=widths)
    figure.subplots_adjust(**margins)
    return figure, axes


def plain_logarithmic(ax: Axes, *, vertical: bool = True) -> None:
    """Label a logarithmic axis with numbers that are read at a glance: 0.1, 0.2, 0.5, 1, 2, 5.

    Parameters
    ----------
    ax
        With a logarithmic axis whose limits are set.
    vertical
        Which of its two axes.
    """
    axis = ax.yaxis if vertical else ax.xaxis
    low, high = ax.get_ylim() if vertical else ax.get_xlim()
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 1000 * low else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda number, _place: f"{number:g}"))
    axis.set_minor_locator(NullLocator())


def _colour(one: Series) -> str:
    return CELL_COLOURS[one.index % len(CELL_COLOURS)]


def day_colours(elapsed: Sequence[float]) -> list[Any]:
    """Colour days: dark for the first, light for the last, grey before heating.

    Parameters
    ----------
    elapsed
        Days.

    Returns
    -------
    :
        One colour each.
    """
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


def file_bytes(figure: Figure, *, suffix: str) -> bytes:
    """Write a figure in the format of a suffix, the same bytes for the same figure.

    Parameters
    ----------
    figure
        The figure.
    suffix
        ``".svg"``, ``".png"`` or ``".pdf"``.

    Returns
    -------
    :
        The file.
    """
    if suffix == ".svg":
        return svg_bytes(figure)
    buffer = io.BytesIO()
    metadata = {"CreationDate": None} if suffix == ".pdf" else {}
    with house_style():
        figure.savefig(buffer, format=suffix[1:], dpi=200, metadata=metadata)
    return buffer.getvalue()


def write(figure: Figure, path: Path) -> None:
    """Write a figure into a file.

    Parameters
    ----------
    figure
        What a function of the report drew.
    path
        Its suffix says the format: .svg, .png or .pdf.

    Raises
    ------
    ValueError
        If the suffix is another one.
    """
    path.write_bytes(file_bytes(figure, suffix=path.suffix.lower()))


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
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasSVG(figure)
    with house_style():
        canvas.print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()

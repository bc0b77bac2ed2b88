"""Figures of a verdict: rivals, data with their curves, forecast, priors, what to measure next.

All are drawn from one document of schema ``megabar.verdict/1``, so that a page, a file and a
terminal never tell different numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.report import figures
from megabar.report.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAMILY_COLOURS: Final = {
    "stable": "#555555",
    "artefact": "#cc79a7",
    "surface or interface": "#0072b2",
    "diffusive": "#d55e00",
    "sink": "#009e73",
    "two-step": "#8a6d00",
}
"""One colour per family, the same in all figures."""

_GREY: Final = "#777777"
_INK: Final = "#333333"
_BLUE: Final = figures.CELL_COLOURS[0]
_MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X", "h")
_ROW: Final = 0.27  # inches
_MOST_ASSUMPTIONS: Final = 6  # on a sheet with other panels
_MOST_MEMBERS: Final = 14
_MOST_PANELS: Final = 8
_LEAST_SHOWN: Final = 0.02  # probability below which a family has no curve of its own
_DEEPEST: Final = 15.0  # of ln B that is drawn to scale


def overview(document: Mapping[str, Any]) -> Any:
    """Draw a verdict on one sheet: families, data with the average, forecast, priors.

    Parameters
    ----------
    document
        A verdict.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        height = 6.0
        figure, axes = figures.sheet(
            2, 2, height=height, widths=(1, 1.15), left=0.2, right=0.97, bottom=0.5 / height,
            top=1 - 0.35 / height, wspace=0.28, hspace=0.42,
        )  # fmt: skip
        _draw_families(axes[0, 0], document)
        _draw_together(axes[0, 1], document)
        _draw_sensitivity(axes[1, 0], document, most=_MOST_ASSUMPTIONS)
        _draw_forecast(axes[1, 1], document)
    return figure


def families(document: Mapping[str, Any]) -> Any:
    """Draw the probabilities of all families, rivals of equal rank, and beside them the members.

    Parameters
    ----------
    document
        A verdict.

    Returns
    -------
    :
        The figure.
    """
    shown = _by_probability(document["members"])[:_MOST_MEMBERS]
    rows = max(len(document["families"]), len(shown))
    with figures.house_style():
        height = 0.95 + _ROW * rows
        figure, axes = figures.sheet(
            1, 2, height=height, left=0.19, right=0.985, bottom=0.45 / height,
            top=1 - 0.32 / height, wspace=0.62,
        )  # fmt: skip
        _draw_families(axes[0, 0], document)
        _draw_members(axes[0, 1], shown)
    return figure


def _by_probability(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    known = [one for one in entries if one["probability"] is not None]
    return sorted(known, key=lambda one: -one["probability"])


def _draw_families(ax: Any, document: Mapping[str, Any]) -> None:
    rows = _by_probability(document["families"])
    for place, one in enumerate(rows):
        share = 100 * one["probability"]
        ax.barh(place, share, height=0.62, color=FAMILY_COLOURS[one["family"]], lw=0)
        ax.annotate(
            percent(one["probability"]), (share, place), xytext=(4, 0), va="center",
            textcoords="offset points",
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [one["family"] for one in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, 118)
    ax.set_xticks(range(0, 101, 25))
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_title("what the weeks support")
    ax.set_xlabel("probability (%)")


def _draw_members(ax: Any, shown: Sequence[Mapping[str, Any]]) -> None:
    shown = [one for one in shown if one["log_evidence"] is not None]
    best = max(one["log_evidence"] for one in shown)
    for place, one in enumerate(shown):
        lag = one["log_evidence"] - best
        colour = FAMILY_COLOURS[one["family"]]
        std = one["log_evidence_std"] or 0.0
        if lag < -_DEEPEST:
            ax.plot([-_DEEPEST], [place], "<", color=colour, ms=5)
            ax.annotate(
                f"{lag:.0f}".replace("-", "−"), (-_DEEPEST, place), xytext=(6, 0), va="center",
                textcoords="offset points",
            )  # fmt: skip
            continue
        ax.errorbar([lag], [place], xerr=[std], fmt="o", color=colour, elinewidth=1.0)
        ax.plot([lag, 0], [place, place], color=colour, lw=1.0, alpha=0.35)
    ax.set_yticks(range(len(shown)), [one["name"] for one in shown])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    lowest = min((one["log_evidence"] - best for one in shown), default=0.0)
    ax.set_xlim(max(lowest, -_DEEPEST) * 1.08 - 0.3, 0.4)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_title("members of the families")
    ax.set_xlabel("ln of evidence over the best")


# --- data and curves ------------------------------------------------------------------------------


def curves(document: Mapping[str, Any]) -> Any:
    """Draw the contents of each cell with the average of all rivals and the best of each family.

    Parameters
    ----------
    document
        A verdict.

    Returns
    -------
    :
        The figure; of more than eight cells the first eight.
    """
    cells = document["cells"][:_MOST_PANELS]
    drawn = {one["cell"]: one for one in document["curves"]}
    columns = 1 if len(cells) == 1 else 2
    rows = -(-len(cells) // columns)
    with figures.house_style():
        height = 1.15 + (2.9 if columns == 1 else 2.05) * rows
        figure, axes = figures.sheet(
            rows, columns, height=height, left=0.075, right=0.985, bottom=0.45 / height,
            top=1 - 0.78 / height, wspace=0.15, hspace=0.48,
        )  # fmt: skip
        for ax, cell in zip(axes.ravel(), cells, strict=False):
            _draw_cell(ax, cell, drawn[cell["cell"]], document)
        for ax in axes.ravel()[len(cells) :]:
            ax.set_visible(False)
        for ax in axes[:, 0]:
            ax.set_ylabel(_content_label(document))
        _legend_of_curves(figure, document)
    return figure


def _content_label(document: Mapping[str, Any]) -> str:
    return f"H/{document['source']['metal']}"


def _shown_families(document: Mapping[str, Any]) -> list[str]:
    """Families with a curve of their own: the likely ones, and the three best in any case."""
    ranked = _by_probability(document["families"])
    return [
        one["family"]
        for place, one in enumerate(ranked)
        if place < 3 or one["probability"] >= _LEAST_SHOWN
    ]


def _draw_cell(
    ax: Any, cell: Mapping[str, Any], drawn: Mapping[str, Any], document: Mapping[str, Any]
) -> None:
    last = max(cell["elapsed"])
    days = np.array(drawn["days"])
    inside = days <= 1.08 * last
    for name, alpha in (("interval_95", 0.13), ("interval_68", 0.24)):
        low, high = (np.array(end)[inside] for end in drawn[name])
        ax.fill_between(days[inside], low, high, color=_GREY, alpha=alpha, lw=0)
    ax.plot(days[inside], np.array(drawn["median"])[inside], color=_INK, lw=1.5)
    for family in reversed(_shown_families(document)):
        one = next((one for one in drawn["families"] if one["family"] == family), None)
        if one is not None:
            curve = np.array(one["apparent"])[inside]
            ax.plot(days[inside], curve, color=FAMILY_COLOURS[family], lw=1.2, ls=(0, (5, 2)))
    ax.errorbar(
        cell["elapsed"], cell["h_per_metal"], yerr=_bars(cell), fmt="o", color=_INK, mec="white",
        mew=0.4, elinewidth=0.9, zorder=4,
    )  # fmt: skip
    ax.set_title(cell["cell"])
    ax.set_xlabel("days since heating")
    ax.set_xlim(-0.02 * last, 1.06 * last)
    ax.set_ylim(bottom=0)


def _bars(cell: Mapping[str, Any]) -> list[float] | None:
    """Errors of the points; none where nobody stated any."""
    return None if None in cell["std"] else list(cell["std"])


def _legend_of_curves(figure: Any, document: Mapping[str, Any]) -> None:
    ax = figure.axes[0]
    best = {one["family"]: one["best"] for one in document["families"]}
    handles = [*ax.plot([], [], color=_INK, lw=1.5, label="average of all, with 68 and 95 %")]
    for family in _shown_families(document):
        label = family if best[family] == family else f"{family}: {best[family]}"
        colour = FAMILY_COLOURS[family]
        handles += ax.plot([], [], color=colour, lw=1.2, ls=(0, (5, 2)), label=label)
    figure.legend(
        handles=handles, loc="upper left", ncols=3, handlelength=1.8, columnspacing=1.4,
        bbox_to_anchor=(0.065, 1.0), borderaxespad=0.3,
    )  # fmt: skip


def _draw_together(ax: Any, document: Mapping[str, Any]) -> None:
    """Draw all cells in one pair of axes, each with its average."""
    drawn = {one["cell"]: one for one in document["curves"]}
    for index, cell in enumerate(document["cells"]):
        colour = figures.CELL_COLOURS[index % len(figures.CELL_COLOURS)]
        marker = _MARKERS[index % len(_MARKERS)]
        ax.errorbar(
            cell["elapsed"], cell["h_per_metal"], yerr=_bars(cell), fmt=marker, color=colour,
            mec="white", mew=0.4, ms=3.8, elinewidth=0.8, zorder=3, label=cell["cell"],
        )  # fmt: skip
        one = drawn[cell["cell"]]
        days = np.array(one["days"])
        inside = days <= 1.05 * max(cell["elapsed"])
        ax.plot(days[inside], np.array(one["median"])[inside], color=colour, lw=1.0)
    ax.set_ylim(bottom=0)
    ax.set_title("data, and the average of all rivals")
    ax.set_xlabel("days since heating")
    ax.set_ylabel(_content_label(document))
    if 1 < len(document["cells"]) <= len(_MARKERS):
        ax.legend(loc="lower left", handletextpad=0.2, borderaxespad=0.2)


# --- forecast -------------------------------------------------------------------------------------


def forecast(document: Mapping[str, Any]) -> Any:
    """Draw what the average of all rivals expects, and when it falls below a threshold.

    Parameters
    ----------
    document
        A verdict.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        height = max(2.75, 1.1 + _ROW * len(document["forecast"]["cells"]))
        figure, axes = figures.sheet(
            1, 2, height=height, widths=(1.1, 1), left=0.075, right=0.975, bottom=0.45 / height,
            top=1 - 0.32 / height, wspace=0.32,
        )  # fmt: skip
        _draw_forecast(axes[0, 0], document)
        _draw_days(axes[0, 1], document)
    return figure


def _draw_forecast(ax: Any, document: Mapping[str, Any]) -> None:
    told = document["forecast"]
    lowest = 0.0
    for index, one in enumerate(told["cells"]):
        colour = _cell_colour(index)
        days = np.array(one["days"])
        for name, alpha in (("interval_95", 0.07), ("interval_68", 0.16)):
            ax.fill_between(days, *map(np.array, one[name]), color=colour, alpha=alpha, lw=0)
        ax.plot(days, one["median"], color=colour, lw=1.4)
        lowest = min(lowest, float(np.min(one["interval_95"][0])))
        ax.set_xlim(days[0], days[-1])
    ax.axhline(document["threshold"], color=_GREY, lw=0.9, ls=(0, (4, 2)))
    ax.axvline(told["last_measured"], color=_GREY, lw=0.8, ls=":")
    ax.annotate(
        "last record", (told["last_measured"], 1.0), xycoords=ax.get_xaxis_transform(),
        color=_GREY, xytext=(3, -2), textcoords="offset points", va="top",
    )  # fmt: skip
    ax.set_ylim(bottom=lowest)
    ax.set_title("forecast: median, 68 and 95 %")
    ax.set_xlabel("days since heating")
    ax.set_ylabel(f"real {_content_label(document)}")


def _cell_colour(index: int) -> str:
    return figures.CELL_COLOURS[index % len(figures.CELL_COLOURS)]


def _draw_days(ax: Any, document: Mapping[str, Any]) -> None:
    """Draw when each cell falls below the threshold; what never does runs out of the axes."""
    cells = document["forecast"]["cells"]
    horizon = max(one["days"][-1] for one in cells)
    for place, one in enumerate(cells):
        colour, below = _cell_colour(place), one["below_threshold"]
        for name, width in (("interval_95", 1.2), ("interval_68", 3.5)):
            low, high = below[name]
            if low is not None:
                ax.plot([low, horizon if high is None else high], [place] * 2, color=colour,
                        lw=width, solid_capstyle="butt")  # fmt: skip
                if high is None:
                    ax.plot([horizon], [place], ">", color=colour, ms=5, clip_on=False)
        if below["median"] is not None:
            ax.plot([below["median"]], [place], "o", color=colour, mec="white", mew=0.6, ms=5.5)
        ax.annotate(
            percent(below["probability"]), (1.0, place), xycoords=ax.get_yaxis_transform(),
            color=colour, xytext=(-4, 5), textcoords="offset points", ha="right", va="bottom",
        )  # fmt: skip
    ax.set_yticks(range(len(cells)), [one["cell"] for one in cells])
    ax.set_ylim(len(cells) - 0.4, -0.8)
    ax.set_xlim(0, horizon)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_title(f"day on which {_content_label(document)} falls below {document['threshold']:g}")
    ax.set_xlabel("days since heating; right: probability to do so")


# --- priors, next, checks -------------------------------------------------------------------------


def sensitivity(document: Mapping[str, Any]) -> Any:
    """Draw how the probability of a loss changes with each assumption.

    Parameters
    ----------
    document
        A verdict.

    Returns
    -------
    :
        The figure.
    """
    rows = document["assumptions"]
    with figures.house_style():
        height = 0.95 + _ROW * max(3, len(rows))
        figure, axes = figures.sheet(
            1, 1, height=height, left=0.4, right=0.97, bottom=0.45 / height,
            top=1 - 0.32 / height,
        )  # fmt: skip
        _draw_sensitivity(axes[0, 0], document, width=48)
    return figure


def _draw_sensitivity(
    ax: Any, document: Mapping[str, Any], *, width: int = 26, most: int | None = None
) -> None:
    stated = 100 * document["loss"]["probability"]
    rows = sorted(document["assumptions"], key=lambda one: -abs(100 * one["loss"] - stated))[:most]
    rows = [one for one in document["assumptions"] if one in rows]  # in the order of the table
    ax.axvline(stated, color=_GREY, lw=0.9, ls=(0, (4, 2)))
    for place, one in enumerate(rows):
        share = 100 * one["loss"]
        ax.plot([stated, share], [place, place], color=_BLUE, lw=1.2, alpha=0.5)
        ax.plot([share], [place], "o", color=_BLUE)
    ax.set_yticks(range(len(rows)), [_folded(one["change"], width=width) for one in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(-3, 103)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_title("if an assumption changes")
    ax.set_xlabel("probability of a loss (%)")


def _folded(words: str, *, width: int) -> str:
    """Fold words at the side of an axis."""
    import textwrap

    return "\n".join(textwrap.wrap(words, width))


def next_measurements(document: Mapping[str, Any]) -> Any:
    """Draw what each possible measurement is expected to add to the odds for the truth.

    Parameters
    ----------
    document
        A verdict.

    Returns
    -------
    :
        The figure.
    """
    rows = [one for one in document["next_measurements"] if one["gain"] is not None]
    with figures.house_style():
        height = 0.95 + _ROW * max(3, len(rows))
        figure, axes = figures.sheet(
            1, 1, height=height, left=0.4, right=0.97, bottom=0.45 / height,
            top=1 - 0.32 / height,
        )  # fmt: skip
        ax = axes[0, 0]
        for place, one in enumerate(rows):
            ax.barh(place, one["gain"], height=0.62, color=_BLUE, lw=0)
            ax.errorbar([one["gain"]], [place], xerr=[one["gain_std"] or 0.0], color=_INK, lw=1.0)
        ax.set_yticks(range(len(rows)), [_folded(one["words"], width=48) for one in rows])
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xlim(left=min(0.0, *(one["gain"] for one in rows)))
        ax.grid(visible=False, axis="y")
        ax.tick_params(axis="y", length=0)
        ax.set_title("what would tell most")
        ax.set_xlabel("expected gain in the ln of the odds for the truth")
    return figure


def residuals(document: Mapping[str, Any]) -> Any:
    """Draw what the average of all rivals leaves of the data, over the errors.

    Parameters
    ----------
    document
        A verdict.

    Returns
    -------
    :
        The figure.
    """
    with figures.house_style():
        height = 2.5
        figure, axes = figures.sheet(
            1, 1, height=height, left=0.075, right=0.985, bottom=0.45 / height,
            top=1 - 0.3 / height,
        )  # fmt: skip
        ax = axes[0, 0]
        ax.axhspan(-1, 1, color="#eeeeee", lw=0, zorder=0)
        ax.axhline(0, color=_INK, lw=0.7)
        reach = 3.5
        for index, one in enumerate(document["checks"]["residuals"]):
            colour = figures.CELL_COLOURS[index % len(figures.CELL_COLOURS)]
            ax.plot(
                one["elapsed"], one["residual"], _MARKERS[index % len(_MARKERS)], color=colour,
                mec="white", mew=0.4, label=one["cell"],
            )  # fmt: skip
            reach = max(reach, float(np.max(np.abs(one["residual"]), initial=0.0)))
        ax.set_ylim(-1.1 * reach, 1.1 * reach)
        ax.set_xlabel("days since heating")
        ax.set_ylabel("residual / σ")
        if len(document["checks"]["residuals"]) > 1:
            figure.legend(
                loc="upper right", ncols=6, handletextpad=0.2, columnspacing=1.2,
                borderaxespad=0.2,
            )  # fmt: skip
    return figure


FIGURES: Final = {
    "families": families,
    "curves": curves,
    "forecast": forecast,
    "assumptions": sensitivity,
    "next": next_measurements,
    "residuals": residuals,
}
"""Name -> what draws it."""


def drawable(document: Mapping[str, Any], name: str) -> bool:
    """Say whether a figure has anything to show.

    Parameters
    ----------
    document
        A verdict.
    name
        One of :data:`FIGURES`.

    Returns
    -------
    :
        False only for measurements that nobody could rank.
    """
    return name != "next" or any(one["gain"] is not None for one in document["next_measurements"])

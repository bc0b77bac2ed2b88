"""Figures of studies: where the truth ranks, how often intervals hold, who is taken for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.report import figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

_BLUE, _RED = figures.CELL_COLOURS[:2]
_GREY: Final = "#777777"
_SHADE: Final = "#dddddd"
_ABREAST: Final = 3
_PALE: Final = 0.55  # share above which a number is written in white


def ranks(
    cumulated: Mapping[str, Mapping[str, ArrayLike]], *, half_width: Mapping[str, float]
) -> Any:
    """Draw how far the cumulated ranks of each story are from the diagonal.

    Parameters
    ----------
    cumulated
        Story -> parameter -> quantiles of the ranks at equal steps of probability, (k,).
    half_width
        Story -> half width of the band in which uniform ranks stay.

    Returns
    -------
    :
        The figure.
    """
    rows = -(-len(cumulated) // _ABREAST)
    with figures.house_style():
        figure, axes = figures.sheet(
            rows, _ABREAST, height=1.55 * rows + 0.4, left=0.085, right=0.985,
            bottom=0.45 / (1.55 * rows + 0.4), top=1 - 0.25 / (1.55 * rows + 0.4),
            wspace=0.12, hspace=0.42,
        )  # fmt: skip
        flat = list(axes.flat)
        for ax in flat[len(cumulated) :]:
            ax.remove()
        for number, (story, found) in enumerate(cumulated.items()):
            _draw_ranks(flat[number], story, found, half_width[story])
            flat[number].tick_params(labelleft=number % _ABREAST == 0)
        flat[0].set_ylabel("share below − rank")
        for ax in flat[max(0, len(cumulated) - _ABREAST) : len(cumulated)]:
            ax.set_xlabel("rank of the truth")
    return figure


def _draw_ranks(ax: Any, story: str, found: Mapping[str, ArrayLike], half_width: float) -> None:
    ax.set_title(story)
    ax.axhspan(-half_width, half_width, color=_SHADE, lw=0, zorder=0)
    for quantiles in found.values():
        at = np.asarray(quantiles, dtype=np.float64)
        share = np.linspace(0, 1, at.size)
        outside = bool(np.any(np.abs(share - at) > half_width))
        ax.plot(at, share - at, color=_RED if outside else _BLUE, lw=0.8, alpha=0.8)
    ax.set_xlim(0, 1)
    ax.set_ylim(-2.2 * half_width, 2.2 * half_width)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])


def coverages(
    covered: Mapping[str, Sequence[tuple[float, float]]],
    *,
    allowed: Mapping[float, float],
) -> Any:
    """Draw how often intervals hold the truth.

    Parameters
    ----------
    covered
        Story -> one pair for each parameter: shares of the 68 and the 95 % intervals.
    allowed
        Nominal share -> how far from it is allowed.

    Returns
    -------
    :
        The figure.
    """
    height = 0.24 * len(covered) + 0.9
    with figures.house_style():
        figure, axes = figures.sheet(
            1, 2, height=height, left=0.2, right=0.985, bottom=0.5 / height, top=1 - 0.3 / height,
            wspace=0.08,
        )  # fmt: skip
        for column, (nominal, room) in enumerate(allowed.items()):
            ax = axes[0, column]
            ax.set_title(f"{100 * nominal:.0f} % intervals")
            ax.axvspan(100 * (nominal - room), 100 * (nominal + room), color=_SHADE, lw=0, zorder=0)
            for row, pairs in enumerate(covered.values()):
                held = 100 * np.array([pair[column] for pair in pairs])
                away = np.abs(held - 100 * nominal) > 100 * room
                places = np.full(held.size, row)
                ax.plot(held[~away], places[~away], "o", color=_BLUE, ms=3.5, alpha=0.6, mew=0)
                ax.plot(held[away], places[away], "X", color=_RED, ms=4.5, mew=0)
            ax.set_ylim(len(covered) - 0.4, -0.6)
            ax.set_yticks(range(len(covered)), list(covered) if column == 0 else [])
            ax.set_xlabel("campaigns whose interval holds (%)")
    return figure


def confusions(
    shares: Mapping[str, ArrayLike], *, truths: Sequence[str], families: Sequence[str]
) -> Any:
    """Draw for what family campaigns of each truth are taken.

    Parameters
    ----------
    shares
        Design -> shares of campaigns (or mean probabilities), (truths, families).
    truths, families
        Names of rows and columns.

    Returns
    -------
    :
        The figure.
    """
    height = 0.2 * len(truths) + 1.65
    with figures.house_style():
        figure, axes = figures.sheet(
            1, len(shares), height=height, left=0.2, right=0.95, bottom=0.02, top=1 - 1.5 / height,
            wspace=0.06,
        )  # fmt: skip
        for column, (words, values) in enumerate(shares.items()):
            ax = axes[0, column]
            _draw_confusion(ax, np.asarray(values, dtype=np.float64), families)
            ax.set_title(words, pad=84, y=1.0)
            ax.set_yticks(range(len(truths)), truths if column == 0 else [])
    return figure


def _draw_confusion(ax: Any, values: Any, families: Sequence[str]) -> None:
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(values):
        if share >= 0.005:  # what rounds to nothing is left white
            ax.text(
                column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=7,
                color="white" if share > _PALE else "#333333",
            )  # fmt: skip
    ax.grid(visible=False)
    ax.xaxis.tick_top()
    ax.set_xticks(range(len(families)), families, rotation=55, ha="left")
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)

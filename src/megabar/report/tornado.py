"""The tornado: how far each source of error moves one number, largest on top.

The layout (ruler, colours, words) serves figures and the bars of the page alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from megabar.report import figures

_BLUE, _RED, _GREEN = figures.CELL_COLOURS[:3]
_INK, _GREY, _PALE = "#333333", "#777777", "#bbbbbb"
_PAPER: Final = {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.6}
_LEAST_FACTOR: Final = 1e-3  # smaller ones are drawn up to here
_PERCENT_WITHIN: Final = 1.7  # a larger factor is read as a factor, not as percent
_LEAST_REACH: Final = 1.01  # a ruler never shows less than one percent to either side
_ROOM: Final = 1.08  # empty ruler beyond the longest bar, of its length
_ALIKE: Final = 0.15  # both sides are told as one number if they differ by less
_MARKS: Final = ((6, (1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)), (100, (1.0, 2.0, 5.0)))  # by span
_UNREADABLE: Final = 0.005  # percent that is written as nothing


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one kind of error is drawn and called.

    Parameters
    ----------
    colour, name
        Of its bars.
    words
        For legends.
    """

    colour: str
    name: str
    words: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "independent": Kind(colour=_BLUE, name="blue", words="this day alone"),
        "random": Kind(colour=_BLUE, name="blue", words="random"),
        "common": Kind(colour=_GREEN, name="green", words="shared by all days of the cell"),
        "choice": Kind(colour=_RED, name="orange", words="another reading of the same data"),
        "convention": Kind(colour=_PALE, name="grey", words="convention"),
        "total": Kind(colour=_INK, name="black", words="all together"),
    }
)
"""Kinds of rows of the budgets; colours of the house."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar: the factors that a source of error allows.

    Parameters
    ----------
    label
        The source, in a few words.
    low, high
        Factors on the number; 0 and inf where there is no limit.
    kind
        One of :data:`KINDS`.
    """

    label: str
    low: float
    high: float
    kind: str

    @property
    def reach(self) -> float:
        """Logarithm of the larger of both factors; what bars are sorted by."""
        return max(abs(math.log(_inside(self.low))), abs(math.log(_inside(self.high))))


def _inside(factor: float) -> float:
    return min(max(factor, _LEAST_FACTOR), 1 / _LEAST_FACTOR)


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """The horizontal axis of one tornado, or of several that are compared.

    Parameters
    ----------
    low, high
        Its ends, as factors.
    """

    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Whether the axis shows factors; it shows percent, linear, where these are small."""
        return self.high > _PERCENT_WITHIN or self.low < 1 / _PERCENT_WITHIN

    def place(self, factor: float) -> float:
        """Place a factor on the ruler.

        Parameters
        ----------
        factor
            The factor; beyond an end it is drawn at that end.

        Returns
        -------
        :
            0 at the left end to 1 at the right one.
        """
        shown = min(max(factor, self.low), self.high)
        if self.logarithmic:
            return math.log(shown / self.low) / math.log(self.high / self.low)
        return (shown - self.low) / (self.high - self.low)

    @cached_property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Factors that are marked, with what is written there."""
        if not self.logarithmic:
            step = _round_step(100 * (self.high - self.low) / 4)
            first, last = 100 * (self.low - 1) / step, 100 * (self.high - 1) / step
            steps = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
            return tuple((1 + k * step / 100, _signed(k * step)) for k in steps)
        marks = next((some for span, some in _MARKS if self.high < span * self.low), (1.0,))
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        factors = [float(f"{mark * 10.0**power:.3g}") for power in decades for mark in marks]
        return tuple((one, f"×{one:g}") for one in factors if self.low <= one <= self.high)


def _round_step(wanted: float) -> float:
    power = 10.0 ** math.floor(math.log10(wanted))
    return power * min((1, 2, 5, 10), key=lambda one: abs(math.log(one * power / wanted)))


def _signed(percent: float) -> str:
    return f"{percent:+.3g}".replace("-", "−") if percent else "0"


def ruler(bars: Iterable[Bar]) -> Ruler:
    """Choose an axis on which all bars are seen.

    Parameters
    ----------
    bars
        Of one tornado, or of all that are compared.

    Returns
    -------
    :
        The axis, with the factor one on it; a side without a limit does not stretch it.

    Examples
    --------
    >>> ruler([Bar(label="amplitude", low=0.96, high=1.04, kind="random")]).ticks[0]
    (0.96, '−4')
    """
    ends = [end for one in bars for end in (one.low, one.high) if 0 < end < math.inf]
    low = min([1 / _LEAST_REACH, *map(_inside, ends)])
    high = max([_LEAST_REACH, *map(_inside, ends)])
    return Ruler(low=low**_ROOM, high=high**_ROOM)


def words(low: float, high: float) -> str:
    """Write a pair of factors as percent, or as factors where they are large.

    Parameters
    ----------
    low, high
        The smallest and the largest factor.

    Returns
    -------
    :
        The words to print.

    Examples
    --------
    >>> words(0.961, 1.041), words(0.36, 1.0), words(1.0, 1.083)
    ('±4.0 %', '×0.36 to ×1', '+8.3 %')
    """
    if not (1 / _PERCENT_WITHIN <= low and high <= _PERCENT_WITHIN):
        upper = "no upper limit" if math.isinf(high) else f"×{high:.2g}"
        lower = "×0" if low <= 0 else f"×{low:.2g}"
        return f"{lower}, {upper}" if math.isinf(high) else f"{lower} to {upper}"
    down, up = 100 * (1 - low), 100 * (high - 1)
    if max(down, up) < _UNREADABLE:
        return "0"
    if abs(up - down) <= _ALIKE * max(up, down):
        return f"±{_digits((up + down) / 2)} %"
    sides = [f"−{_digits(down)}"] if down >= _UNREADABLE else []
    sides += [f"+{_digits(up)}"] if up >= _UNREADABLE else []
    return f"{' / '.join(sides)} %"


def _digits(percent: float) -> str:
    """Two digits, and never more than hundredths."""
    decimals = 0 if percent >= 9.95 else 1 if percent >= 0.995 else 2
    return f"{percent:.{decimals}f}"


def draw(
    ax: Any, bars: Sequence[Bar], *, quantity: str, title: str, axis: Ruler | None = None
) -> None:
    """Draw bars below each other, each with its name and its range above it.

    Parameters
    ----------
    ax
        Empty axes.
    bars
        From top to bottom.
    quantity
        What the factors are on.
    title
        Above the axes.
    axis
        Shared by several tornadoes; that of these bars if not given.
    """
    scale = axis or ruler(bars)
    for level, bar in enumerate(reversed(bars)):
        left, right = max(bar.low, scale.low), min(bar.high, scale.high)
        colour = KINDS[bar.kind].colour
        ax.barh(level, right - left, left=left, height=0.34, color=colour, zorder=2)
        across = ax.get_yaxis_transform()
        ax.text(0.0, level + 0.24, bar.label, ha="left", va="bottom", bbox=_PAPER, transform=across)
        ax.text(
            1.0, level + 0.24, words(bar.low, bar.high), ha="right", va="bottom", color=_GREY,
            transform=across, bbox=_PAPER,
        )  # fmt: skip
    ax.axvline(1, color=_INK, lw=0.8, zorder=2.5)
    ax.set_xscale("log" if scale.logarithmic else "linear")
    ax.set_xlim(scale.low, scale.high)
    ax.minorticks_off()
    factors = np.array([factor for factor, _ in scale.ticks])
    ax.set_xticks(factors, [written for _, written in scale.ticks])
    ax.set_ylim(-0.45, len(bars) - 0.3)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_title(title)
    ax.set_xlabel(
        f"factor on {quantity}" if scale.logarithmic else f"change of {quantity} (percent)"
    )

"""What hydrogen per metal hangs on: the systematic budget of each cell and day, for people."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from megabar.observables.content_budget import budget_of
from megabar.report import figures, tornado
from megabar.report.material import words_of
from megabar.report.scale_words import efficiency_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from megabar.history import Number
    from megabar.observables.content_budget import Budget, BudgetRow
    from megabar.report.material import CellPage

_MOST_BARS: Final = 10
_LEAST_SHARE: Final = 0.02  # of the longest bar; shorter ones are not drawn in the figure
_TINY: Final = 1e-9
_LEAST_LEFT_OUT: Final = 5e-4  # change of the content that a forgotten efficiency must make
_FAINTEST, _STRONGEST = 0.05, 0.45  # tint of a field of the table
ALL: Final = "all together"
CAPTION: Final = (
    "How far the content moves when one input moves by its standard error, or when another reading "
    "of it is the right one."
)
MOST: Final = (
    f"At most {_MOST_BARS} sources that move it more than a fiftieth of the first, and the 68 % "
    "interval of all together; every source of every day stands in the tables below."
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One source of error on one day.

    Parameters
    ----------
    source
        What is uncertain, and of which line.
    bar
        Its factors, as the tornado draws them.
    words
        Its range, in percent or as factors.
    start, width
        Place of the bar on the ruler, in percent of its length.
    efficiency
        The efficiency with its error, where the source is one.
    left_out
        What the content would be multiplied by without this efficiency; empty where that means
        nothing.
    detail
        Where the number comes from.
    """

    source: str
    bar: tornado.Bar
    words: str
    start: float
    width: float
    efficiency: str
    left_out: str
    detail: str

    @property
    def colour(self) -> str:
        """Colour of the bar."""
        return tornado.KINDS[self.bar.kind].colour


@dataclass(frozen=True, kw_only=True)
class DayBudget:
    """The budget of one content.

    Parameters
    ----------
    number
        The content.
    day, words
        Day, and the content, in words.
    budget
        Rows as they were computed.
    lines
        The same for people, largest first.
    total
        All together.
    """

    number: Number
    day: str
    words: str
    budget: Budget
    lines: tuple[Line, ...]
    total: Line


@dataclass(frozen=True, kw_only=True)
class Field:
    """One source on one day, as a field of the table.

    Parameters
    ----------
    words
        Range in percent, without sign where it is the same to both sides; empty if the source does
        not act on that day.
    tint
        Background, CSS.
    """

    words: str
    tint: str


@dataclass(frozen=True, kw_only=True)
class CellBudget:
    """The budgets of one cell.

    Parameters
    ----------
    days
        Those with a budget, rising.
    ruler
        Shared by all of them, so that their bars compare.
    table
        Source, and a field for each day; all together last.
    kinds
        Kinds of error that occur, for the legend.
    """

    days: tuple[DayBudget, ...]
    ruler: tornado.Ruler
    table: tuple[tuple[str, tuple[Field, ...]], ...]
    kinds: tuple[tornado.Kind, ...]

    @property
    def ends(self) -> tuple[DayBudget, ...]:
        """The first and the last day after the heating; the only one twice is one."""
        heated = [day for day in self.days if day.number.elapsed >= 0] or list(self.days)
        return (heated[0],) if len(heated) == 1 else (heated[0], heated[-1])

    @property
    def marks(self) -> tuple[tuple[float, str], ...]:
        """Places of the marks of the ruler, percent of its length, and their words."""
        return tuple(
            (100 * self.ruler.place(factor), written) for factor, written in self.ruler.ticks
        )

    @property
    def grid(self) -> str:
        """The marks as the path of an SVG that is 100 wide and 12 high."""
        return "".join(f"M{place:.1f} 0v12" for place, _ in self.marks)

    @property
    def zero(self) -> float:
        """Place of the factor one, percent of the length of the ruler."""
        return 100 * self.ruler.place(1.0)


def of_cell(page: CellPage, *, metal: str) -> CellBudget | None:
    """Collect the budgets of a cell.

    Parameters
    ----------
    page
        The cell.
    metal
        Nucleus of the metal.

    Returns
    -------
    :
        The budgets; None if no content of the cell has one.
    """
    found = list(with_budget(page))
    if not found:
        return None
    ruler = tornado.ruler(
        bar for number, budget in found for bar in _bars(budget, _nuclei(number, metal))
    )
    labels = _day_labels([number.elapsed for number, _ in found])
    days = tuple(
        _day(number, budget, label, _nuclei(number, metal), ruler)
        for (number, budget), label in zip(found, labels, strict=True)
    )
    present = {line.bar.kind for day in days for line in day.lines}
    return CellBudget(
        days=days,
        ruler=ruler,
        table=tuple(_table(days)),
        kinds=tuple(kind for name, kind in tornado.KINDS.items() if name in present),
    )


def with_budget(page: CellPage) -> Iterator[tuple[Number, Budget]]:
    """Find the contents of a cell that say what they hang on.

    Parameters
    ----------
    page
        The cell.

    Yields
    ------
    :
        Number and budget, by time.
    """
    for number in sorted(page.numbers, key=lambda one: one.elapsed):
        if number.node == "content" and number.name == "h_per_metal":
            budget = budget_of(number.details)
            if budget is not None and budget.rows:
                yield number, budget


def _nuclei(number: Number, metal: str) -> dict[str, str]:
    """Side of the content -> its nucleus."""
    return {
        "hydrogen": figures.nucleus_words(number.nucleus),
        "metal": figures.nucleus_words(metal),
    }


def _bars(budget: Budget, nuclei: dict[str, str]) -> list[tornado.Bar]:
    bars = [
        tornado.Bar(label=_spoken(row, nuclei), low=row.low, high=row.high, kind=row.kind)
        for row in budget.rows
    ]
    low, high = budget.total
    return [*bars, tornado.Bar(label=ALL, low=low, high=high, kind="total")]


def _spoken(row: BudgetRow, nuclei: dict[str, str]) -> str:
    """Name a source as people do: ``steady_state`` of a side becomes ``steady state, ¹H``."""
    source = row.source.replace("_", " ")
    for side, nucleus in nuclei.items():
        source = source.removesuffix(f", {side}") + (
            f", {nucleus}" if row.side == side or source.endswith(f", {side}") else ""
        )
    return source


def _day(
    number: Number, budget: Budget, label: str, nuclei: dict[str, str], ruler: tornado.Ruler
) -> DayBudget:
    *bars, together = _bars(budget, nuclei)
    pairs = zip(bars, budget.rows, strict=True)
    efficiencies = dict(_efficiencies(number))
    lines = [
        _line(
            bar,
            ruler,
            source=bar.label,
            efficiency=efficiencies.get((row.side, row.source), ""),
            left_out=_left_out(row.left_out),
            detail=row.detail,
        )
        for bar, row in pairs
    ]
    return DayBudget(
        number=number,
        day=label,
        words=words_of(number),
        budget=budget,
        lines=tuple(sorted(lines, key=lambda line: -line.bar.reach)),
        total=_line(
            together,
            ruler,
            source=ALL,
            efficiency="",
            left_out="",
            detail="68 % interval",
        ),
    )


def _line(bar: tornado.Bar, ruler: tornado.Ruler, **words: str) -> Line:
    start, end = 100 * ruler.place(bar.low), 100 * ruler.place(bar.high)
    return Line(
        bar=bar, words=tornado.words(bar.low, bar.high), start=start, width=end - start, **words
    )


def _efficiencies(number: Number) -> Iterator[tuple[tuple[str, str], str]]:
    for side, factors in json.loads(number.details.get("factors") or "{}").items():
        for one in factors:
            yield (side, one["name"]), efficiency_words(one)


def _left_out(factor: float) -> str:
    if not math.isfinite(factor) or abs(factor - 1) < _LEAST_LEFT_OUT:
        return ""
    return f"×{factor:.3g}"


def _day_labels(elapsed: Sequence[float]) -> list[str]:
    """Write days whole, or with tenths where two sessions share one."""
    whole = [f"{math.floor(day)}" for day in elapsed]
    chosen = whole if len(set(whole)) == len(whole) else [f"{day:.1f}" for day in elapsed]
    return [words.replace("-", "−") for words in chosen]


def _table(days: Sequence[DayBudget]) -> Iterator[tuple[str, tuple[Field, ...]]]:
    """Lay out sources against days, the source that ever moves the content most on top."""
    on_day = [{line.source: line for line in day.lines} for day in days]
    reach: dict[str, float] = {}
    for lines in on_day:
        for source, line in lines.items():
            reach[source] = max(reach.get(source, 0.0), line.bar.reach)
    most = max([_TINY, *reach.values()])
    for source in sorted(reach, key=lambda one: -reach[one]):
        yield source, tuple(_field(lines.get(source), most) for lines in on_day)
    yield ALL, tuple(_field(day.total, most) for day in days)


def _field(line: Line | None, most: float) -> Field:
    if line is None:
        return Field(words="", tint="")
    share = min(1.0, line.bar.reach / most)
    opacity = round(255 * (_FAINTEST + (_STRONGEST - _FAINTEST) * share))
    bare = line.words.removesuffix(" %").removeprefix("±").replace(" / ", "\n").replace(" to ", "–")
    return Field(words=bare, tint="" if line.bar.kind == "total" else f"{line.colour}{opacity:02x}")


def legend(found: CellBudget) -> str:
    """Say what the colours mean.

    Parameters
    ----------
    found
        Budgets of a cell.

    Returns
    -------
    :
        One sentence.
    """
    return f"{'; '.join(f'{kind.name}: {kind.words}' for kind in found.kinds)}.".capitalize()


def picture(found: CellBudget, *, quantity: str) -> bytes:
    """Draw the tornado of the first day beside that of the last one, on one ruler.

    Parameters
    ----------
    found
        Budgets of a cell.
    quantity
        What people call the content, such as ``"H/La"``.

    Returns
    -------
    :
        SVG.
    """
    shown = found.ends
    bars = [[*_longest(day), day.total.bar] for day in shown]
    axis = tornado.ruler(bar for rows in bars for bar in rows)
    with figures.house_style():
        height = 0.75 + 0.36 * max(map(len, bars))
        figure, axes = figures.sheet(
            1, len(shown), height=height, left=0.02, right=0.98, wspace=0.08,
            bottom=0.45 / height, top=1 - 0.3 / height,
        )  # fmt: skip
        for ax, rows, day in zip(axes[0], bars, shown, strict=True):
            tornado.draw(ax, rows, quantity=quantity, title=f"day {day.day}", axis=axis)
            ax.set_ylim(len(rows) - max(map(len, bars)) - 0.45, len(rows) - 0.3)
    return figures.svg_bytes(figure)


def _longest(day: DayBudget) -> list[tornado.Bar]:
    least = _LEAST_SHARE * day.lines[0].bar.reach
    return [line.bar for line in day.lines if line.bar.reach > least][:_MOST_BARS]

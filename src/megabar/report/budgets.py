"""What hydrogen per metal hangs on: the systematic budget of each cell and day, for people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from megabar.observables.content_budget import budget_of
from megabar.report import figures, tornado

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from megabar.history import Number
    from megabar.observables.content_budget import Budget, BudgetRow
    from megabar.report.material import CellPage

_MOST_BARS: Final = 10
_LEAST_LEFT_OUT: Final = 5e-4  # change of the content that a forgotten efficiency must make
_FAINTEST, _STRONGEST = 0.05, 0.45  # tint of a field of the table
ALL: Final = "all together"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One source of error on one day.

    Parameters
    ----------
    source, where
        What is uncertain, and of which line.
    bar
        Its factors, as the tornado draws them.
    words
        Its range, in percent or as factors.
    start, width
        Place of the bar on the ruler, in percent of its length.
    left_out
        What the content would be multiplied by without this efficiency; empty where that means
        nothing.
    detail
        Where the number comes from.
    """

    source: str
    where: str
    bar: tornado.Bar
    words: str
    start: float
    width: float
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
    day
        Day in words.
    budget
        Rows as they were computed.
    lines
        The same for people, largest first.
    total
        All together.
    """

    number: Number
    day: str
    budget: Budget
    lines: tuple[Line, ...]
    total: Line


@dataclass(frozen=True, kw_only=True)
class Field:
    """One source on one day, as a field of the table.

    Parameters
    ----------
    words
        Range in percent; empty if the source does not act on that day.
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
        Source, where it acts, and a field for each day; all together last.
    kinds
        Kinds of error that occur, for the legend.
    """

    days: tuple[DayBudget, ...]
    ruler: tornado.Ruler
    table: tuple[tuple[str, str, tuple[Field, ...]], ...]
    kinds: tuple[tornado.Kind, ...]

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
    found = list(_budgets(page))
    if not found:
        return None
    ruler = tornado.ruler(
        bar for number, budget in found for bar in _bars(budget, _places(number, metal))
    )
    labels = _day_labels([number.elapsed for number, _ in found])
    days = tuple(
        _day(number, budget, label, _places(number, metal), ruler)
        for (number, budget), label in zip(found, labels, strict=True)
    )
    present = {line.bar.kind for day in days for line in day.lines}
    return CellBudget(
        days=days,
        ruler=ruler,
        table=tuple(_table(days)),
        kinds=tuple(kind for name, kind in tornado.KINDS.items() if name in present),
    )


def _budgets(page: CellPage) -> Iterator[tuple[Number, Budget]]:
    for number in sorted(page.numbers, key=lambda one: one.elapsed):
        if number.node == "content" and number.name == "h_per_metal":
            budget = budget_of(number.details)
            if budget is not None and budget.rows:
                yield number, budget


def _places(number: Number, metal: str) -> dict[str, str]:
    """Side of the content -> what people call it."""
    return {
        "hydrogen": figures.nucleus_words(number.nucleus),
        "metal": figures.nucleus_words(metal),
        "scale": "scale",
    }


def _bars(budget: Budget, places: dict[str, str]) -> list[tornado.Bar]:
    bars = [_bar(row, places) for row in budget.rows]
    low, high = budget.total
    return [*bars, tornado.Bar(label=ALL, low=low, high=high, kind="total")]


def _bar(row: BudgetRow, places: dict[str, str]) -> tornado.Bar:
    where = f", {places[row.side]}" if row.side in ("hydrogen", "metal") else ""
    return tornado.Bar(
        label=f"{_spoken(row.source)}{where}", low=row.low, high=row.high, kind=row.kind
    )


def _spoken(source: str) -> str:
    return source.replace("_", " ")


def _day(
    number: Number, budget: Budget, label: str, places: dict[str, str], ruler: tornado.Ruler
) -> DayBudget:
    *bars, together = _bars(budget, places)
    pairs = zip(bars, budget.rows, strict=True)
    lines = [
        _line(
            bar,
            ruler,
            source=_spoken(row.source),
            where=places.get(row.side, row.side),
            left_out=_left_out(row.left_out),
            detail=row.detail,
        )
        for bar, row in pairs
    ]
    return DayBudget(
        number=number,
        day=label,
        budget=budget,
        lines=tuple(sorted(lines, key=lambda line: -line.bar.reach)),
        total=_line(together, ruler, source=ALL, where="", left_out="", detail="68 % interval"),
    )


def _line(bar: tornado.Bar, ruler: tornado.Ruler, **words: str) -> Line:
    start, end = 100 * ruler.place(bar.low), 100 * ruler.place(bar.high)
    return Line(
        bar=bar, words=tornado.words(bar.low, bar.high), start=start, width=end - start, **words
    )


def _left_out(factor: float) -> str:
    if not math.isfinite(factor) or abs(factor - 1) < _LEAST_LEFT_OUT:
        return ""
    return f"×{factor:.3g}"


def _day_labels(elapsed: Sequence[float]) -> list[str]:
    """Write days whole, or with tenths where two sessions share one."""
    whole = [f"{math.floor(day)}" for day in elapsed]
    chosen = whole if len(set(whole)) == len(whole) else [f"{day:.1f}" for day in elapsed]
    return [words.replace("-", "−") for words in chosen]


def _table(days: Sequence[DayBudget]) -> Iterator[tuple[str, str, tuple[Field, ...]]]:
    """Lay out sources against days, the source that ever moves the content most on top."""
    on_day = [{(line.source, line.where): line for line in day.lines} for day in days]
    reach: dict[tuple[str, str], float] = {}
    for lines in on_day:
        for key, line in lines.items():
            reach[key] = max(reach.get(key, 0.0), line.bar.reach)
    most = max([1e-9, *reach.values()])
    for key in sorted(reach, key=lambda one: -reach[one]):
        yield *key, tuple(_field(lines.get(key), most) for lines in on_day)
    yield ALL, "", tuple(_field(day.total, most) for day in days)


def _field(line: Line | None, most: float) -> Field:
    if line is None:
        return Field(words="", tint="")
    share = min(1.0, line.bar.reach / most)
    opacity = round(255 * (_FAINTEST + (_STRONGEST - _FAINTEST) * share))
    bare = line.words.removesuffix(" %").replace(" / ", " ").replace(" to ", "–")
    return Field(words=bare, tint="" if line.bar.kind == "total" else f"{line.colour}{opacity:02x}")


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
    shown = found.days if len(found.days) == 1 else (found.days[0], found.days[-1])
    drawn = [[line.bar for line in day.lines if line.bar.reach > 0] for day in shown]
    bars = [[*rows[:_MOST_BARS], day.total.bar] for rows, day in zip(drawn, shown, strict=True)]
    axis = tornado.ruler(bar for rows in bars for bar in rows)
    with figures.house_style():
        height = 0.75 + 0.36 * max(map(len, bars))
        figure, axes = figures.sheet(
            1, len(shown), height=height, left=0.02, right=0.98, wspace=0.08,
            bottom=0.45 / height, top=1 - 0.25 / height,
        )  # fmt: skip
        for ax, rows, day in zip(axes[0], bars, shown, strict=True):
            tornado.draw(ax, rows, quantity=quantity, title=f"day {day.day}", axis=axis)
            ax.set_ylim(len(rows) - max(map(len, bars)) - 0.45, len(rows) - 0.3)
    return figures.svg_bytes(figure)

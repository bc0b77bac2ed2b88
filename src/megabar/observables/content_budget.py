"""How far each assumption moves a content: the systematic budget, row by row.

A row says by which factor the content changes when one input moves by its standard error, or when
another reading of it is the right one. What would be found by somebody who left an efficiency out
stands beside it: between 2 and 20 hide there.

Twin: ``spins.sequences``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import inf, isfinite, log, nan
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from megabar.observables.calibrations import Scale
    from megabar.observables.efficiencies import Factor
    from megabar.observables.line_readings import LineReading

KINDS: Final = ("independent", "common", "choice")
"""What an error is: of one point, of the whole series, or a reading that nobody measured."""

_SIGN: Final = {"hydrogen": -1, "metal": 1}  # the content goes as eps_M / eps_H


@dataclass(frozen=True, kw_only=True)
class BudgetRow:
    """One source of error of one content.

    Parameters
    ----------
    source
        Name of the input.
    side
        ``"hydrogen"``, ``"metal"`` or ``"scale"``.
    kind
        One of :data:`KINDS`.
    low, high
        Factors on the content at the ends of one standard error, or of the other readings; ``inf``
        where nothing bounds it.
    detail
        Where the number comes from, and which readings there are.
    left_out
        Factor on the content if this efficiency were left out, nan where that means nothing.
    """

    source: str
    side: str
    kind: str
    low: float
    high: float
    detail: str
    left_out: float = nan

    @property
    def reach(self) -> float:
        """Width of the row in logarithms, for sorting."""
        return inf if self.low <= 0 else log(self.high / self.low)

    @property
    def sentence(self) -> str:
        """One line of the table."""
        missing = ""
        if isfinite(self.left_out) and abs(self.left_out - 1) >= 5e-4:
            missing = f"; left out, the content would be x {self.left_out:.3g}"
        where = "" if self.side == "scale" else f" of {self.side}"
        return (
            f"{self.source}{where} ({self.kind}): x {self.low:.3g} to x {self.high:.3g}; "
            f"{self.detail}{missing}"
        )


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The sources of error of one content.

    Parameters
    ----------
    value
        The content.
    total
        Ends of its 68 % interval over the content; (0, inf) where there is none.
    rows
        Widest first.
    """

    value: float
    total: tuple[float, float]
    rows: tuple[BudgetRow, ...]

    def sentences(self) -> Iterator[str]:
        """Give the table, line by line."""
        yield from (row.sentence for row in self.rows)
        low, high = self.total
        yield f"all: x {low:.3g} to x {high:.3g}"


def budget_of(details: Mapping[str, Any]) -> Budget | None:
    """Make the budget of a content again from what its dataset, or the store, holds.

    Parameters
    ----------
    details
        Attributes of the Observables, or details of the number in the store: ``budget``,
        ``estimate``, ``interval_68``.

    Returns
    -------
    :
        The budget, or None if there is no content whose errors could be told.

    Examples
    --------
    >>> budget_of({}) is None
    True
    """
    text = details.get("budget")
    if not text:
        return None
    rows = [_row_from(fields) for fields in json.loads(text)]
    value = float(details["estimate"])
    low, high = (float(end) for end in details["interval_68"])
    return Budget(
        value=value,
        total=(max(low / value, 0.0), high / value),
        rows=tuple(sorted(rows, key=lambda row: -row.reach)),
    )


def _row_from(fields: Mapping[str, Any]) -> BudgetRow:
    known: dict[str, Any] = {name: nan if one is None else one for name, one in fields.items()}
    return BudgetRow(**known)


def rows_of(
    readings: Mapping[str, LineReading],
    factors: Mapping[str, Sequence[Factor]],
    scale: Scale,
    terms: Mapping[str, float],
) -> Iterator[BudgetRow]:
    """Draw up the budget.

    Parameters
    ----------
    readings
        Side -> line.
    factors
        Side -> its efficiencies.
    scale
        The scale.
    terms
        Name of each error that is common to the series -> its relative size, after what cancels.

    Yields
    ------
    :
        Rows; those of nothing uncertain and nothing left out are spared.
    """
    for side, reading in readings.items():
        yield _row("amplitude", side, "independent", -reading.relative_std * _SIGN[side], _FIT)
    for side in readings:
        for one in factors[side]:
            yield from _rows_of_factor(one, side, scale, terms)
    for term in scale.terms:
        size = terms.get(term.name, 0.0)
        if size > 0 and not (scale.alternatives and term is scale.terms[0]):
            yield _row(term.name, "scale", "common", size, term.source)
    if scale.alternatives:
        yield _alternatives("calibration", "scale", scale.value, scale.alternatives, 1)


_FIT: Final = "fit of the line and its noise"


def _rows_of_factor(
    one: Factor, side: str, scale: Scale, terms: Mapping[str, float]
) -> Iterator[BudgetRow]:
    sign = _SIGN[side]
    before = scale.efficiencies.get(side, {}).get(one.name, 1.0)
    left_out = (before / one.value) ** sign
    if one.alternatives:
        yield _alternatives(
            one.name, side, one.value, one.alternatives, sign, left_out=left_out, source=one.source
        )
        return
    size = terms.get(f"{one.name}, {side}", one.relative_std)
    kind = "common" if one.common else "independent"
    if size > 0 or abs(left_out - 1) >= 5e-4:
        yield _row(one.name, side, kind, sign * size, one.source, left_out=left_out)


def _row(
    source: str, side: str, kind: str, signed: float, detail: str, *, left_out: float = nan
) -> BudgetRow:
    """Row of an input that enters with the power +1 (signed above 0) or -1."""
    size = abs(signed)
    ends = (max(1 - size, 0.0), 1 + size)
    if signed < 0:
        ends = (1 / (1 + size), 1 / (1 - size) if size < 1 else inf)
    return BudgetRow(
        source=source, side=side, kind=kind, low=ends[0], high=ends[1], detail=detail,
        left_out=left_out,
    )  # fmt: skip


def _alternatives(
    source_name: str,
    side: str,
    value: float,
    readings: Sequence[tuple[str, float]],
    sign: int,
    *,
    left_out: float = nan,
    source: str = "",
) -> BudgetRow:
    factors = {words: (other / value) ** sign for words, other in readings}
    listed = ", ".join(f"{words}: x {factor:.3g}" for words, factor in factors.items())
    return BudgetRow(
        source=source_name,
        side=side,
        kind="choice",
        low=min(1.0, *factors.values()),
        high=max(1.0, *factors.values()),
        detail=f"{source}; {listed}" if source else listed,
        left_out=left_out,
    )


def as_json(rows: Iterator[BudgetRow]) -> str:
    """Write rows as JSON, null where there is no number.

    Parameters
    ----------
    rows
        The rows.

    Returns
    -------
    :
        A list of objects; an end that nothing bounds is the word ``Infinity``.
    """
    listed = [
        {name: None if value != value else value for name, value in vars(row).items()}
        for row in rows
    ]
    return json.dumps(listed, ensure_ascii=False, sort_keys=True)

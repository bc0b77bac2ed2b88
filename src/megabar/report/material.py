"""What a report says: the numbers of each cell, what they assume, what failed, what is missing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from megabar import provenance
from megabar.errors import Undetermined
from megabar.observables import shift_histories
from megabar.report import assumptions, numbers, series
from megabar.schemas import QUALITIES

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.answers import Archived
    from megabar.campaign.cross_checks import CrossCheckRow
    from megabar.campaign.plan import Plan
    from megabar.campaign.rows import Failure
    from megabar.campaign.runner import Campaign
    from megabar.history import Number
    from megabar.observables.content_agreement import Agreement
    from megabar.observables.shift_histories import ShiftHistory

_NO_NUMBER: Final = "—"
_SKEWED: Final = 1.15  # one side of an interval over the other beyond which both are written
_NUMBER_IN_WORDS: Final = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class CellPage:
    """One cell of a report.

    Parameters
    ----------
    name, index
        Its name, and its number within the campaign.
    heated_at, synthesis_pressure
        Day zero in words, and pressure of the synthesis [GPa] or None.
    history
        Observables over the days.
    numbers
        All its numbers, by time.
    records
        Its records in the archive, by time.
    """

    name: str
    index: int
    heated_at: str
    synthesis_pressure: float | None
    history: xr.DataTree
    numbers: tuple[Number, ...]
    records: tuple[Archived, ...]


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One kind of warning, and how often it was given.

    Parameters
    ----------
    sentence
        The warning, as the first record says it.
    where
        Cells and channels, in words.
    count
        Number of records that carry it.
    """

    sentence: str
    where: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that a report of a campaign says.

    Parameters
    ----------
    plan
        The plan.
    plan_file, plan_sha256
        Its file and digest.
    version
        Version of megabar.
    nuclei
        Nuclei in the order in which they are shown: hydrogen, metal, others.
    cells
        One page each.
    failures, warnings
        What could not be done, and what was done with a doubt.
    agreements
        Whether the contents of a cell follow its witnesses, one for each of both.
    drifts
        Cell -> how the shift of its metal moves over the days, in words.
    drifts_together
        Whether all cells drift alike, in words; empty if that cannot be asked.
    cross_checks
        Cells with a standard of known shift.
    assumptions
        What the numbers take for granted.
    not_done
        What nobody looked at.
    """

    plan: Plan
    plan_file: str
    plan_sha256: str
    version: str
    nuclei: tuple[str, ...]
    cells: tuple[CellPage, ...]
    failures: tuple[Failure, ...]
    warnings: tuple[Doubt, ...]
    agreements: tuple[Agreement, ...]
    drifts: Mapping[str, str]
    drifts_together: str
    cross_checks: tuple[CrossCheckRow, ...]
    assumptions: tuple[str, ...]
    not_done: tuple[str, ...]

    @property
    def metal_symbol(self) -> str:
        """Symbol of the metal without its mass number, or ``"metal"``."""
        symbol = self.plan.metal.lstrip("0123456789")
        return "metal" if symbol == "none" else symbol


def gather(campaign: Campaign) -> Material:
    """Ask a campaign for all that its report says.

    Parameters
    ----------
    campaign
        A campaign that was run.

    Returns
    -------
    :
        The material.

    Raises
    ------
    StoreError
        If nothing was run yet.
    """
    rows = campaign.rows()
    records = campaign.acquisitions()
    plan = campaign.plan
    cells = tuple(
        CellPage(
            name=cell.name,
            index=index,
            heated_at=cell.heated_at.isoformat(sep=" ", timespec="minutes"),
            synthesis_pressure=cell.synthesis_pressure,
            history=campaign.history(cell.name),
            numbers=tuple(row for row in rows if row.cell == cell.name),
            records=tuple(record for record in records if record.cell == cell.name),
        )
        for index, cell in enumerate(plan.cells)
    )
    drifts, drifts_together = _drifts(cells, plan.metal)
    return Material(
        plan=plan,
        plan_file=campaign.plan_path.name,
        plan_sha256=campaign.plan_sha256,
        version=provenance.package_version(),
        nuclei=_nuclei(plan),
        cells=cells,
        failures=campaign.failures(),
        warnings=tuple(_warnings(rows, campaign.warnings())),
        agreements=campaign.witnesses(),
        drifts=drifts,
        drifts_together=drifts_together,
        cross_checks=campaign.cross_checks(),
        assumptions=assumptions.assumptions(plan, rows),
        not_done=assumptions.not_done(plan, records),
    )


def _drifts(cells: Iterable[CellPage], metal: str) -> tuple[dict[str, str], str]:
    """Say how the shift of the metal moves in each cell, and whether the cells agree on it."""
    histories: list[ShiftHistory] = []
    words: dict[str, str] = {}
    for page in cells:
        try:
            history = shift_histories.shift_history(page.history, nucleus=metal)
            words[page.name] = shift_histories.drift_of(history).sentence
        except Undetermined:  # nobody can ask for a drift of fewer shifts
            continue
        histories.append(history)
    if len(histories) < 2:
        return words, ""
    return words, shift_histories.compare_drifts(histories).sentence


def _nuclei(plan: Plan) -> tuple[str, ...]:
    wanted = [c for c in plan.channels if c.measure in {"line", "t1", "t2", "t1rho"} and c.nucleus]
    order = {"hydrogen": 0, "metal": 1, "none": 2}
    ranked = sorted(wanted, key=lambda channel: order[channel.role])
    return tuple(dict.fromkeys(str(channel.nucleus) for channel in ranked))


def _warnings(rows: Iterable[Number], of_plan: Iterable[str]) -> list[Doubt]:
    """Say each warning once, with the number of records that carry it, whatever its numbers."""
    found: dict[str, tuple[str, dict[str, Number]]] = {}
    for row in rows:
        for sentence in row.warnings:
            kind = _NUMBER_IN_WORDS.sub("#", sentence)
            found.setdefault(kind, (sentence, {}))[1][row.record] = row
    told = [
        Doubt(sentence=sentence, where=_places(carriers.values()), count=len(carriers))
        for sentence, carriers in sorted(found.values(), key=lambda item: -len(item[1]))
    ]
    return [*(Doubt(sentence=one, where="plan", count=1) for one in of_plan), *told]


def _places(rows: Iterable[Number]) -> str:
    members = list(rows)
    cells = ", ".join(dict.fromkeys(row.cell for row in members))
    channels = ", ".join(dict.fromkeys(row.channel for row in members))
    return f"{channels} in {cells}"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One cell on the first screen, in words.

    Parameters
    ----------
    cell, heated_at, pressure
        Which cell.
    sessions
        Number of days with records after heating.
    content_first, content_last, first_day, last_day
        Hydrogen per metal with its total error on the first and the last day.
    calibration
        How the contents got their scale, in a word or two.
    undetermined
        Number of days without a content, in words; empty if there are none.
    slope
        Change per day with its total error.
    misfit, straight
        chi2 over degrees of freedom of the straight line, and whether noise explains it.
    shift_first, shift_last
        Shift of the metal [Hz/MHz].
    tc
        Onset of superconductivity.
    quality
        How many numbers are values, bounds, failures.
    """

    cell: str
    heated_at: str
    pressure: str
    sessions: int
    content_first: str
    content_last: str
    first_day: str
    last_day: str
    calibration: str
    undetermined: str
    slope: str
    misfit: str
    straight: bool
    shift_first: str
    shift_last: str
    tc: str
    quality: str


def summary(page: CellPage, *, metal: str) -> Summary:
    """Put one cell into one line.

    Parameters
    ----------
    page
        The cell.
    metal
        Nucleus of the metal.

    Returns
    -------
    :
        Words for the first screen.
    """
    content = _after_heating(page.numbers, "content", "h_per_metal")
    shift = _after_heating(page.numbers, metal, "shift")
    onset = _after_heating(page.numbers, "resistance", "tc_onset")
    line = _content_line(page)
    counts = dict.fromkeys(QUALITIES, 0)
    for number in page.numbers:
        counts[number.quality] += 1
    pressure = page.synthesis_pressure
    return Summary(
        cell=page.name,
        heated_at=page.heated_at,
        pressure=_NO_NUMBER if pressure is None else f"{pressure:g} GPa",
        sessions=len({math.floor(n.elapsed) for n in page.numbers if n.elapsed >= 0}),
        content_first=words_of(content[0]) if content else _NO_NUMBER,
        content_last=words_of(content[-1]) if content else _NO_NUMBER,
        first_day=f"{content[0].elapsed:.0f}" if content else _NO_NUMBER,
        last_day=f"{content[-1].elapsed:.0f}" if content else _NO_NUMBER,
        calibration=_calibration(content),
        undetermined=_undetermined(page),
        slope=numbers.format_value(line.slope, line.slope_std, "") if line else _NO_NUMBER,
        misfit=f"{line.chi2:.1f}/{line.degrees_of_freedom}" if line else _NO_NUMBER,
        straight=line is None or line.straight,
        shift_first=words_of(shift[0]) if shift else _NO_NUMBER,
        shift_last=words_of(shift[-1]) if shift else _NO_NUMBER,
        tc=words_of(onset[0]) if onset else "not measured",
        quality=", ".join(f"{count} {term}" for term, count in counts.items() if count),
    )


def _calibration(content: Iterable[Number]) -> str:
    modes = dict.fromkeys(str(n.details["mode"]) for n in content if "mode" in n.details)
    return f"by {' and '.join(modes)}" if modes else ""


def _undetermined(page: CellPage) -> str:
    days = {
        f"{math.floor(n.elapsed)}"
        for n in page.numbers
        if (n.node, n.name, n.quality) == ("content", "h_per_metal", "not determined")
    }
    return f"not determined on {len(days)} day{'s' if len(days) > 1 else ''}" if days else ""


def _content_line(page: CellPage) -> series.StraightLine | None:
    found = series.series_from_history(
        page.history, node="content", name="h_per_metal", index=page.index
    )
    return series.straight_line(found) if found else None


def _after_heating(rows: Iterable[Number], node: str, name: str) -> list[Number]:
    chosen = [n for n in rows if n.node == node and n.name == name and n.elapsed >= 0]
    known = [n for n in chosen if math.isfinite(n.value)]
    return sorted(known or chosen, key=lambda n: n.elapsed)


def words_of(number: Number, *, unit: bool = False) -> str:
    """Write one number of a campaign in the unit in which it is shown.

    Parameters
    ----------
    number
        The number.
    unit
        Whether the unit follows.

    Returns
    -------
    :
        As :func:`megabar.report.numbers.format_value`.
    """
    shown = numbers.display_of(number.name)
    return numbers.format_value(
        number.value * shown.factor,
        number.std * shown.factor,
        shown.unit if unit else "",
        quality=number.quality,
    )


def interval_words(number: Number, *, always: bool = False) -> str:
    """Write the intervals of a number where its error bar alone would mislead.

    Parameters
    ----------
    number
        The number; its details may hold ``interval_68`` and ``interval`` (95 percent).
    always
        Whether intervals are written also where they are symmetric.

    Returns
    -------
    :
        Both intervals; empty if there are none, or if the error says the same.
    """
    ends = [number.details.get(name) for name in ("interval_68", "interval")]
    if None in ends or not any(math.isfinite(end) for pair in ends if pair for end in pair):
        return ""
    estimate = float(number.details.get("estimate", number.value))
    inner, outer = (tuple(float(end) for end in pair or ()) for pair in ends)
    if not (always or number.quality != "value" or _skewed(inner, estimate)):
        return ""
    return f"68 %: {_span(*inner)}; 95 %: {_span(*outer)}"


def _skewed(interval: tuple[float, ...], estimate: float) -> bool:
    below, above = estimate - interval[0], interval[1] - estimate
    return not above <= _SKEWED * below or not below <= _SKEWED * above


def _span(low: float, high: float) -> str:
    if not math.isfinite(high):
        return "no limit" if not low > 0 else f"above {low:.3g}, no upper limit"
    return f"{low:.3g} to {high:.3g}".replace("-", "−")


def by_day(rows: Sequence[Number]) -> dict[int, dict[tuple[str, str], list[Number]]]:
    """Sort numbers into days and quantities, for the table of a cell.

    Parameters
    ----------
    rows
        Numbers of one cell.

    Returns
    -------
    :
        Whole day since heating, rounded down -> (node, name) -> numbers; rising days.
    """
    table: dict[int, dict[tuple[str, str], list[Number]]] = {}
    for row in sorted(rows, key=lambda n: n.elapsed):
        if math.isfinite(row.elapsed):
            day = table.setdefault(math.floor(row.elapsed), {})
            day.setdefault((row.node, row.name), []).append(row)
    return table

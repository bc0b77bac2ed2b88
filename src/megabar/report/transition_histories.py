"""Critical temperatures over the days: what is drawn, and which law their points allow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from scipy.special import gammaincc

from megabar.errors import Undetermined
from megabar.inference import decay_times, tc_laws
from megabar.observables.measured_words import measured
from megabar.observables.tc_series import TcSeries, normalised
from megabar.observables.thermal_lag import ThermalLag, lag_of
from megabar.report import figures
from megabar.report.numbers import format_value
from megabar.report.series import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.history import Number
    from megabar.inference.tc_laws import TcComparison
    from megabar.report.material import CellPage, Material

_SIGMAS: Final = 3.0
_UNKNOWN: Final = (math.nan, math.nan)
_MISFIT: Final = 1e-3  # probability of the residuals below which a law does not describe them
WIDTH: Final = "width of the transition, 90 to 10 %"
CAPTION: Final = (
    "Midpoints, one direction of the ramp for each cell. Bars: independent standard error. Broad "
    "pale bars: width of the transition, 90 to 10 %, a property of the sample and no error. Right: "
    "over the first midpoint, whose error all points share (band). Not corrected for the lag of "
    "thermometers."
)


Known: TypeAlias = tuple[float, float]  # a temperature and its standard error [K]


@dataclass(frozen=True, kw_only=True)
class TcHistory:
    """Midpoints of one cell and one direction, with the width of each transition.

    Parameters
    ----------
    series
        The midpoints, as laws take them.
    low, high
        10 % and 90 % temperatures [K], (n,); nan where a width was withheld.
    ends
        First and last (day, onset, zero) of the ramps that have both, with their errors [K].
    rate
        Mean rate of the ramps [K/s]; inf if not known.
    """

    series: TcSeries
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    ends: tuple[tuple[float, Known, Known], ...]
    rate: float


def of_cell(page: CellPage) -> TcHistory | None:
    """Take the midpoints of the direction that has most of them; the slower one if both have.

    Parameters
    ----------
    page
        A cell.

    Returns
    -------
    :
        The history, or None without a midpoint.
    """
    rows = [
        row
        for row in page.numbers
        if (row.node, row.name, row.quality) == ("resistance", "tc_midpoint", "value")
        and row.elapsed >= 0
        and row.std > 0
    ]
    if not rows:
        return None
    by_direction: dict[int, list[Number]] = {}
    for row in rows:
        by_direction.setdefault(int(row.details.get("direction", 0)), []).append(row)
    chosen = max(by_direction.values(), key=lambda some: (len(some), -abs(_rate(some)), id(some)))
    chosen = sorted(chosen, key=lambda row: row.elapsed)
    onsets, widths, zeros = (_known(page, name) for name in ("tc_onset", "tc_width", "tc_zero"))
    high = np.array([onsets.get(row.record, _UNKNOWN)[0] for row in chosen])
    whole = [row for row in chosen if row.record in onsets and row.record in zeros]
    return TcHistory(
        series=TcSeries(
            cell=page.name,
            elapsed=np.array([row.elapsed for row in chosen]),
            value=np.array([row.value for row in chosen]),
            std=np.array([row.std for row in chosen]),
            criterion="midpoint",
            direction=int(chosen[0].details.get("direction", 0)),
        ),
        low=high - np.array([widths.get(row.record, _UNKNOWN)[0] for row in chosen]),
        high=high,
        ends=tuple(
            (row.elapsed, onsets[row.record], zeros[row.record]) for row in (whole[0], whole[-1])
        )
        if len(whole) > 1
        else (),
        rate=_rate(chosen),
    )


def _known(page: CellPage, name: str) -> dict[str, Known]:
    return {
        row.record: (row.value, row.std)
        for row in page.numbers
        if (row.node, row.name, row.quality) == ("resistance", name, "value")
    }


def _rate(rows: Sequence[Number]) -> float:
    rates = [float(row.details.get("rate", math.nan)) for row in rows]
    known = [one for one in rates if math.isfinite(one)]
    return float(np.mean(known)) if known else math.inf


def panels(cells: Sequence[CellPage]) -> tuple[figures.Panel, ...]:
    """Draw midpoints as they are, and over the first of each cell.

    Parameters
    ----------
    cells
        The cells.

    Returns
    -------
    :
        Two panels; one where no cell has two points, none without a midpoint.
    """
    found = [(page.index, history) for page in cells if (history := of_cell(page)) is not None]
    absolute = tuple(_absolute(index, one) for index, one in found)
    relative = tuple(_relative(index, one) for index, one in found if one.series.value.size > 1)
    labels = ("midpoint (K)", "midpoint over the first")
    return tuple(
        figures.Panel(title="", label=label, series=members)
        for label, members in zip(labels, (absolute, relative), strict=True)
        if members
    )


def _absolute(index: int, one: TcHistory) -> Series:
    return Series(
        cell=one.series.cell,
        index=index,
        elapsed=one.series.elapsed,
        value=one.series.value,
        std=one.series.std,
        common=None,
        quality=("value",) * one.series.value.size,
        readings=(one.low, one.high),
        readings_are=WIDTH,
    )


def _relative(index: int, one: TcHistory) -> Series:
    first = float(one.series.value[0])
    over = normalised(one.series)
    alone = one.series.std[1:] / first
    return Series(
        cell=one.series.cell,
        index=index,
        elapsed=over.elapsed,
        value=over.value,
        std=alone,
        common=np.sqrt(np.maximum(over.std**2 - alone**2, 0.0)),
        quality=("value",) * over.value.size,
        readings=(one.low[1:] / first, one.high[1:] / first),
        readings_are=WIDTH,
    )


def sentences(facts: Material, page: CellPage) -> Iterator[str]:
    """Say which law the midpoints of a cell follow, and how fast against the content of another.

    Parameters
    ----------
    facts
        Material of the report.
    page
        The cell.

    Yields
    ------
    :
        Sentences; none without midpoints.
    """
    history = of_cell(page)
    if history is None:
        return
    yield from _path_or_phase(history)
    yield from _lag(page)
    try:
        compared = tc_laws.compare(history.series)
    except Undetermined as error:
        yield str(error)
        return
    yield f"Tc midpoint, {_ramp_words(history)}: {_law_words(compared)}"
    yield from _against_content(facts, page, history)


def _path_or_phase(history: TcHistory) -> Iterator[str]:
    """Compare the fall of the onset with that of zero: grains that change, or links that break."""
    if not history.ends:
        return
    (first, *before), (last, *after) = history.ends
    falls = [one[0] - other[0] for one, other in zip(before, after, strict=True)]
    stds = [math.hypot(one[1], other[1]) for one, other in zip(before, after, strict=True)]
    onset, zero = (format_value(*pair, "K") for pair in zip(falls, stds, strict=True))
    more = falls[1] - falls[0]
    if abs(more) < _SIGMAS * math.hypot(*stds):
        meaning = "alike, as where the grains on the path change, and not where their links break"
    elif more > 0:
        meaning = "zero by more, as where links break while some grains stay as they were"
    else:
        meaning = "the onset by more, as where the best grains change most"
    yield (
        f"From day {first:.0f} to day {last:.0f} the onset fell by {onset} and the temperature of "
        f"zero resistance by {zero}: {meaning}."
    )


def _lag(page: CellPage) -> Iterator[str]:
    """Say how far the thermometer lags, from the ramps of one day at two rates."""
    by_day: dict[int, list[Number]] = {}
    for row in page.numbers:
        midpoint = (row.node, row.name, row.quality) == ("resistance", "tc_midpoint", "value")
        if midpoint and row.elapsed >= 0 and row.std > 0:
            by_day.setdefault(round(row.elapsed), []).append(row)
    found = [lag for rows in by_day.values() if (lag := _lag_of_day(rows)).kind == "fitted"]
    if not found:
        if any(len(rows) > 1 for rows in by_day.values()):
            yield "Ramps without a rate: how far the thermometer lags is not known."
        return
    weights = np.array([1 / one.tau_std**2 for one in found])
    tau = float(np.average([one.tau for one in found], weights=weights))
    std = float(weights.sum() ** -0.5)
    moved = max(one.least_error for one in found)
    words = (
        f"The thermometer lags by {measured(tau, std, 's')}, from ramps of two rates on "
        f"{len(found)} days: a midpoint as drawn is off by up to {moved:.2g} K, alike on all days "
        "of one rate."
    )
    if tau < -_SIGMAS * std:
        words += " A negative time is no lag: the ramps differ for another reason."
    yield words


def _lag_of_day(rows: Sequence[Number]) -> ThermalLag:
    return lag_of(
        midpoints=[row.value for row in rows],
        stds=[row.std for row in rows],
        rates=[float(row.details.get("rate", math.nan)) for row in rows],
        directions=[int(row.details.get("direction", 0)) for row in rows],
    )


def _law_words(compared: TcComparison) -> str:
    if not compared.laws:
        return compared.sentence
    best = compared.laws[0]
    if best.degrees_of_freedom and gammaincc(best.degrees_of_freedom / 2, best.chi2 / 2) < _MISFIT:
        tried = ", ".join(law.name for law in compared.laws)
        return (
            f"None of the laws tried ({tried}) describes the points within their errors; the "
            f"nearest, {best.name!r}, has χ² {best.chi2:.0f} for {best.degrees_of_freedom} of "
            "freedom."
        )
    return f"{compared.sentence} Its parameters: {best.sentence}."


def _ramp_words(history: TcHistory) -> str:
    word = {1: "warming", -1: "cooling"}.get(history.series.direction, "direction not known")
    known = math.isfinite(history.rate)
    return f"{word} at {60 * abs(history.rate):.2g} K/min" if known else word


def _against_content(facts: Material, page: CellPage, history: TcHistory) -> Iterator[str]:
    series = history.series
    try:
        own = decay_times.decay_time(series.elapsed, series.value, series.std)
    except Undetermined as error:
        yield f"Its time is not compared with that of a content. {error}"
        return
    times = list(_content_times(facts, page))
    if not times:
        yield (
            f"Its time, {measured(*own, 'days')}, has nothing to be compared with: no cell "
            "with contents has a time of decay."
        )
        return
    cell, pressure, time = min(times, key=lambda one: _apart(one[1], page.synthesis_pressure))
    at = "" if pressure is None else f" ({pressure:g} GPa)"
    yield (
        f"Against H/{facts.metal_symbol} of {cell}{at}, which falls with "
        f"{measured(*time, 'days')}: {tc_laws.time_scales(own, time).sentence} Samples and "
        "geometries differ; equal times are a parallel, no proof."
    )


def _apart(one: float | None, other: float | None) -> float:
    return math.inf if one is None or other is None else abs(one - other)


def _content_times(
    facts: Material, page: CellPage
) -> Iterator[tuple[str, float | None, tuple[float, float]]]:
    for other in facts.cells:
        rows = [
            row
            for row in other.numbers
            if (row.node, row.name, row.quality) == ("content", "h_per_metal", "value")
            and row.elapsed >= 0
        ]
        rows.sort(key=lambda row: row.elapsed)
        error = np.array([row.independent_std or row.std for row in rows])
        if other.name == page.name or not rows or np.any(error <= 0):
            continue
        try:
            time = decay_times.decay_time(
                [row.elapsed for row in rows], [row.value for row in rows], error
            )
        except Undetermined:
            continue
        yield other.name, other.synthesis_pressure, time

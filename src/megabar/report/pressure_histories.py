"""Pressures over the days: what is drawn, on which scale, and which readings are in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.observables.pressure import PressureReading
from megabar.observables.pressure_logs import judged_log
from megabar.report import figures
from megabar.report.numbers import format_value
from megabar.report.series import Series

if TYPE_CHECKING:
    from megabar.history import Number
    from megabar.report.material import CellPage

_GPA: Final = 1e9
DOUBTED: Final = "reading in doubt"
SPREAD: Final = "half the range over all scales"
CAPTION: Final = (
    "Bars: standard error of the reading. Broad pale bars: half the range over all scales of the "
    "gauge that hold there, which all points share. Hollow: readings that do not fit the others of "
    "their cell; none is left out. Gauges see their own place, at the temperature of the gauge."
)


def of_cell(page: CellPage) -> tuple[tuple[Number, ...], tuple[str, ...]]:
    """Take the pressures of a cell, by time, each with the doubt of the log.

    Parameters
    ----------
    page
        A cell.

    Returns
    -------
    :
        Numbers, and what is doubted of each, empty where nothing is.
    """
    rows = sorted(
        (row for row in page.numbers if (row.node, row.name) == ("pressure", "pressure")),
        key=lambda row: row.elapsed,
    )
    logs: dict[tuple[str, str], list[Number]] = {}
    for row in rows:
        logs.setdefault((row.details["gauge_kind"], row.details["gauge_scale"]), []).append(row)
    doubts: dict[str, str] = {}
    for log in logs.values():
        dated = sorted((row for row in log if row.started_at), key=lambda row: row.started_at)
        entries = judged_log([_reading(row) for row in dated], load_changes=[])
        doubts |= {row.record: one.doubt for row, one in zip(dated, entries, strict=True)}
    return tuple(rows), tuple(doubts.get(row.record, "") for row in rows)


def _reading(row: Number) -> PressureReading:
    names = [one.name for one in fields(PressureReading) if one.name != "started_at"]
    told = {name: row.details[f"gauge_{name}"] for name in names}
    told["extrapolated"] = bool(told["extrapolated"])
    return PressureReading(started_at=np.datetime64(row.started_at), **told)


def panels(cells: Sequence[CellPage]) -> tuple[figures.Panel, ...]:
    """Draw the pressures of cells.

    Parameters
    ----------
    cells
        The cells.

    Returns
    -------
    :
        One panel, none without a pressure.
    """
    sure: list[Series] = []
    doubted: list[Series] = []
    scales: list[str] = []
    for page in cells:
        rows, doubts = of_cell(page)
        scales += [str(row.details["gauge_scale"]) for row in rows]
        for wanted, drawn in ((False, sure), (True, doubted)):
            some = [row for row, doubt in zip(rows, doubts, strict=True) if bool(doubt) == wanted]
            if some:
                drawn.append(_series(page, some))
    if not sure and not doubted:
        return ()
    label = f"pressure on {' and '.join(dict.fromkeys(scales))} (GPa)"
    return (figures.Panel(title="", label=label, series=tuple(sure), witnesses=tuple(doubted)),)


def _series(page: CellPage, rows: Sequence[Number]) -> Series:
    value = np.array([row.value for row in rows])
    spread = np.array([row.details["gauge_scale_spread"] for row in rows]) / _GPA
    return Series(
        cell=page.name,
        index=page.index,
        elapsed=np.array([row.elapsed for row in rows]),
        value=value,
        std=np.array([row.std for row in rows]),
        common=None,
        quality=("value",) * len(rows),
        readings=(value - spread, value + spread),
        readings_are=SPREAD,
    )


def sentences(page: CellPage) -> Iterator[str]:
    """Say on which scale the pressures of a cell stand, how they moved, and which are in doubt.

    Parameters
    ----------
    page
        The cell.

    Yields
    ------
    :
        Sentences; none without a pressure.
    """
    rows, doubts = of_cell(page)
    if not rows:
        return
    kept = [row for row, doubt in zip(rows, doubts, strict=True) if not doubt] or list(rows)
    first, last = kept[0], kept[-1]
    words = (
        f"Pressure by {first.details['gauge_kind']} on the scale {first.details['gauge_scale']}: "
        f"{format_value(first.value, first.std, 'GPa')} on day {first.elapsed:.0f}"
    )
    if last is not first:
        words += f", {format_value(last.value, last.std, 'GPa')} on day {last.elapsed:.0f}"
    shared = {
        "coefficients of the scale": first.details["gauge_coefficient_std"],
        SPREAD: first.details["gauge_scale_spread"],
    }
    told = [f"{name} {one / _GPA:.1f} GPa" for name, one in shared.items() if isfinite(one)]
    yield f"{words}. All share {' and '.join(told)}." if told else f"{words}."
    for row, doubt in zip(rows, doubts, strict=True):
        if doubt:
            yield (
                f"Pressure of day {row.elapsed:.0f} ({row.source}), "
                f"{format_value(row.value, row.std, 'GPa')}, is in doubt. {doubt}"
            )

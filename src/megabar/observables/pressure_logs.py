r"""A log of pressures over the days, with the readings that do not fit it named and kept.

A false peak of ruby moves the line by more than 1 nm without anybody having touched the load. Such
a reading is shown with the reason for the doubt; it is never dropped, and never averaged in.

Twin: ``matter.gauges``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.matter import gauges
from megabar.observables.robust_noise import robust_spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.pressure import PressureReading

_FALSE_PEAK: Final = {"nm": 1.0, "cm-1": 20.0}  # jump that no cell makes by itself
_SIGMAS: Final = 5.0
_FEWEST: Final = 3  # readings of one load that can tell which of them is the odd one


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One reading of a log.

    Parameters
    ----------
    reading
        The reading.
    doubt
        Why it does not fit the others, empty where it does.
    """

    reading: PressureReading
    doubt: str


def judged_log(
    readings: Sequence[PressureReading], *, load_changes: Sequence[Any]
) -> tuple[LogEntry, ...]:
    """Go through a log of one gauge in one cell, and name the readings that do not fit.

    Readings between two changes of load belong together. One is doubtful if it lies away from the
    median of the others by more than a false peak (1 nm, 20 cm-1), or by more than five times
    their scatter and five of its own errors. Of two readings alone that differ so much, both are.

    Parameters
    ----------
    readings
        In any order, each with its time.
    load_changes
        When somebody changed the load, as numpy datetime64.

    Returns
    -------
    :
        All readings by time, none left out.

    Raises
    ------
    ValueError
        If gauges or scales are mixed, or a reading has no time.

    Examples
    --------
    >>> from megabar.observables.pressure import pressure_from_gauge
    >>> def ruby(day, line):
    ...     return pressure_from_gauge(kind="ruby", observed=line, observed_std=0.01,
    ...         scale="ruby2020", temperature=296.0, axis_correction=0.0, axis_correction_std=0.0,
    ...         position="culet", started_at=np.datetime64("2026-01-01") + np.timedelta64(day, "D"))
    >>> log = judged_log([ruby(0, 710.02), ruby(1, 710.0), ruby(2, 708.6), ruby(3, 709.98)],
    ...                  load_changes=[])
    >>> [bool(entry.doubt) for entry in log]
    [False, False, True, False]
    """
    _check(readings)
    ordered = sorted(readings, key=lambda one: np.datetime64(one.started_at))
    times = np.array([np.datetime64(one.started_at, "ns") for one in ordered])
    changes = np.sort(np.array([np.datetime64(one, "ns") for one in load_changes], "M8[ns]"))
    stretch = np.searchsorted(changes, times, side="right")
    observed = np.array([one.observed for one in ordered])
    entries = []
    for place, one in enumerate(ordered):
        others = (stretch == stretch[place]) & (np.arange(observed.size) != place)
        entries.append(LogEntry(reading=one, doubt=_doubt(one, observed[others])))
    return tuple(entries)


def _check(readings: Sequence[PressureReading]) -> None:
    found = {(one.kind, one.scale) for one in readings}
    if len(found) > 1:
        listed = ", ".join(sorted(f"{kind} on {scale}" for kind, scale in found))
        msg = f"Found {listed} in one log; a switch of scale is a step of its own. Convert first."
        raise ValueError(msg)
    if any(one.started_at is None for one in readings):
        msg = "Found a reading without its time; a log needs the time of each."
        raise ValueError(msg)


def _doubt(one: PressureReading, others: NDArray[np.float64]) -> str:
    if others.size == 0:
        return ""
    unit = gauges.KINDS[one.kind]
    middle = float(np.median(others))
    away = one.observed - middle
    scatter = robust_spread(others) if others.size >= _FEWEST else np.inf
    limit = min(_FALSE_PEAK[unit], _SIGMAS * max(scatter, one.observed_std))
    if abs(away) <= max(limit, _SIGMAS * one.observed_std):
        return ""
    words = f"It lies {away:+.2f} {unit} from the others at this load"
    if abs(away) > _FALSE_PEAK[unit]:
        words += ", more than a cell moves by itself: probably another line was taken"
    if others.size + 1 < _FEWEST:
        words += "; with two readings alone nobody can tell which is wrong"
    return f"{words}. Look at the spectrum, or log the change of load."

"""Reacted fraction against time of absorption and desorption: CSV with Time and Alpha.

The files of the AB2 alloys (doi of the set: see the credits of the test data) carry temperature and
pressure in their names, no unit of time, and fractions that were divided by their own largest
value: the last points are 1 by construction and measure no plateau.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.readers import table_text
from megabar.readers.sweeps import sweep_from
from megabar.readers.tables import series_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.readers.decisions import Decisions

_NAME: Final = re.compile(
    r"(?P<batch>[^_]+)_(?P<process>Abs|Des)_(?P<run>[^_]+)_(?P<celsius>-?\d+(?:\.\d+)?)degC_"
    r"(?P<bar>\d+(?:\.\d+)?)bar"
)
_PROCESSES: Final = {"Abs": "absorption", "Des": "desorption"}


def read(path: Path, decisions: Decisions) -> xr.Dataset:
    """Read one curve of reacted fraction against time.

    Parameters
    ----------
    path
        CSV with the columns Time and Alpha.
    decisions
        ``time_unit`` is asked for; ``"unknown"`` keeps the numbers as ``file_time``.

    Returns
    -------
    :
        Dataset of schema ``sweep/1``: fraction over time or file_time, as measured (a smoothed
        column is left aside). Attributes: normalised_by, level_spacing, and what the name says.

    Raises
    ------
    OpenQuestion
        If the unit of time is not decided.
    """
    table = table_text.parse(path)
    columns = dict(decisions.columns or {"time": "Time", "fraction": "Alpha"})
    series, told = series_of(path, table, decisions, columns=columns)
    attrs = _from_name(path.name)
    if "fraction" in series:
        attrs["level_spacing"] = _level_spacing(series["fraction"])
        if series["fraction"].max() == 1.0:
            attrs["normalised_by"] = "own maximum"
            told += (
                "The fraction was divided by its own largest value: it ends at 1 by construction "
                "and says nothing about a plateau.",
            )
    return sweep_from(
        path, decisions, series=series, warnings=told, format_name="kinetics", attrs=attrs
    )


def _level_spacing(fraction: NDArray[np.float64]) -> float:
    """Give the median distance of neighbouring levels; a point is known to that over sqrt(12)."""
    levels = np.unique(fraction)
    return float(np.median(np.diff(levels))) if levels.size > 1 else float("nan")


def _from_name(name: str) -> dict[str, Any]:
    match = _NAME.match(name)
    if match is None:
        return {}
    return {
        "batch": match["batch"],
        "process": _PROCESSES[match["process"]],
        "run": match["run"],
        "stated_temperature": float(match["celsius"]) + 273.15,
        "stated_pressure": float(match["bar"]) * 1e5,
    }

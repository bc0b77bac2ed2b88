"""What a verdict judges, taken from the numbers of a campaign: rows in, ``Weeks`` out.

Only numbers of quality ``"value"`` enter. What is left out is said in a sentence, and a cell that
cannot be judged stops no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.inference.weeks import WITNESSES, CellWeeks, Weeks, Witness

if TYPE_CHECKING:
    from megabar.campaign.runner import Campaign
    from megabar.history import Number

FEWEST_POINTS: Final = 4
"""Points of a cell below which no story of its days can be told from another."""

_FEWEST_OF_WITNESS: Final = 2
_HYDROGEN: Final = "1H"
_METAL: Final = "metal"
_MILLI: Final = 1e3
_WIDE: Final = 20.0  # receiver over the widest line beyond which it cuts nothing
_SOURCES: Final = MappingProxyType(
    {
        "shift": (_METAL, "shift", 1.0),
        "width": (_METAL, "fwhm", 1e-3),
        "t1": (_HYDROGEN, "t1", _MILLI),
        "h_width": (_HYDROGEN, "fwhm", 1e-3),
        "metal_t2": (_METAL, "t2", _MILLI),
        "total_h": ("content", "total_h_per_metal", 1.0),
        "h2": ("H2", "h_per_metal", 1.0),
        "tc": ("resistance", "tc_midpoint", 1.0),
    }
)  # witness -> node, name of the number, and what turns it into the unit of the witness


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Data for a verdict, and what is to be known about them.

    Parameters
    ----------
    weeks
        The data.
    told
        One sentence for all that was left out.
    excluded
        Artefact -> why the records exclude it; it is no rival then, and what was measured to
        exclude it is no witness.
    records
        Names of :data:`megabar.inference.required_records.RECORDS` that exist beside the data.
    metal
        Its symbol.
    """

    weeks: Weeks
    told: tuple[str, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    records: tuple[str, ...] = ()
    metal: str = "M"


def of_campaign(campaign: Campaign) -> Taken:
    """Take the contents of all cells of a campaign, and the witnesses beside them.

    Parameters
    ----------
    campaign
        A campaign that was run.

    Returns
    -------
    :
        The data of all cells that have enough of them.

    Raises
    ------
    Undetermined
        If no cell has.
    StoreError
        If nothing was run yet.
    """
    rows = [row for row in campaign.rows() if row.elapsed >= 0]
    metal = campaign.plan.metal
    told: list[str] = []
    bandwidth = _bandwidth(rows)
    frequency = _frequency(rows, node=metal)
    if frequency is None:
        rows = [row for row in rows if (row.node, row.name) != (metal, "fwhm")]
        told.append(f"Widths of {metal} do not enter: no record tells its Larmor frequency.")
    contents = [row for row in rows if _is_content(row)]
    excluded = dict(_excluded([row for row in contents if row.quality == "value"]))
    records = tuple(_records(rows, contents, metal=metal))
    needless = {
        _HYDROGEN: {"fwhm", *(("t1",) if "t1" in excluded else ())},
        metal: {"t2"} if "echo" in excluded else set(),
    }
    rows = [row for row in rows if row.name not in needless.get(row.node, ())]
    by_cell = {
        cell.name: [row for row in rows if row.cell == cell.name] for cell in campaign.plan.cells
    }
    cells = list(kept(by_cell, lambda name, own: _cell(campaign, name, own, metal=metal), told))
    weeks = Weeks(
        cells=tuple(cells),
        dead_time=0.0,  # amplitudes of a line are extrapolated to the pulse
        bandwidth=bandwidth,
        flip_angle=_flip_angle(campaign, contents),
        metal_frequency=frequency,
    )
    return Taken(
        weeks=weeks,
        told=tuple(told),
        excluded=MappingProxyType(excluded),
        records=records,
        metal=metal.lstrip("0123456789"),
    )


def kept(entries: Mapping[str, Any], make: Any, told: list[str]) -> Iterator[CellWeeks]:
    """Make the data of each cell; one that fails is told and stops no other.

    Parameters
    ----------
    entries
        Cell -> what its data are made of.
    make
        Function of cell and entry; a sentence instead of data where there are too few.
    told
        Sentences are added here.

    Yields
    ------
    :
        Data of the cells that have them.

    Raises
    ------
    Undetermined
        If there is none.
    """
    count = 0
    for name, entry in entries.items():
        try:
            made, sentences = make(name, entry)
        except ValueError as failure:
            told.append(f"{name}: {failure} It was left out.")
            continue
        told += sentences
        if made is not None:
            count += 1
            yield made
    if count == 0:
        words = " ".join(told) or "There is no content at all."
        msg = (
            f"Found no cell with {FEWEST_POINTS} contents after the heating; no story of the days "
            f"can be told from another. {words}"
        )
        raise Undetermined(msg, quality="not determined")


def sentence_of_points(name: str, *, values: int, points: int) -> str:
    """Say how many points of a cell are bounds or have no number, and whether enough are left.

    Parameters
    ----------
    name
        The cell.
    values, points
        Points that are values, and all.

    Returns
    -------
    :
        Empty if all is well.

    Examples
    --------
    >>> sentence_of_points("cell-1", values=5, points=7)
    'cell-1: 2 of 7 points are bounds or no numbers; they were left out.'
    >>> sentence_of_points("cell-1", values=3, points=3)
    'cell-1: 3 of 3 points are values, and 4 are needed; the cell was left out.'
    """
    if values < FEWEST_POINTS:
        needed = f"and {FEWEST_POINTS} are needed; the cell was left out."
        return f"{name}: {values} of {points} points are values, {needed}"
    if values == points:
        return ""
    lost = points - values
    verb = "is a bound or no number; it was" if lost == 1 else "are bounds or no numbers; they were"
    return f"{name}: {lost} of {points} points {verb} left out."


def _is_content(row: Number) -> bool:
    return (row.node, row.name) == ("content", "h_per_metal")


def _cell(
    campaign: Campaign, name: str, rows: Sequence[Number], *, metal: str
) -> tuple[CellWeeks | None, list[str]]:
    contents = [row for row in rows if _is_content(row)]
    if not contents:  # a cell with wires alone
        return None, []
    used = [row for row in contents if row.quality == "value"]
    told = sentence_of_points(name, values=len(used), points=len(contents))
    sentences = [told] if told else []
    if len(used) < FEWEST_POINTS:
        return None, sentences
    value = np.array([row.value for row in used])
    independent = np.array([_own_std(row) for row in used])
    relative = np.array([float(row.details.get("independent_relative_std", 0.0)) for row in used])
    rest = np.sqrt(np.clip(independent**2 - (relative * value) ** 2, 0.0, None))
    common = [row.common_std / row.value for row in used if row.common_std is not None]
    return CellWeeks(
        cell=name,
        elapsed=np.array([row.elapsed for row in used]),
        h_per_metal=value,
        independent_std=rest,
        relative_std=relative,
        common_relative_std=float(np.median(common)) if common else None,
        repetition_time=_repetition_times(campaign, used),
        witnesses=dict(_witnesses(rows, metal=metal)),
    ), sentences


def _own_std(row: Number) -> float:
    """Error of a number alone; all of it where nobody told its parts apart."""
    return row.std if row.independent_std is None else row.independent_std


def _witnesses(rows: Sequence[Number], *, metal: str) -> Iterator[tuple[str, Witness]]:
    for name in WITNESSES:
        node, number, factor = _SOURCES[name]
        at = metal if node == _METAL else node
        found = [
            row
            for row in rows
            if (row.node, row.name, row.quality) == (at, number, "value") and _own_std(row) > 0
        ]
        if len(found) >= _FEWEST_OF_WITNESS:
            found.sort(key=lambda row: row.elapsed)
            yield (
                name,
                Witness(
                    name=name,
                    elapsed=np.array([row.elapsed for row in found]),
                    value=factor * np.array([row.value for row in found]),
                    std=factor * np.array([_own_std(row) for row in found]),
                ),
            )


# --- facts of the records -------------------------------------------------------------------------


def _repetition_times(campaign: Campaign, contents: Sequence[Number]) -> np.ndarray | None:
    """Give the repetition time of hydrogen at each content [ms]; None if one is not known."""
    stated = {
        channel.name: channel.repetition_time
        for channel in campaign.plan.channels
        if getattr(channel, "repetition_time", None)
    }
    times = [stated.get(row.channel) for row in contents]
    known = [float(time) for time in times if time is not None]
    return _MILLI * np.array(known) if len(known) == len(times) else None


def _flip_angle(campaign: Campaign, contents: Iterable[Number]) -> float | None:
    """Give the flip angle of hydrogen [degree] if all contents have the same."""
    stated = {channel.name: channel.flip_angle for channel in campaign.plan.channels}
    angles = {stated.get(row.channel) for row in contents}
    (angle,) = angles if len(angles) == 1 else (None,)
    return None if angle is None else float(np.degrees(angle))


def _bandwidth(rows: Iterable[Number]) -> float | None:
    """Give the width of the receiver of hydrogen [kHz], if a line comes near it."""
    lines = [
        (float(row.details["dwell"]), row.value)
        for row in rows
        if (row.node, row.name, row.quality) == (_HYDROGEN, "fwhm", "value")
        and row.details.get("dwell")
    ]
    if not lines:
        return None
    receiver = min(1 / dwell for dwell, _ in lines)
    return receiver / _MILLI if receiver < _WIDE * max(width for _, width in lines) else None


def _frequency(rows: Iterable[Number], *, node: str) -> float | None:
    """Give the Larmor frequency of a nucleus [MHz]."""
    found = (
        float(row.details["carrier_frequency"])
        for row in rows
        if row.node == node and row.details.get("carrier_frequency")
    )
    first = next(found, None)
    return None if first is None else first / 1e6


def _excluded(contents: Sequence[Number]) -> Iterator[tuple[str, str]]:
    """Say which artefacts the records themselves exclude."""
    if not contents:
        return
    if all(_corrected(row, "hydrogen", "steady_state") for row in contents):
        yield "t1", "every content is corrected for the T1 of hydrogen that was measured beside it"
    if all(_corrected(row, "metal", "echo_decay") for row in contents):
        yield (
            "echo",
            "every content is corrected for the T2 of the metal that was measured beside it",
        )
    yield "floor", "amplitudes of the metal are fitted and not read off a magnitude"
    yield "width", "amplitudes of hydrogen are extrapolated to the pulse, whatever the width"


def _records(rows: Iterable[Number], contents: Sequence[Number], *, metal: str) -> Iterator[str]:
    """Name the records that exist on every day with a content."""
    days = {(row.cell, round(row.elapsed)) for row in contents if row.quality == "value"}
    measured: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for row in rows:
        if row.quality == "value":
            measured.setdefault((row.node, row.name), set()).add((row.cell, round(row.elapsed)))
    wanted = {
        "t1": (_HYDROGEN, "t1"),
        "metal_t1": (metal, "t1"),
        "nutation": (_HYDROGEN, "nutation_frequency"),
        "metal_nutation": (metal, "nutation_frequency"),
    }
    yield from (name for name, key in wanted.items() if days <= measured.get(key, set()))


def _corrected(row: Number, channel: str, factor: str) -> bool:
    """Whether a content holds a factor of its own day, and not one of the whole series."""
    factors = row.details.get("factors")
    told = json.loads(factors) if isinstance(factors, str) else factors or {}
    return any(
        one.get("name") == factor and not one.get("common", True) for one in told.get(channel, ())
    )

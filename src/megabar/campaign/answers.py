"""What a campaign is asked: its numbers, its records, and how far it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megabar.campaign import sessions
from megabar.campaign.contradictions import RESERVED_CELL
from megabar.history import Number

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.rows import Acquisition, Analysis, Failure
    from megabar.campaign.sources import Source

_SECONDS_PER_DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class Archived:
    """One record of the archive.

    Parameters
    ----------
    id, cell, channel, measure, nucleus, sequence
        What it is.
    elapsed
        Days since the cell was heated; nan outside any cell.
    started_at
        Start of the record, ISO 8601.
    archive
        Its file.
    source, source_sha256
        The raw file, relative to the plan, and its digest.
    present
        Whether the raw file was there when last looked for.
    excluded
        Why its numbers do not enter, or None.
    warnings
        What the reader repaired or found strange.
    """

    id: str
    cell: str
    channel: str
    measure: str
    nucleus: str
    sequence: str
    elapsed: float
    started_at: str
    archive: Path
    source: str
    source_sha256: str
    present: bool
    excluded: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far one channel of one cell is on one day.

    Parameters
    ----------
    cell, channel, measure
        Which one.
    day
        Whole days since the heating, rounded down; None for files that were not read yet.
    found
        Raw files, those included that were there once.
    archived
        Of these, in the archive.
    done
        Of these, with their numbers; a channel that only keeps files has none to wait for.
    failed
        Of these, with an error.
    excluded
        Of these, left out by the plan.
    absent
        Of these, in the archive while the raw file is not present.
    """

    cell: str
    channel: str
    measure: str
    day: int | None
    found: int
    archived: int
    done: int
    failed: int
    excluded: int
    absent: int

    @property
    def missing(self) -> int:
        """Files for which the next run has work to do."""
        return self.found - self.done - self.failed - self.excluded


def elapsed(plan: Plan, cell: str, started_at: str) -> float:
    """Compute the days since a cell was heated.

    Parameters
    ----------
    plan
        The plan.
    cell
        Name of the cell.
    started_at
        Time, ISO 8601.

    Returns
    -------
    :
        Days; nan for a record outside any cell of the plan.
    """
    if cell not in {c.name for c in plan.cells}:
        return nan
    since = datetime.fromisoformat(started_at) - plan.cell(cell).heated_at
    return since.total_seconds() / _SECONDS_PER_DAY


def numbers(
    plan: Plan, acquisitions: Sequence[Acquisition], analyses: Iterable[Analysis]
) -> tuple[Number, ...]:
    """Give all current numbers.

    Parameters
    ----------
    plan
        The plan.
    acquisitions, analyses
        Rows of the store; analyses without those that have a successor.

    Returns
    -------
    :
        By cell, time, node and name; those of excluded and superseded records are left out.
    """
    live = {row.id: row for row in acquisitions if row.live}
    found = [
        number
        for row in analyses
        if row.acquisition in live
        for number in _numbers(plan, live[row.acquisition], row)
    ]
    return tuple(sorted(found, key=lambda n: (n.cell, n.started_at, n.node, n.record, n.name)))


def _numbers(plan: Plan, acquisition: Acquisition, row: Analysis) -> Iterator[Number]:
    details: dict[str, Any] = json.loads(row.details)
    for value in row.values:
        yield Number(
            cell=acquisition.cell,
            channel=acquisition.channel,
            measure=acquisition.measure,
            node=row.node,
            nucleus=acquisition.nucleus,
            elapsed=elapsed(plan, acquisition.cell, acquisition.started_at),
            started_at=acquisition.started_at,
            name=value.name,
            value=value.value,
            std=value.std,
            unit=value.unit,
            quality=value.quality,
            independent_std=value.independent_std,
            common_std=value.common_std,
            method=row.method,
            provenance=row.provenance,
            record=acquisition.id,
            source=acquisition.source,
            source_sha256=acquisition.source_sha256,
            warnings=(*acquisition.warnings, *row.warnings),
            assumptions=tuple(details.get("assumptions", ())),
            details=details,
        )


def archived(plan: Plan, row: Acquisition, *, folder: Path) -> Archived:
    """Describe one record of the archive.

    Parameters
    ----------
    plan
        The plan.
    row
        Its row.
    folder
        The archive folder.

    Returns
    -------
    :
        The description.
    """
    return Archived(
        id=row.id,
        cell=row.cell,
        channel=row.channel,
        measure=row.measure,
        nucleus=row.nucleus,
        sequence=row.sequence,
        elapsed=elapsed(plan, row.cell, row.started_at),
        started_at=row.started_at,
        archive=folder / row.archive,
        source=row.source,
        source_sha256=row.source_sha256,
        present=row.present,
        excluded=row.excluded,
        warnings=row.warnings,
    )


def progress(
    plan: Plan,
    sources: Sequence[Source],
    *,
    acquisitions: Iterable[Acquisition],
    analyses: Iterable[Analysis],
    failures: Iterable[Failure],
) -> tuple[Progress, ...]:
    """Count what is found, archived, done, failed and excluded.

    Parameters
    ----------
    plan
        The plan.
    sources
        Raw files that the plan takes now.
    acquisitions, analyses, failures
        Rows of the store.

    Returns
    -------
    :
        One line for each cell, channel and day.
    """
    rows = {row.place: row for row in acquisitions if row.superseded_by is None}
    observed = {row.acquisition for row in analyses if row.step not in sessions.STEPS}
    failed = {row.place for row in failures if row.stage != "derive"}
    files: dict[tuple[str, str, str], tuple[str, str | None]] = {
        source.place: (source.channel.measure, source.excluded) for source in sources
    }
    files |= {
        place: (row.measure, row.excluded)
        for place, row in rows.items()
        if place not in files and not row.present
    }
    counts: dict[tuple[str, str, str, int | None], Counter[str]] = {}
    for place, (measure, excluded) in files.items():
        row = rows.get(place)
        key = (place[0], place[1], measure, _day(plan, row))
        word = _state(row, excluded=excluded, failed=place in failed, observed=observed)
        counts.setdefault(key, Counter()).update(
            ["found", *word, *(["archived"] if row else []), *_absence(row)]
        )
    return tuple(_line(key, counts[key]) for key in sorted(counts, key=_in_order))


def _state(
    row: Acquisition | None, *, excluded: str | None, failed: bool, observed: set[str]
) -> list[str]:
    if excluded is not None:
        return ["excluded"]
    if failed:
        return ["failed"]
    if row is not None and (row.measure == "archive" or row.id in observed):
        return ["done"]
    return []


def _absence(row: Acquisition | None) -> list[str]:
    return [] if row is None or row.present else ["absent"]


def _day(plan: Plan, row: Acquisition | None) -> int | None:
    days = nan if row is None else elapsed(plan, row.cell, row.started_at)
    return None if isnan(days) else floor(days)


def _in_order(key: tuple[str, str, str, int | None]) -> tuple[bool, str, bool, int, str]:
    cell, channel, _, day = key
    return (cell != RESERVED_CELL, cell, day is None, day or 0, channel)


def _line(key: tuple[str, str, str, int | None], counts: Mapping[str, int]) -> Progress:
    cell, channel, measure, day = key
    return Progress(
        cell=cell,
        channel=channel,
        measure=measure,
        day=day,
        found=counts["found"],
        archived=counts["archived"],
        done=counts["done"],
        failed=counts["failed"],
        excluded=counts["excluded"],
        absent=counts["absent"],
    )

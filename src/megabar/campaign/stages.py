"""The stages of a run: what is missing, what is kept, what is marked, what is derived.

Each stage is one transaction or one for each file, so a run may be killed between any two writes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from megabar import provenance
from megabar.campaign import (
    analysis,
    content,
    cross_checks,
    sessions,
    shifts,
    sources,
    witness,
    work,
)
from megabar.campaign.rows import Acquisition, Analysis, Failure
from megabar.campaign.store import ARCHIVE, Store
from megabar.campaign.work import Result, Task
from megabar.errors import PlanError, ReadError

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.sources import Source


@dataclass(frozen=True, kw_only=True)
class Run:
    """What all stages of one run share.

    Parameters
    ----------
    plan, folder
        The plan and its folder.
    store
        The store, open for writing.
    found
        Raw files that the plan takes.
    absent
        Records of the archive whose raw files are not there; they count as before.
    """

    plan: Plan
    folder: Path
    store: Store
    found: Sequence[Source]
    absent: Sequence[Source] = ()

    @property
    def archive(self) -> Path:
        """The archive folder."""
        return self.store.folder / ARCHIVE


def restore(run: Run) -> tuple[str, ...]:
    """Fill an empty database from the archive.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    :
        One sentence for each archive file that is damaged.
    """
    if run.store.acquisitions():
        return ()
    rows, damaged = [], []
    for path in sorted(run.archive.glob("*/*.nc")):
        try:
            rows.append(work.acquisition_in(path, run.archive))
        except ReadError as error:
            damaged.append(f"Archive, {path.parent.name}: {error}")
    with run.store.transaction():
        for row in _predecessors_first(rows):
            run.store.add_acquisition(row)
    return tuple(damaged)


def _predecessors_first(rows: Sequence[Acquisition]) -> Iterator[Acquisition]:
    """Order rows so that each comes after the one whose place it took."""
    waiting = {row.id: row for row in rows}
    for row in rows:
        chain = []
        step: Acquisition | None = waiting.get(row.id)
        while step is not None:
            chain.append(waiting.pop(step.id))
            step = waiting.get(step.supersedes or "")
        yield from reversed(chain)


def absent(run: Run) -> tuple[Source, ...]:
    """Find the records of the archive whose raw files are not there.

    A share that drops out looks like an empty folder: absence is never deletion.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    :
        A source for each; those of channels and cells that the plan no longer has are left out.
    """
    there = {source.place for source in run.found}
    channels = {(cell, channel.name): channel for cell, channel in sources.expected(run.plan)}
    return tuple(
        sources.source_of(run.plan, row.cell, channels[row.cell, row.channel], row.source)
        for row in run.store.acquisitions()
        if row.superseded_by is None
        and row.place not in there
        and (row.cell, row.channel) in channels
        and not (run.folder / row.source).exists()
    )


def missing(run: Run) -> list[Task]:
    """Find what is to be done.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    :
        A task for each raw file that is not in the archive as it is now, or has no numbers yet.
    """
    rows = {r.place: r for r in run.store.acquisitions() if r.superseded_by is None}
    finished = {row.id for row in run.store.analyses()}
    finished |= {row.identity for row in run.store.failures()}
    tasks = []
    for source in (
        *run.absent,
        *run.found,
    ):  # a folder that was renamed is first measured, then met
        row = rows.get(source.place)
        known = row if row and (source in run.absent or _is_current(run, row, source)) else None
        if known is None or not _is_finished(run, known, source, finished):
            task = Task(
                folder=run.folder,
                archive=run.archive,
                source=source,
                field=run.plan.field,
                known=known,
                before=row,
            )
            tasks.append(task)
    return tasks


def _is_current(run: Run, row: Acquisition, source: Source) -> bool:
    return (
        row.measure == source.channel.measure
        and row.decisions == work.decisions_text(source)
        and row.version == provenance.package_version()
        and (run.archive / row.archive).is_file()
        and work.unchanged(
            run.folder / source.name, sha256=row.source_sha256, files=row.source_files
        )
    )


def _is_finished(run: Run, row: Acquisition, source: Source, finished: set[str]) -> bool:
    if source.excluded or source.channel.measure == "archive":
        return True
    return analysis.identity(row, source.channel, field=run.plan.field) in finished


def keep(run: Run, task: Task, result: Result) -> None:
    """Write what came of one task, whole or not at all.

    Parameters
    ----------
    run
        The run.
    task, result
        What was to be done, and what came of it.
    """
    source, store = task.source, run.store
    with store.transaction():
        row = result.acquisition
        if row is not None:
            twin = _twin(run, row, source)
            if twin is not None:
                store.add_failure(_counted_twice(source, twin))
                return
            if task.known is None:
                kept = dataclasses.replace(row, source=source.name, excluded=source.excluded)
                store.add_acquisition(kept)
            _clear(store, source.place, stage="read")
        if result.analysis is not None:
            store.add_analysis(result.analysis)
            _clear(store, source.place, stage="observe")
        if result.failure is not None and not source.excluded:
            store.add_failure(result.failure)


def _twin(run: Run, row: Acquisition, source: Source) -> str | None:
    """Find another file of the plan that holds the same bytes and came first."""
    known = run.store.acquisition(row.id)
    if known is None or known.source == source.name:
        return None
    return known.source if any(known.place == one.place for one in run.found) else None


def _counted_twice(source: Source, twin: str) -> Failure:
    return Failure(
        cell=source.cell,
        channel=source.channel.name,
        source=source.name,
        stage="read",
        identity="",
        kind=PlanError.__name__,
        message=f"It holds the same bytes as {twin}, which counts already.",
        remedy="Remove the copy, narrow the pattern of the channel, or exclude one of them.",
    )


def _clear(store: Store, place: tuple[str, str, str], *, stage: str) -> None:
    cell, channel, source = place
    store.clear_failure(cell=cell, channel=channel, source=source, stage=stage)


def reconcile(run: Run) -> None:
    """Bring the marks of the store into line with the plan and with what lies on the disk.

    Parameters
    ----------
    run
        The run.
    """
    by_place = {source.place: source for source in (*run.absent, *run.found)}
    with run.store.transaction():
        for row in run.store.acquisitions():
            if row.superseded_by is None:
                marked = _marked(run, row, by_place.get(row.place))
                if marked != row:
                    run.store.mark_acquisition(marked)
        run.store.withdraw(list(_outdated(run, by_place)))
        for failure in run.store.failures():
            source = by_place.get(failure.place)
            gone = source is None and (run.folder / failure.source).exists()
            if gone or (source is not None and source.excluded):
                _clear(run.store, failure.place, stage=failure.stage)


def _marked(run: Run, row: Acquisition, source: Source | None) -> Acquisition:
    present = (run.folder / row.source).exists()
    reason = "no channel of the plan takes this file" if source is None else source.excluded
    return dataclasses.replace(row, present=present, excluded=reason)


def _outdated(run: Run, by_place: Mapping[tuple[str, str, str], Source]) -> Iterator[str]:
    """Find numbers of live records that the plan no longer asks for in this way."""
    live = {row.id: row for row in run.store.acquisitions() if row.live}
    for row in run.store.analyses():
        acquisition = live.get(row.acquisition)
        if acquisition is None or row.step in sessions.STEPS:
            continue
        source = by_place.get(acquisition.place)
        if source is not None and row.id != analysis.identity(
            acquisition, source.channel, field=run.plan.field
        ):
            yield row.id


def derive(run: Run) -> None:
    """Derive what needs several records, from what is there.

    Parameters
    ----------
    run
        The run.
    """
    store = run.store
    current = store.analyses()
    records = list(_records(run.plan, store.acquisitions(), current))
    shifted = list(shifts.shifts(run.plan, records))
    derived = [
        *shifts.field_offsets(run.plan, records),
        *shifted,
        *witness.witnessed(run.plan, records, shifted),
        *content.contents(run.plan, records),
        *cross_checks.cross_checks(run.plan, records),
    ]
    rows = [row for row in derived if isinstance(row, Analysis)]
    known = {row.id for row in current if row.step in sessions.STEPS}
    with store.transaction():
        for row in rows:
            if row.id not in known:
                store.add_analysis(row)
        store.withdraw(known - {row.id for row in rows})
        _replace_failures(store, [row for row in derived if isinstance(row, Failure)])


def _records(
    plan: Plan, acquisitions: Iterable[Acquisition], analyses: Iterable[Analysis]
) -> Iterator[sessions.Record]:
    channels = {c.name: c for c in sources.channels(plan)}
    live = {row.id: row for row in acquisitions if row.live and row.channel in channels}
    for row in analyses:
        if row.acquisition in live and row.step not in sessions.STEPS:
            acquisition = live[row.acquisition]
            channel = channels[acquisition.channel]
            yield sessions.Record(acquisition=acquisition, analysis=row, channel=channel)


def _replace_failures(store: Store, fresh: Sequence[Failure]) -> None:
    places = {row.place for row in fresh}
    for row in store.failures():
        if row.stage == "derive" and row.place not in places:
            _clear(store, row.place, stage=row.stage)
    for row in fresh:
        store.add_failure(row)

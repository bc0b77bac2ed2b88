"""Does what is missing, and only that.

One unit of work is one raw file: into the archive, then its numbers. Each unit is one transaction,
so a run may be killed at any moment; the next one does the rest. What needs several records is
derived at the end, from what is there. Identity is by digest of input, parameters and version:
what was done is not done again, what changed is done anew and supersedes the old.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from megabar import history, provenance
from megabar.campaign import analysis, answers, content, plan, sessions, shifts, sources, work
from megabar.campaign import workers as processes
from megabar.campaign.rows import Acquisition, Analysis, Failure
from megabar.campaign.store import ARCHIVE, DATABASE, Store
from megabar.campaign.work import Result, Task
from megabar.errors import PlanError, ReadError
from megabar.readers import archive

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.answers import Archived, Progress
    from megabar.campaign.plan import Plan
    from megabar.campaign.sources import Source
    from megabar.history import Number

STORE_FOLDER = "store"
"""Folder beside the plan that holds all that a run writes."""

Report = Callable[[str, int, int], None]
"""What is being done, how many of it are done, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run did.

    Parameters
    ----------
    done
        Raw files that were archived or measured by this run.
    skipped
        Raw files with nothing left to do.
    failed
        What could not be done, of this run and of earlier ones.
    seconds
        How long it took.
    warnings
        What looks forgotten in the plan.
    """

    done: int
    skipped: int
    failed: tuple[Failure, ...]
    seconds: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A plan and its store.

    Parameters
    ----------
    plan
        The plan.
    plan_path
        Its file.

    Examples
    --------
    >>> campaign = Campaign.open("lah10-170GPa")  # doctest: +SKIP
    >>> campaign.run()  # doctest: +SKIP
    >>> campaign.history("cell-2")["content"]  # doctest: +SKIP
    """

    plan: Plan
    plan_path: Path

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a campaign; nothing is written.

        Parameters
        ----------
        path
            The plan, its folder, or its store folder.

        Returns
        -------
        :
            The campaign.

        Raises
        ------
        PlanError
            If there is no plan, or it says something impossible.
        """
        place = Path(path)
        if place.is_dir():
            nearby = (place / plan.PLAN_FILE, place.absolute().parent / plan.PLAN_FILE)
            place = next((one for one in nearby if one.is_file()), nearby[0])
        return cls(plan=plan.load(place), plan_path=place.absolute())

    @property
    def folder(self) -> Path:
        """Folder of the plan."""
        return self.plan_path.parent

    @property
    def store_folder(self) -> Path:
        """Folder of the store."""
        return self.folder / STORE_FOLDER

    @property
    def archive_folder(self) -> Path:
        """Folder of the archive."""
        return self.store_folder / ARCHIVE

    @property
    def plan_sha256(self) -> str:
        """Digest of the plan file."""
        return provenance.sha256_of_file(self.plan_path)

    def run(
        self, progress: Report | None = None, *, rebuild: bool = False, workers: int | None = None
    ) -> Outcome:
        """Do what is missing.

        Parameters
        ----------
        progress
            Told about each file.
        rebuild
            Forget the database and make it anew from the archive and the plan.
        workers
            Number of processes; 0 works in this one. By default what suits the machine. The
            results do not depend on it.

        Returns
        -------
        :
            What was done, and what failed. A file that fails stops no other.

        Raises
        ------
        PlanError
            If two channels take one file.
        StoreError
            If another run is writing, or the store is damaged.
        """
        start = time.perf_counter()
        found, warnings = sources.find(self.plan, self.folder)
        told = progress or _silent
        with Store.open(self.store_folder, "w", rebuild=rebuild) as store:
            damaged = self._restore(store)
            tasks = self._missing(store, found)
            count = processes.available() if workers is None else workers
            done = processes.performed(tasks, workers=count)
            for number, (task, result) in enumerate(done, start=1):
                _keep(store, task, result, found)
                told(f"{task.source.cell}: {task.source.name}", number, len(tasks))
            self._reconcile(store, found)
            self._derive(store)
            failed = store.failures()
        return Outcome(
            done=len(tasks),
            skipped=len(found) - len(tasks),
            failed=failed,
            seconds=time.perf_counter() - start,
            warnings=(*warnings, *damaged),
        )

    # --- the stages of a run ----------------------------------------------------------------------

    def _restore(self, store: Store) -> tuple[str, ...]:
        """Fill an empty database from the archive, and say which of its files are damaged."""
        if store.acquisitions():
            return ()
        rows, damaged = [], []
        for path in sorted(self.archive_folder.glob("*/*.nc")):
            try:
                rows.append(work.acquisition_in(path, self.archive_folder))
            except ReadError as error:
                damaged.append(f"Archive, {path.parent.name}: {error}")
        with store.transaction():
            for row in _predecessors_first(rows):
                store.add_acquisition(row)
        return tuple(damaged)

    def _missing(self, store: Store, found: Sequence[Source]) -> list[Task]:
        rows = {(r.cell, r.source): r for r in store.acquisitions() if r.superseded_by is None}
        finished = {row.id for row in store.analyses()} | {row.identity for row in store.failures()}
        tasks = []
        for source in found:
            row = rows.get((source.cell, source.name))
            known = row if row is not None and self._is_current(row, source) else None
            if known is None or not self._is_finished(known, source, finished):
                tasks.append(
                    Task(
                        folder=self.folder,
                        archive=self.archive_folder,
                        source=source,
                        field=self.plan.field,
                        known=known,
                        supersedes=None if row is None else row.id,
                    )
                )
        return tasks

    def _is_current(self, row: Acquisition, source: Source) -> bool:
        return (
            row.channel == source.channel.name
            and row.measure == source.channel.measure
            and row.decisions == work.decisions_text(source)
            and row.version == provenance.package_version()
            and (self.archive_folder / row.archive).is_file()
            and work.unchanged(self.folder / source.name, row)
        )

    def _is_finished(self, row: Acquisition, source: Source, finished: set[str]) -> bool:
        if source.excluded or source.channel.measure == "archive":
            return True
        return analysis.identity(row, source.channel, field=self.plan.field) in finished

    def _reconcile(self, store: Store, found: Sequence[Source]) -> None:
        """Bring marks into line with the plan and with what lies on the disk."""
        by_place = {(source.cell, source.name): source for source in found}
        with store.transaction():
            for row in store.acquisitions():
                if row.superseded_by is None:
                    marked = self._marked(row, by_place.get((row.cell, row.source)))
                    if marked != row:
                        store.mark_acquisition(marked)
            store.withdraw(self._outdated(store, by_place))
            for failure in store.failures():
                source = by_place.get((failure.cell, failure.source))
                gone = source is None and (self.folder / failure.source).exists()
                if gone or (source is not None and source.excluded):
                    store.clear_failure(
                        cell=failure.cell, source=failure.source, stage=failure.stage
                    )

    def _marked(self, row: Acquisition, source: Source | None) -> Acquisition:
        if source is not None:
            return dataclasses.replace(row, present=True, excluded=source.excluded)
        if (self.folder / row.source).exists():
            reason = "no channel of the plan takes this file"
            return dataclasses.replace(row, present=True, excluded=reason)
        return dataclasses.replace(row, present=False)

    def _outdated(self, store: Store, by_place: dict[tuple[str, str], Source]) -> Iterator[str]:
        """Find numbers of live records that the plan no longer asks for in this way."""
        live = {row.id: row for row in store.acquisitions() if row.live}
        for row in store.analyses():
            acquisition = live.get(row.acquisition)
            if acquisition is None or row.step in sessions.STEPS:
                continue
            source = by_place.get((acquisition.cell, acquisition.source))
            if source is None:
                continue
            wanted = analysis.identity(acquisition, source.channel, field=self.plan.field)
            if row.id != wanted:
                yield row.id

    def _derive(self, store: Store) -> None:
        current = store.analyses()
        records = list(self._records(store.acquisitions(), current))
        derived = [
            *shifts.field_offsets(self.plan, records),
            *shifts.shifts(self.plan, records),
            *content.contents(self.plan, records),
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
        self, acquisitions: Iterable[Acquisition], analyses: Iterable[Analysis]
    ) -> Iterator[sessions.Record]:
        channels = {c.name: c for c in sources.channels(self.plan)}
        live = {row.id: row for row in acquisitions if row.live and row.channel in channels}
        for row in analyses:
            if row.acquisition in live and row.step not in sessions.STEPS:
                acquisition = live[row.acquisition]
                channel = channels[acquisition.channel]
                yield sessions.Record(acquisition=acquisition, analysis=row, channel=channel)

    # --- answers ----------------------------------------------------------------------------------

    def history(self, cell: str) -> xr.DataTree:
        """Give the observables of one cell over the weeks.

        Parameters
        ----------
        cell
            Name of the cell.

        Returns
        -------
        :
            DataTree of schema ``history/1``, see :func:`megabar.history.assemble`.

        Raises
        ------
        PlanError
            If the plan has no such cell.
        StoreError
            If nothing was run yet.
        """
        described = self.plan.cell(cell)
        scale = self.plan.content
        return history.assemble(
            self.rows(),
            cell=cell,
            metal=self.plan.metal,
            heated_at=described.heated_at.isoformat(),
            synthesis_pressure=described.synthesis_pressure,
            precursor_h_per_metal=None if scale is None else scale.precursor_h_per_metal,
        )

    def rows(self) -> tuple[Number, ...]:
        """Give all current numbers of all cells, each with all that is known about it.

        Returns
        -------
        :
            By cell, time, node and name.

        Raises
        ------
        StoreError
            If nothing was run yet.
        """
        with self._reading() as store:
            return answers.numbers(self.plan, store.acquisitions(), store.analyses())

    def failures(self) -> tuple[Failure, ...]:
        """Give what could not be done, with reason and remedy.

        Returns
        -------
        :
            By cell, file and stage.

        Raises
        ------
        StoreError
            If nothing was run yet.
        """
        with self._reading() as store:
            return store.failures()

    def acquisitions(
        self, cell: str | None = None, channel: str | None = None
    ) -> tuple[Archived, ...]:
        """Describe the records of the archive that were not superseded.

        Parameters
        ----------
        cell, channel
            Only those of this cell and of this channel.

        Returns
        -------
        :
            By cell and time; excluded ones too.

        Raises
        ------
        StoreError
            If nothing was run yet.
        """
        with self._reading() as store:
            rows = store.acquisitions()
        return tuple(
            answers.archived(self.plan, row, folder=self.archive_folder)
            for row in rows
            if row.superseded_by is None
            and cell in (None, row.cell)
            and channel in (None, row.channel)
        )

    def load(self, record: Archived) -> xr.Dataset:
        """Read one record of the archive.

        Parameters
        ----------
        record
            One of :meth:`acquisitions`.

        Returns
        -------
        :
            Acquisition, Spectrum or Sweep, as it was read from the raw file.

        Raises
        ------
        ReadError
            If the archive file is damaged.
        """
        return archive.read(record.archive)

    def status(self) -> tuple[Progress, ...]:
        """Count cells x channels x days: found, archived, done, failed, excluded.

        Returns
        -------
        :
            One line each; before the first run everything is found and nothing done.

        Raises
        ------
        PlanError
            If two channels take one file.
        """
        found, _ = sources.find(self.plan, self.folder)
        stored: dict[str, Any] = {"acquisitions": (), "analyses": (), "failures": ()}
        if (self.store_folder / DATABASE).is_file():
            with self._reading() as store:
                stored = {
                    "acquisitions": store.acquisitions(),
                    "analyses": store.analyses(),
                    "failures": store.failures(),
                }
        return answers.progress(self.plan, found, **stored)

    def warnings(self) -> tuple[str, ...]:
        """Say what looks forgotten in the plan: channels without files, entries without a file.

        Returns
        -------
        :
            One sentence each.
        """
        return sources.find(self.plan, self.folder)[1]

    def _reading(self) -> Store:
        return Store.open(self.store_folder, "r")


def _silent(what: str, done: int, total: int) -> None:
    del what, done, total


def _keep(store: Store, task: Task, result: Result, found: Sequence[Source]) -> None:
    """Write what came of one task, whole or not at all."""
    source = task.source
    with store.transaction():
        row = result.acquisition
        if row is not None:
            twin = _twin(store, row, source, found)
            if twin is not None:
                store.add_failure(_counted_twice(source, twin))
                return
            kept = dataclasses.replace(row, source=source.name, excluded=source.excluded)
            if task.known is None:
                store.add_acquisition(kept)
            store.clear_failure(cell=source.cell, source=source.name, stage="read")
        if result.analysis is not None:
            store.add_analysis(result.analysis)
            store.clear_failure(cell=source.cell, source=source.name, stage="observe")
        if result.failure is not None and not source.excluded:
            store.add_failure(result.failure)


def _twin(store: Store, row: Acquisition, source: Source, found: Sequence[Source]) -> str | None:
    """Find another file of the plan that holds the same bytes and came first."""
    known = store.acquisition(row.id)
    if known is None or known.source == source.name:
        return None
    there = any((known.cell, known.source) == (one.cell, one.name) for one in found)
    return known.source if there else None


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


def _replace_failures(store: Store, fresh: Sequence[Failure]) -> None:
    places = {(row.cell, row.source) for row in fresh}
    for row in store.failures():
        if row.stage == "derive" and (row.cell, row.source) not in places:
            store.clear_failure(cell=row.cell, source=row.source, stage=row.stage)
    for row in fresh:
        store.add_failure(row)

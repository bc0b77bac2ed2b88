"""Does what is missing, and only that.

One unit of work is one raw file: into the archive, then its numbers. Each unit is one transaction,
so a run may be killed at any moment; the next one does the rest. What needs several records is
derived at the end, from what is there. Identity is by digest of input, parameters and version:
what was done is not done again, what changed is done anew and supersedes the old.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from megabar import history, provenance
from megabar.campaign import answers, cross_checks, plan, sources, stages, witness
from megabar.campaign import workers as processes
from megabar.campaign.store import ARCHIVE, DATABASE, Store
from megabar.readers import archive

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.answers import Archived, Progress
    from megabar.campaign.cross_checks import CrossCheckRow
    from megabar.campaign.plan import Plan
    from megabar.campaign.rows import Failure
    from megabar.history import Number
    from megabar.observables.content_agreement import Agreement

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
            run = stages.Run(plan=self.plan, folder=self.folder, store=store, found=found)
            damaged = stages.restore(run)
            run = dataclasses.replace(run, absent=stages.absent(run))
            tasks = stages.missing(run)
            count = processes.available() if workers is None else workers
            done = processes.performed(tasks, workers=count)
            for number, (task, result) in enumerate(done, start=1):
                stages.keep(run, task, result)
                told(f"{task.source.cell}: {task.source.name}", number, len(tasks))
            stages.reconcile(run)
            stages.derive(run)
            failed = store.failures()
        return Outcome(
            done=len(tasks),
            skipped=len(found) + len(run.absent) - len(tasks),
            failed=failed,
            seconds=time.perf_counter() - start,
            warnings=(*warnings, *damaged),
        )

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

    def cross_checks(self) -> tuple[CrossCheckRow, ...]:
        """Give the cells with a compound of known shift, and whether their shifts agree.

        Returns
        -------
        :
            By name; those that could not be measured are among :meth:`failures`.

        Raises
        ------
        StoreError
            If nothing was run yet.
        """
        return cross_checks.table(self.rows())

    def witnesses(self) -> tuple[Agreement, ...]:
        """Say in each cell whether a shift and the amplitudes tell the same story.

        Returns
        -------
        :
            By cell and ``[[witness]]``; none where they have no session in common.

        Raises
        ------
        StoreError
            If nothing was run yet.
        """
        return witness.agreements(self.plan, self.rows())

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

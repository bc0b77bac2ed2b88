"""The store of a campaign: archive files and one SQLite database.

``store/archive`` holds one immutable netCDF-4 file for each acquisition; ``store/campaign.sqlite``
holds what was concluded from them. The database is a cache: it can be rebuilt from the archive and
the plan. One process writes; any number may read. Rows are never edited: a new analysis is a new
row, and the old one names its successor.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Literal, Self

from megabar import provenance
from megabar.campaign.locks import exclusive
from megabar.campaign.rows import WITHDRAWN, Acquisition, Analysis, Failure, Value
from megabar.errors import StoreError

ARCHIVE: Final = "archive"
DATABASE: Final = "campaign.sqlite"
LOCK: Final = "lock"
VERSION: Final = 1
"""Layout of the database; stands in its ``user_version``."""

_BUSY_SECONDS: Final = 10.0
_LAYOUT: Final = """
CREATE TABLE acquisitions (
  id TEXT PRIMARY KEY, cell TEXT NOT NULL, channel TEXT NOT NULL, measure TEXT NOT NULL,
  source TEXT NOT NULL, source_sha256 TEXT NOT NULL, source_files TEXT NOT NULL,
  decisions TEXT NOT NULL, version TEXT NOT NULL, archive TEXT NOT NULL UNIQUE,
  archive_sha256 TEXT NOT NULL, schema TEXT NOT NULL, started_at TEXT NOT NULL,
  nucleus TEXT NOT NULL, sequence TEXT NOT NULL, settings TEXT NOT NULL, warnings TEXT NOT NULL,
  supersedes TEXT, present INTEGER NOT NULL, excluded TEXT,
  superseded_by TEXT REFERENCES acquisitions(id));
CREATE TABLE analyses (
  id TEXT PRIMARY KEY, acquisition TEXT NOT NULL REFERENCES acquisitions(id), step TEXT NOT NULL,
  node TEXT NOT NULL, method TEXT NOT NULL, provenance TEXT NOT NULL, inputs TEXT NOT NULL,
  warnings TEXT NOT NULL, details TEXT NOT NULL, superseded_by TEXT);
CREATE TABLE observables (
  analysis TEXT NOT NULL REFERENCES analyses(id), name TEXT NOT NULL, value REAL, std REAL,
  unit TEXT NOT NULL, quality TEXT NOT NULL, independent_std REAL, common_std REAL,
  PRIMARY KEY (analysis, name));
CREATE TABLE failures (
  cell TEXT NOT NULL, channel TEXT NOT NULL, source TEXT NOT NULL, stage TEXT NOT NULL,
  identity TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL, remedy TEXT NOT NULL,
  argument TEXT NOT NULL, candidates TEXT NOT NULL, PRIMARY KEY (cell, channel, source, stage));
CREATE INDEX analyses_of_acquisition ON analyses(acquisition);
"""
_LISTS: Final = frozenset({"source_files", "warnings", "inputs", "candidates"})
_NUMBERS: Final = frozenset({"value", "std"})


class Store:
    """The store of one campaign, opened for reading or for writing.

    Parameters
    ----------
    folder
        The store folder.
    connection
        Connection to its database.
    lock
        The open lock file of the writer; None for a reader.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: IO[str] | None) -> None:
        self.folder = folder
        self._connection = connection
        self._lock = lock

    @classmethod
    def open(cls, folder: Path, mode: Literal["r", "w"], *, rebuild: bool = False) -> Self:
        """Open a store.

        Parameters
        ----------
        folder
            The store folder.
        mode
            ``"r"`` to read, ``"w"`` to write; there is one writer at a time.
        rebuild
            Start from an empty database; only with ``"w"``.

        Returns
        -------
        :
            The store.

        Raises
        ------
        StoreError
            If there is none to read, another process writes, or the database is of a newer
            version of megabar or damaged.
        """
        database = folder / DATABASE
        if mode == "r":
            if not database.is_file():
                msg = f"{folder.name} holds no {DATABASE}: nothing was run yet. Start megabar run."
                raise StoreError(msg)
            return cls(folder, _connect(database, write=False), None)
        (folder / ARCHIVE).mkdir(parents=True, exist_ok=True)
        lock = exclusive(folder / LOCK)
        try:
            _sweep(folder / ARCHIVE)
            if rebuild:
                for name in (DATABASE, f"{DATABASE}-journal"):
                    (folder / name).unlink(missing_ok=True)
            return cls(folder, _connect(database, write=True), lock)
        except BaseException:
            lock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and let the next writer in."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is written inside whole or absent.

        Yields
        ------
        :
            Nothing; the transaction ends with the block.
        """
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK")
            raise
        self._execute("COMMIT")

    def _execute(self, query: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(query, parameters)
        except sqlite3.DatabaseError as error:
            raise _unusable(error) from error

    # --- reading ----------------------------------------------------------------------------------

    def acquisitions(self) -> tuple[Acquisition, ...]:
        """Give all acquisitions, superseded ones too.

        Returns
        -------
        :
            By cell, start and id.
        """
        query = "SELECT * FROM acquisitions ORDER BY cell, started_at, id"
        return tuple(_acquisition(row) for row in self._execute(query))

    def acquisition(self, identity: str) -> Acquisition | None:
        """Give one acquisition.

        Parameters
        ----------
        identity
            Its id.

        Returns
        -------
        :
            The row, or None if there is none.
        """
        query = "SELECT * FROM acquisitions WHERE id = ?"
        row = self._execute(query, (identity,)).fetchone()
        return None if row is None else _acquisition(row)

    def analyses(self, *, superseded: bool = False) -> tuple[Analysis, ...]:
        """Give the analyses with their numbers.

        Parameters
        ----------
        superseded
            Whether to give those too that have a successor.

        Returns
        -------
        :
            By id.
        """
        numbers: dict[str, list[Value]] = {}
        for row in self._execute("SELECT * FROM observables ORDER BY analysis, name"):
            entry = {name: row[name] for name in row.keys() if name != "analysis"}
            entry |= {name: float("nan") for name in _NUMBERS if entry[name] is None}
            numbers.setdefault(row["analysis"], []).append(Value(**entry))
        query = "SELECT * FROM analyses ORDER BY id"
        found = (
            Analysis(**_unpacked(row), values=tuple(numbers.get(row["id"], ())))
            for row in self._execute(query)
        )
        return tuple(row for row in found if superseded or row.superseded_by is None)

    def failures(self) -> tuple[Failure, ...]:
        """Give what could not be done.

        Returns
        -------
        :
            By cell, source and stage.
        """
        query = "SELECT * FROM failures ORDER BY cell, source, stage"
        return tuple(Failure(**_unpacked(row)) for row in self._execute(query))

    # --- writing ----------------------------------------------------------------------------------

    def add_acquisition(self, row: Acquisition) -> None:
        """Add an acquisition; those of the same source name it as their successor.

        Parameters
        ----------
        row
            The acquisition. If it is there already, it is marked as it shall be.
        """
        if self.acquisition(row.id) is not None:
            self.mark_acquisition(row)
        else:
            self._insert("acquisitions", row)
        self._execute(
            "UPDATE acquisitions SET superseded_by = ? WHERE cell = ? AND channel = ? "
            "AND source = ? AND id != ? AND superseded_by IS NULL",
            (row.id, row.cell, row.channel, row.source, row.id),
        )

    def mark_acquisition(self, row: Acquisition) -> None:
        """Change what may change of an acquisition: presence, exclusion, place, successor.

        Parameters
        ----------
        row
            The acquisition as it shall be.
        """
        self._execute(
            "UPDATE acquisitions SET present = ?, excluded = ?, source = ?, superseded_by = ? "
            "WHERE id = ?",
            (row.present, row.excluded, row.source, row.superseded_by, row.id),
        )

    def add_analysis(self, row: Analysis) -> None:
        """Add an analysis; those of the same step and acquisition name it as their successor.

        Parameters
        ----------
        row
            The analysis. If it is there already and was superseded, it becomes current again.
        """
        self._execute(
            "UPDATE analyses SET superseded_by = ? WHERE acquisition = ? AND step = ? AND id != ? "
            "AND superseded_by IS NULL",
            (row.id, row.acquisition, row.step, row.id),
        )
        if self._execute("SELECT 1 FROM analyses WHERE id = ?", (row.id,)).fetchone():
            self._execute("UPDATE analyses SET superseded_by = NULL WHERE id = ?", (row.id,))
            return
        self._insert("analyses", row, leave="values")
        for value in row.values:
            self._insert("observables", value, analysis=row.id)

    def withdraw(self, identities: Iterable[str]) -> None:
        """Mark analyses that no longer hold and have no successor.

        Parameters
        ----------
        identities
            Their ids.
        """
        query = "UPDATE analyses SET superseded_by = ? WHERE id = ? AND superseded_by IS NULL"
        for identity in identities:
            self._execute(query, (WITHDRAWN, identity))

    def add_failure(self, row: Failure) -> None:
        """Write down what could not be done, in place of what was written before.

        Parameters
        ----------
        row
            The failure.
        """
        if row not in self.failures():
            self._insert("failures", row, verb="INSERT OR REPLACE")

    def clear_failure(self, *, cell: str, channel: str, source: str, stage: str) -> None:
        """Forget a failure, because the work was done or is no longer asked for.

        Parameters
        ----------
        cell, channel, source, stage
            Which one.
        """
        self._execute(
            "DELETE FROM failures WHERE cell = ? AND channel = ? AND source = ? AND stage = ?",
            (cell, channel, source, stage),
        )

    def _insert(
        self, table: str, row: Any, *, verb: str = "INSERT", leave: str = "", **more: Any
    ) -> None:
        names = [f.name for f in fields(row) if f.name != leave]
        entry = {name: _packed(name, getattr(row, name)) for name in names} | more
        columns, marks = ", ".join(entry), ", ".join("?" * len(entry))
        self._execute(
            f"{verb} INTO {table} ({columns}) VALUES ({marks})",
            tuple(entry.values()),
        )

    # --- comparing --------------------------------------------------------------------------------

    def dump(self) -> str:
        """Write out all that the store holds, in one canonical order.

        Two stores are the same if, and only if, their dumps are.

        Returns
        -------
        :
            One JSON line for each row, then one for each archive file with its digest.
        """
        lines = []
        for table in ("acquisitions", "analyses", "observables", "failures"):
            rows = self._execute(f"SELECT * FROM {table}")  # noqa: S608  our own names
            lines += sorted(json.dumps([table, dict(row)], ensure_ascii=False) for row in rows)
        archive = self.folder / ARCHIVE
        for path in sorted(archive.rglob("*")):
            if path.is_file():
                name = path.relative_to(archive).as_posix()
                lines.append(json.dumps(["archive", name, provenance.sha256_of_file(path)]))
        return "\n".join(lines) + "\n"


def _acquisition(row: sqlite3.Row) -> Acquisition:
    return Acquisition(**{**_unpacked(row), "present": bool(row["present"])})


def _packed(name: str, value: Any) -> Any:
    if name in _LISTS:
        return json.dumps(list(value), ensure_ascii=False)
    return None if isinstance(value, float) and math.isnan(value) else value


def _unpacked(row: sqlite3.Row) -> dict[str, Any]:
    entry: Mapping[str, Any] = dict(row)
    return {n: tuple(json.loads(v)) if n in _LISTS else v for n, v in entry.items()}


def _sweep(archive: Path) -> None:
    """Remove what a killed run left half written; the lock says that nobody is writing."""
    for partial in archive.glob("*/.*.part"):
        partial.unlink()


def _connect(database: Path, *, write: bool) -> sqlite3.Connection:
    mode = "rwc" if write else "rw" if os.access(database.parent, os.W_OK) else "ro"
    try:
        connection = sqlite3.connect(
            f"{database.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            _lay(connection, write=write)
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise _unusable(error) from error
    return connection


def _unusable(error: sqlite3.DatabaseError) -> StoreError:
    return StoreError(
        f"{DATABASE} cannot be used ({error}). It is a cache: megabar run --rebuild makes it anew "
        "from the archive and the plan."
    )


def _lay(connection: sqlite3.Connection, *, write: bool) -> None:
    """Lay the tables of an empty database, and refuse one that is newer than we are."""
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        msg = (
            f"The database has layout {found}; this megabar knows up to {VERSION}. Update megabar, "
            "or let megabar run --rebuild make it anew."
        )
        raise StoreError(msg)
    if found == 0 and not write:
        msg = "The database is empty: its first run has not come far. Start megabar run."
        raise StoreError(msg)
    if found == VERSION:
        return
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.executescript(f"BEGIN;{_LAYOUT}PRAGMA user_version = {VERSION};COMMIT;")

"""One unit of work: one raw file into the archive, and its numbers out of it.

A unit is a pure function of its task; it may run in any process. It writes one file, whole or not
at all, and returns rows; it never touches the database.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import provenance, schemas
from megabar.campaign import analysis
from megabar.campaign.rows import Acquisition, Analysis, Failure, analysis_of, digest, failure_of
from megabar.errors import MegabarError, OpenQuestion, UnreadableFile
from megabar.readers import archive, registry

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.sources import Source

RECORD: Final = "campaign_record"
"""Attribute of an archive file that says where it belongs, as JSON; a rebuild goes by it."""

_SETTINGS: Final = ("carrier_frequency", "repetition_time", "echo_delay", "flip_angle")
# What a defect in a reader or an estimator may raise; it must cost one file, not the campaign.
_UNFORESEEN: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, OSError,
    RuntimeError, TypeError, ValueError, Warning,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is to be done for one raw file.

    Parameters
    ----------
    folder, archive
        Folder of the plan; archive folder.
    source
        The raw file and what the plan says about it.
    field
        Static field of the plan [T], or None.
    known
        Its acquisition, if it is in the archive already.
    before
        The acquisition of this source that was made last, or None.
    """

    folder: Path
    archive: Path
    source: Source
    field: float | None
    known: Acquisition | None
    before: Acquisition | None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a task: rows for the store."""

    acquisition: Acquisition | None = None
    analysis: Analysis | None = None
    failure: Failure | None = None


def perform(task: Task) -> Result:
    """Do one task.

    Parameters
    ----------
    task
        What is to be done.

    Returns
    -------
    :
        Rows; an error becomes a failure row and stops nothing else.
    """
    try:
        if task.known is None:
            acquisition, dataset = _into_archive(task)
        else:
            acquisition, dataset = _load(task.archive / task.known.archive, task.archive)
    except (MegabarError, *_UNFORESEEN) as error:
        return Result(failure=_failure(error, task.source, stage="read", identity=""))
    channel = task.source.channel
    if task.source.excluded or channel.measure == "archive":
        return Result(acquisition=acquisition)
    identity = analysis.identity(acquisition, channel, field=task.field)
    try:
        numbers = analysis.observe(dataset, channel, field=task.field)
        row = analysis_of(
            numbers,
            identity=identity,
            acquisition=acquisition.id,
            step=channel.measure,
            node=analysis.node(acquisition),
            inputs=(acquisition.id,),
        )
    except (MegabarError, *_UNFORESEEN) as error:
        failure = _failure(error, task.source, stage="observe", identity=identity)
        return Result(acquisition=acquisition, failure=failure)
    return Result(acquisition=acquisition, analysis=row)


def decisions_text(source: Source) -> str:
    """Write the decisions for a source as one line of JSON with sorted keys.

    Parameters
    ----------
    source
        The source.

    Returns
    -------
    :
        JSON; times as ISO 8601.
    """
    return json.dumps(source.decisions, sort_keys=True, ensure_ascii=False, default=_iso)


def unchanged(path: Path, *, sha256: str, files: Sequence[str]) -> bool:
    """Say whether the bytes that were read are still the same.

    Parameters
    ----------
    path
        The raw file or folder.
    sha256
        Digest of what was read.
    files
        Names of the files that were read, relative to the folder; or empty.

    Returns
    -------
    :
        False too if a file is missing.
    """
    try:
        if path.is_file() and provenance.sha256_of_file(path) == sha256:
            return True
        root = path if path.is_dir() else path.parent
        return bool(files) and provenance.sha256_of_files(root, files) == sha256
    except FileNotFoundError:
        return False


def acquisition_in(path: Path, folder: Path) -> Acquisition:
    """Give the row of a file in the archive.

    Parameters
    ----------
    path
        The archive file.
    folder
        The archive folder.

    Returns
    -------
    :
        The row, as it was before anything superseded or excluded it.

    Raises
    ------
    ReadError
        If the file is damaged, or was not written by a campaign.
    """
    return _load(path, folder)[0]


def _load(path: Path, folder: Path) -> tuple[Acquisition, xr.Dataset]:
    dataset = archive.read(path)
    if RECORD not in dataset.attrs:
        raise UnreadableFile(
            file=path.name,
            field=RECORD,
            found="it does not say to which channel it belongs.",
            remedy="Only files that a campaign wrote belong into its archive; move this one away.",
        )
    record = json.loads(dataset.attrs[RECORD])
    sha256 = provenance.sha256_of_file(path)
    return _row(dataset, record, path=path.relative_to(folder), sha256=sha256), dataset


def _into_archive(task: Task) -> tuple[Acquisition, xr.Dataset]:
    source = task.source
    dataset = registry.read(task.folder / source.name, cell=source.cell, **source.decisions)
    dataset = _identified(dataset, task.folder / source.name)
    started_at = _started_at(dataset, source)
    record: dict[str, Any] = {
        "cell": source.cell,
        "channel": source.channel.name,
        "measure": source.channel.measure,
        "decisions": decisions_text(source),
        "version": provenance.package_version(),
    }
    identity = digest(source_sha256=dataset.attrs["source_sha256"], **record)
    name = f"{started_at.replace(':', '')}-{_what(dataset)}-{identity[:12]}.nc"
    path = task.archive / source.cell / name
    if path.exists():  # a run was killed after writing it, or this is a second copy
        return _load(path, task.archive)
    record |= {"id": identity, "source": source.name, "supersedes": _predecessor(task, identity)}
    text = json.dumps(record, sort_keys=True, ensure_ascii=False)
    dataset = dataset.assign_attrs({RECORD: text})
    path.parent.mkdir(exist_ok=True)
    sha256 = archive.write(dataset, path)
    return _row(dataset, record, path=path.relative_to(task.archive), sha256=sha256), dataset


def _predecessor(task: Task, identity: str) -> str | None:
    """Find whose place it takes; a file that the archive lost takes no place but its own."""
    if task.before is None:
        return None
    return task.before.supersedes if task.before.id == identity else task.before.id


def _identified(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    """Make sure that the digest is that of the bytes on the disk.

    An archive file that another campaign wrote carries the digest of what *it* was read from.
    """
    files = list(dataset.attrs.get("source_files", ()))
    digest = dataset.attrs["source_sha256"]
    if path.is_dir() or unchanged(path, sha256=digest, files=files):
        return dataset
    sha256 = provenance.sha256_of_file(path)
    return dataset.assign_attrs(source_sha256=sha256, source_files=[path.name])


def _row(dataset: xr.Dataset, record: dict[str, Any], *, path: Path, sha256: str) -> Acquisition:
    attrs = dataset.attrs
    return Acquisition(
        id=record["id"],
        cell=record["cell"],
        channel=record["channel"],
        measure=record["measure"],
        source=record["source"],
        source_sha256=attrs["source_sha256"],
        source_files=tuple(attrs.get("source_files", ())),
        decisions=record["decisions"],
        version=record["version"],
        archive=path.as_posix(),
        archive_sha256=sha256,
        schema=attrs["schema"],
        started_at=str(np.datetime_as_string(dataset["started_at"].values, unit="s")),
        nucleus=attrs.get("nucleus", "none"),
        sequence=attrs.get("sequence", "none"),
        settings=json.dumps(_settings(dataset), sort_keys=True),
        warnings=schemas.warnings_of(dataset),
        supersedes=record["supersedes"],
    )


def _settings(dataset: xr.Dataset) -> dict[str, float]:
    numbers = {name: dataset.attrs[name] for name in _SETTINGS if name in dataset.attrs}
    if dataset.attrs["schema"] == "acquisition/1" and dataset.sizes["time"] > 1:
        axis = dataset["time"].values
        numbers["dwell"] = float(f"{(axis[-1] - axis[0]) / (axis.size - 1):.12g}")
        numbers["last_time"] = float(axis[-1])
        numbers["first_time"] = max(float(axis[0]), float(dataset.attrs.get("dead_time", -np.inf)))
    return {n: float(v) for n, v in numbers.items() if np.ndim(v) == 0 and np.isfinite(v)}


def _started_at(dataset: xr.Dataset, source: Source) -> str:
    moment = dataset["started_at"].values
    if np.isnat(moment):
        raise OpenQuestion(
            file=Path(source.name).name,
            field="started_at",
            found="the file does not say when the measurement started, so it has no place in time.",
            argument="started_at",
            candidates=(),
        )
    return str(np.datetime_as_string(moment, unit="s"))


def _what(dataset: xr.Dataset) -> str:
    return str(dataset.attrs.get("nucleus", "sweep"))


def _failure(error: BaseException, source: Source, *, stage: str, identity: str) -> Failure:
    return failure_of(
        error,
        cell=source.cell,
        channel=source.channel.name,
        source=source.name,
        stage=stage,
        identity=identity,
    )


def _iso(moment: Any) -> str:
    if isinstance(moment, datetime):
        return moment.isoformat()
    msg = f"Found {moment!r} among the decisions; JSON has no such type."
    raise TypeError(msg)

"""Which raw files a plan takes: globs, reference records, and what does not fit.

Nothing is opened here, and nothing is ever written into a folder of raw data.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megabar.campaign.contradictions import RESERVED_CELL
from megabar.campaign.plan import decisions_for
from megabar.errors import PlanError

if TYPE_CHECKING:
    from megabar.campaign.plan import Cell, Channel, Plan

AMBIENT_COPPER = "ambient-copper"
"""Channel of the copper record outside any cell."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One raw file or folder, and what the plan says about it.

    Parameters
    ----------
    cell
        Name of the cell, or ``"reference"``.
    channel
        The channel that takes it.
    name
        Where it lies, relative to the plan, with forward slashes.
    decisions
        What was decided for it, in the names of the readers.
    excluded
        Why its numbers do not enter, or None.
    """

    cell: str
    channel: Channel
    name: str
    decisions: dict[str, Any]
    excluded: str | None

    @property
    def place(self) -> tuple[str, str, str]:
        """Cell, channel and name: what it is to a plan, whatever its bytes are."""
        return (self.cell, self.channel.name, self.name)


def find(plan: Plan, folder: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Find the raw files of a plan.

    Parameters
    ----------
    plan
        The plan.
    folder
        The folder of the plan.

    Returns
    -------
    :
        The sources in the order of cells, channels and names; and one sentence for each thing
        that looks forgotten: a channel without files, a file entry that meets no file.

    Raises
    ------
    PlanError
        If two channels take one file: it would count twice.
    """
    found: list[Source] = []
    warnings: list[str] = []
    for channel, cell, names in _matches(plan, folder):
        found += [source_of(plan, cell, channel, name) for name in names]
        if not names:
            warnings.append(_nothing(channel, cell))
    found.sort(key=lambda source: _order(plan, source))
    _refuse_shared(found)
    taken = {source.name for source in found}
    warnings += [
        f'[[file]] "{entry.path}": no channel takes such a file. Write the path as "megabar '
        'status" shows it, relative to the plan.'
        for entry in plan.files
        if entry.path.rstrip("/") not in taken
    ]
    return tuple(found), tuple(warnings)


def _matches(plan: Plan, folder: Path) -> Iterator[tuple[Channel, str, list[str]]]:
    for cell, channel in expected(plan):
        if cell == RESERVED_CELL:
            place = folder / channel.files
            yield channel, cell, [_relative(place, folder)] if place.exists() else []
        else:
            yield channel, cell, _glob(folder, plan.cell(cell), channel)


def expected(plan: Plan) -> Iterator[tuple[str, Channel]]:
    """Say which channels a plan expects files of, cell by cell.

    Parameters
    ----------
    plan
        The plan.

    Yields
    ------
    :
        Name of the cell, or ``"reference"``, and channel.
    """
    for channel in plan.channels:
        for cell in plan.cells:
            if channel.cells is None or cell.name in channel.cells:
                yield cell.name, channel
    for channel, _ in _references(plan):
        yield RESERVED_CELL, channel


def channels(plan: Plan) -> tuple[Channel, ...]:
    """Give the channels of a plan, with those of the reference records.

    Parameters
    ----------
    plan
        The plan.

    Returns
    -------
    :
        The channels.
    """
    return (*plan.channels, *(channel for channel, _ in _references(plan)))


def _references(plan: Plan) -> Iterator[tuple[Channel, str]]:
    """Give the reference records; each is treated like the lines that it is compared with."""
    if plan.reference.method == "copper" and plan.reference.ambient_copper:
        like = next(c for c in plan.channels if c.measure == "copper")
        path = plan.reference.ambient_copper
        yield _like(like, name=AMBIENT_COPPER, files=path), path
    for nucleus, path in plan.reference.external.items():
        lines = [c for c in plan.channels if c.measure == "line" and c.nucleus == nucleus]
        if lines:
            named = external_channel(nucleus)
            yield _like(lines[0], name=named, files=path, role="none"), path
    yield from _cross_checks(plan)


def _cross_checks(plan: Plan) -> Iterator[tuple[Channel, str]]:
    """Give the records of cells with a compound of known shift, and those of their copper."""
    for check in plan.cross_checks:
        like = next(
            c
            for c in plan.channels
            if c.measure == "line"
            and c.nucleus == check.nucleus
            and check.channel in (None, c.name)
        )
        named = cross_check_channel(check.name)
        yield _like(like, name=named, files=check.record, role="none"), check.record
        if check.copper is not None:
            copper = next(c for c in plan.channels if c.measure == "copper")
            named = cross_check_copper(check.name)
            yield _like(copper, name=named, files=check.copper), check.copper


def external_channel(nucleus: str) -> str:
    """Name the channel of the record of a reference compound.

    Parameters
    ----------
    nucleus
        Nucleus of the record.

    Returns
    -------
    :
        Name of the channel.

    Examples
    --------
    >>> external_channel("1H")
    'external-1H'
    """
    return f"external-{nucleus}"


def cross_check_channel(name: str) -> str:
    """Name the channel of the line in a cross-check cell.

    Parameters
    ----------
    name
        Name of the cell.

    Returns
    -------
    :
        Name of the channel.

    Examples
    --------
    >>> cross_check_channel("LaCl3")
    'cross-check-LaCl3'
    """
    return f"cross-check-{name}"


def cross_check_copper(name: str) -> str:
    """Name the channel of the copper line in a cross-check cell.

    Parameters
    ----------
    name
        Name of the cell.

    Returns
    -------
    :
        Name of the channel.

    Examples
    --------
    >>> cross_check_copper("LaCl3")
    'cross-check-LaCl3-copper'
    """
    return f"{cross_check_channel(name)}-copper"


def _like(channel: Channel, **changes: Any) -> Channel:
    stated = dict.fromkeys(("cells", "t1", "t1_std", "t2", "t2_std", "window", "started_at"))
    return dataclasses.replace(channel, **{**stated, **changes})


def _glob(folder: Path, cell: Cell, channel: Channel) -> list[str]:
    root = folder / cell.directory
    if not root.is_dir():
        return []
    try:
        return [_relative(path, folder) for path in root.glob(channel.files)]
    except (ValueError, NotImplementedError) as error:
        msg = (
            f'[[channel]] "{channel.name}".files: found {channel.files!r}: {error}. '
            "Write a pattern below the directory of the cell, such as '*/1H_fid'."
        )
        raise PlanError(msg) from None


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def source_of(plan: Plan, cell: str, channel: Channel, name: str) -> Source:
    """Join a raw file with what the plan says about it.

    Parameters
    ----------
    plan
        The plan.
    cell, channel, name
        As in :class:`Source`.

    Returns
    -------
    :
        The source.
    """
    decisions, excluded = decisions_for(plan, channel, name)
    return Source(cell=cell, channel=channel, name=name, decisions=decisions, excluded=excluded)


def _nothing(channel: Channel, cell: str) -> str:
    place = f"{cell}: channel {channel.name}: no file matches {channel.files!r}."
    return f"{place} Nothing is measured there yet, or the pattern or the directory is wrong."


def _order(plan: Plan, source: Source) -> tuple[int, int, str]:
    cells = [c.name for c in plan.cells]
    channels = [c.name for c in plan.channels]
    outside = source.cell == RESERVED_CELL
    return (
        -1 if outside else cells.index(source.cell),
        -1 if outside else channels.index(source.channel.name),
        source.name,
    )


def _refuse_shared(found: list[Source]) -> None:
    takers: dict[str, list[Source]] = {}
    for source in found:
        takers.setdefault(source.name, []).append(source)
    clashes = [
        f"{name}: taken by " + " and by ".join(f"{s.channel.name} of {s.cell}" for s in several)
        for name, several in takers.items()
        if not _are_apart(several)
    ]
    if clashes:
        listed = "\n  ".join(clashes)
        msg = f"A file must not count twice. Narrow the patterns of the channels:\n  {listed}"
        raise PlanError(msg)


def _are_apart(takers: list[Source]) -> bool:
    """Several bridges, lines, steps or ramps of one file of one cell are different measurements."""
    parts = {_part(source) for source in takers}
    one_cell = len({source.cell for source in takers}) == 1
    return len(takers) == 1 or (one_cell and len(parts) == len(takers) and _WHOLE not in parts)


_WHOLE = (None, None, None, None)


def _part(source: Source) -> tuple[object, ...]:
    channel = source.channel
    return (source.decisions.get("channel"), channel.window, channel.step, channel.ramp)

"""One trajectory of any format, whole or in blocks of bounded memory.

Refuses rather than guesses: the time between frames, the unit style, the symbols of atom types.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import provenance, units
from megabar.errors import InconsistentHeader, UnreadableFile
from megabar.matter.frames import Frames
from megabar.readers.frames import lammps, through_ase, xdatcar
from megabar.readers.frames.snapshots import frame_interval_question
from megabar.readers.frames.stores import InMemory, OnDisk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from megabar.readers.frames.snapshots import Snapshot

BLOCK: Final = 1 << 26
"""Bytes of positions in one block, unless one frame is larger."""

MEMORY_LIMIT: Final = 1 << 31
"""Bytes of positions that are kept in memory, unless told otherwise."""

_HEAD: Final = 1 << 12
_SAME: Final = 1e-6  # relative difference of two intervals that are one
_WITHOUT_TIME: Final = {
    "xdatcar": "an XDATCAR holds no time at all.",
    "lammps": "the dump counts steps, and does not say how long one is.",
    "ase": "the file holds no time.",
}


def read_trajectory(
    path: Path | str,
    *,
    frame_interval: float | str | None = None,
    unit_style: str | None = None,
    species: Sequence[str] | None = None,
    every: int = 1,
    store: Path | str | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Frames:
    """Read a trajectory: XDATCAR, LAMMPS text dump, or a file of ASE.

    Memory beyond the positions is two blocks of 64 MiB, and 250 bytes a frame for its cell. With
    ``store`` the positions lie on disk as float32 (better than 1e-6 of the largest coordinate) and
    the memory does not grow with them. ASE holds a vasprun.xml in memory as a whole.

    Parameters
    ----------
    path
        The file.
    frame_interval
        Time between two frames of the file [s], or a text such as ``"2 fs"``.
    unit_style
        ``units`` of a LAMMPS run.
    species
        Chemical symbols of the LAMMPS types 1, 2, ....
    every
        Keep one frame in so many; 1 keeps all.
    store
        New .npy file for the positions.
    memory_limit
        Bytes of positions beyond which reading without ``store`` is refused.

    Returns
    -------
    :
        The frames, in order of time; ``frame_interval`` is that of the frames kept.

    Raises
    ------
    ReadError
        If the file leaves something open, is damaged, or holds more than the limit.
    MissingExtra
        If ASE is needed and not installed.
    """
    path = Path(path)
    kept = _Thinned(_snapshots(path, unit_style, species), every)
    positions = InMemory(path, memory_limit) if store is None else OnDisk(Path(store))
    cells: list[NDArray[np.float64]] = []
    steps: list[NDArray[np.int64]] = []
    unwrapped = True
    symbols: tuple[str, ...] = ()
    with positions:
        for block in _blocks(path, kept):
            positions.append(block.positions)
            cells.append(block.cell)
            steps.append(block.steps if block.steps is not None else np.empty(0, dtype=np.int64))
            unwrapped, symbols = unwrapped and block.unwrapped, block.species
    interval = _interval(path, frame_interval, kept.total)
    told = {"frame_interval": interval, "unit_style": unit_style, "every": every}
    digest = provenance.sha256_of_file(path)
    counted = np.concatenate(steps)
    return Frames(
        positions=positions.array(),
        cell=np.concatenate(cells),
        species=symbols,
        time_ordered=True,
        source=path.name,
        source_sha256=digest,
        frame_interval=interval * every,
        unwrapped=unwrapped,
        steps=counted if len(counted) else None,
        provenance=provenance.record(
            step="readers.frames.read_trajectory", parameters=told, inputs=[digest]
        ),
    )


def trajectory_blocks(
    path: Path | str,
    *,
    frame_interval: float | str,
    unit_style: str | None = None,
    species: Sequence[str] | None = None,
    every: int = 1,
) -> Iterator[Frames]:
    """Read a trajectory in blocks of at most 64 MiB of positions (or one frame).

    Parameters
    ----------
    path
        The file.
    frame_interval
        Time between two frames of the file [s], or a text such as ``"2 fs"``.
    unit_style
        ``units`` of a LAMMPS run.
    species
        Chemical symbols of the LAMMPS types 1, 2, ....
    every
        Keep one frame in so many; 1 keeps all.

    Yields
    ------
    :
        Consecutive frames.

    Raises
    ------
    ReadError
        If the file leaves something open or is damaged.
    MissingExtra
        If ASE is needed and not installed.
    """
    path = Path(path)
    interval = units.quantity(frame_interval, unit="s", name="frame interval")
    digest = provenance.sha256_of_file(path)
    for block in _blocks(path, _Thinned(_snapshots(path, unit_style, species), every)):
        yield dataclasses.replace(block, source_sha256=digest, frame_interval=interval * every)


def format_of(path: Path) -> str:
    """Tell which reader a trajectory needs.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    :
        ``"lammps"``, ``"xdatcar"``, ``"vasprun"`` or ``"ase"``.

    Raises
    ------
    UnreadableFile
        If it is no file.
    """
    if not path.is_file():
        folder = path.is_dir()
        raise UnreadableFile(
            file=path.name,
            field="format",
            found="this is a folder." if folder else "there is no such file.",
            remedy="A DeePMD folder is read with readers.frames.read_frames."
            if folder
            else "Check its name.",
        )
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.lstrip().startswith(b"ITEM:"):
        return "lammps"
    if b"Direct configuration=" in head:
        return "xdatcar"
    return "vasprun" if b"<modeling" in head else "ase"


def _snapshots(
    path: Path, unit_style: str | None, species: Sequence[str] | None
) -> Iterator[Snapshot]:
    kind = format_of(path)
    if kind == "lammps":
        return lammps.snapshots(path, unit_style=unit_style, species=species)
    if kind == "xdatcar":
        return xdatcar.snapshots(path)
    return through_ase.snapshots(path, file_format="vasp-xml" if kind == "vasprun" else None)


class _Thinned:
    """Lets one snapshot in so many pass, and counts all of them."""

    def __init__(self, snapshots: Iterator[Snapshot], every: int) -> None:
        if every < 1:
            msg = f"Found every = {every}; one frame in a whole number from 1 is kept."
            raise ValueError(msg)
        self.snapshots = snapshots
        self.every = every
        self.total = 0

    def __iter__(self) -> Iterator[Snapshot]:
        for snapshot in self.snapshots:
            if self.total % self.every == 0:
                yield snapshot
            self.total += 1


def _blocks(path: Path, snapshots: _Thinned) -> Iterator[Frames]:
    kept: list[Snapshot] = []
    for snapshot in snapshots:
        kept.append(snapshot)
        if len(kept) * snapshot.positions.nbytes >= BLOCK:
            yield _joined(path, kept)
            kept = []
    if kept:
        yield _joined(path, kept)
    if not snapshots.total:
        raise UnreadableFile(
            file=path.name, field="frames", found="there are none.", remedy="Copy the file again."
        )


def _joined(path: Path, kept: list[Snapshot]) -> Frames:
    steps = [snapshot.step for snapshot in kept if snapshot.step is not None]
    return Frames(
        positions=np.stack([snapshot.positions for snapshot in kept]),
        cell=np.stack([snapshot.cell for snapshot in kept]),
        species=kept[0].species,
        time_ordered=True,
        source=path.name,
        source_sha256="",
        unwrapped=all(snapshot.unwrapped for snapshot in kept),
        steps=np.array(steps, dtype=np.int64) if steps else None,
    )


def _interval(path: Path, asked: float | str | None, frames: int) -> float:
    kind = format_of(path)
    found, said = (
        through_ase.vasprun_interval(path, frames)
        if kind == "vasprun"
        else (None, _WITHOUT_TIME[kind])
    )
    if asked is None:
        if found is None:
            raise frame_interval_question(file=path.name, found=said)
        return found
    interval = units.quantity(asked, unit="s", name="frame interval")
    if not interval > 0:
        msg = f"Found a frame interval of {interval:g} s; time must pass between frames."
        raise ValueError(msg)
    if found is not None and abs(interval / found - 1) > _SAME:
        raise InconsistentHeader(
            file=path.name,
            field="POTIM",
            found=f"{said} So {found:g} s lie between frames, and {interval:g} s were given.",
            remedy="Leave frame_interval out.",
        )
    return interval

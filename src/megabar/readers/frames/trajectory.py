"""One trajectory of any format, whole or in blocks of bounded memory.

Refuses rather than guesses: the time between frames, the unit style, the symbols of atom types.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import provenance, units
from megabar.errors import InconsistentHeader, NotATrajectory, UnreadableFile
from megabar.matter.frames import Frames
from megabar.readers.frames import ipi, lammps, through_ase, through_mdanalysis, xdatcar
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
    "dcd": "the file holds a time whose unit it does not say.",
    "ipi": "the file counts steps, and does not say how long one is.",
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
    """Read a trajectory: XDATCAR, LAMMPS text dump, i-PI, XTC, TRR, DCD, or a file of ASE.

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
        ``units`` of a LAMMPS run, or the unit of length of i-PI.
    species
        Chemical symbols of the LAMMPS types 1, 2, ..., or with counts in the order of the atoms of
        an XTC, TRR or DCD file, such as ``("La32", "H320")``.
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
    NotATrajectory
        If the times in the file are not equally spaced.
    MissingExtra
        If ASE or MDAnalysis is needed and not installed.
    """
    path = Path(path)
    kept = _Thinned(_snapshots(path, unit_style, species), every)
    positions = InMemory(path, memory_limit) if store is None else OnDisk(Path(store))
    cells: list[NDArray[np.float64]] = []
    steps: list[NDArray[np.int64]] = []
    unwrapped, rounding = True, None
    symbols: tuple[str, ...] = ()
    with positions:
        for block in _blocks(path, kept):
            positions.append(block.positions)
            cells.append(block.cell)
            steps.append(block.steps if block.steps is not None else np.empty(0, dtype=np.int64))
            unwrapped, symbols = unwrapped and block.unwrapped, block.species
            rounding = block.rounding
    interval = _interval(path, frame_interval, kept)
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
        rounding=rounding,
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
        ``units`` of a LAMMPS run, or the unit of length of i-PI.
    species
        Chemical symbols, as in :func:`read_trajectory`.
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
        If ASE or MDAnalysis is needed and not installed.
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
        ``"lammps"``, ``"xdatcar"``, ``"vasprun"``, ``"ipi"``, ``"xtc"``, ``"trr"``, ``"dcd"`` or
        ``"ase"``.

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
    if (binary := through_mdanalysis.kind_of(head)) is not None:
        return binary
    if head.lstrip().startswith(b"ITEM:"):
        return "lammps"
    if b"Direct configuration=" in head:
        return "xdatcar"
    if ipi.is_ipi(head):
        return "ipi"
    return "vasprun" if b"<modeling" in head else "ase"


def _snapshots(
    path: Path, unit_style: str | None, species: Sequence[str] | None
) -> Iterator[Snapshot]:
    kind = format_of(path)
    if kind == "lammps":
        return lammps.snapshots(path, unit_style=unit_style, species=species)
    if kind == "xdatcar":
        return xdatcar.snapshots(path)
    if kind == "ipi":
        return ipi.snapshots(path, unit_style=unit_style)
    if kind in through_mdanalysis.KINDS:
        return through_mdanalysis.snapshots(path, kind=kind, species=species)
    return through_ase.snapshots(path, file_format="vasp-xml" if kind == "vasprun" else None)


class _Thinned:
    """Lets one snapshot in so many pass, counts all of them, and keeps their times."""

    def __init__(self, snapshots: Iterator[Snapshot], every: int) -> None:
        if every < 1:
            msg = f"Found every = {every}; one frame in a whole number from 1 is kept."
            raise ValueError(msg)
        self.snapshots = snapshots
        self.every = every
        self.total = 0
        self.times: list[float] = []

    def __iter__(self) -> Iterator[Snapshot]:
        for snapshot in self.snapshots:
            if self.total % self.every == 0:
                yield snapshot
            if snapshot.time is not None:
                self.times.append(snapshot.time)
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
        rounding=kept[0].rounding,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Stated:
    """The interval that the file itself states."""

    interval: float | None  # s
    said: str
    field: str
    tolerance: float = 0.0  # s, by rounding of the times in the file


def _stated_interval(path: Path, kept: _Thinned) -> _Stated:
    kind = format_of(path)
    if kind == "vasprun":
        interval, said = through_ase.vasprun_interval(path, kept.total)
        return _Stated(interval=interval, said=said, field="POTIM")
    if kind in _WITHOUT_TIME:
        return _Stated(interval=None, said=_WITHOUT_TIME[kind], field="time")
    if len(kept.times) < 2:
        return _Stated(interval=None, said="the file holds one frame.", field="time")
    times = np.array(kept.times)
    gaps = np.diff(times)
    interval = float(times[-1] - times[0]) / len(gaps)
    rounding = 2 * float(np.spacing(np.float32(np.abs(times).max())))  # times are float32
    if not interval > 0 or np.any(np.abs(gaps - interval) > rounding + _SAME * interval):
        listed = ", ".join(f"{gap:.4g}" for gap in sorted(set(gaps.tolist()))[:6])
        msg = (
            f"Found frames of {path.name} that are {listed} s apart; one lag would mix several "
            "times. Cut the file where the interval changes, or store at equal intervals."
        )
        raise NotATrajectory(msg)
    said = f"{len(times)} frames from {times[0]:g} to {times[-1]:g} s are stored."
    return _Stated(interval=interval, said=said, field="time", tolerance=rounding / len(gaps))


def _interval(path: Path, asked: float | str | None, kept: _Thinned) -> float:
    stated = _stated_interval(path, kept)
    found, said = stated.interval, stated.said
    if asked is None:
        if found is None:
            raise frame_interval_question(file=path.name, found=said)
        return found
    interval = units.quantity(asked, unit="s", name="frame interval")
    if not interval > 0:
        msg = f"Found a frame interval of {interval:g} s; time must pass between frames."
        raise ValueError(msg)
    if found is not None and abs(interval - found) > _SAME * found + stated.tolerance:
        raise InconsistentHeader(
            file=path.name,
            field=stated.field,
            found=f"{said} So {found:g} s lie between frames, and {interval:g} s were given.",
            remedy="Leave frame_interval out.",
        )
    return interval

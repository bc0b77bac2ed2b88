"""Trajectories that ASE reads: extended xyz, ASE .traj, vasprun.xml and many more.

ASE hands on what a file holds. Whether atoms were put back into their cell, and how much time lies
between two frames, most of these files do not say.

References
----------
Larsen et al., J. Phys.: Condens. Matter 29, 273002 (2017), doi:10.1088/1361-648X/aa680e.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import InconsistentHeader, MissingExtra, UnreadableFile
from megabar.matter.frames import ANGSTROM
from megabar.readers.frames.snapshots import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FEMTOSECOND: Final = 1e-15
_SETTING = re.compile(r'name="(POTIM|NSW|IBRION)"[^>]*>\s*([-+0-9.Ee]+)\s*<')
_SHORTEST_EDGE: Final = 1e-3  # angstrom; a shorter axis is no cell


def snapshots(path: Path, *, file_format: str | None) -> Iterator[Snapshot]:
    """Read frames through ASE, one at a time.

    Parameters
    ----------
    path
        The file.
    file_format
        Name that ASE gives the format; None if ASE shall find out.

    Yields
    ------
    :
        Each frame.

    Raises
    ------
    MissingExtra
        If ASE is not installed.
    ReadError
        If ASE cannot read the file, a frame has no periodic cell, or the atoms change.
    """
    species: tuple[str, ...] = ()
    numbers: list[int] = []
    for frame, atoms in enumerate(images(path, file_format=file_format)):
        cell = np.array(atoms.cell.array, dtype=np.float64)
        found = atoms.numbers.tolist()
        if not atoms.pbc.all() or abs(np.linalg.det(cell)) < _SHORTEST_EDGE**3:
            raise _wrong(path.name, frame, "no cell that is periodic along all axes.")
        if frame and found != numbers:
            raise _wrong(path.name, frame, "other atoms, or in another order, than in frame 0.")
        if not frame:
            numbers, species = found, tuple(atoms.get_chemical_symbols())
        positions = np.array(atoms.positions, dtype=np.float64)
        if not np.isfinite(positions).all():
            raise _wrong(path.name, frame, "positions that are not finite.")
        yield Snapshot(
            positions=positions * ANGSTROM,
            cell=cell * ANGSTROM,
            species=species,
            unwrapped=False,
            step=None,
        )


def vasprun_interval(path: Path, frames: int) -> tuple[float | None, str]:
    """Give the time between stored frames of a vasprun.xml, where the file determines it.

    POTIM is the step of integration. It is the interval of the stored frames only if there are as
    many of them as there were steps.

    Parameters
    ----------
    path
        The file.
    frames
        Frames that it holds.

    Returns
    -------
    :
        Interval [s] or None, and what stands in the file.
    """
    found: OrderedDict[str, float] = OrderedDict()
    with path.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            for name, number in _SETTING.findall(line):
                found.setdefault(name, float(number))
            if "<calculation" in line or len(found) == 3:
                break
    said = ", ".join(f"{name} = {number:g}" for name, number in found.items()) or "no POTIM"
    dynamics = found.get("IBRION") == 0 and found.get("NSW") == frames
    interval = found["POTIM"] * _FEMTOSECOND if dynamics and "POTIM" in found else None
    return interval, f"{said}, and {frames} frames are stored."


def images(path: Path, *, file_format: str | None) -> Iterator[Any]:
    """Iterate over what ASE reads; what it raises about a damaged file becomes our error.

    Parameters
    ----------
    path
        The file.
    file_format
        Name that ASE gives the format; None if ASE shall find out.

    Yields
    ------
    :
        ``ase.Atoms``, one of each frame.

    Raises
    ------
    MissingExtra
        If ASE is not installed.
    UnreadableFile
        If ASE cannot read the file.
    """
    try:
        from ase.io import iread
        from ase.io.formats import UnknownFileTypeError
    except ImportError:
        msg = f"Found {path.name}, which is read through ASE, and ASE is not installed. Run: "
        raise MissingExtra(msg + "pip install 'megabar[md]'") from None
    reading = (
        UnknownFileTypeError,
        OSError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        EOFError,
        SyntaxError,  # and its child, the ParseError of XML
        RuntimeError,
        AssertionError,
        NotImplementedError,
    )
    try:
        yield from iread(str(path), index=":", format=file_format, do_not_split_by_at_sign=True)
    except reading as error:
        raise UnreadableFile(
            file=path.name,
            field="format",
            found=f"ASE cannot read it ({type(error).__name__}: {error}).",
            remedy="Give an XDATCAR, a LAMMPS text dump, or a whole file of a format of ASE.",
        ) from None


def _wrong(file: str, frame: int, found: str) -> InconsistentHeader:
    return InconsistentHeader(
        file=file,
        field=f"frame {frame}",
        found=found,
        remedy="Write the trajectory again with its cell, all atoms, always in one order.",
    )

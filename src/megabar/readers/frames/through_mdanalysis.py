"""Binary trajectories that MDAnalysis reads: XTC and TRR of GROMACS, DCD of CHARMM, NAMD, LAMMPS.

None of the three names its atoms. The readers of MDAnalysis proper turn cells into lengths and
angles, lose their orientation, and leave files beside the trajectory; its parsers, used here, hand
on what the file holds.

======  ===================================  =====================================================
format  time                                 trap
======  ===================================  =====================================================
XTC     of each frame [ps]                   rounded, usually to 0.01 angstrom
TRR     of each frame [ps]                   frames without positions in between
DCD     a number whose unit nobody states    cell as lengths and angles or their cosines; a is
                                             taken along x; a last frame that is cut is dropped
======  ===================================  =====================================================

References
----------
Gowers et al., Proc. 15th Python in Science Conf. 98 (2016), doi:10.25080/Majora-629e541a-00e.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import InconsistentHeader, MissingExtra, OpenQuestion
from megabar.matter.frames import ANGSTROM, cell_from_lengths_and_angles
from megabar.readers.frames.snapshots import Snapshot, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

KINDS: Final = ("xtc", "trr", "dcd")
"""Formats that this module reads."""

_NANOMETRE: Final = 1e-9
_PICOSECOND: Final = 1e-12
_MAGIC: Final = {
    b"\x00\x00\x07\xcb": "xtc",
    b"\x00\x00\x07\xe7": "xtc",  # more than 3e8 atoms
    b"\x00\x00\x07\xc9": "trr",
}
_DCD: Final = {b"\x54\x00\x00\x00CORD": "<", b"\x00\x00\x00\x54CORD": ">"}
_WORD: Final = re.compile(r"([A-Z][a-z]?)(\d*)")
_SMALLEST_ANGLE: Final = 10.0  # degrees; smaller ones are elements of a matrix


def kind_of(head: bytes) -> str | None:
    r"""Tell a binary trajectory from its first bytes.

    Parameters
    ----------
    head
        First bytes of the file.

    Returns
    -------
    :
        ``"xtc"``, ``"trr"``, ``"dcd"``, or None.

    Examples
    --------
    >>> kind_of(b"\x54\x00\x00\x00CORD")
    'dcd'
    """
    return "dcd" if head[:8] in _DCD else _MAGIC.get(head[:4])


def snapshots(path: Path, *, kind: str, species: Sequence[str] | None) -> Iterator[Snapshot]:
    """Read a binary trajectory frame by frame; one frame is in memory at a time.

    Parameters
    ----------
    path
        The file.
    kind
        One of ``KINDS``.
    species
        Chemical symbols in the order of the file, with counts where many follow each other, such
        as ``("La32", "H320")``.

    Yields
    ------
    :
        Each frame that holds positions.

    Raises
    ------
    MissingExtra
        If MDAnalysis is not installed.
    ReadError
        If the symbols are open, the file is damaged, or a frame has no cell.
    """
    try:
        from MDAnalysis.lib.formats.libdcd import DCDFile
        from MDAnalysis.lib.formats.libmdaxdr import TRRFile, XTCFile
    except ImportError:
        msg = f"Found {path.name}, which is read through MDAnalysis, and it is not installed. Run: "
        raise MissingExtra(msg + "pip install 'megabar[binary]'") from None
    opener = {"xtc": XTCFile, "trr": TRRFile, "dcd": DCDFile}[kind]
    frame = 0
    try:
        with opener(str(path)) as stream:
            make = _Maker(path.name, kind, stream, species)
            for found in stream:
                if (snapshot := make(found, frame)) is not None:
                    yield snapshot
                    frame += 1
    except (OSError, ValueError) as error:
        raise _damaged(path.name, frame, error) from None
    if kind == "dcd":
        _refuse_rest(path, len(make.symbols), frame)


class _Maker:
    """Makes snapshots of what the parsers hand on."""

    def __init__(self, file: str, kind: str, stream: Any, species: Sequence[str] | None) -> None:
        self.file = file
        self.kind = kind
        atoms = stream.header["natoms"] if kind == "dcd" else stream.n_atoms
        self.symbols = _symbols(file, species, int(atoms))

    def __call__(self, found: Any, frame: int) -> Snapshot | None:
        if self.kind == "trr" and not found.hasx:
            return None
        if self.kind == "dcd":
            positions = np.asarray(found.xyz, dtype=np.float64) * ANGSTROM
            cell = _dcd_cell(self.file, frame, np.asarray(found.unitcell, dtype=np.float64))
        else:
            positions = np.asarray(found.x, dtype=np.float64) * _NANOMETRE
            cell = np.asarray(found.box, dtype=np.float64) * _NANOMETRE
        if not np.linalg.det(cell) > 0:
            raise _wrong(self.file, frame, "no cell that is periodic along all axes.")
        if not np.isfinite(positions).all():
            raise _wrong(self.file, frame, "positions that are not finite.")
        timed = self.kind != "dcd"
        return Snapshot(
            positions=positions,
            cell=cell,
            species=self.symbols,
            unwrapped=False,
            step=int(found.step) if timed else None,
            time=float(found.time) * _PICOSECOND if timed else None,
            rounding=_NANOMETRE / (2 * float(found.prec)) if self.kind == "xtc" else None,
        )


def _symbols(file: str, species: Sequence[str] | None, atoms: int) -> tuple[str, ...]:
    if species is None:
        raise OpenQuestion(
            file=file,
            field="chemical symbols",
            found=f"the file holds {atoms} atoms and names none of them.",
            argument="species",
            candidates=('symbols with counts in the order of the atoms, such as ("La32", "H320")',),
        )
    words = [_WORD.fullmatch(word) for word in species]
    named = tuple(word[1] for word in words if word is not None for _ in range(int(word[2] or 1)))
    if None in words or len(named) != atoms:
        raise InconsistentHeader(
            file=file,
            field="chemical symbols",
            found=f"{atoms} atoms in the file, {len(named)} in species = {tuple(species)}.",
            remedy='Give symbols with counts in the order of the atoms, such as ("La32", "H320").',
        )
    return named


def _dcd_cell(file: str, frame: int, stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the cell of a, gamma, b, beta, alpha, c, where angles may be cosines."""
    lengths, angles = stored[[0, 2, 5]], stored[[4, 3, 1]]
    if not (lengths > 0).all():
        raise _wrong(file, frame, "no cell; a path across its faces cannot be followed.")
    if (np.abs(angles) <= 1).all():
        angles = np.degrees(np.arccos(angles))
    if (angles < _SMALLEST_ANGLE).any() or (angles > 180 - _SMALLEST_ANGLE).any():
        raise _wrong(file, frame, f"angles of {angles.round(3).tolist()} degrees in its cell.")
    return cell_from_lengths_and_angles(lengths=lengths * ANGSTROM, angles=np.radians(angles))


def _refuse_rest(path: Path, atoms: int, frames: int) -> None:
    """Refuse a DCD file that ends inside a frame; its parser drops that frame in silence."""
    with path.open("rb") as stream:
        head = stream.read(96)
        order = _DCD[head[:8]]
        fixed, periodic = struct.unpack_from(f"{order}i", head, 40)[0], head[48:52] != bytes(4)
        title = struct.unpack_from(f"{order}i", head, 92)[0]
    before = 92 + title + 8 + 12
    size = 3 * (4 * atoms + 8) + (56 if periodic else 0)
    rest = path.stat().st_size - before - frames * size
    if rest > 0 and not fixed:
        raise truncated(file=path.name, frame=frames, found=rest, wanted=size, what="bytes")


def _damaged(file: str, frame: int, error: Exception) -> InconsistentHeader:
    return InconsistentHeader(
        file=file,
        field=f"frame {frame}",
        found=f"it cannot be read ({type(error).__name__}: {error}).",
        remedy=f"Copy the file again, or cut it after its {frame} whole frames.",
    )


def _wrong(file: str, frame: int, found: str) -> InconsistentHeader:
    return InconsistentHeader(
        file=file,
        field=f"frame {frame}",
        found=found,
        remedy="Write the trajectory again with its cell, as XTC or as a LAMMPS text dump.",
    )

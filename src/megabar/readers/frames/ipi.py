"""Positions of i-PI: beads of ring polymers or their centroid, in units that the comment names.

One file holds one bead, or the centroid. Diffusion and hops are those of the centroid; couplings
are averaged over beads.

References
----------
Litman et al., J. Chem. Phys. 161, 062504 (2024), doi:10.1063/5.0215869.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import InconsistentHeader, OpenQuestion
from megabar.matter.frames import ANGSTROM, cell_from_lengths_and_angles
from megabar.readers.frames.snapshots import Snapshot, table, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

LENGTHS: Final = {
    "atomic_unit": 0.529177210544e-10,
    "angstrom": ANGSTROM,
    "nanometer": 1e-9,
}
"""Unit of length of i-PI -> metre."""

_CELL: Final = re.compile(r"CELL[({\[](abcABC|H|GENH)[)}\]]:\s*([-+0-9.Ee\s]+)")
_KEY: Final = re.compile(r"\b(?!cell\b)([a-z_]+)\{(\w*)\}")
_CELL_UNIT: Final = re.compile(r"\bcell\{(\w*)\}")
_STEP: Final = re.compile(r"Step:\s*(\d+)")
_BEAD: Final = re.compile(r"[Bb]ead:\s*(\d+)")
_POSITIONS: Final = ("positions", "x_centroid", "unwrapped_positions")


def is_ipi(head: bytes) -> bool:
    r"""Tell a file of i-PI from its first bytes.

    Parameters
    ----------
    head
        First bytes of the file.

    Returns
    -------
    :
        Whether the comment of the first frame names a cell as i-PI does.

    Examples
    --------
    >>> is_ipi(b"2\n# CELL(abcABC):  9.0 9.0 9.0 90.0 90.0 90.0 Step: 0  Bead: 0 ...")
    True
    """
    lines = head.decode("ascii", errors="replace").splitlines()[:2]
    return len(lines) == 2 and lines[1].startswith("#") and _CELL.search(lines[1]) is not None


def snapshots(path: Path, *, unit_style: str | None) -> Iterator[Snapshot]:
    """Read the xyz file of one bead or of the centroid frame by frame.

    Parameters
    ----------
    path
        The file.
    unit_style
        Unit of lengths where the file names none: a key of ``LENGTHS``.

    Yields
    ------
    :
        Each frame.

    Raises
    ------
    ReadError
        If the file holds no positions, several beads, no unit, or is damaged.
    """
    with path.open(encoding="utf-8", errors="replace") as stream:
        reader = _Reader(path.name, stream, unit_style)
        while (snapshot := reader.next()) is not None:
            yield snapshot


class _Reader:
    """Reads frame by frame, and remembers atoms and bead of the first."""

    def __init__(self, file: str, stream: TextIO, unit_style: str | None) -> None:
        self.file = file
        self.stream = stream
        self.unit_style = unit_style
        self.frame = 0
        self.species: tuple[str, ...] = ()
        self.bead: str | None = None

    def next(self) -> Snapshot | None:
        count = self.stream.readline().strip()
        if not count:
            return None
        if not count.isdigit() or int(count) < 1:
            raise self._wrong(f"{count[:40]!r} where the number of atoms is due.")
        comment = self.stream.readline()
        lines = list(islice(self.stream, int(count)))
        if len(lines) < int(count):
            raise truncated(file=self.file, frame=self.frame, found=len(lines), wanted=int(count))
        self._same_bead(comment)
        length, cell = self._length(comment), self._cell(comment)
        words = [line.split(maxsplit=1) for line in lines]
        symbols = tuple(word[0] if word else "" for word in words)
        if self.frame and symbols != self.species:
            raise self._wrong("other atoms, or in another order, than in frame 0.")
        numbers = [word[-1] for word in words]
        positions = table(numbers, width=3, file=self.file, frame=self.frame)
        step = _STEP.search(comment)
        self.species = symbols
        self.frame += 1
        return Snapshot(
            positions=positions * length,
            cell=cell,
            species=symbols,
            unwrapped=False,
            step=int(step[1]) if step else None,
        )

    def _same_bead(self, comment: str) -> None:
        found = _BEAD.search(comment)
        bead = found[1] if found else None
        if self.frame and bead != self.bead:
            raise self._wrong(f"bead {bead} after bead {self.bead}; a file must hold one bead.")
        self.bead = bead

    def _length(self, comment: str) -> float:
        key = _KEY.search(comment)
        if key is None:
            return self._unit(None)
        if key[1] not in _POSITIONS:
            raise self._wrong(f"{key[1]} and no positions.")
        return self._unit(key[2])

    def _cell(self, comment: str) -> NDArray[np.float64]:
        found, unit = _CELL.search(comment), _CELL_UNIT.search(comment)
        if found is None:
            raise self._wrong("no CELL in the comment.")
        length = self._unit(unit[1] if unit else None)
        wanted = 6 if found[1] == "abcABC" else 9
        numbers = table(
            [" ".join(found[2].split()[:wanted])], width=wanted, file=self.file, frame=self.frame
        )[0]
        if found[1] == "GENH":
            raise self._wrong("a cell GENH, which i-PI turns; write it as abcABC.")
        if found[1] == "H":
            cell = np.asarray(numbers.reshape(3, 3).T * length)  # columns are the axes
        else:
            cell = cell_from_lengths_and_angles(
                lengths=numbers[:3] * length, angles=np.radians(numbers[3:])
            )
        if not np.linalg.det(cell) > 0:
            raise self._wrong("a cell without volume.")
        return cell

    def _unit(self, stated: str | None) -> float:
        named = stated if stated not in (None, "", "automatic") else self.unit_style
        if named is None:
            raise OpenQuestion(
                file=self.file,
                field="unit of length",
                found="the comment names none; lengths could be bohr or angstrom.",
                argument="unit_style",
                candidates=LENGTHS,
            )
        if named not in LENGTHS:
            raise self._wrong(f"the unit {named!r}; known are {', '.join(LENGTHS)}.")
        return LENGTHS[named]

    def _wrong(self, found: str) -> InconsistentHeader:
        return InconsistentHeader(
            file=self.file,
            field=f"frame {self.frame}",
            found=found,
            remedy="Give one xyz file of positions{...} of one bead, or of x_centroid{...}.",
        )

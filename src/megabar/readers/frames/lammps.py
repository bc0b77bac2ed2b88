"""Text dumps of LAMMPS: any order of atoms, five kinds of coordinates, units that are not stated.

Atoms are sorted by id. ``x`` is Cartesian and wrapped, ``xs`` a fraction and wrapped, ``xu`` and
``xsu`` the same but never wrapped; ``ix`` counts the cells crossed and is used where present. The
bounds of a skewed box include its tilts. Positions are counted from the origin of the box, which
moves when the box breathes.

References
----------
The LAMMPS manual, https://docs.lammps.org/dump.html and https://docs.lammps.org/Howto_triclinic.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import InconsistentHeader, OpenQuestion, one_of
from megabar.matter.frames import ANGSTROM
from megabar.readers.frames.snapshots import Snapshot, table, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

LENGTHS: Final = {
    "real": ANGSTROM,
    "metal": ANGSTROM,
    "si": 1.0,
    "cgs": 1e-2,
    "electron": 0.529177210544e-10,
    "micro": 1e-6,
    "nano": 1e-9,
}
"""Unit style -> its length [m]; ``lj`` has none."""

_KINDS: Final = (  # first choice first: columns, fractions of the cell, unwrapped
    (("xu", "yu", "zu"), False, True),
    (("xsu", "ysu", "zsu"), True, True),
    (("x", "y", "z"), False, False),
    (("xs", "ys", "zs"), True, False),
)
_IMAGES: Final = ("ix", "iy", "iz")
_WHOLE: Final = ("ITEM: TIMESTEP", "ITEM: NUMBER OF ATOMS")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Box:
    cell: NDArray[np.float64]  # in units of the file
    origin: NDArray[np.float64]


def snapshots(
    path: Path, *, unit_style: str | None, species: Sequence[str] | None
) -> Iterator[Snapshot]:
    """Read a text dump frame by frame; one frame is in memory at a time.

    Parameters
    ----------
    path
        The file.
    unit_style
        ``units`` of the run, unless the file says it.
    species
        Chemical symbols of types 1, 2, ..., unless the file has a column ``element``.

    Yields
    ------
    :
        Each frame, atoms sorted by id.

    Raises
    ------
    ReadError
        If the file leaves something open, is damaged, ends inside a frame or changes its atoms.
    """
    with path.open(encoding="utf-8", errors="replace") as stream:
        reader = _Reader(path.name, stream, unit_style, species)
        while (snapshot := reader.next()) is not None:
            yield snapshot


class _Reader:
    """Reads item by item, and remembers what the frames before it said."""

    def __init__(
        self, file: str, stream: TextIO, unit_style: str | None, species: Sequence[str] | None
    ) -> None:
        self.file = file
        self.stream = stream
        self.unit_style = unit_style
        self.symbols = tuple(species) if species is not None else None
        self.frame = 0
        self.ids: NDArray[np.float64] = np.empty(0)  # of the first frame, in order
        self.kinds: NDArray[Any] = np.empty(0)  # types or elements of the first frame, by id
        self.species: tuple[str, ...] = ()

    def next(self) -> Snapshot | None:
        head: dict[str, int] = {}
        box: _Box | None = None
        while line := self.stream.readline():
            title = line.strip()
            if title.startswith("ITEM: BOX BOUNDS"):
                box = self._box(title.split()[3:])
            elif title.startswith("ITEM: ATOMS"):
                if box is None or set(head) != set(_WHOLE):
                    raise self._wrong("atoms before time step, number of atoms and box.")
                snapshot = self._atoms(title.split()[2:], head, box)
                self.frame += 1
                return snapshot
            elif title:
                self._short_item(title, head)
        if head:
            raise truncated(file=self.file, frame=self.frame, found=0, wanted=1)
        return None

    def _short_item(self, title: str, head: dict[str, int]) -> None:
        """Read an item of one line."""
        if title == "ITEM: UNITS":
            self._stated_units(self._lines(1)[0].strip())
        elif title in _WHOLE:
            head[title] = self._whole(self._lines(1)[0])
        elif title == "ITEM: TIME":
            self._lines(1)
        else:
            raise self._wrong(f"the line {title[:60]!r} where an ITEM is due.")

    def _stated_units(self, stated: str) -> None:
        if self.unit_style not in (None, stated):
            raise self._wrong(f"units {stated} in the file, {self.unit_style} asked for.")
        self.unit_style = stated

    def _length(self) -> float:
        if self.unit_style is None:
            raise OpenQuestion(
                file=self.file,
                field="unit style",
                found="the dump does not say its units; lengths could be angstrom or metre.",
                argument="unit_style",
                candidates=LENGTHS,
            )
        return LENGTHS[one_of(self.unit_style, LENGTHS, name="unit style")]

    def _lines(self, count: int) -> list[str]:
        lines = list(islice(self.stream, count))
        if len(lines) < count:
            raise truncated(file=self.file, frame=self.frame, found=len(lines), wanted=count)
        return lines

    def _whole(self, line: str) -> int:
        if not line.strip().isdigit():
            raise self._wrong(f"{line.strip()[:40]!r} where a whole number is due.")
        return int(line)

    def _box(self, words: list[str]) -> _Box:
        periodic = [word for word in words if len(word) == 2 and set(word) <= set("pfsm")]
        if periodic != ["pp"] * 3:
            raise self._wrong(
                f"boundaries {' '.join(periodic) or 'not stated'}; only a box that is periodic "
                "along all axes can be unwrapped."
            )
        general, tilted = "abc" in words, "xy" in words
        width = 4 if general else 3 if tilted else 2
        rows = table(self._lines(3), width=width, file=self.file, frame=self.frame)
        box = _Box(cell=rows[:, :3], origin=rows[:, 3]) if general else _restricted_box(rows)
        if not np.linalg.det(box.cell) > 0:
            raise self._wrong("a box without volume.")
        return box

    def _atoms(self, columns: list[str], head: dict[str, int], box: _Box) -> Snapshot:
        length = self._length()
        if "id" not in columns:
            raise self._wrong("no column id; the order of atoms changes from frame to frame.")
        lines = self._lines(head[_WHOLE[1]])
        text_columns = [i for i, name in enumerate(columns) if name == "element"]
        labels: list[str] | None = None
        if text_columns:
            place = text_columns[0]
            labels = [(line.split()[place : place + 1] or [""])[0] for line in lines]
            lines = [_without(line, place) for line in lines]
            columns = columns[:place] + columns[place + 1 :]
        rows = table(lines, width=len(columns), file=self.file, frame=self.frame)
        column = {name: rows[:, i] for i, name in enumerate(columns)}
        order = np.argsort(column["id"], kind="stable")
        self._check_atoms(column, labels, order)
        positions, unwrapped = self._positions(column, box)
        return Snapshot(
            positions=positions[order] * length,
            cell=box.cell * length,
            species=self.species,
            unwrapped=unwrapped,
            step=head[_WHOLE[0]],
        )

    def _check_atoms(
        self,
        column: dict[str, NDArray[np.float64]],
        labels: list[str] | None,
        order: NDArray[np.intp],
    ) -> None:
        ids = column["id"][order]
        if labels is not None:
            kinds = np.array(labels)[order]
        elif "type" in column:
            kinds = column["type"][order].astype(np.int64)
        else:
            raise self._wrong("neither a column element nor a column type.")
        if not self.frame:
            if len(np.unique(ids)) != len(ids):
                raise self._wrong("two atoms with one id.")
            words = tuple(str(kind) for kind in kinds.tolist())
            self.ids, self.kinds = ids, kinds
            self.species = words if labels is not None else self._symbols_of(words)
        elif not (np.array_equal(kinds, self.kinds) and np.array_equal(ids, self.ids)):
            raise self._wrong("other atoms than in the first frame; the run added or lost some.")

    def _symbols_of(self, words: tuple[str, ...]) -> tuple[str, ...]:
        known = {str(i): symbol for i, symbol in enumerate(self.symbols or (), start=1)}
        strangers = sorted(set(words) - set(known))
        if strangers:
            raise OpenQuestion(
                file=self.file,
                field="type",
                found=f"types {', '.join(strangers[:8])} without a chemical symbol.",
                argument="species",
                candidates=('the symbols of types 1, 2, ..., such as ("La", "H")',),
            )
        return tuple(known[word] for word in words)

    def _positions(
        self, column: dict[str, NDArray[np.float64]], box: _Box
    ) -> tuple[NDArray[np.float64], bool]:
        for names, fractions, unwrapped in _KINDS:
            if all(name in column for name in names):
                found = np.stack([column[name] for name in names], axis=1)
                cartesian = found @ box.cell if fractions else found - box.origin
                if not unwrapped and all(name in column for name in _IMAGES):
                    images = np.stack([column[name] for name in _IMAGES], axis=1)
                    return cartesian + images @ box.cell, True
                return cartesian, unwrapped
        raise self._wrong("no complete coordinates (x, xs, xu or xsu with y and z).")

    def _wrong(self, found: str) -> InconsistentHeader:
        return InconsistentHeader(
            file=self.file,
            field=f"frame {self.frame}",
            found=found,
            remedy="Write the dump again with: dump ... custom ... id type xu yu zu.",
        )


def _restricted_box(rows: NDArray[np.float64]) -> _Box:
    """Turn bounds that enclose the tilted box into its axes and its origin."""
    xy, xz, yz = rows[:, 2] if rows.shape[1] == 3 else np.zeros(3)
    low, high = rows[:, 0].copy(), rows[:, 1].copy()
    shifts = (0.0, xy, xz, xy + xz)
    low[0] -= min(shifts)
    high[0] -= max(shifts)
    low[1] -= min(0.0, yz)
    high[1] -= max(0.0, yz)
    edge = high - low
    cell = np.array([[edge[0], 0.0, 0.0], [xy, edge[1], 0.0], [xz, yz, edge[2]]])
    return _Box(cell=cell, origin=low)


def _without(line: str, place: int) -> str:
    words = line.split()
    return " ".join(words[:place] + words[place + 1 :])

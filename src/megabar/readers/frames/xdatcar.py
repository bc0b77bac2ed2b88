"""XDATCAR of VASP: fractions of a cell, wrapped, without a time.

Line 2 scales the lattice; a negative number there is the volume. Runs with a variable cell repeat
the header before each frame, others give it once.

References
----------
The VASP manual, https://www.vasp.at/wiki/index.php/XDATCAR.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from megabar.errors import InconsistentHeader, TruncatedData
from megabar.matter.frames import ANGSTROM
from megabar.readers.frames.snapshots import Snapshot, table, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

_HEADER_LINES = 6  # after the comment: scale, three axes, symbols, counts


@dataclass(frozen=True, kw_only=True, eq=False)
class _Header:
    cell: NDArray[np.float64]
    species: tuple[str, ...]


def snapshots(path: Path) -> Iterator[Snapshot]:
    """Read an XDATCAR frame by frame; one frame is in memory at a time.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    :
        Each frame, wrapped.

    Raises
    ------
    ReadError
        If the file is damaged, ends inside a frame, or changes its atoms.
    """
    with path.open(encoding="utf-8", errors="replace") as stream:
        header: _Header | None = None
        frame, blank = 0, False
        while line := stream.readline():
            blank_before, blank = blank, not line.strip()
            if blank:
                continue  # between frames, after the last, or an empty comment
            step = _configuration(line, path.name, frame)
            if step is None:
                known = [line] if blank_before and _is_number(line) else []
                fresh = _header(stream, known, path.name, frame)
                header = _same_atoms(header, fresh, path.name, frame)
                continue
            if header is None:
                raise _not_xdatcar(path.name, "no lattice before the first frame.")
            yield _frame(stream, header, step, path.name, frame)
            frame += 1


def _configuration(line: str, file: str, frame: int) -> int | None:
    """Give the number in ``Direct configuration=  7``; None for any other line."""
    words = line.replace("=", " = ").split()
    if words[1:3] != ["configuration", "="]:
        return None
    if not words[0].lower().startswith("d") or len(words) < 4 or not words[3].isdigit():
        found = f"{line.strip()!r} before frame {frame}, where 'Direct configuration= n' is read."
        raise _not_xdatcar(file, found)
    return int(words[3])


def _is_number(line: str) -> bool:
    return line.strip().lstrip("-").replace(".", "", 1).isdigit()


def _header(stream: TextIO, known: list[str], file: str, frame: int) -> _Header:
    """Read what follows the comment; ``known`` is its first line if that was read already."""
    lines = [*known, *islice(stream, _HEADER_LINES - len(known))]
    if len(lines) < _HEADER_LINES:
        raise TruncatedData(
            partial=frame,
            file=file,
            field=f"header before frame {frame}",
            found=f"{len(lines)} of {_HEADER_LINES} lines.",
            remedy=f"Cut the file after its {frame} whole frames.",
        )
    scale = float(table(lines[:1], width=1, file=file, frame=frame)[0, 0])
    axes = table(lines[1:4], width=3, file=file, frame=frame)
    volume = abs(float(np.linalg.det(axes)))
    if scale == 0 or volume == 0:
        raise _not_xdatcar(file, "a cell without volume.")
    factor = scale if scale > 0 else float((-scale / volume) ** (1 / 3))
    return _Header(cell=axes * factor * ANGSTROM, species=_species(lines[4:], file))


def _species(lines: list[str], file: str) -> tuple[str, ...]:
    symbols, counts = lines[0].split(), lines[1].split()
    if not symbols or symbols[0][0].isdigit():
        raise _not_xdatcar(file, "no line of symbols, as VASP 4 wrote it.")
    if len(symbols) != len(counts) or not all(count.isdigit() for count in counts):
        raise _not_xdatcar(file, f"{len(symbols)} symbols and {len(counts)} counts.")
    names = [symbol.partition("_")[0].partition("/")[0] for symbol in symbols]
    return tuple(name for name, count in zip(names, counts, strict=True) for _ in range(int(count)))


def _same_atoms(before: _Header | None, fresh: _Header, file: str, frame: int) -> _Header:
    if before is None or before.species == fresh.species:
        return fresh
    found = f"other atoms from frame {frame} on; displacements across that place mean nothing."
    raise _not_xdatcar(file, found)


def _frame(stream: TextIO, header: _Header, step: int, file: str, frame: int) -> Snapshot:
    count = len(header.species)
    lines = list(islice(stream, count))
    if len(lines) < count:
        raise truncated(file=file, frame=frame, found=len(lines), wanted=count)
    fractions = table(lines, width=3, file=file, frame=frame)
    return Snapshot(
        positions=fractions @ header.cell,
        cell=header.cell,
        species=header.species,
        unwrapped=False,
        step=step,
    )


def _not_xdatcar(file: str, found: str) -> InconsistentHeader:
    return InconsistentHeader(
        file=file,
        field="header",
        found=found,
        remedy="Give one XDATCAR of one run of VASP 5 or later.",
    )

"""Shape files of pulses: those of Bruker, and text of one or two columns.

A file of Bruker states amplitudes in percent of the power level and phases in degrees; an amplitude
of 100 is the peak that the power level means, whether the shape reaches it or not. A table of text
holds amplitudes of any unit, the largest of which becomes the peak, and phases in degrees if there
is a second column.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import InconsistentHeader, TruncatedData, UnreadableFile
from megabar.readers.plain_text import number, read_lines
from megabar.spins.pulse_shapes import PulseShape, shape_from_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_PERCENT: Final = 100.0
_SEPARATOR: Final = re.compile(r"[\s,;]+")
_COMMENTS: Final = ("#", "%", "!", ";")
_LABEL: Final = re.compile(r"##\s*([^=]*?)\s*=\s*(.*)")


def read_shape(path: Path | str) -> PulseShape:
    r"""Read the shape of a pulse.

    Parameters
    ----------
    path
        File of Bruker, which starts with ``##TITLE``, or text with a row for each slice: an
        amplitude, or amplitude and phase in degrees.

    Returns
    -------
    :
        The shape, its slices of equal length.

    Raises
    ------
    InconsistentHeader
        If the file of Bruker holds more slices than it says.
    TruncatedData
        If it holds fewer.
    UnreadableFile
        If a row holds no numbers, or rows differ in their columns, or there is no row.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "steps.txt"
    ...     count = file.write_text("# amplitude, phase in degrees\n50, 0\n100, 180\n")
    ...     shape = read_shape(file)
    >>> shape.amplitude.tolist(), shape.phase.round(4).tolist()
    ([0.5, 1.0], [0.0, 3.1416])
    """
    path = Path(path)
    lines = read_lines(path)
    first = next((line.strip() for line in lines if line.strip()), "")
    if not first.startswith("##"):
        table = _table(path.name, lines)
        if not table[:, 0].any():
            raise _unreadable(path.name, "amplitude", "all amplitudes are zero.")
        return shape_from_table(
            name=path.name, amplitude=table[:, 0], phase=np.radians(table[:, 1])
        )
    table = _bruker_table(path.name, lines)
    return PulseShape(
        name=path.name, amplitude=table[:, 0] / _PERCENT, phase=np.radians(table[:, 1])
    )


def _bruker_table(file: str, lines: Sequence[str]) -> NDArray[np.float64]:
    labels = {
        found[1].upper(): (found[2].strip(), place)
        for place, line in enumerate(lines)
        if (found := _LABEL.match(line.strip()))
    }
    if "XYPOINTS" not in labels:
        raise _unreadable(file, "XYPOINTS", "there is no table of slices in this file of Bruker.")
    start = labels["XYPOINTS"][1] + 1
    after = (k for k in range(start, len(lines)) if lines[k].lstrip().startswith("##"))
    table = _table(file, lines[start : next(after, len(lines))], first=start)
    stated = number(labels["NPOINTS"][0]) if "NPOINTS" in labels else None
    if stated is not None and len(table) < stated:
        raise TruncatedData(
            file=file,
            field="NPOINTS",
            found=f"{len(table)} slices of {stated:g}.",
            remedy="Copy the file again.",
        )
    if stated is not None and len(table) > stated:
        raise InconsistentHeader(
            file=file,
            field="NPOINTS",
            found=f"{len(table)} slices where {stated:g} are stated.",
            remedy="Make the shape again, or correct NPOINTS.",
        )
    return table


def _table(file: str, lines: Sequence[str], *, first: int = 0) -> NDArray[np.float64]:
    """Amplitudes and phases, (slice, 2); a missing column of phases is zero."""
    rows: list[tuple[float, ...]] = []
    for place, line in enumerate(lines, first + 1):
        text = line.strip()
        if not text or text.startswith(_COMMENTS):
            continue
        row = [number(part) for part in _SEPARATOR.split(text) if part]
        finite = tuple(one for one in row if one is not None and math.isfinite(one))
        if len(finite) != len(row) or len(row) not in (1, 2):
            raise _unreadable(file, f"line {place}", f"found {text[:40]!r}.")
        if rows and len(finite) != len(rows[0]):
            raise _unreadable(
                file, f"line {place}", f"{len(finite)} columns after rows of {len(rows[0])}."
            )
        rows.append(finite)
    if not rows:
        raise _unreadable(file, "slices", "there is no row with numbers.")
    table = np.zeros((len(rows), 2))
    table[:, : len(rows[0])] = rows
    return table


def _unreadable(file: str, field: str, found: str) -> UnreadableFile:
    return UnreadableFile(
        file=file,
        field=field,
        found=found,
        remedy="A row holds the amplitude of a slice and, if it has one, its phase in degrees.",
    )

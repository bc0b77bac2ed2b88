"""One frame as a reader of trajectories hands it on, and the questions all of them ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from megabar.errors import InconsistentHeader, OpenQuestion, TruncatedData

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Snapshot:
    """One frame of a file.

    Parameters
    ----------
    positions
        Cartesian, from the origin of the cell [m], (atom, 3).
    cell
        Cell vectors as rows [m], (3, 3).
    species
        Chemical symbol of each atom, (atom,).
    unwrapped
        Whether the file itself says that no atom was put back into its cell.
    step
        The file's own count; None where it counts nothing.
    time
        The file's own time [s]; None where it holds none in a known unit.
    rounding
        Largest error of a coordinate by rounding in the file [m]; None where unknown.
    """

    positions: NDArray[np.float64]
    cell: NDArray[np.float64]
    species: tuple[str, ...]
    unwrapped: bool
    step: int | None
    time: float | None = None
    rounding: float | None = None


def table(lines: list[str], *, width: int, file: str, frame: int) -> NDArray[np.float64]:
    """Read rows of numbers, all of the same width.

    Parameters
    ----------
    lines
        Text of each row.
    width
        Numbers in a row.
    file
        Name of the file, for the message.
    frame
        Number of the frame from 0, for the message.

    Returns
    -------
    :
        The numbers, (row, width).

    Raises
    ------
    InconsistentHeader
        If a row holds other things, or another count of them.
    """
    try:
        numbers = np.loadtxt(lines, dtype=np.float64, comments=None, ndmin=2)
    except ValueError:
        numbers = np.full((1, 1), np.nan)
    if numbers.shape != (len(lines), width) or not np.isfinite(numbers).all():
        raise InconsistentHeader(
            file=file,
            field=f"frame {frame}",
            found=f"{len(lines)} rows that are not {width} finite numbers each.",
            remedy="Write the file again, or cut it before that frame.",
        )
    return numbers


def truncated(
    *, file: str, frame: int, found: int, wanted: int, what: str = "rows"
) -> TruncatedData:
    """Say that a file ends inside a frame.

    Parameters
    ----------
    file
        Name of the file.
    frame
        Number of the frame from 0; so many frames are whole.
    found, wanted
        Rows of the frame that are there, and that should be.
    what
        What is counted, if not rows.

    Returns
    -------
    :
        The error; ``partial`` is the number of whole frames.
    """
    return TruncatedData(
        partial=frame,
        file=file,
        field=f"frame {frame}",
        found=f"{found} of {wanted} {what}.",
        remedy=f"Wait until the run has ended, or cut the file after its {frame} whole frames.",
    )


def frame_interval_question(*, file: str, found: str) -> OpenQuestion:
    """Ask for the time between two stored frames.

    Parameters
    ----------
    file
        Name of the file.
    found
        Why the file does not say it.

    Returns
    -------
    :
        The error.
    """
    return OpenQuestion(
        file=file,
        field="time between stored frames",
        found=found,
        argument="frame_interval",
        candidates=('a time such as "2 fs": integration step times steps between stored frames',),
    )

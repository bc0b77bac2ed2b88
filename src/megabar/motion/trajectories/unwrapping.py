r"""Paths of atoms across the faces of their cell.

The displacement of an atom between two frames is taken to its nearest image. That is right as long
as no atom moves half the smallest height of the cell from one frame to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import NotATrajectory, Undetermined, one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

WARNED_RATIO: Final = 0.6
"""Largest step over half the smallest cell height above which a warning is given."""

REFUSED_RATIO: Final = 0.9
"""The same, above which paths are ambiguous."""

_LATTICES: Final = ("reference", "instantaneous")
_BLOCK: Final = 1 << 20  # numbers in a block of frames
_GAP: Final = (0.35, 0.65)  # fractions of a cell between jumps of wrapping and steps of atoms


@dataclass(frozen=True, kw_only=True, eq=False)
class Unwrapped:
    """Paths of atoms, and how safely they were followed.

    Parameters
    ----------
    positions
        Cartesian [m], (frame, atom, 3), continuous across the faces of the cell.
    reference_cell
        Cell averaged over time, rows [m], (3, 3).
    step_ratio
        Largest step between frames over half the smallest height of the cell.
    warnings
        What a reader of the numbers should know.
    """

    positions: NDArray[np.floating[Any]]
    reference_cell: NDArray[np.float64]
    step_ratio: float
    warnings: tuple[str, ...]


def unwrap(
    *,
    positions: NDArray[np.floating[Any]],
    cells: NDArray[np.float64],
    time_ordered: bool,
    unwrapped: bool,
    lattice: str,
    out: NDArray[np.floating[Any]] | None = None,
) -> Unwrapped:
    r"""Follow atoms across the faces of a cell that may breathe.

    .. math:: u_k = u_{k-1} + \Delta s_k - \mathrm{rint}(\Delta s_k), \quad r_k = u_k \bar h

    with fractions s and the cell :math:`\bar h` averaged over time: strain of a crystal is no
    diffusion. In a fluid, ``lattice="instantaneous"`` adds the nearest-image steps in the cell of
    each frame. Fractions times the cell of their own frame would multiply the breathing of the
    cell by the number of cells crossed.

    Parameters
    ----------
    positions
        Cartesian, from the origin of the cell [m], (frame, atom, 3).
    cells
        Cell vectors as rows [m], (frame, 3, 3).
    time_ordered
        Whether a frame follows the one before it.
    unwrapped
        Whether the source says that atoms were never put back; it is checked.
    lattice
        ``"reference"`` for crystals, ``"instantaneous"`` for fluids.
    out
        Where the paths go, such as a file mapped to memory; new memory if None.

    Returns
    -------
    :
        The paths, starting where the first frame is.

    Raises
    ------
    NotATrajectory
        If the frames are in no order, or are called unwrapped and are not.
    Undetermined
        If an atom moves so far between frames that its path is ambiguous.
    ValueError
        If shapes disagree.

    References
    ----------
    von Bülow, Bullerjahn, Hummer, J. Chem. Phys. 153, 021101 (2020), doi:10.1063/5.0008316.

    Examples
    --------
    >>> lengths = np.array([10.0, 11.0, 9.0])
    >>> cells = lengths[:, np.newaxis, np.newaxis] * np.eye(3)
    >>> fractions = np.array([0.95, 0.05, 0.10])[:, np.newaxis, np.newaxis] * np.array([1, 0, 0])
    >>> path = unwrap(positions=fractions @ cells, cells=cells, time_ordered=True,
    ...               unwrapped=False, lattice="reference")
    >>> [round(float(x), 6) for x in path.positions[:, 0, 0]]
    [9.5, 10.5, 11.0]
    """
    one_of(lattice, _LATTICES, name="lattice")
    _check(positions, cells, time_ordered)
    reference = np.asarray(cells.mean(axis=0), dtype=np.float64)
    paths = np.empty(positions.shape) if out is None else out
    follower = _Follower(reference, lattice, unwrapped)
    rows = max(1, _BLOCK // max(1, positions[0].size))
    for start in range(0, len(positions), rows):
        part = slice(start, start + rows)
        paths[part] = follower.follow(np.asarray(positions[part], dtype=np.float64), cells[part])
    ratio = follower.longest / (_smallest_height(cells) / 2)
    if unwrapped:
        follower.refuse_hidden_wrapping()
    return Unwrapped(
        positions=paths,
        reference_cell=reference,
        step_ratio=ratio,
        warnings=() if unwrapped else _judged(ratio),
    )


class _Follower:
    """Adds steps, block after block."""

    def __init__(self, reference: NDArray[np.float64], lattice: str, unwrapped: bool) -> None:
        self.reference = reference
        self.lattice = lattice
        self.unwrapped = unwrapped
        self.longest = 0.0
        self.jumps = 0  # steps of more than the upper edge of the gap
        self.between = 0  # steps inside the gap
        self.fractions: NDArray[np.float64] | None = None  # of the frame before the block
        self.wrapped: NDArray[np.float64] | None = None
        self.path: NDArray[np.float64] | None = None  # the last point of each path

    def follow(
        self, positions: NDArray[np.float64], cells: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        inverse = np.linalg.inv(cells)
        fractions = positions @ inverse
        wrapped = (fractions - np.floor(fractions)) @ cells
        if self.fractions is None or self.wrapped is None or self.path is None:
            self.fractions, self.wrapped = fractions[0], wrapped[0]
            reference = self.lattice == "reference"
            self.path = fractions[0] @ self.reference if reference else positions[0]
        steps = np.diff(fractions, axis=0, prepend=self.fractions[np.newaxis])
        if self.unwrapped:
            self._count_jumps(np.abs(steps))
        else:
            steps -= np.rint(steps)
        if self.lattice == "reference":
            moved = steps @ self.reference
        else:
            moved = np.diff(wrapped, axis=0, prepend=self.wrapped[np.newaxis])
            moved -= np.rint(moved @ inverse) @ cells
        self.longest = max(self.longest, float(np.sqrt((moved**2).sum(axis=-1).max())))
        paths = self.path + np.cumsum(moved, axis=0)
        self.fractions, self.wrapped, self.path = fractions[-1], wrapped[-1], paths[-1]
        return np.asarray(paths, dtype=np.float64)

    def _count_jumps(self, size: NDArray[np.float64]) -> None:
        self.jumps += int(np.count_nonzero(size > _GAP[1]))
        self.between += int(np.count_nonzero((size > _GAP[0]) & (size <= _GAP[1])))

    def refuse_hidden_wrapping(self) -> None:
        """Refuse jumps of about a cell that no smaller steps lead up to: those are wrapping."""
        if self.jumps and not self.between:
            msg = (
                f"Found {self.jumps} jumps of about a whole cell and none of about half a cell in "
                "positions that are called unwrapped; atoms were put back, and mean square "
                "displacements would end on a false plateau. Say unwrapped=False."
            )
            raise NotATrajectory(msg)


def _check(
    positions: NDArray[np.floating[Any]], cells: NDArray[np.float64], time_ordered: bool
) -> None:
    if not time_ordered:
        msg = (
            "Found frames in no order of time; a displacement between two of them means nothing. "
            "Give the trajectory they were taken from."
        )
        raise NotATrajectory(msg)
    good = positions.ndim == 3 and positions.shape[-1] == 3 and positions.size
    if not good or cells.shape != (len(positions), 3, 3):
        msg = (
            f"Found positions of shape {positions.shape} and cells of shape {cells.shape}; "
            "(frame, atom, 3) and (frame, 3, 3) are needed."
        )
        raise ValueError(msg)


def _smallest_height(cells: NDArray[np.float64]) -> float:
    """Give the smallest distance of two opposite faces of any cell."""
    return float(1 / np.linalg.norm(np.linalg.inv(cells), axis=-2).max())


def _judged(ratio: float) -> tuple[str, ...]:
    said = f"the largest step between two frames is {ratio:.2f} of half the smallest cell height"
    if ratio > REFUSED_RATIO:
        msg = (
            f"Found that {said}; above {REFUSED_RATIO:g} nobody can say which face an atom "
            "crossed. Store frames more often, or take a larger cell."
        )
        raise Undetermined(msg, quality="failed")
    if ratio > WARNED_RATIO:
        return (f"{said}: paths may be ambiguous; store frames more often",)
    return ()

"""Frames: positions of atoms in periodic cells, and whether one frame follows another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import NotATrajectory

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANGSTROM: Final = 1e-10
"""One angstrom [m]."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    """Positions of atoms in periodic cells.

    Parameters
    ----------
    positions
        Cartesian, from the origin of the cell [m], (frame, atom, 3).
    cell
        Cell vectors as rows [m], (frame, 3, 3).
    species
        Chemical symbol of each atom, (atom,).
    time_ordered
        Whether a frame follows the one before it.
    source
        Name of the file or folder, or what computed them.
    source_sha256
        Digest of the files that were read.
    energy
        Potential energy [J], (frame,); None where the source has none.
    virial
        Virial tensor [J], (frame, 3, 3), positive in compression; None where the source has none.
    frame_interval
        Time from one frame to the next [s]; None if unknown.
    unwrapped
        Whether the source itself says that no atom was put back into its cell.
    steps
        The source's own count of each frame, (frame,); None where it counts nothing.
    rounding
        Largest error of a coordinate by rounding in the source [m]; None if unknown.
    provenance
        How the frames were made, as one line of JSON.
    """

    positions: NDArray[np.floating[Any]]
    cell: NDArray[np.float64]
    species: tuple[str, ...]
    time_ordered: bool
    source: str
    source_sha256: str
    energy: NDArray[np.float64] | None = None
    virial: NDArray[np.float64] | None = None
    frame_interval: float | None = None
    unwrapped: bool = False
    steps: NDArray[np.int64] | None = None
    rounding: float | None = None
    provenance: str = ""

    @property
    def volume(self) -> NDArray[np.float64]:
        """Volume of each cell [m3], (frame,)."""
        return np.asarray(np.abs(np.linalg.det(self.cell)), dtype=np.float64)

    @property
    def pressure(self) -> NDArray[np.float64]:
        """Pressure of the virial [Pa], (frame,): trace over three volumes.

        Without the kinetic term N k T / V and without zero-point motion.
        """
        if self.virial is None:
            return np.full(len(self.cell), np.nan)
        trace: NDArray[np.float64] = np.trace(self.virial, axis1=1, axis2=2)
        return trace / (3 * self.volume)

    def interval(self) -> float:
        """Give the one interval of a trajectory, or say why these frames are none.

        Returns
        -------
        :
            Time from one frame to the next [s].

        Raises
        ------
        NotATrajectory
            If the frames are in no order, their interval is unknown, or there are several.
        """
        if not self.time_ordered:
            msg = f"Found frames of {self.source} in no order of time; a displacement means nothing"
            raise NotATrajectory(f"{msg}. Give the trajectory they were taken from.")
        gaps = np.diff(self.steps) if self.steps is not None else np.empty(0, dtype=np.int64)
        different = sorted(set(gaps.tolist()))
        if len(different) > 1:
            where = int(np.flatnonzero(gaps != gaps[0])[0])
            listed = ", ".join(str(gap) for gap in different[:6])
            msg = (
                f"Found frames of {self.source} that are {listed} steps apart, first at frame "
                f"{where + 1}; one lag would mix several times. Cut the file there, or store at "
                "equal intervals."
            )
            raise NotATrajectory(msg)
        if self.frame_interval is None:
            msg = f"Found frames of {self.source} without a time; say frame_interval=... on reading"
            raise NotATrajectory(f"{msg}.")
        return self.frame_interval


def cell_from_lengths_and_angles(
    *, lengths: NDArray[np.float64], angles: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Build a cell with a along x and b in the plane of x and y.

    Parameters
    ----------
    lengths
        a, b, c [m], (3,).
    angles
        :math:`\alpha, \beta, \gamma` between b and c, a and c, a and b [rad], (3,).

    Returns
    -------
    :
        Cell vectors as rows [m], (3, 3); without volume if no cell has these angles.

    Examples
    --------
    >>> cell = cell_from_lengths_and_angles(
    ...     lengths=np.array([3.0, 4, 5]), angles=np.radians([90.0, 90, 60]))
    >>> cell.round(4).tolist()
    [[3.0, 0.0, 0.0], [2.0, 3.4641, 0.0], [0.0, 0.0, 5.0]]
    """
    alpha, beta, gamma = np.cos(angles)
    sine = np.sqrt(1 - gamma**2)
    along_y = np.clip((alpha - beta * gamma) / max(sine, np.finfo(np.float64).eps), -1.0, 1.0)
    height = np.sqrt(max(0.0, 1 - beta**2 - along_y**2))
    rows = np.array([[1, 0, 0], [gamma, sine, 0], [beta, along_y, height]])
    return np.asarray(rows * lengths[:, np.newaxis], dtype=np.float64)


def minimum_image_distances(
    *,
    positions: NDArray[np.float64],
    cell: NDArray[np.float64],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Compute distances to the nearest image, searched over 27 cells.

    Rounding fractions alone fails in strongly skewed cells.

    Parameters
    ----------
    positions
        One frame [m], (atom, 3).
    cell
        Cell vectors as rows [m], (3, 3).
    first, second
        Atoms of each pair, (pair,).

    Returns
    -------
    :
        Distance of each pair [m], (pair,).

    Examples
    --------
    >>> distance = minimum_image_distances(
    ...     positions=np.array([[0.0, 0, 0], [0.9, 0, 0]]), cell=np.eye(3),
    ...     first=np.array([0]), second=np.array([1]))
    >>> print(f"{distance[0]:.2f}")
    0.10
    """
    difference = positions[second] - positions[first]
    fractions = difference @ np.linalg.inv(cell)
    wrapped = (fractions - np.rint(fractions)) @ cell
    span = np.arange(-1.0, 2.0)
    images = np.stack(np.meshgrid(span, span, span), axis=-1).reshape(-1, 3) @ cell
    crossed = (2 * images @ wrapped.T + np.sum(images**2, axis=1)[:, np.newaxis]).min(axis=0)
    squared: NDArray[np.float64] = np.sum(wrapped**2, axis=1) + crossed
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), dtype=np.float64)

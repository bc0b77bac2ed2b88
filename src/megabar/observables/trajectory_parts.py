"""Paths that all parts of the analysis of a trajectory share, and how a part gives up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from megabar.errors import Undetermined
from megabar.observables.trajectory_answers import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True, eq=False)
class Paths:
    """Unwrapped paths in the frame of the framework.

    Parameters
    ----------
    moving
        Of the mobile atoms [m], (frame, atom, 3).
    hosts
        Element of the framework -> mean positions of its atoms [m], (atom, 3).
    cell
        Reference cell, rows [m], (3, 3).
    interval
        Between frames [s].
    mobile
        Element that moves.
    """

    moving: NDArray[np.floating[Any]]
    hosts: dict[str, Array]
    cell: Array
    interval: float
    mobile: str

    @property
    def duration(self) -> float:
        """Length of the run [s]."""
        return (len(self.moving) - 1) * self.interval

    @property
    def volume(self) -> float:
        """Of the box [m3]."""
        return float(abs(np.linalg.det(self.cell)))


def attempt(work: Callable[[], _Found]) -> tuple[_Found | None, Part]:
    """Do one part; what stops it becomes its verdict.

    Parameters
    ----------
    work
        The part.

    Returns
    -------
    :
        What it gives, or none; and the verdict.
    """
    try:
        return work(), Part(quality="value", reason="")
    except Undetermined as stop:
        return None, Part(quality=stop.quality, reason=str(stop))
    except ValueError as stop:
        return None, Part(quality="failed", reason=str(stop))

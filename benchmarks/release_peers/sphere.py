"""The problem that every peer solves: a sphere that loses hydrogen by second-order recombination.

D = R = c0 = 1, flux k c^2 at r = 1 with k = 10; the mean content at 25 times from 1e-4 to 0.5.
Numpy alone, so that it runs in the environment of any peer.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = 10.0
TIMES = np.geomspace(1e-4, 0.5, 25)
GRADING = 1 / 50  # last cell over first


def faces(cells: int) -> np.ndarray:
    """Give the faces of geometrically graded cells, fine at the surface."""
    widths = GRADING ** (np.arange(cells) / (cells - 1))
    found = np.concatenate([[0.0], np.cumsum(widths) / widths.sum()])
    found[-1] = 1.0
    return found


def surface_flux(content: float, conductance: float) -> tuple[float, float]:
    """Flux out of the last cell, and its slope, with the surface value eliminated."""
    root = np.sqrt(conductance**2 + 4 * RATE * conductance * max(content, 0.0))
    surface = 2 * conductance * content / (conductance + root)
    slope = 2 * RATE * surface
    return RATE * surface**2, conductance * slope / (conductance + slope)


def report(solve: Callable[[], np.ndarray], *, rounds: int, version: str) -> None:
    """Print the means and the fastest CPU time of a solution, after one that warms up."""
    means = solve()
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        solve()
        seconds.append(time.process_time() - began)
    print(json.dumps({"means": list(means), "seconds": min(seconds), "version": version}))

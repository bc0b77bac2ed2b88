"""Beads of path integrals: which files belong together, and their centroid.

Diffusion and hops are those of the centroid; couplings of spins are averaged over beads.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from megabar import provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megabar.matter.frames import Frames


def centroid_of_beads(beads: Sequence[Frames]) -> Frames:
    r"""Compute the centroid of the beads of every atom.

    .. math:: \bar r = r_0 + \frac{1}{P} \sum_b (r_b - r_0)

    with the nearest image of each difference, because beads may have been put back into the cell
    one by one.

    Parameters
    ----------
    beads
        One trajectory of each bead, all of one run.

    Returns
    -------
    :
        The centroid, with the frames of the first bead.

    Raises
    ------
    ValueError
        If the beads are not of the same atoms, cells and steps.

    Examples
    --------
    >>> from megabar.matter.frames import Frames
    >>> beads = [
    ...     Frames(positions=np.full((1, 1, 3), x), cell=10 * np.eye(3)[np.newaxis],
    ...            species=("H",), time_ordered=True, source=f"bead {x}", source_sha256="")
    ...     for x in (9.9, 0.3)]
    >>> centroid_of_beads(beads).positions[0, 0].round(6).tolist()
    [10.1, 10.1, 10.1]
    """
    if not beads:
        msg = "Found no beads; a centroid needs one trajectory of each."
        raise ValueError(msg)
    first = beads[0]
    start = np.asarray(first.positions, dtype=np.float64)
    inverse = np.linalg.inv(first.cell)
    away = np.zeros_like(start)
    for bead in beads[1:]:
        _same_run(first, bead)
        difference = bead.positions - start
        away += difference - np.rint(difference @ inverse) @ first.cell
    return dataclasses.replace(
        first,
        positions=start + away / len(beads),
        source=f"centroid of {', '.join(bead.source for bead in beads)}",
        provenance=provenance.record(
            step="readers.frames.centroid_of_beads",
            parameters={"beads": len(beads)},
            inputs=[bead.source_sha256 for bead in beads],
        ),
    )


def _counted(frames: Frames) -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64) if frames.steps is None else frames.steps


def _same_run(first: Frames, bead: Frames) -> None:
    same = (
        first.species == bead.species
        and first.positions.shape == bead.positions.shape
        and np.allclose(first.cell, bead.cell, rtol=1e-6, atol=0)
        and np.array_equal(_counted(first), _counted(bead))
    )
    if not same:
        msg = (
            f"Found {first.source} and {bead.source} of different atoms, cells or steps; a "
            "centroid needs the beads of one run. Cut all files after the same step."
        )
        raise ValueError(msg)

"""Images of partners that are kept along a trajectory, instead of the nearest in each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.trajectories.pair_spectra import ANGSTROM, Pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megabar.motion.trajectories.pair_spectra import Paths

    Array = NDArray[np.float64]


def partners_once(spin: int, *, count: int, like: bool) -> NDArray[np.int64]:
    """Give partners of a spin, each pair of like spins once and evenly shared between its two.

    Parameters
    ----------
    spin
        Number of the spin.
    count
        How many partners there are.
    like
        Whether the spin is one of them.

    Returns
    -------
    :
        Numbers of the partners, (pair,).

    Examples
    --------
    >>> [partners_once(spin, count=4, like=True).tolist() for spin in range(4)]
    [[1, 2], [2, 3], [3], [0]]
    """
    if not like:
        return np.arange(count)
    ahead = count // 2 if spin < count // 2 else (count - 1) // 2
    return (spin + 1 + np.arange(ahead)) % count


def tracked_pairs(
    paths: Paths, *, reach: float, like: bool, static: Array | None
) -> Callable[[int], Pairs]:
    """Prepare the partners of each spin, once for each image that may come near.

    Each image of a partner is a series of its own, which nothing interrupts. Images are those of
    the box around all vectors from spin to partner; a corner of it that was never visited costs
    time alone. The image of a spin itself moves with it and is no partner.

    Parameters
    ----------
    paths
        Unwrapped.
    reach
        Images that stay farther away are left out [m].
    like
        Whether the partners are the spins.
    static
        Components [m-3], (spin, partner, 5); only None fits images that are kept.

    Returns
    -------
    :
        From the number of a spin to its partners; of like spins each pair once.

    Raises
    ------
    ValueError
        If something is to be subtracted.
    """
    if static is not None:
        msg = (
            "Found static components and tracked images; a component of one image is not that of "
            "another. Take nearest images where spins keep their sites."
        )
        raise ValueError(msg)
    rows = paths.cell[0].astype(np.float64)
    heights = 1 / np.linalg.norm(np.linalg.inv(rows), axis=0)
    margin = reach / ANGSTROM / heights

    def pairs_of(spin: int) -> Pairs:
        chosen, images = [], []
        for other in partners_once(spin, count=len(paths.partners), like=like):
            apart = (paths.spins[spin] - paths.partners[other]).astype(np.float64)
            low, high = apart.min(axis=(0, 2)), apart.max(axis=(0, 2))
            ranges = [
                np.arange(np.ceil(a - m), np.floor(b + m) + 1)
                for a, b, m in zip(low, high, margin, strict=True)
            ]
            cells = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
            images.append(cells)
            chosen.append(np.full(len(cells), other))
        none = np.zeros((0, 3))
        return Pairs(
            chosen=np.concatenate([np.zeros(0, np.int64), *chosen]).astype(np.int64),
            images=np.concatenate([none, *images]).astype(np.float32),
            static=np.zeros((0, 5), dtype=np.float32),
        )

    return pairs_of

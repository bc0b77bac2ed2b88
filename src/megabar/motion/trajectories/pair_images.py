"""Images of partners that are kept along a trajectory, instead of the nearest in each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.trajectories.pair_spectra import ANGSTROM, Pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megabar.motion.trajectories.pair_spectra import Paths, Single

    Array = NDArray[np.float64]


def shared_partners(spin: int, *, count: int, like: bool) -> tuple[NDArray[np.int64], Single]:
    """Give partners of a spin, so that each pair of like spins is shared evenly by its two.

    Of an odd number of spins each takes the half that follows it; of an even number the opposite
    one comes with half its weight to both.

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
        Numbers of the partners, and roots of their weights, (pair,).

    Examples
    --------
    >>> [shared_partners(spin, count=4, like=True)[0].tolist() for spin in range(4)]
    [[1, 2], [2, 3], [3, 0], [0, 1]]
    """
    if not like:
        return np.arange(count), np.ones(count, dtype=np.float32)
    roots = np.ones(count // 2, dtype=np.float32)
    if count % 2 == 0:
        roots[-1] = np.sqrt(0.5)
    return (spin + 1 + np.arange(count // 2)) % count, roots


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
        chosen, images, roots = [], [], []
        partners = shared_partners(spin, count=len(paths.partners), like=like)
        for other, root in zip(*partners, strict=True):
            apart = (paths.spins[spin] - paths.partners[other]).astype(np.float64)
            low, high = apart.min(axis=(0, 2)), apart.max(axis=(0, 2))
            ranges = [
                np.arange(np.ceil(a - m), np.floor(b + m) + 1)
                for a, b, m in zip(low, high, margin, strict=True)
            ]
            cells = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
            images.append(cells)
            chosen.append(np.full(len(cells), other))
            roots.append(np.full(len(cells), root))
        none = np.zeros((0, 3))
        return Pairs(
            chosen=np.concatenate([np.zeros(0, np.int64), *chosen]).astype(np.int64),
            images=np.concatenate([none, *images]).astype(np.float32),
            roots=np.concatenate([np.zeros(0), *roots]).astype(np.float32),
            static=np.zeros((0, 5), dtype=np.float32),
        )

    return pairs_of

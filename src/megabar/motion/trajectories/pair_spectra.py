r"""Sums over pairs of the autocorrelations of five dipolar components, by fast Fourier transform.

Only lags up to the longest one are wanted, so a run is cut into blocks that are padded by that lag
and no more: at eight times the lag a transform is 1.1 times as long as the data instead of twice,
and stays in the cache. Products across the border of two blocks are left out and not counted, which
costs a sixteenth of the origins. Power spectra of all pairs are summed before the one transform
back. Blocks and groups of spins are kept apart, for errors.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import fft

from megabar.motion.trajectories import pair_kernels
from megabar.motion.trajectories.images import neighbouring_vectors, reduced_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Single = NDArray[np.float32]

ANGSTROM: Final = 1e-10
FEWEST_BLOCKS: Final = 4
MOST_BLOCKS: Final = 16

_BLOCK_OVER_LAG: Final = 4  # a block of time is at least so many times the longest lag, if it can
_SHORT_TRANSFORM: Final = 2048  # frames; longer ones leave the cache
_CACHE: Final = 1 << 20  # bytes of series that are transformed in one call
_SEED: Final = 20  # of the shuffle that deals spins to groups


class Pairs(NamedTuple):
    """Partners of one spin.

    Parameters
    ----------
    chosen
        Numbers of the partners, (pair,).
    images
        Cells to add to each partner, (pair, 3); (0, 3) for nearest images.
    roots
        Of the weights of the pairs, (pair,).
    static
        Components to subtract [angstrom-3], (pair, 5); (0, 5) for none.
    """

    chosen: NDArray[np.int64]
    images: Single
    roots: Single
    static: Single


class LagSums(NamedTuple):
    """Sums of products over origins and pairs, and how many origins there were.

    Parameters
    ----------
    sums
        [m-6], (group, block, lag).
    origins
        Number of frames, (block, lag).
    spins
        Number of spins, (group,).
    """

    sums: Array
    origins: Array
    spins: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Paths:
    """Paths of spins and of partners as fractions of a cell, for the kernels.

    Parameters
    ----------
    spins, partners
        (atom, bead, axis, frame).
    cell
        Reduced cell [angstrom], vectors to search, square of the safe distance.
    """

    spins: Single
    partners: Single
    cell: tuple[Single, Single, Single]

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.spins.shape[-1])


def paths_in_cell(
    *, spins: NDArray[np.floating], partners: NDArray[np.floating] | None, cell: Array, wrap: bool
) -> Paths:
    """Bring positions into the form that the kernels read.

    Parameters
    ----------
    spins, partners
        Positions [m], (bead, frame, atom, 3); None where the spins are partners of one another.
    cell
        Rows [m], (3, 3).
    wrap
        Whether every frame is put into the cell, so that float32 keeps all digits; else the first
        frame is.

    Returns
    -------
    :
        The paths; 12 bytes a frame, atom and bead.
    """
    reduced = reduced_cell(cell)
    neighbours = neighbouring_vectors(reduced) / ANGSTROM
    safe = np.array([(np.linalg.norm(reduced, axis=1).min() / ANGSTROM / 2) ** 2])
    inverse = np.asarray(np.linalg.inv(reduced), dtype=np.float64)
    first = _fractions(spins, inverse, wrap=wrap)
    return Paths(
        spins=first,
        partners=first if partners is None else _fractions(partners, inverse, wrap=wrap),
        cell=(
            (reduced / ANGSTROM).astype(np.float32),
            neighbours.astype(np.float32),
            safe.astype(np.float32),
        ),
    )


def _fractions(positions: NDArray[np.floating], inverse: Array, *, wrap: bool) -> Single:
    beads, frames, atoms = positions.shape[:3]
    paths = np.empty((atoms, beads, 3, frames), dtype=np.float32)
    for atom in range(atoms):
        place = positions[:, :, atom].astype(np.float64) @ inverse
        place -= np.floor(place if wrap else place[:1, :1])
        paths[atom] = place.transpose(0, 2, 1)
    return paths


def block_length(*, frames: int, longest_lag: int) -> int:
    """Choose the frames of a block of time.

    Parameters
    ----------
    frames
        In the run.
    longest_lag
        In frames.

    Returns
    -------
    :
        At least twice the longest lag; all frames where four such blocks do not fit.

    Examples
    --------
    >>> block_length(frames=20_000, longest_lag=250), block_length(frames=20_000, longest_lag=5_000)
    (2223, 20000)
    """
    blocks = frames // max(2 * _BLOCK_OVER_LAG * longest_lag, _SHORT_TRANSFORM)
    if blocks < 2 * FEWEST_BLOCKS:
        blocks = min(2 * FEWEST_BLOCKS, frames // (_BLOCK_OVER_LAG * longest_lag))
    if blocks < FEWEST_BLOCKS:
        blocks = FEWEST_BLOCKS if frames >= 2 * FEWEST_BLOCKS * longest_lag else 1
    return -(-frames // blocks)


def lag_sums(
    *,
    paths: Paths,
    pairs_of: Callable[[int], Pairs],
    longest_lag: int,
    groups: int,
    threads: int,
) -> LagSums:
    """Sum products of components over pairs and origins of time, for each lag.

    Parameters
    ----------
    paths
        Where the atoms were.
    pairs_of
        Partners of each spin.
    longest_lag
        In frames.
    groups
        Into which the spins are dealt.
    threads
        That work on groups at the same time.

    Returns
    -------
    :
        The sums.
    """
    atoms = len(paths.spins)
    members = np.array_split(np.random.default_rng(_SEED).permutation(atoms), groups)
    length = block_length(frames=paths.frames, longest_lag=longest_lag)

    def of_group(group: NDArray[np.int64]) -> Array:
        return _Summing(paths, length, longest_lag).over(group, pairs_of)

    with ThreadPoolExecutor(threads) as pool:
        sums = np.stack(list(pool.map(of_group, members)))
    starts = np.arange(0, paths.frames, length)
    many = np.minimum(length, paths.frames - starts)
    origins = np.maximum(0.0, many[:, np.newaxis] - np.arange(longest_lag + 1))
    rows = _coarser(len(starts))
    return LagSums(
        sums=sums / ANGSTROM**6,
        origins=np.add.reduceat(origins, rows, axis=0),
        spins=np.array([float(len(group)) for group in members]),
    )


def _coarser(blocks: int) -> NDArray[np.int64]:
    """Give the first of the blocks that errors keep together."""
    return np.unique(np.arange(MOST_BLOCKS) * blocks // MOST_BLOCKS)


class _Summing:
    """Buffers of one thread, and the sum it makes."""

    def __init__(self, paths: Paths, length: int, longest_lag: int) -> None:
        self.paths, self.length, self.longest_lag = paths, length, longest_lag
        self.padded = int(fft.next_fast_len(length + longest_lag))
        self.blocks = -(-paths.frames // length)
        size = pair_kernels.COMPONENTS * self.padded
        self.at_once = max(1, min(self.blocks, _CACHE // (8 * size)))
        self.couples = max(1, _CACHE // (8 * size * self.at_once))
        shape = (self.couples, self.at_once, pair_kernels.COMPONENTS, 2 * self.padded)
        self.series = np.empty(shape, dtype=np.float32)
        self.scratch = pair_kernels.new_scratch()
        self.partial = np.empty(2 * self.padded, dtype=np.float32)
        self.power = np.zeros((self.blocks, self.padded))

    def over(self, group: NDArray[np.int64], pairs_of: Callable[[int], Pairs]) -> Array:
        """Give sums over the spins of a group, (block, lag)."""
        for first in range(0, self.blocks, self.at_once):
            stop = min((first + self.at_once) * self.length, self.paths.frames)
            frames = (first * self.length, stop, self.length)
            power = self.power[first : first + self.at_once]
            for spin in group:
                pairs = pairs_of(int(spin))
                for start in range(0, len(pairs.chosen), 2 * self.couples):
                    self._add(int(spin), pairs, start, frames, power)
        sums = fft.ifft(self.power, axis=-1).real[:, : self.longest_lag + 1]
        return np.asarray(np.add.reduceat(sums, _coarser(self.blocks), axis=0))

    def _add(
        self, spin: int, pairs: Pairs, start: int, frames: tuple[int, int, int], power: Array
    ) -> None:
        stop = min(len(pairs.chosen), start + 2 * self.couples)
        series = self.series[: (stop - start + 1) // 2, : len(power)]
        paths, images, static = self.paths, pairs.images, pairs.static
        for couple, first in enumerate(range(start, stop, 2)):
            second = min(first + 1, stop - 1)  # an odd one stands beside itself, with weight zero
            weights = pairs.roots[[first, second]] * np.array([1, second > first], dtype=np.float32)
            pair_kernels.fill_components(
                paths.spins[spin],
                (paths.partners[pairs.chosen[first]], paths.partners[pairs.chosen[second]]),
                paths.cell,
                images[[first, second]] if len(images) else images,
                weights,
                static[[first, second]] * weights[:, np.newaxis] if len(static) else static,
                self.scratch,
                frames,
                series[couple],
            )
        spectra = fft.fft(series.view(np.complex64), axis=-1, overwrite_x=True)
        pair_kernels.add_power(spectra.view(np.float32), power, self.partial)

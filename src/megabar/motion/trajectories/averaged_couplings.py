r"""Couplings averaged over vibrations: the second moment of spins that keep their sites.

.. math:: S_\infty = \frac1N \sum_i \sum_{j \ne i} \sum_m \langle f_{m,ij} \rangle^2, \quad
    M_2 = \tfrac{9}{20} K S_\infty

It is read from the averages themselves, or from the plateau of S(t) after the vibrations; never
from S(0), which vibrations inflate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.motion.trajectories import pair_kernels
from megabar.motion.trajectories.dipolar import shaped
from megabar.motion.trajectories.pair_spectra import ANGSTROM, paths_in_cell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.motion.trajectories.dipolar import DipolarCorrelation
    from megabar.motion.trajectories.pair_spectra import Paths

    Array = NDArray[np.float64]
    Positions = NDArray[np.floating[Any]]

FLATNESS: Final = 0.02
"""What S may fall within the window of a plateau, unless its error is larger."""

_SIGMAS: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """S where vibrations have decayed and hops have not begun.

    Parameters
    ----------
    value
        S, static part included [m-6]; times 9/20 K the second moment of like spins.
    std
        Its standard error.
    fall
        What S loses from the first half of the window to the second, over its value.
    is_flat
        Whether that is less than 2 %, or less than twice its error.
    """

    value: float
    std: float
    fall: float
    is_flat: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class AveragedCouplings:
    """Mean components of all pairs.

    Parameters
    ----------
    components
        [m-3], (spin, partner, 5); zero for a spin and itself. What a correlation may subtract.
    sum_r6
        Sum over the partners of one spin of their squares, the noise of the averages taken off
        [m-6]; times 9/20 K the second moment of like spins.
    std
        Its standard error.
    """

    components: Array
    sum_r6: float
    std: float


def plateau_from_correlation(
    correlation: DipolarCorrelation, *, fit_from: float, fit_to: float
) -> Plateau:
    """Read the plateau of S between two lags, and ask whether it is one.

    Parameters
    ----------
    correlation
        S of spins that mostly keep their sites.
    fit_from
        After the decay of vibrations [s].
    fit_to
        Before hops [s].

    Returns
    -------
    :
        The plateau.

    Raises
    ------
    ValueError
        If fewer than four lags lie between.

    Examples
    --------
    >>> from megabar.motion.trajectories.dipolar import dipolar_correlation_from_positions
    >>> still = np.broadcast_to([[0, 0, 0], [1e-10, 0, 1e-10]], (40, 2, 3))
    >>> frozen = dipolar_correlation_from_positions(
    ...     positions=still, cell=np.eye(3) * 9e-10, frame_interval=1e-15, longest_lag=5e-15,
    ...     groups=2)
    >>> found = plateau_from_correlation(frozen, fit_from=1e-15, fit_to=5e-15)
    >>> print(f"{found.value * 1e-60:.4f} {found.is_flat}")
    0.1250 True
    """
    inside = np.flatnonzero(
        (correlation.lags >= fit_from * (1 - 1e-9)) & (correlation.lags <= fit_to * (1 + 1e-9))
    )
    if inside.size < 4:
        msg = (
            f"Found {inside.size} lags from {fit_from:g} to {fit_to:g} s; a plateau needs four. "
            f"Lags reach to {correlation.lags[-1]:g} s."
        )
        raise ValueError(msg)
    first, second = np.array_split(inside, 2)

    def read(values: Array) -> Array:
        level = values[inside].mean() + correlation.static_part
        return np.array([level, (values[first].mean() - values[second].mean()) / level])

    value, fall = read(correlation.values)
    std, fall_std = correlation.std_of(read)
    return Plateau(
        value=float(value),
        std=float(std),
        fall=float(fall),
        is_flat=bool(abs(fall) <= max(FLATNESS, _SIGMAS * fall_std)),
    )


def averaged_couplings_from_positions(
    *, positions: Positions, cell: Array, time_blocks: int, partners: Positions | None = None
) -> AveragedCouplings:
    r"""Average the dipolar components of each pair over a run in which no atom hops.

    .. math:: S_\infty = \frac1N \sum_{ij} \frac{1}{n (n - 1)} \sum_{b \ne b'}
        \bar{\mathbf f}_{ij,b} \cdot \bar{\mathbf f}_{ij,b'}

    over n blocks of time: products of different blocks do not contain the noise of either. Its
    error is the jackknife over blocks.

    Parameters
    ----------
    positions
        Of the spins observed [m], (frame, atom, 3); of path integrals (bead, frame, atom, 3).
    cell
        Lattice vectors as rows [m], (3, 3), of any shape; nearest images are taken.
    time_blocks
        n, at least 3; each much longer than the vibrations remember.
    partners
        Of another kind, as the spins or (atom, 3); None for like spins.

    Returns
    -------
    :
        The averages. Memory: 40 bytes a pair, and n times as much for one spin.

    Raises
    ------
    ValueError
        If there are fewer than three blocks or frames for them.

    Examples
    --------
    >>> still = np.broadcast_to([[0, 0, 0], [1e-10, 0, 1e-10]], (40, 2, 3))
    >>> found = averaged_couplings_from_positions(
    ...     positions=still, cell=np.eye(3) * 9e-10, time_blocks=4)
    >>> print(f"{found.sum_r6 * 1e-60:.4f}")
    0.1250
    """
    spins, others = shaped(positions, partners)
    frames = spins.shape[1]
    if not 3 <= time_blocks <= frames:
        msg = f"Found {time_blocks} blocks of {frames} frames; take 3 or more, and frames for them."
        raise ValueError(msg)
    kept = frames - frames % time_blocks
    paths = paths_in_cell(
        spins=spins[:, :kept],
        partners=None if others is None else others[:, :kept],
        cell=cell,
        wrap=True,
    )
    mean = np.zeros((len(paths.spins), len(paths.partners), pair_kernels.COMPONENTS))
    products = np.zeros((time_blocks, time_blocks))
    for spin in range(len(mean)):
        chosen = np.arange(len(paths.partners))
        chosen = chosen[chosen != spin] if others is None else chosen
        by_block = _block_means(paths, spin, chosen, time_blocks)
        mean[spin, chosen] = by_block.mean(axis=1)
        flat = by_block.transpose(1, 0, 2).reshape(time_blocks, -1)
        products += flat @ flat.T / len(mean)
    left_out = [
        _off_diagonal_mean(np.delete(np.delete(products, b, 0), b, 1)) for b in range(time_blocks)
    ]
    variance = (time_blocks - 1) * float(np.var(left_out))
    return AveragedCouplings(
        components=mean / ANGSTROM**3,
        sum_r6=_off_diagonal_mean(products) / ANGSTROM**6,
        std=sqrt(variance) / ANGSTROM**6,
    )


def _off_diagonal_mean(products: Array) -> float:
    count = len(products)
    return float((products.sum() - np.trace(products)) / (count * (count - 1)))


def _block_means(paths: Paths, spin: int, chosen: NDArray[np.int64], blocks: int) -> Array:
    """Give mean components of a spin with its partners [angstrom-3], (partner, block, 5)."""
    length = paths.frames // blocks
    series = np.empty((blocks, pair_kernels.COMPONENTS, 2 * length), dtype=np.float32)
    scratch = pair_kernels.new_scratch()
    nearest, nothing = np.zeros((0, 3), dtype=np.float32), np.zeros((0, 5), dtype=np.float32)
    means = np.empty((len(chosen), blocks, pair_kernels.COMPONENTS))
    for start in range(0, len(chosen), 2):
        both = chosen[[start, min(start + 1, len(chosen) - 1)]]
        pair_kernels.fill_components(
            paths.spins[spin],
            (paths.partners[both[0]], paths.partners[both[1]]),
            paths.cell,
            nearest,
            np.ones(2, dtype=np.float32),
            nothing,
            scratch,
            (0, paths.frames, length),
            series,
        )
        parts = series.reshape(blocks, -1, length, 2).mean(axis=2, dtype=np.float64)
        means[start : start + 2] = np.moveaxis(parts, -1, 0)[: len(chosen) - start]
    return means

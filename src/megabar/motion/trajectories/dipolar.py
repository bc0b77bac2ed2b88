r"""The correlation of dipole couplings along a trajectory.

.. math:: S(t) = \frac{1}{N} \sum_i \sum_{j \ne i} \sum_{m=0}^4
    \langle f_{m,ij}(0) f_{m,ij}(t) \rangle, \quad \sum_m f_m^2 = r^{-6}

with the five real components :math:`(3 z^2 - r^2)/2 r^5`, :math:`\sqrt3 x y/r^5`,
:math:`\sqrt3 y z/r^5`, :math:`\sqrt3 x z/r^5`, :math:`\sqrt3 (x^2 - y^2)/2 r^5`: a powder. It is a
sum over pairs; there is no shortcut linear in the number of spins.

Nothing is subtracted unless it is handed in: the mean of a sample is no static part, and taking it
off biases j(0) by :math:`-2 t_\text c / T`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import one_of
from megabar.motion.arguments import positive
from megabar.motion.trajectories.images import nearest_images
from megabar.motion.trajectories.pair_images import shared_partners, tracked_pairs
from megabar.motion.trajectories.pair_spectra import ANGSTROM, Pairs, lag_sums, paths_in_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Positions = NDArray[np.floating[Any]]

IMAGES: Final = ("nearest", "tracked")
"""The image of a partner that is nearest in each frame; or all images that come near, kept."""

FEWEST_GROUPS: Final = 8
"""Groups of spins whose scatter is an error."""

_SAME: Final = 1e-6  # angstrom; an atom and itself


@dataclass(frozen=True, kw_only=True, eq=False)
class DipolarCorrelation:
    r"""S(t) of a trajectory, kept apart by groups of spins and blocks of time.

    Errors are the larger of two jackknives: over groups of spins, which knows nothing of what all
    spins do together, and over blocks of time, which are few.

    Parameters
    ----------
    lags
        Times [s], (lag,), from 0.
    sums
        Sums of products over spins, partners and origins [m-6], (group, block, lag).
    origins
        Frames that began a lag, (block, lag).
    spins
        Number of spins observed, (group,).
    static_part
        What was subtracted, component by component: S of couplings that never change [m-6].
    duration
        Of the run [s].
    images
        One of :data:`IMAGES`.
    like
        Whether the partners are the spins observed.
    """

    lags: Array
    sums: Array
    origins: Array
    spins: Array
    static_part: float
    duration: float
    images: str
    like: bool

    @property
    def values(self) -> Array:
        """S, the static part taken off [m-6], (lag,)."""
        return np.asarray(
            self.sums.sum(axis=(0, 1)) / (self.spins.sum() * self.origins.sum(axis=0))
        )

    @property
    def per_group(self) -> Array:
        """S of each group of spins [m-6], (group, lag)."""
        counted = self.spins[:, np.newaxis] * self.origins.sum(axis=0)
        return np.asarray(self.sums.sum(axis=1) / counted)

    @property
    def std(self) -> Array:
        """Standard error of S [m-6], (lag,)."""
        return self.std_of(lambda values: values)

    @property
    def sum_r6(self) -> float:
        """S(0) with the static part, the mean over frames of the sum of r^-6 [m-6]."""
        return float(self.values[0]) + self.static_part

    @property
    def time_blocks(self) -> int:
        """How many blocks of time there are; with one, errors come from groups of spins alone."""
        return len(self.origins)

    def std_of(self, functional: Callable[[Array], Array]) -> Array:
        r"""Compute the standard error of anything made from S, by the jackknife.

        .. math:: s^2 = \max \left\{ \frac{n - 1}{n} \sum_k (\theta_{-k} - \bar\theta)^2 \right\}

        Parameters
        ----------
        functional
            From S [m-6], (lag,), to any array.

        Returns
        -------
        :
            Standard errors, shape of what the functional gives.
        """
        total, spins = self.sums.sum(axis=(0, 1)), self.spins.sum()
        origins = self.origins.sum(axis=0)
        by_group = [
            (total - part) / ((spins - many) * origins)
            for part, many in zip(self.sums.sum(axis=1), self.spins, strict=True)
        ]
        error = _jackknife([functional(values) for values in by_group])
        if self.time_blocks > 1:
            by_block = [
                (total - part) / (spins * (origins - many))
                for part, many in zip(self.sums.sum(axis=0), self.origins, strict=True)
            ]
            error = np.maximum(error, _jackknife([functional(values) for values in by_block]))
        return error

    def up_to(self, lag: float) -> DipolarCorrelation:
        """Give the same with its lags cut after one [s]."""
        keep = self.lags <= lag * (1 + 1e-9)
        return replace(
            self,
            lags=self.lags[keep],
            sums=self.sums[..., keep],
            origins=self.origins[:, keep],
        )


def dipolar_correlation_from_positions(
    *,
    positions: Positions,
    cell: Array,
    frame_interval: float,
    longest_lag: float,
    partners: Positions | None = None,
    images: str = "nearest",
    reach: float | None = None,
    static: Array | None = None,
    groups: int = FEWEST_GROUPS,
    threads: int = 1,
) -> DipolarCorrelation:
    r"""Compute S(t) of spins that move, up to a longest lag.

    A lag of 5 to 8 correlation times is enough: the noise of later lags adds up without end. The
    frames must be so close that no pair changes much between two of them: interval times hop rate
    of a pair up to 0.2.

    Coordinates and components are float32. Memory: 12 bytes a frame, atom and bead, and a few MB a
    thread; time: proportional to pairs and frames.

    Parameters
    ----------
    positions
        Of the spins observed, in the frame of the host, Cartesian [m], (frame, atom, 3); of path
        integrals (bead, frame, atom, 3), whose components are averaged over beads of equal
        imaginary time. Unwrapped where images are tracked, else as they come.
    cell
        Lattice vectors as rows [m], (3, 3), of any shape.
    frame_interval
        Time from one frame to the next [s].
    longest_lag
        [s].
    partners
        Positions of partners of another kind, as those of the spins, or (atom, 3) if they do not
        move; None for like spins.
    images
        One of :data:`IMAGES`. Nearest images jump, which shortens S once spins have crossed the
        cell, and in a cell that is not cubic leave a false plateau; tracked ones cost twenty times
        as much and more, and need positions that are unwrapped.
    reach
        Tracked images that never come so near are dropped [m]; None for nearest ones.
    static
        Mean components from a model of the sites [m-3], to be subtracted; anything that fits
        (spin, partner, 5), as :func:`static_components` gives. None where all spins diffuse in a
        cubic crystal.
    groups
        Into which the spins are dealt for the error.
    threads
        That share the work.

    Returns
    -------
    :
        The correlation.

    Raises
    ------
    ValueError
        If shapes disagree, if the lag does not fit into the run, or if two atoms coincide.
    UnknownWord
        If images are not one of :data:`IMAGES`.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), ch. VIII.

    Examples
    --------
    A pair that does not move: S is r^-6 at every lag.

    >>> still = np.broadcast_to([[0, 0, 0], [1e-10, 0, 1e-10]], (40, 2, 3))
    >>> found = dipolar_correlation_from_positions(
    ...     positions=still, cell=np.eye(3) * 9e-10, frame_interval=1e-15, longest_lag=4e-15,
    ...     groups=2)
    >>> (found.values * 1e-60).round(6).tolist()
    [0.125, 0.125, 0.125, 0.125, 0.125]
    """
    one_of(images, IMAGES, name="images")
    spins, others = shaped(positions, partners)
    steps = _steps(longest_lag, frame_interval, spins.shape[1])
    _check(spins, others, groups, images, reach)
    paths = paths_in_cell(spins=spins, partners=others, cell=cell, wrap=images == "nearest")
    like = others is None
    fixed = _static(static, len(paths.spins), len(paths.partners))
    pairs_of: Callable[[int], Pairs]
    if images == "nearest":
        pairs_of = partial(_nearest_pairs, count=len(paths.partners), like=like, static=fixed)
    else:
        pairs_of = tracked_pairs(paths, reach=float(reach or 0), like=like, static=fixed)
    found = lag_sums(
        paths=paths, pairs_of=pairs_of, longest_lag=steps, groups=groups, threads=threads
    )
    sums = found.sums * (2 if like else 1)
    if not np.all(np.isfinite(sums)):
        msg = (
            "Found atoms in one place, or positions that are no numbers; a coupling is infinite. "
            "Look whether an atom is listed twice, or among spins and partners."
        )
        raise ValueError(msg)
    return DipolarCorrelation(
        lags=np.asarray(np.arange(steps + 1) * frame_interval, dtype=np.float64),
        sums=sums,
        origins=found.origins,
        spins=found.spins,
        static_part=_static_part(fixed, len(paths.spins), len(paths.partners), like=like),
        duration=(paths.frames - 1) * frame_interval,
        images=images,
        like=like,
    )


def static_components(*, vectors: Array, cell: Array) -> Array:
    """Compute the five dipolar components of the nearest images of vectors that do not move.

    Parameters
    ----------
    vectors
        From one mean position to another [m], (..., 3).
    cell
        Lattice vectors of the simulated cell as rows [m], (3, 3).

    Returns
    -------
    :
        Components [m-3], (..., 5); zero for an atom and itself.

    Raises
    ------
    ValueError
        If the cell spans no volume.

    Examples
    --------
    >>> along_z = static_components(vectors=np.array([0, 0, 8e-10]), cell=np.eye(3) * 9e-10)
    >>> (along_z * 1e-30).round(6).tolist()
    [1.0, 0.0, -0.0, -0.0, 0.0]
    """
    x, y, z = np.moveaxis(nearest_images(vectors=vectors, cell=cell), -1, 0)
    r2 = x * x + y * y + z * z
    itself = r2 < (_SAME * ANGSTROM) ** 2
    scale = np.where(itself, 0.0, np.where(itself, 1.0, r2) ** -2.5)
    root = np.sqrt(3)
    parts = [z * z - (x * x + y * y) / 2, root * x * y, root * y * z, root * x * z]
    return np.stack([*parts, root / 2 * (x * x - y * y)], axis=-1) * scale[..., np.newaxis]


def _jackknife(left_out: list[Array]) -> Array:
    stacked = np.stack(left_out)
    count = len(stacked)
    apart = stacked - stacked.mean(axis=0)
    return np.asarray(np.sqrt((count - 1) / count * (apart**2).sum(axis=0)))


def _nearest_pairs(spin: int, *, count: int, like: bool, static: Array | None) -> Pairs:
    chosen, roots = shared_partners(spin, count=count, like=like)
    return Pairs(
        chosen=chosen,
        images=np.zeros((0, 3), np.float32),
        roots=roots,
        static=_of_partners(static, spin, chosen),
    )


def _of_partners(static: Array | None, spin: int, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
    """Give what is subtracted from a spin and chosen partners [angstrom-3], (pair, 5) or (0, 5)."""
    if static is None:
        return np.zeros((0, 5), dtype=np.float32)
    return np.asarray(static[spin, chosen] * ANGSTROM**3, dtype=np.float32)


def _static(static: Array | None, spins: int, partners: int) -> Array | None:
    if static is None:
        return None
    return np.broadcast_to(np.asarray(static, dtype=np.float64), (spins, partners, 5))


def _static_part(static: Array | None, spins: int, partners: int, *, like: bool) -> float:
    if static is None:
        return 0.0
    squares = np.einsum("ijm,ijm->ij", static, static)
    own = float(np.trace(squares)) if like else 0.0
    return (float(squares.sum()) - own) / spins


def shaped(positions: Positions, partners: Positions | None) -> tuple[Positions, Positions | None]:
    """Give positions of spins and of partners as (bead, frame, atom, 3).

    Parameters
    ----------
    positions
        (frame, atom, 3), or (bead, frame, atom, 3).
    partners
        The same, or (atom, 3); or None.

    Returns
    -------
    :
        Both, without a copy.

    Raises
    ------
    ValueError
        If shapes disagree.

    Examples
    --------
    >>> [part.shape for part in shaped(np.zeros((4, 2, 3)), np.zeros((5, 3)))]
    [(1, 4, 2, 3), (1, 4, 5, 3)]
    """
    spins = positions[np.newaxis] if positions.ndim == 3 else positions
    if spins.ndim != 4 or spins.shape[3] != 3 or spins.shape[1] < 2:
        msg = (
            f"Found positions of shape {positions.shape}; (frame, atom, 3) with two frames or "
            "more, or (bead, frame, atom, 3), is needed."
        )
        raise ValueError(msg)
    if partners is None:
        return spins, None
    others = partners[np.newaxis, np.newaxis] if partners.ndim == 2 else partners
    others = others[np.newaxis] if others.ndim == 3 else others
    shape = (*spins.shape[:2], others.shape[-2], 3)
    try:
        return spins, np.broadcast_to(others, shape)
    except ValueError as error:
        msg = (
            f"Found partners of shape {partners.shape} beside spins of shape {positions.shape}; "
            "frames and beads must be the same, or partners stand still as (atom, 3)."
        )
        raise ValueError(msg) from error


def _steps(longest_lag: float, frame_interval: float, frames: int) -> int:
    positive(frame_interval, name="frame interval", unit="s")
    steps = round(float(positive(longest_lag, name="longest lag", unit="s")) / frame_interval)
    if not 1 <= steps < frames:
        msg = (
            f"Found a longest lag of {longest_lag:g} s, {steps} frames of a run of {frames}. "
            "Take a lag of at least one frame, and shorter than the run."
        )
        raise ValueError(msg)
    return steps


def _check(
    spins: Positions, others: Positions | None, groups: int, images: str, reach: float | None
) -> None:
    atoms = spins.shape[2]
    if atoms < (2 if others is None else 1) or (others is not None and others.shape[2] < 1):
        msg = f"Found {atoms} spins and no partner for them; no coupling fluctuates."
        raise ValueError(msg)
    if not 2 <= groups <= atoms:
        msg = f"Found {groups} groups of {atoms} spins; take 2 or more, up to one for each spin."
        raise ValueError(msg)
    if (images == "tracked") != (reach is not None):
        msg = (
            f"Found {images} images and a reach of {reach}; a reach belongs to tracked images, "
            "and they need one. Hand in both, such as 11 angstrom, or neither."
        )
        raise ValueError(msg)

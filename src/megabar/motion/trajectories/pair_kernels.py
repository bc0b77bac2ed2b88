"""Loops over pairs and frames, compiled; none of them allocates.

Coordinates are fractions of a cell and lengths angstrom: the square of a dipolar tensor in SI units
overflows float32. Two pairs share one complex series, the first its real part, the second its
imaginary part: the real part of its autocorrelation is the sum of theirs.

Work is done in a scratch of rows of :data:`TILE` numbers at places that are known when the loops
are compiled; only then does the compiler see that they do not overlap, and vectorises.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Single = NDArray[np.float32]
    Cell = tuple[Single, Single, Single]

COMPONENTS: Final = 5
TILE: Final = 256
_SCRATCH_ROWS: Final = 11
"""Coordinates of a spin and of a partner, and five components of one bead."""

_PARTNER: Final = 3  # row of the coordinates of the partner
_NOW: Final = 6  # row of the components of one pair and one bead
_ROOT3: Final = np.float32(sqrt(3.0))
_HALF: Final = np.float32(0.5)


def new_scratch() -> tuple[Single, Single]:
    """Give room for :func:`fill_components` to work in, of one thread."""
    return (
        np.ones(_SCRATCH_ROWS * TILE, dtype=np.float32),
        np.empty((2, COMPONENTS * TILE), dtype=np.float32),
    )


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator,unused-ignore]
def fill_components(
    spin: Single,
    partners: tuple[Single, Single],
    cell: Cell,
    images: Single,
    weights: Single,
    static: Single,
    scratch: tuple[Single, Single],
    frames: tuple[int, int, int],
    series: Single,
) -> None:
    """Write the components of two pairs of spins, averaged over beads, block by block.

    Paths are (bead, axis, frame), of one spin and of two partners. The cell comes with the lattice
    vectors to search (none: rounding finds the nearest image) and the square of the distance up to
    which no search is needed. ``images`` (pair, 3) are kept where there are any, and nearest ones
    taken where there are none. ``weights`` multiply the components; ``static`` (pair, component) is
    subtracted where it has rows. ``frames`` are the first one, the one after the last, and how many
    a block has; ``series`` is (block, component, real and imaginary in turn), zeros after a block.
    """
    rows, means = scratch
    origin, stop, length = frames
    beads = spin.shape[0]
    for block in range(series.shape[0]):
        out = series[block]
        begin = origin + block * length
        end = min(begin + length, stop)
        for start in range(begin, end, TILE):
            many = min(TILE, end - start)
            means[:] = np.float32(0.0)
            for bead in range(beads):
                _load(spin[bead, :, start : start + many], rows, 0)
                for pair in range(2):
                    _load(partners[pair][bead, :, start : start + many], rows, _PARTNER)
                    if images.shape[0] > 0:
                        _shift(rows, images[pair])
                        _skew_components(rows, cell, False)
                    elif cell[1].shape[0] > 0:
                        _skew_components(rows, cell, True)
                    else:
                        _straight_components(rows, cell[0])
                    _add_up(means[pair], rows, weights[pair] / np.float32(beads))
            if static.shape[0] > 0:
                _subtract(means, static)
            _store(means, out, start - begin, many)
        out[:, 2 * max(0, end - begin) :] = np.float32(0.0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def add_power(spectra: Single, power: NDArray[np.float64], partial: Single) -> None:
    """Add squares of spectra, (couple, block, component, real and imaginary in turn), by block."""
    couples, blocks, components = spectra.shape[:3]
    for block in range(blocks):
        partial[:] = np.float32(0.0)
        for couple in range(couples):
            for component in range(components):
                row = spectra[couple, block, component]
                for k in range(row.size):
                    partial[k] += row[k] * row[k]
        total = power[block]
        for k in range(total.size):
            total[k] += partial[2 * k] + partial[2 * k + 1]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})  # type: ignore[untyped-decorator,unused-ignore]
def _straight_components(scratch: Single, cell: Single) -> None:
    """Compute components of nearest images in a rectangular cell."""
    a, b, c = cell[0, 0], cell[1, 1], cell[2, 2]
    for t in range(TILE):
        u = scratch[t] - scratch[_PARTNER * TILE + t]
        v = scratch[TILE + t] - scratch[(_PARTNER + 1) * TILE + t]
        w = scratch[2 * TILE + t] - scratch[(_PARTNER + 2) * TILE + t]
        x, y, z = (u - np.rint(u)) * a, (v - np.rint(v)) * b, (w - np.rint(w)) * c
        xx, yy, zz = x * x, y * y, z * z
        r2 = xx + yy + zz
        scale = _HALF / (r2 * r2 * np.sqrt(r2))
        scratch[_NOW * TILE + t] = scale * (zz + zz - xx - yy)
        scale *= _ROOT3
        scratch[(_NOW + 4) * TILE + t] = scale * (xx - yy)
        scale += scale
        scratch[(_NOW + 1) * TILE + t] = scale * x * y
        scratch[(_NOW + 2) * TILE + t] = scale * y * z
        scratch[(_NOW + 3) * TILE + t] = scale * x * z


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})  # type: ignore[untyped-decorator,unused-ignore]
def _skew_components(scratch: Single, cell: Cell, nearest: bool) -> None:
    """Compute components in any cell, of nearest images or of those that were handed in."""
    rows, neighbours, safe = cell
    for t in range(TILE):
        u = scratch[t] - scratch[_PARTNER * TILE + t]
        v = scratch[TILE + t] - scratch[(_PARTNER + 1) * TILE + t]
        w = scratch[2 * TILE + t] - scratch[(_PARTNER + 2) * TILE + t]
        if nearest:
            u, v, w = u - np.rint(u), v - np.rint(v), w - np.rint(w)
        x = u * rows[0, 0] + v * rows[1, 0] + w * rows[2, 0]
        y = u * rows[0, 1] + v * rows[1, 1] + w * rows[2, 1]
        z = u * rows[0, 2] + v * rows[1, 2] + w * rows[2, 2]
        r2 = x * x + y * y + z * z
        if nearest and r2 > safe[0]:
            x, y, z, r2 = _nearer(x, y, z, r2, neighbours)
        scale = _HALF / (r2 * r2 * np.sqrt(r2))
        scratch[_NOW * TILE + t] = scale * (z * z + z * z - x * x - y * y)
        scale *= _ROOT3
        scratch[(_NOW + 4) * TILE + t] = scale * (x * x - y * y)
        scale += scale
        scratch[(_NOW + 1) * TILE + t] = scale * x * y
        scratch[(_NOW + 2) * TILE + t] = scale * y * z
        scratch[(_NOW + 3) * TILE + t] = scale * x * z


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _nearer(
    x: np.float32, y: np.float32, z: np.float32, r2: np.float32, neighbours: Single
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Find the nearest image among all neighbouring lattice vectors."""
    near_x, near_y, near_z, near = x, y, z, r2
    for n in range(neighbours.shape[0]):
        u, v, w = x + neighbours[n, 0], y + neighbours[n, 1], z + neighbours[n, 2]
        q2 = u * u + v * v + w * w
        if q2 < near:
            near_x, near_y, near_z, near = u, v, w, q2
    return near_x, near_y, near_z, near


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _load(path: Single, scratch: Single, row: int) -> None:
    for axis in range(3):
        line = path[axis]
        for t in range(line.size):
            scratch[(row + axis) * TILE + t] = line[t]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _shift(scratch: Single, image: Single) -> None:
    for axis in range(3):
        for t in range(TILE):
            scratch[(_PARTNER + axis) * TILE + t] += image[axis]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _add_up(mean: Single, scratch: Single, weight: np.float32) -> None:
    for t in range(COMPONENTS * TILE):
        mean[t] += weight * scratch[_NOW * TILE + t]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _subtract(means: Single, static: Single) -> None:
    for pair in range(2):
        for component in range(COMPONENTS):
            for t in range(component * TILE, (component + 1) * TILE):
                means[pair, t] -= static[pair, component]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _store(means: Single, out: Single, start: int, many: int) -> None:
    for component in range(COMPONENTS):
        row = out[component, 2 * start : 2 * (start + many)]
        first, second = means[0, component * TILE :], means[1, component * TILE :]
        for t in range(many):
            row[2 * t] = first[t]
            row[2 * t + 1] = second[t]

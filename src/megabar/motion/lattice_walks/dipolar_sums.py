"""Dipolar tensors between the sites of a crystal: Ewald sums, lattice sums, nearest images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.lattice_walks.networks import images_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Waves = NDArray[np.complex128]

AXES: Final = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
"""The six components of a symmetric tensor that are kept."""
MULTIPLICITIES: Final = np.array([1.0, 1, 1, 2, 2, 2])
"""How often each of them stands in the tensor."""

_REACH: Final = 4.8  # of eta r and of q/(2 eta): exp(-23) is 1e-10
_SAME: Final = 1e-6  # of the cube root of the cell volume: two vectors are one
_SPHERE: Final = 14  # of the direct sum of r^-6, in cube roots of the cell volume


@dataclass(frozen=True, kw_only=True, eq=False)
class EwaldSum:
    r"""Dipolar tensors of two sets of sites, summed over all cells with the phase of a wave.

    .. math:: T_{ab}(\mathbf k) = \sum_{\mathbf v = \mathbf R + \mathbf r_b - \mathbf r_a \ne 0}
        \mathbf T(\mathbf v) e^{i \mathbf k \cdot \mathbf v}

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).
    between
        Vectors from each site of the first set to each of the second [m], (first, second, 3).

    References
    ----------
    Cohen, Keffer, Phys. Rev. 99, 1128 (1955), doi:10.1103/PhysRev.99.1128.
    """

    cell: Array
    between: Array

    def __call__(self, wave_vectors: Array) -> Waves:
        """Give T(k) [m-3], (k, component, first, second), at k [rad/m], (k, 3), none of them 0."""
        volume, eta = float(abs(np.linalg.det(self.cell))), self._splitting
        vectors, pair = self._different
        near = self._near_part(wave_vectors)
        far = _far_part(wave_vectors, vectors, cell=self.cell, eta=eta)
        result: Waves = near - 4 * pi / volume * far
        itself = np.linalg.norm(vectors, axis=1) < _SAME * volume ** (1 / 3)
        result[:, :3, itself] += 4 * eta**3 / (3 * sqrt(pi))
        return result[:, :, pair]

    @cached_property
    def _different(self) -> tuple[Array, NDArray[np.int64]]:
        """Vectors that occur, (vector, 3), and which of them each pair has, (first, second)."""
        grain = _SAME * float(abs(np.linalg.det(self.cell))) ** (1 / 3)
        keys = np.round(self.between.reshape(-1, 3) / grain)
        _, first, pair = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return self.between.reshape(-1, 3)[first], pair.reshape(self.between.shape[:2])

    @property
    def _splitting(self) -> float:
        return sqrt(pi) / float(abs(np.linalg.det(self.cell)) ** (1 / 3))

    @cached_property
    def _near(self) -> tuple[Array, Array]:
        """Lattice vectors (cell, 3) and damped tensors (cell, component of pair)."""
        from scipy.special import erfc

        eta, (flat, _) = self._splitting, self._different
        reach = _REACH / eta + float(np.linalg.norm(flat, axis=1).max())
        lattice = images_within(self.cell, reach) @ self.cell
        lattice = lattice[np.linalg.norm(lattice, axis=1) < reach]
        vectors = lattice[:, None, :] + flat
        r2 = (vectors**2).sum(axis=-1)
        r2 = np.where(r2 * eta**2 < 1e-10, np.inf, r2)
        gauss = np.exp(-(eta**2) * r2)
        b = (erfc(eta * np.sqrt(r2)) / np.sqrt(r2) + 2 * eta / sqrt(pi) * gauss) / r2
        c = (3 * b + 4 * eta**3 / sqrt(pi) * gauss) / r2
        parts = [c * vectors[..., i] * vectors[..., j] - b * (i == j) for i, j in AXES]
        return lattice, np.stack(parts, axis=1).reshape(len(lattice), -1)

    def _near_part(self, wave_vectors: Array) -> Waves:
        lattice, tensors = self._near
        turned = wave_vectors @ lattice.T
        result = (np.cos(turned) @ tensors) + 1j * (np.sin(turned) @ tensors)
        shift = np.exp(1j * wave_vectors @ self._different[0].T)
        total: Waves = result.reshape(len(wave_vectors), 6, -1) * shift[:, None, :]
        return total


def _far_part(wave_vectors: Array, flat: Array, *, cell: Array, eta: float) -> Waves:
    reciprocal = np.asarray(2 * pi * np.linalg.inv(cell).T, dtype=np.float64)
    longest = float(np.linalg.norm(wave_vectors, axis=1).max())
    waves = images_within(reciprocal, 2 * _REACH * eta + longest) @ reciprocal
    waves = waves[np.linalg.norm(waves, axis=1) < 2 * _REACH * eta + longest]
    q = waves - wave_vectors[:, None, :]
    q2 = (q**2).sum(axis=-1)
    damped = np.exp(-q2 / (4 * eta**2)) / q2
    phases = np.exp(1j * waves @ flat.T)
    parts = [(damped * q[..., i] * q[..., j]) @ phases for i, j in AXES]
    return np.stack(parts, axis=1)


def sum_r6_of_sites(*, cell: Array, between: Array) -> Array:
    r"""Compute lattice sums of r^-6 between two sets of sites.

    .. math:: S_{ab} = \sum_{0 < r < R} r^{-6} + \frac{4 \pi}{3 V R^3}

    Direct sum to R = 14 cube roots of the cell volume, a continuum beyond; relative error about
    1e-6 of a mean over sites.

    Parameters
    ----------
    cell
        Lattice vectors as rows [m], (3, 3).
    between
        Vectors from each site of the first set to each of the second [m], (first, second, 3).

    Returns
    -------
    :
        Sums [m-6], (first, second).

    Examples
    --------
    >>> total = sum_r6_of_sites(cell=np.eye(3), between=np.zeros((1, 1, 3)))
    >>> print(f"{total[0, 0]:.3f}")
    8.402
    """
    count, other, _ = between.shape
    return _sum_r6(np.ascontiguousarray(cell).tobytes(), between.tobytes(), count, other).copy()


@lru_cache(maxsize=32)  # walks on many networks of one crystal ask for the same sums
def _sum_r6(cell_bytes: bytes, between_bytes: bytes, count: int, other: int) -> Array:
    cell = np.frombuffer(cell_bytes).reshape(3, 3)
    between = np.frombuffer(between_bytes).reshape(count, other, 3)
    volume = abs(np.linalg.det(cell))
    radius = _SPHERE * volume ** (1 / 3)
    longest = float(np.linalg.norm(between, axis=-1).max())
    lattice = images_within(cell, radius + longest) @ cell
    total = np.full((count, other), 4 * pi / (3 * volume * radius**3))
    for a, row in enumerate(between):
        for b, vector in enumerate(row):
            r2 = ((lattice + vector) ** 2).sum(axis=1)
            total[a, b] += (r2[(r2 > 1e-12 * volume ** (2 / 3)) & (r2 < radius**2)] ** -3.0).sum()
    return total


def nearest_image_tensors(*, cell: Array, vectors: Array) -> Array:
    r"""Compute dipolar tensors of nearest images, as five orthonormal components.

    .. math:: \tfrac16 \mathbf T : \mathbf T' = \sum_{m = 1}^5 t_m t'_m, \quad
        \sum_m t_m^2 = r^{-6}

    Only pairs within the sphere that fits into the cell count: an even choice of images at its
    corners would not turn with the crystal.

    Parameters
    ----------
    cell
        Lattice vectors of the (super)cell as rows [m], (3, 3).
    vectors
        From one site to another, any image [m], (..., 3).

    Returns
    -------
    :
        Components [m-3], (..., 5); zero for a site and itself and outside the sphere.

    Examples
    --------
    >>> tensor = nearest_image_tensors(cell=np.eye(3) * 9, vectors=np.array([8.0, 0, 0]))
    >>> print(f"{(tensor**2).sum():.6f}")
    1.000000
    """
    fractions = vectors @ np.linalg.inv(cell)
    short = (fractions - np.round(fractions)) @ cell
    radius = 0.5 / np.linalg.norm(np.linalg.inv(cell), axis=0).max()
    for image in images_within(cell, 0.0) @ cell:  # a skew cell needs a second look
        other = short + image
        closer = (other**2).sum(axis=-1) < (short**2).sum(axis=-1) * (1 - 1e-12)
        short = np.where(closer[..., None], other, short)
    x, y, z = np.moveaxis(short, -1, 0)
    r2 = x * x + y * y + z * z
    outside = (r2 < 1e-12 * radius**2) | (r2 >= radius**2 * (1 - 1e-9))
    scale = np.where(outside, 0.0, np.where(outside, 1.0, r2) ** -2.5)
    rank_two = (
        (2 * z * z - x * x - y * y) / 2,
        sqrt(3) / 2 * (x * x - y * y),
        sqrt(3) * x * y,
        sqrt(3) * x * z,
        sqrt(3) * y * z,
    )
    result: Array = np.stack([scale * part for part in rank_two], axis=-1)
    return result

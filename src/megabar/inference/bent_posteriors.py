r"""A change of variables that straightens a bent posterior.

.. math:: z = m + A a + S s, \quad s_k = b_k(a) + e^{c_k(a)}\, u_k

Where a loss and a drift explain the same fall, one combination of parameters is known sharply, and
where it lies depends on all the others: the posterior is a thin bent sheet, which no mixture covers
in twenty dimensions. Along the curvatures at a mode, soft directions :math:`a` keep their place;
each stiff one :math:`s_k` is centred where the posterior peaks given the soft ones (linear and
quadratic in them, from one step of Newton at points around the mode) and scaled by its curvature
there. The map is triangular, and its Jacobian is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from megabar.inference.posterior_modes import Array, Density, Mode

_STIFF: Final = 11.0  # curvature over that of the prior
_MOST_STIFF: Final = 10
_REACH: Final = 1.3  # standard deviations at which the bend is measured
_FARTHEST: Final = 3.5  # standard deviations beyond which it is continued as a constant
_STEP: Final = 0.3  # standard deviations of a stiff direction, for difference quotients
_CLIMBS: Final = 3
_FLATTEST: Final = 0.1
_LARGEST_SHIFT: Final = 4.0  # standard deviations of one step of Newton
_LARGEST_STRETCH: Final = 0.7  # of ln scale at the reach


@dataclass(frozen=True, kw_only=True)
class Straightened:
    """Coordinates u in which a bent posterior is nearly round.

    Parameters
    ----------
    centre
        Mode, (d,).
    axes
        Directions of curvature in standard deviations, soft ones first, (d, d).
    soft
        Number of soft directions.
    bends
        Coefficients of linear and quadratic terms, for each stiff direction, (stiff, terms).
    stretches
        Coefficients of the linear terms of ln scale, (stiff, soft).
    """

    centre: Array
    axes: Array
    soft: int
    bends: Array
    stretches: Array

    def to_z(self, u: Array) -> tuple[Array, Array]:
        """Bend straight coordinates.

        Parameters
        ----------
        u
            (m, d).

        Returns
        -------
        :
            z (m, d) and ln of the determinant of the Jacobian dz/du, (m,).
        """
        shift, log_scale = self._bend(u[:, : self.soft])
        along = u.copy()
        along[:, self.soft :] = shift + np.exp(log_scale) * u[:, self.soft :]
        z = self.centre + np.einsum("ij,mj->mi", self.axes, along)
        return z, self._log_volume + np.sum(log_scale, axis=1)

    def to_u(self, z: Array) -> tuple[Array, Array]:
        """Straighten z.

        Parameters
        ----------
        z
            (m, d).

        Returns
        -------
        :
            u (m, d) and ln of the determinant of the Jacobian dz/du, (m,).
        """
        inverse = np.linalg.inv(self.axes)
        u = np.einsum("ij,mj->mi", inverse, z - self.centre)
        shift, log_scale = self._bend(u[:, : self.soft])
        u[:, self.soft :] = (u[:, self.soft :] - shift) * np.exp(-log_scale)
        return u, self._log_volume + np.sum(log_scale, axis=1)

    @property
    def _log_volume(self) -> float:
        return float(np.linalg.slogdet(self.axes).logabsdet)

    def _bend(self, a: Array) -> tuple[Array, Array]:
        near = np.clip(a, -_FARTHEST, _FARTHEST)
        shift = np.einsum("mt,kt->mk", _terms(near), self.bends)
        return shift, np.einsum("mi,ki->mk", near, self.stretches)


def straightened(density: Density, mode: Mode) -> Straightened:
    """Measure how a posterior bends about a mode.

    Parameters
    ----------
    density
        ln posterior of draws (m, d), (m,).
    mode
        Of the posterior.

    Returns
    -------
    :
        Coordinates in which it bends less.
    """
    variances, vectors = np.linalg.eigh(mode.covariance)
    variances, vectors = variances[::-1], vectors[:, ::-1]  # softest first
    stiff = min(int(np.sum(variances < 1 / _STIFF)), _MOST_STIFF, variances.size - 1)
    soft = variances.size - stiff
    axes = vectors * np.sqrt(variances)
    points = _design(soft)
    shifts, logs = _conditional_peaks(density, mode.z, axes, points)
    terms = _terms(points)
    bends = np.asarray(np.linalg.lstsq(terms, shifts, rcond=None)[0].T, dtype=np.float64)
    stretches = np.asarray(np.linalg.lstsq(points, logs, rcond=None)[0].T, dtype=np.float64)
    return Straightened(centre=mode.z, axes=axes, soft=soft, bends=bends, stretches=stretches)


def _terms(a: Array) -> Array:
    """Give linear and quadratic terms, (m, soft + soft (soft + 1) / 2)."""
    first, second = np.triu_indices(a.shape[1])
    return np.hstack([a, a[:, first] * a[:, second]])


def _design(soft: int) -> Array:
    """Give points along soft directions and their pairs."""
    one = np.eye(soft) * _REACH
    first, second = np.triu_indices(soft, 1)
    pairs = (one[first] + one[second]) / np.sqrt(2)
    return np.vstack([one, -one, pairs, -pairs])


def _conditional_peaks(
    density: Density, centre: Array, axes: Array, points: Array
) -> tuple[Array, Array]:
    """Climb the stiff directions at each point: place of the peak and ln scale there."""
    soft = points.shape[1]
    stiff = axes.shape[0] - soft
    along = np.hstack([points, np.zeros((points.shape[0], stiff))])
    for _ in range(_CLIMBS):
        slope, curvature = _expanded(density, centre, axes, along, soft)
        values, vectors = np.linalg.eigh(curvature)
        values = np.maximum(values, _FLATTEST)
        step = np.einsum("pij,pj,pkj,pk->pi", vectors, 1 / values, vectors, slope)
        along[:, soft:] += np.clip(step, -_LARGEST_SHIFT, _LARGEST_SHIFT)
    covariance = np.einsum("pij,pj,pij->pi", vectors, 1 / values, vectors)
    log_scale = np.clip(0.5 * np.log(covariance), -_LARGEST_STRETCH, _LARGEST_STRETCH)
    return along[:, soft:], log_scale


def _expanded(
    density: Density, centre: Array, axes: Array, along: Array, soft: int
) -> tuple[Array, Array]:
    """Give slopes (p, stiff) and curvatures (p, stiff, stiff) along the stiff directions."""
    count, d = along.shape
    stiff = d - soft
    unit = np.zeros((stiff, d))
    unit[:, soft:] = _STEP * np.eye(stiff)
    first, second = np.triu_indices(stiff, 1)
    both = unit[first] + unit[second]
    moves = np.vstack([np.zeros((1, d)), unit, -unit, both, -both])
    every = (along[:, None] + moves).reshape(-1, d)
    heights = density(centre + np.einsum("ij,mj->mi", axes, every)).reshape(count, -1)
    middle, up, down = (
        heights[:, :1],
        heights[:, 1 : 1 + stiff],
        heights[:, 1 + stiff : 1 + 2 * stiff],
    )
    crossed, uncrossed = np.split(heights[:, 1 + 2 * stiff :], 2, axis=1)
    curvature = np.zeros((count, stiff, stiff))
    diagonal = np.arange(stiff)
    single = 2 * middle - up - down
    curvature[:, diagonal, diagonal] = single / _STEP**2
    mixed = (2 * middle - crossed - uncrossed - single[:, first] - single[:, second]) / (
        2 * _STEP**2
    )
    curvature[:, first, second] = curvature[:, second, first] = mixed
    return (up - down) / (2 * _STEP), curvature

r"""Mixtures of multivariate Student t, from which a posterior is sampled and to which it is fitted.

.. math:: q(z) = \sum_k \alpha_k\, t_\nu(z; \mu_k, \Sigma_k) + \alpha_0\, N(z; 0, 1), \quad \nu = 6

The share of the prior keeps every weight bounded: :math:`w = L p / q \le L / \alpha_0`. How many
draws each component gives is counted, not drawn, and the counts are the shares that weights use.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log, pi
from typing import TYPE_CHECKING, Final

import numba
import numpy as np

from megabar.inference.posterior_modes import Array, log_prior

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.inference.bent_posteriors import Straightened
    from megabar.inference.posterior_modes import Mode

_FREEDOM: Final = 6.0
_PRIOR_SHARE: Final = 0.05
_SMALLEST_SHARE: Final = 0.02  # of a component that is kept
_WIDENED: Final = 1.3  # covariance of the proposal over that of the parabola
_NEW_SHARE: Final = 0.15
_VERY_WIDE: Final = 4.0
_SMALLEST_VARIANCE: Final = 1e-10


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Points of a density.

    Parameters
    ----------
    u, z
        In straight coordinates and in those of the prior, (m, d) each.
    log_density
        ln of the density per z, (m,).
    log_jacobian
        ln of the determinant of dz/du, (m,).
    """

    u: Array
    z: Array
    log_density: Array
    log_jacobian: Array


@dataclass(frozen=True, kw_only=True)
class StudentMixture:
    """A density to draw from.

    Parameters
    ----------
    shares
        Of the components, (k,); with that of the prior, 0.05, they add up to 1.
    centres
        (k, d).
    scales
        Scale matrices, (k, d, d).
    """

    shares: Array
    centres: Array
    scales: Array

    def draw(self, count: int, generator: np.random.Generator, straight: Straightened) -> Drawn:
        """Draw points and evaluate the density of the draw.

        Parameters
        ----------
        count
            How many.
        generator
            Of random numbers.
        straight
            Coordinates in which the mixture is made.

        Returns
        -------
        :
            Points, those of one component together, and their density.
        """
        counts = _counts(np.append(self.shares, _PRIOR_SHARE), count)
        normal = generator.standard_normal((count, self.centres.shape[1]))
        stretch = np.sqrt(_FREEDOM / generator.chisquare(_FREEDOM, count))
        u = np.empty_like(normal)
        start = 0
        for number, centre, scale in zip(counts[:-1], self.centres, self.scales, strict=True):
            one = slice(start, start + number)
            root = np.linalg.cholesky(scale)
            u[one] = centre + np.einsum("ij,mj->mi", root, normal[one] * stretch[one, None])
            start += number
        u[start:] = straight.to_u(normal[start:])[0]
        return self.located(u, straight, shares=counts / count)

    def located(self, u: Array, straight: Straightened, *, shares: Array | None = None) -> Drawn:
        """Evaluate the density at points.

        Parameters
        ----------
        u
            Points in straight coordinates, (m, d).
        straight
            Coordinates.
        shares
            Of the components and the prior; those of the mixture if None.

        Returns
        -------
        :
            Points and their density.
        """
        z, log_jacobian = straight.to_z(u)
        logs = np.column_stack([self.log_components(u), log_prior(z) + log_jacobian])
        used = np.append(self.shares, _PRIOR_SHARE) if shares is None else shares
        return Drawn(
            u=u, z=z, log_density=_log_mixture(logs, used) - log_jacobian, log_jacobian=log_jacobian
        )

    def log_components(self, z: Array) -> Array:
        """Evaluate ln of each component without its share.

        Parameters
        ----------
        z
            Points, (m, d).

        Returns
        -------
        :
            (m, k).
        """
        distances = _distances(z, self.centres, _whitenings(self.scales))
        d = z.shape[1]
        area = lgamma((_FREEDOM + d) / 2) - lgamma(_FREEDOM / 2) - 0.5 * d * log(_FREEDOM * pi)
        depth = 0.5 * np.linalg.slogdet(self.scales).logabsdet
        return np.asarray(area - depth - 0.5 * (_FREEDOM + d) * np.log1p(distances / _FREEDOM))

    def fitted(self, z: Array, weights: Array) -> StudentMixture:
        """Take one step of expectation and maximisation towards weighted points.

        Parameters
        ----------
        z, weights
            Points (m, d) and weights that add up to 1, (m,).

        Returns
        -------
        :
            A mixture closer to the points; components that hold next to nothing are left out.

        References
        ----------
        Cappé et al., Stat. Comput. 18, 447 (2008), doi:10.1007/s11222-008-9059-x.
        """
        logs = self.log_components(z) + np.log(self.shares)
        logs -= np.max(logs, axis=1, keepdims=True)
        belongs = np.exp(logs)
        belongs *= (weights / np.sum(belongs, axis=1))[:, None]
        pull = (_FREEDOM + z.shape[1]) / (
            _FREEDOM + _distances(z, self.centres, _whitenings(self.scales))
        )
        held = np.sum(belongs, axis=0)
        kept = np.flatnonzero(held > _SMALLEST_SHARE)
        centres = np.empty((kept.size, z.shape[1]))
        scales = np.empty((kept.size, z.shape[1], z.shape[1]))
        for row, k in enumerate(kept):
            part = belongs[:, k] * pull[:, k]
            centres[row] = np.einsum("m,mi->i", part, z) / np.sum(part)
            away = z - centres[row]
            scales[row] = np.einsum("mi,mj->ij", part[:, None] * away, away) / held[k]
        return StudentMixture(
            shares=held[kept] / np.sum(held[kept]) * (1 - _PRIOR_SHARE),
            centres=centres,
            scales=scales + _SMALLEST_VARIANCE * np.eye(z.shape[1]),
        )

    def joined(self, mode: Mode) -> StudentMixture:
        """Add a component about a place that the mixture misses.

        Parameters
        ----------
        mode
            The place and its covariance.

        Returns
        -------
        :
            A mixture with one component more, at 0.15 of the draws.

        References
        ----------
        Raftery, Bao, Biometrics 66, 1162 (2010), doi:10.1111/j.1541-0420.2010.01399.x.
        """
        new = _NEW_SHARE * (1 - _PRIOR_SHARE)
        return StudentMixture(
            shares=np.append(self.shares * (1 - _NEW_SHARE), new),
            centres=np.vstack([self.centres, mode.z]),
            scales=np.concatenate([self.scales, mode.covariance[None]]),
        )


def around_modes(modes: Sequence[Mode]) -> StudentMixture:
    """Place two components on every mode, one about as wide as its parabola and one wider.

    Parameters
    ----------
    modes
        At least one, in straight coordinates.

    Returns
    -------
    :
        Shares follow the evidences of the modes, and none is below a tenth of the largest.
    """
    evidences = np.array([one.log_evidence for one in modes])
    share = np.maximum(np.exp(evidences - np.max(evidences)), 0.1)
    each = (1 - _PRIOR_SHARE) * share / np.sum(share)
    return StudentMixture(
        shares=np.concatenate([0.7 * each, 0.3 * each]),
        centres=np.array([one.z for one in modes] * 2),
        scales=np.array(
            [_WIDENED * one.covariance for one in modes]
            + [_VERY_WIDE * one.covariance for one in modes]
        ),
    )


def _counts(shares: Array, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Split a count by shares, every share getting at least one."""
    ends = np.rint(np.cumsum(shares) / np.sum(shares) * count).astype(np.int64)
    counts = np.maximum(np.diff(ends, prepend=0), 1)
    counts[np.argmax(counts)] -= np.sum(counts) - count
    return counts


def _whitenings(scales: Array) -> Array:
    return np.array([np.linalg.inv(np.linalg.cholesky(one)) for one in scales])


def _log_mixture(logs: Array, shares: Array) -> Array:
    top = np.max(logs, axis=1)
    return np.asarray(top + np.log(np.einsum("mk,k->m", np.exp(logs - top[:, None]), shares)))


@numba.njit(cache=True)
def _distances(z, centres, whitenings):  # type: ignore[no-untyped-def]
    """Squared distances of points from centres in their metrics, (m, k)."""
    m, d = z.shape
    found = np.empty((m, centres.shape[0]))
    for i in range(m):
        for k in range(centres.shape[0]):
            total = 0.0
            for a in range(d):
                one = 0.0
                for b in range(a + 1):
                    one += whitenings[k, a, b] * (z[i, b] - centres[k, b])
                total += one * one
            found[i, k] = total
    return found

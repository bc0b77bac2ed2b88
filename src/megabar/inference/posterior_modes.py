r"""Where a posterior peaks, how sharply, and the evidence of a parabola there.

.. math:: \ln Z \approx \ln L + \ln p + \tfrac d2 \ln 2\pi - \tfrac12 \ln \det H

All parameters are standard normal before the data (the *z space*): a likelihood maps draws (m, d)
to (m,), and every difference quotient is one call of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from megabar.errors import Undetermined

Array = NDArray[np.float64]

_GRADIENT_STEP: Final = 1e-5
_HESSIAN_STEP: Final = 1e-3
_SMALLEST_CURVATURE: Final = 0.5  # of ln posterior; that of the prior alone is 1
_POLISHES: Final = 3  # Newton steps after the search
_SAME_MODE: Final = 4.0  # squared distance in the curvature of the better one
_WORTH_A_MODE: Final = 7.0  # of ln Z below the best
_MOST_MODES: Final = 4
_IMPOSSIBLE: Final = -1e300  # stands for a likelihood of zero where a number is needed


Density = Callable[[Array], Array]
"""ln of a density that is not normalised, of draws (m, d)."""


class Likelihood(Protocol):
    """What an evidence is computed from; the prior is standard normal in ``dimension``."""

    @property
    def dimension(self) -> int:
        """Give the number of parameters."""

    def log_likelihood(self, z: Array, /) -> Array:
        """Give ln L of draws (m, d), (m,); minus infinity where the data are impossible."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One peak of a posterior.

    Parameters
    ----------
    z
        Its place, (d,).
    log_posterior
        ln likelihood and ln prior there, both normalised.
    covariance
        Inverse of the curvature, (d, d).
    log_evidence
        ln Z of the parabola.
    """

    z: Array
    log_posterior: float
    covariance: Array
    log_evidence: float


def log_prior(z: Array) -> Array:
    r"""Evaluate the standard normal of the z space.

    Parameters
    ----------
    z
        Draws, (..., d).

    Returns
    -------
    :
        ln p, (...).

    Examples
    --------
    >>> print(f"{float(log_prior(np.zeros(2))):.4f}")
    -1.8379
    """
    squares = np.einsum("...i,...i->...", z, z)
    return np.asarray(-0.5 * squares - 0.5 * z.shape[-1] * log(2 * pi))


def find_modes(
    likelihood: Likelihood,
    generator: np.random.Generator,
    *,
    prior_draws: int = 500,
    starts: int = 6,
) -> tuple[Mode, ...]:
    """Climb from the best of many draws of the prior, and keep what differs.

    Parameters
    ----------
    likelihood
        Of the data.
    generator
        Chooses the draws.
    prior_draws
        How many are looked at.
    starts
        How many of them are climbed from, beside the centre of the prior.

    Returns
    -------
    :
        At most four modes, that of the largest evidence first.

    Raises
    ------
    Undetermined
        If the likelihood is zero or not a number wherever it was tried.

    Examples
    --------
    >>> class OnePoint:  # y = z with error 1, found at 2
    ...     dimension = 1
    ...     def log_likelihood(self, z):
    ...         return -0.5 * (z[:, 0] - 2) ** 2 - 0.5 * np.log(2 * np.pi)
    >>> (mode,) = find_modes(OnePoint(), np.random.default_rng(1))
    >>> print(f"{mode.z[0]:.4f} {mode.log_evidence:.4f}")  # N(2; 0, 2)
    1.0000 -2.2655
    """
    d = likelihood.dimension
    draws = np.vstack([np.zeros((1, d)), generator.standard_normal((prior_draws, d))])
    heights = posterior_of(likelihood)(draws)
    if not np.any(heights > _IMPOSSIBLE):
        msg = (
            f"Found a likelihood of zero at all of {prior_draws} draws of the prior; no evidence "
            "follows. Check the data, their errors and the ranges of the priors."
        )
        raise Undetermined(msg, quality="no solution")
    best = np.argsort(-heights, kind="stable")[:starts]
    chosen = np.unique(np.append(best, 0)) if heights[0] > _IMPOSSIBLE else best
    density = posterior_of(likelihood)
    found = [_mode(density, _climbed(density, draws[one])) for one in chosen]
    found.sort(key=lambda one: -one.log_posterior)
    distinct: list[Mode] = []
    for one in found:
        if all(_distance(one, other) > _SAME_MODE for other in distinct):
            distinct.append(one)
    distinct.sort(key=lambda one: -one.log_evidence)
    floor = distinct[0].log_evidence - _WORTH_A_MODE
    return tuple(one for one in distinct if one.log_evidence > floor)[:_MOST_MODES]


def posterior_of(likelihood: Likelihood) -> Density:
    """Give the ln posterior of a likelihood, a very negative number where it is impossible.

    Parameters
    ----------
    likelihood
        Of the data.

    Returns
    -------
    :
        ln likelihood and ln prior of draws (m, d), (m,).
    """

    def density(z: Array) -> Array:
        height = likelihood.log_likelihood(z) + log_prior(z)
        return np.where(np.isfinite(height), height, _IMPOSSIBLE)

    return density


def _distance(one: Mode, other: Mode) -> float:
    step = one.z - other.z
    return float(step @ np.linalg.solve(other.covariance, step))


def _climbed(density: Density, start: Array) -> Array:
    from scipy.optimize import minimize

    d = start.size
    offsets = np.vstack([np.zeros((1, d)), np.eye(d)]) * _GRADIENT_STEP

    def fall(z: Array) -> tuple[float, Array]:
        around = -density(z + offsets)
        return float(around[0]), (around[1:] - around[0]) / _GRADIENT_STEP

    found = minimize(fall, start, jac=True, method="L-BFGS-B", options={"maxiter": 150})
    return np.asarray(found.x, dtype=np.float64)


def _mode(density: Density, z: Array) -> Mode:
    """Polish a place by Newton's steps, and describe it."""
    height, gradient, curvature = _expansion(density, z)
    for _ in range(_POLISHES):
        there = z + np.linalg.solve(curvature, gradient)
        higher, *slopes = _expansion(density, there)
        if not higher > height:
            break
        gained, z, height, (gradient, curvature) = higher - height, there, higher, slopes
        if gained < 1e-12 * abs(height):
            break
    return _described(z, height, curvature)


def describe(density: Density, z: Array) -> Mode:
    """Expand a posterior about any place, as if it were a mode.

    Parameters
    ----------
    density
        ln posterior.
    z
        The place, (d,).

    Returns
    -------
    :
        Height, covariance (of curvatures not below 0.5) and the evidence of a parabola there.
    """
    height, _, curvature = _expansion(density, z)
    return _described(z, height, curvature)


def _described(z: Array, height: float, curvature: Array) -> Mode:
    area = 0.5 * z.size * log(2 * pi) - 0.5 * float(np.linalg.slogdet(curvature).logabsdet)
    return Mode(
        z=z,
        log_posterior=height,
        covariance=np.asarray(np.linalg.inv(curvature), dtype=np.float64),
        log_evidence=height + area,
    )


def _expansion(density: Density, z: Array) -> tuple[float, Array, Array]:
    """Give height, slope and floored curvature (positive at a peak) of the log posterior."""
    d, h = z.size, _HESSIAN_STEP
    unit = np.eye(d) * h
    first, second = np.triu_indices(d, 1)
    pairs = [s * unit[first] + t * unit[second] for s in (1, -1) for t in (1, -1)]
    around = density(z + np.vstack([np.zeros((1, d)), unit, -unit, *pairs]))
    centre, up, down = around[0], around[1 : d + 1], around[d + 1 : 2 * d + 1]
    crossed = around[2 * d + 1 :].reshape(4, -1)
    curvature = np.diag((2 * centre - up - down) / h**2)
    mixed = -(crossed[0] - crossed[1] - crossed[2] + crossed[3]) / (4 * h**2)
    curvature[first, second] = curvature[second, first] = mixed
    return float(centre), (up - down) / (2 * h), _floored(curvature)


def _floored(curvature: Array) -> Array:
    values, vectors = np.linalg.eigh(curvature)
    return np.asarray(
        np.einsum("ij,j,kj->ik", vectors, np.maximum(values, _SMALLEST_CURVATURE), vectors)
    )

r"""Evidence along a bridge of densities, for posteriors that no proposal covers.

.. math:: \gamma_\beta = q^{1-\beta} (L p)^\beta, \quad
    \ln Z = \sum_s \ln \frac1N \sum_i (L p / q)_i^{\beta_{s+1} - \beta_s}

Particles start as draws of the proposal; each step goes as far as leaves most of them effective,
copies them by their weights, and moves the copies by differences of other particles, which follow
the form of the density by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megabar.inference.bent_posteriors import Straightened
    from megabar.inference.posterior_modes import Array, Density
    from megabar.inference.student_mixtures import StudentMixture

_PARTICLES: Final = 400
_KEPT_EFFECTIVE: Final = 0.6  # share of the particles after a step
_SWEEPS: Final = 8  # moves of every particle after a step
_MOST_STEPS: Final = 60
_LAST_SWEEPS: Final = 16
_TIMES_QUOTED: Final = 2.0  # copies stay alike: the independent error is too small
_NEVER: Final = -1e299


@dataclass(frozen=True, kw_only=True)
class Annealed:
    """What the bridge found.

    Parameters
    ----------
    log_evidence, log_evidence_std
        ln Z and its error.
    z
        Draws of the posterior with equal weights, (m, d).
    steps
        How many densities were passed.
    """

    log_evidence: float
    log_evidence_std: float
    z: Array
    steps: int


def annealed(
    density: Density,
    proposal: StudentMixture,
    straight: Straightened,
    generator: np.random.Generator,
) -> Annealed:
    """Walk from a proposal to a posterior.

    Parameters
    ----------
    density
        ln posterior in z.
    proposal
        Where the particles start.
    straight
        Coordinates of the proposal, in which they move.
    generator
        Of random numbers.

    Returns
    -------
    :
        ln Z and draws.

    References
    ----------
    Del Moral, Doucet, Jasra, J. R. Stat. Soc. B 68, 411 (2006),
    doi:10.1111/j.1467-9868.2006.00553.x. Ter Braak, Stat. Comput. 16, 239 (2006),
    doi:10.1007/s11222-006-8769-1.
    """

    def logs(u: Array) -> tuple[Array, Array]:
        """Ln of proposal and posterior per u."""
        at = proposal.located(u, straight)
        return at.log_density + at.log_jacobian, density(at.z) + at.log_jacobian

    u = proposal.draw(_PARTICLES, generator, straight).u
    low, high = logs(u)
    beta, total, variance, steps = 0.0, 0.0, 0.0, 0
    while beta < 1 and steps < _MOST_STEPS:
        step = _step(high - low, 1 - beta)
        weights, gained = _weights(step * (high - low))
        total += gained
        variance += 1 / effective_number(weights) - 1 / _PARTICLES
        beta = min(beta + step, 1.0)
        steps += 1
        chosen = generator.permutation(systematic(weights, _PARTICLES, generator))
        u, low, high = u[chosen], low[chosen], high[chosen]
        for _ in range(_SWEEPS if beta < 1 else _LAST_SWEEPS):
            _sweep(u, low, high, beta, logs, generator)
    unfinished = 10.0 if beta < 1 else 0.0
    return Annealed(
        log_evidence=total,
        log_evidence_std=_TIMES_QUOTED * sqrt(variance) + unfinished,
        z=straight.to_z(u)[0],
        steps=steps,
    )


def effective_number(weights: Array) -> float:
    """Count the draws of equal weight that would be worth as much.

    Parameters
    ----------
    weights
        Not negative, (m,).

    Returns
    -------
    :
        Between 1 and m.

    Examples
    --------
    >>> effective_number(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    return float(np.sum(weights)) ** 2 / float(np.sum(weights**2))


def systematic(weights: Array, count: int, generator: np.random.Generator) -> NDArray[np.intp]:
    """Choose draws in proportion to their weights, with the least chance.

    Parameters
    ----------
    weights
        Adding up to 1, (m,).
    count
        How many to choose.
    generator
        Of one random number.

    Returns
    -------
    :
        Indices, rising, (count,).
    """
    places = (np.arange(count) + generator.random()) / count
    chosen = np.searchsorted(np.cumsum(weights), places, side="right")
    return np.minimum(chosen, weights.size - 1)


def _weights(terms: Array) -> tuple[Array, float]:
    top = float(np.max(terms))
    weights = np.exp(terms - top)
    total = float(np.sum(weights))
    return weights / total, top + log(total / terms.size)


def _step(ratio: Array, most: float) -> float:
    """Find how far a step may go."""
    if effective_number(_weights(most * ratio)[0]) > _KEPT_EFFECTIVE * ratio.size:
        return most
    low, high = 0.0, most
    for _ in range(40):
        middle = (low + high) / 2
        enough = effective_number(_weights(middle * ratio)[0]) > _KEPT_EFFECTIVE * ratio.size
        low, high = (middle, high) if enough else (low, middle)
    return max(low, 1e-6)


def _sweep(
    u: Array,
    low: Array,
    high: Array,
    beta: float,
    logs: Callable[[Array], tuple[Array, Array]],
    generator: np.random.Generator,
) -> None:
    """Move each half of the particles by differences of the other half, in place."""
    half, d = u.shape[0] // 2, u.shape[1]
    for mine, other in ((slice(0, half), u[half:]), (slice(half, None), u[:half])):
        first = generator.integers(half, size=half)
        second = (first + generator.integers(1, half, size=half)) % half
        length = 2.38 / sqrt(2 * d) * generator.uniform(0.3, 1.2, half)
        tried = u[mine] + length[:, None] * (other[first] - other[second])
        new_low, new_high = logs(tried)
        rise = (1 - beta) * (new_low - low[mine]) + beta * (new_high - high[mine])
        taken = (np.log(generator.random(half)) < rise) & (new_high > _NEVER)
        u[mine][taken] = tried[taken]
        low[mine][taken] = new_low[taken]
        high[mine][taken] = new_high[taken]

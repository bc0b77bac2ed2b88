r"""The evidence of one hypothesis, by importance sampling, with a measure of its own quality.

.. math:: Z = \int L\, p\, dz \approx \frac1N \sum_i w_i, \quad w = \frac{L\, p}{q}, \quad
    \mathrm{ESS} = \frac{(\sum w)^2}{\sum w^2}

The density of the draws begins as a mixture of Student t around the modes, and is fitted to the
weighted draws in a few rounds; the last draws, from a density that is then fixed, are unbiased. A
sample whose effective share is below 0.05 is refused, and the posterior is approached by steps
instead (``annealing``). Bit for bit the same for the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, inf, log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.inference.annealing import annealed, effective_number, systematic
from megabar.inference.bent_posteriors import straightened
from megabar.inference.posterior_modes import describe, find_modes, posterior_of
from megabar.inference.student_mixtures import around_modes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.inference.annealing import Annealed
    from megabar.inference.bent_posteriors import Straightened
    from megabar.inference.posterior_modes import Array, Density, Likelihood, Mode
    from megabar.inference.student_mixtures import StudentMixture

LOWEST_EFFECTIVE_FRACTION: Final = 0.05
_GOOD_FRACTION: Final = 0.7  # at which the fit of the proposal ends
_POOR_FRACTION: Final = 0.5  # below which it is given more components
_MOST_ROUNDS: Final = 6
_HOPELESS: Final = 0.03  # after three rounds
_BEFORE_REFUSAL: Final = 2000
_WORST_ANNEALED: Final = 1.0  # standard error of ln Z
_PARABOLA_STD: Final = 2.0  # the worst that was seen, of bent posteriors in 20 dimensions
_ROUND_DRAWS: Final = 2000
_BATCH: Final = 2000
_FEW_PER_PARAMETER: Final = 6  # effective draws that a fit of the proposal needs


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the data say for one hypothesis as a whole.

    Parameters
    ----------
    log_evidence, log_evidence_std
        ln Z and its Monte Carlo error.
    laplace
        ln Z of the parabola at the best mode; its difference shows how far from one it is.
    effective_fraction
        Effective draws per draw, 0 to 1.
    refused
        Whether neither importance sampling (below 0.05) nor annealing (error above 1) can be
        trusted, so that ``log_evidence`` should not be used.
    annealed
        Whether the evidence comes from a bridge of densities between proposal and posterior,
        because direct importance sampling was refused. Its error is at least half of the
        difference of two independent bridges.
    modes
        How many peaks were found.
    z, weights
        Draws (k, d) and their weights, which add up to 1, (k,): the posterior.
    """

    log_evidence: float
    log_evidence_std: float
    laplace: float
    effective_fraction: float
    refused: bool
    annealed: bool
    far_behind: bool
    modes: int
    z: Array
    weights: Array

    def sample(self, count: int, *, seed: int | Sequence[int]) -> Array:
        """Draw from the posterior with equal weights.

        Parameters
        ----------
        count
            How many.
        seed
            Of the draw.

        Returns
        -------
        :
            (count, d), in random order; a draw of much weight comes repeatedly.
        """
        return resampled(self.z, self.weights, count, seed=seed)


def evidence(
    target: Likelihood,
    *,
    seed: int | Sequence[int],
    error: float = 0.02,
    draws: int = 200_000,
    floor: float = -inf,
) -> Evidence:
    """Integrate a likelihood over its prior.

    Parameters
    ----------
    target
        A likelihood of parameters that are standard normal before the data.
    seed
        Of all random numbers.
    error
        Standard error of ln Z at which drawing ends.
    draws
        At most so many.
    floor
        ln Z below which a hypothesis cannot matter; where the parabola at the best mode lies below,
        nothing more is computed.

    Returns
    -------
    :
        ln Z, its error, its quality and weighted draws of the posterior.

    Raises
    ------
    Undetermined
        If the likelihood is zero wherever it was tried.

    References
    ----------
    Robert, Casella, Monte Carlo Statistical Methods (2004), doi:10.1007/978-1-4757-4145-2.

    Examples
    --------
    >>> class OnePoint:  # y = z with error 1, found at 2
    ...     dimension = 1
    ...     def log_likelihood(self, z):
    ...         return -0.5 * (z[:, 0] - 2) ** 2 - 0.5 * np.log(2 * np.pi)
    >>> found = evidence(OnePoint(), seed=1)
    >>> abs(found.log_evidence + 2.2655) < 0.06, found.refused  # ln N(2; 0, 2)
    (True, False)
    """
    generator = generator_of(seed)
    modes = find_modes(target, generator)
    if modes[0].log_evidence < floor:
        return _of_parabola(modes, generator)
    density = posterior_of(target)
    straight = straightened(density, modes[0])
    adapted = _adapted(density, _first_proposal(density, modes, straight), straight, generator)
    z, logs = _drawn(density, adapted, straight, _BATCH, generator)
    while logs.size < _most_draws(logs, draws) and _relative_error(logs) > error:
        more, more_logs = _drawn(density, adapted, straight, _BATCH, generator)
        z, logs = np.vstack([z, more]), np.append(logs, more_logs)
    top = float(np.max(logs))
    weights = np.exp(logs - top)
    total = float(np.sum(weights))
    weights /= total
    fraction = effective_number(weights) / logs.size
    found = Evidence(
        log_evidence=top + log(total / logs.size),
        log_evidence_std=_relative_error(logs),
        laplace=modes[0].log_evidence,
        effective_fraction=fraction,
        refused=fraction < LOWEST_EFFECTIVE_FRACTION,
        annealed=False,
        far_behind=False,
        modes=len(modes),
        z=z,
        weights=weights,
    )
    if not found.refused:
        return found
    return _of_bridges(found, [annealed(density, adapted, straight, generator) for _ in range(2)])


def _of_bridges(found: Evidence, bridges: Sequence[Annealed]) -> Evidence:
    """Put two independent bridges in the place of an importance sample that was refused."""
    one, other = (bridge.log_evidence for bridge in bridges)
    quoted = sqrt(sum(bridge.log_evidence_std**2 for bridge in bridges)) / 2
    std = max(quoted, abs(one - other) / 2)
    z = np.vstack([bridge.z for bridge in bridges])
    return replace(
        found,
        log_evidence=float(np.logaddexp(one, other)) - log(2),
        log_evidence_std=std,
        refused=std > _WORST_ANNEALED,
        annealed=True,
        z=z,
        weights=np.repeat(
            [exp(x - np.logaddexp(one, other)) for x in (one, other)], z.shape[0] // 2
        )
        / (z.shape[0] // 2),
    )


def _of_parabola(modes: Sequence[Mode], generator: np.random.Generator) -> Evidence:
    """Give what the parabola at the best mode says, with draws of its normal distribution."""
    mode = modes[0]
    z = generator.multivariate_normal(mode.z, mode.covariance, size=_ROUND_DRAWS)
    return Evidence(
        log_evidence=mode.log_evidence,
        log_evidence_std=_PARABOLA_STD,
        laplace=mode.log_evidence,
        effective_fraction=0.0,
        refused=False,
        annealed=False,
        far_behind=True,
        modes=len(modes),
        z=z,
        weights=np.full(_ROUND_DRAWS, 1 / _ROUND_DRAWS),
    )


def generator_of(seed: int | Sequence[int]) -> np.random.Generator:
    """Make the generator of a seed: PCG64, the same numbers on every machine.

    Parameters
    ----------
    seed
        A number, or several such as that of a study and that of a campaign in it.

    Returns
    -------
    :
        Of random numbers.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))


def resampled(z: Array, weights: Array, count: int, *, seed: int | Sequence[int]) -> Array:
    """Draw from weighted points with equal weights, systematically.

    Parameters
    ----------
    z, weights
        Points (m, d) and weights that add up to 1, (m,).
    count
        How many.
    seed
        Of the draw.

    Returns
    -------
    :
        (count, d) in random order.
    """
    generator = generator_of(seed)
    chosen = systematic(weights, count, generator)
    return np.asarray(z[generator.permutation(chosen)])


def _first_proposal(
    density: Density, modes: Sequence[Mode], straight: Straightened
) -> StudentMixture:
    def along(u: Array) -> Array:
        z, log_jacobian = straight.to_z(u)
        return density(z) + log_jacobian

    return around_modes([describe(along, straight.to_u(one.z[None])[0][0]) for one in modes])


def _drawn(
    density: Density,
    proposal: StudentMixture,
    straight: Straightened,
    count: int,
    generator: np.random.Generator,
) -> tuple[Array, Array]:
    """Draw points in z and the logarithms of their weights."""
    found = proposal.draw(count, generator, straight)
    return found.z, density(found.z) - found.log_density


def _adapted(
    density: Density,
    proposal: StudentMixture,
    straight: Straightened,
    generator: np.random.Generator,
) -> StudentMixture:
    """Fit the proposal to its weighted draws, and give it more components where it misses some."""

    def along(u: Array) -> Array:
        z, log_jacobian = straight.to_z(u)
        return density(z) + log_jacobian

    best, best_fraction = proposal, 0.0
    for number in range(_MOST_ROUNDS):
        found = proposal.draw(_ROUND_DRAWS, generator, straight)
        logs = density(found.z) - found.log_density
        fraction = effective_number(np.exp(logs - np.max(logs))) / logs.size
        if fraction > best_fraction:
            best, best_fraction = proposal, fraction
        if fraction > _GOOD_FRACTION or (number >= 2 and best_fraction < _HOPELESS):
            break
        weights = _tempered(logs, _FEW_PER_PARAMETER * found.z.shape[1])
        proposal = proposal.fitted(found.u, weights)
        if fraction < _POOR_FRACTION:
            proposal = proposal.joined(describe(along, found.u[np.argmax(logs)]))
    return best


def _most_draws(logs: Array, draws: int) -> int:
    """Draw no more from a proposal that covers the posterior too badly."""
    weights = np.exp(logs - np.max(logs))
    hopeless = effective_number(weights) < LOWEST_EFFECTIVE_FRACTION * logs.size
    return min(draws, _BEFORE_REFUSAL) if hopeless else draws


def _tempered(logs: Array, needed: float) -> Array:
    """Give weights, raised to a power below 1 if few draws would otherwise hold them all."""
    relative = logs - np.max(logs)
    low, high = 0.0, 1.0
    weights = np.exp(relative)
    if effective_number(weights) < needed:
        for _ in range(20):
            power = (low + high) / 2
            weights = np.exp(power * relative)
            low, high = (power, high) if effective_number(weights) > needed else (low, power)
    return np.asarray(weights / np.sum(weights))


def _relative_error(logs: Array) -> float:
    weights = np.exp(logs - np.max(logs))
    return sqrt(max(1 / effective_number(weights) - 1 / weights.size, 0.0))

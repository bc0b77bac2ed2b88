r"""What the data say of the amplitudes of pools with all else free, and what they do not.

The information F is the Schur complement of the normal matrix of the fit. In units in which its
diagonal is 1, an eigenvalue near 0 is a direction that the records do not determine: pools that
take part in it are confused with one another.

Twin: none; this is the statistics of a fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.fitting.projection import projected_hessian
from megabar.observables.detection import normal_quantile
from megabar.observables.line_models import FALSE_ALARM
from megabar.observables.pool_answers import Combination, PoolAmplitude

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar import fitting
    from megabar.observables.hydrogen_pools import Pool
    from megabar.observables.pool_model import JointModel

    Array = NDArray[np.float64]

MOST_INFLATION: Final = 4.0
"""Error of a pool over that with the others known, above which it is not told apart from them."""

_MEMBER: Final = 0.05  # of the square of a direction that the data do not determine
_ZERO: Final = 1e-10  # of the eigenvalues of a normalised information


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """A fit, and the information of the amplitudes with all else free.

    Parameters
    ----------
    joint
        What was fitted.
    fit
        Its result.
    theta
        Values of what was moved.
    amplitudes
        At full visibility, (pool,).
    information
        Of the amplitudes, (pool, pool).
    """

    joint: JointModel
    fit: fitting.Fit
    theta: Array
    amplitudes: Array
    information: Array


def stands_out(solution: Solution, pool: int) -> bool:
    """Tell whether noise alone makes such an amplitude less often than once in a thousand.

    Parameters
    ----------
    solution
        A fit.
    pool
        Place of the pool.

    Returns
    -------
    :
        Whether the pool is there.
    """
    std = errors_from_information(solution.information)[0][pool]
    return bool(solution.amplitudes[pool] > normal_quantile(1 - FALSE_ALARM) * std)


def errors_from_information(information: Array) -> tuple[Array, Array, Array]:
    """Give standard errors, inflations and covariance of amplitudes; inf where undetermined.

    Parameters
    ----------
    information
        (pool, pool).

    Returns
    -------
    :
        Standard errors, their ratio to those with all other amplitudes known, covariance.

    Examples
    --------
    >>> std, inflation, _ = errors_from_information(np.array([[4.0, 0.0], [0.0, 0.0]]))
    >>> std.tolist(), inflation.tolist()
    ([0.5, inf], [1.0, inf])
    """
    scale = np.sqrt(np.diag(information))
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(information / np.outer(safe, safe))
    good = values > _ZERO
    inverse = np.where(good, 1 / np.where(good, values, 1.0), 0.0)
    covariance = (vectors * inverse) @ vectors.T / np.outer(safe, safe)
    lost = (vectors**2 @ (~good).astype(float) > _ZERO) | (scale == 0)
    covariance[lost, :] = covariance[:, lost] = np.nan
    covariance[lost, lost] = np.inf
    std = np.sqrt(np.diag(covariance))
    return std, np.where(scale > 0, std * safe, np.inf), covariance


def confused_groups(solution: Solution, std: Array, inflation: Array) -> list[tuple[int, ...]]:
    """List pools that are confused with one another, joined by directions without information.

    Parameters
    ----------
    solution
        A fit.
    std, inflation
        Of :func:`errors_from_information`.

    Returns
    -------
    :
        Places of the pools of each group.
    """
    scale = np.sqrt(np.diag(solution.information))
    seen = np.flatnonzero(scale > 0)
    lost = set(
        np.flatnonzero(
            (inflation > MOST_INFLATION)
            & ~(solution.amplitudes > normal_quantile(1 - FALSE_ALARM) * std)
        ).tolist()
    )
    part = solution.information[np.ix_(seen, seen)] / np.outer(scale[seen], scale[seen])
    values, vectors = np.linalg.eigh(part)
    groups: list[set[int]] = []
    for vector in vectors.T[values < 1 / MOST_INFLATION**2 * len(seen)]:
        members = {int(seen[k]) for k in np.flatnonzero(vector**2 > _MEMBER)}
        if not members & lost:
            continue
        joined = [group for group in groups if group & members]
        groups = [group for group in groups if not group & members]
        groups.append(members.union(*joined))
    return [tuple(sorted(group)) for group in groups if len(group) > 1]


def combination_of(solution: Solution, group: tuple[int, ...]) -> Combination:
    """Give the best determined direction of some pools, all others free.

    Parameters
    ----------
    solution
        A fit.
    group
        Places of the pools.

    Returns
    -------
    :
        Their combination.
    """
    others = [k for k in range(len(solution.amplitudes)) if k not in group]
    order = [*group, *others]
    ordered = solution.information[np.ix_(order, order)]
    own = projected_hessian(ordered[None], len(group))[0]
    scale = np.sqrt(np.diag(own))
    values, vectors = np.linalg.eigh(own / np.outer(scale, scale))
    best = vectors[:, -1] * np.sign(vectors[:, -1].sum())
    weights = best * scale
    largest = float(np.abs(weights).max())
    names = [solution.joint.pools[k].name for k in group]
    value = float(weights @ solution.amplitudes[list(group)]) / largest
    spread = max(_relative_visibility_error(solution, k) for k in group)
    return Combination(
        weights=dict(zip(names, (weights / largest).tolist(), strict=True)),
        value=value,
        noise_std=1 / (math.sqrt(values[-1]) * largest),
        std=math.hypot(1 / (math.sqrt(values[-1]) * largest), spread * value),
    )


def amplitude_of(
    solution: Solution,
    place: int,
    combinations: Mapping[tuple[int, ...], Combination],
    *,
    probability: float,
) -> PoolAmplitude:
    """Say what is known of one pool.

    Parameters
    ----------
    solution
        A fit.
    place
        Of the pool.
    combinations
        Places of confused pools -> what is known of them together.
    probability
        Of the upper bound.

    Returns
    -------
    :
        Value, upper bound, or that it is not determined.
    """
    std, inflation, _ = (part[place] for part in errors_from_information(solution.information))
    estimate = float(solution.amplitudes[place])
    name = solution.joint.pools[place].name
    spread = _relative_visibility_error(solution, place)
    bound = _bound(estimate, float(std), spread, probability)
    quality = "upper bound" if math.isfinite(bound) else "not determined"
    if estimate > normal_quantile(1 - FALSE_ALARM) * std:
        quality = "value"
    for group, one in combinations.items():
        if place not in group or quality == "value":
            continue
        if min(one.weights.values()) > 0:
            whole = _bound(one.value, one.noise_std, spread, probability)
            bound = min(bound, whole / one.weights[name])
            quality = "upper bound"
        if one.value > normal_quantile(1 - FALSE_ALARM) * one.noise_std:
            quality = "not determined"
    there = quality == "value"
    return PoolAmplitude(
        name=name,
        quality=quality,
        value=estimate if there else math.nan,
        std=float(std) if there else math.nan,
        bound=bound,
        estimate=estimate,
        estimate_std=float(std),
        inflation=float(inflation),
    )


def _bound(estimate: float, std: float, spread: float, probability: float) -> float:
    r"""Bound b of an amplitude that is not negative.

    .. math:: b = \max(A, 0) + z \sqrt{\sigma^2 + (r b)^2}

    with r the relative error of what the records show of the pool.
    """
    z = normal_quantile(probability)
    if not math.isfinite(std) or z * spread >= 1:
        return math.inf
    middle, left = max(estimate, 0.0), 1 - (z * spread) ** 2
    return (middle + z * math.sqrt(std**2 * left + (spread * middle) ** 2)) / left


def _relative_visibility_error(solution: Solution, place: int) -> float:
    """Relative error of the size of the signal of a pool that was held as stated."""
    joint = solution.joint
    if any(one.pool == place for one in joint.quantities):
        return 0.0
    pool = joint.pools[place]

    def size(moved: Pool) -> float:
        parts = (
            np.linalg.norm(signal) / row.noise_std
            for signal, row in zip(joint.upright(moved), joint.rows, strict=True)
        )
        return float(np.linalg.norm(list(parts)))

    middle, terms = size(pool), [0.0]
    for name, (value, std) in pool.quantities.items():
        if std > 0 and name != "shift":
            moved = value * math.exp(1e-3)
            slope = (size(pool.with_quantities(**{name: moved})) - middle) / (1e-3 * middle)
            terms.append(slope * std / value)
    return math.hypot(*terms)

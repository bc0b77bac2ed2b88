"""What the weeks say about the weeks to come, averaged over all stories that are left.

Real content is what is in the hydride, apparent content what the two signals would give. A day that
is not reached within the horizon, or at all, is infinite, and its share is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.inference.comparison import member_probabilities
from megabar.inference.desorption import target
from megabar.inference.hypotheses import hypothesis
from megabar.inference.units_of_work import QUANTILES

if TYPE_CHECKING:
    from megabar.inference.desorption import Target
    from megabar.inference.posterior_modes import Array
    from megabar.inference.priors import Prior
    from megabar.inference.units_of_work import UnitResult
    from megabar.inference.weeks import Weeks

_WORTH_A_CURVE: Final = 1e-2  # of the probability of the best of a family
_FOREVER: Final = 1e6  # days
_FINE: Final = 400  # days on which a crossing is looked for


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Contents on a grid of days: 2.5, 16, 50, 84 and 97.5 %.

    Parameters
    ----------
    cell
        Which cell.
    family
        Family, or ``"all"`` for the average over all stories.
    best
        The most probable hypothesis in it.
    days
        (n,).
    real, apparent
        (5, n).
    """

    cell: str
    family: str
    best: str
    days: Array
    real: Array
    apparent: Array


@dataclass(frozen=True, kw_only=True)
class Reaching:
    """When the real content of a cell falls below a threshold, and where it ends.

    Parameters
    ----------
    cell
        Which cell.
    threshold
        Content [H/M].
    horizon
        Day at which looking ends.
    probability
        That it is below at the horizon or before.
    days
        2.5, 16, 50, 84 and 97.5 % of the day, infinite where it is not reached, (5,).
    plateau
        The same of the content in the end [H/M], (5,).
    """

    cell: str
    threshold: float
    horizon: float
    probability: float
    days: tuple[float, ...]
    plateau: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Contents of every cell, averaged over stories, and of each family alone.

    Parameters
    ----------
    curves
        Cell -> average over all stories.
    families
        Family -> cell -> its own.
    reaching
        Cell -> threshold and plateau.
    """

    curves: Mapping[str, Curves]
    families: Mapping[str, Mapping[str, Curves]]
    reaching: Mapping[str, Reaching]


def forecast(
    weeks: Weeks,
    results: Sequence[UnitResult],
    priors: Mapping[str, Prior],
    *,
    days: Array,
    threshold: float,
) -> Forecast:
    """Continue the contents of each cell.

    Parameters
    ----------
    weeks, priors
        That the results were computed from.
    results
        Units of all hypotheses.
    days
        Grid, rising, (n,); its last day is the horizon.
    threshold
        Content whose day is asked for [H/M].

    Returns
    -------
    :
        Quantiles over the posteriors of all stories, weighed by their probabilities.

    Raises
    ------
    Undetermined
        If no hypothesis can have made the data.
    """
    mixture = _mixture(weeks, results, priors)
    grid = np.asarray(days, dtype=np.float64)
    curves, reaching = {}, {}
    by_family: dict[str, dict[str, Curves]] = {name: {} for name in dict.fromkeys(mixture.family)}
    for one in weeks.cells:
        cell = one.cell
        real, apparent = mixture.contents(cell, grid)
        curves[cell] = mixture.curves(cell, "all", grid, real, apparent)
        reaching[cell] = _reaching(mixture, cell, float(grid[-1]), threshold)
        for family, found in by_family.items():
            found[cell] = mixture.curves(cell, family, grid, real, apparent)
    return Forecast(curves=curves, families=by_family, reaching=reaching)


@dataclass(frozen=True, kw_only=True)
class _Mixture:
    """Draws of all stories that are left, with the weight and the family of each."""

    parts: tuple[tuple[Target, Array], ...]
    weights: Array
    family: tuple[str, ...]
    best: Mapping[str, str]

    def contents(self, cell: str, days: Array) -> tuple[Array, Array]:
        """Real and apparent content of each draw, (m, n) each."""
        pairs = [problem.curves(z, cell, days) for problem, z in self.parts]
        return np.vstack([one for one, _ in pairs]), np.vstack([one for _, one in pairs])

    def curves(self, cell: str, family: str, days: Array, real: Array, apparent: Array) -> Curves:
        member = np.array([family in ("all", one) for one in self.family])
        weights = self.weights[member]
        return Curves(
            cell=cell,
            family=family,
            best=self.best[family],
            days=days,
            real=weighted_quantiles(real[member], weights, QUANTILES),
            apparent=weighted_quantiles(apparent[member], weights, QUANTILES),
        )


def weighted_quantiles(values: Array, weights: Array, shares: Sequence[float]) -> Array:
    """Find quantiles of weighted draws.

    Parameters
    ----------
    values
        Draws (m, n), infinity allowed.
    weights
        Not negative, (m,).
    shares
        Quantiles between 0 and 1, (q,).

    Returns
    -------
    :
        The smallest values below or at which the shares lie, (q, n).

    Examples
    --------
    >>> weighted_quantiles(np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 1.0, 2.0]), [0.5, 0.6])
    array([[2.],
           [3.]])
    """
    order = np.argsort(values, axis=0, kind="stable")
    sums = np.cumsum(weights[order], axis=0)
    found = np.empty((len(shares), values.shape[1]))
    for row, share in enumerate(shares):
        enough = sums >= share * sums[-1] * (1 - 1e-12)
        found[row] = np.take_along_axis(values, order, axis=0)[
            np.argmax(enough, axis=0), np.arange(values.shape[1])
        ]
    return found


def _mixture(weeks: Weeks, results: Sequence[UnitResult], priors: Mapping[str, Prior]) -> _Mixture:
    p = member_probabilities(results)
    of_family: dict[str, float] = {}
    for one, probability in zip(results, p, strict=True):
        of_family[one.family] = max(of_family.get(one.family, 0.0), float(probability))
    kept = [
        i
        for i, one in enumerate(results)
        if one.sample and p[i] > _WORTH_A_CURVE * of_family[one.family] and p[i] > 0
    ]
    best: dict[str, str] = {}
    for i in sorted(kept, key=lambda i: p[i]):
        best[results[i].family] = best["all"] = results[i].hypothesis
    return _Mixture(
        parts=tuple(
            (target(hypothesis(results[i].hypothesis), weeks, priors), results[i].draws)
            for i in kept
        ),
        weights=np.concatenate(
            [np.full(len(results[i].sample), p[i] / len(results[i].sample)) for i in kept]
        ),
        family=tuple(results[i].family for i in kept for _ in results[i].sample),
        best=best,
    )


def _reaching(mixture: _Mixture, cell: str, horizon: float, threshold: float) -> Reaching:
    looked = np.linspace(0.0, horizon, _FINE)
    contents, _ = mixture.contents(cell, np.append(looked, _FOREVER))
    plateau, falling = contents[:, -1], contents[:, :-1]
    below = falling < threshold
    first = np.argmax(below, axis=1)
    reached = below[np.arange(first.size), first]
    before = np.maximum(first - 1, 0)
    rows = np.arange(first.size)
    high, low = falling[rows, before], falling[rows, first]
    step = np.where(high > low, (high - threshold) / np.where(high > low, high - low, 1.0), 0.0)
    day = looked[before] + np.clip(step, 0.0, 1.0) * (looked[first] - looked[before])
    quantiles = weighted_quantiles(
        np.column_stack([np.where(reached, day, inf), plateau]), mixture.weights, QUANTILES
    )
    return Reaching(
        cell=cell,
        threshold=threshold,
        horizon=horizon,
        probability=float(mixture.weights @ reached / np.sum(mixture.weights)),
        days=tuple(quantiles[:, 0].tolist()),
        plateau=tuple(quantiles[:, 1].tolist()),
    )

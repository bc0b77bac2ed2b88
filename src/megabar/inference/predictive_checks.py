r"""Whether the best story describes the data at all: replicas, drawn from its posterior.

.. math:: p = P\left[\,T(y^{rep}, \theta) \ge T(y, \theta) \mid y\,\right]

Residuals are whitened by the covariance of the replicas of each cell, so that the common scale of a
cell is no structure. The data were used to fit, so these probabilities lean towards one half: a
small one is a strong statement, a large one is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.inference.evidence import generator_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megabar.inference.desorption import Target
    from megabar.inference.posterior_modes import Array
    from megabar.inference.weeks import Weeks

INCREDIBLE: Final = 1e-3
"""Probability below which a story does not describe the data."""


@dataclass(frozen=True, kw_only=True)
class PredictiveCheck:
    """How typical the data are of what a hypothesis makes.

    Parameters
    ----------
    hypothesis
        Which.
    chi2, points
        Mean over the posterior of the whitened sum of squares, and the number of contents.
    chi2_p
        Probability of as large a misfit.
    correlation, correlation_p
        Correlation of neighbouring whitened residuals of a cell, and the probability of as large a
        one: a law of the wrong form leaves residuals in runs.
    largest, largest_p, largest_cell, largest_day
        Largest whitened residual, its probability, and where it is.
    witnesses
        Witness -> probability of as large a misfit.
    describes
        Whether none of chi2, correlation and witnesses is below 0.001.
    sentence
        The same in words.
    """

    hypothesis: str
    chi2: float
    points: int
    chi2_p: float
    correlation: float
    correlation_p: float
    largest: float
    largest_p: float
    largest_cell: str
    largest_day: float
    witnesses: Mapping[str, float]
    describes: bool
    sentence: str


def check_predictions(
    problem: Target, sample: Array, *, seed: int, replicas: int = 2000
) -> PredictiveCheck:
    """Compare data with replicas drawn from the posterior of a hypothesis.

    Parameters
    ----------
    problem
        Hypothesis and data.
    sample
        Draws of its posterior in z, (k, d).
    seed
        Of the replicas.
    replicas
        How many; probabilities are not below one over so many.

    Returns
    -------
    :
        Probabilities of what was seen.

    References
    ----------
    Gelman, Meng, Stern, Stat. Sin. 6, 733 (1996), https://www.jstor.org/stable/24306036.
    """
    generator = generator_of((seed, 0x70))
    z = sample[generator.integers(sample.shape[0], size=replicas)]
    copies = [problem.simulate(one, generator) for one in z]
    seen, made = _whitened(problem, z, copies)
    names = [(one.cell, float(day)) for one in problem.weeks.cells for day in one.elapsed]
    chi2 = [np.concatenate(one, axis=1) ** 2 for one in (seen, made)]
    correlations = [_correlation(one) for one in (seen, made)]
    largest = [np.max(one, axis=1) for one in chi2]
    where = names[int(np.argmax(np.mean(chi2[0], axis=0)))]
    p = {
        "chi2": _probability(np.sum(chi2[0], axis=1), np.sum(chi2[1], axis=1)),
        "correlation": _probability(*correlations),
        "largest": _probability(*largest),
    }
    witnesses = _witnesses(problem.weeks, copies)
    worst = min(p["chi2"], p["correlation"], *witnesses.values())
    return PredictiveCheck(
        hypothesis=problem.hypothesis.name,
        chi2=float(np.mean(np.sum(chi2[0], axis=1))),
        points=len(names),
        chi2_p=p["chi2"],
        correlation=float(np.mean(correlations[0])),
        correlation_p=p["correlation"],
        largest=float(np.sqrt(np.max(np.mean(chi2[0], axis=0)))),
        largest_p=p["largest"],
        largest_cell=where[0],
        largest_day=where[1],
        witnesses=witnesses,
        describes=worst >= INCREDIBLE,
        sentence=_sentence(problem.hypothesis.name, p, witnesses, worst, replicas),
    )


def _whitened(
    problem: Target, z: Array, copies: Sequence[Weeks]
) -> tuple[list[Array], list[Array]]:
    """Give residuals of data and of replicas, a (k, n) each for each cell."""
    seen, made = [], []
    for number, cell in enumerate(problem.weeks.cells):
        _, expected = problem.curves(z, cell.cell, cell.elapsed)
        copied = np.array([one.cells[number].h_per_metal for one in copies]) - expected
        covariance = np.einsum("ki,kj->ij", copied, copied) / z.shape[0]
        whitening = np.linalg.inv(np.linalg.cholesky(covariance))
        seen.append(np.einsum("ij,kj->ki", whitening, cell.h_per_metal - expected))
        made.append(np.einsum("ij,kj->ki", whitening, copied))
    return seen, made


def _correlation(cells: Sequence[Array]) -> Array:
    """Correlation of neighbours in each replica, over all cells, (k,)."""
    products = sum(np.sum(one[:, 1:] * one[:, :-1], axis=1) for one in cells)
    squares = sum(np.sum(one * one, axis=1) for one in cells)
    return np.asarray(products / squares)


def _probability(seen: Array, made: Array) -> float:
    return float(1 + np.sum(made >= seen)) / (1 + seen.size)


def _witnesses(weeks: Weeks, copies: Sequence[Weeks]) -> dict[str, float]:
    """Give the probability of each witness in the predictions, by its distance from their mean."""
    found = {}
    for name in sorted({name for one in weeks.cells for name in one.witnesses}):
        seen, made = np.zeros(1), np.zeros(len(copies))
        for number, cell in enumerate(weeks.cells):
            if name not in cell.witnesses:
                continue
            values = np.array([one.cells[number].witnesses[name].value for one in copies])
            away = values - np.mean(values, axis=0)
            whitening = np.linalg.inv(
                np.linalg.cholesky(np.einsum("ki,kj->ij", away, away) / away.shape[0])
            )
            off = whitening @ (cell.witnesses[name].value - np.mean(values, axis=0))
            seen = seen + np.sum(off**2)
            made = made + np.sum(np.einsum("ij,kj->ki", whitening, away) ** 2, axis=1)
        found[name] = _probability(np.broadcast_to(seen, made.shape), made)
    return found


def _sentence(
    name: str, p: Mapping[str, float], witnesses: Mapping[str, float], worst: float, replicas: int
) -> str:
    if worst >= INCREDIBLE:
        return f"{name!r} describes the data (probability of the misfit {p['chi2']:.2f})."
    wrong = [key for key in ("chi2", "correlation") if p[key] < INCREDIBLE]
    wrong += [f"witness {key}" for key, value in witnesses.items() if value < INCREDIBLE]
    limit = max(worst, 1 / replicas)
    return (
        f"No hypothesis describes the data: even {name!r}, the most probable one, does not "
        f"({', '.join(wrong)}: probability {limit:.1g} or less). Probabilities of hypotheses are "
        "then no guide; look for errors that are too small, or a cause that is not in the list."
    )

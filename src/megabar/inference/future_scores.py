r"""How well the first part of the weeks foretold the rest, for every story and for their average.

.. math:: \ln p(y_{late} \mid y_{early}) = \ln Z(y_{early}, y_{late}) - \ln Z(y_{early})

The ratio of two evidences is the joint predictive density of what had not been seen. A constant and
a straight line through each cell, with Gaussian predictions, are what a story has to beat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log, nan, pi
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.inference.comparison import evaluated, in_this_process, member_probabilities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from megabar.inference.comparison import Evaluate
    from megabar.inference.hypotheses import Hypothesis
    from megabar.inference.posterior_modes import Array
    from megabar.inference.priors import Prior
    from megabar.inference.units_of_work import UnitResult
    from megabar.inference.weeks import CellWeeks, Weeks, Witness

_EARLY_SHARE: Final = 0.7  # of the days
_FEWEST: Final = 3  # early points of a cell


@dataclass(frozen=True, kw_only=True)
class FutureScore:
    """Logarithmic scores per late point; more is better.

    Parameters
    ----------
    last_early_day
        Points up to this day were given.
    late_points
        How many were foretold.
    averaged
        Score of the average over all stories, weighed by what the early points say.
    families
        Family -> the same within it.
    hypotheses
        Hypothesis -> its score.
    constant, straight_line
        Scores of the two references.
    sentence
        Which of them foretold best.
    """

    last_early_day: float
    late_points: int
    averaged: float
    families: Mapping[str, float]
    hypotheses: Mapping[str, float]
    constant: float
    straight_line: float
    sentence: str


def score_future(
    weeks: Weeks,
    hypotheses: Sequence[Hypothesis],
    priors: Mapping[str, Prior],
    *,
    seed: int,
    results: Sequence[UnitResult] = (),
    evaluate: Evaluate = in_this_process,
) -> FutureScore:
    """Give each story the first 70 % of the days and score what it says of the rest.

    Parameters
    ----------
    weeks, hypotheses, priors, seed, evaluate
        As of ``comparison.compare``.
    results
        Units of all hypotheses on all weeks, if known; used where there are no witnesses.

    Returns
    -------
    :
        Scores.

    Raises
    ------
    Undetermined
        If a cell has fewer than three early points, or none is late.
    """
    days = np.concatenate([one.elapsed for one in weeks.cells])
    last = float(days.min() + _EARLY_SHARE * (days.max() - days.min()))
    early, late = _split(weeks, last)
    witnessed = any(one.witnesses for one in weeks.cells)
    whole = _without_late_witnesses(weeks, last) if witnessed else weeks
    late_points = sum(one.elapsed.size for one in late)
    before = evaluated(early, hypotheses, priors, seed=seed, evaluate=evaluate)
    known = results if results and not witnessed else None
    after = known or evaluated(whole, hypotheses, priors, seed=seed, evaluate=evaluate)
    p = member_probabilities(before)
    gained = np.array([a.log_evidence - b.log_evidence for a, b in zip(after, before, strict=True)])
    gained[p == 0] = -np.inf
    families = {}
    for name in dict.fromkeys(one.family for one in before):
        member = np.array([one.family == name for one in before])
        families[name] = _averaged(p[member], gained[member]) / late_points
    references = [
        sum(_reference(one, two, degree) for one, two in zip(early.cells, late, strict=True))
        / late_points
        for degree in (0, 1)
    ]
    averaged = _averaged(p, gained) / late_points
    return FutureScore(
        last_early_day=last,
        late_points=late_points,
        averaged=averaged,
        families=families,
        hypotheses={
            one.hypothesis: float(score) / late_points
            for one, score in zip(before, gained, strict=True)
        },
        constant=references[0],
        straight_line=references[1],
        sentence=_sentence(averaged, references[0], references[1], late_points, last),
    )


def _split(weeks: Weeks, last: float) -> tuple[Weeks, tuple[CellWeeks, ...]]:
    """Give the early weeks, and the contents of the late ones."""
    cells, late = [], []
    for one in weeks.cells:
        early = one.elapsed <= last
        if np.sum(early) < _FEWEST or np.all(early):
            msg = (
                f"Found {np.sum(early)} points of cell {one.cell} up to day {last:.0f} and "
                f"{np.sum(~early)} later; a forecast that can be scored needs {_FEWEST} and 1. "
                "Measure longer."
            )
            raise Undetermined(msg, quality="no solution")
        cells.append(_selected(one, early, last))
        late.append(replace(_selected(one, ~early, last), witnesses={}))
    return replace(weeks, cells=tuple(cells)), tuple(late)


def _without_late_witnesses(weeks: Weeks, last: float) -> Weeks:
    every = [_selected(one, np.full(one.elapsed.size, True), last) for one in weeks.cells]
    return replace(weeks, cells=tuple(every))


def _selected(cell: CellWeeks, kept: NDArray[np.bool_], last: float) -> CellWeeks:
    """Give some points of a cell, and its witnesses until the last early day."""

    def part(values: Array | None) -> Array | None:
        return None if values is None else values[kept]

    witnesses = {name: _until(one, last) for name, one in cell.witnesses.items()}
    return replace(
        cell,
        elapsed=cell.elapsed[kept],
        h_per_metal=cell.h_per_metal[kept],
        independent_std=part(cell.independent_std),
        relative_std=part(cell.relative_std),
        repetition_time=part(cell.repetition_time),
        witnesses={name: one for name, one in witnesses.items() if one is not None},
    )


def _until(witness: Witness, last: float) -> Witness | None:
    early = witness.elapsed <= last
    if not np.any(early):
        return None
    return replace(
        witness,
        elapsed=witness.elapsed[early],
        value=witness.value[early],
        std=witness.std[early],
    )


def _averaged(p: Array, gained: Array) -> float:
    """Logarithm of the weighted mean of predictive densities."""
    if not np.sum(p) > 0:
        return nan
    top = float(np.max(gained))
    return top + log(float(np.sum(p * np.exp(gained - top)) / np.sum(p)))


def _reference(early: CellWeeks, late: CellWeeks, degree: int) -> float:
    """Joint Gaussian predictive density of late points by a polynomial through early ones."""
    before, after = (np.vander(one.elapsed, degree + 1) for one in (early, late))
    std = _std(early, early)
    weighed = before / std[:, None]
    covariance = np.linalg.inv(weighed.T @ weighed)
    best = covariance @ weighed.T @ (early.h_per_metal / std)
    freedom = early.elapsed.size - degree - 1
    chi2 = float(np.sum(((early.h_per_metal - before @ best) / std) ** 2))
    wider = max(1.0, chi2 / freedom) if freedom > 0 else 1.0
    spread = wider * (np.diag(_std(late, early) ** 2) + after @ covariance @ after.T)
    off = late.h_per_metal - after @ best
    depth = float(np.linalg.slogdet(spread).logabsdet)
    return -0.5 * (float(off @ np.linalg.solve(spread, off)) + depth + off.size * log(2 * pi))


def _std(cell: CellWeeks, early: CellWeeks) -> Array:
    """Independent errors of the points; the scatter of the early ones where none are given."""
    if cell.independent_std is None or cell.relative_std is None:
        scatter = float(np.std(np.diff(early.h_per_metal))) / np.sqrt(2)
        return np.full(cell.elapsed.size, max(scatter, 1e-3))
    return np.asarray(np.hypot(cell.independent_std, cell.relative_std * cell.h_per_metal))


def _sentence(
    averaged: float, constant: float, straight_line: float, points: int, last: float
) -> str:
    better, words = max((constant, "a constant"), (straight_line, "a straight line"))
    gain = (averaged - better) * points
    verb = "better" if gain > 0 else "worse"
    return (
        f"From the days up to {last:.0f}, the average over all stories foretold the {points} later "
        f"points {verb} than {words} by {abs(gain):.1f} in the logarithm of the probability."
    )

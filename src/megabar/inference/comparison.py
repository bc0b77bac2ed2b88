r"""Which story the weeks support: families first, members second, and whether they decide at all.

.. math:: p_i = \frac{\pi_i Z_i}{\sum_j \pi_j Z_j}

Before the data, loss and no loss weigh the same; the families in each of the two weigh the same,
and so do the members of a family. Other weights, and other widths of the priors that matter most,
are given beside, so that whoever disagrees sees what follows from it. A loss is a verdict only if
the records exist without which an artefact cannot be told from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import Undetermined, one_of
from megabar.inference.artefacts import ARTEFACTS
from megabar.inference.hypotheses import FAMILIES, STABLE
from megabar.inference.required_records import missing_records
from megabar.inference.units_of_work import UnitResult, run_work_unit, work_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from megabar.inference.hypotheses import Hypothesis
    from megabar.inference.priors import Prior
    from megabar.inference.weeks import Weeks

    Evaluate = Callable[[Sequence[dict[str, Any]]], Sequence[dict[str, Any]]]

WITHOUT_LOSS: Final = (STABLE, "artefact")
"""Families in which hydrogen stays."""

WEIGHTINGS: Final = (
    "loss and no loss alike", "families alike", "hypotheses alike", "without combinations",
)  # fmt: skip
"""How hypotheses weigh before the data. The last leaves out pairs of a loss and an artefact."""

DECIDED: Final = 0.9
"""Probability of a family above which the data have decided for it."""

SURE: Final = 0.95
"""Probability of loss, or of no loss, that a verdict needs."""

COMMENT: Final = (
    "Long-Term Stability of Superconducting Metal Superhydrides, arXiv:2507.08009 (2025): LaH10 "
    "and its superconductivity were intact after more than five years."
)
"""What contradicts a loss; named whenever a loss has the highest weight."""

_CONSIDERED: Final = 0.05  # probability of a family that the sentence names
_CANNOT_MATTER: Final = 8.0  # of ln Z behind the best single story
_WORTH_REPEATING: Final = 1e-2  # probability of a member that is computed under other priors


@dataclass(frozen=True, kw_only=True)
class Member:
    """One hypothesis after the data.

    Parameters
    ----------
    hypothesis, family, mechanism, artefact
        Which.
    probability
        Of all hypotheses.
    share
        Of its family.
    log_evidence, log_evidence_std
        ln Z and its Monte Carlo error.
    """

    hypothesis: str
    family: str
    mechanism: str
    artefact: str | None
    probability: float
    share: float
    log_evidence: float
    log_evidence_std: float


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """Probabilities under one set of assumptions.

    Parameters
    ----------
    assumption
        In words.
    families
        Family -> probability.
    loss
        Probability of a loss.
    """

    assumption: str
    families: Mapping[str, float]
    loss: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All stories weighed against one another.

    Parameters
    ----------
    families
        Family -> probability, the largest first.
    family_log_evidence
        Family -> ln of the mean Z of its members: what the data say, before any weight.
    members
        Hypotheses, the most probable first.
    combinations
        Mechanism -> artefact, or ``"none"`` -> probability.
    loss, loss_std
        Probability of a loss and its Monte Carlo error.
    alternatives
        The same under other assumptions.
    decided
        Family above 0.9, or None.
    verdict
        ``"loss"``, ``"no loss"`` or ``"undecided"``.
    missing
        Records without which a loss is no verdict; empty if all exist.
    sentences
        What follows, in words; the first is the verdict.
    contradicted_by
        Publication that contradicts a loss, if a loss has the highest weight; else empty.
    results
        Units, in the order of the hypotheses.
    """

    families: Mapping[str, float]
    family_log_evidence: Mapping[str, float]
    members: tuple[Member, ...]
    combinations: Mapping[str, Mapping[str, float]]
    loss: float
    loss_std: float
    alternatives: tuple[Weighing, ...]
    decided: str | None
    verdict: str
    missing: tuple[str, ...]
    sentences: tuple[str, ...]
    contradicted_by: str
    results: tuple[UnitResult, ...]


def in_this_process(units: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Do units of work one after the other.

    Parameters
    ----------
    units
        From ``units_of_work.work_unit``.

    Returns
    -------
    :
        Results in the same order.
    """
    return [run_work_unit(one) for one in units]


def compare(
    weeks: Weeks,
    hypotheses: Sequence[Hypothesis],
    priors: Mapping[str, Prior],
    *,
    seed: int,
    records: Collection[str] = (),
    evaluate: Evaluate = in_this_process,
    sensitivity: bool = True,
) -> Comparison:
    """Weigh hypotheses by their evidence.

    Parameters
    ----------
    weeks
        Data.
    hypotheses
        Rivals, as from ``hypotheses.all_hypotheses``.
    priors
        Parameter -> prior.
    seed
        Of all random numbers.
    records
        Names of ``required_records.RECORDS`` that exist beside the weeks.
    evaluate
        Maps units of work to results, in order; here, or on a cluster.
    sensitivity
        Whether to repeat what matters under other widths of the priors.

    Returns
    -------
    :
        Probabilities, verdict and words.

    Raises
    ------
    Undetermined
        If no hypothesis can have made the data.
    UnknownWord
        If a record is unknown.
    """
    results = evaluated(weeks, hypotheses, priors, seed=seed, evaluate=evaluate)
    missing = missing_records(weeks, records)
    other = _other_priors(weeks, results, priors, seed, evaluate) if sensitivity else ()
    return concluded(results, missing=missing, other_priors=other)


def evaluated(
    weeks: Weeks,
    hypotheses: Sequence[Hypothesis],
    priors: Mapping[str, Prior],
    *,
    seed: int,
    evaluate: Evaluate,
) -> tuple[UnitResult, ...]:
    """Compute the evidence of each hypothesis, pairs of a loss and an artefact last.

    A pair whose parabola lies 8 of ln Z behind the best of the others keeps that of the parabola:
    no weight that anybody would print depends on it.

    Parameters
    ----------
    weeks, hypotheses, priors, seed, evaluate
        Of :func:`compare`.

    Returns
    -------
    :
        Results in the order of the hypotheses.
    """
    found: dict[Hypothesis, UnitResult] = {}
    floor = -inf
    for pairs in (False, True):
        now = [one for one in hypotheses if _is_pair(one) == pairs]
        units = [work_unit(weeks, one, priors, seed=seed, floor=floor) for one in now]
        done = [UnitResult.from_json(one) for one in evaluate(units)] if units else []
        found.update(zip(now, done, strict=True))
        floor = max((one.log_evidence for one in done), default=-inf) - _CANNOT_MATTER
    return tuple(found[one] for one in hypotheses)


def _is_pair(story: Hypothesis) -> bool:
    return story.mechanism != STABLE and story.artefact is not None


def member_probabilities(
    results: Sequence[UnitResult], *, weighting: str = WEIGHTINGS[0]
) -> NDArray[np.float64]:
    """Weigh hypotheses under one of the weightings.

    Parameters
    ----------
    results
        Units, (k,).
    weighting
        One of :data:`WEIGHTINGS`.

    Returns
    -------
    :
        Probabilities that add up to 1, (k,).

    Raises
    ------
    Undetermined
        If no hypothesis can have made the data.
    UnknownWord
        If the weighting is unknown.
    """
    logs = np.array([one.log_evidence for one in results])
    weights = _prior_weights(results, weighting)
    top = np.max(np.where(weights > 0, logs, -inf))
    if not np.isfinite(top):
        msg = (
            "Found no hypothesis that can have made these data, so none is more probable than "
            "another. Check the contents and their errors."
        )
        raise Undetermined(msg, quality="no solution")
    products = weights * np.exp(np.where(weights > 0, logs - top, -inf))
    return np.asarray(products / np.sum(products))


def concluded(
    results: Sequence[UnitResult],
    *,
    missing: Sequence[str],
    other_priors: Sequence[tuple[str, Sequence[UnitResult]]] = (),
) -> Comparison:
    """Draw the conclusions from evidences that are known.

    Parameters
    ----------
    results
        Units of all hypotheses.
    missing
        Records that a loss would need.
    other_priors
        Assumption in words, and the units under it.

    Returns
    -------
    :
        Probabilities, verdict and words.

    Raises
    ------
    Undetermined
        If no hypothesis can have made the data.
    """
    p = member_probabilities(results)
    families = _by_family(results, p)
    loses = np.array([one.family not in WITHOUT_LOSS for one in results])
    loss = float(np.sum(p[loses]))
    errors = np.array([one.log_evidence_std for one in results])
    best = next(iter(families))
    decided = best if families[best] > DECIDED else None
    verdict = _verdict(loss, missing)
    contradicted = COMMENT if best not in WITHOUT_LOSS or loss > 0.5 else ""
    return Comparison(
        families=MappingProxyType(families),
        family_log_evidence=MappingProxyType(_family_evidence(results)),
        members=_members(results, p, families),
        combinations=_combinations(results, p),
        loss=loss,
        loss_std=sqrt(float(np.sum((p * (loses - loss) * errors) ** 2))),
        alternatives=(
            *(_weighed(one, results, one) for one in WEIGHTINGS[1:]),
            *(_weighed(words, units, WEIGHTINGS[0]) for words, units in other_priors),
        ),
        decided=decided,
        verdict=verdict,
        missing=tuple(missing),
        sentences=_sentences(verdict, loss, families, missing, contradicted),
        contradicted_by=contradicted,
        results=tuple(results),
    )


def _prior_weights(results: Sequence[UnitResult], weighting: str) -> NDArray[np.float64]:
    one_of(weighting, WEIGHTINGS, name="weighting")
    families = [one.family for one in results]
    if weighting == "hypotheses alike":
        return np.full(len(results), 1 / len(results))
    kept = np.array(
        [
            weighting != "without combinations" or one.artefact is None or one.mechanism == STABLE
            for one in results
        ]
    )
    sizes = {name: sum(kept[i] for i, f in enumerate(families) if f == name) for name in FAMILIES}
    present = [name for name in FAMILIES if sizes[name]]
    sides = {name: name in WITHOUT_LOSS for name in present}
    share = {}
    for name in present:
        alike = sum(sides[other] == sides[name] for other in present)
        halves = len(set(sides.values()))
        share[name] = 1 / len(present) if weighting == "families alike" else 1 / (halves * alike)
    each = [share[name] / sizes[name] if kept[i] else 0.0 for i, name in enumerate(families)]
    return np.array(each)


def _by_family(results: Sequence[UnitResult], p: NDArray[np.float64]) -> dict[str, float]:
    """Sum over members; the largest first."""
    sums = dict.fromkeys((name for name in FAMILIES if any(r.family == name for r in results)), 0.0)
    for one, probability in zip(results, p, strict=True):
        sums[one.family] += float(probability)
    return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def _family_evidence(results: Sequence[UnitResult]) -> dict[str, float]:
    found = {}
    for name in FAMILIES:
        logs = [one.log_evidence for one in results if one.family == name]
        if logs:
            found[name] = float(np.logaddexp.reduce(logs) - np.log(len(logs)))
    return found


def _members(
    results: Sequence[UnitResult], p: NDArray[np.float64], families: Mapping[str, float]
) -> tuple[Member, ...]:
    found = [
        Member(
            hypothesis=one.hypothesis,
            family=one.family,
            mechanism=one.mechanism,
            artefact=one.artefact,
            probability=float(probability),
            share=float(probability) / families[one.family] if families[one.family] else 0.0,
            log_evidence=one.log_evidence,
            log_evidence_std=one.log_evidence_std,
        )
        for one, probability in zip(results, p, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.probability))


def _combinations(
    results: Sequence[UnitResult], p: NDArray[np.float64]
) -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one, probability in zip(results, p, strict=True):
        found.setdefault(one.mechanism, {})[one.artefact or "none"] = float(probability)
    return MappingProxyType(found)


def _weighed(words: str, results: Sequence[UnitResult], weighting: str) -> Weighing:
    families = _by_family(results, member_probabilities(results, weighting=weighting))
    loss = sum(value for name, value in families.items() if name not in WITHOUT_LOSS)
    return Weighing(assumption=words, families=MappingProxyType(families), loss=loss)


def _other_priors(
    weeks: Weeks,
    results: Sequence[UnitResult],
    priors: Mapping[str, Prior],
    seed: int,
    evaluate: Evaluate,
) -> list[tuple[str, tuple[UnitResult, ...]]]:
    """Repeat the members that matter with the widths doubled and halved."""
    from megabar.inference.hypotheses import hypothesis

    p = member_probabilities(results)
    drives = {one.drives for one in ARTEFACTS.values()}
    plans = []
    for what, names in (("half time of a loss", {"half_time"}), ("drifts of artefacts", drives)):
        affected = [
            i
            for i, one in enumerate(results)
            if p[i] > _WORTH_REPEATING
            and (one.mechanism != STABLE if what.startswith("half") else one.artefact is not None)
        ]
        for factor, word in ((2.0, "twice"), (0.5, "half")):
            changed = {
                name: prior.widened(factor) if name in names else prior
                for name, prior in priors.items()
            }
            plans.append((f"prior of the {what} {word} as wide", affected, changed))
    units = [
        work_unit(weeks, hypothesis(results[i].hypothesis), changed, seed=seed)
        for _, affected, changed in plans
        for i in affected
    ]
    done = iter([UnitResult.from_json(one) for one in evaluate(units)])
    found = []
    for words, affected, _ in plans:
        others = {i: next(done) for i in affected}
        found.append((words, tuple(others.get(i, one) for i, one in enumerate(results))))
    return found


def _verdict(loss: float, missing: Sequence[str]) -> str:
    if loss < 1 - SURE:
        return "no loss"
    return "loss" if loss > SURE and not missing else "undecided"


def _sentences(
    verdict: str,
    loss: float,
    families: Mapping[str, float],
    missing: Sequence[str],
    contradicted: str,
) -> tuple[str, ...]:
    best = next(iter(families))
    words = [f"Verdict: {verdict}. Probability of a loss of hydrogen: {_percent(loss)}."]
    if families[best] > DECIDED:
        words.append(f"The data decide for the family {best!r} ({_percent(families[best])}).")
    else:
        named = [name for name in families if families[name] > _CONSIDERED][:4]
        each = [f"{name!r} ({_percent(families[name])})" for name in named]
        words.append(f"These data cannot decide between {', '.join(each[:-1])} and {each[-1]}.")
    if loss > 0.5 and missing:
        listed = "; ".join(missing)
        words.append(f"A loss cannot be told from an artefact without these records: {listed}.")
    if contradicted:
        words.append(f"Contradicted by {contradicted}")
    return tuple(words)


def _percent(probability: float) -> str:
    if probability < 0.001:
        return "below 0.1 %"
    return "above 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"

"""The document of a verdict, ``megabar.verdict/1``, of which words and figures are made."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.campaign.verdict_assumptions import assumptions, priors_used
from megabar.inference.artefacts import ARTEFACTS
from megabar.inference.hypotheses import hypothesis
from megabar.inference.weeks import WITNESSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from megabar.campaign.verdicts import Question
    from megabar.inference.comparison import Comparison
    from megabar.inference.forecast import Curves, Forecast, Reaching
    from megabar.inference.future_scores import FutureScore
    from megabar.inference.next_measurement import Worth
    from megabar.inference.predictive_checks import PredictiveCheck
    from megabar.inference.weeks import CellWeeks

    Array = NDArray[np.float64]

SCHEMA: Final = "megabar.verdict/1"


def document(
    *,
    question: Question,
    found: Comparison,
    others: Sequence[tuple[str, str, float]],
    foretold: Forecast,
    check: PredictiveCheck,
    worths: Sequence[Worth],
    second: list[dict[str, Any]] | None,
    future: FutureScore | None,
) -> dict[str, Any]:
    """Put all that was found into JSON types.

    Parameters
    ----------
    question
        What was asked.
    found
        Probabilities.
    others
        Kind of change, what it changes, probability of a loss under it.
    foretold
        Curves and forecast.
    check
        Of the best story.
    worths
        What could be measured next.
    second
        Second opinions, or None.
    future
        Score of the forecast, or None.

    Returns
    -------
    :
        The document; numbers that do not exist are None.
    """
    weeks = question.taken.weeks
    decided = found.verdict != "undecided" and check.describes
    refused = [one.hypothesis for one in found.results if one.refused]
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "digest": question.digest,
        "source": dict(question.source),
        "seed": question.seed,
        "threshold": question.threshold,
        "verdict": found.verdict if check.describes else "undecided",
        "decided": decided,
        "sentences": _sentences(found, check),
        "loss": {"probability": found.loss, "std": found.loss_std},
        "families": [
            {
                "family": family,
                "probability": probability,
                "best": next(one.hypothesis for one in found.members if one.family == family),
                "log_evidence": found.family_log_evidence[family],
            }
            for family, probability in found.families.items()
        ],
        "members": list(_members(found)),
        "refused": refused,
        "excluded": [
            {"artefact": name, "words": ARTEFACTS[name].words, "because": why}
            for name, why in question.taken.excluded.items()
        ],
        "parameters": list(_parameters(question, found)),
        "cells": [_cell(one) for one in weeks.cells],
        "left_out": list(question.taken.told),
        "curves": [_curves(one.cell, foretold) for one in weeks.cells],
        "forecast": {
            "last_measured": max(float(one.elapsed[-1]) for one in weeks.cells),
            "cells": [
                _forecast(foretold.curves[one.cell], foretold.reaching[one.cell])
                for one in weeks.cells
            ],
            "score": None if future is None else _future(future),
        },
        "priors": {"name": question.priors_name, "entries": priors_used(question, found)},
        "assumptions": assumptions(question, found, others),
        "next_measurements": [
            {
                "name": one.name, "words": one.words, "gain": one.gain, "gain_std": one.gain_std,
                "decides": one.decides, "assumption": one.assumption,
            }
            for one in worths
        ],
        "missing": list(found.missing),
        "checks": {
            "hypothesis": check.hypothesis,
            "describes": check.describes,
            "sentence": check.sentence,
            "chi2_probability": check.chi2_p,
            "correlation_probability": check.correlation_p,
            "largest_probability": check.largest_p,
            "witnesses": dict(check.witnesses),
            "residuals": _residuals(question, found),
        },
        "second_opinion": second,
        "contradicted_by": found.contradicted_by,
    }  # fmt: skip
    plain: dict[str, Any] = _plain(made)
    return plain


def _plain(value: Any) -> Any:
    """Turn numpy scalars into numbers, and numbers that do not exist into None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _sentences(found: Comparison, check: PredictiveCheck) -> list[str]:
    """Say the verdict; where no story describes the data, that comes first and none is chosen."""
    if check.describes:
        return list(found.sentences)
    kept = [one for one in found.sentences if not one.startswith("The data decide")]
    return [check.sentence, *kept]


def _members(found: Comparison) -> Iterator[dict[str, Any]]:
    results = {one.hypothesis: one for one in found.results}
    for one in found.members:
        result = results[one.hypothesis]
        yield {
            "name": one.hypothesis,
            "family": one.family,
            "words": hypothesis(one.hypothesis).words,
            "probability": one.probability,
            "log_evidence": one.log_evidence,
            "log_evidence_std": one.log_evidence_std,
            "effective_fraction": result.effective_fraction,
            "refused": result.refused,
            "method": result.method,
        }


def _parameters(question: Question, found: Comparison) -> Iterator[dict[str, Any]]:
    """Give the parameters of the best story of each family that counts."""
    results = {one.hypothesis: one for one in found.results}
    for family, probability in list(found.families.items())[:3]:
        best = next(one for one in found.members if one.family == family)
        if probability < 0.01 and best is not found.members[0]:
            continue
        for name, (low, left, median, right, high) in results[best.hypothesis].quantiles.items():
            prior = question.priors.get(name.split("[")[0])
            yield {
                "member": best.hypothesis, "family": family, "name": name,
                "words": "" if prior is None else prior.words,
                "unit": "" if prior is None or prior.unit == "1" else prior.unit,
                "median": median, "interval_68": [left, right], "interval_95": [low, high],
            }  # fmt: skip


# --- data and curves ------------------------------------------------------------------------------


def _cell(cell: CellWeeks) -> dict[str, Any]:
    return {
        "cell": cell.cell,
        "elapsed": cell.elapsed.tolist(),
        "h_per_metal": cell.h_per_metal.tolist(),
        "std": _total_std(cell, cell.h_per_metal),
        "common_relative_std": cell.common_relative_std,
        "witnesses": {
            name: {
                "elapsed": one.elapsed.tolist(), "value": one.value.tolist(),
                "std": one.std.tolist(), "unit": WITNESSES[name],
            }
            for name, one in cell.witnesses.items()
        },
    }  # fmt: skip


def _total_std(cell: CellWeeks, model: Array) -> list[float | None]:
    """Independent error of each point; None for all where nobody stated any."""
    if cell.independent_std is None or cell.relative_std is None:
        return [None] * cell.elapsed.size
    std: list[float | None] = np.hypot(cell.independent_std, cell.relative_std * model).tolist()
    return std


def _intervals(curves: Array) -> dict[str, Any]:
    low, left, median, right, high = (one.tolist() for one in curves)
    return {"median": median, "interval_68": [left, right], "interval_95": [low, high]}


def _curves(cell: str, foretold: Forecast) -> dict[str, Any]:
    average = foretold.curves[cell]
    return {
        "cell": cell,
        "days": average.days.tolist(),
        **_intervals(average.apparent),
        "families": [
            {
                "family": family,
                "member": own[cell].best,
                "apparent": own[cell].apparent[2].tolist(),
                "real": own[cell].real[2].tolist(),
            }
            for family, own in foretold.families.items()
        ],
    }


def _forecast(curves: Curves, reaching: Reaching) -> dict[str, Any]:
    return {
        "cell": curves.cell,
        "days": curves.days.tolist(),
        **_intervals(curves.real),
        "below_threshold": {
            "probability": reaching.probability,
            "horizon": reaching.horizon,
            **_quantiles(reaching.days),
        },
        "plateau": _quantiles(reaching.plateau),
    }


def _quantiles(five: Sequence[float]) -> dict[str, Any]:
    low, left, median, right, high = five
    return {"median": median, "interval_68": [left, right], "interval_95": [low, high]}


def _future(future: FutureScore) -> dict[str, Any]:
    return {
        "last_early_day": future.last_early_day,
        "late_points": future.late_points,
        "averaged": future.averaged,
        "families": dict(future.families),
        "constant": future.constant,
        "straight_line": future.straight_line,
        "sentence": future.sentence,
    }


def _residuals(question: Question, found: Comparison) -> list[dict[str, Any]]:
    """Give what the best story leaves, each cell on its own best scale within the stated error."""
    from megabar.inference.desorption import target

    best = found.members[0].hypothesis
    result = next(one for one in found.results if one.hypothesis == best)
    weeks = question.taken.weeks
    problem = target(hypothesis(best), weeks, question.priors)
    told = []
    for cell in weeks.cells:
        _, apparent = problem.curves(result.draws, cell.cell, cell.elapsed)
        model = apparent.mean(axis=0)
        stated = _total_std(cell, model)
        scatter = float(np.std(cell.h_per_metal - model)) or 1.0
        std = np.array([scatter if one is None else one for one in stated])
        model = model * _scale(cell, model, std)
        residual = (cell.h_per_metal - model) / std
        told.append(
            {"cell": cell.cell, "elapsed": cell.elapsed.tolist(), "residual": residual.tolist()}
        )
    return told


def _scale(cell: CellWeeks, model: Array, std: Array) -> float:
    r"""Fit the scale of a cell within its error: s = (1/S^2 + sum m y/N) / (1/S^2 + sum m^2/N)."""
    if not cell.common_relative_std:
        return 1.0
    weight = 1 / cell.common_relative_std**2
    above = weight + np.sum(model * cell.h_per_metal / std**2)
    return float(above / (weight + np.sum(model**2 / std**2)))

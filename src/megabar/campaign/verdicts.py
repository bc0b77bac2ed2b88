"""Judges the weeks of a campaign or of a table, and keeps what was computed as files.

One verdict is some hundred units of work. Each is a file as soon as it is done, so a run that was
killed goes on where it was; the finished document is a file too, named by the digest of all that
decides it, and is read again as long as nothing of that changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from megabar import provenance
from megabar.campaign import schedulers, verdict_documents, weeks
from megabar.errors import Undetermined
from megabar.inference import comparison
from megabar.inference.desorption import target
from megabar.inference.forecast import forecast
from megabar.inference.future_scores import score_future
from megabar.inference.hypotheses import Hypothesis, all_hypotheses, hypothesis
from megabar.inference.json_forms import priors_to_json, weeks_to_json
from megabar.inference.next_measurement import rank_measurements
from megabar.inference.predictive_checks import check_predictions
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import UnitResult, run_work_unit
from megabar.readers.new_files import write_over

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from megabar.campaign.clusters import SlurmJobs
    from megabar.campaign.runner import Campaign
    from megabar.campaign.weeks import Taken
    from megabar.inference.priors import Prior

FOLDER: Final = "verdict"
"""Folder of verdicts inside a store."""

SEED: Final = 7
"""Seed of a verdict that nobody gave one."""

THRESHOLD: Final = 6.0
"""Content whose day is asked for if nobody says another [H/M]."""

PRIORS_NAME: Final = "lah10"

_UNITS: Final = "units"
_GRID: Final = 61  # days of a curve
_AHEAD: Final = 2.0  # horizon of the forecast over the last day
_LEAST_AHEAD: Final = 30.0  # days
_REPEATED: Final = 2  # families whose best story gets a second opinion


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is judged, and under which assumptions.

    Parameters
    ----------
    taken
        The data.
    priors, priors_name
        Parameter -> prior, and what the set is called.
    source
        ``kind`` (``"campaign"`` or ``"csv"``), ``name``, ``sha256``, ``metal`` (its symbol).
    seed
        Of all random numbers.
    threshold
        Content whose day is asked for [H/M].
    temperature
        Of the cells [K], for a step of it as next measurement; None leaves that out.
    second_opinion
        Whether the best stories are computed again by nested sampling.
    future
        Whether the first days are made to foretell the last.
    thorough
        Whether the stories that matter are computed again under other widths of the priors, and
        those too that the records exclude.
    """

    taken: Taken
    priors: Mapping[str, Prior]
    priors_name: str
    source: Mapping[str, str]
    seed: int
    threshold: float
    temperature: float | None = None
    second_opinion: bool = False
    future: bool = False
    thorough: bool = True

    @property
    def digest(self) -> str:
        """Digest of all that decides the verdict, the version of the package included."""
        told = {
            "weeks": weeks_to_json(self.taken.weeks),
            "told": list(self.taken.told),
            "excluded": dict(self.taken.excluded),
            "records": list(self.taken.records),
            "priors": priors_to_json(self.priors),
            "priors_name": self.priors_name,
            "source": {key: self.source[key] for key in ("kind", "name", "metal")},
            "seed": self.seed,
            "threshold": self.threshold,
            "temperature": self.temperature,
            "second_opinion": self.second_opinion,
            "future": self.future,
            "thorough": self.thorough,
            "version": provenance.package_version(),
            "schema": verdict_documents.SCHEMA,
        }
        return provenance.sha256_of_text(json.dumps(told, sort_keys=True))


@dataclass(frozen=True, kw_only=True)
class Work:
    """How and where a verdict is computed.

    Parameters
    ----------
    folder
        Where units and documents are kept; made if absent.
    scheduler, workers, slurm
        As :func:`megabar.campaign.schedulers.run_units` takes them.
    progress
        Told what is being done, how many of it are done, and how many there are.
    """

    folder: Path
    scheduler: str
    workers: int | None = None
    slurm: SlurmJobs | None = None
    progress: Callable[[str, int, int], None] | None = None


def of_campaign(
    campaign: Campaign, *, priors: Mapping[str, Prior], priors_name: str, seed: int,
    threshold: float, records: Sequence[str] = (), **more: Any,
) -> Question:  # fmt: skip
    """Ask for the verdict of a campaign.

    Parameters
    ----------
    campaign
        A campaign that was run.
    priors, priors_name, seed, threshold, **more
        As :class:`Question` takes them.
    records
        Names of :data:`megabar.inference.required_records.RECORDS` that exist beside the store.

    Returns
    -------
    :
        The question.

    Raises
    ------
    Undetermined
        If no cell has enough contents.
    """
    taken = weeks.of_campaign(campaign)
    taken = replace(taken, records=tuple(dict.fromkeys((*taken.records, *records))))
    return Question(
        taken=taken,
        priors=priors,
        priors_name=priors_name,
        source={
            "kind": "campaign",
            "name": campaign.plan.name,
            "sha256": campaign.plan_sha256,
            "metal": taken.metal,
        },
        seed=seed,
        threshold=threshold,
        **more,
    )


def stored(question: Question, folder: Path) -> dict[str, Any] | None:
    """Read the verdict of a question, if it was given already.

    Parameters
    ----------
    question
        The question.
    folder
        Where verdicts are kept.

    Returns
    -------
    :
        The document, or None.
    """
    path = _path(question, folder)
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None  # damaged: it is computed again
    return document if document.get("digest") == question.digest else None


def of_report(campaign: Campaign, work: Work) -> dict[str, Any]:
    """Give the verdict that the report of a campaign ends with.

    Parameters
    ----------
    campaign
        A campaign that was run.
    work
        How it is computed, if it was not given already; its folder is that of the store.

    Returns
    -------
    :
        The thorough document if ``megabar verdict`` left one, else a shorter one, under the
        default priors.

    Raises
    ------
    Undetermined
        If no cell has enough contents, or no hypothesis can have made them.
    """
    question = of_campaign(
        campaign, priors=PRIORS[PRIORS_NAME], priors_name=PRIORS_NAME, seed=SEED,
        threshold=THRESHOLD,
    )  # fmt: skip
    return stored(question, work.folder) or verdict(replace(question, thorough=False), work)


def verdict(question: Question, work: Work) -> dict[str, Any]:
    """Give the verdict of a question: as it was given before, or computed and kept.

    Parameters
    ----------
    question
        The question.
    work
        How it is computed.

    Returns
    -------
    :
        Document of schema ``megabar.verdict/1``: strict JSON, see ``docs/reference/verdict.md``.

    Raises
    ------
    Undetermined
        If no hypothesis can have made the data.
    MissingExtra
        If the scheduler or the second opinion needs a package that is absent.
    """
    known = stored(question, work.folder)
    if known is not None:
        return known
    document = _judged(question, work)
    path = _path(question, work.folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
    write_over(path, text.encode())
    return document


def _path(question: Question, folder: Path) -> Path:
    return folder / f"verdict-{question.digest[:16]}.json"


# --- the work -------------------------------------------------------------------------------------


def _judged(question: Question, work: Work) -> dict[str, Any]:
    taken, priors, seed = question.taken, question.priors, question.seed
    evaluate = _Evaluation(work)
    rivals = all_hypotheses(taken.weeks)
    allowed = [one for one in rivals if one.artefact not in taken.excluded]
    found = comparison.compare(
        taken.weeks, allowed, priors, seed=seed, records=taken.records,
        evaluate=evaluate.called("rival stories"), sensitivity=question.thorough,
    )  # fmt: skip
    others = _other_assumptions(question, rivals, found, evaluate)
    foretold = forecast(
        taken.weeks, found.results, priors, days=_grid(question), threshold=question.threshold
    )
    best = found.members[0].hypothesis
    result = next(one for one in found.results if one.hypothesis == best)
    check = check_predictions(
        target(hypothesis(best), taken.weeks, priors), result.draws, seed=seed
    )
    return verdict_documents.document(
        question=question,
        found=found,
        others=others,
        foretold=foretold,
        check=check,
        worths=_worths(question, found.results),
        second=_second_opinions(question, found) if question.second_opinion else None,
        future=score_future(
            taken.weeks, allowed, priors, seed=seed, results=found.results,
            evaluate=evaluate.called("the future from the past"),
        ) if question.future else None,
    )  # fmt: skip


class _Evaluation:
    """Does units by the chosen scheduler and keeps each as a file."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def called(self, name: str) -> Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]:
        """Give a function that does units and tells the progress under a name."""

        def evaluate(units: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
            return self._done(units, name)

        return evaluate

    def _done(self, units: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
        work = self._work

        def told(progress: schedulers.Progress) -> None:
            if work.progress is not None:
                work.progress(name, progress.done, progress.total)

        outcomes = schedulers.run_units(
            units, run_work_unit, folder=work.folder / _UNITS / provenance.package_version(),
            scheduler=work.scheduler, workers=work.workers, slurm=work.slurm, progress=told,
        )  # fmt: skip
        failed = [one for one in outcomes if one.result is None]
        if failed:
            msg = (
                f"Found {len(failed)} of {len(outcomes)} stories that could not be computed, the "
                f"first because: {failed[0].failure} No rival may be absent from a verdict. Run it "
                "again; what is done is kept."
            )
            raise Undetermined(msg, quality="failed")
        return [dict(one.result or {}) for one in outcomes]


def _other_assumptions(
    question: Question,
    rivals: Sequence[Hypothesis],
    found: comparison.Comparison,
    evaluate: _Evaluation,
) -> list[tuple[str, str, float]]:
    """Weigh again without a rival, with one that was excluded, and without any witness."""
    taken, told = question.taken, []
    for artefact in dict.fromkeys(one.artefact for one in found.results if one.artefact):
        kept = [one for one in found.results if one.artefact != artefact]
        told.append(("without artefact", artefact, _loss(kept)))
    banned = [one for one in rivals if one.artefact in taken.excluded] if question.thorough else []
    if banned:
        more = comparison.evaluated(
            taken.weeks, banned, question.priors, seed=question.seed,
            evaluate=evaluate.called("rivals that the records exclude"),
        )  # fmt: skip
        for artefact in dict.fromkeys(one.artefact for one in banned if one.artefact):
            own = [one for one in more if one.artefact == artefact]
            told.append(("with artefact", artefact, _loss([*found.results, *own])))
    if any(one.witnesses for one in taken.weeks.cells):
        alone = replace(
            taken.weeks, cells=tuple(replace(one, witnesses={}) for one in taken.weeks.cells)
        )
        stories = [hypothesis(one.hypothesis) for one in found.results]
        bare = comparison.evaluated(
            alone, stories, question.priors, seed=question.seed,
            evaluate=evaluate.called("contents alone"),
        )  # fmt: skip
        names = sorted({name for one in taken.weeks.cells for name in one.witnesses})
        told.append(("without witness", ", ".join(names), _loss(bare)))
    return told


def _loss(results: Sequence[UnitResult]) -> float:
    return comparison.concluded(results, missing=()).loss


def _grid(question: Question) -> NDArray[np.float64]:
    import numpy as np

    last = max(float(one.elapsed[-1]) for one in question.taken.weeks.cells)
    return np.linspace(0.0, max(_AHEAD * last, last + _LEAST_AHEAD), _GRID)


def _worths(question: Question, results: Sequence[UnitResult]) -> tuple[Any, ...]:
    try:
        return rank_measurements(
            question.taken.weeks, results, question.priors, seed=question.seed,
            temperature=question.temperature,
        )  # fmt: skip
    except Undetermined:  # one family is left: nothing is to be told apart
        return ()


def _second_opinions(question: Question, found: comparison.Comparison) -> list[dict[str, Any]]:
    """Compute the best story of the likeliest families by nested sampling."""
    from megabar.inference.nested_sampling import second_opinion

    told = []
    for family in list(found.families)[:_REPEATED]:
        best = next(one for one in found.members if one.family == family)
        problem = target(hypothesis(best.hypothesis), question.taken.weeks, question.priors)
        other = second_opinion(problem, seed=(question.seed, 1))
        told.append(
            {
                "hypothesis": best.hypothesis,
                "log_evidence": best.log_evidence,
                "log_evidence_std": best.log_evidence_std,
                "nested_log_evidence": other.log_evidence,
                "nested_log_evidence_std": other.log_evidence_std,
            }
        )
    return told

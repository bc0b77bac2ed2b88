"""Results of units of work with evidences that a test chooses."""

from collections.abc import Mapping

from megabar.inference.hypotheses import hypothesis
from megabar.inference.units_of_work import UnitResult


def with_evidences(evidences: Mapping[str, float], *, std: float = 0.01) -> list[UnitResult]:
    """Give one result for each name, without a posterior."""
    found = []
    for name, value in evidences.items():
        story = hypothesis(name)
        found.append(
            UnitResult(
                hypothesis=name,
                family=story.family,
                mechanism=story.mechanism,
                artefact=story.artefact,
                seed=1,
                log_evidence=value,
                log_evidence_std=std,
                laplace=value,
                effective_fraction=0.6,
                refused=False,
                method="importance sampling",
                dimension=1,
                quantiles={},
                sample=(),
            )
        )
    return found

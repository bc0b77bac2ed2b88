"""One unit of work: what one hypothesis makes of the weeks, as numbers that a file can hold.

A verdict is some hundreds of these, independent of one another, and each the same bit for bit
wherever and whenever it is computed: the seed of its random numbers is its own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.inference.desorption import target
from megabar.inference.evidence import Evidence, evidence
from megabar.inference.hypotheses import Hypothesis
from megabar.inference.json_forms import (
    priors_from_json,
    priors_to_json,
    weeks_from_json,
    weeks_to_json,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from megabar.inference.desorption import Target
    from megabar.inference.priors import Prior
    from megabar.inference.weeks import Weeks

QUANTILES: Final = (0.025, 0.16, 0.5, 0.84, 0.975)
"""Which quantiles of a parameter are kept."""

SAMPLED: Final = 256
"""How many draws of the posterior are kept."""

IMPORTANCE: Final = "importance sampling"
ANNEALED: Final = "annealing"
PARABOLA: Final = "parabola at the mode"
IMPOSSIBLE: Final = "impossible"

_NUMBERS: Final = ("log_evidence", "log_evidence_std", "laplace", "effective_fraction")


@dataclass(frozen=True, kw_only=True)
class UnitResult:
    """What one hypothesis makes of the weeks.

    Parameters
    ----------
    hypothesis, family, mechanism, artefact
        Which; ``artefact`` is None where there is none.
    seed
        Of the random numbers.
    log_evidence, log_evidence_std
        ln Z and its Monte Carlo error; minus infinity where the data are impossible.
    laplace
        ln Z of the parabola at the best mode; nan if there is none.
    effective_fraction
        Quality of the importance sample.
    refused
        Whether no method can be trusted here; ``log_evidence`` then holds within its large error at
        best, and nested sampling has to be asked (``nested_sampling.second_opinion``).
    method
        ``"importance sampling"``, ``"annealing"``, ``"impossible"``, or, below a floor that was
        asked for, ``"parabola at the mode"``.
    dimension
        Number of parameters.
    quantiles
        Parameter -> 2.5, 16, 50, 84 and 97.5 % of the posterior, in the unit of its prior.
    sample
        Draws of the posterior in z, a tuple of rows.
    """

    hypothesis: str
    family: str
    mechanism: str
    artefact: str | None
    seed: int
    log_evidence: float
    log_evidence_std: float
    laplace: float
    effective_fraction: float
    refused: bool
    method: str
    dimension: int
    quantiles: dict[str, list[float]]
    sample: tuple[tuple[float, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Give plain objects: numbers that are not finite become None, tuples lists."""
        plain = asdict(self)
        for name in _NUMBERS:
            plain[name] = plain[name] if isfinite(plain[name]) else None
        plain["sample"] = [list(row) for row in self.sample]
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> UnitResult:
        """Read what :meth:`to_json` wrote; every bit is as it was.

        Parameters
        ----------
        plain
            Dictionary.

        Returns
        -------
        :
            The result.
        """
        absent = {"log_evidence": -inf, "log_evidence_std": 0.0, "effective_fraction": 0.0}
        found = {name: absent.get(name, float("nan")) for name in _NUMBERS if plain[name] is None}
        sample = tuple(tuple(row) for row in plain["sample"])
        return cls(**{**plain, **found, "sample": sample})

    @property
    def draws(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """The sample as an array, (256, dimension)."""
        return np.array(self.sample, dtype=np.float64).reshape(-1, self.dimension)


def evaluate_unit(
    weeks: Weeks,
    hypothesis: Hypothesis,
    priors: Mapping[str, Prior],
    *,
    seed: int,
    error: float = 0.02,
    floor: float = -inf,
) -> UnitResult:
    """Compute the evidence of one hypothesis and its posterior.

    Parameters
    ----------
    weeks
        Data.
    hypothesis
        Which story.
    priors
        Parameter -> prior.
    seed
        Of the verdict; each hypothesis draws numbers of its own from it.
    error
        Standard error of ln Z at which sampling ends.
    floor
        ln Z below which the hypothesis cannot matter, see :func:`evidence.evidence`.

    Returns
    -------
    :
        The result, the same bit for bit for the same input.

    Raises
    ------
    MissingInput
        If the weeks lack what the hypothesis needs.
    """
    problem = target(hypothesis, weeks, priors)
    own_seed = (seed, _number(hypothesis.name))
    blank = _result(hypothesis, seed, problem)
    try:
        found = evidence(problem, seed=own_seed, error=error, floor=floor)
    except Undetermined:
        return blank
    method = IMPORTANCE
    if found.annealed or found.far_behind:
        method = ANNEALED if found.annealed else PARABOLA
    return replace(
        blank,
        log_evidence=found.log_evidence,
        log_evidence_std=found.log_evidence_std,
        laplace=found.laplace,
        effective_fraction=found.effective_fraction,
        refused=found.refused,
        method=method,
        **_posterior(problem, found, own_seed),
    )


def work_unit(
    weeks: Weeks,
    hypothesis: Hypothesis,
    priors: Mapping[str, Prior],
    *,
    seed: int,
    error: float = 0.02,
    floor: float = -inf,
) -> dict[str, Any]:
    """Write one unit of work as plain objects, for a machine elsewhere.

    Parameters
    ----------
    weeks, hypothesis, priors, seed, error, floor
        Of :func:`evaluate_unit`.

    Returns
    -------
    :
        What :func:`run_work_unit` takes; JSON holds it without loss.
    """
    return {
        "weeks": weeks_to_json(weeks),
        "mechanism": hypothesis.mechanism,
        "artefact": hypothesis.artefact,
        "priors": priors_to_json(priors),
        "seed": seed,
        "error": error,
        "floor": floor if isfinite(floor) else None,
    }


def run_work_unit(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Do one unit of work.

    Parameters
    ----------
    unit
        From :func:`work_unit`.

    Returns
    -------
    :
        ``UnitResult.to_json()``.
    """
    story = Hypothesis(mechanism=unit["mechanism"], artefact=unit["artefact"])
    weeks, priors = weeks_from_json(unit["weeks"]), priors_from_json(unit["priors"])
    floor = -inf if unit["floor"] is None else unit["floor"]
    done = evaluate_unit(weeks, story, priors, seed=unit["seed"], error=unit["error"], floor=floor)
    return done.to_json()


def _number(name: str) -> int:
    """Make a number of a name, the same in every process."""
    return int.from_bytes(sha256(name.encode()).digest()[:4], "little")


def _result(hypothesis: Hypothesis, seed: int, problem: Target) -> UnitResult:
    """Give the result of data that the hypothesis excludes."""
    return UnitResult(
        hypothesis=hypothesis.name,
        family=hypothesis.family,
        mechanism=hypothesis.mechanism,
        artefact=hypothesis.artefact,
        seed=seed,
        log_evidence=-inf,
        log_evidence_std=0.0,
        laplace=float("nan"),
        effective_fraction=0.0,
        refused=True,
        method=IMPOSSIBLE,
        dimension=problem.dimension,
        quantiles={},
        sample=(),
    )


def _posterior(problem: Target, best: Evidence, seed: tuple[int, int]) -> dict[str, Any]:
    many = best.sample(4000, seed=(*seed, 1))
    quantiles = {
        name: np.quantile(values, QUANTILES).tolist()
        for name, values in problem.values(many).items()
    }
    kept = best.sample(SAMPLED, seed=(*seed, 2))
    return {"quantiles": quantiles, "sample": tuple(tuple(row) for row in kept.tolist())}

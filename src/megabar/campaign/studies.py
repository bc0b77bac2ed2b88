"""Studies of simulated campaigns, which ask whether a verdict is right as often as it says.

A truth is drawn from priors, a campaign of a stated design is simulated from it, and a hypothesis
is asked what it makes of that. One unit of work is one (campaign, hypothesis, seed): the campaign
is drawn anew from its own seed wherever it is needed, so a unit is a few words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import inf, nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.inference.desorption import target
from megabar.inference.evidence import evidence, generator_of
from megabar.inference.hypotheses import all_hypotheses, hypothesis
from megabar.inference.json_forms import priors_from_json, priors_to_json
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import ANNEALED, IMPORTANCE, IMPOSSIBLE, UnitResult
from megabar.inference.weeks import CellWeeks, Weeks, Witness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.inference.desorption import Target
    from megabar.inference.evidence import Evidence
    from megabar.inference.priors import Prior

    Array = NDArray[np.float64]

PLACEHOLDERS: Final = MappingProxyType(
    {"shift": 900.0, "width": 38.0, "t1": 1.5, "h_width": 25.0, "total_h": 20.0, "h2": 5.0,
     "tc": 240.0, "metal_t2": 3.0}
)  # fmt: skip
"""Value of each witness in a design, where a simulation will stand."""
CONTENT: Final = 10.0
"""Content in a design."""
DRAWS: Final = 255
"""Draws of a posterior among which the truth is ranked."""
MOST_DRAWS: Final = 40_000
"""Draws after which an evidence ends, whatever its error."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """What is measured, and how well; the same for every campaign of a study.

    Parameters
    ----------
    cells
        Number of cells.
    points
        Contents per cell, at equal steps from day 0.
    last_day
        Day of the last one.
    independent_std
        Error of a content that belongs to it alone [H/M].
    relative_std
        The part of that error that goes with the content.
    common_relative_std
        Error of the scale of a cell.
    repetition_time
        Repetition time of 1H [ms].
    dead_time
        Dead time of 1H [us]; 0 if amplitudes are extrapolated.
    quality_factor
        Q of the 1H resonator.
    metal_frequency
        Larmor frequency of the metal [MHz].
    witnesses
        Witness -> its standard error at each content, in its unit.
    """

    cells: int
    points: int
    last_day: float
    independent_std: float
    relative_std: float
    common_relative_std: float
    repetition_time: float | None = None
    dead_time: float | None = None
    quality_factor: float | None = None
    metal_frequency: float | None = None
    witnesses: Mapping[str, float]

    def weeks(self) -> Weeks:
        """Give the weeks of the design, with placeholders for what a simulation draws.

        Returns
        -------
        :
            Weeks.
        """
        days = np.linspace(0.0, self.last_day, self.points)
        return Weeks(
            cells=tuple(self._cell(f"cell {number}", days) for number in range(1, self.cells + 1)),
            dead_time=self.dead_time,
            quality_factor=self.quality_factor,
            metal_frequency=self.metal_frequency,
        )

    def _cell(self, name: str, days: Array) -> CellWeeks:
        def all_days(value: float) -> Array:
            return np.full(days.size, value)

        return CellWeeks(
            cell=name,
            elapsed=days,
            h_per_metal=all_days(CONTENT),
            independent_std=all_days(self.independent_std),
            relative_std=all_days(self.relative_std),
            common_relative_std=self.common_relative_std,
            repetition_time=None
            if self.repetition_time is None
            else all_days(self.repetition_time),
            witnesses={
                one: Witness(
                    name=one, elapsed=days, value=all_days(PLACEHOLDERS[one]), std=all_days(std)
                )
                for one, std in self.witnesses.items()
            },
        )


HANDFUL: Final = Design(
    cells=4,
    points=20,
    last_day=65.0,
    independent_std=0.35,
    relative_std=0.0,
    common_relative_std=0.05,
    repetition_time=10.0,
    dead_time=7.0,
    quality_factor=40.0,
    metal_frequency=56.0,
    witnesses=MappingProxyType({}),
)
"""Four cells of twenty contents over nine weeks, and nothing else."""

WITNESSED: Final = replace(
    HANDFUL, witnesses=MappingProxyType({"shift": 60.0, "width": 1.5, "t1": 0.08})
)
"""The same with the line of the metal and T1 of 1H at every point."""


def unit(
    *,
    design: Design,
    truth: str,
    asked: str,
    campaign: int,
    error: float,
    changed: Mapping[str, Prior] = MappingProxyType({}),
    priors: str = "lah10",
) -> dict[str, Any]:
    """Write one unit of work.

    Parameters
    ----------
    design
        What is measured.
    truth
        Name of the hypothesis that makes the campaign.
    asked
        Name of the hypothesis that judges it.
    campaign
        Number of the campaign, the seed of all that is random in it.
    error
        Standard error of ln Z at which sampling ends.
    changed
        Priors of the truth that differ from those of the judge.
    priors
        Name of the set of priors of the judge.

    Returns
    -------
    :
        A JSON object.
    """
    plain = asdict(replace(design, witnesses={})) | {"witnesses": dict(design.witnesses)}
    return {
        "design": plain,
        "truth": truth,
        "asked": asked,
        "campaign": campaign,
        "error": error,
        "changed": priors_to_json(changed),
        "priors": priors,
    }


def rivals(design: Design) -> tuple[str, ...]:
    """Name all hypotheses that compete for campaigns of a design.

    Parameters
    ----------
    design
        What is measured.

    Returns
    -------
    :
        Names.
    """
    return tuple(one.name for one in all_hypotheses(design.weeks()))


def simulated(asked: Mapping[str, Any]) -> tuple[Target, Array, Weeks]:
    """Make the campaign of a unit.

    Parameters
    ----------
    asked
        The unit.

    Returns
    -------
    :
        What made it, the parameters that made it (1, d) in standard normal numbers, and the weeks.
    """
    design = Design(**asked["design"])
    priors = {**PRIORS[asked["priors"]], **priors_from_json(asked["changed"])}
    truth = target(hypothesis(asked["truth"]), design.weeks(), priors)
    generator = generator_of([asked["campaign"], *asked["truth"].encode()])
    z = generator.standard_normal((1, truth.dimension))
    return truth, z, truth.simulate(z[0], generator)


def judged(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Ask one hypothesis what it makes of one simulated campaign.

    Parameters
    ----------
    asked
        The unit.

    Returns
    -------
    :
        ``UnitResult.to_json()`` without draws.
    """
    *_, weeks = simulated(asked)
    return _asked(asked, weeks)[0].to_json()


def ranked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the hypothesis that made a campaign for the truth.

    Parameters
    ----------
    asked
        The unit; the priors of truth and judge are the same.

    Returns
    -------
    :
        As :func:`judged`, and ``ranks``: for each parameter, and for the contents of the first cell
        at the end and at twice the time, the share of the posterior below the truth.
    """
    made_by, z, weeks = simulated(asked)
    found, posterior = _asked(asked, weeks)
    ranks: dict[str, float] = {}
    if posterior is not None:
        generator = generator_of([asked["campaign"], 1])
        draws = posterior.sample(DRAWS, seed=[asked["campaign"], 2])
        truth = _answers(made_by, z)
        for name, values in _answers(made_by, draws).items():
            below = np.count_nonzero(values < truth[name])
            alike = np.count_nonzero(values == truth[name])
            place = float(below + (alike + 1) * generator.random())
            ranks[name] = place / (values.size + 1)
    return {**found.to_json(), "ranks": ranks}


def _answers(problem: Target, z: Array) -> dict[str, Array]:
    cell = problem.weeks.cells[0]
    last = cell.elapsed[-1]
    real, _ = problem.curves(z, cell.cell, [last, 2 * last])
    forecast = {"content at the end": real[:, 0], "content at twice the time": real[:, 1]}
    return {**problem.values(z), **forecast}


def _asked(asked: Mapping[str, Any], weeks: Weeks) -> tuple[UnitResult, Evidence | None]:
    """Give the evidence as it was found; a refused one stays, marked, without a second opinion."""
    story = hypothesis(asked["asked"])
    problem = target(story, weeks, PRIORS[asked["priors"]])
    blank = UnitResult(
        hypothesis=story.name,
        family=story.family,
        mechanism=story.mechanism,
        artefact=story.artefact,
        seed=asked["campaign"],
        log_evidence=-inf,
        log_evidence_std=0.0,
        laplace=nan,
        effective_fraction=0.0,
        refused=True,
        method=IMPOSSIBLE,
        dimension=problem.dimension,
        quantiles={},
        sample=(),
    )
    seed = [asked["campaign"], *story.name.encode()]
    try:
        found = evidence(problem, seed=seed, error=asked["error"], draws=MOST_DRAWS)
    except Undetermined:
        return blank, None
    result = replace(
        blank,
        log_evidence=found.log_evidence,
        log_evidence_std=found.log_evidence_std,
        laplace=found.laplace,
        effective_fraction=found.effective_fraction,
        refused=found.refused,
        method=ANNEALED if found.annealed else IMPORTANCE,
    )
    return result, found

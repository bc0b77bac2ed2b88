"""Studies of simulated campaigns, which ask whether a verdict is right as often as it says.

A truth is drawn from priors, a campaign of a stated design is simulated from it, and a hypothesis
is asked what it makes of that. One unit of work is one (campaign, hypothesis, seed): the campaign
is drawn anew from its own seed wherever it is needed, so a unit is a few words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.inference.desorption import target
from megabar.inference.evidence import generator_of
from megabar.inference.hypotheses import all_hypotheses, hypothesis
from megabar.inference.json_forms import priors_from_json, priors_to_json
from megabar.inference.priors import PRIORS
from megabar.inference.units_of_work import evaluate_unit
from megabar.inference.weeks import CellWeeks, Weeks, Witness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.inference.desorption import Target
    from megabar.inference.priors import Prior
    from megabar.inference.units_of_work import UnitResult

    Array = NDArray[np.float64]

PLACEHOLDERS: Final = MappingProxyType(
    {"shift": 900.0, "width": 38.0, "t1": 1.5, "h_width": 25.0, "total_h": 20.0, "h2": 5.0,
     "tc": 240.0}
)  # fmt: skip
"""Value of each witness in a design, where a simulation will stand."""
CONTENT: Final = 10.0
"""Content in a design."""


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
        ln Z, its error and quality, and how it was found.
    """
    _, _, weeks = simulated(asked)
    return _evidence_of(_evaluated(asked, weeks))


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
    found = _evaluated(asked, weeks)
    days = weeks.cells[0].elapsed[-1] * np.array([1.0, 2.0])
    draws, truth = _answers(made_by, found.draws, days), _answers(made_by, z, days)
    generator = generator_of([asked["campaign"], 1])
    ranks = {}
    for name, values in draws.items():
        below = int(np.count_nonzero(values < truth[name]))
        ties = int(np.count_nonzero(values == truth[name]))
        ranks[name] = (below + (ties + 1) * float(generator.random())) / (values.size + 1)
    return {**_evidence_of(found), "ranks": ranks}


def _answers(problem: Target, z: Array, days: Array) -> dict[str, Array]:
    values = dict(problem.values(z))
    real, _ = problem.curves(z, problem.weeks.cells[0].cell, days)
    return {**values, "content at the end": real[:, 0], "content at twice the time": real[:, 1]}


def _evaluated(asked: Mapping[str, Any], weeks: Weeks) -> UnitResult:
    return evaluate_unit(
        weeks,
        hypothesis(asked["asked"]),
        PRIORS[asked["priors"]],
        seed=asked["campaign"],
        error=asked["error"],
    )


def _evidence_of(found: UnitResult) -> dict[str, Any]:
    names = {one.name for one in fields(found)} - {"sample", "quantiles"}
    return {name: value for name, value in found.to_json().items() if name in names}

r"""Which measurement of the next two weeks would tell the stories apart best.

.. math:: U(d) = \sum_i p_i\, E_{D|i,d}\left[ \ln Z_i(D) - \ln
    \frac{\sum_{j \ne i} p_j Z_j(D)}{1 - p_i} \right]

New data D are simulated from the posterior of each family's best story i, and every rival j says
how probable they are, averaged over its own posterior:
:math:`Z_j(D) = \langle p(D|\theta_j) \rangle`. U is the gain in the logarithm of the odds for the
truth. Where few draws of a posterior are near the simulated data, averages are too low and noisy:
small differences of U between measurements of much information mean little.

A step of temperature changes every rate by an Arrhenius factor, which acts as a faster clock. Its
energies are assumptions, stated with the result: 0.95 eV where a surface limits, 0.2 eV where
diffusion does, none for an artefact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, isfinite, log, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.constants import elementary_charge, k_boltzmann
from megabar.errors import Undetermined
from megabar.inference.comparison import DECIDED, member_probabilities
from megabar.inference.desorption import target
from megabar.inference.evidence import generator_of
from megabar.inference.hypotheses import hypothesis
from megabar.inference.weeks import Witness
from megabar.inference.witnesses import LOGARITHMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megabar.inference.desorption import Target
    from megabar.inference.posterior_modes import Array
    from megabar.inference.priors import Prior
    from megabar.inference.units_of_work import UnitResult
    from megabar.inference.weeks import CellWeeks, Weeks

ACTIVATION: Final[Mapping[str, float]] = MappingProxyType(
    {
        "stable": 0.0, "artefact": 0.0, "surface or interface": 0.95, "two-step": 0.95,
        "diffusive": 0.2, "sink": 0.2,
    }
)  # fmt: skip
"""Family -> activation energy [eV] that a step of temperature is judged with."""

_POINTS: Final = 6  # contents of each cell in the new weeks
_DAYS: Final = 14.0
_STORIES: Final = 1e-3  # probability of a family that takes part
_LOWEST: Final = -700.0  # ln of a probability that is still a number
_FEWEST_FUTURES: Final = 5
_ASSUMED: Final = (
    "activation 0.95 eV where a surface or two steps limit, 0.2 eV where diffusion or a sink does, "
    "none for artefacts; in a combination the artefact keeps the pace of the loss"
)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One measurement that could come next.

    Parameters
    ----------
    name, words
        What it is.
    days
        Days after the last point at which contents are measured, (k,).
    noise
        Independent error over that of the last point.
    witness, witness_std, witness_value
        Witness measured at the new points, or ``""``, its error and its usual size where it has
        not been measured yet, in its unit.
    repetition_time
        Of the new points [ms]; None as before.
    warmer
        Step of temperature after the last point [K].
    """

    name: str
    words: str
    days: tuple[float, ...]
    noise: float = 1.0
    witness: str = ""
    witness_std: float = 0.0
    witness_value: float = 0.0
    repetition_time: float | None = None
    warmer: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What a measurement is worth.

    Parameters
    ----------
    name, words
        Which.
    gain, gain_std
        Expected gain in the logarithm of the odds for the truth, and its Monte Carlo error.
    decides
        Share of simulated futures in which the true family exceeds 0.9.
    assumption
        What was assumed beside the priors, or ``""``.
    """

    name: str
    words: str
    gain: float
    gain_std: float
    decides: float
    assumption: str


def usual_candidates(weeks: Weeks) -> tuple[Candidate, ...]:
    """List measurements of two weeks that a laboratory can choose from.

    Parameters
    ----------
    weeks
        Data so far; what they hold decides what makes sense.

    Returns
    -------
    :
        Candidates; each measures six contents of every cell.
    """
    spread = tuple(np.linspace(_DAYS / _POINTS, _DAYS, _POINTS).tolist())
    late = tuple((4 * _DAYS + np.linspace(0, _DAYS, _POINTS)).tolist())
    many = tuple(np.linspace(_DAYS / (3 * _POINTS), _DAYS, 3 * _POINTS).tolist())
    found = [
        Candidate(name="go on", words="six contents in the next two weeks", days=spread),
        Candidate(name="wait", words="the same six contents after eight weeks more", days=late),
        Candidate(name="more points", words="eighteen contents in two weeks", days=many),
        Candidate(name="lower noise", words="six contents with half the noise", days=spread,
                  noise=0.5),
        Candidate(name="warmer", words="six contents while the cell is 10 K warmer", days=spread,
                  warmer=10.0),
        Candidate(name="long repetition time", days=spread, repetition_time=100.0,
                  words="six contents with a repetition time of 100 ms"),
        Candidate(name="T1", words="T1 of 1H with each of six contents", days=spread, witness="t1",
                  witness_std=0.1, witness_value=1.5),
        Candidate(name="shift", words="shift of the metal with each of six contents", days=spread,
                  witness="shift", witness_std=50.0, witness_value=900.0),
    ]  # fmt: skip
    if weeks.metal_frequency is not None:
        found.append(
            Candidate(name="width", words="width of the metal's line with each of six contents",
                      days=spread, witness="width", witness_std=2.0, witness_value=38.0)
        )  # fmt: skip
    return tuple(found)


def rank_measurements(
    weeks: Weeks,
    results: Sequence[UnitResult],
    priors: Mapping[str, Prior],
    *,
    seed: int,
    candidates: Sequence[Candidate] = (),
    temperature: float | None = None,
    simulations: int = 40,
) -> tuple[Worth, ...]:
    """Order measurements by what they are expected to tell.

    Parameters
    ----------
    weeks, priors
        That the results were computed from.
    results
        Units of all hypotheses.
    seed
        Of the simulations.
    candidates
        Measurements; those of :func:`usual_candidates` if empty.
    temperature
        Of the cells so far [K]; without it a step of temperature is left out.
    simulations
        Futures of each measurement, over all families.

    Returns
    -------
    :
        The most telling first.

    Raises
    ------
    Undetermined
        If a single family is left, so that nothing is to be told apart.

    References
    ----------
    Lindley, Ann. Math. Stat. 27, 986 (1956), doi:10.1214/aoms/1177728069.
    """
    stories, p = _stories(results)
    chosen = candidates or usual_candidates(weeks)
    found = []
    for number, one in enumerate(chosen):
        if (one.warmer and temperature is None) or _needs_repetition(one, weeks):
            continue
        generator = generator_of((seed, 0x6E, number))
        benches = [
            _Bench.of(
                story, weeks, one, priors, _speed(story.family, temperature, one.warmer), generator
            )
            for story in stories
        ]
        found.append(_worth(one, benches, p, simulations, generator))
    return tuple(sorted(found, key=lambda one: -one.gain))


def _needs_repetition(candidate: Candidate, weeks: Weeks) -> bool:
    """Whether another repetition time is asked for where that so far is unknown."""
    return candidate.repetition_time is not None and any(
        one.repetition_time is None for one in weeks.cells
    )


def _stories(results: Sequence[UnitResult]) -> tuple[list[UnitResult], Array]:
    """Give the most probable story of each family, and the probabilities of the families."""
    p = member_probabilities(results)
    best: dict[str, int] = {}
    sums: dict[str, float] = {}
    for i, one in enumerate(results):
        sums[one.family] = sums.get(one.family, 0.0) + float(p[i])
        if one.sample and p[i] > p[best.get(one.family, i)] * (one.family in best):
            best[one.family] = i
    kept = [name for name in best if sums[name] > _STORIES]
    if len(kept) < 2:
        msg = (
            f"Found no rival of {kept[0] if kept else 'nothing'!r} above {_STORIES:g}; no "
            "measurement is needed to tell them apart. Ask with fewer data, or with other priors."
        )
        raise Undetermined(msg, quality="no solution")
    shares = np.array([sums[name] for name in kept])
    return [results[best[name]] for name in kept], shares / np.sum(shares)


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """One story with its posterior, on the weeks extended by a measurement."""

    design: Target
    weeks: Weeks
    old: Array
    z: Array

    @classmethod
    def of(
        cls,
        story: UnitResult,
        weeks: Weeks,
        candidate: Candidate,
        priors: Mapping[str, Prior],
        speed: float,
        generator: np.random.Generator,
    ) -> _Bench:
        which = hypothesis(story.hypothesis)
        before = target(which, weeks, priors)
        design = target(which, _extended(weeks, candidate, speed), priors)
        return cls(
            design=design,
            weeks=weeks,
            old=before.log_likelihood(story.draws),
            z=_lifted(story.draws, before.names, design.names, generator),
        )

    def future(self, draw: int, generator: np.random.Generator) -> Weeks:
        """Simulate the new part, given the old data, from one draw of the posterior."""
        z = self.z[draw]
        made = self.design.simulate(z, generator)
        cells = tuple(
            _continued(self.design, z, number, new, old)
            for number, (new, old) in enumerate(zip(made.cells, self.weeks.cells, strict=True))
        )
        return _with_old_witnesses(self.design, replace(made, cells=cells), self.weeks)

    def predictive(self, data: Weeks, *, without: int = -1) -> float:
        """Ln of the probability of the new part of the data, given the old."""
        own = _on_clock_of(data, self.design.weeks)
        there = target(self.design.hypothesis, own, self.design.priors)
        terms = there.log_likelihood(self.z) - self.old
        kept = np.arange(terms.size) != without
        top = float(np.max(terms[kept]))
        if not isfinite(top):
            return _LOWEST
        mean = float(np.mean(np.exp(np.maximum(terms[kept] - top, _LOWEST))))
        return max(top + log(mean), _LOWEST)


def _worth(
    candidate: Candidate,
    benches: Sequence[_Bench],
    p: Array,
    simulations: int,
    generator: np.random.Generator,
) -> Worth:
    gain, variance, decides = 0.0, 0.0, 0.0
    for i, bench in enumerate(benches):
        count = max(_FEWEST_FUTURES, round(float(p[i]) * simulations))
        gains = np.empty(count)
        decided = np.zeros(count)
        for k in range(count):
            draw = int(generator.integers(bench.z.shape[0]))
            data = bench.future(draw, generator)
            logs = np.array(
                [
                    one.predictive(data, without=draw if j == i else -1)
                    for j, one in enumerate(benches)
                ]
            )
            rest = np.delete(logs + np.log(p), i)
            gains[k] = logs[i] - np.logaddexp.reduce(rest) + log(1 - p[i])
            decided[k] = logs[i] + log(p[i]) - np.logaddexp.reduce(rest) > log(
                DECIDED / (1 - DECIDED)
            )
        gain += float(p[i] * np.mean(gains))
        variance += float(p[i] ** 2 * np.var(gains, ddof=1) / count)
        decides += float(p[i] * np.mean(decided))
    return Worth(
        name=candidate.name,
        words=candidate.words,
        gain=gain,
        gain_std=sqrt(variance),
        decides=decides,
        assumption=_ASSUMED if candidate.warmer else "",
    )


def _speed(family: str, temperature: float | None, warmer: float) -> float:
    if temperature is None or not warmer:
        return 1.0
    slope = ACTIVATION[family] * elementary_charge / k_boltzmann
    return exp(slope * (1 / temperature - 1 / (temperature + warmer)))


def _extended(weeks: Weeks, candidate: Candidate, speed: float) -> Weeks:
    """Add the new points, on a clock that may run faster; their values do not matter."""
    days = np.array(candidate.days) * speed
    cells = []
    for one in weeks.cells:
        new = one.elapsed[-1] + days
        more = {name: _longer(witness, new) for name, witness in one.witnesses.items()}
        if candidate.witness:
            more[candidate.witness] = _joined(one.witnesses.get(candidate.witness), candidate, new)
        cells.append(
            replace(
                one,
                elapsed=np.append(one.elapsed, new),
                h_per_metal=np.append(one.h_per_metal, np.full(new.size, one.h_per_metal[-1])),
                independent_std=_repeated(one.independent_std, new.size, candidate.noise),
                relative_std=_repeated(one.relative_std, new.size, candidate.noise),
                repetition_time=_repetition(one, new.size, candidate.repetition_time),
                witnesses=more,
            )
        )
    return replace(weeks, cells=tuple(cells))


def _repeated(values: Array | None, count: int, factor: float) -> Array | None:
    return None if values is None else np.append(values, np.full(count, factor * values[-1]))


def _repetition(cell: CellWeeks, count: int, value: float | None) -> Array | None:
    if cell.repetition_time is None:
        return None
    last = cell.repetition_time[-1] if value is None else value
    return np.append(cell.repetition_time, np.full(count, last))


def _longer(witness: Witness, days: Array) -> Witness:
    """Go on with a witness that is measured already, as often as it was at most."""
    return replace(
        witness,
        elapsed=np.append(witness.elapsed, days),
        value=np.append(witness.value, np.full(days.size, witness.value[-1])),
        std=np.append(witness.std, np.full(days.size, witness.std[-1])),
    )


def _joined(witness: Witness | None, candidate: Candidate, days: Array) -> Witness:
    if witness is not None:
        return _longer(witness, days)
    return Witness(
        name=candidate.witness,
        elapsed=days,
        value=np.full(days.size, candidate.witness_value),
        std=np.full(days.size, candidate.witness_std),
    )


def _lifted(
    z: Array, before: Sequence[str], after: Sequence[str], generator: np.random.Generator
) -> Array:
    """Give draws the parameters that a new witness brings; what is new has its prior."""
    lifted = generator.standard_normal((z.shape[0], len(after)))
    for column, name in enumerate(after):
        known = name if name in before else name.partition("[")[0]
        if known in before:
            lifted[:, column] = z[:, list(before).index(known)]
    return lifted


def _on_clock_of(data: Weeks, design: Weeks) -> Weeks:
    """Put values on the days that a story counts them by."""
    cells = []
    for one, clock in zip(data.cells, design.cells, strict=True):
        witnesses = {
            name: replace(witness, elapsed=clock.witnesses[name].elapsed)
            for name, witness in one.witnesses.items()
        }
        cells.append(replace(one, elapsed=clock.elapsed, witnesses=witnesses))
    return replace(data, cells=tuple(cells))


def _continued(design: Target, z: Array, number: int, made: CellWeeks, old: CellWeeks) -> CellWeeks:
    """Condition simulated contents of a cell on those that exist, by their joint covariance."""
    covariance = design.content_covariance(z, number)
    count = old.elapsed.size
    miss = np.linalg.solve(covariance[:count, :count], old.h_per_metal - made.h_per_metal[:count])
    new = made.h_per_metal[count:] + covariance[count:, :count] @ miss
    return replace(made, h_per_metal=np.append(old.h_per_metal, new))


def _with_old_witnesses(design: Target, made: Weeks, old: Weeks) -> Weeks:
    """Condition simulated witnesses on those that exist: what a witness does by itself goes on."""
    changed = {one.cell: dict(one.witnesses) for one in made.cells}
    for block in (*design.moved, *design.alone):
        values = np.empty(block.std.size)
        seen = np.zeros(block.std.size, dtype=bool)
        kept = np.empty(block.std.size)
        for number in np.unique(block.cells):
            mine = np.flatnonzero(block.cells == number)
            values[mine] = made.cells[number].witnesses[block.name].value
            before = old.cells[number].witnesses.get(block.name)
            if before is not None:
                seen[mine[: before.value.size]] = True
                kept[mine[: before.value.size]] = before.value
        if not np.any(seen):
            continue
        covariance = block.directions @ block.directions.T + np.diag(block.std**2)
        off = _compared(block.name, kept[seen]) - _compared(block.name, values[seen])
        move = covariance[:, seen] @ np.linalg.solve(covariance[np.ix_(seen, seen)], off)
        values = _measured(block.name, _compared(block.name, values) + move)
        values[seen] = kept[seen]
        for number in np.unique(block.cells):
            cell = made.cells[number]
            changed[cell.cell][block.name] = replace(
                cell.witnesses[block.name], value=values[block.cells == number]
            )
    cells = tuple(replace(one, witnesses=changed[one.cell]) for one in made.cells)
    return replace(made, cells=cells)


def _compared(name: str, value: Array) -> Array:
    if name in LOGARITHMS:
        return np.asarray(np.log(value))
    return value**2 if name == "width" else value


def _measured(name: str, compared: Array) -> Array:
    if name in LOGARITHMS:
        return np.asarray(np.exp(compared))
    return np.sqrt(np.maximum(compared, 1e-6)) if name == "width" else compared

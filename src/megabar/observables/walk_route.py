r"""Relaxation at any field from the hops of a trajectory that is far too short to show it.

1. Hops of the trajectory: rates per bond into an empty site, and how many sites are empty.
2. A walk with these rates, long and large: S(t), and the tracer diffusivity.
3. Rates of relaxation by scaling; one walk serves all fields.

.. math:: j(\omega; c W) = \tfrac1c \, j(\omega / c; W)

Hops are assumed to be a Markov process without memory, one atom at a time, on sites of one energy
in a host that does not move; nuclei are classical.

Twin: ``motion.trajectories``, which also measures what the walk must reproduce.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from megabar.errors import Undetermined
from megabar.matter import crystals
from megabar.motion import lattice_walks, trajectories
from megabar.motion.arguments import not_negative
from megabar.motion.trajectories.diffusivities import line_weights
from megabar.observables import motion_models
from megabar.observables.declared_networks import primitive_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from megabar.matter.crystals import Crystal
    from megabar.motion.lattice_walks import DecaySpectrum, Network, VacancyWalk
    from megabar.motion.trajectories import DipolarCorrelation, Estimate, HopStatistics
    from megabar.observables.motion_models import Motion

    Array = NDArray[np.float64]

SIGMAS: Final = 2.0
"""Standard errors by which a walk may differ from its trajectory."""

SHARE_OF_START: Final = 0.02
"""Of S(0): what vibrations and the cell of a trajectory may change in its S(t) beside errors."""

COMPARED: Final = (1e-12, 20e-12)
"""Lags between which S of the trajectory and of the walk are compared [s]."""

_DRAWS: Final = 4000
_STEP: Final = 0.1  # of the logarithm of a rate
_INTERVAL: Final = (15.865, 50.0, 84.135)  # per cent
_POINTS: Final = 8  # lags compared
_FITTED: Final = 10  # lags of a line
_STEPS_TO_FIRST: Final = 20
_SAME: Final = 1e-5  # of a lattice vector


@dataclass(frozen=True, kw_only=True, eq=False)
class WalkRelaxation:
    """Relaxation of hydrogen that hops as a trajectory shows.

    Parameters
    ----------
    larmor_frequency
        nu0 [Hz], (field,).
    r1, r2
        Medians [s-1], (field,).
    r1_interval, r2_interval
        At 68 % [s-1], (2, field).
    diffusivity
        Tracer diffusivity at long times, median [m2/s].
    diffusivity_interval
        At 68 % [m2/s].
    shares
        Relative standard error of R1 from the counts of hops, the vacancies, the simulation; each
        (field,).
    motion
        The model, for any other field or diffusivity.
    walk
        The simulation behind it.
    quality
        ``"value"``, or ``"not reached"`` where rates of relaxation are not meant.
    reason
        Why, in one sentence.
    """

    larmor_frequency: Array
    r1: Array
    r2: Array
    r1_interval: Array
    r2_interval: Array
    diffusivity: float
    diffusivity_interval: tuple[float, float]
    shares: dict[str, Array]
    motion: Motion
    walk: VacancyWalk
    quality: str
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreement:
    """Whether a walk does what its trajectory did.

    Parameters
    ----------
    quality
        ``"value"``, or ``"failed"`` where they differ: then no number of the walk is meant.
    reason
        Why, in one sentence.
    diffusivity
        Of the walk, in the window of the trajectory [m2/s].
    diffusivity_deviation
        Trajectory less walk, in standard errors.
    lags
        Where S was compared [s].
    correlation_deviation
        Trajectory less walk there, over the limit; beyond 1 they differ.
    """

    quality: str
    reason: str
    diffusivity: float
    diffusivity_deviation: float
    lags: Array
    correlation_deviation: Array


def relaxation_from_hops(
    *,
    statistics: HopStatistics,
    crystal: Crystal,
    larmor_frequency: ArrayLike,
    vacancy_fraction_std: float,
    seed: int,
    replicas: int = 8,
    mesh: lattice_walks.ZoneMesh | None = None,
) -> WalkRelaxation:
    r"""Compute R1, R2 and D of hydrogen from the hops of a trajectory, at any field.

    Errors: rates are drawn from the gamma distributions that counts of hops leave,
    :math:`W_k \sim \Gamma(n_k, 1/E_k)`. All rates together scale the walk exactly; ratios between
    classes act as they do in the exact exchange walk, linearly in :math:`\ln W_k`. The vacancy
    fraction acts as a factor of all rates, and the simulation by the jackknife.

    Parameters
    ----------
    statistics
        Hops of a trajectory; kinds of sites named as in the crystal.
    crystal
        Its sites, at the lattice parameter of the trajectory.
    larmor_frequency
        nu0 [Hz], not angular; any shape.
    vacancy_fraction_std
        Standard error of the share of empty sites; 0 if the cell of the trajectory is meant.
    seed
        Of the simulation and of the draws.
    replicas
        Of the simulation, at least 4.
    mesh
        Points of the zone of the exact walks; none: their default.

    Returns
    -------
    :
        Rates with intervals.

    Raises
    ------
    Undetermined
        If no network follows from the hops, they lead nowhere, or no site is empty.

    References
    ----------
    Gillespie, J. Comput. Phys. 22, 403 (1976), doi:10.1016/0021-9991(76)90041-3, for the walk.
    """
    spread = not_negative(vacancy_fraction_std, name="error of the vacancy fraction", unit="1")
    network = _network(statistics, crystal)
    fields = np.atleast_1d(np.asarray(larmor_frequency, dtype=np.float64)).ravel()
    walk, motion = motion_models.walk_by_vacancies(
        crystal, network, name="hops of the trajectory",
        vacancy_fraction=statistics.vacancy_fraction, seed=seed, replicas=replicas, mesh=mesh,
    )  # fmt: skip
    # as many sites are empty as a whole number allows; in the trajectory a few more or less
    empty = statistics.vacancy_fraction / walk.vacancy_fraction
    middle = _logarithms(motion, motion.diffusivity * empty, fields)
    slopes, counts = _responses(crystal, network, statistics, motion, fields, mesh)

    def simulated(
        like: DecaySpectrum, past: tuple[DecaySpectrum, ...], diffusivity: float
    ) -> Array:
        groups = {id(one): other for one, other in zip(walk.past_fixed, past, strict=True)}
        other = replace(
            motion,
            density=like,
            diffusivity=diffusivity,
            partners=tuple(
                replace(one, density=groups[id(one.density)]) for one in motion.partners
            ),
        )
        return _logarithms(other, diffusivity * empty, fields)

    noise = walk.std_of(simulated)
    generator = np.random.default_rng(seed)
    rates = np.log(generator.gamma(counts, 1 / counts, size=(_DRAWS, len(counts))))
    vacancies = generator.normal(scale=spread / statistics.vacancy_fraction, size=_DRAWS)
    parts = {
        "hops": rates @ slopes,
        "vacancies": vacancies[:, None] * slopes.sum(axis=0),
        "simulation": generator.normal(size=(_DRAWS, len(middle))) * noise,
    }
    low, half, high = np.exp(middle + np.percentile(sum(parts.values()), _INTERVAL, axis=0))
    count = len(fields)
    quality, reason = _meant(motion, float(half[0]))
    return WalkRelaxation(
        larmor_frequency=fields,
        r1=half[1 : 1 + count],
        r2=half[1 + count :],
        r1_interval=np.stack([low, high])[:, 1 : 1 + count],
        r2_interval=np.stack([low, high])[:, 1 + count :],
        diffusivity=float(half[0]),
        diffusivity_interval=(float(low[0]), float(high[0])),
        shares={name: part.std(axis=0)[1 : 1 + count] for name, part in parts.items()},
        motion=motion,
        walk=walk,
        quality=quality,
        reason=reason,
    )


def agreement_with_trajectory(
    found: WalkRelaxation,
    *,
    diffusivity: Estimate,
    lags: Sequence[float],
    correlation: DipolarCorrelation | None,
) -> Agreement:
    r"""Compare a walk with the trajectory that its hops are from.

    D is the slope of the mean squared displacement over the same lags, within 2 standard errors,
    as far out as Student's t puts them: one in twenty true walks fails. S is compared between 1 and
    20 ps: within 2 standard errors, those of the rates of the walk included, and 2 % of S(0), which
    is what vibrations and a small cell may do. Where they differ, bonds are missing, hops are
    correlated, or hops were missed: no number of the walk is meant.

    Parameters
    ----------
    found
        The walk.
    diffusivity
        Tracer diffusivity of the trajectory [m2/s].
    lags
        First and last lag of its fit [s].
    correlation
        S of like spins of the trajectory; none leaves it out.

    Returns
    -------
    :
        The verdict.
    """
    walked = _slope_between(found, float(min(lags)), float(max(lags)))
    low, high = found.diffusivity_interval
    relative = (high - low) / (2 * found.diffusivity)
    apart = (diffusivity.value - walked) / np.hypot(diffusivity.std, relative * walked)
    times, beyond = np.zeros(0), np.zeros(0)
    if correlation is not None:
        times, beyond = _beyond(found, correlation)
    fails = []
    if abs(apart) > _student(diffusivity.degrees_of_freedom):
        fails.append(
            f"D of the trajectory is {diffusivity.value:.3g} m2/s, of the walk {walked:.3g} over "
            f"the same lags, {abs(apart):.1f} standard errors apart"
        )
    if np.any(np.abs(beyond) > 1):
        worst = int(np.abs(beyond).argmax())
        fails.append(f"S of the two differs at {times[worst] * 1e12:.3g} ps")
    reason = "The walk does what the trajectory did."
    if fails:
        reason = (
            f"{'; '.join(fails)}. Bonds are missing, hops are correlated, or frames are too far "
            "apart to see all hops."
        )
    return Agreement(
        quality="failed" if fails else "value",
        reason=reason,
        diffusivity=walked,
        diffusivity_deviation=float(apart),
        lags=times,
        correlation_deviation=beyond,
    )


def _student(degrees_of_freedom: float) -> float:
    """Give 2 standard errors, as far out as they are where the error itself is estimated."""
    if not np.isfinite(degrees_of_freedom):
        return SIGMAS
    return float(stats.t.ppf(stats.norm.cdf(SIGMAS), degrees_of_freedom))


def _network(statistics: HopStatistics, crystal: Crystal) -> Network:
    """Build the network of the hops in a primitive cell, if atoms travel on it."""
    if statistics.vacancy_fraction <= 0:
        msg = (
            f"Found {statistics.atoms} atoms on {statistics.sites} sites: none is empty, so atoms "
            "trade places or sites are missing. Complete the sites of the crystal."
        )
        raise Undetermined(msg, quality="no solution")
    cell = primitive_cell(crystal)
    hydrogen = crystals.hydrogen_sites(crystal)
    fractions = np.round(hydrogen.positions @ np.linalg.inv(cell), 6) % 1.0
    _, first = np.unique(np.round(fractions / _SAME) % round(1 / _SAME), axis=0, return_index=True)
    chosen = np.sort(first)
    network = trajectories.network_from_hops(
        statistics,
        cell=cell,
        sites=fractions[chosen] @ cell,
        kinds=[hydrogen.kinds[one] for one in chosen],
    )
    if any(part.dimensions < 3 for part in lattice_walks.components(network)):
        msg = (
            "Found hops that lead atoms back and forth between few sites only; nothing diffuses "
            "as far as this run shows. Run longer, or at a higher temperature."
        )
        raise Undetermined(msg, quality="not reached")
    return network


def _logarithms(motion: Motion, diffusivity: float, fields: Array) -> Array:
    """Give the logarithms of D, of R1 at each field, of R2 at each field."""
    rates = [motion.rates(diffusivity, larmor_frequency=float(one)) for one in fields]
    r1, r2 = [float(one.r1) for one in rates], [float(one.r2) for one in rates]
    return np.log([diffusivity, *r1, *r2])


def _responses(
    crystal: Crystal,
    network: Network,
    statistics: HopStatistics,
    motion: Motion,
    fields: Array,
    mesh: lattice_walks.ZoneMesh | None,
) -> tuple[Array, Array]:
    r"""Slopes d ln Q/d ln W of the exact exchange walk, (class, Q), and hops of each class.

    All classes together are a factor of the rates, of which the slope is that of the walk itself.
    """
    classes = [one for one in trajectories.pooled_rates(statistics) if one[2] > 0]
    counts = np.array([_hops(statistics, kinds, distance) for kinds, distance, _ in classes])
    together = _together(motion, fields)
    if len(classes) == 1:
        return together[None, :], counts
    lengths = np.linalg.norm(network.vectors, axis=1)
    stretch = motion.diffusivity / lattice_walks.free_diffusivity(network)
    slopes = []
    for _, distance, rate in classes[1:]:
        ends = []
        for sign in (1, -1):
            mine = np.isclose(lengths, distance, rtol=0.01) & np.isclose(network.rates, rate)
            faster = np.where(mine, network.rates * np.exp(sign * _STEP), network.rates)
            other = replace(network, rates=faster)
            exact = motion_models.exchange_walk(crystal, other, name="response", mesh=mesh)
            ends.append(_logarithms(exact, exact.diffusivity * stretch, fields))
        slopes.append((ends[0] - ends[1]) / (2 * _STEP))
    return np.stack([together - np.sum(slopes, axis=0), *slopes]), counts


def _together(motion: Motion, fields: Array) -> Array:
    ends = [
        _logarithms(motion, motion.diffusivity * np.exp(sign * _STEP), fields) for sign in (1, -1)
    ]
    slope: Array = (ends[0] - ends[1]) / (2 * _STEP)
    return slope


def _hops(statistics: HopStatistics, kinds: tuple[str, str], distance: float) -> int:
    return sum(
        one.count
        for one in statistics.classes
        if one.distance == distance and sorted(one.kinds) == sorted(kinds)
    )


def _meant(motion: Motion, diffusivity: float) -> tuple[str, str]:
    slowest = motion.slowest()
    if diffusivity < slowest:
        reason = (
            f"D is {diffusivity:.2g} m2/s; below {slowest:.2g} the couplings turn the spins before "
            "the atoms hop, and a width takes the place of rates."
        )
        return "not reached", reason
    return "value", "Rates follow from the hops of the trajectory, as far as hops are all there is."


def _slope_between(found: WalkRelaxation, first: float, last: float) -> float:
    """Slope of the mean squared displacement of the walk over 6 [m2/s]."""
    walk, factor = found.walk, found.diffusivity / float(found.walk.diffusivity.value)
    times = np.concatenate([[0.0], walk.lags / factor])
    squares = np.concatenate([[0.0], walk.tracer.mean(axis=0)])
    steps = np.linspace(_STEPS_TO_FIRST, _STEPS_TO_FIRST * last / first, _FITTED).round()
    lags = steps * first / _STEPS_TO_FIRST
    inside = np.interp(lags, times, squares)
    beyond = 6 * found.diffusivity * np.maximum(lags - times[-1], 0.0)
    weights, _ = line_weights(steps.astype(np.int64))  # those of the fit to the trajectory
    return float(weights @ (inside + beyond)) * _STEPS_TO_FIRST / (6 * first)


def _beyond(found: WalkRelaxation, correlation: DipolarCorrelation) -> tuple[Array, Array]:
    """Lags, and by how much S of the trajectory is off there, over what it may."""
    first, last = COMPARED
    inside = np.flatnonzero((correlation.lags >= first) & (correlation.lags <= last))
    if not inside.size:
        return np.zeros(0), np.zeros(0)
    wanted = np.geomspace(correlation.lags[inside[0]], correlation.lags[inside[-1]], _POINTS)
    near = np.unique(np.searchsorted(correlation.lags, wanted * (1 - 1e-9)))
    factor = found.diffusivity / float(found.walk.diffusivity.value)
    walked = found.walk.density.scaled(factor)
    times = correlation.lags[near]
    off = correlation.values[near] - walked.correlation(times)
    low, high = found.diffusivity_interval
    relative = (high - low) / (2 * found.diffusivity)
    slope = walked.correlation(times * np.exp(-_STEP)) - walked.correlation(times * np.exp(_STEP))
    error = np.hypot(correlation.std[near], relative * slope / (2 * _STEP))
    limit = SIGMAS * error + SHARE_OF_START * walked.sum_r6
    return np.asarray(times), np.asarray(off / limit)

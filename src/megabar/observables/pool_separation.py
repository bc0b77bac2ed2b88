r"""How much hydrogen each pool holds, from several records of one day fitted together.

A pool that relaxes slowly is weak at a short repetition time and strong at a long one, a broad one
is gone where a narrow one still rings, one at another shift turns at another frequency. All of it
is in the signals of ``pool_signals``; the amplitudes at full visibility are what is left to fit.

What the records leave together is not torn apart: of pools whose signals are alike only the
combination is given that the data determine. A pool that does not stand out has an upper bound.

Twin: ``virtual.truth``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting
from megabar.errors import Undetermined
from megabar.fitting.problem import prepare
from megabar.fitting.projection import linearise, projected_hessian
from megabar.observables.detection import normal_quantile
from megabar.observables.line_models import FALSE_ALARM
from megabar.observables.measured_words import measured
from megabar.observables.pool_model import PRIOR, JointModel, Quantity, rows_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.observables.hydrogen_pools import Pool, Reading

    Array = NDArray[np.float64]

MOST_INFLATION: Final = 4.0
"""Error of a pool over that with the others known, above which it is not told apart from them."""

_MEMBER: Final = 0.05  # of the square of a direction that the data do not determine
_ZERO: Final = 1e-10  # of the eigenvalues of a normalised information
_MISFIT: Final = 1e-4
_EQUAL: Final = 0.01  # within which weights of a combination make it a sum
_PHASE_SIGMAS: Final = 5.0
_COMMON: Final = "phase"


@dataclass(frozen=True, kw_only=True)
class PoolAmplitude:
    """Hydrogen of one pool, as an amplitude per scan at full visibility and unit gain.

    Parameters
    ----------
    name
        Of the pool.
    quality
        ``"value"``, ``"upper bound"`` or ``"not determined"``.
    value, std
        Amplitude and standard error; nan unless the quality is ``"value"``.
    bound
        One-sided upper bound at the probability of the separation; ``inf`` if there is none.
    estimate, estimate_std
        Unbiased estimate of either sign, whatever the quality; its error may be ``inf``.
    inflation
        Error over that with the amplitudes of the other pools known.
    """

    name: str
    quality: str
    value: float
    std: float
    bound: float
    estimate: float
    estimate_std: float
    inflation: float


@dataclass(frozen=True, kw_only=True)
class Combination:
    """What the records determine of pools that they do not tell apart.

    Parameters
    ----------
    weights
        Pool -> weight, the largest 1.
    value, std
        Weighted sum of the amplitudes at full visibility, and its standard error: of the noise, and
        of what the records show of the pool that is known worst.
    noise_std
        Of the noise alone.
    """

    weights: Mapping[str, float]
    value: float
    std: float
    noise_std: float

    @property
    def words(self) -> str:
        """Name it."""
        names = " and ".join(self.weights)
        if max(self.weights.values()) - min(self.weights.values()) <= _EQUAL:
            return f"the sum of {names}"
        return " + ".join(f"{weight:.3g} {name}" for name, weight in self.weights.items())


@dataclass(frozen=True, kw_only=True, eq=False)
class PoolAmplitudes:
    """Result of a separation.

    Parameters
    ----------
    pools
        One for each pool, in their order.
    combinations
        Of pools that are not told apart.
    covariance
        Of the estimates, ``inf`` on the diagonal where the data say nothing, (pool, pool).
    quantities
        ``"t1 of H2"`` and the like -> value and standard error after the fit.
    fitted
        Pools with those values.
    noise_per_root_scan
        Rms per channel of one scan in the first record, at unit gain.
    dwell
        Of the first record [s].
    chi2, degrees_of_freedom, chi2_probability
        Of the fit of all records.
    probability
        Of the bounds.
    warnings
        Sentences.
    """

    pools: tuple[PoolAmplitude, ...]
    combinations: tuple[Combination, ...]
    covariance: Array
    quantities: Mapping[str, tuple[float, float]]
    fitted: tuple[Pool, ...]
    noise_per_root_scan: float
    dwell: float
    chi2: float
    degrees_of_freedom: int
    chi2_probability: float
    probability: float
    warnings: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> PoolAmplitude:
        return next(one for one in self.pools if one.name == name)

    @property
    def correlation(self) -> Array:
        """Correlation matrix of the estimates; nan where one is not determined."""
        std = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore"):
            return np.asarray(self.covariance / np.outer(std, std))

    def sentences(self) -> tuple[str, ...]:
        """Say in words what is known of each pool."""
        said = [_sentence(one, self.probability) for one in self.pools]
        for one in self.combinations:
            names = " and ".join(one.weights)
            said.append(
                f"{names} are not told apart by these records: only {one.words} is determined, "
                f"{measured(one.value, one.std, '')}."
            )
        return (*said, *self.warnings)


def _sentence(one: PoolAmplitude, probability: float) -> str:
    if one.quality == "value":
        return f"{one.name}: {measured(one.value, one.std, '')} at full visibility."
    if one.quality == "upper bound":
        return f"{one.name}: below {one.bound:.4g} at full visibility ({100 * probability:g} %)."
    limit = f", though below {one.bound:.4g}" if math.isfinite(one.bound) else ""
    return f"{one.name}: not determined{limit}."


def separate_pools(
    taken: Sequence[tuple[xr.Dataset, Reading]],
    pools: Sequence[Pool],
    *,
    phase: float | None = None,
    own_phases: Sequence[str] = (),
    noise: Mapping[str, tuple[float, float]] | None = None,
    probability: float = 0.95,
) -> PoolAmplitudes:
    """Fit several records of one day together as a sum of pools.

    First with all pools as stated; then, of the pools that are there, everything that has an error
    moves with it. Amplitudes have the sign that the noise gives them, so that they are unbiased.

    Parameters
    ----------
    taken
        Acquisitions with their readings, whose names differ; steps of an array count each.
    pools
        Hydrogen by kind; an error of 0 holds a quantity, a finite one makes it a datum, ``inf``
        leaves it to the data.
    phase
        Of the receiver, common to all records [rad]; fitted if not given.
    own_phases
        Names of readings whose phase is fitted apart.
    noise
        Reading -> rms per channel of one point as accumulated, and its error; from the tails where
        not given.
    probability
        Of upper bounds, one-sided.

    Returns
    -------
    :
        Amplitudes at full visibility with their covariance, bounds, and what is not told apart.

    Raises
    ------
    Undetermined
        If no line is strong enough to give a phase that is not given.
    FitFailed
        If the fit does not arrive.
    SchemaError
        If data are no untouched Acquisitions.
    ValueError
        If names are not unique, or there is nothing to fit.

    References
    ----------
    Golub, Pereyra, SIAM J. Numer. Anal. 10, 413 (1973), doi:10.1137/0710036.

    Examples
    --------
    >>> from math import inf, pi
    >>> from megabar import schemas
    >>> from megabar.observables.hydrogen_pools import Pool, Reading, short_pulse
    >>> from megabar.observables.pool_signals import signal
    >>> known = {"fwhm_std": 0.0, "shift": 0.0, "shift_std": 0.0, "t1_std": 0.0, "t2_std": 0.0}
    >>> narrow = Pool(name="hydride", shape="lorentzian", fwhm=2e3, t1=1e-3, t2=inf, **known)
    >>> broad = Pool(name="H2", shape="gaussian", fwhm=40e3, t1=1e-3, t2=inf, **known)
    >>> fid = Reading(name="FID", sequence="fid", repetition_time=1.0,
    ...     pulses=(short_pulse(pi / 2),), relative_field_std=0.0, dead_time=0.0,
    ...     carrier_frequency=395e6, reference_frequency=395e6, bandwidth=inf, extrapolated=True)
    >>> time, noise = np.arange(1024) * 1e-6, np.random.default_rng(1).normal(size=(2, 1024))
    >>> decay = 100 * signal(narrow, fid, time) + 200 * signal(broad, fid, time)
    >>> data = schemas.acquisition(decay + noise[0] + 1j * noise[1], time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 1, "sequence": "fid",
    ...     "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "example",
    ...     "source_sha256": "0"})
    >>> found = separate_pools([(data, fid)], [narrow, broad], noise={"FID": (1.0, 0.01)})
    >>> for name, truth in (("hydride", 100), ("H2", 200)):
    ...     print(name, abs(found[name].value - truth) < 3 * found[name].std)
    hydride True
    H2 True
    """
    _require_names(taken, pools)
    rows = [
        row
        for data, reading in taken
        for row in rows_of(
            data,
            reading,
            phase=reading.name if reading.name in own_phases else _COMMON,
            noise=(noise or {}).get(reading.name),
        )
    ]
    phases = () if phase is not None else (_COMMON,)
    moved = tuple(dict.fromkeys(row.phase for row in rows if row.phase in (*own_phases, *phases)))
    joint = JointModel(
        pools=pools,
        rows=rows,
        quantities=(),
        phases=moved,
        known_phases={} if phase is None else {_COMMON: phase},
    )
    start = _start_phases(joint)
    return _presented(_with_what_stands_out(_solved(joint, start)), taken, probability)


def _with_what_stands_out(solution: _Solution) -> _Solution:
    """Solve again and again, moving the quantities of all pools that stand out so far."""
    pools, there = solution.joint.pools, set[int]()
    for _ in range(len(pools) + 1):
        found = {k for k in range(len(pools)) if _stands_out(solution, k)}
        if found <= there:
            break
        there |= found
        joint = replace(solution.joint, quantities=_moving(pools, sorted(there)))
        phases = solution.theta[len(solution.joint.quantities) :]
        begin = [one.start for one in joint.quantities]
        solution = _solved(joint, np.concatenate([begin, phases]))
    return solution


@dataclass(frozen=True, kw_only=True, eq=False)
class _Solution:
    """A fit, and the information of the amplitudes with all else free."""

    joint: JointModel
    fit: fitting.Fit
    theta: Array
    amplitudes: Array
    information: Array


def _solved(joint: JointModel, start: Array) -> _Solution:
    y, noise = joint.data()
    x, model = np.arange(len(y), dtype=np.float64), joint.model()
    held = {PRIOR: 1.0}
    fit = fitting.fit(model, x, y, start=start, noise_std=noise, fixed=held)
    count = len(joint.parameters)
    theta, amplitudes = fit.values[:count].copy(), fit.values[count:-1].copy()
    problem = prepare(model, x, y[None], noise={"noise_std": noise}, fixed=held, bounds=None)
    gram = linearise(problem, theta[None], np.zeros(1, dtype=int)).gram
    order = [*range(count, gram.shape[1]), *range(count)]
    ordered = gram[:, order][:, :, order]
    information = projected_hessian(ordered, len(amplitudes))[0]
    return _Solution(
        joint=joint, fit=fit, theta=theta, amplitudes=amplitudes, information=information
    )


def _start_phases(joint: JointModel) -> Array:
    """Phases of the signal at its best complex amplitudes, pools as stated."""
    found = []
    for name in joint.phases:
        places = [k for k, row in enumerate(joint.rows) if row.phase == name]
        weighted = np.concatenate([joint.rows[k].signal / joint.rows[k].noise_std for k in places])
        basis = []
        for pool in joint.pools:
            signals = joint.upright(pool)
            basis.append(np.concatenate([signals[k] / joint.rows[k].noise_std for k in places]))
        norms = np.linalg.norm(basis, axis=1)
        scaled = (np.array(basis).T / np.where(norms > 0, norms, 1.0)).astype(np.complex128)
        amplitudes = np.linalg.lstsq(scaled, weighted, rcond=1e-6)[0]
        explained = float(np.linalg.norm(scaled @ amplitudes))
        if explained < _PHASE_SIGMAS * math.sqrt(2 * len(basis)):
            msg = (
                f"Found no line that stands out in the records of {name!r}; their receiver phase "
                "is open, and amplitudes would be biased. Give phase=, from a stronger record."
            )
            raise Undetermined(msg, quality="upper bound")
        found.append(float(np.angle(amplitudes.sum())))
    return np.array(found)


def _stands_out(solution: _Solution, pool: int) -> bool:
    std = _errors(solution.information)[0][pool]
    return bool(solution.amplitudes[pool] > normal_quantile(1 - FALSE_ALARM) * std)


def _moving(pools: Sequence[Pool], there: Sequence[int]) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(pool=k, name=name, value=value, std=std)
        for k in there
        for name, (value, std) in pools[k].quantities.items()
        if std > 0 and math.isfinite(value)
    )


def _errors(information: Array) -> tuple[Array, Array, Array]:
    """Give standard errors, inflations and covariance of amplitudes; inf where undetermined."""
    scale = np.sqrt(np.diag(information))
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(information / np.outer(safe, safe))
    good = values > _ZERO
    inverse = np.where(good, 1 / np.where(good, values, 1.0), 0.0)
    covariance = (vectors * inverse) @ vectors.T / np.outer(safe, safe)
    lost = (vectors**2 @ (~good).astype(float) > _ZERO) | (scale == 0)
    covariance[lost, :] = covariance[:, lost] = np.nan
    covariance[lost, lost] = np.inf
    std = np.sqrt(np.diag(covariance))
    return std, np.where(scale > 0, std * safe, np.inf), covariance


def _presented(
    solution: _Solution, taken: Sequence[tuple[xr.Dataset, Reading]], probability: float
) -> PoolAmplitudes:
    joint, fit = solution.joint, solution.fit
    std, inflation, covariance = _errors(solution.information)
    names = [pool.name for pool in joint.pools]
    groups = _groups(solution, std, inflation)
    combinations = {group: _combination(solution, group) for group in groups}
    pools = tuple(
        _pool(solution, k, combinations, probability=probability) for k in range(len(names))
    )
    values = dict(zip(fit.names, zip(fit.values, fit.std, strict=True), strict=True))
    quantities = {}
    for one, name in zip(joint.quantities, joint.parameters, strict=False):
        value, error = values[name]
        unit = one.natural(value) if one.logarithmic else 1.0
        quantities[name] = (float(one.natural(value)), float(error * unit))
    attrs = taken[0][0].attrs
    first = joint.rows[0]
    scans = float(np.atleast_1d(attrs["n_scans"])[0])
    return PoolAmplitudes(
        pools=pools,
        combinations=tuple(combinations.values()),
        covariance=covariance,
        quantities=quantities,
        fitted=tuple(joint.pools_at(solution.theta)),
        noise_per_root_scan=first.noise_std * math.sqrt(scans),
        dwell=float(first.time[-1] - first.time[0]) / (len(first.time) - 1),
        chi2=fit.chi2,
        degrees_of_freedom=fit.degrees_of_freedom,
        chi2_probability=fit.chi2_probability,
        probability=probability,
        warnings=tuple(_warnings(fit, taken)),
    )


def _warnings(fit: fitting.Fit, taken: Sequence[tuple[xr.Dataset, Reading]]) -> list[str]:
    found = []
    if fit.chi2_probability < _MISFIT:
        found.append(
            "The pools leave residuals that noise makes with probability "
            f"{fit.chi2_probability:.1g}; a shape is wrong, or a pool is missing."
        )
    without = [reading.name for data, reading in taken if "receiver_gain" not in data.attrs]
    if without and len(taken) > 1:
        found.append(
            f"{' and '.join(without)} do not say the gain of the receiver; it was taken as equal "
            "in all records."
        )
    return found


def _groups(solution: _Solution, std: Array, inflation: Array) -> list[tuple[int, ...]]:
    """Pools that are confused with one another, joined by directions without information."""
    scale = np.sqrt(np.diag(solution.information))
    seen = np.flatnonzero(scale > 0)
    lost = set(
        np.flatnonzero(
            (inflation > MOST_INFLATION)
            & ~(solution.amplitudes > normal_quantile(1 - FALSE_ALARM) * std)
        ).tolist()
    )
    part = solution.information[np.ix_(seen, seen)] / np.outer(scale[seen], scale[seen])
    values, vectors = np.linalg.eigh(part)
    groups: list[set[int]] = []
    for vector in vectors.T[values < 1 / MOST_INFLATION**2 * len(seen)]:
        members = {int(seen[k]) for k in np.flatnonzero(vector**2 > _MEMBER)}
        if not members & lost:
            continue
        joined = [group for group in groups if group & members]
        groups = [group for group in groups if not group & members]
        groups.append(members.union(*joined))
    return [tuple(sorted(group)) for group in groups if len(group) > 1]


def _combination(solution: _Solution, group: tuple[int, ...]) -> Combination:
    """Give the best determined direction of some pools, all others free."""
    others = [k for k in range(len(solution.amplitudes)) if k not in group]
    order = [*group, *others]
    ordered = solution.information[np.ix_(order, order)]
    own = projected_hessian(ordered[None], len(group))[0]
    scale = np.sqrt(np.diag(own))
    values, vectors = np.linalg.eigh(own / np.outer(scale, scale))
    best = vectors[:, -1] * np.sign(vectors[:, -1].sum())
    weights = best * scale
    largest = float(np.abs(weights).max())
    names = [solution.joint.pools[k].name for k in group]
    value = float(weights @ solution.amplitudes[list(group)]) / largest
    spread = max(_relative_visibility_error(solution, k) for k in group)
    return Combination(
        weights=dict(zip(names, (weights / largest).tolist(), strict=True)),
        value=value,
        noise_std=1 / (math.sqrt(values[-1]) * largest),
        std=math.hypot(1 / (math.sqrt(values[-1]) * largest), spread * value),
    )


def _pool(
    solution: _Solution,
    place: int,
    combinations: Mapping[tuple[int, ...], Combination],
    *,
    probability: float,
) -> PoolAmplitude:
    std, inflation, _ = (part[place] for part in _errors(solution.information))
    estimate = float(solution.amplitudes[place])
    name = solution.joint.pools[place].name
    spread = _relative_visibility_error(solution, place)
    bound = _bound(estimate, float(std), spread, probability)
    quality = "upper bound" if math.isfinite(bound) else "not determined"
    if estimate > normal_quantile(1 - FALSE_ALARM) * std:
        quality = "value"
    for group, one in combinations.items():
        if place not in group or quality == "value":
            continue
        if min(one.weights.values()) > 0:
            whole = _bound(one.value, one.noise_std, spread, probability)
            bound = min(bound, whole / one.weights[name])
            quality = "upper bound"
        if one.value > normal_quantile(1 - FALSE_ALARM) * one.noise_std:
            quality = "not determined"
    there = quality == "value"
    return PoolAmplitude(
        name=name,
        quality=quality,
        value=estimate if there else math.nan,
        std=float(std) if there else math.nan,
        bound=bound,
        estimate=estimate,
        estimate_std=float(std),
        inflation=float(inflation),
    )


def _bound(estimate: float, std: float, spread: float, probability: float) -> float:
    r"""Bound b of an amplitude that is not negative.

    .. math:: b = \max(A, 0) + z \sqrt{\sigma^2 + (r b)^2}

    with r the relative error of what the records show of the pool.
    """
    z = normal_quantile(probability)
    if not math.isfinite(std) or z * spread >= 1:
        return math.inf
    middle, left = max(estimate, 0.0), 1 - (z * spread) ** 2
    return (middle + z * math.sqrt(std**2 * left + (spread * middle) ** 2)) / left


def _relative_visibility_error(solution: _Solution, place: int) -> float:
    """Relative error of the size of the signal of a pool that was held as stated."""
    joint = solution.joint
    if any(one.pool == place for one in joint.quantities):
        return 0.0
    pool = joint.pools[place]

    def size(moved: Pool) -> float:
        parts = (
            np.linalg.norm(signal) / row.noise_std
            for signal, row in zip(joint.upright(moved), joint.rows, strict=True)
        )
        return float(np.linalg.norm(list(parts)))

    middle, terms = size(pool), [0.0]
    for name, (value, std) in pool.quantities.items():
        if std > 0 and name != "shift":
            moved = value * math.exp(1e-3)
            slope = (size(pool.with_quantities(**{name: moved})) - middle) / (1e-3 * middle)
            terms.append(slope * std / value)
    return math.hypot(*terms)


def _require_names(taken: Sequence[tuple[xr.Dataset, Reading]], pools: Sequence[Pool]) -> None:
    for what, names in (
        ("readings", [reading.name for _, reading in taken]),
        ("pools", [pool.name for pool in pools]),
    ):
        if not names or len(set(names)) < len(names):
            msg = f"Found {what} named {names}; at least one is needed, and no two alike."
            raise ValueError(msg)

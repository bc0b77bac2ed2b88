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
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting
from megabar.errors import Undetermined
from megabar.fitting.problem import prepare
from megabar.fitting.projection import linearise, projected_hessian
from megabar.observables.pool_answers import PoolAmplitudes
from megabar.observables.pool_information import (
    Solution,
    amplitude_of,
    combination_of,
    confused_groups,
    errors_from_information,
    stands_out,
)
from megabar.observables.pool_model import PRIOR, JointModel, Quantity, rows_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.observables.hydrogen_pools import Pool
    from megabar.observables.pool_readings import Reading

    Array = NDArray[np.float64]

_MISFIT: Final = 1e-4  # probability of chi2 below which the pools are said not to describe the data
_PHASE_SIGMAS: Final = 5.0  # of the signal that gives a phase
_COMMON: Final = "phase"


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
    >>> from megabar.observables.hydrogen_pools import Pool
    >>> from megabar.observables.pool_readings import Reading, short_pulse
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


def _with_what_stands_out(solution: Solution) -> Solution:
    """Solve again and again, moving the quantities of all pools that stand out so far."""
    pools, there = solution.joint.pools, set[int]()
    for _ in range(len(pools) + 1):
        found = {k for k in range(len(pools)) if stands_out(solution, k)}
        if found <= there:
            break
        there |= found
        joint = replace(solution.joint, quantities=_moving(pools, sorted(there)))
        phases = solution.theta[len(solution.joint.quantities) :]
        begin = [one.start for one in joint.quantities]
        solution = _solved(joint, np.concatenate([begin, phases]))
    return solution


def _solved(joint: JointModel, start: Array) -> Solution:
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
    return Solution(
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


def _moving(pools: Sequence[Pool], there: Sequence[int]) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(pool=k, name=name, value=value, std=std)
        for k in there
        for name, (value, std) in pools[k].quantities.items()
        if std > 0 and math.isfinite(value)
    )


def _presented(
    solution: Solution, taken: Sequence[tuple[xr.Dataset, Reading]], probability: float
) -> PoolAmplitudes:
    joint, fit = solution.joint, solution.fit
    std, inflation, covariance = errors_from_information(solution.information)
    names = [pool.name for pool in joint.pools]
    groups = confused_groups(solution, std, inflation)
    combinations = {group: combination_of(solution, group) for group in groups}
    pools = tuple(
        amplitude_of(solution, k, combinations, probability=probability) for k in range(len(names))
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


def _require_names(taken: Sequence[tuple[xr.Dataset, Reading]], pools: Sequence[Pool]) -> None:
    for what, names in (
        ("readings", [reading.name for _, reading in taken]),
        ("pools", [pool.name for pool in pools]),
    ):
        if not names or len(set(names)) < len(names):
            msg = f"Found {what} named {names}; at least one is needed, and no two alike."
            raise ValueError(msg)

r"""Several records of one day as one separable model of pools.

.. math:: y_r(t) = e^{i\varphi_r} \sum_p A_p \, s_p(t; r, \theta_p)

Amplitudes A at full visibility and every pool's shift, width and times are shared by all records;
what a record shows of a pool is part of s. What is known of a quantity enters as one more datum.
Positive quantities are moved in their logarithm.

Twin: ``virtual.nmr``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import fitting
from megabar.observables import records
from megabar.observables.pool_signals import signal

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from megabar.observables.hydrogen_pools import Pool
    from megabar.observables.pool_readings import Reading

    Array = NDArray[np.float64]

PRIOR: Final = "prior"
"""Name of the amplitude, always 1, of what is known beforehand."""

_LOG_STEP: Final = 1e-4
_PHASE_STEP: Final = 1e-3  # rad that a shift may turn the end of a record by


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One decay per scan and unit gain.

    Parameters
    ----------
    reading
        How it was taken, its own delay included.
    time
        From the centre of the pulse or the echo top [s], (time,).
    signal
        Complex, (time,).
    noise_std
        Rms per channel.
    phase
        Name of the parameter that holds its phase.
    """

    reading: Reading
    time: Array
    signal: NDArray[np.complex128]
    noise_std: float
    phase: str


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """Something of a pool that the fit moves.

    Parameters
    ----------
    pool
        Place of the pool.
    name
        Such as ``"t1"``.
    value
        Stated.
    std
        Its standard error; ``inf`` where only the data say it.
    """

    pool: int
    name: str
    value: float
    std: float

    @property
    def logarithmic(self) -> bool:
        """Whether its logarithm is moved."""
        return self.name != "shift"

    @property
    def start(self) -> float:
        """Stated value as the fit sees it."""
        return math.log(self.value) if self.logarithmic else self.value

    @property
    def start_std(self) -> float:
        """Standard error as the fit sees it."""
        return self.std / self.value if self.logarithmic else self.std

    def natural(self, moved: float) -> float:
        """Turn what the fit sees into the quantity."""
        return math.exp(moved) if self.logarithmic else moved


def rows_of(
    data: xr.Dataset, reading: Reading, *, phase: str, noise: tuple[float, float] | None
) -> list[Row]:
    """Take the decays of a record, per scan and unit gain.

    Parameters
    ----------
    data
        Acquisition.
    reading
        How it was taken; delays that differ from step to step come from the Acquisition.
    phase
        Name of the parameter that holds the phase of the record.
    noise
        Rms per channel of one point as accumulated, and its error; from the tail if not given.

    Returns
    -------
    :
        One row for each step.

    Raises
    ------
    SchemaError
        If it is no untouched Acquisition.
    """
    record = records.record_of(records.time_domain(data, wanted="a pool"), noise=noise)
    gain = float(data.attrs.get("receiver_gain", 1.0))
    found = []
    for step, decay in enumerate(record.signal):
        unit = float(record.n_scans[step]) * gain
        found.append(
            Row(
                reading=_of_step(data, reading, step),
                time=record.time,
                signal=decay / unit,
                noise_std=float(record.noise_std[step]) / unit,
                phase=phase,
            )
        )
    return found


def _of_step(data: xr.Dataset, reading: Reading, step: int) -> Reading:
    if reading.sequence == "saturation-recovery" and "delay" in data:
        return replace(reading, recovery_delay=float(data["delay"].values[step]))
    if reading.is_echo and "echo_time" in data:
        return replace(reading, echo_delay=float(data["echo_time"].values[step]) / 2)
    return reading


@dataclass(frozen=True, kw_only=True, eq=False)
class JointModel:
    """Pools in rows, with what is moved.

    Parameters
    ----------
    pools
        As stated.
    rows
        Decays.
    quantities
        What is moved of the pools.
    phases
        Names of the phases that are moved.
    known_phases
        Values of those that are not [rad].
    """

    pools: Sequence[Pool]
    rows: Sequence[Row]
    quantities: Sequence[Quantity]
    phases: tuple[str, ...]
    known_phases: Mapping[str, float]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what is moved."""
        names = (f"{one.name} of {self.pools[one.pool].name}" for one in self.quantities)
        return (*names, *self.phases)

    @property
    def stated(self) -> tuple[Quantity, ...]:
        """Quantities of which something is known beforehand."""
        return tuple(one for one in self.quantities if math.isfinite(one.std))

    def pools_at(self, theta: Array) -> list[Pool]:
        """Give the pools at values of what is moved."""
        moved: list[dict[str, float]] = [{} for _ in self.pools]
        for one, value in zip(self.quantities, theta, strict=False):
            moved[one.pool][one.name] = one.natural(float(value))
        return [pool.with_quantities(**new) for pool, new in zip(self.pools, moved, strict=True)]

    def turns(self, theta: Array) -> NDArray[np.complex128]:
        """Give the phase factor of every row."""
        named = dict(zip(self.phases, theta[len(self.quantities) :], strict=True))
        angles = [{**self.known_phases, **named}[row.phase] for row in self.rows]
        return np.exp(1j * np.array(angles))

    def upright(self, pool: Pool) -> list[NDArray[np.complex128]]:
        """Compute the signals of one pool in all rows, receiver phase aside."""
        return [signal(pool, row.reading, row.time) for row in self.rows]

    def data(self) -> tuple[Array, Array]:
        """Give all data as reals with their noise: rows, then what is known beforehand."""
        signals = np.concatenate([row.signal for row in self.rows])
        noise = np.concatenate([np.full(len(row.time), row.noise_std) for row in self.rows])
        known = [one.start / one.start_std for one in self.stated]
        return (
            np.concatenate([signals.real, signals.imag, known]),
            np.concatenate([noise, noise, np.ones(len(known))]),
        )

    def kernel(self, _: Array, theta: Array) -> tuple[Array, Array]:
        """Compute basis and Jacobian in the form of :mod:`megabar.fitting.models`."""
        shape = theta.shape[:-1]
        flat = theta.reshape(math.prod(shape), theta.shape[-1])
        parts = [self._at(one) for one in flat]
        bases, slopes = (np.array(part) for part in zip(*parts, strict=True))
        return bases.reshape(*shape, *bases.shape[1:]), slopes.reshape(*shape, *slopes.shape[1:])

    def model(self) -> fitting.Model:
        """Give the separable model of the reals of :meth:`data`."""
        return fitting.from_kernel(
            self.kernel,
            name="pools of hydrogen",
            parameters=self.parameters,
            amplitudes=(*(pool.name for pool in self.pools), PRIOR),
            lower=(-np.inf,) * len(self.parameters),
        )

    def _at(self, theta: Array) -> tuple[Array, Array]:
        pools, turns = self.pools_at(theta), self.turns(theta)
        complex_basis = [self._turned(self.upright(pool), turns) for pool in pools]
        known = np.array([theta[k] / self.quantities[k].start_std for k in self._stated_places()])
        basis = self._as_reals(complex_basis, known)
        slopes = np.zeros((len(theta), *basis.shape))
        for place, one in enumerate(self.quantities):
            prior = np.zeros(len(known))
            if math.isfinite(one.std):
                prior[self._stated_places().index(place)] = 1 / one.start_std
            rows = [np.zeros_like(complex_basis[0]) for _ in pools]
            rows[one.pool] = self._turned(self._slope(pools[one.pool], one), turns)
            slopes[place] = self._as_reals(rows, prior)
        for place, name in enumerate(self.phases, start=len(self.quantities)):
            mine = np.concatenate([np.full(len(r.time), 1j * (r.phase == name)) for r in self.rows])
            slopes[place] = self._as_reals(
                [mine * row for row in complex_basis], np.zeros(len(known))
            )
        return basis, slopes

    def _slope(self, pool: Pool, one: Quantity) -> list[NDArray[np.complex128]]:
        """Differentiate the signals of a pool by a quantity, as the fit sees it."""
        value = pool.quantities[one.name][0]
        step = _LOG_STEP
        if not one.logarithmic:
            longest = max(float(row.time[-1]) for row in self.rows)
            megahertz = 1e-6 * self.rows[0].reading.reference_frequency
            step = _PHASE_STEP / (2 * np.pi * megahertz * longest)
        ends = []
        for sign in (-1, 1):
            moved = value * math.exp(sign * step) if one.logarithmic else value + sign * step
            ends.append(self.upright(pool.with_quantities(**{one.name: moved})))
        return [(high - low) / (2 * step) for low, high in zip(*ends, strict=True)]

    def _turned(self, signals: list[Any], turns: NDArray[np.complex128]) -> Any:
        return np.concatenate([turn * one for one, turn in zip(signals, turns, strict=True)])

    def _stated_places(self) -> list[int]:
        return [k for k, one in enumerate(self.quantities) if math.isfinite(one.std)]

    def _as_reals(self, rows: Sequence[Any], known: Array) -> Array:
        signals = np.array(rows)
        pools = np.concatenate(
            [signals.real, signals.imag, np.zeros((len(rows), len(known)))], axis=1
        )
        prior = np.concatenate([np.zeros(2 * signals.shape[1]), known])
        return np.vstack([pools, prior])

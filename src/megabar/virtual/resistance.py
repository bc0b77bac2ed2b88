r"""Resistance of a virtual film whose grains differ, as an instrument with a thermometer logs it.

.. math:: R(T) = R_N(T)\, g\, q(T), \quad T_s(t) = T(t) - s \tau \left(1 - e^{-t/\tau}\right)

:math:`R_N` is the sheet resistance of the normal state, g the number of squares between the
electrodes, q what a network of grains keeps of its resistance when those whose critical temperature
lies above T short. The film has a temperature :math:`T_s` that follows the thermometer T, which
moves at the rate s, with a time constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import PlanError, one_of
from megabar.superconductivity import networks
from megabar.superconductivity.resistances import bloch_grueneisen

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ELECTRODES: Final = ("bar", "corners")
_STATES: Final = 256  # of a network, from none to all grains switched
NORMAL_STATES: Final = ("linear", "bloch-grueneisen")


@dataclass(frozen=True, kw_only=True)
class Relation:
    """Critical temperature of a grain by its content: a statement of the plan, no law of nature.

    Parameters
    ----------
    content
        Hydrogen atoms per metal atom, rising.
    critical_temperature
        [K], one for each, rising; straight between, constant beyond the ends.

    Examples
    --------
    >>> print(Relation(content=(4.0, 10.0), critical_temperature=(60.0, 240.0)).at([5.0, 12.0]))
    [ 90. 240.]
    """

    content: tuple[float, ...]
    critical_temperature: tuple[float, ...]

    def __post_init__(self) -> None:
        for values in (self.content, self.critical_temperature):
            if len(values) < 2 or list(values) != sorted(set(values)):
                msg = f"Found anchors {values}; a relation needs two or more that rise."
                raise PlanError(msg)
        if len(self.content) != len(self.critical_temperature):
            msg = (
                f"Found {len(self.content)} contents and {len(self.critical_temperature)} critical "
                "temperatures; each content needs one."
            )
            raise PlanError(msg)

    def at(self, content: ArrayLike) -> NDArray[np.float64]:
        """Give the critical temperature [K] of grains of these contents, any shape."""
        given = np.asarray(content, dtype=np.float64)
        return np.asarray(np.interp(given, self.content, self.critical_temperature))


@dataclass(frozen=True, kw_only=True)
class NormalState:
    """Sheet resistance of a grain that does not superconduct.

    Parameters
    ----------
    law
        One of :data:`NORMAL_STATES`.
    residual
        [ohm].
    slope
        Of ``linear`` [ohm/K]; 0 for the other.
    coefficient, debye_temperature
        Of ``bloch-grueneisen`` [ohm], [K]; 0 for the other.
    """

    law: str
    residual: float
    slope: float = 0.0
    coefficient: float = 0.0
    debye_temperature: float = 0.0

    def __post_init__(self) -> None:
        one_of(self.law, NORMAL_STATES, name="law of the normal state")
        if not self.residual > 0:
            msg = f"Found a residual of {self.residual:g} ohm; it must be above 0."
            raise PlanError(msg)

    def at(self, temperature: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the sheet resistance [ohm] at temperatures [K], any shape."""
        if self.law == "linear":
            return self.residual + self.slope * temperature
        return bloch_grueneisen(
            temperature,
            residual=self.residual,
            coefficient=self.coefficient,
            debye_temperature=self.debye_temperature,
        )


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """Grains of a film and what touches them.

    Parameters
    ----------
    rows, columns
        Number of grains; the current runs along a row.
    electrodes
        One of :data:`ELECTRODES`.
    electrode_size
        Grains that an electrode in a corner covers along either edge; 0 for bars.
    spread
        Standard deviation of the content between grains [H per metal].
    """

    rows: int
    columns: int
    electrodes: str
    electrode_size: int
    spread: float

    def __post_init__(self) -> None:
        one_of(self.electrodes, ELECTRODES, name="electrodes")
        least = 2 * self.electrode_size + 1
        if self.electrodes == "corners" and min(self.rows, self.columns, least) < least:
            msg = (
                f"Found {self.rows} by {self.columns} grains and electrodes of "
                f"{self.electrode_size}; a side needs {least} grains or more."
            )
            raise PlanError(msg)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    def touching(self) -> dict[str, NDArray[np.bool_]]:
        """Give the electrodes."""
        if self.electrodes == "bar":
            return networks.bar(self.shape)
        return networks.corners(self.shape, size=self.electrode_size)


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """What stands between a film and its numbers.

    Parameters
    ----------
    current
        Through the film [A].
    voltage_noise
        rms of one reading [V].
    offset_voltage
        Of contacts and amplifier, the same in all readings [V].
    thermometer_noise
        rms of one reading [K].
    lag
        Time constant with which the film follows the thermometer [s].
    """

    current: float
    voltage_noise: float
    offset_voltage: float
    thermometer_noise: float
    lag: float

    def __post_init__(self) -> None:
        if not self.current > 0:
            msg = f"Found a current of {self.current:g} A; a resistance needs one above 0."
            raise PlanError(msg)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Ramps between two temperatures; each begins with the film as warm as the thermometer.

    Parameters
    ----------
    lowest, highest
        Ends of each ramp [K].
    rates
        One for each ramp [K/s]: above 0 warming, below 0 cooling.
    points
        Readings of each ramp.
    """

    lowest: float
    highest: float
    rates: tuple[float, ...]
    points: int

    def __post_init__(self) -> None:
        if not 0 < self.lowest < self.highest:
            msg = f"Found ramps from {self.lowest:g} to {self.highest:g} K; they rise from above 0."
            raise PlanError(msg)
        if not self.rates or not all(self.rates):
            msg = f"Found rates {self.rates}; each ramp needs one that is not 0."
            raise PlanError(msg)

    def duration(self, rate: float) -> float:
        """Give how long a ramp takes [s]."""
        return (self.highest - self.lowest) / abs(rate)


@dataclass(frozen=True, kw_only=True)
class Readings:
    """Log of one ramp, (point,): time [s], temperature of the thermometer [K], voltage [V]."""

    time: NDArray[np.float64]
    temperature: NDArray[np.float64]
    voltage: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Grains:
    """The grains of one film, the same on all days; only their mean content moves.

    Parameters
    ----------
    deviation
        Content of each grain less the mean, rising [H per metal], (grain,).
    kept
        Resistance over that of the normal state while the n grains of highest content
        superconduct, (grain + 1,).
    squares
        Resistance of the normal state over the sheet resistance.
    """

    deviation: NDArray[np.float64]
    kept: NDArray[np.float64]
    squares: float

    def critical_temperatures(self, mean: float, relation: Relation) -> NDArray[np.float64]:
        """Give the critical temperature of each grain at a mean content [K], (grain,), rising."""
        return relation.at(self.contents(mean))

    def contents(self, mean: float) -> NDArray[np.float64]:
        """Give the content of each grain at a mean content, (grain,), rising; never below 0."""
        return np.maximum(mean + self.deviation, 0.0)

    def ratio(
        self, temperature: NDArray[np.float64], critical: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Give resistance over normal state at temperatures of the film [K], any shape."""
        return np.asarray(
            self.kept[critical.size - np.searchsorted(critical, temperature, "right")]
        )


def grown(mesh: Mesh, random: np.random.Generator) -> Grains:
    """Draw the grains of a film, and compute what their network keeps as they switch one by one.

    A grain of more content has the higher critical temperature on every day, so the order in which
    grains switch belongs to the film. Of more than 256 grains several switch in one step of the
    network, and what it keeps is straight between.

    Parameters
    ----------
    mesh
        Grains and electrodes.
    random
        Source of chance.

    Returns
    -------
    :
        The grains.

    Examples
    --------
    >>> mesh = Mesh(rows=3, columns=5, electrodes="bar", electrode_size=0, spread=0.3)
    >>> found = grown(mesh, np.random.default_rng(1))
    >>> print(f"{found.squares:.3f} {found.kept[0]:.0f} {found.kept[-1]:.0f}")
    1.333 1 0
    """
    drawn = random.normal(size=mesh.shape)
    order = np.argsort(np.argsort(drawn, axis=None)).reshape(mesh.shape).astype(np.float64)
    film = networks.Film(
        critical_temperature=order + 1,  # any rising numbers: only the order of switching counts
        normal_resistance=np.ones(mesh.shape),
        electrodes=mesh.touching(),
    )
    every = np.arange(drawn.size + 1)
    some = np.unique(np.linspace(0, drawn.size, min(drawn.size, _STATES) + 1).round())
    solved = networks.resistance(film, temperature=drawn.size - some + 0.5)
    found = np.interp(every, some, solved)
    return Grains(
        deviation=mesh.spread * np.sort(drawn, axis=None),
        kept=found / found[0],
        squares=float(found[0]),
    )


def film_temperature(
    time: NDArray[np.float64], *, start: float, rate: float, lag: float
) -> NDArray[np.float64]:
    """Give the temperature of a film that follows a ramp of the thermometer from rest.

    Parameters
    ----------
    time
        Since the ramp began [s], any shape.
    start
        Temperature of both then [K].
    rate
        [K/s].
    lag
        Time constant [s].

    Returns
    -------
    :
        [K], same shape.

    Examples
    --------
    >>> print(film_temperature(np.array([0.0, 600.0]), start=70.0, rate=0.1, lag=20.0))
    [ 70. 128.]
    """
    late = rate * lag * -np.expm1(-time / lag) if lag > 0 else 0.0
    return np.asarray(start + rate * time - late)


def measure(
    grains: Grains,
    *,
    critical: NDArray[np.float64],
    normal: NormalState,
    instrument: Instrument,
    sweep: Sweep,
    rate: float,
    random: np.random.Generator,
) -> Readings:
    """Log one ramp.

    Parameters
    ----------
    grains
        The film.
    critical
        Critical temperature of each grain, rising [K], (grain,).
    normal, instrument, sweep
        Normal state, instrument, ends and points of the ramp.
    rate
        [K/s], one of the sweep.
    random
        Source of chance.

    Returns
    -------
    :
        The log.
    """
    start = sweep.lowest if rate > 0 else sweep.highest
    time = np.linspace(0.0, sweep.duration(rate), sweep.points)
    film = film_temperature(time, start=start, rate=rate, lag=instrument.lag)
    resistance = grains.squares * normal.at(film) * grains.ratio(film, critical)
    noise = random.normal(size=(2, time.size))
    return Readings(
        time=time,
        temperature=start + rate * time + instrument.thermometer_noise * noise[0],
        voltage=instrument.current * resistance
        + instrument.offset_voltage
        + instrument.voltage_noise * noise[1],
    )


def true_temperatures(grains: Grains, critical: NDArray[np.float64]) -> dict[str, float | None]:
    """Say where the noiseless curve at rest falls to 90, 50 and 10 percent, and to zero.

    Parameters
    ----------
    grains
        The film.
    critical
        Critical temperature of each grain, rising [K], (grain,).

    Returns
    -------
    :
        t90, t50, t10, t_zero [K]: the highest temperature at which the curve is lower, the only
        crossing between bars; None where there is none.

    Examples
    --------
    >>> mesh = Mesh(rows=2, columns=4, electrodes="bar", electrode_size=0, spread=0.0)
    >>> film = grown(mesh, np.random.default_rng(1))
    >>> true_temperatures(film, np.full(8, 100.0))["t50"]
    100.0
    """
    named = {"t90": 0.9, "t50": 0.5, "t10": 0.1, "t_zero": 1e-9}
    downwards = critical[::-1]
    found: dict[str, float | None] = {}
    for name, level in named.items():
        below = np.flatnonzero(grains.kept < level)
        found[name] = float(downwards[below[0] - 1]) if below.size else None
    return found


def distribution(contents: NDArray[np.float64]) -> dict[str, list[float] | float]:
    """Describe what the grains of a film hold.

    Parameters
    ----------
    contents
        Hydrogen atoms per metal atom, (grain,).

    Returns
    -------
    :
        mean, std, and quantiles with their shares.
    """
    shares = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]
    return {
        "mean": float(contents.mean()),
        "std": math.sqrt(float(contents.var())),
        "shares": shares,
        "quantiles": [float(one) for one in np.quantile(contents, shares)],
    }

"""What a record cannot see of each pool of hydrogen, as a number.

A record shows the part of a pool that is there at each scan, that its pulses excite and refocus,
that outlives the dead time and that passes the receiver. The rest is its invisible fraction: a line
that is absent there says nothing about it.

Twin: ``virtual.nmr``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.observables import efficiencies
from megabar.observables.efficiencies import Factor
from megabar.observables.pool_signals import form, response, signal
from megabar.observables.rigid_pools import Pairs, RigidDecay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.hydrogen_pools import Pool
    from megabar.observables.pool_readings import Reading

_LEAST: Final = 1e-9  # below, nothing is seen and nothing could be divided by it
_FAINTEST: Final = 0.05  # of a line at the first point, below which nobody extrapolates
_SAME: Final = 1e-3  # within which two readings are one
_STEP: Final = 1e-4  # of a quantity, for slopes
_LOOKED_AT: Final = 4001  # times at which the largest point after the dead time is sought


@dataclass(frozen=True, kw_only=True)
class Visibility:
    """The part of a pool that a record shows.

    Parameters
    ----------
    pool
        Name of the pool.
    t1
        Of the pool [s].
    reading
        Name of the reading.
    factors
        Whose product it is.
    """

    pool: str
    t1: float
    reading: str
    factors: tuple[Factor, ...]

    @property
    def value(self) -> float:
        """Product of the factors."""
        return math.prod(one.value for one in self.factors)

    @property
    def std(self) -> float:
        """Standard error, of factors that are independent."""
        return self.value * math.hypot(*(one.relative_std for one in self.factors))

    @property
    def invisible_fraction(self) -> float:
        """Part of the pool that the record does not show; its error is that of the visibility."""
        return max(1 - self.value, 0.0)

    @property
    def smallest(self) -> Factor:
        """The factor that hides most."""
        return min(self.factors, key=lambda one: one.value)

    def shown(self, h_per_metal: float) -> float:
        """Give the content as which so much hydrogen of this pool appears."""
        return h_per_metal * self.value

    def hidden_behind(self, h_per_metal: float) -> float:
        """Give the hydrogen of this pool that may hide behind an apparent content."""
        return h_per_metal / self.value

    @property
    def sentence(self) -> str:
        """What the record does not see, in words."""
        percent = 100 * self.value
        digits = max(1, -math.floor(math.log10(percent))) if percent < 10 else 1
        mostly = self.smallest
        return (
            f"{self.pool} (T1 {self.t1:g} s) in the {self.reading}: "
            f"{100 * self.invisible_fraction:.{digits}f} % invisible"
            f" ({mostly.name} {mostly.value:.3g})."
        )


@dataclass(frozen=True, kw_only=True)
class VisibilityTable:
    """Pools against readings.

    Parameters
    ----------
    pools, readings
        Names.
    rows
        One row for each pool, one visibility for each reading.
    """

    pools: tuple[str, ...]
    readings: tuple[str, ...]
    rows: tuple[tuple[Visibility, ...], ...]

    @property
    def invisible_fractions(self) -> NDArray[np.float64]:
        """Parts that are not shown, (pool, reading)."""
        return np.array([[one.invisible_fraction for one in row] for row in self.rows])

    def sentences(self) -> tuple[str, ...]:
        """Say it in words, one sentence for each pool and reading."""
        return tuple(one.sentence for row in self.rows for one in row)


def visibility(pool: Pool, reading: Reading) -> Visibility:
    r"""Compute the part of a pool that a record shows.

    .. math:: v = \epsilon_{steady} \, \epsilon_{excitation} \, \epsilon_{refocusing} \,
        e^{-2\tau/T_2} \, \epsilon_{dead} \, \epsilon_{filter}

    Factors: ``steady_state`` and ``excitation`` of the actual pulse over the actual line;
    ``refocusing`` and ``echo_decay`` of an echo; ``dead_time``, the largest point behind the dead
    time over time zero, where nobody extrapolates: rigid pools, lines of which less than 5 % is
    left, amplitudes that were read off; ``filter_gain``, what lies in the band of the receiver.

    Parameters
    ----------
    pool
        Hydrogen of one kind.
    reading
        How the record was taken.

    Returns
    -------
    :
        Visibility with its factors.

    Raises
    ------
    ValueError
        If a quantity of the pool has no finite error, or a time of the sequence is missing.

    References
    ----------
    Ernst, Anderson, Rev. Sci. Instrum. 37, 93 (1966), doi:10.1063/1.1719961, for the steady state.

    Examples
    --------
    >>> from megabar.observables.hydrogen_pools import Pool
    >>> from megabar.observables.pool_readings import Reading, short_pulse
    >>> hydrogen = Pool(name="H2", shape="gaussian", fwhm=10e3, fwhm_std=0.0, shift=0.0,
    ...     shift_std=0.0, t1=1.0, t1_std=0.1, t2=math.inf, t2_std=0.0)
    >>> fid = Reading(name="10 ms FID", sequence="fid", repetition_time=10e-3,
    ...     pulses=(short_pulse(math.pi / 2),), relative_field_std=0.0, dead_time=5e-6,
    ...     carrier_frequency=395e6, reference_frequency=395e6, bandwidth=math.inf,
    ...     extrapolated=True)
    >>> visibility(hydrogen, fid).sentence
    'H2 (T1 1 s) in the 10 ms FID: 99.0 % invisible (steady_state 0.00995).'
    """
    _require_errors(pool)
    return Visibility(
        pool=pool.name, t1=pool.t1, reading=reading.name, factors=tuple(_factors(pool, reading))
    )


def visibility_table(pools: Sequence[Pool], readings: Sequence[Reading]) -> VisibilityTable:
    """Compute what each of several records shows of each of several pools.

    Parameters
    ----------
    pools
        Hydrogen by kind.
    readings
        How the records were taken.

    Returns
    -------
    :
        The table.

    Raises
    ------
    ValueError
        As :func:`visibility`.
    """
    return VisibilityTable(
        pools=tuple(one.name for one in pools),
        readings=tuple(one.name for one in readings),
        rows=tuple(tuple(visibility(pool, one) for one in readings) for pool in pools),
    )


def _factors(pool: Pool, reading: Reading) -> list[Factor]:
    one = response(pool, reading)
    found = [_steady_state(pool, reading), _excitation(pool, reading)]
    found += _echo_factors(pool, reading) if reading.is_echo else _dead_time(pool, reading)
    if math.isfinite(reading.bandwidth):
        inside = one.inside(reading.bandwidth)
        if inside < 1:
            found.append(
                Factor(
                    name="filter_gain",
                    value=max(inside, _LEAST),
                    std=0.0,
                    source=f"part of the line in a band of {reading.bandwidth / 1e3:.3g} kHz",
                )
            )
    return found


def _steady_state(pool: Pool, reading: Reading) -> Factor:
    one = response(pool, reading)
    value, shared = max(one.steady_state, _LEAST), max(one.left_if_shared, _LEAST)
    same = abs(shared / value - 1) < _SAME
    return Factor(
        name="steady_state",
        value=value,
        alternatives=() if same else (("flip-flops share what is left", shared),),
        std=_error(lambda moved: response(moved, reading).steady_state, pool, "t1"),
        source=(
            f"{reading.sequence}: TR {reading.repetition_time:g} s, T1 {pool.t1:g}({pool.t1_std:g})"
            " s, at the angle by which each part of the line is turned"
        ),
    )


def _excitation(pool: Pool, reading: Reading) -> Factor:
    def part(field: float) -> float:
        return response(pool, reading, field=field).excitation

    middle, error = part(1.0), reading.relative_field_std
    moved = [abs(part(1 + sign * error) - middle) for sign in (-1, 1)] if error else [0.0]
    what = {type(None): "line", Pairs: "pairs", RigidDecay: "rigid line as isochromats"}
    return Factor(
        name="excitation",
        value=max(middle, _LEAST),
        std=max(moved),
        source=(
            f"first pulse on the {what[type(pool.rigid)]} of {pool.name}, "
            f"{reading.offset_of(pool) / 1e3:.3g} kHz from the carrier"
        ),
    )


def _echo_factors(pool: Pool, reading: Reading) -> list[Factor]:
    top = _refocusing(pool, reading)
    if pool.rigid is None and reading.extrapolated:
        timeless = replace(pool, t2=math.inf, t2_std=0.0, fwhm=pool.inhomogeneous_fwhm)
        top /= float(abs(form(timeless, reading, np.zeros(1))[0]))
    delay = reading.echo_delay or 0.0
    found = [
        Factor(
            name="refocusing",
            value=max(top, _LEAST),
            std=_error(lambda moved: _refocusing(moved, reading), pool, *_widths(pool)),
            source=f"{reading.sequence}, tau {delay:g} s",
        )
    ]
    if math.isfinite(pool.t2):
        found.append(efficiencies.echo_decay(echo_delay=delay, t2=pool.t2, t2_std=pool.t2_std))
    return found


def _refocusing(pool: Pool, reading: Reading) -> float:
    """Size of an echo at its top over what its first pulse excites, T2 aside."""
    one = response(pool, reading)
    top = abs(signal(pool, reading, np.zeros(1))[0])
    delay = reading.echo_delay or 0.0
    return float(top / (one.excitation * one.steady_state * math.exp(-2 * delay / pool.t2)))


def _dead_time(pool: Pool, reading: Reading) -> list[Factor]:
    value = _behind_dead_time(pool, reading)
    if reading.extrapolated and pool.rigid is None and value >= _FAINTEST:
        return []
    return [
        Factor(
            name="dead_time",
            value=max(value, _LEAST),
            std=_error(lambda moved: _behind_dead_time(moved, reading), pool, *_widths(pool)),
            source=f"largest point after {reading.dead_time * 1e6:.3g} us over time zero",
        )
    ]


def _behind_dead_time(pool: Pool, reading: Reading) -> float:
    """Largest point of the record over what time zero would show."""
    span = 3 / pool.fwhm
    if isinstance(pool.rigid, Pairs):
        span = 3 / pool.rigid.splitting
    elif isinstance(pool.rigid, RigidDecay):
        span = max(float(pool.rigid.time[-1]) - reading.dead_time, 0.0)
    time = reading.dead_time + np.linspace(0.0, span, _LOOKED_AT)
    one = response(pool, reading)
    return float(np.abs(signal(pool, reading, time)).max() / (one.excitation * one.steady_state))


def _widths(pool: Pool) -> tuple[str, ...]:
    return ("splitting", "fwhm") if isinstance(pool.rigid, Pairs) else ("fwhm",)


def _error(part: Callable[[Pool], float], pool: Pool, *names: str) -> float:
    """Compute the standard error of a part from those of some quantities of the pool."""
    terms = [0.0]
    for name in names:
        value, std = pool.quantities[name]
        if std > 0:
            step = _STEP * value
            ends = [part(pool.with_quantities(**{name: value + s * step})) for s in (-1, 1)]
            terms.append(std * (ends[1] - ends[0]) / (2 * step))
    return math.hypot(*terms)


def _require_errors(pool: Pool) -> None:
    open_ended = [name for name, (_, std) in pool.quantities.items() if not math.isfinite(std)]
    needed = [name for name in open_ended if name != "shift"]
    if needed:
        msg = (
            f"Found {' and '.join(needed)} of {pool.name} without an error; what a record shows "
            "of it would have none. Measure it, or state a range."
        )
        raise ValueError(msg)

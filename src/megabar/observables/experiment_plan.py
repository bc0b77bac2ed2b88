r"""From cell, coil and line to the scans and hours that a wanted error takes.

Noise falls with the root of the scans; what is common to all of them does not. The plan of a
content parts the time between both channels as is best, :math:`t_i \propto \sqrt{q_i}` with
:math:`q = r^2 T_R`, r the relative error of one scan, so that

.. math:: t = \frac{(\sqrt{q_X} + \sqrt{q_M})^2}{\sigma^2 - \sigma_\text{common}^2}

If the common errors alone reach the wanted one, no number of scans does.

Twin: ``virtual.spectrometer``, against which every promise here is tested.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, hypot, inf, pi, prod, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.observables.efficiencies import Factor, dead_time_loss, echo_decay
from megabar.observables.line_readings import COMPARISONS
from megabar.observables.precision import PLANNED_SHAPES, amplitude_bound
from megabar.observables.recovery_delays import Delays, cheapest_delays, spread_delays
from megabar.observables.repetition import Repetition, Scan, best_repetition
from megabar.spectra.noise import TAIL
from megabar.spins import phase_tables, reception

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from megabar.observables.sensitivity import Limit

PHASE_CYCLES: Final = {
    "fid": len(phase_tables.CYCLOPS),
    "solid-echo": len(phase_tables.SOLID_ECHO_8),
    "hahn-echo": len(phase_tables.HAHN_16),
}
"""Sequence that can be planned -> scans of its phase cycle."""

LARGEST_ERROR: Final = 0.3
"""Relative error above which errors are no longer proportional to noise."""

_ENOUGH: Final = 1.01  # error of a record over that of an endless one
_DECAYED: Final = 12.0  # decay times after which nothing is left
_NOISE_SHARE: Final = 0.2  # of the wanted error that the error of the noise should take
_MOST_NOISE: Final = 0.5  # of it that it may take where records would last long against T1
_RECORD_SHARE: Final = 0.75  # of T1 that is not long
_ROUNDS: Final = 4  # over both channels, until neither repetition moves


@dataclass(frozen=True, kw_only=True)
class PlannedLine:
    """What the line is thought to be.

    Parameters
    ----------
    shape
        ``"lorentzian"`` or ``"gaussian"``.
    fwhm
        Full width at half maximum [Hz].
    width_known
        Whether the width will be known from elsewhere or shared by a series.
    t1
        And its standard error [s].
    t2
        Decay time of echoes and its standard error [s]; none where no echo is planned.
    """

    shape: str
    fwhm: float
    width_known: bool
    t1: tuple[float, float]
    t2: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        one_of(self.shape, PLANNED_SHAPES, name="shape")
        for name, value in (("fwhm", self.fwhm), ("t1", self.t1[0])):
            _positive(value, name=name)

    @property
    def decay_time(self) -> float:
        """T2* of a Lorentzian line of this width [s]."""
        return 1 / (pi * self.fwhm)


@dataclass(frozen=True, kw_only=True)
class PlannedScan:
    """How the line is to be recorded.

    Parameters
    ----------
    sequence
        A key of :data:`PHASE_CYCLES`.
    dead_time
        From the middle of the last pulse to the first good point [s].
    dwell
        Between complex points [s].
    points
        Of a record; chosen if not given.
    echo_delay
        Between the pulses of an echo [s].
    flip_angle
        Of the only pulse [rad]; the best if not given.
    shortest_repetition
        That the duty cycle of the pulses allows [s]; the record alone decides if not given.
    blocks
        Blocks that are stored apart, each with noise of its own.
    """

    sequence: str
    dead_time: float
    dwell: float
    points: int | None = None
    echo_delay: float | None = None
    flip_angle: float | None = None
    shortest_repetition: float = 0.0
    blocks: int = 1

    def __post_init__(self) -> None:
        one_of(self.sequence, PHASE_CYCLES, name="sequence")
        _positive(self.dwell, name="dwell")
        if self.sequence != "fid" and not self.delay > 0:
            msg = (
                f"Found a {self.sequence} with echo delay {self.echo_delay}; the time between its "
                "pulses decides what is left of the signal. Give it."
            )
            raise ValueError(msg)

    @property
    def delay(self) -> float:
        """From the last pulse to time zero: the echo delay, or nothing of a decay [s]."""
        return 0.0 if self.sequence == "fid" else self.echo_delay or 0.0

    @property
    def first_point(self) -> float:
        """From pulse centre or echo top to the first good point [s]."""
        return max(self.dead_time - self.delay, 0.0)

    def times(self, points: int) -> NDArray[np.float64]:
        """Give the times of a record of that many points, (time,)."""
        return self.first_point + self.dwell * np.arange(points, dtype=np.float64)

    def end(self, points: int) -> float:
        """From the first pulse to the end of a record of that many points [s]."""
        return 2 * self.delay + self.first_point + self.dwell * points


@dataclass(frozen=True, kw_only=True)
class PlannedChannel:
    """One nucleus of the sample, its line and how it is received.

    Parameters
    ----------
    nucleus
        Its name.
    atoms
        Of its element in the sample.
    limit
        Limit of detection.
    line
        What is to be measured.
    scan
        How.
    factors
        Further efficiencies: excitation, visible fraction and so on. Their errors are common to
        all scans.
    """

    nucleus: str
    atoms: float
    limit: Limit
    line: PlannedLine
    scan: PlannedScan
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        _positive(self.atoms, name=f"atoms for {self.nucleus}")
        if self.limit.nucleus != self.nucleus:
            msg = (
                f"Found a limit of detection of {self.limit.nucleus} for {self.nucleus}; carry it "
                "over with sensitivity.limit_of_other_nucleus."
            )
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class ChannelPlan:
    """How one channel is best run, and what one of its scans is worth.

    Parameters
    ----------
    channel
        What was planned.
    repetition
        Best repetition, flip angle, and steady state.
    points
        Of one record.
    factors
        All efficiencies of the amplitude, the steady state among them.
    bound
        Least error of the amplitude over the noise of one point.
    bound_without_dead_time
        The same for a receiver that is never dead.
    snr
        Of one scan: amplitude at t = 0 over rms per channel.
    left_after_dead_time
        Of a decay from its pulse, when a receiver of this dead time wakes.
    noise_relative_std
        Error of the noise level of one record.
    by
        Whether the line is read over its noise or in units of the receiver.
    """

    channel: PlannedChannel
    repetition: Repetition
    points: int
    factors: tuple[Factor, ...]
    bound: float
    bound_without_dead_time: float
    snr: float
    left_after_dead_time: float
    noise_relative_std: float
    by: str

    @property
    def relative_std(self) -> float:
        """Relative error of the amplitude from one scan."""
        return self.bound / self.snr

    @property
    def cost(self) -> float:
        """Time for a relative error of one [s]; it grows with the inverse square."""
        return self.relative_std**2 * self.repetition.time

    @property
    def common(self) -> tuple[tuple[str, float], ...]:
        """Relative errors that no scan lowers, by name."""
        terms = [(one.name, one.relative_std) for one in self.factors if one.relative_std > 0]
        if self.by == "snr_per_root_scan":
            terms.append(("noise level", self.noise_relative_std))
        return tuple((f"{self.channel.nucleus} {name}", value) for name, value in terms)

    @property
    def dead_time_cost(self) -> float:
        """Time with this dead time over the time without."""
        return (self.bound / self.bound_without_dead_time) ** 2

    def scans_in(self, time: float) -> int:
        """Give the scans that fill a time [s], a whole number of phase cycles and of blocks."""
        cycle = PHASE_CYCLES[self.channel.scan.sequence] * self.channel.scan.blocks
        return cycle * max(ceil(time / self.repetition.time / cycle * (1 - 1e-12)), 1)


@dataclass(frozen=True, kw_only=True)
class AmplitudePlan:
    """Scans and hours for an amplitude, or for the ratio of two.

    Parameters
    ----------
    error
        Relative error that is wanted.
    channels
        Each with its best repetition.
    scans
        Of each; none where the error cannot be reached.
    common
        Relative errors that no scan lowers, by name.
    """

    error: float
    channels: tuple[ChannelPlan, ...]
    scans: tuple[int, ...]
    common: tuple[tuple[str, float], ...]

    @property
    def common_std(self) -> float:
        """Relative error that is left after endless scans."""
        return hypot(*(value for _, value in self.common)) if self.common else 0.0

    @property
    def reachable(self) -> bool:
        """Whether any number of scans reaches the error."""
        return self.common_std < self.error

    @property
    def hours(self) -> tuple[float, ...]:
        """Of each channel; infinite where the error cannot be reached."""
        if not self.reachable:
            return (inf,) * len(self.channels)
        return tuple(
            count * one.repetition.time / 3600
            for count, one in zip(self.scans, self.channels, strict=True)
        )

    @property
    def promised(self) -> tuple[float, ...]:
        """Relative error of each amplitude from noise after its scans; none out of reach."""
        return tuple(
            one.relative_std / sqrt(count)
            for count, one in zip(self.scans, self.channels, strict=bool(self.scans))
        )

    def error_after(self, hours: float) -> float:
        """Give the relative error after a time, parted as is best, common errors included."""
        roots = sum(sqrt(one.cost) for one in self.channels)
        return hypot(roots / sqrt(3600 * hours), self.common_std)


@dataclass(frozen=True, kw_only=True)
class T1Plan:
    """Delays, scans and hours for a T1 by saturation recovery.

    Parameters
    ----------
    error
        Relative error that is wanted.
    channel
        Its steps fully recovered; the repetition is that of the longest delay.
    delays
        Spread out, so that the law can be tested.
    cheapest
        The same number of delays where they cost least.
    scans
        Of each step.
    """

    error: float
    channel: ChannelPlan
    delays: Delays
    cheapest: Delays
    scans: int

    @property
    def hours(self) -> float:
        """Of all steps."""
        return self.scans * self.delays.scan_time / 3600

    @property
    def promised(self) -> float:
        """Relative error of T1 after these scans."""
        return self.delays.bound * self.channel.relative_std / sqrt(self.scans)

    def error_after(self, hours: float) -> float:
        """Give the relative error of T1 after a time."""
        spent = 3600 * hours / self.delays.scan_time
        return self.delays.bound * self.channel.relative_std / sqrt(spent)


def channel_plan(
    channel: PlannedChannel, *, repetition: Repetition, points: int, by: str
) -> ChannelPlan:
    """Say what one scan of a channel is worth.

    Parameters
    ----------
    channel
        What is planned.
    repetition
        How often, with its steady state.
    points
        Of one record.
    by
        One of :data:`megabar.observables.line_readings.COMPARISONS`.

    Returns
    -------
    :
        The plan of the channel.
    """
    scan, line = channel.scan, channel.line
    factors = [repetition.factor, *channel.factors]
    if scan.delay > 0 and line.t2 is not None:
        factors.append(echo_decay(echo_delay=scan.delay, t2=line.t2[0], t2_std=line.t2[1]))
    left = dead_time_loss(
        dead_time=scan.dead_time, fwhm=line.fwhm, fwhm_std=0.0, shape=line.shape
    ).value
    tail = max(int(TAIL * points), 1) * scan.blocks
    at_once = replace(scan, dead_time=0.0)
    return ChannelPlan(
        channel=channel,
        repetition=repetition,
        points=points,
        factors=tuple(factors),
        bound=_bound(line, scan, points),
        bound_without_dead_time=_bound(line, at_once, points),
        snr=reception.snr_of_one_scan(
            atoms=channel.atoms,
            limit=channel.limit.value,
            bandwidth=1 / scan.dwell,
            efficiency=prod(one.value for one in factors),
        ),
        left_after_dead_time=left,
        noise_relative_std=1 / (2 * sqrt(tail)),
        by=one_of(by, COMPARISONS, name="comparison"),
    )


def record_length(channel: PlannedChannel, *, error: float, by: str) -> int:
    """Choose the points of a record.

    As many as leave 1 % of precision to be gained. Where noise is taken from their tail, so many
    more that its error is a fifth of the wanted one, or a half if such a record is long against T1.

    Parameters
    ----------
    channel
        What is planned.
    error
        Relative error that is wanted.
    by
        One of :data:`megabar.observables.line_readings.COMPARISONS`.

    Returns
    -------
    :
        Points, those that were given if any were.
    """
    scan, line = channel.scan, channel.line
    if scan.points is not None:
        return scan.points
    decayed = max(ceil(_DECAYED * line.decay_time / scan.dwell), 32)
    endless = _bound(line, scan, decayed)
    needed = 16
    while needed < decayed and _bound_or_none(line, scan, needed) > _ENOUGH * endless:
        needed = ceil(1.1 * needed)
    needed = ceil(needed / (1 - TAIL))
    if by != "snr_per_root_scan":
        return needed
    affordable = int(_RECORD_SHARE * line.t1[0] / scan.dwell)
    wished, least = (
        ceil((0.5 / (share * error)) ** 2 / TAIL / scan.blocks)
        for share in (_NOISE_SHARE, _MOST_NOISE)
    )
    return max(needed, min(wished, affordable), least)


def plan_amplitude(
    channels: Sequence[PlannedChannel],
    *,
    error: float,
    by: str,
    common: Sequence[tuple[str, float]] = (),
) -> AmplitudePlan:
    """Plan one amplitude, or the ratio of two as a content is made of.

    Parameters
    ----------
    channels
        One or two.
    error
        Wanted standard error over the value.
    by
        One of :data:`megabar.observables.line_readings.COMPARISONS`: a signal over its noise
        carries the error of the noise level, which no scan lowers.
    common
        Further relative errors that no scan lowers, such as that of the scale, by name.

    Returns
    -------
    :
        The plan; without scans where the error is out of reach.

    Raises
    ------
    ValueError
        If the error is not above 0 and up to 0.3.

    References
    ----------
    The best parting of time between two counts: Knoll, Radiation Detection and Measurement, 4th
    edition, section 3.V (2010).

    Examples
    --------
    >>> from megabar.observables.sensitivity import Limit
    >>> proton = PlannedChannel(nucleus="1H", atoms=2.94e15,
    ...     limit=Limit(nucleus="1H", route="given", value=5.44e11, relative_std=0.0, source="ice"),
    ...     line=PlannedLine(shape="lorentzian", fwhm=1.35e3, width_known=False, t1=(1.5e-3, 0.0)),
    ...     scan=PlannedScan(sequence="fid", dead_time=5e-6, dwell=0.5e-6))
    >>> found = plan_amplitude([proton], error=0.01, by="amplitude_per_scan")
    >>> found.scans, f"{found.promised[0]:.4f}"
    ((20,), '0.0092')
    """
    _check_error(error)
    terms = tuple(common)
    given = hypot(*(value for _, value in terms)) if terms else 0.0
    budget = error**2 - given**2
    points = [record_length(one, error=error, by=by) for one in channels]
    scans = [_scan_of(one, count) for one, count in zip(channels, points, strict=True)]

    def planned(place: int, repetition: Repetition) -> ChannelPlan:
        return channel_plan(channels[place], repetition=repetition, points=points[place], by=by)

    plans = [planned(place, scan.at(_patient(scan))) for place, scan in enumerate(scans)]
    for _ in range(_ROUNDS if len(plans) > 1 else 1):
        for place, scan in enumerate(scans):
            others = [one for index, one in enumerate(plans) if index != place]
            cost = _Price(place=place, channel=plans[place], others=others, budget=budget)
            best = best_repetition(scan, cost=cost)
            if cost(best) == inf:  # out of reach: show at least what is best for the noise
                best = best_repetition(scan)
            plans[place] = planned(place, best)
    found = AmplitudePlan(
        error=error,
        channels=tuple(plans),
        scans=(),
        common=(*terms, *(term for one in plans for term in one.common)),
    )
    return replace(found, scans=_scans(found)) if found.reachable else found


@dataclass(frozen=True, kw_only=True)
class _Price:
    """Time of the whole plan if one channel repeats as it is asked."""

    place: int
    channel: ChannelPlan
    others: Sequence[ChannelPlan]
    budget: float

    def __call__(self, repetition: Repetition) -> float:
        now = self.channel
        factors = (repetition.factor, *now.factors[1:])
        snr = now.snr * repetition.factor.value / now.factors[0].value
        here = replace(now, repetition=repetition, factors=factors, snr=snr)
        every = (here, *self.others)
        common = sum(value**2 for one in every for _, value in one.common)
        if common >= self.budget:
            return inf
        return sum(sqrt(one.cost) for one in every) ** 2 / (self.budget - common)


def plan_t1(
    channel: PlannedChannel, *, error: float, steps: int, shortest_delay: float, by: str
) -> T1Plan:
    """Plan a T1 by saturation recovery, the same scans in every step.

    Parameters
    ----------
    channel
        What is to be measured. The width counts as known: all steps share their weights.
    error
        Wanted standard error over T1.
    steps
        Delays, 4 or more.
    shortest_delay
        That can be set [s].
    by
        One of :data:`megabar.observables.line_readings.COMPARISONS`, for the points of a record.

    Returns
    -------
    :
        The plan.

    Raises
    ------
    ValueError
        If the error is not above 0 and up to 0.3, or there are too few steps.

    Examples
    --------
    >>> from megabar.observables.sensitivity import Limit
    >>> proton = PlannedChannel(nucleus="1H", atoms=2.94e15,
    ...     limit=Limit(nucleus="1H", route="given", value=5.44e11, relative_std=0.0, source="ice"),
    ...     line=PlannedLine(shape="lorentzian", fwhm=1.35e3, width_known=True, t1=(1.5e-3, 0.0)),
    ...     scan=PlannedScan(sequence="fid", dead_time=5e-6, dwell=0.5e-6))
    >>> found = plan_t1(proton, error=0.02, steps=8, shortest_delay=20e-6,
    ...                 by="amplitude_per_scan")
    >>> found.promised <= 0.02, len(found.delays.delays)
    (True, 8)
    """
    _check_error(error)
    known = replace(channel, line=replace(channel.line, width_known=True))
    points = record_length(known, error=error, by="amplitude_per_scan")
    whole = Factor(name="steady_state", value=1.0, std=0.0, source="plateau of the recovery")
    plan = channel_plan(
        known,
        repetition=Repetition(time=channel.line.t1[0], flip_angle=pi / 2, factor=whole),
        points=points,
        by=by,
    )
    overhead = max(channel.scan.end(points), channel.scan.shortest_repetition)
    t1 = channel.line.t1
    delays = spread_delays(t1=t1, overhead=overhead, shortest=shortest_delay, count=steps)
    cheapest = cheapest_delays(t1=t1, overhead=overhead, shortest=shortest_delay, count=steps)
    longest = float(delays.delays[-1]) + overhead
    cycle = PHASE_CYCLES[channel.scan.sequence]
    scans = (delays.bound * plan.relative_std / error) ** 2
    return T1Plan(
        error=error,
        channel=replace(plan, repetition=replace(plan.repetition, time=longest)),
        delays=delays,
        cheapest=cheapest,
        scans=cycle * max(ceil(scans / cycle), 1),
    )


def _scans(plan: AmplitudePlan) -> tuple[int, ...]:
    roots = [sqrt(one.cost) for one in plan.channels]
    left = plan.error**2 - plan.common_std**2
    return tuple(
        one.scans_in(root * sum(roots) / left)
        for one, root in zip(plan.channels, roots, strict=True)
    )


def _scan_of(channel: PlannedChannel, points: int) -> Scan:
    scan = channel.scan
    return Scan(
        sequence=scan.sequence,
        t1=channel.line.t1,
        shortest=max(scan.end(points), scan.shortest_repetition),
        flip_angle=scan.flip_angle if scan.sequence == "fid" else pi / 2,
        echo_delay=scan.delay or None,
    )


def _patient(scan: Scan) -> float:
    """Repetition at which an error of T1 does least."""
    return max(_DECAYED * scan.t1[0], scan.shortest)


def _bound(line: PlannedLine, scan: PlannedScan, points: int) -> float:
    return amplitude_bound(
        shape=line.shape,
        fwhm=line.fwhm,
        time=scan.times(points),
        sequence=scan.sequence,
        echo_delay=scan.echo_delay,
        width_known=line.width_known,
    )


def _bound_or_none(line: PlannedLine, scan: PlannedScan, points: int) -> float:
    try:
        return _bound(line, scan, points)
    except ValueError:
        return inf


def _check_error(error: float) -> None:
    if not 0 < error <= LARGEST_ERROR:
        msg = (
            f"Found a wanted error of {error:g}; one above 0 and up to {LARGEST_ERROR:g} of the "
            "value can be planned. Beyond, a line is not even surely there."
        )
        raise ValueError(msg)


def _positive(value: float, *, name: str) -> None:
    if not 0 < value < inf:
        msg = f"Found {name} {value:g}; a positive number is needed. Check its unit."
        raise ValueError(msg)

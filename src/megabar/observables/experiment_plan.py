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
from math import ceil, hypot, inf, pi, sqrt
from typing import TYPE_CHECKING, Final

from megabar.observables.efficiencies import Factor
from megabar.observables.experiment_channels import (
    PHASE_CYCLES,
    ChannelPlan,
    PlannedChannel,
    channel_plan,
    record_length,
)
from megabar.observables.recovery_delays import Delays, cheapest_delays, spread_delays
from megabar.observables.repetition import Repetition, Scan, best_repetition

if TYPE_CHECKING:
    from collections.abc import Sequence


LARGEST_ERROR: Final = 0.3
"""Relative error above which errors are no longer proportional to noise."""

_RECOVERED: Final = 12.0  # repetition over T1 after which T1 does not matter
_ROUNDS: Final = 4  # over both channels, until neither repetition moves


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
    >>> from megabar.observables.experiment_channels import PlannedLine, PlannedScan
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
    >>> from megabar.observables.experiment_channels import PlannedLine, PlannedScan
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
    return max(_RECOVERED * scan.t1[0], scan.shortest)


def _check_error(error: float) -> None:
    if not 0 < error <= LARGEST_ERROR:
        msg = (
            f"Found a wanted error of {error:g}; one above 0 and up to {LARGEST_ERROR:g} of the "
            "value can be planned. Beyond, a line is not even surely there."
        )
        raise ValueError(msg)

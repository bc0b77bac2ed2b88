r"""One channel of an experiment before it is done: its line, its scan, and what a scan is worth.

Twin: ``virtual.spectrometer``, against which every promise here is tested.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf, pi, prod, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.observables.efficiencies import Factor, dead_time_loss, echo_decay
from megabar.observables.line_readings import COMPARISONS
from megabar.observables.precision import PLANNED_SHAPES, amplitude_bound
from megabar.observables.repetition import Repetition
from megabar.spectra.noise import TAIL
from megabar.spins import phase_tables, reception

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.sensitivity import Limit

PHASE_CYCLES: Final = {
    "fid": len(phase_tables.CYCLOPS),
    "solid-echo": len(phase_tables.SOLID_ECHO_8),
    "hahn-echo": len(phase_tables.HAHN_16),
}
"""Sequence that can be planned -> scans of its phase cycle."""

_ENOUGH: Final = 1.01  # error of a record over that of an endless one
_DECAYED: Final = 12.0  # decay times after which nothing is left
_NOISE_SHARE: Final = 0.2  # of the wanted error that the error of the noise should take
_MOST_NOISE: Final = 0.5  # of it that it may take where records would last long against T1
_RECORD_SHARE: Final = 0.75  # of T1 that is not long


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
    def turned_by(self) -> float:
        """Angles of all pulses of a scan together [rad]; the comb of a recovery left out."""
        more = {"fid": 0.0, "solid-echo": pi / 2, "hahn-echo": pi}
        return self.repetition.flip_angle + more[self.channel.scan.sequence]

    @property
    def dead_time_cost(self) -> float:
        """Time with this dead time over the time without."""
        return (self.bound / self.bound_without_dead_time) ** 2

    def scans_in(self, time: float) -> int:
        """Give the scans that fill a time [s], a whole number of phase cycles and of blocks."""
        cycle = PHASE_CYCLES[self.channel.scan.sequence] * self.channel.scan.blocks
        return cycle * max(ceil(time / self.repetition.time / cycle * (1 - 1e-12)), 1)


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


def _positive(value: float, *, name: str) -> None:
    if not 0 < value < inf:
        msg = f"Found {name} {value:g}; a positive number is needed. Check its unit."
        raise ValueError(msg)

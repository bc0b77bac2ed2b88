"""What stands in the way of a plan: each obstacle with its status, its size and what would help.

Twin: none; the numbers are those of :mod:`megabar.observables.experiment_plan`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, pi, sqrt
from typing import TYPE_CHECKING, Final

from megabar.matter import nuclei
from megabar.observables.efficiencies import refocusing, steady_state
from megabar.observables.experiment_channels import PHASE_CYCLES
from megabar.observables.experiment_pulses import turned
from megabar.observables.precision import amplitude_bound
from megabar.observables.pulse_efficiencies import echo_by_model
from megabar.spins.phase_tables import SOLID_ECHO_8
from megabar.spins.sequences import IdealPulse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from megabar.observables.experiment_channels import ChannelPlan
    from megabar.observables.experiment_plan import AmplitudePlan, T1Plan
    from megabar.observables.experiment_pulses import PulsePlan

STATUSES: Final = {
    "NOT_REACHABLE": "common errors alone exceed the wanted one",
    "WEEKS": "the experiment takes longer than two weeks",
    "SLOW_TO_SEE": "the line stands out only after an hour or more",
    "NOISE_LEVEL": "the error of the noise level takes a large part of the wanted error",
    "RECEIVER_NARROW": "the line is not narrow against the receiver",
    "DWELL_LONG": "too few points lie within the decay",
    "PULSE_NARROW": "the pulse leaves out part of the line",
    "PULSE_LONG": "the pulse is not short against the decay",
    "DEAD_TIME_DEAR": "the dead time costs most of the experiment",
    "RIGID_H_INVISIBLE": "rigid hydrogen dies within the dead time",
    "TR_SHORT_FOR_POOL": "a pool is repeated too fast to be counted",
    "TRANSVERSE_LEFT": "echoes of earlier scans reach into the next",
    "ECHO_UNCERTAIN": "the size of the echo hangs on what broadens the line",
    "LODT_BELOW_RECIPROCITY": "a limit of detection is lower than reciprocity allows",
    "COIL_UNCALIBRATED": "a limit of detection was carried over by a model of the coil",
    "CARRIERS": "one carrier does not find the line wherever it may be",
}
"""Status -> what it means."""

_HOUR: Final = 3600.0
_TWO_WEEKS: Final = 14 * 24.0  # hours
_STANDS_OUT: Final = 5.0  # standard errors at which a line is surely there
_BANDS: Final = 5.0  # bandwidth of the receiver over the width of the line
_POINTS: Final = 3.0  # points within T2*
_EXCITED: Final = 0.95
_DEAR: Final = 2.0
_SEEN: Final = 0.25  # of rigid hydrogen
_COUNTED: Final = 0.9  # of a pool
_GONE: Final = 0.05  # of transverse magnetisation
_NEARLY_RIGHT: Final = 1.4  # rad; smaller flip angles are those of fast repetition
_APART: Final = 0.05  # by which two readings of an echo may differ
_LARGE: Final = 0.5  # share of the wanted variance


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One obstacle.

    Parameters
    ----------
    status
        A key of :data:`STATUSES`.
    sentence
        What was found, what it does, what would help.
    """

    status: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nuclei beside those that are wanted.

    Parameters
    ----------
    name
        What they are, such as ``"H2"``.
    t1
        Of them [s].
    signal
        Of one of them in the steady state of the plan, over one that has recovered.
    """

    name: str
    t1: float
    signal: float


def pool_in(plan: ChannelPlan, *, name: str, t1: float) -> Pool:
    """Say how much of a slower pool a plan sees.

    Parameters
    ----------
    plan
        The channel.
    name
        Of the pool.
    t1
        Of the pool [s].

    Returns
    -------
    :
        The pool with its signal.
    """
    scan = plan.channel.scan
    signal = steady_state(
        repetition_time=plan.repetition.time,
        t1=t1,
        t1_std=0.0,
        flip_angle=plan.repetition.flip_angle,
        sequence=scan.sequence,
        echo_delay=scan.delay or None,
    ).value
    return Pool(name=name, t1=t1, signal=signal)


def cautions_of_amplitude(plan: AmplitudePlan) -> Iterator[Caution]:
    """Say what stands in the way of an amplitude or a content as a whole.

    Parameters
    ----------
    plan
        Of one or two channels.

    Yields
    ------
    :
        Cautions.
    """
    if not plan.reachable:
        listed = ", ".join(f"{name} {value:.2%}" for name, value in _largest(plan.common))
        yield Caution(
            status="NOT_REACHABLE",
            sentence=(
                f"An error of {plan.error:.2%} is not reachable at any number of scans: what is "
                f"common to all of them is {plan.common_std:.2%} ({listed}). Lower the first of "
                "these, or ask for more than that."
            ),
        )
        return
    noise = sum(value**2 for name, value in plan.common if name.endswith("noise level"))
    if noise > _LARGE * plan.error**2:
        yield Caution(
            status="NOISE_LEVEL",
            sentence=(
                f"The noise level of the records is known to {sqrt(noise):.2%}, and no scan lowers "
                f"that; {noise / plan.error**2:.0%} of the wanted variance. Store the scans in "
                "blocks, take more points, or compare amplitudes in units of the receiver."
            ),
        )
    yield from _weeks(sum(plan.hours))


def cautions_of_t1(plan: T1Plan) -> Iterator[Caution]:
    """Say what stands in the way of a T1.

    Parameters
    ----------
    plan
        Of its recovery.

    Yields
    ------
    :
        Cautions.
    """
    yield from _weeks(plan.hours)


def cautions_of_channel(
    plan: ChannelPlan, *, pulse: PulsePlan | None, shift_spread: float | None
) -> Iterator[Caution]:
    """Say what stands in the way of one channel.

    Parameters
    ----------
    plan
        The channel.
    pulse
        Its pulse; none where it is not known.
    shift_spread
        Width of the range in which the line may lie [Hz]; none where its place is known.

    Yields
    ------
    :
        Cautions.
    """
    yield from _of_seeing(plan)
    yield from _of_sampling(plan)
    yield from _of_dead_time(plan)
    yield from _of_repetition(plan)
    yield from _of_echo(plan)
    if "by the exponent" in plan.channel.limit.source:
        yield Caution(
            status="COIL_UNCALIBRATED",
            sentence=(
                f"{plan.channel.nucleus}: its limit of detection, {plan.channel.limit.value:.3g}, "
                f"was {plan.channel.limit.source}, which is a model. Exponents from 5/2 to 3 are "
                "possible; hours go with the square of the limit. Measure its pulse of 90 degrees."
            ),
        )
    if pulse is not None:
        yield from _of_pulse(plan, pulse, shift_spread)


def cautions_of_pools(pools: Sequence[Pool], plan: ChannelPlan) -> Iterator[Caution]:
    """Say which pools a plan does not count.

    Parameters
    ----------
    pools
        Of :func:`pool_in`.
    plan
        The channel.

    Yields
    ------
    :
        Cautions.
    """
    for one in pools:
        if one.signal < _COUNTED:
            yield Caution(
                status="TR_SHORT_FOR_POOL",
                sentence=(
                    f"{one.name} with T1 {one.t1:.3g} s shows {one.signal:.3g} of its nuclei when "
                    f"scans repeat every {plan.repetition.time * 1e3:.3g} ms at "
                    f"{turned(plan.repetition.flip_angle)}: its absence there proves little. Take "
                    f"one record with {5 * one.t1:.3g} s between scans."
                ),
            )


def caution_of_rigid(name: str, *, left: float, dead_time: float) -> Iterator[Caution]:
    """Say whether rigid hydrogen of a structure would be seen.

    Parameters
    ----------
    name
        Of the structure.
    left
        Of its decay after the dead time.
    dead_time
        From the middle of the pulse [s].

    Yields
    ------
    :
        At most one caution.
    """
    if abs(left) < _SEEN:
        yield Caution(
            status="RIGID_H_INVISIBLE",
            sentence=(
                f"Rigid hydrogen of {name} keeps {left:.2f} of its signal at the end of "
                f"{dead_time * 1e6:.3g} us dead time: what does not move is not counted, and a "
                "content is that of moving hydrogen. A solid echo brings back pairs, not networks."
            ),
        )


def _weeks(hours: float) -> Iterator[Caution]:
    if hours > _TWO_WEEKS:
        yield Caution(
            status="WEEKS",
            sentence=(
                f"{hours / 24:.3g} days of scans; pressure, tuning and the sample itself drift "
                "in that time. Twice the signal takes a quarter of it: a lens, a larger cavity, a "
                "known width, a shorter dead time."
            ),
        )


def _of_seeing(plan: ChannelPlan) -> Iterator[Caution]:
    channel = plan.channel
    alone = amplitude_bound(
        shape=channel.line.shape,
        fwhm=channel.line.fwhm,
        time=channel.scan.times(plan.points),
        sequence=channel.scan.sequence,
        echo_delay=channel.scan.echo_delay,
        width_known=True,
    )
    scans = max((_STANDS_OUT * alone / plan.snr) ** 2, PHASE_CYCLES[channel.scan.sequence])
    time = scans * plan.repetition.time
    if time > _HOUR:
        yield Caution(
            status="SLOW_TO_SEE",
            sentence=(
                f"{channel.nucleus}: the line stands out by {_STANDS_OUT:g} standard errors after "
                f"{scans:.3g} scans, {time / _HOUR:.3g} h. Phase, carrier and drift cannot be "
                "checked faster; take them from another record and fix them."
            ),
        )


def _of_sampling(plan: ChannelPlan) -> Iterator[Caution]:
    channel = plan.channel
    band = 1 / channel.scan.dwell
    if band < _BANDS * channel.line.fwhm:
        yield Caution(
            status="RECEIVER_NARROW",
            sentence=(
                f"{channel.nucleus}: a line of {channel.line.fwhm / 1e3:.3g} kHz in a band of "
                f"{band / 1e3:.3g} kHz; its wings fold over and the filter shapes its start. Take "
                f"a dwell of {1e6 / (_BANDS * channel.line.fwhm):.2g} us or less."
            ),
        )
    left = channel.line.decay_time - channel.scan.first_point
    if channel.line.decay_time < _POINTS * channel.scan.dwell:
        yield Caution(
            status="DWELL_LONG",
            sentence=(
                f"{channel.nucleus}: {channel.line.decay_time / channel.scan.dwell:.2g} points lie "
                f"within T2* = {channel.line.decay_time * 1e6:.3g} us ({left * 1e6:.3g} us after "
                f"the dead time). Take a dwell of {channel.line.decay_time / _POINTS * 1e6:.2g} us "
                "or less."
            ),
        )


def _of_dead_time(plan: ChannelPlan) -> Iterator[Caution]:
    channel = plan.channel
    if plan.dead_time_cost <= _DEAR or channel.scan.first_point == 0:
        return
    yield Caution(
        status="DEAD_TIME_DEAR",
        sentence=(
            f"{channel.nucleus}: after {channel.scan.dead_time * 1e6:.3g} us a decay from its pulse"
            f" has {plan.left_after_dead_time:.2g} of its size, and the experiment takes "
            f"{plan.dead_time_cost:.3g} times as long. An echo shows the line from its start"
            f"{'' if channel.line.width_known else '; a width known from it would help as much'}."
        ),
    )


def _of_repetition(plan: ChannelPlan) -> Iterator[Caution]:
    line, time = plan.channel.line, plan.repetition.time
    stated = line.t2 is not None
    if not stated and plan.repetition.flip_angle > _NEARLY_RIGHT:
        return
    t2 = line.t2[0] if line.t2 is not None else line.t1[0]
    left = exp(-time / t2)
    if left <= _GONE:
        return
    known = (
        f"with T2 = {t2 * 1e3:.3g} ms" if stated else "if T2 is as long as T1, for none is stated"
    )
    yield Caution(
        status="TRANSVERSE_LEFT",
        sentence=(
            f"{plan.channel.nucleus}: {left:.2g} of the transverse magnetisation is left after "
            f"{time * 1e3:.3g} ms {known}; the steady state here supposes none. Check the size at "
            f"a repetition of {3 * t2 * 1e3:.3g} ms, or vary the repetition at random."
        ),
    )


def _of_echo(plan: ChannelPlan) -> Iterator[Caution]:
    channel = plan.channel
    delay = channel.scan.delay
    stated = any(one.name == "refocusing" for one in channel.factors)
    if channel.scan.sequence != "solid-echo" or stated:
        return
    spin = nuclei.nucleus(channel.nucleus).spin
    pulse = IdealPulse(channel=channel.nucleus, angle=pi / 2, phase=0.0)
    found = echo_by_model(
        spin=spin, fwhm=channel.line.fwhm, pulses=(pulse, pulse), delay=delay, at=delay,
        table=SOLID_ECHO_8,
    )  # fmt: skip
    if abs(found.couplings / found.shifts - 1) < _APART:
        return
    planned = refocusing(echo_delay=delay, fwhm=channel.line.fwhm, shape=channel.line.shape)
    other = "pairs of like spins" if spin < 1 else "field gradients"
    yield Caution(
        status="ECHO_UNCERTAIN",
        sentence=(
            f"{channel.nucleus}: the plan supposes an echo of {planned:.3f} of the full decay, as "
            f"of shifts. Of a Gaussian line it would be {found.shifts:.3f} if shifts broaden it "
            f"and {found.couplings:.3f} if {other} do: a factor of "
            f"{max(found.couplings / found.shifts, found.shifts / found.couplings):.2f} on its "
            "amplitude that no scan lowers. Measure the echo against its delay, and state it as "
            f"--factor {channel.nucleus}=refocusing=..."
        ),
    )


def _of_pulse(plan: ChannelPlan, pulse: PulsePlan, shift_spread: float | None) -> Iterator[Caution]:
    channel = plan.channel
    if pulse.excited < _EXCITED:
        yield Caution(
            status="PULSE_NARROW",
            sentence=(
                f"{channel.nucleus}: a {pulse.shape} pulse of {pulse.length * 1e6:.3g} us excites "
                f"{pulse.excited:.2f} of a line of {channel.line.fwhm / 1e3:.3g} kHz. For 99 % it "
                f"may last {pulse.longest * 1e6:.3g} us, which takes {pulse.longest_power:.3g} W."
            ),
        )
    if channel.scan.sequence == "fid" and pulse.length > channel.line.decay_time / 2:
        yield Caution(
            status="PULSE_LONG",
            sentence=(
                f"{channel.nucleus}: the pulse of {pulse.length * 1e6:.3g} us is not short against "
                f"T2* = {channel.line.decay_time * 1e6:.3g} us; part of the signal decays while it "
                "lasts, and time zero is not its middle for all of it."
            ),
        )
    if shift_spread is None:
        return
    count = pulse.carriers(spread=shift_spread, fwhm=channel.line.fwhm)
    if count > 1:
        yield Caution(
            status="CARRIERS",
            sentence=(
                f"{channel.nucleus}: the line may lie anywhere in {shift_spread / 1e3:.3g} kHz, "
                f"and the pulse excites a band of {pulse.band / 1e3:.3g} kHz. Look for it with "
                f"{count} carriers, or with a pulse of "
                f"{pulse.length * pulse.band / (shift_spread + channel.line.fwhm) * 1e6:.2g} us."
            ),
        )


def _largest(terms: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return sorted(terms, key=lambda one: -one[1])[:4]

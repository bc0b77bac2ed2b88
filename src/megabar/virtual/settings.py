"""What is set on the virtual spectrometer for one measurement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from megabar import units
from megabar.errors import PlanError
from megabar.spins.sequences import IdealPulse
from megabar.virtual import finite_pulses

if TYPE_CHECKING:
    from megabar.spins.sequences import Pulse
    from megabar.virtual.finite_pulses import Shaped

STEP_COORDINATE: Final = {
    "saturation-recovery": "delay",
    "hahn-echo-array": "echo_time",
    "nutation": "pulse_length",
}
"""Sequence with several steps -> what differs between them."""

_TIMES: Final = (
    "pulse_length", "dead_time", "dwell", "repetition_time", "echo_delay", "before_echo",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is set on the spectrometer for one measurement.

    Parameters
    ----------
    pulse_length
        Of the exciting pulse; a refocusing pulse is twice as long [s].
    flip_angle
        Of the exciting pulse [rad]: what it does where it has no shape, and what the operator takes
        it to do where it has one.
    dead_time
        From the end of a pulse until the receiver shows signal only [s].
    dwell
        From one complex point to the next [s].
    points
        Complex points of one record.
    repetition_time
        Start of one scan to start of the next [s].
    echo_delay
        Between the two pulses of a single echo [s].
    before_echo
        From the first stored point to the echo top [s].
    steps
        Recovery delays, echo times (twice the time between the pulses), or pulse lengths of an
        array [s].
    saturation
        Pulses of the saturating comb.
    shaped
        Shape and field of pulses that take their time; None for pulses that turn all spins alike
        at their middle.
    """

    pulse_length: float
    flip_angle: float
    dead_time: float
    dwell: float
    points: int
    repetition_time: float
    echo_delay: float | None = None
    before_echo: float | None = None
    steps: tuple[float, ...] = ()
    saturation: int = 0
    shaped: Shaped | None = None

    def __post_init__(self) -> None:
        for name in _TIMES:
            if getattr(self, name) is not None:
                value = units.quantity(getattr(self, name), unit="s", name=name)
                object.__setattr__(self, name, value)
        angle = units.quantity(self.flip_angle, unit="rad", name="flip angle")
        object.__setattr__(self, "flip_angle", angle)
        steps = tuple(units.quantity(step, unit="s", name="step") for step in self.steps)
        object.__setattr__(self, "steps", steps)
        if self.dwell <= 0 or self.points < 2:
            msg = f"Found {self.points} points of {self.dwell:g} s; a record needs time and points."
            raise PlanError(msg)
        if self.shaped is not None and self.pulse_length <= 0:
            msg = f"Found a shaped pulse of {self.pulse_length:g} s; it needs a length above 0."
            raise PlanError(msg)

    def under(self, coil_scale: float) -> Settings:
        """Give what happens if the coil makes another field than these settings count on.

        Parameters
        ----------
        coil_scale
            Field over the one expected, above 0.

        Returns
        -------
        :
            Settings whose pulses turn by so much more or less.
        """
        shaped = self.shaped
        if shaped is not None:
            return replace(
                self,
                shaped=replace(shaped, nutation_frequency=coil_scale * shaped.nutation_frequency),
            )
        return replace(self, flip_angle=coil_scale * self.flip_angle)

    def rows(self, sequence: str) -> tuple[Settings, ...]:
        """Give what is set in each step: another pulse in a nutation, otherwise always the same.

        Parameters
        ----------
        sequence
            A key of :data:`megabar.virtual.nmr.CYCLES`.

        Returns
        -------
        :
            One for each step.
        """
        delays = self.delays(sequence)
        if sequence != "nutation":
            return (self,) * len(delays)
        turn = self.flip_angle / self.pulse_length
        return tuple(
            replace(self, pulse_length=step, flip_angle=turn * step) for step in self.steps
        )

    def pulses(self, sequence: str, *, channel: str) -> tuple[Pulse | IdealPulse, ...]:
        """Make the pulses of one scan.

        Parameters
        ----------
        sequence
            A key of :data:`megabar.virtual.nmr.CYCLES`.
        channel
            Kind of spins they reach.

        Returns
        -------
        :
            One pulse, or two of an echo, at phase 0.
        """
        times = (1,) if "echo" not in sequence else (1, 1 if sequence == "solid-echo" else 2)
        if self.shaped is None:
            return tuple(
                IdealPulse(channel=channel, angle=one * self.flip_angle, phase=0.0) for one in times
            )
        return tuple(
            self.shaped.pulse(channel=channel, duration=one * self.pulse_length) for one in times
        )

    @property
    def true_flip_angle(self) -> float:
        """Angle by which the exciting pulse turns spins on resonance [rad]."""
        return finite_pulses.flip_angle(self.pulses("fid", channel="any")[0])

    def delays(self, sequence: str) -> tuple[float | None, ...]:
        """Give the delay of the pulse program in each step.

        Parameters
        ----------
        sequence
            A key of :data:`megabar.virtual.nmr.CYCLES`.

        Returns
        -------
        :
            One delay per step [s].
        """
        if sequence in STEP_COORDINATE:
            if not self.steps:
                msg = f"Found a {sequence} without steps; it needs a list of times."
                raise PlanError(msg)
            if sequence == "nutation":
                return (None,) * len(self.steps)
            half = 0.5 if sequence == "hahn-echo-array" else 1.0
            return tuple(half * step for step in self.steps)
        return (None,) if sequence == "fid" else (self.echo_delay,)

    def origin(self, sequence: str) -> float:
        """Give the time of the first stored point, from the pulse centre or the echo top.

        Parameters
        ----------
        sequence
            A key of :data:`megabar.virtual.nmr.CYCLES`.

        Returns
        -------
        :
            Time [s]; the end of the pulse for decays.

        Raises
        ------
        PlanError
            If an echo would be recorded before the receiver is alive.
        """
        if "echo" not in sequence:
            return self.pulse_length / 2
        if self.before_echo is None:
            msg = f"Found a {sequence} without before_echo; say how long before its top it starts."
            raise PlanError(msg)
        last_pulse = self.pulse_length * (1 if sequence == "solid-echo" else 2)
        alive = last_pulse / 2 + self.dead_time
        for delay in self.delays(sequence):
            if delay is not None and delay - self.before_echo < alive - 1e-12:
                msg = (
                    f"Found an echo recorded from {delay - self.before_echo:g} s after the second "
                    f"pulse, while the receiver is dead for {alive:g} s. Lower before_echo or "
                    "raise the delay."
                )
                raise PlanError(msg)
        return -self.before_echo

    def check(self, sequence: str) -> None:
        """Say if these settings cannot be measured with a sequence.

        Parameters
        ----------
        sequence
            A key of :data:`megabar.virtual.nmr.CYCLES`.

        Raises
        ------
        PlanError
            If a list or a time is missing, an echo starts while the receiver is dead, or a record
            is still being taken when the next scan begins.
        """
        shortest = min((self.pulse_length, *self.steps))
        if sequence == "nutation" and shortest <= 0:
            msg = (
                f"Found a pulse of {shortest:g} s in a nutation; every length must be above 0, "
                "that of flip_angle too."
            )
            raise PlanError(msg)
        start = self.origin(sequence)
        longest = max(delay or 0.0 for delay in self.delays(sequence))
        to_zero = 2 * longest if "echo" in sequence else longest
        end = to_zero + start + self.dwell * self.points
        if end > self.repetition_time:
            msg = (
                f"Found a record that ends {end:g} s after its scan began, while the next scan "
                f"begins after {self.repetition_time:g} s. Raise the repetition time or take "
                "fewer points."
            )
            raise PlanError(msg)

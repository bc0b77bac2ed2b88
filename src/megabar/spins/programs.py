r"""Pulse sequences as data: what happens, the phases of the cycle, and what the cycle keeps.

A program is written down once, printed, checked for the coherence pathways that it passes, and
computed by :func:`megabar.spins.program_signals.signal_from_program`; an echo of two pulses of one
spin also, and much faster, by :func:`megabar.spins.echoes.echo_from_two_pulses`. The acquisition
begins at the end of the last element.

Twin: ``observables.hydrogen_content``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from megabar.spins.phase_tables import (
    CPMG_8,
    CYCLOPS,
    RECOVERY_16,
    SOLID_ECHO_8,
    SPIN_LOCK_8,
    PhaseTable,
    artefact_weights,
    kept_pathways,
)
from megabar.spins.sequences import Delay, IdealPulse, OrderFilter, Pulse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from megabar.spins.phase_tables import Pathway

_LISTED = 16  # pathways that are printed


@dataclass(frozen=True, kw_only=True)
class Cycled:
    """A pulse whose phase the cycle sets.

    Parameters
    ----------
    row
        Row of the phase table.
    pulse
        The pulse at phase zero of the cycle.
    """

    row: str
    pulse: Pulse | IdealPulse


Happening = Cycled | Pulse | IdealPulse | Delay | OrderFilter
"""One element of a program; pulses that are not cycled keep their phase."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A pulse sequence with its phase cycle.

    Parameters
    ----------
    name
        What people call it.
    channel
        Kind of spins that is observed.
    elements
        What happens before the acquisition, in the order of time.
    table
        Phases of the pulses and of the receiver.

    Raises
    ------
    ValueError
        If a pulse names a row that the table has not, or there is no pulse on the observed channel.
    """

    name: str
    channel: str
    elements: tuple[Happening, ...]
    table: PhaseTable

    def __post_init__(self) -> None:
        for row in (one.row for one in self.elements if isinstance(one, Cycled)):
            if row not in self.table.phases:
                msg = (
                    f"Found a pulse of {self.name!r} with phases {row!r}; its table "
                    f"{self.table.name!r} has {', '.join(self.table.phases)}. Name one of them."
                )
                raise ValueError(msg)
        if not self._rows:
            msg = (
                f"Found no pulse on {self.channel} in {self.name!r}; nothing would be observed. "
                "Add one, or observe another kind of spins."
            )
            raise ValueError(msg)

    @property
    def _rows(self) -> list[str | None]:
        """Rows of the pulses on the observed channel, those that follow one another once."""
        rows: list[str | None] = []
        for element in self.elements:
            row = element.row if isinstance(element, Cycled) else None
            pulse = element.pulse if isinstance(element, Cycled) else element
            if isinstance(pulse, Pulse | IdealPulse) and pulse.channel == self.channel:
                rows += [] if rows and rows[-1] == row else [row]
        return rows

    @property
    def cycle_in_time(self) -> PhaseTable:
        """Phases of the observed channel in the order of time.

        Pulses of one row that follow one another, such as those of a train, count as one; pulses
        that are not cycled have phases of zero.
        """
        phases = {}
        for place, row in enumerate(self._rows):
            name = row or "fixed"
            phases[name if name not in phases else f"{name} ({place + 1})"] = (
                self.table.phases[row] if row else (0,) * len(self.table)
            )
        return replace(self.table, phases=phases)

    def scaled(self, factor: float) -> Program:
        """Give the same program in another place of the coil, at so many times the field."""
        elements = (
            replace(one, pulse=one.pulse.scaled(factor))
            if isinstance(one, Cycled)
            else one.scaled(factor)
            if isinstance(one, Pulse | IdealPulse)
            else one
            for one in self.elements
        )
        return replace(self, elements=tuple(elements))

    def kept_pathways(self, *, spin: float) -> tuple[Pathway, ...]:
        """List the coherence pathways that the cycle lets through.

        Parameters
        ----------
        spin
            Largest total quantum number: I for one spin, n/2 for n spins 1/2.

        Returns
        -------
        :
            Orders after every row of ``cycle_in_time``; filters of the program are not counted.
        """
        return kept_pathways(self.cycle_in_time, spin=spin)

    def printed(self, *, spin: float) -> str:
        """Print elements, phase table, pathways that pass and artefacts that stay.

        Parameters
        ----------
        spin
            Largest total quantum number: I for one spin, n/2 for n spins 1/2.

        Returns
        -------
        :
            Lines of text.
        """
        pathways = self.kept_pathways(spin=spin)
        shown = ", ".join(" -> ".join(f"{p:+d}" for p in (0, *one)) for one in pathways[:_LISTED])
        more = f", and {len(pathways) - _LISTED} more" if len(pathways) > _LISTED else ""
        left = [name for name, one in artefact_weights(self.table).items() if abs(one) > 1e-9]
        return "\n".join(
            [
                f"{self.name}, {self.channel} observed",
                *(f"  {_described(one)}" for one in self.elements),
                str(self.table),
                f"passes for spin {spin:g}: {shown.replace('+0', '0')}{more}",
                f"leaves: {', '.join(left) or 'no artefact'}",
            ]
        )


def one_pulse(pulse: Pulse | IdealPulse) -> Program:
    """Excite once, with CYCLOPS.

    Parameters
    ----------
    pulse
        The pulse at phase zero.

    Returns
    -------
    :
        The program; time zero is the end of the pulse.

    Examples
    --------
    >>> program = one_pulse(IdealPulse(channel="1H", angle=np.pi / 2, phase=0.0))
    >>> program.kept_pathways(spin=0.5)
    ((-1,),)
    """
    return Program(
        name="one pulse",
        channel=pulse.channel,
        elements=(Cycled(row="ph1", pulse=pulse),),
        table=CYCLOPS,
    )


def nutation(pulse: Pulse, durations: ArrayLike) -> tuple[Program, ...]:
    """Excite with pulses of one shape and one amplitude and many lengths.

    Parameters
    ----------
    pulse
        Shape and amplitude.
    durations
        Lengths of the whole pulse [s], (step,).

    Returns
    -------
    :
        One program for each length.
    """
    lengths = np.atleast_1d(np.asarray(durations, dtype=np.float64)).tolist()
    return tuple(
        replace(one_pulse(replace(pulse, duration=length)), name=f"nutation, {length * 1e6:g} us")
        for length in lengths
    )


def hahn_echo(
    *,
    first: Pulse | IdealPulse,
    second: Pulse | IdealPulse,
    delay: float,
    table: PhaseTable,
) -> Program:
    """Refocus linear broadening with a second pulse.

    Parameters
    ----------
    first, second
        The pulses at phase zero, commonly of 90 and 180 degrees.
    delay
        From the end of the first to the start of the second [s].
    table
        ``HAHN_4``, ``HAHN_16`` or ``HAHN_32``; for I > 1/2 the first two leak orders that the last
        suppresses.

    Returns
    -------
    :
        The program; the echo comes about one delay after its end.

    Examples
    --------
    >>> from megabar.spins.phase_tables import HAHN_16, HAHN_32
    >>> ninety, turn = (IdealPulse(channel="139La", angle=a, phase=0.0) for a in (np.pi / 2, np.pi))
    >>> for table in (HAHN_16, HAHN_32):
    ...     program = hahn_echo(first=ninety, second=turn, delay=25e-6, table=table)
    ...     print(len(table), [orders[0] for orders in program.kept_pathways(spin=3.5)])
    16 [-7, -3, 1, 5]
    32 [-7, 1]
    """
    return _two_pulses("Hahn echo", first, second, delay, table)


def solid_echo(*, first: Pulse | IdealPulse, second: Pulse | IdealPulse, delay: float) -> Program:
    """Refocus a quadrupole or dipolar pair coupling with a second pulse 90 degrees off in phase.

    Parameters
    ----------
    first, second
        The pulses at phase zero, commonly both of 90 degrees; the cycle turns the second.
    delay
        From the end of the first to the start of the second [s].

    Returns
    -------
    :
        The program with the cycle of 8 steps.

    Examples
    --------
    >>> ninety = IdealPulse(channel="139La", angle=np.pi / 2, phase=0.0)
    >>> program = solid_echo(first=ninety, second=ninety, delay=25e-6)
    >>> print(program.printed(spin=1.0))
    solid echo, 139La observed
      ph1: ideal pulse of 90 degrees on 139La
      delay of 25 us
      ph2: ideal pulse of 90 degrees on 139La
    8-step solid echo, 8 steps, phases in degrees
    ph1         0 180  90 270   0 180  90 270
    ph2        90  90 180 180 270 270   0   0
    receiver    0 180  90 270   0 180  90 270
    passes for spin 1: 0 -> -1 -> -1, 0 -> +1 -> -1
    leaves: ring-down of ph1
    """
    return _two_pulses("solid echo", first, second, delay, SOLID_ECHO_8)


def inversion_recovery(
    *, invert: Pulse | IdealPulse, read: Pulse | IdealPulse, delay: float
) -> Program:
    """Turn the magnetisation over, wait, and read it.

    Parameters
    ----------
    invert, read
        The pulses at phase zero, commonly of 180 and 90 degrees.
    delay
        Recovery between them [s].

    Returns
    -------
    :
        The program with the cycle of 16 steps.
    """
    return Program(
        name="inversion recovery",
        channel=read.channel,
        elements=(
            Cycled(row="prepare", pulse=invert),
            Delay(duration=delay),
            Cycled(row="read", pulse=read),
        ),
        table=RECOVERY_16,
    )


def saturation_recovery(
    *,
    comb: Pulse | IdealPulse,
    pulses: int,
    gap: float,
    read: Pulse | IdealPulse,
    delay: float,
) -> Program:
    """Destroy the magnetisation with a comb of pulses, wait, and read what has grown.

    Parameters
    ----------
    comb
        One pulse of the comb, commonly of 90 degrees.
    pulses
        How many.
    gap
        Between them, longer than the decay of a signal [s].
    read
        The last pulse, commonly of 90 degrees.
    delay
        From the last pulse of the comb to it [s].

    Returns
    -------
    :
        The program with the cycle of 16 steps.

    Raises
    ------
    ValueError
        If the comb has no pulse.
    """
    _at_least_one(pulses, "pulses in the comb")
    one = Cycled(row="prepare", pulse=comb)
    return Program(
        name="saturation recovery",
        channel=read.channel,
        elements=(
            *(one, Delay(duration=gap)) * (pulses - 1),
            one,
            Delay(duration=delay),
            Cycled(row="read", pulse=read),
        ),
        table=RECOVERY_16,
    )


def cpmg(
    *, excite: Pulse | IdealPulse, refocus: Pulse | IdealPulse, delay: float, echoes: int
) -> Program:
    """Refocus again and again, 90 degrees off in phase; the acquisition is that of the last echo.

    Parameters
    ----------
    excite, refocus
        The pulses at phase zero, commonly of 90 and 180 degrees; the cycle turns the second.
    delay
        From the end of the first to the start of the second, and half of the time between two that
        refocus [s].
    echoes
        Number of the echo that is observed, the first is 1.

    Returns
    -------
    :
        The program with the cycle of 8 steps.

    Raises
    ------
    ValueError
        If no echo is asked for.
    """
    _at_least_one(echoes, "echoes")
    wait, turn = Delay(duration=delay), Cycled(row="refocus", pulse=refocus)
    return Program(
        name=f"CPMG, echo {echoes}",
        channel=excite.channel,
        elements=(Cycled(row="excite", pulse=excite), *((wait, turn, wait) * echoes)[:-1]),
        table=CPMG_8,
    )


def spin_lock(*, excite: Pulse | IdealPulse, lock: Pulse) -> Program:
    """Excite, and hold the magnetisation along a field for the time of T1rho.

    Parameters
    ----------
    excite
        The pulse at phase zero, commonly of 90 degrees.
    lock
        The locking field at phase zero; the cycle turns it along the magnetisation.

    Returns
    -------
    :
        The program with the cycle of 8 steps. Relaxation during a pulse is not computed: T1rho
        multiplies the result.
    """
    return Program(
        name="spin lock",
        channel=excite.channel,
        elements=(Cycled(row="excite", pulse=excite), Cycled(row="lock", pulse=lock)),
        table=SPIN_LOCK_8,
    )


def _two_pulses(
    name: str,
    first: Pulse | IdealPulse,
    second: Pulse | IdealPulse,
    delay: float,
    table: PhaseTable,
) -> Program:
    return Program(
        name=name,
        channel=second.channel,
        elements=(
            Cycled(row="ph1", pulse=first),
            Delay(duration=delay),
            Cycled(row="ph2", pulse=second),
        ),
        table=table,
    )


def _at_least_one(count: int, what: str) -> None:
    if count < 1:
        msg = f"Found {count} {what}; give one or more."
        raise ValueError(msg)


def _described(element: Happening) -> str:
    if isinstance(element, Cycled):
        return f"{element.row}: {_described(element.pulse)}"
    if isinstance(element, Delay):
        return f"delay of {element.duration * 1e6:g} us"
    if isinstance(element, OrderFilter):
        kept = (f"{channel} {orders}" for channel, orders in element.orders.items())
        return f"only orders {', '.join(kept)}"
    if isinstance(element, IdealPulse):
        return f"ideal pulse of {np.degrees(element.angle):g} degrees on {element.channel}"
    slices = f", {len(element.amplitude)} slices" if len(element.amplitude) > 1 else ""
    return (
        f"pulse of {element.duration * 1e6:g} us, up to {element.amplitude.max() / 1e3:g} kHz"
        f"{slices}, on {element.channel}"
    )

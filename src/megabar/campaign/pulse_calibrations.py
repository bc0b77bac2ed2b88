"""What the pulses of a line turn, known from a nutation, a calibrated length, or a setting.

Every function is pure: rows in, numbers out.

Twin: ``observables.nutation``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, pi
from typing import TYPE_CHECKING, Final

from megabar.campaign import sessions
from megabar.errors import Undetermined
from megabar.matter import nuclei
from megabar.observables.instrument_factors import flip_angle_from_nutation
from megabar.observables.nutation_answers import ALL_ALIKE, CENTRAL
from megabar.spins.pulse_shapes import gaussian_shape, rectangular_shape
from megabar.spins.sequences import IdealPulse

if TYPE_CHECKING:
    from megabar.campaign.plan import Channel
    from megabar.campaign.sessions import Record
    from megabar.spins.pulse_shapes import PulseShape
    from megabar.spins.sequences import Pulse

_SLICES: Final = 32  # of a Gaussian; its nutation curve is then right to 3e-4


@dataclass(frozen=True, kw_only=True)
class Nutated:
    """What the nutation of a session says of the field of its coil.

    Parameters
    ----------
    record
        The nutation.
    frequency, std
        Nutation frequency of a spin without couplings at the peak of its pulses [Hz], and its
        standard error.
    central
        Whether the central transition turned alone.
    others
        What else the curve may mean where the channel of the line does not say which transitions
        it sees: name, and what that would do to a count of nuclei whose scale it sets.
    """

    record: Record
    frequency: float
    std: float
    central: bool
    others: tuple[tuple[str, float], ...]

    @property
    def relative_std(self) -> float:
        """Standard error over the frequency."""
        return self.std / self.frequency


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the exciting pulse of one line turns.

    Parameters
    ----------
    flip_angle
        Of the transitions that the line counts [rad].
    relative_std
        Standard error of the field over the field.
    source
        How it is known.
    shared
        What other records share that error with this one; empty if none does.
    nutated
        The nutation, if one calibrates the pulse.
    """

    flip_angle: float
    relative_std: float
    source: str
    shared: str = ""
    nutated: Nutated | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Ids of what it was taken from."""
        return () if self.nutated is None else self.nutated.record.inputs


def shape_of(channel: Channel) -> PulseShape:
    """Make the shape of the pulses of a channel.

    Parameters
    ----------
    channel
        A channel that says its ``pulse_shape``.

    Returns
    -------
    :
        The shape.
    """
    return _shape(channel.pulse_shape, channel.truncation)


def _shape(name: str | None, truncation: float | None) -> PulseShape:
    if name == "gaussian" and truncation is not None:
        return gaussian_shape(truncation=truncation, slices=_SLICES)
    return rectangular_shape()


def nutation_of(record: Record, cell: Sequence[Record], *, within: float) -> Nutated | None:
    """Find the nutation that calibrates the pulses of a line, and what it means.

    Parameters
    ----------
    record
        The line.
    cell
        Records of its cell.
    within
        Largest distance of the starts [s].

    Returns
    -------
    :
        The nutation nearest in time, or None if the channel names none.

    Raises
    ------
    Undetermined
        If none is within that time, or none says a frequency.
    """
    name = record.channel.nutation
    if name is None:
        return None
    near = sessions.nearest(record, (r for r in cell if r.channel.name == name), within=within)
    if near is None:
        msg = (
            f"Found no nutation of {record.acquisition.nucleus} within {within / 3600:g} h of "
            f'{record.acquisition.source}, and [[channel]] "{record.channel.name}" is calibrated '
            f'by "{name}". Measure one in each session, or state pulse_90 instead.'
        )
        raise Undetermined(msg, quality="no solution")
    return _meaning(near, record)


def _meaning(nutation: Record, line: Record) -> Nutated:
    told = json.loads(nutation.analysis.detail("readings") or "[]")
    readings = {one["name"]: one for one in told}
    wanted = CENTRAL if line.channel.seen == "central" and CENTRAL in readings else ALL_ALIKE
    found = readings.get(wanted)
    if found is None or not found["frequency"] > 0 or not 0 <= found["std"] < inf:
        msg = (
            f"Found no nutation frequency in {nutation.acquisition.source}: "
            f"{nutation.analysis.detail('statement') or 'its curve has no reading'}. Record it "
            "again with more lengths or scans, or state pulse_90 instead."
        )
        raise Undetermined(msg, quality="no solution")
    count = found["frequency"] * found["share"]
    return Nutated(
        record=nutation,
        frequency=found["frequency"],
        std=found["std"],
        central=wanted == CENTRAL,
        others=tuple(
            (name, one["frequency"] * one["share"] / count)
            for name, one in readings.items()
            if name != wanted and line.channel.seen is None
        ),
    )


def turn_of(record: Record, cell: Sequence[Record], *, within: float) -> Turn:
    """Find what the exciting pulse of a line turns: by its nutation, its calibration, its setting.

    Parameters
    ----------
    record
        The line.
    cell
        Records of its cell.
    within
        Largest distance of a nutation [s].

    Returns
    -------
    :
        The angle and how it is known.

    Raises
    ------
    Undetermined
        If nothing says it.
    """
    channel = record.channel
    nutated = nutation_of(record, cell, within=within)
    if nutated is not None:
        return _by_nutation(record, nutated)
    if channel.pulse_90 is not None and channel.pulse_length is not None:
        return Turn(
            flip_angle=pi / 2 * channel.pulse_length / channel.pulse_90,
            relative_std=(channel.pulse_90_std or 0.0) / channel.pulse_90,
            source=f'pulse_90 of [[channel]] "{channel.name}"',
            shared=f"pulse_90 of {channel.name}",
        )
    return Turn(
        flip_angle=sessions.setting(record, "flip_angle"),
        relative_std=0.0,
        source="flip angle as set",
    )


def _by_nutation(record: Record, nutated: Nutated) -> Turn:
    channel, other = record.channel, nutated.record.channel
    if channel.pulse_length is None or channel.pulse_power is None or other.pulse_power is None:
        msg = (
            f'Found no pulse_length or no pulse_power in [[channel]] "{channel.name}" or '
            f'"{other.name}"; without them the nutation says nothing of this pulse. Add them.'
        )
        raise Undetermined(msg, quality="no solution")
    angle, std = flip_angle_from_nutation(
        nutation_frequency=nutated.frequency,
        nutation_frequency_std=nutated.std,
        duration=channel.pulse_length,
        mean_over_peak=shape_of(channel).mean,
        power_ratio=channel.pulse_power / other.pulse_power,
    )
    faster = nuclei.nucleus(record.acquisition.nucleus).spin + 0.5 if nutated.central else 1.0
    return Turn(
        flip_angle=faster * angle,
        relative_std=std / angle,
        source=f"nutation {nutated.record.acquisition.source}",
        nutated=nutated,
    )


@dataclass(frozen=True, kw_only=True)
class PulseKind:
    """Pulses of a line, as numbers that can be compared.

    Parameters
    ----------
    nucleus, sequence
        What they turn, and in which sequence.
    angle
        Of the first [rad].
    length
        Of the first [s]; None for a short one.
    shape, truncation
        As in the plan.
    """

    nucleus: str
    sequence: str
    angle: float
    length: float | None
    shape: str | None
    truncation: float | None

    @property
    def lengths(self) -> tuple[float, ...]:
        """Of each pulse [s]; 0 for short ones."""
        return tuple(one * (self.length or 0.0) for one in self._times)

    @property
    def _times(self) -> tuple[int, ...]:
        return {"hahn-echo": (1, 2), "solid-echo": (1, 1)}.get(self.sequence, (1,))

    def turned(self, scale: float) -> PulseKind:
        """Give the pulses of a stronger or weaker field."""
        return replace(self, angle=scale * self.angle)

    def pulses(self) -> tuple[Pulse | IdealPulse, ...]:
        """Make them at phase 0: one, or two of an echo, the second of a Hahn echo twice as long."""
        if self.length is None or self.shape is None:
            return tuple(
                IdealPulse(channel=self.nucleus, angle=one * self.angle, phase=0.0)
                for one in self._times
            )
        shape = _shape(self.shape, self.truncation)
        peak = shape.peak_from_angle(angle=self.angle, duration=self.length)
        return tuple(
            shape.pulse(channel=self.nucleus, duration=one, peak=peak, phase=0.0)
            for one in self.lengths
        )


def kind_of(record: Record, turn: Turn) -> PulseKind:
    """Say which pulses a line had.

    Parameters
    ----------
    record
        The line.
    turn
        What its exciting pulse turns.

    Returns
    -------
    :
        Its pulses; short ones where the channel does not say their length.
    """
    channel = record.channel
    return PulseKind(
        nucleus=record.acquisition.nucleus,
        sequence=record.acquisition.sequence,
        angle=turn.flip_angle,
        length=channel.pulse_length,
        shape=channel.pulse_shape,
        truncation=channel.truncation,
    )


def field_per_root_watt_error(nutated: Nutated) -> float:
    """Give the relative error of a field that comes from that of the power of its nutation."""
    channel = nutated.record.channel
    if channel.pulse_power is None:
        return 0.0
    return (channel.pulse_power_std or 0.0) / channel.pulse_power / 2


def pulse_90_from_nutation(nutated: Nutated) -> tuple[float, float]:
    r"""Compute the length of a pulse that turns by 90 degrees, at the power of a nutation.

    .. math:: t_{90} = \frac{1}{4\, \nu_1 \bar a}

    Parameters
    ----------
    nutated
        The nutation.

    Returns
    -------
    :
        Length and standard error [s].
    """
    length = 1 / (4 * nutated.frequency * shape_of(nutated.record.channel).mean)
    return length, length * nutated.relative_std

"""Efficiencies of one line, from its settings, its pulses, and the relaxation times of its session.

Every function is pure: rows in, factors out. Each factor names the record that it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot, pi
from typing import TYPE_CHECKING, Final

from megabar.campaign import (
    content_echoes,
    content_excitations,
    pulse_calibrations,
    sessions,
)
from megabar.errors import Undetermined
from megabar.matter import nuclei
from megabar.observables.efficiencies import (
    FIELD,
    Factor,
    bandwidth,
    echo_decay,
    steady_state,
    turned_by,
)
from megabar.observables.instrument_factors import coil
from megabar.observables.nutation import NARROW
from megabar.observables.pulse_efficiencies import transition_fraction

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.pulse_calibrations import Turn
    from megabar.campaign.sessions import Record

_OF_THE_INSTRUMENT: Final = ("filter_gain", "receiver_gain", "b1_inhomogeneity", "path_loss")
"""Stated efficiencies that are the same for precursor and hydride in the same channel."""

_NOMINAL: Final = 1e-3  # rad, within which a pulse of an echo is one of 90 degrees


@dataclass(frozen=True, kw_only=True)
class LineFactors:
    """Efficiencies of one line.

    Parameters
    ----------
    factors
        One by one.
    inputs
        Ids of the records that they were computed from.
    assumptions
        What was taken for granted where the plan says nothing.
    """

    factors: tuple[Factor, ...]
    inputs: tuple[str, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Time:
    """A relaxation time of the session, or a stated one, which is the same for a whole series.

    The error of a stated time does not cancel against the precursor, which is another material.
    """

    value: float
    std: float
    source: str
    stated: bool
    inputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One line, the records beside it, and what its pulses turn."""

    plan: Plan
    cell: Sequence[Record]
    record: Record
    within: float
    turn: Turn

    @property
    def sequence(self) -> str:
        return self.record.acquisition.sequence

    @property
    def spin(self) -> float:
        return nuclei.nucleus(self.record.acquisition.nucleus).spin

    @property
    def is_echo(self) -> bool:
        return self.sequence in content_echoes.TABLES

    @property
    def modelled(self) -> bool:
        """Whether the engine follows the actual pulses over the actual line."""
        channel = self.record.channel
        if not is_seen(self.record):
            return False
        if self.is_echo:
            off = abs(self.turn.flip_angle - pi / 2) > _NOMINAL
            return channel.broadening is not None or channel.pulse_length is not None or off
        return channel.pulse_length is not None


def factors_of(
    plan: Plan, cell: Sequence[Record], record: Record, *, within: float, by: str
) -> LineFactors:
    """Compute the efficiencies of one line.

    Parameters
    ----------
    plan
        The plan.
    cell
        Records of its cell.
    record
        The line.
    within
        Records of one session lie within this time [s].
    by
        One of ``observables.line_readings.COMPARISONS``.

    Returns
    -------
    :
        The factors. Those that the nutation of a day gives stand apart, see :func:`coil_of`.

    Raises
    ------
    Undetermined
        If a time or a setting is missing.
    """
    turn = pulse_calibrations.turn_of(record, cell, within=within)
    line = _Line(plan=plan, cell=cell, record=record, within=within, turn=turn)
    t1 = _relaxation(line, "t1")
    found = [bandwidth(dwell=sessions.setting(record, "dwell"))] if by.startswith("snr") else []
    found += [_saturation(line, t1), *_pulses(line, t1)]
    inputs = (*turn.inputs, *t1.inputs)
    if line.sequence != "fid":
        t2 = _relaxation(line, "t2")
        decay = echo_decay(
            echo_delay=sessions.setting(record, "echo_delay"), t2=t2.value, t2_std=t2.std
        )
        found.append(_of_time(decay, t2))
        inputs += t2.inputs
    found += [*_transitions(line), *_stated(line)]
    return LineFactors(factors=tuple(found), inputs=inputs, assumptions=tuple(_assumed(line)))


def is_seen(record: Record) -> bool:
    """Say whether a line stands out of the noise."""
    found = record.analysis.value("snr_per_root_scan")
    return found is not None and found.quality == "value"


def coil_of(record: Record, cell: Sequence[Record], *, within: float) -> tuple[Factor, ...]:
    """Compute how well the coil hears a line, from the nutation that calibrates its pulses.

    Parameters
    ----------
    record
        The line.
    cell
        Records of its cell.
    within
        Largest distance of the nutation [s].

    Returns
    -------
    :
        The factor ``coil``, and the error of the power that all nutations of the channel share;
        nothing if the channel names no nutation.
    """
    nutated = pulse_calibrations.nutation_of(record, cell, within=within)
    if nutated is None or nutated.record.channel.pulse_power is None:
        return ()
    channel = nutated.record.channel
    heard = coil(
        nutation_frequency=nutated.frequency,
        nutation_frequency_std=nutated.std,
        power=nutated.record.channel.pulse_power,
        power_std=0.0,
    )
    power = Factor(
        name="pulse_power",
        value=1.0,
        std=pulse_calibrations.field_per_root_watt_error(nutated),
        source=f'pulse_power of [[channel]] "{channel.name}"',
        common=True,
        shared=f"pulse_power of {channel.name}",
    )
    return replace(heard, source=f"{heard.source}: {nutated.record.acquisition.source}"), power


# --- saturation and relaxation --------------------------------------------------------------------


def _saturation(line: _Line, t1: _Time) -> Factor:
    """Count what is longitudinal where the engine says what the pulses make of it."""
    return _of_time(_steady(line, t1, 1.0, t1_std=t1.std), t1)


def _steady(line: _Line, t1: _Time, scale: float, *, t1_std: float) -> Factor:
    return steady_state(
        repetition_time=sessions.setting(line.record, "repetition_time"),
        t1=t1.value,
        t1_std=t1_std,
        flip_angle=scale * line.turn.flip_angle,
        sequence=line.sequence,
        echo_delay=line.record.acquisition.setting("echo_delay"),
        counts="longitudinal" if line.modelled else "signal",
    )


def _of_time(one: Factor, time: _Time) -> Factor:
    return replace(one, source=f"{one.source}, {time.source}", common=time.stated)


def _relaxation(line: _Line, name: str) -> _Time:
    """Take a relaxation time from the nearest record of the session, or as stated in the plan."""
    record, nucleus = line.record, line.record.acquisition.nucleus
    of_kind = [
        r
        for r in line.cell
        if r.channel.measure == name and r.acquisition.nucleus == nucleus and _quality(r, name)
    ]
    values = [r for r in of_kind if _quality(r, name) == "value"]
    near = sessions.nearest(record, values, within=line.within)
    if near is not None:
        found = near.analysis.value(name)
        if found is not None:
            source = f"{name.upper()} from {near.acquisition.source}"
            return _Time(
                value=found.value, std=found.std, source=source, stated=False, inputs=near.inputs
            )
    channel = record.channel
    stated = getattr(channel, name)
    if stated is None:
        bound = sessions.nearest(record, of_kind, within=line.within)
        raise Undetermined(_without_time(line, name, bound), quality="no solution")
    return _Time(
        value=stated,
        std=getattr(channel, f"{name}_std"),
        source=f'{name.upper()} stated in [[channel]] "{channel.name}"',
        stated=True,
        inputs=(),
    )


def _quality(record: Record, name: str) -> str:
    found = record.analysis.value(name)
    return "" if found is None else found.quality


def _without_time(line: _Line, name: str, bound: Record | None) -> str:
    record, word = line.record, name.upper()
    remedy = f'state {name} and {name}_std in [[channel]] "{record.channel.name}".'
    if bound is not None:
        quality = _quality(bound, name)
        what = f"{'an' if quality[0] in 'aeiou' else 'a'} {quality}" if "bound" in quality else (
            f'"{quality}"'
        )  # fmt: skip
        return (
            f"Found T{word[1:]} of {record.acquisition.nucleus} in {bound.acquisition.source} is "
            f"{what}, and none stated. A content needs a value with an error: measure longer, or "
            f"{remedy}"
        )
    return (
        f"Found no {word} of {record.acquisition.nucleus} within {line.within / 3600:g} h of "
        f"{record.acquisition.source}, and none stated. The content needs it: measure it, or "
        f"{remedy}"
    )


# --- pulses ---------------------------------------------------------------------------------------


def _pulses(line: _Line, t1: _Time) -> tuple[Factor, ...]:
    """Follow the actual pulses over the actual line; their error moves saturation as well."""
    if not line.modelled:
        return ()
    make = content_echoes.refocusing_of if line.is_echo else content_excitations.excitation_of
    made = make(line.record, line.turn, fwhm=_width(line.record))
    spread = line.turn.relative_std

    def whole(scale: float) -> float:
        return made(scale).value * _steady(line, t1, scale, t1_std=0.0).value

    one, moved = made(1.0), turned_by(whole, spread)
    alike = bool(line.turn.shared) or one.common
    return (
        replace(
            one,
            std=one.value * hypot(one.relative_std, moved),
            source=f"{one.source}; {line.turn.source}",
            common=alike,
            shared="" if one.common else line.turn.shared,
            moved_by=((FIELD, moved),) if moved and line.turn.nutated is not None else (),
        ),
    )


def _width(record: Record) -> float:
    fwhm = record.analysis.value("fwhm")
    if fwhm is None or fwhm.quality != "value" or not fwhm.value > 0:
        msg = (
            f"Found no width of the line in {record.acquisition.source}, so nobody knows what its "
            "pulses reach. Leave out pulse_length and broadening, or measure it again."
        )
        raise Undetermined(msg, quality="no solution")
    return fwhm.value


# --- transitions and what is stated ---------------------------------------------------------------


def _transitions(line: _Line) -> tuple[Factor, ...]:
    """Count the part of the signal in the transitions seen; a selective pulse turns less of it.

    That all are seen is a statement, beside which no other reading of the line is left.
    """
    seen, nutated = line.record.channel.seen, line.turn.nutated
    if seen is None:
        return ()
    selective = nutated is not None and nutated.central
    one = transition_fraction(spin=line.spin, seen=seen, pulse="selective" if selective else "hard")
    return (
        replace(
            one,
            source=f"{one.source}: seen as stated, {line.turn.source}",
            alternatives=() if seen == "all" else one.alternatives,
        ),
    )


def _stated(line: _Line) -> tuple[Factor, ...]:
    name = line.record.channel.name
    return tuple(
        Factor(
            name=one.name,
            value=one.value,
            std=one.std,
            source=f"stated: {one.source}",
            common=True,
            shared=f"stated for {name}" if one.name in _OF_THE_INSTRUMENT else "",
        )
        for one in line.plan.factors
        if one.channel == name
    )


def _assumed(line: _Line) -> list[str]:
    channel = line.record.channel
    words = []
    if not line.modelled and not is_seen(line.record):
        words.append(f'pulses of "{channel.name}" reach all of the line that was not seen')
    elif channel.pulse_length is None:
        words.append(f'pulses of "{channel.name}" are short and turn the angle that was set')
    if line.is_echo and channel.broadening is None:
        words.append(f'the echo of "{channel.name}" refocuses like one broadened by shifts')
    if line.spin > 0.5 and channel.seen is None:
        nucleus = line.record.acquisition.nucleus
        words.append(f'"{channel.name}" counts all transitions of {nucleus}')
    return [*words, *_nutated_on_resonance(line)]


def _nutated_on_resonance(line: _Line) -> list[str]:
    """Say where the field of a nutation is too high for the width of its line."""
    if line.turn.nutated is None:
        return []
    record = line.turn.nutated.record
    width = record.analysis.detail("relative_width")
    if width is None or width <= NARROW:
        return []
    return [
        f"all of the line of {record.acquisition.source} turns on resonance, though it is "
        f"{width:.2g} of the nutation frequency wide: the field found is too high by more than its "
        "error says"
    ]

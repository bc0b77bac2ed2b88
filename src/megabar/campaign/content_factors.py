"""Efficiencies of one line, from its settings, its pulses, and the relaxation times of its session.

Every function is pure: rows in, factors out. Each factor names the record that it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot, pi
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.campaign import content_echoes, pulse_calibrations, sessions
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
from megabar.observables.fitted_excitations import fitted_excitation
from megabar.observables.instrument_factors import coil
from megabar.observables.pulse_efficiencies import excitation, transition_fraction
from megabar.spins.level_nodes import OffsetDistribution, gaussian_offsets, offsets_from_profile
from megabar.spins.sequences import IdealPulse, rectangular_pulse

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.pulse_calibrations import Turn
    from megabar.campaign.sessions import Record
    from megabar.spins.sequences import Pulse

_OF_THE_INSTRUMENT: Final = ("filter_gain", "receiver_gain", "b1_inhomogeneity", "path_loss")
"""Stated efficiencies that are the same for precursor and hydride in the same channel."""

_SHAPES: Final[Mapping[str, tuple[str, ...]]] = {
    "lorentzian": ("lorentzian",),
    "gaussian": ("gaussian",),
    "voigt": ("lorentzian", "gaussian"),
}
"""Shape of a channel -> shapes between which its line lies."""

_DECAYED: Final[Mapping[str, float]] = {"lorentzian": 2.2, "gaussian": 1.4}
"""Shape -> time times width in which its decay falls to 1e-3."""

_OFFSETS: Final = 257
_POINTS: Final = 96
_AGREEING: Final = 0.05  # by which a fitted and a mean excitation may differ
_TAILS: Final = 40.0  # widths to which a Lorentzian line is followed; what is cut cancels
_INSTANT: Final = rectangular_pulse(channel="any", duration=1e-12, amplitude=2.5e11, phase=0.0)
"""Turns all spins by 90 degrees at once."""


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
    make = content_echoes.refocusing_of if line.is_echo else _excitation
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


def _excitation(record: Record, turn: Turn, *, fwhm: float) -> Callable[[float], Factor]:
    """Follow the pulse over the line, up to the form that was fitted to its decay."""
    (pulse,) = pulse_calibrations.kind_of(record, turn).pulses()
    centre = record.analysis.value("line_frequency")
    if centre is None or centre.quality != "value" or isinstance(pulse, IdealPulse):
        msg = f"Found no line frequency in {record.acquisition.source}, so no pulse can reach it."
        raise Undetermined(msg, quality="no solution")
    first = max(record.acquisition.setting("first_time") or 0.0, pulse.duration / 2)

    def seen(shape: str, applied: Pulse) -> Factor:
        return fitted_excitation(
            _line_of(shape, fwhm, centre.value),
            pulse=applied,
            time=first + np.linspace(0.0, _DECAYED[shape] / fwhm, _POINTS),
            pulse_end=applied.duration / 2,
            shape=shape,
            relative_field_std=0.0,
        )

    whole = {shape: seen(shape, _INSTANT).value for shape in _SHAPES[record.channel.shape or ""]}

    def made(scale: float) -> Factor:
        found = {shape: seen(shape, pulse.scaled(scale)) for shape in whole}
        fitted = _between(
            {shape: replace(one, value=one.value / whole[shape]) for shape, one in found.items()}
        )
        line_of = _line_of(next(iter(whole)), fwhm, centre.value)
        reached = excitation(line_of, pulse=pulse.scaled(scale), relative_field_std=0.0)
        return _in_doubt(fitted, reached.value)

    return made


def _in_doubt(fitted: Factor, reached: float) -> Factor:
    """Take a fit that finds far from what is excited as one of two readings.

    A decay that is gone before it is recorded is extrapolated by its shape alone.
    """
    apart = abs(fitted.value - reached)
    if apart <= _AGREEING:
        return fitted
    return replace(
        fitted,
        std=apart / 12**0.5,
        common=True,
        alternatives=(*fitted.alternatives, ("mean over the line", reached)),
    )


def _line_of(shape: str, fwhm: float, centre: float) -> OffsetDistribution:
    """Spread a line over its offsets from the carrier."""
    if shape == "gaussian":
        line = gaussian_offsets(fwhm=fwhm, count=_OFFSETS)
    else:
        place = np.linspace(-_TAILS, _TAILS, 4 * _OFFSETS) * fwhm
        line = offsets_from_profile(place, 1 / (1 + (2 * place / fwhm) ** 2))
    return OffsetDistribution(offset=line.offset + centre, weight=line.weight)


def _between(found: Mapping[str, Factor]) -> Factor:
    """Take the only shape, or the middle of those that a line is made of."""
    one = next(iter(found.values()))
    if len(found) == 1:
        return one
    values = [other.value for other in found.values()]
    return replace(
        one,
        value=sum(values) / len(values),
        alternatives=tuple((shape, other.value) for shape, other in found.items()),
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
    """Count the part of the signal in the transitions seen; a selective pulse turns less of it."""
    seen, nutated = line.record.channel.seen, line.turn.nutated
    if seen is None:
        return ()
    selective = nutated is not None and nutated.central
    one = transition_fraction(spin=line.spin, seen=seen, pulse="selective" if selective else "hard")
    return (replace(one, source=f"{one.source}: seen as stated, {line.turn.source}"),)


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
    if channel.pulse_length is None:
        words.append(f'pulses of "{channel.name}" are short and turn the angle that was set')
    if line.is_echo and channel.broadening is None:
        words.append(f'the echo of "{channel.name}" refocuses like one broadened by shifts')
    if line.spin > 0.5 and channel.seen is None:
        nucleus = line.record.acquisition.nucleus
        words.append(f'"{channel.name}" counts all transitions of {nucleus}')
    return words

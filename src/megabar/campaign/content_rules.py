"""What a plan must not say of pulses, efficiencies and the scale of a content.

Each rule yields sentences that name the key, what was found, and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import degrees, hypot
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import UnknownWord, did_you_mean
from megabar.matter import nuclei

if TYPE_CHECKING:
    from megabar.campaign.plan import Channel, Content, Plan

_OF_MODE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "precursor": ("precursor_h_per_metal", "precursor_h_per_metal_std"),
        "nutation": ("cancelling", "abundances"),
        "exponent": ("exponents", "noise_ratio", "noise_ratio_std", "abundances"),
    }
)
"""Keys of [content] that a calibration uses."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "precursor": ("precursor_h_per_metal", "precursor_h_per_metal_std"),
        "nutation": (),
        "exponent": ("exponents",),
    }
)
_PAIRS: Final = ("pulse_90", "pulse_power", "noise_temperature", "noise_factor")
_MODEL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "excitation": "pulse_length",
        "refocusing": "broadening",
        "transition_fraction": "seen",
    }
)
"""Efficiencies that may be stated or computed, and the key that has them computed."""

_APART: Final = 0.02  # part of a flip angle that two statements of it may differ by


def of(plan: Plan) -> Iterator[str]:
    """Find what a plan must not say of pulses and contents.

    Parameters
    ----------
    plan
        A plan whose keys, units and words are right.

    Yields
    ------
    :
        One sentence for each contradiction.
    """
    for channel in plan.channels:
        yield from _pulses(plan, channel)
    yield from _factors(plan)
    if plan.content is not None:
        yield from _content(plan, plan.content)


def _place(channel: Channel) -> str:
    return f'[[channel]] "{channel.name}"'


# --- pulses ---------------------------------------------------------------------------------------


def _pulses(plan: Plan, channel: Channel) -> Iterator[str]:
    yield from _positive(channel)
    yield from _shape(channel)
    if channel.measure == "nutation":
        yield from _nutation(channel)
    if channel.measure == "line":
        yield from _calibration(plan, channel)
        yield from _length(channel)
        yield from _flip_angle(channel)
    yield from _transitions(channel)


def _positive(channel: Channel) -> Iterator[str]:
    place = _place(channel)
    for key in _PAIRS:
        value, std = getattr(channel, key), getattr(channel, f"{key}_std")
        if value is None and std is not None:
            yield f"{place}.{key}: missing, while its error is stated. Add {key} = ..."
        if value is not None and std is None:
            yield f"{place}.{key}_std: missing; {key} enters with its error. Add {key}_std = ..."
        if value is not None and std is not None and not (value > 0 and 0 <= std < value):
            yield (
                f"{place}.{key}: found {value:g} with error {std:g} in SI. It is positive, and its "
                "error is below it and not negative."
            )
    if channel.pulse_length is not None and channel.pulse_length <= 0:
        yield f"{place}.pulse_length: found {channel.pulse_length:g} s. A pulse takes time."
    if channel.noise_factor is not None and channel.noise_factor < 1:
        yield (
            f"{place}.noise_factor: found {channel.noise_factor:g}; a receiver adds noise, so its "
            "factor is 1 or more. Convert a noise figure: 3 dB is 2.0."
        )


def _shape(channel: Channel) -> Iterator[str]:
    place = _place(channel)
    if channel.pulse_shape == "gaussian" and channel.truncation in (None, 1):
        yield (
            f"{place}.truncation: missing or 1; a Gaussian pulse is cut where its amplitude has "
            "fallen to this part of its peak, and the angle hangs on it. Add truncation = 0.01, or "
            "what your shape file says."
        )
    if channel.pulse_shape != "gaussian" and channel.truncation is not None:
        yield f'{place}.truncation: only pulse_shape = "gaussian" has one. Remove it.'
    for key in ("pulse_length", "pulse_90", "nutation"):
        if getattr(channel, key) is not None and channel.pulse_shape is None:
            yield (
                f"{place}.pulse_shape: missing; {key} says nothing of an angle without the shape. "
                'Add pulse_shape = "rectangular" or "gaussian".'
            )
            return


def _length(channel: Channel) -> Iterator[str]:
    """Ask for the pulse of the line itself, which its calibration says nothing of."""
    for key in ("pulse_90", "nutation"):
        if getattr(channel, key) is not None and channel.pulse_length is None:
            yield (
                f"{_place(channel)}.pulse_length: missing; {key} calibrates the coil, and the "
                "length of the pulse of this line gives its angle. Add pulse_length = ..."
            )
    is_echo = channel.sequence in ("solid-echo", "hahn-echo")
    if is_echo and channel.pulse_length is not None and channel.broadening is None:
        yield (
            f"{_place(channel)}.broadening: missing; what two pulses refocus hangs on what "
            'broadens the line. Add broadening = "shifts" or "couplings", or "unknown" if nobody '
            "knows."
        )
    if channel.sequence is not None and not is_echo and channel.broadening is not None:
        yield (
            f'{_place(channel)}.broadening: found with sequence "{channel.sequence}"; only an echo '
            "refocuses anything. Remove it."
        )


def _nutation(channel: Channel) -> Iterator[str]:
    place = _place(channel)
    if channel.array_as not in (None, "pulse_length"):
        yield (
            f'{place}.array_as: found "{channel.array_as}"; a nutation is an array over the length '
            'of the pulse. Write array_as = "pulse_length".'
        )


def _transitions(channel: Channel) -> Iterator[str]:
    spin = _spin(channel.nucleus)
    if spin is None:
        return
    if channel.seen == "central" and (spin < 1 or spin % 1 == 0):
        yield (
            f"{_place(channel)}.seen: {channel.nucleus} has spin {spin:g} and no central "
            'transition of its own. Write seen = "all".'
        )
    if channel.measure == "nutation" and channel.seen is None and spin > 0.5:
        yield (
            f"{_place(channel)}.seen: missing; {channel.nucleus} has spin {spin:g}, and all of its "
            'transitions or the central one alone may be heard. Add seen = "all" or "central".'
        )


def _spin(nucleus: str | None) -> float | None:
    try:
        return nuclei.nucleus(nucleus).spin if nucleus else None
    except UnknownWord:  # told where nuclei are checked
        return None


def _calibration(plan: Plan, channel: Channel) -> Iterator[str]:
    """Two calibrations of one pulse, or one by a channel that cannot give it."""
    if channel.nutation is None:
        return
    place = f"{_place(channel)}.nutation"
    named = {c.name: c for c in plan.channels if c.measure == "nutation"}
    if channel.nutation not in named:
        known = f"{did_you_mean(channel.nutation, named)}" if named else "There is none."
        yield (
            f"{place}: found {channel.nutation!r}, which is no [[channel]] with measure = "
            f'"nutation". {known}'
        )
        return
    other = named[channel.nutation]
    if None not in (channel.nucleus, other.nucleus) and channel.nucleus != other.nucleus:
        yield (
            f'{place}: "{other.name}" is a nutation of {other.nucleus}, this line one of '
            f"{channel.nucleus}. Name a nutation of the same nucleus."
        )
    if channel.pulse_90 is not None:
        yield (
            f"{place}: pulse_90 is stated too, and one pulse has one calibration. Remove pulse_90 "
            "to have it measured on each day, or nutation to state it once."
        )
    for one in (channel, other):
        if one.pulse_power is None:
            yield (
                f"{_place(one)}.pulse_power: missing; a nutation calibrates pulses of another "
                "power only by the root of the ratio. Add pulse_power and pulse_power_std."
            )


def _flip_angle(channel: Channel) -> Iterator[str]:
    if None in (channel.flip_angle, channel.pulse_90, channel.pulse_length):
        return
    length, calibrated = channel.pulse_length or 0.0, channel.pulse_90 or 1.0
    angle = 90 * length / calibrated
    allowed = hypot(_APART, 3 * (channel.pulse_90_std or 0.0) / calibrated) * angle
    stated = degrees(channel.flip_angle or 0.0)
    if abs(stated - angle) > allowed:
        yield (
            f"{_place(channel)}.flip_angle: found {stated:.3g} deg, while pulse_length over "
            f"pulse_90 is {angle:.3g} deg. Remove flip_angle; the calibrated pulse gives it."
        )


# --- stated efficiencies --------------------------------------------------------------------------


def _factors(plan: Plan) -> Iterator[str]:
    lines = {c.name: c for c in plan.channels if c.measure == "line"}
    for (name, channel), count in Counter((f.name, f.channel) for f in plan.factors).items():
        place = f'[[factor]] "{name}"'
        if count > 1:
            yield f'{place}: stated {count} times for "{channel}". State it once.'
        if channel not in lines:
            yield (
                f"{place}.channel: found {channel!r}, which is no [[channel]] with measure = "
                f'"line". {did_you_mean(channel, lines) if lines else "There is none."}'
            )
            continue
        key = _MODEL.get(name)
        if key is not None and getattr(lines[channel], key) is not None:
            yield (
                f'{place}: computed from {key} of [[channel]] "{channel}" already, so it would '
                "count twice. Remove one of them."
            )


# --- content --------------------------------------------------------------------------------------


def _content(plan: Plan, content: Content) -> Iterator[str]:
    if content.pairing <= 0:
        yield "[content].pairing: records pair within a positive time. Write such as '24 hour'."
    for role in ("hydrogen", "metal"):
        if not any(c.role == role and c.measure == "line" for c in plan.channels):
            yield (
                f'[content]: no [[channel]] with measure = "line" has role = "{role}". Name the '
                "channel that counts this side, or leave out [content]."
            )
    yield from _keys_of_mode(content)
    yield from _abundances(content)
    if content.calibration == "nutation":
        for channel in plan.channels:
            if channel.role != "none" and channel.measure == "line":
                yield from _calibrated(channel, content)


def _keys_of_mode(content: Content) -> Iterator[str]:
    mode = content.calibration
    for key in dict.fromkeys(key for keys in _OF_MODE.values() for key in keys):
        if getattr(content, key) is not None and key not in _OF_MODE[mode]:
            modes = [f'"{one}"' for one, keys in _OF_MODE.items() if key in keys]
            yield (
                f'[content].{key}: calibration "{mode}" does not use it; only {", ".join(modes)}. '
                "Remove the key or change the calibration."
            )
    for key in _NEEDED[mode]:
        if getattr(content, key) is None:
            yield f'[content].{key}: missing, and calibration "{mode}" needs it. Add {key} = ...'
    yield from _noise(content)


def _noise(content: Content) -> Iterator[str]:
    """Compare the noise of two channels where their signals over noise are compared."""
    if content.calibration == "exponent" and content.by == "snr_per_root_scan":
        for key in ("noise_ratio", "noise_ratio_std"):
            if getattr(content, key) is None:
                yield (
                    f"[content].{key}: missing; two signals over noise compare only if the noise "
                    "of both channels does. Add noise_ratio and noise_ratio_std, or compare by = "
                    '"amplitude_per_scan".'
                )
    if content.by == "amplitude_per_scan":
        told = [key for key in ("noise_ratio", "noise_ratio_std") if getattr(content, key)]
        told += [k for k in content.cancelling or () if k.startswith("noise")]
        for key in told:
            yield f'[content].{key}: by = "amplitude_per_scan" knows nothing of noise. Remove it.'


def _abundances(content: Content) -> Iterator[str]:
    for name in content.abundances or {}:
        try:
            nuclei.nucleus(name)
        except UnknownWord as error:
            yield f"[content.abundances].{name}: {error}"


def _calibrated(channel: Channel, content: Content) -> Iterator[str]:
    """Ask both channels of a nutation-calibrated content for a calibrated pulse and its power."""
    place = _place(channel)
    if channel.pulse_90 is None and channel.nutation is None:
        told = " The pulse is only set: its length says nothing of its angle."
        set_only = told if channel.pulse_length else ""
        yield (
            f'{place}.pulse_90: missing; calibration "nutation" needs the calibrated pulse of '
            f"both channels.{set_only} Add pulse_90 and pulse_90_std "
            'from a nutation in this cell, or nutation = "...", a channel of nutation records.'
        )
    if channel.pulse_90 is not None and channel.pulse_90_std == 0:
        yield (
            f"{place}.pulse_90_std: found 0; a pulse without error was set, not calibrated, and "
            "gives no scale. State the error that the nutation gave."
        )
    needed = ["pulse_power"]
    if content.by == "snr_per_root_scan":
        needed += ["noise_temperature", "noise_factor"]
    for key in needed:
        if getattr(channel, key) is None and not (key == "pulse_power" and channel.nutation):
            yield (
                f'{place}.{key}: missing; calibration "nutation" by "{content.by}" needs it. Add '
                f"{key} and {key}_std."
            )

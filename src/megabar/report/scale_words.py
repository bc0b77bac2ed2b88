"""How the contents of a cell got their scale, in words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from megabar.report import figures
from megabar.report.numbers import format_value

if TYPE_CHECKING:
    from megabar.history import Number

_QUANTITIES: Final = (
    ("pulse_90", "90° pulse", "µs", 1e6),
    ("mean_over_peak", "mean over peak of its shape", "", 1.0),
    ("power", "power", "W", 1.0),
    ("noise_temperature", "noise temperature", "K", 1.0),
    ("noise_factor", "noise factor", "", 1.0),
)
_COMPARED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "snr_per_root_scan": "signals at t = 0 over the noise of one scan",
        "amplitude_per_scan": "signals at t = 0 of one scan, in units of the receiver",
    }
)


def sentences(number: Number, *, metal: str, quantity: str) -> Iterator[str]:
    """Say by which calibration a content was found, and with which inputs.

    Parameters
    ----------
    number
        The content.
    metal
        Nucleus that it is counted against.
    quantity
        What people call the content, such as ``"H/La"``.

    Yields
    ------
    :
        Sentences; none if the number does not say.
    """
    mode = str(number.details.get("mode"))
    inputs = json.loads(number.details.get("inputs") or "{}")
    if mode not in _MODES or not inputs:
        return
    nuclei = {
        "hydrogen": figures.nucleus_words(number.nucleus),
        "metal": figures.nucleus_words(metal),
    }
    yield from _MODES[mode](inputs, nuclei, quantity)
    by = json.loads(number.provenance).get("parameters", {}).get("by")
    if by in _COMPARED:
        yield f"Compared are {_COMPARED[by]}."
    abundances = inputs.get("abundances") or {}
    for nucleus, fraction in abundances.items():
        yield f"{figures.nucleus_words(nucleus)} is taken as {fraction:g} of its element."


def efficiency_words(factor: Mapping[str, Any]) -> str:
    """Write an efficiency as the content keeps it.

    Parameters
    ----------
    factor
        With ``value`` and ``std``.

    Returns
    -------
    :
        The value with its error; without brackets where it has none.

    Examples
    --------
    >>> efficiency_words({"value": 0.7071068, "std": 0.0})
    '0.7071'
    """
    value, std = float(factor["value"]), float(factor["std"])
    return f"{value:.4g}" if std == 0 else format_value(value, std, "")


def _by_precursor(
    inputs: Mapping[str, Any], nuclei: Mapping[str, str], quantity: str
) -> Iterator[str]:
    known = format_value(inputs["precursor_h_per_metal"], inputs["precursor_h_per_metal_std"], "")
    yield f"Calibration by the precursor in the same cell: its {quantity} is taken as {known}."
    for side, factors in inputs.get("precursor_factors", {}).items():
        listed = [f"{one['name'].replace('_', ' ')} {efficiency_words(one)}" for one in factors]
        if listed:
            yield f"Efficiencies of its {nuclei[side]} line: {', '.join(listed)}."


def _by_nutation(
    inputs: Mapping[str, Any], nuclei: Mapping[str, str], quantity: str
) -> Iterator[str]:
    yield (
        "Calibration by nutation: by reciprocity the pulses that turn both nuclei by 90° in this "
        f"cell give {quantity} without a sample of known content."
    )
    for side, nucleus in nuclei.items():
        known = inputs[side]
        listed = [
            f"{words} {format_value(known[name] * factor, known[f'{name}_std'] * factor, unit)}"
            for name, words, unit, factor in _QUANTITIES
            if math.isfinite(known.get(name, math.nan))
        ]
        yield f"{nucleus}: {', '.join(listed)}."
    if inputs.get("cancelling"):
        alike = " and ".join(word.replace("_", " ") for word in inputs["cancelling"])
        yield f"The error of the {alike} is taken as the same in both channels and drops out."


def _by_exponent(
    inputs: Mapping[str, Any], nuclei: Mapping[str, str], quantity: str
) -> Iterator[str]:
    del nuclei
    exponents = ", ".join(f"{one:g}" for one in inputs["exponents"])
    ratio = format_value(inputs["noise_ratio"], inputs["noise_ratio_std"], "")
    yield (
        f"Calibration by exponent: nobody calibrated the coil. {quantity} goes as the ratio of "
        f"the frequencies to the power p; p = {exponents} are all open, the middle one is drawn."
    )
    yield f"Noise of the two channels: ratio {ratio}."


_MODES: Final[Mapping[str, Callable[..., Iterator[str]]]] = MappingProxyType(
    {"precursor": _by_precursor, "nutation": _by_nutation, "exponent": _by_exponent}
)


def alternatives(number: Number, *, quantity: str, day: str) -> Iterator[str]:
    """Say what a content would be on other readings of its scale, and what that is worth.

    Parameters
    ----------
    number
        The content.
    quantity
        What people call it, such as ``"H/La"``.
    day
        Its day in words.

    Yields
    ------
    :
        Sentences; none where the scale was measured.
    """
    readings = number.details.get("alternatives") or ()
    contents = number.details.get("alternative_contents") or ()
    if not readings:
        return
    estimate = float(number.details["estimate"])
    listed = "; ".join(
        f"{content:.3g} ({words})" for words, content in zip(readings, contents, strict=True)
    )
    every = (estimate, *contents)
    yield (
        f"{quantity} on day {day} is {estimate:.3g}, or {listed}. That is a factor of "
        f"{max(every) / min(every):.2g} between them: a content of this calibration never decides "
        "anything alone."
    )

"""What is typed of coil and receiver, and the limits of detection that follow."""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final

from megabar import units
from megabar.cli.experiment_options import flag
from megabar.errors import MissingInput, UnitError, UnusableInput
from megabar.observables.calibrations import PulseCalibration
from megabar.observables.experiment_pulses import shape_of
from megabar.observables.sensitivity import (
    Limit,
    limit_from_reciprocity,
    limit_from_record,
    limit_of_other_nucleus,
)
from megabar.readers import registry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from megabar.cli.experiment_options import Typed
    from megabar.spins.pulse_shapes import PulseShape
    from megabar.spins.reception import Resonance

_OF_RECORD: Final = {
    "record_atoms": "3.0(1)e16",
    "record_t1": "1.5(1) ms",
    "record_shape": "lorentzian",
}
_SAME_FIELD: Final = 0.01  # by which two frequencies of one nucleus in one field may differ
_DECIBEL: Final = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))\s*dB", re.IGNORECASE)


def limits_of(
    typed: Typed, arguments: argparse.Namespace, resonances: Mapping[str, Resonance]
) -> dict[str, list[Limit]]:
    """Gather what is known of the limit of detection of each nucleus.

    Parameters
    ----------
    typed, arguments
        Words of the command line.
    resonances
        Nucleus -> its resonance.

    Returns
    -------
    :
        Nucleus -> its limits, the one to plan with first.

    Raises
    ------
    MissingInput
        If nothing says how sensitive a channel is.
    """
    given = {name: _given(typed, name) for name in resonances}
    found: dict[str, list[Limit]] = {}
    for name, one in resonances.items():
        carried = _carried(given, resonances, to=name, exponent=arguments.exponent)
        limits = [
            given[name] or carried,
            _from_record(typed, one),
            _by_reciprocity(typed, arguments, one),
        ]
        found[name] = [limit for limit in limits if limit is not None]
        found[name].sort(key=lambda limit: limit.route != (arguments.plan_with or limit.route))
        if not found[name]:
            msg = (
                f"Found no limit of detection of {name}; hours go with its square. Give --lod "
                f"'{name}=...', or --pulse-90, --power, --pulse-shape and --noise-figure of its "
                "channel with --temperature, or --record of a known sample, or --exponent (3, "
                "2.75, 2.5) to carry the --lod of the other nucleus."
            )
            raise MissingInput(
                msg, argument="--lod", candidates=("--lod", "--pulse-90", "--record", "--exponent")
            )
    return found


def _carried(
    given: Mapping[str, Limit | None],
    resonances: Mapping[str, Resonance],
    *,
    to: str,
    exponent: float | None,
) -> Limit | None:
    """Carry the limit that was stated for another nucleus, if a model of the coil was."""
    if exponent is None:
        return None
    for name, limit in given.items():
        if limit is not None and name != to:
            return limit_of_other_nucleus(
                limit, of=resonances[name], other=resonances[to], exponent=exponent
            )
    return None


def _given(typed: Typed, name: str) -> Limit | None:
    text = typed.text("lod", name)
    if text is None:
        return None
    unit = "1"
    try:
        value, std = _with_error(text, unit, "--lod")
    except UnitError:
        value, std = _with_error(text, "Hz**-0.5", "--lod")
    return Limit(nucleus=name, route="given", value=value, relative_std=std / value, source="given")


def _from_record(typed: Typed, of: Resonance) -> Limit | None:
    """Measure the limit with a record of a known sample, if one was named."""
    name = of.nucleus
    path = typed.text("record", name)
    if path is None:
        return None
    texts = {option: typed.text(option, name) for option in _OF_RECORD}
    for option, text in texts.items():
        if text is None:
            msg = (
                f"Found --record of {name} without {flag(option)}; no limit follows. Give "
                f"{flag(option)} '{name}={_OF_RECORD[option]}'."
            )
            raise MissingInput(msg, argument=flag(option))
    acq = registry.read(Path(path))
    found = float(acq.attrs["carrier_frequency"])
    if acq.attrs["nucleus"] != name or abs(found / of.larmor_frequency - 1) > _SAME_FIELD:
        msg = (
            f"Found {acq.attrs['nucleus']} at {found / 1e6:.5g} MHz in {path}, and {name} at "
            f"{of.larmor_frequency / 1e6:.5g} MHz to plan; a limit holds for its nucleus and field."
            " Name a record of both."
        )
        raise UnusableInput(msg)
    return limit_from_record(
        acq,
        shape=str(texts["record_shape"]),
        atoms=_with_error(str(texts["record_atoms"]), "1", "--record-atoms"),
        t1=units.quantity_with_error(str(texts["record_t1"]), unit="s", name="--record-t1"),
    )


def _by_reciprocity(typed: Typed, arguments: argparse.Namespace, of: Resonance) -> Limit | None:
    name = of.nucleus
    if typed.text("pulse_90", name) is None or typed.text("noise_figure", name) is None:
        return None
    calibration = pulse_of(typed, arguments, name)
    if calibration is None or arguments.temperature is None:
        msg = (
            f"Found a calibrated pulse of {name} without the temperature of the sample; its "
            "polarisation hangs on it. Give --temperature '300 K'."
        )
        raise MissingInput(msg, argument="--temperature")
    temperature, std = _with_error(arguments.temperature, "K", "--temperature")
    return limit_from_reciprocity(
        calibration[0], of=of, sample_temperature=temperature, sample_temperature_std=std
    )


def pulse_of(
    typed: Typed, arguments: argparse.Namespace, name: str
) -> tuple[PulseCalibration, PulseShape] | None:
    """Read the calibrated pulse of a channel.

    Parameters
    ----------
    typed, arguments
        Words of the command line.
    name
        Nucleus.

    Returns
    -------
    :
        Calibration and shape; none if no pulse was typed.

    Raises
    ------
    MissingInput
        If its power or its shape is missing.
    """
    length = typed.text("pulse_90", name)
    if length is None:
        return None
    texts = {option: typed.text(option, name) for option in ("power", "pulse_shape")}
    for option, text in texts.items():
        if text is None:
            msg = (
                f"Found --pulse-90 of {name} without {flag(option)}; no field follows. Give "
                f"{flag(option)}."
            )
            raise MissingInput(msg, argument=flag(option))
    shape = _shape(str(texts["pulse_shape"]))
    pulse, pulse_std = _with_error(length, "s", "--pulse-90")
    power, power_std = _with_error(str(texts["power"]), "W", "--power")
    cold = typed.text("noise_temperature", name) or arguments.temperature
    noise, noise_std = (float("nan"),) * 2 if cold is None else _with_error(cold, "K", "noise")
    figure = typed.text("noise_figure", name)
    calibration = PulseCalibration(
        pulse_90=pulse,
        pulse_90_std=pulse_std,
        mean_over_peak=shape.mean,
        mean_over_peak_std=0.0,
        power=power,
        power_std=power_std,
        noise_temperature=noise,
        noise_temperature_std=noise_std,
        noise_factor=float("nan") if figure is None else noise_factor_of(figure),
        noise_factor_std=0.0,
    )
    return calibration, shape


def _shape(text: str) -> PulseShape:
    name, _, rest = text.partition(" ")
    truncation = units.parse(rest, unit="1", name="--pulse-shape") if rest.strip() else None
    return shape_of(name.strip(), truncation=truncation)


def noise_factor_of(text: str) -> float:
    """Read a noise figure in decibel, or a linear noise factor.

    Parameters
    ----------
    text
        ``"3 dB"`` or ``"2"``.

    Returns
    -------
    :
        Linear factor.

    Raises
    ------
    UnusableInput
        If it is below that of a receiver without noise.

    Examples
    --------
    >>> print(f"{noise_factor_of('3 dB'):.3f}")
    1.995
    """
    decibel = _DECIBEL.fullmatch(text.strip())
    if decibel:
        value = 10 ** (float(decibel[1]) / 10)
    else:
        value = units.parse(text, unit="1", name="--noise-figure")
    if not (isfinite(value) and value >= 1):
        msg = f"Found --noise-figure {text}; no receiver is below 0 dB, a factor of 1."
        raise UnusableInput(msg)
    return value


def _with_error(text: str, unit: str, name: str) -> tuple[float, float]:
    """Read a quantity whose error may be left out and then counts as none."""
    try:
        return units.quantity_with_error(text, unit=unit, name=name)
    except MissingInput:
        return units.parse(text, unit=unit, name=name), 0.0

"""From words of the command line to what an experiment is planned with."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from megabar import units
from megabar.cli import structure_options
from megabar.cli.experiment_options import WIDTHS, flag
from megabar.errors import MissingInput, UnitError, UnknownWord, UnusableInput, did_you_mean
from megabar.matter import nuclei
from megabar.observables.calibrations import PulseCalibration
from megabar.observables.efficiencies import Factor
from megabar.observables.experiment_plan import (
    PHASE_CYCLES,
    PlannedChannel,
    PlannedLine,
    PlannedScan,
)
from megabar.observables.experiment_pulses import shape_of
from megabar.observables.sensitivity import (
    Limit,
    limit_from_reciprocity,
    limit_of_other_nucleus,
)
from megabar.spins import reception

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from megabar.cli.experiment_options import Typed
    from megabar.matter.crystals import Crystal
    from megabar.spins.pulse_shapes import PulseShape
    from megabar.spins.reception import Resonance

_SYMBOL: Final = re.compile(r"^\d+")
_DECIBEL: Final = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))\s*dB", re.IGNORECASE)


def tms_frequency_of(arguments: argparse.Namespace) -> float:
    """Read the field [Hz of TMS].

    Parameters
    ----------
    arguments
        With ``field`` and ``tms_frequency``.

    Returns
    -------
    :
        Frequency of TMS.

    Raises
    ------
    MissingInput
        If neither was typed.
    UnusableInput
        If both were, or the value is not positive.
    """
    if (arguments.field is None) == (arguments.tms_frequency is None):
        if arguments.field is not None:
            msg = "Found --field and --tms-frequency; they may contradict each other. Give one."
            raise UnusableInput(msg)
        msg = "Found no field; no signal follows. Give --tms-frequency '395 MHz' or --field '9 T'."
        raise MissingInput(msg, argument="--field", candidates=("--tms-frequency", "--field"))
    if arguments.field is not None:
        tesla = units.parse(arguments.field, unit="T", name="--field")
        frequency = tesla * nuclei.TMS_FREQUENCY_OVER_FIELD
    else:
        frequency = units.parse(arguments.tms_frequency, unit="Hz", name="--tms-frequency")
    if not frequency > 0:
        msg = f"Found a TMS frequency of {frequency:g} Hz; one above 0 is needed."
        raise UnusableInput(msg)
    return frequency


def crystal_of(arguments: argparse.Namespace) -> Crystal | None:
    """Build the crystal of the sample, if one was named."""
    return None if arguments.structure is None else structure_options.crystal_of(arguments)


def atoms_of(
    arguments: argparse.Namespace, *, crystal: Crystal | None, names: Sequence[str]
) -> tuple[dict[str, float], float | None]:
    """Count the atoms of each nucleus, and give the volume [m3] if it is known.

    Parameters
    ----------
    arguments
        With ``atoms``, ``volume`` and ``cavity``.
    crystal
        Of the sample, if named.
    names
        Nuclei.

    Returns
    -------
    :
        Nucleus -> atoms of its element; the volume of the sample.

    Raises
    ------
    MissingInput
        If an element is not counted.
    UnusableInput
        If counts contradict each other.
    """
    counts = dict(_named(text, "--atoms", "1") for text in arguments.atoms)
    volume = _volume(arguments)
    if counts and (crystal is not None and volume is not None):
        msg = (
            "Found --atoms beside a structure with its volume; they may contradict each other. "
            "Leave one of them out."
        )
        raise UnusableInput(msg)
    found: dict[str, float] = {}
    for name in names:
        symbol = _SYMBOL.sub("", name)
        if symbol in counts:
            found[name] = counts[symbol]
        elif crystal is not None and volume is not None and symbol in crystal.composition:
            found[name] = crystal.composition[symbol] / crystal.volume * volume
        else:
            msg = (
                f"Found no number of {symbol} atoms; no signal follows. Give --structure with "
                f"--volume or --cavity, or --atoms '{symbol}=1e15'."
            )
            raise MissingInput(msg, argument="--atoms", candidates=("--structure", "--atoms"))
    return found, volume


def _volume(arguments: argparse.Namespace) -> float | None:
    if arguments.volume is not None and arguments.cavity is not None:
        msg = "Found --volume and --cavity; they may contradict each other. Give one of them."
        raise UnusableInput(msg)
    if arguments.volume is not None:
        return units.parse(arguments.volume, unit="m**3", name="--volume")
    if arguments.cavity is not None:
        culet = units.parse(arguments.cavity, unit="m", name="--cavity")
        return reception.cavity_volume(culet=culet)
    return None


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
        limits = [given[name] or carried, _by_reciprocity(typed, arguments, one)]
        found[name] = [limit for limit in limits if limit is not None]
        found[name].sort(key=lambda limit: limit.route != (arguments.plan_with or limit.route))
        if not found[name]:
            msg = (
                f"Found no limit of detection of {name}; hours go with its square. Give --lod "
                f"'{name}=...', or --pulse-90, --power, --pulse-shape and --noise-figure of its "
                "channel with --temperature, or --exponent (3, 2.75, 2.5) to carry the --lod of "
                "the other nucleus."
            )
            raise MissingInput(
                msg, argument="--lod", candidates=("--lod", "--pulse-90", "--exponent")
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


def channel_of(typed: Typed, name: str, *, atoms: float, limit: Limit) -> PlannedChannel:
    """Put together what was typed for one nucleus.

    Parameters
    ----------
    typed
        Words of the command line.
    name
        Nucleus.
    atoms
        Of its element.
    limit
        To plan with.

    Returns
    -------
    :
        The channel.

    Raises
    ------
    MissingInput
        If something decisive is missing.
    """
    scan = _scan(typed, name)
    t2 = typed.text("t2", name)
    if t2 is None and scan.sequence != "fid":
        msg = (
            f"Found a {scan.sequence} of {name} without --t2; the echo may be anything. Give "
            f"--t2 '{name}=1.5(2) ms'."
        )
        raise MissingInput(msg, argument="--t2")
    width = typed.text("width", name) or "fitted"
    if width not in WIDTHS:
        msg = f"Found --width {width!r}. {did_you_mean(width, WIDTHS)}"
        raise UnknownWord(msg)
    line = PlannedLine(
        shape=typed.needed("shape", name),
        fwhm=units.parse(typed.needed("fwhm", name), unit="Hz", name="--fwhm"),
        width_known=width == "known",
        t1=units.quantity_with_error(typed.needed("t1", name), unit="s", name="--t1"),
        t2=None if t2 is None else units.quantity_with_error(t2, unit="s", name="--t2"),
    )
    return PlannedChannel(
        nucleus=name,
        atoms=atoms,
        limit=limit,
        line=line,
        scan=scan,
        factors=tuple(_factor(text) for text in typed.texts("factor", name)),
    )


def _scan(typed: Typed, name: str) -> PlannedScan:
    choices: dict[str, Any] = {
        "echo_delay": typed.number("echo_delay", name, "s"),
        "points": _whole(typed, "points", name),
        "flip_angle": typed.number("flip_angle", name, "rad"),
        "shortest_repetition": typed.number("shortest_repetition", name, "s") or 0.0,
        "blocks": _whole(typed, "blocks", name) or 1,
    }
    sequence = typed.needed("sequence", name)
    if sequence in PHASE_CYCLES and sequence != "fid" and choices["echo_delay"] is None:
        msg = (
            f"Found a {sequence} of {name} without --echo-delay; what is left of the echo hangs on "
            f"it. Give --echo-delay '{name}=25 us'."
        )
        raise MissingInput(msg, argument="--echo-delay")
    dead_time = units.parse(typed.needed("dead_time", name), unit="s", name="--dead-time")
    if dead_time < 0:
        msg = f"Found --dead-time {dead_time:g} s; it cannot be negative."
        raise UnusableInput(msg)
    return PlannedScan(
        sequence=sequence,
        dead_time=dead_time,
        dwell=units.parse(typed.needed("dwell", name), unit="s", name="--dwell"),
        **choices,
    )


def _whole(typed: Typed, option: str, name: str) -> int | None:
    value = typed.number(option, name, "1")
    if value is None:
        return None
    if not (value >= 1 and value == int(value)):
        msg = f"Found {flag(option)} {value:g}; a whole number from 1 is needed."
        raise UnusableInput(msg)
    return int(value)


def _factor(text: str) -> Factor:
    name, sign, value = text.partition("=")
    if not sign:
        msg = f"Found --factor {text}; a name and a value are needed, 'refocusing=0.72(5)'."
        raise UnusableInput(msg)
    number, std = units.quantity_with_error(value, unit="1", name=f"--factor {name}")
    return Factor(name=name.strip(), value=number, std=std, source="stated")


def shift_spread_of(typed: Typed, of: Resonance) -> float | None:
    """Give the width of the range in which a line may lie [Hz], if one was typed."""
    text = typed.text("shifts", of.nucleus)
    if text is None:
        return None
    low, sign, high = text.partition("..")
    if not sign:
        msg = f"Found --shifts {text}; two values are needed, such as '900..2950 ppm'."
        raise UnusableInput(msg)
    unit = re.sub(r"^[-+\d.eE\s]+", "", high).strip()
    ends = [
        units.parse(end if re.search("[a-zA-Z/]", end) else f"{end} {unit}", unit="Hz/MHz",
                    name="--shifts")
        for end in (low, high)
    ]  # fmt: skip
    return abs(ends[1] - ends[0]) * 1e-6 * of.larmor_frequency


def common_of(arguments: argparse.Namespace) -> list[tuple[str, float]]:
    """Read the errors that no scan lowers."""
    return [_named(text, "--common", "1") for text in arguments.common]


def pools_of(arguments: argparse.Namespace) -> list[tuple[str, float]]:
    """Read further pools with their T1 [s]."""
    return [_named(text, "--pool", "s") for text in arguments.pool]


def _named(text: str, option: str, unit: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    if not sign:
        msg = f"Found {option} {text}; a name and a value are needed, such as NAME=VALUE."
        raise UnusableInput(msg)
    number = units.parse(value, unit=unit, name=f"{option} {name.strip()}")
    if not number > 0:
        msg = f"Found {option} {text}; a value above 0 is needed."
        raise UnusableInput(msg)
    return name.strip(), number


def _with_error(text: str, unit: str, name: str) -> tuple[float, float]:
    """Read a quantity whose error may be left out and then counts as none."""
    try:
        return units.quantity_with_error(text, unit=unit, name=name)
    except MissingInput:
        return units.parse(text, unit=unit, name=name), 0.0

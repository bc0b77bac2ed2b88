"""From words of the command line to what an experiment is planned with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from megabar import units
from megabar.cli import structure_options
from megabar.cli.experiment_options import WIDTHS, flag
from megabar.errors import MissingInput, UnknownWord, UnusableInput, did_you_mean
from megabar.matter import nuclei
from megabar.observables.efficiencies import Factor
from megabar.observables.experiment_channels import (
    PHASE_CYCLES,
    PlannedChannel,
    PlannedLine,
    PlannedScan,
)
from megabar.observables.sensitivity import (
    Limit,
)
from megabar.spins import pressure_cells

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from megabar.cli.experiment_options import Typed
    from megabar.matter.crystals import Crystal
    from megabar.spins.reception import Resonance

_SYMBOL: Final = re.compile(r"^\d+")


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
        return pressure_cells.cavity_volume(culet=culet)
    return None


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

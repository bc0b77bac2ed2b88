"""The options that name a crystal: one of the table or a file, and how large its cell is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import units
from megabar.errors import (
    MegabarError,
    MissingInput,
    UnitError,
    UnknownWord,
    UnusableInput,
    did_you_mean,
)
from megabar.matter import crystals, nuclei

if TYPE_CHECKING:
    import argparse

    from megabar.matter.crystals import Crystal

_SIZES: Final = ("lattice_parameter", "volume_per_metal", "pressure")
_BARE_NAMES: Final = frozenset({"POSCAR", "CONTCAR"})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add STRUCTURE and the options that complete it.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    parser.add_argument(
        "structure",
        metavar="STRUCTURE",
        help=f"crystal of the table ({', '.join(crystals.names())}), or a file (CIF, POSCAR, ...)",
    )
    add_size_options(parser)


def add_size_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that complete a structure.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    group = parser.add_argument_group(
        "structure", "one size of the cell is needed for a crystal of the table; a file has its own"
    )
    group.add_argument(
        "--lattice-parameter", metavar="A", help="first axis, such as '5.10(1) angstrom'"
    )
    group.add_argument(
        "--volume-per-metal", metavar="V", help="volume over metal atoms, '33.2(1) angstrom^3'"
    )
    group.add_argument("--pressure", metavar="P", help="where the table knows volumes, '170 GPa'")
    group.add_argument(
        "--vacancies", metavar="[KIND=]FRACTION", action="append", default=[],
        help="share of hydrogen sites that are empty, of all or of one kind, such as 4b=0.1",
    )  # fmt: skip
    _add_shape_options(group)


def add_shape_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--structure`` and what completes it where the size of the cell is known otherwise.

    Parameters
    ----------
    parser
        Parser of the verb; it must set ``volume_per_metal`` before :func:`crystal_of`.
    """
    group = parser.add_argument_group(
        "structure", "where sites are; their scale is that of the box"
    )
    group.add_argument(
        "--structure", metavar="STRUCTURE",
        help=f"crystal of the table ({', '.join(crystals.names())}), or a file (CIF, POSCAR, ...)",
    )  # fmt: skip
    _add_shape_options(group)
    parser.set_defaults(lattice_parameter=None, volume_per_metal=None, pressure=None, vacancies=[])


def _add_shape_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--parameter", metavar="NAME=VALUE", action="append", default=[],
        help="free coordinate or c_over_a of a crystal of the table, such as x=0.12",
    )  # fmt: skip
    group.add_argument("--metal", metavar="SYMBOL", help="of a file with several other elements")
    group.add_argument(
        "--accept", metavar="STATUS", action="append", default=[],
        help="let in numbers of the table that are 'unverified' or an 'estimate'",
    )  # fmt: skip


def crystal_of(arguments: argparse.Namespace) -> Crystal:
    """Build the crystal that the options name.

    Parameters
    ----------
    arguments
        What :func:`add_options` gathered.

    Returns
    -------
    :
        The crystal; ``lattice_parameter_std`` is the error of what was typed.

    Raises
    ------
    MissingInput
        If the size of the cell is left open.
    UnknownWord
        If no crystal, file, kind of site or parameter has the name that was typed.
    UnusableInput
        If the options contradict each other or the table.
    ReadError
        If a file cannot be read.
    """
    name = str(arguments.structure)
    path = Path(name)
    size, error = _size(arguments)
    try:
        if path.is_file():
            found = _of_file(path, arguments, size)
        elif name in crystals.names():
            found = _of_table(name, arguments, size)
        else:
            raise _unknown(name, path)
        if size and "pressure" not in size:
            (value,) = size.values()
            power = 3 if "volume_per_metal" in size else 1
            a = float(np.linalg.norm(found.cell[0]))
            found = replace(found, lattice_parameter_std=a * error / value / power)
        return _thinned(found, arguments.vacancies)
    except MegabarError:
        raise
    except ValueError as failure:  # of the physics, in whose words options are arguments
        raise UnusableInput(_as_options(str(failure))) from failure


def field_of(text: str, *, name: str) -> float:
    """Read a field that was typed as the frequency of 1H or in tesla.

    Parameters
    ----------
    text
        For example ``"395 MHz"`` or ``"9.28 T"``.
    name
        Of the option, for messages.

    Returns
    -------
    :
        Larmor frequency of 1H [Hz].

    Raises
    ------
    UnitError
        If the text is neither.

    Examples
    --------
    >>> print(f"{field_of('9.28 T', name='--field') / 1e6:.1f} MHz")
    395.1 MHz
    """
    try:
        tesla = units.parse(text, unit="T", name=name)
    except UnitError:
        try:
            frequency = units.parse(text, unit="Hz", name=name)
        except UnitError:
            msg = (
                f"Found {name} {text!r}; no rate follows. Give the frequency of 1H such as "
                "'395 MHz', or the field such as '9.28 T'."
            )
            raise UnitError(msg) from None
    else:
        frequency = tesla * nuclei.TMS_FREQUENCY_OVER_FIELD
    if not frequency > 0:
        msg = f"Found {name} {text!r}; no rate follows. Give a field above 0."
        raise UnusableInput(msg)
    return float(frequency)


def _size(arguments: argparse.Namespace) -> tuple[dict[str, float], float]:
    """Give the one size that was typed in SI, and its standard error; nan if it has none."""
    typed = {key: getattr(arguments, key) for key in _SIZES if getattr(arguments, key) is not None}
    if len(typed) > 1:
        listed = " and ".join(_option(key) for key in typed)
        msg = f"Found {listed}; they may contradict each other. Give one of them."
        raise UnusableInput(msg)
    for key, text in typed.items():
        unit = {"lattice_parameter": "m", "volume_per_metal": "m**3", "pressure": "Pa"}[key]
        try:
            value, error = units.quantity_with_error(text, unit=unit, name=_option(key))
        except MissingInput:  # here an error is welcome; who needs it asks for it
            value, error = units.parse(text, unit=unit, name=_option(key)), float("nan")
        return {key: value}, error
    return {}, float("nan")


def _of_table(name: str, arguments: argparse.Namespace, size: dict[str, float]) -> Crystal:
    if not size:
        reported = tuple(
            f"{one.a * 1e10:g} angstrom at {one.pressure[0] / 1e9:g} GPa ({one.origin.status})"
            for one in crystals.entry(name).lattices
        )
        told = f" Reported: {'; '.join(reported)}." if reported else ""
        msg = (
            f"Found no size of the cell of {name}; second moments go with its sixth power. Give "
            f"--lattice-parameter, --volume-per-metal or --pressure.{told}"
        )
        raise MissingInput(msg, argument="--lattice-parameter", candidates=reported)
    free = dict(_pair(text) for text in arguments.parameter)
    return crystals.crystal(name, **size, parameters=free, accept=arguments.accept)


def _of_file(path: Path, arguments: argparse.Namespace, size: dict[str, float]) -> Crystal:
    from megabar.readers.structures import read_structure

    if "pressure" in size or arguments.parameter:
        option = "--pressure" if "pressure" in size else "--parameter"
        msg = (
            f"Found {option} for the file {path.name}; it belongs to crystals of the table. Scale "
            "the cell of a file with --lattice-parameter or --volume-per-metal."
        )
        raise UnusableInput(msg)
    found = read_structure(path, metal=arguments.metal)
    if not size:
        return found
    if "lattice_parameter" in size:
        scale = size["lattice_parameter"] / float(np.linalg.norm(found.cell[0]))
    else:
        metals = found.composition[found.metal]
        scale = (size["volume_per_metal"] * metals / found.volume) ** (1 / 3)
    if not scale > 0:
        msg = f"Found a size of {next(iter(size.values())):g}; one above 0 is needed."
        raise UnusableInput(msg)
    return replace(found, cell=found.cell * scale)


def _unknown(name: str, path: Path) -> UnknownWord:
    looks_like_a_file = (
        len(path.parts) > 1
        or path.name.upper() in _BARE_NAMES
        or (path.suffix and not path.suffix[1:].isdigit())
    )
    if looks_like_a_file:
        return UnknownWord(f"Found no file {name}; no structure can be read. Check its name.")
    return UnknownWord(
        f"Found structure {name!r}, which is neither a file nor a crystal of the table. "
        f"{did_you_mean(name, crystals.names())} Give one of them, or a CIF or POSCAR."
    )


def _thinned(crystal: Crystal, texts: list[str]) -> Crystal:
    for text in texts:
        kind, sign, share = text.rpartition("=")
        fraction = units.parse(share, unit="1", name="--vacancies")
        crystal = crystals.with_vacancies(
            crystal, species="H", fraction=fraction, kind=kind if sign else None
        )
    return crystal


def _pair(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    if not sign:
        msg = f"Found --parameter {text}; a name and a value are needed, such as x=0.12."
        raise UnusableInput(msg)
    return name.strip(), units.parse(value, unit="1", name=f"--parameter {name.strip()}")


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _as_options(message: str) -> str:
    """Say in words of the command line what the physics says in names of arguments."""
    said = re.sub(
        r"accept=\[(.*?)\]",
        lambda match: " ".join(f"--accept {word.strip(chr(39))}" for word in match[1].split(", ")),
        message,
    )
    for key in _SIZES[:2]:
        said = re.sub(rf"\b{key}\b", _option(key), said)
    return said

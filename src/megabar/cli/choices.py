"""The options with which a person decides what a file leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from megabar.errors import UnknownWord
from megabar.readers.decisions import Decisions

if TYPE_CHECKING:
    import argparse

_HELP: Final = MappingProxyType(
    {
        "nucleus": "nucleus observed, such as 1H",
        "sequence": "word for the pulse sequence, such as saturation-recovery",
        "array": "table of the file (vdlist), or values: '1 ms, 10 ms'",
        "array_as": "what the values are: delay, echo_time, pulse_length, carrier_offset",
        "time_origin": "time of the first stored point from pulse centre or echo top",
        "dead_time": "dead time, such as '12 us'",
        "repetition_time": "start of one scan to start of the next",
        "echo_delay": "between the two pulses of an echo",
        "flip_angle": "of the exciting pulse, such as '90 deg'",
        "n_scans": "number of scans",
        "cell": "name of the cell",
        "channel": "bridge or receiver channel",
        "columns": "QUANTITY=HEADER of a table; may be repeated",
        "sense": "+1, or -1 if the stored signal rotates backwards",
        "started_at": "start of the measurement, ISO 8601",
        "current": "current of a resistance measurement",
        "domain": "time or frequency",
        "time_unit": "unit of the time axis of a table",
        "format": "name of the format, where two could read the file",
        "source_kind": "log or digitised",
        "thermometer_table": "table of a platinum thermometer: K, R/R(0 C); IEC 60751 if absent",
        "note": "a remark that stays with the data",
    }
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add one option for each decision, and ``--set NAME=VALUE`` for all.

    Parameters
    ----------
    parser
        Parser of a verb that reads files.
    """
    group = parser.add_argument_group("decisions", "where a file leaves something open")
    group.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="any of the below"
    )
    for field in fields(Decisions):
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=f"decide_{field.name}",
            metavar="VALUE",
            action="append",
            help=_HELP.get(field.name),
        )


def taken(arguments: argparse.Namespace) -> dict[str, Any]:
    """Collect the decisions of a command line, in the types that the readers take.

    Parameters
    ----------
    arguments
        What :func:`add_options` gathered.

    Returns
    -------
    :
        Decision -> value.

    Raises
    ------
    UnknownWord
        If ``--set`` has no name, or one decision is given twice with two values.
    """
    given: dict[str, list[str]] = {}
    for field in fields(Decisions):
        given[field.name] = list(getattr(arguments, f"decide_{field.name}") or [])
    for text in arguments.set:
        name, sign, value = text.partition("=")
        if not sign:
            msg = f"Found --set {text}; a name and a value are needed, such as array=vdlist."
            raise UnknownWord(msg)
        given.setdefault(name.strip().replace("-", "_"), []).append(value.strip())
    return {name: _value(name, texts) for name, texts in given.items() if texts}


def _value(name: str, texts: Sequence[str]) -> Any:
    if name == "columns":
        return dict(_pair(text) for text in texts)
    if len(set(texts)) > 1:
        msg = f"Found {name} decided twice: {' and '.join(texts)}. Give it once."
        raise UnknownWord(msg)
    text = texts[0]
    if name in {"array", "n_scans"} and "," in text:
        return [entry.strip() for entry in text.split(",") if entry.strip()]
    if name in {"sense", "channel"} and text.lstrip("+-").isdecimal():
        return int(text)
    if name == "n_scans" and text.isdecimal():
        return float(text)
    return text


def _pair(text: str) -> tuple[str, str]:
    quantity, sign, header = text.partition("=")
    if not sign:
        msg = f"Found columns {text}; QUANTITY=HEADER is needed, such as temperature='Temp (K)'."
        raise UnknownWord(msg)
    return quantity.strip(), header.strip()

"""What is typed of an experiment that is to be planned, nucleus by nucleus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from megabar import units
from megabar.cli import structure_options
from megabar.errors import MissingInput, UnknownWord, UnusableInput, did_you_mean
from megabar.observables.experiment_channels import PHASE_CYCLES
from megabar.observables.precision import PLANNED_SHAPES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

QUANTITIES: Final = ("h-per-metal", "t1", "amplitude")
"""What can be wanted."""

WIDTHS: Final = ("fitted", "known")
"""Whether the width of a line is fitted with its amplitude."""

_NEEDED: Final = {
    "t1": ("the best repetition hangs on it", "1.5(1) ms"),
    "fwhm": ("it says how much signal is left and for how long", "1.35 kHz"),
    "shape": ("it says how the signal dies within the dead time", " or ".join(PLANNED_SHAPES)),
    "dead_time": ("what it hides is the first thing to know", "5 us"),
    "dwell": ("the noise of a point grows with its inverse root", "0.5 us"),
    "sequence": ("a decay and an echo are planned differently", " or ".join(PHASE_CYCLES)),
}


class Typed:
    """Options that may be given for one nucleus or for all, ``[NUCLEUS=]VALUE``.

    Parameters
    ----------
    arguments
        Words of the command line.
    names
        Nuclei that are planned.
    """

    def __init__(self, arguments: argparse.Namespace, names: Sequence[str]) -> None:
        self._arguments = arguments
        self._names = names

    def text(self, option: str, nucleus: str, *, named: bool = False) -> str | None:
        """Give what was typed for a nucleus, or for all; the last word counts."""
        found: dict[str, str] = {}
        for typed in getattr(self._arguments, option):
            name, value = self._parted(typed, option)
            if named and not name:
                msg = f"Found {flag(option)} {typed!r} without a nucleus. Give '{nucleus}={typed}'."
                raise UnusableInput(msg)
            found[name] = value
        return found.get(nucleus, found.get(""))

    def texts(self, option: str, nucleus: str) -> list[str]:
        """Give everything that was typed for a nucleus, or for all."""
        parted = [self._parted(typed, option) for typed in getattr(self._arguments, option)]
        return [value for name, value in parted if name in {"", nucleus}]

    def needed(self, option: str, nucleus: str) -> str:
        """Give what was typed, or say that it is missing."""
        found = self.text(option, nucleus)
        if found is None:
            why, example = _NEEDED[option]
            msg = (
                f"Found no {flag(option)} for {nucleus}; {why}. Give "
                f"{flag(option)} '{nucleus}={example}'."
            )
            raise MissingInput(msg, argument=flag(option))
        return found

    def number(self, option: str, nucleus: str, unit: str) -> float | None:
        """Give a quantity in SI, or none."""
        found = self.text(option, nucleus)
        return None if found is None else units.parse(found, unit=unit, name=flag(option))

    def _parted(self, typed: str, option: str) -> tuple[str, str]:
        name, sign, value = typed.partition("=")
        if not sign or not name[:1].isdigit():
            return "", typed.strip()
        if name not in self._names:
            msg = (
                f"Found {flag(option)} for {name!r}, which is not planned. "
                f"{did_you_mean(name, self._names)}"
            )
            raise UnknownWord(msg)
        return name, value.strip()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of an experiment.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    _add_wanted(parser)
    _add_sample(parser)
    each = "may be repeated; for one nucleus: NUCLEUS=VALUE"
    channel = parser.add_argument_group("line and record", each)
    for name, metavar, words in (
        ("--t1", "T", "with its error, '1.5(1) ms'; an error of 0 is (0)"),
        ("--t2", "T", "of echoes, with its error; needed where one is planned"),
        ("--fwhm", "W", "full width at half maximum, '1.35 kHz'"),
        ("--shape", "WORD", " or ".join(PLANNED_SHAPES)),
        ("--width", "WORD", "'known' from a series, or 'fitted' with the amplitude (if absent)"),
        ("--sequence", "WORD", ", ".join(PHASE_CYCLES)),
        ("--echo-delay", "T", "between the pulses of an echo, '25 us'"),
        ("--dead-time", "T", "from the middle of the pulse, '5 us'"),
        ("--dwell", "T", "between complex points, '0.5 us'"),
        ("--points", "N", "of a record; chosen if absent"),
        ("--flip-angle", "A", "'90 deg'; the best if absent"),
        ("--shortest-repetition", "T", "that the duty cycle allows; that of the record if absent"),
        ("--blocks", "N", "of scans stored apart, each with its own noise; 1 if absent"),
        ("--factor", "NAME=X", "a further efficiency with its error, 'refocusing=0.72(5)'"),
        ("--shifts", "FROM..TO", "where the line may lie, '900..2950 ppm'"),
    ):
        channel.add_argument(name, metavar=metavar, action="append", default=[], help=words)
    coil = parser.add_argument_group("coil and receiver", each)
    for name, metavar, words in (
        ("--lod", "L", "limit of detection as stated, atoms per root hertz, '5.44e11'"),
        ("--record", "FILE", "of a sample whose atoms are known: measures the limit"),
        ("--record-atoms", "N", "of the element in that sample, '3.0(1)e16'"),
        ("--record-t1", "T", "of that sample, with its error"),
        ("--record-shape", "WORD", "of its line: lorentzian, gaussian or voigt"),
        ("--pulse-90", "T", "calibrated pulse of 90 degrees, '14(1) us'"),
        ("--power", "P", "at its peak, '0.8 W'"),
        ("--pulse-shape", "WORD", "'rectangular', or 'gaussian 1 %%' with its truncation"),
        ("--noise-figure", "F", "of the receiver, '1 dB'"),
        ("--noise-temperature", "T", "of the coil; that of the sample if absent"),
    ):
        coil.add_argument(name, metavar=metavar, action="append", default=[], help=words)
    coil.add_argument("--temperature", metavar="T", help="of the sample, '300 K'")
    coil.add_argument(
        "--exponent", metavar="P", type=float,
        help="carries a limit to a nucleus without one: 3, 2.75 or 2.5",
    )  # fmt: skip
    coil.add_argument(
        "--plan-with", metavar="ROUTE", choices=("given", "data", "reciprocity"),
        help="which limit counts where several are known; the first known of these if absent",
    )  # fmt: skip


def _add_wanted(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is wanted")
    group.add_argument("--quantity", metavar="WORD", required=True, help=", ".join(QUANTITIES))
    group.add_argument("--error", metavar="X", required=True, help="relative, such as '5 %%'")
    group.add_argument(
        "--nucleus", metavar="NAME", action="append", required=True,
        help="such as 1H; a content takes two, the one counted first",
    )  # fmt: skip
    group.add_argument(
        "--by", metavar="WORD", default="snr_per_root_scan",
        help="snr_per_root_scan (if absent) or amplitude_per_scan: with the former the noise level "
        "is part of the error",
    )  # fmt: skip
    group.add_argument(
        "--common", metavar="NAME=X", action="append", default=[],
        help="an error that no scan lowers, 'scale=3 %%'; may be repeated",
    )  # fmt: skip
    group.add_argument(
        "--steps", metavar="N", type=int, default=8, help="delays of T1; 8 if absent"
    )
    group.add_argument("--shortest-delay", metavar="T", help="of T1, '20 us'")
    group.add_argument(
        "--pool", metavar="NAME=T1", action="append", default=[],
        help="nuclei beside those of the first nucleus, 'H2=1 s'; may be repeated",
    )  # fmt: skip


def _add_sample(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sample and magnet")
    group.add_argument("--structure", metavar="STRUCTURE", help="crystal of the table, or a file")
    group.add_argument("--volume", metavar="V", help="of the sample, '10 pl'")
    group.add_argument(
        "--cavity",
        metavar="D",
        help="of the culet: hole of a third, a sixth thick, full",
    )
    group.add_argument(
        "--atoms", metavar="SYMBOL=N", action="append", default=[],
        help="of an element, instead of structure and volume: 'H=2.9e15'",
    )  # fmt: skip
    group.add_argument(
        "--abundance", metavar="NUCLEUS=X", action="append", default=[],
        help="share of an enriched nucleus in its element, '57Fe=95 %%'; natural if absent",
    )  # fmt: skip
    group.add_argument("--field", metavar="B", help="'9.28 T'")
    group.add_argument("--tms-frequency", metavar="F", help="'395.107 MHz', instead of the field")
    structure_options.add_size_options(parser)


def flag(option: str) -> str:
    """Write the name of an option as it is typed."""
    return f"--{option.replace('_', '-')}"

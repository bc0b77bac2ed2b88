"""Options of ``audit content``: two signals, their noise, calibrations, and what a line shows."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from megabar.observables.calibrations import CANCELLING
from megabar.observables.line_readings import COMPARISONS

if TYPE_CHECKING:
    import argparse

SIDES: Final = ("hydrogen", "metal")
"""Nucleus counted, and nucleus that it is counted against, as options call them."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``audit content``.

    Parameters
    ----------
    parser
        Parser of the verb.
    """
    _add_signals(parser.add_argument_group("content: two signals at t = 0, each with its error"))
    _add_noise(parser.add_argument_group("content: noise of the two channels"))
    _add_nutation(parser.add_argument_group("content: calibration by nutation, of both channels"))
    _add_lines(parser.add_argument_group("content: precursor, and what the metal line shows"))


def _add_signals(group: argparse._ArgumentGroup) -> None:
    for side, example in zip(SIDES, ("4.0(1)", "0.10(1)"), strict=True):
        group.add_argument(
            f"--s-{side}", metavar="S",
            help=f"over the noise per root scan, such as '{example}'; with --scans-{side} of all "
            "scans together",
        )  # fmt: skip
    for side in SIDES:
        group.add_argument(f"--scans-{side}", metavar="N", type=float)
    for side in SIDES:
        group.add_argument(
            f"--noise-points-{side}", metavar="N", type=float, default=inf,
            help="complex points behind the noise; none if its error is in that of the signal",
        )  # fmt: skip
    group.add_argument("--nuclei", metavar="X,M", help="any two of the table, such as '1H,139La'")
    group.add_argument(
        "--abundance", metavar="NUCLEUS=X", action="append", default=[],
        help="fraction of its element where the sample is enriched, such as 57Fe=0.95",
    )  # fmt: skip
    group.add_argument(
        "--by", metavar="WORD", default=COMPARISONS[0],
        help=f"what the signals are: {' or '.join(COMPARISONS)}; the first if absent",
    )  # fmt: skip


def _add_noise(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--equal-noise", action="store_true",
        help="suppose equal bandwidth, noise factor and noise temperature, without error",
    )  # fmt: skip
    for side in SIDES:
        group.add_argument(f"--noise-factor-{side}", metavar="F", help="linear, such as '1.2(1)'")
        group.add_argument(f"--noise-temperature-{side}", metavar="T", help="such as '300(5) K'")
        group.add_argument(f"--bandwidth-{side}", metavar="B", help="of the noise, '2(0) MHz'")


def _add_nutation(group: argparse._ArgumentGroup) -> None:
    for side in SIDES:
        group.add_argument(f"--pulse-90-{side}", metavar="T", help="such as '14(1) us'")
        group.add_argument(f"--power-{side}", metavar="P", help="peak power, such as '0.8(1) W'")
        group.add_argument(
            f"--shape-{side}", metavar="WORD",
            help="rectangular, or gaussian:Q with Q the amplitude at its ends over its peak",
        )  # fmt: skip
    group.add_argument(
        "--cancels", metavar="WORD", action="append", default=[],
        help=f"error that is the same in both channels and drops out: {', '.join(CANCELLING)}",
    )  # fmt: skip


def _add_lines(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--precursor-content", metavar="X", help="atoms per atom, '3.00(5)'")
    group.add_argument("--precursor-ratio", metavar="R", help="of its two signals, '29(1)'")
    group.add_argument(
        "--precursor-part", metavar="E",
        help="part of its metal nuclei that its signal shows; the same as now if absent",
    )  # fmt: skip
    group.add_argument(
        "--part", metavar="NAME=E", action="append", default=[],
        help="a part of the metal nuclei that was computed or measured, such as 'echo=0.36(4)'",
    )  # fmt: skip
    group.add_argument("--fwhm-metal", metavar="W", help="width of the metal line, '38 kHz'")
    group.add_argument("--echo-delay", metavar="T", help="between its two pulses, '25 us'")

"""What the parameters of a Bruker folder say, and what they mean.

GRPDLY = -1 means "see the table of digital filters". DATE is the start of the measurement in
TopSpin, its end in XWIN-NMR: in a series of equal experiments it lies behind the one before by the
time that the *own* scans take.

References
----------
Delays of the digital filters: W. M. Westler, F. Abildgaard, DMX digital filters and non-Bruker
offline processing III, National Magnetic Resonance Facility at Madison (1996).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import InconsistentHeader
from megabar.readers.questions import nucleus_name

if TYPE_CHECKING:
    from megabar.readers.decisions import Decisions

_LAST_SECOND = 4102444800  # the year 2100; a later DATE is damage
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_FILTER_DECIMATIONS: Final = (
    2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
)  # fmt: skip
_FILTER_DELAYS: Final[Mapping[int, tuple[float, ...]]] = MappingProxyType(
    {
        10: (44.75, 33.5, 66.625, 709 / 12, 68.5625, 60.375, 69.53125, 2929 / 48, 70.015625,
             61.34375, 70.2578125, 11809 / 192, 70.37890625, 61.5859375, 70.439453125,
             47329 / 768, 70.4697265625, 31563 / 512, 70.48486328125, 189409 / 3072,
             70.492431640625),
        11: (46.0, 36.5, 48.0, 301 / 6, 53.25, 69.5, 72.25, 421 / 6, 72.75, 70.5, 73.0, 212 / 3,
             72.5, 214 / 3, 72.25, 215 / 3, 72.125, 431 / 6, 72.0625, 863 / 12, 72.03125),
        12: (46.0, 36.5, 48.0, 301 / 6, 53.25, 69.5, 71.625, 421 / 6, 72.125, 70.5, 72.375,
             212 / 3, 72.5, 214 / 3, 72.25, 215 / 3, 72.125, 431 / 6, 72.0625, 863 / 12, 72.03125),
        13: (2.75, 17 / 6, 2.875, 35 / 12, 2.9375, 71 / 24, 2.96875, 143 / 48, 2.984375,
             287 / 96, 2.9921875, 575 / 192),
    }
)  # fmt: skip
"""DSPFVS -> group delay [points of the final grid] for each of the decimations."""


def numbers_of(entry: str) -> list[float]:
    """Read an entry such as ``(0..3) 0 10 2.5 0``.

    Parameters
    ----------
    entry
        Range of the indices, then the numbers.

    Returns
    -------
    :
        The numbers.

    Examples
    --------
    >>> numbers_of("(0..3) 0 10 2.5 1e-3")
    [0.0, 10.0, 2.5, 0.001]
    """
    return [float(word) for word in _NUMBER.findall(entry.partition(")")[2])]


def number(header: Mapping[str, str], key: str) -> float:
    """Read an entry that is one number.

    Parameters
    ----------
    header
        Entries of a parameter file.
    key
        Name in upper case.

    Returns
    -------
    :
        The number, nan if it is absent.
    """
    match = _NUMBER.fullmatch(header.get(key, ""))
    return float(match.group()) if match else float("nan")


def positive(file: str, header: Mapping[str, str], key: str) -> float:
    """Read an entry without which nothing can be read.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    header
        Entries of a parameter file.
    key
        Name in upper case.

    Returns
    -------
    :
        The number, finite and above 0.

    Raises
    ------
    InconsistentHeader
        If it is anything else.
    """
    value = number(header, key)
    if not 0 < value < float("inf"):
        raise InconsistentHeader(
            file=file,
            field=key,
            found=f"it is {header.get(key, 'absent')[:40]!r}; a number above 0 is needed.",
            remedy="The header is damaged or incomplete: copy it again.",
        )
    return value


def word(header: Mapping[str, str], key: str) -> str:
    """Read an entry that is a text in angle brackets.

    Parameters
    ----------
    header
        Entries of a parameter file.
    key
        Name in upper case.

    Returns
    -------
    :
        The text without brackets, empty if it is absent.
    """
    return header.get(key, "").strip("<> ")


def pulse_program(header: Mapping[str, str]) -> str:
    """Give the name of the pulse program without the folder that it came from.

    Parameters
    ----------
    header
        Entries of acqus.

    Returns
    -------
    :
        Its name, or ``"unknown"``.
    """
    return word(header, "PULPROG").replace("\\", "/").rsplit("/", 1)[-1] or "unknown"


def proton_frequencies(header: Mapping[str, str]) -> list[float]:
    """Say what the other channels know about the magnet.

    Channels of 1H are witnesses; without any, the frequencies that idle channels keep.

    Parameters
    ----------
    header
        Entries of acqus.

    Returns
    -------
    :
        Frequencies of 1H [Hz].
    """
    named, idle = [], []
    for channel in range(2, 9):
        frequency = number(header, f"BF{channel}") * 1e6
        nucleus = word(header, f"NUC{channel}")
        if not 0 < frequency < float("inf"):
            continue
        if nucleus == "1H":
            named.append(frequency)
        elif nucleus_name(nucleus) is None:
            idle.append(frequency)
    return named or idle


def group_delay(
    file: str, header: Mapping[str, str], decisions: Decisions
) -> tuple[float, tuple[str, ...]]:
    """Find the delay of the digital filter: GRPDLY if positive, else by DSPFVS and DECIM.

    Parameters
    ----------
    file
        Name of the measurement, for the message.
    header
        Its parameters, as of :func:`megabar.readers.vendor_bytes.parameters_of`.
    decisions
        ``time_origin`` lets a filter that is not known pass.

    Returns
    -------
    :
        The delay [points of the final grid], and doubts.

    Raises
    ------
    InconsistentHeader
        If there is a filter whose delay is not known.
    """
    stated = number(header, "GRPDLY")
    firmware = number(header, "DSPFVS")
    decimation = number(header, "DECIM")
    if header.get("DIGMOD") == "0" or not firmware > 0 or decimation == 1:
        return (stated, ()) if stated > 0 and header.get("DIGMOD") != "0" else (0.0, ())
    if stated > 0:
        return stated, ()
    delays = dict(zip(_FILTER_DECIMATIONS, _FILTER_DELAYS.get(int(firmware), ()), strict=False))
    if decimation in delays:
        return delays[int(decimation)], ()
    if decisions.time_origin is not None:
        return 0.0, ("The delay of the digital filter is not known; time_origin was decided.",)
    raise InconsistentHeader(
        file=file,
        field="GRPDLY",
        found=f"no delay is known for DSPFVS {firmware:g} and DECIM {decimation:g}.",
        remedy="Decide with time_origin=..., the time of the first stored point.",
    )


def clock(header: Mapping[str, str]) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Say when the measurement began, or when it was saved.

    Parameters
    ----------
    header
        Entries of acqus.

    Returns
    -------
    :
        Start and end, ISO 8601 in UTC, each None if not known, and doubts.
    """
    seconds = number(header, "DATE")
    if not 0 < seconds < _LAST_SECOND:
        return None, None, ()
    moment = datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None).isoformat()
    if "XWIN" not in header.get("TITLE", "").upper():
        return moment, None, ()
    doubt = (
        "DATE of XWIN-NMR is the end of the measurement; its start is not stated. "
        "Decide with started_at=..."
    )
    return None, moment, (doubt,)

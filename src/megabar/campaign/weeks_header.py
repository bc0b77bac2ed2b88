"""The header of a table of weeks: which column is which, and in which unit.

A column is known by its name, and what has a unit states it there, as ``t1 (ms)``. Only days need
none, and an error has that of its quantity. A column that is not known is left out, and said so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from megabar import units
from megabar.errors import UnitError, UnreadableFile, did_you_mean

_EXAMPLE: Final = "A table begins with a header such as: day, h_per_metal, error, cell"
_HEADER: Final = re.compile(r"(?P<name>.*?)\s*(?:[(\[](?P<unit>[^()\[\]]*)[)\]])?")
_CONTENT: Final = re.compile(r"h_?(?:per|/|:)_?[a-z]{1,2}|h_?(?:per|/|:)_?metal|content|x")
_ERROR: Final = re.compile(r"(?P<of>.*?)_?(?:error|std|sigma|err|uncertainty)")

UNITS: Final = MappingProxyType(
    {
        "day": "day",
        "h_per_metal": "1",
        "shift": "Hz/MHz",
        "width": "kHz",
        "h_width": "kHz",
        "t1": "ms",
        "metal_t2": "ms",
        "total_h": "1",
        "h2": "1",
        "tc": "K",
        "repetition_time": "ms",
        "dead_time": "us",
        "bandwidth": "kHz",
        "flip_angle": "deg",
        "quality_factor": "1",
        "metal_frequency": "MHz",
        "relative_error": "1",
        "common_error": "1",
    }
)
"""Name of a column -> unit in which it is kept; its header may state any that converts."""

_ALIASES: Final = MappingProxyType(
    {
        "days": "day", "day_since_heating": "day", "days_since_heating": "day",
        "elapsed": "day", "t": "day", "time": "day",
        "sample": "cell", "run": "cell", "dac": "cell",
        "la_shift": "shift", "139la_shift": "shift", "metal_shift": "shift",
        "knight_shift": "shift",
        "la_width": "width", "139la_width": "width", "metal_width": "width", "la_fwhm": "width",
        "fwhm": "width",
        "1h_width": "h_width", "1h_fwhm": "h_width", "h_fwhm": "h_width",
        "1h_t1": "t1", "h_t1": "t1", "la_t2": "metal_t2", "139la_t2": "metal_t2",
        "total_hydrogen": "total_h", "h_total": "total_h", "sum_h": "total_h",
        "h2_signal": "h2", "tc_onset": "tc", "tc_midpoint": "tc",
        "q": "quality_factor", "larmor_frequency": "metal_frequency",
        "tr": "repetition_time", "repetition": "repetition_time",
        "scale_error": "common_error", "common_relative_error": "common_error",
        "multiplicative_error": "relative_error",
    }
)  # fmt: skip
_SUFFIXES: Final = MappingProxyType(
    {"_ms": "ms", "_s": "s", "_us": "us", "_khz": "kHz", "_mhz": "MHz", "_hz": "Hz",
     "_ppm": "ppm", "_k": "K", "_deg": "deg", "_day": "day", "_days": "day"}
)  # fmt: skip
_SPELT: Final = MappingProxyType(
    {"d": "day", "days": "day", "ppm": "Hz/MHz", "µs": "us", "μs": "us", "H/La": "1", "H/M": "1"}
)
_SAYS_DAY: Final = re.compile("day", re.IGNORECASE)
CELL: Final = "cell"
REQUIRED: Final = ("day", "h_per_metal")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column that was understood.

    Parameters
    ----------
    index
        Its place, from 0.
    name, header
        Its name here, and in the file.
    unit
        Unit in which it is kept.
    factor, offset
        What turns a number of the file into that unit.
    """

    index: int
    name: str
    header: str
    unit: str
    factor: float
    offset: float


def _mistake(file: str, field: str, found: str) -> UnreadableFile:
    return UnreadableFile(file=file, field=field, found=found, remedy=_EXAMPLE)


def known(fields: Sequence[str]) -> int:
    """Count the fields that name a column.

    Parameters
    ----------
    fields
        Those of one line.

    Returns
    -------
    :
        How many are known.

    Examples
    --------
    >>> known(["day", "H/La", "T1 (ms)", "weather"])
    3
    """
    return sum(_canonical(_HEADER.fullmatch(field)) is not None for field in fields)


def _canonical(match: re.Match[str] | None) -> str | None:
    """Give the name under which a header is known, or None."""
    if match is None:
        return None
    plain = _plain(match["name"])
    if _of(plain):
        return _of(plain)
    error = _ERROR.fullmatch(plain)
    if error is None:
        return None
    of = "h_per_metal" if not error["of"] else _of(error["of"])
    return f"{of}_error" if of in UNITS else None


def _plain(name: str) -> str:
    """Spell a header in one manner, without a unit that stands at its end."""
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower()).strip("_")
    return plain.translate(str.maketrans("₁₂¹³⁹", "12139"))


def _of(plain: str) -> str:
    plain = plain.removesuffix(_suffix(plain))
    if plain in UNITS or plain == CELL:
        return plain
    if _CONTENT.fullmatch(plain):
        return "h_per_metal"
    return _ALIASES.get(plain, "")


def _suffix(plain: str) -> str:
    """Give the unit at the end of a name such as ``t1_ms``, with its line; empty without one."""
    return next((one for one in _SUFFIXES if plain.endswith(one)), "")


def columns_of(names: Sequence[str], *, file: str) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Say what each column is.

    Parameters
    ----------
    names
        Fields of the header, from left to right.
    file
        Name of the file, for messages.

    Returns
    -------
    :
        The columns that are understood, and a sentence for each of the others.

    Raises
    ------
    UnreadableFile
        If days or contents are absent, two columns say the same, or a unit is absent or strange.
    """
    named: dict[str, tuple[int, str]] = {}
    told = []
    for index, header in enumerate(names):
        match = _HEADER.fullmatch(header)
        name = _canonical(match)
        if name is None:
            if match and header:
                hint = did_you_mean(_plain(match["name"]), _choices())
                told.append(f"Column {header!r} is not used. {hint}")
        elif name in named:
            both = f"{named[name][1]!r} and {header!r} both say {name}; leave one of them out."
            raise _mistake(file, "header", both)
        else:
            named[name] = index, header
    missing = [name for name in REQUIRED if name not in named]
    if missing:
        have = ", ".join(repr(name) for name in names)
        said = f"no column is named {' or '.join(missing)}; the header has {have}."
        raise _mistake(file, "header", said)
    units_of = {name: _unit(file, name, header) for name, (_, header) in named.items()}
    return tuple(
        _column(file, index, name, header, units_of) for name, (index, header) in named.items()
    ), tuple(told)


def _choices() -> tuple[str, ...]:
    return (*UNITS, "error", CELL)


def _unit(file: str, name: str, header: str) -> str:
    """Give the unit that a header states; empty where it needs none, or has that of another."""
    match = _HEADER.fullmatch(header)
    unit = (match["unit"] or "").strip() if match else ""
    unit = unit or _SUFFIXES.get(_suffix(_plain(header)), "")
    needed = UNITS.get(name, "1")
    if unit or needed == "1" or (name == "day" and _SAYS_DAY.search(header)):
        return _SPELT.get(unit, unit) or needed
    raise UnreadableFile(
        file=file,
        field=f"header, column {header}",
        found="its unit is not in the header.",
        remedy=f"Write for example: {header} ({'ppm' if needed == 'Hz/MHz' else needed})",
    )


def _column(file: str, index: int, name: str, header: str, units_of: Mapping[str, str]) -> Column:
    """Find what turns a number of this column into the unit that is kept."""
    if name == CELL:
        return Column(index=index, name=name, header=header, unit="1", factor=1.0, offset=0.0)
    own = name if name in UNITS else name.removesuffix("_error")
    target = UNITS[own]
    unit = units_of[name] if name in UNITS or units_of[name] != "1" else units_of.get(own, target)
    try:
        offset = units.parse(f"0 {unit}", unit=target, name=f"unit of {header}")
        factor = units.parse(f"1 {unit}", unit=target, name=f"unit of {header}") - offset
    except UnitError as error:
        found = f"the unit {unit!r} does not convert to {target}."
        raise _mistake(file, f"header, column {header}", found) from error
    start = offset if name in UNITS else 0.0
    return Column(index=index, name=name, header=header, unit=target, factor=factor, offset=start)

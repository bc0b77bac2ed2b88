r"""Critical temperature against composition and pressure: labelled points, and lines between two.

There is no law Tc(H/La). There are a few compounds whose critical temperature and structure are
known, and nothing between them. A line between two of one structure is a choice that is named with
every number; across structures it must be asked for; beyond the last point there is no data.

Twin: ``observables.tc_series``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from megabar.errors import Undetermined, UnknownWord, did_you_mean

_GIGA: Final = 1e9


@dataclass(frozen=True, kw_only=True)
class TcAnchor:
    """One compound of known composition and critical temperature.

    Parameters
    ----------
    name
        Its name.
    phase
        Compound and structure; points of one phase belong together.
    h_per_metal
        Hydrogen atoms per metal atom.
    pressure
        [Pa].
    critical_temperature
        [K].
    criterion
        What was called so: ``"onset"``, ``"midpoint"``, ``"zero"``.
    status
        ``"published"``, ``"unverified"`` or ``"own"``.
    source
        Where it comes from.
    """

    name: str
    phase: str
    h_per_metal: float
    pressure: float
    critical_temperature: float
    criterion: str
    status: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Between:
    """A critical temperature between two anchors.

    Parameters
    ----------
    critical_temperature
        [K].
    between
        Names of the two anchors; twice the same where it stands on one.
    supported
        Whether it stands on an anchor.
    warnings
        What was supposed.
    """

    critical_temperature: float
    between: tuple[str, str]
    supported: bool
    warnings: tuple[str, ...]


@cache
def table() -> Mapping[str, TcAnchor]:
    """Give the anchors that ship with the package.

    Returns
    -------
    :
        Name -> anchor, read-only.

    Examples
    --------
    >>> sorted(table())
    ['La4H23-118', 'La4H23-95', 'LaH10-120', 'LaH10-138', 'LaH10-170']
    """
    text = files("megabar.superconductivity").joinpath("anchors.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["anchor"]
    return MappingProxyType(
        {row["name"]: TcAnchor(**{**row, "pressure": row["pressure"] * _GIGA}) for row in rows}
    )


def anchors(*names: str) -> tuple[TcAnchor, ...]:
    """Look anchors up.

    Parameters
    ----------
    names
        Their names.

    Returns
    -------
    :
        The anchors, in that order.

    Raises
    ------
    UnknownWord
        If there is no such anchor.

    Examples
    --------
    >>> [one.critical_temperature for one in anchors("La4H23-95", "LaH10-170")]
    [90.0, 250.0]
    """
    for name in names:
        if name not in table():
            msg = f"Found anchor {name!r}. {did_you_mean(name, table())}"
            raise UnknownWord(msg)
    return tuple(table()[name] for name in names)


def between_pressures(pair: Sequence[TcAnchor], *, pressure: float) -> Between:
    """Draw a straight line in pressure between two anchors of one composition.

    Parameters
    ----------
    pair
        Two anchors of equal content.
    pressure
        [Pa].

    Returns
    -------
    :
        The critical temperature there, and that it stands on a line.

    Raises
    ------
    Undetermined
        If the pressure lies outside the two.
    ValueError
        If the anchors are not two of one composition.

    Examples
    --------
    >>> found = between_pressures(anchors("La4H23-95", "La4H23-118"), pressure=110e9)
    >>> print(f"{found.critical_temperature:.1f} K, supported: {found.supported}")
    99.8 K, supported: False
    """
    if len(pair) != 2 or pair[0].h_per_metal != pair[1].h_per_metal:
        msg = f"Found {[one.name for one in pair]}; a line in pressure needs two of one content."
        raise ValueError(msg)
    return _line(pair, pressure, along="pressure", unit=_GIGA, across_phases=False)


def between_contents(
    pair: Sequence[TcAnchor], *, h_per_metal: float, across_phases: bool = False
) -> Between:
    """Draw a straight line in composition between two anchors.

    Parameters
    ----------
    pair
        Two anchors of different content.
    h_per_metal
        Hydrogen atoms per metal atom.
    across_phases
        Whether the line may go from one structure to another; the answer then says so.

    Returns
    -------
    :
        The critical temperature there, and that it stands on a line.

    Raises
    ------
    Undetermined
        If the content lies outside the two, or structures differ and nobody allowed that.
    ValueError
        If the anchors are not two of different composition.

    Examples
    --------
    >>> pair = anchors("La4H23-118", "LaH10-170")
    >>> found = between_contents(pair, h_per_metal=5.75, across_phases=True)
    >>> print(f"{found.critical_temperature:.0f} K, supported: {found.supported}")
    105 K, supported: True
    """
    if len(pair) != 2 or pair[0].h_per_metal == pair[1].h_per_metal:
        msg = f"Found {[one.name for one in pair]}; a line in content needs two different ones."
        raise ValueError(msg)
    return _line(pair, h_per_metal, along="h_per_metal", unit=1.0, across_phases=across_phases)


def _line(
    pair: Sequence[TcAnchor], place: float, *, along: str, unit: float, across_phases: bool
) -> Between:
    low, high = sorted(pair, key=lambda one: float(getattr(one, along)))
    ends = tuple(float(getattr(one, along)) for one in (low, high))
    if low.phase != high.phase and not across_phases:
        msg = (
            f"Found {low.phase} and {high.phase}; a line between two structures supposes what "
            "nobody measured. Allow it with across_phases=True, and say so."
        )
        raise Undetermined(msg, quality="no solution")
    if not ends[0] <= place <= ends[1]:
        msg = (
            f"Found {place / unit:g}; the anchors {low.name} and {high.name} end at "
            f"{ends[0] / unit:g} and {ends[1] / unit:g}, and there is no data beyond."
        )
        raise Undetermined(msg, quality="no solution")
    for one, end in zip((low, high), ends, strict=True):
        if place == end:
            return Between(
                critical_temperature=one.critical_temperature, between=(one.name, one.name),
                supported=True, warnings=(),
            )  # fmt: skip
    share = (place - ends[0]) / (ends[1] - ends[0])
    told = [f"A straight line between {low.name} and {high.name}; nobody measured there."]
    if low.phase != high.phase:
        told.append(f"The line crosses from {low.phase} to {high.phase}.")
    told += [f"{one.name} is unverified." for one in (low, high) if one.status == "unverified"]
    return Between(
        critical_temperature=low.critical_temperature
        + share * (high.critical_temperature - low.critical_temperature),
        between=(low.name, high.name),
        supported=False,
        warnings=tuple(told),
    )


def contents_of(
    known: Sequence[TcAnchor], *, critical_temperature: float, tolerance: float
) -> tuple[TcAnchor, ...]:
    """Give the anchors that a critical temperature is compatible with: a set, never a number.

    Parameters
    ----------
    known
        Anchors to consider.
    critical_temperature
        [K].
    tolerance
        How far it may lie from that of an anchor [K].

    Returns
    -------
    :
        The anchors, nearest first; none where no known compound superconducts there.

    Examples
    --------
    >>> [one.name for one in contents_of(tuple(table().values()), critical_temperature=100.0,
    ...                                  tolerance=15.0)]
    ['La4H23-118', 'La4H23-95']
    """
    near = [
        one for one in known if abs(one.critical_temperature - critical_temperature) <= tolerance
    ]
    return tuple(sorted(near, key=lambda one: abs(one.critical_temperature - critical_temperature)))

"""What a spectrum of a pressure gauge shows, before any scale: an edge, a doublet, a line.

Twin: ``virtual.anvils``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.errors import Undetermined, one_of
from megabar.observables.fluorescence_lines import ruby_lines, samarium_line
from megabar.observables.raman_edges import Edge, edge_of

if TYPE_CHECKING:
    import xarray as xr

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"edge": "diamond edge", "ruby": "ruby", "samarium": "samarium borate"}
)
"""Word of plans and of the command line -> gauge of :mod:`megabar.matter.gauges`."""

_UNSTRESSED: Final = 1340.0  # cm-1, above the line of the part of the anvil without stress
_WING: Final = 1440.0  # cm-1, where the wing of that line ends at the latest
_SECOND_ORDER: Final = 2100.0  # cm-1, below the second order of diamond
_FILTER: Final = 11.0  # cm-1, longest filter, which needs room at the end
_AROUND: Final = 6.0  # nm on both sides of the strongest light


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a spectrum shows.

    Parameters
    ----------
    observed, std
        Edge [cm-1] or line [nm] as read, and its standard error.
    details
        Range of the search and what was found besides, in JSON types.
    warnings
        What to doubt.
    """

    observed: float
    std: float
    details: dict[str, Any]
    warnings: tuple[str, ...] = ()


def shown(spectrum: xr.Dataset, *, kind: str, search: tuple[float, float] | None) -> Shown:
    """Read a gauge off its spectrum.

    Parameters
    ----------
    spectrum
        Sweep of intensity over raman_shift [cm-1] or wavelength [nm].
    kind
        One of the gauges of :data:`KINDS`.
    search
        Where to look [cm-1 or nm]. Unasked, an edge is searched from where the wing of the
        unstressed line ends, and lines around the strongest light.

    Returns
    -------
    :
        Edge or line with its error.

    Raises
    ------
    UnknownWord
        If there is no such gauge.
    Undetermined
        If the spectrum does not show it.
    SchemaError
        If it is no spectrum over the axis of the gauge.
    """
    one_of(kind, tuple(KINDS.values()), name="kind of gauge")
    warnings = tuple(schemas.warnings_of(spectrum))
    if kind == "diamond edge":
        edge, limits = _edge(spectrum, search)
        details: dict[str, Any] = {
            "range": limits,
            "noise_std": edge.noise_std,
            "filter_std": edge.filter_std,
            "lengths": list(edge.lengths),
            "positions": list(edge.positions),
            "steepness": edge.steepness,
        }
        return Shown(observed=edge.position, std=edge.std, details=details, warnings=warnings)
    low, high = search or _around_the_top(spectrum)
    if kind == "ruby":
        lines = ruby_lines(spectrum, window=(low, high))
        details = {
            "range": [low, high],
            "r2": lines.r2,
            "r2_std": lines.r2_std,
            "splitting": lines.splitting,
            "splitting_std": lines.splitting_std,
            "fwhm": list(lines.fwhm),
        }
        told = (*warnings, *lines.warnings)
        return Shown(observed=lines.r1, std=lines.r1_std, details=details, warnings=told)
    line, std = samarium_line(spectrum, window=(low, high))
    return Shown(observed=line, std=std, details={"range": [low, high]}, warnings=warnings)


def _edge(spectrum: xr.Dataset, search: tuple[float, float] | None) -> tuple[Edge, list[float]]:
    """Find the edge; unasked, the search begins where the wing of the unstressed line ends."""
    if search or "raman_shift" not in spectrum.coords:  # the search says what is missing
        low, high = search or (_UNSTRESSED, _SECOND_ORDER)
        return edge_of(spectrum, lowest=low, highest=high), [low, high]
    high = min(float(np.nanmax(spectrum["raman_shift"].values)) - _FILTER, _SECOND_ORDER)
    first: Undetermined | None = None
    for low in np.arange(_UNSTRESSED, min(_WING, high - _FILTER), 10.0).tolist():
        try:
            return edge_of(spectrum, lowest=low, highest=high), [low, high]
        except Undetermined as failure:
            first = first or failure
    raise first or Undetermined(_too_short(high), quality="not determined")


def _too_short(high: float) -> str:
    return (
        f"Found a spectrum that ends at {high:.0f} cm-1; the band of the anvil lies above "
        f"{_UNSTRESSED:g} cm-1. Record it further."
    )


def _around_the_top(spectrum: xr.Dataset) -> tuple[float, float]:
    if "wavelength" not in spectrum.coords:
        return 0.0, 1.0  # the fit says what is missing
    intensity = np.asarray(spectrum["intensity"].values, dtype=np.float64)
    top = float(spectrum["wavelength"].values[int(np.nanargmax(intensity))])
    return top - _AROUND, top + _AROUND

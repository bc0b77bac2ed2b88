"""Pressures of a campaign: spectra of gauges on the scale that the plan states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.matter import gauges
from megabar.observables.gauge_spectra import KINDS, shown
from megabar.observables.pressure import observables_of, pressure_from_gauge

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.plan import Channel

KEYS: Final = (
    "gauge", "scale", "gauge_temperature", "axis_correction", "axis_correction_std", "search",
    "position",
)  # fmt: skip
"""Keys of a channel that decide its pressures."""

_NOT_SAID: Final = "not said"
_UNCHECKED: Final = (
    "Nobody checked the axis of the spectrometer; the plan has no axis_correction with its error."
)


def scales_of(gauge: str) -> tuple[str, ...]:
    """List the scales of a gauge.

    Parameters
    ----------
    gauge
        Word of the plan.

    Returns
    -------
    :
        Their names.

    Examples
    --------
    >>> "ruby2020" in scales_of("ruby")
    True
    """
    kind = KINDS.get(gauge, "")
    return tuple(name for name, one in gauges.scales().items() if one.kind == kind)


def parameters(channel: Channel) -> dict[str, Any]:
    """Give what a pressure is made with.

    Parameters
    ----------
    channel
        A channel that measures pressure.

    Returns
    -------
    :
        Keys of :data:`KEYS` with their values, or None.
    """
    return {key: getattr(channel, key) for key in KEYS}


def pressure(spectrum: xr.Dataset, channel: Channel) -> xr.Dataset:
    """Read a pressure off one spectrum.

    Parameters
    ----------
    spectrum
        Sweep of intensity.
    channel
        Its channel, with gauge, scale and temperature.

    Returns
    -------
    :
        Observables with pressure [GPa]; what it was made of among the attributes.

    Raises
    ------
    Undetermined
        If the spectrum does not show the gauge, or the scale says nothing there.
    """
    kind = KINDS[channel.gauge or ""]
    found = shown(spectrum, kind=kind, search=channel.search)
    moment = spectrum.coords["started_at"].values
    reading = pressure_from_gauge(
        kind=kind,
        observed=found.observed,
        observed_std=found.std,
        scale=channel.scale or "",
        temperature=channel.gauge_temperature or np.nan,
        axis_correction=channel.axis_correction or 0.0,
        axis_correction_std=channel.axis_correction_std or 0.0,
        position=channel.position or _NOT_SAID,
        started_at=None if np.isnat(moment) else moment,
    )
    observed = observables_of(reading, sources=(spectrum.attrs["source_sha256"],))
    told = found.warnings if channel.axis_correction is not None else (*found.warnings, _UNCHECKED)
    return schemas.with_warnings(observed, *told) if told else observed

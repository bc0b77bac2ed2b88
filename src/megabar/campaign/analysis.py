"""Which function measures which channel, and what it is told."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar import provenance, schemas
from megabar.campaign import gauge_readings, pulse_calibrations
from megabar.campaign.rows import digest
from megabar.matter import nuclei
from megabar.observables import lines, records, relaxation_times
from megabar.observables.critical_temperature import critical_temperature
from megabar.observables.nutation import nutation

if TYPE_CHECKING:
    import xarray as xr

    from megabar.campaign.plan import Channel
    from megabar.campaign.rows import Acquisition

_RELAXATION = {
    "t1": relaxation_times.t1,
    "t2": relaxation_times.t2,
    "t1rho": relaxation_times.t1rho,
}


def parameters(channel: Channel) -> dict[str, Any]:
    """Give what the function of a channel is told, in the names of its arguments.

    Parameters
    ----------
    channel
        The channel.

    Returns
    -------
    :
        JSON types; without what the plan leaves open.
    """
    told: dict[str, Any] = {
        "shape": channel.shape,
        "model": channel.model,
        "window": channel.window,
        "drift": channel.drift,
        "step": channel.step,
        "normal_state": channel.normal_state,
        "ramp": channel.ramp,
    }
    if channel.measure == "nutation":
        told |= {
            "pulse_shape": channel.pulse_shape,
            "truncation": channel.truncation,
            "field_model": channel.field_model,
            "asymmetry": channel.asymmetry,
            "detected": channel.seen or "all",
        }
    if channel.measure == "pressure":
        told |= gauge_readings.parameters(channel)
    return {name: value for name, value in told.items() if value is not None}


def identity(acquisition: Acquisition, channel: Channel, *, field: float | None) -> str:
    """Compute what identifies the analysis of one acquisition.

    Parameters
    ----------
    acquisition
        Its row.
    channel
        Its channel.
    field
        Static field of the plan [T], or None.

    Returns
    -------
    :
        Digest of input, parameters and version.
    """
    return digest(
        step=channel.measure,
        inputs=[acquisition.id, acquisition.archive_sha256],
        parameters=parameters(channel) | {"until": channel.until, "field": field},
        version=provenance.package_version(),
    )


def observe(dataset: xr.Dataset, channel: Channel, *, field: float | None) -> xr.Dataset:
    """Measure what a channel asks of one dataset.

    Parameters
    ----------
    dataset
        Acquisition, Spectrum or Sweep from the archive.
    channel
        The channel.
    field
        Static field of the plan [T], or None; the nucleus is checked against it.

    Returns
    -------
    :
        Dataset of schema ``observables/1``.

    Raises
    ------
    MegabarError
        If the data do not give it.
    """
    numbers = _measured(_cut(dataset, channel.until), channel)
    return schemas.with_warnings(numbers, *_wrong_field(dataset, field))


def _cut(dataset: xr.Dataset, until: float | None) -> xr.Dataset:
    """Leave out what comes late in a decay; its noise is that of the whole tail."""
    if until is None:
        return dataset
    whole = records.record_of(records.time_domain(dataset, wanted="a cut decay"), noise=None)
    stated = {
        "noise_std": float(np.sqrt(np.mean(whole.noise_std**2))),
        "noise_relative_std": float(np.mean(whole.noise_relative_std)),
    }
    early = dataset.isel(time=dataset["time"].values <= until)
    return schemas.with_warnings(early.assign_attrs(stated), *whole.warnings)


def _measured(dataset: xr.Dataset, channel: Channel) -> xr.Dataset:
    told = parameters(channel)
    if channel.measure in ("line", "copper"):
        return lines.line(dataset, **told)
    if channel.measure == "nutation":
        return _nutation(dataset, channel)
    if channel.measure == "pressure":
        return gauge_readings.pressure(dataset, channel)
    if channel.measure == "resistance":
        return critical_temperature(dataset, **told)
    return _RELAXATION[channel.measure](dataset, **told)


def _nutation(dataset: xr.Dataset, channel: Channel) -> xr.Dataset:
    spin = nuclei.nucleus(dataset.attrs["nucleus"]).spin
    return nutation(
        dataset,
        pulse_shape=pulse_calibrations.shape_of(channel),
        field_model=channel.field_model or "",
        asymmetry=channel.asymmetry if spin > 1 / 2 else None,
        detected=channel.seen or "all",
        shape=channel.shape,
        window=channel.window,
        drift=channel.drift,
    )


def _wrong_field(dataset: xr.Dataset, field: float | None) -> list[str]:
    """Compare the nucleus with the carrier in the field of the plan."""
    nucleus = dataset.attrs.get("nucleus", schemas.UNKNOWN)
    carrier = float(dataset.attrs.get("carrier_frequency", nan))
    if field is None or nucleus == schemas.UNKNOWN or not isfinite(carrier):
        return []
    near = [one.nucleus for one in nuclei.candidates_at(carrier, field)]
    if nucleus in near:
        return []
    return [
        f"The carrier {carrier / 1e6:.4f} MHz does not fit {nucleus} at {field:g} T; there it fits "
        f"{' or '.join(near) or 'no nucleus of the table'}. The nucleus or the field is wrong."
    ]


def node(acquisition: Acquisition) -> str:
    """Say where the numbers of an acquisition stand in a History.

    Parameters
    ----------
    acquisition
        Its row.

    Returns
    -------
    :
        ``"resistance"``, ``"pressure"``, or its nucleus.
    """
    measure = acquisition.measure
    return measure if measure in ("resistance", "pressure") else acquisition.nucleus

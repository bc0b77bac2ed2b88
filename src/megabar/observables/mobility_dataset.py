"""A mobility as the dataset that travels.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

from megabar import schemas

if TYPE_CHECKING:
    import xarray as xr

    from megabar.observables.mobility_answers import Mobility


def observables_of(
    found: Mobility, *, metal: str, provenance: str, started_at: Any = None
) -> xr.Dataset:
    """Put a verdict into the dataset that travels.

    Parameters
    ----------
    found
        The verdict.
    metal
        The metal of the cell, ``"139La"``.
    provenance
        One JSON line, see :func:`megabar.provenance.record`.
    started_at
        Start of the measurement; none if not known.

    Returns
    -------
    :
        Dataset of schema ``observables/1`` with ``diffusivity``, the rigid ``second_moment`` and
        what was measured; a bound has no standard error. Its attributes tell reason, interval,
        all bounds and what they suppose, the verdict and the conventions.

    Raises
    ------
    SchemaError
        If a number does not fit its schema.
    """
    times, moments = found.times, found.structure.moments
    low, high = found.interval
    std = (high - low) / (2 * found.sigmas) if found.quality == "value" else nan
    moment_std = 6 * found.structure.length_error * moments.second_moment
    values = {
        "diffusivity": (found.diffusivity, std),
        "second_moment": (moments.second_moment, moment_std),
    }
    measured = {name: getattr(times, name) for name in ("t1", "t2", "t1rho", "fwhm")}
    values |= {name: pair for name, pair in measured.items() if pair is not None}
    dataset = schemas.observables(
        values,
        nucleus="1H",
        metal=metal,
        method=f"mobility from relaxation, {len(found.by_motion)} models of motion",
        provenance=provenance,
        quality=dict.fromkeys(values, "value") | {"diffusivity": found.quality},
        started_at=started_at,
        attrs={
            "reason": found.reason,
            "interval": [low, high],
            "bounds": [one.sentence for one in found.bounds],
            "models": [one.motion for one in found.by_motion],
            "verdict": list(found.verdict),
            "conventions": list(found.conventions),
        },
    )
    return schemas.with_warnings(dataset, *found.messages)

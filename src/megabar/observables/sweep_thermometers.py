"""Which thermometer of a sweep counts, and what an offset run takes off its resistance.

Twin: ``virtual.resistance``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import schemas
from megabar.errors import SchemaError
from megabar.readers import ramps as turns

if TYPE_CHECKING:
    import xarray as xr

_PREFIX: Final = "temperature_"
_FIRST: Final = "first"


def thermometers(sweep: xr.Dataset) -> tuple[str, ...]:
    """List the further thermometers of a sweep, beside the one that its temperature is of.

    Parameters
    ----------
    sweep
        A Sweep.

    Returns
    -------
    :
        Names, those of ``temperature_<name>``.
    """
    names = (str(name) for name in sweep.coords)
    return tuple(
        name.removeprefix(_PREFIX)
        for name in names
        if name.startswith(_PREFIX) and not name.endswith("_std")
    )


def on_thermometer(sweep: xr.Dataset, name: str) -> xr.Dataset:
    """Put a sweep onto another of its thermometers; directions are those of that one.

    Parameters
    ----------
    sweep
        Sweep over temperature.
    name
        One of :func:`thermometers`.

    Returns
    -------
    :
        Sweep whose ``temperature`` is that of the named thermometer. The other is kept as
        ``temperature_first``. Points that it has no reading of are gone.

    Raises
    ------
    SchemaError
        If there is no such thermometer.

    Examples
    --------
    >>> sweep = schemas.sweep({"resistance": [0.0, 1.0]}, coords={
    ...     "temperature": [90.0, 80.0], "temperature_pt100": [93.0, 95.0], "direction": [-1, -1]},
    ...     attrs={"cell": "A", "current": 1e-3, "source": "example", "source_sha256": "0"})
    >>> near = on_thermometer(sweep, "pt100")
    >>> near.temperature.values, near.direction.values, near.attrs["thermometer"]
    (array([93., 95.]), array([1, 1], dtype=int8), 'pt100')
    """
    known = thermometers(sweep)
    if name not in known:
        listed = ", ".join(known) or "none beside the first"
        msg = (
            f"Found no thermometer {name!r}; this sweep has {listed}. Map its column as "
            f"temperature_{name}."
        )
        raise SchemaError(msg)
    read = np.isfinite(sweep[_PREFIX + name].values)
    kept = sweep.isel(point=np.flatnonzero(read))
    swapped = kept.rename({"temperature": "other"}).rename({_PREFIX + name: "temperature"})
    swapped = swapped.rename({"other": _PREFIX + _FIRST})
    direction, _ = turns.directions(np.asarray(swapped["temperature"].values, dtype=np.float64))
    if sweep.attrs.get("source_kind") == "digitised":
        direction = np.zeros_like(direction)
    swapped = swapped.assign_coords(direction=("point", direction))
    return schemas.check(swapped.assign_attrs(thermometer=name), "sweep/1")


def with_offset_run(sweep: xr.Dataset, run: xr.Dataset) -> xr.Dataset:
    """Interpolate an offset run onto the temperatures of a sweep, on the same thermometer.

    The offset is kept as ``resistance_offset``, which :func:`megabar.observables.ramps` takes off;
    the resistance stays as it was read.

    Parameters
    ----------
    sweep
        Sweep of resistance.
    run
        Sweep of the same circuit without the sample; its direction does not matter.

    Returns
    -------
    :
        The sweep where the run covers its temperatures, with a warning for what is left out.

    Raises
    ------
    SchemaError
        If one holds no resistance, or the run covers none of the temperatures.
    """
    for one in (sweep, run):
        if "resistance" not in schemas.check(one, "sweep/1"):
            msg = (
                f"Found no resistance in {one.attrs.get('source', 'a sweep')}; an offset needs it."
            )
            raise SchemaError(msg)
    known, place = np.unique(run["temperature"].values, return_inverse=True)
    offset = np.bincount(place, weights=run["resistance"].values) / np.bincount(place)
    wanted = np.asarray(sweep["temperature"].values, dtype=np.float64)
    covered = (wanted >= known[0]) & (wanted <= known[-1])
    span = f"{known[0]:.5g} to {known[-1]:.5g} K"
    if not covered.any():
        msg = f"Found an offset run from {span}; the sweep holds no temperature in it."
        raise SchemaError(msg)
    kept = sweep.isel(point=np.flatnonzero(covered))
    here = np.interp(wanted[covered], known, offset)
    variable = ("point", here, dict(sweep["resistance"].attrs))
    told = [f"The offset run {run.attrs['source']} was taken off, interpolated on the thermometer."]
    if not covered.all():
        left = np.count_nonzero(~covered)
        told.append(f"{left} points outside the offset run, {span}, were left out.")
    return schemas.with_warnings(kept.assign(resistance_offset=variable), *told)

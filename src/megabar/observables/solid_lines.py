"""Lines of static solids fitted with full powders.

The decay is fitted in the time domain, from the end of the dead time on, with absolute errors.
Rival shapes are weighed by ``rival_lines``. Twin: ``spins.lineshapes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import fitting, provenance, schemas
from megabar.observables import records

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from megabar.spins.lineshapes import Lineshape

_PLACE: Final = "frequency"


@dataclass(frozen=True, kw_only=True, eq=False)
class SolidLine:
    """A fit of one line shape.

    Parameters
    ----------
    shape
        Of ``spins.lineshapes``.
    fit
        Unknowns with errors: the parameters of the shape and the complex amplitude at time zero.
    record
        Decays that were fitted.
    step
        Which of them.
    source
        Dataset from which they come.
    """

    shape: Lineshape
    fit: fitting.Fit
    record: records.Record
    step: int
    source: xr.Dataset

    def __getitem__(self, name: str) -> tuple[float, float]:
        return self.fit[name]

    @property
    def amplitude(self) -> tuple[float, float]:
        """Modulus of the amplitude at time zero and its standard error, unit of the signal."""
        return self.fit.derived(
            lambda a, b: float(np.hypot(a, b)), "amplitude_real", "amplitude_imag"
        )


def solid_line(
    data: xr.Dataset,
    *,
    shape: Lineshape,
    start: Mapping[str, float],
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    step: int | None = None,
    noise: tuple[float, float] | None = None,
) -> SolidLine:
    """Fit a line of a static solid with a full powder.

    Parameters
    ----------
    data
        Acquisition, or untouched Spectrum.
    shape
        Of ``spins.lineshapes``; its weights say what the pulse made of each transition.
    start
        Of the parameters that are fitted [Hz, asymmetry a pure number].
    fixed
        Parameters that are known.
    bounds
        In place of those of the shape.
    step
        Which step, if there are several.
    noise
        Rms per channel of one point and its error; from the tail if not given.

    Returns
    -------
    :
        The fit.

    Raises
    ------
    FitFailed
        If it does not arrive.
    SchemaError
        If the data are neither Acquisition nor Spectrum, or were changed.
    ValueError
        If a parameter has neither start nor value.

    References
    ----------
    Cohen, Reif, Solid State Phys. 5, 321 (1957), doi:10.1016/S0081-1947(08)60105-8.

    Examples
    --------
    >>> from megabar.spins import lineshapes
    >>> shape, time = lineshapes.pairs(), np.arange(512) * 1e-6
    >>> decay = 100 * shape.decay(time, [2e3, 40e3, 4e3])[0]
    >>> noise = np.random.default_rng(1).normal(size=(2, 512))
    >>> signal = (decay + noise[0] + 1j * noise[1])[None]
    >>> acquisition = schemas.acquisition(signal, time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 16, "sequence": "fid",
    ...     "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "example",
    ...     "source_sha256": "0"})
    >>> found = solid_line(acquisition, shape=shape, noise=(1.0, 0.01),
    ...                    start={"frequency": 0.0, "splitting": 35e3, "fwhm": 5e3})
    >>> splitting, std = found["splitting"]
    >>> bool(abs(splitting - 40e3) < 4 * std)
    True
    """
    record = records.record_of(data, noise=noise)
    row = records.chosen_step(record, step)
    fit = fit_shape(shape, record, row, start=start, fixed=fixed, bounds=bounds)
    return SolidLine(shape=shape, fit=fit, record=record, step=row, source=data)


def observables_of(found: SolidLine, *, metal: str) -> xr.Dataset:
    """Put a fit into Observables.

    Parameters
    ----------
    found
        The fit.
    metal
        Of the cell, ``"139La"``.

    Returns
    -------
    :
        Dataset of schema ``observables/1``: amplitude, line_frequency, shift where the data are
        referenced, and the parameters of the shape. A parameter at its bound is a bound.
    """
    attrs = found.source.attrs
    values = {"amplitude": found.amplitude}
    quality = {"amplitude": "value"}
    for name in found.shape.parameters:
        value, std = found[name]
        named = "line_frequency" if name == _PLACE else name
        at_bound = name in found.fit.at_bounds
        low = found.shape.lower[found.shape.parameters.index(name)]
        kind = ("upper bound" if value <= low else "lower bound") if at_bound else "value"
        values[named] = (value, nan if at_bound else std)
        quality[named] = kind if np.isfinite(std) or at_bound else "no solution"
    reference = float(attrs.get("reference_frequency", nan))
    if np.isfinite(reference):
        place, std = found[_PLACE]
        absolute = float(attrs["carrier_frequency"]) + place
        values["shift"] = (1e6 * (absolute / reference - 1), 1e6 * std / reference)
        quality["shift"] = "value"
    return schemas.observables(
        values,
        nucleus=attrs["nucleus"],
        metal=metal,
        method=f"{found.shape.name}, full powder, fitted in the time domain",
        provenance=provenance.record(
            step="observables.solid_lines.solid_line",
            parameters={"shape": found.shape.name, "step": found.step},
            inputs=[attrs["source_sha256"]],
        ),
        quality=quality,
        started_at=found.source["started_at"].values,
        attrs={
            "shape": found.shape.name,
            "chi2": found.fit.chi2,
            "chi2_probability": found.fit.chi2_probability,
            "n_scans": float(found.record.n_scans[found.step]),
        },
    )


def model_of(shape: Lineshape) -> fitting.Model:
    """Make the model of a decay that the fits take, with a complex amplitude.

    Parameters
    ----------
    shape
        Of ``spins.lineshapes``.

    Returns
    -------
    :
        Model of the same parameters.

    Examples
    --------
    >>> from megabar.spins import lineshapes
    >>> model_of(lineshapes.pairs()).names
    ('frequency', 'splitting', 'fwhm', 'amplitude_real', 'amplitude_imag')
    """
    return fitting.from_kernel(
        partial(_kernel, shape),
        name=shape.name,
        parameters=shape.parameters,
        amplitudes=("amplitude",),
        lower=shape.lower,
        upper=shape.upper,
        complex_amplitudes=True,
    )


def _kernel(shape: Lineshape, x: Any, theta: Any) -> tuple[Any, Any]:
    rows = np.reshape(theta, (-1, theta.shape[-1]))
    both = [shape.decay(x, row) for row in rows]
    lead = theta.shape[:-1]
    basis = np.stack([decay for decay, _ in both]).reshape((*lead, 1, len(x)))
    slopes = np.stack([slope for _, slope in both])
    return basis, slopes.reshape((*lead, theta.shape[-1], 1, len(x)))


def fit_shape(
    shape: Lineshape,
    record: records.Record,
    row: int,
    *,
    start: Mapping[str, float],
    fixed: Mapping[str, float] | None,
    bounds: Mapping[str, tuple[float, float]] | None,
) -> fitting.Fit:
    """Fit a shape to one decay of a record.

    Parameters
    ----------
    shape
        Of ``spins.lineshapes``.
    record, row
        Decays, and which of them.
    start
        Of the parameters that are fitted.
    fixed
        Parameters that are known.
    bounds
        In place of those of the shape.

    Returns
    -------
    :
        Unknowns with errors.

    Raises
    ------
    FitFailed
        If it does not arrive.
    ValueError
        If a parameter has neither start nor value.
    """
    held = dict(fixed or {})
    missing = [name for name in shape.parameters if name not in held and name not in start]
    if missing:
        msg = f"Found no start of {', '.join(missing)} for {shape.name}. Give it, or fix it."
        raise ValueError(msg)
    return fitting.fit(
        model_of(shape),
        record.time,
        record.signal[row],
        noise_std=float(record.noise_std[row]),
        start={name: start[name] for name in shape.parameters if name not in held},
        fixed=held or None,
        bounds=bounds,
    )

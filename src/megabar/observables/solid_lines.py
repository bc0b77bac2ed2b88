r"""Lines of static solids fitted with full powders, and rival shapes weighed against each other.

The decay is fitted in the time domain, from the end of the dead time on, with absolute errors. For
rivals the evidence is that of Laplace's approximation,

.. math:: \ln Z = -\tfrac12 \chi^2 + \tfrac12 \ln \det (2 \pi C) - \sum_k \ln \Delta_k

with the covariance C of all unknowns and the ranges :math:`\Delta_k` in which each was thought
possible beforehand; an asymmetry is averaged over its range instead.

Twin: ``spins.lineshapes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log, nan, pi
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import logsumexp

from megabar import fitting, provenance, schemas
from megabar.errors import FitFailed
from megabar.observables import records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from megabar.spins.lineshapes import Lineshape

_AVERAGED: Final = "asymmetry"
_STEPS: Final = np.linspace(0.0, 1.0, 6)
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


@dataclass(frozen=True, kw_only=True)
class Rival:
    """How well one shape explains a line, beside others.

    Parameters
    ----------
    name
        Of the shape.
    log_evidence
        Natural logarithm, up to a constant that all rivals share.
    probability
        Among the rivals, each as likely as any other beforehand.
    chi2
        Of its best fit.
    degrees_of_freedom
        Of its best fit.
    """

    name: str
    log_evidence: float
    probability: float
    chi2: float
    degrees_of_freedom: int


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
    fit = _fit(shape, record, row, start=start, fixed=fixed, bounds=bounds)
    return SolidLine(shape=shape, fit=fit, record=record, step=row, source=data)


def rivals(
    lines: Sequence[SolidLine], *, ranges: Mapping[str, tuple[float, float]]
) -> tuple[Rival, ...]:
    """Weigh shapes that were fitted to the same record.

    Parameters
    ----------
    lines
        Fits of rival shapes.
    ranges
        For each of their parameters, between which values it was thought possible, all alike; an
        asymmetry is averaged over 0 to 1 and needs none.

    Returns
    -------
    :
        One for each line, in their order.

    Raises
    ------
    ValueError
        If the lines are of different records, or a range is missing.

    References
    ----------
    MacKay, Information Theory, Inference, and Learning Algorithms (2003), chapter 28.

    Examples
    --------
    >>> from megabar.spins import lineshapes
    >>> pair, broad = lineshapes.pairs(), lineshapes.skewed_shifts()
    >>> time = np.arange(512) * 1e-6
    >>> decay = 100 * pair.decay(time, [2e3, 40e3, 4e3])[0]
    >>> noise = np.random.default_rng(1).normal(size=(2, 512))
    >>> signal = (decay + noise[0] + 1j * noise[1])[None]
    >>> acquisition = schemas.acquisition(signal, time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 16, "sequence": "fid",
    ...     "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "example",
    ...     "source_sha256": "0"})
    >>> words = {"noise": (1.0, 0.01)}
    >>> one = solid_line(acquisition, shape=pair, **words,
    ...                  start={"frequency": 0.0, "splitting": 35e3, "fwhm": 5e3})
    >>> other = solid_line(acquisition, shape=broad, **words, fixed={"skewness": 0.0, "fwhm": 0.0},
    ...                    start={"frequency": 0.0, "deviation": 2e4})
    >>> ranges = dict.fromkeys(["splitting", "fwhm", "deviation"], (0.0, 1e5))
    >>> found = rivals([one, other], ranges={"frequency": (-1e5, 1e5), **ranges})
    >>> bool(found[0].probability > 0.999)
    True
    """
    _require_one_record(lines)
    weights = [_log_evidence(one, ranges) for one in lines]
    total = logsumexp(weights)
    return tuple(
        Rival(
            name=one.shape.name,
            log_evidence=float(weight),
            probability=float(np.exp(weight - total)),
            chi2=one.fit.chi2,
            degrees_of_freedom=one.fit.degrees_of_freedom,
        )
        for one, weight in zip(lines, weights, strict=True)
    )


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


def _fit(
    shape: Lineshape,
    record: records.Record,
    row: int,
    *,
    start: Mapping[str, float],
    fixed: Mapping[str, float] | None,
    bounds: Mapping[str, tuple[float, float]] | None,
) -> fitting.Fit:
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


def _require_one_record(lines: Sequence[SolidLine]) -> None:
    first = lines[0]
    for one in lines[1:]:
        same = one.record.signal.shape == first.record.signal.shape and one.step == first.step
        if not same or not np.array_equal(one.record.signal, first.record.signal):
            msg = "Found fits of different records; their evidence cannot be compared. Fit one."
            raise ValueError(msg)


def _log_evidence(line: SolidLine, ranges: Mapping[str, tuple[float, float]]) -> float:
    """Evidence of one shape; its asymmetry, if it has one that was free, is averaged."""
    free = _free(line)
    if _AVERAGED not in free:
        return _laplace(line.fit, [name for name in free if name in line.shape.parameters], ranges)
    start = {name: line[name][0] for name in line.shape.parameters if name != _AVERAGED}
    fixed = {name: line[name][0] for name in line.shape.parameters if name not in free}
    found = []
    for value in _STEPS:
        try:
            fit = _fit(
                line.shape, line.record, line.step,
                start={name: start[name] for name in start if name not in fixed},
                fixed={**fixed, _AVERAGED: float(value)}, bounds=None,
            )  # fmt: skip
        except FitFailed:
            continue
        names = [name for name in free if name in line.shape.parameters and name != _AVERAGED]
        found.append(_laplace(fit, names, ranges))
    return float(logsumexp(found) - log(len(_STEPS)))


def _free(line: SolidLine) -> list[str]:
    """Unknowns that were fitted: those held have the error zero."""
    return [name for name, std in zip(line.fit.names, line.fit.std, strict=True) if std != 0]


def _laplace(
    fit: fitting.Fit, names: Sequence[str], ranges: Mapping[str, tuple[float, float]]
) -> float:
    missing = [name for name in names if name not in ranges]
    if missing:
        msg = f"Found no range of {', '.join(missing)}; evidence depends on it. Give one."
        raise ValueError(msg)
    inside = [name for name in names if name not in fit.at_bounds]
    known = [*inside, *(name for name in fit.names if name.startswith("amplitude"))]
    _, determinant = np.linalg.slogdet(2 * pi * _covariance(fit, known))
    prior = sum(log(ranges[name][1] - ranges[name][0]) for name in inside)
    return float(-fit.chi2 / 2 + determinant / 2 - prior)


def _covariance(fit: fitting.Fit, names: Sequence[str]) -> NDArray[np.float64]:
    return np.asarray(fit.covariance_of(*names))

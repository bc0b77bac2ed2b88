r"""Frequency, shift, width, amplitude and second moment of lines, each with its error.

A line is fitted where its noise is white: in the time domain, or in a window of the untouched
transform. The amplitude is that of the signal at t = 0, the pulse centre or the echo top, hence
the area of the spectrum; dead time costs precision, not truth. The echo of two 90 degree pulses is
fitted as :math:`\tfrac12 [G(t) + G(t + 2\tau)]`, the form it has when every spin keeps its own
frequency, so that its amplitude is that of the full decay at the echo top.

A line that noise could have made is not fitted: what remains is an upper bound.

Twin: ``spins.lineshapes``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, nan, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import fitting, provenance, schemas
from megabar.errors import FitFailed, Undetermined, one_of
from megabar.observables import detection, records
from megabar.observables.line_models import FALSE_ALARM, PHASE, SHAPES, Search, search, time_model
from megabar.observables.line_numbers import Numbers, Part, numbers_from_fit

if TYPE_CHECKING:
    import xarray as xr

_CARRIED: Final = (
    "sequence",
    "carrier_frequency",
    "receiver_gain",
    "echo_delay",
    "reference_frequency",
    "reference_compound",
    "reference_route",
)
_LEAST_SIGMAS: Final = 4.0  # below, one line of a sum takes up the misfit of the others
_MISFIT: Final = 1e-4  # probability of chi2 below which a fit is said not to describe the data


@dataclass(frozen=True, kw_only=True)
class _Task:
    """The decays and what is asked of each: shape, what is known, where, at which probability."""

    data: xr.Dataset
    record: records.Record
    shape: str
    known: Mapping[str, float]
    window: tuple[float, float] | None
    probability: float

    @property
    def fixed(self) -> dict[str, float]:
        return {name: value for name, value in self.known.items() if name != PHASE}

    @property
    def width_known(self) -> bool:
        return set(SHAPES[self.shape][1:]) <= set(self.known)

    @property
    def all_known(self) -> bool:
        return self.width_known and {"frequency", PHASE} <= set(self.known)


def _task(
    data: xr.Dataset,
    *,
    shape: str,
    known: Mapping[str, float] | None,
    window: tuple[float, float] | None,
    noise: tuple[float, float] | None,
    probability: float,
) -> _Task:
    one_of(shape, SHAPES, name="shape")
    for name in known or {}:
        one_of(name, (*SHAPES[shape], PHASE), name="known quantity")
    if not 0.5 <= probability < 1:
        msg = f"Found probability {probability}; a bound needs one from 0.5 up to below 1."
        raise ValueError(msg)
    return _Task(
        data=data,
        record=records.record_of(data, noise=noise),
        shape=shape,
        known=known or {},
        window=window,
        probability=probability,
    )


def line(
    data: xr.Dataset,
    *,
    shape: str,
    step: int | None = None,
    known: Mapping[str, float] | None = None,
    window: tuple[float, float] | None = None,
    noise: tuple[float, float] | None = None,
    probability: float = 0.95,
) -> xr.Dataset:
    r"""Measure one line of one step.

    .. math:: s(t) = A e^{i\varphi} e^{2\pi i f t} G(t), \quad
        G = e^{-\pi W t}, \; e^{-(\pi W t)^2 / 4 \ln 2} \text{ or their product}

    Valid for one line in the window whose width does not change during the acquisition.

    Parameters
    ----------
    data
        Acquisition, or Spectrum that was neither apodised nor zero-filled more than twice.
    shape
        One of :data:`SHAPES`.
    step
        Which step, if there are several.
    known
        What is not fitted: frequency [Hz from carrier], fwhm [Hz] (of a Voigt line fwhm_gaussian,
        fwhm_lorentzian), phase [rad]. With a known phase the amplitude carries a sign and is
        unbiased at any signal-to-noise ratio.
    window
        Range [Hz from carrier] in which the line is sought and fitted; everything if not given.
    noise
        Rms per channel of one point of an Acquisition, and its error; from the tail if not given.
    probability
        Of the upper bound, one-sided, if there is no line.

    Returns
    -------
    :
        Observables: amplitude and area [as accumulated], line_frequency [Hz], shift [Hz/MHz] if
        referenced, fwhm [Hz], second_moment [rad2 s-2], phase [rad], noise, snr_per_root_scan.

    Raises
    ------
    UnknownWord
        If shape or a known quantity is not in its list.
    ValueError
        If there are several steps and none is chosen, or too few points.
    SchemaError
        If the data are neither Acquisition nor Spectrum, or a Spectrum that was windowed.
    FitFailed
        If a line is there and the fit does not arrive.

    References
    ----------
    Rife, Boorstyn, IEEE Trans. Inf. Theory 20, 591 (1974), doi:10.1109/TIT.1974.1055282.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(2048) * 1e-6
    >>> decay = 100 * np.exp(2j * np.pi * 3000 * time - np.pi * 2000 * time)
    >>> noise = np.random.default_rng(1).normal(size=(2, 2048))
    >>> acquisition = schemas.acquisition(decay + noise[0] + 1j * noise[1], time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 16, "sequence": "fid",
    ...     "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "example",
    ...     "source_sha256": "0"})
    >>> found = line(acquisition, shape="lorentzian", noise=(1.0, 0.01))
    >>> print(f"{found.fwhm:.0f} Hz, {found.amplitude:.0f}, {found.snr_per_root_scan:.0f}")
    2004 Hz, 100, 25
    """
    task = _task(
        data, shape=shape, known=known, window=window, noise=noise, probability=probability
    )
    return _observe(task, records.chosen_step(task.record, step), start=None)


def series(
    data: xr.Dataset,
    *,
    shape: str,
    known: Mapping[str, float] | None = None,
    window: tuple[float, float] | None = None,
    noise: tuple[float, float] | None = None,
    probability: float = 0.95,
) -> tuple[xr.Dataset, ...]:
    """Measure the line of every step, each fit starting where the last one arrived.

    Short for :func:`line` step by step, except that a fit that fails becomes Observables of
    quality "failed" and the series goes on.

    Parameters
    ----------
    data
        As in :func:`line`.
    shape
        One of :data:`SHAPES`.
    known
        As in :func:`line`, the same for all steps.
    window
        As in :func:`line`.
    noise
        As in :func:`line`.
    probability
        As in :func:`line`.

    Returns
    -------
    :
        One Observables for each step, in the order of the steps.

    Raises
    ------
    UnknownWord
        If shape or a known quantity is not in its list.
    SchemaError
        If the data are neither Acquisition nor Spectrum, or a Spectrum that was windowed.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(512) * 1e-6
    >>> rows = np.outer([50, 0], np.exp(-6e3 * time))
    >>> noise = np.random.default_rng(1).normal(size=(2, 2, 512))
    >>> acquisition = schemas.acquisition(rows + noise[0] + 1j * noise[1], time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 16, "sequence": "fid",
    ...     "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "example",
    ...     "source_sha256": "0"})
    >>> found = series(acquisition, shape="lorentzian", noise=(1.0, 0.01))
    >>> [one.amplitude.attrs["quality"] for one in found]
    ['value', 'upper bound']
    """
    task = _task(
        data, shape=shape, known=known, window=window, noise=noise, probability=probability
    )
    found: list[xr.Dataset] = []
    start: Mapping[str, float] | None = None
    for row in range(task.record.signal.shape[0]):
        try:
            one = _observe(task, row, start=start)
        except FitFailed as error:
            one = _without_numbers(task, row, quality="failed", reason=str(error))
        else:
            start = _start_of(one) or start
        found.append(one)
    return tuple(found)


def components(
    data: xr.Dataset,
    *,
    shape: str,
    windows: Sequence[tuple[float, float]],
    step: int | None = None,
    within: tuple[float, float] | None = None,
    noise: tuple[float, float] | None = None,
) -> tuple[xr.Dataset, ...]:
    """Measure several lines of one step together, as a sum.

    Each error contains what the other lines leave undetermined. Every line must be there: a line
    of which noise could be the maker would take up the misfit of the others.

    Parameters
    ----------
    data
        As in :func:`line`.
    shape
        One of :data:`SHAPES`, the same for all.
    windows
        For each line the range [Hz from carrier] in which it lies.
    step
        Which step, if there are several.
    within
        Range [Hz from carrier] that is fitted; everything if not given.
    noise
        As in :func:`line`.

    Returns
    -------
    :
        One Observables for each window, in that order.

    Raises
    ------
    Undetermined
        If one of the windows holds no line.
    UnknownWord
        If the shape is not in its list.
    FitFailed
        If the fit does not arrive.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(4096) * 1e-4
    >>> pair = 5 * np.exp((2j * np.pi * 100 - 20) * time) + np.exp((2j * np.pi * 130 - 20) * time)
    >>> acquisition = schemas.acquisition(pair, time=time, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 1, "sequence": "fid",
    ...     "repetition_time": 1.0, "dead_time": 0.0, "cell": "A", "source": "example",
    ...     "source_sha256": "0"})
    >>> large, small = components(acquisition, shape="lorentzian", noise=(1e-3, 0),
    ...                           windows=[(90, 110), (120, 140)])
    >>> print(f"{large.amplitude:.3f} {small.amplitude:.3f}")
    5.000 1.000
    """
    task = _task(data, shape=shape, known=None, window=within, noise=noise, probability=0.95)
    row = records.chosen_step(task.record, step)
    searches = [
        search(task.record, row, shape=shape, known={}, window=window) for window in windows
    ]
    labels = [str(number + 1) for number in range(len(windows))]
    model = fitting.combine(*[_model(task) for _ in windows], labels=labels)
    start = {
        f"{name}_{label}": value
        for label, found in zip(labels, searches, strict=True)
        for name, value in found.theta.items()
    }
    places = {f"frequency_{label}": window for label, window in zip(labels, windows, strict=True)}
    fit = _fit(task, row, model, start, bounds=places)
    several = tuple(
        _present(task, row, found, Part(fit=fit, suffix=f"_{label}"))
        for label, found in zip(labels, searches, strict=True)
    )
    for window, one in zip(windows, several, strict=True):
        if not float(one["amplitude"]) > _LEAST_SIGMAS * float(one["amplitude_std"]):
            msg = (
                f"Found no line between {window[0]:g} and {window[1]:g} Hz beside the others: "
                f"amplitude {float(one['amplitude']):.3g}({float(one['amplitude_std']):.2g}). "
                "Leave that window out."
            )
            raise Undetermined(msg, quality="no solution")
    return several


def _observe(task: _Task, row: int, *, start: Mapping[str, float] | None) -> xr.Dataset:
    found = search(task.record, row, shape=task.shape, known=task.known, window=task.window)
    if found.false_alarm > FALSE_ALARM:
        return _absent(task, row, found)
    begin = {**found.theta, **(start or {})}
    sought: dict[str, tuple[float, float]] = {}
    if task.window is not None and "frequency" not in task.known:
        low, high = task.window
        sought["frequency"] = task.window
        begin["frequency"] = min(max(begin["frequency"], low), high)
    fit = _fit(task, row, _model(task), begin, fixed=task.fixed or None, bounds=sought or None)
    line = _present(task, row, found, Part(fit=fit, suffix=""))
    if abs(float(line["amplitude"])) > float(line["amplitude_std"]):
        return line
    reason = (
        f"signal stands out, but a {task.shape} line through it has no certain amplitude: it is "
        "the foot of another line, or of another shape. Move the window, or fit both lines."
    )
    return _without_numbers(task, row, quality="no solution", reason=reason)


def _model(task: _Task) -> fitting.Model:
    record = task.record
    return time_model(
        task.shape,
        sequence=record.sequence,
        echo_delay=record.echo_delay,
        phase=task.known.get(PHASE),
    )


def _fit(
    task: _Task,
    row: int,
    model: fitting.Model,
    start: Mapping[str, float],
    *,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> fitting.Fit:
    x, y = task.record.time, task.record.signal[row]
    if task.window is not None:
        model, x, y = records.within(task.window, model=model, time=x, signal=y)
    return fitting.fit(
        model,
        x,
        y,
        noise_std=float(task.record.noise_std[row]),
        start={name: start[name] for name in model.parameters},
        fixed=fixed,
        bounds=bounds,
    )


def _present(task: _Task, row: int, found: Search, part: Part) -> xr.Dataset:
    record, fit = task.record, part.fit
    numbers = numbers_from_fit(
        part,
        known=task.known,
        noise=(float(record.noise_std[row]), float(record.noise_relative_std[row])),
        n_scans=float(record.n_scans[row]),
        data_attrs=task.data.attrs,
        shape=task.shape,
    )
    attrs = {
        "detected": "yes",
        "false_alarm": found.false_alarm,
        "amplitude_std_known_shape": _std_at_known_shape(task, row, part),
        "chi2": fit.chi2,
        "degrees_of_freedom": fit.degrees_of_freedom,
        "chi2_probability": fit.chi2_probability,
        "fit_engine": fit.engine,
        "fit_reason": fit.reason,
        "fit_values": json.dumps(dict(zip(fit.names, map(float, fit.values), strict=True))),
    }
    observables = _made(task, row, numbers, attrs)
    if fit.chi2_probability < _MISFIT:
        observables = schemas.with_warnings(
            observables,
            f"The {task.shape} line leaves residuals that noise makes with probability "
            f"{fit.chi2_probability:.1g}; try another shape, a window, or several components.",
        )
    if fit.at_bounds:
        observables = schemas.with_warnings(
            observables,
            f"{' and '.join(fit.at_bounds)} of the {task.shape} line ended at a bound; the errors "
            "of the others hold as if it were known there. Fit a simpler shape and compare.",
        )
    return observables


def _std_at_known_shape(task: _Task, row: int, part: Part) -> float:
    theta = np.array([part[name][0] for name in SHAPES[task.shape]])
    decay = _model(task).basis(task.record.time, theta)
    return float(task.record.noise_std[row] / np.sqrt(np.sum(np.abs(decay) ** 2)))


def _absent(task: _Task, row: int, found: Search) -> xr.Dataset:
    record = task.record
    noise, relative = float(record.noise_std[row]), float(record.noise_relative_std[row])
    per_scan = noise * sqrt(float(record.n_scans[row]))
    if task.all_known:
        z = detection.normal_quantile(task.probability)
        limit = (detection.normal_quantile(1 - FALSE_ALARM) + z) * found.amplitude_std
        bound = max(found.amplitude, 0.0) + z * found.amplitude_std
    else:
        limit, bound = (
            found.widest_std * detection.amplitude_bound(power=p, probability=task.probability)
            for p in (found.threshold, found.power)
        )
    numbers = Numbers().add("amplitude", bound, nan, "upper bound")
    numbers = numbers.add("area", bound, nan, "upper bound")
    numbers = numbers.add("snr_per_root_scan", bound / per_scan, nan, "upper bound")
    numbers = numbers.add("noise", noise, relative * noise)
    for name in _beside_amplitude(task):
        numbers = numbers.add(name, nan, nan, "no solution")
    attrs: dict[str, Any] = {
        "detected": "no",
        "false_alarm": found.false_alarm,
        "detection_limit": limit,
        "bound_probability": task.probability,
        "bound_widest_fwhm": found.widest,
    }
    if task.all_known:
        std = found.amplitude_std
        attrs |= {
            "amplitude_estimate": found.amplitude,
            "amplitude_estimate_std": std,
            "snr_estimate": found.amplitude / per_scan,
            "snr_estimate_std": hypot(std, relative * found.amplitude) / per_scan,
        }
    return _made(task, row, numbers, attrs)


def _without_numbers(task: _Task, row: int, *, quality: str, reason: str) -> xr.Dataset:
    numbers = Numbers()
    for name in ("amplitude", "area", "snr_per_root_scan", *_beside_amplitude(task)):
        numbers = numbers.add(name, nan, nan, quality)
    found = _made(task, row, numbers, {"detected": "yes", "fit_reason": reason})
    return schemas.with_warnings(found, f"{reason[0].upper()}{reason[1:]}")


def _beside_amplitude(task: _Task) -> tuple[str, ...]:
    """Observables that a fit gives beside the amplitude."""
    names = ["line_frequency"] if "frequency" not in task.known else []
    names += ["shift"] if names and "reference_frequency" in task.data.attrs else []
    names += [] if task.width_known else ["fwhm", "second_moment"]
    return (*names, *(() if PHASE in task.known else (PHASE,)))


def _made(task: _Task, row: int, numbers: Numbers, attrs: Mapping[str, Any]) -> xr.Dataset:
    data, record = task.data, task.record
    parameters = {
        "shape": task.shape,
        "step": row,
        "known": dict(task.known),
        "window": task.window,
        "noise": [float(record.noise_std[row]), float(record.noise_relative_std[row])],
    }
    domain = "in a window of the transform" if task.window else "in the time domain"
    echo = ", solid echo of linear broadening" if record.sequence == "solid-echo" else ""
    carried = {name: data.attrs[name] for name in _CARRIED if name in data.attrs}
    if "shift" in numbers.values:
        carried["shift_common_std"] = float(data.attrs.get("reference_relative_std", nan))
    found = schemas.observables(
        numbers.values,
        nucleus=data.attrs["nucleus"],
        metal=str(data.attrs.get("metal", "none")),
        method=f"{task.shape} line fitted {domain}, amplitude at t = 0{echo}",
        provenance=provenance.record(
            step="observables.lines.line",
            parameters=parameters,
            inputs=[data.attrs["source_sha256"]],
        ),
        quality=numbers.quality,
        started_at=data["started_at"].values,
        attrs={
            "shape": task.shape,
            "n_scans": float(record.n_scans[row]),
            "dwell": record.dwell,
            "assumptions": _assumptions(task),
            **carried,
            **attrs,
        },
    )
    return schemas.with_warnings(found, *schemas.warnings_of(data), *record.warnings)


def _assumptions(task: _Task) -> list[str]:
    listed = [
        f"one {task.shape} line, constant during the acquisition",
        "white noise of the stated level",
    ]
    if task.record.sequence == "solid-echo":
        listed.append("solid echo: broadening linear in the spin, ideal 90 degree pulses")
        listed.append("amplitude still holds exp(-2 tau/T2) and the steady state of its scans")
    return [*listed, *(f"{name} = {value:g} is known" for name, value in task.known.items())]


def _start_of(found: xr.Dataset) -> dict[str, float] | None:
    """Widths of the last fit; the frequency is sought anew, for lines drift."""
    values = json.loads(found.attrs.get("fit_values", "{}"))
    return {name: value for name, value in values.items() if name.startswith("fwhm")} or None

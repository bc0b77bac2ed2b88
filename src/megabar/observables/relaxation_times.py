r"""T1, T2 and T1rho from arrays of decays, with the errors of the noise.

Signed amplitudes of all steps come from :mod:`megabar.observables.step_amplitudes`; a law is
fitted to them. If the delays do not reach the time constant it is a bound, decided by the profile
of :mod:`megabar.observables.relaxation_laws`.

Residuals far above the noise say that something else than noise moves the amplitudes: drifts,
receiver, a law that is not the right one. The error is then that of the scatter about the law,
:math:`\sqrt{\chi^2/\nu}` times the error of the noise, and a warning says so.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import gamma, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import fitting, provenance, schemas
from megabar.errors import SchemaError, one_of
from megabar.observables import records
from megabar.observables.line_numbers import Numbers
from megabar.observables.relaxation_laws import MODELS, Profile, law, profile
from megabar.observables.step_amplitudes import StepAmplitudes, step_amplitudes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

_TWO_SIDED: Final = 3.841459  # chi2 of one degree of freedom, 95 %
_ONE_SIDED: Final = 2.705543  # the same for a bound, 95 %
_Z95: Final = 1.959963984540054
_MISFIT: Final = 1e-3


def t1(
    acq: xr.Dataset,
    *,
    model: str = "single",
    shape: str | None = None,
    window: tuple[float, float] | None = None,
    drift: float | None = None,
    noise: tuple[float, float] | None = None,
) -> xr.Dataset:
    r"""Measure T1 from a saturation or inversion recovery.

    .. math:: A(t) = A_\infty - B e^{-(t/T_1)^\beta}, \quad \beta = 1 \text{ if single}

    or with two exponentials. A and B are free, so imperfect saturation or inversion does no harm.

    Parameters
    ----------
    acq
        Acquisition with step coordinate ``delay`` [s]. Steps of attribute ``repeated_steps`` are
        left out.
    model
        One of :data:`megabar.observables.relaxation_laws.MODELS`.
    shape
        Line shape for matched amplitudes; if not given, the window, or the first points.
    window
        Range of the line [Hz from carrier].
    drift
        How far the line may wander between steps [Hz]; each is then met at its own frequency.
    noise
        Rms per channel and its error; from the tail if not given.

    Returns
    -------
    :
        Observables t1 [s] (of the larger component if there are two), stretch if stretched,
        amplitude (plateau, per scan). Attributes hold the curve, its fit, ``interval`` (95 %),
        chi2 and the hint whether a stretched law does better.

    Raises
    ------
    NotTimeDomain
        If the data are transformed.
    SchemaError
        If the step coordinate is missing.
    Undetermined
        If no step holds a line.

    References
    ----------
    Vold, Waugh, Klein, Phelps, J. Chem. Phys. 48, 3831 (1968), doi:10.1063/1.1669699.

    Examples
    --------
    >>> import numpy as np
    >>> delay = np.linspace(1e-3, 40e-3, 12)
    >>> rows = np.outer(1 - np.exp(-delay / 8e-3), np.exp(-6e3 * 1e-6 * np.arange(64)))
    >>> acquisition = schemas.acquisition(rows, time=1e-6 * np.arange(64),
    ...     step={"delay": delay}, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 1, "cell": "A",
    ...     "sequence": "saturation-recovery", "repetition_time": 1.0, "dead_time": 0.0,
    ...     "source": "example", "source_sha256": "0"})
    >>> found = t1(acquisition, shape="lorentzian", noise=(1e-3, 0.0))
    >>> print(f"{1e3 * found.t1:.1f} ms")
    8.0 ms
    """
    task = _task(acq, "t1", ("delay",), model=model, ways=(shape, window, drift), noise=noise)
    return _observe(task)


def t2(
    acq: xr.Dataset,
    *,
    model: str = "single",
    shape: str | None = None,
    window: tuple[float, float] | None = None,
    drift: float | None = None,
    noise: tuple[float, float] | None = None,
) -> xr.Dataset:
    r"""Measure T2 from a Hahn echo array or a train of echoes.

    .. math:: A(t_e) = A_0 e^{-(t_e/T_2)^\beta}, \quad t_e = 2\tau \text{ for a Hahn echo}

    Without an offset: a record whose echoes end above zero shows it in chi2.

    Parameters
    ----------
    acq
        Acquisition with step coordinate ``echo_time`` [s] from the first pulse to the echo top,
        decays from the echo top on.
    model
        As in :func:`t1`.
    shape
        As in :func:`t1`.
    window
        As in :func:`t1`.
    drift
        As in :func:`t1`.
    noise
        As in :func:`t1`.

    Returns
    -------
    :
        Observables t2 [s], as in :func:`t1`; amplitude is that at echo time zero, per scan.

    Raises
    ------
    NotTimeDomain
        If the data are transformed.
    SchemaError
        If the step coordinate is missing.
    Undetermined
        If no step holds a line.

    References
    ----------
    Hahn, Phys. Rev. 80, 580 (1950), doi:10.1103/PhysRev.80.580.

    Examples
    --------
    >>> import numpy as np
    >>> echo_time = np.linspace(1e-3, 40e-3, 12)
    >>> rows = np.outer(np.exp(-echo_time / 8e-3), np.exp(-6e3 * 1e-6 * np.arange(64)))
    >>> acquisition = schemas.acquisition(rows, time=1e-6 * np.arange(64),
    ...     step={"echo_time": echo_time}, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 1, "cell": "A",
    ...     "sequence": "hahn-echo-array", "repetition_time": 1.0, "dead_time": 0.0,
    ...     "source": "example", "source_sha256": "0"})
    >>> found = t2(acquisition, shape="lorentzian", noise=(1e-3, 0.0))
    >>> print(f"{1e3 * found.t2:.1f} ms")
    8.0 ms
    """
    task = _task(acq, "t2", ("echo_time",), model=model, ways=(shape, window, drift), noise=noise)
    return _observe(task)


def t1rho(
    acq: xr.Dataset,
    *,
    model: str = "single",
    shape: str | None = None,
    window: tuple[float, float] | None = None,
    drift: float | None = None,
    noise: tuple[float, float] | None = None,
) -> xr.Dataset:
    r"""Measure T1rho from an array of spin-lock lengths.

    .. math:: A(t) = A_0 e^{-(t/T_{1\rho})^\beta}

    Parameters
    ----------
    acq
        Acquisition with step coordinate ``pulse_length`` or ``delay`` [s], the length of the lock.
    model
        As in :func:`t1`.
    shape
        As in :func:`t1`.
    window
        As in :func:`t1`.
    drift
        As in :func:`t1`.
    noise
        As in :func:`t1`.

    Returns
    -------
    :
        Observables t1rho [s], as in :func:`t1`; amplitude is that at lock length zero, per scan.

    Raises
    ------
    NotTimeDomain
        If the data are transformed.
    SchemaError
        If the step coordinate is missing.
    Undetermined
        If no step holds a line.

    References
    ----------
    Look, Lowe, J. Chem. Phys. 44, 2995 (1966), doi:10.1063/1.1727169.

    Examples
    --------
    >>> import numpy as np
    >>> pulse_length = np.linspace(1e-3, 40e-3, 12)
    >>> rows = np.outer(np.exp(-pulse_length / 8e-3), np.exp(-6e3 * 1e-6 * np.arange(64)))
    >>> acquisition = schemas.acquisition(rows, time=1e-6 * np.arange(64),
    ...     step={"pulse_length": pulse_length}, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 1, "cell": "A",
    ...     "sequence": "spin-lock", "repetition_time": 1.0, "dead_time": 0.0,
    ...     "source": "example", "source_sha256": "0"})
    >>> found = t1rho(acquisition, shape="lorentzian", noise=(1e-3, 0.0))
    >>> print(f"{1e3 * found.t1rho:.1f} ms")
    8.0 ms
    """
    axes = ("pulse_length", "delay")
    task = _task(acq, "t1rho", axes, model=model, ways=(shape, window, drift), noise=noise)
    return _observe(task)


def t1_and_t2(
    recovery: xr.Dataset,
    echoes: xr.Dataset,
    *,
    model: str = "single",
    shape: str | None = None,
) -> xr.Dataset:
    r"""Measure T1 and T2 of one line from a recovery and an echo array taken together.

    Their noises are independent, hence so are the two numbers. What ties them is
    :math:`T_2 \le 2 T_1`; a violation by more than two standard errors is a warning.

    Parameters
    ----------
    recovery
        As in :func:`t1`.
    echoes
        As in :func:`t2`.
    model
        As in :func:`t1`, for both.
    shape
        As in :func:`t1`, for both.

    Returns
    -------
    :
        Observables t1 and t2 [s].

    Raises
    ------
    ValueError
        If the nuclei differ.
    Undetermined
        If one of the two holds no line.

    References
    ----------
    Traficante, Concepts Magn. Reson. 3, 171 (1991), doi:10.1002/cmr.1820030305.
    """
    if recovery.attrs["nucleus"] != echoes.attrs["nucleus"]:
        msg = (
            f"Found {recovery.attrs['nucleus']} in the recovery and {echoes.attrs['nucleus']} in "
            "the echoes; T1 and T2 are compared for one nucleus only."
        )
        raise ValueError(msg)
    first = t1(recovery, model=model, shape=shape)
    second = t2(echoes, model=model, shape=shape)
    pair = {
        name: (float(found[name]), float(found[f"{name}_std"]))
        for name, found in (("t1", first), ("t2", second))
    }
    together = schemas.observables(
        pair,
        nucleus=recovery.attrs["nucleus"],
        metal=first.attrs["metal"],
        method=f"{first.attrs['method']}; {second.attrs['method']}",
        provenance=provenance.record(
            step="observables.relaxation_times.t1_and_t2",
            parameters={"model": model, "shape": shape},
            inputs=[recovery.attrs["source_sha256"], echoes.attrs["source_sha256"]],
        ),
        quality={"t1": first["t1"].attrs["quality"], "t2": second["t2"].attrs["quality"]},
        started_at=recovery["started_at"].values,
        attrs={
            "parts": json.dumps([json.loads(one.attrs["provenance"]) for one in (first, second)])
        },
    )
    warnings = [*schemas.warnings_of(first), *schemas.warnings_of(second)]
    (time1, std1), (time2, std2) = pair["t1"], pair["t2"]
    if time2 - 2 * time1 > 2 * np.hypot(std2, 2 * std1):
        warnings.append(
            f"Found T2 {time2:.3g} s above twice T1 {time1:.3g} s, which no relaxation does; one "
            "of the two is not what it seems."
        )
    return schemas.with_warnings(together, *warnings)


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What is measured: the data, the amplitudes along an axis, and the law."""

    data: xr.Dataset
    name: str
    axis: str
    model: str
    steps: NDArray[np.intp]
    x: NDArray[np.float64]
    amplitudes: StepAmplitudes
    parameters: Mapping[str, Any]

    @property
    def law(self) -> fitting.Model:
        return law(self.model, recovery=self.name == "t1")

    def profile(self, model: str) -> Profile:
        return profile(
            model,
            recovery=self.name == "t1",
            x=self.x,
            y=self.amplitudes.values,
            std=self.amplitudes.std,
        )


def _task(
    acq: xr.Dataset,
    name: str,
    axes: Sequence[str],
    *,
    model: str,
    ways: tuple[str | None, tuple[float, float] | None, float | None],
    noise: tuple[float, float] | None,
) -> _Task:
    one_of(model, MODELS, name="model")
    records.time_domain(acq, wanted=name)
    axis = next((axis for axis in axes if axis in acq.coords), None)
    if axis is None:
        msg = (
            f"Found no step coordinate {' or '.join(axes)}, so nothing says what each step is. "
            "Read the file again and decide it, for example with array=... and array_as=..."
        )
        raise SchemaError(msg)
    left_out = np.asarray(acq.attrs.get("repeated_steps", []), dtype=np.intp)
    steps = np.setdiff1d(np.arange(acq.sizes["step"]), left_out)
    x = np.asarray(acq[axis].values, dtype=np.float64)[steps]
    record = records.record_of(acq.isel(step=steps), noise=noise)
    shape, window, drift = ways
    amplitudes = step_amplitudes(
        record,
        shape=shape,
        window=window,
        drift=drift,
        positive_step=int(np.argmax(x) if name == "t1" else np.argmin(x)),
    )
    parameters = {
        "model": model,
        "shape": shape,
        "window": window,
        "drift": drift,
        "noise": record.noise_std.tolist(),
        "left_out": left_out.tolist(),
    }
    return _Task(
        data=acq, name=name, axis=axis, model=model, steps=steps, x=x, amplitudes=amplitudes,
        parameters=parameters,
    )  # fmt: skip


def _observe(task: _Task) -> xr.Dataset:
    numbers, drawn, attrs = _measured(task)
    found = schemas.observables(
        numbers.values,
        nucleus=task.data.attrs["nucleus"],
        metal=str(task.data.attrs.get("metal", "none")),
        method=f"{task.law.name} fitted to {task.amplitudes.method}",
        provenance=provenance.record(
            step=f"observables.relaxation_times.{task.name}",
            parameters=task.parameters,
            inputs=[task.data.attrs["source_sha256"]],
        ),
        quality=numbers.quality,
        started_at=task.data["started_at"].values,
        attrs={
            **attrs,
            "model": task.model,
            "sequence": task.data.attrs["sequence"],
            "assumptions": [
                "the line keeps its shape along the steps",
                "white noise of the stated level, independent between steps",
                *(
                    ["recovery starts anywhere and ends at equilibrium"]
                    if task.name == "t1"
                    else []
                ),
            ],
            "curve_axis": task.axis,
            "curve_label": f"{task.name}, {task.law.name}",
            "curve_x": task.x.tolist(),
            "curve_y": task.amplitudes.values.tolist(),
            "curve_y_std": task.amplitudes.std.tolist(),
            "curve_fit": drawn.tolist(),
        },
    )
    warnings = [*schemas.warnings_of(task.data), *task.amplitudes.warnings]
    if attrs["chi2_probability"] < _MISFIT:
        warnings.append(
            f"The {task.law.name} leaves residuals that noise makes with probability "
            f"{attrs['chi2_probability']:.1g}; the error is that of the scatter, "
            f"{attrs['scale_factor']:.3g} times that of the noise."
        )
    return schemas.with_warnings(found, *warnings)


def _measured(task: _Task) -> tuple[Numbers, NDArray[np.float64], dict[str, Any]]:
    """Numbers, the curve to draw, and what else is to be known about the fit."""
    trial = task.profile(task.model)
    freedom = task.x.size - len(task.law.names)
    chi2 = float(trial.chi2.min())
    chance = _tail(freedom, chi2) if freedom > 0 else nan
    scale = sqrt(chi2 / freedom) if chance < _MISFIT else 1.0
    low, high = trial.interval(_ONE_SIDED * scale**2)
    if low == 0 or not isfinite(high):
        numbers, drawn, more = _bounded(task, trial, low, high)
    else:
        numbers, drawn, more = _fitted(task, trial, scale)
    attrs = {
        "interval": list(trial.interval(_TWO_SIDED * scale**2)),
        "interval_probability": 0.95,
        "points": int(task.x.size),
        "chi2": chi2,
        "degrees_of_freedom": freedom,
        "chi2_probability": chance,
        "scale_factor": scale,
        **more,
    }
    if task.model == "single" and freedom > 1:
        gain = chi2 - float(task.profile("stretched").chi2.min())
        attrs["stretched_gains_by_chance"] = _tail(1, max(gain, 0.0) / scale**2)
    return numbers, drawn, attrs


def _tail(degrees_of_freedom: int, chi2: float) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees_of_freedom, chi2))


def _fitted(
    task: _Task, trial: Profile, scale: float
) -> tuple[Numbers, NDArray[np.float64], dict[str, Any]]:
    fit = fitting.fit(
        task.law,
        task.x,
        task.amplitudes.values,
        noise_std=task.amplitudes.std * scale,
        start=dict(zip(task.law.parameters, trial.start, strict=True)),
    )
    drawn = task.law.evaluate(task.x, fit.values)
    if task.model == "two-component":
        weights = "depth" if task.name == "t1" else "amplitude"
        parts = [
            {"time": fit[f"time_constant_{kind}"], "weight": fit[f"{weights}_{kind}"]}
            for kind in ("fast", "slow")
        ]
        larger = max(parts, key=lambda part: abs(part["weight"][0]))
        return Numbers().add(task.name, *larger["time"]), drawn, {"components": json.dumps(parts)}
    numbers = Numbers().add(task.name, *fit["time_constant"])
    more: dict[str, Any] = {}
    if task.model == "stretched":
        numbers = numbers.add("stretch", *fit["stretching"])
        time, beta = fit["time_constant"][0], fit["stretching"][0]
        more["mean_time"] = time / beta * gamma(1 / beta)
        more["interval"] = [time + z * fit["time_constant"][1] for z in (-_Z95, _Z95)]
    amplitude = "plateau" if task.name == "t1" else "amplitude"
    return numbers.add("amplitude", *fit[amplitude]), drawn, more


def _bounded(
    task: _Task, trial: Profile, low: float, high: float
) -> tuple[Numbers, NDArray[np.float64], dict[str, Any]]:
    """Give what is left when the delays do not reach: a bound, or nothing."""
    if low > 0:
        numbers = Numbers().add(task.name, low, nan, "lower bound")
    elif isfinite(high):
        numbers = Numbers().add(task.name, high, nan, "upper bound")
    else:
        numbers = Numbers().add(task.name, nan, nan, "no solution")
    if task.model == "stretched":
        numbers = numbers.add("stretch", nan, nan, "no solution")
    basis = task.law.basis(task.x, np.asarray(trial.start)).T / task.amplitudes.std[:, None]
    linear = np.linalg.lstsq(basis, task.amplitudes.values / task.amplitudes.std, rcond=1e-10)[0]
    return numbers, (basis @ linear) * task.amplitudes.std, {"bound_probability": 0.95}

r"""Nutation of a line: radio frequency field, its spread, and a bound on the quadrupole coupling.

That a nutation looks undamped does not show that a site is cubic. What it shows is a bound on C_Q
under a model of the field, if two periods or more were recorded; and a clean curve has a second
reading, in which the central transition turns alone in a field I + 1/2 times weaker.

Twin: ``spins.nutation``.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import provenance, schemas
from megabar.errors import SchemaError
from megabar.matter import nuclei
from megabar.observables import records
from megabar.observables.line_numbers import Numbers
from megabar.observables.nutation_answers import (
    ALL_ALIKE,
    CENTRAL,
    FEWEST_PERIODS,
    Curve,
    NutationFit,
)
from megabar.observables.nutation_fits import fit_nutation
from megabar.observables.step_amplitudes import step_amplitudes
from megabar.spins.hamiltonians import quadrupole_frequency

if TYPE_CHECKING:
    import xarray as xr

    from megabar.observables.step_amplitudes import StepAmplitudes
    from megabar.spins.amplitude_distributions import AmplitudeDistribution
    from megabar.spins.pulse_shapes import PulseShape

NARROW: Final = 0.1
"""Width of a line over its nutation frequency up to which all of it turns alike, to 0.5 %."""

_ASYMMETRIES: Final = (0.0, 0.5, 1.0)
_FIRST_ORDER: Final = 0.3  # quadrupole frequency over the root of nutation times Larmor frequency
_ENDS: Final = 1.644853627  # standard deviations of an end of 95 % on one side


def nutation(
    acq: xr.Dataset,
    *,
    pulse_shape: PulseShape,
    field_model: str | AmplitudeDistribution,
    asymmetry: float | None,
    detected: str,
    known_frequency: tuple[float, float] | None = None,
    shape: str | None = None,
    window: tuple[float, float] | None = None,
    drift: float | None = None,
    noise: tuple[float, float] | None = None,
) -> xr.Dataset:
    r"""Measure the nutation of a line, and bound its quadrupole coupling.

    .. math:: A(t) = A_0 \sum_k w_k \, G(\nu_1 s_k t, \; C_Q / \nu_1 s_k)

    Parameters
    ----------
    acq
        Acquisition with step coordinate ``pulse_length`` [s].
    pulse_shape
        Of the pulses, the same for all lengths.
    field_model
        ``"homogeneous"``; ``"gaussian"``, whose width is fitted too; or a measured or computed
        distribution with the shares of the signal, see
        ``spins.amplitude_distributions.heard_by_reciprocity``.
    asymmetry
        Of the gradient; the bound is the largest of those for 0, 0.5 and 1 if not given.
    detected
        ``"all"`` transitions are heard, or the ``"central"`` one, as in an echo that the satellites
        have left.
    known_frequency
        Nutation frequency at the peak of the shape at this power and its error [Hz], from a line
        without coupling in the same coil, scaled by the Larmor frequencies.
    shape
        Line shape for matched amplitudes; if not given, the window, or the first points.
    window
        Range of the line [Hz from carrier].
    drift
        How far the line may wander between steps [Hz].
    noise
        Rms per channel and its error; from the tail if not given.

    Returns
    -------
    :
        Observables nutation_frequency [Hz] at the peak of the shape, nutation_spread if fitted,
        quadrupole_coupling (an upper bound with 95 %, or not reached), amplitude per scan. The
        attribute ``statement`` says it in words, ``readings`` holds all that the curve may mean.

    Raises
    ------
    NotTimeDomain
        If the data are transformed.
    SchemaError
        If the step coordinate is missing.
    Undetermined
        If no step holds a line.
    FitFailed
        If the fit does not arrive.
    ValueError
        If there are too few lengths, or the phase of the shape changes.

    References
    ----------
    Samoson, Lippmaa, Phys. Rev. B 28, 6567 (1983), doi:10.1103/PhysRevB.28.6567.

    Examples
    --------
    >>> import numpy as np
    >>> from megabar.spins.pulse_shapes import rectangular_shape
    >>> lengths = np.arange(1, 26) * 1.5e-6
    >>> noise = np.random.default_rng(3).normal(size=(25, 64, 2)) @ [0.02, 0.02j]
    >>> rows = np.outer(np.sin(2 * np.pi * 62.5e3 * lengths), np.exp(-6e3 * 1e-6 * np.arange(64)))
    >>> acquisition = schemas.acquisition(rows + noise, time=1e-6 * np.arange(64),
    ...     step={"pulse_length": lengths}, attrs={
    ...     "nucleus": "1H", "carrier_frequency": 395e6, "n_scans": 1, "cell": "A",
    ...     "sequence": "fid", "repetition_time": 1.0, "dead_time": 0.0,
    ...     "source": "example", "source_sha256": "0"})
    >>> found = nutation(acquisition, pulse_shape=rectangular_shape(), asymmetry=None,
    ...     field_model="homogeneous", detected="all", shape="lorentzian", noise=(0.02, 0.0))
    >>> bool(abs(found.nutation_frequency - 62.5e3) < 4 * found.nutation_frequency_std)
    True
    """
    records.time_domain(acq, wanted="a nutation")
    if "pulse_length" not in acq.coords:
        msg = (
            "Found no step coordinate pulse_length, so nothing says how long each pulse was. Read "
            "the file again and decide it, for example with array=... and array_as=..."
        )
        raise SchemaError(msg)
    left_out = np.asarray(acq.attrs.get("repeated_steps", []), dtype=np.intp)
    steps = np.setdiff1d(np.arange(acq.sizes["step"]), left_out)
    lengths = np.asarray(acq["pulse_length"].values, dtype=np.float64)[steps]
    record = records.record_of(acq.isel(step=steps), noise=noise)
    amplitudes = step_amplitudes(
        record, shape=shape, window=window, drift=drift, positive_step=int(np.argmin(lengths))
    )
    curve = Curve(
        lengths=lengths, amplitudes=amplitudes.values, std=amplitudes.std,
        spin=nuclei.nucleus(acq.attrs["nucleus"]).spin, shape=pulse_shape,
        field_model=field_model, detected=detected, known_frequency=known_frequency,
    )  # fmt: skip
    asked = _ASYMMETRIES if asymmetry is None else (asymmetry,)
    found = fit_nutation(curve, asymmetries=asked)
    parameters = {
        "pulse_shape": pulse_shape.name, "field_model": curve.field_name,
        "asymmetries": list(asked), "detected": detected, "known_frequency": known_frequency,
        "shape": shape, "window": window, "drift": drift, "noise": record.noise_std.tolist(),
        "left_out": left_out.tolist(),
    }  # fmt: skip
    return _observed(acq, found, amplitudes, parameters)


def _observed(
    acq: xr.Dataset, found: NutationFit, amplitudes: StepAmplitudes, parameters: dict[str, Any]
) -> xr.Dataset:
    numbers = _numbers(found)
    curve = found.curve
    dataset = schemas.observables(
        numbers.values,
        nucleus=acq.attrs["nucleus"],
        metal=str(acq.attrs.get("metal", "none")),
        method=(
            f"nutation of a powder of spin {curve.spin:g}, {curve.shape.name} pulses, field "
            f"{curve.field_name}, fitted to {amplitudes.method}"
        ),
        provenance=provenance.record(
            step="observables.nutation.nutation",
            parameters=parameters,
            inputs=[acq.attrs["source_sha256"]],
        ),
        quality=numbers.quality,
        started_at=acq["started_at"].values,
        attrs={
            "statement": statement(found),
            "readings": json.dumps([asdict(one) for one in found.readings]),
            "field_model": curve.field_name,
            "periods": found.periods,
            "relative_width": amplitudes.fwhm / found["nutation_frequency"][0],
            "bound_probability": 0.95,
            "chi2": found.chi2,
            "scale_factor": found.scale,
            "assumptions": [
                "first order, on resonance, no relaxation during the pulse",
                "full recovery between scans, so that a longer pulse meets as many spins",
                "the line keeps its shape along the steps",
            ],
            **_drawn(found),
        },
    )
    warnings = _warnings(found, float(acq.attrs["carrier_frequency"]))
    warnings += _warnings_of_width(found, amplitudes.fwhm)
    return schemas.with_warnings(
        dataset, *schemas.warnings_of(acq), *amplitudes.warnings, *warnings
    )


def statement(found: NutationFit) -> str:
    """Say in one sentence what a nutation shows of the coupling.

    Parameters
    ----------
    found
        Fit.

    Returns
    -------
    :
        A bound with the model of the field, that there is none, or the readings between which the
        curve does not decide.
    """
    readings = found.readings
    if not found.profiles:
        return "no quadrupole moment, so nothing about a coupling"
    if not readings:
        return "no reading agrees with the field that is known"
    names = [one.name for one in readings]
    if names == [CENTRAL]:
        return f"central transition alone at {_kilohertz(readings[0].frequency)}: C_Q is large"
    bound = found.coupling_bound
    first = (
        f"C_Q < {_kilohertz(bound)} at 95 %, field {found.curve.field_name}"
        if isfinite(bound)
        else "C_Q not bounded"
    )
    if len(readings) == 1:
        return first
    together, alone = readings
    factor = together.share / alone.share
    return (
        f"two solutions: all transitions as one at {_kilohertz(together.frequency)} ({first}), or "
        f"the central one alone at {_kilohertz(alone.frequency)}; numbers of nuclei differ by up "
        f"to {factor:.0f}"
    )


def _numbers(found: NutationFit) -> Numbers:
    readings = found.readings
    chosen = readings[0] if readings else None
    numbers = Numbers().add(
        "nutation_frequency",
        chosen.frequency if chosen else nan,
        chosen.std if chosen else nan,
    )
    if found.curve.field_model == "gaussian":
        numbers = _with_spread(numbers, found)
    if found.profiles:
        bound = found.coupling_bound
        if chosen is None or chosen.name != ALL_ALIKE:
            numbers = numbers.add("quadrupole_coupling", nan, nan, "no solution")
        elif isfinite(bound):
            numbers = numbers.add("quadrupole_coupling", bound, nan, "upper bound")
        else:
            numbers = numbers.add("quadrupole_coupling", nan, nan, "not reached")
    value, std = found["amplitude"]
    return numbers.add("amplitude", abs(value), std)


def _with_spread(numbers: Numbers, found: NutationFit) -> Numbers:
    if not found.profiles:
        variance, std = found["variance"]
        spread = sqrt(variance)
        return numbers.add("nutation_spread", spread, std / (2 * spread) if spread else nan)
    low, high = found.spread_range
    if low > 0 and isfinite(high):
        return numbers.add("nutation_spread", found.spread, (high - low) / (2 * _ENDS))
    if isfinite(high):
        return numbers.add("nutation_spread", high, nan, "upper bound")
    return numbers.add("nutation_spread", nan, nan, "no solution")


def _drawn(found: NutationFit) -> dict[str, Any]:
    curve = found.curve
    attrs: dict[str, Any] = {
        "curve_axis": "pulse_length",
        "curve_label": "nutation",
        "curve_x": curve.lengths.tolist(),
        "curve_y": curve.amplitudes.tolist(),
        "curve_y_std": curve.std.tolist(),
        "curve_fit": found.drawn().tolist(),
    }
    if found.profiles:
        attrs["coupling_profiles"] = json.dumps(
            [
                {
                    "asymmetry": one.asymmetry,
                    "coupling": one.couplings.tolist(),
                    "chi2": one.chi2.tolist(),
                }
                for one in found.profiles
            ]
        )
    return attrs


def _warnings(found: NutationFit, larmor_frequency: float) -> list[str]:
    words = []
    if found.scale > 1:
        words.append(
            "The nutation leaves residuals above the noise; errors and bounds are those of the "
            f"scatter, {found.scale:.3g} times those of the noise."
        )
    if not found.profiles:
        return words
    words += _warnings_of_coupling(found, larmor_frequency)
    if len(found.readings) == 2:
        words.append(
            f"The curve has {statement(found)}. Measure the field on another line in the same "
            "coil and give known_frequency=..."
        )
    if not found.readings:
        words.append("No reading of the curve agrees with known_frequency; check its power.")
    return words


def _warnings_of_width(found: NutationFit, fwhm: float) -> list[str]:
    """Tell where shifts would tilt the axes about which parts of the line turn."""
    frequency = found["nutation_frequency"][0]
    if fwhm <= NARROW * frequency:
        return []
    return [
        f"The line is {_kilohertz(fwhm)} wide, {fwhm / frequency:.2g} of the nutation frequency. "
        "If shifts make it so wide, its parts turn about tilted axes and dephase during the pulse, "
        "which a model on resonance reads as a higher field: by 0.7 % at a width of 0.13 and by 4 "
        "to 9 % at 0.6 to 0.7, over one period. Its error does not hold that. Nutate a narrow "
        "line in the same coil, or use more power."
    ]


def _warnings_of_coupling(found: NutationFit, larmor_frequency: float) -> list[str]:
    words = []
    if found.periods < FEWEST_PERIODS:
        words.append(
            f"Found {found.periods:.2g} periods; with fewer than {FEWEST_PERIODS:g} a coupling "
            "cannot be told from a slightly different field, and C_Q is not bounded. Record longer "
            "pulses."
        )
    if not found.turns_without_coupling:
        words.append(
            f"A cubic site is excluded with 95 % if the field is {found.curve.field_name}; another "
            "field may damp the curve as well."
        )
    bound = found.coupling_bound
    if not isfinite(bound):
        return words
    split = quadrupole_frequency(quadrupole_coupling=bound, spin=found.curve.spin)
    limit = sqrt(found["nutation_frequency"][0] * larmor_frequency)
    if split > _FIRST_ORDER * limit:
        words.append(
            f"The bound stands for a quadrupole frequency of {_kilohertz(split)}, not far below "
            f"{_kilohertz(limit)}, where second-order shifts act during the pulse and first order "
            "fails. Compare spins.nutation.nutation_curve_to_second_order."
        )
    return words


def _kilohertz(frequency: float) -> str:
    return f"{frequency / 1e3:.3g} kHz"

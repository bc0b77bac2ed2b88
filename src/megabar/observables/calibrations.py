r"""What turns a ratio of two signals into a ratio of atoms: the scale, in three ways.

.. math:: x = k \, \frac{S_X / \epsilon_X}{S_M / \epsilon_M}

A *precursor* of known content measured in the same cell gives k without nuclear constants and
without a model of the coil. A *nutation* of both channels gives it from the length of the pulse
that turns by 90 degrees, by reciprocity. Without either only a model of the coil is left, an
*exponent* of the frequency ratio; its spread alone is a factor of 2.7 for hydrogen over lanthanum.
The mode, every input and every error are kept with the scale. All errors of a scale are common to
the series that it serves.

The equations follow from reciprocity and the Curie law; they are nobody's published recipe.

References
----------
Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

Twin: ``spins.reception``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, log, nan, prod, sqrt
from typing import TYPE_CHECKING, Any, Final

from megabar.errors import Undetermined, one_of
from megabar.matter import nuclei as table
from megabar.observables.efficiencies import FIELD, combined_std
from megabar.observables.line_readings import COMPARISONS, reading_of

if TYPE_CHECKING:
    import xarray as xr

    from megabar.observables.efficiencies import Factor, Moved

MODES: Final = ("precursor", "nutation", "exponent")
"""How a content gets its scale."""

EXPONENTS: Final[Mapping[float, str]] = {
    3.0: "equal field per root watt in both channels, as of a film thinner than the skin depth",
    2.75: "one coil whose resistance grows as the root of the frequency",
    2.5: "equal quality and filling factor in both channels",
}
"""Exponent of the frequency ratio -> what it supposes of the coil."""

CANCELLING: Final = ("power", "noise_temperature", "noise_factor", "mean_over_peak")
"""Errors of a nutation calibration that may be the same in both channels, and then drop out."""

_SKEWED_BELOW: Final = 10.0  # line over its error below which first order is not enough


@dataclass(frozen=True, kw_only=True)
class ScaleTerm:
    """One relative error of a scale.

    Parameters
    ----------
    name
        Of what.
    relative_std
        Relative standard error of the content from it.
    source
        Where the number comes from.
    shared
        Of which quantity this is the error, where a factor of the lines may hang on the same one;
        empty where none does.
    moved_by
        What else hangs on the same measurement, as of a factor; its name begins with the session
        and the side.
    """

    name: str
    relative_std: float
    source: str
    shared: str = ""
    moved_by: Moved = ()


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Content per ratio of signals, with what it rests on.

    Parameters
    ----------
    mode
        One of :data:`MODES`.
    by
        One of :data:`~megabar.observables.line_readings.COMPARISONS`.
    nuclei
        Nucleus counted, and nucleus that it is counted against.
    value
        Content at equal signals and equal efficiencies.
    terms
        Its errors, all common to a series.
    inputs
        Everything that went in, in JSON types.
    assumptions
        Sentences.
    alternatives
        Other values that nothing measured excludes, with what they suppose.
    efficiencies
        Side -> name -> efficiency that the scale already contains.
    dwells
        Of the two records of a precursor, where bandwidth must be the same now [s].
    provenances
        Of the records that went in.
    warnings
        Sentences.
    """

    mode: str
    by: str
    nuclei: tuple[str, str]
    value: float
    terms: tuple[ScaleTerm, ...]
    inputs: Mapping[str, Any]
    assumptions: tuple[str, ...]
    alternatives: tuple[tuple[str, float], ...] = ()
    efficiencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    dwells: tuple[float, float] | None = None
    provenances: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of(self.mode, MODES, name="calibration")
        one_of(self.by, COMPARISONS, name="comparison")
        if not (isfinite(self.value) and self.value > 0):
            msg = f"Found a scale of {self.value:g}; a content needs a positive one."
            raise ValueError(msg)

    @property
    def relative_std(self) -> float:
        """Relative standard error of the scale."""
        return combined_std((term.relative_std, term.moved_by) for term in self.terms)


def calibration_by_precursor(
    *,
    hydrogen: xr.Dataset,
    metal: xr.Dataset,
    h_per_metal: float,
    h_per_metal_std: float,
    factors: Mapping[str, Sequence[Factor]],
    by: str,
) -> Scale:
    r"""Take the scale from a precursor of known content in the same cell.

    .. math:: k = x_0 \Big/ \frac{S_{X,0} / \epsilon_{X,0}}{S_{M,0} / \epsilon_{M,0}}

    Nuclear constants and coil cancel if coil, tuning, pulses and the place of the sample stayed as
    they were, or are followed by a factor ``coil`` on both days. Efficiencies do not cancel.

    Parameters
    ----------
    hydrogen
        Observables of the hydrogen line of the precursor.
    metal
        Those of its metal line.
    h_per_metal
        :math:`x_0`.
    h_per_metal_std
        Its standard error.
    factors
        ``"hydrogen"`` and ``"metal"`` -> efficiencies of these two lines.
    by
        One of :data:`~megabar.observables.line_readings.COMPARISONS`. An amplitude needs an
        unchanged receiver; a signal over noise equal dwells, or the factor ``bandwidth``.

    Returns
    -------
    :
        The scale.

    Raises
    ------
    Undetermined
        If a line was not detected.
    UnknownWord
        If factors name an unknown side.
    ValueError
        If the content is not positive.

    Examples
    --------
    >>> from megabar import schemas
    >>> def seen(nucleus, snr, std):
    ...     return schemas.observables({"snr_per_root_scan": (snr, std)}, nucleus=nucleus,
    ...         metal="none", method="example", provenance="{}")
    >>> scale = calibration_by_precursor(hydrogen=seen("1H", 290, 3), metal=seen("139La", 10, 0.1),
    ...     h_per_metal=3.0, h_per_metal_std=0.05, factors={}, by="snr_per_root_scan")
    >>> print(f"{scale.value:.4f} {scale.relative_std:.4f}")
    0.1034 0.0220
    """
    if not (h_per_metal > 0 and h_per_metal_std >= 0):
        msg = (
            f"Found precursor content {h_per_metal}({h_per_metal_std}); the scale rests on it, so "
            "it must be positive, with an error that is not negative."
        )
        raise ValueError(msg)
    lines = {"hydrogen": hydrogen, "metal": metal}
    for side in factors:
        one_of(side, lines, name="side of the content")
    listed = {side: tuple(factors.get(side, ())) for side in lines}
    readings = {
        side: reading_of(line, side=f"precursor {side}", by=by) for side, line in lines.items()
    }
    for side, reading in readings.items():
        if not reading.detected:
            msg = (
                f"The precursor {side} line was not detected, so there is no scale. Measure the "
                "precursor again, or calibrate another way."
            )
            raise Undetermined(msg, quality="no solution")
    efficiency = {side: prod(one.value for one in listed[side]) for side in lines}
    ratio = readings["hydrogen"].value / readings["metal"].value
    told = all("bandwidth" in {one.name for one in listed[side]} for side in lines)
    weak = readings["metal"].relative_std * _SKEWED_BELOW > 1
    terms = [
        ScaleTerm(
            name="content of the precursor",
            relative_std=h_per_metal_std / h_per_metal,
            source="stated",
        ),
        *(
            ScaleTerm(
                name=f"{side} line of the precursor",
                relative_std=readings[side].relative_std,
                source="fit of the line",
            )
            for side in lines
        ),
        *(
            ScaleTerm(
                name=f"{one.name} of the precursor, {side}",
                relative_std=one.relative_std,
                source=one.source,
                shared=shared_key(one, side),
                moved_by=moved_on(one, f"precursor {side}"),
            )
            for side in lines
            for one in listed[side]
        ),
    ]
    return Scale(
        mode="precursor",
        by=by,
        nuclei=(readings["hydrogen"].nucleus, readings["metal"].nucleus),
        value=h_per_metal * efficiency["hydrogen"] / efficiency["metal"] / ratio,
        terms=tuple(terms),
        inputs={
            "precursor_h_per_metal": h_per_metal,
            "precursor_h_per_metal_std": h_per_metal_std,
            "precursor_ratio": ratio,
            "precursor_factors": {side: [vars(one) for one in listed[side]] for side in lines},
        },
        assumptions=(
            "coil, tuning, pulses, receiver and sample position are those of the precursor "
            "measurement, apart from the factors listed",
        ),
        efficiencies={side: {one.name: one.value for one in listed[side]} for side in lines},
        dwells=None if told else (readings["hydrogen"].dwell, readings["metal"].dwell),
        provenances=tuple(line.attrs["provenance"] for line in lines.values()),
        warnings=(
            "The metal line of the precursor is below ten times its error; the common scale error "
            "is larger and less symmetric than first order says.",
        )
        if weak
        else (),
    )


def moved_on(factor: Factor, where: str) -> Moved:
    """Say what a factor hangs on, with the session and side of the measurement.

    Parameters
    ----------
    factor
        A factor.
    where
        Session and side, such as ``"precursor metal"``.

    Returns
    -------
    :
        Its ``moved_by`` under longer names.
    """
    return tuple((f"{where}: {name}", size) for name, size in factor.moved_by)


def shared_key(factor: Factor, side: str) -> str:
    """Say of which quantity the error of a factor is, so that equal ones cancel.

    Parameters
    ----------
    factor
        A factor.
    side
        ``"hydrogen"`` or ``"metal"``.

    Returns
    -------
    :
        A key; empty for a factor whose error is its own.
    """
    return f"{side}: {factor.name}: {factor.shared}" if factor.shared else ""


@dataclass(frozen=True, kw_only=True)
class PulseCalibration:
    r"""What one channel of a nutation-calibrated pair is known to do.

    Parameters
    ----------
    pulse_90, pulse_90_std
        Length of the pulse that turns all transitions by 90 degrees, from a nutation in this very
        cell, and its standard error [s]. A length that was only set is no calibration.
    mean_over_peak, mean_over_peak_std
        Mean over peak of its shape, 1 for a rectangle.
    power, power_std
        Peak power at the port that also receives [W].
    noise_temperature, noise_temperature_std
        Of coil and circuit [K]; not used where amplitudes are compared.
    noise_factor, noise_factor_std
        Of the receiver, linear, 1 or more; not used where amplitudes are compared.
    """

    pulse_90: float
    pulse_90_std: float
    mean_over_peak: float
    mean_over_peak_std: float
    power: float
    power_std: float
    noise_temperature: float = nan
    noise_temperature_std: float = nan
    noise_factor: float = nan
    noise_factor_std: float = nan

    def __post_init__(self) -> None:
        for name in ("pulse_90", "mean_over_peak", "power"):
            value, std = getattr(self, name), getattr(self, f"{name}_std")
            if not (value > 0 and 0 <= std < value):
                msg = (
                    f"Found {name} {value:g}({std:g}); it needs a positive value and an error "
                    "below it. A pulse that was only set, not calibrated, gives no scale."
                )
                raise ValueError(msg)

    @property
    def field_per_root_watt(self) -> float:
        """Reception of the coil by reciprocity, up to the frequency [s-1 W-1/2]."""
        return 1 / (self.pulse_90 * self.mean_over_peak * sqrt(self.power))


def calibration_by_nutation(
    *,
    nuclei: tuple[str, str],
    hydrogen: PulseCalibration,
    metal: PulseCalibration,
    by: str,
    cancelling: Sequence[str] = (),
    abundances: Mapping[str, float] | None = None,
) -> Scale:
    r"""Compute the scale from the pulses that turn both nuclei by 90 degrees in the same cell.

    .. math:: k = \Big(\frac{\Xi_M}{\Xi_X}\Big)^2 \frac{[I (I+1) a]_M}{[I (I+1) a]_X}
        \frac{t_X s_X \sqrt{P_X}}{t_M s_M \sqrt{P_M}}
        \sqrt{\frac{(F T_n)_X}{(F T_n)_M}}

    By reciprocity the field per root watt that turns the spins is the reception of their signal.
    The last root holds for signals over noise; amplitudes in units of the receiver's gain do
    without. Valid if one field serves the whole sample and all 2I transitions turn alike; what the
    pulses leave out of either is a factor.

    Parameters
    ----------
    nuclei
        Nucleus counted, and nucleus that it is counted against: any two of the table.
    hydrogen
        Channel of the first.
    metal
        Channel of the second.
    by
        One of :data:`~megabar.observables.line_readings.COMPARISONS`.
    cancelling
        Those of :data:`CANCELLING` whose error is the same in both channels, such as ``"power"``
        read with one meter.
    abundances
        Nucleus -> fraction of its element, where the sample is enriched; natural otherwise.

    Returns
    -------
    :
        The scale.

    Raises
    ------
    UnknownWord
        If a nucleus or a word is not in its list.
    ValueError
        If a noise temperature or factor is missing, or an abundance is no fraction.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X; for
    amplitudes Wider, Dreier, J. Am. Chem. Soc. 128, 2571 (2006), doi:10.1021/ja055336t.

    Examples
    --------
    >>> def channel(power):
    ...     return PulseCalibration(pulse_90=14e-6, pulse_90_std=0.3e-6, mean_over_peak=0.412,
    ...         mean_over_peak_std=0.0, power=power, power_std=0.05 * power,
    ...         noise_temperature=300.0, noise_temperature_std=0.0,
    ...         noise_factor=1.2, noise_factor_std=0.02)
    >>> scale = calibration_by_nutation(nuclei=("1H", "139La"), hydrogen=channel(0.8),
    ...     metal=channel(5.0), by="snr_per_root_scan", cancelling=["noise_temperature"])
    >>> print(f"{4.0 / 0.10 * scale.value:.2f}")
    6.70
    """
    one_of(by, COMPARISONS, name="comparison")
    for word in cancelling:
        one_of(word, CANCELLING, name="error that cancels")
    noise = by == "snr_per_root_scan"
    names = ["pulse_90", "mean_over_peak", "power"]
    names += ["noise_temperature", "noise_factor"] if noise else []
    channels = {"hydrogen": hydrogen, "metal": metal}
    for side, channel in channels.items():
        _check_channel(channel, side, names)
    value = _spin_ratio(nuclei, 2.0, abundances)
    value *= metal.field_per_root_watt / hydrogen.field_per_root_watt
    if noise:
        louder = hydrogen.noise_factor * hydrogen.noise_temperature
        value *= sqrt(louder / (metal.noise_factor * metal.noise_temperature))
    terms = [
        ScaleTerm(
            name=f"{name}, {side}",
            relative_std=(1.0 if name in ("pulse_90", "mean_over_peak") else 0.5)
            * getattr(channel, f"{name}_std")
            / getattr(channel, name),
            source="stated" if name != "pulse_90" else "nutation",
            moved_by=((f"{side}: {FIELD}", channel.pulse_90_std / channel.pulse_90),)
            if name == "pulse_90"
            else (),
        )
        for name in names
        if name not in cancelling
        for side, channel in channels.items()
    ]
    return Scale(
        mode="nutation",
        by=by,
        nuclei=nuclei,
        value=value,
        terms=tuple(terms),
        inputs={
            **{side: dict(vars(channel)) for side, channel in channels.items()},
            "cancelling": list(cancelling),
            "abundances": dict(abundances or {}),
        },
        assumptions=(
            "one field per root watt serves the whole sample in each channel, and what turns the "
            "spins also receives their signal",
            "all transitions of both nuclei turn alike in the calibrated pulses",
            *(f"the error of the {word} is the same in both channels" for word in cancelling),
        ),
    )


def calibration_by_exponent(
    *,
    nuclei: tuple[str, str],
    exponents: Sequence[float],
    by: str,
    noise_ratio: float,
    noise_ratio_std: float,
    abundances: Mapping[str, float] | None = None,
) -> Scale:
    r"""Compute the scale from a model of the coil that nobody calibrated.

    .. math:: k = \Big(\frac{\Xi_M}{\Xi_X}\Big)^p \frac{[I (I+1) a]_M}{[I (I+1) a]_X}
        \sqrt{\frac{(F T_n)_X}{(F T_n)_M}}

    The value is that of the middle exponent; the spread over all of them is an error of its own,
    as of an exponent that may lie anywhere between. It never decides anything alone.

    Parameters
    ----------
    nuclei
        Nucleus counted, and nucleus that it is counted against.
    exponents
        Exponents p to span, such as the keys of :data:`EXPONENTS`.
    by
        One of :data:`~megabar.observables.line_readings.COMPARISONS`.
    noise_ratio
        The last root, noise of the first channel over that of the second; 1 for amplitudes.
    noise_ratio_std
        Its standard error.
    abundances
        Nucleus -> fraction of its element, where the sample is enriched; natural otherwise.

    Returns
    -------
    :
        The scale.

    Raises
    ------
    UnknownWord
        If a nucleus is not in the table.
    ValueError
        If there is no exponent, or the noise ratio is not positive.

    Examples
    --------
    >>> scale = calibration_by_exponent(nuclei=("1H", "139La"), exponents=(3, 2.75, 2.5),
    ...     by="snr_per_root_scan", noise_ratio=1.0, noise_ratio_std=0.0)
    >>> [f"{value:.4f}" for _, value in scale.alternatives]
    ['0.1574', '0.0591']
    """
    if not exponents or not all(isfinite(p) for p in exponents):
        msg = f"Found exponents {list(exponents)}; give at least one, such as 3, 2.75 and 2.5."
        raise ValueError(msg)
    if not (noise_ratio > 0 and noise_ratio_std >= 0):
        msg = f"Found noise ratio {noise_ratio:g}({noise_ratio_std:g}); it must be positive."
        raise ValueError(msg)
    ordered = sorted(exponents)
    values = {p: noise_ratio * _spin_ratio(nuclei, p, abundances) for p in ordered}
    middle = ordered[len(ordered) // 2]
    spread = abs(log(values[ordered[-1]] / values[ordered[0]])) / sqrt(12)
    words = {p: f"p = {p:g}: {EXPONENTS.get(p, 'stated')}" for p in ordered}
    return Scale(
        mode="exponent",
        by=by,
        nuclei=nuclei,
        value=values[middle],
        terms=(
            ScaleTerm(
                name="exponent of the coil",
                relative_std=spread,
                source=f"p from {ordered[0]:g} to {ordered[-1]:g}, none of them measured",
            ),
            ScaleTerm(
                name="noise of the two channels",
                relative_std=noise_ratio_std / noise_ratio,
                source="stated",
            ),
        ),
        inputs={
            "exponents": [float(p) for p in ordered],
            "noise_ratio": noise_ratio,
            "noise_ratio_std": noise_ratio_std,
            "abundances": dict(abundances or {}),
        },
        assumptions=(f"the coil follows {words[middle]}",),
        alternatives=tuple((words[p], values[p]) for p in ordered if p != middle),
        warnings=(
            "Nobody calibrated the coil: the content hangs on the exponent p and decides nothing "
            "alone.",
        ),
    )


def _spin_ratio(
    nuclei: tuple[str, str], exponent: float, abundances: Mapping[str, float] | None
) -> float:
    counted, against = (table.nucleus(name) for name in nuclei)
    weights = []
    for row in (counted, against):
        abundance = (abundances or {}).get(row.name, row.abundance)
        if not 0 < abundance <= 1:
            msg = f"Found abundance {abundance:g} of {row.name}; it is a fraction of its element."
            raise ValueError(msg)
        weights.append(row.spin * (row.spin + 1) * abundance)
    return float((against.xi / counted.xi) ** exponent * weights[1] / weights[0])


def _check_channel(channel: PulseCalibration, side: str, names: Sequence[str]) -> None:
    for name in names:
        value, std = getattr(channel, name), getattr(channel, f"{name}_std")
        if not (value > 0 and std >= 0):
            msg = (
                f"Found {name} {value:g}({std:g}) of the {side} channel; signals over noise need "
                'it, positive, with its error. State it, or compare by "amplitude_per_scan".'
            )
            raise ValueError(msg)

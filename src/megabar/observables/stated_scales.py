"""Scales and readings of lines from stated numbers, where nobody has the raw data.

Published signals come without the records that ``observables.calibrations`` works on. Here the
same scales are made of numbers that were printed or are supposed, and the parts of the metal line
that a signal may show are computed with ideal pulses.

Twin: ``observables.calibrations``.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import TYPE_CHECKING, Final

from megabar import schemas
from megabar.matter import nuclei as table
from megabar.observables.calibrations import (
    EXPONENTS,
    PulseCalibration,
    Scale,
    ScaleTerm,
    calibration_by_exponent,
    calibration_by_nutation,
    calibration_by_precursor,
)
from megabar.observables.efficiencies import Factor
from megabar.observables.pulse_efficiencies import echo_by_model, transition_fraction
from megabar.spins.phase_tables import SOLID_ECHO_8
from megabar.spins.sequences import IdealPulse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

_DEPHASED: Final = 20.0  # turns between the pulses, after which nothing changes any more


def scales_by_exponent(
    nuclei: tuple[str, str],
    *,
    noise_ratio: tuple[float, float],
    by: str,
    abundances: Mapping[str, float] | None = None,
) -> dict[str, Scale]:
    """List the scales of a coil that nobody calibrated, one for each exponent.

    Parameters
    ----------
    nuclei
        Nucleus counted, and nucleus that it is counted against.
    noise_ratio
        Noise of the first channel over that of the second with its error; 1 for equal noise.
    by
        What the signals are, a word of ``observables.line_readings.COMPARISONS``.
    abundances
        Nucleus -> fraction of its element, where the sample is enriched; natural otherwise.

    Returns
    -------
    :
        Words -> scale, in the order 3, 11/4, 5/2.

    Examples
    --------
    >>> scales = scales_by_exponent(("1H", "139La"), noise_ratio=(1.0, 0.0),
    ...                             by="snr_per_root_scan")
    >>> [f"{one.value:.4f}" for one in scales.values()]
    ['0.0591', '0.0965', '0.1574']
    """
    return {
        f"p = {exponent:g}": calibration_by_exponent(
            nuclei=nuclei,
            exponents=(exponent,),
            by=by,
            noise_ratio=noise_ratio[0],
            noise_ratio_std=noise_ratio[1],
            abundances=abundances,
        )
        for exponent in EXPONENTS
    }


def scale_by_nutation(
    nuclei: tuple[str, str],
    *,
    channels: tuple[PulseCalibration, PulseCalibration],
    noise_ratio: tuple[float, float],
    by: str,
    cancelling: Sequence[str],
    abundances: Mapping[str, float] | None = None,
) -> Scale:
    """Take the scale from pulses calibrated in both channels, with the noise as one ratio.

    Parameters
    ----------
    nuclei
        Nucleus counted, and nucleus that it is counted against.
    channels
        Their pulses; noise temperatures and factors are not looked at.
    noise_ratio
        Noise of the first channel over that of the second with its error; 1 for equal noise.
    by
        What the signals are.
    cancelling
        Errors that are the same in both channels.
    abundances
        Nucleus -> fraction of its element, where the sample is enriched; natural otherwise.

    Returns
    -------
    :
        The scale.

    Raises
    ------
    ValueError
        If the noise ratio is not positive.

    Examples
    --------
    >>> def channel(power):
    ...     return PulseCalibration(pulse_90=14e-6, pulse_90_std=0.0, mean_over_peak=1.0,
    ...         mean_over_peak_std=0.0, power=power, power_std=0.0)
    >>> scale = scale_by_nutation(("1H", "139La"), channels=(channel(0.8), channel(5.0)),
    ...     noise_ratio=(1.0, 0.0), by="snr_per_root_scan", cancelling=[])
    >>> f"{4.0 / 0.10 * scale.value:.2f}"
    '6.70'
    """
    noise, noise_std = noise_ratio
    if not (noise > 0 and noise_std >= 0):
        msg = f"Found noise ratio {noise:g}({noise_std:g}); it must be positive."
        raise ValueError(msg)
    found = calibration_by_nutation(
        nuclei=nuclei,
        hydrogen=channels[0],
        metal=channels[1],
        by="amplitude_per_scan",
        cancelling=cancelling,
        abundances=abundances,
    )
    loud = ScaleTerm(
        name="noise of the two channels", relative_std=noise_std / noise, source="stated"
    )
    return replace(
        found,
        by=by,
        value=found.value * noise,
        terms=(*found.terms, loud),
        inputs={**found.inputs, "noise_ratio": noise, "noise_ratio_std": noise_std},
    )


def scale_by_precursor(
    nuclei: tuple[str, str],
    *,
    content: tuple[float, float],
    ratio: tuple[float, float],
    line: Factor | None,
    by: str,
) -> Scale:
    """Take the scale from the published ratio of signals of a precursor.

    Parameters
    ----------
    nuclei
        Nucleus counted, and nucleus that it is counted against.
    content
        Of the precursor, with its standard error.
    ratio
        Of its two signals, with its standard error.
    line
        Part of its metal nuclei that its signal shows; none if it is the same as later.
    by
        What the signals are.

    Returns
    -------
    :
        The scale.

    Raises
    ------
    ValueError
        If content or ratio is not positive.

    Examples
    --------
    >>> scale = scale_by_precursor(("1H", "139La"), content=(3.0, 0.0), ratio=(29.0, 0.0),
    ...                            line=None, by="snr_per_root_scan")
    >>> f"{100 * scale.value:.2f}"
    '10.34'
    """
    if not (ratio[0] > 0 and ratio[1] >= 0):
        msg = f"Found a ratio of {ratio[0]:g}({ratio[1]:g}) in the precursor; it must be positive."
        raise ValueError(msg)
    return calibration_by_precursor(
        hydrogen=_stated(nuclei[0], ratio, by),
        metal=_stated(nuclei[1], (1.0, 0.0), by),
        h_per_metal=content[0],
        h_per_metal_std=content[1],
        factors={} if line is None else {"metal": [line]},
        by=by,
    )


def _stated(nucleus: str, signal: tuple[float, float], by: str) -> xr.Dataset:
    """Dress a stated signal as a measured line of one scan."""
    name = "amplitude" if by == "amplitude_per_scan" else by
    attrs = {"n_scans": 1, "receiver_gain": 1.0}
    return schemas.observables(
        {name: signal}, nucleus=nucleus, metal="none", method="stated", provenance="{}", attrs=attrs
    )


def whole_line() -> Factor:
    """Give the reading that a signal shows all nuclei of its kind.

    Returns
    -------
    :
        Factor of 1.
    """
    return Factor(name="part of the line", value=1.0, std=0.0, source="whole line")


def readings_of_line(
    nucleus: str, *, fwhm: float | None, echo_delay: float | None
) -> tuple[Factor, ...]:
    """List what part of the nuclei a line may show that nobody looked into.

    Short pulses. An echo is one of two 90 degree pulses with all pathways kept (solid echo), read
    at its centre.

    Parameters
    ----------
    nucleus
        Its name.
    fwhm
        Width of the line [Hz]; none for one that dephases completely between the pulses.
    echo_delay
        Between the pulses [s]; none for one that dephases completely.

    Returns
    -------
    :
        The whole line, its echo broadened by shifts, by couplings, and the central transition
        alone after pulses that turn all transitions and after those that turn only that one, as
        far as the spin has them.

    Raises
    ------
    ValueError
        If only one of width and delay is given, or one is not positive.

    Examples
    --------
    >>> [f"{one.value:.3f}" for one in readings_of_line("139La", fwhm=None, echo_delay=None)]
    ['1.000', '0.500', '0.249', '0.190', '0.048']
    >>> [f"{one.value:.3f}" for one in readings_of_line("139La", fwhm=38e3, echo_delay=25e-6)]
    ['1.000', '0.500', '0.361', '0.190', '0.048']
    """
    if (fwhm is None) != (echo_delay is None):
        msg = (
            f"Found width {fwhm} and echo delay {echo_delay}; what an echo loses hangs on their "
            "product. Give both, or neither for a line that dephases completely."
        )
        raise ValueError(msg)
    delay = 25e-6 if echo_delay is None else echo_delay
    width = _DEPHASED / delay if fwhm is None else fwhm
    if not (delay > 0 and width > 0):
        msg = f"Found width {width:g} Hz and echo delay {delay:g} s; both must be positive."
        raise ValueError(msg)
    spin = table.nucleus(nucleus).spin
    short = IdealPulse(channel=nucleus, angle=pi / 2, phase=0.0)
    echo = echo_by_model(
        spin=spin, fwhm=width, pulses=(short, short), delay=delay, at=delay, table=SOLID_ECHO_8
    )
    found = [whole_line(), _part(echo.shifts, "solid echo, broadened by shifts")]
    if spin > 0.5:
        found.append(_part(echo.couplings, "solid echo, broadened by field gradients"))
        if spin % 1:
            found += [
                _part(
                    transition_fraction(spin=spin, seen="central", pulse=pulse).value,
                    f"central transition alone, {pulse} pulse",
                )
                for pulse in ("hard", "selective")
            ]
    return tuple(found)


def _part(value: float, source: str) -> Factor:
    return Factor(name="part of the line", value=value, std=0.0, source=source)

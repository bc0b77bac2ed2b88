"""Which pulse an experiment should take: short enough for its line, no stronger than it must be.

Twin: ``spins.offset_profiles``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil, degrees, pi
from typing import Final

import numpy as np
from scipy.optimize import brentq

from megabar.errors import one_of
from megabar.observables.pulse_efficiencies import excitation
from megabar.spins import reception
from megabar.spins.level_nodes import gaussian_offsets
from megabar.spins.offset_profiles import excitation_width
from megabar.spins.pulse_shapes import PulseShape, gaussian_shape, rectangular_shape

SHAPES: Final = ("rectangular", "gaussian")
"""Pulses that can be planned."""

BAND: Final = 0.95
"""Part of the excitation on resonance at which a band is said to end."""

_WHOLE: Final = 0.99  # part of a line that a good pulse excites
_SLICES: Final = 64
_OFFSETS: Final = 65
_UNIT: Final = 1.0  # Hz; only width times length counts


@dataclass(frozen=True, kw_only=True)
class PulsePlan:
    """A pulse of 90 degrees beside the line it is for.

    Parameters
    ----------
    nucleus
        That it turns.
    shape
        In words.
    length
        Of the pulse that is calibrated [s].
    power
        At its peak [W].
    peak_field
        In the rotating frame [T].
    nutation
        Frequency at its peak [Hz].
    band
        In which it excites 95 % of what it does on resonance [Hz].
    excited
        Part of the line.
    longest
        Pulse of this shape that still excites 99 % of the line [s].
    longest_power
        That such a pulse takes [W]: below the given one where power can be saved.
    mean_square
        Mean power of the pulse over that at its peak.
    """

    nucleus: str
    shape: str
    length: float
    power: float
    peak_field: float
    nutation: float
    band: float
    excited: float
    longest: float
    longest_power: float
    mean_square: float

    def mean_power(self, *, repetition_time: float, turned_by: float) -> float:
        """Give the mean power that heats the cell, of pulses of this amplitude.

        Parameters
        ----------
        repetition_time
            From scan to scan [s].
        turned_by
            Angles of all pulses of a scan together [rad].

        Returns
        -------
        :
            Mean power at the port [W]; what of it reaches the cell is not known here.
        """
        energy = self.power * self.mean_square * self.length_for(turned_by)
        return energy / repetition_time

    def length_for(self, flip_angle: float) -> float:
        """Give the length of the same pulse for another angle [rad], the power kept [s]."""
        return self.length * flip_angle / (pi / 2)

    def carriers(self, *, spread: float, fwhm: float) -> int:
        """Count carriers that find a line anywhere in a range.

        Parameters
        ----------
        spread
            Width of the range in which its centre may lie [Hz].
        fwhm
            Of the line [Hz].

        Returns
        -------
        :
            Records at as many carriers.
        """
        room = max(self.band - fwhm, self.band / 4)
        return max(ceil(spread / room), 1)


def shape_of(name: str, *, truncation: float | None) -> PulseShape:
    """Make the shape of a pulse from its name.

    Parameters
    ----------
    name
        One of :data:`SHAPES`.
    truncation
        Of a Gaussian: its ends over its peak.

    Returns
    -------
    :
        The shape.

    Raises
    ------
    UnknownWord
        If the shape is another one.
    ValueError
        If a Gaussian does not say where it is cut.

    Examples
    --------
    >>> print(f"{shape_of('gaussian', truncation=0.01).mean:.4f}")
    0.4120
    """
    one_of(name, SHAPES, name="pulse shape")
    if name == "rectangular":
        return rectangular_shape()
    if truncation is None:
        msg = (
            "Found a Gaussian pulse that does not say where it is cut; its mean over its peak, and "
            "with it the field, would be anybody's guess. Give the truncation, such as 1 %."
        )
        raise ValueError(msg)
    return gaussian_shape(truncation=truncation, slices=_SLICES)


def pulse_plan(
    *, of: reception.Resonance, shape: PulseShape, pulse_90: float, power: float, fwhm: float
) -> PulsePlan:
    """Hold a calibrated pulse against a line.

    The line counts as a Gaussian distribution of shifts of its width, centred on the carrier.

    Parameters
    ----------
    of
        Isotope and field.
    shape
        Of the pulse.
    pulse_90
        Length of 90 degrees [s].
    power
        At the peak [W].
    fwhm
        Of the line [Hz].

    Returns
    -------
    :
        Band, excited part, and the longest pulse that would do.

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> proton = reception.resonance(nucleus="1H", tms_frequency=395.107e6)
    >>> one = pulse_plan(of=proton, shape=shape_of("gaussian", truncation=0.01), pulse_90=14e-6,
    ...                  power=0.8, fwhm=1.35e3)
    >>> print(f"{one.band / 1e3:.1f} kHz, {one.excited:.3f}, up to {one.longest * 1e6:.0f} us")
    84.2 kHz, 1.000, up to 530 us
    """
    if not (fwhm > 0 and power > 0 and pulse_90 > 0):
        msg = (
            f"Found a pulse of {pulse_90:g} s at {power:g} W on a line of {fwhm:g} Hz; all three "
            "must be positive. Check their units."
        )
        raise ValueError(msg)
    field = reception.pulse_field(of=of, pulse_90=pulse_90, mean_over_peak=shape.mean)
    peak = shape.peak_from_angle(angle=pi / 2, duration=pulse_90)
    pulse = shape.pulse(channel=of.nucleus, duration=pulse_90, peak=peak, phase=0.0)
    longest = _longest(shape.name, tuple(shape.amplitude)) / fwhm
    return PulsePlan(
        nucleus=of.nucleus,
        shape=shape.name,
        length=pulse_90,
        power=power,
        peak_field=field,
        nutation=peak,
        band=excitation_width(pulse=pulse, fraction=BAND),
        excited=_excited(shape, pulse_90 * fwhm),
        longest=longest,
        longest_power=power * (pulse_90 / longest) ** 2,
        mean_square=float(np.mean(shape.amplitude**2)),
    )


def turned(angle: float) -> str:
    """Write an angle [rad] in degrees."""
    return f"{degrees(angle):.3g} degrees"


def _excited(shape: PulseShape, turns: float) -> float:
    """Part of a line that a pulse of 90 degrees excites, from width times length alone."""
    peak = shape.peak_from_angle(angle=pi / 2, duration=turns / _UNIT)
    pulse = shape.pulse(channel="any", duration=turns / _UNIT, peak=peak, phase=0.0)
    line = gaussian_offsets(fwhm=_UNIT, count=_OFFSETS)
    return excitation(line, pulse=pulse, relative_field_std=0.0).value


@cache
def _longest(name: str, amplitude: tuple[float, ...]) -> float:
    """Width of a line times length of the longest pulse that excites all but one per cent."""
    shape = PulseShape(name=name, amplitude=np.array(amplitude), phase=np.zeros(len(amplitude)))
    return float(brentq(lambda turns: _excited(shape, turns) - _WHOLE, 1e-2, 2.0, xtol=1e-5))

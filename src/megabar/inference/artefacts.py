r"""Why a ratio of two signals changes while the hydrogen stays: rivals of equal rank.

.. math:: x_{app}(t) = x(t)\, \frac{A_H(t)}{A_M(t)}, \quad A(0) = 1

Each factor is given twice: as a compiled scalar for the likelihood, and as a function of arrays for
people.

Twin: ``observables.efficiencies``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, erf, exp, log, pi, radians, sin, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

NONE: Final = 0
T1: Final = 1
WIDTH: Final = 2
COIL: Final = 3
GAIN: Final = 4
WALK: Final = 5
VISIBILITY: Final = 6
ECHO: Final = 7
FLOOR: Final = 8

DAYS_OF_DRIFT: Final = 30.0
"""Drifts are changes in this many days."""


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """One cause of a change that is no loss of hydrogen.

    Parameters
    ----------
    name, code
        By which it is called, and its number in the compiled functions.
    words
        What changes.
    drives
        Prior of what changes; cells differ in it.
    drives_in_proportion
        Whether the cells differ by factors (else by sums).
    others
        Priors of what else it needs; the last is replaced by a fact where that is known.
    witness
        Witness that shows the change itself, or ``""``.
    decided_by
        The record that tells.
    """

    name: str
    code: int
    words: str
    drives: str
    others: tuple[str, ...]
    decided_by: str
    drives_in_proportion: bool = False
    witness: str = ""


ARTEFACTS: Final[Mapping[str, Artefact]] = MappingProxyType(
    {
        one.name: one
        for one in (
            Artefact(
                name="t1", code=T1, words="T1 of 1H changes at a fixed repetition time",
                drives="t1_drift", others=("t1_initial", "repetition_time"), witness="t1",
                decided_by="one T1 or a second repetition time at every point",
            ),
            Artefact(
                name="width", code=WIDTH, words="the 1H line broadens past the dead time",
                drives="h_width_drift", others=("h_width_initial", "dead_time"), witness="h_width",
                decided_by="amplitudes extrapolated to the pulse, or a solid echo",
            ),
            Artefact(
                name="coil", code=COIL, words="the 1H resonator detunes",
                drives="detuning_drift", others=("detuning_initial", "quality_factor"),
                decided_by="a nutation at every point, or a reference sample",
            ),
            Artefact(
                name="gain", code=GAIN, words="the 1H gain drifts steadily",
                drives="gain_drift", others=(),
                decided_by="a log of the noise power, or a second channel",
            ),
            Artefact(
                name="walk", code=WALK, words="the 1H gain wanders",
                drives="walk_std", others=(), drives_in_proportion=True,
                decided_by="a log of the noise power, or a second channel",
            ),
            Artefact(
                name="visibility", code=VISIBILITY,
                words="hydrogen moves between pools that are seen and not seen",
                drives="visible_half_time", others=("visible_end",), drives_in_proportion=True,
                decided_by="a second moment, a solid echo, or the sum of all hydrogen",
            ),
            Artefact(
                name="echo", code=ECHO, words="the echo factor of the metal changes",
                drives="echo_drift", others=("echo_initial",), witness="metal_t2",
                decided_by="a free decay and echoes of the metal at several echo times",
            ),
            Artefact(
                name="floor", code=FLOOR,
                words="the sensitivity changes while the metal's signal sits on its noise floor",
                drives="floor_drift", others=("floor_share",),
                decided_by="a least-squares amplitude of the metal in the place of a magnitude",
            ),
        )
    }
)  # fmt: skip
"""Name -> artefact, in the order of their codes."""


@numba.njit(cache=True, error_model="numpy")
def recovered(repetition_over_t1: float, cosine: float, sine: float) -> float:
    """Share of the magnetisation that a steady train of pulses sees."""
    left = exp(-repetition_over_t1)
    return (1.0 - left) * sine / (1.0 - left * cosine)


@numba.njit(cache=True, error_model="numpy")
def seen_of_line(width: float, dead_time: float, bandwidth: float) -> float:
    """Share of a Gaussian line [Hz] after the dead time [s], inside the bandwidth [Hz] (0: all)."""
    phase = pi * width * dead_time
    after = exp(-phase * phase / (4.0 * log(2.0)))
    return after * erf(sqrt(log(2.0)) * bandwidth / width) if bandwidth > 0.0 else after


@numba.njit(cache=True, error_model="numpy")
def coil_response(half_widths_off: float) -> float:
    """Signal of a pulse that was 90 degrees on resonance; `half_widths_off` = 2 Q d."""
    b = 1.0 / sqrt(1.0 + half_widths_off * half_widths_off)
    return b * sin(pi * b / 2.0)


@numba.njit(cache=True, error_model="numpy")
def factors(
    code: int, days: float, drive: float, one: float, two: float, repetition: float, facts: Array
) -> tuple[float, float]:
    """Factor of 1H, and of the ratio 1H over metal, `days` after the start.

    Parameters
    ----------
    code
        Of the artefact.
    days
        Elapsed [day].
    drive
        What changes: per 30 days, or a half time [day] (visibility).
    one, two
        What else the artefact needs, in the order of ``Artefact.others``; the unit of its prior.
    repetition
        Repetition time of this point [ms].
    facts
        Cosine and sine of the flip angle, bandwidth [kHz] or 0.
    """
    spent = days / DAYS_OF_DRIFT
    if code == GAIN:
        ratio = exp(drive * spent)
    elif code == VISIBILITY:
        ratio = exp(one * (1.0 - 2.0 ** (-days / drive)))
    elif code == T1:
        now = recovered(repetition / (one * exp(drive * spent)), facts[0], facts[1])
        ratio = now / recovered(repetition / one, facts[0], facts[1])
    elif code == WIDTH:
        now = seen_of_line(one * exp(drive * spent), two * 1e-3, facts[2])
        ratio = now / seen_of_line(one, two * 1e-3, facts[2])
    elif code == COIL:
        now = coil_response(2.0 * two * (one + drive * spent))
        ratio = now / coil_response(2.0 * two * one)
    else:
        return _factors_of_metal(code, spent, drive, one)
    return ratio, ratio


@numba.njit(cache=True, error_model="numpy")
def _factors_of_metal(code: int, spent: float, drive: float, one: float) -> tuple[float, float]:
    if code == ECHO:
        return 1.0, one + (1.0 - one) * exp(-drive * spent)
    if code == FLOOR:
        signal = exp(drive * spent)
        return signal, signal * sqrt((1.0 + one * one) / (signal * signal + one * one))
    return 1.0, 1.0


def saturation_factor(
    *, repetition_time: float, t1: ArrayLike, initial_t1: float, flip_angle: float
) -> NDArray[np.float64]:
    r"""Compute how a steady train of pulses changes a signal when T1 does.

    .. math:: A = \frac{g(T_1)}{g(T_1(0))}, \quad
        g = \frac{(1 - E) \sin\theta}{1 - E \cos\theta}, \quad E = e^{-T_R/T_1}

    Parameters
    ----------
    repetition_time
        :math:`T_R` [s], start to start.
    t1
        :math:`T_1` [s], any shape.
    initial_t1
        :math:`T_1(0)` [s].
    flip_angle
        :math:`\theta` [degree].

    Returns
    -------
    :
        Factor of the amplitude, shape of ``t1``.

    Raises
    ------
    ValueError
        If a time is not positive.

    References
    ----------
    Ernst, Anderson, Rev. Sci. Instrum. 37, 93 (1966), doi:10.1063/1.1719961.

    Examples
    --------
    >>> factor = saturation_factor(
    ...     repetition_time=10e-3, t1=10.936e-3, initial_t1=1.5e-3, flip_angle=90.0)
    >>> print(f"{factor:.4f}")
    0.6000
    """
    times = np.asarray(t1, dtype=np.float64)
    if np.any(times <= 0) or min(initial_t1, repetition_time) <= 0:
        msg = "Found a T1 or repetition time that is not positive. Check their units."
        raise ValueError(msg)
    left = np.exp(-repetition_time / times)
    first = np.exp(-repetition_time / initial_t1)
    cosine = np.cos(np.radians(flip_angle))
    found = (1 - left) / (1 - left * cosine) * (1 - first * cosine) / (1 - first)
    return np.asarray(found, dtype=np.float64)


def dead_time_factor(*, fwhm: ArrayLike, dead_time: float, shape: str) -> NDArray[np.float64]:
    r"""Compute what is left of the amplitude of a line when the receiver opens.

    .. math:: A = e^{-(\pi W t_d)^2/(4 \ln 2)} \ \text{(Gaussian)}, \quad
        A = e^{-\pi W t_d} \ \text{(Lorentzian)}

    Parameters
    ----------
    fwhm
        :math:`W` [Hz], any shape.
    dead_time
        :math:`t_d` [s].
    shape
        ``"gaussian"`` or ``"lorentzian"``.

    Returns
    -------
    :
        Factor of the amplitude, shape of ``fwhm``.

    Raises
    ------
    ValueError
        If a width or the dead time is negative, or the shape is another.

    References
    ----------
    Abragam, Principles of Nuclear Magnetism, Oxford (1961), ch. IV.

    Examples
    --------
    >>> print(f"{dead_time_factor(fwhm=76e3, dead_time=5e-6, shape='gaussian'):.5f}")
    0.59809
    """
    widths = np.asarray(fwhm, dtype=np.float64)
    if np.any(widths < 0) or dead_time < 0 or shape not in ("gaussian", "lorentzian"):
        msg = (
            f"Found a {shape} line with a width or dead time below 0, or another shape; give "
            "'gaussian' or 'lorentzian' and two positive numbers."
        )
        raise ValueError(msg)
    phase = np.pi * widths * dead_time
    exponent = phase if shape == "lorentzian" else phase**2 / (4 * np.log(2))
    return np.asarray(np.exp(-exponent), dtype=np.float64)


def coil_factor(*, quality_factor: float, detuning: ArrayLike) -> NDArray[np.float64]:
    r"""Compute how a detuned resonator changes the signal of a pulse that is kept.

    .. math:: A = b \sin\frac{\pi b}{2}, \quad b = \frac{1}{\sqrt{1 + (2 Q d)^2}}

    Transmission and reception both lose b, by reciprocity.

    Parameters
    ----------
    quality_factor
        Q.
    detuning
        Relative detuning d, any shape.

    Returns
    -------
    :
        Factor of the amplitude, 1 on resonance, shape of ``detuning``.

    Raises
    ------
    ValueError
        If Q is not positive.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

    Examples
    --------
    >>> print(f"{coil_factor(quality_factor=40, detuning=0.0129):.5f}")
    0.61798
    """
    if quality_factor <= 0:
        msg = f"Found Q {quality_factor:g}; a resonator has a positive one."
        raise ValueError(msg)
    off = 2 * quality_factor * np.asarray(detuning, dtype=np.float64)
    b = 1 / np.sqrt(1 + off**2)
    return np.asarray(b * np.sin(np.pi * b / 2), dtype=np.float64)


def facts_of_pulse(flip_angle: float | None, bandwidth: float | None) -> NDArray[np.float64]:
    """Give the facts that :func:`factors` takes.

    Parameters
    ----------
    flip_angle
        Of the 1H pulse [degree]; None counts as 90.
    bandwidth
        Of the 1H receiver [kHz]; None counts as wide.

    Returns
    -------
    :
        Cosine, sine, bandwidth or 0, (3,).
    """
    angle = radians(90.0 if flip_angle is None else flip_angle)
    return np.array([cos(angle), sin(angle), bandwidth or 0.0])

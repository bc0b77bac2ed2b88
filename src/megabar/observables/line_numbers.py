"""What a fit of a line says in physical numbers, each with its error and its kind.

Twin: ``spins.moments``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import atan2, hypot, isfinite, log, nan, pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar import fitting
from megabar.observables.line_models import PHASE, SHAPES

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Observables by name: (value, standard error), and the kind of each.

    Parameters
    ----------
    values
        Name -> value and standard error.
    quality
        Name -> term of :data:`megabar.schemas.QUALITIES`.
    """

    values: dict[str, tuple[float, float]] = field(default_factory=dict)
    quality: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: float, std: float, quality: str = "value") -> Numbers:
        """Return these numbers and one more; a value without a finite error is no solution."""
        if quality == "value" and not (isfinite(value) and isfinite(std)):
            value, std, quality = nan, nan, "no solution"
        return Numbers(
            values={**self.values, name: (value, std)}, quality={**self.quality, name: quality}
        )


@dataclass(frozen=True, kw_only=True)
class Part:
    """One line of a fit, which may hold several.

    Parameters
    ----------
    fit
        The fit.
    suffix
        What its names end with for this line.
    """

    fit: fitting.Fit
    suffix: str

    def __getitem__(self, name: str) -> tuple[float, float]:
        return self.fit[self._name(name)]

    def covariance_of(self, *names: str) -> NDArray[np.float64]:
        """Give the covariance of some unknowns of this line."""
        return self.fit.covariance_of(*map(self._name, names))

    def _name(self, name: str) -> str:
        for ending in ("_real", "_imag"):
            if name.endswith(ending):
                return f"{name.removesuffix(ending)}{self.suffix}{ending}"
        return f"{name}{self.suffix}"


def numbers_from_fit(
    part: Part,
    *,
    known: Mapping[str, float],
    noise: tuple[float, float],
    n_scans: float,
    data_attrs: Mapping[str, Any],
    shape: str,
) -> Numbers:
    """Turn the unknowns of one fitted line into observables.

    Parameters
    ----------
    part
        The line in its fit.
    known
        What was not fitted.
    noise
        Rms per channel and its relative error.
    n_scans
        Number of scans accumulated.
    data_attrs
        Those of the data: carrier_frequency [Hz], and reference_frequency [Hz] if referenced.
    shape
        One of :data:`megabar.observables.line_models.SHAPES`.

    Returns
    -------
    :
        amplitude, area, snr_per_root_scan, noise, phase, line_frequency, shift, fwhm and
        second_moment, as far as they were not known.
    """
    level, relative = noise
    amplitude, std, angle = _amplitude(part, phase_known=PHASE in known)
    numbers = Numbers().add("amplitude", amplitude, std).add("area", amplitude, std)
    per_scan = level * sqrt(n_scans)
    snr_std = hypot(std, relative * amplitude) / per_scan
    numbers = numbers.add("snr_per_root_scan", amplitude / per_scan, snr_std)
    numbers = numbers.add("noise", level, relative * level)
    if angle is not None:
        numbers = numbers.add(PHASE, *angle)
    if "frequency" not in known:
        numbers = _with_place(numbers, part["frequency"], data_attrs)
    if not set(SHAPES[shape][1:]) <= set(known):
        numbers = _with_width(numbers, part, shape)
    return numbers


def _amplitude(part: Part, *, phase_known: bool) -> tuple[float, float, tuple[float, float] | None]:
    """Amplitude, its error, and the phase with error where it was free."""
    if phase_known:
        return (*part["amplitude"], None)
    names = ("amplitude_real", "amplitude_imag")
    real, imag = (part[name][0] for name in names)
    covariance = part.covariance_of(*names)
    size = hypot(real, imag)
    along, across = np.array([real, imag]) / size, np.array([-imag, real]) / size**2
    return (
        size,
        float(np.sqrt(along @ covariance @ along)),
        (atan2(imag, real), float(np.sqrt(across @ covariance @ across))),
    )


def _with_place(
    numbers: Numbers, frequency: tuple[float, float], attrs: Mapping[str, Any]
) -> Numbers:
    offset, std = frequency
    numbers = numbers.add("line_frequency", offset, std)
    reference = float(attrs.get("reference_frequency", nan))
    if isfinite(reference):
        shift = 1e6 * (attrs["carrier_frequency"] - reference + offset) / reference
        numbers = numbers.add("shift", shift, 1e6 * std / reference)
    return numbers


def _with_width(numbers: Numbers, part: Part, shape: str) -> Numbers:
    if shape == "voigt":
        numbers = numbers.add("fwhm", *_voigt_fwhm(part))
        moment, _ = second_moment_from_fwhm(*part["fwhm_gaussian"])
        return numbers.add("second_moment", moment, nan, "lower bound")  # Lorentzian part adds
    numbers = numbers.add("fwhm", *part["fwhm"])
    if shape == "lorentzian":
        return numbers.add("second_moment", nan, nan, "no solution")  # it does not exist
    return numbers.add("second_moment", *second_moment_from_fwhm(*part["fwhm"]))


def second_moment_from_fwhm(fwhm: float, std: float) -> tuple[float, float]:
    r"""Compute the second moment of a Gaussian line.

    .. math:: M_2 = \frac{(\pi W)^2}{2 \ln 2}

    A Lorentzian has none; that of a Voigt line is at least the moment of its Gaussian part.

    Parameters
    ----------
    fwhm
        W [Hz].
    std
        Its standard error [Hz].

    Returns
    -------
    :
        Second moment [rad2 s-2] and its standard error.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168.

    Examples
    --------
    >>> moment, _ = second_moment_from_fwhm(2 * np.sqrt(2 * np.log(2)), 0.0)  # sigma of 1 Hz
    >>> print(f"{np.sqrt(moment) / (2 * np.pi):.6f}")
    1.000000
    """
    moment = (pi * fwhm) ** 2 / (2 * log(2))
    return moment, 2 * moment * std / fwhm if fwhm > 0 else nan


def _voigt_fwhm(part: Part) -> tuple[float, float]:
    names = ("fwhm_gaussian", "fwhm_lorentzian")
    parts = np.array([part[name][0] for name in names])
    covariance = part.covariance_of(*names)
    covariance = np.where(np.isfinite(covariance), covariance, 0.0)  # a part at zero adds none

    def width_of(both: NDArray[np.float64]) -> float:
        return float(fitting.voigt_fwhm(fwhm_gaussian=both[0], fwhm_lorentzian=both[1]))

    width = width_of(parts)
    steps = 1e-6 * np.maximum(parts, 1e-3 * width)
    slope = [(width_of(parts + step) - width) / step.sum() for step in np.diag(steps)]
    return width, float(np.sqrt(slope @ covariance @ slope))

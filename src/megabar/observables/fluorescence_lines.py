r"""Lines of ruby and of samarium borate in a fluorescence spectrum.

.. math:: I(\lambda) = \sum_i \frac{A_i}{\pi} \frac{w_i/2}{(\lambda - \lambda_i)^2 + (w_i/2)^2}
    + b_0 + b_1 \lambda

R1 of ruby is the line of longer wavelength. Two lines are always fitted: R2 pulls a single one by
as much as a gigapascal.

Twin: ``matter.gauges``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting, schemas
from megabar.errors import SchemaError, Undetermined

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_USUAL_SPLITTING: Final = (1.2, 1.7)  # nm, of little stressed ruby
_SPLITTING: Final = 1.4  # nm
_SURE: Final = 5.0
_FEWEST: Final = 12


@dataclass(frozen=True, kw_only=True)
class RubyLines:
    """The doublet of ruby.

    Parameters
    ----------
    r1, r1_std, r2, r2_std
        Wavelengths and standard errors [nm].
    splitting, splitting_std
        R1 minus R2 [nm].
    fwhm
        Widths of R1 and R2 [nm].
    warnings
        What does not look like ruby that is little stressed.
    """

    r1: float
    r1_std: float
    r2: float
    r2_std: float
    splitting: float
    splitting_std: float
    fwhm: tuple[float, float]
    warnings: tuple[str, ...]


def ruby_lines(spectrum: xr.Dataset, *, window: tuple[float, float]) -> RubyLines:
    """Fit the doublet of ruby.

    Parameters
    ----------
    spectrum
        Sweep of intensity over wavelength [nm].
    window
        Range that holds both lines and some background [nm].

    Returns
    -------
    :
        The doublet; errors follow from the scatter around the fit. Another shape of line would move
        R1 by some 0.004 nm, a hundredth of a gigapascal.

    Raises
    ------
    SchemaError
        If the dataset is no spectrum over wavelengths.
    Undetermined
        If there is no doublet in the window.
    ValueError
        If the window holds too few points.

    References
    ----------
    Mao, Xu, Bell, J. Geophys. Res. 91, 4673 (1986), doi:10.1029/JB091iB05p04673.

    Examples
    --------
    >>> wave = np.arange(690, 700, 0.05)
    >>> light = sum(a / (1 + ((wave - at) / 0.4) ** 2) for a, at in ((10, 695.4), (6, 694.0)))
    >>> spectrum = schemas.sweep({"intensity": light}, coords={"wavelength": wave}, attrs={
    ...     "cell": "A", "current": float("nan"), "source": "example", "source_sha256": "0"})
    >>> found = ruby_lines(spectrum, window=(690, 700))
    >>> print(f"{found.r1:.2f} {found.r2:.2f}")
    695.40 694.00
    """
    wavelength, intensity = _inside(spectrum, window)
    lorentzian = fitting.line_lorentzian()
    model = fitting.combine(lorentzian, lorentzian, background=1, labels=("r1", "r2"))
    top = float(wavelength[np.argmax(intensity)])
    starts = [
        {"frequency_r1": high, "frequency_r2": high - _SPLITTING, "fwhm_r1": 0.8, "fwhm_r2": 0.8}
        for high in (top, top + _SPLITTING)
        if window[0] < high - _SPLITTING and high < window[1]
    ]
    fits = [
        fitting.fit(model, wavelength, intensity, start=start, noise_std=None) for start in starts
    ]
    if not fits:
        raise Undetermined(_no_doublet(window), quality="not determined")
    best = min(fits, key=lambda one: float(np.sum(one.residuals**2)))
    lines = sorted(("r1", "r2"), key=lambda name: -best[f"frequency_{name}"][0])
    for name in lines:
        area, std = best[f"area_{name}"]
        inside = window[0] < best[f"frequency_{name}"][0] < window[1]
        if not (inside and area > _SURE * std):
            raise Undetermined(_no_doublet(window), quality="not determined")
    (r1, r1_std), (r2, r2_std) = (best[f"frequency_{name}"] for name in lines)
    gap = best.derived(lambda a, b: a - b, *(f"frequency_{name}" for name in lines))
    return RubyLines(
        r1=r1,
        r1_std=r1_std,
        r2=r2,
        r2_std=r2_std,
        splitting=gap[0],
        splitting_std=gap[1],
        fwhm=(best[f"fwhm_{lines[0]}"][0], best[f"fwhm_{lines[1]}"][0]),
        warnings=_doubts(gap[0]),
    )


def samarium_line(spectrum: xr.Dataset, *, window: tuple[float, float]) -> tuple[float, float]:
    """Fit the 0-0 line of Sm:SrB4O7.

    Parameters
    ----------
    spectrum
        Sweep of intensity over wavelength [nm].
    window
        Range that holds the line and some background [nm].

    Returns
    -------
    :
        Wavelength and its standard error [nm].

    Raises
    ------
    SchemaError
        If the dataset is no spectrum over wavelengths.
    Undetermined
        If there is no line in the window.
    ValueError
        If the window holds too few points.

    Examples
    --------
    >>> wave = np.arange(690, 700, 0.05)
    >>> light = 10 / (1 + ((wave - 695.41) / 0.1) ** 2)
    >>> spectrum = schemas.sweep({"intensity": light}, coords={"wavelength": wave}, attrs={
    ...     "cell": "A", "current": float("nan"), "source": "example", "source_sha256": "0"})
    >>> print(f"{samarium_line(spectrum, window=(692, 699))[0]:.2f} nm")
    695.41 nm
    """
    wavelength, intensity = _inside(spectrum, window)
    model = fitting.combine(fitting.line_lorentzian(), background=1)
    fit = partial(fitting.fit, model, wavelength, intensity, noise_std=None)
    found = fit(start={"frequency": float(wavelength[np.argmax(intensity)]), "fwhm": 0.3})
    area, std = found["area"]
    if not (window[0] < found["frequency"][0] < window[1] and area > _SURE * std):
        msg = f"Found no line between {window[0]:g} and {window[1]:g} nm. Move the window."
        raise Undetermined(msg, quality="not determined")
    return found["frequency"]


def _inside(
    spectrum: xr.Dataset, window: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if schemas.check(spectrum).attrs["schema"] != "sweep/1" or "wavelength" not in spectrum.coords:
        msg = "Found no intensity over wavelength; lines of ruby need a fluorescence spectrum."
        raise SchemaError(msg)
    wavelength = np.asarray(spectrum["wavelength"].values, dtype=np.float64)
    intensity = np.asarray(spectrum["intensity"].values, dtype=np.float64)
    inside = (wavelength >= window[0]) & (wavelength <= window[1]) & np.isfinite(intensity)
    if np.count_nonzero(inside) < _FEWEST:
        msg = (
            f"Found {np.count_nonzero(inside)} points between {window[0]:g} and {window[1]:g} nm; "
            f"a fit needs {_FEWEST}. Widen the window."
        )
        raise ValueError(msg)
    return wavelength[inside], intensity[inside]


def _no_doublet(window: tuple[float, float]) -> str:
    return (
        f"Found no doublet of ruby between {window[0]:g} and {window[1]:g} nm. Move the window, or "
        "record the spectrum longer."
    )


def _doubts(splitting: float) -> tuple[str, ...]:
    low, high = _USUAL_SPLITTING
    if low <= splitting <= high:
        return ()
    return (
        f"R1 and R2 lie {splitting:.2f} nm apart; little stressed ruby shows {low} to {high} nm. "
        "The ruby is under stress, or a line of something else was taken for one of them.",
    )

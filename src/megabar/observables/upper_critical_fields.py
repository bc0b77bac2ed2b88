r"""Upper critical field and coherence length from critical temperatures at several fields.

.. math:: T_f(H): \quad H_{c2}(T_f) = H, \quad \xi = \sqrt{\Phi_0 / 2 \pi H_{c2}(0)}

Twin: ``superconductivity.upper_critical_fields``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.superconductivity.upper_critical_fields import (
    coherence_length,
    ginzburg_landau_field,
    whh_field,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

FORMS: Final = {"ginzburg-landau": ginzburg_landau_field, "whh": whh_field}
"""Hc2(T) by name."""

_FEWEST: Final = 3
_GRID: Final = 4001
_MEASURED: Final = 0.1  # of Tc: a field at zero is measured if the curve goes down to there


@dataclass(frozen=True, kw_only=True)
class UpperCriticalField:
    """A fitted Hc2(T).

    Parameters
    ----------
    model
        Name of :data:`FORMS`.
    field_at_zero, field_at_zero_std
        Hc2(0) [T].
    tc, tc_std
        Tc without a field [K].
    coherence_length, coherence_length_std
        [m].
    chi2, freedom
        Of the fit, and its degrees of freedom.
    lowest_reduced
        Lowest measured T / Tc.
    sentence
        How far Hc2(0) is extrapolated.
    """

    model: str
    field_at_zero: float
    field_at_zero_std: float
    tc: float
    tc_std: float
    coherence_length: float
    coherence_length_std: float
    chi2: float
    freedom: int
    lowest_reduced: float
    sentence: str


def upper_critical_field_of(
    found: Sequence[xr.Dataset], *, fields: Sequence[float], criterion: str, model: str
) -> UpperCriticalField:
    """Fit Hc2(T) to what sweeps at several fields gave.

    Parameters
    ----------
    found
        Observables of :func:`megabar.observables.critical_temperature`, one for each sweep.
    fields
        Field of each [T].
    criterion
        ``"tc_onset"``, ``"tc_midpoint"`` or ``"tc_zero"``, one for all.
    model
        Name of :data:`FORMS`.

    Returns
    -------
    :
        The fit.

    Raises
    ------
    ValueError
        As :func:`upper_critical_field`.
    """
    known = [
        (float(one[criterion]), float(one[f"{criterion}_std"]), float(field))
        for one, field in zip(found, fields, strict=True)
        if np.isfinite(one[criterion])
    ]
    temperatures, stds, kept = ([row[k] for row in known] for k in range(3))
    return upper_critical_field(temperatures=temperatures, stds=stds, fields=kept, model=model)


def upper_critical_field(
    *,
    temperatures: Sequence[float],
    stds: Sequence[float],
    fields: Sequence[float],
    model: str,
) -> UpperCriticalField:
    """Fit Hc2(T) to critical temperatures at several fields.

    The temperatures are what was measured, so their distances to the curve are what counts.

    Parameters
    ----------
    temperatures, stds
        Critical temperatures of one criterion and their standard errors [K].
    fields
        Field of each [T].
    model
        Name of :data:`FORMS`.

    Returns
    -------
    :
        The fit.

    Raises
    ------
    ValueError
        If the model is unknown, a standard error is not positive, fewer than three different
        fields are given, or the field does not lower Tc.

    References
    ----------
    Werthamer, Helfand, Hohenberg, Phys. Rev. 147, 295 (1966), doi:10.1103/PhysRev.147.295.

    Examples
    --------
    >>> fields = [0.0, 3.0, 6.0, 9.0]
    >>> temperatures = [250 * np.sqrt((1 - h / 136) / (1 + h / 136)) for h in fields]
    >>> fit = upper_critical_field(temperatures=temperatures, stds=[0.1] * 4, fields=fields,
    ...                            model="ginzburg-landau")
    >>> print(f"{fit.field_at_zero:.1f} T, {fit.coherence_length * 1e9:.3f} nm")
    136.0 T, 1.556 nm
    """
    from scipy.optimize import curve_fit

    t, sigma, h = (np.asarray(one, dtype=np.float64) for one in (temperatures, stds, fields))
    _refuse(t, sigma, h, model)
    reduced = np.linspace(1.0, 1e-4, _GRID)
    relative = FORMS[model](reduced, critical_temperature=1.0, field_at_zero=1.0)

    def place(field: NDArray[np.float64], tc: float, log_zero: float) -> NDArray[np.float64]:
        return np.asarray(tc * np.interp(field / np.exp(log_zero), relative, reduced))

    slope = float(np.polyfit(h, t, 1)[0])
    start = (float(t.max()), float(np.log(max(0.7 * t.max() / -slope, 1.05 * h.max()))))
    best, covariance = curve_fit(place, h, t, p0=start, sigma=sigma, absolute_sigma=True)
    at_zero = float(np.exp(best[1]))
    std = at_zero * sqrt(covariance[1, 1])
    length = coherence_length(at_zero)
    lowest = float(t.min() / best[0])
    words = f"measured down to {lowest:.2f} Tc and {h.max():g} T"
    if lowest > _MEASURED:
        words += f"; Hc2(0) is extrapolated by a factor {at_zero / h.max():.1f}"
    return UpperCriticalField(
        model=model,
        field_at_zero=at_zero,
        field_at_zero_std=std,
        tc=float(best[0]),
        tc_std=sqrt(covariance[0, 0]),
        coherence_length=length,
        coherence_length_std=length * std / at_zero / 2,
        chi2=float(np.sum(((t - place(h, *best)) / sigma) ** 2)),
        freedom=t.size - 2,
        lowest_reduced=lowest,
        sentence=words,
    )


def _refuse(
    t: NDArray[np.float64], sigma: NDArray[np.float64], h: NDArray[np.float64], model: str
) -> None:
    if model not in FORMS:
        msg = f"Found form {model!r} of the upper critical field; choose one of {', '.join(FORMS)}."
        raise ValueError(msg)
    if np.unique(h).size < _FEWEST:
        msg = (
            f"Found {np.unique(h).size} different fields; a fit of two unknowns says nothing of "
            f"its form below {_FEWEST}. Measure at further fields."
        )
        raise ValueError(msg)
    if np.any(sigma <= 0):
        msg = "Found a critical temperature without a positive standard error; give one to each."
        raise ValueError(msg)
    if np.polyfit(h, t, 1)[0] >= 0:
        msg = "Found a Tc that does not fall with the field; no upper critical field follows."
        raise ValueError(msg)

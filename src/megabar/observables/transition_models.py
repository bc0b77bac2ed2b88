r"""A smooth form of a whole transition, fitted: its Tc lies above the 90 % point, never beside it.

.. math:: r = I_0\!\left[F (1 - T/T_c)^{3/2}\right]^{-2}

Twin: ``superconductivity.resistances``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.superconductivity.resistances import broadened_transition

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.observables.transition_criteria import Curve

_WIDTH: Final = 1.2188  # (T90 - T10) / Tc = 1.2188 F^(-2/3)
_AROUND: Final = 4.0  # widths of 90 to 10 % on either side that are fitted
_FEWEST: Final = 8


@dataclass(frozen=True, kw_only=True)
class SmoothTransition:
    """The fitted form.

    Parameters
    ----------
    tc, tc_std
        Its critical temperature and standard error [K]; nan if it was not fitted.
    sharpness, sharpness_std
        F and its standard error.
    misfit
        Rms of what is left over, of r.
    """

    tc: float = nan
    tc_std: float = nan
    sharpness: float = nan
    sharpness_std: float = nan
    misfit: float = nan


def smooth_transition(curve: Curve, *, onset: float, foot: float) -> SmoothTransition:
    """Fit the form of a transition broadened by moving flux.

    Parameters
    ----------
    curve
        The curve.
    onset, foot
        Temperatures at which r is 0.9 and 0.1 [K].

    Returns
    -------
    :
        Tc and F. Errors hold what the form leaves over as well as noise.

    References
    ----------
    Tinkham, Phys. Rev. Lett. 61, 1658 (1988), doi:10.1103/PhysRevLett.61.1658.
    """
    from scipy.optimize import curve_fit

    width = onset - foot
    near = np.abs(curve.temperature - (onset + foot) / 2) <= _AROUND * width
    if not width > 0 or np.count_nonzero(near) < _FEWEST:
        return SmoothTransition()
    t, r = curve.temperature[near], curve.ratio[near]
    scale = onset - foot

    def form(t: NDArray[np.float64], place: float, log_sharpness: float) -> NDArray[np.float64]:
        return broadened_transition(
            t,
            critical_temperature=onset + place * scale,
            sharpness=float(np.exp(log_sharpness)),
        )

    start = (0.6, 1.5 * float(np.log(_WIDTH * onset / width)))
    bounds = ((-1.0, start[1] - 3), (4.0, start[1] + 3))
    best, covariance = curve_fit(form, t, r, p0=start, bounds=bounds)
    sharpness = float(np.exp(best[1]))
    return SmoothTransition(
        tc=onset + float(best[0]) * scale,
        tc_std=sqrt(covariance[0, 0]) * scale,
        sharpness=sharpness,
        sharpness_std=sharpness * sqrt(covariance[1, 1]),
        misfit=float(np.sqrt(np.mean((r - form(t, *best)) ** 2))),
    )

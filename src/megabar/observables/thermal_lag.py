r"""Thermal lag between thermometer and sample, from ramps of several rates.

.. math:: T_{50}(s) = T_c + \tau s, \quad s = dT/dt \text{ with its sign}

Two rates give Tc and the time constant; one rate bounds the error from below. A gradient that does
not depend on the rate stays unseen.

Twin: ``virtual``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_SIGMAS: Final = 3.0
_SAME_RATE: Final = 0.05  # of the largest rate: closer ones are one


@dataclass(frozen=True, kw_only=True)
class ThermalLag:
    """What several ramps say about the lag.

    Parameters
    ----------
    kind
        ``"fitted"``, ``"bound"`` (from both directions, without rates) or ``"one rate"``.
    tc, tc_std
        Midpoint at no rate [K]; nan unless fitted.
    tau, tau_std
        Time constant [s]; nan unless fitted.
    hysteresis, hysteresis_std
        Mean midpoint of warming minus cooling ramps [K]; nan without both.
    least_error
        What a single ramp is wrong by at least [K]; nan if nothing shows it.
    disagrees
        Whether the ramps differ by more than three standard errors.
    chi2
        Of the fit; 0 for two ramps.
    sentence
        All this in words.
    """

    kind: str
    tc: float = nan
    tc_std: float = nan
    tau: float = nan
    tau_std: float = nan
    hysteresis: float = nan
    hysteresis_std: float = nan
    least_error: float = nan
    disagrees: bool = False
    chi2: float = nan
    sentence: str = ""


def thermal_lag(found: Sequence[xr.Dataset]) -> ThermalLag:
    """Compare the midpoints of ramps of one sample on one thermometer.

    Parameters
    ----------
    found
        Observables of :func:`megabar.observables.critical_temperature`, one for each ramp.

    Returns
    -------
    :
        The fit or the bound.

    Raises
    ------
    ValueError
        If no ramp has a midpoint.
    """
    known = [one for one in found if np.isfinite(one["tc_midpoint"])]
    return lag_of(
        midpoints=[float(one["tc_midpoint"]) for one in known],
        stds=[float(one["tc_midpoint_std"]) for one in known],
        rates=[float(one.attrs["rate"]) for one in known],
        directions=[int(one.attrs["direction"]) for one in known],
    )


def lag_of(
    *,
    midpoints: Sequence[float],
    stds: Sequence[float],
    rates: Sequence[float],
    directions: Sequence[int],
) -> ThermalLag:
    """Fit Tc and the time constant to midpoints, or bound the error.

    Parameters
    ----------
    midpoints, stds
        T50 of each ramp and its standard error [K].
    rates
        dT/dt at the transition [K/s], signed; nan where not known.
    directions
        +1 warming, -1 cooling, 0 not known.

    Returns
    -------
    :
        The fit or the bound.

    Raises
    ------
    ValueError
        If there is no midpoint.

    Examples
    --------
    >>> lag = lag_of(midpoints=[130.8, 128.8], stds=[0.05, 0.05],
    ...              rates=[2 / 60, -3 / 60], directions=[1, -1])
    >>> print(f"{lag.tc:.1f} K, {lag.tau / 60:.2f} min")
    130.0 K, 0.40 min
    """
    t, sigma, s = (np.asarray(one, dtype=np.float64) for one in (midpoints, stds, rates))
    if t.size == 0:
        msg = "Found no ramp with a midpoint; the lag needs at least one, and two to be fitted."
        raise ValueError(msg)
    split, split_std = _hysteresis(t, sigma, np.sign(np.asarray(directions)))
    apart = float(np.ptp(t)) > _SIGMAS * hypot(*sigma[[int(t.argmin()), int(t.argmax())]])
    if t.size > 1 and np.all(np.isfinite(s)) and np.ptp(s) > _SAME_RATE * np.max(np.abs(s)):
        return _fitted(t, sigma, s, (split, split_std, bool(apart)))
    least = float(np.ptp(t)) / 2 if apart else nan
    kind = "bound" if t.size > 1 else "one rate"
    words = (
        f"ramps differ by {np.ptp(t):.3g} K: a single one is wrong by at least {least:.3g} K"
        if apart
        else "nothing shows the lag: the error from it is not known, and zero is no bound"
    )
    return ThermalLag(
        kind=kind,
        hysteresis=split,
        hysteresis_std=split_std,
        least_error=least,
        disagrees=bool(apart and t.size > 1),
        sentence=words,
    )


def _hysteresis(
    t: NDArray[np.float64], sigma: NDArray[np.float64], direction: NDArray[np.float64]
) -> tuple[float, float]:
    up, down = direction > 0, direction < 0
    if not (up.any() and down.any()):
        return nan, nan
    errors = [float(np.sqrt(np.sum(sigma[one] ** 2))) / int(one.sum()) for one in (up, down)]
    return float(t[up].mean() - t[down].mean()), hypot(*errors)


def _fitted(
    t: NDArray[np.float64],
    sigma: NDArray[np.float64],
    s: NDArray[np.float64],
    told: tuple[float, float, bool],
) -> ThermalLag:
    split, split_std, apart = told
    weights = 1 / np.maximum(sigma, 1e-9 * float(np.max(np.abs(t))))
    basis = np.stack([np.ones_like(s), s], axis=-1) * weights[:, None]
    covariance = np.linalg.inv(basis.T @ basis)
    tc, tau = map(float, covariance @ (basis.T @ (t * weights)))
    chi2 = float(np.sum(((t - tc - tau * s) * weights) ** 2))
    words = f"at no rate {tc:.4g} K, time constant {tau:.3g} s"
    if apart:
        words = f"ramps differ by {np.ptp(t):.3g} K; {words}"
    if tau < 0:
        words += "; a negative time constant is no lag: the ramps differ for another reason"
    return ThermalLag(
        kind="fitted",
        tc=tc,
        tc_std=sqrt(covariance[0, 0]),
        tau=tau,
        tau_std=sqrt(covariance[1, 1]),
        hysteresis=split,
        hysteresis_std=split_std,
        least_error=float(np.max(np.abs(tau * s))),
        disagrees=apart,
        chi2=chi2,
        sentence=words,
    )

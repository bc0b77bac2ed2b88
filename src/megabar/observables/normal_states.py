r"""The normal state of a resistance curve: fitted just above the transition, extrapolated below.

.. math:: R_N(T) = a + b T, \quad a + b T + c T^2, \quad \text{or Bloch and Grueneisen}

The window is given, or found: it begins three widths above the highest step and grows while what
the fit leaves over stays white. A window within the transition is refused.

Twin: ``superconductivity.resistances``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.observables.resistance_ramps import FEWEST, noise
from megabar.superconductivity.resistances import bloch_grueneisen

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.observables.resistance_ramps import Ramp

MODELS: Final = ("linear", "quadratic", "bloch-grueneisen")
"""Forms of a normal state, simplest first."""

CONSTANT: Final = "constant"
"""The mean of the window, only on request: half the height of a curve whose slope is no metal's."""

CHOSEN: Final = "chosen"
"""The word for letting the evidence choose among :data:`MODELS`."""

_UNKNOWNS: Final = {CONSTANT: 1, "linear": 2, "quadratic": 3, "bloch-grueneisen": 3}
_DECISIVE: Final = 6.0  # of AICc, that a curved form must gain over the straight line
_EXACT: Final = 1e-9  # of the resistance: what arithmetic leaves over
_LARGEST_CHANGE: Final = 0.3  # of r within the window
_LOWEST_IN_WINDOW: Final = 0.95
_LOWEST_NORMAL: Final = 0.2  # of its value at the window; below, an extrapolation is no state
_DEBYE: Final = np.geomspace(40.0, 4000.0, 41)


@dataclass(frozen=True, kw_only=True)
class NormalState:
    """A fitted normal state.

    Parameters
    ----------
    model
        One of :data:`MODELS`, or :data:`CONSTANT`.
    window
        Lowest and highest temperature of the fit [K].
    unknowns
        Factors of the columns of :meth:`basis`.
    covariance
        Of the unknowns, from the noise of the window.
    noise
        Standard deviation of one resistance in the window [ohm].
    debye_temperature
        Of Bloch and Grueneisen [K]; 0 for the others.
    correlation
        Of neighbouring residuals; near 0 where the model fits.
    """

    model: str
    window: tuple[float, float]
    unknowns: NDArray[np.float64]
    covariance: NDArray[np.float64]
    noise: float
    debye_temperature: float
    correlation: float

    def at(self, temperature: ArrayLike) -> NDArray[np.float64]:
        """Give the normal resistance [ohm] at temperatures [K] of any shape."""
        return np.asarray(self._basis(temperature) @ self.unknowns)

    def std_at(self, temperature: ArrayLike) -> NDArray[np.float64]:
        """Give its standard error from noise [ohm]."""
        basis = self._basis(temperature)
        variance = np.einsum("...i,ij,...j->...", basis, self.covariance, basis)
        return np.asarray(np.sqrt(variance), dtype=np.float64)

    def trusted(self, temperature: NDArray[np.float64]) -> slice:
        """Give the points down to which, and up to the window, the extrapolation is a state."""
        low, high = self.window
        normal = self.at(temperature)
        falls = np.flatnonzero((normal <= _LOWEST_NORMAL * self.at(low)) & (temperature < low))
        return slice(int(falls[-1]) + 1 if falls.size else 0, int(np.sum(temperature <= high)))

    def _basis(self, temperature: ArrayLike) -> NDArray[np.float64]:
        t = np.asarray(temperature, dtype=np.float64)
        if self.model == "bloch-grueneisen":
            return _phonons(t, self.debye_temperature)
        return _powers((t - self.window[0]) / (self.window[1] - self.window[0]), self.model)


def _powers(x: NDArray[np.float64], model: str) -> NDArray[np.float64]:
    return np.stack([x**k for k in range(_UNKNOWNS[model])], axis=-1)


def _phonons(t: NDArray[np.float64], debye_temperature: float) -> NDArray[np.float64]:
    shape = bloch_grueneisen(t, residual=0.0, coefficient=4.0, debye_temperature=debye_temperature)
    return np.stack([np.ones_like(t), shape], axis=-1)


def fitted(ramp: Ramp, *, window: tuple[float, float], model: str) -> NormalState:
    """Fit the normal state of a ramp in a window.

    Parameters
    ----------
    ramp
        The ramp.
    window
        Lowest and highest temperature [K].
    model
        One of :data:`MODELS`, :data:`CONSTANT`, or :data:`CHOSEN`: a curved form must win by more
        than 6 in AICc, counted over independent points, and stay positive below the window.

    Returns
    -------
    :
        The fit.

    Raises
    ------
    ValueError
        If the model is unknown, or the window holds fewer than four points.
    """
    if model not in (known := (*MODELS, CONSTANT, CHOSEN)):
        msg = f"Found normal state {model!r}; choose one of {', '.join(known)}."
        raise ValueError(msg)
    inside = ramp.inside(window)
    if np.count_nonzero(inside) < FEWEST:
        msg = (
            f"Found {np.count_nonzero(inside)} points between {min(window):g} and "
            f"{max(window):g} K; a normal state needs at least {FEWEST}. The ramp covers "
            f"{ramp.temperature[0]:g} to {ramp.temperature[-1]:g} K."
        )
        raise ValueError(msg)
    t, r = ramp.temperature[inside], ramp.resistance[inside]
    bounds = (float(t[0]), float(t[-1]))
    if model != CHOSEN:
        return _fit(t, r, bounds, model)
    straight = _fit(t, r, bounds, "linear")
    curved = [_fit(t, r, bounds, one) for one in MODELS[1:]] if t.size > 2 * FEWEST else []
    return _by_evidence(straight, curved, t, r)


def _by_evidence(
    straight: NormalState,
    curved: list[NormalState],
    t: NDArray[np.float64],
    r: NDArray[np.float64],
) -> NormalState:
    if not curved:
        return straight
    white = max(min(one.correlation for one in curved), 0.0)
    independent = t.size * (1 - white) / (1 + white)
    scores = {one.model: _aicc(one, t, r, independent) for one in (straight, *curved)}
    best = min(curved, key=lambda one: scores[one.model])
    return best if scores[best.model] < scores["linear"] - _DECISIVE else straight


def _aicc(
    state: NormalState, t: NDArray[np.float64], r: NDArray[np.float64], independent: float
) -> float:
    k = _UNKNOWNS[state.model] + 1
    if independent <= k + 1:
        return inf if state.model != "linear" else 0.0
    floor = (_EXACT * float(np.mean(np.abs(r)))) ** 2
    variance = max(float(np.mean((r - state.at(t)) ** 2)), floor)
    return independent * log(variance) + 2 * k * independent / (independent - k - 1)


def _fit(
    t: NDArray[np.float64], r: NDArray[np.float64], bounds: tuple[float, float], model: str
) -> NormalState:
    debye = 0.0
    if model == "bloch-grueneisen":
        debye, basis = _debye_temperature(t, r)
    else:
        basis = _powers((t - bounds[0]) / (bounds[1] - bounds[0]), model)
    unknowns = np.linalg.lstsq(basis, r, rcond=None)[0]
    left = r - basis @ unknowns
    spent = sqrt(t.size / max(t.size - basis.shape[1], 1))
    sigma = spent * noise(left)  # of r, a slope over uneven temperatures would count
    return NormalState(
        model=model,
        window=bounds,
        unknowns=np.asarray(unknowns, dtype=np.float64),
        covariance=np.asarray(sigma**2 * np.linalg.pinv(basis.T @ basis), dtype=np.float64),
        noise=sigma,
        debye_temperature=debye,
        correlation=_correlation(left),
    )


def _debye_temperature(
    t: NDArray[np.float64], r: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Search the Debye temperature on a grid, then between its neighbours."""
    from scipy.optimize import minimize_scalar

    few = np.linspace(0, t.size - 1, min(t.size, 60)).astype(int)
    t_few, r_few = t[few], r[few]

    def misfit(log_theta: float) -> float:
        basis = _phonons(t_few, float(np.exp(log_theta)))
        left = r_few - basis @ np.linalg.lstsq(basis, r_few, rcond=None)[0]
        return float(left @ left)

    grid = np.log(_DEBYE)
    place = int(np.argmin([misfit(one) for one in grid[::4]])) * 4
    low, high = grid[max(place - 4, 0)], grid[min(place + 4, grid.size - 1)]
    best = float(np.exp(minimize_scalar(misfit, bounds=(low, high), method="bounded").x))
    return best, _phonons(t, best)


def _correlation(left: NDArray[np.float64]) -> float:
    total = float(left @ left)
    return float(left[1:] @ left[:-1]) / total if total > 0 else 0.0


def why_refused(ramp: Ramp, state: NormalState) -> str:
    """Say why a window holds no normal state.

    Parameters
    ----------
    ramp
        The ramp.
    state
        What was fitted in its window.

    Returns
    -------
    :
        A sentence, empty if nothing speaks against the window.
    """
    inside = ramp.inside(state.window)
    normal = state.at(ramp.temperature[inside])
    if np.any(normal <= 0):
        return "the fitted normal state is not positive within its window"
    ratio = ramp.resistance[inside] / normal
    lowest = float(np.median(ratio[: max(3, ratio.size // 20)]))
    spread = float(np.ptp(ratio)) - 6 * state.noise / float(np.median(normal))
    if spread <= _LARGEST_CHANGE and lowest >= _LOWEST_IN_WINDOW:
        return ""
    return (
        f"the window lies in the transition: within it r changes by {np.ptp(ratio):.2f} and "
        f"begins at {lowest:.2f}"
    )


def neighbours(state: NormalState) -> tuple[tuple[tuple[float, float], str], ...]:
    """Give other windows and forms that could have been chosen as well: what they change counts.

    Parameters
    ----------
    state
        The chosen normal state.

    Returns
    -------
    :
        Window [K] and model: the lower and the upper two thirds and the whole, each straight and
        curved.
    """
    low, high = state.window
    third = (high - low) / 3
    windows = ((low, high), (low, high - third), (low + third, high))
    forms = (CONSTANT, "linear") if state.model == CONSTANT else MODELS[:2]
    return tuple((one, model) for one in windows for model in forms)

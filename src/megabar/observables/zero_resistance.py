r"""Where the resistance of a curve is gone, if it can be said.

.. math:: |R| < \max(k \sigma_\mathrm{low},\ 0.01\, R_N(T_{50}))

k is three, or as many as the number of points asks for: of a thousand, some exceed three.

Twin: ``superconductivity.networks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.observables.resistance_ramps import FEWEST, Ramp, noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZERO: Final = 0.01  # of the normal state
_SIGMAS: Final = 3.0
_CHANCE: Final = 0.02  # that noise alone leaves one point above the threshold


@dataclass(frozen=True, kw_only=True)
class Zero:
    """Whether zero is reached.

    Parameters
    ----------
    verdict
        ``"reached"``, ``"not reached"`` or ``"not decidable"``.
    reason
        Why.
    temperature, noise_std, criterion_std
        Highest temperature below which every point is below the threshold, its error from the
        spacing, and half the way that it moves between half and twice the threshold [K].
    threshold
        Of |R|/R_N.
    points
        How many are below.
    """

    verdict: str = "not reached"
    reason: str = ""
    temperature: float = nan
    noise_std: float = nan
    criterion_std: float = nan
    threshold: float = nan
    points: int = 0


def zero(ramp: Ramp, *, normal: float, foot: float, level: float) -> Zero:
    """Look for the temperature of zero resistance.

    Parameters
    ----------
    ramp
        The ramp.
    normal
        Normal resistance at the midpoint [ohm], a constant.
    foot
        Temperature at which r is 0.1 [K].
    level
        Noise of r in the normal state, for a low state of few points.

    Returns
    -------
    :
        The answer.
    """
    ratio = ramp.resistance / normal
    threshold = max(_noise_of_low_state(ratio[ramp.temperature < foot], level), _ZERO)
    count = _below(ratio, threshold)
    if count < FEWEST - 1:
        return _unreached(ramp, ratio, threshold)
    places = [
        float(ramp.temperature[max(_below(ratio, share * threshold) - 1, 0)])
        for share in (0.5, 1.0, 2.0)
    ]
    spacing = float(ramp.temperature[count] - ramp.temperature[count - 1])
    return Zero(
        verdict="reached",
        reason=f"{count} points below {100 * threshold:.2g} % of the normal state",
        temperature=places[1],
        noise_std=spacing / sqrt(12),
        criterion_std=(places[2] - places[0]) / 2,
        threshold=threshold,
        points=count,
    )


def _noise_of_low_state(low: NDArray[np.float64], level: float) -> float:
    """Give how far noise alone reaches: of all its points, of the coldest few, or from above."""
    from scipy.stats import norm, t

    chance = _CHANCE / 2 / max(low.size, 1)
    if low.size >= 2 * FEWEST:
        return max(_SIGMAS, float(norm.isf(chance))) * noise(low)
    from_above = max(_SIGMAS, float(norm.isf(chance))) * level
    if low.size < FEWEST:
        return from_above
    coldest = float(np.std(low[:FEWEST], ddof=1))
    return min(from_above, max(_SIGMAS, float(t.isf(chance, FEWEST - 1))) * coldest)


def _below(ratio: NDArray[np.float64], threshold: float) -> int:
    finite = np.flatnonzero(np.abs(ratio) >= threshold)
    return int(finite[0]) if finite.size else ratio.size


def _unreached(ramp: Ramp, ratio: NDArray[np.float64], threshold: float) -> Zero:
    place = int(np.argmin(np.abs(ratio)))
    reason = (
        f"the lowest resistance is {100 * ratio[place]:.2g} % of the normal state, at "
        f"{ramp.temperature[place]:.4g} K"
    )
    if ramp.digitised:
        reason += "; the zero of a curve taken from a picture is uncertain by about as much"
    verdict = "not decidable" if ramp.digitised else "not reached"
    return Zero(verdict=verdict, reason=reason, threshold=threshold)

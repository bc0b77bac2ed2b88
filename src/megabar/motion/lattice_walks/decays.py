"""A correlation as a sum of exponential decays: what every reversible walk gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import positive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_STATIC: Final = 1e-13  # of the largest rate: rounding of an eigenvalue that is zero
_BINS: Final = 400  # per decade of rate: S(0) and j(0) stay exact, the rest to 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class DecaySpectrum:
    r"""Correlation of the dipole coupling of one spin, as decays; callable as its j.

    .. math:: S(t) = S_\infty + \sum_m A_m e^{-\Lambda_m t}, \quad
        j(\omega) = \sum_m A_m \frac{2 \Lambda_m}{\Lambda_m^2 + \omega^2}

    Parameters
    ----------
    decay_rates
        Lambda [s-1], (mode,).
    weights
        A [m-6], (mode,); a few are negative where a finite cell is corrected by another.
    static_part
        What never decays [m-6]: couplings between atoms that stay near each other for ever.
    """

    decay_rates: NDArray[np.float64]
    weights: NDArray[np.float64]
    static_part: float

    @property
    def sum_r6(self) -> float:
        """S(0) without the static part [m-6]."""
        return float(self.weights.sum())

    def __call__(self, angular_frequency: ArrayLike) -> NDArray[np.float64]:
        """Give j [m-6 s] at angular frequencies [rad/s] of any shape; no static part."""
        omega = np.asarray(angular_frequency, dtype=np.float64)
        doubled = 2 * self.weights * self.decay_rates
        squares = self.decay_rates**2
        flat = [float((doubled / (squares + one * one)).sum()) for one in omega.ravel()]
        return np.array(flat, dtype=np.float64).reshape(omega.shape)

    def correlation(self, lags: ArrayLike) -> NDArray[np.float64]:
        """Give S [m-6] at lags [s] of any shape, static part included."""
        lag = np.abs(np.asarray(lags, dtype=np.float64))
        flat = [float(self.weights @ np.exp(-self.decay_rates * one)) for one in lag.ravel()]
        return np.array(flat, dtype=np.float64).reshape(lag.shape) + self.static_part

    def scaled(self, factor: float) -> DecaySpectrum:
        """Give the same walk with all its jumps faster by a factor; D grows by it too."""
        positive(factor, name="factor of the rates", unit="1")
        return DecaySpectrum(
            decay_rates=self.decay_rates * factor,
            weights=self.weights,
            static_part=self.static_part,
        )


def decays_from_modes(
    *, decay_rates: NDArray[np.float64], weights: NDArray[np.float64]
) -> DecaySpectrum:
    r"""Gather many modes into few that give the same correlation.

    Modes within 0.6 % of one rate become one, with the sum of their weights and the mean of their
    times, so that S(0) and j(0) are unchanged.

    Parameters
    ----------
    decay_rates
        [s-1], any shape; those below 1e-13 of the largest are static.
    weights
        [m-6], same shape, zero or more.

    Returns
    -------
    :
        The correlation.

    Examples
    --------
    >>> walk = decays_from_modes(decay_rates=np.array([0.0, 1, 2]), weights=np.array([5.0, 1, 1]))
    >>> walk.static_part, float(walk(0.0))
    (5.0, 3.0)
    """
    rates, amounts = decay_rates.ravel(), weights.ravel()
    static = rates <= _STATIC * rates.max(initial=0.0)
    held, rates, amounts = float(amounts[static].sum()), rates[~static], amounts[~static]
    labels = np.floor(np.log10(rates) * _BINS).astype(np.int64)
    labels -= labels.min(initial=0)
    gathered = np.bincount(labels, weights=amounts).astype(np.float64)
    times = np.bincount(labels, weights=amounts / rates)
    there = gathered > 0
    return DecaySpectrum(
        decay_rates=gathered[there] / times[there], weights=gathered[there], static_part=held
    )


def combined(parts: Sequence[tuple[float, DecaySpectrum]]) -> DecaySpectrum:
    """Add correlations, each times a factor.

    Parameters
    ----------
    parts
        Factor and correlation of each.

    Returns
    -------
    :
        Their sum.

    Examples
    --------
    >>> one = decays_from_modes(decay_rates=np.array([1.0]), weights=np.array([3.0]))
    >>> combined([(2.0, one), (-1.0, one)]).sum_r6
    3.0
    """
    return DecaySpectrum(
        decay_rates=np.concatenate([part.decay_rates for _, part in parts]),
        weights=np.concatenate([factor * part.weights for factor, part in parts]),
        static_part=sum(factor * part.static_part for factor, part in parts),
    )

"""A table of a correlation as decays with weights above zero, which every reversible walk has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import nnls

from megabar.motion.lattice_walks.decays import DecaySpectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_PER_DECADE: Final = 16
_LEAST_ERROR: Final = 1e-4  # of S(0): what exact walks themselves are known to
_LAST_SLOW: Final = 2.0  # decays slower than this over the last lag are those of the known tail


@dataclass(frozen=True, kw_only=True, eq=False)
class Anchors:
    """What is known of a correlation without a table.

    Parameters
    ----------
    start
        S(0) without its static part [m-6].
    slope
        Minus the first slope of S [m-6 s-1].
    slow
        A walk that ends in the same tail; its slowest decays are taken over.
    """

    start: float
    slope: float
    slow: DecaySpectrum


def decays_from_table(
    *, lags: Array, values: Array, std: Array, anchors: Anchors, fastest: float
) -> DecaySpectrum:
    r"""Fit decays with weights above zero to a correlation that was simulated.

    .. math:: \min_{A \ge 0} \sum_i \frac{1}{s_i^2} \Big[ S(t_i) - S_\text{slow}(t_i) - \sum_m A_m
        e^{-\Lambda_m t_i} \Big]^2

    together with S(0) and S'(0). Decays slower than the table can tell are those of a walk with the
    same tail. As no weight is below zero, :math:`R_2 \ge R_1`, and T1 keeps its floor.

    Parameters
    ----------
    lags
        Times [s], (lag,), above zero, rising.
    values
        S less its static part [m-6], (lag,).
    std
        Their standard errors [m-6], (lag,).
    anchors
        S(0), S'(0) and the tail.
    fastest
        Largest decay rate there is [s-1].

    Returns
    -------
    :
        The correlation, without a static part.

    References
    ----------
    Lawson, Hanson, Solving Least Squares Problems, SIAM (1995), doi:10.1137/1.9781611971217.

    Examples
    --------
    >>> tail = DecaySpectrum(decay_rates=np.array([1e-3]), weights=np.array([0.1]), static_part=0.0)
    >>> lags = np.geomspace(0.01, 20, 30)
    >>> found = decays_from_table(
    ...     lags=lags, values=tail.correlation(lags) + np.exp(-lags), std=np.full(30, 1e-4),
    ...     anchors=Anchors(start=1.1, slope=1.0001, slow=tail), fastest=10.0)
    >>> print(f"{float(found(0.0)) - float(tail(0.0)):.3f}")
    2.000
    """
    slowest = _LAST_SLOW / float(lags[-1])
    shared = anchors.slow.decay_rates < slowest
    slow = DecaySpectrum(
        decay_rates=anchors.slow.decay_rates[shared],
        weights=anchors.slow.weights[shared],
        static_part=0.0,
    )
    count = int(np.ceil(_PER_DECADE * np.log10(fastest / slowest))) + 1
    rates = np.geomspace(slowest, fastest, count)
    error = np.maximum(std, _LEAST_ERROR * anchors.start)
    start = anchors.start - slow.sum_r6
    slope = anchors.slope - float(slow.weights @ slow.decay_rates)
    rows = np.vstack(
        [
            np.exp(-np.outer(lags, rates)) / error[:, None],
            np.full(count, 1.0) / (_LEAST_ERROR * anchors.start),
            rates / (10 * _LEAST_ERROR * anchors.slope),
        ]
    )
    wanted = np.concatenate(
        [
            (values - slow.correlation(lags)) / error,
            [start / (_LEAST_ERROR * anchors.start), slope / (10 * _LEAST_ERROR * anchors.slope)],
        ]
    )
    weights, _ = nnls(rows, wanted)
    there = weights > 0
    return DecaySpectrum(
        decay_rates=np.concatenate([slow.decay_rates, rates[there]]),
        weights=np.concatenate([slow.weights, weights[there]]),
        static_part=0.0,
    )

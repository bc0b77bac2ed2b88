r"""Is there a line at all? The matched filter, its false alarms, and bounds where there is none.

The largest point of pure noise looks like a signal of about four times its rms, so a maximum is
never a detection. Here every candidate is weighed against the number of places that were searched.

.. math:: p(f, W) =
    \frac{|\sum_k g_W(t_k)\, s_k\, e^{-2\pi i f t_k}|^2}{2 \sigma^2 \sum_k g_W^2(t_k)}

is exponentially distributed with mean 1 where there is only noise of rms sigma per channel; the
largest of n such numbers exceeds p with a probability of at most n exp(-p), however correlated.

Twin: none; this is the statistics of noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEEPEST = 40.0  # exponent beyond which a probability counts as zero


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The best place for a line, and how far noise alone would have come.

    Parameters
    ----------
    frequency
        Offset from the carrier [Hz].
    envelope
        Index of the envelope that matched best.
    power
        Matched-filter power p; exponential with mean 1 in noise.
    trials
        Number of places searched, an upper bound of the independent ones.
    """

    frequency: float
    envelope: int
    power: float
    trials: int

    @property
    def false_alarm(self) -> float:
        """Probability that noise alone gives this power or more, at most."""
        return min(1.0, self.trials * exp(-min(self.power, 700.0)))


def best_candidate(
    signal: NDArray[np.complex128],
    *,
    time: NDArray[np.float64],
    envelopes: NDArray[np.float64],
    noise_std: float,
    frequencies: tuple[float, float] | float | None,
) -> Candidate:
    """Search frequencies and envelopes for the place where a line fits best.

    Parameters
    ----------
    signal
        Complex, (time,).
    time
        Evenly spaced [s], (time,).
    envelopes
        Real envelopes of unit amplitude at t = 0, (envelope, time).
    noise_std
        Rms of the noise per channel.
    frequencies
        Range searched [Hz], one frequency that is known [Hz], or None for the whole width.

    Returns
    -------
    :
        The candidate of largest power.

    Raises
    ------
    ValueError
        If no point of the frequency grid lies in the range.

    Examples
    --------
    >>> time = np.arange(256) * 1e-6
    >>> tone = 0.5 * np.exp(2j * np.pi * 31250 * time)
    >>> found = best_candidate(
    ...     tone, time=time, envelopes=np.ones((1, 256)), noise_std=1.0, frequencies=None)
    >>> print(f"{found.frequency:.0f} Hz, {found.power:.1f}")  # A^2 N / 2 sigma^2
    31250 Hz, 32.0
    """
    matched = envelopes * signal / np.sqrt(2 * np.sum(envelopes**2, axis=1, keepdims=True))
    if isinstance(frequencies, int | float):
        grid = np.array([float(frequencies)])
        values = matched @ np.exp(-2j * np.pi * frequencies * time)[:, None]
    else:
        length = 2 ** int(np.ceil(np.log2(2 * time.size)))
        grid = np.fft.fftfreq(length, d=(time[-1] - time[0]) / (time.size - 1))
        values = np.fft.fft(matched, n=length, axis=1)
        if frequencies is not None:
            inside = (grid >= min(frequencies)) & (grid <= max(frequencies))
            grid, values = grid[inside], values[:, inside]
    if grid.size == 0:
        msg = f"Found no frequency of this record between {frequencies} Hz. Widen the window."
        raise ValueError(msg)
    power = np.abs(values / noise_std) ** 2
    envelope, place = np.unravel_index(np.argmax(power), power.shape)
    return Candidate(
        frequency=float(grid[place]),
        envelope=int(envelope),
        power=float(power[envelope, place]),
        trials=power.size,
    )


def power_limit(*, false_alarm: float, trials: int) -> float:
    r"""Compute the power that noise alone exceeds with at most a given probability.

    .. math:: p = \ln(n / \alpha)

    Parameters
    ----------
    false_alarm
        :math:`\alpha`, between 0 and 1.
    trials
        Number n of places searched.

    Returns
    -------
    :
        The power.

    Examples
    --------
    >>> print(f"{power_limit(false_alarm=1e-3, trials=4096):.3f}")
    15.226
    """
    return log(trials / false_alarm)


def normal_tail(z: float) -> float:
    """Compute the probability that a standard normal number exceeds z.

    Parameters
    ----------
    z
        Threshold.

    Returns
    -------
    :
        Probability.

    Examples
    --------
    >>> print(f"{normal_tail(1.96):.3f}")
    0.025
    """
    from scipy.special import ndtr

    return float(ndtr(-z))


def normal_quantile(probability: float) -> float:
    """Compute the number that a standard normal one stays below with a given probability.

    Parameters
    ----------
    probability
        Between 0 and 1.

    Returns
    -------
    :
        Quantile.

    Examples
    --------
    >>> print(f"{normal_quantile(0.95):.3f}")
    1.645
    """
    from scipy.special import ndtri

    return float(ndtri(probability))


def amplitude_bound(*, power: float, probability: float) -> float:
    r"""Compute the amplitude that would have shown a larger power with a given probability.

    A line of amplitude A has :math:`2p` distributed as noncentral chi-square with two degrees of
    freedom and noncentrality :math:`(A/s)^2`, with s the error of A at known shape. The answer
    solves :math:`P(2p' > 2p) =` ``probability`` for A/s. At the detection threshold it is the
    detection limit; at the observed maximum it is the upper bound.

    Parameters
    ----------
    power
        Matched-filter power.
    probability
        Between 0 and 1.

    Returns
    -------
    :
        A/s.

    Examples
    --------
    >>> print(f"{amplitude_bound(power=0.0, probability=0.95):.2f}")
    0.00
    >>> print(f"{amplitude_bound(power=12.5, probability=0.95):.2f}")
    6.56
    """
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    threshold = 2 * power
    if ncx2.sf(threshold, 2, 1e-12) >= probability:
        return 0.0
    top = sqrt(threshold) + sqrt(2 * _STEEPEST)
    return float(brentq(lambda a: ncx2.sf(threshold, 2, a * a) - probability, 1e-6, top, xtol=1e-9))

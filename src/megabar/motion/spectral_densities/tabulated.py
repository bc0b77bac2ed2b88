"""From a correlation function in a table: cosine integral, static part, taper, tail."""

from __future__ import annotations

from functools import partial
from math import pi
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.motion.arguments import not_negative, positive
from megabar.motion.spectral_densities.model import Model
from megabar.motion.spectral_densities.tail import LongTimeTail

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from megabar.motion.spectral_densities.model import Array

TAPERS: Final = ("none", "hann")
"""Windows over the lags."""

_BLOCK: Final = 2_000_000  # lags times frequencies at a time


def from_correlation(
    *,
    lags: ArrayLike,
    values: ArrayLike,
    static_part: float,
    tail: LongTimeTail | None,
    taper: str = "none",
) -> Model:
    r"""Compute the spectral density of a correlation function that was simulated.

    .. math:: j(\omega) = 2 \int_0^{t_\text c} [S(t) - S_\infty] \cos \omega t \, \mathrm dt
        + \text{tail beyond } t_\text c

    S is straight between the points of the table, and that function is integrated exactly, at any
    frequency: no grid of a discrete transform, no aliases. The last lag t_c is a sharp cut-off.
    Cut the table at 5 to 8 correlation times before: the noise of later lags adds up without end,
    and a plateau that is no static part makes j(0) grow with t_c. A taper biases j low (Hann to 10
    tau: 4.5 %) and is meant for figures.

    Noise can make j negative; the error of j(0) is about
    :math:`\sqrt{4 t_\text c / (T n_\text{pairs})}` for a run of length T.

    Parameters
    ----------
    lags
        Times [s], (lag,), rising from 0.
    values
        S [m-6], (lag,), first value positive.
    static_part
        What never decays, S at infinite time [m-6]; from the sites of atoms that do not move, never
        the mean of a sample. 0 where all spins diffuse.
    tail
        What diffusion leaves beyond the last lag; None where nothing is left.
    taper
        ``"none"``, or ``"hann"``: times cos2(pi t / 2 t_c).

    Returns
    -------
    :
        j [m-6 s] over the angular frequency [rad/s]; its S(0) is the first value less the static
        part.

    Raises
    ------
    ValueError
        If the table is no function of rising lags from 0, if the static part reaches the first
        value, or if a taper is asked for together with a tail.
    UnknownWord
        If the taper is not one of :data:`TAPERS`.

    References
    ----------
    Filon, Proc. R. Soc. Edinburgh 49, 38 (1930), doi:10.1017/S0370164600026262, for the principle.

    Examples
    --------
    >>> lags = np.linspace(0, 40e-12, 4001)
    >>> density = from_correlation(
    ...     lags=lags, values=1e60 * np.exp(-lags / 2e-12), static_part=0.0, tail=None)
    >>> print(f"{density(0.0):.4e}")
    4.0000e+48
    """
    one_of(taper, TAPERS, name="taper")
    time, s = _table(lags, values)
    not_negative(static_part, name="static part", unit="m-6")
    s = s - static_part
    positive(s[0], name="S(0) less the static part", unit="m-6")
    if taper == "hann":
        if tail is not None:
            msg = (
                "Found a taper and a tail; a tapered correlation ends in zero and has no tail. "
                "Take the tail, with a sharp cut-off, for numbers; the taper for figures."
            )
            raise ValueError(msg)
        s = s * np.cos(pi / 2 * time / time[-1]) ** 2
    return Model(
        name="tabulated correlation",
        sum_r6=float(s[0]),
        shape=partial(_cosine_integral, time=time, s=s, tail=tail),
    )


def ratio_to_tail(*, lags: ArrayLike, values: ArrayLike, tail: LongTimeTail) -> tuple[float, float]:
    r"""Compute how far a table departs from its tail over the last factor of two in lag.

    .. math:: \frac{S(t)}{A t^{-3/2}}, \quad \tfrac12 t_\text c \le t \le t_\text c

    Append a tail only where both numbers lie within 0.8 to 1.25. A small cell, in which diffusion
    has reached the borders, ends below; a table cut too early above.

    Parameters
    ----------
    lags
        Times [s], (lag,), rising from 0.
    values
        S [m-6], (lag,), static part removed.
    tail
        The tail.

    Returns
    -------
    :
        Smallest and largest ratio.

    Raises
    ------
    ValueError
        If the table is no function of rising lags from 0.

    Examples
    --------
    >>> tail = LongTimeTail(number_density=3e29, diffusivity=1e-9)
    >>> lags = np.linspace(0, 1e-9, 11)
    >>> values = np.r_[1e60, 1.1 * tail.correlation(lags[1:])]
    >>> print("{:.2f} {:.2f}".format(*ratio_to_tail(lags=lags, values=values, tail=tail)))
    1.10 1.10
    """
    time, s = _table(lags, values)
    late = time >= time[-1] / 2
    ratio = s[late] / tail.correlation(time[late])
    return float(ratio.min()), float(ratio.max())


def _table(lags: ArrayLike, values: ArrayLike) -> tuple[Array, Array]:
    time = np.asarray(lags, dtype=np.float64)
    s = np.asarray(values, dtype=np.float64)
    if time.ndim != 1 or time.shape != s.shape or time.size < 2:
        msg = (
            f"Found lags {time.shape} and values {s.shape}; a table has one value for each of two "
            "lags or more. Hand in two lists of the same length."
        )
        raise ValueError(msg)
    if time[0] != 0 or not np.all(np.diff(time) > 0) or not np.all(np.isfinite(s)):
        msg = (
            f"Found lags from {time[0]:g} s that do not all rise, or values that are not finite; "
            "no integral follows. Hand in S from lag 0 on, in order, without gaps."
        )
        raise ValueError(msg)
    return time, s


def _cosine_integral(
    frequency: Array, *, time: Array, s: Array, tail: LongTimeTail | None
) -> Array:
    """Twice the exact integral of straight pieces, by parts: end point less slopes."""
    end = time[-1]
    middle, half, slope = (time[1:] + time[:-1]) / 2, np.diff(time) / 2, np.diff(s) / np.diff(time)
    density: Array = 2 * s[-1] * end * np.sinc(frequency * end / pi)
    density[frequency == 0] = 2 * np.trapezoid(s, time)
    moving = np.flatnonzero(frequency)
    rows = max(1, _BLOCK // time.size)
    for here in np.split(moving, range(rows, moving.size, rows)):
        omega = frequency[here, None]
        # cos at one end of a piece less cos at the other, as a product: nothing cancels
        density[here] -= (
            4 / frequency[here] ** 2 * ((np.sin(omega * middle) * np.sin(omega * half)) @ slope)
        )
    if tail is not None:
        density = density + tail.spectral_density_beyond(float(end), angular_frequency=frequency)
    return density

r"""The time with which a history falls, if its points are an exponential and go on long enough.

.. math:: y = p + (y_0 - p)\, e^{-t/\tau}

A time constant exists where this law describes the points and they go on for two of it. It is what
a critical temperature and a content of different cells can be compared by.

Twin: ``hydrogen.release``.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import fitting
from megabar.errors import FitFailed, Undetermined

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_ENOUGH_TIMES: Final = 2.0  # time constants that an end needs
_MISFIT: Final = 1e-3  # probability of the residuals below which the law does not describe them
_STARTS: Final = (0.15, 0.5, 1.5)  # of the days that are covered


def decay_time(elapsed: ArrayLike, value: ArrayLike, std: ArrayLike) -> tuple[float, float]:
    """Fit an exponential with a free end, and give its time.

    Parameters
    ----------
    elapsed
        Days, rising, (n,).
    value, std
        Points and their independent standard errors, (n,).

    Returns
    -------
    :
        Time and its standard error [day].

    Raises
    ------
    Undetermined
        If there are fewer than five points, no exponential describes them, or they end before two
        of its times.

    Examples
    --------
    >>> day = np.linspace(0, 60, 13)
    >>> noise = np.random.default_rng(1).normal(size=day.size)
    >>> time, std = decay_time(day, 80 + 80 * np.exp(-day / 12) + noise, np.ones(day.size))
    >>> print(f"{time:.1f}({std:.1f}) days")
    12.0(0.3) days
    """
    from scipy.special import gammaincc

    t, y, error = (np.asarray(one, dtype=np.float64) for one in (elapsed, value, std))
    if t.size < 5:
        raise _no_time(f"{t.size} points are too few for a time and an end")
    span = float(t[-1] - t[0])
    found = []
    for share in _STARTS:
        try:
            one = fitting.fit(
                fitting.exponential_decay(offset=True), t - t[0], y,
                start={"time_constant": share * span}, noise_std=error,
                bounds={"time_constant": (span / 200, 20 * span)},
            )  # fmt: skip
        except (FitFailed, Undetermined):
            continue
        found.append(one)
    if not found:
        raise _no_time("no exponential was found in the points")
    best = min(found, key=lambda one: one.chi2)
    time, time_std = best["time_constant"]
    if gammaincc(best.degrees_of_freedom / 2, best.chi2 / 2) < _MISFIT:
        raise _no_time(
            f"no exponential describes the points (chi2 {best.chi2:.0f} for "
            f"{best.degrees_of_freedom} of freedom)"
        )
    if best.at_bounds or not isfinite(time_std) or span < _ENOUGH_TIMES * time:
        raise _no_time("the points end before two times of their exponential")
    return float(time), float(time_std)


def _no_time(why: str) -> Undetermined:
    return Undetermined(f"Found no time of decay: {why}.", quality="not determined")

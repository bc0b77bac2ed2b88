"""Decays of spins whose local field is Gaussian and fluctuates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from megabar.motion.arguments import not_negative, positive

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def fid_from_second_moment(
    *, time: ArrayLike, second_moment: ArrayLike, correlation_time: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute the free induction decay of spins whose local field forgets with one time.

    .. math:: G(t) = \exp \left\{ -M_2 \tau^2 \left[ e^{-t/\tau} - 1 + t/\tau \right] \right\}

    Limits: :math:`e^{-M_2 t^2 / 2}` for slow, :math:`e^{-M_2 \tau t}` for fast motion.

    Parameters
    ----------
    time
        t [s], zero or more, any shape.
    second_moment
        Rigid second moment M2 [rad2 s-2]; broadcasts.
    correlation_time
        tau [s]; broadcasts.

    Returns
    -------
    :
        G, 1 at t = 0.

    Raises
    ------
    ValueError
        If a time is negative, or a moment or correlation time not positive.

    References
    ----------
    Anderson, Weiss, Rev. Mod. Phys. 25, 269 (1953), doi:10.1103/RevModPhys.25.269. Kubo, Tomita,
    J. Phys. Soc. Jpn. 9, 888 (1954), doi:10.1143/JPSJ.9.888.

    Examples
    --------
    >>> rigid = fid_from_second_moment(time=1e-6, second_moment=4e11, correlation_time=1.0)
    >>> print(f"{rigid:.6f}")
    0.818731
    """
    moment = positive(second_moment, name="second moment", unit="rad2 s-2")
    tau = positive(correlation_time, name="correlation time", unit="s")
    return np.exp(-moment * tau**2 * memory(not_negative(time, name="time", unit="s") / tau))


def fid_from_correlation(
    *, second_moment: float, lags: ArrayLike, correlation: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute the free induction decay of spins whose local field has a tabulated correlation.

    .. math:: G(t) = \exp \left[ -M_2 \int_0^t (t - t') \frac{S(t')}{S(0)} \, \mathrm dt' \right]

    The correlation is straight between the points of its table and integrated exactly.

    Parameters
    ----------
    second_moment
        Rigid second moment M2 [rad2 s-2], of what decays.
    lags
        Times [s], (lag,), rising from 0.
    correlation
        S, or any multiple of it, (lag,), positive at lag 0.

    Returns
    -------
    :
        G at the lags, (lag,).

    Raises
    ------
    ValueError
        If the table is no function of rising lags from 0, or the moment not positive.

    References
    ----------
    Kubo, Tomita, J. Phys. Soc. Jpn. 9, 888 (1954), doi:10.1143/JPSJ.9.888.

    Examples
    --------
    >>> lags = np.linspace(0, 2e-6, 3)
    >>> fid = fid_from_correlation(second_moment=4e11, lags=lags, correlation=np.ones(3))
    >>> print(" ".join(f"{value:.4f}" for value in fid))
    1.0000 0.8187 0.4493
    """
    moment = positive(second_moment, name="second moment", unit="rad2 s-2")
    time = np.asarray(lags, dtype=np.float64)
    s = np.asarray(correlation, dtype=np.float64)
    if time.ndim != 1 or time.shape != s.shape or time[0] != 0 or not np.all(np.diff(time) > 0):
        msg = (
            f"Found lags {time.shape} and correlations {s.shape} that are no function of lags "
            "rising from 0; no decay follows. Hand in one value per lag, in order."
        )
        raise ValueError(msg)
    g = s / positive(s[0], name="correlation at lag 0", unit="1")
    width = np.diff(time)
    area = np.concatenate([[0.0], np.cumsum(width * (g[1:] + g[:-1]) / 2)])
    # integral of the area, itself a parabola in each piece
    pieces = width * area[:-1] + width**2 * (2 * g[:-1] + g[1:]) / 6
    return np.asarray(np.exp(-moment * np.concatenate([[0.0], np.cumsum(pieces)])))


def t2_from_second_moment(
    *, second_moment: ArrayLike, correlation_time: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute T2 of a line well narrowed, from the couplings that commute with the field.

    .. math:: \frac{1}{T_2} = M_2 \tau

    For :math:`\sqrt{M_2} \tau \ll 1 \ll \omega_0 \tau`. In extreme narrowing it is 10/3 times
    that, see ``motion.relaxation``.

    Parameters
    ----------
    second_moment
        Rigid second moment M2 [rad2 s-2], any shape.
    correlation_time
        tau [s]; broadcasts.

    Returns
    -------
    :
        T2 [s].

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Kubo, Tomita, J. Phys. Soc. Jpn. 9, 888 (1954), doi:10.1143/JPSJ.9.888.

    Examples
    --------
    >>> print(f"{t2_from_second_moment(second_moment=4e11, correlation_time=1e-8):.1e} s")
    2.5e-04 s
    """
    moment = positive(second_moment, name="second moment", unit="rad2 s-2")
    tau = positive(correlation_time, name="correlation time", unit="s")
    return np.asarray(1 / (moment * tau), dtype=np.float64)


def memory(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute exp(-u) - 1 + u without cancellation.

    Parameters
    ----------
    u
        Time over correlation time, any shape.

    Returns
    -------
    :
        Integral of the correlation from 0 to u, integrated again.

    Examples
    --------
    >>> print(f"{memory(np.array(1e-9)):.6e}")
    5.000000e-19
    """
    series = u**2 / 2 * (1 - u / 3 * (1 - u / 4 * (1 - u / 5 * (1 - u / 6))))
    return np.where(u < 1e-2, series, np.expm1(-u) + u)

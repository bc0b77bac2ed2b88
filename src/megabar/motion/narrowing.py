r"""Line and free induction decay from rigid to narrowed by motion.

.. math:: G(t) = \exp \left[ -M_2 \int_0^t (t - t') g(t') \, \mathrm dt' \right]

with g the normalised correlation of the local field (Anderson, Weiss, Kubo). The local field is
Gaussian: the rigid line comes out as a Gaussian of second moment M2, whereas rigid hydrides have
flatter lines, 1.35 times as wide at half height, and decays that beat. Only parts of the coupling
that commute with the static field enter; where :math:`\omega_0 \tau` is below about 3 the others
count as well and R2 comes from ``motion.relaxation``.

Twin: ``observables.lines``.
"""

from __future__ import annotations

from math import exp, log, pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import not_negative, positive

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

HALF_NARROWING: Final = 0.646717
"""sqrt(M2) tau where the line is half as wide as the rigid Gaussian."""

_RIGID: Final = 8 * log(2)  # square of the width of a Gaussian over its variance
_DECAYED: Final = 40.0  # exponent at which a decay is over
_POINTS: Final = 12  # Gauss-Legendre points per panel
_PANELS: Final = 400
_FASTEST, _SLOWEST = 1e-4, 1e8  # sqrt(M2) tau, beyond which limits are exact to 1e-8


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
    return np.exp(-moment * tau**2 * _memory(not_negative(time, name="time", unit="s") / tau))


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


def line_from_second_moment(
    *, frequency: ArrayLike, second_moment: float, correlation_time: float
) -> NDArray[np.float64]:
    r"""Compute the line of spins whose local field forgets with one time.

    .. math:: I(\nu) = 2 \int_0^\infty G(t) \cos 2 \pi \nu t \, \mathrm dt

    Quadrature in time; absolute error below 1e-8 of the height at the centre.

    Parameters
    ----------
    frequency
        Offset from the centre of the line [Hz], any shape, within some 20 widths.
    second_moment
        Rigid second moment M2 [rad2 s-2].
    correlation_time
        tau [s].

    Returns
    -------
    :
        Line of unit area [Hz-1], shape of the frequency.

    Raises
    ------
    ValueError
        If the moment or the time is not positive.

    References
    ----------
    Kubo, Tomita, J. Phys. Soc. Jpn. 9, 888 (1954), doi:10.1143/JPSJ.9.888.

    Examples
    --------
    >>> height = line_from_second_moment(frequency=0.0, second_moment=4e11, correlation_time=1.0)
    >>> print(f"{height * sqrt(4e11 / 2 / 3.141592653589793):.6f}")
    1.000000
    """
    positive(second_moment, name="second moment", unit="rad2 s-2")
    positive(correlation_time, name="correlation time", unit="s")
    rigid = sqrt(second_moment)
    omega = 2 * pi * np.asarray(frequency, dtype=np.float64) / rigid
    line = _reduced_line(np.atleast_1d(omega).ravel(), rigid * correlation_time)
    return np.asarray(2 * line / rigid, dtype=np.float64).reshape(omega.shape)


def fwhm_from_second_moment(
    *, second_moment: ArrayLike, correlation_time: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute the width of a line from rigid to narrowed.

    .. math:: \text{FWHM} = \frac{\sqrt{M_2}}{2 \pi} f(\sqrt{M_2} \tau), \quad
        f \to \begin{cases} \sqrt{8 \ln 2} & \text{rigid} \\ 2 \sqrt{M_2} \tau & \text{narrowed}
        \end{cases}

    The width of the line computed by quadrature, to a relative 1e-6. In the narrowed limit it is
    :math:`M_2 \tau / \pi`.

    Parameters
    ----------
    second_moment
        Rigid second moment M2 [rad2 s-2], any shape.
    correlation_time
        tau [s]; broadcasts.

    Returns
    -------
    :
        Full width at half maximum [Hz].

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    Anderson, Weiss, Rev. Mod. Phys. 25, 269 (1953), doi:10.1103/RevModPhys.25.269.

    Examples
    --------
    >>> width = fwhm_from_second_moment(second_moment=4.4229e11, correlation_time=1.5036e-8)
    >>> print(f"{width:.0f} Hz")
    2117 Hz
    """
    rigid = np.sqrt(positive(second_moment, name="second moment", unit="rad2 s-2"))
    tau = positive(correlation_time, name="correlation time", unit="s")
    reduced = np.asarray(rigid * tau)
    widths = np.array([_reduced_width(float(s)) for s in reduced.ravel()]).reshape(reduced.shape)
    return np.asarray(rigid * widths / (2 * pi), dtype=np.float64)


def correlation_time_from_fwhm(*, fwhm: float, second_moment: float) -> float:
    r"""Compute the correlation time at which motion would narrow a rigid line to a width.

    If other causes broaden the line too, the true time is shorter: it is an upper bound, and the
    diffusivity from it a lower one.

    Parameters
    ----------
    fwhm
        Full width at half maximum [Hz], below that of the rigid Gaussian.
    second_moment
        Rigid second moment M2 [rad2 s-2].

    Returns
    -------
    :
        tau [s].

    Raises
    ------
    ValueError
        If an argument is not positive, or the width is not below the rigid one.

    References
    ----------
    Anderson, Weiss, Rev. Mod. Phys. 25, 269 (1953), doi:10.1103/RevModPhys.25.269.

    Examples
    --------
    >>> tau = correlation_time_from_fwhm(fwhm=1350.0, second_moment=4.4045e11)
    >>> print(f"{tau:.2e} s")
    9.63e-09 s
    """
    from scipy.optimize import brentq

    positive(fwhm, name="width", unit="Hz")
    positive(second_moment, name="second moment", unit="rad2 s-2")
    rigid = sqrt(second_moment)
    wanted = 2 * pi * fwhm / rigid
    if wanted >= _reduced_width(_SLOWEST):
        gaussian = sqrt(_RIGID) * rigid / (2 * pi)
        msg = (
            f"Found a width of {fwhm:g} Hz, not below the {gaussian:g} Hz of the rigid Gaussian "
            "line; no motion is seen. Check the second moment."
        )
        raise ValueError(msg)
    if wanted < 2 * _FASTEST:
        return wanted / (2 * rigid)
    found = brentq(
        lambda x: log(_reduced_width(exp(x)) / wanted), log(_FASTEST), log(_SLOWEST), xtol=1e-9
    )
    return exp(found) / rigid


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


def fwhm_from_t2(*, t2: ArrayLike) -> NDArray[np.float64]:
    r"""Compute the width that a T2 leaves to a line without other broadening.

    .. math:: \text{FWHM} = \frac{1}{\pi T_2}

    What a line has beyond is inhomogeneous, and says nothing of motion.

    Parameters
    ----------
    t2
        T2 [s], any shape.

    Returns
    -------
    :
        Full width at half maximum of the Lorentzian [Hz].

    Raises
    ------
    ValueError
        If a time is not positive.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), ch. III.

    Examples
    --------
    >>> print(f"{fwhm_from_t2(t2=1.5e-3):.2f} Hz")
    212.21 Hz
    """
    return np.asarray(1 / (pi * positive(t2, name="T2", unit="s")), dtype=np.float64)


def _memory(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(-u) - 1 + u without cancellation."""
    series = u**2 / 2 * (1 - u / 3 * (1 - u / 4 * (1 - u / 5 * (1 - u / 6))))
    return np.where(u < 1e-2, series, np.expm1(-u) + u)


def _reduced_line(omega: NDArray[np.float64], s: float) -> NDArray[np.float64]:
    """Half the transform of the decay, time and frequency in units of 1/sqrt(M2) and sqrt(M2)."""
    end = _end_of_decay(s)
    # panels of equal length, preceded by some that resolve the start, as short as tau
    first = end / _PANELS
    early = np.geomspace(min(s, first) * 1e-3, first, 24)
    edges = np.concatenate([[0.0], early, np.linspace(first, end, _PANELS)[1:]])
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    half = np.diff(edges)[:, None] / 2
    t = (edges[:-1, None] + half * (1 + points)).ravel()
    decay = (half * weights).ravel() * np.exp(-(s**2) * _memory(t / s))
    return np.array([np.cos(one * t) @ decay for one in omega])


def _end_of_decay(s: float) -> float:
    """Time at which the exponent is surely above 40, from exp(-u) - 1 + u >= u2/(2 + u)."""
    return (_DECAYED + sqrt(_DECAYED**2 + 8 * _DECAYED * s**2)) / (2 * s)


def _reduced_width(s: float) -> float:
    """FWHM over sqrt(M2) [rad], by bracketing the exact line around an interpolation."""
    from scipy.optimize import brentq

    if s < _FASTEST:
        return 2 * s
    if s > _SLOWEST:
        return sqrt(_RIGID)
    half = _reduced_line(np.zeros(1), s)[0] / 2
    guess = _interpolated_width(s) / 2
    found = brentq(
        lambda omega: _reduced_line(np.array([omega]), s)[0] - half,
        0.8 * guess,
        1.25 * guess,
        rtol=1e-10,
    )
    return float(2 * found)


def _interpolated_width(s: float) -> float:
    """Width that solves w2 = 8 ln2 (2/pi) arctan(pi w s / 8 ln2), within 6 % of the exact one."""
    from scipy.optimize import brentq

    return float(
        brentq(
            lambda w: w**2 - _RIGID * (2 / pi) * np.arctan(pi / _RIGID * w * s),
            s / 10 * min(1, 1 / s),
            2 * sqrt(_RIGID),
        )
    )

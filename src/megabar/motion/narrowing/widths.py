"""Lines and widths of spins whose local field is Gaussian and fluctuates."""

from __future__ import annotations

from math import exp, log, pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.narrowing.decays import memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

HALF_NARROWING: Final = 0.646717
"""sqrt(M2) tau where the line is half as wide as the rigid Gaussian."""

_RIGID: Final = 8 * log(2)  # square of the width of a Gaussian over its variance
_DECAYED: Final = 40.0  # exponent at which a decay is over
_POINTS: Final = 12  # Gauss-Legendre points per panel
_PANELS: Final = 400
_FASTEST, _SLOWEST = 1e-4, 1e8  # sqrt(M2) tau, beyond which limits are exact to 1e-8


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
    time, decay = _weighted_decay(rigid * correlation_time)
    line = np.array([np.cos(one * time) @ decay for one in omega.ravel()])
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


def _weighted_decay(s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give times in units of 1/sqrt(M2), and the decay there times the quadrature weight."""
    end = _end_of_decay(s)
    # panels of equal length, preceded by some that resolve the start, as short as tau
    first = end / _PANELS
    early = np.geomspace(min(s, first) * 1e-3, first, 24)
    edges = np.concatenate([[0.0], early, np.linspace(first, end, _PANELS)[1:]])
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    half = np.diff(edges)[:, None] / 2
    t = (edges[:-1, None] + half * (1 + points)).ravel()
    return t, (half * weights).ravel() * np.exp(-(s**2) * memory(t / s))


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
    time, decay = _weighted_decay(s)
    half = decay.sum() / 2
    guess = _interpolated_width(s) / 2
    found = brentq(
        lambda omega: np.cos(omega * time) @ decay - half, 0.8 * guess, 1.25 * guess, rtol=1e-10
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

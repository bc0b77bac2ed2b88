"""Named efficiencies: which part of the nuclei an amplitude shows, each with error and source.

Twin: ``spins.sequences``.
"""

from __future__ import annotations

from math import cos, degrees, exp, hypot, log, pi, sin, sqrt
from typing import TYPE_CHECKING, Final

from megabar.errors import one_of
from megabar.observables.factors import FIELD, Factor, Moved, combined_std, turned_by
from megabar.observables.measured_words import measured

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "FIELD",
    "SHAPES",
    "Factor",
    "Moved",
    "bandwidth",
    "combined_std",
    "dead_time_loss",
    "echo_decay",
    "refocusing",
    "steady_state",
    "turned_by",
    "visible_fraction",
]

SHAPES: Final = ("lorentzian", "gaussian")
"""Line shapes whose decay is known in closed form here."""


def steady_state(
    *,
    repetition_time: float,
    t1: float,
    t1_std: float,
    flip_angle: float,
    sequence: str,
    echo_delay: float | None = None,
    second_flip_angle: float | None = None,
    flip_angle_std: float | None = None,
    counts: str = "signal",
) -> Factor:
    r"""Compute how much of the equilibrium signal is there at each scan of a steady state.

    .. math:: \text{fid: } m = \frac{1 - E}{1 - E \cos\theta_1}, \quad
        \text{echo: } m = \frac{1 - E_r + (E_r - E) \cos\theta_2}
        {1 - E \cos\theta_1 \cos\theta_2}, \quad
        \epsilon = m \sin\theta_1

    with :math:`E = e^{-T_R/T_1}`, :math:`E_r = e^{-(T_R - \tau)/T_1}`; two pulses of 90 degrees
    leave :math:`1 - E_r`, 90 and 180 degrees :math:`1 - 2 E_r + E`. The part of
    the echo that a second pulse off its angle refocuses is
    :func:`megabar.observables.echo_angles.refocusing_by_angle`.

    Valid for short pulses, one T1, transverse magnetisation that is gone before the next scan, and
    for echoes spins that have dephased by the second pulse and exchange places or polarisation
    within a scan, as mobile hydrogen does. A static inhomogeneous line, in which every spin meets
    the second pulse at the same phase in every scan, gives an 8-step solid echo 1.8 % lower at
    :math:`T_R = T_1` and 0.03 % at :math:`3 T_1`; with two pulses of 65 degrees 10 % and 1.5 %.

    Parameters
    ----------
    repetition_time
        :math:`T_R` from start to start [s].
    t1
        [s].
    t1_std
        Its standard error [s].
    flip_angle
        :math:`\theta_1` of the only pulse, or of the first one [rad].
    sequence
        ``"fid"``, ``"hahn-echo"`` or ``"solid-echo"``.
    echo_delay
        :math:`\tau` between the pulses of an echo [s].
    second_flip_angle
        :math:`\theta_2` of an echo [rad]; without it twice the first one for a Hahn echo and the
        same for a solid echo, as a detuned coil weakens both.
    flip_angle_std
        Standard error of the first angle, the second one off by the same part [rad]; without it
        the angle is taken as exact.
    counts
        ``"signal"``: :math:`\epsilon`; ``"longitudinal"``: m alone, beside a factor that counts
        what the first pulse makes of it, such as
        :func:`megabar.observables.pulse_efficiencies.excitation`.

    Returns
    -------
    :
        Factor ``steady_state``, its error from those of T1 and the angle.

    Raises
    ------
    UnknownWord
        If the sequence is not one of the three, or what counts not one of the two.
    ValueError
        If a time is not positive, the echo delay is missing or too long, or an angle leaves no
        signal.

    References
    ----------
    Ernst, Anderson, Rev. Sci. Instrum. 37, 93 (1966), doi:10.1063/1.1719961.

    Examples
    --------
    >>> from math import pi
    >>> one = steady_state(repetition_time=10e-3, t1=1.5e-3, t1_std=0, flip_angle=pi / 2,
    ...                    sequence="fid")
    >>> print(f"{one.value:.4f}")
    0.9987
    """
    one_of(sequence, ("fid", "hahn-echo", "solid-echo"), name="sequence")
    one_of(counts, ("signal", "longitudinal"), name="what counts")
    if not (repetition_time > 0 and t1 > 0 and t1_std >= 0 and flip_angle > 0):
        msg = (
            f"Found repetition time {repetition_time:g} s, T1 {t1:g}({t1_std:g}) s and flip angle "
            f"{flip_angle:g} rad; all must be positive. A bound on T1 gives a bound on the "
            "content: state it as such."
        )
        raise ValueError(msg)
    second = _second_angle(sequence, flip_angle, second_flip_angle)
    tau = 0.0 if sequence == "fid" else _echo_delay_within(repetition_time, echo_delay)

    def value_at(time: float, scale: float) -> float:
        angles = scale * flip_angle, scale * second
        left = _longitudinal(angles, tau=tau / time, rest=repetition_time / time)
        return left * sin(angles[0]) if counts == "signal" else left

    value = value_at(t1, 1.0)
    step = 1e-6 * t1
    slope = (value_at(t1 + step, 1.0) - value_at(t1 - step, 1.0)) / (2 * step)
    part = (flip_angle_std or 0.0) / flip_angle
    turned = turned_by(lambda scale: value_at(t1, scale), part)
    return Factor(
        name="steady_state",
        value=value,
        std=hypot(slope * t1_std, value * turned),
        moved_by=((FIELD, turned),) if turned else (),
        source=(
            f"{sequence} of {degrees(flip_angle):.4g} degrees: "
            f"TR {measured(repetition_time, 0, 's')}, T1 {measured(t1, t1_std, 's')}"
        ),
    )


def _longitudinal(angles: tuple[float, float], *, tau: float, rest: float) -> float:
    """Compute the steady state of two pulses, times over T1; of a FID the second turns nothing."""
    first, second = map(cos, angles)
    whole, behind = exp(-rest), exp(-(rest - tau))
    return (1 - behind + (behind - whole) * second) / (1 - whole * first * second)


def _second_angle(sequence: str, first: float, stated: float | None) -> float:
    if sequence == "fid":
        return 0.0
    if stated is not None:
        return stated
    return 2 * first if sequence == "hahn-echo" else first


def _echo_delay_within(repetition_time: float, echo_delay: float | None) -> float:
    if echo_delay is None or not 0 <= echo_delay < repetition_time:
        msg = (
            f"Found echo_delay {echo_delay}; the steady state of an echo needs the time between "
            f"its pulses, from 0 to below the repetition time {repetition_time:g} s."
        )
        raise ValueError(msg)
    return echo_delay


def echo_decay(*, echo_delay: float, t2: float, t2_std: float) -> Factor:
    r"""Compute what irreversible decay leaves of an echo at its top.

    .. math:: e^{-2\tau/T_2}

    Valid for exponential T2 decay. Reversible dephasing is no part of it: the fitted echo form
    takes care of that.

    Parameters
    ----------
    echo_delay
        :math:`\tau` between the pulses [s].
    t2
        [s].
    t2_std
        Its standard error [s].

    Returns
    -------
    :
        Factor ``echo_decay``.

    Raises
    ------
    ValueError
        If a time is not positive.

    References
    ----------
    Hahn, Phys. Rev. 80, 580 (1950), doi:10.1103/PhysRev.80.580.

    Examples
    --------
    >>> print(f"{echo_decay(echo_delay=25e-6, t2=500e-6, t2_std=0).value:.4f}")  # exp(-0.1)
    0.9048
    """
    if not (echo_delay >= 0 and t2 > 0 and t2_std >= 0):
        msg = f"Found echo delay {echo_delay:g} s and T2 {t2:g}({t2_std:g}) s; both are positive."
        raise ValueError(msg)
    value = exp(-2 * echo_delay / t2)
    return Factor(
        name="echo_decay",
        value=value,
        std=value * 2 * echo_delay / t2**2 * t2_std,
        source=f"tau {measured(echo_delay, 0, 's')}, T2 {measured(t2, t2_std, 's')}",
    )


def dead_time_loss(*, dead_time: float, fwhm: float, fwhm_std: float, shape: str) -> Factor:
    r"""Compute what is left of a decay at the end of the dead time.

    .. math:: \text{lorentzian: } e^{-\pi W t_d}, \quad
        \text{gaussian: } e^{-(\pi W t_d)^2 / 4 \ln 2}

    Only for amplitudes that were *not* extrapolated back to t = 0; those of
    :func:`megabar.observables.lines.line` are.

    Parameters
    ----------
    dead_time
        :math:`t_d` from the centre of the pulse [s].
    fwhm
        W [Hz].
    fwhm_std
        Its standard error [Hz].
    shape
        ``"lorentzian"`` or ``"gaussian"``.

    Returns
    -------
    :
        Factor ``dead_time``, the other shape of the same width as its alternative.

    Raises
    ------
    UnknownWord
        If the shape is another one.

    Examples
    --------
    >>> one = dead_time_loss(dead_time=5e-6, fwhm=50e3, fwhm_std=0, shape="gaussian")
    >>> print(f"{one.value:.4f}")
    0.8005
    """
    one_of(shape, SHAPES, name="shape")
    exponents = _exponents(fwhm * dead_time)
    order = 1 if shape == "lorentzian" else 2
    value = exp(-exponents[shape])
    return Factor(
        name="dead_time",
        value=value,
        std=value * exponents[shape] * order * fwhm_std / fwhm,
        source=(
            f"{shape}: dead time {measured(dead_time, 0, 's')}, "
            f"FWHM {measured(fwhm, fwhm_std, 'Hz')}"
        ),
        alternatives=_visible((name, exp(-exponents[name])) for name in exponents if name != shape),
    )


def _exponents(turns: float) -> dict[str, float]:
    """Exponents of the decay of each shape after so many turns at the full width."""
    turn = pi * turns
    return {"lorentzian": turn, "gaussian": turn**2 / (4 * log(2))}


def _visible(readings: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Keep the readings that leave anything to divide by."""
    return tuple((name, value) for name, value in readings if value > 0)


def refocusing(*, echo_delay: float, fwhm: float, shape: str) -> float:
    r"""Compute the echo of two 90 degree pulses relative to the full decay, linear broadening.

    .. math:: \eta = \tfrac12 [1 + G(2\tau)]

    It is part of the echo form that :func:`megabar.observables.lines.line` fits, so it is no
    :class:`Factor` of such an amplitude; it corrects an amplitude that was read at the echo top.
    Valid for spins 1/2 and others whose broadening is linear in the spin (shift, field,
    heteronuclear); first-order quadrupole broadening refocuses less.

    Parameters
    ----------
    echo_delay
        :math:`\tau` between the pulses [s].
    fwhm
        [Hz].
    shape
        ``"lorentzian"`` or ``"gaussian"``.

    Returns
    -------
    :
        :math:`\eta`, from 1/2 to 1.

    Raises
    ------
    UnknownWord
        If the shape is another one.

    References
    ----------
    Powles, Strange, Proc. Phys. Soc. 82, 6 (1963), doi:10.1088/0370-1328/82/1/303.

    Examples
    --------
    >>> print(f"{refocusing(echo_delay=25e-6, fwhm=8e3, shape='gaussian'):.3f}")
    0.783
    """
    one_of(shape, SHAPES, name="shape")
    return 0.5 * (1 + exp(-_exponents(2 * echo_delay * fwhm)[shape]))


def visible_fraction(*, hidden: float, hidden_std: float, left: float, source: str) -> Factor:
    r"""Compute which part of the nuclei is not hidden behind the dead time.

    .. math:: \epsilon = 1 - f_h

    Valid if the decay of the hidden nuclei has ended by the dead time, as that of rigid hydrogen
    has beside a narrow line of mobile one; what is left of it bends the fit of the narrow line.

    Parameters
    ----------
    hidden
        :math:`f_h`, part of the nuclei that are rigid, 0 to below 1.
    hidden_std
        Its standard error.
    left
        What is left of their decay after the dead time, over its start; of ``spins.rigid_lines``
        or measured by a solid echo.
    source
        How the part is known.

    Returns
    -------
    :
        Factor ``visible_fraction``; as an alternative, hidden nuclei of which so much is still in
        the amplitude.

    Raises
    ------
    ValueError
        If a part is no part of 1, or the error is negative.

    Examples
    --------
    >>> one = visible_fraction(hidden=0.2, hidden_std=0.05, left=0.01, source="solid echo")
    >>> print(f"{one.value:.2f} {one.std:.2f} {one.alternatives[0][1]:.3f}")
    0.80 0.05 0.802
    """
    if not (0 <= hidden < 1 and hidden_std >= 0 and 0 <= left <= 1):
        msg = (
            f"Found a hidden part of {hidden:g}({hidden_std:g}) of which {left:g} is left; parts "
            "lie between 0 and 1, and if all is hidden no factor makes up for it."
        )
        raise ValueError(msg)
    return Factor(
        name="visible_fraction",
        value=1 - hidden,
        std=hidden_std,
        source=f"{measured(hidden, hidden_std, '')} hidden by the dead time: {source}",
        alternatives=(("what is left of hidden nuclei counted", 1 - hidden * (1 - left)),),
    )


def bandwidth(*, dwell: float) -> Factor:
    r"""Compute what the sampling rate does to a signal-to-noise ratio.

    .. math:: \sqrt{\Delta t / 1\,\mathrm{\mu s}}

    The noise of one point grows as the root of the bandwidth. Valid for a receiver of bandwidth
    1/dwell and white noise; the unit of time cancels between the record and its precursor.

    Parameters
    ----------
    dwell
        :math:`\Delta t`, time between points [s].

    Returns
    -------
    :
        Factor ``bandwidth``.

    Raises
    ------
    ValueError
        If the dwell is not positive.

    Examples
    --------
    >>> print(f"{bandwidth(dwell=0.25e-6).value:.2f}")
    0.50
    """
    if not dwell > 0:
        msg = f"Found dwell {dwell:g} s; the bandwidth is its inverse, so it must be positive."
        raise ValueError(msg)
    return Factor(
        name="bandwidth",
        value=sqrt(dwell / 1e-6),
        std=0.0,
        source=f"root of the dwell {measured(dwell, 0, 's')} over 1 us",
    )

"""Named efficiencies: which part of the nuclei an amplitude shows, each with error and source.

Twin: ``spins.sequences``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, isfinite, log, pi, sin, sqrt
from typing import TYPE_CHECKING

from megabar.errors import one_of

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One named efficiency: the part of the nuclei that the amplitude at t = 0 shows.

    Parameters
    ----------
    name
        For example ``"steady_state"``.
    value
        Between 0 and 1 as a rule, always positive.
    std
        Its standard error.
    source
        Where it comes from: formula, measurement or citation.
    common
        Whether its error is the same for a whole series (an assumed value) or belongs to this
        point (a measured one).
    alternatives
        Other readings of the same line, name and value of the factor, such as
        ``("field gradients", 0.361)``.
    shared
        Name of the quantity whose error this is, where the same factor of another day hangs on the
        same one, such as ``"attenuator"``: what equal names share cancels from a ratio of the two.
    """

    name: str
    value: float
    std: float
    source: str
    common: bool = False
    alternatives: tuple[tuple[str, float], ...] = ()
    shared: str = ""

    def __post_init__(self) -> None:
        if not (isfinite(self.value) and self.value > 0 and isfinite(self.std) and self.std >= 0):
            msg = (
                f"Found factor {self.name} = {self.value}({self.std}); the content divides by it, "
                "so it needs a positive value and a finite error."
            )
            raise ValueError(msg)
        for reading, value in self.alternatives:
            if not (isfinite(value) and value > 0):
                msg = (
                    f"Found factor {self.name} = {value} for {reading!r}; the content divides by "
                    "it, so every reading is positive. Leave out one that hides the line."
                )
                raise ValueError(msg)

    @property
    def relative_std(self) -> float:
        """Relative standard error."""
        return self.std / self.value


def _signal_left(ratio: float, flip_angle: float) -> float:
    decay = exp(-ratio)
    return (1 - decay) * sin(flip_angle) / (1 - decay * cos(flip_angle))


def steady_state(
    *,
    repetition_time: float,
    t1: float,
    t1_std: float,
    flip_angle: float,
    sequence: str,
    echo_delay: float | None = None,
) -> Factor:
    r"""Compute how much of the equilibrium signal is there at each scan of a steady state.

    .. math:: \text{fid: } \frac{(1 - E) \sin\theta}{1 - E \cos\theta}, \quad
        \text{90-tau-180: } 1 - 2 e^{-(T_R - \tau)/T_1} + E, \quad
        \text{90-tau-90: } 1 - e^{-(T_R - \tau)/T_1}, \quad E = e^{-T_R/T_1}

    Valid for transverse magnetisation that is gone before the next scan, ideal pulses, and one
    T1; the last form for spins that have dephased by the second pulse.

    Parameters
    ----------
    repetition_time
        :math:`T_R` from start to start [s].
    t1
        [s].
    t1_std
        Its standard error [s].
    flip_angle
        :math:`\theta` of the only pulse, or of the first one, which must then be 90 degrees [rad].
    sequence
        ``"fid"``, ``"hahn-echo"`` or ``"solid-echo"``.
    echo_delay
        :math:`\tau` between the pulses of an echo [s].

    Returns
    -------
    :
        Factor ``steady_state``, its error from that of T1.

    Raises
    ------
    UnknownWord
        If the sequence is not one of the three.
    ValueError
        If a time is not positive, or the echo delay is missing or too long.

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
    if not (repetition_time > 0 and t1 > 0 and t1_std >= 0):
        msg = (
            f"Found repetition time {repetition_time:g} s and T1 {t1:g}({t1_std:g}) s; both must "
            "be positive. A bound on T1 gives a bound on the content: state it as such."
        )
        raise ValueError(msg)

    def value_at(time: float) -> float:
        if sequence == "fid":
            return _signal_left(repetition_time / time, flip_angle)
        tau = _echo_delay_within(repetition_time, echo_delay)
        if abs(flip_angle - pi / 2) > 1e-6:
            msg = f"Found flip angle {flip_angle:g} rad; the echo form holds for 90 degrees only."
            raise ValueError(msg)
        left = exp(-(repetition_time - tau) / time)
        return 1 - left if sequence == "solid-echo" else 1 - 2 * left + exp(-repetition_time / time)

    value = value_at(t1)
    step = 1e-6 * t1
    slope = (value_at(t1 + step) - value_at(t1 - step)) / (2 * step)
    return Factor(
        name="steady_state",
        value=value,
        std=abs(slope) * t1_std,
        source=f"{sequence}: TR {repetition_time:g} s, T1 {t1:g}({t1_std:g}) s",
    )


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
        source=f"tau {echo_delay:g} s, T2 {t2:g}({t2_std:g}) s",
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
    one_of(shape, ("lorentzian", "gaussian"), name="shape")
    turn = pi * fwhm * dead_time
    exponents = {"lorentzian": turn, "gaussian": turn**2 / (4 * log(2))}
    order = 1 if shape == "lorentzian" else 2
    value = exp(-exponents[shape])
    return Factor(
        name="dead_time",
        value=value,
        std=value * exponents[shape] * order * fwhm_std / fwhm,
        source=f"{shape}: dead time {dead_time:g} s, FWHM {fwhm:g}({fwhm_std:g}) Hz",
        alternatives=_visible((name, exp(-exponents[name])) for name in exponents if name != shape),
    )


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
    left = dead_time_loss(dead_time=2 * echo_delay, fwhm=fwhm, fwhm_std=0.0, shape=shape)
    return 0.5 * (1 + left.value)


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
        source=f"root of the dwell {dwell:g} s in microseconds",
    )

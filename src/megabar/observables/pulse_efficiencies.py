"""Efficiencies of real pulses on real lines, from the spin engine.

A content compares two nuclei that are excited, refocused and hidden in different ways. Each
function here gives one :class:`~megabar.observables.factors.Factor`: value, error and where it
comes from. What is not known, such as what broadens a line, goes into the error as a range.

Twin: ``spins.echoes``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.observables.factors import Factor, factor_of_field
from megabar.observables.measured_words import measured
from megabar.spins.echoes import echo_from_two_pulses, lines_after_pulse
from megabar.spins.level_nodes import (
    nodes_from_couplings,
    nodes_of_gaussian_couplings,
    nodes_of_gaussian_shifts,
    nodes_with_offsets,
)
from megabar.spins.phase_tables import pathway_weights_from_phases
from megabar.spins.sequences import IdealPulse, Pulse, Relaxation
from megabar.spins.transition_weights import hard_pulse_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.spins.level_nodes import LevelNodes, OffsetDistribution
    from megabar.spins.phase_tables import PhaseTable

SEEN: Final = ("all", "central")
"""Which transitions an amplitude counts."""

PULSES: Final = ("hard", "selective")
"""How a pulse compares with the quadrupole coupling."""

_DARK: Final = 1e-6  # an echo of rounding errors, no reading to divide by
_SURE: Final = 3.0  # standard errors above zero that a visible part needs


def excitation(
    line: OffsetDistribution, *, pulse: Pulse | IdealPulse, relative_field_std: float
) -> Factor:
    r"""Compute how much of a line a pulse excites.

    .. math:: \epsilon = \sum_j w_j |M_{xy}(\Delta_j)|

    Valid for broadening by shifts and fields, each part counted at its own phase: that is what an
    amplitude extrapolated to the effective time zero of the pulse shows. It contains the sine of
    the flip angle: :func:`megabar.observables.efficiencies.steady_state` counts
    ``"longitudinal"`` beside it.

    Parameters
    ----------
    line
        Offsets from the carrier with weights, as of ``spins.level_nodes``.
    pulse
        What is applied.
    relative_field_std
        Standard error of its field over the field.

    Returns
    -------
    :
        Factor ``excitation``; its error is the larger change for one standard error of the field.

    Raises
    ------
    ValueError
        If the error of the field is negative.

    Examples
    --------
    >>> from megabar.spins.level_nodes import gaussian_offsets
    >>> from megabar.spins.pulse_shapes import gaussian_shape
    >>> shape = gaussian_shape(truncation=0.01, slices=32)
    >>> peak = shape.peak_from_angle(angle=math.pi / 2, duration=14e-6)
    >>> pulse = shape.pulse(channel="1H", duration=14e-6, peak=peak, phase=0.0)
    >>> for fwhm in (1.35e3, 50e3):
    ...     one = excitation(gaussian_offsets(fwhm=fwhm, count=65), pulse=pulse,
    ...                      relative_field_std=0.0)
    ...     print(f"{one.value:.3f}")
    1.000
    0.991
    """
    alone = nodes_from_couplings(spin=0.5, coupling=[0.0], offset=0.0, weight=[1.0])
    nodes = nodes_with_offsets(alone, line)

    def part(scale: float) -> float:
        lines = lines_after_pulse(nodes, pulse=pulse.scaled(scale), t2=math.inf)
        return float(np.abs(lines.amplitude).sum())

    width = math.sqrt(float(line.weight @ line.offset**2))
    return factor_of_field(
        part,
        relative_field_std,
        name="excitation",
        source=f"{words_of_pulse(pulse)} on a line of {width / 1e3:.3g} kHz rms",
    )


def transition_fraction(*, spin: float, seen: str, pulse: str = "hard") -> Factor:
    r"""Compute the part of the signal that lies in the transitions counted.

    .. math:: \text{central, hard pulse: } \frac{3 (I + 1/2)^2}{2 I (I+1)(2I+1)}, \quad
        \text{central, selective pulse of 90 degrees: } \frac{3 (I + 1/2)}{2 I (I+1)(2I+1)}

    over the signal of a hard pulse of 90 degrees in all transitions. A hard pulse is far stronger
    than the quadrupole coupling, a selective one far weaker; between them see
    :func:`excited_fraction`.

    Parameters
    ----------
    spin
        Quantum number I; half-integer for the central transition.
    seen
        ``"all"`` or ``"central"``.
    pulse
        ``"hard"``, or ``"selective"``, which turns the central transition alone, by 90 degrees of
        its own nutation; it is then all that is seen.

    Returns
    -------
    :
        Factor ``transition_fraction``, 4/21 for the central transition of I = 7/2, with what the
        other readings of the line would give as alternatives.

    Raises
    ------
    UnknownWord
        If the transitions or the pulse are not one of the two.
    ValueError
        If the spin has no central transition.

    References
    ----------
    Samoson, Lippmaa, Phys. Rev. B 28, 6567 (1983), doi:10.1103/PhysRevB.28.6567.

    Examples
    --------
    >>> for pulse in PULSES:
    ...     one = transition_fraction(spin=3.5, seen="central", pulse=pulse)
    ...     print(f"{one.value * 21:.6f}")
    4.000000
    1.000000
    """
    one_of(seen, SEEN, name="transitions")
    one_of(pulse, PULSES, name="pulse")
    readings = {"all transitions": 1.0}
    if seen == "central" or pulse == "selective" or round(2 * spin) % 2:
        weights = hard_pulse_weights(spin)
        share = float(weights[_central(spin)] / weights.sum())
        readings |= {"central transition": share, "selective pulse": share / (spin + 0.5)}
    reading = "all transitions" if seen == "all" else "central transition"
    if pulse == "selective":
        reading = "selective pulse"
    others = readings.items() if spin > 1 else ()
    return Factor(
        name="transition_fraction",
        value=readings[reading],
        std=0.0,
        source=f"I = {spin:g}, {seen}, {pulse} pulse",
        alternatives=tuple((name, value) for name, value in others if name != reading),
    )


def excited_fraction(
    nodes: LevelNodes, *, pulse: Pulse | IdealPulse, seen: str, relative_field_std: float
) -> Factor:
    r"""Compute what a pulse excites of spins whose couplings it does not overcome.

    .. math:: \epsilon = \Big| \sum_j w_j \sum_{m \in \text{seen}} a_{jm} \Big|

    over the signal of a perfect 90 degree pulse of all transitions, at the end of the pulse. It
    contains excitation and transition fraction both; do not multiply them again, and let
    :func:`megabar.observables.efficiencies.steady_state` count ``"longitudinal"``.

    Parameters
    ----------
    nodes
        Levels of the powder, as of ``spins.level_nodes``.
    pulse
        What is applied.
    seen
        ``"all"`` or ``"central"``.
    relative_field_std
        Standard error of its field over the field.

    Returns
    -------
    :
        Factor ``transition_fraction``.

    Raises
    ------
    UnknownWord
        If the transitions are not one of the two.
    ValueError
        If the spin has no central transition, the error of the field is negative, or nothing is
        excited.

    References
    ----------
    Samoson, Lippmaa, Phys. Rev. B 28, 6567 (1983), doi:10.1103/PhysRevB.28.6567.

    Examples
    --------
    >>> from megabar.spins.coupling_nodes import coupling_nodes
    >>> from megabar.spins.sequences import rectangular_pulse
    >>> powder = coupling_nodes(quadrupole_coupling=20e6, asymmetry=0.1, spin=3.5, count=1024)
    >>> nodes = nodes_from_couplings(spin=3.5, coupling=powder.coupling, offset=0.0,
    ...                              weight=powder.weight)
    >>> pulse = rectangular_pulse(channel="139La", duration=1e-6, amplitude=62.5e3, phase=0.0)
    >>> one = excited_fraction(nodes, pulse=pulse, seen="all", relative_field_std=0.0)
    >>> print(f"{one.value:.3f}")  # a tenth, and only after a quarter of the pulse
    0.105
    """
    one_of(seen, SEEN, name="transitions")
    central = _central(nodes.spin) if seen == "central" else 0

    def part(scale: float) -> float:
        lines = lines_after_pulse(nodes, pulse=pulse.scaled(scale), t2=math.inf)
        amplitude = lines.amplitude
        return float(abs((amplitude[:, central] if seen == "central" else amplitude).sum()))

    return factor_of_field(
        part,
        relative_field_std,
        name="transition_fraction",
        source=f"I = {nodes.spin:g}, {seen}, {words_of_pulse(pulse)}",
    )


@dataclass(frozen=True, kw_only=True)
class EchoModels:
    """Size of an echo under the two extremes of what may broaden a line.

    Parameters
    ----------
    shifts
        Broadening linear in the spin: shifts, fields, unlike spins.
    couplings
        Broadening quadratic in the spin, Gaussian, of the same second moment: field gradients, and
        pairs of like spins where the spin is 1/2.
    """

    shifts: float
    couplings: float


def echo_by_model(
    *,
    spin: float,
    fwhm: float,
    pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse],
    delay: float,
    at: float,
    table: PhaseTable,
) -> EchoModels:
    """Compute the size of an echo for both models of a line of one width.

    Parameters
    ----------
    spin
        Quantum number I.
    fwhm
        Of the line, as a Gaussian of that second moment [Hz].
    pulses
        The two pulses, phase 0.
    delay
        From the end of the first to the start of the second [s].
    at
        Time from the end of the second pulse at which the echo is read [s].
    table
        Phase cycle of ``spins.phase_tables``.

    Returns
    -------
    :
        Moduli over the signal of a perfect 90 degree pulse.

    Raises
    ------
    ValueError
        If a time is negative or the width not positive.

    References
    ----------
    Solomon, Phys. Rev. 110, 61 (1958), doi:10.1103/PhysRev.110.61.

    Examples
    --------
    >>> from megabar.spins.phase_tables import SOLID_ECHO_8
    >>> short = IdealPulse(channel="139La", angle=math.pi / 2, phase=0.0)
    >>> found = echo_by_model(spin=3.5, fwhm=38e3, pulses=(short, short), delay=25e-6, at=25e-6,
    ...                       table=SOLID_ECHO_8)
    >>> print(f"{found.shifts:.3f} {found.couplings:.3f}")
    0.500 0.361
    """
    span = delay + at + sum(_length(one) for one in pulses)
    shifted = nodes_of_gaussian_shifts(spin=spin, fwhm=fwhm, span=span)
    coupled = nodes_of_gaussian_couplings(spin=spin, fwhm=fwhm, span=span)

    def size(nodes: LevelNodes) -> float:
        lines = echo_from_two_pulses(
            nodes,
            pulses=pulses,
            delay=delay,
            passing=pathway_weights_from_phases(
                phases=table.pulse_phases, receiver=table.receiver_phases, spin=nodes.spin
            ),
            relaxation=Relaxation(t1=math.inf, t2=math.inf),
        )
        return float(abs(lines.signal([at])[0]))

    return EchoModels(shifts=size(shifted), couplings=size(coupled))


def refocusing_by_pulses(
    *,
    spin: float,
    fwhm: float,
    pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse],
    delay: float,
    at: float,
    table: PhaseTable,
) -> Factor:
    r"""Compute how much of a line an echo refocuses if nobody knows what broadens it.

    .. math:: \epsilon = \tfrac12 (\epsilon_1 + \epsilon_2), \quad
        \sigma = |\epsilon_1 - \epsilon_2| / \sqrt{12}

    from the two models of :func:`echo_by_model`, as of a value that may lie anywhere between them.
    It contains both pulses: :func:`megabar.observables.efficiencies.steady_state` counts
    ``"longitudinal"`` beside it, and ``excitation`` is left out.
    For an amplitude that was read at that time, relaxation aside. A form that was fitted to a whole
    echo, such as that of :func:`megabar.observables.lines.line`, contains the first model already
    and finds another amplitude of the second:
    :func:`megabar.observables.fitted_echoes.fitted_refocusing`.

    Parameters
    ----------
    spin
        Quantum number I.
    fwhm
        Of the line [Hz].
    pulses
        The two pulses, phase 0.
    delay
        From the end of the first to the start of the second [s].
    at
        Time from the end of the second pulse at which the echo is read [s].
    table
        Phase cycle of ``spins.phase_tables``.

    Returns
    -------
    :
        Factor ``refocusing`` with both models as alternatives. The error is common to a series.

    Raises
    ------
    ValueError
        If a time is negative or the width not positive.

    Examples
    --------
    >>> from megabar.spins.phase_tables import SOLID_ECHO_8
    >>> short = IdealPulse(channel="139La", angle=math.pi / 2, phase=0.0)
    >>> one = refocusing_by_pulses(spin=3.5, fwhm=38e3, pulses=(short, short), delay=25e-6,
    ...                            at=25e-6, table=SOLID_ECHO_8)
    >>> print(f"{one.value:.3f} {one.std:.3f}")
    0.431 0.040
    """
    found = echo_by_model(spin=spin, fwhm=fwhm, pulses=pulses, delay=delay, at=at, table=table)
    other = "like-spin pairs" if spin < 1 else "field gradients"
    return Factor(
        name="refocusing",
        value=(found.shifts + found.couplings) / 2,
        std=abs(found.shifts - found.couplings) / math.sqrt(12),
        source=(
            f"{table.name}, {words_of_pulse(pulses[0])} then {words_of_pulse(pulses[1])}, "
            f"{measured(delay, 0, 's')} apart, FWHM {measured(fwhm, 0, 'Hz')}: "
            f"{found.shifts:.3f} for shifts, {found.couplings:.3f} for {other}"
        ),
        common=True,
        alternatives=tuple(
            (name, value)
            for name, value in (("shifts", found.shifts), (other, found.couplings))
            if value > _DARK
        ),
    )


def rigid_dead_time_loss(
    *,
    time: NDArray[np.float64],
    decay: NDArray[np.float64],
    dead_time: float,
    dead_time_std: float,
    relative_width_std: float,
) -> Factor:
    r"""Compute what is left of a computed decay at the end of the dead time.

    .. math:: \epsilon = G(t_d), \quad
        \sigma = |t_d\, G'(t_d)| \sqrt{(\sigma_t/t_d)^2 + (\sigma_W/W)^2}

    Only for amplitudes that were *not* extrapolated back to t = 0. An error of the width stretches
    the time of the decay.

    Parameters
    ----------
    time
        From the middle of the pulse, rising from 0 [s], (time,).
    decay
        G of rigid spins, 1 at time 0, (time,), as of ``spins.rigid_lines``.
    dead_time
        :math:`t_d` from the middle of the pulse [s].
    dead_time_std
        Its standard error [s].
    relative_width_std
        Standard error of the width of the line over the width; cutting a cluster costs up to 0.1.

    Returns
    -------
    :
        Factor ``dead_time``.

    Raises
    ------
    ValueError
        If what is left is not above three of its standard errors, so that no factor can make up
        for it, or if the time is not within the table.

    Examples
    --------
    >>> time = np.linspace(0, 20e-6, 2001)
    >>> one = rigid_dead_time_loss(time=time, decay=np.exp(-((time / 10e-6) ** 2)), dead_time=5e-6,
    ...                            dead_time_std=0.1e-6, relative_width_std=0.05)
    >>> print(f"{one.value:.4f} {one.std:.4f}")
    0.7788 0.0210
    """
    if not time[0] < dead_time < time[-1]:
        msg = f"Found a dead time of {dead_time:g} s; the decay is known to {time[-1]:g} s."
        raise ValueError(msg)
    value = float(np.interp(dead_time, time, decay))
    slope = abs(float(np.interp(dead_time, time, np.gradient(decay, time))))
    std = slope * math.hypot(dead_time_std, dead_time * relative_width_std)
    if value <= _SURE * std:
        msg = (
            f"Found {value:.3g}({std:.2g}) of the signal left after {dead_time:g} s; that is no "
            "more than nothing, and no factor makes up for it. Such nuclei are not in the "
            "amplitude: the content of what is visible is a lower bound."
        )
        raise ValueError(msg)
    return Factor(
        name="dead_time",
        value=value,
        std=std,
        source=(
            f"rigid decay: dead time {measured(dead_time, dead_time_std, 's')}, width to "
            f"{100 * relative_width_std:g} %"
        ),
        common=True,
    )


def words_of_pulse(one: Pulse | IdealPulse) -> str:
    """Say what a pulse is.

    Parameters
    ----------
    one
        The pulse.

    Returns
    -------
    :
        Kind, length and field, or angle.

    Examples
    --------
    >>> words_of_pulse(IdealPulse(channel="1H", angle=math.pi / 2, phase=0.0))
    'short pulse of 90 degrees'
    """
    if isinstance(one, IdealPulse):
        return f"short pulse of {math.degrees(one.angle):.3g} degrees"
    kind = "rectangular" if len(one.amplitude) == 1 else "shaped"
    peak = np.abs(one.amplitude).max()
    return f"{kind} pulse of {one.duration * 1e6:.3g} us at {peak / 1e3:.3g} kHz"


def _central(spin: float) -> int:
    if round(2 * spin) % 2 == 0:
        msg = f"Found I = {spin:g}, which has no central transition; count all transitions."
        raise ValueError(msg)
    return round(spin - 0.5)


def _length(one: Pulse | IdealPulse) -> float:
    return one.duration if isinstance(one, Pulse) else 0.0

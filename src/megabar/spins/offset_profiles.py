r"""What pulses do to spins off resonance: profiles of excitation and of an echo.

Spins without quadrupole coupling follow the Bloch equations whatever their I, so spin 1/2 stands
for all of them. A line that is wider than the profile is cut by it; wide quadrupolar patterns need
the whole pulse at every orientation, ``spins.echoes``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import brentq

from megabar.errors import Undetermined
from megabar.spins.echoes import echo_from_two_pulses, lines_after_pulse
from megabar.spins.level_nodes import nodes_from_couplings
from megabar.spins.phase_tables import passing_orders
from megabar.spins.sequences import Relaxation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.amplitude_distributions import AmplitudeDistribution
    from megabar.spins.level_nodes import LevelNodes
    from megabar.spins.sequences import IdealPulse, Pulse

_LOOKED_AT: Final = 401  # offsets of one reach among which an edge is looked for
_DOUBLINGS: Final = 10
_NEAR: Final = 1e-4  # offset over one over the length, for the slope of a phase
_NOTHING: Final = 1e-6  # excitation below it is that of a pulse of no or half a turn


def excitation_from_offset(
    *,
    pulse: Pulse | IdealPulse,
    offset: ArrayLike,
    amplitudes: AmplitudeDistribution | None = None,
) -> NDArray[np.complex128]:
    r"""Compute the transverse magnetisation after a pulse, from equilibrium.

    .. math:: (M_x + i M_y)/M_0

    Parameters
    ----------
    pulse
        Of any shape.
    offset
        Of the spins from the carrier [Hz], (offset,).
    amplitudes
        Fields over the sample; none for the nominal one everywhere.

    Returns
    -------
    :
        Complex, (offset,), at the end of the pulse; a perfect pulse of phase x gives -i.

    Examples
    --------
    >>> from megabar.spins.sequences import rectangular_pulse
    >>> pulse = rectangular_pulse(channel="1H", duration=4e-6, amplitude=62.5e3, phase=0.0)
    >>> found = excitation_from_offset(pulse=pulse, offset=[0.0, 62.5e3 * np.sqrt(15)])
    >>> [f"{one:.6f}" for one in abs(found)]  # a full turn about the tilted field leaves nothing
    ['1.000000', '0.000000']
    """
    lines = lines_after_pulse(_alone(offset), pulse=pulse, t2=np.inf, amplitudes=amplitudes)
    return lines.amplitude[:, 0]


def echo_from_offset(
    *,
    pulses: tuple[Pulse | IdealPulse, Pulse | IdealPulse],
    offset: ArrayLike,
    amplitudes: AmplitudeDistribution | None = None,
) -> NDArray[np.complex128]:
    r"""Compute what two pulses refocus of linear broadening, pathway 0, +1, -1.

    The echo of a distribution p of offsets with the delay :math:`\tau` is
    :math:`\int p(\Delta) A(\Delta) e^{i 2 \pi \Delta (t - \tau)} d\Delta`, with this A.

    Parameters
    ----------
    pulses
        The two pulses.
    offset
        :math:`\Delta` of the spins from the carrier [Hz], (offset,).
    amplitudes
        Fields over the sample; none for the nominal one everywhere.

    Returns
    -------
    :
        A, complex, (offset,); modulus one where both pulses are perfect.

    Examples
    --------
    >>> from megabar.spins.sequences import IdealPulse
    >>> ninety, turn = (IdealPulse(channel="1H", angle=a, phase=0.0) for a in (np.pi / 2, np.pi))
    >>> found = [abs(echo_from_offset(pulses=(ninety, second), offset=[1e3])[0])
    ...          for second in (turn, ninety)]
    >>> [f"{one:.6f}" for one in found]
    ['1.000000', '0.500000']
    """
    lines = echo_from_two_pulses(
        _alone(offset),
        pulses=pulses,
        delay=0.0,
        passing=passing_orders(0.5, {1: 1.0}),
        relaxation=Relaxation(t1=np.inf, t2=np.inf),
        amplitudes=amplitudes,
    )
    return lines.amplitude[:, 0]


def excitation_width(*, pulse: Pulse, fraction: float) -> float:
    """Compute the band in which a pulse excites at least a fraction of what it does on resonance.

    Parameters
    ----------
    pulse
        Of any shape that reads the same backwards, at one phase: its profile is even.
    fraction
        Of the value on resonance, between 0 and 1.

    Returns
    -------
    :
        Full width about resonance up to the first crossing [Hz].

    Raises
    ------
    ValueError
        If the fraction is no part of one.
    Undetermined
        If nothing is excited on resonance or no edge is found.

    Examples
    --------
    >>> from megabar.spins.sequences import rectangular_pulse
    >>> pulse = rectangular_pulse(channel="1H", duration=4e-6, amplitude=62.5e3, phase=0.0)
    >>> print(f"{excitation_width(pulse=pulse, fraction=0.95) * 4e-6:.2f}")
    0.65
    """
    if not 0 < fraction < 1:
        msg = f"Found a fraction of {fraction:g}; give one between 0 and 1."
        raise ValueError(msg)

    def over(offset: float) -> float:
        here = abs(excitation_from_offset(pulse=pulse, offset=[offset])[0])
        return float(here - fraction * centre)

    centre = float(abs(excitation_from_offset(pulse=pulse, offset=[0.0])[0]))
    if not centre > _NOTHING:
        msg = (
            f"Found {centre:.2g} excited on resonance by a pulse of {pulse.duration:g} s; its band "
            "has no width. Take a pulse that is no multiple of half a turn."
        )
        raise Undetermined(msg, quality="no solution")
    reach = 1 / pulse.duration
    for doubling in range(_DOUBLINGS):
        offsets = np.linspace(0.0, reach * 2**doubling, _LOOKED_AT)
        found = abs(excitation_from_offset(pulse=pulse, offset=offsets)) < fraction * centre
        if found.any():
            edge = int(found.argmax())
            return 2 * float(brentq(over, offsets[edge - 1], offsets[edge], xtol=1e-9 * reach))
    msg = (
        f"Found more than {fraction:g} of the value on resonance up to {offsets[-1]:g} Hz; the "
        "band of this pulse has no edge there. Check its length and its field."
    )
    raise Undetermined(msg, quality="not reached")


def time_zero_of_pulse(pulse: Pulse) -> float:
    r"""Compute the time before the end of a pulse at which all spins seem to have started in phase.

    .. math:: t_0 = \frac{1}{2 \pi} \frac{d \varphi}{d \Delta}

    of the phase right after the pulse, on resonance. It is not the middle of the pulse: 0.637 of
    the length for 90 degrees of a rectangle, :math:`\tan(\theta/2)/\theta` for any angle, 0.575
    for a Gaussian cut at 1 %. A decay that is counted from the middle of 14 us of the latter and
    extrapolated back comes out 3 % low for a Gaussian line of 20 kHz. Valid for lines much narrower
    than one over the length.

    Parameters
    ----------
    pulse
        Of any shape.

    Returns
    -------
    :
        :math:`t_0` [s].

    Raises
    ------
    Undetermined
        If nothing is excited on resonance.

    Examples
    --------
    >>> from megabar.spins.sequences import rectangular_pulse
    >>> pulse = rectangular_pulse(channel="1H", duration=4e-6, amplitude=62.5e3, phase=0.0)
    >>> print(f"{time_zero_of_pulse(pulse) / 4e-6:.4f}")  # 2/pi
    0.6366
    """
    step = _NEAR / pulse.duration
    below, here, above = excitation_from_offset(pulse=pulse, offset=[-step, 0.0, step])
    if not abs(here) > _NOTHING:
        msg = (
            f"Found {abs(here):.2g} excited on resonance by a pulse of {pulse.duration:g} s; a "
            "phase of nothing has no slope. Take a pulse that is no multiple of half a turn."
        )
        raise Undetermined(msg, quality="no solution")
    return float(np.angle(above / below) / (4 * np.pi * step))


def _alone(offset: ArrayLike) -> LevelNodes:
    places = np.atleast_1d(np.asarray(offset, dtype=np.float64))
    return nodes_from_couplings(
        spin=0.5, coupling=np.zeros(len(places)), offset=places, weight=np.ones(len(places))
    )

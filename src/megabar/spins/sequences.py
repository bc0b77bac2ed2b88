"""Pulse sequences as data: pulses, delays and what a phase cycle keeps.

Twin: ``observables.hydrogen_content``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Pulse:
    r"""A finite pulse on one channel, in slices of equal length.

    In the rotating frame a slice adds
    :math:`\nu_1 (I_x \cos\varphi + I_y \sin\varphi)` to the Hamiltonian of the spins of its
    channel; the couplings stay on.

    Parameters
    ----------
    channel
        Kind of spins it reaches.
    duration
        Length of the whole pulse [s].
    amplitude
        Nutation frequency of each slice [Hz], (slice,).
    phase
        Phase of each slice [rad], (slice,), without that of the cycle.

    Raises
    ------
    ValueError
        If the slices of amplitude and phase differ in number, or the duration is negative.
    """

    channel: str
    duration: float
    amplitude: NDArray[np.float64]
    phase: NDArray[np.float64]

    def __post_init__(self) -> None:
        if len(self.amplitude) != len(self.phase) or not len(self.amplitude):
            msg = (
                f"Found {len(self.amplitude)} amplitudes and {len(self.phase)} phases of slices; "
                "a pulse needs as many of both, and at least one."
            )
            raise ValueError(msg)
        if not self.duration >= 0:
            msg = f"Found a pulse of {self.duration:g} s; give a length of zero or more."
            raise ValueError(msg)

    def scaled(self, factor: float) -> Pulse:
        """Give the same pulse in another place of the coil, at so many times the field."""
        return replace(self, amplitude=factor * self.amplitude)


@dataclass(frozen=True, kw_only=True)
class IdealPulse:
    """An infinitely short pulse on one channel.

    Parameters
    ----------
    channel
        Kind of spins it reaches.
    angle
        Flip angle [rad].
    phase
        Phase [rad], without that of the cycle.
    """

    channel: str
    angle: float
    phase: float

    def scaled(self, factor: float) -> IdealPulse:
        """Give the same pulse in another place of the coil, at so many times the field."""
        return replace(self, angle=factor * self.angle)


@dataclass(frozen=True, kw_only=True)
class Delay:
    """Evolution without pulses.

    Parameters
    ----------
    duration
        Its length [s].
    """

    duration: float


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """Keeps coherences of some orders, as a perfect phase cycle would.

    Parameters
    ----------
    orders
        Channel -> coherence orders that pass; channels that are not named pass whole.
    """

    orders: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    r"""Relaxation between pulses, one exponential for each kind of order.

    Coherences of any order but 0 decay as :math:`e^{-t/T_2}`; order 0 returns to equilibrium as
    :math:`1 - e^{-t/T_1}`. Quadrupolar relaxation of I > 1/2 has several exponentials; this is none
    of it.

    Parameters
    ----------
    t1, t2
        [s]; ``inf`` for none.

    Raises
    ------
    ValueError
        If a time is not positive.
    """

    t1: float
    t2: float

    def __post_init__(self) -> None:
        if not (self.t1 > 0 and self.t2 > 0):
            msg = (
                f"Found T1 {self.t1:g} s and T2 {self.t2:g} s; nothing relaxes in no time. Give "
                "positive times, infinity for none."
            )
            raise ValueError(msg)


Element = Pulse | IdealPulse | Delay | OrderFilter
"""One step in time of a pulse sequence."""


def rectangular_pulse(*, channel: str, duration: float, amplitude: float, phase: float) -> Pulse:
    """Make a pulse of constant amplitude.

    Parameters
    ----------
    channel
        Kind of spins it reaches.
    duration
        Length [s].
    amplitude
        Nutation frequency [Hz].
    phase
        Phase [rad].

    Returns
    -------
    :
        The pulse.

    Raises
    ------
    ValueError
        If the duration is negative.

    Examples
    --------
    >>> pulse = rectangular_pulse(channel="1H", duration=4e-6, amplitude=62.5e3, phase=0.0)
    >>> float(pulse.amplitude @ np.ones(1) * pulse.duration)  # turns
    0.25
    """
    return Pulse(
        channel=channel,
        duration=duration,
        amplitude=np.array([amplitude]),
        phase=np.array([phase]),
    )

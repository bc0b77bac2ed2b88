"""How each record of a day was taken: what decides which part of a pool it shows.

Twin: ``virtual.settings``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log, sin
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.errors import one_of
from megabar.spins.sequences import IdealPulse

if TYPE_CHECKING:
    import xarray as xr

    from megabar.observables.hydrogen_pools import Pool
    from megabar.spins.sequences import Pulse

SEQUENCES: Final = ("fid", "saturation-recovery", "hahn-echo", "solid-echo")
"""Pulse sequences whose record of a pool is computed."""

_ECHOES: Final = ("hahn-echo", "solid-echo")


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """How one record was taken, and how its amplitude is read.

    Parameters
    ----------
    name
        Such as ``"10 ms FID"``.
    sequence
        One of :data:`SEQUENCES`.
    repetition_time
        Start of one scan to start of the next [s].
    pulses
        One pulse, or two of an echo, at phase zero of the cycle.
    relative_field_std
        Standard error of the field of the pulses over the field.
    dead_time
        From the centre of the pulse to the first point that is used [s]; of an echo from its top.
    carrier_frequency
        Of pulses and receiver [Hz].
    reference_frequency
        Of the reference compound of the shifts [Hz].
    bandwidth
        Full width of the band that the receiver passes [Hz]; ``inf`` for all.
    extrapolated
        Whether the amplitude is that of a fitted line at time zero, or that of the first point.
    echo_delay
        Between the centres of the pulses of an echo [s].
    recovery_delay
        From the comb that saturates to the pulse that reads [s].
    """

    name: str
    sequence: str
    repetition_time: float
    pulses: tuple[Pulse | IdealPulse, ...]
    relative_field_std: float
    dead_time: float
    carrier_frequency: float
    reference_frequency: float
    bandwidth: float
    extrapolated: bool
    echo_delay: float | None = None
    recovery_delay: float | None = None

    def __post_init__(self) -> None:
        one_of(self.sequence, SEQUENCES, name="sequence")
        times = (self.repetition_time, self.bandwidth, self.carrier_frequency)
        if not (min(times) > 0 and self.dead_time >= 0 and self.relative_field_std >= 0):
            msg = (
                f"Found repetition time {self.repetition_time:g} s, bandwidth {self.bandwidth:g} "
                f"Hz, dead time {self.dead_time:g} s in {self.name}; all are positive."
            )
            raise ValueError(msg)
        needed = 2 if self.is_echo else 1
        if len(self.pulses) != needed:
            msg = (
                f"Found {len(self.pulses)} pulses in {self.name}; a {self.sequence} has {needed} "
                "beside the comb. Give each of them."
            )
            raise ValueError(msg)
        if self.is_echo and not (self.echo_delay and self.echo_delay > 0):
            msg = (
                f"Found {self.name} without echo_delay; an echo needs the time between its pulses."
            )
            raise ValueError(msg)

    @property
    def is_echo(self) -> bool:
        """Whether time zero is the top of an echo."""
        return self.sequence in _ECHOES

    @property
    def hard(self) -> bool:
        """Whether the pulses turn all spins alike."""
        return all(isinstance(one, IdealPulse) for one in self.pulses)

    def offset_of(self, pool: Pool) -> float:
        """Give the centre of the line of a pool from the carrier [Hz]."""
        return self.reference_frequency * (1 + 1e-6 * pool.shift) - self.carrier_frequency


def short_pulse(angle: float) -> IdealPulse:
    """Make a proton pulse that turns all spins alike.

    Parameters
    ----------
    angle
        Flip angle [rad].

    Returns
    -------
    :
        The pulse.

    Examples
    --------
    >>> short_pulse(1.5).channel
    '1H'
    """
    return IdealPulse(channel="1H", angle=angle, phase=0.0)


def reading_of(
    data: xr.Dataset,
    *,
    name: str,
    pulses: tuple[Pulse | IdealPulse, ...],
    relative_field_std: float,
    reference_frequency: float,
) -> Reading:
    """Take from an Acquisition how it was taken; the rest is said.

    The band is that of the sampling, and amplitudes are those of fitted lines.

    Parameters
    ----------
    data
        Acquisition.
    name
        What to call it.
    pulses
        One pulse, or two of an echo, at phase zero of the cycle.
    relative_field_std
        Standard error of their field over the field.
    reference_frequency
        Of the reference compound in this cell [Hz].

    Returns
    -------
    :
        The reading; of an array without the delay that its steps carry.

    Raises
    ------
    UnknownWord
        If what its sequence shows of a pool is not computed.
    SchemaError
        If it is no Acquisition.
    """
    schemas.check(data, "acquisition/1")
    attrs = data.attrs
    sequence = str(attrs["sequence"])
    time = data["time"].values
    more: dict[str, Any] = {}
    if sequence in ("hahn-echo-array", *_ECHOES):
        sequence = "hahn-echo" if sequence == "hahn-echo-array" else sequence
        steps = np.asarray(data["echo_time"].values) / 2 if "echo_time" in data else None
        more["echo_delay"] = float(attrs["echo_delay"] if steps is None else steps[0])
    dead_time = float(attrs["dead_time"])
    return Reading(
        name=name,
        sequence=sequence,
        repetition_time=float(attrs["repetition_time"]),
        pulses=pulses,
        relative_field_std=relative_field_std,
        dead_time=0.0 if more or not isfinite(dead_time) else max(dead_time, 0.0),
        carrier_frequency=float(attrs["carrier_frequency"]),
        reference_frequency=reference_frequency,
        bandwidth=float((time.size - 1) / (time[-1] - time[0])),
        extrapolated=True,
        **more,
    )


def repetition_time_from_visibility(*, t1: float, flip_angle: float, visibility: float) -> float:
    r"""Compute the repetition time at which one pulse shows a given part of a pool.

    .. math:: T_R = -T_1 \ln \frac{\sin\theta - v}{\sin\theta - v \cos\theta}

    Parameters
    ----------
    t1
        [s].
    flip_angle
        :math:`\theta` [rad].
    visibility
        v, above 0 and below :math:`\sin\theta`.

    Returns
    -------
    :
        [s].

    Raises
    ------
    ValueError
        If the pulse never shows so much.

    References
    ----------
    Ernst, Anderson, Rev. Sci. Instrum. 37, 93 (1966), doi:10.1063/1.1719961.

    Examples
    --------
    >>> needed = repetition_time_from_visibility(t1=1.0, flip_angle=1.5707963, visibility=0.95)
    >>> print(f"{needed:.2f} s")  # three T1
    3.00 s
    """
    tilt = sin(flip_angle)
    if not 0 < visibility < tilt:
        msg = (
            f"Found a wanted visibility of {visibility:g}; a pulse of {flip_angle:g} rad shows "
            f"less than {tilt:g} at any repetition time. Ask for less, or raise the angle."
        )
        raise ValueError(msg)
    left = (tilt - visibility) / (tilt - visibility * float(np.cos(flip_angle)))
    return -t1 * log(left)

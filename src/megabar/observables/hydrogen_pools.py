r"""Hydrogen in several pools, and how each record of a day was taken.

The hydride, molecular hydrogen and the borane that released it differ in relaxation, width, shift
and rigidity. A pool says these; a reading says the pulses, times and receiver of one record. What
a record shows of a pool is computed in ``pool_signals`` and ``pool_visibility``, how much of each
there is in ``pool_separation``.

Twin: ``virtual.truth``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite, log, pi, sin, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar import schemas
from megabar.errors import one_of
from megabar.spins.sequences import IdealPulse

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.rigid_lines import RigidLine
    from megabar.spins.sequences import Pulse
    from megabar.spins.spin_systems import SpinSystem

SHAPES: Final = ("gaussian", "lorentzian")
"""Distributions of the local frequency of a pool."""

SEQUENCES: Final = ("fid", "saturation-recovery", "hahn-echo", "solid-echo")
"""Pulse sequences whose record of a pool is computed."""

_ECHOES: Final = ("hahn-echo", "solid-echo")
_QUANTITIES: Final = ("shift", "fwhm", "t1", "t2")
_SAME: Final = 1e-6  # of an echo delay


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Rigid pairs of protons in a powder, such as molecules of hydrogen that do not turn.

    Parameters
    ----------
    splitting
        Between the horns of the doublet [Hz], 445 kHz for rigid H2; 3/2 of the pair constant.
    splitting_std
        Its standard error [Hz]; ``inf`` to have it fitted.
    """

    splitting: float
    splitting_std: float

    def __post_init__(self) -> None:
        _require("splitting", self.splitting, self.splitting_std)


@dataclass(frozen=True, kw_only=True, eq=False)
class SolidEchoDecay:
    """Solid echo of many rigid protons, as a table.

    Parameters
    ----------
    echo_delay
        Between the pulses [s].
    time
        From the echo top [s], rising, (time,).
    decay
        Signal over that right after one pulse, (time,).
    """

    echo_delay: float
    time: NDArray[np.float64]
    decay: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class RigidDecay:
    """Many rigid protons by their computed or measured decay.

    Parameters
    ----------
    time
        From the middle of a short pulse [s], rising from 0, (time,).
    decay
        1 at time 0; 0 is taken beyond the table, (time,).
    source
        Where it comes from.
    echoes
        Solid echoes of the same protons, one for each time between the pulses.
    """

    time: NDArray[np.float64]
    decay: NDArray[np.float64]
    source: str
    echoes: tuple[SolidEchoDecay, ...] = ()

    def __post_init__(self) -> None:
        sizes = len(self.time) == len(self.decay) >= 2
        if not sizes or self.time[0] != 0 or abs(self.decay[0] - 1) > _SAME:
            msg = (
                f"Found a decay of {len(self.time)} times and {len(self.decay)} values; it needs "
                "as many of both, from time 0 with the value 1. Compute it from time 0 on."
            )
            raise ValueError(msg)

    def at(self, time: ArrayLike) -> NDArray[np.float64]:
        """Give the decay at times [s], any shape."""
        return np.asarray(np.interp(np.asarray(time), self.time, self.decay, right=0.0))

    def solid_echo_at(self, time: ArrayLike, *, echo_delay: float) -> NDArray[np.float64]:
        """Give the solid echo at times from its top [s], any shape.

        Raises
        ------
        ValueError
            If the echo of that delay was not computed.
        """
        for one in self.echoes:
            if abs(one.echo_delay - echo_delay) <= _SAME * echo_delay:
                return np.asarray(np.interp(np.asarray(time), one.time, one.decay, right=0.0))
        msg = (
            f"Found no solid echo of {echo_delay:g} s among the decays of {self.source}; a decay "
            "after one pulse does not say it. Compute it with rigid_cluster(echo_delays=...)."
        )
        raise ValueError(msg)


Rigid = Pairs | RigidDecay
"""What rigid protons couple to."""


def rigid_lattice(line: RigidLine, *, source: str) -> RigidDecay:
    """Take the decay of a rigid crystal.

    Parameters
    ----------
    line
        Of :func:`megabar.spins.rigid_lines.rigid_line_many_spin`.
    source
        Name of the crystal.

    Returns
    -------
    :
        Its decay, without solid echoes.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.spins.rigid_lines import rigid_line_many_spin
    >>> lah3 = crystals.crystal("LaH3", lattice_parameter=4.365e-10)
    >>> line = rigid_line_many_spin(lah3, partners=2, orientations=4)
    >>> rigid_lattice(line, source="LaH3").at([0.0]).tolist()
    [1.0]
    """
    return RigidDecay(time=line.time, decay=line.fid / line.fid[0], source=source)


def rigid_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    times: NDArray[np.float64],
    echo_delays: tuple[float, ...] = (),
    source: str,
) -> RigidDecay:
    """Compute the decay and the solid echoes of a few rigid protons exactly.

    Parameters
    ----------
    system
        Spins and couplings, channel 1H.
    orientations
        Directions of the field, with weights.
    times
        From the pulse, and from the echo top [s], rising from 0, (time,).
    echo_delays
        Of the solid echoes that are wanted [s].
    source
        Name of the cluster.

    Returns
    -------
    :
        The decay with its echoes; real parts, as of protons that have no shifts.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem
    >>> pair = SpinSystem(
    ...     spins=(Spin(channel="1H", spin=0.5),) * 2,
    ...     pairs=(DipolarPair(first=0, second=1, coupling=20e3, direction=np.eye(3)[2]),))
    >>> decay = rigid_cluster(pair, single_orientation(alpha=0.0, beta=0.0), source="pair",
    ...                       times=np.array([0.0, 1 / 60e3]), echo_delays=(20e-6,))
    >>> echo = decay.solid_echo_at(0.0, echo_delay=20e-6)
    >>> print(f"{decay.at(1 / 60e3):.3f} {echo:.3f}")
    -1.000 1.000
    """
    from megabar.spins.clusters import fid_from_cluster, solid_echo_from_cluster

    fid = fid_from_cluster(system, orientations, channel="1H", times=times)
    echoes = tuple(
        SolidEchoDecay(
            echo_delay=delay,
            time=times,
            decay=(
                1j
                * solid_echo_from_cluster(
                    system, orientations, channel="1H", delay=delay, times=delay + times
                )
            ).real,
        )
        for delay in echo_delays
    )
    return RigidDecay(time=times, decay=fid.real, source=source, echoes=echoes)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """Hydrogen of one kind.

    An error of 0 says that a quantity is known, one of ``inf`` that it is to be fitted.

    Parameters
    ----------
    name
        Such as ``"hydride"``, ``"H2"``, ``"borane"``.
    shape
        Distribution of the local frequency, one of :data:`SHAPES`.
    fwhm, fwhm_std
        Full width of the line after one pulse, without what ``rigid`` adds [Hz].
    shift, shift_std
        Centre of the line from the reference compound [Hz/MHz].
    t1, t1_std
        Spin-lattice relaxation time [s].
    t2, t2_std
        Decay time of a Hahn echo [s]; ``inf`` where the whole width refocuses.
    rigid
        What it couples to where it does not move; none for a line narrowed by motion.
    """

    name: str
    shape: str
    fwhm: float
    fwhm_std: float
    shift: float
    shift_std: float
    t1: float
    t1_std: float
    t2: float
    t2_std: float
    rigid: Rigid | None = None

    def __post_init__(self) -> None:
        one_of(self.shape, SHAPES, name="shape")
        for name in ("fwhm", "t1", "t2"):
            _require(name, getattr(self, name), getattr(self, f"{name}_std"))
        if not isfinite(self.shift) or not self.shift_std >= 0:
            msg = f"Found shift {self.shift}({self.shift_std}) of {self.name}; give a number."
            raise ValueError(msg)
        if self.inhomogeneous_fwhm <= 0:
            msg = (
                f"Found a width of {self.fwhm:g} Hz of {self.name} with T2 = {self.t2:g} s, which "
                f"alone makes {1 / (pi * self.t2):g} Hz. Raise the width or T2."
            )
            raise ValueError(msg)

    @property
    def inhomogeneous_fwhm(self) -> float:
        """Width of the distribution of local frequencies, without T2 [Hz].

        Gaussian distributions by the inverse of the width of Olivero and Longbothum, J. Quant.
        Spectrosc. Radiat. Transfer 17, 233 (1977), doi:10.1016/0022-4073(77)90161-3.
        """
        homogeneous = 1 / (pi * self.t2)
        if self.shape == "lorentzian":
            return self.fwhm - homogeneous
        rest = (self.fwhm - 0.5346 * homogeneous) ** 2 - 0.2166 * homogeneous**2
        return sqrt(rest) if self.fwhm > homogeneous and rest > 0 else 0.0

    @property
    def quantities(self) -> dict[str, tuple[float, float]]:
        """Value and standard error of everything that a fit may move, by name."""
        known = {name: (getattr(self, name), getattr(self, f"{name}_std")) for name in _QUANTITIES}
        if isinstance(self.rigid, Pairs):
            known["splitting"] = (self.rigid.splitting, self.rigid.splitting_std)
        return known

    def with_quantities(self, **values: float) -> Pool:
        """Give the same pool with other values of some quantities."""
        rigid = self.rigid
        if "splitting" in values and isinstance(rigid, Pairs):
            rigid = replace(rigid, splitting=values.pop("splitting"))
        return replace(self, rigid=rigid, **values)  # type: ignore[arg-type]

    def dephasing(self, lag: ArrayLike) -> NDArray[np.float64]:
        """Compute the mean of exp(2 pi i f q) over the centred distribution at lags q [s]."""
        spread = pi * self.inhomogeneous_fwhm * np.abs(np.asarray(lag, dtype=np.float64))
        return np.exp(-spread if self.shape == "lorentzian" else -(spread**2) / (4 * log(2)))


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
    >>> needed = repetition_time_from_visibility(t1=1.0, flip_angle=pi / 2, visibility=0.95)
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


def _require(name: str, value: float, std: float) -> None:
    if not (value > 0 and std >= 0) or (value == inf and std > 0):
        msg = (
            f"Found {name} = {value:g}({std:g}); it must be above 0, and its error not negative: 0 "
            "if it is known, inf if it is to be fitted."
        )
        raise ValueError(msg)

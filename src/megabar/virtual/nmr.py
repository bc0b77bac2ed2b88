"""Signals of a virtual cell, from the pulses alone: coherence pathways of an ensemble of spins.

Each pulse turns every isochromat and splits it into pathways: transverse ones that dephase forward
or backward, and longitudinal ones that remember their phase. Echoes, their amplitudes and the
effect of fast repetition come out; none of them is put in.

Assumed: pulses are hard (a line is narrow against the pulse bandwidth) and their centres count;
broadening is linear in the offset; transverse magnetisation is gone before the next scan.
"""

from __future__ import annotations

import cmath
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import PlanError, one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.virtual.truth import Line

    State = Mapping[tuple[int, float, float], complex]

_NEGLIGIBLE = 1e-14
_SETTLED = 1e-12
_MOST_CYCLES = 10_000

_ONE_PULSE: Final = ("fid", "nutation")
_CYCLOPS: Final = (0, 1, 2, 3)
_SOLID_FIRST: Final = (0, 2, 1, 3, 0, 2, 1, 3)
_SOLID_SECOND: Final = (1, 1, 2, 2, 3, 3, 0, 0)
_HAHN_FIRST: Final = _CYCLOPS * 4
_HAHN_SECOND: Final = (0,) * 4 + (1,) * 4 + (2,) * 4 + (3,) * 4
_HAHN_RECEIVER: Final = tuple(
    (2 * b - a) % 4 for a, b in zip(_HAHN_FIRST, _HAHN_SECOND, strict=True)
)

CYCLES: Final[Mapping[str, tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]]] = {
    "fid": ((_CYCLOPS,), _CYCLOPS),
    "nutation": ((_CYCLOPS,), _CYCLOPS),
    "saturation-recovery": ((_CYCLOPS,), _CYCLOPS),
    "solid-echo": ((_SOLID_FIRST, _SOLID_SECOND), _SOLID_FIRST),
    "hahn-echo": ((_HAHN_FIRST, _HAHN_SECOND), _HAHN_RECEIVER),
    "hahn-echo-array": ((_HAHN_FIRST, _HAHN_SECOND), _HAHN_RECEIVER),
}
"""Sequence -> phases of each pulse and of the receiver, in quarter turns, one per scan.

FID and nutation: CYCLOPS. Solid echo: 8 steps, the second pulse always a quarter turn from the
first, so that it keeps both the echo and the free induction decay of the first pulse. Hahn echo: 16
steps, EXORCYCLE times four (Bodenhausen, Freeman, Turner, doi:10.1016/0022-2364(77)90213-4).
"""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One scan of a pulse sequence.

    Parameters
    ----------
    flip_angles
        Of each pulse [rad].
    intervals
        Between the centres of successive pulses [s].
    phases
        Of each pulse, one per scan of the cycle [quarter turns].
    receiver
        Phase of the receiver, one per scan of the cycle [quarter turns].
    origin
        Time zero of the record, after the centre of the last pulse [s].
    saturation
        Number of pulses of the saturating comb, 0 for none.
    recovery
        From the last pulse of the comb to the first of the program [s].
    """

    flip_angles: tuple[float, ...]
    intervals: tuple[float, ...]
    phases: tuple[tuple[int, ...], ...]
    receiver: tuple[int, ...]
    origin: float
    saturation: int = 0
    recovery: float = 0.0

    @property
    def duration(self) -> float:
        """From the centre of the first pulse to that of the last, comb excluded [s]."""
        return sum(self.intervals)


def program(
    sequence: str,
    *,
    flip_angle: float,
    delay: float | None = None,
    saturation: int = 0,
) -> Program:
    """Write down one scan of a named sequence.

    Parameters
    ----------
    sequence
        A key of :data:`CYCLES`.
    flip_angle
        Of the first pulse [rad]; a refocusing pulse turns twice as far.
    delay
        Between the two pulses of an echo, or from the comb to the pulse of a recovery [s].
    saturation
        Pulses of the saturating comb, for a recovery.

    Returns
    -------
    :
        The program.

    Raises
    ------
    PlanError
        If a delay or a comb is missing.

    Examples
    --------
    >>> program("solid-echo", flip_angle=math.pi / 2, delay=25e-6).intervals
    (2.5e-05,)
    """
    phases, receiver = CYCLES[one_of(sequence, CYCLES, name="sequence")]
    if sequence not in _ONE_PULSE and (delay is None or delay <= 0):
        msg = f"Found delay {delay!r} in a {sequence}; it needs a time above 0."
        raise PlanError(msg)
    if sequence == "saturation-recovery":
        if saturation < 1:
            msg = f"Found a saturating comb of {saturation} pulses; at least 1 is needed."
            raise PlanError(msg)
        return Program(
            flip_angles=(flip_angle,),
            intervals=(),
            phases=phases,
            receiver=receiver,
            origin=0.0,
            saturation=saturation,
            recovery=delay or 0.0,
        )
    if sequence in _ONE_PULSE:
        return Program(
            flip_angles=(flip_angle,), intervals=(), phases=phases, receiver=receiver, origin=0.0
        )
    second = flip_angle if sequence == "solid-echo" else 2 * flip_angle
    return Program(
        flip_angles=(flip_angle, second),
        intervals=(delay or 0.0,),
        phases=phases,
        receiver=receiver,
        origin=delay or 0.0,
    )


# --- pathways -------------------------------------------------------------------------------------
#
# A state maps (order, lag, transverse time) -> amplitude. Order +1 is Mx + i My and turns with
# exp(2 pi i nu t), order -1 is its conjugate, order 0 is Mz. The lag is the sum of order times
# interval: the phase of an isochromat at offset nu is 2 pi nu lag. A longitudinal pathway keeps
# its lag. The equilibrium magnetisation is 1.


def _after_pulse(state: State, *, flip_angle: float, phase: int) -> State:
    keep, swap = math.cos(flip_angle / 2) ** 2, math.sin(flip_angle / 2) ** 2
    tilt, along = math.sin(flip_angle), math.cos(flip_angle)
    turn = cmath.exp(0.5j * math.pi * phase)
    transfer = {
        1: ((1, keep), (-1, swap / turn**2), (0, -0.5j * tilt / turn)),
        -1: ((-1, keep), (1, swap * turn**2), (0, 0.5j * tilt * turn)),
        0: ((0, along), (1, -1j * tilt * turn), (-1, 1j * tilt / turn)),
    }
    new: defaultdict[tuple[int, float, float], complex] = defaultdict(complex)
    for (order, lag, transverse), amplitude in state.items():
        for target, factor in transfer[order]:
            new[target, lag, transverse] += factor * amplitude
    return {key: value for key, value in new.items() if abs(value) > _NEGLIGIBLE}


def _after_interval(state: State, *, interval: float, t1: float) -> State:
    left = math.exp(-interval / t1)
    new: defaultdict[tuple[int, float, float], complex] = defaultdict(complex)
    new[0, 0.0, 0.0] += 1 - left
    for (order, lag, transverse), amplitude in state.items():
        if order == 0:
            new[0, lag, transverse] += left * amplitude
        else:
            new[order, lag + order * interval, transverse + interval] += amplitude
    return new


def _after_scan(scan: Program, step: int, *, line: Line, z: float) -> State:
    state: State = {(0, 0.0, 0.0): complex(z)}
    for index, flip_angle in enumerate(scan.flip_angles):
        state = _after_pulse(state, flip_angle=flip_angle, phase=scan.phases[index][step])
        if index < len(scan.intervals):
            state = _after_interval(state, interval=scan.intervals[index], t1=line.t1)
    return state


def _before_scan(scan: Program, *, line: Line, z: float) -> float:
    if not scan.saturation:
        return z
    saturated = z * math.cos(scan.flip_angles[0]) ** scan.saturation
    return 1 - (1 - saturated) * math.exp(-scan.recovery / line.t1)


def _longitudinal(state: State, *, line: Line, offset: float) -> float:
    total = 0.0
    for (order, lag, transverse), amplitude in state.items():
        if order == 0:
            spread = float(line.dephasing(np.asarray(lag)))
            turn = cmath.exp(2j * math.pi * offset * lag)
            total += (amplitude * turn).real * spread * math.exp(-transverse / line.t2)
    return total


def steady_state(
    scan: Program, *, line: Line, offset: float, repetition_time: float
) -> tuple[float, ...]:
    """Iterate scan after scan until the longitudinal magnetisation repeats itself.

    Parameters
    ----------
    scan
        The program.
    line
        The line observed.
    offset
        Centre of the line from the carrier [Hz].
    repetition_time
        Start of one scan to start of the next [s].

    Returns
    -------
    :
        Longitudinal magnetisation before the first pulse of each scan of the phase cycle, in
        units of the equilibrium.

    Raises
    ------
    PlanError
        If a scan does not fit into the repetition time, or the state never settles.
    """
    rest = repetition_time - scan.duration - scan.recovery
    if rest <= 0:
        msg = (
            f"Found a repetition time of {repetition_time:g} s; one scan alone takes "
            f"{scan.duration + scan.recovery:g} s. Raise the repetition time."
        )
        raise PlanError(msg)
    recovered = 1 - math.exp(-rest / line.t1)
    z, last = 1.0, [math.inf] * len(scan.receiver)
    for _ in range(_MOST_CYCLES):
        before = []
        for step in range(len(scan.receiver)):
            before.append(_before_scan(scan, line=line, z=z))
            after = _after_scan(scan, step, line=line, z=before[-1])
            end = _longitudinal(after, line=line, offset=offset)
            z = recovered + (1 - recovered) * end
        if max(abs(a - b) for a, b in zip(before, last, strict=True)) < _SETTLED:
            return tuple(before)
        last = before
    msg = f"Found no steady state at a repetition time of {repetition_time:g} s; T1 is far longer."
    raise PlanError(msg)


def signal(
    scan: Program,
    *,
    line: Line,
    offset: float,
    repetition_time: float,
    time: NDArray[np.float64],
) -> NDArray[np.complex128]:
    r"""Add up the detected pathways, averaged over the phase cycle in the steady state.

    .. math:: s(t) = \Big\langle i\, e^{-i \varphi_{rec}} \sum_j a_j\,
        e^{-(T_j + t) / T_2}\, G(q_j + t)\, e^{2 \pi i \nu (q_j + t)} \Big\rangle_{cycle}

    Parameters
    ----------
    scan
        The program.
    line
        The line observed.
    offset
        Centre of the line from the carrier [Hz].
    repetition_time
        Start of one scan to start of the next [s].
    time
        From time zero of the record [s], (time,).

    Returns
    -------
    :
        Signal of one scan, (time,); 1 for all spins turned by 90 degrees from equilibrium.
    """
    before = steady_state(scan, line=line, offset=offset, repetition_time=repetition_time)
    detected: defaultdict[tuple[float, float], complex] = defaultdict(complex)
    for step, receiver in enumerate(scan.receiver):
        weight = 1j * cmath.exp(-0.5j * math.pi * receiver) / len(scan.receiver)
        after = _after_scan(scan, step, line=line, z=before[step])
        for (order, lag, transverse), amplitude in after.items():
            if order == 1:
                detected[lag, transverse] += weight * amplitude
    since_pulse = scan.origin + time
    total = np.zeros(time.shape, dtype=np.complex128)
    for (lag, transverse), amplitude in detected.items():
        if abs(amplitude) > _NEGLIGIBLE:
            turn = np.exp(2j * math.pi * offset * (lag + since_pulse))
            decay = np.exp(-(transverse + since_pulse) / line.t2)
            total += amplitude * turn * decay * line.dephasing(lag + since_pulse)
    return total

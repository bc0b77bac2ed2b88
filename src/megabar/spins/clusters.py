r"""Signals of a few coupled spins, exact: free induction decay and echoes of two ideal pulses.

Every block of conserved numbers is diagonalised for a batch of orientations; pulses join the
blocks as products of rotations of single spins. Made for up to eight protons; other nuclei count
as full spins with all their levels, eight times the blocks for one 139La. Signals are those of the
receiver, :math:`\mathrm{Tr}[I_+ \rho(t)]`, over what a perfect 90 degree pulse gives.

Finite pulses are in ``spins.cluster_sequences``, more spins in ``spins.larger_clusters``. Not
included: relaxation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.spins import cluster_solutions
from megabar.spins.cluster_solutions import (
    ClusterSolutions,
    Lines,
    fid_lines,
    in_eigenstates,
    overlap,
)
from megabar.spins.second_pulses import (
    SecondPulse,
    coherences_after_delay,
    passes_from_phases,
)
from megabar.spins.sequences import IdealPulse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from megabar.spins.orientations import Orientations
    from megabar.spins.spin_systems import SpinSystem

    Array = NDArray[np.float64]
    Signal = NDArray[np.complex128]

MOST_STATES: Final = 1024
"""Of an echo; ten protons take a second an orientation."""


def fid_from_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    channel: str,
    times: Array,
    excited: Sequence[int] | None = None,
    detected: Sequence[int] | None = None,
) -> Signal:
    r"""Compute the free induction decay after an ideal 90 degree pulse.

    .. math:: s(t) = \mathrm{Tr}[I_+ \, e^{-2\pi i H t} I_x \, e^{2\pi i H t}]
        / \mathrm{Tr}[I_+ I_x]

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal, with weights.
    channel
        Kind of spins that is observed.
    times
        From the pulse [s], (time,); evenly spaced ones are faster.
    excited, detected
        Places of the spins that start with transverse magnetisation and of those that are seen;
        none: all of the channel. The two sets share a spin.

    Returns
    -------
    :
        Weighted sum over the orientations, complex, (time,); 1 at time zero.

    Raises
    ------
    ValueError
        If the channel has no spin, or no spin is both excited and detected.

    References
    ----------
    Lowe, Norberg, Phys. Rev. 107, 46 (1957), doi:10.1103/PhysRev.107.46.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem
    >>> pair = SpinSystem(
    ...     spins=(Spin(channel="1H", spin=0.5),) * 2,
    ...     pairs=(DipolarPair(first=0, second=1, coupling=20e3, direction=np.eye(3)[2]),))
    >>> fid = fid_from_cluster(pair, single_orientation(alpha=0.0, beta=0.0), channel="1H",
    ...                        times=np.array([0.0, 1 / 60e3, 1 / 30e3]))
    >>> (fid.real.round(9) + 0.0).tolist()  # lines at -30 and 30 kHz
    [1.0, -1.0, 1.0]
    """
    solutions = ClusterSolutions(system, orientations)
    blocks, mirrored = solutions.blocks, solutions.mirrored
    started, seen = solutions.chosen(channel, excited), solutions.chosen(channel, detected)
    if not set(started) & set(seen):
        msg = (
            f"Found no spin of {channel} that is both excited and detected, so the signal starts "
            "at zero and has no scale. Let the two sets share a spin."
        )
        raise ValueError(msg)
    signal = np.zeros(len(times), dtype=np.complex128)
    for solution, weight in solutions:
        signal += fid_lines(
            blocks, solution, weight,
            channel=channel, started=started, seen=seen, mirrored=mirrored,
        ).signal(times)  # fmt: skip
    signal /= cluster_solutions.scale(blocks, channel, started, seen)
    return signal.real.astype(np.complex128) if mirrored else signal


def solid_echo_from_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    channel: str,
    delay: float,
    times: Array,
    detected: Sequence[int] | None = None,
) -> Signal:
    r"""Compute the solid echo 90x - tau - 90y of ideal pulses.

    The echo of a pair is complete at :math:`t = \tau`; that of more spins is smaller and earlier.

    Parameters
    ----------
    system, orientations
        As in :func:`fid_from_cluster`.
    channel
        Kind of spins that is pulsed and observed.
    delay
        :math:`\tau` [s].
    times
        From the second pulse [s], (time,).
    detected
        Places of the spins that are seen; none: all of the channel. All start and are pulsed.

    Returns
    -------
    :
        Weighted sum over the orientations, complex, (time,); -i where all is refocused.

    Raises
    ------
    ValueError
        If the channel has no spin or the system is too large.

    References
    ----------
    Powles, Strange, Proc. Phys. Soc. 82, 6 (1963), doi:10.1088/0370-1328/82/1/303.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.spin_systems import DipolarPair, Spin, SpinSystem
    >>> pair = SpinSystem(
    ...     spins=(Spin(channel="1H", spin=0.5),) * 2,
    ...     pairs=(DipolarPair(first=0, second=1, coupling=20e3, direction=np.eye(3)[2]),))
    >>> echo = solid_echo_from_cluster(pair, single_orientation(alpha=0.1, beta=0.2),
    ...                                channel="1H", delay=20e-6, times=np.array([20e-6]))
    >>> bool(np.isclose(echo[0], -1j))
    True
    """
    return echo_from_cluster(
        system,
        orientations,
        pulses=_along_x_and_y(channel, second_angle=np.pi / 2),
        delay=delay,
        times=times,
        detected=detected,
    )


def hahn_echo_from_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    channel: str,
    delay: float,
    times: Array,
    detected: Sequence[int] | None = None,
) -> Signal:
    r"""Compute the Hahn echo 90x - tau - 180y of ideal pulses.

    Shifts and couplings to other kinds of spins are refocused at :math:`t = \tau`, couplings
    between like spins are not.

    Parameters
    ----------
    system, orientations
        As in :func:`fid_from_cluster`.
    channel
        Kind of spins that is pulsed and observed.
    delay
        :math:`\tau` [s].
    times
        From the second pulse [s], (time,).
    detected
        Places of the spins that are seen; none: all of the channel. All start and are pulsed.

    Returns
    -------
    :
        Weighted sum over the orientations, complex, (time,); -i where all is refocused.

    Raises
    ------
    ValueError
        If the channel has no spin or the system is too large.

    References
    ----------
    Hahn, Phys. Rev. 80, 580 (1950), doi:10.1103/PhysRev.80.580.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.spin_systems import Spin, SpinSystem
    >>> shifted = SpinSystem(spins=(Spin(channel="1H", spin=0.5, shift=1234.0 * np.eye(3)),))
    >>> echo = hahn_echo_from_cluster(shifted, single_orientation(alpha=0.0, beta=0.0),
    ...                               channel="1H", delay=150e-6, times=np.array([150e-6]))
    >>> bool(np.isclose(echo[0], -1j))
    True
    """
    return echo_from_cluster(
        system,
        orientations,
        pulses=_along_x_and_y(channel, second_angle=np.pi),
        delay=delay,
        times=times,
        detected=detected,
    )


def echo_from_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    pulses: tuple[IdealPulse, IdealPulse],
    delay: float,
    times: Array,
    orders: Collection[int] = (-1, 0, 1),
    detected: Sequence[int] | None = None,
) -> Signal:
    r"""Compute the signal after two ideal pulses of any angles and phases.

    .. math:: s = \sum_p s_p(t) \, e^{-i p \varphi_1} e^{i (1 + p) \varphi_2}

    over the coherence orders p = -1, 0, 1 between the pulses.

    Parameters
    ----------
    system, orientations
        As in :func:`fid_from_cluster`.
    pulses
        Both on the channel that is observed; the spins start along the field.
    delay
        Between the pulses [s].
    times
        From the second pulse [s], (time,).
    orders
        Coherence orders that the phase cycle keeps between the pulses: an EXORCYCLE Hahn echo
        keeps 1 alone, the solid echo of 8 steps -1 and 1, a single scan all.
    detected
        Places of the spins that are seen; none: all of the channel. All start and are pulsed.

    Returns
    -------
    :
        Weighted sum over the orientations, complex, (time,).

    Raises
    ------
    ValueError
        If the pulses are on different channels, the channel has no spin, or the system has more
        than :data:`MOST_STATES` states.

    References
    ----------
    Bodenhausen, Kogler, Ernst, J. Magn. Reson. 58, 370 (1984), doi:10.1016/0022-2364(84)90142-2.

    Examples
    --------
    >>> from megabar.spins.orientations import single_orientation
    >>> from megabar.spins.spin_systems import Spin, SpinSystem
    >>> two = tuple(IdealPulse(channel="1H", angle=np.pi / 3, phase=0.0) for _ in range(2))
    >>> free = SpinSystem(spins=(Spin(channel="1H", spin=0.5),))
    >>> echo = echo_from_cluster(free, single_orientation(alpha=0.0, beta=0.0),
    ...                          pulses=two, delay=10e-6, times=np.array([0.0]))
    >>> bool(np.isclose(echo[0], -1j * np.sin(2 * np.pi / 3)))  # two turns of 60 degrees
    True
    """
    first, second = pulses
    _require_echo(system, first, second)
    channel = first.channel
    solutions = ClusterSolutions(system, orientations)
    blocks, mirrored = solutions.blocks, solutions.mirrored
    started, seen = solutions.chosen(channel, None), solutions.chosen(channel, detected)
    steps = cluster_solutions.steps(blocks, channel, mirrored=mirrored)
    passes = [
        (phase, SecondPulse(blocks, channel, second.angle, factors, [step[:2] for step in steps]))
        for phase, factors in passes_from_phases(first.phase, second.phase, {-1, 1} & set(orders))
    ]
    total = np.zeros(len(times), dtype=np.complex128)
    for solution, weight in solutions:
        start = {step[:2]: overlap(blocks, solution, *step[:2], started) for step in steps}
        before = coherences_after_delay(blocks, solution, start, delay)
        for phase, turn in passes:
            turned = turn(before)
            lines = Lines(solution, weight)
            for lower, upper, copies in steps:
                one = start[lower, upper]
                if seen != started:
                    one = overlap(blocks, solution, lower, upper, seen)
                after = in_eigenstates(solution, lower, upper, turned[lower, upper])
                lines.add(lower, upper, copies * after * one)
            signal = lines.signal(times)
            total += phase * (signal.real if mirrored else signal)
    total *= 1j * np.sin(first.angle) / cluster_solutions.scale(blocks, channel, started, seen)
    kept = np.cos(first.angle) * np.sin(second.angle)
    if 0 in orders and abs(kept) > np.finfo(float).eps:
        fid = fid_from_cluster(
            system, orientations, channel=channel, times=times, detected=detected
        )
        total += -1j * kept * np.exp(1j * second.phase) * fid
    return total


def _along_x_and_y(channel: str, *, second_angle: float) -> tuple[IdealPulse, IdealPulse]:
    return (
        IdealPulse(channel=channel, angle=np.pi / 2, phase=0.0),
        IdealPulse(channel=channel, angle=second_angle, phase=np.pi / 2),
    )


def _require_echo(system: SpinSystem, first: IdealPulse, second: IdealPulse) -> None:
    if first.channel != second.channel:
        msg = (
            f"Found pulses on {first.channel!r} and {second.channel!r}; an echo takes both on the "
            "observed channel. Use spins.cluster_sequences for the others."
        )
        raise ValueError(msg)
    if system.size > MOST_STATES:
        msg = (
            f"Found {system.size} states; echoes are computed exactly up to {MOST_STATES}. "
            "Use spins.larger_clusters."
        )
        raise ValueError(msg)

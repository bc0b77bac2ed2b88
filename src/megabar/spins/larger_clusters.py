r"""Signals of more spins than an exact solution can hold, with a stated error.

Every spin in turn is the centre: it and its most strongly coupled partners evolve exactly, and what
they lack of the second moment multiplies their signal as a Gaussian,

.. math:: s(t) = \frac{1}{N} \sum_i s_i(t) \, e^{-M_2' t^2/2}

For echoes the Gaussian is that of the second moment alone: like spins outside count with
:math:`t - \tau` in a solid echo, which refocuses their second moment, and with :math:`t + \tau` in
a Hahn echo, which does not. Spins of other kinds enter only so: refocused by the Hahn echo, half of
them by the solid echo. Exact to second order in time.

The error is the sum of the changes while every centre loses its three weakest partners, one after
the other: single changes pass through zero by chance. Of 288 decays and solid echoes of nine
protons at random places the exact signal was inside in 94 of 100 cases, at a quarter of the error
in the middle of them, at 4.6 times the error in the worst: read it as two standard deviations, not
as a bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.spins.clusters import (
    fid_from_cluster,
    hahn_echo_from_cluster,
    solid_echo_from_cluster,
)
from megabar.spins.orientations import single_orientation
from megabar.spins.spin_systems import SpinSystem, coupling_strengths

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megabar.spins.orientations import Orientations

    Array = NDArray[np.float64]
    Signal = NDArray[np.complex128]
    Exact = Callable[[SpinSystem, Orientations], Signal]
    Decay = Callable[[float, float], Array]

_LOST: Final = 3  # partners, for the error


@dataclass(frozen=True, kw_only=True, eq=False)
class ApproximateSignal:
    """A signal and how far it can be trusted.

    Parameters
    ----------
    values
        Weighted sum over the orientations, complex, (time,).
    error
        Expected largest difference to the exact signal, two standard deviations, of a perfect
        signal of one: the changes while every centre loses its three weakest partners, added up.
    size
        Spins that evolve exactly around each centre, with it.
    """

    values: Signal
    error: float
    size: int


def fid_from_large_cluster(
    system: SpinSystem, orientations: Orientations, *, channel: str, times: Array, size: int
) -> ApproximateSignal:
    """Estimate the free induction decay of many spins after an ideal 90 degree pulse.

    Parameters
    ----------
    system
        Spins and couplings.
    orientations
        Directions of the field in the crystal, with weights.
    channel
        Kind of spins that is observed.
    times
        From the pulse [s], (time,).
    size
        Spins that evolve exactly, 4 to fewer than the channel has; 8 take 5 ms for each centre and
        orientation.

    Returns
    -------
    :
        Signal, 1 at time zero, and its error.

    Raises
    ------
    ValueError
        If the size is outside its range.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168, for the moments.

    Examples
    --------
    >>> from megabar.spins.spin_systems import Spin, dipolar_pairs
    >>> positions = 2e-10 * np.indices((2, 2, 2)).reshape(3, -1).T[:6]
    >>> pairs = dipolar_pairs(positions, gyromagnetic_ratios=[2.6752218744e8] * 6)
    >>> cluster = SpinSystem(spins=(Spin(channel="1H", spin=0.5),) * 6, pairs=pairs)
    >>> found = fid_from_large_cluster(cluster, single_orientation(alpha=0.3, beta=0.9),
    ...                                channel="1H", times=np.linspace(0, 20e-6, 41), size=5)
    >>> bool(np.isclose(found.values[0], 1.0) and found.error < 0.1)
    True
    """
    return _averaged(
        system,
        orientations,
        channel=channel,
        size=size,
        exact=lambda some, field: fid_from_cluster(
            some, field, channel=channel, times=times, detected=(0,)
        ),
        decay=lambda like, unlike: _gauss(like + unlike, times),
    )


def solid_echo_from_large_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    channel: str,
    delay: float,
    times: Array,
    size: int,
) -> ApproximateSignal:
    """Estimate the solid echo 90x - tau - 90y of many spins with ideal pulses.

    Parameters
    ----------
    system, orientations, channel, size
        As in :func:`fid_from_large_cluster`.
    delay
        Between the pulses [s].
    times
        From the second pulse [s], (time,).

    Returns
    -------
    :
        Signal, -i where all is refocused, and its error.

    Raises
    ------
    ValueError
        If the size is outside its range.

    References
    ----------
    Powles, Strange, Proc. Phys. Soc. 82, 6 (1963), doi:10.1088/0370-1328/82/1/303.
    """
    return _averaged(
        system,
        orientations,
        channel=channel,
        size=size,
        exact=lambda some, field: solid_echo_from_cluster(
            some, field, channel=channel, delay=delay, times=times, detected=(0,)
        ),
        decay=lambda like, unlike: (
            _gauss(like, times - delay)
            * (_gauss(unlike, times - delay) + _gauss(unlike, times + delay))
            / 2
        ),
    )


def hahn_echo_from_large_cluster(
    system: SpinSystem,
    orientations: Orientations,
    *,
    channel: str,
    delay: float,
    times: Array,
    size: int,
) -> ApproximateSignal:
    """Estimate the Hahn echo 90x - tau - 180y of many spins with ideal pulses.

    Parameters
    ----------
    system, orientations, channel, size
        As in :func:`fid_from_large_cluster`.
    delay
        Between the pulses [s].
    times
        From the second pulse [s], (time,).

    Returns
    -------
    :
        Signal, -i where all is refocused, and its error.

    Raises
    ------
    ValueError
        If the size is outside its range.

    References
    ----------
    Hahn, Phys. Rev. 80, 580 (1950), doi:10.1103/PhysRev.80.580.
    """
    return _averaged(
        system,
        orientations,
        channel=channel,
        size=size,
        exact=lambda some, field: hahn_echo_from_cluster(
            some, field, channel=channel, delay=delay, times=times, detected=(0,)
        ),
        decay=lambda like, unlike: _gauss(like, times + delay) * _gauss(unlike, times - delay),
    )


def _averaged(
    system: SpinSystem,
    orientations: Orientations,
    *,
    channel: str,
    size: int,
    exact: Exact,
    decay: Decay,
) -> ApproximateSignal:
    """Average over all centres, with the wanted size and some smaller ones."""
    centres = [n for n, one in enumerate(system.spins) if one.channel == channel]
    if not _LOST < size < len(centres):
        msg = (
            f"Found {size} exact spins of {len(centres)} of channel {channel!r}; take "
            f"{_LOST + 1} or more and fewer than there are. All of them: spins.clusters."
        )
        raise ValueError(msg)
    signals: list[Signal | complex] = [0j] * (_LOST + 1)
    strengths = coupling_strengths(system, orientations)
    for n, weight in enumerate(orientations.weight):
        field = single_orientation(alpha=orientations.alpha[n], beta=orientations.beta[n])
        along = _matrix(system, strengths[n])
        for centre in centres:
            order = _nearest_first(centre, centres, along)
            for lost in range(_LOST + 1):
                one = _one(system, field, order[: size - lost], along, exact, decay)
                signals[lost] = signals[lost] + weight / len(centres) * one
    changes = np.abs(np.diff(np.array(signals), axis=0)).max(axis=1, initial=0.0)
    return ApproximateSignal(values=np.asarray(signals[0]), error=float(changes.sum()), size=size)


def _one(
    system: SpinSystem,
    field: Orientations,
    members: list[int],
    along: Array,
    exact: Exact,
    decay: Decay,
) -> Signal:
    """Signal of the first member, with the spins outside as a Gaussian."""
    centre, outside = members[0], set(range(len(system.spins))) - set(members)
    like = unlike = 0.0
    for other in outside:
        squared = (2 * np.pi * along[centre, other]) ** 2
        if system.spins[other].channel == system.spins[centre].channel:
            like += 9 / 4 * squared
        else:
            spin = system.spins[other].spin
            unlike += 4 / 3 * spin * (spin + 1) * squared
    return exact(_part(system, members), field) * decay(like, unlike)


def _nearest_first(centre: int, spins: list[int], along: Array) -> list[int]:
    """Sort by the coupling to the centre along the field, which comes first itself."""
    return sorted(spins, key=lambda one: (one != centre, -abs(along[centre, one])))


def _matrix(system: SpinSystem, strengths: Array) -> Array:
    """Couplings along the field by both spins [Hz], (spin, spin)."""
    along = np.zeros((len(system.spins), len(system.spins)))
    for pair, strength in zip(system.pairs, strengths, strict=True):
        along[pair.first, pair.second] = along[pair.second, pair.first] = strength
    return along


def _part(system: SpinSystem, members: list[int]) -> SpinSystem:
    place = {spin: n for n, spin in enumerate(members)}
    pairs = [
        replace(pair, first=place[pair.first], second=place[pair.second])
        for pair in system.pairs
        if pair.first in place and pair.second in place
    ]
    return SpinSystem(
        spins=tuple(system.spins[spin] for spin in members),
        pairs=tuple(sorted(pairs, key=lambda pair: sorted((pair.first, pair.second)))),
    )


def _gauss(second_moment: float, times: Array) -> Array:
    return np.asarray(np.exp(-second_moment * np.asarray(times) ** 2 / 2))

r"""Rates freed of the hops that frames miss: an atom that returns between two frames did not move.

Beside an empty site an atom that hopped may hop back at the same rate, so of all hops a share of
about the rate times the frame interval is never seen; two hops in one interval look like one over
a longer distance. Walks at trial rates that are looked at as often miss the same:

.. math:: W_c \leftarrow W_c + (w_c - w_c^\text{walks}) \Big/
    \frac{\partial w_c^\text{walks}}{\partial W_c}, \quad
    \frac{\partial w}{\partial W} = \frac{w}{W}
    \Big(1 + \frac{\mathrm d \ln w}{\mathrm d \ln \Delta t}\Big)

class by class; w hangs on W and the interval as on their product, so the slope is read from every
second frame of the same walks.

Twin: ``motion.trajectories.hops``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion import lattice_walks
from megabar.motion.trajectories.hops import (
    hop_statistics_from_sites,
    network_from_hops,
    pooled_rates,
)
from megabar.motion.trajectories.sites import SiteHistory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from megabar.motion.trajectories.hops import HopStatistics

    Array = NDArray[np.float64]
    Jumps = list[tuple[tuple[str, str], float]]

_ROUNDS: Final = 5
_SEEN: Final = 2.0  # standard errors from 0
_LEAST_SLOPE: Final = 0.2  # where most hops are missed, steps stay small
_WALKS: Final = 4  # as long as the trajectory: their noise adds an eighth to the error


@dataclass(frozen=True, kw_only=True)
class ClassRate:
    """Rate of one class of bonds, both directions.

    Parameters
    ----------
    kinds
        Of the two sites.
    distance
        Between them [m].
    seen
        Hops between frames over exposure [s-1].
    rate
        Of the hops themselves [s-1].
    std
        Its standard error, of counting in trajectory and walks [s-1].
    """

    kinds: tuple[str, str]
    distance: float
    seen: float
    rate: float
    std: float


def rates_behind_frames(
    statistics: HopStatistics,
    *,
    cell: ArrayLike,
    sites: ArrayLike,
    kinds: Sequence[str],
    frame_interval: float,
    seed: int,
) -> tuple[ClassRate, ...]:
    """Find the rates whose walks show, at the same frame interval, the hops that were seen.

    Parameters
    ----------
    statistics
        Of the trajectory.
    cell
        Of its box, rows [m], (3, 3).
    sites
        Cartesian [m], (site, 3).
    kinds
        Kind of each site, (site,).
    frame_interval
        Between frames [s].
    seed
        Of the walks.

    Returns
    -------
    :
        One rate for each class of bonds.

    Raises
    ------
    Undetermined
        If the hops give no network.

    Examples
    --------
    >>> from megabar.motion.trajectories.hops import HopClass, HopStatistics
    >>> one = HopClass(kinds=("A", "A"), distance=1.0, count=2000, exposure=4000.0, rate=0.5,
    ...                interval=(0.49, 0.51), bonds=384)
    >>> corners = np.indices((4, 4, 4)).reshape(3, -1).T * 1.0
    >>> seen = HopStatistics(
    ...     classes=(one,), atoms=60, sites=64, duration=170.0, unlisted=0, return_fraction=0.2,
    ...     residence_times=np.zeros(0), occupancies={"A": 0.94}, messages=())
    >>> (found,) = rates_behind_frames(
    ...     seen, cell=4 * np.eye(3), sites=corners, kinds=["A"] * 64, frame_interval=0.3, seed=1)
    >>> found.seen < found.rate < 1.3 * found.seen
    True
    """
    network_from_hops(statistics, cell=cell, sites=sites, kinds=kinds)  # or says why there is none
    jumps: Jumps = [(pair, distance) for pair, distance, _ in pooled_rates(statistics)]
    hops, exposures = _pooled(statistics, jumps)
    seen = hops / exposures
    rates, slope, walked = seen, np.ones(len(seen)), hops
    streams = np.random.default_rng(seed).spawn(_ROUNDS * _WALKS)
    for first in range(0, len(streams), _WALKS):
        network = network_of(jumps, rates, cell=cell, sites=sites, kinds=kinds)
        walks = [
            _walk(network, statistics, frame_interval, stream)
            for stream in streams[first : first + _WALKS]
        ]
        every, second = (
            np.sum(
                [
                    _pooled(_counted(walk, network, kinds, jumps, stride * frame_interval), jumps)
                    for walk in (one if stride == 1 else _thinned(one) for one in walks)
                ],
                axis=0,
            )
            for stride in (1, 2)
        )
        walked, shown = every[0], every[0] / every[1]
        slope = _slope(shown, second[0] / second[1], rates)
        rates = np.maximum(0.0, rates + (seen - shown) / slope)
    std = np.hypot(_std(hops, exposures), _std(walked, _WALKS * exposures)) / slope
    return tuple(
        ClassRate(kinds=pair, distance=distance, seen=float(w), rate=float(r), std=float(s))
        for (pair, distance), w, r, s in zip(jumps, seen, rates, std, strict=True)
    )


def with_rates(statistics: HopStatistics, rates: Sequence[ClassRate]) -> HopStatistics:
    """Give statistics the rates behind their frames, with counts that have the errors of these.

    Parameters
    ----------
    statistics
        Of the trajectory.
    rates
        Of :func:`rates_behind_frames`; a class that is not seen to differ from 0 has no hops.

    Returns
    -------
    :
        The same with other counts and exposures; residence times and checks are as they were seen.

    Examples
    --------
    >>> from megabar.motion.trajectories.hops import HopClass, HopStatistics
    >>> one = HopClass(kinds=("A", "A"), distance=1.0, count=90, exposure=100.0, rate=0.9,
    ...                interval=(0.8, 1.0), bonds=6)
    >>> seen = HopStatistics(
    ...     classes=(one,), atoms=9, sites=10, duration=10.0, unlisted=0, return_fraction=0.5,
    ...     residence_times=np.zeros(0), occupancies={"A": 0.9}, messages=())
    >>> freed = with_rates(
    ...     seen, [ClassRate(kinds=("A", "A"), distance=1.0, seen=0.9, rate=1.0, std=0.1)])
    >>> freed.classes[0].count, freed.classes[0].exposure
    (100, 100.0)
    """
    by_name = {(tuple(sorted(one.kinds)), one.distance): one for one in rates}
    classes = []
    for one in statistics.classes:
        found = by_name[tuple(sorted(one.kinds)), one.distance]
        ways = sum(
            sorted(other.kinds) == sorted(one.kinds) and other.distance == one.distance
            for other in statistics.classes
        )
        if found.rate <= _SEEN * found.std:
            classes.append(replace(one, count=0, rate=np.nan))
            continue
        count = round((found.rate / found.std) ** 2 / ways)
        classes.append(replace(one, count=count, exposure=count / found.rate, rate=found.rate))
    return replace(statistics, classes=tuple(classes))


def network_of(
    jumps: Sequence[tuple[tuple[str, str], float]],
    rates: Array,
    *,
    cell: ArrayLike,
    sites: ArrayLike,
    kinds: Sequence[str],
) -> lattice_walks.Network:
    """Build a network of the classes that have a rate.

    Parameters
    ----------
    jumps
        Kinds and distance [m] of each class.
    rates
        [s-1], (class,).
    cell, sites, kinds
        Of the box, as in :func:`rates_behind_frames`.

    Returns
    -------
    :
        The network, all sites full.
    """
    return lattice_walks.network_from_sites(
        cell=cell, sites=sites, kinds=kinds, occupancies=np.ones(len(kinds)),
        jumps=[
            lattice_walks.JumpClass(kinds=pair, distance=distance, rate=float(rate))
            for (pair, distance), rate in zip(jumps, rates, strict=True)
            if rate > 0
        ],
    )  # fmt: skip


def _walk(
    network: lattice_walks.Network,
    statistics: HopStatistics,
    frame_interval: float,
    stream: np.random.Generator,
) -> SiteHistory:
    """Walk as long as the trajectory, looked at as often."""
    walk = lattice_walks.walk_lattice(
        lattice=lattice_walks.Lattice(network=network, repeats=(1, 1, 1)),
        atoms=statistics.atoms, mechanism="exclusion", interval=frame_interval,
        samples=round(statistics.duration / frame_interval), seed=stream,
    )  # fmt: skip
    return SiteHistory(
        site=walk.sites, image=walk.crossings, sites=statistics.sites, core_radius=0.0,
        in_core=1.0, double_occupancy=0.0,
    )  # fmt: skip


def _thinned(history: SiteHistory) -> SiteHistory:
    """Every second frame."""
    return replace(history, site=history.site[::2], image=history.image[::2])


def _counted(
    history: SiteHistory,
    network: lattice_walks.Network,
    kinds: Sequence[str],
    jumps: Jumps,
    frame_interval: float,
) -> HopStatistics:
    return hop_statistics_from_sites(
        history=history, frame_interval=frame_interval, cell=network.cell, sites=network.sites,
        kinds=kinds, jumps=jumps,
    )  # fmt: skip


def _slope(shown: Array, thinned: Array, rates: Array) -> Array:
    """How the rate that walks show rises with the rate that they have; 1 for classes without."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = shown / rates * (1 + np.log2(thinned / shown))
    known = np.isfinite(slope) & (rates > 0)
    return np.where(known, np.clip(slope, _LEAST_SLOPE, 1.0), 1.0)


def _pooled(statistics: HopStatistics, jumps: Jumps) -> tuple[Array, Array]:
    """Hops and exposures of each class, both directions together."""
    found = np.zeros((2, len(jumps)))
    for one in statistics.classes:
        name = sorted(one.kinds)
        for n, (pair, distance) in enumerate(jumps):
            if name == sorted(pair) and one.distance == distance:
                found[:, n] += one.count, one.exposure
    return found[0], found[1]


def _std(hops: Array, exposures: Array) -> Array:
    """Of counting alone; without hops, that of one."""
    return np.asarray(np.sqrt(np.maximum(hops, 1)) / exposures)

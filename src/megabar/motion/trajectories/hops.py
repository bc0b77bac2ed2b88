r"""Hops between sites: counts, the time in which they could have happened, rates with intervals.

.. math:: W_{ab} = n_{ab} / E_{ab}, \quad
    E_{ab} = \sum_{\text{bonds } i \to j} \int n_i (1 - n_j) \, \mathrm{d}t

counts only time in which the origin is full and the destination empty, so a rate does not depend on
how many vacancies there are.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
from scipy import stats

from megabar.errors import Undetermined
from megabar.motion import lattice_walks
from megabar.motion.trajectories.sites import changes_of_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from megabar.motion.trajectories.sites import SiteHistory

ONE_SIGMA: Final = 0.6827
"""Probability of the intervals of rates."""

MOST_UNLISTED: Final = 0.02
"""Share of hops over bonds that no class lists, above which the network is incomplete."""

_BALANCE: Final = 3.0  # standard errors between a hop and its reverse
_TOLERANCE: Final = 0.01  # of a distance
_NO_CLASS: Final = -1


@dataclass(frozen=True, kw_only=True)
class HopClass:
    """All hops from one kind of site to another over one distance.

    Parameters
    ----------
    kinds
        Kind of site that is left, and kind that is reached.
    distance
        Between the sites [m].
    count
        Hops seen.
    exposure
        Time in which they could have happened, over all bonds [s].
    rate
        Hops per time of one atom into one empty site [s-1]; nan if none was seen.
    interval
        Of the rate, at :data:`ONE_SIGMA` [s-1]; from 0 if none was seen.
    bonds
        Directed bonds of the class in the cell.
    """

    kinds: tuple[str, str]
    distance: float
    count: int
    exposure: float
    rate: float
    interval: tuple[float, float]
    bonds: int


@dataclass(frozen=True, kw_only=True, eq=False)
class HopStatistics:
    """What the hops of a trajectory say about its network.

    Parameters
    ----------
    classes
        One for each direction of each class of bonds.
    atoms, sites
        In the cell.
    duration
        Of the trajectory [s].
    unlisted
        Hops over bonds that no class lists.
    return_fraction
        Share of hops that undo the hop before them; nan without two hops of one atom.
    residence_times
        Times between two hops of an atom [s], rising.
    occupancies
        Mean number of atoms on the sites of each kind.
    messages
        What a reader of the rates should know.
    """

    classes: tuple[HopClass, ...]
    atoms: int
    sites: int
    duration: float
    unlisted: int
    return_fraction: float
    residence_times: NDArray[np.float64]
    occupancies: dict[str, float]
    messages: tuple[str, ...]

    @property
    def count(self) -> int:
        """Hops in all, listed or not."""
        return sum(one.count for one in self.classes) + self.unlisted

    @property
    def unlisted_fraction(self) -> float:
        """Share of hops over bonds that no class lists; 0 without hops."""
        return self.unlisted / self.count if self.count else 0.0

    @property
    def hops_per_atom(self) -> float:
        """Mean number of hops of one atom in the whole trajectory."""
        return self.count / self.atoms

    @property
    def vacancy_fraction(self) -> float:
        """Share of sites without an atom."""
        return 1 - self.atoms / self.sites


def poisson_interval(count: int, *, probability: float) -> tuple[float, float]:
    r"""Compute the central interval of the mean of a Poisson number.

    .. math:: [\tfrac12 \chi^2_{q/2, 2n}, \; \tfrac12 \chi^2_{1 - q/2, 2n + 2}], \quad q = 1 - p

    Without events the lower end is 0, and the upper one is a bound rather than an error.

    Parameters
    ----------
    count
        Events seen.
    probability
        p of the interval, between 0 and 1.

    Returns
    -------
    :
        Lower and upper end.

    Raises
    ------
    ValueError
        If the count is negative or the probability not between 0 and 1.

    References
    ----------
    Garwood, Biometrika 28, 437 (1936), doi:10.1093/biomet/28.3-4.437.

    Examples
    --------
    >>> print("[{:.3f}, {:.3f}]".format(*poisson_interval(12, probability=0.6827)))
    [8.585, 16.560]
    """
    if count < 0 or not 0 < probability < 1:
        msg = f"Found {count} events and a probability of {probability:g}; no interval follows. "
        raise ValueError(msg + "Give a count from 0 and a probability between 0 and 1.")
    tail = (1 - probability) / 2
    lower = float(stats.chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return lower, float(stats.chi2.ppf(1 - tail, 2 * count + 2)) / 2


def hop_statistics_from_sites(
    *,
    history: SiteHistory,
    frame_interval: float,
    cell: ArrayLike,
    sites: ArrayLike,
    kinds: Sequence[str],
    jumps: Sequence[tuple[tuple[str, str], float]],
) -> HopStatistics:
    """Count hops by class of bond and turn them into rates.

    Parameters
    ----------
    history
        Sites over time.
    frame_interval
        Between frames [s].
    cell
        Rows [m], (3, 3).
    sites
        Cartesian [m], (site, 3).
    kinds
        Kind of each site, (site,).
    jumps
        Classes of bonds: two kinds and a distance [m] each; both directions are counted.

    Returns
    -------
    :
        Counts, exposures, rates, and checks.

    Raises
    ------
    ValueError
        If a class joins no sites.

    References
    ----------
    Garwood, Biometrika 28, 437 (1936), doi:10.1093/biomet/28.3-4.437, for the intervals.

    Examples
    --------
    >>> from megabar.motion.trajectories.sites import sites_from_positions
    >>> chain = [[0.0, 0, 0], [1.0, 0, 0], [2.0, 0, 0], [3.0, 0, 0]]
    >>> path = np.array([0.0, 1.0, 1.0, 2.0, 1.0])[:, None, None] * np.array([1.0, 0, 0])
    >>> history = sites_from_positions(
    ...     positions=path, cell=np.diag([4.0, 9.0, 9.0]), sites=chain, core_radius=0.3)
    >>> found = hop_statistics_from_sites(
    ...     history=history, frame_interval=1e-12, cell=np.diag([4.0, 9.0, 9.0]), sites=chain,
    ...     kinds=["A"] * 4, jumps=[(("A", "A"), 1.0)])
    >>> found.count, found.return_fraction, found.classes[0].exposure  # two bonds, four intervals
    (3, 0.5, 8e-12)
    """
    places = np.asarray(sites, dtype=np.float64)
    box = np.asarray(cell, dtype=np.float64)
    names = np.asarray(kinds, dtype=str)
    classes = _directed(jumps)
    bonds = lattice_walks.network_from_sites(
        cell=box, sites=places, kinds=kinds, occupancies=np.ones(len(places)),
        jumps=[
            lattice_walks.JumpClass(kinds=pair, distance=distance, rate=1.0)
            for pair, distance in jumps
        ],
    )  # fmt: skip
    lengths = np.linalg.norm(bonds.vectors, axis=1)
    of_bond = _class_of(classes, names[bonds.starts], names[bonds.ends], lengths)
    hops = _hops(history)
    apart = places[hops.ends] + hops.shifts @ box - places[hops.starts]
    of_hop = _class_of(classes, names[hops.starts], names[hops.ends], np.linalg.norm(apart, axis=1))
    exposures = frame_interval * _exposures(history.site, history.sites, bonds.starts, bonds.ends)
    found = tuple(
        _hop_class(
            pair, distance, int((of_hop == n).sum()), float(exposures[of_bond == n].sum()),
            int((of_bond == n).sum()),
        )
        for n, (pair, distance) in enumerate(classes)
    )  # fmt: skip
    unlisted = int((of_hop == _NO_CLASS).sum())
    filled = history.occupancies()
    return HopStatistics(
        classes=found,
        atoms=history.site.shape[1],
        sites=history.sites,
        duration=(len(history.site) - 1) * frame_interval,
        unlisted=unlisted,
        return_fraction=_returns(hops),
        residence_times=np.asarray(np.sort(hops.residences) * frame_interval, dtype=np.float64),
        occupancies={str(name): float(filled[names == name].mean()) for name in np.unique(names)},
        messages=_messages(found, unlisted, history),
    )


def network_from_hops(
    statistics: HopStatistics, *, cell: ArrayLike, sites: ArrayLike, kinds: Sequence[str]
) -> lattice_walks.Network:
    """Build the network of the hops that were seen, with sites of equal energy.

    Both directions of a class share one rate, their hops over their exposures together.

    Parameters
    ----------
    statistics
        Of a trajectory.
    cell
        Rows [m], (3, 3).
    sites
        Cartesian [m], (site, 3).
    kinds
        Kind of each site, (site,).

    Returns
    -------
    :
        The network, occupied as the trajectory is.

    Raises
    ------
    Undetermined
        If no hop was seen, too many hops are not listed, or hops do not balance their reverse.

    Examples
    --------
    >>> from megabar.motion.trajectories.hops import HopClass, HopStatistics
    >>> one = HopClass(kinds=("A", "A"), distance=1.0, count=50, exposure=1e-10, rate=5e11,
    ...                interval=(4e11, 6e11), bonds=6)
    >>> seen = HopStatistics(
    ...     classes=(one,), atoms=9, sites=10, duration=1e-10, unlisted=0, return_fraction=0.5,
    ...     residence_times=np.zeros(0), occupancies={"A": 0.9}, messages=())
    >>> network = network_from_hops(seen, cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"])
    >>> float(network.rates[0]), len(network.rates)
    (500000000000.0, 6)
    """
    refused = _refusal(statistics)
    if refused:
        raise Undetermined(f"{refused} No network follows.", quality="not reached")
    jumps = [
        lattice_walks.JumpClass(kinds=pair, distance=distance, rate=rate)
        for pair, distance, rate in pooled_rates(statistics)
        if rate > 0
    ]
    filled = np.full(len(kinds), statistics.atoms / statistics.sites)
    return lattice_walks.network_from_sites(
        cell=cell, sites=sites, kinds=kinds, occupancies=filled, jumps=jumps
    )


def pooled_rates(statistics: HopStatistics) -> tuple[tuple[tuple[str, str], float, float], ...]:
    """Give one rate for both directions of each class of bonds.

    Parameters
    ----------
    statistics
        Of a trajectory.

    Returns
    -------
    :
        Kinds, distance [m] and rate [s-1] of each class; 0 if no hop was seen.

    Examples
    --------
    >>> one = HopClass(kinds=("A", "A"), distance=1.0, count=50, exposure=1e-10, rate=5e11,
    ...                interval=(4e11, 6e11), bonds=6)
    >>> seen = HopStatistics(
    ...     classes=(one,), atoms=9, sites=10, duration=1e-10, unlisted=0, return_fraction=0.5,
    ...     residence_times=np.zeros(0), occupancies={"A": 0.9}, messages=())
    >>> pooled_rates(seen)
    ((('A', 'A'), 1.0, 500000000000.0),)
    """
    return tuple(
        (
            pair[0].kinds,
            pair[0].distance,
            sum(one.count for one in pair) / sum(one.exposure for one in pair)
            if any(one.count for one in pair)
            else 0.0,
        )
        for pair in _both_ways(statistics.classes)
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Hops:
    """Every hop, ordered by atom and time."""

    atoms: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    shifts: NDArray[np.int64]
    residences: NDArray[np.int64]  # frames between consecutive hops of an atom


def _hops(history: SiteHistory) -> _Hops:
    moved = changes_of_site(history)[..., 0]
    atoms, frames = np.nonzero(moved.T)
    shifts = history.image[frames + 1, atoms] - history.image[frames, atoms]
    follows = atoms[1:] == atoms[:-1]
    return _Hops(
        atoms=atoms,
        starts=history.site[frames, atoms].astype(np.int64),
        ends=history.site[frames + 1, atoms].astype(np.int64),
        shifts=shifts.astype(np.int64),
        residences=np.diff(frames)[follows],
    )


def _directed(
    jumps: Sequence[tuple[tuple[str, str], float]],
) -> list[tuple[tuple[str, str], float]]:
    """Each class in both directions, once if they are the same."""
    found = []
    for (first, second), distance in jumps:
        found.append(((first, second), distance))
        if first != second:
            found.append(((second, first), distance))
    return found


def _class_of(
    classes: list[tuple[tuple[str, str], float]],
    starts: NDArray[np.str_],
    ends: NDArray[np.str_],
    lengths: NDArray[np.float64],
) -> NDArray[np.int64]:
    found = np.full(len(lengths), _NO_CLASS)
    for n, ((first, second), distance) in enumerate(classes):
        near = np.abs(lengths - distance) <= _TOLERANCE * distance
        found[near & (starts == first) & (ends == second)] = n
    return found


def _hop_class(
    kinds: tuple[str, str], distance: float, count: int, exposure: float, bonds: int
) -> HopClass:
    low, high = poisson_interval(count, probability=ONE_SIGMA)
    per_time = 1 / exposure if exposure > 0 else np.nan
    return HopClass(
        kinds=kinds,
        distance=distance,
        count=count,
        exposure=exposure,
        rate=count * per_time if count else np.nan,
        interval=(low * per_time, high * per_time),
        bonds=bonds,
    )


def _returns(hops: _Hops) -> float:
    follows = hops.atoms[1:] == hops.atoms[:-1]
    if not follows.any():
        return float(np.nan)
    back = (hops.ends[1:] == hops.starts[:-1]) & (hops.starts[1:] == hops.ends[:-1])
    back &= (hops.shifts[1:] == -hops.shifts[:-1]).all(axis=1)
    return float((back & follows).sum() / follows.sum())


def _both_ways(classes: Sequence[HopClass]) -> list[tuple[HopClass, ...]]:
    """Group each class with its reverse."""
    groups: dict[Any, list[HopClass]] = {}
    for one in classes:
        groups.setdefault((tuple(sorted(one.kinds)), one.distance), []).append(one)
    return [tuple(group) for group in groups.values()]


def _refusal(statistics: HopStatistics) -> str:
    """Say why no network may be built, or nothing."""
    if not any(one.count for one in statistics.classes):
        return "Found no hop over a listed bond."
    if statistics.unlisted_fraction > MOST_UNLISTED:
        return (
            f"Found {statistics.unlisted_fraction:.1%} of the hops over bonds that no class lists, "
            f"more than {MOST_UNLISTED:.0%}."
        )
    return next((text for text in map(_imbalance, _both_ways(statistics.classes)) if text), "")


def _imbalance(group: tuple[HopClass, ...]) -> str:
    if len(group) == 1:
        return ""
    there, back = group
    apart = abs(there.count - back.count)
    if apart <= _BALANCE * np.sqrt(there.count + back.count):
        return ""
    return (
        f"Found {there.count} hops {there.kinds[0]} to {there.kinds[1]} and {back.count} back: not "
        "in equilibrium, or the run is too short."
    )


def _messages(
    classes: tuple[HopClass, ...], unlisted: int, history: SiteHistory
) -> tuple[str, ...]:
    count = sum(one.count for one in classes) + unlisted
    found = [text for text in map(_imbalance, _both_ways(classes)) if text]
    if count and unlisted > MOST_UNLISTED * count:
        found.append(
            f"{unlisted} of {count} hops use bonds that no class lists: the network is incomplete."
        )
    if history.double_occupancy > 1e-3:
        found.append(
            f"{history.double_occupancy:.2%} of the atoms share their site: sites are missing, or "
            "the core radius is too large."
        )
    never = [one for one in classes if not one.count]
    found += [
        f"No hop {one.kinds[0]} to {one.kinds[1]} over {one.distance:.4g} m: its rate is below "
        f"{one.interval[1]:.3g} s-1."
        for one in never
    ]
    return tuple(found)


@numba.njit(cache=True)
def _exposures(
    site: NDArray[np.int32],
    sites: int,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Count for each bond the intervals that begin with its start full and its end empty."""
    found = np.zeros(len(starts))
    full = np.zeros(sites, dtype=np.int32)
    for t in range(len(site) - 1):
        full[:] = 0
        for a in range(site.shape[1]):
            if site[t, a] >= 0:
                full[site[t, a]] = 1
        for n in range(len(starts)):
            if full[starts[n]] and not full[ends[n]]:
                found[n] += 1
    return found

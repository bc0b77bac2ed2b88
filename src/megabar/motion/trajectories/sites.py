"""Which site an atom is on, frame by frame, without counting vibrations as hops.

An atom changes its site only when it comes within the core of another one. Until it first enters a
core it has no site. Cores may not overlap, so an atom is in one of them or in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
from scipy.spatial import KDTree

from megabar.motion.arguments import positive
from megabar.motion.lattice_walks.networks import images_around

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int32]

NO_SITE: Final = -1
"""Site of an atom that was in no core yet."""

FLAGGED_CHANGE: Final = 0.03
"""Change of the count of hops between 0.85 and 1.15 of the core radius that is too much."""

_PLATEAU: Final = (0.85, 1.15)
_MOST_BOXES: Final = 48  # along one vector of the cell


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteHistory:
    """Sites of all atoms over time.

    Parameters
    ----------
    site
        Index of the site, (frame, atom); :data:`NO_SITE` before the first core.
    image
        Cell in which that site lies, in lattice vectors, (frame, atom, 3).
    sites
        Number of sites in the cell.
    core_radius
        Of all cores [m].
    in_core
        Share of atoms and frames within some core.
    double_occupancy
        Share of atoms and frames on a site that holds another atom as well; above 0.001 the list of
        sites is incomplete, or the core too large.
    """

    site: Whole
    image: Whole
    sites: int
    core_radius: float
    in_core: float
    double_occupancy: float

    def occupancies(self) -> Array:
        """Give the mean number of atoms on each site, (site,)."""
        placed = self.site[self.site >= 0]
        counted: Array = np.bincount(placed, minlength=self.sites) / len(self.site)
        return counted


@dataclass(frozen=True, kw_only=True, eq=False)
class CoreScan:
    """How the count of hops depends on the core radius.

    Parameters
    ----------
    radii
        Core radii [m], (radius,).
    hops
        Changes of site at each, (radius,).
    in_core
        Share of atoms and frames within some core at each, (radius,).
    radius
        The one in the middle of the flattest stretch [m].
    change
        Relative change of the count between 0.85 and 1.15 of that radius.
    flagged
        Whether that is above :data:`FLAGGED_CHANGE`: the count then depends on the choice.
    """

    radii: Array
    hops: NDArray[np.int64]
    in_core: Array
    radius: float
    change: float
    flagged: bool


def sites_from_positions(
    *, positions: NDArray[np.floating[Any]], cell: ArrayLike, sites: ArrayLike, core_radius: float
) -> SiteHistory:
    """Assign atoms to sites with hysteresis.

    Parameters
    ----------
    positions
        In the frame of the metal, unwrapped, Cartesian [m], (frame, atom, 3).
    cell
        Reference cell, rows [m], (3, 3), of any shape.
    sites
        Cartesian, in the same frame [m], (site, 3).
    core_radius
        How close an atom must come to change to another site [m].

    Returns
    -------
    :
        Sites over time.

    Raises
    ------
    ValueError
        If cores overlap, or the radius is not positive.

    Examples
    --------
    >>> path = np.array([0.1, 0.6, 0.9, 0.6, 0.9, 1.9])[:, None, None] * np.array([1.0, 0, 0])
    >>> found = sites_from_positions(
    ...     positions=path, cell=2 * np.eye(3), sites=[[0.0, 0, 0], [1.0, 0, 0]], core_radius=0.3)
    >>> found.site[:, 0].tolist(), found.image[-1, 0].tolist()  # not back at 0.6
    ([0, 0, 1, 1, 1, 0], [1, 0, 0])
    """
    box = np.asarray(cell, dtype=np.float64)
    places = np.asarray(sites, dtype=np.float64)
    radius = float(positive(core_radius, name="core radius", unit="m"))
    nearest = _nearest_distance(box, places)
    if 2 * radius > nearest:
        msg = (
            f"Found cores of {radius:.3g} m around sites {nearest:.3g} m apart; they overlap, so "
            f"an atom may be on two sites. Take less than {nearest / 2:.3g} m."
        )
        raise ValueError(msg)
    search = _cores(box, places, radius)
    site = np.empty(positions.shape[:2], dtype=np.int32)
    image = np.empty(positions.shape, dtype=np.int32)
    inside = _assign(np.asarray(positions), search, box, radius**2, site, image)
    return SiteHistory(
        site=site,
        image=image,
        sites=len(places),
        core_radius=radius,
        in_core=inside / site.size,
        double_occupancy=_doubles(site, len(places)) / site.size,
    )


def core_radius_scan(
    *,
    positions: NDArray[np.floating[Any]],
    cell: ArrayLike,
    sites: ArrayLike,
    radii: Sequence[float] | None = None,
) -> CoreScan:
    """Count hops for many core radii and find where the count stands still.

    Too large a core counts vibrations, too small a core misses short visits.

    Parameters
    ----------
    positions
        In the frame of the metal, unwrapped, Cartesian [m], (frame, atom, 3).
    cell
        Reference cell, rows [m], (3, 3).
    sites
        Cartesian [m], (site, 3).
    radii
        Rising core radii [m]; none: 0.10 to 0.49 of the shortest distance between sites.

    Returns
    -------
    :
        The counts and the radius that is best.

    Raises
    ------
    ValueError
        If cores of a radius overlap.

    Examples
    --------
    >>> path = np.array([0.1, 0.6, 0.9, 0.6, 0.9, 1.9])[:, None, None] * np.array([1.0, 0, 0])
    >>> scan = core_radius_scan(
    ...     positions=path, cell=2 * np.eye(3), sites=[[0.0, 0, 0], [1.0, 0, 0]])
    >>> scan.flagged
    False
    """
    box = np.asarray(cell, dtype=np.float64)
    places = np.asarray(sites, dtype=np.float64)
    if radii is None:
        tried = np.linspace(0.10, 0.49, 27) * _nearest_distance(box, places)
    else:
        tried = np.asarray(radii, dtype=np.float64)
    hops, inside = np.empty(len(tried), dtype=np.int64), np.empty(len(tried))
    for n, radius in enumerate(tried):
        found = sites_from_positions(
            positions=positions, cell=box, sites=places, core_radius=float(radius)
        )
        hops[n], inside[n] = changes_of_site(found).any(axis=-1).sum(), found.in_core
    low, high = (np.interp(factor * tried, tried, hops) for factor in _PLATEAU)
    change = np.abs(high - low) / np.maximum(np.interp(tried, tried, hops), 1.0)
    whole = (tried >= tried[0] / _PLATEAU[0]) & (tried <= tried[-1] / _PLATEAU[1])
    best = int(np.argmin(np.where(whole, change, np.inf))) if whole.any() else len(tried) // 2
    return CoreScan(
        radii=tried,
        hops=hops,
        in_core=inside,
        radius=float(tried[best]),
        change=float(change[best]),
        flagged=bool(change[best] > FLAGGED_CHANGE),
    )


def changes_of_site(history: SiteHistory) -> NDArray[np.bool_]:
    """Tell in which frames an atom is on another site than before, or on another image of it.

    Parameters
    ----------
    history
        Sites over time.

    Returns
    -------
    :
        True where atoms arrive, (frame - 1, atom, 1).

    Examples
    --------
    >>> path = np.array([0.1, 0.9, 2.1])[:, None, None] * np.array([1.0, 0, 0])
    >>> history = sites_from_positions(
    ...     positions=path, cell=2 * np.eye(3), sites=[[0.0, 0, 0], [1.0, 0, 0]], core_radius=0.3)
    >>> changes_of_site(history)[:, 0, 0].tolist()
    [True, True]
    """
    before, after = history.site[:-1], history.site[1:]
    moved = (before != after) | (history.image[:-1] != history.image[1:]).any(axis=-1)
    arrived: NDArray[np.bool_] = (moved & (before >= 0))[..., np.newaxis]
    return arrived


def _nearest_distance(cell: Array, sites: Array) -> float:
    """Shortest distance between two sites, images included."""
    reach = min(
        float(np.linalg.norm(cell, axis=1).min()),
        3 * float((abs(np.linalg.det(cell)) / len(sites)) ** (1 / 3)),
    )
    inside = (sites @ np.linalg.inv(cell)) % 1.0
    places, _, _ = images_around(cell, inside, reach)
    distance, _ = KDTree(places).query(inside @ cell, k=2)
    return float(distance[:, 1].min())


def _cores(cell: Array, sites: Array, radius: float) -> tuple[Any, ...]:
    """Divide the cell into boxes and list the cores that reach into each."""
    inverse = np.linalg.inv(cell)
    heights = 1 / np.linalg.norm(inverse, axis=0)
    count = np.clip((heights / (1.5 * radius)).astype(np.int64), 1, _MOST_BOXES)
    middles = (np.indices(count).reshape(3, -1).T + 0.5) / count
    half = np.linalg.norm(np.abs(cell / count[:, None]).sum(axis=0)) / 2
    reach = radius + float(half)
    fractions = sites @ inverse
    home = np.floor(fractions).astype(np.int32)
    places, number, shift = images_around(cell, fractions - home, reach)
    near = KDTree(places).query_ball_point(middles @ cell, reach)
    first = np.concatenate([[0], np.cumsum([len(one) for one in near])]).astype(np.int64)
    flat = np.concatenate([np.asarray(one, dtype=np.int64) for one in near])
    return (
        inverse, count, first, number[flat].astype(np.int32), shift[flat].astype(np.int32),
        (fractions - home) @ cell, home,
    )  # fmt: skip


@numba.njit(cache=True)
def _assign(
    positions: NDArray[np.floating[Any]],
    search: Any,
    cell: Array,
    square: float,
    site: Whole,
    image: Whole,
) -> int:
    """Fill sites and images; give how often an atom was in a core."""
    inverse, count, first, number, shift, sites, home = search
    inside = 0
    s, low = np.empty(3), np.empty(3, dtype=np.int64)
    for t in range(len(site)):
        for a in range(site.shape[1]):
            box = _box_of(positions[t, a], inverse, count, s, low)
            found = -1
            for n in range(first[box], first[box + 1]):
                if _square_distance(s, shift[n], sites[number[n]], cell) < square:
                    found = n
                    break
            if found >= 0:
                inside += 1
                site[t, a] = number[found]
                for k in range(3):
                    image[t, a, k] = low[k] + shift[found, k] - home[number[found], k]
            elif t:
                site[t, a] = site[t - 1, a]
                image[t, a] = image[t - 1, a]
            else:
                site[t, a] = -1
                image[t, a] = 0
    return inside


@numba.njit(cache=True)
def _box_of(
    position: NDArray[np.floating[Any]],
    inverse: Array,
    count: NDArray[np.int64],
    s: Array,
    low: NDArray[np.int64],
) -> int:
    """Fill the place in the cell and the cell itself; give the box."""
    which = 0
    for k in range(3):
        s[k] = 0.0
        for m in range(3):
            s[k] += position[m] * inverse[m, k]
        low[k] = int(np.floor(s[k]))
        s[k] -= low[k]
        which = which * count[k] + min(int(s[k] * count[k]), count[k] - 1)
    return int(which)


@numba.njit(cache=True)
def _square_distance(s: Array, shift: Whole, site: Array, cell: Array) -> float:
    apart = 0.0
    for m in range(3):
        x = -site[m]
        for k in range(3):
            x += (s[k] - shift[k]) * cell[k, m]
        apart += x * x
    return apart


@numba.njit(cache=True)
def _doubles(site: Whole, sites: int) -> int:
    """Count atoms on sites that hold another one."""
    there = np.zeros(sites, dtype=np.int32)
    doubles = 0
    for t in range(len(site)):
        there[:] = 0
        for a in range(site.shape[1]):
            if site[t, a] >= 0:
                there[site[t, a]] += 1
        for a in range(site.shape[1]):
            if site[t, a] >= 0 and there[site[t, a]] > 1:
                doubles += 1
    return doubles

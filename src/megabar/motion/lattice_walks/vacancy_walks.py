r"""Atoms that jump into few empty sites: simulated, then carried to the infinite crystal.

Three simulations of one cell cover the jumps of a vacancy, the decay of the couplings, and the
diffusivity. What a finite cell lacks is taken from the exact exchange walk, whose time is stretched
until its diffusivity is that of the atoms, so that both end in one tail:

.. math:: S(t) = S_\text{cell}(t) + S^\text{x}_\infty(t') - S^\text{x}_\text{cell}(t'), \quad
    t' = t \, D / D_0

A sum of decays with weights above zero is fitted to it, of which S(0) and the first slope are known
exactly: each atom finds a given neighbour site empty with the probability of a vacancy, so that

.. math:: S'(0) = c_\text{v} \, S'^\text{x}_\infty(0)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.arguments import positive
from megabar.motion.lattice_walks import kernels
from megabar.motion.lattice_walks.decay_fits import Anchors, decays_from_table
from megabar.motion.lattice_walks.exact_walks import walk_past_fixed
from megabar.motion.lattice_walks.fixed_partners import overlaps_in_cell, walk_past_fixed_in_cell
from megabar.motion.lattice_walks.free_walkers import components, free_diffusivity
from megabar.motion.lattice_walks.monte_carlo import Lattice, walk_lattice
from megabar.motion.lattice_walks.pair_walks import (
    exchange_walk,
    pair_walk_in_cell,
    require_equal_sites,
)
from megabar.motion.lattice_walks.statistics import Estimate, pair_tensors_in_single_precision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from megabar.motion.lattice_walks.decays import DecaySpectrum
    from megabar.motion.lattice_walks.exact_walks import ZoneMesh
    from megabar.motion.lattice_walks.monte_carlo import Walk
    from megabar.motion.lattice_walks.networks import Network

    Array = NDArray[np.float64]
    Steps = NDArray[np.int64]

FEWEST_REPLICAS: Final = 4
"""Replicas whose scatter is an error."""

_SITES: Final = 1000  # of the cell, at least
_FIRST: Final = 0.1  # interval of the first walk, over the residence time of a vacancy
_MEETING: Final = 0.05  # where the second walk takes over, in hops of an atom
_LAST: Final = 60.0  # longest lag of S, in hops of an atom
_LENGTH: Final = 4  # of the second walk, in its longest lag
_FAR: Final = (20.0, 40.0, 60.0, 80.0)  # lags of the diffusivity, in hops of an atom
_FAR_STEP: Final = 4.0
_FAR_SAMPLES: Final = 2000
_FIRST_SAMPLES: Final = 3000
_ORIGINS: Final = 20  # of lost couplings
_PER_LAG: Final = 8  # origins of displacements within one lag
_WINDOWS: Final = 480  # of displacements, at most about so many
_TINY: Final = 1e-300
_PER_OCTAVE: Final = 2
_LANCZOS: Final = 120


@dataclass(frozen=True, kw_only=True, eq=False)
class VacancyWalk:
    """Couplings and displacements of atoms that vacancies move, in the infinite crystal.

    Parameters
    ----------
    network
        The jumps, occupied as simulated.
    sites, vacancies
        In the cell of the simulation.
    lags
        Times of the tables [s], (lag,).
    correlation
        S of like spins [m-6], each replica carried to the infinite crystal, (replica, lag).
    tracer
        Mean squared displacement of one atom [m2], (replica, lag).
    diffusivities
        Of one atom [m2/s], (replica,).
    density
        The decays fitted to the mean of the replicas: the spectral density of like spins.
    past_fixed
        The same with partners that stay, one for each group of them.
    left_out
        What the fits give with one replica left out: like spins, then partners that stay.
    """

    network: Network
    sites: int
    vacancies: int
    lags: Array
    correlation: Array
    tracer: Array
    diffusivities: Array
    density: DecaySpectrum
    past_fixed: tuple[DecaySpectrum, ...]
    left_out: tuple[tuple[DecaySpectrum, ...], ...]

    @property
    def vacancy_fraction(self) -> float:
        """Share of sites without an atom."""
        return self.vacancies / self.sites

    @property
    def diffusivity(self) -> Estimate:
        """Tracer diffusivity [m2/s] and its standard error."""
        error = self.diffusivities.std(ddof=1) / np.sqrt(self.diffusivities.size)
        return Estimate(value=self.diffusivities.mean(), std=error)

    @property
    def correlation_factor(self) -> Estimate:
        r"""Tracer correlation factor :math:`f = D / (c_v D_0)`, c_v that of a fixed number."""
        empty = self.vacancies / (self.sites - 1)
        free = empty * free_diffusivity(self.network)
        return Estimate(*(number / free for number in self.diffusivity))

    def std_of(
        self, functional: Callable[[DecaySpectrum, tuple[DecaySpectrum, ...], float], ArrayLike]
    ) -> Array:
        """Compute the standard error of anything made from densities and D, by the jackknife.

        Parameters
        ----------
        functional
            From the density of like spins, those with partners that stay, and D [m2/s].

        Returns
        -------
        :
            Standard errors, shape of what the functional gives.
        """
        total, count = self.diffusivities.sum(), self.diffusivities.size
        without = (total - self.diffusivities) / (count - 1)
        rows = [
            np.asarray(functional(like, tuple(past), float(one)), dtype=np.float64)
            for (like, *past), one in zip(self.left_out, without, strict=True)
        ]
        values = np.stack(rows)
        spread: Array = np.sqrt((count - 1) * values.var(axis=0))
        return spread

    def scaled(self, factor: float) -> VacancyWalk:
        """Give the same walk with all its jumps faster by a factor, exactly."""
        positive(factor, name="factor of the rates", unit="1")
        return replace(
            self,
            network=replace(self.network, rates=self.network.rates * factor),
            lags=self.lags / factor,
            diffusivities=self.diffusivities * factor,
            density=self.density.scaled(factor),
            past_fixed=tuple(one.scaled(factor) for one in self.past_fixed),
            left_out=tuple(tuple(one.scaled(factor) for one in row) for row in self.left_out),
        )


def vacancy_walk(
    network: Network,
    *,
    vacancy_fraction: float,
    seed: int,
    replicas: int = 8,
    repeats: int | None = None,
    partners: Sequence[ArrayLike] = (),
    mesh: ZoneMesh | None = None,
) -> VacancyWalk:
    r"""Simulate atoms that jump into vacancies, and give their couplings in the infinite crystal.

    Atoms hinder each other only by filling their sites. All sites are equally likely to be empty;
    how many are is rounded to a whole number of the cell. The prefactor of extreme narrowing comes
    out to about 0.5 % in 8 replicas of 1,000 sites with 1 % vacancies.

    Parameters
    ----------
    network
        Jumps; its occupancies are replaced by those of the simulation.
    vacancy_fraction
        Share of empty sites, above 0 and below 1.
    seed
        Each replica gets a stream of its own from it.
    replicas
        At least 4.
    repeats
        Of the cell of the network along each vector; none: the fewest for 1,000 sites.
    partners
        Groups of nuclei that stay, positions in the cell of the network [m], (partner, 3) each.
    mesh
        Points of the zone of the independent walk; none: its default.

    Returns
    -------
    :
        The walk, at the rates of the network.

    Raises
    ------
    ValueError
        If the cell is too small for its vacancies, or if some atoms reach no other place.

    References
    ----------
    Gillespie, J. Comput. Phys. 22, 403 (1976), doi:10.1016/0021-9991(76)90041-3, for the walk;
    Lawson, Hanson, Solving Least Squares Problems, SIAM (1995), doi:10.1137/1.9781611971217, for
    the fit. The rest is derived in the documentation of the package.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> walk = vacancy_walk(cubic, vacancy_fraction=0.1, seed=1, replicas=4, repeats=5)
    >>> f = walk.correlation_factor
    >>> bool(0.6 < f.value < 0.8), f"{walk.density.sum_r6 / 0.904:.3f}"  # 12 of 125 are empty
    (True, '8.402')
    """
    lattice, vacancies = _cell(network, vacancy_fraction, repeats, replicas)
    full, share = lattice.network, 1 - vacancies / len(lattice)
    runs = _Runs.of(lattice, vacancies)
    fixed = [np.atleast_2d(np.asarray(one, dtype=np.float64)) for one in partners]
    seen = _measured(runs, fixed, replicas=replicas, seed=seed)
    size = lattice.repeats[0]
    pairs = _Completion(
        infinite=exchange_walk(full, repeats=min(size, 8), steps=_LANCZOS, mesh=mesh),
        cell=pair_walk_in_cell(full, repeats=size, exclusion=True, steps=_LANCZOS),
        lost=seen.pairs * (len(lattice) - 1) / (len(lattice) - vacancies - 1),
        runs=runs,
        seen=seen,
    )
    past = [
        _Completion(
            infinite=walk_past_fixed(full, partners=one, mesh=mesh),
            cell=walk_past_fixed_in_cell(full, partners=one, repeats=size),
            lost=lost,
            runs=runs,
            seen=seen,
        )
        for one, lost in zip(fixed, seen.fixed, strict=True)
    ]
    everyone = np.arange(replicas)
    fits = [
        (pairs.fit(rows, share), *(one.fit(rows, 1.0) for one in past))
        for rows in (everyone, *(np.delete(everyone, one) for one in everyone))
    ]
    return VacancyWalk(
        network=replace(full, occupancies=np.full(len(full.sites), share)),
        sites=len(lattice),
        vacancies=vacancies,
        lags=runs.lags,
        correlation=share * np.stack([pairs.table(np.array([one])) for one in everyone]),
        tracer=seen.tracer,
        diffusivities=seen.diffusivities,
        density=fits[0][0],
        past_fixed=fits[0][1:],
        left_out=tuple(fits[1:]),
    )


def prefactor(
    *, density: DecaySpectrum, diffusivity: float, number_density: float, contact: float
) -> float:
    r"""Compute the prefactor P of extreme narrowing.

    .. math:: D = P \, K \frac{N T_1}{d}, \quad \frac{1}{T_1} = \tfrac34 K j(0)

    The continuum has :math:`2 \pi / 5`; lattices between 1.2 and 3.2.

    Parameters
    ----------
    density
        Of like spins, at the diffusivity.
    diffusivity
        D of one spin [m2/s].
    number_density
        Spins per volume, N [m-3].
    contact
        Shortest distance between two spins, d [m].

    Returns
    -------
    :
        P.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), ch. VIII.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.exact_walks import independent_walk
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> walk = independent_walk(cubic)
    >>> print(f"{prefactor(density=walk, diffusivity=1.0, number_density=1.0, contact=1.0):.4f}")
    2.2435
    """
    return 0.75 * float(density(0.0)) * diffusivity * contact / number_density


def _cell(
    network: Network, vacancy_fraction: float, repeats: int | None, replicas: int
) -> tuple[Lattice, int]:
    """Choose the cell and its number of vacancies, or say why there is none."""
    require_equal_sites(network)
    full = replace(network, occupancies=np.ones(len(network.sites)))
    size = repeats or max(3, int(np.ceil((_SITES / len(network.sites)) ** (1 / 3) - 1e-9)))
    lattice = Lattice(network=full, repeats=(size, size, size))
    vacancies = round(vacancy_fraction * len(lattice))
    if not 0 < vacancies < len(lattice) - 1:
        msg = (
            f"Found a share of {vacancy_fraction:g} vacancies, {vacancies} of {len(lattice)} sites;"
            " nothing moves, or nothing is there. Take another share, or more repeats."
        )
        raise ValueError(msg)
    if replicas < FEWEST_REPLICAS:
        msg = f"Found {replicas} replicas; errors are their scatter. Take {FEWEST_REPLICAS}."
        raise ValueError(msg)
    if any(part.dimensions < 3 for part in components(full)):
        msg = (
            "Found sites from which jumps do not lead everywhere; atoms there have no diffusivity."
            " Add the jumps that connect them."
        )
        raise ValueError(msg)
    return lattice, vacancies


@dataclass(frozen=True, kw_only=True, eq=False)
class _Runs:
    """Three walks of one cell: intervals [s], samples, lags in samples."""

    lattice: Lattice
    vacancies: int
    hop_time: float
    first: tuple[float, int, Steps]
    second: tuple[float, int, Steps]
    far: tuple[float, int, Steps]

    @classmethod
    def of(cls, lattice: Lattice, vacancies: int) -> _Runs:
        network = lattice.network
        leaving = float(network.rates.sum()) / len(network.sites)
        hop_time = (len(lattice) - 1) / (vacancies * leaving)
        early, late = _FIRST / leaving, _MEETING * hop_time
        far = np.array([round(lag / _FAR_STEP) for lag in _FAR], dtype=np.int64)
        second = _octaves(round(_LAST / _MEETING))
        return cls(
            lattice=lattice,
            vacancies=vacancies,
            hop_time=hop_time,
            first=(early, _FIRST_SAMPLES, _octaves(max(1, int(late / early * 0.999)))),
            second=(late, _LENGTH * int(second[-1]), second),
            far=(_FAR_STEP * hop_time, _FAR_SAMPLES, far),
        )

    @property
    def lags(self) -> Array:
        parts = [interval * steps for interval, _, steps in (self.first, self.second)]
        return np.concatenate(parts)

    def walk(self, run: tuple[float, int, Steps], stream: np.random.Generator) -> Walk:
        return walk_lattice(
            lattice=self.lattice,
            atoms=len(self.lattice) - self.vacancies,
            mechanism="exclusion",
            interval=run[0],
            samples=run[1],
            seed=stream,
        )


def _octaves(longest: int) -> Steps:
    count = int(np.ceil(_PER_OCTAVE * np.log2(longest))) + 1 if longest > 1 else 1
    steps = np.unique(np.round(np.geomspace(1, longest, count)).astype(np.int64))
    return np.asarray(steps, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What the replicas measured: S(0) - S of pairs and of fixed partners, MSD, D."""

    pairs: Array
    fixed: tuple[Array, ...]
    tracer: Array
    diffusivities: Array


def _measured(runs: _Runs, fixed: Sequence[Array], *, replicas: int, seed: int) -> _Seen:
    tensors, unit = pair_tensors_in_single_precision(runs.lattice)
    tables = _Tables(
        tensors=tensors,
        near=_coupled(tensors),
        overlaps=[overlaps_in_cell(runs.lattice, one) for one in fixed],
        goes=np.zeros(len(runs.lattice), dtype=np.int32),
    )
    found, slopes = [], []
    for stream in np.random.default_rng(seed).spawn(replicas):
        rows = []
        for run in (runs.first, runs.second):
            walk = runs.walk(run, stream)
            positions = walk.positions()
            rows += [tables.windows(walk.sites, positions, int(lag)) for lag in run[2]]
        found.append(rows)
        slopes.append(_slope(runs, stream))
    lost = np.stack([_evened(list(windows)) for windows in zip(*found, strict=True)], axis=-1)
    return _Seen(
        pairs=lost[1] * unit**2,
        fixed=tuple(lost[2:]),
        tracer=lost[0],
        diffusivities=np.array(slopes),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Tables:
    tensors: NDArray[np.float32]
    near: NDArray[np.int32]
    overlaps: Sequence[Array]
    goes: NDArray[np.int32]

    def windows(self, sites: NDArray[np.int32], positions: Array, lag: int) -> _Windows:
        """Measure one lag: squares from many origins, lost couplings from some of them."""
        step = max(1, lag // _PER_LAG, (len(sites) - lag) // _WINDOWS)
        origins = np.arange(0, len(sites) - lag, step)
        some = max(1, len(origins) // _ORIGINS)
        squares = np.zeros(origins.size)
        lost = np.zeros((1 + len(self.overlaps), len(origins[::some])))
        kernels.squares_from_origins(positions, lag, origins, squares)
        kernels.lost_among_atoms(
            sites, self.tensors, self.near, lag, origins[::some], self.goes, lost[0]
        )
        for row, one in zip(lost[1:], self.overlaps, strict=True):
            kernels.lost_to_fixed(sites, one, lag, origins[::some], row)
        return _Windows(squares=squares, some=some, lost=lost)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Windows:
    """One lag of one replica: squares by origin, and what some of the origins lost."""

    squares: Array
    some: int
    lost: Array


def _evened(windows: Sequence[_Windows]) -> Array:
    """Give squares and lost couplings, (kind, replica), as if all origins had been looked at.

    Atoms that go further lose more. The slope of that, over the origins of all replicas, corrects
    for origins that went further than most.
    """
    squares = np.array([one.squares.mean() for one in windows])
    near = [one.squares[:: one.some] for one in windows]
    rows = [squares]
    spread = np.concatenate(near) - np.concatenate(near).mean()
    for kind in range(len(windows[0].lost)):
        lost = [one.lost[kind] for one in windows]
        slope = float(spread @ np.concatenate(lost)) / max(float(spread @ spread), _TINY)
        short = squares - np.array([one.mean() for one in near])
        rows.append(np.array([one.mean() for one in lost]) + slope * short)
    return np.stack(rows)


def _coupled(tensors: NDArray[np.float32]) -> NDArray[np.int32]:
    """List the sites that each site couples to, (site, neighbour); -1 where there are fewer."""
    site, other = np.nonzero((tensors != 0).any(axis=2))
    degree = np.bincount(site, minlength=len(tensors))
    column = np.arange(site.size) - np.repeat(np.cumsum(degree) - degree, degree)
    near = np.full((len(tensors), int(degree.max())), -1, dtype=np.int32)
    near[site, column] = other
    return near


def _slope(runs: _Runs, stream: np.random.Generator) -> float:
    interval, _, steps = runs.far
    squares, together = np.zeros(steps.size), np.zeros(steps.size)
    positions = runs.walk(runs.far, stream).positions()
    kernels.sum_squares(positions, steps, np.full(steps.size, 2), squares, together)
    return float(np.polyfit(steps * interval, squares, 1, w=1 / steps)[0]) / 6


@dataclass(frozen=True, kw_only=True, eq=False)
class _Completion:
    """What an exact walk adds to the couplings lost in a cell, per full site."""

    infinite: DecaySpectrum
    cell: DecaySpectrum
    lost: Array
    runs: _Runs
    seen: _Seen

    def _stretch(self, rows: NDArray[np.int64]) -> float:
        """D over that of the exact walk."""
        return float(self.seen.diffusivities[rows].mean()) / free_diffusivity(
            self.runs.lattice.network
        )

    def table(self, rows: NDArray[np.int64]) -> Array:
        """S of the infinite crystal at the lags, from some replicas [m-6]."""
        time = self.runs.lags * self._stretch(rows)
        beyond = self.infinite.correlation(time) - self.cell.correlation(time)
        start = float(self.cell.correlation(0.0))
        found: Array = beyond + start - self.lost[rows].mean(axis=0)
        return found

    def fit(self, rows: NDArray[np.int64], share: float) -> DecaySpectrum:
        network = self.runs.lattice.network
        leaving = np.bincount(network.starts, weights=network.rates).max()
        error = self.lost.std(axis=0, ddof=1) / np.sqrt(len(self.lost))
        empty = self.runs.vacancies / len(self.runs.lattice)
        slope = empty * float(self.infinite.weights @ self.infinite.decay_rates)
        found = decays_from_table(
            lags=self.runs.lags,
            values=self.table(rows) - self.infinite.static_part,
            std=error,
            anchors=Anchors(
                start=self.infinite.sum_r6,
                slope=slope,
                slow=self.infinite.scaled(self._stretch(rows)),
            ),
            fastest=4 * float(leaving),
        )
        return replace(
            found, weights=share * found.weights, static_part=share * self.infinite.static_part
        )

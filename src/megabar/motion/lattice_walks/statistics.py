"""Displacements and dipolar correlation of simulated walks, with errors from replicas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from megabar.motion.lattice_walks import kernels
from megabar.motion.lattice_walks.dipolar_sums import nearest_image_tensors
from megabar.motion.lattice_walks.monte_carlo import Lattice, walk_lattice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Estimate(NamedTuple):
    """Mean over replicas and its standard error, any shape."""

    value: NDArray[np.float64]
    std: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class WalkPlan:
    """What is simulated in each replica; arguments of :func:`walk_lattice`.

    Parameters
    ----------
    lattice
        Sites and bonds.
    atoms
        How many.
    mechanism
        ``"independent"``, ``"exclusion"`` or ``"exchange"``.
    interval
        Between samples [s].
    samples
        Number of intervals.
    """

    lattice: Lattice
    atoms: int
    mechanism: str
    interval: float
    samples: int


@dataclass(frozen=True, kw_only=True, eq=False)
class WalkStatistics:
    r"""Displacements and correlation at lags, replica by replica.

    Errors are the scatter of independent replicas, so they know of every correlation within one.

    Parameters
    ----------
    lags
        Times [s], (lag,).
    tracer
        Mean squared displacement of one atom [m2], (replica, lag).
    collective
        Squared displacement of the sum of all atoms over their number [m2], (replica, lag).
    correlation
        S [m-6], (replica, lag); no lags where it was not asked for.
    """

    lags: Array
    tracer: Array
    collective: Array
    correlation: Array

    def tracer_diffusivity(self, *, shortest: float, longest: float) -> Estimate:
        """Give the slope of the tracer MSD over 6 [m2/s], between two lags [s]."""
        return _estimate(self._slope(self.tracer, shortest, longest))

    def collective_diffusivity(self, *, shortest: float, longest: float) -> Estimate:
        """Give the slope of the collective MSD over 6 [m2/s], between two lags [s]."""
        return _estimate(self._slope(self.collective, shortest, longest))

    def haven_ratio(self, *, shortest: float, longest: float) -> Estimate:
        """Give tracer over collective diffusivity; its error by the jackknife over replicas."""
        tracer = self._slope(self.tracer, shortest, longest)
        collective = self._slope(self.collective, shortest, longest)
        count = tracer.size
        left = (tracer.sum() - tracer) / (collective.sum() - collective)
        spread = np.sqrt((count - 1) / count * ((left - left.mean()) ** 2).sum())
        return Estimate(value=tracer.mean() / collective.mean(), std=spread)

    def mean(self, name: str) -> Estimate:
        """Give mean and error of ``tracer``, ``collective`` or ``correlation``, (lag,)."""
        values: Array = getattr(self, name)
        return _estimate(values)

    def _slope(self, squares: Array, shortest: float, longest: float) -> Array:
        inside = (self.lags >= shortest * (1 - 1e-9)) & (self.lags <= longest * (1 + 1e-9))
        if inside.sum() < 2:
            msg = (
                f"Found {inside.sum()} lags from {shortest:g} to {longest:g} s; a slope needs two. "
                f"Lags reach from {self.lags[0]:g} to {self.lags[-1]:g} s."
            )
            raise ValueError(msg)
        time = self.lags[inside] - self.lags[inside].mean()
        slope: Array = squares[:, inside] @ time / (time @ time) / 6
        return slope


def measure_walks(
    *,
    plan: WalkPlan,
    lags: Sequence[int],
    replicas: int,
    seed: int,
    origins: int = 100,
    correlate: bool = True,
) -> WalkStatistics:
    r"""Simulate replicas of a walk and measure displacements and dipolar correlation.

    .. math:: \mathrm{MSD} = \langle | \Delta \mathbf r_i |^2 \rangle, \quad
        \mathrm{MSD}_\text{coll} = \frac1N \Big\langle \Big| \sum_i \Delta \mathbf r_i \Big|^2
        \Big\rangle, \quad S = \frac1N \Big\langle \sum_{i \ne j} \tfrac16 \mathbf T_{ij}(0) :
        \mathbf T_{ij}(t) \Big\rangle

    Tensors are those of nearest images within the sphere that fits into the supercell: S(0) lacks
    the partners beyond it, and S ends sooner than that of a crystal once atoms have crossed the
    cell. Nothing is divided by the occupancy. Memory: one replica (40 bytes per atom and sample),
    and 60 bytes per pair of sites for the correlation.

    Parameters
    ----------
    plan
        What is simulated.
    lags
        In samples, (lag,), each from 0 to the number of intervals.
    replicas
        At least 2.
    seed
        Each replica gets a stream of its own from it.
    origins
        Times from which each lag of the correlation is measured, at most; displacements use about
        ten times as many.
    correlate
        Whether the correlation is wanted: it costs most.

    Returns
    -------
    :
        The measured numbers.

    Raises
    ------
    ValueError
        If a lag is longer than the walk, or there are fewer than two replicas.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> plan = WalkPlan(
    ...     lattice=Lattice(network=cubic, repeats=(4, 4, 4)), atoms=100, mechanism="independent",
    ...     interval=1.0, samples=200)
    >>> found = measure_walks(plan=plan, lags=[1, 2, 3, 4], replicas=8, seed=1, correlate=False)
    >>> d, error = found.tracer_diffusivity(shortest=1, longest=4)
    >>> bool(abs(d - 1) < 4 * error)
    True
    """
    steps = np.asarray(lags, dtype=np.int64)
    _check(steps, plan.samples, replicas)
    strides = np.maximum(1, (plan.samples + 1 - steps) // origins)
    shape = (replicas, steps.size)
    tracer, collective = np.empty(shape), np.empty(shape)
    correlation = np.empty(shape if correlate else (replicas, 0))
    tensors, unit = pair_tensors_in_single_precision(plan.lattice) if correlate else (None, 0.0)
    for row, stream in enumerate(np.random.default_rng(seed).spawn(replicas)):
        walk = walk_lattice(
            lattice=plan.lattice,
            atoms=plan.atoms,
            mechanism=plan.mechanism,
            interval=plan.interval,
            samples=plan.samples,
            seed=stream,
        )
        denser = np.maximum(1, strides // 10)
        kernels.sum_squares(walk.positions(), steps, denser, tracer[row], collective[row])
        if tensors is not None:
            kernels.correlate_tensors(walk.sites, tensors, steps, strides, correlation[row])
    return WalkStatistics(
        lags=np.asarray(steps * plan.interval, dtype=np.float64),
        tracer=tracer,
        collective=collective,
        correlation=correlation * unit**2,
    )


def pair_tensors(lattice: Lattice) -> NDArray[np.float64]:
    """Compute the dipolar tensors of all pairs of sites of a supercell.

    Parameters
    ----------
    lattice
        The supercell.

    Returns
    -------
    :
        Five orthonormal components [m-3], (site, site, 5); zero outside the sphere that fits in.

    Examples
    --------
    >>> from megabar.motion.lattice_walks.networks import JumpClass, network_from_sites
    >>> cubic = network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> tensors = pair_tensors(Lattice(network=cubic, repeats=(3, 3, 3)))
    >>> print(f"{(tensors[0] ** 2).sum():.3f}")  # 6 at 1, 12 at the root of 2
    7.500
    """
    count, repeats = len(lattice.network.sites), lattice.repeats
    vectors = lattice.sites - lattice.network.sites[:, None, :]
    first = nearest_image_tensors(cell=lattice.cell, vectors=vectors).reshape(count, -1, count, 5)
    corners = np.indices(repeats).reshape(3, -1).T
    apart = (corners[None, :, :] - corners[:, None, :]) % repeats
    number = np.ravel_multi_index(tuple(np.moveaxis(apart, -1, 0)), repeats)
    everywhere = np.moveaxis(first[:, number], 0, 1)  # (cell, site, cell, site, 5)
    return np.ascontiguousarray(everywhere).reshape(len(lattice), len(lattice), 5)


def pair_tensors_in_single_precision(lattice: Lattice) -> tuple[NDArray[np.float32], float]:
    """Give tensors over the largest of them, which products of two in SI units would overflow."""
    tensors = pair_tensors(lattice)
    unit = float(np.abs(tensors).max())
    return (tensors / unit).astype(np.float32), unit


def _estimate(values: Array) -> Estimate:
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return Estimate(value=values.mean(axis=0), std=error)


def _check(steps: NDArray[np.int64], samples: int, replicas: int) -> None:
    if replicas < 2:
        msg = f"Found {replicas} replicas; errors are their scatter. Take at least two."
        raise ValueError(msg)
    if steps.size == 0 or steps.min() < 0 or steps.max() > samples:
        found = f"lags {steps.min()} to {steps.max()}" if steps.size else "no lags"
        msg = f"Found {found} in a walk of {samples} intervals. Give lags of 0 up to that number."
        raise ValueError(msg)

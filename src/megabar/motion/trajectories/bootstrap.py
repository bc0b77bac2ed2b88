r"""Error and bias of a diffusivity from walks that repeat the trajectory on its own network.

A run too short for batches still shows its hops. A Monte Carlo walk with the rates of those hops,
as many atoms and frames, and the same window of lags, made again and again, tells how much such a
diffusivity scatters and how far its mean is from that of endless time. That is an error of a
model: it holds if the hops are all there is.

Twin: ``motion.trajectories.diffusivities``, which takes the error from the run itself.

References
----------
Efron, Tibshirani, An Introduction to the Bootstrap (1993), doi:10.1201/9780429246593, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot, pi
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import Undetermined, one_of
from megabar.motion import lattice_walks
from megabar.motion.lattice_walks.free_walkers import generator_at
from megabar.motion.trajectories.diffusivities import Estimate, slope_from_positions
from megabar.motion.trajectories.displacements import summed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

KINDS: Final = ("tracer", "collective")

_FEWEST_REPLICAS: Final = 8
_FEWEST_WALKS: Final = 16  # for the diffusivity of endless time
_FORGOTTEN: Final = (4, 8)  # lags, in lives of the slowest mode, over which a walk is measured
_RUN: Final = 10  # such a walk is so many times its longest lag
_SAMPLES_PER_LIFE: Final = 10


@dataclass(frozen=True, kw_only=True)
class ModelEstimate(Estimate):
    """A diffusivity [m2/s] whose error and bias come from a model.

    Parameters
    ----------
    uncorrected
        Slope of the trajectory before the bias of its window was taken off [m2/s].
    deviation
        That slope less the mean slope of the walks, over their scatter: beyond 2, the walk is not
        what the trajectory does.
    origin
        ``"model"``: where the error is from.
    """

    uncorrected: float
    deviation: float
    origin: str = "model"


@dataclass(frozen=True, kw_only=True, eq=False)
class Bootstrap:
    """Diffusivities of walks that repeat a trajectory.

    Parameters
    ----------
    kind
        ``"tracer"`` or ``"collective"``.
    values
        Slope of each walk [m2/s], (replica,).
    endless
        Slope of the same walk at lags without memory [m2/s]; exact for the collective one.
    frame_interval, fit_from, fit_to
        Of the trajectory and of its window [s].
    frames, atoms
        Of the trajectory.
    origin
        ``"model"``: where errors are from.
    """

    kind: str
    values: Array
    endless: Estimate
    frame_interval: float
    fit_from: float
    fit_to: float
    frames: int
    atoms: int
    origin: str = "model"

    @property
    def std(self) -> float:
        """Scatter of one walk [m2/s]."""
        return float(self.values.std(ddof=1))

    @property
    def relative_std(self) -> float:
        """Scatter of one walk over the mean."""
        return self.std / float(self.values.mean())

    @property
    def bias(self) -> float:
        """Mean of the walks less their diffusivity of endless time [m2/s]."""
        return float(self.values.mean()) - self.endless.value

    @property
    def bias_std(self) -> float:
        """Standard error of the bias [m2/s]."""
        return hypot(self.std / len(self.values) ** 0.5, self.endless.std)

    def estimate(self, positions: NDArray[np.floating[Any]]) -> ModelEstimate:
        """Give the diffusivity of the trajectory itself, with the error and bias of its walks.

        Both scale with the diffusivity, so a small misfit of the rates changes neither.

        Parameters
        ----------
        positions
            Unwrapped, in the frame of the metal, Cartesian [m], (frame, atom, 3).

        Returns
        -------
        :
            The diffusivity.

        Raises
        ------
        ValueError
            If it has other frames or atoms than the walks.
        """
        if positions.shape != (self.frames, self.atoms, 3):
            msg = (
                f"Found positions of shape {positions.shape} and walks of {self.frames} frames of "
                f"{self.atoms} atoms; their errors are not those of this trajectory. Repeat it."
            )
            raise ValueError(msg)
        slope = _slope(self.kind, positions, self.frame_interval, self.fit_from, self.fit_to)
        mean = float(self.values.mean())
        value = slope * self.endless.value / mean
        return ModelEstimate(
            value=value,
            std=abs(value) * hypot(self.std, self.bias_std) / mean,
            degrees_of_freedom=len(self.values) - 1,
            uncorrected=slope,
            deviation=(slope - mean) / self.std,
        )


def diffusivity_bootstrap(
    *,
    lattice: lattice_walks.Lattice,
    atoms: int,
    frame_interval: float,
    frames: int,
    fit_from: float,
    fit_to: float,
    vibration: float,
    kind: str,
    seed: int,
    replicas: int = 100,
) -> Bootstrap:
    r"""Repeat a trajectory by Monte Carlo and see how its diffusivity scatters.

    Atoms jump into empty sites at the rates of the network. The collective diffusivity of endless
    time is exact for a fixed number of N atoms on M sites,

    .. math:: D_\mathrm{coll} = \frac{M - N}{M - 1} D_0,

    that of a tracer is measured on longer walks in the same cell, at lags beyond all memory, where
    the mean square displacement is straight.

    Parameters
    ----------
    lattice
        Network with the rates that were seen, as often repeated as in the trajectory.
    atoms
        Mobile atoms of the trajectory.
    frame_interval
        Between its frames [s].
    frames
        How many it has.
    fit_from, fit_to
        Shortest and longest lag of the fit [s].
    vibration
        Displacement about the sites, rms per axis [m], of atoms and frames that ignore each other.
    kind
        ``"tracer"`` or ``"collective"``.
    seed
        Of the walks.
    replicas
        How many walks: the scatter is known to 1 over the root of twice as many.

    Returns
    -------
    :
        The diffusivities of the walks.

    Raises
    ------
    UnknownWord
        If the kind is neither.
    Undetermined
        If atoms on the network never get far.
    ValueError
        If there are too few replicas, no window, or no empty site.

    References
    ----------
    Efron, Tibshirani, An Introduction to the Bootstrap (1993), doi:10.1201/9780429246593.
    Kutner, Phys. Lett. A 81, 239 (1981), doi:10.1016/0375-9601(81)90251-6, for endless systems.

    Examples
    --------
    >>> cubic = lattice_walks.network_from_sites(
    ...     cell=np.eye(3), sites=np.zeros((1, 3)), kinds=["A"], occupancies=[1.0],
    ...     jumps=[lattice_walks.JumpClass(kinds=("A", "A"), distance=1, rate=1)])
    >>> found = diffusivity_bootstrap(
    ...     lattice=lattice_walks.Lattice(network=cubic, repeats=(4, 4, 4)), atoms=60,
    ...     frame_interval=1.0, frames=200, fit_from=1.0, fit_to=10.0, vibration=0.0,
    ...     kind="collective", seed=1)
    >>> print(f"{found.endless.value:.4f}")  # 4/63 of 1
    0.0635
    >>> abs(found.bias) < 4 * found.bias_std
    True
    """
    one_of(kind, KINDS, name="kind")
    if replicas < _FEWEST_REPLICAS:
        msg = f"Found {replicas} replicas; a scatter needs {_FEWEST_REPLICAS} or more."
        raise ValueError(msg)
    _refuse_closed_groups(lattice)
    *streams, shaking, longer = np.random.default_rng(seed).spawn(replicas + 2)
    values = np.empty(replicas)
    for n, stream in enumerate(streams):
        walk = lattice_walks.walk_lattice(
            lattice=lattice, atoms=atoms, mechanism="exclusion", interval=frame_interval,
            samples=frames - 1, seed=stream,
        )  # fmt: skip
        path = walk.positions()
        if vibration > 0:
            path += vibration * shaking.standard_normal(path.shape)
        values[n] = _slope(kind, path, frame_interval, fit_from, fit_to)
    endless = (
        _exact(lattice, atoms)
        if kind == "collective"
        else _measured(lattice, atoms, (frames - 1) * frame_interval * replicas, longer)
    )
    return Bootstrap(
        kind=kind, values=values, endless=endless, frame_interval=frame_interval,
        fit_from=fit_from, fit_to=fit_to, frames=frames, atoms=atoms,
    )  # fmt: skip


def _slope(
    kind: str,
    positions: NDArray[np.floating[Any]],
    frame_interval: float,
    fit_from: float,
    fit_to: float,
) -> float:
    if kind == "collective":
        positions = summed(positions) / positions.shape[1] ** 0.5
    return slope_from_positions(
        positions=positions, frame_interval=frame_interval, fit_from=fit_from, fit_to=fit_to
    )


def _refuse_closed_groups(lattice: lattice_walks.Lattice) -> None:
    smallest = min(part.dimensions for part in lattice_walks.components(lattice.network))
    if smallest < 3:
        msg = (
            f"Found sites from which jumps lead on in {smallest} of three directions; atoms there "
            "have no diffusivity of their own. Add the jumps that are missing, or longer runs."
        )
        raise Undetermined(msg, quality="not reached")


def _exact(lattice: lattice_walks.Lattice, atoms: int) -> Estimate:
    sites = len(lattice)
    free = lattice_walks.free_diffusivity(lattice.network)
    return Estimate(
        value=free * (sites - atoms) / (sites - 1), std=0.0, degrees_of_freedom=float("inf")
    )


def _measured(
    lattice: lattice_walks.Lattice, atoms: int, duration: float, stream: np.random.Generator
) -> Estimate:
    """Tracer diffusivity at lags without memory, from walks of about a duration in all."""
    life = _longest_life(lattice, atoms)
    interval = life / _SAMPLES_PER_LIFE
    samples = _RUN * _FORGOTTEN[1] * _SAMPLES_PER_LIFE
    runs = max(_FEWEST_WALKS, ceil(duration / (samples * interval)))
    values = np.empty(runs)
    for n, one in enumerate(stream.spawn(runs)):
        walk = lattice_walks.walk_lattice(
            lattice=lattice, atoms=atoms, mechanism="exclusion", interval=interval,
            samples=samples, seed=one,
        )  # fmt: skip
        first, last = (lives * life for lives in _FORGOTTEN)
        values[n] = _slope("tracer", walk.positions(), interval, first, last)
    std = float(values.std(ddof=1)) / runs**0.5
    return Estimate(value=float(values.mean()), std=std, degrees_of_freedom=runs - 1)


def _longest_life(lattice: lattice_walks.Lattice, atoms: int) -> float:
    r"""Life of the slowest memory of a marked atom.

    Vacancies spread over the cell within the life of its longest density wave, 1/(q D q). Which
    site of its unit cell the atom is on, it forgets at the slowest rate of a free walker times the
    share of empty sites, halved as many a vacancy takes its hop back.
    """
    network = lattice.network
    waves = 2 * pi * np.linalg.inv(lattice.cell)  # columns
    parts = lattice_walks.components(network)
    slowest = min(
        float(np.einsum("xi,xy,yi->i", waves, part.diffusivity, waves).min()) for part in parts
    )
    inner = np.linalg.eigvalsh(generator_at(network, np.zeros((1, 3)))[0])[len(parts) :]
    if inner.size:
        empty = (len(lattice) - atoms) / (len(lattice) - 1)
        slowest = min(slowest, float(inner[0]) * empty / 2)
    return 1 / slowest

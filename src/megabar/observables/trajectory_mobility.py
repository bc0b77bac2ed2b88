"""From the frames of molecular dynamics to D, sites, hops and NMR, each part with its verdict.

A part that cannot be done says why, and the others go on.

Twin: ``motion.trajectories``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan, sqrt
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from megabar.errors import Undetermined
from megabar.matter import nuclei
from megabar.motion import lattice_walks, trajectories
from megabar.motion.relaxation import Rates
from megabar.motion.spectral_densities import LongTimeTail
from megabar.observables.supercells import sites_in_box
from megabar.spins.crystal_moments import isotopes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from megabar.matter.crystals import Crystal
    from megabar.matter.frames import Frames
    from megabar.observables.supercells import BoxSites

    Array = NDArray[np.float64]
    Progress = Callable[[str, int, int], None]

_Found = TypeVar("_Found")

ASSUMPTIONS: Final = (
    "Displacements are relative to the framework, in the cell averaged over time.",
    "D_tracer is that of one hydrogen, which NMR sees; D_coll that of all together, as a charge "
    "would see it; neither is the chemical diffusivity that desorption sees.",
    "Nuclei are classical points unless the frames are centroids of path integrals; classical "
    "molecular dynamics at high temperature does not predict D at 300 K.",
    "NMR rates are those of a powder with dipolar coupling only; gamma is that of the bare nuclei.",
)
"""What every number of a trajectory supposes."""

_WINDOW_OVER_RUN: Final = 1 / 41  # longest lag whose error can be told
_WINDOW_RATIO: Final = 5.0
_LAG_OVER_RUN: Final = 0.1  # longest lag of the dipolar correlation
_SHELLS: Final = 1.65  # reach of hops over the shortest distance of sites
_PARTS: Final = 6


@dataclass(frozen=True, kw_only=True)
class Part:
    """Whether one part of the analysis has an answer.

    Parameters
    ----------
    quality
        ``"value"``, ``"upper bound"``, ``"not reached"``, ``"no solution"`` or ``"failed"``.
    reason
        Why, in one sentence; empty for a plain value.
    """

    quality: str
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Displacements:
    """Mean square displacements and diffusivities.

    Parameters
    ----------
    lags
        [s], (lag,).
    tracer, collective
        Mean square displacement of one atom, and of all together over their number [m2], (lag,).
    regime
        Whether, and where, the former is straight; none if it could not be judged.
    diffusivity, collective_diffusivity
        D with their errors [m2/s]; none where there is no window.
    haven_ratio
        Of the two; none without both.
    part
        Verdict on the tracer diffusivity.
    collective_part
        Verdict on the collective one.
    """

    lags: Array
    tracer: Array
    collective: Array
    regime: trajectories.Regime | None
    diffusivity: trajectories.Diffusivity | None
    collective_diffusivity: trajectories.Diffusivity | None
    haven_ratio: trajectories.Estimate | None
    part: Part
    collective_part: Part


@dataclass(frozen=True, kw_only=True, eq=False)
class Hopping:
    """Sites and hops.

    Parameters
    ----------
    box
        Sites in the box.
    history
        Site of each atom over time.
    scan
        Hops against core radius.
    statistics
        Counts, rates and checks.
    vibration
        Rms displacement of an atom from its site per axis [m].
    """

    box: BoxSites
    history: trajectories.SiteHistory
    scan: trajectories.CoreScan
    statistics: trajectories.HopStatistics
    vibration: float


@dataclass(frozen=True, kw_only=True, eq=False)
class DirectRates:
    """R1 and R2 from the couplings along the trajectory itself.

    Parameters
    ----------
    correlation
        S of like spins.
    like
        Rates of like spins.
    unlike
        Rates of each kind of framework nuclei, by name of the isotope, abundance included.
    tail
        What diffusion adds beyond the cut-off; none without a diffusivity.
    """

    correlation: trajectories.DipolarCorrelation
    like: trajectories.RelaxationEstimate
    unlike: dict[str, Rates]
    tail: LongTimeTail | None

    @property
    def total(self) -> Rates:
        """All of them together [s-1], shape of the Larmor frequencies."""
        found = Rates(r1=self.like.r1, r2=self.like.r2)
        for rates in self.unlike.values():
            found = found + rates
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class TrajectoryMobility:
    """All that a trajectory says.

    Parameters
    ----------
    source
        File that was read.
    frames, atoms
        Number of frames, and of mobile atoms.
    frame_interval
        [s].
    cell
        Reference cell, rows [m], (3, 3).
    mobile, framework
        Elements.
    step_ratio
        Largest step between frames over half the smallest height of the cell.
    larmor_frequency
        Of 1H, for which rates were computed [Hz], (field,).
    displacements
        Mean square displacements and D.
    hopping
        Sites and hops; none where they could not be found.
    rates
        NMR rates directly from the frames; none where they could not be computed.
    parts
        Verdict on ``"paths"``, ``"diffusivity"``, ``"collective"``, ``"sites"``, ``"rates"``.
    messages
        What a reader of the numbers should know.
    """

    source: str
    frames: int
    atoms: int
    frame_interval: float
    cell: Array
    mobile: str
    framework: tuple[str, ...]
    step_ratio: float
    larmor_frequency: Array
    displacements: Displacements
    hopping: Hopping | None
    rates: DirectRates | None
    parts: dict[str, Part]
    messages: tuple[str, ...] = field(default=())

    @property
    def duration(self) -> float:
        """Length of the run [s]."""
        return (self.frames - 1) * self.frame_interval


def trajectory_mobility(
    frames: Frames,
    *,
    mobile: str,
    framework: Sequence[str],
    crystal: Crystal | None,
    larmor_frequency: Sequence[float],
    progress: Progress | None = None,
) -> TrajectoryMobility:
    """Analyse a trajectory: paths, displacements, D, sites and hops, NMR rates.

    Parameters
    ----------
    frames
        In order of time, with their interval.
    mobile
        Element that moves, ``"H"``.
    framework
        Elements that stay, ``("La",)``; empty if there are none.
    crystal
        Whose sites the mobile atoms are on; none: no sites and hops.
    larmor_frequency
        Of 1H at the fields that are wanted [Hz].
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    :
        All parts with their verdicts.

    Raises
    ------
    NotATrajectory
        If the frames are in no order or unevenly spaced.
    Undetermined
        If paths are ambiguous.
    ValueError
        If an element is not among the atoms.

    Examples
    --------
    >>> from megabar.matter.frames import Frames
    >>> steps = np.random.default_rng(1).normal(size=(3000, 20, 3)) * 5e-11
    >>> walk = Frames(
    ...     positions=np.cumsum(steps, axis=0), cell=np.eye(3)[None].repeat(3000, 0) * 1e-9,
    ...     species=("H",) * 20, time_ordered=True, source="walk", source_sha256="",
    ...     frame_interval=1e-13, unwrapped=True)
    >>> found = trajectory_mobility(
    ...     walk, mobile="H", framework=(), crystal=None, larmor_frequency=())
    >>> d = found.displacements.diffusivity
    >>> bool(abs(d.value - 1.25e-8) < 3 * d.std), found.parts["sites"].quality
    (True, 'no solution')
    """
    told = progress or _silent
    interval = frames.interval()
    told("paths", 0, _PARTS)
    paths = trajectories.unwrap(
        positions=frames.positions, cells=frames.cell, time_ordered=frames.time_ordered,
        unwrapped=frames.unwrapped, lattice="reference",
    )  # fmt: skip
    relative = trajectories.relative_to_framework(
        positions=paths.positions, species=frames.species, framework=framework
    )
    chosen = np.array([symbol == mobile for symbol in frames.species])
    if not chosen.any():
        there = ", ".join(dict.fromkeys(frames.species))
        msg = f"Found no atom of {mobile} in {frames.source}; nothing moves. There are: {there}."
        raise ValueError(msg)
    everything = np.asarray(relative.positions, dtype=np.float64)
    moving = np.ascontiguousarray(everything[:, chosen])
    told("sites and hops", 1, _PARTS)
    hopping, sites_part = _attempt(
        lambda: _hopping(
            moving, everything, frames.species, paths.reference_cell, interval,
            mobile=mobile, framework=framework, crystal=crystal,
        )
    )  # fmt: skip
    told("displacements", 3, _PARTS)
    displacements = _displacements(moving, interval, hopping)
    told("dipolar correlation", 4, _PARTS)
    fields = np.asarray(larmor_frequency, dtype=np.float64)
    rates, rates_part = _attempt(
        lambda: _rates(
            moving, everything, frames.species, paths.reference_cell, interval, fields,
            mobile=mobile, framework=framework, displacements=displacements,
        )
    )  # fmt: skip
    if rates is not None:
        rates_part = Part(quality=rates.like.quality, reason=rates.like.reason)
    told("done", _PARTS, _PARTS)
    return TrajectoryMobility(
        source=frames.source,
        frames=len(frames.positions),
        atoms=int(chosen.sum()),
        frame_interval=interval,
        cell=paths.reference_cell,
        mobile=mobile,
        framework=tuple(framework),
        step_ratio=paths.step_ratio,
        larmor_frequency=fields,
        displacements=displacements,
        hopping=hopping,
        rates=rates,
        parts={
            "paths": Part(quality="value", reason=" ".join(paths.warnings)),
            "diffusivity": displacements.part,
            "collective": displacements.collective_part,
            "sites": sites_part,
            "rates": rates_part,
        },
        messages=_messages(frames, paths, relative, hopping),
    )


def _attempt(work: Callable[[], _Found]) -> tuple[_Found | None, Part]:
    """Do one part; what stops it becomes its verdict."""
    try:
        return work(), Part(quality="value", reason="")
    except Undetermined as stop:
        return None, Part(quality=stop.quality, reason=str(stop))
    except ValueError as stop:
        return None, Part(quality="failed", reason=str(stop))


def _hopping(
    moving: Array,
    everything: Array,
    species: Sequence[str],
    cell: Array,
    interval: float,
    *,
    mobile: str,
    framework: Sequence[str],
    crystal: Crystal | None,
) -> Hopping:
    if crystal is None or not framework:
        what = "no structure was named" if crystal is None else "there is no framework"
        msg = f"Found no sites: {what}. Name the crystal that was simulated, and its framework."
        raise Undetermined(msg, quality="no solution")
    host = np.array([symbol == framework[0] for symbol in species])
    box = sites_in_box(
        crystal, element=mobile, cell=cell, symbol=framework[0],
        framework=everything[:, host].mean(axis=0),
    )  # fmt: skip
    scan = trajectories.core_radius_scan(positions=moving, cell=cell, sites=box.positions)
    history = trajectories.sites_from_positions(
        positions=moving, cell=cell, sites=box.positions, core_radius=scan.radius
    )
    statistics = trajectories.hop_statistics_from_sites(
        history=history, frame_interval=interval, cell=cell, sites=box.positions, kinds=box.kinds,
        jumps=_jumps(box, cell),
    )  # fmt: skip
    return Hopping(
        box=box, history=history, scan=scan, statistics=statistics,
        vibration=_vibration(moving, history, box, cell),
    )  # fmt: skip


def _jumps(box: BoxSites, cell: Array) -> list[tuple[tuple[str, str], float]]:
    """All pairs of kinds and distances over which an atom may hop at once."""
    near = lattice_walks.shells(
        cell=cell, sites=box.positions, kinds=box.kinds, longest=_typical(cell, box)
    )
    reach = _SHELLS * near[0].distance
    found: list[tuple[tuple[str, str], float]] = []
    for shell in lattice_walks.shells(
        cell=cell, sites=box.positions, kinds=box.kinds, longest=reach
    ):
        pair = (min(shell.kinds), max(shell.kinds))
        known = any(pair == other and abs(shell.distance / d - 1) < 0.01 for other, d in found)
        if not known:
            found.append((pair, shell.distance))
    return found


def _typical(cell: Array, box: BoxSites) -> float:
    """Twice the distance of sites if they were spread evenly [m]."""
    return 2 * float((abs(np.linalg.det(cell)) / len(box.positions)) ** (1 / 3))


def _vibration(
    moving: Array, history: trajectories.SiteHistory, box: BoxSites, cell: Array
) -> float:
    """Rms per axis from the site, over frames in which an atom has one."""
    step = max(1, len(moving) // 500)
    placed = history.site[::step] >= 0
    sites = box.positions[history.site[::step]] + history.image[::step] @ cell
    apart = (moving[::step] - sites)[placed]
    return sqrt(float((apart**2).sum(axis=-1).mean()) / 3) if apart.size else nan


def _displacements(moving: Array, interval: float, hopping: Hopping | None) -> Displacements:
    tracer = trajectories.msd_from_positions(positions=moving)
    collective = trajectories.collective_msd_from_positions(positions=moving)
    run = (len(moving) - 1) * interval
    longest = run * _WINDOW_OVER_RUN
    found, part = _attempt(
        lambda: trajectories.tracer_diffusivity_from_positions(
            positions=moving, frame_interval=interval, fit_from=longest / _WINDOW_RATIO,
            fit_to=longest,
        )
    )  # fmt: skip
    plateau = 0.0 if hopping is None else 6 * hopping.vibration**2
    regime, regime_part = _attempt(
        lambda: trajectories.regime_from_msd(
            msd=tracer, frame_interval=interval, plateau=plateau,
            jump_length=_jump_length(hopping, tracer, interval, found),
            relative_std=nan if found is None else found.relative_std,
            hops_per_atom=nan if hopping is None else hopping.statistics.hops_per_atom,
        )
    )  # fmt: skip
    if found is not None and regime is not None:
        part = Part(quality=regime.quality, reason=regime.reason)
    elif found is not None:
        part = regime_part
    both, collective_part = _attempt(lambda: _collective(moving, interval, longest, hopping))
    ratio = (
        trajectories.haven_ratio(tracer=found, collective=both)
        if found is not None and both is not None and min(found.value, both.value) > 0
        else None
    )
    shown = np.unique(np.geomspace(1, len(tracer) - 1, 240).astype(np.int64))
    return Displacements(
        lags=np.asarray(shown * interval, dtype=np.float64),
        tracer=tracer[shown],
        collective=collective[shown],
        regime=regime,
        diffusivity=found,
        collective_diffusivity=both,
        haven_ratio=ratio,
        part=part,
        collective_part=collective_part,
    )


def _collective(
    moving: Array, interval: float, longest: float, hopping: Hopping | None
) -> trajectories.Diffusivity:
    """Fit the shortest lags beyond vibrations: a collective displacement is one walker."""
    shortest = 2 * interval
    if hopping is not None and hopping.statistics.hops_per_atom > 0:
        rest = hopping.statistics.duration / hopping.statistics.hops_per_atom
        shortest = max(shortest, min(0.1 * rest, longest / _WINDOW_RATIO))
    return trajectories.collective_diffusivity_from_positions(
        positions=moving, frame_interval=interval, fit_from=shortest,
        fit_to=min(longest, _WINDOW_RATIO * shortest + 2 * interval),
    )  # fmt: skip


def _jump_length(
    hopping: Hopping | None,
    msd: Array,
    interval: float,
    found: trajectories.Diffusivity | None,
) -> float:
    """Distance of the shortest hop; without sites, what the atoms travel in the fitted window."""
    if hopping is not None:
        return min(one.distance for one in hopping.statistics.classes)
    if found is None:
        return sqrt(float(msd[-1]))
    return sqrt(float(msd[round(found.lags[0] / interval)]))


def _rates(
    moving: Array,
    everything: Array,
    species: Sequence[str],
    cell: Array,
    interval: float,
    fields: Array,
    *,
    mobile: str,
    framework: Sequence[str],
    displacements: Displacements,
) -> DirectRates:
    if mobile != "H" or not fields.size:
        what = "no field was given" if mobile == "H" else f"{mobile} is observed, not hydrogen"
        raise Undetermined(f"Found no NMR to compute: {what}.", quality="no solution")
    longest = _LAG_OVER_RUN * (len(moving) - 1) * interval
    proton = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    volume = float(abs(np.linalg.det(cell)))
    known = displacements.diffusivity
    diffuses = known is not None and known.value > 0 and displacements.part.quality == "value"

    def tail(atoms: int, share: float) -> LongTimeTail | None:
        if not diffuses or known is None:
            return None
        return LongTimeTail(number_density=atoms / volume, diffusivity=share * known.value)

    correlation = trajectories.dipolar_correlation_from_positions(
        positions=moving, cell=cell, frame_interval=interval, longest_lag=longest
    )
    like = trajectories.relaxation_from_correlation(
        correlation=correlation, gyromagnetic_ratio=proton, larmor_frequency=fields,
        tail=tail(moving.shape[1], 1.0),
    )  # fmt: skip
    unlike: dict[str, Rates] = {}
    for symbol in framework:
        host = np.array([one == symbol for one in species])
        partners = everything[:, host].mean(axis=0)
        other = trajectories.dipolar_correlation_from_positions(
            positions=moving, cell=cell, frame_interval=interval, longest_lag=longest,
            partners=partners,
        )  # fmt: skip
        for nucleus in isotopes(symbol):
            found = trajectories.relaxation_from_correlation(
                correlation=other, gyromagnetic_ratio=proton, larmor_frequency=fields,
                gyromagnetic_ratio_partner=nucleus.gyromagnetic_ratio_bare,
                spin_partner=nucleus.spin, tail=tail(int(host.sum()), 0.5),
            )  # fmt: skip
            share = nucleus.abundance
            unlike[nucleus.name] = Rates(r1=share * found.r1, r2=share * found.r2)
    return DirectRates(
        correlation=correlation, like=like, unlike=unlike, tail=tail(moving.shape[1], 1.0)
    )


def _messages(
    frames: Frames,
    paths: trajectories.Unwrapped,
    relative: trajectories.HostRelative,
    hopping: Hopping | None,
) -> tuple[str, ...]:
    found = [*paths.warnings, *relative.warnings]
    if frames.rounding is not None and frames.rounding > 1e-12:
        found.append(
            f"Coordinates are rounded to {2 * frames.rounding * 1e10:.2g} angstrom in the file: "
            "small vibrations are lost."
        )
    if hopping is not None:
        found += hopping.statistics.messages
        if hopping.scan.flagged:
            found.append(
                f"The count of hops changes by {hopping.scan.change:.0%} between 0.85 and 1.15 of "
                "the core radius: no plateau, rates depend on the choice."
            )
    return tuple(found)


def _silent(_what: str, _done: int, _total: int) -> None:
    """Say nothing."""

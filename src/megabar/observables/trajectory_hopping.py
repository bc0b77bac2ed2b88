"""Sites, hops and rates of a trajectory, and walks on the network of its hops."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, nan, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import Undetermined
from megabar.motion import lattice_walks, trajectories
from megabar.motion.trajectories.sites import changes_of_site
from megabar.observables.supercells import sites_in_box
from megabar.observables.trajectory_answers import Hopping, HopRoute, WalkOfHops
from megabar.observables.walk_route import agreement_with_trajectory, relaxation_from_hops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from megabar.matter.crystals import Crystal
    from megabar.motion.trajectories import ClassRate
    from megabar.observables.supercells import BoxSites
    from megabar.observables.trajectory_answers import Displacements
    from megabar.observables.trajectory_parts import Array, Paths

_SHELLS: Final = 1.65  # reach of hops over the shortest distance of sites
_SAMPLES: Final = 500  # frames from which the vibration is measured
_MESH: Final = lattice_walks.ZoneMesh(outward=16, across=6)  # rates to 2e-4 on LaH10
_REPLICAS: Final = 4  # of the long walk: counts of hops are most of the error
_SAME: Final = 0.01  # relative difference of distances that are one


def hopping_of(paths: Paths, crystal: Crystal) -> Hopping:
    """Assign atoms to the sites of a crystal and count their hops.

    Parameters
    ----------
    paths
        Of the mobile atoms.
    crystal
        Whose sites they are on.

    Returns
    -------
    :
        Sites, hops and rates.

    Raises
    ------
    Undetermined
        If the crystal does not fit into the box, has too few sites, or nothing holds it there.
    """
    if not paths.hosts:
        msg = "Found no framework; nothing says where sites are. Name the elements that stay."
        raise Undetermined(msg, quality="no solution")
    symbol = crystal.metal if crystal.metal in paths.hosts else next(iter(paths.hosts))
    box = sites_in_box(
        crystal,
        element=paths.mobile,
        cell=paths.cell,
        symbol=symbol,
        framework=paths.hosts[symbol],
    )
    atoms, sites = paths.moving.shape[1], len(box.positions)
    if atoms > sites:
        msg = (
            f"Found {atoms} {paths.mobile} on {sites} sites of {crystal.name}; some have none. "
            "Name the structure that was simulated, with all sites that hydrogen visits."
        )
        raise Undetermined(msg, quality="no solution")
    scan = trajectories.core_radius_scan(
        positions=paths.moving, cell=paths.cell, sites=box.positions
    )
    history = trajectories.sites_from_positions(
        positions=paths.moving, cell=paths.cell, sites=box.positions, core_radius=scan.radius
    )
    statistics = trajectories.hop_statistics_from_sites(
        history=history,
        frame_interval=paths.interval,
        cell=paths.cell,
        sites=box.positions,
        kinds=box.kinds,
        jumps=_jumps(box, paths.cell),
    )
    return Hopping(
        box=box,
        history=history,
        scan=scan,
        statistics=statistics,
        vibration=_vibration(paths, history, box),
        missed=_missed(history),
    )


def hop_rates_of(paths: Paths, hopping: Hopping, *, seed: int) -> tuple[ClassRate, ...]:
    """Free the rates of the hops that frames miss.

    Parameters
    ----------
    paths
        Of the mobile atoms.
    hopping
        Their hops.
    seed
        Of the walks that are looked at as often.

    Returns
    -------
    :
        One rate for each class.
    """
    return trajectories.rates_behind_frames(
        hopping.statistics,
        cell=paths.cell,
        sites=hopping.box.positions,
        kinds=hopping.box.kinds,
        frame_interval=paths.interval,
        seed=seed,
    )


def walk_of(
    paths: Paths,
    hopping: Hopping,
    displacements: Displacements,
    rates: Sequence[ClassRate],
    *,
    replicas: int,
    seed: int,
) -> WalkOfHops:
    """Walk on the network of the hops, again and again as the trajectory did.

    Parameters
    ----------
    paths
        Of the mobile atoms.
    hopping
        Their hops.
    displacements
        Their diffusivities, whose lags the walks share.
    rates
        Of the network.
    replicas
        How many walks.
    seed
        Of the walks.

    Returns
    -------
    :
        D of the walks, and D of the trajectory with their error.

    Raises
    ------
    Undetermined
        If the trajectory has no lags to fit, or atoms on the network never get far.
    """
    fitted, both = displacements.diffusivity, displacements.collective_diffusivity
    if fitted is None:
        msg = "Found no lags from which D could be fitted; walks have nothing to repeat."
        raise Undetermined(msg, quality="not reached")
    network = trajectories.network_of(
        [(one.kinds, one.distance) for one in rates],
        np.array([one.rate for one in rates]),
        cell=paths.cell,
        sites=hopping.box.positions,
        kinds=hopping.box.kinds,
    )

    def repeated(like: trajectories.Diffusivity, kind: str) -> trajectories.Bootstrap:
        return trajectories.diffusivity_bootstrap(
            lattice=lattice_walks.Lattice(network=network, repeats=(1, 1, 1)),
            atoms=paths.moving.shape[1],
            frame_interval=paths.interval,
            frames=len(paths.moving),
            fit_from=like.lags[0],
            fit_to=like.lags[-1],
            vibration=hopping.vibration,
            kind=kind,
            replicas=replicas,
            seed=seed,
        )

    tracer = repeated(fitted, "tracer")
    corrected = tracer.estimate(paths.moving)
    apart = corrected.value - tracer.endless.value
    counting = tracer.endless.value / sqrt(hopping.statistics.count)
    return WalkOfHops(
        tracer=tracer,
        corrected=corrected,
        collective=None if both is None else repeated(both, "collective"),
        deviation=apart / hypot(corrected.std, tracer.endless.std, counting),
    )


def route_of(
    hopping: Hopping,
    displacements: Displacements,
    rates: Sequence[ClassRate],
    correlation: trajectories.DipolarCorrelation | None,
    larmor_frequency: Array,
    *,
    seed: int,
) -> HopRoute:
    """Compute R1 and R2 of a long and large walk with the rates of the hops.

    Parameters
    ----------
    hopping
        Hops, and the crystal of their sites.
    displacements
        Whose D the walk must have over the same lags.
    rates
        Of the network.
    correlation
        S of the trajectory, which the walk must have too; none leaves it out.
    larmor_frequency
        Of 1H [Hz], (field,).
    seed
        Of the walk.

    Returns
    -------
    :
        The rates, and whether walk and trajectory agree.

    Raises
    ------
    Undetermined
        If hops lead nowhere or no site is empty.
    """
    relaxation = relaxation_from_hops(
        statistics=trajectories.with_rates(hopping.statistics, rates),
        crystal=hopping.box.crystal,
        larmor_frequency=larmor_frequency,
        vacancy_fraction_std=0.0,  # the box is meant, whose atoms are counted
        seed=seed,
        replicas=_REPLICAS,
        mesh=_MESH,
    )
    known = displacements.diffusivity
    agreement = None
    if known is not None:
        agreement = agreement_with_trajectory(
            relaxation, diffusivity=known, lags=known.lags, correlation=correlation
        )
    return HopRoute(relaxation=relaxation, agreement=agreement)


def _jumps(box: BoxSites, cell: Array) -> list[tuple[tuple[str, str], float]]:
    """All pairs of kinds and distances over which an atom may hop at once."""
    even = float((abs(np.linalg.det(cell)) / len(box.positions)) ** (1 / 3))
    near = lattice_walks.shells(cell=cell, sites=box.positions, kinds=box.kinds, longest=2 * even)
    reach = _SHELLS * near[0].distance
    found: list[tuple[tuple[str, str], float]] = []
    for shell in lattice_walks.shells(
        cell=cell, sites=box.positions, kinds=box.kinds, longest=reach
    ):
        pair = (min(shell.kinds), max(shell.kinds))
        known = any(pair == other and abs(shell.distance / d - 1) < _SAME for other, d in found)
        if not known:
            found.append((pair, shell.distance))
    return found


def _vibration(paths: Paths, history: trajectories.SiteHistory, box: BoxSites) -> float:
    """Rms per axis from the site, over frames in which an atom has one."""
    step = max(1, len(paths.moving) // _SAMPLES)
    placed = history.site[::step] >= 0
    sites = box.positions[history.site[::step]] + history.image[::step] @ paths.cell
    apart = (paths.moving[::step] - sites)[placed]
    return sqrt(float((apart**2).sum(axis=-1).mean()) / 3) if apart.size else nan


def _missed(history: trajectories.SiteHistory) -> float:
    """Share of the hops that every second frame does not show.

    An atom that hops and returns between two frames has not hopped. The share that is lost rises
    as the interval, so what doubling it loses was lost once before.
    """
    every = int(changes_of_site(history).sum())
    coarse = replace(history, site=history.site[::2], image=history.image[::2])
    return 1 - int(changes_of_site(coarse).sum()) / every if every else 0.0

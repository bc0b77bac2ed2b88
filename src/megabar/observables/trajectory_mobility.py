"""From the frames of molecular dynamics to D, sites, hops and NMR, each part with its verdict.

A part that cannot be done says why, and the others go on.

Twin: ``motion.trajectories``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion import trajectories
from megabar.observables import trajectory_hopping, trajectory_rates
from megabar.observables.trajectory_answers import (
    DirectRates,
    Part,
    SecondMoment,
    TrajectoryMobility,
)
from megabar.observables.trajectory_displacements import displacements_of
from megabar.observables.trajectory_parts import Paths, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from megabar.matter.crystals import Crystal
    from megabar.matter.frames import Frames
    from megabar.observables.trajectory_answers import Displacements, Hopping, HopRoute, WalkOfHops
    from megabar.observables.trajectory_parts import Array

    Progress = Callable[[str, int, int], None]
    Rated = tuple[
        trajectories.DipolarCorrelation | None,
        SecondMoment | None,
        DirectRates | None,
    ]

MISSED: Final = 0.03
"""Share of hops lost by doubling the frame interval, above which rates are said to be low."""

_DEVIATION: Final = 2.0  # standard errors between D of the trajectory and of its hops
_STEPS: Final = 6


def trajectory_mobility(
    frames: Frames,
    *,
    mobile: str,
    framework: Sequence[str],
    crystal: Crystal | None,
    larmor_frequency: Sequence[float],
    replicas: int = 0,
    seed: int | None = None,
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
        Of 1H at the fields that are wanted [Hz]; none: no NMR.
    replicas
        Walks on the network of hops, from whose scatter the error of D is taken; 0: none.
    seed
        Of all walks; without one the hops are only counted.
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
        If an element is not among the atoms, or walks are wanted without a seed.

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
    >>> bool(abs(d.value - 1.25e-8) < 3 * d.std), sorted(found.parts)
    (True, ['collective', 'paths', 'tracer'])
    """
    told = progress or _silent
    if replicas and seed is None:
        msg = f"Found {replicas} walks without a seed; they would differ at each call. Give one."
        raise ValueError(msg)
    told("paths", 0, _STEPS)
    paths, unwrapped, warnings = _paths(frames, mobile=mobile, framework=framework)
    parts = {"paths": Part(quality="value", reason=" ".join(unwrapped.warnings))}
    told("sites and hops", 1, _STEPS)
    hopping = None
    if crystal is not None:
        hopping, parts["sites"] = attempt(lambda: trajectory_hopping.hopping_of(paths, crystal))
    told("displacements", 2, _STEPS)
    displacements = displacements_of(paths, hopping)
    parts["tracer"], parts["collective"] = displacements.part, displacements.collective_part
    told("dipole couplings", 3, _STEPS)
    fields = np.asarray(larmor_frequency, dtype=np.float64)
    correlation, moment, rates = None, None, None
    if fields.size:
        correlation, moment, rates = _rated(paths, displacements, hopping, fields, parts)
    told("walks on the network of hops", 4, _STEPS)
    walks = _Walks()
    if hopping is not None and seed is not None:
        walks = _walks(
            paths, hopping, displacements, correlation, fields, parts, replicas=replicas, seed=seed
        )
    told("done", _STEPS, _STEPS)
    return TrajectoryMobility(
        source=frames.source,
        frames=len(paths.moving),
        atoms=paths.moving.shape[1],
        frame_interval=paths.interval,
        cell=paths.cell,
        mobile=mobile,
        framework=tuple(framework),
        step_ratio=unwrapped.step_ratio,
        larmor_frequency=fields,
        displacements=displacements,
        hopping=hopping,
        hop_rates=walks.rates,
        walk=walks.repeated,
        correlation=correlation,
        second_moment=moment,
        rates=rates,
        route=walks.route,
        parts=parts,
        messages=(
            *warnings,
            *_rounded(frames),
            *_on_hops(hopping),
            *(_on_nuclei(paths) if rates is not None else ()),
        ),
    )


def _paths(
    frames: Frames, *, mobile: str, framework: Sequence[str]
) -> tuple[Paths, trajectories.Unwrapped, tuple[str, ...]]:
    interval = frames.interval()
    if mobile not in frames.species:
        there = ", ".join(dict.fromkeys(frames.species))
        msg = f"Found no atom of {mobile} in {frames.source}; nothing moves. There are: {there}."
        raise ValueError(msg)
    unwrapped = trajectories.unwrap(
        positions=frames.positions,
        cells=frames.cell,
        time_ordered=frames.time_ordered,
        unwrapped=frames.unwrapped,
        lattice="reference",
    )
    moving = trajectories.relative_to_framework(
        positions=unwrapped.positions, species=frames.species, framework=framework, chosen=(mobile,)
    )
    hosts = {}
    for symbol in framework:
        host = trajectories.relative_to_framework(
            positions=unwrapped.positions,
            species=frames.species,
            framework=framework,
            chosen=(symbol,),
        )
        hosts[symbol] = np.asarray(host.positions.mean(axis=0), dtype=np.float64)
    paths = Paths(
        moving=moving.positions,
        hosts=hosts,
        cell=unwrapped.reference_cell,
        interval=interval,
        mobile=mobile,
    )
    return paths, unwrapped, moving.warnings


@dataclass(frozen=True, kw_only=True, eq=False)
class _Walks:
    """What walks on the network of hops give."""

    rates: tuple[trajectories.ClassRate, ...] = ()
    repeated: WalkOfHops | None = None
    route: HopRoute | None = None


def _walks(
    paths: Paths,
    hopping: Hopping,
    displacements: Displacements,
    correlation: trajectories.DipolarCorrelation | None,
    fields: Array,
    parts: dict[str, Part],
    *,
    replicas: int,
    seed: int,
) -> _Walks:
    """Find the network, walk on it, and add the verdicts."""
    found, parts["network"] = attempt(
        lambda: trajectory_hopping.hop_rates_of(paths, hopping, seed=seed)
    )
    if found is None:
        return _Walks()
    rates = found
    repeated, route = None, None
    if replicas:
        repeated, parts["walk"] = attempt(
            lambda: trajectory_hopping.walk_of(
                paths, hopping, displacements, rates, replicas=replicas, seed=seed
            )
        )
        if repeated is not None and abs(repeated.deviation) > _DEVIATION:
            reason = (
                f"D of the trajectory is {repeated.deviation:+.1f} standard errors from that of "
                "its hops: the network lacks something"
            )
            parts["walk"] = Part(quality="failed", reason=reason)
    if correlation is not None:
        route, parts["route"] = attempt(
            lambda: trajectory_hopping.route_of(
                hopping, displacements, rates, correlation, fields, seed=seed
            )
        )
        if route is not None:
            parts["route"] = route.part
    return _Walks(rates=rates, repeated=repeated, route=route)


def _rated(
    paths: Paths,
    displacements: Displacements,
    hopping: Hopping | None,
    fields: Array,
    parts: dict[str, Part],
) -> Rated:
    """Compute what NMR sees, and add the verdicts."""
    if paths.mobile != trajectory_rates.OBSERVED:
        reason = f"{paths.mobile} moves, and only rates of hydrogen are computed"
        parts["rates"] = Part(quality="no solution", reason=reason)
        return None, None, None
    correlation, parts["rates"] = attempt(lambda: trajectory_rates.correlation_of(paths, None))
    if correlation is None:
        return None, None, None
    moment, parts["second moment"] = attempt(
        lambda: trajectory_rates.second_moment_of(paths, correlation, displacements, hopping)
    )
    rates, parts["rates"] = attempt(
        lambda: trajectory_rates.rates_of(paths, correlation, displacements, fields)
    )
    if rates is not None:
        parts["rates"] = rates.part
    return correlation, moment, rates


def _rounded(frames: Frames) -> tuple[str, ...]:
    if frames.rounding is None or not frames.rounding > 1e-12:
        return ()
    return (
        f"Coordinates are rounded to {2 * frames.rounding * 1e10:.2g} angstrom in the file: "
        "small vibrations are lost.",
    )


def _on_hops(hopping: Hopping | None) -> tuple[str, ...]:
    if hopping is None:
        return ()
    found = list(hopping.statistics.messages)
    if hopping.scan.flagged:
        found.append(
            f"The count of hops changes by {hopping.scan.change:.0%} between 0.85 and 1.15 of "
            "the core radius: no plateau, rates depend on the choice."
        )
    if hopping.missed > MISSED:
        found.append(
            f"Every second frame shows {hopping.missed:.0%} fewer hops: about as many or more are "
            "missed between frames, since atoms return within one interval, and rates are low by "
            "that. Walks on the network of hops correct them."
        )
    return tuple(found)


def _on_nuclei(paths: Paths) -> tuple[str, ...]:
    return tuple(
        f"No magnetic isotope of {symbol} is in the nuclear table: its share of the rates is left "
        "out."
        for symbol in paths.hosts
        if not trajectory_rates.known_isotopes(symbol)
    )


def _silent(_what: str, _done: int, _total: int) -> None:
    """Say nothing."""

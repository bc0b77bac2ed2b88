"""The dimensionless numbers of a cell, and the level that they ask for."""

from __future__ import annotations

import numpy as np

from megabar.errors import PlanError
from megabar.hydrogen.geometry import (
    Arrhenius,
    Cell,
    Equilibrium,
    Exchange,
    Following,
    FollowingPotential,
    GrainClasses,
    History,
    Mobility,
    Rate,
    Sieverts,
)
from megabar.hydrogen.levels import Level, Numbers, choose_level, collapse_bound

_WORST = {"ODE0": 0, "ODE1": 1, "PDE": 2}


def level_of(cell: Cell, *, duration: float, level: str) -> Level:
    """Choose the level of a cell by its most demanding class of grains.

    Parameters
    ----------
    cell
        The cell.
    duration
        Time for which it is followed [s].
    level
        ``"chosen"``, or the name of a level, which then is taken; its bound is told where one
        exists.

    Returns
    -------
    :
        The level with its numbers, bound and reason.

    Raises
    ------
    PlanError
        If a rate needs a temperature that the cell has not.
    """
    chosen: Level | None = None
    for grains in cell.grains:
        one = _level_of_grains(cell, grains, duration)
        if chosen is None or _demand(one) > _demand(chosen):
            chosen = one
    if chosen is None:
        msg = "Found a cell without grains; nothing holds hydrogen in it. Describe the sample."
        raise PlanError(msg)
    return chosen if level == "chosen" else _forced(cell, chosen, level)


def _demand(level: Level) -> tuple[int, float]:
    return _WORST[level.name], level.numbers.surface_biot


def _forced(cell: Cell, chosen: Level, level: str) -> Level:
    bound = None
    simple = all(
        isinstance(g.surface, Exchange) and not isinstance(g.diffusivity, Mobility)
        for g in cell.grains
    )
    if level != "PDE" and simple:
        bound = max(
            collapse_bound(
                level=level,
                shape=g.shape,
                order=chosen.numbers.order,
                biot=chosen.numbers.surface_biot,
            )
            for g in cell.grains
        )
    return Level(
        name=level,
        bound=bound,
        numbers=chosen.numbers,
        words=f"Level {level} was asked for; the numbers ask for {chosen.name}.",
    )


def _level_of_grains(cell: Cell, grains: GrainClasses, duration: float) -> Level:
    if grains.diffusivity is None:
        words = "Grains kept as one content each: no diffusion in them limits."
        return Level(name="ODE0", bound=None, numbers=Numbers(fourier=np.inf), words=words)
    numbers = _numbers(cell, grains, duration)
    moving = isinstance(grains.diffusivity, Mobility)
    level = choose_level(
        numbers,
        shape=grains.shape,
        plateau=moving and _has_plateau(grains),
        uniform_start=np.ndim(grains.start) == 0,
        constant_diffusivity=not moving,
    )
    if grains.surface is None or isinstance(grains.surface, Exchange) or level.name == "PDE":
        return level
    words = "Grains resolved in space: no bound is known for this surface."
    return Level(name="PDE", bound=None, numbers=numbers, words=words)


def _has_plateau(grains: GrainClasses) -> bool:
    if not isinstance(grains.diffusivity, Mobility):
        return False
    values = np.concatenate([np.ravel(grains.diffusivity.left), np.ravel(grains.diffusivity.right)])
    return bool(values.min() <= 1e-3 * values.max())


def _numbers(cell: Cell, grains: GrainClasses, duration: float) -> Numbers:
    largest = float(np.max(grains.radii))
    smallest = float(np.min(grains.radii))
    temperatures = _temperatures(cell)
    diffusivities = [_smallest_diffusivity(grains, t) for t in temperatures]
    fourier = max(diffusivities) * duration / smallest**2
    surface = grains.surface
    if not isinstance(surface, Exchange):
        return Numbers(fourier=fourier)
    rates = [rate_at(surface.rate, t) for t in temperatures]
    biot = max(k * largest / d for k, d in zip(rates, diffusivities, strict=True))
    reservoir, sink = _reservoir_numbers(cell, grains, surface, rates)
    if surface.order == 1:
        return Numbers(
            fourier=fourier, biot=biot, reservoir_over_solid=reservoir, sink_over_release=sink
        )
    level = float(np.max(grains.start)) + _largest_equilibrium(cell, surface.equilibrium)
    return Numbers(
        fourier=fourier,
        biot_second=biot * (grains.metal_density or 1.0) * level,
        reservoir_over_solid=reservoir,
        sink_over_release=sink,
    )


def _reservoir_numbers(
    cell: Cell, grains: GrainClasses, surface: Exchange, rates: list[float]
) -> tuple[float | None, float | None]:
    """Give capacity of the reservoir over that of the solid, conductance of the leak over that."""
    if cell.reservoir is None:
        return None, None
    capacity = None
    if isinstance(surface.equilibrium, Following):
        at = cell.reservoir.free + cell.reservoir.bound + np.array([0.0, 1e-3])
        low, high = np.asarray(surface.equilibrium.content(at), dtype=np.float64)
        capacity = float(1e-3 / (high - low)) if high > low else None
    sink = None
    if surface.order == 1:
        conductance = (grains.nu + 1) * max(rates) / float(np.max(grains.radii))
        leak = max(rate_at(cell.reservoir.leak_conductance, t) for t in _temperatures(cell))
        sink = leak / conductance if conductance > 0 and leak > 0 else None
    return capacity, sink


def _temperatures(cell: Cell) -> list[float | None]:
    if cell.temperature is None:
        return [None]
    if isinstance(cell.temperature, History):
        return [float(t) for t in np.ravel(cell.temperature.values)]
    return [float(cell.temperature)]


def rate_at(rate: Rate, temperature: float | None) -> float:
    """Give a rate at a temperature [K]; a plain number has no temperature in it.

    Parameters
    ----------
    rate
        The rate.
    temperature
        [K], or None.

    Returns
    -------
    :
        The rate, in its unit.

    Raises
    ------
    PlanError
        If the rate needs a temperature and there is none.

    Examples
    --------
    >>> rate_at(2.0, None)
    2.0
    """
    if not isinstance(rate, Arrhenius):
        return float(rate)
    if temperature is None:
        msg = (
            f"Found a rate with activation energy {rate.activation_energy:g} J/mol in a cell "
            "without temperature; it has no value. Give the temperature of the cell."
        )
        raise PlanError(msg)
    return rate.at(temperature)


def _smallest_diffusivity(grains: GrainClasses, temperature: float | None) -> float:
    if isinstance(grains.diffusivity, Mobility):
        both = np.concatenate(
            [np.ravel(grains.diffusivity.left), np.ravel(grains.diffusivity.right)]
        )
        return float(both[both > 0].min())
    return rate_at(grains.diffusivity if grains.diffusivity is not None else 1.0, temperature)


def _largest_equilibrium(cell: Cell, equilibrium: Equilibrium) -> float:
    if isinstance(equilibrium, History):
        return float(np.max(equilibrium.values))
    if isinstance(equilibrium, Following):
        return float(np.max(equilibrium.content(np.linspace(0, equilibrium.most, 64))))
    if isinstance(equilibrium, FollowingPotential):
        return float(np.max(equilibrium.contents))
    if isinstance(equilibrium, Sieverts):
        return float(np.sqrt(equilibrium.squared_per_free * _all_hydrogen(cell)))
    return float(equilibrium)


def _all_hydrogen(cell: Cell) -> float:
    """Give what the cavity would hold if all were there."""
    inside = sum(
        share * float(np.max(grains.start))
        for share, grains in zip(cell.shares, cell.grains, strict=True)
    )
    return inside + (cell.reservoir.free + cell.reservoir.bound if cell.reservoir else 0.0)

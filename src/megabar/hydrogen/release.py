r"""Release of hydrogen in a cell: how much is in the sample, and where the rest went.

:func:`solve` keeps as much of space as the dimensionless numbers ask for (``hydrogen.levels``),
integrates the network of the cell, and checks that no atom was made or lost.

Twin: ``inference.desorption``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import BalanceLost, one_of
from megabar.hydrogen.assembly import Assembled, assemble
from megabar.hydrogen.finite_volumes import grid
from megabar.hydrogen.geometry import Cell
from megabar.hydrogen.integrators import integrate
from megabar.hydrogen.level_of_cell import level_of
from megabar.hydrogen.levels import LEVELS, Level
from megabar.hydrogen.network import Arrays

Array = NDArray[np.float64]

BALANCE: Final = 1e-9
"""Share of all hydrogen by which the sum of all amounts may drift."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Contents across a grain or a sheet.

    Parameters
    ----------
    depth
        Centres of the cells [m]: from the centre of a grain, or from the cavity into a sheet.
    faces
        Their faces [m].
    values
        Means of the cells (times, n) [H/M] or [atoms/m3].
    """

    depth: Array
    faces: Array
    values: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Release:
    """What a cell did.

    Parameters
    ----------
    times
        [s] (k,).
    content
        Mean content of all grains [H/M] (k,).
    class_contents
        Mean content of every class, all materials in order (k, G).
    class_weights
        Share of the metal in every class (G,).
    free, bound, lost
        Hydrogen in the cavity, in the precursor, and outside of the cell [H/M] (k,).
    stacks
        Hydrogen in each stack [H/M] (k,); gasket and anvils.
    sheets
        Hydrogen in each sheet [H/M] (k,), by ``"stack/sheet"``.
    coverages
        Coverage of every adsorbed layer (k, layers).
    grain_profiles
        Of every class, where grains are resolved; else empty.
    sheet_profiles
        Of every sheet, by ``"stack/sheet"``.
    total
        Sum of all hydrogen [H/M] (k,).
    drift
        Largest deviation of the sum from its start, over all that was anywhere.
    level
        How much of space was kept, with numbers and bound.
    solver
        Engine.
    steps
        Its steps.
    """

    times: Array
    content: Array
    class_contents: Array
    class_weights: Array
    free: Array
    bound: Array
    lost: Array
    stacks: Mapping[str, Array]
    sheets: Mapping[str, Array]
    coverages: Array
    grain_profiles: tuple[Profile, ...]
    sheet_profiles: Mapping[str, Profile]
    total: Array
    drift: float
    level: Level
    solver: str
    steps: int


def solve(
    cell: Cell,
    times: ArrayLike,
    *,
    level: str = "chosen",
    solver: str = "chosen",
    rtol: float = 1e-7,
    atol: float = 1e-9,
) -> Release:
    """Compute the contents of a cell through time.

    Parameters
    ----------
    cell
        The cell.
    times
        Rising, not negative [s] (k,). Time zero is the start of the description.
    level
        ``"chosen"`` by the dimensionless numbers, or ``"ODE0"``, ``"ODE1"``, ``"PDE"``.
    solver
        ``"chosen"``, ``"rodas"``, ``"cvode"`` or ``"scipy"``.
    rtol, atol
        Tolerances of a step, relative and in H/M (activity in sheets).

    Returns
    -------
    :
        Contents, inventories, profiles, and how they were computed.

    Raises
    ------
    UnknownWord
        If level or solver is unknown.
    PlanError
        If the description leaves something open.
    ValueError
        If the times do not rise or are negative.
    SolverTruncated
        If the integration stopped early; it carries what was reached.
    BalanceLost
        If the sum of all hydrogen drifts.

    Examples
    --------
    >>> from megabar.hydrogen.geometry import Exchange, one_grain
    >>> grain = one_grain(shape="sphere", radius=1e-6, start=10.5, diffusivity=1e-12,
    ...                   surface=Exchange(order=1, rate=1e-14, equilibrium=3.0),
    ...                   metal_density=None)
    >>> out = solve(grain, [86400.0, 30 * 86400.0])
    >>> print(out.level.name, out.content.round(3))
    ODE0 [10.481 9.939]
    """
    one_of(level, ("chosen", *LEVELS), name="level")
    wanted = _checked_times(times)
    kept = level_of(cell, duration=float(wanted[-1]), level=level)
    built = assemble(cell, resolved=kept.name)
    arrays = built.network.arrays()
    begun = wanted if wanted[0] == 0 else np.concatenate([[0.0], wanted])
    run = integrate(arrays, times=begun, solver=solver, rtol=rtol, atol=atol)
    total = arrays.amounts(run.values)
    drift = _checked_balance(total, np.abs(run.values) @ arrays.volumes)
    if wanted[0] != 0:
        total, values = total[1:], run.values[1:]
    else:
        values = run.values
    return _sorted_out(
        cell, built, arrays, wanted, values, kept, (total, drift, run.solver, run.steps)
    )


def _checked_times(times: ArrayLike) -> Array:
    wanted = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if wanted.ndim != 1 or wanted[0] < 0 or not np.all(np.diff(wanted) > 0) or wanted[-1] <= 0:
        msg = f"Found times {wanted!r} s; a release starts at 0 s and goes on. Sort them, in s."
        raise ValueError(msg)
    return wanted


def _checked_balance(total: Array, gross: Array) -> float:
    """Give the largest drift, over the largest sum of amounts without their signs."""
    drift = (total - total[0]) / max(float(gross.max()), 1e-300)
    worst = float(np.abs(drift).max())
    if not worst <= BALANCE:
        msg = (
            f"Found hydrogen that drifts by {worst:.1e} of all there is; a release conserves it "
            f"to {BALANCE:g}. Tighten the tolerances, or take another solver."
        )
        raise BalanceLost(msg, drift=drift)
    return worst


def _sorted_out(
    cell: Cell,
    built: Assembled,
    arrays: Arrays,
    times: Array,
    values: Array,
    level: Level,
    rest: tuple[Array, float, str, int],
) -> Release:
    """Give the values of all nodes under their names."""
    total, drift, solver, steps = rest
    place, volumes = arrays.place, arrays.volumes
    flat = [nodes for material in built.classes for nodes in material]
    weights = np.array([volumes[place[list(nodes)]].sum() for nodes in flat])
    contents = np.stack([_mean(arrays, values, nodes) for nodes in flat], axis=1)

    def inventory(node: int | None) -> Array:
        return np.zeros(len(times)) if node is None else values[:, place[node]]

    return Release(
        times=times,
        content=np.asarray(contents @ weights / weights.sum()),
        class_contents=contents,
        class_weights=weights,
        free=inventory(built.free),
        bound=inventory(built.bound),
        lost=inventory(built.outside),
        stacks={
            name: np.sum([_amount(arrays, values, nodes) for nodes in sheets], axis=0)
            for name, sheets in built.stacks.items()
        },
        sheets={
            f"{stack.name}/{layer.name}": _amount(arrays, values, nodes)
            for stack in cell.stacks
            for layer, nodes in zip(stack.layers, built.stacks[stack.name], strict=True)
        },
        coverages=values[:, place[built.adsorbed]] if built.adsorbed else np.zeros((len(times), 0)),
        grain_profiles=_grain_profiles(cell, built, arrays, values) if level.name == "PDE" else (),
        sheet_profiles=_sheet_profiles(cell, built, arrays, values),
        total=total,
        drift=drift,
        level=level,
        solver=solver,
        steps=steps,
    )


def _amount(arrays: Arrays, values: Array, nodes: range) -> Array:
    where = arrays.place[list(nodes)]
    return np.asarray(values[:, where] @ arrays.volumes[where])


def _mean(arrays: Arrays, values: Array, nodes: range) -> Array:
    where = arrays.place[list(nodes)]
    return np.asarray(_amount(arrays, values, nodes) / arrays.volumes[where].sum())


def _grain_profiles(
    cell: Cell, built: Assembled, arrays: Arrays, values: Array
) -> tuple[Profile, ...]:
    profiles = []
    for grains, classes in zip(cell.grains, built.classes, strict=True):
        for radius, nodes in zip(np.atleast_1d(grains.radii), classes, strict=True):
            cells = grid(shape=grains.shape, n_cells=len(nodes), grading=grains.grading)
            profiles.append(
                Profile(
                    depth=float(radius) * cells.centres,
                    faces=float(radius) * cells.faces,
                    values=values[:, arrays.place[list(nodes)]],
                )
            )
    return tuple(profiles)


def _sheet_profiles(
    cell: Cell, built: Assembled, arrays: Arrays, values: Array
) -> dict[str, Profile]:
    profiles = {}
    for stack in cell.stacks:
        begin = 0.0
        for layer, nodes in zip(stack.layers, built.stacks[stack.name], strict=True):
            cells = grid(shape="plate", n_cells=layer.n_cells, grading=1.0 / layer.grading)
            profiles[f"{stack.name}/{layer.name}"] = Profile(
                depth=begin + layer.thickness * cells.centres,
                faces=begin + layer.thickness * cells.faces,
                values=layer.capacity * values[:, arrays.place[list(nodes)]],
            )
            begin += layer.thickness
    return profiles

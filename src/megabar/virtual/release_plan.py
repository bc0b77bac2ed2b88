"""The plan of a hydrogen release: a cell in ``release.toml``, read into what the solver takes.

An entry ``"unknown"`` is allowed where nobody has measured: it needs a range of its own, and its
middle (geometric) is taken until somebody asks for its ends.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import PlanError, did_you_mean
from megabar.hydrogen import geometry, plateaus
from megabar.hydrogen.grain_sizes import lognormal_sizes
from megabar.hydrogen.levels import SHAPES
from megabar.virtual.plan_entries import Table
from megabar.virtual.release_laws import (
    ACTIVITIES,
    Grain,
    SurfaceLaw,
    Surroundings,
    arrhenius,
    energy_of,
    surface_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

SCHEMA: Final = "release/1"
ABSENT: Final = None
"""Value of a change that takes a named table out of the plan."""

_POINTS, _CLASSES, _CELLS = 121, 15, 60  # numerical: times, classes of size, cells


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """An entry that nobody knows: its dotted key, unit, and the ends of its range in that unit."""

    key: str
    unit: str
    low: float
    high: float

    @property
    def middle(self) -> float:
        """Geometric middle of the range."""
        return float(np.sqrt(self.low * self.high))


@dataclass(frozen=True, kw_only=True, eq=False)
class ReleasePlan:
    """A plan that was read.

    Parameters
    ----------
    name
        As written.
    cell
        What the solver takes.
    times
        [s] (n,), from zero.
    profile_times
        Times of the profiles [s], a part of ``times``.
    temperature
        [K] at the start.
    start
        Content of the grains at time zero [H/M].
    surface
        What limits at the surface.
    unknowns
        Entries ``"unknown"`` that stand at the middle of their range.
    areas
        Area of each stack per metal atom [m2].
    """

    name: str
    cell: geometry.Cell
    times: NDArray[np.float64]
    profile_times: tuple[float, ...]
    temperature: float
    start: float
    surface: SurfaceLaw
    unknowns: tuple[Unknown, ...]
    areas: Mapping[str, float]

    @property
    def loss_at_start(self) -> float:
        """What the surfaces of all grains let go at time zero [H/M/s]."""
        (grains,) = self.cell.grains
        speed = self.surface.flux / self.surface.rate if self.surface.rate > 0 else 0.0
        rate = self.surface.rate_at(self.temperature)
        return float(
            np.sum(grains.weights / np.asarray(grains.radii)) * (grains.nu + 1) * speed * rate
        )

    @property
    def feels_temperature(self) -> bool:
        """Whether any rate of the plan has an activation energy."""
        layers = [layer.diffusivity for stack in self.cell.stacks for layer in stack.layers]
        grains = [grains.diffusivity for grains in self.cell.grains]
        rates = [*layers, *grains, self.surface.coefficient]
        return any(isinstance(rate, geometry.Arrhenius) for rate in rates)


def read_plan(path: Path, changes: Mapping[str, Any] | None = None) -> ReleasePlan:
    """Read and check a plan, with some entries changed.

    Parameters
    ----------
    path
        A ``release.toml``.
    changes
        Dotted key -> new value, as ``{"grains.radius": "2 um", "gasket.Al2O3": None}``. Stacks and
        layers are named by their names; None takes one out.

    Returns
    -------
    :
        The plan.

    Raises
    ------
    PlanError
        Naming file and entry at fault.
    OSError
        If the file cannot be read.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name}: is no TOML ({error}). Write the plan as in the examples."
        raise PlanError(msg) from None
    if changes:
        _keep_rate(entries, changes, where=path.name)
    for key, value in (changes or {}).items():
        _change(entries, key, value, where=path.name)
    return _plan(_Unknowns(Table(entries, where=path.name)))


def _keep_rate(entries: dict[str, Any], changes: Mapping[str, Any], *, where: str) -> None:
    """Let a stated loss and its attempts belong to the plan as written: changes keep the rate."""
    stated = entries.get("surface")
    if not isinstance(stated, dict) or any(key.startswith("surface.") for key in changes):
        return
    surface = _plan(_Unknowns(Table(entries, where=where))).surface
    unit = "m4 s-1" if surface.law == "second order" else "m s-1"
    if stated.pop("loss", None) is not None:
        stated["rate"] = f"{surface.rate!r} {unit}"
    if stated.pop("attempt_rate", None) is not None:
        stated["activation_energy"] = f"{surface.activation_energy!r} J/mol"


def _change(entries: dict[str, Any], key: str, value: Any, *, where: str) -> None:
    """Set one entry by its dotted key; lists of tables are entered by the names of their tables."""
    *folders, last = key.split(".")
    inside: Any = entries
    for folder in folders:
        inside = _entered(inside, folder, key, where)
    named = _named(inside)
    if value is ABSENT:
        if last not in named:
            raise PlanError(
                f"{where}: {key}: found nothing of that name. {did_you_mean(last, named)}"
            )
        named[last].clear()
        named[last]["absent"] = True
    elif last in named or isinstance(inside.get(last), dict | list):
        raise PlanError(f"{where}: {key}: is a table; change one of its entries, {key}.NAME=VALUE.")
    else:
        inside[last] = _alike(inside.get(last), value)


def _entered(inside: dict[str, Any], folder: str, key: str, where: str) -> dict[str, Any]:
    if isinstance(inside.get(folder), dict):
        found: dict[str, Any] = inside[folder]
        return found
    named = _named(inside)
    if folder in named:
        return named[folder]
    tables = [name for name, entry in inside.items() if isinstance(entry, dict)]
    raise PlanError(
        f"{where}: {key}: found no table {folder!r}. {did_you_mean(folder, [*tables, *named])}"
    )


def _named(inside: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Tables of lists by their names: stacks of a cell, layers of a stack."""
    lists = [entry for entry in inside.values() if isinstance(entry, list)]
    return {
        str(table["name"]): table
        for entry in lists
        for table in entry
        if isinstance(table, dict) and "name" in table
    }


def _alike(old: Any, new: Any) -> Any:
    """Let a text that was typed become a number where the plan has a number."""
    if isinstance(old, int | float) and not isinstance(old, bool) and isinstance(new, str):
        try:
            return float(new)
        except ValueError:
            return new
    return new


class _Unknowns:
    """The whole plan, and what turned out to be unknown while it was read."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.found: list[Unknown] = []

    def quantity(self, table: Table, key: str, unit: str, *, dotted: str) -> float:
        """Take a quantity, or the middle of the range of an unknown one."""
        range_key = f"{key}_range"
        if not (table.has(key) and table.text(key) == "unknown"):
            table.quantities(range_key, unit, default=[])
            return table.quantity(key, unit)
        ends = table.quantities(range_key, unit)
        if len(ends) != 2 or not 0 < ends[0] < ends[1]:
            raise table.error(range_key, f"found {list(ends)}; two rising ends above 0 are needed.")
        unknown = Unknown(key=f"{dotted}.{key}", unit=unit, low=ends[0], high=ends[1])
        self.found.append(unknown)
        return unknown.middle


# --- the whole ------------------------------------------------------------------------------------


def _plan(asked: _Unknowns) -> ReleasePlan:
    table = asked.table
    table.word("schema", (SCHEMA,))
    temperature, history = _temperature(table)
    profile_times = table.quantities("profiles", "s", default=[])
    times = _times(table, profile_times)
    cavity = table.table("cavity") if table.has("cavity") else None
    reservoir = None if cavity is None else _reservoir(cavity)
    free = 0.0 if reservoir is None else reservoir.free
    grains_table = table.table("grains")
    start = grains_table.number("start")
    most = 1.2 * (free + start + (0.0 if reservoir is None else reservoir.bound)) + 1.0
    around = Surroundings(temperature=temperature, most=most)
    grain = Grain(
        shape=grains_table.word("shape", tuple(SHAPES)),
        radius=grains_table.quantity("radius", "m"),
        start=start,
        metal_density=grains_table.optional_quantity("metal_density", "m-3"),
    )
    surface = surface_of(table.table("surface"), grain, around, free)
    if surface.equilibrium.follows and reservoir is None:
        raise table.error("cavity", "is missing; the equilibrium follows its free hydrogen.")
    grains = _grains(asked, grains_table, grain, surface)
    stacks = _stacks(asked, cavity, most)
    if cavity is not None:
        cavity.done()
    name = table.text("name")
    table.done()
    return ReleasePlan(
        name=name,
        cell=geometry.Cell(
            grains=(grains,),
            shares=(1.0,),
            reservoir=reservoir,
            stacks=stacks,
            temperature=temperature if history is None else history,
        ),
        times=times,
        profile_times=profile_times,
        temperature=temperature,
        start=start,
        surface=surface,
        unknowns=tuple(asked.found),
        areas={stack.name: stack.area_per_metal for stack in stacks},
    )


def _temperature(table: Table) -> tuple[float, geometry.History | None]:
    """Take one temperature, or a table of times and values."""
    if not table.has("temperature_history"):
        return table.quantity("temperature", "K"), None
    inner = table.table("temperature_history")
    times, values = inner.quantities("times", "s"), inner.quantities("values", "K")
    inner.done()
    if len(times) != len(values) or len(times) < 2 or np.any(np.diff(times) <= 0):
        raise inner.error("values", "as many as times, at least two, over rising times are needed.")
    return values[0], geometry.History(times=times, values=values)


def _times(table: Table, profile_times: tuple[float, ...]) -> NDArray[np.float64]:
    until = table.quantity("until", "s")
    if not until > 0:
        raise table.error("until", "found no time at all; the release needs more than 0 s.")
    if profile_times and not all(0 <= one <= until for one in profile_times):
        raise table.error("profiles", "found a time outside the run; leave it out, or run longer.")
    even = np.linspace(0.0, until, table.whole("points", low=2, default=_POINTS))
    return np.unique(np.concatenate([even, profile_times]))


def _grains(
    asked: _Unknowns, table: Table, grain: Grain, surface: SurfaceLaw
) -> geometry.GrainClasses:
    if not grain.radius > 0:
        raise table.error("radius", "found no radius; a grain needs more than 0 m.")
    spread = table.number("spread")
    count = table.whole("classes", low=1, default=_CLASSES if spread > 0 else 1)
    sizes = lognormal_sizes(volume_median=grain.radius, spread=spread, n_nodes=count)
    found = geometry.GrainClasses(
        shape=grain.shape,
        radii=sizes.radii,
        weights=sizes.weights,
        start=grain.start,
        diffusivity=_mobility(asked, table, surface),
        surface=surface.value,
        metal_density=grain.metal_density,
        n_cells=table.whole("cells", low=5, default=_CELLS),
    )
    table.done()
    return found


def _mobility(
    asked: _Unknowns, table: Table, surface: SurfaceLaw
) -> geometry.Rate | geometry.Mobility | None:
    if surface.law == "interface" and not table.has("diffusivity"):
        return None
    diffusivity = _diffusivity(asked, table, dotted="grains")
    if not table.has("plateau"):
        return diffusivity
    if isinstance(diffusivity, geometry.Arrhenius):
        raise table.error("plateau", "stands at one temperature; leave activation_energy out.")
    inner = table.table("plateau")
    found = plateaus.plateau(
        diffusivity=inner.quantity("product_diffusivity", "m2 s-1"),
        low=inner.number("low"),
        high=inner.number("high"),
        above=diffusivity,
    )
    inner.done()
    return found


def _diffusivity(asked: _Unknowns, table: Table, *, dotted: str) -> geometry.Rate:
    value = asked.quantity(table, "diffusivity", "m2 s-1", dotted=dotted)
    energy = energy_of(table)
    if energy is None:
        return value
    return arrhenius(rate=value, energy=energy, at=table.quantity("at", "K"))


# --- the cavity and what closes it ----------------------------------------------------------------


def _reservoir(table: Table) -> geometry.Reservoir:
    bound = table.number("bound")
    return geometry.Reservoir(
        free=table.number("free"),
        bound=bound,
        bound_release_rate=table.quantity("bound_release_rate", "s-1") if bound > 0 else 0.0,
        leak_conductance=table.optional_quantity("leak_conductance", "s-1") or 0.0,
        leak_constant=table.optional_quantity("leak_constant", "s-1") or 0.0,
    )


def _stacks(asked: _Unknowns, cavity: Table | None, most: float) -> tuple[geometry.Stack, ...]:
    plan = asked.table
    if not plan.has("stack"):
        return ()
    if cavity is None:
        raise plan.error("cavity", "is missing; a stack takes its hydrogen from the cavity.")
    atoms = cavity.number("metal_atoms")
    if not atoms > 0:
        raise cavity.error("metal_atoms", "found none; areas are counted per metal atom.")
    tables = [table for table in plan.list_of_tables("stack") if not table.has("absent")]
    found = [_stack(asked, table, atoms, most) for table in tables]
    return tuple(stack for stack in found if stack is not None)


def _stack(asked: _Unknowns, table: Table, atoms: float, most: float) -> geometry.Stack | None:
    name = table.text("name")
    law, one = table.word("activity", ACTIVITIES), table.number("unit_activity_at")
    if not one > 0:
        raise table.error(
            "unit_activity_at", "found 0; free hydrogen above 0 H per metal is needed."
        )
    layers = [
        _layer(asked, inner, name)
        for inner in table.list_of_tables("layer")
        if not inner.has("absent")
    ]
    outside = table.word("outside", ("closed", "empty"))
    area = table.quantity("area", "m2")
    table.done()
    kept = tuple(layer for layer in layers if layer.thickness > 0)
    if not kept:
        return None
    return geometry.Stack(
        name=name,
        layers=kept,
        area_per_metal=area / atoms,
        activity=_activity(law, one),
        most=most,
        far=None if outside == "closed" else 0.0,
    )


def _activity(law: str, one: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Activity of the hydrogen: as its amount, or one as long as the phase is there."""
    if law == "proportional":
        return lambda free: free / one
    return lambda free: np.clip(free / one, 0.0, 1.0)


def _layer(asked: _Unknowns, table: Table, stack: str) -> geometry.Layer:
    name = table.text("name")
    dotted = f"{stack}.{name}"
    found = geometry.Layer(
        name=name,
        thickness=table.quantity("thickness", "m"),
        diffusivity=_diffusivity(asked, table, dotted=dotted),
        capacity=asked.quantity(table, "capacity", "m-3", dotted=dotted),
        start=table.quantity("start", "m-3"),
        n_cells=table.whole("cells", low=3, default=_CELLS),
        grading=table.number("grading") if table.has("grading") else 1.0,
    )
    table.optional_text("source")
    table.done()
    return found

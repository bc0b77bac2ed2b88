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

from megabar.errors import PlanError
from megabar.hydrogen import geometry, plateaus
from megabar.hydrogen.grain_sizes import lognormal_sizes
from megabar.hydrogen.levels import SHAPES
from megabar.virtual.plan_changes import change
from megabar.virtual.plan_entries import Table
from megabar.virtual.release_equilibria import Surroundings
from megabar.virtual.release_laws import (
    Grain,
    SurfaceLaw,
    surface_of,
)
from megabar.virtual.release_unknowns import Source, Unknown, Unknowns
from megabar.virtual.release_walls import stacks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SCHEMA: Final = "release/1"
_POINTS, _CLASSES, _CELLS = 121, 15, 60  # numerical: times, classes of size, cells


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
    sources
        Diffusivities that came from the table of materials.
    """

    name: str
    cell: geometry.Cell
    times: NDArray[np.float64]
    profile_times: tuple[float, ...]
    temperature: float
    start: float
    surface: SurfaceLaw
    unknowns: tuple[Unknown, ...]
    sources: tuple[Source, ...]

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
        change(entries, key, value, where=path.name)
    return _plan(Unknowns(Table(entries, where=path.name)))


def _keep_rate(entries: dict[str, Any], changes: Mapping[str, Any], *, where: str) -> None:
    """Let a stated loss and its attempts belong to the plan as written: changes keep the rate."""
    stated = entries.get("surface")
    if not isinstance(stated, dict) or any(key.startswith("surface.") for key in changes):
        return
    surface = _plan(Unknowns(Table(entries, where=where))).surface
    unit = "m4 s-1" if surface.law == "second order" else "m s-1"
    if stated.pop("loss", None) is not None:
        stated["rate"] = f"{surface.rate!r} {unit}"
    if stated.pop("attempt_rate", None) is not None:
        stated["activation_energy"] = f"{surface.activation_energy!r} J/mol"


# --- the whole ------------------------------------------------------------------------------------


def _plan(asked: Unknowns) -> ReleasePlan:
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
    stacks = stacks_of(asked, cavity, most)
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
        sources=tuple(asked.sources),
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
    asked: Unknowns, table: Table, grain: Grain, surface: SurfaceLaw
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
    asked: Unknowns, table: Table, surface: SurfaceLaw
) -> geometry.Rate | geometry.Mobility | None:
    if surface.law == "interface" and not table.has("diffusivity"):
        return None
    diffusivity = asked.diffusivity(table, dotted="grains")
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

r"""From the description of a cell to its network of nodes and links.

A grain that is not resolved in space is one node behind the conductance of its level: none for a
uniform grain, :math:`D (\nu + 3)/R` for a parabolic profile, half a cell where it is resolved. The
same laws serve all three levels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.constants import k_boltzmann
from megabar.errors import PlanError
from megabar.hydrogen import links
from megabar.hydrogen.finite_volumes import grid
from megabar.hydrogen.geometry import (
    AdsorbedLayer,
    Arrhenius,
    Cell,
    Equilibrium,
    Exchange,
    Following,
    FollowingPotential,
    GrainClasses,
    History,
    Layer,
    Mobility,
    MovingInterface,
    Rate,
    Reservoir,
    Sieverts,
    Stack,
)
from megabar.hydrogen.level_of_cell import rate_at
from megabar.hydrogen.network import Network
from megabar.hydrogen.plateaus import potential
from megabar.hydrogen.tables import Pieces, cubic_pieces, linear_pieces

Array = NDArray[np.float64]

_H2_MASS: Final = 3.34749e-27  # kg, two hydrogen atoms
_NODES: Final = 512
_FADE: Final = 1e-6  # a constant loss fades out over this amount [H/M]


@dataclass(kw_only=True)
class Assembled:
    """A network and the names of its nodes.

    Parameters
    ----------
    network
        Nodes and links.
    temperature
        One temperature, or None: then the network has the history.
    classes
        Nodes of each class of each material, from the centre outwards.
    free, bound, outside
        Nodes of the cavity and of what has left, None if there are none.
    stacks
        Nodes of the layers of each stack.
    adsorbed
        Nodes of adsorbed layers.
    equilibria
        Functions of the equilibria that were added, by the identity of their description.
    """

    network: Network
    temperature: float | None
    classes: list[list[range]] = field(default_factory=list)
    free: int | None = None
    bound: int | None = None
    outside: int | None = None
    stacks: dict[str, list[range]] = field(default_factory=dict)
    adsorbed: list[int] = field(default_factory=list)
    equilibria: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def rate(self, rate: Rate) -> tuple[float, int]:
        """Give the number of a rate and the group of its temperature law."""
        if not isinstance(rate, Arrhenius) or self.network.temperature < 0:
            return rate_at(rate, self.temperature), 0
        return rate.prefactor, self.network.group(rate.activation_energy)

    def beyond(self) -> int:
        """Give the node of what has left the cell."""
        if self.outside is None:
            self.outside = self.network.node(volume=1.0, start=0.0)
        return self.outside


def assemble(cell: Cell, *, resolved: str) -> Assembled:
    """Build the network of a cell.

    Parameters
    ----------
    cell
        The cell.
    resolved
        ``"ODE0"``, ``"ODE1"`` or ``"PDE"``: how grains are kept.

    Returns
    -------
    :
        The network and the names of its nodes.

    Raises
    ------
    PlanError
        If a rate needs a temperature, or an equilibrium a cavity, that the cell has not.
    """
    built = Assembled(network=Network(), temperature=None)
    if isinstance(cell.temperature, History):
        built.network.temperature = built.network.table(_held(cell.temperature))
    elif cell.temperature is not None:
        built.temperature = float(cell.temperature)
    if cell.reservoir is not None:
        _add_reservoir(built, cell.reservoir)
    for grains, share in zip(cell.grains, cell.shares, strict=True):
        radii, weights = np.atleast_1d(grains.radii), np.atleast_1d(grains.weights)
        built.classes.append(
            [
                _add_class(built, grains, float(radius), share * float(weight), resolved)
                for radius, weight in zip(radii, weights, strict=True)
            ]
        )
    for stack in cell.stacks:
        built.stacks[stack.name] = _add_stack(built, stack)
    return built


def _held(history: History) -> Pieces:
    """Give a history as a function that stays at its ends."""
    times = np.asarray(history.times, dtype=np.float64)
    values = np.asarray(history.values, dtype=np.float64)
    return _flat_outside(times, values)


def _flat_outside(x: Array, values: Array) -> Pieces:
    width = max(float(np.ptp(x)), 1.0)
    return linear_pieces(
        x=np.concatenate([[x[0] - width], x, [x[-1] + width]]),
        values=np.concatenate([[values[0]], values, [values[-1]]]),
    )


def _tabulated(function: Callable[[Array], Array], most: float) -> Pieces:
    return cubic_pieces(function=function, x=np.linspace(0.0, most, _NODES))


def _add_reservoir(built: Assembled, reservoir: Reservoir) -> None:
    net = built.network
    built.free = net.node(volume=1.0, start=reservoir.free)
    if reservoir.bound > 0:
        built.bound = net.node(volume=1.0, start=reservoir.bound)
        rate, group = built.rate(reservoir.bound_release_rate)
        net.link(links.FLOW, (built.bound, built.free), (rate, 0.0), groups=(group, 0))
    leak, group = built.rate(reservoir.leak_conductance)
    if leak > 0:
        net.link(links.FLOW, (built.free, built.beyond()), (leak, 0.0), groups=(group, 0))
    if reservoir.leak_constant > 0:
        net.link(links.CONSTANT, (built.free, built.beyond()), (reservoir.leak_constant, _FADE))


def _free(built: Assembled) -> int:
    """Give the node of free hydrogen."""
    if built.free is None:
        msg = (
            "Found a law that follows the free hydrogen of a cell without cavity; nothing says how "
            "much there is. Describe the reservoir."
        )
        raise PlanError(msg)
    return built.free


def _equilibrium(built: Assembled, equilibrium: Equilibrium) -> tuple[int, int, int]:
    """Give the numbers of the functions of an equilibrium: of s, s of the far end, s of time."""
    if id(equilibrium) not in built.equilibria:
        built.equilibria[id(equilibrium)] = _added_equilibrium(built, equilibrium)
    return built.equilibria[id(equilibrium)]


def _added_equilibrium(built: Assembled, equilibrium: Equilibrium) -> tuple[int, int, int]:
    net = built.network
    if isinstance(equilibrium, History):
        identity = net.table(linear_pieces(x=[0.0, 1.0], values=[0.0, 1.0]))
        return identity, -1, net.table(_held(equilibrium))
    if isinstance(equilibrium, Following | FollowingPotential):
        _free(built)
        if isinstance(equilibrium, Following):
            return net.table(_tabulated(equilibrium.content, equilibrium.most)), -1, -1
        isotherm = _flat_outside(
            np.asarray(equilibrium.potentials, dtype=np.float64),
            np.asarray(equilibrium.contents, dtype=np.float64),
        )
        activity = (
            None
            if equilibrium.activity is None
            else _tabulated(equilibrium.activity, equilibrium.most)
        )
        return net.table(isotherm), net.table(activity), net.table(_held(equilibrium.imposed))
    if isinstance(equilibrium, Sieverts):
        _free(built)
        per_free = equilibrium.squared_per_free
        return net.table(linear_pieces(x=[0.0, 1.0], values=[0.0, per_free])), -1, -1
    content = float(equilibrium)
    if content == 0.0:
        return -1, -1, -1
    return net.table(linear_pieces(x=[0.0, 1.0], values=[content, content])), -1, -1


def _add_class(
    built: Assembled, grains: GrainClasses, radius: float, weight: float, resolved: str
) -> range:
    surface = grains.surface
    if isinstance(surface, MovingInterface):
        nodes = built.network.chain(volumes=[weight], start=_uniform_start(grains))
        _add_front(built, grains, surface, nodes[0], radius, weight)
        return nodes
    if resolved == "PDE":
        nodes, conductance, group, table = _resolved(built, grains, radius, weight)
    else:
        nodes, conductance, group = _lumped(built, grains, radius, weight, resolved)
        table = -1
    area = weight * (grains.nu + 1) / radius
    if isinstance(surface, Exchange):
        _add_exchange(built, grains, surface, nodes[-1], area, conductance, (group, 0), table)
    elif isinstance(surface, AdsorbedLayer):
        _add_adsorbed(built, grains, surface, nodes[-1], area, conductance, group)
    return nodes


def _uniform_start(grains: GrainClasses) -> float:
    start = np.asarray(grains.start, dtype=np.float64)
    if start.ndim:
        msg = (
            f"Found {start.size} contents across a grain that is kept as one; they would be "
            'averaged away. Ask for level="PDE".'
        )
        raise PlanError(msg)
    return float(start)


def _lumped(
    built: Assembled, grains: GrainClasses, radius: float, weight: float, resolved: str
) -> tuple[range, float, int]:
    nodes = built.network.chain(volumes=[weight], start=_uniform_start(grains))
    if resolved == "ODE0" or grains.diffusivity is None:
        return nodes, 0.0, 0
    if isinstance(grains.diffusivity, Mobility):
        msg = "Found a diffusivity that goes with content in a lumped grain. Ask for the PDE."
        raise PlanError(msg)
    diffusivity, group = built.rate(grains.diffusivity)
    return nodes, diffusivity * (grains.nu + 3) / radius, group


def _resolved(
    built: Assembled, grains: GrainClasses, radius: float, weight: float
) -> tuple[range, float, int, int]:
    """Add the cells of a grain; give nodes, half-cell conductance, its group and its potential."""
    net = built.network
    cells = grid(shape=grains.shape, n_cells=grains.n_cells, grading=grains.grading)
    nodes = net.chain(volumes=weight * cells.shares, start=grains.start)
    if grains.diffusivity is None:
        msg = "Found grains without diffusivity that are to be resolved in space. Give one."
        raise PlanError(msg)
    table, group, diffusivity = -1, 0, 1.0
    if isinstance(grains.diffusivity, Mobility):
        table = net.table(potential(grains.diffusivity))
    else:
        diffusivity, group = built.rate(grains.diffusivity)
    for i, spacing in enumerate(cells.spacing):
        g = weight * diffusivity * spacing / radius**2
        net.link(
            links.FLOW,
            (nodes[i], nodes[i + 1]),
            (g, g),
            tables=(table, table),
            groups=(group, 0),
        )
    return nodes, diffusivity / (radius * cells.last_half), group, table


def _add_exchange(
    built: Assembled,
    grains: GrainClasses,
    surface: Exchange,
    node: int,
    area: float,
    conductance: float,
    groups: tuple[int, int],
    table: int,
) -> None:
    rate, group = built.rate(surface.rate)
    power = 1.0 if isinstance(surface.equilibrium, Sieverts) else float(surface.order)
    if surface.order == 2:
        rate *= _metal_density(grains, "recombination")
    far = built.beyond() if built.free is None else built.free
    built.network.link(
        links.SURFACE,
        (node, far),
        (area, conductance, rate, float(surface.order), power),
        tables=(table, -1),
        equilibrium=_equilibrium(built, surface.equilibrium),
        groups=(groups[0], group),
    )


def _metal_density(grains: GrainClasses, what: str) -> float:
    if grains.metal_density is None:
        msg = (
            f"Found {what} for grains without metal density; its rate counts atoms per m3, "
            "contents count them per metal. Give the metal density [1/m3]."
        )
        raise PlanError(msg)
    return grains.metal_density


def _add_front(
    built: Assembled,
    grains: GrainClasses,
    surface: MovingInterface,
    node: int,
    radius: float,
    weight: float,
) -> None:
    speed, group = built.rate(surface.speed)
    far = built.beyond() if built.free is None else built.free
    built.network.link(
        links.FRONT,
        (node, far),
        (
            weight * (grains.nu + 1) / radius,
            speed,
            _uniform_start(grains),
            surface.shell,
            grains.nu / (grains.nu + 1),
        ),
        equilibrium=_equilibrium(built, surface.hindrance),
        groups=(0, group),
    )


def _add_adsorbed(
    built: Assembled,
    grains: GrainClasses,
    surface: AdsorbedLayer,
    node: int,
    area: float,
    conductance: float,
    group: int,
) -> None:
    density = _metal_density(grains, "an adsorbed layer")
    per_metal = area / density  # surface [m2] per metal atom
    layer = built.network.chain(volumes=[per_metal * surface.sites], start=surface.start)[0]
    built.adsorbed.append(layer)
    down, down_group = built.rate(surface.into_bulk)
    up, up_group = built.rate(surface.into_layer)
    if down_group != up_group:
        msg = (
            "Found two activation energies between an adsorbed layer and the bulk under a history "
            "of temperature; one law has one. Use one energy or one temperature."
        )
        raise PlanError(msg)
    built.network.link(
        links.SUBSURFACE,
        (layer, node),
        (
            per_metal,
            conductance * density,
            down * surface.sites,
            up * surface.sites / surface.bulk_sites,
            surface.bulk_sites,
        ),
        groups=(group, down_group),
    )
    leaving, leaving_group = built.rate(surface.desorption_rate)
    impinging = sqrt(2 * pi * _H2_MASS * k_boltzmann * surface.gas_temperature)
    built.network.link(
        links.DESORPTION,
        (layer, built.beyond() if built.free is None else built.free),
        (per_metal, 2 * leaving * surface.sites**2, 2 * surface.sticking / impinging),
        equilibrium=(-1, *_pressure(built, surface.pressure)),
        groups=(leaving_group, 0),
    )


def _pressure(built: Assembled, pressure: float | History | Following) -> tuple[int, int]:
    """Add the function of a gas pressure; give its number against free hydrogen, against time."""
    if isinstance(pressure, Following):
        _free(built)
        return built.network.table(_tabulated(pressure.content, pressure.most)), -1
    if not isinstance(pressure, History):
        pressure = History(times=[0.0, 1.0], values=[pressure, pressure])
    return -1, built.network.table(_held(pressure))


def _add_stack(built: Assembled, stack: Stack) -> list[range]:
    """Add the sheets of a stack; the values of their nodes are activities, c over capacity."""
    net, free = built.network, _free(built)
    sheets: list[range] = []
    before: tuple[int, float, int] | None = None
    for layer in stack.layers:
        nodes, first, last, group = _sheet(built, layer, stack.area_per_metal)
        sheets.append(nodes)
        if before is None:
            entry = net.table(_tabulated(stack.activity, stack.most))
            net.link(
                links.FLOW,
                (free, nodes[0]),
                (first, first),
                tables=(entry, -1),
                groups=(group, 0),
            )
        else:
            net.link(
                links.PARTITION,
                (before[0], nodes[0]),
                (1.0, before[1], first),
                groups=(before[2], group),
            )
        before = (nodes[-1], last, group)
    if stack.far is not None and before is not None:
        held = net.table(linear_pieces(x=[0.0, 1.0], values=[stack.far, stack.far]))
        net.link(
            links.FLOW,
            (before[0], built.beyond()),
            (before[1], before[1]),
            tables=(-1, held),
            groups=(before[2], 0),
        )
    return sheets


def _sheet(built: Assembled, layer: Layer, area: float) -> tuple[range, float, float, int]:
    """Add the cells of one sheet; give nodes, conductance of its two outer halves, its group."""
    cells = grid(shape="plate", n_cells=layer.n_cells, grading=1.0 / layer.grading)
    widths = layer.thickness * np.diff(cells.faces)
    volumes = area * layer.capacity * widths
    nodes = built.network.chain(volumes=volumes, start=layer.start / layer.capacity)
    diffusivity, group = built.rate(layer.diffusivity)
    permeability = area * layer.capacity * diffusivity
    for i, distance in enumerate(0.5 * (widths[1:] + widths[:-1])):
        g = permeability / distance
        built.network.link(links.FLOW, (nodes[i], nodes[i + 1]), (g, g), groups=(group, 0))
    return nodes, 2 * permeability / widths[0], 2 * permeability / widths[-1], group

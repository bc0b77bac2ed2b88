"""What is in a cell: grains, the cavity between them, gasket and anvils. Descriptions only.

All contents are hydrogen atoms per metal atom of the sample (H/M); layers hold atoms per m3 and
say how much of their area one metal atom of the sample has. A rate is a number (no temperature in
it) or an :class:`Arrhenius`. A surface relaxes towards an equilibrium that is fixed, imposed in
time (pressure history through an isotherm), or follows the free hydrogen of the cavity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.errors import one_of
from megabar.hydrogen.equilibria import (
    GAS_CONSTANT as GAS_CONSTANT,
)
from megabar.hydrogen.equilibria import (
    Arrhenius as Arrhenius,
)
from megabar.hydrogen.equilibria import (
    Equilibrium as Equilibrium,
)
from megabar.hydrogen.equilibria import (
    Following as Following,
)
from megabar.hydrogen.equilibria import (
    FollowingPotential as FollowingPotential,
)
from megabar.hydrogen.equilibria import (
    History as History,
)
from megabar.hydrogen.equilibria import (
    Rate as Rate,
)
from megabar.hydrogen.equilibria import (
    Sieverts as Sieverts,
)
from megabar.hydrogen.levels import SHAPES

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    r"""Exchange at the surface, of first or second order.

    .. math:: J = k_s (c_s - c_{eq}) \quad\text{or}\quad J = k_r (c_s^2 - c_{eq}^2)

    J counts atoms: recombination of K events per m2 and s takes 2 K.

    Parameters
    ----------
    order
        1 or 2.
    rate
        :math:`k_s` [m/s] or :math:`k_r` [m4/s].
    equilibrium
        Content [H/M] at which nothing flows.
    """

    order: int
    rate: Rate
    equilibrium: Equilibrium

    def __post_init__(self) -> None:
        """Refuse an order that no law has."""
        if self.order not in (1, 2):
            msg = f"Found order {self.order}; exchange has 1, recombination 2. Write one of them."
            raise ValueError(msg)
        if self.order == 1 and isinstance(self.equilibrium, Sieverts):
            msg = "Found Sieverts' law at a surface of order 1; it belongs to pairs. Take order 2."
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class MovingInterface:
    r"""An interface that moves inwards at a speed of its own; no diffusion limits it.

    .. math:: \dot r = -v (1 - q), \qquad x = x_s + (x_0 - x_s)(r/R)^{\nu + 1}

    Parameters
    ----------
    speed
        v [m/s].
    shell
        Content of the product :math:`x_s` [H/M].
    hindrance
        q, a share of the speed that the reservoir takes away: 0 without feedback; a
        :class:`Following` or :class:`History` of values up to 1 (equilibrium).
    """

    speed: Rate
    shell: float
    hindrance: Equilibrium


@dataclass(frozen=True, kw_only=True)
class AdsorbedLayer:
    """A surface with a layer of adsorbed atoms between gas and bulk (low pressure).

    Parameters
    ----------
    sites
        Adsorption sites :math:`n_{surf}` [1/m2].
    start
        Coverage at time zero, 0 to 1.
    desorption_rate
        :math:`k_{des}` [m2/s]; two atoms leave at once.
    sticking
        :math:`S_0`, share of molecules that stick to a bare surface.
    into_bulk
        :math:`k_{sb}` [1/s].
    into_layer
        :math:`k_{bs}` [1/s].
    bulk_sites
        Largest content of the bulk [H/M].
    pressure
        Gas pressure [Pa]: imposed, or :class:`Following` the free hydrogen of a closed chamber
        (``content`` then gives Pa).
    gas_temperature
        Of the gas [K].
    """

    sites: float
    start: float
    desorption_rate: Rate
    sticking: float
    into_bulk: Rate
    into_layer: Rate
    bulk_sites: float
    pressure: float | History | Following
    gas_temperature: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Mobility:
    r"""A chemical diffusivity that goes with content, linear between points, jumps allowed.

    :math:`D_{chem} = D^* \Gamma`: what moves a gradient is not what NMR sees. ``from_tracer``
    says which of both is meant.

    Parameters
    ----------
    contents
        Ends of the segments [H/M] (n + 1,), rising.
    left, right
        :math:`D_{chem}` [m2/s] at the beginning and end of each segment (n,); zero on a plateau.
    """

    contents: ArrayLike
    left: ArrayLike
    right: ArrayLike

    @classmethod
    def from_chemical(cls, *, contents: ArrayLike, chemical: ArrayLike) -> Mobility:
        """Describe by the chemical diffusivity [m2/s] at contents (n,)."""
        values = np.asarray(chemical, dtype=np.float64)
        return cls(contents=contents, left=values[:-1], right=values[1:])

    @classmethod
    def from_tracer(
        cls, *, contents: ArrayLike, tracer: ArrayLike, thermodynamic_factor: ArrayLike
    ) -> Mobility:
        r"""Describe by tracer diffusivity [m2/s] and :math:`\Gamma = d(\mu/kT)/d\ln x` (n,)."""
        values = np.asarray(tracer, dtype=np.float64) * np.asarray(thermodynamic_factor)
        return cls(contents=contents, left=values[:-1], right=values[1:])


@dataclass(frozen=True, kw_only=True, eq=False)
class GrainClasses:
    """Grains of one material in classes of size.

    Parameters
    ----------
    shape
        ``"sphere"``, ``"cylinder"`` or ``"plate"`` (radius = half thickness, both faces open).
    radii
        [m] (G,).
    weights
        Share of the metal in each class (G,), of sum 1.
    start
        Content at time zero [H/M]: one number, or the mean of every cell from centre to surface
        (n_cells,), which asks for the PDE.
    diffusivity
        Chemical diffusivity [m2/s], or a :class:`Mobility`; None if only the interface moves.
    surface
        What limits at the surface, or the moving interface; None for closed grains.
    metal_density
        Metal atoms per m3; needed by recombination (m4/s) and by an adsorbed layer, else None.
    n_cells
        Cells per class where grains are resolved.
    grading
        First cell over last cell (20 to 50; 1 is uniform).
    """

    shape: str
    radii: ArrayLike
    weights: ArrayLike
    start: float | ArrayLike
    diffusivity: Rate | Mobility | None
    surface: Exchange | MovingInterface | AdsorbedLayer | None
    metal_density: float | None
    n_cells: int = 100
    grading: float = 50.0

    def __post_init__(self) -> None:
        """Refuse classes that are no grains."""
        one_of(self.shape, SHAPES, name="shape of a grain")
        radii, weights = np.atleast_1d(self.radii), np.atleast_1d(self.weights)
        if radii.shape != weights.shape or not np.all(radii > 0):
            msg = (
                f"Found radii {radii!r} m with weights {weights!r}; every class has a positive "
                "radius and one weight. Give both for each class."
            )
            raise ValueError(msg)
        if abs(float(weights.sum()) - 1) > 1e-9:
            msg = (
                f"Found weights of sum {weights.sum():.12g}; the mean content would be wrong by "
                "that factor. Divide them by their sum."
            )
            raise ValueError(msg)

    @property
    def nu(self) -> int:
        """Power of the radius in the area of a shell."""
        return SHAPES[self.shape]


@dataclass(frozen=True, kw_only=True)
class Layer:
    r"""One sheet of a stack.

    Parameters
    ----------
    name
        As printed.
    thickness
        [m].
    diffusivity
        [m2/s].
    capacity
        Atoms per m3 at unit activity of the hydrogen; the potential is continuous where sheets
        meet, so contents jump there by the ratio of the capacities.
    start
        Content at time zero [atoms/m3].
    n_cells
        Cells.
    grading
        Last cell over first cell, seen from the cavity; large for a semi-infinite sheet.
    """

    name: str
    thickness: float
    diffusivity: Rate
    capacity: float
    start: float
    n_cells: int
    grading: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """Sheets between the cavity and the outside: film and gasket, or an anvil.

    Parameters
    ----------
    name
        As printed: ``"gasket"``, ``"anvil"``.
    layers
        From the cavity outwards.
    area_per_metal
        Area that faces the cavity, per metal atom of the sample [m2].
    activity
        Takes free hydrogen (n,) [H/M], gives the activity that the first sheet sees.
    most
        Free hydrogen [H/M] up to which ``activity`` is tabulated.
    far
        Activity behind the last sheet; None if closed.
    """

    name: str
    layers: tuple[Layer, ...]
    area_per_metal: float
    activity: Callable[[Array], Array]
    most: float
    far: float | None


@dataclass(frozen=True, kw_only=True)
class Reservoir:
    """The cavity around the grains. Hydrogen that leaves a grain stays here until it is taken.

    Parameters
    ----------
    free
        Free hydrogen at time zero [H/M].
    bound
        Hydrogen of a precursor, as NH3BH3 [H/M].
    bound_release_rate
        Of first order [1/s], precursor to free.
    leak_conductance
        Loss of free hydrogen per time and free hydrogen [1/s].
    leak_constant
        Loss of free hydrogen at a constant rate [H/M/s], until it is used up.
    """

    free: float
    bound: float
    bound_release_rate: Rate
    leak_conductance: Rate
    leak_constant: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """A loaded cell.

    Parameters
    ----------
    grains
        Classes of grains; several materials may share one cavity.
    shares
        Share of the metal in each material (same length as ``grains``), of sum 1.
    reservoir
        The cavity; None if the surroundings are imposed (what leaves is counted and gone).
    stacks
        Gasket, anvils.
    temperature
        [K], or a history; None only if no rate is an :class:`Arrhenius`.
    """

    grains: tuple[GrainClasses, ...]
    shares: tuple[float, ...]
    reservoir: Reservoir | None
    stacks: tuple[Stack, ...]
    temperature: float | History | None

    def __post_init__(self) -> None:
        """Refuse a cell whose parts contradict each other."""
        if len(self.shares) != len(self.grains) or abs(sum(self.shares) - 1) > 1e-9:
            msg = (
                f"Found shares {self.shares} for {len(self.grains)} material(s) of grains; they "
                "must be as many and of sum 1. Give one share for each."
            )
            raise ValueError(msg)
        if self.stacks and self.reservoir is None:
            msg = (
                f"Found {len(self.stacks)} stack(s) without a reservoir; a gasket takes hydrogen "
                "from the cavity. Describe the cavity."
            )
            raise ValueError(msg)


def one_grain(
    *,
    shape: str,
    radius: float,
    start: float,
    diffusivity: Rate | Mobility | None,
    surface: Exchange | MovingInterface | AdsorbedLayer | None,
    metal_density: float | None,
    n_cells: int = 100,
    grading: float = 50.0,
) -> Cell:
    """Describe a single grain in imposed surroundings, at rates without temperature.

    Parameters
    ----------
    shape, radius, start, diffusivity, surface, metal_density, n_cells, grading
        As in :class:`GrainClasses`, for one class.

    Returns
    -------
    :
        The cell.

    Raises
    ------
    ValueError
        If the radius is not positive.
    UnknownWord
        If the shape is unknown.
    """
    if not (isfinite(radius) and radius > 0):
        msg = f"Found radius {radius:g} m; a grain needs more than 0 m. Check its unit."
        raise ValueError(msg)
    grains = GrainClasses(
        shape=shape,
        radii=[radius],
        weights=[1.0],
        start=start,
        diffusivity=diffusivity,
        surface=surface,
        metal_density=metal_density,
        n_cells=n_cells,
        grading=grading,
    )
    return Cell(grains=(grains,), shares=(1.0,), reservoir=None, stacks=(), temperature=None)

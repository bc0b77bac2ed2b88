"""What the spins of a virtual line couple to: field gradients, one other proton, many protons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import units
from megabar.errors import PlanError
from megabar.matter import nuclei
from megabar.spins.hamiltonians import (
    first_order_coupling,
    quadrupole_frequency,
    second_order_levels,
)
from megabar.spins.level_nodes import LevelNodes, nodes_from_couplings
from megabar.spins.orientations import product_grid
from megabar.spins.tensors import gradient_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_POLAR, _MOST_AZIMUTHAL, _MOST_COUPLINGS = 400, 48, 15
_ROUNDING: Final = 1e-6
_REACH: Final = 3.0  # standard deviations of the couplings on either side


@dataclass(frozen=True, kw_only=True)
class Quadrupolar:
    """Spins above 1/2 in field gradients, as a powder.

    Quantities are numbers in the unit in brackets, or texts with a unit of their own.

    Parameters
    ----------
    quadrupole_coupling
        Mean C_Q [Hz].
    asymmetry
        Of every gradient, 0 to 1.
    quadrupole_coupling_fwhm
        Full width of the Gaussian distribution of C_Q [Hz]; 0 for none.
    """

    quadrupole_coupling: float
    asymmetry: float
    quadrupole_coupling_fwhm: float

    def __post_init__(self) -> None:
        for name in ("quadrupole_coupling", "quadrupole_coupling_fwhm"):
            value = units.quantity(getattr(self, name), unit="Hz", name=name)
            object.__setattr__(self, name, value)
        if not 0 <= self.asymmetry <= 1 or self.quadrupole_coupling_fwhm < 0:
            msg = (
                f"Found {self}; an asymmetry lies between 0 and 1 and a width is not negative. "
                "Correct the line."
            )
            raise PlanError(msg)


@dataclass(frozen=True, kw_only=True)
class RigidPairs:
    r"""Two protons each that feel only one another, as a powder.

    Parameters
    ----------
    pair_coupling
        d = 120.12 kHz / (r / angstrom)^3 of two protons at distance r [Hz]; the horns of the
        doublet stand 3d/2 apart.
    """

    pair_coupling: float

    def __post_init__(self) -> None:
        value = units.quantity(self.pair_coupling, unit="Hz", name="pair_coupling")
        object.__setattr__(self, "pair_coupling", value)
        if value <= 0:
            msg = f"Found a pair coupling of {value:g} Hz; it must be above 0."
            raise PlanError(msg)


@dataclass(frozen=True, kw_only=True)
class RigidDecay:
    """Many rigid spins by the decay after one short pulse, as a table.

    Such a table may come from ``spins.rigid_lines`` or from a measurement. It says what one pulse
    gives and nothing about echoes.

    Parameters
    ----------
    time
        From the middle of the pulse, rising from 0 [s].
    decay
        1 at time 0; 0 is taken beyond the table, so that the last value should be small.
    """

    time: tuple[float, ...]
    decay: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.time, self.time[1:], strict=False))
        if (
            len(self.time) != len(self.decay)
            or len(self.time) < 2
            or not rising
            or self.time[0] != 0
            or abs(self.decay[0] - 1) > _ROUNDING
        ):
            msg = (
                f"Found a decay of {len(self.time)} times and {len(self.decay)} values; it needs "
                "as many of both, at least two, rising from the time 0 with the value 1."
            )
            raise PlanError(msg)

    def at(self, lag: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the decay at times of either sign [s], same shape."""
        return np.asarray(np.interp(np.abs(lag), self.time, self.decay, right=0.0))


Coupling = Quadrupolar | RigidPairs | RigidDecay
"""Beside the distribution of local frequencies."""


def nodes_of(
    coupling: Quadrupolar | RigidPairs | None,
    *,
    nucleus: str,
    larmor_frequency: float,
    offset: float,
    span: float,
) -> LevelNodes:
    """List the levels of the spins of a powder.

    Parameters
    ----------
    coupling
        What they couple to; spins that couple to nothing act as spins 1/2, whatever they are.
        Quadrupolar levels are built to second order.
    nucleus
        Such as ``"139La"``.
    larmor_frequency
        [Hz].
    offset
        Of the line from the carrier [Hz].
    span
        Longest time over which the levels turn [s]. Directions are as dense as it takes, up to
        19,200; where more would be needed (C_Q above some 5 MHz) what remains of the satellites is
        scatter, 2e-4 of a full signal in a solid echo at 20 MHz.

    Returns
    -------
    :
        Levels and weights.

    Raises
    ------
    PlanError
        If a nucleus of spin 1/2 is given a quadrupole coupling.
    """
    if coupling is None:
        return nodes_from_couplings(spin=0.5, coupling=[0.0], offset=offset, weight=[1.0])
    if isinstance(coupling, RigidPairs):
        return _pairs(coupling, offset=offset, span=span)
    spin = nuclei.nucleus(nucleus).spin
    if spin < 1:
        msg = (
            f"Found a quadrupole coupling of {nucleus}, whose spin is {spin:g}; only spins from 1 "
            "have one. Leave it out."
        )
        raise PlanError(msg)
    return _quadrupolar(coupling, spin, larmor_frequency, offset=offset, span=span)


def _pairs(coupling: RigidPairs, *, offset: float, span: float) -> LevelNodes:
    """Two like spins 1/2 are a spin 1 with C_Q = 2 d and a singlet that nobody sees."""
    outermost = 1.5 * coupling.pair_coupling
    place, weight = np.polynomial.legendre.leggauss(32 + math.ceil(6 * outermost * span))
    seen = coupling.pair_coupling / 4 * (3 * ((place + 1) / 2) ** 2 - 1)
    return nodes_from_couplings(spin=1.0, coupling=seen, offset=offset, weight=weight / 2)


def _quadrupolar(
    coupling: Quadrupolar, spin: float, larmor_frequency: float, *, offset: float, span: float
) -> LevelNodes:
    per_hertz = (2 * spin - 1) * quadrupole_frequency(quadrupole_coupling=1.0, spin=spin) / 2
    turns = abs(coupling.quadrupole_coupling) * per_hertz * span
    grid = product_grid(
        polar=min(24 + 8 * math.ceil(turns / 2), _MOST_POLAR),
        azimuthal=min(1 + math.ceil(coupling.asymmetry * (10 + 3 * turns)), _MOST_AZIMUTHAL),
        octant=True,
    )
    gradient = gradient_tensor(asymmetry=coupling.asymmetry)
    couplings, shares = _distribution(
        coupling, turns=coupling.quadrupole_coupling_fwhm * per_hertz * span
    )
    levels, weights = [], []
    for value, share in zip(couplings, shares, strict=True):
        seen = first_order_coupling(
            quadrupole_coupling=value, gradient=gradient, spin=spin, directions=grid.directions
        )
        first = nodes_from_couplings(spin=spin, coupling=seen, offset=offset, weight=grid.weight)
        second = second_order_levels(
            quadrupole_coupling=value,
            gradient=gradient,
            spin=spin,
            larmor_frequency=larmor_frequency,
            orientations=grid,
        )
        levels.append(first.levels + second)
        weights.append(share * grid.weight)
    return LevelNodes(spin=spin, levels=np.concatenate(levels), weight=np.concatenate(weights))


def _distribution(coupling: Quadrupolar, *, turns: float) -> tuple[list[float], list[float]]:
    mean, width = coupling.quadrupole_coupling, coupling.quadrupole_coupling_fwhm
    if width == 0:
        return [mean], [1.0]
    place = np.linspace(-_REACH, _REACH, min(7 + 2 * math.ceil(2 * turns), _MOST_COUPLINGS))
    weight = np.exp(-(place**2) / 2)
    values = mean + width / math.sqrt(8 * math.log(2)) * place
    return values.tolist(), (weight / weight.sum()).tolist()


KINDS: Final[dict[type, str]] = {
    Quadrupolar: "quadrupolar",
    RigidPairs: "rigid-pairs",
    RigidDecay: "rigid-decay",
}
"""What the truth file calls them."""

"""Rates and equilibria of a surface: fixed, imposed in time, or following the free hydrogen.

A rate is a number (no temperature in it) or an :class:`Arrhenius`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

GAS_CONSTANT: Final = 8.31446261815324
"""R [J/mol/K], exact."""


@dataclass(frozen=True, kw_only=True)
class Arrhenius:
    r"""A rate that goes with temperature, :math:`k = k_0 e^{-E/RT}`.

    Parameters
    ----------
    prefactor
        :math:`k_0`, in the unit of the rate.
    activation_energy
        E [J/mol].
    """

    prefactor: float
    activation_energy: float

    def at(self, temperature: float) -> float:
        """Give the rate at a temperature [K]."""
        return self.prefactor * exp(-self.activation_energy / (GAS_CONSTANT * temperature))


Rate: TypeAlias = float | Arrhenius


@dataclass(frozen=True, kw_only=True, eq=False)
class History:
    """A quantity that is imposed in time, linear between its points, constant beyond them.

    Parameters
    ----------
    times
        [s], rising (n,), at least two.
    values
        (n,).
    """

    times: ArrayLike
    values: ArrayLike


@dataclass(frozen=True, kw_only=True, eq=False)
class Following:
    """An equilibrium content that follows the free hydrogen of the cavity.

    Parameters
    ----------
    content
        Takes free hydrogen (n,) [H/M], gives the equilibrium content [H/M].
    most
        Free hydrogen [H/M] up to which the function is tabulated (cubic, 512 points), > 0.
    """

    content: Callable[[Array], Array]
    most: float


@dataclass(frozen=True, kw_only=True, eq=False)
class FollowingPotential:
    r"""An equilibrium content by an isotherm x(mu), with :math:`\mu = \mu_0(t) + \mu(a)`.

    Parameters
    ----------
    potentials, contents
        The isotherm, linear between points: potential rises (n,), content [H/M] (n,). Any unit
        of potential, the same in all three places.
    imposed
        :math:`\mu_0(t)`: what pressure and temperature impose.
    activity
        Takes free hydrogen (n,) [H/M], gives what the amount adds, as kT ln(activity); None if
        the hydrogen is a pure phase, whose potential does not depend on how much there is.
    most
        Free hydrogen [H/M] up to which ``activity`` is tabulated.
    """

    potentials: ArrayLike
    contents: ArrayLike
    imposed: History
    activity: Callable[[Array], Array] | None
    most: float


@dataclass(frozen=True, kw_only=True)
class Sieverts:
    r"""An equilibrium of recombination with a gas: :math:`c_{eq}^2` is proportional to its amount.

    Parameters
    ----------
    squared_per_free
        :math:`c_{eq}^2` over free hydrogen [H/M]; the rate of dissociation over that of
        recombination. Only for exchange of second order.
    """

    squared_per_free: float


Equilibrium: TypeAlias = float | History | Following | FollowingPotential | Sieverts

r"""Molecular hydrogen above 1 GPa: volume and chemical potential, the sink that is always there.

No fugacity and no ideal gas. From 1 to 170 GPa ln f would grow by 246, and one GPa more is worth
2.25 kJ per mol of H2: a pressure that is known to 15 GPa leaves a driving force open by 7 kT per
hydrogen atom. Potentials are of H2 and count from 1 GPa at the same temperature; what lies below,
through gas and fluid, is a term of its own that this module does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.constants import elementary_charge, k_boltzmann, n_avogadro
from megabar.errors import one_of
from megabar.matter.equations_of_state import compression_from_pressure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

ORIGIN: Final = 1e9
"""Pressure from which potentials count [Pa]."""

_SMALLEST: Final = 0.03  # V/V0; hydrogen at 170 GPa has 0.09
_DOMINATES: Final = 1.0  # kT per hydrogen atom from which an error of the pressure decides


@dataclass(frozen=True, kw_only=True)
class HydrogenEquation:
    """A cold Vinet curve of solid H2.

    Parameters
    ----------
    name
        Its name, such as ``"loubeyre1996"``.
    volume
        V0 [m3/mol].
    bulk_modulus
        K0 [Pa].
    bulk_modulus_derivative
        K0'.
    measured_to
        Highest pressure of the data behind it [Pa]; None where it is not stated.
    status
        ``"published"`` or ``"unverified"``.
    source, note
        Where it comes from, and what to beware of.
    """

    name: str
    volume: float
    bulk_modulus: float
    bulk_modulus_derivative: float
    measured_to: float | None
    status: str
    source: str
    note: str


EQUATIONS: Final[Mapping[str, HydrogenEquation]] = MappingProxyType(
    {
        one.name: one
        for one in (
            HydrogenEquation(
                name="loubeyre1996",
                volume=25.433e-6,
                bulk_modulus=0.162e9,
                bulk_modulus_derivative=6.813,
                measured_to=109e9,
                status="unverified",
                source="Loubeyre et al., Nature 383, 702 (1996), doi:10.1038/383702a0",
                note="Coefficients from memory; the range is in its abstract.",
            ),
            HydrogenEquation(
                name="loubeyre2020",
                volume=23.0e-6,
                bulk_modulus=0.191e9,
                bulk_modulus_derivative=7.039,
                measured_to=None,
                status="published",
                source="Loubeyre, Occelli, Dumas, Nature 577, 631 (2020), "
                "doi:10.1038/s41586-019-1927-3, caption of Extended Data Fig. 5",
                note="X-ray diffraction near 80 K on a revised ruby scale.",
            ),
        )
    }
)
"""Name -> equation of state of solid H2. Known by title only: Hemmes et al., J. Phys. C 19, 3571
(1986), doi:10.1088/0022-3719/19/19/013, tables to 100 GPa and 1000 K."""


@dataclass(frozen=True, kw_only=True)
class HydrogenPotential:
    """Chemical potential of H2 at one pressure, with what its error is worth.

    Parameters
    ----------
    pressure, pressure_std
        [Pa].
    value
        From 1 GPa at the same temperature [J per mol H2].
    std
        From the pressure alone [J per mol H2].
    slope
        Its derivative with pressure, the molar volume [m3/mol].
    extrapolated
        Whether the pressure is above the data behind the equation; None where that is not stated.
    equation
        Name of the equation of state.
    """

    pressure: float
    pressure_std: float
    value: float
    std: float
    slope: float
    extrapolated: bool | None
    equation: str

    @property
    def std_per_atom(self) -> float:
        """Error per hydrogen atom [eV]."""
        return self.std / (2 * n_avogadro * elementary_charge)

    def std_over_kt(self, *, temperature: float) -> float:
        """Give the error per hydrogen atom over kT, at a temperature [K]."""
        return self.std / (2 * n_avogadro * k_boltzmann * temperature)

    def statuses(self, *, temperature: float) -> tuple[str, ...]:
        """Give short names of what a reader must know, at a temperature [K]."""
        found = []
        if self.extrapolated is not False:
            found.append("EOS_EXTRAPOLATED")
        if self.std_over_kt(temperature=temperature) > _DOMINATES:
            found.append("PRESSURE_ERROR_DOMINATES")
        return tuple(found)

    def words(self, *, temperature: float) -> str:
        """Say it in a sentence, at a temperature [K]."""
        held = {True: ", extrapolated", False: "", None: ", range not stated"}[self.extrapolated]
        return (
            f"H2 at {self.pressure / 1e9:.4g} GPa stands {self.value / 1e3:.0f} kJ/mol above 1 GPa "
            f"({self.equation}{held}); {self.pressure_std / 1e9:.2g} GPa are "
            f"{self.std / 1e3:.2g} kJ/mol H2 = {1e3 * self.std_per_atom:.0f} meV per H = "
            f"{self.std_over_kt(temperature=temperature):.2g} kT."
        )


def molar_volume(*, pressure: ArrayLike, equation: str) -> NDArray[np.float64]:
    r"""Compute the molar volume of solid H2, which is the slope of its potential.

    .. math:: \frac{\partial \mu_{\mathrm{H}_2}}{\partial P} = V_m

    Parameters
    ----------
    pressure
        [Pa], any shape, from 1 GPa.
    equation
        One of :data:`EQUATIONS`.

    Returns
    -------
    :
        [m3/mol], shape of ``pressure``.

    Raises
    ------
    UnknownWord
        If the equation is unknown.
    ValueError
        If a pressure is below 1 GPa.

    References
    ----------
    Loubeyre et al., Nature 383, 702 (1996), doi:10.1038/383702a0.

    Examples
    --------
    >>> volume = float(molar_volume(pressure=170e9, equation="loubeyre1996"))
    >>> print(f"{1e6 * volume:.3f} cm3/mol")
    2.254 cm3/mol
    """
    one, pressures = _checked(pressure, equation)
    compressions = [_compression(one, value) for value in pressures.ravel()]
    return np.reshape(one.volume * np.array(compressions), pressures.shape)


def chemical_potential(*, pressure: ArrayLike, equation: str) -> NDArray[np.float64]:
    r"""Compute the chemical potential of H2 above that at 1 GPa and the same temperature.

    .. math:: \mu(P) - \mu(P_0) = \int_{P_0}^{P} V_m\, \mathrm{d}P'
        = P V - P_0 V_0' + E(V) - E(V_0')

    with the energy of the Vinet curve in closed form, :math:`\eta = \tfrac{3}{2}(K_0' - 1)`,
    :math:`z = \eta (1 - X)`,

    .. math:: E = \frac{9 K_0 V_0}{\eta^2} \left[ 1 - (1 - z)\, e^{z} \right]

    Parameters
    ----------
    pressure
        [Pa], any shape, from 1 GPa.
    equation
        One of :data:`EQUATIONS`.

    Returns
    -------
    :
        [J per mol H2], shape of ``pressure``.

    Raises
    ------
    UnknownWord
        If the equation is unknown.
    ValueError
        If a pressure is below 1 GPa.

    References
    ----------
    Vinet et al., J. Phys. Condens. Matter 1, 1941 (1989), doi:10.1088/0953-8984/1/11/002.

    Examples
    --------
    >>> potential = float(chemical_potential(pressure=170e9, equation="loubeyre1996"))
    >>> print(f"{potential / 1e3:.0f} kJ/mol")
    603 kJ/mol
    """
    one, pressures = _checked(pressure, equation)
    start = _enthalpy(one, ORIGIN)
    values = [_enthalpy(one, value) - start for value in pressures.ravel()]
    return np.reshape(np.array(values), pressures.shape)


def potential_of_hydrogen(
    *, pressure: float, pressure_std: float, equation: str
) -> HydrogenPotential:
    """Give the potential of H2 at a measured pressure, with what its error is worth.

    Parameters
    ----------
    pressure
        [Pa], from 1 GPa.
    pressure_std
        Its standard error [Pa].
    equation
        One of :data:`EQUATIONS`.

    Returns
    -------
    :
        Value, error, slope, and whether the equation is stretched.

    Raises
    ------
    UnknownWord
        If the equation is unknown.
    ValueError
        If the pressure is below 1 GPa or its error negative.

    Examples
    --------
    >>> found = potential_of_hydrogen(
    ...     pressure=170e9, pressure_std=15e9, equation="loubeyre1996")
    >>> print(found.words(temperature=295.0))
    H2 at 170 GPa stands 603 kJ/mol above 1 GPa (loubeyre1996, extrapolated); 15 GPa are 34 kJ/mol
    H2 = 175 meV per H = 6.9 kT.
    """
    if not (isfinite(pressure_std) and pressure_std >= 0):
        msg = f"Found error of pressure {pressure_std:g} Pa; it is 0 or more. Check its sign."
        raise ValueError(msg)
    slope = float(molar_volume(pressure=pressure, equation=equation))
    measured_to = EQUATIONS[equation].measured_to
    return HydrogenPotential(
        pressure=pressure,
        pressure_std=pressure_std,
        value=float(chemical_potential(pressure=pressure, equation=equation)),
        std=slope * pressure_std,
        slope=slope,
        extrapolated=None if measured_to is None else pressure > measured_to,
        equation=equation,
    )


def _checked(pressure: ArrayLike, equation: str) -> tuple[HydrogenEquation, NDArray[np.float64]]:
    one_of(equation, EQUATIONS, name="equation of state of H2")
    pressures = np.asarray(pressure, dtype=np.float64)
    if not np.all(pressures >= ORIGIN):
        msg = (
            f"Found pressure {pressures.min() / 1e9:g} GPa; the cold curve of solid H2 begins at "
            "1 GPa. Below it take a table of the fluid, and check the unit (Pa)."
        )
        raise ValueError(msg)
    return EQUATIONS[equation], pressures


def _compression(one: HydrogenEquation, pressure: float) -> float:
    return compression_from_pressure(
        pressure=pressure,
        bulk_modulus=one.bulk_modulus,
        bulk_modulus_derivative=one.bulk_modulus_derivative,
        form="vinet",
        smallest=_SMALLEST,
    )


def _enthalpy(one: HydrogenEquation, pressure: float) -> float:
    """Energy plus P V, from the volume at zero pressure [J/mol]."""
    v = _compression(one, pressure)
    eta = 1.5 * (one.bulk_modulus_derivative - 1)
    z = eta * (1 - v ** (1 / 3))
    energy = 9 * one.bulk_modulus * one.volume / eta**2 * (1 - (1 - z) * exp(z))
    return float(pressure * one.volume * v + energy)

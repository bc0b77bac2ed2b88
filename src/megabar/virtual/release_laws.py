"""What the surface of a grain does in a release plan: exchange, recombination, a moving front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.hydrogen import geometry
from megabar.hydrogen.levels import SHAPES
from megabar.virtual.release_equilibria import EquilibriumLaw, Surroundings, equilibrium_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.virtual.plan_entries import Table

SURFACES: Final = ("first order", "second order", "interface")
ELECTRONVOLT: Final = 96485.33212331002
"""J/mol in one eV per particle."""


@dataclass(frozen=True, kw_only=True)
class Grain:
    """The grain at the volume median, which a stated loss belongs to."""

    shape: str
    radius: float
    start: float
    metal_density: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class SurfaceLaw:
    """What limits at the surface.

    Parameters
    ----------
    law
        One of :data:`SURFACES`.
    value
        As the solver takes it.
    equilibrium
        Where a grain rests.
    rate
        At ``at`` or at every temperature: [m/s], or [m4/s] of second order.
    flux
        Atoms per metal atom of the sample, times metres, per second: what leaves at the start.
    activation_energy
        [J/mol]; None if the plan gives none.
    """

    law: str
    value: geometry.Exchange | geometry.MovingInterface
    equilibrium: EquilibriumLaw
    rate: float
    flux: float
    activation_energy: float | None

    @property
    def coefficient(self) -> geometry.Rate:
        """The rate with its law of temperature."""
        value = self.value
        return value.speed if isinstance(value, geometry.MovingInterface) else value.rate

    def rate_at(self, temperature: float) -> float:
        """Give the rate at a temperature [K]."""
        law = self.coefficient
        return law.at(temperature) if isinstance(law, geometry.Arrhenius) else law


def surface_of(table: Table, grain: Grain, around: Surroundings, free: float) -> SurfaceLaw:
    """Read the table [surface].

    Parameters
    ----------
    table
        The table.
    grain
        The grain whose loss may be stated.
    around
        Temperature and free hydrogen.
    free
        Free hydrogen at the start [H/M].

    Returns
    -------
    :
        The law, with its rate.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    """
    law = table.word("law", SURFACES)
    equilibrium = equilibrium_of(table.table("equilibrium"), around)
    if equilibrium.law == "sieverts" and law != "second order":
        raise table.error("law", f"found {law!r} with sieverts; it belongs to second order.")
    shell = table.number("shell") if law == "interface" else 0.0
    drive = _drive(table, law, grain, shell, equilibrium.content(free))
    rate = _rate_of(table, law, grain, drive)
    energy = _barrier_of(table, grain, rate * drive)
    at_any = rate if energy is None else _with_energy(table, rate, energy)
    value: geometry.Exchange | geometry.MovingInterface
    if law == "interface":
        value = geometry.MovingInterface(
            speed=at_any, shell=shell, hindrance=_hindrance(equilibrium, grain.start, shell, around)
        )
    else:
        order = 1 if law == "first order" else 2
        value = geometry.Exchange(order=order, rate=at_any, equilibrium=equilibrium.value)
    table.done()
    return SurfaceLaw(
        law=law,
        value=value,
        equilibrium=equilibrium,
        rate=rate,
        flux=rate * drive,
        activation_energy=energy,
    )


def _drive(table: Table, law: str, grain: Grain, shell: float, rest: float) -> float:
    """Give what the rate is multiplied with to be a flux, in H per metal (times m3 if second)."""
    if law == "first order":
        return grain.start - rest
    if law == "second order":
        if grain.metal_density is None:
            raise table.error("law", "counts atoms per m3; give grains.metal_density.")
        return grain.metal_density * (grain.start**2 - rest**2)
    if not shell < grain.start:
        raise table.error(
            "shell", f"found {shell:g}; the product holds less than the start, {grain.start:g}."
        )
    free_share = 1.0 - min(max(rest - shell, 0.0) / (grain.start - shell), 1.0)
    return (grain.start - shell) * free_share


def _rate_of(table: Table, law: str, grain: Grain, drive: float) -> float:
    """Take the rate itself, or the loss of the median grain at the start."""
    if table.has("rate") == table.has("loss"):
        raise table.error(
            "rate", "give rate or loss (H per metal and time at the start), not both."
        )
    if table.has("rate"):
        return table.quantity("rate", "m4 s-1" if law == "second order" else "m s-1")
    loss = table.quantity("loss", "s-1")
    if not drive > 0:
        raise table.error(
            "loss",
            f"found {loss:g} per s, but at the start nothing drives hydrogen out of the grains: "
            "the equilibrium lies at the start or above. Give rate instead.",
        )
    return loss * grain.radius / ((SHAPES[grain.shape] + 1) * drive)


def energy_of(table: Table) -> float | None:
    """Take an activation energy [J/mol], written in kJ/mol or eV, if there is one.

    Parameters
    ----------
    table
        With ``activation_energy``, or without.

    Returns
    -------
    :
        The energy [J/mol], or none.
    """
    text = table.optional_text("activation_energy")
    if text is None:
        return None
    if text.strip().endswith("eV"):
        return ELECTRONVOLT * table.quantity("activation_energy", "eV")
    return table.quantity("activation_energy", "J/mol")


def _barrier_of(table: Table, grain: Grain, flux: float) -> float | None:
    r"""Take the activation energy, or make it of attempts: :math:`E = RT \ln(\nu_0 n_s/J)`.

    The surface tries :math:`\nu_0` times per second with the atoms of one layer,
    :math:`n_s = c^{2/3}`.
    """
    if not table.has("attempt_rate"):
        return energy_of(table)
    if table.has("activation_energy"):
        raise table.error("attempt_rate", "makes an activation energy; one is given already.")
    attempts, kelvin = table.quantity("attempt_rate", "s-1"), table.quantity("at", "K")
    if grain.metal_density is None or not flux > 0:
        raise table.error(
            "attempt_rate", "is compared with the loss at the start; give grains.metal_density."
        )
    layer = (grain.start * grain.metal_density) ** (2 / 3)
    leaving = flux * grain.metal_density
    return float(geometry.GAS_CONSTANT * kelvin * np.log(attempts * layer / leaving))


def _with_energy(table: Table, rate: float, energy: float) -> geometry.Arrhenius:
    return arrhenius(rate=rate, energy=energy, at=table.quantity("at", "K"))


def arrhenius(*, rate: float, energy: float, at: float) -> geometry.Arrhenius:
    """Describe a rate that is known at one temperature.

    Parameters
    ----------
    rate
        Its value there.
    energy
        Activation energy [J/mol].
    at
        The temperature [K].

    Returns
    -------
    :
        The rate at any temperature.
    """
    prefactor = rate * np.exp(energy / (geometry.GAS_CONSTANT * at))
    return geometry.Arrhenius(prefactor=float(prefactor), activation_energy=energy)


def _hindrance(
    law: EquilibriumLaw, start: float, shell: float, around: Surroundings
) -> geometry.Equilibrium:
    """Turn an equilibrium content into the share of its speed that an interface loses."""

    def share(content: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip((content - shell) / (start - shell), 0.0, 1.0)

    value = law.value
    if isinstance(value, geometry.History):
        return geometry.History(times=value.times, values=share(np.asarray(value.values)))
    if not law.follows:
        return float(share(np.float64(law.content(0.0))))  # type: ignore[arg-type]
    contents = np.vectorize(law.content, otypes=[np.float64])
    return geometry.Following(content=lambda a: share(contents(a)), most=around.most)

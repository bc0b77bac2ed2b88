"""What a simulated trajectory must keep, and one check of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

from megabar import constants

MILLIELECTRONVOLT: Final = 1e-3 * constants.elementary_charge
"""One millielectronvolt [J]."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One check of a simulation.

    Parameters
    ----------
    name
        What is checked.
    status
        ``"passed"``, ``"failed"`` or ``"not run"``.
    found
        What was found, in ``unit``; NaN if the gate was not run.
    limit
        The largest that passes, or the smallest where ``name`` says closest.
    unit
        Unit of both.
    reason
        Why it was not run, or what an error was granted.
    """

    name: str
    status: str
    found: float
    limit: float
    unit: str
    reason: str = ""

    def __str__(self) -> str:
        """Give the gate as one line."""
        said = f"{self.name}: {self.status}"
        if isfinite(self.found):
            said += f", found {self.found:.4g} {self.unit}, limit {self.limit:.4g} {self.unit}"
        return said + (f" ({self.reason})" if self.reason else "")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a simulation must keep, and what a trustworthy source says of the same phase.

    The two references have no default: without them their gates are not run.

    Parameters
    ----------
    pressure
        Static pressure that the starting cell should have [Pa].
    nearest_hydrogen
        Mean distance of a hydrogen to its nearest, from density functional theory of the same phase
        and volume [m].
    pressure_tolerance
        Relative difference from ``pressure``.
    nearest_tolerance
        Difference from ``nearest_hydrogen`` [m].
    closest_hydrogen
        No two hydrogens come closer [m].
    pair_distance
        Two hydrogens closer than this are a pair [m].
    pair_growth
        Fraction of hydrogens in pairs that may be added over the run.
    pair_lifetime
        No pair lasts longer [s].
    framework_rms
        Root mean square displacement of all that is not hydrogen [m].
    temperature_tolerance
        Relative difference of the mean temperature from the bath.
    energy_drift
        Of the total energy, in an ensemble that keeps it [J/s per atom]; 1 meV/ps.
    """

    pressure: float | None = None
    nearest_hydrogen: float | None = None
    pressure_tolerance: float = 0.20
    nearest_tolerance: float = 0.05e-10
    closest_hydrogen: float = 0.65e-10
    pair_distance: float = 0.85e-10
    pair_growth: float = 0.01
    pair_lifetime: float = 100e-15
    framework_rms: float = 0.3e-10
    temperature_tolerance: float = 0.05
    energy_drift: float = MILLIELECTRONVOLT / 1e-12

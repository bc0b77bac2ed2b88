r"""The Raman band of a stressed anvil, and how the pressure of a cell falls.

.. math:: I(\nu) = \frac{A}{2} \operatorname{erfc}\frac{\nu - \nu_e}{\sqrt 2 s} + B
    \left[1 + \left(\frac{\nu - \nu_0}{\gamma}\right)^2\right]^{-1}, \quad
    P(t) = P_0 - \Delta P \left(1 - e^{-t/\tau}\right)

The plateau ends at the edge :math:`\nu_e` that the stated scale gives to the pressure; the narrow
line at :math:`\nu_0` is that of the unstressed part of the anvil.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import erfc

from megabar.errors import PlanError
from megabar.matter import gauges

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADER: Final = "Raman shift (cm-1),Intensity"
COLUMNS: Final = {"raman_shift": "Raman shift", "intensity": "Intensity"}
"""What a reader of tables is told about the columns."""

FILE: Final = "edge.csv"
_FIRST: Final = 1300.0  # cm-1
_BEYOND: Final = 120.0  # cm-1 above the edge at the highest pressure
_UNSTRESSED: Final = (1332.5, 3.0)  # place and half width at half height [cm-1]


@dataclass(frozen=True, kw_only=True)
class Anvil:
    """What a spectrometer sees of an anvil.

    Parameters
    ----------
    scale
        Scale of the diamond edge that turns the true pressure into an edge.
    edge_width
        s [cm-1].
    step
        Of the axis [cm-1].
    axis_error
        Reading minus truth of the axis [cm-1].
    counts
        A, height of the band; noise is that of counting.
    loss
        Pressure lost in the end [Pa].
    time
        Time constant of the loss [s].
    """

    scale: str
    edge_width: float
    step: float
    axis_error: float
    counts: float
    loss: float
    time: float

    def __post_init__(self) -> None:
        if gauges.scale(self.scale).kind != "diamond edge":
            msg = f"Found the scale {self.scale}, which is none of the diamond edge."
            raise PlanError(msg)
        if not min(self.edge_width, self.step, self.counts, self.time) > 0:
            msg = "Found an edge_width, step, counts or time that is not above 0."
            raise PlanError(msg)

    def pressure(self, start: float, elapsed: float) -> float:
        """Give the pressure [Pa] some time [s] after it was ``start``."""
        return start + self.loss * math.expm1(-elapsed / self.time)

    def edge(self, pressure: float) -> float:
        """Give the true edge [cm-1] at a pressure [Pa]."""
        return gauges.observed_from_pressure(scale=self.scale, pressure=pressure)


def spectrum(
    anvil: Anvil, *, pressure: float, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Record one spectrum.

    Parameters
    ----------
    anvil
        What is seen.
    pressure
        True pressure [Pa].
    random
        Source of chance.

    Returns
    -------
    :
        Raman shift as the axis says [cm-1] and counts, each (point,).

    Examples
    --------
    >>> anvil = Anvil(scale="akahama2006", edge_width=4.0, step=0.5, axis_error=0.0, counts=1e4,
    ...               loss=0.0, time=1.0)
    >>> shift, counts = spectrum(anvil, pressure=170e9, random=np.random.default_rng(1))
    >>> print(f"{anvil.edge(170e9):.2f} cm-1 of {shift[0]:.0f} to {shift[-1]:.0f}")
    1647.37 cm-1 of 1300 to 1767
    """
    edge = anvil.edge(pressure)
    true = np.arange(_FIRST, edge + _BEYOND, anvil.step)
    band = anvil.counts / 2 * erfc((true - edge) / (math.sqrt(2) * anvil.edge_width))
    place, half = _UNSTRESSED
    line = 2 * anvil.counts / (1 + ((true - place) / half) ** 2)
    background = 0.05 * anvil.counts
    counts = random.poisson(band + line + background).astype(np.float64)
    return true + anvil.axis_error, counts


def table_of(shift: NDArray[np.float64], counts: NDArray[np.float64]) -> str:
    """Write a spectrum as a text table.

    Parameters
    ----------
    shift, counts
        As given by :func:`spectrum`.

    Returns
    -------
    :
        The text, with a line of headers.
    """
    rows = (f"{place:.2f},{count:.0f}" for place, count in zip(shift, counts, strict=True))
    return "\n".join([HEADER, *rows]) + "\n"

"""What drifts from day to day: the field of a coil, and the noise of its receiver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from megabar.errors import PlanError


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A scale over the days of a cell, straight between the anchors and constant beyond them.

    Parameters
    ----------
    day
        Anchors in days since heating, rising; negative for the precursor.
    scale
        One value per anchor, not negative, 1 for what the plan says elsewhere.

    Examples
    --------
    >>> Drift(day=(0.0, 70.0), scale=(1.0, 0.8)).at(35.0)
    0.9
    """

    day: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        if list(self.day) != sorted(set(self.day)) or not self.day:
            msg = f"Found days {self.day}; they must rise."
            raise PlanError(msg)
        if len(self.scale) != len(self.day) or min(self.scale) < 0:
            msg = (
                f"Found scales {self.scale} for the days {self.day}; each day needs one scale, "
                "which is not negative."
            )
            raise PlanError(msg)

    def at(self, elapsed: float) -> float:
        """Give the scale on one day since heating."""
        return float(np.interp(elapsed, self.day, self.scale))


STEADY: Final = Drift(day=(0.0,), scale=(1.0,))
"""What does not drift."""


def detuned_coil(*, quality_factor: float, detuning: float) -> float:
    r"""Compute what a resonant coil keeps of its field when its resonance moves away.

    .. math:: b = \frac{1}{\sqrt{1 + (2 Q d)^2}}

    The field at a given power and, by reciprocity, the signal at a given magnetisation. Valid for
    a single resonance and d far below 1.

    Parameters
    ----------
    quality_factor
        Q.
    detuning
        d, distance of the resonance from the carrier over the carrier, of either sign.

    Returns
    -------
    :
        b, between 0 and 1.

    Raises
    ------
    ValueError
        If Q is not above 0.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

    Examples
    --------
    >>> print(f"{detuned_coil(quality_factor=40, detuning=0.0125):.4f}")  # half a bandwidth
    0.7071
    """
    if not quality_factor > 0:
        msg = f"Found a quality factor of {quality_factor:g}; a resonance has one above 0."
        raise ValueError(msg)
    return 1 / math.hypot(1.0, 2 * quality_factor * detuning)

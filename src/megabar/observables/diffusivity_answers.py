"""What an inversion to D answers: reason codes, qualities, conventions.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10, nan
from typing import Final

REASONS: Final = {
    "UNPHYSICAL_RATIO": "failed",
    "NO_LONG_RANGE_MOTION": "no solution",
    "NOT_DIPOLAR": "no solution",
    "BELOW_MODEL_MINIMUM": "no solution",
    "ILL_CONDITIONED": "no solution",
    "TWO_BRANCHES": "no solution",
    "BRANCH_SELECTED": "value",
    "OUTSIDE_REDFIELD": "failed",
    "OUTSIDE_MODEL_RANGE": "failed",
    "ONE_BRANCH": "value",
    "WEAK_LOCK": "failed",
    "BOUNDED": "lower bound",
    "NOTHING_BOUNDED": "no solution",
    "CONSISTENT": "value",
}
"""Reason code -> quality term."""

CONVENTIONS: Final = (
    "D is the self-diffusivity of one spin; a pair moves with 2 D.",
    "d, where it occurs, is the distance of closest approach of two spins, a diameter.",
    "tau_c = j(0)/2S(0); the residence time tau_d is that of one spin.",
    "SI: rates carry (mu0/4pi)^2 and hbar, not h; gamma is that of the bare proton.",
    "Rates at the stated field with the full spectral density, powder average.",
)
"""What every D of this package means."""


@dataclass(frozen=True, kw_only=True)
class Root:
    """One diffusivity that gives the observed time.

    Parameters
    ----------
    diffusivity
        D [m2/s].
    interval
        All D that the error of the time allows around it [m2/s].
    reduced_time
        omega0 tau_c there.
    branch
        ``"slow"`` below the D of the T1 minimum, ``"fast"`` above.
    """

    diffusivity: float
    interval: tuple[float, float]
    reduced_time: float
    branch: str


@dataclass(frozen=True, kw_only=True)
class Inversion:
    """What a time says about D under one model of motion.

    Parameters
    ----------
    route
        ``"T1"``, ``"T2"`` or ``"T1rho"``.
    motion
        Name of the model.
    reason
        One of :data:`REASONS`.
    roots
        All diffusivities, slowest first; the chosen one alone if a branch was selected.
    interval
        D that the data allow [m2/s]; of the whole if ill-conditioned, (nan, nan) if none.
    sentence
        What is to be told.
    """

    route: str
    motion: str
    reason: str
    roots: tuple[Root, ...] = ()
    interval: tuple[float, float] = (nan, nan)
    sentence: str

    @property
    def quality(self) -> str:
        """Quality term of the reason."""
        return REASONS[self.reason]

    @property
    def diffusivity(self) -> float:
        """D [m2/s] if it is a value; not a number otherwise."""
        return self.roots[0].diffusivity if self.quality == "value" else nan


def cm2(diffusivity: float) -> str:
    """Print a diffusivity as papers do.

    Parameters
    ----------
    diffusivity
        D [m2/s].

    Returns
    -------
    :
        In cm2/s.

    Examples
    --------
    >>> cm2(1.924e-12)
    '1.92e-08 cm2/s'
    """
    return f"{diffusivity * 1e4:.3g} cm2/s"


def with_error(value: float, std: float) -> str:
    """Print a number to the second digit of its standard error.

    Parameters
    ----------
    value
        Any number.
    std
        Its standard error, in the same unit.

    Returns
    -------
    :
        Both in words; the number alone without an error.

    Examples
    --------
    >>> with_error(1.0, 0.144), with_error(1.2e-12, 8.91), with_error(666.7, 88.9)
    ('1.00 +- 0.14', '0.0 +- 8.9', '667 +- 89')
    """
    if not std > 0:
        return f"{value:.3g}"
    digits = max(1 - floor(log10(std)), 0)
    return f"{round(value, digits) + 0.0:.{digits}f} +- {std:.{digits}f}"

"""All crossings of a rate that depends on D over many decades."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import exp, inf, isfinite, log, nan
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from megabar.motion.relaxation import Rates
    from megabar.observables.motion_models import Motion

_DECADES: Final = 6.0  # of omega0 tau_c on either side of 1
_PER_DECADE: Final = 24


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """A positive rate over diffusivity.

    Parameters
    ----------
    diffusivities
        Grid [m2/s], rising.
    rate_of
        The rate [s-1] of an array of diffusivities.
    known
        The rate on the grid [s-1]; none if it is still to be computed.

    Examples
    --------
    >>> curve = Curve(diffusivities=np.geomspace(1e-3, 1e3, 61), rate_of=lambda d: d / (1 + d**2))
    >>> [round(root, 6) for root in curve.crossings(0.4)]
    [0.5, 2.0]
    >>> print("{:.4f} {:.4f}".format(*curve.maximum()))
    1.0000 0.5000
    """

    diffusivities: NDArray[np.float64]
    rate_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    known: NDArray[np.float64] | None = None

    def crossings(self, level: float) -> list[float]:
        """Give all D [m2/s] with this rate, rising.

        Parameters
        ----------
        level
            Rate [s-1]; zero, negative and infinite ones are never reached.

        Returns
        -------
        :
            Diffusivities.
        """
        from scipy.optimize import brentq

        if not (isfinite(level) and level > 0):
            return []
        above = self._values > level
        found = []
        for index in np.flatnonzero(above[1:] != above[:-1]):
            low, high = np.log(self.diffusivities[index : index + 2])
            # between points of the grid a rate is nearly a power of D: a line in the logarithms
            root = brentq(lambda x: log(self._at(x) / level), low, high, xtol=1e-11)
            found.append(exp(root))
        peak, most = (nan, nan) if found else self.maximum()
        return [peak, peak] if most > level else found  # a top between two points of the grid

    def maximum(self) -> tuple[float, float]:
        """Give the D [m2/s] of the largest rate, and that rate [s-1]."""
        return self._maximum

    def maxima(self) -> tuple[tuple[float, float], ...]:
        """Give the D [m2/s] and the rate [s-1] of every maximum within the grid, largest first."""
        return self._maxima

    def above(self, level: float) -> tuple[tuple[float, float], ...]:
        """Give the intervals of D [m2/s], rising, over which the rate exceeds a level [s-1].

        Parameters
        ----------
        level
            Rate [s-1], above zero.

        Returns
        -------
        :
            Intervals; 0 and infinity where the grid ends above the level.
        """
        edges = self.crossings(level)
        if self._values[0] > level:
            edges = [0.0, *edges]
        if self._values[-1] > level:
            edges = [*edges, inf]
        return tuple(zip(edges[::2], edges[1::2], strict=True))

    @cached_property
    def _values(self) -> NDArray[np.float64]:
        if self.known is not None:
            return self.known
        return np.asarray(self.rate_of(self.diffusivities), dtype=np.float64)

    @cached_property
    def _maximum(self) -> tuple[float, float]:
        return self._top(int(np.argmax(self._values)))

    @cached_property
    def _maxima(self) -> tuple[tuple[float, float], ...]:
        inner = self._values[1:-1]
        tops = np.flatnonzero((inner > self._values[:-2]) & (inner >= self._values[2:])) + 1
        return tuple(sorted((self._top(int(i)) for i in tops), key=lambda one: -one[1]))

    def _top(self, index: int) -> tuple[float, float]:
        """Refine a maximum about a point of the grid."""
        from scipy.optimize import minimize_scalar

        last = self.diffusivities.size - 1
        bounds = [log(self.diffusivities[min(max(i, 0), last)]) for i in (index - 1, index + 1)]
        found = minimize_scalar(
            lambda x: -self._at(x), bounds=bounds, method="bounded", options={"xatol": 1e-9}
        )
        return exp(float(found.x)), -float(found.fun)

    def around(self, root: float, *, lowest: float, highest: float) -> tuple[float, float]:
        """Give the D about a root over which the rate stays between two levels.

        Parameters
        ----------
        root
            D [m2/s] with a rate between the two.
        lowest
            Level [s-1]; at zero or below there is no limit on its side.
        highest
            Level [s-1].

        Returns
        -------
        :
            D [m2/s], 0 and infinite where nothing limits.
        """
        ends = sorted(self.crossings(lowest) + self.crossings(highest))
        below = [end for end in ends if end <= root]
        above = [end for end in ends if end >= root]
        return (below[-1] if below else 0.0, above[0] if above else inf)

    def _at(self, x: float) -> float:
        return float(self.rate_of(np.array([exp(x)]))[0])


def grid_of(motion: Motion, *, larmor_frequency: float) -> NDArray[np.float64]:
    """Give diffusivities over twelve decades about omega0 tau_c = 1.

    Parameters
    ----------
    motion
        A model in which something travels far.
    larmor_frequency
        nu0 [Hz], not angular.

    Returns
    -------
    :
        Diffusivities [m2/s], rising.
    """
    at_one = 2 * np.pi * larmor_frequency * float(motion.correlation_time(1.0))
    points = 1 + int(2 * _DECADES * _PER_DECADE)
    return at_one * np.logspace(-_DECADES, _DECADES, points)


@lru_cache(maxsize=512)
def curve_of(
    motion: Motion, *, larmor_frequency: float, rate: str, locking_frequency: float | None = None
) -> Curve:
    """Give R1, R2, R2 - R1 or R1rho of a model over D.

    Parameters
    ----------
    motion
        A model in which something travels far.
    larmor_frequency
        nu0 [Hz], not angular.
    rate
        ``"r1"``, ``"r2"``, ``"difference"`` or ``"r1rho"``.
    locking_frequency
        nu1 of the locking field [Hz]; of R1rho only.

    Returns
    -------
    :
        The curve.

    Raises
    ------
    ValueError
        If R1rho is asked for without its locking field.
    """
    if rate == "r1rho":
        return _locked(motion, larmor_frequency, locking_frequency)
    choose: dict[str, Callable[[Rates], NDArray[np.float64]]] = {
        "r1": lambda found: found.r1,
        "r2": lambda found: found.r2,
        "difference": lambda found: found.r2 - found.r1,
    }
    pick = choose[rate]
    grid, on_grid = _rates_on_grid(motion, larmor_frequency)
    return Curve(
        diffusivities=grid,
        rate_of=lambda d: pick(motion.rates(d, larmor_frequency=larmor_frequency)),
        known=pick(on_grid),
    )


@lru_cache(maxsize=256)
def _rates_on_grid(motion: Motion, larmor_frequency: float) -> tuple[NDArray[np.float64], Rates]:
    grid = grid_of(motion, larmor_frequency=larmor_frequency)
    return grid, motion.rates(grid, larmor_frequency=larmor_frequency)


def _locked(motion: Motion, larmor_frequency: float, locking_frequency: float | None) -> Curve:
    if locking_frequency is None:
        msg = "Found no locking field; R1rho is that at a nutation frequency. Give it in Hz."
        raise ValueError(msg)
    return Curve(
        diffusivities=grid_of(motion, larmor_frequency=larmor_frequency),
        rate_of=lambda d: motion.r1rho(
            d, larmor_frequency=larmor_frequency, locking_frequency=locking_frequency
        ),
    )

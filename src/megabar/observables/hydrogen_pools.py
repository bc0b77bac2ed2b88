r"""Hydrogen in several pools: what tells the hydride, molecular hydrogen and the borane apart.

They differ in relaxation, width, shift and rigidity. What a record shows of a pool is computed in
``pool_signals`` and ``pool_visibility``, how much of each there is in ``pool_separation``.

Twin: ``virtual.truth``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite, log, pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of
from megabar.observables.rigid_pools import Pairs, require_known

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.observables.rigid_pools import Rigid

SHAPES: Final = ("gaussian", "lorentzian")
"""Distributions of the local frequency of a pool."""

_QUANTITIES: Final = ("shift", "fwhm", "t1", "t2")


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """Hydrogen of one kind.

    An error of 0 says that a quantity is known, one of ``inf`` that it is to be fitted.

    Parameters
    ----------
    name
        Such as ``"hydride"``, ``"H2"``, ``"borane"``.
    shape
        Distribution of the local frequency, one of :data:`SHAPES`.
    fwhm, fwhm_std
        Full width of the line after one pulse, without what ``rigid`` adds [Hz].
    shift, shift_std
        Centre of the line from the reference compound [Hz/MHz].
    t1, t1_std
        Spin-lattice relaxation time [s].
    t2, t2_std
        Decay time of a Hahn echo [s]; ``inf`` where the whole width refocuses.
    rigid
        What it couples to where it does not move; none for a line narrowed by motion.
    """

    name: str
    shape: str
    fwhm: float
    fwhm_std: float
    shift: float
    shift_std: float
    t1: float
    t1_std: float
    t2: float
    t2_std: float
    rigid: Rigid | None = None

    def __post_init__(self) -> None:
        one_of(self.shape, SHAPES, name="shape")
        for name in ("fwhm", "t1", "t2"):
            require_known(name, getattr(self, name), getattr(self, f"{name}_std"))
        if not isfinite(self.shift) or not self.shift_std >= 0:
            msg = f"Found shift {self.shift}({self.shift_std}) of {self.name}; give a number."
            raise ValueError(msg)
        if self.inhomogeneous_fwhm <= 0:
            msg = (
                f"Found a width of {self.fwhm:g} Hz of {self.name} with T2 = {self.t2:g} s, which "
                f"alone makes {1 / (pi * self.t2):g} Hz. Raise the width or T2."
            )
            raise ValueError(msg)

    @property
    def inhomogeneous_fwhm(self) -> float:
        """Width of the distribution of local frequencies, without T2 [Hz].

        Gaussian distributions by the inverse of the width of Olivero and Longbothum, J. Quant.
        Spectrosc. Radiat. Transfer 17, 233 (1977), doi:10.1016/0022-4073(77)90161-3.
        """
        homogeneous = 1 / (pi * self.t2)
        if self.shape == "lorentzian":
            return self.fwhm - homogeneous
        rest = (self.fwhm - 0.5346 * homogeneous) ** 2 - 0.2166 * homogeneous**2
        return sqrt(rest) if self.fwhm > homogeneous and rest > 0 else 0.0

    @property
    def quantities(self) -> dict[str, tuple[float, float]]:
        """Value and standard error of everything that a fit may move, by name."""
        known = {name: (getattr(self, name), getattr(self, f"{name}_std")) for name in _QUANTITIES}
        if isinstance(self.rigid, Pairs):
            known["splitting"] = (self.rigid.splitting, self.rigid.splitting_std)
        return known

    def with_quantities(self, **values: float) -> Pool:
        """Give the same pool with other values of some quantities."""
        rigid = self.rigid
        if "splitting" in values and isinstance(rigid, Pairs):
            rigid = replace(rigid, splitting=values.pop("splitting"))
        return replace(self, rigid=rigid, **values)  # type: ignore[arg-type]

    def dephasing(self, lag: ArrayLike) -> NDArray[np.float64]:
        """Compute the mean of exp(2 pi i f q) over the centred distribution at lags q [s]."""
        spread = pi * self.inhomogeneous_fwhm * np.abs(np.asarray(lag, dtype=np.float64))
        return np.exp(-spread if self.shape == "lorentzian" else -(spread**2) / (4 * log(2)))

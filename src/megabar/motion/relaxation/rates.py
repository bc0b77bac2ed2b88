"""Two rates of one spin, how they add, and what they may be to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_RATIO: Final = 0.5
"""R2 >= R1/2 for every mechanism; below, one of the two was measured wrongly."""

SMALLEST_RATIO_ISOTROPIC: Final = 1.0
"""R2 >= R1 for isotropic fluctuations: dipolar in a powder, Korringa, paramagnetic."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Longitudinal and transverse rate, of one mechanism or of several.

    Rates of independent mechanisms add: ``hydrogen + lanthanum``.

    Parameters
    ----------
    r1
        1/T1 [s-1], any shape.
    r2
        1/T2 [s-1], shape of ``r1``.

    Examples
    --------
    >>> both = Rates(r1=np.array(2.0), r2=np.array(3.0)) + Rates(r1=np.array(0.5), r2=np.array(1.0))
    >>> print(both.r1, both.t2)
    2.5 0.25
    """

    r1: NDArray[np.float64]
    r2: NDArray[np.float64]

    def __add__(self, other: Rates) -> Rates:
        return Rates(r1=self.r1 + other.r1, r2=self.r2 + other.r2)

    @property
    def t1(self) -> NDArray[np.float64]:
        """T1 [s]."""
        return np.asarray(1 / self.r1, dtype=np.float64)

    @property
    def t2(self) -> NDArray[np.float64]:
        """T2 [s]."""
        return np.asarray(1 / self.r2, dtype=np.float64)

    @property
    def ratio(self) -> NDArray[np.float64]:
        """R2/R1."""
        return np.asarray(self.r2 / self.r1, dtype=np.float64)

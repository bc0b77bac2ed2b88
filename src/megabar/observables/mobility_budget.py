r"""What makes a diffusivity uncertain, source by source, as factors on D.

The number whose budget is drawn up is the D at which a model gives the rate observed. For a change
:math:`1 + \epsilon` of all lengths it is found exactly:

.. math:: R(D; a (1 + \epsilon)) = (1 + \epsilon)^{-6} R(D / (1 + \epsilon)^2; a)

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class BudgetRow:
    """One source of error.

    Parameters
    ----------
    source
        A few words.
    low, high
        Factors on D: the smallest and the largest that this source allows.
    kind
        ``"random"`` combines in quadrature, ``"choice"`` widens the whole, ``"convention"`` is no
        error of this D but of a comparison with another.
    detail
        Which models, which errors.
    """

    source: str
    low: float
    high: float
    kind: str
    detail: str

    @property
    def sentence(self) -> str:
        """One line of the table."""
        return f"{self.source}: x {self.low:.3g} to x {self.high:.3g} ({self.detail})"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The sources of error of one diffusivity.

    Parameters
    ----------
    quantity
        What the number is: ``"D from T2"``, ...
    diffusivity
        The central number [m2/s], of ``motion``.
    motion
        The first model declared.
    rows
        Largest first, conventions last.
    """

    quantity: str
    diffusivity: float
    motion: str
    rows: tuple[BudgetRow, ...]

    @property
    def total(self) -> tuple[float, float]:
        """Factors on D of all sources together: random ones in quadrature, choices on top."""
        return self._side("low"), self._side("high")

    def _side(self, side: str) -> float:
        factors = [(one.kind, getattr(one, side)) for one in self.rows if one.kind != "convention"]
        if any(factor in (0.0, inf) for _, factor in factors):
            return 0.0 if side == "low" else inf
        random = sqrt(sum(log(factor) ** 2 for kind, factor in factors if kind == "random"))
        chosen = sum(log(factor) for kind, factor in factors if kind == "choice")
        return exp(chosen - random) if side == "low" else exp(chosen + random)

    def sentences(self) -> Iterator[str]:
        """Give the table, line by line."""
        low, high = self.total
        yield f"{self.quantity} = {self.diffusivity * 1e4:.3g} cm2/s ({self.motion})."
        yield from (one.sentence for one in self.rows)
        yield f"all: x {low:.3g} to x {high:.3g}"

"""What makes a diffusivity uncertain, source by source, as factors on D.

The number whose budget is drawn up is the D at which a model gives the rate observed.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, isnan, log, nan, sqrt
from typing import TYPE_CHECKING, Final

from megabar.observables.diffusivity_answers import with_error
from megabar.observables.root_search import curve_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.motion_models import Motion

_LABELS: Final = {"r1": "T1", "r2": "T2", "difference": "R2 - R1", "r1rho": "T1rho"}


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


def budget_of(
    times: MeasuredTimes,
    motions: Sequence[Motion],
    *,
    rate: str,
    near: float,
    length_error: float,
    sigmas: float,
) -> Budget | None:
    """Draw up the budget of the D that one rate means under the first model.

    Parameters
    ----------
    times
        With the rate.
    motions
        The models, the one whose D is meant first.
    rate
        ``"r1"``, ``"r2"``, ``"difference"`` or ``"r1rho"``.
    near
        D [m2/s] about which the root is meant where there are several.
    length_error
        Relative standard error of the lattice parameter.
    sigmas
        Half width of random rows in standard errors.

    Returns
    -------
    :
        The budget; none if the first model does not give the rate.
    """
    seen = _Seen(times=times, rate=rate, near=near)
    first = motions[0]
    value, std = seen.observed
    center = seen.solve(first, value)
    if not 0 < center < inf:
        return None
    stretched = [first.stretched(1 + sign * sigmas * length_error) for sign in (-1, 1)]
    alone = seen.solve(first.alone(), value) / center
    others = {one.name: seen.solve(one, value) / center for one in motions}
    found = [
        _row(
            f"error of {_LABELS[rate]}",
            [seen.solve(first, value + sign * sigmas * std) / center for sign in (1, -1)],
            "random",
            f"{sigmas:g} standard errors of {with_error(value, std)} s^-1",
        ),
        _row(
            "lattice parameter",
            [seen.solve(one, value) / center for one in stretched],
            "random",
            f"{sigmas:g} standard errors of {length_error:.2%}; rates go as a^-6, times as a^2",
        ),
        _of_models("network", "mechanism", motions, others),
        _of_models("mechanism", "network", motions, others),
    ]
    rows = sorted((row for row in found if row is not None), key=lambda row: -_breadth(row))
    fixed = [
        _row("nuclei of other kinds", [1.0, alone], "convention", "what leaving them out would do"),
        _row("D of a pair", [1.0, 2.0], "convention", "a paper may state the relative one, 2 D"),
    ]
    return Budget(
        quantity=f"D from {_LABELS[rate]}",
        diffusivity=center,
        motion=first.name,
        rows=(*rows, *fixed),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """A rate that was measured, and the root that is meant."""

    times: MeasuredTimes
    rate: str
    near: float

    @property
    def observed(self) -> tuple[float, float]:
        """The rate and its error [s-1]."""
        found: tuple[float, float] = getattr(self.times, self.rate)
        return found

    def solve(self, motion: Motion, level: float) -> float:
        """D with this rate [m2/s]; infinite for no rate at all, not a number if never reached."""
        if not motion.diffusivity > 0:
            return nan
        if not level > 0:
            return inf
        curve = curve_of(
            motion,
            larmor_frequency=self.times.larmor_frequency,
            rate=self.rate,
            locking_frequency=self.times.locking_frequency if self.rate == "r1rho" else None,
        )
        roots = [root for root in curve.crossings(level) if root >= motion.slowest()]
        return min(roots, key=lambda root: abs(log(root / self.near)), default=nan)


def _of_models(
    varied: str, kept: str, motions: Sequence[Motion], factors: Mapping[str, float]
) -> BudgetRow | None:
    """Spread over the models that share the network, or the mechanism, of the first."""
    like = [one for one in motions if getattr(one, kept) == getattr(motions[0], kept)]
    names = list(dict.fromkeys(getattr(one, varied) for one in like))
    if len(names) < 2:
        return None
    return _row(varied, [factors[one.name] for one in like], "choice", f"{len(names)} declared")


def _row(source: str, factors: Sequence[float], kind: str, detail: str) -> BudgetRow:
    known = [factor for factor in factors if not isnan(factor)]
    if len(known) < len(factors):
        detail = f"{detail}; {len(factors) - len(known)} of them never give the rate"
    return BudgetRow(
        source=source, low=min(known, default=nan), high=max(known, default=nan), kind=kind,
        detail=detail,
    )  # fmt: skip


def _breadth(row: BudgetRow) -> float:
    return inf if row.low <= 0 or row.high == inf else log(row.high / row.low)

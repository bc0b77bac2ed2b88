"""Where a grain of a release plan would rest: its equilibrium content against free hydrogen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.hydrogen import geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.virtual.plan_entries import Table

EQUILIBRIA: Final = (
    "fixed", "pure hydrogen", "saturating", "table", "isotherm", "sieverts", "history",
)  # fmt: skip
_NOTHING: Final = 1e-12  # of free hydrogen [H/M], below which a logarithm is not taken


@dataclass(frozen=True, kw_only=True, eq=False)
class EquilibriumLaw:
    """Where a grain would rest, against the free hydrogen of the cavity.

    Parameters
    ----------
    law
        One of :data:`EQUILIBRIA`.
    value
        As the solver takes it.
    content
        Content [H/M] at which nothing flows, at free hydrogen [H/M] and time zero.
    follows
        Whether free hydrogen moves it.
    why_fixed
        In words, where it does not.
    """

    law: str
    value: geometry.Equilibrium
    content: Callable[[float], float]
    follows: bool
    why_fixed: str

    def free_at(self, content: float, *, most: float) -> float | None:
        """Find the least free hydrogen [H/M] at which a content rests.

        Parameters
        ----------
        content
            The content [H/M].
        most
            Free hydrogen to search up to [H/M].

        Returns
        -------
        :
            Free hydrogen [H/M]; None if no amount up to ``most`` does it.
        """
        if not self.follows or self.content(most) < content:
            return None
        low, high = 0.0, most
        for _ in range(200):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self.content(middle) >= content else (middle, high)
        return high


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a law may need to know: temperature [K] and the largest free hydrogen [H/M]."""

    temperature: float
    most: float


def equilibrium_of(table: Table, around: Surroundings) -> EquilibriumLaw:
    """Read one table [surface.equilibrium].

    Parameters
    ----------
    table
        The table.
    around
        Temperature and free hydrogen.

    Returns
    -------
    :
        The law.

    Raises
    ------
    PlanError
        Naming the entry at fault.
    """
    law = table.word("law", EQUILIBRIA)
    found = _READERS[law](table, around)
    table.done()
    return found


def _fixed(table: Table, _around: Surroundings) -> EquilibriumLaw:
    return _constant(
        "fixed",
        table.number("content"),
        "the plan fixes the equilibrium content, whatever the cavity holds",
    )


def _pure(table: Table, _around: Surroundings) -> EquilibriumLaw:
    return _constant(
        "pure hydrogen",
        table.number("content"),
        "pure H2 has one chemical potential at a given pressure and temperature, so its amount "
        "moves nothing (phase rule): what H2 is in contact, and at which pressure, decides",
    )


def _constant(law: str, content: float, why: str) -> EquilibriumLaw:
    return EquilibriumLaw(
        law=law, value=content, content=lambda _: content, follows=False, why_fixed=why
    )


def _history(table: Table, _around: Surroundings) -> EquilibriumLaw:
    times, contents = table.quantities("times", "s"), table.numbers("contents")
    _check_points(table, "contents", times, contents)
    return EquilibriumLaw(
        law="history",
        value=geometry.History(times=times, values=contents),
        content=lambda _: contents[0],
        follows=False,
        why_fixed="the plan imposes the equilibrium content in time, whatever the cavity holds",
    )


def _saturating(table: Table, around: Surroundings) -> EquilibriumLaw:
    low, rise, half = table.number("low"), table.number("rise"), table.number("half")
    if not half > 0:
        raise table.error("half", f"found {half:g}; free hydrogen above 0 H per metal is needed.")
    return _following("saturating", lambda a: low + rise * a / (a + half), around)


def _table(table: Table, around: Surroundings) -> EquilibriumLaw:
    free, contents = table.numbers("free"), table.numbers("contents")
    _check_points(table, "contents", free, contents)
    if np.any(np.diff(contents) < 0):
        raise table.error("contents", "must not fall as free hydrogen rises; order both lists.")
    return _following("table", lambda a: np.interp(a, free, contents), around)


def _following(
    law: str, content: Callable[[NDArray[np.float64]], NDArray[np.float64]], around: Surroundings
) -> EquilibriumLaw:
    return EquilibriumLaw(
        law=law,
        value=geometry.Following(content=content, most=around.most),
        content=lambda free: float(content(np.float64(free))),  # type: ignore[arg-type]
        follows=True,
        why_fixed="",
    )


def _isotherm(table: Table, around: Surroundings) -> EquilibriumLaw:
    """Let the isotherm x(mu_h) be sought at mu_0 + (RT/2) ln(a/a_1): H2 that is diluted."""
    potentials = table.quantities("potentials", "J/mol")
    contents = table.numbers("contents")
    _check_points(table, "contents", potentials, contents)
    zero, one = table.quantity("potential", "J/mol"), table.number("unit_activity_at")
    if not one > 0:
        raise table.error("unit_activity_at", "needs free hydrogen above 0 H per metal.")
    half = 0.5 * geometry.GAS_CONSTANT * around.temperature

    def added(free: NDArray[np.float64]) -> NDArray[np.float64]:
        return half * np.log(np.maximum(free, _NOTHING) / one)

    imposed = geometry.History(times=(0.0, 1.0), values=(zero, zero))
    return EquilibriumLaw(
        law="isotherm",
        value=geometry.FollowingPotential(
            potentials=potentials, contents=contents, imposed=imposed, activity=added,
            most=around.most,
        ),
        content=lambda free: float(
            np.interp(zero + float(added(np.float64(free))), potentials, contents)  # type: ignore[arg-type]
        ),
        follows=True,
        why_fixed="",
    )  # fmt: skip


def _sieverts(table: Table, _around: Surroundings) -> EquilibriumLaw:
    """Let the square of the content go with free hydrogen, as with a gas at low pressure."""
    squared = table.number("squared_per_free")
    return EquilibriumLaw(
        law="sieverts",
        value=geometry.Sieverts(squared_per_free=squared),
        content=lambda free: float(np.sqrt(squared * free)),
        follows=True,
        why_fixed="",
    )


_READERS: Final = {
    "fixed": _fixed,
    "pure hydrogen": _pure,
    "saturating": _saturating,
    "table": _table,
    "isotherm": _isotherm,
    "sieverts": _sieverts,
    "history": _history,
}


def _check_points(
    table: Table, key: str, first: tuple[float, ...], second: tuple[float, ...]
) -> None:
    if len(first) != len(second) or len(first) < 2 or np.any(np.diff(first) <= 0):
        raise table.error(
            key,
            f"found {len(second)} values for {len(first)} points; as many, at least two, over "
            "rising points are needed.",
        )

"""Which stories compete: every mechanism, every artefact, each pair of them, and no change at all.

A story belongs to a family. Data tell families apart long before they tell members apart, so
probabilities are given by family first. What combines a loss with an artefact belongs to the family
of its loss, because it says that hydrogen left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from megabar.errors import one_of
from megabar.hydrogen.rates import MECHANISMS
from megabar.inference.artefacts import ARTEFACTS

if TYPE_CHECKING:
    from megabar.inference.weeks import Weeks

STABLE: Final = "stable"
"""Name of the hypothesis, the family and the mechanism in which hydrogen stays."""

FAMILIES: Final = (
    STABLE, "artefact", "surface or interface", "diffusive", "sink", "two-step",
)  # fmt: skip
"""Families, the two without loss first."""

LOSSES: Final = tuple(name for name in MECHANISMS if name != "reservoir")
"""Mechanisms of loss that compete; the reservoir needs knowledge of the isotherm."""


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """One story of what the weeks show.

    Parameters
    ----------
    mechanism
        One of :data:`LOSSES`, or ``"stable"``.
    artefact
        One of ``artefacts.ARTEFACTS``, or None.

    Raises
    ------
    UnknownWord
        If one of them is unknown.

    Examples
    --------
    >>> story = Hypothesis(mechanism="contract", artefact="t1")
    >>> story.name, story.family
    ('contract+t1', 'surface or interface')
    """

    mechanism: str
    artefact: str | None = None

    def __post_init__(self) -> None:
        one_of(self.mechanism, (STABLE, *LOSSES), name="mechanism")
        if self.artefact is not None:
            one_of(self.artefact, ARTEFACTS, name="artefact")

    @property
    def name(self) -> str:
        """Name: ``"first"``, ``"stable"``, ``"stable+gain"``, ``"contract+t1"``."""
        return self.mechanism if self.artefact is None else f"{self.mechanism}+{self.artefact}"

    @property
    def loses_hydrogen(self) -> bool:
        """Whether hydrogen leaves the hydride."""
        return self.mechanism != STABLE

    @property
    def family(self) -> str:
        """One of :data:`FAMILIES`."""
        if self.loses_hydrogen:
            return MECHANISMS[self.mechanism].family
        return STABLE if self.artefact is None else "artefact"

    @property
    def words(self) -> str:
        """The story in words."""
        loss = MECHANISMS[self.mechanism].words if self.loses_hydrogen else "no hydrogen leaves"
        return loss if self.artefact is None else f"{loss}; {ARTEFACTS[self.artefact].words}"


def hypothesis(name: str) -> Hypothesis:
    """Give the hypothesis of a name.

    Parameters
    ----------
    name
        As ``Hypothesis.name``: a mechanism, or a mechanism, ``+`` and an artefact.

    Returns
    -------
    :
        The hypothesis.

    Raises
    ------
    UnknownWord
        If a part is unknown.

    Examples
    --------
    >>> hypothesis("stable+coil").family
    'artefact'
    """
    mechanism, plus, artefact = name.partition("+")
    return Hypothesis(mechanism=mechanism, artefact=artefact if plus else None)


def all_hypotheses(weeks: Weeks) -> tuple[Hypothesis, ...]:
    """Give every story that these data allow.

    A line cannot be lost in a dead time of 0 in front of a wide receiver, so ``width`` competes
    only where one of them can cut it. A walk needs two points in a cell.

    Parameters
    ----------
    weeks
        Data.

    Returns
    -------
    :
        Hypotheses, those without loss first.

    Examples
    --------
    >>> from megabar.inference.weeks import CellWeeks, Weeks
    >>> cell = CellWeeks(cell="A", elapsed=[0.0, 30.0], h_per_metal=[10.5, 6.4],
    ...                  independent_std=[0.4, 0.3], relative_std=[0.0, 0.0],
    ...                  common_relative_std=0.05)
    >>> len(all_hypotheses(Weeks(cells=(cell,))))
    90
    """
    cut = weeks.dead_time != 0 or weeks.bandwidth is not None
    long = any(one.elapsed.size > 1 for one in weeks.cells)
    without = {"width": not cut, "walk": not long}
    artefacts = (None, *(name for name in ARTEFACTS if not without.get(name, False)))
    return tuple(
        Hypothesis(mechanism=mechanism, artefact=artefact)
        for mechanism in (STABLE, *LOSSES)
        for artefact in artefacts
    )

"""What :func:`megabar.observables.mobility.mobility` answers: everything that is always told.

Twin: ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from megabar.observables.diffusivity_answers import CONVENTIONS
from megabar.observables.mobility_sentences import flags_of, verdict_of

if TYPE_CHECKING:
    from megabar.observables.diffusivity_answers import Inversion
    from megabar.observables.diffusivity_bounds import Bound
    from megabar.observables.diffusivity_joint import JointFit
    from megabar.observables.diffusivity_literal import LiteralDiffusivity
    from megabar.observables.dipolar_floor import Floor
    from megabar.observables.extreme_narrowing import Narrowing
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.observables.mobility_budget import Budget
    from megabar.observables.mobility_suggestions import Suggestion
    from megabar.observables.rigid_structure import RigidStructure


@dataclass(frozen=True, kw_only=True)
class MotionVerdict:
    """What the data say under one model of motion.

    Parameters
    ----------
    motion
        Its name.
    network
        Its jumps.
    mechanism
        How hydrogen atoms mind each other.
    from_t1
        All roots or the reason why there are none; none if T1 was not measured.
    from_t2
        The root of R2; none if T2 was not measured.
    from_t1rho
        All roots of R1rho; none if T1rho was not measured.
    agreed
        The sharper of T1 and T2 where one D gives both within errors, the rates being wholly
        dipolar; none otherwise.
    joint
        D and a further rate in R1 and R2; none unless both were measured.
    excluded
        Diffusivities [m2/s] whose dipolar rates alone exceed R1 or R1rho beyond their errors,
        whatever else relaxes: intervals, slowest first.
    t1_minimum
        T1 [s] at the minimum of the model, and its D [m2/s]; (nan, nan) if nothing travels far.
    second_minima
        Further, shallower minima of T1: (T1 [s], D [m2/s]) each.
    """

    motion: str
    network: str
    mechanism: str
    from_t1: Inversion | None
    from_t2: Inversion | None
    from_t1rho: Inversion | None
    agreed: Inversion | None
    joint: JointFit | None
    excluded: tuple[tuple[float, float], ...]
    t1_minimum: tuple[float, float]
    second_minima: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A diffusivity that somebody states, held against the data.

    Parameters
    ----------
    diffusivity
        As stated [m2/s].
    allowed
        Whether the data allow it under at least one model.
    t1, t2
        Dipolar T1 and T2 that it means, smallest and largest over the models [s].
    share_of_r1
        Part of R1 that is dipolar then, smallest and largest; (nan, nan) without T1.
    sentence
        What is to be told.
    """

    diffusivity: float
    allowed: bool
    t1: tuple[float, float]
    t2: tuple[float, float]
    share_of_r1: tuple[float, float]
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Mobility:
    """How fast hydrogen moves, as far as relaxation and width say it.

    Parameters
    ----------
    times
        What was measured.
    sigmas
        Standard errors that count as possible.
    structure
        Density, contacts, moments and rigid line.
    floor
        T1 against the floor of the structure; none without T1.
    narrowing
        R2/R1 with the omega0 tau it implies, and whether zero-field formulas may be used; none
        without T1.
    by_motion
        One verdict a model, in the order in which they were declared.
    bounds
        Lower bounds on D, each the smallest over the models: B1 from T2, B2 from R2 - R1, BW from
        the width, BL from T1rho; those whose data are there.
    budget
        What makes D uncertain, by source; none if there is no D or bound to speak of.
    suggestions
        Measurements that would decide between what is left open, best first.
    claims
        Stated diffusivities, each held against the data.
    literal
        The closed formula of the literature as somebody wrote it, if asked for; never a result.
    quality
        Quality term of ``diffusivity``.
    reason
        Reason code of it.
    diffusivity
        The one number [m2/s], if there is one: a value or a lower bound, as ``quality`` says.
    interval
        Diffusivities [m2/s] that the data allow over all models, at ``sigmas`` standard errors.
    """

    times: MeasuredTimes
    sigmas: float
    structure: RigidStructure
    floor: Floor | None
    narrowing: Narrowing | None
    by_motion: tuple[MotionVerdict, ...]
    bounds: tuple[Bound, ...]
    budget: Budget | None
    suggestions: tuple[Suggestion, ...]
    claims: tuple[Claim, ...]
    literal: tuple[LiteralDiffusivity, ...]
    quality: str
    reason: str
    diffusivity: float
    interval: tuple[float, float]

    @property
    def verdict(self) -> tuple[str, ...]:
        """Give the argument in sentences, in the order in which they are to be read."""
        return verdict_of(self)

    @property
    def messages(self) -> tuple[str, ...]:
        """Give flags: what was assumed, what is wrong with the data."""
        return flags_of(self)

    @property
    def conventions(self) -> tuple[str, ...]:
        """What D, d, tau_c and the constants mean."""
        return CONVENTIONS

    def bound(self, name: str) -> Bound | None:
        """Give one of the bounds.

        Parameters
        ----------
        name
            ``"B1"``, ``"B2"``, ``"BW"`` or ``"BL"``.

        Returns
        -------
        :
            The bound; none if its data were not measured.
        """
        return next((one for one in self.bounds if one.name == name), None)

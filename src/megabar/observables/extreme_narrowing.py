"""Whether T1 and T2 may be read as if the field were zero.

Twin: ``motion.narrowing``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Final

from megabar.motion import relaxation
from megabar.observables.diffusivity_answers import with_error

if TYPE_CHECKING:
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.spins.crystal_moments import CrystalMoments

NARROW: Final = 0.03
"""Largest omega0 tau_c at which formulas for zero frequency are accepted; at 0.01 they are 5 % off
on a lattice, at 0.1 29 %."""


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """Whether rates may be read as those at zero frequency.

    Parameters
    ----------
    proven
        Both conditions hold.
    reduced_time
        omega0 tau_c that T1 would mean in extreme narrowing.
    ratio
        R2/R1 and its standard error; nan without T2.
    reduced_time_of_ratio
        The largest omega0 tau of one exponential that the ratio allows; nan without T2.
    sentence
        What is to be told.
    """

    proven: bool
    reduced_time: float
    ratio: tuple[float, float]
    reduced_time_of_ratio: float
    sentence: str

    @property
    def reason(self) -> str:
        """Reason code."""
        return "NARROWING" if self.proven else "NARROWING_UNPROVEN"


def extreme_narrowing(
    times: MeasuredTimes, moments: CrystalMoments, *, sigmas: float = 2.0
) -> Narrowing:
    r"""Decide whether T1 may be read as if the field were zero.

    .. math:: \frac{R_2}{R_1} = 1 \text{ within errors, and } \omega_0 \tau_\text c < 0.03, \quad
        \tau_\text c = \frac{R_1}{\tfrac{10}{3} M_2^\text{HH}}

    T1 = T2 alone does not do: within 13 % it still allows 0.25.

    Parameters
    ----------
    times
        With T1; without T2 nothing is proven.
    moments
        Of the rigid structure.
    sigmas
        How far the ratio may be from 1.

    Returns
    -------
    :
        The decision, with its numbers.

    Raises
    ------
    ValueError
        If T1 is missing.

    References
    ----------
    Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948), doi:10.1103/PhysRev.73.679.
    """
    r1, _ = times.r1
    tau = r1 / (10 / 3 * moments.second_moment_like)
    reduced = times.angular_frequency * tau
    ratio, allowed = (nan, nan), nan
    equal = False
    said = "no T2"
    if times.t2 is not None:
        ratio = times.ratio
        equal = abs(ratio[0] - 1) <= sigmas * ratio[1]
        highest = max(ratio[0] + sigmas * ratio[1], 1.0)
        allowed = float(relaxation.reduced_time_from_ratio(ratio=highest))
        said = (
            f"R2/R1 = {with_error(*ratio)}, which one exponential allows up to omega0 "
            f"tau = {allowed:.2g}"
        )
    proven = equal and reduced < NARROW
    text = (
        f"{'Extreme narrowing' if proven else 'Extreme narrowing is not proven'}: {said}; tau_c "
        f"from T1 gives omega0 tau_c = {reduced:.3g}, where less than {NARROW:g} is needed."
    )
    return Narrowing(
        proven=proven, reduced_time=reduced, ratio=ratio, reduced_time_of_ratio=allowed,
        sentence=text,
    )  # fmt: skip

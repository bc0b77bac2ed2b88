r"""The T1 floor: what dipole couplings of a rigid structure can do at most, whatever moves.

It needs structure and field only. It comes before any inversion of T1.

Twin: ``motion.relaxation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

from megabar.matter import nuclei
from megabar.motion import relaxation

if TYPE_CHECKING:
    from megabar.observables.measured_times import MeasuredTimes
    from megabar.spins.crystal_moments import CrystalMoments


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The shortest dipolar T1 and what the observed one would need.

    Parameters
    ----------
    floor
        Of the largest moments that the structure allows [s].
    nominal
        Of the structure as it is given, without errors of its lattice parameter [s].
    below
        Whether T1 with its error stays below it.
    sum_r6_needed
        S6 of hydrogen alone that would allow the observed T1 [m-6].
    pair_distance_needed
        Of a single partner with that S6 [m].
    other_rate
        Least part of 1/T1 that is not dipolar, at the T1 observed [s-1]; 0 above the floor.
    other_rate_least
        The same at T1 with its error on top [s-1].
    """

    floor: float
    nominal: float
    below: bool
    sum_r6_needed: float
    pair_distance_needed: float
    other_rate: float
    other_rate_least: float

    @property
    def named(self) -> str:
        """Name the floor, and how far errors of the lattice parameter lower it."""
        if self.floor == self.nominal:
            return f"{1e3 * self.floor:.3g} ms"
        return f"{1e3 * self.nominal:.3g} ms ({1e3 * self.floor:.3g} ms at the shortest lattice)"

    def sentence(self, times: MeasuredTimes) -> str:
        """Say what a T1 below the floor would need.

        Parameters
        ----------
        times
            With the T1 that was held against the floor.

        Returns
        -------
        :
            One sentence.
        """
        r1, _ = times.r1
        return (
            f"No dipolar solution: T1 = {1e3 / r1:.3g} ms is below {self.named}, "
            f"which no motion of this structure reaches; needs S6 = "
            f"{self.sum_r6_needed * 1e-60:.3g} A^-6 "
            f"(pair at {self.pair_distance_needed * 1e10:.3f} A); at least "
            f"{self.other_rate:.0f} s^-1 of R1 = {r1:.0f} s^-1 ({self.other_rate / r1:.0%}) "
            "has another cause."
        )


def t1_floor(moments: CrystalMoments, *, larmor_frequency: float, like_only: bool) -> float:
    r"""Compute the shortest T1 that dipole couplings of a structure can give, whatever moves.

    .. math:: T_1^\text{floor} = \frac{\omega_0}{C_0 M_2^\text{HH} + \sum_X C_X M_2^\text{HX}}

    Parameters
    ----------
    moments
        Of the rigid structure.
    larmor_frequency
        nu0 of 1H [Hz], not angular.
    like_only
        Leave out nuclei of other kinds.

    Returns
    -------
    :
        The floor [s].

    References
    ----------
    Derived in the documentation, from Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948),
    doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.spins.crystal_moments import crystal_moments
    >>> found = crystal_moments(crystals.crystal("LaH10", lattice_parameter=5.10e-10))
    >>> print(f"{1e3 * t1_floor(found, larmor_frequency=395e6, like_only=True):.2f} ms")
    5.93 ms
    """
    proton = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    steepest = relaxation.CEILING_LIKE * moments.second_moment_like
    for name, moment in () if like_only else moments.second_moment_unlike.items():
        g = nuclei.nucleus(name).gyromagnetic_ratio_bare / proton
        steepest += relaxation.ceiling_unlike(partner_over_observed=g) * moment
    return float(2 * pi * larmor_frequency / steepest)


def dipolar_floor(
    times: MeasuredTimes,
    moments: CrystalMoments,
    *,
    length_error: float,
    like_only: bool,
    sigmas: float,
) -> Floor:
    r"""Hold an observed T1 against the floor of its structure.

    .. math:: T_1^\text{floor} = \frac{\omega_0}{C_0 M_2^\text{HH} + \sum_X C_X M_2^\text{HX}},
        \quad S_6^\text{needed} = \frac{\omega_0}{C_0 T_1 \tfrac{9}{20} K}

    Parameters
    ----------
    times
        With T1.
    moments
        Of the rigid structure; :math:`M_2 \propto a^{-6}`.
    length_error
        Standard error of the lattice parameter over the lattice parameter; 0 if it is exact. The
        floor is that of the shortest one within the errors.
    like_only
        Leave out nuclei of other kinds.
    sigmas
        How many standard errors count as possible.

    Returns
    -------
    :
        The floor and the comparison.

    Raises
    ------
    ValueError
        If T1 is missing, or the lattice parameter undetermined.

    References
    ----------
    Derived in the documentation, from Bloembergen, Purcell, Pound, Phys. Rev. 73, 679 (1948),
    doi:10.1103/PhysRev.73.679.

    Examples
    --------
    >>> from megabar.matter import crystals
    >>> from megabar.observables.measured_times import MeasuredTimes
    >>> from megabar.spins.crystal_moments import crystal_moments
    >>> times = MeasuredTimes(larmor_frequency=395e6, t1=(1.5e-3, 8e-5), correlation=0.0)
    >>> found = dipolar_floor(
    ...     times, crystal_moments(crystals.crystal("LaH10", lattice_parameter=5.10e-10)),
    ...     length_error=0.0, like_only=False, sigmas=2)
    >>> print(f"{1e3 * found.floor:.2f} ms, {found.below}")
    5.87 ms, True
    """
    shortest = 1 - sigmas * length_error
    if not 0 < shortest <= 1:
        msg = f"Found a relative error of {length_error:g} of the lattice parameter."
        raise ValueError(f"{msg} No floor follows; give 0 or more, well below 1/{sigmas:g}.")
    proton = nuclei.nucleus("1H").gyromagnetic_ratio_bare
    nominal = t1_floor(moments, larmor_frequency=times.larmor_frequency, like_only=like_only)
    floor = shortest**6 * nominal
    r1, _ = times.r1
    t1, std = times.t1 or (0.0, 0.0)
    needed = float(
        relaxation.sum_r6_from_t1_floor(
            t1=t1, gyromagnetic_ratio=proton, larmor_frequency=times.larmor_frequency
        )
    )
    longest = t1 + sigmas * std
    return Floor(
        floor=floor,
        nominal=nominal,
        below=longest < floor,
        sum_r6_needed=needed,
        pair_distance_needed=needed ** (-1 / 6),
        other_rate=max(r1 - 1 / floor, 0.0),
        other_rate_least=max(1 / longest - 1 / floor, 0.0),
    )

"""What the protons of a rigid crystal couple to: density, contacts, lattice sums, moments.

All hydrogen is 1H; other elements count with all isotopes of the nuclear table, by abundance.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import digits
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from megabar.errors import UnknownWord
from megabar.matter import crystals, nuclei
from megabar.spins.lattice_sums import lattice_sum_r6, mean_over_sites
from megabar.spins.moments import (
    fwhm_from_second_moment,
    number_density,
    second_moment_like,
    second_moment_unlike,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from megabar.matter.crystals import Crystal
    from megabar.matter.nuclei import Nucleus


@dataclass(frozen=True, kw_only=True, eq=False)
class CrystalMoments:
    """What the hydrogen of a rigid crystal couples to.

    Parameters
    ----------
    number_density
        Hydrogen atoms per volume [m-3].
    nearest
        Shortest distance between two hydrogen sites [m].
    kinds
        Label of each hydrogen site.
    sum_r6
        Sum of inverse sixth powers to other hydrogen, site by site [m-6].
    sum_r6_mean
        The same, mean over occupied sites [m-6].
    second_moment_like
        Powder second moment from other hydrogen [rad2 s-2].
    second_moment_unlike
        Nucleus -> powder second moment that it adds [rad2 s-2], abundance included.
    """

    number_density: float
    nearest: float
    kinds: tuple[str, ...]
    sum_r6: NDArray[np.float64]
    sum_r6_mean: float
    second_moment_like: float
    second_moment_unlike: Mapping[str, float]

    @property
    def second_moment(self) -> float:
        """All of it [rad2 s-2]."""
        return self.second_moment_like + sum(self.second_moment_unlike.values())

    @property
    def fwhm_gaussian(self) -> float:
        """Width that a Gaussian of this second moment has [Hz]; rigid lines are wider."""
        return fwhm_from_second_moment(second_moment=self.second_moment)


def crystal_moments(crystal: Crystal, *, tolerance: float = 1e-8) -> CrystalMoments:
    """Compute density, contacts, lattice sums and second moments of the protons of a crystal.

    All hydrogen is 1H. Other elements count with all isotopes of the nuclear table, by abundance.

    Parameters
    ----------
    crystal
        Rigid; vacancies as occupancies.
    tolerance
        Largest error of a lattice sum over the sum.

    Returns
    -------
    :
        The numbers, with their kinds of sites.

    Raises
    ------
    UnknownWord
        If the crystal holds no hydrogen.

    Examples
    --------
    >>> found = crystal_moments(crystals.crystal("LaH10", lattice_parameter=5.10e-10))
    >>> print(f"{found.sum_r6_mean * 1e-60:.4f} A^-6, {found.fwhm_gaussian / 1e3:.1f} kHz")
    1.7183 A^-6, 249.2 kHz
    """
    sites = crystals.hydrogen_sites(crystal)
    proton = nuclei.nucleus("1H")
    sums = lattice_sum_r6(
        cell=crystal.cell,
        positions_from=sites.positions,
        positions_to=sites.positions,
        occupancies=sites.occupancies,
        tolerance=tolerance,
    )
    mean = mean_over_sites(sums, sites.occupancies)
    return CrystalMoments(
        number_density=number_density(count=sites.occupancies.sum(), volume=crystal.volume),
        nearest=_nearest(crystal, equal_sites(kinds=sites.kinds, sum_r6=sums)),
        kinds=sites.kinds,
        sum_r6=sums,
        sum_r6_mean=mean,
        second_moment_like=second_moment_like(
            gyromagnetic_ratio=proton.gyromagnetic_ratio_bare, spin=proton.spin, sum_r6=mean
        ),
        second_moment_unlike=_second_moments_unlike(crystal, proton, tolerance),
    )


def equal_sites(
    *, kinds: Sequence[str], sum_r6: NDArray[np.float64], same: float = 1e-6
) -> tuple[tuple[int, ...], ...]:
    """Group sites that share label and lattice sum.

    Structure files often label all hydrogen alike; the sum tells inequivalent sites apart.

    Parameters
    ----------
    kinds
        Label of each site.
    sum_r6
        Its sum of inverse sixth powers [m-6].
    same
        Sums that differ by less than this fraction are equal.

    Returns
    -------
    :
        Indices of the members of each group.

    Examples
    --------
    >>> equal_sites(kinds=["H", "H", "H"], sum_r6=np.array([1.0, 2.0, 1.0]))
    ((0, 2), (1,))
    """
    groups: list[list[int]] = []
    for index, (kind, total) in enumerate(zip(kinds, sum_r6, strict=True)):
        for group in groups:
            first = group[0]
            if kinds[first] == kind and abs(sum_r6[first] - total) <= same * total:
                group.append(index)
                break
        else:
            groups.append([index])
    return tuple(tuple(group) for group in groups)


def second_moment_per_sum(observed: Nucleus, symbol: str) -> float:
    """Compute the second moment that an element adds, for a lattice sum of one.

    Parameters
    ----------
    observed
        The observed nucleus; partners of its own element are of its kind.
    symbol
        Of the element of the partners; their isotopes count by abundance.

    Returns
    -------
    :
        Second moment over lattice sum [m6 rad2 s-2].

    Raises
    ------
    UnknownWord
        If the nuclear table holds no isotope of the element.

    Examples
    --------
    >>> proton = nuclei.nucleus("1H")
    >>> print(f"{second_moment_per_sum(proton, 'H') / second_moment_per_sum(proton, 'La'):.2f}")
    5.28
    """
    if observed.name.lstrip(digits) == symbol:
        return second_moment_like(
            gyromagnetic_ratio=observed.gyromagnetic_ratio_bare, spin=observed.spin, sum_r6=1.0
        )
    return sum(_per_sum(observed, partner) for partner in isotopes(symbol))


def isotopes(symbol: str) -> tuple[Nucleus, ...]:
    """List the magnetic isotopes of an element that the nuclear table holds.

    Parameters
    ----------
    symbol
        Of the element, ``"La"``.

    Returns
    -------
    :
        Their rows.

    Raises
    ------
    UnknownWord
        If the table holds none.

    Examples
    --------
    >>> [nucleus.name for nucleus in isotopes("Cu")]
    ['63Cu', '65Cu']
    """
    found = tuple(row for name, row in nuclei.table().items() if name.lstrip(digits) == symbol)
    if not found:
        msg = (
            f"Found no isotope of {symbol} in the nuclear table; its part of the second moment is "
            "unknown. Add its row, or leave the element out of the crystal."
        )
        raise UnknownWord(msg)
    return found


def _second_moments_unlike(
    crystal: Crystal, proton: Nucleus, tolerance: float
) -> Mapping[str, float]:
    hydrogen = crystals.hydrogen_sites(crystal)
    found: dict[str, float] = {}
    for symbol in dict.fromkeys(crystal.species):
        if symbol == "H":
            continue
        others = crystals.sites_of(crystal, species=symbol)
        sums = lattice_sum_r6(
            cell=crystal.cell,
            positions_from=hydrogen.positions,
            positions_to=others.positions,
            occupancies=others.occupancies,
            tolerance=tolerance,
        )
        mean = mean_over_sites(sums, hydrogen.occupancies)
        found |= {one.name: _per_sum(proton, one) * mean for one in isotopes(symbol)}
    return MappingProxyType(found)


def _per_sum(observed: Nucleus, partner: Nucleus) -> float:
    return partner.abundance * second_moment_unlike(
        gyromagnetic_ratio=observed.gyromagnetic_ratio_bare,
        other_gyromagnetic_ratio=partner.gyromagnetic_ratio_bare,
        other_spin=partner.spin,
        sum_r6=1.0,
    )


def _nearest(crystal: Crystal, groups: tuple[tuple[int, ...], ...]) -> float:
    """Shortest distance between two hydrogen sites, images included [m]."""
    hydrogen = [index for index, symbol in enumerate(crystal.species) if symbol == "H"]
    reach = float(np.linalg.norm(crystal.cell, axis=1).min()) * (1 + 1e-9)
    return min(
        crystals.shells(crystal, around=hydrogen[group[0]], species="H", cutoff=reach)[0].distance
        for group in groups
    )

r"""How hydrogen of a crystal moves, as rates over its diffusivity.

All jumps of a model scale with D, so one spectral density at one diffusivity serves all of them and
all fields:

.. math:: j(\omega; D) = \frac{D_0}{D} \, j(\omega D_0 / D; D_0)

Twin: ``motion.spectral_densities``, ``motion.lattice_walks``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.matter import crystals, nuclei
from megabar.motion import lattice_walks, relaxation, spectral_densities
from megabar.motion.relaxation import Rates
from megabar.spins.crystal_moments import isotopes
from megabar.spins.lattice_sums import lattice_sum_r6, mean_over_sites
from megabar.spins.moments import second_moment_like, second_moment_unlike

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from megabar.matter.crystals import Crystal
    from megabar.matter.nuclei import Nucleus
    from megabar.motion.spectral_densities import SpectralDensity

REFERENCE: Final = 1e-11
"""Diffusivity at which closed forms are computed [m2/s]; any number serves."""

_PAIR_STATES: Final = 3e4  # of a pair walk: j to 3e-4 for LaH10, 1e-4 for LaH3
_LANCZOS_STEPS: Final = 120


@dataclass(frozen=True, kw_only=True, eq=False)
class Partner:
    """Nuclei of another kind that stay on their sites.

    Parameters
    ----------
    nucleus
        Row of the nuclear table; its abundance counts.
    density
        Their spectral density, as if every site held this isotope, at the D of the model.
    """

    nucleus: Nucleus
    density: SpectralDensity


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """A way of moving: spectral densities of one spin at one diffusivity.

    Parameters
    ----------
    name
        Of network and mechanism, for people.
    density
        j of like spins [m-6 s] at ``diffusivity``, any spectral density.
    diffusivity
        Self-diffusivity of one spin at which the densities hold [m2/s]; 0 if nothing travels far.
    partners
        Nuclei of other kinds; none leaves them out.
    network
        Which jumps there are, for people; motions of one network differ in mechanism.
    mechanism
        How two hydrogen atoms mind each other, for people: ``"independent"``, ``"exclusion"``, ...

    Examples
    --------
    >>> from megabar.motion.spectral_densities import bpp
    >>> hops = Motion(
    ...     name="one rate", density=bpp(sum_r6=1.7e60, correlation_time=1e-10), diffusivity=2e-11)
    >>> rates = hops.rates([2e-11, 4e-11], larmor_frequency=395e6)
    >>> bool(rates.r2[0] > rates.r2[1])
    True
    """

    name: str
    density: SpectralDensity
    diffusivity: float
    partners: tuple[Partner, ...] = ()
    network: str = ""
    mechanism: str = ""

    def rates(self, diffusivity: ArrayLike, *, larmor_frequency: float) -> Rates:
        """Give R1 and R2 [s-1] of 1H at diffusivities [m2/s] of any shape.

        Parameters
        ----------
        diffusivity
            Of one spin [m2/s].
        larmor_frequency
            nu0 [Hz], not angular.

        Returns
        -------
        :
            Rates, hydrogen and partners together.
        """
        slower = self.diffusivity / np.asarray(diffusivity, dtype=np.float64)
        gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare
        frequency = larmor_frequency * slower
        total = relaxation.rates_like(
            spectral_density=self.density, gyromagnetic_ratio=gamma, larmor_frequency=frequency
        )
        for partner in self.partners:
            found = relaxation.rates_unlike(
                spectral_density=partner.density,
                gyromagnetic_ratio=gamma,
                gyromagnetic_ratio_partner=partner.nucleus.gyromagnetic_ratio_bare,
                spin_partner=partner.nucleus.spin,
                larmor_frequency=frequency,
            )
            share = partner.nucleus.abundance
            total = total + Rates(r1=share * found.r1, r2=share * found.r2)
        return Rates(r1=total.r1 * slower, r2=total.r2 * slower)

    def r1rho(
        self, diffusivity: ArrayLike, *, larmor_frequency: float, locking_frequency: float
    ) -> NDArray[np.float64]:
        """Give R1rho [s-1] of 1H, locked on resonance, at diffusivities [m2/s] of any shape.

        Parameters
        ----------
        diffusivity
            Of one spin [m2/s].
        larmor_frequency
            nu0 [Hz], not angular.
        locking_frequency
            Nutation frequency nu1 of the locking field [Hz], not angular.

        Returns
        -------
        :
            Rates, hydrogen and partners together.
        """
        slower = self.diffusivity / np.asarray(diffusivity, dtype=np.float64)
        gamma = nuclei.nucleus("1H").gyromagnetic_ratio_bare
        fields = {
            "larmor_frequency": larmor_frequency * slower,
            "locking_frequency": locking_frequency * slower,
        }
        total = relaxation.r1rho_like(
            spectral_density=self.density, gyromagnetic_ratio=gamma, **fields
        )
        for partner in self.partners:
            total = total + partner.nucleus.abundance * relaxation.r1rho_unlike(
                spectral_density=partner.density,
                gyromagnetic_ratio=gamma,
                gyromagnetic_ratio_partner=partner.nucleus.gyromagnetic_ratio_bare,
                spin_partner=partner.nucleus.spin,
                **fields,
            )
        return np.asarray(total * slower, dtype=np.float64)

    def correlation_time(self, diffusivity: ArrayLike) -> NDArray[np.float64]:
        """Give tau_c = j(0)/2S(0) of like spins [s] at diffusivities [m2/s].

        Parameters
        ----------
        diffusivity
            Of one spin [m2/s].

        Returns
        -------
        :
            Correlation times, same shape.
        """
        slower = self.diffusivity / np.asarray(diffusivity, dtype=np.float64)
        return np.asarray(slower * spectral_densities.correlation_time(self.density))

    @property
    def second_moment(self) -> float:
        """Powder second moment of the rigid line, partners of other kinds too [rad2 s-2]."""
        proton = nuclei.nucleus("1H")
        like = second_moment_like(
            gyromagnetic_ratio=proton.gyromagnetic_ratio_bare,
            spin=proton.spin,
            sum_r6=self.density.sum_r6,
        )
        return like + sum(
            partner.nucleus.abundance
            * second_moment_unlike(
                gyromagnetic_ratio=proton.gyromagnetic_ratio_bare,
                other_gyromagnetic_ratio=partner.nucleus.gyromagnetic_ratio_bare,
                other_spin=partner.nucleus.spin,
                sum_r6=partner.density.sum_r6,
            )
            for partner in self.partners
        )

    def redfield(self, diffusivity: ArrayLike) -> NDArray[np.float64]:
        """Give sqrt(M2) tau_c [rad], which rates need at REDFIELD_LIMIT or below.

        Parameters
        ----------
        diffusivity
            Of one spin [m2/s].

        Returns
        -------
        :
            Angles by which spins turn within one correlation time, same shape.
        """
        return relaxation.redfield_parameter(
            second_moment=self.second_moment, correlation_time=self.correlation_time(diffusivity)
        )

    def slowest(self) -> float:
        """Give the smallest D [m2/s] at which rates of this motion are meant."""
        return float(self.redfield(1.0)) / relaxation.REDFIELD_LIMIT

    def stretched(self, factor: float) -> Motion:
        r"""Give the same motion in a crystal whose lengths are multiplied by a factor, exactly.

        .. math:: S(t) \to f^{-6} S(t), \quad D \to f^2 D

        at the same rates of jumps.

        Parameters
        ----------
        factor
            f, above zero.

        Returns
        -------
        :
            The motion, under the same name.
        """
        if factor == 1:
            return self
        return replace(
            self,
            density=_weaker(self.density, factor),
            diffusivity=self.diffusivity * factor**2,
            partners=tuple(
                replace(one, density=_weaker(one.density, factor)) for one in self.partners
            ),
        )

    def alone(self) -> Motion:
        """Give the same motion without partners of other kinds."""
        return replace(self, name=f"{self.name}, H-H only", partners=())


def _weaker(density: SpectralDensity, factor: float) -> SpectralDensity:
    share = factor**-6
    return spectral_densities.Model(
        name="stretched",
        sum_r6=share * density.sum_r6,
        shape=lambda frequency: share * density(frequency),
    )


def isotropic_walk(crystal: Crystal, *, jump_length: float) -> Motion:
    r"""Model jumps of one length in any direction, with the coupling of the crystal.

    Torrey's walk with its length d fitted so that :math:`4 \pi N / 3 d^3 = S(0)`. Against the exact
    independent walk on LaH10 it is within 6 % in D away from the T1 minimum. Partners of other
    kinds stay, so the relative motion is half as fast.

    Parameters
    ----------
    crystal
        With vacancies as occupancies.
    jump_length
        Rms length of a jump [m].

    Returns
    -------
    :
        The motion.

    References
    ----------
    Torrey, Phys. Rev. 92, 962 (1953), doi:10.1103/PhysRev.92.962.

    Examples
    --------
    >>> lah10 = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    >>> walk = isotropic_walk(lah10, jump_length=1.1943e-10).alone()
    >>> print(f"{1e3 * float(walk.rates(1e-11, larmor_frequency=395e6).t1):.2f} ms")
    7.17 ms
    """
    volume = float(abs(np.linalg.det(crystal.cell)))

    def matched(symbol: str, diffusivity: float) -> SpectralDensity:
        sites = crystals.sites_of(crystal, species=symbol)
        return spectral_densities.torrey_matched(
            sum_r6=_sum_r6(crystal, symbol),
            number_density=float(sites.occupancies.sum()) / volume,
            jump_length=jump_length,
            diffusivity=diffusivity,
        )

    others = [symbol for symbol in dict.fromkeys(crystal.species) if symbol != "H"]
    return Motion(
        name=f"isotropic walk (Torrey, S6 matched), jumps of {jump_length * 1e10:.4g} angstrom",
        density=matched("H", REFERENCE),
        diffusivity=REFERENCE,
        partners=tuple(
            Partner(nucleus=nucleus, density=matched(symbol, REFERENCE / 2))
            for symbol in others
            for nucleus in isotopes(symbol)
        ),
        network="any direction",
        mechanism="independent",
    )


def lattice_walk(
    crystal: Crystal,
    network: lattice_walks.Network,
    *,
    name: str,
    mesh: lattice_walks.ZoneMesh | None = None,
) -> Motion:
    """Model independent jumps on a network of the hydrogen sites of a crystal, exactly.

    Parameters
    ----------
    crystal
        Whose other nuclei stay on their sites.
    network
        Jumps of its hydrogen, in any cell of the crystal; the ratios of the rates matter.
    name
        Of the network, for people.
    mesh
        Points of the zone; none: the default of the walks.

    Returns
    -------
    :
        The motion; diffusivity 0 if no jump path crosses the crystal.

    References
    ----------
    Torrey, Phys. Rev. 96, 690 (1954), doi:10.1103/PhysRev.96.690.
    """
    partners = []
    for symbol in dict.fromkeys(crystal.species):
        if symbol == "H":
            continue
        sites = _inside(network, crystal, symbol)
        density = lattice_walks.walk_past_fixed(network, partners=sites, mesh=mesh)
        partners += [Partner(nucleus=one, density=density) for one in isotopes(symbol)]
    travels = any(part.dimensions for part in lattice_walks.components(network))
    return Motion(
        name=f"{name}, independent walk",
        density=lattice_walks.independent_walk(network, mesh=mesh),
        diffusivity=lattice_walks.free_diffusivity(network) if travels else 0.0,
        partners=tuple(partners),
        network=name,
        mechanism="independent",
    )


def exchange_walk(
    crystal: Crystal,
    network: lattice_walks.Network,
    *,
    name: str,
    mesh: lattice_walks.ZoneMesh | None = None,
) -> Motion:
    """Model hydrogen atoms that never share a site, on the same jumps as :func:`lattice_walk`.

    They trade places along the bonds, so that one atom alone walks as if there were no others: D
    and the coupling to nuclei that stay are those of the independent walk. Two atoms mind each
    other, and their coupling lives longer.

    Parameters
    ----------
    crystal
        Whose other nuclei stay on their sites.
    network
        Jumps of its hydrogen, sites of equal occupancy; the ratios of the rates matter.
    name
        Of the network, for people.
    mesh
        Points of the zone; none: the default of the walks.

    Returns
    -------
    :
        The motion; diffusivity 0 if no jump path crosses the crystal.

    Raises
    ------
    ValueError
        If sites differ in occupancy.

    References
    ----------
    Golub, Welsch, Math. Comput. 23, 221 (1969), doi:10.1090/S0025-5718-69-99647-1, for the
    quadrature of the pair walk.
    """
    alone = lattice_walk(crystal, network, name=name, mesh=mesh)
    sites = len(network.sites)
    repeats = int(min(max((_PAIR_STATES / sites**2) ** (1 / 3), 6), 12))
    return replace(
        alone,
        name=f"{name}, exclusion",
        density=lattice_walks.exchange_walk(
            network, repeats=repeats, steps=_LANCZOS_STEPS, mesh=mesh
        ),
        mechanism="exclusion",
    )


def vacancy_walk(
    crystal: Crystal,
    network: lattice_walks.Network,
    *,
    name: str,
    vacancy_fraction: float,
    seed: int,
    replicas: int = 4,
    mesh: lattice_walks.ZoneMesh | None = None,
) -> Motion:
    """Model hydrogen atoms that jump into empty sites only, by simulation.

    Rates in extreme narrowing are known to 0.7 % with the default number of replicas. Beyond the
    hop rate of an atom they see single hops, most of which are undone: there they depend on how
    many vacancies there are.

    Parameters
    ----------
    crystal
        Whose other nuclei stay on their sites.
    network
        Jumps of its hydrogen, sites of equal occupancy; the ratios of the rates matter.
    name
        Of the network, for people.
    vacancy_fraction
        Share of empty sites, above 0 and below 1.
    seed
        Of the simulation.
    replicas
        At least 4; errors are their scatter.
    mesh
        Points of the zone; none: the default of the walks.

    Returns
    -------
    :
        The motion; the number of empty sites is whole in a cell of 1,000 sites or more.

    Raises
    ------
    ValueError
        If the vacancies are too few for the cell, or some atoms reach no other place.

    References
    ----------
    Gillespie, J. Comput. Phys. 22, 403 (1976), doi:10.1016/0021-9991(76)90041-3.
    """
    _, motion = walk_by_vacancies(
        crystal,
        network,
        name=name,
        vacancy_fraction=vacancy_fraction,
        seed=seed,
        replicas=replicas,
        mesh=mesh,
    )
    return motion


def walk_by_vacancies(
    crystal: Crystal,
    network: lattice_walks.Network,
    *,
    name: str,
    vacancy_fraction: float,
    seed: int,
    replicas: int,
    mesh: lattice_walks.ZoneMesh | None = None,
) -> tuple[lattice_walks.VacancyWalk, Motion]:
    """Simulate atoms that jump into empty sites, and model the motion; see :func:`vacancy_walk`.

    Parameters
    ----------
    crystal
        Whose other nuclei stay on their sites.
    network
        Jumps of its hydrogen, sites of equal occupancy.
    name
        Of the network, for people.
    vacancy_fraction
        Share of empty sites, above 0 and below 1.
    seed
        Of the simulation.
    replicas
        At least 4; errors are their scatter.
    mesh
        Points of the zone; none: the default of the walks.

    Returns
    -------
    :
        The simulation, for errors, and the motion.
    """
    fixed = {
        symbol: _inside(network, crystal, symbol)
        for symbol in dict.fromkeys(crystal.species)
        if symbol != "H"
    }
    walk = lattice_walks.vacancy_walk(
        network,
        vacancy_fraction=vacancy_fraction,
        seed=seed,
        replicas=replicas,
        partners=tuple(fixed.values()),
        mesh=mesh,
    )
    return walk, Motion(
        name=f"{name}, {walk.vacancy_fraction:.1%} vacancies",
        density=walk.density,
        diffusivity=float(walk.diffusivity.value),
        partners=tuple(
            Partner(nucleus=one, density=density)
            for symbol, density in zip(fixed, walk.past_fixed, strict=True)
            for one in isotopes(symbol)
        ),
        network=name,
        mechanism="vacancies",
    )


def _inside(network: lattice_walks.Network, crystal: Crystal, symbol: str) -> NDArray[np.float64]:
    """Sites of an element within the cell of the network, each once [m]."""
    images = np.indices((5, 5, 5)).reshape(3, -1).T - 2
    positions = crystals.sites_of(crystal, species=symbol).positions
    spread = (positions[:, None] + images @ crystal.cell).reshape(-1, 3)
    fractions = spread @ np.linalg.inv(network.cell)
    wrapped = np.round(fractions, 6) % 1.0
    unique: NDArray[np.float64] = np.unique(np.round(wrapped, 5) % 1.0, axis=0) @ network.cell
    return unique


def _sum_r6(crystal: Crystal, symbol: str) -> float:
    hydrogen = crystals.hydrogen_sites(crystal)
    others = crystals.sites_of(crystal, species=symbol)
    sums = lattice_sum_r6(
        cell=crystal.cell,
        positions_from=hydrogen.positions,
        positions_to=others.positions,
        occupancies=others.occupancies,
        tolerance=1e-8,
    )
    return float(mean_over_sites(sums, hydrogen.occupancies))

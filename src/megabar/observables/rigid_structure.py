"""What a structure gives before anything moves: contacts, moments, line, and what dead time hides.

Twin: ``spins.crystal_moments``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from megabar.matter import crystals
from megabar.spins.crystal_moments import crystal_moments, equal_sites
from megabar.spins.moments import MANY_SPIN_WIDTH
from megabar.spins.rigid_lines import rigid_line_many_spin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from megabar.matter.crystals import Crystal
    from megabar.spins.crystal_moments import CrystalMoments
    from megabar.spins.rigid_lines import RigidLine


@dataclass(frozen=True, kw_only=True)
class SiteSum:
    """Coupling of one kind of hydrogen site.

    Parameters
    ----------
    kind
        Label of the sites.
    count
        Sites of this kind in the cell.
    sum_r6
        Sum of inverse sixth powers to other hydrogen [m-6].
    """

    kind: str
    count: int
    sum_r6: float


@dataclass(frozen=True, kw_only=True, eq=False)
class RigidStructure:
    """Numbers of the structure that stand beside every diffusivity.

    Parameters
    ----------
    name
        Of the crystal.
    lattice_parameter
        First axis of its cell [m].
    length_error
        Relative standard error of it.
    moments
        Density, contacts, lattice sums and second moments.
    sites
        Lattice sums by kind of site.
    fwhm_many_spin
        Width of the rigid line [Hz], 1.35 times that of the Gaussian.
    half_time
        At which the rigid decay first falls to one half [s].
    half_time_source
        ``"many spins"`` or ``"Gaussian"``, how the decay was computed.
    dead_time
        Of the receiver [s]; nan if not given.
    left_after_dead_time
        Of the rigid decay; nan without a dead time.
    """

    name: str
    lattice_parameter: float
    length_error: float
    moments: CrystalMoments
    sites: tuple[SiteSum, ...]
    fwhm_many_spin: float
    half_time: float
    half_time_source: str
    dead_time: float
    left_after_dead_time: float

    def sentences(self) -> Iterator[str]:
        """Give what is to be printed, line by line."""
        moments = self.moments
        listed = ", ".join(f"{one.kind} {one.sum_r6 * 1e-60:.4g}" for one in self.sites)
        others = ", ".join(
            f"H-{name} {value:.4g}" for name, value in moments.second_moment_unlike.items()
        )
        yield (
            f"{self.name}, a = {self.lattice_parameter * 1e10:.4g} A: N = "
            f"{moments.number_density * 1e-30:.4g} A^-3, shortest H-H {moments.nearest * 1e10:.4f} "
            f"A, S6 = {moments.sum_r6_mean * 1e-60:.4g} A^-6 ({listed})."
        )
        yield (
            f"Rigid: M2 = H-H {moments.second_moment_like:.4g}{', ' + others if others else ''} "
            f"rad2 s-2; FWHM {moments.fwhm_gaussian / 1e3:.1f} kHz as a Gaussian, "
            f"{self.fwhm_many_spin / 1e3:.0f} kHz with its flat top (x {MANY_SPIN_WIDTH}(5))."
        )
        yield self._decay()

    def hidden(self) -> bool:
        """Whether a receiver of this dead time sees less than half of rigid hydrogen."""
        return bool(self.half_time < self.dead_time)

    def _decay(self) -> str:
        half = f"Rigid decay at one half after {self.half_time * 1e6:.2g} us"
        if not self.dead_time >= 0:
            return f"{half} ({self.half_time_source}); no dead time was given."
        left = f"at the end of the dead time of {self.dead_time * 1e6:.2g} us"
        seen = f"{half}, at {self.left_after_dead_time:.2f} {left}"
        if self.hidden():
            return f"{seen}: rigid hydrogen is hidden from a single pulse, narrowed is counted."
        return f"{seen}: rigid hydrogen would be seen."


def rigid_structure(
    crystal: Crystal, *, length_error: float, dead_time: float | None, seed: int | None = None
) -> RigidStructure:
    """Collect what stands beside every diffusivity of a crystal.

    Parameters
    ----------
    crystal
        Rigid; vacancies as occupancies.
    length_error
        Relative standard error of its lattice parameter.
    dead_time
        Of the receiver [s]; none if not known.
    seed
        Of occupied sites where some are partly empty; without it the decay is a Gaussian there.

    Returns
    -------
    :
        The numbers.

    Raises
    ------
    UnknownWord
        If the crystal holds no hydrogen.

    References
    ----------
    Van Vleck, Phys. Rev. 74, 1168 (1948), doi:10.1103/PhysRev.74.1168, for the moments.

    Examples
    --------
    >>> lah3 = crystals.crystal("LaH3", lattice_parameter=4.365e-10)
    >>> found = rigid_structure(lah3, length_error=0.0, dead_time=5e-6)
    >>> print(f"{found.moments.fwhm_gaussian / 1e3:.1f} kHz, {found.half_time * 1e6:.0f} us")
    85.0 kHz, 5 us
    """
    moments, line = _computed(crystal, seed)
    groups = equal_sites(kinds=moments.kinds, sum_r6=moments.sum_r6)
    wait = nan if dead_time is None else dead_time
    if line is not None:
        half, source = line.half_time, "many spins"
        left = nan if dead_time is None else line.fid_at(dead_time)
    else:
        half, source = sqrt(2 * log(2) / moments.second_moment), "Gaussian"
        left = exp(-moments.second_moment * wait**2 / 2)
    return RigidStructure(
        name=crystal.name,
        lattice_parameter=float(np.linalg.norm(crystal.cell[0])),
        length_error=length_error,
        moments=moments,
        sites=tuple(
            SiteSum(
                kind=moments.kinds[group[0]],
                count=len(group),
                sum_r6=float(moments.sum_r6[group[0]]),
            )
            for group in groups
        ),
        fwhm_many_spin=MANY_SPIN_WIDTH * moments.fwhm_gaussian,
        half_time=half,
        half_time_source=source,
        dead_time=wait,
        left_after_dead_time=left,
    )


@lru_cache(maxsize=16)
def _computed(crystal: Crystal, seed: int | None) -> tuple[CrystalMoments, RigidLine | None]:
    """Moments and line; no line of partly empty sites that nobody drew."""
    whole = bool(np.all(crystals.hydrogen_sites(crystal).occupancies == 1))
    line = None
    if whole or seed is not None:
        line = rigid_line_many_spin(crystal, partners=8, orientations=32, seed=seed)
    return crystal_moments(crystal), line

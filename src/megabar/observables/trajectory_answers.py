"""What the analysis of a trajectory gives, part by part, each with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.motion.relaxation import Rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.motion import trajectories
    from megabar.motion.spectral_densities import LongTimeTail
    from megabar.observables.supercells import BoxSites
    from megabar.observables.walk_route import Agreement, WalkRelaxation

    Array = NDArray[np.float64]

ASSUMPTIONS: Final = (
    "Displacements are relative to the framework, in the cell averaged over time.",
    "D_tracer is that of one hydrogen, which NMR sees; D_coll that of all together, as a charge "
    "would see it; neither is the chemical diffusivity that desorption sees.",
    "Nuclei are classical points unless the frames are centroids of path integrals; classical "
    "molecular dynamics at high temperature does not predict D at 300 K.",
    "NMR rates are those of a powder with dipolar coupling only; gamma is that of the bare nuclei.",
)
"""What every number of a trajectory supposes."""

ASSUMPTIONS_OF_WALKS: Final = (
    "Walks on the network of hops: an atom hops into any empty neighbouring site at the rate of "
    "its class, whatever happened before, and all sites are equally good.",
)
"""What a number from hops supposes besides."""

LEAST_SHARE: Final = 0.03
"""Share of R1 below which it does not matter whether that of an isotope is a value."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Whether one part of the analysis has an answer.

    Parameters
    ----------
    quality
        ``"value"``, ``"lower bound"``, ``"upper bound"``, ``"not reached"``, ``"no solution"`` or
        ``"failed"``.
    reason
        Why, in one sentence; may be empty for a plain value.
    """

    quality: str
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Displacements:
    """Mean square displacements and diffusivities.

    Parameters
    ----------
    lags
        [s], (lag,).
    tracer, collective
        Mean square displacement of one atom, and of all together over their number [m2], (lag,).
    regime
        Whether, and where, the former is straight; none if it could not be judged.
    diffusivity, collective_diffusivity
        D with their errors [m2/s]; none where there is no window.
    haven_ratio
        Of the two; none without both.
    part
        Verdict on the tracer diffusivity.
    collective_part
        Verdict on the collective one.
    """

    lags: Array
    tracer: Array
    collective: Array
    regime: trajectories.Regime | None
    diffusivity: trajectories.Diffusivity | None
    collective_diffusivity: trajectories.Diffusivity | None
    haven_ratio: trajectories.Estimate | None
    part: Part
    collective_part: Part


@dataclass(frozen=True, kw_only=True, eq=False)
class Hopping:
    """Sites and hops.

    Parameters
    ----------
    box
        Sites in the box.
    history
        Site of each atom over time.
    scan
        Hops against core radius.
    statistics
        Counts, rates and checks.
    vibration
        Rms displacement of an atom from its site per axis [m].
    missed
        Share of hops that every second frame does not show; at least about as many are missed
        between frames.
    """

    box: BoxSites
    history: trajectories.SiteHistory
    scan: trajectories.CoreScan
    statistics: trajectories.HopStatistics
    vibration: float
    missed: float


@dataclass(frozen=True, kw_only=True, eq=False)
class WalkOfHops:
    """Diffusivities from walks on the network of the hops that were seen.

    Parameters
    ----------
    tracer
        Of many such walks, with as many atoms, frames and the same lags.
    corrected
        D of the trajectory, the bias of its lags taken off, with the scatter of the walks as its
        error.
    collective
        Of all atoms together.
    deviation
        ``corrected`` less D of the walks at endless lags, over the error of the difference.
    """

    tracer: trajectories.Bootstrap
    corrected: trajectories.ModelEstimate
    collective: trajectories.Bootstrap | None
    deviation: float


@dataclass(frozen=True, kw_only=True, eq=False)
class HopRoute:
    """R1 and R2 from a long and large walk on the network of hops.

    Parameters
    ----------
    relaxation
        Rates at the fields with intervals, and D.
    agreement
        Whether the walk does what the trajectory did; none where the latter has no D.
    """

    relaxation: WalkRelaxation
    agreement: Agreement | None

    @property
    def part(self) -> Part:
        """That of the rates, or of what contradicts them."""
        if self.agreement is not None and self.agreement.quality != "value":
            return Part(quality=self.agreement.quality, reason=self.agreement.reason)
        reason = self.relaxation.reason if self.agreement is None else self.agreement.reason
        return Part(quality=self.relaxation.quality, reason=reason)


@dataclass(frozen=True, kw_only=True)
class SecondMoment:
    """Of like spins, vibrations averaged, as a rigid line would have it.

    Parameters
    ----------
    value, std
        From S, carried back to lag 0 from lags between vibrations and hops [rad2 s-2].
    fit_from, fit_to
        Those lags [s].
    instantaneous
        Of S(0), which vibrations inflate [rad2 s-2].
    of_sites
        Of atoms at rest on the sites, as many as there are [rad2 s-2]; nan without sites.
    """

    value: float
    std: float
    fit_from: float
    fit_to: float
    instantaneous: float
    of_sites: float


@dataclass(frozen=True, kw_only=True, eq=False)
class DirectRates:
    """R1 and R2 from the couplings along the trajectory itself.

    Parameters
    ----------
    like
        Rates of like spins.
    unlike
        Rates by each isotope of the framework as if all its nuclei were that isotope, by name.
    abundances
        Share of each.
    tail
        What diffusion adds beyond the cut-off; none without a diffusivity.
    """

    like: trajectories.RelaxationEstimate
    unlike: dict[str, trajectories.RelaxationEstimate]
    abundances: dict[str, float]
    tail: LongTimeTail | None

    def of(self, name: str) -> Rates:
        """Give the part of one isotope [s-1], its abundance included.

        Parameters
        ----------
        name
            Of the isotope, ``"139La"``.

        Returns
        -------
        :
            Rates, shape of the Larmor frequencies.
        """
        share, found = self.abundances[name], self.unlike[name]
        return Rates(r1=share * found.r1, r2=share * found.r2)

    @property
    def total(self) -> Rates:
        """All of them together [s-1], shape of the Larmor frequencies."""
        found = Rates(r1=self.like.r1, r2=self.like.r2)
        for name in self.unlike:
            found = found + self.of(name)
        return found

    @property
    def total_std(self) -> Rates:
        """Standard error of the total [s-1]."""
        r1, r2 = self.like.r1_std**2, self.like.r2_std**2
        for name, one in self.unlike.items():
            r1 = r1 + (self.abundances[name] * one.r1_std) ** 2
            r2 = r2 + (self.abundances[name] * one.r2_std) ** 2
        return Rates(r1=np.sqrt(r1), r2=np.sqrt(r2))

    @property
    def part(self) -> Part:
        """That of like spins, or of an isotope that matters more than the errors do."""
        if self.like.quality == "value":
            for name, one in self.unlike.items():
                matters = np.any(self.of(name).r1 > LEAST_SHARE * self.total.r1)
                if matters and one.quality != "value":
                    return Part(quality=one.quality, reason=f"{name}: {one.reason}")
        return Part(quality=self.like.quality, reason=self.like.reason)


@dataclass(frozen=True, kw_only=True, eq=False)
class TrajectoryMobility:
    """All that a trajectory says.

    Parameters
    ----------
    source
        File that was read.
    frames, atoms
        Number of frames, and of mobile atoms.
    frame_interval
        [s].
    cell
        Reference cell, rows [m], (3, 3).
    mobile, framework
        Elements.
    step_ratio
        Largest step between frames over half the smallest height of the cell.
    larmor_frequency
        Of 1H, for which rates were asked [Hz], (field,).
    displacements
        Mean square displacements and D.
    hopping
        Sites and hops; none where they could not be found.
    hop_rates
        Rates of the network, freed of the hops that frames miss; empty without a seed.
    walk
        D of walks on the network of hops; none where there is no network, or it was not asked for.
    correlation
        S of like spins; none where it was not asked for.
    second_moment
        Of like spins; none where no lag lies between vibrations and hops.
    rates
        NMR rates directly from the frames; none where they could not be computed.
    route
        NMR rates by way of the hops; none where there is no network, field or seed.
    parts
        Verdicts on ``"paths"``, ``"tracer"``, ``"collective"``, ``"sites"``, ``"network"``,
        ``"walk"``, ``"second moment"``, ``"rates"``, ``"route"``, of which those that were not
        asked for are absent.
    messages
        What a reader of the numbers should know.
    """

    source: str
    frames: int
    atoms: int
    frame_interval: float
    cell: Array
    mobile: str
    framework: tuple[str, ...]
    step_ratio: float
    larmor_frequency: Array
    displacements: Displacements
    hopping: Hopping | None
    hop_rates: tuple[trajectories.ClassRate, ...]
    walk: WalkOfHops | None
    correlation: trajectories.DipolarCorrelation | None
    second_moment: SecondMoment | None
    rates: DirectRates | None
    route: HopRoute | None
    parts: dict[str, Part]
    messages: tuple[str, ...]

    @property
    def duration(self) -> float:
        """Length of the run [s]."""
        return (self.frames - 1) * self.frame_interval

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the numbers suppose."""
        return (*ASSUMPTIONS, *ASSUMPTIONS_OF_WALKS) if self.hop_rates else ASSUMPTIONS

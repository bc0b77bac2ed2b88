"""Trajectories: paths of atoms across cells, mean square displacements, diffusivities with errors.

Arrays only. Frames come from ``readers.frames``; the order of work is ``unwrap``,
``relative_to_framework``, ``msd_from_positions``, ``regime_from_msd``,
``tracer_diffusivity_from_positions``.
"""

from megabar.motion.trajectories.averaged_couplings import (
    AveragedCouplings,
    Plateau,
    averaged_couplings_from_positions,
    plateau_from_correlation,
)
from megabar.motion.trajectories.bootstrap import (
    Bootstrap,
    ModelEstimate,
    diffusivity_bootstrap,
)
from megabar.motion.trajectories.diffusivities import (
    Diffusivity,
    Estimate,
    collective_diffusivity_from_positions,
    combined,
    haven_ratio,
    relative_std_of_one_walker,
    slope_from_positions,
    tracer_diffusivity_from_positions,
)
from megabar.motion.trajectories.dipolar import (
    DipolarCorrelation,
    dipolar_correlation_from_positions,
    static_components,
)
from megabar.motion.trajectories.dipolar_estimates import (
    DensityEstimate,
    RelaxationEstimate,
    Verdict,
    relaxation_from_correlation,
    spectral_density_from_correlation,
)
from megabar.motion.trajectories.displacements import (
    collective_msd_from_positions,
    msd_from_positions,
    msd_tensor_from_positions,
)
from megabar.motion.trajectories.framework import (
    HostRelative,
    momentum_frame_factor,
    relative_to_framework,
)
from megabar.motion.trajectories.hops import (
    HopClass,
    HopStatistics,
    hop_statistics_from_sites,
    network_from_hops,
    poisson_interval,
    pooled_rates,
)
from megabar.motion.trajectories.missed_hops import (
    ClassRate,
    network_of,
    rates_behind_frames,
    with_rates,
)
from megabar.motion.trajectories.regimes import Regime, exponent_from_msd, regime_from_msd
from megabar.motion.trajectories.sites import (
    CoreScan,
    SiteHistory,
    core_radius_scan,
    sites_from_positions,
)
from megabar.motion.trajectories.unwrapping import Unwrapped, unwrap
from megabar.motion.trajectories.vibrations import gaussian_cloud_factor, r6_inflation

__all__ = [
    "AveragedCouplings",
    "Bootstrap",
    "ClassRate",
    "CoreScan",
    "DensityEstimate",
    "Diffusivity",
    "DipolarCorrelation",
    "Estimate",
    "HopClass",
    "HopStatistics",
    "HostRelative",
    "ModelEstimate",
    "Plateau",
    "Regime",
    "RelaxationEstimate",
    "SiteHistory",
    "Unwrapped",
    "Verdict",
    "averaged_couplings_from_positions",
    "collective_diffusivity_from_positions",
    "collective_msd_from_positions",
    "combined",
    "core_radius_scan",
    "diffusivity_bootstrap",
    "dipolar_correlation_from_positions",
    "exponent_from_msd",
    "gaussian_cloud_factor",
    "haven_ratio",
    "hop_statistics_from_sites",
    "momentum_frame_factor",
    "msd_from_positions",
    "msd_tensor_from_positions",
    "network_from_hops",
    "network_of",
    "plateau_from_correlation",
    "poisson_interval",
    "pooled_rates",
    "r6_inflation",
    "rates_behind_frames",
    "regime_from_msd",
    "relative_std_of_one_walker",
    "relative_to_framework",
    "relaxation_from_correlation",
    "sites_from_positions",
    "slope_from_positions",
    "spectral_density_from_correlation",
    "static_components",
    "tracer_diffusivity_from_positions",
    "unwrap",
    "with_rates",
]

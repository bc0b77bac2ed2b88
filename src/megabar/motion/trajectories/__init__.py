"""Trajectories: paths of atoms across cells, mean square displacements, diffusivities with errors.

Arrays only. Frames come from ``readers.frames``; the order of work is ``unwrap``,
``relative_to_framework``, ``msd_from_positions``, ``regime_from_msd``,
``tracer_diffusivity_from_positions``.
"""

from megabar.motion.trajectories.diffusivities import (
    Diffusivity,
    Estimate,
    collective_diffusivity_from_positions,
    combined,
    haven_ratio,
    relative_std_of_one_walker,
    tracer_diffusivity_from_positions,
)
from megabar.motion.trajectories.dipolar import (
    DipolarCorrelation,
    dipolar_correlation_from_positions,
    static_components,
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
from megabar.motion.trajectories.regimes import Regime, exponent_from_msd, regime_from_msd
from megabar.motion.trajectories.unwrapping import Unwrapped, unwrap

__all__ = [
    "Diffusivity",
    "DipolarCorrelation",
    "Estimate",
    "HostRelative",
    "Regime",
    "Unwrapped",
    "collective_diffusivity_from_positions",
    "collective_msd_from_positions",
    "combined",
    "dipolar_correlation_from_positions",
    "exponent_from_msd",
    "haven_ratio",
    "momentum_frame_factor",
    "msd_from_positions",
    "msd_tensor_from_positions",
    "regime_from_msd",
    "relative_std_of_one_walker",
    "relative_to_framework",
    "static_components",
    "tracer_diffusivity_from_positions",
    "unwrap",
]

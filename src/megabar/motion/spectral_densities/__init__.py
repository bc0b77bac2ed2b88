"""Spectral densities of dipolar couplings that fluctuate."""

from megabar.motion.spectral_densities.continuum import force_free, hard_sphere
from megabar.motion.spectral_densities.exponential import (
    bpp,
    exponentials,
    residence_time_from_diffusivity,
)
from megabar.motion.spectral_densities.jumps import torrey, torrey_exponential, torrey_matched
from megabar.motion.spectral_densities.model import Model, SpectralDensity, correlation_time
from megabar.motion.spectral_densities.tabulated import TAPERS, from_correlation, ratio_to_tail
from megabar.motion.spectral_densities.tail import LongTimeTail

__all__ = [
    "TAPERS",
    "LongTimeTail",
    "Model",
    "SpectralDensity",
    "bpp",
    "correlation_time",
    "exponentials",
    "force_free",
    "from_correlation",
    "hard_sphere",
    "ratio_to_tail",
    "residence_time_from_diffusivity",
    "torrey",
    "torrey_exponential",
    "torrey_matched",
]

"""T1, T2 and T1rho from spectral densities.

Twin: ``observables.relaxation_times``.
"""

from megabar.motion.relaxation.dipolar import (
    REDFIELD_LIMIT,
    dipolar_constant,
    rates_like,
    rates_unlike,
    redfield_parameter,
)
from megabar.motion.relaxation.floor import (
    CEILING_LIKE,
    REDUCED_TIME_AT_MINIMUM,
    ceiling_unlike,
    sum_r6_from_t1_floor,
    t1_floor_from_second_moments,
    t1_minimum_from_second_moment,
)
from megabar.motion.relaxation.locked import r1rho_like, r1rho_unlike
from megabar.motion.relaxation.low_field import (
    diffusivity_from_low_field_slope,
    low_field_slope_from_diffusivity,
)
from megabar.motion.relaxation.mechanisms import (
    gradient_exponent,
    rates_from_knight_shift,
    rates_paramagnetic,
    rates_quadrupolar,
    rates_shared,
)
from megabar.motion.relaxation.rates import (
    SMALLEST_RATIO,
    SMALLEST_RATIO_ISOTROPIC,
    Rates,
)
from megabar.motion.relaxation.single_time import (
    rates_from_correlation_time,
    ratio_from_reduced_time,
    reduced_time_from_ratio,
)
from megabar.motion.relaxation.temperature import (
    correlation_time_from_temperature,
    diffusivity_from_temperature,
)

__all__ = [
    "CEILING_LIKE",
    "REDFIELD_LIMIT",
    "REDUCED_TIME_AT_MINIMUM",
    "SMALLEST_RATIO",
    "SMALLEST_RATIO_ISOTROPIC",
    "Rates",
    "ceiling_unlike",
    "correlation_time_from_temperature",
    "diffusivity_from_low_field_slope",
    "diffusivity_from_temperature",
    "dipolar_constant",
    "gradient_exponent",
    "low_field_slope_from_diffusivity",
    "r1rho_like",
    "r1rho_unlike",
    "rates_from_correlation_time",
    "rates_from_knight_shift",
    "rates_like",
    "rates_paramagnetic",
    "rates_quadrupolar",
    "rates_shared",
    "rates_unlike",
    "ratio_from_reduced_time",
    "redfield_parameter",
    "reduced_time_from_ratio",
    "sum_r6_from_t1_floor",
    "t1_floor_from_second_moments",
    "t1_minimum_from_second_moment",
]

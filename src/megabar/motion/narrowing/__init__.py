r"""Line and free induction decay from rigid to narrowed by motion.

.. math:: G(t) = \exp \left[ -M_2 \int_0^t (t - t') g(t') \, \mathrm dt' \right]

with g the normalised correlation of the local field (Anderson, Weiss, Kubo). The local field is
Gaussian: the rigid line comes out as a Gaussian of second moment M2, whereas rigid hydrides have
flatter lines, 1.35 times as wide at half height, and decays that beat. Only parts of the coupling
that commute with the static field enter; where :math:`\omega_0 \tau` is below about 3 the others
count as well and R2 comes from ``motion.relaxation``.

Twin: ``observables.lines``.
"""

from megabar.motion.narrowing.decays import (
    fid_from_correlation,
    fid_from_second_moment,
    t2_from_second_moment,
)
from megabar.motion.narrowing.widths import (
    HALF_NARROWING,
    correlation_time_from_fwhm,
    fwhm_from_second_moment,
    fwhm_from_t2,
    line_from_second_moment,
)

__all__ = [
    "HALF_NARROWING",
    "correlation_time_from_fwhm",
    "fid_from_correlation",
    "fid_from_second_moment",
    "fwhm_from_second_moment",
    "fwhm_from_t2",
    "line_from_second_moment",
    "t2_from_second_moment",
]

r"""What a coil meets in a pressure cell: the lens, the cavity, and limits that others reached.

Twin: ``observables.sensitivity``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, pi, sqrt
from typing import Final

from scipy.special import ellipe, ellipk

from megabar.constants import mu_0


@dataclass(frozen=True, kw_only=True)
class PublishedLimit:
    """Limits of detection that were published for one kind of coil.

    Parameters
    ----------
    coil
        What received.
    lowest, highest
        Limits of detection of 1H [Hz**-0.5].
    source
        Where it stands.
    """

    coil: str
    lowest: float
    highest: float
    source: str


_LADDER_SOURCE: Final = "arXiv:1803.05472"

PUBLISHED_LIMITS: Final = (
    PublishedLimit(coil="clamp cell", lowest=1e19, highest=3e19, source=_LADDER_SOURCE),
    PublishedLimit(coil="external coil", lowest=2e17, highest=8e18, source=_LADDER_SOURCE),
    PublishedLimit(coil="coil in the cavity", lowest=6e13, highest=1e16, source=_LADDER_SOURCE),
    PublishedLimit(coil="Lenz lens", lowest=1e12, highest=1e12, source=_LADDER_SOURCE),
    PublishedLimit(coil="two-stage Lenz lens", lowest=5e11, highest=5e11, source=_LADDER_SOURCE),
)
"""Limits of detection in pressure cells, from the least to the most sensitive coil."""


def lens_gain(*, outer_radius: float, inner_radius: float, conductor_radius: float) -> float:
    r"""Compute how much a Lenz lens of one stage strengthens the field in its middle.

    .. math:: \frac{B_c}{B} = 1 + \frac{\mu_0 I}{2 B} \Big(\frac1r - \frac1R\Big), \quad
        \frac{I}{B} = \frac{\pi (R^2 - r^2)}{L_R + L_r - 2 M}, \quad
        L_R = \mu_0 R \Big[\ln\frac{8 R}{a} - 2\Big]

    with the mutual inductance M of two loops in one plane, by elliptic integrals. Valid for a
    perfect conductor in a uniform field, currents on two round wires of radius a.

    Parameters
    ----------
    outer_radius
        R of the outer edge [m].
    inner_radius
        r of the hole [m].
    conductor_radius
        a of the current paths [m].

    Returns
    -------
    :
        Field in the middle over the field without the lens.

    Raises
    ------
    ValueError
        If the radii do not rise from conductor to hole to edge.

    References
    ----------
    Maxwell, A Treatise on Electricity and Magnetism, article 701 (1873), for M. Spengler et al.,
    J. Magn. Reson. 257, 16 (2015), doi:10.1016/j.jmr.2015.05.006, for the lens.

    Examples
    --------
    >>> gain = lens_gain(outer_radius=120e-6, inner_radius=50e-6, conductor_radius=1e-6)
    >>> print(f"{gain:.3f}")
    1.306
    """
    if not 0 < conductor_radius < inner_radius < outer_radius or 2 * conductor_radius >= (
        outer_radius - inner_radius
    ):
        msg = (
            f"Found a conductor of radius {conductor_radius:g} m, a hole of {inner_radius:g} m and "
            f"an edge of {outer_radius:g} m; the three rise in this order, and two conductors fit "
            "between hole and edge. Check which is which."
        )
        raise ValueError(msg)

    def alone(radius: float) -> float:
        return mu_0 * radius * (log(8 * radius / conductor_radius) - 2)

    modulus = 2 * sqrt(outer_radius * inner_radius) / (outer_radius + inner_radius)
    first, second = float(ellipk(modulus**2)), float(ellipe(modulus**2))
    integrals = (2 / modulus - modulus) * first - 2 / modulus * second
    mutual = mu_0 * sqrt(outer_radius * inner_radius) * integrals
    inductance = alone(outer_radius) + alone(inner_radius) - 2 * mutual
    current = pi * (outer_radius**2 - inner_radius**2) / inductance
    return 1 + mu_0 * current / 2 * (1 / inner_radius - 1 / outer_radius)


def cavity_volume(*, culet: float) -> float:
    r"""Compute the volume of a cavity of the usual proportions under a culet.

    .. math:: V_0 = \frac{\pi}{4} \Big(\frac d3\Big)^2 \frac d6 = \frac{\pi d^3}{216}

    A hole of a third of the culet, as thick as a sixth, before compression.

    Parameters
    ----------
    culet
        d, its diameter [m].

    Returns
    -------
    :
        Volume [m3].

    Raises
    ------
    ValueError
        If the diameter is not positive.

    References
    ----------
    The proportions: arXiv:1803.05472.

    Examples
    --------
    >>> print(f"{cavity_volume(culet=100e-6) * 1e15:.1f} pl")
    14.5 pl
    """
    if not 0 < culet < inf:
        msg = f"Found diameter of the culet {culet:g} m; a positive one is needed. Check its unit."
        raise ValueError(msg)
    return pi * culet**3 / 216

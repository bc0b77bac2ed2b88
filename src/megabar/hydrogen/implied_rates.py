r"""What a rate of loss would mean: the flux, the surface, the layer, the barrier, the sink.

A content that falls by so much a day, in grains of a size, needs a flux through their surface. Each
step that could limit it then has a number: a velocity of exchange, a recombination constant, a
diffusivity of the product, a barrier. Compared with what is known of such steps they say which of
them can be meant. Nothing here decides that hydrogen is lost.

Twin: ``observables.kinetics_audit``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, log, pi, sqrt
from typing import Final

from megabar.constants import k_boltzmann
from megabar.errors import one_of
from megabar.hydrogen.levels import SHAPES

ATTEMPTS: Final = 1e13
"""Attempts of a hop or of a desorption that an apparent barrier is quoted with [1/s]."""


@dataclass(frozen=True, kw_only=True)
class ImpliedSurface:
    """What the surface of a grain would have to do.

    Parameters
    ----------
    metal_density
        Metal atoms [1/m3].
    hydrogen_density
        Hydrogen atoms [1/m3].
    flux
        Atoms through the surface [1/m2/s].
    exchange
        k_s of first-order exchange towards nothing [m/s].
    recombination
        k_r of recombination towards nothing, atoms [m4/s].
    """

    metal_density: float
    hydrogen_density: float
    flux: float
    exchange: float
    recombination: float

    def biot(self, *, radius: float, diffusivity: float) -> float:
        """Give k_s R/D at a diffusivity [m2/s]."""
        return self.exchange * radius / diffusivity

    def barrier(self, *, temperature: float) -> float:
        r"""Give the apparent barrier of desorption [J], with :data:`ATTEMPTS`.

        .. math:: J = \nu_0\, c^{2/3} e^{-E/kT}
        """
        tries = ATTEMPTS * self.hydrogen_density ** (2 / 3)
        return k_boltzmann * temperature * log(tries / self.flux)


def implied_surface(
    *, shape: str, radius: float, volume_per_metal: float, content: float, loss_rate: float
) -> ImpliedSurface:
    r"""Compute what a rate of loss asks of the surface of a grain.

    .. math:: J = \frac{R}{\nu + 1}\, n_\text{M} \left|\frac{\mathrm{d}x}{\mathrm{d}t}\right|,
        \quad k_s = \frac{J}{x n_\text{M}}, \quad k_r = \frac{J}{(x n_\text{M})^2}

    Parameters
    ----------
    shape
        ``"plate"`` (half its thickness is the radius), ``"cylinder"`` or ``"sphere"``.
    radius
        [m].
    volume_per_metal
        Of the hydride [m3].
    content
        H per metal at which the rate is meant.
    loss_rate
        H per metal and second, positive.

    Returns
    -------
    :
        Densities, flux and both constants.

    Raises
    ------
    UnknownWord
        If the shape is unknown.
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> from megabar.constants import elementary_charge
    >>> found = implied_surface(shape="sphere", radius=1e-6, volume_per_metal=35.75e-30,
    ...                         content=10.5, loss_rate=0.12 / 86400)
    >>> print(f"{found.flux:.3g} /m2/s, {found.exchange:.3g} m/s")
    1.3e+16 /m2/s, 4.41e-14 m/s
    >>> print(f"{found.barrier(temperature=295.0) / elementary_charge:.3f} eV")
    0.968 eV
    """
    one_of(shape, SHAPES, name="shape of a grain")
    _positive(radius, "radius [m]")
    _positive(volume_per_metal, "volume per metal [m3]")
    _positive(content, "content [H per metal]")
    _positive(loss_rate, "rate of loss [1/s]")
    metal = 1 / volume_per_metal
    flux = radius / (SHAPES[shape] + 1) * metal * loss_rate
    hydrogen = content * metal
    return ImpliedSurface(
        metal_density=metal,
        hydrogen_density=hydrogen,
        flux=flux,
        exchange=flux / hydrogen,
        recombination=flux / hydrogen**2,
    )


def diffusion_time(*, radius: float, diffusivity: float) -> float:
    r"""Compute how long a sphere takes to even out, :math:`R^2/(\pi^2 D)`.

    Parameters
    ----------
    radius
        [m].
    diffusivity
        [m2/s].

    Returns
    -------
    :
        [s].

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> print(f"{1e3 * diffusion_time(radius=1e-6, diffusivity=1e-10):.1f} ms")
    1.0 ms
    """
    _positive(radius, "radius [m]")
    _positive(diffusivity, "diffusivity [m2/s]")
    return radius**2 / (pi**2 * diffusivity)


def layer_diffusivity(
    *, radius: float, elapsed: float, hydride: float, interface: float, product: float
) -> float:
    r"""Compute the diffusivity of a product layer through which all is lost in a time.

    .. math:: D_p = \frac{R^2 (x_h - x_s)}{6 (x_i - x_s)\, t}

    Parameters
    ----------
    radius
        Of the sphere [m].
    elapsed
        Time until the layer closes at the centre [s].
    hydride, interface, product
        x_h inside, x_i of the layer at the hydride, x_s of the layer at the surface, H per metal.

    Returns
    -------
    :
        [m2/s].

    Raises
    ------
    ValueError
        If radius or time is not positive, or the contents do not rise from surface to hydride.

    Examples
    --------
    >>> found = layer_diffusivity(
    ...     radius=1e-6, elapsed=80 * 86400, hydride=10.5, interface=4.0, product=3.0)
    >>> print(f"{1e4 * found:.2e} cm2/s")
    1.81e-15 cm2/s
    """
    _positive(radius, "radius [m]")
    _positive(elapsed, "time [s]")
    if not product < interface < hydride:
        msg = (
            f"Found contents {product:g}, {interface:g}, {hydride:g} from the surface inwards; a "
            "layer that lets hydrogen out has contents that rise. Check their order."
        )
        raise ValueError(msg)
    return radius**2 * (hydride - product) / (6 * (interface - product) * elapsed)


def fick_diffusivity(*, radius: float, elapsed: float, lost: float) -> float:
    r"""Compute the diffusivity at which diffusion inside a sphere loses a share in a time.

    .. math:: D = \mathrm{Fo}(\alpha)\, R^2/t

    Parameters
    ----------
    radius
        [m].
    elapsed
        [s].
    lost
        Share of what can be lost, between 0 and 1.

    Returns
    -------
    :
        [m2/s].

    Raises
    ------
    ValueError
        If radius or time is not positive, or the share is not between 0 and 1.

    References
    ----------
    Crank, The Mathematics of Diffusion, 2nd ed., Oxford (1975), Eq. 6.20.

    Examples
    --------
    >>> found = fick_diffusivity(radius=1e-6, elapsed=30 * 86400, lost=0.56)
    >>> print(f"{1e4 * found:.1e} cm2/s")
    1.6e-16 cm2/s
    """
    from scipy.optimize import brentq

    from megabar.hydrogen.rate_kernels import fick

    _positive(radius, "radius [m]")
    _positive(elapsed, "time [s]")
    if not 0 < lost < 1:
        msg = (
            f"Found share {lost:g}; what is lost lies between 0 and 1. Divide by what can be lost."
        )
        raise ValueError(msg)
    fourier = brentq(lambda age: fick(age) - lost, 1e-30, 10.0, xtol=1e-30, rtol=1e-13)
    return float(fourier) * radius**2 / elapsed


def hop_diffusivity_bound(*, splitting: float, hop: float) -> float:
    r"""Compute the diffusivity below which hops leave a rigid line as it is.

    .. math:: \tau > \frac{1}{2 \pi\, \Delta\nu}, \qquad D = \frac{\ell^2}{6 \tau}

    Parameters
    ----------
    splitting
        Width of the rigid line [Hz].
    hop
        Length of a hop [m].

    Returns
    -------
    :
        Largest diffusivity [m2/s].

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> print(f"{1e4 * hop_diffusivity_bound(splitting=50e3, hop=1.9e-10):.1e} cm2/s")
    1.9e-11 cm2/s
    """
    _positive(splitting, "width [Hz]")
    _positive(hop, "hop [m]")
    return hop**2 / 6 * 2 * pi * splitting


def film_lag(*, thickness: float, diffusivity: float) -> float:
    r"""Compute how long a film keeps hydrogen back, :math:`L^2/(6 D)`.

    Parameters
    ----------
    thickness
        [m].
    diffusivity
        In the film [m2/s].

    Returns
    -------
    :
        [s].

    Raises
    ------
    ValueError
        If a number is not positive.

    References
    ----------
    Daynes, Proc. R. Soc. A 97, 286 (1920), doi:10.1098/rspa.1920.0034.

    Examples
    --------
    >>> print(f"{film_lag(thickness=500e-9, diffusivity=1.27e-21) / 86400:.0f} days")
    380 days
    """
    _positive(thickness, "thickness [m]")
    _positive(diffusivity, "diffusivity [m2/s]")
    return thickness**2 / (6 * diffusivity)


def reach(*, diffusivity: float, elapsed: float) -> float:
    r"""Compute how deep hydrogen goes into a thick sink, :math:`\sqrt{4 D t}`.

    Parameters
    ----------
    diffusivity
        In the sink [m2/s].
    elapsed
        [s].

    Returns
    -------
    :
        [m].

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> hot = 1e-6 * exp(-0.5 / 0.025421)
    >>> print(f"{1e6 * reach(diffusivity=hot, elapsed=60 * 86400):.0f} um")
    244 um
    """
    _positive(diffusivity, "diffusivity [m2/s]")
    _positive(elapsed, "time [s]")
    return 2 * sqrt(diffusivity * elapsed)


@dataclass(frozen=True, kw_only=True)
class Cavity:
    """A round cavity with hydride in it.

    Parameters
    ----------
    diameter, height
        [m].
    hydride_share
        Of its volume, between 0 and 1.
    volume_per_metal
        Of the hydride [m3].

    Raises
    ------
    ValueError
        If a number is not positive, or the share above 1.
    """

    diameter: float
    height: float
    hydride_share: float
    volume_per_metal: float

    def __post_init__(self) -> None:
        _positive(self.diameter, "diameter [m]")
        _positive(self.height, "height [m]")
        _positive(self.volume_per_metal, "volume per metal [m3]")
        if not 0 < self.hydride_share <= 1:
            msg = (
                f"Found a share {self.hydride_share:g} of hydride; it is above 0, at most 1. Give "
                "a fraction, not percent."
            )
            raise ValueError(msg)

    @property
    def volume(self) -> float:
        """Of the cavity [m3]."""
        return pi / 4 * self.diameter**2 * self.height

    @property
    def metal_atoms(self) -> float:
        """Number of metal atoms."""
        return self.hydride_share * self.volume / self.volume_per_metal

    def released(self, *, begin: float, end: float) -> float:
        """Give the hydrogen atoms between two contents, H per metal."""
        return self.metal_atoms * (begin - end)

    def ring(self, *, hydrogen_atoms: float, content: float, volume_per_metal: float) -> float:
        """Give the width [m] of a ring of gasket that takes these atoms.

        `content` is H per metal of the ring, `volume_per_metal` its volume per metal atom [m3];
        the ring has the height of the cavity.
        """
        taken = hydrogen_atoms / content * volume_per_metal / (pi * self.height)
        inner = self.diameter / 2
        return float((inner**2 + taken) ** 0.5 - inner)


def ring_diffusivity(
    *, cavity: Cavity, hydrogen_atoms: float, content: float, volume_per_metal: float,
    elapsed: float,
) -> float:  # fmt: skip
    r"""Compute the diffusivity of a front that fills a ring around a cavity in a time.

    The ring grows by what arrives through it, quasi-steadily, with its full content at the cavity
    and none ahead of the front; a straight front, :math:`D t = (b - a)^2/2`, needs a sixth less:

    .. math:: D t = \frac{b^2}{2} \ln\frac{b}{a} - \frac{b^2 - a^2}{4}

    Parameters
    ----------
    cavity
        Of radius a.
    hydrogen_atoms
        Number of atoms that the ring takes.
    content
        H per metal of the ring.
    volume_per_metal
        Of the ring [m3].
    elapsed
        [s].

    Returns
    -------
    :
        [m2/s].

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> cavity = Cavity(diameter=40e-6, height=8e-6, hydride_share=0.35,
    ...                 volume_per_metal=35.75e-30)
    >>> found = ring_diffusivity(
    ...     cavity=cavity, hydrogen_atoms=cavity.released(begin=10.5, end=3.3), content=0.5,
    ...     volume_per_metal=11.2e-30, elapsed=60 * 86400)
    >>> print(f"{1e4 * found:.1e} cm2/s")
    1.7e-13 cm2/s
    """
    for value, name in (
        (hydrogen_atoms, "number of atoms"),
        (content, "content [H per metal]"),
        (volume_per_metal, "volume per metal [m3]"),
        (elapsed, "time [s]"),
    ):
        _positive(value, name)
    a = cavity.diameter / 2
    width = cavity.ring(
        hydrogen_atoms=hydrogen_atoms, content=content, volume_per_metal=volume_per_metal
    )
    b = a + width
    return float(b**2 / 2 * log(b / a) - (b**2 - a**2) / 4) / elapsed


def rate_ratio(*, barrier: float, temperature: float, reference: float) -> float:
    r"""Compute how a rate changes with temperature, over that at a reference.

    .. math:: \frac{k(T)}{k(T_0)} = \exp\left[\frac{E}{k} \left(\frac{1}{T_0} -
        \frac{1}{T}\right)\right]

    Parameters
    ----------
    barrier
        E [J].
    temperature, reference
        [K].

    Returns
    -------
    :
        The ratio.

    Raises
    ------
    ValueError
        If a temperature is not positive.

    Examples
    --------
    >>> from megabar.constants import elementary_charge
    >>> print(f"{rate_ratio(barrier=0.95 * elementary_charge, temperature=330, reference=300):.1f}")
    28.2
    """
    _positive(temperature, "temperature [K]")
    _positive(reference, "reference temperature [K]")
    return exp(barrier / k_boltzmann * (1 / reference - 1 / temperature))


def _positive(value: float, name: str) -> None:
    if not (isfinite(value) and value > 0):
        msg = f"Found {name} {value:g}; nothing follows from one that is not positive. Check it."
        raise ValueError(msg)

r"""The closed formula of the literature for D, with every choice of constants and what it is worth.

.. math:: D = p \, C \, \gamma^4 N T_1 / \ell

For comparison with published numbers only. It supposes extreme narrowing and a rate that is wholly
dipolar, and its prefactor, its constants and its length have been printed in many ways.
:mod:`megabar.observables.diffusivity` is what inverts a measurement.

Twin: ``motion.spectral_densities``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.constants import h, hbar, mu_0, mu_0_over_4pi
from megabar.errors import one_of
from megabar.motion.arguments import positive

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One way to write a part of the formula.

    Parameters
    ----------
    value
        Its number, SI.
    factor
        D with it over D with the right one.
    label
        What it is, and whether it is right.
    """

    value: float
    factor: float
    label: str


_CONTINUUM: Final = 2 * pi / 5


def _prefactor(value: float, label: str, *, halved: bool = False) -> Choice:
    """Take a prefactor; ``halved``: the length that belongs to it is d/2."""
    right = _CONTINUUM / 2 if halved else _CONTINUUM
    return Choice(value=value, factor=value / right, label=label)


PREFACTORS: Final[Mapping[str, Choice]] = MappingProxyType(
    {
        "2pi/5": _prefactor(_CONTINUUM, "continuum, length d; right for jumps much shorter than d"),
        "pi/5": _prefactor(
            pi / 5, "the same with the radius d/2 as length; wrong by 2 with d", halved=True
        ),
        "8pi/15": _prefactor(8 * pi / 15, "length d, without the spin factor I(I+1) = 3/4"),
        "4pi/9": _prefactor(4 * pi / 9, "length d, reflecting wall of a liquid; right for that"),
        "3pi/10": _prefactor(3 * pi / 10, "length d; three quarters of the continuum"),
        "3pi/20": _prefactor(
            3 * pi / 20, "length d/2; three quarters of the continuum", halved=True
        ),
    }
)
"""Prefactor p; its factor is against the continuum with the length that belongs to it."""

MAGNETIC: Final[Mapping[str, Choice]] = MappingProxyType(
    {
        "(mu0/4pi)^2": Choice(value=mu_0_over_4pi**2, factor=1.0, label="SI"),
        "mu0^2": Choice(
            value=mu_0**2,
            factor=(4 * pi) ** 2,
            label="not SI: mu0 written into a formula of Gaussian units, 158 x",
        ),
    }
)
"""Magnetic constant, squared."""

PLANCK: Final[Mapping[str, Choice]] = MappingProxyType(
    {
        "hbar": Choice(value=hbar, factor=1.0, label="right"),
        "h": Choice(value=h, factor=(2 * pi) ** 2, label="h in the place of hbar, 39.5 x"),
        "6.626e-34": Choice(
            value=6.626e-34,
            factor=(6.626e-34 / hbar) ** 2,
            label="h, rounded, in the place of hbar, 39.5 x",
        ),
    }
)
"""Planck constant."""


@dataclass(frozen=True, kw_only=True)
class LiteralDiffusivity:
    """A diffusivity of the closed formula, with what its constants are worth.

    Parameters
    ----------
    diffusivity
        D [m2/s].
    factor
        D over that of the continuum in SI with the same inputs.
    choices
        The words chosen: prefactor, magnetic constant, Planck constant.
    sentence
        What is to be told beside the number.
    """

    diffusivity: float
    factor: float
    choices: tuple[str, str, str]
    sentence: str


def eq1_literal(
    *,
    prefactor: str,
    magnetic: str,
    planck: str,
    gyromagnetic_ratio: float,
    number_density: float,
    length: float,
    t1: float,
) -> LiteralDiffusivity:
    r"""Compute the closed formula exactly as somebody wrote it; never a result of this package.

    .. math:: D = p \, C_\mu \, \hbar^2 \gamma^4 N T_1 / \ell

    Parameters
    ----------
    prefactor
        One of :data:`PREFACTORS`.
    magnetic
        One of :data:`MAGNETIC`.
    planck
        One of :data:`PLANCK`.
    gyromagnetic_ratio
        Of the spins [rad s-1 T-1].
    number_density
        Spins per volume [m-3].
    length
        What the formula calls its length: d, or d/2 where the prefactor says so [m].
    t1
        T1 [s].

    Returns
    -------
    :
        The number, its factor against the continuum in SI, and both in words.

    Raises
    ------
    UnknownWord
        If a choice is not in its list.
    ValueError
        If a number is not positive.

    References
    ----------
    Zhou et al., Nat. Commun. 16, 1135 (2025), doi:10.1038/s41467-025-56033-3, Eq. (1). Abragam, The
    Principles of Nuclear Magnetism, Oxford (1961), ch. VIII, for the continuum.

    Examples
    --------
    >>> found = eq1_literal(
    ...     prefactor="3pi/10", magnetic="mu0^2", planck="hbar", gyromagnetic_ratio=26.752e7,
    ...     number_density=1e29, length=1e-10, t1=1.5e-3)
    >>> print(f"{found.diffusivity * 1e4:.3e} cm2/s, {found.factor:.0f} x")
    1.272e-06 cm2/s, 118 x
    """
    one = PREFACTORS[one_of(prefactor, PREFACTORS, name="prefactor")]
    two = MAGNETIC[one_of(magnetic, MAGNETIC, name="magnetic constant")]
    three = PLANCK[one_of(planck, PLANCK, name="Planck constant")]
    positive(
        [gyromagnetic_ratio, number_density, length, t1],
        name="gyromagnetic ratio, number density, length and T1",
        unit="SI",
    )
    strength = two.value * three.value**2 * gyromagnetic_ratio**4
    d = one.value * strength * number_density * t1 / length
    factor = one.factor * two.factor * three.factor
    parts = "; ".join(
        f"{word}: x {choice.factor:.3g}, {choice.label}"
        for word, choice in ((prefactor, one), (magnetic, two), (planck, three))
    )
    text = (
        f"Literal formula, not a result: D = {d * 1e4:.4g} cm2/s, {factor:.3g} x the continuum in "
        f"SI for the same inputs ({parts}). Supposes extreme narrowing and a wholly dipolar T1."
    )
    return LiteralDiffusivity(
        diffusivity=d, factor=factor, choices=(prefactor, magnetic, planck), sentence=text
    )

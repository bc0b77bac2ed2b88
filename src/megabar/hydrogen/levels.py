r"""How much of space a release needs: dimensionless numbers, closed limits, and their errors.

A grain whose surface is slow against its bulk has the same content everywhere: an ordinary
differential equation tells its loss as well as a partial one, up to an error that is known
beforehand. Published mobilities put grains of superhydrides there, with Biot numbers of 1e-10 to
2e-5.

Twin: ``hydrogen.release``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import one_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

SHAPES: Final[Mapping[str, int]] = MappingProxyType({"plate": 0, "cylinder": 1, "sphere": 2})
"""Shape of a grain -> nu, the power of the radius in its area."""

UNIFORM_BELOW: Final = 0.01
"""Biot number below which a grain is taken as uniform."""

PARABOLIC_BELOW: Final = 0.2
"""Biot number below which its profile is taken as a parabola."""

QUASI_STEADY_BELOW: Final = 0.02
"""Stefan number above which a product layer needs its own profile."""

_UNIFORM: Final = {nu: 1 / ((nu + 3) * np.e) for nu in SHAPES.values()}
_PARABOLIC: Final = {0: 1 / 45, 1: 1 / 48, 2: 3 / 175}

LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ODE0": "grains of uniform content",
        "ODE1": "grains with a parabolic profile",
        "PDE": "grains resolved in space",
    }
)
"""Name of a level -> what it supposes."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Dimensionless numbers of a release; None where nothing of the kind is in the cell.

    Parameters
    ----------
    fourier
        D t/R^2, age in diffusion times.
    biot
        k_s R/D, first-order exchange against the bulk.
    biot_second
        k_r (c0 + c_eq) R/D, recombination against the bulk.
    damkoehler
        k_i R/D_p, interface against product layer.
    stefan
        (x_i - x_s)/(x_h - x_i), what the layer holds against what passes.
    thiele
        R sqrt(k_v/D), transformation in the bulk against diffusion.
    reservoir_over_solid
        Capacity of the reservoir over that of the solid (Lambda).
    sink_over_release
        Conductance of the sink over that of the release (W); the smaller one limits.
    """

    fourier: float
    biot: float | None = None
    biot_second: float | None = None
    damkoehler: float | None = None
    stefan: float | None = None
    thiele: float | None = None
    reservoir_over_solid: float | None = None
    sink_over_release: float | None = None

    @property
    def surface_biot(self) -> float:
        """The surface against the bulk, by all that leaves it; 0 for a closed surface."""
        return (self.biot or 0.0) + (self.biot_second or 0.0)

    @property
    def order(self) -> int:
        """Order of the surface law that the bound is taken for: 2 if hydrogen leaves in pairs."""
        return 2 if self.biot_second else 1


@dataclass(frozen=True, kw_only=True)
class Level:
    """How much of space is kept, why, and what that costs.

    Parameters
    ----------
    name
        One of :data:`LEVELS`.
    bound
        Largest error of the mean content from what is left out, as a share of what can be lost;
        None for the PDE, whose error is that of its grid.
    numbers
        What it was chosen by.
    words
        The choice in one sentence.
    """

    name: str
    bound: float | None
    numbers: Numbers
    words: str

    @property
    def status(self) -> str:
        """Short name for reports, such as ``LEVEL_ODE0``."""
        return f"LEVEL_{self.name}"


def collapse_bound(*, level: str, shape: str, order: int, biot: float) -> float:
    r"""Bound the error of the mean content if a grain is not resolved in space.

    .. math:: \max \frac{|\Delta \bar c|}{c_0 - c_\text{eq}} \le
        \frac{\mathrm{Bi}}{(\nu + 3)\, e} \text{ (ODE0)}, \quad
        p\, a_\nu\, \mathrm{Bi}^2 \text{ (ODE1)}, \quad
        a_\nu = \tfrac{1}{45}, \tfrac{1}{48}, \tfrac{3}{175}

    For a uniform start, constant D, and a surface law of order p. The error of the parabola is
    made while it builds up, :math:`t \approx R^2/10 D`: the surface then still gives more than the
    parabola says, by an amount that goes with the slope of its law, so twice as much for pairs.
    For p = 1 it is the amplitude of the slowest mode, :math:`1 - a_\nu \mathrm{Bi}^2`.

    Parameters
    ----------
    level
        ``"ODE0"`` or ``"ODE1"``.
    shape
        ``"plate"``, ``"cylinder"`` or ``"sphere"``.
    order
        1 for exchange, 2 for recombination.
    biot
        k_s R/D, or k_r (c0 + c_eq) R/D.

    Returns
    -------
    :
        Share of what can be lost.

    Raises
    ------
    UnknownWord
        If level or shape is unknown.
    ValueError
        If the order is neither 1 nor 2, or the Biot number is negative or not finite.

    Examples
    --------
    >>> print(f"{collapse_bound(level='ODE0', shape='sphere', order=1, biot=0.01):.1e}")
    7.4e-04
    """
    one_of(level, ("ODE0", "ODE1"), name="level")
    nu = _checked(shape, order, biot)
    return float(_UNIFORM[nu] * biot if level == "ODE0" else order * _PARABOLIC[nu] * biot**2)


def choose_level(
    numbers: Numbers, *, shape: str, plateau: bool, uniform_start: bool, constant_diffusivity: bool
) -> Level:
    """Choose how much of space to keep, by the dimensionless numbers.

    Uniform below Bi = 0.01, a parabola below 0.2, else all of it; all of it too if a plateau, a
    product layer of St above 0.02, a mobility that goes with content, or an uneven start breaks
    the argument behind the bounds.

    Parameters
    ----------
    numbers
        Of the grain and its surface.
    shape
        ``"plate"``, ``"cylinder"`` or ``"sphere"``.
    plateau
        Whether the isotherm has a plateau inside the range of contents.
    uniform_start
        Whether all of a grain starts with one content.
    constant_diffusivity
        Whether D is the same at all contents.

    Returns
    -------
    :
        The level with its bound and the reason.

    Raises
    ------
    UnknownWord
        If the shape is unknown.
    ValueError
        If the Biot number is negative or not finite.

    Examples
    --------
    >>> chosen = choose_level(Numbers(fourier=5e8, biot=4e-10), shape="sphere", plateau=False,
    ...                       uniform_start=True, constant_diffusivity=True)
    >>> print(chosen.words)
    Grains of uniform content (Bi 4e-10); the error is at most 2.9e-11 of what can be lost.
    """
    one_of(shape, SHAPES, name="shape of a grain")
    biot = numbers.surface_biot
    _not_negative(biot, name="Biot number")
    reason = _reason_for_space(
        numbers,
        plateau=plateau,
        uniform_start=uniform_start,
        constant_diffusivity=constant_diffusivity,
    )
    if reason is None and biot >= PARABOLIC_BELOW:
        reason = f"Bi {biot:.2g} is not small"
    if reason is not None:
        return Level(
            name="PDE", bound=None, numbers=numbers, words=f"Grains resolved in space: {reason}."
        )
    name = "ODE0" if biot < UNIFORM_BELOW else "ODE1"
    bound = collapse_bound(level=name, shape=shape, order=numbers.order, biot=biot)
    return Level(
        name=name,
        bound=bound,
        numbers=numbers,
        words=(
            f"{LEVELS[name].capitalize()} (Bi {biot:.2g}); the error is at most {bound:.2g} "
            "of what can be lost."
        ),
    )


def _reason_for_space(
    numbers: Numbers, *, plateau: bool, uniform_start: bool, constant_diffusivity: bool
) -> str | None:
    if plateau:
        return "the isotherm has a plateau"
    if numbers.stefan is not None and numbers.stefan > QUASI_STEADY_BELOW:
        return f"the product layer holds hydrogen of its own (St {numbers.stefan:.2g})"
    if not uniform_start:
        return "the start is not uniform"
    if not constant_diffusivity:
        return "the diffusivity goes with the content"
    return None


def uniform_grain(
    *, shape: str, order: int, biot: float, fourier: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute the mean content of a grain that is uniform (ODE0), over its start.

    .. math:: \bar c/c_0 = e^{-s} \text{ (order 1)}, \quad \frac{1}{1 + s} \text{ (order 2)},
        \quad s = (\nu + 1)\, \mathrm{Bi}\, \mathrm{Fo}

    Parameters
    ----------
    shape
        ``"plate"``, ``"cylinder"`` or ``"sphere"``.
    order
        1 for exchange, 2 for recombination; both towards nothing.
    biot
        k_s R/D, or k_r c0 R/D.
    fourier
        D t/R^2, any shape.

    Returns
    -------
    :
        Share of the initial content, shape of ``fourier``.

    Raises
    ------
    UnknownWord
        If the shape is unknown.
    ValueError
        If the order is neither 1 nor 2, or the Biot number is negative.

    Examples
    --------
    >>> print(f"{uniform_grain(shape='sphere', order=1, biot=0.01, fourier=10.0):.6f}")
    0.740818
    """
    nu = _checked(shape, order, biot)
    reduced = (nu + 1) * biot * np.asarray(fourier, dtype=np.float64)
    return np.exp(-reduced) if order == 1 else 1 / (1 + reduced)


def parabolic_grain(
    *, shape: str, order: int, biot: float, fourier: ArrayLike
) -> NDArray[np.float64]:
    r"""Compute the mean content of a grain with a parabolic profile (ODE1), over its start.

    The surface lags by :math:`\bar c - c_s = J R/[D(\nu+3)]`; with :math:`b = \mathrm{Bi}/(\nu+3)`

    .. math:: \bar c/c_0 = e^{-s/(1+b)} \text{ (order 1)}

    and for order 2, with :math:`u = c_s/c_0`, :math:`\bar c/c_0 = u + b u^2` where

    .. math:: \frac{1}{u} - 2 b \ln u = \frac{1}{u_0} - 2 b \ln u_0 + s, \quad
        u_0 = \frac{2}{1 + \sqrt{1 + 4 b}}

    Parameters
    ----------
    shape
        ``"plate"``, ``"cylinder"`` or ``"sphere"``.
    order
        1 for exchange, 2 for recombination; both towards nothing.
    biot
        k_s R/D, or k_r c0 R/D.
    fourier
        D t/R^2, any shape.

    Returns
    -------
    :
        Share of the initial content, shape of ``fourier``.

    Raises
    ------
    UnknownWord
        If the shape is unknown.
    ValueError
        If the order is neither 1 nor 2, or the Biot number is negative.

    Examples
    --------
    >>> print(f"{parabolic_grain(shape='sphere', order=2, biot=0.1, fourier=0.0):.6f}")
    1.000000
    """
    nu = _checked(shape, order, biot)
    lag = biot / (nu + 3)
    reduced = (nu + 1) * biot * np.asarray(fourier, dtype=np.float64)
    if order == 1:
        return np.exp(-reduced / (1 + lag))
    surface = _surface_by_recombination(lag, reduced)
    return surface + lag * surface**2


def _surface_by_recombination(lag: float, reduced: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve v + 2 b ln v = target for v = 1/u through the Wright omega function."""
    from scipy.special import wrightomega

    start = (1 + sqrt(1 + 4 * lag)) / 2
    target = start + 2 * lag * np.log(start) + reduced
    if lag == 0:
        return np.asarray(1 / target)
    return np.asarray(1 / (2 * lag * wrightomega(target / (2 * lag) - np.log(2 * lag))))


def first_decay_root(*, biot: float) -> float:
    r"""Compute the slowest decay of a sphere with first-order exchange.

    .. math:: \beta_1 \cot \beta_1 + \mathrm{Bi} - 1 = 0, \qquad
        \bar c \sim e^{-\beta_1^2\, \mathrm{Fo}}, \qquad
        \beta_1^2 \approx \frac{3\, \mathrm{Bi}}{1 + \mathrm{Bi}/5}

    Parameters
    ----------
    biot
        k_s R/D, above zero.

    Returns
    -------
    :
        :math:`\beta_1^2`.

    Raises
    ------
    ValueError
        If the Biot number is not positive.

    References
    ----------
    Crank, The Mathematics of Diffusion, 2nd ed., Oxford (1975), Eq. 6.42.

    Examples
    --------
    >>> print(f"{first_decay_root(biot=1.0):.8f}")
    2.46740110
    """
    from scipy.optimize import brentq
    from scipy.special import spherical_jn

    if not (isfinite(biot) and biot > 0):
        msg = f"Found Biot number {biot:g}; a decay needs a positive one. Check rate and size."
        raise ValueError(msg)

    def miss(beta: float) -> float:
        return float(biot * spherical_jn(0, beta) - beta * spherical_jn(1, beta))

    least = 0.5 * min(sqrt(3 * biot / (1 + biot / 5)), np.pi / 2)
    return float(brentq(miss, least, np.pi, xtol=1e-15, rtol=1e-14)) ** 2


def _checked(shape: str, order: int, biot: float) -> int:
    one_of(shape, SHAPES, name="shape of a grain")
    if order not in (1, 2):
        msg = f"Found order {order}; exchange has 1, recombination 2. Write one of them."
        raise ValueError(msg)
    _not_negative(biot, name="Biot number")
    return SHAPES[shape]


def _not_negative(value: float, *, name: str) -> None:
    if not (isfinite(value) and value >= 0):
        msg = f"Found {name} {value:g}; it is 0 or more. Check signs and units."
        raise ValueError(msg)

r"""Rate laws without space: closed curves of hydrogen loss, and what they become for many sizes.

Every law gives the fraction lost :math:`\alpha = (x_0 - x)/(x_0 - x_\infty)` at the reduced time
:math:`\tau = k t`. A law knows how its rate goes with the radius of a grain, :math:`k \propto R^m`;
a lognormal spread of radii then changes its form: a contracting sphere with a spread of 0.6 looks
first order. Compiled scalars for inner loops: ``hydrogen.rate_kernels``.

Twin: ``inference.desorption``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numba
import numpy as np

from megabar.errors import one_of
from megabar.hydrogen import rate_kernels as kernels
from megabar.hydrogen.grain_sizes import hermite_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

SIZE_NODES: Final = 41
"""Nodes of an average over sizes: smooth laws need 5, and get 41 where time does not matter."""

_EXACT: Final = (kernels.CONTRACT, kernels.LAYER)  # averaged by laws of their own


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """One rate-limiting step and its closed curve.

    Parameters
    ----------
    name
        By which it is called.
    code
        Its number in ``rate_kernels.fraction``.
    words
        What limits the loss.
    formula
        Fraction lost at the reduced time.
    family
        What data can tell apart: ``"surface or interface"``, ``"diffusive"``, ``"sink"``,
        ``"two-step"``.
    size_exponent
        m in k ~ R^m.
    shapes
        Name -> (least, most) of what the curve needs besides the reduced time.
    ends_at
        Reduced time at which all is lost; infinite if never.
    early
        (coefficient, power): the loss starts as coefficient tau^power; None if shapes decide.
    valid
        When the formula holds.
    source
        Where it comes from.
    """

    name: str
    code: int
    words: str
    formula: str
    family: str
    size_exponent: int
    shapes: Mapping[str, tuple[float, float]]
    ends_at: float
    early: tuple[float, float] | None
    valid: str
    source: str


def _mechanism(
    name: str,
    code: int,
    *,
    words: str,
    formula: str,
    family: str,
    valid: str,
    source: str,
    size_exponent: int = 0,
    shapes: Mapping[str, tuple[float, float]] | None = None,
    ends_at: float = inf,
    early: tuple[float, float] | None = None,
) -> Mechanism:
    return Mechanism(
        name=name, code=code, words=words, formula=formula, family=family, valid=valid,
        source=source, size_exponent=size_exponent, shapes=MappingProxyType(dict(shapes or {})),
        ends_at=ends_at, early=early,
    )  # fmt: skip


_SURFACE, _DIFFUSIVE, _SINK, _STEPS = "surface or interface", "diffusive", "sink", "two-step"
_CRANK: Final = "Crank, The Mathematics of Diffusion, 2nd ed., Oxford (1975)"

MECHANISMS: Final[Mapping[str, Mechanism]] = MappingProxyType(
    {
        one.name: one
        for one in (
            _mechanism(
                "zero", kernels.ZERO,
                words="a sink or barrier that takes a constant flux",
                formula="tau, until 1", family=_SINK, ends_at=1.0, early=(1.0, 1.0),
                valid="the conductance of the sink is far below that of the release",
                source="balance of atoms",
            ),
            _mechanism(
                "first", kernels.FIRST,
                words="first-order exchange at the surface of a uniform grain",
                formula="1 - exp(-tau), k = (nu+1) k_s/R", family=_SURFACE, size_exponent=-1,
                early=(1.0, 1.0), valid="Bi << 1", source=_CRANK,
            ),
            _mechanism(
                "second", kernels.SECOND,
                words="recombination in pairs at the surface of a uniform grain",
                formula="f (1+q)/(1 + f (1-q)), f = (1 - exp(-2 q tau))/(2 q), q = x_inf/x0",
                family=_SURFACE, size_exponent=-1, shapes={"ratio": (0.0, 1.0)},
                valid="Bi2 << 1", source="balance of atoms, J = k_r (c^2 - c_eq^2)",
            ),
            _mechanism(
                "contract", kernels.CONTRACT,
                words="a phase front that moves at constant speed",
                formula="1 - (1 - tau)^(nu+1)", family=_SURFACE, size_exponent=-1,
                shapes={"nu": (0.0, 2.0)}, ends_at=1.0, valid="Da_i << 1",
                source="Brown, Dollimore, Galwey, Reactions in the Solid State, Elsevier (1980)",
            ),
            _mechanism(
                "layer", kernels.LAYER,
                words="diffusion through the layer of product around a sphere",
                formula="1 - 2 alpha/3 - (1 - alpha)^(2/3) = tau, "
                "k = 2 D_p (x_i - x_s)/[R^2 (x_h - x_s)]",
                family=_DIFFUSIVE, size_exponent=-2, ends_at=1 / 3, early=(3.0, 0.5),
                valid="St << 1 and Da_i >> 1",
                source="Ginstling, Brounshtein, J. Appl. Chem. USSR 23, 1327 (1950)",
            ),
            _mechanism(
                "sqrt", kernels.SQRT,
                words="a sink of unlimited depth",
                formula="sqrt(tau), until 1", family=_SINK, ends_at=1.0, early=(1.0, 0.5),
                valid="the sink is thicker than sqrt(4 D t)", source=_CRANK,
            ),
            _mechanism(
                "fick", kernels.FICK,
                words="diffusion inside the grain",
                formula="1 - (6/pi^2) sum exp(-m^2 pi^2 tau)/m^2, tau = D t/R^2",
                family=_DIFFUSIVE, size_exponent=-2, early=(6 / np.sqrt(np.pi), 0.5),
                valid="Bi >> 1", source=f"{_CRANK}, Eq. 6.20",
            ),
            _mechanism(
                "jmak", kernels.JMAK,
                words="nucleation and growth",
                formula="1 - exp(-tau^n)", family=_SURFACE, shapes={"order": (0.1, 8.0)},
                valid="many nuclei in each grain; n below 0.8 resembles a diffusive law",
                source="Avrami, J. Chem. Phys. 7, 1103 (1939), doi:10.1063/1.1750380",
            ),
            _mechanism(
                "serial", kernels.SERIAL,
                words="two steps, with a state that lives in between",
                formula="1 - exp(-tau) - s [exp(-tau) - exp(-r tau)]/(r - 1), r = k2/k1, "
                "s = (x_mid - x_inf)/(x0 - x_inf)",
                family=_STEPS, size_exponent=-1,
                shapes={"ratio": (1e-6, 1e6), "share": (0.0, 1.0)},
                valid="each step is first order",
                source="Bateman, Proc. Cambridge Philos. Soc. 15, 423 (1910)",
            ),
            _mechanism(
                "reservoir", kernels.RESERVOIR,
                words="hydride in balance with a reservoir that leaks slowly",
                formula="x - x_inf = X u/(1+u), "
                "ln u + (X/K) [ln(u/(1+u)) + 1/(1+u)] = const - tau",
                family=_SINK, shapes={"capacity": (0.0, 1e4), "excess": (1e-6, 1e6)},
                valid="exchange is fast against the leak; isotherm x_inf + X u/(1+u)",
                source="balance of atoms",
            ),
        )
    }
)  # fmt: skip
"""Name -> mechanism, in the order of their codes."""


def reacted(
    name: str, *, tau: ArrayLike, spread: float, n_nodes: int = SIZE_NODES, **shapes: float
) -> NDArray[np.float64]:
    r"""Compute the fraction lost at a reduced time, averaged over the sizes of the grains.

    .. math:: \alpha(\tau) = \sum_g w_g\, \alpha_1\!\left(\tau e^{m \sigma z_g}\right)

    Parameters
    ----------
    name
        One of :data:`MECHANISMS`.
    tau
        :math:`k t` of the grain at the volume median, any shape, 0 or more.
    spread
        :math:`\sigma`, standard deviation of ln R; 0 for one size.
    n_nodes
        Nodes of the average; ``contract`` and ``layer`` are averaged by laws of their own.
    **shapes
        What the mechanism needs besides: ``ratio`` (second), ``nu`` (contract), ``order`` (jmak),
        ``ratio`` and ``share`` (serial), ``capacity`` and ``excess`` (reservoir).

    Returns
    -------
    :
        Fraction lost, 0 to 1, shape of ``tau``.

    Raises
    ------
    UnknownWord
        If the mechanism is unknown.
    ValueError
        If a time is negative, a shape is missing, unexpected or outside its range.

    Examples
    --------
    >>> print(f"{reacted('layer', tau=1 / 30, spread=0.0):.6f}")
    0.479894
    >>> print(f"{reacted('contract', tau=0.5, spread=0.6, nu=2):.5f}")
    0.82120
    """
    one_of(name, MECHANISMS, name="mechanism")
    mechanism = MECHANISMS[name]
    one, two = _checked_shapes(mechanism, shapes)
    times = _checked_times(tau)
    z, weights = hermite_nodes(n_nodes if _feels_sizes(mechanism, spread) else 1)
    out = np.empty(times.size)
    speeds = np.exp(mechanism.size_exponent * spread * z)
    _fill(mechanism.code, times.ravel(), one, two, spread, speeds, weights, out)
    return out.reshape(times.shape)


def content(
    name: str,
    *,
    elapsed: ArrayLike,
    rate: float,
    initial: float,
    final: float,
    spread: float,
    n_nodes: int = SIZE_NODES,
    **shapes: float,
) -> NDArray[np.float64]:
    r"""Compute hydrogen per metal after a time.

    .. math:: x(t) = x_0 - (x_0 - x_\infty)\, \alpha(k t)

    Parameters
    ----------
    name
        One of :data:`MECHANISMS`.
    elapsed
        Time since the start [s], any shape, 0 or more.
    rate
        k of the grain at the volume median [1/s].
    initial, final
        :math:`x_0` and :math:`x_\infty`, H per metal.
    spread
        Standard deviation of ln R; 0 for one size.
    n_nodes
        Nodes of the average over sizes.
    **shapes
        As for :func:`reacted`, except that ``second`` takes its ratio from the contents and
        ``serial`` takes ``ratio`` and ``middle``, the content of the state in between.

    Returns
    -------
    :
        H per metal, shape of ``elapsed``.

    Raises
    ------
    UnknownWord
        If the mechanism is unknown.
    ValueError
        If the contents do not fall, the rate is not positive, or as for :func:`reacted`.

    Examples
    --------
    >>> x = content("second", elapsed=0.25, rate=1.0, initial=10.5, final=3.0, spread=0.0)
    >>> print(f"{x:.6f}")
    8.574048
    >>> x = content("serial", elapsed=0.5, rate=1.0, initial=10.5, final=3.0, spread=0.0,
    ...             ratio=2.0, middle=6.0)
    >>> print(f"{x:.6f}")
    8.264934
    """
    one_of(name, MECHANISMS, name="mechanism")
    if not (isfinite(rate) and rate > 0):
        msg = f"Found rate {rate:g} /s; a loss needs a positive one. Check its unit."
        raise ValueError(msg)
    if not 0 <= final < initial < inf:
        msg = (
            f"Found contents from {initial:g} to {final:g} H per metal; a law of loss falls, to 0 "
            "or more. Without loss there is no law."
        )
        raise ValueError(msg)
    shapes = _shapes_from_contents(name, shapes, initial=initial, final=final)
    times = np.asarray(elapsed, dtype=np.float64) * rate
    lost = reacted(name, tau=times, spread=spread, n_nodes=n_nodes, **shapes)
    return initial - (initial - final) * lost


def _shapes_from_contents(
    name: str, shapes: Mapping[str, float], *, initial: float, final: float
) -> dict[str, float]:
    """Replace what is said in contents by what the curves take."""
    found = dict(shapes)
    if name == "second":
        found["ratio"] = final / initial
    if name == "serial" and "middle" in found:
        found["share"] = (found.pop("middle") - final) / (initial - final)
    return found


def _checked_shapes(mechanism: Mechanism, shapes: Mapping[str, float]) -> tuple[float, float]:
    if set(shapes) != set(mechanism.shapes):
        needed = ", ".join(mechanism.shapes) or "none"
        msg = (
            f"Found the shapes {', '.join(sorted(shapes)) or 'none'} for {mechanism.name}; it "
            f"takes {needed}. Name each of them once."
        )
        raise ValueError(msg)
    for name, (least, most) in mechanism.shapes.items():
        if not least <= shapes[name] <= most:
            msg = (
                f"Found {name} {shapes[name]:g} for {mechanism.name}; its curve is known for "
                f"{least:g} to {most:g}. Check it."
            )
            raise ValueError(msg)
    values = [float(shapes[name]) for name in mechanism.shapes]
    first, second = (*values, 0.0, 0.0)[:2]
    return first, second


def _checked_times(tau: ArrayLike) -> NDArray[np.float64]:
    times = np.asarray(tau, dtype=np.float64)
    if not np.all(times >= 0):
        msg = "Found a time before the start, or none; a loss is known from 0 on. Check the signs."
        raise ValueError(msg)
    return times


def _feels_sizes(mechanism: Mechanism, spread: float) -> bool:
    if not (isfinite(spread) and spread >= 0):
        msg = f"Found spread {spread:g}; the standard deviation of ln R is 0 or more. Check it."
        raise ValueError(msg)
    return spread > 0 and mechanism.size_exponent != 0 and mechanism.code not in _EXACT


@numba.njit(cache=True, error_model="numpy")
def _fill(
    code: int,
    tau: NDArray[np.float64],
    one: float,
    two: float,
    spread: float,
    speeds: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    for i in range(tau.size):
        out[i] = kernels.averaged(code, tau[i], one, two, spread, speeds, weights)

r"""Rate laws as compiled scalars: a fraction lost at a reduced time, without an array in sight.

Each function takes the reduced time :math:`\tau = k t \ge 0` and gives
:math:`\alpha = (x_0 - x)/(x_0 - x_\infty)`. Other compiled code calls them one value at a time;
people call ``hydrogen.rates``.
"""

from __future__ import annotations

from math import asin, erfc, exp, expm1, log, log1p, pi, sin, sqrt
from typing import TYPE_CHECKING, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ZERO: Final = 0
FIRST: Final = 1
SECOND: Final = 2
CONTRACT: Final = 3
LAYER: Final = 4
SQRT: Final = 5
FICK: Final = 6
JMAK: Final = 7
SERIAL: Final = 8
RESERVOIR: Final = 9

FICK_JOIN: Final = 0.04
"""Fourier number of the join; below it 10 terms of images, above it 10 of the series, differ by
4e-13."""

_FRESH_PRODUCT: Final = 1e-8
_LIMIT: Final = 5.5  # 4e-8 of the substance is beyond that many standard deviations
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)


@numba.njit(cache=True, error_model="numpy")
def zero(tau: float) -> float:
    """Constant flux, until nothing is left."""
    return min(tau, 1.0)


@numba.njit(cache=True, error_model="numpy")
def first(tau: float) -> float:
    """First-order exchange of a uniform grain."""
    return -expm1(-tau)


@numba.njit(cache=True, error_model="numpy")
def second(tau: float, ratio: float) -> float:
    """Recombination in pairs towards `ratio` = x_inf/x0; the limit 0 needs no branch of its own.

    With f = (1 - exp(-2 q tau))/(2 q): alpha = f (1 + q)/(1 + f (1 - q)).
    """
    reduced = 2.0 * ratio * tau
    gone = tau if reduced < _FRESH_PRODUCT else -expm1(-reduced) / (2.0 * ratio)
    return gone * (1.0 + ratio) / (1.0 + gone * (1.0 - ratio))


@numba.njit(cache=True, error_model="numpy")
def contract(tau: float, nu: float) -> float:
    """Front of constant speed in a plate (0), cylinder (1), sphere (2)."""
    if tau >= 1.0:
        return 1.0
    return -expm1((nu + 1.0) * log1p(-tau))


@numba.njit(cache=True, error_model="numpy")
def layer(tau: float) -> float:
    """Diffusion through the product layer of a sphere, Ginstling-Brounshtein solved in closed form.

    With y = (1 - alpha)^(1/3) the law is 2 y^3 - 3 y^2 + 1 = 3 tau, a cubic with the root
    1 - y = 2 sin(pi/3 + d/2) sin(d/2), d = (2/3) arcsin(sqrt(3 tau)).
    """
    if tau >= 1.0 / 3.0:
        return 1.0
    half = asin(sqrt(3.0 * tau)) / 3.0
    front = 2.0 * sin(pi / 3.0 + half) * sin(half)
    return front * (3.0 - front * (3.0 - front))


@numba.njit(cache=True, error_model="numpy")
def square_root(tau: float) -> float:
    """Semi-infinite sink, until nothing is left."""
    return 1.0 if tau >= 1.0 else sqrt(tau)


@numba.njit(cache=True, error_model="numpy")
def fick(fourier: float) -> float:
    """Diffusion out of a sphere whose surface is held at the end."""
    if fourier < FICK_JOIN:
        return 6.0 * sqrt(fourier / pi) - 3.0 * fourier
    q = exp(-pi * pi * fourier)
    term, step, square = q, q * q * q, q * q
    left = term
    for m in range(2, 11):
        term *= step
        step *= square
        left += term / (m * m)
    return 1.0 - 6.0 / (pi * pi) * left


@numba.njit(cache=True, error_model="numpy")
def jmak(tau: float, order: float) -> float:
    """Nucleation and growth, Johnson-Mehl-Avrami-Kolmogorov."""
    return -expm1(-(tau**order))


@numba.njit(cache=True, error_model="numpy")
def serial(tau: float, ratio: float, share: float) -> float:
    """Two steps: `ratio` = k2/k1, `share` = part of the loss that waits in the middle state."""
    slow, gap = (1.0, ratio - 1.0) if ratio >= 1.0 else (ratio, 1.0 - ratio)
    shape = tau if gap * tau < _FRESH_PRODUCT else -expm1(-gap * tau) / gap
    return -expm1(-tau) - share * exp(-slow * tau) * shape


@numba.njit(cache=True, error_model="numpy")
def reservoir(tau: float, capacity: float, excess: float) -> float:
    """Hydride in balance with a reservoir that leaks.

    x - x_inf = X u/(1 + u), u the reservoir in units of its half-filling amount K, `capacity` =
    X/K, `excess` = u at the start: ln u + L [ln(u/(1 + u)) + 1/(1 + u)] = const - tau.
    The left side rises and is concave in ln u: Newton from below cannot overshoot.
    """
    if tau <= 0.0:
        return 0.0
    start = log(excess)
    target = start + capacity * (start - log1p(excess) + 1.0 / (1.0 + excess)) - tau
    w = (target - capacity) / (1.0 + capacity)
    for _ in range(60):
        u = exp(w)
        free = 1.0 / (1.0 + u)
        miss = target - w - capacity * (w - log1p(u) + free)
        step = miss / (1.0 + capacity * free * free)
        w += step
        if abs(step) < 1e-13 * (1.0 + abs(w)):
            break
    u = exp(w)
    return max(1.0 - u * (1.0 + excess) / ((1.0 + u) * excess), 0.0)


@numba.njit(cache=True, error_model="numpy")
def fraction(code: int, tau: float, one: float, two: float) -> float:
    """Fraction lost by the mechanism of this code; `one` and `two` are its shapes, else unused."""
    if code == FIRST:
        return first(tau)
    if code == CONTRACT:
        return contract(tau, one)
    if code == SECOND:
        return second(tau, one)
    if code == LAYER:
        return layer(tau)
    if code == FICK:
        return fick(tau)
    return _fraction_without_size(code, tau, one, two)


@numba.njit(cache=True, error_model="numpy")
def _fraction_without_size(code: int, tau: float, one: float, two: float) -> float:
    if code == ZERO:
        return zero(tau)
    if code == SQRT:
        return square_root(tau)
    if code == JMAK:
        return jmak(tau, one)
    if code == SERIAL:
        return serial(tau, one, two)
    return reservoir(tau, one, two)


@numba.njit(cache=True, error_model="numpy")
def contract_averaged(tau: float, nu: float, spread: float) -> float:
    """Front in lognormal grains, exactly: partial moments in the place of a quadrature.

    The reduced time of a grain is tau s with ln s normal; the mean of s^j over s < 1/tau is
    exp(j^2 sigma^2/2) Phi(-ln(tau)/sigma - j sigma).
    """
    if tau <= 0.0:
        return 0.0
    if spread == 0.0:
        return contract(tau, nu)
    limit = -log(tau) / spread
    left, binomial, power = 0.0, 1.0, 1.0
    order = int(nu) + 1
    for j in range(order + 1):
        moment = exp(0.5 * (j * spread) ** 2) * 0.5 * erfc((j * spread - limit) / sqrt(2.0))
        left += binomial * power * moment
        binomial *= (order - j) / (j + 1.0)
        power *= -tau
    return 1.0 - left


@numba.njit(cache=True, error_model="numpy")
def layer_averaged(tau: float, spread: float) -> float:
    """Product layer in lognormal grains; nodes only where something is left.

    Grains with z < z* = ln(3 tau)/(2 sigma) are done. What is left of the others starts as
    (z - z*)^(3/2), smooth in w = sqrt(z - z*): 20 nodes know the mean to 6e-7.
    """
    if tau <= 0.0 or spread == 0.0:
        return layer(max(tau, 0.0))
    done = max(log(3.0 * tau) / (2.0 * spread), -_LIMIT)
    if done >= _LIMIT:
        return 1.0
    half = 0.5 * sqrt(_LIMIT - done)
    left, weight = 0.0, 0.0
    for i in range(_NODES.size):
        w = half * (1.0 + _NODES[i])
        z = done + w * w
        share = _WEIGHTS[i] * w * exp(-0.5 * z * z)
        left += share * (1.0 - layer(tau * exp(-2.0 * spread * z)))
        weight += share
    above = 0.5 * erfc(done / sqrt(2.0)) if done > -_LIMIT else 1.0
    return 1.0 - above * left / weight


@numba.njit(cache=True, error_model="numpy")
def averaged(
    code: int, tau: float, one: float, two: float, spread: float, speeds: Array, weights: Array
) -> float:
    """Fraction lost by lognormal grains; `speeds` = (R_g/R0)^m (n,), `weights` (n,) of sum 1.

    A front and a product layer have a kink when they reach the centre, which defeats the nodes:
    they are averaged by laws of their own, everything else by the nodes.
    """
    if code == CONTRACT:
        return contract_averaged(tau, one, spread)
    if code == LAYER:
        return layer_averaged(tau, spread)
    total = 0.0
    for g in range(speeds.size):
        total += weights[g] * fraction(code, tau * speeds[g], one, two)
    return total

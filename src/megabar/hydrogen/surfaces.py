r"""What a surface lets through: first and second order, a step of solubility, an adsorbed layer.

Every law is written for a finite volume whose centre lies behind the conductance
:math:`a = D/\delta` of half a cell. The surface value is eliminated in closed form, in a form
without cancellation: at a Biot number of 1e-10 the difference of two nearly equal contents would
hold no digit. A flux counts ATOMS of hydrogen: two for each molecule that leaves.

All functions are compiled and take plain numbers, by position.

References
----------
Pick and Sonnenberg, J. Nucl. Mater. 131, 208 (1985), doi:10.1016/0022-3115(85)90459-3.
"""

from __future__ import annotations

from math import sqrt

import numba


@numba.njit(cache=True, error_model="numpy")
def first_order(
    content: float, conductance: float, rate: float, equilibrium: float
) -> tuple[float, float, float]:
    r"""Give J = k (c_s - q) behind half a cell, and its slopes to the content and to q.

    .. math:: J = \frac{a k}{a + k} (c - q); \quad a = 0 \text{ means a uniform grain: } J = k(c-q)
    """
    through = rate if conductance <= 0.0 else conductance * rate / (conductance + rate)
    return through * (content - equilibrium), through, -through


@numba.njit(cache=True, error_model="numpy")
def second_order(
    content: float, conductance: float, rate: float, square: float
) -> tuple[float, float, float]:
    r"""Give J = k (c_s^2 - q) behind half a cell, and its slopes; q is the square at equilibrium.

    .. math:: c_s = \frac{2 m}{a + \sqrt{a^2 + 4 k m}}, \quad m = a c + k q

    With :math:`s = 2 k c_s`: :math:`\partial J/\partial c = a s/(a + s)`,
    :math:`\partial J/\partial q = -a k/(a + s)`.
    """
    if conductance <= 0.0:
        level = max(content, 0.0)
        return rate * (level * level - square), 2.0 * rate * level, -rate
    supply = max(conductance * content + rate * square, 0.0)
    root = sqrt(conductance * conductance + 4.0 * rate * supply)
    at_surface = 2.0 * supply / (conductance + root)
    stiffness = 2.0 * rate * at_surface
    share = conductance / (conductance + stiffness)
    # J = a (c - c_s), without the difference: c_s (a + k c_s) = a c + k q
    flux = conductance * rate * (content * at_surface - square) / (conductance + rate * at_surface)
    return flux, share * stiffness, -share * rate


@numba.njit(cache=True, error_model="numpy")
def sieverts_step(
    left: float, right: float, left_conductance: float, right_conductance: float, constant: float
) -> tuple[float, float, float]:
    r"""Give the flux across an interface where c_left = K sqrt(c_right), and its slopes.

    .. math:: z = \sqrt{c_{r,s}}: \quad a_r z^2 + a_l K z = a_l c_l + a_r c_r, \quad
        J = a_l (c_l - K z)
    """
    supply = max(left_conductance * left + right_conductance * right, 0.0)
    linear = left_conductance * constant
    z = 2.0 * supply / (linear + sqrt(linear * linear + 4.0 * right_conductance * supply))
    inner = 2.0 * right_conductance * z + linear
    if inner <= 0.0:
        return left_conductance * left, left_conductance, 0.0
    to_left = left_conductance * (1.0 - linear / inner)
    to_right = -linear * right_conductance / inner
    return left_conductance * (left - constant * z), to_left, to_right


@numba.njit(cache=True, error_model="numpy")
def subsurface(
    coverage: float,
    content: float,
    conductance: float,
    into_bulk: float,
    into_layer: float,
    sites: float,
) -> tuple[float, float, float]:
    r"""Give the flux from an adsorbed layer into the bulk, and its slopes.

    .. math:: J = k_{in} \theta (1 - c_m/n) - k_{out} c_m (1 - \theta) = a (c_m - c)

    The content :math:`c_m` below the layer is eliminated; the layer of half a cell holds nothing.

    Notes
    -----
    ``into_bulk`` is :math:`k_{sb} n_{surf}` [atoms/m2/s], ``into_layer`` is
    :math:`k_{bs} \lambda` [m/s], ``sites`` the largest content of the bulk.
    """
    down, up = into_bulk * coverage, into_layer * (1.0 - coverage)
    exit_rate = down / sites + up
    whole = conductance + exit_rate
    below = (conductance * content + down) / whole
    flux = conductance * (down - content * exit_rate) / whole
    to_content = -conductance * exit_rate / whole
    slope_down, slope_exit = into_bulk, into_bulk / sites - into_layer
    to_coverage = conductance * (slope_down - below * slope_exit) / whole
    return flux, to_coverage, to_content


@numba.njit(cache=True, error_model="numpy")
def desorption(
    coverage: float, pressure: float, leaving: float, sticking: float
) -> tuple[float, float, float]:
    r"""Give the flux of atoms from an adsorbed layer to the gas, and its slopes.

    .. math:: J = 2 k_{des} (\theta n_{surf})^2 - 2 S_0 (1-\theta)^2 \frac{P}{\sqrt{2 \pi m k T}}

    Notes
    -----
    ``leaving`` is :math:`2 k_{des} n_{surf}^2`, ``sticking`` is :math:`2 S_0/\sqrt{2 \pi m k T}`.
    A gas of molecules that fly freely: low pressure only.
    """
    free = 1.0 - coverage
    flux = leaving * coverage * coverage - sticking * free * free * pressure
    to_coverage = 2.0 * leaving * coverage + 2.0 * sticking * free * pressure
    return flux, to_coverage, -sticking * free * free


@numba.njit(cache=True, error_model="numpy")
def front(content: float, core: float, shell: float, power: float) -> tuple[float, float]:
    r"""Give the rate of a contracting front that moves at unit speed, and its slope.

    .. math:: w = (x - x_s)/(x_h - x_s), \quad f = (x_h - x_s) w^{\nu/(\nu+1)}
    """
    span = core - shell
    share = (content - shell) / span
    if share <= 0.0:
        return 0.0, 0.0
    value = share**power
    return span * value, power * value / share


@numba.njit(cache=True, error_model="numpy")
def exchange(content: float, rate: float, q: float, order: float) -> tuple[float, float]:
    """Give k (c_s - q) or k (c_s^2 - q) at a surface whose content is known, and its slope."""
    if order == 1.0:
        return rate * (content - q), rate
    level = max(content, 0.0)
    return rate * (level * level - q), 2.0 * rate * level


@numba.njit(cache=True, error_model="numpy")
def partition(
    left: float, right: float, left_conductance: float, right_conductance: float
) -> tuple[float, float, float]:
    r"""Give the flux where two materials share one potential, and its slopes.

    .. math:: J = \frac{g_l g_r}{g_l + g_r} (u_l - u_r), \quad u = c/S, \quad g = 2 D S/\delta
    """
    through = left_conductance * right_conductance / (left_conductance + right_conductance)
    return through * (left - right), through, -through


@numba.njit(cache=True, error_model="numpy")
def until_used_up(amount: float, fading: float) -> tuple[float, float, float]:
    """Give 1 while there is more than ``fading``, less below it, and the slopes of that."""
    share = min(max(amount / fading, 0.0), 1.0)
    slope = 1.0 / fading if 0.0 < amount < fading else 0.0
    return share, slope, 0.0

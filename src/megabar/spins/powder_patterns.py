r"""Histograms of the lines of a quadrupolar powder, and what each parameter moves.

In the laboratory the quadrupole tensor over its largest component enters through three numbers,

.. math:: v = b \cdot V \cdot b, \quad |V_1|^2 = |V b|^2 - v^2, \quad
    |V_2|^2 = 2 \|V\|^2 - 3 v^2 - 4 |V_1|^2,

so every line m <-> m - 1 is :math:`a_m v + b_m |V_1|^2 + c_m |V_2|^2`, at a few operations each.
Every line is spread over four bins as a cubic B-spline, which multiplies the decay by
:math:`\mathrm{sinc}^4(t \cdot step)`; :func:`spread_factor` gives it, to be divided out. What is
left is right to :math:`(t \cdot step)^4` wherever the line lies in its bin: no shift is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.spins import pattern_kernels
from megabar.spins.hamiltonians import quadrupole_denominator
from megabar.spins.operators import magnetic_numbers
from megabar.spins.orientations import half_turn_grid
from megabar.spins.pattern_kernels import MARGIN, NEAR_ZERO
from megabar.spins.transition_weights import PulseResponses

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_LEAST_SHARE: Final = 1 / 9  # of the directions, for lines that hardly move


@dataclass(frozen=True, kw_only=True, eq=False)
class LineCoefficients:
    r"""Lines of one quadrupolar spin, :math:`a v + b |V_1|^2 + c |V_2|^2` each.

    Parameters
    ----------
    first
        a of the transitions [Hz], m = I first, (transition,).
    by_one, by_two
        b and c of second order [Hz]; zero to first order.
    """

    first: Array
    by_one: Array
    by_two: Array


def line_coefficients(
    *, quadrupole_coupling: float, spin: float, larmor_frequency: float | None
) -> LineCoefficients:
    r"""Compute what multiplies the three numbers of the tensor in every line.

    .. math:: a_m = 3 C (2 m - 1), \quad C = C_Q / 4 I (2 I - 1)

    and differences of the levels of ``hamiltonians.second_order_levels``.

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q` [Hz].
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` [Hz]; none: first order only.

    Returns
    -------
    :
        Coefficients of all transitions.

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment.

    References
    ----------
    Cohen, Reif, Solid State Phys. 5, 321 (1957), doi:10.1016/S0081-1947(08)60105-8.

    Examples
    --------
    >>> found = line_coefficients(quadrupole_coupling=0.5e6, spin=3.5, larmor_frequency=None)
    >>> (found.first / 1e3).round(3).tolist()
    [107.143, 71.429, 35.714, 0.0, -35.714, -71.429, -107.143]
    """
    unit = quadrupole_coupling / quadrupole_denominator(spin)
    first, one, two = _unit_lines(spin)
    scale = 0.0 if larmor_frequency is None else unit**2 / larmor_frequency
    return LineCoefficients(first=unit * first, by_one=scale * one, by_two=scale * two)


@lru_cache(maxsize=16)
def _unit_lines(spin: float) -> tuple[Array, Array, Array]:
    """Coefficients for C = 1 and a Larmor frequency of 1."""
    m = magnetic_numbers(spin)
    lowered, here, next_up, before = (
        spin * (spin + 1) - (m + shift) * (m + shift + 1) for shift in (-1, 0, 1, -2)
    )
    one = (2 * m - 1) ** 2 * lowered - (2 * m + 1) ** 2 * here
    two = (before * lowered - here * next_up) / 8
    return np.asarray(3 * (2 * m[:-1] - 1)), -np.diff(one), -np.diff(two)


def enough_directions(
    *, quadrupole_coupling: float, asymmetry: float, spin: float, width: float
) -> int:
    r"""Count directions that give a pattern to 1e-4 of its maximum.

    .. math:: n = 300 + (1 + \eta^2) \left( \frac{2 \, \nu_Q (I - 1/2)}{width} \right)^2

    found by comparing with converged patterns.

    Parameters
    ----------
    quadrupole_coupling
        Largest :math:`C_Q` [Hz].
    asymmetry
        Largest :math:`\eta`; 1 if unknown.
    spin
        Quantum number I, 1 or more.
    width
        Full width of the Gaussian by which the pattern is broadened [Hz].

    Returns
    -------
    :
        Directions, for patterns with satellites of a half-integer spin.

    Raises
    ------
    ValueError
        If the spin has no quadrupole moment or the width is not positive.

    Examples
    --------
    >>> enough_directions(quadrupole_coupling=0.5e6, asymmetry=0.0, spin=3.5, width=2e3)
    11780
    """
    if not width > 0:
        msg = f"Found a width of {width:g} Hz; sharp lines need endless directions. Broaden them."
        raise ValueError(msg)
    furthest = 3 * (2 * spin - 1) * quadrupole_coupling / quadrupole_denominator(spin)
    return 300 + ceil((1 + asymmetry**2) * (2 * furthest / width) ** 2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """Evenly spaced bins of frequency.

    Parameters
    ----------
    first
        Centre of the first bin, from the carrier [Hz].
    step
        Width of a bin [Hz].
    count
        Number of bins.
    """

    first: float
    step: float
    count: int

    @property
    def frequency(self) -> Array:
        """Centres of the bins [Hz], (bin,)."""
        return self.first + self.step * np.arange(self.count, dtype=np.float64)


def spread_factor(*, time: ArrayLike, step: float) -> Array:
    r"""Compute by what the spreading over bins multiplies the decay.

    .. math:: \mathrm{sinc}^4(t \Delta), \quad \mathrm{sinc}\, x = \sin(\pi x) / (\pi x)

    Parameters
    ----------
    time
        t [s], any shape, below half of one over the step.
    step
        :math:`\Delta`, width of a bin [Hz].

    Returns
    -------
    :
        Factor to divide by, shape of ``time``.

    Examples
    --------
    >>> float(spread_factor(time=0.0, step=100.0))
    1.0
    """
    square = np.sinc(np.asarray(time, dtype=np.float64) * step) ** 2
    return np.asarray(square * square)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pattern:
    """A powder as a histogram of its lines.

    Parameters
    ----------
    axis
        The bins.
    density
        Weight in each bin, complex if the weights are, (bin,); its transform is the decay times
        :func:`spread_factor`.
    lost
        Share of the weight outside the axis; 0 if lines fold.
    """

    axis: Axis
    density: NDArray[Any]
    lost: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Motions:
    """How the lines of a pattern move with one parameter.

    Parameters
    ----------
    carried
        Weights times the slope of their frequency, (bin,); the derivative of the decay is i 2 pi t
        times its transform.
    grown
        Slopes of the weights themselves, (bin,); zero after a short pulse.
    """

    carried: NDArray[Any]
    grown: NDArray[Any]


def pattern_from_quadrupole_coupling(
    *,
    quadrupole_coupling: float,
    asymmetry: float,
    spin: float,
    larmor_frequency: float | None,
    weights: Array | PulseResponses,
    axis: Axis,
    directions: int,
    fold: bool,
) -> Pattern:
    r"""Collect the lines of a static powder in bins.

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q` [Hz].
    asymmetry
        :math:`\eta`, 0 to 1.
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` [Hz]; none: first order only.
    weights
        Of the transitions, m = I first, (transition,), such as ``hard_pulse_weights``, or zeros but
        one for the central line alone; or what an actual pulse makes of them.
    axis
        The bins.
    directions
        For the lines that move furthest; others get fewer. See ``enough_directions``.
    fold
        Lines beyond the axis come in from the other end, as in a sampled decay; otherwise their
        weight is lost and stated.

    Returns
    -------
    :
        The histogram.

    Raises
    ------
    ValueError
        If the asymmetry is not between 0 and 1, weights and transitions differ in number, or the
        coupling is beyond the table of responses.

    References
    ----------
    Alderman, Solum, Grant, J. Chem. Phys. 84, 3717 (1986), doi:10.1063/1.450211, for the problem.

    Examples
    --------
    >>> from megabar.spins.transition_weights import hard_pulse_weights
    >>> found = pattern_from_quadrupole_coupling(
    ...     quadrupole_coupling=0.5e6, asymmetry=0.3, spin=3.5, larmor_frequency=55.8e6,
    ...     weights=hard_pulse_weights(3.5), axis=Axis(first=-200e3, step=100.0, count=4000),
    ...     directions=2000, fold=False)
    >>> print(f"{found.density.sum():.6f}, {found.lost:.6f}")
    1.000000, 0.000000
    """
    lines = line_coefficients(
        quadrupole_coupling=quadrupole_coupling, spin=spin, larmor_frequency=larmor_frequency
    )
    _require(asymmetry, quadrupole_coupling, lines, weights)
    if isinstance(weights, PulseResponses):
        return moving_pattern(
            quadrupole_coupling=quadrupole_coupling, asymmetry=asymmetry, spin=spin,
            larmor_frequency=larmor_frequency, weights=weights, axis=axis, directions=directions,
            fold=fold,
        ).pattern  # fmt: skip
    weights = np.asarray(weights, dtype=np.float64)
    powers, lost = np.zeros((axis.count + MARGIN, 4)), 0.0
    for group in _groups(spin, tuple(weights != 0), directions):
        lost += pattern_kernels.collect(
            group.squared, group.azimuth, asymmetry, *group.lines(lines),
            weights[group.which] / group.count, axis.first, 1 / axis.step, fold, powers,
        )  # fmt: skip
    density = np.zeros(axis.count + MARGIN)
    pattern_kernels.splines(powers, density)
    return Pattern(axis=axis, density=_without_margin(density), lost=float(lost / weights.sum()))


@dataclass(frozen=True, kw_only=True, eq=False)
class MovingPattern:
    """A pattern and how its parameters move it.

    Parameters
    ----------
    pattern
        The pattern.
    by_coupling, by_asymmetry
        Motions with C_Q [per Hz] and with eta.
    """

    pattern: Pattern
    by_coupling: Motions
    by_asymmetry: Motions


def moving_pattern(
    *,
    quadrupole_coupling: float,
    asymmetry: float,
    spin: float,
    larmor_frequency: float | None,
    weights: Array | PulseResponses,
    axis: Axis,
    directions: int,
    fold: bool,
) -> MovingPattern:
    r"""Collect the lines of a static powder in bins, with their derivatives.

    Parameters
    ----------
    quadrupole_coupling
        :math:`C_Q` [Hz], not zero.
    asymmetry
        :math:`\eta`, 0 to 1.
    spin
        Quantum number I, 1 or more.
    larmor_frequency
        :math:`\nu_L` [Hz]; none: first order only.
    weights
        Of the transitions, or what an actual pulse makes of them.
    axis
        The bins.
    directions
        For the lines that move furthest; others get fewer. See ``enough_directions``.
    fold
        Lines beyond the axis come in from the other end; otherwise their weight is lost.

    Returns
    -------
    :
        Pattern and motions.

    Raises
    ------
    ValueError
        If the asymmetry is not between 0 and 1, weights and transitions differ in number, the
        coupling is zero, or beyond the table of responses.

    Examples
    --------
    >>> from megabar.spins.transition_weights import hard_pulse_weights
    >>> found = moving_pattern(
    ...     quadrupole_coupling=0.5e6, asymmetry=0.3, spin=3.5, larmor_frequency=None,
    ...     weights=hard_pulse_weights(3.5), axis=Axis(first=-200e3, step=100.0, count=4000),
    ...     directions=2000, fold=False)
    >>> bool(abs(found.by_coupling.carried.sum()) < 1e-12)  # nothing moves as a whole
    True
    """
    lines = line_coefficients(
        quadrupole_coupling=quadrupole_coupling, spin=spin, larmor_frequency=larmor_frequency
    )
    _require(asymmetry, quadrupole_coupling, lines, weights)
    if not quadrupole_coupling:
        msg = "Found a coupling of 0 Hz, where the pattern has no slope. Start a fit elsewhere."
        raise ValueError(msg)
    where = (axis.first, 1 / axis.step, fold)
    pulsed = isinstance(weights, PulseResponses)
    kind = np.complex128 if pulsed else np.float64
    bins: NDArray[Any] = np.zeros((5 if pulsed else 3, axis.count + MARGIN), dtype=kind)
    outside: complex = 0.0
    seen = (True,) * len(lines.first) if pulsed else tuple(np.asarray(weights) != 0)
    for group in _groups(spin, seen, directions):
        words = (group.squared, group.azimuth, asymmetry, *group.lines(lines), quadrupole_coupling)
        if isinstance(weights, PulseResponses):
            outside += pattern_kernels.collect_responses(
                *words, quadrupole_coupling / quadrupole_denominator(spin), weights.place[0],
                1 / (weights.place[1] - weights.place[0]),
                np.ascontiguousarray(weights.values[:, group.which]) / group.count, *where, bins,
            )  # fmt: skip
        else:
            shares = np.asarray(weights, dtype=np.float64)[group.which] / group.count
            outside += pattern_kernels.collect_moving(*words, shares, *where, bins)
    total = abs(bins[0].sum()) + abs(outside)
    bins = _without_margin(bins)
    grown = bins[3:] if len(bins) > 3 else np.zeros((2, axis.count))
    return MovingPattern(
        pattern=Pattern(axis=axis, density=bins[0], lost=float(abs(outside) / total)),
        by_coupling=Motions(carried=bins[1], grown=grown[0]),
        by_asymmetry=Motions(carried=bins[2], grown=grown[1]),
    )


def _require(
    asymmetry: float,
    coupling: float,
    lines: LineCoefficients,
    weights: Array | PulseResponses,
) -> None:
    if not 0 <= asymmetry <= 1:
        msg = f"Found an asymmetry of {asymmetry:g}; give 0 to 1, or exchange the axes."
        raise ValueError(msg)
    transitions = len(lines.first)
    if isinstance(weights, PulseResponses):
        reach = NEAR_ZERO * np.sinh(weights.place[-1]) * quadrupole_denominator(weights.spin)
        if weights.values.shape[1] != transitions or abs(coupling) > reach:
            msg = (
                f"Found C_Q = {coupling:g} Hz with {transitions} transitions, and responses up to "
                f"{reach:g} Hz of {weights.values.shape[1]}; tabulate those of this spin, further."
            )
            raise ValueError(msg)
    elif np.shape(weights) != (transitions,):
        msg = f"Found weights of shape {np.shape(weights)} for {transitions} transitions; give one "
        raise ValueError(f"{msg}for each.")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Group:
    """Lines that share a set of directions."""

    which: NDArray[np.intp]
    squared: Array
    azimuth: Array

    @property
    def count(self) -> int:
        return len(self.squared)

    def lines(self, lines: LineCoefficients) -> tuple[Array, Array, Array]:
        return lines.first[self.which], lines.by_one[self.which], lines.by_two[self.which]


@lru_cache(maxsize=32)
def _groups(spin: float, seen: tuple[bool, ...], directions: int) -> tuple[_Group, ...]:
    """Give each line directions in proportion to how far it moves; none to those not seen."""
    reach = np.where(seen, np.abs(_unit_lines(spin)[0]), 0.0)
    share = np.maximum(reach / (reach.max()), _LEAST_SHARE) if reach.any() else 1.0 + reach
    counts = np.where(seen, np.ceil(directions * share - 1e-6), 0).astype(int)
    found = []
    for count in sorted(set(counts[counts > 0].tolist())):
        squared, azimuth = _half_turns(count)
        found.append(
            _Group(which=np.flatnonzero(counts == count), squared=squared, azimuth=azimuth)
        )
    return tuple(found)


@lru_cache(maxsize=32)
def _half_turns(count: int) -> tuple[Array, Array]:
    """Squares of the cosine and cosines of twice the azimuth of a set of directions."""
    grid = half_turn_grid(count)
    return np.cos(grid.beta) ** 2, np.cos(2 * grid.alpha)


def _without_margin(bins: NDArray[Any]) -> NDArray[Any]:
    """Bring what fell beside the first and the last bin in from the other end."""
    whole = bins[..., 1 : 1 - MARGIN].copy()
    whole[..., -1] += bins[..., 0]
    whole[..., : MARGIN - 1] += bins[..., 1 - MARGIN :]
    return whole

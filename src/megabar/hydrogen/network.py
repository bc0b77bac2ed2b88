r"""Nodes that hold hydrogen and the links between them: the one system behind every release.

A node holds the amount :math:`V_i y_i`; a link moves atoms from one node to another. What leaves
one node arrives in the other, so the sum of all amounts is constant to round-off, whatever the
laws. A grain is a chain of nodes; a cavity is a node that many chains share.

.. math:: V_i \dot y_i = -\sum_{links} \pm F(y_{from}, y_{to}, t)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.hydrogen import surfaces
from megabar.hydrogen.tables import Array, Pieces, Whole, pack, value_and_slope

FLOW: Final = 0
SURFACE: Final = 1
SIEVERTS: Final = 2
SUBSURFACE: Final = 3
DESORPTION: Final = 4
FRONT: Final = 5
CONSTANT: Final = 6
PARTITION: Final = 7

_WHOLES: Final = 9  # kind, from, to, table from, table to, equilibrium, activity, drive, groups
_REALS: Final = 8
_GAS_CONSTANT: Final = 8.31446261815324


@dataclass(kw_only=True)
class Network:
    """Nodes and links, as they are put together; ``arrays`` freezes them for compiled code."""

    volumes: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    tables: list[Pieces] = field(default_factory=list)
    energies: list[float] = field(default_factory=lambda: [0.0])
    temperature: int = -1
    wholes: list[list[int]] = field(default_factory=list)
    reals: list[list[float]] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)

    def chain(self, *, volumes: ArrayLike, start: ArrayLike) -> range:
        """Add nodes in a row; give their numbers.

        Parameters
        ----------
        volumes
            How much each holds per unit of its value (n,), greater than zero.
        start
            Values at time zero, (n,) or one for all.
        """
        sizes = np.atleast_1d(np.asarray(volumes, dtype=np.float64))
        values = np.broadcast_to(np.asarray(start, dtype=np.float64), sizes.shape)
        first = len(self.volumes)
        self.volumes.extend(sizes.tolist())
        self.start.extend(values.tolist())
        return range(first, len(self.volumes))

    def node(self, *, volume: float, start: float) -> int:
        """Add one node that many links may share, as a cavity; give its number."""
        number = self.chain(volumes=[volume], start=[start])[0]
        self.shared.append(number)
        return number

    def table(self, pieces: Pieces | None) -> int:
        """Add a function; give its number, -1 for none."""
        if pieces is None:
            return -1
        self.tables.append(pieces)
        return len(self.tables) - 1

    def group(self, energy: float) -> int:
        """Give the number of the rates that share an activation energy [J/mol]."""
        if energy not in self.energies:
            self.energies.append(energy)
        return self.energies.index(energy)

    def link(
        self,
        kind: int,
        ends: tuple[int, int],
        reals: tuple[float, ...],
        *,
        tables: tuple[int, int] = (-1, -1),
        equilibrium: tuple[int, int, int] = (-1, -1, -1),
        groups: tuple[int, int] = (0, 0),
    ) -> None:
        """Add a link.

        Parameters
        ----------
        kind
            One of the laws of this module.
        ends
            From which node to which one.
        reals
            The constants of the law, see ``law``.
        tables
            The potentials of the two ends.
        equilibrium
            The function of the equilibrium, of the activity of the far end, of the drive in time.
        groups
            The groups of the two rates.
        """
        both = groups[0] * 1000 + groups[1]
        self.wholes.append([kind, *ends, *tables, *equilibrium, both])
        self.reals.append([*reals, *([0.0] * (_REALS - len(reals)))])

    def arrays(self) -> Arrays:
        """Give the system as arrays, the nodes of chains first, the shared ones last."""
        count = len(self.volumes)
        shared = set(self.shared)
        order = np.array([k for k in range(count) if k not in shared] + self.shared, dtype=np.int64)
        place = np.empty(count, dtype=np.int64)
        place[order] = np.arange(count)
        wholes = np.array(self.wholes, dtype=np.int64).reshape(-1, _WHOLES)
        wholes[:, 1:3] = place[wholes[:, 1:3]]
        return Arrays(
            volumes=np.array(self.volumes, dtype=np.float64)[order],
            start=np.array(self.start, dtype=np.float64)[order],
            wholes=wholes,
            reals=np.array(self.reals, dtype=np.float64).reshape(-1, _REALS),
            tables=pack(self.tables) if self.tables else pack_nothing(),
            energies=np.array(self.energies, dtype=np.float64),
            temperature=self.temperature,
            chained=count - len(self.shared),
            place=place,
            changes=self.temperature >= 0 or bool(np.any(wholes[:, 7] >= 0)),
        )


def pack_nothing() -> tuple[Array, Array, Whole]:
    """Give packed functions of which there are none."""
    return np.zeros(1), np.zeros((1, 4)), np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrays:
    """A network for compiled code.

    Parameters
    ----------
    volumes, start
        Volume and first value of each node (n,); chains first, then the shared nodes.
    wholes, reals
        One row for each link.
    tables
        Packed functions.
    energies
        Activation energy of each group of rates [J/mol].
    temperature
        Number of the function T(t), -1 when the rates are constant.
    chained
        How many nodes belong to chains.
    place
        Where the node of a number of ``Network`` stands now (n,).
    changes
        Whether a law depends on time.
    """

    volumes: Array
    start: Array
    wholes: Whole
    reals: Array
    tables: tuple[Array, Array, Whole]
    energies: Array
    temperature: int
    chained: int
    place: Whole
    changes: bool

    @property
    def packed(self) -> tuple[Any, ...]:
        """The system as the tuple that ``rates`` and ``jacobian`` take."""
        return (
            1.0 / self.volumes,
            self.wholes,
            self.reals,
            *self.tables,
            self.energies,
            self.temperature,
        )

    def amounts(self, values: Array) -> Array:
        """Give the whole amount at each time, for values (times, n)."""
        return np.asarray(values @ self.volumes, dtype=np.float64)

    def is_tridiagonal(self) -> bool:
        """Say whether chained nodes meet only their neighbours."""
        ends = self.wholes[:, 1:3]
        inner = np.all(ends < self.chained, axis=1)
        return bool(np.all(np.abs(ends[inner, 0] - ends[inner, 1]) == 1))


@numba.njit(cache=True)
def _argument(
    row: NDArray[np.int64],
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    far: float,
    t: float,
) -> tuple[float, float]:
    """Give what the reservoir says to a surface (drive of the time + activity), and its slope."""
    s, slope = 0.0, 0.0
    if row[6] >= 0:
        s, slope = value_and_slope(breaks, coefficients, starts, row[6], far)
    elif row[7] < 0:
        s, slope = far, 1.0
    if row[7] >= 0:
        s += value_and_slope(breaks, coefficients, starts, row[7], t)[0]
    return s, slope


@numba.njit(cache=True)
def _at_equilibrium(
    row: NDArray[np.int64],
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    far: float,
    t: float,
    power: float,
) -> tuple[float, float]:
    """Give the equilibrium term of a surface and its slope to the value of the far end."""
    if row[5] < 0:
        return 0.0, 0.0
    s, slope = _argument(row, breaks, coefficients, starts, far, t)
    q, dq = value_and_slope(breaks, coefficients, starts, row[5], s)
    if power == 2.0:
        return q * q, 2.0 * q * dq * slope
    return q, dq * slope


@numba.njit(cache=True)
def _through_potential(
    row: NDArray[np.int64],
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    content: float,
    conductance: float,
    rate: float,
    order: float,
    q: float,
) -> tuple[float, float, float]:
    """Give the flux of a surface behind half a cell of changing diffusivity (Newton, bracketed)."""
    top, slope_in = value_and_slope(breaks, coefficients, starts, row[3], content)
    level = q if order == 1.0 else np.sqrt(max(q, 0.0))
    low, high = min(content, level), max(content, level)
    x, slope, d_out = content, slope_in, 0.0
    for _ in range(80):
        inside, slope = value_and_slope(breaks, coefficients, starts, row[3], x)
        out, d_out = surfaces.exchange(x, rate, q, order)
        residual = conductance * (top - inside) - out
        if residual > 0.0:
            low = x
        else:
            high = x
        fall = conductance * slope + d_out
        new = x + residual / fall if fall > 0.0 else low - 1.0
        if not (low <= new <= high):
            new = 0.5 * (low + high)
        moved = abs(new - x)
        x = new
        if moved <= 1e-15 * abs(x):
            break
    flux, d_out = surfaces.exchange(x, rate, q, order)
    slope = value_and_slope(breaks, coefficients, starts, row[3], x)[1]
    whole = conductance * slope + d_out
    if whole <= 0.0:
        return flux, 0.0, 0.0
    return flux, conductance * slope_in * d_out / whole, -rate * conductance * slope / whole


@numba.njit(cache=True)
def law(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    energies: Array,
    temperature: float,
    near: float,
    far: float,
    t: float,
) -> tuple[float, float, float]:
    """Give the flow [amount/time] of a link and its slopes to the values of its two ends.

    The constants: FLOW (A, B): A phi(near) - B phi(far). SURFACE (area, conductance, rate, order,
    power of the equilibrium). SIEVERTS (area, conductance near, conductance far, K). SUBSURFACE
    (area, conductance, into bulk, into layer, sites). DESORPTION (area, leaving, sticking).
    FRONT (area, speed, core, shell, power). CONSTANT (rate, amount below which it fades).
    PARTITION (factor, conductance near, conductance far), values are activities.
    """
    first, second = 1.0, 1.0
    if temperature > 0.0:
        first = exp(-energies[row[8] // 1000] / (_GAS_CONSTANT * temperature))
        second = exp(-energies[row[8] % 1000] / (_GAS_CONSTANT * temperature))
    kind = row[0]
    if kind == FLOW:
        return _flow(row, p, breaks, coefficients, starts, first, near, far)
    if kind == SURFACE:
        return _surface(row, p, breaks, coefficients, starts, first, second, near, far, t)
    if kind == SIEVERTS:
        flux, to_near, to_far = surfaces.sieverts_step(near, far, first * p[1], second * p[2], p[3])
    elif kind == SUBSURFACE:
        flux, to_near, to_far = surfaces.subsurface(
            near, far, first * p[1], second * p[2], second * p[3], p[4]
        )
    elif kind == PARTITION:
        flux, to_near, to_far = surfaces.partition(near, far, first * p[1], second * p[2])
    elif kind == CONSTANT:
        flux, to_near, to_far = surfaces.until_used_up(near, p[1])
    else:
        return _with_reservoir(row, p, breaks, coefficients, starts, first, second, near, far, t)
    return p[0] * flux, p[0] * to_near, p[0] * to_far


@numba.njit(cache=True)
def _flow(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    scale: float,
    near: float,
    far: float,
) -> tuple[float, float, float]:
    u, du, v, dv = near, 1.0, far, 1.0
    if row[3] >= 0:
        u, du = value_and_slope(breaks, coefficients, starts, row[3], near)
    if row[4] >= 0:
        v, dv = value_and_slope(breaks, coefficients, starts, row[4], far)
    return scale * (p[0] * u - p[1] * v), scale * p[0] * du, -scale * p[1] * dv


@numba.njit(cache=True)
def _surface(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    first: float,
    second: float,
    near: float,
    far: float,
    t: float,
) -> tuple[float, float, float]:
    q, dq = _at_equilibrium(row, breaks, coefficients, starts, far, t, p[4])
    a, k = first * p[1], second * p[2]
    if row[3] >= 0 and a > 0.0:
        flux, to_near, to_q = _through_potential(
            row, breaks, coefficients, starts, near, a, k, p[3], q
        )
    elif p[3] == 1.0:
        flux, to_near, to_q = surfaces.first_order(near, a, k, q)
    else:
        flux, to_near, to_q = surfaces.second_order(near, a, k, q)
    return p[0] * flux, p[0] * to_near, p[0] * to_q * dq


@numba.njit(cache=True)
def _with_reservoir(
    row: NDArray[np.int64],
    p: NDArray[np.float64],
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    first: float,
    second: float,
    near: float,
    far: float,
    t: float,
) -> tuple[float, float, float]:
    """Give the flow of a desorbing layer or of a moving interface."""
    if row[0] == DESORPTION:
        pressure, slope = _argument(row, breaks, coefficients, starts, far, t)
        flux, to_near, to_far = surfaces.desorption(near, pressure, first * p[1], second * p[2])
        return p[0] * flux, p[0] * to_near, p[0] * to_far * slope
    q, dq = _at_equilibrium(row, breaks, coefficients, starts, far, t, 1.0)
    flux, to_near = surfaces.front(near, p[2], p[3], p[4])
    whole = second * p[0] * p[1]
    return whole * flux * (1.0 - q), whole * to_near * (1.0 - q), -whole * flux * dq


@numba.njit(cache=True)
def rates(
    t: float,
    y: Array,
    out: Array,
    inverse: Array,
    wholes: Whole,
    reals: Array,
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    energies: Array,
    clock: int,
) -> None:
    """Fill ``out`` with dy/dt (n,)."""
    out[:] = 0.0
    kelvin = 0.0
    if clock >= 0:
        kelvin = value_and_slope(breaks, coefficients, starts, clock, t)[0]
    for e in range(len(wholes)):
        i, j = wholes[e, 1], wholes[e, 2]
        if wholes[e, 0] == FLOW and wholes[e, 3] < 0 and wholes[e, 4] < 0 and clock < 0:
            flow = reals[e, 0] * y[i] - reals[e, 1] * y[j]
        else:
            flow = law(
                wholes[e], reals[e], breaks, coefficients, starts, energies, kelvin, y[i], y[j], t
            )[0]
        out[i] -= flow
        out[j] += flow
    for i in range(len(y)):
        out[i] *= inverse[i]


@numba.njit(cache=True)
def slopes(
    t: float,
    y: Array,
    out: Array,
    wholes: Whole,
    reals: Array,
    breaks: Array,
    coefficients: Array,
    starts: Whole,
    energies: Array,
    clock: int,
) -> None:
    """Fill ``out`` (links, 2) with the slopes of every flow to its two ends."""
    kelvin = 0.0
    if clock >= 0:
        kelvin = value_and_slope(breaks, coefficients, starts, clock, t)[0]
    for e in range(len(wholes)):
        if wholes[e, 0] == FLOW and wholes[e, 3] < 0 and wholes[e, 4] < 0 and clock < 0:
            out[e, 0], out[e, 1] = reals[e, 0], -reals[e, 1]
            continue
        _, out[e, 0], out[e, 1] = law(
            wholes[e],
            reals[e],
            breaks,
            coefficients,
            starts,
            energies,
            kelvin,
            y[wholes[e, 1]],
            y[wholes[e, 2]],
            t,
        )

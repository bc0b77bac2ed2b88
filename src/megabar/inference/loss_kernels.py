"""Compiled loops of the verdict, the forward part: values, contents and factors of one draw.

What a hypothesis is made of comes as :class:`Numbers`, arrays only; ``desorption`` makes them.
Nothing is allocated per draw, and
inner loops get arrays one by one: handing over the whole tuple counts references to all of it.
"""

from __future__ import annotations

from math import exp, expm1, isfinite, log, log1p
from typing import TYPE_CHECKING, Final, NamedTuple

import numba
import numpy as np

from megabar.hydrogen import rate_kernels as rates
from megabar.inference import artefacts
from megabar.inference.loss_tables import lost
from megabar.inference.prior_kernels import value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

STABLE: Final = -1
"""Code of the mechanism without loss."""

# Places of parameters in the row of values; -1 for a parameter that a hypothesis does not have.
INITIAL: Final = 0
END: Final = 1
HALF_TIME: Final = 2
HALF_TIME_CELL: Final = 3
SIZE: Final = 4
SHAPE: Final = 5
MIDDLE: Final = 6
EXCESS: Final = 7
ADDITIVE: Final = 8
RELATIVE: Final = 9
SCALE: Final = 10
DRIVE: Final = 11
DRIVE_CELL: Final = 12
ONE: Final = 13
ONE_CELL: Final = 14
TWO: Final = 15
SHIFT_SLOPE: Final = 16
SHARE: Final = 17
TC_SLOPE: Final = 18
N_SLOTS: Final = 19

_HALF: Final = log(2.0)
_SAME_RATES: Final = 0.01
_NO_END: Final = 1e-6


class Numbers(NamedTuple):
    """One hypothesis and one set of data, as arrays.

    Attributes
    ----------
    mechanism, artefact
        Codes.
    kinds, first, second, kept
        Priors of the parameters, (d,).
    slots
        Place of each parameter, (N_SLOTS,).
    log_half
        ln of the reduced time of half of the loss; nan where a shape decides.
    size_exponent
        m of k ~ R^m.
    two_lines
        1 if hydride and product stand side by side in a grain.
    sink
        1 if what is lost is nowhere seen.
    table
        Loss averaged over sizes; (0, 0) if none is needed.
    nodes, weights
        Quadrature over sizes, for recombination.
    facts
        Of ``artefacts.factors``.
    two_known
        Second other parameter of the artefact where it is a fact.
    days, log_days, repetition
        All times of all cells, and repetition times [ms] or nan, (u,).
    cell_starts
        Where cells begin among them, (cells + 1,).
    point
        Place of each content among the times, (n,).
    content_starts
        Where cells begin among the contents, (cells + 1,).
    content, variance, relative
        Contents, squared independent error, squared relative error, (n,); nan: unknown.
    scale
        Squared relative error of the scale of each cell; nan: unknown.
    metal_frequency
        MHz.
    blocks, block_starts
        Code of each witness, and where it begins among its values.
    w_point, w_cell, w_value, w_inverse
        Place among the times, cell, value and inverse error of the values of witnesses.
    rows, row_starts
        Whitened directions in which a witness may move by itself, one after the other; their
        numbers by ``ranks``, and where those of a witness begin.
    ranks
        Number of directions of each witness.
    constant
        What does not depend on parameters.
    """

    mechanism: int
    artefact: int
    kinds: Whole
    first: Array
    second: Array
    kept: Array
    slots: Whole
    log_half: float
    size_exponent: float
    two_lines: int
    sink: int
    table: Array
    nodes: Array
    weights: Array
    facts: Array
    two_known: float
    days: Array
    log_days: Array
    repetition: Array
    cell_starts: Whole
    point: Whole
    content_starts: Whole
    content: Array
    variance: Array
    relative: Array
    scale: Array
    metal_frequency: float
    blocks: Whole
    block_starts: Whole
    w_point: Whole
    w_cell: Whole
    w_value: Array
    w_inverse: Array
    rows: Array
    row_starts: Whole
    ranks: Whole
    constant: float


@numba.njit(cache=True, error_model="numpy")
def fill_values(z: Array, numbers: Numbers, v: Array) -> None:
    """Write the values of all parameters of one draw."""
    _values(z, numbers.kinds, numbers.first, numbers.second, numbers.kept, v)


@numba.njit(cache=True, error_model="numpy")
def _values(z: Array, kinds: Whole, first: Array, second: Array, kept: Array, v: Array) -> None:
    for k in range(z.size):
        v[k] = value(z[k], kinds[k], first[k], second[k], kept[k])


@numba.njit(cache=True, error_model="numpy")
def _untabulated(code: int, log_tau: float, shape: float) -> float:
    """Fraction lost by one grain: zero, sqrt, jmak (`shape` n), second (q)."""
    if code == rates.JMAK:
        return -expm1(-exp(shape * log_tau))
    tau = exp(log_tau)
    if code == rates.ZERO:
        return rates.zero(tau)
    if code == rates.SQRT:
        return rates.square_root(tau)
    return rates.second(tau, shape)


@numba.njit(cache=True, error_model="numpy")
def _without_table(
    code: int, log_days: Array, begin: float, spread: float, shape: float, nodes: Array,
    weights: Array, gone: Array,
) -> None:  # fmt: skip
    """Write the fractions lost; recombination feels sizes, and is averaged by the nodes."""
    if code != rates.SECOND:
        for n in range(gone.size):
            gone[n] = _untabulated(code, log_days[n] + begin, shape)
        return
    gone[:] = 0.0
    for g in range(nodes.size):
        speed, weight = begin - spread * nodes[g], weights[g]
        for n in range(gone.size):
            tau = exp(log_days[n] + speed)
            left = 1.0 - exp(-2.0 * shape * tau)
            gone[n] += weight * left * (1.0 + shape) / (2.0 * shape + left * (1.0 - shape))


@numba.njit(cache=True, error_model="numpy")
def _two_steps(table: Array, log_tau: float, spread: float, ratio: float, share: float) -> float:
    """Fraction lost in two steps of first order, of which `share` waits in between.

    Rates closer than a hundredth count as a hundredth apart.
    """
    first = lost(table, log_tau, spread)
    gap = max(abs(ratio - 1.0), _SAME_RATES)
    if ratio >= 1.0:
        return first - share * (lost(table, log_tau + log1p(gap), spread) - first) / gap
    gap = min(gap, 1.0 - 1e-12)
    return first - share * (first - lost(table, log_tau + log1p(-gap), spread)) / gap


@numba.njit(cache=True, error_model="numpy")
def of_median(code: int, log_tau: float, shape: float, share: float, table: Array) -> float:
    """Fraction lost by the median grain."""
    if table.size == 0:
        return _untabulated(code, log_tau, shape)
    if code == rates.SERIAL:
        return _two_steps(table, log_tau, 0.0, shape, share)
    return lost(table, log_tau, 0.0)


@numba.njit(cache=True, error_model="numpy")
def _shapes(
    code: int, initial: float, end: float, given: float, middle: float, log_half: float
) -> tuple[float, float, float]:
    """Shape, share of the middle state, and ln of the reduced time of half of the loss."""
    if code == rates.SECOND:
        ratio = max(end / initial, _NO_END)
        return ratio, 0.0, log(log1p(2.0 * ratio / (1.0 + ratio)) / (2.0 * ratio))
    if code == rates.JMAK:
        return given, 0.0, log(_HALF) / given
    if code == rates.SERIAL:
        return given, (middle - end) / (initial - end), log_half
    return given, 0.0, log_half


@numba.njit(cache=True, error_model="numpy")
def optional(v: Array, slot: int, otherwise: float) -> float:
    """Value of a parameter, if the hypothesis has it."""
    return v[slot] if slot >= 0 else otherwise


@numba.njit(cache=True, error_model="numpy")
def course(
    v: Array, slots: Whole, code: int, log_half: float, cell: int
) -> tuple[float, float, float, float]:
    """Shape, share, spread of a cell, and what added to ln t gives ln tau."""
    shape, share, log_tau_half = _shapes(
        code, v[slots[INITIAL] + cell], v[slots[END]], optional(v, slots[SHAPE], 0.0),
        optional(v, slots[MIDDLE], 0.0), log_half,
    )  # fmt: skip
    offset = v[slots[HALF_TIME_CELL] + cell] if slots[HALF_TIME_CELL] >= 0 else 0.0
    begin = offset - log(v[slots[HALF_TIME]]) + log_tau_half
    return shape, share, optional(v, slots[SIZE], 0.0), begin


@numba.njit(cache=True, error_model="numpy")
def fill_cell_contents(
    v: Array, slots: Whole, code: int, log_half: float, cell: int, log_days: Array, table: Array,
    nodes: Array, weights: Array, x: Array,
) -> None:  # fmt: skip
    """Write the real contents of a cell at these times."""
    initial = v[slots[INITIAL] + cell]
    if code == STABLE:
        x[:] = initial
        return
    shape, share, spread, begin = course(v, slots, code, log_half, cell)
    whole = initial - v[slots[END]]
    if table.size == 0:
        _without_table(code, log_days, begin, spread, shape, nodes, weights, x)
    elif code == rates.SERIAL:
        for n in range(log_days.size):
            x[n] = _two_steps(table, log_days[n] + begin, spread, shape, share)
    else:
        for n in range(log_days.size):
            x[n] = lost(table, log_days[n] + begin, spread)
    for n in range(log_days.size):
        x[n] = initial - whole * x[n]


@numba.njit(cache=True, error_model="numpy")
def fill_cell_factors(
    v: Array, slots: Whole, code: int, cell: int, days: Array, repetition: Array, facts: Array,
    two_known: float, of_hydrogen: Array, of_ratio: Array,
) -> None:  # fmt: skip
    """Write the factor of 1H and that of the ratio, of a cell at these times."""
    if code in (artefacts.NONE, artefacts.WALK):
        of_hydrogen[:] = 1.0
        of_ratio[:] = 1.0
        return
    drive, one = v[slots[DRIVE]], 0.0
    if slots[DRIVE_CELL] >= 0:
        offset = v[slots[DRIVE_CELL] + cell]
        drive = drive * exp(-offset) if code == artefacts.VISIBILITY else drive + offset
    if slots[ONE] >= 0:
        one = v[slots[ONE] + (cell if slots[ONE_CELL] >= 0 else 0)]
    two = optional(v, slots[TWO], two_known)
    for n in range(days.size):
        between = repetition[n] if isfinite(repetition[n]) else two
        of_hydrogen[n], of_ratio[n] = artefacts.factors(
            code, days[n], drive, one, two, between, facts
        )


@numba.njit(cache=True, error_model="numpy")
def fill_cells(v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, of_ratio: Array) -> None:
    """Write contents and factors of all cells at all times of the data."""
    starts, slots, days, log_days = (
        numbers.cell_starts, numbers.slots, numbers.days, numbers.log_days,
    )  # fmt: skip
    repetition, facts = numbers.repetition, numbers.facts
    table, nodes, weights = numbers.table, numbers.nodes, numbers.weights
    for cell in range(starts.size - 1):
        a, b = starts[cell], starts[cell + 1]
        fill_cell_contents(
            v, slots, numbers.mechanism, numbers.log_half, cell, log_days[a:b], table, nodes,
            weights, x[a:b],
        )  # fmt: skip
        fill_cell_factors(
            v, slots, numbers.artefact, cell, days[a:b], repetition[a:b], facts,
            numbers.two_known, of_hydrogen[a:b], of_ratio[a:b],
        )  # fmt: skip

"""Compiled loops of the verdict: contents, factors, and the likelihood of many draws at once.

What a hypothesis is made of comes as :class:`Numbers`, arrays only; ``desorption`` makes them.
Nothing is allocated per draw, and
inner loops get arrays one by one: handing over the whole tuple counts references to all of it.
"""

from __future__ import annotations

from math import exp, expm1, inf, isfinite, log, log1p, nan, pi
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

# Witnesses, by what they are compared with.
SHIFT: Final = 0
WIDTH: Final = 1
T1: Final = 2
H_WIDTH: Final = 3
TOTAL: Final = 4
H2: Final = 5
TC: Final = 6

_HALF: Final = log(2.0)
_LOG_2_PI: Final = log(2.0 * pi)
_FWHM: Final = 2.0 * (2.0 * log(2.0)) ** 0.5
_SAME_RATES: Final = 0.01
_SWITCH: Final = 0.1  # of the difference of the shares of hydride and product
_NO_END: Final = 1e-6
_AT_ONCE: Final = 8  # variances whose logarithm is taken together
_H: Final = 0.02


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


# --- contents ---------------------------------------------------------------------------------


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
def _of_median(code: int, log_tau: float, shape: float, share: float, table: Array) -> float:
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
def _optional(v: Array, slot: int, otherwise: float) -> float:
    return v[slot] if slot >= 0 else otherwise


@numba.njit(cache=True, error_model="numpy")
def _course(
    v: Array, slots: Whole, code: int, log_half: float, cell: int
) -> tuple[float, float, float, float]:
    """Shape, share, spread of a cell, and what added to ln t gives ln tau."""
    shape, share, log_tau_half = _shapes(
        code, v[slots[INITIAL] + cell], v[slots[END]], _optional(v, slots[SHAPE], 0.0),
        _optional(v, slots[MIDDLE], 0.0), log_half,
    )  # fmt: skip
    offset = v[slots[HALF_TIME_CELL] + cell] if slots[HALF_TIME_CELL] >= 0 else 0.0
    begin = offset - log(v[slots[HALF_TIME]]) + log_tau_half
    return shape, share, _optional(v, slots[SIZE], 0.0), begin


@numba.njit(cache=True, error_model="numpy")
def _contents(
    v: Array, slots: Whole, code: int, log_half: float, cell: int, log_days: Array, table: Array,
    nodes: Array, weights: Array, x: Array,
) -> None:  # fmt: skip
    """Write the real contents of a cell at these times."""
    initial = v[slots[INITIAL] + cell]
    if code == STABLE:
        x[:] = initial
        return
    shape, share, spread, begin = _course(v, slots, code, log_half, cell)
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
def _factors(
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
    two = _optional(v, slots[TWO], two_known)
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
        _contents(
            v, slots, numbers.mechanism, numbers.log_half, cell, log_days[a:b], table, nodes,
            weights, x[a:b],
        )  # fmt: skip
        _factors(
            v, slots, numbers.artefact, cell, days[a:b], repetition[a:b], facts,
            numbers.two_known, of_hydrogen[a:b], of_ratio[a:b],
        )  # fmt: skip


# --- contents against data --------------------------------------------------------------------


@numba.njit(cache=True, error_model="numpy")
def _noise(excess: float, additive: float, relative: float, model: float) -> float:
    return excess * excess * (additive + relative * model * model)


@numba.njit(cache=True, error_model="numpy")
def fill_noise(v: Array, numbers: Numbers, model: Array, noise: Array) -> None:
    """Write the variance of each content by itself; `model` at all times, (u,)."""
    slots = numbers.slots
    excess, additive, relative = _noise_values(v, slots)
    for n in range(noise.size):
        m = model[numbers.point[n]]
        if isfinite(numbers.variance[n]):
            noise[n] = _noise(excess, numbers.variance[n], numbers.relative[n], m)
        else:
            noise[n] = _noise(1.0, additive, relative, m)


@numba.njit(cache=True, error_model="numpy")
def _noise_values(v: Array, slots: Whole) -> tuple[float, float, float]:
    """Excess, and squares of the additive and relative error, where they are parameters."""
    additive, relative = _optional(v, slots[ADDITIVE], nan), _optional(v, slots[RELATIVE], nan)
    return _optional(v, slots[EXCESS], nan), additive * additive, relative * relative


@numba.njit(cache=True, error_model="numpy")
def scale_of_cell(v: Array, numbers: Numbers, cell: int) -> float:
    """Variance of the scale that the contents of a cell share."""
    known = numbers.scale[cell]
    return known if isfinite(known) else v[numbers.slots[SCALE]] ** 2


@numba.njit(cache=True, error_model="numpy")
def walk_rate(v: Array, numbers: Numbers) -> float:
    """Variance that the gain gathers in a day."""
    if numbers.artefact != artefacts.WALK:
        return 0.0
    return v[numbers.slots[DRIVE]] ** 2 / artefacts.DAYS_OF_DRIFT


@numba.njit(cache=True, error_model="numpy")
def content_likelihood(
    v: Array, numbers: Numbers, x: Array, of_ratio: Array, noise: Array
) -> float:
    r"""Likelihood of all contents, scale and walk integrated; `noise` is written.

    A content is m (1 + u) with noise, u the error of the scale of the cell plus what the gain has
    walked. One pass of a scalar Kalman filter over u gives exactly the Gaussian with covariance
    N + m m^T (s^2 + q min(t, t')).
    """
    for n in range(x.size):
        of_ratio[n] *= x[n]
    fill_noise(v, numbers, of_ratio, noise)
    starts, point, content = numbers.content_starts, numbers.point, numbers.content
    days, rate = numbers.days, walk_rate(v, numbers)
    total, product, waiting = -0.5 * content.size * _LOG_2_PI, 1.0, 0
    for cell in range(starts.size - 1):
        known, before, spread = 0.0, 0.0, scale_of_cell(v, numbers, cell)
        for n in range(starts[cell], starts[cell + 1]):
            place = point[n]
            model = of_ratio[place]
            spread += rate * (days[place] - before)
            before = days[place]
            inverse = 1.0 / (noise[n] + model * model * spread)
            miss = content[n] - model * (1.0 + known)
            total -= 0.5 * miss * miss * inverse
            known += model * spread * miss * inverse
            spread *= noise[n] * inverse
            product *= inverse
            waiting += 1
            if waiting == _AT_ONCE:
                total += 0.5 * log(product)
                product, waiting = 1.0, 0
    return total + 0.5 * log(product)


# --- witnesses against data -------------------------------------------------------------------


@numba.njit(cache=True, error_model="numpy")
def _drifting(v: Array, slots: Whole, cell: int, days: float) -> float:
    """Logarithm of a T1 or width whose drift is the artefact."""
    drive = v[slots[DRIVE]]
    if slots[DRIVE_CELL] >= 0:
        drive += v[slots[DRIVE_CELL] + cell]
    return log(v[slots[ONE] + cell]) + drive * days / artefacts.DAYS_OF_DRIFT


@numba.njit(cache=True, error_model="numpy")
def _centre(slope: float, gone: float, whole: float, two_lines: int) -> float:
    """Shift of the metal's line [ppm] against that of day 0.

    Grains that stay uniform move their line with their content. Where hydride and product stand
    side by side there are two lines, and who fits a single one follows the stronger: its centre
    stays, and goes over to the product about the day when half has reacted.
    """
    if two_lines:
        return -slope * whole / (1.0 + exp(-(2.0 * gone / whole - 1.0) / _SWITCH))
    return -slope * gone


@numba.njit(cache=True, error_model="numpy")
def spread_fwhm(steepness: float, log_spread: float, whole: float) -> float:
    """FWHM of a spread of ln k; `steepness` is d alpha/d ln tau, `whole` the way of the line."""
    return _FWHM * abs(log_spread * steepness * whole)


@numba.njit(cache=True, error_model="numpy")
def _steepness(code: int, log_tau: float, shape: float, share: float, table: Array) -> float:
    """Slope of the loss of the median grain against ln tau."""
    later = _of_median(code, log_tau + _H, shape, share, table)
    return (later - _of_median(code, log_tau - _H, shape, share, table)) / (2.0 * _H)


@numba.njit(cache=True, error_model="numpy")
def _fill_widths(v: Array, numbers: Numbers, begin: int, end: int, out: Array) -> None:
    """Write the squared widths [kHz^2] that a spread of grains adds to the metal's line."""
    slots, cells, points, log_days = (
        numbers.slots, numbers.w_cell, numbers.w_point, numbers.log_days,
    )  # fmt: skip
    out[begin:end] = 0.0
    if numbers.two_lines or slots[SIZE] < 0:
        return
    code, table, cell = numbers.mechanism, numbers.table, -1
    unit = v[slots[SHIFT_SLOPE]] * numbers.metal_frequency * 1e-3
    log_spread = v[slots[SIZE]] * numbers.size_exponent
    whole, shape, share, start = 0.0, 0.0, 0.0, 0.0
    for n in range(begin, end):
        if cells[n] != cell:
            cell = cells[n]
            shape, share, _, start = _course(v, slots, code, numbers.log_half, cell)
            whole = unit * (v[slots[INITIAL] + cell] - v[slots[END]])
        at = log_days[points[n]]
        if at > -inf:
            out[n] = (
                spread_fwhm(_steepness(code, at + start, shape, share, table), log_spread, whole)
                ** 2
            )


@numba.njit(cache=True, error_model="numpy")
def _predicted(
    code: int, gone: float, whole: float, of_hydrogen: float, content: float, factor: float,
    flags: tuple[int, int],
) -> float:  # fmt: skip
    """Give what a witness of the content should be; `flags` are two_lines and sink."""
    if code == TOTAL:
        return content * of_hydrogen + (0.0 if flags[1] else gone)
    if code == H2:
        return 0.0 if flags[1] else factor * gone
    if code == TC:
        return -factor * gone
    return _centre(factor, gone, whole, flags[0])


@numba.njit(cache=True, error_model="numpy")
def _fill_by_content(
    v: Array, numbers: Numbers, code: int, block: int, x: Array, of_hydrogen: Array, out: Array
) -> None:
    slots, cells, points = numbers.slots, numbers.w_cell, numbers.w_point
    slot = slots[SHIFT_SLOPE] if code == SHIFT else slots[SHARE] if code == H2 else slots[TC_SLOPE]
    factor, end = _optional(v, slot, 0.0), _optional(v, slots[END], nan)
    flags = (numbers.two_lines, numbers.sink)
    for n in range(numbers.block_starts[block], numbers.block_starts[block + 1]):
        place, initial = points[n], v[slots[INITIAL] + cells[n]]
        out[n] = _predicted(
            code, initial - x[place], initial - end, of_hydrogen[place], x[place], factor, flags
        )


@numba.njit(cache=True, error_model="numpy")
def fill_predictions(v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, out: Array) -> None:
    """Write what all witnesses should be, apart from their own levels and drifts."""
    for block in range(numbers.blocks.size):
        code = numbers.blocks[block]
        begin, end = numbers.block_starts[block], numbers.block_starts[block + 1]
        if code == WIDTH:
            _fill_widths(v, numbers, begin, end, out)
        elif code in (T1, H_WIDTH):
            for n in range(begin, end):
                days = numbers.days[numbers.w_point[n]]
                out[n] = _drifting(v, numbers.slots, numbers.w_cell[n], days)
        else:
            _fill_by_content(v, numbers, code, block, x, of_hydrogen, out)


@numba.njit(cache=True, error_model="numpy")
def _along(rows: Array, at: int, miss: Array, begin: int, end: int) -> float:
    total = 0.0
    for n in range(begin, end):
        total += rows[at + n - begin] * miss[n]
    return total


@numba.njit(cache=True, error_model="numpy")
def witness_likelihood(
    v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, miss: Array
) -> float:
    """Likelihood of all witnesses, their levels and drifts integrated; without the constant."""
    fill_predictions(v, numbers, x, of_hydrogen, miss)
    values, inverse, rows = numbers.w_value, numbers.w_inverse, numbers.rows
    total = 0.0
    for n in range(miss.size):
        miss[n] = (values[n] - miss[n]) * inverse[n]
        total -= 0.5 * miss[n] * miss[n]
    for block in range(numbers.blocks.size):
        begin, end = numbers.block_starts[block], numbers.block_starts[block + 1]
        for k in range(numbers.ranks[block]):
            at = numbers.row_starts[block] + k * (end - begin)
            total += 0.5 * _along(rows, at, miss, begin, end) ** 2
    return total


# --- many draws -------------------------------------------------------------------------------


@numba.njit(cache=True, error_model="numpy")
def log_likelihoods(z: Array, numbers: Numbers, out: Array) -> None:
    """Write the log likelihood of each draw; a draw without a number is impossible (-inf)."""
    v = np.empty(z.shape[1])
    times = numbers.days.size
    x, of_hydrogen, of_ratio = np.empty(times), np.empty(times), np.empty(times)
    noise, miss = np.empty(numbers.content.size), np.empty(numbers.w_value.size)
    for m in range(z.shape[0]):
        fill_values(z[m], numbers, v)
        fill_cells(v, numbers, x, of_hydrogen, of_ratio)
        found = content_likelihood(v, numbers, x, of_ratio, noise) + numbers.constant
        if miss.size > 0:
            found += witness_likelihood(v, numbers, x, of_hydrogen, miss)
        out[m] = found if isfinite(found) else -inf


@numba.njit(cache=True, error_model="numpy")
def all_values(z: Array, numbers: Numbers, out: Array) -> None:
    """Write the values of all parameters of many draws."""
    for m in range(z.shape[0]):
        fill_values(z[m], numbers, out[m])


@numba.njit(cache=True, error_model="numpy")
def cell_curves(
    z: Array, numbers: Numbers, cell: int, days: Array, repetition: Array, real: Array,
    apparent: Array,
) -> None:  # fmt: skip
    """Write real and apparent contents of a cell at these days, for many draws."""
    v, of_hydrogen, log_days = np.empty(z.shape[1]), np.empty(days.size), np.log(days)
    for m in range(z.shape[0]):
        fill_values(z[m], numbers, v)
        _contents(
            v, numbers.slots, numbers.mechanism, numbers.log_half, cell, log_days, numbers.table,
            numbers.nodes, numbers.weights, real[m],
        )  # fmt: skip
        _factors(
            v, numbers.slots, numbers.artefact, cell, days, repetition, numbers.facts,
            numbers.two_known, of_hydrogen, apparent[m],
        )  # fmt: skip
        for n in range(days.size):
            apparent[m, n] *= real[m, n]

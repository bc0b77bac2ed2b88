"""Compiled loops of the verdict: contents, factors, and the likelihood of many draws at once.

What a hypothesis is made of comes as :class:`Numbers`, arrays only; ``desorption`` makes them.
Nothing is allocated per draw.
"""

from __future__ import annotations

from math import exp, expm1, inf, isfinite, log, log1p, pi
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
_SWITCH: Final = 0.1
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
    size_exponent: int
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
    for k in range(z.size):
        v[k] = value(z[k], numbers.kinds[k], numbers.first[k], numbers.second[k], numbers.kept[k])


@numba.njit(cache=True, error_model="numpy")
def _optional(v: Array, slot: int, otherwise: float) -> float:
    return v[slot] if slot >= 0 else otherwise


@numba.njit(cache=True, error_model="numpy")
def loss_without_table(
    code: int, log_tau: float, spread: float, shape: float, nodes: Array, weights: Array
) -> float:
    """Fraction lost by mechanisms that need none: zero, sqrt, jmak (`shape` n), second (q)."""
    if code == rates.JMAK:
        return -expm1(-exp(shape * log_tau))
    tau = exp(log_tau)
    if code == rates.ZERO:
        return rates.zero(tau)
    if code == rates.SQRT:
        return rates.square_root(tau)
    if spread == 0.0:
        return rates.second(tau, shape)
    total = 0.0
    for g in range(nodes.size):
        total += weights[g] * rates.second(tau * exp(-spread * nodes[g]), shape)
    return total


@numba.njit(cache=True, error_model="numpy")
def loss(
    code: int, log_tau: float, spread: float, shape: float, share: float, numbers: Numbers
) -> float:
    """Fraction lost at a reduced time; `share` waits in the middle state of two steps."""
    if numbers.table.shape[0] == 0:
        return loss_without_table(code, log_tau, spread, shape, numbers.nodes, numbers.weights)
    all_first = lost(numbers.table, log_tau, spread)
    if code != rates.SERIAL:
        return all_first
    gap = max(abs(shape - 1.0), _SAME_RATES)
    if shape >= 1.0:
        other = lost(numbers.table, log_tau + log1p(gap), spread)
        return all_first - share * (other - all_first) / gap
    gap = min(gap, 1.0 - 1e-12)
    other = lost(numbers.table, log_tau + log1p(-gap), spread)
    return all_first - share * (all_first - other) / gap


@numba.njit(cache=True, error_model="numpy")
def shape_of_cell(v: Array, numbers: Numbers, initial: float) -> tuple[float, float, float]:
    """Shape, share of the middle state and ln of the reduced half time, of a cell."""
    code, slots = numbers.mechanism, numbers.slots
    shape, share, log_half = 0.0, 0.0, numbers.log_half
    if code == rates.SECOND:
        shape = max(v[slots[END]] / initial, 1e-6)
        log_half = log(log((1.0 + 3.0 * shape) / (1.0 + shape)) / (2.0 * shape))
    elif code == rates.JMAK:
        shape = v[slots[SHAPE]]
        log_half = log(_HALF) / shape
    elif code == rates.SERIAL:
        shape = v[slots[SHAPE]]
        end = v[slots[END]]
        share = (v[slots[MIDDLE]] - end) / (initial - end)
    return shape, share, log_half


@numba.njit(cache=True, error_model="numpy")
def _speed(v: Array, numbers: Numbers, cell: int) -> float:
    """-ln of the half time of a cell."""
    slots = numbers.slots
    shift = v[slots[HALF_TIME_CELL] + cell] if slots[HALF_TIME_CELL] >= 0 else 0.0
    return shift - log(v[slots[HALF_TIME]])


@numba.njit(cache=True, error_model="numpy")
def fill_contents(v: Array, numbers: Numbers, cell: int, log_days: Array, x: Array) -> None:
    """Write the real contents of a cell at these times."""
    slots = numbers.slots
    initial = v[slots[INITIAL] + cell]
    if numbers.mechanism == STABLE:
        x[:] = initial
        return
    end = v[slots[END]]
    spread = _optional(v, slots[SIZE], 0.0)
    shape, share, log_half = shape_of_cell(v, numbers, initial)
    begin = _speed(v, numbers, cell) + log_half
    for n in range(log_days.size):
        gone = 0.0
        if log_days[n] > -inf:
            gone = loss(numbers.mechanism, log_days[n] + begin, spread, shape, share, numbers)
        x[n] = initial - (initial - end) * gone


@numba.njit(cache=True, error_model="numpy")
def fill_factors(
    v: Array, numbers: Numbers, cell: int, days: Array, repetition: Array, of_hydrogen: Array,
    of_ratio: Array,
) -> None:  # fmt: skip
    """Write the factor of 1H and that of the ratio, of a cell at these times."""
    slots, code = numbers.slots, numbers.artefact
    if code in (artefacts.NONE, artefacts.WALK):
        of_hydrogen[:] = 1.0
        of_ratio[:] = 1.0
        return
    drive = v[slots[DRIVE]]
    if slots[DRIVE_CELL] >= 0:
        offset = v[slots[DRIVE_CELL] + cell]
        drive = drive * exp(-offset) if code == artefacts.VISIBILITY else drive + offset
    one = 0.0
    if slots[ONE] >= 0:
        one = v[slots[ONE] + (cell if slots[ONE_CELL] >= 0 else 0)]
    two = _optional(v, slots[TWO], numbers.two_known)
    for n in range(days.size):
        between = repetition[n] if isfinite(repetition[n]) else two
        of_hydrogen[n], of_ratio[n] = artefacts.factors(
            code, days[n], drive, one, two, between, numbers.facts
        )


@numba.njit(cache=True, error_model="numpy")
def fill_cells(v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, of_ratio: Array) -> None:
    """Write contents and factors of all cells at all times of the data."""
    for cell in range(numbers.cell_starts.size - 1):
        begin, end = numbers.cell_starts[cell], numbers.cell_starts[cell + 1]
        fill_contents(v, numbers, cell, numbers.log_days[begin:end], x[begin:end])
        fill_factors(
            v, numbers, cell, numbers.days[begin:end], numbers.repetition[begin:end],
            of_hydrogen[begin:end], of_ratio[begin:end],
        )  # fmt: skip


@numba.njit(cache=True, error_model="numpy")
def noise_of_point(v: Array, numbers: Numbers, n: int, model: float) -> float:
    """Variance that belongs to one content alone."""
    slots = numbers.slots
    if isfinite(numbers.variance[n]):
        excess = v[slots[EXCESS]]
        return excess * excess * (numbers.variance[n] + numbers.relative[n] * model * model)
    additive, relative = v[slots[ADDITIVE]], v[slots[RELATIVE]] * model
    return additive * additive + relative * relative


@numba.njit(cache=True, error_model="numpy")
def scale_of_cell(v: Array, numbers: Numbers, cell: int) -> float:
    """Variance of the scale that the contents of a cell share."""
    if isfinite(numbers.scale[cell]):
        return numbers.scale[cell]
    return v[numbers.slots[SCALE]] ** 2


@numba.njit(cache=True, error_model="numpy")
def walk_rate(v: Array, numbers: Numbers) -> float:
    """Variance that the gain gathers in a day."""
    if numbers.artefact != artefacts.WALK:
        return 0.0
    return v[numbers.slots[DRIVE]] ** 2 / artefacts.DAYS_OF_DRIFT


@numba.njit(cache=True, error_model="numpy")
def content_likelihood(v: Array, numbers: Numbers, x: Array, of_ratio: Array) -> float:
    r"""Likelihood of all contents, scale and walk integrated.

    A content is m (1 + u) with noise, u the error of the scale of the cell plus what the gain has
    walked. One pass of a scalar Kalman filter over u gives exactly the Gaussian with covariance
    N + m m^T (s^2 + q min(t, t')).
    """
    total, rate = 0.0, walk_rate(v, numbers)
    for cell in range(numbers.content_starts.size - 1):
        known, spread = 0.0, scale_of_cell(v, numbers, cell)
        before = 0.0
        for n in range(numbers.content_starts[cell], numbers.content_starts[cell + 1]):
            place = numbers.point[n]
            model = x[place] * of_ratio[place]
            spread += rate * (numbers.days[place] - before)
            before = numbers.days[place]
            noise = noise_of_point(v, numbers, n, model)
            variance = noise + model * model * spread
            miss = numbers.content[n] - model * (1.0 + known)
            total -= 0.5 * (miss * miss / variance + log(variance) + _LOG_2_PI)
            gain = model * spread / variance
            known += gain * miss
            spread *= noise / variance
    return total


@numba.njit(cache=True, error_model="numpy")
def predicted(
    v: Array, numbers: Numbers, code: int, cell: int, place: int, x: float, of_hydrogen: float
) -> float:
    """Value of a witness, apart from its own level and drift."""
    slots = numbers.slots
    if code in (T1, H_WIDTH):
        # Only under the artefact that this witness shows; else these do not depend on anything.
        drive = v[slots[DRIVE]]
        if slots[DRIVE_CELL] >= 0:
            drive += v[slots[DRIVE_CELL] + cell]
        return log(v[slots[ONE] + cell]) + drive * numbers.days[place] / artefacts.DAYS_OF_DRIFT
    initial = v[slots[INITIAL] + cell]
    gone = initial - x
    if code == TOTAL:
        return x * of_hydrogen + (0.0 if numbers.sink else gone)
    if numbers.mechanism == STABLE:
        return 0.0
    if code == H2:
        return 0.0 if numbers.sink else v[slots[SHARE]] * gone
    if code == TC:
        return -v[slots[TC_SLOPE]] * gone
    return _line_of_metal(v, numbers, code, cell, place, gone)


@numba.njit(cache=True, error_model="numpy")
def _line_of_metal(
    v: Array, numbers: Numbers, code: int, cell: int, place: int, gone: float
) -> float:
    """Shift [ppm] or squared width that the spread of grains adds [kHz^2].

    Grains that stay uniform move their line with their content. Where hydride and product stand
    side by side there are two lines, and who fits a single one follows the stronger: its centre
    stays, and goes over to the product about the day when half has reacted.
    """
    slots = numbers.slots
    slope = v[slots[SHIFT_SLOPE]]
    initial, end = v[slots[INITIAL] + cell], v[slots[END]]
    if code == SHIFT:
        if numbers.two_lines:
            reacted = gone / (initial - end)
            return slope * (end - initial) / (1.0 + exp(-(2.0 * reacted - 1.0) / _SWITCH))
        return -slope * gone
    if numbers.two_lines or slots[SIZE] < 0 or not numbers.days[place] > 0.0:
        return 0.0
    shape, share, log_half = shape_of_cell(v, numbers, initial)
    at = numbers.log_days[place] + _speed(v, numbers, cell) + log_half
    fwhm = spread_of_shifts(
        loss(numbers.mechanism, at + _H, 0.0, shape, share, numbers)
        - loss(numbers.mechanism, at - _H, 0.0, shape, share, numbers),
        v[slots[SIZE]] * numbers.size_exponent,
        slope * (initial - end) * numbers.metal_frequency * 1e-3,
    )
    return fwhm * fwhm


@numba.njit(cache=True, error_model="numpy")
def spread_of_shifts(difference: float, log_spread: float, whole: float) -> float:
    """FWHM of a spread of ln k; `difference` of the loss over 0.04 in ln tau, `whole` the way."""
    return _FWHM * abs(log_spread * difference / (2.0 * _H) * whole)


@numba.njit(cache=True, error_model="numpy")
def witness_likelihood(
    v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, miss: Array
) -> float:
    """Likelihood of all witnesses, their levels and drifts integrated; without the constant."""
    total = 0.0
    for block in range(numbers.blocks.size):
        begin, end = numbers.block_starts[block], numbers.block_starts[block + 1]
        for n in range(begin, end):
            place = numbers.w_point[n]
            found = predicted(
                v, numbers, numbers.blocks[block], numbers.w_cell[n], place, x[place],
                of_hydrogen[place],
            )  # fmt: skip
            miss[n] = (numbers.w_value[n] - found) * numbers.w_inverse[n]
            total -= 0.5 * miss[n] * miss[n]
        at = numbers.row_starts[block]
        for _ in range(numbers.ranks[block]):
            along = 0.0
            for n in range(begin, end):
                along += numbers.rows[at] * miss[n]
                at += 1
            total += 0.5 * along * along
    return total


@numba.njit(cache=True, error_model="numpy")
def log_likelihoods(z: Array, numbers: Numbers, out: Array) -> None:
    """Write the log likelihood of each draw; a draw without a number is impossible (-inf)."""
    v = np.empty(z.shape[1])
    times = numbers.days.size
    x, of_hydrogen, of_ratio = np.empty(times), np.empty(times), np.empty(times)
    miss = np.empty(numbers.w_value.size)
    for m in range(z.shape[0]):
        fill_values(z[m], numbers, v)
        fill_cells(v, numbers, x, of_hydrogen, of_ratio)
        found = content_likelihood(v, numbers, x, of_ratio) + numbers.constant
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
    v, log_days = np.empty(z.shape[1]), np.log(days)
    of_hydrogen = np.empty(days.size)
    for m in range(z.shape[0]):
        fill_values(z[m], numbers, v)
        fill_contents(v, numbers, cell, log_days, real[m])
        fill_factors(v, numbers, cell, days, repetition, of_hydrogen, apparent[m])
        for n in range(days.size):
            apparent[m, n] *= real[m, n]


@numba.njit(cache=True, error_model="numpy")
def predictions(v: Array, numbers: Numbers, x: Array, of_hydrogen: Array, out: Array) -> None:
    """Write what the witnesses of one draw should be, apart from their own level and drift."""
    for block in range(numbers.blocks.size):
        for n in range(numbers.block_starts[block], numbers.block_starts[block + 1]):
            place = numbers.w_point[n]
            out[n] = predicted(
                v, numbers, numbers.blocks[block], numbers.w_cell[n], place, x[place],
                of_hydrogen[place],
            )  # fmt: skip

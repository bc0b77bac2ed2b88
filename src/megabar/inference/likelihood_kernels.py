"""Compiled loops of the verdict: the likelihood of contents and witnesses for many draws at once.

Nothing is allocated per draw.
"""

from __future__ import annotations

from math import inf, isfinite, log, nan, pi
from typing import TYPE_CHECKING, Final

import numba
import numpy as np

from megabar.inference import artefacts
from megabar.inference.loss_kernels import (
    ADDITIVE,
    DRIVE,
    EXCESS,
    RELATIVE,
    SCALE,
    Numbers,
    fill_cell_contents,
    fill_cell_factors,
    fill_cells,
    fill_values,
    optional,
)  # fmt: skip
from megabar.inference.witness_kernels import witness_likelihood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

_LOG_2_PI: Final = log(2.0 * pi)
_AT_ONCE: Final = 8  # variances whose logarithm is taken together


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
    additive, relative = optional(v, slots[ADDITIVE], nan), optional(v, slots[RELATIVE], nan)
    return optional(v, slots[EXCESS], nan), additive * additive, relative * relative


@numba.njit(cache=True, error_model="numpy")
def scale_of_cell(v: Array, numbers: Numbers, cell: int) -> float:
    """Variance of the scale that the contents of a cell share."""
    known: float = numbers.scale[cell]
    if isfinite(known):
        return known
    std: float = v[numbers.slots[SCALE]]
    return std * std


@numba.njit(cache=True, error_model="numpy")
def walk_rate(v: Array, numbers: Numbers) -> float:
    """Variance that the gain gathers in a day."""
    if numbers.artefact != artefacts.WALK:
        return 0.0
    std: float = v[numbers.slots[DRIVE]]
    return std * std / artefacts.DAYS_OF_DRIFT


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
        fill_cell_contents(
            v, numbers.slots, numbers.mechanism, numbers.log_half, cell, log_days, numbers.table,
            numbers.nodes, numbers.weights, real[m],
        )  # fmt: skip
        fill_cell_factors(
            v, numbers.slots, numbers.artefact, cell, days, repetition, numbers.facts,
            numbers.two_known, of_hydrogen, apparent[m],
        )  # fmt: skip
        for n in range(days.size):
            apparent[m, n] *= real[m, n]


@numba.njit(cache=True, error_model="numpy")
def fill_walks(z: Array, numbers: Numbers, cell: int, days: Array, out: Array) -> None:
    r"""Write the walk of the gain at these days that the contents of a cell speak for.

    .. math:: E[w(t)] = q \sum_i \min(t, t_i)\, m_i\, [C^{-1} (y - m)]_i
    """
    v, times = np.empty(z.shape[1]), numbers.days.size
    x, of_hydrogen, of_ratio = np.empty(times), np.empty(times), np.empty(times)
    noise = np.empty(numbers.content.size)
    begin, end = numbers.content_starts[cell], numbers.content_starts[cell + 1]
    places = numbers.point[begin:end]
    at = numbers.days[places]
    for draw in range(z.shape[0]):
        fill_values(z[draw], numbers, v)
        fill_cells(v, numbers, x, of_hydrogen, of_ratio)
        fill_noise(v, numbers, x * of_ratio, noise)
        model, rate = (x * of_ratio)[places], walk_rate(v, numbers)
        shared = scale_of_cell(v, numbers, cell) + rate * np.minimum(at.reshape(-1, 1), at)
        covariance = np.diag(noise[begin:end]) + shared * np.outer(model, model)
        pull = model * np.linalg.solve(covariance, numbers.content[begin:end] - model)
        for n in range(days.size):
            out[draw, n] = rate * np.sum(np.minimum(days[n], at) * pull)

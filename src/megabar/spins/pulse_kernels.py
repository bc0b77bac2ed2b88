"""Kernels: what a pulse makes of states whose Hamiltonians are real symmetric matrices.

Only for :mod:`megabar.spins.pulse_responses` and :mod:`megabar.spins.pulse_propagators`, which
diagonalise the slices and say what is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]


@numba.njit(cache=True)
def elements(
    levels_a: Array,
    vectors_a: Array,
    levels_b: Array,
    vectors_b: Array,
    halves: bool,
    slices: Whole,
    middle: int,
    backwards: bool,
    lengths: Array,
    start: Array,
    rows: Whole,
    columns: Whole,
    first_sign: Array,
    second_sign: Array,
) -> Any:
    """Elements of rho after the pulse, (coupling, length, element)."""
    couplings = levels_a.shape[0]
    size = levels_a.shape[2]
    found = np.empty((couplings, len(lengths), len(rows)), dtype=np.complex128)
    for c in range(couplings):
        a = propagators(levels_a[c], vectors_a[c], slices, middle, backwards, lengths)
        b = a
        if halves:
            b = propagators(levels_b[c], vectors_b[c], slices, middle, backwards, lengths)
        for t in range(len(lengths)):
            for n in range(len(rows)):
                i, j = rows[n], columns[n]
                here, there = 0.0j, 0.0j
                for k in range(size):
                    here += a[t, i, k] * start[k] * np.conj(b[t, j, k])
                    there += a[t, j, k] * start[k] * np.conj(b[t, i, k])
                found[c, t, n] = (second_sign[n] * here + first_sign[n] * np.conj(there)) / 2
    return found


@numba.njit(cache=True)
def propagators(
    levels: Array,
    vectors: Array,
    slices: Whole,
    middle: int,
    backwards: bool,
    lengths: Array,
) -> Any:
    """Propagators of the whole pulse for every length of one slice, (length, state, state).

    Between two slices only the overlap of their eigenvectors is applied. If the pulse reads the
    same backwards, slices are its first half A, and the whole is A^T A, with the middle slice in
    between if there is one.
    """
    size, steps = levels.shape[1], len(slices)
    overlaps = _overlaps(vectors, slices, middle, backwards)
    turns = np.empty((steps + 1, size), dtype=np.complex128)
    further = np.empty((steps + 1, size), dtype=np.complex128)
    angles = np.zeros((steps + 1, size))
    for k in range(steps):
        angles[k] = -2 * np.pi * levels[slices[k]]
    if middle >= 0:
        angles[steps] = -2 * np.pi * levels[middle]
    real, imaginary = np.empty((size, size)), np.empty((size, size))
    next_real, next_imaginary = np.empty((size, size)), np.empty((size, size))
    found = np.empty((len(lengths), size, size), dtype=np.complex128)
    spacing = -1.0
    for t in range(len(lengths)):
        apart = lengths[t] - lengths[t - 1] if t else -1.0
        if t > 1 and abs(apart - spacing) <= 1e-12 * abs(lengths[t]):
            turns *= further
        else:
            turns[:] = np.exp(1j * angles * lengths[t])
            further[:] = np.exp(1j * angles * apart)
            spacing = apart
        _start(turns[0], overlaps[0], real, imaginary)
        for k in range(1, steps):
            _apply(overlaps[k], real, imaginary, next_real, next_imaginary)
            _turn(turns[k], next_real, next_imaginary, real, imaginary)
        _apply(overlaps[steps], real, imaginary, next_real, next_imaginary)
        if backwards:
            _fold(next_real, next_imaginary, turns[steps], found[t])
        else:
            found[t] = next_real + 1j * next_imaginary
    return found


@numba.njit(cache=True)
def _overlaps(vectors: Array, slices: Whole, middle: int, backwards: bool) -> Any:
    """Compute what leads into the first slice, from slice to slice, and out of the last."""
    steps, size = len(slices), vectors.shape[1]
    found = np.empty((steps + 1, size, size))
    found[0] = vectors[slices[0]].T
    for k in range(1, steps):
        found[k] = vectors[slices[k]].T @ vectors[slices[k - 1]]
    found[steps] = vectors[slices[steps - 1]]
    if backwards and middle >= 0:
        found[steps] = vectors[middle].T @ vectors[slices[steps - 1]]
    return found


@numba.njit(cache=True)
def _start(phase: NDArray[np.complex128], matrix: Array, real: Array, imaginary: Array) -> None:
    """Multiply the rows of a real matrix by phases."""
    for i in range(len(phase)):
        for j in range(len(phase)):
            real[i, j] = phase[i].real * matrix[i, j]
            imaginary[i, j] = phase[i].imag * matrix[i, j]


@numba.njit(cache=True)
def _turn(
    phase: NDArray[np.complex128],
    real: Array,
    imaginary: Array,
    next_real: Array,
    next_imaginary: Array,
) -> None:
    """Multiply the rows of a complex matrix, given as two parts, by phases."""
    for i in range(len(phase)):
        cosine, sine = phase[i].real, phase[i].imag
        for j in range(len(phase)):
            next_real[i, j] = cosine * real[i, j] - sine * imaginary[i, j]
            next_imaginary[i, j] = cosine * imaginary[i, j] + sine * real[i, j]


@numba.njit(cache=True)
def _apply(
    matrix: Array, real: Array, imaginary: Array, next_real: Array, next_imaginary: Array
) -> None:
    """Multiply a complex matrix, given as two parts, from the left by a real one."""
    size = len(matrix)
    for i in range(size):
        for j in range(size):
            next_real[i, j] = 0.0
            next_imaginary[i, j] = 0.0
        for k in range(size):
            factor = matrix[i, k]
            for j in range(size):
                next_real[i, j] += factor * real[k, j]
                next_imaginary[i, j] += factor * imaginary[k, j]


@numba.njit(cache=True)
def _fold(
    real: Array,
    imaginary: Array,
    phase: NDArray[np.complex128],
    found: NDArray[np.complex128],
) -> None:
    """Compute A^T diag(phase) A."""
    size = len(phase)
    for i in range(size):
        for j in range(size):
            whole = 0.0j
            for k in range(size):
                one = complex(real[k, i], imaginary[k, i])
                whole += one * phase[k] * complex(real[k, j], imaginary[k, j])
            found[i, j] = whole

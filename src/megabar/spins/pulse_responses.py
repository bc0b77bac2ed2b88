r"""What a pulse makes of one quadrupolar spin: the amplitude of every transition, for all lengths.

To first order the orientation enters through the coupling f alone. Only distinct amplitudes of the
slices are diagonalised, once for all lengths of the pulse; a shape that reads the same backwards
costs half of its slices, because real symmetric Hamiltonians give symmetric propagators; on
resonance a half-integer spin falls into two halves that do not mix.

Not included: relaxation during the pulse, phase transients, the Bloch-Siegert shift, second-order
shifts (small while the quadrupole frequency is well below the root of nutation times Larmor
frequency).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from megabar.spins.operators import angular_momentum, magnetic_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Basis:
    """States that a pulse mixes: one group, or two that do not mix.

    Every element of rho that is asked for is
    ``(second_sign R[row, column] + first_sign conj(R[column, row])) / 2`` with
    ``R = Ua diag(start) Ub^adj``.
    """

    groups: tuple[Array, ...]  # columns of m states, (state, member)
    start: Array
    rows: Whole
    columns: Whole
    first_sign: Array
    second_sign: Array


def responses_from_coupling(
    *,
    spin: float,
    coupling: Array,
    offset: float,
    amplitude: Array,
    durations: Array,
) -> NDArray[np.complex128]:
    r"""Compute the amplitude of every transition right after a pulse of phase x.

    .. math:: a_m(f, t) = \sqrt{I(I+1) - m(m-1)} \; \langle m-1 | \rho | m \rangle
        / \mathrm{Tr}[I_x^2], \quad H/h = f [3 I_z^2 - I(I+1)] + \nu_1 I_x + \Delta I_z

    starting from :math:`I_z`. Their sum is the signal at the end of the pulse; one after a perfect
    90 degree pulse in modulus. A pulse of phase :math:`\varphi` multiplies all by
    :math:`e^{i \varphi}`.

    Parameters
    ----------
    spin
        Quantum number I, 1/2 to 9/2.
    coupling
        f of ``hamiltonians.first_order_coupling`` [Hz], (coupling,).
    offset
        :math:`\Delta`, of the spin from the carrier [Hz].
    amplitude
        Nutation frequency of slices of equal length [Hz], (slice,); one for a rectangular pulse.
    durations
        Lengths of the whole pulse [s], (length,); evenly spaced ones are fastest.

    Returns
    -------
    :
        Amplitudes, complex, (coupling, length, transition), the transition m = I <-> I - 1 first.

    Raises
    ------
    ValueError
        If there is no slice, or a length is negative.

    References
    ----------
    Samoson, Lippmaa, Phys. Rev. B 28, 6567 (1983), doi:10.1103/PhysRevB.28.6567.

    Examples
    --------
    >>> found = responses_from_coupling(
    ...     spin=3.5, coupling=np.array([624.5224]), offset=0.0, amplitude=np.array([62.5e3]),
    ...     durations=np.array([2e-6, 10e-6]))
    >>> (1j * found.sum(axis=-1)).real.round(6).tolist()
    [[0.706315, -0.69541]]
    """
    coupling, amplitude, durations = (
        np.ascontiguousarray(one, dtype=np.float64) for one in (coupling, amplitude, durations)
    )
    if not amplitude.size:
        msg = "Found a pulse without slices; nothing turns. Give one amplitude or more."
        raise ValueError(msg)
    if (durations < 0).any():
        msg = f"Found a pulse of {durations.min():g} s; give lengths of zero or more."
        raise ValueError(msg)
    its = angular_momentum(spin)
    basis = _halves(spin) if offset == 0 and spin % 1 else _whole(spin)
    distinct, order = np.unique(amplitude, return_inverse=True)
    backwards = bool((amplitude == amplitude[::-1]).all())
    half = order[: len(order) // 2] if backwards and len(order) > 1 else order
    middle = order[len(order) // 2] if backwards and len(order) % 2 else -1
    squared = 3 * its.z.real @ its.z.real - spin * (spin + 1) * np.eye(len(its.z))
    solved = []
    for members in basis.groups:
        fixed = members.T @ squared @ members
        turned = members.T @ its.x.real @ members
        shifted = members.T @ its.z.real @ members
        hamiltonian = (
            coupling[:, None, None, None] * fixed
            + distinct[None, :, None, None] * turned
            + offset * shifted
        )
        solved.append(np.linalg.eigh(hamiltonian))
    (first, second) = (solved[0], solved[-1])
    elements = _elements(
        first[0], first[1], second[0], second[1], len(solved) > 1, half.astype(np.int64),
        int(middle), backwards and len(order) > 1, durations / len(amplitude), basis.start,
        basis.rows, basis.columns, basis.first_sign, basis.second_sign,
    )  # fmt: skip
    raised = np.diag(its.plus, 1).real
    amplitudes: NDArray[np.complex128] = elements * raised / its.norm
    return amplitudes


def _whole(spin: float) -> _Basis:
    m = magnetic_numbers(spin)
    transitions = np.arange(len(m) - 1)
    ones = np.ones(len(transitions))
    return _Basis(
        groups=(np.eye(len(m)),),
        start=m,
        rows=transitions + 1,
        columns=transitions,
        first_sign=ones,
        second_sign=ones,
    )


def _halves(spin: float) -> _Basis:
    """Split into sums and differences of m and -m, which a pulse along x does not mix."""
    m = magnetic_numbers(spin)
    count = len(m) // 2
    above, below = np.eye(len(m))[:, :count], np.eye(len(m))[:, ::-1][:, :count]
    place = np.where(m > 0, np.arange(len(m)), len(m) - 1 - np.arange(len(m)))
    sign = np.sign(m)
    return _Basis(
        groups=((above + below) / np.sqrt(2), (above - below) / np.sqrt(2)),
        start=m[:count],
        rows=place[1:],
        columns=place[:-1],
        first_sign=sign[1:],
        second_sign=sign[:-1],
    )


@numba.njit(cache=True)
def _elements(
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
        a = _propagators(levels_a[c], vectors_a[c], slices, middle, backwards, lengths)
        b = a
        if halves:
            b = _propagators(levels_b[c], vectors_b[c], slices, middle, backwards, lengths)
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
def _propagators(
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

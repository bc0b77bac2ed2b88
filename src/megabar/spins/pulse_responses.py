r"""What a pulse makes of one quadrupolar spin: the amplitude of every transition, for all lengths.

To first order the orientation enters through the coupling f alone. Only distinct amplitudes of the
slices are diagonalised, once for all lengths of the pulse; a shape that reads the same backwards
costs half of its slices, because real symmetric Hamiltonians give symmetric propagators; on
resonance a half-integer spin falls into two halves that do not mix.

Levels of any other kind, second-order shifts among them, take the road of
:func:`responses_from_levels`.

Not included: relaxation during the pulse, phase transients, the Bloch-Siegert shift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from megabar.spins import pulse_kernels
from megabar.spins.operators import angular_momentum, magnetic_numbers
from megabar.spins.pulse_propagators import propagators_from_levels
from megabar.spins.sequences import Pulse

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

    starting from :math:`I_z`. To first order: the quadrupole frequency has to stay well below
    :math:`\sqrt{\nu_1 \nu_L}`. Their sum is the signal at the end of the pulse; one after a perfect
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
    its = angular_momentum(spin)
    basis = _halves(spin) if offset == 0 and spin % 1 else _whole(spin)
    squared = 3 * its.z.real @ its.z.real - spin * (spin + 1) * np.eye(len(its.z))
    fixed = [
        coupling[:, None, None] * (members.T @ squared @ members)
        + offset * (members.T @ its.z.real @ members)
        for members in basis.groups
    ]
    return _responses(spin, basis, fixed, amplitude=amplitude, durations=durations)


def responses_from_levels(
    *, spin: float, levels: Array, amplitude: Array, phase: Array, durations: Array
) -> NDArray[np.complex128]:
    r"""Compute the amplitude of every transition after a pulse on spins of any levels.

    As :func:`responses_from_coupling`, with :math:`H/h = \mathrm{diag}(E_m) + \nu_1 (I_x
    \cos\varphi + I_y \sin\varphi)`. With the second-order shifts of
    ``hamiltonians.second_order_levels`` among the levels this is what large couplings need: to
    first order a pulse is described well only while the quadrupole frequency is far below
    :math:`\sqrt{\nu_1 \nu_L}` (1.9 MHz at 62.5 kHz and 55.8 MHz). Intensities are then right to
    the ratio of quadrupole to Larmor frequency. The levels depend on the orientation in more than
    one number, so a sphere grid takes the place of ``coupling_nodes``.

    Parameters
    ----------
    spin
        Quantum number I, 1/2 to 9/2.
    levels
        Energies of m = I, ..., -I over h in the rotating frame without the pulse [Hz],
        (node, state).
    amplitude
        Nutation frequency of slices of equal length [Hz], (slice,).
    phase
        Of each slice [rad], (slice,); if it changes along the pulse, every length is propagated
        on its own.
    durations
        Lengths of the whole pulse [s], (length,).

    Returns
    -------
    :
        Amplitudes, complex, (node, length, transition), the transition m = I <-> I - 1 first.

    Raises
    ------
    ValueError
        If there is no slice, a length is negative, or the levels are not those of the spin.

    References
    ----------
    Samoson, Lippmaa, Phys. Rev. B 28, 6567 (1983), doi:10.1103/PhysRevB.28.6567.

    Examples
    --------
    >>> m = magnetic_numbers(3.5)
    >>> found = responses_from_levels(
    ...     spin=3.5, levels=624.5224 * (3 * m**2 - 15.75)[None], amplitude=np.array([62.5e3]),
    ...     phase=np.zeros(1), durations=np.array([2e-6, 10e-6]))
    >>> (1j * found.sum(axis=-1)).real.round(6).tolist()
    [[0.706315, -0.69541]]
    """
    m = magnetic_numbers(spin)
    levels, amplitude, phase, durations = (
        np.ascontiguousarray(one, dtype=np.float64) for one in (levels, amplitude, phase, durations)
    )
    if levels.ndim != 2 or levels.shape[1] != len(m) or phase.shape != amplitude.shape:
        msg = (
            f"Found levels of shape {levels.shape}, {amplitude.size} amplitudes and {phase.size} "
            f"phases; spin {spin:g} needs (node, {len(m)}) and a phase for each amplitude."
        )
        raise ValueError(msg)
    if phase.size and np.ptp(phase) > 0:
        return _modulated(spin, levels, amplitude, phase, durations)
    fixed = [levels[:, :, None] * np.eye(len(m))]
    found = _responses(spin, _whole(spin), fixed, amplitude=amplitude, durations=durations)
    found *= np.exp(1j * phase[:1])
    return found


def _responses(
    spin: float, basis: _Basis, fixed: list[Array], *, amplitude: Array, durations: Array
) -> NDArray[np.complex128]:
    """Diagonalise every distinct slice in every group of states and run through the lengths."""
    _require_pulse(amplitude, durations)
    its = angular_momentum(spin)
    distinct, order = np.unique(amplitude, return_inverse=True)
    backwards = bool((amplitude == amplitude[::-1]).all())
    half = order[: len(order) // 2] if backwards and len(order) > 1 else order
    middle = order[len(order) // 2] if backwards and len(order) % 2 else -1
    solved = [
        np.linalg.eigh(
            part[:, None] + distinct[None, :, None, None] * (members.T @ its.x.real @ members)
        )
        for part, members in zip(fixed, basis.groups, strict=True)
    ]
    (first, second) = (solved[0], solved[-1])
    found = pulse_kernels.elements(
        first[0], first[1], second[0], second[1], len(solved) > 1, half.astype(np.int64),
        int(middle), backwards and len(order) > 1, durations / len(amplitude), basis.start,
        basis.rows, basis.columns, basis.first_sign, basis.second_sign,
    )  # fmt: skip
    return _seen(spin, found)


def _modulated(
    spin: float, levels: Array, amplitude: Array, phase: Array, durations: Array
) -> NDArray[np.complex128]:
    """Propagate every length of a pulse whose phase changes."""
    _require_pulse(amplitude, durations)
    m = magnetic_numbers(spin)
    found = np.empty((len(levels), len(durations), len(m) - 1), dtype=np.complex128)
    for place, duration in enumerate(durations):
        pulse = Pulse(channel="any", duration=float(duration), amplitude=amplitude, phase=phase)
        turned = propagators_from_levels(spin=spin, levels=levels, pulse=pulse)
        found[:, place] = np.einsum("nik,k,nik->ni", turned[:, 1:], m, turned[:, :-1].conj())
    return _seen(spin, found)


def _seen(spin: float, elements: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Weigh elements of rho below its diagonal as they are detected."""
    its = angular_momentum(spin)
    amplitudes: NDArray[np.complex128] = elements * np.diag(its.plus, 1).real / its.norm
    return amplitudes


def _require_pulse(amplitude: Array, durations: Array) -> None:
    if not amplitude.size:
        msg = "Found a pulse without slices; nothing turns. Give one amplitude or more."
        raise ValueError(msg)
    if (durations < 0).any():
        msg = f"Found a pulse of {durations.min():g} s; give lengths of zero or more."
        raise ValueError(msg)


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

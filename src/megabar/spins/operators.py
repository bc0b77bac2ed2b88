r"""Spin operators for I = 1/2 to 9/2, alone and in the product space of several spins.

States run from m = I down to -I, the first spin slowest. All resonances precess in the positive
sense: a spin at offset :math:`\nu` has :math:`H/h = +\nu I_z` and gives a signal
:math:`\mathrm{Tr}[I_+ \rho(t)] \propto \exp(+i 2 \pi \nu t)`. The coherence order of
:math:`|m'\rangle\langle m|` is :math:`m' - m`, so the signal comes from order -1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LARGEST_SPIN: Final = 4.5
"""Beyond it no stable nucleus with a quadrupole line in a diamond anvil cell is known to us."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SpinOperators:
    r"""Matrices of one spin in units of :math:`\hbar`, complex128, (state, state).

    Parameters
    ----------
    spin
        Quantum number I.
    x, y, z
        Cartesian components.
    plus
        :math:`I_+ = I_x + i I_y`.
    """

    spin: float
    x: NDArray[np.complex128]
    y: NDArray[np.complex128]
    z: NDArray[np.complex128]
    plus: NDArray[np.complex128]

    @property
    def minus(self) -> NDArray[np.complex128]:
        """Lowering operator, the adjoint of ``plus``."""
        return self.plus.conj().T

    @property
    def norm(self) -> float:
        """Tr[Ix^2], which a signal is divided by so that a perfect 90 degree pulse gives one."""
        return float(np.einsum("ij,ji->", self.x, self.x).real)


def magnetic_numbers(spin: float) -> NDArray[np.float64]:
    """List m = I, I - 1, ..., -I.

    Parameters
    ----------
    spin
        Quantum number I: 1/2, 1, ... 9/2.

    Returns
    -------
    :
        The 2I + 1 magnetic quantum numbers, largest first.

    Raises
    ------
    ValueError
        If I is no multiple of 1/2 between 1/2 and 9/2.

    Examples
    --------
    >>> magnetic_numbers(1.5).tolist()
    [1.5, 0.5, -0.5, -1.5]
    """
    if not (2 * spin == round(2 * spin) and 1 <= 2 * spin <= 2 * LARGEST_SPIN):
        msg = f"Found spin {spin:g}; no operators exist for it. Give 1/2, 1, 3/2, ... 9/2."
        raise ValueError(msg)
    return spin - np.arange(round(2 * spin) + 1, dtype=np.float64)


def angular_momentum(spin: float) -> SpinOperators:
    r"""Build the operators of one spin.

    .. math:: \langle m + 1 | I_+ | m \rangle = \sqrt{I (I + 1) - m (m + 1)}

    Parameters
    ----------
    spin
        Quantum number I: 1/2, 1, ... 9/2.

    Returns
    -------
    :
        Its operators, 2I + 1 states.

    Raises
    ------
    ValueError
        If I is no multiple of 1/2 between 1/2 and 9/2.

    References
    ----------
    Abragam, Principles of Nuclear Magnetism (1961), chapter IV.

    Examples
    --------
    >>> round(angular_momentum(3.5).norm, 9)
    42.0
    """
    m = magnetic_numbers(spin)
    lower = m[1:]
    plus = np.diag(np.sqrt(spin * (spin + 1) - lower * (lower + 1)), 1).astype(np.complex128)
    return _from_parts(spin, np.diag(m).astype(np.complex128), plus)


def product_operators(spins: Sequence[float]) -> tuple[SpinOperators, ...]:
    """Build the operators of each of several spins in their common space.

    Parameters
    ----------
    spins
        Quantum numbers, the first runs slowest.

    Returns
    -------
    :
        Operators of each spin, all of the size of the whole space.

    Raises
    ------
    ValueError
        If there is no spin, or one that is no multiple of 1/2 between 1/2 and 9/2.

    Examples
    --------
    >>> first, second = product_operators([0.5, 3.5])
    >>> first.z.shape, bool(np.allclose(first.z @ second.x, second.x @ first.z))
    ((16, 16), True)
    """
    if not spins:
        msg = "Found no spin; operators need at least one."
        raise ValueError(msg)
    alone = [angular_momentum(spin) for spin in spins]
    ones = [np.eye(len(one.z), dtype=np.complex128) for one in alone]

    def among(place: int, matrix: NDArray[np.complex128]) -> NDArray[np.complex128]:
        factors = [*ones[:place], matrix, *ones[place + 1 :]]
        whole = factors[0]
        for factor in factors[1:]:
            whole = np.kron(whole, factor).astype(np.complex128)
        return whole

    return tuple(
        _from_parts(one.spin, among(place, one.z), among(place, one.plus))
        for place, one in enumerate(alone)
    )


def transition_raising(spin: float, *, upper: float) -> NDArray[np.complex128]:
    """Keep of I+ the one transition upper <-> upper - 1.

    Detecting with it sees a single line; ``upper=0.5`` is the central transition of a half-integer
    spin.

    Parameters
    ----------
    spin
        Quantum number I.
    upper
        Larger magnetic quantum number of the transition.

    Returns
    -------
    :
        Matrix with one element, (state, state).

    Raises
    ------
    ValueError
        If the spin has no such transition.

    Examples
    --------
    >>> float(transition_raising(3.5, upper=0.5).real.max())
    4.0
    """
    m = magnetic_numbers(spin)
    row = round(spin - upper)
    if not (0 <= row < len(m) - 1 and m[row] == upper):
        msg = f"Found transition {upper:g} <-> {upper - 1:g} of spin {spin:g}; it has none. Give "
        raise ValueError(f"{msg}one of {', '.join(f'{one:g}' for one in m[:-1])}.")
    whole = angular_momentum(spin).plus
    kept = np.zeros_like(whole)
    kept[row, row + 1] = whole[row, row + 1]
    return kept


def coherence_orders(spins: Sequence[float]) -> NDArray[np.int64]:
    """Give the coherence order of every element of a density matrix.

    Parameters
    ----------
    spins
        Quantum numbers of the spins of the space.

    Returns
    -------
    :
        Row minus column of the total magnetic quantum number, (state, state).

    Raises
    ------
    ValueError
        If a spin is no multiple of 1/2 between 1/2 and 9/2.

    Examples
    --------
    >>> coherence_orders([0.5]).tolist()
    [[0, 1], [-1, 0]]
    """
    total = reduce(np.add.outer, [magnetic_numbers(spin) for spin in spins]).ravel()
    return np.rint(np.subtract.outer(total, total)).astype(np.int64)


def _from_parts(
    spin: float, z: NDArray[np.complex128], plus: NDArray[np.complex128]
) -> SpinOperators:
    minus = plus.conj().T
    return SpinOperators(spin=spin, x=(plus + minus) / 2, y=(plus - minus) / 2j, z=z, plus=plus)

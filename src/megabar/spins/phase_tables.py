r"""Phase cycles as data, and the coherence pathways that they let through.

A row of a table holds the phases of one pulse, or of one train of pulses that turn together; a
column is one step. Steps are summed as :math:`\sum_k s_k e^{-i \varphi_{\mathrm{rec}, k}}`. A pulse
of phase :math:`\varphi` multiplies what it carries from order p to order p' by
:math:`e^{-i (p' - p) \varphi}`, so the phases alone decide which orders survive. A spin I has
orders up to 2I, and finite pulses on quadrupolar spins excite all of them: a table that serves spin
1/2 may leak for I = 7/2.

``HAHN_4`` and ``HAHN_16`` pass +1 modulo 4: for I = 7/2 also -7, -3 and 5. ``HAHN_32`` passes +1
modulo 8: of the others only -7 remains, which a few microseconds of pulse hardly excite.
``SOLID_ECHO_8`` passes every odd order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.spins.operators import magnetic_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Pathway = tuple[int, ...]

_NOTHING: Final = 1e-9  # a pathway weight below it is a sum of cancelling phases
_MOST: Final = 10_000_000  # pathways times steps that are looked at


@dataclass(frozen=True, kw_only=True)
class PhaseTable:
    """A phase cycle.

    Parameters
    ----------
    name
        What people call it.
    turn
        Parts that a full turn is counted in: 4 for steps of 90 degrees, 8 for 45.
    phases
        Row -> phases in parts of a turn, one for each step; rows in the order of time.
    receiver
        Phases of the receiver in parts of a turn, one for each step.

    Raises
    ------
    ValueError
        If the rows differ in length, or there is no row or no step.
    """

    name: str
    turn: int
    phases: Mapping[str, tuple[int, ...]]
    receiver: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.phases or not self.receiver or self.turn < 1:
            msg = (
                f"Found phase table {self.name!r} with {len(self.phases)} rows, "
                f"{len(self.receiver)} steps and a turn of {self.turn} parts; each must be at "
                "least one."
            )
            raise ValueError(msg)
        for row, phases in self.phases.items():
            if len(phases) != len(self.receiver):
                msg = (
                    f"Found {len(phases)} phases in row {row!r} of {self.name!r} and "
                    f"{len(self.receiver)} of the receiver; every step needs one of each. Repeat "
                    "the shorter row until it is as long."
                )
                raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.receiver)

    @property
    def pulse_phases(self) -> Array:
        """Phases of the rows [rad], (row, step)."""
        return 2 * np.pi * np.array(list(self.phases.values())) / self.turn

    @property
    def receiver_phases(self) -> Array:
        """Phases of the receiver [rad], (step,)."""
        return 2 * np.pi * np.array(self.receiver) / self.turn

    def __str__(self) -> str:
        """Print the table in degrees, a line for each row."""
        rows = [*self.phases.items(), ("receiver", self.receiver)]
        width = max(len(row) for row, _ in rows)
        lines = [f"{self.name}, {len(self)} step{'s' if len(self) > 1 else ''}, phases in degrees"]
        for row, phases in rows:
            degrees = (f"{phase % self.turn * 360 / self.turn:3g}" for phase in phases)
            lines.append(f"{row:<{width}}  {' '.join(degrees)}")
        return "\n".join(lines)


def pathway_weights_from_phases(
    *, phases: ArrayLike, receiver: ArrayLike, spin: float
) -> NDArray[np.complex128]:
    r"""Compute what a phase cycle does to every coherence pathway that ends in the signal.

    .. math:: W(p_1, p_2, \ldots) = \frac{1}{N} \sum_k e^{-i \varphi_{\mathrm{rec}, k}}
        \prod_j e^{-i (p_j - p_{j-1}) \varphi_{jk}}, \quad p_0 = 0, \quad p_\mathrm{last} = -1

    One or another phase factor: the pathway passes; zero: it cancels. The signal of the whole cycle
    is :math:`\sum W S` with S computed at phases of zero.

    Parameters
    ----------
    phases
        Of every pulse in every step [rad], (pulse, step).
    receiver
        [rad], (step,).
    spin
        Largest total quantum number: I for one spin, n/2 for n spins 1/2.

    Returns
    -------
    :
        Weights, one dimension of 4 I + 1 orders from -2I to 2I for each pulse but the last.

    Raises
    ------
    ValueError
        If the numbers of steps differ, or there are more pathways than can be looked at.

    References
    ----------
    Bodenhausen, Kogler, Ernst, J. Magn. Reson. 58, 370 (1984), doi:10.1016/0022-2364(84)90142-2.

    Examples
    --------
    >>> weights = pathway_weights_from_phases(
    ...     phases=HAHN_16.pulse_phases, receiver=HAHN_16.receiver_phases, spin=3.5)
    >>> (np.flatnonzero(abs(weights) > 1e-9) - 7).tolist()
    [-7, -3, 1, 5]
    """
    turned = np.atleast_2d(np.asarray(phases, dtype=np.float64))
    seen = np.asarray(receiver, dtype=np.float64)
    if turned.shape[1:] != seen.shape or not seen.size:
        msg = (
            f"Found phases of shape {turned.shape} and {seen.size} of the receiver; every step "
            "needs one phase for each pulse and one of the receiver."
        )
        raise ValueError(msg)
    highest = round(2 * spin)
    orders = np.arange(-highest, highest + 1)
    between = len(turned) - 1
    if len(orders) ** between * seen.size > _MOST:
        msg = (
            f"Found {len(orders) ** between:g} pathways through {len(turned)} pulses; that is more "
            "than can be listed. Let pulses that turn together share a row."
        )
        raise ValueError(msg)
    # exp(-i sum (p_j - p_{j-1}) phi_j) is a product of one factor for each order in between
    weights = np.exp(1j * (turned[-1] - seen))
    for ahead, behind in pairwise(turned):
        weights = weights[..., None, :] * np.exp(-1j * np.outer(orders, ahead - behind))
    return np.asarray(weights.mean(axis=-1))


def kept_pathways(table: PhaseTable, *, spin: float) -> tuple[Pathway, ...]:
    """List the coherence pathways that a phase cycle lets through.

    Parameters
    ----------
    table
        The cycle.
    spin
        Largest total quantum number: I for one spin, n/2 for n spins 1/2.

    Returns
    -------
    :
        Orders after every row of the table, the last one always -1.

    Raises
    ------
    ValueError
        If there are more pathways than can be looked at.

    Examples
    --------
    >>> kept_pathways(HAHN_32, spin=3.5)
    ((-7, -1), (1, -1))
    >>> kept_pathways(HAHN_32, spin=0.5)
    ((1, -1),)
    """
    weights = pathway_weights_from_phases(
        phases=table.pulse_phases, receiver=table.receiver_phases, spin=spin
    )
    found = np.argwhere(np.abs(weights) > _NOTHING) - round(2 * spin)
    return tuple((*(int(order) for order in orders), -1) for orders in found)


def passing_orders(spin: float, orders: Mapping[int, complex]) -> NDArray[np.complex128]:
    """Give weights to coherence orders between two pulses, as a filter that is no phase cycle.

    Parameters
    ----------
    spin
        Quantum number I.
    orders
        Order -> its weight; the others are removed.

    Returns
    -------
    :
        Weights from order -2I to 2I, as :func:`pathway_weights_from_phases` gives for two pulses.

    Raises
    ------
    ValueError
        If the spin has no such order.

    Examples
    --------
    >>> passing_orders(0.5, {1: 1.0}).real.tolist()
    [0.0, 0.0, 1.0]
    """
    highest = len(magnetic_numbers(spin)) - 1
    weights = np.zeros(2 * highest + 1, dtype=np.complex128)
    for order, weight in orders.items():
        if abs(order) > highest:
            msg = (
                f"Found order {order}; spin {spin:g} has orders from {-highest} to {highest} only."
            )
            raise ValueError(msg)
        weights[order + highest] = weight
    return weights


def artefact_weights(table: PhaseTable) -> dict[str, complex]:
    r"""Compute what a phase cycle leaves of signals that no spin gave.

    The ring-down of a pulse follows its phase, :math:`\langle e^{i (\varphi_j -
    \varphi_\mathrm{rec})} \rangle`, and so does the decay that the last pulse excites from order
    0; an offset of the receiver has no phase, :math:`\langle e^{-i \varphi_\mathrm{rec}} \rangle`.

    Parameters
    ----------
    table
        The cycle.

    Returns
    -------
    :
        ``"ring-down of ROW"`` for every row and ``"offset of the receiver"`` -> weight.

    Examples
    --------
    >>> {name: round(abs(weight), 9) for name, weight in artefact_weights(HAHN_16).items()}
    {'ring-down of ph1': 0.0, 'ring-down of ph2': 0.0, 'offset of the receiver': 0.0}
    """
    seen = np.exp(-1j * table.receiver_phases)
    found = {
        f"ring-down of {row}": complex(np.mean(np.exp(1j * phase) * seen))
        for row, phase in zip(table.phases, table.pulse_phases, strict=True)
    }
    return found | {"offset of the receiver": complex(seen.mean())}


def _echo_table(name: str, turn: int, firsts: range, seconds: range) -> PhaseTable:
    """Combine all phases of two pulses; the receiver follows the pathway 0, +1, -1."""
    steps = [(first, second) for second in seconds for first in firsts]
    return PhaseTable(
        name=name,
        turn=turn,
        phases={"ph1": tuple(one for one, _ in steps), "ph2": tuple(two for _, two in steps)},
        receiver=tuple((2 * two - one) % turn for one, two in steps),
    )


CYCLOPS: Final = PhaseTable(
    name="CYCLOPS", turn=4, phases={"ph1": (0, 1, 2, 3)}, receiver=(0, 1, 2, 3)
)
"""One pulse: removes an offset of the receiver and unequal channels.

Hoult, Richards, Proc. R. Soc. A 344, 311 (1975), doi:10.1098/rspa.1975.0104.
"""

HAHN_4: Final = _echo_table("4-step Hahn echo", 4, range(1), range(4))
"""EXORCYCLE: the phase of the second pulse alone. Passes order +1 modulo 4.

Bodenhausen, Freeman, Turner, J. Magn. Reson. 27, 511 (1977), doi:10.1016/0022-2364(77)90016-6.
"""

HAHN_16: Final = _echo_table("16-step Hahn echo", 4, range(4), range(4))
"""EXORCYCLE times CYCLOPS. Passes order +1 modulo 4: for I = 7/2 also -7, -3 and 5."""

HAHN_32: Final = _echo_table("32-step Hahn echo", 8, range(8), range(0, 8, 2))
"""First pulse in steps of 45 degrees. Passes order +1 modulo 8: of other orders up to 7 only -7."""

SOLID_ECHO_8: Final = PhaseTable(
    name="8-step solid echo",
    turn=4,
    phases={"ph1": (0, 2, 1, 3, 0, 2, 1, 3), "ph2": (1, 1, 2, 2, 3, 3, 0, 0)},
    receiver=(0, 2, 1, 3, 0, 2, 1, 3),
)
"""Second pulse always 90 degrees from the first, on both sides. Passes every odd order.

Powles, Strange, Proc. Phys. Soc. 82, 6 (1963), doi:10.1088/0370-1328/82/1/303.
"""

CPMG_8: Final = replace(
    SOLID_ECHO_8,
    name="8-step CPMG",
    phases={"excite": SOLID_ECHO_8.phases["ph1"], "refocus": SOLID_ECHO_8.phases["ph2"]},
)
"""The refocusing pulses 90 degrees from the first, all alike. Passes every odd order behind it.

Meiboom, Gill, Rev. Sci. Instrum. 29, 688 (1958), doi:10.1063/1.1716296.
"""

SPIN_LOCK_8: Final = replace(
    SOLID_ECHO_8,
    name="8-step spin lock",
    phases={"excite": SOLID_ECHO_8.phases["ph1"], "lock": SOLID_ECHO_8.phases["ph2"]},
)
"""The lock along the magnetisation or against it; what the lock excites itself cancels."""

RECOVERY_16: Final = PhaseTable(
    name="16-step recovery",
    turn=4,
    phases={"prepare": 4 * (0, 1, 2, 3), "read": tuple(k // 4 for k in range(16))},
    receiver=tuple(k // 4 for k in range(16)),
)
"""CYCLOPS on the last pulse, every phase of what stands before. Passes order 0 modulo 4."""

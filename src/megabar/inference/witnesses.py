r"""What other observables say, with a level and a drift of their own under every hypothesis.

.. math:: y = f(\theta) + \ell_c + (d + d_c)\, t + \text{noise}

A hypothesis decides only :math:`f`. Level :math:`\ell_c` of each cell, common drift :math:`d` and
its spread :math:`d_c` over the cells have normal priors, the same for all hypotheses, and are
integrated in closed form: a covariance :math:`D (1 + V V^T) D` of small rank. T1 and widths of 1H
are compared as logarithms, the width of the metal's line as its square, where contributions add.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.inference import witness_kernels as kernels
from megabar.inference.artefacts import ARTEFACTS, DAYS_OF_DRIFT
from megabar.inference.weeks import Witness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from megabar.inference.hypotheses import Hypothesis
    from megabar.inference.priors import Prior
    from megabar.inference.weeks import CellWeeks, Weeks

    Array = NDArray[np.float64]

CELL_SPREAD: Final = 0.25
"""Spread of drifts over the cells, in units of the width of the prior of the drift."""

_CODES: Final = {
    "shift": kernels.SHIFT, "width": kernels.WIDTH, "t1": kernels.T1, "h_width": kernels.H_WIDTH,
    "total_h": kernels.TOTAL, "h2": kernels.H2, "tc": kernels.TC, "metal_t2": kernels.METAL_T2,
}  # fmt: skip

_LEVELS: Final = {
    "shift": ("shift_level", "shift_drift"), "width": ("width_level", "width_drift"),
    "t1": ("t1_initial", "t1_drift"), "h_width": ("h_width_initial", "h_width_drift"),
    "total_h": ("total_rest", "total_drift"), "h2": ("h2_level", "h2_drift"),
    "tc": ("tc_level", "tc_drift"), "metal_t2": ("metal_t2_level", "metal_t2_drift"),
}  # fmt: skip

_MISFITS: Final = {
    "shift": "shift_misfit", "width": "width_misfit", "t1": "t1_misfit",
    "h_width": "h_width_misfit", "total_h": "total_misfit", "h2": "h2_misfit", "tc": "tc_misfit",
    "metal_t2": "metal_t2_misfit",
}  # fmt: skip

LOGARITHMS: Final = ("t1", "h_width", "metal_t2")
"""Witnesses that are compared as logarithms, and that an artefact drives."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One kind of witness, all cells together, as the likelihood compares it.

    Parameters
    ----------
    name, code
        Witness, and its number in ``witness_kernels``.
    cells, elapsed
        Index of the cell and day of each value, (n,).
    compared, std
        What is compared, and its error with the misfit of what any story says of it, (n,).
    claimed
        The error alone, (n,).
    level
        Mean of its own level.
    directions
        Ways in which it may move by itself, each times its standard deviation, (n, r).
    """

    name: str
    code: int
    cells: NDArray[np.int64]
    elapsed: Array
    compared: Array
    std: Array
    claimed: Array
    level: float
    directions: Array

    @property
    def whitened(self) -> tuple[Array, float]:
        """Rows P with (1 + V V^T)^-1 = 1 - P^T P, (r, n); and ln of the normalisation."""
        n = self.std.size
        outer = self.directions / self.std[:, None]
        square = np.eye(outer.shape[1]) + outer.T @ outer
        lower = np.linalg.cholesky(square)
        rows = np.linalg.solve(lower, outer.T)
        log_determinant = np.sum(np.log(self.std)) + np.sum(np.log(np.diag(lower)))
        return rows, float(-log_determinant - 0.5 * n * np.log(2 * np.pi))

    def constant_likelihood(self) -> float:
        """Likelihood where the hypothesis says nothing of it."""
        rows, constant = self.whitened
        miss = (self.compared - self.level) / self.std
        return float(constant - 0.5 * (miss @ miss - np.sum((rows @ miss) ** 2)))


def blocks_of(
    weeks: Weeks, hypothesis: Hypothesis, priors: Mapping[str, Prior]
) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Make blocks of all witnesses.

    Parameters
    ----------
    weeks
        Data.
    hypothesis
        The story.
    priors
        Parameter -> prior.

    Returns
    -------
    :
        Blocks for which the hypothesis predicts something, and those that it leaves alone.
    """
    moved, alone = [], []
    for name in _CODES:
        if not weeks.has(name):
            continue
        block = _block(name, weeks, priors)
        if not _speaks_of(hypothesis, name):
            alone.append(block)
            continue
        if name == "metal_t2":  # the artefact has its drift among its parameters
            block = replace(block, directions=block.directions[:, : np.unique(block.cells).size])
        elif name in LOGARITHMS:  # the artefact has level and drift among its parameters
            block = replace(block, level=0.0, directions=np.zeros((block.std.size, 0)))
        moved.append(block)
    return tuple(moved), tuple(alone)


def _speaks_of(hypothesis: Hypothesis, name: str) -> bool:
    if name == "total_h":
        return True
    if name in LOGARITHMS:
        artefact = hypothesis.artefact
        return artefact is not None and ARTEFACTS[artefact].witness == name
    return hypothesis.loses_hydrogen


def _block(name: str, weeks: Weeks, priors: Mapping[str, Prior]) -> Block:
    found = [(k, one.witnesses[name]) for k, one in enumerate(weeks.cells) if name in one.witnesses]
    cells = np.concatenate([np.full(one.elapsed.size, k) for k, one in found]).astype(np.int64)
    elapsed = np.concatenate([one.elapsed for _, one in found])
    pairs = [_compared(name, one.value, one.std) for _, one in found]
    level, level_std, drift_std = _normal_parts(name, priors)
    claimed = np.concatenate([one for _, one in pairs])
    return Block(
        name=name, code=_CODES[name], cells=cells, elapsed=elapsed,
        compared=np.concatenate([one for one, _ in pairs]),
        std=np.hypot(claimed, priors[_MISFITS[name]].second), claimed=claimed, level=level,
        directions=_directions(cells, elapsed, level_std, drift_std),
    )  # fmt: skip


def _normal_parts(name: str, priors: Mapping[str, Prior]) -> tuple[float, float, float]:
    """Mean and standard deviation of the level, and standard deviation of the drift."""
    level, drift = (priors[one] for one in _LEVELS[name])
    mean, drift_std = drift.mean_and_std
    if mean != 0:
        msg = (
            f"Found a mean of {mean:g} for the {drift.words}; what a witness does by itself has "
            "no preferred sign here. Give a mean of 0 and a wider prior."
        )
        raise ValueError(msg)
    if name in LOGARITHMS:
        return (*level.logarithm.mean_and_std, drift_std)
    return (*level.mean_and_std, drift_std)


def _directions(
    cells: NDArray[np.int64], elapsed: Array, level_std: float, drift_std: float
) -> Array:
    spent = elapsed / DAYS_OF_DRIFT
    mine = [cells == cell for cell in np.unique(cells)]
    columns = [*(level_std * one for one in mine), drift_std * spent]
    if len(mine) > 1:
        columns += [CELL_SPREAD * drift_std * spent * one for one in mine]
    return np.stack(columns, axis=1)


def _compared(name: str, value: Array, std: Array) -> tuple[Array, Array]:
    if name in LOGARITHMS:
        return np.log(value), std / value
    if name == "width":
        return value**2, 2 * value * std
    return value, std


def _measured(name: str, compared: Array, std: Array) -> tuple[Array, Array]:
    """Undo :func:`_compared`; a square that noise made negative is a very small width."""
    if name in LOGARITHMS:
        value = np.exp(compared)
        return value, std * value
    if name == "width":
        value = np.sqrt(np.maximum(compared, std * 1e-3))
        return value, std / (2 * value)
    return compared, std


def drawn_witnesses(
    block: Block, prediction: Array, weeks: Weeks, generator: np.random.Generator
) -> dict[str, Witness]:
    """Draw one kind of witness.

    Parameters
    ----------
    block
        Its design.
    prediction
        What the hypothesis says, (n,); zeros where it says nothing.
    weeks
        Data of the same design.
    generator
        Source of chance.

    Returns
    -------
    :
        Cell -> witness.
    """
    moves = block.directions @ generator.normal(size=block.directions.shape[1])
    noise = block.std * generator.normal(size=block.std.size)
    value, std = _measured(block.name, block.level + prediction + moves + noise, block.claimed)
    found = {}
    for k in np.unique(block.cells):
        mine = block.cells == k
        found[weeks.cells[k].cell] = Witness(
            name=block.name, elapsed=block.elapsed[mine], value=value[mine], std=std[mine]
        )
    return found


def times_of_cell(cell: CellWeeks) -> Array:
    """Give every day on which something of a cell was measured, once and sorted.

    Parameters
    ----------
    cell
        Its data.

    Returns
    -------
    :
        Days, (u,).
    """
    return np.unique(np.concatenate([cell.elapsed, *(w.elapsed for w in cell.witnesses.values())]))

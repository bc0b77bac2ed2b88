"""A hypothesis and its data as the arrays that the compiled loops take."""

from __future__ import annotations

from math import inf, log, nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.hydrogen.grain_sizes import hermite_nodes
from megabar.hydrogen.rates import MECHANISMS
from megabar.inference import loss_kernels as kernels
from megabar.inference.artefacts import ARTEFACTS, NONE, facts_of_pulse
from megabar.inference.loss_tables import LARGEST_SPREAD, loss_table
from megabar.inference.witnesses import times_of_cell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from megabar.inference.hypotheses import Hypothesis
    from megabar.inference.parameters import Layout
    from megabar.inference.weeks import CellWeeks, Weeks
    from megabar.inference.witnesses import Block

    Array = NDArray[np.float64]

SMOOTH_NODES: Final = 7
"""Nodes over sizes of a recombination curve; the others are tabulated with 41."""

_TABLES: Final = {
    "first": "first", "serial": "first", "contract": "contract", "layer": "layer", "fick": "fick",
}  # fmt: skip

_TWO_LINES: Final = ("contract", "layer", "jmak")

_HALF_OF: Final = {
    "zero": 0.5, "first": log(2), "contract": 1 - 0.5 ** (1 / 3), "sqrt": 0.25, "serial": log(2),
    "layer": 2 / 3 - 0.5 ** (2 / 3), "fick": 0.030_546_847_126_182_52,
}  # fmt: skip
"""Reduced time at which half is lost."""

_NO_TABLE: Final = np.empty((0, 0))
_NO_TABLE.setflags(write=False)


def numbers_of(
    hypothesis: Hypothesis, weeks: Weeks, rows: Layout, moved: tuple[Block, ...],
    alone: tuple[Block, ...],
) -> kernels.Numbers:  # fmt: skip
    """Write a hypothesis and data as arrays.

    Parameters
    ----------
    hypothesis
        The story.
    weeks
        Data.
    rows
        Its parameters.
    moved, alone
        Witnesses of which the hypothesis says something, and the others.

    Returns
    -------
    :
        The arrays.

    Raises
    ------
    ValueError
        If the prior of the spread of sizes reaches beyond the tabulated averages.
    """
    _check_sizes(rows)
    mechanism = MECHANISMS[hypothesis.mechanism] if hypothesis.loses_hydrogen else None
    nodes, weights = hermite_nodes(SMOOTH_NODES)
    coefficients = [one.coefficients for one in rows.priors]
    name = hypothesis.mechanism
    return kernels.Numbers(
        mechanism=kernels.STABLE if mechanism is None else mechanism.code,
        artefact=NONE if hypothesis.artefact is None else ARTEFACTS[hypothesis.artefact].code,
        kinds=np.array([one[0] for one in coefficients], dtype=np.int64),
        first=np.array([one[1] for one in coefficients]),
        second=np.array([one[2] for one in coefficients]),
        kept=np.array([one[3] for one in coefficients]),
        slots=np.array(rows.slots, dtype=np.int64),
        log_half=log(_HALF_OF[name]) if name in _HALF_OF else nan,
        size_exponent=0.0 if mechanism is None else float(mechanism.size_exponent),
        two_lines=int(name in _TWO_LINES),
        sink=int(mechanism is not None and mechanism.family == "sink"),
        table=loss_table(_TABLES[name]) if name in _TABLES else _NO_TABLE,
        nodes=nodes, weights=weights,
        facts=facts_of_pulse(weeks.flip_angle, weeks.bandwidth), two_known=rows.known,
        metal_frequency=nan if weeks.metal_frequency is None else weeks.metal_frequency,
        **_arrays_of_contents(weeks),
        **_arrays_of_witnesses(weeks, moved, alone),
    )  # fmt: skip


def _check_sizes(rows: Layout) -> None:
    if "size_spread" in rows.names:
        prior = rows.priors[rows.names.index("size_spread")]
        if prior.kind != "uniform" or prior.first < 0 or prior.second > LARGEST_SPREAD:
            msg = (
                f"Found the prior {prior.sentence} for the spread of grain sizes; averages are "
                f"known for 0 to {LARGEST_SPREAD:g}. Give a uniform one within."
            )
            raise ValueError(msg)


def _arrays_of_contents(weeks: Weeks) -> dict[str, Any]:
    times = [times_of_cell(one) for one in weeks.cells]
    starts = _starts([one.size for one in times])
    days = np.concatenate(times)
    point = [
        start + np.searchsorted(at, one.elapsed)
        for start, at, one in zip(starts[:-1], times, weeks.cells, strict=True)
    ]
    return {
        "days": days,
        "log_days": np.array([log(day) if day > 0 else -inf for day in days]),
        "repetition": np.concatenate(
            [_repetition(at, one) for at, one in zip(times, weeks.cells, strict=True)]
        ),
        "cell_starts": starts,
        "point": np.concatenate(point).astype(np.int64),
        "content_starts": _starts([one.elapsed.size for one in weeks.cells]),
        "content": np.concatenate([one.h_per_metal for one in weeks.cells]),
        "variance": np.concatenate([_square(one.independent_std, one) for one in weeks.cells]),
        "relative": np.concatenate([_square(one.relative_std, one) for one in weeks.cells]),
        "scale": np.array(
            [
                nan if one.common_relative_std is None else one.common_relative_std**2
                for one in weeks.cells
            ]
        ),
    }


def _square(std: Array | None, cell: CellWeeks) -> Array:
    return np.full(cell.elapsed.size, nan) if std is None else std**2


def _starts(sizes: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def usual_repetition(cell: CellWeeks) -> float:
    """Give the median repetition time of a cell.

    Parameters
    ----------
    cell
        Its data.

    Returns
    -------
    :
        Repetition time [ms], or nan.
    """
    return nan if cell.repetition_time is None else float(np.median(cell.repetition_time))


def _repetition(times: Array, cell: CellWeeks) -> Array:
    """Repetition time at each of the times: that of the content, else the usual one."""
    found = np.full(times.size, usual_repetition(cell))
    if cell.repetition_time is not None:
        found[np.searchsorted(times, cell.elapsed)] = cell.repetition_time
    return found


def _arrays_of_witnesses(
    weeks: Weeks, moved: tuple[Block, ...], alone: tuple[Block, ...]
) -> dict[str, Any]:
    times = [times_of_cell(one) for one in weeks.cells]
    starts = _starts([one.size for one in times])
    constant = sum(one.constant_likelihood() for one in alone)
    rows = []
    for block in moved:
        found, normalisation = block.whitened
        rows.append(found.ravel())
        constant += normalisation
    points = [
        [
            starts[k] + np.searchsorted(times[k], day)
            for k, day in zip(b.cells, b.elapsed, strict=True)
        ]
        for b in moved
    ]
    whole = [one.cells for one in moved]
    return {
        "blocks": np.array([one.code for one in moved], dtype=np.int64),
        "block_starts": _starts([one.std.size for one in moved]),
        "w_point": _joined(points).astype(np.int64),
        "w_cell": _joined(whole).astype(np.int64),
        "w_value": _joined([one.compared - one.level for one in moved]),
        "w_inverse": _joined([1 / one.std for one in moved]),
        "rows": _joined(rows),
        "row_starts": _starts([one.size for one in rows]),
        "ranks": np.array([one.directions.shape[1] for one in moved], dtype=np.int64),
        "constant": float(constant),
    }


def _joined(parts: list[Any]) -> Array:
    return (
        np.concatenate([np.asarray(one, dtype=np.float64) for one in parts])
        if parts
        else np.empty(0)
    )

"""The content that a shift tells in each session, and what it says to the amplitudes.

Every function is pure: rows in, rows out. Twin: :mod:`megabar.campaign.content`, whose contents
come from amplitudes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from megabar import provenance, schemas
from megabar.campaign import sessions
from megabar.campaign.rows import Analysis, Failure
from megabar.errors import Undetermined
from megabar.observables.composition_witness import Calibration, content_from_shift
from megabar.observables.content_agreement import Agreement, ContentSeries, agreement_with

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.reference_tables import Witness
    from megabar.history import Number


def calibration_of(witness: Witness) -> Calibration:
    """Turn a table ``[[witness]]`` into a calibration.

    Parameters
    ----------
    witness
        The table.

    Returns
    -------
    :
        The calibration; contents without errors are exact.
    """
    exact = (0.0,) * len(witness.h_per_metal)
    return Calibration(
        nucleus=witness.nucleus,
        shift=witness.shift,
        shift_std=witness.shift_std,
        h_per_metal=witness.h_per_metal,
        h_per_metal_std=exact if witness.h_per_metal_std is None else witness.h_per_metal_std,
        between=witness.between,
        source=witness.source,
    )


def witnessed(
    plan: Plan, records: Sequence[sessions.Record], shifts: Iterable[Analysis | Failure]
) -> Iterator[Analysis | Failure]:
    """Read a content from each shift after the heating.

    Parameters
    ----------
    plan
        The plan.
    records
        Records whose numbers enter, of all cells.
    shifts
        Shifts that were derived from them.

    Yields
    ------
    :
        A row for each shift of a nucleus that has a ``[[witness]]``, or why there is none.
    """
    by_id = {record.acquisition.id: record for record in records}
    tables = {witness.nucleus: witness for witness in plan.witnesses}
    for row in shifts:
        if isinstance(row, Analysis) and row.node in tables:
            record = by_id[row.acquisition]
            if record.moment >= plan.cell(record.acquisition.cell).heated_at:
                make = partial(_content, plan, tables[row.node], record, row)
                yield sessions.attempt(record, make)


def _content(plan: Plan, witness: Witness, record: sessions.Record, row: Analysis) -> Analysis:
    shift = row.values[0]
    calibration = calibration_of(witness)
    found = content_from_shift(
        calibration=calibration,
        shift=[shift.value],
        independent_std=[shift.independent_std or 0.0],
        common_std=[shift.common_std or 0.0],
    )
    own, shared = float(found.independent_std[0]), float(found.common_std[0])
    told: dict[str, Any] = {
        "shift": shift.value,
        "shift_independent_std": shift.independent_std,
        "shift_common_std": shift.common_std,
        "anchors_shift": list(calibration.shift),
        "anchors_shift_std": list(calibration.shift_std),
        "anchors_h_per_metal": list(calibration.h_per_metal),
        "anchors_h_per_metal_std": list(calibration.h_per_metal_std),
        "between": calibration.between,
    }
    numbers = schemas.observables(
        {"h_per_metal": (float(found.content[0]), float(np.hypot(own, shared)))},
        nucleus=record.acquisition.nucleus,
        metal=plan.metal,
        method=f"{witness.nucleus} shift by a stated calibration ({witness.source})",
        quality=found.quality[0],
        provenance=provenance.record(
            step=f"campaign.{sessions.WITNESS}", parameters=told, inputs=(row.id, *row.inputs)
        ),
        started_at=record.acquisition.started_at,
        attrs={
            **told,
            "assumptions": [
                f"One content for each {witness.nucleus} shift, the same in all cells and at all "
                f"pressures: {witness.source}."
            ],
        },
    )
    numbers = schemas.with_warnings(numbers, *row.warnings, *found.words)
    made = sessions.derived_row(
        numbers, record, step=sessions.WITNESS, inputs=(row.id, *row.inputs)
    )
    return sessions.with_parts(made, own, shared)


def agreements(plan: Plan, numbers: Sequence[Number]) -> tuple[Agreement, ...]:
    """Ask in each cell whether shift and amplitudes tell the same story.

    Each content from amplitudes meets the shift nearest in time, within the pairing of the content
    and once only.

    Parameters
    ----------
    plan
        The plan.
    numbers
        All current numbers.

    Returns
    -------
    :
        One verdict for each cell and ``[[witness]]`` with at least one common session, by cell.
    """
    found: list[Agreement] = []
    for cell in plan.cells:
        for witness in plan.witnesses:
            pairs = _pairs(plan, numbers, cell=cell.name, nucleus=witness.nucleus)
            if pairs:
                found += _judged(witness, pairs)
    return tuple(found)


def _pairs(
    plan: Plan, numbers: Sequence[Number], *, cell: str, nucleus: str
) -> list[tuple[Number, Number]]:
    """Pair contents by amplitudes with shifts, the nearest first."""
    within = plan.content.pairing if plan.content else 0.0
    own = [
        n
        for n in numbers
        if n.cell == cell and n.quality == "value" and n.elapsed >= 0 and _own_std(n) > 0
    ]
    contents = [n for n in own if (n.node, n.name) == (sessions.CONTENT, "h_per_metal")]
    shifts = [n for n in own if (n.node, n.name) == (nucleus, "shift")]
    close = sorted(
        (_apart(content, shift), i, j)
        for i, content in enumerate(contents)
        for j, shift in enumerate(shifts)
    )
    taken: dict[int, int] = {}
    for distance, i, j in close:
        if distance <= within and i not in taken and j not in taken.values():
            taken[i] = j
    return [(contents[i], shifts[j]) for i, j in sorted(taken.items())]


def _own_std(number: Number) -> float:
    """Error of a number alone; all of it where nobody told its parts apart."""
    return number.std if number.independent_std is None else number.independent_std


def _apart(one: Number, other: Number) -> float:
    moments = [datetime.fromisoformat(number.started_at) for number in (one, other)]
    return abs((moments[0] - moments[1]).total_seconds())


def _judged(witness: Witness, pairs: Sequence[tuple[Number, Number]]) -> Iterator[Agreement]:
    contents, shifts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    told = content_from_shift(
        calibration=calibration_of(witness),
        shift=[n.value for n in shifts],
        independent_std=[_own_std(n) for n in shifts],
        common_std=[n.common_std or 0.0 for n in shifts],
    )
    relative = [(n.common_std or 0.0) / n.value for n in contents]
    series = ContentSeries(
        cell=contents[0].cell,
        content=np.array([n.value for n in contents]),
        independent_std=np.array([_own_std(n) for n in contents]),
        common_relative_std=float(np.median(relative)),
    )
    try:
        yield agreement_with(series, witness=told)
    except Undetermined:
        return

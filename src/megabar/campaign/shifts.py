"""Field offsets and shifts: each line from the zero of its session.

Every function is pure: rows in, rows out. Where the zero comes from is the business of
:mod:`megabar.campaign.zeros`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from math import hypot, isfinite
from typing import TYPE_CHECKING, Any, Final

from megabar.campaign import sessions, zeros
from megabar.campaign.rows import Analysis, Failure
from megabar.campaign.zeros import Scene
from megabar.spectra.copper_reference import KnightShiftChange, words_of_change
from megabar.spectra.reference import shift_from_frequency

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan

_PPM: Final = 1e6
_COMMON: Final = "the field offset is common to all nuclei and times of the cell"


def field_offsets(plan: Plan, records: Sequence[sessions.Record]) -> Iterator[Analysis | Failure]:
    """Measure the field at the sample in each session with copper.

    Parameters
    ----------
    plan
        The plan.
    records
        Records whose numbers enter, of all cells, and the reference records.

    Yields
    ------
    :
        A row for each copper record, or why there is none.
    """
    if plan.reference.method != "copper":
        return
    for scene in _scenes(plan, records):
        for record in scene.cell:
            if record.channel.measure == "copper":
                yield sessions.attempt(record, partial(_offset, scene, record))


def _scenes(plan: Plan, records: Sequence[sessions.Record]) -> Iterator[Scene]:
    change = zeros.change_of_copper(plan.reference)
    for cell in sessions.of_cells(records):
        yield Scene(plan=plan, records=records, cell=cell, change=change)


def _offset(scene: Scene, record: sessions.Record) -> Analysis:
    found = zeros.offset_of(scene, record)
    (words,) = words_of_change(scene.change)
    return sessions.number_row(
        record,
        sessions.FIELD_OFFSET,
        value=("field_offset", found.value * _PPM),
        errors=(found.independent * _PPM, found.common * _PPM),
        method="copper line in the cell against copper outside, less the Knight shift change",
        parameters=_known(scene.change),
        inputs=found.inputs,
        warnings=() if scene.change else (words,),
        attrs={
            "knight_shift_words": words,
            "reference_covariance": _COMMON,
            **_known(scene.change),
        },
    )


def _known(change: KnightShiftChange | None) -> Mapping[str, Any]:
    """Give what was taken for the copper, in Hz/MHz; nothing where nothing is known."""
    if change is None:
        return {"knight_shift_change": None}
    told = asdict(change)
    names = {"value": "knight_shift_change", "knight_shift": "knight_shift"}
    return {
        names.get(name, f"knight_shift_change_{name}"): number
        for name, number in told.items()
        if isfinite(number)
    }


def shifts(plan: Plan, records: Sequence[sessions.Record]) -> Iterator[Analysis | Failure]:
    """Give each line its shift.

    Parameters
    ----------
    plan
        The plan.
    records
        Records whose numbers enter, of all cells, and the reference records.

    Yields
    ------
    :
        A row for each line that was seen, or why there is none.
    """
    if plan.reference.method == "none":
        return
    for scene in _scenes(plan, records):
        for record in scene.cell:
            line = record.analysis.value("line_frequency")
            if record.channel.measure == "line" and line is not None and line.quality == "value":
                yield sessions.attempt(record, partial(shift_row, scene, record))


def shift_row(
    scene: Scene,
    record: sessions.Record,
    *,
    step: str = sessions.SHIFT,
    attrs: Mapping[str, Any] | None = None,
) -> Analysis:
    """Measure the shift of one line.

    Parameters
    ----------
    scene
        What may give the line its zero.
    record
        The line.
    step, attrs
        Step that the row belongs to, and what else it says and rests on.

    Returns
    -------
    :
        The row: the error of the session apart from that of the zero, which all shifts of the cell
        share.

    Raises
    ------
    Undetermined
        If the line or what gives it its zero is not there.
    """
    zero = zeros.zero_of(scene, record)
    frequency, std = zeros.frequency_of(record)
    shift = shift_from_frequency(frequency=frequency, reference_frequency=zero.frequency)
    stretch = frequency / zero.frequency * _PPM
    own = hypot(std / zero.frequency * _PPM, zero.independent * stretch)
    by_copper = (scene.method or scene.plan.reference.method) == "copper"
    known = {**(_known(zero.change) if by_copper else {}), **(attrs or {})}
    return sessions.number_row(
        record,
        step,
        value=("shift", float(shift)),
        errors=(own, zero.common * stretch),
        method=zero.method,
        parameters={"reference_frequency": zero.frequency, **known},
        inputs=(*record.inputs, *zero.inputs),
        warnings=zero.warnings,
        attrs={
            "reference_compound": zeros.compound_of(record),
            "reference_frequency": zero.frequency,
            "reference_covariance": _COMMON if by_copper else "the zero is common to all times",
            **known,
        },
    )

"""Field offsets and shifts: the zero of the shift axis in each session.

Every function is pure: rows in, rows out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import hypot
from typing import TYPE_CHECKING, Final

from megabar.campaign import sessions, sources
from megabar.campaign.contradictions import RESERVED_CELL
from megabar.campaign.rows import Analysis, Failure
from megabar.errors import Undetermined
from megabar.matter import nuclei
from megabar.spectra.copper_reference import field_offset_from_copper
from megabar.spectra.reference import shift_from_frequency

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan

_PPM: Final = 1e6


@dataclass(frozen=True, kw_only=True)
class _Zero:
    """Frequency of zero shift [Hz], with the parts of its relative error, and its inputs."""

    frequency: float
    independent: float
    common: float
    method: str
    inputs: tuple[str, ...]


def _frequency(record: sessions.Record) -> tuple[float, float]:
    """Give the frequency of a line in the laboratory [Hz], and its error."""
    carrier = record.acquisition.setting("carrier_frequency")
    offset = record.analysis.value("line_frequency")
    if carrier is None or offset is None or offset.quality != "value":
        found = "no carrier frequency" if carrier is None else "no line above the noise"
        msg = f"Found {found} in {record.acquisition.source}, so it has no shift."
        raise Undetermined(msg, quality="no solution")
    return carrier + offset.value, offset.std


def _pairing(plan: Plan) -> float:
    own = plan.reference.pairing
    return own if own is not None else plan.content.pairing if plan.content else 0.0


def _outside(records: Iterable[sessions.Record], channel: str, *, what: str) -> sessions.Record:
    for record in records:
        if record.acquisition.cell == RESERVED_CELL and record.channel.name == channel:
            return record
    msg = f"Found no {what}: it is missing, failed or excluded. See megabar status for the reason."
    raise Undetermined(msg, quality="no solution")


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
    for cell in sessions.of_cells(records):
        for record in cell:
            if record.channel.measure == "copper":
                make = partial(_offset, plan, records, record)
                yield sessions.attempt(record, make)


def _offset(plan: Plan, records: Sequence[sessions.Record], record: sessions.Record) -> Analysis:
    """Measure the field at the sample against that of the ambient copper."""
    told = plan.reference
    ambient = _outside(records, sources.AMBIENT_COPPER, what="ambient copper record")
    (inside, inside_std), (outside, outside_std) = _frequency(record), _frequency(ambient)
    known = (told.copper_knight_shift or 0.0) / _PPM
    change = (told.copper_knight_shift_change or 0.0) / _PPM
    change_std = (told.copper_knight_shift_change_std or 0.0) / _PPM
    offset = field_offset_from_copper(
        copper_cell=inside,
        copper_ambient=outside,
        knight_shift=known,
        knight_shift_change=change,
    )
    shared = hypot(outside_std / outside, change_std / (1 + known))
    return sessions.number_row(
        record,
        sessions.FIELD_OFFSET,
        value=("field_offset", offset * _PPM),
        errors=(inside_std / inside * _PPM, shared * _PPM),
        method="copper line in the cell against copper outside, less the Knight shift change",
        parameters={
            "knight_shift": told.copper_knight_shift,
            "knight_shift_change": told.copper_knight_shift_change,
            "knight_shift_change_std": told.copper_knight_shift_change_std,
        },
        inputs=(*record.inputs, *ambient.inputs),
    )


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
    for cell in sessions.of_cells(records):
        for record in cell:
            line = record.analysis.value("line_frequency")
            if record.channel.measure == "line" and line is not None and line.quality == "value":
                make = partial(_shift, plan, records, cell, record)
                yield sessions.attempt(record, make)


def _shift(
    plan: Plan,
    records: Sequence[sessions.Record],
    cell: Sequence[sessions.Record],
    record: sessions.Record,
) -> Analysis:
    zero = _ZEROS[plan.reference.method](plan, records, cell, record)
    frequency, std = _frequency(record)
    shift = shift_from_frequency(frequency=frequency, reference_frequency=zero.frequency)
    stretch = frequency / zero.frequency * _PPM
    own = hypot(std / zero.frequency * _PPM, zero.independent * stretch)
    return sessions.number_row(
        record,
        sessions.SHIFT,
        value=("shift", shift),
        errors=(own, zero.common * stretch),
        method=zero.method,
        parameters={"reference_frequency": zero.frequency},
        inputs=(*record.inputs, *zero.inputs),
    )


def _zero_by_copper(
    plan: Plan,
    records: Sequence[sessions.Record],
    cell: Sequence[sessions.Record],
    record: sessions.Record,
) -> _Zero:
    copper = sessions.nearest(
        record, (r for r in cell if r.channel.measure == "copper"), within=_pairing(plan)
    )
    if copper is None:
        msg = (
            f"Found no copper record within {_pairing(plan) / 3600:g} h of it, so the field at the "
            "sample is unknown. Measure copper in each session, or lengthen pairing."
        )
        raise Undetermined(msg, quality="no solution")
    offset = _offset(plan, records, copper)
    found = offset.values[0]
    ambient = _by_xi(plan, record.acquisition.nucleus)
    own, shared = found.independent_std or 0.0, found.common_std or 0.0
    stretch = 1 + found.value / _PPM
    return _Zero(
        frequency=ambient * stretch,
        independent=own / _PPM / stretch,
        common=hypot(shared / _PPM / stretch, _xi_relative_std(record)),
        method=(
            f"{_compound(record)} by Xi at the field that the 63Cu line shows "
            f"({found.value:+.2f} Hz/MHz from the ambient one)"
        ),
        inputs=(offset.id,),
    )


def _zero_by_xi(
    plan: Plan,
    records: Sequence[sessions.Record],
    cell: Sequence[sessions.Record],
    record: sessions.Record,
) -> _Zero:
    del records, cell
    return _Zero(
        frequency=_by_xi(plan, record.acquisition.nucleus),
        independent=0.0,
        common=_xi_relative_std(record),
        method=f"{_compound(record)} by Xi from the proton frequency of the magnet",
        inputs=(),
    )


def _zero_by_external(
    plan: Plan,
    records: Sequence[sessions.Record],
    cell: Sequence[sessions.Record],
    record: sessions.Record,
) -> _Zero:
    del plan, cell
    channel = sources.external_channel(record.acquisition.nucleus)
    compound = _outside(records, channel, what=f"reference record {channel}")
    frequency, std = _frequency(compound)
    return _Zero(
        frequency=frequency,
        independent=0.0,
        common=std / frequency,
        method=f"external record {compound.acquisition.source}",
        inputs=compound.inputs,
    )


_ZEROS: Final[Mapping[str, Callable[..., _Zero]]] = {
    "copper": _zero_by_copper,
    "xi": _zero_by_xi,
    "external": _zero_by_external,
}


def _by_xi(plan: Plan, nucleus: str) -> float:
    proton = plan.reference.proton_frequency or 0.0
    return nuclei.reference_frequency_from_xi(nucleus=nucleus, tms_frequency=proton)


def _xi_relative_std(record: sessions.Record) -> float:
    entry = nuclei.nucleus(record.acquisition.nucleus)
    return 0.0 if entry.name == "1H" else entry.xi_error / entry.xi


def _compound(record: sessions.Record) -> str:
    return nuclei.nucleus(record.acquisition.nucleus).reference

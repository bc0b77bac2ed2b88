"""Cells with a compound of known shift: rows, and the table that a report prints.

Every function is pure: rows in, rows out. Twin: :mod:`megabar.observables.reference_checks`, which
judges.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from megabar.campaign import sessions, shifts, sources, zeros
from megabar.campaign.rows import Analysis, Failure
from megabar.observables.reference_checks import reference_check
from megabar.spectra.copper_reference import stated_knight_shift_change

if TYPE_CHECKING:
    from megabar.campaign.plan import Plan
    from megabar.campaign.reference_tables import CrossCheck
    from megabar.history import Number
    from megabar.spectra.copper_reference import KnightShiftChange


@dataclass(frozen=True, kw_only=True)
class CrossCheckRow:
    """One line of the table of cross-checks; shifts in Hz/MHz.

    Parameters
    ----------
    name, nucleus, source
        Name of the cell, nucleus, and record.
    found, found_std
        Shift with its total error.
    known_shift, known_shift_std
        What the compound has.
    difference, difference_std, z, agrees, excluded_beyond, verdict, tests
        As in :class:`megabar.observables.reference_checks.ReferenceCheck`.
    method
        How the zero came about.
    pressure
        Pressure of the copper in that cell [GPa]; None at ambient pressure.
    """

    name: str
    nucleus: str
    source: str
    found: float
    found_std: float
    known_shift: float
    known_shift_std: float
    difference: float
    difference_std: float
    z: float
    agrees: bool
    excluded_beyond: float
    verdict: str
    tests: str
    method: str
    pressure: float | None


def cross_checks(plan: Plan, records: Sequence[sessions.Record]) -> Iterator[Analysis | Failure]:
    """Measure the shift in each cell with a compound of known shift.

    Parameters
    ----------
    plan
        The plan.
    records
        Records whose numbers enter, of all cells, and the reference records.

    Yields
    ------
    :
        A row for each record of a ``[[cross_check]]``, or why there is none.
    """
    for check in plan.cross_checks:
        for record in _of_channel(records, sources.cross_check_channel(check.name)):
            yield sessions.attempt(record, partial(_checked, plan, check, records, record))


def _of_channel(records: Iterable[sessions.Record], channel: str) -> list[sessions.Record]:
    return [record for record in records if record.channel.name == channel]


def _checked(
    plan: Plan, check: CrossCheck, records: Sequence[sessions.Record], record: sessions.Record
) -> Analysis:
    scene = zeros.Scene(
        plan=plan,
        records=records,
        cell=_of_channel(records, sources.cross_check_copper(check.name)),
        change=_change(plan, check),
        method=_method(plan, check),
    )
    told = {
        "name": check.name,
        "known_shift": check.known_shift,
        "known_shift_std": check.known_shift_std,
        "pressure": check.pressure,
    }
    row = shifts.shift_row(scene, record, step=sessions.CROSS_CHECK, attrs=told)
    judged = reference_check(
        nucleus=check.nucleus,
        found=(row.values[0].value, row.values[0].std),
        known=(check.known_shift, check.known_shift_std),
        route=_route(scene.method or "", check),
        pressure=check.pressure,
    )
    details = {**json.loads(row.details), **asdict(judged)}
    text = json.dumps(details, sort_keys=True, ensure_ascii=False)
    return dataclasses.replace(row, details=text)


def _method(plan: Plan, check: CrossCheck) -> str:
    """Say how the zero comes about: without copper of its own the field is that outside."""
    if plan.reference.method == "copper" and check.copper is None:
        return "xi"
    return plan.reference.method


def _change(plan: Plan, check: CrossCheck) -> KnightShiftChange:
    """Give the change of the copper in that cell: none where it is at ambient pressure."""
    if check.pressure is not None:
        return zeros.change_at_pressure(
            plan.reference, pressure=check.pressure, pressure_std=check.pressure_std or 0.0
        )
    return stated_knight_shift_change(
        knight_shift=plan.reference.copper_knight_shift or 0.0, change=0.0, change_std=0.0
    )


def _route(method: str, check: CrossCheck) -> str:
    if method == "copper":
        return "copper" if check.pressure is None else "copper at pressure"
    return {"xi": "Xi", "external": "external"}[method]


def table(numbers: Iterable[Number]) -> tuple[CrossCheckRow, ...]:
    """Give the cross-checks of a campaign as lines of a table.

    Parameters
    ----------
    numbers
        All current numbers.

    Returns
    -------
    :
        One line each, by name.
    """
    own = {field.name for field in dataclasses.fields(CrossCheckRow)}
    rows = [
        CrossCheckRow(
            nucleus=number.nucleus,
            source=number.source,
            found=number.value,
            found_std=number.std,
            method=number.method,
            **{name: told for name, told in number.details.items() if name in own},
        )
        for number in numbers
        if number.node == sessions.CROSS_CHECK
    ]
    return tuple(sorted(rows, key=lambda row: row.name))
